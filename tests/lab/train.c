/* Training end to end: real data to a proved global minimum, growth, limits, threads. */
#include "lab_support.h"

typedef struct {
    const char *file, *positive;
} set;

/* EVIDENCE: bench/ends.py: softplus:32, default start, 0 errors, proved. */
static void real_data(void **state)
{
    static const set sets[] = {{"data/iris2.csv", "virginica"},
                               {"data/sonar.csv", "M"},
                               {"data/ionosphere.csv", "good"},
                               {"data/wdbc.csv", "M"},
                               {"data/pima.csv", "pos"},
                               {"data/parity8.csv", "1"},
                               {"data/digits.csv.gz", "0,2,4,6,8"},
                               {"data/mnist_3v5.csv.gz", "3"}};
    nd_train_settings s;
    nd_train_result *r;
    lab_case c;

    (void)state;
    nd_train_init(&s);
    for (size_t k = 0; k < sizeof sets / sizeof *sets; k++) {
        lab_open_source(&c, sets[k].file, sets[k].positive, ND_SCALE_STANDARD, "softplus:32",
                        "polyhinge:3", 0.0);
        nd_assert_ok(c.ctx, nd_train(c.ctx, c.net, c.data, c.loss, 0.0, &s, NULL, &r));
        if (r->verdict.proved != ND_PROVED) fail_msg("%s: %s", sets[k].file, r->verdict.reason);
        assert_int_equal(r->verdict.kind, ND_GLOBAL_MINIMUM);
        assert_int_equal(r->verdict.errors, 0);
        assert_true(r->verdict.loss == 0.0 && r->verdict.grad == 0.0);
        assert_int_equal(r->net->units, 32);
        nd_train_result_destroy(c.ctx, r);
        lab_close(&c);
    }
}

/* Margins from 1 to 1e19, as an exponential neuron makes them: proved all the same. */
static void wide_margins(void **state)
{
    nd_train_settings s;
    nd_train_result *r;
    lab_case c;

    (void)state;
    nd_train_init(&s);
    lab_open_source(&c, "data/wdbc.csv", "M", ND_SCALE_STANDARD, "softplus:8,res(tanh:8)+exp:1",
                    "polyhinge:3", 0.0);
    nd_assert_ok(c.ctx, nd_train(c.ctx, c.net, c.data, c.loss, 0.0, &s, NULL, &r));
    assert_int_equal(r->verdict.proved, ND_PROVED);
    assert_int_equal(r->verdict.kind, ND_GLOBAL_MINIMUM);
    nd_train_result_destroy(c.ctx, r);
    lab_close(&c);
}

/* EVIDENCE: bench/ends.py: two_spirals with growth, 0 errors from each of ten seeds. */
static void spirals_grow(void **state)
{
    nd_train_settings s;
    nd_train_result *r;
    lab_case c;

    (void)state;
    nd_train_init(&s);
    s.grow = true;
    lab_open_source(&c, "data/two_spirals.csv", NULL, ND_SCALE_STANDARD, "softplus:32",
                    "polyhinge:3", 0.0);
    for (s.seed = 1; s.seed <= 10; s.seed++) {
        nd_assert_ok(c.ctx, nd_train(c.ctx, c.net, c.data, c.loss, 0.0, &s, NULL, &r));
        assert_int_equal(r->verdict.proved, ND_PROVED);
        assert_true(r->net->units > 32 && r->net->units <= 1024);
        assert_string_equal(r->step[r->steps - 1].stage, "rescale");
        nd_train_result_destroy(c.ctx, r);
    }
    lab_close(&c);
}

/* Growth stops at the errors that contradictory samples force, and from a start that is
 * a higher-order saddle (all weights 0) the idle neurons lead away. */
static void bounds_and_escapes(void **state)
{
    static const double x[] = {0, 0, 0, 1, 2, 3}, y[] = {1, -1, -1, 1, -1, 1};
    double zero[9] = {0};
    nd_train_settings s;
    nd_train_result *r;
    lab_case c;

    (void)state;
    nd_train_init(&s);
    s.grow = true;
    lab_open(&c, 6, 1, x, y, "softplus:1", "polyhinge:3", 0.0);
    nd_assert_ok(c.ctx, nd_train(c.ctx, c.net, c.data, c.loss, 0.0, &s, NULL, &r));
    assert_int_equal(r->lower_bound, 1);
    assert_int_equal(r->verdict.errors, 1);
    assert_true(r->verdict.proved != ND_PROVED);
    nd_train_result_destroy(c.ctx, r);
    lab_close(&c);
    s.grow = false;
    lab_open(&c, 4, 2, xor_x, xor_y, "softplus:2", "polyhinge:3", 0.0);
    nd_assert_ok(c.ctx, nd_train(c.ctx, c.net, c.data, c.loss, 0.0, &s, zero, &r));
    assert_string_equal(r->step[2].stage, "escape");
    assert_true(r->verdict.loss < 0.7 && r->verdict.kind != ND_SADDLE);
    assert_int_equal(r->net->units, 2);
    nd_train_result_destroy(c.ctx, r);
    lab_close(&c);
}

