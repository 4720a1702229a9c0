/* Powers of ten to 128 bits: shared by reading and writing of decimals. */
#ifndef ND_BASE_POW5_H
#define ND_BASE_POW5_H

#include <stdint.h>

#define ND_POW5_FIRST (-342)
#define ND_POW5_LAST  324

extern const uint64_t nd_pow5[ND_POW5_LAST - ND_POW5_FIRST + 1][2];

/* floor(log2 10^q) for |q| <= 1233: 1741647 / 2^19 is log2 10 to 2e-8. */
static inline int nd_log2_pow10(int q)
{
    return (int)(((int64_t)q * 1741647) >> 19);
}

__extension__ typedef unsigned __int128 nd_u128;

#endif
