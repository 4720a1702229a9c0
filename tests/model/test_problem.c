/* The passes against each other: finite differences of the value alone, H v against
 * the dense H, threads, instruction sets, sparse against dense, active rows, memos,
 * slabs, corner cases. */
#include "fixture.h"
#include "model/hessian.h"

#define ROWS(a) (sizeof(a) / sizeof *(a))

static const char *const smooth_nets[] = {
    "softplus:5",
    "tanh:4,silu:3",
    "gelu:3,tanh:2,softplus:4",
    "squareplus:3,res(tanh:3),res(gelu:3)+linear",
    "res(sigmoid:3),exp:2:nobias+arctan:9",
    "linear",
    "square:2+elu:3+linear",
    "tanh:17,tanh:9,res(silu:9)",
};
static const char *const losses[] = {"polyhinge:3", "logistic",    "square",
                                     "exponential", "smoothhinge", "polyhinge:6"};

static double value_at(fix_problem *f, const double *theta)
{
    double L;

    nd_assert_ok(f->ctx, nd_problem_value(f->ctx, &f->pb, theta, f->work, &L));
    return L;
}

/* d/dt of the value at theta + t v, t = 0, by central differences with one step of
 * Richardson's extrapolation; second: d^2/dt^2. */
static double difference(fix_problem *f, const double *v, bool second, double h)
{
    size_t P = f->net->P;
    double *x = fix_room(P), d[2], L0 = value_at(f, f->theta);

    for (int k = 0; k < 2; k++) {
        double t = k ? h / 2 : h, up, down;
        for (size_t i = 0; i < P; i++) x[i] = f->theta[i] + t * v[i];
        up = value_at(f, x);
        for (size_t i = 0; i < P; i++) x[i] = f->theta[i] - t * v[i];
        down = value_at(f, x);
        d[k] = second ? (up - 2.0 * L0 + down) / (t * t) : (up - down) / (2.0 * t);
    }
    free(x);
    return (4.0 * d[1] - d[0]) / 3.0;
}

static double inner(size_t n, const double *a, const double *b)
{
    double s = 0.0;
    for (size_t i = 0; i < n; i++) s += a[i] * b[i];
    return s;
}

/* EVIDENCE: gradient and H v are derivatives of the value. */
static void test_differences(void **state)
{
    nd_table t = fix_random(37, 3, 4);
    nd_rng r = nd_rng_make(8, 8);

    (void)state;
    for (size_t i = 0; i < ROWS(smooth_nets); i++)
        for (size_t k = 0; k < ROWS(losses); k++) {
            fix_problem f = fix_open(smooth_nets[i], losses[k], 0.01, &t);
            size_t P = f.net->P;
            double L;
            nd_net_start(f.net, 3, i, 0.5, f.theta);
            for (size_t j = 0; j < P; j++) f.v[j] = nd_rng_normal(&r) / sqrt((double)P);
            nd_assert_ok(f.ctx, nd_problem_grad(f.ctx, &f.pb, f.theta, f.work, &L, f.g));
            nd_assert_ok(f.ctx, nd_problem_hv(f.ctx, &f.pb, f.theta, f.v, f.work, f.hv));
            assert_true(L == value_at(&f, f.theta));
            nd_assert_close(inner(P, f.g, f.v), difference(&f, f.v, false, 1e-3), 1e-8, 0.1);
            /* the kinks of l''' and of elu leave an error of the order h */
            nd_assert_close(inner(P, f.v, f.hv), difference(&f, f.v, true, 2e-3), 3e-5, 0.1);
            fix_close(&f);
        }
    fix_free(&t);
}

/* H v against H, and the symmetry of H; n = 300: more than one chunk and tile. */
static void test_dense_hessian(void **state)
{
    nd_table t = fix_random(300, 3, 5);

    (void)state;
    for (size_t i = 0; i < ROWS(smooth_nets); i++)
        for (size_t k = 0; k < ROWS(losses); k++) {
            fix_problem f = fix_open(smooth_nets[i], losses[k], 0.25, &t);
            size_t P = f.net->P;
            nd_net_start(f.net, 5, i, 0.8, f.theta);
            nd_assert_ok(f.ctx, nd_problem_hv(f.ctx, &f.pb, f.theta, f.v, f.work, f.hv));
            memset(f.H, 0xff, P * P * sizeof *f.H);
            nd_assert_ok(f.ctx, nd_problem_hessian(f.ctx, &f.pb, f.theta, f.work, f.H));
            for (size_t a = 0; a < P; a++) {
                f.g[a] = inner(P, f.H + a * P, f.v);
                for (size_t b = 0; b < a; b++)
                    assert_memory_equal(&f.H[a * P + b], &f.H[b * P + a], sizeof *f.H);
            }
            fix_same(smooth_nets[i], P, f.g, f.hv, 1e-12);
            fix_close(&f);
        }
    fix_free(&t);
}

