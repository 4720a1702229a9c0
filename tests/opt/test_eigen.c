/* Eigenpairs: golden values, bounds that hold, products counted against ARPACK.
 * EVIDENCE: docs/optimisers.md, "Eigenpairs". */
#include "golden_eigen.h"

#include <nadir/opt.h>

#include "../support.h"

#define N 1000

static double hilbert(size_t i, size_t j)
{
    return 1.0 / (double)(i + j + 1);
}

static double minij(size_t i, size_t j)
{
    return (double)((i < j ? i : j) + 1);
}

static double residues(size_t i, size_t j)
{
    return (double)((i * j) % 7) - 3.0;
}

static double multiple(size_t i, size_t j)
{
    return i == j ? 3.0 : 1.0;
}

static double clustered(size_t i, size_t j)
{
    return (i == j ? 1.0 : 0.0) + 0x1p-27 * minij(i, j);
}

static double wilkinson(size_t i, size_t j)
{
    if (i == j) return fabs((double)i - 10.0);
    return i + 1 == j || j + 1 == i ? 1.0 : 0.0;
}

static double zero(size_t i, size_t j)
{
    (void)i, (void)j;
    return 0.0;
}

static const double golden_zero[5] = {0}, golden_one[1] = {1.0};

static const struct {
    double (*entry)(size_t, size_t);
    size_t n;
    const double *values;
} cases[] = {
    {hilbert, 8, golden_hilbert},     {minij, 30, golden_minij},
    {residues, 12, golden_residues},  {multiple, 10, golden_multiple},
    {clustered, 6, golden_clustered}, {wilkinson, 21, golden_wilkinson},
    {zero, 5, golden_zero},           {hilbert, 1, golden_one},
};

#define CASES (sizeof cases / sizeof *cases)

static void fill(size_t c, double *A)
{
    size_t n = cases[c].n;

    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) A[i * n + j] = cases[c].entry(i, j);
}

typedef struct {
    size_t n, calls, fail_at;
    const double *A;
} dense;

static nd_status multiply(void *self, const double *v, double *av)
{
    dense *d = self;

    if (++d->calls == d->fail_at) return ND_ECANCEL;
    for (size_t i = 0; i < d->n; i++) {
        av[i] = 0.0;
        for (size_t j = 0; j < d->n; j++) av[i] += d->A[i * d->n + j] * v[j];
    }
    return ND_OK;
}

static double norm(const double *values, size_t n)
{
    return fmax(fabs(values[0]), fabs(values[n - 1]));
}

static void test_dense_values(void **state)
{
    nd_ctx *ctx = nd_ctx_create(NULL);

    (void)state;
    for (size_t c = 0; c < CASES; c++) {
        size_t n = cases[c].n;
        double A[900], V[900], values[30], error, with;
        fill(c, A);
        nd_assert_ok(ctx, nd_eigen_dense(ctx, n, A, values, NULL, &error));
        for (size_t i = 0; i < n; i++)
            assert_true(fabs(values[i] - cases[c].values[i]) <= error + 1e-16 * fabs(values[i]));
        assert_true(error <= 1e-13 * norm(values, n));
        fill(c, A);
        nd_assert_ok(ctx, nd_eigen_dense(ctx, n, A, values, V, &with));
        for (size_t i = 0; i < n; i++)
            assert_true(fabs(values[i] - cases[c].values[i]) <= with + 1e-16 * fabs(values[i]));
        assert_true(with <= 1e-12 * norm(values, n));
    }
    nd_ctx_destroy(ctx);
}

