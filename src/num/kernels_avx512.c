/* The kernels in AVX-512: vectors of 8 doubles, 32 registers.  Empty elsewhere.
 * One vector across: the broadcasts then are memory operands of the products, which
 * beats wider blocks (55 against 45 Gflop/s for 6 x 4). */
#if defined(__x86_64__)
#define ND_TABLE nd_kernels_avx512
#define ND_VL    8
#define ND_MR    6
#define ND_NV    1
#include "num/kernels_table.h"
#else
typedef int nd_not_x86;
#endif
