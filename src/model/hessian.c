/* nd_problem_hessian: set-up, slabs of rows, and the list of tasks (hessian.h).
 *
 * A slab holds the jets of as many rows as fit 256 MB; nearly always that is all of
 * them.  Its active rows are closed up, so products run over active rows only. */
#include <string.h>

#include "model/hessian.h"

#define SLAB_BUDGET ((size_t)256 << 20)

/* ---- set-up --------------------------------------------------------------------------- */

static void layer_init(nd_hess *h, size_t a, size_t term, size_t level, size_t out)
{
    const nd_plan_term *pt = &h->work->plan.term[term];
    const nd_plan_layer *y = &pt->layer[level];

    h->layer[a] = (nd_hess_layer){.y = y,
                                  .term = term,
                                  .level = level,
                                  .top = pt->depth - 1,
                                  .base = a - level,
                                  .w = y->y->width,
                                  .in = y->y->in + (y->y->bias ? 1 : 0),
                                  .out = out};
}

static void layers_init(nd_hess *h)
{
    const nd_plan *p = &h->work->plan;
    size_t a = 0, out = 0;

    for (size_t t = 0; t < p->net->terms; t++) {
        for (size_t l = 0; l < p->term[t].depth; l++) layer_init(h, a++, t, l, out);
        for (size_t j = 0; j < p->term[t].term->out; j++)
            h->out_at[out + j] = p->term[t].term->a + j;
        out += p->term[t].term->out;
    }
    h->out_at[out] = p->net->a0;
}

static void array(nd_hess *h, double **at, size_t len)
{
    *at = NULL;
    h->array[h->arrays++] = (nd_hess_array){at, len};
}

/* Lists the arrays of the slab. */
static void arrays_init(nd_hess *h)
{
    size_t n = h->layers;

    array(h, &h->c, 1);
    array(h, &h->q, 1);
    array(h, &h->O, h->outs);
    for (size_t a = 0; a < n; a++) {
        nd_hess_layer *x = &h->layer[a];
        array(h, &x->X, x->in);
        array(h, &x->G, x->w);
        array(h, &x->K, x->w);
        array(h, &x->S1, x->w);
        for (size_t b = a; b <= x->base + x->top; b++) {
            size_t size = x->w * h->layer[b].w;
            bool diagonal = a == b && x->level == x->top;
            if (!diagonal) array(h, &h->S[a * n + b], size);
            if (b > a) {
                array(h, &h->D[a * n + b], size);
                h->chain_at[a * n + b] = h->chain_size;
                h->chain_size += ND_HESS_SUB * size;
                if (size > h->chain_room) h->chain_room = size;
            }
        }
    }
    h->chain_size += h->chain_room;
}

static nd_status tables_init(nd_ctx *ctx, nd_hess *h)
{
    const nd_net *net = h->pb->net;
    size_t n = 0;

    h->outs = 1;
    for (size_t t = 0; t < net->terms; t++) {
        n += net->term[t].depth;
        h->outs += net->term[t].out;
    }
    h->layers = n;
    h->layer = ND_NEW0(ctx, nd_hess_layer, n);
    h->out_at = ND_NEW(ctx, size_t, h->outs);
    h->S = ND_NEW0(ctx, double *, n *n);
    h->D = ND_NEW0(ctx, double *, n *n);
    h->chain_at = ND_NEW0(ctx, size_t, n * n);
    h->array = ND_NEW(ctx, nd_hess_array, 3 + 4 * n + 2 * n * n);
    if (!h->layer || !h->out_at || !h->S || !h->D || !h->chain_at || !h->array) return ND_EMEM;
    layers_init(h);
    arrays_init(h);
    return ND_OK;
}

static nd_status slab_init(nd_ctx *ctx, nd_hess *h)
{
    size_t len = 0, all = h->work->tiles * ND_TILE, tiles;
    double *pool;

    for (size_t k = 0; k < h->arrays; k++) len += h->array[k].len;
    h->room = SLAB_BUDGET / 8 / len / ND_TILE * ND_TILE;
    if (h->room < ND_TILE) h->room = ND_TILE;
    if (h->room > all) h->room = all;
    tiles = h->room / ND_TILE;
    h->pool = pool = ND_NEW(ctx, double, h->room *len);
    h->chain = ND_NEW(ctx, double, h->chain_size * h->work->chunks);
    h->count = ND_NEW0(ctx, size_t, tiles);
    if (!h->pool || !h->chain || !h->count) return ND_EMEM;
    for (size_t k = 0; k < h->arrays; k++) {
        *h->array[k].at = pool;
        pool += h->room * h->array[k].len;
    }
    return ND_OK;
}

/* ---- tasks ------------------------------------------------------------------------------ */

/* Appends a task; with h->task NULL only counts it. */
static void task(nd_hess *h, nd_hess_kind kind, size_t a, size_t b, size_t first, size_t count)
{
    if (h->task) h->task[h->tasks] = (nd_hess_task){kind, a, b, first, count};
    h->tasks++;
}

/* A block of units of a whose pairs with b are about as many as one task takes. */
static void tasks_of_pairs(nd_hess *h, size_t a, size_t b)
{
    const nd_hess_layer *x = &h->layer[a], *y = &h->layer[b];
    size_t nprod = nd_hess_products(x, y), step = ND_HESS_PAIRS / y->w;

    if (nprod > ND_HESS_PRODS) {
        for (size_t u = 0; u < x->w; u++)
            for (size_t v = a == b ? u : 0; v < y->w; v++) task(h, TASK_PAIR, a, b, u, v);
        return;
    }
    if (step == 0) step = 1;
    for (size_t u = 0; u < x->w; u += step)
        task(h, TASK_PRODUCTS, a, b, u, x->w - u < step ? x->w - u : step);
}

