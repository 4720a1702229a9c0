/* The elementary functions, one number at a time: the single source of their bits.
 *
 * Every function is branch-free (selects only), so that a loop over it becomes vector
 * code, and uses + - * / alone, each rounded once: no fused multiply-add, no library
 * call, no table.  Hence the same bits from every instruction set and compiler that
 * follows IEEE 754 (and -ffp-contract=off).  docs/elementary.md derives the error
 * bounds; the coefficients come from tools/golden/num_coefficients.py. */
#ifndef ND_NUM_ELEMENTARY_H
#define ND_NUM_ELEMENTARY_H

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include <nadir/num.h>

/* Always: a call inside a loop would keep it from becoming vector code. */
#define EL_INLINE static inline __attribute__((always_inline))

_Static_assert(FLT_EVAL_METHOD == 0, "doubles must be rounded to double after every operation");

EL_INLINE uint64_t el_bits(double x)
{
    uint64_t b;

    memcpy(&b, &x, sizeof b);
    return b;
}

EL_INLINE double el_double(uint64_t b)
{
    double x;

    memcpy(&x, &b, sizeof x);
    return x;
}

EL_INLINE double el_abs(double x)
{
    return el_double(el_bits(x) & 0x7fffffffffffffffu);
}

/* |x| with the sign of y. */
EL_INLINE double el_copysign(double x, double y)
{
    return el_double((el_bits(x) & 0x7fffffffffffffffu) | (el_bits(y) & 0x8000000000000000u));
}

/* ---- exp ---------------------------------------------------------------------
 * x = k log 2 + r, |r| <= 0.3466, e^x = 2^k (1 + r + r^2 Q(r)), Q of degree 9.
 * k log2_hi is exact (42 + 11 bits), so is x - k log2_hi.  k is x / log 2 rounded by
 * adding 1.5 * 2^52, which leaves k in the low bits of the sum. */

#define EL_SHIFT    0x1.8p+52
#define EL_INV_LOG2 0x1.71547652b82fep+0
#define EL_LOG2_HI  0x1.62e42fefa3000p-1
#define EL_LOG2_LO  0x1.3de6af278ece6p-42

/* Q(r) = (e^r - 1 - r) / r^2, |r^2 error| <= 2^-56; Estrin's scheme. */
EL_INLINE double el_exp_tail(double r)
{
    double r2 = r * r, r4 = r2 * r2;
    double q01 = 0x1.0000000000001p-1 + r * 0x1.5555555555556p-3;
    double q23 = 0x1.5555555553d68p-5 + r * 0x1.11111111109b5p-7;
    double q45 = 0x1.6c16c17889f3cp-10 + r * 0x1.a01a01a7c2f2cp-13;
    double q67 = 0x1.a019b914881bap-16 + r * 0x1.71de0db2eb873p-19;
    double q89 = 0x1.28917c9f3a495p-22 + r * 0x1.af389eea54156p-26;

    return (q01 + r2 * q23) + r4 * ((q45 + r2 * q67) + r4 * q89);
}

/* x = k log 2 + r; t holds k in its low bits. */
typedef struct {
    double t, r;
} el_reduced;

EL_INLINE el_reduced el_exp_reduce(double x)
{
    double t = x * EL_INV_LOG2 + EL_SHIFT, k = t - EL_SHIFT;

    return (el_reduced){t, (x - k * EL_LOG2_HI) - k * EL_LOG2_LO};
}

EL_INLINE double el_exp_poly(double r)
{
    return 1.0 + (r + r * r * el_exp_tail(r));
}

/* 2^k p for -1076 <= k <= 1024 and p near 1: in two steps, the second of which is 2 or
 * 2^-200 and rounds only a subnormal result. */
EL_INLINE double el_exp_scale(double p, double t)
{
    bool deep = t < EL_SHIFT - 1000.0;
    uint64_t bias = deep ? 1023 + 200 : 1023 - 1;

    return p * el_double((el_bits(t) + bias) << 52) * (deep ? 0x1p-200 : 2.0);
}

