/* The work space of the passes: sizes, memory, and the point that is packed. */
#include <string.h>

#include "model/screen.h"

/* Memory for all gradients and scratch together; a net so large that sixteen of
 * them do not fit gets fewer chunks. */
#define CHUNK_BUDGET ((size_t)1 << 30)
/* Memory for the memos: this, or as much as the data take if that is more. */
#define MEMO_BUDGET ((size_t)256 << 20)

#define LISTS 4 /* of rows, of a chunk                                              */

/* Doubles that one chunk needs. */
static size_t chunk_size(const nd_plan *p)
{
    return p->packed + ND_TILE * (9 * p->cols + 3 * p->widest + 9);
}

/* Two tiles a chunk at least: adding a chunk's gradient costs as much memory traffic
 * as some ten rows of work on it. */
static size_t chunk_count(const nd_plan *p, size_t tiles)
{
    size_t chunks = tiles / 2, fit = CHUNK_BUDGET / 8 / chunk_size(p);

    if (chunks > ND_CHUNKS) chunks = ND_CHUNKS;
    if (chunks > fit) chunks = fit;
    return chunks > 0 ? chunks : 1;
}

static double *cut(double **pool, size_t size)
{
    double *p = *pool;
    *pool += size;
    return p;
}

static void cut_memo(double **pool, const nd_plan *p, nd_memo *memo)
{
    size_t block = p->cols * ND_TILE;

    memo->h = cut(pool, block);
    memo->s1 = cut(pool, block);
    memo->g = cut(pool, block);
    memo->k = cut(pool, block);
    memo->c = cut(pool, ND_TILE);
    memo->q = cut(pool, ND_TILE);
}

static void cut_chunk(double **pool, const nd_plan *p, uint32_t *rows, nd_chunk *ch)
{
    size_t block = p->cols * ND_TILE, wide = p->widest * ND_TILE;
    double **const small[] = {&ch->f, &ch->m, &ch->l, &ch->l1, &ch->l2, &ch->c, &ch->t};

    ch->grad = cut(pool, p->packed);
    ch->h = cut(pool, block);
    ch->s1 = cut(pool, block);
    ch->s2 = cut(pool, block);
    ch->Rz = cut(pool, block);
    ch->Ra = cut(pool, block);
    ch->e = cut(pool, wide);
    ch->e2 = cut(pool, wide);
    ch->g = cut(pool, wide);
    for (size_t k = 0; k < sizeof small / sizeof *small; k++) *small[k] = cut(pool, ND_TILE);
    cut_memo(pool, p, &ch->memo);
    ch->rows = rows;
    ch->memo.rows = rows + ND_TILE;
    ch->run = rows + 2 * ND_TILE;
    ch->from = rows + 3 * ND_TILE;
}

static nd_status work_scratch(nd_ctx *ctx, nd_work *w)
{
    const nd_plan *p = &w->plan;
    double *pool = ND_NEW(ctx, double, w->chunks *chunk_size(p) + ND_TILE);
    uint32_t *rows = ND_NEW(ctx, uint32_t, w->chunks * LISTS * ND_TILE);

    w->pool = pool;
    w->chunk[0].rows = rows;
    if (!pool || !rows) return ND_EMEM;
    for (size_t c = 0; c < w->chunks; c++) {
        cut_chunk(&pool, p, rows + c * LISTS * ND_TILE, &w->chunk[c]);
        w->chunk[c].first = w->tiles * c / w->chunks;
        w->chunk[c].end = w->tiles * (c + 1) / w->chunks;
    }
    w->ones = pool;
    for (size_t i = 0; i < ND_TILE; i++) w->ones[i] = 1.0;
    return ND_OK;
}

static nd_status work_weights(nd_ctx *ctx, nd_work *w)
{
    const nd_plan *p = &w->plan;

    w->theta = ND_NEW(ctx, double, w->net->P);
    w->packed = ND_NEW0(ctx, double, p->packed);
    w->back = ND_NEW0(ctx, double, p->back);
    w->vpacked = ND_NEW0(ctx, double, p->packed);
    w->vback = ND_NEW0(ctx, double, p->back);
    return w->theta && w->packed && w->back && w->vpacked && w->vback ? ND_OK : ND_EMEM;
}

/* A table may be so large that the memos of all its tiles do not fit. */
static bool memos_fit(const nd_work *w)
{
    const nd_table *t = w->data;
    size_t row = 8 * (4 * w->plan.cols + 2), data = t->x ? t->d * 8 : 0, budget = MEMO_BUDGET;

    if (t->row) data = 12 * (t->row[t->n] / t->n);
    if (data > 0 && t->n > budget / data) return row <= data || w->n < budget / row;
    return w->n < budget / row;
}

/* The floor of a gradient: 4 flop a weight and row at 35 Gflop/s, 2.3 ns a neuron. */
static double pass_time(const nd_net *net, size_t n)
{
    return (double)n * ((double)net->P * 4.0 / 35.0 + (double)net->units * 2.3);
}

