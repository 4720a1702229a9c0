/* The constant that a net with no use for its inputs gives: v with
 *
 *   g(v) = Omega- l'(v) - Omega+ l'(-v) = 0.
 *
 * l is convex, so g does not fall; a sign change of g, which is continuous, between two
 * doubles proves a root there.  g in double-double (docs/proofs.md, section 6). */
#include "cert/constant.h"
#include "cert/dd.h"

#define WIDEST 1024.0 /* roots are looked for in [-WIDEST, WIDEST] */

typedef struct {
    nd_loss loss;
    nd_dd plus, minus; /* Omega+, Omega-                       */
    double rel;        /* their relative error                 */
    bool equal;        /* without weights: n+ = n-, g(0) = 0   */
} balance;

static balance balance_of(const nd_problem *pb)
{
    const nd_table *t = pb->data;
    balance s = {.loss = pb->loss, .rel = nd_dd_sum_error(t->n)};

    for (size_t i = 0; i < t->n; i++) {
        nd_dd *sum = t->y[i] > 0.0 ? &s.plus : &s.minus;

        *sum = nd_dd_add(*sum, nd_dd_of(t->weight ? t->weight[i] : 1.0));
    }
    s.equal = !t->weight && 2 * nd_table_count(t, 1.0) == t->n;
    return s;
}

/* g(v) and, unless NULL, its error; both terms are of one sign or l' of both. */
static double slope(const balance *s, double v, double *error)
{
    double right, left;
    nd_dd a = nd_dd_mul(s->minus, nd_dd_slope(s->loss, nd_dd_of(v), &right));
    nd_dd b = nd_dd_mul(s->plus, nd_dd_slope(s->loss, nd_dd_of(-v), &left));
    nd_dd g = nd_dd_add(a, nd_dd_neg(b));

    if (error)
        *error = 2.0 * (s->minus.hi * right + s->plus.hi * left +
                        (2.0 * s->rel + ND_DD_MUL + ND_DD_ADD) * (fabs(a.hi) + fabs(b.hi))) +
                 0x1p-700;
    return g.hi;
}

/* -1, 1: the sign of g(v), proved; else 0. */
static int sign(const balance *s, double v)
{
    double error, g = slope(s, v, &error);

    if (!isfinite(g) || !isfinite(error) || fabs(g) <= error) return 0;
    return g > 0.0 ? 1 : -1;
}

/* Bisection, numerically: where g changes its sign. */
static double near_root(const balance *s)
{
    double lo = -1.0, hi = 1.0;

    while (lo > -WIDEST && !(slope(s, lo, NULL) < 0.0)) lo *= 2.0;
    while (hi < WIDEST && !(slope(s, hi, NULL) > 0.0)) hi *= 2.0;
    for (;;) {
        double v = 0.5 * (lo + hi), g = slope(s, v, NULL);

        if (g == 0.0 || !(lo < v && v < hi)) return v;
        if (g < 0.0)
            lo = v;
        else
            hi = v;
    }
}

void nd_constant_output(const nd_problem *pb, nd_about *v)
{
    balance s = balance_of(pb);
    double m = near_root(&s), r = ND_U * fabs(m) + 0x1p-80;

    *v = (nd_about){0.0, 0.0};
    if (s.equal) return;
    for (int k = 0; k < 40; k++, r *= 2.0) {
        double lo = m - r, hi = m + r;

        if (sign(&s, lo) >= 0 || sign(&s, hi) <= 0) continue;
        *v = nd_about_of(m, (hi - m > m - lo ? hi - m : m - lo) + ND_U * r);
        return;
    }
    *v = (nd_about){m, INFINITY};
}
