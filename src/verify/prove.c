/* What is proved, kind by kind (docs/certificate-format.md, section 6).
 *
 * A critical point near c.  K is the cube |y - c|_inf <= R, H = H(K) a ball matrix that
 * contains every Hessian on K, X any matrix of doubles (we take eigenvectors scaled
 * by |lambda|^(-1/2)), M = X'HX, D = diag(+-1), g = grad L(c), G = X'g.  If
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
 * would have X' Hbar (y - y') = 0, so y = y'.  D + t(M - D) is nonsingular for 0 <= t <= 1, so D
 * and M(theta*) have equal inertia, and M(theta*) that of H(theta*) (Sylvester).
 *
 * Further, with E = M - D:  L(theta*) = L(c) + G v* + (v*'D v* + v*'E v*) / 2,
 * |v'Ev| <= eps |v|_1 |v|_inf; and lambda_min(H(theta*)) > mu when M - mu X'X is strictly
 * diagonally dominant with a positive diagonal. */
#include "verify/verify.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    FINE = 128,   /* bits for values and gradients                             */
    FINER = 1024, /* for what is left open at FINE: exact ties, cancellation   */
    COARSE = 64,  /* for Hessians over a cube, whose radii dominate            */
    MAX_P = 3000  /* P x P ball matrices take 48 P^2 bytes each                */
};

/* ---- three-valued answers ------------------------------------------------------------ */

/* Takes one more statement into the answer; what: its name, for the sentence. */
static void also(nv_answer *a, nd_truth t, const char *what)
{
    if (t == ND_PROVED || a->truth == ND_REFUTED) return;
    if (t == ND_UNKNOWN && a->truth == ND_UNKNOWN) return;
    a->truth = t;
    snprintf(a->sentence, sizeof a->sentence, "%s %s", what,
             t == ND_REFUTED ? "is false" : "could not be proved");
}

static double upper(const arb_t x)
{
    arf_t t;
    double r;

    if (!arb_is_finite(x)) return INFINITY;
    arf_init(t);
    arb_get_ubound_arf(t, x, FINER);
    r = arf_get_d(t, ARF_RND_CEIL);
    arf_clear(t);
    return r;
}

static double lower(const arb_t x)
{
    arb_t t;
    double r;

    arb_init(t);
    arb_neg(t, x);
    r = -upper(t);
    arb_clear(t);
    return r;
}

/* Is the number enclosed by x at least b (at most b)? */
static nd_truth at_least(const arb_t x, double b)
{
    return !arb_is_finite(x) ? ND_UNKNOWN
           : lower(x) >= b   ? ND_PROVED
           : upper(x) < b    ? ND_REFUTED
                             : ND_UNKNOWN;
}

static nd_truth at_most(const arb_t x, double b)
{
    arb_t t;
    nd_truth r;

    arb_init(t);
    arb_neg(t, x);
    r = at_least(t, -b);
    arb_clear(t);
    return r;
}

/* The claims that every kind has, against what was computed at theta*. */
static void common_claims(const nv_cert *c, nv_answer *a)
{
    also(a, at_least(a->loss, c->loss_lo), "the claimed lower bound of the loss");
    also(a, at_most(a->loss, c->loss_hi), "the claimed upper bound of the loss");
    also(a,
         a->errors_lo > c->errors_hi || a->errors_hi < c->errors_lo     ? ND_REFUTED
         : a->errors_lo >= c->errors_lo && a->errors_hi <= c->errors_hi ? ND_PROVED
                                                                        : ND_UNKNOWN,
         "the claimed number of errors");
    if (c->has_margin)
        also(a, at_least(a->margin_min, c->margin_min), "the claimed smallest margin");
}

static void take_values(const nv_value *v, nv_answer *a)
{
    arb_set(a->loss, v->L);
    arb_set(a->margin_min, v->margin_min);
    a->errors_lo = v->errors_lo;
    a->errors_hi = v->errors_hi;
}

/* theta := the cube of half-width R around the doubles c. */
static void cube(arb_ptr theta, const double *c, slong P, double R)
{
    for (slong k = 0; k < P; k++) {
        arb_set_d(theta + k, c[k]);
        mag_set_d(arb_radref(theta + k), R);
    }
}

/* ---- statements about c itself ---------------------------------------------------------- */

