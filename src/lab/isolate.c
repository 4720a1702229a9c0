/* The last misclassified samples, one by one.
 *
 * A single sample x_i is told from all others by a bump along a direction w:
 *
 *   B(x) = sum_k beta_k s(kappa (w.x - w.x_i) + k c),   k = -1, 0, 1,
 *
 * beta = (1, -2, 1) for neurons that grow like a line on one side (softplus, ReLU: the
 * second difference), (-1, 0, 1) for those that saturate (sigmoid, tanh: the first).
 * B decays like the derivatives of s; with kappa = REACH / gap, gap the distance from
 * w.x_i to the nearest other projection, it is nothing at every other sample.  Of
 * DIRECTIONS random ones the one with the largest gap is taken, relative to the spread of
 * the projections.  Height: what brings y_i f(x_i) to the hinge z0.
 *
 * Distinct samples always have such a direction; duplicates with both labels are left to
 * the label that is more frequent.  Neurons of other kinds (exp, polynomials) have no
 * such bump: nothing is done.  This finishes what growth by the potential has brought
 * down to a few errors; it is no way to begin. */
#include "base/memory.h"
#include "lab/lab.h"

#include <nadir/num.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DIRECTIONS 48
#define REACH      36.0 /* e^-36 = 2e-16 */
#define SHIFT      1.0  /* c             */
#define FAR        1e-9 /* what counts as nothing, relative to the height of B */

typedef struct {
    double t;
    size_t i;
} projected;

typedef struct {
    size_t i; /* sample                           */
    double gap, t, *w;
} target;

typedef struct {
    nd_surface *sf;
    const nd_act *act;
    double beta[3], peak;
    double *direction; /* DIRECTIONS x d */
    target *list;
    size_t count;
} isolation;

static double bump(const isolation *q, const double beta[3], double t)
{
    double z[3] = {t - SHIFT, t, t + SHIFT}, s[3];

    q->act->jet(3, z, 0, (double *const[]){s});
    return beta[0] * s[0] + beta[1] * s[1] + beta[2] * s[2];
}

/* Chooses beta; false when s has no bump. */
static bool find_bump(isolation *q)
{
    static const double kinds[2][3] = {{1.0, -2.0, 1.0}, {-1.0, 0.0, 1.0}};

    for (int k = 0; k < 2; k++) {
        q->peak = bump(q, kinds[k], 0.0);
        memcpy(q->beta, kinds[k], sizeof q->beta);
        if (q->peak > 0.01 && fabs(bump(q, q->beta, REACH)) < FAR * q->peak &&
            fabs(bump(q, q->beta, -REACH)) < FAR * q->peak)
            return true;
    }
    return false;
}

static int by_projection(const void *p, const void *q)
{
    const projected *a = p, *b = q;

    if (a->t != b->t) return a->t < b->t ? -1 : 1;
    return a->i < b->i ? -1 : a->i > b->i;
}

static double project(const nd_table *t, size_t i, const double *w)
{
    double s = 0.0;

    if (t->row)
        for (size_t p = t->row[i]; p < t->row[i + 1]; p++) s += w[t->col[p]] * t->val[p];
    else
        for (size_t k = 0; k < t->d; k++) s += w[k] * t->x[i * t->d + k];
    return s;
}

/* Is sample r->i an error that can be avoided?  Samples with its projection (first to
 * last) are taken for copies of it: the more frequent label is right. */
static bool avoidable(const isolation *q, const projected *r, size_t first, size_t last, size_t k)
{
    const double *y = q->sf->pb.data->y;
    size_t same = 0;

    for (size_t j = first; j < last; j++) same += y[r[j].i] == y[r[k].i];
    return 2 * same > last - first;
}

