/* The kind strict: near theta lies an isolated, strict local minimum (certificates.md,
 * section 2; docs/proofs.md, sections 6 to 10).
 *
 *   C = hi + lo        Newton's method in double-double, |grad L(C)| <= g    (polish.c)
 *   H                  nd_problem_hessian at a centre c, within e_H          (variation.c)
 *   lambda_min(H) >= sigma - loss  by Cholesky; mu_c = sigma - loss - e_H    (strict_eigen.c)
 *   |H(y) - H(c)| <= M3 |y - c| on |y - c| <= rho = |C - c| + r              (variation.c)
 *   m = mu_c - M3 rho > 0,  m r > g                                            (1)
 *
 * Then L is strongly convex on |y - C| <= r, and its minimum over that ball is not on the
 * sphere, where (y - C).grad L(y) >= m r^2 - g r > 0: there is exactly one critical point
 * theta*, lambda_min(H(theta*)) >= m, |theta* - theta| <= rho + |c - theta|.  c is theta, and
 * when that fails the polished point.  Loss and margins: their values at c, widened. */
#include "cert/strict.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "cert/polish.h"
#include "cert/variation.h"

#define LARGEST 8000    /* parameters: three matrices of 512 MB */
#define ENOUGH  0x1p-50 /* |g| <= ENOUGH lambda_min |c|: the radius is near rounding  */
#define NEAR    0.01    /* |c - theta| <= NEAR (1 + |theta|)    */

typedef struct {
    const nd_problem *pb;
    const double *theta;
    size_t P, n;
    nd_work *work;
    nd_polish *polish;
    double *H, *L;              /* P x P                                       */
    double *c, *hi, *lo, *v;    /* P: centre, C, scratch                       */
    double *change, *mlo, *mhi; /* n: of outputs; margins                      */
    double g, lambda;           /* |grad L(C)|; estimate of lambda_min         */
    double mu, rho, r, offset;  /* offset: |c - theta|                         */
    nd_cert *cert;
} proof;

/* ---- reasons ---------------------------------------------------------------------------- */

static bool fail(nd_cert *c, const char *text)
{
    snprintf(c->reason, sizeof c->reason, "%s", text);
    return false;
}

/* before a between b after */
static bool fail2(nd_cert *c, const char *before, double a, const char *between, double b)
{
    snprintf(c->reason, sizeof c->reason, "%s%.3g%s%.3g", before, a, between, b);
    return false;
}

static bool applies(const nd_problem *pb, const double *theta, nd_cert *c)
{
    const nd_net *net = pb->net;
    double rel, abs_err;

    for (size_t k = 0; k < net->P; k++)
        if (!isfinite(theta[k])) return fail(c, "theta has an entry that is not finite");
    for (size_t t = 0; t < net->terms; t++)
        for (size_t l = 0; l < net->term[t].depth; l++)
            if (net->term[t].layer[l].act->smooth < 1)
                return fail(c, "an activation has a kink: there is no Hessian to rest on");
    if (pb->loss.kind->smooth(pb->loss.q) < 1 || !nd_loss_error(pb->loss, 2, &rel, &abs_err))
        return fail(c, "the loss has no second derivative");
    if (net->P > LARGEST) return fail(c, "too many parameters for a dense Hessian");
    if (!nd_arithmetic_sound())
        return fail(c, "the processor flushes subnormal numbers or does not round to nearest");
    return true;
}

/* ---- estimates --------------------------------------------------------------------------- */

/* Rayleigh quotient of H after inverse iteration with its factor L. */
static double smallest_eigenvalue(const proof *p)
{
    nd_rng rng = nd_rng_make(7, 0);
    double *v = p->v, q = NAN;

    for (size_t k = 0; k < p->P; k++) v[k] = nd_rng_uniform(&rng) - 0.5;
    for (int step = 0; step < 12; step++) {
        double before = 0.0, after = 0.0;

        for (size_t k = 0; k < p->P; k++) before += v[k] * v[k];
        before = sqrt(before);
        for (size_t k = 0; k < p->P; k++) v[k] /= before;
        nd_blas_potrs(p->P, p->L, p->P, v);
        for (size_t k = 0; k < p->P; k++) after += v[k] * v[k];
        q = 1.0 / sqrt(after);
    }
    return q;
}

/* The distance between theta and c, from above. */
static double distance(size_t P, const double *a, const double *hi, const double *lo, double *v)
{
    for (size_t k = 0; k < P; k++) v[k] = nd_grow(fabs(hi[k] - a[k]) + (lo ? fabs(lo[k]) : 0.0));
    return nd_grow(nd_norm_up(P, v));
}

