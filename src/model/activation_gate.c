/* Jets of the gated activations z g(z): gelu (g = Phi, the normal distribution
 * function, exact) and silu (g = 1/(1+e^-z)).
 *
 *   gelu  s' = Phi + z phi     s'' = phi (2 - z^2)      s''' = phi z (z^2 - 4)
 *   silu  s' = p + z pq        s'' = pq (2 - z(p-q))    s''' = pq (z(1-6pq) - 3(p-q))
 *
 * with phi the density, p = 1/(1+e^-z) and q = 1 - p.  z multiplies pq, so pq must
 * have a small relative error: p and q both come from e = e^-|z|, as 1/(1+e) and
 * e/(1+e), never from a subtraction.  phi (2 - z^2) is evaluated at z cut to
 * [-40, 40], where phi is 0 in double precision, so that inf * 0 does not arise. */
#include <math.h>
#include <nadir/num.h>

#include "model/activation.h"

#define BLOCK 256

static void gelu_block(size_t n, const double *z, int order, double *const d[], size_t at)
{
    static const double root = 0.39894228040143267794; /* 1/sqrt(2 pi) */
    double Phi[BLOCK], t[BLOCK], phi[BLOCK];

    nd_vphi(n, z, Phi);
    if (order >= 1) {
        for (size_t i = 0; i < n; i++) t[i] = z[i] > 40.0 ? 40.0 : z[i] < -40.0 ? -40.0 : z[i];
        for (size_t i = 0; i < n; i++) phi[i] = -0.5 * t[i] * t[i];
        nd_vexp(n, phi, phi);
        for (size_t i = 0; i < n; i++) phi[i] *= root;
    }
    for (size_t i = 0; i < n; i++) {
        double x = z[i];
        if (order >= 3) d[3][at + i] = phi[i] * t[i] * (t[i] * t[i] - 4.0);
        if (order >= 2) d[2][at + i] = phi[i] * (2.0 - t[i] * t[i]);
        if (order >= 1) d[1][at + i] = Phi[i] + t[i] * phi[i];
        d[0][at + i] = x * Phi[i];
    }
}

static void silu_block(size_t n, const double *z, int order, double *const d[], size_t at)
{
    double e[BLOCK];

    for (size_t i = 0; i < n; i++) e[i] = -fabs(z[i]);
    nd_vexp(n, e, e);
    for (size_t i = 0; i < n; i++) {
        double x = z[i], large = 1.0 / (1.0 + e[i]), small = e[i] * large;
        double p = x >= 0.0 ? large : small, pq = large * small;
        double diff = x >= 0.0 ? large - small : small - large;
        if (order >= 3) d[3][at + i] = x * pq * (1.0 - 6.0 * pq) - 3.0 * pq * diff;
        if (order >= 2) d[2][at + i] = 2.0 * pq - x * pq * diff;
        if (order >= 1) d[1][at + i] = p + x * pq;
        d[0][at + i] = x * p;
    }
}

void nd_jet_gelu(size_t n, const double *z, int order, double *const d[])
{
    for (size_t i = 0; i < n; i += BLOCK)
        gelu_block(n - i < BLOCK ? n - i : BLOCK, z + i, order, d, i);
}

void nd_jet_silu(size_t n, const double *z, int order, double *const d[])
{
    for (size_t i = 0; i < n; i += BLOCK)
        silu_block(n - i < BLOCK ? n - i : BLOCK, z + i, order, d, i);
}
