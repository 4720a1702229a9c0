/* Minima that are not isolated: the true statements of tests/verify/minima are proved, and
 * none of their false variants is. */
#include "verify_support.h"

static void check_proved(const char *path, const char *name)
{
    (void)name;
    if (nv_verdict(path) != ND_PROVED) fail_msg("%s is not proved", path);
}

static void test_true(void **state)
{
    (void)state;
    nv_each("minima", 27, check_proved);
}

/* ---- one change each ------------------------------------------------------------------ */

/* Puts value (JSON text) at path, "claims/idle" or "data/X/0/1", of j. */
static void put(json_t *j, const char *path, const char *value)
{
    char key[64];
    json_t *x = json_loads(value, JSON_DECODE_ANY, NULL);
    const char *slash;

    assert_non_null(x);
    for (; (slash = strchr(path, '/')); path = slash + 1) {
        snprintf(key, sizeof key, "%.*s", (int)(slash - path), path);
        j = json_is_array(j) ? json_array_get(j, strtoul(key, NULL, 10)) : json_object_get(j, key);
        assert_non_null(j);
    }
    if (json_is_array(j))
        assert_int_equal(json_array_set_new(j, strtoul(path, NULL, 10), x), 0);
    else
        assert_int_equal(json_object_set_new(j, path, x), 0);
}

enum { NOT_PROVED = 100 };

/* A wide radius and claims that hold of anything, so that the change alone decides. */
static void widen(json_t *j)
{
    json_t *c = nv_claims_of(j);

    put(j, "claims/radius", "0.0625");
    put(j, "claims/loss", "[0, 1000]");
    json_object_set_new(c, "errors",
                        json_pack("[i,O]", 0, json_object_get(json_object_get(j, "data"), "n")));
    json_object_del(c, "margin_min");
    json_object_del(c, "mu");
}

typedef struct {
    const char *file, *path[3], *value[3];
    int expected;
} variant;

static void run(const variant *v)
{
    char path[512];
    json_t *j;
    int verdict;

    snprintf(path, sizeof path, "%sminima/%s.json", NV_TESTS, v->file);
    j = nv_load(path);
    widen(j);
    assert_int_equal(nv_verdict_json(j), ND_PROVED);
    for (int k = 0; k < 3 && v->path[k]; k++) put(j, v->path[k], v->value[k]);
    verdict = nv_verdict_json(j);
    json_decref(j);
    if (v->expected == NOT_PROVED ? verdict != ND_PROVED && verdict != NV_UNREADABLE
                                  : verdict == v->expected)
        return;
    fail_msg("%s with %s = %s: verdict %d", v->file, v->path[0], v->value[0], verdict);
}

static void run_all(const variant *v, size_t n)
{
    for (size_t i = 0; i < n; i++) run(v + i);
}

#define RUN(table) run_all(table, sizeof(table) / sizeof *(table))

static void test_idle(void **state)
{
    static const variant table[] = {
        /* a neuron that wakes up: b_1 from -20 to 1 */
        {"dead-relu", {"theta/6"}, {"1"}, NOT_PROVED},
        /* exactly on the kink of the sample (1, .5): w_1 = (1, 2), b_1 = -2 */
        {"dead-relu", {"theta/6"}, {"-2"}, NOT_PROVED},
        /* a_0 is not idle, though its derivative at theta* is 0 */
        {"dead-relu", {"claims/idle"}, {"[0,1,2,3,4,5,6,7,8,9,10,11,12]"}, NOT_PROVED},
        /* an idle coordinate left out: it is degenerate */
        {"dead-relu", {"claims/idle"}, {"[0,1,2,3,4,5,6,7,8,9,10]"}, ND_UNKNOWN},
        {"dead-relu", {"claims/idle"}, {"[]"}, ND_UNKNOWN},
        {"dead-relu", {"problem/net"}, {"\"leakyrelu:3\""}, NOT_PROVED},
        {"dead-relu", {"problem/net"}, {"\"elu:3\""}, NOT_PROVED},
        {"dead-relu", {"problem/l2"}, {"1"}, NOT_PROVED},
        {"dead-relu", {"theta/12"}, {"-40"}, NOT_PROVED},
        {"dead-deep", {"theta/10"}, {"4"}, NOT_PROVED}, /* the second layer wakes up */
        {"dead-relu-linear", {"claims/idle"}, {"[0,1,2,3,4,5,6,7,8]"}, NOT_PROVED},
        /* a critical coordinate of a neuron that is alive */
        {"gauge-relu-w", {"claims/idle", "claims/gauge"}, {"[0]", "[]"}, NOT_PROVED},
        {"gauge-relu-a", {"claims/idle", "claims/gauge"}, {"[2]", "[]"}, NOT_PROVED},
        /* still dead: true */
        {"dead-relu", {"theta/6"}, {"-100"}, ND_PROVED},
        {"dead-relu", {"theta/9"}, {"0"}, ND_PROVED},
    };

    (void)state;
    RUN(table);
}