EL_INLINE double el_exp(double x)
{
    double c = x < -746.0 ? -746.0 : x;
    el_reduced e = el_exp_reduce(c > 710.0 ? 710.0 : c);

    return el_exp_scale(el_exp_poly(e.r), e.t);
}

/* e^-|x|, the common part of sigmoid and softplus; 0 instead of a subnormal number. */
EL_INLINE double el_exp_abs(double x)
{
    double a = el_double(el_bits(x) | 0x8000000000000000u);
    el_reduced e = el_exp_reduce(a);
    double y = el_exp_poly(e.r) * el_double((el_bits(e.t) + 1023) << 52);

    return a < -0x1.6232bdd7abcd2p+9 ? 0.0 : y; /* log 2^-1022 */
}

/* ---- logarithms ---------------------------------------------------------------
 * x = 2^k (1 + f), sqrt(1/2) <= 1 + f < sqrt(2), s = f / (2 + f):
 *   log(1 + f) = f - (f^2/2 - s (f^2/2 + z L(z))),  z = s^2,
 * as in fdlibm's e_log.c (Sun Microsystems, 1993) with our own L. */

#define EL_LN2_HI       0x1.62e42fef00000p-1 /* 33 bits: k EL_LN2_HI is exact */
#define EL_LN2_LO       0x1.473de6af278edp-34
#define EL_SQRT1_2_BITS 0x3fe6a09e667f3bcdu

/* z L(z) = 2 atanh(s)/s - 2, 0 <= z <= 0.0295, |error| <= 2^-56.5 */
EL_INLINE double el_log_tail(double z)
{
    double z2 = z * z, z4 = z2 * z2;
    double l01 = 0x1.5555555555558p-1 + z * 0x1.99999999952e2p-2;
    double l23 = 0x1.2492492df14ecp-2 + z * 0x1.c71c62e5786e8p-3;
    double l45 = 0x1.7462b4ad593f7p-3 + z * 0x1.39fe601d4a8bep-3;

    return z * ((l01 + z2 * l23) + z4 * (l45 + z2 * 0x1.2b584e280d258p-3));
}

/* high + log(1 + f) + low, |low| small beside high or f. */
EL_INLINE double el_log_sum(double high, double f, double s, double low)
{
    double h = 0.5 * f * f;

    return high - ((h - (s * (h + el_log_tail(s * s)) + low)) - f);
}

/* The biased exponent k + 1023 of x = 2^k m with m in [sqrt(1/2), sqrt(2)), x > 0
 * normal: adding 1 - sqrt(1/2) in units of the exponent carries exactly when it must. */
EL_INLINE uint64_t el_exponent(double x)
{
    return (el_bits(x) + (0x3ff0000000000000u - EL_SQRT1_2_BITS)) >> 52;
}

/* k as a double: put it into the low bits of 2^52. */
EL_INLINE double el_unbiased(uint64_t biased)
{
    return el_double(biased | 0x4330000000000000u) - (0x1p52 + 1023.0);
}

EL_INLINE double el_log(double x)
{
    bool small = x < DBL_MIN;
    double v = small ? x * 0x1p54 : x;
    uint64_t biased = el_exponent(v);
    double k = el_unbiased(biased) - (small ? 54.0 : 0.0);
    double f = el_double(el_bits(v) - ((biased - 1023) << 52)) - 1.0;
    double y = el_log_sum(k * EL_LN2_HI, f, f / (2.0 + f), k * EL_LN2_LO);

    y = x > DBL_MAX ? x : y;
    y = x == 0.0 ? -INFINITY : y;
    return x >= 0.0 ? y : NAN;
}

/* u = fl(1 + x), c = 1 + x - u exactly (TwoSum); log(1 + x) = log u + c/u.  With
 * u = 2^k (1 + f):  c/u = 2^-k c (1 - 2s + 2s^2 - ..), enough for a term below u/2. */
