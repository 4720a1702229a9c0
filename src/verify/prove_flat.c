/* flat: a minimum that is nondegenerate but for coordinates on which the loss does not
 * depend (idle) and coordinates that a symmetry of a neuron moves (gauge).
 *
 * theta* is a critical point of index 0 on the slice where both are held at c; on a box
 * with theta* in its interior every partial derivative by an idle coordinate is the exact
 * ball 0.  The proof that this is a minimum: docs/certificate-format.md. */
#include "verify/prove.h"
#include <stdio.h>
#include <string.h>

/* ---- gauge ------------------------------------------------------------------------- */

/* The layer, unit and place of parameter k. */
typedef struct {
    const nv_term *term;
    slong layer, unit;
    enum { WEIGHT, BIAS, OUTPUT } place;
} where;

static bool in_layer(const nv_layer *L, slong k, where *out)
{
    if (k >= L->W && k < L->W + L->width * L->in) {
        out->place = WEIGHT;
        out->unit = (k - L->W) / L->in;
        return true;
    }
    if (!L->bias || k < L->b || k >= L->b + L->width) return false;
    out->place = BIAS;
    out->unit = k - L->b;
    return true;
}

/* false: k belongs to no neuron. */
static bool find(const nv_net *net, slong k, where *out)
{
    for (slong t = 0; t < net->terms; t++) {
        const nv_term *T = &net->term[t];

        out->term = T;
        for (slong l = 0; l < T->depth; l++) {
            out->layer = l;
            if (in_layer(&T->layer[l], k, out)) return true;
        }
        if (T->depth > 0 && k >= T->a && k < T->a + T->out) {
            out->layer = T->depth - 1;
            out->place = OUTPUT;
            out->unit = k - T->a;
            return true;
        }
    }
    return false;
}

/* What is wrong with gauge entry k of value x; NULL: nothing. */
static const char *moved(const nv_net *net, slong k, double x, where *w)
{
    const nv_layer *L;
    const char *name;

    if (!find(net, k, w)) return "that every gauge coordinate belongs to a neuron";
    for (slong l = 0; l < w->term->depth; l++)
        if (w->term->layer[l].residual) return "that no neuron of 'gauge' is in a residual term";
    L = &w->term->layer[w->layer];
    name = nv_activation_name(L->jet);
    if (!strcmp(name, "exp")) {
        if (!L->bias) return "that an exp neuron of 'gauge' has a bias";
        if (w->place == BIAS) return NULL;
        if (w->place == WEIGHT) return "that the symmetry of exp moves no weight";
    } else if (strcmp(name, "relu") != 0 && strcmp(name, "leakyrelu") != 0 &&
               strcmp(name, "square") != 0) {
        return "that every neuron of 'gauge' has a symmetry";
    }
    if (w->place == WEIGHT && w->layer > 0)
        return "that a weight in 'gauge' belongs to a first layer";
    return x == 0 ? "that a scaled gauge coordinate is not 0" : NULL;
}

static const char *gauge_fault(const nv_cert *c)
{
    const nv_list *g = &c->gauge;
    where *w = flint_malloc((size_t)(g->n + 1) * sizeof *w);
    const char *fault = g->n && c->l2 != 0 ? "that the ridge is 0, for a gauge" : NULL;

    for (slong i = 0; i < g->n && !fault; i++) {
        fault = moved(&c->net, g->at[i], c->theta[g->at[i]], w + i);
        for (slong j = 0; j < i && !fault; j++)
            if (w[i].term == w[j].term && w[i].layer == w[j].layer && w[i].unit == w[j].unit)
                fault = "that gauge coordinates belong to different neurons";
    }
    flint_free(w);
    return fault;
}

/* ---- idle ---------------------------------------------------------------------------- */

/* No partial derivative by an idle coordinate is anything but 0 on a box around theta*. */
static nd_truth idle(const nv_cert *c, nv_search *s)
{
    nd_truth r = ND_PROVED;

    for (slong k = 0; k < c->net.P; k++)
        mag_add_ui_2exp_si(arb_radref(s->theta + k), arb_radref(s->theta + k), 1, -100);
    nv_evaluate(c, s->theta, 1, NV_FINE, &s->over);
    for (slong i = 0; i < c->idle.n; i++) {
        arb_srcptr g = s->over.g + c->idle.at[i];

        if (arb_is_zero(g)) continue;
        r = ND_UNKNOWN;
        if (arb_is_finite(g) && !arb_contains_zero(g)) return ND_REFUTED;
    }
    return r;
}

static void judge(nv_search *s, const nv_near *near, const arb_t distance, nv_answer *a)
{
    const nv_cert *c = near->claims;

    snprintf(a->sentence, sizeof a->sentence,
             "within %.3g of theta there is a local minimum, nondegenerate in %ld coordinates; the "
             "loss does not depend on %ld others, symmetries move %ld",
             nv_upper(distance), (long)near->m, (long)c->idle.n, (long)c->gauge.n);
    nv_within(c, distance, a);
    nv_also(a, s->f.index == 0 ? ND_PROVED : ND_REFUTED, "that it is a minimum");
    if (c->has_mu && s->f.index == 0)
        nv_also(a, nv_frame_least(&s->f, c->mu), "the claimed bound of the smallest eigenvalue");
    nv_also(a, idle(c, s), "that the loss does not depend on the idle coordinates");
}

void nv_prove_flat(const nv_cert *c, nv_answer *a)
{
    nv_near near = {.radius = c->radius, .judge = judge, .claims = c};
    const char *fault = c->net.P <= NV_MAX_P ? gauge_fault(c) : NULL; /* else refused below */
    slong *moving;

    a->truth = ND_PROVED;
    if (fault) {
        nv_also(a, ND_REFUTED, fault);
        return;
    }
    moving = nv_others(c->net.P, &c->idle, &c->gauge, &near.m);
    near.which = moving;
    nv_prove_near(c, &near, a);
    flint_free(moving);
}
