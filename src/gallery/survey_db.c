/* The file of a survey (docs/survey.md): SQLite, version 1.
 *
 * One process writes, in transactions: whenever it is killed, what is in the file is right, and
 * the runs that are missing are done next time.  A file is accepted only when its schema is
 * spelt as this program spells it. */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "gallery/survey.h"

#define SURVEY_ID      0x6e647376 /* "ndsv" */
#define SURVEY_VERSION 1

static const char *const schema[] = {
    "CREATE TABLE survey(id INTEGER PRIMARY KEY CHECK(id = 1), program TEXT NOT NULL, "
    "seed INTEGER NOT NULL, scale REAL NOT NULL)",
    "CREATE TABLE cell(id INTEGER PRIMARY KEY, data TEXT NOT NULL, sha256 TEXT NOT NULL, "
    "samples INTEGER NOT NULL, features INTEGER NOT NULL, net TEXT NOT NULL, "
    "parameters INTEGER NOT NULL, loss TEXT NOT NULL, l2 REAL NOT NULL, theory TEXT NOT NULL, "
    "headline TEXT NOT NULL, UNIQUE(sha256, net, loss, l2))",
    "CREATE TABLE run(cell INTEGER NOT NULL REFERENCES cell, run INTEGER NOT NULL, "
    "ends TEXT NOT NULL, value REAL, errors INTEGER NOT NULL, grad REAL, norm REAL, "
    "lambda_min REAL, negative INTEGER NOT NULL, active INTEGER NOT NULL, "
    "escaped INTEGER NOT NULL, certificate TEXT, evaluations INTEGER NOT NULL, "
    "hessians INTEGER NOT NULL, seconds REAL NOT NULL, reason TEXT NOT NULL, "
    "PRIMARY KEY(cell, run))",
    "CREATE VIEW summary AS SELECT data, loss, net, theory, ends, count(*) AS runs, "
    "avg(1.0 * errors / samples) AS rate, max(1.0 * errors / samples) AS worst "
    "FROM run JOIN cell ON cell.id = run.cell GROUP BY cell, ends",
};

enum { STATEMENTS = sizeof schema / sizeof *schema };

/* ---- opening -------------------------------------------------------------------------------- */

static nd_status not_ours(nd_survey_work *s)
{
    return nd_fail(s->ctx, ND_EINPUT, "%s: not a survey of this program", s->d->file);
}

static nd_status make(nd_survey_work *s)
{
    sqlite3_stmt *insert = NULL;
    char mark[96];
    nd_status status;

    for (size_t k = 0; k < STATEMENTS; k++) ND_TRY(nd_db_exec(s->d, schema[k]));
    ND_TRY(nd_db_prepare(s->d, "INSERT INTO survey VALUES(1, ?, ?, ?)", &insert));
    ND_TRY(nd_db_bind_text(s->d, insert, 1, "nadir " ND_VERSION));
    ND_TRY(nd_db_bind_int(s->d, insert, 2, (int64_t)s->s->seed));
    ND_TRY(nd_db_bind_real(s->d, insert, 3, s->s->scale));
    ND_TRY(nd_db_run(s->d, insert));
    snprintf(mark, sizeof mark, "PRAGMA application_id = %d; PRAGMA user_version = %d", SURVEY_ID,
             SURVEY_VERSION);
    ND_TRY(nd_db_exec(s->d, mark));
done:
    sqlite3_finalize(insert);
    return status;
}

/* Every row of the schema is the next of our statements. */
static nd_status check_schema(nd_survey_work *s)
{
    sqlite3_stmt *all = NULL;
    size_t k = 0;
    bool row;
    nd_status status;

    ND_TRY(nd_db_prepare(s->d, "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid",
                         &all));
    for (;; k++) {
        ND_TRY(nd_db_step(s->d, all, &row));
        if (!row) break;
        const char *sql = (const char *)sqlite3_column_text(all, 0);
        if (k == STATEMENTS || !sql || strcmp(sql, schema[k]) != 0) ND_TRY(not_ours(s));
    }
    if (k < STATEMENTS) status = not_ours(s);
done:
    sqlite3_finalize(all);
    return status;
}

