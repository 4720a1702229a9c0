/* The symmetries of a network's weights that leave f, and what of it concerns them.
 *
 * A block is a layer with the residual layers after it: their neurons share one order.
 * Permuting the neurons of a block permutes rows and, in the residual layers and in what
 * comes after, columns.  Flipping neuron j negates its rows and its columns: where all
 * activations of the block are odd, h_j turns into -h_j.  Negating one row (W_j, b_j) of
 * a layer of square neurons changes nothing at all. */
#ifndef ND_MAP_SYMMETRY_H
#define ND_MAP_SYMMETRY_H

#include <nadir/map.h>

typedef struct {
    const nd_term *term;
    size_t index;       /* of the term                                             */
    size_t first, last; /* layers of the term                                      */
    size_t width;
    bool inner; /* its inputs are neurons of another block, not the features       */
    bool outer; /* it is followed by the output weights                            */
    bool flips; /* every activation is odd                                         */
} nd_block;

/* Numbers of theta that lie apart by stride. */
typedef struct {
    size_t start, stride, count;
} nd_fan;

/* The blocks of net in the order of theta.  *out: ND_NEW, the caller frees it. */
nd_status nd_blocks(nd_ctx *ctx, const nd_net *net, nd_block **out, size_t *count);

/* The weights by which what comes after the block reads neuron j. */
nd_fan nd_block_fan(const nd_block *b, size_t j);

/* Neuron j becomes what neuron order[j] was.  scratch: P entries. */
void nd_block_permute(const nd_block *b, const size_t *order, double *theta, double *scratch);
void nd_block_flip(const nd_block *b, size_t j, double *theta);
/* Negates row j of layer l: a symmetry of square neurons. */
void nd_row_negate(const nd_layer *l, size_t j, double *theta);
bool nd_layer_even(const nd_layer *l);

/* Terms s and t have equal layers, so that they may change places. */
bool nd_terms_alike(const nd_term *s, const nd_term *t);
/* The first parameter of a term and how many it has. */
size_t nd_term_start(const nd_term *t);
size_t nd_term_size(const nd_term *t);

/* ---- align.c ------------------------------------------------------------------------- */

/* Moves q by permutations and flips, exact on doubles, to near p.  *distance: |p - q| then.
 * *least: no symmetry brings q nearer than this (proved, rounding included). */
nd_status nd_align(nd_ctx *ctx, const nd_net *net, const double *p, double *q, double *distance,
                   double *least);

/* Solves min sum_j cost[j][to[j]] over permutations (n x n, finite, >= 0).  *least <= the
 * minimum, proved from the dual variables. */
nd_status nd_assign(nd_ctx *ctx, size_t n, const double *cost, size_t *to, double *least);

#endif
