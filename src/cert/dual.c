/* The kind dual: groups of equal neurons, each at a strict minimum (maximum) of the
 * potential G where its output weights are positive (negative)
 * (docs/certificate-format.md, section 6; docs/proofs.md, section 17; theory.md, 7).
 *
 *   (i)  the net with one neuron for each group has a strict minimum within rho  subset.c
 *   (ii) sign(a) D^2 G(w, b) is positive definite there, for every group     dual_hessian.c
 *
 *   |theta* - theta| <= sqrt(m) rho + sum of the errors of the groups' sums of a_j,
 *   m the size of the largest group. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "cert/dual.h"
#include "cert/near.h"
#include "cert/strict.h"

#define LARGEST 3000 /* inputs: three matrices of 72 MB */

static bool applies(const nd_problem *pb, const double *theta, nd_cert *c)
{
    const nd_term *term = nd_dual_term(pb->net);

    if (!term)
        return nd_cert_fail(c, "dual: not a net of one hidden layer, beside it a linear term");
    if (pb->l2 != 0.0) return nd_cert_fail(c, "dual: lambda > 0");
    if (!pb->loss.kind->convex || pb->loss.kind->smooth(pb->loss.q) < 1)
        return nd_cert_fail(c, "dual: the loss is not convex and C^1");
    if (pb->net->d > LARGEST) return nd_cert_fail(c, "dual: too many inputs");
    for (size_t k = 0; k < pb->net->P; k++)
        if (!isfinite(theta[k])) return nd_cert_fail(c, "theta has an entry that is not finite");
    for (size_t j = 0; j < term->out; j++)
        if (theta[term->a + j] == 0.0)
            return nd_cert_fail(c, "dual: the output weight of neuron %zu is 0", j + 1);
    return true;
}

/* The largest group; the sum over the groups of the rounding of their sums of a_j, which are
 * of one sign; the smallest |sum|. */
typedef struct {
    size_t largest;
    double rounding, smallest;
} sums;

static nd_status group_sums(nd_ctx *ctx, const nd_reduced *r, const size_t *group, size_t M,
                            sums *out)
{
    const nd_term *term = nd_dual_term(r->net);
    size_t *count = ND_NEW0(ctx, size_t, term->out);

    if (!count) return ND_EMEM;
    *out = (sums){0, 0.0, INFINITY};
    for (size_t j = 0; j < M; j++) count[group[j]]++;
    for (size_t g = 0; g < term->out; g++) {
        double a = fabs(r->theta[term->a + g]);

        if (count[g] > out->largest) out->largest = count[g];
        out->rounding += 1.01 * nd_gamma(count[g]) * a;
        if (!(a >= out->smallest)) out->smallest = a;
    }
    out->rounding = nd_up(out->rounding, term->out + 4);
    nd_free(ctx, count);
    return ND_OK;
}

/* (i) and (ii); c: the certificate of the reduced problem, then that of the full one. */
static nd_status conditions(nd_ctx *ctx, const nd_reduced *r, const sums *s, nd_cert *c)
{
    size_t where = 0;
    double rho;
    bool ok;
    char why[sizeof c->reason];
    nd_status status = nd_prove_strict(ctx, &r->pb, r->theta, c);

    if (status != ND_OK) return status;
    if (c->truth != ND_PROVED) {
        memcpy(why, c->reason, sizeof why);
        nd_cert_fail(c, "dual: of the net with one neuron for each group: %.180s", why);
        return ND_OK;
    }
    c->truth = ND_UNKNOWN;
    rho = c->radius;
    if (!(rho + s->rounding < 0.5 * s->smallest)) {
        nd_cert_fail(c, "dual: an output weight may vanish within %.3g", rho);
        return ND_OK;
    }
    ND_TRY(nd_dual_curved(ctx, &r->pb, r->theta, rho, &ok, &where));
    if (!ok) {
        nd_cert_fail(c,
                     "dual: the potential has no strict minimum (a > 0) or maximum (a < 0), or "
                     "not surely, at group %zu",
                     where + 1);
        return ND_OK;
    }
    c->radius = nd_grow(sqrt((double)s->largest) * rho + s->rounding);
    c->truth = ND_PROVED;
done:
    return status;
}

static void say(size_t M, size_t groups, nd_cert *c)
{
    c->says = ND_SAYS_LOCAL;
    c->mu = 0.0;
    c->index = 0;
    snprintf(c->reason, sizeof c->reason,
             "a local minimum lies within %.2g of theta: %zu neurons in %zu groups, each at a "
             "strict minimum or maximum of the potential",
             c->radius, M, groups);
}

static nd_status prove_groups(nd_ctx *ctx, const nd_problem *pb, const double *theta,
                              const size_t *group, size_t groups, nd_cert *c)
{
    nd_reduced r;
    size_t M = nd_dual_term(pb->net)->out;
    nd_cert own = *c;
    sums s;
    nd_status status;

    ND_TRY(nd_reduce(ctx, pb, theta, group, groups, &r));
    ND_TRY(group_sums(ctx, &r, group, M, &s));
    ND_TRY(conditions(ctx, &r, &s, &own));
    if (own.truth == ND_PROVED) {
        *c = own;
        say(M, groups, c);
    } else {
        memcpy(c->reason, own.reason, sizeof c->reason);
    }
    c->kind = "dual";
done:
    nd_reduced_clear(ctx, &r);
    return status;
}

nd_status nd_prove_dual(nd_ctx *ctx, const nd_problem *pb, const double *theta, nd_cert *out)
{
    nd_cert c;
    size_t *group = NULL, groups, M;
    nd_status status;

    /* what holds at theta itself stays the answer while nothing is proved */
    ND_TRY(nd_prove_zero_loss(ctx, pb, theta, &c));
    c.kind = "dual";
    c.truth = ND_UNKNOWN;
    c.says = ND_SAYS_NOTHING;
    if (applies(pb, theta, &c)) {
        M = nd_dual_term(pb->net)->out;
        group = ND_NEW(ctx, size_t, M);
        if (!group) status = ND_EMEM;
        if (status != ND_OK) goto done;
        groups = nd_dual_groups(pb->net, theta, 0.0, group);
        if (groups == M)
            nd_cert_fail(&c, "dual: no two neurons with output weights of one sign are equal");
        else
            ND_TRY(prove_groups(ctx, pb, theta, group, groups, &c));
    }
    *out = c;
done:
    nd_free(ctx, group);
    return status;
}

nd_status nd_claim_dual(nd_ctx *ctx, const nd_problem *pb, const double *theta, const nd_cert *cert,
                        struct json_t *claims)
{
    size_t M = nd_dual_term(pb->net)->out, *group = ND_NEW(ctx, size_t, M);
    json_t *list = json_array();
    nd_status status = group && list ? ND_OK : ND_EMEM;

    (void)cert;
    if (status == ND_OK) nd_dual_groups(pb->net, theta, 0.0, group);
    for (size_t j = 0; status == ND_OK && j < M; j++)
        if (json_array_append_new(list, json_integer((json_int_t)group[j])) != 0)
            status = nd_fail(ctx, ND_EMEM, "out of memory while writing a certificate");
    nd_free(ctx, group);
    if (status == ND_OK) return nd_json_set(ctx, claims, "groups", list);
    json_decref(list);
    return status;
}
