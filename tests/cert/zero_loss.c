/* What the prover proves, and above all what it does not. */
#include "support.h"

#include "cert/rounding.h"

#include <fenv.h>
#if defined(__SSE2__)
#include <immintrin.h>
#endif

typedef struct {
    nd_ctx *ctx;
    nd_table *data;
    nd_net *net;
    nd_problem pb;
} fixture;

static const double line_x[] = {1.0, -1.0}, line_y[] = {1.0, -1.0};

static void open_line(fixture *f, const char *loss, double l2)
{
    nd_loss ls;

    f->ctx = nd_ctx_create(NULL);
    nd_assert_ok(f->ctx, nd_table_from_arrays(f->ctx, 2, 1, line_x, line_y, &f->data));
    nd_assert_ok(f->ctx, nd_net_parse(f->ctx, "linear", 1, &f->net));
    nd_assert_ok(f->ctx, nd_loss_parse(f->ctx, loss, &ls));
    nd_assert_ok(f->ctx, nd_problem_make(f->ctx, f->net, f->data, ls, l2, &f->pb));
}

static void close_line(fixture *f)
{
    nd_net_destroy(f->ctx, f->net);
    nd_table_destroy(f->ctx, f->data);
    nd_ctx_destroy(f->ctx);
}

static nd_cert certify(fixture *f, double a, double a0)
{
    double theta[] = {a, a0};
    nd_cert c;

    nd_assert_ok(f->ctx, nd_prove_zero_loss(f->ctx, &f->pb, theta, &c));
    assert_string_equal(c.kind, "zero-loss");
    assert_true(c.truth == ND_PROVED || c.truth == ND_UNKNOWN);
    assert_true(c.reason[0] != 0);
    return c;
}

static void proves_what_is_true(void **state)
{
    static const char *const losses[] = {"polyhinge:2", "polyhinge:3", "smoothhinge"};
    fixture f;

    (void)state;
    for (size_t k = 0; k < 3; k++) {
        open_line(&f, losses[k], 0.0);
        nd_cert c = certify(&f, 1.0 + 0x1p-40, 0.0);
        assert_int_equal(c.truth, ND_PROVED);
        assert_true(c.loss_lo == 0.0 && c.loss_hi == 0.0 && c.margin_lo >= 1.0);
        assert_true(c.errors_lo == 0 && c.errors_hi == 0);
        close_line(&f);
    }
}

/* EVIDENCE: README, "What is proved": nothing but the zero-loss inequalities is called proved. */
static void never_proves_what_is_false(void **state)
{
    static const double below[] = {1.0 - 0x1p-53, 1.0 - 0x1p-50, 0.999, 0.0, -5.0};
    static const char *const others[] = {"logistic", "square", "exponential"};
    fixture f;

    (void)state;
    open_line(&f, "polyhinge:3", 0.0);
    for (size_t k = 0; k < sizeof below / sizeof *below; k++)
        assert_int_equal(certify(&f, below[k], 0.0).truth, ND_UNKNOWN);
    assert_int_equal(certify(&f, 2.0, 1.0 + 0x1p-52).truth, ND_UNKNOWN); /* one margin */
    assert_int_equal(certify(&f, NAN, 0.0).truth, ND_UNKNOWN);
    assert_int_equal(certify(&f, INFINITY, 0.0).truth, ND_UNKNOWN);
    assert_int_equal(certify(&f, 1e308, 1e308).truth, ND_UNKNOWN);
    close_line(&f);
    open_line(&f, "polyhinge:3", 5e-324);
    assert_int_equal(certify(&f, 5.0, 0.0).truth, ND_UNKNOWN);
    close_line(&f);
    for (size_t k = 0; k < 3; k++) {
        open_line(&f, others[k], 0.0);
        assert_int_equal(certify(&f, 1e3, 0.0).truth, ND_UNKNOWN);
        close_line(&f);
    }
}

/* Errors from the signs of the margins; sgn(0) = +1. */
static void errors_enclosed(void **state)
{
    fixture f;
    nd_cert c;

    (void)state;
    open_line(&f, "polyhinge:3", 0.0);
    c = certify(&f, -1.0, 0.0);
    assert_true(c.errors_lo == 2 && c.errors_hi == 2);
    assert_true(c.loss_lo <= 8.0 && c.loss_hi >= 8.0 && c.loss_hi - c.loss_lo < 1e-12);
    c = certify(&f, 0.0, 0.0); /* f = 0 up to a bound that is not 0: the negative is in doubt */
    assert_true(c.errors_lo <= 1 && c.errors_hi >= 1);
    c = certify(&f, 0.0, 1.0);
    assert_true(c.errors_lo == 1 && c.errors_hi == 1);
    close_line(&f);
}

