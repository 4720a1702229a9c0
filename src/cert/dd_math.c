/* Activations and losses in double-double, each with its error bound (docs/proofs.md,
 * section 6).
 *
 *   e^z = 2^(k/64) e^r,  |r| <= 0.0055:  1 + r (1 + r (1/2 + r (1/6 + r (1/24 + t(r)))))
 *   log(1 + E) = y + (1 + E) e^-y - 1,  y the logarithm in double
 *   arctan z = arctan t + arctan (z - t)/(1 + zt),  t = j/64 next to z
 *
 * All errors are absolute except that of e^z; factors are rounded up generously. */
#include <math.h>
#include <string.h>

#include <nadir/num.h>

#include "cert/dd_tables.h"
#include "model/activation.h"

#define ONE   nd_dd_of(1.0)
#define SMALL 0x1p-86 /* covers ND_DD_EXP and a few operations on numbers <= 1 */

static nd_dd sub(nd_dd a, nd_dd b)
{
    return nd_dd_add(a, nd_dd_neg(b));
}

/* e^r - 1 for |r| <= 0.0055, absolute error < 2^-90. */
static nd_dd expm1_short(nd_dd r)
{
    double x = r.hi;
    double t = 1.0 / 5040 + x * (1.0 / 40320 + x * (1.0 / 362880));
    nd_dd p = nd_dd_add(per_24, nd_dd_of(x * (1.0 / 120 + x * (1.0 / 720 + x * t))));

    p = nd_dd_add(sixth, nd_dd_mul(p, r));
    p = nd_dd_add(nd_dd_of(0.5), nd_dd_mul(p, r));
    p = nd_dd_add(ONE, nd_dd_mul(p, r));
    return nd_dd_mul(p, r);
}

nd_dd nd_dd_exp(nd_dd z)
{
    double k, e, a, b;
    nd_dd r, v;
    int i, j;

    if (!(z.hi <= 700.0)) return nd_dd_of(z.hi > 0.0 ? INFINITY : NAN);
    if (z.hi < -600.0) return nd_dd_of(0.0);
    k = floor(z.hi * per_log2 + 0.5);
    a = z.hi - k * log2_1; /* exact: neighbours, and k log2_1 has 52 bits at most */
    a = nd_two_sum(a, -(k * log2_2), &e);
    a = nd_two_sum(a, e + (z.lo - k * log2_3), &b);
    r = (nd_dd){a, b};
    i = (int)k;
    j = i & 63;
    v = nd_dd_mul(power_table[j], nd_dd_add(ONE, expm1_short(r)));
    return nd_dd_scale(v, ldexp(1.0, (i - j) / 64));
}

/* arctan of 0 <= z <= 1. */
static nd_dd atan_unit(nd_dd z)
{
    int j = (int)(z.hi * 64.0 + 0.5);
    nd_dd t = nd_dd_of((double)j / 64.0), w, w2;
    double x, y;

    w = nd_dd_div(sub(z, t), nd_dd_add(ONE, nd_dd_mul(z, t)));
    w2 = nd_dd_mul(w, w);
    x = w2.hi;
    y = x * x * (1.0 / 5 - x * (1.0 / 7 - x * (1.0 / 9 - x * (1.0 / 11))));
    return nd_dd_add(atan_table[j],
                     nd_dd_mul(w, nd_dd_add(sub(ONE, nd_dd_mul(w2, third)), nd_dd_of(y))));
}

nd_dd nd_dd_atan(nd_dd z)
{
    bool negative = z.hi < 0.0;
    nd_dd v;

    if (!(fabs(z.hi) < 0x1p400)) return nd_dd_of(NAN);
    if (negative) z = nd_dd_neg(z);
    v = z.hi <= 1.0 ? atan_unit(z) : sub(half_pi, atan_unit(nd_dd_div(ONE, z)));
    return negative ? nd_dd_neg(v) : v;
}

/* ---- activations ------------------------------------------------------------------ */

static nd_dd minus_abs(nd_dd z)
{
    return z.hi > 0.0 ? nd_dd_neg(z) : z;
}

/* p = 1/(1 + e^-z) and p(1-p), both within SMALL; *E = e^-|z|. */
static nd_dd logistic(nd_dd z, nd_dd *slope, nd_dd *E)
{
    nd_dd large, small;

    *E = nd_dd_exp(minus_abs(z));
    large = nd_dd_div(ONE, nd_dd_add(ONE, *E));
    small = nd_dd_mul(*E, large);
    *slope = nd_dd_mul(large, small);
    return z.hi > 0.0 ? large : small;
}

