/* The linear classifier on tables that are too large for the active-set method:
 *     min (1/n) sum_i max(0, 1 - y_i (u.x_i + v))^2
 * by L-BFGS until every margin is positive.  Columns are divided by a power of two near
 * their largest entry.  A guess, which others prove. */
#include "theory/separable.h"

#include <math.h>
#include <string.h>

#include <nadir/opt.h>

#include "base/memory.h"

#define ITERATIONS 2000

typedef struct {
    const nd_table *t;
    bool bias, all; /* all: at the last point every margin was positive */
    double *scale;  /* d */
} hinge;

static double margin_of(const hinge *h, size_t i, const double *w)
{
    const nd_table *t = h->t;
    double s = h->bias ? w[t->d] : 0.0;

    if (t->row)
        for (size_t p = t->row[i]; p < t->row[i + 1]; p++)
            s += w[t->col[p]] * (t->val[p] * h->scale[t->col[p]]);
    else
        for (size_t k = 0; k < t->d; k++) s += w[k] * (t->x[i * t->d + k] * h->scale[k]);
    return t->y[i] * s;
}

static void add_to(const hinge *h, size_t i, double a, double *g)
{
    const nd_table *t = h->t;

    if (h->bias) g[t->d] += a;
    if (t->row)
        for (size_t p = t->row[i]; p < t->row[i + 1]; p++)
            g[t->col[p]] += a * (t->val[p] * h->scale[t->col[p]]);
    else
        for (size_t k = 0; k < t->d; k++) g[k] += a * (t->x[i * t->d + k] * h->scale[k]);
}

static nd_status hinge_grad(void *self, const double *w, double *f, double *g)
{
    hinge *h = self;
    double n = (double)h->t->n, sum = 0.0;

    h->all = true;
    if (g) memset(g, 0, sizeof *g * (h->t->d + (h->bias ? 1 : 0)));
    for (size_t i = 0; i < h->t->n; i++) {
        double m = margin_of(h, i, w), s = 1.0 - m;

        if (!(m > 0.0)) h->all = false;
        if (!(s > 0.0)) continue;
        sum += s * s;
        if (g) add_to(h, i, -2.0 * s * h->t->y[i] / n, g);
    }
    *f = sum / n;
    return ND_OK;
}

static bool done(void *user, const double *x, double f, const double *g)
{
    (void)x;
    (void)f;
    (void)g;
    return ((const hinge *)user)->all;
}

static void scales(const nd_table *t, double *scale)
{
    memset(scale, 0, sizeof *scale * t->d);
    for (size_t i = 0; i < t->n; i++) {
        if (t->row)
            for (size_t p = t->row[i]; p < t->row[i + 1]; p++)
                scale[t->col[p]] = fmax(scale[t->col[p]], fabs(t->val[p]));
        else
            for (size_t k = 0; k < t->d; k++) scale[k] = fmax(scale[k], fabs(t->x[i * t->d + k]));
    }
    for (size_t k = 0; k < t->d; k++)
        scale[k] = scale[k] > 0x1p-1000 ? ldexp(1.0, -ilogb(scale[k])) : 1.0;
}

nd_status nd_linear_hinge(nd_ctx *ctx, const nd_table *t, bool bias, double until, double *u,
                          double *v)
{
    hinge h = {.t = t, .bias = bias};
    nd_oracle fn = {.n = t->d + (bias ? 1 : 0), .self = &h, .grad = hinge_grad};
    nd_opt_settings s;
    nd_opt_result r;
    nd_status status = ND_EMEM;
    double *w = ND_NEW0(ctx, double, fn.n);

    h.scale = ND_NEW(ctx, double, t->d);
    nd_opt_init(&s);
    s.iterations = ITERATIONS;
    s.time = fmax(until - nd_seconds(), 1e-3);
    if (s.time > 1e6) s.time = 1e6;
    s.test = done;
    s.test_user = &h;
    if (w && h.scale) {
        scales(t, h.scale);
        status = nd_lbfgs(ctx, &fn, &s, w, &r);
    }
    for (size_t k = 0; k < t->d && status == ND_OK; k++) u[k] = w[k] * h.scale[k];
    if (status == ND_OK) *v = bias ? w[t->d] : 0.0;
    nd_free(ctx, w);
    nd_free(ctx, h.scale);
    return status;
}