/* Offers direction w to all targets (first: makes the list of them). */
static void offer(isolation *q, projected *r, double *w, bool first)
{
    const nd_table *t = q->sf->pb.data;
    double spread;

    for (size_t i = 0; i < t->n; i++) r[i] = (projected){project(t, i, w), i};
    qsort(r, t->n, sizeof *r, by_projection);
    spread = r[t->n - 1].t - r[0].t;
    for (size_t a = 0, b, c = 0; a < t->n; a = b) {
        double gap = spread;
        bool served = false;

        for (b = a; b < t->n && r[b].t == r[a].t; b++) {}
        if (a > 0) gap = fmin(gap, r[a].t - r[a - 1].t);
        if (b < t->n) gap = fmin(gap, r[b].t - r[a].t);
        for (size_t k = a; k < b; k++) {
            bool error = t->y[r[k].i] > 0.0 ? q->sf->m[r[k].i] < 0.0 : q->sf->m[r[k].i] <= 0.0;

            if (served || !error || !avoidable(q, r, a, b, k)) continue;
            served = true; /* one bump serves all copies */
            if (first) q->list[q->count++] = (target){.i = r[k].i};
            for (c = 0; c < q->count && q->list[c].i != r[k].i; c++) {}
            if (c < q->count && gap / spread > q->list[c].gap)
                q->list[c] = (target){r[k].i, gap / spread, r[a].t, w};
        }
    }
}

/* Targets with their best directions. */
static nd_status find_targets(isolation *q, uint64_t seed)
{
    nd_ctx *ctx = q->sf->ctx;
    size_t n = q->sf->pb.data->n, d = q->sf->net->d;
    nd_rng rng = nd_rng_make(seed, ND_STREAM_ISOLATE);
    projected *r = ND_NEW(ctx, projected, n);

    if (!r) return ND_EMEM;
    for (size_t k = 0; k < DIRECTIONS; k++) {
        double *w = q->direction + k * d;

        for (size_t j = 0; j < d; j++) w[j] = nd_rng_normal(&rng);
        offer(q, r, w, k == 0);
    }
    nd_free(ctx, r);
    return ND_OK;
}

/* The bumps as neurons; kappa in units of the direction's spread. */
static void build(const isolation *q, nd_boost *b)
{
    const nd_surface *sf = q->sf;
    size_t d = sf->net->d;

    for (size_t c = 0; c < q->count; c++) {
        const target *g = &q->list[c];
        double y = sf->pb.data->y[g->i], lo = INFINITY, hi = -INFINITY, kappa;

        for (size_t i = 0; i < sf->pb.data->n; i++) {
            double t = project(sf->pb.data, i, g->w);
            lo = fmin(lo, t);
            hi = fmax(hi, t);
        }
        kappa = REACH / (g->gap * (hi - lo));
        for (int k = 0; k < 3; k++) {
            if (q->beta[k] == 0.0) continue;
            for (size_t j = 0; j < d; j++) b->w[b->found * d + j] = kappa * g->w[j];
            b->b[b->found] = -kappa * g->t + (k - 1) * SHIFT;
            b->a[b->found++] = q->beta[k] * y * (sf->pb.loss.kind->z0 - sf->m[g->i]) / q->peak;
        }
    }
}

nd_status nd_isolate(nd_surface *sf, const double *theta, const nd_act *act, size_t room,
                     uint64_t seed, nd_boost *out)
{
    isolation q = {.sf = sf, .act = act};
    size_t n = sf->pb.data->n, d = sf->net->d;
    nd_status status = ND_OK;

    *out = (nd_boost){.G = NAN};
    if (!find_bump(&q) || d == 0) return ND_OK;
    q.direction = ND_NEW(sf->ctx, double, DIRECTIONS *d);
    q.list = ND_NEW(sf->ctx, target, n);
    if (!q.direction || !q.list) ND_TRY(ND_EMEM);
    ND_TRY(nd_problem_margins(sf->ctx, &sf->pb, theta, sf->work, sf->m));
    ND_TRY(find_targets(&q, seed));
    if (q.count == 0 || 3 * q.count > room) goto done;
    out->count = 3 * q.count;
    out->w = ND_NEW(sf->ctx, double, out->count *d);
    out->b = ND_NEW(sf->ctx, double, out->count);
    out->a = ND_NEW(sf->ctx, double, out->count);
    if (!out->w || !out->b || !out->a) ND_TRY(ND_EMEM);
    for (size_t c = 0; c < q.count; c++)
        if (!(q.list[c].gap > 0.0)) q.list[c--] = q.list[--q.count];
    build(&q, out);
done:
    nd_free(sf->ctx, q.direction);
    nd_free(sf->ctx, q.list);
    if (status != ND_OK) nd_boost_clear(sf->ctx, out);
    return status;
}
