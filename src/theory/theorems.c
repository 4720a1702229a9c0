/* The theorems as a table, and the engine that says which one applies.
 *
 * Statements and proofs: docs/theory.md.  Every theorem says the same of the points it
 * covers: l'_i = 0 for all i.  l is then at its infimum at every sample, so the point is
 * a global minimum, and by z0 > 0 every margin is positive: no training errors. */
#include "theory/theorems.h"

#include <math.h>

#include "base/memory.h"

#define NEEDS(...) ((const nd_condition_id[]){__VA_ARGS__, ND_CONDITIONS})

static const nd_theorem_kind kinds[ND_THEOREMS] = {
    [THEOREM_1] = {.name = "1",
                   .title = "Theorem 1",
                   .covers = "every second-order point",
                   .all = true,
                   .because = "linearly separable",
                   .measure = ND_NEEDS_SEPARABLE,
                   .needs = NEEDS(ND_NEEDS_SHORTCUT, ND_NEEDS_INCREASING, ND_NEEDS_NEURON_C2,
                                  ND_NEEDS_HINGE_TAIL, ND_NEEDS_LOSS_C2, ND_NEEDS_NO_RIDGE,
                                  ND_NEEDS_SEPARABLE)},
    [THEOREM_1_LOCAL] = {.name = "1-local",
                         .title = "Theorem 1 for local minima",
                         .covers = "every local minimum",
                         .all = true,
                         .because = "linearly separable",
                         .measure = ND_NEEDS_SEPARABLE,
                         .needs =
                             NEEDS(ND_NEEDS_SHORTCUT, ND_NEEDS_INCREASING, ND_NEEDS_NEURON_C1,
                                   ND_NEEDS_HINGE_TAIL, ND_NEEDS_NO_RIDGE, ND_NEEDS_SEPARABLE)},
    [THEOREM_COROLLARY] = {.name = "corollary",
                           .title = "Corollary of Theorems 2 and 3",
                           .covers = "every local minimum",
                           .all = true,
                           .because = "classes off each other's span",
                           .measure = ND_NEEDS_NEURONS,
                           .needs = NEEDS(
                               ND_NEEDS_SHORTCUT, ND_NEEDS_BIASES, ND_NEEDS_CONVEX,
                               ND_NEEDS_ANALYTIC, ND_NEEDS_NOT_POLYNOMIAL, ND_NEEDS_HINGE_TAIL,
                               ND_NEEDS_LOSS_LIPSCHITZ, ND_NEEDS_OUTPUT_BIAS, ND_NEEDS_NO_RIDGE,
                               ND_NEEDS_SUBSPACE_PLUS, ND_NEEDS_SUBSPACE_MINUS, ND_NEEDS_NEURONS)},
    [THEOREM_LINEAR] = {.name = "linear",
                        .title = "Proposition on linear parts",
                        .covers = "every critical point",
                        .all = true,
                        .because = "linearly separable",
                        .measure = ND_NEEDS_SEPARABLE,
                        .needs =
                            NEEDS(ND_NEEDS_LINEAR_TERM, ND_NEEDS_HINGE_TAIL, ND_NEEDS_OUTPUT_BIAS,
                                  ND_NEEDS_NO_RIDGE, ND_NEEDS_SEPARABLE)},
    [THEOREM_2] = {.name = "2",
                   .title = "Theorem 2",
                   .covers = "every local minimum with an idle neuron (a_j = 0)",
                   .because = "consistent data",
                   .measure = ND_NEEDS_CONSISTENT,
                   .needs = NEEDS(ND_NEEDS_SHORTCUT, ND_NEEDS_BIASES, ND_NEEDS_ANALYTIC,
                                  ND_NEEDS_NOT_POLYNOMIAL, ND_NEEDS_HINGE_TAIL, ND_NEEDS_NO_RIDGE,
                                  ND_NEEDS_CONSISTENT, ND_NEEDS_IDLE)},
    [THEOREM_3_PLUS] = {.name = "3i",
                        .title = "Theorem 3 (i)",
                        .covers = "every local minimum with M+ >= K+ weights a_j > 0",
                        .because = "class + off the span of class -",
                        .measure = ND_NEEDS_SUBSPACE_PLUS,
                        .needs = NEEDS(ND_NEEDS_SHORTCUT, ND_NEEDS_CONVEX, ND_NEEDS_NEURON_C2,
                                       ND_NEEDS_HINGE_TAIL, ND_NEEDS_LOSS_LIPSCHITZ,
                                       ND_NEEDS_OUTPUT_BIAS, ND_NEEDS_NO_RIDGE,
                                       ND_NEEDS_SUBSPACE_PLUS, ND_NEEDS_COUNT_PLUS)},
    [THEOREM_3_MINUS] = {.name = "3ii",
                         .title = "Theorem 3 (ii)",
                         .covers = "every local minimum with M- >= K- weights a_j < 0",
                         .because = "class - off the span of class +",
                         .measure = ND_NEEDS_SUBSPACE_MINUS,
                         .needs = NEEDS(ND_NEEDS_SHORTCUT, ND_NEEDS_CONVEX, ND_NEEDS_NEURON_C2,
                                        ND_NEEDS_HINGE_TAIL, ND_NEEDS_LOSS_LIPSCHITZ,
                                        ND_NEEDS_OUTPUT_BIAS, ND_NEEDS_NO_RIDGE,
                                        ND_NEEDS_SUBSPACE_MINUS, ND_NEEDS_COUNT_MINUS)},
    [THEOREM_ACTIVE_PLUS] = {.name = "3i-active",
                             .title = "Theorem 3 (i) with active samples",
                             .covers = "every local minimum with M+ r >= |A|, r >= 1, of class +",
                             .because = "neurons strictly convex",
                             .measure = ND_NEEDS_CONVEX,
                             .needs = NEEDS(ND_NEEDS_SHORTCUT, ND_NEEDS_CONVEX, ND_NEEDS_NEURON_C2,
                                            ND_NEEDS_HINGE_TAIL, ND_NEEDS_LOSS_LIPSCHITZ,
                                            ND_NEEDS_NO_RIDGE, ND_NEEDS_ACTIVE_PLUS)},
    [THEOREM_ACTIVE_MINUS] = {.name = "3ii-active",
                              .title = "Theorem 3 (ii) with active samples",
                              .covers = "every local minimum with M- r >= |A|, r >= 1, of class -",
                              .because = "neurons strictly convex",
                              .measure = ND_NEEDS_CONVEX,
                              .needs = NEEDS(ND_NEEDS_SHORTCUT, ND_NEEDS_CONVEX, ND_NEEDS_NEURON_C2,
                                             ND_NEEDS_HINGE_TAIL, ND_NEEDS_LOSS_LIPSCHITZ,
                                             ND_NEEDS_NO_RIDGE, ND_NEEDS_ACTIVE_MINUS)},
    [THEOREM_4] = {.name = "4",
                   .title = "Theorem 4",
                   .covers = "every local minimum of the penalised loss",
                   .because = "one exponential neuron with a penalty",
                   .measure = ND_NEEDS_CONSISTENT,
                   .needs = NEEDS(ND_NEEDS_PENALTY, ND_NEEDS_HINGE_TAIL, ND_NEEDS_NO_RIDGE,
                                  ND_NEEDS_CONSISTENT)},
};

