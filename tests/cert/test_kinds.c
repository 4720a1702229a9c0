/* False statements are offered to every kind; none may be proved, and what is proved must be
 * true in 200-bit arithmetic and for the checker. */
#define BITS 200
#include "cert/strict_support.h"

#include <jansson.h>
#include <nadir/num.h>
#include <unistd.h>

#include "cert/index.h"
#include "cert/mpfr_net.h"
#include "cert/near.h"
#include "theory/exact.h"

/* ---- the truth ------------------------------------------------------------------------------- */

/* L(theta) in 200 bits. */
static void exact_loss(const place *s, const double *theta, mpfr_t L)
{
    const nd_table *t = s->data;
    mpfr_t m, l;

    mpfr_inits2(BITS, m, l, (mpfr_ptr)0);
    mpfr_set_ui(L, 0, MPFR_RNDN);
    for (size_t i = 0; i < t->n; i++) {
        mp_margin(m, s->net, theta, t->x + i * t->d, t->y[i]);
        mp_loss(s->pb.loss, l, m);
        mpfr_add(L, L, l, MPFR_RNDN);
    }
    mpfr_div_ui(L, L, t->n, MPFR_RNDN);
    for (size_t k = 0; k < s->net->P; k++) {
        mpfr_set_d(l, theta[k], MPFR_RNDN);
        mpfr_sqr(l, l, MPFR_RNDN);
        mpfr_mul_d(l, l, 0.5 * s->pb.l2, MPFR_RNDN);
        mpfr_add(L, L, l, MPFR_RNDN);
    }
    mpfr_clears(m, l, (mpfr_ptr)0);
}

/* nadir-verify on the certificate: its exit status, -1 without the program.  edit: a sed
 * command for the file, or NULL. */
static int verify(const place *s, const nd_cert *c, const char *edit)
{
    char command[700], file[64] = "/tmp/nadir-kinds-XXXXXX";
    int fd = mkstemp(file), status;

    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(nd_cert_save(s->ctx, &s->pb, s->theta, c, file), ND_OK);
    if (edit) {
        snprintf(command, sizeof command, "sed -i '%s' %s", edit, file);
        assert_int_equal(system(command), 0);
    }
    snprintf(command, sizeof command, "%s %s > /dev/null 2>&1", ND_VERIFY_PROGRAM, file);
    status = access(ND_VERIFY_PROGRAM, X_OK) == 0 ? system(command) : -1;
    unlink(file);
    return status < 0 ? -1 : status >> 8;
}

static const nd_cert_kind *row(const char *kind)
{
    size_t rows;
    const nd_cert_kind *table = nd_cert_table(&rows);

    for (size_t k = 0; k < rows; k++)
        if (strcmp(table[k].kind, kind) == 0) return &table[k];
    return NULL;
}

static nd_truth prove(place *s, const char *kind)
{
    assert_int_equal(row(kind)->prove(s->ctx, &s->pb, s->theta, &s->cert), ND_OK);
    assert_string_equal(s->cert.kind, kind);
    assert_true(s->cert.reason[0] != 0);
    if (s->cert.truth != ND_PROVED) assert_int_equal(s->cert.says, ND_SAYS_NOTHING);
    return s->cert.truth;
}

static bool of_minimum(nd_says says)
{
    return says == ND_SAYS_GLOBAL || says == ND_SAYS_STRICT || says == ND_SAYS_LOCAL;
}

/* No kind says that a minimum is here or near; what else is said the checker proves, too. */
static void no_minimum(place *s)
{
    size_t rows;
    const nd_cert_kind *table = nd_cert_table(&rows);
    nd_cert any;

    for (size_t k = 0; k < rows; k++) {
        prove(s, table[k].kind);
        if (of_minimum(s->cert.says)) print_message("%s: %s\n", table[k].kind, s->cert.reason);
        assert_false(of_minimum(s->cert.says));
        if (s->cert.truth == ND_PROVED) {
            int status = verify(s, &s->cert, NULL);
            assert_true(status == -1 || status == 0);
        } else {
            assert_int_equal(
                nd_cert_save(s->ctx, &s->pb, s->theta, &s->cert, "no-such-folder/x.json"),
                ND_EINPUT);
        }
    }
    assert_int_equal(nd_certify_near(s->ctx, &s->pb, s->theta, &any), ND_OK);
    assert_false(of_minimum(any.says));
    assert_true(strcmp(any.kind, "theorem") != 0 && strcmp(any.kind, "not-a-minimum") != 0);
}

