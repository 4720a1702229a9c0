/* A critical point's centre in double-double, and the gradient there. */
#ifndef ND_CERT_POLISH_H
#define ND_CERT_POLISH_H

#include "cert/dd.h"
#include "num/blas.h"

typedef struct nd_polish nd_polish;

nd_status nd_polish_create(nd_ctx *ctx, const nd_problem *pb, nd_polish **out);
void nd_polish_destroy(nd_ctx *ctx, nd_polish *p);

/* gh := grad L(hi + lo) rounded, P entries, and *norm >= |grad L(hi + lo)|; inf or NaN
 * when something overflows.  |lo| <= u |hi|. */
nd_status nd_polish_gradient(nd_ctx *ctx, nd_polish *p, const double *hi, const double *lo,
                             double *gh, double *norm);

/* Newton's method with a fixed factor L L' of H (nd_blas_potrf): hi + lo := the best
 * point met, *norm its gradient's bound.  Stops when |g| <= enough or no longer falls. */
nd_status nd_polish_newton(nd_ctx *ctx, nd_polish *p, size_t P, const double *factor, double enough,
                           double *hi, double *lo, double *norm);

#endif
