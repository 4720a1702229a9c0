/* The kind theorem: theta is no local minimum, because a theorem covers every one. */
#ifndef ND_CERT_THEOREM_H
#define ND_CERT_THEOREM_H

#include "cert/rounding.h"

nd_status nd_prove_theorem(nd_ctx *ctx, const nd_problem *pb, const double *theta, nd_cert *out);
nd_status nd_claim_theorem(nd_ctx *ctx, const nd_problem *pb, const double *theta,
                           const nd_cert *cert, struct json_t *claims);

#endif
