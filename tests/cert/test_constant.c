/* Minima where no neuron sees the inputs: which are proved, and which must not be. */
#include "cert/attack.h"
#include "cert/constant.h"

static nd_truth prove(place *s)
{
    assert_int_equal(nd_prove_constant(s->ctx, &s->pb, s->theta, &s->cert), ND_OK);
    assert_string_equal(s->cert.kind, "constant-neuron");
    return s->cert.truth;
}

static void refuse(place *s)
{
    if (prove(s) != ND_UNKNOWN) fail_msg("%s proved: %s", s->net->spec, s->cert.reason);
    assert_true(s->cert.reason[0] != 0 && s->cert.radius == 0.0);
    assert_int_equal(s->cert.says, ND_SAYS_NOTHING);
}

static void expect(place *s, double loss, size_t errors, double margin)
{
    if (prove(s) != ND_PROVED) fail_msg("%s: %s", s->net->spec, s->cert.reason);
    assert_int_equal(s->cert.says, ND_SAYS_LOCAL);
    assert_true(s->cert.loss_lo <= loss * (1 + 1e-15) && s->cert.loss_hi >= loss * (1 - 1e-15));
    assert_true(s->cert.loss_hi - s->cert.loss_lo < 1e-12);
    assert_int_equal(s->cert.errors_lo, errors);
    assert_int_equal(s->cert.errors_hi, errors);
    assert_true(s->cert.margin_lo <= margin && s->cert.margin_lo >= margin - 1e-12);
    assert_true(s->cert.radius > 0.0 && s->cert.radius < 1e-12);
    assert_true(s->cert.mu == 0.0 && s->cert.index == 0);
}

/* a_0 such that f = v where all w_j = 0. */
static void balance(place *s, double v)
{
    s->theta[s->net->a0] = v - nd_constant_layer(s->net, s->theta).m;
}

/* ---- few-neurons (theory.md, 5 and 9.6) ------------------------------------------------- */

static void xor_open(place *s, const char *net, const char *loss)
{
    place_open(s, net, loss, 0.0, 4, 2, xor_x, xor_y);
}

/* one neuron on XOR with bias b and output weight a; f = 0 */
static void xor_point(place *s, double b, double a)
{
    s->theta[2] = b;
    s->theta[3] = a;
    balance(s, 0.0);
}

static void few_neurons(void **state)
{
    const double bias[] = {-1.5, 0.0, 0.7};
    char loss[32];

    (void)state;
    for (int q = 3; q <= 8; q++)
        for (int k = 0; k < 6; k++) {
            double b = bias[k / 2], S = nd_sigmoid(b), least = (1.0 - S) / ((q - 1) * S);
            double sign = k % 2 ? -1.0 : 1.0;
            place s;

            snprintf(loss, sizeof loss, "polyhinge:%d", q);
            xor_open(&s, "softplus:1", loss);
            xor_point(&s, b, sign * least * (1.0 + 1e-9));
            expect(&s, 1.0, 2, 0.0);
            xor_point(&s, b, sign * least * (1.0 - 1e-9));
            refuse(&s);
            xor_point(&s, b, sign * least);
            refuse(&s); /* on the border */
            xor_point(&s, b, sign * 2.0 * least);
            expect(&s, 1.0, 2, 0.0);
            if (q == 3)
                withstand(&s);
            else
                withstand_some(&s);
            reprove(&s);
            xor_point(&s, b, sign * 0.7 * least);
            refuse(&s);
            if (q == 3) fall(&s);
            place_close(&s);
        }
}

/* XOR with two neurons has no bad minimum (theory.md, 9.6). */
static void two_neurons(void **state)
{
    nd_rng rng = nd_rng_make(5, 0);
    place s;

    (void)state;
    xor_open(&s, "softplus:2", "polyhinge:3");
    for (int k = 0; k < 40; k++) {
        for (int i = 4; i < 8; i++) s.theta[i] = 2.0 * nd_rng_normal(&rng);
        balance(&s, 0.0);
        refuse(&s);
    }
    fall(&s);
    place_close(&s);
}

/* ---- between (theory.md, 5) --------------------------------------------------------------- */

static const double between_x[] = {-1, 0, 1}, between_y[] = {1, -1, 1};

static void between_open(place *s, const char *act, size_t M, const char *loss, uint64_t seed)
{
    nd_rng rng = nd_rng_make(seed, 0);
    char net[32];

    snprintf(net, sizeof net, "%s:%zu", act, M);
    place_open(s, net, loss, 0.0, 3, 1, between_x, between_y);
    for (size_t j = 0; j < M; j++) {
        s->theta[M + j] = 1.5 * nd_rng_normal(&rng);
        s->theta[2 * M + j] = -0.3 - nd_rng_uniform(&rng);
    }
}

