/* The same bits from every instruction set: elementary functions, tiles and vectors
 * on random and special inputs.  NaN counts as equal whatever its payload. */
#include "../support.h"

#include "num/tile.h"

#define N 40000

static double input[N], second[N];

static const double specials[] = {
    0.0,        -0.0,     1.0,    -1.0,    0x1p-1074, -0x1p-1074, 0x1.8p-1030, DBL_MIN, -DBL_MIN,
    DBL_MAX,    -DBL_MAX, 0x1p60, 0x1p-60, 709.78,    -745.2,     690.0,       -690.0,  0.414213562,
    2.41421356, 22.0,     -37.5,  -38.6,   INFINITY,  -INFINITY,  NAN,         -NAN};
#define SPECIALS (sizeof specials / sizeof specials[0])

/* Special values, then any bits at all, then numbers of moderate size. */
static int fill(void **state)
{
    nd_rng rng = nd_rng_make(3, 0);

    (void)state;
    for (size_t i = 0; i < N; i++) {
        uint64_t b = nd_rng_u64(&rng);
        if (i % 2)
            input[i] = 80.0 * (nd_rng_uniform(&rng) - 0.5);
        else
            memcpy(&input[i], &b, sizeof b);
        if (i < SPECIALS) input[i] = specials[i];
        second[i] = nd_rng_uniform(&rng) - 0.5;
    }
    return 0;
}

static void assert_bits(const char *what, size_t n, const double *a, const double *b)
{
    for (size_t i = 0; i < n; i++)
        if (!(isnan(a[i]) && isnan(b[i])) && memcmp(&a[i], &b[i], sizeof a[i]) != 0)
            fail_msg("%s: entry %zu is %a here and %a at the baseline", what, i, b[i], a[i]);
}

typedef struct {
    const char *name;
    void (*v)(size_t, const double *, double *);
    double (*f)(double);
} map;

static const map maps[] = {{"exp", nd_vexp, nd_exp},
                           {"log", nd_vlog, nd_log},
                           {"log1p", nd_vlog1p, nd_log1p},
                           {"tanh", nd_vtanh, nd_tanh},
                           {"sigmoid", nd_vsigmoid, nd_sigmoid},
                           {"softplus", nd_vsoftplus, nd_softplus},
                           {"atan", nd_vatan, nd_atan},
                           {"phi", nd_vphi, nd_phi}};

/* At every level: arrays (any length, any alignment, in place) equal the scalars. */
static void elementary(void **state)
{
    static double want[N], got[N + 1];

    (void)state;
    for (size_t k = 0; k < sizeof maps / sizeof maps[0]; k++) {
        for (size_t i = 0; i < N; i++) want[i] = maps[k].f(input[i]);
        for (int l = ND_SIMD_BASE; l <= (int)nd_simd_best(); l++) {
            nd_simd_force((nd_simd)l);
            maps[k].v(N, input, got);
            assert_bits(maps[k].name, N, want, got);
            memcpy(got + 1, input, N * sizeof input[0]);
            maps[k].v(N, got + 1, got + 1);
            assert_bits(maps[k].name, N, want, got + 1);
            for (size_t n = 0; n <= 20; n++) {
                got[n] = 7.0;
                maps[k].v(n, input, got);
                assert_bits(maps[k].name, n, want, got);
                assert_true(got[n] == 7.0);
            }
        }
    }
}

static void softplus_sigmoid(void **state)
{
    static double s[N], p[N], ws[N], wp[N];

    (void)state;
    for (size_t i = 0; i < N; i++) {
        ws[i] = nd_softplus(input[i]);
        wp[i] = nd_sigmoid(input[i]);
    }
    for (int l = ND_SIMD_BASE; l <= (int)nd_simd_best(); l++) {
        nd_simd_force((nd_simd)l);
        for (size_t n = N - 9; n <= N; n++) {
            memset(s, 0, sizeof s);
            memset(p, 0, sizeof p);
            nd_vsoftplus_sigmoid(n, input, s, p);
            assert_bits("softplus", n, ws, s);
            assert_bits("sigmoid", n, wp, p);
        }
    }
}

/* All vector kernels on one array, as one row of numbers. */
static void vector_results(const double *x, double out[64])
{
    size_t o = 0;

    for (size_t n = 0; n < 18; n++) {
        out[o++] = nd_dot(n, x + n, second + n);
        out[o++] = nd_sum(n, x + n);
        out[o++] = nd_norm2(n, x + n);
    }
    out[o++] = nd_dot(N, x, second);
    out[o++] = nd_sum(N, x);
    out[o++] = nd_norm2(N, x);
    while (o < 64) out[o++] = 0.0;
}

static void vectors(void **state)
{
    static double y[N], want[N];
    double r0[64], r[64];

    (void)state;
    for (int special = 0; special <= 1; special++) {
        const double *x = special ? input : second;
        for (int l = ND_SIMD_BASE; l <= (int)nd_simd_best(); l++) {
            nd_simd_force((nd_simd)l);
            vector_results(x, l == 0 ? r0 : r);
            memcpy(l == 0 ? want : y, x, sizeof y);
            nd_axpy(N - 3, 0.3, second, l == 0 ? want : y);
            if (l == 0) continue;
            assert_bits("vectors", 64, r0, r);
            assert_bits("axpy", N, want, y);
        }
    }
}

static void choice(void **state)
{
    (void)state;
    assert_int_equal(nd_simd_force(ND_SIMD_BASE), ND_SIMD_BASE);
    assert_int_equal(nd_simd_level(), ND_SIMD_BASE);
    assert_int_equal(nd_simd_force(ND_SIMD_AVX512), nd_simd_best());
    assert_string_equal(nd_simd_name(ND_SIMD_BASE), "baseline");
    assert_string_equal(nd_simd_name(ND_SIMD_AVX2), "avx2");
    assert_string_equal(nd_simd_name(ND_SIMD_AVX512), "avx512");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(choice),
        cmocka_unit_test(elementary),
        cmocka_unit_test(softplus_sigmoid),
        cmocka_unit_test(vectors),
    };
    return cmocka_run_group_tests(tests, fill, NULL);
}
