/* Inside SHA-256: the processor's own instructions for it. */
#ifndef ND_BASE_SHA256_H
#define ND_BASE_SHA256_H

#include <stdbool.h>
#include <stdint.h>

bool nd_sha256_x86(void);               /* does this processor have them? */
void nd_sha256_x86_forbid(bool forbid); /* for tests of the portable code */
/* h := the state after one more block; K: the constants of FIPS 180-4, 4.2.2. */
void nd_sha256_compress_x86(uint32_t h[8], const uint8_t block[64], const uint32_t K[64]);

#endif
