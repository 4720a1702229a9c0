/* The floating-point ground under the proofs: norms from above, and the test that
 * the processor is in the mode that the analysis assumes.
 *
 * Error analysis: docs/proofs.md, section 1. */
#include "cert/rounding.h"

#include <math.h>

double nd_norm_up(size_t n, const double *x)
{
    double s = 0.0;

    for (size_t i = 0; i < n; i++) s += x[i] * x[i];
    /* n products, n sums, one root; what underflows in x*x is below 2^-1074 each */
    return nd_up(sqrt(s), n + 2) + ND_UP_NORM;
}

/* By behaviour, not by reading a control register: that also sees compilers and
 * processors for which there is no such register.  volatile keeps the compiler from
 * doing the sums itself. */
bool nd_arithmetic_sound(void)
{
    volatile double one = 1.0, half_ulp = 0x1p-53, more = 0x1.8p-53;
    volatile double smallest = 0x1p-1022, subnormal = 0x1p-1074;
    volatile double flushed = smallest * 0.5, doubled = subnormal * 0x1p+60;
    volatile double tie = one + half_ulp, above = one + more, below = -one - half_ulp;
    volatile double odd = one + 0x1p-52, tie_odd = odd + half_ulp;

    if (flushed == 0.0 || doubled == 0.0) return false; /* FTZ, DAZ */
    return tie == 1.0 && below == -1.0 && above == 1.0 + 0x1p-52 && tie_odd == 1.0 + 0x1p-51;
}
