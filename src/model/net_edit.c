/* Starting points and wider networks. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "model/net.h"
#include <nadir/num.h>

/* ---- start ----------------------------------------------------------------------- */

/* Variance of s' at unit normal preactivations decides the usual gains: 2 where half
 * of the inputs is cut off (He et al. 2015), 1 elsewhere (Glorot & Bengio 2010). */
static double gain(const nd_act *act)
{
    static const int cut[] = {ACT_ELU, ACT_RELU, ACT_LEAKYRELU, ACT_GELU, ACT_SILU};

    for (size_t k = 0; k < sizeof cut / sizeof *cut; k++)
        if (act == &nd_act_rows[cut[k]]) return 2.0;
    return 1.0;
}

static void normals(nd_rng *r, size_t n, double deviation, double *x)
{
    for (size_t i = 0; i < n; i++) x[i] = deviation * nd_rng_normal(r);
}

static void start_layer(nd_rng *r, const nd_layer *y, double scale, double *theta)
{
    double g = sqrt(gain(y->act)), in = y->in ? (double)y->in : 1.0;

    normals(r, y->width * y->in, scale * g / sqrt(in), theta + y->W);
    for (size_t j = 0; y->bias && j < y->width; j++)
        theta[y->b + j] = scale * g * (2.0 * nd_rng_uniform(r) - 1.0);
}

/* One stream of random numbers per trial, read in the order of theta. */
void nd_net_start(const nd_net *net, uint64_t seed, uint64_t trial, double scale, double *theta)
{
    nd_rng r = nd_rng_make(seed, trial);

    for (size_t t = 0; t < net->terms; t++) {
        const nd_term *term = &net->term[t];
        for (size_t l = 0; l < term->depth; l++) start_layer(&r, &term->layer[l], scale, theta);
        normals(&r, term->out, scale / sqrt(term->out ? (double)term->out : 1.0), theta + term->a);
    }
    theta[net->a0] = 0.0;
}

/* ---- widen ------------------------------------------------------------------------- */

static bool copy_term(nd_ctx *ctx, const nd_term *from, nd_term *to)
{
    to->depth = from->depth;
    if (from->depth == 0) return true;
    to->layer = ND_NEW(ctx, nd_layer, from->depth);
    if (to->layer) memcpy(to->layer, from->layer, from->depth * sizeof(nd_layer));
    return to->layer != NULL;
}

/* A copy of the terms of net with room for one more. */
static nd_net *copy_net(nd_ctx *ctx, const nd_net *net)
{
    nd_net *c = ND_NEW0(ctx, nd_net, 1);

    if (!c) return NULL;
    c->d = net->d;
    c->term = ND_NEW0(ctx, nd_term, net->terms + 1);
    for (; c->term && c->terms < net->terms; c->terms++)
        if (!copy_term(ctx, &net->term[c->terms], &c->term[c->terms])) break;
    if (c->term && c->terms == net->terms) return c;
    nd_net_destroy(ctx, c);
    return NULL;
}

static nd_status add_neurons(nd_ctx *ctx, nd_net *net, size_t term, const nd_act *act, size_t count)
{
    nd_layer *y;

    if (term == net->terms) {
        y = ND_NEW0(ctx, nd_layer, 1);
        if (!y) return ND_EMEM;
        *y = (nd_layer){.act = act, .in = net->d, .bias = true};
        net->term[term] = (nd_term){.depth = 1, .layer = y};
        net->terms++;
    }
    y = net->term[term].layer;
    if (count > ND_WIDTH_MAX - y->width)
        return nd_fail(ctx, ND_ERANGE, "a layer has at most %d neurons", ND_WIDTH_MAX);
    y->width += count;
    return ND_OK;
}

/* Neurons of a layer are rows of W, so the old weights stay together: each block of
 * the new vector begins with the old block. */
static void carry_over(const nd_net *old, const double *theta, const nd_net *net, double *to)
{
    memset(to, 0, net->P * sizeof *to);
    for (size_t t = 0; t < old->terms; t++) {
        const nd_term *a = &old->term[t], *b = &net->term[t];
        for (size_t l = 0; l < a->depth; l++) {
            const nd_layer *x = &a->layer[l], *y = &b->layer[l];
            memcpy(to + y->W, theta + x->W, x->width * x->in * sizeof *to);
            if (x->bias) memcpy(to + y->b, theta + x->b, x->width * sizeof *to);
        }
        memcpy(to + b->a, theta + a->a, a->out * sizeof *to);
    }
    to[net->a0] = theta[old->a0];
}

static bool can_widen(const nd_net *net, size_t term)
{
    return term == net->terms ||
           (term < net->terms && net->term[term].depth == 1 && !net->term[term].layer[0].residual);
}

nd_status nd_net_widen(nd_ctx *ctx, const nd_net *net, const double *theta, size_t term,
                       const nd_act *act, size_t count, nd_net **out, double **new_theta)
{
    nd_status status;
    nd_net *wide;
    double *to = NULL;

    if (!can_widen(net, term) || count == 0 || (term == net->terms && !act))
        return nd_fail(ctx, ND_ERANGE, "only a single-layer term can be widened, by one or more");
    wide = copy_net(ctx, net);
    if (!wide) return ND_EMEM;
    ND_TRY(add_neurons(ctx, wide, term, act, count));
    ND_TRY(nd_net_layout(ctx, wide));
    ND_TRY(nd_net_print(ctx, wide));
    to = ND_NEW(ctx, double, wide->P);
    if (!to) {
        status = ND_EMEM;
        goto done;
    }
    carry_over(net, theta, wide, to);
    *out = wide;
    *new_theta = to;
    return ND_OK;
done:
    nd_net_destroy(ctx, wide);
    return status;
}

void nd_theta_destroy(nd_ctx *ctx, double *theta)
{
    nd_free(ctx, theta);
}
