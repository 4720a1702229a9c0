/* What must be proved a strict minimum, and what must never be. */
#include "cert/strict_support.h"

#include <nadir/num.h>

#include <unistd.h>

/* Proved, with the loss known to 1e-8 or better. */
static void expect(place *s, double loss, double tolerance, size_t errors)
{
    assert_int_equal(place_prove(s), ND_PROVED);
    assert_true(s->cert.loss_lo <= loss + tolerance && s->cert.loss_hi >= loss - tolerance);
    assert_true(s->cert.loss_lo <= s->cert.loss_hi && s->cert.loss_hi - s->cert.loss_lo < 1e-8);
    assert_int_equal(s->cert.errors_lo, errors);
    assert_int_equal(s->cert.errors_hi, errors);
    assert_true(s->cert.radius > 0.0 && s->cert.radius < 1e-8);
    assert_true(s->cert.mu > 0.0);
    assert_int_equal(s->cert.index, 0);
    assert_string_equal(s->cert.kind, "strict");
}

static void xor_case(const char *net, uint64_t seed, double loss, size_t errors)
{
    place s;

    place_open(&s, net, "polyhinge:3", 1e-3, 4, 2, xor_x, xor_y);
    nd_net_start(s.net, seed, 0, 1.0, s.theta);
    place_descend(&s);
    expect(&s, loss, 1e-5, errors);
    place_close(&s);
}

static void xor_with_ridge(void **state)
{
    (void)state;
    xor_case("softplus:1", 1, 0.71286, 1);
    xor_case("softplus:2", 1, 0.012446, 0);
    xor_case("softplus:2", 3, 0.0082248, 0);
    xor_case("softplus:3", 1, 0.0071741, 0);
}

static const double few_x[] = {.3,  0, -1.3, 0,   -1.3, 0,   -.3, 0,   -2.3, 0,
                               5.3, 0, 0,    1.9, 0,    -.1, 0,   1.5, 0,    2.5};
static const double few_y[] = {1, 1, 1, 1, 1, 1, -1, -1, -1, -1};

static void few_neurons(void **state)
{
    const double theta[] = {-2.35070696, -2.2500707, .53430965, .31754396, -.22510478};
    place s;

    (void)state;
    place_open(&s, "softplus:1", "polyhinge:3", 0.0, 10, 2, few_x, few_y);
    memcpy(s.theta, theta, sizeof theta);
    assert_int_equal(place_prove(&s), ND_PROVED); /* eight digits are near enough */
    assert_true(s.cert.radius < 1e-6);
    place_descend(&s);
    expect(&s, 0.62782105, 1e-8, 3);
    assert_true(s.cert.mu > 4e-4 && s.cert.mu < 5.6e-4);
    /* the claims are about theta*, wherever theta is (figures: nadir-verify) */
    for (int k = 0; k < 10; k++) {
        double old = s.theta[k / 2];

        s.theta[k / 2] += k % 2 ? 3e-7 : -3e-7;
        assert_int_equal(place_prove(&s), ND_PROVED);
        assert_true(s.cert.margin_lo <= -0.22510268067209);
        assert_true(s.cert.loss_lo <= 0.6278210500634444 && s.cert.loss_hi >= 0.6278210500634445);
        assert_true(s.cert.radius >= 3e-7);
        s.theta[k / 2] = old;
    }
    place_close(&s);
}

static void square_loss(void **state)
{
    const double x[] = {-3, -2, -1, -.5, .2, .4, .6, 12}, y[] = {-1, -1, -1, -1, 1, 1, 1, 1};
    const double theta[] = {-.31161771272198720, -1.0746548447771854, 1.2924941454987345};
    place s;

    (void)state;
    place_open(&s, "exp:1:nobias", "square", 0.0, 8, 1, x, y);
    memcpy(s.theta, theta, sizeof theta);
    expect(&s, 0.42634876924817204, 1e-15, 1);
    assert_true(s.cert.mu > 0.1 && s.cert.mu <= 0.135);
    assert_int_equal(nd_certify(s.ctx, &s.pb, s.theta, &s.cert), ND_OK);
    assert_true(s.cert.truth == ND_PROVED && strcmp(s.cert.kind, "strict") == 0);
    place_close(&s);
}

