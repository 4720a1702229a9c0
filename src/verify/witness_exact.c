/* Exact statements about the samples: every double is a dyadic rational, sums and
 * products are formed without rounding (arf at ARF_PREC_EXACT), matrices in integers.
 *
 * Ranks and spans do not change when a sample is multiplied by a power of two, so each
 * x~_i is scaled to integers by its own.  r vectors that are independent modulo a prime
 * are independent.  If N spans the orthogonal complement of r independent vectors of a
 * class and all of the class is orthogonal to N, these vectors span what the class
 * spans; a sample lies in it exactly when it is orthogonal to N. */
#include "base/memory.h"
#include "verify/witness.h"
#include <string.h>
#if __has_include(<flint/fmpz_mat.h>)
#include <flint/fmpz_mat.h>
#include <flint/nmod_mat.h>
#else
#include <fmpz_mat.h>
#include <nmod_mat.h>
#endif

#define MAX_WORK 2e9                        /* products of integers; beyond: ND_UNKNOWN */
#define PRIME    UWORD(1152921504606846883) /* 2^60 - 93 */

static double entry(const nv_points *p, slong i, slong k)
{
    return k < p->d ? p->X[i * p->d + k] : 1.0;
}

/* sum += a x. */
static void add_product(arf_t sum, const arf_t a, double x)
{
    arf_t t;

    arf_init(t);
    arf_set_d(t, x);
    arf_addmul(sum, a, t, ARF_PREC_EXACT, ARF_RND_DOWN);
    arf_clear(t);
}

/* sum := w.x~_i. */
static void dot(arf_t sum, const nv_points *p, slong i, const arf_struct *w)
{
    arf_zero(sum);
    for (slong k = 0; k < p->D; k++) add_product(sum, w + k, entry(p, i, k));
}

/* row := x~_i times the power of two that makes it integer; D entries. */
static void integers(fmpz *row, const nv_points *p, slong i)
{
    fmpz *e = _fmpz_vec_init(p->D);
    fmpz_t least;
    arf_t x;

    fmpz_init(least);
    arf_init(x);
    for (slong k = 0; k < p->D; k++) {
        arf_set_d(x, entry(p, i, k));
        arf_get_fmpz_2exp(row + k, e + k, x);
        if (!arf_is_zero(x) && fmpz_cmp(e + k, least) < 0) fmpz_set(least, e + k);
    }
    for (slong k = 0; k < p->D; k++) {
        fmpz_sub(e + k, e + k, least);
        if (!fmpz_is_zero(row + k)) fmpz_mul_2exp(row + k, row + k, fmpz_get_ui(e + k));
    }
    arf_clear(x);
    fmpz_clear(least);
    _fmpz_vec_clear(e, p->D);
}

/* ---- duplicates ----------------------------------------------------------------------- */

static int compare(const nv_points *p, slong i, slong j)
{
    for (slong k = 0; k < p->d; k++) {
        double a = entry(p, i, k), b = entry(p, j, k);
        if (a != b) return a < b ? -1 : 1;
    }
    return 0;
}

/* Merge sort of order[0..n) with scratch of the same size. */
static void sort(const nv_points *p, slong *order, slong *scratch, slong n)
{
    slong h = n / 2, i = 0, j = h;

    if (n < 2) return;
    sort(p, order, scratch, h);
    sort(p, order + h, scratch, n - h);
    for (slong k = 0; k < n; k++)
        scratch[k] =
            j == n || (i < h && compare(p, order[i], order[j]) <= 0) ? order[i++] : order[j++];
    memcpy(order, scratch, (size_t)n * sizeof *order);
}

/* One group of count[0] positive and count[1] negative samples that are equal. */
static void add_group(nv_counts *out, const slong count[2])
{
    slong rarer = count[0] < count[1] ? count[0] : count[1];

    out->distinct++;
    out->contradictory += rarer > 0;
    out->min_errors += rarer;
    for (int s = 0; s < 2; s++) {
        out->samples[s] += count[s];
        out->of_class[s] += count[s] > 0;
    }
}

nd_status nv_count(nd_ctx *ctx, const nv_points *p, nv_counts *out)
{
    slong *order = ND_NEW(ctx, slong, (size_t)p->n), *scratch = ND_NEW(ctx, slong, (size_t)p->n);
    slong count[2] = {0, 0};
    nd_status status = order && scratch ? ND_OK : ND_EMEM;

    memset(out, 0, sizeof *out);
    for (slong i = 0; status == ND_OK && i < p->n; i++) order[i] = i;
    if (status == ND_OK) sort(p, order, scratch, p->n);
    for (slong k = 0; status == ND_OK && k < p->n; k++) {
        count[p->y[order[k]] < 0]++;
        if (k + 1 < p->n && compare(p, order[k], order[k + 1]) == 0) continue;
        add_group(out, count);
        count[0] = count[1] = 0;
    }
    nd_free(ctx, order);
    nd_free(ctx, scratch);
    return status;
}

