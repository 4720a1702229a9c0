/* An exploration from the outside: the file is made or checked, then all threads work on
 * it until nothing is left to do. */
#include "atlas/atlas.h"

#include "base/memory.h"
#include "base/par.h"

#include <math.h>
#include <string.h>
#include <time.h>

/* ---- the file ---------------------------------------------------------------------------------- */

/* Another connection may hold the lock for a moment without being waited for. */
static nd_status use_wal(nd_db *d)
{
    nd_status status = ND_OK;

    for (int tries = 0; tries < 200; tries++) {
        status = nd_db_exec(d, "PRAGMA journal_mode = WAL");
        if (status != ND_EIO || (sqlite3_errcode(d->db) & 0xff) != SQLITE_BUSY) break;
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
    return status == ND_OK ? nd_db_exec(d, "PRAGMA synchronous = NORMAL") : status;
}

/* Tables and problem in one transaction: the file is an atlas or it is empty. */
static nd_status make(nd_db *d, const nd_explore_source *source, const nd_explore_settings *s)
{
    bool empty = false;
    nd_status status = nd_db_begin(d);

    if (status == ND_OK) status = nd_schema_check(d, &empty); /* perhaps another was faster */
    if (status == ND_OK && empty) {
        status = nd_schema_create(d);
        if (status == ND_OK) status = nd_chart_write(d, source, s);
    }
    return nd_db_end(d, status);
}

/* P > 0 numbers are asked for a Hessian: is there one? */
static nd_status check_smooth(nd_ctx *ctx, const nd_problem *pb)
{
    double *v = ND_NEW0(ctx, double, 3 * pb->net->P);
    nd_work *work = NULL;
    nd_status status = v ? nd_work_create(ctx, pb, &work) : ND_EMEM;

    if (status == ND_OK)
        status = nd_problem_hv(ctx, pb, v, v + pb->net->P, work, v + 2 * pb->net->P);
    nd_work_destroy(ctx, work);
    nd_free(ctx, v);
    return status;
}

static nd_status check_source(nd_ctx *ctx, const nd_explore_source *source,
                              const nd_explore_settings *s)
{
    nd_status status;

    ND_TRY(nd_settings_check(ctx, nd_explore_table, s));
    if (source && s->saddles) ND_TRY(check_smooth(ctx, source->problem));
done:
    return status;
}

/* The problem of the file, which is made if need be. */
static nd_status open_file(nd_ctx *ctx, const char *file, const nd_explore_source *source,
                           const nd_explore_settings *s, nd_db **out, nd_chart *chart)
{
    nd_db *d = NULL;
    bool empty;
    nd_status status;

    ND_TRY(nd_db_open(ctx, file, source ? ND_DB_MAKE : ND_DB_WRITE, &d));
    ND_TRY(nd_schema_check(d, &empty)); /* nothing of a foreign file is changed */
    if (empty && !source)
        ND_TRY(nd_fail(ctx, ND_EINPUT, "%s: not an atlas: there is nothing in it", file));
    ND_TRY(use_wal(d));
    if (empty) ND_TRY(make(d, source, s));
    ND_TRY(nd_chart_read(d, chart));
    if (source) {
        status = nd_chart_same(d, chart, source);
        if (status == ND_OK) status = nd_explore_same(ctx, file, &chart->settings, s);
        if (status != ND_OK) nd_chart_clear(ctx, chart);
        ND_TRY(status);
    }
    *out = d;
    d = NULL;
done:
    nd_db_close(d);
    return status;
}

nd_status nd_explore_make(nd_ctx *ctx, const char *file, const nd_explore_source *source,
                          const nd_explore_settings *settings)
{
    nd_chart chart;
    nd_db *d = NULL;
    nd_status status;

    ND_TRY(check_source(ctx, source, settings));
    ND_TRY(open_file(ctx, file, source, settings, &d, &chart));
    nd_db_close(d);
    nd_chart_clear(ctx, &chart);
done:
    return status;
}

/* ---- the crew ------------------------------------------------------------------------------------ */

typedef struct {
    nd_expedition *x;
    nd_ctx **ctx; /* one per worker */
    nd_status *status;
} crew;

static nd_status body(void *arg, size_t i, int thread)
{
    crew *c = arg;

    c->status[i] = nd_worker_run(c->x, c->ctx[i], thread == 0);
    return ND_OK;
}

static void *borrow(void *user, size_t bytes)
{
    return nd_alloc(user, bytes, 1);
}

static void give_back(void *user, void *p)
{
    nd_free(user, p);
}

/* One thread takes its memory where the caller does; several cannot. */
static nd_status hire(nd_ctx *ctx, crew *c, size_t count)
{
    const nd_allocator lent = {borrow, give_back, ctx};

    for (size_t i = 0; i < count; i++) {
        c->ctx[i] = nd_ctx_create(count == 1 ? &lent : NULL);
        if (!c->ctx[i]) return nd_fail(ctx, ND_EMEM, "out of memory");
        nd_set_threads(c->ctx[i], 1);
    }
    return ND_OK;
}

static nd_status run_crew(nd_ctx *ctx, nd_expedition *x)
{
    size_t count = (size_t)x->workers;
    crew c = {
        .x = x, .ctx = ND_NEW0(ctx, nd_ctx *, count), .status = ND_NEW0(ctx, nd_status, count)};
    nd_status status = c.ctx && c.status ? hire(ctx, &c, count) : ND_EMEM;

    if (status == ND_OK) status = nd_par_for(ctx, count, body, &c);
    if (status == ND_ECANCEL) {
        if (!x->halt) x->halt = ND_STOP_CANCEL;
        status = ND_OK;
    }
    for (size_t i = 0; i < count && status == ND_OK; i++)
        if (c.status[i] != ND_OK) status = nd_fail(ctx, c.status[i], "%s", nd_errmsg(c.ctx[i]));
    for (size_t i = 0; c.ctx && i < count; i++) nd_ctx_destroy(c.ctx[i]);
    nd_free(ctx, c.status);
    nd_free(ctx, c.ctx);
    return status;
}

static nd_stop how_it_ended(const nd_standing *now, int halt)
{
    if (now->finished) return now->finished == 1 ? ND_STOP_TARGET : ND_STOP_ITERATIONS;
    return halt ? (nd_stop)halt : ND_STOP_NONE;
}

nd_status nd_explore(nd_ctx *ctx, const char *file, const nd_explore_source *source,
                     const nd_explore_settings *settings, nd_explore_result *out)
{
    double begin = nd_seconds();
    nd_chart chart;
    nd_standing now;
    nd_db *d = NULL;
    bool masked;
    nd_status status = check_source(ctx, source, settings);

    if (status != ND_OK) return status;
    status = open_file(ctx, file, source, settings, &d, &chart);
    if (status != ND_OK) return status;
    nd_expedition x = {.file = file,
                       .chart = &chart,
                       .ctx = ctx,
                       .deadline = begin + settings->time,
                       .workers = nd_threads(ctx)};
    status = run_crew(ctx, &x);
    masked = nd_cancel_mask(ctx, true);
    if (status == ND_OK) status = nd_queue_standing(d, &now);
    nd_cancel_mask(ctx, masked);
    if (status == ND_OK)
        *out = (nd_explore_result){.finished = now.finished != 0,
                                   .stop = how_it_ended(&now, x.halt),
                                   .trials = x.trials,
                                   .seconds = nd_seconds() - begin};
    nd_db_close(d);
    nd_chart_clear(ctx, &chart);
    return status;
}
