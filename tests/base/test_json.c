/* JSON: members with their types, numbers, text, settings.  Hostile input and failing
 * memory: test_json_hostile.c. */
#include "test_json.h"

static nd_ctx *ctx;
static json_t *doc;

static const char text[] =
    "{\"name\": \"wdbc\", \"n\": 569, \"real\": 2.5, \"yes\": true, \"none\": null,\n"
    " \"theta\": [\"0x1.8p+1\", 2, -0.5, \"-0x0p+0\"], \"sub\": {\"a\": 1}, \"bad\": [1, \"2.5\"]}";

static json_t *parse(const char *s)
{
    json_t *j = NULL;

    nd_assert_ok(ctx, nd_json_parse(ctx, "model.json", s, strlen(s), &j));
    return j;
}

static int set_up(void **state)
{
    (void)state;
    ctx = nd_ctx_create(NULL);
    doc = parse(text);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    json_decref(doc);
    nd_ctx_destroy(ctx);
    return 0;
}

static void members(void **state)
{
    const char *s = NULL;
    json_t *j = NULL;
    long n = 0;

    (void)state;
    nd_assert_ok(ctx, nd_json_text_at(ctx, "m", doc, "name", &s));
    assert_string_equal(s, "wdbc");
    nd_assert_ok(ctx, nd_json_long_at(ctx, "m", doc, "n", 1, 569, &n));
    assert_int_equal(n, 569);
    nd_assert_ok(ctx, nd_json_get(ctx, "m", doc, "sub", JSON_OBJECT, &j));
    assert_int_equal(json_object_size(j), 1);
    nd_assert_ok(ctx, nd_json_get(ctx, "m", doc, "n", JSON_REAL, &j)); /* 569 is a number */
    nd_assert_ok(ctx, nd_json_get(ctx, "m", doc, "yes", JSON_FALSE, &j));
    assert_true(json_is_true(j));
    nd_assert_ok(ctx, nd_json_get(ctx, "m", doc, "none", JSON_NULL, &j));
}

static void wrong(const char *key, json_type type, const char *message)
{
    json_t *j = (json_t *)1;

    nd_assert_status(ctx, nd_json_get(ctx, "model.json", doc, key, type, &j), ND_EINPUT);
    assert_string_equal(nd_errmsg(ctx), message);
    assert_ptr_equal(j, (json_t *)1);
}

static void wrong_members(void **state)
{
    json_t *j = NULL;
    const char *s = "kept";
    long n = 7;

    (void)state;
    wrong("n", JSON_STRING, "model.json: 'n': expected a string, found an integer");
    wrong("real", JSON_STRING, "model.json: 'real': expected a string, found a number");
    wrong("real", JSON_INTEGER, "model.json: 'real': expected an integer, found a number");
    wrong("name", JSON_REAL, "model.json: 'name': expected a number, found a string");
    wrong("none", JSON_OBJECT, "model.json: 'none': expected an object, found null");
    wrong("theta", JSON_TRUE, "model.json: 'theta': expected true or false, found an array");
    wrong("sub", JSON_ARRAY, "model.json: 'sub': expected an array, found an object");
    wrong("gone", JSON_STRING, "model.json: 'gone' is missing, expected a string");
    nd_assert_ok(ctx, nd_json_get(ctx, "m", doc, "theta", JSON_ARRAY, &j));
    nd_assert_status(ctx, nd_json_get(ctx, "m", j, "x", JSON_ARRAY, &j), ND_EINPUT);
    nd_assert_message(ctx, "expected an object with 'x'");
    nd_assert_status(ctx, nd_json_text_at(ctx, "m", doc, "n", &s), ND_EINPUT);
    assert_string_equal(s, "kept");
    nd_assert_status(ctx, nd_json_long_at(ctx, "m", doc, "n", 0, 568, &n), ND_EINPUT);
    nd_assert_message(ctx, "m: 'n': 569 is outside 0 to 568");
    nd_assert_status(ctx, nd_json_long_at(ctx, "m", doc, "n", 570, 600, &n), ND_EINPUT);
    nd_assert_status(ctx, nd_json_long_at(ctx, "m", doc, "real", 0, 9, &n), ND_EINPUT);
    assert_int_equal(n, 7);
}

