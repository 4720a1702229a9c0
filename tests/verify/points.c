/* True statements are proved; false ones never, whatever was changed to make them
 * false: a bit of theta, a label, a claim, an index, a radius, the loss, the data. */
#include "verify_support.h"

static void check_proved(const char *path, const char *name)
{
    (void)name;
    if (nv_verdict(path) != ND_PROVED) fail_msg("%s is not proved", path);
}

static void test_true(void **state)
{
    (void)state;
    nv_each("points", 20, check_proved);
}

/* The valley: |g| = 1e-10 and a loss that no point attains.  Whatever is claimed of it. */
static void check_false(const char *path, const char *name)
{
    json_t *j = nv_load(path), *c = nv_claims_of(j);

    (void)name;
    for (int k = -60; k < 3; k += 4) {
        json_object_set_new(c, "radius", json_real(ldexp(1, k)));
        assert_int_not_equal(nv_verdict_json(j), ND_PROVED);
        assert_int_not_equal(nv_verdict_json(j), NV_UNREADABLE);
    }
    json_object_set_new(j, "kind", json_string("index"));
    for (int k = 0; k < 5; k++) {
        json_object_set_new(c, "index", json_integer(k));
        assert_int_not_equal(nv_verdict_json(j), ND_PROVED);
        assert_int_not_equal(nv_verdict_json(j), NV_UNREADABLE);
    }
    json_decref(j);
}

static void test_false(void **state)
{
    (void)state;
    nv_each("false", 1, check_false);
}

/* ---- corrupted certificates ----------------------------------------------------------- */

/* Runs the changed certificate; it must not be proved; how often it was refuted. */
static int refuted, tried;
static void expect_false(const json_t *j, const char *name, const char *change)
{
    int v = nv_verdict_json(j);

    tried++;
    refuted += v == ND_REFUTED;
    if (v == ND_PROVED || v == NV_UNREADABLE)
        fail_msg("%s with %s: %s", name, change, v == ND_PROVED ? "PROVED" : "unreadable");
}

/* Bits of theta that move it by far more than the claimed radius. */
static void change_theta(const char *path, const char *name)
{
    nd_rng rng = nd_rng_make(11, 0);
    json_t *j = nv_load(path), *theta = json_object_get(j, "theta");

    for (size_t k = 0; k < json_array_size(theta) && strstr(name, "xor-l") == NULL; k++) {
        double old = nv_number_at(theta, k), x = old;
        uint64_t bits;

        memcpy(&bits, &old, 8);
        bits ^= (uint64_t)1 << (30 + nd_rng_below(&rng, 22));
        memcpy(&x, &bits, 8);
        if (!isfinite(x) || fabs(x - old) < 1e-9) continue;
        if (nv_is_kind(j, "zero-loss")) continue; /* may remain one */
        json_array_set_new(theta, k, nv_hex(x));
        expect_false(j, name, "a changed theta");
        json_array_set_new(theta, k, nv_hex(old));
    }
    json_decref(j);
}

static void test_theta(void **state)
{
    (void)state;
    tried = refuted = 0;
    nv_each("points", 20, change_theta);
    assert_true(tried > 100 && refuted > tried / 2);
}

static void change_labels(const char *path, const char *name)
{
    json_t *j = nv_load(path), *y = json_object_get(json_object_get(j, "data"), "y");

    for (size_t i = 0; i < json_array_size(y) && strstr(name, "xor-l") == NULL; i++) {
        json_int_t old = json_integer_value(json_array_get(y, i));

        json_array_set_new(y, i, json_integer(-old));
        expect_false(j, name, "a changed label");
        json_array_set_new(y, i, json_integer(old));
    }
    json_decref(j);
}

static void test_labels(void **state)
{
    (void)state;
    tried = refuted = 0;
    nv_each("points", 20, change_labels);
    assert_true(tried > 100 && refuted > tried / 2);
}

/* Each claim replaced by a false one, all of them refuted: the point is the only
 * critical one in the claimed ball. */
static void with_claim(json_t *j, const char *name, const char *key, json_t *value)
{
    json_t *c = nv_claims_of(j), *old = json_deep_copy(json_object_get(c, key));
    int before = refuted;

    json_object_set_new(c, key, value);
    expect_false(j, name, key);
    if (refuted == before) fail_msg("%s with a false %s is not refuted", name, key);
    if (old)
        json_object_set_new(c, key, old);
    else
        json_object_del(c, key);
}

