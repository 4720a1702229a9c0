/* Random texts of many shapes.  Two judges: strtod for all, MPFR (53 bits, the
 * exponent range and the gradual underflow of a double) for a part, because our own
 * slow way asks strtod, too. */
#include "test_number.h"

#include <mpfr.h>

static double by_mpfr(const char *s)
{
    mpfr_t x;
    int t;
    double d;

    mpfr_init2(x, 53);
    mpfr_set_emin(-1073);
    mpfr_set_emax(1024);
    t = mpfr_strtofr(x, s, NULL, 10, MPFR_RNDN);
    t = mpfr_check_range(x, t, MPFR_RNDN);
    mpfr_subnormalize(x, t, MPFR_RNDN);
    d = mpfr_get_d(x, MPFR_RNDN);
    mpfr_set_emin(mpfr_get_emin_min());
    mpfr_set_emax(mpfr_get_emax_max());
    mpfr_clear(x);
    return d;
}

static void like_mpfr(const char *s)
{
    size_t n = strlen(s);
    double expected = by_mpfr(s), found = NAN;

    if (nd_number_parse(s, s + n, false, &found) != s + n ||
        memcmp(&found, &expected, sizeof found) != 0)
        fail_msg("'%s': read %a, MPFR %a", s, found, expected);
}

static double any_double(nd_rng *r)
{
    double x;

    do {
        uint64_t bits = nd_rng_u64(r);
        memcpy(&x, &bits, sizeof x);
    } while (!isfinite(x));
    return x;
}

/* Doubles as programs write them. */
void random_doubles(void **state)
{
    static const char *const format[] = {"%.17g", "%.16g", "%.15g", "%.6g",
                                         "%.18e", "%.20e", "%.3e",  "%.30e"};
    nd_rng r = nd_rng_make(11, 0);
    char s[400];

    (void)state;
    for (int i = 0; i < 500000; i++) {
        double x = any_double(&r);
        snprintf(s, sizeof s, format[i % 8], x);
        like_strtod(s, strlen(s), false);
        if (i % 10 == 0) like_mpfr(s);
    }
    for (int i = 0; i < 300000; i++) { /* what is in tables: moderate, few digits */
        double x = (nd_rng_uniform(&r) - 0.5) * pow(10.0, (double)nd_rng_below(&r, 12) - 3.0);
        snprintf(s, sizeof s, "%.*f", (int)nd_rng_below(&r, 19), x);
        like_strtod(s, strlen(s), false);
    }
}

/* 1 to 45 digits, a point anywhere or nowhere, exponents in and out of range. */
static void make_digits(nd_rng *r, char *s)
{
    size_t n = 1 + nd_rng_below(r, 45), point = nd_rng_below(r, 2 * n);
    char *c = s;

    if (nd_rng_below(r, 4) == 0) *c++ = "+-"[nd_rng_below(r, 2)];
    for (size_t i = 0; i < n; i++) {
        if (i == point) *c++ = '.';
        *c++ = (char)('0' + (nd_rng_below(r, 5) ? nd_rng_below(r, 10) : 0));
    }
    *c = '\0';
    if (nd_rng_below(r, 3))
        sprintf(c, "%c%d", "eE"[nd_rng_below(r, 2)], (int)nd_rng_below(r, 760) - 380);
}

void random_digits(void **state)
{
    nd_rng r = nd_rng_make(12, 0);
    char s[80];

    (void)state;
    for (int i = 0; i < 500000; i++) {
        make_digits(&r, s);
        like_strtod(s, strlen(s), false);
        if (i % 10 == 0) like_mpfr(s);
    }
}

/* ---- halfway between two doubles --------------------------------------------------- */

/* All digits of the middle of |x| and its successor, "d.ddd...e-12". */
static void print_midpoint(double x, char *s, size_t size)
{
    mpfr_t m;
    int used;

    mpfr_init2(m, 60);
    mpfr_set_d(m, fabs(x), MPFR_RNDN);
    mpfr_add_d(m, m, nextafter(fabs(x), INFINITY), MPFR_RNDN); /* 54 bits: exact */
    mpfr_div_2ui(m, m, 1, MPFR_RNDN);
    used = mpfr_snprintf(s, size, "%.780RNe", m);
    assert_true(used > 0 && (size_t)used < size);
    mpfr_clear(m);
}

/* The text with k significant digits only, less trailing zeros (k = 0: all), and with
 * its last digit changed by nudge, perhaps one more digit after it. */
static void edit(const char *from, size_t k, int nudge, const char *tail, char *s)
{
    const char *e = strchr(from, 'e');
    size_t n = (size_t)(e - from);

    if (k && k + 1 < n) n = k + 1; /* the point */
    while (n > 2 && from[n - 1] == '0') n--;
    memcpy(s, from, n);
    if (s[n - 1] != '.') {
        if (nudge < 0) s[n - 1] = (char)(s[n - 1] - 1); /* not a zero: see above */
        if (nudge > 0 && s[n - 1] < '9') s[n - 1] = (char)(s[n - 1] + 1);
    }
    sprintf(s + n, "%s%s", tail, e);
}

void midpoints(void **state)
{
    static const size_t cut[] = {0, 0, 0, 17, 19, 20, 25, 60};
    static const char *const tail[] = {"", "0000000000000000001", "00", "1", "", "9", "", "4"};
    nd_rng r = nd_rng_make(13, 0);
    char text[1000], s[1100];

    (void)state;
    for (int i = 0; i < 60000; i++) {
        double x = any_double(&r);
        size_t how = nd_rng_below(&r, 8);
        if (i % 3 == 0) x = ldexp(x, -1040 - (int)(log2(fabs(x))));   /* subnormal */
        if (i % 3 == 1) x = (double)(nd_rng_u64(&r) >> 11) * 0x1p-20; /* short exact forms */
        if (fabs(x) == DBL_MAX) continue;
        print_midpoint(x, text, sizeof text);
        edit(text, cut[how], (int)nd_rng_below(&r, 3) - 1, tail[how], s);
        like_strtod(s, strlen(s), false);
        if (i % 5 == 0) like_mpfr(s);
    }
}

/* ---- hex ----------------------------------------------------------------------------- */

void random_hex(void **state)
{
    nd_rng r = nd_rng_make(14, 0);
    char s[80], text[40];

    (void)state;
    for (int i = 0; i < 300000; i++) {
        double x = any_double(&r), y;
        char *c = s;
        size_t n = nd_number_hex(x, text), digits = 1 + nd_rng_below(&r, 30);

        like_strtod(text, n, true);
        assert_ptr_equal(nd_number_parse(text, text + n, true, &y), text + n);
        assert_memory_equal(&x, &y, sizeof x);
        c += sprintf(c, "%s0x", nd_rng_below(&r, 2) ? "-" : "");
        for (size_t k = 0; k < digits; k++) {
            if (k == digits / 2) *c++ = '.';
            *c++ = "0123456789abcdefABCDEF08"[nd_rng_below(&r, 24)];
        }
        sprintf(c, "p%d", (int)nd_rng_below(&r, 2400) - 1200);
        like_strtod(s, strlen(s), true);
    }
}
