/* The search: starts and hops on surfaces whose minima are known; the same ask, the same
 * answer; what is no ask; memory and cancellation. */
#include "map/scout_support.h"

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
    enum { N = 2 * ND_ASKS };
    const nd_verdict end = {.kind = ND_LOCAL_MINIMUM, .loss = 0.5};
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
                           .time = INFINITY,
                           .verdict = &end};
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

/* A trial and then its certification are a certified trial. */
static void certified_later(void **state)
{
    nd_ask a = {.kind = ND_ASK_START, .seed = 1, .trial = 1, .scale = 1.0, .time = INFINITY};
    double whole[9], end[9], better[9];
    nd_answer at_once = {.theta = whole}, numbers = {.theta = end}, later = {.theta = better};
    nd_ask certify = {.kind = ND_ASK_CERTIFY, .time = INFINITY, .a = end};
    scene s;

    (void)state;
    open_scene(&s, "xor", "softplus:2", "polyhinge:3", 1e-3);
    nd_assert_ok(s.c.ctx, nd_scout_ask(s.sc, &a, true, &at_once));
    nd_assert_ok(s.c.ctx, nd_scout_ask(s.sc, &a, false, &numbers));
    assert_int_equal(numbers.verdict.proved, ND_UNKNOWN);
    certify.verdict = &numbers.verdict;
    nd_assert_ok(s.c.ctx, nd_scout_ask(s.sc, &certify, false, &later));
    assert_int_equal(later.stop, ND_STOP_TARGET);
    assert_memory_equal(better, whole, sizeof whole);
    assert_int_equal(later.verdict.proved, ND_PROVED);
    assert_true(later.verdict.loss == at_once.verdict.loss);
    assert_true(later.verdict.cert.radius == at_once.verdict.cert.radius);
    /* where there is nothing to be proved, the point and its verdict stay */
    for (size_t i = 0; i < s.P; i++) end[i] = 0.1 * (double)(i + 1);
    nd_assert_ok(s.c.ctx, nd_scout_ask(s.sc, &certify, false, &later));
    assert_int_equal(later.stop, ND_STOP_NONE);
    assert_memory_equal(better, end, sizeof end);
    assert_int_equal(later.verdict.kind, ND_LOCAL_MINIMUM);
    assert_int_equal(later.verdict.proved, ND_UNKNOWN);
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
    nd_ask list[20];
    size_t n = 0;
    scene s;

    (void)state;
    bad[4] = NAN;
    for (size_t k = 0; k < 20; k++) list[k] = good;
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
    list[n].kind = ND_ASK_SEEK;
    list[n++].a = bad;
    list[n].kind = ND_ASK_SEEK;
    list[n++].scale = -1.0;
    list[n++].kind = ND_ASK_CERTIFY; /* what? */
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
    const nd_verdict end = {.kind = ND_LOCAL_MINIMUM, .loss = 0.5};
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
                        .b = a,
                        .verdict = &end};
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
    for (int kind = 0; kind < ND_ASK_CERTIFY; kind++) {
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
    const nd_verdict end = {.kind = ND_LOCAL_MINIMUM, .loss = 0.5};
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
                    .b = b,
                    .verdict = &end};
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
        cmocka_unit_test(xor_minima),    cmocka_unit_test(one_neuron_errs_once),
        cmocka_unit_test(without_ridge), cmocka_unit_test(kinks),
        cmocka_unit_test(hops),          cmocka_unit_test(hop_styles),
        cmocka_unit_test(deterministic), cmocka_unit_test(certified),
        cmocka_unit_test(bad_asks),      cmocka_unit_test(names),
        cmocka_unit_test(cancelled),     cmocka_unit_test(no_time),
        cmocka_unit_test(memory),        cmocka_unit_test(certified_later),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
