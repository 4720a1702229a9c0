/* kink: a strict local minimum where preactivations of relu and leakyrelu are exactly 0.
 *
 * K: the pairs of neuron and sample listed, k of them; L_0: the loss with their s(z) replaced by 0
 * (nv_cert.flat, pass.c); A: the constant rows grad z.  The Lagrangian
 *
 *   G(theta, lambda) = L_0(theta) + lambda . A theta,  its Hessian J = [[H_0, A'], [A, 0]],
 *
 * has a nondegenerate critical point by the theorem of near.c, J being the ball matrix.  J is
 * nonsingular, so A has rank k, and it has exactly k negative eigenvalues iff H_0 is
 * positive definite on the kernel of A (Gould, Math. Program. 32, 1985, lemma 3.4).  There
 * remains alpha kappa < lambda < kappa with kappa = dL/df_i a_j for every pair. */
#include "verify/prove.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

#define ROUNDED 0x1p-43  /* as in near.c */
#define TINY    0x1p-200 /* likewise     */

typedef struct {
    const nv_layer *layer;
    slong unit, a; /* of its layer; its output weight                                */
} place;

typedef struct {
    nv_cert c; /* the certificate with flat                                      */
    char *flat;
    slong P, k, N;
    place *pair;     /* k                                                             */
    arb_ptr theta;   /* P                                                             */
    arb_ptr F, G, v; /* N: grad of the Lagrangian; X'F; v*                            */
    arb_ptr lambda;  /* k                                                             */
    nv_value at, over;
    nv_frame f;
    double R, reach;
} kink;

/* ---- the pairs ----------------------------------------------------------------------- */

static slong neuron(const kink *w, slong e)
{
    return w->c.kinks.at[2 * e];
}

static slong sample(const kink *w, slong e)
{
    return w->c.kinks.at[2 * e + 1];
}

/* The layer and the place in it of neuron u of all first layers. */
static place find(const nv_net *net, slong u)
{
    slong t = 0;

    while (net->term[t].depth == 0 || u >= net->term[t].layer[0].width)
        u -= net->term[t].depth ? net->term[t].layer[0].width : 0, t++;
    return (place){&net->term[t].layer[0], u, net->term[t].a + u};
}

static const char *fault(const nv_cert *c)
{
    for (slong t = 0; t < c->net.terms; t++)
        if (c->net.term[t].depth > 1 ||
            (c->net.term[t].depth == 1 && c->net.term[t].layer[0].residual))
            return "that every term is linear or has one layer";
    for (slong e = 0; 2 * e < c->kinks.n; e++) {
        const char *name = nv_activation_name(find(&c->net, c->kinks.at[2 * e]).layer->jet);

        if (strcmp(name, "relu") != 0 && strcmp(name, "leakyrelu") != 0)
            return "that the neurons of 'kinks' are of relu or leakyrelu";
    }
    return NULL;
}

/* Entry of A: the derivative of the preactivation of pair e by parameter p. */
static double row(const kink *w, slong e, slong p)
{
    const nv_layer *L = w->pair[e].layer;
    slong in = p - L->W - w->pair[e].unit * L->in;

    if (in >= 0 && in < L->in) return w->c.X[sample(w, e) * w->c.net.d + in];
    return L->bias && p == L->b + w->pair[e].unit ? 1.0 : 0.0;
}

static void init(kink *w, const nv_cert *c)
{
    slong units = nv_first_units(&c->net);

    memset(w, 0, sizeof *w);
    w->c = *c;
    w->P = c->net.P;
    w->k = c->kinks.n / 2;
    w->N = w->P + w->k;
    w->flat = flint_calloc((size_t)(c->n * units) + 1, 1);
    w->c.flat = w->flat;
    w->pair = flint_calloc((size_t)w->k + 1, sizeof *w->pair);
    for (slong e = 0; e < w->k; e++) {
        w->pair[e] = find(&c->net, neuron(w, e));
        w->flat[sample(w, e) * units + neuron(w, e)] = 1;
    }
    w->theta = _arb_vec_init(w->P);
    w->F = _arb_vec_init(w->N);
    w->G = _arb_vec_init(w->N);
    w->v = _arb_vec_init(w->N);
    w->lambda = _arb_vec_init(w->k);
    nv_value_init(&w->at, w->P);
    nv_value_init(&w->over, w->P);
    nv_frame_init(&w->f, w->N);
}