/* ---- separability ----------------------------------------------------------------------- */

/* smallest^2 >= margin^2 |w|^2, for smallest > 0. */
static bool margin_holds(const arf_t smallest, const arf_struct *w, slong D, double margin)
{
    arf_t a, b, m;
    bool r;

    arf_init(a);
    arf_init(b);
    arf_init(m);
    for (slong k = 0; k < D; k++) arf_addmul(b, w + k, w + k, ARF_PREC_EXACT, ARF_RND_DOWN);
    arf_mul(a, smallest, smallest, ARF_PREC_EXACT, ARF_RND_DOWN);
    arf_set_d(m, margin);
    arf_mul(b, b, m, ARF_PREC_EXACT, ARF_RND_DOWN);
    arf_mul(b, b, m, ARF_PREC_EXACT, ARF_RND_DOWN);
    r = arf_cmp(a, b) >= 0;
    arf_clear(a);
    arf_clear(b);
    arf_clear(m);
    return r;
}

nd_truth nv_separates(const nv_points *p, const double *w, double margin, slong *at)
{
    arf_struct *v = flint_malloc((size_t)(p->D + 1) * sizeof *v);
    arf_t m, least;
    nd_truth r;

    for (slong k = 0; k < p->D; k++) {
        arf_init(v + k);
        arf_set_d(v + k, w[k]);
    }
    arf_init(m);
    arf_init(least);
    for (slong i = 0; i < p->n; i++) {
        dot(m, p, i, v);
        if (p->y[i] < 0) arf_neg(m, m);
        if (i > 0 && arf_cmp(m, least) >= 0) continue;
        arf_set(least, m);
        *at = i;
    }
    r = arf_sgn(least) > 0 && margin_holds(least, v, p->D, margin) ? ND_PROVED : ND_REFUTED;
    for (slong k = 0; k < p->D; k++) arf_clear(v + k);
    flint_free(v);
    arf_clear(m);
    arf_clear(least);
    return r;
}

bool nv_vanishes(const nv_points *p, const slong *index, slong m, const fmpz *c)
{
    arf_t sum, a;
    bool zero = true;

    arf_init(sum);
    arf_init(a);
    for (slong k = 0; k < p->D && zero; k++) {
        arf_zero(sum);
        for (slong j = 0; j < m; j++) {
            arf_set_fmpz(a, c + j);
            add_product(sum, a, p->y[index[j]] * entry(p, index[j], k));
        }
        zero = arf_is_zero(sum);
    }
    arf_clear(sum);
    arf_clear(a);
    return zero;
}

/* A := the x~_i of index as rows (initialised here). */
static void matrix(fmpz_mat_t A, const nv_points *p, const slong *index, slong r)
{
    fmpz_mat_init(A, r, p->D);
    for (slong k = 0; k < r; k++) integers(A->rows[k], p, index[k]);
}

static bool too_large(slong rows, slong columns)
{
    double a = (double)rows, b = (double)columns;

    return a * b * (a < b ? a : b) > MAX_WORK;
}

nd_truth nv_circuit(const nv_points *p, const slong *index, slong m)
{
    fmpz_mat_t A, T, N;
    slong nullity;
    int sign = 0;
    bool same = true;

    if (too_large(m, p->D)) return ND_UNKNOWN;
    matrix(A, p, index, m);
    fmpz_mat_init(T, p->D, m);
    fmpz_mat_init(N, m, m);
    fmpz_mat_transpose(T, A);
    nullity = fmpz_mat_nullspace(N, T);
    for (slong k = 0; nullity == 1 && k < m; k++) {
        int s = fmpz_sgn(fmpz_mat_entry(N, k, 0)) * (p->y[index[k]] > 0 ? 1 : -1);
        same = same && s != 0 && (k == 0 || s == sign);
        sign = s;
    }
    fmpz_mat_clear(A);
    fmpz_mat_clear(T);
    fmpz_mat_clear(N);
    return nullity > 1 ? ND_UNKNOWN : nullity == 1 && same ? ND_PROVED : ND_REFUTED;
}

/* ---- ranks and spans -------------------------------------------------------------------- */

/* Rank of A, from below modulo a prime when that is as large as it can be. */
static slong rank(const fmpz_mat_t A)
{
    slong most = A->r < A->c ? A->r : A->c, r;
    nmod_mat_t M;

    nmod_mat_init(M, A->r, A->c, PRIME);
    fmpz_mat_get_nmod_mat(M, A);
    r = nmod_mat_rank(M);
    nmod_mat_clear(M);
    return r == most ? r : fmpz_mat_rank(A);
}

