/* The helpers that judge everything else: they must see what is wrong. */
#include "../support.h"
#include "base/memory.h"

static void ulps(void **state)
{
    (void)state;
    assert_int_equal(nd_test_ulps(1.0, 1.0), 0);
    assert_int_equal(nd_test_ulps(1.0, nextafter(1.0, 2.0)), 1);
    assert_int_equal(nd_test_ulps(1.0, nextafter(1.0, 0.0)), 1);
    assert_int_equal(nd_test_ulps(0.0, -0.0), 0);
    assert_int_equal(nd_test_ulps(5e-324, -5e-324), 2);
    assert_int_equal(nd_test_ulps(2.0, 1.0), UINT64_C(1) << 52);
    assert_true(nd_test_ulps(-1.0, 1.0) > UINT64_C(1) << 62);
    assert_true(nd_test_ulps(-DBL_MAX, DBL_MAX) > UINT64_C(1) << 63);
    assert_int_equal(nd_test_ulps(DBL_MAX, INFINITY), 1);
    assert_true(nd_test_ulps(NAN, 1.0) == UINT64_MAX);
    assert_int_equal(nd_test_ulps(NAN, NAN), 0);
}

static void close_respects_sign_and_nan(void **state)
{
    const double a[] = {1.0, -2.0, 1e-9}, b[] = {1.0, 2.0, 1e-9}, c[] = {1.0, NAN, 0.0},
                 d[] = {INFINITY, 1.0, 0.0};

    (void)state;
    assert_true(nd_test_close(1.0, 1.0 + 1e-10, 1e-9, 0.0));
    assert_false(nd_test_close(1.0, -1.0, 1e-9, 0.0));
    assert_false(nd_test_close(1e-12, -1e-12, 1e-9, 0.0));
    assert_true(nd_test_close(1e-12, -1e-12, 1e-9, 1.0));
    assert_true(nd_test_close(0.0, 0.0, 0.0, 0.0));
    assert_true(nd_test_close(INFINITY, INFINITY, 1e-9, 0.0));
    assert_false(nd_test_close(INFINITY, -INFINITY, 1e-9, 0.0));
    assert_false(nd_test_close(INFINITY, 1.0, 1e-9, 0.0));
    assert_false(nd_test_close(NAN, NAN, 1.0, 1.0));
    assert_false(nd_test_close(NAN, 1.0, 1.0, 1.0));
    assert_true(nd_test_distance(a, a, 3, 0.0) == 0.0);
    assert_true(nd_test_distance(a, b, 3, 0.0) == 2.0);
    assert_true(isnan(nd_test_distance(a, c, 3, 0.0)));
    assert_true(isnan(nd_test_distance(d, d, 3, 0.0)));
    assert_true(nd_test_distance(a, b, 0, 0.0) == 0.0);
}

/* A block more than is freed, a failure that is swallowed, a wrong status: all must
 * be found.  What a test that fails leaves behind is kept here, out of the sight of
 * leak detectors. */
static void *kept[16];
static size_t n_kept;

static void *keep(void *p)
{
    assert_true(n_kept < sizeof kept / sizeof *kept);
    return kept[n_kept++] = p;
}

static nd_status leaks(nd_ctx *ctx, void *arg)
{
    void *p = keep(nd_alloc(keep(ctx), 1, 1)), *q = p ? nd_alloc(ctx, 1, 1) : NULL;

    (void)arg;
    if (!q) return ND_EMEM; /* p is lost */
    nd_free(ctx, p);
    nd_free(ctx, q);
    return ND_OK;
}

static nd_status swallows(nd_ctx *ctx, void *arg)
{
    (void)arg;
    nd_free(ctx, nd_alloc(keep(ctx), 1, 1));
    return ND_OK;
}

static nd_status wrong_status(nd_ctx *ctx, void *arg)
{
    void *p = nd_alloc(keep(ctx), 1, 1);

    (void)arg;
    nd_free(ctx, p);
    return p ? ND_OK : ND_EINPUT;
}

static void must_fail_leak(void **state)
{
    (void)state;
    nd_test_every_allocation(leaks, NULL);
}

static void must_fail_swallow(void **state)
{
    (void)state;
    nd_test_every_allocation(swallows, NULL);
}

static void must_fail_status(void **state)
{
    (void)state;
    nd_test_every_allocation(wrong_status, NULL);
}

int main(void)
{
    const struct CMUnitTest good[] = {cmocka_unit_test(ulps),
                                      cmocka_unit_test(close_respects_sign_and_nan)};
    const struct CMUnitTest bad[] = {cmocka_unit_test(must_fail_leak),
                                     cmocka_unit_test(must_fail_swallow),
                                     cmocka_unit_test(must_fail_status)};
    int failures = cmocka_run_group_tests_name("good", good, NULL, NULL);

    printf("the next three must fail\n");
    fflush(stdout);
    if (cmocka_run_group_tests_name("bad", bad, NULL, NULL) != 3) failures++;
    return failures;
}