#define BETWEEN_V 0.17157287525380990 /* (sqrt 2 - 1)/(sqrt 2 + 1) */

static double between_loss(void)
{
    return (2.0 * pow(1.0 - BETWEEN_V, 3) + pow(1.0 + BETWEEN_V, 3)) / 3.0;
}

static void between(void **state)
{
    const char *acts[] = {"softplus", "squareplus", "exp"};
    const size_t Ms[] = {1, 4, 16};
    const double v = BETWEEN_V;

    (void)state;
    for (int k = 0; k < 9; k++) {
        place s;

        between_open(&s, acts[k / 3], Ms[k % 3], "polyhinge:3", (uint64_t)k);
        balance(&s, v);
        expect(&s, between_loss(), 1, -v);
        assert_true(fabs(s.cert.loss_lo - 0.915055) < 1e-6);
        withstand(&s);
        reprove(&s);
        place_close(&s);
    }
}

/* v and the loss for every other loss; weights; the biases where s'' exists. */
static void other_losses(void **state)
{
    const struct {
        const char *loss;
        double v, value;
    } known[] = {
        /* (2 l(-v) + l(v))/3 at 2 l'(-v) = l'(v) */
        {"logistic", 0.69314718055994531, 0.63651416829481285},
        {"exponential", 0.34657359027997265, 0.94280904158206337},
        {"square", 1.0 / 3.0, 8.0 / 9.0},
        {"polyhinge:2", 1.0 / 3.0, 8.0 / 9.0},
    };

    (void)state;
    for (int k = 0; k < 4; k++) {
        place s;

        between_open(&s, "softplus", 3, known[k].loss, 40);
        balance(&s, known[k].v);
        expect(&s, known[k].value, 1, -known[k].v);
        withstand_some(&s);
        reprove(&s);
        place_close(&s);
    }
}

static void weights(void **state)
{
    double x[] = {-2, 0, 1}, w[] = {1.5, 7.0, 3.0};
    place s;

    (void)state;
    place_open(&s, "exp:2", "square", 0.0, 3, 1, x, between_y);
    s.data->weight = w;
    s.theta[4] = -1.0;
    s.theta[5] = -0.5;
    balance(&s, -2.5 / 11.5); /* Omega+ (1-v) = Omega- (1+v) */
    assert_int_equal(prove(&s), ND_PROVED);
    assert_int_equal(s.cert.errors_lo, 2); /* f < 0: both positives */
    assert_int_equal(s.cert.errors_hi, 2);
    assert_true(fabs(s.cert.loss_lo - (4.5 * pow(14.0 / 11.5, 2) + 7.0 * pow(9.0 / 11.5, 2)) / 3) <
                1e-12);
    withstand(&s);
    reprove(&s);
    w[0] = nextafter(1.5, 2.0);
    refuse(&s);
    s.data->weight = NULL;
    refuse(&s);
    place_close(&s);
}

/* ---- never ------------------------------------------------------------------------------- */

static void wrong_signs(void **state)
{
    const double v = BETWEEN_V;
    place s;

    (void)state;
    for (size_t M = 1; M <= 16; M *= 4) {
        between_open(&s, "softplus", M, "polyhinge:3", M);
        s.theta[2 * M] = 0.05;
        balance(&s, v);
        refuse(&s);
        fall(&s);
        s.theta[2 * M] = 0.0; /* an idle neuron can be turned into a useful one */
        balance(&s, v);
        refuse(&s);
        place_close(&s);
    }
    /* one large a_j > 0 alone is a minimum after all: it must work against all samples */
    between_open(&s, "softplus", 1, "polyhinge:3", 1);
    s.theta[2] = 5.0;
    balance(&s, v);
    expect(&s, between_loss(), 1, -v);
    withstand(&s);
    place_close(&s);
}

static void wrong_data(void **state)
{
    const double v = BETWEEN_V;
    double x[] = {-1, 0, nextafter(1.0, 2.0)}, one[] = {1, 1, 1};
    place s;

    (void)state;
    between_open(&s, "softplus", 2, "polyhinge:3", 3);
    balance(&s, v);
    expect(&s, between_loss(), 1, -v);
    memcpy(s.data->x, x, sizeof x);
    refuse(&s);
    assert_non_null(strstr(s.cert.reason, "means"));
    memcpy(s.data->x, between_x, sizeof x);
    memcpy(s.data->y, one, sizeof one);
    refuse(&s);
    place_close(&s);
}

