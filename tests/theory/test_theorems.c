/* The conditions and theorems on cases that were decided by hand (docs/theory.md):
 * every counterexample of the gallery fails exactly the condition it drops, the bad minima
 * of the gallery are never called anything else, and the counts of neurons are those of
 * the statements. */
#include <nadir/theory.h>

#include "../support.h"
#include "theory/exact.h"

#define LIMIT 20.0

typedef struct {
    nd_ctx *ctx;
    nd_table *table;
    nd_net *net;
    nd_problem pb;
    nd_theory *r;
} fixture;

static void set_up(fixture *f, size_t n, size_t d, const double *x, const double *y,
                   const char *net, const char *loss, double l2)
{
    nd_loss l;

    f->ctx = nd_ctx_create(NULL);
    nd_assert_ok(f->ctx, nd_table_from_arrays(f->ctx, n, d, x, y, &f->table));
    nd_assert_ok(f->ctx, nd_net_parse(f->ctx, net, d, &f->net));
    nd_assert_ok(f->ctx, nd_loss_parse(f->ctx, loss, &l));
    nd_assert_ok(f->ctx, nd_problem_make(f->ctx, f->net, f->table, l, l2, &f->pb));
    nd_assert_ok(f->ctx, nd_theory_check(f->ctx, &f->pb, LIMIT, false, &f->r));
}

static void tear_down(fixture *f)
{
    nd_theory_destroy(f->ctx, f->r);
    nd_net_destroy(f->ctx, f->net);
    nd_table_destroy(f->ctx, f->table);
    nd_ctx_destroy(f->ctx);
}

static const nd_theorem *theorem(const nd_theory *r, const char *name)
{
    for (size_t k = 0; k < ND_THEOREMS; k++)
        if (strcmp(r->theorem[k].kind->name, name) == 0) return &r->theorem[k];
    fail_msg("no theorem %s", name);
    return NULL;
}

/* The names of the conditions of theorem name that are not about a point and fail. */
static void failures(const nd_theory *r, const char *name, char out[256])
{
    out[0] = 0;
    for (const nd_condition_id *id = theorem(r, name)->kind->needs; *id != ND_CONDITIONS; id++) {
        const nd_condition *c = &r->condition[*id];
        if (*id >= ND_NEEDS_IDLE) continue;
        assert_int_not_equal(c->truth, ND_UNKNOWN);
        if (c->truth == ND_REFUTED) {
            strcat(out, *out ? " " : "");
            strcat(out, c->kind->name);
        }
    }
}

/* ---- the gallery ------------------------------------------------------------------------- */

static const double line4_x[] = {-2, -1, 1, 2}, line4_y[] = {-1, -1, 1, 1};
static const double xor_x[] = {1, 1, -1, -1, 1, -1, -1, 1}, xor_y[] = {1, 1, -1, -1};
static const double two_x[] = {1, -1}, two_y[] = {1, -1};
static const double between_x[] = {-1, 0, 1}, between_y[] = {1, -1, 1};
static const double square_x[] = {-3, -2, -1, -.5, .2, .4, .6, 12};
static const double square_y[] = {-1, -1, -1, -1, 1, 1, 1, 1};
static const double strict_x[] = {.3,  0, -1.3, 0,   -1.3, 0,   -.3, 0,   -2.3, 0,
                                  5.3, 0, 0,    1.9, 0,    -.1, 0,   1.5, 0,    2.5};
static const double strict_y[] = {1, 1, 1, 1, 1, 1, -1, -1, -1, -1};
static const double convex_x[] = {.5,   .2, 0,  -.8,  -.1, 0,   2,   3.4, 0,  2,
                                  -6.2, 0,  -3, .75,  0,   -.5, 0,   -.2, .8, 0,
                                  .1,   -2, 0,  -3.4, -2,  0,   6.2, 3,   0,  -.75};
static const double convex_y[] = {1, 1, 1, 1, 1, -1, -1, -1, -1, -1};
static const double nobias_x[] = {1, 2, -3, -1, -2, 3}, nobias_y[] = {1, 1, 1, -1, -1, -1};
static const double prouhet_x[] = {0, 3, 5, 6, 1, 2, 4, 7};
static const double prouhet_y[] = {1, 1, 1, 1, -1, -1, -1, -1};

