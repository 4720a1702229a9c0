/* The kind flat: minima with idle coordinates and symmetries, and what must not pass. */
#include "cert/kinds_support.h"

#include "cert/flat.h"

/* Best constant for polyhinge:3: omega+ (1 - v)^2 = omega- (1 + v)^2. */
static double best_constant(double positive, double negative)
{
    double r = sqrt(negative / positive);
    return (1.0 - r) / (1.0 + r);
}

/* ---- dead ReLU (theory.md, 5) ---------------------------------------------------------- */

static void dead_case(size_t n, size_t d, const double *x, const double *y, size_t M, double top,
                      size_t errors)
{
    char net[32];
    double plus = 0.0;
    place s;

    snprintf(net, sizeof net, "relu:%zu", M);
    for (size_t i = 0; i < n; i++) plus += y[i] > 0.0 ? 1.0 : 0.0;
    place_open(&s, net, "polyhinge:3", 0.0, n, d, x, y);
    for (size_t k = 0; k < s.net->P; k++) s.theta[k] = 0.1 * cos((double)k);
    for (size_t j = 0; j < M; j++) s.theta[M * d + j] = -top; /* b: below all w.x */
    s.theta[s.net->a0] = best_constant(plus, (double)n - plus);
    place_try(&s, nd_prove_flat);
    place_stands(&s, "flat", ND_SAYS_LOCAL);
    assert_true(s.cert.errors_lo <= errors && errors <= s.cert.errors_hi);
    if (2.0 * plus != (double)n) assert_int_equal(s.cert.errors_lo, s.cert.errors_hi);
    assert_true(s.cert.mu > 0.5);
    /* one neuron alive on one sample: its gradient is not 0 */
    s.theta[M * d] = top;
    place_try(&s, nd_prove_flat);
    place_refused(&s, "in the others");
    place_close(&s);
}

static void dead_relu(void **state)
{
    const double line[] = {-2, -1, 1, 2, 3}, line_y[] = {-1, -1, 1, 1, 1};
    const double plane[] = {1, 2, 0, 1, -1, 3, 2, -2, 0, -1, -3, -1},
                 plane_y[] = {1, 1, 1, -1, -1, -1};

    (void)state;
    for (size_t M = 1; M <= 8; M += M == 1 ? 2 : 5) {
        dead_case(5, 1, line, line_y, M, 5.0, 2);
        dead_case(4, 2, xor_x, xor_y, M, 3.0, 2);
        dead_case(6, 2, plane, plane_y, M, 4.0, 3);
    }
}

static void weights(void **state)
{
    const double x[] = {-2, -1, 1, 2, 3}, y[] = {-1, -1, 1, 1, 1};
    double omega[] = {1, 1, 3, 1, 0.5}, v = best_constant(4.5, 2.0);
    place s;

    (void)state;
    place_open(&s, "relu:2", "polyhinge:3", 0.0, 5, 1, x, y);
    s.data->weight = omega;
    s.theta[2] = s.theta[3] = -1.0;
    s.theta[6] = v;
    place_try(&s, nd_prove_flat);
    place_stands(&s, "flat", ND_SAYS_LOCAL);
    nd_assert_close(s.cert.loss_hi, (4.5 * pow(1 - v, 3) + 2.0 * pow(1 + v, 3)) / 5.0, 1e-12, 1.0);
    s.data->weight = NULL;
    place_close(&s);
}

/* A neuron at its kink on one sample, dead on all others. */
static void on_the_kink(void **state)
{
    const double x[] = {-2, -1, 1, 2}, y[] = {-1, -1, 1, 1};
    place s;

    (void)state;
    place_open(&s, "relu:1", "polyhinge:3", 0.0, 4, 1, x, y);
    s.theta[0] = 1.0; /* w */
    s.theta[2] = 0.5; /* a */
    for (int k = 0; k < 3; k++) {
        s.theta[1] = k == 0 ? -2.0 : k == 1 ? nextafter(-2.0, 0.0) : nextafter(-2.0, -3.0);
        place_try(&s, nd_prove_flat);
        place_refused(&s, "");
        place_try(&s, nd_prove_strict);
        place_refused(&s, "");
    }
    s.theta[1] = -2.0 - 0x1p-40; /* dead, by little */
    assert_int_equal(place_try(&s, nd_prove_flat), ND_PROVED);
    s.theta[1] = -2.0 - 0x1p-48; /* dead at theta, perhaps not within the radius */
    s.theta[3] = 1e-9;
    place_try(&s, nd_prove_flat);
    place_refused(&s, "may not be so within the radius");
    place_close(&s);
}

