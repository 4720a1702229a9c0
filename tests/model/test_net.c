/* The grammar of nets, their layout, starts and widening. */
#include "fixture.h"
#include "model/net.h"

#define ROWS(a) (sizeof(a) / sizeof *(a))

static void test_good(void **state)
{
    static const struct {
        const char *spec;
        size_t d, P, units, terms;
    } good[] = {
        {"softplus:32", 30, 1025, 32, 1},
        {"linear", 4, 5, 0, 1},
        {"linear", 0, 1, 0, 1},
        {"tanh:1", 0, 3, 1, 1},
        {"tanh:3:nobias", 2, 10, 3, 1},
        {"relu:64,relu:32+softplus:16", 5, 64 * 6 + 32 * 65 + 32 + 16 * 6 + 16 + 1, 112, 2},
        {"tanh:8,tanh:8+exp:1", 2, 8 * 3 + 8 * 9 + 8 + 3 + 1 + 1, 17, 2},
        {"tanh:4,res(gelu:4)", 3, 16 + 20 + 4 + 1, 8, 1},
        {"res(silu:3)", 3, 12 + 3 + 1, 3, 1},
        {"linear+linear", 3, 7, 0, 2},
        {"softplus:1000000", 1, 3000001, 1000000, 1},
    };
    nd_ctx *ctx = nd_ctx_create(NULL);

    (void)state;
    for (size_t i = 0; i < ROWS(good); i++) {
        nd_net *net, *again;
        nd_assert_ok(ctx, nd_net_parse(ctx, good[i].spec, good[i].d, &net));
        assert_int_equal(net->P, good[i].P);
        assert_int_equal(net->units, good[i].units);
        assert_int_equal(net->terms, good[i].terms);
        assert_int_equal(net->a0, net->P - 1);
        assert_string_equal(net->spec, good[i].spec);
        nd_assert_ok(ctx, nd_net_parse(ctx, net->spec, good[i].d, &again));
        assert_int_equal(again->P, net->P);
        nd_net_destroy(ctx, again);
        nd_net_destroy(ctx, net);
    }
    nd_net *net;
    nd_assert_ok(ctx, nd_net_parse(ctx, "softplus:0032", 2, &net));
    assert_string_equal(net->spec, "softplus:32");
    nd_net_destroy(ctx, net);
    nd_ctx_destroy(ctx);
}

static void test_bad(void **state)
{
    static const struct {
        const char *spec;
        nd_status status;
        const char *says;
    } bad[] = {
        {"", ND_EINPUT, "column 1: expected an activation"},
        {"softplus", ND_EINPUT, "column 9: expected ':' and a width, found the end"},
        {"softplus:", ND_EINPUT, "column 10: expected a width"},
        {"softplus:0", ND_ERANGE, "from 1 to 1000000"},
        {"softplus:1000001", ND_ERANGE, "from 1 to 1000000"},
        {"softplus:99999999999999999999", ND_ERANGE, "from 1 to 1000000"},
        {"softplus:-3", ND_EINPUT, "expected a width"},
        {"softplus:3 ", ND_EINPUT, "column 11: expected ','"},
        {" softplus:3", ND_EINPUT, "column 1"},
        {"softplus:3,", ND_EINPUT, "column 12: expected an activation"},
        {"softplus:3+", ND_EINPUT, "column 12"},
        {"+softplus:3", ND_EINPUT, "column 1"},
        {"softplus:3;tanh:2", ND_EINPUT, "found ';tanh:2'"},
        {"sofplus:3", ND_ENAME, "did you mean 'softplus'?"},
        {"Tanh:3", ND_ENAME, "did you mean 'tanh'?"},
        {"liner", ND_ENAME, "did you mean 'linear'?"},
        {"linear,tanh:3", ND_EINPUT, "column 7"},
        {"linear:3", ND_EINPUT, "column 7"},
        {"tanh:3,linear", ND_EINPUT, "term by itself"},
        {"tanh:3:nobia", ND_EINPUT, "column 7"},
        {"tanh:3:nobias:nobias", ND_EINPUT, "column 14"},
        {"res(tanh:3)", ND_EDIM, "expected 2, found 3"},
        {"tanh:4,res(tanh:3)", ND_EDIM, "expected 4, found 3"},
        {"res(tanh:2", ND_EINPUT, "expected ')'"},
        {"res(tanh:2:nobias)", ND_EINPUT, "expected ')'"},
        {"res(res(tanh:2))", ND_ENAME, "unknown activation 'res'"},
        {"tanh:1000000,tanh:1000000", ND_ERANGE, "parameters"},
        {"averyveryveryveryveryveryveryverylongnamethatgoeson:3", ND_ENAME, "unknown activation"},
    };
    nd_ctx *ctx = nd_ctx_create(NULL);

    (void)state;
    for (size_t i = 0; i < ROWS(bad); i++) {
        nd_net *net = NULL;
        nd_status status = nd_net_parse(ctx, bad[i].spec, 2, &net);
        if (status != bad[i].status || net)
            fail_msg("'%s': %s (%s)", bad[i].spec, nd_status_name(status), nd_errmsg(ctx));
        if (!strstr(nd_errmsg(ctx), bad[i].says))
            fail_msg("'%s': the message '%s' lacks '%s'", bad[i].spec, nd_errmsg(ctx), bad[i].says);
    }
    nd_net *net = NULL;
    nd_assert_status(ctx, nd_net_parse(ctx, "tanh:2", SIZE_MAX / 2, &net), ND_ERANGE);
    nd_assert_status(ctx, nd_net_parse(ctx, "linear", SIZE_MAX, &net), ND_ERANGE);
    nd_ctx_destroy(ctx);
}

