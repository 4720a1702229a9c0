/* Copies of neurons at extrema of the potential: which are proved, and which must not be. */
#include "base/json.h"
#include "cert/attack.h"
#include "cert/dual.h"

static nd_truth prove(place *s)
{
    assert_int_equal(nd_prove_dual(s->ctx, &s->pb, s->theta, &s->cert), ND_OK);
    assert_string_equal(s->cert.kind, "dual");
    return s->cert.truth;
}

static void refuse(place *s)
{
    if (prove(s) != ND_UNKNOWN) fail_msg("proved: %s", s->cert.reason);
    assert_true(s->cert.reason[0] != 0 && s->cert.radius == 0.0 && s->cert.mu == 0.0);
    assert_int_equal(s->cert.says, ND_SAYS_NOTHING);
}

/* theta of a net of one layer of M neurons from that of m: copy[j] is the neuron of small
 * that neuron j is, part[j] its share of the output weight. */
static void copies(const nd_net *small, const double *theta, place *s, const size_t *copy,
                   const double *part)
{
    const nd_term *from = nd_dual_term(small), *to = nd_dual_term(s->net);
    const nd_layer *L = to->layer;

    for (size_t j = 0; j < to->out; j++) {
        memcpy(s->theta + L->W + j * L->in, theta + from->layer->W + copy[j] * L->in,
               L->in * sizeof *theta);
        if (L->bias) s->theta[L->b + j] = theta[from->layer->b + copy[j]];
        s->theta[to->a + j] = theta[from->a + copy[j]] * part[j];
    }
    s->theta[s->net->a0] = theta[small->a0];
}

/* ---- not-convex (theory.md, 10) ------------------------------------------------------------ */

#define W2 6.64134026836638e-4
static const double one_neuron[] = {1.188357449898873147, W2, W2, 0.0, .1019703509666280, 0.0};

static void not_convex_open(place *s, size_t M)
{
    const double plus[5][2] = {{.5, .2}, {-.8, -.1}, {2, 3.4}, {2, -6.2}, {-3, .75}};
    double x[30], y[10];
    char net[16];

    for (int i = 0; i < 5; i++) {
        const double row[] = {plus[i][0], plus[i][1], 0, -plus[i][0], 0, -plus[i][1]};

        memcpy(x + 6 * i, row, sizeof row);
        y[2 * i] = 1;
        y[2 * i + 1] = -1;
    }
    snprintf(net, sizeof net, "tanh:%zu", M);
    place_open(s, net, "polyhinge:3", 0.0, 10, 3, x, y);
}

/* M copies with random positive shares. */
static void not_convex_point(place *s, size_t M, uint64_t seed)
{
    nd_rng rng = nd_rng_make(seed, 1);
    size_t copy[64] = {0};
    double part[64], sum = 0.0;
    nd_net *one;

    for (size_t j = 0; j < M; j++) sum += part[j] = 0.1 + nd_rng_uniform(&rng);
    for (size_t j = 0; j < M; j++) part[j] /= sum;
    assert_int_equal(nd_net_parse(s->ctx, "tanh:1", 3, &one), ND_OK);
    copies(one, one_neuron, s, copy, part);
    nd_net_destroy(s->ctx, one);
}

static void expect_not_convex(place *s)
{
    if (prove(s) != ND_PROVED) fail_msg("%s: %s", s->net->spec, s->cert.reason);
    assert_int_equal(s->cert.says, ND_SAYS_LOCAL);
    assert_true(s->cert.loss_hi - s->cert.loss_lo < 1e-10);
    assert_true(fabs(s->cert.loss_lo - .9768132217) < 1e-10);
    assert_int_equal(s->cert.errors_lo, 4);
    assert_int_equal(s->cert.errors_hi, 4);
    assert_true(s->cert.radius > 0.0 && s->cert.radius < 1e-9);
    assert_true(s->cert.mu == 0.0 && s->cert.index == 0);
}

static void not_convex(void **state)
{
    const size_t Ms[] = {2, 5, 32};

    (void)state;
    for (int k = 0; k < 3; k++) {
        place s;

        not_convex_open(&s, Ms[k]);
        not_convex_point(&s, Ms[k], 3);
        expect_not_convex(&s);
        withstand(&s);
        reprove(&s);
        assert_int_equal(nd_certify(s.ctx, &s.pb, s.theta, &s.cert), ND_OK);
        assert_int_equal(s.cert.truth, ND_PROVED);
        assert_string_equal(s.cert.kind, "dual");
        place_close(&s);
    }
}

