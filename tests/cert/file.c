/* The certificate file, member by member as docs/certificate-format.md has it. */
#include "support.h"

#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"

#include <nadir/cert.h>

#include <unistd.h>

static char folder[] = "/tmp/nadir-cert-XXXXXX";

static char *path(const char *name)
{
    static char p[200];

    snprintf(p, sizeof p, "%s/%s", folder, name);
    return p;
}

static json_t *read_json(nd_ctx *ctx, const char *name)
{
    char *text;
    size_t size;
    json_t *j;

    nd_assert_ok(ctx, nd_file_read(ctx, path(name), 0, &text, &size));
    nd_assert_ok(ctx, nd_json_parse(ctx, name, text, size, &j));
    nd_free(ctx, text);
    return j;
}

static void save(nd_ctx *ctx, nd_table *t, const char *name)
{
    nd_net *net;
    nd_problem pb;
    nd_loss loss;
    nd_cert c;
    double *theta = calloc(t->d + 1, sizeof *theta);

    theta[0] = 2.0;
    nd_assert_ok(ctx, nd_net_parse(ctx, "linear", t->d, &net));
    nd_assert_ok(ctx, nd_loss_parse(ctx, "polyhinge:3", &loss));
    nd_assert_ok(ctx, nd_problem_make(ctx, net, t, loss, 0.0, &pb));
    nd_assert_ok(ctx, nd_certify(ctx, &pb, theta, &c));
    assert_int_equal(c.truth, ND_PROVED);
    nd_assert_ok(ctx, nd_cert_save(ctx, &pb, theta, &c, path(name)));
    c.truth = ND_UNKNOWN; /* no file for what is not proved */
    nd_assert_status(ctx, nd_cert_save(ctx, &pb, theta, &c, path("none.json")), ND_EINPUT);
    assert_int_not_equal(access(path("none.json"), F_OK), 0);
    nd_net_destroy(ctx, net);
    free(theta);
}

static const char *text_of(const json_t *j, const char *key)
{
    return json_string_value(json_object_get(j, key));
}

static void check_head(const json_t *j)
{
    static const char *const members[] = {"format",  "version", "kind",       "claims",
                                          "problem", "theta",   "provenance", "data"};
    const json_t *claims = json_object_get(j, "claims"), *pb = json_object_get(j, "problem");

    assert_int_equal(json_object_size(j), sizeof members / sizeof *members);
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        assert_non_null(json_object_get(j, members[i]));
    assert_string_equal(text_of(j, "format"), "nadir-certificate");
    assert_int_equal(json_integer_value(json_object_get(j, "version")), 1);
    assert_string_equal(text_of(j, "kind"), "zero-loss");
    assert_string_equal(text_of(pb, "net"), "linear");
    assert_string_equal(text_of(pb, "loss"), "polyhinge:3");
    assert_string_equal(text_of(pb, "l2"), "0x0p+0");
    assert_int_equal(json_integer_value(json_object_get(claims, "errors")), 0);
    assert_string_equal(json_string_value(json_array_get(json_object_get(claims, "loss"), 1)),
                        "0x0p+0");
    assert_non_null(text_of(claims, "margin_min"));
    assert_string_equal(json_string_value(json_array_get(json_object_get(j, "theta"), 0)),
                        "0x1p+1");
}

static void dense(void **state)
{
    static const double x[] = {1.0, -0.0, -1.5, 3.0}, y[] = {1.0, -1.0};
    nd_ctx *ctx = nd_ctx_create(NULL);
    nd_table *t;
    json_t *j, *data;

    (void)state;
    nd_assert_ok(ctx, nd_table_from_arrays(ctx, 2, 2, x, y, &t));
    t->weight = nd_alloc(ctx, 2, sizeof(double));
    t->weight[0] = 1.0;
    t->weight[1] = 2.5;
    save(ctx, t, "dense.json");
    j = read_json(ctx, "dense.json");
    check_head(j);
    data = json_object_get(j, "data");
    assert_string_equal(
        json_string_value(json_array_get(json_array_get(json_object_get(data, "X"), 1), 0)),
        "-0x1.8p+0");
    assert_int_equal(json_integer_value(json_array_get(json_object_get(data, "y"), 1)), -1);
    assert_string_equal(json_string_value(json_array_get(
                            json_object_get(json_object_get(j, "problem"), "weights"), 1)),
                        "0x1.4p+1");
    json_decref(j);
    nd_table_destroy(ctx, t);
    nd_ctx_destroy(ctx);
}

