/* The two-phase simplex method on a dense tableau (Dantzig's rule).
 *
 *   maximise c.x,  A x = b,  x >= 0
 *
 * Rows are scaled and signed so that b >= 0, and b is raised by tiny amounts that differ from row
 * to row: right sides that are 0 would make the method cycle.  One artificial variable in
 * each row is driven out first. */
#include "gallery/lp.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"

#define TINY    1e-9
#define SHIFT   1e-10 /* of right sides, in scaled rows */
#define STEPS   4000
#define COLUMNS (n + m + 1) /* x, artificial, right side */

/* T: (m + 1) x COLUMNS; the last row holds the reduced costs. */
typedef struct {
    size_t m, n;
    double *T;
    size_t *basis; /* m: the column that is basic in each row */
} tableau;

static double *row_of(const tableau *t, size_t i)
{
    return t->T + i * (t->n + t->m + 1);
}

static void fill(tableau *t, const double *A, const double *b)
{
    size_t m = t->m, n = t->n;

    for (size_t i = 0; i < m; i++) {
        double *row = row_of(t, i), most = fabs(b[i]), scale;

        for (size_t j = 0; j < n; j++) most = fmax(most, fabs(A[i * n + j]));
        scale = most > 0.0 ? 1.0 / most : 1.0;
        if (b[i] < 0.0) scale = -scale;
        for (size_t j = 0; j < n; j++) row[j] = scale * A[i * n + j];
        for (size_t j = 0; j < m; j++) row[n + j] = i == j;
        row[n + m] = scale * b[i] + SHIFT * (1.0 + (double)((i * 7919) % 101) / 101.0);
        t->basis[i] = n + i;
    }
}

/* The last row: costs minus their combination that makes basic columns 0. */
static void price(tableau *t, const double *c, bool artificial)
{
    size_t m = t->m, n = t->n;
    double *z = row_of(t, m);

    for (size_t j = 0; j < COLUMNS; j++) z[j] = 0.0;
    for (size_t j = 0; !artificial && j < n; j++) z[j] = c[j];
    for (size_t j = 0; artificial && j < m; j++) z[n + j] = -1.0;
    for (size_t i = 0; i < m; i++) {
        size_t k = t->basis[i];
        double cost = artificial ? (k >= n ? -1.0 : 0.0) : (k < n ? c[k] : 0.0);
        const double *row = row_of(t, i);

        for (size_t j = 0; cost != 0.0 && j < COLUMNS; j++) z[j] -= cost * row[j];
    }
}

static void pivot(tableau *t, size_t r, size_t s)
{
    size_t width = t->n + t->m + 1;
    double *pr = row_of(t, r), p = pr[s];

    for (size_t j = 0; j < width; j++) pr[j] /= p;
    for (size_t i = 0; i <= t->m; i++) {
        double *row = row_of(t, i), f = row[s];

        if (i == r || f == 0.0) continue;
        for (size_t j = 0; j < width; j++) row[j] -= f * pr[j];
        row[s] = 0.0;
    }
    t->basis[r] = s;
}

/* The largest reduced cost among the columns below limit; limit: none is positive. */
static size_t entering(const tableau *t, size_t limit)
{
    const double *z = row_of(t, t->m);
    size_t best = limit;
    double most = TINY;

    for (size_t j = 0; j < limit; j++)
        if (z[j] > most) {
            most = z[j];
            best = j;
        }
    return best;
}

/* The row that limits column s first; m: none does. */
static size_t leaving(const tableau *t, size_t s)
{
    size_t best = t->m;
    double least = INFINITY;

    for (size_t i = 0; i < t->m; i++) {
        const double *row = row_of(t, i);
        double ratio = row[t->n + t->m] / row[s];

        if (row[s] > TINY && ratio < least) {
            least = ratio;
            best = i;
        }
    }
    return best;
}

static nd_lp_end iterate(tableau *t, size_t limit)
{
    for (int step = 0; step < STEPS; step++) {
        size_t s = entering(t, limit), r;

        if (s == limit) return ND_LP_OPTIMAL;
        r = leaving(t, s);
        if (r == t->m) return ND_LP_UNBOUNDED;
        pivot(t, r, s);
    }
    return ND_LP_LIMIT;
}

/* Phase 1: artificial variables to 0, and out of the basis where anything can replace them. */
static bool feasible(tableau *t)
{
    double rest = 0.0;

    price(t, NULL, true);
    if (iterate(t, t->n) != ND_LP_OPTIMAL) return false;
    for (size_t i = 0; i < t->m; i++)
        if (t->basis[i] >= t->n) rest += row_of(t, i)[t->n + t->m];
    if (rest > 1e-7) return false;
    for (size_t i = 0; i < t->m; i++) {
        const double *row = row_of(t, i);

        for (size_t j = 0; t->basis[i] >= t->n && j < t->n; j++)
            if (fabs(row[j]) > 1e-7) pivot(t, i, j);
    }
    return true;
}

nd_status nd_lp_maximise(nd_ctx *ctx, size_t m, size_t n, const double *A, const double *b,
                         const double *c, double *x, nd_lp_end *end)
{
    tableau t = {m, n, ND_NEW(ctx, double, (m + 1) * COLUMNS), ND_NEW(ctx, size_t, m)};
    nd_status status = t.T && t.basis ? ND_OK : ND_EMEM;

    if (status == ND_OK) {
        fill(&t, A, b);
        *end = ND_LP_INFEASIBLE;
        if (feasible(&t)) {
            price(&t, c, false);
            *end = iterate(&t, n);
        }
        if (*end == ND_LP_OPTIMAL) {
            memset(x, 0, n * sizeof *x);
            for (size_t i = 0; i < m; i++)
                if (t.basis[i] < n) x[t.basis[i]] = fmax(0.0, row_of(&t, i)[n + m]);
        }
    }
    nd_free(ctx, t.T);
    nd_free(ctx, t.basis);
    return status;
}
