/* EVIDENCE: docs/survey.md.  The survey: its lists, its runs against single trials, its counts, its
 * file: stopped, gone on with, made larger, refused. */
#include <math.h>
#include <string.h>
#include <unistd.h>

#include <nadir/gallery.h>
#include <nadir/map.h>

#include <sqlite3.h>

#include "../support.h"

/* ---- lists --------------------------------------------------------------------------------- */

static void expands(const char *text, bool whole, const char *expected)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    nd_words w = {0, NULL};
    char joined[512] = "";

    nd_assert_ok(ctx, nd_words_add(ctx, "--net", text, whole, &w));
    for (size_t k = 0; k < w.count; k++) {
        strcat(joined, w.word[k]);
        strcat(joined, "|");
    }
    assert_string_equal(joined, expected);
    nd_words_clear(ctx, &w);
    assert_int_equal(w.count, 0);
    nd_ctx_destroy(ctx);
}

static void lists(void **state)
{
    (void)state;
    expands("", false, "");
    expands("  softplus:4 \t tanh:2\n", false, "softplus:4|tanh:2|");
    expands("{relu,softplus}:{1,2}", false, "relu:1|relu:2|softplus:1|softplus:2|");
    expands("tanh:{1..4}", false, "tanh:1|tanh:2|tanh:3|tanh:4|");
    expands("a{b,c{d,e}f}g", false, "abg|acdfg|acefg|");
    expands("{a,}b", false, "ab|b|");
    expands("{-1..1}", false, "-1|0|1|");
    expands("{1..x}", false, "1..x|");
    expands("tanh:2,tanh:{2,3}", false, "tanh:2,tanh:2|tanh:2,tanh:3|");
    expands("my data{1,2}.csv", true, "my data1.csv|my data2.csv|");
}

static void bad_list(const char *text, nd_status expected, const char *says)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    nd_words w = {0, NULL};

    nd_assert_status(ctx, nd_words_add(ctx, "--net", text, false, &w), expected);
    nd_assert_message(ctx, says);
    nd_assert_message(ctx, "--net");
    nd_words_clear(ctx, &w);
    nd_ctx_destroy(ctx);
}

static void bad_lists(void **state)
{
    (void)state;
    bad_list("a{b", ND_EINPUT, "without its partner");
    bad_list("ab}", ND_EINPUT, "without its partner");
    bad_list("a}b{c", ND_EINPUT, "without its partner");
    bad_list("{5..1}", ND_EINPUT, "counts down");
    bad_list("{1..1001}", ND_ERANGE, "1000");
    bad_list("{1..100}{1..100}", ND_ERANGE, "1000");
}

static nd_status expand_some(nd_ctx *ctx, void *arg)
{
    nd_words w = {0, NULL};
    nd_status status = nd_words_add(ctx, "--net", "{a,b{1..2}}c d", false, &w);

    (void)arg;
    nd_words_clear(ctx, &w);
    return status;
}

static void lists_without_memory(void **state)
{
    (void)state;
    assert_true(nd_test_every_allocation(expand_some, NULL) >= 8);
}

/* ---- runs ---------------------------------------------------------------------------------- */

enum { TABLES = 3 };

typedef struct {
    nd_ctx *ctx;
    nd_table *table[TABLES];
    nd_survey_settings s;
} job;

static void begin(job *j)
{
    static const char *const source[TABLES] = {"gen:xor", "gen:between",
                                               "gen:separable,n=6,d=2,seed=1"};

    j->ctx = nd_ctx_create(NULL);
    nd_set_threads(j->ctx, 1);
    for (size_t k = 0; k < TABLES; k++)
        nd_assert_ok(j->ctx, nd_table_read(j->ctx, source[k], NULL, &j->table[k]));
    nd_survey_init(&j->s);
    j->s.net = "{softplus,relu}:{1,4}";
    j->s.loss = "polyhinge:3";
    j->s.runs = 6;
}

static void end(job *j)
{
    for (size_t k = 0; k < TABLES; k++) nd_table_destroy(j->ctx, j->table[k]);
    nd_ctx_destroy(j->ctx);
}

