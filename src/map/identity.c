/* The representative of a class of equal networks (nadir/map.h).
 *
 * Without ridge, for a neuron of a block of one layer, outgoing weights v:
 *
 *   homogeneous  (w, b, v) -> (w/t, b/t, v t)       t = |(w, b)|
 *   square       (w, b, v) -> (w/t, b/t, v t^2)
 *   exp          (w, b, v) -> (w, 0, v e^b)
 *
 * Then signs: the largest entry of (w, b), or of v when that is 0, is made positive; among
 * entries that are equal up to TIE it is the first.  Then order: by the sum of the
 * neuron's entries with positive, all different factors.  These sums depend continuously
 * on the weights, so neurons change places under rounding only where their sums are
 * equal; nd_compare tries such orders. */
#include "base/memory.h"
#include "map/symmetry.h"
#include "num/tile.h"

#include <nadir/num.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TIE 1e-6

/* ---- scale ----------------------------------------------------------------------------- */

static bool usable(double t)
{
    return t > 0x1p-900 && t < 0x1p+900;
}

static void multiply(nd_fan f, double t, double *theta)
{
    for (size_t i = 0; i < f.count; i++) theta[f.start + i * f.stride] *= t;
}

static double norm_of(const nd_layer *l, size_t j, const double *theta)
{
    double w = nd_norm2(l->in, theta + l->W + j * l->in), b = l->bias ? theta[l->b + j] : 0.0;

    return sqrt(w * w + b * b);
}

static void scale_neuron(const nd_block *b, size_t j, double *theta)
{
    const nd_layer *l = &b->term->layer[b->first];
    double t;

    if (strcmp(l->act->name, "exp") == 0) {
        t = l->bias ? nd_exp(theta[l->b + j]) : 0.0;
        if (!usable(t)) return;
        theta[l->b + j] = 0.0;
        multiply(nd_block_fan(b, j), t, theta);
        return;
    }
    t = norm_of(l, j, theta);
    if (!usable(t)) return;
    for (size_t i = 0; i < l->in; i++) theta[l->W + j * l->in + i] /= t;
    if (l->bias) theta[l->b + j] /= t;
    multiply(nd_block_fan(b, j), l->act->homogeneous ? t : t * t, theta);
}

static bool scales(const nd_block *b)
{
    const nd_act *act = b->term->layer[b->first].act;

    return b->first == b->last &&
           (act->homogeneous || strcmp(act->name, "square") == 0 || strcmp(act->name, "exp") == 0);
}

/* ---- sign ------------------------------------------------------------------------------- */

typedef struct {
    double largest, entry; /* |.|, and the first entry that is as large */
} leader;

static void follow(leader *k, double x)
{
    if (!(fabs(x) > k->largest * (1.0 + TIE))) return;
    k->largest = fabs(x);
    k->entry = x;
}

static double row_sign(const nd_layer *l, size_t j, const double *theta)
{
    leader k = {0.0, 0.0};

    for (size_t i = 0; i < l->in; i++) follow(&k, theta[l->W + j * l->in + i]);
    if (l->bias) follow(&k, theta[l->b + j]);
    return k.entry;
}

static double fan_sign(nd_fan f, const double *theta)
{
    leader k = {0.0, 0.0};

    for (size_t i = 0; i < f.count; i++) follow(&k, theta[f.start + i * f.stride]);
    return k.entry;
}

static void orient(const nd_block *b, double *theta)
{
    const nd_layer *l = &b->term->layer[b->first];

    for (size_t j = 0; b->flips && j < b->width; j++) {
        double s = row_sign(l, j, theta);

        if (s == 0.0) s = fan_sign(nd_block_fan(b, j), theta);
        if (s < 0.0) nd_block_flip(b, j, theta);
    }
}

static void orient_even(const nd_layer *l, double *theta)
{
    for (size_t j = 0; nd_layer_even(l) && j < l->width; j++)
        if (row_sign(l, j, theta) < 0.0) nd_row_negate(l, j, theta);
}

/* ---- order -------------------------------------------------------------------------------- */

typedef struct {
    double key;
    size_t j;
} keyed;

/* In (1/2, 3/2), different for different k. */
static double factor(size_t k)
{
    double x = (double)(k + 1) * 0.6180339887498949;

    return 0.5 + x - floor(x);
}

