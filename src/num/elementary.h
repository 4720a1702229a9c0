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

_Static_assert(FLT_EVAL_METHOD == 0, "doubles must be rounded to double after every operation");

static inline uint64_t el_bits(double x)
{
    uint64_t b;

    memcpy(&b, &x, sizeof b);
    return b;
}

static inline double el_double(uint64_t b)
{
    double x;

    memcpy(&x, &b, sizeof x);
    return x;
}

static inline double el_abs(double x)
{
    return el_double(el_bits(x) & 0x7fffffffffffffffu);
}

/* |x| with the sign of y. */
static inline double el_copysign(double x, double y)
{
    return el_double((el_bits(x) & 0x7fffffffffffffffu) | (el_bits(y) & 0x8000000000000000u));
}

/* ---- exp ---------------------------------------------------------------------
 * x = k log 2 + r, |r| <= 0.3466, e^x = 2^k (1 + r + r^2 Q(r)), Q of degree 10.
 * k log2_hi is exact (42 + 11 bits), so is x - k log2_hi.  k is x / log 2 rounded by
 * adding 1.5 * 2^52, which leaves k in the low bits of the sum. */

#define EL_SHIFT    0x1.8p+52
#define EL_INV_LOG2 0x1.71547652b82fep+0
#define EL_LOG2_HI  0x1.62e42fefa3000p-1
#define EL_LOG2_LO  0x1.3de6af278ece6p-42

/* Q(r) = (e^r - 1 - r) / r^2, |r^2 error| <= 2^-61.5; Estrin's scheme. */
static inline double el_exp_tail(double r)
{
    double r2 = r * r, r4 = r2 * r2;
    double q01 = 0x1p-1 + r * 0x1.5555555555557p-3;
    double q23 = 0x1.5555555555556p-5 + r * 0x1.11111111100dfp-7;
    double q45 = 0x1.6c16c16c162d6p-10 + r * 0x1.a01a01abe6323p-13;
    double q67 = 0x1.a01a01a6d7831p-16 + r * 0x1.71de0237484cdp-19;
    double q89 = 0x1.27e4db67ac2b0p-22 + r * 0x1.af4ddda1c08cdp-26;
    double q47 = q45 + r2 * q67;
    double q8a = q89 + r2 * 0x1.1f72fc83bcbc7p-29;

    return (q01 + r2 * q23) + r4 * (q47 + r4 * q8a);
}

/* e^(x + low) * factor for -746 <= x <= 710 and |low| tiny.  2^k is applied in two
 * steps, the second of which is 2 or 2^-200 and rounds only a subnormal result. */
static inline double el_exp_times(double x, double low, double factor)
{
    double t = x * EL_INV_LOG2 + EL_SHIFT, k = t - EL_SHIFT;
    double r = ((x - k * EL_LOG2_HI) - k * EL_LOG2_LO) + low;
    bool deep = x < -690.0;
    double scale = el_double((el_bits(t) + (uint64_t)(deep ? 1023 + 200 : 1023 - 1)) << 52);
    double last = deep ? 0x1p-200 : 2.0;
    double p = 1.0 + (r + r * r * el_exp_tail(r));

    return p * factor * scale * last;
}

static inline double el_exp(double x)
{
    double c = x < -746.0 ? -746.0 : x;

    return el_exp_times(c > 710.0 ? 710.0 : c, 0.0, 1.0);
}

/* e^-|x|, the common part of sigmoid and softplus. */
static inline double el_exp_abs(double x)
{
    double a = -el_abs(x);

    return el_exp_times(a < -746.0 ? -746.0 : a, 0.0, 1.0);
}

/* ---- logarithms ---------------------------------------------------------------
 * x = 2^k (1 + f), sqrt(1/2) <= 1 + f < sqrt(2), s = f / (2 + f):
 *   log(1 + f) = f - (f^2/2 - s (f^2/2 + z L(z))),  z = s^2,
 * as in fdlibm's e_log.c (Sun Microsystems, 1993) with our own L. */

#define EL_LN2_HI       0x1.62e42fef00000p-1 /* 33 bits: k EL_LN2_HI is exact */
#define EL_LN2_LO       0x1.473de6af278edp-34
#define EL_SQRT1_2_BITS 0x3fe6a09e667f3bcdu

