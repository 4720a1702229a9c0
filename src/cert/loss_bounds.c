/* The loss with every rounding error bounded.
 *
 *   L = (1/n) sum_i omega_i l(-m_i) + (lambda/2) |theta|^2,   m_i in [lo_i, hi_i].
 *
 * Each l of the table below is monotone, or convex with minimum 0 at z = -1 (square),
 * so its range over an interval comes from the ends.  enclose(z) returns the
 * computed l(z) and the relative error that goes with it (docs/proofs.md, section
 * 3); results below the normal range carry ND_TINY besides. */
#include "cert/rounding.h"

#include <nadir/num.h>

#include <math.h>
#include <string.h>

typedef struct {
    const char *name;
    double (*value)(double z, int q);
    double (*rel)(int q); /* |computed - l(z)| <= rel l(z) + ND_TINY_LOSS */
    double valley;        /* l falls left of it and rises right of it     */
} loss_bound;

/* q products may each lose 2^-1022 before the next factor, which is <= the value
 * itself where it matters: far below anything that can be reported. */
#define ND_TINY_LOSS 0x1p-900

static double polyhinge(double z, int q)
{
    double u = 1.0 + z, p = 1.0;

    if (u < 0.0) u = 0.0;
    for (int k = 0; k < q; k++) p *= u;
    return p;
}
static double smoothhinge(double z, int q)
{
    double u = 1.0 + z;

    (void)q;
    if (u < 0.0) u = 0.0;
    return u <= 1.0 ? u * u * u * (2.0 - u) : 2.0 * u - 1.0;
}
static double square(double z, int q)
{
    (void)q;
    return (1.0 + z) * (1.0 + z);
}
static double logistic(double z, int q)
{
    (void)q;
    return nd_softplus(z);
}
static double exponential(double z, int q)
{
    (void)q;
    return nd_exp(z);
}

/* Roundings: 1 + z counts q times in u^q, and q products; u is off by u relative,
 * which u^3 (2-u) magnifies at most 3 times, plus 4 operations. */
static double rel_polyhinge(int q)
{
    return nd_gamma(2 * (size_t)q + 2);
}
static double rel_small(int q)
{
    (void)q;
    return nd_gamma(12);
}
static double rel_logistic(int q)
{
    (void)q;
    return ND_ERR_SOFTPLUS * 2.0 * ND_U;
}
static double rel_exponential(int q)
{
    (void)q;
    return ND_ERR_EXP * 2.0 * ND_U;
}

static const loss_bound bounds[] = {
    {"polyhinge", polyhinge, rel_polyhinge, -INFINITY},
    {"smoothhinge", smoothhinge, rel_small, -INFINITY},
    {"square", square, rel_small, -1.0},
    {"logistic", logistic, rel_logistic, -INFINITY},
    {"exponential", exponential, rel_exponential, -INFINITY},
};

static const loss_bound *find_bound(const char *name)
{
    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++)
        if (strcmp(bounds[i].name, name) == 0) return &bounds[i];
    return NULL;
}

/* l over z in [-hi, -lo]. */
static void sample_bounds(const loss_bound *b, int q, double lo, double hi, double *l, double *h)
{
    double a = b->value(-hi, q), c = b->value(-lo, q), rel = b->rel(q);
    double small = a < c ? a : c, large = a < c ? c : a;

    if (-hi <= b->valley && b->valley <= -lo) small = 0.0;
    *l = small * (1.0 - 2.0 * rel) - ND_TINY_LOSS;
    if (!(*l > 0.0)) *l = 0.0; /* every l is >= 0 */
    *h = large * (1.0 + 2.0 * rel);
    if (large > 0.0) *h += ND_TINY_LOSS; /* a hinge that is 0 is exactly 0 */
}

/* (lambda/2) |theta|^2 */
static void ridge_bounds(const nd_problem *pb, const double *theta, double *lo, double *hi)
{
    double s = 0.0;

    *lo = *hi = 0.0;
    if (pb->l2 == 0.0) return;
    for (size_t i = 0; i < pb->net->P; i++) s += theta[i] * theta[i];
    s *= 0.5 * pb->l2;
    *hi = nd_up(s, pb->net->P + 4) + ND_TINY_LOSS;
    *lo = s * (1.0 - 2.0 * nd_gamma(pb->net->P + 4)) - ND_TINY_LOSS;
    if (!(*lo > 0.0)) *lo = 0.0;
}

void nd_loss_bounds(const nd_problem *pb, const double *theta, const double *margin_lo,
                    const double *margin_hi, double *lo, double *hi)
{
    const loss_bound *b = find_bound(pb->loss.kind->name);
    const nd_table *data = pb->data;
    double sl = 0.0, sh = 0.0, rl, rh, l, h;

    *lo = -INFINITY;
    *hi = INFINITY;
    if (!b || !nd_arithmetic_sound()) return;
    for (size_t i = 0; i < data->n; i++) {
        double omega = data->weight ? data->weight[i] : 1.0;

        sample_bounds(b, pb->loss.q, margin_lo[i], margin_hi[i], &l, &h);
        sl += omega * l;
        sh += omega * h;
    }
    ridge_bounds(pb, theta, &rl, &rh);
    l = sl / (double)data->n * (1.0 - 2.0 * nd_gamma(data->n + 4)) + rl;
    h = nd_up(sh / (double)data->n, data->n + 4) + rh;
    h += h > 0.0 ? 4.0 * ND_U * h + ND_TINY_LOSS : 0.0;
    if (!isfinite(l) || !isfinite(h)) return;
    l = l * (1.0 - 4.0 * ND_U) - ND_TINY_LOSS;
    *lo = l > 0.0 ? l : 0.0;
    *hi = h;
}
