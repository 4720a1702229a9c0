/* Screening leaves rows out of value and gradient without changing a bit: along random
 * paths with jumps, returns and numbers that are not finite, and where its bounds are
 * tight (a bound half as large makes test_tight or test_rounding fail). */
#include "fixture.h"
#include "model/screen.h"

#define ROWS(a) (sizeof(a) / sizeof *(a))

/* ---- the same bits ------------------------------------------------------------------- */

/* The same problem with a work that runs every row. */
typedef struct {
    fix_problem f;
    nd_work *plain;
    nd_screen *kept; /* of plain: freed with it */
    double *g;
    size_t least; /* fewest rows that were run */
} pair;

static pair pair_open(const char *net, const char *loss, double l2, const nd_table *t)
{
    pair p = {.f = fix_open(net, loss, l2, t), .least = t->n};

    assert_int_equal(nd_work_create(p.f.ctx, &p.f.pb, &p.plain), ND_OK);
    p.kept = p.plain->screen;
    p.plain->screen = NULL;
    p.g = fix_room(p.f.net->P);
    return p;
}

static void pair_close(pair *p)
{
    p->plain->screen = p->kept;
    nd_work_destroy(p->f.ctx, p->plain);
    free(p->g);
    fix_close(&p->f);
}

static void assert_bits(const char *what, const double *a, const double *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (memcmp(a + i, b + i, sizeof *a) != 0)
            fail_msg("%s[%zu]: %a with screening, %a without", what, i, a[i], b[i]);
}

/* Value and gradient, or the value alone, by both. */
static void compare(pair *p, bool grad)
{
    fix_problem *f = &p->f;
    double L, M;

    if (grad) {
        nd_assert_ok(f->ctx, nd_problem_grad(f->ctx, &f->pb, f->theta, f->work, &L, f->g));
        nd_assert_ok(f->ctx, nd_problem_grad(f->ctx, &f->pb, f->theta, p->plain, &M, p->g));
        assert_bits("gradient", f->g, p->g, f->net->P);
    } else {
        nd_assert_ok(f->ctx, nd_problem_value(f->ctx, &f->pb, f->theta, f->work, &L));
        nd_assert_ok(f->ctx, nd_problem_value(f->ctx, &f->pb, f->theta, p->plain, &M));
    }
    assert_bits("value", &L, &M, 1);
    assert_int_equal(nd_work_active(f->work), nd_work_active(p->plain));
    if (f->work->ran < p->least) p->least = f->work->ran;
}

/* Some rows idle: the outputs grow until three quarters of the margins exceed 1. */
static void make_idle(fix_problem *f)
{
    const size_t n = f->pb.data->n;

    for (int i = 0; i < 60; i++) {
        size_t idle = 0;
        nd_assert_ok(f->ctx, nd_problem_margins(f->ctx, &f->pb, f->theta, f->work, f->m));
        for (size_t k = 0; k < n; k++) idle += f->m[k] > 1.0;
        if (4 * idle > n) return;
        for (size_t t = 0; t < f->net->terms; t++)
            for (size_t k = 0; k < f->net->term[t].out; k++) f->theta[f->net->term[t].a + k] *= 1.5;
    }
}

/* A path: steps of many lengths along random directions and single coordinates, back to
 * where it has been, far away, and to points that are not finite. */