/* ---- false statements -------------------------------------------------------------------------- */

/* softplus:1 on XOR without ridge: every start runs into a valley. */
static void valleys(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        place s;

        place_open(&s, seed % 2 ? "softplus:1" : "tanh:1", "polyhinge:3", 0.0, 4, 2, xor_x, xor_y);
        nd_net_start(s.net, seed, 0, 1.0, s.theta);
        place_descend(&s);
        no_minimum(&s);
        place_close(&s);
    }
}

/* a = 0, w = 0: the gradient vanishes, the Hessian has no negative eigenvalue where the
 * classes balance, and yet L falls in third order. */
static void higher_saddles(void **state)
{
    const char *nets[] = {"softplus:1", "tanh:2", "exp:1", "softplus:1,tanh:1", "relu:2", "silu:1"};

    (void)state;
    for (size_t k = 0; k < 6; k++) {
        place s;

        place_open(&s, nets[k], "polyhinge:3", 0.0, 4, 2, xor_x, xor_y);
        /* tanh:2: every loss below 1 is reached by growing weights from here */
        no_minimum(&s);
        place_close(&s);
    }
}

/* Ridge: 0 is a strict minimum or a saddle, by the size of lambda; never both. */
static void by_the_ridge(void **state)
{
    const double x[] = {-2, -1, 1, 2.5}, y[] = {-1, -1, 1, 1};
    place s;

    (void)state;
    for (int k = 0; k < 2; k++) {
        place_open(&s, "tanh:1", "polyhinge:3", k ? 20.0 : 0.01, 4, 1, x, y);
        prove(&s, "index");
        assert_int_equal(s.cert.truth, ND_PROVED);
        assert_int_equal(s.cert.says, k ? ND_SAYS_STRICT : ND_SAYS_SADDLE);
        assert_int_equal(prove(&s, "strict"), k ? ND_PROVED : ND_UNKNOWN);
        if (k == 0) no_minimum(&s);
        if (k == 1) assert_int_equal(prove(&s, "not-a-minimum"), ND_UNKNOWN);
        place_close(&s);
    }
}

static void kinks(void **state)
{
    const double x[] = {-1, 1}, y[] = {-1, 1}, v[] = {0, 1, 2}, l[] = {1, -1, 1};
    place s;

    (void)state;
    /* polyhinge:2, samples exactly on the kink at margin 1, but the loss falls: b = a0 = 0 is
     * not optimal for weights 1 : -1 of the third */
    place_open(&s, "linear", "polyhinge:2", 0.0, 3, 1, v, l);
    s.theta[0] = 1.0; /* margins 0, -1, 2 */
    no_minimum(&s);
    s.theta[0] = 0.0;
    s.theta[1] = 1.0; /* margins 1, -1, 1: two on the kink */
    no_minimum(&s);
    place_close(&s);
    /* a neuron whose kink is at a sample, with a slope on one side only */
    place_open(&s, "relu:1", "polyhinge:3", 0.0, 2, 1, x, y);
    s.theta[0] = 1.0;  /* w */
    s.theta[1] = -1.0; /* z = -2, 0 */
    s.theta[2] = 1.0;  /* a: moving b up helps sample 2 */
    no_minimum(&s);
    place_close(&s);
    /* elu at its kink of s'' */
    place_open(&s, "elu:1:nobias", "square", 0.0, 2, 1, x, y);
    no_minimum(&s);
    place_close(&s);
}

/* Points of no kind: random, huge, not finite. */
static void anywhere(void **state)
{
    const char *nets[] = {"softplus:2", "relu:3", "tanh:1+linear", "leakyrelu:2,square:1"};
    nd_rng rng = nd_rng_make(3, 3);

    (void)state;
    for (int k = 0; k < 12; k++) {
        place s;

        place_open(&s, nets[k % 4], k % 3 ? "polyhinge:3" : "logistic", k % 2 ? 0.0 : 1e-3, 4, 2,
                   xor_x, xor_y);
        for (size_t i = 0; i < s.net->P; i++) s.theta[i] = nd_rng_normal(&rng);
        if (k == 4) s.theta[0] = 1e300;
        if (k == 5) s.theta[0] = NAN;
        if (k == 6) s.theta[s.net->P - 1] = -INFINITY;
        no_minimum(&s);
        place_close(&s);
    }
}

