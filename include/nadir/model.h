/* nadir/model.h - the function whose landscape we study,
 *
 *   L(theta) = (1/n) sum_i omega_i l(-y_i f(x_i; theta)) + (lambda/2) |theta|^2,   (1)
 *
 * activations, losses, networks, and the derivatives of (1). */
#ifndef NADIR_MODEL_H
#define NADIR_MODEL_H

#include <nadir/data.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- activations ------------------------------------------------------------ */

/* How smooth a function is: the largest k with f in C^k(R). */
#define ND_SMOOTH_INF 1000

/* One row of the activation table. */
typedef struct {
    const char *name;    /* "softplus"; stored in files: stable             */
    const char *formula; /* "log(1 + e^z)"                                  */
    bool increasing;     /* s' > 0 everywhere                               */
    bool convex;         /* s'' > 0 everywhere (strictly convex)            */
    bool analytic;       /* real analytic on R                              */
    bool polynomial;
    bool odd;            /* s(-z) = -s(z): sign symmetry of a neuron        */
    bool homogeneous;    /* s(tz) = t s(z), t > 0: scaling symmetry         */
    int smooth;          /* C^k                                             */
    const char *why_not; /* for --help and check: where properties fail     */
    /* d[k][i] = s^(k)(z[i]) for 0 <= k <= order <= 3, i < n.  d[0] may be z.
     * At a kink the derivative from the right is given. */
    void (*jet)(size_t n, const double *z, int order, double *const d[]);
    /* Upper bound of |s^(k)| on [lo, hi], 0 <= k <= 3, proved (rounding
     * included).  At a kink of s^(k-1) both one-sided slopes count, so that for
     * k >= 1 this is a Lipschitz constant of s^(k-1); infinite where s^(k-1)
     * jumps.  Infinite, too, when lo > hi or one of them is NaN. */
    double (*sup)(int k, double lo, double hi);
    /* |computed s^(k)(z) - exact| <= err_rel[k] |exact| + err_abs[k].          */
    double err_rel[4], err_abs[4];
} nd_act;

const nd_act *nd_act_table(size_t *rows);
nd_status nd_act_find(nd_ctx *ctx, const char *name, const nd_act **out);

/* ---- losses ------------------------------------------------------------------ */

/* One row of the loss table; z = -margin. */
typedef struct {
    const char *name;           /* "polyhinge"; stored in files: stable            */
    const char *formula;        /* "max(0, 1 + z)^q"                               */
    int q_min, q_max, q_preset; /* exponent range; 0, 0, 0: no exponent        */
    bool surrogate;             /* (S) l >= 1 for z >= 0, l >= 0                   */
    bool hinge_tail;            /* (T) l' >= 0, l'(z) = 0 exactly when z <= -z0    */
    bool convex;
    double z0;            /* of (T); 0 when there is none                    */
    int (*smooth)(int q); /* the largest k with l in C^k(R)                  */
    /* d[k][i] = d^k l / dz^k at z[i], 0 <= k <= order <= 3.  At a kink of the
     * k-th derivative: its value from the left (0 for the hinges). */
    void (*jet)(size_t n, const double *z, int q, int order, double *const d[]);
    double (*sup)(int k, int q, double lo, double hi); /* as nd_act.sup        */
} nd_loss_kind;

/* A loss with its exponent: a plain value, copy it, nothing to clear. */
typedef struct {
    const nd_loss_kind *kind;
    int q;
} nd_loss;

const nd_loss_kind *nd_loss_table(size_t *rows);
/* "polyhinge:3", "logistic", ...  Errors: ND_ENAME, ND_ERANGE, ND_EINPUT. */
nd_status nd_loss_parse(nd_ctx *ctx, const char *spec, nd_loss *out);
void nd_loss_spec(nd_loss loss, char spec[32]); /* the inverse                 */

/* ---- networks ---------------------------------------------------------------- */

/* NET  := TERM {"+" TERM}                     f(x) = a_0 + sum of terms
 * TERM := LAYER {"," LAYER} | "linear"        last layer -> sum_j a_j h_j ; w.x
 * LAYER := ACT ":" WIDTH [":nobias"] | "res(" ACT ":" WIDTH ")"
 * res: h' = h + s(W h + b), width equal to its input's.
 *
 * theta, P entries, in this order: for each term, for each layer W (width x in,
 * row-major) then b (width, unless nobias); then the term's output weights a
 * (width of its last layer, or d for "linear"); after all terms a_0. */
typedef struct {
    const nd_act *act;
    size_t in, width;
    bool bias, residual;
    size_t W, b; /* offsets into theta; b = SIZE_MAX without bias   */
} nd_layer;

typedef struct {
    size_t depth; /* number of layers; 0: "linear"                   */
    nd_layer *layer;
    size_t a, out; /* offset and number of the output weights         */
} nd_term;

typedef struct {
    char *spec;             /* canonical text, parses back to an equal net     */
    size_t d, P, terms, a0; /* a0: offset of the output bias                   */
    size_t units;           /* hidden neurons in all                           */
    nd_term *term;
} nd_net;

nd_status nd_net_parse(nd_ctx *ctx, const char *spec, size_t d, nd_net **out);
void nd_net_destroy(nd_ctx *ctx, nd_net *net);

/* The index of the first single-layer term with biases (f_S of theory.md), or
 * net->terms when there is none. */
size_t nd_net_shortcut(const nd_net *net);

/* A net with count more neurons in single-layer term (term = net->terms: a new
 * single-layer term of activation act, which is otherwise ignored), and theta
 * carried over; the new neurons have w = 0, b = 0, a = 0.  *new_theta has
 * (*out)->P entries, freed with nd_free of base/memory.h or nd_theta_destroy. */
