/* The library called from a parallel region of the caller, one context a thread: the
 * loops run serially, and cancel and messages work as outside. */
#include "../support.h"
#include "base/par.h"

static nd_status count_up(void *arg, size_t i, int worker)
{
    (void)i;
    if (worker != 0) return ND_EDIM;
    ++*(int *)arg;
    return ND_OK;
}

static nd_status fail_at_three(void *arg, size_t i, int worker)
{
    (void)arg, (void)worker;
    return i == 3 ? ND_ENUMERIC : ND_OK;
}

static bool always(void *user)
{
    (void)user;
    return true;
}

/* cmocka's assertions leave by longjmp, which must not cross the region: a yes or no. */
static bool works(void)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    int n = 0;
    bool good;

    nd_set_threads(ctx, 4);
    good = nd_par_for(ctx, 100, count_up, &n) == ND_OK && n == 100;
    good = nd_par_for(ctx, 9, fail_at_three, NULL) == ND_ENUMERIC && good;
    good = strstr(nd_errmsg(ctx), "part 3 of 9") && good;
    nd_set_cancel(ctx, always, NULL);
    good = nd_par_for(ctx, 9, count_up, &n) == ND_ECANCEL && n == 100 && good;
    nd_ctx_destroy(ctx);
    return good;
}

static void from_a_region_of_the_caller(void **state)
{
    int good = 0;

    (void)state;
#pragma omp parallel for num_threads(3) reduction(+ : good)
    for (int i = 0; i < 30; i++) good += works();
    assert_int_equal(good, 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(from_a_region_of_the_caller)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
