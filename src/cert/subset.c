/* Strict in a subset of the coordinates: near theta lies a point theta* that agrees with
 * theta in all other coordinates, where the gradient of L in the m coordinates at[] is 0 and
 * the Hessian in them is positive definite (certificates.md, section 2; docs/proofs.md,
 * sections 6 to 11).  With all coordinates that is the kind strict.
 *
 *   C = hi + lo        Newton's method in double-double, |grad L(C)| <= g    (polish.c)
 *   H                  nd_problem_hessian_at at a centre c, within e_H       (variation.c)
 *   lambda_min(H) >= sigma - loss  by Cholesky; mu_c = sigma - loss - e_H    (strict_eigen.c)
 *   |H(y) - H(c)| <= M3 |y - c| on |y - c| <= rho = |C - c| + r              (variation.c)
 *   m = mu_c - M3 rho > 0,  m r > g                                            (1)
 *
 * gradient and Hessian being those in at[]: a block of H has no larger norms than H, so e_H
 * and M3 serve.  Then L is strongly convex on the slice of |y - C| <= r, and its minimum over
 * it is not on the sphere, where (y - C).grad L(y) >= m r^2 - g r > 0: there is exactly one
 * such theta* in it, with |theta* - theta| <= rho + |c - theta|.  c is theta, and
 * when that fails the polished point.  Loss and margins: their values at c, widened. */
#include "cert/strict.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "cert/index.h"
#include "cert/near.h"
#include "cert/polish.h"
#include "cert/signs.h"
#include "model/pass.h"
#include "num/tile.h"

#define ENOUGH 0x1p-50 /* |g| <= ENOUGH lambda_min |c|: the radius is near rounding  */

typedef struct {
    const nd_problem *pb;
    const double *theta;
    size_t P, n, m;
    const size_t *at; /* m coordinates, ascending; NULL: all                  */
    nd_work *work;
    nd_polish *polish;
    double *H, *L;             /* P x P, then m x m; m x m                    */
    double *c, *hi, *lo, *v;   /* P: centre, C, scratch                       */
    double *change, *margins;  /* n: of outputs; 2 n                          */
    double g, lambda;          /* |grad L(C)|; estimate of lambda_min         */
    double mu, rho, r, offset; /* offset: |c - theta|                         */
    nd_cert *cert;
} proof;

/* ---- estimates --------------------------------------------------------------------------- */

#define INVERSE_STEPS 12
#define SETTLED       0.01 /* relative change after which inverse iteration stops */

/* An estimate of the smallest eigenvalue by inverse iteration with the factor L: q = |v|/|H^-1 v|
 * decreases towards it. */
static double smallest_eigenvalue(const proof *p)
{
    nd_rng rng = nd_rng_make(7, 0);
    double *v = p->v, q = NAN, old;

    for (size_t k = 0; k < p->m; k++) v[k] = nd_rng_uniform(&rng) - 0.5;
    for (int step = 0; step < INVERSE_STEPS; step++) {
        double scale = 1.0 / sqrt(nd_dot(p->m, v, v));

        for (size_t k = 0; k < p->m; k++) v[k] *= scale;
        nd_blas_potrs(p->m, p->L, p->m, v);
        old = q;
        q = 1.0 / sqrt(nd_dot(p->m, v, v));
        if (step > 1 && old - q <= SETTLED * q) break;
    }
    return q;
}

/* ---- the inequalities ------------------------------------------------------------------------ */

/* The rows and columns at[] of H, closed up in place. */
static void take_block(const proof *p)
{
    for (size_t i = 0; p->at && i < p->m; i++)
        for (size_t k = 0; k < p->m; k++) p->H[i * p->m + k] = p->H[p->at[i] * p->P + p->at[k]];
}

