/* The kernels in the compiler's baseline instruction set (SSE2 on x86-64): vectors
 * of 2 doubles, 16 registers.
 *
 * The shapes of the register blocks here and in the other levels are the fastest of
 * those that bench/bench_num tried on a Zen 4 core (3 x 4, 4 x 2, 5 x 2, 6 x 1 .. 6 x 4,
 * 8 x 1 .. 8 x 3, 12 x 1, 12 x 2). */
#define ND_TABLE nd_kernels_base
#define ND_VL    2 /* doubles in a vector                */
#define ND_MR    3 /* rows of a register block           */
#define ND_NV    4 /* vectors across a register block    */
#include "num/kernels_table.h"
