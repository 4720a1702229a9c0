/* One thread of an exploration: takes tasks from the file, carries them out, puts the
 * answers there.  Threads of one process and processes of one machine are the same to
 * each other: connections to one file.
 *
 * Batches are as long as a tenth of a second's work, so that 10,000 quick trials cost some
 * hundred transactions, and answers wait for their commit a quarter of a second at most.
 * Whoever finds a round complete merges it and plans the next one, in one transaction. */
#include "atlas/atlas.h"

#include "base/memory.h"
#include "map/symmetry.h"

#include <math.h>
#include <string.h>
#include <time.h>

#define BATCH_SECONDS  0.1
#define COMMIT_SECONDS 0.25
#define BEAT_SECONDS   5.0
#define BURY_SECONDS   0.5 /* how often the waiting look for dead owners */
#define NAP            2   /* milliseconds                               */

enum { ROOM = 256 };

typedef struct {
    nd_expedition *x;
    nd_ctx *ctx;
    bool main;
    nd_db *d;
    nd_scout *scout;
    nd_answers *answers;
    size_t P;
    int64_t owner;
    double beat, buried;  /* when it was last done                           */
    double cost;          /* seconds per task, lately                        */
    double lowest;        /* loss                                            */
    double *a, *b;        /* starts of a task; P entries each                */
    nd_verdict verdict;   /* of a, when it is to be certified                */
    double *theta;        /* ROOM ends of P entries each                     */
    nd_task task[ROOM];   /* taken                                           */
    nd_answer held[ROOM]; /* answers to the first `done`, not yet in the file */
    size_t taken, stored, done;
} worker;

/* ---- hooks ---------------------------------------------------------------------------------- */

/* The caller's hook is asked from the caller's thread only. */
static bool cancel(void *user)
{
    worker *w = user;
    nd_expedition *x = w->x;

    if (x->halt) return true;
    if (w->main && nd_cancelled(x->ctx)) x->halt = ND_STOP_CANCEL;
    if (nd_seconds() >= x->deadline) x->halt = ND_STOP_TIME;
    return x->halt != 0;
}

static void tell(worker *w, nd_ask_kind kind)
{
    static const char *const stage[ND_ASKS] = {"starts",   "hops",     "saddles", "paths",
                                               "descents", "searches", "proofs"};
    const nd_event event = {.stage = stage[kind],
                            .step = w->x->trials,
                            .value = isinf(w->lowest) ? NAN : w->lowest,
                            .grad = NAN};

    if (w->main) nd_progress(w->x->ctx, &event);
}

/* ---- one task ------------------------------------------------------------------------------- */

/* The canonical end of a trial. */
static nd_status load_point(worker *w, int64_t trial, double *theta)
{
    const nd_problem *pb = &w->x->chart->problem;
    nd_status status = nd_answers_theta(w->d, trial, w->P, theta);

    return status == ND_OK ? nd_canonical(w->ctx, pb->net, pb->l2, theta) : status;
}

static nd_status load_points(worker *w, const nd_task *t, nd_ask *ask)
{
    double distance, least;
    nd_status status;

    if (t->a == 0) return ND_OK;
    if (t->kind == ND_ASK_CERTIFY) { /* that very point */
        ND_TRY(nd_answers_theta(w->d, t->a, w->P, w->a));
        ND_TRY(nd_answers_verdict(w->d, t->a, &w->verdict));
        ask->verdict = &w->verdict;
    } else {
        ND_TRY(load_point(w, t->a, w->a));
    }
    ask->a = w->a;
    if (t->b == 0) return ND_OK;
    ND_TRY(load_point(w, t->b, w->b));
    ND_TRY(nd_align(w->ctx, w->x->chart->net, w->a, w->b, &distance, &least));
    ask->b = w->b;
done:
    return status;
}

/* What cannot be computed is an answer, too. */
static void no_answer(worker *w, nd_answer *out)
{
    nd_verdict *v = &out->verdict;

    *v = (nd_verdict){.loss = NAN,
                      .grad = NAN,
                      .lambda_min = NAN,
                      .lambda_err = NAN,
                      .index = -1,
                      .nullity = -1,
                      .norm = NAN,
                      .margin_min = NAN,
                      .potential = NAN,
                      .valley_norm = NAN,
                      .valley_loss = NAN};
    memcpy(v->reason, nd_errmsg(w->ctx), strnlen(nd_errmsg(w->ctx), sizeof v->reason - 1));
    for (size_t k = 0; k < w->P; k++) out->theta[k] = NAN;
    out->stop = ND_STOP_NOT_FINITE;
    out->height = NAN;
    out->evaluations = out->hessians = 0;
    out->seconds = 0.0;
}

/* Numbers do not say what it is (where L has kinks they never do), so that it is in no class,
 * and no class would have it certified. */