#define DATA(name, n, d) n, d, name##_x, name##_y

static const struct {
    const char *name;
    size_t n, d;
    const double *x, *y;
    const char *net, *loss, *theorem, *fails;
} gallery[] = {
    {"dead-relu", DATA(line4, 4, 1), "relu:3", "polyhinge:3", "1-local", "increasing neuron-c1"},
    {"linear-leaky", DATA(xor, 4, 2), "leakyrelu:4", "polyhinge:3", "corollary", "convex analytic"},
    {"even-square", DATA(two, 2, 1), "square:3:nobias", "polyhinge:3", "1", "increasing"},
    {"between", DATA(between, 3, 1), "softplus:6", "polyhinge:3", "corollary", "subspace-minus"},
    {"between", DATA(between, 3, 1), "softplus:6", "polyhinge:3", "1", "separable"},
    {"few-neurons", DATA(xor, 4, 2), "softplus:1", "polyhinge:3", "corollary", "neurons"},
    {"square-loss", DATA(square, 8, 1), "exp:1:nobias", "square", "1", "hinge-tail"},
    {"few-neurons-strict", DATA(strict, 10, 2), "softplus:1", "polyhinge:3", "corollary",
     "neurons"},
    {"no-shortcut", DATA(line4, 4, 1), "softplus:1,softplus:2", "polyhinge:3", "1", "shortcut"},
    {"not-convex", DATA(convex, 10, 3), "tanh:9", "polyhinge:3", "corollary", "convex"},
    {"no-bias", DATA(nobias, 6, 1), "softplus:4:nobias", "polyhinge:3", "2", "biases"},
    {"polynomial", DATA(prouhet, 8, 1), "square:4", "polyhinge:3", "2", "not-polynomial"},
};

static void test_gallery_fails_what_it_drops(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof gallery / sizeof *gallery; k++) {
        char found[256];
        fixture f;
        set_up(&f, gallery[k].n, gallery[k].d, gallery[k].x, gallery[k].y, gallery[k].net,
               gallery[k].loss, 0.0);
        failures(f.r, gallery[k].theorem, found);
        if (strcmp(found, gallery[k].fails) != 0)
            fail_msg("%s: Theorem %s fails at '%s', expected '%s'", gallery[k].name,
                     gallery[k].theorem, found, gallery[k].fails);
        assert_int_equal(f.r->truth, ND_REFUTED);
        assert_true(strstr(f.r->headline, "no theorem applies") == f.r->headline);
        tear_down(&f);
    }
}

/* Each example named in the table of conditions is one of the gallery above. */
static void test_examples_exist(void **state)
{
    size_t rows;
    const nd_condition_kind *kind = nd_condition_table(&rows);

    (void)state;
    assert_int_equal(rows, ND_CONDITIONS);
    for (size_t k = 0; k < rows; k++) {
        char text[128], *word;
        assert_int_equal(kind[k].id, k);
        assert_true(*kind[k].name && *kind[k].title && *kind[k].formula && *kind[k].without);
        snprintf(text, sizeof text, "%s", kind[k].example);
        for (word = strtok(text, ", "); word; word = strtok(NULL, ", ")) {
            bool found = false;
            for (size_t g = 0; g < sizeof gallery / sizeof *gallery; g++)
                found = found || strcmp(word, gallery[g].name) == 0;
            if (!found) fail_msg("%s: no gallery entry %s", kind[k].name, word);
        }
    }
}

/* ---- what holds ----------------------------------------------------------------------------- */

static void expect(size_t n, size_t d, const double *x, const double *y, const char *net,
                   const char *loss, double l2, nd_truth truth, const char *applies)
{
    fixture f;

    set_up(&f, n, d, x, y, net, loss, l2);
    if (f.r->truth != truth)
        fail_msg("%s, %s: %s, expected %s", net, loss, f.r->headline, nd_truth_name(truth));
    if (applies)
        assert_string_equal(f.r->theorem[f.r->applies].kind->name, applies);
    else
        assert_int_equal(f.r->applies, ND_THEOREMS);
    tear_down(&f);
}