/* Widths and depths that take every path of the dense Hessian: many pairs, one pair at
 * a time (more than ND_HESS_PRODS products), bias or none, layers far apart. */
static void test_hessian_shapes(void **state)
{
    static const struct {
        const char *net;
        size_t d;
    } shapes[] = {{"tanh:2", 140},
                  {"tanh:1+gelu:2:nobias", 141},
                  {"tanh:40", 4},
                  {"softplus:3+tanh:2", 7},
                  {"softplus:3:nobias+tanh:2:nobias+silu:2", 7},
                  {"tanh:2,tanh:3,tanh:2,tanh:4", 2},
                  {"tanh:3,res(tanh:3),tanh:2,res(silu:2),res(tanh:2)", 2},
                  {"linear", 300},
                  {"tanh:130,tanh:2", 1}};

    (void)state;
    for (size_t i = 0; i < ROWS(shapes); i++) {
        nd_table t = fix_random(70, shapes[i].d, 6 + i);
        fix_problem f = fix_open(shapes[i].net, "logistic", 0.0, &t);
        size_t P = f.net->P;
        nd_net_start(f.net, 5, i, 1.0, f.theta);
        nd_assert_ok(f.ctx, nd_problem_hv(f.ctx, &f.pb, f.theta, f.v, f.work, f.hv));
        nd_assert_ok(f.ctx, nd_problem_hessian(f.ctx, &f.pb, f.theta, f.work, f.H));
        for (size_t a = 0; a < P; a++) f.g[a] = inner(P, f.H + a * P, f.v);
        fix_same(shapes[i].net, P, f.g, f.hv, 1e-12);
        fix_close(&f);
        fix_free(&t);
    }
}

/* More rows than one slab of 256 MB holds (some 1700 doubles a row). */
static void test_hessian_slabs(void **state)
{
    nd_table t = fix_random(25000, 1, 12);
    fix_problem f = fix_open("tanh:30,tanh:10", "logistic", 0.0, &t);
    size_t P = f.net->P;

    (void)state;
    nd_net_start(f.net, 5, 1, 1.0, f.theta);
    nd_assert_ok(f.ctx, nd_problem_hv(f.ctx, &f.pb, f.theta, f.v, f.work, f.hv));
    nd_assert_ok(f.ctx, nd_problem_hessian(f.ctx, &f.pb, f.theta, f.work, f.H));
    for (size_t a = 0; a < P; a++) f.g[a] = inner(P, f.H + a * P, f.v);
    fix_same("slabs", P, f.g, f.hv, 1e-11);
    fix_close(&f);
    fix_free(&t);
}

/* ---- the same bits ------------------------------------------------------------------ */

typedef struct {
    double L, *g, *hv, *H, *m, *c;
} results;

static results all_results(fix_problem *f, bool dense)
{
    size_t P = f->net->P, n = f->pb.data->n;
    results r = {.g = fix_room(P),
                 .hv = fix_room(P),
                 .H = fix_room(dense ? P * P : 1),
                 .m = fix_room(n),
                 .c = fix_room(n)};

    nd_assert_ok(f->ctx, nd_problem_grad(f->ctx, &f->pb, f->theta, f->work, &r.L, r.g));
    nd_assert_ok(f->ctx, nd_problem_hv(f->ctx, &f->pb, f->theta, f->v, f->work, r.hv));
    nd_assert_ok(f->ctx, nd_problem_margins(f->ctx, &f->pb, f->theta, f->work, r.m));
    nd_assert_ok(f->ctx, nd_problem_slopes(f->ctx, &f->pb, f->theta, f->work, r.c));
    if (dense) nd_assert_ok(f->ctx, nd_problem_hessian(f->ctx, &f->pb, f->theta, f->work, r.H));
    return r;
}

