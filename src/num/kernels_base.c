/* The kernels in the compiler's baseline instruction set (SSE2 on x86-64): vectors
 * of 2 doubles, 16 registers. */
#define ND_TABLE nd_kernels_base
#define ND_VL    2 /* doubles in a vector                              */
#define ND_MR    3 /* rows of a register block                         */
#define ND_NV    4 /* vectors across a register block                  */
#include "num/kernels_table.h"
