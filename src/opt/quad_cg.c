/* Trust-region step from products H v alone: conjugate gradients truncated at the
 * boundary or at negative curvature (Steihaug, SIAM J. Numer. Anal. 20, 1983), with
 * the residual tolerance min(1/10, |g| / largest |g|) |g|, which keeps Newton's speed.
 *
 * At a small gradient the smallest eigenpair comes from Lanczos' method; when it is
 * negative, the next step goes along its vector, downhill, to the boundary: that is
 * how a saddle is left. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "num/tile.h"
#include "opt/quad.h"

#define LAMBDA_TOL 1e-10  /* of lambda_min relative to |H|                            */
#define PRODUCTS   20000L /* for it                                                  */
#define CG_MAX     10     /* times n + 10 products at most (rounding delays CG)       */

/* tau >= 0 with |s + tau p| = r, for |s| <= r. */
static double to_boundary(size_t n, const double *s, const double *p, double r)
{
    double pp = nd_dot(n, p, p), sp = nd_dot(n, s, p), size = nd_norm2(n, s);
    double c = fmax(0.0, (r - size) * (r + size)), root = sqrt(sp * sp + pp * c);

    return sp > 0.0 ? c / (sp + root) : (root - sp) / pp;
}

/* To the boundary along the known direction of negative curvature. */
static nd_status along_negative(nd_quad *q, double radius)
{
    double slope = nd_dot(q->n, q->run->here.g, q->v), tau = slope > 0.0 ? -radius : radius;

    for (size_t i = 0; i < q->n; i++) q->s[i] = tau * q->v[i];
    q->negative = q->on_boundary = true;
    q->lambda = q->low;
    q->predicted = -tau * slope + 0.5 * q->low * radius * radius;
    return ND_OK;
}

/* State of the conjugate gradients: residual rest = -(g + H s), direction p. */
typedef struct {
    double *rest, *p, *hp, rr, tol;
} cg;

/* s += a p, rest -= a H p, the next p. */
static void cg_move(nd_quad *q, cg *c, double a)
{
    double old = c->rr;

    nd_axpy(q->n, a, c->p, q->s);
    nd_axpy(q->n, -a, c->hp, c->rest);
    c->rr = nd_dot(q->n, c->rest, c->rest);
    for (size_t i = 0; i < q->n; i++) c->p[i] = c->rest[i] + c->rr / old * c->p[i];
}

/* One product.  *done when s is the step. */
static nd_status cg_step(nd_quad *q, cg *c, double radius, bool *done)
{
    double php, a, tau;
    nd_status status = nd_quad_hv(q, c->p, c->hp);

    if (status != ND_OK) return status;
    php = nd_dot(q->n, c->p, c->hp);
    q->norm = fmax(q->norm, nd_norm2(q->n, c->hp) / nd_norm2(q->n, c->p));
    tau = to_boundary(q->n, q->s, c->p, radius);
    a = c->rr / php;
    *done = true;
    if (!(php > q->floor * nd_dot(q->n, c->p, c->p)) || a >= tau) {
        q->negative = php < 0.0;
        q->on_boundary = true;
        cg_move(q, c, tau);
        return ND_OK;
    }
    cg_move(q, c, a);
    *done = sqrt(c->rr) <= c->tol;
    return ND_OK;
}

/* -m(s) = (s'rest - s'g) / 2, because H s = -g - rest. */
static double predicted(const nd_quad *q, const double *rest)
{
    return 0.5 * (nd_dot(q->n, q->s, rest) - nd_dot(q->n, q->s, q->run->here.g));
}

nd_status nd_quad_cg_step(nd_quad *q, double radius, nd_stop *stop)
{
    const double *g = q->run->here.g, size = q->run->here.norm;
    cg c = {q->p, q->w, q->H, size * size, 0.0};
    nd_status status = ND_OK;
    bool done = !(size * size > 0.0);

    q->radius = radius;
    if (q->low > q->floor) return along_negative(q, radius);
    q->negative = false;
    q->on_boundary = done && size > 0.0; /* |g|^2 underflows: no step, nothing known */
    q->lambda = 0.0;
    q->floor = DBL_EPSILON * q->norm;
    c.tol = size * fmin(0.1, fmax(q->forcing, 1e-12));
    for (size_t i = 0; i < q->n; i++) c.rest[i] = c.p[i] = -g[i];
    memset(q->s, 0, q->n * sizeof *q->s);
    for (size_t k = 0; k < CG_MAX * q->n + 10 && !done; k++) {
        status = nd_run_check(q->run, stop);
        if (status != ND_OK || *stop) return status;
        status = cg_step(q, &c, radius, &done);
        if (status != ND_OK) return status;
    }
    q->predicted = predicted(q, c.rest);
    return ND_OK;
}

/* Products for Lanczos that ask for cancellation and count. */
static nd_status product(void *self, const double *v, double *hv)
{
    nd_quad *q = self;
    nd_stop stop = ND_STOP_NONE;
    nd_status status = nd_run_check(q->run, &stop);

    return status == ND_OK ? nd_quad_hv(q, v, hv) : status;
}

nd_status nd_quad_cg_curvature(nd_quad *q, nd_stop *stop)
{
    nd_opt_result *out = &q->run->out;
    nd_eigen e;
    nd_status status = nd_run_check(q->run, stop);

    if (status != ND_OK || *stop) return status;
    /* The step of conjugate gradients, before v replaces it. */
    out->step = q->on_boundary ? INFINITY : nd_norm2(q->n, q->s);
    status =
        nd_eigen_lanczos(q->run->ctx, q->n, product, q, -1, LAMBDA_TOL, PRODUCTS, NULL, &e, q->v);
    if (status != ND_OK) return status;
    out->lambda_min = e.value;
    out->lambda_err = e.error;
    q->low = fmax(0.0, -e.value);
    return ND_OK;
}
