/* nadir train DATA: from data to a verdict, a model and, if it can be, a proof. */
#include "cli/cli.h"

#include <math.h>
#include <string.h>

/* Everything of one training run that must be given back. */
typedef struct {
    nd_table *raw, *train, *held; /* held: NULL without --holdout                    */
    nd_scaler *scaler;
    nd_model *warm; /* NULL without --warm                             */
    nd_net *net;
    nd_loss loss;
    double l2;
    nd_train_result *result;
    double platt_a, platt_b;
    cli_way way; /* of --trace */
} job;

static struct train_options {
    const char *trace;
} own;

static void job_free(nd_ctx *ctx, job *b)
{
    if (b->train != b->raw) nd_table_destroy(ctx, b->train);
    nd_table_destroy(ctx, b->raw);
    nd_table_destroy(ctx, b->held);
    if (!b->warm) nd_scaler_destroy(ctx, b->scaler);
    nd_model_destroy(ctx, b->warm);
    nd_net_destroy(ctx, b->net);
    nd_train_result_destroy(ctx, b->result);
    cli_way_end(&b->way);
}

/* ---- before training -------------------------------------------------------------------- */

static nd_status read_data(cli *c, job *b)
{
    nd_read_options opt = {
        .label = c->args.label, .positive = c->args.positive, .format = c->args.format};

    return nd_table_read(c->ctx, c->args.operand[0], &opt, &b->raw);
}

/* What was not asked for comes from the model of --warm. */
static nd_status load_warm(cli *c, job *b)
{
    char spec[32];

    if (!c->args.warm) return ND_OK;
    nd_status status = nd_model_load(c->ctx, c->args.warm, &b->warm);
    if (status != ND_OK) return status;
    if (cli_given(&c->args, "scale"))
        return nd_fail(c->ctx, ND_EINPUT,
                       "--scale and --warm exclude each other: the scaling is "
                       "that of the model");
    if (!c->args.loss) {
        nd_loss_spec(b->warm->loss, spec);
        status = nd_loss_parse(c->ctx, spec, &b->loss);
    }
    if (!cli_given(&c->args, "l2")) b->l2 = b->warm->l2;
    if (!cli_given(&c->args, "weight-pos")) c->args.train.weight_pos = b->warm->weight_pos;
    return status;
}

static nd_status make_net(cli *c, job *b)
{
    const char *spec = c->args.net ? c->args.net : b->warm ? b->warm->net->spec : "softplus:32";
    nd_status status = nd_net_parse(c->ctx, spec, b->raw->d, &b->net);

    if (status != ND_OK || !b->warm) return status;
    if (b->warm->net->d != b->raw->d)
        return nd_fail(c->ctx, ND_EDIM, "%s: %zu features found, the model expects %zu",
                       b->raw->source, b->raw->d, b->warm->net->d);
    if (strcmp(b->warm->net->spec, b->net->spec) != 0)
        return nd_fail(c->ctx, ND_EINPUT, "--net %s: the model of --warm has %s", b->net->spec,
                       b->warm->net->spec);
    return ND_OK;
}

/* b->train and, with --holdout, b->held; both scaled by what was fitted on b->train. */
static nd_status split_and_scale(cli *c, job *b)
{
    nd_ctx *ctx = c->ctx;
    size_t n = b->raw->n, m, *index = NULL;
    nd_status status = ND_OK;

    b->train = b->raw;
    if (c->args.holdout > 0) {
        index = ND_NEW(ctx, size_t, n);
        if (!index) return ND_EMEM;
        b->train = NULL;
        ND_TRY(nd_split(ctx, b->raw, c->args.holdout, c->args.train.seed, index, &m));
        ND_TRY(nd_table_subset(ctx, b->raw, m, index, &b->train));
        ND_TRY(nd_table_subset(ctx, b->raw, n - m, index + m, &b->held));
    }
    if (b->warm)
        b->scaler = b->warm->scaler;
    else
        ND_TRY(nd_scaler_fit(ctx, (nd_scale)c->args.scale, b->train, &b->scaler));
    if (b->scaler) ND_TRY(nd_scaler_apply(ctx, b->scaler, b->train));
    if (b->scaler && b->held) ND_TRY(nd_scaler_apply(ctx, b->scaler, b->held));
done:
    nd_free(ctx, index);
    return status;
}

