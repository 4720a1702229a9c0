/* Context: memory, messages, cancel, progress, names of statuses. */
#include "../support.h"
#include "base/memory.h"
#include "base/par.h"

static void status_names(void **state)
{
    (void)state;
    assert_string_equal(nd_status_name(ND_OK), "ND_OK");
    assert_string_equal(nd_status_name(ND_ECANCEL), "ND_ECANCEL");
    for (int s = 0; s < ND_STATUSES; s++) {
        assert_true(strncmp(nd_status_name((nd_status)s), "ND_", 3) == 0);
        for (int t = 0; t < s; t++)
            assert_string_not_equal(nd_status_name((nd_status)s), nd_status_name((nd_status)t));
    }
    assert_string_equal(nd_status_name((nd_status)99), "ND_?");
    assert_string_equal(nd_status_name((nd_status)-1), "ND_?");
    assert_string_equal(nd_truth_name(ND_UNKNOWN), "unknown");
    assert_string_equal(nd_truth_name(ND_PROVED), "proved");
    assert_string_equal(nd_truth_name(ND_REFUTED), "refuted");
}

static void memory_is_aligned_and_ours(void **state)
{
    nd_test_heap heap = {0};
    nd_allocator alloc = nd_test_allocator(&heap);
    nd_ctx *ctx = nd_ctx_create(&alloc);

    (void)state;
    for (size_t n = 0; n < 300; n++) {
        unsigned char *p = nd_alloc(ctx, n, 1);
        assert_non_null(p);
        assert_int_equal((uintptr_t)p % 64, 0);
        memset(p, 0x5a, n);
        nd_free(ctx, p);
    }
    assert_int_equal(heap.live, 1);
    assert_int_equal(heap.calls, 301);
    nd_free(ctx, NULL);
    nd_ctx_destroy(ctx);
    nd_ctx_destroy(NULL);
    assert_int_equal(heap.live, 0);
}

static void calloc_and_regrow(void **state)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    int *p = ND_NEW0(ctx, int, 1000);

    (void)state;
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(p[i], 0);
        p[i] = i;
    }
    p = nd_regrow(ctx, p, 1000, 5000, sizeof *p);
    assert_int_equal((uintptr_t)p % 64, 0);
    for (int i = 0; i < 1000; i++) assert_int_equal(p[i], i);
    nd_free(ctx, p);
    p = nd_regrow(ctx, NULL, 0, 3, sizeof *p);
    assert_non_null(p);
    nd_free(ctx, p);
    nd_ctx_destroy(ctx);
}

static void overflowing_sizes_are_refused(void **state)
{
    static const size_t bad[][2] = {{SIZE_MAX, 1},         {SIZE_MAX / 2 + 1, 2},
                                    {1, SIZE_MAX},         {SIZE_MAX, SIZE_MAX},
                                    {SIZE_MAX / 8 + 2, 8}, {SIZE_MAX - 60, 1}};
    nd_test_heap heap = {0};
    nd_allocator alloc = nd_test_allocator(&heap);
    nd_ctx *ctx = nd_ctx_create(&alloc);

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        nd_fail(ctx, ND_OK, "-");
        assert_null(nd_alloc(ctx, bad[i][0], bad[i][1]));
        nd_assert_message(ctx, "more than memory can address");
        assert_null(nd_calloc(ctx, bad[i][0], bad[i][1]));
        assert_null(nd_regrow(ctx, NULL, 0, bad[i][0], bad[i][1]));
    }
    assert_int_equal(heap.calls, 1); /* nobody was asked */
    nd_ctx_destroy(ctx);
}

static void failed_regrow_leaves_the_old(void **state)
{
    nd_test_heap heap = {0};
    nd_allocator alloc = nd_test_allocator(&heap);
    nd_ctx *ctx = nd_ctx_create(&alloc);
    char *p = nd_strdup(ctx, "kept");

    (void)state;
    heap.fail_at = heap.calls + 1;
    assert_null(nd_regrow(ctx, p, 5, 100, 1));
    nd_assert_message(ctx, "out of memory");
    assert_string_equal(p, "kept");
    nd_free(ctx, p);
    assert_int_equal(heap.live, 1);
    nd_ctx_destroy(ctx);
}

static nd_status use_memory(nd_ctx *ctx, void *arg)
{
    char *s = nd_strdup(ctx, "text"), *t = s ? nd_regrow(ctx, s, 5, 50, 1) : NULL;
    double *x = t ? ND_NEW0(ctx, double, 7) : NULL;
    nd_status status = x ? ND_OK : ND_EMEM;

    (void)arg;
    nd_free(ctx, t ? t : s);
    nd_free(ctx, x);
    return status;
}

