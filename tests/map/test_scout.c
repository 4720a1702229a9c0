/* The search: starts, hops, saddles, paths and downhill sides on surfaces whose critical
 * points are known; the same ask, the same answer; what is no ask; memory and cancellation. */
#include "lab/lab_support.h"

#include <nadir/map.h>

#include <math.h>

typedef struct {
    lab_case c;
    nd_scout *sc;
    size_t P;
    double *theta;
} scene;

static void open_scene(scene *s, const char *data, const char *net, const char *loss, double l2)
{
    s->c.ctx = nd_ctx_create(NULL);
    nd_set_threads(s->c.ctx, 1);
    nd_assert_ok(s->c.ctx, nd_table_generate(s->c.ctx, data, &s->c.data));
    nd_assert_ok(s->c.ctx, nd_net_parse(s->c.ctx, net, s->c.data->d, &s->c.net));
    nd_assert_ok(s->c.ctx, nd_loss_parse(s->c.ctx, loss, &s->c.loss));
    nd_assert_ok(s->c.ctx, nd_scout_create(s->c.ctx, s->c.net, s->c.data, s->c.loss, l2, &s->sc));
    s->P = s->c.net->P;
    s->theta = calloc(s->P, sizeof *s->theta);
}

static void close_scene(scene *s)
{
    free(s->theta);
    nd_scout_destroy(s->sc);
    lab_close(&s->c);
}

/* The answer's theta is s->theta. */
static nd_answer ask(scene *s, nd_ask a)
{
    nd_answer out = {.theta = s->theta};

    a.time = INFINITY;
    nd_assert_ok(s->c.ctx, nd_scout_ask(s->sc, &a, false, &out));
    assert_true(out.stop != ND_STOP_NONE && out.verdict.reason[0] != '\0');
    assert_true(out.evaluations > 0 && out.seconds >= 0.0);
    assert_true(a.kind == ND_ASK_PAIR || isnan(out.height));
    return out;
}

static nd_answer start(scene *s, uint64_t trial)
{
    static const double scales[] = {0.3, 1.0, 3.0};

    return ask(
        s, (nd_ask){.kind = ND_ASK_START, .seed = 1, .trial = trial, .scale = scales[trial % 3]});
}

/* The lowest eigenvalues, independently of the search: index of theta by nd_classify. */
static nd_verdict classified(scene *s, const double *theta)
{
    nd_verdict v;

    nd_assert_ok(s->c.ctx, nd_classify(s->c.ctx, nd_scout_problem(s->sc), theta, 7, &v));
    return v;
}

/* ---- starts: the minima of XOR with ridge (tools/golden/map_xor.py) ------------------- */

/* Every start ends in a minimum with one of the losses; all of them are met. */
static void expect_minima(const char *net, const double *loss, size_t losses, uint64_t trials)
{
    size_t met[4] = {0};
    scene s;

    open_scene(&s, "xor", net, "polyhinge:3", 1e-3);
    for (uint64_t k = 0; k < trials; k++) {
        nd_answer a = start(&s, k);
        size_t i = 0;

        assert_int_equal(a.verdict.kind, ND_LOCAL_MINIMUM);
        assert_int_equal(a.verdict.index, 0);
        assert_int_equal(a.verdict.nullity, 0);
        assert_true(a.verdict.grad < 1e-14);
        while (i < losses && !nd_test_close(a.verdict.loss, loss[i], 1e-12, 0)) i++;
        if (i == losses) fail_msg("%s, trial %d: loss %.9g", net, (int)k, a.verdict.loss);
        met[i]++;
    }
    for (size_t i = 0; i < losses; i++) assert_true(met[i] > 0);
    close_scene(&s);
}

static void xor_minima(void **state)
{
    static const double one[] = {0.712860747456805},
                        two[] = {0.00822476030031737, 0.0124462892496632},
                        three[] = {0.00717407386014967};

    (void)state;
    expect_minima("softplus:1", one, 1, 60);
    expect_minima("softplus:2", two, 2, 60);
    expect_minima("softplus:3", three, 1, 60);
}

