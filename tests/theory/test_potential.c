/* The potential and the search for neurons.  EVIDENCE: docs/optimisers.md, "Neurons". */
#include <nadir/num.h>
#include <nadir/theory.h>

#include "../support.h"

enum { N = 700, D = 5 };

static const nd_act *find(nd_ctx *ctx, const char *name)
{
    const nd_act *act;

    nd_assert_ok(ctx, nd_act_find(ctx, name, &act));
    return act;
}

/* A cloud with slopes of both signs that sum to 0. */
static nd_table cloud(double *x, double *y, double *c, uint64_t seed)
{
    nd_rng rng = nd_rng_make(seed, 0);
    double sum = 0.0;

    for (size_t i = 0; i < N * D; i++) x[i] = 3.0 + 2.0 * nd_rng_normal(&rng);
    for (size_t i = 0; i < N; i++) {
        y[i] = nd_rng_uniform(&rng) < 0.5 ? 1.0 : -1.0;
        c[i] = -y[i] * nd_rng_uniform(&rng) / N;
        sum += c[i];
    }
    for (size_t i = 0; i < N; i++) c[i] -= sum / N;
    return (nd_table){.n = N, .d = D, .x = x, .y = y};
}

static void test_exact(void **state)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    double x[4] = {1, 2, -3, 0.5}, c[2] = {0.25, -2.0}, w[2] = {2, -1}, G, gw[2], gb;
    nd_table t = {.n = 2, .d = 2, .x = x};

    (void)state;
    /* z = (0 + 1, -6.5 + 1), s = z^2: G = .25 - 2 (30.25), s' = (2, -11). */
    nd_assert_ok(ctx, nd_potential(ctx, &t, find(ctx, "square"), c, w, 1.0, &G, gw, &gb));
    assert_true(G == 0.25 - 60.5);
    assert_true(gb == 0.5 + 22.0);
    assert_true(gw[0] == 0.5 * 1.0 + 22.0 * -3.0 && gw[1] == 0.5 * 2.0 + 22.0 * 0.5);
    nd_assert_ok(ctx, nd_potential(ctx, &t, find(ctx, "softplus"), c, w, 1.0, &G, NULL, NULL));
    nd_assert_close(G, 0.25 * log1p(exp(1.0)) - 2.0 * log1p(exp(-5.5)), 1e-15, 0.0);
    nd_ctx_destroy(ctx);
}

static double at(nd_ctx *ctx, const nd_table *t, const nd_act *act, const double *c,
                 const double *w, double b)
{
    double G;

    nd_assert_ok(ctx, nd_potential(ctx, t, act, c, w, b, &G, NULL, NULL));
    return G;
}

static void test_gradient(void **state)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    static double x[N * D], y[N], c[N];
    nd_table t = cloud(x, y, c, 1);
    const char *names[3] = {"softplus", "tanh", "exp"};

    (void)state;
    for (int k = 0; k < 3; k++) {
        const nd_act *act = find(ctx, names[k]);
        double w[D] = {.3, -.2, .1, .4, -.5}, b = 0.1, G, g[D + 1];
        nd_assert_ok(ctx, nd_potential(ctx, &t, act, c, w, b, &G, g, &g[D]));
        for (size_t i = 0; i <= D; i++) {
            double *p = i < D ? &w[i] : &b, keep = *p, step = 1e-5, up, down;
            *p = keep + step;
            up = at(ctx, &t, act, c, w, b);
            *p = keep - step;
            down = at(ctx, &t, act, c, w, b);
            *p = keep;
            nd_assert_close((up - down) / (2.0 * step), g[i], 1e-6, 1e-3);
        }
    }
    nd_ctx_destroy(ctx);
}

