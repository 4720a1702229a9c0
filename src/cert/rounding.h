/* Plain double precision with every rounding error bounded: the two or three facts
 * that all of cert rests on (derived in docs/proofs.md, section 1). */
#ifndef ND_CERT_ROUNDING_H
#define ND_CERT_ROUNDING_H

#include <nadir/cert.h>

#define ND_U 0x1p-53 /* unit roundoff of binary64, round to nearest */

/* More than k u / (1 - k u) for k <= 2^40: bounds the relative effect of k
 * roundings, in any order of summation (1.01 covers the quotient and the rounding
 * of this product). */
static inline double nd_gamma(size_t k)
{
    return 1.01 * (double)k * ND_U;
}

/* x was computed from non-negative numbers by + * / sqrt with at most k roundings
 * on each path; the result is >= the exact value, underflow aside. */
static inline double nd_up(double x, size_t k)
{
    return x * (1.0 + (double)(2 * k + 4) * ND_U);
}

/* Underflow: added once per bound.  A norm of numbers that underflow when squared is
 * short by less than ND_UP_NORM, a sum of products by less than ND_UP_SUM. */
#define ND_UP_NORM 0x1p-500
#define ND_UP_SUM  0x1p-1000

/* At least the Euclidean norm of the n entries of x; NaN or inf when one of them is. */
double nd_norm_up(size_t n, const double *x);

/* True when this thread rounds to nearest and keeps subnormal numbers (a library
 * linked with -ffast-math may have switched the processor to flush them). */
bool nd_arithmetic_sound(void);

/* L(theta) in [*lo, *hi] from enclosures of the margins.  Unknown losses and numbers
 * that are not finite give [-inf, inf]. */
void nd_loss_bounds(const nd_problem *pb, const double *theta, const double *margin_lo,
                    const double *margin_hi, double *lo, double *hi);

/* theta is zero-loss: cert/zero_loss.c. */
nd_status nd_prove_zero_loss(nd_ctx *ctx, const nd_problem *pb, const double *theta, nd_cert *out);

#endif
