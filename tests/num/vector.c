/* Vectors: the stated lane order bit by bit, and the range of the norm. */
#include "../support.h"

#include "num/tile.h"

#define N 1000

static double tree(const double s[8])
{
    return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
}

static void lanes(void **state)
{
    double x[N], y[N];
    nd_rng r = nd_rng_make(4, 0);

    (void)state;
    for (size_t i = 0; i < N; i++) {
        x[i] = nd_rng_uniform(&r) - 0.5;
        y[i] = ldexp(nd_rng_uniform(&r) - 0.5, (int)nd_rng_below(&r, 30));
    }
    for (int l = ND_SIMD_BASE; l <= (int)nd_simd_best(); l++) {
        nd_simd_force((nd_simd)l);
        for (size_t n = 0; n < N; n = n < 40 ? n + 1 : n + 37) {
            double d[8] = {0}, s[8] = {0}, q[8] = {0};
            for (size_t i = 0; i < n; i++) {
                d[i % 8] += x[i] * y[i];
                s[i % 8] += y[i];
                q[i % 8] += y[i] * y[i];
            }
            assert_true(nd_dot(n, x, y) == tree(d));
            assert_true(nd_sum(n, y) == tree(s));
            assert_true(nd_norm2(n, y) == sqrt(tree(q)));
        }
    }
}

static void norm_range(void **state)
{
    static const double size[] = {1.0, 0x1p1020, DBL_MAX, 0x1p-1074, 0x1p-1040, 0x1p479, 0x1p515};
    double x[4] = {0.0, 0.0, 0.0, 0.0};

    (void)state;
    assert_true(nd_norm2(0, x) == 0.0);
    assert_true(nd_norm2(4, x) == 0.0);
    for (size_t k = 0; k < sizeof size / sizeof size[0]; k++) {
        x[2] = -size[k];
        assert_true(nd_norm2(4, x) == size[k]);
    }
    x[0] = 3.0 * 0x1p1020;
    x[2] = 4.0 * 0x1p1020;
    assert_true(nd_norm2(3, x) == 5.0 * 0x1p1020);
    x[0] = 3.0 * 0x1p-1070;
    x[2] = 4.0 * 0x1p-1070;
    assert_true(nd_norm2(3, x) == 5.0 * 0x1p-1070);
    x[1] = INFINITY;
    assert_true(nd_norm2(3, x) == INFINITY);
    for (size_t i = 0; i < 3; i++) {
        x[i] = NAN;
        assert_true(isnan(nd_norm2(3, x)));
        x[i] = 1.0;
    }
    x[0] = NAN;
    x[1] = INFINITY; /* NaN wins */
    assert_true(isnan(nd_norm2(3, x)));
}

static void axpy(void **state)
{
    double x[19], y[19], want[19];
    nd_rng r = nd_rng_make(4, 1);

    (void)state;
    for (int l = ND_SIMD_BASE; l <= (int)nd_simd_best(); l++) {
        nd_simd_force((nd_simd)l);
        for (size_t n = 0; n < 19; n++) {
            for (size_t i = 0; i < 19; i++) {
                x[i] = nd_rng_uniform(&r);
                want[i] = y[i] = nd_rng_uniform(&r);
                if (i < n) want[i] += -1.7 * x[i];
            }
            nd_axpy(n, -1.7, x, y);
            assert_memory_equal(y, want, sizeof y);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lanes),
        cmocka_unit_test(norm_range),
        cmocka_unit_test(axpy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
