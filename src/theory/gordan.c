/* Gordan's alternative by non-negative least squares.
 *
 * With a_i = (p_i, 1) and b = (0, .., 0, 1):  rho = b - sum_i c_i a_i of the smallest norm
 * over c >= 0 is either 0, then sum_i c_i p_i = 0 with sum_i c_i = 1, or it has
 *     a_i.rho <= 0 for all i  and  rho_last = |rho|^2 > 0,
 * so -p_i.rho >= rho_last: a separator, and the one with the largest margin.
 *
 * Active-set method of Lawson and Hanson (1974, ch. 23): a set S of independent a_i with
 * c > 0; the violated row with the largest a_j.rho enters, least squares on S, and rows
 * whose coefficients would become negative leave.  |rho| decreases with every row that
 * enters, so no set comes twice.  At rho = 0, S is a circuit at once: nothing is left to
 * reduce.  Only violated rows of a pool are priced until the pool is exhausted.
 *
 * Accuracy: rho is made orthogonal to S again and again (gordan_qr.c), so a_i.rho on S is
 * 0 to rounding relative to |rho|, not to |b|: margins down to some 1e-13 can be seen.
 * Everything here is only a guess, which others prove. */
#include "theory/separable.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/par.h"
#include "num/kernels.h"
#include "num/tile.h"

#define ZERO_RESIDUAL 1e-13 /* |rho| below: rounding of a projection in 1000 dimensions */
#define INDEPENDENT   1e-14 /* of a row, relative to its length                          */
#define SLACK         0.05  /* margins within 5 % of the best are good enough             */
#define ROWS          256
#define POOL          64 /* + D / 4 rows are priced between two full sweeps          */

typedef struct {
    nd_ctx *ctx;
    const nd_points *p;
    nd_gordan *g;
    nd_qr qr;
    double *b, *z, *w; /* D + 1, set, n */
    size_t *pool, pooled, pool_max;
    bool *inside; /* n */
    double sweep; /* the largest violation at the last full sweep, over |rho| */
    double until;
} search;

static nd_status price_rows(void *arg, size_t tile, int worker)
{
    const search *s = arg;
    const nd_points *p = s->p;
    size_t i0 = tile * ROWS, i1 = i0 + ROWS < p->n ? i0 + ROWS : p->n;
    const nd_kernels *k = nd_kernels_get();

    (void)worker;
    for (size_t i = i0; i < i1; i++)
        s->w[i] = s->inside[i] ? -INFINITY : k->dot(p->ld, p->a + i * p->ld, s->g->rho);
    return ND_OK;
}

/* Row i into the pool, which is ordered by falling violation and keeps the largest. */
static void pool_add(search *s, size_t i)
{
    size_t k = s->pooled;

    if (k == s->pool_max) {
        if (!(s->w[i] > s->w[s->pool[k - 1]])) return;
        k--;
    } else {
        s->pooled++;
    }
    for (; k > 0 && s->w[s->pool[k - 1]] < s->w[i]; k--) s->pool[k] = s->pool[k - 1];
    s->pool[k] = i;
}

static double violation_allowed(const search *s)
{
    return SLACK * s->g->rho[s->p->D];
}

static nd_status sweep(search *s)
{
    const nd_points *p = s->p;
    nd_status status = nd_par_for(s->ctx, (p->n + ROWS - 1) / ROWS, price_rows, s);

    s->pooled = 0;
    for (size_t i = 0; i < p->n && status == ND_OK; i++)
        if (s->w[i] > violation_allowed(s)) pool_add(s, i);
    s->sweep = s->pooled ? s->w[s->pool[0]] / nd_norm2(p->ld, s->g->rho) : 0.0;
    return status;
}

/* The most violated row of the pool; p->n when none is worth it any more.  Half of the
 * largest of the last sweep: below that the rows left out may be worse. */
static size_t best_of_pool(search *s)
{
    const nd_kernels *k = nd_kernels_get();
    double best = fmax(violation_allowed(s), 0.5 * s->sweep * nd_norm2(s->p->ld, s->g->rho));
    size_t found = s->p->n;

    for (size_t m = 0; m < s->pooled; m++) {
        size_t i = s->pool[m];
        double w;

        if (s->inside[i] || s->w[i] == -INFINITY) continue;
        w = k->dot(s->p->ld, s->p->a + i * s->p->ld, s->g->rho);
        if (w > best) {
            best = w;
            found = i;
        }
    }
    return found;
}

static void drop(search *s, size_t k)
{
    nd_gordan *g = s->g;

    s->inside[g->set[k]] = false;
    nd_qr_delete(&s->qr, k);
    g->size--;
    for (; k < g->size; k++) {
        g->set[k] = g->set[k + 1];
        g->c[k] = g->c[k + 1];
        s->z[k] = s->z[k + 1];
    }
}

/* c moves towards the least squares solution z until the first coefficient is 0; that
 * row leaves; again, until all of z is positive. */
