/* The assignment problem min sum_j cost[j][to[j]] by shortest augmenting paths (the
 * Hungarian method; Jonker and Volgenant 1987), O(n^3), with a proved lower bound: for any
 * u, v with u_j + v_k <= cost[j][k] + s, every assignment costs >= sum u + sum v - n s. */
#include "base/memory.h"
#include "map/symmetry.h"

#include <math.h>
#include <string.h>

typedef struct {
    size_t n;
    const double *cost;
    double *u, *v, *slack; /* n + 1 each; column 0 is where a path begins  */
    size_t *row, *from;    /* row of a column (from 1; 0: none), the path  */
    bool *used;
} assignment;

static double reduced(const assignment *a, size_t j, size_t k)
{
    return a->cost[(j - 1) * a->n + k - 1] - a->u[j] - a->v[k];
}

/* One more column on the path: the nearest one. */
static size_t step(assignment *a, size_t at)
{
    size_t j = a->row[at], next = 0;
    double delta = INFINITY;

    a->used[at] = true;
    for (size_t k = 1; k <= a->n; k++) {
        double c;

        if (a->used[k]) continue;
        c = reduced(a, j, k);
        if (c < a->slack[k]) {
            a->slack[k] = c;
            a->from[k] = at;
        }
        if (next == 0 || a->slack[k] < delta) {
            delta = a->slack[k];
            next = k;
        }
    }
    for (size_t k = 0; k <= a->n; k++)
        if (a->used[k]) {
            a->u[a->row[k]] += delta;
            a->v[k] -= delta;
        } else {
            a->slack[k] -= delta;
        }
    return next;
}

static void insert(assignment *a, size_t j)
{
    size_t at = 0;

    a->row[0] = j;
    for (size_t k = 0; k <= a->n; k++) {
        a->slack[k] = INFINITY;
        a->used[k] = false;
    }
    do {
        at = step(a, at);
    } while (a->row[at] != 0);
    for (; at != 0; at = a->from[at]) a->row[at] = a->row[a->from[at]];
}

static double proved_least(const assignment *a)
{
    double sum = 0.0, size = 0.0, excess = 0.0;

    for (size_t k = 1; k <= a->n; k++) {
        sum += a->u[k] + a->v[k];
        size += fabs(a->u[k]) + fabs(a->v[k]);
    }
    for (size_t j = 1; j <= a->n; j++)
        for (size_t k = 1; k <= a->n; k++)
            excess = fmax(excess, -reduced(a, j, k) + 0x1p-51 * (fabs(a->u[j]) + fabs(a->v[k])));
    /* sums of 2n numbers: less than 2n roundings of size */
    sum -= (double)a->n * excess * (1.0 + 0x1p-50) + (double)(2 * a->n + 4) * 0x1p-53 * size;
    return sum > 0.0 ? sum : 0.0;
}

nd_status nd_assign(nd_ctx *ctx, size_t n, const double *cost, size_t *to, double *least)
{
    assignment a = {.n = n, .cost = cost};
    nd_status status = ND_OK;

    a.u = ND_NEW0(ctx, double, 3 * (n + 1));
    a.row = ND_NEW0(ctx, size_t, 2 * (n + 1));
    a.used = ND_NEW0(ctx, bool, n + 1);
    if (!a.u || !a.row || !a.used) ND_TRY(ND_EMEM);
    a.v = a.u + n + 1;
    a.slack = a.v + n + 1;
    a.from = a.row + n + 1;
    for (size_t j = 1; j <= n; j++) insert(&a, j);
    for (size_t k = 1; k <= n; k++) to[a.row[k] - 1] = k - 1;
    *least = proved_least(&a);
done:
    nd_free(ctx, a.u);
    nd_free(ctx, a.row);
    nd_free(ctx, a.used);
    return status;
}
