/* The parts of the complete search (docs/complete.md). */
#ifndef ND_MAP_COMPLETE_H
#define ND_MAP_COMPLETE_H

#include "map/interval.h"

/* The alphabet of the split tree, in preorder: 'a' + k splits along theta_k at the middle
 * fl((lo + hi)/2), lower half first; leaves are capital. */
#define ND_LEAF_EMPTY  'E' /* no critical point                                     */
#define ND_LEAF_KNOWN  'K' /* inside the box of a known critical point              */
#define ND_LEAF_MIRROR 'M' /* another order of the neurons is listed elsewhere       */
#define ND_LEAF_OPEN   'U' /* undecided                                             */

/* Tests of one box, with the scratch of one thread. */
typedef struct {
    nd_over over;
    size_t P;
    const nd_iv *known; /* points x P: boxes with exactly one critical point */
    size_t points;
    bool mirror;                      /* boxes of the mirror images are left out */
    nd_iv *g, *gc, *H, *centre, *row; /* P, P, P x P, P, P */
    double *Y, *M;                    /* P x P: approximate inverse, scratch */
} nd_prober;

nd_status nd_prober_create(nd_ctx *ctx, const nd_problem *pb, nd_prober *out);
void nd_prober_clear(nd_ctx *ctx, nd_prober *p);

/* One of the leaves above (never 'U'), or the axis along which to split, as a letter. */
char nd_probe(nd_prober *p, const nd_iv *box);

/* The box that holds every critical point, lo and hi (P); or why there is none (NULL). */
const char *nd_apriori_box(const nd_problem *pb, double *lo, double *hi);

/* ---- complete_points.c ------------------------------------------------------------------ */

typedef struct {
    nd_critical *at;
    size_t count, room;
} nd_criticals;

/* Newton's method from theta (P, overwritten); where it ends, a critical point is proved
 * and, unless it is known or outside lo, hi, added. */
nd_status nd_criticals_seek(nd_ctx *ctx, nd_prober *p, nd_work *work, const double *lo,
                            const double *hi, double *theta, nd_criticals *list);
void nd_criticals_clear(nd_ctx *ctx, nd_criticals *list);

/* ---- complete_tree.c --------------------------------------------------------------------- */

typedef struct {
    const nd_problem *pb;
    const double *lo, *hi;
    const nd_criticals *points;
    bool mirror;
    double least; /* boxes narrower than this, relative to 1 + |theta|, are left open */
    size_t most;  /* boxes                                                           */
    double deadline;
} nd_bisect;

typedef struct {
    char *tree;
    size_t boxes, open;
    double *centre; /* middles of the first open boxes, P each */
    size_t centres;
    bool stopped; /* most or the deadline was reached: tree is not whole */
} nd_bisection;

#define ND_OPEN_KEPT 64

nd_status nd_bisect_run(nd_ctx *ctx, const nd_bisect *s, nd_bisection *out);
void nd_bisect_clear(nd_ctx *ctx, nd_bisection *r);

static inline double nd_middle(nd_iv x)
{
    return 0.5 * (x.lo + x.hi);
}

/* A := an approximate inverse of A (n x n, row-major) by Gauss and Jordan with pivoting; B:
 * n x n of scratch.  False: singular. */
bool nd_invert(size_t n, double *A, double *B);

#endif
