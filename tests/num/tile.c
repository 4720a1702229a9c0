/* Tile products against triple loops that add in the stated order: every bit must
 * agree, at every level, for every shape, with and without row lists. */
#include "../support.h"

#include "num/tile.h"

#define POOL 70 /* rows that a row list picks from */

typedef struct {
    size_t T, N, K, lda, ldb, ldc;
    double *A, *B, *C, *D, *bias, *want;
    uint32_t rows[POOL];
    size_t ptr[POOL + 1]; /* the nonzeros of A */
    uint32_t *col;
    double *val;
} tile;

static double *aligned(size_t n)
{
    double *p = aligned_alloc(64, (n * sizeof *p + 127) & ~(size_t)63);

    assert_non_null(p);
    return p;
}

static double number(nd_rng *r)
{
    return ldexp(nd_rng_uniform(r) - 0.5, (int)nd_rng_below(r, 20));
}

static void tile_init(tile *g, size_t T, size_t N, size_t K)
{
    nd_rng r = nd_rng_make(T * 1000 + N, K);
    size_t w = ND_PADDED(N), nonzeros = 0;

    *g = (tile){.T = T, .N = N, .K = K, .lda = K + 3, .ldb = w + 8, .ldc = w};
    g->A = aligned(POOL * g->lda);
    g->B = aligned(K * g->ldb);
    g->D = aligned(T * g->ldb);
    g->C = aligned((T + K) * w);
    g->want = aligned((T + K) * w);
    g->bias = aligned(w);
    g->val = aligned(POOL * K);
    g->col = calloc(POOL * K + 1, sizeof *g->col);
    assert_non_null(g->col);
    for (size_t i = 0; i < POOL * g->lda; i++) g->A[i] = nd_rng_below(&r, 3) ? number(&r) : 0.0;
    for (size_t i = 0; i < K * g->ldb; i++) g->B[i] = number(&r);
    for (size_t i = 0; i < T * g->ldb; i++) g->D[i] = number(&r);
    for (size_t i = 0; i < w; i++) g->bias[i] = number(&r);
    for (size_t i = 0; i < (T + K) * w; i++) g->C[i] = number(&r);
    for (size_t t = 0; t < T; t++) g->rows[t] = (uint32_t)nd_rng_below(&r, POOL);
    for (size_t i = 0; i < POOL; i++) {
        for (size_t k = 0; k < K; k++)
            if (g->A[i * g->lda + k] != 0.0) {
                g->col[nonzeros] = (uint32_t)k;
                g->val[nonzeros++] = g->A[i * g->lda + k];
            }
        g->ptr[i + 1] = nonzeros;
    }
}

static void tile_clear(tile *g)
{
    free(g->A);
    free(g->B);
    free(g->C);
    free(g->D);
    free(g->bias);
    free(g->want);
    free(g->val);
    free(g->col);
}

static void assert_equal_bits(const tile *g, const char *what, size_t rows, const double *got)
{
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < g->N; j++) {
            double a = g->want[i * g->ldc + j], b = got[i * g->ldc + j];
            if (memcmp(&a, &b, sizeof a) != 0)
                fail_msg("%s T=%zu N=%zu K=%zu %s: entry %zu,%zu is %a, not %a", what, g->T, g->N,
                         g->K, nd_simd_name(nd_simd_level()), i, j, b, a);
        }
}

/* want = bias + A B.  A zero entry of A adds a zero product, which changes no bit of a
 * sum that is not -0; the sparse product is compared with the same numbers. */
static void naive_nn(tile *g, const uint32_t *rows, const double *bias)
{
    for (size_t t = 0; t < g->T; t++)
        for (size_t j = 0; j < g->N; j++) {
            size_t r = rows ? rows[t] : t;
            double s = bias ? bias[j] : 0.0;
            for (size_t k = 0; k < g->K; k++) s += g->A[r * g->lda + k] * g->B[k * g->ldb + j];
            g->want[t * g->ldc + j] = s;
        }
}

