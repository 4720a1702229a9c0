/* nadir complete DATA: all critical points of a tiny network, proved to be all. */
#include "cli/cli.h"

#include <nadir/map.h>

#include <math.h>
#include <string.h>

static nd_complete_settings settings;

static const cli_table tables[] = {
    {nd_complete_table, NULL, &settings},
    {NULL, NULL, NULL},
};

typedef struct {
    nd_table *data;
    nd_scaler *scaler;
    nd_net *net;
    nd_problem problem;
    nd_complete_result *r;
} job;

static void job_free(nd_ctx *ctx, job *b)
{
    nd_complete_destroy(ctx, b->r);
    nd_net_destroy(ctx, b->net);
    nd_scaler_destroy(ctx, b->scaler);
    nd_table_destroy(ctx, b->data);
}

static nd_status make_problem(cli *c, job *b)
{
    const nd_read_options opt = {
        .label = c->args.label, .positive = c->args.positive, .format = c->args.format};
    nd_loss loss;
    nd_status status;

    if (!c->args.net)
        return nd_fail(c->ctx, ND_EINPUT,
                       "--net NET is needed: a network of a few parameters, as softplus:1");
    ND_TRY(nd_loss_parse(c->ctx, c->args.loss ? c->args.loss : "polyhinge:3", &loss));
    ND_TRY(nd_table_read(c->ctx, c->args.operand[0], &opt, &b->data));
    ND_TRY(nd_net_parse(c->ctx, c->args.net, b->data->d, &b->net));
    ND_TRY(nd_scaler_fit(c->ctx, (nd_scale)c->args.scale, b->data, &b->scaler));
    ND_TRY(nd_scaler_apply(c->ctx, b->scaler, b->data));
    ND_TRY(nd_problem_make(c->ctx, b->net, b->data, loss, c->args.l2, &b->problem));
    ND_TRY(nd_complete_check(c->ctx, &b->problem, &settings));
    cli_say_data(c, b->data, cli_scaling_text(b->scaler, b->data), "");
    cli_say_net(c, b->net);
    cli_say_loss(c, loss, c->args.l2, 1.0);
done:
    return status;
}

/* ---- what is said ---------------------------------------------------------------------- */

static void say_point(cli *c, const nd_complete_result *r, const nd_critical *k, json_t *list)
{
    json_t *j = list ? json_object() : NULL;
    char errors[48], copies[48] = "";

    snprintf(errors, sizeof errors, k->errors_lo == k->errors_hi ? "%zu" : "%zu to %zu",
             k->errors_lo, k->errors_hi);
    if (k->copies == 0.0) snprintf(copies, sizeof copies, ", an image of one above");
    if (k->copies > 1.0) snprintf(copies, sizeof copies, ", %.17g copies", k->copies);
    cli_answer(c, k->index == 0 ? "minimum" : "saddle", "loss %.10g, index %zu, errors %s%s",
               0.5 * k->loss_lo + 0.5 * k->loss_hi, k->index, errors, copies);
    cli_put_count(c, j, "index", k->index);
    cli_put_real(c, j, "loss_lo", k->loss_lo);
    cli_put_real(c, j, "loss_hi", k->loss_hi);
    cli_put_count(c, j, "errors_lo", k->errors_lo);
    cli_put_count(c, j, "errors_hi", k->errors_hi);
    cli_put_real(c, j, "copies", k->copies);
    cli_put_real(c, j, "radius", k->radius);
    cli_put(c, j, "theta", cli_reals(c, r->P, k->theta));
    if (list && (!j || json_array_append_new(list, j) != 0)) c->no_memory = true;
}

static void say_result(cli *c, const nd_complete_result *r)
{
    json_t *j = cli_section(c, "complete"), *list = j ? json_array() : NULL;

    cli_line(c, "box", "%s%.4g; %zu boxes in %.3g s",
             r->everywhere ? "every critical point has |theta_k| <= " : "|theta_k| <= ", r->hi[0],
             r->boxes, r->seconds);
    for (size_t i = 0; i < r->points; i++) say_point(c, r, &r->point[i], list);
    cli_answer(c, nd_truth_name(r->truth), "%s", r->reason);
    if (r->everywhere && r->truth == ND_PROVED)
        cli_line(c, "audit", "sum of (-1)^index over all copies: %.17g%s", r->audit,
                 r->audit == 1.0 ? ", as it must be" : "");
    cli_put_text(c, j, "truth", nd_truth_name(r->truth));
    cli_put_text(c, j, "reason", r->reason);
    cli_put_bool(c, j, "everywhere", r->everywhere);
    cli_put_count(c, j, "boxes", r->boxes);
    cli_put_count(c, j, "open", r->open);
    cli_put_real(c, j, "audit", r->everywhere ? r->audit : NAN);
    cli_put_real(c, j, "seconds", r->seconds);
    cli_put(c, j, "lo", cli_reals(c, r->P, r->lo));
    cli_put(c, j, "hi", cli_reals(c, r->P, r->hi));
    if (j) cli_put(c, j, "points", list);
}

static cli_exit run(cli *c)
{
    job b;
    nd_truth truth = ND_UNKNOWN;
    bool open = false;
    nd_status status;

    memset(&b, 0, sizeof b);
    if (c->args.output) ND_TRY(cli_check_output(c->ctx, c->args.output, c->args.operand[0], NULL));
    ND_TRY(make_problem(c, &b));
    ND_TRY(nd_complete(c->ctx, &b.problem, &settings, &b.r));
    cli_progress_clear();
    say_result(c, b.r);
    truth = b.r->truth;
    open = b.r->open > 0 && strstr(b.r->reason, "undecided") != NULL;
    if (truth == ND_PROVED && c->args.output) {
        ND_TRY(nd_complete_save(c->ctx, &b.problem, b.r, c->args.output));
        cli_line(c, "wrote", "%s   (re-prove: nadir-verify %s)", c->args.output, c->args.output);
    }
done:
    job_free(c->ctx, &b);
    if (status != ND_OK) return cli_fail(c, status);
    return truth == ND_PROVED ? CLI_DONE : open ? CLI_UNDECIDED : CLI_STOPPED;
}

static const cli_example examples[] = {
    {"one critical point, and no other anywhere: the minimum, with an error",
     "nadir complete gen:between --net softplus:1 --l2 1 -o between.cert.json"},
    {"all critical points with |theta_k| <= 0.12: one saddle",
     "nadir complete gen:between --net softplus:1 --l2 0.01 --box 0.12"},
    {NULL, NULL},
};

const cli_command cli_complete = {
    .name = "complete",
    .operands = "DATA",
    .least = 1,
    .most = 1,
    .summary = "prove that a list of critical points is whole (tiny networks)",
    .details =
        "Finds the critical points of the loss in a box of parameters and proves by interval "
        "branch and bound that there are no others, up to permutations and sign flips of neurons. "
        "Without --box the box is one that, with ridge (--l2), holds every critical point: then "
        "these are all local minima of the surface. For one hidden layer and up to about five "
        "parameters; less ridge takes more boxes. docs/complete.md has the method and the proof.\n"
        "With -o the certificate goes to a file, which nadir-verify proves again box by box (some "
        "ten times slower). Exit status 2: a limit was reached; 3: boxes were left undecided.",
    .own = tables,
    .options = "net loss l2 label positive format scale output threads json quiet",
    .functions = true,
    .example = examples,
    .run = run,
};