/* ---- the inequalities ------------------------------------------------------------------------ */

/* H and its factor at c; C from there. */
static nd_status polish(nd_ctx *ctx, proof *p, bool *ok)
{
    nd_status status = nd_problem_hessian(ctx, p->pb, p->c, p->work, p->H);
    double norm = nd_norm_up(p->P, p->c);

    *ok = false;
    if (status != ND_OK) return status;
    memcpy(p->L, p->H, p->P * p->P * sizeof *p->L);
    if (nd_blas_potrf(p->P, p->L, p->P) != 0) {
        fail(p->cert, "the Hessian is not positive definite");
        return ND_OK;
    }
    p->lambda = smallest_eigenvalue(p);
    if (!(p->lambda > 0.0 && isfinite(p->lambda))) {
        fail(p->cert, "the Hessian is numerically singular");
        return ND_OK;
    }
    memcpy(p->hi, p->c, p->P * sizeof *p->hi);
    memset(p->lo, 0, p->P * sizeof *p->lo);
    status = nd_polish_newton(ctx, p->polish, p->P, p->L, ENOUGH * p->lambda * norm, p->hi, p->lo,
                              &p->g);
    if (status != ND_OK) return status;
    *ok = isfinite(p->g) || fail(p->cert, "the gradient is not finite");
    return ND_OK;
}

/* e_H with the rounding of H_kk + lambda. */
static double hessian_error(const proof *p, const nd_ball *b)
{
    double most = 0.0;

    for (size_t k = 0; p->pb->l2 > 0.0 && k < p->P; k++)
        if (!(p->H[k * p->P + k] <= most)) most = p->H[k * p->P + k];
    return nd_grow(b->hessian + 2.0 * ND_U * most);
}

/* mu_c > 0 from the Hessian at c, or a reason. */
static bool convex_at_centre(const proof *p, double e_H, double *mu_c)
{
    static const double part[] = {0.9, 0.5};

    for (size_t i = 0; i < 2; i++) {
        double low = nd_eigen_lower(p->P, p->H, part[i] * p->lambda, p->L);

        *mu_c = low - e_H;
        *mu_c -= 4.0 * ND_U * fabs(low) + 4.0 * ND_U * e_H;
        if (*mu_c > 0.0) return true;
    }
    return fail2(p->cert, "the smallest eigenvalue, about ", p->lambda,
                 ", is not above the rounding errors of the Hessian, ",
                 e_H + nd_cholesky_loss(p->P, p->lambda, p->lambda));
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
    p->rho = nd_grow(distance(p->P, p->c, p->hi, p->lo, p->v) + p->r);
    status = nd_ball_bounds(ctx, p->pb, p->c, p->rho, &ball, p->change);
    if (status != ND_OK) return status;
    if (!isfinite(ball.m3) || !isfinite(ball.hessian)) {
        fail(p->cert, "no third derivative, or no bound of it, near theta");
        return ND_OK;
    }
    if (!convex_at_centre(p, hessian_error(p, &ball), &mu_c)) return ND_OK;
    m = mu_c - nd_grow(ball.m3 * p->rho);
    m -= 8.0 * ND_U * fabs(mu_c);
    if (!(m > 0.0)) {
        fail2(p->cert, "the smallest eigenvalue, proved >= ", mu_c,
              " at the centre, may vanish within the ball: its change is bounded by ",
              ball.m3 * p->rho);
        return ND_OK;
    }
    if (!(m * p->r * (1.0 - 4.0 * ND_U) > p->g)) {
        fail2(p->cert, "the gradient's bound ", p->g, " is not below ", m * p->r);
        return ND_OK;
    }
    p->mu = m;
    *ok = true;
    return ND_OK;
}

/* ---- what is claimed --------------------------------------------------------------------------- */

void nd_count_errors(const nd_table *t, const double *lo, const double *hi, size_t *least,
                     size_t *most)
{
    *least = *most = 0;
    for (size_t i = 0; i < t->n; i++) {
        /* y = +1: wrong iff f < 0; y = -1: wrong iff f >= 0, i.e. m <= 0 */
        *least += (t->y[i] > 0.0 ? hi[i] < 0.0 : hi[i] <= 0.0) ? 1 : 0;
        *most += (t->y[i] > 0.0 ? !(lo[i] >= 0.0) : !(lo[i] > 0.0)) ? 1 : 0;
    }
}

