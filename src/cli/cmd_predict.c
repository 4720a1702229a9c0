/* nadir predict MODEL DATA: labels, outputs, probabilities; and how good they are. */
#include "cli/cli.h"

#include <math.h>
#include <string.h>

#include "base/file.h"

typedef struct {
    cli_point point;
    double *f;
    bool prob, fitted;
    double a, b; /* P(+|f) = 1/(1 + exp(a f + b)) */
} job;

static double probability(const job *j, double f)
{
    return nd_sigmoid(-(j->a * f + j->b));
}

/* The name of a class as a CSV field. */
static void put_label(nd_buf *out, const char *text)
{
    if (!strpbrk(text, ",\"\n\r")) {
        nd_buf_puts(out, text);
        return;
    }
    nd_buf_puts(out, "\"");
    for (; *text; text++) nd_buf_add(out, *text == '"' ? "\"\"" : text, *text == '"' ? 2 : 1);
    nd_buf_puts(out, "\"");
}

static const char *label_text(const job *j, bool positive)
{
    const nd_model *m = j->point.model;
    const char *text = positive ? m->positive : m->negative;

    return text && *text ? text : positive ? "+1" : "-1";
}

/* sample,predicted,output[,label,margin][,probability] */
static void put_table(const job *j, nd_buf *out)
{
    const nd_table *t = j->point.table;

    nd_buf_puts(out, "sample,predicted,output");
    if (t->y) nd_buf_puts(out, ",label,margin");
    nd_buf_puts(out, j->prob ? ",probability\n" : "\n");
    for (size_t i = 0; i < t->n; i++) {
        nd_buf_printf(out, "%zu,", i + 1);
        put_label(out, label_text(j, j->f[i] >= 0));
        nd_buf_puts(out, ",");
        nd_buf_number(out, j->f[i]);
        if (t->y) {
            nd_buf_puts(out, ",");
            put_label(out, label_text(j, t->y[i] > 0));
            nd_buf_puts(out, ",");
            nd_buf_number(out, t->y[i] * j->f[i]);
        }
        if (j->prob) {
            nd_buf_puts(out, ",");
            nd_buf_number(out, probability(j, j->f[i]));
        }
        nd_buf_puts(out, "\n");
    }
}

/* To the file of -o, else to stdout (with --json the object carries them). */
static nd_status write_table(cli *c, const job *j)
{
    nd_buf out = nd_buf_make(c->ctx);
    nd_status status;

    if (c->json && !c->args.output) return ND_OK;
    put_table(j, &out);
    ND_TRY(nd_buf_status(&out));
    if (c->args.output)
        ND_TRY(nd_file_write(c->ctx, c->args.output, out.data, out.size));
    else
        fwrite(out.data, 1, out.size, stdout);
done:
    nd_buf_free(&out);
    return status;
}

static void table_json(cli *c, const job *j)
{
    const nd_table *t = j->point.table;

    if (!c->json || c->args.output) return;
    cli_put(c, c->json, "output", cli_reals(c, t->n, j->f));
    json_t *predicted = json_array();
    json_t *prob = json_array();
    for (size_t i = 0; i < t->n; i++) {
        if (json_array_append_new(predicted, json_string(label_text(j, j->f[i] >= 0))) != 0 ||
            json_array_append_new(prob, nd_json_real(probability(j, j->f[i]))) != 0)
            c->no_memory = true;
    }
    cli_put(c, c->json, "predicted", predicted);
    cli_put(c, j->prob ? c->json : NULL, "probability", prob);
}

/* ---- quality ------------------------------------------------------------------------------ */

static void say_confusion(cli *c, const job *j, const nd_score *s)
{
    const char *pos = label_text(j, true), *neg = label_text(j, false);

    cli_line(c, "", "%-20s %12s %12s", "", "predicted +", "predicted -");
    cli_line(c, "", "+ %-18.18s %12zu %12zu", pos, s->tp, s->fn);
    cli_line(c, "", "- %-18.18s %12zu %12zu", neg, s->fp, s->tn);
}

