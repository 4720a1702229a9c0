/* The table of certificate kinds. */
#include "cert/strict.h"

static const nd_cert_kind kinds[] = {
    {"zero-loss", "L(theta) = 0: a global minimum without training errors", nd_prove_zero_loss,
     NULL},
    {"strict", "near theta lies an isolated, strict local minimum", nd_prove_strict, NULL},
};

const nd_cert_kind *nd_cert_table(size_t *rows)
{
    *rows = sizeof kinds / sizeof *kinds;
    return kinds;
}

nd_status nd_certify(nd_ctx *ctx, const nd_problem *pb, const double *theta, nd_cert *out)
{
    nd_cert c;

    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        nd_status status = kinds[k].prove(ctx, pb, theta, &c);

        if (status != ND_OK) return status;
        if (c.truth == ND_PROVED) break;
    }
    *out = c;
    return ND_OK;
}
