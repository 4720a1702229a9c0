/* Ranks over the rationals.
 *
 * From below: independent modulo a prime is independent.  Rows are taken in portions;
 * between them a random vector w of the kernel of those found (modulo the prime) tells
 * which of the others are worth looking at: those with w.row != 0.
 *
 * From above, in this order: the number of rows; the number of columns that are neither
 * zero nor multiples of another; else a basis of the orthogonal complement, solved for
 * exactly and multiplied with every row. */
#include "theory/exact_flint.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"

/* ---- residues ----------------------------------------------------------------------------- */

static size_t width(const nd_exact_rows *rows)
{
    return rows->t->d + (rows->bias ? 1 : 0);
}

/* x = odd 2^e; 2 has an inverse modulo the prime. */
static mp_limb_t residue(double x, nmod_t mod)
{
    mp_limb_t base, r;
    int64_t m;
    long e;

    if (x == 0.0) return 0;
    m = nd_odd_part(x, &e);
    r = (mp_limb_t)(m < 0 ? -m : m); /* < 2^53 < prime */
    base = e < 0 ? (ND_PRIME + 1) / 2 : 2;
    if (e != 0)
        r = nmod_mul(r, n_powmod2_ui_preinv(base, (ulong)(e < 0 ? -e : e), mod.n, mod.ninv), mod);
    return m < 0 ? nmod_neg(r, mod) : r;
}

/* The search for a basis.  Buffers have room for D, the portion for 2 D rows. */
typedef struct {
    const nd_exact_rows *rows;
    size_t D, rank, *position; /* of the basis                      */
    size_t count, *portion;    /* rows looked at together           */
    size_t *pivot;
    double *row;
    mp_limb_t *w, *residues;
    nmod_t mod;
} rank_search;

static void residues_of(rank_search *s, size_t i)
{
    nd_exact_row(s->rows, i, s->row);
    for (size_t k = 0; k < s->D; k++) s->residues[k] = residue(s->row[k], s->mod);
}

/* Basis and portion as the columns of a matrix; its pivots are the new basis. */
static void extend(rank_search *s)
{
    size_t all = s->rank + s->count, r;
    nmod_mat_t a;

    nmod_mat_init(a, (slong)s->D, (slong)all, ND_PRIME);
    for (size_t j = 0; j < all; j++) {
        residues_of(s, j < s->rank ? s->position[j] : s->portion[j - s->rank]);
        for (size_t k = 0; k < s->D; k++) nmod_mat_entry(a, (slong)k, (slong)j) = s->residues[k];
    }
    r = nd_pivots(a, s->pivot);
    for (size_t j = s->rank; j < r; j++) s->position[j] = s->portion[s->pivot[j] - s->rank];
    s->rank = r;
    nmod_mat_clear(a);
}

/* w := a random vector with w.row = 0 modulo the prime on the basis. */
static void kernel_vector(rank_search *s)
{
    nd_rng rng = nd_rng_make(s->rank, s->D);
    nmod_mat_t a;

    nmod_mat_init(a, (slong)s->rank, (slong)s->D, ND_PRIME);
    for (size_t j = 0; j < s->rank; j++) {
        residues_of(s, s->position[j]);
        for (size_t k = 0; k < s->D; k++) nmod_mat_entry(a, (slong)j, (slong)k) = s->residues[k];
    }
    nd_pivots(a, s->pivot);
    for (size_t k = 0; k < s->D; k++) s->w[k] = nd_rng_u64(&rng) % ND_PRIME;
    for (size_t j = 0; j < s->rank; j++) s->w[s->pivot[j]] = 0;
    for (size_t j = 0; j < s->rank; j++) {
        mp_limb_t sum = 0;

        for (size_t k = 0; k < s->D; k++) /* w is 0 at the pivots, or set already: there a is 0 */
            sum = nmod_add(sum, nmod_mul(nmod_mat_entry(a, (slong)j, (slong)k), s->w[k], s->mod),
                           s->mod);
        s->residues[j] = nmod_neg(sum, s->mod);
    }
    for (size_t j = 0; j < s->rank; j++) s->w[s->pivot[j]] = s->residues[j];
    nmod_mat_clear(a);
}

