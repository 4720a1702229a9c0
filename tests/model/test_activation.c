/* Activations and losses against 60-digit values (tools/golden/model_jets.py): the
 * stated error bounds; the bounds of nd_act.sup by sampling; NaN; properties. */
#include "fixture.h"
#include "golden_jets.h"
#include "model/activation.h"

#define ROWS(a) (sizeof(a) / sizeof *(a))

static void jet_of(const nd_act *act, double z, int order, double v[4])
{
    double *const d[4] = {&v[0], &v[1], &v[2], &v[3]};

    act->jet(1, &z, order, d);
}

static const nd_act *act_named(const char *name)
{
    size_t rows;
    const nd_act *table = nd_act_table(&rows);

    for (size_t r = 0; r < rows; r++)
        if (strcmp(table[r].name, name) == 0) return &table[r];
    fail_msg("no activation '%s'", name);
    return NULL;
}

/* EVIDENCE: nd_act.err_rel, err_abs.  The golden value itself is rounded once. */
static void test_act_golden(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS(golden_act); i++) {
        const nd_act *act = act_named(golden_act[i].name);
        double v[4];
        jet_of(act, golden_act[i].z, 3, v);
        for (int k = 0; k < 4; k++) {
            double exact = golden_act[i].d[k];
            double bound = (act->err_rel[k] + 0x1p-53) * fabs(exact) + act->err_abs[k];
            if (!(fabs(v[k] - exact) <= bound))
                fail_msg("%s^(%d)(%.17g) = %.17g, exact %.17g: off by %.3g, bound %.3g", act->name,
                         k, golden_act[i].z, v[k], exact, fabs(v[k] - exact), bound);
        }
    }
}

/* The bounds promise little more than rounding: nobody may relax them to pass. */
static void test_act_bounds_are_tight(void **state)
{
    size_t rows;
    const nd_act *table = nd_act_table(&rows);

    (void)state;
    for (size_t r = 0; r < rows; r++)
        for (int k = 0; k < 4; k++) {
            assert_true(table[r].err_rel[k] < 1e-14);
            assert_true(table[r].err_abs[k] < 3e-14);
        }
}

static void test_act_orders_agree(void **state)
{
    size_t rows, n = 517;
    const nd_act *table = nd_act_table(&rows);
    double z[517], a[4][517], b[4][517];
    nd_rng r = nd_rng_make(3, 1);

    (void)state;
    for (size_t i = 0; i < n; i++) z[i] = 4.0 * nd_rng_normal(&r);
    z[0] = 0.0;
    for (size_t row = 0; row < rows; row++) {
        double *const da[4] = {a[0], a[1], a[2], a[3]};
        table[row].jet(n, z, 3, da);
        for (int order = 0; order <= 3; order++) {
            double *const db[4] = {b[0], b[1], b[2], b[3]};
            memcpy(b[0], z, sizeof z); /* in place */
            table[row].jet(n, b[0], order, db);
            for (int k = 0; k <= order; k++) assert_memory_equal(a[k], b[k], sizeof a[k]);
        }
    }
}

static void test_act_nan_and_huge(void **state)
{
    size_t rows;
    const nd_act *table = nd_act_table(&rows);

    (void)state;
    for (size_t r = 0; r < rows; r++) {
        double v[4];
        jet_of(&table[r], NAN, 3, v);
        for (int k = 0; k < 4; k++) assert_int_equal(isnan(v[k]) ? 1 : 0, 1);
        for (int side = -1; side <= 1; side += 2) {
            jet_of(&table[r], side * 1e200, 3, v);
            for (int k = 0; k < 4; k++) assert_int_equal(isnan(v[k]) ? 1 : 0, 0);
        }
    }
}

/* Truth of the property columns, by sampling: what is claimed is never contradicted,
 * what is denied has a witness. */
