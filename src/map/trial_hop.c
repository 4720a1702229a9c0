/* The random step of a hop, of one of four styles by the number of the trial:
 *
 *   0  all parameters                            1  one neuron drawn anew
 *   2  the sign of one output weight             3  one neuron becomes a copy of another,
 *                                                   their output weights as they are
 *
 * With r = scale (1 + |a|) / sqrt(P), the size of one entry: style 0 adds normals of
 * deviation r, the others r / 4, so that no style leads back to a exactly. */
#include "map/scout.h"

#include "num/tile.h"

#include <math.h>
#include <string.h>

enum { STYLE_ALL, STYLE_DRAW, STYLE_FLIP, STYLE_COPY, STYLES };

#define SHAKE 0.25

/* A hidden neuron: its layer, and its output weight when the layer is the last of its term. */
typedef struct {
    const nd_layer *layer;
    size_t j;
    double *a; /* or NULL */
} neuron;

static neuron pick(const nd_net *net, nd_rng *rng, double *theta)
{
    size_t k = nd_rng_below(rng, net->units);

    for (size_t t = 0; t < net->terms; t++)
        for (size_t l = 0; l < net->term[t].depth; l++) {
            const nd_term *term = &net->term[t];
            const nd_layer *y = &term->layer[l];

            if (k < y->width)
                return (neuron){y, k, l + 1 == term->depth ? theta + term->a + k : NULL};
            k -= y->width;
        }
    return (neuron){NULL, 0, NULL};
}

static void draw_neuron(neuron u, double size, nd_rng *rng, double *theta)
{
    for (size_t i = 0; i < u.layer->in; i++)
        theta[u.layer->W + u.j * u.layer->in + i] = size * nd_rng_normal(rng);
    if (u.layer->bias) theta[u.layer->b + u.j] = size * nd_rng_normal(rng);
    if (u.a) *u.a = size * nd_rng_normal(rng);
}

static void copy_neuron(neuron from, nd_rng *rng, double *theta)
{
    const nd_layer *y = from.layer;
    size_t j = nd_rng_below(rng, y->width);

    memmove(theta + y->W + j * y->in, theta + y->W + from.j * y->in, y->in * sizeof *theta);
    if (y->bias) theta[y->b + j] = theta[y->b + from.j];
}

static void flip_output(const nd_net *net, nd_rng *rng, double *theta)
{
    size_t t = nd_rng_below(rng, net->terms);
    double *a = theta + net->term[t].a + nd_rng_below(rng, net->term[t].out);

    *a = -*a;
}

void nd_scout_leap(nd_scout *sc, const nd_ask *ask)
{
    const nd_net *net = sc->sf->net;
    nd_rng rng = nd_rng_make(ask->seed, ND_STREAM_HOP + ask->trial);
    int style = (int)(ask->trial % STYLES);
    double unit = (1.0 + nd_norm2(sc->P, ask->a)) / sqrt((double)sc->P);

    if (net->units == 0 || net->terms == 0) style = STYLE_ALL;
    memcpy(sc->x, ask->a, sc->P * sizeof *sc->x);
    if (style == STYLE_DRAW) draw_neuron(pick(net, &rng, sc->x), unit, &rng, sc->x);
    if (style == STYLE_FLIP) flip_output(net, &rng, sc->x);
    if (style == STYLE_COPY) copy_neuron(pick(net, &rng, sc->x), &rng, sc->x);
    unit *= style == STYLE_ALL ? ask->scale : SHAKE * ask->scale;
    for (size_t i = 0; i < sc->P; i++) sc->x[i] += unit * nd_rng_normal(&rng);
}
