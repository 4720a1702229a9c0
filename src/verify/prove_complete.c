/* The kind complete: all critical points in a box (docs/certificate-format.md, section 6).
 *
 * Points.  Over K_i = point +- half every Hessian is nonsingular (frame.c): K_i holds at most one
 * critical point; it holds one, in point + X v with |v|_inf <= rho, when rho = |X'g|_inf/(1 - eps) and
 * |X|_inf rho <= half.
 *
 * Tree.  Leaf E: some combination y' grad L has no zero on the leaf's box B, seen from balls over B,
 * or from y' grad L(m) + (y' H(B)) (B - m), m the middle of B, y = e_k or a row of an approximate
 * inverse of H's middle.  Where neither shows it, B is split here, up to DEEPER times.  Leaf K: B is
 * inside some K_i.  Leaf M: the members of B have a_j < a_(j+1) or, for odd neurons, a_j < 0: they
 * are images of others in the box under the symmetries, as the box is their own image.
 *
 * Everywhere.  docs/complete.md, 2: lambda > 0, one hidden layer; at a critical point
 *   lambda (|a|^2 + |u|^2 + a_0^2) <= Omega C / n =: lambda A^2,  C = sup l'(-m) m,
 *   lambda |(w_j, b_j)|^2 <= lambda A^2 + A Psi B,  Psi = sup |s - z s'|,
 *   B = (Omega/n) min_t (l'(t) + C/t). */
#include "verify/complete.h"
#include "verify/prove.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { DEEPER = 24, PREC = NV_COARSE };

/* ---- points ----------------------------------------------------------------------------------- */

/* |X'g|_inf over 1 - eps, times |X|_inf; from above. */
static double reach(const nv_frame *f, arb_srcptr g)
{
    arb_ptr t = _arb_vec_init(3);
    double r;

    for (slong j = 0; j < f->m; j++) {
        arb_zero(t);
        for (slong k = 0; k < f->m; k++) arb_addmul(t, arb_mat_entry(f->X, k, j), g + k, NV_FINE);
        arb_abs(t, t);
        arb_max(t + 1, t + 1, t, NV_FINE);
    }
    for (slong k = 0; k < f->m; k++) {
        arb_zero(t);
        for (slong j = 0; j < f->m; j++) {
            arb_t x;

            arb_init(x);
            arb_abs(x, arb_mat_entry(f->X, k, j));
            arb_add(t, t, x, NV_FINE);
            arb_clear(x);
        }
        arb_max(t + 2, t + 2, t, NV_FINE);
    }
    arb_mul(t + 1, t + 1, t + 2, NV_FINE);
    arb_set_d(t, f->eps);
    arb_sub_si(t, t, 1, NV_FINE);
    arb_neg(t, t);
    arb_div(t + 1, t + 1, t, NV_FINE);
    r = f->eps < 1 ? nv_upper(t + 1) : INFINITY;
    _arb_vec_clear(t, 3);
    return r;
}

/* A union of boxes that holds K_i: theta halved along each parameter in turn, pieces times. */
typedef struct {
    const nv_cert *c;
    arb_ptr theta;
    nv_value v;
    arb_mat_t H; /* hull of the Hessians over the pieces so far */
    bool first;
} pieces;

static void add_piece(pieces *p)
{
    slong P = p->c->net.P;

    nv_evaluate(p->c, p->theta, 2, PREC, &p->v);
    for (slong i = 0; i < P; i++)
        for (slong j = 0; j < P; j++) {
            arb_struct *h = arb_mat_entry(p->H, i, j);

            if (p->first)
                arb_set(h, arb_mat_entry(p->v.H, i, j));
            else
                arb_union(h, h, arb_mat_entry(p->v.H, i, j), PREC);
        }
    p->first = false;
}

static void each_piece(pieces *p, slong depth)
{
    arb_ptr x = p->theta + (depth > 0 ? (depth - 1) % p->c->net.P : 0);
    arb_t old, quarter;

    if (depth == 0) {
        add_piece(p);
        return;
    }
    arb_init(old);
    arb_init(quarter);
    arb_set(old, x);
    arf_set_mag(arb_midref(quarter), arb_radref(old));
    arb_mul_2exp_si(quarter, quarter, -1);
    for (int side = 0; side < 2; side++) { /* middle +- r/2, radius r/2 and what is rounded */
        arb_get_mid_arb(x, old);
        if (side)
            arb_add(x, x, quarter, NV_FINE);
        else
            arb_sub(x, x, quarter, NV_FINE);
        arb_add_error(x, quarter);
        each_piece(p, depth - 1);
    }
    arb_set(x, old);
    arb_clear(old);
    arb_clear(quarter);
}