/* theory.md, section 10: smallest eigenvalue 1.26e-6 beside 48. */
static const double shortcut[18][4] = {
    {3, -1.05, 1, 1},   {4, -1.49, 1, 1},     {2, -2.52, 1, 1},    {1, -3.25, 1, 1},
    {1, -4.86, 1, 1},   {7, .45, 1, 1},       {3, .87, 1, 1},      {4, 2.35, 1, 1},
    {1, 4.48, 1.01, 1}, {2, -1.49, -.99, -1}, {2, -2.88, -1, -1},  {1, -3.35, -1, -1},
    {3, -5, -1, -1},    {1, .18, -1, -1},     {1, 1.6, -1.01, -1}, {1, 1.82, -1.01, -1},
    {2, 3.81, -1, -1},  {3, 4.39, -1, -1}};
static const double shortcut_theta[] = {.5782937052864705,  -.0018900667687564,  .7973545189834755,
                                        1.7012339037895742, -4.1162255189210526, -.1964219849104412,
                                        3.6981737301203149, -.2577060238817027,  -.3722023059173395,
                                        1.0933430088581279};

static void shortcut_open(place *s)
{
    double x[84], y[42];
    size_t n = 0;

    for (int i = 0; i < 18; i++)
        for (int k = 0; k < shortcut[i][0]; k++, n++) {
            x[2 * n] = shortcut[i][1];
            x[2 * n + 1] = shortcut[i][2];
            y[n] = shortcut[i][3];
        }
    assert_int_equal(n, 42);
    place_open(s, "softplus:1,softplus:2", "polyhinge:3", 0.0, n, 2, x, y);
    memcpy(s->theta, shortcut_theta, sizeof shortcut_theta);
}

static void no_shortcut(void **state)
{
    place s;

    (void)state;
    shortcut_open(&s);
    expect(&s, 0.7427385906, 1e-9, 8);
    assert_true(s.cert.mu > 1e-6 && s.cert.mu < 1.27e-6);
    place_close(&s);
}

/* The same samples as 18 with weights: the loss is that of 42 divided by 18/42. */
static void weights(void **state)
{
    double x[36], y[18], w[18];
    place s;

    (void)state;
    for (int i = 0; i < 18; i++) {
        x[2 * i] = shortcut[i][1];
        x[2 * i + 1] = shortcut[i][2];
        y[i] = shortcut[i][3];
        w[i] = shortcut[i][0];
    }
    place_open(&s, "softplus:1,softplus:2", "polyhinge:3", 0.0, 18, 2, x, y);
    s.data->weight = w;
    memcpy(s.theta, shortcut_theta, sizeof shortcut_theta);
    assert_int_equal(place_prove(&s), ND_PROVED);
    assert_true(fabs(s.cert.loss_lo - 0.7427385906 * 42 / 18) < 1e-8);
    s.data->weight = NULL;
    place_close(&s);
}

static void noisy(place *s, const char *net, const char *loss)
{
    nd_rng rng = nd_rng_make(11, 1);
    double x[80], y[40];

    for (int i = 0; i < 80; i++) x[i] = nd_rng_normal(&rng);
    for (int i = 0; i < 40; i++)
        y[i] = x[2 * i] + 0.3 * x[2 * i + 1] + 1.2 * nd_rng_normal(&rng) > 0.0 ? 1.0 : -1.0;
    place_open(s, net, loss, 0.0, 40, 2, x, y);
}

/* No ridge, tanh, noisy labels: finite, strict, and bad, since another start ends lower. */
static void noisy_tanh(void **state)
{
    place s, other;

    (void)state;
    noisy(&s, "tanh:1", "polyhinge:3");
    nd_net_start(s.net, 1, 0, 1.0, s.theta);
    place_descend(&s);
    expect(&s, 0.6034271, 1e-7, 6);
    noisy(&other, "tanh:1", "polyhinge:3");
    nd_net_start(other.net, 11, 0, 1.0, other.theta);
    place_descend(&other);
    place_prove(&other);
    assert_true(other.cert.loss_hi < s.cert.loss_lo - 0.1);
    place_close(&s);
    place_close(&other);
}

