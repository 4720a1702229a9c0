/* The kind strict: near theta lies an isolated, strict local minimum: strict in all of the
 * coordinates (subset.c).  Nets of activations with kinks are nets like others where no
 * preactivation of a sample with l' > 0 can be at one: then L is C^2 on the ball. */
#include "cert/strict.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"

void nd_count_errors(const nd_table *t, const double *lo, const double *hi, size_t *least,
                     size_t *most)
{
    *least = *most = 0;
    for (size_t i = 0; i < t->n; i++) {
        /* y = +1: wrong iff f < 0; y = -1: wrong iff f >= 0, i.e. m <= 0 */
        *least += (t->y[i] > 0.0 ? hi[i] < 0.0 : hi[i] <= 0.0) ? 1 : 0;
        *most += (t->y[i] > 0.0 ? !(lo[i] >= 0.0) : !(lo[i] > 0.0)) ? 1 : 0;
    }
}

nd_status nd_prove_strict(nd_ctx *ctx, const nd_problem *pb, const double *theta, nd_cert *out)
{
    nd_cert c = {.kind = "strict", .truth = ND_UNKNOWN}, here;
    nd_status status = ND_OK;

    ND_TRY(nd_prove_subset(ctx, pb, theta, pb->net->P, NULL, &c));
    if (c.truth == ND_PROVED) {
        c.says = ND_SAYS_STRICT;
        snprintf(c.reason, sizeof c.reason,
                 "a strict local minimum lies within %.2g of theta; there the Hessian's smallest "
                 "eigenvalue is >= %.3g",
                 c.radius, c.mu);
    } else { /* what holds at theta itself is the answer, nothing being proved */
        ND_TRY(nd_prove_zero_loss(ctx, pb, theta, &here));
        here.kind = "strict";
        here.truth = ND_UNKNOWN;
        here.says = ND_SAYS_NOTHING;
        memcpy(here.reason, c.reason, sizeof here.reason);
        c = here;
    }
    *out = c;
done:
    return status;
}