static nd_survey_result *survey(job *j, const char *file)
{
    nd_survey_result *r = NULL;

    nd_assert_ok(j->ctx, nd_survey(j->ctx, &j->s, TABLES, j->table, file, &r));
    return r;
}

static void same_run(const nd_survey_run *a, const nd_survey_run *b)
{
    assert_int_equal(a->done, b->done);
    assert_int_equal(a->end, b->end);
    assert_true(a->loss == b->loss && a->grad == b->grad && a->norm == b->norm);
    assert_true(a->lambda_min == b->lambda_min || (isnan(a->lambda_min) && isnan(b->lambda_min)));
    assert_int_equal(a->errors, b->errors);
    assert_int_equal(a->active, b->active);
    assert_int_equal(a->index, b->index);
    assert_int_equal(a->escaped, b->escaped);
    assert_int_equal(a->evaluations, b->evaluations);
    assert_int_equal(a->hessians, b->hessians);
    assert_true(!a->cert == !b->cert && (!a->cert || strcmp(a->cert, b->cert) == 0));
    assert_string_equal(a->reason, b->reason);
}

static void same(const nd_survey_result *a, const nd_survey_result *b)
{
    assert_int_equal(a->cells, b->cells);
    assert_int_equal(a->done, b->done);
    for (size_t k = 0; k < a->cells; k++) {
        assert_int_equal(a->cell[k].theory, b->cell[k].theory);
        assert_string_equal(a->cell[k].headline, b->cell[k].headline);
        for (size_t i = 0; i < a->runs; i++) same_run(&a->cell[k].run[i], &b->cell[k].run[i]);
    }
}

/* The order of cells, and what is known to happen in them. */
static void cells(void **state)
{
    job j;
    nd_survey_result *r;

    (void)state;
    begin(&j);
    r = survey(&j, NULL);
    assert_int_equal(r->cells, 12);
    assert_int_equal(r->done, 72);
    assert_int_equal(r->fresh, 72);
    assert_int_equal(r->stop, ND_STOP_TARGET);
    assert_string_equal(r->net[0], "softplus:1");
    assert_string_equal(r->net[3], "relu:4");
    assert_string_equal(r->table[2], "gen:separable,n=6,d=2,seed=1");
    for (size_t k = 0; k < r->cells; k++) {
        assert_int_equal(r->cell[k].table, k / 4);
        assert_int_equal(r->cell[k].net, k % 4);
        assert_int_equal(r->cell[k].P, (r->d[k / 4] + 2) * (k % 2 ? 4 : 1) + 1);
    }
    /* Theorem 1 on separable data, the corollary on XOR: softplus only */
    for (size_t k = 0; k < r->cells; k++)
        assert_int_equal(r->cell[k].theory == ND_PROVED, k == 8 || k == 9 || k == 1);
    assert_int_equal(r->covered, 3);
    assert_int_equal(r->covered_runs, 18);
    assert_int_equal(r->covered_bad + r->covered_bad_proved, 0);
    /* one ReLU neuron cannot do XOR, and stops at proved bad minima */
    assert_true(r->cell[2].end[ND_END_BAD_PROVED] >= 4);
    assert_true(r->cell[2].rate_mean > 0.2);
    /* four softplus neurons always can */
    assert_int_equal(r->cell[1].end[ND_END_GLOBAL_PROVED], 6);
    assert_true(r->cell[1].rate_worst == 0.0);
    nd_survey_result_destroy(j.ctx, r);
    end(&j);
}

