/* Reading numbers: grammar, corner values, ends of buffers, and (test_number_random.c)
 * millions of random texts against strtod and MPFR. */
#include "test_number.h"

#include <locale.h>

static uint64_t bits_of(double x)
{
    uint64_t bits;

    memcpy(&bits, &x, sizeof bits);
    return bits;
}

void like_strtod(const char *s, size_t n, bool hex)
{
    char *exact = malloc(n ? n : 1), *whole = calloc(n + 1, 1), *stop;
    double expected, found = -12345.0;
    const char *after;

    memcpy(exact, s, n);
    memcpy(whole, s, n);
    expected = strtod(whole, &stop);
    after = nd_number_parse(exact, exact + n, hex, &found);
    if (stop == whole) {
        if (after || found != -12345.0) fail_msg("'%.*s' was read as a number", (int)n, s);
    } else if (!after || after - exact != stop - whole || bits_of(found) != bits_of(expected)) {
        fail_msg("'%.*s': read %td characters as %a, strtod %td as %a", (int)n, s,
                 after ? after - exact : -1, found, stop - whole, expected);
    }
    free(whole);
    free(exact);
}

static const char *const decimals[] = {
    "0", "-0", "+0", "0.0", ".0", "0.", "-.0", "00", "0e5", "0e-999999999999999999999999",
    "0e999999999999999999999999", "1", "-1", "+1", "01", "1.", "1.5", ".5", "-.5", "+.5e1", "5.e-1",
    "1e5", "1E5", "1e+5", "1e-5", "1e05", "1e", "1e+", "1e-", "1e+x", "1ex", "1.e", ".e1", ".", "",
    "-", "+", "--1", "+-1", "e5", "-e5", "1..2", "1.2.3", "1e5.5", "1e5e5", "1,5", "1_000", "12abc",
    "123456789012345678", "1234567890123456789", "12345678901234567890", "123456789012345678901",
    "9007199254740992", "9007199254740993", "9007199254740994", "9007199254740995",
    "9007199254740993.0000000000000000000000000000000000000000000000000000000000000000001",
    "18446744073709551615", "18446744073709551616", "99999999999999999999",
    /* ends of the exact ways: 10^22 and 2^53 */
    "1e22", "1e23", "1e-22", "1e-23", "9007199254740992e22", "9007199254740993e22",
    "9007199254740991e-22", "9007199254740993e-22", "123e22", "1e15", "3e23", "8e-23",
    /* overflow: the largest, halfway to the next, and around */
    "1.7976931348623157e308", "1.7976931348623158e308", "1.7976931348623159e308",
    "179769313486231580793728971405303415079934132710037826936173778980444968292764750946649017977"
    "587207096330286416692887910946555547851940402630657488671505820681908902000708383676273854845"
    "817711531764475730270069855571366959622842914819860834936475292719074168444365510704342711559"
    "699508093042880177904174497791",
    "179769313486231580793728971405303415079934132710037826936173778980444968292764750946649017977"
    "587207096330286416692887910946555547851940402630657488671505820681908902000708383676273854845"
    "817711531764475730270069855571366959622842914819860834936475292719074168444365510704342711559"
    "699508093042880177904174497792",
    "1e308", "1e309", "1.8e308", "-1e309", "1e999999999999999999999999", "1e1000000000000000000",
    /* underflow: the least, half of it, and around; normal against subnormal */
    "4.9406564584124654e-324", "5e-324", "2.4703282292062327e-324", "2.4703282292062328e-324",
    "2.47032822920623272088284396434110686182529901307162382212792841250337753635104375932649918180"
    "817996189898282347722858865463328355177969898199387398005390939063150356595155702263922908583"
    "924491051844359318028499365361525003193704576782492193656236698636584807570015857692699037063"
    "119282795585513329278343384093519780155312465972635795746227664652728272200563740064854999770"
    "965994704540208281662262378573934507363390079677305775067501763246736009689513405355374585166"
    "611342237666786041621596804619144672918403005300575308490487653917113865916462395249126236538"
    "818796362393732804238910186723484976682350898633885879256283027559956575244555072551893136908"
    "362547791869486679949683240497058210285131854513962138377228261454376934125320985913276672363"
    "28125e-324",
    "2e-324", "3e-324", "1e-400", "-1e-400", "2.2250738585072014e-308", "2.2250738585072011e-308",
    "2.2250738585072012e-308", "2.225073858507201e-308", "2.2250738585072009e-308",
    "1e-999999999999999999999999",
    /* known to have broken other readers */
    "6.631236846766476e-316", "3.2378839133029012895883524125015321748630094231e-318",
    "3.1461369e-322", "0.000000000000000000000000000000000000000000000000000000000000000001e+66",
    "7.2057594037927933e+16", "1448997445238699", "0.9999999999999999500000", "8.589973e9",
    "2.2250738585072013830902327173324040642192159804623318306e-308",
    "1.00000000000000011102230246251565404236316680908203125",
    "1.00000000000000011102230246251565404236316680908203124",
    "1.00000000000000011102230246251565404236316680908203126",
    "10000000000000000000000000000000000000000000e-43", "7450580596923828125e-27",
    "9355950000000000000.00000000000000000000000000000000001844674407370955161600000184467440737095"
    "51616",
    "0."
    "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
    /* words */
    "inf", "-inf", "+INF", "Infinity", "infinit", "infinityy", "INFINITYx", "in", "i", "-i", "nan",
    "NaN", "NANx", "na", "n", "information", "0xg", "0x", "0x.p1"};

/* And every beginning of each: the end of the buffer may be anywhere. */
static void corner_texts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof decimals / sizeof *decimals; i++)
        for (size_t n = strlen(decimals[i]) + 1; n-- > 0;) like_strtod(decimals[i], n, false);
}