static nd_status prepare(cli *c, job *b)
{
    nd_status status;
    const char *output = c->args.output;

    b->l2 = c->args.l2;
    if (output) ND_TRY(cli_check_output(c->ctx, output, c->args.operand[0], NULL));
    ND_TRY(cli_way_begin(c, &b->way, own.trace));
    ND_TRY(nd_loss_parse(c->ctx, c->args.loss ? c->args.loss : "polyhinge:3", &b->loss));
    ND_TRY(load_warm(c, b));
    ND_TRY(read_data(c, b));
    ND_TRY(make_net(c, b));
done:
    return status;
}

/* ---- cross-validation --------------------------------------------------------------------- */

static nd_status cross_validate(cli *c, const job *b)
{
    long k = c->args.cv;
    nd_score total = {.auc = 0};

    if (k == 0) return ND_OK;
    if (k < 2) return nd_fail(c->ctx, ND_ERANGE, "--cv %ld: at least 2 folds are needed", k);
    if (b->warm) return nd_fail(c->ctx, ND_EINPUT, "--cv and --warm exclude each other");
    nd_score *score = ND_NEW0(c->ctx, nd_score, (size_t)k);
    if (!score) return ND_EMEM;
    nd_status status = nd_cross_validate(c->ctx, b->net->spec, b->raw, (nd_scale)c->args.scale,
                                         b->loss, b->l2, &c->args.train, k, score);
    json_t *folds = c->json ? json_array() : NULL;
    for (long i = 0; i < k && status == ND_OK; i++) {
        total.n += score[i].n;
        total.tp += score[i].tp;
        total.tn += score[i].tn;
        total.fp += score[i].fp;
        total.fn += score[i].fn;
        total.auc += score[i].auc / (double)k; /* mean of the folds */
        if (folds && json_array_append_new(folds, cli_score_json(c, &score[i])) != 0)
            c->no_memory = true;
    }
    nd_free(c->ctx, score);
    if (status != ND_OK) {
        json_decref(folds);
        return status;
    }
    char label[32];
    snprintf(label, sizeof label, "%ld-fold", k);
    cli_say_score(c, label, "cross_validation", &total);
    cli_put(c, c->json, "folds", folds);
    return ND_OK;
}

/* ---- what happened ------------------------------------------------------------------------ */

static bool seen_before(const nd_train_result *r, size_t k)
{
    for (size_t i = 0; i < k; i++)
        if (strcmp(r->step[i].stage, r->step[k].stage) == 0) return true;
    return false;
}

static bool hit_limit(nd_stop stop)
{
    return stop == ND_STOP_TIME || stop == ND_STOP_ITERATIONS || stop == ND_STOP_EVALUATIONS ||
           stop == ND_STOP_CANCEL;
}

/* Did a limit come before the answer?  A proof is one, whatever else was planned; any
 * verdict is one if the number of steps, not the clock, ended the run. */
static bool before_answer(const nd_train_result *r)
{
    if (r->verdict.proved == ND_PROVED) return false;
    if (r->stop == ND_STOP_TIME || r->stop == ND_STOP_CANCEL) return true;
    return hit_limit(r->stop) && r->verdict.kind == ND_UNDECIDED;
}

static json_t *steps_json(cli *c, const nd_train_result *r)
{
    json_t *array = json_array();

    for (size_t k = 0; k < r->steps; k++) {
        const nd_step *s = &r->step[k];
        json_t *j = json_object();
        cli_put_text(c, j, "stage", s->stage);
        cli_put_text(c, j, "stop", nd_stop_name(s->stop));
        cli_put(c, j, "evaluations", json_integer(s->evaluations));
        cli_put(c, j, "hessians", json_integer(s->hessians));
        cli_put(c, j, "neurons", json_integer(s->neurons));
        cli_put_real(c, j, "loss", s->loss);
        cli_put_real(c, j, "grad", s->grad);
        cli_put_count(c, j, "errors", s->errors);
        cli_put_real(c, j, "seconds", s->seconds);
        if (!j || json_array_append_new(array, j) != 0) c->no_memory = true;
    }
    return array;
}

