/* The net and the loss on one tile of rows (legend: pass.h). */
#include <string.h>

#include "model/pass.h"

static void add_to(size_t n, const double *x, double *y)
{
    for (size_t i = 0; i < n; i++) y[i] += x[i];
}

/* h_l, s', s'' of one layer, from its input: the table (below NULL) or h_{l-1}. */
static void forward_layer(const nd_work *work, const nd_rows *x, const nd_plan_layer *y,
                          const nd_plan_layer *below, int order, nd_chunk *ch)
{
    const double *packed = work->packed, *bias = y->b != ND_NONE ? packed + y->b : NULL;
    size_t at = y->col * ND_TILE, d = work->net->d;
    const double *in = below ? ch->h + below->col * ND_TILE : NULL;
    double *h = ch->h + at, *const jet[] = {h, ch->s1 + at, ch->s2 + at};

    if (in)
        nd_tile_nn(x->m, y->y->width, y->y->in, in, y->ip, NULL, packed + y->Wt, y->wp, bias, h,
                   y->wp);
    else
        nd_rows_nn(x, d, x->m, x->rows, y->y->width, packed + y->Wt, y->wp, bias, h);
    y->y->act->jet(x->m * y->wp, h, order, jet);
    if (!y->y->residual) return;
    if (in)
        add_to(x->m * y->wp, in, h);
    else
        nd_rows_add(x, d, x->m, x->rows, h, y->wp);
}

void nd_forward(const nd_work *work, const nd_rows *x, int order, nd_chunk *ch)
{
    const nd_plan *p = &work->plan;
    double a0 = work->packed[p->a0];

    for (size_t i = 0; i < x->m; i++) ch->f[i] = a0;
    for (size_t t = 0; t < p->net->terms; t++) {
        const nd_plan_term *pt = &p->term[t];
        const nd_plan_layer *y = NULL;
        if (pt->depth == 0) nd_rows_dot(x, p->net->d, x->m, x->rows, work->packed + pt->a, ch->f);
        for (size_t l = 0; l < pt->depth; l++) {
            forward_layer(work, x, &pt->layer[l], y, order, ch);
            y = &pt->layer[l];
        }
        if (!y) continue;
        nd_tile_dot(x->m, y->y->width, ch->h + y->col * ND_TILE, y->wp, work->packed + pt->a, 0.0,
                    ch->t);
        add_to(x->m, ch->t, ch->f);
    }
}

void nd_losses(const nd_problem *pb, const nd_rows *x, int order, nd_chunk *ch)
{
    double *const jet[] = {ch->l, ch->l1, ch->l2};

    for (size_t i = 0; i < x->m; i++) ch->m[i] = x->y[x->rows ? x->rows[i] : i] * ch->f[i];
    for (size_t i = 0; i < x->m; i++) ch->t[i] = -ch->m[i];
    pb->loss.kind->jet(x->m, ch->t, pb->loss.q, order, jet);
}

double nd_loss_sum(const nd_rows *x, nd_chunk *ch)
{
    const double *l = ch->l;

    if (x->rows) {
        memset(ch->t, 0, x->T * sizeof *ch->t);
        for (size_t i = 0; i < x->m; i++) ch->t[x->rows[i]] = l[i];
        l = ch->t;
    }
    if (!x->weight) return nd_sum(x->T, l);
    return nd_dot(x->T, x->weight, l);
}

/* "!= 0" is true for NaN: a row that went wrong stays in and shows. */
size_t nd_active_rows(const nd_work *work, const nd_rows *x, bool second, const nd_chunk *ch,
                      uint32_t *rows, double *c, double *q)
{
    double per = 1.0 / (double)work->n;
    size_t m = 0;

    for (size_t i = 0; i < x->m; i++) {
        size_t t = x->rows ? x->rows[i] : i;
        double u = x->weight ? x->weight[t] * per : per;
        if (!(ch->l1[i] != 0.0 || (second && ch->l2[i] != 0.0))) continue;
        rows[m] = (uint32_t)i;
        c[m] = -(u * ch->l1[i]) * x->y[t];
        if (second) q[m] = u * ch->l2[i];
        m++;
    }
    return m;
}