/* What comes after inner blocks has no order yet: of its weights only the norm counts. */
static double neuron_key(const nd_block *b, size_t j, const double *theta)
{
    nd_fan out = nd_block_fan(b, j);
    double key = 0.0, s = 0.0;
    size_t k = 0;

    for (size_t l = b->first; l <= b->last; l++) {
        const nd_layer *y = &b->term->layer[l];

        for (size_t i = 0; l == b->first && i < y->in; i++)
            key += factor(k++) * theta[y->W + j * y->in + i];
        if (y->bias) {
            double v = theta[y->b + j];

            key += factor(k++) * (l > b->first && nd_layer_even(y) ? fabs(v) : v);
        }
    }
    if (b->outer) return key + factor(k) * theta[out.start];
    for (size_t i = 0; i < out.count; i++) {
        double v = theta[out.start + i * out.stride];

        s += v * v;
    }
    return key + factor(k) * sqrt(s);
}

/* Largest key first; equal ones stay in their order. */
static int by_key(const void *p, const void *q)
{
    const keyed *x = p, *y = q;

    if (x->key != y->key) return x->key > y->key ? -1 : 1;
    return x->j < y->j ? -1 : 1;
}

typedef struct {
    keyed *list;   /* as many as the widest block or terms */
    size_t *order; /* likewise                             */
    double *scratch;
} room;

static void sort_neurons(const nd_block *b, double *theta, const room *r)
{
    for (size_t j = 0; j < b->width; j++) r->list[j] = (keyed){neuron_key(b, j, theta), j};
    qsort(r->list, b->width, sizeof *r->list, by_key);
    for (size_t j = 0; j < b->width; j++) r->order[j] = r->list[j].j;
    nd_block_permute(b, r->order, theta, r->scratch);
}

static double term_key(const nd_term *t, const double *theta)
{
    double key = 0.0;

    for (size_t k = 0; k < nd_term_size(t); k++) key += factor(k) * theta[nd_term_start(t) + k];
    return key;
}

/* Equal terms among themselves: the places of a kind are filled by falling keys. */
static void sort_terms(const nd_net *net, double *theta, const room *r)
{
    memcpy(r->scratch, theta, net->P * sizeof *theta);
    for (size_t t = 0; t < net->terms; t++) {
        size_t n = 0, place = 0;

        for (size_t s = 0; s < net->terms; s++)
            if (nd_terms_alike(&net->term[s], &net->term[t])) {
                place += s < t;
                r->list[n++] = (keyed){term_key(&net->term[s], r->scratch), s};
            }
        qsort(r->list, n, sizeof *r->list, by_key);
        memcpy(theta + nd_term_start(&net->term[t]),
               r->scratch + nd_term_start(&net->term[r->list[place].j]),
               nd_term_size(&net->term[t]) * sizeof *theta);
    }
}

nd_status nd_canonical(nd_ctx *ctx, const nd_net *net, double l2, double *theta)
{
    room r = {0};
    nd_block *block = NULL;
    size_t blocks, most = net->units + net->terms;
    nd_status status;

    ND_TRY(nd_blocks(ctx, net, &block, &blocks));
    r.list = ND_NEW(ctx, keyed, most);
    r.order = ND_NEW(ctx, size_t, most);
    r.scratch = ND_NEW(ctx, double, net->P);
    if (!r.list || !r.order || !r.scratch) ND_TRY(ND_EMEM);
    for (size_t k = 0; l2 == 0.0 && k < blocks; k++)
        for (size_t j = 0; scales(&block[k]) && j < block[k].width; j++)
            scale_neuron(&block[k], j, theta);
    for (size_t k = 0; k < blocks; k++) {
        orient(&block[k], theta);
        orient_even(&block[k].term->layer[block[k].first], theta);
        sort_neurons(&block[k], theta, &r);
    }
    for (size_t t = 0; t < net->terms; t++) /* residual layers, in the order found */
        for (size_t l = 0; l < net->term[t].depth; l++) orient_even(&net->term[t].layer[l], theta);
    sort_terms(net, theta, &r);
done:
    nd_free(ctx, block);
    nd_free(ctx, r.list);
    nd_free(ctx, r.order);
    nd_free(ctx, r.scratch);
    return status;
}