static void wrong_points(void **state)
{
    const double v = BETWEEN_V;
    place s;

    (void)state;
    between_open(&s, "softplus", 2, "polyhinge:3", 3);
    balance(&s, v + 0.1);
    refuse(&s);
    balance(&s, v - 1e-3); /* the minimum is there, within a radius that says so */
    assert_int_equal(prove(&s), ND_PROVED);
    assert_true(s.cert.radius >= 1e-3 && s.cert.radius < 1e-2);
    balance(&s, v);
    s.theta[1] = 0x1p-1074;
    refuse(&s);
    s.theta[1] = -0.0;
    expect(&s, between_loss(), 1, -v);
    s.theta[2] = INFINITY;
    refuse(&s);
    s.theta[2] = NAN;
    refuse(&s);
    s.theta[2] = 1e300;
    refuse(&s);
    place_close(&s);
}

static void wrong_nets(void **state)
{
    /* kinks at b_j = 0, ridge, no biases, two layers, a residual layer, a linear term */
    const char *nets[] = {
        "elu:1",       "relu:1",           "leakyrelu:1", "exp:1:nobias", "tanh:1,softplus:1",
        "res(tanh:1)", "softplus:1+linear"};
    place s;

    (void)state;
    for (int k = 0; k < 7; k++) {
        place_open(&s, nets[k], "polyhinge:3", 0.0, 3, 1, between_x, between_y);
        s.theta[s.net->term[0].a] = -1.0;
        if (s.net->term[0].layer[0].bias) balance(&s, BETWEEN_V);
        refuse(&s);
        place_close(&s);
    }
    place_open(&s, "softplus:1", "polyhinge:3", 1e-9, 3, 1, between_x, between_y);
    s.theta[2] = -1.0;
    balance(&s, BETWEEN_V);
    refuse(&s);
    place_close(&s);
    /* polyhinge:2 with the positives on the kink: no second derivative there */
    place_open(&s, "softplus:1", "polyhinge:2", 0.0, 3, 1, between_x, between_y);
    s.data->weight = (double[]){1.0, 0x1p-60, 1.0};
    s.theta[2] = -1.0;
    balance(&s, 1.0);
    prove(&s);
    assert_true(s.cert.truth == ND_UNKNOWN || s.cert.margin_lo > -1.0);
    s.data->weight = NULL;
    place_close(&s);
    /* off the kink elu is as good as exp */
    place_open(&s, "elu:1", "polyhinge:3", 0.0, 3, 1, between_x, between_y);
    s.theta[1] = -0.5;
    s.theta[2] = -1.0;
    balance(&s, BETWEEN_V);
    expect(&s, between_loss(), 1, -BETWEEN_V);
    withstand(&s);
    place_close(&s);
}

/* Everything zero, or a = 0, w = 0: third-order saddles. */
static void saddles(void **state)
{
    place s;

    (void)state;
    xor_open(&s, "softplus:1", "polyhinge:3");
    refuse(&s);
    s.theta[2] = 0.3;
    refuse(&s);
    place_close(&s);
}

/* ---- the table ---------------------------------------------------------------------------- */

/* A sparse table says the same. */
static void sparse(void **state)
{
    const char text[] = "+1 1:1 2:1\n+1 1:-1 2:-1\n-1 1:1 2:-1\n-1 1:-1 2:1\n";
    nd_ctx *ctx = nd_ctx_create(NULL);
    nd_table *t, *dense;
    nd_cert cert;
    place s;

    (void)state;
    xor_open(&s, "softplus:1", "polyhinge:3");
    xor_point(&s, 0.2, 2.0);
    assert_int_equal(nd_table_parse(ctx, "svm1", "xor", text, sizeof text - 1, NULL, &t), ND_OK);
    assert_non_null(t->row);
    expect(&s, 1.0, 2, 0.0);
    dense = s.data;
    s.pb.data = t;
    assert_int_equal(nd_prove_constant(ctx, &s.pb, s.theta, &cert), ND_OK);
    assert_int_equal(cert.truth, ND_PROVED);
    assert_true(cert.radius == s.cert.radius && cert.loss_hi == s.cert.loss_hi);
    s.pb.data = dense;
    place_close(&s);
    nd_table_destroy(ctx, t);
    nd_ctx_destroy(ctx);
}

/* ---- the way there --------------------------------------------------------------------------- */

