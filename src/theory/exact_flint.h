/* Private to exact_flint*.c. */
#ifndef ND_THEORY_EXACT_FLINT_H
#define ND_THEORY_EXACT_FLINT_H

#include "theory/exact.h"

#include <flint/fmpz.h>
#include <flint/fmpz_mat.h>
#include <flint/nmod_mat.h>

/* Integers a[i][k] = row_ik 2^-expo[k]; columns: D, and with unit a last column of ones.
 * bits: the largest has so many. */
typedef struct {
    fmpz_mat_t a;
    long *expo; /* D */
    size_t m, D, columns;
    long bits;
} nd_integers;

/* *ok false (and nothing to clear): numbers too large, or not finite. */
nd_status nd_integers_make(nd_ctx *ctx, const nd_exact_rows *rows, const nd_exact_rows *more,
                           bool unit, nd_integers *out, bool *ok);
void nd_integers_clear(nd_ctx *ctx, nd_integers *x);

/* x = m 2^*e, m odd (returned); x != 0. */
int64_t nd_odd_part(double x, long *e);
/* Row i as doubles, D entries, with its sign. */
void nd_exact_row(const nd_exact_rows *rows, size_t i, double *x);

/* The prime of all eliminations.  A minor that is not 0 modulo it is not 0. */
#define ND_PRIME UWORD(1152921504606846883) /* 2^60 - 93 */

/* Rank of a modulo the prime; position: its pivot columns, ascending.  a is destroyed. */
size_t nd_pivots(nmod_mat_t a, size_t *position);
/* The same for the integer matrix (rows of it when transpose). */
size_t nd_pivots_of(const fmpz_mat_t a, bool transpose, size_t *position);

/* x, den with a x = den b; false when a is singular. */
bool nd_solve(fmpz_mat_t x, fmpz_t den, const fmpz_mat_t a, const fmpz_mat_t b);
/* Seconds that nd_solve is expected to need at most. */
double nd_solve_seconds(size_t n, long bits);

/* Decimal text from the context's allocator; *too_long and NULL when it is longer than
 * ND_EXACT_DIGITS. */
nd_status nd_text_of(nd_ctx *ctx, const fmpz_t x, char **out, bool *too_long);
/* A decimal integer, optional sign, nothing else; false: it is none. */
bool nd_text_read(fmpz_t x, const char *text);

/* sum_i c_i (row i of x) = 0 on the first columns. */
bool nd_sums_to_zero(const nd_integers *x, size_t columns, const fmpz_mat_t c);

/* The circuit with the coefficients c (m x 1, not all of one sign: *ok false) on the rows
 * of x; zero ones are left out.  Checks in integers that it is one. */
nd_status nd_circuit_from(nd_ctx *ctx, const nd_exact_rows *rows, const nd_integers *x,
                          size_t columns, const fmpz_mat_t c, nd_circuit *out, bool *ok);

/* ---- ranks.  exact_flint_rank.c ------------------------------------------------------------- */

/* Columns of the rows that matter: not zero, and no multiple of another that is kept.
 * keep: D entries; there are *kept >= the rank of the rows of them.  Checked exactly. */
nd_status nd_columns_kept(nd_ctx *ctx, const nd_exact_rows *rows, size_t *keep, size_t *kept);

/* zero[i]: w.(row i of other) is 0 modulo the prime, for a random w orthogonal to the
 * basis modulo the prime. */
nd_status nd_kernel_zeros(nd_ctx *ctx, const nd_exact_rows *rows, size_t rank, const size_t *basis,
                          const nd_exact_rows *other, bool *zero);

/* Initialises out: out[i][k] = the integer of row pos[i], column col[k]. */
nd_status nd_minor(nd_ctx *ctx, const nd_exact_rows *rows, size_t m, const size_t *pos, size_t n,
                   const size_t *col, const long *expo, fmpz_mat_t out);

/* expo[k] as in nd_integers for the rows and more together. */
nd_status nd_exponents(nd_ctx *ctx, const nd_exact_rows *rows, const nd_exact_rows *more,
                       long *expo, long *bits, bool *ok);
/* s := w . (row i, column k times 2^-expo[k]).  row: room for D doubles. */
void nd_exact_dot(fmpz_t s, const nd_exact_rows *rows, size_t i, const fmpz_mat_t w,
                  const long *expo, double *row);

#endif
