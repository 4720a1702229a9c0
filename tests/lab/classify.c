/* The verdict on points whose nature is known (theory.md, sections 2, 5, 10), and on the
 * ends of training where plain trainers report minima that are none. */
#include "lab_support.h"

static nd_verdict verdict_at(lab_case *c, const double *theta)
{
    nd_verdict v;

    nd_assert_ok(c->ctx, nd_classify(c->ctx, &c->pb, theta, 1, &v));
    assert_true(v.reason[0] != 0);
    if (v.proved == ND_PROVED) assert_true(v.kind == ND_GLOBAL_MINIMUM && v.cert.loss_hi == 0.0);
    return v;
}

static void expect(const nd_verdict *v, nd_verdict_kind kind)
{
    if (v->kind != kind)
        fail_msg("%s, expected %s: %s", nd_verdict_name(v->kind), nd_verdict_name(kind), v->reason);
}

/* EVIDENCE: theory 5, few-neurons-strict: isolated, L = 0.62782105, R = .3. */
static void few_neurons_strict(void **state)
{
    static const double x[] = {.3,  0, -1.3, 0,   -1.3, 0,   -.3, 0,   -2.3, 0,
                               5.3, 0, 0,    1.9, 0,    -.1, 0,   1.5, 0,    2.5};
    static const double y[] = {1, 1, 1, 1, 1, 1, -1, -1, -1, -1};
    static const double theta[] = {-2.35070696, -2.2500707, .53430965, .31754396, -.22510478};
    lab_case c;
    nd_verdict v;

    (void)state;
    lab_open(&c, 10, 2, x, y, "softplus:1", "polyhinge:3", 0.0);
    v = verdict_at(&c, theta);
    expect(&v, ND_LOCAL_MINIMUM);
    assert_true(v.bad && v.errors == 3 && v.proved == ND_UNKNOWN);
    nd_assert_close(v.loss, 0.62782105, 1e-7, 0);
    nd_assert_close(v.lambda_min, 5.5e-4, 0.02, 0);
    lab_close(&c);
}

/* EVIDENCE: theory 10, square-loss: eigenvalues .134, 2.56, 26.4. */
static void square_loss(void **state)
{
    static const double x[] = {-3, -2, -1, -.5, .2, .4, .6, 12};
    static const double y[] = {-1, -1, -1, -1, 1, 1, 1, 1};
    static const double theta[] = {-.31161771272198720, -1.0746548447771854, 1.2924941454987345};
    lab_case c;
    nd_verdict v;

    (void)state;
    lab_open(&c, 8, 1, x, y, "exp:1:nobias", "square", 0.0);
    v = verdict_at(&c, theta);
    expect(&v, ND_LOCAL_MINIMUM);
    assert_true(v.bad && v.errors == 1);
    nd_assert_close(v.lambda_min, .134, 0.01, 0);
    lab_close(&c);
}

/* The same with a bias: an orbit (a, b) -> (a e^-t, b + t) of minima, explained. */
static void scaling_orbit(void **state)
{
    static const double x[] = {-3, -2, -1, -.5, .2, .4, .6, 12};
    static const double y[] = {-1, -1, -1, -1, 1, 1, 1, 1};
    static const double theta[] = {-.31161771272198720, 0.0, -1.0746548447771854,
                                   1.2924941454987345};
    lab_case c;
    nd_verdict v;

    (void)state;
    lab_open(&c, 8, 1, x, y, "exp:1", "square", 0.0);
    v = verdict_at(&c, theta);
    expect(&v, ND_LOCAL_MINIMUM);
    assert_int_equal(v.nullity, 1);
    assert_non_null(strstr(v.reason, "scaling"));
    lab_close(&c);
}

/* EVIDENCE: theory 5, between and few-neurons: degenerate minima, never global, never a
 * valley, never a saddle. */
