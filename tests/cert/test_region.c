/* The kind region: minima of piecewise linear nets, and what must not pass. */
#include "cert/kinds_support.h"

#include "base/memory.h"
#include "cert/region.h"
#include "theory/exact.h"

/* ---- linear-leaky (theory.md, 5) ----------------------------------------------------- */

/* All preactivations positive on XOR, f = shift up to rounding. */
static void leaky_open(place *s, size_t M, const char *loss, double shift)
{
    char net[32];
    double w[2] = {0.0, 0.0}, f = 0.0;

    snprintf(net, sizeof net, "leakyrelu:%zu", M);
    place_open(s, net, loss, 0.0, 4, 2, xor_x, xor_y);
    for (size_t j = 0; j < M; j++) {
        double *W = s->theta + 2 * j, *b = s->theta + 2 * M + j, *a = s->theta + 3 * M + j;

        *a = 1.0 + 0.3 * cos(2.0 * (double)j);
        *b = (M > 3 ? 16.0 : 6.0) + sin((double)j);
        for (size_t k = 0; k < 2; k++) {
            W[k] = j + 1 < M ? cos(3.0 * (double)(2 * j + k)) : -w[k] / *a;
            w[k] += *a * W[k];
        }
        f += *a * *b;
    }
    s->theta[s->net->a0] = shift - f;
}

static void linear_leaky(void **state)
{
    const char *losses[] = {"polyhinge:3", "logistic", "exponential", "square"};

    (void)state;
    if (!nd_exact_available()) skip(); /* no ranks, no proofs */
    for (size_t M = 1; M <= 8; M += M == 1 ? 2 : 5)
        for (size_t l = 0; l < 4; l++) {
            place s;

            leaky_open(&s, M, losses[l], 0.0);
            place_try(&s, nd_prove_region);
            place_stands(&s, "region", ND_SAYS_LOCAL);
            if (l == 0) assert_true(s.cert.loss_lo > 1.0 - 1e-10 && s.cert.loss_hi < 1.0 + 1e-10);
            place_close(&s);
        }
}

/* Off by a little theta* is near; by much it is not affine-optimal. */
static void shifted(void **state)
{
    place s;

    (void)state;
    if (!nd_exact_available()) skip(); /* no ranks, no proofs */
    leaky_open(&s, 3, "polyhinge:3", 1e-7);
    place_try(&s, nd_prove_region);
    assert_int_equal(s.cert.truth, ND_PROVED);
    assert_true(s.cert.radius > 1e-9 && s.cert.loss_lo < 1.0);
    place_close(&s);
    /* the same, with a neuron so near its kink that it may not reach theta* on this side */
    size_t wide = 0;
    for (double z = 1e-8; z < 1e-6; z *= 1.2) {
        leaky_open(&s, 3, "polyhinge:3", 1e-7);
        double b = fabs(s.theta[0]) + fabs(s.theta[1]) + z; /* at one corner */
        s.theta[12] += s.theta[9] * (s.theta[6] - b);
        s.theta[6] = b;
        place_try(&s, nd_prove_region);
        wide += strstr(s.cert.reason, "may reach its kink") != NULL;
        assert_true(s.cert.truth ==
                    (z > s.cert.radius && s.cert.radius > 0.0 ? ND_PROVED : ND_UNKNOWN));
        place_close(&s);
    }
    assert_true(wide > 0);
    leaky_open(&s, 3, "polyhinge:3", 0.7);
    place_try(&s, nd_prove_region);
    place_refused(&s, "no critical point near");
    place_close(&s);
    leaky_open(&s, 3, "polyhinge:3", 0.0);
    s.pb.l2 = 1e-6;
    place_try(&s, nd_prove_region);
    place_refused(&s, "lambda");
    s.pb.l2 = 0.0;
    s.theta[6] = -6.0; /* another region: no minimum there */
    place_try(&s, nd_prove_region);
    place_refused(&s, "");
    s.theta[6] = NAN;
    place_try(&s, nd_prove_region);
    place_refused(&s, "not finite");
    place_close(&s);
}

