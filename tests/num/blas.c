/* The BLAS shim against naive loops, and its factorisations by their residuals.
 * Compiled once for the implementation that is linked and once for the reference. */
#include "../support.h"

#include "base/memory.h"
#include "base/par.h"
#include "num/blas.h"
#include "num/tile.h"

#define MAXN 150

static double *array(size_t n)
{
    double *p = malloc((n + 1) * sizeof *p);

    assert_non_null(p);
    return p;
}

static double *random_array(size_t n, nd_rng *r)
{
    double *p = array(n);

    for (size_t i = 0; i < n; i++) p[i] = 2.0 * nd_rng_uniform(r) - 1.0;
    return p;
}

/* (A B) of op(A), op(B), column-major. */
static double naive(bool ta, bool tb, size_t k, const double *A, size_t lda, const double *B,
                    size_t ldb, size_t i, size_t j)
{
    double s = 0.0;

    for (size_t p = 0; p < k; p++)
        s += (ta ? A[i * lda + p] : A[p * lda + i]) * (tb ? B[p * ldb + j] : B[j * ldb + p]);
    return s;
}

static void one_gemm(bool ta, bool tb, size_t m, size_t n, size_t k, double beta, nd_rng *r)
{
    size_t lda = (ta ? k : m) + 2, ldb = (tb ? n : k) + 1, ldc = m + 3;
    double *A = random_array(lda * (ta ? m : k), r), *B = random_array(ldb * (tb ? k : n), r);
    double *C = random_array(ldc * n, r), *C0 = array(ldc * n);

    memcpy(C0, C, ldc * n * sizeof *C);
    if (beta == 0.0)
        for (size_t i = 0; i < ldc * n; i++) C[i] = NAN; /* must not be read */
    nd_blas_gemm(ta, tb, m, n, k, 0.75, A, lda, B, ldb, beta, C, ldc);
    for (size_t j = 0; j < n; j++)
        for (size_t i = 0; i < m; i++) {
            double w = 0.75 * naive(ta, tb, k, A, lda, B, ldb, i, j) + beta * C0[j * ldc + i];
            nd_assert_close(C[j * ldc + i], w, 1e-13, (double)(k + 1));
        }
    free(A);
    free(B);
    free(C);
    free(C0);
}

static void gemm(void **state)
{
    static const size_t size[] = {1, 3, 4, 5, 8, 17, 33};
    nd_rng r = nd_rng_make(6, 0);

    (void)state;
    for (int t = 0; t < 4; t++)
        for (size_t a = 0; a < 7; a++)
            for (size_t b = 0; b < 7; b++)
                for (size_t c = 0; c < 7; c++)
                    one_gemm(t & 1, t & 2, size[a], size[b], size[c], c % 2 ? -0.5 : 0.0, &r);
}

static void syrk(void **state)
{
    static const size_t size[] = {1, 2, 4, 7, 20, 41};
    nd_rng r = nd_rng_make(6, 1);

    (void)state;
    for (size_t a = 0; a < 6; a++)
        for (size_t b = 0; b < 6; b++) {
            size_t n = size[a], k = size[b], lda = k + 1, ldc = n + 2;
            double *A = random_array(lda * n, &r), *C = random_array(ldc * n, &r),
                   *C0 = array(ldc * n);

            memcpy(C0, C, ldc * n * sizeof *C);
            nd_blas_syrk(n, k, 2.0, A, lda, 0.25, C, ldc);
            for (size_t j = 0; j < n; j++)
                for (size_t i = 0; i < n; i++) {
                    double w =
                        2.0 * naive(true, false, k, A, lda, A, lda, i, j) + 0.25 * C0[j * ldc + i];
                    if (i < j)
                        assert_true(C[j * ldc + i] == C0[j * ldc + i]); /* upper: untouched */
                    else
                        nd_assert_close(C[j * ldc + i], w, 1e-13, (double)(k + 1));
                }
            free(A);
            free(C);
            free(C0);
        }
}