/* Every loss and kind of layer, with ridge. */
static void every_loss(void **state)
{
    const char *losses[] = {"polyhinge:3", "polyhinge:5", "logistic",   "square",
                            "exponential", "smoothhinge", "polyhinge:2"};
    const char *nets[] = {"tanh:2", "softplus:2,res(tanh:2)", "arctan:1+linear", "gelu:2", "elu:2"};
    size_t proved = 0;

    (void)state;
    for (size_t l = 0; l < 7; l++)
        for (size_t k = 0; k < 5; k++) {
            place s;

            place_open(&s, nets[k], losses[l], 0.05, 10, 2, few_x, few_y);
            nd_net_start(s.net, 2, 0, 1.0, s.theta);
            place_descend(&s);
            proved += place_prove(&s) == ND_PROVED;
            if (s.cert.truth != ND_PROVED) printf("%s %s: %s\n", nets[k], losses[l], s.cert.reason);
            place_close(&s);
        }
    printf("%zu of 35 proved\n", proved);
    assert_true(proved >= 28);
}

/* ---- never ------------------------------------------------------------------------------ */

static void refuse(place *s)
{
    assert_int_equal(place_prove(s), ND_UNKNOWN);
    assert_true(s->cert.reason[0] != 0);
    assert_true(s->cert.radius == 0.0 && s->cert.mu == 0.0);
    assert_int_equal(nd_cert_save(s->ctx, &s->pb, s->theta, &s->cert, "no-such-folder/x.json"),
                     ND_EINPUT);
}

/* softplus:1 on XOR without ridge: every start runs into a valley. */
static void valleys(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 12; seed++) {
        place s;

        place_open(&s, "softplus:1", "polyhinge:3", 0.0, 4, 2, xor_x, xor_y);
        nd_net_start(s.net, seed, 0, 1.0, s.theta);
        place_descend(&s);
        refuse(&s);
        place_close(&s);
    }
}

static void saddles(void **state)
{
    const char *nets[] = {"softplus:1", "tanh:2", "square:1", "exp:1", "softplus:1,tanh:1"};
    place s;

    (void)state;
    for (size_t k = 0; k < 5; k++) { /* everything 0: a third-order or plain saddle */
        place_open(&s, nets[k], "polyhinge:3", 0.0, 4, 2, xor_x, xor_y);
        refuse(&s);
        place_close(&s);
    }
    place_open(&s, "softplus:2", "logistic", 0.0, 10, 2, few_x, few_y); /* best constant */
    s.theta[s.net->a0] = log(1.5);
    refuse(&s);
    place_close(&s);
    /* few-neurons (theory.md, 5): a minimum, but on a curve of minima */
    place_open(&s, "softplus:1", "polyhinge:3", 0.0, 4, 2, xor_x, xor_y);
    s.theta[3] = 3.0;
    s.theta[4] = -3.0 * 0.693147180559945309;
    refuse(&s);
    place_close(&s);
}

/* Two equal neurons: moving weight from one to the other changes nothing. */
static void flat_directions(void **state)
{
    const double one[] = {-2.35070696, -2.2500707, .53430965, .31754396, -.22510478};
    place s;

    (void)state;
    place_open(&s, "softplus:2", "polyhinge:3", 0.0, 10, 2, few_x, few_y);
    for (size_t j = 0; j < 2; j++) {
        s.theta[2 * j] = one[0];
        s.theta[2 * j + 1] = one[1];
        s.theta[4 + j] = one[2];
        s.theta[6 + j] = one[3] / 2.0;
    }
    s.theta[8] = one[4];
    refuse(&s);
    place_close(&s);
}

static void kinks(void **state)
{
    const double x[] = {-1, 1}, y[] = {-1, 1};
    place s;

    (void)state;
    /* polyhinge:2 with both samples on the kink: f = x, margins 1 */
    place_open(&s, "linear", "polyhinge:2", 0.0, 2, 1, x, y);
    s.theta[0] = 1.0;
    refuse(&s);
    /* and inside: (1-a)^2 + a0^2 near a = 0.9 is no critical point, but convex */
    s.theta[0] = 0.9;
    refuse(&s);
    place_close(&s);
    /* with ridge the minimum (1-a)^2 + 0.05 a^2 is off the kink */
    place_open(&s, "linear", "polyhinge:2", 0.1, 2, 1, x, y);
    s.theta[0] = 1.0 / 1.05;
    expect(&s, 0.05 / 1.05, 1e-12, 0);
    place_close(&s);
    place_open(&s, "relu:1", "polyhinge:3", 0.1, 2, 1, x, y);
    refuse(&s);
    place_close(&s);
    /* elu with a neuron exactly at its kink */
    place_open(&s, "elu:1:nobias", "square", 0.5, 2, 1, x, y);
    refuse(&s);
    place_close(&s);
}

