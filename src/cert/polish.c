/* Newton's method on a centre hi + lo with the gradient of polish_gradient.c:
 *   H d = g,  (hi, lo) := (hi, lo) - d,
 * H fixed: near the critical point every step gains the factor |H^-1| M3 |first step|. */
#include <string.h>

#include "base/memory.h"
#include "cert/polish.h"
#include "cert/variation.h"

#define STEPS 8

static void move(size_t n, const double *d, double *hi, double *lo)
{
    for (size_t k = 0; k < n; k++) {
        nd_dd v = nd_dd_add((nd_dd){hi[k], lo[k]}, nd_dd_of(-d[k]));

        hi[k] = v.hi;
        lo[k] = v.lo;
    }
}

nd_status nd_polish_newton(nd_ctx *ctx, nd_polish *p, size_t P, const double *factor, double enough,
                           double *hi, double *lo, double *norm)
{
    double *d = ND_NEW(ctx, double, P), *h = ND_NEW(ctx, double, P), *l = ND_NEW(ctx, double, P), g;
    nd_status status = d && h && l ? ND_OK : ND_EMEM;

    if (status != ND_OK) goto done;
    ND_TRY(nd_polish_gradient(ctx, p, hi, lo, d, norm));
    for (int step = 0; step<STEPS && * norm> enough && isfinite(*norm); step++) {
        memcpy(h, hi, P * sizeof *h);
        memcpy(l, lo, P * sizeof *l);
        nd_blas_potrs(P, factor, P, d);
        move(P, d, h, l);
        ND_TRY(nd_polish_gradient(ctx, p, h, l, d, &g));
        if (!(g < *norm)) break;
        memcpy(hi, h, P * sizeof *h);
        memcpy(lo, l, P * sizeof *l);
        if (g > 0.5 * *norm) step = STEPS;
        *norm = g;
    }
done:
    nd_free(ctx, d);
    nd_free(ctx, h);
    nd_free(ctx, l);
    return status;
}