static void tasks_of_outputs(nd_hess *h, size_t a)
{
    const nd_hess_layer *x = &h->layer[a];
    size_t step;

    if (x->in == 0) return; /* no features, no biases: no parameters */
    step = ND_HESS_PAIRS / x->in;
    if (step == 0) step = 1;
    for (size_t u = 0; u < x->w; u += step)
        task(h, TASK_OUT, a, a, u, x->w - u < step ? x->w - u : step);
}

static void tasks_of_later(nd_hess *h, size_t a, size_t b)
{
    const nd_hess_layer *x = &h->layer[a], *y = &h->layer[b];
    bool next = b == a + 1;

    for (size_t u = 0; u < (next ? y->w : x->w); u++)
        task(h, next ? TASK_NEXT : TASK_LATER, a, b, u, 1);
}

static void tasks_list(nd_hess *h)
{
    size_t n = h->layers;

    h->tasks = 0;
    for (size_t a = 0; a < n; a++)
        for (size_t b = a; b < n; b++) tasks_of_pairs(h, a, b);
    for (size_t a = 0; a < n; a++) tasks_of_outputs(h, a);
    for (size_t j = 0; j < h->outs; j += 128)
        task(h, TASK_OUT_OUT, 0, 0, j, h->outs - j < 128 ? h->outs - j : 128);
    h->late = h->tasks;
    for (size_t a = 0; a < n; a++)
        for (size_t b = a + 1; b <= h->layer[a].base + h->layer[a].top; b++)
            tasks_of_later(h, a, b);
}

static nd_status tasks_init(nd_ctx *ctx, nd_hess *h)
{
    tasks_list(h);
    h->task = ND_NEW(ctx, nd_hess_task, h->tasks);
    if (!h->task) return ND_EMEM;
    tasks_list(h);
    for (size_t i = 0; i < h->tasks; i++) {
        size_t need = nd_hess_scratch(h, &h->task[i]);
        if (need > h->scratch_size) h->scratch_size = need;
    }
    h->scratch_size = ND_PADDED(h->scratch_size);
    h->scratch = ND_NEW(ctx, double, h->scratch_size *(size_t)nd_threads(ctx));
    return h->scratch ? ND_OK : ND_EMEM;
}

static void hess_clear(nd_ctx *ctx, nd_hess *h)
{
    void *const all[] = {h->layer, h->out_at, h->S,     h->D,    h->chain_at, h->array,
                         h->pool,  h->chain,  h->count, h->task, h->scratch};

    for (size_t k = 0; k < sizeof all / sizeof *all; k++) nd_free(ctx, all[k]);
}

/* ---- slabs ------------------------------------------------------------------------------ */

/* Moves the active rows of the tiles together. */
static void close_up(nd_hess *h)
{
    size_t tiles = h->tile_end - h->tile, rows = 0;

    for (size_t t = 0; t < tiles; t++) {
        for (size_t k = 0; k < h->arrays; k++) {
            size_t len = h->array[k].len;
            double *x = *h->array[k].at;
            memmove(x + rows * len, x + t * ND_TILE * len, h->count[t] * len * sizeof *x);
        }
        rows += h->count[t];
    }
    h->rows = rows;
}

static nd_status slab(nd_ctx *ctx, nd_hess *h)
{
    nd_status status;

    ND_TRY(nd_par_for(ctx, h->work->chunks, nd_hess_fill, h));
    close_up(h);
    if (h->rows == 0) return ND_OK;
    ND_TRY(nd_par_for(ctx, h->late, nd_hess_run, h));
    ND_TRY(nd_par_for(ctx, h->tasks - h->late, nd_hess_run_late, h));
    h->add = true;
done:
    return status;
}

nd_status nd_problem_hessian_at(nd_ctx *ctx, const nd_problem *pb, const double *theta,
                                nd_work *work, double *H)
{
    nd_hess h = {.pb = pb, .work = work, .H = H, .P = pb->net->P};
    nd_status status;

    ND_TRY(nd_work_check(ctx, pb, work));
    ND_TRY(tables_init(ctx, &h));
    ND_TRY(slab_init(ctx, &h));
    ND_TRY(tasks_init(ctx, &h));
    nd_work_point(work, theta);
    for (h.tile = 0; h.tile < work->tiles; h.tile = h.tile_end) {
        h.tile_end = h.tile + h.room / ND_TILE;
        if (h.tile_end > work->tiles) h.tile_end = work->tiles;
        ND_TRY(slab(ctx, &h));
    }
    if (!h.add) memset(H, 0, h.P * h.P * sizeof *H);
    for (size_t k = 0; k < h.P; k++) H[k * h.P + k] += pb->l2;
done:
    hess_clear(ctx, &h);
    return status;
}

nd_status nd_problem_hessian(nd_ctx *ctx, const nd_problem *pb, const double *theta, nd_work *work,
                             double *H)
{
    nd_status status;

    ND_TRY(nd_work_check(ctx, pb, work));
    ND_TRY(nd_problem_smooth(ctx, pb));
    ND_TRY(nd_problem_hessian_at(ctx, pb, theta, work, H));
done:
    return status;
}
