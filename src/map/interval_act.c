/* Activations and losses over intervals, from the tables alone: values with their proved
 * errors, and proved bounds of the next derivative.
 *
 *   s^(k)(z) in  s^(k)(m) + sup|s^(k+1)| [-h, h]     m in z, h = the distance to its ends
 *            and [-sup|s^(k)|, sup|s^(k)|],  >= 0 where the table says so;
 *   where s^(k+1) has one sign on z, s^(k) is monotone and its ends are those of z.
 *
 * softplus and tanh, which most boxes are spent on, in closed form: with p = sigma(z),
 * s'' = p (1 - p) rises to p = 1/2; with t = tanh z, s' = 1 - t^2 and s'' = -2 t (1 - t^2) turns
 * at t = +-1/sqrt 3. */
#include "cert/variation.h"
#include "map/interval.h"

#include <nadir/num.h>

#include <string.h>

static nd_iv whole(void)
{
    return (nd_iv){-INFINITY, INFINITY};
}

static nd_iv meet(nd_iv x, double lo, double hi)
{
    if (lo > x.lo) x.lo = lo;
    if (hi < x.hi) x.hi = hi;
    return x;
}

/* What is enclosed when v was computed with these errors: |v - exact| <= rel |exact| + abs. */
static nd_iv with_error(double v, double rel, double abs_err)
{
    double e = nd_grow(fabs(v) * rel * (1.0 + 2.0 * rel) + abs_err * (1.0 + 2.0 * rel));

    return (nd_iv){nd_below(v - e), nd_above(v + e)};
}

static nd_iv hull(nd_iv x, nd_iv y)
{
    return (nd_iv){x.lo < y.lo ? x.lo : y.lo, x.hi > y.hi ? x.hi : y.hi};
}

/* value at m +- slope h */
static nd_iv around(nd_iv value, double slope, double h)
{
    double e = nd_grow(slope * h) + 0x1p-1000;

    return (nd_iv){nd_below(value.lo - e), nd_above(value.hi + e)};
}

/* ---- activations ------------------------------------------------------------------------ */

typedef struct {
    const nd_act *act;
    nd_iv z;
    double half;    /* from the middle to the farther end, from above */
    double v[3][3]; /* v[k][0 .. 2]: s^(k) at lo, middle, hi         */
} sampled;

static nd_iv at(const sampled *q, int k, int where)
{
    return with_error(q->v[k][where], q->act->err_rel[k], q->act->err_abs[k]);
}

/* s^(k), next: the range of s^(k+1) as far as it is known. */
static nd_iv range_of(const sampled *q, int k, nd_iv next)
{
    nd_iv r;

    if (next.lo >= 0.0 || next.hi <= 0.0) return hull(at(q, k, 0), at(q, k, 2));
    r = around(at(q, k, 1), q->act->sup(k + 1, q->z.lo, q->z.hi), q->half);
    if (k > 0) {
        double sup = q->act->sup(k, q->z.lo, q->z.hi);

        r = meet(r, -sup, sup);
    }
    return r;
}

static void generic_range(const nd_act *act, nd_iv z, int order, nd_iv out[3])
{
    double m = 0.5 * z.lo + 0.5 * z.hi, points[3] = {z.lo, m, z.hi};
    sampled q = {.act = act, .z = z, .half = nd_above(fmax(m - z.lo, z.hi - m))};
    double *const d[] = {q.v[0], q.v[1], q.v[2]};
    nd_iv next = whole();

    if (act->smooth < order) order = act->smooth;
    act->jet(3, points, order, d);
    for (int k = order; k >= 0; k--) {
        next = range_of(&q, k, next);
        if (k == 2 && act->convex) next = meet(next, 0.0, INFINITY);
        if (k == 1 && act->increasing) next = meet(next, 0.0, INFINITY);
        out[k] = next;
    }
}

static void softplus_range(nd_iv z, int order, nd_iv out[3])
{
    double ends[2] = {z.lo, z.hi}, s[2], p[2];
    const double es = 2.0 * ND_ERR_SOFTPLUS * ND_U, ep = 2.0 * ND_ERR_SIGMOID * ND_U;
    nd_iv q, r;

    nd_vsoftplus_sigmoid(2, ends, s, p);
    out[0] = (nd_iv){with_error(s[0], es, ND_TINY).lo, with_error(s[1], es, ND_TINY).hi};
    out[1] = q =
        meet((nd_iv){with_error(p[0], ep, ND_TINY).lo, with_error(p[1], ep, ND_TINY).hi}, 0.0, 1.0);
    if (order < 2) return;
    r = hull(nd_iv_mul(nd_iv_point(q.lo), nd_iv_sub(nd_iv_point(1.0), nd_iv_point(q.lo))),
             nd_iv_mul(nd_iv_point(q.hi), nd_iv_sub(nd_iv_point(1.0), nd_iv_point(q.hi))));
    if (q.lo <= 0.5 && q.hi >= 0.5) r.hi = 0.25;
    out[2] = meet(r, 0.0, 0.25);
}

