/* Where a constant is the best a network can do: which are proved, and which must not be. */
#include "cert/attack.h"
#include "cert/balance.h"

static nd_truth prove(place *s)
{
    assert_int_equal(nd_prove_balance(s->ctx, &s->pb, s->theta, &s->cert), ND_OK);
    assert_string_equal(s->cert.kind, "balance");
    return s->cert.truth;
}

static void refuse(place *s, const char *why)
{
    if (prove(s) != ND_UNKNOWN) fail_msg("proved: %s", s->cert.reason);
    if (!strstr(s->cert.reason, why)) fail_msg("'%s', not '%s'", s->cert.reason, why);
    assert_int_equal(s->cert.says, ND_SAYS_NOTHING);
    assert_true(s->cert.radius == 0.0);
}

/* Output weights 0, other parameters anything. */
static void at_constant(place *s, double v)
{
    nd_rng rng = nd_rng_make(3, 0);

    for (size_t k = 0; k < s->net->P; k++) s->theta[k] = nd_rng_normal(&rng);
    for (size_t t = 0; t < s->net->terms; t++)
        for (size_t j = 0; j < s->net->term[t].out; j++) s->theta[s->net->term[t].a + j] = 0.0;
    s->theta[s->net->a0] = v;
}

static void expect(place *s, double loss, size_t errors)
{
    if (prove(s) != ND_PROVED) fail_msg("%s: %s", s->net->spec, s->cert.reason);
    assert_int_equal(s->cert.says, ND_SAYS_GLOBAL);
    assert_true(s->cert.loss_lo <= loss * (1 + 1e-15) && s->cert.loss_hi >= loss * (1 - 1e-15));
    assert_true(s->cert.errors_lo == errors && s->cert.errors_hi == errors);
    assert_true(attack(s, 1.0, 2000, 1) < 1e-14 && attack(s, 30.0, 2000, 2) < 1e-14);
    reprove(s);
}

static const double prouhet_x[] = {0, 3, 5, 6, 1, 2, 4, 7};
static const double prouhet_y[] = {1, 1, 1, 1, -1, -1, -1, -1};
static const double odd_x[] = {1, 2, -3, -1, -2, 3};
static const double odd_y[] = {1, 1, 1, -1, -1, -1};
static const double both_x[] = {-1, -1, 1, 1};
static const double both_y[] = {1, -1, 1, -1};

static void moments(void **state)
{
    const char *const nets[] = {
        "square:1", "square:5", "square:3:nobias", "square:2+linear", "square:2+square:3:nobias",
        "linear"};
    place s;

    (void)state;
    for (size_t k = 0; k < sizeof nets / sizeof *nets; k++) {
        place_open(&s, nets[k], "polyhinge:3", 0.0, 8, 1, prouhet_x, prouhet_y);
        at_constant(&s, 0.0);
        expect(&s, 1.0, 4);
        place_close(&s);
    }
}

static void parity(void **state)
{
    const char *const nets[] = {
        "softplus:1:nobias", "softplus:4:nobias",  "squareplus:3:nobias",
        "relu:3:nobias",     "leakyrelu:3:nobias", "gelu:2:nobias",
        "silu:2:nobias",     "square:2:nobias",    "softplus:2:nobias+linear"};
    place s;

    (void)state;
    for (size_t k = 0; k < sizeof nets / sizeof *nets; k++) {
        place_open(&s, nets[k], "logistic", 0.0, 6, 1, odd_x, odd_y);
        at_constant(&s, 0.0);
        expect(&s, log(2.0), 3);
        place_close(&s);
    }
}