/* Is every Hessian over the box nonsingular, of one index?  Balls over the whole box may be
 * too wide to show it where those over its pieces are not. */
static bool regular(const nv_cert *c, const double *point, const double *half, nv_frame *f,
                    const slong *all)
{
    slong P = c->net.P;
    pieces p = {.c = c, .theta = _arb_vec_init(P)};
    bool yes = false;

    nv_value_init(&p.v, P);
    for (slong depth = 0; !yes && depth <= 3 * P && depth < 16; depth += P) {
        arb_mat_init(p.H, P, P);
        p.first = true;
        for (slong k = 0; k < P; k++) {
            arb_set_d(p.theta + k, point[k]);
            mag_set_d(arb_radref(p.theta + k), half[k]);
        }
        each_piece(&p, depth);
        nv_frame_take(f, p.H, all);
        yes = nv_frame_prove(f) && f->eps < 1;
        arb_mat_clear(p.H);
    }
    nv_value_clear(&p.v);
    _arb_vec_clear(p.theta, P);
    return yes;
}

/* Exactly one critical point in K_i, of the index and with the loss claimed. */
static void prove_point(const nv_cert *c, slong i, nv_answer *a)
{
    const struct nv_complete *k = c->complete;
    slong P = c->net.P, *all;
    const double *p = k->point + i * P, *half = k->half + i * P;
    arb_ptr theta = _arb_vec_init(P);
    nv_value v;
    nv_frame f;
    double r = INFINITY;
    bool one;

    nv_value_init(&v, P);
    nv_frame_init(&f, P);
    all = nv_others(P, &(nv_list){0, NULL}, &(nv_list){0, NULL}, &f.m);
    one = regular(c, p, half, &f, all);
    if (one) {
        nv_cube(theta, p, P, 0);
        nv_evaluate(c, theta, 1, NV_FINE, &v);
        r = reach(&f, v.g);
        for (slong j = 0; j < P; j++) one = one && r <= half[j];
    }
    nv_also(a, one ? ND_PROVED : ND_UNKNOWN, "that the box of a point holds one critical point");
    if (one) {
        nv_also(a, f.index == k->index[i] ? ND_PROVED : ND_REFUTED, "a claimed index");
        nv_cube(theta, p, P, r);
        nv_evaluate(c, theta, 0, NV_FINE, &v);
        nv_also(a, nv_at_least(v.L, k->loss[2 * i]), "a claimed lower bound of a loss");
        nv_also(a, nv_at_most(v.L, k->loss[2 * i + 1]), "a claimed upper bound of a loss");
        if (i == 0) {
            nv_take_values(&v, a);
            nv_common_claims(c, a);
        }
    }
    flint_free(all);
    nv_frame_clear(&f);
    nv_value_clear(&v);
    _arb_vec_clear(theta, P);
}

/* ---- empty boxes ------------------------------------------------------------------------------- */

typedef struct {
    const nv_cert *c;
    const struct nv_complete *k;
    slong P;
    double *lo, *hi; /* the box in hand                                          */
    const char *at;  /* what is left of the tree                                 */
    arb_ptr theta, middle, t;
    nv_value over, centre;
    double *A, *D, *Y; /* P x P, P, P x P                                         */
    slong leaves;
    nd_truth truth;
    bool mirrors; /* a leaf M was met                                             */
    const char *why;
} walk;

static bool excludes_zero(const arb_t x)
{
    return arb_is_finite(x) && !arb_contains_zero(x);
}

static void interval(arb_t x, double lo, double hi)
{
    arf_t a, b;

    arf_init(a);
    arf_init(b);
    arf_set_d(a, lo);
    arf_set_d(b, hi);
    arb_set_interval_arf(x, a, b, PREC);
    arf_clear(a);
    arf_clear(b);
}

/* sum_r y_r (grad L)_r over the box by the mean value form. */
static bool row_excludes_zero(walk *w, const double *y)
{
    arb_ptr sum = w->t, h = w->t + 1, d = w->t + 2;

    arb_zero(sum);
    for (slong r = 0; r < w->P; r++) {
        arb_set_d(d, y[r]);
        arb_addmul(sum, d, w->centre.g + r, PREC);
    }
    for (slong k = 0; k < w->P; k++) {
        arb_zero(h);
        for (slong r = 0; r < w->P; r++) {
            arb_set_d(d, y[r]);
            arb_addmul(h, d, arb_mat_entry(w->over.H, r, k), PREC);
        }
        arb_sub(d, w->theta + k, w->middle + k, PREC);
        arb_addmul(sum, h, d, PREC);
    }
    return excludes_zero(sum);
}

