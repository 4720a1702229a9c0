/* Which parameters, and which neurons, carry a set of directions.
 *
 * For an orthonormal basis q_1 .. q_c of the span of the eigenvectors of a set of
 * eigenvalues, weight[i] = (1/c) sum_k q_k[i]^2 = (1/c) (e_i' Pi e_i) with the orthogonal
 * projector Pi: it does not depend on the basis, so it makes sense for multiple eigenvalues
 * (null spaces above all), where single vectors mean nothing. */
#include "map/density.h"

#include "base/memory.h"

#include <math.h>
#include <string.h>

/* Eigenvalues first .. first+count-1 as a group. */
static nd_status add_group(nd_ctx *ctx, nd_hessian_spectrum *s, const double *V, const char *name,
                           size_t first, size_t count)
{
    nd_directions *g = &s->group[s->groups];
    size_t P = s->P;

    g->weight = ND_NEW0(ctx, double, P);
    if (!g->weight) return ND_EMEM;
    s->groups++;
    g->name = name;
    g->count = count;
    g->lo = s->all[first];
    g->hi = s->all[first + count - 1];
    for (size_t k = 0; k < count; k++) {
        const double *q = V + (first + k) * P;
        for (size_t i = 0; i < P; i++) g->weight[i] += q[i] * q[i] / (double)count;
    }
    return ND_OK;
}

/* The eigenvalues within 2 error of the k-th: [*first, *first + *count). */
static void cluster(const nd_hessian_spectrum *s, size_t k, size_t *first, size_t *count)
{
    size_t a = k, b = k;

    while (a > 0 && s->all[k] - s->all[a - 1] <= 2.0 * s->error) a--;
    while (b + 1 < s->P && s->all[b + 1] - s->all[k] <= 2.0 * s->error) b++;
    *first = a;
    *count = b - a + 1;
}

static size_t nearest_to_zero(const nd_hessian_spectrum *s)
{
    size_t best = 0;

    for (size_t k = 1; k < s->P; k++)
        if (fabs(s->all[k]) < fabs(s->all[best])) best = k;
    return best;
}

static nd_status one_end(nd_ctx *ctx, nd_hessian_spectrum *s, const nd_eigenpair *pair,
                         const char *name)
{
    nd_directions *g = &s->group[s->groups];

    g->weight = ND_NEW(ctx, double, s->P);
    if (!g->weight) return ND_EMEM;
    s->groups++;
    g->name = name;
    g->count = 1;
    g->lo = g->hi = pair->value;
    for (size_t i = 0; i < s->P; i++) g->weight[i] = pair->vector[i] * pair->vector[i];
    return ND_OK;
}

nd_status nd_spectrum_groups(nd_ctx *ctx, nd_hessian_spectrum *s, const double *V)
{
    size_t first, count, negative, null;
    nd_status status;

    if (!V) {
        ND_TRY(one_end(ctx, s, &s->low, s->low.value < -s->low.error ? "negative" : "lowest"));
        return one_end(ctx, s, &s->high, "stiffest");
    }
    negative = (size_t)s->negative;
    null = (size_t)s->null;
    if (negative) ND_TRY(add_group(ctx, s, V, "negative", 0, negative));
    if (null) ND_TRY(add_group(ctx, s, V, "null", negative, null));
    if (!null) {
        cluster(s, nearest_to_zero(s), &first, &count);
        ND_TRY(add_group(ctx, s, V, "softest", first, count));
    }
    if (null == s->P) return ND_OK;
    cluster(s, s->P - 1, &first, &count);
    return add_group(ctx, s, V, "stiffest", first, count);
done:
    return status;
}

/* ---- by neuron --------------------------------------------------------------------------------- */

static double layer_share(const nd_layer *layer, size_t j, const double *weight)
{
    double sum = layer->b == SIZE_MAX ? 0.0 : weight[layer->b + j];

    for (size_t i = 0; i < layer->in; i++) sum += weight[layer->W + j * layer->in + i];
    return sum;
}

void nd_participation(const nd_net *net, const double *weight, double *share)
{
    size_t at = 0;

    share[net->units] = weight[net->a0];
    for (size_t t = 0; t < net->terms; t++) {
        const nd_term *term = &net->term[t];
        for (size_t l = 0; l < term->depth; l++)
            for (size_t j = 0; j < term->layer[l].width; j++) {
                share[at] = layer_share(&term->layer[l], j, weight);
                if (l + 1 == term->depth) share[at] += weight[term->a + j];
                at++;
            }
        for (size_t i = 0; term->depth == 0 && i < term->out; i++)
            share[net->units] += weight[term->a + i];
    }
}
