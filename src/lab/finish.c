/* The exact finish (design.md, section 4): f is linear in the output weights and a_0,
 * so when all margins are positive a factor t makes them t m_i >= z0, where a loss
 * with hinge tail is exactly 0 and its gradient, too.
 *
 * The factor starts a little above z0 / min m_i and is raised by what the proved
 * lower bound of the smallest margin is short of, until the certificate holds: once
 * in practice, and never when rounding exceeds the margin itself. */
#include "base/memory.h"
#include "lab/lab.h"

#include <math.h>
#include <string.h>

#define TRIES 4

static void scale_outputs(const nd_net *net, double factor, double *theta)
{
    for (size_t t = 0; t < net->terms; t++)
        for (size_t j = 0; j < net->term[t].out; j++) theta[net->term[t].a + j] *= factor;
    theta[net->a0] *= factor;
}

nd_status nd_finish_rescale(nd_surface *sf, double *theta, bool *proved)
{
    size_t P = sf->net->P;
    double z0 = sf->pb.loss.kind->z0, smallest;
    double *x = ND_NEW(sf->ctx, double, P);
    nd_status status = ND_OK;
    nd_cert cert;

    *proved = false;
    if (!x) return ND_EMEM;
    memcpy(x, theta, P * sizeof *x);
    for (int k = 0; k < TRIES && !*proved; k++) {
        ND_TRY(nd_surface_certify(sf, x, &cert));
        *proved = cert.truth == ND_PROVED;
        smallest = cert.margin_lo;
        if (*proved || !(smallest > 0.0)) break;
        /* 2^-30 above: more than rounding takes from what was proved */
        if (smallest < z0) scale_outputs(sf->net, z0 / smallest * (1.0 + 0x1p-30), x);
    }
    if (*proved) memcpy(theta, x, P * sizeof *x);
done:
    nd_free(sf->ctx, x);
    return status;
}
