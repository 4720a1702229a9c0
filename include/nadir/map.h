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
    ND_ASKS
} nd_ask_kind;

const char *nd_ask_name(nd_ask_kind k); /* "start", "hop", "follow", "pair", "down" */

/* What one trial is to do.  Its answer is a function of the problem and these alone. */
typedef struct {
    nd_ask_kind kind;
    uint64_t seed, trial; /* the streams of its random numbers                        */
    double scale;         /* START: of nd_net_start; HOP: of the step, relative to
                             1 + |a|                                                   */
    long mode;            /* FOLLOW: which eigenvector of H(a), 0 the softest          */
    int side;             /* FOLLOW, DOWN: +1 or -1 along it (the first entry that is
                             not tiny is positive)                                     */
    long index;           /* FOLLOW, PAIR: the index wanted, >= 1                      */
    double time;          /* seconds; INFINITY: no limit                               */
    const double *a, *b;  /* P entries each, or NULL: see kind                         */
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

/* certify: try the certificates that apply to what was found (theta is then the
 * polished centre).  Errors: ND_EMEM, ND_ECANCEL, ND_ERANGE (an ask that is none),
 * ND_ESMOOTH (FOLLOW, PAIR, DOWN where L has no Hessian). */
nd_status nd_scout_ask(nd_scout *s, const nd_ask *ask, bool certify, nd_answer *out);

/* ---- identity (src/map/identity.c) --------------------------------------------------- */

/* The representative of theta's class under permutations of neurons, sign flips of odd
 * ones and, where l2 = 0, scaling of positively homogeneous ones and shifts of exp's.
 * L is the same there.  theta: P entries, in place.  The permutation is chosen by a
 * key that neighbours share, so that rounding does not reorder equal neurons. */
nd_status nd_canonical(nd_ctx *ctx, const nd_net *net, double l2, double *theta);

/* Are two critical points the same up to those symmetries?  Both canonical.
 *   same ND_PROVED: the certified ball of one contains both, and holds one critical point
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

#ifdef __cplusplus
}
#endif
#endif
