/* Files that are no atlas, or are damaged, or cannot be written; and what is written from
 * an atlas. */
#include "atlas_support.h"

#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

static atlas_case xor_case;
static char whole[4096]; /* a finished atlas */
static char *bytes;
static size_t size;

static int make_whole(void **state)
{
    nd_explore_settings s = atlas_settings();
    nd_explore_result r;

    (void)state;
    atlas_xor(&xor_case);
    nd_set_threads(xor_case.ctx, 1);
    atlas_name("whole", whole);
    nd_assert_ok(xor_case.ctx, atlas_explore(&xor_case, whole, &s, &r));
    assert_true(r.finished);
    nd_assert_ok(xor_case.ctx, nd_file_read(xor_case.ctx, whole, 0, &bytes, &size));
    return 0;
}

static int free_whole(void **state)
{
    (void)state;
    nd_free(xor_case.ctx, bytes);
    atlas_remove(whole);
    atlas_close(&xor_case);
    return 0;
}

static void put_file(const char *file, const void *data, size_t n)
{
    FILE *f = fopen(file, "wb");

    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static bool one_line(const char *text)
{
    return *text && !strchr(text, '\n');
}

/* Loading and exploring: refused in one line, and the file is not touched. */
static void refused(const char *file, nd_status expected, const char *part)
{
    nd_ctx *ctx = xor_case.ctx;
    nd_explore_settings s = atlas_settings();
    nd_explore_result r;
    nd_atlas *a;
    char *before = NULL, *after = NULL;
    size_t n, m;

    nd_assert_ok(ctx, nd_file_read(ctx, file, 0, &before, &n));
    nd_assert_status(ctx, nd_atlas_load(ctx, file, &a), expected);
    assert_true(one_line(nd_errmsg(ctx)));
    nd_assert_message(ctx, part);
    nd_assert_message(ctx, file);
    nd_assert_status(ctx, nd_explore(ctx, file, NULL, &s, &r), expected);
    nd_assert_message(ctx, part);
    if (n) nd_assert_status(ctx, atlas_explore(&xor_case, file, &s, &r), expected);
    nd_assert_ok(ctx, nd_file_read(ctx, file, 0, &after, &m));
    assert_int_equal(n, m);
    assert_memory_equal(before, after, n);
    nd_free(ctx, before);
    nd_free(ctx, after);
    atlas_remove(file);
}

static void no_atlas(void **state)
{
    static const char text[] = "x,y,label\n1,2,+\n";
    char file[4096];
    nd_atlas *a;

    (void)state;
    atlas_name("foreign", file);
    put_file(file, text, sizeof text);
    refused(file, ND_EINPUT, "not an atlas");
    put_file(file, "", 0);
    refused(file, ND_EINPUT, "not an atlas");
    atlas_remove(file);
    put_file(file, "", 0);
    atlas_sql(file, "CREATE TABLE t(a); INSERT INTO t VALUES(1)");
    refused(file, ND_EINPUT, "not an atlas");
    nd_assert_status(xor_case.ctx, nd_atlas_load(xor_case.ctx, file, &a), ND_EIO);
    nd_assert_status(xor_case.ctx, nd_atlas_load(xor_case.ctx, "/", &a), ND_EINPUT);
}

/* The atlas with one statement of somebody else. */
static void hostile(const char *sql, const char *part)
{
    char file[4096];

    atlas_name("hostile", file);
    put_file(file, bytes, size);
    atlas_sql(file, "PRAGMA journal_mode = DELETE");
    atlas_sql(file, sql);
    atlas_sql(file, "PRAGMA journal_mode = WAL");
    refused(file, ND_EINPUT, part);
}

static void hostile_contents(void **state)
{
    (void)state;
    hostile("PRAGMA user_version = 2", "version 2");
    hostile("PRAGMA application_id = 7", "not an atlas");
    hostile("CREATE TRIGGER t AFTER UPDATE ON ask BEGIN DELETE FROM answer; END", "schema");
    hostile("CREATE VIEW v AS SELECT 1", "schema");
    hostile("DROP INDEX ask_round", "schema");
    hostile("DROP VIEW edge", "missing");
    hostile("DELETE FROM problem", "no problem");
    hostile("DELETE FROM state", "no state");
    hostile("UPDATE problem SET net = 'softplus:3'", "parameters");
    hostile("UPDATE problem SET net = 'softplus:999999999999'", "999999999999");
    hostile("UPDATE problem SET loss = 'none'", "none");
    hostile("UPDATE problem SET l2 = -1", "damaged");
    hostile("UPDATE problem SET samples = 5", "bytes");
    hostile("UPDATE problem SET samples = -5", "samples");
    hostile("UPDATE problem SET samples = 1 << 40", "samples");
    hostile("UPDATE problem SET features = -1", "features");
    hostile("UPDATE problem SET x = zeroblob(64)", "SHA-256");
    hostile("UPDATE problem SET x = NULL", "no samples");
    hostile("UPDATE problem SET y = zeroblob(32)", "not +-1");
    hostile("UPDATE problem SET weight = zeroblob(32)", "weight");
    hostile("UPDATE problem SET feature_names = '[1'", "damaged");
    hostile("UPDATE problem SET scale = 'loud'", "loud");
    hostile("UPDATE problem SET shift = zeroblob(8)", "bytes");
    hostile("UPDATE problem SET weight_pos = 0", "weight");
    hostile("UPDATE setting SET value = 'many' WHERE name = 'starts'", "starts");
    hostile("UPDATE setting SET value = '0' WHERE name = 'starts'", "starts");
    hostile("INSERT INTO setting VALUES('colour', 'red')", "colour");
}

/* What a run that goes on does not look at is found by loading. */
static void hostile_rows(void **state)
{
    static const char *const sql[] = {
        "UPDATE point SET theta = zeroblob(8) WHERE id = 1",
        "UPDATE point SET id = 1000 WHERE id = 1",
        "UPDATE point SET trial = 100000 WHERE id = 1",
        "UPDATE point SET same = 'perhaps' WHERE id = 1",
        "UPDATE point SET dead = -1 WHERE id = 1",
        "UPDATE answer SET verdict = 'miracle' WHERE ask = 1",
        "UPDATE answer SET stop = 'tired' WHERE ask = 1",
        "UPDATE answer SET proved = 'sure' WHERE ask = 1",
        "UPDATE answer SET theta = zeroblob(3) WHERE ask = (SELECT trial FROM point WHERE id = 1)",
        "UPDATE answer SET cert_kind = 'handwaving' WHERE ask = (SELECT trial FROM point)",
        "UPDATE answer SET errors = -1 WHERE ask = (SELECT trial FROM point)",
        "UPDATE answer SET bad = 2 WHERE ask = (SELECT trial FROM point)",
        "UPDATE answer SET cert_says = 99 WHERE ask = (SELECT trial FROM point)",
        "UPDATE ask SET kind = 'jump' WHERE id = 1",
        "UPDATE answer SET point = 4000 WHERE ask IN (SELECT id FROM ask WHERE kind = 'down')",
    };
    nd_ctx *ctx = xor_case.ctx;
    char file[4096];

    (void)state;
    atlas_name("rows", file);
    for (size_t k = 0; k < sizeof sql / sizeof *sql; k++) {
        nd_atlas *a;

        atlas_remove(file);
        put_file(file, bytes, size);
        atlas_sql(file, sql[k]);
        if (nd_atlas_load(ctx, file, &a) != ND_EINPUT) fail_msg("%s", sql[k]);
        nd_assert_message(ctx, "damaged");
        assert_true(one_line(nd_errmsg(ctx)));
    }
    atlas_remove(file);
}

/* Cut off, and with bytes changed at random: never a crash; an error in one line, or an
 * atlas (the change was in a number that may be anything, or in free space). */
static void damaged_files(void **state)
{
    nd_rng rng = nd_rng_make(3, 0);
    nd_ctx *ctx = xor_case.ctx;
    size_t errors = 0;
    char file[4096];

    (void)state;
    atlas_name("damaged", file);
    for (int k = 0; k < 150; k++) {
        char *copy = nd_alloc(ctx, size, 1);
        size_t n = k % 3 ? size : nd_rng_below(&rng, size);
        nd_explore_settings s = atlas_settings();
        nd_explore_result r;
        nd_status status;
        nd_atlas *a;

        memcpy(copy, bytes, size);
        for (int j = 0; j < (k % 3 ? 20 : 0); j++)
            copy[nd_rng_below(&rng, size)] = (char)nd_rng_below(&rng, 256);
        atlas_remove(file);
        put_file(file, copy, n);
        nd_free(ctx, copy);
        status = nd_atlas_load(ctx, file, &a);
        if (status == ND_OK)
            nd_atlas_destroy(ctx, a);
        else
            assert_true(one_line(nd_errmsg(ctx)));
        errors += status != ND_OK;
        s.time = 0.2;
        status = nd_explore(ctx, file, NULL, &s, &r);
        if (status != ND_OK) assert_true(one_line(nd_errmsg(ctx)));
    }
    assert_true(errors > 50);
    atlas_remove(file);
}

/* ---- a disk that is full ------------------------------------------------------------------------ */

/* The file may not grow beyond limit: in a process of its own.  Exit status: ND_EIO. */
static int explore_within(const char *file, rlim_t limit, double time)
{
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        const struct rlimit rl = {limit, limit};
        nd_explore_settings s = atlas_settings();
        nd_explore_result r;
        atlas_case c;
        nd_status status;

        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &rl);
        atlas_xor(&c);
        nd_set_threads(c.ctx, 1);
        s.time = time;
        status = atlas_explore(&c, file, &s, &r);
        if (status == ND_EIO && (!one_line(nd_errmsg(c.ctx)) || !strstr(nd_errmsg(c.ctx), file)))
            _exit(99);
        _exit((int)status);
    }
    return atlas_wait(pid);
}

