/* The runs of a survey: each descends from its start, leaves the saddles it meets while
 * there is a way down, and is judged.
 *
 * The threads take the open runs in order (run 0 of all cells, then run 1, ...), so that a survey
 * that is stopped knows something of every cell.  The calling thread puts what is done into the
 * file, between two runs of its own. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "gallery/crew.h"
#include "gallery/survey.h"
#include "theory/exact.h"

#include <nadir/map.h>

#define SAVE_SECONDS 0.5
#define DESCENTS     5 /* saddles that one run leaves at most */

typedef struct {
    nd_survey_work *s;
    nd_crew crew;
    size_t *open; /* runs, as cell * runs + run */
    size_t count;
    double saved;
    _Atomic size_t done;
} crowd;

static void tell(crowd *c)
{
    const nd_event event = {
        .stage = "survey, runs", .step = c->s->r->done + c->done, .value = NAN, .grad = NAN};

    nd_progress(c->s->ctx, &event);
}

/* ---- one run -------------------------------------------------------------------------------------- */

static nd_end end_of(const nd_verdict *v)
{
    bool proved = v->proved == ND_PROVED;

    switch (v->kind) {
    case ND_GLOBAL_MINIMUM:
    case ND_LOCAL_MINIMUM:
        if (proved && v->cert.errors_lo > 0) return ND_END_BAD_PROVED;
        if (v->bad || v->errors > 0) return ND_END_BAD; /* that it errs is not proved */
        if (v->kind == ND_LOCAL_MINIMUM) return ND_END_LOCAL;
        return proved ? ND_END_GLOBAL_PROVED : ND_END_GLOBAL;
    case ND_SADDLE:
        return ND_END_SADDLE;
    case ND_VALLEY:
        return ND_END_VALLEY;
    default:
        return ND_END_UNDECIDED;
    }
}

static void note(const nd_answer *a, nd_survey_run *run)
{
    const nd_verdict *v = &a->verdict;

    run->end = end_of(v);
    run->loss = v->loss;
    run->grad = v->grad;
    run->norm = v->norm;
    run->lambda_min = v->lambda_min;
    run->errors = v->errors;
    run->active = v->active;
    run->index = v->index;
    run->cert = v->proved == ND_PROVED ? v->cert.kind : NULL;
    run->evaluations += a->evaluations;
    run->hessians += a->hessians;
    run->seconds += a->seconds;
    memcpy(run->reason, v->reason, sizeof run->reason);
}

/* What overflows is an end, too: nothing is known of it. */
static void note_failure(nd_ctx *ctx, nd_survey_run *run, size_t n)
{
    run->end = ND_END_UNDECIDED;
    run->loss = run->grad = run->norm = run->lambda_min = NAN;
    run->errors = run->active = n;
    run->index = -1;
    memcpy(run->reason, nd_errmsg(ctx), strnlen(nd_errmsg(ctx), sizeof run->reason - 1));
}

/* A way down from the saddle that was met, as long as there is one. */
static nd_status go_down(nd_scout *scout, nd_ask *ask, double *from, size_t P, nd_answer *a,
                         nd_survey_run *run)
{
    nd_status status = ND_OK;

    while (a->verdict.kind == ND_SADDLE && a->verdict.index > 0 && run->escaped < DESCENTS) {
        memcpy(from, a->theta, P * sizeof *from);
        ask->kind = ND_ASK_DOWN;
        ask->a = from;
        ask->side = 1;
        ND_TRY(nd_scout_ask(scout, ask, true, a));
        run->escaped++;
        note(a, run);
    }
done:
    return status;
}

