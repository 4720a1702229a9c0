/* Activations and losses over balls: out[k] encloses { s^(k)(t) : t in z },
 * k <= order.  Formulas: docs/certificate-format.md, sections 3 and 4.
 *
 * Kinks.  On a ball that lies strictly on one side of a kink the formula of that
 * side holds.  On a ball that meets the kink: values and continuous derivatives
 * are enclosed through monotonicity, by the union of what the two sides give; a
 * derivative that jumps at the kink does not exist there and is indeterminate.
 *
 * All functions are called through nv_apply, so z is finite. */
#include "verify/verify.h"

/* -1: all of z < k; +1: all of z > k; 0: z meets k. */
static int side(const arb_t z, slong k)
{
    arb_t t;
    int s;

    arb_init(t);
    arb_set_si(t, k);
    s = arb_lt(z, t) ? -1 : arb_gt(z, t) ? 1 : 0;
    arb_clear(t);
    return s;
}

/* r := { min(hi, max(0, t)) : t in z }; hi < 0: no upper limit. */
static void clamp(arb_t r, const arb_t z, slong hi, slong prec)
{
    arb_t t;

    arb_init(t);
    arb_max(r, z, t, prec); /* t = 0 */
    arb_set_si(t, hi);
    if (hi >= 0) arb_min(r, r, t, prec);
    arb_clear(t);
}

/* r := 1 / (1 + e^-z), by the exponential that does not overflow. */
static void sigma(arb_t r, const arb_t z, slong prec)
{
    arb_t e, u;

    arb_init(e);
    arb_init(u);
    if (arf_sgn(arb_midref(z)) > 0) {
        arb_neg(e, z);
        arb_exp(e, e, prec);
        arb_add_ui(u, e, 1, prec);
        arb_inv(r, u, prec);
    } else {
        arb_exp(e, z, prec);
        arb_add_ui(u, e, 1, prec);
        arb_div(r, e, u, prec);
    }
    arb_clear(e);
    arb_clear(u);
}

/* a := sigma(z), b := sigma(-z) = 1 - sigma(z) without its cancellation. */
static void sigma2(arb_t a, arb_t b, const arb_t z, slong prec)
{
    arb_t t;

    arb_init(t);
    arb_neg(t, z);
    sigma(a, z, prec);
    sigma(b, t, prec);
    arb_clear(t);
}

/* log(1 + e^z) = max(z, 0) + log1p(e^-|z|); s' = sigma, s'' = sigma (1 - sigma). */
static void softplus(arb_ptr out, const arb_t z, int q, int order, slong prec)
{
    arb_ptr t = _arb_vec_init(2);
    bool right = arf_sgn(arb_midref(z)) > 0;

    (void)q;
    if (right)
        arb_neg(t, z);
    else
        arb_set(t, z);
    arb_exp(t, t, prec);
    arb_log1p(out, t, prec);
    if (right) arb_add(out, out, z, prec);
    if (order >= 1) {
        sigma2(t, t + 1, z, prec);
        if (order >= 2) arb_mul(out + 2, t, t + 1, prec);
        arb_set(out + 1, t);
    }
    _arb_vec_clear(t, 2);
}

/* r = sqrt(z^2 + 4): s = (z + r)/2 = 2/(r - z), s' = s/r, s'' = 2/r^3. */
static void squareplus(arb_ptr out, const arb_t z, int q, int order, slong prec)
{
    arb_ptr t = _arb_vec_init(2), r = t + 1;

    (void)q;
    arb_sqr(r, z, prec);
    clamp(r, r, -1, prec); /* the ball of z^2 may reach below 0 */
    arb_add_ui(r, r, 4, prec);
    arb_sqrt(r, r, prec);
    if (arf_sgn(arb_midref(z)) >= 0) {
        arb_add(t, r, z, prec);
        arb_mul_2exp_si(out, t, -1);
    } else {
        arb_sub(t, r, z, prec);
        arb_ui_div(out, 2, t, prec);
    }
    if (order >= 1) arb_div(out + 1, out, r, prec);
    if (order >= 2) {
        arb_pow_ui(t, r, 3, prec);
        arb_ui_div(out + 2, 2, t, prec);
    }
    _arb_vec_clear(t, 2);
}

static void exponential(arb_ptr out, const arb_t z, int q, int order, slong prec)
{
    (void)q;
    arb_exp(out, z, prec);
    for (int k = 1; k <= order; k++) arb_set(out + k, out);
}

/* z for z > 0, e^z - 1 for z <= 0.  At the kink, with z+ = max(0, z) and
 * z- = min(0, z): s = z+ + e^z- - 1, s' = e^z- (continuous), s'' jumps. */
static void elu(arb_ptr out, const arb_t z, int q, int order, slong prec)
{
    arb_ptr t = _arb_vec_init(2);
    int s = side(z, 0);

    (void)q;
    arb_min(t, z, t + 1, prec); /* t[1] = 0 */
    if (s > 0) arb_zero(t);
    arb_expm1(out, t, prec);
    if (order >= 1) arb_exp(out + 1, t, prec);
    if (order >= 2) {
        if (s > 0)
            arb_zero(out + 2);
        else if (s < 0)
            arb_set(out + 2, out + 1);
        else
            arb_indeterminate(out + 2);
    }
    clamp(t, z, -1, prec);
    if (s >= 0) arb_add(out, out, t, prec);
    _arb_vec_clear(t, 2);
}

