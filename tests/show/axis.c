/* Ranges, ticks and the texts of numbers. */
#include "support.h"

#include <nadir/show.h>

static void label(double x, int digits, const char *expected)
{
    char text[ND_TICK_TEXT];

    nd_number_label(x, digits, text);
    assert_string_equal(text, expected);
}

static void test_labels(void **state)
{
    (void)state;
    label(0.0, 3, "0");
    label(-0.25, 3, "−0.25");
    label(1200.0, 3, "1200");
    label(0.000123456, 3, "1.23×10⁻⁴");
    label(0.00123456, 3, "0.00123");
    label(0.0000123456, 3, "1.23×10⁻⁵");
    label(1e-300, 3, "10⁻³⁰⁰");
    label(5e-324, 2, "4.9×10⁻³²⁴");
    label(1.7976931348623157e308, 4, "1.798×10³⁰⁸");
    label(-3e7, 3, "−3×10⁷");
    label(123456.0, 9, "123456");
    label(0.99999, 2, "1");
    label(NAN, 3, "?");
    label(INFINITY, 3, "∞");
    label(-INFINITY, 3, "−∞");
}

static void ticks(double lo, double hi, bool log, size_t most, const char *expected)
{
    const nd_axis a = {lo, hi, log, false};
    nd_tick tick[ND_TICKS_MAX];
    size_t n = nd_axis_ticks(&a, most, tick);
    char all[1024] = "";

    for (size_t k = 0; k < n; k++) {
        assert_true(tick[k].at >= lo - 1e-9 * fabs(lo) && tick[k].at <= hi + 1e-9 * fabs(hi));
        strcat(all, tick[k].text);
        strcat(all, k + 1 < n ? " " : "");
    }
    assert_string_equal(all, expected);
}

static void test_ticks(void **state)
{
    (void)state;
    ticks(0, 1, false, 6, "0 0.2 0.4 0.6 0.8 1");
    ticks(-3.2, 4.9, false, 5, "−2 0 2 4");
    ticks(-0.0031, 0.0017, false, 6, "−0.003 −0.002 −0.001 0 0.001");
    ticks(0, 3e7, false, 4, "0 10⁷ 2×10⁷ 3×10⁷");
    ticks(0, 2e-9, false, 4, "0 5×10⁻¹⁰ 10⁻⁹ 1.5×10⁻⁹ 2×10⁻⁹");
    ticks(1e-4, 1e3, true, 10, "10⁻⁴ 0.001 0.01 0.1 1 10 100 1000");
    ticks(1e-12, 1, true, 5, "10⁻¹² 10⁻⁹ 10⁻⁶ 0.001 1");
    ticks(0.9, 12, true, 6, "1 2 5 10");
    ticks(3.1, 3.9, true, 4, "3.2 3.4 3.6 3.8");
    ticks(1, 1, false, 5, "");
    ticks(NAN, 1, false, 5, "");
}

/* Whatever comes in, the axis is usable: finite, lo < hi, positive where logarithmic. */
static void test_fit(void **state)
{
    static const double v[] = {NAN,   INFINITY, -INFINITY, 0, 1,        -1,
                               1e300, -1e300,   5e-324,    3, 3.0000001};
    enum { M = sizeof v / sizeof *v };

    (void)state;
    for (size_t i = 0; i < M; i++)
        for (size_t j = 0; j < M; j++)
            for (int log = 0; log < 2; log++) {
                nd_tick tick[ND_TICKS_MAX];
                nd_axis a = nd_axis_fit(v[i], v[j], log);
                assert_true(a.lo < a.hi);
                if (a.log) assert_true(a.lo > 0.0);
                assert_true(nd_axis_ticks(&a, 8, tick) <= ND_TICKS_MAX);
            }
    nd_axis a = nd_axis_fit(2.0, 4.0, false);
    assert_true(a.lo < 2.0 && a.lo > 1.8 && a.hi > 4.0 && a.hi < 4.2);
}

/* Never more ticks than asked for, by more than the one at each end. */
static void test_count(void **state)
{
    nd_rng r = nd_rng_make(3, 0);

    (void)state;
    for (int k = 0; k < 2000; k++) {
        double lo = pow(10.0, 20.0 * nd_rng_uniform(&r) - 10.0);
        nd_axis a = {lo, lo * pow(10.0, 8.0 * nd_rng_uniform(&r)), nd_rng_below(&r, 2), false};
        size_t most = 3 + nd_rng_below(&r, 8);
        nd_tick tick[ND_TICKS_MAX];
        size_t n = nd_axis_ticks(&a, most, tick);
        assert_true(n <= (a.log ? 8 : 1) + most);
        for (size_t i = 1; i < n; i++) assert_true(tick[i].at > tick[i - 1].at);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_labels),
        cmocka_unit_test(test_ticks),
        cmocka_unit_test(test_fit),
        cmocka_unit_test(test_count),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