/* certificates.md, section 8: a library linked with -ffast-math flushes subnormals. */
static void processor_modes(void **state)
{
    fixture f;

    (void)state;
    open_line(&f, "polyhinge:3", 0.0);
    nd_set_threads(f.ctx, 1);
    assert_true(nd_arithmetic_sound());
#if defined(__SSE2__)
    static const unsigned bits[] = {0x8000, 0x0040};
    static const double theta[] = {5.0, 0.0};
    double lo[2], hi[2];
    unsigned before = _mm_getcsr();

    for (int k = 0; k < 2; k++) {
        _mm_setcsr(before | bits[k]);
        bool sound = nd_arithmetic_sound();
        nd_truth truth = certify(&f, 5.0, 0.0).truth;
        nd_status status = nd_margin_bounds(f.ctx, &f.pb, theta, lo, hi);
        _mm_setcsr(before);
        assert_true(status == ND_OK && lo[0] == -INFINITY && hi[1] == INFINITY);
        assert_false(sound);
        assert_int_equal(truth, ND_UNKNOWN);
    }
#endif
    static const int modes[] = {FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
    for (int k = 0; k < 3; k++) {
        fesetround(modes[k]);
        bool sound = nd_arithmetic_sound();
        fesetround(FE_TONEAREST);
        assert_false(sound);
    }
    assert_int_equal(certify(&f, 5.0, 0.0).truth, ND_PROVED);
    close_line(&f);
}

/* The constants themselves: random tests do not notice a bound that is a few percent
 * short.  Worst cases by construction. */
static void constants(void **state)
{
    static const double ones[3] = {1.0, 1.0, 1.0};

    (void)state;
    assert_true(nd_gamma(100) == 1.01 * 100 * 0x1p-53);
    assert_true(nd_gamma(100) > 100 * 0x1p-53 / (1.0 - 100 * 0x1p-53));
    assert_true(nd_up(1.0, 3) == 1.0 + 10 * 0x1p-53);
    assert_true(nd_norm_up(3, ones) * nd_norm_up(3, ones) >= 3.0);
    assert_true(nd_norm_up(3, ones) < 1.7320508075688772 * (1.0 + 16 * 0x1p-53));
    assert_true(nd_norm_up(0, ones) == ND_UP_NORM);
    assert_true(isnan(nd_norm_up(1, (double[]){NAN})));
    assert_true(isinf(nd_norm_up(1, (double[]){1e200})));
}

/* Half the width of the enclosure of f for a net without features: nothing but a_0 = 0,
 * output weights 1 and what parameters gives. */
static double half_width(const char *spec, const double *theta)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    double y = 1.0, lo, hi;
    nd_problem pb;
    nd_table *t;
    nd_net *net;
    nd_loss ls;

    nd_assert_ok(ctx, nd_table_from_arrays(ctx, 1, 0, &y, &y, &t));
    nd_assert_ok(ctx, nd_net_parse(ctx, spec, 0, &net));
    nd_assert_ok(ctx, nd_loss_parse(ctx, "polyhinge:3", &ls));
    nd_assert_ok(ctx, nd_problem_make(ctx, net, t, ls, 0.0, &pb));
    nd_assert_ok(ctx, nd_margin_bounds(ctx, &pb, theta, &lo, &hi));
    nd_net_destroy(ctx, net);
    nd_table_destroy(ctx, t);
    nd_ctx_destroy(ctx);
    return 0.5 * (hi - lo);
}

/* Parts of the bound that others hide in random tests: the activation's own error, and
 * what a residual layer hands on.  s(0) = log 2 each time. */
static void widths(void **state)
{
    static const double one[] = {0, 1, 0}, two[] = {0, 0, 0, 1, 0};
    double l2 = 0.69314718055994531, own, sums;
    const nd_act *act;
    nd_ctx *ctx = nd_ctx_create(NULL);

    (void)state;
    nd_assert_ok(ctx, nd_act_find(ctx, "softplus", &act));
    own = act->err_rel[0] * l2;
    sums = (nd_gamma(5) + 2.0 * ND_U) * l2; /* the output and its ends */
    assert_true(half_width("softplus:1", one) >= 0.9 * (own + sums));
    assert_true(half_width("softplus:1", one) <= 1.2 * (own + sums));
    assert_true(half_width("softplus:1,res(softplus:1)", two) >= 0.9 * 2.0 * (own + sums));
    nd_ctx_destroy(ctx);
}

/* The loss of an exact margin: rounding on both sides of the value. */
static void loss_ends(void **state)
{
    static const double theta[] = {0.0, 0.0}, m[] = {0.0, 0.0};
    double lo, hi;
    fixture f;

    (void)state;
    open_line(&f, "polyhinge:3", 0.0);
    nd_loss_bounds(&f.pb, theta, m, m, &lo, &hi);
    assert_true(lo <= 1.0 - nd_gamma(8) && lo >= 1.0 - 8.0 * nd_gamma(8));
    assert_true(hi >= 1.0 + nd_gamma(8) && hi <= 1.0 + 8.0 * nd_gamma(8));
    close_line(&f);
}

static void table_of_kinds(void **state)
{
    size_t rows;
    const nd_cert_kind *k = nd_cert_table(&rows);

    (void)state;
    assert_true(rows >= 1);
    assert_string_equal(k[0].kind, "zero-loss");
    assert_non_null(k[0].prove);
    assert_true(strlen(k[0].asserts) > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(proves_what_is_true),
        cmocka_unit_test(never_proves_what_is_false),
        cmocka_unit_test(errors_enclosed),
        cmocka_unit_test(processor_modes),
        cmocka_unit_test(constants),
        cmocka_unit_test(table_of_kinds),
        cmocka_unit_test(widths),
        cmocka_unit_test(loss_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