EL_INLINE double el_log1p(double x)
{
    double u = 1.0 + x, b = u - 1.0, c = (1.0 - (u - b)) + (x - b);
    uint64_t biased = el_exponent(u);
    double f = el_double(el_bits(u) - ((biased - 1023) << 52)) - 1.0, s = f / (2.0 + f);
    double d = c * el_double((2046 - biased) << 52) * (1.0 - 2.0 * s * (1.0 - s));
    double k = el_unbiased(biased);
    double y = el_log_sum(k * EL_LN2_HI, f, s, k * EL_LN2_LO + (u > 0x1p60 ? 0.0 : d));

    y = x > DBL_MAX ? x : y;
    y = x == -1.0 ? -INFINITY : y;
    y = el_abs(x) < 0x1p-54 ? x : y; /* keeps -0 and subnormals */
    return x >= -1.0 ? y : NAN;
}

/* ---- sigmoid and softplus -------------------------------------------------------
 * e = e^-|x| in (0, 1]:  sigmoid = (x >= 0 ? 1 : e) / (1 + e),
 * softplus = max(x, 0) + log(1 + e).  The argument e of the logarithm is itself a
 * double, so 1 + e is never rounded: 1 + f = 1 + e, or (1 + e)/2 above sqrt(2). */

EL_INLINE double el_sigmoid_of(double x, double e)
{
    return (x < 0.0 ? e : 1.0) / (1.0 + e);
}

EL_INLINE double el_softplus_of(double x, double e)
{
    bool up = e > 0x1.a827999fcef32p-2; /* sqrt(2) - 1 */
    double f = up ? 0.5 * (e - 1.0) : e;
    double y = el_log_sum(up ? EL_LN2_HI : 0.0, f, f / (2.0 + f), up ? EL_LN2_LO : 0.0);

    return (x > 0.0 ? x : 0.0) + y;
}

EL_INLINE double el_sigmoid(double x)
{
    return el_sigmoid_of(x, el_exp_abs(x));
}

EL_INLINE double el_softplus(double x)
{
    return el_softplus_of(x, el_exp_abs(x));
}

/* ---- tanh -------------------------------------------------------------------------
 * t = e^(2|x|) - 1 = 2^k (r + r^2 Q(r)) + (2^k - 1), tanh |x| = t / (t + 2).  Beyond
 * 22 it is 1.  For k = 0 nothing cancels: relatively accurate near 0. */

EL_INLINE double el_tanh(double x)
{
    double a = el_abs(x), y = 2.0 * (a > 22.0 ? 22.0 : a);
    el_reduced e = el_exp_reduce(y);
    double scale = el_double((el_bits(e.t) + 1023) << 52);
    double m = scale * (e.r + e.r * e.r * el_exp_tail(e.r)) + (scale - 1.0);

    return el_copysign(m / (m + 2.0), x);
}

/* ---- atan -------------------------------------------------------------------------
 * a = |x|: t = a, (a-1)/(a+1) or -1/a with base 0, pi/4, pi/2, so |t| <= tan(pi/8);
 * atan t = t - t^3 A(t^2) (the reduction is that of Cephes, Moshier 1984). */

#define EL_PI_4_LO 0x1.1a62633145c07p-55

EL_INLINE double el_atan_tail(double z)
{
    double z2 = z * z, z4 = z2 * z2, z8 = z4 * z4;
    double a01 = 0x1.5555555555555p-2 + z * -0x1.999999999934cp-3;
    double a23 = 0x1.24924924361fbp-3 + z * -0x1.c71c71853d442p-4;
    double a45 = 0x1.745d0b289e6fep-4 + z * -0x1.3b12630573da8p-4;
    double a67 = 0x1.10fa77a59203ap-4 + z * -0x1.dfe648acaf6c2p-5;
    double a89 = 0x1.a0999818c2275p-5 + z * -0x1.4162b3c5da39dp-5;

    return ((a01 + z2 * a23) + z4 * (a45 + z2 * a67)) + z8 * (a89 + z2 * 0x1.3a3193649002dp-6);
}

