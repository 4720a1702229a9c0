/* nadir/theory.h - what the theorems need to know about data and points. */
#ifndef NADIR_THEORY_H
#define NADIR_THEORY_H

#include <nadir/model.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- duplicates ---------------------------------------------------------------- */

typedef struct {
    size_t distinct;      /* distinct feature vectors                          */
    size_t duplicates;    /* n - distinct                                      */
    size_t contradictory; /* feature vectors that carry both labels            */
    size_t min_errors;    /* sum over them of the rarer label's count: no
                                 classifier makes fewer errors (exact)             */
} nd_duplicates;

/* Compares bits after -0 -> +0.  Needs labels. */
nd_status nd_duplicates_count(nd_ctx *ctx, const nd_table *t, nd_duplicates *out);

/* ---- the potential  G(w, b) = sum_i c_i s(w.x_i + b)  (theory.md, 0 and 2) ------ */

/* *G, and unless NULL gw (d) and *gb: its gradient. */
nd_status nd_potential(nd_ctx *ctx, const nd_table *t, const nd_act *act, const double *c,
                       const double *w, double b, double *G, double *gw, double *gb);

typedef struct {
    long starts; /* sample-informed starts                            */
    long polish; /* L-BFGS iterations on each of the best             */
    double norm; /* |(w,b)| is kept within this times the scale at
                                 which preactivations over the data have unit spread */
    uint64_t seed, trial;
} nd_potential_settings;

extern const nd_setting nd_potential_table[];
void nd_potential_init(nd_potential_settings *s);

/* The neuron with the largest |G| that the search finds: w (d entries), *b, *G.
 * A lower bound of max |G|, never proof that there is no larger one. */
nd_status nd_potential_search(nd_ctx *ctx, const nd_table *t, const nd_act *act, const double *c,
                              const nd_potential_settings *s, double *w, double *b, double *G);

#ifdef __cplusplus
}
#endif
#endif