/* A run is the trial of a scout: START, number = trial. */
static void runs_are_trials(void **state)
{
    job j;
    nd_survey_result *r;

    (void)state;
    begin(&j);
    r = survey(&j, NULL);
    for (size_t k = 0; k < r->cells; k++) {
        nd_ask ask = {.kind = ND_ASK_START, .seed = 1, .trial = 3, .scale = 1, .time = INFINITY};
        const nd_survey_run *run = &r->cell[k].run[3];
        double theta[64];
        nd_answer a = {.theta = theta};
        nd_scout *scout = NULL;
        nd_net *net = NULL;
        nd_loss loss;

        nd_assert_ok(j.ctx, nd_loss_parse(j.ctx, "polyhinge:3", &loss));
        nd_assert_ok(j.ctx, nd_net_parse(j.ctx, r->net[k % 4], r->d[k / 4], &net));
        nd_assert_ok(j.ctx, nd_scout_create(j.ctx, net, j.table[k / 4], loss, 0.0, &scout));
        nd_assert_ok(j.ctx, nd_scout_ask(scout, &ask, true, &a));
        if (run->escaped == 0) {
            assert_true(run->loss == a.verdict.loss);
            assert_int_equal(run->errors, a.verdict.errors);
            assert_int_equal(run->end == ND_END_BAD_PROVED, (a.verdict.kind == ND_LOCAL_MINIMUM ||
                                                             a.verdict.kind == ND_GLOBAL_MINIMUM) &&
                                                                a.verdict.proved == ND_PROVED &&
                                                                a.verdict.cert.errors_lo > 0);
            assert_int_equal(run->end == ND_END_VALLEY, a.verdict.kind == ND_VALLEY);
            assert_string_equal(run->reason, a.verdict.reason);
        }
        nd_scout_destroy(scout);
        nd_net_destroy(j.ctx, net);
    }
    nd_survey_result_destroy(j.ctx, r);
    end(&j);
}

static void counts(void **state)
{
    job j;
    nd_survey_result *r;

    (void)state;
    begin(&j);
    r = survey(&j, NULL);
    for (size_t k = 0; k < r->cells; k++) {
        const nd_survey_cell *cell = &r->cell[k];
        size_t all = 0, errors = 0, most = 0, bad = 0;

        for (nd_end e = 0; e < ND_ENDS; e++) all += cell->end[e];
        for (size_t i = 0; i < r->runs; i++) {
            errors += cell->run[i].errors;
            if (cell->run[i].errors > most) most = cell->run[i].errors;
            bad += cell->run[i].end == ND_END_BAD || cell->run[i].end == ND_END_BAD_PROVED;
        }
        assert_int_equal(all, 6);
        assert_int_equal(cell->done, 6);
        nd_assert_close(cell->rate_mean, (double)errors / 6.0 / (double)r->n[cell->table], 1e-15,
                        1e-300);
        nd_assert_close(cell->rate_worst, (double)most / (double)r->n[cell->table], 1e-15, 1e-300);
        nd_assert_close(cell->share_bad, (double)bad / 6.0, 1e-15, 1e-300);
    }
    nd_survey_result_destroy(j.ctx, r);
    end(&j);
}

static void threads(void **state)
{
    job j;
    nd_survey_result *a, *b;

    (void)state;
    begin(&j);
    a = survey(&j, NULL);
    nd_set_threads(j.ctx, 3);
    b = survey(&j, NULL);
    same(a, b);
    nd_survey_result_destroy(j.ctx, a);
    nd_survey_result_destroy(j.ctx, b);
    end(&j);
}

/* Twice the same network is once. */
static void each_once(void **state)
{
    job j;
    nd_survey_result *r;

    (void)state;
    begin(&j);
    j.s.net = "relu:1 relu:1 relu:01 linear";
    j.s.loss = "polyhinge polyhinge:3";
    j.s.runs = 1;
    r = survey(&j, NULL);
    assert_int_equal(r->nets, 2);
    assert_int_equal(r->losses, 1);
    nd_survey_result_destroy(j.ctx, r);
    end(&j);
}

static void refuses(job *j, nd_status expected, const char *says)
{
    nd_survey_result *r = NULL;

    nd_assert_status(j->ctx, nd_survey(j->ctx, &j->s, TABLES, j->table, NULL, &r), expected);
    nd_assert_message(j->ctx, says);
    assert_null(r);
}

static void bad_settings(void **state)
{
    nd_table *kept;
    job j;

    (void)state;
    begin(&j);
    j.s.net = "softplus:1 relo:2";
    refuses(&j, ND_ENAME, "relu");
    j.s.net = " ";
    refuses(&j, ND_EINPUT, "needs a network");
    j.s.net = "relu:1";
    j.s.loss = "hinge:3";
    refuses(&j, ND_ENAME, "hinge");
    j.s.loss = "square";
    j.s.runs = 0;
    refuses(&j, ND_ERANGE, "runs");
    j.s.runs = 1;
    kept = j.table[1];
    j.table[1] = j.table[0];
    refuses(&j, ND_EINPUT, "the same data");
    j.table[1] = kept;
    end(&j);
}

