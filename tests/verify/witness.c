/* What 'nadir check -o' writes, end to end: nadir-verify proves it, and proves no file
 * that was changed into something false. */
#include "verify/witness.h"
#include "verify_support.h"

#include <sys/wait.h>

/* The answer of the checker to j; -1: not readable. */
static int verdict(json_t *j)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    char path[512];
    nv_report r;
    bool is = false;
    int result = NV_UNREADABLE;

    snprintf(path, sizeof path, "%s/changed.json", nv_scratch());
    assert_int_equal(json_dump_file(j, path, 0), 0);
    assert_int_equal(nv_is_witness(ctx, path, &is), ND_OK);
    if (is && nv_witness_check(ctx, path, &r) == ND_OK) {
        result = (int)r.truth;
        assert_true(strlen(r.sentence) > 0 && r.claims > 0);
    } else {
        assert_true(!is || strlen(nd_errmsg(ctx)) > 0);
    }
    nd_ctx_destroy(ctx);
    return result;
}

/* The file that 'nadir check arguments -o' writes. */
static json_t *witness(const char *arguments)
{
    char command[2048], path[512];
    int status;

    snprintf(path, sizeof path, "%s/witness.json", nv_scratch());
    snprintf(command, sizeof command, "cd '%s' && '%s' check %s -o '%s' --quiet >/dev/null",
             ND_SOURCE_DIR, ND_PROGRAM, arguments, path);
    status = system(command);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    return nv_load(path);
}

/* The value at a path "witnesses/separable/u/0". */
static json_t *at(json_t *j, const char *path)
{
    char name[64];

    while (j && *path) {
        size_t n = strcspn(path, "/");
        snprintf(name, sizeof name, "%.*s", (int)n, path);
        if (json_is_array(j) && *name >= 'a') { /* a row of a table, by its name */
            json_t *row;
            size_t i;
            json_t *found = NULL;

            json_array_foreach(
                j, i, row) if (!strcmp(json_string_value(json_object_get(row, "name")), name))
                found = row;
            j = found;
        } else {
            j = json_is_array(j) ? json_array_get(j, (size_t)atol(name)) : json_object_get(j, name);
        }
        path += n + (path[n] == '/');
    }
    return j;
}

/* Puts value (a new reference) at PATH/LAST. */
static void put(json_t *j, const char *path, const char *last, json_t *value)
{
    json_t *into = at(j, path);

    assert_non_null(into);
    assert_non_null(value);
    assert_int_equal(json_is_array(into) ? json_array_set_new(into, (size_t)atol(last), value)
                                         : json_object_set_new(into, last, value),
                     0);
}

static json_t *parse(const char *text)
{
    return json_loads(text, JSON_DECODE_ANY, NULL);
}

/* ---- what nadir writes is proved --------------------------------------------------------- */

static void test_proved(void **state)
{
    static const char *const row[] = {
        "gen:xor",
        "gen:xor --net softplus:1",
        "gen:xor --net softplus:3 --loss polyhinge:2",
        "gen:between --net softplus:8",
        "gen:subspaces",
        "gen:subspaces --net softplus:90",
        "gen:subspaces --net softplus:91",
        "gen:noise,n=60,d=3 --net relu:4",
        "gen:separable,n=50,d=4 --net softplus:2:nobias",
        "gen:separable --net linear",
        "gen:separable --net relu:4,relu:4",
        "gen:separable --net tanh:3+linear --loss logistic",
        "gen:separable --l2 0.1",
        "data/iris2.csv --positive versicolor",
        "data/wdbc.csv --positive M",
        "data/wdbc.csv --positive M --net relu:4,relu:4+exp:2 --loss smoothhinge",
    };

    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        json_t *j = witness(row[i]);
        if (verdict(j) != ND_PROVED) fail_msg("%s", row[i]);
        json_decref(j);
    }
}

/* ---- what is false is not ------------------------------------------------------------------- */

typedef struct {
    const char *path, *last, *value; /* value: JSON                               */
    int verdict;
} change;

/* Each change by itself. */
static void all_changes(const char *arguments, const change *c, size_t count)
{
    json_t *j = witness(arguments);

    assert_int_equal(verdict(j), ND_PROVED);
    for (size_t i = 0; i < count; i++) {
        json_t *other = json_deep_copy(j);
        int v;

        put(other, c[i].path, c[i].last, parse(c[i].value));
        v = verdict(other);
        if (v == ND_PROVED || v != c[i].verdict)
            fail_msg("%s: %s/%s = %s: %d", arguments, c[i].path, c[i].last, c[i].value, v);
        json_decref(other);
    }
    json_decref(j);
}

