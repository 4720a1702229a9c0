/* nadir-verify - what the proofs of the kinds share.
 *
 *   answer.c          three-valued answers, the claims that every kind has
 *   frame.c           inertia of a ball matrix
 *   near.c            a critical point near c, in some of the coordinates
 *   prove_point.c     zero-loss; not-a-minimum: lower, gradient
 *   prove_critical.c  strict, index; not-a-minimum: curvature
 *   prove_flat.c, prove_region.c, prove_constant.c, prove_dual.c: minima not isolated
 *   prove_kink.c      minima at kinks
 *   prove_theorem.c   no local minimum, by a theorem (witness.h)
 *   prove_complete.c  all critical points in a box
 *   prove.c           the table of kinds */
#ifndef NV_PROVE_H
#define NV_PROVE_H

#include "verify/verify.h"

enum {
    NV_FINE = 128,   /* bits for values and gradients                             */
    NV_FINER = 1024, /* for what is left open at FINE: exact ties, cancellation   */
    NV_COARSE = 64,  /* for Hessians over a cube, whose radii dominate            */
    NV_MAX_P = 3000  /* P x P ball matrices take 48 P^2 bytes each                */
};

/* ---- answers (answer.c) ------------------------------------------------------------ */

/* Takes one more statement into the answer; what: its name, for the sentence. */
void nv_also(nv_answer *a, nd_truth t, const char *what);
/* Doubles outside the ball; +-infinity when it is not finite. */
double nv_upper(const arb_t x);
double nv_lower(const arb_t x);
/* Is the number enclosed by x at least b (at most b)? */
nd_truth nv_at_least(const arb_t x, double b);
nd_truth nv_at_most(const arb_t x, double b);
/* The claims that every kind has, against what was computed at theta*. */
void nv_common_claims(const nv_cert *c, nv_answer *a);
void nv_take_values(const nv_value *v, nv_answer *a);
/* theta := the cube of half-width R around the doubles c. */
void nv_cube(arb_ptr theta, const double *c, slong P, double R);

/* ---- inertia (frame.c) ---------------------------------------------------------------- */

typedef struct {
    slong m, index;    /* index: number of -1 in D                               */
    arb_mat_t H, X, M; /* M = X'HX, m x m                                        */
    double *A, *D;     /* scratch; D = +-1                                       */
    double eps;        /* >= |M - D|_inf                                         */
    const char *why;   /* what stopped the proof                                 */
} nv_frame;

void nv_frame_init(nv_frame *f, slong m);
void nv_frame_clear(nv_frame *f);
/* f->H := the entries of H at the m coordinates at (ascending); H may be lost. */
void nv_frame_take(nv_frame *f, arb_mat_t H, const slong *at);
/* Is every matrix in H nonsingular, of one index?  Sets all but m and H. */
bool nv_frame_prove(nv_frame *f);
/* After that: lambda_min >= mu for every matrix in H? */
nd_truth nv_frame_least(const nv_frame *f, double mu);
/* Is every matrix in H at the m coordinates at positive definite?  H may be lost. */
bool nv_positive(arb_mat_t H, const slong *at, slong m);

/* ---- critical points near c (near.c) ------------------------------------------------- */

typedef struct {
    const nv_cert *c;
    const slong *which; /* the m parameters that move                             */
    slong m;
    arb_ptr theta;   /* P: cubes; then theta*                                      */
    nv_value at;     /* loss and gradient at c, FINE                               */
    nv_value over;   /* over a cube                                                */
    nv_frame f;      /* Hessian over K in these coordinates                        */
    arb_ptr G, v;    /* X'g; v*                                                    */
    double R, reach; /* reach = |X|_inf rho                                       */
} nv_search;

/* What is asked.  radius: a cube of this half-width holds every theta* that the claim may
 * speak of.  judge: takes the claims of the kind into a, which holds ND_PROVED; theta* is
 * s->theta, the only critical point on the slice with |y - c|_inf <= s->R; distance is
 * its |theta* - c|.  The common claims follow. */
typedef struct nv_near nv_near;
struct nv_near {
    const slong *which;
    slong m;
    double radius;
    void (*judge)(nv_search *s, const nv_near *near, const arb_t distance, nv_answer *a);
    const nv_cert *claims; /* the certificate, also when another problem is searched */
    const void *data;      /* of the kind                                            */
};

void nv_prove_near(const nv_cert *c, const nv_near *near, nv_answer *a);
/* f is one number on all samples: the errors are all of one class. */
void nv_constant_errors(const nv_cert *c, nv_answer *a);
/* |theta* - c| <= radius. */
void nv_within(const nv_cert *claims, const arb_t distance, nv_answer *a);
/* Indices 0..P-1 without those listed, ascending; *m of them; freed with flint_free. */
slong *nv_others(slong P, const nv_list *a, const nv_list *b, slong *m);

/* ---- kinds -------------------------------------------------------------------------------- */

void nv_prove_point(const nv_cert *c, nv_answer *a);
void nv_prove_critical(const nv_cert *c, nv_answer *a);
void nv_prove_flat(const nv_cert *c, nv_answer *a);
void nv_prove_region(const nv_cert *c, nv_answer *a);
void nv_prove_constant(const nv_cert *c, nv_answer *a);
void nv_prove_dual(const nv_cert *c, nv_answer *a);
void nv_prove_theorem(const nv_cert *c, nv_answer *a);
void nv_prove_balance(const nv_cert *c, nv_answer *a);
void nv_prove_complete(const nv_cert *c, nv_answer *a);
void nv_prove_kink(const nv_cert *c, nv_answer *a);

#endif
