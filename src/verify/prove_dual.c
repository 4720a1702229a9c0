/* dual: a shallow net whose neurons sit at strict minima of sign(a) G, G(w,b) = sum_i c_i
 * s(w.x_i + b), however many of them are equal.
 *
 * The reduced problem has one neuron for each group.  A critical point of it, searched
 * around c, is carried back: distance^2 = sum_groups [ m |dw|^2 + m db^2 + (a/A - 1)^2 sum_j
 * a_j^2 ] + the rest, with m neurons in the group, A = sum_j a_j, a the group's output
 * weight found.  Conversely a point within radius of c has reduced coordinates within
 * sqrt(m) radius of its own.  The block of sum_i c_i D2f_i that belongs to a neuron's (w, b)
 * is a times the Hessian of G. */
#include "verify/prove.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct {
    const nv_cert *full;
    nv_cert reduced;             /* borrows all but net.term, theta                            */
    nv_term *term;               /* of reduced.net                                             */
    const nv_term *T, *R;        /* the term with neurons: in full, in reduced            */
    slong groups, *size, *first; /* members; the first of them                     */
    arb_ptr A, squares;          /* sum a_j, sum a_j^2                             */
} fold;

/* ---- the reduced problem ---------------------------------------------------------------- */

static void copy(double *to, const double *from, slong n)
{
    memcpy(to, from, (size_t)n * sizeof *to);
}

/* The layout of the net with as many neurons as there are groups; its parameters but for
 * the output weights of neurons. */
static void lay_out(fold *f)
{
    const nv_net *from = &f->full->net;
    nv_net *net = &f->reduced.net;
    double *theta = f->reduced.theta;
    slong at = 0;

    for (slong t = 0; t < from->terms; t++) {
        const nv_term *T = &from->term[t];
        nv_term *new = &f->term[t];
        nv_layer *L = new->layer;

        new->start = at;
        if (T == f->T) {
            const nv_layer *old = &T->layer[0];

            *L = *old;
            new->depth = 1;
            new->out = L->width = f->groups;
            L->W = at;
            L->b = L->bias ? at + L->width * L->in : 0;
            for (slong g = 0; g < f->groups; g++) {
                copy(theta + L->W + g * L->in, f->full->theta + old->W + f->first[g] * L->in,
                     L->in);
                if (L->bias) theta[L->b + g] = f->full->theta[old->b + f->first[g]];
            }
            at += f->groups * (L->in + L->bias);
            f->R = new;
        } else {
            new->out = T->out;
            copy(theta + at, f->full->theta + T->a, T->out);
        }
        new->a = at;
        at += new->out;
    }
    net->a0 = at;
    net->P = at + 1;
    theta[at] = f->full->theta[from->a0];
}

/* Output weights: each group's sum, a double near it. */
static bool add_up(fold *f)
{
    bool finite = true;
    arb_t a;

    arb_init(a);
    for (slong j = 0; j < f->T->out; j++) {
        slong g = f->full->groups.at[j];

        arb_set_d(a, f->full->theta[f->T->a + j]);
        arb_add(f->A + g, f->A + g, a, NV_FINER);
        arb_addmul(f->squares + g, a, a, NV_FINER);
    }
    for (slong g = 0; g < f->groups; g++) {
        double sum = arf_get_d(arb_midref(f->A + g), ARF_RND_NEAR);

        f->reduced.theta[f->R->a + g] = sum;
        finite = finite && isfinite(sum);
    }
    arb_clear(a);
    return finite;
}

static void fold_init(fold *f, const nv_cert *c, const nv_term *T)
{
    memset(f, 0, sizeof *f);
    f->full = c;
    f->T = T;
    f->reduced = *c;
    for (slong j = 0; j < T->out; j++)
        if (c->groups.at[j] == f->groups) f->groups++;
    f->size = flint_calloc((size_t)T->out + 1, sizeof *f->size);
    f->first = flint_calloc((size_t)T->out + 1, sizeof *f->first);
    f->A = _arb_vec_init(f->groups);
    f->squares = _arb_vec_init(f->groups);
    for (slong j = T->out - 1; j >= 0; j--) {
        f->first[c->groups.at[j]] = j;
        f->size[c->groups.at[j]]++;
    }
    f->reduced.theta = flint_calloc((size_t)c->net.P + 1, sizeof *f->reduced.theta);
    f->term = flint_calloc((size_t)c->net.terms, sizeof *f->term);
    for (slong t = 0; t < c->net.terms; t++) {
        if (&c->net.term[t] != T) continue;
        f->term[t].layer = flint_calloc(1, sizeof *f->term[t].layer);
    }
    f->reduced.net.term = f->term;
    lay_out(f);
}

static void fold_clear(fold *f)
{
    _arb_vec_clear(f->A, f->groups);
    _arb_vec_clear(f->squares, f->groups);
    flint_free(f->size);
    flint_free(f->first);
    flint_free(f->reduced.theta);
    flint_free(f->R->layer);
    flint_free(f->term);
}

/* What of c contradicts the groups; NULL: nothing. */
static const char *fault(const fold *f)
{
    const nv_layer *L = &f->T->layer[0];
    const double *theta = f->full->theta;

    for (slong j = 0; j < f->T->out; j++) {
        slong one = f->first[f->full->groups.at[j]];
        double a = theta[f->T->a + j], b = theta[f->T->a + one];

        for (slong k = 0; k < L->in; k++)
            if (theta[L->W + j * L->in + k] != theta[L->W + one * L->in + k])
                return "that the neurons of a group are equal";
        if (L->bias && theta[L->b + j] != theta[L->b + one])
            return "that the neurons of a group are equal";
        if (a == 0 || (a > 0) != (b > 0))
            return "that the output weights of a group have one sign and are not 0";
    }
    return NULL;
}

