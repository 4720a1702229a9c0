/* Training that ends in a proved local minimum, and where it must not. */
#include "lab_support.h"

#include "lab/lab.h"

#include <math.h>
#include <string.h>

static nd_verdict train_xor(const char *net, const char *loss, double l2, uint64_t seed)
{
    nd_train_settings s;
    nd_train_result *r;
    nd_verdict v;
    lab_case c;

    nd_train_init(&s);
    s.seed = seed;
    lab_open(&c, 4, 2, xor_x, xor_y, net, loss, l2);
    nd_assert_ok(c.ctx, nd_train(c.ctx, c.net, c.data, c.loss, l2, &s, NULL, &r));
    v = r->verdict;
    nd_train_result_destroy(c.ctx, r);
    lab_close(&c);
    return v;
}

/* EVIDENCE: README, "LOCAL MINIMUM (proved)".  The four minima of XOR with ridge 1e-3,
 * losses from another program (docs/training.md). */
static void ridge_minima(void **state)
{
    static const struct {
        const char *net;
        uint64_t seed;
        double loss;
        size_t errors;
    } minima[] = {{"softplus:1", 1, 0.71286, 1},
                  {"softplus:2", 1, 0.01245, 0},
                  {"softplus:2", 3, 0.00822, 0},
                  {"softplus:3", 1, 0.00717, 0}};

    (void)state;
    for (size_t k = 0; k < sizeof minima / sizeof *minima; k++) {
        nd_verdict v = train_xor(minima[k].net, "polyhinge:3", 1e-3, minima[k].seed);

        assert_int_equal(v.kind, ND_LOCAL_MINIMUM);
        assert_int_equal(v.proved, ND_PROVED);
        assert_string_equal(v.cert.kind, "strict");
        assert_true(v.cert.loss_lo <= v.cert.loss_hi && v.cert.loss_hi - v.cert.loss_lo < 1e-12);
        assert_true(v.cert.loss_lo > minima[k].loss - 1e-5);
        assert_true(v.cert.loss_hi < minima[k].loss + 1e-5);
        assert_int_equal(v.errors, minima[k].errors);
        assert_true(v.bad == (minima[k].errors > 0));
        assert_true(v.cert.mu > 0.0 && v.cert.mu <= v.lambda_min + v.lambda_err);
    }
}

/* theta = 0 on XOR: f = 0, sgn(0) = +1, so two errors at the point; the proof leaves 0 to 4. */
static void errors_left_open(void **state)
{
    static const double theta[9] = {0};
    nd_train_settings s;
    nd_train_result *r;
    lab_case c;

    (void)state;
    nd_train_init(&s);
    lab_open(&c, 4, 2, xor_x, xor_y, "softplus:2", "polyhinge:3", 1e-2);
    nd_assert_ok(c.ctx, nd_train(c.ctx, c.net, c.data, c.loss, 1e-2, &s, theta, &r));
    assert_int_equal(r->verdict.kind, ND_LOCAL_MINIMUM);
    assert_int_equal(r->verdict.proved, ND_PROVED);
    assert_int_equal(r->verdict.errors, 2);
    assert_false(r->verdict.bad); /* not proved to err */
    assert_true(r->verdict.cert.errors_lo <= 2 && r->verdict.cert.errors_hi == 4);
    assert_non_null(strstr(r->verdict.reason, "0 to 4 errors"));
    nd_train_result_destroy(c.ctx, r);
    lab_close(&c);
}

/* A convex problem: the strict minimum is the global one. */
static void convex_is_global(void **state)
{
    nd_verdict v = train_xor("linear", "logistic", 1e-2, 1);

    (void)state;
    assert_int_equal(v.kind, ND_GLOBAL_MINIMUM);
    assert_int_equal(v.proved, ND_PROVED);
    assert_string_equal(v.cert.kind, "strict");
    assert_false(v.bad);
    /* theta = 0 by symmetry: L = log 2 */
    assert_true(v.cert.loss_lo <= 0.6931471805599453 && v.cert.loss_hi >= 0.6931471805599453);
}

/* ReLU on XOR without ridge: dead neurons and samples that leave the loss in the limit only;
 * every end is proved, the bad ones as local minima. */
static void relu_ends(void **state)
{
    size_t proved = 0;

    (void)state;
    for (uint64_t seed = 1; seed <= 8; seed++)
        for (int width = 1; width <= 2; width++) {
            nd_verdict v = train_xor(width == 1 ? "relu:1" : "relu:2", "polyhinge:3", 0.0, seed);

            if (v.proved != ND_PROVED) { /* f = 0 on a slope of the neuron: a degenerate end */
                assert_true(v.kind == ND_UNDECIDED && fabs(v.loss - 1.0) < 1e-9);
                continue;
            }
            proved++;
            assert_true(v.kind == (v.loss == 0.0 ? ND_GLOBAL_MINIMUM : ND_LOCAL_MINIMUM));
            assert_true(v.bad == (v.cert.errors_lo > 0 && v.kind == ND_LOCAL_MINIMUM));
            if (width == 1) assert_true(v.errors > 0); /* one neuron does not separate XOR */
            assert_true(v.cert.errors_lo <= v.errors && v.errors <= v.cert.errors_hi);
            if (v.bad) assert_true(v.cert.says == ND_SAYS_LOCAL && v.cert.loss_lo > 0.49);
        }
    assert_true(proved >= 14);
}

/* With a ridge neurons end at their kinks: one layer is proved there; with two layers
 * nothing is, and what stands in the way is said. */
