/* A valley to infinity: L falls on and on while |theta| grows (theory.md, section 6).
 *
 * Given two points of one descent, early and late, with L lower at late by more than
 * rounding and |late| larger.  In such valleys the coordinates follow powers of a
 * parameter (w ~ t, a ~ 1/t when a softplus turns into a ReLU; a ~ t, w ~ 1/t when it
 * turns into a line), so the way goes on geometrically:
 *
 *   x_i(s) = late_i (late_i / early_i)^s   where both have one sign, else
 *   x_i(s) = late_i + s (late_i - early_i),
 *
 * s such that the norm doubles.  A short descent brings the point back to the valley's
 * floor.  L must not have risen, and the norm must stay up.  PUSHES such steps make a
 * valley, numerically; a compact set of minima fails them, because L rises or the
 * descent comes back. */
#include "base/memory.h"
#include "lab/lab.h"
#include "num/tile.h"

#include <math.h>
#include <string.h>

#define PUSHES 3
#define GROWTH 1.001 /* of the norm between early and late, at least */

/* Rounding of L: sums over the samples lose a few dozens of units (opt/run.h). */
static double loss_noise(double L)
{
    return 0x1p-48 * fabs(L);
}

/* Largest change of a coordinate's logarithm that is taken as a power law. */
static void extrapolate(size_t P, const double *e, const double *x, double s, double *y)
{
    for (size_t i = 0; i < P; i++) {
        double q = x[i] / e[i];

        if (e[i] != 0.0 && q > 0.1 && q < 10.0)
            y[i] = x[i] * pow(q, s);
        else
            y[i] = x[i] + s * (x[i] - e[i]);
    }
}

/* s with |x(s)| = 2 |x|, by doubling and bisection. */
static double doubling(size_t P, const double *e, const double *x, double *y)
{
    double goal = 2.0 * nd_norm2(P, x), lo = 0.0, hi = 1.0;

    for (int k = 0; k < 40; k++, hi *= 2.0) {
        extrapolate(P, e, x, hi, y);
        if (!(nd_norm2(P, y) < goal)) break;
        lo = hi;
    }
    for (int k = 0; k < 30; k++) {
        double s = 0.5 * (lo + hi);

        extrapolate(P, e, x, s, y);
        if (nd_norm2(P, y) < goal)
            lo = s;
        else
            hi = s;
    }
    return lo;
}

/* Pushes x away from e and lets it come down again to y. */
static nd_status push(nd_surface *sf, const double *e, const double *x, double time, double *y,
                      double *L)
{
    size_t P = sf->net->P;
    nd_opt_settings s;
    nd_opt_result r;
    nd_status status;

    nd_opt_init(&s);
    s.time = time;
    s.iterations = 500;
    s.grad_tol = 0.0;
    extrapolate(P, e, x, doubling(P, e, x, y), y);
    status = nd_lbfgs(sf->ctx, &sf->oracle, &s, y, &r);
    if (status != ND_OK || !sf->oracle.hv || r.stop == ND_STOP_NOT_FINITE) {
        *L = r.f;
        return status;
    }
    s.iterations = 30;
    status = nd_newton(sf->ctx, &sf->oracle, &s, y, &r);
    *L = r.f;
    return status;
}

nd_status nd_valley_follow(nd_surface *sf, const double *early, const double *late, double time,
                           nd_way *out)
{
    size_t P = sf->net->P;
    double *e = ND_NEW(sf->ctx, double, P), *x = ND_NEW(sf->ctx, double, P);
    double *y = ND_NEW(sf->ctx, double, P), L, Lx, begin = nd_seconds();
    nd_way way = {.norm = nd_norm2(P, late)};
    nd_status status = ND_OK;

    if (!e || !x || !y) ND_TRY(ND_EMEM);
    ND_TRY(nd_problem_value(sf->ctx, &sf->pb, early, sf->work, &way.early_loss));
    ND_TRY(nd_problem_value(sf->ctx, &sf->pb, late, sf->work, &way.late_loss));
    way.loss = Lx = way.late_loss;
    memcpy(e, early, P * sizeof *e);
    memcpy(x, late, P * sizeof *x);
    way.valley = way.late_loss < way.early_loss - loss_noise(way.early_loss) &&
                 way.norm > GROWTH * nd_norm2(P, early);
    for (int k = 0; k < PUSHES && way.valley; k++) {
        double left = time - (nd_seconds() - begin);

        ND_TRY(push(sf, e, x, left > 0.0 ? left : 0.0, y, &L));
        way.valley = L <= Lx + loss_noise(Lx) && nd_norm2(P, y) >= 1.5 * nd_norm2(P, x);
        memcpy(e, x, P * sizeof *e);
        memcpy(x, y, P * sizeof *x);
        if (!way.valley) break;
        Lx = way.loss = L;
        way.norm = nd_norm2(P, x);
    }
    *out = way;
done:
    nd_free(sf->ctx, e);
    nd_free(sf->ctx, x);
    nd_free(sf->ctx, y);
    return status;
}