static void test_gauge(void **state)
{
    static const variant table[] = {
        {"gauge-relu-w", {"claims/gauge"}, {"[]"}, ND_UNKNOWN},    /* the scaling is null */
        {"gauge-relu-w", {"claims/gauge"}, {"[0,1]"}, ND_REFUTED}, /* one neuron twice */
        {"gauge-relu-w", {"claims/gauge"}, {"[3]"}, ND_REFUTED},   /* a_0 */
        {"gauge-relu-b", {"theta/1"}, {"0"}, ND_REFUTED},          /* scaling leaves 0 */
        {"gauge-relu-w", {"problem/net"}, {"\"tanh:1\""}, ND_REFUTED},
        {"gauge-relu-w", {"problem/net"}, {"\"elu:1\""}, ND_REFUTED},
        {"gauge-relu-w", {"problem/net"}, {"\"softplus:1\""}, ND_REFUTED},
        {"gauge-relu-w", {"problem/net"}, {"\"res(relu:1)\""}, ND_REFUTED},
        {"gauge-relu-w", {"problem/net"}, {"\"exp:1\""}, ND_REFUTED}, /* moves no weight */
        {"gauge-relu-w", {"problem/l2"}, {"\"0x1p-40\""}, ND_REFUTED},
        /* a weight between layers: two symmetries move it */
        {"gauge-relu-a",
         {"problem/net", "theta"},
         {"\"relu:1,relu:1\"", "[2,-1,1,0.5,1,-1]"},
         ND_REFUTED},
        {"gauge-exp-b", {"claims/gauge"}, {"[0]"}, ND_REFUTED},
        {"gauge-exp-b", {"problem/net"}, {"\"sigmoid:1\""}, ND_REFUTED},
        {"gauge-exp-a", {"theta/2"}, {"0"}, ND_REFUTED},
        {"gauge-square-w", {"theta/0"}, {"0"}, ND_REFUTED},
        {"gauge-square-w", {"theta/0"}, {"2"}, NOT_PROVED},
        {"gauge-square-w", {"claims/mu"}, {"1000"}, NOT_PROVED},
        {"gauge-square-w", {"claims/idle"}, {"[0]"}, NV_UNREADABLE}, /* in both */
        {"gauge-square-w", {"claims/gauge"}, {"[4]"}, NV_UNREADABLE},
        {"gauge-square-w", {"claims/gauge"}, {"[-1]"}, NV_UNREADABLE},
        {"gauge-square-w", {"claims/gauge"}, {"[1,0]"}, NV_UNREADABLE},
        {"gauge-square-w", {"claims/gauge"}, {"[0,0]"}, NV_UNREADABLE},
        {"gauge-square-w", {"claims/gauge"}, {"[0.0]"}, NV_UNREADABLE},
        {"gauge-square-w", {"claims/gauge"}, {"{}"}, NV_UNREADABLE},
        {"gauge-square-w", {"claims/free"}, {"[0]"}, NV_UNREADABLE},
    };

    (void)state;
    RUN(table);
}