/* L >= 0 always, so L = 0 makes c a global minimum. */
static void zero_loss(const nv_value *v, nv_answer *a)
{
    snprintf(a->sentence, sizeof a->sentence,
             "the loss at theta is exactly 0: a global minimum that classifies every sample "
             "correctly");
    also(a,
         arb_is_zero(v->L)       ? ND_PROVED
         : arb_is_positive(v->L) ? ND_REFUTED
                                 : ND_UNKNOWN,
         "that the loss is 0");
}

static void gradient_form(const nv_value *v, nv_answer *a)
{
    bool finite = true, zero = true, nonzero = false;

    for (slong k = 0; k < v->P; k++) {
        finite = finite && arb_is_finite(v->g + k);
        zero = zero && arb_is_zero(v->g + k);
        nonzero = nonzero || (arb_is_finite(v->g + k) && !arb_contains_zero(v->g + k));
    }
    snprintf(a->sentence, sizeof a->sentence,
             "the gradient at theta exists and is not 0: theta is not a local minimum");
    also(a,
         finite && nonzero ? ND_PROVED
         : zero            ? ND_REFUTED
                           : ND_UNKNOWN,
         "that the gradient is not 0");
}

/* L(point) < L(c) and |point - c| <= radius. */
static void lower_form(const nv_cert *c, const nv_value *v, slong prec, nv_answer *a)
{
    slong P = c->net.P;
    arb_ptr p = _arb_vec_init(P);
    nv_value at;
    arb_t d, s;

    arb_init(d);
    arb_init(s);
    nv_value_init(&at, P);
    cube(p, c->point, P, 0);
    nv_evaluate(c, p, 0, prec, &at);
    for (slong k = 0; k < P; k++) {
        arb_set_d(s, c->theta[k]);
        arb_sub(s, s, p + k, prec);
        arb_addmul(d, s, s, prec);
    }
    arb_sqrt(d, d, prec);
    arb_sub(s, v->L, at.L, prec);
    snprintf(a->sentence, sizeof a->sentence,
             "the loss is smaller by %.3g at a point at distance %.3g: theta is no minimum over "
             "that ball",
             lower(s), upper(d));
    also(a,
         arb_is_finite(s) && arb_is_positive(s)      ? ND_PROVED
         : arb_is_finite(s) && arb_is_nonpositive(s) ? ND_REFUTED
                                                     : ND_UNKNOWN,
         "that the loss is smaller at 'point'");
    also(a, at_most(d, c->radius), "that 'point' lies within 'radius'");
    nv_value_clear(&at);
    arb_clear(d);
    arb_clear(s);
    _arb_vec_clear(p, P);
}

static void at_point(const nv_cert *c, slong prec, nv_answer *a)
{
    bool gradient = c->kind == NV_NOT_A_MINIMUM && c->form == NV_GRADIENT;
    arb_ptr theta = _arb_vec_init(c->net.P);
    nv_value v;

    nv_value_init(&v, c->net.P);
    cube(theta, c->theta, c->net.P, 0);
    nv_evaluate(c, theta, gradient, prec, &v);
    a->truth = ND_PROVED;
    if (c->kind == NV_ZERO_LOSS)
        zero_loss(&v, a);
    else if (gradient)
        gradient_form(&v, a);
    else
        lower_form(c, &v, prec, a);
    take_values(&v, a);
    common_claims(c, a);
    nv_value_clear(&v);
    _arb_vec_clear(theta, c->net.P);
}

/* ---- critical points near c ---------------------------------------------------------------- */

typedef struct {
    const nv_cert *c;
    slong P, index; /* number of -1 in D                                          */
    arb_ptr theta;  /* cubes                                                      */
    nv_value at;    /* loss and gradient at c, FINE                               */
    nv_value over;  /* Hessian over K                                             */
    arb_mat_t X, M;
    double *A, *D;        /* P x P and P: scratch of eigen; D = +-1                     */
    arb_ptr G, v;         /* X'g; v*                                                    */
    double R, eps, reach; /* reach = |X|_inf rho                                  */
    const char *why;      /* what stopped the proof                               */
} search;

