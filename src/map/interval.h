/* Interval arithmetic in plain double, and a shallow network's loss over a box.
 *
 * No directed rounding.  For a result r of one operation, rounded to nearest, the exact
 * value is within u|r| + 2^-1075 of it, u = 2^-53; nd_below(r) = fl(r - fl(3u|r| + 2^-1070)) is
 * below it:  w = fl(3u|r| + 2^-1070) >= (3u|r| + 2^-1070)(1 - u) - 2^-1075, and
 * fl(r - w) <= r - w + u(|r| + w), where w(1 - u) >= 2u|r| + 2^-1075 as long as 3(1-u)^2 > 2.
 * Numbers stay below nd_tame^8, so that nothing overflows; who makes them checks that. */
#ifndef ND_MAP_INTERVAL_H
#define ND_MAP_INTERVAL_H

#include <nadir/map.h>

#include <math.h>

typedef struct {
    double lo, hi;
} nd_iv;

#define ND_TAME 0x1p100 /* inputs and function values are below it */

static inline double nd_below(double r)
{
    return r - (fabs(r) * 0x1.8p-52 + 0x1p-1070);
}
static inline double nd_above(double r)
{
    return r + (fabs(r) * 0x1.8p-52 + 0x1p-1070);
}
static inline nd_iv nd_iv_point(double x)
{
    return (nd_iv){x, x};
}
static inline nd_iv nd_iv_add(nd_iv x, nd_iv y)
{
    return (nd_iv){nd_below(x.lo + y.lo), nd_above(x.hi + y.hi)};
}
static inline nd_iv nd_iv_neg(nd_iv x)
{
    return (nd_iv){-x.hi, -x.lo};
}
static inline nd_iv nd_iv_sub(nd_iv x, nd_iv y)
{
    return (nd_iv){nd_below(x.lo - y.hi), nd_above(x.hi - y.lo)};
}
/* x times a number */
static inline nd_iv nd_iv_scale(nd_iv x, double c)
{
    double p = x.lo * c, q = x.hi * c;

    return (nd_iv){nd_below(p < q ? p : q), nd_above(p < q ? q : p)};
}
static inline nd_iv nd_iv_mul(nd_iv x, nd_iv y)
{
    double a = x.lo * y.lo, b = x.lo * y.hi, c = x.hi * y.lo, d = x.hi * y.hi;
    double l = a < b ? a : b, m = c < d ? c : d, g = a < b ? b : a, h = c < d ? d : c;

    return (nd_iv){nd_below(l < m ? l : m), nd_above(g < h ? h : g)};
}
static inline double nd_iv_mag(nd_iv x)
{
    return -x.lo > x.hi ? -x.lo : x.hi;
}
/* False for what is not an interval of tame numbers, NaN included. */
static inline bool nd_iv_tame(nd_iv x)
{
    return x.lo >= -ND_TAME && x.lo <= x.hi && x.hi <= ND_TAME;
}
static inline bool nd_iv_has_zero(nd_iv x)
{
    return !(x.lo > 0.0) && !(x.hi < 0.0);
}

/* ---- functions over intervals (interval_act.c) ---------------------------------------- */

/* out[k] contains s^(k) over z, 0 <= k <= order <= 2; where a derivative does not exist on z,
 * [-inf, inf]. */
void nd_act_range(const nd_act *act, nd_iv z, int order, nd_iv out[3]);
/* out[k-1] contains l^(k) over z, 1 <= k <= order <= 2. */
void nd_loss_range(nd_loss loss, nd_iv z, int order, nd_iv out[2]);

/* ---- a problem over a box (interval_net.c) ----------------------------------------------- */

/* Scratch of one thread. */
typedef struct {
    const nd_problem *pb;
    double *x;         /* n x d: the samples                               */
    nd_iv *weight, *f; /* n: omega_i / n; outputs                          */
    nd_iv *K, *g, *T;  /* P each: see interval_net.c                       */
    nd_iv *s2;         /* units: s'' of the sample                          */
    nd_iv *R, *S;      /* P x P each                                       */
    nd_iv *block;      /* owns all of them                                 */
} nd_over;

/* Why the problem is not one that nd_over evaluates; NULL: it is. */
const char *nd_over_refuses(const nd_problem *pb);
nd_status nd_over_create(nd_ctx *ctx, const nd_problem *pb, nd_over *out);
void nd_over_clear(nd_ctx *ctx, nd_over *o);

/* g (P) contains grad L, and unless H is NULL, H (P x P, both triangles) every Hessian,
 * over the box theta; o->f the outputs.  False: no statement. */
bool nd_over_evaluate(nd_over *o, const nd_iv *theta, nd_iv *g, nd_iv *H);

#endif
