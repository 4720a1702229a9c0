/* balance: a constant is the best that the network can do.
 *
 * theta* solves dL/da_0 = 0 in a_0 alone, where f = a_0 as all output weights are 0.  That
 * sum_i e_i f(x_i) = 0 for all parameters, e_i = y_i omega_i / Omega_(class), is a list of
 * equations Omega- sum_+ omega_i phi(x_i) = Omega+ sum_- omega_i phi(x_i), decided without
 * rounding, on the phi that docs/certificate-format.md names. */
#include "verify/prove.h"
#include <stdio.h>
#include <string.h>

/* phi(x) = x_k x_l on the rows that belong to row at (all, when at = -1); k, l = -1: 1.
 * A row belongs to itself, to equal rows and, if even, to opposite ones. */
typedef struct {
    slong k, l, at;
    bool even;
} feature;

static bool belongs(const nv_cert *c, const feature *f, slong i)
{
    const double *x = c->X + i * c->net.d, *z = c->X + f->at * c->net.d;
    bool equal = true, opposite = f->even;

    if (f->at < 0) return true;
    for (slong k = 0; k < c->net.d; k++) {
        equal = equal && x[k] == z[k];
        opposite = opposite && x[k] == -z[k];
    }
    return equal || opposite;
}

/* sum := sum over class y of omega_i phi(x_i). */
static void class_sum(arf_t sum, const nv_cert *c, double y, const feature *f)
{
    arf_t t, x;

    arf_init(t);
    arf_init(x);
    arf_zero(sum);
    for (slong i = 0; i < c->n; i++) {
        if (c->y[i] != y || !belongs(c, f, i)) continue;
        arf_set_d(t, c->weight ? c->weight[i] : 1.0);
        if (f->k >= 0) {
            arf_set_d(x, c->X[i * c->net.d + f->k]);
            arf_mul(t, t, x, ARF_PREC_EXACT, ARF_RND_DOWN);
        }
        if (f->l >= 0) {
            arf_set_d(x, c->X[i * c->net.d + f->l]);
            arf_mul(t, t, x, ARF_PREC_EXACT, ARF_RND_DOWN);
        }
        arf_add(sum, sum, t, ARF_PREC_EXACT, ARF_RND_DOWN);
    }
    arf_clear(t);
    arf_clear(x);
}

/* sum_i e_i phi(x_i) = 0; both classes occur. */
static bool annihilated(const nv_cert *c, feature f)
{
    const feature one = {-1, -1, -1, false};
    arf_t plus, minus, total;
    bool zero;

    arf_init(plus);
    arf_init(minus);
    arf_init(total);
    class_sum(plus, c, 1.0, &f);
    class_sum(minus, c, -1.0, &f);
    class_sum(total, c, -1.0, &one);
    zero = !arf_is_zero(total);
    arf_mul(plus, plus, total, ARF_PREC_EXACT, ARF_RND_DOWN);
    class_sum(total, c, 1.0, &one);
    zero = zero && !arf_is_zero(total);
    arf_mul(minus, minus, total, ARF_PREC_EXACT, ARF_RND_DOWN);
    zero = zero && arf_equal(plus, minus);
    arf_clear(plus);
    arf_clear(minus);
    arf_clear(total);
    return zero;
}

static bool points(const nv_cert *c, bool even)
{
    bool all = true;

    for (slong i = 0; i < c->n && all; i++) all = annihilated(c, (feature){-1, -1, i, even});
    return all;
}

static bool coordinates(const nv_cert *c)
{
    bool all = true;

    for (slong k = 0; k < c->net.d && all; k++) all = annihilated(c, (feature){k, -1, -1, false});
    return all;
}

static bool products(const nv_cert *c)
{
    bool all = true;

    for (slong k = 0; k < c->net.d && all; k++)
        for (slong l = 0; l <= k && all; l++) all = annihilated(c, (feature){k, l, -1, false});
    return all;
}

/* ---- networks ------------------------------------------------------------------------------ */

/* s(z) - s(-z) is a multiple of z. */
static bool half_linear(nv_jet jet)
{
    static const char names[] = " softplus squareplus relu leakyrelu gelu silu square ";
    char word[32];

    snprintf(word, sizeof word, " %s ", nv_activation_name(jet));
    return strstr(names, word) != NULL;
}

/* Is every term linear, or one layer that suits? */
static bool shallow(const nv_cert *c, bool (*suits)(const nv_layer *))
{
    for (slong t = 0; t < c->net.terms; t++) {
        const nv_term *T = &c->net.term[t];

        if (T->depth > 1 || (T->depth == 1 && (T->layer[0].residual || !suits(&T->layer[0]))))
            return false;
    }
    return true;
}

static bool square_layer(const nv_layer *L)
{
    return !strcmp(nv_activation_name(L->jet), "square");
}

static bool parity_layer(const nv_layer *L)
{
    return !L->bias && half_linear(L->jet);
}

static bool has_linear_part(const nv_cert *c)
{
    bool part = false;

    for (slong t = 0; t < c->net.terms; t++)
        part = part || c->net.term[t].depth == 0 || c->net.term[t].layer[0].bias;
    return part;
}

static bool balanced(const nv_cert *c)
{
    if (!strcmp(c->because, "points")) return points(c, false);
    if (!strcmp(c->because, "moments"))
        return shallow(c, square_layer) && products(c) && (!has_linear_part(c) || coordinates(c));
    return !strcmp(c->because, "parity") && shallow(c, parity_layer) && coordinates(c) &&
           points(c, true);
}

/* ---- the proof ----------------------------------------------------------------------------------- */

static const char *fault(const nv_cert *c)
{
    if (c->l2 != 0) return "that the ridge is 0";
    for (slong t = 0; t < c->net.terms; t++)
        for (slong j = 0; j < c->net.term[t].out; j++)
            if (c->theta[c->net.term[t].a + j] != 0) return "that all output weights are 0";
    return NULL;
}

static void judge(nv_search *s, const nv_near *near, const arb_t distance, nv_answer *a)
{
    (void)s;
    snprintf(a->sentence, sizeof a->sentence,
             "within %.3g of theta there is a global minimum: no parameters beat a constant",
             nv_upper(distance));
    nv_within(near->claims, distance, a);
    nv_constant_errors(near->claims, a);
}

void nv_prove_balance(const nv_cert *c, nv_answer *a)
{
    const nv_near near = {&c->net.a0, 1, c->radius, judge, c, NULL};
    const char *wrong = fault(c);

    a->truth = ND_PROVED;
    if (wrong)
        nv_also(a, ND_REFUTED, wrong);
    else if (!balanced(c))
        nv_also(a, ND_UNKNOWN, "that the network cannot tell the classes apart on the average");
    else
        nv_prove_near(c, &near, a);
}
