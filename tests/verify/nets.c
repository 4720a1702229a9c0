/* Loss, gradient, Hessian and margins of nets of every form against 36-digit values
 * (nets/: second-order forward differentiation), at points and over boxes. */
#include "verify_support.h"

static void read_net(nd_ctx *ctx, const char *path, nv_cert *c)
{
    memset(c, 0, sizeof *c);
    if (nv_cert_read(ctx, path, c) != ND_OK) fail_msg("%s", nd_errmsg(ctx));
}

/* The smallest margin is the smallest of the golden ones. */
static void margin_against(const json_t *margins, const nv_value *v, const char *path)
{
    arb_t x, m;
    json_t *text;
    size_t i;

    arb_init(x);
    arb_init(m);
    json_array_foreach(margins, i, text)
    {
        nv_golden(x, text);
        if (i == 0)
            arb_set(m, x);
        else
            arb_min(m, m, x, 160);
    }
    nv_assert_encloses(v->margin_min, m, path);
    arb_clear(x);
    arb_clear(m);
}

static void against_hints(const char *path, const nv_value *v, bool sharp)
{
    json_t *j = nv_load(path), *h = json_object_get(j, "hints");
    arb_t x;

    arb_init(x);
    nv_golden(x, json_object_get(h, "loss"));
    nv_assert_encloses(v->L, x, path);
    if (sharp) assert_true(arb_rel_accuracy_bits(v->L) > 100);
    for (slong i = 0; i < v->P; i++) {
        nv_golden(x, json_array_get(json_object_get(h, "gradient"), (size_t)i));
        nv_assert_encloses(v->g + i, x, path);
        if (sharp) assert_true(mag_cmp_2exp_si(arb_radref(v->g + i), -100) < 0);
        for (slong k = 0; k < v->P; k++) {
            nv_golden(x, json_array_get(json_array_get(json_object_get(h, "hessian"), (size_t)i),
                                        (size_t)k));
            nv_assert_encloses(arb_mat_entry(v->H, i, k), x, path);
            if (sharp)
                assert_true(mag_cmp_2exp_si(arb_radref(arb_mat_entry(v->H, i, k)), -100) < 0);
        }
    }
    margin_against(json_object_get(h, "margins"), v, path);
    arb_clear(x);
    json_decref(j);
}

static void box(arb_ptr theta, const nv_cert *c, double R)
{
    for (slong k = 0; k < c->net.P; k++) {
        arb_set_d(theta + k, c->theta[k]);
        mag_set_d(arb_radref(theta + k), R);
    }
}

static void check_point(const char *path, const char *name)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    nv_cert c;
    nv_value v;
    arb_ptr theta;

    (void)name;
    read_net(ctx, path, &c);
    theta = _arb_vec_init(c.net.P);
    nv_value_init(&v, c.net.P);
    for (int fine = 0; fine < 2; fine++) {
        box(theta, &c, fine ? 0 : 1e-6);
        nv_evaluate(&c, theta, 2, 128, &v);
        against_hints(path, &v, fine);
    }
    nv_value_clear(&v);
    _arb_vec_clear(theta, c.net.P);
    nv_cert_clear(ctx, &c);
    nd_ctx_destroy(ctx);
}

static void test_points(void **state)
{
    (void)state;
    nv_each("nets", 8, check_point);
}

static void contained(const nv_value *small, const nv_value *large)
{
    if (arb_is_finite(large->L)) assert_true(arb_overlaps(large->L, small->L));
    assert_true(large->errors_lo <= small->errors_lo && small->errors_hi <= large->errors_hi);
    if (arb_is_finite(large->margin_min))
        assert_true(arb_overlaps(large->margin_min, small->margin_min));
    for (slong i = 0; i < small->P; i++) {
        if (arb_is_finite(large->g + i)) assert_true(arb_overlaps(large->g + i, small->g + i));
        for (slong k = 0; k < small->P; k++)
            if (arb_is_finite(arb_mat_entry(large->H, i, k)))
                assert_true(
                    arb_overlaps(arb_mat_entry(large->H, i, k), arb_mat_entry(small->H, i, k)));
    }
}

/* What is true at random corners and points of a box is inside what is said of the box. */
static void check_box(const char *path, const char *name)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    nd_rng rng = nd_rng_make(7, 0);
    nv_cert c;
    nv_value large, small;
    arb_ptr theta;

    (void)name;
    read_net(ctx, path, &c);
    theta = _arb_vec_init(c.net.P);
    nv_value_init(&large, c.net.P);
    nv_value_init(&small, c.net.P);
    for (int w = 0; w < 3; w++) {
        double R = ldexp(1, -2 - 4 * w);

        box(theta, &c, R);
        nv_evaluate(&c, theta, 2, 64, &large);
        for (int t = 0; t < 12; t++) {
            for (slong k = 0; k < c.net.P; k++) {
                double u = 2 * nd_rng_uniform(&rng) - 1;

                arb_set_d(theta + k, c.theta[k] + R * (t % 2 ? u : copysign(1, u)));
            }
            nv_evaluate(&c, theta, 2, 64, &small);
            contained(&small, &large);
        }
    }
    nv_value_clear(&large);
    nv_value_clear(&small);
    _arb_vec_clear(theta, c.net.P);
    nv_cert_clear(ctx, &c);
    nd_ctx_destroy(ctx);
}

static void test_boxes(void **state)
{
    (void)state;
    nv_each("nets", 8, check_box);
}

