/* The kind dual: copies of neurons at strict minima of the potential. */
#ifndef ND_CERT_DUAL_H
#define ND_CERT_DUAL_H

#include "cert/definite.h"

nd_status nd_prove_dual(nd_ctx *ctx, const nd_problem *pb, const double *theta, nd_cert *out);
/* nd_cert_kind.claims: the groups. */
nd_status nd_claim_dual(nd_ctx *ctx, const nd_problem *pb, const double *theta, const nd_cert *cert,
                        struct json_t *claims);

/* The only hidden layer of a net that is one such term, without residual layer, and at most
 * a linear one; NULL for other nets. */
const nd_term *nd_dual_term(const nd_net *net);

/* The first neuron that goes with neuron j: w and b are equal up to tolerance |(w, b)| (0:
 * exactly), the output weights are both negative or both not.  j when there is none before. */
size_t nd_dual_twin(const nd_net *net, const double *theta, double tolerance, size_t j);
/* group[j] := the number of the group of neuron j, in order of first appearance; returns how
 * many there are. */
size_t nd_dual_groups(const nd_net *net, const double *theta, double tolerance, size_t *group);

/* One neuron for each of the groups: (w, b) the mean with the weights |a_j| (exactly those
 * of the group when they are equal), a the sum.  The rest as in theta. */
typedef struct {
    nd_net *net;
    double *theta;
    nd_problem pb;
} nd_reduced;

nd_status nd_reduce(nd_ctx *ctx, const nd_problem *pb, const double *theta, const size_t *group,
                    size_t groups, nd_reduced *out);
void nd_reduced_clear(nd_ctx *ctx, nd_reduced *r);
/* theta := the net's neurons from those of their groups, output weights in proportion to
 * those that theta has. */
void nd_expand(const nd_problem *pb, const nd_reduced *r, const size_t *group, double *theta);

/* (ii) of the kind: for every neuron of the shallow net, sign(a) times the Hessian of
 * G(w, b) = sum_i c_i s(w.x_i + b) is positive definite wherever |theta* - theta| <= rho, c
 * taken at theta*; else false in *ok and the number of the neuron in *where. */
nd_status nd_dual_curved(nd_ctx *ctx, const nd_problem *pb, const double *theta, double rho,
                         bool *ok, size_t *where);

#endif
