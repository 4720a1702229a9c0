/* Parallel loops, compiled twice: with the library's own one and with the serial
 * one.  Every index once, the same bits for every number of threads, the smallest
 * failure, nesting, cancel. */
#include "../support.h"
#include "base/par.h"

#define COUNT 1000

static nd_ctx *ctx;

static int set_up(void **state)
{
    (void)state;
    ctx = nd_ctx_create(NULL);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    nd_ctx_destroy(ctx);
    return 0;
}

typedef struct {
    int visits[COUNT];
    double sum[COUNT];
    int threads;
} work;

static nd_status add_up(void *arg, size_t i, int worker)
{
    work *w = arg;
    nd_rng r = nd_rng_make(1, i);

    if (worker < 0 || worker >= w->threads) return ND_EDIM;
    w->visits[i]++;
    w->sum[i] = 0.0;
    for (size_t k = 0; k < 10 + i % 7; k++) w->sum[i] += nd_rng_uniform(&r);
    return ND_OK;
}

static void every_index_once_same_bits(void **state)
{
    static work one, many;

    (void)state;
    one = (work){.threads = 1};
    nd_set_threads(ctx, 1);
    nd_assert_ok(ctx, nd_par_for(ctx, COUNT, add_up, &one));
    for (int t = 1; t <= 5; t++) {
        many = (work){.threads = t};
        nd_set_threads(ctx, t);
        nd_assert_ok(ctx, nd_par_for(ctx, COUNT, add_up, &many));
        for (int i = 0; i < COUNT; i++) assert_int_equal(many.visits[i], 1);
        assert_memory_equal(one.sum, many.sum, sizeof one.sum);
    }
}

static nd_status never(void *arg, size_t i, int worker)
{
    (void)arg, (void)i, (void)worker;
    return ND_EDIM;
}

static void empty_loop(void **state)
{
    (void)state;
    nd_assert_ok(ctx, nd_par_for(ctx, 0, never, NULL));
    nd_assert_status(ctx, nd_par_for(ctx, 1, never, NULL), ND_EDIM);
}

static void linger(void)
{
    volatile double x = 1.0;

    for (int k = 0; k < 200000; k++) x = x * 1.0000001;
}

/* 123 and 124 both fail, one of them late: 123 is what must be reported. */
static nd_status fail_at_two(void *arg, size_t i, int worker)
{
    (void)worker;
    if (i != 123 && i != 124) return ND_OK;
    if (i == *(const size_t *)arg) linger();
    return i == 123 ? ND_ENUMERIC : ND_EDIM;
}

static void smallest_failure(void **state)
{
    (void)state;
    for (int t = 1; t <= 4; t++)
        for (int repeat = 0; repeat < 40; repeat++) {
            size_t late = 123 + (size_t)repeat % 2;
            nd_set_threads(ctx, t);
            nd_assert_status(ctx, nd_par_for(ctx, COUNT, fail_at_two, &late), ND_ENUMERIC);
            nd_assert_message(ctx, "part 123 of 1000 failed (ND_ENUMERIC)");
        }
}

#define MANY 200000

static nd_status fail_first(void *arg, size_t i, int worker)
{
    volatile double x = 1.0;

    (void)worker;
    for (int k = 0; k < 300; k++) x = x * 1.0000001;
    ((char *)arg)[i] = 1;
    return i == 0 ? ND_ENUMERIC : ND_OK;
}

/* What a failure makes useless is not computed. */
static void the_rest_is_passed_over(void **state)
{
    static char visited[MANY];
    size_t n = 0;

    (void)state;
    nd_set_threads(ctx, 2);
    nd_assert_status(ctx, nd_par_for(ctx, MANY, fail_first, visited), ND_ENUMERIC);
    for (size_t i = 0; i < MANY; i++) n += visited[i] != 0;
    assert_true(n >= 1 && n < MANY);
}

typedef struct {
    int visits[20][30];
} nest;

static nd_status inner(void *arg, size_t i, int worker)
{
    int *row = arg;

    row[i]++;
    return worker == 0 ? ND_OK : ND_EDIM; /* serial inside */
}

static nd_status outer(void *arg, size_t i, int worker)
{
    nest *n = arg;

    (void)worker;
    return nd_par_for(ctx, 30, inner, n->visits[i]);
}

static void nested(void **state)
{
    static nest n;

    (void)state;
    nd_set_threads(ctx, 4);
    nd_assert_ok(ctx, nd_par_for(ctx, 20, outer, &n));
    for (int i = 0; i < 20; i++)
        for (int j = 0; j < 30; j++) assert_int_equal(n.visits[i][j], 1);
}

static nd_status inner_fails(void *arg, size_t i, int worker)
{
    (void)worker;
    return i == 5 && *(size_t *)arg == 7 ? ND_ENUMERIC : ND_OK;
}

static nd_status outer_fails(void *arg, size_t i, int worker)
{
    (void)arg, (void)worker;
    return nd_par_for(ctx, 10, inner_fails, &i);
}

static void nested_failure_comes_out(void **state)
{
    (void)state;
    nd_set_threads(ctx, 3);
    nd_assert_status(ctx, nd_par_for(ctx, 20, outer_fails, NULL), ND_ENUMERIC);
    nd_assert_message(ctx, "part 7 of 20");
}

static bool countdown(void *user)
{
    return --*(int *)user < 0;
}

static void cancel(void **state)
{
    static work w;
    int left = 0;

    (void)state;
    w.threads = 2;
    nd_set_threads(ctx, 2);
    nd_set_cancel(ctx, countdown, &left);
    nd_assert_status(ctx, nd_par_for(ctx, COUNT, add_up, &w), ND_ECANCEL);
    for (int i = 0; i < COUNT; i++) assert_int_equal(w.visits[i], 0);
    left = 1;
    nd_assert_status(ctx, nd_par_for(ctx, COUNT, add_up, &w), ND_ECANCEL);
    for (int i = 0; i < COUNT; i++) assert_int_equal(w.visits[i], 1);
    left = 2;
    nd_assert_ok(ctx, nd_par_for(ctx, COUNT, add_up, &w));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(every_index_once_same_bits),
                                       TEST(empty_loop),
                                       TEST(smallest_failure),
                                       TEST(the_rest_is_passed_over),
                                       TEST(nested),
                                       TEST(nested_failure_comes_out),
                                       TEST(cancel)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