static void test_theorems_apply(void **state)
{
    (void)state;
    expect(DATA(line4, 4, 1), "softplus:1", "polyhinge:3", 0, ND_PROVED, "1");
    expect(DATA(line4, 4, 1), "tanh:2", "smoothhinge", 0, ND_PROVED, "1");
    expect(DATA(line4, 4, 1), "tanh:2", "polyhinge:2", 0, ND_PROVED, "1-local");
    expect(DATA(line4, 4, 1), "elu:2", "polyhinge:3", 0, ND_PROVED, "1-local");
    expect(DATA(line4, 4, 1), "relu:8,relu:8+softplus:1", "polyhinge:3", 0, ND_PROVED, "1");
    expect(DATA(line4, 4, 1), "relu:2+tanh:1", "polyhinge:3", 0, ND_PROVED, "1");
    expect(DATA(line4, 4, 1), "linear", "polyhinge:2", 0, ND_PROVED, "linear");
    expect(DATA(line4, 4, 1), "relu:5+linear", "polyhinge:2", 0, ND_PROVED, "linear");
    expect(DATA(xor, 4, 2), "softplus:3", "polyhinge:3", 0, ND_PROVED, "corollary");
    expect(DATA(xor, 4, 2), "softplus:3", "polyhinge:2", 0, ND_PROVED, "corollary");
    expect(DATA(xor, 4, 2), "exp:3", "polyhinge:4", 0, ND_PROVED, "corollary");
    expect(DATA(xor, 4, 2), "squareplus:9", "polyhinge:3", 0, ND_PROVED, "corollary");
    expect(DATA(xor, 4, 2), "tanh:2+squareplus:3", "polyhinge:3", 0, ND_PROVED, "corollary");
}

static void test_theorems_do_not_apply(void **state)
{
    (void)state;
    expect(DATA(line4, 4, 1), "softplus:1", "logistic", 0, ND_REFUTED, NULL);
    expect(DATA(line4, 4, 1), "softplus:1", "exponential", 0, ND_REFUTED, NULL);
    expect(DATA(line4, 4, 1), "softplus:1", "polyhinge:3", 1e-9, ND_REFUTED, NULL);
    expect(DATA(line4, 4, 1), "linear", "polyhinge:3", 1e-9, ND_REFUTED, NULL);
    expect(DATA(line4, 4, 1), "res(softplus:1)", "polyhinge:3", 0, ND_REFUTED, NULL);
    expect(DATA(xor, 4, 2), "softplus:2", "polyhinge:3", 0, ND_REFUTED, NULL);
    expect(DATA(xor, 4, 2), "softplus:5:nobias", "polyhinge:3", 0, ND_REFUTED, NULL);
    expect(DATA(xor, 4, 2), "linear", "polyhinge:3", 0, ND_REFUTED, NULL);
    expect(DATA(xor, 4, 2), "tanh:40", "polyhinge:3", 0, ND_REFUTED, NULL);
}

/* Separable only with a bias: the class weights of the neurons decide the question. */
static void test_bias_is_that_of_the_neurons(void **state)
{
    static const double x[] = {1, 2}, y[] = {-1, 1};

    (void)state;
    expect(2, 1, x, y, "softplus:1", "polyhinge:3", 0, ND_PROVED, "1");
    expect(2, 1, x, y, "softplus:1:nobias", "polyhinge:3", 0, ND_REFUTED, NULL);
}

/* ---- how many neurons ------------------------------------------------------------------------- */

static void expect_need(size_t n, size_t d, const double *x, const double *y, const char *loss,
                        size_t plus, size_t minus, size_t all)
{
    fixture f;

    set_up(&f, n, d, x, y, "softplus:1", loss, 0.0);
    assert_int_equal(f.r->need[0], plus);
    assert_int_equal(f.r->need[1], minus);
    assert_int_equal(f.r->need[2], all);
    tear_down(&f);
}

