/* Random numbers: the published vectors of Philox4x32-10, the reading order, ranges
 * and distribution. */
#include "../support.h"

/* Random123's kat_vectors, lines "philox4x32 10": counter, key, answer. */
static const uint32_t kat[][10] = {
    {0, 0, 0, 0, 0, 0, 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8},
    {~0u, ~0u, ~0u, ~0u, ~0u, ~0u, 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd},
    {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0, 0xd16cfe09, 0x94fdcceb,
     0x5001e420, 0x24126ea1},
};

static uint64_t join(uint32_t low, uint32_t high)
{
    return (uint64_t)high << 32 | low;
}

static void known_answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof kat / sizeof *kat; i++) {
        const uint32_t *k = kat[i];
        nd_rng r = nd_rng_make(join(k[4], k[5]), join(k[2], k[3]));
        r.counter = join(k[0], k[1]);
        assert_true(nd_rng_u64(&r) == join(k[6], k[7]));
        assert_true(nd_rng_u64(&r) == join(k[8], k[9]));
    }
}

/* A function of (seed, stream, position): copies go the same way, streams differ. */
static void streams(void **state)
{
    nd_rng a = nd_rng_make(7, 1), b, c = nd_rng_make(7, 2), d = nd_rng_make(8, 1);
    size_t same = 0;

    (void)state;
    nd_rng_u64(&a);
    b = a;
    for (int i = 0; i < 1000; i++) assert_true(nd_rng_u64(&a) == nd_rng_u64(&b));
    a = nd_rng_make(7, 1);
    for (int i = 0; i < 1000; i++) {
        uint64_t x = nd_rng_u64(&a);
        same += x == nd_rng_u64(&c);
        same += x == nd_rng_u64(&d);
    }
    assert_int_equal(same, 0);
}

static void uniform(void **state)
{
    nd_rng r = nd_rng_make(1, 0);
    const int n = 1000000;
    double sum = 0.0, squares = 0.0;

    (void)state;
    for (int i = 0; i < n; i++) {
        double u = nd_rng_uniform(&r);
        assert_true(u > 0.0 && u < 1.0);
        sum += u - 0.5;
        squares += (u - 0.5) * (u - 0.5);
    }
    assert_true(fabs(sum / n) < 5 * sqrt(1.0 / 12.0 / n));
    assert_true(fabs(squares / n - 1.0 / 12.0) < 5 * sqrt(1.0 / 180.0 / n));
    /* the extremes of the 64 bits: neither 0 nor 1 */
    r = (nd_rng){.spare = UINT64_MAX, .has_spare = true};
    assert_true(nd_rng_uniform(&r) < 1.0);
    r = (nd_rng){.spare = 0, .has_spare = true};
    assert_true(nd_rng_uniform(&r) > 0.0);
}

static void below(void **state)
{
    static const size_t sizes[] = {1, 2, 3, 7, 10, 64};
    nd_rng r = nd_rng_make(2, 0);
    const int n = 200000;

    (void)state;
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        size_t size = sizes[k], count[64] = {0};
        double p = 1.0 / (double)size;
        for (int i = 0; i < n; i++) {
            size_t x = nd_rng_below(&r, size);
            assert_true(x < size);
            count[x]++;
        }
        for (size_t x = 0; x < size; x++)
            assert_true(fabs((double)count[x] - n * p) <= 6 * sqrt(n * p * (1 - p)));
    }
    for (int i = 0; i < 1000; i++) assert_true(nd_rng_below(&r, SIZE_MAX) < SIZE_MAX);
}

/* With n = 3 2^62 one draw in four is refused; without that the values divisible by
 * 3 would come twice as often as the others. */
static void below_is_unbiased(void **state)
{
    const size_t n = (size_t)3 << 62 >> (sizeof(size_t) < 8 ? 32 : 0);
    nd_rng r = nd_rng_make(3, 0);
    size_t divisible = 0;

    (void)state;
    for (int i = 0; i < 90000; i++) divisible += nd_rng_below(&r, n) % 3 == 0;
    assert_true(divisible > 29000 && divisible < 31000);
}

static void shuffle(void **state)
{
    nd_rng r = nd_rng_make(4, 0);
    size_t perm[100], first[5][5] = {{0}};
    bool seen[100] = {false};

    (void)state;
    nd_rng_shuffle(&r, 0, NULL);
    nd_rng_shuffle(&r, 100, perm);
    for (size_t i = 0; i < 100; i++) {
        assert_true(perm[i] < 100 && !seen[perm[i]]);
        seen[perm[i]] = true;
    }
    for (int i = 0; i < 50000; i++) {
        nd_rng_shuffle(&r, 5, perm);
        for (size_t k = 0; k < 5; k++) first[k][perm[k]]++;
    }
    for (size_t k = 0; k < 5; k++)
        for (size_t v = 0; v < 5; v++) assert_true(first[k][v] > 9500 && first[k][v] < 10500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_answers),     cmocka_unit_test(streams),
        cmocka_unit_test(uniform),           cmocka_unit_test(below),
        cmocka_unit_test(below_is_unbiased), cmocka_unit_test(shuffle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
