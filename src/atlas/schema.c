/* The tables of an atlas: docs/atlas-format.md, version 1.
 *
 * The file is accepted only when every table, index and view is spelt as this program
 * spells it: there are no triggers or views of others to fall for. */
#include "atlas/atlas.h"

#include "base/memory.h"
#include "base/text.h"

#include <string.h>

static const char *const fixed[] = {
    "CREATE TABLE problem(id INTEGER PRIMARY KEY CHECK(id = 1), program TEXT NOT NULL, "
    "net TEXT NOT NULL, features INTEGER NOT NULL, parameters INTEGER NOT NULL, "
    "loss TEXT NOT NULL, l2 REAL NOT NULL, weight_pos REAL NOT NULL, "
    "samples INTEGER NOT NULL, entries INTEGER, x BLOB, row BLOB, col BLOB, val BLOB, "
    "y BLOB NOT NULL, weight BLOB, sha256 TEXT NOT NULL, source TEXT, positive TEXT, "
    "negative TEXT, label_name TEXT, note TEXT, feature_names TEXT, scale TEXT, shift BLOB, "
    "factor BLOB)",
    "CREATE TABLE setting(name TEXT PRIMARY KEY, value TEXT NOT NULL)",
    "CREATE TABLE state(id INTEGER PRIMARY KEY CHECK(id = 1), round INTEGER NOT NULL, "
    "finished INTEGER NOT NULL)",
    "CREATE TABLE owner(id INTEGER PRIMARY KEY, host TEXT NOT NULL, pid INTEGER NOT NULL, "
    "born TEXT NOT NULL, beat REAL NOT NULL)",
    "CREATE TABLE ask(id INTEGER PRIMARY KEY, round INTEGER NOT NULL, kind TEXT NOT NULL, "
    "scale REAL, mode INTEGER, side INTEGER, wanted INTEGER, a INTEGER REFERENCES ask, "
    "b INTEGER REFERENCES ask, state INTEGER NOT NULL DEFAULT 0, owner INTEGER)",
    "CREATE TABLE point(id INTEGER PRIMARY KEY, trial INTEGER NOT NULL REFERENCES ask, "
    "minimum INTEGER NOT NULL, family INTEGER NOT NULL, theta BLOB NOT NULL, "
    "found INTEGER NOT NULL, copies REAL, spread REAL NOT NULL, same TEXT NOT NULL, "
    "nullity INTEGER NOT NULL, idle INTEGER NOT NULL, constant INTEGER NOT NULL, "
    "dead INTEGER NOT NULL, symmetry INTEGER NOT NULL, zero_loss INTEGER NOT NULL, "
    "unexplained INTEGER NOT NULL, explored INTEGER NOT NULL, descended INTEGER NOT NULL)",
    "CREATE INDEX ask_todo ON ask(id) WHERE state < 2",
    "CREATE INDEX ask_round ON ask(round)",
    "CREATE INDEX ask_from ON ask(a) WHERE kind = 'down'",
    "CREATE INDEX answer_point ON answer(point)",
    "CREATE VIEW edge AS SELECT f.point AS saddle, m.point AS a, p.point AS b "
    "FROM ask k JOIN answer f ON f.ask = k.a JOIN answer m ON m.ask = k.id "
    "JOIN ask l ON l.a = k.a AND l.kind = 'down' AND l.side = 1 JOIN answer p ON p.ask = l.id "
    "WHERE k.kind = 'down' AND k.side = -1",
};

enum { FIXED = sizeof fixed / sizeof *fixed, ANSWER_AT = 6 }; /* before the indices */

static const char *column_type(nd_field_type t)
{
    if (t == ND_FIELD_REAL) return "REAL";
    if (t == ND_FIELD_CERT) return "TEXT";
    if (t == ND_FIELD_TRUTH || t == ND_FIELD_VERDICT || t == ND_FIELD_REASON)
        return "TEXT NOT NULL";
    return "INTEGER NOT NULL";
}

