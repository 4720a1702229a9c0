/* The kind flat: near theta lies a local minimum, isolated or not (docs/proofs.md, 12).
 *
 * Near theta the loss does not depend on the idle coordinates, and the symmetry of each
 * neuron moves one coordinate of its own, the gauge.  In all others theta* is strict
 * (subset.c).  A point near theta* is carried by the symmetries to a near one with the gauges
 * of theta*, with the same L; there L does not depend on the idle ones. */
#include "cert/flat.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "cert/file.h"
#include "cert/near.h"

static bool same(size_t n, const size_t *a, size_t m, const size_t *b)
{
    return n == m && memcmp(a, b, n * sizeof *a) == 0;
}

/* The idle coordinates of theta are so on the whole ball of the certificate's radius. */
static nd_status still_idle(nd_ctx *ctx, const nd_problem *pb, const double *theta,
                            const nd_flat_lists *lists, const nd_cert *c, bool *ok)
{
    nd_flat_lists wide;
    nd_status status = nd_flat_find(ctx, pb, theta, c->radius, &wide);

    *ok = status == ND_OK && same(lists->idles, lists->idle, wide.idles, wide.idle);
    nd_flat_clear(ctx, &wide);
    return status;
}

static void give_up(nd_cert *c, const char *reason)
{
    c->truth = ND_UNKNOWN;
    c->radius = c->mu = 0.0;
    nd_cert_fail(c, "%s", reason);
}

/* The reason of subset.c, which speaks of the rest only. */
static void in_the_rest(nd_cert *c, const nd_flat_lists *l)
{
    char reason[sizeof c->reason];

    memcpy(reason, c->reason, sizeof reason);
    nd_cert_fail(c, "%zu idle coordinates, %zu fixed by symmetry; in the others: %.180s", l->idles,
                 l->gauges, reason);
}

static nd_status prove(nd_ctx *ctx, const nd_problem *pb, const double *theta, nd_cert *c)
{
    nd_flat_lists l = {0};
    nd_status status = ND_OK;
    bool ok;

    if (!nd_near_applies_at(pb, theta, c)) return ND_OK;
    ND_TRY(nd_flat_find(ctx, pb, theta, 0.0, &l));
    if (l.idles + l.gauges == 0) {
        nd_cert_fail(c, "no coordinate is idle, and no symmetry moves theta%s",
                     pb->l2 > 0.0 ? " (lambda > 0)" : "");
        goto done;
    }
    ND_TRY(nd_prove_subset(ctx, pb, theta, l.rests, l.rest, c));
    if (c->truth != ND_PROVED) {
        in_the_rest(c, &l);
        goto done;
    }
    ND_TRY(still_idle(ctx, pb, theta, &l, c, &ok));
    if (!ok) {
        give_up(c, "a coordinate that is idle at theta may not be so within the radius");
        goto done;
    }
    c->says = ND_SAYS_LOCAL;
    snprintf(c->reason, sizeof c->reason,
             "a local minimum lies within %.2g of theta: %zu coordinates are idle, %zu neurons are "
             "moved by symmetries, in the other %zu coordinates the Hessian's smallest eigenvalue "
             "is >= %.3g",
             c->radius, l.idles, l.gauges, l.rests, c->mu);
done:
    nd_flat_clear(ctx, &l);
    return status;
}

nd_status nd_prove_flat(nd_ctx *ctx, const nd_problem *pb, const double *theta, nd_cert *out)
{
    nd_cert c;
    nd_status status = nd_prove_zero_loss(ctx, pb, theta, &c);

    if (status != ND_OK) return status;
    c.kind = "flat";
    c.truth = ND_UNKNOWN;
    c.says = ND_SAYS_NOTHING;
    status = prove(ctx, pb, theta, &c);
    if (status == ND_OK) *out = c;
    return status;
}

nd_status nd_flat_claims(nd_ctx *ctx, const nd_problem *pb, const double *theta,
                         const nd_cert *cert, struct json_t *claims)
{
    nd_flat_lists l;
    nd_status status;

    (void)cert;
    ND_TRY(nd_flat_find(ctx, pb, theta, 0.0, &l));
    ND_TRY(nd_cert_put_counts(ctx, claims, "idle", l.idles, l.idle));
    ND_TRY(nd_cert_put_counts(ctx, claims, "gauge", l.gauges, l.gauge));
done:
    nd_flat_clear(ctx, &l);
    return status;
}
