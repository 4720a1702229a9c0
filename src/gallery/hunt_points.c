/* Candidate points: ends of training, and the places where the known kinds of bad minima are.
 *
 *   training  a descent from a seeded start
 *   output    all output weights 0, a_0 the best constant                      (balance)
 *   constant  all w = 0, random biases and output weights, a_0 likewise        (constant-neuron)
 *   dead      every preactivation negative, a_0 the best constant              (flat)
 *   affine    every preactivation positive, f near 0; then a descent           (region)
 *   copies    one neuron trained alone, then copied                            (dual)
 *   design    data and point together: hunt_design.c; here: Newton from it     (strict)
 *   dual      the same for copies of one neuron: hunt_dual.c                   (dual) */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "gallery/hunt.h"

#include <nadir/map.h>

#define STREAM (((uint64_t)1 << 60) + ((uint64_t)1 << 59)) /* of nd_rng */

/* One hidden layer, and nothing else? */
const nd_layer *nd_hunt_only_layer(const nd_net *net)
{
    return net->terms == 1 && net->term[0].depth == 1 && !net->term[0].layer[0].residual
               ? net->term[0].layer
               : NULL;
}

/* v with n+ l'(-v) = n- l'(v), by bisection; numerical. */
static double best_constant(const nd_problem *pb)
{
    double plus = (double)nd_table_count(pb->data, 1.0), minus = (double)pb->data->n - plus;
    double lo = -50.0, hi = 50.0;

    while (hi - lo > 1e-15 * (1.0 + fabs(lo))) {
        double v = 0.5 * (lo + hi), z[2] = {-v, v}, l[2], dl[2];

        if (v <= lo || v >= hi) break;
        pb->loss.kind->jet(2, z, pb->loss.q, 1, (double *const[]){l, dl});
        if (minus * dl[1] > plus * dl[0])
            hi = v;
        else
            lo = v;
    }
    return 0.5 * (lo + hi);
}

static double activate(const nd_act *act, double z)
{
    double s;

    act->jet(1, &z, 0, (double *const[]){&s});
    return s;
}

static bool place_output(nd_prey *p, nd_rng *r)
{
    const nd_net *net = p->net;

    for (size_t k = 0; k < net->P; k++) p->theta[k] = (double)nd_rng_below(r, 5) - 2.0;
    for (size_t t = 0; t < net->terms; t++)
        memset(p->theta + net->term[t].a, 0, net->term[t].out * sizeof *p->theta);
    p->theta[net->a0] = best_constant(&p->problem);
    return true;
}

static bool place_constant(nd_prey *p, nd_rng *r)
{
    const nd_layer *l = nd_hunt_only_layer(p->net);
    double *a, v = best_constant(&p->problem), sign = nd_rng_below(r, 2) ? 1.0 : -1.0;

    if (!l || !l->bias) return false;
    a = p->theta + p->net->term[0].a;
    memset(p->theta, 0, p->net->P * sizeof *p->theta);
    for (size_t j = 0; j < l->width; j++) {
        p->theta[l->b + j] = 0.5 * ((double)nd_rng_below(r, 5) - 2.0);
        a[j] = sign * 0.25 * (double)(1 + nd_rng_below(r, 8));
        v -= a[j] * activate(l->act, p->theta[l->b + j]);
    }
    p->theta[p->net->a0] = v;
    return true;
}

/* w = (1, .., 1) and b so that all preactivations have the sign. */
static bool place_sign(nd_prey *p, double sign)
{
    const nd_layer *l = nd_hunt_only_layer(p->net);
    const nd_table *t = p->data;
    double most = 0.0;

    if (!l || !l->bias) return false;
    for (size_t i = 0; i < t->n; i++) {
        double sum = 0.0;

        for (size_t k = 0; k < t->d; k++) sum += fabs(t->x[i * t->d + k]);
        most = fmax(most, sum);
    }
    memset(p->theta, 0, p->net->P * sizeof *p->theta);
    for (size_t j = 0; j < l->width; j++) {
        for (size_t k = 0; k < l->in; k++) p->theta[l->W + j * l->in + k] = j % 2 ? -0.5 : 0.5;
        p->theta[l->b + j] = sign * (2.0 * ceil(most) + 2.0);
        p->theta[p->net->term[0].a + j] = j % 2 ? -1.0 : 1.0;
    }
    return true;
}

static bool place_dead(nd_prey *p, nd_rng *r)
{
    (void)r;
    if (!place_sign(p, -1.0)) return false;
    p->theta[p->net->a0] = best_constant(&p->problem);
    return true;
}

static bool place_affine(nd_prey *p, nd_rng *r)
{
    const nd_layer *l = nd_hunt_only_layer(p->net);

    (void)r;
    if (!place_sign(p, 1.0)) return false;
    for (size_t j = 0; j < l->width; j++)
        p->theta[p->net->a0] -= p->theta[p->net->term[0].a + j] * p->theta[l->b + j];
    return true;
}