/* Dense and sparse tables give the same neuron's potential. */
static void test_sparse(void **state)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    double x[6] = {1, 0, 0, 2, 0, 0}, val[2] = {1, 2}, c[3] = {.5, -.25, -.25};
    size_t row[4] = {0, 1, 2, 2};
    uint32_t col[2] = {0, 1};
    double w[2] = {1.5, -0.5}, G[2], g[2][3];
    nd_table dense = {.n = 3, .d = 2, .x = x};
    nd_table sparse = {.n = 3, .d = 2, .row = row, .col = col, .val = val};
    const nd_act *act = find(ctx, "softplus");
    nd_potential_settings s;

    (void)state;
    nd_assert_ok(ctx, nd_potential(ctx, &dense, act, c, w, .3, &G[0], g[0], &g[0][2]));
    nd_assert_ok(ctx, nd_potential(ctx, &sparse, act, c, w, .3, &G[1], g[1], &g[1][2]));
    nd_assert_close(G[0], G[1], 1e-15, 0.0);
    for (int k = 0; k < 3; k++) nd_assert_close(g[0][k], g[1][k], 1e-14, 0.1);
    nd_potential_init(&s);
    nd_assert_ok(ctx, nd_potential_search(ctx, &sparse, act, c, &s, w, &g[0][0], &G[1]));
    assert_true(fabs(G[1]) > 0.0);
    nd_ctx_destroy(ctx);
}

static double predicted(const nd_table *t, const nd_act *act, const double *c, const double *w,
                        double b)
{
    double m = 0.0, G = 0.0, K = 0.0, n = (double)t->n;
    static double z[N], s[N];

    for (size_t i = 0; i < t->n; i++) {
        z[i] = b;
        for (size_t k = 0; k < t->d; k++) z[i] += w[k] * t->x[i * t->d + k];
    }
    act->jet(t->n, z, 0, (double *const[]){s});
    for (size_t i = 0; i < t->n; i++) m += s[i] / n;
    for (size_t i = 0; i < t->n; i++) {
        G += c[i] * (s[i] - m);
        K += (s[i] - m) * (s[i] - m) / n;
    }
    return G * G / (2.0 * K);
}

/* In one dimension all neurons can be tried: no better one on a fine grid. */
static void test_one_dimension(void **state)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    const char *names[2] = {"softplus", "tanh"};
    nd_potential_settings s;

    (void)state;
    nd_potential_init(&s);
    for (uint64_t trial = 0; trial < 6; trial++) {
        const nd_act *act = find(ctx, names[trial % 2]);
        nd_rng rng = nd_rng_make(9, trial);
        double x[20], c[20], w, b, best = 0.0, found, sum = 0.0;
        nd_table t = {.n = 20, .d = 1, .x = x};
        nd_neuron nn;
        size_t got;
        for (size_t i = 0; i < 20; i++) {
            x[i] = nd_rng_normal(&rng);
            c[i] = nd_rng_normal(&rng) / 20.0;
            sum += c[i];
        }
        for (size_t i = 0; i < 20; i++) c[i] -= sum / 20.0;
        nd_assert_ok(ctx, nd_potential_neurons(ctx, &t, act, c, NULL, &s, 1, &w, &b, &nn, &got));
        assert_int_equal(got, 1);
        found = predicted(&t, act, c, &w, b);
        nd_assert_close(nn.score, found, 1e-9, 0.0);
        nd_assert_close(nn.G, at(ctx, &t, act, c, &w, b), 1e-12, 1e-3);
        for (double u = 0.1; u < 30.0; u *= 1.15)
            for (double v = -3.0 * u; v <= 3.0 * u; v += u / 25.0)
                best = fmax(best, fmax(predicted(&t, act, c, &u, v),
                                       predicted(&t, act, c, (double[]){-u}, v)));
        if (found < 0.99 * best)
            fail_msg("trial %d: found %g, the grid has %g", (int)trial, found, best);
    }
    nd_ctx_destroy(ctx);
}

/* Slopes that are a neuron's centred outputs: by Cauchy and Schwarz that neuron has the
 * largest score, and polishing must arrive at it. */
