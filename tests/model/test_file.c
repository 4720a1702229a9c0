/* Model files: what is written is read back to the bit; everything else is refused
 * with a message, and nothing leaks. */
#include <unistd.h>

#include "base/file.h"
#include "fixture.h"

#define ROWS(a) (sizeof(a) / sizeof *(a))

static const char *file_name(void)
{
    static char name[64];

    snprintf(name, sizeof name, "/tmp/nadir_test_model_%ld.json", (long)getpid());
    return name;
}

static char *names[] = {"width", "h\"eight", "d\xc3\xa9pth"};

/* A model of its own, on the stack, borrowing everything. */
static nd_model sample(nd_ctx *ctx, bool bare)
{
    static const double shift[] = {0.1, -1e-300, 3e200}, factor[] = {1.0, 1.0 / 3.0, 5e-324};
    nd_model m = {.l2 = 0.1, .weight_pos = 2.5, .seed = UINT64_MAX};

    nd_assert_ok(ctx, nd_net_parse(ctx, "tanh:2,res(gelu:2)+linear", 3, &m.net));
    nd_assert_ok(ctx, nd_loss_parse(ctx, "polyhinge:4", &m.loss));
    m.theta = fix_room(m.net->P);
    fix_theta(m.net->P, m.theta);
    m.theta[0] = -0.0;
    m.theta[1] = 5e-324;
    m.theta[2] = 1.7976931348623157e308;
    if (bare) return m;
    nd_assert_ok(ctx, nd_scaler_from_arrays(ctx, ND_SCALE_MINMAX, 3, shift, factor, &m.scaler));
    m.positive = "M";
    m.negative = "B,C";
    m.label_name = "diagnosis";
    m.feature = names;
    m.data_source = "wdbc.csv";
    m.data_sha256 = "00ff";
    m.platt_a = -1.5;
    m.platt_b = 0.25;
    m.verdict = "global-minimum (proved)";
    return m;
}

static void sample_free(nd_ctx *ctx, nd_model *m)
{
    free(m->theta);
    nd_net_destroy(ctx, m->net);
    nd_scaler_destroy(ctx, m->scaler);
}

static void same_text(const char *a, const char *b)
{
    if (!a || !b)
        assert_true(!a && !b);
    else
        assert_string_equal(a, b);
}

static void check_round_trip(bool bare)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    nd_model m = sample(ctx, bare), *r;

    nd_assert_ok(ctx, nd_model_save(ctx, &m, file_name()));
    nd_assert_ok(ctx, nd_model_load(ctx, file_name(), &r));
    assert_string_equal(r->net->spec, m.net->spec);
    assert_int_equal(r->net->d, 3);
    assert_memory_equal(r->theta, m.theta, m.net->P * sizeof *m.theta);
    assert_true(r->loss.kind == m.loss.kind && r->loss.q == m.loss.q);
    assert_true(r->l2 == m.l2 && r->weight_pos == m.weight_pos && r->seed == m.seed);
    assert_true(r->platt_a == m.platt_a && r->platt_b == m.platt_b);
    same_text(r->positive, m.positive);
    same_text(r->negative, m.negative);
    same_text(r->label_name, m.label_name);
    same_text(r->data_source, m.data_source);
    same_text(r->data_sha256, m.data_sha256);
    same_text(r->verdict, m.verdict);
    assert_int_equal(!r->feature, bare);
    assert_int_equal(!r->scaler, bare);
    for (size_t k = 0; !bare && k < 3; k++) {
        same_text(r->feature[k], names[k]);
        assert_true(r->scaler->shift[k] == m.scaler->shift[k]);
        assert_true(r->scaler->factor[k] == m.scaler->factor[k]);
        assert_int_equal(r->scaler->kind, ND_SCALE_MINMAX);
    }
    nd_model_destroy(ctx, r);
    sample_free(ctx, &m);
    nd_ctx_destroy(ctx);
    remove(file_name());
}