static void test_long(void **state)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    char *spec = malloc(7 * 1200 + 1), *p = spec;
    nd_net *net = NULL;

    (void)state;
    for (int i = 0; i < 1200; i++) p += sprintf(p, "%stanh:1", i ? "," : "");
    nd_assert_status(ctx, nd_net_parse(ctx, spec, 2, &net), ND_ERANGE);
    nd_assert_message(ctx, "layers");
    for (char *q = spec; *q; q++)
        if (*q == ',') *q = '+';
    nd_assert_status(ctx, nd_net_parse(ctx, spec, 2, &net), ND_ERANGE);
    nd_assert_message(ctx, "terms");
    spec[7 * 900 - 1] = '\0';
    nd_assert_ok(ctx, nd_net_parse(ctx, spec, 2, &net));
    assert_int_equal(net->units, 900);
    nd_net_destroy(ctx, net);
    free(spec);
    nd_ctx_destroy(ctx);
}

static void test_shortcut(void **state)
{
    static const struct {
        const char *spec;
        size_t term;
    } rows[] = {
        {"tanh:3", 0}, {"tanh:3,tanh:2+exp:1", 1}, {"linear+tanh:2", 1}, {"tanh:3:nobias", 1},
        {"linear", 1}, {"res(tanh:2)", 1},         {"tanh:2,tanh:2", 1}};
    nd_ctx *ctx = nd_ctx_create(NULL);
    nd_net *net;

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        nd_assert_ok(ctx, nd_net_parse(ctx, rows[i].spec, 2, &net));
        assert_int_equal(nd_net_shortcut(net), rows[i].term);
        nd_net_destroy(ctx, net);
    }
    nd_ctx_destroy(ctx);
}

static void test_start(void **state)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    nd_net *net;
    double *a, *b, var = 0.0;

    (void)state;
    nd_assert_ok(ctx, nd_net_parse(ctx, "relu:50,tanh:20+linear", 40, &net));
    a = fix_room(net->P);
    b = fix_room(net->P);
    nd_net_start(net, 7, 3, 1.0, a);
    nd_net_start(net, 7, 3, 1.0, b);
    assert_memory_equal(a, b, net->P * sizeof *a);
    nd_net_start(net, 7, 3, 0.5, b);
    for (size_t k = 0; k < net->P; k++) assert_true(b[k] == 0.5 * a[k]);
    nd_net_start(net, 7, 4, 1.0, b);
    size_t same = 0;
    for (size_t k = 0; k < net->P; k++) same += a[k] == b[k] ? 1 : 0;
    assert_int_equal(same, 1); /* a_0 */
    assert_true(a[net->a0] == 0.0);
    for (size_t k = 0; k < 2000; k++) var += a[k] * a[k] / 2000.0;
    nd_assert_close(var, 2.0 / 40.0, 0.15, 0.0);
    const nd_layer *y = &net->term[0].layer[0];
    for (size_t j = 0; j < y->width; j++) assert_true(fabs(a[y->b + j]) <= sqrt(2.0));
    free(a);
    free(b);
    nd_net_destroy(ctx, net);
    nd_ctx_destroy(ctx);
}

