/* L-BFGS on classical functions.  EVIDENCE: docs/optimisers.md, "L-BFGS". */
#include "functions.h"

#include "../support.h"

static test_self self;

static nd_opt_result run(test_function f, size_t n, double *x, nd_opt_settings *s)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    nd_oracle fn;
    nd_opt_result r;
    double f0, lowest;

    test_self_init(&self, f, n);
    fn = test_oracle(&self, true);
    f0 = f(n, x, NULL, NULL);
    nd_assert_ok(ctx, nd_lbfgs(ctx, &fn, s, x, &r));
    lowest = self.lowest;
    /* What it returns is what is there, and as low as anything seen (up to noise). */
    assert_true(r.f == f(n, x, NULL, NULL) || isnan(r.f));
    assert_true(!(r.f > f0));
    if (isfinite(lowest)) assert_true(r.f <= lowest + 1e-12 * fabs(lowest) + 1e-300);
    assert_int_equal(r.evaluations, self.grads);
    nd_ctx_destroy(ctx);
    return r;
}

static void alternate(size_t n, double *x, double a, double b)
{
    for (size_t i = 0; i < n; i++) x[i] = i % 2 ? b : a;
}

static nd_opt_settings settings(double tol)
{
    nd_opt_settings s;

    nd_opt_init(&s);
    s.grad_tol = tol;
    return s;
}

static void test_classical(void **state)
{
    nd_opt_settings s = settings(1e-9);
    double x[100];
    nd_opt_result r;
    /* Evaluations that are enough; measured 46, 96, 623, 18, 64. */
    const long enough[3] = {60, 125, 800};
    const size_t sizes[3] = {2, 10, 100};

    (void)state;
    for (int k = 0; k < 3; k++) {
        alternate(sizes[k], x, -1.2, 1.0);
        r = run(rosenbrock, sizes[k], x, &s);
        assert_int_equal(r.stop, ND_STOP_GRADIENT);
        assert_true(r.evaluations <= enough[k]);
        assert_true(r.grad <= 1e-9 && r.f < 1e-15);
        for (size_t i = 0; i < sizes[k]; i++) nd_assert_close(x[i], 1.0, 1e-7, 1.0);
    }
    alternate(2, x, 1.0, 1.0);
    r = run(beale, 2, x, &s);
    assert_int_equal(r.stop, ND_STOP_GRADIENT);
    assert_true(r.evaluations <= 25);
    nd_assert_close(x[0], 3.0, 1e-8, 1.0);
    nd_assert_close(x[1], 0.5, 1e-8, 1.0);
    x[0] = 3.0, x[1] = -1.0, x[2] = 0.0, x[3] = 1.0;
    r = run(powell, 4, x, &s);
    assert_int_equal(r.stop, ND_STOP_GRADIENT);
    assert_true(r.evaluations <= 80 && r.f < 1e-12);
}

static void test_ill_conditioned(void **state)
{
    nd_opt_settings s = settings(1e-9);
    double x[10];
    nd_opt_result r;

    (void)state;
    alternate(10, x, -1.2, 1.0);
    r = run(ill_quadratic, 10, x, &s); /* condition 1e10 */
    assert_int_equal(r.stop, ND_STOP_GRADIENT);
    assert_true(r.f == 1.0);
    assert_true(r.evaluations <= 300);
}

/* A tolerance of 0 ends at rounding, not at a limit. */
static void test_rounding(void **state)
{
    nd_opt_settings s = settings(0.0);
    double x[10];
    nd_opt_result r;

    (void)state;
    alternate(2, x, 30.0, 0.01);
    r = run(domain, 2, x, &s);
    assert_int_equal(r.stop, ND_STOP_ROUNDING);
    assert_true(r.grad < 1e-12);
    nd_assert_close(x[0], 1.0, 1e-12, 1.0);
    /* Restarted where it ended: nothing more, and no nonsense. */
    r = run(domain, 2, x, &s);
    assert_true(r.stop == ND_STOP_ROUNDING || r.stop == ND_STOP_GRADIENT);
    assert_true(r.grad < 1e-12);
}

/* log and sqrt outside their domain give NaN: the step shrinks. */
static void test_nan_regions(void **state)
{
    nd_opt_settings s = settings(1e-9);
    const double starts[4][2] = {{30.0, 0.01}, {1e-6, 50.0}, {1e-3, 1e-3}, {900.0, 2.0}};

    (void)state;
    for (int k = 0; k < 4; k++) {
        double x[2] = {starts[k][0], starts[k][1]};
        nd_opt_result r = run(domain, 2, x, &s);
        assert_int_equal(r.stop, ND_STOP_GRADIENT);
        nd_assert_close(x[0], 1.0, 1e-7, 1.0);
        nd_assert_close(x[1], pow(2.0, 2.0 / 3.0), 1e-7, 1.0);
        assert_true(r.evaluations <= 100);
    }
    double x[2] = {-1.0, 1.0};
    nd_opt_result r = run(domain, 2, x, &s);
    assert_int_equal(r.stop, ND_STOP_NOT_FINITE);
    assert_int_equal(r.evaluations, 1);
}