static void one_neuron_errs_once(void **state)
{
    scene s;
    nd_answer a;

    (void)state;
    open_scene(&s, "xor", "softplus:1", "polyhinge:3", 1e-3);
    a = start(&s, 1);
    assert_int_equal(a.verdict.errors, 1);
    assert_true(a.verdict.bad);
    close_scene(&s);
}

/* Without ridge: zero loss is proved by the exact finish; what is no minimum is not called
 * one (XOR with one softplus has none but degenerate ones with loss 1: theory.md, 5). */
static void without_ridge(void **state)
{
    long valleys = 0;
    scene s;

    (void)state;
    open_scene(&s, "xor", "softplus:3", "polyhinge:3", 0.0);
    for (uint64_t k = 0; k < 30; k++) {
        nd_answer a = start(&s, k);
        assert_int_equal(a.verdict.kind, ND_GLOBAL_MINIMUM);
        assert_int_equal(a.verdict.proved, ND_PROVED);
        assert_true(a.verdict.loss == 0.0);
    }
    close_scene(&s);
    open_scene(&s, "xor", "softplus:1", "polyhinge:3", 0.0);
    for (uint64_t k = 0; k < 30; k++) {
        nd_answer a = start(&s, k);
        assert_true(a.verdict.kind == ND_VALLEY || a.verdict.kind == ND_UNDECIDED ||
                    nd_test_close(a.verdict.loss, 1.0, 1e-9, 0));
        valleys += a.verdict.kind == ND_VALLEY;
    }
    assert_true(valleys > 15);
    close_scene(&s);
}

/* A loss with a kink, an activation with one: no second derivatives, an honest end. */
static void kinks(void **state)
{
    nd_ask down = {.kind = ND_ASK_DOWN, .side = 1, .time = INFINITY};
    nd_answer a, out;
    scene s;

    (void)state;
    open_scene(&s, "xor", "relu:3", "polyhinge:2", 1e-2);
    a = start(&s, 1);
    assert_int_equal(a.verdict.kind, ND_UNDECIDED);
    assert_int_equal(a.verdict.index, -1);
    down.a = s.theta;
    out = (nd_answer){.theta = s.theta};
    nd_assert_status(s.c.ctx, nd_scout_ask(s.sc, &down, false, &out), ND_ESMOOTH);
    close_scene(&s);
}

/* ---- hops ----------------------------------------------------------------------------------- */

/* Hops of all styles end in minima and lead from one minimum to the other. */
static void hops(void **state)
{
    double *a;
    scene s;
    size_t low = 0, high = 0;

    (void)state;
    open_scene(&s, "xor", "softplus:2", "polyhinge:3", 1e-3);
    a = calloc(s.P, sizeof *a);
    start(&s, 0);
    for (uint64_t k = 0; k < 40; k++) {
        nd_answer h;

        memcpy(a, s.theta, s.P * sizeof *a);
        h = ask(&s, (nd_ask){.kind = ND_ASK_HOP, .seed = 2, .trial = k, .scale = 0.5, .a = a});
        assert_int_equal(h.verdict.kind, ND_LOCAL_MINIMUM);
        assert_true(memcmp(a, s.theta, s.P * sizeof *a) != 0);
        low += nd_test_close(h.verdict.loss, 0.00822476030031737, 1e-12, 0);
        high += nd_test_close(h.verdict.loss, 0.0124462892496632, 1e-12, 0);
    }
    assert_true(low > 0 && high > 0 && low + high == 40);
    free(a);
    close_scene(&s);
}

/* Where a hop begins: with no time the descent stays there. */
static void leap(scene *s, const double *a, uint64_t seed, uint64_t trial, double scale, double *to)
{
    nd_ask q = {.kind = ND_ASK_HOP, .seed = seed, .trial = trial, .scale = scale, .a = a};
    nd_answer out = {.theta = to};

    nd_assert_ok(s->c.ctx, nd_scout_ask(s->sc, &q, false, &out));
    assert_int_equal(out.stop, ND_STOP_TIME);
}

/* The four styles (docs/explore.md), by what they leave alone; every trial and seed is
 * another step; scale is that of the step. */
