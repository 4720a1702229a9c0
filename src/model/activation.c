/* The table of activations: names, properties, error bounds; and the look-up.
 *
 * Error bounds, with u = 2^-53 and E_f = 2u ND_ERR_f the relative error of the
 * elementary function f (nadir/num.h); first-order terms are summed and rounded up
 * by at least a tenth, which covers all products of errors.
 *
 *   softplus    s, s' are E-accurate.  1-p has the absolute error E p + u, so p(1-p)
 *               has E+3u relative and E absolute; times (1-2p), with error 2E+u, all
 *               of it absolute: 0.25 (2E+u) + E + ... < 2E + 2u
 *   sigmoid     the same one order lower; 1-6q multiplies an error of q by at most
 *               |1-12q| <= 2
 *   tanh        s' = (1-s)(1+s): error of s enters as 2|s|E; s'' = -2ss' and
 *               s''' = s'(6s^2-2) multiply errors of s' by at most 2 and 4, and
 *               add 2|s'|E and 12|s'|E
 *   squareplus  r has 2u; s one addition more (and a reciprocal): 5u; every factor
 *               r adds 3u with its rounding
 *   arctan      c has 3u; -2zc^2 8u; 6-8c cancels: 38u absolute, times c^2 <= 1
 *   elu         e^z - 1 cancels: E absolute (e^z <= 1)
 *   gelu        phi carries e^x's E and the rounding of z^2/2, (z^2/2)u + 2u more:
 *               |z|^3 phi/2 <= .24, z^4 phi/2 <= .44, |z|^5 phi/2 <= .92
 *   silu        p, q: E+3u; |z pq| <= .2240, |z pq (1-6pq)| <= .13, diff has E+3u
 *
 * tests/model/test_activation.c checks each bound against 60-digit values. */
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "model/activation.h"
#include <nadir/num.h>

#define U         0x1p-53
#define E(f)      (2.0 * U * (f))
#define E_EXP     E(ND_ERR_EXP)
#define E_SIGMOID E(ND_ERR_SIGMOID)
#define E_TANH    E(ND_ERR_TANH)
#define E_PHI     E(ND_ERR_PHI)
#define ABS(a)    ((a) + ND_TINY)

#define TRAITS(inc, conv, an, smooth_k, poly, odd_f, homog)                                        \
    .increasing = (inc), .convex = (conv), .analytic = (an), .smooth = (smooth_k),                 \
    .polynomial = (poly), .odd = (odd_f), .homogeneous = (homog)