/* K = N - r + 1, r the rank off the span of the other class. */
static void test_neurons_needed(void **state)
{
    /* class + off span{e3, 1}: (1,0), (-1,0), (0,5): N = 3, r = 2; class -: +-1: N = 2, r = 1 */
    static const double mixed_x[] = {1, 0, 0, -1, 0, 0, 0, 5, 0, 0, 0, 1, 0, 0, -1};
    static const double mixed_y[] = {1, 1, 1, -1, -1};
    static const double free_x[] = {1, 0, 0, 0, 1, 0, 0, 0, 1}, free_y[] = {1, 1, -1};
    static const double twice_x[] = {1, 1, 1, 1, -1, -1, 1, -1, -1, 1};
    static const double twice_y[] = {1, 1, 1, -1, -1};

    (void)state;
    expect_need(DATA(xor, 4, 2), "polyhinge:3", 2, 2, 3);
    expect_need(DATA(strict, 10, 2), "polyhinge:3", 5, 4, 8);
    expect_need(DATA(convex, 10, 3), "polyhinge:3", 5, 5, 9);
    expect_need(DATA(mixed, 5, 3), "polyhinge:3", 2, 2, 3);
    expect_need(DATA(mixed, 5, 3), "polyhinge:2", 3, 2, 4); /* on the kink only N counts */
    expect_need(DATA(free, 3, 3), "polyhinge:3", 1, 1, 1);
    expect_need(DATA(free, 3, 3), "polyhinge:2", 1, 1, 1);
    expect_need(DATA(prouhet, 8, 1), "polyhinge:3", 4, 4, 7); /* in each other's span: r = 0 */
    expect_need(DATA(twice, 5, 2), "polyhinge:3", 2, 2, 3);   /* copies count once */
}

/* ---- points ------------------------------------------------------------------------------------- */

/* Margins are taken for exact up to 1e-9, far more than their rounding errors here. */
static void at(fixture *f, const double *theta)
{
    double m[16], lo[16], hi[16];
    nd_work *work;
    size_t n = f->table->n;

    assert_true(n <= 16);
    nd_assert_ok(f->ctx, nd_work_create(f->ctx, &f->pb, &work));
    nd_assert_ok(f->ctx, nd_problem_margins(f->ctx, &f->pb, theta, work, m));
    nd_work_destroy(f->ctx, work);
    for (size_t i = 0; i < n; i++) {
        lo[i] = m[i] - 1e-9;
        hi[i] = m[i] + 1e-9;
    }
    nd_assert_ok(f->ctx, nd_theory_at(f->ctx, &f->pb, theta, lo, hi, LIMIT, f->r));
}

/* theta: W (width x d), b, a, a_0 of one single-layer term. */
static const struct {
    const char *name;
    size_t n, d;
    const double *x, *y;
    const char *net, *loss;
    double theta[16];
} minima[] = {
    {"dead-relu", DATA(line4, 4, 1), "relu:2", "polyhinge:3", {0, 0, -1, -1, 1, -1, 0}},
    {"dead-relu, idle", DATA(line4, 4, 1), "relu:1", "polyhinge:3", {0, -1, 0, 0}},
    {"linear-leaky", DATA(xor, 4, 2), "leakyrelu:2", "polyhinge:3", {.1, 0, .1, 0, 2, 2, 1, -1, 0}},
    {"between",
     DATA(between, 3, 1),
     "softplus:2",
     "polyhinge:3",
     {0, 0, 0, 0, -1, -1, 1.55786623318498}}, /* 2 log 2 + 0.171573 */
    {"few-neurons", DATA(xor, 4, 2), "softplus:1", "polyhinge:3", {0, 0, 0, 2, -1.386294361119891}},
    {"few-neurons-strict",
     DATA(strict, 10, 2),
     "softplus:1",
     "polyhinge:3",
     {-2.35070696, -2.2500707, .53430965, .31754396, -.22510478}},
    {"even-square", DATA(two, 2, 1), "square:1:nobias", "polyhinge:3", {1, 0, 0}},
    {"square-loss",
     DATA(square, 8, 1),
     "exp:1:nobias",
     "square",
     {-.31161771272198720, -1.0746548447771854, 1.2924941454987345}},
    {"no-bias", DATA(nobias, 6, 1), "softplus:1:nobias", "polyhinge:3", {0, 0, 0}},
    {"polynomial", DATA(prouhet, 8, 1), "square:1", "polyhinge:3", {0, 0, 0, 0}},
};

