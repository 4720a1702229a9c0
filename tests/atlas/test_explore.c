/* Explorations in this process: what is in an atlas, how runs end, what is refused. */
#include "atlas_support.h"

#include "atlas/atlas.h"
#include "base/file.h"
#include "base/memory.h"

/* The problem comes back bit by bit, and every trial has an end. */
static void everything_is_in_it(void **state)
{
    nd_explore_settings s = atlas_settings();
    char file[4096], sha[65];
    size_t found = 0, all = 0;
    atlas_case c;

    (void)state;
    atlas_name("all", file);
    atlas_xor(&c);
    nd_atlas *a = explore_and_load(&c, file, &s);
    assert_string_equal(a->net->spec, "softplus:2");
    assert_memory_equal(a->data->x, c.data->x, c.data->n * c.data->d * sizeof(double));
    assert_memory_equal(a->data->y, c.data->y, c.data->n * sizeof(double));
    nd_assert_ok(c.ctx, nd_table_sha256(c.ctx, c.data, sha));
    assert_string_equal(a->sha256, sha);
    assert_true(a->problem.l2 == 1e-3);
    assert_int_equal(a->scaler->kind, ND_SCALE_STANDARD);
    assert_memory_equal(a->scaler->factor, c.scaler->factor, 2 * sizeof(double));
    assert_int_equal(a->settings.starts, 30);
    assert_true(a->finished);
    for (size_t k = 0; k < a->tallies; k++) all += a->tally[k].trials;
    assert_int_equal(all, a->trials);
    assert_int_equal(trials_of(a, ND_ASK_START), 30);
    assert_int_equal(trials_of(a, ND_ASK_HOP), 8);
    for (size_t k = 0; k < a->points; k++) {
        assert_int_equal(a->point[k].id, k + 1);
        assert_true(a->point[k].found > 0);
        found += a->point[k].found;
    }
    assert_true(found <= a->trials);
    nd_atlas_destroy(c.ctx, a);
    atlas_close(&c);
    atlas_remove(file);
}

/* theory.md: XOR, softplus:2 and ridge 1e-3 has strict minima at 0.00822 and 0.01245; the
 * symmetries of the square give 2 of the first and 4 of the second kind. */
static void minima_of_xor(void **state)
{
    nd_explore_settings s = atlas_settings();
    size_t low = 0, high = 0;
    char file[4096];
    atlas_case c;

    (void)state;
    atlas_name("xor", file);
    s.starts = 60;
    s.saddles = false;
    atlas_xor(&c);
    nd_atlas *a = explore_and_load(&c, file, &s);
    for (size_t k = 0; k < a->points; k++) {
        const nd_atlas_point *p = &a->point[k];
        bool lowest = fabs(p->verdict.loss - 0.0082247603) < 1e-9;

        assert_true(p->minimum);
        assert_int_equal(p->verdict.proved, ND_PROVED);
        assert_int_equal(p->same, ND_PROVED);
        assert_true(p->copies == 2.0);
        assert_int_equal(p->verdict.bad, !lowest); /* a lower loss is known */
        low += lowest;
        high += fabs(p->verdict.loss - 0.0124462892) < 1e-9;
    }
    assert_int_equal(a->rounds, 5); /* the starts, and the hops in four */
    assert_int_equal(low, 2);
    assert_int_equal(high, 4);
    assert_int_equal(a->points, 6);
    nd_atlas_destroy(c.ctx, a);
    atlas_close(&c);
    atlas_remove(file);
}

/* Points are numbered in the order of the trials that found them. */
static void numbers_follow_the_trials(void **state)
{
    nd_explore_settings s = atlas_settings();
    char file[4096];
    atlas_case c;

    (void)state;
    atlas_name("order", file);
    atlas_xor(&c);
    nd_atlas_destroy(c.ctx, explore_and_load(&c, file, &s));
    assert_int_equal(integer(file, "WITH f AS (SELECT point AS p, min(ask) AS t FROM answer "
                                   "WHERE point IS NOT NULL GROUP BY point) SELECT count(*) "
                                   "FROM f a JOIN f b ON b.p = a.p + 1 WHERE b.t <= a.t"),
                     0);
    atlas_close(&c);
    atlas_remove(file);
}