const nd_theorem_kind *nd_theorem_table(size_t *rows)
{
    *rows = ND_THEOREMS;
    return kinds;
}

/* ---- from conditions to theorems ------------------------------------------------------------ */

/* a and b. */
static nd_truth both(nd_truth a, nd_truth b)
{
    if (a == ND_REFUTED || b == ND_REFUTED) return ND_REFUTED;
    return a == ND_PROVED && b == ND_PROVED ? ND_PROVED : ND_UNKNOWN;
}

static void conclude(const nd_theory *r, nd_theorem *t)
{
    t->truth = t->here = ND_PROVED;
    t->first = ND_CONDITIONS;
    for (const nd_condition_id *id = t->kind->needs; *id != ND_CONDITIONS; id++) {
        nd_truth truth = r->condition[*id].truth;
        t->here = both(t->here, truth);
        if (nd_about_point(*id)) continue;
        if (truth != ND_PROVED &&
            (t->truth == ND_PROVED || (t->truth == ND_UNKNOWN && truth == ND_REFUTED)))
            t->first = *id;
        t->truth = both(t->truth, truth);
    }
    if (!r->point.given && t->here == ND_PROVED) t->here = ND_UNKNOWN;
}

/* How far from r is the theorem?  Nobody who has no linear part misses one. */
static size_t distance(const nd_theory *r, const nd_theorem_kind *kind)
{
    size_t count = 0;

    for (const nd_condition_id *id = kind->needs; *id != ND_CONDITIONS; id++)
        if (r->condition[*id].truth == ND_REFUTED)
            count += *id == ND_NEEDS_LINEAR_TERM ? ND_CONDITIONS : 1;
    return count;
}

void nd_theorems_conclude(nd_theory *r)
{
    size_t fewest = SIZE_MAX;

    r->truth = ND_REFUTED;
    r->applies = ND_THEOREMS;
    for (size_t k = 0; k < ND_THEOREMS; k++) {
        nd_theorem *t = &r->theorem[k];
        t->kind = &kinds[k];
        conclude(r, t);
        if (!t->kind->all) continue;
        size_t count = distance(r, t->kind);
        bool mends = k == THEOREM_COROLLARY && t->first == ND_NEEDS_NEURONS;
        if (count < fewest || (count == fewest && mends)) { /* more neurons are easily had */
            fewest = count;
            r->nearest = k;
        }
        if (t->truth == ND_PROVED && r->truth != ND_PROVED) {
            r->truth = ND_PROVED;
            r->applies = k;
        } else if (t->truth == ND_UNKNOWN && r->truth == ND_REFUTED) {
            r->truth = ND_UNKNOWN;
        }
    }
}

