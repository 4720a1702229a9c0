/* Value, gradient, Hessian-vector product, dense Hessian and margins against
 * PyTorch (tools/golden/model_golden.py), dense and sparse. */
#include "fixture.h"
#include "golden.h"

#define TOL 2e-13 /* of the largest entry: some 1000 units of rounding            */

static void check_smooth(fix_problem *f, const char *name, const double *gold, size_t c)
{
    size_t P = f->net->P;
    const double *full = gold + 2 * P + FIX_N;

    assert_int_equal(nd_problem_hv(f->ctx, &f->pb, f->theta, f->v, f->work, f->hv), ND_OK);
    fix_same(name, P, f->hv, gold, TOL);
    assert_int_equal(nd_problem_hessian(f->ctx, &f->pb, f->theta, f->work, f->H), ND_OK);
    for (size_t k = 0; k < P; k++) f->g[k] = f->H[k * P + k];
    fix_same(name, P, f->g, gold + P, TOL);
    for (size_t j = 0; j < P; j++) {
        double s = 0.0;
        for (size_t k = 0; k < P; k++) s += f->H[j * P + k] * f->v[k];
        f->g[j] = s;
    }
    fix_same(name, P, f->g, gold, TOL);
    if (golden_case[c].full) fix_same(name, P * P, f->H, full, TOL);
}

static void check_case(size_t c, bool sparse)
{
    const double *gold = golden_value + golden_case[c].at;
    const nd_table *t = fix_table(golden_case[c].weighted != 0, sparse);
    fix_problem f = fix_open(golden_case[c].net, golden_case[c].loss, golden_case[c].l2, t);
    size_t P = f.net->P;
    char name[128];
    double L;

    snprintf(name, sizeof name, "%s %s%s", golden_case[c].net, golden_case[c].loss,
             sparse ? " sparse" : "");
    assert_int_equal(P, golden_case[c].P);
    assert_int_equal(nd_problem_value(f.ctx, &f.pb, f.theta, f.work, &L), ND_OK);
    fix_same(name, 1, &L, gold, TOL);
    assert_int_equal(nd_problem_grad(f.ctx, &f.pb, f.theta, f.work, &L, f.g), ND_OK);
    fix_same(name, 1, &L, gold, TOL);
    fix_same(name, P, f.g, gold + 1, TOL);
    assert_int_equal(nd_problem_margins(f.ctx, &f.pb, f.theta, f.work, f.m), ND_OK);
    gold += 1 + P;
    fix_same(name, FIX_N, f.m, gold + (golden_case[c].smooth ? 2 * P : 0), TOL);
    if (golden_case[c].smooth)
        check_smooth(&f, name, gold, c);
    else
        assert_int_equal(nd_problem_hv(f.ctx, &f.pb, f.theta, f.v, f.work, f.hv), ND_ESMOOTH);
    fix_close(&f);
}

static void test_dense(void **state)
{
    (void)state;
    for (size_t c = 0; c < sizeof golden_case / sizeof *golden_case; c++) check_case(c, false);
}

static void test_sparse(void **state)
{
    (void)state;
    for (size_t c = 0; c < sizeof golden_case / sizeof *golden_case; c++) check_case(c, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dense),
        cmocka_unit_test(test_sparse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
