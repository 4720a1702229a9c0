/* The kernels in AVX2: vectors of 4 doubles, 16 registers.  Empty elsewhere. */
#if defined(__x86_64__)
#define ND_TABLE nd_kernels_avx2
#define ND_VL    4
#define ND_MR    6
#define ND_NV    2
#include "num/kernels_table.h"
#else
typedef int nd_not_x86;
#endif
