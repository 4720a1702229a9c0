/* |x|_2 = sqrt(sum x_i^2), scaled by a power of two when the squares could leave the
 * normal range: exact scaling, so it never overflows unless the norm itself does. */
#include <float.h>
#include <math.h>

#include "num/kernels.h"
#include "num/tile.h"

double nd_norm2(size_t n, const double *x)
{
    const nd_kernels *k = nd_kernels_get();
    double max = k->absmax(n, x), scale = 1.0;

    if (max == 0.0 || !(max <= DBL_MAX)) return max; /* 0, inf, NaN             */
    if (max > 0x1p+480) scale = 0x1p-600;            /* 2^1024 -> 2^424         */
    if (max < 0x1p-480) scale = 0x1p+600;            /* 2^-1074 -> 2^-474       */
    return sqrt(k->sumsq(n, x, scale)) / scale;
}
