/* nadir hunt --drop CONDITION: looks for a proved bad minimum that only it could exclude. */
#include "cli/cli.h"

#include "cli/exhibit.h"

#include <string.h>

static nd_hunt_settings settings;
static struct hunt_options {
    const char *folder;
} own;

static void say_met(cli *c, const nd_hunt_result *r)
{
    json_t *j = cli_section(c, "met");

    cli_line(c, "trials",
             "%zu in %.3g s: %zu not fit for the purpose; ends of descents: %zu global minima, "
             "%zu local minima, %zu saddles, %zu valleys, %zu undecided",
             r->trials, r->seconds, r->unfit, r->global, r->local, r->saddles, r->valleys,
             r->undecided);
    cli_put_count(c, j, "trials", r->trials);
    cli_put_count(c, j, "unfit", r->unfit);
    cli_put_count(c, j, "global", r->global);
    cli_put_count(c, j, "local", r->local);
    cli_put_count(c, j, "saddles", r->saddles);
    cli_put_count(c, j, "valleys", r->valleys);
    cli_put_count(c, j, "undecided", r->undecided);
    cli_put_real(c, j, "seconds", r->seconds);
}

static void say_found(cli *c, const nd_hunt_result *r)
{
    size_t rows;
    const nd_condition_kind *drop = nd_condition_table(&rows) + r->drop;
    const cli_exhibit e = {"found", r->data, r->net, &r->problem, r->theta, &r->cert};

    cli_line(c, "found", "trial %llu, by %s; %zu samples and %zu neurons, now %zu and %zu",
             (unsigned long long)r->trial, r->point, r->first_n, r->first_units, r->data->n,
             r->net->units);
    cli_say_samples(c, r->data);
    cli_say_net(c, r->net);
    cli_say_loss(c, r->problem.loss, r->problem.l2, 1.0);
    cli_line(c, "dropped", "'%s' (%s); all other conditions of %s are proved", drop->title,
             drop->formula, r->theorem->title);
    cli_say_exhibit(c, &e);
    cli_put_text(c, c->json, "net", r->net->spec);
    cli_put_text(c, c->json, "how", r->point);
    cli_put_count(c, c->json, "samples", r->data->n);
}

static cli_exit run(cli *c)
{
    nd_hunt_result *r = NULL;
    bool found = false;
    nd_status status;

    if (!settings.drop)
        ND_TRY(
            nd_fail(c->ctx, ND_EINPUT,
                    "which condition is to be dropped? Say --drop CONDITION; 'nadir hunt --help' "
                    "lists them"));
    if (own.folder) ND_TRY(cli_make_folder(c->ctx, own.folder));
    ND_TRY(nd_hunt(c->ctx, &settings, &r));
    nd_set_cancel(c->ctx, NULL, NULL); /* what was found is written */
    cli_progress_clear();
    found = r->found;
    if (found)
        say_found(c, r);
    else
        cli_answer(c, "found", "nothing that is proved in %zu trial%s", r->trials,
                   nd_plural(r->trials));
    say_met(c, r);
    cli_put_bool(c, c->json, "found", found);
    if (found && own.folder) {
        const cli_exhibit e = {"found", r->data, r->net, &r->problem, r->theta, &r->cert};
        ND_TRY(cli_write_exhibit(c, &e, own.folder));
    }
done:
    nd_hunt_result_destroy(c->ctx, r);
    if (status != ND_OK) return cli_fail(c, status);
    return found ? CLI_DONE : CLI_UNDECIDED;
}

static const cli_option rows[] = {
    {{"write", ND_TEXT, offsetof(struct hunt_options, folder), 0, 0, 0, NULL,
      "write data, model and certificate of what is found into the folder DIR"},
     0,
     "DIR"},
    {{.name = NULL}, 0, NULL},
};
static const cli_table tables[] = {
    {nd_hunt_table, NULL, &settings}, {NULL, rows, &own}, {NULL, NULL, NULL}};

static const cli_example examples[] = {
    {"too few neurons", "nadir hunt --drop neurons --time 20"},
    {"a loss without the hinge's tail, written like an exhibit",
     "nadir hunt --drop hinge-tail --time 20 --write hunt"},
    {NULL, NULL},
};

const cli_command cli_hunt = {
    .name = "hunt",
    .operands = "",
    .least = 0,
    .most = 0,
    .summary = "search for a proved bad minimum when one condition is dropped",
    .details =
        "Tries small data sets, networks and points until one is proved to be a local minimum "
        "with training errors, while every other condition of the theorem is proved to hold; then "
        "makes the example small: fewer samples, fewer neurons, rounder numbers. Valleys and "
        "saddles do not count. The same seed finds the same example, given time. Conditions: "
        "shortcut, biases, increasing, convex, not-polynomial, hinge-tail, no-ridge, consistent, "
        "separable, subspace-plus, subspace-minus, neurons. Exit status 3: nothing was found.",
    .own = tables,
    .options = "threads json quiet",
    .example = examples,
    .run = run,
};