static void test_bad_minima_are_not_refuted(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof minima / sizeof *minima; k++) {
        fixture f;
        set_up(&f, minima[k].n, minima[k].d, minima[k].x, minima[k].y, minima[k].net,
               minima[k].loss, 0.0);
        at(&f, minima[k].theta);
        const nd_theory_point *p = &f.r->point;
        if (p->minimum != ND_UNKNOWN || p->theorem != ND_THEOREMS)
            fail_msg("%s: called no local minimum by %s", minima[k].name,
                     f.r->theorem[p->theorem].kind->title);
        assert_true(p->active > 0);
        tear_down(&f);
    }
}

static void expect_refuted(size_t n, size_t d, const double *x, const double *y, const char *net,
                           const char *loss, const double *theta, const char *name)
{
    fixture f;

    set_up(&f, n, d, x, y, net, loss, 0.0);
    at(&f, theta);
    assert_int_equal(f.r->point.minimum, ND_REFUTED);
    assert_false(f.r->point.numerical);
    assert_string_equal(f.r->theorem[f.r->point.theorem].kind->name, name);
    nd_assert_ok(f.ctx,
                 nd_theory_at(f.ctx, &f.pb, theta, NULL, NULL, LIMIT, f.r)); /* no enclosures: */
    assert_int_equal(f.r->point.minimum, ND_UNKNOWN);                        /* no proof      */
    tear_down(&f);
}

static void test_points_are_refuted(void **state)
{
    (void)state;
    expect_refuted(DATA(line4, 4, 1), "softplus:1", "polyhinge:3", (double[]){0, 0, 0, 0}, "1");
    expect_refuted(DATA(line4, 4, 1), "softplus:1", "polyhinge:2", (double[]){0, 0, 0, 0},
                   "1-local");
    expect_refuted(DATA(line4, 4, 1), "linear", "polyhinge:2", (double[]){0, 0}, "linear");
    expect_refuted(DATA(xor, 4, 2), "softplus:1", "polyhinge:3", (double[]){0, 0, 0, 0, 0}, "2");
    expect_refuted(DATA(xor, 4, 2), "softplus:2", "polyhinge:3",
                   (double[]){0, 0, 0, 0, 0, 0, 1, 1, 0}, "3i");
    expect_refuted(DATA(xor, 4, 2), "softplus:2", "polyhinge:3",
                   (double[]){0, 0, 0, 0, 0, 0, -1, -1, 0}, "3ii");
    /* between: class + is off the span of class -, which two rising neurons use */
    expect_refuted(DATA(between, 3, 1), "softplus:2", "polyhinge:3",
                   (double[]){0, 0, 0, 0, 1, 1, 0}, "3i");
    /* one rising neuron, and of class + one sample is active: 1 >= 1 */
    expect_refuted(DATA(between, 3, 1), "softplus:1", "polyhinge:3", (double[]){5, 0, 1, -2},
                   "3i-active");
}

/* At a point of zero loss there is nothing to refute. */
static void test_zero_loss(void **state)
{
    fixture f;

    (void)state;
    set_up(&f, DATA(line4, 4, 1), "softplus:1", "polyhinge:3", 0.0);
    at(&f, (double[]){8, 0, 1, -4});
    assert_int_equal(f.r->point.active, 0);
    assert_int_equal(f.r->point.undecided, 0);
    assert_int_equal(f.r->point.minimum, ND_UNKNOWN);
    assert_int_equal(f.r->point.theorem, ND_THEOREMS);
    assert_false(f.r->point.searched);
    tear_down(&f);
}

