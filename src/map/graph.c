/* The merge tree of minima (disconnectivity graph; Becker and Karplus 1997): saddles from
 * the lowest upwards, each joining the trees of its two minima (Kruskal, union-find).
 *
 * Enclosures.  When the edges are taken in the order of their computed heights, two minima
 * a, b that meet at edge e are joined by edges no later than e inside the merged trees: the
 * exact lowest barrier between them, among the paths of this graph, is at most the largest
 * hi in that subtree.  And every path between them uses some edge that does not come
 * before e: it is at least the smallest lo from e on. */
#include "base/memory.h"

#include <nadir/map.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const nd_edge *e;
    size_t k;
} ranked;

static int by_height(const void *p, const void *q)
{
    const ranked *x = p, *y = q;

    if (x->e->height != y->e->height) return x->e->height < y->e->height ? -1 : 1;
    return x->k < y->k ? -1 : 1;
}

static nd_status check(nd_ctx *ctx, size_t minima, size_t edges, const nd_edge *edge)
{
    for (size_t k = 0; k < edges; k++) {
        const nd_edge *e = &edge[k];

        if (e->a >= minima || e->b >= minima)
            return nd_fail(ctx, ND_ERANGE, "edge %zu: minima %zu and %zu of %zu", k, e->a, e->b,
                           minima);
        if (!(e->lo <= e->height && e->height <= e->hi))
            return nd_fail(ctx, ND_ERANGE, "edge %zu: height %g is not in [%g, %g]", k, e->height,
                           e->lo, e->hi);
    }
    return ND_OK;
}

static nd_status tree_make(nd_ctx *ctx, size_t minima, nd_tree **out)
{
    size_t room = minima > 0 ? 2 * minima - 1 : 0;
    nd_tree *t = ND_NEW0(ctx, nd_tree, 1);

    if (!t) return ND_EMEM;
    t->parent = ND_NEW(ctx, size_t, room);
    t->saddle = ND_NEW(ctx, size_t, room);
    t->height = ND_NEW(ctx, double, room);
    t->lo = ND_NEW(ctx, double, room);
    t->hi = ND_NEW(ctx, double, room);
    *out = t;
    return t->parent && t->saddle && t->height && t->lo && t->hi ? ND_OK : ND_EMEM;
}

void nd_tree_destroy(nd_ctx *ctx, nd_tree *t)
{
    if (!t) return;
    nd_free(ctx, t->parent);
    nd_free(ctx, t->saddle);
    nd_free(ctx, t->height);
    nd_free(ctx, t->lo);
    nd_free(ctx, t->hi);
    nd_free(ctx, t);
}

static void add_node(nd_tree *t, double height, double lo, double hi, size_t saddle)
{
    size_t k = t->nodes++;

    t->parent[k] = k;
    t->height[k] = height;
    t->lo[k] = lo;
    t->hi[k] = hi;
    t->saddle[k] = saddle;
}

/* top[k]: a node nearer to the root, shortened on the way. */
static size_t root(size_t *top, size_t k)
{
    while (top[k] != k) {
        top[k] = top[top[k]];
        k = top[k];
    }
    return k;
}

/* hi of an inner node; a leaf bounds no barrier. */
static double barrier(const nd_tree *t, size_t k)
{
    return k < t->minima ? -INFINITY : t->hi[k];
}

static void merge(nd_tree *t, size_t *top, const nd_edge *e, double lo)
{
    size_t a = root(top, e->a), b = root(top, e->b), k = t->nodes;

    if (a == b) return;
    add_node(t, e->height, lo, fmax(e->hi, fmax(barrier(t, a), barrier(t, b))), e->saddle);
    t->parent[a] = t->parent[b] = k;
    top[a] = top[b] = top[k] = k;
}

nd_status nd_tree_build(nd_ctx *ctx, size_t minima, const double *loss, const double *lo,
                        const double *hi, size_t edges, const nd_edge *edge, nd_tree **out)
{
    ranked *order = ND_NEW(ctx, ranked, edges);
    size_t *top = ND_NEW(ctx, size_t, 2 * minima);
    double *from = ND_NEW(ctx, double, edges + 1); /* smallest lo from rank k on */
    nd_tree *t = NULL;
    nd_status status = ND_OK;

    if (!order || !top || !from) ND_TRY(ND_EMEM);
    ND_TRY(check(ctx, minima, edges, edge));
    ND_TRY(tree_make(ctx, minima, &t));
    for (size_t k = 0; k < minima; k++) {
        add_node(t, loss[k], lo[k], hi[k], SIZE_MAX);
        top[k] = k;
    }
    t->minima = minima;
    for (size_t k = 0; k < edges; k++) order[k] = (ranked){&edge[k], k};
    qsort(order, edges, sizeof *order, by_height);
    from[edges] = INFINITY;
    for (size_t k = edges; k-- > 0;) {
        const nd_edge *e = order[k].e;

        from[k] = e->a == e->b ? from[k + 1] : fmin(from[k + 1], e->lo);
    }
    for (size_t k = 0; k < edges; k++) merge(t, top, order[k].e, from[k]);
    *out = t;
    t = NULL;
done:
    nd_tree_destroy(ctx, t);
    nd_free(ctx, order);
    nd_free(ctx, top);
    nd_free(ctx, from);
    return status;
}

/* A parent's number is larger than its children's. */
size_t nd_tree_meet(const nd_tree *t, size_t a, size_t b)
{
    while (a != b) {
        size_t *low = a < b ? &a : &b;

        if (t->parent[*low] == *low) return SIZE_MAX;
        *low = t->parent[*low];
    }
    return a;
}