/* A single neuron is a strict minimum, and no two are equal. */
static void alone(void **state)
{
    place s;

    (void)state;
    not_convex_open(&s, 1);
    memcpy(s.theta, one_neuron, sizeof one_neuron);
    assert_int_equal(place_prove(&s), ND_PROVED);
    refuse(&s);
    place_close(&s);
}

/* ---- strict minima of small nets, doubled ---------------------------------------------------- */

/* sign(a) D^2 G is positive definite at every neuron, in plain double: its leading minors. */
static bool potential_convex(place *s)
{
    const nd_term *term = nd_dual_term(s->net);
    const nd_layer *L = term->layer;
    size_t n = s->data->n, M = term->out;
    double *c = malloc(n * sizeof *c), z, d[3];
    bool all = true;

    assert_int_equal(nd_problem_slopes(s->ctx, &s->pb, s->theta, s->work, c), ND_OK);
    for (size_t j = 0; j < M; j++) {
        double B[9] = {0}, x[3] = {0, 0, 1}, m2, m3;

        for (size_t i = 0; i < n; i++) {
            nd_table_row(s->data, i, x);
            z = s->theta[L->W + 2 * j] * x[0] + s->theta[L->W + 2 * j + 1] * x[1] +
                s->theta[L->b + j];
            L->act->jet(1, &z, 2, (double *const[]){d, d + 1, d + 2});
            for (int k = 0; k < 9; k++) B[k] += c[i] * d[2] * x[k / 3] * x[k % 3];
        }
        for (int k = 0; k < 9; k++) B[k] *= s->theta[term->a + j] > 0.0 ? 1.0 : -1.0;
        m2 = B[0] * B[4] - B[1] * B[3];
        m3 = B[0] * (B[4] * B[8] - B[5] * B[7]) - B[1] * (B[3] * B[8] - B[5] * B[6]) +
             B[2] * (B[3] * B[7] - B[4] * B[6]);
        all = all && B[0] > 0.0 && m2 > 0.0 && m3 > 0.0;
    }
    free(c);
    return all;
}

static void noise_open(place *s, const char *net, uint64_t data)
{
    nd_rng rng = nd_rng_make(data, 5);
    double x[64], y[32];

    for (int i = 0; i < 64; i++) x[i] = nd_rng_normal(&rng);
    for (int i = 0; i < 32; i++) y[i] = nd_rng_uniform(&rng) < 0.5 ? 1.0 : -1.0;
    place_open(s, net, "polyhinge:3", 0.0, 32, 2, x, y);
}

/* Random labels: where training a net of m neurons ends. */
static void small_minimum(place *s, const char *act, size_t m, uint64_t seed)
{
    char net[32];

    snprintf(net, sizeof net, "%s:%zu", act, m);
    noise_open(s, net, seed);
    nd_net_start(s->net, seed, 0, 1.0, s->theta);
    place_descend(s);
}

/* Neuron 0 of small three times, the others twice. */
static void double_it(const place *small, const char *act, place *s, uint64_t seed)
{
    char net[32];
    size_t copy[9], M = 0, m = nd_dual_term(small->net)->out;
    double part[9];

    for (size_t j = 0; j < m; j++)
        for (size_t k = 0; k < (j == 0 ? 3U : 2U); k++, M++) {
            copy[M] = j;
            part[M] = j > 0 ? 0.5 : k == 0 ? 0.25 : 0.375;
        }
    snprintf(net, sizeof net, "%s:%zu", act, M);
    noise_open(s, net, seed);
    copies(small->net, small->theta, s, copy, part);
}

/* Where the potential is indefinite at a pair of equal neurons, moving them apart so that the
 * output stays to first order lowers the loss. */
static void part_company(place *s, size_t i, size_t j)
{
    const nd_term *term = nd_dual_term(s->net);
    const nd_layer *L = term->layer;
    nd_rng rng = nd_rng_make(1, 1);
    double start, low, value, ai = s->theta[term->a + i], aj = s->theta[term->a + j];
    double *y = malloc(s->net->P * sizeof *y);

    assert_int_equal(nd_problem_value(s->ctx, &s->pb, s->theta, s->work, &start), ND_OK);
    low = start;
    for (int k = 0; k < 2000; k++) {
        memcpy(y, s->theta, s->net->P * sizeof *y);
        for (size_t l = 0; l < L->in + 1; l++) {
            double u = 1e-2 * nd_rng_normal(&rng) * fabs(ai);
            size_t p = l < L->in ? L->W + i * L->in + l : L->b + i;
            size_t q = l < L->in ? L->W + j * L->in + l : L->b + j;

            y[p] += u / ai;
            y[q] -= u / aj;
        }
        assert_int_equal(nd_problem_value(s->ctx, &s->pb, y, s->work, &value), ND_OK);
        low = fmin(low, value);
    }
    free(y);
    if (!(low < start * (1.0 - 1e-12))) fail_msg("no lower point: %g", low - start);
}

