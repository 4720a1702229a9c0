/* Canonical forms, comparison modulo symmetries, orbits. */
#include "lab/lab_support.h"

#include "base/memory.h"
#include "map/symmetry.h"

#include <nadir/map.h>

#include <math.h>

/* ---- helpers ----------------------------------------------------------------------------- */

static double value(lab_case *c, const double *theta)
{
    nd_work *w;
    double L;

    nd_assert_ok(c->ctx, nd_work_create(c->ctx, &c->pb, &w));
    nd_assert_ok(c->ctx, nd_problem_value(c->ctx, &c->pb, theta, w, &L));
    nd_work_destroy(c->ctx, w);
    return L;
}

/* n samples in R^d with random labels, net and ridge as given; theta: a random point. */
static void open_random(lab_case *c, const char *net, size_t d, double l2, uint64_t seed,
                        double **theta)
{
    nd_rng r = nd_rng_make(seed, 77);
    double x[64], y[8];

    for (size_t i = 0; i < 8 * d; i++) x[i] = 2.0 * nd_rng_uniform(&r) - 1.0;
    for (size_t i = 0; i < 8; i++) y[i] = nd_rng_u64(&r) & 1 ? 1.0 : -1.0;
    lab_open(c, 8, d, x, y, net, "logistic", l2);
    *theta = malloc(3 * c->net->P * sizeof **theta);
    for (size_t k = 0; k < c->net->P; k++) (*theta)[k] = 2.0 * nd_rng_uniform(&r) - 1.0;
}

/* A random symmetry of theta: permutations, flips, twins exchanged. */
static void shake(lab_case *c, double *theta, nd_rng *r)
{
    size_t count, order[32];
    double *scratch = malloc(c->net->P * sizeof *scratch);
    nd_block *b;

    nd_assert_ok(c->ctx, nd_blocks(c->ctx, c->net, &b, &count));
    for (size_t k = 0; k < count; k++) {
        nd_rng_shuffle(r, b[k].width, order);
        nd_block_permute(&b[k], order, theta, scratch);
        for (size_t j = 0; b[k].flips && j < b[k].width; j++)
            if (nd_rng_u64(r) & 1) nd_block_flip(&b[k], j, theta);
    }
    for (size_t t = 0; t < c->net->terms; t++) {
        const nd_term *term = &c->net->term[t];

        for (size_t l = 0; l < term->depth; l++)
            for (size_t j = 0; nd_layer_even(&term->layer[l]) && j < term->layer[l].width; j++)
                if (nd_rng_u64(r) & 1) nd_row_negate(&term->layer[l], j, theta);
        for (size_t s = 0; s < t; s++)
            if (nd_terms_alike(&c->net->term[s], term) && nd_rng_u64(r) & 1)
                for (size_t k = 0; k < nd_term_size(term); k++) {
                    double *x = theta + nd_term_start(&c->net->term[s]) + k;
                    double *y = theta + nd_term_start(term) + k, z = *x;

                    *x = *y;
                    *y = z;
                }
    }
    free(scratch);
    nd_free(c->ctx, b);
}

static const char *const nets[] = {"softplus:4",
                                   "tanh:3",
                                   "tanh:3:nobias",
                                   "arctan:2+tanh:3",
                                   "square:3",
                                   "tanh:3,tanh:2",
                                   "tanh:3,softplus:3,arctan:2",
                                   "tanh:3,res(arctan:3),softplus:2",
                                   "softplus:3,res(tanh:3)",
                                   "square:2,square:3",
                                   "tanh:2,res(square:2),softplus:2",
                                   "res(tanh:2),tanh:3",
                                   "res(square:2)",
                                   "softplus:2+softplus:2+linear",
                                   "tanh:2,tanh:2+tanh:2,tanh:2",
                                   "linear+linear",
                                   "exp:3",
                                   "relu:3,leakyrelu:2",
                                   "exp:2,square:2:nobias"};
#define NETS (sizeof nets / sizeof *nets)

/* ---- canonical form ------------------------------------------------------------------------ */

