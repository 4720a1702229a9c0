/* The points a_i = (s_i y_i x'_i~, 1) whose hull is asked for the origin.
 *
 * x'_k = (x_k - shift_k) scale_k: with a bias the shift is the mean (it only changes v),
 * without it is 0; scale is the power of two next to 1 / rms, so that u_k = scale_k u'_k
 * is exact and standardised columns stay as they are.  Each entry carries two rounding
 * errors relative to itself, whatever the units and the offset of the column.  Rows are
 * left as they are while their norms lie within a factor 1000 of each other (then the
 * nearest point of the hull has the largest margin), else they are made unit vectors. */
#include "theory/separable.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/par.h"
#include "num/tile.h"

#define ROWS   256
#define SPREAD 1e3

typedef struct {
    const nd_table *t;
    nd_points *p;
} fill_job;

/* Adds (x_k - shift_k) * unit_k, and its square, of row i to sum and square. */
static void add_row(const nd_table *t, size_t i, const double *shift, const double *unit,
                    double *row, double *sum, double *square)
{
    nd_table_row(t, i, row);
    for (size_t k = 0; k < t->d; k++) {
        double x = (row[k] - shift[k]) * unit[k];

        sum[k] += x;
        square[k] += x * x;
    }
}

/* unit[k]: power of two near 1 / max |x_k - shift_k|, so that squares do not overflow. */
static void units(const nd_table *t, const double *shift, double *unit, double *row)
{
    memset(unit, 0, sizeof *unit * t->d);
    for (size_t i = 0; i < t->n; i++) {
        nd_table_row(t, i, row);
        for (size_t k = 0; k < t->d; k++) {
            double x = fabs(row[k] - shift[k]);
            if (x > unit[k]) unit[k] = x;
        }
    }
    for (size_t k = 0; k < t->d; k++)
        unit[k] = unit[k] > 0.0 && unit[k] <= DBL_MAX ? ldexp(1.0, -ilogb(unit[k])) : 1.0;
}

/* shift and scale of all columns.  tmp: 3 d entries. */
static void columns(const nd_table *t, nd_points *p, double *tmp)
{
    double n = (double)t->n, *row = tmp, *sum = tmp + t->d, *square = tmp + 2 * t->d;

    memset(p->shift, 0, sizeof *p->shift * t->d);
    units(t, p->shift, p->scale, row);
    memset(sum, 0, sizeof *sum * 2 * t->d);
    for (size_t i = 0; i < t->n && p->bias; i++)
        add_row(t, i, p->shift, p->scale, row, sum, square);
    for (size_t k = 0; k < t->d && p->bias; k++) p->shift[k] = sum[k] / n / p->scale[k];
    if (p->bias) units(t, p->shift, p->scale, row);
    memset(sum, 0, sizeof *sum * 2 * t->d);
    for (size_t i = 0; i < t->n; i++) add_row(t, i, p->shift, p->scale, row, sum, square);
    for (size_t k = 0; k < t->d; k++) {
        double rms = sqrt(square[k] / n);

        if (rms > 0.0) p->scale[k] *= exp2(-rint(log2(rms)));
    }
}

static nd_status fill_rows(void *arg, size_t tile, int worker)
{
    const fill_job *job = arg;
    const nd_points *p = job->p;
    size_t i0 = tile * ROWS, i1 = i0 + ROWS < p->n ? i0 + ROWS : p->n;

    (void)worker;
    for (size_t i = i0; i < i1; i++) {
        double *a = p->a + i * p->ld, y = job->t->y[i];

        nd_table_row(job->t, i, a);
        for (size_t k = 0; k < p->d; k++) a[k] = y * ((a[k] - p->shift[k]) * p->scale[k]);
        if (p->bias) a[p->d] = y;
        a[p->D] = 1.0;
    }
    return ND_OK;
}

static void even_rows(nd_points *p)
{
    double lo = INFINITY, hi = 0.0;

    for (size_t i = 0; i < p->n; i++) {
        double norm = nd_norm2(p->D, p->a + i * p->ld);

        if (norm < lo) lo = norm;
        if (norm > hi) hi = norm;
    }
    if (!(lo > 0.0) || hi <= SPREAD * lo) return;
    for (size_t i = 0; i < p->n; i++) {
        double *a = p->a + i * p->ld, norm = nd_norm2(p->D, a);

        for (size_t k = 0; k < p->D; k++) a[k] /= norm;
    }
}

nd_status nd_points_make(nd_ctx *ctx, const nd_table *t, bool bias, nd_points *out)
{
    nd_points p = {.n = t->n, .d = t->d, .D = t->d + (bias ? 1 : 0), .bias = bias};
    fill_job job = {t, &p};
    nd_status status = ND_EMEM;
    double *tmp = ND_NEW(ctx, double, 3 * t->d);

    p.ld = p.D + 1;
    p.shift = ND_NEW(ctx, double, t->d);
    p.scale = ND_NEW(ctx, double, t->d);
    if (tmp && p.shift && p.scale && t->n <= SIZE_MAX / p.ld) p.a = ND_NEW(ctx, double, t->n *p.ld);
    if (p.a) {
        columns(t, &p, tmp);
        status = nd_par_for(ctx, (t->n + ROWS - 1) / ROWS, fill_rows, &job);
        even_rows(&p);
    }
    nd_free(ctx, tmp);
    if (status == ND_OK)
        *out = p;
    else
        nd_points_clear(ctx, &p);
    return status;
}

void nd_points_clear(nd_ctx *ctx, nd_points *p)
{
    nd_free(ctx, p->a);
    nd_free(ctx, p->shift);
    nd_free(ctx, p->scale);
    *p = (nd_points){0};
}
