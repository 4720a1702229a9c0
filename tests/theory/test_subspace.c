/* Spans of the classes: ranks, membership, witnesses.
 * EVIDENCE: include/nadir/theory.h, nd_subspaces_find; docs/conditions.md, 3 and 4. */
#include <nadir/num.h>
#include <nadir/theory.h>

#include "../support.h"
#include "theory/exact.h"

static nd_truth check(nd_ctx *ctx, const nd_table *t, const nd_subspaces *s)
{
    nd_truth truth = ND_UNKNOWN;

    nd_assert_ok(ctx, nd_subspace_check(ctx, t, s, &truth));
    return truth;
}

/* The answer; its witnesses are right. */
static nd_subspaces *find(nd_ctx *ctx, const nd_table *t, bool bias)
{
    nd_subspaces *s;

    nd_assert_ok(ctx, nd_subspaces_find(ctx, t, bias, 60.0, &s));
    assert_true(s->ranked && s->plus.ranked && s->minus.ranked);
    assert_int_equal(check(ctx, t, s), ND_PROVED);
    return s;
}

static void expect_span(const nd_span *s, size_t samples, size_t rank, nd_truth outside, size_t r,
                        nd_truth independent)
{
    assert_int_equal(s->samples, samples);
    assert_int_equal(s->rank, rank);
    assert_int_equal(s->outside, outside);
    assert_true(s->projected_known);
    assert_int_equal(s->projected, r);
    assert_int_equal(s->independent, independent);
}

/* ---- decided by hand ---------------------------------------------------------------------- */

static void test_xor(void **state)
{
    double x[8] = {1, 1, -1, -1, 1, -1, -1, 1}, y[4] = {1, 1, -1, -1};
    nd_table t = {.n = 4, .d = 2, .x = x, .y = y};
    nd_ctx *ctx = nd_ctx_create(NULL);
    nd_subspaces *s = find(ctx, &t, true);

    (void)state;
    /* U+ is spanned by (1,1,1), (-1,-1,1): all (a,a,b).  Off it there is one direction. */
    assert_int_equal(s->D, 3);
    assert_int_equal(s->rank, 3);
    expect_span(&s->plus, 2, 2, ND_PROVED, 1, ND_REFUTED);
    expect_span(&s->minus, 2, 2, ND_PROVED, 1, ND_REFUTED);
    nd_subspaces_destroy(ctx, s);
    s = find(ctx, &t, false);
    expect_span(&s->plus, 2, 1, ND_PROVED, 1, ND_REFUTED);
    nd_subspaces_destroy(ctx, s);
    nd_ctx_destroy(ctx);
}

static void test_between(void **state)
{
    double x[3] = {-1, 0, 1}, y[3] = {1, -1, 1};
    nd_table t = {.n = 3, .d = 1, .x = x, .y = y};
    nd_ctx *ctx = nd_ctx_create(NULL);
    nd_subspaces *s = find(ctx, &t, true);

    (void)state;
    expect_span(&s->plus, 2, 2, ND_REFUTED, 1, ND_REFUTED);
    assert_int_equal(s->plus.inside, 1);
    assert_null(s->plus.coef); /* the class spans everything */
    expect_span(&s->minus, 1, 1, ND_PROVED, 0, ND_REFUTED);
    nd_subspaces_destroy(ctx, s);
    s = find(ctx, &t, false);
    expect_span(&s->minus, 1, 0, ND_PROVED, 0, ND_REFUTED); /* {0}: 0 = 0 * 1 */
    nd_subspaces_destroy(ctx, s);
    nd_ctx_destroy(ctx);
}

/* (0.5, 1, 0) = 1/6 (3, 0, 0) + 1/3 (0, 3, 0) without bias; with it the point is outside. */
static void test_combination(void **state)
{
    double x[12] = {3, 0, 0, 0, 3, 0, 0.5, 1, 0, 0, 0, 5}, y[4] = {1, 1, -1, -1};
    nd_table t = {.n = 4, .d = 3, .x = x, .y = y};
    nd_ctx *ctx = nd_ctx_create(NULL);
    nd_subspaces *s = find(ctx, &t, false);

    (void)state;
    expect_span(&s->plus, 2, 2, ND_REFUTED, 1, ND_REFUTED);
    assert_int_equal(s->plus.inside, 2);
    assert_string_equal(s->plus.coef[0], "1/6");
    assert_string_equal(s->plus.coef[1], "1/3");
    expect_span(&s->minus, 2, 2, ND_PROVED, 1, ND_REFUTED);
    nd_subspaces_destroy(ctx, s);
    s = find(ctx, &t, true);
    expect_span(&s->plus, 2, 2, ND_PROVED, 2, ND_PROVED);
    expect_span(&s->minus, 2, 2, ND_PROVED, 2, ND_PROVED);
    nd_subspaces_destroy(ctx, s);
    nd_ctx_destroy(ctx);
}

