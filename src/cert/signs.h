/* What is certain of every point of a ball: signs of preactivations, samples that matter. */
#ifndef ND_CERT_SIGNS_H
#define ND_CERT_SIGNS_H

#include "cert/rounding.h"

/* One sample.  sign: of the preactivation of each neuron, term by term and layer by layer,
 * at all points of the ball: -1, 1, or 0 when it is not certain.  active false: the loss of
 * the sample is constant on the ball. */
typedef struct {
    size_t i;
    bool active;
    double z;                /* -y f as computed at the centre */
    const double *x;         /* d entries                      */
    const signed char *sign; /* units of the net           */
} nd_signs;

typedef void (*nd_signs_visit)(void *self, const nd_signs *s);

/* Calls visit for each sample in order, for the ball of radius rho around theta. */
nd_status nd_signs_each(nd_ctx *ctx, const nd_problem *pb, const double *theta, double rho,
                        nd_signs_visit visit, void *self);

/* No activation with a kink may be at it for a sample whose loss varies, at theta; else the
 * reason in c. */
nd_status nd_signs_off_kinks(nd_ctx *ctx, const nd_problem *pb, const double *theta, nd_cert *c,
                             bool *ok);

/* The neuron is max(0, z) with z < 0 everywhere. */
static inline bool nd_signs_dead(const nd_layer *L, signed char sign)
{
    return sign < 0 && L->act->sup(1, -1.0, -0.5) == 0.0;
}

#endif
