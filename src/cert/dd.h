/* Double-double numbers: hi + lo with |lo| <= u |hi|, u = 2^-53, and the error of each
 * operation (docs/proofs.md, section 6; T. J. Dekker, Numer. Math. 18, 1971; M. Joldes,
 * J.-M. Muller, V. Popescu, ACM TOMS 44, 2017).
 *
 * Bounds hold as long as nothing overflows (then hi is inf or NaN, which every proof
 * rejects); products that underflow are off by less than 2^-1000, added once. */
#ifndef ND_CERT_DD_H
#define ND_CERT_DD_H

#include "cert/rounding.h"

typedef struct {
    double hi, lo;
} nd_dd;

#define ND_DD_MUL (9.0 * ND_U * ND_U)  /* relative error of nd_dd_mul                  */
#define ND_DD_ADD (4.0 * ND_U * ND_U)  /* of nd_dd_add, whatever cancels               */
#define ND_DD_DIV (20.0 * ND_U * ND_U) /* of nd_dd_div                                 */

/* Relative to sum |a_k b_k| (and |start|): error of K accumulated products,
 * nd_dd_axpy.  The low parts are summed in plain double: hence the square. */
static inline double nd_dd_sum_error(size_t K)
{
    double k = (double)K + 8.0;
    return 2.0 * k * k * ND_U * ND_U;
}

/* a + b = s + *e exactly (Knuth). */
static inline double nd_two_sum(double a, double b, double *e)
{
    double s = a + b, t = s - a;
    *e = (a - (s - t)) + (b - t);
    return s;
}

/* The same when |a| >= |b| (Dekker). */
static inline nd_dd nd_fast_sum(double a, double b)
{
    double s = a + b;
    return (nd_dd){s, b - (s - a)};
}

static inline double nd_upper_half(double a)
{
    double t = a * 134217729.0; /* 2^27 + 1 */
    return t - (t - a);
}

/* a b = p + *e exactly (Veltkamp's splitting, or one fused operation where the instruction
 * set has it: the same number). */
static inline double nd_two_prod(double a, double b, double *e)
{
#if defined(__FMA__)
    double p = a * b;
    *e = __builtin_fma(a, b, -p);
#else
    double p = a * b, ah = nd_upper_half(a), al = a - ah, bh = nd_upper_half(b), bl = b - bh;
    *e = ((ah * bh - p) + ah * bl + al * bh) + al * bl;
#endif
    return p;
}

static inline nd_dd nd_dd_of(double a)
{
    return (nd_dd){a, 0.0};
}

static inline nd_dd nd_dd_neg(nd_dd a)
{
    return (nd_dd){-a.hi, -a.lo};
}

static inline nd_dd nd_dd_add(nd_dd a, nd_dd b)
{
    double e, f, s = nd_two_sum(a.hi, b.hi, &e), t = nd_two_sum(a.lo, b.lo, &f);
    nd_dd v = nd_fast_sum(s, e + t);
    return nd_fast_sum(v.hi, v.lo + f);
}

static inline nd_dd nd_dd_mul(nd_dd a, nd_dd b)
{
    double e, p = nd_two_prod(a.hi, b.hi, &e);
    return nd_fast_sum(p, e + (a.hi * b.lo + a.lo * b.hi));
}

/* Exact for a power of two s. */
static inline nd_dd nd_dd_scale(nd_dd a, double s)
{
    return (nd_dd){a.hi * s, a.lo * s};
}

/* a / b: two steps of long division. */
static inline nd_dd nd_dd_div(nd_dd a, nd_dd b)
{
    double q = a.hi / b.hi;
    nd_dd r = nd_dd_add(a, nd_dd_neg(nd_dd_mul(b, nd_dd_of(q))));
    return nd_fast_sum(q, r.hi / b.hi);
}

/* y += a x, entry by entry, y as pairs of high and low sums that are not normalised. */
static inline void nd_dd_axpy(size_t n, nd_dd a, const double *restrict xh,
                              const double *restrict xl, double *restrict yh, double *restrict yl)
{
    for (size_t i = 0; i < n; i++) {
        double e, f, p = nd_two_prod(a.hi, xh[i], &e), s = nd_two_sum(yh[i], p, &f);
        yl[i] += (f + e) + (a.hi * xl[i] + a.lo * xh[i]);
        yh[i] = s;
    }
}

static inline nd_dd nd_dd_join(double hi, double lo)
{
    nd_dd v;
    v.hi = nd_two_sum(hi, lo, &v.lo);
    return v;
}

/* ---- functions (dd_math.c) ------------------------------------------------------- */

/* e^z, |computed - e^z| <= ND_DD_EXP e^z + 2^-800 for z <= 700. */
#define ND_DD_EXP 0x1p-88
nd_dd nd_dd_exp(nd_dd z);
/* |computed - arctan z| <= ND_DD_ATAN. */
#define ND_DD_ATAN 0x1p-84
nd_dd nd_dd_atan(nd_dd z);

/* s(z) and s'(z) of an activation with absolute error bounds (NaN or inf: none). */
typedef struct {
    nd_dd s, s1;
    double err, err1;
} nd_dd_jet;

typedef void (*nd_dd_activation)(nd_dd z, nd_dd_jet *out);
/* NULL when there is no double-double version (gelu, elu). */
nd_dd_activation nd_dd_activation_of(const nd_act *act);
/* For those: the jet in plain double with the first-order term of z.lo. */
void nd_dd_plain(const nd_act *act, nd_dd z, nd_dd_jet *out);

/* l'(z) and the absolute error of its evaluation (sup |l''| covers that of z). */
nd_dd nd_dd_slope(nd_loss loss, nd_dd z, double *err);

#endif
