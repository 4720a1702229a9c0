/* A connection to the database of an atlas.
 *
 * WAL: readers never wait, one writer at a time; with synchronous = NORMAL a commit
 * survives the death of every process (not the loss of power: then the last ones may be
 * missing, which costs their trials again and nothing else).  Writers wait for each other
 * in a busy handler that looks at the cancel hook.
 *
 * A file from elsewhere is only data: no extension, no function of the schema runs
 * (trusted_schema), and schema.c accepts no schema but its own. */
#include "atlas/db.h"

#include "base/memory.h"
#include "base/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define BUSY_SECONDS 600.0 /* a merge of another process is the longest wait */
#define BUSY_NAP     2     /* milliseconds between two tries                 */

static int busy(void *user, int tries)
{
    nd_db *d = user;

    if (tries * (BUSY_NAP * 1e-3) > BUSY_SECONDS || nd_cancelled(d->ctx)) return 0;
    nanosleep(&(struct timespec){.tv_nsec = BUSY_NAP * 1000000L}, NULL);
    return 1;
}

nd_status nd_db_damaged(nd_db *d, const char *fmt, ...)
{
    char what[256];
    va_list args;

    va_start(args, fmt);
    vsnprintf(what, sizeof what, fmt, args);
    va_end(args);
    return nd_fail(d->ctx, ND_EINPUT, "%s: damaged %s: %s", d->file, d->holds, what);
}

nd_status nd_db_fail(nd_db *d, int code)
{
    const char *why = d->db ? sqlite3_errmsg(d->db) : sqlite3_errstr(code);

    switch (code & 0xff) {
    case SQLITE_NOMEM:
        return nd_fail(d->ctx, ND_EMEM, "%s: out of memory (SQLite)", d->file);
    case SQLITE_NOTADB:
        return nd_fail(d->ctx, ND_EINPUT, "%s: not a%s %s (no SQLite database)", d->file,
                       d->holds[0] == 'a' ? "n" : "", d->holds);
    case SQLITE_BUSY:
        if (nd_cancelled(d->ctx)) return ND_ECANCEL;
        return nd_fail(d->ctx, ND_EIO, "%s: another process keeps it locked", d->file);
    case SQLITE_FULL:
        return nd_fail(d->ctx, ND_EIO, "%s: the disk is full", d->file);
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_IOERR:
    case SQLITE_PERM:
        errno = sqlite3_system_errno(d->db);
        return nd_fail(d->ctx, ND_EIO, "%s: %s%s%s", d->file, why, errno ? ": " : "",
                       errno ? strerror(errno) : "");
    default:
        return nd_db_damaged(d, "%s", why);
    }
}

/* ---- opening ---------------------------------------------------------------------------- */

/* "file:/a%3fb?immutable=1" for a name with special characters. */
static nd_status make_uri(nd_ctx *ctx, const char *file, const char *query, char **out)
{
    nd_buf b = nd_buf_make(ctx);

    nd_buf_puts(&b, "file:");
    for (const char *c = file; *c; c++)
        if (strchr("%?#", *c))
            nd_buf_printf(&b, "%%%02x", (unsigned)*c);
        else
            nd_buf_add(&b, c, 1);
    nd_buf_puts(&b, query);
    if (nd_buf_status(&b) != ND_OK) {
        nd_buf_free(&b);
        return ND_EMEM;
    }
    *out = b.data;
    return ND_OK;
}