/* ---- ranks ---------------------------------------------------------------------------------- */

/* f constant although a neuron with a = 0 could tilt it: in a_0 alone all is well. */
static void neurons_that_wait(void **state)
{
    const double x[] = {-2, -1, 1, 2}, y[] = {-1, -1, 1, 1};
    place s;

    (void)state;
    if (!nd_exact_available()) skip(); /* no ranks, no proofs */
    place_open(&s, "relu:1", "polyhinge:3", 0.0, 4, 1, x, y);
    s.theta[0] = 1.0;
    s.theta[1] = 9.0;
    place_try(&s, nd_prove_region);
    place_refused(&s, "rank 2");
    s.theta[1] = -9.0; /* dead: a minimum */
    place_try(&s, nd_prove_region);
    place_stands(&s, "region", ND_SAYS_LOCAL);
    place_close(&s);
    /* XOR: the tilt does not help, and the neuron is used when a != 0 */
    place_open(&s, "relu:1", "polyhinge:3", 0.0, 4, 2, xor_x, xor_y);
    s.theta[2] = 9.0;
    place_try(&s, nd_prove_region);
    place_refused(&s, "rank 3");
    s.theta[3] = 1e-3;
    s.theta[4] = -9e-3;
    place_try(&s, nd_prove_region);
    place_stands(&s, "region", ND_SAYS_LOCAL);
    place_close(&s);
}

/* x_2 = 2 x_1: rank 2, exactly.  x_2 a little off: rank 3, which doubles do not see. */
static void nearly_dependent(void **state)
{
    double x[] = {1, 2, 2, 4, 3, 6, 5, 10}, y[] = {1, -1, 1, -1};
    place s;

    (void)state;
    if (!nd_exact_available()) skip(); /* no ranks, no proofs */
    for (int k = 0; k < 3; k++) {
        if (k) x[7] = k == 1 ? nextafter(10.0, 11.0) : 10.0 + 1e-12;
        place_open(&s, "linear", "polyhinge:3", 0.0, 4, 2, x, y);
        place_lbfgs(&s, 2000);
        place_try(&s, nd_prove_region);
        if (k == 0)
            place_stands(&s, "region", ND_SAYS_LOCAL);
        else
            place_refused(&s, "rank 3");
        place_close(&s);
    }
}

/* As many active samples as matter, fewer than parameters. */
static void few_samples(void **state)
{
    const double x[] = {1, 1, -1, 2, 3, -1}, y[] = {1, -1, 1};
    place s;

    (void)state;
    if (!nd_exact_available()) skip(); /* no ranks, no proofs */
    /* three samples in the plane: f reaches everything, so a minimum has L = 0 */
    place_open(&s, "leakyrelu:2", "logistic", 0.0, 3, 2, x, y);
    nd_net_start(s.net, 1, 0, 1.0, s.theta);
    place_try(&s, nd_prove_region);
    place_refused(&s, "");
    place_close(&s);
    place_open(&s, "leakyrelu:2", "square", 0.0, 3, 2, x, y);
    nd_net_start(s.net, 1, 0, 1.0, s.theta);
    place_lbfgs(&s, 2000);
    place_try(&s, nd_prove_region);
    place_stands(&s, "region", ND_SAYS_LOCAL);
    assert_true(s.cert.loss_hi < 1e-20);
    place_close(&s);
}

static double power_of(int e)
{
    return ldexp(1.0, e);
}