/* z L(z) = 2 atanh(s)/s - 2, 0 <= z <= 0.0295, |error| <= 2^-59.7 */
static inline double el_log_tail(double z)
{
    double z2 = z * z, z4 = z2 * z2;
    double l01 = 0x1.5555555555555p-1 + z * 0x1.9999999999a38p-2;
    double l23 = 0x1.2492492476ccap-2 + z * 0x1.c71c7201593cap-3;
    double l45 = 0x1.745cf9047e55ep-3 + z * 0x1.3b1c355ddb480p-3;
    double l67 = 0x1.0fbe957ed02d3p-3 + z * 0x1.0c039fe4bea01p-3;

    return z * ((l01 + z2 * l23) + z4 * (l45 + z2 * l67));
}

/* k log 2 + log(1 + f) + c, |c| tiny. */
static inline double el_log_sum(double k, double f, double s, double c)
{
    double h = 0.5 * f * f;

    return k * EL_LN2_HI - ((h - (s * (h + el_log_tail(s * s)) + (k * EL_LN2_LO + c))) - f);
}

/* The biased exponent k + 1023 of x = 2^k m with m in [sqrt(1/2), sqrt(2)), x > 0
 * normal: adding 1 - sqrt(1/2) in units of the exponent carries exactly when it must. */
static inline uint64_t el_exponent(double x)
{
    return (el_bits(x) + (0x3ff0000000000000u - EL_SQRT1_2_BITS)) >> 52;
}

/* k as a double: put it into the low bits of 2^52. */
static inline double el_unbiased(uint64_t biased)
{
    return el_double(biased | 0x4330000000000000u) - (0x1p52 + 1023.0);
}

static inline double el_log(double x)
{
    bool small = x < DBL_MIN;
    double v = small ? x * 0x1p54 : x;
    uint64_t biased = el_exponent(v);
    double k = el_unbiased(biased) - (small ? 54.0 : 0.0);
    double f = el_double(el_bits(v) - ((biased - 1023) << 52)) - 1.0;
    double y = el_log_sum(k, f, f / (2.0 + f), 0.0);

    y = x > DBL_MAX ? x : y;
    y = x == 0.0 ? -INFINITY : y;
    return x >= 0.0 ? y : NAN;
}

/* u = fl(1 + x), c = 1 + x - u exactly (TwoSum); log(1 + x) = log u + c/u.  With
 * u = 2^k (1 + f):  c/u = 2^-k c (1 - 2s + 2s^2 - ..), enough for a term below u/2. */
static inline double el_log1p(double x)
{
    double u = 1.0 + x, b = u - 1.0, c = (1.0 - (u - b)) + (x - b);
    uint64_t biased = el_exponent(u);
    double f = el_double(el_bits(u) - ((biased - 1023) << 52)) - 1.0, s = f / (2.0 + f);
    double d = c * el_double((2046 - biased) << 52) * (1.0 - 2.0 * s * (1.0 - s));
    double y = el_log_sum(el_unbiased(biased), f, s, u > 0x1p60 ? 0.0 : d);

    y = x > DBL_MAX ? x : y;
    y = x == -1.0 ? -INFINITY : y;
    y = el_abs(x) < 0x1p-54 ? x : y; /* keeps -0 and subnormals */
    return x >= -1.0 ? y : NAN;
}

/* ---- sigmoid and softplus -------------------------------------------------------
 * e = e^-|x| in (0, 1]:  sigmoid = (x >= 0 ? 1 : e) / (1 + e),
 * softplus = max(x, 0) + log(1 + e).  The argument e of the logarithm is itself a
 * double, so 1 + e is never rounded: 1 + f = 1 + e, or (1 + e)/2 above sqrt(2). */

static inline double el_sigmoid_of(double x, double e)
{
    return (x < 0.0 ? e : 1.0) / (1.0 + e);
}

static inline double el_softplus_of(double x, double e)
{
    bool up = e > 0x1.a827999fcef32p-2; /* sqrt(2) - 1 */
    double f = up ? 0.5 * (e - 1.0) : e;
    double y = el_log_sum(up ? 1.0 : 0.0, f, f / (2.0 + f), 0.0);

    return (x > 0.0 ? x : 0.0) + y;
}

static inline double el_sigmoid(double x)
{
    return el_sigmoid_of(x, el_exp_abs(x));
}

static inline double el_softplus(double x)
{
    return el_softplus_of(x, el_exp_abs(x));
}

/* ---- tanh -------------------------------------------------------------------------
 * t = e^(2|x|) - 1 = 2^k (r + r^2 Q(r)) + (2^k - 1), tanh |x| = t / (t + 2).  Beyond
 * 22 it is 1.  For k = 0 nothing cancels: relatively accurate near 0. */

