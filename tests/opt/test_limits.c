/* Limits, cancellation, failures of the oracle, memory, determinism, names: the same
 * for every optimiser. */
#include "functions.h"

#include "../support.h"

typedef nd_status (*optimiser)(nd_ctx *, const nd_oracle *, const nd_opt_settings *, double *,
                               nd_opt_result *);

static const struct {
    optimiser run;
    long dense_max;
} forms[3] = {{nd_lbfgs, 0}, {nd_newton, 1000}, {nd_newton, 0}};

static test_self self;

static nd_status run(nd_ctx *ctx, int form, nd_opt_settings *s, double *x, nd_opt_result *r)
{
    nd_oracle fn = test_oracle(&self, form == 1);

    s->dense_max = forms[form].dense_max;
    for (size_t i = 0; i < 10; i++) x[i] = i % 2 ? 1.0 : -1.2;
    return forms[form].run(ctx, &fn, s, x, r);
}

static void test_evaluations(void **state)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    double x[10];
    nd_opt_result r;

    (void)state;
    for (int form = 0; form < 3; form++)
        for (long k = 1; k < 60; k++) {
            nd_opt_settings s;
            nd_opt_init(&s);
            s.evaluations = k;
            test_self_init(&self, rosenbrock, 10);
            nd_assert_ok(ctx, run(ctx, form, &s, x, &r));
            assert_true(self.grads <= k);
            if (self.grads == k && r.stop != ND_STOP_SECOND_ORDER)
                assert_int_equal(r.stop, ND_STOP_EVALUATIONS);
            assert_true(r.f == rosenbrock(10, x, NULL, NULL));
            assert_true(r.f <= self.lowest + 0x1p-46 * fabs(self.lowest));
        }
    nd_ctx_destroy(ctx);
}

static void test_iterations_and_time(void **state)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    double x[10];
    nd_opt_result r;
    nd_opt_settings s;

    (void)state;
    for (int form = 0; form < 3; form++) {
        nd_opt_init(&s);
        s.iterations = 5;
        test_self_init(&self, rosenbrock, 10);
        nd_assert_ok(ctx, run(ctx, form, &s, x, &r));
        assert_int_equal(r.stop, ND_STOP_ITERATIONS);
        assert_int_equal(r.iterations, 5);
        nd_opt_init(&s);
        s.time = 0.0;
        test_self_init(&self, rosenbrock, 10);
        nd_assert_ok(ctx, run(ctx, form, &s, x, &r));
        assert_int_equal(r.stop, ND_STOP_TIME);
        assert_int_equal(r.evaluations, 1);
        assert_true(r.f == rosenbrock(10, x, NULL, NULL));
    }
    nd_opt_init(&s);
    s.grad_tol = NAN;
    nd_assert_status(ctx, run(ctx, 0, &s, x, &r), ND_ERANGE);
    nd_ctx_destroy(ctx);
}

typedef struct {
    long asked, say_stop_at, events;
} hooks;

static bool cancel(void *user)
{
    hooks *h = user;

    return ++h->asked >= h->say_stop_at;
}

static void progress(void *user, const nd_event *event)
{
    hooks *h = user;

    assert_true(event->evaluations >= event->step);
    assert_true(event->grad >= 0.0);
    h->events++;
}

/* Cancelled at every question: the best point so far, and its value. */
static void test_cancel(void **state)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    double x[10];
    nd_opt_settings s;

    (void)state;
    nd_opt_init(&s);
    for (int form = 0; form < 3; form++)
        for (long k = 1; k < 80; k++) {
            hooks h = {0, k, 0};
            nd_opt_result r;
            nd_status status;
            nd_set_cancel(ctx, cancel, &h);
            nd_set_progress(ctx, progress, &h);
            test_self_init(&self, rosenbrock, 10);
            status = run(ctx, form, &s, x, &r);
            if (h.asked < k) {
                assert_int_equal(status, ND_OK);
                break;
            }
            assert_int_equal(status, ND_ECANCEL);
            assert_int_equal(r.stop, ND_STOP_CANCEL);
            if (self.grads == 0) {
                assert_true(isnan(r.f) && x[0] == -1.2);
                continue;
            }
            assert_true(r.f == rosenbrock(10, x, NULL, NULL));
            assert_true(r.f <= self.lowest + 0x1p-46 * fabs(self.lowest));
            assert_true(h.events == 0 || r.iterations > 0 || h.events == 1);
        }
    nd_ctx_destroy(ctx);
}

/* An error of the oracle comes through and nothing is written. */
static void test_failing_oracle(void **state)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    double x[10];
    nd_opt_settings s;

    (void)state;
    nd_opt_init(&s);
    for (int form = 0; form < 3; form++)
        for (long k = 1; k < 20; k++) {
            nd_opt_result r = {.f = 123.0};
            test_self_init(&self, rosenbrock, 10);
            self.fail_at = k;
            self.fail = ND_EIO;
            assert_int_equal(run(ctx, form, &s, x, &r), ND_EIO);
            assert_true(x[0] == -1.2 && x[1] == 1.0 && r.f == 123.0);
            test_self_init(&self, rosenbrock, 10);
            self.fail_at = k;
            self.fail = ND_ECANCEL;
            assert_int_equal(run(ctx, form, &s, x, &r), ND_ECANCEL);
            assert_int_equal(r.stop, ND_STOP_CANCEL);
        }
    nd_ctx_destroy(ctx);
}

static nd_status scenario(nd_ctx *ctx, void *arg)
{
    int form = *(int *)arg;
    double x[10];
    nd_opt_result r;
    nd_opt_settings s;

    nd_opt_init(&s);
    test_self_init(&self, rosenbrock, 10);
    return run(ctx, form, &s, x, &r);
}

static void test_memory(void **state)
{
    (void)state;
    for (int form = 0; form < 3; form++) assert_true(nd_test_every_allocation(scenario, &form) > 1);
}

static void test_same_bits(void **state)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    double x[2][10];
    nd_opt_result r[2];
    nd_opt_settings s;

    (void)state;
    nd_opt_init(&s);
    for (int form = 0; form < 3; form++) {
        for (int k = 0; k < 2; k++) {
            nd_set_threads(ctx, k + 1);
            test_self_init(&self, rosenbrock, 10);
            nd_assert_ok(ctx, run(ctx, form, &s, x[k], &r[k]));
        }
        assert_memory_equal(x[0], x[1], sizeof x[0]);
        assert_int_equal(r[0].evaluations, r[1].evaluations);
    }
    nd_ctx_destroy(ctx);
}

static void test_names(void **state)
{
    (void)state;
    for (nd_stop s = ND_STOP_NONE; s < ND_STOPS; s++) {
        assert_true(strlen(nd_stop_name(s)) > 3);
        assert_true(strlen(nd_stop_sentence(s)) > 10);
        for (nd_stop t = ND_STOP_NONE; t < s; t++)
            assert_string_not_equal(nd_stop_name(s), nd_stop_name(t));
    }
    assert_string_equal(nd_stop_name(ND_STOPS), "?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_evaluations), cmocka_unit_test(test_iterations_and_time),
        cmocka_unit_test(test_cancel),      cmocka_unit_test(test_failing_oracle),
        cmocka_unit_test(test_memory),      cmocka_unit_test(test_same_bits),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
