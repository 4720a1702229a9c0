/* The quadratic model: which of its two forms, and what they share. */
#include "opt/quad.h"

#include <nadir/num.h>

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "num/blas.h"
#include "num/tile.h"

nd_status nd_quad_create(nd_quad *q, nd_run *run)
{
    const nd_oracle *fn = run->fn;
    const size_t n = run->n, padded = ND_PADDED(n);
    nd_rng rng = nd_rng_make(0, 0);

    *q = (nd_quad){.run = run, .n = n};
    if (!fn->hv && !fn->hessian)
        return nd_fail(run->ctx, ND_ESMOOTH, "Newton's method needs second derivatives");
    q->dense = !fn->hv || n <= (size_t)run->s->dense_max;
    q->block = ND_NEW(run->ctx, double, 4 * padded + (q->dense ? 2 * n * n : padded));
    if (!q->block) return ND_EMEM;
    q->s = q->block;
    q->v = q->s + padded;
    q->p = q->v + padded;
    q->w = q->p + padded;
    q->H = q->w + padded; /* by products: one more vector */
    q->L = q->dense ? q->H + n * n : NULL;
    for (size_t i = 0; i < n; i++) q->v[i] = nd_rng_normal(&rng);
    return ND_OK;
}

void nd_quad_destroy(nd_quad *q)
{
    if (q->run) nd_free(q->run->ctx, q->block);
}

nd_status nd_quad_hv(nd_quad *q, const double *v, double *hv)
{
    q->run->out.hv++;
    return q->run->fn->hv(q->run->fn->self, q->run->here.x, v, hv);
}

nd_status nd_quad_update(nd_quad *q, nd_stop *stop)
{
    nd_status status = nd_run_check(q->run, stop);

    q->low = 0.0;
    q->probed = false;
    if (status != ND_OK || *stop || !q->dense) return status;
    status = nd_quad_dense_update(q);
    if (status == ND_OK && !isfinite(q->norm)) *stop = ND_STOP_NOT_FINITE;
    return status;
}

nd_status nd_quad_step(nd_quad *q, double radius, nd_stop *stop)
{
    nd_status status = nd_run_check(q->run, stop);

    if (status != ND_OK || *stop) return status;
    return q->dense ? nd_quad_dense_step(q, radius) : nd_quad_cg_step(q, radius, stop);
}

nd_status nd_quad_curvature(nd_quad *q, nd_stop *stop)
{
    return q->dense ? nd_quad_dense_curvature(q) : nd_quad_cg_curvature(q, stop);
}