static void test_one_class(void **state)
{
    double x[4] = {1, 2, 3, 4}, y[2] = {1, 1};
    nd_table t = {.n = 2, .d = 2, .x = x, .y = y};
    nd_ctx *ctx = nd_ctx_create(NULL);
    nd_subspaces *s = find(ctx, &t, true);

    (void)state;
    expect_span(&s->plus, 2, 2, ND_PROVED, 2, ND_PROVED);
    expect_span(&s->minus, 0, 0, ND_PROVED, 0, ND_PROVED);
    assert_null(s->plus.normal);
    nd_subspaces_destroy(ctx, s);
    t = (nd_table){.n = 2, .d = 0, .y = y};
    s = find(ctx, &t, true);
    expect_span(&s->plus, 2, 1, ND_PROVED, 1, ND_PROVED); /* one distinct sample */
    assert_int_equal(s->plus.distinct, 1);
    nd_subspaces_destroy(ctx, s);
    nd_ctx_destroy(ctx);
}

/* ---- against brute force ---------------------------------------------------------------------- */

/* Rank of m integer rows of D entries by elimination in 128 bits without fractions. */
static size_t brute_rank(size_t m, size_t D, __int128 a[12][8])
{
    size_t rank = 0;

    for (size_t c = 0; c < D && rank < m; c++) {
        size_t r = rank;

        while (r < m && a[r][c] == 0) r++;
        if (r == m) continue;
        for (size_t j = 0; j < D; j++) {
            __int128 h = a[r][j];
            a[r][j] = a[rank][j];
            a[rank][j] = h;
        }
        for (size_t i = rank + 1; i < m; i++) {
            __int128 p = a[rank][c], f = a[i][c];

            for (size_t j = 0; j < D; j++) a[i][j] = a[i][j] * p - a[rank][j] * f;
            for (__int128 g = 2; g < 8; g++) { /* small factors only: keeps the numbers small */
                bool all = true;

                for (size_t j = 0; j < D; j++) all = all && a[i][j] % g == 0;
                for (size_t j = 0; all && j < D; j++) a[i][j] /= g;
            }
        }
        rank++;
    }
    return rank;
}

/* Rank of the samples with label, or of all for 0, and of sample extra, if < n. */
static size_t rank_of(const nd_table *t, bool bias, double label, size_t extra)
{
    __int128 a[12][8];
    size_t m = 0;

    for (size_t i = 0; i < t->n; i++) {
        if (label != 0.0 && t->y[i] != label && i != extra) continue;
        for (size_t k = 0; k < t->d; k++) a[m][k] = (__int128)(4.0 * t->x[i * t->d + k]);
        if (bias) a[m][t->d] = 4;
        m++;
    }
    return brute_rank(m, t->d + (bias ? 1 : 0), a);
}

static nd_truth brute_outside(const nd_table *t, bool bias, double label)
{
    size_t r = rank_of(t, bias, label, t->n);

    for (size_t i = 0; i < t->n; i++)
        if (t->y[i] != label && rank_of(t, bias, label, i) == r) return ND_REFUTED;
    return ND_PROVED;
}

