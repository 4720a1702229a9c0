/* region: a net of relu, leakyrelu and linear terms whose output on the samples that matter
 * is linear, near theta*, in (a_j w_j, a_j b_j, u, a_0).
 *
 * Column k of A belongs to parameter k: phi_ij x_ik to an entry of w_j, phi_ij to b_j, x_ik to
 * an entry of a linear term, 1 to a_0; an output weight a_j has none.  A row for every sample
 * not proved to have a constant loss near theta*: more rows than T are no loss, for what the
 * columns of `free` span on more rows they span on fewer.  Entries are dyadic; each row is
 * multiplied by a power of two, which changes no rank. */
#include "verify/prove.h"
#include <stdio.h>
#include <string.h>
#if __has_include(<flint/fmpz_mat.h>)
#include <flint/fmpz_mat.h>
#include <flint/nmod_mat.h>
#else
#include <fmpz_mat.h>
#include <nmod_mat.h>
#endif

#define MAX_ENTRIES 4e6                        /* of A; beyond: unknown                      */
#define MAX_WORK    4e6                        /* products in an exact rank; beyond: unknown */
#define PRIME       UWORD(1152921504606846883) /* 2^60 - 93                                  */

typedef struct {
    const nv_cert *c;
    arb_srcptr theta;
    arb_ptr x, t;    /* d; scratch 4                                                  */
    arf_struct *row; /* P: of A                                                       */
    fmpz_mat_t A;
    slong rows;
} region;

/* ---- what the kind allows ----------------------------------------------------------- */

static bool is_piecewise(const nv_layer *L)
{
    const char *name = nv_activation_name(L->jet);

    return !L->residual && (!strcmp(name, "relu") || !strcmp(name, "leakyrelu"));
}

/* May parameter k be in `free`? */
static bool may_move(const nv_cert *c, slong k)
{
    if (k == c->net.a0) return true;
    for (slong t = 0; t < c->net.terms; t++) {
        const nv_term *T = &c->net.term[t];
        const nv_layer *L = T->layer;

        if (k < T->start || k >= T->a + T->out) continue;
        if (T->depth == 0) return true;
        if (k >= T->a) return false;
        return c->theta[T->a + (k < L->W + L->width * L->in ? (k - L->W) / L->in : k - L->b)] != 0;
    }
    return false;
}

static const char *fault(const nv_cert *c)
{
    if (c->l2 != 0) return "that the ridge is 0";
    for (slong t = 0; t < c->net.terms; t++)
        if (c->net.term[t].depth > 1 ||
            (c->net.term[t].depth == 1 && !is_piecewise(&c->net.term[t].layer[0])))
            return "that every term is linear or one layer of relu or leakyrelu";
    for (slong k = 0; k < c->free.n; k++)
        if (!may_move(c, c->free.at[k]))
            return "that 'free' holds weights and biases of neurons with a_j != 0, linear terms, "
                   "a_0 only";
    return NULL;
}

/* ---- the matrix ------------------------------------------------------------------------ */

/* row[k] := phi x. */
static void set_entry(region *r, slong k, const arb_t phi, double x)
{
    arf_t t;

    arf_init(t);
    arf_set_d(t, x);
    arf_mul(r->row + k, arb_midref(phi), t, ARF_PREC_EXACT, ARF_RND_DOWN);
    arf_clear(t);
}

/* The neurons of a term on one sample: f += their output; the row.  false: the slope of one of
 * them is not known, so neither is the row. */
static bool add_neurons(region *r, const nv_term *T, const double *x, arb_t f)
{
    const nv_layer *L = &T->layer[0];
    bool known = true;

    for (slong j = 0; j < L->width; j++) {
        arb_srcptr b = L->bias ? r->theta + L->b + j : NULL;
        arb_ptr z = r->t, s = r->t + 1; /* s, s' */

        arb_dot(z, b, 0, r->theta + L->W + j * L->in, 1, r->x, 1, L->in, NV_FINE);
        nv_apply(L->jet, s, z, 0, 1, NV_FINE);
        arb_addmul(f, r->theta + T->a + j, s, NV_FINE);
        known = known && arb_is_exact(s + 1);
        for (slong k = 0; known && k < L->in; k++) set_entry(r, L->W + j * L->in + k, s + 1, x[k]);
        if (known && L->bias) set_entry(r, L->b + j, s + 1, 1.0);
    }
    return known;
}