static void walk(pair *p, uint64_t seed, int steps)
{
    fix_problem *f = &p->f;
    const size_t P = f->net->P;
    nd_rng r = nd_rng_make(seed, 5);
    double *back = fix_room(P), *home = fix_room(P);
    static const double wild[] = {NAN, INFINITY, 1e200, -1e308, 1e155};

    memcpy(home, f->theta, P * sizeof *home);
    for (int k = 0; k < steps; k++) {
        double size = pow(10.0, -5.0 * nd_rng_uniform(&r));
        if (k % 7 == 3) size *= 100.0;
        if (k % 11 == 5) memcpy(back, f->theta, P * sizeof *back);
        if (k % 11 == 9) memcpy(f->theta, back, P * sizeof *back);
        if (k % 13 == 12) memcpy(f->theta, home, P * sizeof *home);
        for (size_t i = 0; k % 5 != 4 && i < P; i++)
            f->theta[i] += size * nd_rng_normal(&r) / sqrt((double)P);
        if (k % 5 == 4) f->theta[(size_t)k % P] += 10.0 * size;
        if (k % 17 == 16) {
            double *at = &f->theta[(size_t)k * 31 % P], was = *at;
            *at = wild[k / 17 % (int)ROWS(wild)];
            compare(p, true);
            if (k % 2) compare(p, false);
            *at = was;
        }
        if (k % 3 == 0) compare(p, false); /* the same point twice */
        compare(p, k % 4 != 1);
    }
    free(back);
    free(home);
}

/* x as a sparse matrix; entries below 0.3 in magnitude are left out. */
static nd_table sparse_of(const nd_table *t)
{
    nd_table s = {.n = t->n, .d = t->d, .y = t->y, .weight = t->weight};
    size_t nnz = 0;

    s.row = malloc((t->n + 1) * sizeof *s.row);
    s.col = malloc(t->n * t->d * sizeof *s.col);
    s.val = malloc(t->n * t->d * sizeof *s.val);
    assert_true(s.row && s.col && s.val);
    for (size_t i = 0; i < t->n; i++) {
        s.row[i] = nnz;
        for (size_t k = 0; k < t->d; k++) {
            if (fabs(t->x[i * t->d + k]) < 0.3) continue;
            s.col[nnz] = (uint32_t)k;
            s.val[nnz++] = t->x[i * t->d + k];
        }
    }
    s.row[t->n] = nnz;
    return s;
}

static void test_paths(void **state)
{
    static const char *const nets[] = {"softplus:6",
                                       "tanh:3,tanh:4",
                                       "relu:5+linear",
                                       "res(silu:4)",
                                       "linear",
                                       "sigmoid:7:nobias",
                                       "elu:4,res(gelu:4)+arctan:3",
                                       "squareplus:3,leakyrelu:5,softplus:2"};
    static const char *const losses[] = {"polyhinge:3", "smoothhinge", "polyhinge:2"};
    nd_table t = fix_random(1100, 4, 3), s = sparse_of(&t);
    double *weight = fix_room(t.n);

    (void)state;
    for (size_t i = 0; i < t.n; i++) weight[i] = 0.25 + (double)(i % 5);
    for (size_t i = 0; i < ROWS(nets); i++)
        for (int k = 0; k < 3; k++) {
            nd_table *data = k == 1 ? &s : &t;
            data->weight = k == 2 ? weight : NULL;
            pair p =
                pair_open(nets[i], losses[(i + (size_t)k) % ROWS(losses)], k ? 0.1 : 0.0, data);
            nd_set_threads(p.f.ctx, 1 + k);
            nd_net_start(p.f.net, 9, i, 1.0, p.f.theta);
            make_idle(&p.f);
            walk(&p, 100 * i + (uint64_t)k, 120);
            if (4 * p.least > 3 * t.n) fail_msg("%s: no row was ever left out", nets[i]);
            pair_close(&p);
            data->weight = NULL;
        }
    free(weight);
    free(s.row);
    free(s.col);
    free(s.val);
    fix_free(&t);
}

/* ---- tight bounds ----------------------------------------------------------------------- */

#define COPIES 1024

/* COPIES times the row x with label y. */
static nd_table copies(size_t d, const double *x, double y)
{
    nd_table t = {.n = COPIES, .d = d};

    t.x = fix_room(COPIES * d);
    t.y = fix_room(COPIES);
    for (size_t i = 0; i < COPIES; i++) {
        memcpy(t.x + i * d, x, d * sizeof *x);
        t.y[i] = y;
    }
    return t;
}