static void test_brute_force(void **state)
{
    nd_rng r = nd_rng_make(99, 2);
    nd_ctx *ctx = nd_ctx_create(NULL);
    size_t count[3] = {0};

    (void)state;
    for (int trial = 0; trial < 1500; trial++) {
        double x[10 * 6], y[10];
        size_t n = 1 + nd_rng_below(&r, 9), d = 1 + nd_rng_below(&r, 6), range;
        nd_table t = {.n = n, .d = d, .x = x, .y = y};
        bool bias = trial % 2;
        nd_subspaces *s;

        range = 1 + nd_rng_below(&r, 3);
        for (size_t i = 0; i < n; i++) y[i] = nd_rng_below(&r, 2) ? 1.0 : -1.0;
        for (size_t k = 0; k < n * d; k++)
            x[k] = ((double)nd_rng_below(&r, 2 * range + 1) - (double)range) * (k % 3 ? 1.0 : 0.25);
        for (size_t i = 0; i + 1 < n && trial % 5 == 0; i += 2) /* constants, multiples */
            for (size_t k = 0; k < d; k++) x[i * d + k] = k % 2 ? x[i * d] * 3.0 : 2.0;
        s = find(ctx, &t, bias);
        assert_int_equal(s->rank, rank_of(&t, bias, 0.0, n));
        assert_int_equal(s->plus.rank, rank_of(&t, bias, 1.0, n));
        assert_int_equal(s->minus.rank, rank_of(&t, bias, -1.0, n));
        assert_int_equal(s->plus.outside, brute_outside(&t, bias, 1.0));
        assert_int_equal(s->minus.outside, brute_outside(&t, bias, -1.0));
        assert_int_equal(s->plus.projected, s->rank - s->minus.rank);
        assert_int_equal(s->minus.projected, s->rank - s->plus.rank);
        count[s->plus.outside]++;
        nd_subspaces_destroy(ctx, s);
    }
    assert_true(count[ND_PROVED] > 200 && count[ND_REFUTED] > 200);
    nd_ctx_destroy(ctx);
}

/* ---- one ulp -------------------------------------------------------------------------------- */

/* d - 1 random positives; the negative is their sum (a combination, exact: few bits), or
 * one ulp off in one coordinate. */
static void test_one_ulp(void **state)
{
    nd_rng r = nd_rng_make(3, 3);
    nd_ctx *ctx = nd_ctx_create(NULL);

    (void)state;
    for (size_t d = 2; d <= 40; d += 6)
        for (int ulps = -1; ulps <= 1; ulps++) {
            double x[40 * 40], y[40], *last = x + (d - 1) * d;
            nd_table t = {.n = d, .d = d, .x = x, .y = y};
            size_t k = nd_rng_below(&r, d);
            nd_subspaces *s;

            for (size_t j = 0; j < d; j++) last[j] = 0.0;
            for (size_t i = 0; i + 1 < d; i++) {
                y[i] = 1.0;
                for (size_t j = 0; j < d; j++) {
                    x[i * d + j] = ldexp((double)(nd_rng_u64(&r) >> 24) - 0x1p39, -30);
                    last[j] += x[i * d + j];
                }
            }
            y[d - 1] = -1.0;
            if (ulps) last[k] = nextafter(last[k], ulps < 0 ? -INFINITY : INFINITY);
            s = find(ctx, &t, false);
            expect_span(&s->plus, d - 1, d - 1, ulps ? ND_PROVED : ND_REFUTED, ulps ? d - 1 : d - 2,
                        ulps ? ND_PROVED : ND_REFUTED);
            assert_int_equal(s->rank, ulps ? d : d - 1);
            if (!ulps) assert_string_equal(s->plus.coef[0], "1");
            nd_subspaces_destroy(ctx, s);
        }
    nd_ctx_destroy(ctx);
}

/* Longer than ND_EXACT_DIGITS: no texts, and yet proved, and tested anew. */
static void test_long(void **state)
{
    enum { D = 90, N = 70 };
    static double x[(N + 1) * D], y[N + 1];
    nd_rng r = nd_rng_make(8, 1);
    nd_table t = {.n = N + 1, .d = D, .x = x, .y = y};
    nd_ctx *ctx = nd_ctx_create(NULL);
    nd_subspaces *s;

    (void)state;
    for (size_t i = 0; i <= N; i++) {
        y[i] = i < N ? 1.0 : -1.0;
        for (size_t k = 0; k < D; k++) x[i * D + k] = k < N + 5 ? nd_rng_normal(&r) : 0.0;
    }
    s = find(ctx, &t, true);
    expect_span(&s->plus, N, N, ND_PROVED, N, ND_PROVED);
    assert_null(s->plus.normal);
    s->plus.outside = ND_REFUTED; /* the opposite is not believed */
    s->plus.inside = N;
    assert_int_equal(check(ctx, &t, s), ND_REFUTED);
    nd_subspaces_destroy(ctx, s);
    for (size_t i = 0; i <= N; i++) /* rank N - 1 by structure */
        for (size_t k = N - 2; k < D; k++) x[i * D + k] = k % 2 ? 4.0 * x[i * D] : 1.0;
    s = find(ctx, &t, true);
    expect_span(&s->plus, N, N - 1, ND_REFUTED, N - 2, ND_REFUTED);
    assert_null(s->plus.coef);
    nd_subspaces_destroy(ctx, s);
    /* a column that is a third of the first, but for the rounding in the last sample */
    for (size_t i = 0; i <= N; i++) {
        x[i * D] = i < N ? 3.0 * (double)(i + 1) : 1.0;
        for (size_t k = N - 2; k < D; k++) x[i * D + k] = k % 2 ? x[i * D] / 3.0 : 1.0;
    }
    s = find(ctx, &t, true);
    expect_span(&s->plus, N, N - 1, ND_PROVED, N - 1, ND_REFUTED);
    s->plus.outside = ND_REFUTED;
    s->plus.inside = N;
    assert_int_equal(check(ctx, &t, s), ND_REFUTED);
    nd_subspaces_destroy(ctx, s);
    nd_ctx_destroy(ctx);
}