static void test_round_trip(void **state)
{
    (void)state;
    check_round_trip(false);
    check_round_trip(true);
}

/* The text of a small good model, with one part replaced. */
static const char good[] =
    "{\"format\":\"nadir-model\",\"version\":1,\"nadir\":\"0.1.0\",\"net\":\"softplus:1\","
    "\"features\":1,\"parameters\":4,\"loss\":\"polyhinge:3\",\"l2\":\"0x0p+0\","
    "\"weight_pos\":1,\"seed\":\"1\",\"verdict\":null,"
    "\"labels\":{\"column\":null,\"positive\":\"1\",\"negative\":\"0\"},"
    "\"data\":{\"source\":null,\"sha256\":null},\"platt\":null,\"feature_names\":[\"x\"],"
    "\"scaler\":{\"kind\":\"standard\",\"shift\":[0],\"factor\":[\"0x1p+0\"]},"
    "\"theta\":[\"0x1p+0\",2,\"0x1p-1\",0]}";

static char *replaced(const char *from, const char *to)
{
    const char *at = strstr(good, from);
    size_t size = sizeof good + strlen(to);
    char *text = malloc(size);

    assert_true(at && text);
    snprintf(text, size, "%.*s%s%s", (int)(at - good), good, to, at + strlen(from));
    return text;
}

static void test_hostile(void **state)
{
    static const struct {
        const char *from, *to, *says;
    } bad[] = {
        {"nadir-model", "nadir-cert", "expected 'nadir-model'"},
        {"\"version\":1", "\"version\":2", "newer nadir"},
        {"\"version\":1", "\"version\":0", "version"},
        {"\"version\":1", "\"version\":\"1\"", "version"},
        {"\"version\":1,", "", "'version' is missing"},
        {"\"nadir\"", "\"nader\"", "no member"},
        {"softplus:1", "softplus:2", "'parameters'"},
        {"softplus:1", "sofplus:1", "did you mean"},
        {"softplus:1", "softplus:1000000", "'parameters'"},
        {"softplus:1", "", "'net'"},
        {"\"features\":1", "\"features\":2", "'parameters'"},
        {"\"features\":1", "\"features\":-1", "'features'"},
        {"\"features\":1", "\"features\":99999999999", "'features'"},
        {"\"parameters\":4", "\"parameters\":5", "'parameters'"},
        {"polyhinge:3", "polyhinge:99", "'loss'"},
        {"polyhinge:3", "hinge", "'loss'"},
        {"\"0x0p+0\"", "-1", "'l2' is negative"},
        {"\"0x0p+0\"", "\"nan\"", "finite"},
        {"\"0x0p+0\"", "1e999", ""},
        {"\"0x0p+0\"", "null", "finite"},
        {"\"weight_pos\":1", "\"weight_pos\":0", "weight_pos"},
        {"\"seed\":\"1\"", "\"seed\":1", "seed"},
        {"\"seed\":\"1\"", "\"seed\":\"-1\"", "seed"},
        {"\"seed\":\"1\"", "\"seed\":\"18446744073709551616\"", "seed"},
        {"\"labels\":{", "\"labels\":{},\"x\":{", "no member"},
        {"{\"column\":null,", "{", "'column'"},
        {"{\"source\":null,\"sha256\":null}", "7", "'data'"},
        {"\"platt\":null", "\"platt\":{\"a\":1}", "'b'"},
        {"\"platt\":null", "\"platt\":[]", "'a'"},
        {"[\"x\"]", "[\"x\",\"y\"]", "'feature_names'"},
        {"[\"x\"]", "[1]", "'feature_names'"},
        {"\"standard\"", "\"robust\"", "'scaler'"},
        {"\"shift\":[0]", "\"shift\":[0,1]", "'shift'"},
        {"\"factor\":[\"0x1p+0\"]", "\"factor\":[\"inf\"]", "'factor'"},
        {"\"factor\":[\"0x1p+0\"]", "\"factor\":3", "'factor'"},
        {"[\"0x1p+0\",2,", "[2,", "expected 4 numbers, found 3"},
        {"[\"0x1p+0\",2,", "[\"0x1p+99999\",2,", "theta"},
        {"[\"0x1p+0\",2,", "[\"1.5\",2,", "theta"},
        {"[\"0x1p+0\",2,", "[{},2,", "theta"},
        {"\"theta\":[\"0x1p+0\",2,\"0x1p-1\",0]", "\"theta\":4", "theta"},
        {",\"theta\":", ",\"theta\":[],\"theta\":", ""},
    };
    nd_ctx *ctx = nd_ctx_create(NULL);
    nd_model *m = NULL;

    (void)state;
    nd_assert_ok(ctx, nd_model_parse(ctx, "m.json", good, sizeof good - 1, &m));
    nd_model_destroy(ctx, m);
    m = NULL;
    for (size_t i = 0; i < ROWS(bad); i++) {
        char *text = replaced(bad[i].from, bad[i].to);
        nd_status status = nd_model_parse(ctx, "m.json", text, strlen(text), &m);
        if (status != ND_EINPUT || m || !strstr(nd_errmsg(ctx), "m.json") ||
            !strstr(nd_errmsg(ctx), bad[i].says))
            fail_msg("'%s' for '%s': %s (%s)", bad[i].to, bad[i].from, nd_status_name(status),
                     nd_errmsg(ctx));
        free(text);
    }
    for (size_t size = 0; size < sizeof good - 1; size++)
        nd_assert_status(ctx, nd_model_parse(ctx, "m.json", good, size, &m), ND_EINPUT);
    nd_assert_status(ctx, nd_model_load(ctx, "no/such/file.json", &m), ND_EIO);
    assert_null(m);
    nd_ctx_destroy(ctx);
}

