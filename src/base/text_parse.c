/* Decimal text to the nearest double, ties to even, for every input.
 *
 * The number is w 10^e with w its first 19 significant digits.  Three ways, from
 * the cheapest:
 *   1. w <= 2^53, |e| <= 22: w and 10^|e| are doubles, one operation rounds once
 *      (Clinger, "How to read floating point numbers accurately", PLDI 1990).
 *   2. The 128-bit product of w with the leading bits of 5^e (Lemire, "Number
 *      parsing at a gigabyte per second", Softw. Pract. Exp. 51 (2021); that one
 *      128-bit word of 5^e is always enough: Mushtak and Lemire, "Fast number
 *      parsing without fallback", 2023).  With more than 19 digits the value lies
 *      between w and w + 1: done when both round alike.
 *   3. Otherwise (halfway cases with many digits) strtod, on a copy without decimal
 *      point, so that the locale has no say.  A midpoint of two doubles has at most
 *      767 significant digits; what follows the first 800 only says "a little
 *      more", and one digit 1 says that, too. */
#include "base/pow5.h"
#include "base/text.h"
#include "base/text_hex.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS   19  /* always fit 64 bits */
#define KEPT     800 /* of long mantissas in the slow way */
#define FAR      INT64_C(1000000000000000000)
#define EXP_BIAS 1023

typedef struct {
    const char *digit, *digit_end; /* significant digits, perhaps with a point inside */
    uint64_t w;                    /* the first DIGITS of them */
    int64_t e;                     /* the number is w 10^e, or a little more if cut */
    bool cut;
} decimal;

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* ---- scanning --------------------------------------------------------------- */

/* Adds the digits at s to *w (which wraps around beyond 19: see narrow). */
static const char *scan_digits(const char *s, const char *end, uint64_t *w)
{
    uint64_t sum = *w;

    for (; s < end && is_digit(*s); s++) sum = 10 * sum + (uint64_t)(*s - '0');
    *w = sum;
    return s;
}

/* "e+12" at s, added to *e; s when there is no complete exponent.  FAR is beyond
 * what any text that fits memory could make up for with zeros. */
static const char *scan_exponent(const char *s, const char *end, int64_t *e)
{
    const char *c = s + 1;
    int64_t x = 0;
    bool minus;

    if (s == end || (*s | 0x20) != 'e' || c == end) return s;
    minus = *c == '-';
    if (*c == '-' || *c == '+') c++;
    if (c == end || !is_digit(*c)) return s;
    for (; c < end && is_digit(*c); c++)
        if (x < FAR / 10) x = 10 * x + (*c - '0');
    *e += minus ? -x : x;
    return c;
}

/* The first DIGITS digits again when there are more: n in all. */
static void narrow(decimal *d, int64_t n)
{
    int left = DIGITS;

    d->w = 0;
    for (const char *c = d->digit; left > 0; c++) {
        if (*c == '.') continue;
        d->w = 10 * d->w + (uint64_t)(*c - '0');
        left--;
    }
    d->e += n - DIGITS;
    d->cut = true;
}

/* Unsigned decimal at s: "12", "1.5", "5.", ".5", with or without exponent. */
static const char *scan(const char *s, const char *end, decimal *d)
{
    const char *first = s, *point = NULL, *last;
    int64_t n;

    *d = (decimal){.digit = s};
    s = scan_digits(s, end, &d->w);
    n = s - first;
    if (s < end && *s == '.') {
        point = s;
        s = scan_digits(s + 1, end, &d->w);
        d->e = -(s - point - 1);
        n -= d->e;
    }
    if (n == 0) return NULL;
    last = s;
    if (n > DIGITS) { /* perhaps only for leading zeros */
        for (; d->digit < last && (*d->digit == '0' || *d->digit == '.'); d->digit++)
            n -= *d->digit == '0';
        d->digit_end = last;
        if (n > DIGITS) narrow(d, n);
    }
    return scan_exponent(s, end, &d->e);
}

/* ---- the three ways ----------------------------------------------------------- */

