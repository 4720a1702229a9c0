/* The factors of the dense Hessian (hessian.h), row by row.
 *
 * K_r,l is stored transposed, [row][u in l][j in r], so that K_r,l = W_r D_{r-1,l} is
 * one matrix product for all rows and u at once. */
#include <string.h>

#include "model/hessian.h"
#include "num/blas.h"

/* The nets' inputs x~ of layer a in row r of a tile (compact row t of the memo). */
static void fill_input(const nd_hess *h, const nd_hess_layer *a, const nd_memo *memo, size_t t,
                       size_t first, double *X)
{
    const nd_layer *y = a->y->y;

    if (a->level == 0) {
        nd_table_row(h->work->data, first + memo->rows[t], X);
    } else {
        const nd_plan_layer *below = h->layer[a->base + a->level - 1].y;
        memcpy(X, memo->h + below->col * ND_TILE + t * below->wp, y->in * sizeof *X);
    }
    if (y->bias) X[y->in] = 1.0;
}

static void fill_layer(const nd_hess *h, const nd_hess_layer *a, const nd_memo *memo, size_t first,
                       size_t at)
{
    size_t w = a->w, wp = a->y->wp, col = a->y->col * ND_TILE;

    for (size_t t = 0; t < memo->m; t++) {
        fill_input(h, a, memo, t, first, a->X + (at + t) * a->in);
        memcpy(a->G + (at + t) * w, memo->g + col + t * wp, w * sizeof(double));
        memcpy(a->S1 + (at + t) * w, memo->s1 + col + t * wp, w * sizeof(double));
        for (size_t u = 0; u < w; u++)
            a->K[(at + t) * w + u] = memo->c[t] * memo->k[col + t * wp + u];
    }
}

static void fill_outputs(const nd_hess *h, const nd_memo *memo, size_t first, size_t at)
{
    const nd_plan *p = &h->work->plan;

    for (size_t t = 0; t < memo->m; t++) {
        double *o = h->O + (at + t) * h->outs;
        for (size_t k = 0; k < p->net->terms; k++) {
            const nd_plan_term *pt = &p->term[k];
            const nd_plan_layer *y = pt->depth ? &pt->layer[pt->depth - 1] : NULL;
            if (y)
                memcpy(o, memo->h + y->col * ND_TILE + t * y->wp, pt->term->out * sizeof *o);
            else
                nd_table_row(h->work->data, first + memo->rows[t], o);
            o += pt->term->out;
        }
        *o = 1.0;
    }
}

/* ---- deep terms -------------------------------------------------------------------- */

/* K_r,l and D_r,l of m rows from row at on; below: D_{r-1,l}, NULL where it is diagonal. */
static void chain_step(const nd_hess *h, const nd_hess_layer *l, const nd_hess_layer *r,
                       const double *below, size_t at, size_t m, double *K, double *D)
{
    const double *W = h->work->back + r->y->W;
    size_t wl = l->w, wr = r->w, in = r->y->y->in;

    if (below) nd_blas_gemm(true, false, wr, m * wl, in, 1.0, W, r->y->ip, below, in, 0.0, K, wr);
    for (size_t i = 0; i < m * wl; i++) {
        const double *s1 = r->S1 + (at + i / wl) * wr, diagonal = l->S1[at * wl + i];
        double *k = K + i * wr, *d = D + i * wr;
        if (!below)
            for (size_t j = 0; j < wr; j++) k[j] = diagonal * W[j * r->y->ip + i % wl];
        for (size_t j = 0; j < wr; j++) d[j] = s1[j] * k[j];
        if (!r->y->y->residual) continue;
        if (below)
            for (size_t j = 0; j < wr; j++) d[j] += below[i * wr + j];
        else
            d[i % wl] += diagonal;
    }
}

/* S += A diag(k) B' with A wa x n, B wb x n; T: room for wa x n. */
static void weighted_product(size_t wa, size_t wb, size_t n, const double *A, const double *k,
                             const double *B, double *T, double *S)
{
    for (size_t u = 0; u < wa; u++)
        for (size_t j = 0; j < n; j++) T[u * n + j] = A[u * n + j] * k[j];
    nd_blas_gemm(true, false, wb, wa, n, 1.0, B, n, T, n, 1.0, S, wb);
}