/* Rows of an approximate inverse of H's middle: sum_j v_j v_j' / lambda_j. */
static bool inverse(walk *w)
{
    slong P = w->P;

    for (slong i = 0; i < P; i++)
        for (slong j = 0; j < P; j++) {
            const arb_struct *h = arb_mat_entry(w->over.H, i, j);

            if (!arb_is_finite(h)) return false;
            w->A[i * P + j] = arf_get_d(arb_midref(h), ARF_RND_NEAR);
        }
    if (!nv_eigen(P, w->A, w->D)) return false;
    for (slong i = 0; i < P; i++)
        for (slong k = 0; k < P; k++) {
            double s = 0;

            for (slong j = 0; j < P; j++) s += w->A[j * P + i] * w->A[j * P + k] / w->D[j];
            if (!isfinite(s)) return false;
            w->Y[i * P + k] = s;
        }
    return true;
}

static bool shown_empty(walk *w)
{
    slong P = w->P;

    for (slong k = 0; k < P; k++) interval(w->theta + k, w->lo[k], w->hi[k]);
    nv_evaluate(w->c, w->theta, 1, PREC, &w->over);
    for (slong k = 0; k < P; k++)
        if (excludes_zero(w->over.g + k)) return true;
    nv_evaluate(w->c, w->theta, 2, PREC, &w->over);
    for (slong k = 0; k < P; k++) arb_set_d(w->middle + k, 0.5 * (w->lo[k] + w->hi[k]));
    nv_evaluate(w->c, w->middle, 1, PREC, &w->centre);
    memset(w->Y, 0, (size_t)(P * P) * sizeof *w->Y);
    for (slong k = 0; k < P; k++) w->Y[k * P + k] = 1;
    for (slong k = 0; k < P; k++)
        if (row_excludes_zero(w, w->Y + k * P)) return true;
    if (!inverse(w)) return false;
    for (slong k = 0; k < P; k++)
        if (row_excludes_zero(w, w->Y + k * P)) return true;
    return false;
}

/* The axis along which H is widest. */
static slong widest(const walk *w)
{
    double most = -1;
    slong best = 0;

    for (slong k = 0; k < w->P; k++) {
        double s = 0, d = w->hi[k] - w->lo[k];

        for (slong r = 0; r < w->P; r++) s += mag_get_d(arb_radref(arb_mat_entry(w->over.H, r, k)));
        if (!(s * d <= most)) {
            most = s * d;
            best = k;
        }
    }
    return best;
}

static bool empty(walk *w, int deeper)
{
    double lo, hi, m;
    bool ok;
    slong k;

    if (shown_empty(w)) return true;
    if (deeper == 0) return false;
    k = widest(w);
    lo = w->lo[k];
    hi = w->hi[k];
    m = 0.5 * (lo + hi);
    if (!(m > lo && m < hi)) return false;
    w->hi[k] = m;
    ok = empty(w, deeper - 1);
    w->hi[k] = hi;
    w->lo[k] = m;
    ok = ok && empty(w, deeper - 1);
    w->lo[k] = lo;
    return ok;
}

/* ---- other leaves --------------------------------------------------------------------------------- */

static bool at_least_exact(double x, double centre, double half, bool lower)
{
    arf_t a, b;
    bool ok;

    arf_init(a);
    arf_init(b);
    arf_set_d(a, centre);
    arf_set_d(b, half);
    if (lower)
        arf_sub(a, a, b, ARF_PREC_EXACT, ARF_RND_DOWN);
    else
        arf_add(a, a, b, ARF_PREC_EXACT, ARF_RND_DOWN);
    arf_set_d(b, x);
    ok = lower ? arf_cmp(b, a) >= 0 : arf_cmp(b, a) <= 0;
    arf_clear(a);
    arf_clear(b);
    return ok;
}

static bool inside_known(const walk *w)
{
    for (slong i = 0; i < w->k->points; i++) {
        const double *p = w->k->point + i * w->P, *h = w->k->half + i * w->P;
        bool in = true;

        for (slong k = 0; in && k < w->P; k++)
            in = at_least_exact(w->lo[k], p[k], h[k], true) &&
                 at_least_exact(w->hi[k], p[k], h[k], false);
        if (in) return true;
    }
    return false;
}

