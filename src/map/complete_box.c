/* A box that holds every critical point (docs/complete.md, 2; theory.md, 9.4).
 *
 * Ridge lambda > 0 on everything, one hidden layer (and linear terms), Omega = sum omega_i,
 * c_i = dL_data/df_i, Psi = sup |s - z s'|.  At a critical point
 *
 *   |a|^2 + |u|^2 + a_0^2 <= A^2 = Omega C / (n lambda),     C = sup_m l'(-m) m,
 *   |(w_j, b_j)|^2 <= A^2 + A Psi B / lambda,                sum |c_i| <= B,
 *   B = (Omega/n) min_t (l'(t) + C/t). */
#include "map/complete.h"

#include <nadir/num.h>

#include <string.h>

/* Bounds from above. */
static const struct {
    const char *act;
    double psi;
} spread[] = {{"softplus", 0.693147181},
              {"squareplus", 1.0},
              {"sigmoid", 1.0},
              {"tanh", 1.0},
              {"arctan", 1.570796327}};

static double psi_of(const nd_act *act)
{
    for (size_t k = 0; k < sizeof spread / sizeof *spread; k++)
        if (strcmp(spread[k].act, act->name) == 0) return spread[k].psi;
    return INFINITY;
}

/* sup over m > 0 of l'(-m) m, from above.  polyhinge: (1 - 1/q)^(q-1) at m = 1/q. */
static double most_pull(nd_loss loss)
{
    double c = 1.0;

    if (strcmp(loss.kind->name, "polyhinge") == 0) {
        for (int k = 1; k < loss.q; k++) c *= 1.0 - 1.0 / loss.q;
        return c * (1.0 + 1e-12);
    }
    if (strcmp(loss.kind->name, "logistic") == 0) return 0.27846455;
    if (strcmp(loss.kind->name, "exponential") == 0) return 0.36787945;
    if (strcmp(loss.kind->name, "smoothhinge") == 0) return 0.52;
    return INFINITY;
}

/* min over t = 1/16, 2/16, .. 4 of l'(t) + C/t, from above. */
static double most_slopes(nd_loss loss, double C)
{
    double best = INFINITY;

    for (int k = 1; k <= 64; k++) {
        double t = k / 16.0;
        nd_iv l[2];

        nd_loss_range(loss, nd_iv_point(t), 1, l);
        best = fmin(best, l[0].hi + C / t);
    }
    return best * (1.0 + 1e-12);
}

const char *nd_apriori_box(const nd_problem *pb, double *lo, double *hi)
{
    const nd_net *net = pb->net;
    double omega = 0.0, C = most_pull(pb->loss), B, A, psi = 0.0, W;

    if (!(pb->l2 > 0.0)) return "without ridge critical points may lie anywhere";
    if (!isfinite(C)) return "no bound is known for this loss";
    for (size_t t = 0; t < net->terms; t++)
        if (net->term[t].depth > 0) psi = fmax(psi, psi_of(net->term[t].layer[0].act));
    if (!isfinite(psi)) return "no bound is known for this activation";
    for (size_t i = 0; i < pb->data->n; i++) omega += pb->data->weight ? pb->data->weight[i] : 1.0;
    omega /= (double)pb->data->n;
    B = omega * most_slopes(pb->loss, C);
    A = sqrt(omega * C / pb->l2) * (1.0 + 1e-6);
    W = sqrt(A * A + A * psi * B / pb->l2) * (1.0 + 1e-6);
    for (size_t k = 0; k < net->P; k++) hi[k] = W;
    for (size_t t = 0; t < net->terms; t++)
        for (size_t j = 0; j < net->term[t].out; j++) hi[net->term[t].a + j] = A;
    hi[net->a0] = A;
    for (size_t k = 0; k < net->P; k++) lo[k] = -hi[k];
    return isfinite(W) ? NULL : "the bound overflows";
}
