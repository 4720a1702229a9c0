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

/* ---- the theorems  (docs/theory.md) ------------------------------------------------ */

/* What a theorem may need.  f_S is one term of the net: one layer, not residual. */
typedef enum {
    ND_NEEDS_SHORTCUT,    /* there is an f_S with M >= 1 neurons                     */
    ND_NEEDS_LINEAR_TERM, /* the net has a term w.x                                  */
    ND_NEEDS_BIASES,      /* the neurons of f_S have biases                          */
    ND_NEEDS_INCREASING,  /* s' > 0                                                  */
    ND_NEEDS_CONVEX,      /* s'' > 0                                                 */
    ND_NEEDS_ANALYTIC,    /* s is real analytic                                      */
    ND_NEEDS_NOT_POLYNOMIAL,
    ND_NEEDS_NEURON_C1,
    ND_NEEDS_NEURON_C2,
    ND_NEEDS_SURROGATE,      /* (S); for L >= R, no theorem rests on it                 */
    ND_NEEDS_HINGE_TAIL,     /* (T)                                                     */
    ND_NEEDS_LOSS_LIPSCHITZ, /* l' locally Lipschitz                                    */
    ND_NEEDS_LOSS_C2,        /* with (T): (T2)                                          */
    ND_NEEDS_OUTPUT_BIAS,    /* a_0: every net here has it                              */
    ND_NEEDS_NO_RIDGE,       /* lambda = 0                                              */
    ND_NEEDS_PENALTY,        /* (mu/2) a^2 on one output weight alone (Theorem 4)       */
    ND_NEEDS_CONSISTENT,     /* no x_i = x_k with y_i != y_k                            */
    ND_NEEDS_SEPARABLE,
    ND_NEEDS_SUBSPACE_PLUS,  /* no x~_i of class + in the span of class -               */
    ND_NEEDS_SUBSPACE_MINUS, /* no x~_i of class - in the span of class +               */
    ND_NEEDS_NEURONS,        /* M large enough for the pigeonhole                       */
    ND_NEEDS_IDLE,           /* from here on about a point: some a_j = 0                */
    ND_NEEDS_COUNT_PLUS,     /* enough a_j > 0 for all samples of class +               */
    ND_NEEDS_COUNT_MINUS,
    ND_NEEDS_ACTIVE_PLUS, /* enough a_j > 0 for the samples of class + active there  */
    ND_NEEDS_ACTIVE_MINUS,
    ND_CONDITIONS
} nd_condition_id;

struct nd_subject; /* what the evaluators look at: private */
struct nd_condition;

typedef struct {
    nd_condition_id id;  /* the number of its row                                       */
    const char *name;    /* "separable": stable, in files                               */
    const char *title;   /* "linearly separable"                                        */
    const char *formula; /* "some (u, v) has y_i (u.x_i + v) > 0 for all i"             */
    const char *example; /* entries of the gallery that drop it; "": none is known      */
    const char *without; /* one line: what can happen when it fails                     */
    nd_status (*evaluate)(struct nd_subject *s, struct nd_condition *c);
} nd_condition_kind;

/* ND_CONDITIONS rows. */
const nd_condition_kind *nd_condition_table(size_t *rows);

typedef struct nd_condition {
    const nd_condition_kind *kind;
    nd_truth truth;
    bool looked;     /* false: it was not needed, and truth is ND_UNKNOWN               */
    char value[160]; /* what was measured, for people                                   */
} nd_condition;

typedef struct {
    const char *name;             /* "1", "1-local", ...: stable, in files              */
    const char *title;            /* "Theorem 1"                                        */
    const char *covers;           /* "every second-order point", ...                    */
    bool all;                     /* it covers every local minimum                      */
    const char *because;          /* "linearly separable": of the headline              */
    nd_condition_id measure;      /* whose value goes with that                         */
    const nd_condition_id *needs; /* ends with ND_CONDITIONS; the cheap ones first      */
} nd_theorem_kind;

const nd_theorem_kind *nd_theorem_table(size_t *rows);

