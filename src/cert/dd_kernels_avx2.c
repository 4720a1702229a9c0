/* The double-double kernels in AVX2 with FMA.  Empty elsewhere. */
#if defined(__x86_64__)
#include <immintrin.h>

#define ND_TABLE nd_dd_kernels_avx2
#define ND_VL    4
#include "cert/dd_vec.h"

static inline vec fused(vec a, vec b, vec p)
{
    return (vec)_mm256_fmsub_pd((__m256d)a, (__m256d)b, (__m256d)p);
}

#include "cert/dd_kernels_body.h"
#else
typedef int nd_not_x86;
#endif
