/* Normal deviates: reproducible, and normal: moments and the Kolmogorov-Smirnov
 * distance to nd_phi, which for 10^5 deviates exceeds 0.0062 once in 1000 seeds. */
#include "../support.h"

#include <nadir/num.h>

#define N 100000

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void distribution(void **state)
{
    static double x[N];
    double m1 = 0.0, m2 = 0.0, m4 = 0.0, ks = 0.0;
    nd_rng r = nd_rng_make(11, 0);

    (void)state;
    for (size_t i = 0; i < N; i++) {
        x[i] = nd_rng_normal(&r);
        m1 += x[i] / N;
        m2 += x[i] * x[i] / N;
        m4 += x[i] * x[i] * x[i] * x[i] / N;
    }
    assert_true(fabs(m1) < 0.0105); /* 3.3 standard deviations each */
    assert_true(fabs(m2 - 1.0) < 0.015);
    assert_true(fabs(m4 - 3.0) < 0.103);
    qsort(x, N, sizeof x[0], ascending);
    for (size_t i = 0; i < N; i++) {
        double d = fabs(nd_phi(x[i]) - ((double)i + 0.5) / N);
        ks = d > ks ? d : ks;
    }
    assert_true(ks < 0.0062);
}

static void reproducible(void **state)
{
    nd_rng a = nd_rng_make(5, 7), b = nd_rng_make(5, 7), c = nd_rng_make(5, 8);
    bool differs = false;

    (void)state;
    for (int i = 0; i < 100; i++) {
        double x = nd_rng_normal(&a);
        nd_simd_force(i % 2 ? ND_SIMD_BASE : ND_SIMD_AVX512);
        assert_true(x == nd_rng_normal(&b));
        differs |= x != nd_rng_normal(&c);
    }
    assert_true(differs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distribution),
        cmocka_unit_test(reproducible),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