/* ---- true statements ----------------------------------------------------------------------------- */

/* A provably lower point is lower in 200 bits; changing the file never leaves it proved. */
static void lower_points(void **state)
{
    nd_rng rng = nd_rng_make(8, 1);
    const char *nets[] = {"softplus:2", "relu:2", "tanh:2,relu:1"};
    size_t lower = 0;

    (void)state;
    for (int k = 0; k < 9; k++) {
        int status;
        place s;
        mpfr_t L;

        place_open(&s, nets[k % 3], "polyhinge:3", k < 5 ? 0.0 : 1e-3, 4, 2, xor_x, xor_y);
        for (size_t i = 0; i < s.net->P; i++) s.theta[i] = nd_rng_normal(&rng);
        assert_int_equal(prove(&s, "not-a-minimum"), ND_PROVED);
        assert_true(s.cert.radius >= 0.0);
        lower += s.cert.radius > 0.0;
        mpfr_init2(L, BITS);
        exact_loss(&s, s.theta, L);
        assert_true(mpfr_cmp_d(L, s.cert.loss_lo) >= 0 && mpfr_cmp_d(L, s.cert.loss_hi) <= 0);
        mpfr_clear(L);
        status = verify(&s, &s.cert, NULL);
        assert_true(status == -1 || status == 0);
        if (s.cert.radius >
            0.0) { /* the point moves to theta's first entry: not lower, or not near */
            status = verify(&s, &s.cert, "s/\"radius\": \"[^\"]*\"/\"radius\": \"0x1p-900\"/");
            assert_true(status == -1 || status == 4);
        }
        place_close(&s);
    }
    assert_true(lower >= 8);
}

/* At a minimum of a convex problem nothing below can be found, and the gradient's form does
 * not speak when the gradient may be 0. */
static void at_a_minimum(void **state)
{
    const double x[] = {-1, 1}, y[] = {-1, 1};
    place s;

    (void)state;
    place_open(&s, "linear", "square", 2.0, 2, 1, x, y);
    s.theta[0] = 0.5; /* docs/certificate-format.md, section 8: exactly the minimum */
    assert_int_equal(prove(&s, "not-a-minimum"), ND_UNKNOWN);
    s.theta[0] = 0.5 + 0x1p-50;
    assert_int_equal(prove(&s, "not-a-minimum"), ND_PROVED);
    assert_true(s.cert.radius == 0.0); /* by the gradient alone: 4e-15 */
    assert_int_equal(s.cert.says, ND_SAYS_NO_MINIMUM);
    s.theta[0] = 0.5 + 1e-5; /* a longer step is provably lower, the first ones are not */
    assert_int_equal(prove(&s, "not-a-minimum"), ND_PROVED);
    assert_true(s.cert.radius > 1e-11 && s.cert.radius < 2e-5);
    assert_int_equal(s.cert.says, ND_SAYS_NOTHING);
    place_close(&s);
}

