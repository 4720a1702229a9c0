/* Merge trees and the Morse audit. */
#include "lab/lab_support.h"

#include <nadir/map.h>

#include <math.h>

enum { MOST = 12 };

/* The lowest barrier between all pairs by Floyd and Warshall's scheme on heights. */
static void barriers(size_t n, size_t edges, const nd_edge *e, const double *height, size_t stride,
                     double b[MOST][MOST])
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) b[i][j] = i == j ? -INFINITY : INFINITY;
    for (size_t k = 0; k < edges; k++) {
        double h = height[k * stride];

        if (e[k].a == e[k].b) continue;
        b[e[k].a][e[k].b] = fmin(b[e[k].a][e[k].b], h);
        b[e[k].b][e[k].a] = b[e[k].a][e[k].b];
    }
    for (size_t k = 0; k < n; k++)
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < n; j++) b[i][j] = fmin(b[i][j], fmax(b[i][k], b[k][j]));
}

static size_t random_graph(nd_rng *r, size_t n, nd_edge *e)
{
    size_t edges = nd_rng_below(r, 2 * n + 1);

    for (size_t k = 0; k < edges; k++) {
        double width = nd_rng_below(r, 3) ? 0.2 * nd_rng_uniform(r) : 0.0;
        double h =
            1.0 + (nd_rng_below(r, 2) ? nd_rng_uniform(r) : 0.1 * (double)nd_rng_below(r, 4));

        e[k] = (nd_edge){nd_rng_below(r, n), nd_rng_below(r, n), 100 + k, h, h - width, h + width};
    }
    return edges;
}

/* EVIDENCE: map.h: the height of the meeting node is the lowest barrier, and the enclosure
 * holds whatever the exact heights of the edges are. */
static void meets_at_the_lowest_barrier(void **state)
{
    nd_ctx *ctx = nd_ctx_create(NULL);

    (void)state;
    for (uint64_t seed = 0; seed < 400; seed++) {
        nd_rng r = nd_rng_make(seed, 2);
        size_t n = 1 + nd_rng_below(&r, MOST), edges;
        double loss[MOST], b[MOST][MOST], exact[2 * MOST + 1], x[MOST][MOST];
        nd_edge e[2 * MOST + 1];
        nd_tree *t;

        for (size_t i = 0; i < n; i++) loss[i] = nd_rng_uniform(&r);
        edges = random_graph(&r, n, e);
        nd_assert_ok(ctx, nd_tree_build(ctx, n, loss, loss, loss, edges, e, &t));
        barriers(n, edges, e, edges ? &e[0].height : loss, sizeof *e / sizeof(double), b);
        for (size_t k = 0; k < edges; k++)
            exact[k] = e[k].lo + nd_rng_uniform(&r) * (e[k].hi - e[k].lo);
        barriers(n, edges, e, exact, 1, x);
        assert_true(t->nodes >= n && t->nodes <= 2 * n - 1 && t->minima == n);
        for (size_t k = n; k < t->nodes; k++) {
            assert_true(k == n || t->height[k - 1] <= t->height[k]);
            assert_true(t->lo[k] <= t->height[k] && t->height[k] <= t->hi[k]);
            assert_true(t->saddle[k] >= 100);
        }
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < n; j++) {
                size_t m = nd_tree_meet(t, i, j);

                if (i == j) {
                    assert_int_equal(m, i);
                } else if (m == SIZE_MAX) {
                    assert_true(b[i][j] == INFINITY);
                } else {
                    assert_true(t->height[m] == b[i][j]);
                    assert_true(t->lo[m] <= x[i][j] && x[i][j] <= t->hi[m]);
                }
            }
        nd_tree_destroy(ctx, t);
    }
    nd_ctx_destroy(ctx);
}

/* Four minima, by hand. */
static void by_hand(void **state)
{
    static const double loss[] = {0, 1, 2, 3}, lo[] = {-1, 1, 2, 3}, hi[] = {0, 1, 2, 4};
    static const nd_edge e[] = {{0, 1, 7, 5.0, 4.9, 5.1},
                                {1, 2, 8, 4.0, 3.5, 4.5},
                                {2, 2, 9, 3.0, 3.0, 3.0},
                                {2, 0, 6, 6.0, 6.0, 6.0}};
    nd_ctx *ctx = nd_ctx_create(NULL);
    nd_tree *t;

    (void)state;
    nd_assert_ok(ctx, nd_tree_build(ctx, 4, loss, lo, hi, 4, e, &t));
    assert_int_equal(t->nodes, 6);
    assert_int_equal(t->saddle[4], 8);
    assert_int_equal(t->saddle[5], 7);
    assert_int_equal(t->parent[1], 4);
    assert_int_equal(t->parent[2], 4);
    assert_int_equal(t->parent[0], 5);
    assert_int_equal(t->parent[4], 5);
    assert_int_equal(t->parent[5], 5);
    assert_int_equal(t->parent[3], 3);
    assert_true(t->lo[0] == -1.0 && t->hi[3] == 4.0 && t->saddle[0] == SIZE_MAX);
    assert_true(t->lo[5] == 4.9 && t->hi[5] == 5.1 && t->lo[4] == 3.5);
    assert_int_equal(nd_tree_meet(t, 0, 2), 5);
    assert_true(nd_tree_meet(t, 0, 3) == SIZE_MAX);
    nd_tree_destroy(ctx, t);
    nd_assert_ok(ctx, nd_tree_build(ctx, 0, NULL, NULL, NULL, 0, NULL, &t));
    assert_int_equal(t->nodes, 0);
    nd_tree_destroy(ctx, t);
    nd_ctx_destroy(ctx);
}

