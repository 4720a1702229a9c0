/* The kind index: near theta lies a nondegenerate critical point with exactly k negative
 * eigenvalues (certificates.md, section 3; docs/proofs.md, section 14).
 *
 *   X = V |Lambda|^(-1/2)      from H = V Lambda V', so that X'HX ~ D = diag(+-1)
 *   C = hi + lo                Newton's method in double-double, |grad L(C)| <= g
 *   S = {C + Xv : |v| |X| <= r}
 *   eps >= |X'H(y)X - D| for y in S,      eps < 1,      |X|^2 g < (1 - eps) r          (1)
 *
 * Then v -> v - D X' grad L(C + Xv) maps the ball |v| <= r/|X| into itself; its fixed point is
 * a critical point of L, the only one in S; D + t (X'HX - D) is regular for 0 <= t <= 1, so H
 * has as many negative eigenvalues there as D.  With none, H >= (1 - eps)/|X|^2.
 *
 * First H and the variation of H around a centre c in doubles, as for strict; where that is
 * too coarse, H at C in double-double (index_sharp.c). */
#include "cert/index.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "cert/index_sharp.h"
#include "cert/near.h"
#include "cert/polish.h"
#include "model/pass.h"

#define LARGEST 3000    /* parameters: an eigenvalue problem, and four matrices        */
#define ENOUGH  0x1p-50 /* |g| <= ENOUGH lambda_min |c|: the radius is near rounding  */
#define LARGE   0x1p100 /* |X|, |H| below this: underflow is below 2^-700              */

typedef struct {
    const nd_problem *pb;
    const double *theta;
    size_t P, n, index;
    nd_work *work;
    nd_polish *polish;
    double *H, *X, *W, *M;   /* P x P; columns of X                         */
    double *D, *c, *hi, *lo; /* P: +-1; centre; C                           */
    double *v;               /* P: scratch                                  */
    double *change, *m;      /* n: of outputs; 2 n: margins                 */
    double smallest;         /* estimate of min |lambda|                    */
    double X2, g;            /* >= |X|^2; >= |grad L(C)|                    */
    double rho, r, offset;   /* |c - C| + r; offset: |c - theta|            */
    double eps;
    nd_cert *cert;
} proof;

/* ---- X and C ------------------------------------------------------------------------------- */

static bool all_finite(size_t n, const double *x)
{
    for (size_t i = 0; i < n; i++)
        if (!(fabs(x[i]) <= DBL_MAX)) return false;
    return true;
}

/* X, D and the index from the eigenvectors of H at c. */
static nd_status diagonalise(nd_ctx *ctx, proof *p, bool *ok)
{
    nd_status status = nd_problem_hessian_at(ctx, p->pb, p->c, p->work, p->H);
    size_t P = p->P;
    double *lambda = p->v;

    *ok = false;
    if (status != ND_OK) return status;
    if (!all_finite(P * P, p->H)) {
        nd_cert_fail(p->cert, "the Hessian is not finite");
        return ND_OK;
    }
    memcpy(p->X, p->H, P * P * sizeof *p->X);
    if (nd_blas_syev(ctx, true, P, p->X, P, lambda, &status) != 0) {
        nd_cert_fail(p->cert, "no eigenvectors found");
        return status;
    }
    if (status != ND_OK) return status;
    p->index = 0;
    p->smallest = INFINITY;
    for (size_t j = 0; j < P; j++) {
        double size = fabs(lambda[j]), scale = 1.0 / sqrt(size);

        p->D[j] = lambda[j] < 0.0 ? -1.0 : 1.0;
        p->index += lambda[j] < 0.0;
        if (!(size >= p->smallest)) p->smallest = size;
        for (size_t k = 0; k < P; k++) p->X[j * P + k] *= scale;
    }
    *ok = all_finite(P * P, p->X) || nd_cert_fail(p->cert, "the Hessian is singular");
    return ND_OK;
}

