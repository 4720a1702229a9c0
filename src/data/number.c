/* Numbers in text and in binary files.
 *
 * nd_decimal: m * 10^e with m < 2^53 an integer and 0 <= -e <= 22 is the quotient of
 * two doubles that are exact, so one correctly rounded division gives the correctly
 * rounded value (Clinger 1990, "How to read floating point numbers accurately").
 * Everything else goes to nd_number_parse. */
#include "data/raw.h"

#include <string.h>

static const double ten_to[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

static inline bool digit(const char *s, const char *end, unsigned *d)
{
    if (s == end) return false;
    *d = (unsigned)(unsigned char)*s - '0';
    return *d < 10;
}

const char *nd_decimal(const char *s, const char *end, double *out)
{
    const char *p = s, *first, *point;
    bool negative = p < end && *p == '-';
    uint64_t m = 0;
    size_t digits, decimals = 0;
    unsigned d;

    if (negative) p++;
    for (first = p; digit(p, end, &d); p++) m = 10 * m + d;
    digits = (size_t)(p - first);
    if (p < end && *p == '.') {
        for (point = ++p; digit(p, end, &d); p++) m = 10 * m + d;
        decimals = (size_t)(p - point);
    }
    digits += decimals;
    /* 18 digits: m has not wrapped round.  A letter: exponent, inf or nan. */
    if (!digits || digits > 18 || m > (UINT64_C(1) << 53) || (p < end && (*p | 32) >= 'a'))
        return nd_number_parse(s, end, false, out);
    *out = (double)m / ten_to[decimals];
    if (negative) *out = -*out;
    return p;
}

uint64_t nd_le(const char *p, int bytes)
{
    uint64_t v = 0;

    for (int i = bytes - 1; i >= 0; i--) v = v << 8 | (unsigned char)p[i];
    return v;
}

uint64_t nd_be(const char *p, int bytes)
{
    uint64_t v = 0;

    for (int i = 0; i < bytes; i++) v = v << 8 | (unsigned char)p[i];
    return v;
}

void nd_put_le(char *p, uint64_t v, int bytes)
{
    for (int i = 0; i < bytes; i++, v >>= 8) p[i] = (char)(unsigned char)(v & 0xFF);
}

static double as_float(uint64_t bits, int size)
{
    uint32_t low = (uint32_t)bits;
    float f;
    double v;

    memcpy(&f, &low, sizeof f);
    memcpy(&v, &bits, sizeof v);
    return size == 4 ? (double)f : v;
}

/* Two's complement of 8 * size bits. */
static int64_t as_signed(uint64_t bits, int size)
{
    uint64_t sign = UINT64_C(1) << (8 * size - 1);
    uint64_t magnitude = bits & sign ? (~bits & (sign - 1)) + 1 : bits;
    int64_t v;

    if (!(bits & sign)) return (int64_t)bits;
    if (magnitude == UINT64_C(1) << 63) return INT64_MIN;
    v = (int64_t)magnitude;
    return -v;
}

bool nd_binary_number(const char *p, char kind, int size, bool big, double *out)
{
    uint64_t bits = big ? nd_be(p, size) : nd_le(p, size);

    if (kind == 'f') {
        *out = as_float(bits, size);
    } else if (kind == 'i') {
        int64_t v = as_signed(bits, size);
        *out = (double)v;
        return *out < 0x1p63 && (int64_t)*out == v;
    } else {
        *out = (double)bits;
        return *out < 0x1p64 && (uint64_t)*out == bits;
    }
    return true;
}

bool nd_times(size_t a, size_t b, size_t *out)
{
    if (b && a > SIZE_MAX / b) return false;
    *out = a * b;
    return true;
}
