/* The table of losses l(z), z = -margin, with u = max(0, 1 + z):
 *
 *   polyhinge:q   u^q            l^(k) = q!/(q-k)! u^(q-k) for k < q
 *   logistic      log(1 + e^z)   natural logarithm, so l(0) = 0.69 < 1: (S) fails
 *   square        (1 + z)^2
 *   exponential   e^z
 *   smoothhinge   2u^3 - u^4 for u <= 1, 2u - 1 beyond
 *                 l' = 6u^2 - 4u^3 | 2    l'' = 12u(1-u) | 0    l''' = 12 - 24u | 0
 *
 * (S), (T), (T2): theory.md, section 0; docs/theory.md.  In each hinge u is cut by
 * "u < 0", false for NaN, so NaN stays NaN and never looks like a perfect fit. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "model/activation.h"
#include <nadir/num.h>

enum { LOSS_POLYHINGE, LOSS_LOGISTIC, LOSS_SQUARE, LOSS_EXPONENTIAL, LOSS_SMOOTHHINGE, LOSS_ROWS };

static double hinge(double z)
{
    double u = 1.0 + z;
    return u < 0.0 ? 0.0 : u;
}

static double power(double u, int n)
{
    double p = 1.0;
    for (int k = 0; k < n; k++) p *= u;
    return p;
}

/* q!/(q-k)! */
static double falling(int q, int k)
{
    double c = 1.0;
    for (int j = 0; j < k; j++) c *= q - j;
    return c;
}

/* ---- polyhinge -------------------------------------------------------------- */

static int polyhinge_smooth(int q)
{
    return q - 1;
}

/* The k-th derivative at u = max(0, 1+z); for k = q the step from 0 to q!. */
static double polyhinge_at(double u, int q, int k)
{
    if (k < q) return falling(q, k) * power(u, q - k);
    if (k > q || u == 0.0) return u * 0.0;
    return u == u ? falling(q, q) : u;
}

static void polyhinge_jet(size_t n, const double *z, int q, int order, double *const d[])
{
    for (size_t i = 0; i < n; i++) {
        double u = hinge(z[i]);
        for (int k = order; k >= 0; k--) d[k][i] = polyhinge_at(u, q, k);
    }
}

static double polyhinge_sup(int k, int q, double lo, double hi)
{
    if (!(lo <= hi) || k < 0 || k > 3) return INFINITY;
    if (k < q) return polyhinge_at(hinge(hi), q, k) * (1.0 + 0x1p-48);
    if (hi < -1.0) return 0.0;
    if (k == q) return falling(q, q);
    return lo <= -1.0 ? INFINITY : 0.0;
}

/* ---- logistic, square, exponential -------------------------------------------- */

static int smooth_all(int q)
{
    (void)q;
    return ND_SMOOTH_INF;
}

static void logistic_jet(size_t n, const double *z, int q, int order, double *const d[])
{
    (void)q;
    nd_jet_softplus(n, z, order, d);
}

static double logistic_sup(int k, int q, double lo, double hi)
{
    (void)q;
    return nd_sup_softplus(k, lo, hi);
}

static void square_jet(size_t n, const double *z, int q, int order, double *const d[])
{
    (void)q;
    for (size_t i = 0; i < n; i++) {
        double u = 1.0 + z[i];
        if (order >= 3) d[3][i] = u == u ? 0.0 : u;
        if (order >= 2) d[2][i] = u == u ? 2.0 : u;
        if (order >= 1) d[1][i] = 2.0 * u;
        d[0][i] = u * u;
    }
}

static double square_sup(int k, int q, double lo, double hi)
{
    double a = fabs(1.0 + lo), b = fabs(1.0 + hi), m = (a > b ? a : b) * (1.0 + 0x1p-51);

    (void)q;
    if (!(lo <= hi) || k < 0 || k > 3) return INFINITY;
    return k == 0 ? m * m * (1.0 + 0x1p-51) : k == 1 ? 2.0 * m : k == 2 ? 2.0 : 0.0;
}

static void exponential_jet(size_t n, const double *z, int q, int order, double *const d[])
{
    (void)q;
    nd_jet_exp(n, z, order, d);
}

static double exponential_sup(int k, int q, double lo, double hi)
{
    (void)q;
    return nd_sup_exp(k, lo, hi);
}

/* ---- smoothhinge ---------------------------------------------------------------- */

static int smoothhinge_smooth(int q)
{
    (void)q;
    return 2;
}

static double smoothhinge_at(double u, int k)
{
    switch (k) {
    case 0:
        return u > 1.0 ? 2.0 * u - 1.0 : u * u * u * (2.0 - u);
    case 1:
        return u > 1.0 ? 2.0 : u * u * (6.0 - 4.0 * u);
    case 2:
        return u > 1.0 ? 0.0 : 12.0 * u * (1.0 - u);
    default:
        return u > 1.0 || u == 0.0 ? 0.0 : 12.0 - 24.0 * u;
    }
}

static void smoothhinge_jet(size_t n, const double *z, int q, int order, double *const d[])
{
    (void)q;
    for (size_t i = 0; i < n; i++) {
        double u = hinge(z[i]);
        for (int k = order; k >= 0; k--) d[k][i] = smoothhinge_at(u, k);
    }
}

/* l and l' increase; l'' rises to 3 at u = 1/2; |l'''| is largest at an end of the
 * part of the interval in [0, 1] (closed: both one-sided slopes of l'' count). */