static void every_allocation(void **state)
{
    (void)state;
    assert_int_equal(nd_test_every_allocation(use_memory, NULL), 3);
}

static void strdup_of_null(void **state)
{
    nd_ctx *ctx = nd_ctx_create(NULL);

    (void)state;
    assert_null(nd_strdup(ctx, NULL));
    assert_string_equal(nd_errmsg(ctx), "");
    nd_ctx_destroy(ctx);
}

static void messages(void **state)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    char big[5000];

    (void)state;
    assert_string_equal(nd_errmsg(ctx), "");
    assert_int_equal(nd_fail(ctx, ND_EDIM, "%d by %d", 2, 3), ND_EDIM);
    assert_string_equal(nd_errmsg(ctx), "2 by 3");
    nd_fail(ctx, ND_EDIM, "wrapped: %s", nd_errmsg(ctx)); /* its own message as argument */
    assert_string_equal(nd_errmsg(ctx), "wrapped: 2 by 3");
    nd_fail(ctx, ND_EINPUT, "a\nb\tc\x1b[31md\x7f\xc3\xa9"); /* one line, no escapes, UTF-8 kept */
    assert_string_equal(nd_errmsg(ctx), "a?b?c?[31md?\xc3\xa9");
    memset(big, 'x', sizeof big);
    big[sizeof big - 1] = '\0';
    nd_fail(ctx, ND_EINPUT, "%s", big);
    assert_int_equal(strlen(nd_errmsg(ctx)), 1023);
    nd_ctx_destroy(ctx);
}

static bool countdown(void *user)
{
    return --*(int *)user < 0;
}

static void cancel(void **state)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    int left = 2;

    (void)state;
    assert_false(nd_cancelled(ctx));
    nd_set_cancel(ctx, countdown, &left);
    assert_false(nd_cancelled(ctx));
    assert_false(nd_cancelled(ctx));
    assert_string_equal(nd_errmsg(ctx), "");
    assert_true(nd_cancelled(ctx));
    nd_assert_message(ctx, "stopped");
    nd_set_cancel(ctx, NULL, NULL);
    assert_false(nd_cancelled(ctx));
    nd_ctx_destroy(ctx);
}

/* Masked: nobody is asked, so the countdown stands still. */
static void cancel_masked(void **state)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    int left = 1;

    (void)state;
    nd_set_cancel(ctx, countdown, &left);
    assert_false(nd_cancel_mask(ctx, true));
    for (int i = 0; i < 5; i++) assert_false(nd_cancelled(ctx));
    assert_true(nd_cancel_mask(ctx, false));
    assert_int_equal(left, 1);
    assert_false(nd_cancelled(ctx));
    assert_true(nd_cancelled(ctx));
    nd_ctx_destroy(ctx);
}

static void keep(void *user, const nd_event *event)
{
    *(nd_event *)user = *event;
}

static void progress(void **state)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    nd_event sent = {.stage = "L-BFGS", .step = 3, .evaluations = 5, .value = 0.5, .grad = 2.0};
    nd_event seen = {0};

    (void)state;
    nd_progress(ctx, &sent);
    nd_set_progress(ctx, keep, &seen);
    nd_progress(ctx, &sent);
    assert_string_equal(seen.stage, "L-BFGS");
    assert_int_equal(seen.step, 3);
    assert_int_equal(seen.evaluations, 5);
    assert_true(seen.value == 0.5 && seen.grad == 2.0);
    nd_ctx_destroy(ctx);
}

static void threads_and_time(void **state)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    double start = nd_seconds();

    (void)state;
    assert_int_equal(nd_threads(ctx), nd_par_cores());
    nd_set_threads(ctx, 3);
    assert_int_equal(nd_threads(ctx), 3);
    nd_set_threads(ctx, 1000000);
    assert_int_equal(nd_threads(ctx), ND_THREADS_MAX);
    nd_set_threads(ctx, -1);
    assert_int_equal(nd_threads(ctx), nd_par_cores());
    assert_true(nd_par_cores() >= 1);
    assert_true(nd_seconds() >= start);
    nd_ctx_destroy(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(status_names),
        cmocka_unit_test(memory_is_aligned_and_ours),
        cmocka_unit_test(calloc_and_regrow),
        cmocka_unit_test(overflowing_sizes_are_refused),
        cmocka_unit_test(failed_regrow_leaves_the_old),
        cmocka_unit_test(every_allocation),
        cmocka_unit_test(strdup_of_null),
        cmocka_unit_test(messages),
        cmocka_unit_test(cancel),
        cmocka_unit_test(cancel_masked),
        cmocka_unit_test(progress),
        cmocka_unit_test(threads_and_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
