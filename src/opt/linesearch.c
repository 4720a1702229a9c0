/* Line search: a step a with  phi(a) = f(x + a d)  that satisfies
 *
 *     phi(a)  <= phi(0) + c1 a phi'(0)                      (decrease)
 *     |phi'(a)| <= c2 |phi'(0)|                             (curvature)
 *
 * by bracketing and cubic interpolation (Nocedal and Wright, Numerical Optimization,
 * 2nd ed., algorithms 3.5, 3.6; safeguards after More and Thuente, TOMS 20, 1994).
 *
 * Rounding.  Near a minimum the difference of two values is noise long before the
 * slopes are.  Within the noise of f the decrease is judged by slopes instead, the
 * approximate condition of Hager and Zhang (SIAM J. Optim. 16, 2005):
 *     phi(a) <= phi(0) + noise   and   phi'(a) <= (1 - 2 c1') |phi'(0)|.
 *
 * Kinks.  At a kink the curvature condition may have no solution; after a few trials
 * phi'(a) >= -c2 |phi'(0)| is enough (weak Wolfe: s'y > 0 still holds).
 *
 * Values that are not finite mean "too far": the upper end moves there and the step
 * shrinks towards the lower end. */
#include "opt/linesearch.h"

#include <float.h>
#include <math.h>

#include "num/tile.h"

#define C1        1e-4
#define C2        0.9
#define C1_SLOPE  0.1 /* of the approximate condition; any value in (C1, 1/2)  */
#define STRONG    4   /* trials that insist on the strong curvature condition   */
#define MAX_TRIES 60  /* from 10^10 times too far down to it, shrinking by 4     */

/* A trial on the line: a, phi, phi'. */
typedef struct {
    double a, f, slope;
} spot;

/* lo satisfies decrease with negative slope; hi (when bounded) does not, or has a
 * positive slope, or is not finite (then hi.f is NaN).  prev is the trial before. */
typedef struct {
    spot zero, lo, hi;
    bool bounded;
    double noise, width; /* width: of the bracket one step ago */
    double seen;         /* noise of f that showed, see observe  */
    int tries;
} bracket;

typedef enum { TOO_FAR, TOO_SHORT, FINE } judgement;

/* Minimiser of the cubic through two spots with their slopes; NaN if none. */
static double cubic(spot p, spot q)
{
    double d1 = p.slope + q.slope - 3.0 * (p.f - q.f) / (p.a - q.a);
    double r = d1 * d1 - p.slope * q.slope, d2;

    if (!(r >= 0.0)) return NAN;
    d2 = copysign(sqrt(r), q.a - p.a);
    return q.a - (q.a - p.a) * (q.slope + d2 - d1) / (q.slope - p.slope + 2.0 * d2);
}

/* Zero of the slope through two spots; NaN if there is none ahead. */
static double secant(spot p, spot q)
{
    double t = q.slope - p.slope;

    return t != 0.0 ? p.a - p.slope * (q.a - p.a) / t : NAN;
}

static judgement judge(const bracket *b, spot t)
{
    double s0 = -b->zero.slope;

    if (!isfinite(t.f) || !isfinite(t.slope)) return TOO_FAR;
    if (t.f > b->zero.f - C1 * t.a * s0 &&
        !(t.f <= b->zero.f + b->noise && t.slope <= (1.0 - 2.0 * C1_SLOPE) * s0))
        return TOO_FAR;
    if (t.slope < -C2 * s0) return TOO_SHORT;
    if (t.slope > C2 * s0 && b->tries <= STRONG) return TOO_FAR;
    return FINE;
}

/* No upper end yet: at least 1.5, at most 10 times further. */
static double extrapolate(const bracket *b, spot before)
{
    double a = b->lo.a, t = a > 0.0 ? secant(before, b->lo) : NAN;

    if (!(t > a)) t = INFINITY;
    return fmin(fmax(t, 1.5 * a), 10.0 * a);
}

/* Inside (lo, hi), a tenth of the width away from the ends; halved when the last
 * trial did not shrink the bracket by a third. */
