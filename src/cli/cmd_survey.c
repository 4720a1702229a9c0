/* nadir survey DATA...: how many descents end where, over networks, losses and data. */
#include "cli/cli.h"

#include <math.h>
#include <string.h>

static nd_survey_settings settings;

static struct survey_options {
    const char *csv, *svg;
    bool brief;
} own;

/* Problems of every kind in some seconds. */
static const char *const standard[] = {"gen:xor", "gen:between",
                                       "gen:separable,n=12,d=2,margin=0.2,seed=1",
                                       "gen:subspaces,n=6,d=4,seed=1", "gen:noise,n=12,d=2,seed=1"};

/* ---- data ------------------------------------------------------------------------------------ */

typedef struct {
    nd_words name;
    size_t count;
    nd_table *table[ND_WORDS_MAX];
} job;

static nd_status list_data(cli *c, job *b)
{
    nd_status status = ND_OK;

    if (c->args.operands == 0)
        for (size_t k = 0; k < sizeof standard / sizeof *standard && status == ND_OK; k++)
            status = nd_words_add(c->ctx, "DATA", standard[k], true, &b->name);
    for (size_t k = 0; k < c->args.operands && status == ND_OK; k++)
        status = nd_words_add(c->ctx, "DATA", c->args.operand[k], true, &b->name);
    return status;
}

static nd_status read_one(cli *c, const char *name, nd_table **out)
{
    const nd_read_options opt = {
        .label = c->args.label, .positive = c->args.positive, .format = c->args.format};
    nd_scaler *scaler = NULL;
    nd_status status;

    ND_TRY(nd_table_read(c->ctx, name, &opt, out));
    ND_TRY(nd_scaler_fit(c->ctx, (nd_scale)c->args.scale, *out, &scaler));
    ND_TRY(nd_scaler_apply(c->ctx, scaler, *out));
done:
    nd_scaler_destroy(c->ctx, scaler);
    return status;
}

static nd_status read_data(cli *c, job *b)
{
    nd_status status = list_data(c, b);

    for (; b->count < b->name.count && status == ND_OK; b->count++)
        status = read_one(c, b->name.word[b->count], &b->table[b->count]);
    return status;
}

static void job_free(nd_ctx *ctx, job *b)
{
    if (!b) return;
    for (size_t k = 0; k < b->count; k++) nd_table_destroy(ctx, b->table[k]);
    nd_words_clear(ctx, &b->name);
    nd_free(ctx, b);
}

/* ---- the table ------------------------------------------------------------------------------- */

/* Names of columns, narrow enough for 80 characters. */
static const char *const heads[ND_ENDS] = {"glob!", "glob", "good", "bad!",
                                           "bad",   "sadd", "vall", "unde"};

static void say_group(cli *c, const nd_survey_result *r, const nd_survey_cell *first)
{
    char line[256];
    size_t used = 0;

    cli_line(c, "", "%s", "");
    cli_line(c, "data", "%s (%zu samples, %zu feature%s), %s",
             cli_base_name(r->table[first->table]), r->n[first->table], r->d[first->table],
             r->d[first->table] == 1 ? "" : "s", r->loss[first->loss]);
    for (nd_end e = 0; e < ND_ENDS; e++)
        used += (size_t)snprintf(line + used, sizeof line - used, "%6s", heads[e]);
    cli_line(c, "", "%-24s %s   left  mean   max  theorem", "net", line);
}

static const char *theory_word(nd_truth t)
{
    return t == ND_PROVED ? "holds" : t == ND_REFUTED ? "-" : "?";
}

static void say_cell(cli *c, const nd_survey_result *r, const nd_survey_cell *cell)
{
    char line[256];
    size_t used = 0;

    for (nd_end e = 0; e < ND_ENDS; e++)
        used += cell->end[e]
                    ? (size_t)snprintf(line + used, sizeof line - used, "%6zu", cell->end[e])
                    : (size_t)snprintf(line + used, sizeof line - used, "%6s", ".");
    if (cell->done)
        cli_line(c, "", "%-24.24s %s %6zu %5.3f %5.3f  %s", r->net[cell->net], line, cell->escaped,
                 cell->rate_mean, cell->rate_worst, theory_word(cell->theory));
    else
        cli_line(c, "", "%-24.24s no run is done", r->net[cell->net]);
}

static void say_table(cli *c, const nd_survey_result *r)
{
    if (own.brief) return;
    for (size_t k = 0; k < r->cells; k++) {
        if (k % r->nets == 0) say_group(c, r, &r->cell[k]);
        say_cell(c, r, &r->cell[k]);
    }
    cli_line(c, "", "%s", "");
    cli_line(c, "",
             "columns: glob! and glob: global minimum without errors, proved and numerical; good: "
             "another minimum without errors; bad! and bad: bad minimum, proved and numerical; "
             "sadd: saddle; vall: valley to infinity; unde: undecided; left: runs that left a "
             "saddle downhill; mean, max: training errors at the end");
}

