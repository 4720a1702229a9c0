/* What the tests of every floor share: header only.
 *
 *   An allocator that counts, can fail on the k-th call and finds leaks:
 *
 *       static nd_status scenario(nd_ctx *ctx, void *arg) { ... frees all it made ... }
 *       nd_test_every_allocation(scenario, arg);
 *
 *   Distances: ulps, relative errors that respect the sign, NaN never close. */
#ifndef ND_TESTS_SUPPORT_H
#define ND_TESTS_SUPPORT_H

#include <nadir/base.h>

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#if defined(__GNUC__)
#define ND_TEST_UNUSED __attribute__((unused))
#else
#define ND_TEST_UNUSED
#endif

/* ---- memory --------------------------------------------------------------- */

typedef struct {
    size_t calls;   /* of alloc so far                      */
    size_t fail_at; /* this call, counted from 1, fails; 0: none */
    size_t live;    /* blocks not freed yet                 */
} nd_test_heap;

/* Not zeroed, so that a read of what nobody wrote shows: filled with NaN bytes. */
ND_TEST_UNUSED static void *nd_test_heap_alloc(void *user, size_t bytes)
{
    nd_test_heap *heap = user;
    void *p;

    if (++heap->calls == heap->fail_at) return NULL;
    p = malloc(bytes);
    if (p) {
        heap->live++;
        memset(p, 0xff, bytes < 65536 ? bytes : 65536);
    }
    return p;
}

ND_TEST_UNUSED static void nd_test_heap_free(void *user, void *p)
{
    nd_test_heap *heap = user;

    if (p) heap->live--;
    free(p);
}

ND_TEST_UNUSED static nd_allocator nd_test_allocator(nd_test_heap *heap)
{
    return (nd_allocator){nd_test_heap_alloc, nd_test_heap_free, heap};
}

/* A scenario frees all it made, whether it succeeds or not; ND_EMEM when memory
 * ran out.  (Its own assertions may look at results only when it succeeds.) */
typedef nd_status (*nd_test_scenario)(nd_ctx *ctx, void *arg);

/* Runs scenario with the k-th allocation failing, k = 1, 2, ..., until it succeeds
 * because no k-th one is asked for.  Every failure must be ND_EMEM with a message,
 * and nothing may leak.  Returns the number of allocations of the scenario.  The
 * allocation of the context itself comes first and is tested, too. */
ND_TEST_UNUSED static size_t nd_test_every_allocation(nd_test_scenario scenario, void *arg)
{
    for (size_t k = 1;; k++) {
        nd_test_heap heap = {.fail_at = k};
        nd_allocator alloc = nd_test_allocator(&heap);
        nd_ctx *ctx = nd_ctx_create(&alloc);
        nd_status status;
        bool failed;

        if (!ctx) {
            assert_int_equal(k, 1);
            assert_int_equal(heap.live, 0);
            continue;
        }
        status = scenario(ctx, arg);
        failed = heap.calls >= k;
        if (status != (failed ? ND_EMEM : ND_OK))
            fail_msg("allocation %zu of %zu %s, but the status is %s: %s", k, heap.calls,
                     failed ? "failed" : "did not fail", nd_status_name(status), nd_errmsg(ctx));
        if (failed) assert_true(nd_errmsg(ctx)[0] != '\0');
        if (heap.live != 1) fail_msg("%zu blocks leak when allocation %zu fails", heap.live - 1, k);
        nd_ctx_destroy(ctx);
        assert_int_equal(heap.live, 0);
        if (!failed) return heap.calls - 1;
    }
}

/* ---- numbers ------------------------------------------------------------------ */

/* Doubles counted in order: neighbours differ by 1, -0 and 0 by 0. */
ND_TEST_UNUSED static int64_t nd_test_ordinal(double x)
{
    int64_t i;

    memcpy(&i, &x, sizeof i);
    return i < 0 ? INT64_MIN - i : i;
}

/* Number of doubles between a and b; UINT64_MAX when one of them is NaN and the
 * other is not. */
ND_TEST_UNUSED static uint64_t nd_test_ulps(double a, double b)
{
    int64_t i = nd_test_ordinal(a), j = nd_test_ordinal(b);

    if (isnan(a) || isnan(b)) return isnan(a) && isnan(b) ? 0 : UINT64_MAX;
    return i < j ? (uint64_t)j - (uint64_t)i : (uint64_t)i - (uint64_t)j;
}

/* |a - b| <= tol * max(|a|, |b|, floor): a negated value is as far away as it is;
 * floor is the size below which values count as zero.  NaN is close to nothing,
 * an infinity to itself. */
ND_TEST_UNUSED static bool nd_test_close(double a, double b, double tol, double floor)
{
    double scale = fmax(fmax(fabs(a), fabs(b)), floor);

    if (isnan(a) || isnan(b)) return false;
    if (isinf(a) || isinf(b)) return a == b;
    return fabs(a - b) <= tol * scale;
}

#define nd_assert_close(a, b, tol, floor)                                                          \
    do {                                                                                           \
        double nd_a_ = (a), nd_b_ = (b);                                                           \
        if (!nd_test_close(nd_a_, nd_b_, (tol), (floor)))                                          \
            fail_msg("%s = %.17g, %s = %.17g: further apart than %g", #a, nd_a_, #b, nd_b_,        \
                     (double)(tol));                                                               \
    } while (0)

/* The largest |a_i - b_i| relative to the largest of all |a_i|, |b_i|, floor: for
 * gradients and Hessians, where single entries may cancel.  NaN when an entry is not finite. */
ND_TEST_UNUSED static double nd_test_distance(const double *a, const double *b, size_t n,
                                              double floor)
{
    double scale = floor, worst = 0.0;

    for (size_t i = 0; i < n; i++) {
        if (!isfinite(a[i]) || !isfinite(b[i])) return NAN;
        scale = fmax(scale, fmax(fabs(a[i]), fabs(b[i])));
        worst = fmax(worst, fabs(a[i] - b[i]));
    }
    return worst == 0.0 ? 0.0 : worst / scale;
}

/* Status with the message of the context when it is another. */
#define nd_assert_status(ctx, call, expected)                                                      \
    do {                                                                                           \
        nd_status nd_s_ = (call);                                                                  \
        if (nd_s_ != (expected))                                                                   \
            fail_msg("%s: %s (%s), expected %s", #call, nd_status_name(nd_s_), nd_errmsg(ctx),     \
                     nd_status_name(expected));                                                    \
    } while (0)

#define nd_assert_ok(ctx, call) nd_assert_status(ctx, call, ND_OK)

#define nd_assert_message(ctx, part)                                                               \
    do {                                                                                           \
        if (!strstr(nd_errmsg(ctx), (part)))                                                       \
            fail_msg("the message '%s' does not contain '%s'", nd_errmsg(ctx), (part));            \
    } while (0)

#endif