/* The loss of a net that fits: f and g become exactly 0. */
static void test_exact_zero(void **state)
{
    nd_opt_settings s = settings(0.0);
    double x[40] = {0.0};
    nd_opt_result r = run(flat_hinge2, 40, x, &s);

    (void)state;
    assert_int_equal(r.stop, ND_STOP_GRADIENT);
    assert_true(r.f == 0.0 && r.grad == 0.0);
    r = run(flat_hinge2, 40, x, &s);
    assert_int_equal(r.evaluations, 1);
    assert_int_equal(r.iterations, 0);
    assert_int_equal(r.stop, ND_STOP_GRADIENT);
}

static void test_kinks_and_lies(void **state)
{
    nd_opt_settings s = settings(1e-9);
    double x[3] = {-1.2, 1.0, 0.7};
    nd_opt_result r = run(power, 3, x, &s); /* C^1, H infinite at the minimum */

    (void)state;
    assert_true(r.stop == ND_STOP_GRADIENT && r.f < 1e-20);
    x[0] = -1.2;
    r = run(kink, 1, x, &s);
    assert_int_equal(r.stop, ND_STOP_LINE_SEARCH);
    nd_assert_close(x[0], 0.3, 1e-9, 1.0);
    x[0] = x[1] = 1.0;
    r = run(wrong_gradient, 2, x, &s);
    assert_int_equal(r.stop, ND_STOP_LINE_SEARCH);
    assert_true(x[0] == 1.0 && x[1] == 1.0);
}

static void test_infinity(void **state)
{
    nd_opt_settings s = settings(0.0);
    double x[2] = {1.0, 1.0};
    nd_opt_result r;

    (void)state;
    s.x_max = 1e3;
    r = run(rational_valley, 2, x, &s);
    assert_int_equal(r.stop, ND_STOP_DIVERGED);
    assert_true(fabs(x[0]) > 1e3);
    x[0] = 1.0, x[1] = 0.3;
    r = run(monkey, 2, x, &s); /* unbounded below: to -1e100 and further in few steps */
    assert_int_equal(r.stop, ND_STOP_DIVERGED);
    assert_true(r.f < -1e6);
}

static bool low_enough(void *user, const double *x, double f, const double *g)
{
    (void)x, (void)g;
    return f < *(double *)user;
}

static void test_target(void **state)
{
    nd_opt_settings s = settings(1e-9);
    double x[2] = {-1.2, 1.0}, limit = 0.5;
    nd_opt_result r;

    (void)state;
    s.target = 0.5;
    r = run(rosenbrock, 2, x, &s);
    assert_int_equal(r.stop, ND_STOP_TARGET);
    assert_true(r.f <= 0.5 && r.f > 1e-6);
    x[0] = -1.2, x[1] = 1.0;
    s.target = -INFINITY;
    s.test = low_enough;
    s.test_user = &limit;
    r = run(rosenbrock, 2, x, &s);
    assert_int_equal(r.stop, ND_STOP_TARGET);
    assert_true(r.f <= 0.5 && r.f > 1e-6);
}

/* The size of f and of x does not matter: only the units of the tolerances do. */
static double scaled(size_t n, const double *x, double *g, double *H)
{
    double y[2] = {x[0] * 1e-6, x[1] * 1e-6}, f = rosenbrock(n, y, g, H);

    for (size_t i = 0; i < n && g; i++) g[i] *= 1e6;
    for (size_t i = 0; i < n * n && H; i++) H[i] *= 1.0;
    return f * 1e12;
}

static void test_scale(void **state)
{
    nd_opt_settings s = settings(1e-3);
    double x[2] = {-1.2e6, 1e6};
    nd_opt_result r = run(scaled, 2, x, &s);

    (void)state;
    assert_int_equal(r.stop, ND_STOP_GRADIENT);
    nd_assert_close(x[0], 1e6, 1e-8, 1.0);
    assert_true(r.evaluations <= 90);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_classical),  cmocka_unit_test(test_ill_conditioned),
        cmocka_unit_test(test_rounding),   cmocka_unit_test(test_nan_regions),
        cmocka_unit_test(test_exact_zero), cmocka_unit_test(test_kinks_and_lies),
        cmocka_unit_test(test_infinity),   cmocka_unit_test(test_target),
        cmocka_unit_test(test_scale),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