/* d := H^-1 d ~ X D X' d */
static void solve(void *self, double *d)
{
    proof *p = self;

    nd_blas_gemv(true, p->P, p->P, 1.0, p->X, p->P, d, 0.0, p->v);
    for (size_t j = 0; j < p->P; j++) p->v[j] *= p->D[j];
    nd_blas_gemv(false, p->P, p->P, 1.0, p->X, p->P, p->v, 0.0, d);
}

static nd_status polish(nd_ctx *ctx, proof *p, bool *ok)
{
    double norm = nd_norm_up(p->P, p->c);
    nd_status status = diagonalise(ctx, p, ok);

    if (status != ND_OK || !*ok) return status;
    memcpy(p->hi, p->c, p->P * sizeof *p->hi);
    memset(p->lo, 0, p->P * sizeof *p->lo);
    status = nd_polish_newton_with(ctx, p->polish, p->P, solve, p, ENOUGH * p->smallest * norm,
                                   p->hi, p->lo, &p->g);
    *ok = isfinite(p->g) || nd_cert_fail(p->cert, "the gradient is not finite");
    return status;
}

/* ---- the inequalities ------------------------------------------------------------------------ */

/* |X|^2 <= |X'X|_inf, and the rounding of that product. */
static double square_norm(proof *p)
{
    size_t P = p->P;
    double most = 0.0, size = nd_norm_up(P * P, p->X);

    nd_blas_gemm(true, false, P, P, P, 1.0, p->X, P, p->X, P, 0.0, p->M, P);
    for (size_t j = 0; j < P; j++) {
        double sum = 0.0;

        for (size_t k = 0; k < P; k++) sum += fabs(p->M[j * P + k]);
        if (!(sum <= most)) most = sum;
    }
    return size < LARGE ? nd_grow(nd_up(most, P + 2) + nd_gamma(P + 4) * size * size) : INFINITY;
}

/* |X'HX - D| in the Frobenius norm for the doubles H, every rounding included. */
static double defect(proof *p)
{
    size_t P = p->P;
    double x = nd_norm_up(P * P, p->X), h = nd_norm_up(P * P, p->H), w, d;

    nd_blas_gemm(false, false, P, P, P, 1.0, p->H, P, p->X, P, 0.0, p->W, P);
    nd_blas_gemm(true, false, P, P, P, 1.0, p->X, P, p->W, P, 0.0, p->M, P);
    for (size_t j = 0; j < P; j++) p->M[j * P + j] -= p->D[j];
    w = nd_norm_up(P * P, p->W);
    d = nd_norm_up(P * P, p->M);
    if (!(x < LARGE && h < LARGE && w < LARGE)) return INFINITY;
    return nd_grow(d * (1.0 + 4.0 * ND_U) + nd_gamma(P + 4) * (x * w + x * h * x)) + 0x1p-700;
}

/* The second inequality of (1), rounded to the safe side. */
static bool reaches(const proof *p)
{
    return p->eps < 1.0 && p->X2 * p->g * (1.0 + 8.0 * ND_U) < (1.0 - p->eps) * p->r;
}

/* r >= least, with room in (1). */
static void choose_radius(proof *p, double least)
{
    p->r = 4.0 * p->X2 * p->g;
    if (p->r < least) p->r = least;
    p->rho = nd_grow(nd_near_distance(p->P, p->c, p->hi, p->lo, p->v) + p->r);
}