/* z for z > 0, slope z for z <= 0, 0 <= slope < 1; s is increasing. */
static void piecewise(arb_ptr out, const arb_t z, double slope, int order, slong prec)
{
    arb_ptr t = _arb_vec_init(2);
    int s = side(z, 0);

    arb_set_d(t, slope);
    arb_mul(t, t, z, prec); /* s(z) = max(z, slope z) */
    if (s > 0)
        arb_set(out, z);
    else if (s < 0)
        arb_set(out, t);
    else
        arb_max(out, z, t, prec);
    if (order >= 1) {
        arb_set_d(out + 1, s > 0 ? 1.0 : slope);
        if (s == 0) arb_indeterminate(out + 1);
    }
    if (order >= 2) {
        arb_zero(out + 2);
        if (s == 0) arb_indeterminate(out + 2);
    }
    _arb_vec_clear(t, 2);
}

static void relu(arb_ptr out, const arb_t z, int q, int order, slong prec)
{
    (void)q;
    piecewise(out, z, 0.0, order, prec);
}

static void leakyrelu(arb_ptr out, const arb_t z, int q, int order, slong prec)
{
    (void)q;
    piecewise(out, z, 0x1.47ae147ae147bp-7, order, prec);
}

static void square(arb_ptr out, const arb_t z, int q, int order, slong prec)
{
    (void)q;
    arb_sqr(out, z, prec);
    if (order >= 1) arb_mul_2exp_si(out + 1, z, 1);
    if (order >= 2) arb_set_ui(out + 2, 2);
}

/* s' = s (1 - s), s'' = s' (1 - 2s) = s' ((1 - s) - s). */
static void sigmoid(arb_ptr out, const arb_t z, int q, int order, slong prec)
{
    arb_ptr t = _arb_vec_init(2);

    (void)q;
    sigma2(t, t + 1, z, prec);
    if (order >= 1) arb_mul(out + 1, t, t + 1, prec);
    if (order >= 2) {
        arb_sub(t + 1, t + 1, t, prec);
        arb_mul(out + 2, out + 1, t + 1, prec);
    }
    arb_set(out, t);
    _arb_vec_clear(t, 2);
}

/* s' = 1 - s^2 = 4 sigma(2z) sigma(-2z), s'' = -2 s s'. */
static void hyptan(arb_ptr out, const arb_t z, int q, int order, slong prec)
{
    arb_ptr t = _arb_vec_init(3);

    (void)q;
    arb_mul_2exp_si(t, z, 1);
    sigma2(t + 1, t + 2, t, prec);
    arb_tanh(out, z, prec);
    if (order >= 1) {
        arb_mul(out + 1, t + 1, t + 2, prec);
        arb_mul_2exp_si(out + 1, out + 1, 2);
    }
    if (order >= 2) {
        arb_mul(out + 2, out, out + 1, prec);
        arb_mul_si(out + 2, out + 2, -2, prec);
    }
    _arb_vec_clear(t, 3);
}

/* s' = 1/(1 + z^2), s'' = -2 z s'^2. */
static void arctangent(arb_ptr out, const arb_t z, int q, int order, slong prec)
{
    arb_t t;

    (void)q;
    arb_init(t);
    arb_sqr(t, z, prec);
    clamp(t, t, -1, prec); /* the ball of z^2 may reach below 0 */
    arb_add_ui(t, t, 1, prec);
    if (order >= 1) arb_inv(out + 1, t, prec);
    if (order >= 2) {
        arb_sqr(out + 2, out + 1, prec);
        arb_mul(out + 2, out + 2, z, prec);
        arb_mul_si(out + 2, out + 2, -2, prec);
    }
    arb_atan(out, z, prec);
    arb_clear(t);
}

/* z Phi(z), Phi = erfc(-z/sqrt 2)/2, phi = e^(-z^2/2)/sqrt(2 pi):
 * s' = Phi + z phi, s'' = phi (2 - z^2). */
static void gelu(arb_ptr out, const arb_t z, int q, int order, slong prec)
{
    arb_ptr t = _arb_vec_init(4), Phi = t + 1, phi = t + 2, zz = t + 3;

    (void)q;
    arb_set_ui(t, 2);
    arb_rsqrt(t, t, prec);
    arb_mul(t, t, z, prec);
    arb_neg(t, t);
    arb_hypgeom_erfc(Phi, t, prec);
    arb_mul_2exp_si(Phi, Phi, -1);
    arb_mul(out, z, Phi, prec);
    arb_sqr(zz, z, prec);
    arb_mul_2exp_si(t, zz, -1);
    arb_neg(t, t);
    arb_exp(phi, t, prec);
    arb_const_pi(t, prec);
    arb_mul_2exp_si(t, t, 1);
    arb_rsqrt(t, t, prec);
    arb_mul(phi, phi, t, prec);
    if (order >= 1) {
        arb_mul(t, z, phi, prec);
        arb_add(out + 1, Phi, t, prec);
    }
    if (order >= 2) {
        arb_sub_ui(t, zz, 2, prec);
        arb_mul(out + 2, phi, t, prec);
        arb_neg(out + 2, out + 2);
    }
    _arb_vec_clear(t, 4);
}

