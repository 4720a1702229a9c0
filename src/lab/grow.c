/* New neurons from the potential: into idle places (escape), or added (growth). */
#include "base/memory.h"
#include "lab/lab.h"

#include <math.h>
#include <string.h>

/* Neurons added at a time: one for every SHARE there are, at least FEW.  Measured on
 * letter and spam: one at a time spends the time on re-optimising, doubling adds
 * neurons that the descent would have found by itself. */
#define FEW   4
#define SHARE 4

/* The activation new neurons have: the shortcut's unless it is a polynomial. */
static const nd_act *neuron_kind(nd_surface *sf, size_t *term)
{
    const nd_act *softplus = NULL;

    *term = nd_net_shortcut(sf->net);
    if (*term < sf->net->terms && !sf->net->term[*term].layer[0].act->polynomial)
        return sf->net->term[*term].layer[0].act;
    *term = sf->net->terms;
    return nd_act_find(sf->ctx, "softplus", &softplus) == ND_OK ? softplus : NULL;
}

/* Neuron j of a single-layer term := neuron k of the boost. */
static void place(const nd_net *net, size_t term, size_t j, const nd_boost *b, size_t k,
                  double *theta)
{
    const nd_layer *L = &net->term[term].layer[0];

    memcpy(theta + L->W + j * L->in, b->w + k * L->in, L->in * sizeof *theta);
    theta[L->b + j] = b->b[k];
    theta[net->term[term].a + j] = b->a[k];
}

nd_status nd_trial_escape(nd_trial *t, bool *escaped)
{
    nd_surface *sf = t->sf;
    size_t term = nd_net_shortcut(sf->net), count = 0, *idle;
    double since = nd_seconds();
    nd_boost b = {.G = NAN};
    nd_status status;

    *escaped = false;
    if (term == sf->net->terms) return ND_OK;
    idle = ND_NEW(sf->ctx, size_t, sf->net->term[term].out);
    if (!idle) return ND_EMEM;
    ND_TRY(nd_idle_find(sf, t->theta, idle, &count));
    if (count > 0)
        ND_TRY(nd_boost_make(sf, t->theta, sf->net->term[term].layer[0].act, count, t->s->seed,
                             t->trial + (t->boosts++ << 16), &b));
    for (size_t k = 0; k < b.found; k++) place(sf->net, term, idle[k], &b, k, t->theta);
    *escaped = b.found > 0;
    if (*escaped) ND_TRY(nd_trial_log(t, "escape", ND_STOP_NONE, 0, 0, since));
done:
    nd_boost_clear(sf->ctx, &b);
    nd_free(sf->ctx, idle);
    return status;
}

/* The surface of the wider net takes the place of the old one. */
static nd_status move_to(nd_trial *t, const nd_net *net, double *theta)
{
    nd_surface *old = t->sf, *sf;
    nd_status status = nd_surface_open(old->ctx, net, old->pb.data, old->pb.loss, old->pb.l2, &sf);

    if (status != ND_OK) return status;
    t->evaluations += old->evaluations;
    nd_theta_destroy(old->ctx, t->theta);
    t->theta = theta;
    t->sf = sf;
    nd_free(old->ctx, t->early); /* of another size */
    t->early = NULL;
    nd_surface_close(old);
    return ND_OK;
}

static nd_status widen(nd_trial *t, size_t term, const nd_act *act, const nd_boost *b)
{
    nd_ctx *ctx = t->sf->ctx;
    size_t old = term < t->sf->net->terms ? t->sf->net->term[term].out : 0;
    nd_net *net = NULL;
    double *theta = NULL;
    nd_status status = nd_net_widen(ctx, t->sf->net, t->theta, term, act, b->found, &net, &theta);

    if (status != ND_OK) return status;
    for (size_t k = 0; k < b->found; k++) place(net, term, old + k, b, k, theta);
    status = move_to(t, net, theta);
    if (status != ND_OK) nd_theta_destroy(ctx, theta);
    nd_net_destroy(ctx, net);
    return status;
}

nd_status nd_trial_grow(nd_trial *t, bool *grown)
{
    size_t units = t->sf->net->units, room = (size_t)t->s->grow_max, count, term;
    const nd_act *act = neuron_kind(t->sf, &term);
    double since = nd_seconds();
    nd_boost b;
    nd_status status;

    *grown = false;
    if (!act || units >= room) return ND_OK;
    count = units / SHARE > FEW ? units / SHARE : FEW;
    if (count > room - units) count = room - units;
    status =
        nd_boost_make(t->sf, t->theta, act, count, t->s->seed, t->trial + (t->boosts++ << 16), &b);
    if (status != ND_OK) return status;
    if (b.found > 0) ND_TRY(widen(t, term, act, &b));
    *grown = b.found > 0;
    if (*grown) ND_TRY(nd_trial_log(t, "grow", ND_STOP_NONE, 0, 0, since));
done:
    nd_boost_clear(t->sf->ctx, &b);
    return status;
}

nd_status nd_trial_isolate(nd_trial *t, bool *changed)
{
    size_t units = t->sf->net->units, room = (size_t)t->s->grow_max, term;
    const nd_act *act = neuron_kind(t->sf, &term);
    double since = nd_seconds();
    nd_boost b;
    nd_status status;

    *changed = false;
    if (!act || units >= room || t->sf->pb.l2 != 0.0) return ND_OK;
    status = nd_isolate(t->sf, t->theta, act, room - units, t->s->seed, &b);
    if (status != ND_OK) return status;
    if (b.found > 0) {
        ND_TRY(widen(t, term, act, &b));
        ND_TRY(nd_trial_log(t, "isolate", ND_STOP_NONE, 0, 0, since));
        *changed = true;
    }
done:
    nd_boost_clear(t->sf->ctx, &b);
    return status;
}
