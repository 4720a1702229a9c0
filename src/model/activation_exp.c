/* Jets of the activations that come from one exponential: softplus, exp, elu,
 * sigmoid, tanh.
 *
 *   softplus  s' = p            s'' = p(1-p)     s''' = p(1-p)(1-2p)   p = 1/(1+e^-z)
 *   sigmoid   s' = p(1-p)       s'' = s'(1-2p)   s''' = s'(1-6s')
 *   tanh      s' = (1-s)(1+s)   s'' = -2 s s'    s''' = s'(6s^2-2)
 *   elu       e^z - 1, e^z, ... for z < 0;  z, 1, 0, 0 for z >= 0
 *
 * Each derivative is a polynomial in the one before, so no second exponential is
 * needed; the price is that 1-p has an absolute, not a relative error
 * (activation.c has the bounds). */
#include <nadir/num.h>

#include "model/activation.h"

/* q := p(1-p) and, unless NULL, r := p(1-p)(1-2p). */
static void logistic_slopes(size_t n, const double *p, double *restrict q, double *restrict r)
{
    for (size_t i = 0; i < n; i++) q[i] = p[i] * (1.0 - p[i]);
    if (!r) return;
    for (size_t i = 0; i < n; i++) r[i] = q[i] * (1.0 - 2.0 * p[i]);
}

void nd_jet_softplus(size_t n, const double *z, int order, double *const d[])
{
    if (order == 0) {
        nd_vsoftplus(n, z, d[0]);
        return;
    }
    nd_vsoftplus_sigmoid(n, z, d[0], d[1]);
    if (order >= 2) logistic_slopes(n, d[1], d[2], order >= 3 ? d[3] : NULL);
}

void nd_jet_sigmoid(size_t n, const double *z, int order, double *const d[])
{
    nd_vsigmoid(n, z, d[0]);
    if (order >= 1) logistic_slopes(n, d[0], d[1], order >= 2 ? d[2] : NULL);
    if (order < 3) return;
    const double *q = d[1];
    double *restrict r = d[3];
    for (size_t i = 0; i < n; i++) r[i] = q[i] * (1.0 - 6.0 * q[i]);
}

void nd_jet_exp(size_t n, const double *z, int order, double *const d[])
{
    nd_vexp(n, z, d[0]);
    for (int k = 1; k <= order; k++)
        for (size_t i = 0; i < n; i++) d[k][i] = d[0][i];
}

void nd_jet_tanh(size_t n, const double *z, int order, double *const d[])
{
    nd_vtanh(n, z, d[0]);
    const double *s = d[0];
    if (order < 1) return;
    double *restrict s1 = d[1];
    for (size_t i = 0; i < n; i++) s1[i] = (1.0 - s[i]) * (1.0 + s[i]);
    if (order < 2) return;
    double *restrict s2 = d[2];
    for (size_t i = 0; i < n; i++) s2[i] = -2.0 * s[i] * s1[i];
    if (order < 3) return;
    double *restrict s3 = d[3];
    for (size_t i = 0; i < n; i++) s3[i] = s1[i] * (6.0 * s[i] * s[i] - 2.0);
}

/* In blocks, because e^z is needed next to z, which d[0] may overwrite.  The
 * comparison is false for NaN, so NaN takes the branch of e^z and stays NaN. */
void nd_jet_elu(size_t n, const double *z, int order, double *const d[])
{
    double e[256];

    for (size_t i0 = 0; i0 < n; i0 += 256) {
        size_t m = n - i0 < 256 ? n - i0 : 256;
        nd_vexp(m, z + i0, e);
        for (size_t i = 0; i < m; i++) {
            double x = z[i0 + i];
            bool right = x >= 0.0;
            d[0][i0 + i] = right ? x : e[i] - 1.0;
            if (order >= 1) d[1][i0 + i] = right ? 1.0 : e[i];
            for (int k = 2; k <= order; k++) d[k][i0 + i] = right ? 0.0 : e[i];
        }
    }
}
