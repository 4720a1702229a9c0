/* Which samples lie in the span U of some rows, with proof either way.
 *
 * A = basis of U (r x D), J: r columns on which it is non-singular (modulo the prime, so
 * over the rationals, too).
 *   - Outside: w with free coordinates drawn at random and A_J w_J = -A_free w_free is
 *     orthogonal to the basis; that it is to all rows, and to no other sample, is checked
 *     in integers.  One w serves for all samples, as none of the finitely many
 *     hyperplanes x.w = 0 contains the complement of U.
 *   - Inside: A_J' c = x_J, and x = A' c is checked on all columns.  Or, without c: the
 *     rows and x together have no more than r columns that are neither zero nor multiples
 *     of others, so x adds nothing to the rank.
 * Residues modulo the prime tell in advance which of the two to try for a sample. */
#include "theory/exact_flint.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"

#define DRAWS    4    /* of the free coordinates                                        */
#define RANDOM   1000 /* they are 1 .. RANDOM                                           */
#define LONG_RUN 4000 /* rank * bits: beyond, coefficients exceed ND_EXACT_DIGITS       */

static size_t width(const nd_exact_rows *rows)
{
    return rows->t->d + (rows->bias ? 1 : 0);
}

/* The basis as integers over all columns, and J. */
typedef struct {
    const nd_exact_rows *rows;
    size_t D, rank, *J;
    long *expo, bits;
    fmpz_mat_t a;   /* rank x D    */
    fmpz_mat_t sub; /* rank x rank: columns J */
} frame;

static void frame_clear(nd_ctx *ctx, frame *f)
{
    if (f->rows) {
        fmpz_mat_clear(f->a);
        fmpz_mat_clear(f->sub);
    }
    nd_free(ctx, f->J);
    nd_free(ctx, f->expo);
    *f = (frame){0};
}

static nd_status all_columns(nd_ctx *ctx, const nd_exact_rows *rows, size_t rank,
                             const size_t *basis, frame *f)
{
    size_t *all = ND_NEW(ctx, size_t, f->D);
    nd_status status = all ? ND_OK : ND_EMEM;

    for (size_t k = 0; k < f->D && all; k++) all[k] = k;
    if (all) status = nd_minor(ctx, rows, rank, basis, f->D, all, f->expo, f->a);
    nd_free(ctx, all);
    return status;
}

/* *ok false: entries too large, or basis not independent modulo the prime. */
static nd_status frame_make(nd_ctx *ctx, const nd_exact_rows *rows, const nd_exact_rows *more,
                            size_t rank, const size_t *basis, frame *f, bool *ok)
{
    nd_status status = ND_EMEM;

    *f = (frame){.D = width(rows), .rank = rank};
    *ok = false;
    f->J = ND_NEW(ctx, size_t, f->D);
    f->expo = ND_NEW(ctx, long, f->D);
    if (!f->J || !f->expo) goto fail;
    status = nd_exponents(ctx, rows, more, f->expo, &f->bits, ok);
    if (status != ND_OK || !*ok) goto fail;
    status = all_columns(ctx, rows, rank, basis, f);
    if (status != ND_OK) goto fail;
    fmpz_mat_init(f->sub, (slong)rank, (slong)rank);
    f->rows = rows;
    *ok = nd_pivots_of(f->a, false, f->J) == rank;
    for (size_t i = 0; i < rank && *ok; i++)
        for (size_t k = 0; k < rank; k++)
            fmpz_set(fmpz_mat_entry(f->sub, (slong)i, (slong)k),
                     fmpz_mat_entry(f->a, (slong)i, (slong)f->J[k]));
    return ND_OK;
fail:
    frame_clear(ctx, f);
    return status;
}

/* ---- inside ------------------------------------------------------------------------------ */