static void test_act_properties(void **state)
{
    size_t rows;
    const nd_act *table = nd_act_table(&rows);

    (void)state;
    for (size_t r = 0; r < rows; r++) {
        bool increasing = true, convex = true, odd = true, homogeneous = true;
        for (double z = -6.0; z <= 6.0; z += 0.125) {
            double v[4], w[4], t[4];
            jet_of(&table[r], z, 3, v);
            jet_of(&table[r], -z, 3, w);
            jet_of(&table[r], 2.0 * z, 3, t);
            increasing = increasing && v[1] > 0.0;
            convex = convex && v[2] > 0.0;
            odd = odd && fabs(v[0] + w[0]) < 1e-12;
            homogeneous = homogeneous && fabs(t[0] - 2.0 * v[0]) < 1e-12;
        }
        assert_int_equal(increasing, table[r].increasing);
        assert_int_equal(convex, table[r].convex);
        assert_int_equal(odd, table[r].odd);
        assert_int_equal(homogeneous, table[r].homogeneous);
        bool all = increasing && convex && table[r].analytic && !table[r].polynomial;
        assert_int_equal(table[r].why_not[0] == '\0', all);
        assert_int_equal(table[r].analytic, table[r].smooth == ND_SMOOTH_INF);
    }
}

/* Ends at random, at the crests and at infinity; kinks excluded where the
 * derivative does not exist. */
static void test_act_sup(void **state)
{
    size_t rows;
    const nd_act *table = nd_act_table(&rows);
    nd_rng rng = nd_rng_make(5, 2);

    (void)state;
    for (size_t r = 0; r < rows; r++)
        for (int trial = 0; trial < 400; trial++) {
            double c = 4.0 * nd_rng_normal(&rng), w = 3.0 * nd_rng_uniform(&rng) * (trial % 3);
            double lo = c - w, hi = c + w, worst[4] = {0};
            for (int s = 0; s <= 64; s++) {
                double v[4];
                jet_of(&table[r], lo + (hi - lo) * s / 64.0, 3, v);
                for (int k = 0; k < 4; k++) worst[k] = fmax(worst[k], fabs(v[k]));
            }
            for (int k = 0; k < 4; k++) {
                double sup = table[r].sup(k, lo, hi);
                double slack = 1e-13 * worst[k] + 1e-13;
                if (!(sup + slack >= worst[k] && (sup <= 1.1 * worst[k] + 0.2 || isinf(sup))))
                    fail_msg("%s: sup %d on [%g, %g] = %g, sampled %g", table[r].name, k, lo, hi,
                             sup, worst[k]);
            }
        }
}

/* Many intervals at once, with infinite and empty ones, are the same bits as one by one. */
static void test_act_sups(void **state)
{
    enum { MANY = 200 };
    double lo[MANY], hi[MANY], sup[MANY];
    nd_rng rng = nd_rng_make(5, 7);
    size_t rows;
    const nd_act *table = nd_act_table(&rows);

    (void)state;
    for (size_t i = 0; i < MANY; i++) {
        lo[i] = i % 19 == 3 ? -INFINITY : 4.0 * nd_rng_normal(&rng);
        hi[i] = i % 17 == 5 ? INFINITY : lo[i] + (i % 11 == 2 ? -1.0 : 1e-9 * (double)(i * i * i));
        if (i % 23 == 7) lo[i] = NAN;
    }
    for (size_t r = 0; r < rows; r++)
        for (int k = 0; k <= 3; k++) {
            nd_act_sups(&table[r], k, MANY, lo, hi, sup);
            for (size_t i = 0; i < MANY; i++) {
                double one = table[r].sup(k, lo[i], hi[i]);
                assert_memory_equal(&sup[i], &one, sizeof one);
            }
        }
}

static void test_act_sup_corners(void **state)
{
    const nd_act *sp = act_named("softplus"), *elu = act_named("elu"), *relu = act_named("relu");

    (void)state;
    assert_true(sp->sup(2, -1.0, 1.0) >= 0.25 && sp->sup(2, -1.0, 1.0) < 0.25 + 1e-12);
    assert_true(sp->sup(2, 3.0, 4.0) < 0.05);
    assert_true(isinf(sp->sup(0, 0.0, INFINITY)));
    assert_true(sp->sup(1, -INFINITY, INFINITY) == 1.0);
    assert_true(isinf(sp->sup(1, NAN, 1.0)) && isinf(sp->sup(1, 1.0, 0.0)));
    assert_true(elu->sup(2, -1.0, 1.0) == 1.0 && isinf(elu->sup(3, -1.0, 1.0)));
    assert_true(elu->sup(2, 0.5, 1.0) == 0.0 && elu->sup(2, -2.0, -1.0) < 0.37);
    assert_true(relu->sup(1, -2.0, 1.0) == 1.0 && isinf(relu->sup(2, -2.0, 1.0)));
    assert_true(relu->sup(1, -2.0, -1.0) == 0.0 && relu->sup(0, -2.0, -1.0) == 0.0);
    assert_true(relu->sup(0, -2.0, 3.0) == 3.0);
    assert_true(act_named("gelu")->sup(1, -INFINITY, INFINITY) > 1.1289);
    assert_true(act_named("square")->sup(1, -3.0, 2.0) >= 6.0);
}