/* Row j of V is an eigenvector of values[j]. */
static void test_dense_vectors(void **state)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    double A[900], V[900], B[900], values[30], av[30], error;

    (void)state;
    for (size_t c = 0; c < CASES; c++) {
        size_t n = cases[c].n;
        dense d = {n, 0, 0, B};
        fill(c, A);
        fill(c, B);
        nd_assert_ok(ctx, nd_eigen_dense(ctx, n, A, values, V, &error));
        for (size_t j = 0; j < n; j++) {
            double size = 0.0;
            multiply(&d, V + j * n, av);
            for (size_t i = 0; i < n; i++) {
                size += V[j * n + i] * V[j * n + i];
                assert_true(fabs(av[i] - values[j] * V[j * n + i]) <= 1e-13 * norm(values, n));
            }
            nd_assert_close(size, 1.0, 1e-13, 1.0);
        }
    }
    nd_ctx_destroy(ctx);
}

static void test_dense_not_finite(void **state)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    double A[4] = {1.0, NAN, NAN, 1.0}, values[2] = {7.0, 7.0}, error = 7.0;

    (void)state;
    nd_assert_status(ctx, nd_eigen_dense(ctx, 2, A, values, NULL, &error), ND_ENUMERIC);
    assert_true(error == 7.0);
    assert_non_null(strstr(nd_errmsg(ctx), "order 2"));
    nd_ctx_destroy(ctx);
}

/* Both ends, from a random start and from the eigenvector of the other end. */
static void test_lanczos_golden(void **state)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    double A[900], x[30], start[30];

    (void)state;
    for (size_t c = 0; c < CASES; c++) {
        size_t n = cases[c].n;
        dense d = {n, 0, 0, A};
        fill(c, A);
        for (int k = 0; k < 4; k++) {
            int want = k % 2 ? 1 : -1;
            double exact = cases[c].values[want < 0 ? 0 : n - 1];
            nd_eigen e;
            nd_assert_ok(ctx, nd_eigen_lanczos(ctx, n, multiply, &d, want, 1e-13, 1000,
                                               k < 2 ? NULL : start, &e, x));
            assert_true(fabs(e.value - exact) <= e.error + 1e-16);
            assert_true(e.error <= 1e-12 * fmax(norm(cases[c].values, n), 1e-300));
            assert_true(e.converged);
            /* The next start, for the other end. */
            memcpy(start, x, sizeof x);
        }
    }
    nd_ctx_destroy(ctx);
}

/* ---- products, against eigsh ----------------------------------------------------- */

static nd_status diagonal(void *self, const double *v, double *av)
{
    const double *lambda = self;

    for (size_t i = 0; i < N; i++) av[i] = lambda[i] * v[i];
    return ND_OK;
}

static long products(nd_ctx *ctx, const double *lambda, double smallest)
{
    double x[N];
    nd_eigen e;

    nd_assert_ok(ctx, nd_eigen_lanczos(ctx, N, diagonal, (void *)(uintptr_t)lambda, -1, 1e-10,
                                       100000, NULL, &e, x));
    assert_true(e.converged);
    assert_true(fabs(e.value - smallest) <= e.error);
    assert_true(e.error <= 3e-10);
    return e.products;
}

static void test_lanczos_products(void **state)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    double uniform[N], edge[N], indefinite[N], bulk[N];
    long p[4];

    (void)state;
    for (size_t i = 0; i < N; i++) {
        double t = (double)i;
        uniform[i] = (t + 1.0) / N;
        edge[i] = i == 0 ? 0.05 : 0.06 + t / N;
        indefinite[i] = i == 0 ? -0.01 : i < 500 ? 0.0 : t / N;
        bulk[i] = i == 0 ? -1.0 : 1.0 + t / N;
    }
    p[0] = products(ctx, uniform, 1.0 / N);
    p[1] = products(ctx, edge, 0.05);
    p[2] = products(ctx, indefinite, -0.01);
    p[3] = products(ctx, bulk, -1.0);
    print_message("products (eigsh): uniform %ld (%d), edge %ld (%d), indefinite %ld (%d), "
                  "bulk %ld (%d)\n",
                  p[0], EIGSH_UNIFORM, p[1], EIGSH_EDGE, p[2], EIGSH_INDEFINITE, p[3], EIGSH_BULK);
    /* One product more is the price of the residual, which eigsh does not check. */
    assert_true(p[0] <= EIGSH_UNIFORM + 1);
    assert_true(p[1] <= EIGSH_EDGE + 1);
    assert_true(p[2] <= EIGSH_INDEFINITE + 1);
    assert_true(p[3] <= EIGSH_BULK + 1);
    nd_ctx_destroy(ctx);
}