/* z sigma; s' = sigma + z g, s'' = g (2 + z (1 - 2 sigma)), g = sigma (1 - sigma). */
static void silu(arb_ptr out, const arb_t z, int q, int order, slong prec)
{
    arb_ptr t = _arb_vec_init(4), g = t + 2;

    (void)q;
    sigma2(t, t + 1, z, prec);
    arb_mul(g, t, t + 1, prec);
    arb_mul(out, z, t, prec);
    if (order >= 1) {
        arb_mul(t + 3, z, g, prec);
        arb_add(out + 1, t, t + 3, prec);
    }
    if (order >= 2) {
        arb_sub(t + 3, t + 1, t, prec);
        arb_mul(t + 3, t + 3, z, prec);
        arb_add_ui(t + 3, t + 3, 2, prec);
        arb_mul(out + 2, t + 3, g, prec);
    }
    _arb_vec_clear(t, 4);
}

/* u = max(0, 1 + z): u^q, q u^(q-1), q (q-1) u^(q-2).  For q = 2 the last jumps at
 * the kink: 0 on its left, 2 on its right. */
static void polyhinge(arb_ptr out, const arb_t z, int q, int order, slong prec)
{
    arb_t u;
    int s = side(z, -1);
    slong c = 1;

    arb_init(u);
    arb_add_ui(u, z, 1, prec);
    if (s <= 0) clamp(u, u, -1, prec);
    if (s < 0) arb_zero(u); /* also when 1 + z was rounded onto 0 */
    for (int k = 0; k <= order; k++) {
        arb_pow_ui(out + k, u, (ulong)(q - k), prec);
        arb_mul_si(out + k, out + k, c, prec);
        c *= q - k;
    }
    if (q == 2 && order >= 2) {
        arb_set_si(out + 2, s > 0 ? 2 : 0);
        if (s == 0) arb_indeterminate(out + 2);
    }
    arb_clear(u);
}

/* (1 + z)^2 */
static void squareloss(arb_ptr out, const arb_t z, int q, int order, slong prec)
{
    arb_t t;

    (void)q;
    arb_init(t);
    arb_add_ui(t, z, 1, prec);
    square(out, t, 0, order, prec);
    arb_clear(t);
}

/* With t = min(1, max(0, 1 + z)) and r = max(0, z):
 *   l = 2 t^3 - t^4 + 2 r,  l' = 6 t^2 - 4 t^3,  l'' = 12 t (1 - t).
 * (1 + z > 1: t = 1, l = 1 + 2z = 2u - 1, l' = 2, l'' = 0.)  C^2 everywhere. */
static void smoothhinge(arb_ptr out, const arb_t z, int q, int order, slong prec)
{
    arb_ptr v = _arb_vec_init(3), t = v, w = v + 1;

    (void)q;
    arb_add_ui(t, z, 1, prec);
    clamp(t, t, 1, prec);
    if (side(z, -1) < 0) arb_zero(t);
    if (side(z, 0) > 0) arb_one(t);
    arb_pow_ui(w, t, 3, prec);
    arb_sub_ui(v + 2, t, 2, prec);
    arb_mul(out, w, v + 2, prec);
    arb_neg(out, out);
    clamp(w, z, -1, prec);
    arb_mul_2exp_si(w, w, 1);
    arb_add(out, out, w, prec);
    if (order >= 1) {
        arb_mul_2exp_si(w, t, 2);
        arb_sub_ui(w, w, 6, prec);
        arb_sqr(v + 2, t, prec);
        arb_mul(out + 1, w, v + 2, prec);
        arb_neg(out + 1, out + 1);
    }
    if (order >= 2) {
        arb_sub_ui(w, t, 1, prec);
        arb_mul(out + 2, w, t, prec);
        arb_mul_si(out + 2, out + 2, -12, prec);
    }
    _arb_vec_clear(v, 3);
}

void nv_apply(nv_jet jet, arb_ptr out, const arb_t z, int q, int order, slong prec)
{
    if (arb_is_finite(z)) {
        jet(out, z, q, order, prec);
        return;
    }
    for (int k = 0; k <= order; k++) arb_indeterminate(out + k);
}

const nv_function nv_activations[] = {
    {"softplus", softplus}, {"squareplus", squareplus},
    {"exp", exponential},   {"elu", elu},
    {"square", square},     {"sigmoid", sigmoid},
    {"tanh", hyptan},       {"arctan", arctangent},
    {"relu", relu},         {"leakyrelu", leakyrelu},
    {"gelu", gelu},         {"silu", silu},
    {NULL, NULL},
};

const nv_function nv_losses[] = {
    {"polyhinge", polyhinge},     {"logistic", softplus},       {"square", squareloss},
    {"exponential", exponential}, {"smoothhinge", smoothhinge}, {NULL, NULL},
};