static void hop_styles(void **state)
{
    const double tiny = 1e-9;
    double a[9], x[9], y[9];
    size_t moved = 0;
    scene s;

    (void)state;
    open_scene(&s, "xor", "softplus:2", "polyhinge:3", 1e-3); /* W 0..3, b 4 5, a 6 7, a0 8 */
    for (size_t i = 0; i < 9; i++) a[i] = 0.5 + (double)i;
    leap(&s, a, 1, 0, tiny, x);
    nd_assert_close(nd_test_distance(x, a, 9, 0), 0.0, 1e-7, 1);
    leap(&s, a, 1, 1, tiny, x); /* one neuron: (W row, b, a), four numbers */
    for (size_t i = 0; i < 9; i++) moved += fabs(x[i] - a[i]) > 1e-6;
    assert_int_equal(moved, 4);
    leap(&s, a, 1, 2, tiny, x);
    assert_true((fabs(x[6] + a[6]) < 1e-6) != (fabs(x[7] + a[7]) < 1e-6));
    for (uint64_t k = 3; k < 40; k += 4) {
        leap(&s, a, 1, k, tiny, x);
        assert_true(fabs(x[6] - a[6]) < 1e-6 && fabs(x[7] - a[7]) < 1e-6);
        moved += fabs(x[0] - x[2]) < 1e-6 && fabs(x[1] - x[3]) < 1e-6 && fabs(x[4] - x[5]) < 1e-6;
    }
    assert_true(moved > 4);
    leap(&s, a, 1, 4, 0.5, x);
    leap(&s, a, 1, 8, 0.5, y);
    assert_true(nd_test_distance(x, y, 9, 0) > 1e-3);
    leap(&s, a, 2, 4, 0.5, y);
    assert_true(nd_test_distance(x, y, 9, 0) > 1e-3);
    leap(&s, a, 1, 4, 1.0, y);
    for (size_t i = 0; i < 9; i++) nd_assert_close(y[i] - a[i], 2.0 * (x[i] - a[i]), 1e-9, 1e-3);
    close_scene(&s);
}

/* ---- saddles ----------------------------------------------------------------------------------- */

/* A saddle of that index at the answer, seen by the search and by nd_classify. */
static void expect_saddle(scene *s, const nd_answer *a, long index)
{
    nd_verdict v = classified(s, s->theta);

    assert_int_equal(a->verdict.kind, ND_SADDLE);
    assert_int_equal(a->verdict.index, index);
    assert_int_equal(a->verdict.nullity, 0);
    assert_int_equal(v.kind, ND_SADDLE);
    assert_int_equal(v.index, index);
    assert_true(v.grad < 1e-13);
}

/* Both sides of the saddle in s->theta end in minima below it. */
static void expect_sides(scene *s, double height)
{
    double *saddle = calloc(s->P, sizeof *saddle), *end[2];

    memcpy(saddle, s->theta, s->P * sizeof *saddle);
    for (int k = 0; k < 2; k++) {
        nd_answer d = ask(s, (nd_ask){.kind = ND_ASK_DOWN, .side = k ? 1 : -1, .a = saddle});

        assert_int_equal(d.verdict.kind, ND_LOCAL_MINIMUM);
        assert_true(d.verdict.loss < height && d.verdict.grad < 1e-13);
        end[k] = calloc(s->P, sizeof *saddle);
        memcpy(end[k], s->theta, s->P * sizeof *saddle);
    }
    assert_true(nd_test_distance(end[0], end[1], s->P, 0) > 1e-3); /* two different minima */
    free(end[0]);
    free(end[1]);
    free(saddle);
}

/* From a minimum along its eigenvectors: what is called a saddle is one, of the index asked
 * for; enough asks succeed; nothing else is claimed. */