static void naive_tn(tile *g, const uint32_t *rows)
{
    memcpy(g->want, g->C, g->K * g->ldc * sizeof *g->C);
    for (size_t k = 0; k < g->K; k++)
        for (size_t j = 0; j < g->N; j++)
            for (size_t t = 0; t < g->T; t++) {
                size_t r = rows ? rows[t] : t;
                g->want[k * g->ldc + j] += g->A[r * g->lda + k] * g->D[t * g->ldb + j];
            }
}

static void naive_dot(tile *g, const double *a, double start, double *f)
{
    for (size_t t = 0; t < g->T; t++) {
        double s[8] = {0};
        for (size_t j = 0; j < g->N; j++) s[j % 8] += g->D[t * g->ldb + j] * a[j];
        f[t] = start + (((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7])));
    }
}

static void check_nn(tile *g, const uint32_t *rows, const double *bias)
{
    double *out = aligned(g->T * g->ldc);

    naive_nn(g, rows, bias);
    nd_tile_nn(g->T, g->N, g->K, g->A, g->lda, rows, g->B, g->ldb, bias, out, g->ldc);
    assert_equal_bits(g, "nn", g->T, out);
    nd_tile_sparse_nn(g->T, g->N, g->ptr, g->col, g->val, rows, g->B, g->ldb, bias, out, g->ldc);
    assert_equal_bits(g, "sparse nn", g->T, out);
    free(out);
}

static void check_tn(tile *g, const uint32_t *rows)
{
    double *out = aligned(g->K * g->ldc);
    size_t bytes = g->K * g->ldc * sizeof *out;

    naive_tn(g, rows);
    memcpy(out, g->C, bytes);
    nd_tile_tn(g->T, g->N, g->K, g->A, g->lda, rows, g->D, g->ldb, out, g->ldc);
    assert_equal_bits(g, "tn", g->K, out);
    memcpy(out, g->C, bytes);
    nd_tile_sparse_tn(g->T, g->N, g->ptr, g->col, g->val, rows, g->D, g->ldb, out, g->ldc);
    assert_equal_bits(g, "sparse tn", g->K, out);
    free(out);
}

static void check_dot(tile *g)
{
    double *a = aligned(ND_PADDED(g->N)), want[POOL], got[POOL];

    for (size_t j = 0; j < ND_PADDED(g->N); j++) a[j] = j < g->N ? g->bias[j] : 0.0;
    naive_dot(g, a, 0.25, want);
    nd_tile_dot(g->T, g->N, g->D, g->ldb, a, 0.25, got);
    for (size_t t = 0; t < g->T; t++) assert_memory_equal(&want[t], &got[t], sizeof(double));
    free(a);
}

static void shape(size_t T, size_t N, size_t K)
{
    tile g;

    tile_init(&g, T, N, K);
    for (int l = ND_SIMD_BASE; l <= (int)nd_simd_best(); l++) {
        nd_simd_force((nd_simd)l);
        for (int listed = 0; listed <= 1; listed++) {
            const uint32_t *rows = listed ? g.rows : NULL;
            check_nn(&g, rows, NULL);
            check_nn(&g, rows, g.bias);
            check_tn(&g, rows);
        }
        check_dot(&g);
    }
    tile_clear(&g);
}

static void shapes(void **state)
{
    static const size_t T[] = {0, 1, 2, 5, 6, 7, 8, 9, 13, 31, 64};
    static const size_t N[] = {1, 7, 8, 9, 16, 17, 24, 30, 32, 33, 40, 48, 56, 64, 72, 100};
    static const size_t K[] = {0, 1, 2, 3, 5, 7, 8, 12, 13, 30, 97};

    (void)state;
    for (size_t a = 0; a < sizeof T / sizeof T[0]; a++)
        for (size_t b = 0; b < sizeof N / sizeof N[0]; b++)
            for (size_t c = 0; c < sizeof K / sizeof K[0]; c++) shape(T[a], N[b], K[c]);
}

/* Long contractions cross every blocking of the contracted index. */
static void long_contractions(void **state)
{
    (void)state;
    shape(9, 32, 784);
    shape(64, 24, 1025);
    shape(7, 8, 3000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shapes),
        cmocka_unit_test(long_contractions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