/* The theorems' certificates: each theorem, re-proved by the checker; any change is noticed. */
static void theorem_case(const char *net, const char *loss, bool separable, bool idle,
                         const char *name)
{
    const double apart[] = {0, 1, 0.5, 2, -1, 3, 0, -1, 0.5, -2, -1, -1.5};
    const double mixed[] = {0, 1, 0.5, -2, -1, 3, 0, -1, 0.5, 2, -1, -3};
    const double y[] = {1, 1, 1, -1, -1, -1};
    char want[64], edit[128];
    json_t *claims = json_object();
    place s;
    int status;

    place_open(&s, net, loss, 0.0, 6, 2, separable ? apart : mixed, y);
    for (size_t i = 0; i < s.net->P; i++) s.theta[i] = 0.1 * (double)(i % 3) + 0.05;
    if (idle) s.theta[s.net->term[0].a] = 0.0;
    assert_int_equal(prove(&s, "theorem"), ND_PROVED);
    assert_int_equal(s.cert.says, ND_SAYS_NO_MINIMUM);
    assert_int_equal(
        row("theorem")->claims(s.ctx, &s.pb, s.theta, &s.cert, (struct json_t *)claims), ND_OK);
    snprintf(want, sizeof want, "%s", json_string_value(json_object_get(claims, "theorem")));
    assert_string_equal(want, name);
    json_decref(claims);
    status = verify(&s, &s.cert, NULL);
    assert_true(status == -1 || status == 0);
    /* ridge, which no theorem allows */
    status = verify(&s, &s.cert, "s/\"l2\": \"0x0p+0\"/\"l2\": \"0x1p-40\"/");
    assert_true(status == -1 || status == 4);
    /* a theorem that does not apply */
    snprintf(edit, sizeof edit, "s/\"theorem\": \"%s\"/\"theorem\": \"linear\"/", name);
    status = verify(&s, &s.cert, edit);
    assert_true(status == -1 || status == 4 || status == 3);
    status = verify(&s, &s.cert, "s/\"theorem\": \"[^\"]*\"/\"theorem\": \"5\"/");
    assert_true(status == -1 || status == 1);
    status = verify(&s, &s.cert, "s/\"active\": [0-9]*/\"active\": 6/");
    assert_true(status == -1 || status == 1);
    if (separable) { /* a vector that does not separate */
        status = verify(&s, &s.cert,
                        "s/\"u\": \\[\"\\([^\"]*\\)\", \"[^\"]*\"/\"u\": [\"\\1\", \"0x0p+0\"/");
        assert_true(status == -1 || status == 4 || status == 3);
    }
    if (idle) { /* another neuron: its a_j is not 0 */
        status = verify(&s, &s.cert, "s/\"idle_neuron\": 0/\"idle_neuron\": 1/");
        assert_true(status == -1 || status == 4);
        status = verify(&s, &s.cert, "s/\"idle_neuron\": 0/\"idle_neuron\": 5/");
        assert_true(status == -1 || status == 4);
    }
    place_close(&s);
}

static void theorems(void **state)
{
    (void)state;
    if (!nd_exact_available()) skip();
    theorem_case("softplus:2", "polyhinge:3", true, false, "1");
    theorem_case("sigmoid:2", "smoothhinge", true, false, "1");
    theorem_case("elu:2", "polyhinge:2", true, false, "1-local");
    theorem_case("tanh:2", "polyhinge:3", false, true, "2");
}

/* Where a theorem does not hold nothing is proved by it: points with l' = 0, ridge, contradictory
 * data, no idle neuron. */
static void theorems_refuse(void **state)
{
    const double x[] = {1, 1, -1, -1}, y[] = {1, -1, 1, -1};
    place s;

    (void)state;
    place_open(&s, "tanh:2", "polyhinge:3", 0.0, 4, 1, x, y); /* each point has both labels */
    s.theta[0] = 1.0;
    assert_int_equal(prove(&s, "theorem"), ND_UNKNOWN);
    place_close(&s);
    place_open(&s, "tanh:2", "polyhinge:3", 0.0, 4, 2, xor_x, xor_y); /* no a_j = 0 */
    for (size_t i = 0; i < s.net->P; i++) s.theta[i] = 0.5;
    assert_int_equal(prove(&s, "theorem"), ND_UNKNOWN);
    s.theta[s.net->term[0].a] = 0x1p-1000;
    assert_int_equal(prove(&s, "theorem"), ND_UNKNOWN);
    place_close(&s);
    place_open(&s, "tanh:2", "logistic", 0.0, 4, 2, xor_x, xor_y); /* no hinge tail */
    assert_int_equal(prove(&s, "theorem"), ND_UNKNOWN);
    place_close(&s);
    place_open(&s, "softplus:2", "polyhinge:3", 1e-9, 4, 2, xor_x, xor_y);
    assert_int_equal(prove(&s, "theorem"), ND_UNKNOWN);
    place_close(&s);
}

/* ---- the constants of the inequality of kind index --------------------------------------------- */

