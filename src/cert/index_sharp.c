/* A congruence X'HX ~ D for an ill-conditioned H, with H in double-double.
 *
 * X comes from eigenvectors in doubles, which is enough for |lambda| >= u |H| only.  Then
 *
 *   M = X'HX in double-double,  M = V Lambda V' in doubles,  X := X V |Lambda|^(-1/2)
 *
 * is repeated until M ~ D: each time what is left of the condition is divided by about 1/u
 * (S. M. Rump, "Inversion of extremely ill-conditioned matrices in floating-point", JJIAM 26,
 * 2009, for the idea).  Nothing is trusted of it: the last M is bounded with its rounding.
 * The entries of X are rounded: that alone leaves (|H|/lambda)^(1/2) u in M. */
#include "cert/index_sharp.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "cert/variation.h"

#define ROUNDS   5
#define GOOD     0.01    /* |M - D| below this: no further round                        */
#define MAX_P    200     /* double-double products of matrices                          */
#define MAX_WORK 1e7     /* n P^2: some seconds                                         */
#define LARGE    0x1p200 /* |X|, |W| below this: underflow is below 2^-400             */

typedef struct {
    nd_sharp *s;
    size_t P;
    nd_dd *H, *W;      /* P x P; W = H X, column by column                          */
    double *M, *T, *v; /* P x P, P x P, P                                          */
    double off, error; /* |M - D| with its rounding; of H                          */
} job;

bool nd_sharp_applies(const nd_problem *pb)
{
    const nd_net *net = pb->net;
    double P = (double)net->P;

    if (net->P > MAX_P || (double)pb->data->n * P * P > MAX_WORK) return false;
    for (size_t t = 0; t < net->terms; t++)
        for (size_t l = 0; l < net->term[t].depth; l++) {
            const nd_act *act = net->term[t].layer[l].act;

            if (act->smooth < 3 || !nd_dd_activation_of(act)) return false;
        }
    return pb->loss.kind->smooth(pb->loss.q) >= 2;
}

/* column j of W := H x_j */
static void times_column(const job *w, size_t j)
{
    const double *x = w->s->X + j * w->P;

    for (size_t k = 0; k < w->P; k++) {
        nd_dd sum = nd_dd_of(0.0);

        for (size_t i = 0; i < w->P; i++)
            sum = nd_dd_add(sum, nd_dd_mul(w->H[k * w->P + i], nd_dd_of(x[i])));
        w->W[j * w->P + k] = sum;
    }
}

static nd_dd product(const job *w, size_t i, size_t j)
{
    const double *x = w->s->X + i * w->P;
    nd_dd sum = nd_dd_of(0.0);

    for (size_t k = 0; k < w->P; k++)
        sum = nd_dd_add(sum, nd_dd_mul(nd_dd_of(x[k]), w->W[j * w->P + k]));
    return sum;
}

/* Frobenius norm of the high parts, from above, with room for the low ones. */
static double norm_dd(size_t n, const nd_dd *x)
{
    double s = 0.0;

    for (size_t i = 0; i < n; i++) s += x[i].hi * x[i].hi;
    return nd_grow(nd_up(sqrt(s), n + 2)) + ND_UP_NORM;
}

/* M = X'HX rounded to doubles, off >= |X'HX - D| for the H that is stored. */
static void measure(job *w)
{
    size_t P = w->P;
    double sum = 0.0, D = nd_dd_sum_error(2 * P), x = nd_norm_up(P * P, w->s->X), h, wn;

    for (size_t j = 0; j < P; j++) times_column(w, j);
    for (size_t i = 0; i < P; i++)
        for (size_t j = 0; j < P; j++) {
            nd_dd m = product(w, i, j);
            double d = nd_dd_add(m, nd_dd_of(i == j ? -w->s->D[i] : 0.0)).hi;

            w->M[i * P + j] = m.hi;
            sum += d * d;
        }
    h = norm_dd(P * P, w->H);
    wn = norm_dd(P * P, w->W);
    w->off = nd_grow(nd_up(sqrt(sum), P * P + 4) + D * (x * wn + x * h * x)) + 0x1p-300;
    if (!(x < LARGE && wn < LARGE && h < LARGE)) w->off = INFINITY;
}

/* X := X V |Lambda|^(-1/2), D from M; false: singular or not finite. */
static nd_status improve(nd_ctx *ctx, job *w, bool *ok)
{
    size_t P = w->P;
    nd_status status = ND_OK;

    *ok = false;
    if (nd_blas_syev(ctx, true, P, w->M, P, w->v, &status) != 0 || status != ND_OK) return status;
    nd_blas_gemm(false, false, P, P, P, 1.0, w->s->X, P, w->M, P, 0.0, w->T, P);
    *ok = true;
    for (size_t j = 0; j < P; j++) {
        double scale = 1.0 / sqrt(fabs(w->v[j]));

        w->s->D[j] = w->v[j] < 0.0 ? -1.0 : 1.0;
        for (size_t k = 0; k < P; k++) {
            double x = w->T[j * P + k] * scale;

            *ok = *ok && fabs(x) <= DBL_MAX;
            w->s->X[j * P + k] = x;
        }
    }
    return ND_OK;
}

/* d := H^-1 d ~ X D X' d */
static void solve(void *self, double *d)
{
    const job *w = self;
    size_t P = w->P;

    nd_blas_gemv(true, P, P, 1.0, w->s->X, P, d, 0.0, w->v);
    for (size_t j = 0; j < P; j++) w->v[j] *= w->s->D[j];
    nd_blas_gemv(false, P, P, 1.0, w->s->X, P, w->v, 0.0, d);
}

/* H at hi + lo; X until M is near D. */
static nd_status settle(nd_ctx *ctx, job *w, bool *ok)
{
    nd_sharp *s = w->s;
    nd_status status = nd_dd_hessian(ctx, s->pb, s->hi, s->lo, w->H, &w->error);

    *ok = status == ND_OK && isfinite(w->error);
    for (int round = 0; *ok && round <= ROUNDS; round++) {
        measure(w);
        *ok = isfinite(w->off);
        if (!*ok || w->off < GOOD || round == ROUNDS) break;
        ND_TRY(improve(ctx, w, ok));
    }
done:
    return status;
}

static nd_status run(nd_ctx *ctx, job *w)
{
    nd_sharp *s = w->s;
    bool ok;
    nd_status status;

    ND_TRY(settle(ctx, w, &ok)); /* X for Newton's method, ... */
    if (!ok) goto done;
    ND_TRY(nd_polish_newton_with(ctx, s->polish, w->P, solve, w, 0.0, s->hi, s->lo, &s->g));
    ND_TRY(settle(ctx, w, &ok)); /* ... and where it ended */
    s->found = ok && isfinite(s->g);
    s->defect = w->off;
    s->error = w->error;
done:
    return status;
}

nd_status nd_sharp_congruence(nd_ctx *ctx, nd_sharp *s)
{
    size_t P = s->pb->net->P;
    job w = {.s = s, .P = P};
    nd_status status;

    s->found = false;
    w.H = ND_NEW(ctx, nd_dd, P * P);
    w.W = ND_NEW(ctx, nd_dd, P * P);
    w.M = ND_NEW(ctx, double, 2 * P * P + P);
    if (!w.H || !w.W || !w.M) {
        status = ND_EMEM;
    } else {
        w.T = w.M + P * P;
        w.v = w.T + P * P;
        status = run(ctx, &w);
    }
    nd_free(ctx, w.H);
    nd_free(ctx, w.W);
    nd_free(ctx, w.M);
    return status;
}