typedef struct {
    size_t nets, proved, indefinite;
} tally;

static void doubled(const char *act, size_t m, uint64_t seed, tally *t)
{
    place small, s;

    small_minimum(&small, act, m, seed);
    double_it(&small, act, &s, seed);
    t->nets++;
    if (place_prove(&small) != ND_PROVED) {
        refuse(&s);
    } else if (potential_convex(&small)) {
        if (prove(&s) != ND_PROVED) fail_msg("%s %d: %s", act, (int)seed, s.cert.reason);
        assert_int_equal(s.cert.errors_lo, small.cert.errors_lo);
        assert_true(fabs(s.cert.loss_lo - small.cert.loss_lo) < 1e-14 &&
                    fabs(s.cert.loss_hi - small.cert.loss_hi) < 1e-14);
        assert_true(s.cert.radius >= small.cert.radius);
        t->proved++;
        withstand_some(&s);
        reprove(&s);
    } else {
        refuse(&s);
        t->indefinite++;
        part_company(&s, 0, 1);
    }
    place_close(&small);
    place_close(&s);
}

static void strict_doubled(void **state)
{
    const char *acts[] = {"silu", "gelu", "tanh"};
    tally t = {0, 0, 0};

    (void)state;
    for (uint64_t seed = 1; seed <= 36; seed++) doubled(acts[seed % 3], 1, seed, &t);
    doubled("silu", 2, 123, &t); /* two groups */
    doubled("gelu", 2, 141, &t);
    printf("%zu nets: %zu proved, %zu strict ones whose potential is indefinite\n", t.nets,
           t.proved, t.indefinite);
    assert_true(t.proved >= 6 && t.indefinite >= 4);
}

/* ---- without bias, with a linear term, sparse ------------------------------------------------- */

/* theory.md, 5, square-loss: one exp neuron without bias, a < 0. */
static void no_bias(void **state)
{
    const double x[] = {-3, -2, -1, -.5, .2, .4, .6, 12}, y[] = {-1, -1, -1, -1, 1, 1, 1, 1};
    const double w = -.31161771272198720, a = -1.0746548447771854, a0 = 1.2924941454987345;
    place s;

    (void)state;
    place_open(&s, "exp:2:nobias", "square", 0.0, 8, 1, x, y);
    s.theta[0] = s.theta[1] = w;
    s.theta[2] = 0.25 * a;
    s.theta[3] = 0.75 * a;
    s.theta[4] = a0;
    /* the potential decides: G'' = sum c_i x_i^2 e^(w x_i) < 0 at a < 0, or it is no minimum */
    if (prove(&s) == ND_PROVED) {
        withstand(&s);
        reprove(&s);
    } else {
        fall(&s);
    }
    place_close(&s);
}

/* A linear term beside the neurons: random starts; whatever is proved stands, and some is. */
static void with_linear(void **state)
{
    const uint64_t seeds[] = {2, 4, 7, 9, 13};
    size_t proved = 0;

    (void)state;
    for (int k = 0; k < 5; k++) {
        const size_t from[] = {0, 1, 0, 1, 2, 2, 3, 3, 4, 5, 6};
        place small, s;

        noise_open(&small, "silu:1+linear", seeds[k]);
        nd_net_start(small.net, seeds[k], 0, 1.0, small.theta);
        place_descend(&small);
        noise_open(&s, "silu:2+linear", seeds[k]);
        for (size_t i = 0; i < 11; i++) s.theta[i] = small.theta[from[i]];
        s.theta[6] *= 0.5;
        s.theta[7] *= 0.5;
        place_prove(&small);
        if (prove(&s) == ND_PROVED) {
            assert_true(small.cert.truth == ND_PROVED && potential_convex(&small));
            proved++;
            withstand_some(&s);
            reprove(&s);
        } else {
            assert_false(small.cert.truth == ND_PROVED && potential_convex(&small));
        }
        place_close(&small);
        place_close(&s);
    }
    printf("with a linear term: %zu of 5 proved\n", proved);
    assert_true(proved > 0);
}

/* ---- never ------------------------------------------------------------------------------------ */

