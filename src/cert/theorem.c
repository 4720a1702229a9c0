/* The kind theorem: theta is no local minimum of L (docs/theory.md; docs/proofs.md, section 21).
 *
 * Each theorem of the table says of the local minima that it covers: l'_i = 0 for all i.  So
 * hypotheses that are proved, and one sample whose margin is provably below z0 (l'_i > 0),
 * exclude theta.  The certificate names both, with the witnesses of the conditions on the data;
 * conditions on the architecture are read off the problem, those on theta (a_j = 0 exactly,
 * signs of the a_j) off theta. */
#include "cert/theorem.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "cert/near.h"
#include "cert/witness.h"

#define LIMIT 5.0 /* seconds for each proof about the data */

typedef struct {
    nd_theory *theory;
    size_t row, active; /* of nd_theorem_table; the sample; ND_THEOREMS: none   */
    double *lo;         /* 2 n: margins                                         */
} search;

/* What the format can express: theorems for all local minima, for an idle neuron, and for
 * enough neurons of one sign. */
static bool expressible(const nd_theorem_kind *k)
{
    return k->all || strcmp(k->name, "2") == 0 || strcmp(k->name, "3i") == 0 ||
           strcmp(k->name, "3ii") == 0;
}

/* The sample whose margin is surely smallest; l' > 0 there when that is below z0. */
static size_t most_active(const nd_problem *pb, const double *hi)
{
    size_t best = 0;

    for (size_t i = 1; i < pb->data->n; i++)
        if (hi[i] < hi[best]) best = i;
    return best;
}

static nd_status look(nd_ctx *ctx, const nd_problem *pb, const double *theta, search *s)
{
    size_t n = pb->data->n;
    nd_status status;

    s->row = ND_THEOREMS;
    s->lo = ND_NEW(ctx, double, 2 * n);
    if (!s->lo) return ND_EMEM;
    ND_TRY(nd_margin_bounds(ctx, pb, theta, s->lo, s->lo + n));
    s->active = most_active(pb, s->lo + n);
    if (!(s->lo[n + s->active] < pb->loss.kind->z0)) goto done;
    ND_TRY(nd_theory_check(ctx, pb, LIMIT, false, &s->theory));
    ND_TRY(nd_theory_at(ctx, pb, theta, s->lo, s->lo + n, LIMIT, s->theory));
    if (s->theory->point.minimum != ND_REFUTED) goto done;
    for (size_t k = ND_THEOREMS; k-- > 0;)
        if (s->theory->theorem[k].here == ND_PROVED && expressible(s->theory->theorem[k].kind))
            s->row = k;
done:
    return status;
}

static void search_close(nd_ctx *ctx, search *s)
{
    nd_theory_destroy(ctx, s->theory);
    nd_free(ctx, s->lo);
}

/* What must hold for any theorem with an active sample; else the reason. */
static bool applies(const nd_problem *pb, const double *theta, nd_cert *c)
{
    if (pb->l2 != 0.0) return nd_cert_fail(c, "lambda > 0: no theorem is about that");
    if (!pb->loss.kind->hinge_tail)
        return nd_cert_fail(c, "the loss has no hinge tail: no theorem is about it");
    for (size_t k = 0; k < pb->net->P; k++)
        if (!isfinite(theta[k])) return nd_cert_fail(c, "theta has an entry that is not finite");
    if (!nd_arithmetic_sound())
        return nd_cert_fail(c,
                            "the processor flushes subnormal numbers or does not round to nearest");
    return true;
}

nd_status nd_prove_theorem(nd_ctx *ctx, const nd_problem *pb, const double *theta, nd_cert *out)
{
    search s = {.theory = NULL};
    nd_cert c;
    nd_status status;

    ND_TRY(nd_prove_zero_loss(ctx, pb, theta, &c)); /* what holds at theta itself */
    c.kind = "theorem";
    c.truth = ND_UNKNOWN;
    c.says = ND_SAYS_NOTHING;
    if (!applies(pb, theta, &c)) goto proved;
    ND_TRY(look(ctx, pb, theta, &s));
    if (s.row < ND_THEOREMS) {
        c.truth = ND_PROVED;
        c.says = ND_SAYS_NO_MINIMUM;
        snprintf(c.reason, sizeof c.reason,
                 "%s (%s) covers %s, and sample %zu has l' > 0: theta is no local minimum",
                 s.theory->theorem[s.row].kind->title, s.theory->theorem[s.row].kind->because,
                 s.theory->theorem[s.row].kind->covers, s.active);
    } else if (!s.theory) {
        nd_cert_fail(&c, "no sample has l' > 0 for sure");
    } else {
        nd_cert_fail(&c, "no theorem covers the local minima here: %.200s", s.theory->headline);
    }
proved:
    *out = c;
done:
    search_close(ctx, &s);
    return status;
}

/* A neuron of f_S with a_j = 0; M: none. */
static size_t idle_neuron(const nd_term *fs, const double *theta)
{
    size_t j = 0;

    while (j < fs->out && theta[fs->a + j] != 0.0) j++;
    return j;
}

nd_status nd_claim_theorem(nd_ctx *ctx, const nd_problem *pb, const double *theta,
                           const nd_cert *cert, struct json_t *claims)
{
    search s = {.theory = NULL};
    const nd_theorem_kind *kind;
    json_t *witnesses;
    nd_status status;

    (void)cert;
    ND_TRY(look(ctx, pb, theta, &s));
    if (s.row == ND_THEOREMS) {
        status = nd_fail(ctx, ND_EINPUT, "the theorem could not be proved again in time");
        goto done;
    }
    kind = s.theory->theorem[s.row].kind;
    ND_TRY(nd_json_set(ctx, claims, "theorem", json_string(kind->name)));
    ND_TRY(nd_json_set(ctx, claims, "active", json_integer((json_int_t)s.active)));
    if (s.theory->term < pb->net->terms)
        ND_TRY(nd_json_set(ctx, claims, "term", json_integer((json_int_t)s.theory->term)));
    if (strcmp(kind->name, "2") == 0)
        ND_TRY(nd_json_set(
            ctx, claims, "idle_neuron",
            json_integer((json_int_t)idle_neuron(&pb->net->term[s.theory->term], theta))));
    ND_TRY(nd_witness_json(ctx, s.theory, false, &witnesses));
    ND_TRY(nd_json_set(ctx, claims, "witnesses", witnesses));
done:
    search_close(ctx, &s);
    return status;
}
