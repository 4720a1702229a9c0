/* Double-double arithmetic and functions against 300-bit values: never further off
 * than stated, and not so close that the bounds mean nothing. */
#include "../support.h"
#include "cert/dd.h"
#include "cert/mpfr_net.h"

#include <nadir/num.h>

#define WIDE 300

static void mp_set(mpfr_t x, nd_dd a)
{
    mpfr_set_d(x, a.hi, MPFR_RNDN);
    mpfr_add_d(x, x, a.lo, MPFR_RNDN);
}

/* |a - x| */
static double off(nd_dd a, const mpfr_t x)
{
    mpfr_t t;
    double d;

    mpfr_init2(t, WIDE);
    mp_set(t, a);
    mpfr_sub(t, t, x, MPFR_RNDN);
    d = fabs(mpfr_get_d(t, MPFR_RNDA));
    mpfr_clear(t);
    return d;
}

static nd_dd random_dd(nd_rng *rng, double size)
{
    double hi = size * nd_rng_normal(rng);
    return nd_dd_join(hi, hi * 0x1p-53 * (nd_rng_uniform(rng) - 0.5));
}

static void operations(void **state)
{
    nd_rng rng = nd_rng_make(1, 1);
    double worst[3] = {0};
    mpfr_t a, b, c, s;

    (void)state;
    mpfr_inits2(WIDE, a, b, c, s, (mpfr_ptr)0);
    for (int k = 0; k < 200000; k++) {
        nd_dd x = random_dd(&rng, ldexp(1.0, (int)nd_rng_below(&rng, 60) - 30));
        nd_dd y = k % 3 ? random_dd(&rng, 1.0)
                        : nd_dd_join(-x.hi * (1.0 + 0x1p-51), x.lo * nd_rng_uniform(&rng));
        nd_dd r[3] = {nd_dd_add(x, y), nd_dd_mul(x, y), nd_dd_div(x, y)};
        const double bound[3] = {ND_DD_ADD, ND_DD_MUL, ND_DD_DIV};

        mp_set(a, x);
        mp_set(b, y);
        for (int op = 0; op < 3; op++) {
            double d;

            (op == 0 ? mpfr_add : op == 1 ? mpfr_mul : mpfr_div)(c, a, b, MPFR_RNDN);
            d = off(r[op], c) / fabs(mpfr_get_d(c, MPFR_RNDN)) / bound[op];
            assert_true(d <= 1.0);
            if (d > worst[op]) worst[op] = d;
        }
    }
    for (int op = 0; op < 3; op++) assert_true(worst[op] > 0.1);
    mpfr_clears(a, b, c, s, (mpfr_ptr)0);
}

/* Sums of products, with cancellation. */
static void sums(void **state)
{
    nd_rng rng = nd_rng_make(2, 1);
    mpfr_t a, b, s;
    double worst = 0.0;

    (void)state;
    mpfr_inits2(WIDE, a, b, s, (mpfr_ptr)0);
    for (size_t K = 1; K <= 400; K += 7) {
        double yh = 0.0, yl = 0.0, size = 0.0, d;

        mpfr_set_ui(s, 0, MPFR_RNDN);
        for (size_t k = 0; k < K; k++) {
            nd_dd x = random_dd(&rng, 1.0), w = random_dd(&rng, 3.0);

            if (k > K / 2) w = nd_dd_scale(w, 1e-9);
            nd_dd_axpy(1, x, &w.hi, &w.lo, &yh, &yl);
            mp_set(a, x);
            mp_set(b, w);
            mpfr_mul(a, a, b, MPFR_RNDN);
            mpfr_add(s, s, a, MPFR_RNDN);
            size += fabs(x.hi * w.hi);
        }
        d = off(nd_dd_join(yh, yl), s) / (nd_dd_sum_error(K) * size);
        assert_true(d <= 1.0);
        if (d > worst) worst = d;
    }
    assert_true(worst > 1e-4);
    mpfr_clears(a, b, s, (mpfr_ptr)0);
}

static void exponential_and_arctan(void **state)
{
    nd_rng rng = nd_rng_make(3, 1);
    mpfr_t z, y;
    double worst_exp = 0.0, worst_atan = 0.0;

    (void)state;
    mpfr_inits2(WIDE, z, y, (mpfr_ptr)0);
    for (int k = 0; k < 100000; k++) {
        nd_dd x = random_dd(&rng, k % 2 ? 30.0 : ldexp(1.0, (int)nd_rng_below(&rng, 40) - 35));
        double d;

        mp_set(z, x);
        mpfr_exp(y, z, MPFR_RNDN);
        d = off(nd_dd_exp(x), y) / mpfr_get_d(y, MPFR_RNDN);
        assert_true(d <= ND_DD_EXP);
        if (d > worst_exp) worst_exp = d;
        mpfr_atan(y, z, MPFR_RNDN);
        d = off(nd_dd_atan(x), y);
        assert_true(d <= ND_DD_ATAN);
        if (d > worst_atan) worst_atan = d;
    }
    printf("e^z: 2^%.1f relative, arctan: 2^%.1f absolute\n", log2(worst_exp), log2(worst_atan));
    assert_true(worst_exp > 0x1p-107 && worst_atan > 0x1p-107);
    for (double v = -700.0; v <= 700.0; v += 0.37) {
        mpfr_set_d(z, v, MPFR_RNDN);
        mpfr_exp(y, z, MPFR_RNDN);
        assert_true(off(nd_dd_exp(nd_dd_of(v)), y) <=
                    ND_DD_EXP * mpfr_get_d(y, MPFR_RNDN) + 0x1p-800);
    }
    assert_true(isnan(nd_dd_exp(nd_dd_of(NAN)).hi) && isnan(nd_dd_atan(nd_dd_of(NAN)).hi));
    assert_true(isinf(nd_dd_exp(nd_dd_of(701.0)).hi));
    mpfr_clears(z, y, (mpfr_ptr)0);
}