static void results_free(results *r)
{
    free(r->g);
    free(r->hv);
    free(r->H);
    free(r->m);
    free(r->c);
}

static void assert_same_bits(const results *a, const results *b, size_t P, size_t n, bool dense)
{
    assert_memory_equal(&a->L, &b->L, sizeof a->L);
    assert_memory_equal(a->g, b->g, P * sizeof *a->g);
    assert_memory_equal(a->hv, b->hv, P * sizeof *a->hv);
    assert_memory_equal(a->m, b->m, n * sizeof *a->m);
    assert_memory_equal(a->c, b->c, n * sizeof *a->c);
    if (dense) assert_memory_equal(a->H, b->H, P * P * sizeof *a->H);
}

/* EVIDENCE: the same bits for every number of threads and every instruction set. */
static void test_same_bits(void **state)
{
    nd_table t = fix_random(3000, 5, 9);

    (void)state;
    for (size_t i = 0; i < ROWS(smooth_nets); i++) {
        const char *net = i == 4 || i == 3 ? "tanh:70,gelu:9+linear" : smooth_nets[i];
        fix_problem f = fix_open(net, losses[i % ROWS(losses)], 0.1, &t);
        size_t P = f.net->P;
        nd_net_start(f.net, 5, i, 0.7, f.theta);
        nd_set_threads(f.ctx, 1);
        results one = all_results(&f, true);
        for (int threads = 2; threads <= 3; threads++) {
            nd_set_threads(f.ctx, threads);
            f.work->fresh = false; /* memos too are to be made by all threads */
            results more = all_results(&f, true);
            assert_same_bits(&one, &more, P, t.n, true);
            results_free(&more);
        }
        for (int level = ND_SIMD_BASE; level <= (int)nd_simd_best(); level++) {
            assert_int_equal(nd_simd_force((nd_simd)level), level);
            f.work->fresh = false;
            results other = all_results(&f, false);
            assert_same_bits(&one, &other, P, t.n, false);
            results_free(&other);
        }
        nd_simd_force(nd_simd_best());
        results_free(&one);
        fix_close(&f);
    }
    fix_free(&t);
}

/* A work that remembers nothing gives the same; so does one that has seen other
 * points, and one whose loss or weights were changed. */
static void test_memos(void **state)
{
    nd_table t = fix_random(700, 4, 10);
    fix_problem f = fix_open("tanh:5,res(softplus:5)+linear", "polyhinge:3", 0.0, &t);
    size_t P = f.net->P;
    double *want = fix_room(P), *other = fix_room(P), L;
    nd_loss logistic;

    (void)state;
    nd_assert_ok(f.ctx, nd_problem_hv(f.ctx, &f.pb, f.theta, f.v, f.work, want));
    assert_true(f.work->fresh);
    memcpy(other, f.theta, P * sizeof *other);
    other[3] += 0.5;
    nd_assert_ok(f.ctx, nd_problem_grad(f.ctx, &f.pb, other, f.work, &L, f.g));
    nd_assert_ok(f.ctx, nd_problem_hv(f.ctx, &f.pb, f.theta, f.v, f.work, f.hv));
    assert_memory_equal(want, f.hv, P * sizeof *want);
    nd_assert_ok(f.ctx, nd_problem_hv(f.ctx, &f.pb, other, f.v, f.work, f.g));
    assert_true(memcmp(want, f.g, P * sizeof *want) != 0);
    f.work->remembers = false;
    nd_assert_ok(f.ctx, nd_problem_hv(f.ctx, &f.pb, f.theta, f.v, f.work, f.hv));
    assert_memory_equal(want, f.hv, P * sizeof *want);
    assert_false(f.work->fresh);
    f.work->remembers = true;
    nd_assert_ok(f.ctx, nd_problem_hv(f.ctx, &f.pb, f.theta, f.v, f.work, f.hv));
    nd_assert_ok(f.ctx, nd_loss_parse(f.ctx, "logistic", &logistic));
    f.pb.loss = logistic;
    nd_assert_ok(f.ctx, nd_problem_hv(f.ctx, &f.pb, f.theta, f.v, f.work, f.hv));
    f.work->fresh = false;
    nd_assert_ok(f.ctx, nd_problem_hv(f.ctx, &f.pb, f.theta, f.v, f.work, f.g));
    assert_memory_equal(f.g, f.hv, P * sizeof *want);
    assert_true(memcmp(want, f.hv, P * sizeof *want) != 0);
    free(want);
    free(other);
    fix_close(&f);
    fix_free(&t);
}

