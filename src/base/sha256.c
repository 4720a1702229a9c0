/* SHA-256.  Source: FIPS 180-4, sections 4.1.2, 4.2.2, 5.3.3, 6.2. */
#include "base/file.h"

#include "base/sha256.h"

#include <string.h>

/* The first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
static const uint32_t K[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t rotr(uint32_t x, int n)
{
    return x >> n | x << (32 - n);
}

static void schedule(const uint8_t block[64], uint32_t w[64])
{
    for (int t = 0; t < 16; t++, block += 4)
        w[t] = (uint32_t)block[0] << 24 | (uint32_t)block[1] << 16 | (uint32_t)block[2] << 8 |
               block[3];
    for (int t = 16; t < 64; t++) {
        uint32_t a = w[t - 15], b = w[t - 2];
        w[t] = w[t - 16] + w[t - 7] + (rotr(a, 7) ^ rotr(a, 18) ^ a >> 3) +
               (rotr(b, 17) ^ rotr(b, 19) ^ b >> 10);
    }
}

/* One round.  Instead of moving a..h along by one place each, the caller names them
 * in turned order.  Ch(e, f, g) and Maj(a, b, c) with one operation fewer. */
static inline void mix(uint32_t a, uint32_t b, uint32_t c, uint32_t *d, uint32_t e, uint32_t f,
                       uint32_t g, uint32_t *h, uint32_t kw)
{
    uint32_t t = *h + (rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25)) + (g ^ (e & (f ^ g))) + kw;

    *d += t;
    *h = t + (rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22)) + ((a & b) | (c & (a | b)));
}

static void compress(uint32_t state[8], const uint8_t block[64])
{
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    uint32_t e = state[4], f = state[5], g = state[6], h = state[7], w[64];

    if (nd_sha256_x86()) {
        nd_sha256_compress_x86(state, block, K);
        return;
    }
    schedule(block, w);
    for (int t = 0; t < 64; t += 8) {
        mix(a, b, c, &d, e, f, g, &h, K[t] + w[t]);
        mix(h, a, b, &c, d, e, f, &g, K[t + 1] + w[t + 1]);
        mix(g, h, a, &b, c, d, e, &f, K[t + 2] + w[t + 2]);
        mix(f, g, h, &a, b, c, d, &e, K[t + 3] + w[t + 3]);
        mix(e, f, g, &h, a, b, c, &d, K[t + 4] + w[t + 4]);
        mix(d, e, f, &g, h, a, b, &c, K[t + 5] + w[t + 5]);
        mix(c, d, e, &f, g, h, a, &b, K[t + 6] + w[t + 6]);
        mix(b, c, d, &e, f, g, h, &a, K[t + 7] + w[t + 7]);
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d;
    state[4] += e, state[5] += f, state[6] += g, state[7] += h;
}

void nd_sha256_init(nd_sha256 *s)
{
    *s = (nd_sha256){.h = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c,
                           0x1f83d9ab, 0x5be0cd19}};
}

void nd_sha256_add(nd_sha256 *s, const void *bytes, size_t size)
{
    const uint8_t *b = bytes;

    s->bits += (uint64_t)size * 8;
    while (size) {
        size_t n = sizeof s->block - s->fill;
        if (n > size) n = size;
        memcpy(s->block + s->fill, b, n);
        s->fill += n;
        b += n;
        size -= n;
        if (s->fill < sizeof s->block) break;
        compress(s->h, s->block);
        s->fill = 0;
    }
}

/* Padding: a one bit, zeros, and the length in bits, big-endian in 8 bytes. */
void nd_sha256_hex(nd_sha256 *s, char hex[65])
{
    static const uint8_t pad[64] = {0x80};
    uint64_t bits = s->bits;
    uint8_t length[8];

    for (int i = 0; i < 8; i++) length[i] = (uint8_t)(bits >> (56 - 8 * i));
    nd_sha256_add(s, pad, 1 + (119 - s->fill) % 64);
    nd_sha256_add(s, length, sizeof length);
    for (int i = 0; i < 64; i++)
        hex[i] = "0123456789abcdef"[s->h[i / 8] >> (28 - 4 * (i % 8)) & 15];
    hex[64] = '\0';
}
