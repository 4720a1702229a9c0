/* A critical point theta* near theta: when it can be spoken of, and what is claimed of it
 * (docs/proofs.md, section 10). */
#include "cert/near.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "cert/strict.h"

#define LARGEST 8000 /* parameters: three matrices of 512 MB */

bool nd_cert_fail(nd_cert *c, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    vsnprintf(c->reason, sizeof c->reason, fmt, args);
    va_end(args);
    return false;
}

bool nd_near_applies(const nd_problem *pb, const double *theta, nd_cert *c)
{
    const nd_net *net = pb->net;

    for (size_t t = 0; t < net->terms; t++)
        for (size_t l = 0; l < net->term[t].depth; l++)
            if (net->term[t].layer[l].act->smooth < 1)
                return nd_cert_fail(c, "an activation has a kink: there is no Hessian to rest on");
    return nd_near_applies_at(pb, theta, c);
}

bool nd_near_applies_at(const nd_problem *pb, const double *theta, nd_cert *c)
{
    const nd_net *net = pb->net;
    double rel, abs_err;

    for (size_t k = 0; k < net->P; k++)
        if (!isfinite(theta[k])) return nd_cert_fail(c, "theta has an entry that is not finite");
    if (pb->loss.kind->smooth(pb->loss.q) < 1 || !nd_loss_error(pb->loss, 2, &rel, &abs_err))
        return nd_cert_fail(c, "the loss has no second derivative");
    if (net->P > LARGEST) return nd_cert_fail(c, "too many parameters for a dense Hessian");
    if (!nd_arithmetic_sound())
        return nd_cert_fail(c,
                            "the processor flushes subnormal numbers or does not round to nearest");
    return true;
}

double nd_near_distance(size_t P, const double *a, const double *hi, const double *lo, double *v)
{
    for (size_t k = 0; k < P; k++) v[k] = nd_grow(fabs(hi[k] - a[k]) + (lo ? fabs(lo[k]) : 0.0));
    return nd_grow(nd_norm_up(P, v));
}

double nd_near_block_error(const nd_problem *pb, size_t m, const double *H, const nd_ball *b)
{
    double most = 0.0;

    for (size_t k = 0; pb->l2 > 0.0 && k < m; k++)
        if (!(fabs(H[k * m + k]) <= most)) most = fabs(H[k * m + k]);
    return nd_grow(b->hessian + 2.0 * ND_U * most);
}

double nd_near_hessian_error(const nd_problem *pb, const double *H, const nd_ball *b)
{
    return nd_near_block_error(pb, pb->net->P, H, b);
}

nd_status nd_near_claims(nd_ctx *ctx, const nd_problem *pb, const double *c, double rho,
                         double offset, const double *change, double *m, nd_cert *cert, bool *ok)
{
    size_t n = pb->data->n;
    double size = nd_norm_up(pb->net->P, c), ridge, *lo = m, *hi = m + n;
    nd_status status = nd_margin_bounds(ctx, pb, c, lo, hi);

    *ok = false;
    if (status != ND_OK) return status;
    cert->margin_lo = INFINITY;
    for (size_t i = 0; i < n; i++) {
        double wide = change[i] + 4.0 * ND_U * (fabs(lo[i]) + change[i]) + ND_UP_SUM;

        lo[i] -= wide;
        hi[i] += wide + 4.0 * ND_U * fabs(hi[i]);
        if (!(lo[i] >= cert->margin_lo)) cert->margin_lo = lo[i];
    }
    nd_count_errors(pb->data, lo, hi, &cert->errors_lo, &cert->errors_hi);
    nd_loss_bounds(pb, c, lo, hi, &cert->loss_lo, &cert->loss_hi);
    /* (lambda/2) ||theta*|^2 - |c|^2| <= lambda rho (|c| + rho) */
    ridge = nd_grow(pb->l2 * rho * (size + rho));
    cert->loss_lo -= ridge + 4.0 * ND_U * fabs(cert->loss_lo);
    cert->loss_hi += ridge + 4.0 * ND_U * fabs(cert->loss_hi);
    if (!(cert->loss_lo > 0.0)) cert->loss_lo = 0.0;
    cert->radius = 4.0 * nd_grow(rho + offset); /* room for other ways to prove it */
    *ok = (isfinite(cert->loss_hi) && isfinite(cert->margin_lo) && isfinite(cert->radius)) ||
          nd_cert_fail(cert, "the loss or a margin is not bounded near theta");
    if (!*ok) cert->radius = 0.0;
    return ND_OK;
}