static void clear(kink *w)
{
    flint_free(w->flat);
    flint_free(w->pair);
    _arb_vec_clear(w->theta, w->P);
    _arb_vec_clear(w->F, w->N);
    _arb_vec_clear(w->G, w->N);
    _arb_vec_clear(w->v, w->N);
    _arb_vec_clear(w->lambda, w->k);
    nv_value_clear(&w->at);
    nv_value_clear(&w->over);
    nv_frame_clear(&w->f);
}

/* ---- the critical point of the Lagrangian --------------------------------------------------- */

/* z of pair e at theta. */
static void preactivation(arb_t z, const kink *w, slong e)
{
    const nv_layer *L = w->pair[e].layer;
    const double *x = w->c.X + sample(w, e) * w->c.net.d;
    slong u = w->pair[e].unit;
    arb_t t;

    arb_init(t);
    arb_zero(z);
    if (L->bias) arb_set(z, w->theta + L->b + u);
    for (slong p = 0; p < L->in; p++) {
        arb_set_d(t, x[p]);
        arb_addmul(z, t, w->theta + L->W + u * L->in + p, NV_FINE);
    }
    arb_clear(t);
}

/* F at c with the multipliers as they are. */
static void gradient(kink *w)
{
    arb_t t;

    arb_init(t);
    nv_cube(w->theta, w->c.theta, w->P, 0);
    for (slong p = 0; p < w->P; p++) {
        arb_set(w->F + p, w->at.g + p);
        for (slong e = 0; e < w->k; e++) {
            arb_set_d(t, row(w, e, p));
            arb_addmul(w->F + p, t, w->lambda + e, NV_FINE);
        }
    }
    for (slong e = 0; e < w->k; e++) preactivation(w->F + w->P + e, w, e);
    arb_clear(t);
}

/* G := X'F. */
static void turn(kink *w)
{
    for (slong j = 0; j < w->N; j++) {
        arb_zero(w->G + j);
        for (slong i = 0; i < w->N; i++)
            arb_addmul(w->G + j, arb_mat_entry(w->f.X, i, j), w->F + i, NV_FINE);
    }
}

/* lambda := the doubles nearest to that of one Newton step from (c, 0). */
static void multipliers(kink *w)
{
    arb_t t, s;

    arb_init(t);
    arb_init(s);
    _arb_vec_zero(w->lambda, w->k);
    gradient(w);
    turn(w);
    for (slong e = 0; e < w->k; e++) {
        arb_zero(s);
        for (slong j = 0; j < w->N; j++) {
            arb_mul(t, arb_mat_entry(w->f.X, w->P + e, j), w->G + j, NV_FINE);
            if (w->f.D[j] < 0)
                arb_add(s, s, t, NV_FINE);
            else
                arb_sub(s, s, t, NV_FINE);
        }
        arb_set_d(w->lambda + e, arf_get_d(arb_midref(s), ARF_RND_NEAR));
    }
    gradient(w);
    turn(w);
    arb_clear(t);
    arb_clear(s);
}

/* reach = |X|_inf |G|_inf / (1 - eps), rounded up. */
static void reach(kink *w)
{
    arb_t t, sum, g, x;

    arb_init(t);
    arb_init(sum);
    arb_init(g);
    arb_init(x);
    for (slong i = 0; i < w->N; i++) {
        arb_zero(sum);
        for (slong j = 0; j < w->N; j++) {
            arb_abs(t, arb_mat_entry(w->f.X, i, j));
            arb_add(sum, sum, t, NV_FINE);
        }
        arb_max(x, x, sum, NV_FINE);
        arb_abs(t, w->G + i);
        arb_max(g, g, t, NV_FINE);
    }
    arb_mul(x, x, g, NV_FINE);
    arb_set_d(t, w->f.eps);
    arb_sub_ui(t, t, 1, NV_FINE);
    arb_neg(t, t);
    arb_div(x, x, t, NV_FINE);
    w->reach = nv_upper(x);
    arb_clear(t);
    arb_clear(sum);
    arb_clear(g);
    arb_clear(x);
}

/* f.H := J over the cube of half-width R. */
static void system_over(kink *w, double R)
{
    arb_mat_t J;

    nv_cube(w->theta, w->c.theta, w->P, R);
    nv_evaluate(&w->c, w->theta, 2, NV_COARSE, &w->over);
    arb_mat_init(J, w->N, w->N);
    for (slong p = 0; p < w->P; p++) {
        for (slong q = 0; q < w->P; q++)
            arb_set(arb_mat_entry(J, p, q), arb_mat_entry(w->over.H, p, q));
        for (slong e = 0; e < w->k; e++) {
            arb_set_d(arb_mat_entry(J, p, w->P + e), row(w, e, p));
            arb_set_d(arb_mat_entry(J, w->P + e, p), row(w, e, p));
        }
    }
    nv_frame_take(&w->f, J, NULL);
    arb_mat_clear(J);
}

