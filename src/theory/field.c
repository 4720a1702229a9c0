/* One neuron over the data, in tiles of rows that threads share:
 *     z_i = w.x_i + b,  s_i = s(z_i),  s'_i,      and back:  sum_i e_i x_i.
 * Sums over rows go tile by tile in order: the same bits for every number of threads.
 *
 * The sum G = sum_i c_i s_i is rounded by at most (n + 1) u sum |c_i s_i|; the s_i are
 * a few u off by the activation's stated error and by the d + 1 operations in z_i.
 * nd_neuron.noise = (n + d + 16) u sum |c_i s_i| is that level: safe in every test,
 * not proved for neurons whose s' |z| is much larger than |s|.
 */
#include "theory/field.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/par.h"
#include "num/tile.h"

#define TILE 256 /* rows: their outputs and a few features stay in the first cache */

double nd_row_dot(const nd_table *t, size_t i, const double *w)
{
    double sum = 0.0;

    if (!t->val) return t->d ? nd_dot(t->d, t->x + i * t->d, w) : 0.0;
    for (size_t p = t->row[i]; p < t->row[i + 1]; p++) sum += t->val[p] * w[t->col[p]];
    return sum;
}

void nd_row_add(const nd_table *t, size_t i, double a, double *v)
{
    if (!t->val) {
        if (t->d) nd_axpy(t->d, a, t->x + i * t->d, v);
        return;
    }
    for (size_t p = t->row[i]; p < t->row[i + 1]; p++) v[t->col[p]] += a * t->val[p];
}

static bool all_finite(size_t n, const double *v)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(v[i])) return false;
    return true;
}

static void gather(nd_field *f, const double *c, const double *h)
{
    double each = 1.0 / (double)f->t->n;

    for (size_t i = 0; i < f->t->n; i++) {
        double hi = h ? h[i] : each;
        if (c[i] == 0.0 && hi == 0.0) continue;
        f->row[f->rows] = i;
        f->c[f->rows] = c[i];
        f->h[f->rows++] = hi;
    }
    f->tiles = (f->rows + TILE - 1) / TILE;
    f->csum = nd_sum(f->rows, f->c);
    f->hsum = nd_sum(f->rows, f->h);
}

nd_status nd_field_create(nd_field *f, nd_ctx *ctx, const nd_table *t, const nd_act *act,
                          const double *c, const double *h)
{
    const size_t n = t->n, padded = ND_PADDED(n), tiles = n / TILE + 1;
    double *p;

    *f = (nd_field){.ctx = ctx, .t = t, .act = act, .stride = ND_PADDED(t->d + 1)};
    if (!all_finite(n, c) || (h && !all_finite(n, h)))
        return nd_fail(ctx, ND_ENUMERIC, "the slopes of the loss are not all finite");
    f->row = ND_NEW(ctx, size_t, n);
    p = f->c = ND_NEW(ctx, double, 5 * padded + tiles * f->stride);
    if (!f->row || !p) return ND_EMEM;
    f->h = p + padded;
    f->s = p + 2 * padded;
    f->s1 = p + 3 * padded;
    f->e = p + 4 * padded;
    f->part = p + 5 * padded;
    gather(f, c, h);
    return ND_OK;
}

void nd_field_destroy(nd_field *f)
{
    nd_free(f->ctx, f->row);
    nd_free(f->ctx, f->c);
}

static size_t tile_end(const nd_field *f, size_t tile)
{
    size_t end = (tile + 1) * TILE;

    return end < f->rows ? end : f->rows;
}

/* Nanoseconds of one sweep over the rows, roughly. */
static double pass_time(const nd_field *f)
{
    return (double)(f->tiles * TILE) * (5.0 + 0.3 * (double)f->t->d);
}

static nd_status forward_tile(void *arg, size_t tile, int worker)
{
    nd_field *f = arg;
    size_t from = tile * TILE, to = tile_end(f, tile);
    double z[TILE], *d[2] = {f->s + from, f->s1 + from};

    (void)worker;
    for (size_t i = from; i < to; i++) z[i - from] = nd_row_dot(f->t, f->row[i], f->w) + f->b;
    f->act->jet(to - from, z, f->order, d);
    return ND_OK;
}

nd_status nd_field_pass(nd_field *f, const double *w, double b, int order)
{
    f->w = w;
    f->b = b;
    f->order = order;
    return nd_par_for_cost(f->ctx, f->tiles, pass_time(f), forward_tile, f);
}

static nd_status back_tile(void *arg, size_t tile, int worker)
{
    nd_field *f = arg;
    double *g = f->part + tile * f->stride, sum = 0.0;

    (void)worker;
    memset(g, 0, f->stride * sizeof *g);
    for (size_t i = tile * TILE; i < tile_end(f, tile); i++) {
        if (f->e[i] != 0.0) nd_row_add(f->t, f->row[i], f->e[i], g);
        sum += f->e[i];
    }
    g[f->t->d] = sum;
    return ND_OK;
}

nd_status nd_field_back(nd_field *f, double *gw, double *gb)
{
    const size_t d = f->t->d;
    nd_status status = nd_par_for_cost(f->ctx, f->tiles, pass_time(f), back_tile, f);

    if (status != ND_OK) return status;
    memset(gw, 0, d * sizeof *gw);
    *gb = 0.0;
    for (size_t tile = 0; tile < f->tiles; tile++) {
        const double *g = f->part + tile * f->stride;
        for (size_t k = 0; k < d; k++) gw[k] += g[k];
        *gb += g[d];
    }
    return ND_OK;
}

nd_neuron nd_field_score(const nd_field *f, bool offset, double *mean, double *K)
{
    double m = offset && f->hsum > 0.0 ? nd_dot(f->rows, f->h, f->s) / f->hsum : 0.0;
    double G = 0.0, centred = 0.0, size = 0.0, k = 0.0;
    nd_neuron r = {0};

    for (size_t i = 0; i < f->rows; i++) {
        double t = f->s[i] - m, term = f->c[i] * f->s[i];
        G += term;
        size += fabs(term) + fabs(f->c[i] * m);
        centred += f->c[i] * t;
        k += f->h[i] * t * t;
    }
    r.G = G;
    r.noise = 0.5 * DBL_EPSILON * ((double)(f->rows + f->t->d) + 16.0) * size;
    if (fabs(centred) > r.noise && k > 0.0) {
        r.score = centred * (centred / k) / 2.0;
        r.a = -centred / k;
    }
    *mean = m;
    *K = k;
    return r;
}