static void change_claims(const char *path, const char *name)
{
    json_t *j = nv_load(path), *c = nv_claims_of(j), *loss = json_object_get(c, "loss");
    double lo = nv_number_at(loss, 0), hi = nv_number_at(loss, 1);
    json_int_t e = json_integer_value(json_object_get(c, "errors"));

    with_claim(j, name, "loss", json_pack("[f,f]", hi + 1e-9, hi + 1));
    with_claim(j, name, "loss", json_pack("[f,f]", lo - 1, lo - 1e-9));
    with_claim(j, name, "errors", json_integer(e ? e - 1 : 1));
    with_claim(j, name, "errors", json_pack("[i,i]", (int)e + 1, (int)e + 1));
    with_claim(j, name, "margin_min", json_real(50));
    if (nv_is_kind(j, "strict")) {
        with_claim(j, name, "mu", json_real(100));
        with_claim(j, name, "radius", json_real(1e-30));
        json_object_del(c, "mu");
        json_object_set_new(j, "kind", json_string("index"));
        with_claim(j, name, "index", json_integer(1));
        json_object_set_new(c, "index", json_integer(0));
        assert_int_equal(nv_verdict_json(j), ND_PROVED);
    } else if (nv_is_kind(j, "index")) {
        with_claim(j, name, "index", json_integer(0));
        with_claim(j, name, "index", json_integer(2));
    } else if (json_object_get(c, "point")) {
        json_t *theta = json_deep_copy(json_object_get(j, "theta"));

        with_claim(j, name, "radius", json_real(1));
        with_claim(j, name, "point", json_deep_copy(theta)); /* not lower than itself */
        json_object_set_new(j, "theta", json_deep_copy(json_object_get(c, "point")));
        json_object_set_new(c, "point", theta); /* the other way round */
        expect_false(j, name, "point and theta exchanged");
    }
    json_decref(j);
}

static void test_claims(void **state)
{
    (void)state;
    tried = refuted = 0;
    nv_each("points", 20, change_claims);
    assert_true(tried > 100);
}

static void change_problem(const char *path, const char *name)
{
    static const char *const losses[] = {"polyhinge:3", "polyhinge:4", "logistic",
                                         "square",      "exponential", "smoothhinge"};
    json_t *j = nv_load(path), *p = json_object_get(j, "problem");
    json_t *l2 = json_deep_copy(json_object_get(p, "l2"));
    const char *loss = json_string_value(json_object_get(p, "loss"));
    json_t *keep = json_string(loss), *x;

    for (int k = 0; k < 6 && !nv_is_kind(j, "zero-loss") && !strstr(name, "xor-l"); k++) {
        if (strcmp(losses[k], json_string_value(keep)) == 0) continue;
        json_object_set_new(p, "loss", json_string(losses[k]));
        expect_false(j, name, losses[k]);
    }
    json_object_set(p, "loss", keep);
    json_object_set_new(p, "l2", nv_hex(0.25));
    expect_false(j, name, "another ridge");
    json_object_set(p, "l2", l2);
    x = json_array_get(json_object_get(json_object_get(j, "data"), "X"), 0);
    json_array_set_new(x, 0, json_real(-7));
    if (!nv_is_kind(j, "zero-loss") && !strstr(name, "xor-l"))
        expect_false(j, name, "another sample");
    json_decref(keep);
    json_decref(l2);
    json_decref(j);
}

static void test_problem(void **state)
{
    (void)state;
    nv_each("points", 20, change_problem);
}

/* The other kinds at each point: a minimum is no saddle, a saddle no minimum, and
 * nothing with a positive loss a zero-loss. */
