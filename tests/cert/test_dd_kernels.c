/* The double-double kernels give, for every instruction set, the bits of the scalar
 * functions whose error bounds are proved. */
#include "../support.h"
#include "cert/dd_kernels.h"

#include <nadir/num.h>

#define N 136 /* two blocks and a part */
#define K 5

typedef struct {
    double hi[K * N], lo[K * N];
} room;

static void fill(room *v, size_t n, uint64_t seed, double scale)
{
    nd_rng r = nd_rng_make(seed, 1);

    for (size_t i = 0; i < n; i++) {
        nd_dd x = nd_dd_join(scale * nd_rng_normal(&r), 0x1p-56 * scale * nd_rng_normal(&r));
        v->hi[i] = x.hi;
        v->lo[i] = x.lo;
    }
}

static nd_dd_vec vec_of(room *v)
{
    return (nd_dd_vec){v->hi, v->lo};
}

static void same(const char *what, const room *a, const room *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (memcmp(&a->hi[i], &b->hi[i], 8) != 0 || memcmp(&a->lo[i], &b->lo[i], 8) != 0)
            fail_msg("%s[%zu]: %a + %a, expected %a + %a", what, i, a->hi[i], a->lo[i], b->hi[i],
                     b->lo[i]);
}

static void products(const nd_dd_kernels *k)
{
    static room a, B, z, want, g, C;

    fill(&a, K, 1, 1.0);
    a.hi[2] = a.lo[2] = 0.0;
    fill(&B, K * N, 2, 3.0);
    fill(&z, N, 3, 0.1);
    want = z;
    k->nn(N, K, vec_of(&a), vec_of(&B), N, vec_of(&z));
    for (size_t i = 0; i < K; i++)
        nd_dd_axpy(N, (nd_dd){a.hi[i], a.lo[i]}, B.hi + i * N, B.lo + i * N, want.hi, want.lo);
    for (size_t j = 0; j < N; j++) {
        nd_dd s = nd_dd_join(want.hi[j], want.lo[j]);
        want.hi[j] = s.hi;
        want.lo[j] = s.lo;
    }
    same("nn", &z, &want, N);
    fill(&g, N, 4, 1.0);
    fill(&C, K * N, 5, 1.0);
    want = C;
    k->tn(N, K, vec_of(&a), vec_of(&g), vec_of(&C), N);
    for (size_t i = 0; i < K; i++)
        nd_dd_axpy(N, (nd_dd){a.hi[i], a.lo[i]}, g.hi, g.lo, want.hi + i * N, want.lo + i * N);
    same("tn", &C, &want, K * N);
    k->mul(N, vec_of(&g), vec_of(&B), vec_of(&z));
    for (size_t j = 0; j < N; j++) {
        nd_dd p = nd_dd_mul((nd_dd){g.hi[j], g.lo[j]}, (nd_dd){B.hi[j], B.lo[j]});
        want.hi[j] = p.hi;
        want.lo[j] = p.lo;
    }
    same("mul", &z, &want, N);
    k->scale(N, (nd_dd){g.hi[7], g.lo[7]}, vec_of(&B), vec_of(&z));
    for (size_t j = 0; j < N; j++) {
        nd_dd p = nd_dd_mul((nd_dd){g.hi[7], g.lo[7]}, (nd_dd){B.hi[j], B.lo[j]});
        want.hi[j] = p.hi;
        want.lo[j] = p.lo;
    }
    same("scale", &z, &want, N);
}

static void maps(void)
{
    static const double corner[] = {0.0,   -0.0,   1e-300, -650.0, 650.0,    701.0,
                                    -40.0, 1000.0, -1e9,   NAN,    INFINITY, -INFINITY};
    static room z, s, s1;
    static double err[N], err1[N];
    size_t rows;
    const nd_act *act = nd_act_table(&rows);

    fill(&z, N, 6, 4.0);
    for (size_t i = 0; i < sizeof corner / sizeof *corner; i++) {
        z.hi[i] = corner[i];
        z.lo[i] = 0.0;
    }
    for (size_t r = 0; r < rows; r++) {
        nd_dd_map map = nd_dd_map_of(&act[r]);
        nd_dd_activation jet = nd_dd_activation_of(&act[r]);
        const nd_dd_jets out = {vec_of(&s), vec_of(&s1), err, err1};

        assert_true((map == NULL) == (jet == NULL));
        if (!map) continue;
        map(N, vec_of(&z), &out);
        for (size_t i = 0; i < N; i++) {
            nd_dd_jet j;
            jet((nd_dd){z.hi[i], z.lo[i]}, &j);
            if (isnan(j.s.hi) || isnan(j.s.lo) || isnan(j.s1.hi)) {
                assert_true(!isfinite(s.hi[i]) || !isfinite(s.lo[i]) || !isfinite(s1.hi[i]));
                continue;
            }
            if (memcmp(&s.hi[i], &j.s.hi, 8) || memcmp(&s.lo[i], &j.s.lo, 8) ||
                memcmp(&s1.hi[i], &j.s1.hi, 8))
                fail_msg("%s(%a): %a + %a, expected %a + %a", act[r].name, z.hi[i], s.hi[i],
                         s.lo[i], j.s.hi, j.s.lo);
            assert_true(err[i] == j.err && err1[i] == j.err1);
        }
    }
}

static void test_levels(void **state)
{
    (void)state;
    for (int level = ND_SIMD_BASE; level <= (int)nd_simd_best(); level++) {
        assert_int_equal(nd_simd_force((nd_simd)level), level);
        products(nd_dd_kernels_get());
        maps();
    }
    nd_simd_force(nd_simd_best());
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_levels)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
