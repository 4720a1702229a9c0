/* The kind region: near theta lies a local minimum of a piecewise linear network
 * (docs/proofs.md, section 13).
 *
 * On the ball every preactivation of a sample whose loss varies keeps its sign.  In the
 * coordinates free, theta* is strict (subset.c): so their columns of A are independent, and
 * when there are rank A of them, they span its column space S.  The gradient of the convex
 * loss at f(theta*) vanishes along S: f(theta*) minimises the loss over S, and every point near
 * theta* has its f in S. */
#include "cert/region.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "cert/file.h"
#include "cert/near.h"
#include "cert/signs.h"
#include "theory/exact.h"

#define WORK    1e9  /* rows x columns x rank of A: about a second for the basis   */
#define SECONDS 20.0 /* for its exact rank                                        */

/* What prove and the writer of the claims have to find alike. */
typedef struct {
    nd_region_signs signs;
    nd_region_columns A;
    size_t *free, m;
} region;

static void region_clear(nd_ctx *ctx, region *r)
{
    nd_region_signs_clear(ctx, &r->signs);
    nd_region_columns_clear(ctx, &r->A);
    nd_free(ctx, r->free);
}

static bool small_enough(const nd_problem *pb, const nd_region_signs *s, nd_cert *c)
{
    double rows = (double)s->actives, P = (double)pb->net->P;

    if (s->actives == 0) return nd_cert_fail(c, "the loss of every sample is constant near theta");
    if (rows * P * (rows < P ? rows : P) > WORK)
        return nd_cert_fail(c, "%zu active samples and %zu parameters are too many", s->actives,
                            pb->net->P);
    return true;
}

static nd_status region_find(nd_ctx *ctx, const nd_problem *pb, const double *theta, region *r,
                             nd_cert *c, bool *ok)
{
    nd_status status;

    *ok = nd_near_applies_at(pb, theta, c) && nd_region_applies(pb, c);
    if (!*ok) return ND_OK;
    ND_TRY(nd_signs_off_kinks(ctx, pb, theta, c, ok));
    if (!*ok) goto done;
    ND_TRY(nd_region_signs_find(ctx, pb, theta, 0.0, &r->signs));
    *ok = small_enough(pb, &r->signs, c);
    if (!*ok) goto done;
    ND_TRY(nd_region_columns_make(ctx, pb, theta, &r->signs, &r->A));
    r->free = ND_NEW(ctx, size_t, r->A.D);
    if (!r->free) return ND_EMEM;
    ND_TRY(nd_region_free(ctx, &r->A, r->free, &r->m));
done:
    return status;
}

/* The reason of subset.c, which speaks of the free coordinates only. */
static void in_the_free(nd_cert *c, const region *r)
{
    char reason[sizeof c->reason];

    memcpy(reason, c->reason, sizeof reason);
    nd_cert_fail(c, "the signs hold for %zu active samples, but in %zu free coordinates: %.160s",
                 r->A.m, r->m, reason);
}

/* The free columns span those of A, and the signs are those of the whole ball. */
static nd_status conditions(nd_ctx *ctx, const nd_problem *pb, const double *theta, const region *r,
                            nd_cert *c, bool *ok)
{
    nd_region_signs wide;
    size_t rank;
    bool known;
    nd_status status = nd_region_signs_find(ctx, pb, theta, c->radius, &wide);

    if (status != ND_OK) goto done;
    *ok = nd_region_signs_equal(&r->signs, &wide) ||
          nd_cert_fail(c,
                       "within the radius %.3g a preactivation may reach its kink, or another "
                       "sample become active",
                       c->radius);
    if (!*ok) goto done;
    ND_TRY(nd_exact_product_rank(ctx, r->A.m, r->A.D, r->A.slope, r->A.feature,
                                 nd_seconds() + SECONDS, &rank, &known));
    *ok = known || nd_cert_fail(c, "the exact rank of %zu columns is not known", r->A.D);
    if (*ok && rank != r->m)
        *ok = nd_cert_fail(c, "the columns have rank %zu, the %zu free ones do not span them", rank,
                           r->m);
done:
    nd_region_signs_clear(ctx, &wide);
    return status;
}

static nd_status prove(nd_ctx *ctx, const nd_problem *pb, const double *theta, nd_cert *c)
{
    region r = {.free = NULL};
    bool ok;
    nd_status status;

    ND_TRY(region_find(ctx, pb, theta, &r, c, &ok));
    if (!ok) goto done;
    ND_TRY(nd_prove_subset(ctx, pb, theta, r.m, r.free, c));
    if (c->truth != ND_PROVED) {
        in_the_free(c, &r);
        goto done;
    }
    ok = false;
    ND_TRY(conditions(ctx, pb, theta, &r, c, &ok));
    c->mu = 0.0; /* no claim of this kind */
    if (!ok) {
        c->truth = ND_UNKNOWN;
        c->radius = 0.0;
        goto done;
    }
    c->says = ND_SAYS_LOCAL;
    snprintf(
        c->reason, sizeof c->reason,
        "a local minimum lies within %.2g of theta: no preactivation of the %zu active samples "
        "changes its sign, and %zu free coordinates reach all outputs that are near",
        c->radius, r.A.m, r.m);
done:
    region_clear(ctx, &r);
    return status;
}

nd_status nd_prove_region(nd_ctx *ctx, const nd_problem *pb, const double *theta, nd_cert *out)
{
    nd_cert c;
    nd_status status = nd_prove_zero_loss(ctx, pb, theta, &c);

    if (status != ND_OK) return status;
    c.kind = "region";
    c.truth = ND_UNKNOWN;
    c.says = ND_SAYS_NOTHING;
    status = prove(ctx, pb, theta, &c);
    if (status == ND_OK) *out = c;
    return status;
}

nd_status nd_region_claims(nd_ctx *ctx, const nd_problem *pb, const double *theta,
                           const nd_cert *cert, struct json_t *claims)
{
    nd_cert c = *cert;
    region r = {.free = NULL};
    bool ok;
    nd_status status;

    ND_TRY(region_find(ctx, pb, theta, &r, &c, &ok));
    ND_TRY(nd_cert_put_counts(ctx, claims, "free", r.m, r.free));
done:
    region_clear(ctx, &r);
    return status;
}