static void search_init(search *s, const nv_cert *c)
{
    slong P = c->net.P;

    memset(s, 0, sizeof *s);
    s->c = c;
    s->P = P;
    s->theta = _arb_vec_init(P);
    s->G = _arb_vec_init(P);
    s->v = _arb_vec_init(P);
    nv_value_init(&s->at, P);
    nv_value_init(&s->over, P);
    arb_mat_init(s->X, P, P);
    arb_mat_init(s->M, P, P);
    s->A = flint_calloc((size_t)(P * P), sizeof *s->A);
    s->D = flint_calloc((size_t)P, sizeof *s->D);
    cube(s->theta, c->theta, P, 0);
    nv_evaluate(c, s->theta, 1, FINE, &s->at);
}

static void search_clear(search *s)
{
    _arb_vec_clear(s->theta, s->P);
    _arb_vec_clear(s->G, s->P);
    _arb_vec_clear(s->v, s->P);
    nv_value_clear(&s->at);
    nv_value_clear(&s->over);
    arb_mat_clear(s->X);
    arb_mat_clear(s->M);
    flint_free(s->A);
    flint_free(s->D);
}

/* X, D from the midpoints of H.  Column j of X: the j-th eigenvector / |lambda_j|^(1/2). */
static bool guess(search *s)
{
    slong P = s->P;

    s->why = "a derivative needed does not exist or is not bounded near theta";
    for (slong i = 0; i < P; i++)
        for (slong j = 0; j < P; j++) {
            if (!arb_is_finite(arb_mat_entry(s->over.H, i, j))) return false;
            s->A[i * P + j] = arf_get_d(arb_midref(arb_mat_entry(s->over.H, i, j)), ARF_RND_NEAR);
        }
    s->why = "no eigenvectors found";
    if (!nv_eigen(P, s->A, s->D)) return false;
    s->why = "the Hessian is numerically singular";
    s->index = 0;
    for (slong j = 0; j < P; j++) {
        double scale = sqrt(fabs(s->D[j]));

        for (slong k = 0; k < P; k++) {
            double x = s->A[j * P + k] / scale;

            if (!isfinite(x)) return false;
            arb_set_d(arb_mat_entry(s->X, k, j), x);
        }
        s->D[j] = s->D[j] < 0 ? -1 : 1;
        s->index += s->D[j] < 0;
    }
    return true;
}

/* M := X'HX; its |M - D|_inf rounded up. */
static double defect(search *s)
{
    arb_mat_t Xt, XtH;
    mag_t entry, row, max;
    arb_t t;
    double eps;

    arb_init(t);
    mag_init(entry);
    mag_init(row);
    mag_init(max);
    arb_mat_init(Xt, s->P, s->P);
    arb_mat_init(XtH, s->P, s->P);
    arb_mat_transpose(Xt, s->X);
    arb_mat_mul(XtH, Xt, s->over.H, COARSE);
    arb_mat_mul(s->M, XtH, s->X, COARSE);
    for (slong i = 0; i < s->P; i++) {
        mag_zero(row);
        for (slong j = 0; j < s->P; j++) {
            arb_set_d(t, i == j ? s->D[i] : 0);
            arb_sub(t, arb_mat_entry(s->M, i, j), t, COARSE);
            arb_get_mag(entry, t);
            mag_add(row, row, entry);
        }
        mag_max(max, max, row);
    }
    arb_zero(t);
    arf_set_mag(arb_midref(t), max);
    eps = upper(t);
    mag_clear(entry);
    mag_clear(row);
    mag_clear(max);
    arb_mat_clear(Xt);
    arb_mat_clear(XtH);
    arb_clear(t);
    return eps;
}

/* G, and reach = |X|_inf |G|_inf / (1 - eps), rounded up. */
static void reach(search *s)
{
    arb_t t, row, x;
    double g = 0, r = 0;

    arb_init(t);
    arb_init(row);
    arb_init(x);
    for (slong j = 0; j < s->P; j++) {
        arb_zero(s->G + j);
        for (slong k = 0; k < s->P; k++)
            arb_addmul(s->G + j, arb_mat_entry(s->X, k, j), s->at.g + k, FINE);
        arb_abs(t, s->G + j);
        g = fmax(g, upper(t));
    }
    for (slong k = 0; k < s->P; k++) {
        arb_zero(row);
        for (slong j = 0; j < s->P; j++) {
            arb_abs(x, arb_mat_entry(s->X, k, j));
            arb_add(row, row, x, COARSE);
        }
        r = fmax(r, upper(row));
    }
    arb_set_d(t, r);
    arb_set_d(row, g);
    arb_mul(t, t, row, FINE);
    arb_set_d(row, 1);
    arb_set_d(x, s->eps);
    arb_sub(row, row, x, FINE);
    arb_div(t, t, row, FINE);
    s->reach = upper(t);
    arb_clear(t);
    arb_clear(row);
    arb_clear(x);
}