static bool doubtful(const nd_task *t, const nd_answer *out)
{
    bool found = out->stop == ND_STOP_GRADIENT || out->stop == ND_STOP_ROUNDING;
    bool descent = t->kind == ND_ASK_START || t->kind == ND_ASK_HOP || t->kind == ND_ASK_DOWN;

    return out->verdict.kind == ND_UNDECIDED && (descent || found);
}

static nd_status certify_too(worker *w, nd_answer *out)
{
    const nd_answer before = *out;
    const nd_ask ask = {
        .kind = ND_ASK_CERTIFY, .time = INFINITY, .a = before.theta, .verdict = &before.verdict};
    nd_status status = nd_scout_ask(w->scout, &ask, false, out);

    if (status != ND_OK) return status;
    out->stop = before.stop;
    out->height = before.height;
    out->evaluations += before.evaluations;
    out->hessians += before.hessians;
    out->seconds += before.seconds;
    return ND_OK;
}

static nd_status carry_out(worker *w, const nd_task *t, nd_answer *out)
{
    const nd_explore_settings *s = &w->x->chart->settings;
    nd_ask ask = {.kind = t->kind,
                  .seed = s->seed,
                  .trial = (uint64_t)t->id - 1,
                  .scale = isnan(t->scale) ? 1.0 : t->scale,
                  .mode = t->mode,
                  .side = t->side,
                  .index = t->index,
                  .time = INFINITY};
    nd_status status = load_points(w, t, &ask);

    if (status == ND_OK) status = nd_scout_ask(w->scout, &ask, false, out);
    if (status == ND_OK && !s->unproved && doubtful(t, out)) status = certify_too(w, out);
    if (status == ND_ENUMERIC) {
        no_answer(w, out);
        status = ND_OK;
    }
    if (status != ND_OK) return status;
    w->x->trials++;
    if (out->verdict.loss < w->lowest) w->lowest = out->verdict.loss;
    tell(w, t->kind);
    return ND_OK;
}

/* ---- batches -------------------------------------------------------------------------------- */

static nd_status store(worker *w)
{
    double now = nd_seconds();
    nd_status status;

    if (w->stored == w->done) return ND_OK;
    status = nd_db_begin(w->d);
    for (size_t k = w->stored; k < w->done && status == ND_OK; k++)
        status = nd_answers_put(w->answers, w->task[k].id, &w->held[k]);
    if (status == ND_OK && now - w->beat > BEAT_SECONDS) {
        status = nd_owner_beat(w->d, w->owner);
        w->beat = now;
    }
    status = nd_db_end(w->d, status);
    if (status == ND_OK) w->stored = w->done;
    return status;
}

/* What is done is kept, whoever wants to stop. */
static nd_status store_anyway(worker *w)
{
    bool masked = nd_cancel_mask(w->ctx, true);
    nd_status status = store(w);

    nd_cancel_mask(w->ctx, masked);
    return status;
}

static size_t batch_size(const worker *w, int64_t open)
{
    double size = BATCH_SECONDS / fmax(w->cost, 1e-9);
    double share = ceil((double)open / (2.0 * w->x->workers)); /* the others want some, too */

    return (size_t)fmax(1.0, fmin(fmin(size, share), ROOM));
}

static nd_status take(worker *w, int64_t open)
{
    nd_status status = nd_db_begin(w->d);

    w->taken = w->stored = w->done = 0;
    if (status == ND_OK)
        status = nd_queue_take(w->d, w->owner, batch_size(w, open), w->task, &w->taken);
    return nd_db_end(w->d, status);
}

static nd_status work(worker *w)
{
    double start = nd_seconds(), last = start;
    nd_status status = ND_OK;

    while (w->done < w->taken && status == ND_OK) {
        w->held[w->done].theta = w->theta + w->done * w->P;
        status = carry_out(w, &w->task[w->done], &w->held[w->done]);
        if (status != ND_OK) break;
        w->done++;
        if (nd_seconds() - last < COMMIT_SECONDS) continue;
        status = store_anyway(w);
        last = nd_seconds();
    }
    if (w->done) w->cost = (nd_seconds() - start) / (double)w->done;
    nd_status kept = store_anyway(w);
    return status == ND_OK ? kept : status;
}

/* ---- rounds ---------------------------------------------------------------------------------- */

static nd_status next_round(worker *w, int64_t round)
{
    const nd_chart *chart = w->x->chart;
    nd_classes c = {.d = w->d};
    size_t added = 0, wanted = 0;
    nd_status status;

    ND_TRY(nd_classes_load(w->d, &chart->problem, &c));
    if (round >= 0) ND_TRY(nd_merge_round(&c, round, chart->settings.unproved, &wanted));
    if (wanted) goto done; /* the round goes on */
    if (round + 1 == chart->settings.rounds) {
        status = nd_queue_set(w->d, round, 2);
    } else {
        ND_TRY(nd_plan_round(&c, &chart->settings, round + 1, &added));
        status = added ? nd_queue_set(w->d, round + 1, 0) : nd_queue_set(w->d, round, 1);
    }
done:
    nd_classes_clear(&c);
    return status;
}