/* ---- back to the whole problem -------------------------------------------------------------- */

/* Half-width of a cube of the reduced problem that holds whatever comes from within radius. */
static double half_width(const fold *f)
{
    arb_t r, t, most;
    double out;

    arb_init(r);
    arb_init(t);
    arb_init(most);
    for (slong g = 0; g < f->groups; g++) {
        arb_sqrt_ui(r, (ulong)f->size[g], NV_FINE);
        arb_set_d(t, f->full->radius);
        arb_mul(r, r, t, NV_FINE);
        arb_set_d(t, f->reduced.theta[f->R->a + g]);
        arb_sub(t, t, f->A + g, NV_FINE);
        arb_abs(t, t);
        arb_add(r, r, t, NV_FINE);
        arb_max(most, most, r, NV_FINE);
    }
    arb_set_d(t, f->full->radius);
    arb_max(most, most, t, NV_FINE);
    out = nv_upper(most);
    arb_clear(r);
    arb_clear(t);
    arb_clear(most);
    return out;
}

/* sum += times (theta*_k - c_k)^2. */
static void add_square(arb_t sum, const nv_search *s, slong k, slong times)
{
    arb_t t;

    arb_init(t);
    arb_set_d(t, s->c->theta[k]);
    arb_sub(t, s->theta + k, t, NV_FINE);
    arb_sqr(t, t, NV_FINE);
    arb_mul_si(t, t, times, NV_FINE);
    arb_add(sum, sum, t, NV_FINE);
    arb_clear(t);
}

/* |theta* - c| of the whole problem. */
static void distance_full(arb_t out, const fold *f, const nv_search *s)
{
    const nv_layer *L = &f->R->layer[0];
    arb_t t;

    arb_init(t);
    arb_zero(out);
    for (slong k = 0; k < s->m; k++)
        if (k < f->R->start || k >= f->R->a + f->groups) add_square(out, s, k, 1);
    for (slong g = 0; g < f->groups; g++) {
        for (slong k = 0; k < L->in; k++) add_square(out, s, L->W + g * L->in + k, f->size[g]);
        if (L->bias) add_square(out, s, L->b + g, f->size[g]);
        arb_div(t, s->theta + f->R->a + g, f->A + g, NV_FINE);
        arb_sub_ui(t, t, 1, NV_FINE);
        arb_sqr(t, t, NV_FINE);
        arb_addmul(out, t, f->squares + g, NV_FINE);
    }
    arb_sqrtpos(out, out, NV_FINE);
    arb_clear(t);
}

/* (ii): a times the Hessian of G is positive definite at every group. */
static nd_truth strict_in_G(const fold *f, const nv_search *s)
{
    const nv_layer *L = &f->R->layer[0];
    slong P = s->m, m = L->in + L->bias, *at = flint_malloc((size_t)(m + 1) * sizeof *at);
    nd_truth r = ND_PROVED;
    arb_mat_t H;

    arb_mat_init(H, P, P);
    nv_curvature(s->c, s->theta, NV_FINE, H);
    for (slong g = 0; g < f->groups && r == ND_PROVED; g++) {
        for (slong k = 0; k < L->in; k++) at[k] = L->W + g * L->in + k;
        if (L->bias) at[m - 1] = L->b + g;
        if (!nv_positive(H, at, m)) r = ND_UNKNOWN; /* m < P: H is kept */
    }
    arb_mat_clear(H);
    flint_free(at);
    return r;
}

static void judge(nv_search *s, const nv_near *near, const arb_t distance, nv_answer *a)
{
    const fold *f = near->data;
    arb_t whole;

    (void)distance;
    arb_init(whole);
    distance_full(whole, f, s);
    snprintf(a->sentence, sizeof a->sentence,
             "within %.3g of theta there is a local minimum: %ld neurons at %ld strict minima of "
             "sign(a) G",
             nv_upper(whole), (long)f->T->out, (long)f->groups);
    nv_within(near->claims, whole, a);
    nv_also(a, strict_in_G(f, s), "that sign(a) G has strict minima at the neurons");
    arb_clear(whole);
}

void nv_prove_dual(const nv_cert *c, nv_answer *a)
{
    nv_near near = {.judge = judge, .claims = c};
    const nv_term *T;
    const char *wrong = c->l2 != 0                      ? "that the ridge is 0"
                        : !nv_one_layer(&c->net, 1, &T) ? "that the net has one layer of neurons"
                                                        : NULL;
    slong *all;
    fold f;

    a->truth = ND_PROVED;
    if (wrong) {
        nv_also(a, ND_REFUTED, wrong);
        return;
    }
    fold_init(&f, c, T);
    near.data = &f;
    all = nv_others(f.reduced.net.P, NULL, NULL, &near.m);
    near.which = all;
    if ((wrong = fault(&f))) {
        nv_also(a, ND_REFUTED, wrong);
    } else if (!add_up(&f)) {
        nv_also(a, ND_UNKNOWN, "that the sums of output weights are not too large");
    } else {
        near.radius = half_width(&f);
        nv_prove_near(&f.reduced, &near, a);
    }
    flint_free(all);
    fold_clear(&f);
}