static bool in_kernel(rank_search *s, size_t i)
{
    mp_limb_t sum = 0;

    residues_of(s, i);
    for (size_t k = 0; k < s->D; k++)
        sum = nmod_add(sum, nmod_mul(s->residues[k], s->w[k], s->mod), s->mod);
    return sum == 0;
}

static nd_status search_make(nd_ctx *ctx, const nd_exact_rows *rows, size_t *position,
                             rank_search *s)
{
    *s = (rank_search){.rows = rows, .D = width(rows), .position = position};
    nmod_init(&s->mod, ND_PRIME);
    s->portion = ND_NEW(ctx, size_t, 2 * s->D);
    s->pivot = ND_NEW(ctx, size_t, 3 * s->D);
    s->row = ND_NEW(ctx, double, s->D);
    s->w = ND_NEW(ctx, mp_limb_t, s->D);
    s->residues = ND_NEW(ctx, mp_limb_t, s->D);
    return s->portion && s->pivot && s->row && s->w && s->residues ? ND_OK : ND_EMEM;
}

static void search_clear(nd_ctx *ctx, rank_search *s)
{
    nd_free(ctx, s->portion);
    nd_free(ctx, s->pivot);
    nd_free(ctx, s->row);
    nd_free(ctx, s->w);
    nd_free(ctx, s->residues);
}

/* All rows once in portions; rows that the kernel vector annihilates are left out. */
static nd_status find_basis(nd_ctx *ctx, rank_search *s, double until)
{
    size_t most = 2 * s->D < s->rows->m ? 2 * s->D : s->rows->m;

    for (size_t i = 0; i < s->rows->m && s->rank < s->D; i++) {
        if (s->rank == 0 || !in_kernel(s, i)) s->portion[s->count++] = i;
        if (s->count == 0 || (s->count < most && i + 1 < s->rows->m)) continue;
        if (nd_cancelled(ctx)) return ND_ECANCEL;
        if (nd_seconds() > until) break;
        extend(s);
        kernel_vector(s);
        s->count = 0;
    }
    return ND_OK;
}

nd_status nd_kernel_zeros(nd_ctx *ctx, const nd_exact_rows *rows, size_t rank, const size_t *basis,
                          const nd_exact_rows *other, bool *zero)
{
    rank_search s;
    nd_status status = search_make(ctx, rows, NULL, &s);

    if (status == ND_OK) {
        s.rank = rank;
        s.position = (size_t *)basis; /* only read */
        kernel_vector(&s);
        s.rows = other;
        for (size_t i = 0; i < other->m; i++) zero[i] = in_kernel(&s, i);
    }
    search_clear(ctx, &s);
    return status;
}

/* ---- columns ------------------------------------------------------------------------------- */

static double entry(const nd_exact_rows *rows, size_t i, size_t k, double *row)
{
    nd_exact_row(rows, i, row);
    return row[k];
}

/* The pivot entry of each column (its first that is not zero) and a hash of the quotients
 * by it: they are correctly rounded, so multiples of one column have the same. */
static void digest(const nd_exact_rows *rows, size_t D, double *row, double *lead, uint64_t *hash)
{
    for (size_t i = 0; i < rows->m; i++) {
        nd_exact_row(rows, i, row);
        for (size_t k = 0; k < D; k++) {
            double q;
            uint64_t b;

            if (row[k] == 0.0) continue;
            if (lead[k] == 0.0) lead[k] = row[k];
            q = row[k] / lead[k];
            memcpy(&b, &q, sizeof b);
            hash[k] = (hash[k] ^ (b + i)) * UINT64_C(0x9e3779b97f4a7c15);
            hash[k] ^= hash[k] >> 31;
        }
    }
}

