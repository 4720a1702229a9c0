/* Activations in double-double, each with its error bound (docs/proofs.md, section 6);
 * included by dd_math.c and, once per instruction set, by dd_kernels.h.
 *
 *   e^z = 2^(k/64) e^r,  |r| <= 0.0055:  1 + r (1 + r (1/2 + r (1/6 + r (1/24 + t(r)))))
 *   log(1 + E) = y + (1 + E) e^-y - 1,  y the logarithm in double
 *   arctan z = arctan t + arctan (z - t)/(1 + zt),  t = j/64 next to z
 *
 * All errors are absolute except that of e^z; factors are rounded up generously. */
#ifndef ND_CERT_DD_FUNCTIONS_H
#define ND_CERT_DD_FUNCTIONS_H

#include <math.h>
#include <string.h>

#include <nadir/num.h>

#include "cert/dd_tables.h"
#include "model/activation.h"

#define ND_INLINE static inline __attribute__((always_inline)) /* else loops stay scalar */
#define ONE       nd_dd_of(1.0)
#define SMALL     0x1p-86 /* covers ND_DD_EXP and a few operations on numbers <= 1 */

ND_INLINE nd_dd sub(nd_dd a, nd_dd b)
{
    return nd_dd_add(a, nd_dd_neg(b));
}

/* e^r - 1 for |r| <= 0.0055, absolute error < 2^-90. */
ND_INLINE nd_dd expm1_short(nd_dd r)
{
    double x = r.hi;
    double t = 1.0 / 5040 + x * (1.0 / 40320 + x * (1.0 / 362880));
    nd_dd p = nd_dd_add(per_24, nd_dd_of(x * (1.0 / 120 + x * (1.0 / 720 + x * t))));

    p = nd_dd_add(sixth, nd_dd_mul(p, r));
    p = nd_dd_add(nd_dd_of(0.5), nd_dd_mul(p, r));
    p = nd_dd_add(ONE, nd_dd_mul(p, r));
    return nd_dd_mul(p, r);
}

/* 2^e from an integer with e + 1023 > 0. */
ND_INLINE double power_of_two(int64_t e)
{
    uint64_t bits = (uint64_t)(e + 1023) << 52;
    double v;

    memcpy(&v, &bits, sizeof v);
    return v;
}

/* z.hi cut to [-600, 700] is k log(2)/64 + r: t = k + 3 * 2^51, k in its last bits. */
ND_INLINE double exp_steps(nd_dd z)
{
    double x = z.hi < -600.0 ? -600.0 : z.hi;

    x = x <= 700.0 ? x : 700.0;
    return x * per_log2 + 0x1.8p52;
}

/* k + 1024 * 64 > 0. */
ND_INLINE uint64_t exp_index(double t)
{
    uint64_t i;

    memcpy(&i, &t, sizeof i);
    return i - (0x4338000000000000 - 1024 * 64);
}

/* e^z with power = 2^((k mod 64)/64); no branches and no tables, so that loops over it become
 * vectors. */
ND_INLINE nd_dd exp_from(nd_dd z, nd_dd power)
{
    double t = exp_steps(z), k = t - 0x1.8p52, x = z.hi < -600.0 ? -600.0 : z.hi, e, a, b, f;
    nd_dd v;

    x = x <= 700.0 ? x : 700.0;
    a = x - k * log2_1; /* exact: neighbours, and k log2_1 has 52 bits at most */
    a = nd_two_sum(a, -(k * log2_2), &e);
    a = nd_two_sum(a, e + (z.lo - k * log2_3), &b);
    v = nd_dd_mul(power, nd_dd_add(ONE, expm1_short((nd_dd){a, b})));
    f = power_of_two((int64_t)(exp_index(t) >> 6) - 1024);
    f = z.hi < -600.0 ? 0.0 : f;
    v.hi *= z.hi <= 700.0 ? f : z.hi > 0.0 ? INFINITY : NAN;
    v.lo *= z.hi <= 700.0 ? f : 0.0;
    return v;
}

ND_INLINE nd_dd exp_power(nd_dd z)
{
    return power_table[exp_index(exp_steps(z)) & 63];
}

ND_INLINE nd_dd dd_exp(nd_dd z)
{
    return exp_from(z, exp_power(z));
}

/* arctan of 0 <= z <= 1. */
ND_INLINE nd_dd atan_unit(nd_dd z)
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

ND_INLINE nd_dd dd_atan(nd_dd z)
{
    bool negative = z.hi < 0.0;
    nd_dd v;

    if (!(fabs(z.hi) < 0x1p400)) return nd_dd_of(NAN);
    if (negative) z = nd_dd_neg(z);
    v = z.hi <= 1.0 ? atan_unit(z) : sub(half_pi, atan_unit(nd_dd_div(ONE, z)));
    return negative ? nd_dd_neg(v) : v;
}

/* ---- activations ------------------------------------------------------------------ */

/* c ? a : b, as a choice between numbers. */
ND_INLINE nd_dd choose(bool c, nd_dd a, nd_dd b)
{
    return (nd_dd){c ? a.hi : b.hi, c ? a.lo : b.lo};
}

