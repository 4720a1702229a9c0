/* nadir/map.h - the map of a loss surface: critical points, when two of them are the
 * same, and the graph that joins minima through saddles. */
#ifndef NADIR_MAP_H
#define NADIR_MAP_H

#include <nadir/lab.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- one trial of the search (src/map/trial*.c) ------------------------------------ */

typedef enum {
    ND_ASK_START = 0, /* descend from a seeded start                                   */
    ND_ASK_HOP,       /* a seeded step from the minimum a, then descend                */
    ND_ASK_FOLLOW,    /* from the critical point a along an eigenvector, uphill to a
                         critical point of the index wanted                            */
    ND_ASK_PAIR,      /* the highest saddle on a path between the minima a and b       */
    ND_ASK_DOWN,      /* one downhill side of the saddle a, to a minimum               */
    ND_ASK_SEEK,      /* from a seeded start, or a seeded step from a, to a critical
                         point of any index near there                                 */
    ND_ASK_CERTIFY,   /* the certificates that apply to a, found before                */
    ND_ASKS
} nd_ask_kind;

/* "start", "hop", "follow", "pair", "down", "seek", "certify" */
const char *nd_ask_name(nd_ask_kind k);

/* What one trial is to do.  Its answer is a function of the problem and these alone. */
typedef struct {
    nd_ask_kind kind;
    uint64_t seed, trial;      /* the streams of its random numbers                        */
    double scale;              /* START, SEEK: of nd_net_start; HOP, SEEK with a: of the step,
                             relative to 1 + |a|                                       */
    long mode;                 /* FOLLOW: which eigenvector of H(a), 0 the softest          */
    int side;                  /* FOLLOW, DOWN: +1 or -1 along it (the first entry that is
                             not tiny is positive)                                     */
    long index;                /* FOLLOW, PAIR: the index wanted, >= 1                      */
    double time;               /* seconds; INFINITY: no limit                               */
    const double *a, *b;       /* P entries each, or NULL: see kind                         */
    const nd_verdict *verdict; /* CERTIFY: what a was found to be                          */
} nd_ask;

/* How it ended: always something.  theta is where; the verdict says what that is. */
typedef struct {
    double *theta; /* P entries, the caller's                                      */
    nd_stop stop;  /* of the last descent or Newton iteration                      */
    nd_verdict verdict;
    double height; /* PAIR: largest loss on the path that was relaxed; else NaN    */
    long evaluations, hessians;
    double seconds;
} nd_answer;

/* What carries out trials, one after the other; one per thread, with a context of its
 * own.  Borrows net and data. */
typedef struct nd_scout nd_scout;
nd_status nd_scout_create(nd_ctx *ctx, const nd_net *net, const nd_table *data, nd_loss loss,
                          double l2, nd_scout **out);
void nd_scout_destroy(nd_scout *s);
const nd_problem *nd_scout_problem(const nd_scout *s);

/* certify: try the certificates that apply to what was found, as CERTIFY does: theta is then
 * the polished centre, where something was proved (stop of CERTIFY: ND_STOP_TARGET, else
 * ND_STOP_NONE).  Errors: ND_EMEM, ND_ECANCEL, ND_ERANGE (an ask that is none), ND_ESMOOTH
 * (FOLLOW, PAIR, DOWN, SEEK where L has no Hessian). */
nd_status nd_scout_ask(nd_scout *s, const nd_ask *ask, bool certify, nd_answer *out);

/* ---- identity (src/map/identity.c) --------------------------------------------------- */

/* The representative of theta's class under permutations of neurons, sign flips of odd
 * ones and, where l2 = 0, scaling of positively homogeneous ones and shifts of exp's.
 * L is the same there.  theta: P entries, in place.  The permutation is chosen by a
 * key that neighbours share, so that rounding does not reorder equal neurons. */
nd_status nd_canonical(nd_ctx *ctx, const nd_net *net, double l2, double *theta);

/* Are two critical points the same up to those symmetries?  Both canonical.
 *   same ND_PROVED: a ball contains both, and holds one critical point, which is certified;
 *                     of q without a certificate only theta is known to lie in it
 *   same ND_REFUTED: provably apart (disjoint balls under every symmetry, or disjoint
 *                     enclosures of the loss)
 *   same ND_UNKNOWN: near says what distance and loss suggest. */
