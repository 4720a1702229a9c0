/* The simplex method against programs with known answers, against all bases of small random ones,
 * and by the certificate of optimality (a dual solution). */
#include <math.h>
#include <string.h>

#include "gallery/lp.h"

#include "../support.h"

static nd_lp_end solve(size_t m, size_t n, const double *A, const double *b, const double *c,
                       double *x)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    nd_lp_end end = ND_LP_LIMIT;

    nd_assert_ok(ctx, nd_lp_maximise(ctx, m, n, A, b, c, x, &end));
    nd_ctx_destroy(ctx);
    return end;
}

static double dot(size_t n, const double *a, const double *b)
{
    double sum = 0.0;

    for (size_t k = 0; k < n; k++) sum += a[k] * b[k];
    return sum;
}

/* max 3x + 5y, x <= 4, 2y <= 12, 3x + 2y <= 18 (Dantzig's example): 36 at (2, 6). */
static void textbook(void **state)
{
    const double A[] = {1, 0, 1, 0, 0, 0, 2, 0, 1, 0, 3, 2, 0, 0, 1}, b[] = {4, 12, 18},
                 c[] = {3, 5, 0, 0, 0};
    double x[5];

    (void)state;
    assert_int_equal(solve(3, 5, A, b, c, x), ND_LP_OPTIMAL);
    nd_assert_close(x[0], 2.0, 1e-8, 1.0);
    nd_assert_close(x[1], 6.0, 1e-8, 1.0);
}

/* Rows of any size and sign mean the same. */
static void scaled(void **state)
{
    const double A[] = {-1e6, 0, -1e6, 0, 0, 0, 2e-6, 0, 1e-6, 0, 3, 2, 0, 0, 1},
                 b[] = {-4e6, 12e-6, 18}, c[] = {3, 5, 0, 0, 0};
    double x[5];

    (void)state;
    assert_int_equal(solve(3, 5, A, b, c, x), ND_LP_OPTIMAL);
    nd_assert_close(dot(5, c, x), 36.0, 1e-8, 1.0);
}

static void no_answer(void **state)
{
    const double sum[] = {1, 1}, minus[] = {-1}, three[] = {-3}, c[] = {1, 0};
    const double differ[] = {1, -1}, zero[] = {0};
    const double twice[] = {1, 1, 1, 1}, apart[] = {1, 2};
    double x[2] = {7, 7};

    (void)state;
    assert_int_equal(solve(1, 2, sum, minus, c, x), ND_LP_INFEASIBLE);
    assert_int_equal(solve(1, 2, sum, three, c, x), ND_LP_INFEASIBLE);
    assert_int_equal(solve(2, 2, twice, apart, c, x), ND_LP_INFEASIBLE);
    assert_int_equal(solve(1, 2, differ, zero, c, x), ND_LP_UNBOUNDED);
    assert_true(x[0] == 7.0 && x[1] == 7.0);
}

/* Beale's program, on which Dantzig's rule cycles when nothing is done about it; 1/20. */
static void cycling(void **state)
{
    const double A[] = {.25, -60, -1. / 25, 9, 1, 0, 0, .5, -90, -1. / 50, 3,
                        0,   1,   0,        0, 0, 1, 0, 0,  0,   1};
    const double b[] = {0, 0, 1}, c[] = {.75, -150, .02, -6, 0, 0, 0};
    double x[7];

    (void)state;
    assert_int_equal(solve(3, 7, A, b, c, x), ND_LP_OPTIMAL);
    nd_assert_close(dot(7, c, x), 0.05, 1e-6, 1.0);
}

/* Rows that say the same twice leave an artificial variable in the basis at 0. */
static void redundant(void **state)
{
    const double A[] = {1, 1, 1, 2, 2, 2}, b[] = {1, 2}, c[] = {1, 3, 2};
    double x[3];

    (void)state;
    assert_int_equal(solve(2, 3, A, b, c, x), ND_LP_OPTIMAL);
    nd_assert_close(dot(3, c, x), 3.0, 1e-7, 1.0);
}