/* EVIDENCE: map.h, nd_canonical: L is the same there; symmetric points have one form. */
static void canonical_is_invariant(void **state)
{
    (void)state;
    for (size_t k = 0; k < NETS; k++)
        for (uint64_t seed = 0; seed < 12; seed++) {
            double l2 = seed % 2 ? 0.1 : 0.0, *theta, *other, before;
            nd_rng r = nd_rng_make(seed, 5);
            size_t P;
            lab_case c;

            open_random(&c, nets[k], 2, l2, seed, &theta);
            P = c.net->P;
            other = theta + P;
            memcpy(other, theta, P * sizeof *theta);
            shake(&c, other, &r);
            before = value(&c, theta);
            nd_assert_close(value(&c, other), before, 1e-13, 0.0);
            nd_assert_ok(c.ctx, nd_canonical(c.ctx, c.net, l2, theta));
            nd_assert_ok(c.ctx, nd_canonical(c.ctx, c.net, l2, other));
            nd_assert_close(value(&c, theta), before, 1e-12, 0.0);
            if (nd_test_distance(theta, other, P, 1.0) > 1e-12)
                fail_msg("net %s, seed %d: two forms", nets[k], (int)seed);
            /* a form is its own form */
            nd_assert_ok(c.ctx, nd_canonical(c.ctx, c.net, l2, other));
            assert_true(nd_test_distance(theta, other, P, 1.0) < 1e-12);
            free(theta);
            lab_close(&c);
        }
}

/* Scaled copies have one form without ridge, and stay apart with it. */
static void scaling_is_removed(void **state)
{
    static const char *const spec[] = {"relu:1", "leakyrelu:1", "square:1", "exp:1"};

    (void)state;
    for (size_t k = 0; k < 4; k++)
        for (int ridge = 0; ridge < 2; ridge++) {
            double p[5] = {0.3, -0.4, 0.7, -1.2, 0.25}, q[5], t = 1.7, before;
            lab_case c;

            lab_open(&c, 4, 2, xor_x, xor_y, spec[k], "logistic", ridge ? 0.1 : 0.0);
            memcpy(q, p, sizeof p);
            if (k == 3) {
                q[2] += log(t);
                q[3] /= t;
            } else {
                for (int i = 0; i < 3; i++) q[i] *= t;
                q[3] /= k == 2 ? t * t : t;
            }
            before = value(&c, p);
            nd_assert_ok(c.ctx, nd_canonical(c.ctx, c.net, c.pb.l2, p));
            nd_assert_ok(c.ctx, nd_canonical(c.ctx, c.net, c.pb.l2, q));
            nd_assert_close(value(&c, p), before, 1e-13, 0.0);
            assert_true((nd_test_distance(p, q, 5, 0.0) < 1e-14) == !ridge);
            if (!ridge && k < 3)
                nd_assert_close(p[0] * p[0] + p[1] * p[1] + p[2] * p[2], 1.0, 1e-14, 0.0);
            if (!ridge && k == 3) assert_true(p[2] == 0.0);
            lab_close(&c);
        }
}

/* Zero weights, huge and tiny ones: nothing becomes NaN, L stays. */
static void canonical_corners(void **state)
{
    static const double values[] = {0.0, -0.0, 1e-300, -1e-200, 1e200, 700.0, -1.0};

    (void)state;
    for (size_t k = 0; k < NETS; k++)
        for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
            double *theta, before;
            lab_case c;

            open_random(&c, nets[k], 2, 0.0, 3, &theta);
            for (size_t i = 0; i < c.net->P; i += 2) theta[i] = values[v];
            before = value(&c, theta);
            nd_assert_ok(c.ctx, nd_canonical(c.ctx, c.net, 0.0, theta));
            for (size_t i = 0; i < c.net->P; i++)
                if (isfinite(before)) assert_true(isfinite(theta[i]));
            if (isfinite(before) && before < 1e100)
                nd_assert_close(value(&c, theta), before, 1e-9, 1e-300);
            free(theta);
            lab_close(&c);
        }
}

/* ---- assignment ------------------------------------------------------------------------------ */

static double best_by_hand(size_t n, const double *cost, size_t j, unsigned used)
{
    double best = INFINITY;

    if (j == n) return 0.0;
    for (size_t k = 0; k < n; k++)
        if (!(used >> k & 1u))
            best = fmin(best, cost[j * n + k] + best_by_hand(n, cost, j + 1, used | 1u << k));
    return best;
}