/* ---- active rows --------------------------------------------------------------------- */

/* Samples far on the right side are idle under a hinge: leaving them out changes the
 * sums by 1/n only. */
static void test_active(void **state)
{
    nd_table t = fix_random(400, 2, 11), half = t;
    size_t m = 0, P;
    nd_ctx *ctx = nd_ctx_create(NULL);

    (void)state;
    fix_problem f = fix_open("softplus:3", "polyhinge:3", 0.0, &t);
    P = f.net->P;
    nd_net_start(f.net, 1, 1, 1.0, f.theta);
    for (size_t k = 0; k < 3; k++) f.theta[f.net->term[0].a + k] *= 9.0;
    nd_assert_ok(f.ctx, nd_problem_margins(f.ctx, &f.pb, f.theta, f.work, f.m));
    half.x = fix_room(2 * t.n);
    half.y = fix_room(t.n);
    for (size_t i = 0; i < t.n; i++) {
        if (f.m[i] >= 1.0) continue;
        memcpy(half.x + 2 * m, t.x + 2 * i, 2 * sizeof(double));
        half.y[m++] = t.y[i];
    }
    half.n = m;
    assert_true(m > 20 && m < 380);
    fix_problem s = fix_open("softplus:3", "polyhinge:3", 0.0, &half);
    double L, L2, share = (double)m / 400.0;
    nd_assert_ok(f.ctx, nd_problem_grad(f.ctx, &f.pb, f.theta, f.work, &L, f.g));
    assert_int_equal(nd_work_active(f.work), m);
    nd_assert_ok(s.ctx, nd_problem_grad(s.ctx, &s.pb, f.theta, s.work, &L2, s.g));
    nd_assert_close(L, share * L2, 1e-13, 0.0);
    for (size_t k = 0; k < P; k++) s.g[k] *= share;
    fix_same("gradient", P, f.g, s.g, 1e-13);
    nd_assert_ok(f.ctx, nd_problem_hv(f.ctx, &f.pb, f.theta, f.v, f.work, f.hv));
    assert_int_equal(nd_work_active(f.work), m);
    nd_assert_ok(s.ctx, nd_problem_hv(s.ctx, &s.pb, f.theta, f.v, s.work, s.hv));
    for (size_t k = 0; k < P; k++) s.hv[k] *= share;
    fix_same("Hv", P, f.hv, s.hv, 1e-13);
    nd_assert_ok(f.ctx, nd_problem_value(f.ctx, &f.pb, f.theta, f.work, &L2));
    assert_true(L == L2);
    assert_int_equal(nd_work_active(f.work), m);
    free(half.x);
    free(half.y);
    fix_close(&s);
    fix_close(&f);
    fix_free(&t);
    nd_ctx_destroy(ctx);
}

/* No active row at all: everything is exactly 0, or the ridge alone. */
static void test_all_idle(void **state)
{
    nd_table *t = fix_table(false, false);
    double y[FIX_N], L;

    (void)state;
    for (int i = 0; i < FIX_N; i++) y[i] = 1.0;
    t->y = y;
    for (int ridge = 0; ridge < 2; ridge++) {
        fix_problem f = fix_open("tanh:2,tanh:2", "smoothhinge", ridge ? 0.5 : 0.0, t);
        size_t P = f.net->P;
        memset(f.theta, 0, P * sizeof *f.theta);
        f.theta[f.net->a0] = 1.0;
        nd_assert_ok(f.ctx, nd_problem_grad(f.ctx, &f.pb, f.theta, f.work, &L, f.g));
        nd_assert_ok(f.ctx, nd_problem_hv(f.ctx, &f.pb, f.theta, f.v, f.work, f.hv));
        nd_assert_ok(f.ctx, nd_problem_hessian(f.ctx, &f.pb, f.theta, f.work, f.H));
        assert_true(L == (ridge ? 0.25 : 0.0));
        assert_int_equal(nd_work_active(f.work), 0);
        for (size_t a = 0; a < P; a++) {
            assert_true(f.g[a] == (ridge ? 0.5 * f.theta[a] : 0.0));
            assert_true(f.hv[a] == (ridge ? 0.5 * f.v[a] : 0.0));
            for (size_t b = 0; b < P; b++)
                assert_true(f.H[a * P + b] == (ridge && a == b ? 0.5 : 0.0));
        }
        fix_close(&f);
    }
}

