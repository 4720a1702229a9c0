/* nadir gallery [NAME]: counterexamples, each with its proof and its repair. */
#include "cli/cli.h"

#include "cli/exhibit.h"

#include <string.h>

static struct gallery_options {
    const char *folder;
    long width;
} own;

static const nd_condition_kind *dropped(const nd_exhibit *e)
{
    size_t rows;

    return nd_condition_table(&rows) + e->drops;
}

static const char *theorem_title(const nd_exhibit *e)
{
    size_t rows;
    const nd_theorem_kind *t = nd_theorem_table(&rows);

    while (rows-- > 0 && strcmp(t->name, e->theorem) != 0) t++;
    return t->title;
}

/* ---- the list ----------------------------------------------------------------------------- */

static cli_exit list(cli *c)
{
    size_t rows;
    const nd_exhibit *e = nd_exhibit_table(&rows);
    json_t *all = c->json ? json_array() : NULL;

    for (size_t k = 0; k < rows; k++) {
        json_t *one = all ? json_object() : NULL;

        cli_answer(c, "", "%-19s without '%s' (%s): %s", e[k].name, dropped(&e[k])->title,
                   theorem_title(&e[k]), e[k].summary);
        cli_put_text(c, one, "name", e[k].name);
        cli_put_text(c, one, "drops", dropped(&e[k])->name);
        cli_put_text(c, one, "theorem", e[k].theorem);
        cli_put_text(c, one, "summary", e[k].summary);
        if (all && (!one || json_array_append_new(all, one) != 0)) c->no_memory = true;
    }
    cli_put(c, c->json, "exhibits", all);
    cli_line(c, "", "'nadir gallery NAME' shows one, with its proof and its repair");
    return CLI_DONE;
}

/* ---- one exhibit ------------------------------------------------------------------------------ */

/* The theorem with its conditions: exactly what is dropped must fail. */
static void say_conditions(cli *c, const nd_shown *s)
{
    const nd_exhibit *e = s->exhibit;
    const nd_condition *drop = &s->theory->condition[e->drops];

    cli_line(c, "dropped", "'%s' (%s): %s", drop->kind->title, drop->kind->formula, drop->value);
    cli_line(c, "", "%s would cover this network otherwise%s%s", theorem_title(e),
             *e->also ? "; " : "", e->also);
    json_t *j = cli_section(c, "dropped");
    cli_put_text(c, j, "condition", drop->kind->name);
    cli_put_text(c, j, "theorem", e->theorem);
    cli_put_text(c, j, "truth", nd_truth_name(drop->truth));
    cli_put_text(c, j, "measured", drop->value);
}

static void say_proof(cli *c, const nd_shown *s)
{
    const cli_exhibit e = {s->exhibit->name, s->data, s->net, &s->problem, s->theta, &s->cert};

    cli_line(c, "point", "%s", s->exhibit->point);
    cli_line(c, "proof", "%s", s->exhibit->proof);
    cli_say_exhibit(c, &e);
}

static nd_status write_all(cli *c, const nd_shown *s)
{
    const cli_exhibit e = {s->exhibit->name, s->data, s->net, &s->problem, s->theta, &s->cert};

    return cli_write_exhibit(c, &e, own.folder);
}

/* ---- the repair ------------------------------------------------------------------------------------ */

static nd_status say_repair(cli *c, const nd_shown *s)
{
    nd_repaired *r = NULL;
    char loss[32], title[64];
    nd_status status;

    ND_TRY(nd_exhibit_repair(c->ctx, s->exhibit, s->width, c->args.train.seed, &r));
    nd_loss_spec(r->problem.loss, loss);
    cli_line(c, "repair", "%s", s->exhibit->repair);
    cli_line(c, "", "%s, %s, lambda = %g: %s", r->net->spec, loss, r->problem.l2,
             r->theory->headline);
    cli_verdict_title(&r->run->verdict, title);
    cli_answer(c, "repaired", "%s: %s trained, %zu errors", title, r->run->net->spec,
               r->run->verdict.errors);
    json_t *j = cli_section(c, "repair");
    cli_put_text(c, j, "verdict", nd_verdict_name(r->run->verdict.kind));
    cli_put_bool(c, j, "proved", r->run->verdict.proved == ND_PROVED);
    cli_put_text(c, j, "change", s->exhibit->repair);
    cli_put_text(c, j, "net", r->net->spec);
    cli_put_text(c, j, "loss", loss);
    cli_put_real(c, j, "l2", r->problem.l2);
    cli_put_text(c, j, "theory", r->theory->headline);
    cli_put_count(c, j, "errors", r->run->verdict.errors);
    cli_put_count(c, j, "starts_used", (size_t)r->run->best_start + 1);
done:
    nd_repaired_destroy(c->ctx, r);
    return status;
}

static cli_exit show(cli *c)
{
    const nd_exhibit *e;
    nd_shown *s = NULL;
    bool proved = false;
    nd_status status;

    ND_TRY(nd_exhibit_find(c->ctx, c->args.operand[0], &e));
    if (own.folder) ND_TRY(cli_make_folder(c->ctx, own.folder));
    ND_TRY(nd_exhibit_show(c->ctx, e, own.width, &s));
    proved = s->cert.truth == ND_PROVED;
    cli_line(c, "exhibit", "%s: %s", e->name, e->summary);
    cli_say_data(c, s->data, "not scaled", "");
    cli_say_samples(c, s->data);
    cli_say_net(c, s->net);
    cli_say_loss(c, s->problem.loss, s->problem.l2, 1.0);
    say_conditions(c, s);
    say_proof(c, s);
    if (own.folder) ND_TRY(write_all(c, s));
    ND_TRY(say_repair(c, s));
done:
    nd_shown_destroy(c->ctx, s);
    if (status != ND_OK) return cli_fail(c, status);
    return proved ? CLI_DONE : CLI_UNDECIDED;
}

static cli_exit run(cli *c)
{
    return c->args.operands == 0 ? list(c) : show(c);
}

static const cli_option rows[] = {
    {{"write", ND_TEXT, offsetof(struct gallery_options, folder), 0, 0, 0, NULL,
      "write data, model and certificate of the exhibit into the folder DIR"},
     0,
     "DIR"},
    {{"width", ND_LONG, offsetof(struct gallery_options, width), 0, 0, 512, NULL,
      "neurons of the exhibit where any number does; 0: the first that is known to be instructive"},
     0,
     "M"},
    {{.name = NULL}, 0, NULL},
};
static const cli_table tables[] = {{NULL, rows, &own}, {NULL, NULL, NULL}};

static const cli_example examples[] = {
    {"what there is", "nadir gallery"},
    {"no number of neurons helps where the data are wrong", "nadir gallery between --width 16"},
    {"with files, to look at it with other commands", "nadir gallery few-neurons --write gallery"},
    {NULL, "nadir certify gallery/few-neurons.model.json gallery/few-neurons.csv"},
    {NULL, NULL},
};

const cli_command cli_gallery = {
    .name = "gallery",
    .operands = "[NAME]",
    .least = 0,
    .most = 1,
    .summary = "counterexamples: bad minima for want of one condition, proved, and repaired",
    .details =
        "Without NAME: the list. With NAME: data, network and loss of one counterexample; the "
        "condition that is missing, as 'nadir check' finds it; the point, and why it is a minimum "
        "with training errors; its certificate; and the repair: the smallest change that "
        "restores the condition, with a training run that then reaches zero errors.",
    .own = tables,
    .options = "seed threads json quiet",
    .example = examples,
    .run = run,
};