static void sparse(void **state)
{
    static const char text[] = "1 1:1.5\n-1 1:-1 3:4\n";
    nd_read_options opt = {0};
    nd_ctx *ctx = nd_ctx_create(NULL);
    json_t *j, *row;
    nd_table *t;

    (void)state;
    nd_assert_ok(ctx, nd_table_parse(ctx, "svm", "t", text, sizeof text - 1, &opt, &t));
    save(ctx, t, "sparse.json");
    j = read_json(ctx, "sparse.json");
    check_head(j);
    row = json_array_get(json_object_get(json_object_get(j, "data"), "rows"), 1);
    assert_int_equal(json_array_size(row), 2);
    assert_int_equal(json_integer_value(json_array_get(json_array_get(row, 1), 0)), 2);
    assert_string_equal(json_string_value(json_array_get(json_array_get(row, 1), 1)), "0x1p+2");
    json_decref(j);
    nd_table_destroy(ctx, t);
    nd_ctx_destroy(ctx);
}

/* More than 100000 entries: a table beside the certificate, with its SHA-256. */
static void table_file(void **state)
{
    enum { N = 50001, D = 2 };
    nd_ctx *ctx = nd_ctx_create(NULL);
    double *x = malloc(N * D * sizeof *x), *y = malloc(N * sizeof *y), back[3];
    unsigned char *bytes;
    char hex[65];
    size_t size;
    nd_table *t;
    json_t *j, *data;

    (void)state;
    for (size_t i = 0; i < N; i++) {
        y[i] = i % 2 ? 1.0 : -1.0;
        x[2 * i] = y[i] * (1.0 + (double)i);
        x[2 * i + 1] = -0.0;
    }
    nd_assert_ok(ctx, nd_table_from_arrays(ctx, N, D, x, y, &t));
    save(ctx, t, "large.json");
    j = read_json(ctx, "large.json");
    check_head(j);
    data = json_object_get(j, "data");
    assert_string_equal(text_of(data, "file"), "large.table");
    nd_assert_ok(ctx, nd_table_sha256(ctx, t, hex));
    assert_string_equal(text_of(data, "sha256"), hex);
    nd_assert_ok(ctx, nd_file_read(ctx, path("large.table"), 0, (char **)&bytes, &size));
    assert_int_equal(size, 16 + 8 * N * (D + 1));
    assert_true(bytes[0] == (N & 0xff) && bytes[1] == (N >> 8 & 0xff) && bytes[8] == D);
    memcpy(back, bytes + 16 + 24 * 7, sizeof back);
    assert_true(back[0] == 8.0 && back[1] == 0.0 && !signbit(back[1]) && back[2] == 1.0);
    nd_free(ctx, bytes);
    json_decref(j);
    nd_table_destroy(ctx, t);
    nd_ctx_destroy(ctx);
    free(x);
    free(y);
}

static nd_status scenario(nd_ctx *ctx, void *arg)
{
    static const double x[] = {1.0, -1.0}, y[] = {1.0, -1.0}, theta[] = {2.0, 0.0};
    nd_table *t = NULL;
    nd_net *net = NULL;
    nd_problem pb;
    nd_loss loss;
    nd_cert c;
    nd_status status = nd_table_from_arrays(ctx, 2, 1, x, y, &t);

    (void)arg;
    nd_set_threads(ctx, 1);
    if (status == ND_OK) status = nd_net_parse(ctx, "linear", 1, &net);
    if (status == ND_OK) status = nd_loss_parse(ctx, "polyhinge:3", &loss);
    if (status == ND_OK) status = nd_problem_make(ctx, net, t, loss, 0.0, &pb);
    if (status == ND_OK) status = nd_certify(ctx, &pb, theta, &c);
    if (status == ND_OK) status = nd_cert_save(ctx, &pb, theta, &c, path("k.json"));
    nd_net_destroy(ctx, net);
    nd_table_destroy(ctx, t);
    return status;
}

static void allocations(void **state)
{
    (void)state;
    assert_true(nd_test_every_allocation(scenario, NULL) > 3);
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    static const char *const names[] = {"dense.json", "sparse.json", "large.json", "large.table",
                                        "k.json"};
    (void)state;
    for (size_t i = 0; i < 5; i++) unlink(path(names[i]));
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dense),
        cmocka_unit_test(sparse),
        cmocka_unit_test(table_file),
        cmocka_unit_test(allocations),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