/* (1) with the Hessian in doubles at c. */
static nd_status inequalities(nd_ctx *ctx, proof *p, bool *ok)
{
    double own, moved;
    nd_ball ball;
    nd_status status;

    *ok = false;
    p->X2 = square_norm(p);
    choose_radius(p, 0x1p-60 * nd_norm_up(p->P, p->c) + 0x1p-200);
    status = nd_ball_bounds(ctx, p->pb, p->c, p->rho, &ball, p->change);
    if (status != ND_OK) return status;
    if (!isfinite(ball.m3) || !isfinite(ball.hessian) || !isfinite(p->X2)) {
        nd_cert_fail(p->cert, "no third derivative, or no bound of it, near theta");
        return ND_OK;
    }
    own = nd_grow(p->X2 * nd_near_hessian_error(p->pb, p->H, &ball));
    moved = nd_grow(p->X2 * ball.m3 * p->rho);
    p->eps = nd_grow(defect(p) + own + moved);
    *ok = reaches(p);
    if (!*ok && !(p->eps < 1.0))
        nd_cert_fail(
            p->cert,
            "the eigenvalue nearest to 0, about %.3g in size, may be 0: relative to it the "
            "Hessian's rounding is bounded by %.3g, its change near theta by %.3g",
            p->smallest, own, moved);
    else if (!*ok)
        nd_cert_fail(p->cert, "the gradient's bound %.3g is not below %.3g", p->g,
                     (1.0 - p->eps) * p->r / p->X2);
    return ND_OK;
}

/* The same with the Hessian at C in double-double; keeps the first reason when it fails. */
static nd_status sharper(nd_ctx *ctx, proof *p, bool *ok)
{
    nd_sharp s = {.pb = p->pb, .polish = p->polish, .hi = p->hi, .lo = p->lo, .X = p->X, .D = p->D};
    nd_ball ball;
    nd_status status;

    *ok = false;
    if (!nd_sharp_applies(p->pb)) return ND_OK;
    status = nd_sharp_congruence(ctx, &s);
    if (status != ND_OK || !s.found) return status;
    p->X2 = square_norm(p);
    p->g = s.g;
    choose_radius(p, 0x1p-200);
    status = nd_ball_bounds(ctx, p->pb, p->c, p->rho, &ball, p->change);
    if (status != ND_OK || !isfinite(ball.m3)) return status;
    p->eps = nd_grow(s.defect + p->X2 * nd_grow(s.error + ball.m3 * p->r));
    p->index = 0;
    for (size_t j = 0; j < p->P; j++) p->index += p->D[j] < 0.0;
    *ok = reaches(p);
    return ND_OK;
}

/* ---- what is claimed --------------------------------------------------------------------------- */

