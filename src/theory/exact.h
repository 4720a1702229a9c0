/* Private to theory: linear algebra over the rationals on rows of a table.  Two
 * implementations, one is linked: exact_flint*.c, exact_none.c (knows nothing).
 *
 * A table holds binary floating-point numbers, that is rationals.  Column k of the rows
 * asked about is multiplied by a power of two that makes it integer; this changes neither
 * ranks nor combinations of rows.  What is called proved below was checked in integers,
 * whatever led to it. */
#ifndef ND_THEORY_EXACT_H
#define ND_THEORY_EXACT_H

#include <nadir/theory.h>

bool nd_exact_available(void);

/* Rows index[0..m) of t, as y_i x~_i when sign, else x~_i. */
typedef struct {
    const nd_table *t;
    bool bias, sign;
    size_t m;
    const size_t *index;
} nd_exact_rows;

/* sum_k c_k (row index[k]) = 0, c > 0, and no such combination of fewer of them. */
typedef struct {
    size_t m, *index;
    double *c;    /* rounded, sum 1 */
    char **exact; /* or NULL when too long */
} nd_circuit;

void nd_circuit_clear(nd_ctx *ctx, nd_circuit *c);
/* m entries with exact texts all empty; index and c allocated. */
nd_status nd_circuit_make(nd_ctx *ctx, size_t m, bool with_exact, nd_circuit *out);
void nd_texts_free(nd_ctx *ctx, char **text, size_t n);

/* Is there a circuit inside the rows, whose only dependence it is?  ND_PROVED: *out;
 * ND_REFUTED: the rows are independent, have several dependences, or one of mixed signs;
 * ND_UNKNOWN: it would take longer than until (nd_seconds()). */
nd_status nd_exact_circuit(nd_ctx *ctx, const nd_exact_rows *rows, double until, nd_truth *truth,
                           nd_circuit *out);

/* Is there u with u.row > 0 for all rows?  ND_PROVED: u (D entries), the exact one
 * rounded; ND_REFUTED: *out; ND_UNKNOWN.  The first rows are tried first. */
nd_status nd_exact_separate(nd_ctx *ctx, const nd_exact_rows *rows, double until, nd_truth *truth,
                            double *u, nd_circuit *out);

/* sum_k c_k (row index[k]) = 0 for the positive decimal integers c without a common
 * factor; and c (approximations) agree with them to 1e-12.  Not zero: also when a text is
 * no such number. */
nd_status nd_exact_sum_is_zero(nd_ctx *ctx, const nd_exact_rows *rows, char *const *exact,
                               const double *c, bool *zero);

/* ---- spans ------------------------------------------------------------------------------ */

/* Independent rows among the rows, the first that come, as positions in index, ascending
 * (room for min(m, D)).  *rank <= the rank over the rationals, proved; *full: equal,
 * proved. */
nd_status nd_exact_basis(nd_ctx *ctx, const nd_exact_rows *rows, double until, size_t *rank,
                         bool *full, size_t *position);

/* The rank over the rationals of the m x n matrix a_ik b_ik, the products being exact.
 * *known false: it would take longer than until, or numbers are not finite. */
nd_status nd_exact_product_rank(nd_ctx *ctx, size_t m, size_t n, const double *a, const double *b,
                                double until, size_t *rank, bool *known);

/* Whether a row of other lies in the span U of the rows; basis as found above.
 * ND_PROVED, none: *normal, D texts (NULL when one is too long), w.row = 0 for all rows and
 * w.row != 0 for all of other.  ND_REFUTED: the sample *inside does, *coef: rank texts, its
 * coordinates on the basis (NULL when too long or when rank = D).  ND_UNKNOWN. */
typedef struct {
    nd_truth outside;
    char **normal, **coef;
    size_t inside;
} nd_exact_answer;

nd_status nd_exact_span(nd_ctx *ctx, const nd_exact_rows *rows, const nd_exact_rows *other,
                        size_t rank, const size_t *basis, double until, nd_exact_answer *out);

/* Is the sample a combination of the rows?  ND_PROVED with *coef as above, or NULL. */
nd_status nd_exact_member(nd_ctx *ctx, const nd_exact_rows *rows, size_t rank, const size_t *basis,
                          size_t sample, double until, nd_truth *member, char ***coef);

/* w.row = 0 for all rows and w.row != 0 for all of other. */
nd_status nd_exact_is_normal(nd_ctx *ctx, const nd_exact_rows *rows, const nd_exact_rows *other,
                             char *const *w, bool *yes);

/* sum_k coef_k (row k) = the sample inside of the same table. */
nd_status nd_exact_is_combination(nd_ctx *ctx, const nd_exact_rows *rows, char *const *coef,
                                  size_t inside, bool *yes);

/* A thread that has used exact arithmetic and may end gives back what it kept for later. */
void nd_exact_thread_end(void);

#endif
