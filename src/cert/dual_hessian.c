/* The Hessian of the potential at the neurons of a shallow net, over a ball of parameters
 * (docs/proofs.md, section 17):
 *
 *   B = sum_i c_i s''(z_ij) x~_i x~_i',   c_i = -l'(-m_i) y_i omega_i / n,
 *
 * m_i and z_ij at theta*, |theta* - theta| <= rho, each with its error; then the sums. */
#include "base/memory.h"
#include "cert/dual.h"

/* |x~|: a product that underflows is multiplied by no more than this, and ND_UP_NORM covers it. */
#define LARGEST_SAMPLE 0x1p400

typedef struct {
    const nd_problem *pb;
    const nd_term *term;
    const nd_layer *layer;
    const double *theta;
    double rho;
    size_t n, d, D;    /* D: entries of x~                      */
    double *A, *R, *L; /* D x D                                 */
    nd_about *c;       /* n                                     */
    double *x;         /* D                                     */
} curvature;

/* c_i at theta*: the margin there lies in lo - change, hi + change. */
static nd_about slope(const nd_problem *pb, size_t i, double lo, double hi, double change)
{
    const nd_table *t = pb->data;
    double mid = 0.5 * (lo + hi), half = nd_grow(0.5 * (hi - lo) + ND_U * fabs(mid) + change);
    double omega = t->weight ? t->weight[i] : 1.0;
    nd_about c = nd_about_loss(pb->loss, 1, (nd_about){-mid, nd_grow(half + ND_U * fabs(mid))});

    c = nd_about_mul(c, nd_about_of(-t->y[i] * omega / (double)t->n, 0.0));
    return c;
}

/* s''(w_j.x~ + b_j) at theta*; size >= |x~|. */
static nd_about bend(const curvature *p, size_t j, double size)
{
    const nd_layer *L = p->layer;
    const double *w = p->theta + L->W + j * L->in;
    double z = 0.0, norm = nd_norm_up(L->in, w), b = L->bias ? p->theta[L->b + j] : 0.0, r;

    for (size_t k = 0; k < L->in; k++) z += w[k] * p->x[k];
    r = nd_gamma(L->in + 2) * (norm * size + fabs(b)) + p->rho * size;
    return nd_about_slope(L->act, 2, (nd_about){z + b, nd_grow(r) + ND_UP_SUM});
}

/* A, R += f x~ x~' and its errors, lower triangle. */
static void add_sample(curvature *p, nd_about f)
{
    size_t D = p->D;
    double e = nd_grow(f.r + nd_gamma(p->n + 8) * (fabs(f.m) + f.r));

    for (size_t k = 0; k < D; k++) {
        double fx = f.m * p->x[k], ex = e * fabs(p->x[k]);

        for (size_t l = 0; l <= k; l++) {
            p->A[k * D + l] += fx * p->x[l];
            p->R[k * D + l] += ex * fabs(p->x[l]);
        }
    }
}

/* Both triangles of sign A, and R. */
static void finish(curvature *p, double sign)
{
    for (size_t k = 0; k < p->D; k++)
        for (size_t l = 0; l <= k; l++) {
            size_t at = k * p->D + l, other = l * p->D + k;

            p->A[other] = p->A[at] *= sign;
            p->R[other] = p->R[at] = nd_up(p->R[at], p->n + 8) + ND_UP_NORM;
        }
}

static bool curved(curvature *p, size_t j)
{
    const nd_table *t = p->pb->data;

    for (size_t k = 0; k < p->D * p->D; k++) p->A[k] = p->R[k] = 0.0;
    for (size_t i = 0; i < p->n; i++) {
        double size;

        nd_table_row(t, i, p->x);
        if (p->D > p->d) p->x[p->d] = 1.0;
        size = nd_norm_up(p->D, p->x);
        if (!(size <= LARGEST_SAMPLE)) return false;
        add_sample(p, nd_about_mul(p->c[i], bend(p, j, size)));
    }
    finish(p, p->theta[p->term->a + j] > 0.0 ? 1.0 : -1.0);
    return nd_about_definite(p->D, p->A, p->R, p->L);
}

/* All c_i. */
static nd_status slopes(nd_ctx *ctx, const curvature *p)
{
    double *change = ND_NEW(ctx, double, 3 * p->n), *lo, *hi;
    nd_ball ball;
    nd_status status = change ? ND_OK : ND_EMEM;

    if (status != ND_OK) return status;
    lo = change + p->n;
    hi = lo + p->n;
    ND_TRY(nd_ball_bounds(ctx, p->pb, p->theta, p->rho, &ball, change));
    ND_TRY(nd_margin_bounds(ctx, p->pb, p->theta, lo, hi));
    for (size_t i = 0; i < p->n; i++) p->c[i] = slope(p->pb, i, lo[i], hi[i], change[i]);
done:
    nd_free(ctx, change);
    return status;
}

static nd_status room(nd_ctx *ctx, curvature *p)
{
    p->A = ND_NEW(ctx, double, p->D * p->D);
    p->R = ND_NEW(ctx, double, p->D * p->D);
    p->L = ND_NEW(ctx, double, p->D * p->D);
    p->c = ND_NEW(ctx, nd_about, p->n);
    p->x = ND_NEW(ctx, double, p->d + 1);
    return p->A && p->R && p->L && p->c && p->x ? ND_OK : ND_EMEM;
}

nd_status nd_dual_curved(nd_ctx *ctx, const nd_problem *pb, const double *theta, double rho,
                         bool *ok, size_t *where)
{
    const nd_term *term = nd_dual_term(pb->net);
    curvature p = {.pb = pb, .term = term, .layer = term->layer, .theta = theta, .rho = rho};
    nd_status status;

    p.n = pb->data->n;
    p.d = pb->net->d;
    p.D = p.d + (p.layer->bias ? 1 : 0);
    *ok = true;
    ND_TRY(room(ctx, &p));
    ND_TRY(slopes(ctx, &p));
    for (size_t j = 0; *ok && j < p.layer->width; j++) {
        *ok = curved(&p, j);
        *where = j;
    }
done:
    nd_free(ctx, p.A);
    nd_free(ctx, p.R);
    nd_free(ctx, p.L);
    nd_free(ctx, p.c);
    nd_free(ctx, p.x);
    return status;
}
