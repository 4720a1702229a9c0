/* nadir explore DATA: the map of a loss surface, into an atlas. */
#include "cli/atlas.h"

#include <math.h>
#include <string.h>

enum { SHOWN = 10 }; /* points of each kind after an exploration */

static struct explore_options {
    const char *resume;
    double weight_pos;
} own;

static nd_explore_settings settings;

static const cli_option own_options[] = {
    {{"resume", ND_TEXT, offsetof(struct explore_options, resume), 0, 0, 0, NULL,
      "go on with this atlas: its problem and its settings; no DATA then"},
     0,
     "ATLAS"},
    {{"weight-pos", ND_REAL, offsetof(struct explore_options, weight_pos), 1, 1e-12, 1e12, NULL,
      "weight of the positive samples in the loss"},
     0,
     "W"},
    {.set = {.name = NULL}},
};

static const cli_table tables[] = {
    {nd_explore_table, NULL, &settings},
    {NULL, own_options, &own},
    {NULL, NULL, NULL},
};

/* All that is to be explored. */
typedef struct {
    nd_table *data;
    nd_scaler *scaler;
    nd_net *net;
    nd_problem problem;
} job;

static void job_free(nd_ctx *ctx, job *b)
{
    nd_net_destroy(ctx, b->net);
    nd_scaler_destroy(ctx, b->scaler);
    nd_table_destroy(ctx, b->data);
}

static nd_status make_problem(cli *c, job *b)
{
    const nd_read_options opt = {
        .label = c->args.label, .positive = c->args.positive, .format = c->args.format};
    nd_ctx *ctx = c->ctx;
    nd_loss loss;
    nd_status status;

    ND_TRY(nd_loss_parse(ctx, c->args.loss ? c->args.loss : "polyhinge:3", &loss));
    ND_TRY(nd_table_read(ctx, c->args.operand[0], &opt, &b->data));
    ND_TRY(nd_net_parse(ctx, c->args.net ? c->args.net : "softplus:4", b->data->d, &b->net));
    ND_TRY(nd_scaler_fit(ctx, (nd_scale)c->args.scale, b->data, &b->scaler));
    ND_TRY(nd_scaler_apply(ctx, b->scaler, b->data));
    if (own.weight_pos != 1.0) ND_TRY(cli_weigh(ctx, b->data, own.weight_pos));
    ND_TRY(nd_problem_make(ctx, b->net, b->data, loss, c->args.l2, &b->problem));
done:
    return status;
}

/* With --resume everything but time and threads is in the file. */
static nd_status check_resume(cli *c)
{
    static const char *const free_ones[] = {"resume", "time-limit", "threads", "json", "quiet"};

    if (c->args.operands)
        return nd_fail(c->ctx, ND_EINPUT, "--resume %s: the data are in the atlas; drop '%s'",
                       own.resume, c->args.operand[0]);
    for (size_t k = 0; k < c->args.givens; k++) {
        bool fine = false;

        for (size_t i = 0; i < sizeof free_ones / sizeof *free_ones; i++)
            fine = fine || strcmp(c->args.given[k], free_ones[i]) == 0 ||
                   strcmp(c->args.given[k], "time_limit") == 0;
        if (!fine)
            return nd_fail(c->ctx, ND_EINPUT, "--resume %s: --%s is in the atlas; drop it",
                           own.resume, c->args.given[k]);
    }
    return ND_OK;
}

static nd_status check_usage(cli *c)
{
    if (own.resume) return check_resume(c);
    if (!c->args.operands)
        return nd_fail(c->ctx, ND_EINPUT,
                       "usage: nadir explore DATA -o ATLAS [options], or nadir explore --resume "
                       "ATLAS; 'nadir explore --help' says more");
    if (!c->args.output)
        return nd_fail(c->ctx, ND_EINPUT, "-o FILE is needed: where the atlas goes");
    return cli_check_output(c->ctx, c->args.output, c->args.operand[0], NULL);
}