static inline double el_tanh(double x)
{
    double a = el_abs(x), y = 2.0 * (a > 22.0 ? 22.0 : a);
    double t = y * EL_INV_LOG2 + EL_SHIFT, k = t - EL_SHIFT;
    double r = (y - k * EL_LOG2_HI) - k * EL_LOG2_LO;
    double scale = el_double((el_bits(t) + 1023) << 52);
    double m = scale * (r + r * r * el_exp_tail(r)) + (scale - 1.0);

    return el_copysign(m / (m + 2.0), x);
}

/* ---- atan -------------------------------------------------------------------------
 * a = |x|: t = a, (a-1)/(a+1) or -1/a with base 0, pi/4, pi/2, so |t| <= tan(pi/8);
 * atan t = t - t^3 A(t^2) (the reduction is that of Cephes, Moshier 1984). */

#define EL_PI_4_LO 0x1.1a62633145c07p-55

static inline double el_atan_tail(double z)
{
    double z2 = z * z, z4 = z2 * z2, z8 = z4 * z4;
    double a01 = 0x1.5555555555555p-2 + z * -0x1.9999999999953p-3;
    double a23 = 0x1.249249248d7edp-3 + z * -0x1.c71c71c304b25p-4;
    double a45 = 0x1.745d165df329bp-4 + z * -0x1.3b1392d9d0130p-4;
    double a67 = 0x1.110e8808d52b6p-4 + z * -0x1.e19a139427a48p-5;
    double a89 = 0x1.ac7a9274c8714p-5 + z * -0x1.74ddcf11bfbf7p-5;
    double aab = 0x1.1b33ac5ef371dp-5 + z * -0x1.0ad34df8613e1p-6;

    return ((a01 + z2 * a23) + z4 * (a45 + z2 * a67)) + z8 * (a89 + z2 * aab);
}

static inline double el_atan(double x)
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
 * a = |x|: Phi(-a) = e^(-a^2/2) g(a), g(a) = P(t) / (a + 3/4), t = (a - 4) / (a + 4):
 * the variable of Shepherd and Laframboise (Math. Comp. 36, 1981), with a divisor that
 * leaves P between 0.375 and 0.48, so that hardly any rounding error comes from P, a
 * polynomial of degree 23 on a <= 39.  a^2 is taken with its rounding error (Dekker,
 * Numer. Math. 18, 1971), since e^(-a^2/2) magnifies it by a^2/2. */

#if defined(__clang__)
#define EL_UNROLL _Pragma("clang loop unroll(full)")
#else
#define EL_UNROLL _Pragma("GCC unroll 16")
#endif

static inline double el_mills_poly(double t)
{
    static const double even[12] = {
        0x1.cb369eb6f0c64p-2,   -0x1.181660ccb2679p-6,  -0x1.46f9ce3a0d148p-5,
        -0x1.5026db14184b4p-8,  0x1.84dc5f4ac4e6cp-11,  -0x1.8e85dc0a86c86p-14,
        0x1.ed57670e01d96p-17,  -0x1.74e17950f4dc7p-19, 0x1.34e5b2cc0c142p-21,
        -0x1.e60dd1b1d511bp-24, 0x1.2cde3d28fa66dp-26,  -0x1.9400519e1b72ep-30};
    static const double odd[12] = {
        -0x1.bb386905f3e70p-5,  0x1.7d26a4d39c46cp-5,   0x1.48a60d8be162ap-6,
        -0x1.d2f5703e855fbp-12, -0x1.5c4d2a1425bdep-14, 0x1.51172eefba1ddp-16,
        -0x1.b0d5a3fe5844fp-19, 0x1.7b192e3c42b7bp-22,  0x1.f257f76240c91p-27,
        -0x1.85a12808cf0fcp-26, 0x1.c63ca4d471d86p-28,  -0x1.b6394c93b4266p-31};
    double z = t * t, p = even[11], q = odd[11];

    EL_UNROLL
    for (int i = 10; i >= 0; i--) {
        p = even[i] + z * p;
        q = odd[i] + z * q;
    }
    return p + t * q;
}

static inline double el_phi(double x)
{
    double b = el_abs(x), a = b > 39.0 ? 39.0 : b;
    double w = a * 134217729.0, ah = w - (w - a), al = a - ah;
    double h = a * a, l = ((ah * ah - h) + 2.0 * (ah * al)) + al * al;
    double g = el_mills_poly((a - 4.0) / (a + 4.0)) / (a + 0.75);
    double y = el_exp_times(-0.5 * h, -0.5 * l, g);

    return x > 0.0 ? 1.0 - y : y;
}

#endif