static nd_status say_quality(cli *c, const job *j)
{
    const nd_table *t = j->point.table;
    nd_score s;

    if (!t->y) return ND_OK;
    nd_status status = nd_score_outputs(c->ctx, t->n, j->f, t->y, &s);
    if (status != ND_OK) return status;
    cli_say_score(c, "score", "score", &s);
    say_confusion(c, j, &s);
    return ND_OK;
}

/* From the model, else fitted on the labels at hand. */
static nd_status get_platt(cli *c, job *j)
{
    const nd_model *m = j->point.model;
    const nd_table *t = j->point.table;

    j->prob = c->args.prob;
    if (!j->prob) return ND_OK;
    j->a = m->platt_a;
    j->b = m->platt_b;
    if (j->a != 0 || j->b != 0) return ND_OK;
    if (!t->y)
        return nd_fail(c->ctx, ND_EINPUT,
                       "%s has no probabilities: train with --prob, or give "
                       "labelled data to fit them on",
                       c->args.operand[0]);
    j->fitted = true;
    return nd_platt_fit(c->ctx, t->n, j->f, t->y, &j->a, &j->b);
}

static nd_status compute(cli *c, job *j)
{
    nd_status status;
    const nd_model *m;

    ND_TRY(cli_point_load(c, false, &j->point));
    m = j->point.model;
    j->f = ND_NEW(c->ctx, double, j->point.table->n);
    if (!j->f) return ND_EMEM;
    ND_TRY(nd_net_outputs(c->ctx, m->net, j->point.table, m->theta, j->f));
    for (size_t i = 0; i < j->point.table->n; i++)
        if (!isfinite(j->f[i]))
            return nd_fail(c->ctx, ND_ENUMERIC,
                           "%s: sample %zu: the output of the network overflows",
                           j->point.table->source, i + 1);
    ND_TRY(get_platt(c, j));
    cli_say_data(c, j->point.table, "", "");
    if (j->fitted) cli_line(c, "prob", "the model has none: fitted on these labels");
done:
    return status;
}

static cli_exit run(cli *c)
{
    job j;
    nd_status status = ND_OK;
    const char *output = c->args.output;

    memset(&j, 0, sizeof j);
    if (!output) c->text = stderr; /* stdout is for the predictions */
    if (output) ND_TRY(cli_check_output(c->ctx, output, c->args.operand[0], c->args.operand[1]));
    ND_TRY(compute(c, &j));
    ND_TRY(say_quality(c, &j));
    ND_TRY(write_table(c, &j));
    table_json(c, &j);
    if (output) {
        cli_line(c, "wrote", "%s", output);
        cli_put_text(c, c->json, "wrote", output);
    }
done:
    nd_free(c->ctx, j.f);
    cli_point_free(c, &j.point);
    return status == ND_OK ? CLI_DONE : cli_fail(c, status);
}

static const cli_example examples[] = {
    {"errors, confusion table, AUC; predictions to a file",
     "nadir predict wdbc.model.json data/wdbc.csv -o predictions.csv"},
    {"with probabilities",
     "nadir predict small.model.json data/wdbc.csv --prob -o predictions.csv"},
    {"predictions only", "nadir predict wdbc.model.json data/wdbc.csv --quiet"},
    {NULL, NULL},
};

const cli_command cli_predict = {
    .name = "predict",
    .operands = "MODEL DATA",
    .least = 2,
    .most = 2,
    .summary = "predict the labels of DATA; error table when labels are there",
    .details = "Writes one CSV row a sample (sample, predicted, output; label and margin when DATA "
               "has labels; probability with --prob) to FILE of -o, else to stdout. The summary "
               "goes to the other place: stdout with -o, stderr without. DATA are labelled and "
               "scaled by the rules stored in the model; labels may be missing.",
    .options = "output prob label positive unlabelled format threads json quiet",
    .example = examples,
    .run = run,
};