static void wrong_copies(void **state)
{
    place s;
    double old;

    (void)state;
    not_convex_open(&s, 3);
    not_convex_point(&s, 3, 3);
    expect_not_convex(&s);
    /* one copy of the opposite sign, the sum as before */
    old = s.theta[12];
    s.theta[12] = -0.02;
    s.theta[13] += old + 0.02;
    refuse(&s);
    fall(&s);
    /* an idle copy */
    s.theta[13] -= 0.02;
    s.theta[12] = 0.0;
    refuse(&s);
    not_convex_point(&s, 3, 3);
    /* one that is not quite equal: two groups whose reduced net has a flat direction */
    s.theta[0] = nextafter(s.theta[0], 2.0);
    refuse(&s);
    not_convex_point(&s, 3, 3);
    s.theta[14] *= 1.001; /* the sum is off: near still, within a radius that says so */
    if (prove(&s) == ND_PROVED) assert_true(s.cert.radius > 1e-5);
    s.theta[14] *= 1.5;
    refuse(&s);
    s.theta[14] = NAN;
    refuse(&s);
    place_close(&s);
}

static void wrong_nets(void **state)
{
    const char *nets[] = {
        "tanh:1,softplus:2",   "res(tanh:3)", "softplus:2+tanh:2", "linear", "relu:2",
        "tanh:2+linear+linear"};
    place s;

    (void)state;
    for (int k = 0; k < 6; k++) {
        nd_loss ls;
        nd_net *net;
        bool changed;

        not_convex_open(&s, 1);
        assert_int_equal(nd_net_parse(s.ctx, nets[k], 3, &net), ND_OK);
        nd_net_destroy(s.ctx, s.net);
        free(s.theta);
        s.net = net;
        s.theta = calloc(net->P, sizeof *s.theta);
        for (size_t i = 0; i < net->P; i++) s.theta[i] = 0.5;
        assert_int_equal(nd_loss_parse(s.ctx, "polyhinge:3", &ls), ND_OK);
        assert_int_equal(nd_problem_make(s.ctx, net, s.data, ls, 0.0, &s.pb), ND_OK);
        refuse(&s);
        assert_int_equal(nd_cert_snap(s.ctx, &s.pb, s.theta, &changed), ND_OK);
        place_close(&s);
    }
    not_convex_open(&s, 2); /* ridge */
    not_convex_point(&s, 2, 1);
    s.pb.l2 = 1e-12;
    refuse(&s);
    place_close(&s);
}

/* Any point with equal neurons that is no minimum of the small net. */
static void saddles(void **state)
{
    nd_rng rng = nd_rng_make(31, 0);
    place s;

    (void)state;
    not_convex_open(&s, 4);
    for (int k = 0; k < 30; k++) {
        for (size_t i = 0; i < 3; i++) s.theta[i] = nd_rng_normal(&rng);
        for (size_t i = 3; i < 12; i++) s.theta[i] = s.theta[i % 3];
        for (size_t i = 12; i < 16; i++) s.theta[i] = k % 2 ? 0.0 : 0.3;
        for (size_t i = 16; i < 20; i++) s.theta[i] = 0.1 + nd_rng_uniform(&rng);
        refuse(&s);
    }
    for (size_t i = 0; i < 16; i++) s.theta[i] = 0.0; /* w = 0 */
    refuse(&s);
    place_close(&s);
}

/* ---- the way there, the file, memory ------------------------------------------------------------ */

/* Copies that differ, one of them turned (tanh is odd): made equal, then proved. */
static void snap(void **state)
{
    nd_rng rng = nd_rng_make(8, 8);
    bool changed;
    place s;

    (void)state;
    not_convex_open(&s, 5);
    not_convex_point(&s, 5, 2);
    for (size_t i = 0; i < 15; i++) s.theta[i] += 1e-8 * nd_rng_normal(&rng);
    for (size_t i = 3; i < 6; i++) s.theta[i] = -s.theta[i];
    s.theta[16] = -s.theta[16];
    s.theta[21] = -s.theta[21];
    refuse(&s);
    assert_int_equal(nd_cert_snap(s.ctx, &s.pb, s.theta, &changed), ND_OK);
    assert_true(changed);
    expect_not_convex(&s);
    assert_true(s.cert.radius < 1e-13); /* polished */
    reprove(&s);
    place_close(&s);
    /* far apart: nothing to do */
    not_convex_open(&s, 5);
    not_convex_point(&s, 5, 2);
    for (size_t i = 0; i < 15; i++) s.theta[i] += 1e-3 * nd_rng_normal(&rng);
    assert_int_equal(nd_cert_snap(s.ctx, &s.pb, s.theta, &changed), ND_OK);
    assert_false(changed);
    place_close(&s);
}