/* Seed and scale of the starts: other ones would be another survey. */
static nd_status check_same(nd_survey_work *s)
{
    sqlite3_stmt *q = NULL;
    bool row;
    nd_status status;

    ND_TRY(nd_db_prepare(s->d, "SELECT seed, scale FROM survey", &q));
    ND_TRY(nd_db_step(s->d, q, &row));
    if (!row) ND_TRY(nd_db_damaged(s->d, "it says nothing of itself"));
    if (sqlite3_column_int64(q, 0) != (int64_t)s->s->seed)
        ND_TRY(nd_fail(s->ctx, ND_EINPUT, "%s: a survey with seed %lld, not %lld", s->d->file,
                       (long long)sqlite3_column_int64(q, 0), (long long)s->s->seed));
    if (nd_db_real(q, 1) != s->s->scale)
        ND_TRY(nd_fail(s->ctx, ND_EINPUT, "%s: a survey with another scale of the starts",
                       s->d->file));
done:
    sqlite3_finalize(q);
    return status;
}

static nd_status make_or_check(nd_survey_work *s)
{
    int64_t id, version, tables;
    nd_status status;

    ND_TRY(nd_db_integer(s->d, "PRAGMA application_id", &id));
    ND_TRY(nd_db_integer(s->d, "PRAGMA user_version", &version));
    ND_TRY(nd_db_integer(s->d, "SELECT count(*) FROM sqlite_schema", &tables));
    if (id == 0 && version == 0 && tables == 0) return make(s);
    if (id != SURVEY_ID || version != SURVEY_VERSION) return not_ours(s);
    ND_TRY(check_schema(s));
    ND_TRY(check_same(s));
done:
    return status;
}

nd_status nd_survey_open(nd_survey_work *s, const char *file)
{
    nd_status status;

    ND_TRY(nd_db_open(s->ctx, file, ND_DB_MAKE, &s->d));
    s->d->holds = "survey";
    ND_TRY(nd_db_begin(s->d));
    status = make_or_check(s);
    ND_TRY(nd_db_end(s->d, status));
    ND_TRY(nd_db_exec(s->d, "PRAGMA journal_mode = WAL"));
    ND_TRY(nd_db_exec(s->d, "PRAGMA synchronous = NORMAL"));
done:
    return status;
}

/* ---- cells ----------------------------------------------------------------------------------- */

static nd_status bind_key(nd_survey_work *s, size_t k, sqlite3_stmt *q)
{
    const nd_survey_cell *cell = &s->r->cell[k];
    nd_status status;

    ND_TRY(nd_db_bind_text(s->d, q, 1, s->sha[cell->table]));
    ND_TRY(nd_db_bind_text(s->d, q, 2, s->r->net[cell->net]));
    ND_TRY(nd_db_bind_text(s->d, q, 3, s->r->loss[cell->loss]));
    ND_TRY(nd_db_bind_real(s->d, q, 4, s->r->l2));
done:
    return status;
}