static double margin(fix_problem *f)
{
    nd_assert_ok(f->ctx, nd_problem_margins(f->ctx, &f->pb, f->theta, f->work, f->m));
    return f->m[0];
}

/* From a margin well beyond 1, theta[k] moves until the margin is 1 + gap (bisection over a
 * margin that is monotone in theta[k], on [theta_k - 4, theta_k]). */
static void bring_near(fix_problem *f, size_t k, double gap)
{
    double hi = f->theta[k], lo = hi - 4.0;

    for (int i = 0; i < 60; i++) {
        f->theta[k] = 0.5 * (lo + hi);
        if (margin(f) > 1.0 + gap)
            hi = f->theta[k];
        else
            lo = f->theta[k];
    }
}

/* All parameters and inputs positive, one row, one neuron a layer: every bound is an
 * equality when one parameter changes.  Just inside the hinge the row must be run, just
 * outside it must be left out. */
static void test_tight(void **state)
{
    static const char *const nets[] = {"linear",        "relu:1",      "relu:1:nobias",
                                       "relu:1,relu:1", "res(relu:1)", "relu:1,res(relu:1)",
                                       "relu:1+linear", "leakyrelu:1"};
    const double x = 1.75;

    (void)state;
    for (size_t i = 0; i < ROWS(nets); i++)
        for (int side = 0; side < 2; side++) {
            nd_table t = copies(1, &x, 1.0);
            pair p = pair_open(nets[i], "polyhinge:2", 0.0, &t);
            fix_problem *f = &p.f;
            double *start = fix_room(f->net->P);
            for (size_t k = 0; k < f->net->P; k++) {
                for (size_t j = 0; j < f->net->P; j++) start[j] = 1.5 + 0.125 * (double)(j % 3);
                start[k] += 1.0; /* far enough from what the gap costs in rounding */
                memcpy(f->theta, start, f->net->P * sizeof *start);
                f->theta[f->net->a0] -= margin(f) - 2.0; /* now the margin is 2 */
                compare(&p, true);
                assert_int_equal(f->work->ran, COPIES);
                bring_near(f, k, side ? 1e-6 : -1e-9);
                compare(&p, true);
                if (f->work->ran != (side ? 0 : COPIES))
                    fail_msg("%s, parameter %zu: %zu rows were run", nets[i], k, f->work->ran);
            }
            free(start);
            pair_close(&p);
            fix_free(&t);
        }
}

/* The labels -1, and several coordinates at once along the row: |dw| |x| is an equality. */
static void test_tight_direction(void **state)
{
    const double x[] = {0.6, -1.1, 2.0};
    nd_table t = copies(3, x, -1.0);
    pair p = pair_open("linear", "polyhinge:2", 0.0, &t);
    fix_problem *f = &p.f;

    (void)state;
    for (int k = 0; k < 3; k++) f->theta[k] = -x[k];
    f->theta[f->net->a0] = 0.0; /* margin |x|^2 = 5.57 */
    compare(&p, true);
    for (int step = 1; step < 60; step++) {
        double s = 1.0 - 0.9 * step / 60.0, m = s * 5.57;
        for (int k = 0; k < 3; k++) f->theta[k] = -s * x[k];
        compare(&p, step % 2 == 0);
        if (m > 1.0 + 1e-6) assert_int_equal(f->work->ran, 0);
    }
    pair_close(&p);
    fix_free(&t);
}

/* Sums that cancel: 2^53 + w - 2^53 is 2 for w slightly above 1 and 0 for w = 1, so a
 * change of 1e-7 carries the computed margin across the hinge. */