/* x[i][k] lead[j] = x[i][j] lead[k] for all rows: both products, rounded, and their
 * remainders.  Products that might underflow do not count as equal. */
static bool multiple(const nd_exact_rows *rows, size_t k, size_t j, const double *lead, double *row)
{
    for (size_t i = 0; i < rows->m; i++) {
        double a, b, p, q;

        a = entry(rows, i, k, row);
        b = row[j];
        if (a == 0.0 && b == 0.0) continue;
        p = a * lead[j];
        q = b * lead[k];
        if (!(p == q) || !(fabs(p) > 0x1p-900) || !(fabs(p) < 0x1p+1000)) return false;
        if (fma(a, lead[j], -p) != fma(b, lead[k], -q)) return false;
    }
    return true;
}

nd_status nd_columns_kept(nd_ctx *ctx, const nd_exact_rows *rows, size_t *keep, size_t *kept)
{
    size_t D = width(rows), n = 0;
    double *row = ND_NEW(ctx, double, D), *lead = ND_NEW0(ctx, double, D);
    uint64_t *hash = ND_NEW0(ctx, uint64_t, D);
    nd_status status = row && lead && hash ? ND_OK : ND_EMEM;

    if (status == ND_OK) digest(rows, D, row, lead, hash);
    for (size_t c = D; c-- > 0 && status == ND_OK;) { /* the bias first: constants go */
        bool needed = lead[c] != 0.0;

        for (size_t j = 0; j < n && needed; j++)
            needed = hash[keep[j]] != hash[c] || !multiple(rows, c, keep[j], lead, row);
        if (needed) keep[n++] = c;
    }
    *kept = n;
    nd_free(ctx, row);
    nd_free(ctx, lead);
    nd_free(ctx, hash);
    return status;
}

/* ---- the complement ------------------------------------------------------------------------ */

nd_status nd_minor(nd_ctx *ctx, const nd_exact_rows *rows, size_t m, const size_t *pos, size_t n,
                   const size_t *col, const long *expo, fmpz_mat_t out)
{
    double *row = ND_NEW(ctx, double, width(rows));
    long e;

    if (!row) return ND_EMEM;
    fmpz_mat_init(out, (slong)m, (slong)n);
    for (size_t i = 0; i < m; i++) {
        nd_exact_row(rows, pos[i], row);
        for (size_t k = 0; k < n; k++) {
            fmpz *z = fmpz_mat_entry(out, (slong)i, (slong)k);

            if (row[col[k]] == 0.0) continue;
            fmpz_set_si(z, (slong)nd_odd_part(row[col[k]], &e));
            fmpz_mul_2exp(z, z, (ulong)(e - expo[col[k]]));
        }
    }
    nd_free(ctx, row);
    return ND_OK;
}

/* All rows times the columns of z (width x count): zero? */
static bool annihilated(nd_ctx *ctx, const nd_exact_rows *rows, const fmpz_mat_t z,
                        const long *expo, double until, nd_status *status)
{
    double *row = ND_NEW(ctx, double, width(rows));
    bool zero = row != NULL;
    fmpz_mat_t w;
    fmpz_t s;

    fmpz_init(s);
    for (slong f = 0; f < fmpz_mat_ncols(z) && zero; f++) {
        fmpz_mat_window_init(w, z, 0, f, fmpz_mat_nrows(z), f + 1);
        for (size_t i = 0; i < rows->m && zero; i++) {
            nd_exact_dot(s, rows, i, w, expo, row);
            zero = fmpz_is_zero(s) && ((i & 63) || nd_seconds() < until);
        }
        fmpz_mat_window_clear(w);
    }
    fmpz_clear(s);
    *status = row ? ND_OK : ND_EMEM;
    nd_free(ctx, row);
    return zero;
}

/* z (D x free) := a basis of the complement inside the kept columns: den on its own free
 * column, the solution on the pivot columns.  False: singular, which cannot be. */
