/* Groups of equal neurons, and the net with one neuron for each.
 *
 *   a_j s(w.x + b) summed over a group  =  (sum a_j) s(w.x + b)                          */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "cert/dual.h"

const nd_term *nd_dual_term(const nd_net *net)
{
    const nd_term *hidden = NULL;

    for (size_t t = 0; t < net->terms; t++) {
        const nd_term *term = &net->term[t];

        if (term->depth > 1) return NULL;
        if (term->depth == 1 && (hidden || term->layer[0].residual)) return NULL;
        if (term->depth == 1) hidden = term;
    }
    return net->terms <= (hidden ? 2 : 1) ? hidden : NULL;
}

/* ---- groups ------------------------------------------------------------------------------- */

/* The k-th of the weights and the bias of neuron j. */
static double entry(const nd_layer *L, const double *theta, size_t j, size_t k)
{
    return k < L->in ? theta[L->W + j * L->in + k] : theta[L->b + j];
}

static bool equal_neurons(const nd_layer *L, const double *theta, size_t i, size_t j)
{
    size_t D = L->in + (L->bias ? 1 : 0);

    for (size_t k = 0; k < D; k++)
        if (entry(L, theta, i, k) != entry(L, theta, j, k)) return false;
    return true;
}

static bool close_neurons(const nd_layer *L, const double *theta, size_t i, size_t j, double tol)
{
    size_t D = L->in + (L->bias ? 1 : 0);
    double far = 0.0, size = 0.0;

    for (size_t k = 0; k < D; k++) {
        double u = entry(L, theta, i, k), v = u - entry(L, theta, j, k);

        far += v * v;
        size += u * u;
    }
    return far <= tol * tol * size;
}

static bool together(const nd_term *term, const double *theta, size_t i, size_t j, double tol)
{
    if ((theta[term->a + i] < 0.0) != (theta[term->a + j] < 0.0)) return false;
    return equal_neurons(term->layer, theta, i, j) ||
           (tol > 0.0 && close_neurons(term->layer, theta, i, j, tol));
}

size_t nd_dual_twin(const nd_net *net, const double *theta, double tolerance, size_t j)
{
    const nd_term *term = nd_dual_term(net);
    size_t i = 0;

    while (i < j && !together(term, theta, i, j, tolerance)) i++;
    return i;
}

size_t nd_dual_groups(const nd_net *net, const double *theta, double tolerance, size_t *group)
{
    size_t groups = 0, M = nd_dual_term(net)->out;

    for (size_t j = 0; j < M; j++) {
        size_t i = nd_dual_twin(net, theta, tolerance, j);

        group[j] = i < j ? group[i] : groups++;
    }
    return groups;
}

/* ---- the reduced net ------------------------------------------------------------------------ */

static nd_status make_net(nd_ctx *ctx, const nd_net *net, size_t groups, nd_net **out)
{
    char spec[128];
    size_t used = 0;

    for (size_t t = 0; t < net->terms; t++) {
        const nd_term *term = &net->term[t];
        const char *plus = t > 0 ? "+" : "";

        used +=
            (size_t)(term->depth == 0 ? snprintf(spec + used, sizeof spec - used, "%slinear", plus)
                                      : snprintf(spec + used, sizeof spec - used, "%s%s:%zu%s",
                                                 plus, term->layer[0].act->name, groups,
                                                 term->layer[0].bias ? "" : ":nobias"));
    }
    return nd_net_parse(ctx, spec, net->d, out);
}

/* to += weight (from - to) for the weights and the bias of one neuron: exactly nothing where
 * they are equal. */
static void move_towards(const nd_layer *to, double *y, size_t g, const nd_layer *from,
                         const double *x, size_t j, double weight)
{
    for (size_t k = 0; k < to->in; k++) {
        double *w = y + to->W + g * to->in + k;

        *w += weight * (x[from->W + j * to->in + k] - *w);
    }
    if (to->bias) y[to->b + g] += weight * (x[from->b + j] - y[to->b + g]);
}

static void copy_rest(const nd_net *from, const double *x, const nd_net *to, double *y)
{
    for (size_t t = 0; t < from->terms; t++)
        if (from->term[t].depth == 0)
            memcpy(y + to->term[t].a, x + from->term[t].a, from->d * sizeof *y);
    y[to->a0] = x[from->a0];
}

nd_status nd_reduce(nd_ctx *ctx, const nd_problem *pb, const double *theta, const size_t *group,
                    size_t groups, nd_reduced *out)
{
    const nd_term *from = nd_dual_term(pb->net), *to;
    nd_status status;

    *out = (nd_reduced){0};
    ND_TRY(make_net(ctx, pb->net, groups, &out->net));
    to = nd_dual_term(out->net);
    out->theta = ND_NEW0(ctx, double, out->net->P);
    if (!out->theta) return ND_EMEM;
    copy_rest(pb->net, theta, out->net, out->theta);
    for (size_t j = 0; j < from->out; j++) {
        double *a = &out->theta[to->a + group[j]], aj = theta[from->a + j], sum = *a + aj;

        /* the first of a group, even one with a_j = 0, is copied whole */
        move_towards(to->layer, out->theta, group[j], from->layer, theta, j,
                     *a == 0.0 ? 1.0 : aj / sum);
        *a = sum;
    }
    out->pb = *pb;
    out->pb.net = out->net;
done:
    return status;
}

void nd_reduced_clear(nd_ctx *ctx, nd_reduced *r)
{
    nd_net_destroy(ctx, r->net);
    nd_free(ctx, r->theta);
}

/* The sum of the output weights of a group. */
static double group_sum(const nd_term *term, const double *theta, const size_t *group, size_t g)
{
    double sum = 0.0;

    for (size_t j = 0; j < term->out; j++)
        if (group[j] == g) sum += theta[term->a + j];
    return sum;
}

void nd_expand(const nd_problem *pb, const nd_reduced *r, const size_t *group, double *theta)
{
    const nd_term *to = nd_dual_term(pb->net), *from = nd_dual_term(r->net);

    copy_rest(r->net, r->theta, pb->net, theta);
    for (size_t g = 0; g < from->out; g++) {
        double sum = group_sum(to, theta, group, g);

        for (size_t j = 0; j < to->out; j++)
            if (group[j] == g && sum != 0.0) theta[to->a + j] *= r->theta[from->a + g] / sum;
    }
    for (size_t j = 0; j < to->out; j++) {
        const nd_layer *L = to->layer, *S = from->layer;

        memcpy(theta + L->W + j * L->in, r->theta + S->W + group[j] * L->in, L->in * sizeof *theta);
        if (L->bias) theta[L->b + j] = r->theta[S->b + group[j]];
    }
}
