/* Separation or Gordan's alternative by exact pivoting: for data that are separable, or
 * not, by so little that rounding hides it.
 *
 * a_i = (row_i, 1), b = (0, .., 0, 1), and b is in the cone of the a_i just when some
 * c >= 0 has sum c_i row_i = 0, sum c_i = 1.  The fundamental theorem of linear
 * inequalities, by its constructive proof (Schrijver 1986, theorem 7.1): keep a basis I
 * among the a_i;
 *     b = sum_I lambda_i a_i;  all lambda >= 0: b is in the cone.  Otherwise h is the
 *     first of I with lambda_h < 0, and u has u.a_i = 0 on I but u.a_h = 1, so u.b < 0;
 *     u.a_i >= 0 for all i: u.row_i >= -u_last > 0, separated.  Otherwise the first s
 *     with u.a_s < 0 replaces h.
 * With "first" by index no basis comes twice.  For the first GREEDY steps the largest
 * violation is taken instead, which is faster.  When b is not in the span of the a_i, a
 * vector orthogonal to them with u.b < 0 separates at once. */
#include "theory/exact_flint.h"

#include <math.h>

#include "base/memory.h"

#define GREEDY 40

typedef struct {
    const nd_exact_rows *rows;
    nd_integers x; /* with the column of ones */
    size_t rank, *I, *J;
    fmpz_mat_t u, v, lambda; /* columns x 1, m x 1, m x 1 */
    fmpz_mat_t sub, rhs, sol;
    fmpz_t den;
    long steps;
} pivoting;

static void make(pivoting *p)
{
    fmpz_mat_init(p->u, (slong)p->x.columns, 1);
    fmpz_mat_init(p->v, (slong)p->x.m, 1);
    fmpz_mat_init(p->lambda, (slong)p->x.m, 1);
    fmpz_mat_init(p->sub, (slong)p->rank, (slong)p->rank);
    fmpz_mat_init(p->rhs, (slong)p->rank, 1);
    fmpz_mat_init(p->sol, (slong)p->rank, 1);
    fmpz_init(p->den);
}

static void clear(pivoting *p)
{
    fmpz_mat_clear(p->u);
    fmpz_mat_clear(p->v);
    fmpz_mat_clear(p->lambda);
    fmpz_mat_clear(p->sub);
    fmpz_mat_clear(p->rhs);
    fmpz_mat_clear(p->sol);
    fmpz_clear(p->den);
}

/* sol := the solution of (a_I,J or its transpose) sol = rhs, times den > 0. */
static bool solve_basis(pivoting *p, bool transpose)
{
    for (size_t i = 0; i < p->rank; i++)
        for (size_t k = 0; k < p->rank; k++)
            fmpz_set(fmpz_mat_entry(p->sub, (slong)(transpose ? k : i), (slong)(transpose ? i : k)),
                     fmpz_mat_entry(p->x.a, (slong)p->I[i], (slong)p->J[k]));
    if (!nd_solve(p->sol, p->den, p->sub, p->rhs)) return false;
    if (fmpz_sgn(p->den) < 0) {
        fmpz_mat_neg(p->sol, p->sol);
        fmpz_neg(p->den, p->den);
    }
    return true;
}

/* Independent rows I and columns J of the a_i. */
static bool basis(pivoting *p)
{
    fmpz_mat_t a;
    size_t r;

    p->rank = nd_pivots_of(p->x.a, true, p->I);
    fmpz_mat_init(a, (slong)p->rank, (slong)p->x.columns);
    for (size_t i = 0; i < p->rank; i++)
        for (size_t k = 0; k < p->x.columns; k++)
            fmpz_set(fmpz_mat_entry(a, (slong)i, (slong)k),
                     fmpz_mat_entry(p->x.a, (slong)p->I[i], (slong)k));
    r = nd_pivots_of(a, false, p->J);
    fmpz_mat_clear(a);
    return r == p->rank;
}

/* lambda on the basis; false: b is not in the span (or the prime is unlucky). */
static bool coordinates(pivoting *p)
{
    bool inside = true;
    fmpz_t s;

    fmpz_mat_zero(p->rhs);
    for (size_t k = 0; k < p->rank; k++)
        if (p->J[k] == p->x.D) fmpz_one(fmpz_mat_entry(p->rhs, (slong)k, 0));
    if (!solve_basis(p, true)) return false;
    fmpz_mat_zero(p->lambda);
    for (size_t i = 0; i < p->rank; i++)
        fmpz_set(fmpz_mat_entry(p->lambda, (slong)p->I[i], 0), fmpz_mat_entry(p->sol, (slong)i, 0));
    fmpz_init(s);
    for (size_t k = 0; k < p->x.columns && inside; k++) {
        fmpz_zero(s);
        for (size_t i = 0; i < p->rank; i++)
            fmpz_addmul(s, fmpz_mat_entry(p->x.a, (slong)p->I[i], (slong)k),
                        fmpz_mat_entry(p->sol, (slong)i, 0));
        if (k == p->x.D) fmpz_sub(s, s, p->den);
        inside = fmpz_is_zero(s);
    }
    fmpz_clear(s);
    return inside;
}