/* Stops with an error wherever the disk becomes full; afterwards the same command gives
 * what it would have given at once. */
static void full_disk(void **state)
{
    nd_explore_settings s = atlas_settings();
    char *expected = atlas_contents(whole);
    nd_explore_result r;
    char file[4096];
    int failed = 0;

    (void)state;
    for (rlim_t limit = 0; limit < 200000; limit += 7001) {
        atlas_name("full", file);
        int code = explore_within(file, limit, INFINITY);

        assert_true(code == ND_OK || code == ND_EIO);
        failed += code == ND_EIO;
        if (limit % 3 && code) continue;
        nd_assert_ok(xor_case.ctx, atlas_explore(&xor_case, file, &s, &r));
        char *now = atlas_contents(file);
        assert_string_equal(now, expected);
        free(now);
    }
    assert_true(failed > 10);
    free(expected);
    atlas_remove(file);
}

/* A file that may only be read, in a folder that may only be read: root may write all the
 * same, and sees an ordinary file. */
static void read_only(void **state)
{
    nd_ctx *ctx = xor_case.ctx;
    char folder[4096], file[8192];
    nd_atlas *a;

    (void)state;
    atlas_name("folder", folder);
    assert_int_equal(mkdir(folder, 0700), 0);
    snprintf(file, sizeof file, "%s/a ?#%%.db", folder);
    put_file(file, bytes, size);
    chmod(file, 0400);
    chmod(folder, 0500);
    nd_assert_ok(ctx, nd_atlas_load(ctx, file, &a));
    nd_atlas_destroy(ctx, a);
    chmod(folder, 0700);
    atlas_remove(file);
    rmdir(folder);
}