EL_INLINE double el_atan(double x)
{
    double a = el_abs(x);
    bool mid = a > 0x1.a827999fcef32p-2, big = a > 0x1.3504f333f9de6p+1;
    double num = big ? -1.0 : mid ? a - 1.0 : a, den = big ? a : mid ? a + 1.0 : 1.0;
    double base = big ? 0x1.921fb54442d18p+0 : mid ? 0x1.921fb54442d18p-1 : 0.0;
    double low = big ? 2.0 * EL_PI_4_LO : mid ? EL_PI_4_LO : 0.0;
    double t = num / den, z = t * t;

    return el_copysign(base + (t - (t * z * el_atan_tail(z) - low)), x);
}

/* ---- the normal cdf -----------------------------------------------------------------
 * a = |x|: Phi(-a) = e^(-a^2/2) g(a), g(a) = P(t) / (a + 5/4), t = (a - 4) / (a + 4):
 * the variable of Shepherd and Laframboise (Math. Comp. 36, 1981), with a divisor that
 * leaves P between 0.41 and 0.63 and flat at a = 0, so that little rounding error comes
 * from P, a polynomial of degree 23 on a <= 39.  a^2 is taken with its rounding error
 * (Dekker, Numer. Math. 18, 1971), since e^(-a^2/2) magnifies it by a^2/2. */

EL_INLINE double el_mills_poly(double t)
{
    double z = t * t, p = -0x1.c08108dd02bafp-30, q = -0x1.b03a8e79e42dcp-31;

    p = 0x1.326fbc109989fp-26 + z * p;
    q = 0x1.94a27f1d14c62p-28 + z * q;
    p = -0x1.d3b615d201cc2p-24 + z * p;
    q = -0x1.2695a91b7ac63p-26 + z * q;
    p = 0x1.1bd30ea111625p-21 + z * p;
    q = -0x1.8d7c9e16669fap-27 + z * q;
    p = -0x1.48845b31b3752p-19 + z * p;
    q = 0x1.e986f162880a3p-22 + z * q;
    p = 0x1.a5246f7e9f6e8p-17 + z * p;
    q = -0x1.e87d53e1549dap-19 + z * q;
    p = -0x1.52716a82dfda4p-14 + z * p;
    q = 0x1.77f15a04bbe81p-16 + z * q;
    p = 0x1.53caa61f41b0bp-11 + z * p;
    q = -0x1.bbd64300b1671p-14 + z * q;
    p = -0x1.3f851dd2b3618p-8 + z * p;
    q = -0x1.081296db79e4dp-13 + z * q;
    p = -0x1.911b6cec9bc29p-6 + z * p;
    q = 0x1.0314d680081ecp-6 + z * q;
    p = 0x1.7169e9b961091p-5 + z * p;
    q = 0x1.5dbfe8f510694p-7 + z * q;
    p = 0x1.fb8d36288361ep-2 + z * p;
    q = -0x1.1d4ad7c6f13b2p-3 + z * q;
    return p + t * q;
}

EL_INLINE double el_phi(double x)
{
    double b = el_abs(x), a = b > 39.0 ? 39.0 : b;
    double w = a * 134217729.0, ah = w - (w - a), al = a - ah;
    double h = a * a, l = ((ah * ah - h) + 2.0 * (ah * al)) + al * al;
    double g = el_mills_poly((a - 4.0) / (a + 4.0)) / (a + 1.25);
    el_reduced e = el_exp_reduce(-0.5 * h);
    double y = el_exp_scale(el_exp_poly(e.r - 0.5 * l) * g, e.t);

    return x > 0.0 ? 1.0 - y : y;
}

#endif
