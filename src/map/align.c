/* How near a symmetry brings one network to another.
 *
 * For each block the neurons of q are assigned to those of p so that the squared distance
 * of what belongs to them is least.  In a network of one hidden layer that is the minimum
 * over all permutations and flips; in deeper ones blocks are gone through SWEEPS times,
 * each given the others.
 *
 * The proved lower bound counts each number of theta once, with the neuron whose row it is
 * in (output weights of a block: with the block), and never more than any symmetry leaves:
 * rows whose inputs may be permuted or flipped are compared as sorted lists of absolute
 * values (rearrangement inequality), signs are chosen for each neuron alone. */
#include "base/memory.h"
#include "map/symmetry.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SWEEPS 4
/* Costs are sums of fewer than 10^9 squares of differences: relative error < 1e-6. */
#define SURE (1.0 - 1e-6)

typedef struct {
    nd_ctx *ctx;
    const double *p;
    double *q, *cost, *sorted, *scratch, *best;
    size_t *to, *order;
    bool *flip; /* width x width: is the cost that of the flipped neuron? */
} aligner;

/* ---- distances ------------------------------------------------------------------------- */

static double square(double x)
{
    return x * x;
}

/* sum (x_i - s y_i)^2 */
static double apart(nd_fan fx, const double *x, nd_fan fy, const double *y, double s)
{
    double d = 0.0;

    for (size_t i = 0; i < fx.count; i++)
        d += square(x[fx.start + i * fx.stride] - s * y[fy.start + i * fy.stride]);
    return d;
}

static int rising(const void *x, const void *y)
{
    double a = *(const double *)x, b = *(const double *)y;

    return a < b ? -1 : a > b;
}

static void sort_absolute(nd_fan f, const double *x, double *out)
{
    for (size_t i = 0; i < f.count; i++) out[i] = fabs(x[f.start + i * f.stride]);
    qsort(out, f.count, sizeof *out, rising);
}

/* The same for any order and signs: no more than that of the sorted absolute values. */
static double apart_sorted(const aligner *a, nd_fan fx, nd_fan fy)
{
    double *x = a->sorted, *y = a->sorted + fx.count;

    sort_absolute(fx, a->p, x);
    sort_absolute(fy, a->q, y);
    return apart((nd_fan){0, 1, fx.count}, x, (nd_fan){0, 1, fx.count}, y, 1.0);
}

static nd_fan row_of(const nd_layer *l, size_t j)
{
    return (nd_fan){l->W + j * l->in, 1, l->in};
}

/* ---- costs ------------------------------------------------------------------------------- */

typedef enum {
    BOUND, /* counts what the lower bound may count                          */
    FIRST, /* inputs are aligned, what comes after is not                    */
    FULL   /* everything as it stands                                        */
} counting;

/* Row and bias of layer l: neuron k of q as neuron j of p with sign s. */
static double row_cost(const aligner *a, const nd_block *b, size_t l, size_t j, size_t k, double s,
                       counting how)
{
    const nd_layer *y = &b->term->layer[l];
    bool loose = l > b->first || (b->inner && how == BOUND);
    double d = loose ? apart_sorted(a, row_of(y, j), row_of(y, k))
                     : apart(row_of(y, j), a->p, row_of(y, k), a->q, s);
    double e = loose ? d : apart(row_of(y, j), a->p, row_of(y, k), a->q, -s);

    if (y->bias) {
        d += square(a->p[y->b + j] - s * a->q[y->b + k]);
        e += square(a->p[y->b + j] + s * a->q[y->b + k]);
    }
    return nd_layer_even(y) && e < d ? e : d; /* even: the row may be negated */
}

