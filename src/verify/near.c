/* A critical point near c of the loss as a function of some of the parameters, the others
 * held at c: a proof that it exists, and where.
 *
 * y: m of the P parameters.  K is the cube |y - c|_inf <= R, H = H(K) a ball matrix that
 * contains every Hessian on K, X and D as in frame.c, M = X'HX, g = grad L(c), G = X'g.  If
 *
 *   eps >= |M - D|_inf,  eps < 1,  rho = |G|_inf / (1 - eps),  |X|_inf rho <= R,
 *
 * then K holds exactly one critical point theta* = c + Xv*, with |v* + DG|_inf <= eps rho;
 * it is nondegenerate and its index is the number of -1 in D.
 * Proof.  K is convex, so grad L(y) - grad L(c) = Hbar (y - c) with Hbar in H, and
 * Mbar = X' Hbar X has |Mbar - D|_inf <= eps < 1: it is nonsingular, hence so is X.
 * T(v) = v - D X' grad L(c + Xv) = -DG + D (D - Mbar) v maps {|v|_inf <= rho} into
 * itself: |T(v)| <= |G| + eps rho = rho.  Its fixed point (Brouwer) has X' grad L = 0,
 * so grad L = 0; and it is T(v*), within eps rho of -DG.  Two critical points y, y' in K
 * would have X' Hbar (y - y') = 0, so y = y'.  The index: frame.c.
 *
 * Further, with E = M - D:  L(theta*) = L(c) + G v* + (v*'D v* + v*'E v*) / 2,
 * |v'Ev| <= eps |v|_1 |v|_inf. */
#include "verify/prove.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

#define ROUNDED 0x1p-43  /* 2^10 units in the last place                               */
#define TINY    0x1p-200 /* a cube has an interior: what holds on it holds near theta* */

static void search_init(nv_search *s, const nv_cert *c, const slong *which, slong m)
{
    memset(s, 0, sizeof *s);
    s->c = c;
    s->m = m;
    s->which = which;
    s->theta = _arb_vec_init(c->net.P);
    s->G = _arb_vec_init(m);
    s->v = _arb_vec_init(m);
    nv_value_init(&s->at, c->net.P);
    nv_value_init(&s->over, c->net.P);
    nv_frame_init(&s->f, m);
    nv_cube(s->theta, c->theta, c->net.P, 0);
    nv_evaluate(c, s->theta, 1, NV_FINE, &s->at);
}

static void search_clear(nv_search *s)
{
    _arb_vec_clear(s->theta, s->c->net.P);
    _arb_vec_clear(s->G, s->m);
    _arb_vec_clear(s->v, s->m);
    nv_value_clear(&s->at);
    nv_value_clear(&s->over);
    nv_frame_clear(&s->f);
}

/* theta := c, in the coordinates searched with half-width R. */
static void box(nv_search *s, double R)
{
    nv_cube(s->theta, s->c->theta, s->c->net.P, 0);
    for (slong k = 0; k < s->m; k++) mag_set_d(arb_radref(s->theta + s->which[k]), R);
}

/* G, and reach = |X|_inf |G|_inf / (1 - eps), rounded up. */
static void reach(nv_search *s)
{
    arb_t t, row, x;
    double g = 0, r = 0;

    arb_init(t);
    arb_init(row);
    arb_init(x);
    for (slong j = 0; j < s->m; j++) {
        arb_zero(s->G + j);
        for (slong k = 0; k < s->m; k++)
            arb_addmul(s->G + j, arb_mat_entry(s->f.X, k, j), s->at.g + s->which[k], NV_FINE);
        arb_abs(t, s->G + j);
        g = fmax(g, nv_upper(t));
    }
    for (slong k = 0; k < s->m; k++) {
        arb_zero(row);
        for (slong j = 0; j < s->m; j++) {
            arb_abs(x, arb_mat_entry(s->f.X, k, j));
            arb_add(row, row, x, NV_COARSE);
        }
        r = fmax(r, nv_upper(row));
    }
    arb_set_d(t, r);
    arb_set_d(row, g);
    arb_mul(t, t, row, NV_FINE);
    arb_set_d(row, 1);
    arb_set_d(x, s->f.eps);
    arb_sub(row, row, x, NV_FINE);
    arb_div(t, t, row, NV_FINE);
    s->reach = nv_upper(t);
    arb_clear(t);
    arb_clear(row);
    arb_clear(x);
}

/* The theorem at the top on the cube of half-width R. */
static bool attempt(nv_search *s, double R)
{
    s->R = R;
    s->reach = INFINITY;
    box(s, R);
    nv_evaluate(s->c, s->theta, 2, NV_COARSE, &s->over);
    nv_frame_take(&s->f, s->over.H, s->which);
    if (!nv_frame_prove(&s->f)) return false;
    reach(s);
    s->f.why = "the gradient is too large for a critical point so near";
    return s->reach <= R;
}

/* First a cube that contains every point the claim may speak of, so that the critical
 * point is the only one there, and all that rounding of c may do to it (a Hessian costs more
 * than a wider cube); else one that is just large enough. */
static bool locate(nv_search *s, double radius)
{
    double size = 1;
    bool found;

    for (slong k = 0; k < s->m; k++) size = fmax(size, fabs(s->c->theta[s->which[k]]));
    found = attempt(s, fmax(2 * radius, ROUNDED * size));

    if (found && s->f.eps <= 0.5) return true;
    if (!(s->f.eps <= 0.5)) attempt(s, 0);
    for (int tries = 0; tries < 3 && s->reach < INFINITY; tries++)
        if (attempt(s, 2 * s->reach + TINY)) return true;
    return false;
}