typedef struct {
    nd_truth same;
    bool near;
    double distance; /* over the symmetries that were tried */
} nd_sameness;
nd_status nd_compare(nd_ctx *ctx, const nd_problem *pb, const double *p, const nd_verdict *vp,
                     const double *q, const nd_verdict *vq, nd_sameness *out);

/* Why the Hessian is singular at theta: how many of its null directions each cause
 * accounts for (numerical ranks of the null directions it predicts). */
typedef struct {
    size_t nullity, idle, constant, dead, symmetry, zero_loss, unexplained;
} nd_null_causes;
nd_status nd_explain_null(nd_ctx *ctx, const nd_problem *pb, const double *theta,
                          nd_null_causes *out);

/* ---- the graph (src/map/graph.c) -------------------------------------------------------- */

typedef struct {
    size_t a, b;           /* minima, as the caller numbers them; a == b is allowed        */
    size_t saddle;         /* the caller's number                                          */
    double height, lo, hi; /* its loss, and an enclosure (equal to it when not certified)  */
} nd_edge;

/* The merge tree (disconnectivity graph): leaves 0 .. minima-1; every inner node joins
 * its children at the height of the lowest saddle that connects them.  parent[k] = k for
 * a root.  Inner nodes follow in order of height. */
typedef struct {
    size_t minima, nodes;
    size_t *parent;  /* nodes entries                                                   */
    double *height;  /* nodes: the loss of a leaf, the height of the merging            */
    double *lo, *hi; /* enclosures of height                                            */
    size_t *saddle;  /* nodes: the caller's number; SIZE_MAX for leaves                 */
} nd_tree;
nd_status nd_tree_build(nd_ctx *ctx, size_t minima, const double *loss, const double *lo,
                        const double *hi, size_t edges, const nd_edge *edge, nd_tree **out);
void nd_tree_destroy(nd_ctx *ctx, nd_tree *t);
/* The node where a and b first belong together, or SIZE_MAX: not connected. */
size_t nd_tree_meet(const nd_tree *t, size_t a, size_t b);

/* The Morse audit (theory.md, 7): with ridge, if all critical points are nondegenerate,
 * sum_k (-1)^k N_k = 1, N_k counting every copy under the symmetries.  copies: how many
 * points the class of theta has. */
nd_status nd_copies(nd_ctx *ctx, const nd_net *net, const double *theta, double *copies);
typedef struct {
    double sum;      /* over the classes given                                              */
    nd_truth closes; /* ND_REFUTED: sum != 1, so points are missing; ND_UNKNOWN: sum = 1,
                         which completeness needs but does not prove, or not applicable  */
    char reason[160];
} nd_audit;
nd_status nd_morse_audit(nd_ctx *ctx, const nd_problem *pb, size_t points, const long *index,
                         const double *copies, nd_audit *out);

/* ---- traces of training (src/map/run_trace.c, docs/trace-format.md) ------------------------- */

/* Points along a training run, thinned evenly as it goes on: at most room of them, so that
 * the size is bounded (ND_TRACE_BYTES) however long the run.  The last point given is
 * always kept. */
#define ND_TRACE_POINTS 500
#define ND_TRACE_BYTES  ((size_t)64 << 20)
typedef struct {
    char *net; /* canonical specification */
    size_t d, P, count, room;
    uint64_t stride, given; /* every stride-th of the given points is kept       */
    uint64_t *step;         /* which of the given points                          */
    double *loss;
    double *theta; /* count x P */
} nd_trace;
nd_status nd_trace_create(nd_ctx *ctx, const nd_net *net, nd_trace **out);
void nd_trace_destroy(nd_ctx *ctx, nd_trace *t);
void nd_trace_add(nd_trace *t, double loss, const double *theta);
nd_status nd_trace_save(nd_ctx *ctx, const nd_trace *t, const char *file);
/* Errors: ND_EINPUT for whatever is no trace. */
nd_status nd_trace_load(nd_ctx *ctx, const char *file, nd_trace **out);
nd_status nd_trace_parse(nd_ctx *ctx, const char *name, const void *bytes, size_t size,
                         nd_trace **out);

/* ---- slices: lines and planes of parameter space (src/map/plane*.c, slice.c) ------------- */