static const double pow10_exact[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                     1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                     1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

static double from_bits(uint64_t bits)
{
    double x;

    memcpy(&x, &bits, sizeof x);
    return x;
}

/* A subnormal, p <= 0, keeps 1 - p bits fewer of the 54 in m.  No product in its range
 * lies exactly halfway (5^308 would have to divide w < 2^64). */
static uint64_t round_subnormal(uint64_t m, int p)
{
    if (-p + 1 >= 64) return 0;
    m >>= -p + 1;
    return (m + (m & 1)) >> 1; /* carries into the first normal by itself */
}

/* The bits of w 10^q, w != 0, rounded to nearest.  m holds 53 bits of the product
 * and one to round by; a tie (only for -4 <= q <= 23) is seen from the product
 * being exact, and goes to even. */
static uint64_t eisel_lemire(uint64_t w, int64_t q)
{
    const uint64_t infinity = UINT64_C(0x7ff) << 52;
    const uint64_t *g;
    nd_u128 product;
    uint64_t high, low, m;
    int zeros = __builtin_clzll(w), top, p;

    if (q < ND_POW5_FIRST) return 0;
    if (q > 308) return infinity;
    g = nd_pow5[q - ND_POW5_FIRST];
    w <<= zeros;
    product = (nd_u128)w * g[0];
    if (((uint64_t)(product >> 64) & 0x1ff) == 0x1ff) product += (nd_u128)w * g[1] >> 64;
    high = (uint64_t)(product >> 64);
    low = (uint64_t)product;
    top = (int)(high >> 63);
    m = high >> (top + 9);
    p = nd_log2_pow10((int)q) + 63 + top - zeros + EXP_BIAS;
    if (p <= 0) return round_subnormal(m, p);
    if (low <= 1 && q >= -4 && q <= 23 && (m & 3) == 1 && m << (top + 9) == high) m &= ~UINT64_C(1);
    m = (m + (m & 1)) >> 1;
    if (m >> 53) m >>= 1, p++;
    if (p >= 0x7ff) return infinity;
    return (m & ~(UINT64_C(1) << 52)) | (uint64_t)p << 52;
}

static double slowly(const decimal *d)
{
    char text[KEPT + 32], digit[24];
    int64_t e = d->e;
    size_t n = 0, m = 0;
    int saved = errno;
    double x;

    e += DIGITS; /* the exponent of .ddd...; e of decimal belongs to the 19th digit */
    for (const char *c = d->digit; c < d->digit_end; c++) {
        if (*c == '.') continue;
        if (n < KEPT) {
            text[n++] = *c;
        } else if (*c != '0') {
            text[n++] = '1';
            break;
        }
    }
    e -= (int64_t)n;
    if (e > 9999) e = 9999; /* 800 digits or not: infinity or zero */
    if (e < -9999) e = -9999;
    text[n++] = 'e';
    if (e < 0) text[n++] = '-', e = -e;
    do digit[m++] = (char)('0' + e % 10);
    while (e /= 10);
    while (m) text[n++] = digit[--m];
    text[n] = '\0';
    x = strtod(text, NULL);
    errno = saved;
    return x;
}

static double value(const decimal *d)
{
    uint64_t bits;

    if (!d->w) return 0.0;
    if (!d->cut && d->w <= UINT64_C(1) << 53 && d->e >= -22 && d->e <= 22) {
        double w = (double)d->w;
        return d->e < 0 ? w / pow10_exact[-d->e] : w * pow10_exact[d->e];
    }
    bits = eisel_lemire(d->w, d->e);
    if (d->cut && bits != eisel_lemire(d->w + 1, d->e)) return slowly(d);
    return from_bits(bits);
}

/* ---- words ---------------------------------------------------------------------- */

/* The end of word at s when s begins with it in any case, else NULL. */
static const char *word(const char *s, const char *end, const char *word)
{
    for (; *word; s++, word++)
        if (s == end || (*s | 0x20) != *word) return NULL;
    return s;
}

static const char *scan_word(const char *s, const char *end, double *out)
{
    const char *after;

    if ((after = word(s, end, "nan"))) {
        *out = from_bits(UINT64_C(0x7ff8) << 48);
        return after;
    }
    if (!(after = word(s, end, "infinity"))) after = word(s, end, "inf");
    if (after) *out = from_bits(UINT64_C(0x7ff) << 52);
    return after;
}

const char *nd_number_parse(const char *s, const char *end, bool hex, double *out)
{
    bool minus = s < end && *s == '-';
    const char *after = NULL;
    decimal d;
    double x;

    if (s < end && (*s == '-' || *s == '+')) s++;
    if (hex) after = nd_hex_scan(s, end, &x);
    if (!after && (after = scan(s, end, &d))) x = value(&d);
    if (!after) after = scan_word(s, end, &x);
    if (!after) return NULL;
    *out = minus ? -x : x;
    return after;
}

bool nd_number_whole(const char *s, const char *end, double *out)
{
    double x;

    while (s < end && (*s == ' ' || *s == '\t')) s++;
    while (s < end && (end[-1] == ' ' || end[-1] == '\t')) end--;
    if (nd_number_parse(s, end, false, &x) != end || s == end || x - x != 0.0) return false;
    *out = x;
    return true;
}