static void follow_to(const char *data, const char *net, const char *loss, double l2, long index,
                      size_t modes, size_t least)
{
    size_t found = 0;
    double *a;
    scene s;

    open_scene(&s, data, net, loss, l2);
    a = calloc(s.P, sizeof *a);
    start(&s, 1);
    memcpy(a, s.theta, s.P * sizeof *a);
    for (size_t k = 0; k < 2 * modes; k++) {
        nd_answer f = ask(&s, (nd_ask){.kind = ND_ASK_FOLLOW,
                                       .seed = 1,
                                       .trial = k,
                                       .a = a,
                                       .mode = (long)k / 2,
                                       .side = k % 2 ? 1 : -1,
                                       .index = index});
        if (f.verdict.kind != ND_SADDLE) continue;
        found++;
        expect_saddle(&s, &f, index);
        if (index == 1) expect_sides(&s, f.verdict.loss);
    }
    if (found < least) fail_msg("%s, %s: %zu saddles", data, net, found);
    free(a);
    close_scene(&s);
}

static void follow_index_1(void **state)
{
    (void)state;
    follow_to("moons,n=60,seed=1", "tanh:2", "logistic", 1e-2, 1, 4, 6);
    follow_to("xor", "tanh:2", "polyhinge:3", 1e-3, 1, 4, 5);
    follow_to("xor", "softplus:2", "polyhinge:3", 1e-3, 1, 4, 3);
}

static void follow_index_2(void **state)
{
    (void)state;
    follow_to("moons,n=60,seed=1", "tanh:3", "logistic", 1e-2, 2, 4, 2);
}

/* y += 1e-3 (1 + |y|) times side times the lowest eigenvector of H(y), whose first entry
 * that is not 0 is positive. */
static nd_status lowest_step(scene *s, int side, double *y)
{
    double *H = calloc(3 * s->P * s->P, sizeof *H), *V = H + s->P * s->P, error, size = 0.0;
    double *values = V + s->P * s->P;
    size_t first = 0;
    nd_work *work = NULL;
    nd_status status = nd_work_create(s->c.ctx, nd_scout_problem(s->sc), &work);

    if (status == ND_OK) status = nd_problem_hessian(s->c.ctx, nd_scout_problem(s->sc), y, work, H);
    if (status == ND_OK) status = nd_eigen_dense(s->c.ctx, s->P, H, values, V, &error);
    for (size_t i = 0; i < s->P; i++) size = hypot(size, y[i]);
    while (fabs(V[first]) < 1e-8) first++;
    for (size_t i = 0; i < s->P; i++)
        y[i] += (V[first] < 0.0 ? -1.0 : 1.0) * side * 1e-3 * (1.0 + size) * V[i];
    nd_work_destroy(s->c.ctx, work);
    free(H);
    return status;
}

/* The basin of down is that of steepest descent, here by small explicit steps. */
static void down_is_steepest(void **state)
{
    double *x, *g, *saddle, L;
    nd_work *work;
    size_t tried = 0;
    scene s;

    (void)state;
    open_scene(&s, "moons,n=30,seed=1", "tanh:2", "logistic", 2e-2);
    x = calloc(s.P, sizeof *x);
    g = calloc(s.P, sizeof *g);
    saddle = calloc(s.P, sizeof *saddle);
    nd_assert_ok(s.c.ctx, nd_work_create(s.c.ctx, nd_scout_problem(s.sc), &work));
    start(&s, 1);
    memcpy(x, s.theta, s.P * sizeof *x);
    for (uint64_t k = 0; k < 8; k++) {
        nd_answer f = ask(&s, (nd_ask){.kind = ND_ASK_FOLLOW,
                                       .trial = k,
                                       .a = x,
                                       .mode = (long)k / 2,
                                       .side = k % 2 ? 1 : -1,
                                       .index = 1});
        if (f.verdict.kind != ND_SADDLE) continue;
        memcpy(saddle, s.theta, s.P * sizeof *saddle);
        for (int side = -1; side <= 1; side += 2) {
            nd_answer d = ask(&s, (nd_ask){.kind = ND_ASK_DOWN, .side = side, .a = saddle});
            double *y = calloc(s.P, sizeof *y), size = 1.0;

            /* the direction of the side is known by where down has gone */
            assert_int_equal(d.verdict.kind, ND_LOCAL_MINIMUM);
            for (size_t i = 0; i < s.P; i++) y[i] = saddle[i];
            nd_assert_ok(s.c.ctx, lowest_step(&s, side, y));
            for (size_t n = 0; n < 40000 && size > 1e-5; n++) {
                nd_assert_ok(s.c.ctx,
                             nd_problem_grad(s.c.ctx, nd_scout_problem(s.sc), y, work, &L, g));
                size = 0.0;
                for (size_t i = 0; i < s.P; i++) {
                    size = hypot(size, g[i]);
                    y[i] -= 0.1 * g[i];
                }
            }
            assert_true(nd_test_distance(y, s.theta, s.P, 1) < 0.02);
            tried++;
            free(y);
        }
    }
    assert_true(tried >= 8);
    nd_work_destroy(s.c.ctx, work);
    free(saddle);
    free(g);
    free(x);
    close_scene(&s);
}

