/* Training: starts, the best of their ends, and its verdict.
 *
 * Order of ends: smaller loss first, then fewer errors.  A proved zero loss ends the
 * search: nothing is lower. */
#include "base/memory.h"
#include "lab/lab.h"

#include <math.h>
#include <string.h>

#define SOFT_SHARE 0.75 /* of the time for growth; what is left is for the last errors */

typedef struct {
    nd_ctx *ctx;
    const nd_net *net;
    const nd_train_settings *s;
    const double *start;
    nd_table data; /* with the weights of the classes */
    double *weight;
    nd_loss loss;
    double l2, begin;
    nd_duplicates dup;
    nd_trial best;
    long best_start, evaluations;
    bool have, cancelled;
} training;

static nd_status weigh_classes(training *tr)
{
    const nd_table *t = &tr->data;

    if (tr->s->weight_pos == 1.0) return ND_OK;
    tr->weight = ND_NEW(tr->ctx, double, t->n);
    if (!tr->weight) return ND_EMEM;
    for (size_t i = 0; i < t->n; i++)
        tr->weight[i] =
            (t->weight ? t->weight[i] : 1.0) * (t->y[i] > 0.0 ? tr->s->weight_pos : 1.0);
    tr->data.weight = tr->weight;
    return ND_OK;
}

static void trial_clear(nd_ctx *ctx, nd_trial *t)
{
    nd_theta_destroy(ctx, t->theta);
    nd_free(ctx, t->step);
    nd_free(ctx, t->early);
    nd_surface_close(t->sf);
    *t = (nd_trial){.sf = NULL};
}

static nd_status trial_begin(training *tr, uint64_t number, nd_trial *t)
{
    nd_status status;

    *t = (nd_trial){.s = tr->s,
                    .begin = tr->begin,
                    .deadline = tr->begin + tr->s->time,
                    .soft = tr->begin + (tr->s->grow ? SOFT_SHARE : 1.0) * tr->s->time,
                    .lower_bound = tr->dup.min_errors,
                    .trial = number};
    status = nd_surface_open(tr->ctx, tr->net, &tr->data, tr->loss, tr->l2, &t->sf);
    if (status != ND_OK) return status;
    t->theta = ND_NEW(tr->ctx, double, t->sf->net->P);
    if (!t->theta) return ND_EMEM;
    if (number == 0 && tr->start)
        memcpy(t->theta, tr->start, tr->net->P * sizeof *t->theta);
    else
        nd_net_start(t->sf->net, tr->s->seed, number, tr->s->scale, t->theta);
    return ND_OK;
}

static bool better(const nd_look *a, const nd_look *b)
{
    if (isnan(a->loss) || isnan(b->loss)) return isnan(b->loss) && !isnan(a->loss);
    return a->loss < b->loss || (a->loss == b->loss && a->errors < b->errors);
}

/* Keeps t if it is the best so far; frees the other one. */
static void keep(training *tr, nd_trial *t, long number)
{
    tr->evaluations += t->evaluations + t->sf->evaluations;
    t->evaluations = 0;
    t->sf->evaluations = 0;
    if (tr->have && !better(&t->look, &tr->best.look)) {
        trial_clear(tr->ctx, t);
        return;
    }
    trial_clear(tr->ctx, &tr->best);
    tr->best = *t;
    tr->best_start = number;
    tr->have = true;
}

/* A cancelled trial ends where it is; the look at it must not be cancelled again. */
static nd_status trial_end(training *tr, nd_trial *t, nd_status status)
{
    bool masked;

    if (status != ND_ECANCEL) return status;
    tr->cancelled = true;
    t->stop = ND_STOP_CANCEL;
    masked = nd_cancel_mask(tr->ctx, true);
    status = nd_surface_look(t->sf, t->theta, NULL, &t->look);
    nd_cancel_mask(tr->ctx, masked);
    return status;
}