static double interpolate(const bracket *b)
{
    double lo = b->lo.a, hi = b->hi.a, w = hi - lo, t;

    if (!isfinite(b->hi.f) || !isfinite(b->hi.slope)) return lo + 0.25 * w;
    t = fabs(b->hi.f - b->lo.f) > b->noise ? cubic(b->lo, b->hi) : secant(b->lo, b->hi);
    if (!(t > lo && t < hi) || w > 0.67 * b->width) t = lo + 0.5 * w;
    return fmin(fmax(t, lo + 0.1 * w), hi - 0.1 * w);
}

static void narrow(bracket *b, spot t, judgement j)
{
    if (j == TOO_FAR) {
        /* The first upper end leaves the width of the bracket undefined. */
        b->width = b->bounded ? b->hi.a - b->lo.a : INFINITY;
        b->hi = t;
        b->bounded = true;
    } else {
        if (b->bounded) b->width = b->hi.a - b->lo.a;
        b->lo = t;
    }
}

/* Evaluates at a; keeps the lowest finite point in run->best. */
static nd_status try_step(nd_run *run, const double *d, double a, spot *t, nd_stop *stop)
{
    nd_point *p = &run->trial;
    nd_status status;

    for (size_t i = 0; i < run->n; i++) p->x[i] = run->here.x[i] + a * d[i];
    status = nd_run_evaluate(run, stop);
    if (status != ND_OK || *stop) return status;
    *t = (spot){a, p->f, isfinite(p->norm) ? nd_dot(run->n, p->g, d) : NAN};
    return ND_OK;
}

/* The trial that was not accepted is kept when it is the lowest so far. */
static void keep_best(nd_run *run)
{
    double lowest = run->have_best ? run->best.f : run->here.f;
    nd_point t = run->trial;

    if (!isfinite(t.norm) || !(t.f < lowest)) return;
    run->trial = run->best;
    run->best = t;
    run->have_best = true;
}

/* Where the slope is still about that at 0, values differ from the trapezoid rule by
 * little but their rounding (which can be far above |f| u where outputs cancel). */
static void observe(bracket *b, spot t)
{
    double s0 = b->zero.slope;

    if (!(fabs(t.slope - s0) <= 0.5 * fabs(s0))) return;
    b->seen = fmax(b->seen, fabs(t.f - b->zero.f - 0.5 * t.a * (s0 + t.slope)));
}

/* Nothing is lower.  With curvature k along d (from the slopes at the first finite
 * trial) the line cannot fall by more than slope^2 / (2 k): below the noise of f
 * that is what was to be expected, else the slope is wrong or there is a kink. */
static nd_search why_none(const bracket *b, spot first)
{
    double s0 = -b->zero.slope, k = (first.slope + s0) / first.a;

    if (k > 0.0 && s0 * s0 / (2.0 * k) <= 16.0 * fmax(b->noise, b->seen)) return ND_SEARCH_ROUNDING;
    return ND_SEARCH_NONE;
}

nd_status nd_line_search(nd_run *run, const double *d, double slope, double first, double *step,
                         nd_search *result, nd_stop *stop)
{
    bracket b = {.zero = {0.0, run->here.f, slope}, .noise = nd_run_noise(run), .width = INFINITY};
    spot t = b.zero, before = b.zero, natural = {NAN, NAN, NAN};
    double a = first;
    nd_status status;

    b.lo = b.zero;
    run->have_best = false;
    for (b.tries = 1; b.tries <= MAX_TRIES; b.tries++) {
        judgement j;
        status = try_step(run, d, a, &t, stop);
        if (status != ND_OK || *stop) return status;
        j = judge(&b, t);
        *step = a;
        *result = ND_SEARCH_WOLFE;
        if (j == FINE) return ND_OK;
        if (isnan(natural.a) && isfinite(t.slope)) natural = t;
        observe(&b, t);
        keep_best(run);
        before = b.lo;
        narrow(&b, t, j);
        a = b.bounded ? interpolate(&b) : extrapolate(&b, before);
        if (!(a > b.lo.a) || !isfinite(a) || (b.bounded && !(a < b.hi.a))) break;
        if (b.bounded && b.hi.a - b.lo.a <= 4.0 * DBL_EPSILON * b.hi.a) break;
    }
    *result = nd_run_settle(run) ? ND_SEARCH_DECREASE : why_none(&b, natural);
    return ND_OK;
}
