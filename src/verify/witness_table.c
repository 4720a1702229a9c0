/* Which activation and loss has which property, and which theorem needs which condition.
 *
 * Written from the formulas of docs/certificate-format.md (sections 3, 4) and the
 * statements of docs/theory.md:  s' > 0 for softplus, squareplus, exp, elu, sigmoid, tanh,
 * arctan, leakyrelu (where s' exists);  s'(z) = 0 or < 0 somewhere for square (z < 0), relu
 * (z < 0), gelu (z = -2), silu (z = -2).  s'' > 0: softplus e^z/(1+e^z)^2, squareplus
 * 2/(z^2+4)^(3/2), exp, square.  (T), l' = 0 exactly for z <= -1: polyhinge q u^(q-1),
 * smoothhinge 2u^2(3 - 2u) up to u = 1, then 2. */
#include "verify/witness.h"
#include <string.h>

enum {
    SHORTCUT,
    LINEAR_TERM,
    BIASES,
    INCREASING,
    CONVEX,
    ANALYTIC,
    NOT_POLYNOMIAL,
    NEURON_C1,
    NEURON_C2,
    SURROGATE,
    HINGE_TAIL,
    LOSS_LIPSCHITZ,
    LOSS_C2,
    OUTPUT_BIAS,
    NO_RIDGE,
    PENALTY
};

static const char *const names[NV_CONDITIONS] = {
    "shortcut",       "linear-term",    "biases",    "increasing",  "convex",     "analytic",
    "not-polynomial", "neuron-c1",      "neuron-c2", "surrogate",   "hinge-tail", "loss-lipschitz",
    "loss-c2",        "output-bias",    "no-ridge",  "penalty",     "consistent", "separable",
    "subspace-plus",  "subspace-minus", "neurons",   "idle-neuron", "count-plus", "count-minus",
    "active-plus",    "active-minus"};

int nv_condition(const char *name)
{
    for (int k = 0; k < NV_CONDITIONS; k++)
        if (!strcmp(name, names[k])) return k;
    return -1;
}

const char *nv_condition_name(int condition)
{
    return names[condition];
}

/* ---- neurons and losses ---------------------------------------------------------- */

static const struct {
    const char *name;
    bool increasing, convex, analytic, polynomial;
    int smooth; /* s in C^smooth; 2: or more */
} neuron[] = {
    {"softplus", true, true, true, false, 2}, {"squareplus", true, true, true, false, 2},
    {"exp", true, true, true, false, 2},      {"elu", true, false, false, false, 1},
    {"square", false, true, true, true, 2},   {"sigmoid", true, false, true, false, 2},
    {"tanh", true, false, true, false, 2},    {"arctan", true, false, true, false, 2},
    {"relu", false, false, false, false, 0},  {"leakyrelu", true, false, false, false, 0},
    {"gelu", false, false, true, false, 2},   {"silu", false, false, true, false, 2},
};

static nd_truth holds(bool b)
{
    return b ? ND_PROVED : ND_REFUTED;
}

static const char *activation_name(nv_jet jet)
{
    const nv_function *a = nv_activations;

    while (a->name && a->jet != jet) a++;
    return a->name ? a->name : "";
}

bool nv_shallow(const nv_term *t)
{
    return t->depth == 1 && !t->layer[0].residual;
}

/* The neurons that are spoken of: those of f_S, else the last hidden layer that there is. */
static const nv_layer *neurons_of(const nv_net *net, slong term)
{
    if (term >= 0) return &net->term[term].layer[0];
    for (slong t = 0; t < net->terms; t++)
        if (net->term[t].depth > 0) return &net->term[t].layer[net->term[t].depth - 1];
    return NULL;
}

static void neuron_properties(const nv_layer *l, nd_truth *found)
{
    for (int k = BIASES; k <= NEURON_C2; k++) found[k] = l ? ND_UNKNOWN : ND_REFUTED;
    for (size_t k = 0; l && k < sizeof neuron / sizeof *neuron; k++) {
        if (strcmp(neuron[k].name, activation_name(l->jet)) != 0) continue;
        found[BIASES] = holds(l->bias);
        found[INCREASING] = holds(neuron[k].increasing);
        found[CONVEX] = holds(neuron[k].convex);
        found[ANALYTIC] = holds(neuron[k].analytic);
        found[NOT_POLYNOMIAL] = holds(!neuron[k].polynomial);
        found[NEURON_C1] = holds(neuron[k].smooth >= 1);
        found[NEURON_C2] = holds(neuron[k].smooth >= 2);
    }
}