/* An inactive sample may sit on the kink. */
static void inactive_on_the_kink(void **state)
{
    const double x[] = {-3, -2, 1, 5}, y[] = {-1, 1, -1, 1};
    place s;

    (void)state;
    place_open(&s, "relu:2", "polyhinge:3", 0.0, 4, 1, x, y);
    s.theta[0] = s.theta[1] = 1.0;
    s.theta[2] = -3.0; /* at x = 5: f = 4 - 1/3, l = 0, and dead at the others */
    s.theta[3] = -5.0; /* on its kink at x = 5 */
    s.theta[4] = 2.0;
    s.theta[5] = 1.0;
    s.theta[6] = best_constant(1.0, 2.0);
    place_try(&s, nd_prove_flat);
    place_stands(&s, "flat", ND_SAYS_LOCAL);
    place_close(&s);
}

/* ---- idle for other reasons ------------------------------------------------------------- */

static void lists(place *s, size_t idles, size_t gauges)
{
    nd_flat_lists l;

    assert_int_equal(nd_flat_find(s->ctx, &s->pb, s->theta, 0.0, &l), ND_OK);
    if (l.idles != idles || l.gauges != gauges)
        fail_msg("%s: %zu idle, %zu gauges", s->net->spec, l.idles, l.gauges);
    assert_int_equal(l.idles + l.gauges + l.rests, s->net->P);
    for (size_t i = 1; i < l.rests; i++) assert_true(l.rest[i - 1] < l.rest[i]);
    nd_flat_clear(s->ctx, &l);
}

static const double two_x[] = {1, 0, -1, 0, 2, 0, -3, 0}, two_y[] = {1, -1, -1, 1};

static void idle_lists(void **state)
{
    nd_flat_lists l;
    place s;

    (void)state;
    /* the second feature is 0: W_j2 and u_2 */
    place_open(&s, "softplus:2+linear", "polyhinge:3", 0.0, 4, 2, two_x, two_y);
    for (size_t k = 0; k < s.net->P; k++) s.theta[k] = 0.3 + 0.1 * (double)k;
    lists(&s, 3, 0);
    s.pb.l2 = 1e-9;
    lists(&s, 0, 0);
    place_close(&s);
    /* dead first layer: W1, b1, W2 (its inputs are 0), not b2, a, a0; res keeps h alive */
    place_open(&s, "relu:2,tanh:2", "polyhinge:3", 0.0, 4, 2, two_x, two_y);
    s.theta[4] = s.theta[5] = -1.0;
    for (size_t k = 6; k < s.net->P; k++) s.theta[k] = 0.3;
    lists(&s, 4 + 2 + 4, 0);
    place_close(&s);
    place_open(&s, "tanh:2,res(relu:2)", "polyhinge:3", 0.0, 4, 2, two_x, two_y);
    for (size_t k = 0; k < s.net->P; k++) s.theta[k] = 0.3;
    s.theta[10] = s.theta[11] = -5.0; /* b2 */
    lists(&s, 2 + 4 + 2, 0);          /* W1's second column; W2, b2 */
    place_close(&s);
    /* a sample whose loss is 0 does not matter, whatever its neuron does */
    place_open(&s, "relu:1", "polyhinge:3", 0.0, 4, 2, two_x, two_y);
    s.theta[0] = -1.0; /* alive at x_1 = -3 alone, where f = 2 */
    s.theta[2] = -2.5;
    s.theta[3] = 4.0;
    lists(&s, 4, 0);
    s.theta[3] = 3.0; /* f = 1.5 */
    lists(&s, 4, 0);
    s.theta[3] = 1.9; /* f = 0.95 */
    lists(&s, 1, 1);
    place_close(&s);
    /* a dead second layer hides the first */
    place_open(&s, "tanh:2,relu:2", "polyhinge:3", 0.0, 4, 2, two_x, two_y);
    for (size_t k = 0; k < s.net->P; k++) s.theta[k] = 0.3;
    s.theta[10] = s.theta[11] = -5.0;
    lists(&s, s.net->P - 1, 0);
    s.theta[11] = 5.0; /* its second neuron lives: dead are W2's first row, b2_1, a_1 */
    lists(&s, 2 + 2 + 1 + 1, 1);
    place_close(&s);
    /* no activation vanishes, no dead neurons; square without symmetry of exp */
    place_open(&s, "exp:2:nobias", "polyhinge:3", 0.0, 4, 2, xor_x, xor_y);
    for (size_t k = 0; k < s.net->P; k++) s.theta[k] = 0.3;
    lists(&s, 0, 0);
    place_close(&s);
    /* a weight between two layers is moved by two symmetries */
    place_open(&s, "relu:1:nobias,relu:1", "square", 0.0, 4, 2, xor_x, xor_y);
    s.theta[0] = 1.0;
    s.theta[2] = 9.0;
    s.theta[3] = s.theta[4] = 0.5;
    assert_int_equal(nd_flat_find(s.ctx, &s.pb, s.theta, 0.0, &l), ND_OK);
    assert_int_equal(l.gauges, 2);
    assert_int_equal(l.gauge[0], 0);
    assert_int_equal(l.gauge[1], 3);
    nd_flat_clear(s.ctx, &l);
    place_close(&s);
    place_open(&s, "relu:2,res(relu:2)", "square", 0.0, 4, 2, xor_x, xor_y);
    for (size_t k = 0; k < s.net->P; k++) s.theta[k] = 3.0;
    lists(&s, 0, 0); /* no symmetry through a residual layer */
    place_close(&s);
}