static void test_recovers_neuron(void **state)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    static double x[N * D], y[N], c[N], z[N];
    const double true_w[D] = {.3, -.2, .1, .4, -.5}, true_b = 0.2;
    nd_table t = cloud(x, y, c, 4);
    const nd_act *act = find(ctx, "tanh");
    nd_potential_settings s;
    double w[D], b, G, sum = 0.0, sign;

    (void)state;
    for (size_t i = 0; i < N; i++) {
        z[i] = true_b;
        for (size_t k = 0; k < D; k++) z[i] += true_w[k] * x[i * D + k];
    }
    act->jet(N, z, 0, (double *const[]){c});
    for (size_t i = 0; i < N; i++) sum += c[i];
    for (size_t i = 0; i < N; i++) c[i] = (c[i] - sum / N) / N;
    nd_potential_init(&s);
    s.polish = 200;
    nd_assert_ok(ctx, nd_potential_search(ctx, &t, act, c, &s, w, &b, &G));
    sign = w[0] > 0.0 ? 1.0 : -1.0;
    for (size_t k = 0; k < D; k++) nd_assert_close(sign * w[k], true_w[k], 1e-2, 0.1);
    nd_assert_close(sign * b, true_b, 1e-2, 0.1);
    nd_ctx_destroy(ctx);
}

/* One step of the quadratic model in two directions is what the loss does. */
static void test_score_is_decrease(void **state)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    static double x[N * D], y[N], c[N], s[N], z[N];
    nd_table t = cloud(x, y, c, 2);
    const nd_act *act = find(ctx, "softplus");
    nd_potential_settings ps;
    double w[4 * D], b[4], r[N], before = 0.0, after = 0.0, promised = 0.0;
    nd_neuron nn[4];
    size_t got;

    (void)state;
    nd_potential_init(&ps);
    ps.keep = 8;
    nd_assert_ok(ctx, nd_potential_neurons(ctx, &t, act, c, NULL, &ps, 4, w, b, nn, &got));
    assert_true(got >= 2);
    /* L(f) = sum (f_i + n c_i)^2 / (2 n) has slopes c and h = 1/n at f = 0. */
    for (size_t i = 0; i < N; i++) r[i] = N * c[i];
    for (size_t i = 0; i < N; i++) before += r[i] * r[i] / (2.0 * N);
    for (size_t k = 0; k < got; k++) {
        double m = 0.0;
        for (size_t i = 0; i < N; i++) {
            z[i] = b[k];
            for (size_t l = 0; l < D; l++) z[i] += w[k * D + l] * x[i * D + l];
        }
        act->jet(N, z, 0, (double *const[]){s});
        for (size_t i = 0; i < N; i++) m += s[i] / N;
        for (size_t i = 0; i < N; i++) r[i] += nn[k].a * (s[i] - m);
        promised += nn[k].score;
    }
    for (size_t i = 0; i < N; i++) after += r[i] * r[i] / (2.0 * N);
    nd_assert_close(before - after, promised, 1e-9, 0.0);
    nd_ctx_destroy(ctx);
}