/* "p" or "p/q" in lowest terms. */
static nd_status rational_text(nd_ctx *ctx, const fmpz_t p, const fmpz_t q, char **out,
                               bool *too_long)
{
    char *num = NULL, *den = NULL;
    nd_status status = ND_OK;
    fmpz_t g, a, b;

    fmpz_init(g);
    fmpz_init(a);
    fmpz_init(b);
    fmpz_gcd(g, p, q);
    if (fmpz_sgn(q) < 0) fmpz_neg(g, g);
    fmpz_divexact(a, p, g);
    fmpz_divexact(b, q, g);
    *out = NULL;
    ND_TRY(nd_text_of(ctx, a, &num, too_long));
    ND_TRY(nd_text_of(ctx, b, &den, too_long));
    if (!*too_long && strlen(num) + strlen(den) + 1 > ND_EXACT_DIGITS) *too_long = true;
    if (*too_long) goto done;
    *out = ND_NEW(ctx, char, strlen(num) + strlen(den) + 2);
    if (!*out) {
        status = ND_EMEM;
        goto done;
    }
    strcpy(*out, num);
    if (strcmp(den, "1") != 0) {
        strcat(*out, "/");
        strcat(*out, den);
    }
done:
    nd_free(ctx, num);
    nd_free(ctx, den);
    fmpz_clear(g);
    fmpz_clear(a);
    fmpz_clear(b);
    return status;
}

/* *coef := c / den as texts, or NULL. */
static nd_status coefficient_texts(nd_ctx *ctx, const fmpz_mat_t c, const fmpz_t den, char ***coef)
{
    size_t n = (size_t)fmpz_mat_nrows(c);
    char **text = ND_NEW0(ctx, char *, n);
    nd_status status = text ? ND_OK : ND_EMEM;
    bool too_long = false;

    for (size_t k = 0; k < n && status == ND_OK && !too_long; k++)
        status = rational_text(ctx, fmpz_mat_entry(c, (slong)k, 0), den, &text[k], &too_long);
    if (status != ND_OK || too_long) {
        nd_texts_free(ctx, text, n);
        text = NULL;
    }
    *coef = text;
    return status;
}

/* sum_i c_i a_i = den x on all columns. */
static bool combines(const frame *f, const fmpz_mat_t c, const fmpz_t den, const fmpz_mat_t x)
{
    bool equal = true;
    fmpz_t s;

    fmpz_init(s);
    for (size_t k = 0; k < f->D && equal; k++) {
        fmpz_mul(s, den, fmpz_mat_entry(x, 0, (slong)k));
        for (size_t i = 0; i < f->rank; i++)
            fmpz_submul(s, fmpz_mat_entry(f->a, (slong)i, (slong)k),
                        fmpz_mat_entry(c, (slong)i, 0));
        equal = fmpz_is_zero(s);
    }
    fmpz_clear(s);
    return equal;
}

/* Solves for the coordinates of the row x (1 x D) on the basis. */
static nd_status coordinates(nd_ctx *ctx, const frame *f, const fmpz_mat_t x, nd_truth *member,
                             char ***coef)
{
    nd_status status = ND_OK;
    fmpz_mat_t c, b, left;
    fmpz_t den;

    fmpz_mat_init(c, (slong)f->rank, 1);
    fmpz_mat_init(b, (slong)f->rank, 1);
    fmpz_mat_init(left, (slong)f->rank, (slong)f->rank);
    fmpz_init(den);
    fmpz_mat_transpose(left, f->sub);
    for (size_t k = 0; k < f->rank; k++)
        fmpz_set(fmpz_mat_entry(b, (slong)k, 0), fmpz_mat_entry(x, 0, (slong)f->J[k]));
    if (nd_solve(c, den, left, b)) {
        *member = combines(f, c, den, x) ? ND_PROVED : ND_REFUTED;
        if (*member == ND_PROVED) status = coefficient_texts(ctx, c, den, coef);
    }
    fmpz_mat_clear(c);
    fmpz_mat_clear(b);
    fmpz_mat_clear(left);
    fmpz_clear(den);
    return status;
}

/* The rows and one sample more. */
static nd_status with_sample(nd_ctx *ctx, const nd_exact_rows *rows, size_t sample,
                             nd_exact_rows *out, size_t **index)
{
    *index = ND_NEW(ctx, size_t, rows->m + 1);
    if (!*index) return ND_EMEM;
    memcpy(*index, rows->index, sizeof **index * rows->m);
    (*index)[rows->m] = sample;
    *out = *rows;
    out->m++;
    out->index = *index;
    return ND_OK;
}