static void test_region(void **state)
{
    static const variant table[] = {
        {"linear-leaky-3", {"claims/free"}, {"[0,1]"}, NOT_PROVED}, /* rank 2 of 3 */
        {"linear-leaky-3", {"claims/free"}, {"[12]"}, NOT_PROVED},
        {"linear-leaky-3", {"claims/free"}, {"[]"}, NOT_PROVED},
        {"linear-leaky-3", {"claims/free"}, {"[0,1,6,12]"}, NOT_PROVED},     /* dependent */
        {"linear-leaky-3", {"claims/free"}, {"[0,1,9]"}, ND_REFUTED},        /* an a_j */
        {"linear-leaky-3", {"theta/9", "theta/12"}, {"0", "2"}, ND_REFUTED}, /* a_1 = 0 */
        {"linear-leaky-3", {"claims/free"}, {"[2,3,6]"}, ND_PROVED},         /* another basis */
        {"linear-leaky-3", {"problem/net"}, {"\"softplus:3\""}, ND_REFUTED},
        {"linear-leaky-3", {"problem/net"}, {"\"elu:3\""}, ND_REFUTED},
        {"linear-leaky-3", {"problem/l2"}, {"\"0x1p-60\""}, ND_REFUTED},
        {"linear-leaky-3", {"theta/12"}, {"-1"}, NOT_PROVED}, /* f = 1 */
        /* every sample on the kink */
        {"linear-leaky-1", {"theta/2", "theta/4"}, {"0", "0"}, NOT_PROVED},
        /* one sample on the kink: w = (1, 1), b = 2 is 0 at (-1, -1); f = 0 needs w = 0 */
        {"linear-leaky-1", {"data/y"}, {"[1,1,-1,1]"}, NOT_PROVED},
        /* the sample on the kink matters to the logistic loss */
        {"hinge-kink-flat", {"problem/loss"}, {"\"logistic\""}, NOT_PROVED},
        {"hinge-kink-flat", {"data/y/4"}, {"1"}, NOT_PROVED},
        {"hinge-kink-flat", {"claims/free"}, {"[0]"}, NOT_PROVED},
        /* a constant side and a line: w, b and a_0 are all needed */
        {"region-relu", {"claims/free"}, {"[0,1]"}, NOT_PROVED},
        {"region-relu", {"claims/free"}, {"[0,3]"}, NOT_PROVED},
        {"region-relu", {"claims/free"}, {"[1,3]"}, NOT_PROVED},
        {"region-relu", {"claims/free"}, {"[1,0,3]"}, NV_UNREADABLE},
        {"region-relu", {"claims/free"}, {"[0,1,4]"}, NV_UNREADABLE},
        /* a second neuron with a_2 = 0 that would help: bent at two samples, between them */
        {"linear-leaky-1",
         {"problem/net", "theta", "claims/free"},
         {"\"relu:2\"", "[0,0,1,-1,4,0,1,0,-4]", "[0,1,8]"},
         ND_UNKNOWN},
        {"linear-leaky-1",
         {"problem/net", "theta", "claims/free"},
         {"\"relu:2\"", "[0,0,1,-1,4,0.5,1,0,-4]", "[0,1,8]"},
         ND_UNKNOWN},
        /* and one that cannot */
        {"linear-leaky-1",
         {"problem/net", "theta", "claims/free"},
         {"\"relu:2\"", "[0,0,1,-1,4,-3,1,0,-4]", "[0,1,8]"},
         ND_PROVED},
        {"linear-term", {"claims/free"}, {"[3]"}, NOT_PROVED},
        {"linear-term", {"claims/free"}, {"[2,4]"}, ND_REFUTED},
        {"linear-term", {"claims/free"}, {"[0,4]"}, ND_PROVED}, /* w for u */
    };

    (void)state;
    RUN(table);
}

