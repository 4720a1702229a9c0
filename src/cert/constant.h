/* The kind constant-neuron: a local minimum where no neuron sees the samples. */
#ifndef ND_CERT_CONSTANT_H
#define ND_CERT_CONSTANT_H

#include "cert/definite.h"

nd_status nd_prove_constant(nd_ctx *ctx, const nd_problem *pb, const double *theta, nd_cert *out);

/* Are the weighted means of x over the two classes equal, over the rationals?  ND_UNKNOWN
 * when a class is empty, a number smaller than 2^-250 or larger than 2^250, or d > 10000. */
nd_status nd_equal_means(nd_ctx *ctx, const nd_table *t, nd_truth *equal);

/* A solution v of Omega+ l'(-v) = Omega- l'(v) within v->r of v->m, proved; v->r = inf
 * when none was found.  The loss is convex and C^1, both classes occur. */
void nd_constant_output(const nd_problem *pb, nd_about *v);

/* sum_j a_j s(b_j) of the net's only layer: its output where all w_j = 0. */
nd_about nd_constant_layer(const nd_net *net, const double *theta);

/* Loss, margins and errors where f = v on all samples and lambda = 0.  lo: 2 n of scratch. */
void nd_constant_figures(const nd_problem *pb, const double *theta, nd_about v, double *lo,
                         nd_cert *c);

#endif