/* The wide net is the same function, and its new neurons are idle. */
static void check_widen(const char *spec, size_t term, const char *want)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    nd_table *t = fix_table(false, false);
    const nd_act *act;
    nd_net *net, *wide;
    double *theta, *more, f[FIX_N], g[FIX_N];

    nd_assert_ok(ctx, nd_act_find(ctx, "exp", &act));
    nd_assert_ok(ctx, nd_net_parse(ctx, spec, FIX_D, &net));
    theta = fix_room(net->P);
    fix_theta(net->P, theta);
    nd_assert_ok(ctx, nd_net_widen(ctx, net, theta, term, act, 2, &wide, &more));
    assert_string_equal(wide->spec, want);
    nd_assert_ok(ctx, nd_net_outputs(ctx, net, t, theta, f));
    nd_assert_ok(ctx, nd_net_outputs(ctx, wide, t, more, g));
    fix_same("widen", FIX_N, g, f, 1e-15);
    const nd_term *w = &wide->term[term];
    const nd_layer *y = &w->layer[0];
    for (size_t j = y->width - 2; j < y->width; j++) {
        assert_true(more[w->a + j] == 0.0);
        if (y->bias) assert_true(more[y->b + j] == 0.0);
        for (size_t k = 0; k < y->in; k++) assert_true(more[y->W + j * y->in + k] == 0.0);
    }
    nd_theta_destroy(ctx, more);
    nd_net_destroy(ctx, wide);
    nd_net_destroy(ctx, net);
    free(theta);
    nd_ctx_destroy(ctx);
}

static void test_widen(void **state)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    nd_net *net, *wide = NULL;
    double theta[100] = {0}, *more = NULL;

    (void)state;
    check_widen("tanh:3", 0, "tanh:5");
    check_widen("tanh:3:nobias", 0, "tanh:5:nobias");
    check_widen("tanh:2,gelu:3+linear+softplus:1", 2, "tanh:2,gelu:3+linear+softplus:3");
    check_widen("tanh:2,gelu:3+linear", 2, "tanh:2,gelu:3+linear+exp:2");
    check_widen("linear+linear", 2, "linear+linear+exp:2");
    nd_assert_ok(ctx, nd_net_parse(ctx, "tanh:2,tanh:2+linear+res(tanh:2)", 2, &net));
    for (size_t term = 0; term < 3; term++)
        nd_assert_status(ctx, nd_net_widen(ctx, net, theta, term, NULL, 1, &wide, &more),
                         ND_ERANGE);
    nd_assert_status(ctx, nd_net_widen(ctx, net, theta, 3, NULL, 1, &wide, &more), ND_ERANGE);
    nd_assert_status(ctx, nd_net_widen(ctx, net, theta, 4, nd_act_rows, 1, &wide, &more),
                     ND_ERANGE);
    nd_assert_status(ctx, nd_net_widen(ctx, net, theta, 3, nd_act_rows, 2000000, &wide, &more),
                     ND_ERANGE);
    assert_true(!wide && !more);
    nd_net_destroy(ctx, net);
    nd_ctx_destroy(ctx);
}

static nd_status scenario(nd_ctx *ctx, void *arg)
{
    nd_net *net = NULL, *wide = NULL;
    double theta[100] = {0}, *more = NULL;
    nd_status status;

    (void)arg;
    ND_TRY(nd_net_parse(ctx, "tanh:2,tanh:2,tanh:2+linear+gelu:3", 2, &net));
    ND_TRY(nd_net_widen(ctx, net, theta, 2, NULL, 2, &wide, &more));
done:
    nd_theta_destroy(ctx, more);
    nd_net_destroy(ctx, wide);
    nd_net_destroy(ctx, net);
    return status;
}

static void test_memory(void **state)
{
    (void)state;
    assert_true(nd_test_every_allocation(scenario, NULL) > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),   cmocka_unit_test(test_bad),
        cmocka_unit_test(test_long),   cmocka_unit_test(test_start),
        cmocka_unit_test(test_widen),  cmocka_unit_test(test_shortcut),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