/* Nobody has anything to do: the first to come here ends the round. */
static nd_status advance(worker *w)
{
    nd_standing now;
    nd_status status = nd_db_begin(w->d);

    if (status == ND_OK) status = nd_queue_standing(w->d, &now);
    if (status == ND_OK && !now.open && !now.taken && !now.finished)
        status = next_round(w, now.round);
    return nd_db_end(w->d, status);
}

static nd_status bury(worker *w)
{
    nd_status status;

    if (nd_seconds() - w->buried < BURY_SECONDS) return ND_OK;
    w->buried = nd_seconds();
    status = nd_db_begin(w->d);
    if (status == ND_OK) status = nd_owner_bury(w->d);
    return nd_db_end(w->d, status);
}

/* Others work on the rest of the round. */
static nd_status wait_for_others(worker *w)
{
    nd_status status = bury(w);

    if (status != ND_OK) return status;
    nanosleep(&(struct timespec){.tv_nsec = NAP * 1000000L}, NULL);
    return nd_cancelled(w->ctx) ? ND_ECANCEL : ND_OK;
}

static nd_status explore(worker *w)
{
    nd_standing now;
    nd_status status;

    for (;;) {
        if (nd_cancelled(w->ctx)) return ND_ECANCEL;
        ND_TRY(nd_queue_standing(w->d, &now));
        if (now.finished) return ND_OK;
        if (now.open) {
            ND_TRY(take(w, now.open));
            ND_TRY(work(w));
        } else {
            ND_TRY(now.taken ? wait_for_others(w) : advance(w));
        }
    }
done:
    return status;
}

/* ---- from the beginning to the end ------------------------------------------------------------- */

static nd_status set_up(worker *w)
{
    const nd_problem *pb = &w->x->chart->problem;
    nd_status status;

    w->P = pb->net->P;
    w->a = ND_NEW(w->ctx, double, 2 * w->P);
    w->theta = ND_NEW(w->ctx, double, ROOM * w->P);
    if (!w->a || !w->theta) return ND_EMEM;
    w->b = w->a + w->P;
    ND_TRY(nd_scout_create(w->ctx, pb->net, pb->data, pb->loss, pb->l2, &w->scout));
    ND_TRY(nd_db_open(w->ctx, w->x->file, ND_DB_WRITE, &w->d));
    ND_TRY(nd_db_exec(w->d, "PRAGMA synchronous = NORMAL"));
    ND_TRY(nd_answers_open(w->d, w->P, &w->answers));
    ND_TRY(nd_db_begin(w->d));
    status = nd_owner_bury(w->d);
    if (status == ND_OK) status = nd_owner_register(w->d, &w->owner);
    ND_TRY(nd_db_end(w->d, status));
    w->beat = w->buried = nd_seconds();
done:
    return status;
}

static void leave(worker *w)
{
    char message[256];
    nd_status status = ND_OK;

    nd_cancel_mask(w->ctx, true);
    memcpy(message, nd_errmsg(w->ctx), strnlen(nd_errmsg(w->ctx), 255));
    message[strnlen(nd_errmsg(w->ctx), 255)] = 0;
    if (w->owner) {
        status = nd_db_begin(w->d);
        if (status == ND_OK) status = nd_owner_leave(w->d, w->owner);
        status = nd_db_end(w->d, status);
    }
    if (status != ND_OK) nd_fail(w->ctx, status, "%s", message); /* the first failure counts */
    nd_answers_close(w->answers);
    nd_db_close(w->d);
    nd_scout_destroy(w->scout);
    nd_free(w->ctx, w->theta);
    nd_free(w->ctx, w->a);
}

nd_status nd_worker_run(nd_expedition *x, nd_ctx *ctx, bool main)
{
    worker *w = ND_NEW0(ctx, worker, 1);
    nd_status status = w ? ND_OK : ND_EMEM;

    if (status == ND_OK) {
        w->x = x;
        w->ctx = ctx;
        w->main = main;
        w->cost = BATCH_SECONDS;
        w->lowest = INFINITY;
        nd_set_cancel(ctx, cancel, w);
        status = set_up(w);
        if (status == ND_OK) status = explore(w);
        leave(w);
        nd_set_cancel(ctx, NULL, NULL);
        nd_free(ctx, w);
    }
    if (status == ND_ECANCEL && x->halt) return ND_OK;
    if (status != ND_OK && !x->halt) x->halt = ND_STOP_CANCEL; /* nobody goes on without it */
    return status;
}
