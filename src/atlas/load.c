/* A consistent picture of an atlas, in memory: one read transaction. */
#include "atlas/atlas.h"

#include "base/memory.h"
#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SURELY_LOWER 1e-8 /* a numerical loss is lower by so much, relative to 1 + L */

/* ---- points ----------------------------------------------------------------------------------- */

static nd_status load_point(nd_db *d, const nd_class *k, size_t P, nd_atlas_point *out)
{
    *out = (nd_atlas_point){.id = k->id,
                            .minimum = k->minimum,
                            .family = k->family,
                            .theta = ND_NEW(d->ctx, double, P),
                            .verdict = k->verdict,
                            .trial = (size_t)k->trial,
                            .found = k->found,
                            .copies = k->copies,
                            .null = k->null,
                            .spread = k->spread,
                            .same = k->proved_same ? ND_PROVED : ND_UNKNOWN};
    return out->theta ? nd_answers_theta(d, k->trial, P, out->theta) : ND_EMEM;
}

/* A local minimum is bad, too, when a lower loss is known: of a proved one a proved one.
 * lowest: of all points; proved: an upper bound of that of the proved ones. */
static void call_bad(nd_atlas *a, double lowest, double proved)
{
    for (size_t k = 0; k < a->points; k++) {
        nd_verdict *v = &a->point[k].verdict;
        double lo, hi;

        if (v->kind != ND_LOCAL_MINIMUM) continue;
        nd_enclose_loss(v, &lo, &hi);
        if (v->proved == ND_PROVED ? proved < lo
                                   : lowest < v->loss - SURELY_LOWER * (1.0 + fabs(v->loss)))
            v->bad = true;
    }
}

static nd_status load_points(nd_db *d, nd_atlas *a)
{
    nd_classes c = {.d = d};
    double lowest = INFINITY, proved = INFINITY, lo, hi;
    nd_status status;

    ND_TRY(nd_classes_load(d, &a->problem, &c));
    a->point = ND_NEW(d->ctx, nd_atlas_point, c.classes);
    if (!a->point) ND_TRY(ND_EMEM);
    for (size_t k = 0; k < c.classes; k++) {
        a->points = k + 1;
        ND_TRY(load_point(d, &c.class[k], a -> net -> P, &a -> point[k]));
        lowest = fmin(lowest, a->point[k].verdict.loss);
        nd_enclose_loss(&a->point[k].verdict, &lo, &hi);
        if (a->point[k].verdict.proved == ND_PROVED) proved = fmin(proved, hi);
    }
    call_bad(a, lowest, proved);
done:
    nd_classes_clear(&c);
    return status;
}

/* ---- edges ------------------------------------------------------------------------------------- */

/* A point number as an index. */
static nd_status index_at(nd_db *d, sqlite3_stmt *s, int column, const nd_atlas *a, size_t *out)
{
    int64_t id = sqlite3_column_int64(s, column);

    if (id < 1 || (size_t)id > a->points)
        return nd_db_damaged(d, "an edge at point %lld of %zu", (long long)id, a->points);
    *out = (size_t)id - 1;
    return ND_OK;
}

static nd_status read_edge(nd_db *d, sqlite3_stmt *s, nd_atlas *a)
{
    nd_edge *e = &a->edge[a->edges];
    const nd_verdict *v;
    nd_status status;

    ND_TRY(index_at(d, s, 0, a, &e->saddle));
    if (sqlite3_column_type(s, 1) == SQLITE_NULL || sqlite3_column_type(s, 2) == SQLITE_NULL) {
        a->loose++;
        return ND_OK;
    }
    ND_TRY(index_at(d, s, 1, a, &e->a));
    ND_TRY(index_at(d, s, 2, a, &e->b));
    if (!a->point[e->a].minimum || !a->point[e->b].minimum) {
        a->loose++;
        return ND_OK;
    }
    v = &a->point[e->saddle].verdict;
    e->height = v->loss;
    nd_enclose_loss(v, &e->lo, &e->hi);
    a->edges++;
done:
    return status;
}

static nd_status load_edges(nd_db *d, nd_atlas *a)
{
    sqlite3_stmt *s = NULL;
    int64_t rows;
    bool row;
    nd_status status;

    ND_TRY(nd_db_integer(d, "SELECT count(*) FROM edge", &rows));
    a->edge = ND_NEW(d->ctx, nd_edge, (size_t)rows);
    if (!a->edge) ND_TRY(ND_EMEM);
    ND_TRY(nd_db_prepare(d, "SELECT saddle, a, b FROM edge ORDER BY saddle", &s));
    for (int64_t k = 0; k < rows; k++) {
        ND_TRY(nd_db_step(d, s, &row));
        if (row) ND_TRY(read_edge(d, s, a));
    }
done:
    sqlite3_finalize(s);
    return status;
}

/* ---- trials ------------------------------------------------------------------------------------- */

static int by_enumeration(const void *x, const void *y)
{
    const nd_atlas_tally *p = x, *q = y;
    const long a[] = {p->ask, p->stop, p->verdict, p->proved, p->bad, p->index};
    const long b[] = {q->ask, q->stop, q->verdict, q->proved, q->bad, q->index};

    for (int k = 0; k < 6; k++)
        if (a[k] != b[k]) return a[k] < b[k] ? -1 : 1;
    return 0;
}

#define GROUPS                                                                                     \
    "FROM ask k JOIN answer a ON a.ask = k.id "                                                    \
    "GROUP BY k.kind, a.stop, a.verdict, a.proved, a.bad, a.negative"

