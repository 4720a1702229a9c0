/* Jets of the activations that need arithmetic only (and arctan).
 *
 *   squareplus  s = (z+r)/2, r = sqrt(z^2+4)  s' = s/r  s'' = 2/r^3  s''' = -6z/r^5
 *   square      z^2, 2z, 2, 0
 *   arctan      s' = c = 1/(1+z^2)   s'' = -2zc^2   s''' = c^2 (6-8c)
 *   relu        max(0,z); leakyrelu  max(z, 0.01 z)
 *
 * The highest derivative is written first and s last, because d[0] may be z. */
#include <math.h>
#include <nadir/num.h>

#include "model/activation.h"

/* sqrt(z^2+4); beyond 2^500, where z^2 may overflow, it is |z| to the last bit. */
static inline double radius(double z)
{
    double a = fabs(z);
    return a > 0x1p500 ? a : sqrt(z * z + 4.0);
}

/* For z < 0 z + r cancels: (z+r)/2 = 2/(r-z). */
static inline double squareplus(double z, double r)
{
    double h = 0.5 * r + 0.5 * fabs(z);
    return z < 0.0 ? 1.0 / h : h;
}

/* Two loops, so that a gradient does not pay for the division of s''. */
void nd_jet_squareplus(size_t n, const double *z, int order, double *const d[])
{
    for (size_t i = 0; order >= 2 && i < n; i++) {
        double x = z[i], r = radius(x);
        d[2][i] = 2.0 / (r * r * r);
        if (order >= 3) d[3][i] = d[2][i] * (-3.0 * (x / r) / r);
    }
    for (size_t i = 0; i < n; i++) {
        double x = z[i], r = radius(x), s = squareplus(x, r);
        if (order >= 1) d[1][i] = s / r;
        d[0][i] = s;
    }
}

static void fill(size_t n, double value, const double *z, double *y)
{
    for (size_t i = 0; i < n; i++) y[i] = z[i] == z[i] ? value : z[i];
}

void nd_jet_square(size_t n, const double *z, int order, double *const d[])
{
    if (order >= 3) fill(n, 0.0, z, d[3]);
    if (order >= 2) fill(n, 2.0, z, d[2]);
    if (order >= 1)
        for (size_t i = 0; i < n; i++) d[1][i] = 2.0 * z[i];
    for (size_t i = 0; i < n; i++) d[0][i] = z[i] * z[i];
}

void nd_jet_arctan(size_t n, const double *z, int order, double *const d[])
{
    for (size_t i = 0; order >= 1 && i < n; i++) {
        double x = z[i], c = 1.0 / (1.0 + x * x);
        if (order >= 3) d[3][i] = c * c * (6.0 - 8.0 * c);
        if (order >= 2) d[2][i] = -2.0 * (x * c) * c;
        d[1][i] = c;
    }
    nd_vatan(n, z, d[0]);
}

/* The slopes of max(z, leak z), NaN kept: every comparison with NaN is false. */
static void ramp_slopes(size_t n, const double *z, double leak, int order, double *const d[])
{
    for (int k = 2; k <= order; k++) fill(n, 0.0, z, d[k]);
    for (size_t i = 0; order >= 1 && i < n; i++)
        d[1][i] = z[i] >= 0.0 ? 1.0 : z[i] < 0.0 ? leak : z[i];
}

void nd_jet_relu(size_t n, const double *z, int order, double *const d[])
{
    ramp_slopes(n, z, 0.0, order, d);
    for (size_t i = 0; i < n; i++) d[0][i] = z[i] < 0.0 ? 0.0 : z[i];
}

void nd_jet_leakyrelu(size_t n, const double *z, int order, double *const d[])
{
    ramp_slopes(n, z, ND_LEAK, order, d);
    for (size_t i = 0; i < n; i++) d[0][i] = z[i] < 0.0 ? ND_LEAK * z[i] : z[i];
}