/* Is the loss of y f constant near every f of the ball? */
static bool constant_loss(const nv_cert *c, double y, const arb_t f)
{
    arb_t z, kink, l;
    bool r;

    arb_init(z);
    arb_init(kink);
    arb_init(l);
    arb_mul_si(z, f, y > 0 ? -1 : 1, NV_FINE);
    arb_set_si(kink, -1);
    nv_apply(c->loss.jet, l, z, c->loss.q, 0, NV_FINE);
    r = arb_lt(z, kink) && arb_is_zero(l); /* l is convex: 0 on (-inf, z] */
    arb_clear(z);
    arb_clear(kink);
    arb_clear(l);
    return r;
}

/* A's next row := row, times a power of two that makes it integer. */
static void push_row(region *r)
{
    slong P = r->c->net.P;
    fmpz *to = r->A->rows[r->rows++];
    fmpz_t e, least;

    fmpz_init(e);
    fmpz_init(least);
    for (slong k = 0; k < P; k++) {
        arf_bot(e, r->row + k);
        if (!arf_is_zero(r->row + k) && fmpz_cmp(e, least) < 0) fmpz_set(least, e);
    }
    fmpz_neg(least, least);
    for (slong k = 0; k < P; k++) {
        arf_mul_2exp_fmpz(r->row + k, r->row + k, least);
        arf_get_fmpz(to + k, r->row + k, ARF_RND_DOWN); /* exact */
    }
    fmpz_clear(e);
    fmpz_clear(least);
}

/* A; false: a preactivation that matters may be 0 at theta*. */
static bool fill(region *r)
{
    const nv_cert *c = r->c;
    bool good = true;
    arb_t f, one;

    arb_init(f);
    arb_init(one);
    arb_one(one);
    for (slong i = 0; i < c->n && good; i++) {
        const double *x = c->X + i * c->net.d;
        bool known = true;

        for (slong k = 0; k < c->net.d; k++) arb_set_d(r->x + k, x[k]);
        arb_set(f, r->theta + c->net.a0);
        set_entry(r, c->net.a0, one, 1.0);
        for (slong t = 0; t < c->net.terms; t++) {
            const nv_term *T = &c->net.term[t];

            for (slong j = 0; j < T->out; j++) arf_zero(r->row + T->a + j);
            if (T->depth == 1) {
                known = add_neurons(r, T, x, f) && known;
                continue;
            }
            arb_dot(f, f, 0, r->theta + T->a, 1, r->x, 1, T->out, NV_FINE);
            for (slong k = 0; k < T->out; k++) set_entry(r, T->a + k, one, x[k]);
        }
        if (constant_loss(c, c->y[i], f)) continue;
        good = known;
        if (known) push_row(r);
    }
    arb_clear(f);
    arb_clear(one);
    return good;
}

/* ---- ranks ------------------------------------------------------------------------------ */

static slong rank_below(const fmpz_mat_t A)
{
    nmod_mat_t M;
    slong r;

    nmod_mat_init(M, fmpz_mat_nrows(A), fmpz_mat_ncols(A), PRIME);
    fmpz_mat_get_nmod_mat(M, A);
    r = nmod_mat_rank(M);
    nmod_mat_clear(M);
    return r;
}

static bool same_column(const region *r, slong a, slong b)
{
    for (slong i = 0; i < r->rows; i++)
        if (!fmpz_equal(fmpz_mat_entry(r->A, i, a), fmpz_mat_entry(r->A, i, b))) return false;
    return true;
}

