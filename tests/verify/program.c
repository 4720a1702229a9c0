/* nadir-verify as a program: what it prints and how it ends. */
#include "verify_support.h"

#include <sys/wait.h>

/* Exit status; out: what came on both streams. */
static int run(const char *argument, char *out, size_t size)
{
    char command[2048];
    FILE *p;
    size_t n;
    int status;

    snprintf(command, sizeof command, "'%s' %s 2>&1", ND_VERIFY_PROGRAM, argument);
    p = popen(command, "r");
    assert_non_null(p);
    n = fread(out, 1, size - 1, p);
    out[n] = 0;
    status = pclose(p);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void test_exit(void **state)
{
    static const struct {
        const char *argument, *starts;
        int status;
    } row[] = {
        {NV_TESTS "points/no-shortcut.json", "PROVED: within ", 0},
        {NV_TESTS "points/xor-saddle.json", "PROVED: within ", 0},
        {NV_TESTS "points/xor-zero.json", "PROVED: the loss at theta is exactly 0", 0},
        {NV_TESTS "false/valley.json", "UNKNOWN: ", 3},
        {NV_TESTS "functions.json", "nadir-verify: ", 1},
        {"/nonexistent", "nadir-verify: ", 1},
        {"--help", "nadir-verify - ", 0},
        {"--version", "nadir-verify " ND_VERSION, 0},
        {"", "nadir-verify - ", 1},
        {"a b", "nadir-verify - ", 1},
    };
    char out[4096];

    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        assert_int_equal(run(row[i].argument, out, sizeof out), row[i].status);
        assert_int_equal(strncmp(out, row[i].starts, strlen(row[i].starts)), 0);
    }
}

static void test_output(void **state)
{
    char out[4096], path[512];
    json_t *j = nv_load(NV_TESTS "points/no-shortcut.json");

    (void)state;
    assert_int_equal(run(NV_TESTS "points/no-shortcut.json", out, sizeof out), 0);
    assert_non_null(strstr(out, "\nloss    [0.74273859081"));
    assert_non_null(strstr(out, "\nerrors  8 of 42\n"));
    assert_non_null(strstr(out, "softplus:1,softplus:2, polyhinge:3, 42 samples of 2 features, "
                                "10 parameters\n"));
    json_object_set_new(json_object_get(j, "claims"), "errors", json_integer(0));
    snprintf(path, sizeof path, "%s/refuted.json", nv_scratch());
    json_dump_file(j, path, 0);
    assert_int_equal(run(path, out, sizeof out), 4);
    assert_int_equal(strncmp(out, "REFUTED: the claimed number of errors is false", 46), 0);
    /* refused before anything was evaluated: nothing is said of the errors */
    json_object_set_new(j, "kind", json_string("balance"));
    json_object_set_new(json_object_get(j, "claims"), "because", json_string("points"));
    json_object_del(json_object_get(j, "claims"), "mu");
    json_dump_file(j, path, 0);
    json_decref(j);
    assert_int_equal(run(path, out, sizeof out), 4);
    assert_non_null(strstr(out, "\nerrors  0 to 42 of 42\n"));
}

/* A pair of kink whose preactivation is not 0: the numbers are those of the loss all the same. */
static void test_wrong_pair(void **state)
{
    char out[4096], path[512];
    json_t *j = nv_load(NV_TESTS "minima/kink-relu.json");

    (void)state;
    json_object_set_new(nv_claims_of(j), "kinks", json_pack("[[ii],[ii],[ii]]", 0, 0, 0, 1, 0, 2));
    snprintf(path, sizeof path, "%s/refuted.json", nv_scratch());
    json_dump_file(j, path, 0);
    json_decref(j);
    assert_int_equal(run(path, out, sizeof out), 4);
    assert_non_null(strstr(out, "\nloss    [0.00544122474"));
    assert_non_null(strstr(out, "\nerrors  0 of 4\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_exit), cmocka_unit_test(test_output),
                                       cmocka_unit_test(test_wrong_pair)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    nv_scratch_clear();
    return failed;
}