/* Any network, deep ones included; and the constant need not be 0. */
static void points(void **state)
{
    const char *const nets[] = {"tanh:3", "softplus:2,softplus:3", "relu:2+linear", "elu:3"};
    const double x[] = {-1, -1, -1, 1, 1, 1}, y[] = {1, -1, 1, 1, 1, -1};
    place s;

    (void)state;
    for (size_t k = 0; k < sizeof nets / sizeof *nets; k++) {
        place_open(&s, nets[k], "polyhinge:3", 0.0, 4, 1, both_x, both_y);
        at_constant(&s, 0.0);
        expect(&s, 1.0, 2);
        place_close(&s);
        place_open(&s, nets[k], "smoothhinge", 0.0, 4, 1, both_x, both_y); /* l''(0) = 0 */
        at_constant(&s, 0.0);
        expect(&s, 1.0, 2);
        place_close(&s);
        place_open(&s, nets[k], "polyhinge:3", 0.0, 6, 1, x, y);
        at_constant(&s, 0.17157287525380990); /* 3 - 2 sqrt 2 solves 2 (1 - v)^2 = (1 + v)^2 */
        expect(&s, (4 * pow(1 - 0.17157287525380990, 3) + 2 * pow(1.17157287525380990, 3)) / 6, 2);
        place_close(&s);
    }
}

/* One condition broken at a time; where a lower point exists, it is met. */
static void refusals(void **state)
{
    double x[8];
    place s;

    (void)state;
    memcpy(x, prouhet_x, sizeof x);
    x[3] = nextafter(6.0, 7.0);
    place_open(&s, "square:2", "polyhinge:3", 0.0, 8, 1, x, prouhet_y);
    at_constant(&s, 0.0);
    refuse(&s, "tell the class means apart");
    place_close(&s);

    /* x^2 underflows: with w = 1e200 the loss is lower */
    place_open(&s, "square:1:nobias", "logistic", 0.0, 2, 1, (const double[]){1e-200, 2e-200},
               (const double[]){1, -1});
    at_constant(&s, 0.0);
    refuse(&s, "tell the class means apart");
    place_close(&s);

    place_open(&s, "square:2", "polyhinge:3", 1e-9, 8, 1, prouhet_x, prouhet_y);
    at_constant(&s, 0.0);
    refuse(&s, "lambda");
    place_close(&s);

    place_open(&s, "square:2", "polyhinge:3", 0.0, 8, 1, prouhet_x, prouhet_y);
    at_constant(&s, 0.0);
    s.theta[s.net->term[0].a] = 1e-12;
    refuse(&s, "output weight");
    at_constant(&s, 0.2);
    refuse(&s, "best constant");
    at_constant(&s, NAN);
    refuse(&s, "not finite");
    place_close(&s);

    place_open(&s, "softplus:2", "polyhinge:3", 0.0, 8, 1, prouhet_x, prouhet_y);
    at_constant(&s, 0.0);
    refuse(&s, "tell the class means apart");
    fall(&s);
    place_close(&s);

    place_open(&s, "softplus:2", "polyhinge:3", 0.0, 6, 1, odd_x, odd_y); /* biases */
    at_constant(&s, 0.0);
    refuse(&s, "tell the class means apart");
    fall(&s);
    place_close(&s);

    place_open(&s, "tanh:2:nobias", "polyhinge:3", 0.0, 6, 1, odd_x, odd_y);
    at_constant(&s, 0.0);
    refuse(&s, "tell the class means apart");
    fall(&s);
    place_close(&s);

    place_open(&s, "square:2:nobias,square:1", "polyhinge:3", 0.0, 8, 1, prouhet_x, prouhet_y);
    at_constant(&s, 0.0);
    refuse(&s, "tell the class means apart");
    place_close(&s);
}

/* With products that are rounded nothing is said. */
static void inexact_products(void **state)
{
    const double x[] = {0.1, -0.1, 0.1, -0.1}, y[] = {1, 1, -1, -1};
    place s;

    (void)state;
    place_open(&s, "square:2", "polyhinge:3", 0.0, 4, 1, x, y);
    at_constant(&s, 0.0);
    assert_int_equal(prove(&s), ND_PROVED); /* by points */
    place_close(&s);
    const double far_x[] = {0.1, 0.4, 0.2, 0.3};
    place_open(&s, "square:2", "polyhinge:3", 0.0, 4, 1, far_x, y);
    at_constant(&s, 0.0);
    refuse(&s, "tell the class means apart");
    place_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moments),  cmocka_unit_test(parity),           cmocka_unit_test(points),
        cmocka_unit_test(refusals), cmocka_unit_test(inexact_products),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