typedef enum {
    ND_PLANE_THROUGH = 0,
    ND_PLANE_EIGEN,
    ND_PLANE_RANDOM,
    ND_PLANE_TRACE
} nd_plane_kind;

/* The points origin + s u + t v (a line: without v), looked at for lo[0] <= s <= hi[0] and
 * lo[1] <= t <= hi[1].  |u| = |v| = 1 and u is orthogonal to v, except for RANDOM. */
typedef struct {
    nd_plane_kind kind;
    size_t P;
    int dim; /* 1 or 2 */
    double *origin, *u, *v;
    double lo[2], hi[2];
    double value[2]; /* EIGEN: the eigenvalues; TRACE: shares of the variance             */
    long rank[2];    /* EIGEN: 0 the smallest, 1, ...; -1 the largest, -2, ...            */
    uint64_t seed;   /* RANDOM */
} nd_plane;

/* Through count = 2 points (a line) or 3: origin the first, u towards the second, v towards
 * the third at a right angle to u.  Errors: ND_ERANGE when they do not span it. */
nd_status nd_plane_through(nd_ctx *ctx, size_t P, size_t count, const double *const point[],
                           nd_plane **out);
/* Through theta along dim eigenvectors of H(theta).  Errors: ND_ERANGE (rank; beyond
 * ND_SPECTRUM_VECTORS parameters only 0 and -1), ND_ESMOOTH. */
nd_status nd_plane_eigen(nd_ctx *ctx, const nd_problem *pb, const double *theta, int dim,
                         const long rank[], nd_plane **out);
/* Through theta along dim random directions, normal deviates scaled so that every neuron's
 * incoming weights with its bias, and the output weights with theirs, have the norm they
 * have in theta (filter normalisation, Li et al. 2018; here with the biases).
 * Errors: ND_ERANGE where theta = 0. */
nd_status nd_plane_random(nd_ctx *ctx, const nd_net *net, const double *theta, int dim,
                          uint64_t seed, nd_plane **out);
/* Through the last point of t along its dim leading principal directions about that point. */
nd_status nd_plane_trace(nd_ctx *ctx, const nd_trace *t, int dim, nd_plane **out);
void nd_plane_destroy(nd_ctx *ctx, nd_plane *p);
/* theta[i] := (origin[i] + s u[i]) + t v[i]: the very points of nd_slice_make. */
void nd_plane_point(const nd_plane *p, double s, double t, double *theta);
/* Coordinates of the nearest point of the plane (at[1] = 0 on a line); returns how far. */
double nd_plane_project(const nd_plane *p, const double *theta, double at[2]);

/* Values at n[0] x n[1] points (n[1] = 1 on a line); row j, column i at [j*n[0] + i]. */
typedef struct {
    size_t n[2];
    double lo[2], hi[2];
    double *loss;   /* as nd_problem_value gives it: bit by bit, for every number of threads */
    double *errors; /* misclassified samples                                                 */
} nd_slice;
/* across >= 2 points in each direction. */
nd_status nd_slice_make(nd_ctx *ctx, const nd_problem *pb, const nd_plane *p, size_t across,
                        nd_slice **out);
void nd_slice_destroy(nd_ctx *ctx, nd_slice *s);
/* lo + (hi - lo) k / (n - 1), axis 0 or 1. */
double nd_slice_at(const nd_slice *s, int axis, size_t k);

/* ---- the Hessian's spectrum (src/map/density.c, participation.c) ----------------------------- */

#define ND_SPECTRUM_DENSE   4000 /* up to so many parameters all eigenvalues are computed */
#define ND_SPECTRUM_VECTORS 1500 /* ... and all eigenvectors */

typedef struct {
    double value, error; /* an eigenvalue of H(theta) lies within error of value (numerical) */
    double *vector;      /* P entries */
} nd_eigenpair;

/* Directions that belong together: those of all eigenvalues in [lo, hi], which is a basis-free
 * set.  weight[i], P entries that add up to 1: the mean squared entry i of an orthonormal
 * basis of their span. */
typedef struct {
    const char *name; /* "negative", "null", "softest", "stiffest" */
    size_t count;
    double lo, hi;
    double *weight;
} nd_directions;

