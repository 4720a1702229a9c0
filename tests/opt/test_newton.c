/* Trust-region Newton, dense and by products.  EVIDENCE: docs/optimisers.md,
 * "Newton". */
#include "functions.h"

#include "../support.h"

static test_self self;

static nd_opt_settings settings(void)
{
    nd_opt_settings s;

    nd_opt_init(&s);
    s.iterations = 400;
    return s;
}

/* form 0: dense Hessian; 1: dense from products; 2: products only. */
static nd_opt_result run(test_function f, size_t n, double *x, nd_opt_settings s, int form)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    nd_oracle fn;
    nd_opt_result r;
    double f0;

    test_self_init(&self, f, n);
    fn = test_oracle(&self, form == 0);
    s.dense_max = form == 2 ? 0 : 1000;
    f0 = f(n, x, NULL, NULL);
    nd_assert_ok(ctx, nd_newton(ctx, &fn, &s, x, &r));
    assert_true(r.f == f(n, x, NULL, NULL) || isnan(r.f));
    assert_true(!(r.f > f0));
    assert_int_equal(r.evaluations, self.grads);
    nd_ctx_destroy(ctx);
    return r;
}

static void alternate(size_t n, double *x, double a, double b)
{
    for (size_t i = 0; i < n; i++) x[i] = i % 2 ? b : a;
}

static void test_classical(void **state)
{
    (void)state;
    for (int form = 0; form < 3; form++) {
        double x[100];
        nd_opt_result r;
        alternate(2, x, -1.2, 1.0);
        r = run(rosenbrock, 2, x, settings(), form);
        assert_int_equal(r.stop, ND_STOP_SECOND_ORDER);
        assert_true(r.f < 1e-28 && r.evaluations <= 40);
        /* Eigenvalues of [[802, -400], [-400, 200]]. */
        assert_true(fabs(r.lambda_min - (501.0 - sqrt(250601.0))) <= r.lambda_err + 1e-12);
        assert_true(r.lambda_err < 1e-11);
        assert_int_equal(r.index, form == 2 ? -1 : 0);
        assert_true(r.rate < 0.05);
        alternate(2, x, 1.0, 1.0);
        r = run(beale, 2, x, settings(), form);
        assert_int_equal(r.stop, ND_STOP_SECOND_ORDER);
        nd_assert_close(x[0], 3.0, 1e-12, 1.0);
        alternate(100, x, -1.2, 1.0);
        r = run(rosenbrock, 100, x, settings(), form);
        assert_int_equal(r.stop, ND_STOP_SECOND_ORDER);
        assert_true(r.grad < 1e-11 && r.lambda_min > 0.3);
        assert_true(r.step < 1e-12);
    }
}

/* |g| at rounding level whatever the condition (dense). */
static void test_ill_conditioned(void **state)
{
    double x[100];
    nd_opt_result r;

    (void)state;
    alternate(100, x, -1.2, 1.0);
    r = run(ill_quadratic, 100, x, settings(), 0);
    assert_int_equal(r.stop, ND_STOP_SECOND_ORDER);
    assert_true(r.grad < 1e-15 && r.iterations <= 8);
    assert_true(r.factorisations <= r.hessians + 3);
    assert_true(fabs(r.lambda_min - 1.0) <= r.lambda_err);
    assert_true(r.lambda_err < 1e-2);
}

/* From exactly the saddle: g = 0, so only the curvature says where to go. */
static void test_strict_saddle(void **state)
{
    (void)state;
    for (int form = 0; form < 3; form++) {
        double x[2] = {0.0, 0.0};
        nd_opt_result r = run(saddle, 2, x, settings(), form);
        assert_int_equal(r.stop, ND_STOP_SECOND_ORDER);
        assert_true(r.negative_steps >= 1);
        nd_assert_close(fabs(x[1]), sqrt(0.5), 1e-12, 1.0);
        nd_assert_close(r.f, -0.25, 1e-12, 1.0);
        nd_assert_close(r.lambda_min, 2.0, 1e-12, 1.0);
        /* A gradient below the tolerance still says which side is down. */
        for (double side = -1.0; side <= 1.0; side += 2.0) {
            x[0] = 0.0, x[1] = side * 1e-10;
            run(saddle, 2, x, settings(), form);
            nd_assert_close(x[1], side * sqrt(0.5), 1e-12, 1.0);
        }
    }
}

/* Third-order saddles: a second-order method stops there, but what it reports must
 * not look strict: lambda_min 0 within its error, or no quadratic convergence. */
static void test_third_order_saddle(void **state)
{
    (void)state;
    for (int form = 0; form < 3; form++) {
        double x[2] = {0.0, 0.0};
        nd_opt_result r = run(monkey, 2, x, settings(), form);
        assert_int_equal(r.stop, ND_STOP_SECOND_ORDER);
        assert_true(fabs(r.lambda_min) <= r.lambda_err);
        assert_true(r.index <= 0);
        x[0] = x[1] = 1.0;
        r = run(cubic, 2, x, settings(), form);
        assert_int_equal(r.stop, ND_STOP_SECOND_ORDER);
        assert_true(r.rate > 0.2);
        assert_true(r.lambda_min < 1e-4);
        /* The step that remains is as long as x is: curvature and all shrink with it. */
        nd_assert_close(r.step, 0.5 * x[0], 1e-3, 0.0);
        /* Slightly to the wrong side it escapes: f is unbounded below. */
        x[0] = -1e-3, x[1] = 0.0;
        r = run(cubic, 2, x, settings(), form);
        assert_int_equal(r.stop, ND_STOP_DIVERGED);
        assert_true(r.negative_steps >= 1);
    }
}