#define SEPARABLE "witnesses/separable"
#define PLUS      "witnesses/subspaces/plus"
#define MINUS     "witnesses/subspaces/minus"
#define COUNT(x)  (sizeof(x) / sizeof *(x))

static void test_separable(void **state)
{
    static const change c[] = {
        {SEPARABLE "/u", "0", "\"-0x1p+20\"", ND_REFUTED},
        {SEPARABLE, "v", "\"0x1p+20\"", ND_REFUTED},
        {SEPARABLE, "margin", "\"0x1p+3\"", ND_REFUTED},
        {SEPARABLE, "margin", "\"0x0p+0\"", NV_UNREADABLE},
        {SEPARABLE, "margin", "\"-0x1p+0\"", NV_UNREADABLE},
        {SEPARABLE, "truth", "\"unknown\"", ND_UNKNOWN},
        {SEPARABLE, "truth", "\"fails\"", NV_UNREADABLE},
        {SEPARABLE, "bias", "false", NV_UNREADABLE},
        {SEPARABLE, "u", "[]", NV_UNREADABLE},
        {"table/y", "0", "-1", NV_UNREADABLE}, /* by the SHA-256 */
        {"table/X/0", "0", "\"0x1p+0\"", NV_UNREADABLE},
        {"table", "n", "568", NV_UNREADABLE},
        {"conditions/separable", "truth", "\"fails\"", ND_REFUTED},
        {"conditions/subspace-plus", "truth", "\"holds\"", ND_REFUTED},
        {"conditions/penalty", "truth", "\"holds\"", ND_REFUTED},
        {"conditions/idle-neuron", "truth", "\"holds\"", ND_UNKNOWN},
        {"conditions/no-ridge", "name", "\"ridge\"", NV_UNREADABLE},
        {"theorems/1", "truth", "\"fails\"", ND_REFUTED},
        {"theorems/corollary", "truth", "\"holds\"", ND_REFUTED},
        {"loss", "l2", "0.5", ND_REFUTED},
        {"loss", "spec", "\"logistic\"", ND_REFUTED},
        {"loss", "spec", "\"polyhinge:2\"", ND_REFUTED},
        {"net", "spec", "\"relu:32\"", ND_REFUTED},
        {"net", "spec", "\"elu:32\"", ND_REFUTED},
        {"net", "spec", "\"softplus:31\"", NV_UNREADABLE},
        {"conclusion", "theorem", "\"corollary\"", ND_REFUTED},
        {"conclusion", "theorem", "\"2\"", NV_UNREADABLE},
        {"conclusion", "truth", "\"fails\"", ND_REFUTED},
        {"conclusion", "truth", "\"unknown\"", ND_UNKNOWN},
        {"conclusion", "term", "1", NV_UNREADABLE},
        {"conclusion", "neurons_needed", "3", ND_REFUTED},
        {"", "format_version", "2", NV_UNREADABLE},
        {"", "format", "\"nadir-theorem\"", NV_UNREADABLE},
        {"witnesses", "separable", "null", NV_UNREADABLE},
        {"", "point", "{}", ND_UNKNOWN},
    };

    (void)state;
    all_changes("data/wdbc.csv --positive M", c, COUNT(c));
}