static void test_kink(void **state)
{
    static const variant table[] = {
        {"kink-relu", {"claims/kinks"}, {"[[0,0],[0,1]]"}, NOT_PROVED}, /* one forgotten */
        {"kink-relu", {"claims/kinks"}, {"[[0,1],[1,3]]"}, NOT_PROVED},
        {"kink-relu", {"claims/kinks"}, {"[]"}, NOT_PROVED},
        {"kink-relu", {"claims/kinks"}, {"[[0,0],[0,1],[1,2],[1,3]]"}, ND_REFUTED}, /* z_12 != 0 */
        {"kink-relu", {"claims/kinks"}, {"[[0,0],[1,1],[1,3]]"}, NOT_PROVED},
        {"kink-relu", {"claims/kinks"}, {"[[0,0],[0,1],[0,3]]"}, ND_REFUTED},
        {"kink-relu", {"theta/6"}, {"1.6442797"}, NOT_PROVED}, /* c_i a_j < 0 */
        {"kink-relu", {"theta/7"}, {"-1.5239279"}, NOT_PROVED},
        {"kink-relu", {"theta/5"}, {"1.3"}, NOT_PROVED},
        {"kink-relu", {"problem/l2"}, {"0"}, NOT_PROVED}, /* the scaling is null */
        {"kink-relu", {"problem/l2"}, {"0.5"}, NOT_PROVED},
        {"kink-relu", {"data/y/0"}, {"-1"}, NOT_PROVED},
        {"kink-relu", {"data/y/3"}, {"1"}, NOT_PROVED},
        {"kink-relu", {"data/X/3/0"}, {"-3"}, NOT_PROVED},
        {"kink-relu", {"problem/net"}, {"\"tanh:2\""}, ND_REFUTED},
        {"kink-relu", {"problem/net"}, {"\"elu:2\""}, ND_REFUTED},
        {"kink-relu", {"problem/net"}, {"\"res(relu:2)\""}, ND_REFUTED},
        {"kink-relu", {"claims/errors"}, {"1"}, NOT_PROVED},
        {"kink-relu", {"claims/radius"}, {"1e-30"}, NOT_PROVED},
        {"kink-relu", {"claims/loss"}, {"[0,0.005]"}, NOT_PROVED},
        {"kink-leaky", {"problem/net"}, {"\"relu:2\""}, NOT_PROVED},
        {"kink-leaky", {"claims/kinks"}, {"[[0,0],[0,1]]"}, NOT_PROVED},
        {"kink-leaky", {"theta/7"}, {"-12.7"}, NOT_PROVED},
        {"kink-relu", {"claims/kinks"}, {"[[0,1],[0,0],[1,3]]"}, NV_UNREADABLE},
        {"kink-relu", {"claims/kinks"}, {"[[0,0],[0,0]]"}, NV_UNREADABLE},
        {"kink-relu", {"claims/kinks"}, {"[[2,0]]"}, NV_UNREADABLE},
        {"kink-relu", {"claims/kinks"}, {"[[0,4]]"}, NV_UNREADABLE},
        {"kink-relu", {"claims/kinks"}, {"[[0,-1]]"}, NV_UNREADABLE},
        {"kink-relu", {"claims/kinks"}, {"[[0,0,1]]"}, NV_UNREADABLE},
        {"kink-relu", {"claims/kinks"}, {"[[0,0.0]]"}, NV_UNREADABLE},
        {"kink-relu", {"claims/kinks"}, {"[0]"}, NV_UNREADABLE},
        {"kink-relu", {"claims/kinks"}, {"{}"}, NV_UNREADABLE},
        {"kink-relu", {"claims/free"}, {"[0]"}, NV_UNREADABLE},
    };

    (void)state;
    RUN(table);
}