static nd_status read_tally(nd_db *d, sqlite3_stmt *s, nd_atlas_tally *t)
{
    const char *text[4];
    nd_truth proved;
    nd_verdict_kind kind;
    bool fine;

    for (int k = 0; k < 4; k++) text[k] = (const char *)sqlite3_column_text(s, k);
    fine = text[0] && nd_find_ask(text[0], &t->ask) && nd_find_stop(text[1], &t->stop) &&
           nd_find_verdict(text[2], &kind) && nd_find_truth(text[3], &proved);
    if (!fine) return nd_db_damaged(d, "a trial of an unknown kind");
    t->verdict = kind;
    t->proved = proved;
    t->bad = sqlite3_column_int(s, 4) != 0;
    t->index = (long)sqlite3_column_int64(s, 5);
    t->trials = (size_t)sqlite3_column_int64(s, 6);
    t->loss = nd_db_real(s, 7);
    return ND_OK;
}

static nd_status load_tallies(nd_db *d, nd_atlas *a)
{
    sqlite3_stmt *s = NULL;
    int64_t rows;
    bool row;
    nd_status status;

    ND_TRY(nd_db_integer(d, "SELECT count(*) FROM (SELECT 1 " GROUPS ")", &rows));
    a->tally = ND_NEW0(d->ctx, nd_atlas_tally, (size_t)rows);
    if (!a->tally) ND_TRY(ND_EMEM);
    ND_TRY(nd_db_prepare(d,
                         "SELECT k.kind, a.stop, a.verdict, a.proved, a.bad, a.negative, count(*), "
                         "min(a.loss) " GROUPS,
                         &s));
    for (; a->tallies < (size_t)rows; a->tallies++) {
        ND_TRY(nd_db_step(d, s, &row));
        if (!row) break;
        ND_TRY(read_tally(d, s, &a->tally[a->tallies]));
    }
    if (a->tallies) qsort(a->tally, a->tallies, sizeof *a->tally, by_enumeration);
done:
    sqlite3_finalize(s);
    return status;
}

static nd_status load_sums(nd_db *d, nd_atlas *a)
{
    sqlite3_stmt *s = NULL;
    bool row;
    nd_standing now;
    nd_status status;

    ND_TRY(nd_queue_standing(d, &now));
    a->finished = now.finished != 0;
    a->open = (size_t)(now.open + now.taken);
    a->rounds = (size_t)(now.round + (a->open == 0 && a->finished));
    ND_TRY(nd_db_prepare(d,
                         "SELECT count(*), coalesce(sum(evaluations), 0), "
                         "coalesce(sum(hessians), 0), coalesce(sum(seconds), 0) FROM answer",
                         &s));
    ND_TRY(nd_db_step(d, s, &row));
    a->trials = (size_t)sqlite3_column_int64(s, 0);
    a->evaluations = (long)sqlite3_column_int64(s, 1);
    a->hessians = (long)sqlite3_column_int64(s, 2);
    a->seconds = sqlite3_column_double(s, 3);
done:
    sqlite3_finalize(s);
    return status;
}

/* ---- all of it ------------------------------------------------------------------------------------ */

static nd_status load_problem(nd_db *d, nd_atlas *a)
{
    nd_chart c;
    nd_status status = nd_chart_read(d, &c);

    if (status != ND_OK) return status;
    a->net = c.net;
    a->data = c.data;
    a->scaler = c.scaler;
    a->problem = c.problem;
    a->weight_pos = c.weight_pos;
    memcpy(a->sha256, c.sha256, sizeof a->sha256);
    a->settings = c.settings;
    a->version = c.program;
    return ND_OK;
}

static nd_status load_all(nd_db *d, nd_atlas *a)
{
    bool empty;
    nd_status status;

    ND_TRY(nd_schema_check(d, &empty));
    if (empty)
        ND_TRY(nd_fail(d->ctx, ND_EINPUT, "%s: not an atlas: there is nothing in it", d->file));
    ND_TRY(nd_db_exec(d, "BEGIN"));
    ND_TRY(load_problem(d, a));
    ND_TRY(load_points(d, a));
    ND_TRY(load_edges(d, a));
    ND_TRY(load_tallies(d, a));
    ND_TRY(load_sums(d, a));
    a->file = nd_strdup(d->ctx, d->file);
    if (!a->file) status = ND_EMEM;
done:
    return status;
}

nd_status nd_atlas_load(nd_ctx *ctx, const char *file, nd_atlas **out)
{
    nd_atlas *a = ND_NEW0(ctx, nd_atlas, 1);
    nd_db *d = NULL;
    nd_status status = a ? ND_OK : ND_EMEM;

    if (status == ND_OK) status = nd_db_open(ctx, file, ND_DB_READ, &d);
    if (status == ND_OK) status = load_all(d, a);
    nd_db_close(d);
    if (status == ND_OK)
        *out = a;
    else
        nd_atlas_destroy(ctx, a);
    return status;
}

void nd_atlas_destroy(nd_ctx *ctx, nd_atlas *a)
{
    if (!a) return;
    for (size_t k = 0; k < a->points; k++) nd_free(ctx, a->point[k].theta);
    nd_free(ctx, a->point);
    nd_free(ctx, a->edge);
    nd_free(ctx, a->tally);
    nd_net_destroy(ctx, a->net);
    nd_table_destroy(ctx, a->data);
    nd_scaler_destroy(ctx, a->scaler);
    nd_free(ctx, a->version);
    nd_free(ctx, a->file);
    nd_free(ctx, a);
}
