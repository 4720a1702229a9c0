/* The quadratic model  m(s) = g's + s'H s / 2  at the iterate of a run, and its
 * minimiser in a ball.  Dense: quad_dense.c; by products with H: quad_cg.c. */
#ifndef ND_OPT_QUAD_H
#define ND_OPT_QUAD_H

#include "opt/run.h"

typedef struct {
    nd_run *run;
    size_t n;
    bool dense;
    double *block;
    double *H, *L;         /* dense: the Hessian, and its factors                 */
    double *s, *v, *p, *w; /* s: the step; v: last direction of least curvature   */
    double norm;           /* >= |H|_2 (dense), a lower bound of it (products)    */
    double forcing;        /* products: residual tolerance relative to |g|            */
    double floor;          /* eigenvalues of this size are rounding               */
    double low;            /* lambda_min(H) <= -low is known; 0: nothing          */
    double lambda;         /* multiplier of the last step                         */
    bool at_floor;         /* the last multiplier was floor, because H is singular */
    double radius;         /* of the last step                                    */
    bool probed;           /* lambda_min has been looked for at this H            */
    bool on_boundary;      /* of the last step                                    */
    bool negative;         /* the last step follows negative curvature            */
    double predicted;      /* -m(s)                                               */
} nd_quad;

/* Errors: ND_EMEM, ND_ESMOOTH when there are no second derivatives. */
nd_status nd_quad_create(nd_quad *q, nd_run *run);
void nd_quad_destroy(nd_quad *q);

/* Takes H at run->here.  *stop: ND_STOP_NOT_FINITE, or a limit. */
nd_status nd_quad_update(nd_quad *q, nd_stop *stop);

/* q->s := a minimiser of m in |s| <= radius, to a tenth in the multiplier (dense) or
 * to the tolerance of truncated conjugate gradients; see the implementations. */
nd_status nd_quad_step(nd_quad *q, double radius, nd_stop *stop);

/* lambda_min, lambda_err, index, step of run->out for H; when lambda_min is negative
 * the next nd_quad_step follows it. */
nd_status nd_quad_curvature(nd_quad *q, nd_stop *stop);

nd_status nd_quad_hv(nd_quad *q, const double *v, double *hv);

nd_status nd_quad_dense_update(nd_quad *q);
nd_status nd_quad_dense_step(nd_quad *q, double radius);
nd_status nd_quad_dense_curvature(nd_quad *q);
nd_status nd_quad_cg_step(nd_quad *q, double radius, nd_stop *stop);
nd_status nd_quad_cg_curvature(nd_quad *q, nd_stop *stop);

#endif
