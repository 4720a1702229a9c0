/* Positive definiteness of a symmetric matrix whose entries are known up to errors
 * (docs/proofs.md, section 15).
 *
 *   A' = S A S, R' = S R S with S = diag(2^k_j) so that A'_jj is about 1;
 *   |A'' - A'|_2 <= e, the largest row sum of R', for every A'' within R' of A';
 *   lambda_min(A') > e by one Cholesky factorisation (strict_eigen.c). */
#include "cert/definite.h"
#include "cert/strict.h"

/* The k-th derivative's own error beside the (k+1)-th times the argument's. */
static nd_about jet_error(double value, double rel, double abs_err, double next, double r)
{
    return nd_about_of(value, 1.1 * (rel * fabs(value) + abs_err) + next * r);
}

/* [lo, hi] with z inside. */
static void open_interval(nd_about z, double *lo, double *hi)
{
    double w = nd_grow(z.r + 2.0 * ND_U * fabs(z.m)) + ND_UP_SUM;

    *lo = nextafter(z.m - w, -INFINITY);
    *hi = nextafter(z.m + w, INFINITY);
}

nd_about nd_about_slope(const nd_act *act, int k, nd_about z)
{
    double d[3], lo, hi;

    open_interval(z, &lo, &hi);
    act->jet(1, &z.m, 2, (double *const[]){d, d + 1, d + 2});
    return jet_error(d[k], act->err_rel[k], act->err_abs[k], act->sup(k + 1, lo, hi), z.r);
}

nd_about nd_about_loss(nd_loss loss, int k, nd_about z)
{
    double d[3], lo, hi, rel, abs_err;

    open_interval(z, &lo, &hi);
    if (!nd_loss_error(loss, k, &rel, &abs_err)) return (nd_about){NAN, INFINITY};
    loss.kind->jet(1, &z.m, loss.q, k, (double *const[]){d, d + 1, d + 2});
    return jet_error(d[k], rel, abs_err, loss.kind->sup(k + 1, loss.q, lo, hi), z.r);
}

/* a 2^(2k) lies in [1/2, 2), a > 0. */
static int half_exponent(double a)
{
    int e;

    frexp(a, &e);
    return -((e - (e & 1)) / 2);
}

/* A, R := S A S, S R S; *trace, *row: of |A'|, the largest row sum of R'.  An entry that
 * underflows is off by less than 2^-1074 times a later factor <= 2^537: ND_UP_NORM. */
static bool scale(size_t P, double *A, double *R, double *trace, double *row)
{
    *trace = *row = 0.0;
    for (size_t i = 0; i < P; i++)
        if (!(A[i * P + i] > 0.0 && isfinite(A[i * P + i]))) return false;
    for (size_t i = 0; i < P; i++) {
        int k = half_exponent(A[i * P + i]);

        for (size_t j = 0; j < P; j++) {
            A[i * P + j] = ldexp(A[i * P + j], k);
            R[i * P + j] = ldexp(R[i * P + j], k);
        }
        for (size_t j = 0; j < P; j++) {
            A[j * P + i] = ldexp(A[j * P + i], k);
            R[j * P + i] = ldexp(R[j * P + i], k);
        }
    }
    for (size_t i = 0; i < P; i++) {
        double sum = 0.0;

        for (size_t j = 0; j < P; j++) sum += R[i * P + j];
        if (!isfinite(sum)) return false;
        if (sum > *row) *row = sum;
        *trace += fabs(A[i * P + i]);
    }
    *row = nd_up(*row, P + 2) + 2.0 * (double)P * ND_UP_NORM;
    return true;
}

bool nd_about_definite(size_t P, double *A, double *R, double *L)
{
    double trace, e, shift, low;

    if (P == 0) return true;
    if (!scale(P, A, R, &trace, &e)) return false;
    shift = nd_grow(e) + 4.0 * nd_cholesky_loss(P, trace, 4.0);
    low = nd_eigen_lower(P, A, shift, L);
    return low - e - 4.0 * ND_U * fabs(low) - 4.0 * ND_U * e > 0.0;
}