static void snap(void **state)
{
    nd_rng rng = nd_rng_make(2, 2);
    bool changed;
    place s;

    (void)state;
    between_open(&s, "softplus", 4, "polyhinge:3", 7);
    for (size_t j = 0; j < 4; j++) s.theta[j] = 1e-6 * nd_rng_normal(&rng);
    balance(&s, 0.171573);
    refuse(&s);
    assert_int_equal(nd_cert_snap(s.ctx, &s.pb, s.theta, &changed), ND_OK);
    assert_true(changed);
    expect(&s, between_loss(), 1, -BETWEEN_V);
    assert_int_equal(nd_cert_snap(s.ctx, &s.pb, s.theta, &changed), ND_OK);
    assert_false(changed);
    for (size_t j = 0; j < 4; j++) s.theta[j] = 0.1;
    assert_int_equal(nd_cert_snap(s.ctx, &s.pb, s.theta, &changed), ND_OK);
    assert_false(changed);
    /* where a_j > 0 the loss is lower beside w = 0: the point stays */
    for (size_t j = 0; j < 4; j++) {
        s.theta[j] = 8e-5 * (j % 2 ? 1.0 : -1.0);
        s.theta[8 + j] = 0.1;
    }
    balance(&s, BETWEEN_V);
    assert_int_equal(nd_cert_snap(s.ctx, &s.pb, s.theta, &changed), ND_OK);
    assert_false(changed);
    place_close(&s);
}

/* Training ends near w = 0, and from there it is proved. */
static void trained(void **state)
{
    nd_rng rng = nd_rng_make(4, 4);
    size_t proved = 0;

    (void)state;
    for (int k = 0; k < 20; k++) {
        bool changed;
        place s;

        between_open(&s, "softplus", 3, "polyhinge:3", (uint64_t)k);
        for (size_t j = 0; j < 3; j++) s.theta[j] = 0.02 * nd_rng_normal(&rng);
        balance(&s, BETWEEN_V);
        place_descend(&s);
        assert_int_equal(nd_cert_snap(s.ctx, &s.pb, s.theta, &changed), ND_OK);
        assert_int_equal(nd_certify(s.ctx, &s.pb, s.theta, &s.cert), ND_OK);
        if (s.cert.truth == ND_PROVED && strcmp(s.cert.kind, "constant-neuron") == 0) {
            proved++;
            withstand_some(&s);
            reprove(&s);
        }
        place_close(&s);
    }
    printf("%zu of 20 proved where training ends\n", proved);
    assert_true(proved >= 15);
}

/* ---- files, memory --------------------------------------------------------------------------- */

static nd_status scenario(nd_ctx *ctx, void *arg)
{
    place *s = arg;
    nd_cert c;
    bool changed;
    nd_status status = nd_prove_constant(ctx, &s->pb, s->theta, &c);

    return status == ND_OK ? nd_cert_snap(ctx, &s->pb, s->theta, &changed) : status;
}

static void every_allocation(void **state)
{
    place s;

    (void)state;
    xor_open(&s, "softplus:1", "polyhinge:3");
    xor_point(&s, 0.2, 2.0);
    assert_true(nd_test_every_allocation(scenario, &s) > 8);
    place_close(&s);
}

/* A net without inputs is a constant. */
static void no_inputs(void **state)
{
    place s;

    (void)state;
    place_open(&s, "softplus:2", "logistic", 0.0, 3, 0, NULL, between_y);
    balance(&s, log(2.0));
    expect(&s, 0.63651416829481285, 1, -0.69314718055994531);
    reprove(&s);
    place_close(&s);
    place_open(&s, "relu:2", "logistic", 0.0, 3, 0, NULL, between_y); /* at the kink */
    balance(&s, log(2.0));
    refuse(&s);
    place_close(&s);
    /* exactly at the minimum: what others can prove is near, not there */
    place_open(&s, "square:2", "exponential", 0.0, 2, 0, NULL, (const double[]){1, -1});
    expect(&s, 1.0, 1, 0.0);
    assert_true(s.cert.radius >= 0x1p-60);
    reprove(&s);
    place_close(&s);
}

static void whole_table(void **state)
{
    place s;

    (void)state;
    xor_open(&s, "softplus:1", "polyhinge:3");
    xor_point(&s, 0.2, 2.0);
    assert_int_equal(nd_certify(s.ctx, &s.pb, s.theta, &s.cert), ND_OK);
    assert_int_equal(s.cert.truth, ND_PROVED);
    assert_string_equal(s.cert.kind, "constant-neuron");
    place_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_neurons), cmocka_unit_test(two_neurons),
        cmocka_unit_test(between),     cmocka_unit_test(other_losses),
        cmocka_unit_test(weights),     cmocka_unit_test(wrong_signs),
        cmocka_unit_test(wrong_data),  cmocka_unit_test(wrong_points),
        cmocka_unit_test(wrong_nets),  cmocka_unit_test(saddles),
        cmocka_unit_test(sparse),      cmocka_unit_test(snap),
        cmocka_unit_test(trained),     cmocka_unit_test(every_allocation),
        cmocka_unit_test(no_inputs),   cmocka_unit_test(whole_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
