/* Newton's method on a centre hi + lo with the gradient of polish_gradient.c:
 *   H d = g,  (hi, lo) := (hi, lo) - d,
 * H fixed: near the critical point every step gains the factor |H^-1| M3 |first step|. */
#include <string.h>

#include "base/memory.h"
#include "cert/polish.h"
#include "cert/variation.h"

#define STEPS 8

nd_status nd_polish_newton_with(nd_ctx *ctx, nd_polish *p, size_t m, nd_polish_solve solve,
                                void *self, double enough, double *hi, double *lo, double *norm)
{
    size_t P = nd_polish_parameters(p);
    double *d = ND_NEW(ctx, double, m), *h = ND_NEW(ctx, double, P), *l = ND_NEW(ctx, double, P), g;
    nd_status status = d && h && l ? ND_OK : ND_EMEM;

    if (status != ND_OK) goto done;
    ND_TRY(nd_polish_gradient(ctx, p, hi, lo, d, norm));
    for (int step = 0; step<STEPS && * norm> enough && isfinite(*norm); step++) {
        memcpy(h, hi, P * sizeof *h);
        memcpy(l, lo, P * sizeof *l);
        solve(self, d);
        nd_polish_move(p, d, h, l);
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

typedef struct {
    size_t m;
    const double *L;
} cholesky;

static void solve_cholesky(void *self, double *d)
{
    const cholesky *f = self;

    nd_blas_potrs(f->m, f->L, f->m, d);
}

nd_status nd_polish_newton(nd_ctx *ctx, nd_polish *p, size_t m, const double *factor, double enough,
                           double *hi, double *lo, double *norm)
{
    cholesky f = {m, factor};

    return nd_polish_newton_with(ctx, p, m, solve_cholesky, &f, enough, hi, lo, norm);
}