static bool attempt(kink *w, double R)
{
    w->R = R;
    w->reach = INFINITY;
    system_over(w, R);
    if (!nv_frame_prove(&w->f)) return false;
    multipliers(w);
    reach(w);
    w->f.why = "the gradient is too large for a critical point so near";
    return w->reach <= R;
}

/* As in near.c: first a cube that holds all that the claim may speak of. */
static bool locate(kink *w)
{
    double size = 1;
    bool found;

    for (slong p = 0; p < w->P; p++) size = fmax(size, fabs(w->c.theta[p]));
    found = attempt(w, fmax(2 * w->c.radius, ROUNDED * size));
    if (found && w->f.eps <= 0.5) return true;
    if (!(w->f.eps <= 0.5)) attempt(w, 0);
    for (int tries = 0; tries < 3 && w->reach < INFINITY; tries++)
        if (attempt(w, 2 * w->reach + TINY)) return true;
    return false;
}

/* v* in -DG +- eps rho, rho = |G| / (1 - eps); theta, lambda := boxes around theta*, lambda*. */
static void enclose(kink *w, arb_t distance)
{
    arb_t t, r;

    arb_init(t);
    arb_init(r);
    for (slong j = 0; j < w->N; j++) {
        arb_abs(t, w->G + j);
        arb_max(r, r, t, NV_FINE);
    }
    arb_set_d(t, w->f.eps);
    arb_mul(r, r, t, NV_FINE);
    arb_sub_ui(t, t, 1, NV_FINE);
    arb_neg(t, t);
    arb_div(r, r, t, NV_FINE);
    for (slong j = 0; j < w->N; j++) {
        arb_set(w->v + j, w->G + j);
        if (w->f.D[j] > 0) arb_neg(w->v + j, w->v + j);
        arb_add_error(w->v + j, r);
    }
    arb_zero(distance);
    for (slong i = 0; i < w->N; i++) {
        arb_zero(t);
        for (slong j = 0; j < w->N; j++)
            arb_addmul(t, arb_mat_entry(w->f.X, i, j), w->v + j, NV_FINE);
        if (i >= w->P) {
            arb_add(w->lambda + i - w->P, w->lambda + i - w->P, t, NV_FINE);
            continue;
        }
        arb_set_d(w->theta + i, w->c.theta[i]);
        arb_add(w->theta + i, w->theta + i, t, NV_FINE);
        arb_addmul(distance, t, t, NV_FINE);
    }
    arb_sqrtpos(distance, distance, NV_FINE);
    arb_clear(t);
    arb_clear(r);
}

/* ---- multipliers ---------------------------------------------------------------------------- */

/* f(x_i) at theta, neurons at their kinks giving 0. */
static void output(arb_t f, const kink *w, slong i)
{
    const nv_net *net = &w->c.net;
    arb_ptr x = _arb_vec_init(net->d), z = _arb_vec_init(2);
    slong u = 0;

    for (slong p = 0; p < net->d; p++) arb_set_d(x + p, w->c.X[i * net->d + p]);
    arb_set(f, w->theta + net->a0);
    for (slong t = 0; t < net->terms; t++) {
        const nv_term *T = &net->term[t];
        const nv_layer *L = T->layer;

        if (T->depth == 0) arb_dot(f, f, 0, w->theta + T->a, 1, x, 1, T->out, NV_FINE);
        for (slong j = 0; T->depth && j < L->width; j++, u++) {
            if (w->flat[i * nv_first_units(net) + u]) continue;
            arb_dot(z, L->bias ? w->theta + L->b + j : NULL, 0, w->theta + L->W + j * L->in, 1, x,
                    1, L->in, NV_FINE);
            nv_apply(L->jet, z + 1, z, 0, 0, NV_FINE);
            arb_addmul(f, w->theta + T->a + j, z + 1, NV_FINE);
        }
    }
    _arb_vec_clear(x, net->d);
    _arb_vec_clear(z, 2);
}

/* kappa = -y omega l'(-y f) a_j / n. */
static void slope(arb_t kappa, const kink *w, slong e)
{
    const nv_cert *c = &w->c;
    slong i = sample(w, e);
    arb_ptr l = _arb_vec_init(3);
    arb_t f;

    arb_init(f);
    output(f, w, i);
    if (c->y[i] > 0) arb_neg(f, f);
    nv_apply(c->loss.jet, l, f, c->loss.q, 1, NV_FINE);
    arb_mul(kappa, l + 1, w->theta + w->pair[e].a, NV_FINE);
    if (c->y[i] > 0) arb_neg(kappa, kappa);
    arb_set_d(f, c->weight ? c->weight[i] : 1.0);
    arb_mul(kappa, kappa, f, NV_FINE);
    arb_div_si(kappa, kappa, c->n, NV_FINE);
    arb_clear(f);
    _arb_vec_clear(l, 3);
}

