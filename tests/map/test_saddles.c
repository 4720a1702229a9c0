/* The search for saddles, the paths over them and their downhill sides: what is called a
 * saddle is one, of the index asked for. */
#include "map/scout_support.h"

/* The lowest eigenvalues, independently of the search: index of theta by nd_classify. */
static nd_verdict classified(scene *s, const double *theta)
{
    nd_verdict v;

    nd_assert_ok(s->c.ctx, nd_classify(s->c.ctx, nd_scout_problem(s->sc), theta, 7, &v));
    return v;
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

/* Searches for any index, from starts and around a saddle, by both kinds of steps: what is
 * called critical is, of the index that nd_classify sees; several indices are met. */
static void seek_any(void **state)
{
    size_t of_index[10] = {0};
    double a[9];
    scene s;

    (void)state;
    open_scene(&s, "xor", "tanh:2", "polyhinge:3", 1e-3);
    for (uint64_t k = 0; k < 48; k++) {
        nd_answer f = ask(&s, (nd_ask){.kind = ND_ASK_SEEK,
                                       .seed = 1,
                                       .trial = k,
                                       .scale = k < 24 ? 1.0 : 0.3,
                                       .a = k < 24 ? NULL : a});
        nd_verdict v = classified(&s, s.theta);

        if (f.verdict.kind == ND_UNDECIDED) continue;
        assert_true(f.stop == ND_STOP_GRADIENT || f.stop == ND_STOP_ROUNDING);
        assert_true(v.grad < 1e-13);
        assert_int_equal(v.kind, f.verdict.kind);
        assert_int_equal(v.index, f.verdict.index);
        assert_in_range(v.index, 0, 9);
        of_index[v.index]++;
        if (k < 24) memcpy(a, s.theta, sizeof a);
    }
    assert_true(of_index[0] > 0 && of_index[1] > 0 && of_index[2] > 0);
    close_scene(&s);
}

/* A certified saddle: its index is proved. */
static void certified_saddle(void **state)
{
    nd_ask f = {.kind = ND_ASK_FOLLOW, .seed = 1, .side = 1, .index = 1, .time = INFINITY};
    double a[9];
    nd_answer out;
    scene s;

    (void)state;
    open_scene(&s, "moons,n=60,seed=1", "tanh:2", "logistic", 1e-2);
    assert_int_equal(s.P, 9);
    start(&s, 1);
    memcpy(a, s.theta, sizeof a);
    f.a = a;
    out.theta = s.theta;
    nd_assert_ok(s.c.ctx, nd_scout_ask(s.sc, &f, true, &out));
    expect_saddle(&s, &out, 1);
    assert_int_equal(out.verdict.proved, ND_PROVED);
    assert_int_equal(out.verdict.cert.index, 1);
    close_scene(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(down_is_steepest),
        cmocka_unit_test(follow_index_1),
        cmocka_unit_test(follow_index_2),
        cmocka_unit_test(saddle_at_zero),
        cmocka_unit_test(paths),
        cmocka_unit_test(seek_any),
        cmocka_unit_test(certified_saddle),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