/* Points that are not critical: the nearest critical point is far, or moved. */
static void elsewhere(void **state)
{
    nd_rng rng = nd_rng_make(3, 3);
    place s;

    (void)state;
    place_open(&s, "softplus:2", "polyhinge:3", 1e-3, 4, 2, xor_x, xor_y);
    for (int k = 0; k < 50; k++) {
        for (size_t i = 0; i < s.net->P; i++) s.theta[i] = nd_rng_normal(&rng);
        refuse(&s);
    }
    s.theta[0] = NAN;
    refuse(&s);
    s.theta[0] = INFINITY;
    refuse(&s);
    s.theta[0] = 1e308;
    refuse(&s);
    place_close(&s);
}

/* ---- files, memory, threads --------------------------------------------------------------- */

static nd_status prove_scenario(nd_ctx *ctx, void *arg)
{
    place *s = arg;
    nd_cert c;
    nd_status status = nd_prove_strict(ctx, &s->pb, s->theta, &c);
    return status == ND_OK ? nd_cert_polish(ctx, &s->pb, s->theta) : status;
}

static void every_allocation(void **state)
{
    place s;

    (void)state;
    shortcut_open(&s);
    assert_true(nd_test_every_allocation(prove_scenario, &s) > 10);
    place_close(&s);
}

static void same_for_all_threads(void **state)
{
    place s;
    nd_cert first;

    (void)state;
    shortcut_open(&s);
    nd_set_threads(s.ctx, 1);
    place_prove(&s);
    first = s.cert;
    for (int threads = 2; threads <= 5; threads++) {
        nd_set_threads(s.ctx, threads);
        place_prove(&s);
        assert_memory_equal(&first.loss_lo, &s.cert.loss_lo, sizeof(double));
        assert_memory_equal(&first.radius, &s.cert.radius, sizeof(double));
        assert_memory_equal(&first.mu, &s.cert.mu, sizeof(double));
    }
    place_close(&s);
}

/* nadir-verify re-proves the file, and refutes or leaves open what was changed in it. */
static int verify(const place *s, const nd_cert *c)
{
    char command[512], file[64] = "/tmp/nadir-strict-XXXXXX";
    int fd = mkstemp(file), status;

    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(nd_cert_save(s->ctx, &s->pb, s->theta, c, file), ND_OK);
    snprintf(command, sizeof command, "%s %s > /dev/null", ND_VERIFY_PROGRAM, file);
    status = system(command);
    unlink(file);
    return status / 256;
}

static void checker(void **state)
{
    place s;
    nd_cert c;

    (void)state;
    if (access(ND_VERIFY_PROGRAM, X_OK) != 0) skip();
    shortcut_open(&s);
    assert_int_equal(nd_cert_polish(s.ctx, &s.pb, s.theta), ND_OK);
    expect(&s, 0.7427385906, 1e-9, 8);
    assert_true(s.cert.radius < 1e-14 && s.cert.loss_hi - s.cert.loss_lo < 1e-12);
    assert_int_equal(verify(&s, &s.cert), 0);
    place_close(&s);
    noisy(&s, "tanh:1", "polyhinge:3");
    nd_net_start(s.net, 1, 0, 1.0, s.theta);
    place_descend(&s);
    place_prove(&s);
    assert_int_equal(verify(&s, &s.cert), 0);
    c = s.cert;
    c.errors_lo = c.errors_hi = 5;
    assert_int_equal(verify(&s, &c), 4);
    c = s.cert;
    c.loss_hi = c.loss_lo -= 1e-6;
    assert_int_equal(verify(&s, &c), 4);
    c = s.cert;
    c.mu *= 2.0;
    assert_int_not_equal(verify(&s, &c), 0);
    s.theta[0] += 1e-4; /* the claims stay true of no point within the radius */
    assert_int_not_equal(verify(&s, &s.cert), 0);
    place_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(xor_with_ridge),
        cmocka_unit_test(few_neurons),
        cmocka_unit_test(square_loss),
        cmocka_unit_test(no_shortcut),
        cmocka_unit_test(weights),
        cmocka_unit_test(noisy_tanh),
        cmocka_unit_test(every_loss),
        cmocka_unit_test(valleys),
        cmocka_unit_test(saddles),
        cmocka_unit_test(flat_directions),
        cmocka_unit_test(kinks),
        cmocka_unit_test(elsewhere),
        cmocka_unit_test(every_allocation),
        cmocka_unit_test(same_for_all_threads),
        cmocka_unit_test(checker),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