/* Training from copies that differ ends at equal ones. */
static void trained(void **state)
{
    nd_rng rng = nd_rng_make(8, 9);
    size_t proved = 0;

    (void)state;
    for (int k = 0; k < 10; k++) {
        bool changed;
        place s;

        not_convex_open(&s, 3);
        not_convex_point(&s, 3, (uint64_t)k);
        for (size_t i = 0; i < s.net->P; i++) s.theta[i] += 1e-3 * nd_rng_normal(&rng);
        place_descend(&s);
        assert_int_equal(nd_cert_snap(s.ctx, &s.pb, s.theta, &changed), ND_OK);
        assert_int_equal(nd_certify(s.ctx, &s.pb, s.theta, &s.cert), ND_OK);
        if (s.cert.truth == ND_PROVED) {
            proved++;
            reprove(&s);
        } else {
            printf("%s\n", s.cert.reason);
        }
        place_close(&s);
    }
    printf("%zu of 10 proved where training ends\n", proved);
    assert_true(proved >= 8);
}

static void groups(void **state)
{
    json_t *claims = json_object(), *list;
    const int expected[] = {0, 1, 0, 2, 1};
    place s;

    (void)state;
    not_convex_open(&s, 5);
    for (int j = 0; j < 5; j++) {
        s.theta[3 * j] = expected[j];
        s.theta[20 + j] = 1.0;
    }
    assert_int_equal(nd_claim_dual(s.ctx, &s.pb, s.theta, &s.cert, claims), ND_OK);
    list = json_object_get(claims, "groups");
    assert_int_equal(json_array_size(list), 5);
    for (size_t j = 0; j < 5; j++)
        assert_int_equal(json_integer_value(json_array_get(list, j)), expected[j]);
    json_decref(claims);
    place_close(&s);
}

/* One neuron for each group keeps the outputs, and the way back is the inverse. */
static void reduced(void **state)
{
    const size_t group[] = {0, 1, 0, 2, 1};
    double f[10], g[10], back[26];
    nd_rng rng = nd_rng_make(3, 8);
    nd_reduced r;
    place s;

    (void)state;
    not_convex_open(&s, 5);
    for (size_t k = 0; k < s.net->P; k++) s.theta[k] = nd_rng_normal(&rng);
    for (size_t j = 0; j < 5; j++) {
        memcpy(s.theta + 3 * j, s.theta + 3 * group[j], 3 * sizeof(double));
        s.theta[15 + j] = s.theta[15 + group[j]];
        s.theta[20 + j] = fabs(s.theta[20 + j]);
    }
    /* neuron 3 is group 2: its own weights, not those of neuron 2 */
    for (size_t k = 0; k < 3; k++) s.theta[9 + k] = 2.0 + (double)k;
    assert_int_equal(nd_reduce(s.ctx, &s.pb, s.theta, group, 3, &r), ND_OK);
    assert_string_equal(r.net->spec, "tanh:3");
    assert_int_equal(nd_net_outputs(s.ctx, s.net, s.data, s.theta, f), ND_OK);
    assert_int_equal(nd_net_outputs(s.ctx, r.net, s.data, r.theta, g), ND_OK);
    assert_true(nd_test_distance(f, g, 10, 1.0) < 1e-14);
    memcpy(back, s.theta, sizeof back);
    nd_expand(&s.pb, &r, group, back);
    assert_true(nd_test_distance(back, s.theta, 26, 1.0) < 1e-15);
    nd_reduced_clear(s.ctx, &r);
    place_close(&s);
}

static nd_status scenario(nd_ctx *ctx, void *arg)
{
    place *s = arg;
    nd_cert c;
    bool changed;
    nd_status status = nd_prove_dual(ctx, &s->pb, s->theta, &c);

    return status == ND_OK ? nd_cert_snap(ctx, &s->pb, s->theta, &changed) : status;
}

static void every_allocation(void **state)
{
    place s;

    (void)state;
    not_convex_open(&s, 2);
    not_convex_point(&s, 2, 1);
    assert_true(nd_test_every_allocation(scenario, &s) > 20);
    place_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(not_convex),
        cmocka_unit_test(alone),
        cmocka_unit_test(strict_doubled),
        cmocka_unit_test(no_bias),
        cmocka_unit_test(with_linear),
        cmocka_unit_test(wrong_copies),
        cmocka_unit_test(wrong_nets),
        cmocka_unit_test(saddles),
        cmocka_unit_test(snap),
        cmocka_unit_test(trained),
        cmocka_unit_test(groups),
        cmocka_unit_test(reduced),
        cmocka_unit_test(every_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
