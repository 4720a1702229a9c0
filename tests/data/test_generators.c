/* Generators: the same bits everywhere (SHA-256 of each default), and the property each
 * one promises. */
#include "data_support.h"
#include <nadir/num.h>

static nd_table *make(nd_ctx *ctx, const char *gen)
{
    nd_table *t;

    nd_assert_ok(ctx, nd_table_generate(ctx, gen, &t));
    return t;
}

static void same_bits_everywhere(void **state)
{
    static const char *const golden[][2] = {
        {"xor", "641bedb73483ce7004006849cb604c21ba6e9d14660e695ef4bab66835287911"},
        {"between", "febc7a2a1a89635409ee7bf321209c1bc923559e696fb415805ddaa053257668"},
        {"moons", "a522cfcaca94af6e1c2e085a7a9eddfbb896f173ef3cbfe92025e39f568b9156"},
        {"circles", "3236904918e596e15f4a93a2d419f7029b917b6b04106eaf6c953fdb3f858d91"},
        {"spirals", "5ccd6b01714fbe48abe38cbf3ad413a3473b969b380eaa39b088de716f808c85"},
        {"parity", "0504c43e8024f7ac7b67ebc9b3e9c154dda73928a11bba4e20d211e380df02e8"},
        {"separable", "b99cf21e770f0645c059148d55a52028b67b40711a2a1cb069dea92cb9f55f11"},
        {"subspaces", "9880a8a4bec2cfbed8093cfc4312899df8e88cad3681a2f630fb6c1bafd01a9a"},
        {"noise", "b3de128507931680746f8d9af7d157f186fdd8a1dba18de0b1100a8f89457f33"}};
    const nd_named *names = nd_table_generators();

    for (size_t g = 0; g < 9; g++) {
        nd_table *t = make(*state, golden[g][0]);
        char hex[65];
        nd_assert_ok(*state, nd_table_sha256(*state, t, hex));
        assert_string_equal(names[g].name, golden[g][0]);
        if (strcmp(hex, golden[g][1]) != 0) fail_msg("%s: %s", golden[g][0], hex);
        nd_table_destroy(*state, t);
    }
    assert_null(names[9].name);
}

static void seeds_differ(void **state)
{
    static const char *const pairs[][2] = {{"moons", "moons,seed=1"},
                                           {"separable", "separable,seed=1"},
                                           {"parity,d=10,n=50", "parity,d=10,n=50,seed=7"},
                                           {"noise", "noise,seed=9007199254740992"}};

    for (size_t i = 0; i < 4; i++) {
        char a[65], b[65];
        nd_table *t = make(*state, pairs[i][0]), *u = make(*state, pairs[i][1]);
        nd_assert_ok(*state, nd_table_sha256(*state, t, a));
        nd_assert_ok(*state, nd_table_sha256(*state, u, b));
        assert_string_not_equal(a, b);
        nd_table_destroy(*state, t);
        nd_table_destroy(*state, u);
    }
}

static void texts(void **state)
{
    nd_table *t;

    nd_assert_ok(*state, nd_table_read(*state, "gen:xor,n=6,noise=0.5", NULL, &t));
    assert_string_equal(t->source, "gen:xor,n=6,noise=0.5");
    assert_string_equal(t->feature[1], "x2");
    assert_string_equal(t->positive, "1");
    assert_string_equal(t->negative, "-1");
    assert_string_equal(t->label_name, "label");
    assert_int_equal(t->n, 6);
    nd_table_destroy(*state, t);
}

/* The counterexamples of the theory stand on these exact points. */
static void given_points(void **state)
{
    static const double xor_x[] = {1, 1, -1, -1, 1, -1, -1, 1}, xor_y[] = {1, 1, -1, -1};
    static const double between_x[] = {-1, 0, 1}, between_y[] = {1, -1, 1};
    nd_table *t = make(*state, "xor");

    assert_memory_equal(t->x, xor_x, sizeof xor_x);
    assert_memory_equal(t->y, xor_y, sizeof xor_y);
    nd_table_destroy(*state, t);
    t = make(*state, "between");
    assert_int_equal(t->d, 1);
    assert_memory_equal(t->x, between_x, sizeof between_x);
    assert_memory_equal(t->y, between_y, sizeof between_y);
    nd_table_destroy(*state, t);
}

static void curves(void **state)
{
    const double pi = acos(-1.0);
    nd_table *t = make(*state, "circles,n=101,noise=0,factor=0.25");

    for (size_t i = 0; i < t->n; i++) {
        double turn = (double)(i / 2) / (i % 2 ? 50 : 51), r = i % 2 ? 1 : 0.25;
        assert_true(fabs(t->x[2 * i] - r * cos(2 * pi * turn)) < 1e-15);
        assert_true(fabs(t->x[2 * i + 1] - r * sin(2 * pi * turn)) < 1e-15);
        assert_true(t->y[i] == (i % 2 ? -1 : 1));
    }
    nd_table_destroy(*state, t);
    t = make(*state, "moons,n=100,noise=0");
    for (size_t i = 0; i < t->n; i++) {
        double x = t->x[2 * i] - (i % 2 ? 1 : 0), y = t->x[2 * i + 1] - (i % 2 ? 0.5 : 0);
        assert_true(fabs(x * x + y * y - 1) < 1e-15 && (i % 2 ? -y : y) > -1e-15);
    }
    nd_table_destroy(*state, t);
    t = make(*state, "spirals,n=100,turns=2");
    for (size_t i = 0; i < 100; i += 2) {
        double s = (double)(i / 2) / 49, r = 0.1 + 0.9 * s;
        assert_true(fabs(t->x[2 * i] - r * cos(4 * pi * s)) < 2e-15);
        assert_true(fabs(t->x[2 * i + 1] - r * sin(4 * pi * s)) < 2e-15);
        assert_true(t->x[2 * i + 2] == -t->x[2 * i] && t->x[2 * i + 3] == -t->x[2 * i + 1]);
    }
    nd_table_destroy(*state, t);
}