static void gemv(void **state)
{
    nd_rng r = nd_rng_make(6, 2);

    (void)state;
    for (size_t m = 1; m < 20; m += 3)
        for (size_t n = 1; n < 20; n += 4)
            for (int t = 0; t <= 1; t++) {
                size_t lda = m + 1, nx = t ? m : n, ny = t ? n : m;
                double *A = random_array(lda * n, &r), *x = random_array(nx, &r);
                double *y = random_array(ny, &r), *y0 = array(ny), *z = array(ny);

                memcpy(y0, y, ny * sizeof *y);
                for (size_t i = 0; i < ny; i++) z[i] = NAN;
                nd_blas_gemv(t, m, n, -1.5, A, lda, x, 0.5, y);
                nd_blas_gemv(t, m, n, -1.5, A, lda, x, 0.0, z);
                for (size_t i = 0; i < ny; i++) {
                    double w = -1.5 * naive(t, false, nx, A, lda, x, nx, i, 0);
                    nd_assert_close(z[i], w, 1e-13, 20.0);
                    nd_assert_close(y[i], w + 0.5 * y0[i], 1e-13, 20.0);
                }
                free(A);
                free(x);
                free(y);
                free(y0);
                free(z);
            }
}

/* A := B' B + I / 10, lower triangle; the upper one is NaN and must not be read. */
static double *positive(size_t n, size_t lda, nd_rng *r)
{
    double *B = random_array(n * n, r), *A = array(lda * n);

    for (size_t i = 0; i < lda * n; i++) A[i] = NAN;
    for (size_t j = 0; j < n; j++)
        for (size_t i = j; i < n; i++)
            A[j * lda + i] = naive(true, false, n, B, n, B, n, i, j) + (i == j ? 0.1 : 0.0);
    free(B);
    return A;
}

static void cholesky(void **state)
{
    static const size_t size[] = {0, 1, 2, 3, 10, 47, 48, 49, 100, MAXN};
    nd_rng r = nd_rng_make(6, 3);

    (void)state;
    for (size_t s = 0; s < sizeof size / sizeof size[0]; s++) {
        size_t n = size[s], lda = n + 1;
        double *A = positive(n, lda, &r), *L = array(lda * n), *b = random_array(n, &r),
               *x = array(n);

        memcpy(L, A, lda * n * sizeof *L);
        memcpy(x, b, n * sizeof *x);
        assert_int_equal(nd_blas_potrf(n, L, lda), 0);
        nd_blas_potrs(n, L, lda, x);
        for (size_t i = 0; i < n; i++) {
            double res = -b[i], scale = 0.0;
            for (size_t j = 0; j < n; j++) {
                double a = i >= j ? A[j * lda + i] : A[i * lda + j], w = 0.0;
                res += a * x[j];
                scale += fabs(a * x[j]);
                for (size_t k = 0; k <= j && j <= i; k++) w += L[k * lda + i] * L[k * lda + j];
                if (j <= i) nd_assert_close(w, a, 1e-13, (double)n);
            }
            assert_true(fabs(res) <= 1e-12 * (scale + 1.0) * (double)(n + 1));
        }
        free(A);
        free(L);
        free(b);
        free(x);
    }
}

/* The order of the first leading minor that is not positive, also for NaN. */
static void cholesky_fails(void **state)
{
    static const double bad[] = {-1.0, 0.0, NAN, -INFINITY, INFINITY};
    nd_rng r = nd_rng_make(6, 4);

    (void)state;
    for (size_t v = 0; v < 5; v++)
        for (size_t at = 0; at < 130; at += 43) {
            size_t n = 130;
            double *A = positive(n, n, &r);
            A[at * n + at] = bad[v];
            assert_int_equal(nd_blas_potrf(n, A, n), at + 1);
            free(A);
        }
    for (size_t at = 0; at < 129; at += 32) { /* NaN below the diagonal */
        size_t n = 130, got;
        double *A = positive(n, n, &r);
        A[at * n + 129] = NAN;
        got = nd_blas_potrf(n, A, n);
        assert_true(got > at && got <= n);
        free(A);
    }
}

/* |A v - lambda v| and |V'V - I| at rounding level, eigenvalues ascending. */
static void check_pairs(size_t n, const double *A, const double *V, const double *w, double norm)
{
    for (size_t j = 0; j < n; j++) {
        if (j > 0) assert_true(w[j - 1] <= w[j]);
        for (size_t i = 0; i < n; i++) {
            double s = -w[j] * V[j * n + i];
            for (size_t k = 0; k < n; k++)
                s += (k <= i ? A[k * n + i] : A[i * n + k]) * V[j * n + k];
            assert_true(fabs(s) <= 4e-15 * (double)(n + 10) * norm);
            s = naive(true, false, n, V, n, V, n, i, j) - (i == j ? 1.0 : 0.0);
            assert_true(fabs(s) <= 4e-15 * (double)(n + 10));
        }
    }
}