/* H and its factor at c; C from there. */
static nd_status polish(nd_ctx *ctx, proof *p, bool *ok)
{
    nd_status status = nd_problem_hessian_at(ctx, p->pb, p->c, p->work, p->H);
    double norm = nd_norm_up(p->P, p->c);

    *ok = false;
    if (status != ND_OK) return status;
    take_block(p);
    memcpy(p->L, p->H, p->m * p->m * sizeof *p->L);
    if (nd_blas_potrf(p->m, p->L, p->m) != 0) {
        nd_cert_fail(p->cert, "the Hessian is not positive definite");
        return ND_OK;
    }
    p->lambda = smallest_eigenvalue(p);
    if (!(p->lambda > 0.0 && isfinite(p->lambda))) {
        nd_cert_fail(p->cert, "the Hessian is numerically singular");
        return ND_OK;
    }
    memcpy(p->hi, p->c, p->P * sizeof *p->hi);
    memset(p->lo, 0, p->P * sizeof *p->lo);
    status = nd_polish_newton(ctx, p->polish, p->m, p->L, ENOUGH * p->lambda * norm, p->hi, p->lo,
                              &p->g);
    if (status != ND_OK) return status;
    *ok = isfinite(p->g) || nd_cert_fail(p->cert, "the gradient has no bound: it overflows, or a "
                                                  "preactivation may be at a kink");
    return ND_OK;
}

/* mu_c > 0 from the Hessian at c, or a reason. */
static bool convex_at_centre(const proof *p, double e_H, double *mu_c)
{
    static const double part[] = {0.9, 0.5};

    for (size_t i = 0; i < 2; i++) {
        double low = nd_eigen_lower(p->m, p->H, part[i] * p->lambda, p->L);

        *mu_c = low - e_H;
        *mu_c -= 4.0 * ND_U * fabs(low) + 4.0 * ND_U * e_H;
        if (*mu_c > 0.0) return true;
    }
    return nd_cert_fail(p->cert,
                        "the smallest eigenvalue, about %.3g, is not above the rounding errors of "
                        "the Hessian, %.3g",
                        p->lambda, e_H + nd_cholesky_loss(p->m, p->lambda, p->lambda));
}

/* (1) with the ball around c. */
static nd_status inequalities(nd_ctx *ctx, proof *p, bool *ok)
{
    double scale = nd_norm_up(p->P, p->c), mu_c, m;
    nd_ball ball;
    nd_status status;

    *ok = false;
    p->r = 4.0 * p->g / p->lambda;
    if (p->r < 0x1p-60 * scale + 0x1p-200) p->r = 0x1p-60 * scale + 0x1p-200;
    p->rho = nd_grow(nd_near_distance(p->P, p->c, p->hi, p->lo, p->v) + p->r);
    status = nd_ball_bounds(ctx, p->pb, p->c, p->rho, &ball, p->change);
    if (status != ND_OK) return status;
    if (!isfinite(ball.m3) || !isfinite(ball.hessian)) {
        nd_cert_fail(p->cert, "the third derivative has no bound within %.3g of theta", p->rho);
        return ND_OK;
    }
    if (!convex_at_centre(p, nd_near_block_error(p->pb, p->m, p->H, &ball), &mu_c)) return ND_OK;
    m = mu_c - nd_grow(ball.m3 * p->rho);
    m -= 8.0 * ND_U * fabs(mu_c);
    if (!(m > 0.0)) {
        nd_cert_fail(p->cert,
                     "the smallest eigenvalue, proved >= %.3g at the centre, may vanish within the "
                     "ball: its change is bounded by %.3g",
                     mu_c, ball.m3 * p->rho);
        return ND_OK;
    }
    if (!(m * p->r * (1.0 - 4.0 * ND_U) > p->g)) {
        nd_cert_fail(p->cert, "the gradient's bound %.3g is not below %.3g", p->g, m * p->r);
        return ND_OK;
    }
    p->mu = m;
    *ok = true;
    return ND_OK;
}

/* ---- what is claimed --------------------------------------------------------------------------- */

static nd_status claims(nd_ctx *ctx, proof *p)
{
    nd_cert *c = p->cert;
    bool ok;
    nd_status status =
        nd_near_claims(ctx, p->pb, p->c, p->rho, p->offset, p->change, p->margins, c, &ok);

    if (status != ND_OK || !ok) return status;
    c->mu = p->mu;
    c->index = 0;
    c->truth = ND_PROVED;
    return ND_OK;
}

/* ---- attempts ---------------------------------------------------------------------------------- */

static nd_status attempt(nd_ctx *ctx, proof *p)
{
    bool ok;
    nd_status status;

    ND_TRY(polish(ctx, p, &ok));
    if (ok) ND_TRY(inequalities(ctx, p, &ok));
    if (ok) ND_TRY(claims(ctx, p));
done:
    return status;
}

