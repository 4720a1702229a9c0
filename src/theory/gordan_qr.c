/* Orthogonal factorisation of a changing set of vectors.
 *
 * A vector is appended by Gram-Schmidt, done three times: after the second pass it is
 * orthogonal to working accuracy relative to its own size unless it has lost all its
 * digits (Giraud, Langou, Rozloznik 2005); the third is for vectors that keep 1e-13.
 * Deleting column k leaves R upper Hessenberg; rotations of neighbouring rows restore
 * it, and turn the same rows of q. */
#include "theory/separable.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "num/kernels.h"
#include "num/tile.h"

#define PASSES 3

nd_status nd_qr_make(nd_ctx *ctx, size_t dim, size_t max, nd_qr *out)
{
    *out = (nd_qr){.dim = dim, .ld = dim, .max = max};
    if (max && max > SIZE_MAX / max) return nd_fail(ctx, ND_EMEM, "out of memory");
    out->q = ND_NEW(ctx, double, max *dim);
    out->r = ND_NEW0(ctx, double, max *max);
    out->work = ND_NEW(ctx, double, dim + max);
    if (out->q && out->r && out->work) return ND_OK;
    nd_qr_clear(ctx, out);
    return ND_EMEM;
}

void nd_qr_clear(nd_ctx *ctx, nd_qr *f)
{
    nd_free(ctx, f->q);
    nd_free(ctx, f->r);
    nd_free(ctx, f->work);
    *f = (nd_qr){0};
}

/* v := v off the span; h (size) collects the coefficients. */
static void project(const nd_qr *f, double *v, double *h)
{
    const nd_kernels *k = nd_kernels_get();

    memset(h, 0, sizeof *h * f->size);
    for (int pass = 0; pass < PASSES; pass++)
        for (size_t j = 0; j < f->size; j++) {
            const double *q = f->q + j * f->ld;
            double s = k->dot(f->dim, q, v);

            h[j] += s;
            k->axpy(f->dim, -s, q, v);
        }
}

bool nd_qr_append(nd_qr *f, const double *a, double tiny)
{
    double *v = f->work, *h = f->work + f->dim, norm;
    double *q = f->q + f->size * f->ld, *r = f->r + f->size * f->max;

    if (f->size == f->max) return false;
    memcpy(v, a, sizeof *v * f->dim);
    project(f, v, h);
    norm = nd_norm2(f->dim, v);
    if (!(norm > tiny * nd_norm2(f->dim, a))) return false;
    for (size_t k = 0; k < f->dim; k++) q[k] = v[k] / norm;
    memcpy(r, h, sizeof *r * f->size);
    r[f->size++] = norm;
    return true;
}

/* The rotation that makes b zero beside a; rows j and j + 1 of R from column j on. */
static void rotate(nd_qr *f, size_t j)
{
    double *col = f->r + j * f->max, a = col[j], b = col[j + 1], h = hypot(a, b);
    double c = h > 0.0 ? a / h : 1.0, s = h > 0.0 ? b / h : 0.0;
    double *q0 = f->q + j * f->ld, *q1 = q0 + f->ld;

    for (size_t i = j; i < f->size; i++) {
        double *r = f->r + i * f->max, x = r[j], y = r[j + 1];
        r[j] = c * x + s * y;
        r[j + 1] = c * y - s * x;
    }
    col[j + 1] = 0.0;
    for (size_t k = 0; k < f->dim; k++) {
        double x = q0[k], y = q1[k];
        q0[k] = c * x + s * y;
        q1[k] = c * y - s * x;
    }
}

void nd_qr_delete(nd_qr *f, size_t column)
{
    f->size--;
    for (size_t j = column; j < f->size; j++)
        memcpy(f->r + j * f->max, f->r + (j + 1) * f->max, sizeof *f->r * (j + 2));
    for (size_t j = column; j < f->size; j++) rotate(f, j);
}

void nd_qr_residual(nd_qr *f, const double *b, double *rho, double *z)
{
    memcpy(rho, b, sizeof *rho * f->dim);
    project(f, rho, z);
    for (size_t j = f->size; j-- > 0;) {
        const double *r = f->r + j * f->max;

        z[j] /= r[j];
        for (size_t i = 0; i < j; i++) z[i] -= r[i] * z[j];
    }
}