static double smoothhinge_sup(int k, int q, double lo, double hi)
{
    double a = hinge(lo), b = hinge(hi), m;

    (void)q;
    if (!(lo <= hi) || k < 0 || k > 3) return INFINITY;
    if (k <= 1) return b == INFINITY ? (k ? 2.0 : b) : smoothhinge_at(b, k) * (1.0 + 0x1p-48);
    if (hi < -1.0 || lo > 0.0) return 0.0;
    if (b > 1.0) b = 1.0;
    if (k == 2) {
        if (a <= 0.5 && b >= 0.5) return 3.0;
        m = fmax(smoothhinge_at(a, 2), smoothhinge_at(b, 2));
        return m * (1.0 + 0x1p-48) + 0x1p-50;
    }
    return fmax(fabs(12.0 - 24.0 * a), fabs(12.0 - 24.0 * b)) * (1.0 + 0x1p-48) + 0x1p-48;
}

/* ---- the table ------------------------------------------------------------------ */

static const nd_loss_kind rows_[LOSS_ROWS] = {
    [LOSS_POLYHINGE] = {.name = "polyhinge",
                        .formula = "max(0, 1 + z)^q",
                        .q_min = 2,
                        .q_max = 9,
                        .q_preset = 3,
                        .surrogate = true,
                        .hinge_tail = true,
                        .convex = true,
                        .z0 = 1.0,
                        .smooth = polyhinge_smooth,
                        .jet = polyhinge_jet,
                        .sup = polyhinge_sup},
    [LOSS_LOGISTIC] = {.name = "logistic",
                       .formula = "log(1 + e^z)",
                       .surrogate = false,
                       .hinge_tail = false,
                       .convex = true,
                       .smooth = smooth_all,
                       .jet = logistic_jet,
                       .sup = logistic_sup},
    [LOSS_SQUARE] = {.name = "square",
                     .formula = "(1 + z)^2",
                     .surrogate = true,
                     .hinge_tail = false,
                     .convex = true,
                     .smooth = smooth_all,
                     .jet = square_jet,
                     .sup = square_sup},
    [LOSS_EXPONENTIAL] = {.name = "exponential",
                          .formula = "e^z",
                          .surrogate = true,
                          .hinge_tail = false,
                          .convex = true,
                          .smooth = smooth_all,
                          .jet = exponential_jet,
                          .sup = exponential_sup},
    [LOSS_SMOOTHHINGE] = {.name = "smoothhinge",
                          .formula = "2u^3 - u^4 for u <= 1, 2u - 1 beyond, u = max(0, 1 + z)",
                          .surrogate = true,
                          .hinge_tail = true,
                          .convex = true,
                          .z0 = 1.0,
                          .smooth = smoothhinge_smooth,
                          .jet = smoothhinge_jet,
                          .sup = smoothhinge_sup},
};

const nd_loss_kind *nd_loss_table(size_t *rows)
{
    *rows = LOSS_ROWS;
    return rows_;
}

static nd_status unknown_loss(nd_ctx *ctx, const char *name)
{
    const char *names[LOSS_ROWS], *near;

    for (int r = 0; r < LOSS_ROWS; r++) names[r] = rows_[r].name;
    near = nd_text_closest(name, names, LOSS_ROWS);
    if (near) return nd_fail(ctx, ND_ENAME, "unknown loss '%.40s': did you mean '%s'?", name, near);
    return nd_fail(ctx, ND_ENAME,
                   "unknown loss '%.40s': expected polyhinge:Q, logistic, square, exponential or "
                   "smoothhinge",
                   name);
}

static const nd_loss_kind *kind_named(const char *name, size_t size)
{
    for (int r = 0; r < LOSS_ROWS; r++)
        if (strlen(rows_[r].name) == size && memcmp(rows_[r].name, name, size) == 0)
            return &rows_[r];
    return NULL;
}

static nd_status parse_exponent(nd_ctx *ctx, const nd_loss_kind *kind, const char *digits, int *q)
{
    if (kind->q_max == 0)
        return nd_fail(ctx, ND_EINPUT, "loss '%s' takes no exponent, found ':%.20s'", kind->name,
                       digits);
    if (digits[0] == '\0' || digits[strspn(digits, "0123456789")] != '\0')
        return nd_fail(ctx, ND_EINPUT,
                       "loss '%s:': expected an exponent from %d to %d, found "
                       "'%.20s'",
                       kind->name, kind->q_min, kind->q_max, digits);
    *q = strlen(digits) == 1 ? digits[0] - '0' : kind->q_max + 1;
    if (*q < kind->q_min || *q > kind->q_max)
        return nd_fail(ctx, ND_ERANGE,
                       "loss '%s': the exponent must be from %d to %d, found "
                       "%.20s",
                       kind->name, kind->q_min, kind->q_max, digits);
    return ND_OK;
}

nd_status nd_loss_parse(nd_ctx *ctx, const char *spec, nd_loss *out)
{
    size_t size = strcspn(spec, ":");
    const nd_loss_kind *kind = kind_named(spec, size);
    char name[48];

    if (!kind) {
        snprintf(name, sizeof name, "%.*s", size < 40 ? (int)size : 40, spec);
        return unknown_loss(ctx, name);
    }
    int q = kind->q_preset;
    if (spec[size] == ':') {
        nd_status status = parse_exponent(ctx, kind, spec + size + 1, &q);
        if (status != ND_OK) return status;
    }
    *out = (nd_loss){kind, q};
    return ND_OK;
}

void nd_loss_spec(nd_loss loss, char spec[32])
{
    if (loss.kind->q_max > 0)
        snprintf(spec, 32, "%s:%d", loss.kind->name, loss.q);
    else
        snprintf(spec, 32, "%s", loss.kind->name);
}
