/* What the files of the theorems share. */
#ifndef ND_THEORY_THEOREMS_H
#define ND_THEORY_THEOREMS_H

#include "theory/conditions.h"

/* The rows of nd_theorem_table. */
enum {
    THEOREM_1,
    THEOREM_1_LOCAL,
    THEOREM_COROLLARY,
    THEOREM_LINEAR,
    THEOREM_2,
    THEOREM_3_PLUS,
    THEOREM_3_MINUS,
    THEOREM_ACTIVE_PLUS,
    THEOREM_ACTIVE_MINUS,
    THEOREM_4,
};

/* Truth, here and first of every theorem from the conditions that have been looked at. */
void nd_theorems_conclude(nd_theory *r);
/* Headline and consequence. */
void nd_theorems_say(nd_theory *r, size_t samples);

/* R(theta) <= *bound at every theta (theorems_bound.c), the least over the neurons of f_S
 * with a_j != 0; NaN when there is none or the data are not proved separable. */
nd_status nd_theorem_1_bound(nd_ctx *ctx, const nd_problem *pb, const double *theta,
                             const double *grad, const nd_theory *r, double *bound, size_t *neuron);

/* Deep networks (docs/theory.md, section 3): are the inputs of the last hidden layer of the
 * first deep term linearly separable, as computed? */
nd_status nd_deep_features(nd_ctx *ctx, const nd_problem *pb, const double *theta, double limit,
                           nd_theory_point *p);

/* Is the condition about a point? */
static inline bool nd_about_point(nd_condition_id id)
{
    return id >= ND_NEEDS_IDLE && id < ND_CONDITIONS;
}

#endif