static bool zero_column(const region *r, slong k)
{
    for (slong i = 0; i < r->rows; i++)
        if (!fmpz_is_zero(fmpz_mat_entry(r->A, i, k))) return false;
    return true;
}

/* keep := free, then the other columns without zeros and repetitions; their number. */
static slong distinct(const region *r, slong *keep)
{
    const nv_list *base = &r->c->free;
    slong n = base->n;

    memcpy(keep, base->at, (size_t)n * sizeof *keep);
    for (slong k = 0; k < r->c->net.P; k++) {
        bool new = !zero_column(r, k);

        for (slong j = 0; j < n && new; j++) new = !same_column(r, keep[j], k);
        if (new) keep[n++] = k;
    }
    return n;
}

static void columns(fmpz_mat_t B, const region *r, const slong *keep, slong n)
{
    fmpz_mat_init(B, r->rows, n);
    for (slong i = 0; i < r->rows; i++)
        for (slong k = 0; k < n; k++)
            fmpz_set(fmpz_mat_entry(B, i, k), fmpz_mat_entry(r->A, i, keep[k]));
}

/* Do the columns of `free` have the rank of A? */
static nd_truth spans(const region *r)
{
    slong *keep = flint_malloc((size_t)(r->c->net.P + 1) * sizeof *keep);
    slong n = distinct(r, keep), m = r->c->free.n, rank, least = r->rows < n ? r->rows : n;
    nd_truth answer = ND_UNKNOWN;
    fmpz_mat_t B;

    columns(B, r, keep, m);
    rank = rank_below(B); /* of free: at least this */
    fmpz_mat_clear(B);
    if (n == m || rank == r->rows)
        answer = ND_PROVED;
    else if ((double)r->rows * (double)n * (double)least <= MAX_WORK) {
        columns(B, r, keep, n);
        if (fmpz_mat_rank(B) <= rank) answer = ND_PROVED;
        fmpz_mat_clear(B);
    }
    flint_free(keep);
    return answer;
}

/* ---- the kind ---------------------------------------------------------------------------- */

static void judge(nv_search *s, const nv_near *near, const arb_t distance, nv_answer *a)
{
    const nv_cert *c = near->claims;
    slong P = c->net.P;
    region r = {c, s->theta, _arb_vec_init(c->net.d), _arb_vec_init(4), NULL, {{0}}, 0};
    bool filled;

    snprintf(a->sentence, sizeof a->sentence,
             "within %.3g of theta there is a local minimum: the net is linear near it on the "
             "samples that matter, and the loss convex",
             nv_upper(distance));
    nv_within(c, distance, a);
    nv_also(a, s->f.index == 0 ? ND_PROVED : ND_REFUTED, "that it is a minimum");
    r.row = flint_calloc((size_t)P, sizeof *r.row); /* zeros */
    fmpz_mat_init(r.A, c->n, P);
    filled = fill(&r);
    nv_also(a, filled ? ND_PROVED : ND_UNKNOWN, "that no preactivation is 0");
    nv_also(a, filled ? spans(&r) : ND_UNKNOWN, "that 'free' moves the output as far as all does");
    fmpz_mat_clear(r.A);
    for (slong k = 0; k < P; k++) arf_clear(r.row + k);
    flint_free(r.row);
    _arb_vec_clear(r.x, c->net.d);
    _arb_vec_clear(r.t, 4);
}

void nv_prove_region(const nv_cert *c, nv_answer *a)
{
    nv_near near = {c->free.at, c->free.n, c->radius, judge, c, NULL};
    const char *wrong = fault(c);

    a->truth = ND_PROVED;
    if (wrong)
        nv_also(a, ND_REFUTED, wrong);
    else if ((double)c->n * (double)c->net.P > MAX_ENTRIES)
        nv_also(a, ND_UNKNOWN, "the rank of a matrix so large");
    else
        nv_prove_near(c, &near, a);
}