/* -2 t (1 - t^2) at a number */
static nd_iv tanh_curve(double t)
{
    nd_iv x = nd_iv_point(t), one = nd_iv_point(1.0);

    return nd_iv_scale(nd_iv_mul(x, nd_iv_mul(nd_iv_sub(one, x), nd_iv_add(one, x))), -2.0);
}

static nd_iv tanh_slope(double t)
{
    nd_iv x = nd_iv_point(t), one = nd_iv_point(1.0);

    return nd_iv_mul(nd_iv_sub(one, x), nd_iv_add(one, x));
}

#define TURN      0.57735 /* 1/sqrt 3 = 0.577350269... */
#define TURN_MORE 0.57736
#define CREST     0.7698004 /* 4/(3 sqrt 3) = 0.76980035... */

static void tanh_range(nd_iv z, int order, nd_iv out[3])
{
    double ends[2] = {z.lo, z.hi}, v[2];
    const double e = 2.0 * ND_ERR_TANH * ND_U;
    nd_iv t;

    nd_vtanh(2, ends, v);
    t = meet((nd_iv){with_error(v[0], e, ND_TINY).lo, with_error(v[1], e, ND_TINY).hi}, -1.0, 1.0);
    out[0] = t;
    if (order < 1) return;
    out[1] = hull(tanh_slope(t.lo), tanh_slope(t.hi));
    if (t.lo <= 0.0 && t.hi >= 0.0) out[1].hi = 1.0;
    out[1] = meet(out[1], 0.0, 1.0);
    if (order < 2) return;
    out[2] = hull(tanh_curve(t.lo), tanh_curve(t.hi));
    if (t.lo <= -TURN && t.hi >= -TURN_MORE) out[2].hi = CREST;
    if (t.lo <= TURN_MORE && t.hi >= TURN) out[2].lo = -CREST;
    out[2] = meet(out[2], -CREST, CREST);
}

void nd_act_range(const nd_act *act, nd_iv z, int order, nd_iv out[3])
{
    out[0] = out[1] = out[2] = whole();
    if (!nd_iv_tame(z)) return;
    if (strcmp(act->name, "softplus") == 0)
        softplus_range(z, order, out);
    else if (strcmp(act->name, "tanh") == 0)
        tanh_range(z, order, out);
    else
        generic_range(act, z, order, out);
}

/* ---- losses -------------------------------------------------------------------------------- */

static nd_iv loss_at(nd_loss loss, int k, double v)
{
    double rel, abs_err;

    if (!nd_loss_error(loss, k, &rel, &abs_err)) return whole();
    return with_error(v, rel, abs_err);
}

/* All losses of the table are convex: l' rises, l'' >= 0. */
void nd_loss_range(nd_loss loss, nd_iv z, int order, nd_iv out[2])
{
    double m = 0.5 * z.lo + 0.5 * z.hi, points[3] = {z.lo, m, z.hi}, l[3], l1[3], l2[3];
    double half = nd_above(fmax(m - z.lo, z.hi - m)), sup;
    double *const d[] = {l, l1, l2};

    out[0] = out[1] = whole();
    if (!nd_iv_tame(z) || !loss.kind->convex) return;
    loss.kind->jet(3, points, loss.q, order, d);
    out[0] = (nd_iv){loss_at(loss, 1, l1[0]).lo, loss_at(loss, 1, l1[2]).hi};
    if (loss.kind->hinge_tail) out[0] = meet(out[0], 0.0, INFINITY);
    if (order < 2) return;
    sup = loss.kind->sup(2, loss.q, z.lo, z.hi);
    out[1] = around(loss_at(loss, 2, l2[1]), loss.kind->sup(3, loss.q, z.lo, z.hi), half);
    out[1] = meet(out[1], 0.0, sup);
    if (strcmp(loss.kind->name, "polyhinge") == 0) /* l'' rises, too */
        out[1] = meet(out[1], loss_at(loss, 2, l2[0]).lo, loss_at(loss, 2, l2[2]).hi);
}