/* l' = 0 but l'' > 0: the square loss at margin 1.  The row has no slope, but it has
 * curvature. */
static void test_flat_rows(void **state)
{
    nd_table *t = fix_table(false, false);
    double y[FIX_N], L;

    (void)state;
    for (int i = 0; i < FIX_N; i++) y[i] = 1.0;
    t->y = y;
    fix_problem f = fix_open("tanh:2", "square", 0.0, t);
    size_t P = f.net->P, a0 = f.net->a0;
    memset(f.theta, 0, P * sizeof *f.theta);
    memset(f.v, 0, P * sizeof *f.v);
    f.theta[a0] = f.v[a0] = 1.0;
    nd_assert_ok(f.ctx, nd_problem_grad(f.ctx, &f.pb, f.theta, f.work, &L, f.g));
    assert_true(L == 0.0 && nd_work_active(f.work) == 0);
    nd_assert_ok(f.ctx, nd_problem_hv(f.ctx, &f.pb, f.theta, f.v, f.work, f.hv));
    nd_assert_ok(f.ctx, nd_problem_hessian(f.ctx, &f.pb, f.theta, f.work, f.H));
    nd_assert_close(f.hv[a0], 2.0, 1e-15, 0.0);
    nd_assert_close(f.H[a0 * P + a0], 2.0, 1e-15, 0.0);
    fix_close(&f);
}

/* ---- corners ---------------------------------------------------------------------------- */

static void test_small(void **state)
{
    static const char *const nets[] = {"linear", "softplus:1",    "tanh:2,tanh:3+linear",
                                       "gelu:8", "tanh:1:nobias", "silu:2:nobias,tanh:1:nobias"};

    (void)state;
    for (size_t d = 0; d < 3; d++)
        for (size_t i = 0; i < ROWS(nets); i++) {
            double x[2] = {0.5, -1.0}, y[1] = {-1.0}, L, m;
            nd_table t = {.n = 1, .d = d, .x = d ? x : NULL, .y = y};
            fix_problem f = fix_open(nets[i], "logistic", 0.0, &t);
            size_t P = f.net->P;
            nd_assert_ok(f.ctx, nd_problem_grad(f.ctx, &f.pb, f.theta, f.work, &L, f.g));
            nd_assert_ok(f.ctx, nd_problem_hv(f.ctx, &f.pb, f.theta, f.v, f.work, f.hv));
            nd_assert_ok(f.ctx, nd_problem_hessian(f.ctx, &f.pb, f.theta, f.work, f.H));
            nd_assert_ok(f.ctx, nd_problem_margins(f.ctx, &f.pb, f.theta, f.work, &m));
            nd_assert_close(L, nd_softplus(-m), 1e-15, 0.0);
            nd_assert_close(inner(P, f.g, f.v), difference(&f, f.v, false, 1e-3), 1e-7, 0.1);
            for (size_t a = 0; a < P; a++) {
                double s = inner(P, f.H + a * P, f.v);
                nd_assert_close(s, f.hv[a], 1e-12, 1.0);
            }
            fix_close(&f);
        }
}

/* NaN and overflow come back with ND_OK; they are no perfect fit. */
static void test_not_finite(void **state)
{
    nd_table *t = fix_table(false, false);
    static const char *const nets[] = {"softplus:3", "relu:3", "tanh:2,gelu:2", "linear", "exp:2"};

    (void)state;
    for (size_t i = 0; i < ROWS(nets); i++) {
        for (size_t k = 0; k < ROWS(losses); k++) {
            fix_problem f = fix_open(nets[i], losses[k], 0.0, t);
            double L;
            f.theta[0] = NAN;
            nd_assert_ok(f.ctx, nd_problem_grad(f.ctx, &f.pb, f.theta, f.work, &L, f.g));
            assert_int_equal(isnan(L) ? 1 : 0, 1);
            nd_assert_ok(f.ctx, nd_problem_margins(f.ctx, &f.pb, f.theta, f.work, f.m));
            assert_true(nd_problem_errors(&f.pb, f.m) > 0);
            fix_close(&f);
        }
    }
    fix_problem f = fix_open("exp:2", "exponential", 0.0, t);
    double L;
    for (size_t k = 0; k < f.net->P; k++) f.theta[k] = 1e3;
    nd_assert_ok(f.ctx, nd_problem_grad(f.ctx, &f.pb, f.theta, f.work, &L, f.g));
    bool finite = isfinite(L) != 0;
    assert_false(finite);
    fix_close(&f);
}

