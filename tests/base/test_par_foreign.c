/* Who may touch the context: not the loops inside bodies of a loop; but those inside a
 * parallel region of the caller, where each thread has a context of its own.  These
 * run serially, and cancel and messages work as outside. */
#include "../support.h"
#include "base/par.h"

#include <omp.h>

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
    omp_set_max_active_levels(3); /* OpenMP would allow regions inside regions */
#pragma omp parallel for num_threads(3) reduction(+ : good)
    for (int i = 0; i < 30; i++) good += works();
    assert_int_equal(good, 30);
}

static bool count_questions(void *user)
{
    ++*(int *)user;
    return false;
}

static nd_status nest(void *arg, size_t i, int worker)
{
    int n = 0;

    (void)worker;
    return nd_par_for(arg, 5 + i % 2, count_up, &n);
}

/* Two questions by the outer loop, none by the inner ones. */
static void inner_loops_leave_the_context_alone(void **state)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    int questions = 0;

    (void)state;
    nd_set_threads(ctx, 2);
    nd_set_cancel(ctx, count_questions, &questions);
    nd_assert_ok(ctx, nd_par_for(ctx, 40, nest, ctx));
    assert_int_equal(questions, 2);
    nd_ctx_destroy(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(from_a_region_of_the_caller),
                                       cmocka_unit_test(inner_loops_leave_the_context_alone)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
