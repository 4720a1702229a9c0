/* The padded shape of the weights (pass.h) and the copies to and from theta. */
#include <string.h>

#include "model/pass.h"

static size_t plan_layer(nd_plan *p, const nd_layer *y, size_t level, nd_plan_layer *out)
{
    size_t wp = ND_PADDED(y->width);

    *out = (nd_plan_layer){.y = y, .wp = wp, .ip = ND_PADDED(y->in), .b = ND_NONE, .W = ND_NONE};
    out->Wt = p->packed;
    p->packed += y->in * wp;
    if (y->bias) {
        out->b = p->packed;
        p->packed += wp;
    }
    if (level > 0) {
        out->W = p->back;
        p->back += y->width * out->ip;
    }
    out->col = p->cols;
    p->cols += wp;
    if (wp > p->widest) p->widest = wp;
    return wp;
}

nd_status nd_plan_make(nd_ctx *ctx, const nd_net *net, nd_plan *p)
{
    size_t layers = 0;

    *p = (nd_plan){.net = net};
    for (size_t t = 0; t < net->terms; t++) layers += net->term[t].depth;
    p->term = ND_NEW(ctx, nd_plan_term, net->terms);
    p->layers = ND_NEW(ctx, nd_plan_layer, layers);
    if (!p->term || !p->layers) {
        nd_plan_clear(ctx, p);
        return ND_EMEM;
    }
    layers = 0;
    for (size_t t = 0; t < net->terms; t++) {
        const nd_term *term = &net->term[t];
        nd_plan_term *pt = &p->term[t];
        *pt = (nd_plan_term){.depth = term->depth, .layer = p->layers + layers, .term = term};
        for (size_t l = 0; l < term->depth; l++)
            plan_layer(p, &term->layer[l], l, &p->layers[layers++]);
        pt->a = p->packed;
        p->packed += ND_PADDED(term->out);
    }
    p->a0 = p->packed;
    p->packed += ND_PAD;
    return ND_OK;
}

void nd_plan_clear(nd_ctx *ctx, nd_plan *p)
{
    nd_free(ctx, p->term);
    nd_free(ctx, p->layers);
    p->term = NULL;
    p->layers = NULL;
}

/* Wt[k][j] = W[j][k], padding 0; eight rows of W at a time, so that each line of Wt
 * is written whole. */
static void transpose_in(const nd_plan_layer *y, const double *W, double *Wt)
{
    size_t in = y->y->in, width = y->y->width, wp = y->wp;

    for (size_t j0 = 0; j0 < wp; j0 += ND_PAD)
        for (size_t k = 0; k < in; k++)
            for (size_t j = j0; j < j0 + ND_PAD; j++)
                Wt[k * wp + j] = j < width ? W[j * in + k] : 0.0;
}

static void copy_padded(const double *from, size_t n, double *to)
{
    memcpy(to, from, n * sizeof *to);
    memset(to + n, 0, (ND_PADDED(n) - n) * sizeof *to);
}

void nd_plan_pack(const nd_plan *p, const double *theta, double *packed, double *back)
{
    for (size_t t = 0; t < p->net->terms; t++) {
        const nd_plan_term *pt = &p->term[t];
        for (size_t l = 0; l < pt->depth; l++) {
            const nd_plan_layer *y = &pt->layer[l];
            transpose_in(y, theta + y->y->W, packed + y->Wt);
            if (y->b != ND_NONE) copy_padded(theta + y->y->b, y->y->width, packed + y->b);
            for (size_t j = 0; y->W != ND_NONE && j < y->y->width; j++)
                copy_padded(theta + y->y->W + j * y->y->in, y->y->in, back + y->W + j * y->ip);
        }
        copy_padded(theta + pt->term->a, pt->term->out, packed + pt->a);
    }
    copy_padded(theta + p->net->a0, 1, packed + p->a0);
}

static void transpose_out(const nd_plan_layer *y, const double *Gt, double *G)
{
    size_t in = y->y->in, width = y->y->width, wp = y->wp;

    for (size_t j0 = 0; j0 < width; j0 += ND_PAD) {
        size_t j1 = j0 + ND_PAD < width ? j0 + ND_PAD : width;
        for (size_t k = 0; k < in; k++)
            for (size_t j = j0; j < j1; j++) G[j * in + k] = Gt[k * wp + j];
    }
}

void nd_plan_unpack(const nd_plan *p, const double *packed, double l2, const double *theta,
                    double *g)
{
    for (size_t t = 0; t < p->net->terms; t++) {
        const nd_plan_term *pt = &p->term[t];
        for (size_t l = 0; l < pt->depth; l++) {
            const nd_plan_layer *y = &pt->layer[l];
            transpose_out(y, packed + y->Wt, g + y->y->W);
            if (y->b != ND_NONE) memcpy(g + y->y->b, packed + y->b, y->y->width * sizeof *g);
        }
        memcpy(g + pt->term->a, packed + pt->a, pt->term->out * sizeof *g);
    }
    g[p->net->a0] = packed[p->a0];
    if (l2 != 0.0) nd_axpy(p->net->P, l2, theta, g);
}