/* Position in I of a negative coordinate: the first by index, or the lowest; rank: none. */
static size_t leaving(const pivoting *p)
{
    size_t h = p->rank;

    for (size_t i = 0; i < p->rank; i++) {
        const fmpz *l = fmpz_mat_entry(p->lambda, (slong)p->I[i], 0);

        if (fmpz_sgn(l) >= 0) continue;
        if (h == p->rank)
            h = i;
        else if (p->steps < GREEDY ? fmpz_cmp(l, fmpz_mat_entry(p->lambda, (slong)p->I[h], 0)) < 0
                                   : p->I[i] < p->I[h])
            h = i;
    }
    return h;
}

/* u.a_i of all rows; the row that enters, x.m when none is negative. */
static size_t entering(pivoting *p)
{
    size_t s = p->x.m;

    fmpz_mat_mul(p->v, p->x.a, p->u);
    for (size_t i = 0; i < p->x.m; i++) {
        const fmpz *v = fmpz_mat_entry(p->v, (slong)i, 0);

        if (fmpz_sgn(v) >= 0) continue;
        if (s == p->x.m ||
            (p->steps < GREEDY && fmpz_cmp(v, fmpz_mat_entry(p->v, (slong)s, 0)) < 0))
            s = i;
    }
    return s;
}

/* u: zero off J, u.a_I = e_h. */
static bool direction(pivoting *p, size_t h)
{
    fmpz_mat_zero(p->rhs);
    fmpz_one(fmpz_mat_entry(p->rhs, (slong)h, 0));
    if (!solve_basis(p, false)) return false;
    fmpz_mat_zero(p->u);
    for (size_t k = 0; k < p->rank; k++)
        fmpz_set(fmpz_mat_entry(p->u, (slong)p->J[k], 0), fmpz_mat_entry(p->sol, (slong)k, 0));
    return true;
}

/* b is off the span of the a_i: u orthogonal to them with u.b = -1 has u.row_i = 1 for
 * all rows.  Solved as sum over J of a_I,J u_J = 1, u_last = -1, u = 0 elsewhere; D is
 * not in J then (else b's last entry could be matched), and all rows are checked. */
static bool orthogonal(pivoting *p)
{
    for (size_t k = 0; k < p->rank; k++)
        if (p->J[k] == p->x.D) return false;
    for (size_t i = 0; i < p->rank; i++) fmpz_one(fmpz_mat_entry(p->rhs, (slong)i, 0));
    if (!solve_basis(p, false)) return false;
    fmpz_mat_zero(p->u);
    for (size_t k = 0; k < p->rank; k++)
        fmpz_set(fmpz_mat_entry(p->u, (slong)p->J[k], 0), fmpz_mat_entry(p->sol, (slong)k, 0));
    fmpz_neg(fmpz_mat_entry(p->u, (slong)p->x.D, 0), p->den);
    fmpz_mat_mul(p->v, p->x.a, p->u);
    return fmpz_mat_is_zero(p->v) != 0;
}

/* u as doubles, the largest about 1: column k was multiplied by 2^-expo[k]. */
static void rounded(const pivoting *p, double *u)
{
    long top = LONG_MIN;

    for (int pass = 0; pass < 2; pass++)
        for (size_t k = 0; k < p->x.D; k++) {
            slong e;
            double m = fmpz_get_d_2exp(&e, fmpz_mat_entry(p->u, (slong)k, 0));
            long all = e - p->x.expo[k];

            if (pass == 0 && m != 0.0 && all > top) top = all;
            if (pass == 1) u[k] = m == 0.0 || all - top < -1100 ? 0.0 : ldexp(m, (int)(all - top));
        }
}

static nd_status run(nd_ctx *ctx, pivoting *p, double until, nd_truth *truth, double *u,
                     nd_circuit *out)
{
    double cost = 2.0 * nd_solve_seconds(p->rank, p->x.bits);
    bool ok;

    for (; nd_seconds() + cost <= until; p->steps++) {
        size_t h, s;

        if (nd_cancelled(ctx)) return ND_ECANCEL;
        if (!coordinates(p)) {
            if (p->steps > 0 || !orthogonal(p)) return ND_OK;
            rounded(p, u);
            *truth = ND_PROVED;
            return ND_OK;
        }
        if ((h = leaving(p)) == p->rank) {
            nd_status status = nd_circuit_from(ctx, p->rows, &p->x, p->x.D, p->lambda, out, &ok);

            if (status == ND_OK && ok) *truth = ND_REFUTED;
            return status;
        }
        if (!direction(p, h)) return ND_OK;
        if ((s = entering(p)) == p->x.m) {
            rounded(p, u);
            *truth = ND_PROVED;
            return ND_OK;
        }
        p->I[h] = s;
    }
    return ND_OK;
}

nd_status nd_exact_separate(nd_ctx *ctx, const nd_exact_rows *rows, double until, nd_truth *truth,
                            double *u, nd_circuit *out)
{
    pivoting p = {.rows = rows};
    nd_status status;
    bool ok;

    *truth = ND_UNKNOWN;
    status = nd_integers_make(ctx, rows, NULL, true, &p.x, &ok);
    if (status != ND_OK || !ok) return status;
    p.I = ND_NEW(ctx, size_t, p.x.m + p.x.columns);
    p.J = ND_NEW(ctx, size_t, p.x.m + p.x.columns);
    if (!p.I || !p.J) {
        status = ND_EMEM;
    } else if (nd_seconds() + nd_solve_seconds(p.x.columns, p.x.bits) <= until && basis(&p)) {
        make(&p);
        status = run(ctx, &p, until, truth, u, out);
        clear(&p);
    }
    nd_free(ctx, p.I);
    nd_free(ctx, p.J);
    nd_integers_clear(ctx, &p.x);
    return status;
}