/* A rank below the number of rows and of columns that no structure explains. */
static void test_low_rank(void **state)
{
    enum { D = 20, N = 60, R = 7 };
    static double x[N * D], y[N];
    double base[R * D];
    nd_rng r = nd_rng_make(21, 1);
    nd_table t = {.n = N, .d = D, .x = x, .y = y};
    nd_ctx *ctx = nd_ctx_create(NULL);
    nd_subspaces *s;

    (void)state;
    for (size_t k = 0; k < R * D; k++) base[k] = (double)nd_rng_below(&r, 2001) - 1000.0;
    for (size_t i = 0; i < N; i++) {
        y[i] = i % 3 ? 1.0 : -1.0;
        for (size_t k = 0; k < D; k++) x[i * D + k] = 0.0;
        for (size_t j = 0; j < R; j++) {
            double c = (double)nd_rng_below(&r, 201) - 100.0;
            for (size_t k = 0; k < D; k++) x[i * D + k] += ldexp(c * base[j * D + k], -9);
        }
    }
    s = find(ctx, &t, false);
    assert_int_equal(s->rank, R);
    expect_span(&s->plus, 40, R, ND_REFUTED, 0, ND_REFUTED);
    expect_span(&s->minus, 20, R, ND_REFUTED, 0, ND_REFUTED);
    nd_subspaces_destroy(ctx, s);
    nd_ctx_destroy(ctx);
}

/* 2^30 2^30 - 3 31 is the prime of the eliminations: they see rank 1 where it is 2.  Then
 * nothing may be claimed that is not so. */
static void test_unlucky_prime(void **state)
{
    double x[6] = {0x1p30, 3, 31, 0x1p30, 5, 7}, y[3] = {1, 1, -1};
    nd_table t = {.n = 3, .d = 2, .x = x, .y = y};
    nd_ctx *ctx = nd_ctx_create(NULL);
    nd_subspaces *s;

    (void)state;
    nd_assert_ok(ctx, nd_subspaces_find(ctx, &t, false, 60.0, &s));
    assert_true(s->plus.rank == 2 || !s->plus.ranked);
    assert_int_not_equal(s->plus.outside, ND_PROVED);
    assert_true(s->rank == 2 || !s->ranked);
    nd_subspaces_destroy(ctx, s);
    nd_ctx_destroy(ctx);
}

/* ---- wrong witnesses ------------------------------------------------------------------------- */

static void test_wrong_normal(void **state)
{
    static const char *const bad[] = {"", "x", "1.5", "--1", "7", "0", NULL};
    double x[8] = {1, 1, -1, -1, 1, -1, -1, 1}, y[4] = {1, 1, -1, -1};
    nd_table t = {.n = 4, .d = 2, .x = x, .y = y};
    nd_ctx *ctx = nd_ctx_create(NULL);
    nd_subspaces *s = find(ctx, &t, true);
    char text[8], zero[] = "0", *kept = s->plus.normal[0], *kept_all[3];
    size_t index = s->minus.basis[1];

    (void)state;
    s->plus.normal[0] = text;
    for (size_t k = 0; bad[k]; k++) {
        strcpy(text, bad[k]);
        assert_int_equal(check(ctx, &t, s), ND_REFUTED);
    }
    s->plus.normal[0] = NULL;
    assert_int_equal(check(ctx, &t, s), ND_REFUTED);
    kept_all[0] = kept;
    for (size_t k = 0; k < 3; k++) {
        if (k > 0) kept_all[k] = s->plus.normal[k];
        s->plus.normal[k] = zero; /* orthogonal to everything */
    }
    assert_int_equal(check(ctx, &t, s), ND_REFUTED);
    for (size_t k = 0; k < 3; k++) s->plus.normal[k] = kept_all[k];
    s->plus.normal[0] = kept;
    s->minus.basis[1] = 0; /* of the other class */
    assert_int_equal(check(ctx, &t, s), ND_REFUTED);
    s->minus.basis[1] = s->minus.basis[0];
    assert_int_equal(check(ctx, &t, s), ND_REFUTED);
    s->minus.basis[1] = 4;
    assert_int_equal(check(ctx, &t, s), ND_REFUTED);
    s->minus.basis[1] = index;
    assert_int_equal(check(ctx, &t, s), ND_PROVED);
    s->plus.outside = ND_REFUTED; /* a claim of the opposite */
    s->plus.inside = 2;
    assert_int_equal(check(ctx, &t, s), ND_REFUTED);
    s->plus.outside = ND_UNKNOWN;
    assert_int_equal(check(ctx, &t, s), ND_UNKNOWN);
    x[0] = 1.5; /* other data */
    s->plus.outside = ND_PROVED;
    assert_int_equal(check(ctx, &t, s), ND_REFUTED);
    nd_subspaces_destroy(ctx, s);
    nd_ctx_destroy(ctx);
}

