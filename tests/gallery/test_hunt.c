/* EVIDENCE: docs/hunt.md.  The hunt rediscovers the rows of the table of counterexamples, proved
 * and with the other conditions proved; it is not fooled by valleys and saddles; the same for every
 * number of threads. */
#include <math.h>
#include <string.h>

#include <nadir/gallery.h>

#include "gallery/hunt.h"

#include "../support.h"

static nd_hunt_settings settings(const char *drop, const char *net)
{
    nd_hunt_settings s;

    nd_hunt_init(&s);
    s.drop = drop;
    s.net = net;
    s.time = 1e6; /* trials limit it */
    s.trials = 400;
    s.whole = true;
    return s;
}

static nd_hunt_result *hunt(nd_ctx *ctx, const nd_hunt_settings *s)
{
    nd_hunt_result *r = NULL;

    nd_assert_ok(ctx, nd_hunt(ctx, s, &r));
    return r;
}

/* All of what was found, asked anew. */
static void is_example(nd_ctx *ctx, const nd_hunt_result *r)
{
    const nd_hunt_rule *rule = nd_hunt_rule_of(r->drop);
    size_t wrong;
    nd_theory *t = NULL;
    nd_work *work = NULL;
    nd_cert cert;
    double *m = test_malloc(r->data->n * sizeof *m);

    assert_true(r->found);
    nd_assert_ok(ctx, nd_certify_near(ctx, &r->problem, r->theta, &cert));
    assert_int_equal(cert.truth, ND_PROVED);
    assert_true(cert.errors_lo > 0);
    assert_true(cert.says == ND_SAYS_STRICT || cert.says == ND_SAYS_LOCAL ||
                cert.says == ND_SAYS_GLOBAL);
    nd_assert_ok(ctx, nd_theory_check(ctx, &r->problem, 10.0, false, &t));
    assert_int_equal(t->condition[r->drop].truth, ND_REFUTED);
    assert_int_not_equal(t->truth, ND_PROVED);
    assert_string_equal(r->theorem->name, rule->theorem);
    nd_assert_ok(ctx, nd_work_create(ctx, &r->problem, &work));
    nd_assert_ok(ctx, nd_problem_margins(ctx, &r->problem, r->theta, work, m));
    wrong = nd_problem_errors(&r->problem, m);
    assert_true(cert.errors_lo <= wrong && wrong <= cert.errors_hi);
    nd_work_destroy(ctx, work);
    nd_theory_destroy(ctx, t);
    test_free(m);
}

/* Conditions that may fail along with the one that is dropped (docs/hunt.md). */
static void kept(nd_ctx *ctx, const nd_hunt_result *r, const char *also)
{
    nd_theory *t = NULL;

    nd_assert_ok(ctx, nd_theory_check(ctx, &r->problem, 10.0, false, &t));
    for (const nd_condition_id *id = r->theorem->needs; *id != ND_CONDITIONS; id++) {
        const nd_condition *c = &t->condition[*id];

        if (*id == r->drop || *id >= ND_NEEDS_IDLE || strstr(also, c->kind->name)) continue;
        if (c->truth != ND_PROVED) fail_msg("'%s' is not kept: %s", c->kind->name, c->value);
    }
    nd_theory_destroy(ctx, t);
}

/* The rows, with what may fail along. */
static const struct {
    const char *drop, *net, *also;
} wanted[] = {
    {"biases", NULL, ""},
    {"increasing", NULL, "neuron-c1 neuron-c2 analytic"},
    {"increasing", "square:2:nobias", ""},
    {"convex", NULL, "analytic neuron-c1 neuron-c2"},
    {"not-polynomial", NULL, ""},
    {"hinge-tail", NULL, "loss-c2"},
    {"no-ridge", NULL, ""},
    {"consistent", NULL, ""},
    {"separable", NULL, ""},
    {"subspace-plus", NULL, "subspace-minus neurons"},
    {"subspace-minus", NULL, "subspace-plus neurons"},
    {"neurons", NULL, ""},
};

static void rediscovers(void **state)
{
    nd_ctx *ctx = nd_ctx_create(NULL);

    (void)state;
    for (size_t k = 0; k < sizeof wanted / sizeof *wanted; k++) {
        nd_hunt_settings s = settings(wanted[k].drop, wanted[k].net);
        nd_hunt_result *r = hunt(ctx, &s);

        if (!r->found) fail_msg("nothing found without '%s'", wanted[k].drop);
        is_example(ctx, r);
        kept(ctx, r, wanted[k].also);
        nd_hunt_result_destroy(ctx, r);
    }
    nd_ctx_destroy(ctx);
}

/* Deep, separable by the last coordinate, strict. */
static void without_shortcut(void **state)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    nd_hunt_settings s = settings("shortcut", NULL);
    nd_hunt_result *r = hunt(ctx, &s);

    (void)state;
    is_example(ctx, r);
    assert_int_equal(r->net->term[0].depth, 2);
    assert_int_equal(r->cert.says, ND_SAYS_STRICT);
    for (size_t i = 0; i < r->data->n; i++)
        assert_true(r->data->y[i] * r->data->x[2 * i + 1] > 0.0);
    nd_hunt_result_destroy(ctx, r);
    nd_ctx_destroy(ctx);
}

