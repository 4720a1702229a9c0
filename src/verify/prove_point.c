/* Statements about c itself: zero-loss, and not-a-minimum by a lower point or by the
 * gradient.  What FINE bits leave open is asked again at FINER. */
#include "verify/prove.h"
#include <stdio.h>

/* L >= 0 always, so L = 0 makes c a global minimum. */
static void zero_loss(const nv_value *v, nv_answer *a)
{
    snprintf(a->sentence, sizeof a->sentence,
             "the loss at theta is exactly 0: a global minimum that classifies every sample "
             "correctly");
    nv_also(a,
            arb_is_zero(v->L)       ? ND_PROVED
            : arb_is_positive(v->L) ? ND_REFUTED
                                    : ND_UNKNOWN,
            "that the loss is 0");
}

static void gradient_form(const nv_value *v, nv_answer *a)
{
    bool finite = true, zero = true, nonzero = false;

    for (slong k = 0; k < v->P; k++) {
        finite = finite && arb_is_finite(v->g + k);
        zero = zero && arb_is_zero(v->g + k);
        nonzero = nonzero || (arb_is_finite(v->g + k) && !arb_contains_zero(v->g + k));
    }
    snprintf(a->sentence, sizeof a->sentence,
             "the gradient at theta exists and is not 0: theta is not a local minimum");
    nv_also(a,
            finite && nonzero ? ND_PROVED
            : zero            ? ND_REFUTED
                              : ND_UNKNOWN,
            "that the gradient is not 0");
}

/* L(point) < L(c) and |point - c| <= radius. */
static void lower_form(const nv_cert *c, const nv_value *v, slong prec, nv_answer *a)
{
    slong P = c->net.P;
    arb_ptr p = _arb_vec_init(P);
    nv_value at;
    arb_t d, s;

    arb_init(d);
    arb_init(s);
    nv_value_init(&at, P);
    nv_cube(p, c->point, P, 0);
    nv_evaluate(c, p, 0, prec, &at);
    for (slong k = 0; k < P; k++) {
        arb_set_d(s, c->theta[k]);
        arb_sub(s, s, p + k, prec);
        arb_addmul(d, s, s, prec);
    }
    arb_sqrt(d, d, prec);
    arb_sub(s, v->L, at.L, prec);
    snprintf(a->sentence, sizeof a->sentence,
             "the loss is smaller by %.3g at a point at distance %.3g: theta is no minimum over "
             "that ball",
             nv_lower(s), nv_upper(d));
    nv_also(a,
            arb_is_finite(s) && arb_is_positive(s)      ? ND_PROVED
            : arb_is_finite(s) && arb_is_nonpositive(s) ? ND_REFUTED
                                                        : ND_UNKNOWN,
            "that the loss is smaller at 'point'");
    nv_also(a, nv_at_most(d, c->radius), "that 'point' lies within 'radius'");
    nv_value_clear(&at);
    arb_clear(d);
    arb_clear(s);
    _arb_vec_clear(p, P);
}

static void at_precision(const nv_cert *c, slong prec, nv_answer *a)
{
    bool gradient = c->kind == NV_NOT_A_MINIMUM && c->form == NV_GRADIENT;
    arb_ptr theta = _arb_vec_init(c->net.P);
    nv_value v;

    nv_value_init(&v, c->net.P);
    nv_cube(theta, c->theta, c->net.P, 0);
    nv_evaluate(c, theta, gradient, prec, &v);
    a->truth = ND_PROVED;
    if (c->kind == NV_ZERO_LOSS)
        zero_loss(&v, a);
    else if (gradient)
        gradient_form(&v, a);
    else
        lower_form(c, &v, prec, a);
    nv_take_values(&v, a);
    nv_common_claims(c, a);
    nv_value_clear(&v);
    _arb_vec_clear(theta, c->net.P);
}

void nv_prove_point(const nv_cert *c, nv_answer *a)
{
    at_precision(c, NV_FINE, a);
    if (a->truth == ND_UNKNOWN) at_precision(c, NV_FINER, a);
}