static void change_kind(const char *path, const char *name)
{
    json_t *j = nv_load(path), *c;
    bool minimum = nv_is_kind(j, "strict"), saddle = nv_is_kind(j, "index");

    if (minimum || saddle) {
        c = json_pack("{s:O,s:O,s:O}", "loss", json_object_get(nv_claims_of(j), "loss"), "errors",
                      json_object_get(nv_claims_of(j), "errors"), "radius",
                      json_object_get(nv_claims_of(j), "radius"));
        json_object_set_new(j, "claims", c);
        json_object_set_new(j, "kind", json_string(minimum ? "not-a-minimum" : "strict"));
        if (minimum) json_object_set_new(c, "form", json_string("curvature"));
        expect_false(j, name, "the opposite kind");
        json_object_del(c, "radius");
        json_object_del(c, "form");
        json_object_set_new(j, "kind", json_string("zero-loss"));
        expect_false(j, name, "zero-loss");
    }
    json_object_set_new(j, "kind", json_string("a kind to come"));
    assert_int_equal(nv_verdict_json(j), ND_UNKNOWN);
    json_decref(j);
}

static void test_kind(void **state)
{
    (void)state;
    nv_each("points", 20, change_kind);
}

/* ---- points at kinks and degenerate points ---------------------------------------------- */

static int verdict_of(const char *net, const char *loss, double l2, const char *X, const char *y,
                      const char *theta, const char *kind, const char *claims)
{
    char text[4096];
    json_error_t error;
    json_t *x = json_loads(X, 0, &error);
    int n =
        snprintf(text, sizeof text,
                 "{\"format\":\"nadir-certificate\",\"version\":1,\"problem\":{\"net\":\"%s\","
                 "\"loss\":\"%s\",\"l2\":\"%a\"},\"data\":{\"n\":%d,\"d\":%d,\"X\":%s,\"y\":%s},"
                 "\"theta\":%s,\"kind\":\"%s\",\"claims\":%s}",
                 net, loss, l2, (int)json_array_size(x), (int)json_array_size(json_array_get(x, 0)),
                 X, y, theta, kind, claims);

    json_decref(x);
    return nv_verdict_text(text, (size_t)n);
}

static void test_degenerate(void **state)
{
    static const char xor [] = "[[1,1],[-1,-1],[1,-1],[-1,1]]", y[] = "[1,1,-1,-1]";
    static const char any[] = "{\"loss\":[0,9],\"errors\":[0,4],\"radius\":0.0009765625}";

    (void)state;
    /* few-neurons (theory 5): a degenerate minimum, not a strict one */
    assert_int_not_equal(
        verdict_of("softplus:1", "polyhinge:3", 0, xor, y, "[0,0,0,2,-1.386294]", "strict", any),
        ND_PROVED);
    /* a = 0, w = 0: third-order saddle of theory 2 */
    assert_int_not_equal(
        verdict_of("softplus:1", "polyhinge:3", 0, xor, y, "[0,0,0,0,0]", "strict", any),
        ND_PROVED);
    /* dead relu: flat */
    assert_int_not_equal(
        verdict_of("relu:1", "polyhinge:3", 0, xor, y, "[0,0,-5,1,0]", "strict", any), ND_PROVED);
    /* exactly on the kink of relu, with ridge */
    assert_int_not_equal(
        verdict_of("relu:1", "polyhinge:3", 1, xor, y, "[0,0,0,0,0]", "strict", any), ND_PROVED);
    /* between (theory 5): w = 0, constant output */
    assert_int_not_equal(verdict_of("softplus:1", "polyhinge:3", 0, "[[-1],[0],[1]]", "[1,-1,1]",
                                    "[0,0,-1,0.86472]", "strict", any),
                         ND_PROVED);
}

/* polyhinge:2 with l2 = 1, f = a x + a_0 on x = +-1, labels +-1: L = (1 - a)_+^2 + (a^2 + a_0^2)/2
 * for a_0 = 0: minimum at a = 2/3, off the kink.  With l2 so that the minimum meets the
 * kink there is no second derivative. */
static void test_square_hinge(void **state)
{
    static const char X[] = "[[1],[-1]]", y[] = "[1,-1]";
    static const char claims[] = "{\"loss\":[0.33333,0.33334],\"errors\":0,\"radius\":1e-9}";
    static const char flat[] = "{\"loss\":[0,1],\"errors\":0,\"radius\":1e-9}";

    (void)state;
    assert_int_equal(verdict_of("linear", "polyhinge:2", 1, X, y, "[\"0x1.5555555555555p-1\",0]",
                                "strict", claims),
                     ND_PROVED);
    assert_int_not_equal(verdict_of("linear", "polyhinge:2", 0, X, y, "[1,0]", "strict", flat),
                         ND_PROVED);
    assert_int_equal(verdict_of("linear", "polyhinge:2", 0, X, y, "[1,0]", "zero-loss",
                                "{\"loss\":[0,0],\"errors\":0}"),
                     ND_PROVED);
}

