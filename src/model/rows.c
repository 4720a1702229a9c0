/* Rows of the table as the left factor of a product: dense or sparse. */
#include "model/pass.h"

nd_rows nd_rows_of(const nd_table *t, size_t tile)
{
    size_t first = tile * ND_TILE, left = t->n - first;
    nd_rows x = {.first = first, .T = left < ND_TILE ? left : ND_TILE};

    x.m = x.T;
    if (t->x) x.x = t->x + first * t->d;
    if (t->row) {
        x.row = t->row + first;
        x.col = t->col;
        x.val = t->val;
    }
    if (t->y) x.y = t->y + first;
    if (t->weight) x.weight = t->weight + first;
    return x;
}

void nd_rows_nn(const nd_rows *x, size_t d, size_t m, const uint32_t *rows, size_t width,
                const double *B, size_t ldb, const double *bias, double *C)
{
    if (x->row)
        nd_tile_sparse_nn(m, width, x->row, x->col, x->val, rows, B, ldb, bias, C, ldb);
    else
        nd_tile_nn(m, width, d, x->x, d, rows, B, ldb, bias, C, ldb);
}

void nd_rows_tn(const nd_rows *x, size_t d, size_t m, const uint32_t *rows, size_t width,
                const double *D, size_t ldd, double *C)
{
    if (x->row)
        nd_tile_sparse_tn(m, width, x->row, x->col, x->val, rows, D, ldd, C, ldd);
    else
        nd_tile_tn(m, width, d, x->x, d, rows, D, ldd, C, ldd);
}

void nd_rows_dot(const nd_rows *x, size_t d, size_t m, const uint32_t *rows, const double *w,
                 double *y)
{
    for (size_t t = 0; t < m; t++) {
        size_t r = rows ? rows[t] : t;
        double s = 0.0;
        if (x->row)
            for (size_t p = x->row[r]; p < x->row[r + 1]; p++) s += x->val[p] * w[x->col[p]];
        else if (d > 0)
            s = nd_dot(d, x->x + r * d, w);
        y[t] += s;
    }
}

void nd_rows_sum(const nd_rows *x, size_t d, size_t m, const uint32_t *rows, const double *c,
                 double *w)
{
    for (size_t t = 0; t < m; t++) {
        size_t r = rows ? rows[t] : t;
        if (x->row)
            for (size_t p = x->row[r]; p < x->row[r + 1]; p++) w[x->col[p]] += c[t] * x->val[p];
        else if (d > 0)
            nd_axpy(d, c[t], x->x + r * d, w);
    }
}

void nd_rows_add(const nd_rows *x, size_t d, size_t m, const uint32_t *rows, double *H, size_t ldh)
{
    for (size_t t = 0; t < m; t++) {
        size_t r = rows ? rows[t] : t;
        double *h = H + t * ldh;
        if (x->row)
            for (size_t p = x->row[r]; p < x->row[r + 1]; p++) h[x->col[p]] += x->val[p];
        else
            for (size_t k = 0; k < d; k++) h[k] += x->x[r * d + k];
    }
}
