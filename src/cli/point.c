/* A model together with data: read, label and scale by the model's rules. */
#include "cli/cli.h"

#include <string.h>

nd_status cli_weigh(nd_ctx *ctx, nd_table *t, double weight_pos)
{
    if (weight_pos == 1.0 || !t->y) return ND_OK;
    if (!t->weight) {
        t->weight = ND_NEW(ctx, double, t->n);
        if (!t->weight) return ND_EMEM;
        for (size_t i = 0; i < t->n; i++) t->weight[i] = 1.0;
    }
    for (size_t i = 0; i < t->n; i++)
        if (t->y[i] > 0) t->weight[i] *= weight_pos;
    return ND_OK;
}

/* The names of the columns must be those of training, in that order: the same columns
 * in another order would be used wrongly without a word. */
static nd_status check_features(nd_ctx *ctx, const nd_model *m, const nd_table *t)
{
    if (t->d != m->net->d)
        return nd_fail(ctx, ND_EDIM, "%s: %zu features found, the model expects %zu", t->source,
                       t->d, m->net->d);
    if (!t->feature || !m->feature) return ND_OK;
    for (size_t k = 0; k < t->d; k++)
        if (strcmp(t->feature[k], m->feature[k]) != 0)
            return nd_fail(ctx, ND_EINPUT, "%s: feature %zu is '%s', the model expects '%s' there",
                           t->source, k + 1, t->feature[k], m->feature[k]);
    return ND_OK;
}

/* A file without a header that has one column more than the model carries its labels
 * in the last, like the training data: text there fails the first reading, numbers
 * make a feature too many. */
static nd_status read_table(cli *c, const nd_model *m, nd_table **out)
{
    const char *source = c->args.operand[1];
    char last[32];
    const nd_read_options opt = {.label = c->args.label ? c->args.label : m->label_name,
                                 .positive = c->args.positive ? c->args.positive : m->positive,
                                 .format = c->args.format,
                                 .unlabelled = c->args.unlabelled,
                                 .label_optional = !c->args.label && !c->args.positive};
    nd_read_options again = opt;
    nd_status status = nd_table_read(c->ctx, source, &opt, out);
    bool fits = status == ND_OK && ((*out)->y || (*out)->d != m->net->d + 1);

    if (fits || (status != ND_OK && status != ND_EINPUT) || !opt.label_optional || opt.unlabelled)
        return status;
    if (status == ND_OK) nd_table_destroy(c->ctx, *out);
    *out = NULL;
    snprintf(last, sizeof last, "%zu", m->net->d + 1);
    again.label = last;
    if (nd_table_read(c->ctx, source, &again, out) == ND_OK) {
        if ((*out)->y) return ND_OK;
        nd_table_destroy(c->ctx, *out);
        *out = NULL;
    }
    return nd_table_read(c->ctx, source, &opt, out); /* for its message */
}

/* Is text[0..n) one of the comma-separated words of list? */
static bool listed(const char *list, const char *text, size_t n)
{
    for (;; list++) {
        size_t len = strcspn(list, ",");
        if (len == n && memcmp(list, text, n) == 0) return true;
        list += len;
        if (!*list) return false;
    }
}

/* A label that training never saw counts as -: a misspelt + would, too. */
static void warn_labels(const cli *c, const nd_model *m, const nd_table *t)
{
    if (c->args.positive || !t->y || !t->negative || !m->negative) return;
    for (const char *s = t->negative; *s; s += *s == ',') {
        size_t n = strcspn(s, ",");
        if (n > 0 && !listed(m->negative, s, n))
            cli_warn("%s: the label '%.*s' counts as -, but training never saw it", t->source,
                     (int)n, s);
        s += n;
    }
}

static nd_status no_labels(cli *c, const nd_table *t)
{
    return nd_fail(c->ctx, ND_EINPUT, "%s: no label column found, but %s needs labels (--label)",
                   t->source, c->command->name);
}

nd_status cli_point_load(cli *c, bool need_labels, cli_point *p)
{
    nd_status status;
    char sha[65];

    memset(p, 0, sizeof *p);
    ND_TRY(nd_model_load(c->ctx, c->args.operand[0], &p->model));
    ND_TRY(read_table(c, p->model, &p->table));
    ND_TRY(check_features(c->ctx, p->model, p->table));
    if (need_labels && !p->table->y) ND_TRY(no_labels(c, p->table));
    warn_labels(c, p->model, p->table);
    if (p->model->scaler) ND_TRY(nd_scaler_apply(c->ctx, p->model->scaler, p->table));
    if (p->table->y) {
        ND_TRY(nd_table_sha256(c->ctx, p->table, sha));
        p->same_data = p->model->data_sha256 && strcmp(sha, p->model->data_sha256) == 0;
        ND_TRY(cli_weigh(c->ctx, p->table, p->model->weight_pos));
        ND_TRY(nd_problem_make(c->ctx, p->model->net, p->table, p->model->loss, p->model->l2,
                               &p->problem));
    }
    return ND_OK;
done:
    cli_point_free(c, p);
    return status;
}

void cli_point_free(cli *c, cli_point *p)
{
    nd_table_destroy(c->ctx, p->table);
    nd_model_destroy(c->ctx, p->model);
    memset(p, 0, sizeof *p);
}