/* ---- descents ------------------------------------------------------------------------- */

/* From a seeded start, or from p->theta (a hop that is no more than rounding, of the style that
 * moves all parameters alike). */
static nd_status descend(nd_ctx *ctx, nd_prey *p, bool warm, nd_verdict_kind *kind)
{
    nd_ask ask = {.kind = warm ? ND_ASK_HOP : ND_ASK_START,
                  .seed = p->seed,
                  .trial = warm ? 4 * p->trial : p->trial,
                  .scale = warm ? 1e-12 : 1.0,
                  .time = INFINITY};
    nd_answer end;
    nd_scout *s = NULL;
    double *from = ND_NEW(ctx, double, p->net->P);
    nd_status status = from ? ND_OK : ND_EMEM;

    if (status != ND_OK) return status;
    memcpy(from, p->theta, p->net->P * sizeof *from);
    ask.a = warm ? from : NULL;
    end.theta = p->theta;
    ND_TRY(nd_scout_create(ctx, p->net, p->data, p->problem.loss, p->problem.l2, &s));
    ND_TRY(nd_scout_ask(s, &ask, false, &end));
    *kind = end.verdict.kind;
done:
    nd_scout_destroy(s);
    nd_free(ctx, from);
    return status;
}

/* Newton's method from p->theta. */
static nd_status settle(nd_ctx *ctx, nd_prey *p)
{
    return nd_cert_polish(ctx, &p->problem, p->theta);
}

void nd_hunt_copy(const nd_prey *one, nd_prey *p)
{
    const nd_layer *l = nd_hunt_only_layer(p->net), *single = one->net->term[0].layer;

    for (size_t j = 0; j < l->width; j++) {
        memcpy(p->theta + l->W + j * l->in, one->theta + single->W, l->in * sizeof *p->theta);
        if (l->bias) p->theta[l->b + j] = one->theta[single->b];
        p->theta[p->net->term[0].a + j] = one->theta[one->net->term[0].a] / (double)l->width;
    }
    p->theta[p->net->a0] = one->theta[one->net->a0];
}

/* The inverse: one neuron with all of the output weight. */
static void gather(const nd_prey *p, nd_prey *one)
{
    const nd_layer *l = nd_hunt_only_layer(p->net), *single = one->net->term[0].layer;
    double a = 0.0;

    memcpy(one->theta + single->W, p->theta + l->W, l->in * sizeof *p->theta);
    if (l->bias) one->theta[single->b] = p->theta[l->b];
    for (size_t j = 0; j < l->width; j++) a += p->theta[p->net->term[0].a + j];
    one->theta[one->net->term[0].a] = a;
    one->theta[one->net->a0] = p->theta[p->net->a0];
}

/* One neuron alone, trained (warm: polished); then copies that share its output weight. */
static nd_status copy_neuron(nd_ctx *ctx, nd_prey *p, bool warm, nd_verdict_kind *kind, bool *ok)
{
    const nd_layer *l = nd_hunt_only_layer(p->net);
    nd_prey one = {.data = p->data, .seed = p->seed, .trial = p->trial};
    char spec[64];
    nd_status status;

    *ok = l != NULL;
    if (!l) return ND_OK;
    snprintf(spec, sizeof spec, "%s:1%s", l->act->name, l->bias ? "" : ":nobias");
    ND_TRY(nd_prey_build(ctx, &one, spec, p->problem.loss, p->problem.l2));
    if (warm) {
        gather(p, &one);
        ND_TRY(settle(ctx, &one));
    } else {
        ND_TRY(descend(ctx, &one, false, kind));
    }
    nd_hunt_copy(&one, p);
done:
    one.data = NULL; /* borrowed */
    nd_prey_clear(ctx, &one);
    return status;
}

/* The places that are written down at once. */
static const struct {
    const char *name;
    bool (*place)(nd_prey *p, nd_rng *r);
    bool descend; /* from there */
} places[] = {
    {"output", place_output, false},
    {"constant", place_constant, false},
    {"dead", place_dead, false},
    {"affine", place_affine, true},
};

nd_status nd_hunt_point(nd_ctx *ctx, nd_prey *p, bool warm, nd_verdict_kind *kind, bool *ok)
{
    nd_rng r = nd_rng_make(p->seed, STREAM + p->trial);

    *kind = ND_UNDECIDED;
    *ok = true;
    for (size_t k = 0; k < sizeof places / sizeof *places; k++) {
        if (strcmp(p->point, places[k].name) != 0) continue;
        *ok = places[k].place(p, &r);
        return *ok && places[k].descend ? descend(ctx, p, true, kind) : ND_OK;
    }
    if (strcmp(p->point, "copies") == 0 || strcmp(p->point, "dual") == 0)
        return copy_neuron(ctx, p, warm, kind, ok);
    return warm ? settle(ctx, p) : descend(ctx, p, false, kind);
}