/* The largest of what the symmetry moves, by its speed. */
static void gauges(void **state)
{
    nd_flat_lists l;
    place s;

    (void)state;
    place_open(&s, "exp:1+square:1+leakyrelu:1", "square", 0.0, 4, 2, xor_x, xor_y);
    const double theta[] = {5, 5, .3, .9, 1, .5, .2, -.6, 2, -2.5, .7, -1, .1};
    memcpy(s.theta, theta, sizeof theta);
    assert_int_equal(s.net->P, 13);
    assert_int_equal(nd_flat_find(s.ctx, &s.pb, s.theta, 0.0, &l), ND_OK);
    assert_int_equal(l.gauges, 3);
    assert_int_equal(l.gauge[0], 2); /* b: speed 1 against |a| = .9                */
    assert_int_equal(l.gauge[1], 7); /* square: 2 |a| = 1.2 against 1              */
    assert_int_equal(l.gauge[2], 9); /* leakyrelu: |w_2| = 2.5                     */
    nd_flat_clear(s.ctx, &l);
    s.theta[3] = -1.1;
    s.theta[4] = 1.3;
    assert_int_equal(nd_flat_find(s.ctx, &s.pb, s.theta, 0.0, &l), ND_OK);
    assert_int_equal(l.gauge[0], 3);
    assert_int_equal(l.gauge[1], 4);
    nd_flat_clear(s.ctx, &l);
    place_close(&s);
}

/* ---- symmetries -------------------------------------------------------------------------- */

static void noisy(place *s, const char *net, const char *loss, double l2, uint64_t seed)
{
    nd_rng rng = nd_rng_make(seed, 1);
    double x[80], y[40];

    for (int i = 0; i < 80; i++) x[i] = nd_rng_normal(&rng);
    for (int i = 0; i < 40; i++)
        y[i] = x[2 * i] + 0.3 * x[2 * i + 1] + 1.2 * nd_rng_normal(&rng) > 0.0 ? 1.0 : -1.0;
    place_open(s, net, loss, l2, 40, 2, x, y);
    nd_net_start(s->net, seed, 0, 1.0, s->theta);
}

/* Trained nets: how many ends are proved, each of them attacked. */
static size_t trained(const char *net, const char *loss, double l2, kind_prove prove,
                      const char *kind, nd_says says, size_t seeds)
{
    size_t proved = 0;

    for (uint64_t seed = 1; seed <= seeds; seed++) {
        place s;

        noisy(&s, net, loss, l2, seed);
        place_lbfgs(&s, 3000);
        if (place_try(&s, prove) == ND_PROVED) {
            proved++;
            place_stands(&s, kind, says);
        } else if (getenv("WHY"))
            printf("   %llu %s\n", (unsigned long long)seed, s.cert.reason);
        place_close(&s);
    }
    printf("%s %s lambda %g: %zu of %zu ends are %s\n", net, loss, l2, proved, seeds, kind);
    return proved;
}