static void test_infimum_at_infinity(void **state)
{
    const test_function f[3] = {exp_valley, high_valley, rational_valley};

    (void)state;
    for (int form = 0; form < 3; form++)
        for (int k = 0; k < 3; k++) {
            double x[2] = {1.0, 1.0};
            nd_opt_settings s = settings();
            nd_opt_result r;
            s.x_max = 300.0;
            r = run(f[k], 2, x, s, form);
            assert_int_equal(r.stop, ND_STOP_DIVERGED);
            x[0] = x[1] = 1.0;
            s.x_max = INFINITY;
            s.iterations = 30;
            r = run(f[k], 2, x, s, form);
            assert_true(r.stop == ND_STOP_ITERATIONS || r.stop == ND_STOP_ROUNDING);
            x[0] = x[1] = 1.0;
            s.iterations = 500;
            s.grad_tol = 1e-4; /* reached soon: no reason to claim anything */
            r = run(f[k], 2, x, s, form);
            assert_int_not_equal(r.stop, ND_STOP_SECOND_ORDER);
        }
}

/* Manifolds of minima and coordinates that do nothing. */
static void test_singular(void **state)
{
    (void)state;
    for (int form = 0; form < 3; form++) {
        double x[40] = {0.0};
        nd_opt_result r = run(flat_hinge3, 40, x, settings(), form);
        assert_int_equal(r.stop, ND_STOP_SECOND_ORDER);
        assert_true(r.f < 1e-15 && fabs(r.lambda_min) <= r.lambda_err);
        if (form == 0) assert_true(r.factorisations <= r.hessians + 4);
        memset(x, 0, sizeof x);
        r = run(flat_hinge2, 40, x, settings(), form); /* only C^1 */
        assert_int_equal(r.stop, ND_STOP_SECOND_ORDER);
        assert_true(r.f < 1e-25);
        alternate(8, x, -1.2, 1.0);
        r = run(dead, 8, x, settings(), form);
        assert_int_equal(r.stop, ND_STOP_SECOND_ORDER);
        assert_true(r.f < 1e-25 && fabs(r.lambda_min) <= r.lambda_err);
        assert_int_equal(r.index, form == 2 ? -1 : 0);
        for (size_t i = 2; i < 8; i++) nd_assert_close(x[i], i % 2 ? 1.0 : -1.2, 1e-9, 1.0);
    }
}

static void test_nan_and_kinks(void **state)
{
    (void)state;
    for (int form = 0; form < 3; form++) {
        double x[3] = {30.0, 0.01, 0.0};
        nd_opt_result r = run(domain, 2, x, settings(), form);
        assert_int_equal(r.stop, ND_STOP_SECOND_ORDER);
        nd_assert_close(x[0], 1.0, 1e-12, 1.0);
        x[0] = -1.0;
        r = run(domain, 2, x, settings(), form);
        assert_int_equal(r.stop, ND_STOP_NOT_FINITE);
        x[0] = -1.2;
        r = run(kink, 1, x, settings(), form);
        assert_int_equal(r.stop, ND_STOP_LINE_SEARCH);
        x[0] = x[1] = 1.0;
        r = run(wrong_gradient, 2, x, settings(), form);
        assert_int_equal(r.stop, ND_STOP_LINE_SEARCH);
        x[0] = 0.0, x[1] = x[2] = 1.0; /* H infinite at the start */
        if (form == 0) {
            r = run(power, 3, x, settings(), form);
            assert_int_equal(r.stop, ND_STOP_NOT_FINITE);
        }
    }
}

/* A tolerance of 0 ends at rounding with the curvature known. */
static void test_rounding(void **state)
{
    (void)state;
    for (int form = 0; form < 3; form++) {
        nd_opt_settings s = settings();
        double x[10];
        nd_opt_result r;
        s.grad_tol = 0.0;
        alternate(10, x, -1.2, 1.0);
        r = run(rosenbrock, 10, x, s, form);
        assert_int_equal(r.stop, ND_STOP_ROUNDING);
        assert_true(r.grad < 1e-11 && r.lambda_min > 0.3);
    }
}

static void test_no_second_derivatives(void **state)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    nd_opt_settings s = settings();
    double x[2] = {1.0, 2.0};
    nd_opt_result r = {.f = 5.0};
    nd_oracle fn;

    (void)state;
    test_self_init(&self, rosenbrock, 2);
    fn = test_oracle(&self, false);
    fn.hv = NULL;
    nd_assert_status(ctx, nd_newton(ctx, &fn, &s, x, &r), ND_ESMOOTH);
    assert_true(x[0] == 1.0 && r.f == 5.0);
    nd_ctx_destroy(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_classical),
        cmocka_unit_test(test_ill_conditioned),
        cmocka_unit_test(test_strict_saddle),
        cmocka_unit_test(test_third_order_saddle),
        cmocka_unit_test(test_infimum_at_infinity),
        cmocka_unit_test(test_singular),
        cmocka_unit_test(test_nan_and_kinks),
        cmocka_unit_test(test_rounding),
        cmocka_unit_test(test_no_second_derivatives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