static void cell_json(cli *c, const nd_survey_result *r, const nd_survey_cell *cell, json_t *j)
{
    json_t *e = json_object();

    cli_put_text(c, j, "data", r->table[cell->table]);
    cli_put_text(c, j, "loss", r->loss[cell->loss]);
    cli_put_text(c, j, "net", r->net[cell->net]);
    cli_put_count(c, j, "parameters", cell->P);
    cli_put_text(c, j, "theory", nd_truth_name(cell->theory));
    cli_put_text(c, j, "headline", cell->headline);
    cli_put_count(c, j, "runs", cell->done);
    for (nd_end k = 0; k < ND_ENDS; k++) cli_put_count(c, e, nd_end_name(k), cell->end[k]);
    cli_put(c, j, "ends", e);
    cli_put_count(c, j, "left_a_saddle", cell->escaped);
    cli_put_real(c, j, "error_rate_mean", cell->rate_mean);
    cli_put_real(c, j, "error_rate_worst", cell->rate_worst);
    cli_put_real(c, j, "loss_mean", cell->loss_mean);
}

static void say_json(cli *c, const nd_survey_result *r)
{
    json_t *all = c->json ? json_array() : NULL;

    for (size_t k = 0; all && k < r->cells; k++) {
        json_t *one = json_object();

        cell_json(c, r, &r->cell[k], one);
        if (json_array_append_new(all, one) != 0) c->no_memory = true;
    }
    cli_put(c, c->json, "cells", all);
}

/* ---- what it says of the theorems --------------------------------------------------------------- */

static void say_check(cli *c, const nd_survey_result *r)
{
    size_t bad = 0, rest = r->cells - r->covered;
    json_t *j = cli_section(c, "check");

    for (size_t k = 0; k < r->cells; k++)
        if (r->cell[k].theory != ND_PROVED)
            bad += r->cell[k].end[ND_END_BAD] + r->cell[k].end[ND_END_BAD_PROVED];
    if (r->covered_bad + r->covered_bad_proved == 0)
        cli_answer(c, "check",
                   "a theorem excludes bad minima in %zu of %zu cells: none of the %zu runs there "
                   "ended in one; of the %zu runs in the other %zu cells %zu did",
                   r->covered, r->cells, r->covered_runs, r->done - r->covered_runs, rest, bad);
    else
        cli_answer(c, "check",
                   "CONTRADICTION: a theorem excludes bad minima in %zu of %zu cells, but %zu of "
                   "%zu runs there ended in one by numbers and %zu by a certificate",
                   r->covered, r->cells, r->covered_bad, r->covered_runs, r->covered_bad_proved);
    cli_put_count(c, j, "cells", r->cells);
    cli_put_count(c, j, "covered_cells", r->covered);
    cli_put_count(c, j, "covered_runs", r->covered_runs);
    cli_put_count(c, j, "covered_bad", r->covered_bad);
    cli_put_count(c, j, "covered_bad_proved", r->covered_bad_proved);
    cli_put_count(c, j, "other_bad", bad);
    cli_put_bool(c, j, "holds", r->covered_bad + r->covered_bad_proved == 0);
}

static void say_done(cli *c, const nd_survey_result *r)
{
    size_t all = r->cells * r->runs;
    json_t *j = cli_section(c, "survey");

    cli_line(c, "survey", "%zu cells x %zu runs: %zu done, %zu of them now, in %.3g s%s", r->cells,
             r->runs, r->done, r->fresh, r->seconds,
             r->done < all ? "; the same command goes on with the file" : "");
    cli_put_count(c, j, "runs", all);
    cli_put_count(c, j, "done", r->done);
    cli_put_count(c, j, "fresh", r->fresh);
    cli_put_text(c, j, "stop", nd_stop_name(r->stop));
    cli_put_real(c, j, "seconds", r->seconds);
}

/* ---- files ------------------------------------------------------------------------------------------ */

static nd_status write_picture(cli *c, const nd_survey_result *r)
{
    nd_scene *scene = NULL;
    nd_status status = nd_show_survey(c->ctx, r, &scene);

    if (status == ND_OK) status = nd_scene_save(c->ctx, scene, own.svg, NULL);
    nd_scene_destroy(scene);
    return status;
}

static nd_status write_files(cli *c, const nd_survey_result *r)
{
    nd_status status = ND_OK;

    if (own.csv) ND_TRY(nd_survey_write_csv(c->ctx, r, own.csv));
    if (own.svg) ND_TRY(write_picture(c, r));
    for (size_t k = 0; k < 3; k++) {
        const char *file = k == 0 ? c->args.output : k == 1 ? own.csv : own.svg;
        if (file) cli_line(c, "wrote", "%s", file);
    }
done:
    return status;
}

