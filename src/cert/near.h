/* What the proofs about a critical point near theta share. */
#ifndef ND_CERT_NEAR_H
#define ND_CERT_NEAR_H

#include "cert/variation.h"

#define ND_NEAR 0.01 /* |c - theta| <= ND_NEAR (1 + |theta|): "near" */

/* c->reason; returns false. */
bool nd_cert_fail(nd_cert *c, const char *fmt, ...) ND_PRINTF(2, 3);

/* theta is finite, L has second derivatives with stated errors everywhere, and the dense
 * Hessian fits; else false with the reason. */
bool nd_near_applies(const nd_problem *pb, const double *theta, nd_cert *c);
/* The same for activations with kinks, too, where nd_problem_hessian_at has to be used. */
bool nd_near_applies_at(const nd_problem *pb, const double *theta, nd_cert *c);

/* At least |hi + lo - a|; lo NULL: 0.  v: P entries of scratch. */
double nd_near_distance(size_t P, const double *a, const double *hi, const double *lo, double *v);

/* e_H with the rounding of H_kk + lambda: H is what nd_problem_hessian returned, b from
 * nd_ball_bounds at the same point. */
double nd_near_hessian_error(const nd_problem *pb, const double *H, const nd_ball *b);
/* The same for a block of m rows and columns of it. */
double nd_near_block_error(const nd_problem *pb, size_t m, const double *block, const nd_ball *b);

/* What is claimed of theta*, |theta* - c| <= rho, |f_i(theta*) - f_i(c)| <= change_i: loss,
 * margins, errors, and radius for |c - theta| <= offset.  m: 2 n entries of scratch.  *ok:
 * all of it is finite; else c->reason says so. */
nd_status nd_near_claims(nd_ctx *ctx, const nd_problem *pb, const double *c, double rho,
                         double offset, const double *change, double *m, nd_cert *cert, bool *ok);

#endif
