/* Scaling: x'_k = (x_k - shift_k) factor_k.
 *
 *   standard  shift = m = (1/n) sum x, factor = 1/s, s^2 = (1/n) sum (x - m)^2
 *   minmax    shift = min x,           factor = 1/(max x - min x)
 *   sparse    shift = 0 (zeros stay),  factor = 1/sqrt((1/n) sum x^2) or 1/max |x|
 *
 * Two passes: the deviations are summed around the mean, divided by the largest of them
 * first, so that neither cancellation nor the square's overflow or underflow spoils s.
 * A constant column is found by min = max (its rounded mean may differ from its value,
 * and 1/s would blow that difference up) and gets factor 1. */
#include "data/raw.h"

#include <math.h>
#include <string.h>

static const char *const names[] = {"none", "standard", "minmax"};

const char *nd_scale_name(nd_scale kind)
{
    return names[kind];
}

nd_status nd_scale_find(nd_ctx *ctx, const char *name, nd_scale *out)
{
    char shown[ND_SHOWN];

    for (int k = 0; k < 3; k++) {
        if (strcmp(name, names[k]) != 0) continue;
        *out = (nd_scale)k;
        return ND_OK;
    }
    return nd_fail(ctx, ND_ENAME, "unknown scaling %s; known: none, standard, minmax",
                   nd_show(name, strlen(name), shown));
}

void nd_scaler_destroy(nd_ctx *ctx, nd_scaler *s)
{
    if (!s) return;
    nd_free(ctx, s->shift);
    nd_free(ctx, s->factor);
    nd_free(ctx, s);
}

/* shift = 0, factor = 1. */
static nd_scaler *identity(nd_ctx *ctx, nd_scale kind, size_t d)
{
    nd_scaler *s = ND_NEW0(ctx, nd_scaler, 1);

    if (!s) return NULL;
    s->kind = kind;
    s->d = d;
    s->shift = ND_NEW0(ctx, double, d);
    s->factor = ND_NEW(ctx, double, d);
    if (!s->shift || !s->factor) {
        nd_scaler_destroy(ctx, s);
        return NULL;
    }
    for (size_t k = 0; k < d; k++) s->factor[k] = 1.0;
    return s;
}

nd_status nd_scaler_from_arrays(nd_ctx *ctx, nd_scale kind, size_t d, const double *shift,
                                const double *factor, nd_scaler **out)
{
    nd_scaler *s;

    for (size_t k = 0; k < d; k++)
        if (!isfinite(shift[k]) || !isfinite(factor[k]))
            return nd_fail(ctx, ND_EINPUT, "scaler: feature %zu: shift or factor is not finite",
                           k + 1);
    s = identity(ctx, kind, d);
    if (!s) return ND_EMEM;
    if (d) memcpy(s->shift, shift, d * sizeof *shift);
    if (d) memcpy(s->factor, factor, d * sizeof *factor);
    *out = s;
    return ND_OK;
}

/* ---- statistics of all columns, row by row ----------------------------------------------- */

typedef struct {
    double *lo, *hi, *sum, *top, *mean;
} columns;

static void columns_free(nd_ctx *ctx, columns *c)
{
    nd_free(ctx, c->lo);
    nd_free(ctx, c->hi);
    nd_free(ctx, c->sum);
    nd_free(ctx, c->top);
    nd_free(ctx, c->mean);
}

static nd_status columns_make(nd_ctx *ctx, size_t d, columns *c)
{
    c->lo = ND_NEW0(ctx, double, d);
    c->hi = ND_NEW0(ctx, double, d);
    c->sum = ND_NEW0(ctx, double, d);
    c->top = ND_NEW0(ctx, double, d);
    c->mean = ND_NEW0(ctx, double, d);
    return c->lo && c->hi && c->sum && c->top && c->mean ? ND_OK : ND_EMEM;
}

static void dense_range(const nd_table *t, columns *c)
{
    memcpy(c->lo, t->x, t->d * sizeof *c->lo);
    memcpy(c->hi, t->x, t->d * sizeof *c->hi);
    for (size_t i = 0; i < t->n; i++) {
        const double *x = t->x + i * t->d;
        for (size_t k = 0; k < t->d; k++) {
            if (x[k] < c->lo[k]) c->lo[k] = x[k];
            if (x[k] > c->hi[k]) c->hi[k] = x[k];
        }
    }
}

/* mean, top = max |x - mean|, sum = sum ((x - mean) / top)^2.  The mean is that of the
 * x/n: no overflow. */