static void eigen(nd_ctx *ctx, size_t n, const double *A, double norm)
{
    double *V = array(n * n), *B = array(n * n), *w = array(n), *w2 = array(n);
    nd_status status;

    memcpy(V, A, n * n * sizeof *V);
    memcpy(B, A, n * n * sizeof *B);
    assert_int_equal(nd_blas_syev(ctx, true, n, V, n, w, &status), 0);
    nd_assert_ok(ctx, status);
    assert_int_equal(nd_blas_syev(ctx, false, n, B, n, w2, &status), 0);
    nd_assert_ok(ctx, status);
    check_pairs(n, A, V, w, norm);
    for (size_t i = 0; i < n; i++)
        assert_true(fabs(w[i] - w2[i]) <= 4e-15 * (double)(n + 10) * norm);
    free(V);
    free(B);
    free(w);
    free(w2);
}

static void eigenpairs(void **state)
{
    static const double size[] = {1.0, 0x1p-900, 0x1p900};
    nd_ctx *ctx = nd_ctx_create(NULL);
    nd_rng r = nd_rng_make(6, 5);

    (void)state;
    for (size_t n = 1; n <= 100; n = n < 6 ? n + 1 : n + 31)
        for (size_t s = 0; s < 3; s++) {
            double *A = random_array(n * n, &r);
            for (size_t i = 0; i < n * n; i++) A[i] *= size[s];
            for (size_t j = 1; j < n; j++)
                for (size_t i = 0; i < j; i++) A[j * n + i] = NAN; /* upper: not read */
            eigen(ctx, n, A, (double)n * size[s]);
            free(A);
        }
    nd_ctx_destroy(ctx);
}

/* Multiple eigenvalues, blocks, graded and diagonal matrices. */
static void eigen_special(void **state)
{
    enum { n = 40 };
    static double A[n * n];
    nd_ctx *ctx = nd_ctx_create(NULL);

    (void)state;
    for (int kind = 0; kind < 5; kind++) {
        double norm = n;
        for (size_t j = 0; j < n; j++)
            for (size_t i = 0; i < n; i++) {
                double d = i == j ? 1.0 : 0.0, v = (double)(i < j ? i : j);
                A[j * n + i] = kind == 0   ? 0.0
                               : kind == 1 ? d
                               : kind == 2 ? 1.0                                   /* rank one */
                               : kind == 3 ? ldexp(1.0 + d, -(int)(i + j))         /* graded   */
                                           : (i / 4 == j / 4 ? v - 3.0 * d : 0.0); /* blocks */
            }
        eigen(ctx, n, A, norm);
    }
    nd_ctx_destroy(ctx);
}

/* The tridiagonal matrix with diagonals d, e; its upper triangle must not be read. */
static void tridiagonal(size_t n, const double *d, const double *e, double *A)
{
    for (size_t j = 0; j < n; j++)
        for (size_t i = 0; i < n; i++)
            A[j * n + i] = i < j ? NAN : i == j ? d[j] : i == j + 1 ? e[j] : 0.0;
}

/* Blocks with equal eigenvalues, coupled by entries that are tiny but not small beside
 * the diagonal, which is 0 there: squares and products of them underflow. */
static void eigen_splits(void **state)
{
    static const struct {
        size_t n;
        double d[6], e[5];
    } T[] = {{4, {1.0, 1.0, 0.0, 0.0}, {1.0, 1.0, 0x1p-570}},
             {4, {0.0, 0.0, 0.0, 0.0}, {1.0, 0x1p-570, 1.0}},
             {4, {0.0, 0.0, 0.0, 0.0}, {0x1p-570, 0x1p-571, 1.0}},
             {6, {1.0, 1.0, 0.0, 0.0, 0.0, 0.0}, {1.0, 0x1p-10, 0x1p-250, 0x1p-300, 1.0}},
             {6, {0.5, 0.5, 0.0, 0.0, 0.0, 0.0}, {0.5, 0.25, 0x1p-5, 0x1p-1070, 0.5}},
             {5, {0.5, 0.5, 0.0, 0.0, 0.0}, {0.5, 0x1p-5, 0x1p-1070, 0.5}}};
    nd_ctx *ctx = nd_ctx_create(NULL);
    double A[36];

    (void)state;
    for (size_t k = 0; k < sizeof T / sizeof T[0]; k++) {
        tridiagonal(T[k].n, T[k].d, T[k].e, A);
        eigen(ctx, T[k].n, A, 1.0);
    }
    nd_ctx_destroy(ctx);
}

/* Diagonals with many zeros and sizes from 1 down to 2^-range.  Vectors only: LAPACK's
 * root-free dsterf is wrong by up to 4e-10 here, since squares of entries underflow. */