static void test_constant(void **state)
{
    static const variant table[] = {
        {"between-1", {"data/X/0/0"}, {"\"-0x1.0000000000001p+0\""}, ND_REFUTED}, /* 1 ulp */
        {"between-4", {"data/X/1/0"}, {"\"0x1p-1074\""}, ND_REFUTED},
        {"weighted-means", {"problem/weights/0"}, {"\"0x1.8000000000001p+1\""}, ND_REFUTED},
        {"weighted-means", {"data/X/1/0"}, {"\"0x1.4000000000001p+2\""}, ND_REFUTED},
        {"weighted-means", {"problem/weights/2"}, {"\"0x1.3p+2\""}, NOT_PROVED}, /* v moves */
        {"between-1", {"theta/0"}, {"\"0x1p-1074\""}, ND_REFUTED},
        {"between-1", {"problem/l2"}, {"\"0x1p-1074\""}, ND_REFUTED},
        {"between-1", {"problem/net"}, {"\"res(softplus:1)\""}, ND_REFUTED},
        {"between-1", {"problem/loss", "claims/radius"}, {"\"polyhinge:2\"", "1"}, ND_PROVED},
        {"between-1", {"data/y/1"}, {"1"}, ND_REFUTED}, /* one class */
        /* a_j of the wrong sign, one among four; each with the a_0 that belongs to it */
        {"between-1", {"theta/2", "theta/3"}, {"0.25", "0.053054"}, ND_UNKNOWN},
        {"between-4", {"theta/9", "theta/12"}, {"1", "2.071811"}, ND_UNKNOWN},
        {"between-4", {"theta/9", "theta/12"}, {"0", "2.647751"}, ND_UNKNOWN},
        {"between-4", {"theta/9", "theta/12"}, {"-0.01", "2.653510"}, ND_PROVED},
        {"between-4", {"theta/9", "theta/12"}, {"-3", "4.375569"}, ND_PROVED},
        /* |a| on both sides of (1 - S)/(2 S) = 1/2 at b = 0 */
        {"few-neurons+0.75", {"theta/3", "theta/4"}, {"0.50001", "-0.346581"}, ND_PROVED},
        {"few-neurons+0.75", {"theta/3", "theta/4"}, {"0.50000", "-0.346574"}, ND_UNKNOWN},
        {"few-neurons+0.75", {"theta/3", "theta/4"}, {"0.49999", "-0.346567"}, ND_UNKNOWN},
        {"few-neurons+0.75", {"theta/3", "theta/4"}, {"0.10000", "-0.069315"}, ND_UNKNOWN},
        {"few-neurons-0.75", {"theta/3", "theta/4"}, {"-0.50001", "0.346581"}, ND_PROVED},
        {"few-neurons-0.75", {"theta/3", "theta/4"}, {"-0.50000", "0.346574"}, ND_UNKNOWN},
        {"few-neurons-0.75", {"theta/3", "theta/4"}, {"-0.49999", "0.346567"}, ND_UNKNOWN},
        {"few-neurons-0.75", {"theta/3", "theta/4"}, {"-0.10000", "0.069315"}, ND_UNKNOWN},
        /* far from 0 the weights alone curve upward, with a_0 they do not */
        {"between-1",
         {"data/X", "theta/2", "theta/3"},
         {"[[9],[10],[11]]", "0.25", "0.053054"},
         ND_UNKNOWN},
        /* one class, fitted exactly */
        {"between-1",
         {"data/y", "problem/loss", "theta/3"},
         {"[1,1,1]", "\"square\"", "1.474077"},
         ND_REFUTED},
        /* kinks: of s at b = 0, of s'' */
        {"few-neurons+0.75", {"problem/net", "claims/radius"}, {"\"relu:1\"", "1"}, NOT_PROVED},
        {"few-neurons+0.75", {"problem/net", "claims/radius"}, {"\"elu:1\"", "1"}, NOT_PROVED},
        {"few-neurons+0.75", {"claims/errors"}, {"1"}, ND_REFUTED},
        {"few-neurons+0.75", {"claims/errors"}, {"2"}, ND_PROVED}, /* whichever sign */
    };

    (void)state;
    RUN(table);
}

static void test_dual(void **state)
{
    static const variant table[] = {
        {"not-convex-5", {"claims/groups"}, {"[0,1,2,3,4]"}, NOT_PROVED}, /* singular */
        {"not-convex-5", {"claims/groups"}, {"[0,0,0,0,1]"}, NOT_PROVED},
        {"not-convex-5", {"claims/groups"}, {"[0,0,0,0,2]"}, NV_UNREADABLE},
        {"not-convex-5", {"claims/groups"}, {"[1,0,0,0,0]"}, NV_UNREADABLE},
        {"not-convex-5", {"claims/groups"}, {"[0,0,0,0]"}, NV_UNREADABLE},
        {"not-convex-5", {"claims/groups"}, {"[0,0,0,0,0,0]"}, NV_UNREADABLE},
        {"not-convex-5", {"claims/groups"}, {"[0,0,0,0,-1]"}, NV_UNREADABLE},
        {"not-convex-5", {"theta/3"}, {"1.2"}, ND_REFUTED},            /* unequal w */
        {"not-convex-5", {"theta/17"}, {"\"0x1p-1074\""}, ND_REFUTED}, /* unequal b */
        {"not-convex-5", {"theta/20"}, {"0"}, ND_REFUTED},
        {"not-convex-5", {"theta/20"}, {"-0.001"}, ND_REFUTED},
        {"not-convex-5", {"problem/l2"}, {"\"0x1p-1074\""}, ND_REFUTED},
        {"not-convex-5", {"problem/net"}, {"\"softplus:5\""}, NOT_PROVED},
        {"not-convex-5", {"data/y/0"}, {"-1"}, NOT_PROVED},
        {"not-convex-5", {"claims/radius"}, {"1e-30"}, NOT_PROVED},
        {"designed-linear", {"claims/groups"}, {"[0,0,0,0,0]"}, ND_REFUTED},
        {"designed-linear", {"claims/groups"}, {"[0,1,1,0,0]"}, ND_REFUTED},
        {"designed-linear", {"claims/groups"}, {"[0,1,2,0,2]"}, NOT_PROVED}, /* singular */
        {"designed-linear", {"theta/0", "claims/radius"}, {"1", "1"}, NOT_PROVED},
        {"designed-linear", {"problem/net"}, {"\"linear+sigmoid:5:nobias\""}, NOT_PROVED},
    };

    (void)state;
    RUN(table);
}

