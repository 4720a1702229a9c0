/* The table of conditions: what the theorems of docs/theory.md rest on, why each one is
 * there, and who evaluates it. */
#include "theory/conditions.h"

#include <stdarg.h>
#include <stdio.h>

#define ROW(id_, name_, eval_, title_, formula_, example_, without_)                               \
    [ND_NEEDS_##id_] = {.id = ND_NEEDS_##id_,                                                      \
                        .name = (name_),                                                           \
                        .title = (title_),                                                         \
                        .formula = (formula_),                                                     \
                        .example = (example_),                                                     \
                        .without = (without_),                                                     \
                        .evaluate = nd_eval_##eval_}

static const nd_condition_kind kinds[ND_CONDITIONS] = {
    ROW(SHORTCUT, "shortcut", shortcut, "single-layer part",
        "f = f_S + f_D, f_S(x) = a_0 + sum_j a_j s(w_j.x + b_j), M >= 1", "no-shortcut",
        "a deep net alone can have a strict bad minimum on separable data"),
    ROW(LINEAR_TERM, "linear-term", linear_term, "linear part", "the net has a term w.x", "",
        "only a linear part makes critical points enough, without second order"),
    ROW(BIASES, "biases", biases, "neurons with biases", "s(w_j.x + b_j)", "no-bias",
        "sum_i c_i f(x_i) can vanish identically, at any width"),
    ROW(INCREASING, "increasing", increasing, "neurons increasing", "s' > 0", "dead-relu",
        "neurons can die: L is flat around them, and even functions cannot tell x from -x"),
    ROW(CONVEX, "convex", convex, "neurons strictly convex", "s'' > 0", "linear-leaky, not-convex",
        "where s is affine the net is a linear classifier and gets stuck as one"),
    ROW(ANALYTIC, "analytic", analytic, "neurons analytic", "s is real analytic", "dead-relu",
        "G can vanish around (w_j, b_j) without vanishing elsewhere"),
    ROW(NOT_POLYNOMIAL, "not-polynomial", not_polynomial, "neurons no polynomials",
        "s is not a polynomial", "polynomial",
        "nets of every width are polynomials of one degree, which cannot fit all data"),
    ROW(NEURON_C1, "neuron-c1", neuron_c1, "neurons C^1", "s is C^1", "dead-relu",
        "L has kinks, and local minima sit on them"),
    ROW(NEURON_C2, "neuron-c2", neuron_c2, "neurons C^2", "s is C^2", "dead-relu, linear-leaky",
        "second-order points need second derivatives"),
    ROW(SURROGATE, "surrogate", surrogate, "(S) loss above the 0-1 loss",
        "l >= 0 and l(z) >= 1 for z >= 0", "",
        "L does not bound the training error; no theorem rests on it"),
    ROW(HINGE_TAIL, "hinge-tail", hinge_tail, "(T) loss with a hinge tail",
        "l is C^1, l' >= 0, l'(z) = 0 exactly when z <= -z0, z0 > 0", "square-loss",
        "samples that are right still pull, some even towards the wrong side"),
    ROW(LOSS_LIPSCHITZ, "loss-lipschitz", lipschitz, "slope of the loss Lipschitz",
        "l' is locally Lipschitz", "", "the proof needs it; no counterexample is known"),
    ROW(LOSS_C2, "loss-c2", loss_c2, "(T2) loss C^2", "l is C^2", "",
        "second-order points need second derivatives; local minima do with less"),
    ROW(OUTPUT_BIAS, "output-bias", output_bias, "output bias", "f contains a_0", "",
        "the two classes need not balance: sum_i l'_i y_i = 0 is lost"),
    ROW(NO_RIDGE, "no-ridge", no_ridge, "no ridge", "lambda = 0", "",
        "every minimum moves; with a large lambda only f = const is left"),
    ROW(PENALTY, "penalty", penalty, "penalty on one output weight",
        "L + (mu/2) a^2 for one exponential neuron, nothing on the rest", "",
        "this program has no penalty on a single parameter"),
    ROW(CONSISTENT, "consistent", consistent, "consistent data", "no x_i = x_k with y_i != y_k", "",
        "every classifier errs on equal samples that carry both labels"),
    ROW(SEPARABLE, "separable", separable, "linearly separable",
        "some (u, v) has y_i (u.x_i + v) > 0 for all i", "between",
        "a sample between two of the other class can be given up for good"),
    ROW(SUBSPACE_PLUS, "subspace-plus", subspace_plus, "class + off the span of class -",
        "no x~_i of class + lies in U- = span{x~_i : class -}", "between",
        "a sample between two of the other class can be given up for good"),
    ROW(SUBSPACE_MINUS, "subspace-minus", subspace_minus, "class - off the span of class +",
        "no x~_i of class - lies in U+ = span{x~_i : class +}", "between",
        "a sample between two of the other class can be given up for good"),
    ROW(NEURONS, "neurons", neurons, "enough neurons",
        "M >= K+ + K- - 1, K = distinct samples - rank off the other class + 1",
        "few-neurons, few-neurons-strict", "too few neurons to move the outputs independently"),
    ROW(IDLE, "idle-neuron", idle, "an idle neuron", "some a_j = 0 at the point", "few-neurons",
        "nothing in the net is free to look for G(w, b) != 0"),
    ROW(COUNT_PLUS, "count-plus", count_plus, "enough rising neurons", "M+ >= K+ at the point",
        "between", "too few neurons with a_j > 0 to move class + by itself"),
    ROW(COUNT_MINUS, "count-minus", count_minus, "enough falling neurons", "M- >= K- at the point",
        "between", "too few neurons with a_j < 0 to move class - by itself"),
    ROW(ACTIVE_PLUS, "active-plus", active_plus, "enough rising neurons for what is active",
        "M+ r >= |A|, r >= 1; A: distinct active samples of class +, r: their rank off the active "
        "ones of class -",
        "between", "too few neurons with a_j > 0 to move the active class + by itself"),
    ROW(ACTIVE_MINUS, "active-minus", active_minus, "enough falling neurons for what is active",
        "M- r >= |A|, r >= 1; A: distinct active samples of class -, r: their rank off the active "
        "ones of class +",
        "between", "too few neurons with a_j < 0 to move the active class - by itself"),
};

const nd_condition_kind *nd_condition_table(size_t *rows)
{
    *rows = ND_CONDITIONS;
    return kinds;
}

nd_status nd_condition_look(nd_subject *s, nd_condition_id id)
{
    nd_condition *c = &s->r->condition[id];

    if (c->looked) return ND_OK;
    nd_status status = kinds[id].evaluate(s, c);
    if (status == ND_OK) c->looked = true;
    return status;
}

void nd_condition_set(nd_condition *c, nd_truth truth, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    vsnprintf(c->value, sizeof c->value, fmt, args);
    va_end(args);
    c->truth = truth;
}
