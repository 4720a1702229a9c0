/* The kind strict: an isolated, strict local minimum near theta. */
#ifndef ND_CERT_STRICT_H
#define ND_CERT_STRICT_H

#include "cert/rounding.h"

nd_status nd_prove_strict(nd_ctx *ctx, const nd_problem *pb, const double *theta, nd_cert *out);

/* Near theta lies a point that agrees with theta but for the m coordinates at[] (ascending;
 * NULL: all P), where the gradient in these is 0 and the Hessian in them positive definite.
 * cert->truth ND_PROVED: then loss, errors, margin, radius and mu speak of that point, and L
 * is C^2 on the ball of that radius about theta but for samples where it is constant; else
 * only the reason is set.  subset.c. */
nd_status nd_prove_subset(nd_ctx *ctx, const nd_problem *pb, const double *theta, size_t m,
                          const size_t *at, nd_cert *cert);

/* What must be subtracted from lambda when the Cholesky factor of fl(A - lambda I) exists:
 * alpha trace + underflow (proofs.md, 9).  trace, max: upper bounds of tr A, max A_ii. */
double nd_cholesky_loss(size_t P, double trace, double max);

/* Proved lower bound of the smallest eigenvalue of the symmetric A (P x P, finite) from
 * one trial shift; -inf when the factorisation breaks down.  L: P x P, overwritten. */
double nd_eigen_lower(size_t P, const double *A, double shift, double *L);

/* Samples surely and possibly misclassified when the margins lie in [lo, hi]. */
void nd_count_errors(const nd_table *t, const double *lo, const double *hi, size_t *least,
                     size_t *most);

#endif