/* All five neurons moved by h: the distance is h sqrt(5). */
static void test_dual_distance(void **state)
{
    static const double radius[] = {1, 2, 2.2, 2.3, 8};
    json_t *j = nv_load(NV_TESTS "minima/not-convex-5.json"), *theta = json_object_get(j, "theta");
    double h = ldexp(1, -24);

    (void)state;
    widen(j);
    for (size_t k = 0; k < 15; k += 3)
        json_array_set_new(theta, k, nv_hex(nv_number_at(theta, k) + h));
    for (int r = 0; r < 5; r++) {
        json_object_set_new(nv_claims_of(j), "radius", json_real(radius[r] * h));
        if (radius[r] > sqrt(5))
            assert_int_equal(nv_verdict_json(j), ND_PROVED);
        else
            assert_int_not_equal(nv_verdict_json(j), ND_PROVED);
    }
    json_decref(j);
}

/* ---- by their own potential --------------------------------------------------------------- */

/* What the checker says of tests/verify/points/NAME as another kind, with the list key. */
static int as_kind(const char *name, const char *kind, const char *key, const char *value)
{
    char path[512];
    json_t *j, *c;
    int verdict;

    snprintf(path, sizeof path, "%spoints/%s.json", NV_TESTS, name);
    j = nv_load(path);
    c = nv_claims_of(j);
    json_object_del(c, "mu");
    json_object_del(c, "index");
    json_object_set_new(j, "kind", json_string(kind));
    json_object_set_new(c, key, json_loads(value, JSON_DECODE_ANY, NULL));
    if (!strcmp(kind, "flat")) json_object_set_new(c, "gauge", json_array());
    verdict = nv_verdict_json(j);
    json_decref(j);
    return verdict;
}

/* Of the strict minima sign(a) G'' = 1.498 > 0 at the one, and at the other the Hessian of sign(a)
 * G has eigenvalues -.0265, .0021, .0500 (mpmath). */
static void test_potential(void **state)
{
    (void)state;
    assert_int_equal(as_kind("square-loss", "dual", "groups", "[0]"), ND_PROVED);
    assert_int_equal(as_kind("few-neurons-strict", "dual", "groups", "[0]"), ND_UNKNOWN);
}

/* A strict minimum is flat with nothing idle; a saddle is not. */
static void test_strict_is_flat(void **state)
{
    (void)state;
    assert_int_equal(as_kind("few-neurons-strict", "flat", "idle", "[]"), ND_PROVED);
    assert_int_equal(as_kind("xor-softplus1-71286", "flat", "idle", "[]"), ND_PROVED);
    assert_int_not_equal(as_kind("few-neurons-strict", "flat", "idle", "[3]"), ND_PROVED);
    assert_int_equal(as_kind("xor-saddle", "flat", "idle", "[]"), ND_REFUTED);
}

/* All derivatives at 0 are exactly 0, and idle none: the third-order saddle of theory.md 2, with
 * w, b, a and even a_0 named idle. */
static void test_saddle(void **state)
{
    static const char text[] =
        "{\"format\":\"nadir-certificate\",\"version\":1,\"problem\":{\"net\":\"tanh:1\","
        "\"loss\":\"polyhinge:3\",\"l2\":0},\"data\":{\"n\":4,\"d\":2,"
        "\"X\":[[1,1],[-1,-1],[1,-1],[-1,1]],\"y\":[1,1,-1,-1]},\"theta\":[0,0,0,0,0],"
        "\"kind\":\"flat\",\"claims\":{\"loss\":[0,9],\"errors\":[0,4],\"radius\":%s,"
        "\"idle\":%s,\"gauge\":[]}}";
    static const char *const idle[] = {"[0,1,2,3]", "[0,1,2]", "[0,1,2,3,4]", "[3]", "[]"};
    static const char *const radius[] = {"1e-300", "1e-20", "0.01"};
    char out[2048];
    int n;

    (void)state;
    for (int k = 0; k < 5; k++)
        for (int r = 0; r < 3; r++) {
            n = snprintf(out, sizeof out, text, radius[r], idle[k]);
            assert_int_equal(nv_verdict_text(out, (size_t)n), ND_UNKNOWN);
        }
}

