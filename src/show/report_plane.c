/* The plane in which decision regions are shown: the features themselves where there are one or
 * two, else the plane through the mean along the two leading principal components.
 *
 * The components are the leading eigenvectors of the covariance C = (1/m) sum (x - mean)
 * (x - mean)', found by orthogonal iteration (Golub and Van Loan, 8.2.4) on at most ROWS rows,
 * which are taken evenly: it is a picture, and C e is applied without forming C. */
#include "show/report.h"

#include "base/memory.h"

#include <math.h>
#include <string.h>

enum { ROWS = 2000, TURNS = 300 };

static double dot(size_t n, const double *a, const double *b)
{
    double s = 0.0;

    for (size_t i = 0; i < n; i++) s += a[i] * b[i];
    return s;
}

/* Orthonormal; a direction that is lost becomes a unit vector. */
static void orthonormalise(size_t d, double *const e[2])
{
    for (int k = 0; k < 2; k++) {
        if (k) {
            double c = dot(d, e[0], e[1]);
            for (size_t i = 0; i < d; i++) e[1][i] -= c * e[0][i];
        }
        double n = sqrt(dot(d, e[k], e[k]));
        for (size_t i = 0; i < d; i++) e[k][i] = n > 0.0 ? e[k][i] / n : i == (size_t)k;
    }
}

/* The k-th of m rows taken evenly from n. */
static void take(const nd_table *t, size_t k, size_t m, double *x)
{
    nd_table_row(t, (size_t)((double)k * (double)t->n / (double)m), x);
}

static void mean_of(const nd_table *t, size_t m, double *x, double *mean)
{
    memset(mean, 0, t->d * sizeof *mean);
    for (size_t k = 0; k < m; k++) {
        take(t, k, m, x);
        for (size_t i = 0; i < t->d; i++) mean[i] += x[i] / (double)m;
    }
}

/* out[k] := C e[k]; returns the trace of C. */
static double apply(const nd_table *t, size_t m, const double *mean, double *x, double *const e[2],
                    double *const out[2])
{
    double trace = 0.0;

    memset(out[0], 0, t->d * sizeof(double));
    memset(out[1], 0, t->d * sizeof(double));
    for (size_t k = 0; k < m; k++) {
        take(t, k, m, x);
        for (size_t i = 0; i < t->d; i++) x[i] -= mean[i];
        double c[2] = {dot(t->d, x, e[0]) / (double)m, dot(t->d, x, e[1]) / (double)m};
        for (size_t i = 0; i < t->d; i++) {
            out[0][i] += c[0] * x[i];
            out[1][i] += c[1] * x[i];
            trace += x[i] * x[i] / (double)m;
        }
    }
    return trace;
}

/* The sign is free: the entry of largest absolute value is made positive. */
static void fix_sign(size_t d, double *e)
{
    size_t best = 0;

    for (size_t i = 1; i < d; i++)
        if (fabs(e[i]) > fabs(e[best])) best = i;
    if (e[best] < 0.0)
        for (size_t i = 0; i < d; i++) e[i] = -e[i];
}

static nd_status components(nd_ctx *ctx, const nd_table *t, nd_view_plane *v)
{
    size_t d = t->d, m = t->n < ROWS ? t->n : ROWS;
    double *x = ND_NEW(ctx, double, 3 * d), *out[2] = {x + d, x + 2 * d}, change = 1.0, trace = 0.0;
    nd_rng g = nd_rng_make(1, 0);

    if (!x) return ND_EMEM;
    v->components = true;
    v->rows = m;
    mean_of(t, m, x, v->mean);
    for (size_t i = 0; i < d; i++)
        for (int k = 0; k < 2; k++) v->e[k][i] = nd_rng_uniform(&g) - 0.5;
    orthonormalise(d, v->e);
    for (int turn = 0; turn < TURNS && change > 1e-12; turn++) {
        if (nd_cancelled(ctx)) {
            nd_free(ctx, x);
            return ND_ECANCEL;
        }
        trace = apply(t, m, v->mean, x, v->e, out);
        for (int k = 0; k < 2; k++)
            v->share[k] = trace > 0.0 ? dot(d, v->e[k], out[k]) / trace : 0.0;
        orthonormalise(d, out);
        change = 2.0 - fabs(dot(d, out[0], v->e[0])) - fabs(dot(d, out[1], v->e[1]));
        for (int k = 0; k < 2; k++) memcpy(v->e[k], out[k], d * sizeof(double));
    }
    for (int k = 0; k < 2; k++) fix_sign(d, v->e[k]);
    nd_free(ctx, x);
    return ND_OK;
}

nd_status nd_view_plane_find(nd_ctx *ctx, const nd_table *t, nd_view_plane *out)
{
    nd_view_plane v = {.d = t->d, .mean = ND_NEW0(ctx, double, 3 * (t->d + 2))};
    nd_status status = ND_OK;

    if (!v.mean) return ND_EMEM;
    v.e[0] = v.mean + t->d + 2;
    v.e[1] = v.e[0] + t->d + 2;
    v.rows = t->n;
    if (t->d > 2)
        status = components(ctx, t, &v);
    else
        v.e[0][0] = v.e[1][1] = 1.0; /* with one feature e[1] stays outside */
    if (status != ND_OK)
        nd_view_plane_clear(ctx, &v);
    else
        *out = v;
    return status;
}

void nd_view_plane_clear(nd_ctx *ctx, nd_view_plane *v)
{
    nd_free(ctx, v->mean);
    v->mean = NULL;
}

nd_status nd_view_samples(nd_ctx *ctx, const nd_problem *pb, const double *theta,
                          const nd_view_plane *v, nd_sample *out)
{
    const nd_table *t = pb->data;
    double *f = ND_NEW(ctx, double, t->n + t->d + 1), *x = f + t->n;
    nd_status status = f ? nd_net_outputs(ctx, pb->net, t, theta, f) : ND_EMEM;

    for (size_t i = 0; i < t->n && status == ND_OK; i++) {
        nd_table_row(t, i, x);
        for (size_t k = 0; k < t->d; k++) x[k] -= v->mean[k];
        out[i] = (nd_sample){.s = dot(t->d, x, v->e[0]),
                             .t = t->d > 1 ? dot(t->d, x, v->e[1]) : f[i],
                             .f = f[i],
                             .plus = t->y[i] > 0.0,
                             .wrong = (t->y[i] > 0.0) != (f[i] >= 0.0)};
    }
    nd_free(ctx, f);
    return status;
}
