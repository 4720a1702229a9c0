/* The kind index: a nondegenerate critical point whose negative eigenvalues are counted. */
#ifndef ND_CERT_INDEX_H
#define ND_CERT_INDEX_H

#include "cert/rounding.h"

nd_status nd_prove_index(nd_ctx *ctx, const nd_problem *pb, const double *theta, nd_cert *out);
/* nd_cert_kind.claims: the index. */
nd_status nd_claim_index(nd_ctx *ctx, const nd_problem *pb, const double *theta,
                         const nd_cert *cert, struct json_t *claims);

/* Moves theta to the critical point near it, saddle or minimum, when the Hessian there is
 * regular beyond rounding; else leaves it (nd_cert_polish's second way). */
nd_status nd_polish_regular(nd_ctx *ctx, const nd_problem *pb, double *theta);

#endif
