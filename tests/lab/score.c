/* Scores, Platt's sigmoid, splits and folds. */
#include "lab_support.h"

#include "golden_scores.h"

static void auc_and_platt(void **state)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    nd_score s;
    double a, b;

    (void)state;
    for (size_t k = 0; k < sizeof golden / sizeof *golden; k++) {
        nd_assert_ok(ctx, nd_score_outputs(ctx, golden[k].n, golden[k].f, golden[k].y, &s));
        nd_assert_close(s.auc, golden[k].auc, 1e-15, 0);
        assert_int_equal(s.tp + s.tn + s.fp + s.fn, golden[k].n);
        nd_assert_ok(ctx, nd_platt_fit(ctx, golden[k].n, golden[k].f, golden[k].y, &a, &b));
        nd_assert_close(a, golden[k].a, 1e-9, 1e-3);
        nd_assert_close(b, golden[k].b, 1e-9, 1e-3);
    }
    nd_ctx_destroy(ctx);
}

static void score_corners(void **state)
{
    static const double f[] = {0.0, -0.0, 1.0, -1.0}, y[] = {1, -1, 1, 1}, pos[] = {1, 1, 1, 1};
    nd_ctx *ctx = nd_ctx_create(NULL);
    double nan = NAN, a, b;
    nd_score s;

    (void)state;
    nd_assert_ok(ctx, nd_score_outputs(ctx, 4, f, y, &s)); /* sgn(0) = +1, -0 is 0 */
    assert_true(s.tp == 2 && s.fp == 1 && s.fn == 1 && s.tn == 0);
    nd_assert_close(s.auc, 0.5, 1e-15, 0);
    nd_assert_ok(ctx, nd_score_outputs(ctx, 4, f, pos, &s));
    assert_true(isnan(s.auc));
    nd_assert_status(ctx, nd_score_outputs(ctx, 1, &nan, y, &s), ND_ENUMERIC);
    nd_assert_status(ctx, nd_platt_fit(ctx, 1, &nan, y, &a, &b), ND_ENUMERIC);
    nd_assert_ok(ctx, nd_platt_fit(ctx, 4, f, pos, &a, &b)); /* one class: finite */
    assert_true(isfinite(a) && isfinite(b));
    nd_ctx_destroy(ctx);
}

/* Outputs of any size: the sigmoid of the scaled outputs is the scaled sigmoid. */
static void platt_scales(void **state)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    double f[24], a, b;

    (void)state;
    for (size_t i = 0; i < 24; i++) f[i] = golden[0].f[i] * 1e150;
    nd_assert_ok(ctx, nd_platt_fit(ctx, 24, f, golden[0].y, &a, &b));
    nd_assert_close(a * 1e150, golden[0].a, 1e-9, 0);
    nd_assert_close(b, golden[0].b, 1e-9, 0);
    nd_ctx_destroy(ctx);
}

static void split_properties(void **state)
{
    size_t index[100], again[100], m, m2, seen[100] = {0}, pos = 0;
    lab_case c;

    (void)state;
    lab_open_source(&c, "data/iris2.csv", "virginica", ND_SCALE_NONE, "linear", "polyhinge:3", 0);
    nd_assert_ok(c.ctx, nd_split(c.ctx, c.data, 0.3, 7, index, &m));
    nd_assert_ok(c.ctx, nd_split(c.ctx, c.data, 0.3, 7, again, &m2));
    assert_memory_equal(index, again, sizeof index);
    assert_int_equal(m, 70);
    for (size_t i = 0; i < 100; i++) seen[index[i]]++;
    for (size_t i = 0; i < 100; i++) assert_int_equal(seen[i], 1);
    for (size_t i = 0; i < m; i++) pos += c.data->y[index[i]] > 0.0;
    assert_int_equal(pos, 35);
    nd_assert_ok(c.ctx, nd_split(c.ctx, c.data, 0.3, 8, again, &m2));
    assert_memory_not_equal(index, again, sizeof index);
    nd_assert_status(c.ctx, nd_split(c.ctx, c.data, 1.0, 7, index, &m), ND_ERANGE);
    nd_assert_status(c.ctx, nd_split(c.ctx, c.data, NAN, 7, index, &m), ND_ERANGE);
    nd_assert_status(c.ctx, nd_split(c.ctx, c.data, 0.005, 7, index, &m), ND_ERANGE);
    nd_assert_status(c.ctx, nd_split(c.ctx, c.data, 0.995, 7, index, &m), ND_ERANGE);
    nd_assert_ok(c.ctx, nd_split(c.ctx, c.data, 0.98, 7, index, &m));
    assert_int_equal(m, 2);
    nd_assert_ok(c.ctx, nd_split(c.ctx, c.data, 0.0, 7, index, &m));
    assert_int_equal(m, 100);
    lab_close(&c);
}

static void folds(void **state)
{
    nd_train_settings s;
    nd_score score[5];
    size_t total = 0, right = 0, pos = 0;
    lab_case c;

    (void)state;
    nd_train_init(&s);
    lab_open_source(&c, "data/iris2.csv", "virginica", ND_SCALE_NONE, "linear", "polyhinge:3", 0);
    nd_assert_ok(c.ctx, nd_cross_validate(c.ctx, "softplus:4", c.data, ND_SCALE_STANDARD, c.loss,
                                          1e-2, &s, 5, score));
    for (size_t k = 0; k < 5; k++) {
        assert_int_equal(score[k].n, 20);
        assert_int_equal(score[k].tp + score[k].fn, 10); /* stratified */
        total += score[k].n;
        right += score[k].tp + score[k].tn;
        pos += score[k].tp + score[k].fn;
    }
    assert_true(total == 100 && pos == 50 && right >= 90);
    nd_assert_status(
        c.ctx, nd_cross_validate(c.ctx, "linear", c.data, ND_SCALE_NONE, c.loss, 0, &s, 1, score),
        ND_ERANGE);
    lab_close(&c);
}

static nd_status everything(nd_ctx *ctx, void *arg)
{
    nd_score s;
    double a, b;
    nd_status status = nd_score_outputs(ctx, golden[0].n, golden[0].f, golden[0].y, &s);

    (void)arg;
    if (status == ND_OK) status = nd_platt_fit(ctx, golden[0].n, golden[0].f, golden[0].y, &a, &b);
    return status;
}

static void allocations(void **state)
{
    (void)state;
    nd_test_every_allocation(everything, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(auc_and_platt), cmocka_unit_test(score_corners),
        cmocka_unit_test(platt_scales),  cmocka_unit_test(split_properties),
        cmocka_unit_test(folds),         cmocka_unit_test(allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