/* Lines that growth by itself cannot finish: isolated samples. */
static void last_errors(void **state)
{
    double x[60], y[60];
    nd_train_settings s;
    nd_train_result *r;
    lab_case c;

    (void)state;
    for (size_t i = 0; i < 60; i++) {
        x[i] = (double)i / 30.0 - 1.0;
        y[i] = i % 20 == 7 ? -1.0 : 1.0; /* three needles */
    }
    nd_train_init(&s);
    s.grow = true;
    lab_open(&c, 60, 1, x, y, "softplus:1", "polyhinge:3", 0.0);
    nd_assert_ok(c.ctx, nd_train(c.ctx, c.net, c.data, c.loss, 0.0, &s, NULL, &r));
    assert_int_equal(r->verdict.proved, ND_PROVED);
    nd_train_result_destroy(c.ctx, r);
    lab_close(&c);
}

static void train_once(lab_case *c, const nd_train_settings *s, const double *start,
                       nd_train_result **r)
{
    nd_assert_ok(c->ctx, nd_train(c->ctx, c->net, c->data, c->loss, c->pb.l2, s, start, r));
}

/* The same bits for 1 and 2 threads, and again. */
static void same_for_all_threads(void **state)
{
    nd_train_settings s;
    nd_train_result *a, *b;
    lab_case c;

    (void)state;
    nd_train_init(&s);
    s.grow = true;
    for (int k = 0; k < 2; k++) {
        lab_open_source(&c, k ? "data/two_spirals.csv" : "data/wdbc.csv", k ? "1" : "M",
                        ND_SCALE_STANDARD, k ? "softplus:24" : "softplus:8", "polyhinge:3", 0.0);
        nd_set_threads(c.ctx, 1);
        train_once(&c, &s, NULL, &a);
        nd_set_threads(c.ctx, 2);
        train_once(&c, &s, NULL, &b);
        assert_string_equal(a->net->spec, b->net->spec);
        assert_memory_equal(a->theta, b->theta, a->net->P * sizeof *a->theta);
        nd_train_result_destroy(c.ctx, a);
        nd_train_result_destroy(c.ctx, b);
        lab_close(&c);
    }
}

/* Warm start: training from the end changes nothing and costs next to nothing. */
static void warm_start(void **state)
{
    nd_train_settings s;
    nd_train_result *a, *b;
    lab_case c;

    (void)state;
    nd_train_init(&s);
    lab_open_source(&c, "data/pima.csv", "pos", ND_SCALE_STANDARD, "softplus:3", "logistic", 1e-2);
    train_once(&c, &s, NULL, &a);
    train_once(&c, &s, a->theta, &b);
    assert_true(b->verdict.loss <= a->verdict.loss && b->evaluations < 30);
    nd_assert_close(a->verdict.loss, b->verdict.loss, 1e-12, 0);
    nd_train_result_destroy(c.ctx, a);
    nd_train_result_destroy(c.ctx, b);
    lab_close(&c);
}

/* Weight on the positives trades their errors for the others'. */
static void class_weights(void **state)
{
    nd_train_settings s;
    nd_train_result *r;
    size_t missed[2];
    lab_case c;

    (void)state;
    nd_train_init(&s);
    for (int k = 0; k < 2; k++) {
        double *f;
        nd_score score;

        s.weight_pos = k ? 10.0 : 1.0;
        lab_open_source(&c, "data/pima.csv", "pos", ND_SCALE_STANDARD, "linear", "logistic", 1e-2);
        train_once(&c, &s, NULL, &r);
        f = malloc(c.data->n * sizeof *f);
        nd_assert_ok(c.ctx, nd_net_outputs(c.ctx, r->net, c.data, r->theta, f));
        nd_assert_ok(c.ctx, nd_score_outputs(c.ctx, c.data->n, f, c.data->y, &score));
        missed[k] = score.fn;
        assert_null(c.data->weight);
        free(f);
        nd_train_result_destroy(c.ctx, r);
        lab_close(&c);
    }
    assert_true(missed[1] < missed[0] / 4);
}

/* Restarts keep the best: XOR with two neurons and ridge has minima at two levels. */
static void restarts(void **state)
{
    nd_train_settings s;
    nd_train_result *r;
    lab_case c;

    (void)state;
    nd_train_init(&s);
    s.starts = 8;
    lab_open(&c, 4, 2, xor_x, xor_y, "softplus:2", "polyhinge:3", 1e-3);
    train_once(&c, &s, NULL, &r);
    nd_assert_close(r->verdict.loss, 0.00822476, 1e-5, 0);
    nd_train_result_destroy(c.ctx, r);
    lab_close(&c);
}

static bool soon(void *user)
{
    int *left = user;

    return --*left < 0;
}