/* Copies of one sigmoid neuron on samples that count once each; M does not matter. */
static void not_convex(void **state)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    nd_hunt_settings s = settings("convex", "sigmoid:16");
    nd_hunt_result *r;
    nd_net *more = NULL;
    nd_problem pb;
    nd_cert cert;
    double *theta;

    (void)state;
    s.seed = 4;
    r = hunt(ctx, &s);
    is_example(ctx, r);
    kept(ctx, r, "");
    assert_string_equal(r->point, "dual");
    assert_string_equal(r->cert.kind, "dual");
    assert_null(r->data->weight);
    nd_assert_ok(ctx, nd_net_parse(ctx, "sigmoid:40", 3, &more));
    nd_assert_ok(ctx, nd_problem_make(ctx, more, r->data, r->problem.loss, 0.0, &pb));
    theta = test_malloc(more->P * sizeof *theta);
    for (size_t j = 0; j < 40; j++) {
        memcpy(theta + 3 * j, r->theta, 3 * sizeof *theta);
        theta[120 + j] = r->theta[48];
        theta[160 + j] = r->theta[64] * 16.0 / 40.0;
    }
    theta[200] = r->theta[80];
    nd_assert_ok(ctx, nd_certify_near(ctx, &pb, theta, &cert));
    assert_int_equal(cert.truth, ND_PROVED);
    assert_int_equal(cert.errors_lo, r->cert.errors_lo);
    test_free(theta);
    nd_net_destroy(ctx, more);
    nd_hunt_result_destroy(ctx, r);
    nd_ctx_destroy(ctx);
}

/* ---- not fooled ------------------------------------------------------------------------------- */

/* The condition holds for this net or loss: no example is possible, however many valleys and saddles
 * the descents meet.  (The kept conditions are checked before and after.) */
static void nothing_where_the_theorem_holds(void **state)
{
    static const struct {
        const char *drop, *net, *loss;
    } holds[] = {
        {"increasing", "softplus:2", NULL},     {"hinge-tail", NULL, "polyhinge:3"},
        {"not-polynomial", "softplus:2", NULL}, {"biases", "softplus:2", NULL},
        {"convex", "softplus:8", NULL},         {"shortcut", "softplus:2", NULL},
        {"neurons", "softplus:40", NULL},
    };
    nd_ctx *ctx = nd_ctx_create(NULL);

    (void)state;
    for (size_t k = 0; k < sizeof holds / sizeof *holds; k++) {
        nd_hunt_settings s = settings(holds[k].drop, holds[k].net);

        s.loss = holds[k].loss;
        s.trials = 40;
        nd_hunt_result *r = hunt(ctx, &s);
        assert_false(r->found);
        assert_int_equal(r->trials, 40);
        nd_hunt_result_destroy(ctx, r);
    }
    nd_ctx_destroy(ctx);
}

/* Points that descents and second-order tests take for minima are not proved. */
static void not_fooled(void **state)
{
    /* XOR: idle neurons (Theorem 2: a high-order saddle), and a valley: softplus:1 far out */
    static const double idle[] = {0, 0, 0, 0, 0};
    static const double valley[] = {40, 40, -20, 0.05, -0.3};
    static const double x[] = {1, 1, -1, -1, 1, -1, -1, 1}, y[] = {1, 1, -1, -1};
    nd_ctx *ctx = nd_ctx_create(NULL);
    nd_loss loss;

    (void)state;
    nd_assert_ok(ctx, nd_loss_parse(ctx, "polyhinge:3", &loss));
    for (int k = 0; k < 2; k++) {
        nd_prey p = {.point = "training"};
        bool bad = true;

        nd_assert_ok(ctx, nd_table_from_arrays(ctx, 4, 2, x, y, &p.data));
        nd_assert_ok(ctx, nd_prey_build(ctx, &p, "softplus:1", loss, 0.0));
        memcpy(p.theta, k ? valley : idle, sizeof idle);
        nd_assert_ok(ctx, nd_hunt_prove(ctx, &p, &bad));
        assert_false(bad);
        p.theta[0] = NAN;
        nd_assert_ok(ctx, nd_hunt_prove(ctx, &p, &bad));
        assert_false(bad);
        nd_prey_clear(ctx, &p);
    }
    nd_ctx_destroy(ctx);
}

/* ---- the same again ----------------------------------------------------------------------------- */

