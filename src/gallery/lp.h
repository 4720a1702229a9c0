/* Linear programs of a few hundred numbers, by the dense simplex method. */
#ifndef ND_GALLERY_LP_H
#define ND_GALLERY_LP_H

#include <nadir/base.h>

typedef enum { ND_LP_OPTIMAL = 0, ND_LP_INFEASIBLE, ND_LP_UNBOUNDED, ND_LP_LIMIT } nd_lp_end;

/* Maximises c.x subject to A x = b, x >= 0; A: m x n, b: m.  Approximate: a search rests on
 * it, never a proof.  x: n entries.  Errors: ND_EMEM; *end says how it ended, x is set for
 * ND_LP_OPTIMAL only. */
nd_status nd_lp_maximise(nd_ctx *ctx, size_t m, size_t n, const double *A, const double *b,
                         const double *c, double *x, nd_lp_end *end);

#endif