static void train_json(cli *c, const nd_train_result *r)
{
    json_t *j = cli_section(c, "train");

    if (!j) return;
    cli_put(c, j, "steps", steps_json(c, r));
    cli_put(c, j, "evaluations", json_integer(r->evaluations));
    cli_put(c, j, "best_start", json_integer(r->best_start));
    cli_put_text(c, j, "stop", nd_stop_name(r->stop));
    cli_put_count(c, j, "unavoidable_errors", r->lower_bound);
    cli_put_text(c, j, "net", r->net->spec);
    cli_put_real(c, j, "seconds", r->seconds);
    cli_put(c, j, "settings", json_object());
    if (nd_json_settings(c->ctx, nd_train_table, &c->args.train, json_object_get(j, "settings")) !=
        ND_OK)
        c->no_memory = true;
}

/* "L-BFGS, Newton, 45 evaluations, 0.01 s; output layer rescaled" */
static void say_train(cli *c, const job *b)
{
    const nd_train_result *r = b->result;
    nd_buf line = nd_buf_make(c->ctx);
    bool rescaled = false;
    char seconds[32];

    for (size_t k = 0; k < r->steps; k++) {
        if (strcmp(r->step[k].stage, "rescale") == 0)
            rescaled = true;
        else if (!seen_before(r, k))
            nd_buf_printf(&line, "%s, ", r->step[k].stage);
    }
    if (r->seconds < 1)
        snprintf(seconds, sizeof seconds, "%.3g ms", 1e3 * r->seconds);
    else
        snprintf(seconds, sizeof seconds, "%.1f s", r->seconds);
    nd_buf_printf(&line, "%ld evaluations, %s", r->evaluations, seconds);
    if (c->args.train.starts > 1)
        nd_buf_printf(&line, "; best of %ld starts: number %ld", c->args.train.starts,
                      r->best_start + 1);
    if (strcmp(r->net->spec, b->net->spec) != 0)
        nd_buf_printf(&line, "; grown to %s", r->net->spec);
    if (rescaled) nd_buf_puts(&line, "; output layer rescaled");
    if (hit_limit(r->stop)) nd_buf_printf(&line, "; stopped: %s", nd_stop_sentence(r->stop));
    if (nd_buf_status(&line) == ND_OK) cli_line(c, "train", "%s", line.data);
    nd_buf_free(&line);
    if (r->lower_bound)
        cli_line(c, "bound",
                 "every classifier makes >= %zu error%s here (equal samples, both labels)",
                 r->lower_bound, nd_plural(r->lower_bound));
    train_json(c, r);
}

/* ---- after training ----------------------------------------------------------------------- */

/* Platt's sigmoid on the held-out samples if there are any, else on the training
 * samples, where it is too confident. */
static nd_status fit_platt(cli *c, job *b, const nd_table *t, const double *f)
{
    if (!c->args.prob) return ND_OK;
    nd_status status = nd_platt_fit(c->ctx, t->n, f, t->y, &b->platt_a, &b->platt_b);
    if (status != ND_OK) return status;
    cli_line(c, "prob", "P(+|f) = 1/(1 + exp(%.6g f + %.6g)), fitted on the %s samples", b->platt_a,
             b->platt_b, b->held ? "held-out" : "training");
    json_t *j = cli_section(c, "platt");
    cli_put_real(c, j, "a", b->platt_a);
    cli_put_real(c, j, "b", b->platt_b);
    return ND_OK;
}