static void same(const nd_hunt_result *a, const nd_hunt_result *b)
{
    assert_int_equal(a->found, b->found);
    assert_int_equal(a->trial, b->trial);
    assert_int_equal(a->trials, b->trials);
    assert_int_equal(a->unfit, b->unfit);
    assert_int_equal(a->valleys, b->valleys);
    assert_int_equal(a->undecided, b->undecided);
    assert_string_equal(a->point, b->point);
    assert_string_equal(a->net->spec, b->net->spec);
    assert_int_equal(a->data->n, b->data->n);
    assert_memory_equal(a->data->x, b->data->x, a->data->n * a->data->d * sizeof *a->data->x);
    assert_memory_equal(a->theta, b->theta, a->net->P * sizeof *a->theta);
}

static void threads(void **state)
{
    static const char *const drop[] = {"increasing", "neurons", "hinge-tail", "no-ridge",
                                       "consistent"};
    nd_ctx *ctx = nd_ctx_create(NULL);

    (void)state;
    for (size_t k = 0; k < 5; k++) {
        nd_hunt_settings s = settings(drop[k], NULL);
        nd_hunt_result *a, *b;

        s.whole = k > 0;
        nd_set_threads(ctx, 1);
        a = hunt(ctx, &s);
        nd_set_threads(ctx, 8); /* batches of 32: several succeed */
        b = hunt(ctx, &s);
        same(a, b);
        nd_hunt_result_destroy(ctx, a);
        nd_hunt_result_destroy(ctx, b);
    }
    nd_ctx_destroy(ctx);
}

/* Smaller, and still an example; ReLU on three samples is as small as it gets. */
static void small(void **state)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    nd_hunt_settings s = settings("increasing", "relu:4");
    nd_hunt_result *r;

    (void)state;
    s.whole = false;
    r = hunt(ctx, &s);
    is_example(ctx, r);
    assert_true(r->data->n < r->first_n && r->net->units < r->first_units);
    assert_true(r->data->n <= 3);
    assert_int_equal(r->net->units, 1);
    for (size_t k = 0; k < r->data->n * r->data->d; k++) {
        assert_true(r->data->x[k] == round(r->data->x[k]));
        assert_false(signbit(r->data->x[k]) && r->data->x[k] == 0.0);
    }
    nd_hunt_result_destroy(ctx, r);
    nd_ctx_destroy(ctx);
}

/* ---- stopping, asking, memory ------------------------------------------------------------------------ */

static bool stop_after(void *user)
{
    int *left = user;

    return (*left)-- <= 0;
}

static void cancelled(void **state)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    nd_hunt_settings s = settings("increasing", "softplus:2"); /* nothing is there */
    nd_hunt_result *r = NULL;
    int left;

    (void)state;
    s.trials = 1000000000;
    nd_set_cancel(ctx, stop_after, &left);
    for (int k = 0; k < 3; k++) {
        left = 10 << (4 * k);
        nd_set_threads(ctx, k + 1);
        nd_assert_status(ctx, nd_hunt(ctx, &s, &r), ND_ECANCEL);
        assert_null(r);
    }
    nd_set_cancel(ctx, NULL, NULL);
    s.time = 0.0;
    nd_assert_ok(ctx, nd_hunt(ctx, &s, &r));
    assert_false(r->found);
    nd_hunt_result_destroy(ctx, r);
    nd_ctx_destroy(ctx);
}

static void bad_asks(void **state)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    nd_hunt_settings s = settings("separabel", NULL);
    nd_hunt_result *r = NULL;

    (void)state;
    nd_assert_status(ctx, nd_hunt(ctx, &s, &r), ND_ENAME);
    nd_assert_message(ctx, "did you mean 'separable'");
    s.drop = NULL;
    nd_assert_status(ctx, nd_hunt(ctx, &s, &r), ND_EINPUT);
    s.drop = "surrogate";
    nd_assert_status(ctx, nd_hunt(ctx, &s, &r), ND_ENAME);
    s.drop = "neurons";
    s.n = 1000;
    nd_assert_status(ctx, nd_hunt(ctx, &s, &r), ND_ERANGE);
    s.n = 0;
    s.net = "relo:3";
    nd_assert_status(ctx, nd_hunt(ctx, &s, &r), ND_ENAME);
    assert_null(r);
    nd_ctx_destroy(ctx);
}

static nd_status small_hunt(nd_ctx *ctx, void *arg)
{
    nd_hunt_settings s = settings(arg, NULL);
    nd_hunt_result *r = NULL;
    nd_status status;

    nd_set_threads(ctx, 1);
    s.trials = 1;
    status = nd_hunt(ctx, &s, &r);
    nd_hunt_result_destroy(ctx, r);
    return status;
}

static void without_memory(void **state)
{
    char drop[] = "consistent";

    (void)state;
    assert_true(nd_test_every_allocation(small_hunt, drop) > 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rediscovers), cmocka_unit_test(without_shortcut),
        cmocka_unit_test(not_convex),  cmocka_unit_test(nothing_where_the_theorem_holds),
        cmocka_unit_test(not_fooled),  cmocka_unit_test(threads),
        cmocka_unit_test(small),       cmocka_unit_test(cancelled),
        cmocka_unit_test(bad_asks),    cmocka_unit_test(without_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