static void test_rounding(void **state)
{
    static const struct {
        const char *net;
        size_t big, w, minus; /* places in theta of 2^53, w, -2^53           */
        int identity;         /* the first layer copies the inputs           */
    } cases[] = {{"linear", 0, 4, 2, 0},
                 {"relu:1:nobias", 0, 1, 2, 0},
                 {"relu:5:nobias,relu:1:nobias", 25, 26, 27, 1},
                 {"tanh:1:nobias", 0, 1, 2, 0},
                 {"relu:5:nobias,tanh:1:nobias", 25, 26, 27, 1}};
    const double x[] = {1.0, 1.0, 1.0, 1.0, 1.0};

    (void)state;
    for (size_t i = 0; i < ROWS(cases); i++) {
        nd_table t = copies(5, x, 1.0);
        pair p = pair_open(cases[i].net, "polyhinge:2", 0.0, &t);
        fix_problem *f = &p.f;
        const nd_term *T = &f->net->term[0];
        memset(f->theta, 0, f->net->P * sizeof *f->theta);
        for (size_t k = 0; cases[i].identity && k < 5; k++) f->theta[6 * k] = 1.0;
        if (T->depth > 0) f->theta[T->a] = 1.25; /* tanh 2 = 0.96 */
        f->theta[cases[i].big] = 0x1p53;
        f->theta[cases[i].minus] = -0x1p53;
        f->theta[cases[i].w] = 1.0000001;
        f->theta[f->net->a0] = 0.5;
        assert_true(margin(f) > 1.5);
        compare(&p, true);
        f->theta[cases[i].w] = 1.0;
        compare(&p, true);
        assert_int_equal(nd_work_active(f->work), COPIES);
        pair_close(&p);
        fix_free(&t);
    }
}

/* Rows whose length is 0 or infinite in single precision. */
static void test_lengths(void **state)
{
    static const double length[] = {1e-60, 1e60};

    (void)state;
    for (int i = 0; i < 2; i++) {
        const double x[] = {length[i], length[i]};
        nd_table t = copies(2, x, 1.0);
        pair p = pair_open("linear", "polyhinge:2", 0.0, &t);
        p.f.theta[0] = p.f.theta[1] = 1.0 / length[i];
        p.f.theta[2] = 0.0;
        compare(&p, true); /* margin 2 */
        p.f.theta[0] = 0.0;
        p.f.theta[1] = 0.5 / length[i];
        compare(&p, true); /* 1/2 */
        assert_int_equal(nd_work_active(p.f.work), COPIES);
        pair_close(&p);
        fix_free(&t);
    }
}

/* An output weight 0 hides nothing when the preactivation overflows: 0 * inf. */
static void test_overflow(void **state)
{
    const double x[] = {2.0, 1.0};
    nd_table t = copies(2, x, 1.0);
    pair p = pair_open("relu:2", "polyhinge:2", 0.0, &t);
    fix_problem *f = &p.f;
    double L;

    (void)state;
    memset(f->theta, 0, f->net->P * sizeof *f->theta);
    f->theta[f->net->a0] = 1e30;
    compare(&p, true);
    f->theta[0] = 1e308;
    compare(&p, true);
    nd_assert_ok(f->ctx, nd_problem_value(f->ctx, &f->pb, f->theta, f->work, &L));
    assert_true(isnan(L));
    f->theta[0] = 0.0;
    f->theta[f->net->a0] = 1e300; /* a room that no float holds */
    compare(&p, true);
    f->theta[f->net->a0] = 0.0;
    compare(&p, true);
    pair_close(&p);
    fix_free(&t);
}

/* ---- what is remembered ------------------------------------------------------------------ */

static bool stop(void *user)
{
    return --*(int *)user < 0;
}

