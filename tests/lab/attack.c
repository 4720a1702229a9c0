/* The theorems attacked: training from many starts on small random data that meet the
 * hypotheses, without escapes, growth or rescaling.  A second-order point with training
 * errors that is a minimum to second order would refute them; none may be found.  The
 * control, data and nets that miss one condition, shows that the attack finds such points
 * where they exist. */
#include <nadir/lab.h>

#include "../support.h"
#include "theory/exact.h"

typedef struct {
    size_t n, d;
    double x[64], y[32];
} sample;

typedef struct {
    size_t good, bad, open; /* ends: no errors; a local minimum with errors; the rest */
} tally;

static double normal(nd_rng *r)
{
    double s = 0.0;

    for (int k = 0; k < 12; k++) s += nd_rng_uniform(r);
    return s - 6.0;
}

/* One descent from start, or when that is NULL from start number seed. */
static void attack_from(const sample *s, const char *net_spec, const char *loss_spec, uint64_t seed,
                        const double *start, tally *t)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    nd_train_settings set;
    nd_train_result *result;
    nd_table *table;
    nd_loss loss;
    nd_net *net;

    nd_set_threads(ctx, 1);
    nd_train_init(&set);
    set.seed = seed;
    set.escapes = 0;
    set.rescale = false;
    set.scale = seed % 2 ? 3.0 : 1.0;
    set.time = 2.0;
    nd_assert_ok(ctx, nd_table_from_arrays(ctx, s->n, s->d, s->x, s->y, &table));
    nd_assert_ok(ctx, nd_net_parse(ctx, net_spec, s->d, &net));
    nd_assert_ok(ctx, nd_loss_parse(ctx, loss_spec, &loss));
    nd_assert_ok(ctx, nd_train(ctx, net, table, loss, 0.0, &set, start, &result));
    const nd_verdict *v = &result->verdict;
    if (v->errors == 0)
        t->good++;
    else if (v->kind == ND_LOCAL_MINIMUM || v->kind == ND_GLOBAL_MINIMUM)
        t->bad++;
    else
        t->open++;
    nd_train_result_destroy(ctx, result);
    nd_net_destroy(ctx, net);
    nd_table_destroy(ctx, table);
    nd_ctx_destroy(ctx);
}

static void attack(const sample *s, const char *net_spec, const char *loss_spec, uint64_t seed,
                   tally *t)
{
    attack_from(s, net_spec, loss_spec, seed, NULL, t);
}

/* The theorem expected must hold, by proof, for the data. */
static void expect_theorem(const sample *s, const char *net_spec, const char *loss_spec,
                           const char *name)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    nd_table *table;
    nd_problem pb;
    nd_theory *r;
    nd_loss loss;
    nd_net *net;

    nd_assert_ok(ctx, nd_table_from_arrays(ctx, s->n, s->d, s->x, s->y, &table));
    nd_assert_ok(ctx, nd_net_parse(ctx, net_spec, s->d, &net));
    nd_assert_ok(ctx, nd_loss_parse(ctx, loss_spec, &loss));
    nd_assert_ok(ctx, nd_problem_make(ctx, net, table, loss, 0.0, &pb));
    nd_assert_ok(ctx, nd_theory_check(ctx, &pb, 10.0, false, &r));
    if (r->truth != (name ? ND_PROVED : ND_REFUTED)) fail_msg("%s", r->headline);
    if (name) assert_string_equal(r->theorem[r->applies].kind->name, name);
    nd_theory_destroy(ctx, r);
    nd_net_destroy(ctx, net);
    nd_table_destroy(ctx, table);
    nd_ctx_destroy(ctx);
}

/* ---- data ---------------------------------------------------------------------------------- */

static void separable(nd_rng *r, sample *s)
{
    s->n = 9;
    s->d = 2;
    for (size_t i = 0; i < s->n; i++) {
        s->y[i] = i % 3 ? 1.0 : -1.0;
        s->x[2 * i] = 2.0 * normal(r);
        s->x[2 * i + 1] = s->y[i] * (0.05 + nd_rng_uniform(r));
    }
}