typedef struct {
    size_t P;
    double error; /* of every eigenvalue (all), or of the extreme ones                      */
    double *all;  /* P eigenvalues, ascending; NULL beyond ND_SPECTRUM_DENSE                */
    long negative, null, positive; /* counts with respect to error; -1 without all             */
    nd_eigenpair low, high;
    size_t groups;
    nd_directions group[4];
    /* Without all: stochastic Lanczos quadrature.  density[k] at x[k]: mean over the probes of
     * the share of eigenvalues per unit, seen through a Gaussian of width sigma; spread: its
     * standard error. */
    size_t points, probes, steps;
    double sigma, *x, *density, *spread;
} nd_hessian_spectrum;

/* dense_max: force the quadrature with a smaller number than ND_SPECTRUM_DENSE.
 * Errors: ND_ESMOOTH where L has no Hessian; ND_ENUMERIC where it is not finite. */
nd_status nd_hessian_spectrum_make(nd_ctx *ctx, const nd_problem *pb, const double *theta,
                                   size_t dense_max, size_t probes, size_t steps, uint64_t seed,
                                   nd_hessian_spectrum **out);
void nd_hessian_spectrum_destroy(nd_ctx *ctx, nd_hessian_spectrum *s);

/* Sums of weight over a neuron's parameters, and what is left: for each of the units hidden
 * neurons (term by term, layer by layer) its incoming weights, its bias and, in the last
 * layer of a term, its output weight; share[units]: a_0 and linear terms. */
void nd_participation(const nd_net *net, const double *weight, double *share);

/* ---- all critical points of a tiny network (src/map/complete*.c; docs/complete.md) ------ */

typedef struct {
    double box;  /* search |theta_k| <= box; 0: the box that holds every critical point,
                    which is known with ridge for some networks and losses              */
    long boxes;  /* give up after about so many: it is looked at between passes         */
    double time; /* seconds                                                             */
    long starts; /* of Newton's method, which finds the points before they are proved   */
    uint64_t seed;
} nd_complete_settings;

extern const nd_setting nd_complete_table[];
void nd_complete_init(nd_complete_settings *s);

/* One critical point: exactly one lies in the box theta +- half, and it is nondegenerate. */
typedef struct {
    double *theta, *half;        /* P entries each                                       */
    double radius;               /* it lies this near to theta                           */
    size_t index;                /* negative eigenvalues, exactly                        */
    double loss_lo, loss_hi;     /* enclosure of L there                                 */
    size_t errors_lo, errors_hi; /* and of the training errors                           */
    double copies;               /* nd_copies; 0: a symmetric copy of one listed before  */
} nd_critical;

typedef struct {
    nd_truth truth;  /* ND_PROVED: every critical point in the box is, up to permutations and
                        flips of neurons, one of those listed; ND_UNKNOWN: see reason     */
    bool everywhere; /* and every critical point of L is in the box                        */
    size_t P, points;
    nd_critical *point; /* rising loss                                                     */
    double *lo, *hi;    /* the box, P entries each                                         */
    size_t boxes, open; /* boxes that were looked at; that are undecided                   */
    char *tree;         /* how the box was split: docs/certificate-format.md               */
    double audit;       /* sum (-1)^index copies: 1 when everywhere                        */
    double seconds;
    char reason[256];
} nd_complete_result;

/* Is the problem one that nd_complete is for?  Errors: ND_ERANGE (settings), ND_EINPUT (network,
 * loss or ridge: the message says why), ND_EMEM. */
nd_status nd_complete_check(nd_ctx *ctx, const nd_problem *pb, const nd_complete_settings *s);
/* Errors: those of nd_complete_check, ND_EMEM, ND_ECANCEL (*out is then left alone). */
nd_status nd_complete(nd_ctx *ctx, const nd_problem *pb, const nd_complete_settings *s,
                      nd_complete_result **out);
void nd_complete_destroy(nd_ctx *ctx, nd_complete_result *r);
/* The certificate of a proved answer (kind "complete").  Errors: ND_EINPUT when nothing is
 * proved, ND_EIO, ND_EMEM. */
nd_status nd_complete_save(nd_ctx *ctx, const nd_problem *pb, const nd_complete_result *r,
                           const char *file);

#ifdef __cplusplus
}
#endif
#endif
