/* The rows of the activation table, shared by the files that implement them. */
#ifndef ND_MODEL_ACTIVATION_H
#define ND_MODEL_ACTIVATION_H

#include <nadir/model.h>

enum {
    ACT_SOFTPLUS,
    ACT_SQUAREPLUS,
    ACT_EXP,
    ACT_ELU,
    ACT_SQUARE,
    ACT_SIGMOID,
    ACT_TANH,
    ACT_ARCTAN,
    ACT_RELU,
    ACT_LEAKYRELU,
    ACT_GELU,
    ACT_SILU,
    ACT_ROWS
};
extern const nd_act nd_act_rows[ACT_ROWS];

/* Jets: activation_exp.c (built on one exponential), activation_plain.c (arithmetic
 * only) and activation_gate.c (z times a sigmoid). */
typedef void nd_jet_fn(size_t n, const double *z, int order, double *const d[]);
nd_jet_fn nd_jet_softplus, nd_jet_exp, nd_jet_elu, nd_jet_sigmoid, nd_jet_tanh;
nd_jet_fn nd_jet_squareplus, nd_jet_square, nd_jet_arctan, nd_jet_relu, nd_jet_leakyrelu;
nd_jet_fn nd_jet_gelu, nd_jet_silu;

/* Bounds: activation_sup.c. */
typedef double nd_sup_fn(int k, double lo, double hi);
nd_sup_fn nd_sup_softplus, nd_sup_exp, nd_sup_elu, nd_sup_sigmoid, nd_sup_tanh;
nd_sup_fn nd_sup_squareplus, nd_sup_square, nd_sup_arctan, nd_sup_relu, nd_sup_leakyrelu;
nd_sup_fn nd_sup_gelu, nd_sup_silu;

/* sup[i] := act->sup(k, lo[i], hi[i]), the same bits, many at once; 0 <= k <= 3; act is a row of
 * the table. */
void nd_act_sups(const nd_act *act, int k, size_t n, const double *lo, const double *hi,
                 double *sup);

#define ND_LEAK 0.01 /* slope of leakyrelu on the left */

#endif