static void exact_rank(void **state)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    nd_rng rng = nd_rng_make(5, 5);
    double a[60], b[60], until = nd_seconds() + 60.0;
    size_t rank;
    bool known;

    (void)state;
    if (!nd_exact_available()) skip();
    for (size_t r = 0; r <= 5; r++) /* 10 x 6 of rank r: integer combinations of r rows */
        for (int trial = 0; trial < 20; trial++) {
            double base[5][6];

            for (size_t k = 0; k < 30; k++)
                base[k / 6][k % 6] = (double)nd_rng_below(&rng, 2000) - 1000.0;
            for (size_t i = 0; i < 60; i++) {
                a[i] = 0.0;
                b[i] = 0x1.47ae147ae147bp-7 * power_of((int)(i % 6) * 40 - 100);
            }
            for (size_t i = 0; i < 10; i++)
                for (size_t k = 0; k < r; k++) {
                    double c = i == k ? 1.0 : (double)nd_rng_below(&rng, 200) - 100.0;
                    for (size_t l = 0; l < 6; l++) a[6 * i + l] += c * base[k][l];
                }
            assert_int_equal(nd_exact_product_rank(ctx, 10, 6, a, b, until, &rank, &known), ND_OK);
            assert_true(known && rank == r);
            if (r == 0 || r == 5) continue;
            a[59] += power_of(-20); /* one entry off: the rank is one more */
            assert_int_equal(nd_exact_product_rank(ctx, 10, 6, a, b, until, &rank, &known), ND_OK);
            assert_true(known && rank == r + 1);
        }
    /* determinant 2^62 + 135: the first prime that is tried */
    a[0] = a[3] = power_of(31);
    a[1] = 1.0;
    a[2] = -135.0;
    for (int k = 0; k < 4; k++) b[k] = 1.0;
    assert_int_equal(nd_exact_product_rank(ctx, 2, 2, a, b, until, &rank, &known), ND_OK);
    assert_true(known && rank == 2);
    /* and the second, in a matrix where one prime is not enough */
    const double second[] = {power_of(31), 1.0, 0.0, -169.0, power_of(31), 0.0, 0.0, 0.0, 0.0};
    for (int k = 0; k < 9; k++) b[k] = 1.0;
    assert_int_equal(nd_exact_product_rank(ctx, 3, 3, second, b, until, &rank, &known), ND_OK);
    assert_true(known && rank == 2);
    /* a column twice, and a column of zeros */
    const double twice[] = {1, 1, 0, 2, 3, 3, 0, 4};
    for (int k = 0; k < 8; k++) b[k] = 1.0;
    assert_int_equal(nd_exact_product_rank(ctx, 2, 4, twice, b, until, &rank, &known), ND_OK);
    assert_true(known && rank == 2);
    assert_int_equal(nd_exact_product_rank(ctx, 0, 4, twice, b, until, &rank, &known), ND_OK);
    assert_true(known && rank == 0);
    /* products are not rounded: (1 + e)(1 - e) = 1 - e^2 is not 1 */
    for (int k = 0; k < 4; k++) a[k] = b[k] = 1.0;
    a[0] = 1.0 + 0x1p-40;
    b[0] = 1.0 - 0x1p-40;
    assert_int_equal(nd_exact_product_rank(ctx, 2, 2, a, b, until, &rank, &known), ND_OK);
    assert_true(known && rank == 2);
    a[0] = INFINITY;
    assert_int_equal(nd_exact_product_rank(ctx, 2, 2, a, b, until, &rank, &known), ND_OK);
    assert_false(known);
    a[0] = 3.0;
    assert_int_equal(nd_exact_product_rank(ctx, 2, 2, a, b, 0.0, &rank, &known), ND_OK);
    assert_false(known);
    nd_ctx_destroy(ctx);
}

/* ---- trained nets ----------------------------------------------------------------------------- */

static void noisy(place *s, const char *net, const char *loss, size_t n, uint64_t seed)
{
    nd_rng rng = nd_rng_make(seed, 1);
    double x[80], y[40];

    for (size_t i = 0; i < 2 * n; i++) x[i] = nd_rng_normal(&rng);
    for (size_t i = 0; i < n; i++)
        y[i] = x[2 * i] + 0.3 * x[2 * i + 1] + 1.2 * nd_rng_normal(&rng) > 0.0 ? 1.0 : -1.0;
    place_open(s, net, loss, 0.0, n, 2, x, y);
    nd_net_start(s->net, seed, 0, 1.0, s->theta);
}