static bool complement(const fmpz_mat_t a, const size_t *keep, size_t kept, const size_t *pivot,
                       size_t rank, fmpz_mat_t z)
{
    slong r = (slong)rank, nfree = (slong)(kept - rank), f = 0;
    fmpz_mat_t left, right, x;
    fmpz_t den;
    bool ok;

    fmpz_mat_init(left, r, r);
    fmpz_mat_init(right, r, nfree);
    fmpz_mat_init(x, r, nfree);
    fmpz_init(den);
    for (size_t k = 0, p = 0; k < kept; k++) {
        bool is_pivot = p < rank && pivot[p] == k;

        for (slong i = 0; i < r && is_pivot; i++)
            fmpz_set(fmpz_mat_entry(left, i, (slong)p), fmpz_mat_entry(a, i, (slong)k));
        for (slong i = 0; i < r && !is_pivot; i++)
            fmpz_neg(fmpz_mat_entry(right, i, f), fmpz_mat_entry(a, i, (slong)k));
        p += is_pivot;
        f += !is_pivot;
    }
    ok = nd_solve(x, den, left, right);
    f = 0;
    for (size_t k = 0, p = 0; k < kept && ok; k++) {
        if (p < rank && pivot[p] == k) {
            for (slong j = 0; j < nfree; j++)
                fmpz_set(fmpz_mat_entry(z, (slong)keep[k], j), fmpz_mat_entry(x, (slong)p, j));
            p++;
        } else {
            fmpz_set(fmpz_mat_entry(z, (slong)keep[k], f++), den);
        }
    }
    fmpz_mat_clear(left);
    fmpz_mat_clear(right);
    fmpz_mat_clear(x);
    fmpz_clear(den);
    return ok;
}

/* Is the rank at most rank?  By a complement of dimension kept - rank. */
static nd_status bounded(nd_ctx *ctx, const nd_exact_rows *rows, size_t rank, const size_t *basis,
                         const size_t *keep, size_t kept, double until, bool *yes)
{
    long *expo = ND_NEW(ctx, long, width(rows)), bits = 0;
    size_t *pivot = ND_NEW(ctx, size_t, kept);
    nd_status status = expo && pivot ? nd_exponents(ctx, rows, NULL, expo, &bits, yes) : ND_EMEM;
    double cost = nd_solve_seconds(rank, bits) * (double)(kept - rank);
    fmpz_mat_t a, z;

    if (status == ND_OK && *yes) {
        *yes = false;
        if (nd_seconds() + cost > until) goto done;
        ND_TRY(nd_minor(ctx, rows, rank, basis, kept, keep, expo, a));
        fmpz_mat_init(z, (slong)width(rows), (slong)(kept - rank));
        if (nd_pivots_of(a, false, pivot) == rank && complement(a, keep, kept, pivot, rank, z))
            *yes = annihilated(ctx, rows, z, expo, until, &status);
        fmpz_mat_clear(a);
        fmpz_mat_clear(z);
    }
done:
    nd_free(ctx, expo);
    nd_free(ctx, pivot);
    return status;
}

nd_status nd_exact_basis(nd_ctx *ctx, const nd_exact_rows *rows, double until, size_t *rank,
                         bool *full, size_t *position)
{
    size_t *keep = ND_NEW(ctx, size_t, width(rows)), kept = 0;
    rank_search s;
    nd_status status = search_make(ctx, rows, position, &s);

    if (!keep) status = ND_EMEM;
    if (status == ND_OK) status = find_basis(ctx, &s, until);
    *rank = s.rank;
    *full = s.rank == rows->m || s.rank == s.D;
    if (status == ND_OK && !*full) {
        status = nd_columns_kept(ctx, rows, keep, &kept);
        *full = status == ND_OK && kept == s.rank;
    }
    if (status == ND_OK && !*full)
        status = bounded(ctx, rows, s.rank, position, keep, kept, until, full);
    search_clear(ctx, &s);
    nd_free(ctx, keep);
    return status;
}