static void dense_moments(const nd_table *t, columns *c)
{
    double n = (double)t->n;

    for (size_t i = 0; i < t->n; i++)
        for (size_t k = 0; k < t->d; k++) c->sum[k] += t->x[i * t->d + k];
    for (size_t k = 0; k < t->d; k++) {
        c->mean[k] = c->sum[k] / n;
        c->top[k] = fmax(c->hi[k] - c->mean[k], c->mean[k] - c->lo[k]);
        c->sum[k] = 0.0;
    }
    for (size_t i = 0; i < t->n; i++)
        for (size_t k = 0; k < t->d; k++) {
            double u = (t->x[i * t->d + k] - c->mean[k]) / c->top[k];
            c->sum[k] += u * u;
        }
}

static nd_status set_factor(nd_ctx *ctx, nd_scaler *s, size_t k, double width)
{
    s->factor[k] = 1.0 / width;
    if (isfinite(s->factor[k]) && isfinite(width) && isfinite(s->shift[k])) return ND_OK;
    return nd_fail(ctx, ND_ENUMERIC,
                   "feature %zu cannot be scaled (%s): its values are too large or too small",
                   k + 1, nd_scale_name(s->kind));
}

static nd_status fit_dense(nd_ctx *ctx, const nd_table *t, columns *c, nd_scaler *s)
{
    nd_status status = ND_OK;

    dense_range(t, c);
    if (s->kind == ND_SCALE_STANDARD) dense_moments(t, c);
    for (size_t k = 0; k < t->d; k++) {
        double width = c->hi[k] - c->lo[k];
        s->shift[k] = c->lo[k];
        if (c->lo[k] == c->hi[k]) continue;
        if (s->kind == ND_SCALE_STANDARD) {
            s->shift[k] = c->mean[k];
            width = c->top[k] * sqrt(c->sum[k] / (double)t->n);
        }
        ND_TRY(set_factor(ctx, s, k, width));
    }
done:
    return status;
}

static nd_status fit_sparse(nd_ctx *ctx, const nd_table *t, columns *c, nd_scaler *s)
{
    nd_status status = ND_OK;

    for (size_t p = 0; p < t->row[t->n]; p++)
        c->top[t->col[p]] = fmax(c->top[t->col[p]], fabs(t->val[p]));
    for (size_t p = 0; p < t->row[t->n]; p++) {
        double u = t->val[p] / c->top[t->col[p]];
        if (t->val[p] != 0.0) c->sum[t->col[p]] += u * u;
    }
    for (size_t k = 0; k < t->d; k++) {
        double width = c->top[k];
        if (width == 0.0) continue;
        if (s->kind == ND_SCALE_STANDARD) width *= sqrt(c->sum[k] / (double)t->n);
        ND_TRY(set_factor(ctx, s, k, width));
    }
done:
    return status;
}

nd_status nd_scaler_fit(nd_ctx *ctx, nd_scale kind, const nd_table *t, nd_scaler **out)
{
    nd_scaler *s = identity(ctx, kind, t->d);
    columns c = {0};
    nd_status status = ND_OK;

    if (!s) return ND_EMEM;
    if (kind != ND_SCALE_NONE && t->n && t->d) {
        ND_TRY(columns_make(ctx, t->d, &c));
        ND_TRY(t->row ? fit_sparse(ctx, t, &c, s) : fit_dense(ctx, t, &c, s));
    }
    *out = s;
    s = NULL;
done:
    columns_free(ctx, &c);
    nd_scaler_destroy(ctx, s);
    return status;
}

/* ---- applying -------------------------------------------------------------------------------- */

static nd_status scaled_badly(nd_ctx *ctx, size_t i, size_t k)
{
    return nd_fail(ctx, ND_ENUMERIC, "row %zu, feature %zu: the scaled value is not finite", i + 1,
                   k + 1);
}

static nd_status apply_sparse(nd_ctx *ctx, const nd_scaler *s, nd_table *t)
{
    for (size_t k = 0; k < s->d; k++)
        if (s->shift[k] != 0.0)
            return nd_fail(ctx, ND_EDIM,
                           "feature %zu: the scaler was fitted to dense data and shifts, which "
                           "sparse data do not allow",
                           k + 1);
    for (size_t i = 0; i < t->n; i++)
        for (size_t p = t->row[i]; p < t->row[i + 1]; p++) {
            t->val[p] *= s->factor[t->col[p]];
            if (!isfinite(t->val[p])) return scaled_badly(ctx, i, t->col[p]);
        }
    return ND_OK;
}

nd_status nd_scaler_apply(nd_ctx *ctx, const nd_scaler *s, nd_table *t)
{
    if (t->d != s->d)
        return nd_fail(ctx, ND_EDIM, "%s: found %zu features, expected %zu as in the scaler",
                       t->source ? t->source : "table", t->d, s->d);
    if (t->row) return apply_sparse(ctx, s, t);
    for (size_t i = 0; i < t->n; i++)
        for (size_t k = 0; k < t->d; k++) {
            double *x = &t->x[i * t->d + k];
            *x = (*x - s->shift[k]) * s->factor[k];
            if (!isfinite(*x)) return scaled_badly(ctx, i, k);
        }
    return ND_OK;
}
