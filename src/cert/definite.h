/* Numbers with an error, and symmetric matrices of them that are positive definite. */
#ifndef ND_CERT_DEFINITE_H
#define ND_CERT_DEFINITE_H

#include "cert/variation.h"

/* A real number within r >= 0 of m.  What is not finite stays so and proves nothing. */
typedef struct {
    double m, r;
} nd_about;

/* m with an error r that is itself known up to a few roundings, rounded once. */
static inline nd_about nd_about_of(double m, double r)
{
    return (nd_about){m, nd_grow(r + ND_U * fabs(m)) + ND_UP_SUM};
}

static inline nd_about nd_about_add(nd_about a, nd_about b)
{
    return nd_about_of(a.m + b.m, a.r + b.r);
}

static inline nd_about nd_about_mul(nd_about a, nd_about b)
{
    return nd_about_of(a.m * b.m, fabs(a.m) * b.r + a.r * fabs(b.m) + a.r * b.r);
}

/* s^(k) of an activation, 0 <= k <= 2, and l^(k) of a loss, k = 1, 2, for arguments within z.r of
 * z.m.  The radius is infinite where the derivative jumps on that interval or next to it. */
nd_about nd_about_slope(const nd_act *act, int k, nd_about z);
nd_about nd_about_loss(nd_loss loss, int k, nd_about z);

/* Every symmetric matrix within R entry by entry of A is positive definite.  A, R: P x P,
 * both are overwritten; L: P x P of scratch. */
bool nd_about_definite(size_t P, double *A, double *R, double *L);

#endif
