/* The kind theorem: c is no local minimum of L (docs/certificate-format.md, section 6).
 *
 * A theorem of docs/theory.md says of the local minima that it covers: l'_i = 0 for all i.
 * Its conditions on net, loss and data are found anew with the witnesses of the file (witness.c);
 * those on c are exact: a_j = 0 for a neuron of f_S, or enough a_j of one sign.  Then one
 * sample with l'(z_i) > 0, in balls, excludes c. */
#include "verify/prove.h"
#include "verify/witness_check.h"
#include <stdio.h>
#include <string.h>

/* l'(z_i) at c for the sample i alone; > 0? */
static nd_truth active_at(const nv_cert *c, slong i, slong prec)
{
    arb_ptr theta = _arb_vec_init(c->net.P), jet = _arb_vec_init(3);
    nv_cert one = *c;
    nd_truth t = ND_UNKNOWN;
    nv_value v;

    one.n = 1;
    one.X = c->X + i * c->net.d;
    one.y = c->y + i;
    one.weight = NULL;
    nv_cube(theta, c->theta, c->net.P, 0);
    nv_value_init(&v, c->net.P);
    nv_evaluate(&one, theta, 0, prec, &v);
    arb_neg(v.margin_min, v.margin_min); /* z_i */
    if (arb_is_finite(v.margin_min)) {
        nv_apply(c->loss.jet, jet, v.margin_min, c->loss.q, 1, prec);
        if (arb_is_finite(jet + 1) && arb_is_positive(jet + 1)) t = ND_PROVED;
        if (arb_is_zero(jet + 1)) t = ND_REFUTED;
    }
    nv_value_clear(&v);
    _arb_vec_clear(jet, 3);
    _arb_vec_clear(theta, c->net.P);
    return t;
}

/* The output weights of f_S with this sign. */
static slong count_sign(const nv_check *k, int sign)
{
    slong count = 0;

    for (slong j = 0; j < k->M; j++) {
        double a = k->problem.theta[k->problem.net.term[k->term].a + j];
        count += sign > 0 ? a > 0 : a < 0;
    }
    return count;
}

/* The theorem's condition on c. */
static nd_truth condition_here(const nv_check *k, const char *theorem)
{
    slong j = k->problem.idle_neuron;

    if (!strcmp(theorem, "2")) {
        if (j < 0 || j >= k->M) return ND_REFUTED;
        return k->problem.theta[k->problem.net.term[k->term].a + j] == 0 ? ND_PROVED : ND_REFUTED;
    }
    if (!strcmp(theorem, "3i")) /* fewer may be enough where ranks are not known */
        return count_sign(k, 1) >= nv_witness_needed(k, 0) ? ND_PROVED : ND_UNKNOWN;
    if (!strcmp(theorem, "3ii"))
        return count_sign(k, -1) >= nv_witness_needed(k, 1) ? ND_PROVED : ND_UNKNOWN;
    return ND_PROVED;
}

static void judge(const nv_check *k, const nv_theorem *t, const nv_report *r, nv_answer *a)
{
    snprintf(a->sentence, sizeof a->sentence,
             "theorem %s holds and sample %ld has l' > 0: theta is not a local minimum", t->name,
             (long)k->problem.active);
    if (r->truth != ND_PROVED) {
        char what[200];

        snprintf(what, sizeof what, "a witness: %.160s", r->sentence);
        a->truth = r->truth;
        snprintf(a->sentence, sizeof a->sentence, "%s", what);
    }
    nv_also(a, nv_theorem_truth(t, k->found), "that the theorem's conditions on the problem hold");
    nv_also(a, condition_here(k, t->name), "the theorem's condition on theta");
}

/* Witnesses that do not follow the format prove nothing. */
static void conditions(nd_ctx *ctx, const nv_cert *c, nv_answer *a)
{
    static nv_report r;
    nv_check k;

    if (nv_witness_embedded(ctx, c, &k, &r) == ND_OK) {
        judge(&k, c->theorem, &r, a);
    } else {
        a->truth = ND_UNKNOWN;
        snprintf(a->sentence, sizeof a->sentence, "the witnesses cannot be read: %.200s",
                 nd_errmsg(ctx));
    }
    nv_witness_clear(&k);
}

void nv_prove_theorem(const nv_cert *c, nv_answer *a)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    arb_ptr theta = _arb_vec_init(c->net.P);
    nv_value v;
    nd_truth active;

    nv_value_init(&v, c->net.P);
    nv_cube(theta, c->theta, c->net.P, 0);
    nv_evaluate(c, theta, 0, NV_FINE, &v);
    nv_take_values(&v, a);
    a->truth = ND_PROVED;
    if (ctx) {
        conditions(ctx, c, a);
    } else {
        a->truth = ND_UNKNOWN;
        snprintf(a->sentence, sizeof a->sentence, "out of memory");
    }
    active = active_at(c, c->active, NV_FINE);
    if (active == ND_UNKNOWN) active = active_at(c, c->active, NV_FINER);
    nv_also(a, active, "that l' > 0 at the sample 'active'");
    nv_common_claims(c, a);
    nv_value_clear(&v);
    _arb_vec_clear(theta, c->net.P);
    nd_ctx_destroy(ctx);
}