static double neuron_cost(const aligner *a, const nd_block *b, size_t j, size_t k, double s,
                          counting how)
{
    nd_fan x = nd_block_fan(b, j), y = nd_block_fan(b, k);
    double d = 0.0;

    for (size_t l = b->first; l <= b->last; l++) d += row_cost(a, b, l, j, k, s, how);
    if (b->outer || how == FULL) return d + apart(x, a->p, y, a->q, s);
    return how == FIRST ? d + apart_sorted(a, x, y) : d;
}

static void fill_costs(const aligner *a, const nd_block *b, counting how)
{
    for (size_t j = 0; j < b->width; j++)
        for (size_t k = 0; k < b->width; k++) {
            size_t at = j * b->width + k;
            double flipped = b->flips ? neuron_cost(a, b, j, k, -1.0, how) : INFINITY;

            a->cost[at] = neuron_cost(a, b, j, k, 1.0, how);
            a->flip[at] = flipped < a->cost[at];
            if (a->flip[at]) a->cost[at] = flipped;
        }
}

/* ---- one block ---------------------------------------------------------------------------- */

/* The row of q, negated or not, that is nearer to p's. */
static void orient_rows(const aligner *a, const nd_layer *l)
{
    for (size_t j = 0; nd_layer_even(l) && j < l->width; j++) {
        nd_fan r = row_of(l, j);
        double same = apart(r, a->p, r, a->q, 1.0), other = apart(r, a->p, r, a->q, -1.0);

        if (l->bias) {
            same += square(a->p[l->b + j] - a->q[l->b + j]);
            other += square(a->p[l->b + j] + a->q[l->b + j]);
        }
        if (other < same) nd_row_negate(l, j, a->q);
    }
}

static nd_status align_block(aligner *a, const nd_block *b, counting how)
{
    double least;
    nd_status status;

    fill_costs(a, b, how);
    status = nd_assign(a->ctx, b->width, a->cost, a->to, &least);
    if (status != ND_OK) return status;
    nd_block_permute(b, a->to, a->q, a->scratch);
    for (size_t j = 0; j < b->width; j++)
        if (a->flip[j * b->width + a->to[j]]) nd_block_flip(b, j, a->q);
    for (size_t l = b->first; l <= b->last; l++) orient_rows(a, &b->term->layer[l]);
    return ND_OK;
}

static double term_distance(const aligner *a, const nd_term *t)
{
    nd_fan f = {nd_term_start(t), 1, nd_term_size(t)};

    return apart(f, a->p, f, a->q, 1.0);
}

/* The blocks of one term, until nothing comes nearer. */
static nd_status align_term(aligner *a, const nd_net *net, const nd_block *block, size_t blocks,
                            size_t t)
{
    const nd_term *term = &net->term[t];
    size_t start = nd_term_start(term), bytes = nd_term_size(term) * sizeof *a->q;
    double before = term_distance(a, term);
    nd_status status = ND_OK;

    memcpy(a->best, a->q + start, bytes);
    for (int sweep = 0; sweep < SWEEPS; sweep++) {
        double d;

        for (size_t k = 0; k < blocks && status == ND_OK; k++)
            if (block[k].index == t) status = align_block(a, &block[k], sweep == 0 ? FIRST : FULL);
        if (status != ND_OK) return status;
        for (size_t l = 0; l < term->depth; l++) orient_rows(a, &term->layer[l]);
        d = term_distance(a, term);
        if (!(d < before) && sweep > 0) break;
        if (!(d < before)) continue;
        before = d;
        memcpy(a->best, a->q + start, bytes);
    }
    memcpy(a->q + start, a->best, bytes);
    return ND_OK;
}

/* ---- terms among themselves ------------------------------------------------------------------ */

static void swap_terms(const aligner *a, const nd_term *s, const nd_term *t)
{
    size_t bytes = nd_term_size(s) * sizeof *a->q;

    memcpy(a->scratch, a->q + nd_term_start(s), bytes);
    memcpy(a->q + nd_term_start(s), a->q + nd_term_start(t), bytes);
    memcpy(a->q + nd_term_start(t), a->scratch, bytes);
}