/* The theorem at the top on the cube of half-width R. */
static bool attempt(search *s, double R)
{
    s->R = R;
    s->eps = INFINITY;
    s->reach = INFINITY;
    s->index = -1;
    cube(s->theta, s->c->theta, s->P, R);
    nv_evaluate(s->c, s->theta, 2, COARSE, &s->over);
    if (!guess(s)) return false;
    s->eps = defect(s);
    s->why = "the Hessian is too close to singular, or varies too much near theta";
    if (!(s->eps < 1)) return false;
    reach(s);
    s->why = "the gradient is too large for a critical point so near";
    return s->reach <= R;
}

/* First a cube that contains the whole ball of the claim, so that the critical point
 * is the only one there; else one that is just large enough. */
static bool locate(search *s)
{
    bool found = attempt(s, 2 * s->c->radius);

    if (found && s->eps <= 0.5) return true;
    if (!(s->eps <= 0.5)) attempt(s, 0);
    for (int tries = 0; tries < 3 && s->reach < INFINITY; tries++)
        if (attempt(s, 2 * s->reach)) return true;
    return false;
}

/* v* in -DG +- eps rho; theta := theta* as a box; distance |theta* - c|; the loss there. */
static void enclose(search *s, arb_t distance, arb_t loss)
{
    arb_t t, w, norm1, sup;
    arb_ptr v = s->v;

    arb_init(t);
    arb_init(w);
    arb_init(norm1);
    arb_init(sup);
    for (slong j = 0; j < s->P; j++) {
        arb_abs(t, s->G + j);
        arb_max(sup, sup, t, FINE);
    }
    arb_set_d(w, s->eps); /* eps rho = eps |G| / (1 - eps) */
    arb_sub_ui(t, w, 1, FINE);
    arb_neg(t, t);
    arb_mul(w, w, sup, FINE);
    arb_div(w, w, t, FINE);
    arb_set(loss, s->at.L);
    arb_zero(sup);
    for (slong j = 0; j < s->P; j++) {
        arb_set(v + j, s->G + j);
        if (s->D[j] > 0) arb_neg(v + j, v + j);
        arb_add_error(v + j, w);
        arb_abs(t, v + j);
        arb_add(norm1, norm1, t, FINE);
        arb_max(sup, sup, t, FINE);
        arb_addmul(loss, s->G + j, v + j, FINE);
        arb_sqr(t, v + j, FINE);
        arb_mul_2exp_si(t, t, -1);
        if (s->D[j] > 0)
            arb_add(loss, loss, t, FINE);
        else
            arb_sub(loss, loss, t, FINE);
    }
    arb_set_d(t, s->eps / 2);
    arb_mul(t, t, norm1, FINE);
    arb_mul(t, t, sup, FINE);
    arb_add_error(loss, t);
    arb_zero(distance);
    for (slong k = 0; k < s->P; k++) {
        arb_zero(t);
        for (slong j = 0; j < s->P; j++) arb_addmul(t, arb_mat_entry(s->X, k, j), v + j, FINE);
        arb_set_d(s->theta + k, s->c->theta[k]);
        arb_add(s->theta + k, s->theta + k, t, FINE);
        arb_addmul(distance, t, t, FINE);
    }
    arb_sqrtpos(distance, distance, FINE);
    arb_clear(t);
    arb_clear(w);
    arb_clear(norm1);
    arb_clear(sup);
}

