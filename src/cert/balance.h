/* The kind balance: a global minimum with errors, since no parameters beat a constant. */
#ifndef ND_CERT_BALANCE_H
#define ND_CERT_BALANCE_H

#include <nadir/cert.h>

nd_status nd_prove_balance(nd_ctx *ctx, const nd_problem *pb, const double *theta, nd_cert *out);
nd_status nd_claim_balance(nd_ctx *ctx, const nd_problem *pb, const double *theta,
                           const nd_cert *cert, struct json_t *claims);

#endif