/* Two owners may have carried out one trial: the second answer changes nothing. */
static void an_answer_is_given_once(void **state)
{
    nd_explore_settings s = atlas_settings();
    char file[4096];
    double theta[9] = {0};
    nd_answer answer = {.theta = theta, .verdict = {.kind = ND_VALLEY, .reason = "late"}};
    nd_answers *put;
    atlas_case c;
    nd_db *d;

    (void)state;
    atlas_name("twice", file);
    atlas_xor(&c);
    s.saddles = false;
    nd_atlas_destroy(c.ctx, explore_and_load(&c, file, &s));
    char *before = atlas_contents(file);
    nd_assert_ok(c.ctx, nd_db_open(c.ctx, file, ND_DB_WRITE, &d));
    nd_assert_ok(c.ctx, nd_answers_open(d, 9, &put));
    nd_assert_ok(c.ctx, nd_answers_put(put, 1, &answer));
    nd_answers_close(put);
    nd_db_close(d);
    char *after = atlas_contents(file);
    assert_string_equal(before, after);
    free(before);
    free(after);
    atlas_close(&c);
    atlas_remove(file);
}

/* The format's description names every column. */
static void every_column_is_documented(void **state)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    char *text, part[64];
    size_t size;

    (void)state;
    nd_assert_ok(ctx, nd_file_read(ctx, ND_SOURCE_DIR "/docs/atlas-format.md", 0, &text, &size));
    for (const nd_field *f = nd_verdict_fields; f->name; f++) {
        snprintf(part, sizeof part, "`%s`", f->name);
        if (!strstr(text, part)) fail_msg("docs/atlas-format.md: %s is missing", part);
    }
    nd_free(ctx, text);
    nd_ctx_destroy(ctx);
}

/* An edge joins the ends of the two ways down from its saddle, and lies above both. */
static void edges_lie_above_their_minima(void **state)
{
    nd_explore_settings s = atlas_settings();
    char file[4096];
    atlas_case c;
    nd_audit audit;

    (void)state;
    atlas_name("edges", file);
    atlas_xor(&c);
    nd_atlas *a = explore_and_load(&c, file, &s);
    size_t *leaf = calloc(a->points, sizeof *leaf);
    nd_tree *tree;
    assert_true(a->edges > 0);
    for (size_t k = 0; k < a->edges; k++) {
        const nd_edge *e = &a->edge[k];

        assert_true(a->point[e->a].minimum && a->point[e->b].minimum);
        assert_int_equal(a->point[e->saddle].verdict.index, 1);
        assert_true(e->height > a->point[e->a].verdict.loss);
        assert_true(e->height > a->point[e->b].verdict.loss);
        assert_true(e->lo <= e->height && e->height <= e->hi);
    }
    nd_assert_ok(c.ctx, nd_atlas_tree(c.ctx, a, leaf, &tree));
    for (size_t k = 0; k < a->points; k++)
        assert_true((leaf[k] == SIZE_MAX) != a->point[k].minimum);
    const nd_edge *e = &a->edge[0];
    if (e->a != e->b) {
        size_t meet = nd_tree_meet(tree, leaf[e->a], leaf[e->b]);
        assert_true(meet != SIZE_MAX && tree->height[meet] <= e->height);
    }
    nd_assert_ok(c.ctx, nd_atlas_audit(c.ctx, a, &audit));
    assert_true(*audit.reason);
    nd_tree_destroy(c.ctx, tree);
    free(leaf);
    nd_atlas_destroy(c.ctx, a);
    atlas_close(&c);
    atlas_remove(file);
}

