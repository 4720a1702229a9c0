/* Margins of a linear classifier, with a bound on every rounding error.
 *
 * s = sum_k u_k x_k.  TwoProduct and TwoSum give p + r = u_k x_k (r exact, or wrong by
 * at most 2^-1075 when it underflows) and s' + q = s + p (exact).  So with s^ the last s'
 *     s = s^ + sum (q + r),      B = sum (|q| + |r|),
 * and computing E = fl(sum (q + r)) costs at most gamma_(2K) B.  The result is kept as an
 * unevaluated sum f + g, so that margins of some 1e-30 |u| |x| are still seen: f + g + v
 * cancels without loss.  docs/conditions.md,
 * section 1, derives the constants.  (Compensated dot product: Ogita, Rump, Oishi 2005;
 * the running bound is ours.) */
#include "theory/separable.h"

#include <math.h>

#include "base/memory.h"
#include "base/par.h"

#define U    0x1p-53
#define ROWS 256

typedef struct {
    double s, E, B; /* the sum, its correction, the sum of |corrections| */
    size_t terms;
} compensated;

static void add_value(compensated *c, double p)
{
    double s = c->s + p, b = s - c->s, q = (c->s - (s - b)) + (p - b);

    c->s = s;
    c->E += q;
    c->B += fabs(q);
    c->terms++;
}

static void add_product(compensated *c, double u, double x)
{
    double p = u * x, r = fma(u, x, -p);

    add_value(c, p);
    c->E += r;
    c->B += fabs(r);
}

/* |p->f + p->g - s| <= p->e. */
static void close_sum(const compensated *c, nd_projection *p)
{
    double f = c->s + c->E, b = f - c->s, g = (c->s - (f - b)) + (c->E - b);
    double k = (double)c->terms, e = (4.0 * k + 16.0) * U * c->B + (k + 2.0) * 0x1p-1074;

    e *= 1.0 + 0x1p-48;
    if (isfinite(f) && isfinite(g) && isfinite(e))
        *p = (nd_projection){f, g, e};
    else
        *p = (nd_projection){0.0, 0.0, INFINITY};
}

/* Round to nearest, subnormal numbers kept: seen by what the processor does. */
static bool sound(void)
{
    volatile double one = 1.0, half = 0x1p-53, more = 0x1.8p-53, tiny = 0x1p-1074;
    volatile double tie = one + half, up = one + more, down = -one - half, kept = tiny * 0x1p+60;
    volatile double flushed = 0x1p-1022 * 0.5 * one;

    return tie == 1.0 && up == 1.0 + 0x1p-52 && down == -1.0 && kept != 0.0 && flushed != 0.0;
}

typedef struct {
    const nd_table *t;
    const double *u;
    nd_projection *p;
} margin_job;

static compensated row_sum(const nd_table *t, const double *u, size_t i)
{
    compensated c = {0};

    if (t->row)
        for (size_t p = t->row[i]; p < t->row[i + 1]; p++) add_product(&c, u[t->col[p]], t->val[p]);
    else
        for (size_t k = 0; k < t->d; k++) add_product(&c, u[k], t->x[i * t->d + k]);
    return c;
}

static nd_status project_rows(void *arg, size_t tile, int worker)
{
    const margin_job *job = arg;
    size_t i0 = tile * ROWS, i1 = i0 + ROWS < job->t->n ? i0 + ROWS : job->t->n;
    bool ok = sound();

    (void)worker;
    for (size_t i = i0; i < i1; i++) {
        compensated c = row_sum(job->t, job->u, i);

        close_sum(&c, &job->p[i]);
        if (!ok) job->p[i].e = INFINITY;
    }
    return ND_OK;
}

nd_status nd_projections(nd_ctx *ctx, const nd_table *t, const double *u, nd_projection *p)
{
    margin_job job = {t, u, p};

    return nd_par_for(ctx, (t->n + ROWS - 1) / ROWS, project_rows, &job);
}

/* At least |(u, v)|: each of u and v is divided by a power of two above the largest, so
 * that no square overflows, and what underflows is far below the rounding allowed for. */
static double norm_up(size_t d, const double *u, double v)
{
    double max = fabs(v), s, scale;

    for (size_t k = 0; k < d; k++) max = fmax(max, fabs(u[k]));
    if (max == 0.0 || !isfinite(max)) return max;
    scale = ldexp(1.0, -ilogb(max));
    s = (v * scale) * (v * scale);
    for (size_t k = 0; k < d; k++) s += (u[k] * scale) * (u[k] * scale);
    return sqrt(s) * (1.0 + (double)(d + 8) * 2.0 * U) / scale;
}

/* A lower bound of y (f + g + v) - e. */
static double margin_low(nd_projection p, double y, double v)
{
    double s = p.f + v, b = s - p.f, q = (p.f - (s - b)) + (v - b); /* s + q = f + v */
    double r = q + p.g, m = s + r;

    m = y * m - (p.e + 2.0 * U * (fabs(r) + fabs(m))) * (1.0 + 8.0 * U);
    return m - 2.0 * U * fabs(m);
}

double nd_margin_from(const nd_table *t, const double *u, double v, const nd_projection *p)
{
    double lo = INFINITY, norm = norm_up(t->d, u, v), m;

    for (size_t i = 0; i < t->n; i++) {
        m = margin_low(p[i], t->y[i], v);
        if (!(m >= lo)) lo = m; /* NaN is taken as well */
        if (!(lo > 0.0)) return -INFINITY;
    }
    m = lo / norm * (1.0 - 8.0 * U);
    return m > 0x1p-1000 && isfinite(m) ? m : -INFINITY;
}

static bool less(nd_projection a, nd_projection b)
{
    return a.f < b.f || (a.f == b.f && a.g < b.g);
}

bool nd_middle(const nd_table *t, bool bias, const nd_projection *p, double *v)
{
    nd_projection plus = {INFINITY, 0.0, 0.0}, minus = {-INFINITY, 0.0, 0.0};
    double s, b, q;

    *v = 0.0;
    for (size_t i = 0; i < t->n; i++) {
        if (t->y[i] > 0.0 && less(p[i], plus)) plus = p[i];
        if (t->y[i] < 0.0 && less(minus, p[i])) minus = p[i];
    }
    if (!bias) return plus.f > 0.0 && minus.f < 0.0;
    if (!less(minus, plus) || !isfinite(plus.f) || !isfinite(minus.f)) return false;
    plus.f *= 0.5;
    minus.f *= 0.5;
    s = plus.f + minus.f;
    b = s - plus.f;
    q = (plus.f - (s - b)) + (minus.f - b);
    *v = -(s + (q + 0.5 * (plus.g + minus.g)));
    return isfinite(*v);
}