static void test_slopes_errors_outputs(void **state)
{
    nd_table *t = fix_table(true, false);
    fix_problem f = fix_open("tanh:3", "polyhinge:2", 0.3, t);
    double c[FIX_N], out[FIX_N], L;
    size_t errors = 0;

    (void)state;
    nd_assert_ok(f.ctx, nd_problem_slopes(f.ctx, &f.pb, f.theta, f.work, c));
    nd_assert_ok(f.ctx, nd_problem_grad(f.ctx, &f.pb, f.theta, f.work, &L, f.g));
    double sum = 0.0;
    for (int i = 0; i < FIX_N; i++) sum += c[i];
    nd_assert_close(sum + 0.3 * f.theta[f.net->a0], f.g[f.net->a0], 1e-13, 0.0);
    nd_assert_ok(f.ctx, nd_problem_margins(f.ctx, &f.pb, f.theta, f.work, f.m));
    nd_assert_ok(f.ctx, nd_net_outputs(f.ctx, f.net, t, f.theta, out));
    for (int i = 0; i < FIX_N; i++) {
        double u = fmax(0.0, 1.0 - f.m[i]);
        nd_assert_close(c[i], -2.0 * u * t->y[i] * t->weight[i] / FIX_N, 1e-14, 1e-30);
        assert_true(out[i] * t->y[i] == f.m[i]);
        errors += (out[i] >= 0.0 ? 1.0 : -1.0) != t->y[i] ? 1 : 0;
    }
    assert_int_equal(nd_problem_errors(&f.pb, f.m), errors);
    for (int i = 0; i < FIX_N; i++) f.m[i] = 0.0; /* sgn(0) = +1 */
    size_t negative = 0;
    for (int i = 0; i < FIX_N; i++) negative += t->y[i] < 0.0 ? 1 : 0;
    assert_int_equal(nd_problem_errors(&f.pb, f.m), negative);
    t->y = NULL; /* outputs need no labels */
    nd_assert_ok(f.ctx, nd_net_outputs(f.ctx, f.net, t, f.theta, c));
    assert_memory_equal(c, out, sizeof c);
    fix_close(&f);
}

static void test_refusals(void **state)
{
    nd_table *t = fix_table(false, false), bad = *t, other = *t;
    fix_problem f = fix_open("relu:2", "polyhinge:3", 0.0, t);
    nd_problem pb = {0};
    double y[FIX_N], L, w[FIX_N];

    (void)state;
    bad.d = 2;
    nd_assert_status(f.ctx, nd_problem_make(f.ctx, f.net, &bad, f.pb.loss, 0.0, &pb), ND_EDIM);
    nd_assert_status(f.ctx, nd_net_outputs(f.ctx, f.net, &bad, f.theta, f.m), ND_EDIM);
    bad = *t;
    bad.n = 0;
    nd_assert_status(f.ctx, nd_problem_make(f.ctx, f.net, &bad, f.pb.loss, 0.0, &pb), ND_EINPUT);
    nd_assert_ok(f.ctx, nd_net_outputs(f.ctx, f.net, &bad, f.theta, f.m));
    bad = *t;
    bad.y = NULL;
    nd_assert_status(f.ctx, nd_problem_make(f.ctx, f.net, &bad, f.pb.loss, 0.0, &pb), ND_EINPUT);
    memcpy(y, t->y, sizeof y);
    y[4] = 0.5;
    bad.y = y;
    nd_assert_status(f.ctx, nd_problem_make(f.ctx, f.net, &bad, f.pb.loss, 0.0, &pb), ND_EINPUT);
    nd_assert_message(f.ctx, "sample 5");
    bad = *t;
    for (int i = 0; i < FIX_N; i++) w[i] = 1.0;
    w[2] = -1.0;
    bad.weight = w;
    nd_assert_status(f.ctx, nd_problem_make(f.ctx, f.net, &bad, f.pb.loss, 0.0, &pb), ND_EINPUT);
    nd_assert_status(f.ctx, nd_problem_make(f.ctx, f.net, t, f.pb.loss, -1.0, &pb), ND_ERANGE);
    nd_assert_status(f.ctx, nd_problem_make(f.ctx, f.net, t, f.pb.loss, NAN, &pb), ND_ERANGE);
    assert_null(pb.net);
    nd_assert_status(f.ctx, nd_problem_hv(f.ctx, &f.pb, f.theta, f.v, f.work, f.hv), ND_ESMOOTH);
    nd_assert_message(f.ctx, "relu");
    nd_assert_status(f.ctx, nd_problem_hessian(f.ctx, &f.pb, f.theta, f.work, f.H), ND_ESMOOTH);
    nd_assert_ok(f.ctx, nd_problem_make(f.ctx, f.net, &other, f.pb.loss, 0.0, &pb));
    nd_assert_status(f.ctx, nd_problem_value(f.ctx, &pb, f.theta, f.work, &L), ND_EDIM);
    fix_close(&f);
}

