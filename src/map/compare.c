/* Are two critical points the same, up to the symmetries of the network?
 *
 * Permutations and flips are isometries and exact on doubles, so a certificate of q is one
 * of its image g q.  Proved apart: the losses at the two critical points differ; one has
 * another index; or no g brings q nearer to p than the sum of the radii (align.c).  Proved
 * the same: some ball around p contains both balls, and the Hessian is regular over it, so
 * that it holds one critical point at most.  Where q has no certificate it is the end of a numerical
 * iteration: proved is then that it lies in such a ball around p. */
#include "base/memory.h"
#include "cert/variation.h"
#include "map/symmetry.h"
#include "num/tile.h"

#include <math.h>
#include <string.h>

/* What points found by different ways differ by at most: Newton's iteration ends with
 * errors of the gradient's rounding over the smallest eigenvalue (1e-14 / 1e-8). */
#define NEAR_POINT 1e-6 /* relative to 1 + |p| */
#define NEAR_LOSS  1e-9 /* relative to 1 + L   */

/* A proof that speaks of a critical point near or at theta. */
static bool speaks(const nd_cert *c)
{
    return c->kind && c->truth == ND_PROVED && c->says >= ND_SAYS_GLOBAL &&
           c->says <= ND_SAYS_SADDLE;
}

/* It is nondegenerate, within a radius, and its index is known. */
static bool isolated(const nd_cert *c)
{
    return speaks(c) && c->radius > 0.0 &&
           (strcmp(c->kind, "strict") == 0 || strcmp(c->kind, "index") == 0);
}

static bool losses_differ(const nd_cert *c, const nd_cert *d)
{
    return speaks(c) && speaks(d) && (c->loss_hi < d->loss_lo || d->loss_hi < c->loss_lo);
}

/* Is there at most one critical point in the ball around p that holds both balls?  At
 * theta* of p the Hessian is >= mu, and it changes by at most m3 per unit of length. */
static nd_status one_in_ball(nd_ctx *ctx, const nd_problem *pb, const double *p, const nd_cert *c,
                             double R, bool *one)
{
    double *change = ND_NEW(ctx, double, pb->data->n);
    nd_status status;
    nd_ball ball;

    *one = false;
    if (!change) return ND_EMEM;
    status = nd_ball_bounds(ctx, pb, p, R, &ball, change);
    *one = status == ND_OK && c->mu > 0.0 && 2.0 * nd_grow(ball.m3 * R) < c->mu;
    nd_free(ctx, change);
    return status;
}

nd_status nd_compare(nd_ctx *ctx, const nd_problem *pb, const double *p, const nd_verdict *vp,
                     const double *q, const nd_verdict *vq, nd_sameness *out)
{
    const nd_cert *c = &vp->cert, *d = &vq->cert;
    double *g = ND_NEW(ctx, double, pb->net->P), least;
    nd_sameness s = {.same = ND_UNKNOWN};
    nd_status status = ND_OK;
    bool one = false;

    if (!g) return ND_EMEM;
    memcpy(g, q, pb->net->P * sizeof *g);
    ND_TRY(nd_align(ctx, pb->net, p, g, &s.distance, &least));
    s.near = s.distance <= NEAR_POINT * (1.0 + nd_norm2(pb->net->P, p)) &&
             fabs(vp->loss - vq->loss) <= NEAR_LOSS * (1.0 + fabs(vp->loss));
    if (losses_differ(c, d)) s.same = ND_REFUTED;
    if (isolated(c) && !speaks(d) && s.near)
        ND_TRY(one_in_ball(ctx, pb, p, c, 1.000001 * (s.distance + c->radius) + 0x1p-1000, &one));
    if (isolated(c) && isolated(d)) {
        if (c->index != d->index || least > (c->radius + d->radius) * (1.0 + 0x1p-50))
            s.same = ND_REFUTED;
        else if (s.near && s.same == ND_UNKNOWN)
            ND_TRY(one_in_ball(ctx, pb, p, c,
                               1.000001 * (s.distance + c->radius + d->radius) + 0x1p-1000, &one));
    }
    if (one) s.same = ND_PROVED;
    *out = s;
done:
    nd_free(ctx, g);
    return status;
}