/* lambda_min(H(theta*)) >= mu?  A diagonal entry of M - mu X'X below 0 refutes it. */
static nd_truth eigenvalue_claim(search *s)
{
    nd_truth r = ND_PROVED;
    arb_mat_t N, Xt;
    arb_t t, sum;

    arb_init(t);
    arb_init(sum);
    arb_mat_init(N, s->P, s->P);
    arb_mat_init(Xt, s->P, s->P);
    arb_mat_transpose(Xt, s->X);
    arb_mat_mul(N, Xt, s->X, COARSE);
    arb_set_d(t, s->c->mu);
    arb_mat_scalar_mul_arb(N, N, t, COARSE);
    arb_mat_sub(N, s->M, N, COARSE);
    for (slong i = 0; i < s->P; i++) {
        if (arb_is_negative(arb_mat_entry(N, i, i))) r = ND_REFUTED;
        arb_zero(sum);
        for (slong j = 0; j < s->P; j++) {
            arb_abs(t, arb_mat_entry(N, i, j));
            if (j != i) arb_add(sum, sum, t, COARSE);
        }
        if (r == ND_PROVED && !arb_gt(arb_mat_entry(N, i, i), sum)) r = ND_UNKNOWN;
    }
    arb_mat_clear(N);
    arb_mat_clear(Xt);
    arb_clear(t);
    arb_clear(sum);
    return r;
}

/* Some partial derivative has no zero on a cube around the ball of the claim. */
static bool no_critical_point(search *s)
{
    bool none = false;

    cube(s->theta, s->c->theta, s->P, s->c->radius);
    nv_evaluate(s->c, s->theta, 1, FINE, &s->over);
    for (slong k = 0; k < s->P; k++)
        none = none || (arb_is_finite(s->over.g + k) && !arb_contains_zero(s->over.g + k));
    return none;
}

/* The claims at theta*, the only critical point in the cube. */
static void judge(search *s, nv_answer *a)
{
    const nv_cert *c = s->c;
    bool right = c->kind == NV_NOT_A_MINIMUM ? s->index > 0 : s->index == c->index;
    arb_t distance;

    arb_init(distance);
    enclose(s, distance, a->loss);
    nv_evaluate(c, s->theta, 0, FINE, &s->over);
    arb_set(s->over.L, a->loss);
    take_values(&s->over, a);
    snprintf(a->sentence, sizeof a->sentence,
             "within %.3g of theta the loss has a nondegenerate critical point of index %ld, %s "
             "(the only critical point whose coordinates differ by at most %.3g)",
             upper(distance), (long)s->index,
             s->index ? "not a local minimum" : "a strict local minimum", s->R);
    also(a, at_most(distance, c->radius), "that the critical point lies within 'radius'");
    also(a, right ? ND_PROVED : ND_REFUTED, "the claimed index of the critical point");
    common_claims(c, a);
    if (c->has_mu && s->index == 0)
        also(a, eigenvalue_claim(s), "the claimed bound of the smallest eigenvalue");
    if (a->truth == ND_REFUTED && !(c->radius <= s->R)) {
        a->truth = ND_UNKNOWN; /* another critical point may lie within 'radius' */
        strncat(a->sentence, " of the critical point found; others within 'radius' are possible",
                sizeof a->sentence - strlen(a->sentence) - 1);
    }
    arb_clear(distance);
}

static void critical(const nv_cert *c, nv_answer *a)
{
    search s;

    a->truth = ND_UNKNOWN;
    if (c->net.P > MAX_P) {
        snprintf(a->sentence, sizeof a->sentence, "more than %d parameters: too many", MAX_P);
        return;
    }
    search_init(&s, c);
    take_values(&s.at, a);
    if (locate(&s)) {
        a->truth = ND_PROVED;
        judge(&s, a);
    } else {
        snprintf(a->sentence, sizeof a->sentence, "no critical point could be proved: %s", s.why);
    }
    if (a->truth == ND_UNKNOWN && no_critical_point(&s)) {
        a->truth = ND_REFUTED;
        snprintf(a->sentence, sizeof a->sentence, "there is no critical point within %.3g of theta",
                 c->radius);
    }
    search_clear(&s);
}

/* ---- all kinds ----------------------------------------------------------------------------- */

void nv_prove(const nv_cert *cert, nv_answer *out)
{
    bool curved = cert->kind == NV_NOT_A_MINIMUM && cert->form == NV_CURVATURE;

    out->truth = ND_UNKNOWN;
    if (cert->kind == NV_OTHER) {
        snprintf(out->sentence, sizeof out->sentence, "this program does not know the kind");
        return;
    }
    if (cert->kind == NV_STRICT || cert->kind == NV_INDEX || curved) {
        critical(cert, out);
        return;
    }
    at_point(cert, FINE, out);
    if (out->truth == ND_UNKNOWN) at_point(cert, FINER, out);
}