static void kinks(void **state)
{
    nd_verdict v;

    (void)state;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        v = train_xor(seed % 2 ? "relu:2" : "leakyrelu:2", "polyhinge:3", 1e-3, seed);
        assert_int_equal(v.kind, ND_LOCAL_MINIMUM);
        assert_int_equal(v.proved, ND_PROVED);
        assert_string_equal(v.cert.kind, "kink");
        assert_true(v.loss <= v.cert.loss_hi + 1e-9 && v.loss >= v.cert.loss_lo - 1e-9);
    }
    v = train_xor("relu:2,relu:2", "polyhinge:3", 1e-3, 1);
    assert_int_equal(v.kind, ND_UNDECIDED);
    assert_non_null(strstr(v.reason, "kink"));
}

/* A start at a saddle: proved to be one, with its index. */
static void saddle_is_proved(void **state)
{
    const double x[] = {-2, -1, 1, 2.5}, y[] = {-1, -1, 1, 1};
    double theta[4] = {0};
    nd_history h = {.time = 10.0};
    nd_surface *sf;
    nd_verdict v;
    lab_case c;

    (void)state;
    lab_open(&c, 4, 1, x, y, "tanh:1", "polyhinge:3", 0.01);
    assert_int_equal(c.net->P, 4);
    nd_assert_ok(c.ctx, nd_surface_open(c.ctx, c.net, c.data, c.loss, 0.01, &sf));
    nd_assert_ok(c.ctx, nd_classify_with(sf, theta, &h, &v));
    assert_int_equal(v.kind, ND_SADDLE);
    nd_assert_ok(c.ctx, nd_prove_minimum(sf, theta, &v));
    assert_int_equal(v.kind, ND_SADDLE);
    assert_int_equal(v.proved, ND_PROVED);
    assert_string_equal(v.cert.kind, "index");
    assert_int_equal(v.index, 1);
    assert_false(v.bad);
    nd_surface_close(sf);
    lab_close(&c);
}

/* No ridge: plain descent ends with |g| = 1e-12 in a valley, no minimum at all. */
static void never_proved(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 8; seed++) {
        nd_verdict v = train_xor("softplus:1", "polyhinge:3", 0.0, seed);

        assert_int_not_equal(v.proved, ND_PROVED);
        assert_int_not_equal(v.kind, ND_LOCAL_MINIMUM);
        assert_int_not_equal(v.kind, ND_GLOBAL_MINIMUM);
    }
}

/* A verdict that calls a point a minimum which is none stays without proof. */
static void wrong_verdict_is_not_proved(void **state)
{
    double theta[9] = {0.3, -0.2, 0.5, 0.1, 0.2, -0.4, 0.7, -0.6, 0.1}, before[9];
    nd_verdict v = {.kind = ND_LOCAL_MINIMUM, .loss = 7.0, .errors = 3};
    nd_surface *sf;
    lab_case c;

    (void)state;
    memcpy(before, theta, sizeof theta);
    lab_open(&c, 4, 2, xor_x, xor_y, "softplus:2", "polyhinge:3", 1e-3);
    assert_int_equal(c.net->P, 9);
    nd_assert_ok(c.ctx, nd_surface_open(c.ctx, c.net, c.data, c.loss, 1e-3, &sf));
    nd_assert_ok(c.ctx, nd_prove_minimum(sf, theta, &v));
    assert_int_not_equal(v.proved, ND_PROVED);
    assert_true(v.loss == 7.0 && v.errors == 3);
    assert_memory_equal(theta, before, sizeof theta);
    nd_surface_close(sf);
    lab_close(&c);
}

static nd_verdict stopped_early(const char *net, double l2)
{
    nd_train_settings s;
    nd_train_result *r;
    nd_verdict v;
    lab_case c;

    nd_train_init(&s);
    s.iterations = 1;
    s.newton = false;
    s.rescale = false;
    lab_open_source(&c, "data/iris2.csv", "virginica", ND_SCALE_STANDARD, net, "polyhinge:3", l2);
    for (size_t i = 0; i < c.data->n; i++)
        c.data->y[i] = c.data->x[2] > c.data->x[4 * i + 2] ? 1 : -1;
    nd_assert_ok(c.ctx, nd_train(c.ctx, c.net, c.data, c.loss, l2, &s, NULL, &r));
    v = r->verdict;
    nd_train_result_destroy(c.ctx, r);
    lab_close(&c);
    return v;
}

/* EVIDENCE: docs/training.md.  The labels say on which side of the first sample the third
 * feature lies: separable, so Theorem 1 covers every local minimum, and a point with
 * active samples is none.  With ridge no theorem speaks. */
static void no_minimum_by_theorem(void **state)
{
    nd_verdict v = stopped_early("softplus:4", 0.0);

    (void)state;
    assert_int_not_equal(v.proved, ND_PROVED);
    assert_true(v.active > 0);
    assert_int_equal(v.no_minimum, ND_PROVED);
    assert_non_null(strstr(v.reason, "no local minimum here (proved)"));
    assert_int_not_equal(stopped_early("softplus:4", 1e-3).no_minimum, ND_PROVED);
    assert_int_not_equal(stopped_early("relu:4", 0.0).no_minimum, ND_PROVED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ridge_minima),
        cmocka_unit_test(errors_left_open),
        cmocka_unit_test(convex_is_global),
        cmocka_unit_test(relu_ends),
        cmocka_unit_test(kinks),
        cmocka_unit_test(saddle_is_proved),
        cmocka_unit_test(never_proved),
        cmocka_unit_test(wrong_verdict_is_not_proved),
        cmocka_unit_test(no_minimum_by_theorem),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