/* ---- the engine ----------------------------------------------------------------------------------- */

static nd_status look_at_all(nd_subject *s)
{
    nd_status status = ND_OK;

    for (size_t k = 0; k < ND_CONDITIONS && status == ND_OK; k++)
        status = nd_condition_look(s, (nd_condition_id)k);
    return status;
}

/* Only what decides: a theorem is given up at its first failing condition, and the
 * search ends with the first theorem that holds. */
static nd_status look_briefly(nd_subject *s)
{
    nd_status status = ND_OK;

    for (size_t k = 0; k < ND_THEOREMS && status == ND_OK; k++) {
        nd_truth truth = ND_PROVED;
        const nd_condition_id *id = kinds[k].needs;
        if (!kinds[k].all) continue;
        for (; *id != ND_CONDITIONS && truth != ND_REFUTED && status == ND_OK; id++) {
            status = nd_condition_look(s, *id);
            truth = both(truth, s->r->condition[*id].truth);
        }
        if (truth == ND_PROVED) break;
    }
    return status;
}

/* The report for one choice of f_S. */
static nd_status examine(nd_subject *s, bool brief)
{
    nd_theory *r = s->r;

    for (size_t k = 0; k < ND_CONDITIONS; k++) {
        size_t rows;
        r->condition[k] = (nd_condition){.kind = &nd_condition_table(&rows)[k]};
    }
    for (int k = 0; k < 3; k++) r->need[k] = SIZE_MAX;
    r->neurons = s->fs ? s->fs->out : 0;
    nd_status status = brief ? look_briefly(s) : look_at_all(s);
    if (status == ND_OK) nd_theorems_conclude(r);
    return status;
}

static int rank(nd_truth t)
{
    return t == ND_PROVED ? 2 : t == ND_UNKNOWN ? 1 : 0;
}

/* Does f_S of a say more than that of b?  Then by what all theorems say together. */
static bool better(const nd_theory *a, const nd_theory *b)
{
    int sum = 0;

    if (a->truth != b->truth) return rank(a->truth) > rank(b->truth);
    if (a->applies != b->applies) return a->applies < b->applies;
    for (size_t k = 0; k < ND_THEOREMS; k++)
        sum += rank(a->theorem[k].truth) - rank(b->theorem[k].truth);
    return sum > 0;
}

static void proofs_free(nd_ctx *ctx, nd_data_proofs *p, const nd_theory *keep)
{
    for (int b = 0; b < 2; b++) {
        if (!keep || p->separation[b] != keep->separation)
            nd_separation_destroy(ctx, p->separation[b]);
        if (!keep || p->subspaces[b] != keep->subspaces) nd_subspaces_destroy(ctx, p->subspaces[b]);
    }
}

static const nd_layer *neurons_of(const nd_net *net, const nd_term *fs)
{
    if (fs) return &fs->layer[0];
    for (size_t k = 0; k < net->terms; k++)
        if (net->term[k].depth > 0) return &net->term[k].layer[net->term[k].depth - 1];
    return NULL;
}

/* Every single-layer term may play f_S; the one that proves most does.  Without one the
 * linear part is still looked at. */
static nd_status examine_terms(nd_ctx *ctx, const nd_problem *pb, double limit, bool brief,
                               nd_data_proofs *proofs, nd_theory *best)
{
    const nd_net *net = pb->net;
    double until = brief ? nd_seconds() + limit : INFINITY;
    bool first = true;

    for (size_t k = 0; k <= net->terms; k++) {
        nd_theory r = {.term = k, .point.theorem = ND_THEOREMS, .point.deep_term = net->terms};
        const nd_term *fs = k < net->terms ? &net->term[k] : NULL;
        nd_subject s = {ctx, pb, limit, until, fs, neurons_of(net, fs), proofs, &r};
        if (fs ? !nd_term_shallow(fs) : !first) continue;
        nd_status status = examine(&s, brief);
        if (status != ND_OK) return status;
        if (first || better(&r, best)) *best = r;
        first = false;
    }
    return ND_OK;
}

nd_status nd_theory_check(nd_ctx *ctx, const nd_problem *pb, double limit, bool brief,
                          nd_theory **out)
{
    double start = nd_seconds();
    nd_data_proofs proofs = {0};
    nd_theory *r = ND_NEW0(ctx, nd_theory, 1);

    if (!r) return ND_EMEM;
    nd_status status = examine_terms(ctx, pb, limit, brief, &proofs, r);
    proofs_free(ctx, &proofs, status == ND_OK ? r : NULL);
    if (status != ND_OK) {
        nd_free(ctx, r);
        return status;
    }
    nd_theorems_say(r, pb->data->n);
    r->seconds = nd_seconds() - start;
    *out = r;
    return ND_OK;
}

void nd_theory_destroy(nd_ctx *ctx, nd_theory *t)
{
    if (!t) return;
    nd_separation_destroy(ctx, t->separation);
    nd_subspaces_destroy(ctx, t->subspaces);
    nd_free(ctx, t->point.w);
    nd_free(ctx, t);
}
