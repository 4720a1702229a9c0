/* Settings by table: defaults, texts, ranges, messages. */
#include "../support.h"
#include "base/memory.h"

typedef struct {
    bool quiet;
    long max_iter;
    double grad_tol, time_limit;
    const char *net;
    int scale;
} settings;

static const nd_setting table[] = {
    {"quiet", ND_BOOL, offsetof(settings, quiet), 0, 0, 0, NULL, "say less"},
    {"max_iter", ND_LONG, offsetof(settings, max_iter), 1000, 0, 1e9, NULL, "iterations"},
    {"grad_tol", ND_REAL, offsetof(settings, grad_tol), 1e-8, 0, 1, NULL, "gradient"},
    {"time_limit", ND_REAL, offsetof(settings, time_limit), INFINITY, 0, INFINITY, NULL, "seconds"},
    {"net", ND_TEXT, offsetof(settings, net), 0, 0, 0, "softplus:32", "network"},
    {"scale", ND_CHOICE, offsetof(settings, scale), 1, 0, 0, "none|standard|minmax", "scaling"},
    {0},
};

static nd_ctx *ctx;
static settings s;

static int set_up(void **state)
{
    (void)state;
    ctx = nd_ctx_create(NULL);
    memset(&s, 0x77, sizeof s);
    nd_settings_init(table, &s);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    nd_ctx_destroy(ctx);
    return 0;
}

static nd_status set(const char *name, const char *text)
{
    return nd_settings_set(ctx, table, &s, name, text);
}

static void defaults(void **state)
{
    (void)state;
    assert_false(s.quiet);
    assert_int_equal(s.max_iter, 1000);
    assert_true(s.grad_tol == 1e-8 && s.time_limit == INFINITY);
    assert_string_equal(s.net, "softplus:32");
    assert_int_equal(s.scale, 1);
    nd_assert_ok(ctx, nd_settings_check(ctx, table, &s));
}

static void texts(void **state)
{
    const char *net = "relu:4";

    (void)state;
    nd_assert_ok(ctx, set("quiet", "Yes"));
    assert_true(s.quiet);
    nd_assert_ok(ctx, set("quiet", "0"));
    assert_false(s.quiet);
    nd_assert_ok(ctx, set("max-iter", "12"));
    assert_int_equal(s.max_iter, 12);
    nd_assert_ok(ctx, set("max_iter", "1e6"));
    assert_int_equal(s.max_iter, 1000000);
    nd_assert_ok(ctx, set("grad-tol", "2.5e-3"));
    assert_true(s.grad_tol == 2.5e-3);
    nd_assert_ok(ctx, set("grad-tol", "0x1p-3"));
    assert_true(s.grad_tol == 0.125);
    nd_assert_ok(ctx, set("time-limit", "3"));
    nd_assert_ok(ctx, set("time-limit", "inf"));
    assert_true(s.time_limit == INFINITY);
    nd_assert_ok(ctx, set("net", net));
    assert_ptr_equal(s.net, net);
    nd_assert_ok(ctx, set("scale", "none"));
    assert_int_equal(s.scale, 0);
    nd_assert_ok(ctx, set("scale", "minmax"));
    assert_int_equal(s.scale, 2);
}

/* Nothing is stored and the message names the setting. */
static void refused(const char *name, const char *text, nd_status expected, const char *message)
{
    settings before = s;

    nd_assert_status(ctx, set(name, text), expected);
    nd_assert_message(ctx, message);
    assert_true(s.quiet == before.quiet && s.max_iter == before.max_iter &&
                s.grad_tol == before.grad_tol && s.time_limit == before.time_limit &&
                s.net == before.net && s.scale == before.scale);
}

static void bad_texts(void **state)
{
    (void)state;
    refused("quiet", "maybe", ND_EINPUT, "quiet: expected true or false, found 'maybe'");
    refused("quiet", "", ND_EINPUT, "quiet");
    refused("max_iter", "ten", ND_EINPUT, "max_iter: expected an integer, found 'ten'");
    refused("max_iter", "", ND_EINPUT, "integer");
    refused("max_iter", "1.5", ND_EINPUT, "integer");
    refused("max_iter", "12x", ND_EINPUT, "integer");
    refused("max_iter", "nan", ND_EINPUT, "integer");
    refused("max_iter", "-1", ND_ERANGE, "max_iter: -1 is outside 0 to 1000000000");
    refused("max_iter", "99999999999999999999", ND_ERANGE, "outside");
    refused("grad_tol", "small", ND_EINPUT, "grad_tol: expected a number, found 'small'");
    refused("grad_tol", "1e-3 x", ND_EINPUT, "number");
    refused("grad_tol", "1.5", ND_ERANGE, "grad_tol: 1.5 is outside 0 to 1");
    refused("grad_tol", "nan", ND_ERANGE, "nan is outside");
    refused("grad_tol", "inf", ND_ERANGE, "inf is outside");
    refused("scale", "max", ND_ENAME, "scale: expected none|standard|minmax, found 'max'");
    refused("scale", "", ND_ENAME, "scale");
    refused("scale", "none|standard", ND_ENAME, "scale");
}

static void unknown_names(void **state)
{
    (void)state;
    refused("grad-tool", "1", ND_ENAME, "did you mean 'grad_tol'?");
    refused("xyzzy", "1", ND_ENAME,
            "unknown setting 'xyzzy'; known: quiet, max_iter, grad_tol, time_limit, net, scale");
    refused("max", "1", ND_ENAME, "unknown setting 'max'");
    refused("max_iter_", "1", ND_ENAME, "did you mean 'max_iter'?");
    refused("", "1", ND_ENAME, "unknown setting ''");
}

static void check(void **state)
{
    (void)state;
    s.grad_tol = NAN;
    nd_assert_status(ctx, nd_settings_check(ctx, table, &s), ND_ERANGE);
    nd_assert_message(ctx, "grad_tol: nan is outside 0 to 1");
    s.grad_tol = 1.0;
    nd_assert_ok(ctx, nd_settings_check(ctx, table, &s));
    s.max_iter = -1;
    nd_assert_status(ctx, nd_settings_check(ctx, table, &s), ND_ERANGE);
    s.max_iter = 0;
    s.scale = 3;
    nd_assert_status(ctx, nd_settings_check(ctx, table, &s), ND_ERANGE);
    nd_assert_message(ctx, "scale: choice 3 of 3");
    s.scale = -1;
    nd_assert_status(ctx, nd_settings_check(ctx, table, &s), ND_ERANGE);
    s.scale = 2;
    s.net = NULL;
    nd_assert_ok(ctx, nd_settings_check(ctx, table, &s));
}

/* The list of names is put together in memory that may be missing. */
static nd_status set_unknown(nd_ctx *other, void *arg)
{
    settings local;
    nd_status status;

    (void)arg;
    nd_settings_init(table, &local);
    status = nd_settings_set(other, table, &local, "unknown", "1");
    return status == ND_ENAME ? ND_OK : status;
}

static void every_allocation(void **state)
{
    (void)state;
    assert_true(nd_test_every_allocation(set_unknown, NULL) > 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(defaults),      TEST(texts), TEST(bad_texts),
                                       TEST(unknown_names), TEST(check), TEST(every_allocation)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