/* f = a x + a_0 with ridge: H is known, and so is the least eps that may be claimed. */
static void eps_of_index(void **state)
{
    const double x[] = {-1, 1}, y[] = {-1, 1};
    double change[2], offset = 1e-6, H[4], values[2], error;
    nd_ball ball;
    place s;

    (void)state;
    place_open(&s, "linear", "square", 2.0, 2, 1, x, y);
    s.theta[0] = 0.5;
    assert_int_equal(prove(&s, "index"), ND_PROVED);
    /* H = 4 I: lambda_min = 4, and mu = (1 - eps)/|X|^2 with |X|^2 = 1/4 */
    assert_true(s.cert.mu <= 4.0 && s.cert.mu > 4.0 * (1.0 - 1e-12));
    assert_int_equal(nd_ball_bounds(s.ctx, &s.pb, s.theta, 0.0, &ball, change), ND_OK);
    /* e_H is in eps, and at least one enlargement by 2^-46 */
    assert_true(4.0 - s.cert.mu >= ball.hessian + 4.0 * 0x1p-46);
    assert_int_equal(s.cert.index, 0);
    assert_true(s.cert.loss_lo <= 0.5 && s.cert.loss_hi >= 0.5);
    assert_true(s.cert.radius > 0.0 && s.cert.radius < 1e-15);
    place_close(&s);
    /* the variation from theta to the minimum, and the distance, are in it */
    place_open(&s, "linear", "logistic", 0.1, 2, 1, x, y);
    place_descend(&s);
    s.theta[0] += offset;
    assert_int_equal(prove(&s, "index"), ND_PROVED);
    assert_true(s.cert.radius >= offset);
    assert_int_equal(nd_problem_hessian(s.ctx, &s.pb, s.theta, s.work, H), ND_OK);
    assert_int_equal(nd_eigen_dense(s.ctx, 2, H, values, NULL, &error), ND_OK);
    assert_int_equal(nd_ball_bounds(s.ctx, &s.pb, s.theta, offset, &ball, change), ND_OK);
    assert_true(ball.m3 > 0.01);
    assert_true(s.cert.mu <= values[0] - 0.999 * ball.m3 * offset);
    assert_true(s.cert.loss_hi - s.cert.loss_lo > 0.5 * offset * offset);
    place_close(&s);
}

/* theta may be off by much where H does not vary: the radius says by how much. */
static void reach_of_index(void **state)
{
    const double x[] = {-1, 1}, y[] = {-1, 1};
    place s;

    (void)state;
    place_open(&s, "linear", "square", 2.0, 2, 1, x, y);
    for (int k = 1; k <= 3; k++) {
        s.theta[0] = 0.5 + 0.01 * k;
        assert_int_equal(prove(&s, "index"), ND_PROVED);
        assert_true(s.cert.radius >= 0.01 * k && s.cert.loss_lo <= 0.5 && s.cert.loss_hi >= 0.5);
    }
    place_close(&s);
}

/* ---- memory -------------------------------------------------------------------------------------- */

static nd_status scenario(nd_ctx *ctx, void *arg)
{
    place *s = arg;
    nd_cert c;
    json_t *claims = json_object();
    nd_status status = nd_prove_index(ctx, &s->pb, s->theta, &c);

    if (status == ND_OK) status = row("not-a-minimum")->prove(ctx, &s->pb, s->theta, &c);
    if (status == ND_OK && c.truth == ND_PROVED)
        status = row("not-a-minimum")->claims(ctx, &s->pb, s->theta, &c, (struct json_t *)claims);
    if (status == ND_OK) status = nd_polish_regular(ctx, &s->pb, s->theta);
    json_decref(claims);
    return status;
}

static void every_allocation(void **state)
{
    place s;

    (void)state;
    place_open(&s, "softplus:1,tanh:1", "polyhinge:3", 0.0, 4, 2, xor_x, xor_y);
    for (size_t i = 0; i < s.net->P; i++) s.theta[i] = 0.3;
    assert_true(nd_test_every_allocation(scenario, &s) > 10);
    place_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(valleys),         cmocka_unit_test(higher_saddles),
        cmocka_unit_test(by_the_ridge),    cmocka_unit_test(kinks),
        cmocka_unit_test(anywhere),        cmocka_unit_test(lower_points),
        cmocka_unit_test(at_a_minimum),    cmocka_unit_test(theorems),
        cmocka_unit_test(theorems_refuse), cmocka_unit_test(eps_of_index),
        cmocka_unit_test(reach_of_index),  cmocka_unit_test(every_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