static void test_wrong_combination(void **state)
{
    static const char *const bad[] = {"1/5",   "1/-6", "-1/6", "1/0", "1/", "/6",
                                      "1/6/1", "2/13", "",     "0",   NULL};
    double x[12] = {3, 0, 0, 0, 3, 0, 0.5, 1, 0, 0, 0, 5}, y[4] = {1, 1, -1, -1};
    nd_table t = {.n = 4, .d = 3, .x = x, .y = y};
    nd_ctx *ctx = nd_ctx_create(NULL);
    nd_subspaces *s = find(ctx, &t, false);
    char text[8], *kept = s->plus.coef[0];

    (void)state;
    s->plus.coef[0] = text;
    for (size_t k = 0; bad[k]; k++) {
        strcpy(text, bad[k]);
        assert_int_equal(check(ctx, &t, s), ND_REFUTED);
    }
    strcpy(text, "2/12"); /* the same number */
    assert_int_equal(check(ctx, &t, s), ND_PROVED);
    s->plus.coef[0] = kept;
    s->plus.inside = 3;
    assert_int_equal(check(ctx, &t, s), ND_REFUTED);
    s->plus.inside = 0;
    assert_int_equal(check(ctx, &t, s), ND_REFUTED);
    s->plus.inside = 4;
    assert_int_equal(check(ctx, &t, s), ND_REFUTED);
    s->plus.inside = 2;
    assert_int_equal(check(ctx, &t, s), ND_PROVED);
    nd_subspaces_destroy(ctx, s);
    nd_ctx_destroy(ctx);
}

/* ---- failures, limits, sparse, threads, sizes ------------------------------------------------- */

static nd_status scenario(nd_ctx *ctx, void *arg)
{
    const nd_table *t = arg;
    nd_subspaces *s;
    nd_truth truth;
    nd_status status = nd_subspaces_find(ctx, t, t->n % 2 == 0, 60.0, &s);

    if (status != ND_OK) return status;
    status = nd_subspace_check(ctx, t, s, &truth);
    nd_subspaces_destroy(ctx, s);
    return status;
}

static void test_allocations(void **state)
{
    double x[12] = {3, 0, 0, 0, 3, 0, 0.5, 1, 0, 0, 0, 5}, y[4] = {1, 1, -1, -1};
    double q[15] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 3, 3, 3, 1, 0, 0}, z[5] = {1, 1, 1, -1, -1};
    nd_table t = {.n = 4, .d = 3, .x = x, .y = y};

    (void)state;
    nd_test_every_allocation(scenario, &t);
    t.n = 3;
    nd_test_every_allocation(scenario, &t);
    t = (nd_table){.n = 5, .d = 3, .x = q, .y = z}; /* rank 2 of three rows: complement */
    nd_test_every_allocation(scenario, &t);
}

static void test_errors(void **state)
{
    double x[3] = {1, 2, 4}, y[3] = {1, -1, 1};
    nd_table t = {.n = 3, .d = 1, .x = x}, other = {.n = 2, .d = 1, .x = x, .y = y};
    nd_ctx *ctx = nd_ctx_create(NULL);
    nd_subspaces *s = NULL;
    nd_truth truth;

    (void)state;
    nd_assert_status(ctx, nd_subspaces_find(ctx, &t, true, 1.0, &s), ND_EINPUT);
    t.y = y;
    nd_assert_status(ctx, nd_subspaces_find(ctx, &t, true, -1.0, &s), ND_ERANGE);
    x[2] = INFINITY;
    nd_assert_status(ctx, nd_subspaces_find(ctx, &t, true, 1.0, &s), ND_ENUMERIC);
    x[2] = 4.0;
    assert_null(s);
    s = find(ctx, &t, true);
    nd_assert_status(ctx, nd_subspace_check(ctx, &other, s, &truth), ND_EDIM);
    nd_subspaces_destroy(ctx, s);
    nd_subspaces_destroy(ctx, NULL);
    nd_ctx_destroy(ctx);
}