static bool odd(const nv_term *T)
{
    const char *name = nv_activation_name(T->layer[0].jet);

    return !strcmp(name, "tanh") || !strcmp(name, "arctan");
}

static bool is_mirror(const walk *w)
{
    for (slong t = 0; t < w->c->net.terms; t++) {
        const nv_term *T = &w->c->net.term[t];

        for (slong j = 0; T->depth > 0 && j < T->out; j++) {
            if (odd(T) && w->hi[T->a + j] < 0) return true;
            if (j > 0 && w->hi[T->a + j - 1] < w->lo[T->a + j]) return true;
        }
    }
    return false;
}

/* Entry x of neuron j and y of neuron 0 have equal ranges, around 0 where neurons are odd. */
static bool alike(const struct nv_complete *k, slong x, slong y, bool flips)
{
    return k->lo[x] == k->lo[y] && k->hi[x] == k->hi[y] && (!flips || k->lo[x] == -k->hi[x]);
}

/* The box is its own image under exchanges and flips of neurons. */
static bool symmetric(const nv_cert *c)
{
    const struct nv_complete *k = c->complete;

    for (slong t = 0; t < c->net.terms; t++) {
        const nv_term *T = &c->net.term[t];

        if (T->depth > 1 || (T->depth == 1 && T->layer[0].residual)) return false;
        for (slong j = 0; T->depth > 0 && j < T->out; j++) {
            const nv_layer *l = T->layer;

            if (!alike(k, T->a + j, T->a, odd(T))) return false;
            for (slong i = 0; i < l->in; i++)
                if (!alike(k, l->W + j * l->in + i, l->W + i, odd(T))) return false;
            if (l->bias && !alike(k, l->b + j, l->b, odd(T))) return false;
        }
    }
    return true;
}

/* ---- the tree --------------------------------------------------------------------------------------- */

static void fail(walk *w, const char *why)
{
    if (w->truth == ND_PROVED) w->why = why;
    w->truth = ND_UNKNOWN;
}

static void leaf(walk *w, char c)
{
    w->leaves++;
    if (c == 'K' && !inside_known(w)) fail(w, "a leaf K is not inside the box of a point");
    if (c == 'M' && !is_mirror(w)) fail(w, "a leaf M is not a mirror image");
    if (c == 'E' && !empty(w, DEEPER)) fail(w, "a leaf E could not be shown to be empty");
    w->mirrors = w->mirrors || c == 'M';
    if (c != 'K' && c != 'M' && c != 'E') fail(w, "the tree has a leaf that says nothing");
}

/* depth: no deeper than a sound tree, so that a file cannot exhaust the stack. */
static void node(walk *w, int depth)
{
    char c = *w->at;
    slong k = c - 'a';
    double lo, hi, m;

    if (w->truth != ND_PROVED) return;
    if (c == '\0') {
        fail(w, "the tree ends too early");
        return;
    }
    w->at++;
    if (k < 0 || k >= w->P) {
        leaf(w, c);
        return;
    }
    lo = w->lo[k];
    hi = w->hi[k];
    m = 0.5 * (lo + hi);
    if (depth == 0 || !(m > lo && m < hi)) {
        fail(w, "the tree is too deep");
        return;
    }
    w->hi[k] = m;
    node(w, depth - 1);
    w->hi[k] = hi;
    w->lo[k] = m;
    node(w, depth - 1);
    w->lo[k] = lo;
}

static void walk_init(walk *w, const nv_cert *c)
{
    slong P = c->net.P;

    memset(w, 0, sizeof *w);
    w->c = c;
    w->k = c->complete;
    w->P = P;
    w->lo = flint_calloc((size_t)(3 * P + 2 * P * P), sizeof *w->lo);
    w->hi = w->lo + P;
    w->D = w->hi + P;
    w->A = w->D + P;
    w->Y = w->A + P * P;
    memcpy(w->lo, w->k->lo, (size_t)P * sizeof *w->lo);
    memcpy(w->hi, w->k->hi, (size_t)P * sizeof *w->hi);
    w->at = w->k->tree;
    w->theta = _arb_vec_init(P);
    w->middle = _arb_vec_init(P);
    w->t = _arb_vec_init(3);
    nv_value_init(&w->over, P);
    nv_value_init(&w->centre, P);
    w->truth = ND_PROVED;
}

