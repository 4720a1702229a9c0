/* Theorem 1 at a point of a deep net (docs/theory.md, section 3): the last hidden layer
 * is a single-layer part over the features h(x_i) it is fed with; when those are linearly
 * separable at theta and s' > 0, a point with l'_i > 0 somewhere is no second-order point.
 *
 * The features are computed in plain double precision, so the answer is numerical. */
#include "theory/theorems.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"

/* out := s(W in + b) [+ in]. */
static void layer_forward(const nd_layer *y, const double *theta, const double *in, double *out)
{
    for (size_t j = 0; j < y->width; j++) {
        const double *w = theta + y->W + j * y->in;
        double z = y->bias ? theta[y->b + j] : 0.0;
        for (size_t k = 0; k < y->in; k++) z += w[k] * in[k];
        out[j] = z;
    }
    y->act->jet(y->width, out, 0, (double *const[]){out});
    for (size_t j = 0; y->residual && j < y->width; j++) out[j] += in[j];
}

/* The first deep term whose last layer is not residual; net->terms: there is none. */
static size_t find_deep(const nd_net *net)
{
    size_t k = 0;

    while (k < net->terms &&
           (net->term[k].depth < 2 || net->term[k].layer[net->term[k].depth - 1].residual))
        k++;
    return k;
}

static size_t widest(const nd_term *t)
{
    size_t w = t->layer[0].in;

    for (size_t l = 0; l < t->depth; l++)
        if (t->layer[l].width > w) w = t->layer[l].width;
    return w;
}

/* x (n x in of the last layer). */
static nd_status features(nd_ctx *ctx, const nd_table *t, const nd_term *term, const double *theta,
                          double *x)
{
    size_t width = widest(term), in = term->layer[term->depth - 1].in;
    double *h[2] = {ND_NEW(ctx, double, width), ND_NEW(ctx, double, width)};
    nd_status status = h[0] && h[1] ? ND_OK : ND_EMEM;

    for (size_t i = 0; i < t->n && status == ND_OK; i++) {
        if (i % 256 == 0 && nd_cancelled(ctx)) status = ND_ECANCEL;
        nd_table_row(t, i, h[0]);
        for (size_t l = 0; l + 1 < term->depth; l++)
            layer_forward(&term->layer[l], theta, h[l % 2], h[(l + 1) % 2]);
        memcpy(x + i * in, h[(term->depth - 1) % 2], in * sizeof *x);
    }
    nd_free(ctx, h[0]);
    nd_free(ctx, h[1]);
    return status;
}

static bool all_finite(size_t n, const double *x)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(x[i])) return false;
    return true;
}

nd_status nd_deep_features(nd_ctx *ctx, const nd_problem *pb, const double *theta, double limit,
                           nd_theory_point *p)
{
    const nd_table *t = pb->data;
    nd_separation *sep = NULL;
    nd_table *table = NULL;
    nd_status status = ND_OK;
    double *x;

    p->deep_term = find_deep(pb->net);
    p->features_margin = NAN;
    if (p->deep_term == pb->net->terms) return ND_OK;
    const nd_term *term = &pb->net->term[p->deep_term];
    const nd_layer *last = &term->layer[term->depth - 1];
    x = ND_NEW(ctx, double, t->n * last->in);
    if (!x) return ND_EMEM;
    ND_TRY(features(ctx, t, term, theta, x));
    if (!all_finite(t->n * last->in, x)) goto done;
    ND_TRY(nd_table_from_arrays(ctx, t->n, last->in, x, t->y, &table));
    ND_TRY(nd_separable(ctx, table, last->bias, limit, &sep));
    p->features = sep->truth;
    if (sep->truth == ND_PROVED) p->features_margin = sep->margin;
done:
    nd_separation_destroy(ctx, sep);
    nd_table_destroy(ctx, table);
    nd_free(ctx, x);
    return status;
}