/* At theta, and if that is too far from the critical point, at the polished point. */
static nd_status attempts(nd_ctx *ctx, proof *p)
{
    nd_status status;

    memcpy(p->c, p->theta, p->P * sizeof *p->c);
    p->offset = 0.0;
    p->g = NAN;
    ND_TRY(attempt(ctx, p));
    if (p->cert->truth == ND_PROVED || !isfinite(p->g)) goto done;
    p->offset = nd_near_distance(p->P, p->theta, p->hi, NULL, p->v);
    if (p->offset == 0.0) goto done;
    if (!(p->offset <= ND_NEAR * (1.0 + nd_norm_up(p->P, p->theta)))) {
        nd_cert_fail(p->cert,
                     "no critical point near: Newton's method moves by %.3g to where the gradient "
                     "is %.3g",
                     p->offset, p->g);
        goto done;
    }
    memcpy(p->c, p->hi, p->P * sizeof *p->c);
    ND_TRY(attempt(ctx, p));
done:
    return status;
}

static nd_status room(nd_ctx *ctx, proof *p)
{
    nd_status status;

    ND_TRY(nd_work_create(ctx, p->pb, &p->work));
    ND_TRY(nd_polish_create(ctx, p->pb, &p->polish));
    nd_polish_only(p->polish, p->m, p->at);
    p->H = ND_NEW(ctx, double, p->P * p->P);
    p->L = ND_NEW(ctx, double, p->m * p->m);
    p->c = ND_NEW(ctx, double, 4 * p->P);
    p->change = ND_NEW(ctx, double, 3 * p->n);
    if (!p->H || !p->L || !p->c || !p->change) return ND_EMEM;
    p->hi = p->c + p->P;
    p->lo = p->hi + p->P;
    p->v = p->lo + p->P;
    p->margins = p->change + p->n;
done:
    return status;
}

static void room_free(nd_ctx *ctx, proof *p)
{
    nd_work_destroy(ctx, p->work);
    nd_polish_destroy(ctx, p->polish);
    nd_free(ctx, p->H);
    nd_free(ctx, p->L);
    nd_free(ctx, p->c);
    nd_free(ctx, p->change);
}

nd_status nd_prove_subset(nd_ctx *ctx, const nd_problem *pb, const double *theta, size_t m,
                          const size_t *at, nd_cert *cert)
{
    proof p = {.pb = pb,
               .theta = theta,
               .P = pb->net->P,
               .n = pb->data->n,
               .m = m,
               .at = at,
               .cert = cert};
    nd_status status = ND_OK;
    bool ok;

    cert->truth = ND_UNKNOWN;
    if (!nd_near_applies_at(pb, theta, cert)) return ND_OK;
    if (m == 0) {
        nd_cert_fail(cert, "no coordinates are left");
        return ND_OK;
    }
    ND_TRY(nd_signs_off_kinks(ctx, pb, theta, cert, &ok));
    if (!ok) return ND_OK;
    ND_TRY(room(ctx, &p));
    ND_TRY(attempts(ctx, &p));
done:
    room_free(ctx, &p);
    return status;
}

nd_status nd_cert_polish(nd_ctx *ctx, const nd_problem *pb, double *theta)
{
    nd_cert c = {.kind = "strict"};
    size_t P = pb->net->P;
    proof p = {.pb = pb, .theta = theta, .P = P, .n = pb->data->n, .m = P, .cert = &c};
    nd_status status = ND_OK;
    bool ok;

    if (!nd_near_applies_at(pb, theta, &c)) return ND_OK;
    ND_TRY(room(ctx, &p));
    memcpy(p.c, theta, p.P * sizeof *p.c);
    ND_TRY(polish(ctx, &p, &ok));
    if (!ok) {
        status = nd_polish_regular(ctx, pb, theta); /* a saddle? */
        goto done;
    }
    if (!(nd_near_distance(p.P, theta, p.hi, NULL, p.v) <=
          ND_NEAR * (1.0 + nd_norm_up(p.P, theta))))
        goto done;
    memcpy(theta, p.hi, p.P * sizeof *theta);
done:
    room_free(ctx, &p);
    return status;
}
