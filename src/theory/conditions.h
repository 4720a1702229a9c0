/* What the evaluators of the conditions look at. */
#ifndef ND_THEORY_CONDITIONS_H
#define ND_THEORY_CONDITIONS_H

#include <nadir/theory.h>

/* The proofs about the data, each made at most once; [bias]. */
typedef struct {
    bool counted;
    nd_duplicates duplicates;
    nd_separation *separation[2];
    nd_subspaces *subspaces[2];
} nd_data_proofs;

/* One choice of f_S.  The conditions found so far are in r. */
typedef struct nd_subject {
    nd_ctx *ctx;
    const nd_problem *pb;
    double limit;          /* seconds for each proof about the data ... */
    double until;          /* ... that ends before nd_seconds() is this */
    const nd_term *fs;     /* NULL: the net has none                          */
    const nd_layer *layer; /* that of f_S; else the last of the first term that
                              has one, so that its neurons can be told; or NULL */
    nd_data_proofs *proofs;
    nd_theory *r;
} nd_subject;

typedef nd_status nd_evaluate(nd_subject *s, nd_condition *c);

nd_evaluate nd_eval_shortcut, nd_eval_linear_term, nd_eval_biases,
    nd_eval_output_bias; /* _model.c */
nd_evaluate nd_eval_increasing, nd_eval_convex, nd_eval_analytic, nd_eval_not_polynomial;
nd_evaluate nd_eval_neuron_c1, nd_eval_neuron_c2;
nd_evaluate nd_eval_surrogate, nd_eval_hinge_tail, nd_eval_lipschitz, nd_eval_loss_c2;
nd_evaluate nd_eval_no_ridge, nd_eval_penalty;
nd_evaluate nd_eval_consistent, nd_eval_separable; /* _data.c */
nd_evaluate nd_eval_subspace_plus, nd_eval_subspace_minus, nd_eval_neurons;
nd_evaluate nd_eval_idle, nd_eval_count_plus, nd_eval_count_minus; /* _point.c */
nd_evaluate nd_eval_active_plus, nd_eval_active_minus;

/* Evaluates condition id of s->r unless that has been done. */
nd_status nd_condition_look(nd_subject *s, nd_condition_id id);

/* c := truth with the measured value. */
void nd_condition_set(nd_condition *c, nd_truth truth, const char *fmt, ...) ND_PRINTF(3, 4);

/* What is left for a proof: seconds >= 0. */
double nd_subject_limit(const nd_subject *s);

/* Single-layer, not residual: may play f_S. */
bool nd_term_shallow(const nd_term *t);
/* x~ = (x, 1)?  Without f_S (a linear term) the output bias is the 1. */
bool nd_subject_bias(const nd_subject *s);

#endif