static void parity(void **state)
{
    nd_table *t = make(*state, "parity,d=5");

    assert_int_equal(t->n, 32);
    for (size_t i = 0; i < 32; i++) {
        double ones = 0, code = 0;
        for (size_t k = 0; k < 5; k++) {
            ones += t->x[5 * i + k];
            code += t->x[5 * i + k] * (double)(1 << k);
        }
        assert_true(code == (double)i && t->y[i] == (fmod(ones, 2) == 1 ? 1 : -1));
    }
    nd_table_destroy(*state, t);
    t = make(*state, "parity,d=20,n=10");
    assert_true(t->n == 10 && t->d == 20);
    nd_table_destroy(*state, t);
}

/* The plane is drawn from stream 1 of the seed; every row is margin away from it. */
static void separable(void **state)
{
    nd_table *t = make(*state, "separable,n=300,d=7,margin=0.25,seed=3");
    double w[7], norm = 0, least = INFINITY;
    nd_rng r = nd_rng_make(3, 1);

    for (size_t k = 0; k < 7; k++) {
        w[k] = nd_rng_normal(&r);
        norm += w[k] * w[k];
    }
    for (size_t i = 0; i < t->n; i++) {
        double s = 0;
        for (size_t k = 0; k < 7; k++) s += w[k] * t->x[7 * i + k];
        least = fmin(least, s * t->y[i] / sqrt(norm));
    }
    assert_true(least >= 0.25 * (1 - 1e-14) && least < 0.3);
    assert_int_equal(nd_table_count(t, 1.0), 150);
    nd_table_destroy(*state, t);
}

/* Each class vanishes on the coordinates of the other, and nowhere altogether: then no
 * (x, 1) of one class is a combination of those of the other. */
static void subspaces(void **state)
{
    nd_table *t = make(*state, "subspaces,n=60,d=5");

    for (size_t i = 0; i < t->n; i++) {
        double first = 0, second = 0;
        for (size_t k = 0; k < 5; k++) *(k < 2 ? &first : &second) += fabs(t->x[5 * i + k]);
        assert_true(t->y[i] > 0 ? first > 0 && second == 0 : first == 0 && second > 0);
    }
    nd_table_destroy(*state, t);
}

static void noise(void **state)
{
    nd_table *t = make(*state, "noise,n=20000,d=2");
    double sum = 0, square = 0, with_y = 0;

    for (size_t i = 0; i < t->n; i++) {
        sum += t->x[2 * i];
        square += t->x[2 * i] * t->x[2 * i];
        with_y += t->x[2 * i] * t->y[i];
    }
    assert_true(fabs(sum / 20000) < 0.03 && fabs(square / 20000 - 1) < 0.05);
    assert_true(fabs(with_y / 20000) < 0.03);
    nd_table_destroy(*state, t);
}

static void errors(void **state)
{
    static const struct {
        const char *gen;
        nd_status status;
        const char *message;
    } rows[] = {
        {"moon", ND_ENAME,
         "unknown generator 'moon', did you mean moons; known: xor, between, "
         "moons, circles, spirals, parity, separable, subspaces, noise"},
        {"xor,d=3", ND_ENAME, "gen:xor: unknown setting 'd'; known: n, noise, seed"},
        {"moons,noise", ND_EINPUT, "gen:moons: found 'noise', expected key=value"},
        {"moons,n=many", ND_EINPUT, "gen:moons: n: expected an integer, found 'many'"},
        {"moons,n=1", ND_ERANGE, "gen:moons: n: 1 is outside 2 to 1000000000"},
        {"moons,noise=nan", ND_ERANGE, "gen:moons: noise: nan is outside 0 to 1000000"},
        {"subspaces,d=1", ND_ERANGE, "gen:subspaces: d: 1 is outside 2 to 1000000"},
        {"parity,n=1", ND_ERANGE, "gen:parity,n=1: all 1 rows are of one class"},
        {"noise,n=1e9,d=1e6", ND_ERANGE,
         "generator: 1000000000 x 1000000 entries, expected at most 1073741824"},
        {"", ND_ENAME, NULL},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        nd_table *t = NULL;
        nd_status s = nd_table_generate(*state, rows[i].gen, &t);
        if (s != rows[i].status || (rows[i].message && strcmp(nd_errmsg(*state), rows[i].message)))
            fail_msg("gen:%s: %s: %s", rows[i].gen, nd_status_name(s), nd_errmsg(*state));
        assert_null(t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ND_CTX_TEST(same_bits_everywhere),
        ND_CTX_TEST(seeds_differ),
        ND_CTX_TEST(texts),
        ND_CTX_TEST(given_points),
        ND_CTX_TEST(curves),
        ND_CTX_TEST(parity),
        ND_CTX_TEST(separable),
        ND_CTX_TEST(subspaces),
        ND_CTX_TEST(noise),
        ND_CTX_TEST(errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