/* Global minima of loss 0 are a continuum: one family; without ridge most other ends of
 * XOR are valleys, which are no points but are counted. */
static void loss_zero_is_one_family(void **state)
{
    nd_explore_settings s = atlas_settings();
    size_t families = 0;
    char file[4096];
    atlas_case c;
    nd_audit audit;

    (void)state;
    atlas_name("zero", file);
    s.saddles = false;
    atlas_open(&c, "gen:xor", "softplus:3", "polyhinge:3", 0.0);
    nd_atlas *a = explore_and_load(&c, file, &s);
    for (size_t k = 0; k < a->points; k++) {
        if (a->point[k].verdict.loss != 0.0) continue;
        families++;
        assert_true(a->point[k].family);
        assert_true(a->point[k].found > 1);
        assert_int_equal(a->point[k].verdict.kind, ND_GLOBAL_MINIMUM);
    }
    assert_int_equal(families, 1);
    nd_assert_ok(c.ctx, nd_atlas_audit(c.ctx, a, &audit));
    assert_int_equal(audit.closes, ND_UNKNOWN);
    nd_atlas_destroy(c.ctx, a);
    atlas_close(&c);
    atlas_remove(file);
}

static void rounds_are_a_limit(void **state)
{
    nd_explore_settings s = atlas_settings();
    nd_explore_result r;
    char file[4096];
    atlas_case c;

    (void)state;
    atlas_name("rounds", file);
    atlas_xor(&c);
    s.rounds = 2;
    nd_assert_ok(c.ctx, atlas_explore(&c, file, &s, &r));
    assert_true(r.finished);
    assert_int_equal(r.stop, ND_STOP_ITERATIONS);
    assert_int_equal(integer(file, "SELECT count(*) FROM ask WHERE kind <> 'certify'"), 30 + 2);
    assert_int_equal(integer(file, "SELECT max(round) FROM ask"), 1);
    nd_assert_ok(c.ctx, atlas_explore(&c, file, &s, &r)); /* nothing is repeated */
    assert_int_equal(r.trials, 0);
    atlas_close(&c);
    atlas_remove(file);
}

static bool used_up(void *user)
{
    int *left = user;

    return (*left)-- <= 0;
}

/* Stopped by the hook over and over, then resumed without a source. */
static void cancel_and_resume(void **state)
{
    nd_explore_settings s = atlas_settings();
    nd_explore_result r = {.finished = false};
    int runs = 0, calls;
    char file[4096], other[4096];
    atlas_case c;

    (void)state;
    atlas_name("cancel", file);
    atlas_name("whole", other);
    atlas_xor(&c);
    nd_set_threads(c.ctx, 1);
    for (calls = 2000; !r.finished && runs < 3; calls *= 2, runs++) {
        int left = calls;

        nd_set_cancel(c.ctx, used_up, &left);
        nd_assert_ok(c.ctx, atlas_explore(&c, file, &s, &r));
        assert_int_equal(r.stop, r.finished ? ND_STOP_TARGET : ND_STOP_CANCEL);
    }
    assert_true(runs > 1);
    nd_set_cancel(c.ctx, NULL, NULL);
    nd_assert_ok(c.ctx, nd_explore(c.ctx, file, NULL, &s, &r));
    assert_true(r.finished);
    nd_assert_ok(c.ctx, atlas_explore(&c, other, &s, &r));
    char *one = atlas_contents(file), *two = atlas_contents(other);
    assert_string_equal(one, two);
    free(one);
    free(two);
    atlas_close(&c);
    atlas_remove(file);
    atlas_remove(other);
}

