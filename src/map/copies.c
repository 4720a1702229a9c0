/* How many points the finite symmetries make of one: the size of the orbit,
 *
 *   orbit = (order of the group) / (order of the stabiliser),
 *
 * the stabiliser counted as a product over the neurons i of the number of places that i
 * may take in a symmetry which fixes theta and leaves all neurons before i where they are
 * (Schreier and Sims); that such a symmetry exists is found by trying the neurons one
 * after the other.  Equal neurons, flips that change nothing (a neuron whose weights are
 * all 0) and, in deep networks, joint symmetries of several layers are all of this kind. */
#include "base/memory.h"
#include "map/symmetry.h"

#include <math.h>
#include <string.h>

/* Numbers of theta that count as equal, relative to 1 + max |theta|: critical points are
 * known to some 1e-8. */
#define EQUAL 1e-7

/* A symmetry of one term, as far as it is chosen: neuron j of a block is put where the
 * image has to[j], with sign s[j]. */
typedef struct {
    const nd_block *block; /* of the term                                              */
    size_t blocks;
    const double *theta;
    size_t here, there; /* the image of entry k is entry k - here + there            */
    double tol;
    size_t *to, *start; /* start: where a block's neurons begin in to, s and taken    */
    double *s;
    bool *taken;
    size_t total;
} search;

static bool equal(const search *q, double x, double y)
{
    return fabs(x - y) <= q->tol;
}

static double image(const search *q, size_t k)
{
    return q->theta[k - q->here + q->there];
}

/* Row j of layer l is sign times row k of the image, its inputs as chosen (in: where the
 * neurons of the inputs begin; SIZE_MAX: features). */
static bool row_fits(const search *q, const nd_layer *l, size_t j, size_t k, double sign, size_t in)
{
    const double *w = q->theta + l->W + j * l->in;
    size_t v = l->W + k * l->in;

    for (size_t i = 0; i < l->in; i++) {
        double x = in == SIZE_MAX ? image(q, v + i) : image(q, v + q->to[in + i]) * q->s[in + i];

        if (!equal(q, w[i], sign * x)) return false;
    }
    return !l->bias || equal(q, q->theta[l->b + j], sign * image(q, l->b + k));
}

static bool row_fits_either(const search *q, const nd_layer *l, size_t j, size_t k, double sign,
                            size_t in)
{
    return row_fits(q, l, j, k, sign, in) || (nd_layer_even(l) && row_fits(q, l, j, k, -sign, in));
}

/* May neuron j of block b be put at k with sign s? */
static bool neuron_fits(const search *q, size_t b, size_t j, size_t k, double s)
{
    const nd_block *block = &q->block[b];
    size_t in = block->inner ? q->start[b - 1] : SIZE_MAX, a = block->term->a;

    if (block->outer && !equal(q, q->theta[a + j], s * image(q, a + k))) return false;
    return row_fits_either(q, &block->term->layer[block->first], j, k, s, in);
}

/* The residual layers of a block, once all its neurons are placed. */
static bool residuals_fit(const search *q, size_t b)
{
    const nd_block *block = &q->block[b];
    size_t at = q->start[b];

    for (size_t l = block->first + 1; l <= block->last; l++)
        for (size_t j = 0; j < block->width; j++)
            if (!row_fits_either(q, &block->term->layer[l], j, q->to[at + j], q->s[at + j], at))
                return false;
    return true;
}

/* Can neuron j of block b and all after it be placed? */
static bool complete(search *q, size_t b, size_t j);

static bool place(search *q, size_t b, size_t j, size_t k, double s)
{
    size_t at = q->start[b];
    bool fits;

    if (q->taken[at + k] || (s < 0.0 && !q->block[b].flips) || !neuron_fits(q, b, j, k, s))
        return false;
    q->to[at + j] = k;
    q->s[at + j] = s;
    q->taken[at + k] = true;
    fits = (j + 1 < q->block[b].width || residuals_fit(q, b)) && complete(q, b, j + 1);
    q->taken[at + k] = false;
    return fits;
}

static bool complete(search *q, size_t b, size_t j)
{
    if (b < q->blocks && j == q->block[b].width) {
        b++;
        j = 0;
    }
    if (b == q->blocks) return true;
    for (size_t m = 0; m < q->block[b].width; m++) {
        size_t k = (j + m) % q->block[b].width; /* itself first */

        if (place(q, b, j, k, 1.0) || place(q, b, j, k, -1.0)) return true;
    }
    return false;
}

