/* Starts for the search of a neuron: what could matter is decided by the samples that
 * still pull, drawn with probability |c_i|.
 *
 *   pair      the direction between two samples with c of opposite sign (the nearest
 *             of a few), the transition between them, as steep as their gap asks
 *   single    the direction of one sample, the transition just before it
 *   random    a normal direction, the transition at a sample
 *   drift     sum_i c_i x_i: the best linear neuron, the transition at a sample
 *
 * Steepness: the spread of u.x over the data is drawn log-uniform from [1, norm]. */
#include "theory/starts.h"

#include <nadir/num.h>

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "num/tile.h"

#define NEIGHBOURS 12 /* candidates for the other end of a pair */

/* First and second moments of the features over the rows that matter. */
static void moments(nd_starts *s)
{
    const nd_field *f = s->f;
    const nd_table *t = f->t;
    double n = (double)(f->rows > 0 ? f->rows : 1);
    bool centre = s->bias && !t->val;

    memset(s->mean, 0, t->d * sizeof *s->mean);
    memset(s->factor, 0, t->d * sizeof *s->factor);
    for (size_t i = 0; i < f->rows && centre; i++) nd_row_add(t, f->row[i], 1.0 / n, s->mean);
    for (size_t i = 0; i < f->rows; i++) {
        memset(s->xi, 0, t->d * sizeof *s->xi);
        nd_row_add(t, f->row[i], 1.0, s->xi);
        for (size_t k = 0; k < t->d; k++) {
            double x = s->xi[k] - s->mean[k];
            s->factor[k] += x * x / n;
        }
    }
    /* A constant feature gets factor 0: it says nothing that the bias does not. */
    for (size_t k = 0; k < t->d; k++) {
        double size = sqrt(s->factor[k]);
        s->factor[k] = size > 1e-12 * fabs(s->mean[k]) && isfinite(1.0 / size) ? 1.0 / size : 0.0;
    }
}

/* x := x^ of row i. */
static void scaled_row(const nd_starts *s, size_t i, double *x)
{
    const nd_table *t = s->f->t;

    memset(x, 0, t->d * sizeof *x);
    nd_row_add(t, s->f->row[i], 1.0, x);
    for (size_t k = 0; k < t->d; k++) x[k] = (x[k] - s->mean[k]) * s->factor[k];
}

static void sums(nd_starts *s)
{
    const nd_field *f = s->f;
    double sum = 0.0;

    memset(s->drift, 0, f->t->d * sizeof *s->drift);
    for (size_t i = 0; i < f->rows; i++) {
        sum += fabs(f->c[i]);
        s->cumulative[i] = sum;
        if (f->c[i] == 0.0) continue;
        scaled_row(s, i, s->xi);
        if (f->t->d) nd_axpy(f->t->d, f->c[i], s->xi, s->drift);
    }
}

nd_status nd_starts_create(nd_starts *s, const nd_field *f, bool bias, double norm)
{
    const size_t d = f->t->d, padded = ND_PADDED(d);

    *s = (nd_starts){.f = f, .bias = bias, .norm = norm};
    s->block = ND_NEW(f->ctx, double, 5 * padded + f->rows);
    if (!s->block) return ND_EMEM;
    s->mean = s->block;
    s->factor = s->mean + padded;
    s->xi = s->factor + padded;
    s->xj = s->xi + padded;
    s->drift = s->xj + padded;
    s->cumulative = s->drift + padded;
    moments(s);
    sums(s);
    return ND_OK;
}

void nd_starts_destroy(nd_starts *s)
{
    if (s->f) nd_free(s->f->ctx, s->block);
}

/* A row, drawn with probability |c_i|; uniformly when all c are 0. */
static size_t draw(const nd_starts *s, nd_rng *rng)
{
    size_t lo = 0, hi = s->f->rows - 1;
    double total = s->cumulative[hi], x = nd_rng_uniform(rng) * total;

    if (!(total > 0.0)) return nd_rng_below(rng, s->f->rows);
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (s->cumulative[mid] > x)
            hi = mid;
        else
            lo = mid + 1;
    }
    return lo;
}

