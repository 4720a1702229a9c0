/* Memory that runs out at any point: ND_EMEM, a message, no leak. */
#include "data_support.h"
#include <unistd.h>

#define FILES ND_SOURCE_DIR "/tests/data/files/"

typedef struct {
    const char *source;
    nd_read_options opt;
} source;

static nd_status reading(nd_ctx *ctx, void *arg)
{
    const source *s = arg;
    nd_table *t = NULL;
    nd_status status = nd_table_read(ctx, s->source, &s->opt, &t);

    nd_table_destroy(ctx, t);
    return status;
}

static void every_reader(void **state)
{
    source sources[] = {
        {FILES "plain.csv", {0}},
        {FILES "plain.csv.gz", {0}},
        {FILES "quoted.csv", {.positive = "yes,\n\"sure\""}},
        {FILES "three_classes.csv", {.positive = "0,7.0"}},
        {FILES "tab.tsv", {.positive = "yes"}},
        {FILES "from0.svm", {0}},
        {FILES "le_f8.npy", {0}},
        {FILES "stored.npz", {0}},
        {FILES "deflated.npz", {0}},
        {FILES "text_y.npz", {.positive = "größer"}},
        {FILES "t-images-idx3-ubyte", {.positive = "0,2,4,6,8"}},
        {FILES "dense.arff", {.positive = "yes"}},
        {FILES "sparse.arff.gz", {.positive = "yes"}},
        {"gen:moons,n=20", {0}},
        {"gen:separable,n=20", {0}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++)
        assert_true(nd_test_every_allocation(reading, &sources[i]) > 5);
}

/* Messages need memory, too: bad input must stay ND_EINPUT or become ND_EMEM. */
static nd_status refusing(nd_ctx *ctx, void *arg)
{
    const source *s = arg;
    nd_table *t = NULL;
    nd_status status = nd_table_parse(ctx, "csv", "t", s->source, strlen(s->source), &s->opt, &t);

    assert_null(t);
    return status == ND_EINPUT ? ND_OK : status;
}

static void every_refusal(void **state)
{
    source sources[] = {
        {"1,M\n2,B\n", {0}},      {"1,M\n2,B\n", {.positive = "x"}},
        {"1,1\n2,2\n3,3\n", {0}}, {"a,label\n1,0\nred,1\n", {0}},
        {"a,b\n1,2\n1\n", {0}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++)
        assert_true(nd_test_every_allocation(refusing, &sources[i]) > 3);
}

static nd_status working(nd_ctx *ctx, void *arg)
{
    static const size_t index[] = {2, 0};
    nd_table *t = NULL, *s = NULL;
    nd_scaler *a = NULL, *b = NULL;
    char hex[65];
    nd_status status = nd_test_parse(
        ctx, arg ? "svm" : "csv",
        arg ? "1 1:2 2:3\n-1 2:1\n1 1:1\n" : "a,b,y\n1,2,0\n3,4,1\n5,6,0\n", NULL, &t);

    if (status == ND_OK) status = nd_table_subset(ctx, t, 2, index, &s);
    if (status == ND_OK) status = nd_scaler_fit(ctx, ND_SCALE_STANDARD, t, &a);
    if (status == ND_OK) status = nd_scaler_apply(ctx, a, t);
    if (status == ND_OK)
        status = nd_scaler_from_arrays(ctx, a->kind, a->d, a->shift, a->factor, &b);
    if (status == ND_OK) status = nd_table_sha256(ctx, t, hex);
    nd_scaler_destroy(ctx, a);
    nd_scaler_destroy(ctx, b);
    nd_table_destroy(ctx, t);
    nd_table_destroy(ctx, s);
    return status;
}

static nd_status from_arrays(nd_ctx *ctx, void *arg)
{
    nd_table *t = NULL;
    nd_status status = nd_table_from_arrays(ctx, 2, 1, (double[]){1, 2}, (double[]){1, -1}, &t);

    (void)arg;
    nd_table_destroy(ctx, t);
    return status;
}

static void all_else(void **state)
{
    (void)state;
    nd_test_every_allocation(working, NULL);
    nd_test_every_allocation(working, "sparse");
    nd_test_every_allocation(from_arrays, NULL);
}

static char folder[] = "/tmp/nadir-data-XXXXXX";

static nd_status writing(nd_ctx *ctx, void *arg)
{
    char file[128];
    nd_table *t = NULL;
    nd_status status = nd_test_parse(ctx, "svm", "1 1:2 2:3\n-1 2:1\n1 1:1\n", NULL, &t);

    snprintf(file, sizeof file, "%s/t.%s", folder, (const char *)arg);
    if (status == ND_OK) status = nd_table_write(ctx, t, file, NULL);
    if (status != ND_OK) assert_int_equal(access(file, F_OK), -1); /* nothing half-written */
    unlink(file);
    nd_table_destroy(ctx, t);
    return status;
}

static void every_writer(void **state)
{
    static char formats[][8] = {"csv", "tsv", "svm", "npz", "arff", "csv.gz"};

    (void)state;
    assert_non_null(mkdtemp(folder));
    for (size_t f = 0; f < sizeof formats / sizeof *formats; f++)
        assert_true(nd_test_every_allocation(writing, formats[f]) > 5);
    assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_reader),
        cmocka_unit_test(every_refusal),
        cmocka_unit_test(all_else),
        cmocka_unit_test(every_writer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
