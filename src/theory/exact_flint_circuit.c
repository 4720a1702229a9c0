/* Circuits, proved.
 *
 * m rows whose rank modulo a prime is m - 1 have rank >= m - 1 over the rationals, so at
 * most one dependence up to a factor.  It is found from m - 1 independent rows and
 * columns by solving exactly, and then checked in integers on all columns: if
 * sum c_k row_k = 0 with all c_k of one sign, that is Gordan's alternative.  Rows with
 * c_k = 0 play no part; what is left has one dependence, with no zero: a circuit. */
#include "theory/exact_flint.h"

#include <math.h>

#include "base/memory.h"

/* +1 or -1 when all entries that are not 0 have that sign; 0: mixed, or all 0. */
static int common_sign(const fmpz_mat_t c)
{
    int sign = 0;

    for (slong i = 0; i < fmpz_mat_nrows(c); i++) {
        int s = fmpz_sgn(fmpz_mat_entry(c, i, 0));

        if (s != 0 && sign != 0 && s != sign) return 0;
        if (s != 0) sign = s;
    }
    return sign;
}

bool nd_sums_to_zero(const nd_integers *x, size_t columns, const fmpz_mat_t c)
{
    bool zero = true;
    fmpz_t s;

    fmpz_init(s);
    for (size_t k = 0; k < columns && zero; k++) {
        fmpz_zero(s);
        for (size_t i = 0; i < x->m; i++)
            fmpz_addmul(s, fmpz_mat_entry(x->a, (slong)i, (slong)k),
                        fmpz_mat_entry(c, (slong)i, 0));
        zero = fmpz_is_zero(s);
    }
    fmpz_clear(s);
    return zero;
}

/* x / sum as a double, with a relative error of some ulp. */
static double quotient(const fmpz_t x, const fmpz_t sum)
{
    slong e, f;
    double a = fmpz_get_d_2exp(&e, x), b = fmpz_get_d_2exp(&f, sum);

    return e - f < -2000 ? 0.0 : ldexp(a / b, (int)(e - f));
}

static nd_status texts(nd_ctx *ctx, nd_circuit *out, const fmpz_mat_t c, const fmpz_t content)
{
    nd_status status = ND_OK;
    bool too_long = false;
    size_t n = 0;
    fmpz_t q;

    fmpz_init(q);
    for (slong i = 0; i < fmpz_mat_nrows(c) && status == ND_OK && !too_long; i++) {
        if (fmpz_is_zero(fmpz_mat_entry(c, i, 0))) continue;
        fmpz_divexact(q, fmpz_mat_entry(c, i, 0), content);
        status = nd_text_of(ctx, q, &out->exact[n++], &too_long);
    }
    if (too_long) {
        nd_texts_free(ctx, out->exact, out->m);
        out->exact = NULL;
    }
    fmpz_clear(q);
    return status;
}

static nd_status describe(nd_ctx *ctx, const nd_exact_rows *rows, const fmpz_mat_t c, int sign,
                          nd_circuit *out)
{
    nd_status status = ND_OK;
    size_t n = 0;
    fmpz_t sum, content;

    fmpz_init(sum);
    fmpz_init(content);
    for (slong i = 0; i < fmpz_mat_nrows(c); i++) {
        n += !fmpz_is_zero(fmpz_mat_entry(c, i, 0));
        fmpz_add(sum, sum, fmpz_mat_entry(c, i, 0));
        fmpz_gcd(content, content, fmpz_mat_entry(c, i, 0));
    }
    if (sign < 0) fmpz_neg(content, content);
    ND_TRY(nd_circuit_make(ctx, n, true, out));
    n = 0;
    for (slong i = 0; i < fmpz_mat_nrows(c); i++) {
        if (fmpz_is_zero(fmpz_mat_entry(c, i, 0))) continue;
        out->index[n] = rows->index[i];
        out->c[n++] = quotient(fmpz_mat_entry(c, i, 0), sum);
    }
    status = texts(ctx, out, c, content);
    if (status != ND_OK) nd_circuit_clear(ctx, out);
done:
    fmpz_clear(sum);
    fmpz_clear(content);
    return status;
}

nd_status nd_circuit_from(nd_ctx *ctx, const nd_exact_rows *rows, const nd_integers *x,
                          size_t columns, const fmpz_mat_t c, nd_circuit *out, bool *ok)
{
    int sign = common_sign(c);

    *ok = sign != 0 && nd_sums_to_zero(x, columns, c);
    return *ok ? describe(ctx, rows, c, sign, out) : ND_OK;
}

