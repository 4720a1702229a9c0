/* The function (1) of nadir/model.h and its first derivatives, over all chunks.
 *
 * Each entry point packs the point, runs its body once per chunk, and adds the
 * chunks up in order. */
#include <math.h>
#include <string.h>

#include "model/screen.h"

typedef struct {
    const nd_problem *pb;
    nd_work *work;
    double *out; /* n entries: margins, slopes, outputs                         */
} job;

/* ---- checks ------------------------------------------------------------------------ */

static nd_status check_labels(nd_ctx *ctx, const nd_table *data)
{
    if (!data->y) return nd_fail(ctx, ND_EINPUT, "the data have no labels");
    for (size_t i = 0; i < data->n; i++)
        if (data->y[i] != 1.0 && data->y[i] != -1.0)
            return nd_fail(ctx, ND_EINPUT, "sample %zu: a label must be +1 or -1", i + 1);
    for (size_t i = 0; data->weight && i < data->n; i++)
        if (!(data->weight[i] > 0.0 && data->weight[i] < INFINITY))
            return nd_fail(ctx, ND_EINPUT, "sample %zu: a weight must be positive and finite",
                           i + 1);
    return ND_OK;
}

nd_status nd_problem_make(nd_ctx *ctx, const nd_net *net, const nd_table *data, nd_loss loss,
                          double l2, nd_problem *out)
{
    nd_status status;

    if (net->d != data->d)
        return nd_fail(ctx, ND_EDIM, "the net expects %zu features, the data have %zu", net->d,
                       data->d);
    if (data->n == 0) return nd_fail(ctx, ND_EINPUT, "the data have no samples");
    if (!(l2 >= 0.0 && l2 < INFINITY))
        return nd_fail(ctx, ND_ERANGE, "l2 must be a finite number from 0");
    status = check_labels(ctx, data);
    if (status != ND_OK) return status;
    *out = (nd_problem){.net = net, .data = data, .loss = loss, .l2 = l2};
    return ND_OK;
}

/* ---- the bodies of the chunks -------------------------------------------------------- */

static void chunk_start(nd_chunk *ch)
{
    ch->value = 0.0;
    ch->active = ch->ran = 0;
    memset(ch->held, 0, sizeof ch->held);
}

/* Forward pass and loss of the rows of a tile that screening leaves; false: none. */
static bool run_tile(const job *j, nd_rows *x, int order, nd_chunk *ch)
{
    nd_screen_tile(j->work, ch->run, x, ch);
    if (x->m == 0) return false;
    nd_forward(j->work, x, order, ch);
    nd_losses(j->pb, x, 1, ch);
    nd_screen_seen(j->work, x, ch);
    ch->value += nd_loss_sum(x, ch);
    ch->ran += x->m;
    return true;
}

static nd_status value_chunk(void *arg, size_t i, int worker)
{
    const job *j = arg;
    nd_chunk *ch = &j->work->chunk[i];

    (void)worker;
    chunk_start(ch);
    for (size_t t = ch->first; t < ch->end; t++) {
        nd_rows x = nd_rows_of(j->work->data, t);
        if (!run_tile(j, &x, 0, ch)) continue;
        for (size_t r = 0; r < x.m; r++) ch->active += ch->l1[r] != 0.0;
    }
    return ND_OK;
}

static nd_status grad_chunk(void *arg, size_t i, int worker)
{
    const job *j = arg;
    nd_chunk *ch = &j->work->chunk[i];

    (void)worker;
    chunk_start(ch);
    memset(ch->grad, 0, j->work->plan.packed * sizeof *ch->grad);
    for (size_t t = ch->first; t < ch->end; t++) {
        nd_rows x = nd_rows_of(j->work->data, t);
        if (!run_tile(j, &x, 1, ch)) continue;
        size_t m = nd_active_rows(j->work, &x, false, ch, ch->rows, ch->c, NULL);
        ch->active += m;
        if (m > 0) nd_backward(j->work, &x, m, ch);
    }
    return ND_OK;
}