static void assignment_is_optimal(void **state)
{
    nd_ctx *ctx = nd_ctx_create(NULL);

    (void)state;
    for (uint64_t seed = 0; seed < 60; seed++) {
        nd_rng r = nd_rng_make(seed, 1);
        size_t n = 1 + nd_rng_below(&r, 6), to[6];
        double cost[36], sum = 0.0, best, least;
        bool seen[6] = {false};

        for (size_t i = 0; i < n * n; i++)
            cost[i] = seed % 3 ? nd_rng_uniform(&r) : (double)nd_rng_below(&r, 3);
        best = best_by_hand(n, cost, 0, 0);
        nd_assert_ok(ctx, nd_assign(ctx, n, cost, to, &least));
        for (size_t j = 0; j < n; j++) {
            assert_false(seen[to[j]]);
            seen[to[j]] = true;
            sum += cost[j * n + to[j]];
        }
        nd_assert_close(sum, best, 1e-14, 1e-14);
        assert_true(least <= best && least >= best - 1e-12);
    }
    nd_ctx_destroy(ctx);
}

/* ---- comparison -------------------------------------------------------------------------------- */

/* Near points that a symmetry carries apart are brought together again; the lower bound
 * never exceeds a distance that a symmetry attains. */
static void alignment(void **state)
{
    (void)state;
    for (size_t k = 0; k < NETS; k++)
        for (uint64_t seed = 0; seed < 12; seed++) {
            double *theta, *q, *p, distance, least, moved = 0.0;
            nd_rng r = nd_rng_make(seed, 9);
            lab_case c;
            size_t P;

            open_random(&c, nets[k], 2, 0.1, seed, &theta);
            P = c.net->P;
            p = theta + P;
            q = theta + 2 * P;
            memcpy(p, theta, P * sizeof *p);
            memcpy(q, theta, P * sizeof *q);
            for (size_t i = 0; i < P; i++) {
                double e = (seed < 6 ? 1e-7 : 1e-2) * (nd_rng_uniform(&r) - 0.5);

                q[i] += e;
                moved += e * e;
            }
            moved = sqrt(moved);
            shake(&c, q, &r);
            nd_assert_ok(c.ctx, nd_align(c.ctx, c.net, p, q, &distance, &least));
            assert_true(least <= moved * (1.0 + 1e-9) && least <= distance * (1.0 + 1e-9));
            if (seed < 6 && distance > moved * (1.0 + 1e-6))
                fail_msg("net %s: distance %g, moved by %g", nets[k], distance, moved);
            if (c.net->terms == 1 && c.net->term[0].depth == 1 && !c.net->term[0].layer[0].residual)
                nd_assert_close(least, distance, 1e-5, 1e-12); /* exact for one layer */
            nd_assert_close(value(&c, q), value(&c, p), 1.0, 1.0);
            free(theta);
            lab_close(&c);
        }
}

/* The strict minima of XOR with ridge 1e-3, from training. */
static void train_to(lab_case *c, uint64_t seed, double *theta, nd_verdict *v)
{
    nd_train_settings s;
    nd_train_result *r;

    nd_train_init(&s);
    s.seed = seed;
    nd_assert_ok(c->ctx, nd_train(c->ctx, c->net, c->data, c->loss, c->pb.l2, &s, NULL, &r));
    memcpy(theta, r->theta, c->net->P * sizeof *theta);
    *v = r->verdict;
    nd_train_result_destroy(c->ctx, r);
}