static nd_status score(cli *c, job *b)
{
    const nd_table *t = b->held ? b->held : b->train;
    nd_status status;
    nd_score s;
    double *f;

    if (!b->held && !c->args.prob) return ND_OK;
    f = ND_NEW(c->ctx, double, t->n);
    if (!f) return ND_EMEM;
    ND_TRY(nd_net_outputs(c->ctx, b->result->net, t, b->result->theta, f));
    if (b->held) {
        ND_TRY(nd_score_outputs(c->ctx, t->n, f, t->y, &s));
        cli_say_score(c, "held out", "holdout", &s);
    }
    ND_TRY(fit_platt(c, b, t, f));
done:
    nd_free(c->ctx, f);
    return status;
}

static nd_status save_model(cli *c, const job *b)
{
    char sha[65], title[64];
    const nd_table *t = b->train;
    const nd_verdict *v = &b->result->verdict;
    nd_status status = nd_table_sha256(c->ctx, t, sha);

    if (status != ND_OK) return status;
    snprintf(title, sizeof title, "%s (%s)", nd_verdict_name(v->kind),
             v->proved == ND_PROVED ? "proved" : "numerical");
    const nd_model model = {.net = b->result->net,
                            .theta = b->result->theta,
                            .loss = b->loss,
                            .l2 = b->l2,
                            .weight_pos = c->args.train.weight_pos,
                            .scaler = b->scaler,
                            .positive = t->positive,
                            .negative = t->negative,
                            .label_name = t->label_name,
                            .feature = t->feature,
                            .data_source = t->source,
                            .data_sha256 = sha,
                            .seed = c->args.train.seed,
                            .platt_a = b->platt_a,
                            .platt_b = b->platt_b,
                            .verdict = title};
    return nd_model_save(c->ctx, &model, c->args.output);
}

/* The certificate belongs to the problem with its class weights. */
static nd_status save_certificate(cli *c, job *b, const char *file)
{
    nd_problem pb;
    nd_status status;

    ND_TRY(cli_weigh(c->ctx, b->train, c->args.train.weight_pos));
    ND_TRY(nd_problem_make(c->ctx, b->result->net, b->train, b->loss, b->l2, &pb));
    ND_TRY(nd_cert_save(c->ctx, &pb, b->result->theta, &b->result->verdict.cert, file));
done:
    return status;
}

static nd_status save(cli *c, job *b)
{
    nd_status status;
    bool proved = b->result->verdict.proved == ND_PROVED;
    const char *model = c->args.output;
    char *cert;
    FILE *old;

    if (!model) return ND_OK;
    cert = cli_certificate_name(c->ctx, model);
    if (!cert) return ND_EMEM;
    ND_TRY(save_model(c, b));
    if (proved) ND_TRY(save_certificate(c, b, cert));
    if (proved)
        cli_line(c, "wrote", "%s, %s   (re-prove: nadir-verify %s)", model, cert, cert);
    else
        cli_line(c, "wrote", "%s", model);
    if (!proved && (old = fopen(cert, "r"))) {
        fclose(old);
        cli_warn("%s is the certificate of an earlier run, not of this model", cert);
    }
    json_t *j = cli_section(c, "files");
    cli_put_text(c, j, "model", model);
    cli_put_text(c, j, "certificate", proved ? cert : NULL);
done:
    nd_free(c->ctx, cert);
    return status;
}

static void say_problem(cli *c, const job *b)
{
    char held[64] = "";

    if (b->held) snprintf(held, sizeof held, "; %zu more held out", b->held->n);
    cli_say_data(c, b->train, cli_scaling_text(b->scaler, b->train), held);
    cli_say_net(c, b->net);
    cli_say_loss(c, b->loss, b->l2, c->args.train.weight_pos);
    if (b->warm) cli_line(c, "start", "the parameters of %s", c->args.warm);
}

/* What the theorems promise, if that can be proved while nobody waits for it. */
static nd_status say_theory(cli *c, const job *b)
{
    nd_problem pb;
    nd_status status;

    ND_TRY(nd_problem_make(c->ctx, b->net, b->train, b->loss, b->l2, &pb));
    ND_TRY(cli_say_theory(c, &pb, 0.2 * c->args.train.time));
done:
    return status;
}