/* ---- limits and failures ------------------------------------------------------------ */

static void test_lanczos_limit(void **state)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    double lambda[N], x[N];
    nd_eigen e;

    (void)state;
    for (size_t i = 0; i < N; i++) lambda[i] = (double)i;
    nd_assert_ok(ctx, nd_eigen_lanczos(ctx, N, diagonal, lambda, -1, 1e-12, 10, NULL, &e, x));
    assert_int_equal(e.products, 10);
    assert_false(e.converged);
    /* Some eigenvalue is within the error: they are 1 apart, so that says much. */
    assert_true(fabs(e.value - round(e.value)) <= e.error);
    nd_ctx_destroy(ctx);
}

static void test_lanczos_failing_product(void **state)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    double A[900], x[30] = {5.0};
    nd_eigen e = {.value = 5.0};

    (void)state;
    fill(1, A);
    for (size_t k = 1; k < 20; k++) {
        dense d = {30, 0, k, A};
        nd_assert_status(ctx, nd_eigen_lanczos(ctx, 30, multiply, &d, -1, 1e-13, 1000, NULL, &e, x),
                         ND_ECANCEL);
        assert_true(e.value == 5.0 && x[0] == 5.0);
    }
    A[0] = NAN;
    dense d = {30, 0, 0, A};
    nd_assert_status(ctx, nd_eigen_lanczos(ctx, 30, multiply, &d, -1, 1e-13, 1000, NULL, &e, x),
                     ND_ENUMERIC);
    nd_ctx_destroy(ctx);
}

/* A product with a rounding of 1e-8 says so in the error. */
static nd_status sloppy(void *self, const double *v, double *av)
{
    dense *d = self;
    nd_status status = multiply(d, v, av);

    for (size_t i = 0; i < d->n; i++) av[i] += 1e-8 * sin(1e6 * v[i] + (double)i);
    return status;
}

static void test_lanczos_rounding(void **state)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    double A[900], x[30], ax[30], r = 0.0;
    dense d = {30, 0, 0, A};
    nd_eigen e;

    (void)state;
    fill(1, A);
    nd_assert_ok(ctx, nd_eigen_lanczos(ctx, 30, sloppy, &d, -1, 1e-13, 200, NULL, &e, x));
    /* More than the residual of the pair, which a lucky rounding can make small. */
    sloppy(&d, x, ax);
    for (size_t i = 0; i < 30; i++) r = hypot(r, ax[i] - e.value * x[i]);
    assert_true(e.error >= r + 1e-9);
    assert_true(fabs(e.value - golden_minij[0]) <= e.error);
    nd_ctx_destroy(ctx);
}

static nd_status scenario(nd_ctx *ctx, void *arg)
{
    double A[900], V[900], values[30], error, x[N], lambda[N];
    nd_eigen e;
    nd_status status;

    (void)arg;
    fill(1, A);
    for (size_t i = 0; i < N; i++) lambda[i] = (double)i; /* needs restarts */
    status = nd_eigen_dense(ctx, 30, A, values, V, &error);
    if (status == ND_OK)
        status = nd_eigen_lanczos(ctx, N, diagonal, lambda, -1, 1e-9, 400, NULL, &e, x);
    return status;
}

static void test_memory(void **state)
{
    (void)state;
    assert_true(nd_test_every_allocation(scenario, NULL) > 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dense_values),
        cmocka_unit_test(test_dense_vectors),
        cmocka_unit_test(test_dense_not_finite),
        cmocka_unit_test(test_lanczos_golden),
        cmocka_unit_test(test_lanczos_products),
        cmocka_unit_test(test_lanczos_limit),
        cmocka_unit_test(test_lanczos_failing_product),
        cmocka_unit_test(test_lanczos_rounding),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
