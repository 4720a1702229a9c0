/* What the tests of the atlas share: a small problem, explorations of it in processes of
 * their own, and the contents of a file as text, without what may differ (times, owners). */
#ifndef ND_TESTS_ATLAS_SUPPORT_H
#define ND_TESTS_ATLAS_SUPPORT_H

#include "support.h"

#include <nadir/atlas.h>

#include <errno.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct {
    nd_ctx *ctx;
    nd_table *data;
    nd_net *net;
    nd_problem pb;
    nd_scaler *scaler;
} atlas_case;

static void atlas_open(atlas_case *c, const char *source, const char *net, const char *loss,
                       double l2)
{
    nd_loss kind;

    c->ctx = nd_ctx_create(NULL);
    nd_assert_ok(c->ctx, nd_table_read(c->ctx, source, NULL, &c->data));
    nd_assert_ok(c->ctx, nd_scaler_fit(c->ctx, ND_SCALE_STANDARD, c->data, &c->scaler));
    nd_assert_ok(c->ctx, nd_scaler_apply(c->ctx, c->scaler, c->data));
    nd_assert_ok(c->ctx, nd_net_parse(c->ctx, net, c->data->d, &c->net));
    nd_assert_ok(c->ctx, nd_loss_parse(c->ctx, loss, &kind));
    nd_assert_ok(c->ctx, nd_problem_make(c->ctx, c->net, c->data, kind, l2, &c->pb));
}

ND_TEST_UNUSED static void atlas_close(atlas_case *c)
{
    nd_scaler_destroy(c->ctx, c->scaler);
    nd_net_destroy(c->ctx, c->net);
    nd_table_destroy(c->ctx, c->data);
    nd_ctx_destroy(c->ctx);
}

/* XOR with ridge: few minima, saddles between them, everything in some 100 trials. */
static void atlas_xor(atlas_case *c)
{
    atlas_open(c, "gen:xor", "softplus:2", "polyhinge:3", 1e-3);
}

ND_TEST_UNUSED static nd_explore_settings atlas_settings(void)
{
    nd_explore_settings s;

    nd_explore_init(&s);
    s.starts = 30;
    s.hops = 8;
    s.saddles = true;
    s.pairs = 6;
    return s;
}

ND_TEST_UNUSED static nd_status atlas_explore(atlas_case *c, const char *file,
                                              const nd_explore_settings *s, nd_explore_result *r)
{
    const nd_explore_source source = {&c->pb, c->scaler, 1.0};

    return nd_explore(c->ctx, file, &source, s, r);
}

static void atlas_remove(const char *file)
{
    char name[10000];

    unlink(file);
    snprintf(name, sizeof name, "%s-wal", file);
    unlink(name);
    snprintf(name, sizeof name, "%s-shm", file);
    unlink(name);
}

/* A name that nobody else uses; in memory where that is possible: a file of SQLite is
 * synced to the disk at its beginning and end. */
static void atlas_name(const char *what, char file[4096])
{
    const char *folder = getenv("TMPDIR");

    if (!folder) folder = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    snprintf(file, 4096, "%s/nadir-atlas-%ld-%s.db", folder, (long)getpid(), what);
    atlas_remove(file);
}

/* Explores in a process of its own, which ends with 0 when nothing is left to do, 1 when
 * something is, 2 after an error. */
ND_TEST_UNUSED static pid_t atlas_fork(const char *file, const nd_explore_settings *s, int threads)
{
    nd_explore_result r = {.finished = false};
    atlas_case c;
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid > 0) return pid;
    atlas_xor(&c);
    nd_set_threads(c.ctx, threads);
    if (atlas_explore(&c, file, s, &r) != ND_OK) {
        fprintf(stderr, "%s\n", nd_errmsg(c.ctx));
        _exit(2);
    }
    _exit(r.finished ? 0 : 1);
}

ND_TEST_UNUSED static int atlas_wait(pid_t pid)
{
    int state = 0;

    while (waitpid(pid, &state, 0) < 0) assert_int_equal(errno, EINTR);
    return WIFEXITED(state) ? WEXITSTATUS(state) : -WTERMSIG(state);
}

/* ---- contents ---------------------------------------------------------------------------------- */

