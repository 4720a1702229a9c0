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

/* How good a new neuron is.  With output weight a and the output bias free, the
 * quadratic model of the loss changes by
 *     a G~ + a^2 K / 2,    G~ = sum_i c_i (s_i - m),  K = sum_i h_i (s_i - m)^2,
 * m = sum_i h_i s_i / sum_i h_i (m = 0 when the output bias does not follow): it falls
 * by G~^2 / (2 K) at a = -G~ / K.  This is the score; unlike |G| it does not grow
 * with |w|. */
typedef struct {
    double G;        /* the potential                                             */
    double noise;    /* level of the rounding in G: |G| <= noise is numerically 0 */
    double score, a; /* predicted decrease, and the output weight for it          */
} nd_neuron;

typedef struct {
    long starts; /* sample-informed starts                                        */
    long keep;   /* of them are polished                                          */
    long polish; /* L-BFGS iterations on each                                     */
    double norm; /* the spread of the preactivations over the data is kept below  */
    bool bias;   /* the neuron has a bias; else b = 0                             */
    bool offset; /* the output bias follows (m above)                             */
    int rank;    /* 0: by predicted decrease; 1: by |G|                           */
    uint64_t seed, trial;
} nd_potential_settings;

extern const nd_setting nd_potential_table[];
void nd_potential_init(nd_potential_settings *s);

/* Up to want neurons, best first: neuron k has w + k d (d entries), b[k], found[k].
 * They complement each other: c is replaced by c + h a (s - m) after each choice, and
 * found[k].score is the decrease beyond that of those before it (so a is meant for
 * all together, in the quadratic model).  Fewer, *got < want, when no further one
 * promises a thousandth of the first; 0 when G is 0 up to rounding wherever it was
 * looked at.  h: n entries >= 0, the curvature d^2 L/df_i^2; samples with c_i = h_i =
 * 0 are ignored, so give idle samples some h when they must not be disturbed.  NULL:
 * 1/n each.  A function of the arguments alone: same bits for all thread counts.
 * Errors: ND_EMEM, ND_ECANCEL, ND_ERANGE, ND_ENUMERIC (c or h not finite). */
nd_status nd_potential_neurons(nd_ctx *ctx, const nd_table *t, const nd_act *act, const double *c,
                               const double *h, const nd_potential_settings *s, size_t want,
                               double *w, double *b, nd_neuron *found, size_t *got);

/* The one best neuron, h = 1/n: w (d entries), *b, *G.  G within its rounding is
 * given as 0, with w = 0 and b = 0.  A lower bound of max |G|, never proof that there
 * is no larger one. */
nd_status nd_potential_search(nd_ctx *ctx, const nd_table *t, const nd_act *act, const double *c,
                              const nd_potential_settings *s, double *w, double *b, double *G);

#ifdef __cplusplus
}
#endif
#endif
