/* The table of certificate kinds. */
#include <string.h>

#include "cert/balance.h"
#include "cert/constant.h"
#include "cert/dual.h"
#include "cert/flat.h"
#include "cert/index.h"
#include "cert/kink.h"
#include "cert/not_minimum.h"
#include "cert/region.h"
#include "cert/strict.h"
#include "cert/theorem.h"

#define THEOREM "theorem"

static const nd_cert_kind kinds[] = {
    {"zero-loss", "L(theta) = 0: a global minimum without training errors", nd_prove_zero_loss,
     NULL},
    {"strict", "near theta lies an isolated, strict local minimum", nd_prove_strict, NULL},
    {"index", "near theta lies a nondegenerate critical point with so many negative eigenvalues",
     nd_prove_index, nd_claim_index},
    {"flat", "near theta lies a local minimum, strict but for idle coordinates and symmetries",
     nd_prove_flat, nd_flat_claims},
    {"constant-neuron", "near theta lies a local minimum where no neuron sees the inputs",
     nd_prove_constant, NULL},
    {"balance", "near theta lies a global minimum with errors: a constant is the best there is",
     nd_prove_balance, nd_claim_balance},
    {"dual", "near theta lies a local minimum whose equal neurons are at extrema of the potential",
     nd_prove_dual, nd_claim_dual},
    {"region", "near theta lies a local minimum of a piecewise linear network", nd_prove_region,
     nd_region_claims},
    {"kink", "near theta lies a strict local minimum with neurons exactly at their kinks",
     nd_prove_kink, nd_claim_kink},
    /* from here on about theta itself */
    {THEOREM, "theta is no local minimum: a theorem covers every one", nd_prove_theorem,
     nd_claim_theorem},
    {"not-a-minimum", "theta does not minimise the loss over a ball, or is not critical",
     nd_prove_not_minimum, nd_claim_not_minimum},
};

const nd_cert_kind *nd_cert_table(size_t *rows)
{
    *rows = sizeof kinds / sizeof *kinds;
    return kinds;
}

/* The kinds in the order of the table, up to the row that is named last (NULL: all). */
static nd_status first_that_proves(nd_ctx *ctx, const nd_problem *pb, const double *theta,
                                   const char *end, nd_cert *out)
{
    nd_cert c;

    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        nd_status status;

        if (end && strcmp(kinds[k].kind, end) == 0) break;
        status = kinds[k].prove(ctx, pb, theta, &c);
        if (status != ND_OK) return status;
        if (c.truth == ND_PROVED) break;
    }
    *out = c;
    return ND_OK;
}

nd_status nd_certify(nd_ctx *ctx, const nd_problem *pb, const double *theta, nd_cert *out)
{
    return first_that_proves(ctx, pb, theta, NULL, out);
}

nd_status nd_certify_near(nd_ctx *ctx, const nd_problem *pb, const double *theta, nd_cert *out)
{
    return first_that_proves(ctx, pb, theta, THEOREM, out);
}