static nd_status check_files(cli *c)
{
    const char *const file[] = {c->args.output, own.csv, own.svg};
    nd_status status = ND_OK;

    if (own.svg && !cli_ends_in(own.svg, ".svg") &&
        !(nd_scene_rasters() && (cli_ends_in(own.svg, ".png") || cli_ends_in(own.svg, ".pdf"))))
        return nd_fail(c->ctx, ND_ENAME, "%s: expected a name that ends in .svg%s", own.svg,
                       nd_scene_rasters() ? ", .png or .pdf" : "");
    for (size_t k = 0; k < 3; k++)
        for (size_t i = 0; i < c->args.operands || i == 0; i++)
            if (file[k])
                ND_TRY(cli_check_output(c->ctx, file[k],
                                        c->args.operands ? c->args.operand[i] : NULL, NULL));
done:
    return status;
}

static cli_exit run(cli *c)
{
    nd_survey_result *r = NULL;
    bool holds = true, finished = false;
    job *b = NULL;
    nd_status status;

    ND_TRY(check_files(c));
    b = ND_NEW0(c->ctx, job, 1);
    if (!b) ND_TRY(ND_EMEM);
    ND_TRY(read_data(c, b));
    ND_TRY(nd_survey(c->ctx, &settings, b->count, b->table, c->args.output, &r));
    finished = r->stop == ND_STOP_TARGET;
    holds = r->covered_bad + r->covered_bad_proved == 0;
    nd_set_cancel(c->ctx, NULL, NULL); /* what is done is still shown */
    cli_progress_clear();
    say_table(c, r);
    say_json(c, r);
    say_done(c, r);
    say_check(c, r);
    ND_TRY(write_files(c, r));
done:
    nd_survey_result_destroy(c->ctx, r);
    job_free(c->ctx, b);
    if (status != ND_OK) return cli_fail(c, status);
    if (!holds) return CLI_REFUTED;
    return finished ? CLI_DONE : CLI_STOPPED;
}

#define AT(member) offsetof(struct survey_options, member)

static const cli_option rows[] = {
    {{"csv", ND_TEXT, AT(csv), 0, 0, 0, NULL, "write a row for every run to FILE"}, 0, "FILE"},
    {{"svg", ND_TEXT, AT(svg), 0, 0, 0, NULL, "draw the heat map: .svg, .png or .pdf"}, 0, "FILE"},
    {{"brief", ND_BOOL, AT(brief), 0, 0, 0, NULL, "no table"}, 0, NULL},
    {{.name = NULL}, 0, NULL},
};
static const cli_table tables[] = {
    {nd_survey_table, NULL, &settings}, {NULL, rows, &own}, {NULL, NULL, NULL}};

static const cli_example examples[] = {
    {"the standard survey, with few runs: small problems that meet the conditions or miss one",
     "nadir survey --runs 3 -o survey.db --csv survey.csv --svg survey.svg"},
    {"widths, on data where no number of neurons helps",
     "nadir survey gen:between --net 'softplus:{1,2,4,8}' --loss polyhinge:3 --runs 10"},
    {"files, data of several sizes, deep nets; what is in the file is not done again",
     "nadir survey data/two_spirals.csv 'gen:xor,n={20,40}' --net 'tanh:{2,4},tanh:2' --runs 3 "
     "--time-limit 20 -o b.db"},
    {NULL, NULL},
};

const cli_command cli_survey = {
    .name = "survey",
    .operands = "[DATA...]",
    .least = 0,
    .most = CLI_OPERANDS_MAX,
    .summary = "how descents end, over networks, losses, data and seeds: a table, a heat map",
    .details =
        "Descends from --runs seeded starts for every network, loss and DATA, leaves the saddles "
        "that it meets, says what every end is, and proves it where that can be done. Networks, "
        "losses and DATA are lists with braces as in shells: 'softplus:{1,2,4}' is three networks, "
        "'gen:xor,n={8..10}' three data sets; --net and --loss hold several, separated by "
        "blanks. For every cell it is asked whether a theorem excludes bad minima (as 'nadir "
        "check' "
        "does): a run that ends in one there is a contradiction, and exit status 4.\n"
        "With -o the runs are kept in FILE (SQLite, docs/survey.md): they are not done again, so "
        "that a survey may be stopped and go on, or be made larger. The result is a function of "
        "the "
        "arguments alone, for every number of threads.",
    .own = tables,
    .options = "output label positive format scale threads json quiet",
    .example = examples,
    .run = run,
};
