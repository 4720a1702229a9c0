/* The a-posteriori bound of Theorem 1 (docs/theory.md, section 3).
 *
 * |(u, v)| = 1, g = min_i y_i (u.x_i + v) > 0, s_j = min_i s'(w_j.x_i + b_j), omega the
 * smallest sample weight, l convex.  The data term D of the loss has
 *
 *   |dD/d(w_j,b_j) . (u, v)| = |a_j| (1/n) sum_i omega_i l'_i s'_ij y_i (u.x_i + v)
 *                           >= |a_j| s_j g omega l'(0) R(theta),
 *
 * because l'_i >= l'(0) where z_i >= 0, at every error.  With ridge dD = dL - lambda theta.
 * Evaluated in plain double precision: numerical. */
#include "theory/theorems.h"

#include <math.h>

#include "base/memory.h"
#include "theory/field.h"

/* min_i s'(w.x_i + b). */
static double least_slope(const nd_table *t, const nd_act *act, const double *w, double b)
{
    double least = INFINITY;

    for (size_t i = 0; i < t->n; i++) {
        double z = nd_row_dot(t, i, w) + b, s, s1;
        act->jet(1, &z, 1, (double *const[]){&s, &s1});
        if (!(s1 >= least)) least = s1; /* NaN wins */
    }
    return least;
}

static double slope_at_0(nd_loss loss)
{
    double z = 0.0, d0, d1;

    loss.kind->jet(1, &z, loss.q, 1, (double *const[]){&d0, &d1});
    return d1;
}

static double least_weight(const nd_table *t)
{
    double least = 1.0;

    for (size_t i = 0; t->weight && i < t->n; i++) least = fmin(i ? least : INFINITY, t->weight[i]);
    return least;
}

/* |dD/d(w_j,b_j) . (u, v)| / |(u, v)|. */
static double pull(const nd_problem *pb, const nd_layer *layer, const double *theta,
                   const double *grad, const nd_separation *sep, size_t j)
{
    double dot = 0.0, norm = sep->v * sep->v;

    for (size_t k = 0; k < pb->net->d; k++) {
        size_t at = layer->W + j * pb->net->d + k;
        dot += (grad[at] - pb->l2 * theta[at]) * sep->u[k];
        norm += sep->u[k] * sep->u[k];
    }
    if (layer->bias) dot += (grad[layer->b + j] - pb->l2 * theta[layer->b + j]) * sep->v;
    return fabs(dot) / sqrt(norm);
}

nd_status nd_theorem_1_bound(nd_ctx *ctx, const nd_problem *pb, const double *theta,
                             const double *grad, const nd_theory *r, double *bound, size_t *neuron)
{
    const nd_separation *sep = r->separation;

    *bound = NAN;
    *neuron = 0;
    if (!sep || sep->truth != ND_PROVED || r->term == pb->net->terms || !pb->loss.kind->convex)
        return ND_OK;
    const nd_term *fs = &pb->net->term[r->term];
    const nd_layer *layer = &fs->layer[0];
    if (!layer->act->increasing || layer->act->smooth < 1) return ND_OK;
    double scale = sep->margin * least_weight(pb->data) * slope_at_0(pb->loss);
    for (size_t j = 0; j < fs->out; j++) {
        double a = fabs(theta[fs->a + j]), b = layer->bias ? theta[layer->b + j] : 0.0;
        if (a == 0.0) continue;
        if (nd_cancelled(ctx)) return ND_ECANCEL;
        double s = least_slope(pb->data, layer->act, theta + layer->W + j * pb->net->d, b);
        double R = pull(pb, layer, theta, grad, sep, j) / (a * s * scale);
        if (!(R >= *bound) && R == R) {
            *bound = R;
            *neuron = j;
        }
    }
    return ND_OK;
}
