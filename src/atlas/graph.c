/* The merge tree and the Morse audit of an atlas. */
#include "atlas/atlas.h"

#include "base/memory.h"

#include <math.h>
#include <string.h>

void nd_enclose_loss(const nd_verdict *v, double *lo, double *hi)
{
    bool proved = v->proved == ND_PROVED && v->cert.truth == ND_PROVED;

    *lo = proved ? v->cert.loss_lo : v->loss;
    *hi = proved ? v->cert.loss_hi : v->loss;
}

nd_status nd_atlas_tree(nd_ctx *ctx, const nd_atlas *a, size_t *leaf, nd_tree **out)
{
    double *loss = ND_NEW(ctx, double, 3 * a->points), *lo = loss + a->points, *hi = lo + a->points;
    nd_edge *edge = ND_NEW(ctx, nd_edge, a->edges);
    size_t leaves = 0;
    nd_status status = loss && edge ? ND_OK : ND_EMEM;

    for (size_t k = 0; status == ND_OK && k < a->points; k++) {
        leaf[k] = SIZE_MAX;
        if (!a->point[k].minimum) continue;
        loss[leaves] = a->point[k].verdict.loss;
        nd_enclose_loss(&a->point[k].verdict, &lo[leaves], &hi[leaves]);
        leaf[k] = leaves++;
    }
    for (size_t k = 0; status == ND_OK && k < a->edges; k++) {
        edge[k] = a->edge[k];
        edge[k].a = leaf[a->edge[k].a];
        edge[k].b = leaf[a->edge[k].b];
    }
    if (status == ND_OK) status = nd_tree_build(ctx, leaves, loss, lo, hi, a->edges, edge, out);
    nd_free(ctx, edge);
    nd_free(ctx, loss);
    return status;
}

/* A family is no nondegenerate point, nor is one whose copies are not known: an index of
 * -1 tells the audit, which then does not apply. */
nd_status nd_atlas_audit(nd_ctx *ctx, const nd_atlas *a, nd_audit *out)
{
    long *index = ND_NEW(ctx, long, a->points);
    double *copies = ND_NEW(ctx, double, a->points);
    nd_status status = index && copies ? ND_OK : ND_EMEM;

    for (size_t k = 0; status == ND_OK && k < a->points; k++) {
        const nd_atlas_point *p = &a->point[k];
        bool counts = !p->family && p->copies >= 1.0;

        index[k] = counts ? p->verdict.index : -1;
        copies[k] = counts ? p->copies : 1.0;
    }
    if (status == ND_OK) status = nd_morse_audit(ctx, &a->problem, a->points, index, copies, out);
    nd_free(ctx, copies);
    nd_free(ctx, index);
    return status;
}