const nd_act nd_act_rows[ACT_ROWS] = {
    [ACT_SOFTPLUS] = {.name = "softplus",
                      .formula = "log(1 + e^z)",
                      TRAITS(true, true, true, ND_SMOOTH_INF, false, false, false),
                      .why_not = "",
                      .jet = nd_jet_softplus,
                      .sup = nd_sup_softplus,
                      .err_rel = {E(ND_ERR_SOFTPLUS), E_SIGMOID, E_SIGMOID + 4 * U, 0.0},
                      .err_abs = {ABS(0.0), ABS(0.0), ABS(1.1 * E_SIGMOID),
                                  ABS(2.2 * E_SIGMOID + 3 * U)}},
    [ACT_SQUAREPLUS] = {.name = "squareplus",
                        .formula = "(z + sqrt(z^2 + 4))/2",
                        TRAITS(true, true, true, ND_SMOOTH_INF, false, false, false),
                        .why_not = "",
                        .jet = nd_jet_squareplus,
                        .sup = nd_sup_squareplus,
                        .err_rel = {6 * U, 10 * U, 12 * U, 24 * U},
                        .err_abs = {ABS(0.0), ABS(0.0), ABS(0.0), ABS(0.0)}},
    [ACT_EXP] = {.name = "exp",
                 .formula = "e^z",
                 TRAITS(true, true, true, ND_SMOOTH_INF, false, false, false),
                 .why_not = "",
                 .jet = nd_jet_exp,
                 .sup = nd_sup_exp,
                 .err_rel = {E_EXP, E_EXP, E_EXP, E_EXP},
                 .err_abs = {ABS(0.0), ABS(0.0), ABS(0.0), ABS(0.0)}},
    [ACT_ELU] = {.name = "elu",
                 .formula = "z for z >= 0, e^z - 1 for z < 0",
                 TRAITS(true, false, false, 1, false, false, false),
                 .why_not = "not strictly convex (affine for z >= 0); s'' jumps from 1 to 0 at 0",
                 .jet = nd_jet_elu,
                 .sup = nd_sup_elu,
                 .err_rel = {2 * U, E_EXP, E_EXP, E_EXP},
                 .err_abs = {ABS(1.1 * E_EXP), ABS(0.0), ABS(0.0), ABS(0.0)}},
    [ACT_SQUARE] = {.name = "square",
                    .formula = "z^2",
                    TRAITS(false, true, true, ND_SMOOTH_INF, true, false, false),
                    .why_not = "not increasing (s'(-1) = -2); a polynomial, so 0,3,5,6:+ and "
                               "1,2,4,7:- keep L >= 1 at any width",
                    .jet = nd_jet_square,
                    .sup = nd_sup_square,
                    .err_rel = {U, 0.0, 0.0, 0.0},
                    .err_abs = {ABS(0.0), 0.0, 0.0, 0.0}},
    [ACT_SIGMOID] = {.name = "sigmoid",
                     .formula = "1/(1 + e^-z)",
                     TRAITS(true, false, true, ND_SMOOTH_INF, false, false, false),
                     .why_not = "not convex (s''(1) = -0.0909)",
                     .jet = nd_jet_sigmoid,
                     .sup = nd_sup_sigmoid,
                     .err_rel = {E_SIGMOID, E_SIGMOID + 4 * U, 0.0, 0.0},
                     .err_abs = {ABS(0.0), ABS(1.1 * E_SIGMOID), ABS(2.2 * E_SIGMOID + 3 * U),
                                 ABS(3.3 * E_SIGMOID + 6 * U)}},
    [ACT_TANH] = {.name = "tanh",
                  .formula = "tanh z",
                  TRAITS(true, false, true, ND_SMOOTH_INF, false, true, false),
                  .why_not = "not convex (s''(1) = -0.6397)",
                  .jet = nd_jet_tanh,
                  .sup = nd_sup_tanh,
                  .err_rel = {E_TANH, 4 * U, 0.0, 0.0},
                  .err_abs = {ABS(0.0), ABS(2.2 * E_TANH), ABS(7.0 * E_TANH + 8 * U),
                              ABS(24.0 * E_TANH + 30 * U)}},
    [ACT_ARCTAN] = {.name = "arctan",
                    .formula = "arctan z",
                    TRAITS(true, false, true, ND_SMOOTH_INF, false, true, false),
                    .why_not = "not convex (s''(1) = -0.5)",
                    .jet = nd_jet_arctan,
                    .sup = nd_sup_arctan,
                    .err_rel = {E(ND_ERR_ATAN), 4 * U, 12 * U, 12 * U},
                    .err_abs = {ABS(0.0), ABS(0.0), ABS(0.0), ABS(44 * U)}},
    [ACT_RELU] = {.name = "relu",
                  .formula = "max(0, z)",
                  TRAITS(false, false, false, 0, false, false, true),
                  .why_not = "not increasing (s'(-1) = 0: a dead neuron has no slope); not "
                             "strictly convex (affine for z > 0); s' jumps from 0 to 1 at 0",
                  .jet = nd_jet_relu,
                  .sup = nd_sup_relu,
                  .err_rel = {0.0, 0.0, 0.0, 0.0},
                  .err_abs = {0.0, 0.0, 0.0, 0.0}},
    [ACT_LEAKYRELU] = {.name = "leakyrelu",
                       .formula = "max(0.01 z, z)",
                       TRAITS(true, false, false, 0, false, false, true),
                       .why_not = "not strictly convex (affine for z > 0: all preactivations "
                                  "positive make the net linear); s' jumps from 0.01 to 1 at 0",
                       .jet = nd_jet_leakyrelu,
                       .sup = nd_sup_leakyrelu,
                       .err_rel = {U, 0.0, 0.0, 0.0},
                       .err_abs = {ABS(0.0), 0.0, 0.0, 0.0}},
    [ACT_GELU] = {.name = "gelu",
                  .formula = "z Phi(z), Phi the normal distribution function",
                  TRAITS(false, false, true, ND_SMOOTH_INF, false, false, false),
                  .why_not = "not increasing (s'(-1) = -0.0833); not convex (s''(2) = -0.1080)",
                  .jet = nd_jet_gelu,
                  .sup = nd_sup_gelu,
                  .err_rel = {E_PHI + 2 * U, 0.0, 0.0, 0.0},
                  .err_abs = {ABS(0.0), ABS(1.2 * E_PHI + 0.3 * E_EXP + 4 * U),
                              ABS(0.9 * E_EXP + 8 * U), ABS(0.9 * E_EXP + 12 * U)}},
    [ACT_SILU] = {.name = "silu",
                  .formula = "z/(1 + e^-z)",
                  TRAITS(false, false, true, ND_SMOOTH_INF, false, false, false),
                  .why_not = "not increasing (s'(-2) = -0.0908); not convex (s''(3) = -0.0352)",
                  .jet = nd_jet_silu,
                  .sup = nd_sup_silu,
                  .err_rel = {E_EXP + 5 * U, 0.0, 0.0, 0.0},
                  .err_abs = {ABS(0.0), ABS(1.8 * E_EXP + 8 * U), ABS(2.0 * E_EXP + 12 * U),
                              ABS(4.0 * E_EXP + 20 * U)}},
};

const nd_act *nd_act_table(size_t *rows)
{
    *rows = ACT_ROWS;
    return nd_act_rows;
}

nd_status nd_act_find(nd_ctx *ctx, const char *name, const nd_act **out)
{
    const char *names[ACT_ROWS], *near;

    for (size_t r = 0; r < ACT_ROWS; r++) {
        names[r] = nd_act_rows[r].name;
        if (strcmp(name, names[r]) == 0) {
            *out = &nd_act_rows[r];
            return ND_OK;
        }
    }
    near = nd_text_closest(name, names, ACT_ROWS);
    if (near)
        return nd_fail(ctx, ND_ENAME, "unknown activation '%.40s': did you mean '%s'?", name, near);
    return nd_fail(ctx, ND_ENAME,
                   "unknown activation '%.40s': expected softplus, squareplus, exp, elu, square, "
                   "sigmoid, tanh, arctan, relu, leakyrelu, gelu or silu",
                   name);
}
