/* Chooses the double-double kernels that go with the instruction set of src/num. */
#include <string.h>

#include <nadir/num.h>

#include "cert/dd_kernels.h"

const nd_dd_kernels *nd_dd_kernels_get(void)
{
#if defined(__x86_64__)
    nd_simd level = nd_simd_level();

    if (level == ND_SIMD_AVX512) return &nd_dd_kernels_avx512;
    /* every processor with AVX2 but a few early ones has fused operations */
    if (level == ND_SIMD_AVX2 && __builtin_cpu_supports("fma")) return &nd_dd_kernels_avx2;
#endif
    return &nd_dd_kernels_base;
}

nd_dd_map nd_dd_map_of(const nd_act *act)
{
    for (const nd_dd_map_row *r = nd_dd_kernels_get()->maps; r->name; r++)
        if (strcmp(r->name, act->name) == 0) return r->map;
    return NULL;
}