static nd_status by_structure(nd_ctx *ctx, const nd_exact_rows *rows, size_t rank, size_t sample,
                              nd_truth *member)
{
    size_t *index = NULL, *keep = ND_NEW(ctx, size_t, width(rows)), kept = 0;
    nd_exact_rows all;
    nd_status status = keep ? with_sample(ctx, rows, sample, &all, &index) : ND_EMEM;

    if (status == ND_OK) status = nd_columns_kept(ctx, &all, keep, &kept);
    if (status == ND_OK && kept == rank) *member = ND_PROVED;
    nd_free(ctx, keep);
    nd_free(ctx, index);
    return status;
}

static nd_status by_solution(nd_ctx *ctx, const nd_exact_rows *one, const frame *f,
                             nd_truth *member, char ***coef)
{
    size_t zero = 0, *all = ND_NEW(ctx, size_t, f->D);
    nd_status status = all ? ND_OK : ND_EMEM;
    fmpz_mat_t x;

    for (size_t k = 0; k < f->D && all; k++) all[k] = k;
    if (status == ND_OK) status = nd_minor(ctx, one, 1, &zero, f->D, all, f->expo, x);
    if (status == ND_OK) {
        status = coordinates(ctx, f, x, member, coef);
        fmpz_mat_clear(x);
    }
    nd_free(ctx, all);
    return status;
}

nd_status nd_exact_member(nd_ctx *ctx, const nd_exact_rows *rows, size_t rank, const size_t *basis,
                          size_t sample, double until, nd_truth *member, char ***coef)
{
    nd_exact_rows one = {rows->t, rows->bias, false, 1, &sample};
    nd_status status;
    frame f;
    bool ok;

    *member = ND_UNKNOWN;
    *coef = NULL;
    if (rank == width(rows)) {
        *member = ND_PROVED;
        return ND_OK;
    }
    status = frame_make(ctx, rows, &one, rank, basis, &f, &ok);
    if (status != ND_OK) return status;
    if (ok && (double)rank * (double)f.bits > LONG_RUN)
        status = by_structure(ctx, rows, rank, sample, member);
    if (status == ND_OK && ok && *member == ND_UNKNOWN &&
        nd_seconds() + nd_solve_seconds(rank, f.bits) <= until)
        status = by_solution(ctx, &one, &f, member, coef);
    frame_clear(ctx, &f);
    return status;
}

/* ---- outside ------------------------------------------------------------------------------ */

/* w (D x 1): random on the columns off J, orthogonal to the basis. */
static bool draw(const frame *f, uint64_t trial, fmpz_mat_t w)
{
    nd_rng rng = nd_rng_make(trial, f->D);
    fmpz_mat_t b, x;
    fmpz_t den;
    bool ok;

    fmpz_mat_init(b, (slong)f->rank, 1);
    fmpz_mat_init(x, (slong)f->rank, 1);
    fmpz_init(den);
    for (size_t k = 0, p = 0; k < f->D; k++) {
        bool pivot = p < f->rank && f->J[p] == k;

        p += pivot;
        fmpz_set_ui(fmpz_mat_entry(w, (slong)k, 0), pivot ? 0 : 1 + nd_rng_below(&rng, RANDOM));
    }
    fmpz_mat_mul(b, f->a, w);
    fmpz_mat_neg(b, b);
    ok = nd_solve(x, den, f->sub, b);
    if (ok) fmpz_mat_scalar_mul_fmpz(w, w, den);
    for (size_t k = 0; k < f->rank && ok; k++)
        fmpz_set(fmpz_mat_entry(w, (slong)f->J[k], 0), fmpz_mat_entry(x, (slong)k, 0));
    fmpz_mat_clear(b);
    fmpz_mat_clear(x);
    fmpz_clear(den);
    return ok;
}

/* Are the products of w with all rows zero (want) or all not zero? */
static nd_status products(nd_ctx *ctx, const nd_exact_rows *rows, const fmpz_mat_t w,
                          const long *expo, bool want, bool *yes)
{
    double *row = ND_NEW(ctx, double, width(rows));
    fmpz_t s;

    *yes = true;
    if (!row) return ND_EMEM;
    fmpz_init(s);
    for (size_t i = 0; i < rows->m && *yes; i++) {
        nd_exact_dot(s, rows, i, w, expo, row);
        *yes = fmpz_is_zero(s) == want;
    }
    fmpz_clear(s);
    nd_free(ctx, row);
    return ND_OK;
}