/* Places of neuron j of block b when all before it stay. */
static double places(search *q, size_t b, size_t j)
{
    double count = 0.0;

    memset(q->taken, 0, q->total * sizeof *q->taken);
    for (size_t i = 0; i < q->start[b] + j; i++) {
        size_t c = 0;

        while (c + 1 < q->blocks && q->start[c + 1] <= i) c++;
        q->to[i] = i - q->start[c];
        q->s[i] = 1.0;
        q->taken[i] = true;
    }
    for (size_t k = 0; k < q->block[b].width; k++) {
        count += place(q, b, j, k, 1.0);
        count += place(q, b, j, k, -1.0);
    }
    return count;
}

/* ---- one term ------------------------------------------------------------------------ */

static nd_status search_make(nd_ctx *ctx, search *q)
{
    nd_status status = ND_OK;

    q->total = 0;
    for (size_t k = 0; k < q->blocks; k++) q->total += q->block[k].width;
    q->to = ND_NEW(ctx, size_t, q->total + q->blocks);
    q->s = ND_NEW(ctx, double, q->total);
    q->taken = ND_NEW0(ctx, bool, q->total);
    if (!q->to || !q->s || !q->taken) return ND_EMEM;
    q->start = q->to + q->total;
    for (size_t k = 0, at = 0; k < q->blocks; at += q->block[k++].width) q->start[k] = at;
    return status;
}

static void search_free(nd_ctx *ctx, search *q)
{
    nd_free(ctx, q->to);
    nd_free(ctx, q->s);
    nd_free(ctx, q->taken);
}

/* 2^(rows of square layers that are not 0): their signs change theta, never L. */
static double even_copies(const search *q, const nd_term *term)
{
    double copies = 1.0;

    for (size_t l = 0; l < term->depth; l++) {
        const nd_layer *y = &term->layer[l];

        for (size_t j = 0; nd_layer_even(y) && j < y->width; j++) {
            bool zero = !y->bias || equal(q, q->theta[y->b + j], 0.0);

            for (size_t i = 0; i < y->in; i++)
                zero = zero && equal(q, q->theta[y->W + j * y->in + i], 0.0);
            copies *= zero ? 1.0 : 2.0;
        }
    }
    return copies;
}

/* prod over blocks and neurons of (order of the group) / (order of the stabiliser). */
static double term_copies(search *q, const nd_term *term)
{
    double copies = even_copies(q, term);

    for (size_t b = 0; b < q->blocks; b++)
        for (size_t j = 0; j < q->block[b].width; j++)
            copies *= (double)(j + 1) * (q->block[b].flips ? 2.0 : 1.0) / places(q, b, j);
    return copies;
}

/* Is term t, seen from its twin s (its offsets), a symmetric image of s?  Linear terms,
 * and residual layers over the features, have no symmetry: equal or not. */
static bool same_term(search *q, const nd_term *s, const nd_term *t)
{
    bool same = true;

    q->here = nd_term_start(s);
    q->there = nd_term_start(t);
    memset(q->taken, 0, q->total * sizeof *q->taken);
    for (size_t l = 0; l < s->depth && s->layer[l].residual; l++)
        for (size_t j = 0; same && j < s->layer[l].width; j++)
            same = row_fits_either(q, &s->layer[l], j, j, 1.0, SIZE_MAX);
    for (size_t i = 0; q->blocks == 0 && i < s->out; i++)
        same = same && equal(q, q->theta[s->a + i], image(q, s->a + i));
    same = same && complete(q, 0, 0);
    q->here = q->there = 0;
    return same;
}

/* Term t among the terms like it up to t: how many there are, over how many are equal to
 * it; the product over t is the number of ways to order them. */
static double order_copies(search *q, const nd_net *net, size_t t)
{
    double alike = 0.0, equals = 0.0;

    for (size_t s = 0; s <= t; s++) {
        if (!nd_terms_alike(&net->term[s], &net->term[t])) continue;
        alike += 1.0;
        equals += s == t || same_term(q, &net->term[t], &net->term[s]);
    }
    return alike / equals;
}

nd_status nd_copies(nd_ctx *ctx, const nd_net *net, const double *theta, double *copies)
{
    nd_block *block = NULL;
    size_t blocks, at = 0;
    double product = 1.0, most = 0.0;
    nd_status status;

    ND_TRY(nd_blocks(ctx, net, &block, &blocks));
    for (size_t k = 0; k < net->P; k++) most = fmax(most, fabs(theta[k]));
    for (size_t t = 0; t < net->terms; t++) {
        search q = {.block = block + at, .theta = theta, .tol = EQUAL * (1.0 + most)};

        for (; at < blocks && block[at].index == t; at++) q.blocks++;
        status = search_make(ctx, &q);
        if (status == ND_OK) product *= term_copies(&q, &net->term[t]) * order_copies(&q, net, t);
        search_free(ctx, &q);
        if (status != ND_OK) goto done;
    }
    *copies = nearbyint(product);
done:
    nd_free(ctx, block);
    return status;
}