/* A claim about some critical point in a ball that holds several is not refuted by the
 * nearest one: there is a saddle within 10 of each minimum of softplus:2 on XOR. */
static void test_several(void **state)
{
    json_t *j = nv_load(NV_TESTS "points/xor-softplus2-00822.json"), *c = nv_claims_of(j);

    (void)state;
    json_object_set_new(j, "kind", json_string("index"));
    json_object_del(c, "mu");
    json_object_del(c, "margin_min");
    json_object_set_new(c, "loss", json_pack("[i,i]", 0, 2));
    json_object_set_new(c, "errors", json_pack("[i,i]", 0, 4));
    json_object_set_new(c, "index", json_integer(1));
    json_object_set_new(c, "radius", json_integer(10));
    assert_int_equal(nv_verdict_json(j), ND_UNKNOWN);
    json_object_set_new(c, "radius", json_real(1e-9));
    assert_int_equal(nv_verdict_json(j), ND_REFUTED);
    json_decref(j);
}

/* A margin short of 1 by 2^-300: beyond 128 bits, and still no zero loss. */
static void test_close_call(void **state)
{
    static const char claims[] = "{\"loss\":[-1,1],\"errors\":0}";

    (void)state;
    assert_int_equal(verdict_of("linear", "polyhinge:3", 0, "[[1]]", "[1]", "[1,\"-0x1p-300\"]",
                                "zero-loss", claims),
                     ND_REFUTED);
    assert_int_equal(verdict_of("linear", "polyhinge:3", 0, "[[1]]", "[1]", "[1,\"0x1p-300\"]",
                                "zero-loss", claims),
                     ND_PROVED);
    assert_int_equal(verdict_of("linear", "polyhinge:3", 0, "[[1]]", "[1]", "[1,\"-0x1p-1074\"]",
                                "zero-loss", claims),
                     ND_UNKNOWN); /* beyond 1024 bits */
}

/* sgn(0) = +1: an output of exactly 0 is right for +1 and wrong for -1. */
static void test_sign_of_zero(void **state)
{
    static const char *const claim[] = {"{\"loss\":[1,1],\"errors\":1,\"form\":\"gradient\"}",
                                        "{\"loss\":[1,1],\"errors\":0,\"form\":\"gradient\"}",
                                        "{\"loss\":[1,1],\"errors\":2,\"form\":\"gradient\"}"};
    static const int expected[] = {ND_PROVED, ND_REFUTED, ND_REFUTED};

    (void)state;
    for (int k = 0; k < 3; k++)
        assert_int_equal(verdict_of("linear", "polyhinge:3", 0, "[[1],[2]]", "[1,-1]", "[0,0]",
                                    "not-a-minimum", claim[k]),
                         expected[k]);
}

/* A gradient of exactly 0 refutes; one that does not exist is unknown. */
static void test_gradient_form(void **state)
{
    static const char claims[] = "{\"loss\":[0,9],\"errors\":[0,2],\"form\":\"gradient\"}";

    (void)state;
    assert_int_equal(
        verdict_of("linear", "square", 0, "[[1],[1]]", "[1,-1]", "[0,0]", "not-a-minimum", claims),
        ND_REFUTED);
    assert_int_equal(verdict_of("relu:1", "square", 0, "[[1],[1]]", "[1,1]", "[1,-1,1,0]",
                                "not-a-minimum", claims),
                     ND_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_true),          cmocka_unit_test(test_false),
        cmocka_unit_test(test_theta),         cmocka_unit_test(test_labels),
        cmocka_unit_test(test_claims),        cmocka_unit_test(test_problem),
        cmocka_unit_test(test_kind),          cmocka_unit_test(test_degenerate),
        cmocka_unit_test(test_square_hinge),  cmocka_unit_test(test_sign_of_zero),
        cmocka_unit_test(test_gradient_form), cmocka_unit_test(test_several),
        cmocka_unit_test(test_close_call),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    nv_scratch_clear();
    flint_cleanup();
    return failed;
}