/* Each term in turn takes, of the terms like it that come later, the one that is nearest
 * after its own neurons were aligned. */
static nd_status align_terms(aligner *a, const nd_net *net, const nd_block *block, size_t blocks)
{
    for (size_t t = 0; t < net->terms; t++) {
        double nearest = INFINITY;
        size_t best = t;
        nd_status status;

        for (size_t s = t; s < net->terms; s++) {
            double d;

            if (!nd_terms_alike(&net->term[s], &net->term[t])) continue;
            swap_terms(a, &net->term[t], &net->term[s]);
            status = align_term(a, net, block, blocks, t);
            if (status != ND_OK) return status;
            d = term_distance(a, &net->term[t]);
            swap_terms(a, &net->term[t], &net->term[s]);
            if (d < nearest) {
                nearest = d;
                best = s;
            }
        }
        swap_terms(a, &net->term[t], &net->term[best]);
    }
    return ND_OK;
}

/* ---- the lower bound ---------------------------------------------------------------------------- */

/* Numbers that no symmetry touches: a_0, linear terms that are alone of their kind, rows
 * of residual layers over the features (but square ones).  Terms with a twin are left out. */
static bool has_twin(const nd_net *net, size_t t)
{
    for (size_t s = 0; s < net->terms; s++)
        if (s != t && nd_terms_alike(&net->term[s], &net->term[t])) return true;
    return false;
}

static double fixed_part(const aligner *a, const nd_net *net)
{
    double d = square(a->p[net->a0] - a->q[net->a0]);

    for (size_t t = 0; t < net->terms; t++) {
        nd_fan f = {net->term[t].a, 1, net->term[t].out};

        if (net->term[t].depth == 0 && !has_twin(net, t)) d += apart(f, a->p, f, a->q, 1.0);
    }
    return d;
}

static nd_status lower_bound(aligner *a, const nd_net *net, const nd_block *block, size_t blocks,
                             double *least)
{
    double sum = fixed_part(a, net) * SURE, part;
    nd_status status;

    for (size_t k = 0; k < blocks; k++) {
        if (has_twin(net, block[k].index)) continue;
        fill_costs(a, &block[k], BOUND);
        status = nd_assign(a->ctx, block[k].width, a->cost, a->to, &part);
        if (status != ND_OK) return status;
        sum += part * SURE;
    }
    *least = sqrt(sum) * SURE;
    return ND_OK;
}

nd_status nd_align(nd_ctx *ctx, const nd_net *net, const double *p, double *q, double *distance,
                   double *least)
{
    aligner a = {.ctx = ctx, .p = p, .q = q};
    nd_block *block = NULL;
    size_t blocks, widest = 1, longest = net->P;
    nd_status status;

    ND_TRY(nd_blocks(ctx, net, &block, &blocks));
    for (size_t k = 0; k < blocks; k++)
        if (block[k].width > widest) widest = block[k].width;
    a.cost = ND_NEW(ctx, double, widest *widest);
    a.flip = ND_NEW(ctx, bool, widest *widest);
    a.to = ND_NEW(ctx, size_t, widest);
    a.sorted = ND_NEW(ctx, double, 4 * longest);
    if (!a.cost || !a.flip || !a.to || !a.sorted) ND_TRY(ND_EMEM);
    a.scratch = a.sorted + 2 * longest;
    a.best = a.scratch + longest;
    ND_TRY(lower_bound(&a, net, block, blocks, least));
    ND_TRY(align_terms(&a, net, block, blocks));
    *distance = sqrt(apart((nd_fan){0, 1, net->P}, p, (nd_fan){0, 1, net->P}, q, 1.0));
done:
    nd_free(ctx, block);
    nd_free(ctx, a.cost);
    nd_free(ctx, a.flip);
    nd_free(ctx, a.to);
    nd_free(ctx, a.sorted);
    return status;
}