static bool say_stop(void *user)
{
    (void)user;
    return true;
}

static void test_cancel(void **state)
{
    fix_problem f = fix_open("tanh:2", "polyhinge:3", 0.0, fix_table(false, false));
    double L;

    (void)state;
    nd_set_cancel(f.ctx, say_stop, NULL);
    nd_assert_status(f.ctx, nd_problem_grad(f.ctx, &f.pb, f.theta, f.work, &L, f.g), ND_ECANCEL);
    nd_assert_status(f.ctx, nd_problem_hv(f.ctx, &f.pb, f.theta, f.v, f.work, f.hv), ND_ECANCEL);
    nd_assert_status(f.ctx, nd_problem_hessian(f.ctx, &f.pb, f.theta, f.work, f.H), ND_ECANCEL);
    nd_set_cancel(f.ctx, NULL, NULL);
    nd_assert_ok(f.ctx, nd_problem_hv(f.ctx, &f.pb, f.theta, f.v, f.work, f.hv));
    fix_close(&f);
}

static nd_status scenario(nd_ctx *ctx, void *arg)
{
    nd_table *t = arg;
    nd_net *net = NULL;
    nd_work *work = NULL;
    nd_problem pb;
    nd_loss loss;
    double theta[64], v[64], hv[64], H[64 * 64], L;
    nd_status status;

    nd_set_threads(ctx, 2);
    ND_TRY(nd_net_parse(ctx, "tanh:2,tanh:2+linear", t->d, &net));
    fix_theta(net->P, theta);
    fix_direction(net->P, v);
    ND_TRY(nd_loss_parse(ctx, "logistic", &loss));
    ND_TRY(nd_problem_make(ctx, net, t, loss, 0.0, &pb));
    ND_TRY(nd_work_create(ctx, &pb, &work));
    ND_TRY(nd_problem_grad(ctx, &pb, theta, work, &L, hv));
    ND_TRY(nd_problem_hv(ctx, &pb, theta, v, work, hv));
    ND_TRY(nd_problem_hessian(ctx, &pb, theta, work, H));
    ND_TRY(nd_net_outputs(ctx, net, t, theta, hv));
done:
    nd_work_destroy(ctx, work);
    nd_net_destroy(ctx, net);
    return status;
}

static void test_memory(void **state)
{
    (void)state;
    assert_true(nd_test_every_allocation(scenario, fix_table(true, true)) > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_differences),
        cmocka_unit_test(test_dense_hessian),
        cmocka_unit_test(test_hessian_shapes),
        cmocka_unit_test(test_hessian_slabs),
        cmocka_unit_test(test_same_bits),
        cmocka_unit_test(test_memos),
        cmocka_unit_test(test_active),
        cmocka_unit_test(test_all_idle),
        cmocka_unit_test(test_small),
        cmocka_unit_test(test_flat_rows),
        cmocka_unit_test(test_not_finite),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_slopes_errors_outputs),
        cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