/* Two tanh neurons a s(w x) on one sample pair: with no coupling but through f the surface
 * has the saddle theta = 0, where H = [0 -c; -c 0] + l2 per neuron, c = dL/df x: the
 * eigenvalues are l2 +- |c|, so theta = 0 has index 1 for one neuron and its downhill sides
 * are (w,a) and (-w,-a). */
static void saddle_at_zero(void **state)
{
    static const double x[] = {1, -1}, y[] = {1, -1};
    const double zero[2 + 1] = {0};
    double minus[3];
    nd_answer a;
    scene s;

    (void)state;
    lab_open(&s.c, 2, 1, x, y, "tanh:1:nobias", "logistic", 1e-2);
    nd_assert_ok(s.c.ctx, nd_scout_create(s.c.ctx, s.c.net, s.c.data, s.c.loss, 1e-2, &s.sc));
    s.P = 3;
    s.theta = calloc(3, sizeof *s.theta);
    a = ask(&s, (nd_ask){.kind = ND_ASK_DOWN, .side = -1, .a = zero});
    assert_int_equal(a.verdict.kind, ND_LOCAL_MINIMUM);
    memcpy(minus, s.theta, sizeof minus);
    a = ask(&s, (nd_ask){.kind = ND_ASK_DOWN, .side = 1, .a = zero});
    assert_int_equal(a.verdict.kind, ND_LOCAL_MINIMUM);
    assert_true(s.theta[0] > 0.5 && s.theta[1] > 0.5);
    nd_assert_close(s.theta[0], -minus[0], 1e-10, 1);
    nd_assert_close(s.theta[1], -minus[1], 1e-10, 1);
    nd_assert_close(s.theta[2], 0.0, 1e-10, 1);
    /* its gradient by hand: l2 w = a (1 - t^2) p, l2 a = t p, p = e^-m / (1 + e^-m), t = tanh w,
     * m = a t */
    double w = s.theta[0], b = s.theta[1], t = tanh(w), p = 1.0 / (1.0 + exp(b * t));
    nd_assert_close(1e-2 * w, b * (1.0 - t * t) * p, 1e-9, 0);
    nd_assert_close(1e-2 * b, t * p, 1e-9, 0);
    /* and back: from the minimum the saddle of index 1 is 0 again, or nothing is claimed */
    memcpy(minus, s.theta, sizeof minus);
    for (long mode = 0; mode < 3; mode++) {
        a = ask(&s,
                (nd_ask){.kind = ND_ASK_FOLLOW, .mode = mode, .side = -1, .index = 1, .a = minus});
        if (a.verdict.kind == ND_SADDLE) assert_true(nd_test_distance(s.theta, zero, 3, 1) < 1e-9);
    }
    free(s.theta);
    nd_scout_destroy(s.sc);
    lab_close(&s.c);
}

/* ---- paths --------------------------------------------------------------------------------------- */