static void balance(search *s)
{
    nd_gordan *g = s->g;

    for (;;) {
        double step = 1.0;
        size_t first = g->size;

        nd_qr_residual(&s->qr, s->b, g->rho, s->z);
        for (size_t k = 0; k < g->size; k++) {
            double ratio;

            if (s->z[k] > 0.0) continue;
            ratio = g->c[k] > 0.0 ? g->c[k] / (g->c[k] - s->z[k]) : 0.0;
            if (first < g->size && ratio >= step) continue;
            step = ratio;
            first = k;
        }
        for (size_t k = 0; k < g->size; k++) g->c[k] += step * (s->z[k] - g->c[k]);
        if (first == g->size) return;
        drop(s, first);
        for (size_t k = g->size; k-- > 0;)
            if (!(g->c[k] > 0.0)) drop(s, k);
    }
}

/* Row j enters.  False when it is dependent on the set, or leaves at once. */
static bool enter(search *s, size_t j)
{
    nd_gordan *g = s->g;

    if (!nd_qr_append(&s->qr, s->p->a + j * s->p->ld, INDEPENDENT)) return false;
    s->inside[j] = true;
    g->set[g->size] = j;
    g->c[g->size++] = 0.0;
    nd_qr_residual(&s->qr, s->b, g->rho, s->z);
    if (!(s->z[g->size - 1] > 0.0)) {
        drop(s, g->size - 1);
        nd_qr_residual(&s->qr, s->b, g->rho, s->z);
        return false;
    }
    balance(s);
    return true;
}

static nd_status make(search *s)
{
    const nd_points *p = s->p;
    size_t max = p->n < p->ld ? p->n : p->ld;
    nd_gordan *g = s->g;

    s->pool_max = POOL + p->D / 4;
    s->b = ND_NEW0(s->ctx, double, p->ld);
    s->z = ND_NEW(s->ctx, double, max + 1);
    s->w = ND_NEW(s->ctx, double, p->n);
    s->pool = ND_NEW(s->ctx, size_t, s->pool_max);
    s->inside = ND_NEW0(s->ctx, bool, p->n);
    g->set = ND_NEW(s->ctx, size_t, max + 1);
    g->c = ND_NEW(s->ctx, double, max + 1);
    g->rho = ND_NEW(s->ctx, double, p->ld);
    if (!s->b || !s->z || !s->w || !s->pool || !s->inside || !g->set || !g->c || !g->rho)
        return ND_EMEM;
    s->b[p->D] = 1.0;
    memcpy(g->rho, s->b, sizeof *s->b * p->ld);
    return nd_qr_make(s->ctx, p->ld, max, &s->qr);
}

/* Takes in violated rows of the pool.  *progress: something changed. */
static void empty_pool(search *s, bool *progress)
{
    size_t j;
    double before;

    while (nd_norm2(s->p->ld, s->g->rho) > ZERO_RESIDUAL && (j = best_of_pool(s)) < s->p->n) {
        before = nd_norm2(s->p->ld, s->g->rho);
        s->g->steps++;
        if (!enter(s, j)) {
            s->w[j] = -INFINITY; /* not again before the next sweep */
            continue;
        }
        if (!(nd_norm2(s->p->ld, s->g->rho) < before)) return;
        *progress = true;
        if (nd_seconds() > s->until) return;
    }
}

static nd_status search_run(search *s)
{
    nd_status status;

    for (;;) {
        bool progress = false;

        if ((status = sweep(s)) != ND_OK) return status;
        if (s->pooled == 0) {
            s->g->end = ND_GORDAN_SEPARATED;
            return ND_OK;
        }
        empty_pool(s, &progress);
        if (nd_norm2(s->p->ld, s->g->rho) <= ZERO_RESIDUAL) {
            s->g->end = ND_GORDAN_CIRCUIT;
            return ND_OK;
        }
        if (nd_seconds() > s->until) {
            s->g->end = ND_GORDAN_TIME;
            return ND_OK;
        }
        if (!progress) {
            s->g->end = ND_GORDAN_STALLED;
            return ND_OK;
        }
    }
}

nd_status nd_gordan_run(nd_ctx *ctx, const nd_points *p, double until, nd_gordan *out)
{
    search s = {.ctx = ctx, .p = p, .until = until, .g = out};
    nd_status status;

    *out = (nd_gordan){0};
    status = make(&s);
    if (status == ND_OK) status = search_run(&s);
    nd_qr_clear(ctx, &s.qr);
    nd_free(ctx, s.b);
    nd_free(ctx, s.z);
    nd_free(ctx, s.w);
    nd_free(ctx, s.pool);
    nd_free(ctx, s.inside);
    if (status != ND_OK) nd_gordan_clear(ctx, out);
    return status;
}

void nd_gordan_clear(nd_ctx *ctx, nd_gordan *g)
{
    nd_free(ctx, g->set);
    nd_free(ctx, g->c);
    nd_free(ctx, g->rho);
    *g = (nd_gordan){0};
}