static nd_status run_trials(training *tr)
{
    for (long k = 0; k < tr->s->starts && !tr->cancelled; k++) {
        nd_trial t;
        nd_status status = trial_begin(tr, (uint64_t)k, &t);

        if (status == ND_OK) status = trial_end(tr, &t, nd_trial_run(&t));
        if (status != ND_OK) {
            trial_clear(tr->ctx, &t);
            return status;
        }
        keep(tr, &t, k);
        if (tr->best.look.loss == 0.0 || nd_seconds() >= tr->begin + tr->s->time) break;
    }
    return ND_OK;
}

/* Seconds for the verdict.  With a time limit: as long as the training took, within the
 * limit, but always a second.  Without one the counts inside nd_classify_with end it; the
 * clock only guards against the slowest, so that a busy machine says the same. */
static double judging_time(const training *tr)
{
    double spent = nd_seconds() - tr->begin, limit = tr->s->time;

    if (tr->cancelled) return 0.0;
    return isfinite(limit) ? fmax(1.0, fmin(spent, limit - spent)) : fmax(60.0, 3.0 * spent);
}

static nd_status judge(training *tr, nd_train_result *r)
{
    nd_history h = {.early = tr->best.early, .time = judging_time(tr), .seed = tr->s->seed};
    bool masked = nd_cancel_mask(tr->ctx, true);
    nd_status status;

    status = nd_classify_with(tr->best.sf, r->theta, &h, &r->verdict);
    if (status == ND_OK && !tr->cancelled)
        status = nd_prove_minimum(tr->best.sf, r->theta, &r->verdict);
    if (status == ND_OK && !tr->cancelled)
        status = nd_prove_no_minimum(tr->best.sf, r->theta, &r->verdict);
    nd_cancel_mask(tr->ctx, masked);
    return status;
}

static nd_status make_result(training *tr, nd_train_result **out)
{
    nd_trial *t = &tr->best;
    nd_train_result *r = ND_NEW0(tr->ctx, nd_train_result, 1);
    nd_status status;

    if (!r) return ND_EMEM;
    r->theta = t->theta;
    r->step = t->step;
    r->steps = t->steps;
    t->theta = NULL;
    t->step = NULL;
    r->best_start = tr->best_start;
    r->lower_bound = tr->dup.min_errors;
    r->stop = t->stop;
    status = judge(tr, r);
    r->evaluations = tr->evaluations + t->sf->evaluations;
    r->seconds = nd_seconds() - tr->begin;
    r->net = t->sf->net;
    t->sf->net = NULL;
    if (status == ND_OK)
        *out = r;
    else
        nd_train_result_destroy(tr->ctx, r);
    return status;
}

nd_status nd_train(nd_ctx *ctx, const nd_net *net, const nd_table *data, nd_loss loss, double l2,
                   const nd_train_settings *s, const double *start, nd_train_result **out)
{
    training tr = {.ctx = ctx,
                   .net = net,
                   .s = s,
                   .start = start,
                   .data = *data,
                   .loss = loss,
                   .l2 = l2,
                   .begin = nd_seconds()};
    nd_status status;

    ND_TRY(nd_settings_check(ctx, nd_train_table, s));
    if (!data->y) return nd_fail(ctx, ND_EINPUT, "training needs labels");
    ND_TRY(nd_duplicates_count(ctx, data, &tr.dup));
    ND_TRY(weigh_classes(&tr));
    ND_TRY(run_trials(&tr));
    ND_TRY(make_result(&tr, out));
    if (tr.cancelled) status = nd_fail(ctx, ND_ECANCEL, "stopped on request");
done:
    trial_clear(ctx, &tr.best);
    nd_free(ctx, tr.weight);
    return status;
}

void nd_train_result_destroy(nd_ctx *ctx, nd_train_result *r)
{
    if (!r) return;
    nd_net_destroy(ctx, r->net);
    nd_theta_destroy(ctx, r->theta);
    nd_free(ctx, r->step);
    nd_free(ctx, r);
}