ND_INLINE nd_dd minus_abs(nd_dd z)
{
    return choose(z.hi > 0.0, nd_dd_neg(z), z);
}

/* p = 1/(1 + e^-z) and p(1-p), both within SMALL, from E = e^-|z|. */
ND_INLINE nd_dd logistic(nd_dd z, nd_dd E, nd_dd *slope)
{
    nd_dd large = nd_dd_div(ONE, nd_dd_add(ONE, E)), small = nd_dd_mul(E, large);

    *slope = nd_dd_mul(large, small);
    return choose(z.hi > 0.0, large, small);
}

/* Those that rest on E = e^argument(z). */

/* y: log(1 + E) in double, F = e^-y. */
ND_INLINE void softplus_from(nd_dd z, nd_dd E, double y, nd_dd F, nd_dd_jet *out)
{
    nd_dd d = sub(nd_dd_mul(nd_dd_add(ONE, E), F), ONE), slope;
    nd_dd s = nd_dd_add(nd_dd_of(y), d), t = nd_dd_add(z, s);

    out->s = choose(z.hi > 0.0, t, s);
    out->s1 = logistic(z, E, &slope);
    out->err = 4.0 * SMALL + 2.0 * ND_DD_ADD * fabs(z.hi);
    out->err1 = SMALL;
}

ND_INLINE void sigmoid_from(nd_dd z, nd_dd E, nd_dd_jet *out)
{
    out->s = logistic(z, E, &out->s1);
    out->err = out->err1 = SMALL;
}

ND_INLINE void silu_from(nd_dd z, nd_dd E, nd_dd_jet *out)
{
    nd_dd slope, p = logistic(z, E, &slope);

    out->s = nd_dd_mul(z, p);
    out->s1 = nd_dd_add(p, nd_dd_mul(z, slope));
    out->err = out->err1 = 2.0 * SMALL * (1.0 + fabs(z.hi));
}

ND_INLINE nd_dd minus_twice_abs(nd_dd z)
{
    return nd_dd_scale(minus_abs(z), 2.0);
}

/* tanh |z| = (1 - E)/(1 + E), E = e^-2|z|; s' = (1 - s)(1 + s). */
ND_INLINE void tanh_from(nd_dd z, nd_dd E, nd_dd_jet *out)
{
    nd_dd s = nd_dd_div(sub(ONE, E), nd_dd_add(ONE, E));

    out->s = choose(z.hi > 0.0, s, nd_dd_neg(s));
    out->s1 = nd_dd_mul(sub(ONE, s), nd_dd_add(ONE, s));
    out->err = 2.0 * SMALL;
    out->err1 = 8.0 * SMALL;
}

ND_INLINE nd_dd itself(nd_dd z)
{
    return z;
}

ND_INLINE void exp_jet_from(nd_dd z, nd_dd E, nd_dd_jet *out)
{
    (void)z;
    out->s = out->s1 = E;
    out->err = out->err1 = SMALL * E.hi + 0x1p-790;
}

/* The others. */

ND_INLINE void square(nd_dd z, nd_dd_jet *out)
{
    out->s = nd_dd_mul(z, z);
    out->s1 = nd_dd_scale(z, 2.0);
    out->err = 2.0 * ND_DD_MUL * out->s.hi + 0x1p-990;
    out->err1 = 0.0;
}

/* r = sqrt(z^2 + 4) by one step from the root in double; s = (r + z)/2, s' = s/r.  For
 * z < 0 the sum cancels: its error is that of r. */
ND_INLINE void squareplus(nd_dd z, nd_dd_jet *out)
{
    nd_dd w = nd_dd_add(nd_dd_mul(z, z), nd_dd_of(4.0)), r;
    double q = sqrt(w.hi), scale = 1.0 + fabs(z.hi);

    r = nd_fast_sum(q, sub(w, nd_dd_mul(nd_dd_of(q), nd_dd_of(q))).hi / (2.0 * q));
    out->s = nd_dd_scale(nd_dd_add(r, z), 0.5);
    out->s1 = nd_dd_div(out->s, r);
    out->err = SMALL * scale;
    out->err1 = 2.0 * SMALL * scale;
}

ND_INLINE void arctan(nd_dd z, nd_dd_jet *out)
{
    out->s = dd_atan(z);
    out->s1 = nd_dd_div(ONE, nd_dd_add(ONE, nd_dd_mul(z, z)));
    out->err = ND_DD_ATAN;
    out->err1 = SMALL;
}

ND_INLINE void relu(nd_dd z, nd_dd_jet *out)
{
    out->s = choose(z.hi < 0.0, nd_dd_of(0.0), z);
    out->s1 = nd_dd_of(z.hi < 0.0 ? 0.0 : 1.0);
    out->err = out->err1 = 0.0;
}

ND_INLINE void leakyrelu(nd_dd z, nd_dd_jet *out)
{
    out->s = choose(z.hi < 0.0, nd_dd_mul(z, nd_dd_of(ND_LEAK)), z);
    out->s1 = nd_dd_of(z.hi < 0.0 ? ND_LEAK : 1.0);
    out->err = 2.0 * ND_DD_MUL * fabs(out->s.hi) + 0x1p-990;
    out->err1 = 0.0;
}

#endif