/* s and s' (the latter by a difference at 300 bits) within the errors that come along. */
static void activations(void **state)
{
    const double points[] = {0.0, -0.0, 1e-300, -1e-20, 1.0, -1.0, 40.0, -40.0, 600.0, -650.0};
    size_t rows;
    const nd_act *act = nd_act_table(&rows);
    mpfr_t z, a, b, h;

    (void)state;
    mpfr_inits2(WIDE, z, a, b, h, (mpfr_ptr)0);
    for (size_t r = 0; r < rows; r++) {
        nd_dd_activation jet = nd_dd_activation_of(&act[r]);
        nd_rng rng = nd_rng_make(4, r);
        double worst = 0.0;

        if (act[r].smooth < 1) continue;
        for (int k = 0; k < 4000; k++) {
            nd_dd x = k < 10 ? nd_dd_of(points[k]) : random_dd(&rng, k % 2 ? 8.0 : 0.3);
            nd_dd_jet out;

            jet ? jet(x, &out) : nd_dd_plain(&act[r], x, &out);
            mp_set(z, x);
            mp_act(act[r].name, a, z);
            assert_true(off(out.s, a) <= out.err);
            if (k >= 10) worst = fmax(worst, off(out.s, a) / (1.0 + fabs(out.s.hi)));
            mpfr_set_ui_2exp(h, 1, -100, MPFR_RNDN); /* good to 2^-100 */
            mpfr_add(b, z, h, MPFR_RNDN);
            mp_act(act[r].name, a, b);
            mpfr_sub(b, z, h, MPFR_RNDN);
            mp_act(act[r].name, b, b);
            mpfr_sub(a, a, b, MPFR_RNDN);
            mpfr_mul_2exp(a, a, 99, MPFR_RNDN);
            if (fabs(x.hi) > 1e-9 && fabs(x.hi) < 45.0)
                assert_true(off(out.s1, a) <= out.err1 + 0x1p-96 * fabs(out.s.hi));
        }
        printf("%s: 2^%.1f\n", act[r].name, log2(worst));
        assert_true(worst < (jet ? 0x1p-75 : 0x1p-45));
    }
    mpfr_clears(z, a, b, h, (mpfr_ptr)0);
}

static void losses(void **state)
{
    const char *specs[] = {"polyhinge:2", "polyhinge:3", "polyhinge:9", "logistic",
                           "square",      "exponential", "smoothhinge"};
    nd_ctx *ctx = nd_ctx_create(NULL);
    mpfr_t z, a, b, h;

    (void)state;
    mpfr_inits2(WIDE, z, a, b, h, (mpfr_ptr)0);
    for (size_t r = 0; r < 7; r++) {
        nd_rng rng = nd_rng_make(5, r);
        nd_loss loss;

        assert_int_equal(nd_loss_parse(ctx, specs[r], &loss), ND_OK);
        for (int k = 0; k < 4000; k++) {
            nd_dd x = random_dd(&rng, 2.0), l;
            double err;

            l = nd_dd_slope(loss, x, &err);
            mpfr_set_ui_2exp(h, 1, -100, MPFR_RNDN);
            mp_set(z, x);
            mpfr_neg(z, z, MPFR_RNDN); /* mp_loss takes the margin */
            mpfr_sub(b, z, h, MPFR_RNDN);
            mp_loss(loss, a, b);
            mpfr_add(b, z, h, MPFR_RNDN);
            mp_loss(loss, b, b);
            mpfr_sub(a, a, b, MPFR_RNDN);
            mpfr_mul_2exp(a, a, 99, MPFR_RNDN);
            assert_true(off(l, a) <= err + 0x1p-150 * (1.0 + fabs(l.hi)));
            assert_true(err <= 0x1p-80 * (1.0 + fabs(l.hi)));
        }
    }
    mpfr_clears(z, a, b, h, (mpfr_ptr)0);
    nd_ctx_destroy(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operations),
        cmocka_unit_test(sums),
        cmocka_unit_test(exponential_and_arctan),
        cmocka_unit_test(activations),
        cmocka_unit_test(losses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