static void test_sparse_and_threads(void **state)
{
    enum { N = 40, D = 15 };
    double x[N * D], y[N], val[N * D];
    size_t row[N + 1] = {0}, p = 0;
    uint32_t col[N * D];
    nd_table t = {.n = N, .d = D, .x = x, .y = y}, q = {.n = N, .d = D, .y = y};
    nd_ctx *ctx = nd_ctx_create(NULL);
    nd_rng r = nd_rng_make(17, 9);
    nd_subspaces *a, *b;

    (void)state;
    for (size_t i = 0; i < N; i++) {
        y[i] = i % 2 ? 1.0 : -1.0;
        for (uint32_t k = 0; k < D; k++) { /* disjoint columns, and one in common */
            bool mine = k + 1 == D || (k < 7) == (y[i] > 0.0);

            x[i * D + k] = mine ? nd_rng_normal(&r) : 0.0;
            if (!mine) continue;
            col[p] = k;
            val[p++] = x[i * D + k];
        }
        row[i + 1] = p;
    }
    q.row = row;
    q.col = col;
    q.val = val;
    nd_set_threads(ctx, 1);
    a = find(ctx, &t, true);
    nd_set_threads(ctx, 4);
    b = find(ctx, &q, true);
    expect_span(&a->plus, N / 2, 9, ND_PROVED, 7, ND_REFUTED);
    expect_span(&b->plus, N / 2, 9, ND_PROVED, 7, ND_REFUTED);
    expect_span(&b->minus, N / 2, 9, ND_PROVED, 7, ND_REFUTED);
    for (size_t k = 0; k < a->D; k++) assert_string_equal(a->plus.normal[k], b->plus.normal[k]);
    assert_memory_equal(a->plus.basis, b->plus.basis, 9 * sizeof(size_t));
    nd_subspaces_destroy(ctx, a);
    nd_subspaces_destroy(ctx, b);
    nd_ctx_destroy(ctx);
}

/* Exponents of all sizes: right or unknown, and soon. */
static void test_hostile(void **state)
{
    static double x[80 * 40], y[80];
    nd_rng r = nd_rng_make(23, 5);
    nd_ctx *ctx = nd_ctx_create(NULL);

    (void)state;
    for (int trial = 0; trial < 30; trial++) {
        size_t n = 2 + nd_rng_below(&r, 78), d = 1 + nd_rng_below(&r, 40);
        nd_table t = {.n = n, .d = d, .x = x, .y = y};
        nd_subspaces *s;

        for (size_t k = 0; k < n * d; k++)
            x[k] = ldexp(nd_rng_uniform(&r) - 0.5, (int)nd_rng_below(&r, 2000) - 1000);
        for (size_t i = 0; i < n; i++) y[i] = i % 2 ? 1.0 : -1.0;
        nd_assert_ok(ctx, nd_subspaces_find(ctx, &t, trial % 2, 5.0, &s));
        /* generic points: full ranks, whatever their sizes */
        assert_int_equal(s->plus.rank, n / 2 < s->D ? n / 2 : s->D);
        assert_int_equal(s->rank, n < s->D ? n : s->D);
        if (s->plus.outside != ND_UNKNOWN)
            assert_int_equal(s->plus.outside, n / 2 < s->D ? ND_PROVED : ND_REFUTED);
        nd_subspaces_destroy(ctx, s);
    }
    nd_ctx_destroy(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_xor),
        cmocka_unit_test(test_between),
        cmocka_unit_test(test_combination),
        cmocka_unit_test(test_one_class),
        cmocka_unit_test(test_brute_force),
        cmocka_unit_test(test_one_ulp),
        cmocka_unit_test(test_long),
        cmocka_unit_test(test_low_rank),
        cmocka_unit_test(test_unlucky_prime),
        cmocka_unit_test(test_wrong_normal),
        cmocka_unit_test(test_wrong_combination),
        cmocka_unit_test(test_allocations),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_sparse_and_threads),
        cmocka_unit_test(test_hostile),
    };

    if (!nd_exact_available()) return 0; /* then everything is unknown */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
