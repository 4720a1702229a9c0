/* H v of one tile by the R-operator, R{.} = d/dt (.)(theta + t v) at t = 0
 * (Pearlmutter, Neural Computation 6, 1994).  With W, b, a the weights and V, v_b,
 * v_a, v_0 the matching parts of v (legend: pass.h):
 *
 *   Rz_l = Rh_{l-1} W_l' + h_{l-1} V_l' + v_b     Rh_l = s' Rz_l [+ Rh_{l-1}]
 *   Rf = v_0 + sum (Rh_L.a + h_L.v_a)             Rc = q Rf
 *   Re_L = Rc a + c v_a                           Rg_l = s' Re_l + k_l Rz_l
 *   (Hv)_W += Rg_l' h_{l-1} + g_l' Rh_{l-1}       Re_{l-1} = Rg_l W_l + g_l V_l [+ Re_l]
 *
 * All that does not depend on v (h, s', g = s' e, k = s'' e, c, q, of the active
 * rows) is in the memo of the tile. */
#include <string.h>

#include "model/pass.h"

static void add_to(size_t n, const double *restrict x, double *restrict y)
{
    for (size_t i = 0; i < n; i++) y[i] += x[i];
}

/* ---- the memo ------------------------------------------------------------------ */

static void gather(const nd_plan_layer *y, size_t m, const uint32_t *rows, const double *from,
                   double *to)
{
    size_t at = y->col * ND_TILE;

    for (size_t t = 0; t < m; t++)
        memcpy(to + at + t * y->wp, from + at + rows[t] * y->wp, y->wp * sizeof *to);
}

/* g = s' e and k = s'' e; k holds s'' when it comes. */
static void curvatures(size_t n, const double *restrict e, const double *restrict s1,
                       double *restrict g, double *restrict k)
{
    for (size_t i = 0; i < n; i++) {
        g[i] = s1[i] * e[i];
        k[i] *= e[i];
    }
}

static void memo_layer(const nd_work *work, const nd_plan_layer *y, bool first, nd_chunk *ch,
                       nd_memo *memo)
{
    size_t at = y->col * ND_TILE, m = memo->m;
    double *e = ch->e;

    gather(y, m, memo->rows, ch->h, memo->h);
    gather(y, m, memo->rows, ch->s1, memo->s1);
    gather(y, m, memo->rows, ch->s2, memo->k);
    curvatures(m * y->wp, e, memo->s1 + at, memo->g + at, memo->k + at);
    if (first) return;
    nd_tile_nn(m, y->y->in, y->y->width, memo->g + at, y->wp, NULL, work->back + y->W, y->ip, NULL,
               ch->e2, y->ip);
    if (y->y->residual) add_to(m * y->ip, e, ch->e2);
    ch->e = ch->e2;
    ch->e2 = e;
}

void nd_memo_layers(const nd_work *work, nd_chunk *ch, const double *c, nd_memo *memo)
{
    const nd_plan *p = &work->plan;

    for (size_t t = 0; t < p->net->terms; t++) {
        const nd_plan_term *pt = &p->term[t];
        const double *a = work->packed + pt->a;
        if (pt->depth == 0) continue;
        size_t wp = pt->layer[pt->depth - 1].wp;
        for (size_t i = 0; i < memo->m; i++)
            for (size_t j = 0; j < wp; j++) ch->e[i * wp + j] = c[i] * a[j];
        for (size_t l = pt->depth; l-- > 0;) memo_layer(work, &pt->layer[l], l == 0, ch, memo);
    }
}

void nd_memo_fill(const nd_work *work, const nd_rows *x, nd_chunk *ch, nd_memo *memo)
{
    memo->m = nd_active_rows(work, x, true, ch, memo->rows, memo->c, memo->q);
    nd_memo_layers(work, ch, memo->c, memo);
}

/* ---- forward --------------------------------------------------------------------- */

static void slopes_times(size_t n, const double *restrict s1, const double *restrict Rz,
                         double *restrict Rh)
{
    for (size_t i = 0; i < n; i++) Rh[i] = s1[i] * Rz[i];
}

static void r_forward_layer(const nd_work *work, const nd_rows *x, const nd_memo *memo,
                            const nd_plan_layer *y, const nd_plan_layer *below, nd_chunk *ch)
{
    size_t at = y->col * ND_TILE, m = memo->m, n = m * y->wp;
    const double *V = work->vpacked + y->Wt;
    const double *vb = y->b != ND_NONE ? work->vpacked + y->b : NULL;
    double *Rz = ch->Rz + at, *Rh = ch->Ra + at;

    if (!below) {
        nd_rows_nn(x, work->net->d, m, m == x->T ? NULL : memo->rows, y->y->width, V, y->wp, vb,
                   Rz);
        slopes_times(n, memo->s1 + at, Rz, Rh);
        return;
    }
    const double *in = memo->h + below->col * ND_TILE, *Rin = ch->Ra + below->col * ND_TILE;
    nd_tile_nn(m, y->y->width, y->y->in, in, y->ip, NULL, V, y->wp, vb, Rz, y->wp);
    nd_tile_nn(m, y->y->width, y->y->in, Rin, y->ip, NULL, work->packed + y->Wt, y->wp, NULL, Rh,
               y->wp);
    add_to(n, Rh, Rz);
    slopes_times(n, memo->s1 + at, Rz, Rh);
    if (y->y->residual) add_to(n, Rin, Rh);
}