static void eigen_wild(void **state)
{
    enum { n = 8 };
    static const size_t range[] = {60, 400, 700, 1080};
    nd_ctx *ctx = nd_ctx_create(NULL);
    nd_rng r = nd_rng_make(6, 6);
    nd_status status;

    (void)state;
    for (int trial = 0; trial < 4000; trial++) {
        size_t most = range[trial % 4];
        double d[n], e[n], A[n * n], V[n * n], w[n];
        for (size_t i = 0; i < n; i++) {
            d[i] = nd_rng_below(&r, 2) ? 0.0 : ldexp(1.0, -(int)nd_rng_below(&r, most));
            e[i] = nd_rng_below(&r, 3) ? ldexp(1.0, -(int)nd_rng_below(&r, most)) : 1.0;
        }
        tridiagonal(n, d, e, A);
        memcpy(V, A, sizeof V);
        assert_int_equal(nd_blas_syev(ctx, true, n, V, n, w, &status), 0);
        nd_assert_ok(ctx, status);
        check_pairs(n, A, V, w, 2.0);
    }
    nd_ctx_destroy(ctx);
}

static void eigen_bad_input(void **state)
{
    double A[4] = {1.0, NAN, 0.0, 2.0}, w[2];
    nd_ctx *ctx = nd_ctx_create(NULL);
    nd_status status;

    (void)state;
    assert_true(nd_blas_syev(ctx, true, 2, A, 2, w, &status) > 0);
    assert_int_equal(status, ND_OK);
    A[1] = INFINITY;
    assert_true(nd_blas_syev(ctx, false, 2, A, 2, w, &status) > 0);
    assert_int_equal(nd_blas_syev(ctx, true, 0, A, 1, w, &status), 0);
    assert_int_equal(status, ND_OK);
    nd_ctx_destroy(ctx);
}

static nd_status small_eigen(nd_ctx *ctx, void *vectors)
{
    double A[9] = {2.0, 1.0, 0.0, 1.0, 2.0, 1.0, 0.0, 1.0, 2.0}, w[3];
    nd_status status;

    nd_blas_syev(ctx, *(bool *)vectors, 3, A, 3, w, &status);
    if (status == ND_OK) nd_assert_close(w[0], 2.0 - sqrt(2.0), 1e-14, 1.0);
    return status;
}

static void eigen_memory(void **state)
{
    bool vectors[] = {false, true};

    (void)state;
    assert_true(nd_test_every_allocation(small_eigen, &vectors[0]) >= 1);
    assert_true(nd_test_every_allocation(small_eigen, &vectors[1]) >= 1);
}

static void named(void **state)
{
    (void)state;
    assert_non_null(nd_blas_name());
    assert_true(strlen(nd_blas_name()) > 0);
}

#define CALLS 64
#define SIDE  48

typedef struct {
    double A[SIDE * SIDE], C[CALLS][SIDE * SIDE];
} products;

static nd_status one_product(void *arg, size_t i, int worker)
{
    products *p = arg;

    (void)worker;
    nd_blas_gemm(true, false, SIDE, SIDE, SIDE, 1.0, p->A, SIDE, p->A, SIDE, 0.0, p->C[i], SIDE);
    return ND_OK;
}

/* Several threads may call at a time, also into a sequential OpenBLAS, which does not
 * allow that by itself. */
static void from_many_threads(void **state)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    products *p = malloc(sizeof *p);
    nd_rng r = nd_rng_make(5, 0);

    (void)state;
    assert_non_null(p);
    nd_set_threads(ctx, 4);
    for (size_t i = 0; i < SIDE * SIDE; i++) p->A[i] = nd_rng_uniform(&r) - 0.5;
    for (int round = 0; round < 20; round++) {
        assert_int_equal(nd_par_for(ctx, CALLS, one_product, p), ND_OK);
        for (size_t i = 1; i < CALLS; i++) assert_memory_equal(p->C[i], p->C[0], sizeof p->C[0]);
    }
    free(p);
    nd_ctx_destroy(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(named),          cmocka_unit_test(from_many_threads),
        cmocka_unit_test(gemm),           cmocka_unit_test(syrk),
        cmocka_unit_test(gemv),           cmocka_unit_test(cholesky),
        cmocka_unit_test(cholesky_fails), cmocka_unit_test(eigenpairs),
        cmocka_unit_test(eigen_special),  cmocka_unit_test(eigen_splits),
        cmocka_unit_test(eigen_wild),     cmocka_unit_test(eigen_bad_input),
        cmocka_unit_test(eigen_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
