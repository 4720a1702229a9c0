/* The kernels in AVX-512: vectors of 8 doubles, 32 registers.  Empty elsewhere. */
#if defined(__x86_64__)
#define ND_TABLE nd_kernels_avx512
#define ND_VL    8
#define ND_MR    6
#define ND_NV    4
#include "num/kernels_table.h"
#else
typedef int nd_not_x86;
#endif
