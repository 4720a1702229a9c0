/* What can be said of one box X of parameters.
 *
 * Empty when, for some row y' of numbers, y' grad L has no zero on X: y = e_k over X at once;
 * or by the mean value form  y' grad L(theta) in y' g(c) + sum_k (y' H(X))_k (X_k - c_k), c the
 * middle, for y = e_k and for the rows of an approximate inverse of H's middle. */
#include "map/complete.h"

#include "base/memory.h"

#include <string.h>

nd_status nd_prober_create(nd_ctx *ctx, const nd_problem *pb, nd_prober *out)
{
    size_t P = pb->net->P;
    nd_prober p = {.P = P};
    nd_status status = nd_over_create(ctx, pb, &p.over);

    if (status != ND_OK) return status;
    p.g = ND_NEW(ctx, nd_iv, 4 * P + P * P);
    p.Y = ND_NEW(ctx, double, 2 * P * P);
    if (!p.g || !p.Y) {
        nd_prober_clear(ctx, &p);
        return ND_EMEM;
    }
    p.gc = p.g + P;
    p.centre = p.gc + P;
    p.row = p.centre + P;
    p.H = p.row + P;
    p.M = p.Y + P * P;
    *out = p;
    return ND_OK;
}

void nd_prober_clear(nd_ctx *ctx, nd_prober *p)
{
    nd_over_clear(ctx, &p->over);
    nd_free(ctx, p->g);
    nd_free(ctx, p->Y);
    *p = (nd_prober){0};
}

/* ---- Gauss and Jordan ------------------------------------------------------------------ */

static void swap_rows(size_t n, double *A, size_t i, size_t j)
{
    for (size_t k = 0; k < n && i != j; k++) {
        double t = A[i * n + k];

        A[i * n + k] = A[j * n + k];
        A[j * n + k] = t;
    }
}

static void eliminate(size_t n, double *A, double *B, size_t c)
{
    double s = 1.0 / A[c * n + c];

    for (size_t k = 0; k < n; k++) {
        A[c * n + k] *= s;
        B[c * n + k] *= s;
    }
    for (size_t r = 0; r < n; r++) {
        double f = A[r * n + c];

        if (r == c || f == 0.0) continue;
        for (size_t k = 0; k < n; k++) {
            A[r * n + k] -= f * A[c * n + k];
            B[r * n + k] -= f * B[c * n + k];
        }
    }
}

bool nd_invert(size_t n, double *A, double *B)
{
    memset(B, 0, n * n * sizeof *B);
    for (size_t k = 0; k < n; k++) B[k * n + k] = 1.0;
    for (size_t c = 0; c < n; c++) {
        size_t best = c;

        for (size_t r = c; r < n; r++)
            if (fabs(A[r * n + c]) > fabs(A[best * n + c])) best = r;
        if (!(fabs(A[best * n + c]) > 0x1p-500)) return false;
        swap_rows(n, A, c, best);
        swap_rows(n, B, c, best);
        eliminate(n, A, B, c);
    }
    memcpy(A, B, n * n * sizeof *A);
    return true;
}

/* ---- tests ------------------------------------------------------------------------------- */

static bool inside(const nd_iv *x, const nd_iv *y, size_t P)
{
    for (size_t k = 0; k < P; k++)
        if (!(x[k].lo >= y[k].lo && x[k].hi <= y[k].hi)) return false;
    return true;
}

static bool away_from_zero(const nd_iv *g, size_t P)
{
    for (size_t k = 0; k < P; k++)
        if (!nd_iv_has_zero(g[k])) return true;
    return false;
}

/* y' grad L over the box, y a row of numbers. */
static nd_iv mean_value(const nd_prober *p, const nd_iv *box, const double *y)
{
    nd_iv sum = nd_iv_point(0.0);

    for (size_t r = 0; r < p->P; r++) sum = nd_iv_add(sum, nd_iv_scale(p->gc[r], y[r]));
    for (size_t k = 0; k < p->P; k++) {
        nd_iv h = nd_iv_point(0.0);

        for (size_t r = 0; r < p->P; r++) h = nd_iv_add(h, nd_iv_scale(p->H[r * p->P + k], y[r]));
        sum = nd_iv_add(sum, nd_iv_mul(h, nd_iv_sub(box[k], p->centre[k])));
    }
    return sum;
}

static nd_iv mean_value_entry(const nd_prober *p, const nd_iv *box, size_t r)
{
    nd_iv sum = p->gc[r];

    for (size_t k = 0; k < p->P; k++)
        sum = nd_iv_add(sum, nd_iv_mul(p->H[r * p->P + k], nd_iv_sub(box[k], p->centre[k])));
    return sum;
}

static bool empty_by_mean_value(nd_prober *p, const nd_iv *box)
{
    for (size_t k = 0; k < p->P; k++) p->centre[k] = nd_iv_point(nd_middle(box[k]));
    if (!nd_over_evaluate(&p->over, p->centre, p->gc, NULL)) return false;
    for (size_t r = 0; r < p->P; r++)
        if (!nd_iv_has_zero(mean_value_entry(p, box, r))) return true;
    for (size_t i = 0; i < p->P * p->P; i++) p->Y[i] = nd_middle(p->H[i]);
    if (!nd_invert(p->P, p->Y, p->M)) return false;
    for (size_t r = 0; r < p->P; r++)
        if (!nd_iv_has_zero(mean_value(p, box, p->Y + r * p->P))) return true;
    return false;
}

/* ---- where to split ------------------------------------------------------------------------- */

static double width(nd_iv x)
{
    return x.hi - x.lo;
}

/* The axis along which the gradient changes most over the box. */
static char split_axis(const nd_prober *p, const nd_iv *box, bool have_hessian)
{
    double most = -1.0;
    size_t best = 0;

    for (size_t k = 0; k < p->P; k++) {
        double w = width(box[k]), s = 0.0;

        for (size_t r = 0; have_hessian && r < p->P; r++) s += width(p->H[r * p->P + k]);
        if (!have_hessian) s = 1.0;
        if (w * s > most) {
            most = w * s;
            best = k;
        }
    }
    return (char)('a' + best);
}

/* Every point has a mirror image with a_1 >= a_2 >= ..., and >= 0 where neurons can be flipped,
 * in each term: none of those is in the box. */
static bool mirrored(const nd_prober *p, const nd_iv *box)
{
    const nd_net *net = p->over.pb->net;

    for (size_t t = 0; t < net->terms; t++) {
        const nd_term *term = &net->term[t];
        const nd_iv *a = box + term->a;

        for (size_t j = 0; term->depth > 0 && j < term->out; j++) {
            if (term->layer[0].act->odd && a[j].hi < 0.0) return true;
            if (j > 0 && a[j - 1].hi < a[j].lo) return true;
        }
    }
    return false;
}

char nd_probe(nd_prober *p, const nd_iv *box)
{
    bool have;

    if (p->mirror && mirrored(p, box)) return ND_LEAF_MIRROR;

    for (size_t i = 0; i < p->points; i++)
        if (inside(box, p->known + i * p->P, p->P)) return ND_LEAF_KNOWN;
    if (nd_over_evaluate(&p->over, box, p->g, NULL) && away_from_zero(p->g, p->P))
        return ND_LEAF_EMPTY;
    have = nd_over_evaluate(&p->over, box, p->g, p->H);
    if (have && empty_by_mean_value(p, box)) return ND_LEAF_EMPTY;
    return split_axis(p, box, have);
}