static void say_run(cli *c, const nd_atlas *a, const nd_explore_result *r, bool fresh)
{
    json_t *j = cli_section(c, "explore");
    char limit[160] = "";

    if (r->stop == ND_STOP_ITERATIONS)
        snprintf(limit, sizeof limit, "; stopped: the limit of rounds is reached");
    else if (!a->finished)
        snprintf(limit, sizeof limit, "; stopped: %s; nadir explore --resume %.80s goes on",
                 nd_stop_sentence(r->stop), a->file);
    cli_line(c, "explore", "%zu trial%s in %.3g s%s%s", r->trials, nd_plural(r->trials), r->seconds,
             fresh ? "" : " (and those before)", limit);
    cli_put_text(c, j, "atlas", a->file);
    cli_put_bool(c, j, "finished", a->finished);
    cli_put_text(c, j, "stop", nd_stop_name(r->stop));
    cli_put_count(c, j, "trials", r->trials);
    cli_put_count(c, j, "trials_in_all", a->trials);
    cli_put_count(c, j, "open", a->open);
    cli_put_count(c, j, "rounds", a->rounds);
    cli_put(c, j, "evaluations", json_integer(a->evaluations));
    cli_put(c, j, "hessians", json_integer(a->hessians));
    cli_put_real(c, j, "seconds", r->seconds);
    cli_put(c, j, "settings", json_object());
    if (j && nd_json_settings(c->ctx, nd_explore_table, &a->settings,
                              json_object_get(j, "settings")) != ND_OK)
        c->no_memory = true;
}

static nd_status say_all(cli *c, const char *file, const nd_explore_result *r, bool *finished)
{
    nd_atlas *a = NULL;
    nd_status status;

    ND_TRY(nd_atlas_load(c->ctx, file, &a));
    *finished = a->finished && r->stop != ND_STOP_ITERATIONS;
    if (own.resume) cli_say_problem(c, a);
    say_run(c, a, r, r->trials == a->trials);
    cli_say_counts(c, a);
    ND_TRY(cli_say_points(c, a, SHOWN));
    ND_TRY(cli_say_graph(c, a));
    cli_line(c, "wrote", "%s   (nadir atlas list %s)", file, file);
done:
    nd_atlas_destroy(c->ctx, a);
    return status;
}

static void say_job(cli *c, const job *b)
{
    cli_say_data(c, b->data, cli_scaling_text(b->scaler, b->data), "");
    cli_say_net(c, b->net);
    cli_say_loss(c, b->problem.loss, b->problem.l2, own.weight_pos);
}

static cli_exit run(cli *c)
{
    const char *file = own.resume ? own.resume : c->args.output;
    nd_explore_result r;
    bool finished = false;
    job b;
    nd_status status;

    memset(&b, 0, sizeof b);
    ND_TRY(check_usage(c));
    if (!own.resume) {
        ND_TRY(make_problem(c, &b));
        ND_TRY(nd_explore_make(
            c->ctx, file, &(nd_explore_source){&b.problem, b.scaler, own.weight_pos}, &settings));
        say_job(c, &b);
    }
    ND_TRY(nd_explore(c->ctx, file, NULL, &settings, &r));
    nd_set_cancel(c->ctx, NULL, NULL);
    nd_set_progress(c->ctx, NULL, NULL);
    cli_progress_clear();
    ND_TRY(say_all(c, file, &r, &finished));
done:
    job_free(c->ctx, &b);
    if (status != ND_OK) return cli_fail(c, status);
    return finished ? CLI_DONE : CLI_STOPPED;
}

static const cli_example examples[] = {
    {"all minima that 100 starts find, the saddles between them, and whether they can be all",
     "nadir explore gen:xor --net softplus:2 --l2 1e-3 --starts 100 --saddles -o xor.atlas.db"},
    {"it was interrupted, or had a time limit: go on", "nadir explore --resume xor.atlas.db"},
    {"bad minima of a tanh net: descents only",
     "nadir explore gen:between --net tanh:2 --l2 1e-3 --starts 50 --hops 20 -o between.atlas.db"},
    {NULL, NULL},
};

const cli_command cli_explore = {
    .name = "explore",
    .operands = "[DATA]",
    .least = 0,
    .most = 1,
    .summary = "map the minima and saddles of a network on DATA into an atlas",
    .details =
        "Many starts, each descended to a second-order point and judged as by train; steps from "
        "the minima found (--hops); with --saddles the saddles between minima, by following "
        "eigenvectors uphill and along relaxed paths, and both ways down from each of index 1, "
        "until nothing new is found. Points that are equal up to the symmetries of the network "
        "count as one. Every trial is kept with its end, whatever it is.\n"
        "The atlas (-o; SQLite, docs/atlas-format.md) may be interrupted in any way: the same "
        "command, or --resume, goes on where it was, and several processes may work on it at "
        "once. The same command gives the same atlas, for every number of threads and "
        "interruptions. 'nadir atlas' reads it.",
    .own = tables,
    .options = "net loss l2 label positive format scale output threads json quiet",
    .functions = true,
    .example = examples,
    .run = run,
};