static nd_status connect_to(nd_db *d, nd_db_mode mode, const char *query)
{
    int flags =
        mode == ND_DB_MAKE ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READWRITE;
    char *uri = NULL;
    nd_status status = make_uri(d->ctx, d->file, query, &uri);

    if (status != ND_OK) return status;
    if (*query) flags = SQLITE_OPEN_READONLY;
    int code = sqlite3_open_v2(uri, &d->db, flags | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, NULL);
    nd_free(d->ctx, uri);
    if (code != SQLITE_OK) return nd_db_fail(d, code);
    sqlite3_extended_result_codes(d->db, 1);
    sqlite3_busy_handler(d->db, busy, d);
    sqlite3_db_config(d->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(d->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    return nd_db_exec(d, "PRAGMA cell_size_check = ON");
}

static void disconnect(nd_db *d)
{
    sqlite3_close(d->db);
    d->db = NULL;
}

/* Reading a WAL database takes its shared memory beside it; where nothing can be written
 * and nobody writes (no log is there), the file alone is the whole truth. */
static nd_status open_to_read(nd_db *d)
{
    struct stat st;
    int64_t found;
    nd_status status = connect_to(d, ND_DB_READ, "");
    char wal[4096];

    if (status == ND_OK) status = nd_db_integer(d, "PRAGMA user_version", &found);
    if (status != ND_EIO) return status;
    snprintf(wal, sizeof wal, "%s-wal", d->file);
    if (stat(wal, &st) == 0) return status;
    disconnect(d);
    return connect_to(d, ND_DB_READ, "?immutable=1");
}

nd_status nd_db_open(nd_ctx *ctx, const char *file, nd_db_mode mode, nd_db **out)
{
    nd_db *d = ND_NEW0(ctx, nd_db, 1);
    nd_status status = ND_OK;
    struct stat st;

    if (!d) return ND_EMEM;
    d->ctx = ctx;
    d->holds = "atlas";
    d->file = nd_strdup(ctx, file);
    if (!d->file) ND_TRY(ND_EMEM);
    if (stat(file, &st) == 0 && S_ISDIR(st.st_mode))
        ND_TRY(nd_fail(ctx, ND_EINPUT, "%s: is a folder, not a file", file));
    if (mode != ND_DB_MAKE && stat(file, &st) != 0)
        ND_TRY(nd_fail(ctx, ND_EIO, "%s: %s", file, strerror(errno)));
    ND_TRY(mode == ND_DB_READ ? open_to_read(d) : connect_to(d, mode, ""));
    *out = d;
    d = NULL;
done:
    nd_db_close(d);
    return status;
}

void nd_db_close(nd_db *d)
{
    if (!d) return;
    disconnect(d);
    nd_free(d->ctx, d->file);
    nd_free(d->ctx, d);
}

/* ---- statements --------------------------------------------------------------------------- */

nd_status nd_db_exec(nd_db *d, const char *sql)
{
    int code = sqlite3_exec(d->db, sql, NULL, NULL, NULL);

    return code == SQLITE_OK ? ND_OK : nd_db_fail(d, code);
}

nd_status nd_db_prepare(nd_db *d, const char *sql, sqlite3_stmt **out)
{
    int code = sqlite3_prepare_v2(d->db, sql, -1, out, NULL);

    return code == SQLITE_OK ? ND_OK : nd_db_fail(d, code);
}

nd_status nd_db_step(nd_db *d, sqlite3_stmt *s, bool *row)
{
    int code = sqlite3_step(s);

    *row = code == SQLITE_ROW;
    return code == SQLITE_ROW || code == SQLITE_DONE ? ND_OK : nd_db_fail(d, code);
}

nd_status nd_db_run(nd_db *d, sqlite3_stmt *s)
{
    bool row;
    nd_status status = nd_db_step(d, s, &row);

    sqlite3_reset(s);
    return status;
}

nd_status nd_db_integer(nd_db *d, const char *sql, int64_t *out)
{
    sqlite3_stmt *s = NULL;
    bool row = false;
    nd_status status = nd_db_prepare(d, sql, &s);

    if (status == ND_OK) status = nd_db_step(d, s, &row);
    if (status == ND_OK && !row) status = nd_db_damaged(d, "'%.80s' gives nothing", sql);
    if (status == ND_OK) *out = sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    return status;
}

/* ---- transactions -------------------------------------------------------------------------- */

nd_status nd_db_begin(nd_db *d)
{
    return nd_db_exec(d, "BEGIN IMMEDIATE");
}

nd_status nd_db_end(nd_db *d, nd_status status)
{
    if (status == ND_OK) status = nd_db_exec(d, "COMMIT");
    if (status != ND_OK && !sqlite3_get_autocommit(d->db))
        sqlite3_exec(d->db, "ROLLBACK", NULL, NULL,
                     NULL); /* the message stays that of the failure */
    return status;
}
