/* Integers from a table, elimination modulo a prime, exact solution (Dixon 1982, by
 * FLINT), decimal texts.
 *
 * x = m 2^e with an odd integer m: column k is multiplied by 2^-expo[k], expo[k] the
 * smallest e in it.  FLINT allocates for itself, and ends the process when it cannot. */
#include "theory/exact_flint.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"

#define BITS_MAX 8192 /* of an entry: all doubles together span 2098 */
#define NO_EXPO  LONG_MAX

bool nd_exact_available(void)
{
    return true;
}

/* ---- integers ------------------------------------------------------------------------- */

int64_t nd_odd_part(double x, long *e)
{
    int expo;
    int64_t m = (int64_t)ldexp(frexp(x, &expo), 53);

    *e = expo - 53L;
    while (m % 2 == 0) {
        m /= 2;
        ++*e;
    }
    return m;
}

void nd_exact_row(const nd_exact_rows *rows, size_t i, double *x)
{
    const nd_table *t = rows->t;
    double y = rows->sign ? t->y[rows->index[i]] : 1.0;

    nd_table_row(t, rows->index[i], x);
    if (rows->bias) x[t->d] = 1.0;
    for (size_t k = 0; k < t->d + (rows->bias ? 1 : 0); k++) x[k] *= y;
}

/* Smallest exponents and the largest number of bits above them; false: not finite. */
static bool exponents(const nd_exact_rows *rows, nd_integers *out, double *x, long *top)
{
    long e, e_top;

    for (size_t i = 0; i < rows->m; i++) {
        nd_exact_row(rows, i, x);
        for (size_t k = 0; k < out->D; k++) {
            if (x[k] == 0.0) continue;
            if (!isfinite(x[k])) return false;
            nd_odd_part(x[k], &e);
            e_top = ilogb(x[k]) + 1L;
            if (out->expo[k] == NO_EXPO || e < out->expo[k]) out->expo[k] = e;
            if (top[k] == NO_EXPO || e_top > top[k]) top[k] = e_top;
        }
    }
    return true;
}

static void fill(const nd_exact_rows *rows, nd_integers *out, size_t first, double *x)
{
    for (size_t i = 0; i < rows->m; i++) {
        slong r = (slong)(first + i);

        nd_exact_row(rows, i, x);
        for (size_t k = 0; k < out->D; k++) {
            fmpz *z = fmpz_mat_entry(out->a, r, (slong)k);
            long e;

            if (x[k] == 0.0) continue;
            fmpz_set_si(z, (slong)nd_odd_part(x[k], &e));
            fmpz_mul_2exp(z, z, (ulong)(e - out->expo[k]));
        }
        if (out->columns > out->D) fmpz_one(fmpz_mat_entry(out->a, r, (slong)out->D));
    }
}

/* The columns' exponents and the size of what is to come. */
static bool measure(const nd_exact_rows *rows, const nd_exact_rows *more, nd_integers *out,
                    double *x, long *top)
{
    for (size_t k = 0; k < out->D; k++) out->expo[k] = top[k] = NO_EXPO;
    if (!exponents(rows, out, x, top)) return false;
    if (more && !exponents(more, out, x, top)) return false;
    out->bits = 1;
    for (size_t k = 0; k < out->D; k++) {
        if (out->expo[k] == NO_EXPO) out->expo[k] = top[k] = 0;
        if (top[k] - out->expo[k] > out->bits) out->bits = top[k] - out->expo[k];
    }
    return out->bits <= BITS_MAX;
}

nd_status nd_exponents(nd_ctx *ctx, const nd_exact_rows *rows, const nd_exact_rows *more,
                       long *expo, long *bits, bool *ok)
{
    nd_integers x = {.expo = expo, .D = rows->t->d + (rows->bias ? 1 : 0)};
    double *row = ND_NEW(ctx, double, x.D);
    long *top = ND_NEW(ctx, long, x.D);
    nd_status status = row && top ? ND_OK : ND_EMEM;

    *ok = status == ND_OK && measure(rows, more, &x, row, top);
    *bits = x.bits;
    nd_free(ctx, row);
    nd_free(ctx, top);
    return status;
}

void nd_exact_dot(fmpz_t s, const nd_exact_rows *rows, size_t i, const fmpz_mat_t w,
                  const long *expo, double *row)
{
    size_t D = rows->t->d + (rows->bias ? 1 : 0);
    fmpz_t p;
    long e;

    fmpz_init(p);
    fmpz_zero(s);
    nd_exact_row(rows, i, row);
    for (size_t k = 0; k < D; k++) {
        if (row[k] == 0.0 || fmpz_is_zero(fmpz_mat_entry(w, (slong)k, 0))) continue;
        fmpz_mul_si(p, fmpz_mat_entry(w, (slong)k, 0), (slong)nd_odd_part(row[k], &e));
        fmpz_mul_2exp(p, p, (ulong)(e - expo[k]));
        fmpz_add(s, s, p);
    }
    fmpz_clear(p);
}