/* ---- the file --------------------------------------------------------------------------------- */

static const char *fresh_file(void)
{
    static char name[64];

    snprintf(name, sizeof name, "/tmp/nadir-survey-%ld.db", (long)getpid());
    unlink(name);
    return name;
}

static bool stop_after(void *user)
{
    int *left = user;

    return (*left)-- <= 0;
}

/* Stopped several times by the hook, by time, and gone on with. */
static void stopped(void **state)
{
    const char *file = fresh_file();
    nd_survey_result *whole, *part;
    size_t done = 0;
    int rounds = 0, left;
    job j;

    (void)state;
    begin(&j);
    whole = survey(&j, NULL);
    j.s.time = 0.0;
    part = survey(&j, file);
    assert_int_equal(part->done, 0);
    assert_int_equal(part->stop, ND_STOP_TIME);
    nd_survey_result_destroy(j.ctx, part);
    j.s.time = 1e9;
    nd_set_cancel(j.ctx, stop_after, &left);
    for (;; rounds++) {
        left = 2000 << (rounds < 12 ? rounds : 12);
        part = survey(&j, file);
        assert_int_equal(part->done, done + part->fresh);
        done = part->done;
        if (part->stop == ND_STOP_TARGET) break;
        assert_int_equal(part->stop, ND_STOP_CANCEL);
        nd_survey_result_destroy(j.ctx, part);
        assert_true(rounds < 50);
    }
    assert_true(rounds >= 2);
    same(whole, part);
    nd_survey_result_destroy(j.ctx, part);
    nd_set_cancel(j.ctx, NULL, NULL);
    part = survey(&j, file);
    assert_int_equal(part->fresh, 0);
    same(whole, part);
    nd_survey_result_destroy(j.ctx, part);
    nd_survey_result_destroy(j.ctx, whole);
    end(&j);
    unlink(file);
}

/* More runs, other networks: what is there is used. */
static void larger(void **state)
{
    const char *file = fresh_file();
    nd_survey_result *r, *whole;
    job j;

    (void)state;
    begin(&j);
    j.s.runs = 2;
    r = survey(&j, file);
    assert_int_equal(r->fresh, 24);
    nd_survey_result_destroy(j.ctx, r);
    j.s.runs = 4;
    j.s.net = "relu:1 tanh:1";
    whole = survey(&j, NULL);
    r = survey(&j, file);
    assert_int_equal(r->fresh, 3 * 4 + 3 * 2);
    same(whole, r);
    nd_survey_result_destroy(j.ctx, r);
    j.s.runs = 1;
    r = survey(&j, file);
    assert_int_equal(r->fresh, 0);
    assert_int_equal(r->done, 6);
    nd_survey_result_destroy(j.ctx, r);
    nd_survey_result_destroy(j.ctx, whole);
    end(&j);
    unlink(file);
}