/* ---- what is written ------------------------------------------------------------------------------ */

static char *slurp(const char *file)
{
    char *text;
    size_t n;

    nd_assert_ok(xor_case.ctx, nd_file_read(xor_case.ctx, file, 0, &text, &n));
    return text;
}

static size_t count_text(const char *text, const char *part)
{
    size_t n = 0;

    while ((text = strstr(text, part))) n++, text++;
    return n;
}

static void exports(void **state)
{
    nd_ctx *ctx = xor_case.ctx;
    size_t minima = 0;
    json_t *root, *points, *theta;
    char file[4096], *text;
    nd_atlas *a;

    (void)state;
    atlas_name("export", file);
    nd_assert_ok(ctx, nd_atlas_load(ctx, whole, &a));
    for (size_t k = 0; k < a->points; k++) minima += a->point[k].minimum;
    nd_assert_ok(ctx, nd_atlas_export(ctx, a, ND_EXPORT_GRAPHML, file));
    text = slurp(file);
    assert_int_equal(count_text(text, "<node "), minima);
    assert_int_equal(count_text(text, "<edge "), a->edges);
    nd_free(ctx, text);
    nd_assert_ok(ctx, nd_atlas_export(ctx, a, ND_EXPORT_CSV, file));
    text = slurp(file);
    assert_int_equal(count_text(text, "\n"), a->points + 1);
    nd_free(ctx, text);
    nd_assert_ok(ctx, nd_atlas_export(ctx, a, ND_EXPORT_EDGES, file));
    text = slurp(file);
    assert_int_equal(count_text(text, "\n"), a->edges + 1);
    nd_free(ctx, text);
    nd_assert_ok(ctx, nd_atlas_export(ctx, a, ND_EXPORT_JSON, file));
    text = slurp(file);
    nd_assert_ok(ctx, nd_json_parse(ctx, file, text, strlen(text), &root));
    points = json_object_get(root, "points");
    assert_int_equal(json_array_size(points), a->points);
    theta = json_object_get(json_array_get(points, 0), "theta");
    for (size_t k = 0; k < a->net->P; k++) /* to the last bit */
        assert_true(json_real_value(json_array_get(theta, k)) == a->point[0].theta[k]);
    assert_null(json_object_get(json_object_get(root, "settings"), "time_limit"));
    json_decref(root);
    nd_free(ctx, text);
    nd_atlas_destroy(ctx, a);
    atlas_remove(file);
}