/* Another problem or other settings are refused, and the file stays as it is. */
static void the_same_command_only(void **state)
{
    nd_explore_settings s = atlas_settings(), t = s;
    nd_explore_result r;
    char file[4096];
    atlas_case c, d;

    (void)state;
    atlas_name("other", file);
    atlas_xor(&c);
    s.saddles = t.saddles = false;
    nd_assert_ok(c.ctx, atlas_explore(&c, file, &s, &r));
    char *before = atlas_contents(file);
    t.starts = 31;
    nd_assert_status(c.ctx, atlas_explore(&c, file, &t, &r), ND_EINPUT);
    nd_assert_message(c.ctx, "starts = 30, not 31");
    t = s;
    t.time = 1e9; /* no part of the atlas */
    nd_assert_ok(c.ctx, atlas_explore(&c, file, &t, &r));
    atlas_open(&d, "gen:xor", "softplus:3", "polyhinge:3", 1e-3);
    nd_assert_status(d.ctx, atlas_explore(&d, file, &s, &r), ND_EINPUT);
    nd_assert_message(d.ctx, "softplus:2, not softplus:3");
    atlas_close(&d);
    atlas_open(&d, "gen:xor", "softplus:2", "polyhinge:3", 1e-2);
    nd_assert_status(d.ctx, atlas_explore(&d, file, &s, &r), ND_EINPUT);
    nd_assert_message(d.ctx, "ridge");
    atlas_close(&d);
    atlas_open(&d, "gen:between", "softplus:2", "polyhinge:3", 1e-3);
    nd_assert_status(d.ctx, atlas_explore(&d, file, &s, &r), ND_EINPUT);
    nd_assert_message(d.ctx, "data");
    atlas_close(&d);
    char *now = atlas_contents(file);
    assert_string_equal(before, now);
    free(before);
    free(now);
    atlas_close(&c);
    atlas_remove(file);
}

/* Nothing is made when it cannot be begun. */
static void bad_settings(void **state)
{
    nd_explore_settings s = atlas_settings();
    nd_explore_result r;
    char file[4096];
    atlas_case c;

    (void)state;
    atlas_name("bad", file);
    atlas_xor(&c);
    s.starts = 0;
    nd_assert_status(c.ctx, atlas_explore(&c, file, &s, &r), ND_ERANGE);
    s = atlas_settings();
    nd_assert_status(c.ctx, nd_explore(c.ctx, file, NULL, &s, &r), ND_EIO);
    nd_assert_status(c.ctx, atlas_explore(&c, "/no/such/folder/a.db", &s, &r), ND_EIO);
    atlas_close(&c);
    atlas_open(&c, "gen:xor", "relu:2", "polyhinge:3", 0.0);
    nd_assert_status(c.ctx, atlas_explore(&c, file, &s, &r), ND_ESMOOTH);
    assert_int_equal(access(file, F_OK), -1);
    s.saddles = false; /* descents only: that works */
    nd_assert_ok(c.ctx, atlas_explore(&c, file, &s, &r));
    atlas_close(&c);
    atlas_remove(file);
}

/* d = 0, one sample, sparse data, weights, names: all survive the file. */
static void corner_problems(void **state)
{
    static const double x[] = {1, 0, 0, 2, 0, 0}, y[] = {1, -1, 1};
    nd_explore_settings s = atlas_settings();
    char file[4096];
    atlas_case c;

    (void)state;
    s.starts = 3;
    s.saddles = false;
    for (size_t d = 0; d <= 2; d++) {
        size_t n = d == 1 ? 1 : 3;
        double weight[] = {0.5, 1.0, 2.0};
        nd_loss loss;

        atlas_name("corner", file);
        c = (atlas_case){.ctx = nd_ctx_create(NULL)};
        nd_assert_ok(c.ctx, nd_table_from_arrays(c.ctx, n, d, d ? x : NULL, y, &c.data));
        c.data->weight = nd_alloc(c.ctx, n, sizeof *weight);
        memcpy(c.data->weight, weight, n * sizeof *weight);
        nd_assert_ok(c.ctx, nd_net_parse(c.ctx, "tanh:1", d, &c.net));
        nd_assert_ok(c.ctx, nd_loss_parse(c.ctx, "logistic", &loss));
        nd_assert_ok(c.ctx, nd_problem_make(c.ctx, c.net, c.data, loss, 0.1, &c.pb));
        nd_atlas *a = explore_and_load(&c, file, &s);
        assert_memory_equal(a->data->weight, weight, n * sizeof *weight);
        assert_null(a->scaler);
        assert_int_equal(a->data->d, d);
        assert_true(a->points > 0);
        nd_atlas_destroy(c.ctx, a);
        atlas_close(&c);
        atlas_remove(file);
    }
}