enum { M = 3, N = 7 };

/* The solution of the 3 columns by Cramer's rule; false: singular or not >= 0. */
static bool basis(const double *A, const double *b, const size_t k[M], double x[M])
{
    double B[9], det[4];

    for (int col = 0; col <= 3; col++) {
        for (size_t i = 0; i < M; i++)
            for (size_t j = 0; j < M; j++)
                B[i * 3 + j] = col > 0 && j == (size_t)col - 1 ? b[i] : A[i * N + k[j]];
        det[col] = B[0] * (B[4] * B[8] - B[5] * B[7]) - B[1] * (B[3] * B[8] - B[5] * B[6]) +
                   B[2] * (B[3] * B[7] - B[4] * B[6]);
    }
    if (fabs(det[0]) < 1e-9) return false;
    for (int j = 0; j < 3; j++) {
        x[j] = det[j + 1] / det[0];
        if (x[j] < -1e-9) return false;
    }
    return true;
}

/* The best vertex; -INFINITY: there is none. */
static double best_vertex(const double *A, const double *b, const double *c)
{
    double best = -INFINITY, x[M];

    for (size_t i = 0; i < N; i++)
        for (size_t j = i + 1; j < N; j++)
            for (size_t k = j + 1; k < N; k++)
                if (basis(A, b, (size_t[]){i, j, k}, x))
                    best = fmax(best, c[i] * x[0] + c[j] * x[1] + c[k] * x[2]);
    return best;
}

/* The first row has positive entries: the set is bounded. */
static void brute_force(void **state)
{
    nd_rng r = nd_rng_make(5, 0);
    int optimal = 0, infeasible = 0;

    (void)state;
    for (int trial = 0; trial < 2000; trial++) {
        double A[M * N], b[M], c[N], x[N], best;
        bool whole = trial % 2; /* small integers: ties, zeros */

        for (size_t k = 0; k < M * N; k++)
            A[k] = whole ? (double)nd_rng_below(&r, 7) - 3.0 : 2.0 * nd_rng_uniform(&r) - 1.0;
        for (size_t k = 0; k < N; k++) A[k] = fabs(A[k]) + 0.5;
        for (size_t k = 0; k < N; k++) c[k] = 2.0 * nd_rng_uniform(&r) - 1.0;
        b[0] = 1.0 + nd_rng_uniform(&r);
        for (size_t k = 1; k < M; k++)
            b[k] = whole ? (double)nd_rng_below(&r, 3) - 1.0 : nd_rng_uniform(&r) - 0.5;
        best = best_vertex(A, b, c);
        nd_lp_end end = solve(M, N, A, b, c, x);
        if (best == -INFINITY) {
            assert_int_equal(end, ND_LP_INFEASIBLE);
            infeasible++;
            continue;
        }
        assert_int_equal(end, ND_LP_OPTIMAL);
        nd_assert_close(dot(N, c, x), best, 1e-6, 1.0);
        for (size_t i = 0; i < M; i++) nd_assert_close(dot(N, A + i * N, x), b[i], 1e-7, 1.0);
        for (size_t k = 0; k < N; k++) assert_true(x[k] >= 0.0);
        optimal++;
    }
    assert_true(optimal > 500 && infeasible > 100);
}

static nd_status scenario(nd_ctx *ctx, void *arg)
{
    const double A[] = {1, 1}, b[] = {1}, c[] = {1, 2};
    double x[2];
    nd_lp_end end;

    (void)arg;
    return nd_lp_maximise(ctx, 1, 2, A, b, c, x, &end);
}

static void without_memory(void **state)
{
    (void)state;
    assert_int_equal(nd_test_every_allocation(scenario, NULL), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(textbook),       cmocka_unit_test(scaled),
        cmocka_unit_test(no_answer),      cmocka_unit_test(cycling),
        cmocka_unit_test(redundant),      cmocka_unit_test(brute_force),
        cmocka_unit_test(without_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
