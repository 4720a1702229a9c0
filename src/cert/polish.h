/* A critical point's centre in double-double, and the gradient there. */
#ifndef ND_CERT_POLISH_H
#define ND_CERT_POLISH_H

#include "cert/dd.h"
#include "num/blas.h"

typedef struct nd_polish nd_polish;

nd_status nd_polish_create(nd_ctx *ctx, const nd_problem *pb, nd_polish **out);
void nd_polish_destroy(nd_ctx *ctx, nd_polish *p);

/* Only the m coordinates at[] (ascending, borrowed; NULL: all) matter from now on: the
 * gradient and Newton's steps have m entries. */
void nd_polish_only(nd_polish *p, size_t m, const size_t *at);
size_t nd_polish_parameters(const nd_polish *p); /* P */

/* gh := grad L(hi + lo) rounded, and *norm >= |grad L(hi + lo)|; inf or NaN when something
 * overflows, or a preactivation of a sample with l' > 0 may be at a kink.  |lo| <= u |hi|. */
nd_status nd_polish_gradient(nd_ctx *ctx, nd_polish *p, const double *hi, const double *lo,
                             double *gh, double *norm);

/* hi + lo := hi + lo - d in those coordinates. */
void nd_polish_move(const nd_polish *p, const double *d, double *hi, double *lo);

/* Newton's method with a fixed H: hi + lo := the best point met, *norm its gradient's
 * bound.  Stops when |g| <= enough or no longer falls.  solve: d := H^-1 d, m entries. */
typedef void (*nd_polish_solve)(void *self, double *d);
nd_status nd_polish_newton_with(nd_ctx *ctx, nd_polish *p, size_t m, nd_polish_solve solve,
                                void *self, double enough, double *hi, double *lo, double *norm);
/* The same with the factor L L' of H (m x m, nd_blas_potrf). */
nd_status nd_polish_newton(nd_ctx *ctx, nd_polish *p, size_t m, const double *factor, double enough,
                           double *hi, double *lo, double *norm);

#endif
