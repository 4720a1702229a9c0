/* The gradient of one tile (legend: pass.h): with c = dL/df of the active rows,
 *
 *   da_0 += sum c     da += h_L' c     e_L = c a
 *   g_l = s'(z_l) e_l     dW_l += g_l' h_{l-1}     db_l += sum g_l
 *   e_{l-1} = g_l W_l [+ e_l in a residual layer]
 *
 * e and g hold the active rows only, one after the other; h and s' (of the rows that were
 * run) and x are read through lists of rows. */
#include <string.h>

#include "model/pass.h"

/* e := c a and da += h' c, in one sweep over the rows. */
static void output_layer(const nd_plan_layer *y, const double *a, size_t m, const uint32_t *rows,
                         const nd_chunk *ch, double *restrict e, double *restrict ga)
{
    size_t wp = y->wp;

    for (size_t t = 0; t < m; t++, e += wp) {
        const double c = ch->c[t], *h = ch->h + y->col * ND_TILE + (rows ? rows[t] : t) * wp;
        for (size_t j = 0; j < wp; j++) {
            ga[j] += c * h[j];
            e[j] = c * a[j];
        }
    }
}

static void times_slope(const nd_plan_layer *y, size_t m, const uint32_t *rows, const nd_chunk *ch,
                        const double *restrict e, double *restrict g)
{
    size_t wp = y->wp;

    for (size_t t = 0; t < m; t++, e += wp, g += wp) {
        const double *s1 = ch->s1 + y->col * ND_TILE + (rows ? rows[t] : t) * wp;
        for (size_t j = 0; j < wp; j++) g[j] = e[j] * s1[j];
    }
}

/* e := g W [+ e].  e and its successor swap places. */
static void input_errors(const nd_work *work, const nd_plan_layer *y, size_t m, nd_chunk *ch)
{
    double *e = ch->e2, *old = ch->e;

    nd_tile_nn(m, y->y->in, y->y->width, ch->g, y->wp, NULL, work->back + y->W, y->ip, NULL, e,
               y->ip);
    for (size_t i = 0; y->y->residual && i < m * y->ip; i++) e[i] += old[i];
    ch->e = e;
    ch->e2 = old;
}

static void backward_layer(const nd_work *work, const nd_rows *x, const nd_plan_layer *y,
                           const nd_plan_layer *below, size_t m, const uint32_t *rows,
                           const uint32_t *from, nd_chunk *ch)
{
    double *G = ch->grad;

    times_slope(y, m, rows, ch, ch->e, ch->g);
    if (below)
        nd_tile_tn(m, y->y->width, y->y->in, ch->h + below->col * ND_TILE, y->ip, rows, ch->g,
                   y->wp, G + y->Wt, y->wp);
    else
        nd_rows_tn(x, work->net->d, m, from, y->y->width, ch->g, y->wp, G + y->Wt);
    if (y->b != ND_NONE)
        nd_tile_tn(m, y->y->width, 1, work->ones, 1, NULL, ch->g, y->wp, G + y->b, y->wp);
    if (below) input_errors(work, y, m, ch);
}

void nd_backward(const nd_work *work, const nd_rows *x, size_t m, nd_chunk *ch)
{
    const nd_plan *p = &work->plan;
    const uint32_t *rows = m == x->m ? NULL : ch->rows, *from = rows;

    if (x->rows) {
        for (size_t t = 0; t < m; t++) ch->from[t] = x->rows[ch->rows[t]];
        from = ch->from;
    }
    ch->grad[p->a0] += nd_sum(m, ch->c);
    for (size_t t = 0; t < p->net->terms; t++) {
        const nd_plan_term *pt = &p->term[t];
        if (pt->depth == 0) {
            nd_rows_sum(x, p->net->d, m, from, ch->c, ch->grad + pt->a);
            continue;
        }
        output_layer(&pt->layer[pt->depth - 1], work->packed + pt->a, m, rows, ch, ch->e,
                     ch->grad + pt->a);
        for (size_t l = pt->depth; l-- > 0;)
            backward_layer(work, x, &pt->layer[l], l ? &pt->layer[l - 1] : NULL, m, rows, from, ch);
    }
}