/* K_r,l of the rows in hand, in the scratch of one chunk. */
static double *chain_of(const nd_hess *h, size_t l, size_t r, double *chain)
{
    return chain + h->chain_at[l * h->layers + r];
}

/* S_l,m of row at + sub, where the scratch holds K from row at on. */
static void curvature_row(const nd_hess *h, size_t l, size_t m, size_t at, size_t sub,
                          double *chain, double *S)
{
    const nd_hess_layer *L = &h->layer[l], *M = &h->layer[m];
    const double *k = M->K + (at + sub) * M->w, *own = chain_of(h, l, m, chain) + sub * L->w * M->w;

    for (size_t u = 0; u < L->w; u++)
        for (size_t v = 0; v < M->w; v++)
            S[u * M->w + v] = (l != m ? own[u * M->w + v] : u == v ? 1.0 : 0.0) * k[v];
    for (size_t r = m + 1; r <= L->base + L->top; r++) {
        const nd_hess_layer *R = &h->layer[r];
        weighted_product(L->w, M->w, R->w, chain_of(h, l, r, chain) + sub * L->w * R->w,
                         R->K + (at + sub) * R->w, chain_of(h, m, r, chain) + sub * M->w * R->w,
                         chain + h->chain_size - h->chain_room, S);
    }
}

/* All S and D of the term whose first layer is a, for rows at .. at + m. */
static void fill_deep(const nd_hess *h, size_t a, size_t at, size_t m, double *chain)
{
    size_t top = a + h->layer[a].top, n = h->layers;

    for (size_t l = a; l <= top; l++) {
        const double *below = NULL;
        for (size_t r = l + 1; r <= top; r++) {
            double *D = h->D[l * n + r] + at * h->layer[l].w * h->layer[r].w;
            chain_step(h, &h->layer[l], &h->layer[r], below, at, m, chain_of(h, l, r, chain), D);
            below = D;
        }
    }
    for (size_t l = a; l <= top; l++)
        for (size_t k = l; k <= top; k++)
            for (size_t i = 0; h->S[l * n + k] && i < m; i++)
                curvature_row(h, l, k, at, i, chain,
                              h->S[l * n + k] + (at + i) * h->layer[l].w * h->layer[k].w);
}

static void fill_tile(const nd_hess *h, size_t tile, nd_chunk *ch, double *chain)
{
    nd_rows x = nd_rows_of(h->work->data, tile);
    nd_memo *memo = &ch->memo;
    size_t at = (tile - h->tile) * ND_TILE;

    nd_forward(h->work, &x, 2, ch);
    nd_losses(h->pb, &x, 2, ch);
    memo->m = nd_active_rows(h->work, &x, true, ch, memo->rows, memo->c, memo->q);
    nd_memo_layers(h->work, ch, h->work->ones, memo);
    h->count[tile - h->tile] = memo->m;
    memcpy(h->c + at, memo->c, memo->m * sizeof *h->c);
    memcpy(h->q + at, memo->q, memo->m * sizeof *h->q);
    fill_outputs(h, memo, x.first, at);
    for (size_t a = 0; a < h->layers; a++) fill_layer(h, &h->layer[a], memo, x.first, at);
    for (size_t a = 0; a < h->layers; a++) {
        if (h->layer[a].level != 0 || h->layer[a].top == 0) continue;
        for (size_t t = 0; t < memo->m; t += ND_HESS_SUB) {
            size_t m = memo->m - t < ND_HESS_SUB ? memo->m - t : ND_HESS_SUB;
            fill_deep(h, a, at + t, m, chain);
        }
    }
}

nd_status nd_hess_fill(void *arg, size_t i, int worker)
{
    const nd_hess *h = arg;
    nd_chunk *ch = &h->work->chunk[i];
    size_t first = ch->first > h->tile ? ch->first : h->tile;
    size_t end = ch->end < h->tile_end ? ch->end : h->tile_end;

    (void)worker;
    for (size_t t = first; t < end; t++) fill_tile(h, t, ch, h->chain + i * h->chain_size);
    return ND_OK;
}