/* Where G vanishes identically nothing is found: theory.md 10, no-bias, polynomial. */
static void test_identically_zero(void **state)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    double odd[6] = {1, 2, -3, -1, -2, 3}, co[6] = {-.5, -.5, -.5, .5, .5, .5};
    double thue[8] = {0, 3, 5, 6, 1, 2, 4, 7}, ct[8] = {1, 1, 1, 1, -1, -1, -1, -1};
    double none[8] = {0}, w = 5.0, b = 5.0, G = 5.0;
    nd_table t = {.n = 6, .d = 1, .x = odd};
    nd_potential_settings s;

    (void)state;
    nd_potential_init(&s);
    /* softplus(z) - softplus(-z) = z, and the x of each class sum to 0. */
    s.bias = false;
    nd_assert_ok(ctx, nd_potential_search(ctx, &t, find(ctx, "softplus"), co, &s, &w, &b, &G));
    assert_true(G == 0.0 && w == 0.0 && b == 0.0);
    s.bias = true;
    nd_assert_ok(ctx, nd_potential_search(ctx, &t, find(ctx, "softplus"), co, &s, &w, &b, &G));
    assert_true(fabs(G) > 1e-3);
    t = (nd_table){.n = 8, .d = 1, .x = thue};
    for (int rank = 0; rank < 2; rank++) {
        s.rank = rank;
        nd_assert_ok(ctx, nd_potential_search(ctx, &t, find(ctx, "square"), ct, &s, &w, &b, &G));
        assert_true(G == 0.0);
        nd_assert_ok(ctx, nd_potential_search(ctx, &t, find(ctx, "softplus"), ct, &s, &w, &b, &G));
        assert_true(fabs(G) > 1e-3);
        nd_assert_ok(ctx,
                     nd_potential_search(ctx, &t, find(ctx, "softplus"), none, &s, &w, &b, &G));
        assert_true(G == 0.0);
    }
    nd_ctx_destroy(ctx);
}

static void test_same_bits(void **state)
{
    static double x[N * D], y[N], c[N];
    nd_table t = cloud(x, y, c, 3);
    double w[2][D], b[2], G[2];
    nd_potential_settings s;

    (void)state;
    nd_potential_init(&s);
    for (int k = 0; k < 2; k++) {
        nd_ctx *ctx = nd_ctx_create(NULL);
        nd_set_threads(ctx, k + 1);
        nd_assert_ok(
            ctx, nd_potential_search(ctx, &t, find(ctx, "softplus"), c, &s, w[k], &b[k], &G[k]));
        nd_ctx_destroy(ctx);
    }
    assert_memory_equal(w[0], w[1], sizeof w[0]);
    assert_true(b[0] == b[1] && G[0] == G[1]);
}

static nd_status scenario(nd_ctx *ctx, void *arg)
{
    nd_table t = {.n = 4, .d = 1, .x = arg};
    double c[4] = {1, -1, 1, -1}, w, b, G;
    const nd_act *act;
    nd_potential_settings s;
    nd_status status = nd_act_find(ctx, "softplus", &act);

    nd_potential_init(&s);
    s.starts = 4;
    s.keep = 2;
    return status == ND_OK ? nd_potential_search(ctx, &t, act, c, &s, &w, &b, &G) : status;
}

static bool cancel(void *user)
{
    return --*(int *)user <= 0;
}

static void test_failures(void **state)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    double x[4] = {1, 2, 3, 4}, c[4] = {1, NAN, 1, 1}, w = 5.0, b = 5.0, G = 5.0;
    nd_table t = {.n = 4, .d = 1, .x = x};
    nd_potential_settings s;

    (void)state;
    nd_test_every_allocation(scenario, x);
    nd_potential_init(&s);
    nd_assert_status(ctx, nd_potential_search(ctx, &t, find(ctx, "exp"), c, &s, &w, &b, &G),
                     ND_ENUMERIC);
    c[1] = -3.0;
    for (int k = 1; k < 100; k += 7) {
        int left = k;
        nd_set_cancel(ctx, cancel, &left);
        nd_assert_status(ctx, nd_potential_search(ctx, &t, find(ctx, "exp"), c, &s, &w, &b, &G),
                         ND_ECANCEL);
    }
    assert_true(w == 5.0 && b == 5.0 && G == 5.0);
    nd_ctx_destroy(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exact),
        cmocka_unit_test(test_gradient),
        cmocka_unit_test(test_sparse),
        cmocka_unit_test(test_one_dimension),
        cmocka_unit_test(test_recovers_neuron),
        cmocka_unit_test(test_score_is_decrease),
        cmocka_unit_test(test_identically_zero),
        cmocka_unit_test(test_same_bits),
        cmocka_unit_test(test_failures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
