/* What explains a null direction of the Hessian.
 *
 * Scaling symmetries of a neuron of the last layer of a term, without ridge (f does
 * not change along the orbit, so the orbit is a curve of points with the same L, and
 * its tangent a null direction at a critical point):
 *
 *   exp, with bias     a e^(w.x + b):          (a, b) -> (a e^-t, b + t)
 *   z^2                a (w.x + b)^2:          (a, w, b) -> (a e^-2t, w e^t, b e^t)
 *   homogeneous        a s(w.x + b):           (a, w, b) -> (a e^-t, w e^t, b e^t)
 *
 * Orbits of different neurons touch different coordinates, so their tangents are
 * independent when they are not zero. */
#include "lab/lab.h"

#include <math.h>
#include <string.h>

#define IDLE 1e-14 /* |a_j| relative to 1 + max |a|: rounding of a_j = 0 */

static bool any_nonzero(size_t n, const double *x)
{
    for (size_t i = 0; i < n; i++)
        if (x[i] != 0.0) return true;
    return false;
}

static bool has_orbit(const nd_layer *L, const double *theta, double a, size_t j)
{
    bool moves = a != 0.0 || any_nonzero(L->in, theta + L->W + j * L->in) ||
                 (L->bias && theta[L->b + j] != 0.0);

    if (L->residual) return false;
    if (strcmp(L->act->name, "exp") == 0) return L->bias; /* b moves always */
    return moves && (L->act->homogeneous || strcmp(L->act->name, "square") == 0);
}

size_t nd_scaling_symmetries(const nd_surface *sf, const double *theta)
{
    const nd_net *net = sf->net;
    size_t count = 0;

    if (sf->pb.l2 != 0.0) return 0;
    for (size_t t = 0; t < net->terms; t++) {
        const nd_term *term = &net->term[t];

        for (size_t j = 0; term->depth > 0 && j < term->out; j++)
            count += has_orbit(&term->layer[term->depth - 1], theta, theta[term->a + j], j);
    }
    return count;
}

size_t nd_idle_neurons(const nd_surface *sf, const double *theta)
{
    size_t k = nd_net_shortcut(sf->net), count = 0;
    double most = 0.0;

    if (k == sf->net->terms) return 0;
    for (size_t j = 0; j < sf->net->term[k].out; j++)
        most = fmax(most, fabs(theta[sf->net->term[k].a + j]));
    for (size_t j = 0; j < sf->net->term[k].out; j++)
        count += fabs(theta[sf->net->term[k].a + j]) <= IDLE * (1.0 + most);
    return count;
}

size_t nd_constant_neurons(const nd_surface *sf, const double *theta)
{
    size_t k = nd_net_shortcut(sf->net), count = 0;

    if (k == sf->net->terms) return 0;
    for (size_t j = 0; j < sf->net->term[k].out; j++) {
        const double *w = theta + sf->net->term[k].layer[0].W + j * sf->net->d;
        double most = 0.0;

        for (size_t i = 0; i < sf->net->d; i++) most = fmax(most, fabs(w[i]));
        count += most <= 1e-7;
    }
    return count;
}