static void paths(void **state)
{
    double *low = NULL, *high = NULL;
    nd_answer p;
    scene s;

    (void)state;
    open_scene(&s, "xor", "softplus:2", "polyhinge:3", 1e-3);
    for (uint64_t k = 0; k < 60 && (!low || !high); k++) {
        nd_answer a = start(&s, k);
        double **to = a.verdict.loss < 0.01 ? &low : &high;

        if (*to) continue;
        *to = calloc(s.P, sizeof **to);
        memcpy(*to, s.theta, s.P * sizeof **to);
    }
    assert_true(low && high);
    p = ask(&s, (nd_ask){.kind = ND_ASK_PAIR, .a = low, .b = high, .index = 1});
    expect_saddle(&s, &p, 1);
    assert_true(p.verdict.loss > 0.0125 && isfinite(p.height) && p.height > 0.0125);
    expect_sides(&s, p.verdict.loss);
    /* one point and itself, its neurons exchanged: there is no way to go */
    double *twin = calloc(s.P, sizeof *twin);
    const size_t order[] = {2, 3, 0, 1, 5, 4, 7, 6, 8};
    for (size_t i = 0; i < s.P; i++) twin[i] = low[order[i]];
    p = ask(&s, (nd_ask){.kind = ND_ASK_PAIR, .a = low, .b = twin, .index = 1});
    assert_int_equal(p.verdict.kind, ND_LOCAL_MINIMUM);
    nd_assert_close(p.height, p.verdict.loss, 1e-12, 0);
    free(twin);
    free(low);
    free(high);
    close_scene(&s);
}

/* ---- the same ask ----------------------------------------------------------------------------------- */

static bool same_answer(const nd_answer *a, const nd_answer *b, size_t P)
{
    return memcmp(a->theta, b->theta, P * sizeof *a->theta) == 0 && a->stop == b->stop &&
           a->verdict.kind == b->verdict.kind && a->verdict.index == b->verdict.index &&
           memcmp(&a->verdict.loss, &b->verdict.loss, sizeof a->verdict.loss) == 0 &&
           a->evaluations == b->evaluations && a->hessians == b->hessians &&
           strcmp(a->verdict.reason, b->verdict.reason) == 0;
}

/* Asked again, in another order, of another scout, with another number of threads. */
static void deterministic(void **state)
{
    enum { N = 12 };
    nd_answer first[N], again;
    nd_ask list[N];
    double *p, *q;
    scene s, r;

    (void)state;
    open_scene(&s, "moons,n=40,seed=3", "tanh:2", "logistic", 1e-2);
    open_scene(&r, "moons,n=40,seed=3", "tanh:2", "logistic", 1e-2);
    nd_set_threads(r.c.ctx, 3);
    p = calloc(s.P, sizeof *p);
    q = calloc(s.P, sizeof *q);
    start(&s, 0);
    memcpy(p, s.theta, s.P * sizeof *p);
    start(&s, 4);
    memcpy(q, s.theta, s.P * sizeof *q);
    for (size_t k = 0; k < N; k++) {
        nd_ask_kind kind = (nd_ask_kind)(k % ND_ASKS);

        list[k] = (nd_ask){.kind = kind,
                           .seed = 5,
                           .trial = k,
                           .scale = 0.7,
                           .a = p,
                           .b = q,
                           .mode = (long)k % 3,
                           .side = 1,
                           .index = 1,
                           .time = INFINITY};
        first[k] = (nd_answer){.theta = calloc(s.P, sizeof *p)};
        nd_assert_ok(s.c.ctx, nd_scout_ask(s.sc, &list[k], false, &first[k]));
    }
    again.theta = calloc(s.P, sizeof *p);
    for (size_t k = N; k-- > 0;) {
        nd_assert_ok(s.c.ctx, nd_scout_ask(s.sc, &list[k], false, &again));
        assert_true(same_answer(&first[k], &again, s.P));
        nd_assert_ok(r.c.ctx, nd_scout_ask(r.sc, &list[k], false, &again));
        assert_true(same_answer(&first[k], &again, s.P));
        free(first[k].theta);
    }
    free(again.theta);
    free(p);
    free(q);
    close_scene(&s);
    close_scene(&r);
}

static void certified(void **state)
{
    nd_ask a = {.kind = ND_ASK_START, .seed = 1, .trial = 1, .scale = 1.0, .time = INFINITY};
    nd_answer out;
    scene s;

    (void)state;
    open_scene(&s, "xor", "softplus:2", "polyhinge:3", 1e-3);
    out.theta = s.theta;
    nd_assert_ok(s.c.ctx, nd_scout_ask(s.sc, &a, true, &out));
    assert_int_equal(out.verdict.kind, ND_LOCAL_MINIMUM);
    assert_int_equal(out.verdict.proved, ND_PROVED);
    assert_true(out.verdict.cert.mu > 1e-3 && out.verdict.cert.radius < 1e-12);
    close_scene(&s);
}