/* The table with the columns of the verdict. */
static nd_status answer_table(nd_ctx *ctx, char **out)
{
    nd_buf b = nd_buf_make(ctx);

    nd_buf_puts(&b, "CREATE TABLE answer(ask INTEGER PRIMARY KEY REFERENCES ask, "
                    "point INTEGER REFERENCES point, theta BLOB NOT NULL, stop TEXT NOT NULL, "
                    "height REAL, evaluations INTEGER NOT NULL, hessians INTEGER NOT NULL, "
                    "seconds REAL NOT NULL");
    for (const nd_field *f = nd_verdict_fields; f->name; f++)
        nd_buf_printf(&b, ", %s %s", f->name, column_type(f->type));
    nd_buf_puts(&b, ")");
    if (nd_buf_status(&b) != ND_OK) {
        nd_buf_free(&b);
        return ND_EMEM;
    }
    *out = b.data;
    return ND_OK;
}

/* The k-th statement; answer is the one that is made. */
static const char *statement(size_t k, const char *answer)
{
    return k < ANSWER_AT ? fixed[k] : k == ANSWER_AT ? answer : fixed[k - 1];
}

nd_status nd_schema_create(nd_db *d)
{
    char *answer = NULL, mark[96];
    nd_status status = answer_table(d->ctx, &answer);

    for (size_t k = 0; k <= FIXED && status == ND_OK; k++)
        status = nd_db_exec(d, statement(k, answer));
    nd_free(d->ctx, answer);
    if (status != ND_OK) return status;
    sqlite3_snprintf(sizeof mark, mark, "PRAGMA application_id = %d; PRAGMA user_version = %d",
                     ND_ATLAS_ID, ND_ATLAS_VERSION);
    return nd_db_exec(d, mark);
}

/* Every row of the schema is the next of our statements. */
static nd_status check_tables(nd_db *d)
{
    sqlite3_stmt *s = NULL;
    char *answer = NULL;
    bool row = true;
    size_t k = 0;
    nd_status status = answer_table(d->ctx, &answer);

    if (status != ND_OK) return status;
    /* not those of SQLite itself: indices of primary keys (no sql), statistics */
    ND_TRY(nd_db_prepare(d,
                         "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND NOT (type = "
                         "'table' AND name LIKE 'sqlite\\_stat%' ESCAPE '\\') ORDER BY rowid",
                         &s));
    for (;;) {
        ND_TRY(nd_db_step(d, s, &row));
        if (!row) break;
        const char *sql = (const char *)sqlite3_column_text(s, 0);
        if (k > FIXED || !sql || strcmp(sql, statement(k, answer)) != 0)
            ND_TRY(nd_db_damaged(d, "unexpected schema: '%.60s'", sql ? sql : ""));
        k++;
    }
    if (k <= FIXED) ND_TRY(nd_db_damaged(d, "'%.40s' is missing", statement(k, answer)));
done:
    sqlite3_finalize(s);
    nd_free(d->ctx, answer);
    return status;
}

static nd_status check(nd_db *d, bool *empty)
{
    int64_t id, version, tables;
    nd_status status;

    ND_TRY(nd_db_integer(d, "PRAGMA application_id", &id));
    ND_TRY(nd_db_integer(d, "PRAGMA user_version", &version));
    ND_TRY(nd_db_integer(d, "SELECT count(*) FROM sqlite_schema", &tables));
    *empty = id == 0 && version == 0 && tables == 0;
    if (*empty) return ND_OK;
    if (id != ND_ATLAS_ID)
        return nd_fail(d->ctx, ND_EINPUT, "%s: a database, but not an atlas of nadir", d->file);
    if (version != ND_ATLAS_VERSION)
        return nd_fail(d->ctx, ND_EINPUT, "%s: format version %lld; this program reads version %d",
                       d->file, (long long)version, ND_ATLAS_VERSION);
    return check_tables(d);
done:
    return status;
}

/* All of it at one moment: another process may be making the file.  (A savepoint, since the
 * caller may be in a transaction.) */
nd_status nd_schema_check(nd_db *d, bool *empty)
{
    nd_status status = nd_db_exec(d, "SAVEPOINT schema");

    if (status != ND_OK) return status;
    status = check(d, empty);
    if (status != ND_OK) {
        sqlite3_exec(d->db, "RELEASE schema", NULL, NULL, NULL); /* the message stays */
        return status;
    }
    return nd_db_exec(d, "RELEASE schema");
}