/* Enclosures that leave open whether samples are active prove nothing about them. */
static void test_wide_enclosures(void **state)
{
    const double lo[4] = {.5, .5, .5, .5}, hi[4] = {1.5, 1.5, 1.5, 1.5};
    const double low[3] = {.2, -2, .5}, high[3] = {.3, -1, 1.5};
    fixture f;

    (void)state;
    set_up(&f, DATA(line4, 4, 1), "softplus:1", "polyhinge:3", 0.0);
    nd_assert_ok(f.ctx, nd_theory_at(f.ctx, &f.pb, (double[]){0, 0, 0, 0}, lo, hi, LIMIT, f.r));
    assert_int_equal(f.r->point.active, 0);
    assert_int_equal(f.r->point.undecided, 4);
    assert_int_equal(f.r->point.minimum, ND_UNKNOWN);
    tear_down(&f);
    /* which samples A consists of is open, so its rank is, too */
    set_up(&f, DATA(between, 3, 1), "softplus:1", "polyhinge:3", 0.0);
    nd_assert_ok(f.ctx, nd_theory_at(f.ctx, &f.pb, (double[]){5, 0, 1, -2}, low, high, LIMIT, f.r));
    assert_int_equal(f.r->point.active, 2);
    assert_int_equal(f.r->point.undecided, 1);
    assert_int_equal(f.r->condition[ND_NEEDS_ACTIVE_PLUS].truth, ND_UNKNOWN);
    assert_int_equal(f.r->condition[ND_NEEDS_ACTIVE_MINUS].truth, ND_UNKNOWN);
    assert_int_equal(f.r->point.minimum, ND_UNKNOWN);
    tear_down(&f);
}

/* XOR with softplus:1 and a = 0: G(w, b) != 0 somewhere, and a step along it lowers L. */
static void test_potential_offers_an_escape(void **state)
{
    double theta[5] = {0}, before, after;
    nd_work *work;
    fixture f;

    (void)state;
    set_up(&f, DATA(xor, 4, 2), "softplus:1", "polyhinge:3", 0.0);
    at(&f, theta);
    const nd_theory_point *p = &f.r->point;
    assert_true(p->searched && fabs(p->G.G) > p->G.noise && p->G.score > 0);
    nd_assert_ok(f.ctx, nd_work_create(f.ctx, &f.pb, &work));
    nd_assert_ok(f.ctx, nd_problem_value(f.ctx, &f.pb, theta, work, &before));
    memcpy(theta, p->w, 2 * sizeof *theta);
    theta[2] = p->b;
    theta[3] = p->G.G > 0 ? -1e-4 : 1e-4;
    nd_assert_ok(f.ctx, nd_problem_value(f.ctx, &f.pb, theta, work, &after));
    assert_true(after < before);
    nd_work_destroy(f.ctx, work);
    tear_down(&f);
}

/* The bound of section 1 at random points of random separable data, ridge or not. */
static void test_error_bound_is_one(void **state)
{
    nd_rng r = nd_rng_make(7, 0);

    (void)state;
    for (int trial = 0; trial < 60; trial++) {
        double x[24], y[12], theta[16];
        fixture f;
        for (size_t i = 0; i < 12; i++) {
            x[2 * i] = 4 * nd_rng_uniform(&r) - 2;
            x[2 * i + 1] = (i % 2 ? -1 : 1) * (.1 + nd_rng_uniform(&r));
            y[i] = i % 2 ? -1 : 1;
        }
        set_up(&f, 12, 2, x, y, "tanh:3", "polyhinge:3", trial % 2 ? .1 : 0.0);
        for (size_t k = 0; k < f.net->P; k++) theta[k] = 4 * nd_rng_uniform(&r) - 2;
        at(&f, theta);
        double R = (double)f.r->point.errors / 12, bound = f.r->point.error_bound;
        assert_true(bound >= R);
        tear_down(&f);
    }
}

/* w = 0, b = 0, a = 2, tanh: s' = 1, l' = 3 everywhere, so the bound is
 * sum_i y_i (u x_i + v) / (n g |(u, v)|). */
static void test_error_bound_by_hand(void **state)
{
    double sum = 0;
    fixture f;

    (void)state;
    set_up(&f, DATA(line4, 4, 1), "tanh:1", "polyhinge:3", 0.0);
    at(&f, (double[]){0, 0, 2, 0});
    const nd_separation *s = f.r->separation;
    for (size_t i = 0; i < 4; i++) sum += line4_y[i] * (s->u[0] * line4_x[i] + s->v);
    nd_assert_close(f.r->point.error_bound, sum / (4 * s->margin * hypot(s->u[0], s->v)), 1e-12,
                    0.0);
    tear_down(&f);
}

