/* Neurons that do nothing, or can be made to at no cost.
 *
 *   a_j = 0                 idle: (w_j, b_j) does not matter
 *   a_j tiny                idle when L does not rise on setting a_j = 0
 *   w_j = 0                 the neuron is the constant a_j s(b_j): it moves into a_0
 *
 * Each is tried and kept only if L does not rise beyond rounding. */
#include "base/memory.h"
#include "lab/lab.h"
#include "num/tile.h"

#include <math.h>

#define TINY 1e-6 /* relative to the largest output weight, the largest |(w,b)| */

static double largest(size_t n, const double *x)
{
    double m = 0.0;

    for (size_t i = 0; i < n; i++)
        if (fabs(x[i]) > m) m = fabs(x[i]);
    return m;
}

/* Sets a_j = 0 (constant: the value goes into a_0) if L allows it. */
static nd_status try_silence(nd_surface *sf, double *theta, size_t a, double constant,
                             double allowed, bool *silent)
{
    double old_a = theta[a], old_a0 = theta[sf->net->a0], L;
    nd_status status;

    theta[a] = 0.0;
    theta[sf->net->a0] += constant;
    status = nd_problem_value(sf->ctx, &sf->pb, theta, sf->work, &L);
    *silent = status == ND_OK && L <= allowed;
    if (!*silent) {
        theta[a] = old_a;
        theta[sf->net->a0] = old_a0;
    }
    return status;
}

nd_status nd_idle_find(nd_surface *sf, double *theta, size_t *idle, size_t *count)
{
    size_t k = nd_net_shortcut(sf->net);
    const nd_term *t = &sf->net->term[k];
    double L, a_max, W_max, s;
    nd_status status;
    bool silent;

    *count = 0;
    if (k == sf->net->terms) return ND_OK;
    status = nd_problem_value(sf->ctx, &sf->pb, theta, sf->work, &L);
    a_max = largest(t->out, theta + t->a);
    W_max = largest(t->out * sf->net->d, theta + t->layer[0].W);
    for (size_t j = 0; j < t->out && status == ND_OK; j++) {
        double *a = theta + t->a + j;
        bool constant = largest(sf->net->d, theta + t->layer[0].W + j * sf->net->d) <= TINY * W_max;

        silent = *a == 0.0;
        if (!silent && (fabs(*a) <= TINY * a_max || constant)) {
            t->layer[0].act->jet(1, theta + t->layer[0].b + j, 0, (double *const[]){&s});
            status = try_silence(sf, theta, t->a + j, constant ? *a * s : 0.0,
                                 L + 0x1p-48 * fabs(L), &silent);
        }
        if (silent && status == ND_OK) idle[(*count)++] = j;
    }
    return status;
}
