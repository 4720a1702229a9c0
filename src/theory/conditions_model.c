/* Conditions on the net, its neurons, the loss and the ridge: all read off the tables of
 * src/model; where one fails the value says at which example. */
#include "theory/conditions.h"

#include <stdio.h>
#include <string.h>

static nd_truth truth_of(bool holds)
{
    return holds ? ND_PROVED : ND_REFUTED;
}

/* ---- architecture ---------------------------------------------------------------------- */

bool nd_term_shallow(const nd_term *t)
{
    return t->depth == 1 && !t->layer[0].residual;
}

bool nd_subject_bias(const nd_subject *s)
{
    return !s->fs || s->fs->layer[0].bias;
}

nd_status nd_eval_shortcut(nd_subject *s, nd_condition *c)
{
    if (s->fs)
        nd_condition_set(c, ND_PROVED, "%s, M = %zu", s->fs->layer[0].act->name, s->fs->out);
    else
        nd_condition_set(c, ND_REFUTED, "no term of %.100s has one layer", s->pb->net->spec);
    return ND_OK;
}

nd_status nd_eval_linear_term(nd_subject *s, nd_condition *c)
{
    const nd_net *net = s->pb->net;
    bool found = false;

    for (size_t k = 0; k < net->terms; k++) found = found || net->term[k].depth == 0;
    nd_condition_set(c, truth_of(found), found ? "a linear term" : "no linear term");
    return ND_OK;
}

static nd_status no_neurons(nd_condition *c)
{
    nd_condition_set(c, ND_REFUTED, "the net has no neurons");
    return ND_OK;
}

nd_status nd_eval_biases(nd_subject *s, nd_condition *c)
{
    if (!s->layer) return no_neurons(c);
    bool bias = s->layer->bias;
    nd_condition_set(c, truth_of(bias), bias ? "biases b_j" : "no biases (nobias)");
    return ND_OK;
}

nd_status nd_eval_output_bias(nd_subject *s, nd_condition *c)
{
    (void)s;
    nd_condition_set(c, ND_PROVED, "a_0");
    return ND_OK;
}

nd_status nd_eval_no_ridge(nd_subject *s, nd_condition *c)
{
    nd_condition_set(c, truth_of(s->pb->l2 == 0.0), "lambda = %.6g", s->pb->l2);
    return ND_OK;
}

nd_status nd_eval_penalty(nd_subject *s, nd_condition *c)
{
    (void)s;
    nd_condition_set(c, ND_REFUTED, "not a problem of this program");
    return ND_OK;
}

/* ---- neurons ------------------------------------------------------------------------------ */

/* The clause of why_not ("a; b; c") that contains word; all of it when none does. */
static void clause(const char *why, const char *word, char out[128])
{
    const char *at = strstr(why, word);
    size_t len = strlen(why);

    if (at) {
        while (at > why && at[-1] != ';') at--;
        while (*at == ' ') at++;
        len = strcspn(at, ";");
        why = at;
    }
    snprintf(out, 128, "%.*s", (int)(len < 120 ? len : 120), why);
}

static nd_status neuron(const nd_subject *s, nd_condition *c, bool holds, const char *word)
{
    char why[128];

    if (!s->layer) return no_neurons(c);
    const nd_act *act = s->layer->act;
    clause(act->why_not, word, why);
    if (holds || !*why)
        nd_condition_set(c, truth_of(holds), "%s = %s", act->name, act->formula);
    else
        nd_condition_set(c, ND_REFUTED, "%s: %s", act->name, why);
    return ND_OK;
}

/* The property of the row of the activation; false without neurons. */
#define HAS(s, property) ((s)->layer && (s)->layer->act->property)

nd_status nd_eval_increasing(nd_subject *s, nd_condition *c)
{
    return neuron(s, c, HAS(s, increasing), "increasing");
}

nd_status nd_eval_convex(nd_subject *s, nd_condition *c)
{
    return neuron(s, c, HAS(s, convex), "convex");
}

nd_status nd_eval_analytic(nd_subject *s, nd_condition *c)
{
    return neuron(s, c, HAS(s, analytic), "jumps");
}

nd_status nd_eval_not_polynomial(nd_subject *s, nd_condition *c)
{
    return neuron(s, c, s->layer && !s->layer->act->polynomial, "polynomial");
}

static nd_status neuron_smooth(const nd_subject *s, nd_condition *c, int order)
{
    return neuron(s, c, s->layer && s->layer->act->smooth >= order, "jumps");
}

nd_status nd_eval_neuron_c1(nd_subject *s, nd_condition *c)
{
    return neuron_smooth(s, c, 1);
}

nd_status nd_eval_neuron_c2(nd_subject *s, nd_condition *c)
{
    return neuron_smooth(s, c, 2);
}

/* ---- loss ------------------------------------------------------------------------------------ */

/* l^(k)(z). */
static double loss_at(nd_loss loss, int k, double z)
{
    double d[2] = {0, 0};

    loss.kind->jet(1, &z, loss.q, k, (double *const[]){&d[0], &d[1]});
    return d[k];
}

nd_status nd_eval_surrogate(nd_subject *s, nd_condition *c)
{
    nd_loss loss = s->pb->loss;

    nd_condition_set(c, truth_of(loss.kind->surrogate), "l(0) = %.4g", loss_at(loss, 0, 0.0));
    return ND_OK;
}

nd_status nd_eval_hinge_tail(nd_subject *s, nd_condition *c)
{
    nd_loss loss = s->pb->loss;

    if (loss.kind->hinge_tail)
        nd_condition_set(c, ND_PROVED, "l'(z) = 0 exactly for z <= -%.4g", loss.kind->z0);
    else
        nd_condition_set(c, ND_REFUTED, "%s: l'(-10) = %.3g", loss.kind->name,
                         loss_at(loss, 1, -10.0));
    return ND_OK;
}

/* The bound of |l''| is finite where l' is Lipschitz (it covers both sides of a kink). */
nd_status nd_eval_lipschitz(nd_subject *s, nd_condition *c)
{
    nd_loss loss = s->pb->loss;
    int k = loss.kind->smooth(loss.q);
    double bound = loss.kind->sup(2, loss.q, -100.0, 100.0);

    if (k >= 2)
        nd_condition_set(c, ND_PROVED, "l is C^2");
    else if (k == 1 && bound < 1e300)
        nd_condition_set(c, ND_PROVED, "|l'(z) - l'(z')| <= %.4g |z - z'| for |z|, |z'| <= 100",
                         bound);
    else
        nd_condition_set(c, k < 1 ? ND_REFUTED : ND_UNKNOWN, "l is C^%d", k);
    return ND_OK;
}

nd_status nd_eval_loss_c2(nd_subject *s, nd_condition *c)
{
    nd_loss loss = s->pb->loss;
    int k = loss.kind->smooth(loss.q);
    char spec[32];

    nd_loss_spec(loss, spec);
    if (k >= ND_SMOOTH_INF)
        nd_condition_set(c, ND_PROVED, "%s is C^inf", spec);
    else
        nd_condition_set(c, truth_of(k >= 2), "%s is C^%d", spec, k);
    return ND_OK;
}
