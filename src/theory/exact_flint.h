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

/* The circuit with the coefficients c (m x 1, not all of one sign: *ok false) on the rows
 * of x; zero ones are left out.  Checks in integers that it is one. */
nd_status nd_circuit_from(nd_ctx *ctx, const nd_exact_rows *rows, const nd_integers *x,
                          size_t columns, const fmpz_mat_t c, nd_circuit *out, bool *ok);

#endif
