/* Duplicates, exactly.  EVIDENCE: include/nadir/theory.h, nd_duplicates. */
#include <nadir/num.h>
#include <nadir/theory.h>

#include "../support.h"

static nd_duplicates count(const nd_table *t)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    nd_duplicates r;

    nd_assert_ok(ctx, nd_duplicates_count(ctx, t, &r));
    nd_ctx_destroy(ctx);
    return r;
}

static void expect(nd_duplicates r, size_t distinct, size_t contradictory, size_t errors, size_t n)
{
    assert_int_equal(r.distinct, distinct);
    assert_int_equal(r.duplicates, n - distinct);
    assert_int_equal(r.contradictory, contradictory);
    assert_int_equal(r.min_errors, errors);
}

static void test_small(void **state)
{
    double x[14] = {1, 2, 0.0, 1, 1, 2, -0.0, 1, 1, 2, 1, nextafter(2.0, 3.0), -1, -2};
    double y[7] = {1, 1, -1, -1, 1, 1, 1};
    nd_table t = {.n = 7, .d = 2, .x = x, .y = y};

    (void)state;
    /* (1,2): + - +; (0,1) and (-0,1): + -; one ulp away is another point. */
    expect(count(&t), 4, 2, 2, 7);
    t.n = 1;
    expect(count(&t), 1, 0, 0, 1);
    t = (nd_table){.n = 7, .d = 0, .x = x, .y = y};
    expect(count(&t), 1, 1, 2, 7);
}

/* Spelled-out zeros, of either sign, are the zeros left out. */
static void test_sparse(void **state)
{
    size_t row[6] = {0, 2, 3, 6, 6, 7};
    uint32_t col[7] = {0, 2, 0, 0, 1, 2, 1};
    double val[7] = {5, 0.0, 5, 5, -0.0, 0, 0}, y[5] = {1, -1, 1, -1, 1};
    nd_table t = {.n = 5, .d = 3, .row = row, .col = col, .val = val, .y = y};

    (void)state;
    expect(count(&t), 2, 2, 2, 5);
    val[1] = 1.0;
    expect(count(&t), 3, 2, 2, 5);
}

/* Against all pairs, on points of a small grid. */
static void test_random(void **state)
{
    enum { N = 300 };
    double x[2 * N], y[N];
    nd_table t = {.n = N, .d = 2, .x = x, .y = y};

    (void)state;
    for (uint64_t trial = 0; trial < 20; trial++) {
        nd_rng rng = nd_rng_make(3, trial);
        size_t distinct = 0, contradictory = 0, errors = 0;
        for (size_t i = 0; i < 2 * N; i++) x[i] = (double)nd_rng_below(&rng, 2 + trial);
        for (size_t i = 0; i < N; i++) y[i] = nd_rng_uniform(&rng) < 0.3 ? 1.0 : -1.0;
        for (size_t i = 0; i < N; i++) {
            size_t same[2] = {0, 0};
            bool seen = false;
            for (size_t j = 0; j < N; j++) {
                if (x[2 * i] != x[2 * j] || x[2 * i + 1] != x[2 * j + 1]) continue;
                if (j < i) seen = true;
                same[y[j] > 0.0]++;
            }
            if (seen) continue;
            distinct++;
            contradictory += same[0] && same[1];
            errors += same[0] < same[1] ? same[0] : same[1];
        }
        expect(count(&t), distinct, contradictory, errors, N);
    }
}

static nd_status scenario(nd_ctx *ctx, void *arg)
{
    double x[2] = {1, 1}, y[2] = {1, -1};
    nd_table t = {.n = 2, .d = 1, .x = x, .y = y};
    nd_duplicates r;

    (void)arg;
    return nd_duplicates_count(ctx, &t, &r);
}

static void test_failures(void **state)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    double x[2] = {1, 1};
    nd_table t = {.n = 2, .d = 1, .x = x};
    nd_duplicates r;

    (void)state;
    nd_assert_status(ctx, nd_duplicates_count(ctx, &t, &r), ND_EINPUT);
    nd_test_every_allocation(scenario, NULL);
    nd_ctx_destroy(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_small),
        cmocka_unit_test(test_sparse),
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_failures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