static void numbers(void **state)
{
    double x[4] = {9, 9, 9, 9};

    (void)state;
    nd_assert_ok(ctx, nd_json_numbers_at(ctx, "m", doc, "theta", 4, x));
    assert_true(x[0] == 3.0 && x[1] == 2.0 && x[2] == -0.5 && x[3] == 0.0 && signbit(x[3]));
    nd_assert_status(ctx, nd_json_numbers_at(ctx, "m", doc, "theta", 3, x), ND_EINPUT);
    nd_assert_message(ctx, "m: 'theta': expected 3 numbers, found 4");
    nd_assert_status(ctx, nd_json_numbers_at(ctx, "m", doc, "bad", 2, x), ND_EINPUT);
    nd_assert_message(ctx, "m: 'bad'[1]: expected a finite number or hex float");
    assert_true(x[0] == 3.0); /* untouched */
    nd_assert_status(ctx, nd_json_numbers_at(ctx, "m", doc, "name", 1, x), ND_EINPUT);
}

static void one_number(const char *s, bool good, double expected)
{
    json_t *array = parse(s);
    double x = 42.0;
    nd_status status = nd_json_number(ctx, "m", json_array_get(array, 0), &x);

    if (status != (good ? ND_OK : ND_EINPUT)) fail_msg("%s: %s", s, nd_status_name(status));
    assert_true(x == (good ? expected : 42.0));
    json_decref(array);
}

static void single_numbers(void **state)
{
    (void)state;
    one_number("[\"0x1p-1074\"]", true, 0x1p-1074);
    one_number("[\"-0X1P+3\"]", true, -8.0);
    one_number("[1e308]", true, 1e308);
    one_number("[7]", true, 7.0);
    one_number("[\"1.5\"]", false, 0);
    one_number("[\"0x1p+1024\"]", false, 0);
    one_number("[\"inf\"]", false, 0);
    one_number("[\"nan\"]", false, 0);
    one_number("[\"\"]", false, 0);
    one_number("[\"-\"]", false, 0);
    one_number("[\"0\"]", false, 0);
    one_number("[\"0x\"]", false, 0);
    one_number("[\"0x1p\"]", false, 0);
    one_number("[\"0x1 \"]", false, 0);
    one_number("[\" 0x1\"]", false, 0);
    one_number("[\"+-0x1\"]", false, 0);
    one_number("[true]", false, 0);
    one_number("[null]", false, 0);
    one_number("[[1]]", false, 0);
}

/* What is written reads back to the same bits, in arrays of hex floats and as reals. */
static void numbers_go_round(void **state)
{
    enum { N = 500 };
    nd_rng r = nd_rng_make(51, 0);
    double x[N], y[N], z[N];
    json_t *j = json_object(), *reals = json_array(), *again;
    char *s;
    size_t size;

    (void)state;
    for (int i = 0; i < N; i++) {
        do {
            uint64_t bits = nd_rng_u64(&r);
            memcpy(&x[i], &bits, sizeof bits);
        } while (!isfinite(x[i]));
        if (i % 5 == 0) x[i] = (double)(i - 100);
        assert_int_equal(json_array_append_new(reals, nd_json_real(x[i])), 0);
    }
    nd_assert_ok(ctx, nd_json_set(ctx, j, "hex", nd_json_hex_array(x, N)));
    nd_assert_ok(ctx, nd_json_set(ctx, j, "real", reals));
    for (int compact = 0; compact < 2; compact++) {
        nd_assert_ok(ctx, nd_json_text(ctx, j, compact, &s, &size));
        assert_int_equal(strlen(s), size);
        again = parse(s);
        assert_true(json_equal(j, again)); /* reals stay reals, too */
        nd_assert_ok(ctx, nd_json_numbers_at(ctx, "m", again, "hex", N, y));
        nd_assert_ok(ctx, nd_json_numbers_at(ctx, "m", again, "real", N, z));
        assert_memory_equal(x, y, sizeof x);
        assert_memory_equal(x, z, sizeof x);
        json_decref(again);
        nd_free(ctx, s);
    }
    json_decref(j);
}

static void not_finite_is_null(void **state)
{
    json_t *a = nd_json_real(NAN), *b = nd_json_real(-INFINITY), *c = nd_json_real(0.0);

    (void)state;
    assert_true(json_is_null(a) && json_is_null(b) && json_is_real(c));
    json_decref(a), json_decref(b), json_decref(c);
}