static nd_status hv_chunk(void *arg, size_t i, int worker)
{
    const job *j = arg;
    nd_work *work = j->work;
    nd_chunk *ch = &work->chunk[i];

    (void)worker;
    ch->active = 0;
    memset(ch->grad, 0, work->plan.packed * sizeof *ch->grad);
    for (size_t t = ch->first; t < ch->end; t++) {
        nd_rows x = nd_rows_of(work->data, t);
        nd_memo *memo = work->memo ? &work->memo[t] : &ch->memo;
        if (!work->fresh) {
            nd_forward(work, &x, 2, ch);
            nd_losses(j->pb, &x, 2, ch);
            nd_memo_fill(work, &x, ch, memo);
        }
        for (size_t r = 0; r < memo->m; r++) ch->active += memo->c[r] != 0.0;
        if (memo->m > 0) nd_hv_tile(work, &x, memo, ch);
    }
    return ND_OK;
}

static nd_status outputs_chunk(void *arg, size_t i, int worker)
{
    const job *j = arg;
    nd_chunk *ch = &j->work->chunk[i];

    (void)worker;
    for (size_t t = ch->first; t < ch->end; t++) {
        nd_rows x = nd_rows_of(j->work->data, t);
        nd_forward(j->work, &x, 0, ch);
        for (size_t r = 0; r < x.T; r++) j->out[x.first + r] = j->pb ? x.y[r] * ch->f[r] : ch->f[r];
    }
    return ND_OK;
}

static nd_status slopes_chunk(void *arg, size_t i, int worker)
{
    const job *j = arg;
    nd_chunk *ch = &j->work->chunk[i];

    (void)worker;
    for (size_t t = ch->first; t < ch->end; t++) {
        nd_rows x = nd_rows_of(j->work->data, t);
        nd_forward(j->work, &x, 0, ch);
        nd_losses(j->pb, &x, 1, ch);
        size_t m = nd_active_rows(j->work, &x, false, ch, ch->rows, ch->c, NULL);
        memset(j->out + x.first, 0, x.T * sizeof *j->out);
        for (size_t r = 0; r < m; r++) j->out[x.first + ch->rows[r]] = ch->c[r];
    }
    return ND_OK;
}

/* ---- public ----------------------------------------------------------------------------- */

/* (1/n) sum omega l + (lambda/2) |theta|^2 from the chunks; counts active rows. */
static double total(const nd_problem *pb, nd_work *work, const double *theta)
{
    double sum = 0.0;

    work->active = work->ran = 0;
    for (size_t c = 0; c < work->chunks; c++) {
        sum += work->chunk[c].value;
        work->active += work->chunk[c].active;
        work->ran += work->chunk[c].ran;
    }
    sum *= 1.0 / (double)work->n;
    if (pb->l2 != 0.0) sum += 0.5 * pb->l2 * nd_dot(pb->net->P, theta, theta);
    return sum;
}

static nd_status screened(nd_ctx *ctx, const nd_problem *pb, nd_work *work, nd_par_body body,
                          job *j)
{
    nd_status status;

    nd_screen_begin(pb, work);
    status = nd_par_for_cost(ctx, work->chunks, work->pass_ns, body, j);
    nd_screen_end(work, status);
    return status;
}

nd_status nd_problem_value(nd_ctx *ctx, const nd_problem *pb, const double *theta, nd_work *work,
                           double *L)
{
    job j = {.pb = pb, .work = work};
    nd_status status;

    ND_TRY(nd_work_check(ctx, pb, work));
    nd_work_point(work, theta);
    ND_TRY(screened(ctx, pb, work, value_chunk, &j));
    *L = total(pb, work, theta);
done:
    return status;
}

nd_status nd_problem_grad(nd_ctx *ctx, const nd_problem *pb, const double *theta, nd_work *work,
                          double *L, double *g)
{
    job j = {.pb = pb, .work = work};
    nd_status status;

    ND_TRY(nd_work_check(ctx, pb, work));
    nd_work_point(work, theta);
    ND_TRY(screened(ctx, pb, work, grad_chunk, &j));
    ND_TRY(nd_work_reduce(ctx, work));
    *L = total(pb, work, theta);
    nd_plan_unpack(&work->plan, work->chunk[0].grad, pb->l2, theta, g);
done:
    return status;
}