typedef struct {
    char *text;
    size_t size, room;
} atlas_dump;

static void dump_add(atlas_dump *d, const char *text)
{
    size_t n = strlen(text);

    if (d->size + n + 1 > d->room) {
        d->room = 2 * (d->size + n + 1);
        d->text = realloc(d->text, d->room);
        assert_non_null(d->text);
    }
    memcpy(d->text + d->size, text, n + 1);
    d->size += n;
}

static void dump_rows(atlas_dump *d, sqlite3 *db, const char *sql)
{
    sqlite3_stmt *s;

    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &s, NULL), SQLITE_OK);
    while (sqlite3_step(s) == SQLITE_ROW) {
        for (int k = 0; k < sqlite3_column_count(s); k++) {
            dump_add(d, k ? "|" : "");
            dump_add(d, (const char *)sqlite3_column_text(s, k));
        }
        dump_add(d, "\n");
    }
    assert_int_equal(sqlite3_finalize(s), SQLITE_OK);
}

/* All rows of a table, every column spelt by quote(), in the order of the first. */
static void dump_table(atlas_dump *d, sqlite3 *db, const char *table)
{
    char sql[4096], info[128];
    sqlite3_stmt *s;

    snprintf(info, sizeof info, "SELECT name FROM pragma_table_info('%s')", table);
    snprintf(sql, sizeof sql, "SELECT '%s'", table);
    assert_int_equal(sqlite3_prepare_v2(db, info, -1, &s, NULL), SQLITE_OK);
    while (sqlite3_step(s) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(s, 0);

        if (strcmp(name, "seconds") == 0 || strcmp(name, "owner") == 0) continue;
        snprintf(sql + strlen(sql), sizeof sql - strlen(sql), ", quote(%s)", name);
    }
    sqlite3_finalize(s);
    snprintf(sql + strlen(sql), sizeof sql - strlen(sql), " FROM %s ORDER BY 2", table);
    dump_rows(d, db, sql);
}

/* The contents of a file; the caller frees it.  NULL in *owners: not wanted. */
ND_TEST_UNUSED static char *atlas_contents(const char *file)
{
    static const char *const tables[] = {"problem", "setting", "state", "ask", "answer", "point"};
    atlas_dump d = {NULL, 0, 0};
    sqlite3 *db;

    assert_int_equal(sqlite3_open_v2(file, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    dump_rows(&d, db, "PRAGMA integrity_check");
    assert_string_equal(d.text, "ok\n");
    for (size_t k = 0; k < sizeof tables / sizeof *tables; k++) dump_table(&d, db, tables[k]);
    dump_rows(&d, db, "SELECT count(*) FROM owner");
    sqlite3_close(db);
    return d.text;
}

ND_TEST_UNUSED static void atlas_sql(const char *file, const char *sql)
{
    sqlite3 *db;

    assert_int_equal(sqlite3_open_v2(file, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK) fail_msg("%s", sqlite3_errmsg(db));
    sqlite3_close(db);
}

/* ---- in this process -------------------------------------------------------------------------- */

ND_TEST_UNUSED static size_t trials_of(const nd_atlas *a, nd_ask_kind ask)
{
    size_t n = 0;

    for (size_t k = 0; k < a->tallies; k++)
        if (a->tally[k].ask == ask) n += a->tally[k].trials;
    return n;
}

ND_TEST_UNUSED static nd_atlas *explore_and_load(atlas_case *c, const char *file,
                                                 const nd_explore_settings *s)
{
    nd_explore_result r;
    nd_atlas *a;

    nd_set_threads(c->ctx, 1);
    nd_assert_ok(c->ctx, atlas_explore(c, file, s, &r));
    assert_true(r.finished);
    nd_assert_ok(c->ctx, nd_atlas_load(c->ctx, file, &a));
    assert_int_equal(a->trials, r.trials);
    assert_int_equal(a->open, 0);
    return a;
}

ND_TEST_UNUSED static int64_t integer(const char *file, const char *sql)
{
    sqlite3 *db;
    sqlite3_stmt *s;
    int64_t x;

    assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &s, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    x = sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    sqlite3_close(db);
    return x;
}

#endif
