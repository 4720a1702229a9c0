/* SHA-256 of one block by the instructions that x86 processors have for it (AMD Zen, Intel
 * since Goldmont and Ice Lake): five times the portable code.  The same digests, of course.
 *
 * sha256rnds2 does two rounds on the state as (a, b, e, f) and (c, d, g, h); msg1 and msg2
 * form W_t .. W_t+3 from the sixteen words before.  Source: Gulley, Gopal, Yap, Feghali,
 * Guilford, Wolrich, "Intel SHA Extensions", 2013. */
#include "base/sha256.h"

#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))

#include <cpuid.h>
#include <immintrin.h>
#include <stdatomic.h>

static bool asked(void)
{
    unsigned a, b, c, d;

    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_SSSE3) || !(c & bit_SSE4_1)) return false;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & 1U << 29);
}

static atomic_int known; /* 0: not asked; cpuid takes long in virtual machines */

void nd_sha256_x86_forbid(bool forbid)
{
    atomic_store_explicit(&known, forbid ? 2 : 0, memory_order_relaxed);
}

bool nd_sha256_x86(void)
{
    int k = atomic_load_explicit(&known, memory_order_relaxed);

    if (k == 0) {
        k = asked() ? 1 : 2;
        atomic_store_explicit(&known, k, memory_order_relaxed);
    }
    return k == 1;
}

typedef struct {
    __m128i abef, cdgh, w[4];
} state;

/* Four rounds with the words w. */
__attribute__((target("sha,sse4.1"))) static inline void rounds(state *s, __m128i w,
                                                                const uint32_t k[4])
{
    __m128i kw = _mm_add_epi32(w, _mm_loadu_si128((const __m128i *)(const void *)k));

    s->cdgh = _mm_sha256rnds2_epu32(s->cdgh, s->abef, kw);
    s->abef = _mm_sha256rnds2_epu32(s->abef, s->cdgh, _mm_shuffle_epi32(kw, 0x0E));
}

/* w := the four words after w, x, y, z. */
__attribute__((target("sha,sse4.1"))) static inline __m128i next(__m128i w, __m128i x, __m128i y,
                                                                 __m128i z)
{
    __m128i sum = _mm_add_epi32(_mm_sha256msg1_epu32(w, x), _mm_alignr_epi8(z, y, 4));

    return _mm_sha256msg2_epu32(sum, z);
}

__attribute__((target("sha,sse4.1"))) void
nd_sha256_compress_x86(uint32_t h[8], const uint8_t block[64], const uint32_t K[64])
{
    const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    const __m128i *in = (const __m128i *)(const void *)block;
    __m128i *out = (__m128i *)(void *)h;
    __m128i dcba = _mm_loadu_si128(out), hgfe = _mm_loadu_si128(out + 1), cdab, efgh;
    state s;

    cdab = _mm_shuffle_epi32(dcba, 0xB1);
    efgh = _mm_shuffle_epi32(hgfe, 0x1B);
    s.abef = _mm_alignr_epi8(cdab, efgh, 8);
    s.cdgh = _mm_blend_epi16(efgh, cdab, 0xF0);
    const __m128i abef = s.abef, cdgh = s.cdgh;
    for (int i = 0; i < 4; i++) s.w[i] = _mm_shuffle_epi8(_mm_loadu_si128(in + i), swap);
    for (int t = 0;; t += 16) {
        for (int i = 0; i < 4; i++) rounds(&s, s.w[i], K + t + 4 * i);
        if (t == 48) break;
        s.w[0] = next(s.w[0], s.w[1], s.w[2], s.w[3]);
        s.w[1] = next(s.w[1], s.w[2], s.w[3], s.w[0]);
        s.w[2] = next(s.w[2], s.w[3], s.w[0], s.w[1]);
        s.w[3] = next(s.w[3], s.w[0], s.w[1], s.w[2]);
    }
    s.abef = _mm_add_epi32(s.abef, abef);
    s.cdgh = _mm_add_epi32(s.cdgh, cdgh);
    cdab = _mm_shuffle_epi32(s.abef, 0x1B); /* feba */
    efgh = _mm_shuffle_epi32(s.cdgh, 0xB1); /* dchg */
    _mm_storeu_si128(out, _mm_blend_epi16(cdab, efgh, 0xF0));
    _mm_storeu_si128(out + 1, _mm_alignr_epi8(efgh, cdab, 8));
}

#else

void nd_sha256_x86_forbid(bool forbid)
{
    (void)forbid;
}

bool nd_sha256_x86(void)
{
    return false;
}

void nd_sha256_compress_x86(uint32_t h[8], const uint8_t block[64], const uint32_t K[64])
{
    (void)h, (void)block, (void)K;
}

#endif