static void walk_clear(walk *w)
{
    flint_free(w->lo);
    _arb_vec_clear(w->theta, w->P);
    _arb_vec_clear(w->middle, w->P);
    _arb_vec_clear(w->t, 3);
    nv_value_clear(&w->over);
    nv_value_clear(&w->centre);
}

/* ---- everywhere ---------------------------------------------------------------------------------------- */

/* sup of l'(-m) m over m > 0, and of |s - z s'|: 0 when none is known.  Upper bounds of the values
 * derived in docs/complete.md. */
static double most_pull(const nv_cert *c)
{
    if (c->loss.q) return pow(1.0 - 1.0 / c->loss.q, c->loss.q - 1) * (1 + 1e-12);
    return !strcmp(c->loss_spec, "logistic")      ? 0.27846455
           : !strcmp(c->loss_spec, "exponential") ? 0.36787945
           : !strcmp(c->loss_spec, "smoothhinge") ? 0.52
                                                  : 0;
}

static double spread(const char *act)
{
    return !strcmp(act, "softplus") ? 0.693147181
           : !strcmp(act, "arctan") ? 1.570796327
           : !strcmp(act, "tanh") || !strcmp(act, "sigmoid") || !strcmp(act, "squareplus") ? 1
                                                                                           : 0;
}

/* B n / Omega */
static double most_slopes(const nv_cert *c, double C)
{
    arb_ptr t = _arb_vec_init(4);
    double best = INFINITY;

    for (int k = 1; k <= 64; k++) {
        double b;

        arb_set_d(t, k / 16.0);
        nv_apply(c->loss.jet, t + 1, t, c->loss.q, 1, PREC);
        b = nv_upper(t + 2) + C / (k / 16.0);
        if (b < best) best = b;
    }
    _arb_vec_clear(t, 4);
    return best * (1 + 1e-12);
}

static bool holds_all(const nv_cert *c)
{
    const struct nv_complete *k = c->complete;
    double omega = 0, C = most_pull(c), psi = 0, A, B, W;

    for (slong t = 0; t < c->net.terms; t++) {
        const nv_term *T = &c->net.term[t];
        double s = T->depth > 0 ? spread(nv_activation_name(T->layer[0].jet)) : 0;

        if (T->depth > 1 || (T->depth == 1 && (T->layer[0].residual || s == 0))) return false;
        if (s > psi) psi = s;
    }
    if (!(c->l2 > 0) || C == 0) return false;
    for (slong i = 0; i < c->n; i++) omega += c->weight ? c->weight[i] : 1;
    omega = omega / (double)c->n * (1 + 1e-9);
    B = omega * most_slopes(c, C);
    A = sqrt(omega * C / c->l2) * (1 + 1e-9);
    W = sqrt(A * A + A * psi * B / c->l2) * (1 + 1e-9);
    for (slong j = 0; j < c->net.P; j++) {
        double need = W;

        for (slong t = 0; t < c->net.terms; t++)
            if (j >= c->net.term[t].a && j < c->net.term[t].a + c->net.term[t].out) need = A;
        if (j == c->net.a0) need = A;
        if (!(k->lo[j] <= -need && k->hi[j] >= need)) return false;
    }
    return true;
}

/* ---- the whole ------------------------------------------------------------------------------------------- */

void nv_prove_complete(const nv_cert *c, nv_answer *a)
{
    const struct nv_complete *k = c->complete;
    walk w;

    a->truth = ND_PROVED;
    for (slong i = 0; i < k->points && a->truth == ND_PROVED; i++) prove_point(c, i, a);
    if (a->truth != ND_PROVED) return;
    if (k->everywhere)
        nv_also(a, holds_all(c) ? ND_PROVED : ND_UNKNOWN,
                "that the box holds every critical point");
    walk_init(&w, c);
    if (a->truth == ND_PROVED) node(&w, 4000);
    if (w.truth == ND_PROVED && *w.at != '\0') fail(&w, "the tree goes on after its end");
    if (w.mirrors && !symmetric(c)) fail(&w, "leaves M, but the box is not symmetric");
    nv_also(a, w.truth, w.why);
    if (a->truth == ND_PROVED)
        snprintf(
            a->sentence, sizeof a->sentence,
            "every critical point %s is, up to permutations and flips of neurons, one of the %ld "
            "listed (%ld boxes)",
            k->everywhere ? "of the loss" : "in the box", (long)k->points, (long)w.leaves);
    walk_clear(&w);
}
