/* nadir/opt.h - minimisation to a second-order point, and extreme eigenpairs.
 * Knows nothing of networks: it sees an oracle. */
#ifndef NADIR_OPT_H
#define NADIR_OPT_H

#include <nadir/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A C^1 function of n variables with, if it has them, second derivatives.
 * grad: *f and, unless g is NULL, g (n).  hv: hv := H(x) v.  hessian: H (n x n,
 * both triangles).  hv and hessian may be NULL.  A value that is not finite is
 * legal and means "too far".  A status other than ND_OK stops the optimiser. */
typedef struct {
    size_t n;
    void *self;
    nd_status (*grad)(void *self, const double *x, double *f, double *g);
    nd_status (*hv)(void *self, const double *x, const double *v, double *hv);
    nd_status (*hessian)(void *self, const double *x, double *H);
} nd_oracle;

/* Why an optimiser stopped.  Names: nd_stop_name. */
typedef enum {
    ND_STOP_NONE = 0,
    ND_STOP_GRADIENT,     /* |g| <= grad_tol (L-BFGS: nothing is said of curvature)  */
    ND_STOP_SECOND_ORDER, /* |g| <= grad_tol, lambda_min >= -curv_tol, Newton step small */
    ND_STOP_ROUNDING,     /* no representable decrease left; |g| is at rounding level */
    ND_STOP_TARGET,       /* f <= target, or the caller's test said so               */
    ND_STOP_ITERATIONS,
    ND_STOP_EVALUATIONS,
    ND_STOP_TIME,
    ND_STOP_DIVERGED,    /* |x| > x_max while f falls: infimum at infinity?         */
    ND_STOP_NOT_FINITE,  /* f or g not finite at the start, or H at the point reached */
    ND_STOP_LINE_SEARCH, /* no acceptable step, |g| not small: kink or wrong g      */
    ND_STOP_CANCEL,
    ND_STOPS
} nd_stop;

const char *nd_stop_name(nd_stop s);     /* "gradient", "second-order", ...    */
const char *nd_stop_sentence(nd_stop s); /* for people                         */

typedef struct {
    double grad_tol; /* stop at |g|_2 <= grad_tol                                */
    double curv_tol; /* Newton: lambda_min >= -curv_tol counts as convex          */
    double step_tol; /* Newton: a point is reached when the step that remains is
                        <= step_tol (1 + |x|); in a valley to infinity it is not  */
    double target;   /* stop at f <= target                                       */
    double x_max;    /* give up beyond |x|_2                                      */
    double time;     /* seconds                                                   */
    long iterations, evaluations;
    long memory;    /* L-BFGS pairs                                              */
    long dense_max; /* Newton: dense Hessian up to this n, Lanczos beyond        */
    bool quiet;     /* no progress events                                        */
    long polish;    /* Newton: more steps after grad_tol while |g| halves         */
    /* Called after every accepted step; true stops with ND_STOP_TARGET. */
    bool (*test)(void *user, const double *x, double f, const double *g);
    void *test_user;
} nd_opt_settings;

extern const nd_setting nd_opt_table[];
void nd_opt_init(nd_opt_settings *s);

typedef struct {
    nd_stop stop;
    double f, grad;    /* value and |g|_2 at x                              */
    double lambda_min; /* Newton: smallest eigenvalue; NaN if not computed  */
    double lambda_err; /* |exact eigenvalue of the given H - lambda_min| <=
                          (docs/optimisers.md says what is measured in it)  */
    double step;       /* Newton: |(H + mu I)^-1 g| at x, mu = lambda_err: how far the
                          critical point of the model is; NaN if not computed */
    double rate;       /* Newton: smallest |g+|/|g| of the last three full steps: near 0
                          at a nondegenerate point, 1/4 .. 1/2 at a degenerate one; 1 when
                          there was none (L-BFGS, or the start was the end)   */
    long index;        /* eigenvalues < -lambda_err; -1 if not computed     */
    long iterations, evaluations, hv, hessians;
    long factorisations; /* Cholesky, dense Newton                           */
    long negative_steps; /* steps along negative curvature                    */
    double seconds;
} nd_opt_result;

/* Both: x (n) is the start and, on ND_OK and on ND_ECANCEL, the best point found
 * (*out is filled then, too).  A limit that was hit is no error: it is the stop
 * reason.  ND_ECANCEL comes from the context's hook or from the oracle.
 * Errors: ND_EMEM, ND_ECANCEL, ND_ERANGE (settings), ND_ESMOOTH (Newton without
 * hv and hessian), and what the oracle returns; x and *out are then untouched. */
nd_status nd_lbfgs(nd_ctx *ctx, const nd_oracle *fn, const nd_opt_settings *s, double *x,
                   nd_opt_result *out);
nd_status nd_newton(nd_ctx *ctx, const nd_oracle *fn, const nd_opt_settings *s, double *x,
                    nd_opt_result *out);

/* ---- eigenpairs ------------------------------------------------------------------ */

/* One end of the spectrum of a symmetric operator.  error bounds the distance of
 * value to some eigenvalue (residual norm |A v - value v|, |v| = 1, rounding
 * included); vector has n entries. */
typedef struct {
    double value, error;
    long products;
    bool converged;
} nd_eigen;

typedef nd_status (*nd_matvec)(void *self, const double *v, double *av);

/* smallest (want = -1) or largest (want = +1) eigenpair by Lanczos with full
 * reorthogonalisation and thick restart; |residual| <= tol * |A| or max_products.
 * start = NULL: seeded random vector.  vector: n entries. */
nd_status nd_eigen_lanczos(nd_ctx *ctx, size_t n, nd_matvec a, void *self, int want, double tol,
                           long max_products, const double *start, nd_eigen *out, double *vector);

/* All eigenvalues, ascending, and if V is not NULL the vectors (row j of V is the
 * j-th vector); A (n x n) is destroyed.  *error bounds every |computed - exact|. */
nd_status nd_eigen_dense(nd_ctx *ctx, size_t n, double *A, double *values, double *V,
                         double *error);

#ifdef __cplusplus
}
#endif
#endif