static void sparse_data(void **state)
{
    static const char text[] = "+1 1:1 3:2\n-1 2:1\n+1 3:1\n-1 1:2 2:1\n";
    nd_explore_settings s = atlas_settings();
    char file[4096];
    nd_loss loss;
    atlas_case c = {.ctx = nd_ctx_create(NULL)};

    (void)state;
    atlas_name("sparse", file);
    s.starts = 3;
    s.saddles = false;
    nd_assert_ok(c.ctx,
                 nd_table_parse(c.ctx, "svm", "s.svm", text, sizeof text - 1, NULL, &c.data));
    assert_non_null(c.data->row);
    nd_assert_ok(c.ctx, nd_net_parse(c.ctx, "softplus:2", c.data->d, &c.net));
    nd_assert_ok(c.ctx, nd_loss_parse(c.ctx, "logistic", &loss));
    nd_assert_ok(c.ctx, nd_problem_make(c.ctx, c.net, c.data, loss, 0.1, &c.pb));
    nd_atlas *a = explore_and_load(&c, file, &s);
    assert_memory_equal(a->data->row, c.data->row, (c.data->n + 1) * sizeof *c.data->row);
    assert_memory_equal(a->data->col, c.data->col, c.data->row[c.data->n] * sizeof *c.data->col);
    assert_memory_equal(a->data->val, c.data->val, c.data->row[c.data->n] * sizeof *c.data->val);
    nd_atlas_destroy(c.ctx, a);
    atlas_close(&c);
    atlas_remove(file);
}

/* ---- memory ----------------------------------------------------------------------------------- */

static nd_status scenario(nd_ctx *ctx, void *arg)
{
    const atlas_case *c = arg;
    const nd_explore_source source = {&c->pb, c->scaler, 1.0};
    nd_explore_settings s = atlas_settings();
    nd_explore_result r;
    nd_atlas *a;
    char file[4096];
    nd_status status;

    atlas_name("memory", file);
    s.starts = 2;
    s.hops = 1;
    s.saddles = false;
    nd_set_threads(ctx, 1);
    status = nd_explore(ctx, file, &source, &s, &r);
    if (status == ND_OK) status = nd_atlas_load(ctx, file, &a);
    if (status == ND_OK) {
        status = nd_atlas_export(ctx, a, ND_EXPORT_GRAPHML, file);
        nd_atlas_destroy(ctx, a);
    }
    atlas_remove(file);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    atlas_case c;

    (void)state;
    atlas_xor(&c);
    assert_true(nd_test_every_allocation(scenario, &c) > 100);
    atlas_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_is_in_it),
        cmocka_unit_test(minima_of_xor),
        cmocka_unit_test(numbers_follow_the_trials),
        cmocka_unit_test(an_answer_is_given_once),
        cmocka_unit_test(every_column_is_documented),
        cmocka_unit_test(edges_lie_above_their_minima),
        cmocka_unit_test(loss_zero_is_one_family),
        cmocka_unit_test(rounds_are_a_limit),
        cmocka_unit_test(cancel_and_resume),
        cmocka_unit_test(the_same_command_only),
        cmocka_unit_test(bad_settings),
        cmocka_unit_test(corner_problems),
        cmocka_unit_test(sparse_data),
        cmocka_unit_test(every_allocation_may_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
