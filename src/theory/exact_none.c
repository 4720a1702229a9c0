/* Exact arithmetic left out of the build: whatever needs it stays unknown. */
#include "theory/exact.h"

bool nd_exact_available(void)
{
    return false;
}

nd_status nd_exact_circuit(nd_ctx *ctx, const nd_exact_rows *rows, double until, nd_truth *truth,
                           nd_circuit *out)
{
    (void)ctx;
    (void)rows;
    (void)until;
    (void)out;
    *truth = ND_UNKNOWN;
    return ND_OK;
}

nd_status nd_exact_separate(nd_ctx *ctx, const nd_exact_rows *rows, double until, nd_truth *truth,
                            double *u, nd_circuit *out)
{
    (void)ctx;
    (void)rows;
    (void)until;
    (void)u;
    (void)out;
    *truth = ND_UNKNOWN;
    return ND_OK;
}

nd_status nd_exact_sum_is_zero(nd_ctx *ctx, const nd_exact_rows *rows, char *const *exact,
                               const double *c, bool *zero)
{
    (void)ctx;
    (void)rows;
    (void)exact;
    (void)c;
    *zero = false;
    return ND_OK;
}
