/* The kind flat: a local minimum that is strict but for idle coordinates and symmetries. */
#ifndef ND_CERT_FLAT_H
#define ND_CERT_FLAT_H

#include "cert/strict.h"

struct json_t;

nd_status nd_prove_flat(nd_ctx *ctx, const nd_problem *pb, const double *theta, nd_cert *out);
nd_status nd_flat_claims(nd_ctx *ctx, const nd_problem *pb, const double *theta,
                         const nd_cert *cert, struct json_t *claims);

/* The coordinates of theta in three ascending lists: L does not depend on idle ones at any
 * point of the ball of radius rho around theta; gauge: one of each neuron that its symmetry
 * moves; rest.  A function of its arguments alone. */
typedef struct {
    size_t idles, gauges, rests;
    size_t *idle, *gauge, *rest; /* one block, at idle                              */
} nd_flat_lists;

nd_status nd_flat_find(nd_ctx *ctx, const nd_problem *pb, const double *theta, double rho,
                       nd_flat_lists *out);
void nd_flat_clear(nd_ctx *ctx, nd_flat_lists *lists);

#endif