static void test_circuit(void **state)
{
    static const change c[] = {
        {SEPARABLE, "index", "[0, 1, 2]", NV_UNREADABLE},
        {SEPARABLE, "index", "[0, 1, 2, 4]", NV_UNREADABLE},
        {SEPARABLE, "index", "[0, 1, 2, 2]", NV_UNREADABLE},
        {SEPARABLE, "index", "[]", NV_UNREADABLE},
        {SEPARABLE, "exact", "[\"1\", \"1\", \"1\", \"2\"]", ND_REFUTED},
        {SEPARABLE, "exact", "[\"-1\", \"-1\", \"-1\", \"-1\"]", ND_REFUTED},
        {SEPARABLE, "exact", "[\"0\", \"0\", \"0\", \"0\"]", ND_REFUTED},
        {SEPARABLE, "exact", "[\"1/2\", \"1\", \"1\", \"1\"]", NV_UNREADABLE},
        {SEPARABLE, "exact", "[\"1/0\", \"1\", \"1\", \"1\"]", NV_UNREADABLE},
        {SEPARABLE, "exact", "[\"\", \"1\", \"1\", \"1\"]", NV_UNREADABLE},
        {"witnesses/duplicates", "distinct", "3", ND_REFUTED},
        {"witnesses/duplicates", "contradictory", "1", ND_REFUTED},
        {"witnesses/duplicates", "min_errors", "1", ND_REFUTED},
        {"witnesses/subspaces", "rank", "2", ND_REFUTED},
        {"witnesses/subspaces", "dimension", "4", ND_REFUTED},
        {"witnesses/subspaces", "bias", "false", ND_UNKNOWN},
        {PLUS, "samples", "3", ND_REFUTED},
        {PLUS, "distinct", "1", ND_REFUTED},
        {PLUS, "basis", "[0]", NV_UNREADABLE},
        {PLUS, "basis", "[0, 2]", NV_UNREADABLE},
        {PLUS, "normal", "[\"1\", \"1\", \"0\"]", ND_REFUTED},
        {PLUS, "normal", "[\"0\", \"0\", \"0\"]", ND_REFUTED},
        {PLUS, "outside", "\"fails\"", NV_UNREADABLE},
        {PLUS, "projected", "2", ND_REFUTED},
        {PLUS, "independent", "\"holds\"", ND_REFUTED},
        {"conditions/consistent", "truth", "\"fails\"", ND_REFUTED},
        {"conditions/neurons", "truth", "\"fails\"", ND_REFUTED},
        {"theorems/1", "truth", "\"holds\"", ND_REFUTED},
        {"conclusion", "theorem", "\"1\"", ND_REFUTED},
        {"conclusion", "neurons_needed", "2", ND_REFUTED},
        {"net", "spec", "\"softplus:32:nobias\"", NV_UNREADABLE},
        {"net", "spec", "\"tanh:32\"", ND_REFUTED},
    };

    (void)state;
    all_changes("gen:xor", c, COUNT(c));
}

static void test_inside(void **state)
{
    static const change c[] = {
        {PLUS, "inside", "0", NV_UNREADABLE}, /* a sample of class + itself */
        {PLUS, "coef", "[\"1\", \"1\"]", ND_REFUTED},
        {PLUS, "coef", "[\"1\"]", NV_UNREADABLE},
        {PLUS, "coef", "[\"1/2\", \"1/3\"]", ND_REFUTED},
        {MINUS, "outside", "\"fails\"", NV_UNREADABLE},
    };

    (void)state;
    all_changes("gen:between --net softplus:8", c, COUNT(c));
}

/* A dropped sample, together with its coefficient. */
static void test_smaller_circuit(void **state)
{
    json_t *j = witness("data/iris2.csv --positive versicolor");

    (void)state;
    json_array_remove(at(j, SEPARABLE "/index"), 2);
    json_array_remove(at(j, SEPARABLE "/exact"), 2);
    assert_int_equal(verdict(j), ND_REFUTED);
    json_decref(j);
}

/* Without the coefficients (they may be too long) the samples determine them. */
static void test_without_numbers(void **state)
{
    json_t *j = witness("data/iris2.csv --positive versicolor"), *k;

    (void)state;
    put(j, SEPARABLE, "exact", json_null());
    assert_int_equal(verdict(j), ND_PROVED);
    json_array_remove(at(j, SEPARABLE "/index"), 2);
    assert_int_equal(verdict(j), ND_REFUTED);
    json_decref(j);
    k = witness("gen:subspaces");
    put(k, PLUS, "normal", json_null());
    put(k, MINUS, "normal", json_null());
    assert_int_equal(verdict(k), ND_PROVED);
    json_decref(k);
}

/* Swapped labels, with the hash of the changed table left out: another problem, and the
 * witnesses are none of it. */
static void test_other_labels(void **state)
{
    static const char *const row[] = {"gen:xor", "data/iris2.csv --positive versicolor",
                                      "gen:separable,n=50,d=4"};

    (void)state;
    for (size_t i = 0; i < COUNT(row); i++) {
        json_t *j = witness(row[i]);
        json_int_t first = json_integer_value(at(j, "table/y/0"));

        json_object_del(at(j, "data"), "sha256");
        assert_int_equal(verdict(j), ND_PROVED);
        put(j, "table/y", "0", json_integer(-first));
        assert_int_not_equal(verdict(j), ND_PROVED);
        json_decref(j);
    }
}

