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

/* ---- separability --------------------------------------------------------------- */

/* Write x~ = (x, 1) with bias, x~ = x without; D is the number of its entries.  Either
 * some (u, v) has y_i (u.x_i + v) > 0 for all i (v = 0 without bias), or (Gordan)
 * some c >= 0, c != 0, has sum_i c_i y_i x~_i = 0; never both.  The statement is about
 * the numbers in the table, which are rationals: nothing is decided by a tolerance.
 * One of the two witnesses is filled, by truth. */
typedef struct {
    nd_truth truth;     /* linearly separable: ND_PROVED, ND_REFUTED, ND_UNKNOWN       */
    bool bias;          /* the question that was asked                                */
    size_t n, d;        /* of the table                                               */
    const char *reason; /* ND_UNKNOWN: why, for people; a static string, else NULL    */
    double seconds;     /* wall time                                                  */

    /* ND_PROVED: u (d entries), v; margin is a proved lower bound of
     * min_i y_i (u.x_i + v) / |(u, v)|, margin > 0. */
    double *u, v, margin;

    /* ND_REFUTED: sum_k c_k y_i x~_i = 0 over i = index[k], k < m, index ascending, all
     * c_k > 0; a circuit (no proper subset has such a combination), so m <= rank + 1.
     * c: the coefficients rounded, their sum 1.  exact[k]: the same coefficients as
     * integers without a common factor, decimal; exact is NULL when one has more than
     * ND_EXACT_DIGITS digits (index alone then determines them up to a factor). */
    size_t m, *index;
    double *c;
    char **exact;
} nd_separation;

#define ND_EXACT_DIGITS 1000

/* limit: seconds (>= 0, INFINITY allowed), after which the answer is ND_UNKNOWN; 600
 * at the most in any case, and a step that would exceed it is not begun.
 * The caller frees *out with nd_separation_destroy.  Same bits for every number of
 * threads unless the limit strikes.
 * Errors: ND_EINPUT (no labels, no samples), ND_ERANGE (limit), ND_ENUMERIC (an entry
 * is not finite), ND_EMEM, ND_ECANCEL. */
nd_status nd_separable(nd_ctx *ctx, const nd_table *t, bool bias, double limit,
                       nd_separation **out);
void nd_separation_destroy(nd_ctx *ctx, nd_separation *s);

/* Tests the witness in s against t, trusting nothing else in s: ND_PROVED, it proves
 * what s->truth says (margin and, if given, exact and c included); ND_REFUTED, it does
 * not; ND_UNKNOWN, s->truth is unknown, or exact arithmetic is needed and not built in. */
nd_status nd_separation_check(nd_ctx *ctx, const nd_table *t, const nd_separation *s,
                              nd_truth *out);

/* ---- subspaces  (Theorem 3; theory.md, 3 and 9.1) ---------------------------------- */

/* U = span of the x~_i of one class, and whether no x~_i of the other lies in it. */
typedef struct {
    size_t samples, distinct; /* of the class; distinct feature vectors among them   */
    size_t rank;              /* dim U if ranked, else a proved lower bound of it     */
    bool ranked;              /* dim U = rank is proved                               */
    size_t *basis;            /* rank samples of the class, ascending, x~ independent */

    nd_truth outside;   /* no x~_i of the other class lies in U                      */
    const char *reason; /* ND_UNKNOWN: why; a static string, else NULL               */
    /* ND_PROVED: normal[k], k < D, are integers (decimal): orthogonal to U, and their
     * product with every x~_i of the other class is not 0.  NULL when the other class is
     * empty, or when one has more than ND_EXACT_DIGITS digits (then computed anew when
     * it is tested).
     * ND_REFUTED: the sample inside lies in U: x~_inside = sum_k coef[k] x~_basis[k],
     * coef[k], k < rank, rationals "p/q" or "p"; NULL when one is longer than
     * ND_EXACT_DIGITS (basis and inside determine them), or when rank = D. */
    char **normal;
    size_t inside;
    char **coef;

    size_t projected; /* r = rank{P x~_i : i in the class}, P the projector off the
                             span of the other class; exact if projected_known         */
    bool projected_known;
    nd_truth independent; /* the P x~_i of its distinct samples are independent       */
} nd_span;

typedef struct {
    bool bias;
    size_t n, d, D;
    size_t rank; /* of all x~_i; exact if ranked, else a lower bound                  */
    bool ranked;
    nd_span plus, minus;
    double seconds;
} nd_subspaces;

/* Arguments and errors as nd_separable. */
nd_status nd_subspaces_find(nd_ctx *ctx, const nd_table *t, bool bias, double limit,
                            nd_subspaces **out);
void nd_subspaces_destroy(nd_ctx *ctx, nd_subspaces *s);

/* Tests the witnesses (basis, outside with normal, inside, coef) of both classes anew:
 * ND_PROVED all are right; ND_REFUTED one is wrong; ND_UNKNOWN otherwise (an outside is
 * unknown, or exact arithmetic is not built in). */
nd_status nd_subspace_check(nd_ctx *ctx, const nd_table *t, const nd_subspaces *s, nd_truth *out);

#ifdef __cplusplus
}
#endif
#endif