/* EVIDENCE: map.h, nd_compare.  Two runs end in one minimum (its copies), or in two. */
static void compare_proves(void **state)
{
    double p[9], q[9], moved[9];
    nd_verdict vp, vq, u;
    nd_sameness s;
    size_t same = 0, other = 0;
    lab_case c;

    (void)state;
    lab_open(&c, 4, 2, xor_x, xor_y, "softplus:2", "polyhinge:3", 1e-3);
    train_to(&c, 1, p, &vp);
    assert_int_equal(vp.cert.truth, ND_PROVED);
    nd_assert_ok(c.ctx, nd_canonical(c.ctx, c.net, 1e-3, p));
    for (uint64_t seed = 1; seed <= 8; seed++) {
        train_to(&c, seed, q, &vq);
        nd_assert_ok(c.ctx, nd_canonical(c.ctx, c.net, 1e-3, q));
        nd_assert_ok(c.ctx, nd_compare(c.ctx, &c.pb, p, &vp, q, &vq, &s));
        if (vq.cert.truth != ND_PROVED) continue;
        if (s.same == ND_PROVED) {
            assert_true(s.near && s.distance < 1e-9);
            same++;
        } else {
            assert_int_equal(s.same, ND_REFUTED);
            assert_false(s.near);
            other++;
        }
    }
    assert_true(same >= 1 && other >= 1);
    /* without certificates nothing is proved, but near is said */
    u = vp;
    u.cert.truth = ND_UNKNOWN;
    nd_assert_ok(c.ctx, nd_compare(c.ctx, &c.pb, p, &u, p, &vp, &s));
    assert_int_equal(s.same, ND_UNKNOWN);
    assert_true(s.near);
    /* one certificate is enough: the other end lies in a ball with one critical point; not the
     * other way round */
    memcpy(moved, p, sizeof p);
    moved[8] += 1e-7;
    nd_assert_ok(c.ctx, nd_compare(c.ctx, &c.pb, p, &vp, moved, &u, &s));
    assert_int_equal(s.same, ND_PROVED);
    moved[8] += 1e-3; /* far from near */
    nd_assert_ok(c.ctx, nd_compare(c.ctx, &c.pb, p, &vp, moved, &u, &s));
    assert_int_equal(s.same, ND_UNKNOWN);
    /* a ball too large for uniqueness proves nothing */
    vq = vp;
    vq.cert.radius = 0.5;
    nd_assert_ok(c.ctx, nd_compare(c.ctx, &c.pb, p, &vq, p, &u, &s));
    assert_int_equal(s.same, ND_UNKNOWN);
    u = vp;
    u.cert.radius = 0.5;
    nd_assert_ok(c.ctx, nd_compare(c.ctx, &c.pb, p, &u, p, &vp, &s));
    assert_int_equal(s.same, ND_UNKNOWN);
    /* disjoint balls, equal losses (claimed): apart; touching balls: open */
    memcpy(moved, p, sizeof p);
    moved[8] += 1e-3;
    u = vp;
    nd_assert_ok(c.ctx, nd_compare(c.ctx, &c.pb, p, &vp, moved, &u, &s));
    assert_int_equal(s.same, ND_REFUTED);
    u.cert.radius = 1.1e-3;
    nd_assert_ok(c.ctx, nd_compare(c.ctx, &c.pb, p, &vp, moved, &u, &s));
    assert_int_equal(s.same, ND_UNKNOWN);
    /* another index is another point */
    u = vp;
    u.cert.kind = "index";
    u.cert.index = 1;
    nd_assert_ok(c.ctx, nd_compare(c.ctx, &c.pb, p, &vp, p, &u, &s));
    assert_int_equal(s.same, ND_REFUTED);
    lab_close(&c);
}

/* ---- copies -------------------------------------------------------------------------------------- */

/* Different points among all images under the group, by closing the set under random
 * symmetries. */
static double orbit_by_hand(lab_case *c, const double *theta, nd_rng *r)
{
    enum { MOST = 800 };
    size_t P = c->net->P, count = 1;
    double *set = malloc(MOST * P * sizeof *set), *x = malloc(P * sizeof *x);

    memcpy(set, theta, P * sizeof *x);
    for (int k = 0; k < 12000; k++) {
        bool known = false;

        memcpy(x, theta, P * sizeof *x);
        shake(c, x, r);
        for (size_t i = 0; i < count && !known; i++) {
            double d = 0.0;

            for (size_t j = 0; j < P; j++) d = fmax(d, fabs(x[j] - set[i * P + j]));
            known = d < 1e-9;
        }
        if (known) continue;
        assert_true(count < MOST);
        memcpy(set + count++ * P, x, P * sizeof *x);
    }
    free(set);
    free(x);
    return (double)count;
}