/* Equal samples with both labels: the counts and the combination of two. */
static void test_duplicates(void **state)
{
    static const char text[] = "x,label\n1,1\n1,-1\n2,1\n2,1\n2,-1\n2,-1\n3,-1\n";
    char path[512];
    json_t *j;

    (void)state;
    snprintf(path, sizeof path, "%s/twice.csv", nv_scratch());
    nv_write(path, text, sizeof text - 1);
    j = witness(path);
    assert_int_equal(json_integer_value(at(j, "witnesses/duplicates/min_errors")), 3);
    assert_int_equal(verdict(j), ND_PROVED);
    put(j, "witnesses/duplicates", "min_errors", json_integer(2));
    assert_int_equal(verdict(j), ND_REFUTED);
    json_decref(j);
}

/* Samples 1, 2, 4 with one dependence, x~ = (x, 1): 2 (1, 1) - 3 (2, 1) + (4, 1) = 0. */
static void test_signs(void **state)
{
    static const double X[] = {1, 2, 4}, one[] = {1, -1, 1}, other[] = {1, 1, -1};
    static const slong index[] = {0, 1, 2};
    nv_points p = {3, 1, 2, X, one};

    (void)state;
    assert_int_equal(nv_circuit(&p, index, 3), ND_PROVED);
    assert_int_equal(nv_circuit(&p, index, 2), ND_REFUTED);
    p.y = other;
    assert_int_equal(nv_circuit(&p, index, 3), ND_REFUTED);
    p.D = 1;
    assert_int_equal(nv_circuit(&p, index, 3), ND_UNKNOWN); /* two dependences */
}

/* That no theorem applies is not shown for one f_S of two. */
static void test_two_shortcuts(void **state)
{
    json_t *j = witness("gen:separable --net relu:2+relu:3");

    (void)state;
    assert_int_equal(verdict(j), ND_UNKNOWN);
    put(j, "net", "spec", json_string("softplus:2+relu:3"));
    assert_int_not_equal(verdict(j), ND_PROVED);
    json_decref(j);
}

/* A table beside the file, found there and hashed. */
static void test_large(void **state)
{
    json_t *j = witness("gen:noise,n=2000,d=60");
    char path[512];
    FILE *f;
    int sign;

    (void)state;
    assert_string_equal(json_string_value(at(j, "table/file")), "witness.table");
    assert_int_equal(verdict(j), ND_PROVED);
    snprintf(path, sizeof path, "%s/witness.table", nv_scratch());
    f = fopen(path, "r+b");
    assert_non_null(f);
    assert_int_equal(fseek(f, 16 + 8 * 60 + 7, SEEK_SET), 0); /* the sign of a label */
    sign = fgetc(f);
    assert_int_equal(fseek(f, 16 + 8 * 60 + 7, SEEK_SET), 0);
    fputc(sign ^ 0x80, f);
    fclose(f);
    assert_int_equal(verdict(j), NV_UNREADABLE);
    unlink(path);
    assert_int_equal(verdict(j), NV_UNREADABLE);
    json_decref(j);
}

static void test_program(void **state)
{
    char command[2048];
    json_t *j = witness("gen:xor");

    (void)state;
    snprintf(command, sizeof command, "'%s' '%s/witness.json' > '%s/out'", ND_VERIFY_PROGRAM,
             nv_scratch(), nv_scratch());
    assert_int_equal(WEXITSTATUS(system(command)), 0);
    put(j, "theorems/1", "truth", json_string("holds"));
    assert_int_equal(verdict(j), ND_REFUTED);
    snprintf(command, sizeof command, "'%s' '%s/changed.json' > '%s/out'", ND_VERIFY_PROGRAM,
             nv_scratch(), nv_scratch());
    assert_int_equal(WEXITSTATUS(system(command)), 4);
    json_decref(j);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_proved),          cmocka_unit_test(test_separable),
        cmocka_unit_test(test_circuit),         cmocka_unit_test(test_inside),
        cmocka_unit_test(test_smaller_circuit), cmocka_unit_test(test_without_numbers),
        cmocka_unit_test(test_other_labels),    cmocka_unit_test(test_duplicates),
        cmocka_unit_test(test_large),           cmocka_unit_test(test_signs),
        cmocka_unit_test(test_two_shortcuts),   cmocka_unit_test(test_program),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    nv_scratch_clear();
    return failed;
}
