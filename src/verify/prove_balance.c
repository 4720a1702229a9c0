/* balance: a constant is the best that the network can do.
 *
 * theta* solves dL/da_0 = 0 in a_0 alone, where f = a_0 as all output weights are 0 (L is convex
 * in a_0: where its second derivative is 0, a change of sign of the first will do).  That
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

/* The sign of dL/da_0 at c with a_0 moved by half of radius, up or down; 0: not known. */
static int slope(const nv_cert *c, int way)
{
    arb_ptr theta = _arb_vec_init(c->net.P);
    nv_value v;
    arb_t r;
    int sign;

    arb_init(r);
    nv_value_init(&v, c->net.P);
    nv_cube(theta, c->theta, c->net.P, 0);
    arb_set_d(r, c->radius);
    arb_mul_2exp_si(r, r, -1);
    if (way < 0) arb_neg(r, r);
    arb_add(theta + c->net.a0, theta + c->net.a0, r, NV_FINER);
    nv_evaluate(c, theta, 1, NV_FINER, &v);
    sign = arb_is_positive(v.g + c->net.a0) ? 1 : arb_is_negative(v.g + c->net.a0) ? -1 : 0;
    nv_value_clear(&v);
    arb_clear(r);
    _arb_vec_clear(theta, c->net.P);
    return sign;
}

/* Where l'' = 0 at v (smoothhinge at 0): dL/da_0 does not fall and changes its sign. */
static void between(const nv_cert *c, nv_answer *a)
{
    arb_ptr theta;
    nv_value v;

    if (!(slope(c, -1) < 0 && slope(c, 1) > 0)) return;
    theta = _arb_vec_init(c->net.P);
    nv_value_init(&v, c->net.P);
    nv_cube(theta, c->theta, c->net.P, 0);
    mag_set_d(arb_radref(theta + c->net.a0), c->radius);
    nv_evaluate(c, theta, 0, NV_FINE, &v);
    nv_take_values(&v, a);
    nv_constant_errors(c, a);
    a->truth = ND_PROVED;
    snprintf(a->sentence, sizeof a->sentence,
             "within %.3g of theta there is a global minimum: no parameters beat a constant",
             c->radius);
    nv_common_claims(c, a);
    if (a->truth == ND_REFUTED) a->truth = ND_UNKNOWN; /* v need not be unique */
    nv_value_clear(&v);
    _arb_vec_clear(theta, c->net.P);
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
    if (a->truth == ND_UNKNOWN && !wrong && balanced(c)) between(c, a);
}