static nd_truth positive(const arb_t x)
{
    return arb_is_positive(x) ? ND_PROVED : arb_is_nonpositive(x) ? ND_REFUTED : ND_UNKNOWN;
}

/* alpha kappa < lambda < kappa. */
static nd_truth between(const kink *w, slong e)
{
    arb_ptr s = _arb_vec_init(2);
    arb_t kappa, t;
    nd_truth low, high;

    arb_init(kappa);
    arb_init(t);
    slope(kappa, w, e);
    arb_set_si(t, -1);
    nv_apply(w->pair[e].layer->jet, s, t, 0, 1, NV_FINE); /* alpha = s'(-1) */
    arb_mul(t, s + 1, kappa, NV_FINE);
    arb_sub(t, w->lambda + e, t, NV_FINE);
    low = positive(t);
    arb_sub(t, kappa, w->lambda + e, NV_FINE);
    high = positive(t);
    arb_clear(kappa);
    arb_clear(t);
    _arb_vec_clear(s, 2);
    if (low == ND_REFUTED || high == ND_REFUTED) return ND_REFUTED;
    return low == ND_PROVED && high == ND_PROVED ? ND_PROVED : ND_UNKNOWN;
}

/* ---- the kind -------------------------------------------------------------------------------- */

static void judge(kink *w, nv_answer *a)
{
    arb_t distance;

    arb_init(distance);
    enclose(w, distance);
    nv_evaluate(&w->c, w->theta, 0, NV_FINE, &w->over);
    nv_take_values(&w->over, a);
    a->truth = ND_PROVED;
    snprintf(
        a->sentence, sizeof a->sentence,
        "within %.3g of theta there is a strict local minimum with %ld preactivations at their "
        "kinks",
        nv_upper(distance), (long)w->k);
    nv_within(&w->c, distance, a);
    nv_also(a, w->f.index == w->k ? ND_PROVED : ND_REFUTED,
            "that the Hessian is positive definite where the kinks stay");
    for (slong e = 0; e < w->k; e++)
        nv_also(a, between(w, e), "that every multiplier lies between the slopes of its kink");
    nv_common_claims(&w->c, a);
    if (a->truth == ND_REFUTED && !(w->c.radius <= w->R)) {
        a->truth = ND_UNKNOWN; /* another such point may lie within 'radius' */
        strncat(a->sentence, " of the critical point found; others within 'radius' are possible",
                sizeof a->sentence - strlen(a->sentence) - 1);
    }
    arb_clear(distance);
}

/* Some listed preactivation is not 0 anywhere within radius. */
static bool off_kink(kink *w)
{
    bool off = false;
    arb_t z;

    arb_init(z);
    nv_cube(w->theta, w->c.theta, w->P, w->c.radius);
    for (slong e = 0; e < w->k; e++) {
        preactivation(z, w, e);
        off = off || !arb_contains_zero(z);
    }
    arb_clear(z);
    return off;
}

void nv_prove_kink(const nv_cert *c, nv_answer *a)
{
    const char *wrong = fault(c);
    kink w;

    a->truth = ND_PROVED;
    if (wrong) {
        nv_also(a, ND_REFUTED, wrong);
        return;
    }
    a->truth = ND_UNKNOWN;
    if (c->net.P + c->kinks.n / 2 > NV_MAX_P) {
        snprintf(a->sentence, sizeof a->sentence, "more than %d unknowns: too many", NV_MAX_P);
        return;
    }
    init(&w, c);
    nv_cube(w.theta, c->theta, w.P, 0);
    nv_evaluate(c, w.theta, 0, NV_FINE, &w.at); /* of L, not L_0: the pairs may be wrong */
    nv_take_values(&w.at, a);
    nv_evaluate(&w.c, w.theta, 1, NV_FINE, &w.at);
    if (locate(&w))
        judge(&w, a);
    else
        snprintf(a->sentence, sizeof a->sentence, "no critical point could be proved: %s", w.f.why);
    if (a->truth == ND_UNKNOWN && off_kink(&w)) {
        a->truth = ND_REFUTED;
        snprintf(a->sentence, sizeof a->sentence,
                 "a preactivation of 'kinks' is not 0 within %.3g of theta", c->radius);
    }
    clear(&w);
}
