/* The lines and JSON objects about data, nets, losses and scores. */
#include "cli/cli.h"

#include <math.h>
#include <string.h>

const char *cli_scaling_text(const nd_scaler *s, const nd_table *t)
{
    switch (s ? s->kind : ND_SCALE_NONE) {
    case ND_SCALE_STANDARD:
        return t->row ? "scaled to unit mean square" : "standardised";
    case ND_SCALE_MINMAX:
        return t->row ? "scaled to [-1, 1]" : "scaled to [0, 1]";
    default:
        return "not scaled";
    }
}

void cli_say_data(cli *c, const nd_table *t, const char *scaling, const char *more)
{
    json_t *j = cli_section(c, "data");
    size_t pos = t->y ? nd_table_count(t, 1.0) : 0;
    char labels[256] = "no labels";

    if (t->y)
        snprintf(labels, sizeof labels, "%zu + (%.40s), %zu - (%.40s)", pos,
                 t->positive ? t->positive : "+1", t->n - pos, t->negative ? t->negative : "-1");
    cli_line(c, "data", "%s: %zu sample%s, %zu feature%s, %s%s%s%s", cli_base_name(t->source), t->n,
             nd_plural(t->n), t->d, nd_plural(t->d), labels, *scaling ? ", " : "", scaling, more);
    cli_put_text(c, j, "source", t->source);
    cli_put_count(c, j, "samples", t->n);
    cli_put_count(c, j, "features", t->d);
    cli_put_bool(c, j, "sparse", t->row != NULL);
    cli_put_bool(c, j, "labelled", t->y != NULL);
    cli_put_count(c, j, "positive", pos);
    cli_put_count(c, j, "negative", t->y ? t->n - pos : 0);
    cli_put_text(c, j, "positive_label", t->positive);
    cli_put_text(c, j, "negative_label", t->negative);
    cli_put_text(c, j, "label_column", t->label_name);
    cli_put_text(c, j, "note", t->note);
}

/* ---- networks ------------------------------------------------------------------------- */

/* What all activations of the net have in common; "" for a linear net. */
static void properties(const nd_net *net, char text[96])
{
    bool increasing = true, convex = true, analytic = true;
    int smooth = ND_SMOOTH_INF;

    text[0] = 0;
    if (net->units == 0) return;
    for (size_t k = 0; k < net->terms; k++)
        for (size_t l = 0; l < net->term[k].depth; l++) {
            const nd_act *act = net->term[k].layer[l].act;
            increasing = increasing && act->increasing;
            convex = convex && act->convex;
            analytic = analytic && act->analytic;
            if (act->smooth < smooth) smooth = act->smooth;
        }
    char regular[32] = "analytic";
    if (!analytic && smooth >= ND_SMOOTH_INF) snprintf(regular, sizeof regular, "smooth");
    if (!analytic && smooth < ND_SMOOTH_INF)
        snprintf(regular, sizeof regular, smooth < 0 ? "discontinuous" : "C^%d", smooth);
    snprintf(text, 96, "; neurons %s%s%s", increasing ? "increasing, " : "",
             convex ? "strictly convex, " : "", regular);
}

void cli_say_net(cli *c, const nd_net *net)
{
    json_t *j = cli_section(c, "net");
    char text[96];

    properties(net, text);
    cli_line(c, "net", "%s: %zu parameter%s%s", net->spec, net->P, nd_plural(net->P), text);
    cli_put_text(c, j, "spec", net->spec);
    cli_put_count(c, j, "parameters", net->P);
    cli_put_count(c, j, "neurons", net->units);
}

void cli_say_loss(cli *c, nd_loss loss, double l2, double weight_pos)
{
    json_t *j = cli_section(c, "loss");
    char spec[32], smooth[32] = "C^inf", ridge[64] = "", weight[64] = "";
    int k = loss.kind->smooth(loss.q);

    nd_loss_spec(loss, spec);
    if (k < ND_SMOOTH_INF) snprintf(smooth, sizeof smooth, "C^%d", k);
    if (l2 > 0) snprintf(ridge, sizeof ridge, "; ridge %.6g", l2);
    if (weight_pos != 1.0) snprintf(weight, sizeof weight, "; positives weigh %.6g", weight_pos);
    cli_line(c, "loss", "%s: %s%s%s%s", spec, loss.kind->hinge_tail ? "smooth hinge, " : "", smooth,
             ridge, weight);
    cli_put_text(c, j, "spec", spec);
    cli_put_real(c, j, "l2", l2);
    cli_put_real(c, j, "weight_pos", weight_pos);
}

/* ---- theory ----------------------------------------------------------------------------- */

#define THEORY_SECONDS 0.5 /* for its proofs; 'nadir check' takes its time */

nd_status cli_say_theory(cli *c, const nd_problem *pb, double limit)
{
    char headline[256], consequence[256];
    nd_status status =
        nd_theory_line(c->ctx, pb, fmin(limit, THEORY_SECONDS), headline, consequence);

    if (status != ND_OK) return status;
    cli_line(c, "theory", "%s", headline);
    cli_line(c, "", "=> %s", consequence);
    json_t *j = cli_section(c, "theory");
    cli_put_text(c, j, "headline", headline);
    cli_put_text(c, j, "consequence", consequence);
    return ND_OK;
}

/* ---- scores ----------------------------------------------------------------------------- */

json_t *cli_score_json(cli *c, const nd_score *s)
{
    json_t *j = json_object();

    if (!j) c->no_memory = true;
    cli_put_count(c, j, "samples", s->n);
    cli_put_count(c, j, "errors", s->fp + s->fn);
    cli_put_count(c, j, "true_positive", s->tp);
    cli_put_count(c, j, "true_negative", s->tn);
    cli_put_count(c, j, "false_positive", s->fp);
    cli_put_count(c, j, "false_negative", s->fn);
    cli_put_real(c, j, "auc", s->auc);
    return j;
}

void cli_say_score(cli *c, const char *label, const char *key, const nd_score *s)
{
    char auc[40] = "";
    size_t wrong = s->fp + s->fn;

    if (!isnan(s->auc)) snprintf(auc, sizeof auc, ", AUC %.4f", s->auc);
    cli_line(c, label, "%zu error%s in %zu (%.2f %%)%s", wrong, nd_plural(wrong), s->n,
             100.0 * (double)wrong / (double)(s->n ? s->n : 1), auc);
    if (c->json) cli_put(c, c->json, key, cli_score_json(c, s));
}