static void test_save_refuses(void **state)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    nd_model m = sample(ctx, false);

    (void)state;
    m.theta[3] = NAN;
    nd_assert_status(ctx, nd_model_save(ctx, &m, file_name()), ND_ENUMERIC);
    m.theta[3] = 0.0;
    m.positive = "\xff\xfe";
    nd_assert_status(ctx, nd_model_save(ctx, &m, file_name()), ND_EINPUT);
    assert_int_not_equal(access(file_name(), F_OK), 0);
    sample_free(ctx, &m);
    nd_ctx_destroy(ctx);
}

static nd_status scenario(nd_ctx *ctx, void *arg)
{
    nd_model *m = NULL;
    nd_status status = nd_model_parse(ctx, "m.json", arg, strlen(arg), &m);

    nd_model_destroy(ctx, m);
    return status;
}

static void test_memory(void **state)
{
    char text[sizeof good];

    (void)state;
    memcpy(text, good, sizeof good);
    assert_true(nd_test_every_allocation(scenario, text) > 8);
}

/* The largest request so far. */
static void *count_alloc(void *user, size_t bytes)
{
    size_t *largest = user;

    if (bytes > *largest) *largest = bytes;
    return bytes < 1 << 20 ? malloc(bytes) : NULL;
}

static void count_free(void *user, void *p)
{
    (void)user;
    free(p);
}

/* A small file that claims a large net gets no memory for it. */
static void test_claims(void **state)
{
    size_t largest = 0;
    const nd_allocator alloc = {count_alloc, count_free, &largest};
    nd_ctx *ctx = nd_ctx_create(&alloc);
    nd_model *m = NULL;
    char *text = replaced("softplus:1\",\"features\":1,\"parameters\":4",
                          "tanh:10000\",\"features\":9998,\"parameters\":100000001");

    (void)state;
    nd_assert_status(ctx, nd_model_parse(ctx, "m.json", text, strlen(text), &m), ND_EINPUT);
    nd_assert_message(ctx, "expected 100000001 numbers, found 4");
    assert_true(largest < 1 << 16);
    free(text);
    nd_ctx_destroy(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),   cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_save_refuses), cmocka_unit_test(test_memory),
        cmocka_unit_test(test_claims),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