static void softplus(nd_dd z, nd_dd_jet *out)
{
    nd_dd E, slope, y, d;

    out->s1 = logistic(z, &slope, &E);
    y = nd_dd_of(nd_log1p(E.hi));
    d = sub(nd_dd_mul(nd_dd_add(ONE, E), nd_dd_exp(nd_dd_neg(y))), ONE);
    out->s = nd_dd_add(y, d);
    if (z.hi > 0.0) out->s = nd_dd_add(z, out->s);
    out->err = 4.0 * SMALL + 2.0 * ND_DD_ADD * fabs(z.hi);
    out->err1 = SMALL;
}

static void sigmoid(nd_dd z, nd_dd_jet *out)
{
    nd_dd E;

    out->s = logistic(z, &out->s1, &E);
    out->err = out->err1 = SMALL;
}

static void silu(nd_dd z, nd_dd_jet *out)
{
    nd_dd E, slope, p = logistic(z, &slope, &E);

    out->s = nd_dd_mul(z, p);
    out->s1 = nd_dd_add(p, nd_dd_mul(z, slope));
    out->err = out->err1 = 2.0 * SMALL * (1.0 + fabs(z.hi));
}

/* tanh |z| = (1 - E)/(1 + E), E = e^-2|z|; s' = (1 - s)(1 + s). */
static void hyperbolic(nd_dd z, nd_dd_jet *out)
{
    nd_dd E = nd_dd_exp(nd_dd_scale(minus_abs(z), 2.0));
    nd_dd s = nd_dd_div(sub(ONE, E), nd_dd_add(ONE, E));

    out->s = z.hi > 0.0 ? s : nd_dd_neg(s);
    out->s1 = nd_dd_mul(sub(ONE, s), nd_dd_add(ONE, s));
    out->err = 2.0 * SMALL;
    out->err1 = 8.0 * SMALL;
}

static void exponential(nd_dd z, nd_dd_jet *out)
{
    out->s = out->s1 = nd_dd_exp(z);
    out->err = out->err1 = SMALL * out->s.hi + 0x1p-790;
}

static void square(nd_dd z, nd_dd_jet *out)
{
    out->s = nd_dd_mul(z, z);
    out->s1 = nd_dd_scale(z, 2.0);
    out->err = 2.0 * ND_DD_MUL * out->s.hi + 0x1p-990;
    out->err1 = 0.0;
}

/* r = sqrt(z^2 + 4) by one step from the root in double; s = (r + z)/2, s' = s/r.  For
 * z < 0 the sum cancels: its error is that of r. */
static void squareplus(nd_dd z, nd_dd_jet *out)
{
    nd_dd w = nd_dd_add(nd_dd_mul(z, z), nd_dd_of(4.0)), r;
    double q = sqrt(w.hi), scale = 1.0 + fabs(z.hi);

    r = nd_fast_sum(q, sub(w, nd_dd_mul(nd_dd_of(q), nd_dd_of(q))).hi / (2.0 * q));
    out->s = nd_dd_scale(nd_dd_add(r, z), 0.5);
    out->s1 = nd_dd_div(out->s, r);
    out->err = SMALL * scale;
    out->err1 = 2.0 * SMALL * scale;
}

static void arctan(nd_dd z, nd_dd_jet *out)
{
    out->s = nd_dd_atan(z);
    out->s1 = nd_dd_div(ONE, nd_dd_add(ONE, nd_dd_mul(z, z)));
    out->err = ND_DD_ATAN;
    out->err1 = SMALL;
}

static void relu(nd_dd z, nd_dd_jet *out)
{
    out->s = z.hi < 0.0 ? nd_dd_of(0.0) : z;
    out->s1 = nd_dd_of(z.hi < 0.0 ? 0.0 : 1.0);
    out->err = out->err1 = 0.0;
}

static void leakyrelu(nd_dd z, nd_dd_jet *out)
{
    out->s = z.hi < 0.0 ? nd_dd_mul(z, nd_dd_of(ND_LEAK)) : z;
    out->s1 = nd_dd_of(z.hi < 0.0 ? ND_LEAK : 1.0);
    out->err = 2.0 * ND_DD_MUL * fabs(out->s.hi) + 0x1p-990;
    out->err1 = 0.0;
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
    nd_dd u = nd_dd_add(ONE, z), v, slope, E;

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
        v = logistic(z, &slope, &E);
        *err = SMALL;
    } else if (strcmp(name, "exponential") == 0) {
        v = nd_dd_exp(z);
        *err = SMALL * v.hi;
    } else {
        v = nd_dd_of(NAN);
        *err = INFINITY;
    }
    *err += 0x1p-790;
    return v;
}