/* The dependence of the rows, given m - 1 independent rows I and columns J. */
static bool dependence(const nd_integers *x, const size_t *I, const size_t *J, fmpz_mat_t c)
{
    slong r = (slong)x->m - 1;
    size_t last = 0;
    fmpz_mat_t a, b, s;
    fmpz_t den;
    bool ok;

    while (last < (size_t)r && I[last] == last) last++;
    fmpz_mat_init(a, r, r);
    fmpz_mat_init(b, r, 1);
    fmpz_mat_init(s, r, 1);
    fmpz_init(den);
    for (slong k = 0; k < r; k++) {
        for (slong i = 0; i < r; i++)
            fmpz_set(fmpz_mat_entry(a, k, i), fmpz_mat_entry(x->a, (slong)I[i], (slong)J[k]));
        fmpz_neg(fmpz_mat_entry(b, k, 0), fmpz_mat_entry(x->a, (slong)last, (slong)J[k]));
    }
    ok = nd_solve(s, den, a, b);
    for (slong i = 0; i < r && ok; i++)
        fmpz_set(fmpz_mat_entry(c, (slong)I[i], 0), fmpz_mat_entry(s, i, 0));
    fmpz_set(fmpz_mat_entry(c, (slong)last, 0), den);
    fmpz_mat_clear(a);
    fmpz_mat_clear(b);
    fmpz_mat_clear(s);
    fmpz_clear(den);
    return ok;
}

/* Independent columns of the rows I. */
static size_t columns_of(const nd_integers *x, size_t rank, const size_t *I, size_t *J)
{
    fmpz_mat_t a;
    size_t r;

    fmpz_mat_init(a, (slong)rank, (slong)x->columns);
    for (size_t i = 0; i < rank; i++)
        for (size_t k = 0; k < x->columns; k++)
            fmpz_set(fmpz_mat_entry(a, (slong)i, (slong)k),
                     fmpz_mat_entry(x->a, (slong)I[i], (slong)k));
    r = nd_pivots_of(a, false, J);
    fmpz_mat_clear(a);
    return r;
}

/* The one dependence of the rows, if they have exactly one and its signs agree. */
static nd_status only_dependence(nd_ctx *ctx, const nd_exact_rows *rows, const nd_integers *x,
                                 nd_truth *truth, nd_circuit *out)
{
    size_t *I = ND_NEW(ctx, size_t, x->m), *J = ND_NEW(ctx, size_t, x->m);
    nd_status status = I && J ? ND_OK : ND_EMEM;
    fmpz_mat_t c;
    bool ok = false;

    fmpz_mat_init(c, (slong)x->m, 1);
    *truth = ND_REFUTED;
    if (status == ND_OK && nd_pivots_of(x->a, true, I) == x->m - 1 &&
        columns_of(x, x->m - 1, I, J) == x->m - 1 && dependence(x, I, J, c))
        status = nd_circuit_from(ctx, rows, x, x->D, c, out, &ok);
    if (ok) *truth = ND_PROVED;
    fmpz_mat_clear(c);
    nd_free(ctx, I);
    nd_free(ctx, J);
    return status;
}

nd_status nd_exact_circuit(nd_ctx *ctx, const nd_exact_rows *rows, double until, nd_truth *truth,
                           nd_circuit *out)
{
    nd_integers x;
    nd_status status;
    bool ok;

    *truth = ND_REFUTED;
    if (rows->m == 0) return ND_OK;
    *truth = ND_UNKNOWN;
    status = nd_integers_make(ctx, rows, NULL, false, &x, &ok);
    if (status != ND_OK || !ok) return status;
    if (nd_seconds() + nd_solve_seconds(x.m, x.bits) <= until)
        status = only_dependence(ctx, rows, &x, truth, out);
    nd_integers_clear(ctx, &x);
    return status;
}

/* ---- testing a witness ------------------------------------------------------------------- */

/* Positive integers with greatest common divisor 1. */
static bool read_coefficients(const nd_exact_rows *rows, char *const *exact, fmpz_mat_t c)
{
    bool ok = true;
    fmpz_t g;

    fmpz_init(g);
    for (size_t k = 0; k < rows->m && ok; k++) {
        fmpz *z = fmpz_mat_entry(c, (slong)k, 0);

        ok = nd_text_read(z, exact[k]) && fmpz_sgn(z) > 0;
        if (ok) fmpz_gcd(g, g, z);
    }
    ok = ok && fmpz_is_one(g);
    fmpz_clear(g);
    return ok;
}

static bool approximates(const fmpz_mat_t c, const double *given)
{
    bool ok = true;
    fmpz_t sum;

    fmpz_init(sum);
    for (slong k = 0; k < fmpz_mat_nrows(c); k++) fmpz_add(sum, sum, fmpz_mat_entry(c, k, 0));
    for (slong k = 0; k < fmpz_mat_nrows(c) && ok; k++) {
        double q = quotient(fmpz_mat_entry(c, k, 0), sum);

        ok = fabs(given[k] - q) <= 1e-12 * q + 0x1p-1070;
    }
    fmpz_clear(sum);
    return ok;
}

nd_status nd_exact_sum_is_zero(nd_ctx *ctx, const nd_exact_rows *rows, char *const *exact,
                               const double *c, bool *zero)
{
    nd_integers x;
    fmpz_mat_t z;
    nd_status status;
    bool ok;

    *zero = false;
    status = nd_integers_make(ctx, rows, NULL, false, &x, &ok);
    if (status != ND_OK || !ok) return status;
    fmpz_mat_init(z, (slong)rows->m, 1);
    *zero = read_coefficients(rows, exact, z) && nd_sums_to_zero(&x, x.D, z) && approximates(z, c);
    fmpz_mat_clear(z);
    nd_integers_clear(ctx, &x);
    return ND_OK;
}
