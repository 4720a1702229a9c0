/* Double to the shortest decimal that reads back to it; among those the closest.
 *
 * Schubfach (Giulietti, "The Schubfach way to render doubles", 2020): the doubles
 * that round to x = c 2^q are those between (4c-2) 2^(q-2) and (4c+2) 2^(q-2) (the
 * lower end at 4c-1 when x is a power of two), ends included when c is even.
 * With k = floor(log10 of that width) at most one multiple of 10^(k+1) and two to
 * ten of 10^k lie inside.  All are scaled by 10^-k, rounded to odd in 128 bits,
 * which keeps every comparison with a multiple of 1/4 exact. */
#include "base/pow5.h"
#include "base/text.h"

#include <math.h>
#include <string.h>

typedef struct {
    uint64_t digits;
    int e; /* digits 10^e */
} decimal;

/* g c 2^-128 with the last bit set when anything was cut off; g is one of
 * nd_pow5, rounded up. */
static uint64_t round_to_odd(const uint64_t g[2], uint64_t c)
{
    nd_u128 x = (nd_u128)g[1] * c >> 64;
    nd_u128 y = (nd_u128)g[0] * c + x;

    return (uint64_t)(y >> 64) | ((uint64_t)y > 1);
}

/* x = c 2^q; uneven: x is a power of two whose lower neighbour is nearer. */
static decimal shortest(uint64_t c, int q, bool uneven)
{
    /* floor(q log10 2), or floor(log10(3/4 2^q)) when uneven; 2^22 log10 2 = 1262611 */
    const int k = (int)(((int64_t)q * 1262611 - (uneven ? 524031 : 0)) >> 22);
    const int h = q + nd_log2_pow10(-k) + 1;
    const uint64_t *t = nd_pow5[-k - ND_POW5_FIRST];
    /* the table is cut off where the proof wants rounding up (it is exact up to 55);
     * no low word is all ones, so nothing is carried */
    const uint64_t g[2] = {t[0], t[1] + (-k > 55)};
    const uint64_t v = round_to_odd(g, 4 * c << h);
    const uint64_t lower = round_to_odd(g, (4 * c - 2 + uneven) << h) + (c & 1);
    const uint64_t upper = round_to_odd(g, (4 * c + 2) << h) - (c & 1);
    const uint64_t s = v / 4, tens = s / 10;
    bool below, above;

    below = lower <= 40 * tens;
    above = 40 * tens + 40 <= upper;
    if (s >= 10 && below != above) return (decimal){tens + above, k + 1};
    below = lower <= 4 * s;
    above = 4 * s + 4 <= upper;
    if (below != above) return (decimal){s + above, k};
    above = v > 4 * s + 2 || (v == 4 * s + 2 && (s & 1));
    return (decimal){s + above, k};
}

/* x > 0, finite.  Integers below 2^53 are their own digits. */
static decimal decompose(double x)
{
    uint64_t bits, m;
    int e;
    decimal d;

    memcpy(&bits, &x, sizeof bits);
    m = bits & ((UINT64_C(1) << 52) - 1);
    e = (int)(bits >> 52);
    if (x < 0x1p53 && x == (double)(uint64_t)x)
        d = (decimal){(uint64_t)x, 0};
    else if (e == 0)
        d = shortest(m, -1074, false);
    else
        d = shortest(m | UINT64_C(1) << 52, e - 1075, m == 0 && e > 1);
    while (d.digits % 10 == 0) d.digits /= 10, d.e++;
    return d;
}

/* ---- layout -------------------------------------------------------------------- */

static char *put(char *c, const char *text, size_t n)
{
    memcpy(c, text, n);
    return c + n;
}

static char *put_zeros(char *c, int n)
{
    for (; n > 0; n--) *c++ = '0';
    return c;
}

/* d.ddde-7: at least one digit in the exponent, no sign when it is positive. */
static char *put_scientific(char *c, const char *digit, int n, int exponent)
{
    char text[8];
    int m = 0;

    *c++ = digit[0];
    if (n > 1) *c++ = '.';
    c = put(c, digit + 1, (size_t)n - 1);
    *c++ = 'e';
    if (exponent < 0) *c++ = '-', exponent = -exponent;
    do text[m++] = (char)('0' + exponent % 10);
    while (exponent /= 10);
    while (m) *c++ = text[--m];
    return c;
}

/* The n digits with the point after the first `point` of them: as a plain number
 * where that is easy to read (1e-4 <= x < 1e16), else with an exponent. */
static char *put_decimal(char *c, const char *digit, int n, int point)
{
    if (point < -3 || point > 16) return put_scientific(c, digit, n, point - 1);
    if (point <= 0) {
        c = put(c, "0.", 2);
        c = put_zeros(c, -point);
        return put(c, digit, (size_t)n);
    }
    if (n <= point) {
        c = put(c, digit, (size_t)n);
        return put_zeros(c, point - n);
    }
    c = put(c, digit, (size_t)point);
    *c++ = '.';
    return put(c, digit + point, (size_t)(n - point));
}

size_t nd_number_format(double x, char out[32])
{
    char digit[20], *c = out, *first = digit + sizeof digit;
    decimal d;

    if (signbit(x) && !isnan(x)) *c++ = '-';
    if (!isfinite(x)) {
        c = put(c, isnan(x) ? "nan" : "inf", 3);
    } else if (x == 0.0) {
        *c++ = '0';
    } else {
        d = decompose(fabs(x));
        for (; d.digits; d.digits /= 10) *--first = (char)('0' + d.digits % 10);
        c = put_decimal(c, first, (int)(digit + sizeof digit - first),
                        (int)(digit + sizeof digit - first) + d.e);
    }
    *c = '\0';
    return (size_t)(c - out);
}