/* ---- losses ---------------------------------------------------------------------- */

static nd_loss loss_named(nd_ctx *ctx, const char *spec)
{
    nd_loss loss;

    nd_assert_ok(ctx, nd_loss_parse(ctx, spec, &loss));
    return loss;
}

static void loss_jet(nd_loss loss, double z, double v[4])
{
    double *const d[4] = {&v[0], &v[1], &v[2], &v[3]};
    loss.kind->jet(1, &z, loss.q, 3, d);
}

static void test_loss_golden(void **state)
{
    nd_ctx *ctx = nd_ctx_create(NULL);

    (void)state;
    for (size_t i = 0; i < ROWS(golden_loss); i++) {
        nd_loss loss = loss_named(ctx, golden_loss[i].name);
        double v[4];
        loss_jet(loss, golden_loss[i].z, v);
        for (int k = 0; k < 4; k++)
            if (!nd_test_close(v[k], golden_loss[i].d[k], 4e-15, k ? 1.0 : 1e-30))
                fail_msg("%s^(%d)(%g) = %.17g, exact %.17g", golden_loss[i].name, k,
                         golden_loss[i].z, v[k], golden_loss[i].d[k]);
    }
    nd_ctx_destroy(ctx);
}

static void test_loss_kinks_and_nan(void **state)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    size_t rows;
    const nd_loss_kind *table = nd_loss_table(&rows);

    (void)state;
    for (size_t r = 0; r < rows; r++)
        for (int q = table[r].q_min; q <= table[r].q_max; q++) {
            double v[4];
            loss_jet((nd_loss){&table[r], q}, NAN, v);
            for (int k = 0; k < 4; k++) assert_int_equal(isnan(v[k]) ? 1 : 0, 1);
            if (!table[r].hinge_tail) continue;
            loss_jet((nd_loss){&table[r], q}, -table[r].z0, v);
            for (int k = 0; k < 4; k++) assert_true(v[k] == 0.0);
            loss_jet((nd_loss){&table[r], q}, -1e300, v);
            for (int k = 0; k < 4; k++) assert_true(v[k] == 0.0);
        }
    double v[4];
    loss_jet(loss_named(ctx, "smoothhinge"), 0.0, v);
    assert_true(v[0] == 1.0 && v[1] == 2.0 && v[2] == 0.0 && v[3] == -12.0);
    nd_ctx_destroy(ctx);
}

/* (S), (T) and convexity of theory.md, section 0, by sampling. */
static void test_loss_properties(void **state)
{
    size_t rows;
    const nd_loss_kind *table = nd_loss_table(&rows);

    (void)state;
    for (size_t r = 0; r < rows; r++) {
        nd_loss loss = {&table[r], table[r].q_preset};
        bool surrogate = true, tail = table[r].z0 > 0.0, convex = true;
        for (double z = -5.0; z <= 5.0; z += 0.0625) {
            double v[4];
            loss_jet(loss, z, v);
            surrogate = surrogate && v[0] >= 0.0 && (z < 0.0 || v[0] >= 1.0);
            tail = tail && v[1] >= 0.0 && (v[1] == 0.0) == (z <= -table[r].z0);
            convex = convex && v[2] >= 0.0;
        }
        assert_int_equal(surrogate, table[r].surrogate);
        assert_int_equal(tail, table[r].hinge_tail);
        assert_int_equal(convex, table[r].convex);
    }
}

