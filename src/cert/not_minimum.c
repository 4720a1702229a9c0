/* The kind not-a-minimum: theta does not minimise L over a ball around it, or is at least no
 * critical point (docs/proofs.md, section 20).
 *
 *   lower      L(point) < L(theta), both enclosed (margins.c, loss_bounds.c), |point - theta| <= r
 *   gradient   grad L(theta) != 0 in double-double (polish_gradient.c); of nearly every float
 *              that is true, so it says very little, and comes last
 *
 * The point is looked for along the descent -g, and both ways along the eigenvector of the
 * smallest eigenvalue where that is negative; the smallest of the steps 2^k (1 + |theta|) with
 * a provable decrease is taken, since the smaller the ball the stronger the statement.  A
 * saddle of proved index is the kind index, which says more (that is the form curvature). */
#include "cert/not_minimum.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "cert/near.h"
#include "cert/polish.h"

#define LARGEST 1000 /* parameters: eigenvectors of a dense Hessian                   */
#define FIRST   -40  /* steps 2^-40 .. 2^1, times 1 + |theta|                          */
#define LAST    1

typedef struct {
    const nd_problem *pb;
    const double *theta;
    size_t P, n;
    double *g, *v, *x; /* P: gradient; direction; point                               */
    double *lo, *hi;   /* n: margins                                                  */
    double loss;       /* L(theta) >= loss                                            */
    double decrease;   /* L(theta) - L(x) >= decrease, > 0 when found                 */
    double radius;     /* >= |x - theta|                                              */
} hunt;

/* L(x) <= *hi, proved. */
static nd_status loss_above(nd_ctx *ctx, hunt *h, double *hi)
{
    double lo;
    nd_status status = nd_margin_bounds(ctx, h->pb, h->x, h->lo, h->hi);

    if (status == ND_OK) nd_loss_bounds(h->pb, h->x, h->lo, h->hi, &lo, hi);
    return status;
}

/* The smallest step along +-v with a provable decrease; keeps what is there if nearer. */
static nd_status along(nd_ctx *ctx, hunt *h, const double *v, double sign, double *point)
{
    double size = nd_norm_up(h->P, v), scale = 1.0 + nd_norm_up(h->P, h->theta), hi;
    nd_status status;

    if (!(size > 0.0 && isfinite(size) && isfinite(scale))) return ND_OK;
    for (int k = FIRST; k <= LAST; k++) {
        double t = sign * ldexp(scale, k) / size, r;

        for (size_t i = 0; i < h->P; i++) h->x[i] = h->theta[i] + t * v[i];
        for (size_t i = 0; i < h->P; i++) point[i] = nd_grow(fabs(h->x[i] - h->theta[i]));
        r = nd_grow(nd_norm_up(h->P, point));
        if (h->decrease > 0.0 && !(r < h->radius)) break;
        status = loss_above(ctx, h, &hi);
        if (status != ND_OK) return status;
        hi = (h->loss - hi) - 4.0 * ND_U * (fabs(h->loss) + fabs(hi));
        if (!(hi > 0.0) || !(r > 0.0)) continue;
        h->decrease = hi;
        h->radius = r;
        memcpy(h->v, h->x, h->P * sizeof *h->x);
        break;
    }
    return ND_OK;
}

/* An eigenvector of the smallest eigenvalue of H, when that is negative. */
static nd_status curvature(nd_ctx *ctx, const hunt *h, nd_work *work, double *v, bool *found)
{
    size_t P = h->P;
    double *H, *values;
    nd_cert c;
    nd_status status;

    *found = false;
    if (P > LARGEST || !nd_near_applies(h->pb, h->theta, &c)) return ND_OK;
    H = ND_NEW(ctx, double, P *P);
    values = ND_NEW(ctx, double, P);
    status = H && values ? ND_OK : ND_EMEM;
    if (status == ND_OK) status = nd_problem_hessian(ctx, h->pb, h->theta, work, H);
    if (status == ND_OK && nd_blas_syev(ctx, true, P, H, P, values, &status) == 0 &&
        status == ND_OK && values[0] < 0.0) {
        memcpy(v, H, P * sizeof *v);
        *found = true;
    }
    nd_free(ctx, H);
    nd_free(ctx, values);
    return status;
}

/* h->v := the point, h->decrease > 0, if there is one. */
static nd_status hunt_run(nd_ctx *ctx, hunt *h)
{
    nd_work *work = NULL;
    double L, hi, *v = ND_NEW(ctx, double, 2 * h->P);
    bool found;
    nd_status status = v ? ND_OK : ND_EMEM;

    if (status != ND_OK) return status;
    ND_TRY(nd_work_create(ctx, h->pb, &work));
    ND_TRY(nd_margin_bounds(ctx, h->pb, h->theta, h->lo, h->hi));
    nd_loss_bounds(h->pb, h->theta, h->lo, h->hi, &h->loss, &hi);
    ND_TRY(nd_problem_grad(ctx, h->pb, h->theta, work, &L, h->g));
    ND_TRY(along(ctx, h, h->g, -1.0, v + h->P));
    ND_TRY(curvature(ctx, h, work, v, &found));
    for (int sign = -1; found && sign <= 1; sign += 2) ND_TRY(along(ctx, h, v, sign, v + h->P));
done:
    nd_work_destroy(ctx, work);
    nd_free(ctx, v);
    return status;
}