/* ---- what is no ask; limits --------------------------------------------------------------------------- */

static void bad_asks(void **state)
{
    double point[9] = {0}, bad[9] = {0}, before[9];
    const nd_ask good = {.kind = ND_ASK_PAIR,
                         .scale = 1,
                         .side = 1,
                         .index = 1,
                         .time = INFINITY,
                         .a = point,
                         .b = point};
    nd_ask list[16];
    size_t n = 0;
    scene s;

    (void)state;
    bad[4] = NAN;
    for (size_t k = 0; k < 16; k++) list[k] = good;
    list[n++].kind = ND_ASKS;
    list[n++].kind = (nd_ask_kind)-1;
    list[n++].time = -1.0;
    list[n++].time = NAN;
    list[n++].a = NULL;
    list[n++].b = NULL;
    list[n++].b = bad;
    list[n++].index = 0;
    list[n++].index = 10;
    list[n].kind = ND_ASK_FOLLOW;
    list[n++].mode = -1;
    list[n].kind = ND_ASK_FOLLOW;
    list[n++].mode = 9;
    list[n].kind = ND_ASK_DOWN;
    list[n++].side = 0;
    list[n].kind = ND_ASK_DOWN;
    list[n++].a = bad;
    list[n].kind = ND_ASK_START;
    list[n++].scale = 0.0;
    list[n].kind = ND_ASK_HOP;
    list[n++].scale = INFINITY;
    list[n].kind = ND_ASK_HOP;
    list[n++].a = NULL;
    open_scene(&s, "xor", "softplus:2", "polyhinge:3", 1e-3);
    memset(s.theta, 0x55, sizeof before);
    memcpy(before, s.theta, sizeof before);
    for (size_t k = 0; k < n; k++) {
        nd_answer out = {.theta = s.theta, .stop = ND_STOP_TARGET, .evaluations = 77};

        nd_assert_status(s.c.ctx, nd_scout_ask(s.sc, &list[k], false, &out), ND_ERANGE);
        assert_true(nd_errmsg(s.c.ctx)[0] != '\0');
        assert_true(memcmp(before, s.theta, sizeof before) == 0);
        assert_true(out.stop == ND_STOP_TARGET && out.evaluations == 77);
    }
    close_scene(&s);
}

static void names(void **state)
{
    (void)state;
    assert_string_equal(nd_ask_name(ND_ASK_PAIR), "pair");
    assert_string_equal(nd_ask_name(ND_ASKS), "unknown");
}

static bool cancel_after(void *user)
{
    long *left = user;

    return --*left < 0;
}

/* Whenever it is cancelled: ND_ECANCEL, and the caller's answer as it was. */
static void cancelled(void **state)
{
    double a[9];
    scene s;

    (void)state;
    open_scene(&s, "xor", "softplus:2", "polyhinge:3", 1e-3);
    start(&s, 0);
    memcpy(a, s.theta, sizeof a);
    for (int kind = 0; kind < ND_ASKS; kind++)
        for (long k = 0; k < 400; k += 37) {
            nd_ask q = {.kind = (nd_ask_kind)kind,
                        .scale = 1,
                        .side = 1,
                        .index = 1,
                        .time = INFINITY,
                        .a = a,
                        .b = a};
            nd_answer out = {.theta = s.theta, .evaluations = 77};
            long left = k;
            nd_status status;

            nd_set_cancel(s.c.ctx, cancel_after, &left);
            status = nd_scout_ask(s.sc, &q, false, &out);
            nd_set_cancel(s.c.ctx, NULL, NULL);
            if (left >= 0) {
                assert_int_equal(status, ND_OK);
                break;
            }
            assert_int_equal(status, ND_ECANCEL);
            assert_int_equal(out.evaluations, 77);
        }
    close_scene(&s);
}