static nd_status claims(nd_ctx *ctx, proof *p)
{
    nd_cert *c = p->cert;
    bool ok;
    nd_status status = nd_near_claims(ctx, p->pb, p->c, p->rho, p->offset, p->change, p->m, c, &ok);

    if (status != ND_OK || !ok) return status;
    c->index = p->index;
    c->mu = p->index ? 0.0 : (1.0 - p->eps) / p->X2 * (1.0 - 8.0 * ND_U);
    c->truth = ND_PROVED;
    c->says = p->index ? ND_SAYS_SADDLE : ND_SAYS_STRICT;
    snprintf(c->reason, sizeof c->reason,
             "a nondegenerate critical point of index %zu lies within %.2g of theta: %s", c->index,
             c->radius, c->index ? "no local minimum" : "a strict local minimum");
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

/* With what the last attempt left: X, D and C. */
static nd_status last_attempt(nd_ctx *ctx, proof *p)
{
    bool ok;
    nd_status status;

    if (!all_finite(p->P * p->P, p->X)) return ND_OK;
    ND_TRY(sharper(ctx, p, &ok));
    if (ok) ND_TRY(claims(ctx, p));
done:
    return status;
}

/* At theta, and if that is too far from the critical point, at the polished point. */
static nd_status attempts(nd_ctx *ctx, proof *p)
{
    bool there;
    nd_status status;

    memcpy(p->c, p->theta, p->P * sizeof *p->c);
    p->offset = 0.0;
    p->g = NAN;
    ND_TRY(attempt(ctx, p));
    if (p->cert->truth == ND_PROVED || !isfinite(p->g)) goto done;
    there = memcmp(p->c, p->hi, p->P * sizeof *p->c) == 0;
    p->offset = nd_near_distance(p->P, p->theta, p->hi, NULL, p->v);
    if (!(p->offset <= ND_NEAR * (1.0 + nd_norm_up(p->P, p->theta)))) {
        nd_cert_fail(p->cert,
                     "no critical point near: Newton's method moves by %.3g to where the gradient "
                     "is %.3g",
                     p->offset, p->g);
        goto done;
    }
    memcpy(p->c, p->hi, p->P * sizeof *p->c);
    if (!there) ND_TRY(attempt(ctx, p));
    if (p->cert->truth != ND_PROVED && isfinite(p->g)) ND_TRY(last_attempt(ctx, p));
done:
    return status;
}

static nd_status room(nd_ctx *ctx, proof *p)
{
    size_t P = p->P;
    nd_status status;

    ND_TRY(nd_work_create(ctx, p->pb, &p->work));
    ND_TRY(nd_polish_create(ctx, p->pb, &p->polish));
    p->H = ND_NEW(ctx, double, 4 * P * P);
    p->D = ND_NEW(ctx, double, 5 * P);
    p->change = ND_NEW(ctx, double, 3 * p->n);
    if (!p->H || !p->D || !p->change) return ND_EMEM;
    p->X = p->H + P * P;
    p->W = p->X + P * P;
    p->M = p->W + P * P;
    p->c = p->D + P;
    p->hi = p->c + P;
    p->lo = p->hi + P;
    p->v = p->lo + P;
    p->m = p->change + p->n;
done:
    return status;
}

static void room_free(nd_ctx *ctx, proof *p)
{
    nd_work_destroy(ctx, p->work);
    nd_polish_destroy(ctx, p->polish);
    nd_free(ctx, p->H);
    nd_free(ctx, p->D);
    nd_free(ctx, p->change);
}

static bool applies(const nd_problem *pb, const double *theta, nd_cert *c)
{
    if (pb->net->P > LARGEST)
        return nd_cert_fail(c, "too many parameters for all eigenvectors of the Hessian");
    return nd_near_applies_at(pb, theta, c);
}

nd_status nd_prove_index(nd_ctx *ctx, const nd_problem *pb, const double *theta, nd_cert *out)
{
    nd_cert c = {.kind = "index"};
    proof p = {.pb = pb, .theta = theta, .P = pb->net->P, .n = pb->data->n, .cert = &c};
    nd_status status = ND_OK;

    /* what holds at theta itself stays the answer while nothing is proved */
    ND_TRY(nd_prove_zero_loss(ctx, pb, theta, &c));
    c.kind = "index";
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

nd_status nd_claim_index(nd_ctx *ctx, const nd_problem *pb, const double *theta,
                         const nd_cert *cert, struct json_t *claims)
{
    (void)pb;
    (void)theta;
    return nd_json_set(ctx, claims, "index", json_integer((json_int_t)cert->index));
}

/* ---- polishing alone ----------------------------------------------------------------------------- */

/* Regular beyond rounding: where it is not, Newton's method would move along what may be a
 * null direction, and away from what makes it one (an output weight that is exactly 0). */
static bool regular(const proof *p)
{
    double h = nd_norm_up(p->P * p->P, p->H);

    return p->smallest > 64.0 * (double)p->P * ND_U * h;
}

nd_status nd_polish_regular(nd_ctx *ctx, const nd_problem *pb, double *theta)
{
    nd_cert c = {.kind = "index"};
    proof p = {.pb = pb, .theta = theta, .P = pb->net->P, .n = pb->data->n, .cert = &c};
    nd_status status = ND_OK;
    bool ok;

    if (!applies(pb, theta, &c)) return ND_OK;
    ND_TRY(room(ctx, &p));
    memcpy(p.c, theta, p.P * sizeof *p.c);
    ND_TRY(polish(ctx, &p, &ok));
    if (ok && regular(&p) &&
        nd_near_distance(p.P, theta, p.hi, NULL, p.v) <= ND_NEAR * (1.0 + nd_norm_up(p.P, theta)))
        memcpy(theta, p.hi, p.P * sizeof *theta);
done:
    room_free(ctx, &p);
    return status;
}