static const struct {
    const char *name;
    bool surrogate, hinge_tail, lipschitz;
    int smooth_from; /* C^2 for exponents from here; 0: always */
} loss[] = {
    {"polyhinge", true, true, true, 3},   {"logistic", false, false, true, 0}, /* l(0) = log 2 */
    {"square", true, false, true, 0},     {"exponential", true, false, true, 0},
    {"smoothhinge", true, true, true, 0},
};

static void loss_properties(const char *spec, int q, nd_truth *found)
{
    for (int k = SURROGATE; k <= LOSS_C2; k++) found[k] = ND_UNKNOWN;
    for (size_t k = 0; k < sizeof loss / sizeof *loss; k++) {
        size_t n = strlen(loss[k].name);
        if (strncmp(spec, loss[k].name, n) != 0 || (spec[n] && spec[n] != ':')) continue;
        found[SURROGATE] = holds(loss[k].surrogate);
        found[HINGE_TAIL] = holds(loss[k].hinge_tail);
        found[LOSS_LIPSCHITZ] = holds(loss[k].lipschitz);
        found[LOSS_C2] = holds(q >= loss[k].smooth_from);
    }
}

void nv_properties(const nv_cert *c, slong term, nd_truth *found)
{
    bool linear = false;

    for (slong t = 0; t < c->net.terms; t++) linear = linear || c->net.term[t].depth == 0;
    found[SHORTCUT] = holds(term >= 0);
    found[LINEAR_TERM] = holds(linear);
    neuron_properties(neurons_of(&c->net, term), found);
    loss_properties(c->loss_spec, c->loss.q, found);
    found[OUTPUT_BIAS] = ND_PROVED;
    found[NO_RIDGE] = holds(c->l2 == 0);
    found[PENALTY] = ND_REFUTED; /* the format has none */
}

/* ---- theorems ------------------------------------------------------------------------ */

const nv_theorem nv_theorems[] = {
    {"1", true, " shortcut increasing neuron-c2 hinge-tail loss-c2 no-ridge separable "},
    {"1-local", true, " shortcut increasing neuron-c1 hinge-tail no-ridge separable "},
    {"corollary", true,
     " shortcut biases convex analytic not-polynomial hinge-tail loss-lipschitz output-bias "
     "no-ridge subspace-plus subspace-minus neurons "},
    {"linear", true, " linear-term hinge-tail output-bias no-ridge separable "},
    {"2", false, " shortcut biases analytic not-polynomial hinge-tail no-ridge consistent "},
    {"3i", false,
     " shortcut convex neuron-c2 hinge-tail loss-lipschitz output-bias no-ridge subspace-plus "},
    {"3ii", false,
     " shortcut convex neuron-c2 hinge-tail loss-lipschitz output-bias no-ridge subspace-minus "},
    {"3i-active", false, " shortcut convex neuron-c2 hinge-tail loss-lipschitz no-ridge "},
    {"3ii-active", false, " shortcut convex neuron-c2 hinge-tail loss-lipschitz no-ridge "},
    {"4", false, " penalty hinge-tail no-ridge consistent "},
    {NULL, false, NULL},
};

const nv_theorem *nv_theorem_find(const char *name)
{
    for (const nv_theorem *t = nv_theorems; t->name; t++)
        if (!strcmp(t->name, name)) return t;
    return NULL;
}

nd_truth nv_theorem_truth(const nv_theorem *t, const nd_truth *found)
{
    nd_truth all = ND_PROVED;
    char word[32];

    for (int k = 0; k < NV_CONDITIONS; k++) {
        word[0] = ' ';
        strcpy(word + 1, names[k]);
        strcat(word, " ");
        if (!strstr(t->needs, word)) continue;
        if (found[k] == ND_REFUTED) return ND_REFUTED;
        if (found[k] == ND_UNKNOWN) all = ND_UNKNOWN;
    }
    return all;
}