/* Classes on the first plus axes and on the last axis of R^d, neither separable. */
static void axes(nd_rng *r, size_t plus_axes, sample *s)
{
    size_t d = plus_axes + 1, np = plus_axes + 2;

    s->d = d;
    s->n = np + 2;
    for (size_t i = 0; i < s->n; i++) {
        double *x = s->x + i * d;
        for (size_t k = 0; k < d; k++) x[k] = 0.0;
        s->y[i] = i < np ? 1.0 : -1.0;
        for (size_t k = 0; i < np && k < plus_axes; k++) x[k] = normal(r);
    }
    s->x[0] = 2.0; /* opposite samples: the origin is in both hulls */
    for (size_t k = 1; k < plus_axes; k++) s->x[k] = 0.0;
    for (size_t k = 0; k < plus_axes; k++) s->x[d + k] = k ? 0.0 : -1.0;
    s->x[np * d + d - 1] = 0.5 + nd_rng_uniform(r);
    s->x[(np + 1) * d + d - 1] = -0.5 - nd_rng_uniform(r);
}

static void report(const char *what, const tally *t)
{
    print_message("%s: %zu without errors, %zu bad minima, %zu neither\n", what, t->good, t->bad,
                  t->open);
}

/* ---- attacks --------------------------------------------------------------------------------- */

static void test_theorem_1(void **state)
{
    static const char *const nets[] = {"softplus:1", "tanh:2", "relu:3+sigmoid:1"};
    nd_rng r = nd_rng_make(1, 0);
    tally t = {0};

    (void)state;
    for (uint64_t seed = 0; seed < 300; seed++) {
        sample s;
        separable(&r, &s);
        expect_theorem(&s, nets[seed % 3], "polyhinge:3", "1");
        attack(&s, nets[seed % 3], "polyhinge:3", seed, &t);
    }
    report("Theorem 1", &t);
    assert_int_equal(t.bad, 0);
    assert_true(t.good > 200);
}

static void test_theorem_1_local(void **state)
{
    nd_rng r = nd_rng_make(2, 0);
    tally t = {0};

    (void)state;
    for (uint64_t seed = 0; seed < 200; seed++) {
        sample s;
        separable(&r, &s);
        expect_theorem(&s, "elu:2", "polyhinge:2", "1-local");
        attack(&s, "elu:2", "polyhinge:2", seed, &t);
    }
    report("Theorem 1 for local minima", &t);
    assert_int_equal(t.bad, 0);
    assert_true(t.good > 100);
}

/* K+ = N+ - r+ + 1 with r+ = 1, 2, 3: M is the least that the Corollary allows. */
static void test_corollary(void **state)
{
    nd_rng r = nd_rng_make(3, 0);
    tally t = {0};

    (void)state;
    for (uint64_t seed = 0; seed < 300; seed++) {
        static const char *const nets[] = {"softplus:4", "squareplus:4", "exp:4"};
        sample s;
        axes(&r, 1 + seed % 3, &s);
        expect_theorem(&s, nets[seed / 3 % 3], "polyhinge:3", "corollary");
        attack(&s, nets[seed / 3 % 3], "polyhinge:3", seed, &t);
    }
    report("Corollary", &t);
    assert_int_equal(t.bad, 0);
    assert_true(t.good > 200);
}

/* The same attack where one condition is missing: the gallery's few-neurons-strict and
 * square-loss, whose bad minima are isolated, are found (the first only from near it). */
static void test_control(void **state)
{
    static const sample strict = {
        .n = 10,
        .d = 2,
        .x = {.3, 0, -1.3, 0, -1.3, 0, -.3, 0, -2.3, 0, 5.3, 0, 0, 1.9, 0, -.1, 0, 1.5, 0, 2.5},
        .y = {1, 1, 1, 1, 1, 1, -1, -1, -1, -1}};
    static const sample line = {
        .n = 8, .d = 1, .x = {-3, -2, -1, -.5, .2, .4, .6, 12}, .y = {-1, -1, -1, -1, 1, 1, 1, 1}};
    nd_rng r = nd_rng_make(4, 0);
    tally few = {0}, square = {0};

    (void)state;
    expect_theorem(&strict, "softplus:1", "polyhinge:3", NULL);
    expect_theorem(&line, "exp:1:nobias", "square", NULL);
    for (uint64_t seed = 0; seed < 40; seed++) {
        double near[5] = {-2.35070696, -2.2500707, .53430965, .31754396, -.22510478};
        for (size_t k = 0; k < 5; k++) near[k] += 1e-3 * normal(&r);
        attack_from(&strict, "softplus:1", "polyhinge:3", seed, near, &few);
        attack(&line, "exp:1:nobias", "square", seed, &square);
    }
    report("control: few neurons", &few);
    report("control: square loss", &square);
    assert_true(few.bad > 0);
    assert_true(square.bad > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_theorem_1),
        cmocka_unit_test(test_theorem_1_local),
        cmocka_unit_test(test_corollary),
        cmocka_unit_test(test_control),
    };
    if (!nd_exact_available()) return 0; /* then much is unknown */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