nd_status nd_survey_add_cell(nd_survey_work *s, size_t k)
{
    const nd_survey_cell *cell = &s->r->cell[k];
    sqlite3_stmt *q = NULL;
    nd_status status;

    ND_TRY(nd_db_prepare(s->d,
                         "INSERT INTO cell(sha256, net, loss, l2, data, samples, features, "
                         "parameters, theory, headline) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                         &q));
    ND_TRY(bind_key(s, k, q));
    ND_TRY(nd_db_bind_text(s->d, q, 5, s->r->table[cell->table]));
    ND_TRY(nd_db_bind_int(s->d, q, 6, (int64_t)s->r->n[cell->table]));
    ND_TRY(nd_db_bind_int(s->d, q, 7, (int64_t)s->r->d[cell->table]));
    ND_TRY(nd_db_bind_int(s->d, q, 8, (int64_t)cell->P));
    ND_TRY(nd_db_bind_text(s->d, q, 9, nd_truth_name(cell->theory)));
    ND_TRY(nd_db_bind_text(s->d, q, 10, cell->headline));
    ND_TRY(nd_db_run(s->d, q));
    s->row[k] = sqlite3_last_insert_rowid(s->d->db);
done:
    sqlite3_finalize(q);
    return status;
}

/* ---- names in the file ------------------------------------------------------------------------ */

static nd_status find_truth(nd_survey_work *s, const char *text, nd_truth *out)
{
    for (nd_truth t = ND_UNKNOWN; text && t <= ND_REFUTED; t++)
        if (strcmp(text, nd_truth_name(t)) == 0) {
            *out = t;
            return ND_OK;
        }
    return nd_db_damaged(s->d, "a truth that is none");
}

static nd_status find_end(nd_survey_work *s, const char *text, nd_end *out)
{
    for (nd_end e = 0; text && e < ND_ENDS; e++)
        if (strcmp(text, nd_end_name(e)) == 0) {
            *out = e;
            return ND_OK;
        }
    return nd_db_damaged(s->d, "an end that is none");
}

static nd_status find_cert(nd_survey_work *s, const char *text, const char **out)
{
    size_t rows;
    const nd_cert_kind *kind = nd_cert_table(&rows);

    *out = NULL;
    if (!text) return ND_OK;
    for (size_t k = 0; k < rows && !*out; k++)
        if (strcmp(kind[k].kind, text) == 0) *out = kind[k].kind;
    return *out ? ND_OK : nd_db_damaged(s->d, "a kind of certificate that is none");
}

static void copy_text(sqlite3_stmt *q, int column, char out[256])
{
    const char *text = (const char *)sqlite3_column_text(q, column);

    snprintf(out, 256, "%s", text ? text : "");
}

/* ---- runs ------------------------------------------------------------------------------------- */

#define RUN_COLUMNS                                                                                \
    "run, ends, value, errors, grad, norm, lambda_min, negative, active, escaped, certificate, "   \
    "evaluations, hessians, seconds, reason"

static nd_status read_run(nd_survey_work *s, size_t k, sqlite3_stmt *q)
{
    nd_survey_run *run;
    int64_t number = sqlite3_column_int64(q, 0);
    size_t n = s->r->n[s->r->cell[k].table];
    nd_status status;

    run = &s->r->cell[k].run[number];
    run->loss = nd_db_real(q, 2);
    run->errors = (size_t)sqlite3_column_int64(q, 3);
    run->grad = nd_db_real(q, 4);
    run->norm = nd_db_real(q, 5);
    run->lambda_min = nd_db_real(q, 6);
    run->index = (long)sqlite3_column_int64(q, 7);
    run->active = (size_t)sqlite3_column_int64(q, 8);
    run->escaped = (long)sqlite3_column_int64(q, 9);
    run->evaluations = (long)sqlite3_column_int64(q, 11);
    run->hessians = (long)sqlite3_column_int64(q, 12);
    run->seconds = nd_db_real(q, 13);
    copy_text(q, 14, run->reason);
    ND_TRY(find_end(s, (const char *)sqlite3_column_text(q, 1), &run->end));
    ND_TRY(find_cert(s, (const char *)sqlite3_column_text(q, 10), &run->cert));
    if (run->errors > n || run->active > n)
        ND_TRY(nd_db_damaged(s->d, "run %lld has more errors than samples", (long long)number));
    run->done = true;
    s->state[k * s->r->runs + (size_t)number] = 2;
done:
    return status;
}

/* Those of the first runs; there may be more in the file. */
static nd_status read_runs(nd_survey_work *s, size_t k)
{
    sqlite3_stmt *q = NULL;
    bool row;
    nd_status status;

    ND_TRY(nd_db_prepare(s->d,
                         "SELECT " RUN_COLUMNS
                         " FROM run WHERE cell = ? AND run >= 0 AND run < ? ORDER BY run",
                         &q));
    ND_TRY(nd_db_bind_int(s->d, q, 1, s->row[k]));
    ND_TRY(nd_db_bind_int(s->d, q, 2, (int64_t)s->r->runs));
    for (;;) {
        ND_TRY(nd_db_step(s->d, q, &row));
        if (!row) break;
        ND_TRY(read_run(s, k, q));
    }
done:
    sqlite3_finalize(q);
    return status;
}

nd_status nd_survey_load(nd_survey_work *s, size_t k, bool *found)
{
    nd_survey_cell *cell = &s->r->cell[k];
    sqlite3_stmt *q = NULL;
    nd_status status;

    *found = false;
    ND_TRY(nd_db_prepare(s->d,
                         "SELECT id, theory, headline FROM cell WHERE sha256 = ? AND net = ? AND "
                         "loss = ? AND l2 = ?",
                         &q));
    ND_TRY(bind_key(s, k, q));
    ND_TRY(nd_db_step(s->d, q, found));
    if (!*found) goto done;
    s->row[k] = sqlite3_column_int64(q, 0);
    ND_TRY(find_truth(s, (const char *)sqlite3_column_text(q, 1), &cell->theory));
    copy_text(q, 2, cell->headline);
    ND_TRY(read_runs(s, k));
done:
    sqlite3_finalize(q);
    return status;
}

static nd_status put_run(nd_survey_work *s, sqlite3_stmt *q, int64_t cell, size_t number,
                         const nd_survey_run *run)
{
    const int64_t whole[] = {cell, (int64_t)number};
    nd_status status;

    for (int k = 0; k < 2; k++) ND_TRY(nd_db_bind_int(s->d, q, k + 1, whole[k]));
    ND_TRY(nd_db_bind_text(s->d, q, 3, nd_end_name(run->end)));
    ND_TRY(nd_db_bind_real(s->d, q, 4, run->loss));
    ND_TRY(nd_db_bind_int(s->d, q, 5, (int64_t)run->errors));
    ND_TRY(nd_db_bind_real(s->d, q, 6, run->grad));
    ND_TRY(nd_db_bind_real(s->d, q, 7, run->norm));
    ND_TRY(nd_db_bind_real(s->d, q, 8, run->lambda_min));
    ND_TRY(nd_db_bind_int(s->d, q, 9, run->index));
    ND_TRY(nd_db_bind_int(s->d, q, 10, (int64_t)run->active));
    ND_TRY(nd_db_bind_int(s->d, q, 11, run->escaped));
    ND_TRY(nd_db_bind_text(s->d, q, 12, run->cert));
    ND_TRY(nd_db_bind_int(s->d, q, 13, run->evaluations));
    ND_TRY(nd_db_bind_int(s->d, q, 14, run->hessians));
    ND_TRY(nd_db_bind_real(s->d, q, 15, run->seconds));
    ND_TRY(nd_db_bind_text(s->d, q, 16, run->reason));
    ND_TRY(nd_db_run(s->d, q));
done:
    return status;
}

static nd_status put_new(nd_survey_work *s, sqlite3_stmt *q)
{
    nd_survey_result *r = s->r;
    nd_status status = ND_OK;

    for (size_t at = 0; at < r->cells * r->runs && status == ND_OK; at++) {
        size_t k = at / r->runs, number = at % r->runs;

        if (s->state[at] != 1) continue;
        status = put_run(s, q, s->row[k], number, &r->cell[k].run[number]);
        if (status == ND_OK) s->state[at] = 2;
    }
    return status;
}

nd_status nd_survey_save(nd_survey_work *s)
{
    sqlite3_stmt *q = NULL;
    nd_status status;

    ND_TRY(nd_db_prepare(s->d,
                         "INSERT OR IGNORE INTO run(cell, " RUN_COLUMNS
                         ") VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                         &q));
    ND_TRY(nd_db_begin(s->d));
    ND_TRY(nd_db_end(s->d, put_new(s, q)));
done:
    sqlite3_finalize(q);
    return status;
}
