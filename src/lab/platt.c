/* Platt's sigmoid, P(+|f) = 1 / (1 + exp(a f + b)), by Newton's method with
 * backtracking on the regularised cross-entropy
 *
 *   F(a, b) = sum_i t_i v_i + log(1 + e^(-v_i)),   v_i = a f_i + b,
 *   t_i = (n+ + 1)/(n+ + 2) for positives, 1/(n- + 2) for negatives.
 *
 * Source: Lin, Lin, Weng, A note on Platt's probabilistic outputs for support vector
 * machines, Machine Learning 68 (2007), algorithm 1; their ridge 1e-12 on the 2 x 2
 * Hessian, step halving with c = 1e-4, and stop at |gradient| < 1e-5 tightened to
 * 1e-14 n since the problem is convex and Newton converges quadratically. */
#include "base/memory.h"

#include <nadir/lab.h>
#include <nadir/num.h>

#include <math.h>

#define MAX_STEPS 100
#define MIN_STEP  1e-10
#define RIDGE     1e-12
#define ROUNDING  1e-14 /* of F: the last steps of Newton are below it */

typedef struct {
    size_t n;
    const double *f, *y;
    double t_pos, t_neg;
} platt;

static double target(const platt *p, size_t i)
{
    return p->y[i] > 0.0 ? p->t_pos : p->t_neg;
}

/* -(t log P + (1-t) log(1-P)), written so that nothing overflows. */
static double objective(const platt *p, double a, double b)
{
    double F = 0.0;

    for (size_t i = 0; i < p->n; i++) {
        double v = a * p->f[i] + b, t = target(p, i);

        F += v >= 0.0 ? t * v + nd_softplus(-v) : (t - 1.0) * v + nd_softplus(v);
    }
    return F;
}

typedef struct {
    double ga, gb, haa, hab, hbb;
} platt_jet;

static platt_jet derivatives(const platt *p, double a, double b)
{
    platt_jet j = {0.0, 0.0, RIDGE, 0.0, RIDGE};

    for (size_t i = 0; i < p->n; i++) {
        double v = a * p->f[i] + b, P = nd_sigmoid(-v), w = P * nd_sigmoid(v);
        double r = target(p, i) - P;

        j.ga += p->f[i] * r;
        j.gb += r;
        j.haa += p->f[i] * p->f[i] * w;
        j.hab += p->f[i] * w;
        j.hbb += w;
    }
    return j;
}

/* One damped Newton step; false when there is no more progress. */
static bool step(const platt *p, double *a, double *b, double *F)
{
    platt_jet j = derivatives(p, *a, *b);
    double det = j.haa * j.hbb - j.hab * j.hab;
    double da = -(j.hbb * j.ga - j.hab * j.gb) / det, db = -(j.haa * j.gb - j.hab * j.ga) / det;
    double slope = j.ga * da + j.gb * db;

    if (hypot(j.ga, j.gb) <= 1e-14 * (double)p->n || !isfinite(da) || !isfinite(db)) return false;
    for (double s = 1.0; s >= MIN_STEP; s *= 0.5) {
        double Fs = objective(p, *a + s * da, *b + s * db);

        if (Fs <= *F * (1.0 + ROUNDING) + 1e-4 * s * slope) {
            *a += s * da;
            *b += s * db;
            *F = Fs;
            return true;
        }
    }
    return false;
}

nd_status nd_platt_fit(nd_ctx *ctx, size_t n, const double *f, const double *y, double *a,
                       double *b)
{
    platt p = {.n = n, .f = f, .y = y};
    double pos = 0.0, A = 0.0, B, F, scale = 0.0, *g = ND_NEW(ctx, double, n);

    if (!g) return ND_EMEM;
    for (size_t i = 0; i < n; i++) {
        pos += y[i] > 0.0;
        if (!(fabs(f[i]) <= scale)) scale = isnan(scale) ? scale : fabs(f[i]);
    }
    if (!isfinite(scale)) {
        nd_free(ctx, g);
        return nd_fail(ctx, ND_ENUMERIC, "Platt scaling: an output is not a finite number");
    }
    if (scale == 0.0) scale = 1.0; /* outputs of one size: the Hessian is then balanced */
    for (size_t i = 0; i < n; i++) g[i] = f[i] / scale;
    p.f = g;
    p.t_pos = (pos + 1.0) / (pos + 2.0);
    p.t_neg = 1.0 / ((double)n - pos + 2.0);
    B = log(((double)n - pos + 1.0) / (pos + 1.0));
    F = objective(&p, A, B);
    for (int k = 0; k < MAX_STEPS && step(&p, &A, &B, &F); k++) {}
    nd_free(ctx, g);
    *a = A / scale;
    *b = B;
    return ND_OK;
}
