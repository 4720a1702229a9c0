/* All eigenvalues of a dense symmetric matrix, with a bound of their error.
 *
 * With vectors (rows of V, W = V', R = A W - W D, E = W'W - I, e = |E| < 1): the
 * polar factor Q of W is orthogonal with |W - Q| <= e, so A and Q D Q' differ by at
 * most |R| + e (|A| + |D|), and by Weyl's theorem every eigenvalue by no more.  |R|
 * and e are computed in the Frobenius norm from two products; the rounding of those,
 * at most n u (|A| |W|)_F + ... , is added.  This is a bound, not an estimate.
 *
 * Without vectors: LAPACK's backward stability, |A - A~| <= p(n) u |A|, with p(n) =
 * 2 n (LAPACK Users' Guide, 4.7: p(n) "a modestly growing function").  This figure
 * is generous in every test but it is not proved. */
#include <nadir/opt.h>

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "num/blas.h"
#include "num/tile.h"

#define U (0.5 * DBL_EPSILON)

static double largest(size_t n, const double *values)
{
    return n == 0 ? 0.0 : fmax(fabs(values[0]), fabs(values[n - 1]));
}

/* |A W - W D|_F, columns of W in V; R: n x n scratch. */
static double residual(size_t n, const double *A, const double *V, const double *values, double *R)
{
    for (size_t j = 0; j < n; j++)
        for (size_t i = 0; i < n; i++) R[j * n + i] = values[j] * V[j * n + i];
    nd_blas_gemm(false, false, n, n, n, 1.0, A, n, V, n, -1.0, R, n);
    return nd_norm2(n * n, R);
}

/* |W'W - I|_F. */
static double skewness(size_t n, const double *V, double *R)
{
    memset(R, 0, n * n * sizeof *R);
    for (size_t i = 0; i < n; i++) R[i * n + i] = 1.0;
    nd_blas_gemm(true, false, n, n, n, 1.0, V, n, V, n, -1.0, R, n);
    return nd_norm2(n * n, R);
}

/* The header's bound; norms: |A|_F, and |W|_F <= sqrt(n (1 + e)). */
static double bound(size_t n, const double *A, const double *V, const double *values, double *R)
{
    double dn = (double)n, a = nd_norm2(n * n, A), d = largest(n, values);
    double e = skewness(n, V, R) + 2.0 * (dn + 2.0) * U * dn;
    double r = residual(n, A, V, values, R) + 2.0 * (dn + 2.0) * U * (a + d) * sqrt(dn);

    return e < 0.5 ? (r + e * (a + d)) * (1.0 + 1e-8) : INFINITY;
}

static nd_status with_vectors(nd_ctx *ctx, size_t n, double *A, double *values, double *V,
                              double *error)
{
    double *R = ND_NEW(ctx, double, n *n);
    nd_status status = R ? ND_OK : ND_EMEM;

    if (status == ND_OK) {
        memcpy(V, A, n * n * sizeof *A);
        if (nd_blas_syev(ctx, true, n, V, n, values, &status) > 0)
            status = nd_fail(ctx, ND_ENUMERIC,
                             "the eigenvalues of a matrix of order %zu did not "
                             "converge (is it finite?)",
                             n);
    }
    if (status == ND_OK) *error = bound(n, A, V, values, R);
    nd_free(ctx, R);
    return status;
}

nd_status nd_eigen_dense(nd_ctx *ctx, size_t n, double *A, double *values, double *V, double *error)
{
    nd_status status = ND_OK;
    double norm;

    if (V) return with_vectors(ctx, n, A, values, V, error);
    norm = nd_norm2(n * n, A);
    if (nd_blas_syev(ctx, false, n, A, n, values, &status) > 0)
        return nd_fail(ctx, ND_ENUMERIC,
                       "the eigenvalues of a matrix of order %zu did not converge "
                       "(is it finite?)",
                       n);
    if (status == ND_OK) *error = 2.0 * (double)n * U * norm;
    return status;
}
