/* Writing numbers: reads back (by strtod, not by our reader), is shortest, is the
 * closest of the shortest; layouts; hex floats. */
#include "../support.h"
#include "base/text.h"

static const struct {
    double x;
    const char *text;
} layouts[] = {
    {0.0, "0"},
    {-0.0, "-0"},
    {1.0, "1"},
    {-1.5, "-1.5"},
    {0.1, "0.1"},
    {1.0 / 3.0, "0.3333333333333333"},
    {100.0, "100"},
    {0.001, "0.001"},
    {0.0001, "0.0001"},
    {0.00012345678901234567, "0.00012345678901234567"},
    {0.00001, "1e-5"},
    {1.5e-7, "1.5e-7"},
    {1e15, "1000000000000000"},
    {1e16, "1e16"},
    {9007199254740991.0, "9007199254740991"},
    {9007199254740992.0, "9007199254740992"},
    {9007199254740994.0, "9007199254740994"},
    {123456789012345678.0, "1.2345678901234568e17"},
    {1e21, "1e21"},
    {1e22, "1e22"},
    {1e23, "1e23"},
    {1.7976931348623157e308, "1.7976931348623157e308"},
    {2.2250738585072014e-308, "2.2250738585072014e-308"},
    {5e-324, "5e-324"},
    {-5e-324, "-5e-324"},
    {1.5e-323, "1.5e-323"},
    {INFINITY, "inf"},
    {-INFINITY, "-inf"},
    {NAN, "nan"},
    /* powers of two, whose lower neighbour is nearer */
    {0x1p-44, "5.684341886080802e-14"},
    {0x1p-1022, "2.2250738585072014e-308"},
    {0x1p1023, "8.98846567431158e307"},
    {0x1p-24, "5.960464477539063e-8"},
};

static void layout(void **state)
{
    char text[32];

    (void)state;
    for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++) {
        size_t n = nd_number_format(layouts[i].x, text);
        assert_string_equal(text, layouts[i].text);
        assert_int_equal(n, strlen(text));
    }
    nd_number_format(-NAN, text);
    assert_string_equal(text, "nan");
}

/* Number of significant digits in text. */
static int digits_in(const char *text)
{
    int n = 0, zeros = 0;

    for (; *text && *text != 'e'; text++) {
        if (*text < '0' || *text > '9' || (*text == '0' && n == 0)) continue;
        n++;
        zeros = *text == '0' ? zeros + 1 : 0;
    }
    return n - zeros;
}

/* x reads back; the decimal with one digit fewer that is closest to x does not; with
 * as many digits printf, which is exact, finds none that is closer. */
static void check(double x)
{
    char text[32], other[40];
    int n;

    nd_number_format(x, text);
    if (strtod(text, NULL) != x) fail_msg("%a is written as %s", x, text);
    n = digits_in(text);
    assert_true(n <= 17);
    if (n > 1) {
        snprintf(other, sizeof other, "%.*e", n - 2, x);
        if (strtod(other, NULL) == x) fail_msg("%s is longer than %s", text, other);
    }
    snprintf(other, sizeof other, "%.*e", n - 1, x);
    /* where the closest does not read back (beside powers of two) ours is another */
    if (strtod(other, NULL) == x && strtold(other, NULL) != strtold(text, NULL))
        fail_msg("%s is not as close as %s", text, other);
}

static void random_doubles(void **state)
{
    nd_rng r = nd_rng_make(21, 0);

    (void)state;
    for (int i = 0; i < 300000; i++) {
        uint64_t bits = nd_rng_u64(&r);
        double x;
        if (i % 8 == 0) bits &= ~(UINT64_C(0x7ff) << 52);   /* subnormal */
        if (i % 8 == 1) bits &= ~((UINT64_C(1) << 52) - 1); /* power of two */
        if (i % 8 == 2) bits &= ~((UINT64_C(1) << 40) - 1); /* short in binary */
        memcpy(&x, &bits, sizeof x);
        if (isfinite(x) && x != 0.0) check(x);
    }
    for (int i = 0; i < 200000; i++) {
        double x = (double)nd_rng_below(&r, 1000000) / pow(10.0, (double)nd_rng_below(&r, 9));
        if (x != 0.0) check(x);
        x = (double)(nd_rng_u64(&r) >> nd_rng_below(&r, 64));
        if (x != 0.0) check(x);
    }
}

/* Every power of two, its neighbours, and every power of ten. */
static void all_powers(void **state)
{
    char text[32];

    (void)state;
    for (int e = -1074; e <= 1023; e++) {
        double x = ldexp(1.0, e);
        check(x);
        check(nextafter(x, INFINITY));
        if (e > -1074) check(nextafter(x, 0.0));
    }
    for (int e = -323; e <= 308; e++) {
        snprintf(text, sizeof text, "1e%d", e);
        check(strtod(text, NULL));
        snprintf(text, sizeof text, "9.999e%d", e < 308 ? e : 307);
        check(strtod(text, NULL));
    }
}

static const struct {
    double x;
    const char *text;
} hexes[] = {
    {0.0, "0x0p+0"},
    {-0.0, "-0x0p+0"},
    {1.0, "0x1p+0"},
    {3.0, "0x1.8p+1"},
    {-0.1, "-0x1.999999999999ap-4"},
    {1.7976931348623157e308, "0x1.fffffffffffffp+1023"},
    {2.2250738585072014e-308, "0x1p-1022"},
    {5e-324, "0x1p-1074"},
    {1.5e-323, "0x1.8p-1073"},
    {0x0.8000000000001p-1022, "0x1.0000000000002p-1023"},
    {INFINITY, "inf"},
    {-INFINITY, "-inf"},
    {NAN, "nan"},
};

/* Normals are spelled as by printf's %a. */
static void hex(void **state)
{
    nd_rng r = nd_rng_make(22, 0);
    char text[40], other[40];

    (void)state;
    for (size_t i = 0; i < sizeof hexes / sizeof *hexes; i++) {
        assert_int_equal(nd_number_hex(hexes[i].x, text), strlen(hexes[i].text));
        assert_string_equal(text, hexes[i].text);
    }
    for (int i = 0; i < 100000; i++) {
        uint64_t bits = nd_rng_u64(&r) << nd_rng_below(&r, 50);
        double x;
        memcpy(&x, &bits, sizeof x);
        if (!isnormal(x)) continue;
        nd_number_hex(x, text);
        snprintf(other, sizeof other, "%a", x);
        assert_string_equal(text, other);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(layout), cmocka_unit_test(random_doubles),
                                       cmocka_unit_test(all_powers), cmocka_unit_test(hex)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