/* More samples than one batch of Jacobians holds: n copies of each sample, the same L. */
static void test_batches(void **state)
{
    enum { COPIES = 300 };
    nd_ctx *ctx = nd_ctx_create(NULL);
    const char *path = NV_TESTS "nets/net1.json";
    nv_cert c;
    nv_value v;
    arb_ptr theta;
    slong n, d;
    double *X, *y, *w, *old[3];

    (void)state;
    read_net(ctx, path, &c);
    n = c.n;
    d = c.net.d;
    X = malloc((size_t)(COPIES * n * d) * sizeof *X);
    y = malloc((size_t)(COPIES * n) * sizeof *y);
    w = malloc((size_t)(COPIES * n) * sizeof *w);
    for (slong i = 0; i < COPIES * n; i++) {
        memcpy(X + i * d, c.X + i % n * d, (size_t)d * sizeof *X);
        y[i] = c.y[i % n];
        w[i] = c.weight[i % n];
    }
    old[0] = c.X, old[1] = c.y, old[2] = c.weight;
    c.X = X, c.y = y, c.weight = w, c.n = COPIES * n;
    theta = _arb_vec_init(c.net.P);
    nv_value_init(&v, c.net.P);
    box(theta, &c, 0);
    nv_evaluate(&c, theta, 2, 128, &v);
    against_hints(path, &v, true);
    c.X = old[0], c.y = old[1], c.weight = old[2], c.n = n;
    free(X);
    free(y);
    free(w);
    nv_value_clear(&v);
    _arb_vec_clear(theta, c.net.P);
    nv_cert_clear(ctx, &c);
    nd_ctx_destroy(ctx);
}

/* The grammar: what it takes, and that it hands out exactly P parameters. */
static void test_grammar(void **state)
{
    static const struct {
        const char *spec;
        slong d, P;
    } good[] = {
        {"linear", 3, 4},
        {"linear", 0, 1},
        {"softplus:32", 30, 1025},
        {"squareplus:2:nobias", 3, 9},
        {"relu:64,relu:32+softplus:16", 10, 10 * 64 + 64 + 64 * 32 + 32 + 32 + 12 * 16 + 1},
        {"res(tanh:4)", 4, 25},
        {"tanh:8,res(tanh:8),exp:1+linear", 2, 24 + 72 + 9 + 1 + 2 + 1},
    };
    static const char *const bad[] = {"",
                                      "soft:3",
                                      "softplus",
                                      "softplus:",
                                      "softplus:0",
                                      "softplus:-1",
                                      "tanh:03",
                                      "tanh:3,",
                                      "tanh:3+",
                                      "+tanh:3",
                                      "tanh: 3",
                                      "tanh:3 ",
                                      "linear:2",
                                      "res(tanh:3)",
                                      "res(tanh:2",
                                      "res(tanh:2:nobias)",
                                      "TANH:3",
                                      "tanh:3:bias",
                                      "linear,tanh:2",
                                      "tanh:99999999999999999999",
                                      "tanh:4000000000,tanh:4000000000"};
    nv_net net;
    nv_loss loss;

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_null(nv_net_parse(good[i].spec, good[i].d, good[i].P, &net));
        assert_int_equal(net.P, good[i].P);
        nv_net_clear(&net);
        for (slong more = -1; more <= 1; more += 2) {
            assert_non_null(nv_net_parse(good[i].spec, good[i].d, good[i].P + more, &net));
            nv_net_clear(&net);
        }
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        for (slong P = 1; P < 40; P++) {
            if (!nv_net_parse(bad[i], 2, P, &net)) fail_msg("'%s' was taken as a net", bad[i]);
            nv_net_clear(&net);
        }
    assert_null(nv_loss_parse("polyhinge:3", &loss));
    assert_int_equal(loss.q, 3);
    assert_null(nv_loss_parse("smoothhinge", &loss));
    for (size_t i = 0; i < 6; i++) {
        static const char *const wrong[] = {"polyhinge",    "polyhinge:1", "polyhinge:101",
                                            "polyhinge:3x", "hinge",       "logistic:2"};
        assert_non_null(nv_loss_parse(wrong[i], &loss));
    }
}

/* A = V diag(lambda) V' back from nv_eigen, degenerate and graded matrices too. */
static void test_eigen(void **state)
{
    nd_rng rng = nd_rng_make(3, 1);
    enum { N = 24 };
    double A[N * N], V[N * N], lambda[N];

    (void)state;
    for (int kind = 0; kind < 5; kind++)
        for (slong n = 1; n <= N; n += n < 4 ? 1 : 10) {
            for (slong i = 0; i < n; i++)
                for (slong j = 0; j <= i; j++) {
                    double a = kind == 0 ? 0 : kind == 1 ? i == j : 2 * nd_rng_uniform(&rng) - 1;

                    if (kind == 3) a = ldexp(a, -(int)(i + j));
                    if (kind == 4) a = i == j ? 0 : 1;
                    A[i * n + j] = A[j * n + i] = V[i * n + j] = V[j * n + i] = a;
                }
            assert_true(nv_eigen(n, V, lambda));
            for (slong i = 0; i < n; i++)
                for (slong j = 0; j < n; j++) {
                    double a = 0, one = 0;

                    for (slong k = 0; k < n; k++) {
                        a += V[k * n + i] * lambda[k] * V[k * n + j];
                        one += V[i * n + k] * V[j * n + k];
                    }
                    assert_true(fabs(a - A[i * n + j]) < 1e-12);
                    assert_true(fabs(one - (i == j)) < 1e-13);
                }
        }
    V[0] = NAN, V[1] = V[2] = V[3] = 1;
    assert_false(nv_eigen(2, V, lambda));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_points),  cmocka_unit_test(test_boxes),
        cmocka_unit_test(test_batches), cmocka_unit_test(test_grammar),
        cmocka_unit_test(test_eigen),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    flint_cleanup();
    return failed;
}