static void layout(void **state)
{
    json_t *j = parse("{\"z\":1,\"a\":[1,2.0,\"x\"],\"e\":[],\"o\":{},\"d\":[{\"k\":null},[]]}");
    char *s;
    size_t size;

    (void)state;
    nd_assert_ok(ctx, nd_json_text(ctx, j, false, &s, &size));
    assert_string_equal(s, "{\n"
                           "  \"z\": 1,\n"
                           "  \"a\": [1, 2.0, \"x\"],\n"
                           "  \"e\": [],\n"
                           "  \"o\": {},\n"
                           "  \"d\": [\n"
                           "    {\n"
                           "      \"k\": null\n"
                           "    },\n"
                           "    []\n"
                           "  ]\n"
                           "}\n");
    nd_free(ctx, s);
    nd_assert_ok(ctx, nd_json_text(ctx, j, true, &s, &size));
    assert_string_equal(
        s, "{\"z\":1,\"a\":[1,2.0,\"x\"],\"e\":[],\"o\":{},\"d\":[{\"k\":null},[]]}\n");
    nd_free(ctx, s);
    json_decref(j);
}

/* Long arrays of plain values: several a line, no line much beyond the width. */
static void long_arrays_are_filled(void **state)
{
    double x[1000];
    json_t *j = json_object();
    char *s, *line;
    size_t size, lines = 0;

    (void)state;
    for (int i = 0; i < 1000; i++) x[i] = 1.0 / (i + 1);
    nd_assert_ok(ctx, nd_json_set(ctx, j, "x", nd_json_hex_array(x, 1000)));
    nd_assert_ok(ctx, nd_json_text(ctx, j, false, &s, &size));
    for (line = strtok(s, "\n"); line; line = strtok(NULL, "\n"), lines++)
        assert_true(strlen(line) < 130);
    assert_true(lines > 200 && lines < 300);
    nd_free(ctx, s);
    json_decref(j);
}

typedef struct {
    bool quiet;
    long seed;
    double tol, limit;
    const char *net, *none;
    int scale;
} settings;

static const nd_setting table[] = {
    {"quiet", ND_BOOL, offsetof(settings, quiet), 1, 0, 0, NULL, ""},
    {"seed", ND_LONG, offsetof(settings, seed), 12, 0, 100, NULL, ""},
    {"tol", ND_REAL, offsetof(settings, tol), 0.1, 0, 1, NULL, ""},
    {"limit", ND_REAL, offsetof(settings, limit), INFINITY, 0, INFINITY, NULL, ""},
    {"net", ND_TEXT, offsetof(settings, net), 0, 0, 0, "softplus:32", ""},
    {"none", ND_TEXT, offsetof(settings, none), 0, 0, 0, NULL, ""},
    {"scale", ND_CHOICE, offsetof(settings, scale), 1, 0, 0, "none|standard|minmax", ""},
    {0},
};

static void settings_echo(void **state)
{
    settings v;
    json_t *j = json_object();
    char *s;
    size_t size;

    (void)state;
    nd_settings_init(table, &v);
    nd_assert_ok(ctx, nd_json_settings(ctx, table, &v, j));
    nd_assert_ok(ctx, nd_json_text(ctx, j, true, &s, &size));
    assert_string_equal(s, "{\"quiet\":true,\"seed\":12,\"tol\":0.1,\"limit\":null,"
                           "\"net\":\"softplus:32\",\"none\":null,\"scale\":\"standard\"}\n");
    nd_free(ctx, s);
    v.scale = 2;
    nd_assert_ok(ctx, nd_json_settings(ctx, table, &v, j));
    assert_string_equal(json_string_value(json_object_get(j, "scale")), "minmax");
    json_decref(j);
}

static void set_without_value(void **state)
{
    json_t *j = json_object();

    (void)state;
    nd_assert_status(ctx, nd_json_set(ctx, j, "key", NULL), ND_EMEM);
    nd_assert_message(ctx, "out of memory");
    json_decref(j);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(members),
        TEST(wrong_members),
        TEST(numbers),
        TEST(single_numbers),
        TEST(numbers_go_round),
        TEST(not_finite_is_null),
        TEST(layout),
        TEST(long_arrays_are_filled),
        TEST(settings_echo),
        TEST(set_without_value),
        cmocka_unit_test(hostile_texts),
        cmocka_unit_test(deep_nesting),
        cmocka_unit_test(every_beginning),
        cmocka_unit_test(strings_go_round),
        cmocka_unit_test(every_allocation_of_ours),
        cmocka_unit_test(every_allocation_of_jansson),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