/* An activation or loss whose first derivative jumps has no Hessian worth the name. */
nd_status nd_problem_smooth(nd_ctx *ctx, const nd_problem *pb)
{
    const nd_net *net = pb->net;

    if (pb->loss.kind->smooth(pb->loss.q) < 1)
        return nd_fail(ctx, ND_ESMOOTH, "no second derivatives: loss '%s' is not C^1",
                       pb->loss.kind->name);
    for (size_t t = 0; t < net->terms; t++)
        for (size_t l = 0; l < net->term[t].depth; l++)
            if (net->term[t].layer[l].act->smooth < 1)
                return nd_fail(ctx, ND_ESMOOTH, "no second derivatives: activation '%s' is not C^1",
                               net->term[t].layer[l].act->name);
    return ND_OK;
}

static void check_memos(const nd_problem *pb, nd_work *work)
{
    const nd_loss *l = &work->loss;

    if (l->kind != pb->loss.kind || l->q != pb->loss.q || work->weight != pb->data->weight)
        work->fresh = false;
}

nd_status nd_problem_hv(nd_ctx *ctx, const nd_problem *pb, const double *theta, const double *v,
                        nd_work *work, double *hv)
{
    job j = {.pb = pb, .work = work};
    nd_status status;

    ND_TRY(nd_work_check(ctx, pb, work));
    ND_TRY(nd_problem_smooth(ctx, pb));
    ND_TRY(nd_work_memos(ctx, work));
    nd_work_point(work, theta);
    check_memos(pb, work);
    nd_plan_pack(&work->plan, v, work->vpacked, work->vback);
    ND_TRY(nd_par_for_cost(ctx, work->chunks, work->pass_ns, hv_chunk, &j));
    work->fresh = work->remembers;
    work->loss = pb->loss;
    work->weight = pb->data->weight;
    ND_TRY(nd_work_reduce(ctx, work));
    nd_plan_unpack(&work->plan, work->chunk[0].grad, pb->l2, v, hv);
    work->active = 0;
    for (size_t c = 0; c < work->chunks; c++) work->active += work->chunk[c].active;
done:
    return status;
}

/* A pass whose body writes one number a sample to out. */
static nd_status each_sample(nd_ctx *ctx, const nd_problem *pb, const double *theta, nd_work *work,
                             nd_par_body body, double *out)
{
    job j = {.pb = pb, .work = work, .out = out};
    nd_status status = nd_work_check(ctx, pb, work);

    if (status != ND_OK) return status;
    nd_work_point(work, theta);
    return nd_par_for_cost(ctx, work->chunks, work->pass_ns, body, &j);
}

nd_status nd_problem_margins(nd_ctx *ctx, const nd_problem *pb, const double *theta, nd_work *work,
                             double *m)
{
    return each_sample(ctx, pb, theta, work, outputs_chunk, m);
}

nd_status nd_problem_slopes(nd_ctx *ctx, const nd_problem *pb, const double *theta, nd_work *work,
                            double *c)
{
    return each_sample(ctx, pb, theta, work, slopes_chunk, c);
}

/* y = +1 is right when f >= 0, y = -1 when f < 0; m = y f.  NaN is an error. */
size_t nd_problem_errors(const nd_problem *pb, const double *m)
{
    size_t errors = 0;

    for (size_t i = 0; i < pb->data->n; i++) {
        bool right = pb->data->y[i] > 0.0 ? m[i] >= 0.0 : m[i] > 0.0;
        if (!right) errors++;
    }
    return errors;
}

nd_status nd_net_outputs(nd_ctx *ctx, const nd_net *net, const nd_table *data, const double *theta,
                         double *f)
{
    job j = {.out = f};
    nd_status status;

    if (net->d != data->d)
        return nd_fail(ctx, ND_EDIM, "the net expects %zu features, the data have %zu", net->d,
                       data->d);
    if (data->n == 0) return ND_OK;
    ND_TRY(nd_work_for(ctx, net, data, &j.work));
    nd_work_point(j.work, theta);
    status = nd_par_for_cost(ctx, j.work->chunks, j.work->pass_ns, outputs_chunk, &j);
done:
    nd_work_destroy(ctx, j.work);
    return status;
}
