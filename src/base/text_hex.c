/* C99 hex floats, "0x1.8p+1": written exactly, in one canonical spelling; read
 * correctly rounded (ties to even) whatever their length. */
#include "base/text_hex.h"
#include "base/text.h"

#include <math.h>
#include <string.h>

#define FAR 1000000 /* exponents beyond: zero or infinity whatever the digits */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* ---- reading ------------------------------------------------------------------ */

typedef struct {
    uint64_t m; /* the first 15 or 16 significant hex digits, the last bit sticky */
    int64_t e;  /* the number is m 2^e */
    bool any;   /* there was a digit */
} mantissa;

static const char *scan_mantissa(const char *s, const char *end, mantissa *a)
{
    bool point = false;

    *a = (mantissa){0};
    for (; s < end; s++) {
        int h = hex_digit(*s);
        if (*s == '.' && !point) {
            point = true;
            continue;
        }
        if (h < 0) break;
        a->any = true;
        if (a->m >> 60) {
            a->m |= h != 0;
            a->e += point ? 0 : 4;
        } else {
            a->m = a->m << 4 | (uint64_t)h;
            a->e -= point ? 4 : 0;
        }
    }
    return s;
}

/* "p-12" at s, added to *e; s when there is no complete exponent. */
static const char *scan_exponent(const char *s, const char *end, int64_t *e)
{
    const char *c = s + 1;
    int64_t x = 0;
    bool minus;

    if (s == end || (*s | 0x20) != 'p' || c == end) return s;
    minus = *c == '-';
    if (*c == '-' || *c == '+') c++;
    if (c == end || *c < '0' || *c > '9') return s;
    for (; c < end && *c >= '0' && *c <= '9'; c++)
        if (x < INT64_MAX / 20) x = 10 * x + (*c - '0');
    *e += minus ? -x : x;
    return c;
}

/* m 2^e to nearest even.  Rounded here, once, to the bits that a normal (53) or a
 * subnormal (fewer) has; ldexp then only scales an exact number. */
static double scale(uint64_t m, int64_t e)
{
    int bits, drop;

    if (!m) return 0.0;
    bits = 64 - __builtin_clzll(m);
    if (e + bits > 1024 || e > FAR) return HUGE_VAL;
    if (e + bits < -1074) return 0.0;
    drop = bits - 53;
    if (-1074 - e > drop) drop = (int)(-1074 - e);
    if (drop > 0) {
        uint64_t rest = drop < 64 ? m & ((UINT64_C(1) << drop) - 1) : m;
        uint64_t half = UINT64_C(1) << (drop - 1);
        m = drop < 64 ? m >> drop : 0;
        m += rest > half || (rest == half && (m & 1));
        e += drop;
    }
    return ldexp((double)m, (int)e);
}

const char *nd_hex_scan(const char *s, const char *end, double *out)
{
    mantissa a;

    if (end - s < 3 || s[0] != '0' || (s[1] | 0x20) != 'x') return NULL;
    s = scan_mantissa(s + 2, end, &a);
    if (!a.any) return NULL;
    s = scan_exponent(s, end, &a.e);
    *out = scale(a.m, a.e);
    return s;
}

/* ---- writing ------------------------------------------------------------------ */

/* "p+12" */
static char *put_exponent(char *c, int e)
{
    char digit[8];
    int n = 0;

    *c++ = 'p';
    *c++ = e < 0 ? '-' : '+';
    if (e < 0) e = -e;
    do digit[n++] = (char)('0' + e % 10);
    while (e /= 10);
    while (n) *c++ = digit[--n];
    return c;
}

/* The leading digit is 1 for normals and subnormals alike (the latter normalised),
 * 0 for zero; trailing zeros are left out. */
size_t nd_number_hex(double x, char out[40])
{
    char *c = out;
    uint64_t bits, m;
    int e;

    memcpy(&bits, &x, sizeof bits);
    if (!isfinite(x)) return nd_number_format(x, out);
    if (bits >> 63) *c++ = '-';
    m = bits & ((UINT64_C(1) << 52) - 1);
    e = (int)(bits >> 52 & 0x7ff) - 1023;
    if (e == -1023 && m) { /* subnormal: m 2^-1074; bring the top bit to 2^52 */
        int shift = __builtin_clzll(m) - 11;
        m = m << shift & ((UINT64_C(1) << 52) - 1);
        e = -1022 - shift;
    }
    memcpy(c, x == 0.0 ? "0x0" : "0x1", 3);
    c += 3;
    if (m) *c++ = '.';
    for (; m; m = m << 4 & ((UINT64_C(1) << 52) - 1)) *c++ = "0123456789abcdef"[m >> 48];
    c = put_exponent(c, x == 0.0 ? 0 : e);
    *c = '\0';
    return (size_t)(c - out);
}