/* The bound is about the data term: a ridge does not change it. */
static void test_error_bound_with_ridge(void **state)
{
    const double theta[] = {.7, -.3, 2, .1};
    double bound[2];

    (void)state;
    for (int k = 0; k < 2; k++) {
        fixture f;
        set_up(&f, DATA(line4, 4, 1), "tanh:1", "polyhinge:3", k ? .5 : 0.0);
        at(&f, theta);
        bound[k] = f.r->point.error_bound;
        tear_down(&f);
    }
    nd_assert_close(bound[0], bound[1], 1e-12, 0.0);
}

/* The last hidden layer sees two features that separate XOR, or one that does not. */
static void test_features_of_deep_nets(void **state)
{
    /* h1 = relu(x1 + x2), h2 = relu(-x1 - x2): class + at (2, 0), (0, 2), class - at (0, 0) */
    double good[] = {1, 1, -1, -1, 0, 0, .1, .2, .3, 1, 0};
    double bad[] = {1, 0, -1, 0, 0, 0, .1, .2, .3, 1, 0};
    double blind[] = {1, 1, -1, -1, -2, -2, .1, .2, .3, 1, 0}; /* relu of 0 or less */
    fixture f;

    (void)state;
    set_up(&f, DATA(xor, 4, 2), "relu:2,softplus:1", "polyhinge:3", 0.0);
    assert_int_equal(f.net->P, 11);
    at(&f, good);
    assert_int_equal(f.r->point.deep_term, 0);
    assert_int_equal(f.r->point.features, ND_PROVED);
    assert_true(f.r->point.features_margin > 0);
    assert_int_equal(f.r->point.minimum, ND_UNKNOWN); /* the features are rounded */
    at(&f, bad);
    assert_int_equal(f.r->point.features, ND_REFUTED);
    at(&f, blind);
    assert_int_equal(f.r->point.features, ND_REFUTED);
    tear_down(&f);
}

/* ---- the rest -------------------------------------------------------------------------------------- */

static void test_line(void **state)
{
    char headline[256], consequence[256];
    fixture f;

    (void)state;
    set_up(&f, DATA(line4, 4, 1), "softplus:1", "polyhinge:3", 0.0);
    nd_assert_ok(f.ctx, nd_theory_line(f.ctx, &f.pb, 5, headline, consequence));
    assert_true(strncmp(headline, "Theorem 1 holds: linearly separable, margin ", 44) == 0);
    assert_string_equal(consequence, "every local minimum classifies all 4 samples correctly");
    tear_down(&f);
    set_up(&f, DATA(xor, 4, 2), "softplus:3", "polyhinge:3", 0.0);
    nd_assert_ok(f.ctx, nd_theory_line(f.ctx, &f.pb, 5, headline, consequence));
    assert_string_equal(headline, "Corollary of Theorems 2 and 3 holds: classes off each other's "
                                  "span, M = 3 >= 3 (proved)");
    tear_down(&f);
}

/* Of the theorems that fail at one condition the one that more neurons would mend is
 * named, with its counterexample, and the theorem that still covers some minima. */
static void test_line_when_none_applies(void **state)
{
    char headline[256], consequence[256];
    fixture f;
    nd_theory *r;

    (void)state;
    set_up(&f, DATA(xor, 4, 2), "softplus:1", "polyhinge:3", 0.0);
    nd_assert_ok(f.ctx, nd_theory_line(f.ctx, &f.pb, 5, headline, consequence));
    assert_string_equal(headline, "no theorem applies: Corollary of Theorems 2 and 3 needs "
                                  "'enough neurons': M = 1 < 3");
    assert_non_null(strstr(consequence, "(counterexample: few-neurons, few-neurons-strict)"));
    assert_non_null(
        strstr(f.r->consequence, "; Theorem 2 covers every local minimum with an idle"));
    tear_down(&f);
    set_up(&f, DATA(line4, 4, 1), "softplus:1", "polyhinge:3", 0.0);
    nd_assert_ok(f.ctx, nd_theory_check(f.ctx, &f.pb, LIMIT, true, &r));
    assert_int_equal(r->truth, ND_PROVED);
    assert_null(r->subspaces); /* brief: Theorem 1 was enough */
    assert_false(r->condition[ND_NEEDS_SUBSPACE_PLUS].looked);
    nd_theory_destroy(f.ctx, r);
    tear_down(&f);
}

