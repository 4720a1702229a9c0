/* The kind kink: a strict local minimum where neurons with a kink are at it. */
#ifndef ND_CERT_KINK_H
#define ND_CERT_KINK_H

#include "cert/definite.h"

struct json_t;

nd_status nd_prove_kink(nd_ctx *ctx, const nd_problem *pb, const double *theta, nd_cert *out);
nd_status nd_claim_kink(nd_ctx *ctx, const nd_problem *pb, const double *theta, const nd_cert *cert,
                        struct json_t *claims);

/* ---- pairs (kink_pairs.c) ------------------------------------------------------------------ */

/* Every term has one layer and is not residual, or is linear; labels are +-1. */
bool nd_kink_applies(const nd_problem *pb, nd_cert *c);
/* s is max(z, alpha z), 0 <= alpha < 1, with the kink at 0. */
bool nd_kink_piecewise(const nd_act *act);

/* Where neuron unit (all terms, in order) of a one-layer net has its parameters. */
typedef struct {
    const nd_act *act;
    size_t W, b, a, in; /* offsets; b = SIZE_MAX without bias                         */
} nd_kink_unit;
/* units entries. */
void nd_kink_units(const nd_net *net, nd_kink_unit *unit);

/* Pairs of a neuron and a sample whose preactivation is 0; one block, at neuron. */
typedef struct {
    size_t count, n, units;
    size_t *neuron, *sample; /* count, by samples, then by neurons                    */
    bool *at;                /* n x units                                             */
} nd_kinks;

/* The pairs of theta with |z| below 2^-40 of its terms, on samples whose loss is not constant
 * near theta: a function of its arguments alone. */
nd_status nd_kinks_near(nd_ctx *ctx, const nd_problem *pb, const double *theta, nd_kinks *out);
void nd_kinks_clear(nd_ctx *ctx, nd_kinks *k);

/* ---- the smooth function L_0 (kink_ball.c) ------------------------------------------------- */

/* L_0 is L with s(z) replaced by 0 for the pairs.  For all points of the cube |y - theta| <=
 * half in each coordinate; not finite where L_0 may not be C^2. */
typedef struct {
    nd_about *g;     /* P: its gradient                                               */
    double *H, *R;   /* P x P: its Hessian, within R                                  */
    nd_about *slope; /* n: dL/df_i                                                    */
} nd_kink_ball;

nd_status nd_kink_ball_make(nd_ctx *ctx, const nd_problem *pb, nd_kink_ball *out);
void nd_kink_ball_clear(nd_ctx *ctx, nd_kink_ball *b);
nd_status nd_kink_enclose(nd_ctx *ctx, const nd_problem *pb, const nd_kinks *k, const double *theta,
                          double half, nd_kink_ball *out);

/* ---- the way there (kink_find.c) ----------------------------------------------------------- */

/* Descends from theta, through kinks, to a point like those that the kind speaks of; proves
 * nothing.  *found: it got there; else theta is as before. */
nd_status nd_kink_find(nd_ctx *ctx, const nd_problem *pb, double *theta, bool *found);

#endif
