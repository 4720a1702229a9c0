/* The double-double kernels in AVX-512.  Empty elsewhere. */
#if defined(__x86_64__)
#include <immintrin.h>

#define ND_TABLE nd_dd_kernels_avx512
#define ND_VL    8
#include "cert/dd_vec.h"

static inline vec fused(vec a, vec b, vec p)
{
    return (vec)_mm512_fmsub_pd((__m512d)a, (__m512d)b, (__m512d)p);
}

#include "cert/dd_kernels_body.h"
#else
typedef int nd_not_x86;
#endif