/* Stopped anywhere: a finite point that is no worse than the start, with a verdict. */
static void cancel_keeps_a_point(void **state)
{
    nd_train_settings s;
    lab_case c;
    size_t cancelled = 0;

    (void)state;
    nd_train_init(&s);
    s.grow = true;
    lab_open_source(&c, "data/two_spirals.csv", NULL, ND_SCALE_STANDARD, "softplus:8",
                    "polyhinge:3", 0.0);
    for (int k = 0; k < 3000; k = k * 2 + 1) {
        nd_train_result *r = NULL;
        int left = k;
        nd_status status;

        nd_set_cancel(c.ctx, soon, &left);
        status = nd_train(c.ctx, c.net, c.data, c.loss, 0.0, &s, NULL, &r);
        nd_set_cancel(c.ctx, NULL, NULL);
        if (!r) {
            assert_int_equal(status, ND_ECANCEL); /* before the first point */
            continue;
        }
        if (status == ND_ECANCEL) {
            cancelled++;
            assert_int_equal(r->stop, ND_STOP_CANCEL);
        }
        assert_true(isfinite(r->verdict.loss) && r->verdict.reason[0] != 0);
        nd_train_result_destroy(c.ctx, r);
    }
    assert_true(cancelled >= 5);
    lab_close(&c);
}

static void limits(void **state)
{
    nd_train_settings s;
    nd_train_result *r;
    double begin = 0.0;
    lab_case c;

    (void)state;
    nd_train_init(&s);
    lab_open_source(&c, "data/pima.csv", "pos", ND_SCALE_STANDARD, "softplus:32", "polyhinge:3",
                    0.0);
    s.time = 0.0;
    train_once(&c, &s, NULL, &r);
    assert_true(r->seconds < 5.0 && isfinite(r->verdict.loss));
    assert_int_equal(r->verdict.kind, ND_UNDECIDED);
    nd_train_result_destroy(c.ctx, r);
    s.time = INFINITY;
    s.iterations = 3;
    s.newton = false;
    train_once(&c, &s, NULL, &r);
    assert_int_equal(r->stop, ND_STOP_ITERATIONS);
    assert_true(r->evaluations < 1000 || begin > 0.0);
    nd_train_result_destroy(c.ctx, r);
    s.scale = NAN;
    nd_assert_status(c.ctx, nd_train(c.ctx, c.net, c.data, c.loss, 0.0, &s, NULL, &r), ND_ERANGE);
    lab_close(&c);
}

/* n = 1; one class; d = 0. */
static void corners(void **state)
{
    static const double x[] = {2.0, 3.0}, y[] = {-1, -1};
    nd_train_settings s;
    nd_train_result *r;
    lab_case c;

    (void)state;
    nd_train_init(&s);
    for (size_t n = 1; n <= 2; n++)
        for (size_t d = 0; d <= 1; d++) {
            lab_open(&c, n, d, x, y, "softplus:2", "polyhinge:3", 0.0);
            train_once(&c, &s, NULL, &r);
            assert_int_equal(r->verdict.proved, ND_PROVED);
            nd_train_result_destroy(c.ctx, r);
            lab_close(&c);
        }
}

static nd_status tiny_run(nd_ctx *ctx, void *arg)
{
    static const double x[] = {-1, 0, 1, 2, 3, 4}, y[] = {1, -1, 1, 1, -1, -1};
    nd_train_settings s;
    nd_train_result *r = NULL;
    nd_table *data = NULL;
    nd_net *net = NULL;
    nd_loss loss;
    nd_status status;

    (void)arg;
    nd_train_init(&s);
    s.grow = true;
    s.weight_pos = 2.0;
    nd_set_threads(ctx, 1);
    status = nd_table_from_arrays(ctx, 6, 1, x, y, &data);
    if (status == ND_OK) status = nd_net_parse(ctx, "softplus:1", 1, &net);
    if (status == ND_OK) status = nd_loss_parse(ctx, "polyhinge:3", &loss);
    if (status == ND_OK) status = nd_train(ctx, net, data, loss, 0.0, &s, NULL, &r);
    if (status == ND_OK) assert_int_equal(r->verdict.proved, ND_PROVED);
    nd_train_result_destroy(ctx, r);
    nd_net_destroy(ctx, net);
    nd_table_destroy(ctx, data);
    return status;
}

static void allocations(void **state)
{
    (void)state;
    assert_true(nd_test_every_allocation(tiny_run, NULL) > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(real_data),    cmocka_unit_test(wide_margins),
        cmocka_unit_test(spirals_grow), cmocka_unit_test(bounds_and_escapes),
        cmocka_unit_test(last_errors),  cmocka_unit_test(same_for_all_threads),
        cmocka_unit_test(warm_start),   cmocka_unit_test(class_weights),
        cmocka_unit_test(restarts),     cmocka_unit_test(cancel_keeps_a_point),
        cmocka_unit_test(limits),       cmocka_unit_test(corners),
        cmocka_unit_test(allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