/* v* in -DG +- eps rho; theta := theta* as a box; distance |theta* - c|; the loss there. */
static void enclose(nv_search *s, arb_t distance, arb_t loss)
{
    arb_t t, w, norm1, sup;
    arb_ptr v = s->v;

    arb_init(t);
    arb_init(w);
    arb_init(norm1);
    arb_init(sup);
    for (slong j = 0; j < s->m; j++) {
        arb_abs(t, s->G + j);
        arb_max(sup, sup, t, NV_FINE);
    }
    arb_set_d(w, s->f.eps); /* eps rho = eps |G| / (1 - eps) */
    arb_sub_ui(t, w, 1, NV_FINE);
    arb_neg(t, t);
    arb_mul(w, w, sup, NV_FINE);
    arb_div(w, w, t, NV_FINE);
    arb_set(loss, s->at.L);
    arb_zero(sup);
    for (slong j = 0; j < s->m; j++) {
        arb_set(v + j, s->G + j);
        if (s->f.D[j] > 0) arb_neg(v + j, v + j);
        arb_add_error(v + j, w);
        arb_abs(t, v + j);
        arb_add(norm1, norm1, t, NV_FINE);
        arb_max(sup, sup, t, NV_FINE);
        arb_addmul(loss, s->G + j, v + j, NV_FINE);
        arb_sqr(t, v + j, NV_FINE);
        arb_mul_2exp_si(t, t, -1);
        if (s->f.D[j] > 0)
            arb_add(loss, loss, t, NV_FINE);
        else
            arb_sub(loss, loss, t, NV_FINE);
    }
    arb_set_d(t, s->f.eps / 2);
    arb_mul(t, t, norm1, NV_FINE);
    arb_mul(t, t, sup, NV_FINE);
    arb_add_error(loss, t);
    arb_zero(distance);
    for (slong k = 0; k < s->m; k++) {
        arb_zero(t);
        for (slong j = 0; j < s->m; j++) arb_addmul(t, arb_mat_entry(s->f.X, k, j), v + j, NV_FINE);
        arb_set_d(s->theta + s->which[k], s->c->theta[s->which[k]]);
        arb_add(s->theta + s->which[k], s->theta + s->which[k], t, NV_FINE);
        arb_addmul(distance, t, t, NV_FINE);
    }
    arb_sqrtpos(distance, distance, NV_FINE);
    arb_clear(t);
    arb_clear(w);
    arb_clear(norm1);
    arb_clear(sup);
}

/* Some partial derivative has no zero on a cube around all that the claim may speak of. */
static bool no_critical_point(nv_search *s, double radius)
{
    bool none = false;

    box(s, radius);
    nv_evaluate(s->c, s->theta, 1, NV_FINE, &s->over);
    for (slong k = 0; k < s->m; k++) {
        arb_srcptr g = s->over.g + s->which[k];

        none = none || (arb_is_finite(g) && !arb_contains_zero(g));
    }
    return none;
}

static void found(nv_search *s, const nv_near *near, nv_answer *a)
{
    arb_t distance;

    arb_init(distance);
    enclose(s, distance, a->loss);
    nv_evaluate(s->c, s->theta, 0, NV_FINE, &s->over);
    arb_set(s->over.L, a->loss);
    nv_take_values(&s->over, a);
    a->truth = ND_PROVED;
    near->judge(s, near, distance, a);
    nv_common_claims(s->c, a);
    if (a->truth == ND_REFUTED && !(near->radius <= s->R)) {
        a->truth = ND_UNKNOWN; /* another critical point may lie within 'radius' */
        strncat(a->sentence, " of the critical point found; others within 'radius' are possible",
                sizeof a->sentence - strlen(a->sentence) - 1);
    }
    arb_clear(distance);
}

void nv_prove_near(const nv_cert *c, const nv_near *near, nv_answer *a)
{
    nv_search s;

    a->truth = ND_UNKNOWN;
    if (c->net.P > NV_MAX_P) {
        snprintf(a->sentence, sizeof a->sentence, "more than %d parameters: too many", NV_MAX_P);
        return;
    }
    search_init(&s, c, near->which, near->m);
    nv_take_values(&s.at, a);
    if (locate(&s, near->radius))
        found(&s, near, a);
    else
        snprintf(a->sentence, sizeof a->sentence, "no critical point could be proved: %s", s.f.why);
    if (a->truth == ND_UNKNOWN && no_critical_point(&s, near->radius)) {
        a->truth = ND_REFUTED;
        snprintf(a->sentence, sizeof a->sentence, "there is no critical point within %.3g of theta",
                 near->radius);
    }
    search_clear(&s);
}

void nv_within(const nv_cert *claims, const arb_t distance, nv_answer *a)
{
    nv_also(a, nv_at_most(distance, claims->radius),
            "that the critical point lies within 'radius'");
}

/* Is k in the ascending list, of which *next entries are below k? */
static bool listed(const nv_list *l, slong *next, slong k)
{
    if (!l || *next == l->n || l->at[*next] != k) return false;
    ++*next;
    return true;
}

slong *nv_others(slong P, const nv_list *a, const nv_list *b, slong *m)
{
    slong *out = flint_malloc((size_t)(P + 1) * sizeof *out), i = 0, j = 0;

    *m = 0;
    for (slong k = 0; k < P; k++)
        if (!listed(a, &i, k) && !listed(b, &j, k)) out[(*m)++] = k;
    return out;
}