static void trained(void **state)
{
    const char *nets[] = {"relu:1", "relu:3", "leakyrelu:2", "relu:2+linear", "leakyrelu:2:nobias"};
    const char *losses[] = {"polyhinge:3", "square"};
    size_t all = 0;

    (void)state;
    if (!nd_exact_available()) skip(); /* no ranks, no proofs */
    for (size_t k = 0; k < 5; k++)
        for (size_t l = 0; l < 2; l++) {
            size_t proved = 0;

            for (uint64_t seed = 1; seed <= 12; seed++) {
                place s;

                noisy(&s, nets[k], losses[l], seed % 2 ? 12 : 30, seed);
                place_lbfgs(&s, 3000);
                if (place_try(&s, nd_prove_region) == ND_PROVED) {
                    proved++;
                    place_stands(&s, "region", ND_SAYS_LOCAL);
                } else if (getenv("WHY")) {
                    printf("   %llu %s\n", (unsigned long long)seed, s.cert.reason);
                }
                place_close(&s);
            }
            printf("%s %s: %zu of 12 ends\n", nets[k], losses[l], proved);
            all += proved;
        }
    assert_true(all >= 10);
}

/* ---- never ------------------------------------------------------------------------------------ */

static void never(void **state)
{
    const double x[] = {-2, -1, 1, 2}, y[] = {-1, -1, 1, 1};
    const char *other[] = {"tanh:1", "relu:1,relu:1", "square:1"};
    place s;

    (void)state;
    for (size_t k = 0; k < 3; k++) {
        place_open(&s, other[k], "polyhinge:3", 0.0, 4, 1, x, y);
        place_try(&s, nd_prove_region);
        place_refused(&s, "");
        place_close(&s);
    }
    /* on the kink: w = 1, b = -1, sample x = 1; and everything 0 */
    place_open(&s, "relu:1", "polyhinge:3", 0.0, 4, 1, x, y);
    place_try(&s, nd_prove_region);
    place_refused(&s, "kink");
    s.theta[0] = 1.0;
    s.theta[1] = -1.0;
    s.theta[2] = 0.5;
    place_try(&s, nd_prove_region);
    place_refused(&s, "kink");
    /* dead but for the last sample, which sits exactly at the kink: moving b lowers L */
    s.theta[1] = -2.0;
    place_try(&s, nd_prove_region);
    place_refused(&s, "kink");
    /* the margins at the kinks of the loss, the neuron at its own: T must hold them */
    s.theta[0] = 1.0;
    s.theta[1] = 1.0;
    s.theta[2] = 2.0;
    s.theta[3] = -1.0;
    place_try(&s, nd_prove_region);
    place_refused(&s, "kink");
    place_close(&s);
    /* random points are no minima */
    nd_rng rng = nd_rng_make(8, 8);
    place_open(&s, "leakyrelu:2", "polyhinge:3", 0.0, 4, 2, xor_x, xor_y);
    for (int k = 0; k < 200; k++) {
        for (size_t i = 0; i < s.net->P; i++) s.theta[i] = nd_rng_normal(&rng);
        place_try(&s, nd_prove_region);
        if (s.cert.truth == ND_PROVED) place_stands(&s, "region", ND_SAYS_LOCAL);
    }
    place_close(&s);
}

static nd_status scenario(nd_ctx *ctx, void *arg)
{
    place *s = arg;
    nd_cert c;
    nd_status status = nd_prove_region(ctx, &s->pb, s->theta, &c);

    if (status == ND_OK && c.truth == ND_PROVED) {
        char file[] = "/tmp/nadir-region-XXXXXX";
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
    place s;

    (void)state;
    leaky_open(&s, 2, "polyhinge:3", 0.0);
    assert_true(nd_test_every_allocation(scenario, &s) > 10);
    place_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(linear_leaky),      cmocka_unit_test(shifted),
        cmocka_unit_test(neurons_that_wait), cmocka_unit_test(nearly_dependent),
        cmocka_unit_test(few_samples),       cmocka_unit_test(exact_rank),
        cmocka_unit_test(trained),           cmocka_unit_test(never),
        cmocka_unit_test(every_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
