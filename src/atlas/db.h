/* SQLite with the library's conventions: statuses, messages, contexts. */
#ifndef ND_ATLAS_DB_H
#define ND_ATLAS_DB_H

#include <nadir/base.h>
#include <sqlite3.h>

/* A connection: belongs to one thread. */
typedef struct {
    nd_ctx *ctx;
    char *file;
    const char *holds; /* "atlas": what messages call the file */
    sqlite3 *db;
} nd_db;

typedef enum {
    ND_DB_READ,  /* an existing file, never written                                  */
    ND_DB_WRITE, /* an existing file                                                 */
    ND_DB_MAKE   /* made when it is not there                                        */
} nd_db_mode;

nd_status nd_db_open(nd_ctx *ctx, const char *file, nd_db_mode mode, nd_db **out);
void nd_db_close(nd_db *d); /* NULL is accepted */

/* The status and message that belong to code. */
nd_status nd_db_fail(nd_db *d, int code);
/* The file does not hold what it must: "FILE: damaged atlas: WHAT". */
nd_status nd_db_damaged(nd_db *d, const char *fmt, ...) ND_PRINTF(2, 3);

nd_status nd_db_exec(nd_db *d, const char *sql);
nd_status nd_db_prepare(nd_db *d, const char *sql, sqlite3_stmt **out);
/* Runs a statement without parameters that gives one row with one integer. */
nd_status nd_db_integer(nd_db *d, const char *sql, int64_t *out);
/* *row: there is a row, to be read before the next step. */
nd_status nd_db_step(nd_db *d, sqlite3_stmt *s, bool *row);
/* Steps a statement that gives no row, and makes it ready for the next time. */
nd_status nd_db_run(nd_db *d, sqlite3_stmt *s);

/* BEGIN IMMEDIATE waits until no other connection writes. */
nd_status nd_db_begin(nd_db *d);
/* COMMIT when status is ND_OK and it succeeds, else ROLLBACK; returns the first failure. */
nd_status nd_db_end(nd_db *d, nd_status status);

/* ---- values (blob.c): NaN is NULL; arrays of doubles are little endian ------------------ */

nd_status nd_db_bind_real(nd_db *d, sqlite3_stmt *s, int at, double x);
nd_status nd_db_bind_int(nd_db *d, sqlite3_stmt *s, int at, int64_t x);
nd_status nd_db_bind_text(nd_db *d, sqlite3_stmt *s, int at, const char *text); /* NULL: NULL */
nd_status nd_db_bind_reals(nd_db *d, sqlite3_stmt *s, int at, const double *x, size_t n);
nd_status nd_db_bind_counts(nd_db *d, sqlite3_stmt *s, int at, const size_t *x, size_t n);

double nd_db_real(sqlite3_stmt *s, int column); /* NULL: NaN */
/* A copy, or NULL for NULL. */
nd_status nd_db_text(nd_db *d, sqlite3_stmt *s, int column, char **out);
/* Exactly n entries into x. */
nd_status nd_db_reals(nd_db *d, sqlite3_stmt *s, int column, size_t n, double *x);
/* The same into new memory; NULL for NULL. */
nd_status nd_db_new_reals(nd_db *d, sqlite3_stmt *s, int column, size_t n, double **out);
nd_status nd_db_new_counts(nd_db *d, sqlite3_stmt *s, int column, size_t n, size_t **out);

#endif
