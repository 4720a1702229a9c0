/* Axes: ranges, ticks at 1, 2 or 5 times a power of ten (Heckbert, "Nice numbers for graph
 * labels", Graphics Gems 1990), powers of ten on logarithmic ones, and the texts of
 * numbers.  Digits are made from integers, so that no locale and no printf of a double
 * takes part. */
#include "show/show.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Room at both ends, as a part of the whole. */
#define ROOM 0.03

nd_axis nd_axis_fit(double lo, double hi, bool log)
{
    if (!isfinite(lo) || !isfinite(hi) || lo > hi) lo = 0.0, hi = 1.0;
    log = log && hi > 1e-306 && lo < 1e306;
    if (log) {
        if (!(lo > 0.0)) lo = hi * 1e-3;
        double r = pow(hi / lo, ROOM);
        if (hi / lo < 1.5) r = 1.5;
        return (nd_axis){fmax(lo / r, 1e-307), fmin(hi * r, 1e307), true, false};
    }
    double room = ROOM * (hi - lo), least = 1e-9 * fmax(fabs(lo), fabs(hi));
    if (!(hi - lo > least)) room = fabs(hi) > 1e-300 ? 0.5 * fabs(hi) : 0.5;
    return (nd_axis){fmax(lo - room, -1e307), fmin(hi + room, 1e307), false, false};
}

/* ---- numbers --------------------------------------------------------------------------- */

static void put(char text[ND_TICK_TEXT], const char *more)
{
    size_t used = strlen(text), n = strlen(more);

    if (used + n >= ND_TICK_TEXT) return;
    memcpy(text + used, more, n + 1);
}

/* The decimal digits of m >= 0, most significant first; returns how many. */
static int digits_of(long long m, char digits[24])
{
    int n = 1;

    for (long long k = m; k >= 10; k /= 10) n++;
    for (int i = n; i-- > 0; m /= 10) digits[i] = (char)('0' + m % 10);
    digits[n] = '\0';
    return n;
}

static void put_power(char text[ND_TICK_TEXT], int e)
{
    static const char *const high[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
    char digits[24];

    digits_of(abs(e), digits);
    put(text, e < 0 ? "10⁻" : "10");
    for (const char *c = digits; *c; c++) put(text, high[*c - '0']);
}

/* m 10^e with m an integer, in plain digits: "−0.25", "1200". */
static void put_plain(char text[ND_TICK_TEXT], long long m, int e)
{
    char digits[24], whole[24] = "0";

    if (m == 0) e = 0;
    while (m != 0 && m % 10 == 0 && e < 0) m /= 10, e++;
    int n = digits_of(llabs(m), digits);
    if (m < 0) put(text, "−");
    if (e >= 0) {
        put(text, digits);
        for (int k = 0; k < e; k++) put(text, "0");
        return;
    }
    if (n > -e) memcpy(whole, digits, (size_t)(n + e)), whole[n + e] = '\0';
    put(text, whole);
    put(text, ".");
    for (int k = 0; k < -e - n; k++) put(text, "0");
    put(text, digits + (n > -e ? n + e : 0));
}

/* x = m 10^e rounded to digits significant digits. */
static long long split(double x, int digits, int *e)
{
    *e = (int)floor(log10(fabs(x))) - digits + 1;
    long long m = llround(*e < -290 ? x * 1e300 / pow(10.0, *e + 300) : x / pow(10.0, *e));
    while (m != 0 && m % 10 == 0) m /= 10, (*e)++;
    return m;
}

void nd_number_label(double x, int digits, char text[ND_TICK_TEXT])
{
    char front[24];
    int e;

    text[0] = '\0';
    if (isnan(x) || isinf(x) || x == 0.0) {
        put(text, isnan(x) ? "?" : x > 0.0 ? "∞" : x < 0.0 ? "−∞" : "0");
        return;
    }
    long long m = split(x, digits < 9 ? digits : 9, &e);
    int size = digits_of(llabs(m), front) - 1;
    if (size + e <= 5 && size + e >= -3) {
        put_plain(text, m, e);
        return;
    }
    if (m != 1) put_plain(text, m, -size);
    if (m != 1) put(text, "×");
    put_power(text, size + e);
}

/* ---- ticks ------------------------------------------------------------------------------- */

/* The smallest 1, 2 or 5 times 10^e that is at least x; *e: the power. */
static double nice_step(double x, int *e, int *digit)
{
    *e = (int)floor(log10(x));
    double p = pow(10.0, *e);

    *digit = x <= p * (1 + 1e-9) ? 1 : x <= 2 * p ? 2 : x <= 5 * p ? 5 : 10;
    if (*digit == 10) *digit = 1, (*e)++;
    return *digit * pow(10.0, *e);
}

/* Below 10^-4 or above 10^6 plain digits grow long. */
static void linear_text(long long k, int digit, int e, double at, char text[ND_TICK_TEXT])
{
    double size = fabs(at);

    if (k == 0 || (size < 1e6 && e >= -5))
        text[0] = '\0', put_plain(text, k * digit, e);
    else
        nd_number_label(at, 6, text);
}

static size_t linear_ticks(const nd_axis *a, size_t most, nd_tick tick[ND_TICKS_MAX])
{
    int e, digit;
    size_t n = 0;
    double step = nice_step((a->hi - a->lo) / (double)most, &e, &digit);

    if (a->whole && step < 1.0) step = 1.0, e = 0, digit = 1;
    double from = ceil(a->lo / step - 1e-9), to = floor(a->hi / step + 1e-9);

    for (double k = from; k <= to && n < ND_TICKS_MAX && fabs(k) < 1e15; k += 1.0, n++) {
        tick[n].at = k * step;
        linear_text((long long)k, digit, e, tick[n].at, tick[n].text);
    }
    return n;
}

/* Within one decade: 1, 2, 5; across a few: every power; across many: every m-th. */
static size_t log_ticks(const nd_axis *a, size_t most, nd_tick tick[ND_TICKS_MAX])
{
    static const int few[] = {1, 2, 5};
    int from = (int)floor(log10(a->lo)), to = (int)ceil(log10(a->hi)), span = to - from;
    int every = 1, parts = a->hi / a->lo <= 200.0 ? 3 : 1;
    size_t n = 0;

    while ((size_t)(span / every) > most) every++;
    for (int e = from; e <= to; e++)
        for (int k = 0; k < parts && n < ND_TICKS_MAX; k++) {
            double at = few[k] * pow(10.0, e);
            if (at < a->lo * (1 - 1e-9) || at > a->hi * (1 + 1e-9)) continue;
            if ((e % every + every) % every != 0) continue;
            tick[n].at = at;
            nd_number_label(at, 2, tick[n++].text);
        }
    return n;
}

size_t nd_axis_ticks(const nd_axis *a, size_t most, nd_tick tick[ND_TICKS_MAX])
{
    if (most < 2) most = 2;
    if (most > ND_TICKS_MAX) most = ND_TICKS_MAX;
    if (!(a->hi > a->lo) || !isfinite(a->hi - a->lo)) return 0;
    size_t n = a->log ? log_ticks(a, most, tick) : linear_ticks(a, most, tick);
    if (a->log && n < 2) { /* less than a decade: as on a linear axis */
        const nd_axis plain = {a->lo, a->hi, false, a->whole};
        n = linear_ticks(&plain, most, tick);
    }
    return n;
}
