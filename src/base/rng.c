/* Random numbers by counting: block c of stream (seed, s) is Philox4x32-10 with
 * key = seed and counter = (c, s), low words first.  Its four words give two
 * numbers of 64 bits, low words first.
 *
 * Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2,
 * 3", SC 2011; their Random123 supplies the block function.  Bounded integers:
 * Lemire, "Fast random integer generation in an interval", ACM TOMACS 29 (2019). */
#include <nadir/base.h>

#include <Random123/philox.h>
#include <assert.h>

__extension__ typedef unsigned __int128 u128;

nd_rng nd_rng_make(uint64_t seed, uint64_t stream)
{
    return (nd_rng){.seed = seed, .stream = stream};
}

uint64_t nd_rng_u64(nd_rng *r)
{
    philox4x32_key_t key = {{(uint32_t)r->seed, (uint32_t)(r->seed >> 32)}};
    philox4x32_ctr_t at = {{(uint32_t)r->counter, (uint32_t)(r->counter >> 32), (uint32_t)r->stream,
                            (uint32_t)(r->stream >> 32)}};

    if (r->has_spare) {
        r->has_spare = false;
        return r->spare;
    }
    at = philox4x32_R(10, at, key);
    r->counter++;
    r->spare = (uint64_t)at.v[3] << 32 | at.v[2];
    r->has_spare = true;
    return (uint64_t)at.v[1] << 32 | at.v[0];
}

/* (k + 1/2) 2^-52, 0 <= k < 2^52: exact, symmetric about 1/2.  With 53 bits the
 * largest would round to 1. */
double nd_rng_uniform(nd_rng *r)
{
    return ((double)(nd_rng_u64(r) >> 12) + 0.5) * 0x1p-52;
}

/* floor(x n / 2^64) takes each value floor(2^64 / n) or one more times; the
 * 2^64 mod n products with the smallest low halves are refused. */
size_t nd_rng_below(nd_rng *r, size_t n)
{
    u128 product;

    assert(n > 0);
    product = (u128)nd_rng_u64(r) * n;
    if ((uint64_t)product < n) {
        const uint64_t refused = (0 - (uint64_t)n) % n;
        while ((uint64_t)product < refused) product = (u128)nd_rng_u64(r) * n;
    }
    return (size_t)(product >> 64);
}

/* Fisher-Yates, inside out. */
void nd_rng_shuffle(nd_rng *r, size_t n, size_t *perm)
{
    for (size_t i = 0; i < n; i++) {
        size_t j = nd_rng_below(r, i + 1);
        perm[i] = perm[j];
        perm[j] = i;
    }
}