/* ch->f := Rf */
static void r_forward(const nd_work *work, const nd_rows *x, const nd_memo *memo, nd_chunk *ch)
{
    const nd_plan *p = &work->plan;
    size_t m = memo->m;

    for (size_t i = 0; i < m; i++) ch->f[i] = work->vpacked[p->a0];
    for (size_t t = 0; t < p->net->terms; t++) {
        const nd_plan_term *pt = &p->term[t];
        const nd_plan_layer *y = NULL;
        if (pt->depth == 0) nd_rows_dot(x, p->net->d, m, memo->rows, work->vpacked + pt->a, ch->f);
        for (size_t l = 0; l < pt->depth; l++) {
            r_forward_layer(work, x, memo, &pt->layer[l], y, ch);
            y = &pt->layer[l];
        }
        if (!y) continue;
        size_t at = y->col * ND_TILE;
        nd_tile_dot(m, y->y->width, ch->Ra + at, y->wp, work->packed + pt->a, 0.0, ch->t);
        add_to(m, ch->t, ch->f);
        nd_tile_dot(m, y->y->width, memo->h + at, y->wp, work->vpacked + pt->a, 0.0, ch->t);
        add_to(m, ch->t, ch->f);
    }
}

/* ---- backward ---------------------------------------------------------------------- */

/* Re := Rc a + c v_a and (Hv)_a += Rc h + c Rh; ch->c holds Rc. */
static void r_output(const nd_work *work, const nd_memo *memo, const nd_plan_term *pt, nd_chunk *ch)
{
    const nd_plan_layer *y = &pt->layer[pt->depth - 1];
    size_t at = y->col * ND_TILE, wp = y->wp;
    const double *a = work->packed + pt->a, *va = work->vpacked + pt->a;
    double *restrict Ha = ch->grad + pt->a, *restrict e = ch->e;

    for (size_t t = 0; t < memo->m; t++, e += wp) {
        const double c = memo->c[t], Rc = ch->c[t];
        const double *h = memo->h + at + t * wp, *Rh = ch->Ra + at + t * wp;
        for (size_t j = 0; j < wp; j++) {
            Ha[j] += Rc * h[j] + c * Rh[j];
            e[j] = Rc * a[j] + c * va[j];
        }
    }
}

static void r_input_errors(const nd_work *work, const nd_memo *memo, const nd_plan_layer *y,
                           nd_chunk *ch)
{
    size_t m = memo->m, n = m * y->ip;
    double *e = ch->e2, *old = ch->e, *g = ch->g;

    nd_tile_nn(m, y->y->in, y->y->width, g, y->wp, NULL, work->back + y->W, y->ip, NULL, e, y->ip);
    if (y->y->residual) add_to(n, old, e);
    nd_tile_nn(m, y->y->in, y->y->width, memo->g + y->col * ND_TILE, y->wp, NULL,
               work->vback + y->W, y->ip, NULL, old, y->ip);
    add_to(n, old, e);
    ch->e = e;
    ch->e2 = old;
}

static void r_backward_layer(const nd_work *work, const nd_rows *x, const nd_memo *memo,
                             const nd_plan_layer *y, const nd_plan_layer *below, nd_chunk *ch)
{
    size_t at = y->col * ND_TILE, m = memo->m;
    const double *s1 = memo->s1 + at, *k = memo->k + at, *Rz = ch->Rz + at;
    double *Hv = ch->grad, *restrict Rg = ch->g, *e = ch->e;

    for (size_t i = 0; i < m * y->wp; i++) Rg[i] = s1[i] * e[i] + k[i] * Rz[i];
    if (y->b != ND_NONE)
        nd_tile_tn(m, y->y->width, 1, work->ones, 1, NULL, Rg, y->wp, Hv + y->b, y->wp);
    if (!below) {
        nd_rows_tn(x, work->net->d, m, m == x->T ? NULL : memo->rows, y->y->width, Rg, y->wp,
                   Hv + y->Wt);
        return;
    }
    nd_tile_tn(m, y->y->width, y->y->in, memo->h + below->col * ND_TILE, y->ip, NULL, Rg, y->wp,
               Hv + y->Wt, y->wp);
    nd_tile_tn(m, y->y->width, y->y->in, ch->Ra + below->col * ND_TILE, y->ip, NULL, memo->g + at,
               y->wp, Hv + y->Wt, y->wp);
    r_input_errors(work, memo, y, ch);
}

void nd_hv_tile(const nd_work *work, const nd_rows *x, const nd_memo *memo, nd_chunk *ch)
{
    const nd_plan *p = &work->plan;

    r_forward(work, x, memo, ch);
    for (size_t i = 0; i < memo->m; i++) ch->c[i] = memo->q[i] * ch->f[i];
    ch->grad[p->a0] += nd_sum(memo->m, ch->c);
    for (size_t t = 0; t < p->net->terms; t++) {
        const nd_plan_term *pt = &p->term[t];
        if (pt->depth == 0) {
            nd_rows_sum(x, p->net->d, memo->m, memo->rows, ch->c, ch->grad + pt->a);
            continue;
        }
        r_output(work, memo, pt, ch);
        for (size_t l = pt->depth; l-- > 0;)
            r_backward_layer(work, x, memo, &pt->layer[l], l ? &pt->layer[l - 1] : NULL, ch);
    }
}