/* Square loss, fitted exactly: that the loss is at least 0 needs no arithmetic. */
static void test_no_loss(void **state)
{
    static const char text[] =
        "{\"format\":\"nadir-certificate\",\"version\":1,\"problem\":{\"net\":\"linear\","
        "\"loss\":\"square\",\"l2\":0},\"data\":{\"n\":2,\"d\":1,\"X\":[[3],[-4]],"
        "\"y\":[1,-1]},\"theta\":[0.2857142857142857,0.14285714285714285],\"kind\":\"strict\","
        "\"claims\":{\"loss\":[%s,1e-20],\"errors\":0,\"radius\":1e-10}}";
    static const char *const least[] = {"0", "-1", "1e-30"};
    char out[1024];
    int n;

    (void)state;
    for (int k = 0; k < 3; k++) {
        n = snprintf(out, sizeof out, text, least[k]);
        assert_int_equal(nv_verdict_text(out, (size_t)n) == ND_PROVED, k < 2);
    }
}

/* f = 1/2 at x = 1, -1/2 at 3 (weights 9 : 1 and 1 : 9), on the line f = a relu(4 - x) + a_0,
 * which bends at x = 4, where the margin is exactly 1: the loss is not C^2 there, the
 * gradient exactly 0, the sample in T on a kink. */
static void test_two_kinks(void **state)
{
    static const char text[] =
        "{\"format\":\"nadir-certificate\",\"version\":1,\"problem\":{\"net\":\"relu:1\","
        "\"loss\":\"polyhinge:3\",\"l2\":0,\"weights\":[9,1,1,9,1]},\"data\":{\"n\":5,\"d\":1,"
        "\"X\":[[1],[1],[3],[3],[4]],\"y\":[1,-1,1,-1,-1]},\"theta\":[-1,4,0.5,-1],"
        "\"kind\":\"%s\",\"claims\":{\"loss\":[0,100],\"errors\":[0,5],\"radius\":%s,%s}}";
    static const char *const kind[][2] = {{"flat", "\"idle\":[],\"gauge\":[0]"},
                                          {"flat", "\"idle\":[],\"gauge\":[2]"},
                                          {"region", "\"free\":[0,3]"}};
    static const char *const radius[] = {"1e-300", "1e-30", "0.01"};
    char out[2048];
    int n;

    (void)state;
    for (int k = 0; k < 3; k++)
        for (int r = 0; r < 3; r++) {
            n = snprintf(out, sizeof out, text, kind[k][0], radius[r], kind[k][1]);
            assert_int_equal(nv_verdict_text(out, (size_t)n), ND_UNKNOWN);
        }
}

/* ---- every certificate, changed ------------------------------------------------------------- */

static void expect_false(const json_t *j, const char *name, const char *change)
{
    int v = nv_verdict_json(j);

    if (v == ND_PROVED || v == NV_UNREADABLE)
        fail_msg("%s with %s: %s", name, change, v == ND_PROVED ? "PROVED" : "unreadable");
}

static bool idle(const json_t *j, size_t k)
{
    json_t *list = json_object_get(nv_claims_of(j), "idle");

    for (size_t i = 0; i < json_array_size(list); i++)
        if (json_integer_value(json_array_get(list, i)) == (json_int_t)k) return true;
    return false;
}

/* Bits of theta that move it by far more than the radius, but for idle coordinates.
 * (A leaky neuron may change its place along the other ones: linear-leaky, skipped.) */