static void symmetries(void **state)
{
    (void)state;
    assert_true(trained("exp:1", "logistic", 0.0, nd_prove_flat, "flat", ND_SAYS_LOCAL, 8) >= 2);
    assert_true(trained("square:1", "logistic", 0.0, nd_prove_flat, "flat", ND_SAYS_LOCAL, 8) >= 4);
    assert_true(trained("relu:2", "square", 0.0, nd_prove_flat, "flat", ND_SAYS_LOCAL, 12) >= 1);
    assert_true(trained("leakyrelu:2", "logistic", 0.0, nd_prove_flat, "flat", ND_SAYS_LOCAL, 12) >=
                1);
}

static void ridge(void **state)
{
    (void)state;
    assert_true(
        trained("relu:1", "polyhinge:3", 1e-2, nd_prove_strict, "strict", ND_SAYS_STRICT, 12) >= 3);
    assert_true(trained("leakyrelu:1", "logistic", 1e-2, nd_prove_strict, "strict", ND_SAYS_STRICT,
                        12) >= 3);
    assert_true(trained("relu:1,tanh:2", "logistic", 1e-2, nd_prove_strict, "strict",
                        ND_SAYS_STRICT, 12) >= 3);
}

/* ---- never ------------------------------------------------------------------------------- */

static void never(void **state)
{
    place s;

    (void)state;
    /* saddle: relu on XOR with everything 0, and with a = 0 */
    place_open(&s, "relu:2", "polyhinge:3", 0.0, 4, 2, xor_x, xor_y);
    place_try(&s, nd_prove_flat);
    place_refused(&s, "");
    for (size_t k = 0; k < 4; k++) s.theta[k] = 0.5;
    s.theta[4] = s.theta[5] = 3.0; /* positive everywhere, a = 0: f = 0 */
    place_try(&s, nd_prove_flat);
    place_refused(&s, "");
    s.theta[0] = NAN;
    place_try(&s, nd_prove_flat);
    place_refused(&s, "not finite");
    place_close(&s);
    /* nothing idle, no symmetry */
    place_open(&s, "tanh:2", "polyhinge:3", 0.0, 4, 2, xor_x, xor_y);
    place_try(&s, nd_prove_flat);
    place_refused(&s, "no coordinate is idle");
    place_close(&s);
    /* even-square: all f = 0 are minima, more of them than a gauge explains */
    const double x[] = {1, -1}, y[] = {1, -1};
    place_open(&s, "square:1:nobias", "polyhinge:3", 0.0, 2, 1, x, y);
    s.theta[0] = 1.0;
    s.theta[1] = 0.5;
    s.theta[2] = -0.5;
    place_try(&s, nd_prove_flat);
    place_refused(&s, "in the others");
    place_close(&s);
}

static nd_status scenario(nd_ctx *ctx, void *arg)
{
    place *s = arg;
    nd_cert c;
    nd_status status = nd_prove_flat(ctx, &s->pb, s->theta, &c);

    if (status == ND_OK && c.truth == ND_PROVED) {
        char file[] = "/tmp/nadir-flat-XXXXXX";
        int fd = mkstemp(file);

        assert_true(fd >= 0);
        close(fd);
        status = nd_cert_save(ctx, &s->pb, s->theta, &c, file);
        unlink(file);
    }
    return status;
}

static void every_allocation(void **state)
{
    const double x[] = {-2, -1, 1, 2}, y[] = {-1, -1, 1, 1};
    place s;

    (void)state;
    place_open(&s, "relu:2", "polyhinge:3", 0.0, 4, 1, x, y);
    s.theta[2] = s.theta[3] = -1.0;
    assert_true(nd_test_every_allocation(scenario, &s) > 10);
    place_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dead_relu),   cmocka_unit_test(weights),
        cmocka_unit_test(on_the_kink), cmocka_unit_test(inactive_on_the_kink),
        cmocka_unit_test(idle_lists),  cmocka_unit_test(gauges),
        cmocka_unit_test(symmetries),  cmocka_unit_test(ridge),
        cmocka_unit_test(never),       cmocka_unit_test(every_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
