/* Blocks of neurons and what the finite symmetries do to theta (symmetry.h). */
#include "map/symmetry.h"

#include "base/memory.h"

#include <string.h>

bool nd_layer_even(const nd_layer *l)
{
    return strcmp(l->act->name, "square") == 0;
}

/* The block that begins with layer l of term t. */
static nd_block block_at(const nd_net *net, size_t t, size_t l)
{
    const nd_term *term = &net->term[t];
    nd_block b = {.term = term, .index = t, .first = l, .last = l, .flips = true};

    while (b.last + 1 < term->depth && term->layer[b.last + 1].residual) b.last++;
    for (size_t k = b.first; k <= b.last; k++) b.flips = b.flips && term->layer[k].act->odd;
    b.width = term->layer[l].width;
    for (size_t k = 0; k < l; k++) b.inner = b.inner || !term->layer[k].residual;
    b.outer = b.last + 1 == term->depth;
    return b;
}

nd_status nd_blocks(nd_ctx *ctx, const nd_net *net, nd_block **out, size_t *count)
{
    size_t layers = 0, n = 0;
    nd_block *b;

    for (size_t t = 0; t < net->terms; t++) layers += net->term[t].depth;
    b = ND_NEW(ctx, nd_block, layers);
    if (!b) return ND_EMEM;
    for (size_t t = 0; t < net->terms; t++)
        for (size_t l = 0; l < net->term[t].depth; l++)
            if (!net->term[t].layer[l].residual) b[n++] = block_at(net, t, l);
    *out = b;
    *count = n;
    return ND_OK;
}

nd_fan nd_block_fan(const nd_block *b, size_t j)
{
    const nd_layer *next;

    if (b->outer) return (nd_fan){b->term->a + j, 1, 1};
    next = &b->term->layer[b->last + 1];
    return (nd_fan){next->W + j, next->in, next->width};
}

/* ---- permutations -------------------------------------------------------------------- */

/* x: rows x columns; row j := row order[j]. */
static void permute_rows(size_t rows, size_t columns, const size_t *order, double *x,
                         double *scratch)
{
    memcpy(scratch, x, rows * columns * sizeof *x);
    for (size_t j = 0; j < rows; j++)
        memcpy(x + j * columns, scratch + order[j] * columns, columns * sizeof *x);
}

static void permute_columns(size_t rows, size_t columns, const size_t *order, double *x,
                            double *scratch)
{
    for (size_t r = 0; r < rows; r++, x += columns) {
        memcpy(scratch, x, columns * sizeof *x);
        for (size_t j = 0; j < columns; j++) x[j] = scratch[order[j]];
    }
}

void nd_block_permute(const nd_block *b, const size_t *order, double *theta, double *scratch)
{
    const nd_layer *layer = b->term->layer;

    for (size_t l = b->first; l <= b->last; l++) {
        permute_rows(layer[l].width, layer[l].in, order, theta + layer[l].W, scratch);
        if (layer[l].bias) permute_rows(layer[l].width, 1, order, theta + layer[l].b, scratch);
        if (l > b->first)
            permute_columns(layer[l].width, layer[l].in, order, theta + layer[l].W, scratch);
    }
    if (b->outer)
        permute_rows(b->width, 1, order, theta + b->term->a, scratch);
    else
        permute_columns(layer[b->last + 1].width, b->width, order, theta + layer[b->last + 1].W,
                        scratch);
}

/* ---- signs ------------------------------------------------------------------------------ */

void nd_row_negate(const nd_layer *l, size_t j, double *theta)
{
    for (size_t i = 0; i < l->in; i++) theta[l->W + j * l->in + i] *= -1.0;
    if (l->bias) theta[l->b + j] *= -1.0;
}

static void negate(nd_fan f, double *theta)
{
    for (size_t i = 0; i < f.count; i++) theta[f.start + i * f.stride] *= -1.0;
}

void nd_block_flip(const nd_block *b, size_t j, double *theta)
{
    const nd_layer *layer = b->term->layer;

    for (size_t l = b->first; l <= b->last; l++) {
        nd_row_negate(&layer[l], j, theta);
        if (l > b->first) negate((nd_fan){layer[l].W + j, layer[l].in, layer[l].width}, theta);
    }
    negate(nd_block_fan(b, j), theta);
}

/* ---- terms ------------------------------------------------------------------------------- */

bool nd_terms_alike(const nd_term *s, const nd_term *t)
{
    if (s->depth != t->depth || s->out != t->out) return false;
    for (size_t l = 0; l < s->depth; l++) {
        const nd_layer *x = &s->layer[l], *y = &t->layer[l];

        if (x->act != y->act || x->width != y->width || x->bias != y->bias ||
            x->residual != y->residual)
            return false;
    }
    return true;
}

size_t nd_term_start(const nd_term *t)
{
    return t->depth > 0 ? t->layer[0].W : t->a;
}

size_t nd_term_size(const nd_term *t)
{
    return t->a + t->out - nd_term_start(t);
}
