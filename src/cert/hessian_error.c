/* The errors of the parts of nd_problem_hessian that the nets do not have: the loss
 * jets, and the number of roundings (docs/proofs.md, section 8). */
#include <string.h>

#include "cert/variation.h"
#include <nadir/num.h>

/* Roundings in l', l'' that act as relative errors: u = 1 + z counts up to 8 times in
 * a power, each product once. */
#define POWER_ROUNDINGS 40

bool nd_loss_error(nd_loss loss, int k, double *rel, double *abs_err)
{
    const char *name = loss.kind->name;

    *abs_err = ND_TINY;
    if (strcmp(name, "polyhinge") == 0 || strcmp(name, "square") == 0) {
        *rel = nd_gamma(POWER_ROUNDINGS);
    } else if (strcmp(name, "smoothhinge") == 0) {
        *rel = nd_gamma(POWER_ROUNDINGS);
        *abs_err += k == 2 ? 64.0 * ND_U : 0.0; /* 12u(1-u): 1 - u cancels */
    } else if (strcmp(name, "exponential") == 0) {
        *rel = 2.0 * ND_U * ND_ERR_EXP;
    } else if (strcmp(name, "logistic") == 0) {
        *rel = 2.0 * ND_U * ND_ERR_SIGMOID + (k == 2 ? 4.0 * ND_U : 0.0);
        *abs_err += k == 2 ? 2.5 * ND_U * ND_ERR_SIGMOID : 0.0; /* p(1-p) */
    } else {
        return false;
    }
    return true;
}

/* A monomial of D^2 f passes each layer at most twice on the way down (g or K, of
 * both parameters) and once more in S: a sum over a layer's width or inputs each
 * time, and a few products. */
size_t nd_hessian_path(const nd_net *net)
{
    size_t N = 64;

    for (size_t t = 0; t < net->terms; t++) {
        for (size_t l = 0; l < net->term[t].depth; l++)
            N += 4 * (net->term[t].layer[l].in + net->term[t].layer[l].width + 8);
        N += 4 * net->term[t].out;
    }
    return N;
}