nd_truth nv_independent(const nv_points *p, const slong *index, slong r)
{
    fmpz_mat_t A;
    bool full;

    if (r > p->D) return ND_REFUTED;
    if (too_large(r, p->D)) return ND_UNKNOWN;
    matrix(A, p, index, r);
    full = rank(A) == r;
    fmpz_mat_clear(A);
    return full ? ND_PROVED : ND_REFUTED;
}

bool nv_inside(const nv_points *p, const nv_span *s, slong i)
{
    slong k = s->N->c;
    fmpz *row = _fmpz_vec_init(p->D);
    fmpz_t sum;
    bool zero = true;

    fmpz_init(sum);
    if (k > 0) integers(row, p, i);
    for (slong j = 0; j < k && zero; j++) {
        fmpz_zero(sum);
        for (slong a = 0; a < p->D; a++) fmpz_addmul(sum, row + a, fmpz_mat_entry(s->N, a, j));
        zero = fmpz_is_zero(sum);
    }
    fmpz_clear(sum);
    _fmpz_vec_clear(row, p->D);
    return zero;
}

nd_truth nv_span_find(const nv_points *p, double y, const slong *basis, slong r, nv_span *out)
{
    slong k = p->D - r;
    fmpz_mat_t A, all;

    out->known = false;
    out->r = r;
    if (too_large(r, p->D) || (double)p->n * (double)p->D * (double)k > MAX_WORK) return ND_UNKNOWN;
    matrix(A, p, basis, r);
    fmpz_mat_init(all, p->D, p->D);
    fmpz_mat_init(out->N, p->D, k);
    if (r == 0) fmpz_mat_one(all);
    if (r > 0 && k > 0) fmpz_mat_nullspace(all, A);
    for (slong i = 0; i < p->D; i++)
        for (slong j = 0; j < k; j++)
            fmpz_set(fmpz_mat_entry(out->N, i, j), fmpz_mat_entry(all, i, j));
    fmpz_mat_clear(all);
    fmpz_mat_clear(A);
    out->known = true;
    for (slong i = 0; i < p->n && out->known; i++)
        out->known = p->y[i] != y || nv_inside(p, out, i);
    if (!out->known) fmpz_mat_clear(out->N);
    return out->known ? ND_PROVED : ND_REFUTED;
}

void nv_span_clear(nv_span *s)
{
    if (s->known) fmpz_mat_clear(s->N);
    s->known = false;
}

slong nv_rank_together(const nv_points *p, slong *const basis[2], const nv_span s[2])
{
    slong r = s[0].r + s[1].r;
    fmpz_mat_t A;

    if (too_large(r, p->D)) return -1;
    fmpz_mat_init(A, r, p->D);
    for (slong k = 0; k < r; k++)
        integers(A->rows[k], p, k < s[0].r ? basis[0][k] : basis[1][k - s[0].r]);
    r = rank(A);
    fmpz_mat_clear(A);
    return r;
}

bool nv_normal(const nv_points *p, double y, const fmpz *w)
{
    arf_struct *v = flint_malloc((size_t)(p->D + 1) * sizeof *v);
    arf_t m;
    bool right = true;

    arf_init(m);
    for (slong k = 0; k < p->D; k++) {
        arf_init(v + k);
        arf_set_fmpz(v + k, w + k);
    }
    for (slong i = 0; i < p->n && right; i++) {
        dot(m, p, i, v);
        right = arf_is_zero(m) == (p->y[i] == y);
    }
    for (slong k = 0; k < p->D; k++) arf_clear(v + k);
    flint_free(v);
    arf_clear(m);
    return right;
}

/* With q the common denominator: q x~_inside = sum_k (q coef_k) x~_basis_k. */
bool nv_combines(const nv_points *p, slong inside, const slong *basis, slong r, const fmpq *coef)
{
    fmpz_t q, c;
    arf_t sum, a;
    bool zero = true;

    fmpz_init_set_ui(q, 1);
    fmpz_init(c);
    arf_init(sum);
    arf_init(a);
    for (slong k = 0; k < r; k++) fmpz_lcm(q, q, fmpq_denref(coef + k));
    for (slong j = 0; j < p->D && zero; j++) {
        arf_zero(sum);
        arf_set_fmpz(a, q);
        add_product(sum, a, -entry(p, inside, j));
        for (slong k = 0; k < r; k++) {
            fmpz_divexact(c, q, fmpq_denref(coef + k));
            fmpz_mul(c, c, fmpq_numref(coef + k));
            arf_set_fmpz(a, c);
            add_product(sum, a, entry(p, basis[k], j));
        }
        zero = arf_is_zero(sum);
    }
    fmpz_clear(q);
    fmpz_clear(c);
    arf_clear(sum);
    arf_clear(a);
    return zero;
}