static void test_loss_sup(void **state)
{
    size_t rows;
    const nd_loss_kind *table = nd_loss_table(&rows);
    nd_rng rng = nd_rng_make(6, 2);

    (void)state;
    for (size_t r = 0; r < rows; r++)
        for (int q = table[r].q_min; q <= table[r].q_max; q++)
            for (int trial = 0; trial < 200; trial++) {
                nd_loss loss = {&table[r], q};
                double c = 1.5 * nd_rng_normal(&rng), w = nd_rng_uniform(&rng) * (trial % 3);
                double lo = c - w, hi = c + w, worst[4] = {0};
                for (int s = 0; s <= 64; s++) {
                    double v[4];
                    loss_jet(loss, lo + (hi - lo) * s / 64.0, v);
                    for (int k = 0; k < 4; k++) worst[k] = fmax(worst[k], fabs(v[k]));
                }
                for (int k = 0; k < 4; k++) {
                    double sup = table[r].sup(k, q, lo, hi);
                    if (!(sup >= worst[k] * (1 - 1e-13) &&
                          (isinf(sup) || sup <= 1.15 * worst[k] + 1.0)))
                        fail_msg("%s:%d: sup %d on [%g, %g] = %g, sampled %g", table[r].name, q, k,
                                 lo, hi, sup, worst[k]);
                }
            }
}

static void test_loss_parse(void **state)
{
    static const struct {
        const char *spec;
        nd_status status;
        const char *says;
    } bad[] = {
        {"polyhinge:1", ND_ERANGE, "from 2 to 9"},
        {"polyhinge:10", ND_ERANGE, "from 2 to 9"},
        {"polyhinge:", ND_EINPUT, "exponent"},
        {"polyhinge:x", ND_EINPUT, "exponent"},
        {"polyhinge:3x", ND_EINPUT, "exponent"},
        {"polyhinge:-3", ND_EINPUT, "exponent"},
        {"logistic:2", ND_EINPUT, "no exponent"},
        {"logistik", ND_ENAME, "'logistic'"},
        {"hinge", ND_ENAME, "polyhinge:Q"},
        {"", ND_ENAME, "expected"},
        {"Square", ND_ENAME, "square"},
        {"exponential ", ND_ENAME, "exponential"},
    };
    static const char *const good[][2] = {
        {"polyhinge", "polyhinge:3"},   {"polyhinge:9", "polyhinge:9"},
        {"logistic", "logistic"},       {"square", "square"},
        {"exponential", "exponential"}, {"smoothhinge", "smoothhinge"}};
    nd_ctx *ctx = nd_ctx_create(NULL);
    char spec[32];

    (void)state;
    for (size_t i = 0; i < ROWS(bad); i++) {
        nd_loss loss = {NULL, -7};
        nd_assert_status(ctx, nd_loss_parse(ctx, bad[i].spec, &loss), bad[i].status);
        nd_assert_message(ctx, bad[i].says);
        assert_true(loss.kind == NULL && loss.q == -7);
    }
    for (size_t i = 0; i < ROWS(good); i++) {
        nd_loss_spec(loss_named(ctx, good[i][0]), spec);
        assert_string_equal(spec, good[i][1]);
    }
    nd_ctx_destroy(ctx);
}

static void test_act_find(void **state)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    const nd_act *act = NULL;

    (void)state;
    nd_assert_ok(ctx, nd_act_find(ctx, "squareplus", &act));
    assert_string_equal(act->name, "squareplus");
    nd_assert_status(ctx, nd_act_find(ctx, "softpuls", &act), ND_ENAME);
    nd_assert_message(ctx, "did you mean 'softplus'");
    nd_assert_status(ctx, nd_act_find(ctx, "banana", &act), ND_ENAME);
    nd_assert_message(ctx, "leakyrelu");
    nd_ctx_destroy(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_act_golden),       cmocka_unit_test(test_act_bounds_are_tight),
        cmocka_unit_test(test_act_orders_agree), cmocka_unit_test(test_act_nan_and_huge),
        cmocka_unit_test(test_act_properties),   cmocka_unit_test(test_act_sup),
        cmocka_unit_test(test_act_sup_corners),  cmocka_unit_test(test_act_find),
        cmocka_unit_test(test_loss_golden),      cmocka_unit_test(test_loss_kinks_and_nan),
        cmocka_unit_test(test_loss_properties),  cmocka_unit_test(test_loss_sup),
        cmocka_unit_test(test_loss_parse),       cmocka_unit_test(test_act_sups),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
