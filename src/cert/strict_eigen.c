/* A lower bound of the smallest eigenvalue by one Cholesky factorisation (S. M. Rump,
 * BIT 46, 2006; Demmel 1989; docs/proofs.md, section 9).
 *
 * If L L' is computed for A~ = A - D (D diagonal, every entry >= shift after rounding
 * down), then A~ + E = L L' with |E| <= alpha/(1 - alpha) tr A~ + underflow, so
 *   lambda_min(A) >= shift - alpha' tr(A) - underflow. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "cert/strict.h"
#include "num/blas.h"

/* alpha = gamma_(P+8): P + 1 roundings of the textbook, one for a product with the
 * reciprocal of a pivot instead of a quotient, the rest for alpha/(1 - alpha) and this
 * evaluation.  Underflow as in Rump's (2.11), eta = 2^-1022: flushing is allowed for. */
double nd_cholesky_loss(size_t P, double trace, double max)
{
    double p = (double)P, eta = 4.0 * 0x1p-1022;

    return nd_up(nd_gamma(P + 8) * trace + eta * p * (2.0 * (p + 1.0) + max), 12);
}

/* No early way out: the loop becomes vectors. */
static bool all_finite(size_t n, const double *x)
{
    bool finite = true;

    for (size_t i = 0; i < n; i++) finite &= fabs(x[i]) <= DBL_MAX;
    return finite;
}

/* The lower triangle of a column-major factor: finite, diagonal positive. */
static bool sound_factor(size_t P, const double *L)
{
    for (size_t j = 0; j < P; j++) {
        if (!(L[j * P + j] > 0.0) || !all_finite(P - j, L + j * P + j)) return false;
    }
    return true;
}

double nd_eigen_lower(size_t P, const double *A, double shift, double *L)
{
    double trace = 0.0, max = 0.0;

    if (!isfinite(shift)) return -INFINITY;
    for (size_t j = 0; j < P; j++) { /* the lower triangle is all that counts */
        if (!all_finite(P - j, A + j * P + j)) return -INFINITY;
        memcpy(L + j * P + j, A + j * P + j, (P - j) * sizeof *L);
    }
    for (size_t k = 0; k < P; k++) {
        double a = A[k * P + k];

        /* fl is within one neighbour of the exact difference */
        L[k * P + k] = nextafter(a - shift, -INFINITY);
        trace += fabs(L[k * P + k]);
        if (fabs(a) > max) max = fabs(a);
    }
    if (nd_blas_potrf(P, L, P) != 0 || !sound_factor(P, L)) return -INFINITY;
    return nextafter(shift - nd_cholesky_loss(P, nd_up(trace, P + 2), max), -INFINITY);
}
