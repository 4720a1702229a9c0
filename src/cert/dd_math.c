/* Activations and losses in double-double, one number at a time (docs/proofs.md, section
 * 6; dd_functions.h). */
#include "cert/dd_functions.h"

nd_dd nd_dd_exp(nd_dd z)
{
    return dd_exp(z);
}

nd_dd nd_dd_atan(nd_dd z)
{
    return dd_atan(z);
}

static void softplus(nd_dd z, nd_dd_jet *out)
{
    nd_dd E = dd_exp(minus_abs(z));
    double y = nd_log1p(E.hi);

    softplus_from(z, E, y, dd_exp(nd_dd_of(-y)), out);
}

static void sigmoid(nd_dd z, nd_dd_jet *out)
{
    sigmoid_from(z, dd_exp(minus_abs(z)), out);
}

static void silu(nd_dd z, nd_dd_jet *out)
{
    silu_from(z, dd_exp(minus_abs(z)), out);
}

static void hyperbolic(nd_dd z, nd_dd_jet *out)
{
    tanh_from(z, dd_exp(minus_twice_abs(z)), out);
}

static void exponential(nd_dd z, nd_dd_jet *out)
{
    exp_jet_from(z, dd_exp(z), out);
}

static const struct {
    const char *name;
    nd_dd_activation jet;
} activations[] = {
    {"softplus", softplus},   {"sigmoid", sigmoid},       {"silu", silu},
    {"tanh", hyperbolic},     {"exp", exponential},       {"square", square},
    {"arctan", arctan},       {"squareplus", squareplus}, {"relu", relu},
    {"leakyrelu", leakyrelu},
};

nd_dd_activation nd_dd_activation_of(const nd_act *act)
{
    for (size_t i = 0; i < sizeof activations / sizeof *activations; i++)
        if (strcmp(activations[i].name, act->name) == 0) return activations[i].jet;
    return NULL;
}

/* s(z.hi) + s'(z.hi) z.lo; the remainder is below sup |s''| z.lo^2. */
void nd_dd_plain(const nd_act *act, nd_dd z, nd_dd_jet *out)
{
    double v[3], *const d[] = {&v[0], &v[1], &v[2]}, wide = 2.0 * fabs(z.lo) + ND_UP_SUM;
    double lo = z.hi - wide, hi = z.hi + wide,
           s2 = act->sup(2, lo - ND_U * fabs(lo), hi + ND_U * fabs(hi));

    act->jet(1, &z.hi, 2, d);
    out->s = nd_dd_join(v[0], v[1] * z.lo);
    out->s1 = nd_dd_of(v[1]);
    out->err = 1.1 * (act->err_rel[0] * fabs(v[0]) + act->err_abs[0]) + s2 * wide * wide +
               4.0 * ND_U * fabs(v[1] * z.lo);
    out->err += 1.1 * (act->err_rel[1] * fabs(v[1]) + act->err_abs[1]) * wide;
    out->err1 = 1.1 * (act->err_rel[1] * fabs(v[1]) + act->err_abs[1]) + s2 * wide;
}

/* ---- losses ------------------------------------------------------------------------ */

static nd_dd power(nd_dd u, int n)
{
    nd_dd p = ONE;

    for (int k = 0; k < n; k++) p = nd_dd_mul(p, u);
    return p;
}

/* 6u^2 - 4u^3 on [0, 1], then 2. */
static nd_dd smooth_slope(nd_dd u)
{
    if (u.hi >= 1.0) return nd_dd_of(2.0);
    return nd_dd_mul(nd_dd_mul(u, u), sub(nd_dd_of(6.0), nd_dd_scale(u, 4.0)));
}

nd_dd nd_dd_slope(nd_loss loss, nd_dd z, double *err)
{
    const char *name = loss.kind->name;
    nd_dd u = nd_dd_add(ONE, z), v, slope;

    if (strcmp(name, "polyhinge") == 0) {
        v = u.hi > 0.0 ? nd_dd_mul(nd_dd_of(loss.q), power(u, loss.q - 1)) : nd_dd_of(u.hi * 0.0);
        *err = 32.0 * loss.q * ND_U * ND_U * v.hi;
    } else if (strcmp(name, "smoothhinge") == 0) {
        v = u.hi > 0.0 ? smooth_slope(u) : nd_dd_of(u.hi * 0.0);
        *err = SMALL;
    } else if (strcmp(name, "square") == 0) {
        v = nd_dd_scale(u, 2.0);
        *err = 16.0 * ND_U * ND_U * fabs(u.hi);
    } else if (strcmp(name, "logistic") == 0) {
        v = logistic(z, dd_exp(minus_abs(z)), &slope);
        *err = SMALL;
    } else if (strcmp(name, "exponential") == 0) {
        v = dd_exp(z);
        *err = SMALL * v.hi;
    } else {
        v = nd_dd_of(NAN);
        *err = INFINITY;
    }
    *err += 0x1p-790;
    return v;
}