static void change(const char *file, const char *sql)
{
    sqlite3 *db;

    assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

/* A survey changed by sql is refused with this message. */
static void hostile(const char *sql, const char *says)
{
    const char *file = fresh_file();
    nd_survey_result *r = NULL;
    job j;

    begin(&j);
    j.s.net = "softplus:1";
    j.s.runs = 1;
    nd_survey_result_destroy(j.ctx, survey(&j, file));
    change(file, sql);
    nd_assert_status(j.ctx, nd_survey(j.ctx, &j.s, TABLES, j.table, file, &r), ND_EINPUT);
    nd_assert_message(j.ctx, says);
    nd_assert_message(j.ctx, file);
    end(&j);
    unlink(file);
}

static void damaged(void **state)
{
    (void)state;
    hostile("PRAGMA application_id = 7", "not a survey");
    hostile("PRAGMA user_version = 2", "not a survey");
    hostile("CREATE TRIGGER t AFTER INSERT ON run BEGIN DELETE FROM cell; END", "not a survey");
    hostile("DROP VIEW summary", "not a survey");
    hostile("DELETE FROM survey", "damaged survey");
    hostile("UPDATE survey SET seed = 2", "seed 2");
    hostile("UPDATE survey SET scale = 2", "scale");
    hostile("UPDATE run SET ends = 'heaven'", "damaged survey");
    hostile("UPDATE run SET certificate = 'trust me'", "damaged survey");
    hostile("UPDATE run SET errors = 99", "more errors than samples");
    hostile("UPDATE run SET errors = -1", "more errors than samples");
    hostile("UPDATE cell SET theory = 'sure'", "damaged survey");
}

static void foreign(void **state)
{
    const char *file = fresh_file();
    nd_survey_result *r = NULL;
    FILE *f;
    job j;

    (void)state;
    begin(&j);
    f = fopen(file, "w");
    assert_non_null(f);
    for (int k = 0; k < 4000; k++) fputs("text", f);
    fclose(f);
    nd_assert_status(j.ctx, nd_survey(j.ctx, &j.s, TABLES, j.table, file, &r), ND_EINPUT);
    nd_assert_message(j.ctx, "not a survey");
    nd_assert_status(j.ctx, nd_survey(j.ctx, &j.s, TABLES, j.table, "/nonexistent/s.db", &r),
                     ND_EIO);
    end(&j);
    unlink(file);
}

/* ---- CSV and memory --------------------------------------------------------------------------- */

static void csv(void **state)
{
    const char *file = fresh_file();
    nd_survey_result *r;
    char line[1024];
    size_t rows = 0;
    FILE *f;
    job j;

    (void)state;
    begin(&j);
    j.s.net = "softplus:1 tanh:1,tanh:2";
    j.s.runs = 3;
    r = survey(&j, NULL);
    nd_assert_ok(j.ctx, nd_survey_write_csv(j.ctx, r, file));
    f = fopen(file, "r");
    assert_non_null(f);
    assert_non_null(fgets(line, sizeof line, f));
    assert_non_null(strstr(line, "data,loss,net,l2,"));
    while (fgets(line, sizeof line, f)) {
        const nd_survey_cell *cell = &r->cell[rows / 3];
        const char *net = cell->net ? "\"tanh:1,tanh:2\"" : "softplus:1";

        assert_non_null(strstr(line, net));
        assert_non_null(strstr(line, nd_end_name(cell->run[rows % 3].end)));
        rows++;
    }
    assert_int_equal(rows, 18);
    fclose(f);
    nd_survey_result_destroy(j.ctx, r);
    end(&j);
    unlink(file);
}

static nd_status tiny(nd_ctx *ctx, void *arg)
{
    const char *file = arg;
    nd_survey_result *r = NULL;
    nd_survey_settings s;
    nd_table *t = NULL;
    nd_status status;

    nd_set_threads(ctx, 1);
    nd_survey_init(&s);
    s.net = "softplus:1";
    s.loss = "polyhinge:3";
    s.runs = 1;
    status = nd_table_read(ctx, "gen:between", NULL, &t);
    if (status == ND_OK) status = nd_survey(ctx, &s, 1, &t, file, &r);
    nd_survey_result_destroy(ctx, r);
    nd_table_destroy(ctx, t);
    return status;
}

static void without_memory(void **state)
{
    (void)state;
    assert_true(nd_test_every_allocation(tiny, NULL) > 50);
}

/* The file is there, but for the run. */
static void file_without_memory(void **state)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    char file[64];

    (void)state;
    snprintf(file, sizeof file, "%s", fresh_file());
    nd_assert_ok(ctx, tiny(ctx, file));
    nd_ctx_destroy(ctx);
    change(file, "DELETE FROM run");
    assert_true(nd_test_every_allocation(tiny, file) > 50);
    unlink(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists),
        cmocka_unit_test(bad_lists),
        cmocka_unit_test(lists_without_memory),
        cmocka_unit_test(cells),
        cmocka_unit_test(runs_are_trials),
        cmocka_unit_test(counts),
        cmocka_unit_test(threads),
        cmocka_unit_test(each_once),
        cmocka_unit_test(bad_settings),
        cmocka_unit_test(stopped),
        cmocka_unit_test(larger),
        cmocka_unit_test(damaged),
        cmocka_unit_test(foreign),
        cmocka_unit_test(csv),
        cmocka_unit_test(without_memory),
        cmocka_unit_test(file_without_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