static const char *const hexes[] = {"0x0",
                                    "-0x0p0",
                                    "0x1",
                                    "0X1P3",
                                    "0x1p",
                                    "0x1p+",
                                    "0x1p-x",
                                    "0x.8",
                                    "0x8.",
                                    "0x.",
                                    "0x1.8p+1",
                                    "-0xAbC.dEfp-7",
                                    "+0xfp4",
                                    "0x1.fffffffffffffp1023",
                                    "0x1.fffffffffffff7fffffp1023",
                                    "0x1.fffffffffffff8p1023",
                                    "0x2p1023",
                                    "0x1p1024",
                                    "0x1p99999999999999999999",
                                    "0x1p-1022",
                                    "0x0.fffffffffffffp-1022",
                                    "0x0.fffffffffffff8p-1022",
                                    "0x0.fffffffffffff7p-1022",
                                    "0x1p-1074",
                                    "0x1p-1075",
                                    "0x1.0000000000000000000000001p-1075",
                                    "0x3p-1075",
                                    "0x1p-1076",
                                    "0x1.8p-1075",
                                    "0x1p-99999999999999999999",
                                    "0x1.00000000000008p0",
                                    "0x1.00000000000008000000000000000000001p0",
                                    "0x1.00000000000018p0",
                                    "0x1.000000000000080p0",
                                    "0x10000000000000800000000000000000",
                                    "0x10000000000000800000000000001",
                                    "0x00000000000000000000000000000000001.8p0",
                                    "0x.000000000000000000000000000000001p132",
                                    "0x123456789abcdef0123456789abcdefp-60",
                                    "0x1.8p1.5",
                                    "0x1.8.1",
                                    "12",
                                    "1e3",
                                    "1p3",
                                    "inf",
                                    "nan",
                                    "0x",
                                    "0xp1",
                                    "x1",
                                    "-",
                                    "-0x",
                                    "0xffffffffffffffff",
                                    "0xfffffffffffffffff",
                                    "0xfffffffffffffc00",
                                    "0xfffffffffffffbff",
                                    "0x1.fffffffffffffffp0"};

static void corner_hexes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof hexes / sizeof *hexes; i++)
        for (size_t n = strlen(hexes[i]) + 1; n-- > 0;) like_strtod(hexes[i], n, true);
}

static void hex_only_when_asked(void **state)
{
    static const char s[] = "0x1p4";
    double x = 7.0;

    (void)state;
    assert_ptr_equal(nd_number_parse(s, s + 5, false, &x), s + 1);
    assert_true(x == 0.0);
    assert_ptr_equal(nd_number_parse(s, s + 5, true, &x), s + 5);
    assert_true(x == 16.0);
}

/* Mantissas that are long, with the exponent that makes up for it. */
static void long_texts(void **state)
{
    enum { N = 20000 };
    char *s = malloc(N + 64);

    (void)state;
    memset(s, '0', N + 64);
    s[1] = '.';
    memcpy(s + N, "1e20000", 8); /* 0.0000...1e20000 */
    like_strtod(s, N + 7, false);
    memcpy(s + N, "17976931348623158e20308", 24);
    like_strtod(s, N + 23, false);
    memset(s, '0', N);
    s[0] = '1';
    memcpy(s + N, "e-20000", 8); /* 1000...0e-20000 */
    like_strtod(s, N + 7, false);
    memset(s, '9', N);
    memcpy(s + N, "e-19692", 8); /* 9999..., overflows by rounding only */
    like_strtod(s, N + 7, false);
    /* a halfway case decided by the last of 20000 digits */
    memset(s, '0', N);
    memcpy(s, "9007199254740993.", 17);
    like_strtod(s, N, false);
    s[N - 1] = '1';
    like_strtod(s, N, false);
    free(s);
}

static void whole(void **state)
{
    static const char *const good[] = {"1", " 1", "1\t", "  -2.5e1  ", "+.5"};
    static const double value[] = {1, 1, 1, -25, .5};
    static const char *const bad[] = {"",      " ",    "x",   "1x",  "1 2", "nan", "inf", "-inf",
                                      "1e999", "0x10", "- 1", "1,5", "1\n", "--1", "."};
    double x;

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_true(nd_number_whole(good[i], good[i] + strlen(good[i]), &x));
        assert_true(x == value[i]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        x = 42.0;
        if (nd_number_whole(bad[i], bad[i] + strlen(bad[i]), &x) || x != 42.0)
            fail_msg("'%s' is no finite number", bad[i]);
    }
}

/* With a decimal comma in the locale everything stays as it is. */
static void locale_has_no_say(void **state)
{
    static const char s[] = "9007199254740993.00000000000000000000001";
    const char *name = setlocale(LC_NUMERIC, "de_DE.UTF-8");
    char text[32];
    double x;

    (void)state;
    if (!name) name = setlocale(LC_NUMERIC, "fr_FR.UTF-8");
    if (!name) skip(); /* no such locale here */
    assert_ptr_equal(nd_number_parse(s, s + strlen(s), false, &x), s + strlen(s));
    assert_true(x == 9007199254740994.0);
    nd_number_format(0.5, text);
    assert_string_equal(text, "0.5");
    setlocale(LC_NUMERIC, "C");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(corner_texts),
        cmocka_unit_test(corner_hexes),
        cmocka_unit_test(hex_only_when_asked),
        cmocka_unit_test(long_texts),
        cmocka_unit_test(whole),
        cmocka_unit_test(locale_has_no_say),
        cmocka_unit_test(random_doubles),
        cmocka_unit_test(random_digits),
        cmocka_unit_test(midpoints),
        cmocka_unit_test(random_hex),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