static nd_status descend(const crowd *c, nd_ctx *ctx, size_t cell, size_t number,
                         nd_survey_run *run)
{
    const nd_problem *pb = &c->s->problem[cell];
    size_t P = pb->net->P;
    nd_ask ask = {.kind = ND_ASK_START,
                  .seed = c->s->s->seed,
                  .trial = number,
                  .scale = c->s->s->scale,
                  .time = INFINITY};
    nd_answer a = {.theta = ND_NEW(ctx, double, 2 * P)};
    nd_scout *scout = NULL;
    nd_status status = a.theta ? ND_OK : ND_EMEM;

    if (status != ND_OK) return status;
    ND_TRY(nd_scout_create(ctx, pb->net, pb->data, pb->loss, pb->l2, &scout));
    ND_TRY(nd_scout_ask(scout, &ask, true, &a));
    note(&a, run);
    ND_TRY(go_down(scout, &ask, a.theta + P, P, &a, run));
done:
    nd_scout_destroy(scout);
    nd_free(ctx, a.theta);
    return status;
}

static void keep(crowd *c, size_t at, const nd_survey_run *run)
{
    nd_survey_result *r = c->s->r;

    r->cell[at / r->runs].run[at % r->runs] = *run;
    r->cell[at / r->runs].run[at % r->runs].done = true;
    c->s->state[at] = 1;
    c->done++;
}

static nd_status carry_out(crowd *c, nd_hand *h, size_t at)
{
    nd_survey_result *r = c->s->r;
    nd_survey_run run = {.done = false};
    nd_status status =
        nd_crew_over(h) ? ND_ECANCEL : descend(c, h->ctx, at / r->runs, at % r->runs, &run);

    if (status == ND_ENUMERIC) {
        note_failure(h->ctx, &run, r->n[r->cell[at / r->runs].table]);
        status = ND_OK;
    }
    if (status == ND_OK) keep(c, at, &run);
    return status;
}

static nd_status body(void *arg, size_t i, int thread)
{
    crowd *c = arg;
    nd_hand *h = &c->crew.hand[thread];
    nd_status status = carry_out(c, h, c->open[i]);

    if (!h->main) nd_exact_thread_end();
    if (h->main && status == ND_OK) {
        tell(c);
        if (c->s->d && nd_seconds() - c->saved > SAVE_SECONDS) {
            status = nd_survey_save(c->s);
            c->saved = nd_seconds();
        }
    }
    h->status = status;
    return status;
}

/* ---- all runs ------------------------------------------------------------------------------------- */

static nd_status work(crowd *c)
{
    nd_survey_work *s = c->s;
    bool masked;
    nd_status status, kept = ND_OK;

    if (s->d) s->d->ctx = c->crew.hand[0].ctx; /* which may be used inside the loop */
    status = nd_crew_run(&c->crew, c->count, body, c);
    if (s->d) s->d->ctx = s->ctx;
    masked = nd_cancel_mask(s->ctx, true); /* what is done is kept, whoever wants to stop */
    if (s->d && status == ND_OK) kept = nd_survey_save(s);
    nd_cancel_mask(s->ctx, masked);
    return status == ND_OK ? kept : status;
}

/* Run 0 of all cells, then run 1, ... */
static nd_status list_open(crowd *c)
{
    nd_survey_result *r = c->s->r;

    c->open = ND_NEW(c->s->ctx, size_t, r->cells * r->runs);
    if (!c->open) return ND_EMEM;
    for (size_t run = 0; run < r->runs; run++)
        for (size_t k = 0; k < r->cells; k++)
            if (!r->cell[k].run[run].done) c->open[c->count++] = k * r->runs + run;
    return ND_OK;
}

nd_status nd_survey_carry_out(nd_survey_work *s, double start)
{
    crowd c = {.s = s, .saved = start};
    nd_status status;

    ND_TRY(list_open(&c));
    ND_TRY(nd_crew_hire(s->ctx, start + s->s->time, &c.crew));
    if (c.count > 0) ND_TRY(work(&c));
    s->r->fresh = c.done;
    s->r->stop = c.done == c.count ? ND_STOP_TARGET : (nd_stop)c.crew.halt;
done:
    nd_crew_dismiss(&c.crew);
    nd_free(s->ctx, c.open);
    return status;
}
