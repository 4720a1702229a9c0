/* nadir report ATLAS | MODEL DATA: one HTML file that shows what is known. */
#include "cli/cli.h"

#include <string.h>

static nd_report_settings own;

static const cli_table tables[] = {{nd_report_table, NULL, &own}, {NULL, NULL, NULL}};

/* ---- commands in words --------------------------------------------------------------------- */

/* Blanks and the like need quotes in a shell. */
static void add_word(nd_buf *b, const char *word)
{
    bool plain = *word && strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                       "0123456789_-+=.,:/%@") == strlen(word);

    if (b->size) nd_buf_puts(b, " ");
    nd_buf_puts(b, plain ? "" : "'");
    for (const char *s = word; *s; s++) {
        if (*s == '\'') nd_buf_puts(b, "'\\'");
        nd_buf_add(b, s, 1);
    }
    nd_buf_puts(b, plain ? "" : "'");
}

static void this_command(const cli *c, nd_buf *b)
{
    add_word(b, "nadir");
    for (int k = 1; k < c->argc; k++) add_word(b, c->argv[k]);
}

static void add_option(nd_buf *b, const char *name, const char *value)
{
    char option[80];

    snprintf(option, sizeof option, "--%s", name);
    for (char *s = option; *s; s++)
        if (*s == '_') *s = '-';
    add_word(b, option);
    if (value) add_word(b, value);
}

static void add_real(nd_buf *b, const char *name, double x)
{
    char text[32];

    nd_number_format(x, text);
    add_option(b, name, text);
}

/* A row of nd_explore_table whose value is not the default. */
static void add_setting(nd_buf *b, const nd_setting *row, const nd_explore_settings *s,
                        const nd_explore_settings *preset)
{
    const char *at = (const char *)s + row->offset, *was = (const char *)preset + row->offset;
    char text[32];

    if (strcmp(row->name, "time") == 0) return;
    if (row->type == ND_BOOL && *(const bool *)at != *(const bool *)was)
        add_option(b, row->name, NULL);
    if (row->type == ND_LONG && *(const long *)at != *(const long *)was) {
        snprintf(text, sizeof text, "%ld", *(const long *)at);
        add_option(b, row->name, text);
    }
    if (row->type == ND_REAL && *(const double *)at != *(const double *)was)
        add_real(b, row->name, *(const double *)at);
}

/* "nadir explore ..." that makes this atlas again. */
static void explore_command(const nd_atlas *a, nd_buf *b)
{
    nd_explore_settings preset;
    char loss[32];

    nd_explore_init(&preset);
    nd_loss_spec(a->problem.loss, loss);
    add_word(b, "nadir");
    add_word(b, "explore");
    add_word(b, a->data->source ? a->data->source : "DATA");
    add_option(b, "net", a->net->spec);
    add_option(b, "loss", loss);
    if (a->problem.l2 > 0.0) add_real(b, "l2", a->problem.l2);
    if (a->data->label_name) add_option(b, "label", a->data->label_name);
    if (a->data->positive) add_option(b, "positive", a->data->positive);
    if (!a->scaler || a->scaler->kind != ND_SCALE_STANDARD) /* the default of explore */
        add_option(b, "scale", nd_scale_name(a->scaler ? a->scaler->kind : ND_SCALE_NONE));
    if (a->weight_pos != 1.0) add_real(b, "weight-pos", a->weight_pos);
    for (const nd_setting *row = nd_explore_table; row->name; row++)
        add_setting(b, row, &a->settings, &preset);
    add_option(b, "output", a->file);
}

/* ---- sources ----------------------------------------------------------------------------------- */

typedef struct {
    cli_point point;
    nd_atlas *atlas;
    double *theta;
    nd_atlas_point judged;
    nd_report_source source;
    nd_buf command, made;
} job;

static nd_status from_atlas(cli *c, job *b)
{
    nd_status status = nd_atlas_load(c->ctx, c->args.operand[0], &b->atlas);

    if (status != ND_OK) return status;
    if (b->atlas->points == 0)
        return nd_fail(c->ctx, ND_EINPUT, "%s: there are no points in it yet", b->atlas->file);
    nd_report_from_atlas(b->atlas, &b->source);
    explore_command(b->atlas, &b->made);
    b->source.made = b->made.data;
    return ND_OK;
}

static nd_status from_model(cli *c, job *b)
{
    nd_status status = cli_point_load(c, true, &b->point);
    size_t P;

    if (status != ND_OK) return status;
    const nd_model *m = b->point.model;
    P = m->net->P;
    b->theta = ND_NEW(c->ctx, double, P);
    if (!b->theta) return ND_EMEM;
    memcpy(b->theta, m->theta, P * sizeof *b->theta);
    if (!b->point.same_data)
        cli_warn("%s: not the data that the model was trained on: it need be no stationary point "
                 "there",
                 b->point.table->source);
    status = nd_report_judge(c->ctx, &b->point.problem, b->theta, m->seed, &b->judged);
    b->source = (nd_report_source){.problem = &b->point.problem,
                                   .scale = m->scaler ? m->scaler->kind : ND_SCALE_NONE,
                                   .seed = m->seed,
                                   .points = 1,
                                   .point = &b->judged};
    return status;
}