static void change_theta(const char *path, const char *name)
{
    nd_rng rng = nd_rng_make(13, 0);
    json_t *j = nv_load(path), *theta = json_object_get(j, "theta");

    for (size_t k = 0; k < json_array_size(theta); k++) {
        double old = nv_number_at(theta, k), x = old;
        uint64_t bits;

        if (idle(j, k) || strstr(name, "linear-leaky")) continue;
        memcpy(&bits, &old, 8);
        bits ^= (uint64_t)1 << (25 + nd_rng_below(&rng, 38));
        memcpy(&x, &bits, 8);
        if (!isfinite(x) || fabs(x - old) < 1e-9 * fmax(1, fabs(old))) continue;
        json_array_set_new(theta, k, nv_hex(x));
        expect_false(j, name, "a changed theta");
        json_array_set_new(theta, k, nv_hex(old));
    }
    json_decref(j);
}

static void change_claims(const char *path, const char *name)
{
    json_t *j = nv_load(path), *c = nv_claims_of(j), *copy;
    double lo = nv_number_at(json_object_get(c, "loss"), 0);
    double hi = nv_number_at(json_object_get(c, "loss"), 1);
    json_int_t e = json_integer_value(json_object_get(c, "errors"));
    const struct {
        const char *key;
        json_t *value;
    } change[] = {
        {"loss", json_pack("[f,f]", hi + 1e-9, hi + 1)},
        {"loss", json_pack("[f,f]", lo - 1, lo - 1e-9)},
        {"errors", json_integer(e ? e - 1 : 1)},
        {"errors", json_pack("[I,I]", e + 1, e + 1)},
        {"margin_min", json_real(50)},
        {"mu", json_real(1000)},
    };

    for (size_t k = 0; k < sizeof change / sizeof *change; k++) {
        copy = json_deep_copy(j);
        if (json_object_get(c, change[k].key)) {
            json_object_set(nv_claims_of(copy), change[k].key, change[k].value);
            if (nv_verdict_json(copy) != ND_REFUTED)
                fail_msg("%s with a false %s is not refuted", name, change[k].key);
        }
        json_decref(change[k].value);
        json_decref(copy);
    }
    json_decref(j);
}

static void change_data(const char *path, const char *name)
{
    json_t *j = nv_load(path), *data = json_object_get(j, "data"), *y = json_object_get(data, "y");

    for (size_t i = 0; i < json_array_size(y); i++) {
        json_int_t old = json_integer_value(json_array_get(y, i));

        json_array_set_new(y, i, json_integer(-old));
        expect_false(j, name, "a changed label");
        json_array_set_new(y, i, json_integer(old));
    }
    put(j, "problem/l2", "0.25");
    expect_false(j, name, "another ridge");
    json_decref(j);
}

/* Without the member, with one too many, with null. */
static void change_members(const char *path, const char *name)
{
    static const char *const lists[] = {"radius", "idle", "gauge", "free", "groups"};
    json_t *j = nv_load(path), *copy;

    for (size_t k = 0; k < sizeof lists / sizeof *lists; k++) {
        bool there = json_object_get(nv_claims_of(j), lists[k]) != NULL;

        copy = json_deep_copy(j);
        json_object_del(nv_claims_of(copy), lists[k]);
        if (there && nv_verdict_json(copy) != NV_UNREADABLE)
            fail_msg("%s without %s is read", name, lists[k]);
        json_object_set_new(nv_claims_of(copy), lists[k], json_null());
        if (nv_verdict_json(copy) != NV_UNREADABLE)
            fail_msg("%s with %s null is read", name, lists[k]);
        json_decref(copy);
    }
    json_decref(j);
}

static void test_changed(void **state)
{
    (void)state;
    nv_each("minima", 25, change_theta);
    nv_each("minima", 25, change_claims);
    nv_each("minima", 25, change_data);
    nv_each("minima", 25, change_members);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_true),          cmocka_unit_test(test_idle),
        cmocka_unit_test(test_gauge),         cmocka_unit_test(test_region),
        cmocka_unit_test(test_kink),          cmocka_unit_test(test_constant),
        cmocka_unit_test(test_dual),          cmocka_unit_test(test_potential),
        cmocka_unit_test(test_two_kinks),     cmocka_unit_test(test_no_loss),
        cmocka_unit_test(test_dual_distance), cmocka_unit_test(test_strict_is_flat),
        cmocka_unit_test(test_saddle),        cmocka_unit_test(test_changed),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    nv_scratch_clear();
    flint_cleanup();
    return failed;
}