/* A model from the atlas is the point: same loss on the same data. */
static void models_and_certificates(void **state)
{
    nd_ctx *ctx = xor_case.ctx;
    nd_model *m;
    nd_work *work;
    char file[4096];
    nd_atlas *a;
    double L;

    (void)state;
    atlas_name("model", file);
    nd_assert_ok(ctx, nd_atlas_load(ctx, whole, &a));
    nd_assert_ok(ctx, nd_work_create(ctx, &a->problem, &work));
    for (size_t k = 0; k < a->points; k++) {
        const nd_atlas_point *p = &a->point[k];

        nd_assert_ok(ctx, nd_problem_value(ctx, &a->problem, p->theta, work, &L));
        if (p->verdict.proved == ND_PROVED)
            assert_true(p->verdict.cert.loss_lo <= L + 1e-15 &&
                        L - 1e-15 <= p->verdict.cert.loss_hi);
        nd_assert_close(L, p->verdict.loss, 1e-12, 0.0);
    }
    nd_assert_ok(ctx, nd_atlas_save_model(ctx, a, 0, file));
    nd_assert_ok(ctx, nd_model_load(ctx, file, &m));
    assert_memory_equal(m->theta, a->point[0].theta, a->net->P * sizeof(double));
    assert_string_equal(m->data_sha256, a->sha256);
    nd_model_destroy(ctx, m);
    nd_assert_ok(ctx, nd_atlas_save_cert(ctx, a, 0, file));
    nd_assert_status(ctx, nd_atlas_save_cert(ctx, a, a->points, file), ND_ERANGE);
    a->point[0].verdict.cert.truth = ND_UNKNOWN;
    nd_assert_status(ctx, nd_atlas_save_cert(ctx, a, 0, file), ND_EINPUT);
    nd_work_destroy(ctx, work);
    nd_atlas_destroy(ctx, a);
    atlas_remove(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_atlas),     cmocka_unit_test(hostile_contents),
        cmocka_unit_test(hostile_rows), cmocka_unit_test(damaged_files),
        cmocka_unit_test(full_disk),    cmocka_unit_test(read_only),
        cmocka_unit_test(exports),      cmocka_unit_test(models_and_certificates),
    };

    return cmocka_run_group_tests(tests, make_whole, free_whole);
}
