/* The elementary functions of one number: the source of the array kernels, compiled
 * for the baseline. */
#include "num/elementary.h"

#define ND_SCALAR(f)                                                                               \
    double nd_##f(double x)                                                                        \
    {                                                                                              \
        return el_##f(x);                                                                          \
    }

ND_SCALAR(exp)
ND_SCALAR(log)
ND_SCALAR(log1p)
ND_SCALAR(tanh)
ND_SCALAR(sigmoid)
ND_SCALAR(softplus)
ND_SCALAR(atan)
ND_SCALAR(phi)