/* w on the integers a_k = x_k 2^-expo_k as integers on the x_k, without common factor. */
static nd_status normal_texts(nd_ctx *ctx, const frame *f, const fmpz_mat_t w, char ***normal)
{
    char **text = ND_NEW0(ctx, char *, f->D);
    nd_status status = text ? ND_OK : ND_EMEM;
    bool too_long = false;
    long top = LONG_MIN;
    fmpz_t g, z;

    fmpz_init(g);
    fmpz_init(z);
    for (size_t k = 0; k < f->D; k++)
        if (!fmpz_is_zero(fmpz_mat_entry(w, (slong)k, 0)) && f->expo[k] > top) top = f->expo[k];
    for (int pass = 0; pass < 2 && text; pass++)
        for (size_t k = 0; k < f->D && status == ND_OK && !too_long; k++) {
            fmpz_set(z, fmpz_mat_entry(w, (slong)k, 0));
            if (!fmpz_is_zero(z)) fmpz_mul_2exp(z, z, (ulong)(top - f->expo[k]));
            if (pass == 0) {
                fmpz_gcd(g, g, z);
            } else {
                fmpz_divexact(z, z, g);
                status = nd_text_of(ctx, z, &text[k], &too_long);
            }
        }
    if (status != ND_OK || too_long) {
        nd_texts_free(ctx, text, f->D);
        text = NULL;
    }
    fmpz_clear(g);
    fmpz_clear(z);
    *normal = text;
    return status;
}

static nd_status find_normal(nd_ctx *ctx, const frame *f, const nd_exact_rows *other, double until,
                             nd_exact_answer *out)
{
    nd_status status = ND_OK;
    bool yes = true;
    fmpz_mat_t w;

    fmpz_mat_init(w, (slong)f->D, 1);
    for (uint64_t k = 0; k < DRAWS && status == ND_OK && out->outside == ND_UNKNOWN; k++) {
        if (nd_seconds() + nd_solve_seconds(f->rank, f->bits) > until || !draw(f, k, w)) break;
        status = products(ctx, f->rows, w, f->expo, true, &yes);
        if (status != ND_OK || !yes) break; /* the basis was none: an unlucky prime */
        status = products(ctx, other, w, f->expo, false, &yes);
        if (status == ND_OK && yes) {
            out->outside = ND_PROVED;
            status = normal_texts(ctx, f, w, &out->normal);
        }
    }
    fmpz_mat_clear(w);
    return status;
}

/* The first of the suspected samples that is proved to be inside. */
static nd_status find_inside(nd_ctx *ctx, const nd_exact_rows *rows, const nd_exact_rows *other,
                             size_t rank, const size_t *basis, double until, nd_exact_answer *out)
{
    bool *zero = ND_NEW(ctx, bool, other->m);
    nd_status status = zero ? nd_kernel_zeros(ctx, rows, rank, basis, other, zero) : ND_EMEM;
    nd_truth member;

    for (size_t i = 0; i < other->m && status == ND_OK && out->outside == ND_UNKNOWN; i++) {
        if (!zero[i] || nd_seconds() > until) continue;
        status =
            nd_exact_member(ctx, rows, rank, basis, other->index[i], until, &member, &out->coef);
        if (status != ND_OK || member != ND_PROVED) continue;
        out->outside = ND_REFUTED;
        out->inside = other->index[i];
    }
    nd_free(ctx, zero);
    return status;
}

nd_status nd_exact_span(nd_ctx *ctx, const nd_exact_rows *rows, const nd_exact_rows *other,
                        size_t rank, const size_t *basis, double until, nd_exact_answer *out)
{
    nd_status status;
    frame f;
    bool ok;

    *out = (nd_exact_answer){0};
    if (other->m == 0) {
        out->outside = ND_PROVED;
        return ND_OK;
    }
    if (rank == width(rows)) {
        out->outside = ND_REFUTED;
        out->inside = other->index[0];
        return ND_OK;
    }
    status = find_inside(ctx, rows, other, rank, basis, until, out);
    if (status != ND_OK || out->outside != ND_UNKNOWN) return status;
    status = frame_make(ctx, rows, other, rank, basis, &f, &ok);
    if (status == ND_OK && ok) status = find_normal(ctx, &f, other, until, out);
    frame_clear(ctx, &f);
    return status;
}

/* ---- testing witnesses --------------------------------------------------------------------- */