static void degenerate_minima(void **state)
{
    static const double x[] = {-1, 0, 1}, y[] = {1, -1, 1};
    double theta[] = {0, 0, .3, -.2, -1.5, -2.5, 0}, few[] = {0, 0, 0.5, 5.0, 0};
    lab_case c;
    nd_verdict v;

    (void)state;
    lab_open(&c, 3, 1, x, y, "softplus:2", "polyhinge:3", 0.0);
    theta[6] = 0.17157287525380990 + 1.5 * log1p(exp(.3)) + 2.5 * log1p(exp(-.2));
    v = verdict_at(&c, theta);
    expect(&v, ND_UNDECIDED);
    nd_assert_close(v.loss, 0.915055, 1e-5, 0);
    lab_close(&c);
    lab_open(&c, 4, 2, xor_x, xor_y, "softplus:1", "polyhinge:3", 0.0);
    few[4] = -5.0 * log1p(exp(.5));
    v = verdict_at(&c, few);
    expect(&v, ND_UNDECIDED);
    nd_assert_close(v.loss, 1.0, 1e-12, 0);
    few[3] = 0.1; /* |a| < (1-S)/(2S): negative curvature */
    few[4] = -0.1 * log1p(exp(.5));
    v = verdict_at(&c, few);
    expect(&v, ND_SADDLE);
    lab_close(&c);
}

/* EVIDENCE: theory 2: a = 0, w = 0 on XOR has no negative curvature, and is no minimum. */
static void idle_saddle(void **state)
{
    double theta[9] = {0};
    lab_case c;
    nd_verdict v;

    (void)state;
    lab_open(&c, 4, 2, xor_x, xor_y, "softplus:2", "polyhinge:3", 0.0);
    v = verdict_at(&c, theta);
    expect(&v, ND_SADDLE);
    assert_int_equal(v.index, 0);
    assert_true(v.potential > 1e-3);
    lab_close(&c);
}

/* EVIDENCE: theory 6: plain training of XOR with one neuron ends at 0.68629 with a tiny
 * gradient: a valley. */
static void xor_valley(void **state)
{
    nd_train_settings s;
    nd_train_result *r;
    nd_verdict v;
    lab_case c;
    int valleys = 0;

    (void)state;
    lab_open(&c, 4, 2, xor_x, xor_y, "softplus:1", "polyhinge:3", 0.0);
    nd_train_init(&s);
    for (uint64_t seed = 1; seed <= 6; seed++) {
        s.seed = seed;
        nd_assert_ok(c.ctx, nd_train(c.ctx, c.net, c.data, c.loss, 0.0, &s, NULL, &r));
        if (r->verdict.loss > 0.687) { /* still under way when the steps were spent */
            assert_true(r->verdict.kind == ND_UNDECIDED || r->verdict.kind == ND_VALLEY);
        } else {
            valleys++;
            expect(&r->verdict, ND_VALLEY);
            assert_true(r->verdict.valley_norm > r->verdict.norm);
            v = verdict_at(&c, r->theta); /* and from the bare point, without its history */
            expect(&v, ND_VALLEY);
        }
        nd_train_result_destroy(c.ctx, r);
    }
    assert_true(valleys >= 4);
    lab_close(&c);
}

/* Minima that are attained on sets without bound are no valleys: contradictory samples
 * (f constant is best), Prouhet's sets (L >= 1, attained at f = 0; theory 10), and the
 * square loss where the net can interpolate. */
static void unbounded_minima(void **state)
{
    static const double same[] = {0, 0, 0}, same_y[] = {1, -1, -1};
    static const double prouhet[] = {0, 3, 5, 6, 1, 2, 4, 7}, p_y[] = {1, 1, 1, 1, -1, -1, -1, -1};
    static const struct {
        size_t n, d;
        const double *x, *y;
        const char *net, *loss;
        double scale;
    } known[] = {{3, 1, same, same_y, "softplus:4", "polyhinge:3", 1.0},
                 {8, 1, prouhet, p_y, "square:3", "polyhinge:3", 1.0},
                 {4, 2, xor_x, xor_y, "tanh:3", "square", 1.0},
                 {4, 2, xor_x, xor_y, "softplus:3", "square", 0.01}};
    nd_train_settings s;
    nd_train_result *r;
    lab_case c;

    (void)state;
    nd_train_init(&s);
    for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
        lab_open(&c, known[k].n, known[k].d, known[k].x, known[k].y, known[k].net, known[k].loss,
                 0.0);
        s.scale = known[k].scale;
        for (s.seed = 1; s.seed <= 6; s.seed++) {
            nd_assert_ok(c.ctx, nd_train(c.ctx, c.net, c.data, c.loss, 0.0, &s, NULL, &r));
            assert_int_not_equal(r->verdict.kind, ND_VALLEY);
            assert_int_not_equal(r->verdict.kind, ND_SADDLE);
            nd_train_result_destroy(c.ctx, r);
        }
        lab_close(&c);
    }
}