/* Loss, margins and errors at theta* from those at c. */
static nd_status claims(nd_ctx *ctx, proof *p)
{
    nd_cert *c = p->cert;
    double size = nd_norm_up(p->P, p->c), ridge;
    nd_status status = nd_margin_bounds(ctx, p->pb, p->c, p->mlo, p->mhi);

    if (status != ND_OK) return status;
    c->margin_lo = INFINITY;
    for (size_t i = 0; i < p->n; i++) {
        double wide = p->change[i] + 4.0 * ND_U * (fabs(p->mlo[i]) + p->change[i]) + ND_UP_SUM;

        p->mlo[i] -= wide;
        p->mhi[i] += wide + 4.0 * ND_U * fabs(p->mhi[i]);
        if (!(p->mlo[i] >= c->margin_lo)) c->margin_lo = p->mlo[i];
    }
    nd_count_errors(p->pb->data, p->mlo, p->mhi, &c->errors_lo, &c->errors_hi);
    nd_loss_bounds(p->pb, p->c, p->mlo, p->mhi, &c->loss_lo, &c->loss_hi);
    /* (lambda/2) ||theta*|^2 - |c|^2| <= lambda rho (|c| + rho) */
    ridge = nd_grow(p->pb->l2 * p->rho * (size + p->rho));
    c->loss_lo -= ridge + 4.0 * ND_U * fabs(c->loss_lo);
    c->loss_hi += ridge + 4.0 * ND_U * fabs(c->loss_hi);
    if (!(c->loss_lo > 0.0)) c->loss_lo = 0.0;
    if (!isfinite(c->loss_hi) || !isfinite(c->margin_lo)) {
        fail(c, "the loss or a margin is not bounded near theta");
        return ND_OK;
    }
    c->radius = 4.0 * nd_grow(p->rho + p->offset); /* room for other ways to prove it */
    c->mu = p->mu;
    c->index = 0;
    c->truth = ND_PROVED;
    c->says = ND_SAYS_STRICT;
    snprintf(c->reason, sizeof c->reason,
             "a strict local minimum lies within %.2g of theta; there the Hessian's smallest "
             "eigenvalue is >= %.3g",
             c->radius, c->mu);
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
    p->offset = distance(p->P, p->theta, p->hi, NULL, p->v);
    if (p->offset == 0.0) goto done;
    if (!(p->offset <= NEAR * (1.0 + nd_norm_up(p->P, p->theta)))) {
        fail2(p->cert, "no critical point near: Newton's method moves by ", p->offset,
              " to where the gradient is ", p->g);
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
    p->H = ND_NEW(ctx, double, p->P * p->P);
    p->L = ND_NEW(ctx, double, p->P * p->P);
    p->c = ND_NEW(ctx, double, 4 * p->P);
    p->change = ND_NEW(ctx, double, 3 * p->n);
    if (!p->H || !p->L || !p->c || !p->change) return ND_EMEM;
    p->hi = p->c + p->P;
    p->lo = p->hi + p->P;
    p->v = p->lo + p->P;
    p->mlo = p->change + p->n;
    p->mhi = p->mlo + p->n;
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

nd_status nd_prove_strict(nd_ctx *ctx, const nd_problem *pb, const double *theta, nd_cert *out)
{
    nd_cert c = {.kind = "strict", .truth = ND_UNKNOWN};
    proof p = {.pb = pb, .theta = theta, .P = pb->net->P, .n = pb->data->n, .cert = &c};
    nd_status status = ND_OK;

    /* what holds at theta itself stays the answer while nothing is proved */
    ND_TRY(nd_prove_zero_loss(ctx, pb, theta, &c));
    c.kind = "strict";
    c.truth = ND_UNKNOWN;
    c.says = ND_SAYS_NOTHING;
    if (applies(pb, theta, &c)) {
        ND_TRY(room(ctx, &p));
        ND_TRY(attempts(ctx, &p));
    }
    *out = c;
done:
    room_free(ctx, &p);
    return status;
}

nd_status nd_cert_polish(nd_ctx *ctx, const nd_problem *pb, double *theta)
{
    nd_cert c = {.kind = "strict"};
    proof p = {.pb = pb, .theta = theta, .P = pb->net->P, .n = pb->data->n, .cert = &c};
    nd_status status = ND_OK;
    bool ok;

    if (!applies(pb, theta, &c)) return ND_OK;
    ND_TRY(room(ctx, &p));
    memcpy(p.c, theta, p.P * sizeof *p.c);
    ND_TRY(polish(ctx, &p, &ok));
    if (!ok || !(distance(p.P, theta, p.hi, NULL, p.v) <= NEAR * (1.0 + nd_norm_up(p.P, theta))))
        goto done;
    memcpy(theta, p.hi, p.P * sizeof *theta);
done:
    room_free(ctx, &p);
    return status;
}