nd_status nd_net_widen(nd_ctx *ctx, const nd_net *net, const double *theta, size_t term,
                       const nd_act *act, size_t count, nd_net **out, double **new_theta);
void nd_theta_destroy(nd_ctx *ctx, double *theta);

/* Seeded start: W normal of variance gain/in, b uniform in +-1 (times the scale
 * of the preactivations), a normal of variance 1/out, a_0 = 0; scale multiplies
 * all.  A function of (net, seed, trial, scale) alone. */
void nd_net_start(const nd_net *net, uint64_t seed, uint64_t trial, double scale, double *theta);

/* ---- the problem ------------------------------------------------------------- */

/* What (1) is made of.  Borrows net and data, which must outlive it.  A plain
 * value: nothing to clear. */
typedef struct {
    const nd_net *net;
    const nd_table *data; /* with labels                                     */
    nd_loss loss;
    double l2; /* lambda >= 0                                     */
} nd_problem;

/* Checks shapes and labels.  Errors: ND_EDIM, ND_EINPUT, ND_ERANGE. */
nd_status nd_problem_make(nd_ctx *ctx, const nd_net *net, const nd_table *data, nd_loss loss,
                          double l2, nd_problem *out);

/* The work space of the passes of one problem: tiles, partial sums, and what the
 * first Hv at a point remembers of it (so that further ones at the same theta do not
 * run the network again).  With a loss with a hinge tail it also remembers the margins of
 * the rows: those that provably stay beyond z0 are left out of values and gradients, which
 * changes no bit (docs/kernels.md).  It is made for the problem's net and table, which must
 * not change in place.  One per concurrent caller. */
typedef struct nd_work nd_work;
nd_status nd_work_create(nd_ctx *ctx, const nd_problem *pb, nd_work **out);
void nd_work_destroy(nd_ctx *ctx, nd_work *work);

/* All of these: theta has P entries, finite; sums run over fixed tiles and are
 * reduced in tile order, so results are equal bit by bit for every number of
 * threads and every instruction set (the dense Hessian: for every number of
 * threads; it goes through BLAS).  Nothing is allocated except where said, and by the
 * first Hv on a work (what it remembers, up to 256 MB or the size of the data).
 * A value that overflows is returned as inf or NaN with ND_OK: line searches
 * live on that.  Errors: ND_ECANCEL (outputs then undefined). */

/* *L := (1). */
nd_status nd_problem_value(nd_ctx *ctx, const nd_problem *pb, const double *theta, nd_work *work,
                           double *L);
/* and g := grad L, P entries. */
nd_status nd_problem_grad(nd_ctx *ctx, const nd_problem *pb, const double *theta, nd_work *work,
                          double *L, double *g);
/* hv := H(theta) v; hv aliases neither input.  Errors: ND_ESMOOTH when an
 * activation or the loss is not C^1 (then H exists almost nowhere useful); where
 * only C^1, the one-sided second derivative of the jet tables is used. */
nd_status nd_problem_hv(nd_ctx *ctx, const nd_problem *pb, const double *theta, const double *v,
                        nd_work *work, double *hv);
/* H := dense Hessian, P x P, both triangles equal bit by bit.  Allocates its slabs of
 * rows.  Smoothness as for Hv.  Errors: ND_EMEM too. */
nd_status nd_problem_hessian(nd_ctx *ctx, const nd_problem *pb, const double *theta, nd_work *work,
                             double *H);
/* m[i] := y_i f(x_i), n entries. */
nd_status nd_problem_margins(nd_ctx *ctx, const nd_problem *pb, const double *theta, nd_work *work,
                             double *m);
/* c[i] := dL_data/df_i = -l'(z_i) y_i omega_i / n, n entries (theory.md, 0). */
nd_status nd_problem_slopes(nd_ctx *ctx, const nd_problem *pb, const double *theta, nd_work *work,
                            double *c);
/* Samples with y_i != sgn f(x_i), sgn(0) = +1, from margins. */
size_t nd_problem_errors(const nd_problem *pb, const double *m);
/* Rows with l' != 0 at the last value, gradient or Hv on work. */
size_t nd_work_active(const nd_work *work);

/* f[i] := f(x_i; theta) for any table (labels not needed). */
nd_status nd_net_outputs(nd_ctx *ctx, const nd_net *net, const nd_table *data, const double *theta,
                         double *f);

/* ---- model files -------------------------------------------------------------- */

/* A trained network with all that is needed to use it on raw data again. */
typedef struct {
    nd_net *net;
    double *theta;
    nd_loss loss;
    double l2, weight_pos;
    nd_scaler *scaler;
    char *positive, *negative, *label_name; /* label rule; may be NULL         */
    char **feature;                         /* d names or NULL                                 */
    char *data_source, *data_sha256;        /* of the scaled training table    */
    uint64_t seed;
    double platt_a, platt_b; /* P(+|f) = 1/(1 + exp(a f + b)); a = b = 0: none */
    char *verdict;           /* "global-minimum (proved)", may be NULL          */
} nd_model;

/* Versioned JSON with hex floats (docs/model-format.md), written whole under a
 * temporary name and renamed.  A hostile or truncated file gives ND_EINPUT with
 * what was found and expected. */
nd_status nd_model_save(nd_ctx *ctx, const nd_model *model, const char *file);
nd_status nd_model_load(nd_ctx *ctx, const char *file, nd_model **out);
nd_status nd_model_parse(nd_ctx *ctx, const char *name, const char *text, size_t size,
                         nd_model **out);
void nd_model_destroy(nd_ctx *ctx, nd_model *model);

#ifdef __cplusplus
}
#endif
#endif
