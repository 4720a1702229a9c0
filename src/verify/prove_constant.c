/* constant-neuron: all w_j = 0, so that f is a constant v.
 *
 * theta* solves dL/da_0 = 0 in a_0 alone, which is (i); the weighted class means are
 * compared in exact arithmetic, sums of dyadic numbers without rounding; the Hessian by
 * q = (w_1, .., w_M, a_0) is positive definite by its inertia on the box of theta*. */
#include "verify/prove.h"
#include <stdio.h>

/* sum := sum_i of class y of omega_i x_ik; k = -1: of omega_i. */
static void class_sum(arf_t sum, const nv_cert *c, double y, slong k)
{
    arf_t w, x;

    arf_init(w);
    arf_init(x);
    arf_zero(sum);
    for (slong i = 0; i < c->n; i++) {
        if (c->y[i] != y) continue;
        arf_set_d(w, c->weight ? c->weight[i] : 1.0);
        arf_set_d(x, k < 0 ? 1.0 : c->X[i * c->net.d + k]);
        arf_addmul(sum, w, x, ARF_PREC_EXACT, ARF_RND_DOWN);
    }
    arf_clear(w);
    arf_clear(x);
}

/* Both classes occur and Omega- sum_+ omega x = Omega+ sum_- omega x. */
static bool equal_means(const nv_cert *c)
{
    arf_t total[2], sum[2];
    bool equal;

    for (int s = 0; s < 2; s++) {
        arf_init(total[s]);
        arf_init(sum[s]);
        class_sum(total[s], c, s ? -1.0 : 1.0, -1);
    }
    equal = !arf_is_zero(total[0]) && !arf_is_zero(total[1]);
    for (slong k = 0; k < c->net.d && equal; k++) {
        for (int s = 0; s < 2; s++) {
            class_sum(sum[s], c, s ? -1.0 : 1.0, k);
            arf_mul(sum[s], sum[s], total[1 - s], ARF_PREC_EXACT, ARF_RND_DOWN);
        }
        equal = arf_equal(sum[0], sum[1]);
    }
    for (int s = 0; s < 2; s++) {
        arf_clear(total[s]);
        arf_clear(sum[s]);
    }
    return equal;
}

/* What is wrong with the problem and c; NULL: nothing. */
static const char *fault(const nv_cert *c, const nv_layer **layer)
{
    const nv_term *T;

    if (c->l2 != 0) return "that the ridge is 0";
    if (!nv_one_layer(&c->net, 0, &T)) return "that the net is one term with one layer";
    *layer = &T->layer[0];
    if (!(*layer)->bias) return "that the neurons have biases";
    for (slong k = 0; k < (*layer)->width * (*layer)->in; k++)
        if (c->theta[(*layer)->W + k] != 0) return "that all neurons are constant";
    return equal_means(c) ? NULL : "that both classes have the same weighted mean";
}

void nv_constant_errors(const nv_cert *c, nv_answer *a)
{
    slong plus = 0, less;

    for (slong i = 0; i < c->n; i++) plus += c->y[i] > 0;
    less = plus < c->n - plus ? plus : c->n - plus;
    if (a->errors_lo < less) a->errors_lo = less;
    if (a->errors_hi > c->n - less) a->errors_hi = c->n - less;
}

static void judge(nv_search *s, const nv_near *near, const arb_t distance, nv_answer *a)
{
    const nv_cert *c = near->claims;
    const nv_layer *L = near->data;
    slong n = L->width * L->in, *q = flint_malloc((size_t)(n + 1) * sizeof *q);

    snprintf(a->sentence, sizeof a->sentence,
             "within %.3g of theta there is a local minimum where every neuron is constant",
             nv_upper(distance));
    nv_within(c, distance, a);
    nv_constant_errors(c, a);
    for (slong k = 0; k < n; k++) q[k] = L->W + k;
    q[n] = c->net.a0;
    nv_evaluate(c, s->theta, 2, NV_FINE, &s->over);
    nv_also(a, nv_positive(s->over.H, q, n + 1) ? ND_PROVED : ND_UNKNOWN,
            "that the Hessian in the weights and a_0 is positive definite");
    flint_free(q);
}

void nv_prove_constant(const nv_cert *c, nv_answer *a)
{
    nv_near near = {&c->net.a0, 1, c->radius, judge, c, NULL};
    const nv_layer *layer;
    const char *wrong = fault(c, &layer);

    a->truth = ND_PROVED;
    if (wrong) {
        nv_also(a, ND_REFUTED, wrong);
        return;
    }
    near.data = layer;
    nv_prove_near(c, &near, a);
}