/* The texts as integers on a_k = x_k 2^-expo_k: w_k 2^(expo_k - lowest). */
static bool read_normal(size_t D, char *const *text, const long *expo, fmpz_mat_t w)
{
    long low = LONG_MAX;

    for (size_t k = 0; k < D; k++)
        if (expo[k] < low) low = expo[k];
    for (size_t k = 0; k < D; k++) {
        fmpz *z = fmpz_mat_entry(w, (slong)k, 0);

        if (!nd_text_read(z, text[k])) return false;
        fmpz_mul_2exp(z, z, (ulong)(expo[k] - low));
    }
    return true;
}

nd_status nd_exact_is_normal(nd_ctx *ctx, const nd_exact_rows *rows, const nd_exact_rows *other,
                             char *const *text, bool *yes)
{
    size_t D = width(rows);
    long *expo = ND_NEW(ctx, long, D), bits;
    nd_status status = expo ? nd_exponents(ctx, rows, other, expo, &bits, yes) : ND_EMEM;
    fmpz_mat_t w;

    if (status == ND_OK && *yes) {
        fmpz_mat_init(w, (slong)D, 1);
        *yes = read_normal(D, text, expo, w);
        if (*yes) status = products(ctx, rows, w, expo, true, yes);
        if (status == ND_OK && *yes) status = products(ctx, other, w, expo, false, yes);
        fmpz_mat_clear(w);
    }
    nd_free(ctx, expo);
    return status;
}

/* "p" or "p/q" with q > 0. */
static nd_status read_rational(nd_ctx *ctx, const char *text, fmpz_t p, fmpz_t q, bool *ok)
{
    const char *slash = text ? strchr(text, '/') : NULL;
    char *num;

    fmpz_one(q);
    if (!slash) {
        *ok = nd_text_read(p, text);
        return ND_OK;
    }
    num = nd_strdup(ctx, text);
    if (!num) return ND_EMEM;
    num[slash - text] = '\0';
    *ok = nd_text_read(p, num) && nd_text_read(q, slash + 1) && fmpz_sgn(q) > 0;
    nd_free(ctx, num);
    return ND_OK;
}

/* c (integers) and den with c / den = the coefficients. */
static nd_status read_coefficients(nd_ctx *ctx, size_t n, char *const *coef, fmpz_mat_t c,
                                   fmpz_t den, bool *ok)
{
    nd_status status = ND_OK;
    fmpz_t p, q, l;

    fmpz_init(p);
    fmpz_init(q);
    fmpz_init(l);
    fmpz_one(den);
    *ok = true;
    for (size_t k = 0; k < n && *ok && status == ND_OK; k++) {
        status = read_rational(ctx, coef[k], p, q, ok);
        if (status != ND_OK || !*ok) break;
        fmpz_lcm(l, den, q);
        fmpz_divexact(den, l, den); /* what the earlier ones are multiplied with */
        for (size_t i = 0; i < k; i++)
            fmpz_mul(fmpz_mat_entry(c, (slong)i, 0), fmpz_mat_entry(c, (slong)i, 0), den);
        fmpz_divexact(q, l, q);
        fmpz_mul(fmpz_mat_entry(c, (slong)k, 0), p, q);
        fmpz_set(den, l);
    }
    fmpz_clear(p);
    fmpz_clear(q);
    fmpz_clear(l);
    return status;
}

nd_status nd_exact_is_combination(nd_ctx *ctx, const nd_exact_rows *rows, char *const *coef,
                                  size_t inside, bool *yes)
{
    nd_exact_rows one = {rows->t, rows->bias, false, 1, &inside};
    nd_integers x;
    nd_status status = nd_integers_make(ctx, rows, &one, false, &x, yes);
    fmpz_mat_t c;
    fmpz_t den;

    if (status != ND_OK || !*yes) return status;
    fmpz_mat_init(c, (slong)rows->m + 1, 1);
    fmpz_init(den);
    status = read_coefficients(ctx, rows->m, coef, c, den, yes);
    fmpz_neg(fmpz_mat_entry(c, (slong)rows->m, 0), den);
    if (status == ND_OK && *yes) *yes = nd_sums_to_zero(&x, x.D, c);
    fmpz_mat_clear(c);
    fmpz_clear(den);
    nd_integers_clear(ctx, &x);
    return status;
}