/* A pass that was cancelled leaves nothing behind that is believed; nor does another loss. */
static void test_interrupted(void **state)
{
    nd_table t = fix_random(1100, 3, 8);
    pair p = pair_open("softplus:3", "polyhinge:3", 0.0, &t);
    fix_problem *f = &p.f;
    double L;
    nd_loss logistic, hinge = f->pb.loss;

    (void)state;
    nd_net_start(f->net, 1, 0, 1.0, f->theta);
    make_idle(f);
    compare(&p, true);
    compare(&p, true);
    assert_true(f->work->ran < t.n);
    for (int calls = 0; calls < 2; calls++) {
        int left = calls;
        f->theta[0] += 100.0;
        nd_set_cancel(f->ctx, stop, &left);
        assert_int_equal(nd_problem_grad(f->ctx, &f->pb, f->theta, f->work, &L, f->g), ND_ECANCEL);
        nd_set_cancel(f->ctx, NULL, NULL);
        f->theta[0] -= 100.0;
        compare(&p, true);
        assert_int_equal(f->work->ran, t.n);
    }
    nd_assert_ok(f->ctx, nd_loss_parse(f->ctx, "logistic", &logistic));
    f->theta[0] += 5.0;
    f->pb.loss = logistic;
    compare(&p, true);
    assert_int_equal(f->work->ran, t.n);
    f->pb.loss = hinge;
    compare(&p, true);
    pair_close(&p);
    fix_free(&t);
}

/* Few rows, activations that are not Lipschitz, losses without a tail: no screen. */
static void test_not_worth(void **state)
{
    static const struct {
        size_t n;
        const char *net, *loss;
        bool screened;
    } cases[] = {{1000, "tanh:2", "polyhinge:2", true},
                 {999, "tanh:2", "polyhinge:2", false},
                 {1000, "exp:2", "polyhinge:2", false},
                 {1000, "tanh:2,square:1", "smoothhinge", false},
                 {1000, "tanh:2", "logistic", false}};

    (void)state;
    for (size_t i = 0; i < ROWS(cases); i++) {
        nd_table t = fix_random(cases[i].n, 2, 1);
        fix_problem f = fix_open(cases[i].net, cases[i].loss, 0.0, &t);
        assert_int_equal(f.work->screen != NULL, cases[i].screened);
        fix_close(&f);
        fix_free(&t);
    }
}

/* Inputs that cannot be bounded in single precision are always run; no inputs at all. */
static void test_inputs(void **state)
{
    nd_table t = fix_random(1100, 2, 6), none = {.n = 1100, .y = t.y};

    (void)state;
    for (size_t i = 0; i < t.n; i += 3) t.x[2 * i] *= i % 2 ? 1e60 : 1e-60;
    t.x[10] = 1e300;
    pair p = pair_open("tanh:3", "polyhinge:3", 0.0, &t);
    nd_net_start(p.f.net, 1, 0, 3.0, p.f.theta);
    make_idle(&p.f);
    walk(&p, 4, 60);
    pair_close(&p);
    p = pair_open("tanh:2", "polyhinge:3", 0.0, &none);
    nd_net_start(p.f.net, 1, 0, 1.0, p.f.theta);
    p.f.theta[p.f.net->a0] = 3.0;
    walk(&p, 4, 60);
    assert_true(p.least < t.n);
    pair_close(&p);
    fix_free(&t);
}

static nd_status make_work(nd_ctx *ctx, void *arg)
{
    const nd_problem *pb = arg;
    nd_work *work = NULL;
    nd_status status = nd_work_create(ctx, pb, &work);

    if (status == ND_OK) nd_work_destroy(ctx, work);
    return status;
}

static void test_memory(void **state)
{
    nd_table t = fix_random(1000, 2, 2);
    fix_problem f = fix_open("tanh:3", "polyhinge:3", 0.0, &t);

    (void)state;
    assert_true(nd_test_every_allocation(make_work, &f.pb) > 10);
    fix_close(&f);
    fix_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paths),           cmocka_unit_test(test_tight),
        cmocka_unit_test(test_tight_direction), cmocka_unit_test(test_rounding),
        cmocka_unit_test(test_overflow),        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_interrupted),     cmocka_unit_test(test_not_worth),
        cmocka_unit_test(test_inputs),          cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