static void copies_are_counted(void **state)
{
    static const struct {
        const char *net;
        double theta[16];
    } special[] = {
        {"tanh:2", {1, 2, 1, 2, 3, 3, 4, 4, 5}},     /* equal neurons       */
        {"tanh:2", {1, 2, -1, -2, 3, -3, 4, -4, 5}}, /* equal up to a flip  */
        {"tanh:2", {0, 0, 0, 0, 0, 0, 0, 0, 5}},     /* all flips fix it    */
        {"tanh:2", {1, 2, 0, 0, 3, 0, 4, 0, 5}},     /* one neuron is 0     */
        {"softplus:3", {1, 2, 1, 2, 3, 4, 0, 0, 1, 0, 0, 0, 5}},
        {"square:2", {1, 2, 0, 0, 3, 0, 4, 5, 6}},
        {"square:2", {1, 2, -1, -2, 3, -3, 4, 4, 6}},
        /* both layers exchanged together fix it: W1 rows equal, W2 symmetric */
        {"softplus:2,softplus:2", {1, 2, 1, 2, 3, 3, 4, 5, 5, 4, 6, 6, 7, 7, 8}},
        {"softplus:1+softplus:1", {1, 2, 3, 4, 1, 2, 3, 4, 5}},
        {"tanh:1+tanh:1", {1, 2, 3, 4, -1, -2, -3, -4, 5}},
        {"linear+linear", {1, 2, 1, 2, 5}},
    };
    nd_rng r = nd_rng_make(3, 3);

    (void)state;
    for (size_t k = 0; k < sizeof special / sizeof *special; k++) {
        double copies;
        lab_case c;

        lab_open(&c, 4, 2, xor_x, xor_y, special[k].net, "logistic", 0.1);
        nd_assert_ok(c.ctx, nd_copies(c.ctx, c.net, special[k].theta, &copies));
        if (copies != orbit_by_hand(&c, special[k].theta, &r))
            fail_msg("case %zu, %s: %g copies", k, special[k].net, copies);
        lab_close(&c);
    }
    for (size_t k = 0; k < NETS; k++) {
        double *theta, copies;
        lab_case c;

        open_random(&c, nets[k], 2, 0.1, 4, &theta);
        if (c.net->units <= 6) {
            nd_assert_ok(c.ctx, nd_copies(c.ctx, c.net, theta, &copies));
            if (copies != orbit_by_hand(&c, theta, &r)) fail_msg("%s: %g copies", nets[k], copies);
        }
        free(theta);
        lab_close(&c);
    }
}

/* 40 neurons: 40! 2^40 copies, in a moment. */
static void many_copies(void **state)
{
    double *theta, copies, expected = 1.0;
    lab_case c;

    (void)state;
    open_random(&c, "tanh:30", 2, 0.1, 4, &theta);
    for (int k = 1; k <= 30; k++) expected *= 2.0 * k;
    nd_assert_ok(c.ctx, nd_copies(c.ctx, c.net, theta, &copies));
    nd_assert_close(copies, expected, 1e-12, 0.0);
    memset(theta, 0, c.net->P * sizeof *theta);
    nd_assert_ok(c.ctx, nd_copies(c.ctx, c.net, theta, &copies));
    assert_true(copies == 1.0);
    free(theta);
    lab_close(&c);
}

/* ---- memory ----------------------------------------------------------------------------------------- */

static nd_status all_of_it(nd_ctx *ctx, void *arg)
{
    double p[9] = {1, 2, 3, 4, 5, 6, 7, 8, 9}, q[9], copies;
    nd_verdict v = {.loss = 1.0,
                    .cert = {.kind = "strict",
                             .truth = ND_PROVED,
                             .says = ND_SAYS_STRICT,
                             .loss_hi = 1.0,
                             .radius = 1e-12,
                             .mu = 1.0}};
    nd_null_causes causes;
    nd_table *data = NULL;
    nd_net *net = NULL;
    nd_sameness s;
    nd_problem pb;
    nd_loss loss;
    nd_status status;

    (void)arg;
    if ((status = nd_table_from_arrays(ctx, 4, 2, xor_x, xor_y, &data)) != ND_OK) goto done;
    if ((status = nd_net_parse(ctx, "tanh:2", 2, &net)) != ND_OK) goto done;
    if ((status = nd_loss_parse(ctx, "logistic", &loss)) != ND_OK) goto done;
    if ((status = nd_problem_make(ctx, net, data, loss, 0.0, &pb)) != ND_OK) goto done;
    if ((status = nd_canonical(ctx, net, 0.0, p)) != ND_OK) goto done;
    memcpy(q, p, sizeof p);
    if ((status = nd_compare(ctx, &pb, p, &v, q, &v, &s)) != ND_OK) goto done;
    if ((status = nd_copies(ctx, net, p, &copies)) != ND_OK) goto done;
    status = nd_explain_null(ctx, &pb, p, &causes);
done:
    nd_net_destroy(ctx, net);
    nd_table_destroy(ctx, data);
    return status;
}

static void failing_allocations(void **state)
{
    (void)state;
    nd_test_every_allocation(all_of_it, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(canonical_is_invariant),
        cmocka_unit_test(scaling_is_removed),
        cmocka_unit_test(canonical_corners),
        cmocka_unit_test(assignment_is_optimal),
        cmocka_unit_test(alignment),
        cmocka_unit_test(compare_proves),
        cmocka_unit_test(copies_are_counted),
        cmocka_unit_test(many_copies),
        cmocka_unit_test(failing_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
