/* The kind not-a-minimum: about theta itself. */
#ifndef ND_CERT_NOT_MINIMUM_H
#define ND_CERT_NOT_MINIMUM_H

#include "cert/rounding.h"

nd_status nd_prove_not_minimum(nd_ctx *ctx, const nd_problem *pb, const double *theta,
                               nd_cert *out);
nd_status nd_claim_not_minimum(nd_ctx *ctx, const nd_problem *pb, const double *theta,
                               const nd_cert *cert, struct json_t *claims);

#endif
