/* The rank of a matrix whose entries are products of two doubles, proved.
 *
 * Entries are integers once each column is divided by the smallest power of two in it, of
 * at most B bits.  Modulo a prime the rank can only fall, so a rank r modulo one prime is a
 * lower bound.  It is the rank when all minors of order r + 1 are 0; by Hadamard's inequality
 * they are below (2^B sqrt(r + 1))^(r + 1), and each is a multiple of every prime modulo
 * which the rank is at most r: enough primes settle it.  FLINT allocates for itself. */
#include <math.h>

#include "base/memory.h"
#include "theory/exact_flint.h"

#include <flint/ulong_extras.h>

#define WIDEST 4096 /* bits of an entry */

/* a b = m 2^e, m odd or 0. */
static void product(double a, double b, fmpz_t m, long *e)
{
    long ea = 0, eb = 0;

    *e = 0;
    fmpz_zero(m);
    if (a == 0.0 || b == 0.0) return;
    fmpz_set_si(m, (slong)nd_odd_part(a, &ea));
    fmpz_mul_si(m, m, (slong)nd_odd_part(b, &eb));
    *e = ea + eb;
}

/* Column k is the same numbers as one before it: it adds nothing to the rank. */
static bool repeated(size_t m, size_t n, size_t k, const double *a, const double *b)
{
    for (size_t l = 0; l < k; l++) {
        size_t i = 0;

        while (i < m && a[i * n + k] == a[i * n + l] && b[i * n + k] == b[i * n + l]) i++;
        if (i == m) return true;
    }
    return false;
}

/* Column c of x := column k of the products; false: too wide or not finite. */
static bool column(fmpz_mat_t x, size_t c, size_t m, size_t n, size_t k, const double *a,
                   const double *b)
{
    long least = LONG_MAX, e;
    bool ok = true;

    for (size_t i = 0; ok && i < m; i++) {
        ok = isfinite(a[i * n + k]) && isfinite(b[i * n + k]);
        if (!ok) break;
        product(a[i * n + k], b[i * n + k], fmpz_mat_entry(x, (slong)i, (slong)c), &e);
        if (!fmpz_is_zero(fmpz_mat_entry(x, (slong)i, (slong)c)) && e < least) least = e;
    }
    for (size_t i = 0; ok && i < m; i++) {
        fmpz *z = fmpz_mat_entry(x, (slong)i, (slong)c);

        if (fmpz_is_zero(z)) continue;
        product(a[i * n + k], b[i * n + k], z, &e);
        ok = e - least <= WIDEST;
        if (ok) fmpz_mul_2exp(z, z, (ulong)(e - least));
    }
    return ok;
}

static size_t rank_modulo(const fmpz_mat_t x, mp_limb_t p)
{
    nmod_mat_t y;
    slong rank;

    nmod_mat_init(y, x->r, x->c, p);
    fmpz_mat_get_nmod_mat(y, x);
    rank = nmod_mat_rank(y);
    nmod_mat_clear(y);
    return (size_t)rank;
}

/* Primes above 2^62 until the minors of order *rank + 1 must be 0. */
static bool settle(const fmpz_mat_t x, double until, size_t *rank)
{
    double bits = (double)labs(fmpz_mat_max_bits(x)) + 1.0, settled = 0.0;
    size_t least = (size_t)(x->r < x->c ? x->r : x->c);
    mp_limb_t p = UWORD(1) << 62;

    *rank = 0;
    for (;;) {
        double order = (double)*rank + 1.0;
        size_t r;

        if (*rank == least || settled > order * (bits + 0.5 * log2(order)) + 2.0) return true;
        if (nd_seconds() > until) return false;
        p = n_nextprime(p, 1);
        r = rank_modulo(x, p);
        if (r > *rank) *rank = r; /* modulo the primes before it is not larger either */
        settled += 62.0;
    }
}

nd_status nd_exact_product_rank(nd_ctx *ctx, size_t m, size_t n, const double *a, const double *b,
                                double until, size_t *rank, bool *known)
{
    size_t c = 0;
    fmpz_mat_t x;

    (void)ctx;
    *rank = 0;
    *known = true;
    for (size_t k = 0; k < n; k++) c += !repeated(m, n, k, a, b);
    if (m == 0 || c == 0) return ND_OK;
    fmpz_mat_init(x, (slong)m, (slong)c);
    c = 0;
    for (size_t k = 0; *known && k < n; k++)
        if (!repeated(m, n, k, a, b)) *known = column(x, c++, m, n, k, a, b);
    if (*known) *known = settle(x, until, rank);
    fmpz_mat_clear(x);
    return ND_OK;
}