/* Logistic loss on separable data: the infimum 0 is not attained. */
static void logistic_valley(void **state)
{
    static const double theta[] = {3.0, 0.5};
    static const double x[] = {-2, -1, 1, 3}, y[] = {-1, -1, 1, 1};
    lab_case c;
    nd_verdict v;

    (void)state;
    lab_open(&c, 4, 1, x, y, "linear", "logistic", 0.0);
    v = verdict_at(&c, theta);
    expect(&v, ND_VALLEY);
    lab_close(&c);
}

/* With ridge 1e-3 the ends are strict minima: their losses are known. */
static void xor_ridge(void **state)
{
    static const struct {
        const char *net;
        double loss[2];
        bool bad;
    } known[] = {{"softplus:1", {0.71286, 0.71286}, true},
                 {"softplus:2", {0.00822, 0.01245}, false},
                 {"softplus:3", {0.00717, 0.00717}, false}};
    nd_train_settings s;
    nd_train_result *r;
    lab_case c;

    (void)state;
    nd_train_init(&s);
    for (size_t k = 0; k < 3; k++) {
        lab_open(&c, 4, 2, xor_x, xor_y, known[k].net, "polyhinge:3", 1e-3);
        for (s.seed = 1; s.seed <= 4; s.seed++) {
            nd_assert_ok(c.ctx, nd_train(c.ctx, c.net, c.data, c.loss, 1e-3, &s, NULL, &r));
            expect(&r->verdict, ND_LOCAL_MINIMUM);
            assert_true(r->verdict.proved == ND_PROVED && r->verdict.bad == known[k].bad);
            if (fabs(r->verdict.loss - known[k].loss[0]) > 1e-5)
                nd_assert_close(r->verdict.loss, known[k].loss[1], 1e-3, 0);
            nd_train_result_destroy(c.ctx, r);
        }
        lab_close(&c);
    }
}

/* A kink is no place for second derivatives; a finite point that is none is said so. */
static void no_claims(void **state)
{
    double theta[9] = {1, 1, -1, -1, 0, 0, 0.5, 0.5, 0};
    lab_case c;
    nd_verdict v;

    (void)state;
    lab_open(&c, 4, 2, xor_x, xor_y, "relu:2", "polyhinge:3", 0.0);
    v = verdict_at(&c, theta);
    expect(&v, ND_UNDECIDED);
    theta[0] = NAN;
    v = verdict_at(&c, theta);
    expect(&v, ND_UNDECIDED);
    lab_close(&c);
}

/* A start is no valley, although the loss falls and the norm grows from there. */
static void unfinished_descent(void **state)
{
    double *theta;
    nd_verdict v;
    lab_case c;

    (void)state;
    lab_open_source(&c, "data/pima.csv", "pos", ND_SCALE_STANDARD, "softplus:2", "polyhinge:3", 0);
    theta = malloc(c.net->P * sizeof *theta);
    for (uint64_t trial = 0; trial < 1; trial++) {
        nd_net_start(c.net, 1, trial, 1.0, theta);
        v = verdict_at(&c, theta);
        assert_true(v.kind == ND_UNDECIDED);
    }
    free(theta);
    lab_close(&c);
}

/* Convex: every critical point is global; the strict certificate proves this one. */
static void convex(void **state)
{
    nd_train_settings s;
    nd_train_result *r;
    lab_case c;

    (void)state;
    nd_train_init(&s);
    lab_open(&c, 4, 2, xor_x, xor_y, "linear", "polyhinge:2", 0.1);
    nd_assert_ok(c.ctx, nd_train(c.ctx, c.net, c.data, c.loss, 0.1, &s, NULL, &r));
    expect(&r->verdict, ND_GLOBAL_MINIMUM);
    assert_int_equal(r->verdict.proved, ND_PROVED);
    nd_assert_close(r->verdict.loss, 1.0, 1e-14, 0);
    nd_train_result_destroy(c.ctx, r);
    lab_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_neurons_strict), cmocka_unit_test(square_loss),
        cmocka_unit_test(scaling_orbit),      cmocka_unit_test(degenerate_minima),
        cmocka_unit_test(idle_saddle),        cmocka_unit_test(xor_valley),
        cmocka_unit_test(logistic_valley),    cmocka_unit_test(xor_ridge),
        cmocka_unit_test(no_claims),          cmocka_unit_test(convex),
        cmocka_unit_test(unfinished_descent), cmocka_unit_test(unbounded_minima),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