/* The conclusion is the same for all: a point that is covered has l'_i = 0 for all i, so
 * it is a global minimum and makes no training error. */
typedef struct {
    const nd_theorem_kind *kind;
    nd_truth truth;        /* its conditions on data, net and loss                      */
    nd_truth here;         /* those and the conditions on the point; ND_UNKNOWN without */
    nd_condition_id first; /* the first that fails, else the first that is unknown,
                                  else ND_CONDITIONS; conditions on the point left out      */
} nd_theorem;

enum { ND_THEOREMS = 10 };

/* What is known about one point theta (nd_theory_at).  Active: l'_i > 0. */
typedef struct {
    bool given;
    bool bounded;                 /* activity was decided by enclosures of the margins  */
    size_t errors;                /* as computed                                        */
    size_t active, undecided;     /* samples surely active; neither active nor idle     */
    size_t idle, rising, falling; /* neurons of f_S with a_j = 0, > 0, < 0 (exact)      */
    size_t A[2], r[2];            /* class + and -: distinct active samples, and their
                                         rank off the span of the active ones of the other */
    bool ranked[2];               /* A and r are exact                                  */

    nd_truth minimum;   /* theta a local minimum?  ND_REFUTED is a proof (by theorem)   */
    bool numerical;     /* refuted but for rounding errors that were not bounded        */
    size_t theorem;     /* the row that refutes; ND_THEOREMS: none                     */
    double error_bound; /* R <= this, from |grad| (docs/theory.md); numerical; NaN      */
    size_t bound_neuron;

    bool searched; /* for max |G|                                                       */
    nd_neuron G;   /* the best neuron found: w (d entries), b; numerical                */
    double *w, b;

    nd_truth features;      /* inputs of the last hidden layer separable (as computed)  */
    size_t deep_term;       /* of this term; net->terms when no term is deep            */
    double features_margin; /* numerical                                                */
} nd_theory_point;

typedef struct {
    size_t term;    /* of f_S; net->terms: there is none                             */
    size_t neurons; /* M                                                             */
    size_t need[3]; /* sufficient M+, M-, M; SIZE_MAX: not known                     */
    nd_condition condition[ND_CONDITIONS];
    nd_theorem theorem[ND_THEOREMS];
    nd_truth truth; /* some theorem covers every local minimum; ND_REFUTED: none does */
    size_t applies; /* the row of that theorem; ND_THEOREMS                          */
    size_t nearest; /* when none applies: the row with the fewest failing conditions */
    nd_duplicates duplicates;
    nd_separation *separation; /* with the biases of f_S; NULL: not looked at          */
    nd_subspaces *subspaces;   /* the same                                             */
    nd_theory_point point;
    char headline[256];    /* "Theorem 1 holds: linearly separable, margin 2.3e-3 (proved)" */
    char consequence[256]; /* "every local minimum classifies all 569 samples correctly"    */
    double seconds;
} nd_theory;

/* Looks at every condition and says which theorem applies.  limit: seconds for each of
 * the two proofs about the data.  brief: looks at as little as decides whether a theorem
 * covers every local minimum, and limit is for all of it.  The caller frees *out.
 * Errors: those of nd_separable. */
nd_status nd_theory_check(nd_ctx *ctx, const nd_problem *pb, double limit, bool brief,
                          nd_theory **out);
void nd_theory_destroy(nd_ctx *ctx, nd_theory *t);

/* Adds what is known about theta: t->point, the conditions on points, theorem[].here.
 * lo, hi: proved enclosures of the margins (nd_margin_bounds), or both NULL: then nothing
 * about activity is proved.  limit: seconds for each proof about samples (the active ones,
 * the features of the last layer).  On error t is as it was but for t->point. */
nd_status nd_theory_at(nd_ctx *ctx, const nd_problem *pb, const double *theta, const double *lo,
                       const double *hi, double limit, nd_theory *t);

/* Headline and consequence in about limit seconds (256 bytes each). */
nd_status nd_theory_line(nd_ctx *ctx, const nd_problem *pb, double limit, char headline[256],
                         char consequence[256]);

#ifdef __cplusplus
}
#endif
#endif