/* ---- what is said ---------------------------------------------------------------------------------- */

static void say(cli *c, const job *b)
{
    const nd_report_source *s = &b->source;
    json_t *j = cli_section(c, "report");
    size_t bad = 0, proved = 0;
    char subject[200];

    for (size_t k = 0; k < s->points; k++) {
        bad += s->point[k].minimum && s->point[k].verdict.bad;
        proved += s->point[k].verdict.proved == ND_PROVED;
    }
    cli_subject(s->problem, subject);
    cli_line(c, "report", "%s: %zu point%s, %zu proved, %zu bad minim%s", subject, s->points,
             s->points == 1 ? "" : "s", proved, bad, bad == 1 ? "um" : "a");
    if (s->points == 1 && !s->atlas) cli_say_verdict(c, &s->point[0].verdict);
    cli_answer(c, "wrote", "%s", c->args.output);
    cli_put_text(c, j, "file", c->args.output);
    cli_put_text(c, j, "subject", subject);
    cli_put_count(c, j, "points", s->points);
    cli_put_count(c, j, "proved", proved);
    cli_put_count(c, j, "bad_minima", bad);
}

static nd_status check_usage(cli *c)
{
    if (!c->args.output) c->args.output = "report.html";
    if (!cli_ends_in(c->args.output, ".html"))
        return nd_fail(c->ctx, ND_ENAME, "%s: expected a name that ends in .html", c->args.output);
    return cli_check_output(c->ctx, c->args.output, c->args.operand[0],
                            c->args.operands > 1 ? c->args.operand[1] : NULL);
}

static cli_exit run(cli *c)
{
    job b;
    nd_status status;

    memset(&b, 0, sizeof b);
    b.command = nd_buf_make(c->ctx);
    b.made = nd_buf_make(c->ctx);
    ND_TRY(check_usage(c));
    if (cli_is_atlas(c->args.operand[0]) && c->args.operands > 1)
        ND_TRY(nd_fail(c->ctx, ND_EINPUT, "unexpected '%s': an atlas brings its data along",
                       c->args.operand[1]));
    if (!cli_is_atlas(c->args.operand[0]) && c->args.operands < 2)
        ND_TRY(nd_fail(c->ctx, ND_EINPUT,
                       "%s is no atlas: a model needs its data, too: nadir report MODEL DATA",
                       c->args.operand[0]));
    ND_TRY((c->args.operands > 1 ? from_model : from_atlas)(c, &b));
    this_command(c, &b.command);
    if (nd_buf_status(&b.command) != ND_OK || nd_buf_status(&b.made) != ND_OK) ND_TRY(ND_EMEM);
    b.source.command = b.command.data;
    ND_TRY(nd_report_save(c->ctx, &b.source, &own, c->args.output));
    say(c, &b);
done:
    nd_atlas_destroy(c->ctx, b.atlas);
    cli_point_free(c, &b.point);
    nd_free(c->ctx, b.theta);
    nd_buf_free(&b.command);
    nd_buf_free(&b.made);
    return status == ND_OK ? CLI_DONE : cli_fail(c, status);
}

static const cli_example examples[] = {
    {"explore a small problem, and look at it",
     "nadir explore gen:xor --net tanh:2 --l2 0.02 --starts 40 --saddles -o xor.atlas"},
    {NULL, "nadir report xor.atlas -o xor.html"},
    {"one trained model", "nadir train gen:moons,n=60 --net softplus:3 --l2 0.01 -o m.model.json"},
    {NULL, "nadir report m.model.json gen:moons,n=60 -o moons.html"},
    {NULL, NULL},
};

const cli_command cli_report = {
    .name = "report",
    .operands = "ATLAS | MODEL DATA",
    .least = 1,
    .most = 2,
    .summary =
        "write one HTML file that shows the points of an atlas, or a model, with their proofs",
    .details =
        "From top to bottom: the answer in a sentence; which theorems hold and which condition "
        "fails; the stationary points with their certificates; decision regions; a slice of the "
        "loss surface; the disconnectivity graph; the Hessian's spectrum; the potential G over "
        "neuron space for data of one or two features; methods and limits. Choosing a point "
        "anywhere chooses it everywhere.\n"
        "The file works without network (its Content-Security-Policy forbids every request) and "
        "with scripts off, prints, follows light and dark schemes and carries all its numbers as "
        "JSON. The same command writes the same bytes. Without -o it is report.html.",
    .own = tables,
    .options = "output label positive format threads json quiet",
    .example = examples,
    .run = run,
};