nd_status nd_work_for(nd_ctx *ctx, const nd_net *net, const nd_table *data, nd_work **out)
{
    nd_work *w = ND_NEW0(ctx, nd_work, 1);
    nd_status status;

    if (!w) return ND_EMEM;
    w->net = net;
    w->data = data;
    w->n = data->n;
    w->tiles = (data->n + ND_TILE - 1) / ND_TILE;
    ND_TRY(nd_plan_make(ctx, net, &w->plan));
    w->pass_ns = pass_time(net, data->n);
    w->chunks = chunk_count(&w->plan, w->tiles);
    w->remembers = memos_fit(w);
    ND_TRY(work_scratch(ctx, w));
    ND_TRY(work_weights(ctx, w));
    *out = w;
    return ND_OK;
done:
    nd_work_destroy(ctx, w);
    return status;
}

nd_status nd_work_create(nd_ctx *ctx, const nd_problem *pb, nd_work **out)
{
    nd_work *w;
    nd_status status = nd_work_for(ctx, pb->net, pb->data, &w);

    if (status != ND_OK) return status;
    status = nd_screen_make(ctx, pb, w);
    if (status == ND_OK)
        *out = w;
    else
        nd_work_destroy(ctx, w);
    return status;
}

void nd_work_destroy(nd_ctx *ctx, nd_work *w)
{
    if (!w) return;
    nd_plan_clear(ctx, &w->plan);
    nd_screen_destroy(ctx, w->screen);
    nd_free(ctx, w->pool);
    nd_free(ctx, w->chunk[0].rows);
    nd_free(ctx, w->theta);
    nd_free(ctx, w->packed);
    nd_free(ctx, w->back);
    nd_free(ctx, w->vpacked);
    nd_free(ctx, w->vback);
    nd_free(ctx, w->memo);
    nd_free(ctx, w->memo_pool);
    nd_free(ctx, w->memo_rows);
    nd_free(ctx, w);
}

size_t nd_work_active(const nd_work *work)
{
    return work->active;
}

nd_status nd_work_check(nd_ctx *ctx, const nd_problem *pb, const nd_work *w)
{
    if (w->net == pb->net && w->data == pb->data && w->n == pb->data->n) return ND_OK;
    return nd_fail(ctx, ND_EDIM, "this work space was made for another net or table");
}

void nd_work_point(nd_work *w, const double *theta)
{
    size_t bytes = w->net->P * sizeof *theta;

    if (w->have && memcmp(w->theta, theta, bytes) == 0) return;
    memcpy(w->theta, theta, bytes);
    nd_plan_pack(&w->plan, theta, w->packed, w->back);
    w->have = true;
    w->fresh = false;
}

nd_status nd_work_memos(nd_ctx *ctx, nd_work *w)
{
    size_t size = 4 * w->plan.cols * ND_TILE + 2 * ND_TILE;
    nd_memo *memo;
    double *pool;

    if (!w->remembers || w->memo) return ND_OK;
    memo = ND_NEW(ctx, nd_memo, w->tiles);
    pool = ND_NEW(ctx, double, w->tiles *size);
    w->memo_rows = ND_NEW(ctx, uint32_t, w->tiles * ND_TILE);
    if (!memo || !pool || !w->memo_rows) {
        nd_free(ctx, memo);
        nd_free(ctx, pool);
        nd_free(ctx, w->memo_rows);
        w->memo_rows = NULL;
        return ND_EMEM;
    }
    w->memo = memo;
    w->memo_pool = pool;
    for (size_t t = 0; t < w->tiles; t++) {
        cut_memo(&pool, &w->plan, &memo[t]);
        memo[t].rows = w->memo_rows + t * ND_TILE;
    }
    return ND_OK;
}

/* ---- adding the chunks --------------------------------------------------------- */

#define REDUCE_BLOCK 4096 /* doubles: 32 kB of each chunk                        */

static nd_status reduce_block(void *arg, size_t i, int worker)
{
    const nd_work *w = arg;
    size_t first = i * REDUCE_BLOCK, left = w->plan.packed - first;
    size_t n = left < REDUCE_BLOCK ? left : REDUCE_BLOCK;

    (void)worker;
    for (size_t c = 1; c < w->chunks; c++)
        nd_axpy(n, 1.0, w->chunk[c].grad + first, w->chunk[0].grad + first);
    return ND_OK;
}

nd_status nd_work_reduce(nd_ctx *ctx, nd_work *w)
{
    size_t blocks = (w->plan.packed + REDUCE_BLOCK - 1) / REDUCE_BLOCK;

    if (w->chunks == 1) return ND_OK;
    return nd_par_for_cost(ctx, blocks, (double)(w->plan.packed * w->chunks), reduce_block, w);
}