/* Equal samples with both labels: no theorem, and the errors nobody avoids. */
static void test_contradiction(void **state)
{
    static const double x[] = {1, 1, 2, 3}, y[] = {1, -1, 1, -1};
    fixture f;

    (void)state;
    set_up(&f, 4, 1, x, y, "softplus:9", "polyhinge:3", 0.0);
    assert_int_equal(f.r->truth, ND_REFUTED);
    assert_int_equal(f.r->duplicates.min_errors, 1);
    assert_string_equal(f.r->consequence,
                        "1 point carries both labels: every classifier makes >= 1 error");
    assert_int_equal(theorem(f.r, "2")->truth, ND_REFUTED);
    assert_int_equal(theorem(f.r, "2")->first, ND_NEEDS_CONSISTENT);
    assert_int_equal(theorem(f.r, "3i")->truth, ND_REFUTED);
    tear_down(&f);
}

/* Without time nothing is refuted or proved that needs it. */
static void test_no_time(void **state)
{
    fixture f;
    nd_theory *r;

    (void)state;
    set_up(&f, DATA(xor, 4, 2), "softplus:3", "polyhinge:3", 0.0);
    nd_assert_ok(f.ctx, nd_theory_check(f.ctx, &f.pb, 0.0, false, &r));
    if (r->separation->truth == ND_UNKNOWN)
        assert_int_equal(r->condition[ND_NEEDS_SEPARABLE].truth, ND_UNKNOWN);
    if (r->truth == ND_UNKNOWN) assert_true(strncmp(r->headline, "undecided", 9) == 0);
    nd_theory_destroy(f.ctx, r);
    tear_down(&f);
}

static nd_status everything(nd_ctx *ctx, void *arg)
{
    const fixture *f = arg;
    double theta[13] = {.5, .1, .2, -.3, .4, .1, .2, .3, .1, 0, 1, -1, .1};
    nd_theory *r = NULL;
    nd_status status = nd_theory_check(ctx, &f->pb, LIMIT, false, &r);

    if (status == ND_OK) status = nd_theory_at(ctx, &f->pb, theta, NULL, NULL, LIMIT, r);
    nd_theory_destroy(ctx, r);
    return status;
}

static void test_every_allocation(void **state)
{
    fixture f;

    (void)state;
    set_up(&f, DATA(xor, 4, 2), "softplus:3", "polyhinge:3", 0.0);
    assert_true(nd_test_every_allocation(everything, &f) > 5);
    tear_down(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gallery_fails_what_it_drops),
        cmocka_unit_test(test_examples_exist),
        cmocka_unit_test(test_theorems_apply),
        cmocka_unit_test(test_theorems_do_not_apply),
        cmocka_unit_test(test_bias_is_that_of_the_neurons),
        cmocka_unit_test(test_neurons_needed),
        cmocka_unit_test(test_bad_minima_are_not_refuted),
        cmocka_unit_test(test_points_are_refuted),
        cmocka_unit_test(test_zero_loss),
        cmocka_unit_test(test_wide_enclosures),
        cmocka_unit_test(test_potential_offers_an_escape),
        cmocka_unit_test(test_error_bound_is_one),
        cmocka_unit_test(test_error_bound_by_hand),
        cmocka_unit_test(test_error_bound_with_ridge),
        cmocka_unit_test(test_features_of_deep_nets),
        cmocka_unit_test(test_line),
        cmocka_unit_test(test_line_when_none_applies),
        cmocka_unit_test(test_contradiction),
        cmocka_unit_test(test_no_time),
        cmocka_unit_test(test_every_allocation),
    };
    if (!nd_exact_available()) return 0; /* then much is unknown */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