/* No time at all: an answer all the same, which says so. */
static void no_time(void **state)
{
    double a[9];
    scene s;

    (void)state;
    open_scene(&s, "xor", "softplus:2", "polyhinge:3", 1e-3);
    start(&s, 0);
    memcpy(a, s.theta, sizeof a);
    a[0] += 0.1;
    for (int kind = 0; kind < ND_ASKS; kind++) {
        nd_ask q = {
            .kind = (nd_ask_kind)kind, .scale = 1, .side = 1, .index = 1, .a = a, .b = s.theta};
        nd_answer out = {.theta = s.theta};
        nd_assert_ok(s.c.ctx, nd_scout_ask(s.sc, &q, false, &out));
        if (kind != ND_ASK_PAIR && kind != ND_ASK_DOWN) assert_int_equal(out.stop, ND_STOP_TIME);
        assert_int_equal(out.verdict.kind, ND_UNDECIDED);
    }
    close_scene(&s);
}

static nd_status all_kinds(nd_ctx *ctx, void *arg)
{
    static const double x[] = {1, 1, -1, -1, 1, -1, -1, 1}, y[] = {1, 1, -1, -1};
    double theta[5], a[5] = {0.3, 0.2, 0.1, 0.9, 0.2}, b[5] = {-0.3, 0.5, 0.1, -0.9, 0.2};
    nd_table *data = NULL;
    nd_net *net = NULL;
    nd_loss loss;
    nd_scout *sc = NULL;
    nd_answer out = {.theta = theta};
    nd_status status = nd_table_from_arrays(ctx, 4, 2, x, y, &data);

    if (status == ND_OK) status = nd_net_parse(ctx, "softplus:1", 2, &net);
    if (status == ND_OK) status = nd_loss_parse(ctx, "polyhinge:3", &loss);
    if (status == ND_OK) status = nd_scout_create(ctx, net, data, loss, 1e-2, &sc);
    for (int kind = 0; kind < ND_ASKS && status == ND_OK; kind++) {
        nd_ask q = {.kind = (nd_ask_kind)kind,
                    .scale = 1,
                    .side = 1,
                    .index = 1,
                    .time = INFINITY,
                    .a = a,
                    .b = b};
        status = nd_scout_ask(sc, &q, *(const bool *)arg, &out);
    }
    nd_scout_destroy(sc);
    nd_net_destroy(ctx, net);
    nd_table_destroy(ctx, data);
    return status;
}

/* The k-th allocation fails: every one at first, then fewer and fewer (a climb makes thousands,
 * all in the same loop). */
static void memory(void **state)
{
    const bool certify = false;
    size_t failures = 0;

    (void)state;
    for (size_t k = 2;; k += 1 + k / 5) {
        nd_test_heap heap = {.fail_at = k};
        nd_allocator alloc = nd_test_allocator(&heap);
        nd_ctx *ctx = nd_ctx_create(&alloc);
        nd_status status = all_kinds(ctx, (void *)(uintptr_t)&certify);
        bool failed = heap.calls >= k;

        if (status != (failed ? ND_EMEM : ND_OK))
            fail_msg("allocation %zu: %s", k, nd_status_name(status));
        assert_int_equal(heap.live, 1);
        nd_ctx_destroy(ctx);
        if (!failed) break;
        failures++;
    }
    assert_true(failures > 25);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(xor_minima),
        cmocka_unit_test(one_neuron_errs_once),
        cmocka_unit_test(without_ridge),
        cmocka_unit_test(kinks),
        cmocka_unit_test(hops),
        cmocka_unit_test(hop_styles),
        cmocka_unit_test(down_is_steepest),
        cmocka_unit_test(follow_index_1),
        cmocka_unit_test(follow_index_2),
        cmocka_unit_test(saddle_at_zero),
        cmocka_unit_test(paths),
        cmocka_unit_test(deterministic),
        cmocka_unit_test(certified),
        cmocka_unit_test(bad_asks),
        cmocka_unit_test(names),
        cmocka_unit_test(cancelled),
        cmocka_unit_test(no_time),
        cmocka_unit_test(memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