static nd_status hunt_open(nd_ctx *ctx, const nd_problem *pb, const double *theta, hunt *h)
{
    *h = (hunt){.pb = pb, .theta = theta, .P = pb->net->P, .n = pb->data->n};
    h->g = ND_NEW(ctx, double, 3 * h->P);
    h->lo = ND_NEW(ctx, double, 2 * h->n);
    if (!h->g || !h->lo) return ND_EMEM;
    h->v = h->g + h->P;
    h->x = h->v + h->P;
    h->hi = h->lo + h->n;
    return ND_OK;
}

static void hunt_close(nd_ctx *ctx, hunt *h)
{
    nd_free(ctx, h->g);
    nd_free(ctx, h->lo);
}

/* ---- the gradient -------------------------------------------------------------------------- */

/* norm >= |gh| + error, so |grad L| >= |gh| - error >= 2 |gh| - norm. */
static nd_status gradient_proof(nd_ctx *ctx, hunt *h, nd_cert *c)
{
    double *zero = ND_NEW0(ctx, double, h->P), norm, size;
    nd_polish *p = NULL;
    nd_status status = zero ? ND_OK : ND_EMEM;

    if (status == ND_OK) status = nd_polish_create(ctx, h->pb, &p);
    if (status == ND_OK) status = nd_polish_gradient(ctx, p, h->theta, zero, h->g, &norm);
    if (status == ND_OK) {
        size = nd_norm_up(h->P, h->g) * (1.0 - 4.0 * nd_gamma(h->P + 4)) - 2.0 * ND_UP_NORM;
        if (2.0 * size * (1.0 - 8.0 * ND_U) > norm) {
            c->truth = ND_PROVED;
            c->says = ND_SAYS_NO_MINIMUM;
            snprintf(c->reason, sizeof c->reason,
                     "|grad L(theta)| is about %.2g and not 0, so that theta itself is no local "
                     "minimum: of a rounded point that is nearly always true and says little",
                     norm);
        } else {
            nd_cert_fail(c, "no lower point found near, and the gradient, at most %.2g, may be 0",
                         norm);
        }
    }
    nd_polish_destroy(ctx, p);
    nd_free(ctx, zero);
    return status;
}

/* ---- the kind ------------------------------------------------------------------------------- */

nd_status nd_prove_not_minimum(nd_ctx *ctx, const nd_problem *pb, const double *theta, nd_cert *out)
{
    nd_cert c;
    hunt h = {.pb = pb};
    nd_status status;

    ND_TRY(nd_prove_zero_loss(ctx, pb, theta, &c)); /* what holds at theta itself */
    c.kind = "not-a-minimum";
    if (c.truth == ND_PROVED) {
        c.truth = ND_UNKNOWN;
        c.says = ND_SAYS_NOTHING;
        nd_cert_fail(&c, "theta is a global minimum");
    } else if (!nd_arithmetic_sound() || !isfinite(c.loss_hi)) {
        nd_cert_fail(&c, "the loss at theta has no bound");
    } else {
        ND_TRY(hunt_open(ctx, pb, theta, &h));
        ND_TRY(hunt_run(ctx, &h));
        if (h.decrease > 0.0) {
            c.truth = ND_PROVED; /* it says nothing of smaller balls: ND_SAYS_NOTHING */
            c.radius = h.radius;
            snprintf(c.reason, sizeof c.reason,
                     "the loss is smaller by %.2g or more at a point at distance %.2g: theta does "
                     "not minimise it over that ball",
                     h.decrease, h.radius);
        } else {
            ND_TRY(gradient_proof(ctx, &h, &c));
        }
    }
    *out = c;
done:
    hunt_close(ctx, &h);
    return status;
}

nd_status nd_claim_not_minimum(nd_ctx *ctx, const nd_problem *pb, const double *theta,
                               const nd_cert *cert, struct json_t *claims)
{
    hunt h = {.pb = pb};
    bool lower = cert->radius > 0.0;
    nd_status status;

    ND_TRY(nd_json_set(ctx, claims, "form", json_string(lower ? "lower" : "gradient")));
    if (!lower) goto done;
    ND_TRY(hunt_open(ctx, pb, theta, &h));
    ND_TRY(hunt_run(ctx, &h));
    ND_TRY(nd_json_set(ctx, claims, "point", nd_json_hex_array(h.v, h.P)));
done:
    hunt_close(ctx, &h);
    return status;
}
