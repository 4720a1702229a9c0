/* The double-double kernels in standard C: vectors of 2 doubles; Veltkamp's splitting. */
#define ND_TABLE nd_dd_kernels_base
#define ND_VL    2
#include "cert/dd_vec.h"

static inline vec upper_half(vec a)
{
    vec t = a * 134217729.0; /* 2^27 + 1 */
    return t - (t - a);
}

static inline vec fused(vec a, vec b, vec p)
{
    vec ah = upper_half(a), al = a - ah, bh = upper_half(b), bl = b - bh;
    return ((ah * bh - p) + ah * bl + al * bh) + al * bl;
}

#include "cert/dd_kernels_body.h"