nd_status nd_integers_make(nd_ctx *ctx, const nd_exact_rows *rows, const nd_exact_rows *more,
                           bool unit, nd_integers *out, bool *ok)
{
    nd_integers x = {.m = rows->m + (more ? more->m : 0)};
    double *row;
    long *top;

    *ok = false;
    x.D = rows->t->d + (rows->bias ? 1 : 0);
    x.columns = x.D + (unit ? 1 : 0);
    x.expo = ND_NEW(ctx, long, x.D);
    row = ND_NEW(ctx, double, x.D);
    top = ND_NEW(ctx, long, x.D);
    if (x.expo && row && top && measure(rows, more, &x, row, top)) {
        fmpz_mat_init(x.a, (slong)x.m, (slong)x.columns);
        fill(rows, &x, 0, row);
        if (more) fill(more, &x, rows->m, row);
        *ok = true;
    }
    nd_status status = x.expo && row && top ? ND_OK : ND_EMEM;
    nd_free(ctx, row);
    nd_free(ctx, top);
    if (*ok)
        *out = x;
    else
        nd_free(ctx, x.expo);
    return status;
}

void nd_integers_clear(nd_ctx *ctx, nd_integers *x)
{
    fmpz_mat_clear(x->a);
    nd_free(ctx, x->expo);
}

/* ---- elimination and solution ------------------------------------------------------------ */

size_t nd_pivots(nmod_mat_t a, size_t *position)
{
    slong rank = nmod_mat_rref(a);

    for (slong i = 0, k = 0; i < rank; i++, k++) {
        while (nmod_mat_entry(a, i, k) == 0) k++;
        position[i] = (size_t)k;
    }
    return (size_t)rank;
}

size_t nd_pivots_of(const fmpz_mat_t a, bool transpose, size_t *position)
{
    nmod_mat_t b, c;
    size_t rank;

    nmod_mat_init(b, fmpz_mat_nrows(a), fmpz_mat_ncols(a), ND_PRIME);
    fmpz_mat_get_nmod_mat(b, a);
    if (transpose) {
        nmod_mat_init(c, fmpz_mat_ncols(a), fmpz_mat_nrows(a), ND_PRIME);
        nmod_mat_transpose(c, b);
        nmod_mat_swap(b, c);
        nmod_mat_clear(c);
    }
    rank = nd_pivots(b, position);
    nmod_mat_clear(b);
    return rank;
}

bool nd_solve(fmpz_mat_t x, fmpz_t den, const fmpz_mat_t a, const fmpz_mat_t b)
{
    if (fmpz_mat_nrows(a) == 0) {
        fmpz_one(den);
        return true;
    }
    if (fmpz_mat_nrows(a) <= 12) return fmpz_mat_solve(x, den, a, b) != 0;
    return fmpz_mat_solve_dixon_den(x, den, a, b) != 0;
}

/* 2 H / 59 steps of lifting (H bits: Hadamard's bound of the determinant), each a product
 * of the matrix, split into words, with a vector; some 8 ns a word were measured. */
double nd_solve_seconds(size_t n, long bits)
{
    double m = (double)n, H = m * ((double)bits + 0.5 * log2(m + 1.0));
    double words = (double)bits / 60.0 + 2.0;

    return 2.0 * H / 59.0 * m * m * words * 8e-9 + m * m * m * 2e-9;
}

/* ---- texts --------------------------------------------------------------------------------- */

nd_status nd_text_of(nd_ctx *ctx, const fmpz_t x, char **out, bool *too_long)
{
    size_t size = fmpz_sizeinbase(x, 10) + 3;

    *out = NULL;
    if (size > ND_EXACT_DIGITS + 3) {
        *too_long = true;
        return ND_OK;
    }
    *out = ND_NEW(ctx, char, size);
    if (!*out) return ND_EMEM;
    fmpz_get_str(*out, 10, x);
    return ND_OK;
}

bool nd_text_read(fmpz_t x, const char *text)
{
    const char *s = text;

    if (!s || strlen(s) > ND_EXACT_DIGITS + 2) return false;
    if (*s == '-') s++;
    if (!*s || s[strspn(s, "0123456789")] != '\0') return false;
    return fmpz_set_str(x, text, 10) == 0;
}

void nd_exact_thread_end(void)
{
    flint_cleanup();
}