static double dot(const nd_starts *s, const double *x, const double *y)
{
    return s->f->t->d ? nd_dot(s->f->t->d, x, y) : 0.0;
}

/* xj := the row of opposite c nearest to xi among a few; its squared distance. */
static double nearest_opposite(nd_starts *s, nd_rng *rng, double ci, double *work)
{
    const size_t d = s->f->t->d;
    double best = INFINITY;

    for (int k = 0; k < NEIGHBOURS; k++) {
        size_t j = draw(s, rng);
        double size = 0.0;
        if (s->f->c[j] * ci > 0.0) continue;
        scaled_row(s, j, work);
        for (size_t l = 0; l < d; l++) size += (work[l] - s->xi[l]) * (work[l] - s->xi[l]);
        if (!(size > 0.0) || size >= best) continue;
        best = size;
        memcpy(s->xj, work, d * sizeof *work);
    }
    return best;
}

/* u := a direction times steepness; v: u.at + v = 0. */
static void place(nd_starts *s, const double *direction, double steep, const double *at, double *u,
                  double *v)
{
    const size_t d = s->f->t->d;
    double size = sqrt(dot(s, direction, direction));

    for (size_t k = 0; k < d; k++) u[k] = size > 0.0 ? direction[k] * (steep / size) : 0.0;
    *v = s->bias ? -dot(s, u, at) : 0.0;
}

static void pair(nd_starts *s, nd_rng *rng, double steep, double *u, double *v)
{
    const size_t d = s->f->t->d;
    size_t i = draw(s, rng);
    double gap, at = nd_rng_uniform(rng);

    scaled_row(s, i, s->xi);
    gap = sqrt(nearest_opposite(s, rng, s->f->c[i], u));
    if (!isfinite(gap)) {
        place(s, s->xi, steep, s->xi, u, v);
        return;
    }
    /* Half of the pairs: the transition fits into the gap. */
    if (nd_rng_uniform(rng) < 0.5) steep = fmin(s->norm, 4.0 / gap);
    for (size_t k = 0; k < d; k++) {
        double x = s->xi[k];
        s->xi[k] += at * (s->xj[k] - x);
        s->xj[k] -= x;
    }
    place(s, s->xj, steep, s->xi, u, v);
}

static void at_sample(nd_starts *s, nd_rng *rng, const double *direction, double steep, double *u,
                      double *v)
{
    scaled_row(s, draw(s, rng), s->xi);
    place(s, direction, steep, s->xi, u, v);
}

void nd_starts_make(nd_starts *s, nd_rng rng, size_t k, double *u, double *v)
{
    const size_t d = s->f->t->d;
    double steep = nd_exp(nd_rng_uniform(&rng) * nd_log(fmax(1.0, s->norm)));

    switch (k % 8) {
    case 0:
    case 1:
    case 2:
        pair(s, &rng, steep, u, v);
        break;
    case 3:
    case 4:
        scaled_row(s, draw(s, &rng), s->xi);
        place(s, s->xi, steep, s->xi, u, v);
        *v += s->bias ? nd_rng_normal(&rng) : 0.0;
        break;
    case 5:
        at_sample(s, &rng, s->drift, steep, u, v);
        break;
    default:
        for (size_t l = 0; l < d; l++) s->xj[l] = nd_rng_normal(&rng);
        at_sample(s, &rng, s->xj, steep, u, v);
    }
}

void nd_starts_unscale(const nd_starts *s, const double *u, double v, double *w, double *b)
{
    const size_t d = s->f->t->d;

    for (size_t k = 0; k < d; k++) w[k] = u[k] * s->factor[k];
    *b = s->bias ? v - dot(s, w, s->mean) : 0.0;
}