/* Until here Ctrl-C ends the program without an output; now it ends the training, and
 * what was found is scored, judged and written. */
static nd_status train(cli *c, job *b, bool *stopped)
{
    cli_way_follow(c, &b->way);
    nd_status status = nd_train(c->ctx, b->net, b->train, b->loss, b->l2, &c->args.train,
                                b->warm ? b->warm->theta : NULL, &b->result);

    *stopped = status == ND_ECANCEL;
    if (status == ND_ECANCEL && b->result) status = ND_OK;
    nd_set_cancel(c->ctx, NULL, NULL);
    nd_set_progress(c->ctx, NULL, NULL);
    cli_progress_clear();
    return status;
}

static cli_exit run(cli *c)
{
    job b;
    nd_status status;
    bool stopped = false;

    memset(&b, 0, sizeof b);
    ND_TRY(prepare(c, &b));
    ND_TRY(cross_validate(c, &b));
    ND_TRY(split_and_scale(c, &b));
    say_problem(c, &b);
    ND_TRY(say_theory(c, &b));
    ND_TRY(train(c, &b, &stopped));
    say_train(c, &b);
    cli_say_verdict(c, &b.result->verdict);
    ND_TRY(score(c, &b));
    ND_TRY(save(c, &b));
    ND_TRY(cli_way_save(c, &b.way));
    stopped = stopped || before_answer(b.result);
done:
    job_free(c->ctx, &b);
    if (status != ND_OK) return cli_fail(c, status);
    return stopped ? CLI_STOPPED : CLI_DONE;
}

static const cli_example examples[] = {
    {"the first run of the README",
     "nadir train data/wdbc.csv --positive M --net softplus:32 -o wdbc.model.json"},
    {"how good is it on data it has not seen?",
     "nadir train data/wdbc.csv --positive M --l2 0.01 --holdout 0.3 --prob -o small.model.json"},
    {"a linear classifier, cross-validated",
     "nadir train data/wdbc.csv --positive M --net linear --loss polyhinge:2 --l2 0.002 --cv 5"},
    {"two spirals: add neurons until nothing is wrong",
     "nadir train gen:spirals,n=200 --net softplus:8 --grow --time-limit 20"},
    {"for a program", "nadir train gen:xor --net softplus:4 --json"},
    {NULL, NULL},
};

static const cli_option rows[] = {
    {{"trace", ND_TEXT, offsetof(struct train_options, trace), 0, 0, 0, NULL,
      "keep points along the way of the run in FILE, for 'slice --trace'"},
     0,
     "FILE"},
    {{NULL, ND_BOOL, 0, 0, 0, 0, NULL, NULL}, 0, NULL},
};

static const cli_table tables[] = {{NULL, rows, &own}, {NULL, NULL, NULL}};

const cli_command cli_train = {
    .name = "train",
    .operands = "DATA",
    .least = 1,
    .most = 1,
    .summary = "train a network on DATA and say what the point it ends in is",
    .details =
        "Descends (L-BFGS, then Newton steps to a second-order point), leaves saddles, scales the "
        "output layer when that makes the loss exactly 0, and ends in a verdict: global minimum, "
        "local minimum, saddle, valley or undecided. A verdict is 'proved' when a certificate with "
        "all rounding errors bounded was found, else 'numerical'.\n"
        "With -o x.model.json the model is written there, and the certificate, if there is one, "
        "to x.cert.json (data of more than 100000 numbers beside it, to x.cert.table). Ctrl-C ends "
        "the training early and keeps the best point (exit status 2). "
        "The same command gives the same files, for every number of threads.",
    .own = tables,
    .options =
        "net loss l2 label positive format scale output warm seed starts start-scale grow "
        "grow-max weight-pos holdout cv prob iterations grad-tol time-limit threads json quiet",
    .functions = true,
    .example = examples,
    .run = run,
};