static void bad_edges(void **state)
{
    static const double loss[] = {0, 1};
    static const nd_edge bad[] = {{0, 2, 7, 5.0, 5.0, 5.0},
                                  {0, 1, 7, NAN, NAN, NAN},
                                  {0, 1, 7, 5.0, 5.1, 5.2},
                                  {0, 1, 7, 5.0, 4.0, 4.5}};
    nd_ctx *ctx = nd_ctx_create(NULL);
    nd_tree *t = NULL;

    (void)state;
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++)
        nd_assert_status(ctx, nd_tree_build(ctx, 2, loss, loss, loss, 1, &bad[k], &t), ND_ERANGE);
    assert_null(t);
    nd_ctx_destroy(ctx);
}

static nd_status build(nd_ctx *ctx, void *arg)
{
    static const double loss[] = {0, 1, 2};
    static const nd_edge e[] = {{0, 1, 7, 5.0, 5.0, 5.0}, {1, 2, 8, 4.0, 4.0, 4.0}};
    nd_tree *t = NULL;
    nd_status status = nd_tree_build(ctx, 3, loss, loss, loss, 2, e, &t);

    (void)arg;
    nd_tree_destroy(ctx, t);
    return status;
}

static void failing_allocations(void **state)
{
    (void)state;
    nd_test_every_allocation(build, NULL);
}

/* ---- audit -------------------------------------------------------------------------------- */

static void audit(void **state)
{
    static const long index[] = {0, 0, 1}, unknown[] = {0, -1, 1};
    static const double closes[] = {2, 4, 5}, open[] = {2, 4, 4}, huge[] = {1, 1e17, 1e17};
    static const struct {
        const char *net, *loss;
        double l2;
        const long *index;
        const double *copies;
        nd_truth closes;
        const char *reason;
    } cases[] = {
        {"tanh:2", "logistic", 0.1, index, closes, ND_UNKNOWN, "is 1"},
        {"tanh:2", "logistic", 0.1, index, open, ND_REFUTED, "is 2, not 1"},
        {"tanh:2", "logistic", 0.0, index, open, ND_UNKNOWN, "ridge"},
        {"relu:2", "logistic", 0.1, index, open, ND_UNKNOWN, "differentiable"},
        {"tanh:2", "polyhinge:2", 0.1, index, open, ND_UNKNOWN, "differentiable"},
        {"elu:2", "logistic", 0.1, index, open, ND_UNKNOWN, "differentiable"},
        {"tanh:2", "polyhinge:3", 0.1, index, open, ND_REFUTED, "missing"},
        {"tanh:2", "logistic", 0.1, unknown, open, ND_UNKNOWN, "degenerate"},
        {"tanh:2", "logistic", 0.1, index, huge, ND_UNKNOWN, "too many"},
    };

    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        nd_audit a;
        lab_case c;

        lab_open(&c, 4, 2, xor_x, xor_y, cases[k].net, cases[k].loss, cases[k].l2);
        nd_assert_ok(c.ctx, nd_morse_audit(c.ctx, &c.pb, 3, cases[k].index, cases[k].copies, &a));
        assert_int_equal(a.closes, cases[k].closes);
        if (!strstr(a.reason, cases[k].reason)) fail_msg("case %zu: %s", k, a.reason);
        nd_assert_status(c.ctx, nd_morse_audit(c.ctx, &c.pb, 1, (const long[]){10}, closes, &a),
                         ND_ERANGE);
        nd_assert_status(c.ctx, nd_morse_audit(c.ctx, &c.pb, 1, index, (const double[]){NAN}, &a),
                         ND_ERANGE);
        lab_close(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(meets_at_the_lowest_barrier),
        cmocka_unit_test(by_hand),
        cmocka_unit_test(bad_edges),
        cmocka_unit_test(failing_allocations),
        cmocka_unit_test(audit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
