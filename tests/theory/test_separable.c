/* Linear separability: witnesses for both answers.
 * EVIDENCE: include/nadir/theory.h, nd_separable; docs/conditions.md, sections 1 and 2. */
#include <nadir/num.h>
#include <nadir/theory.h>

#include "../support.h"
#include "theory/exact.h"
#include "theory/separable.h"

typedef struct {
    const char *name, *positive;
    bool standard, bias, separable;
} golden_set;

#include "golden_separable.h"

/* The answer, its witness tested, freed. */
static nd_truth decide(const nd_table *t, bool bias)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    nd_separation *s;
    nd_truth truth, check;

    nd_assert_ok(ctx, nd_separable(ctx, t, bias, 60.0, &s));
    nd_assert_ok(ctx, nd_separation_check(ctx, t, s, &check));
    truth = s->truth;
    if (truth == ND_UNKNOWN) {
        assert_non_null(s->reason);
        assert_int_equal(check, ND_UNKNOWN);
    } else {
        assert_null(s->reason);
        assert_int_equal(check, ND_PROVED);
    }
    nd_separation_destroy(ctx, s);
    nd_ctx_destroy(ctx);
    return truth;
}

static void expect(const nd_table *t, bool bias, nd_truth truth)
{
    assert_int_equal(decide(t, bias), truth);
}

/* ---- decided by hand ---------------------------------------------------------------------- */

/* A refutation with exactly these samples and coefficients. */
static void expect_circuit(const nd_table *t, bool bias, size_t m, const size_t *index,
                           const char *const *exact)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    nd_separation *s;
    double sum = 0.0;

    nd_assert_ok(ctx, nd_separable(ctx, t, bias, 60.0, &s));
    assert_int_equal(s->truth, ND_REFUTED);
    assert_int_equal(s->m, m);
    assert_int_equal(s->n, t->n);
    assert_int_equal(s->d, t->d);
    for (size_t k = 0; k < m; k++) {
        assert_int_equal(s->index[k], index[k]);
        assert_string_equal(s->exact[k], exact[k]);
        sum += s->c[k];
    }
    nd_assert_close(sum, 1.0, 1e-14, 0.0);
    nd_separation_destroy(ctx, s);
    nd_ctx_destroy(ctx);
}

static void test_by_hand(void **state)
{
    double line[3] = {1, 2, 4}, y3[3] = {1, -1, 1};
    double xor [8] = {1, 1, -1, -1, 1, -1, -1, 1}, y4[4] = {1, 1, -1, -1};
    nd_table t = {.n = 2, .d = 1, .x = line, .y = y3};
    nd_table q = {.n = 4, .d = 2, .x = xor, .y = y4};

    (void)state;
    expect(&t, true, ND_PROVED);
    expect_circuit(&t, false, 2, (size_t[]){0, 1}, (const char *[]){"2", "1"});
    t.n = 3; /* 2 (1) - 3 (2) + 1 (4) = 0, 2 - 3 + 1 = 0 */
    expect_circuit(&t, true, 3, (size_t[]){0, 1, 2}, (const char *[]){"2", "3", "1"});
    expect_circuit(&q, true, 4, (size_t[]){0, 1, 2, 3}, (const char *[]){"1", "1", "1", "1"});
    q.n = 3; /* x and -x with one label: no line through the origin */
    expect(&q, true, ND_PROVED);
    expect_circuit(&q, false, 2, (size_t[]){0, 1}, (const char *[]){"1", "1"});
}

static void test_plain_cases(void **state)
{
    double x[8] = {3, 0.25, 1, 1, 3, 0.25, 0.0, -0.0}, y[4] = {1, 1, -1, -1};
    double one[4] = {-1, -1, -1, -1};
    nd_table t = {.n = 4, .d = 2, .x = x, .y = y};

    (void)state;
    expect_circuit(&t, true, 2, (size_t[]){0, 2}, (const char *[]){"1", "1"});
    expect_circuit(&t, false, 1, (size_t[]){3}, (const char *[]){"1"}); /* the zero sample */
    t.y = one;
    expect(&t, true, ND_PROVED); /* one class only */
    t = (nd_table){.n = 1, .d = 1, .x = x, .y = y};
    expect(&t, true, ND_PROVED);
    expect(&t, false, ND_PROVED);
    t = (nd_table){.n = 3, .d = 0, .x = x, .y = y};
    expect_circuit(&t, true, 2, (size_t[]){0, 2}, (const char *[]){"1", "1"});
    expect_circuit(&t, false, 1, (size_t[]){0}, (const char *[]){"1"});
}

/* ---- against brute force --------------------------------------------------------------------- */

static int64_t gcd64(int64_t a, int64_t b)
{
    while (b != 0) {
        int64_t r = a % b;

        a = b;
        b = r;
    }
    return a < 0 ? -a : a;
}

/* One-dimensional null space with a vector > 0 of the k columns of a (rows D)?  By
 * fraction-free elimination of integers. */
static bool positive_null(size_t D, size_t k, int64_t a[4][5])
{
    size_t pivot[4], rank = 0, freecol = k;
    int sign = 0;

    for (size_t c = 0; c < k; c++) {
        size_t r = rank;

        while (r < D && a[r][c] == 0) r++;
        if (r == D) {
            if (freecol < k) return false; /* two free columns */
            freecol = c;
            continue;
        }
        for (size_t j = 0; j < k; j++) {
            int64_t h = a[r][j];
            a[r][j] = a[rank][j];
            a[rank][j] = h;
        }
        for (size_t i = 0; i < D; i++) {
            int64_t f = a[i][c], g = 0;

            if (i == rank || f == 0) continue;
            for (size_t j = 0; j < k; j++) {
                a[i][j] = a[i][j] * a[rank][c] - a[rank][j] * f;
                g = gcd64(g, a[i][j]);
            }
            for (size_t j = 0; g > 1 && j < k; j++) a[i][j] /= g;
        }
        pivot[rank++] = c;
    }
    if (freecol == k) return false;
    for (size_t r = 0; r < rank; r++) { /* a_rp z_p + a_rf z_f = 0, z_f = 1 */
        int64_t p = a[r][pivot[r]], f = a[r][freecol];

        sign = p > 0 ? (f < 0) : (f > 0);
        if (!sign) return false;
    }
    return true;
}

/* Not separable just when some set of at most D + 1 signed samples has a positive
 * combination that is 0 (Gordan, Caratheodory).  x in units of 1/8. */
static bool brute_separable(size_t n, size_t d, const double *x, const double *y, bool bias)
{
    size_t D = d + (bias ? 1 : 0);

    for (unsigned set = 1; set < 1u << n; set++) {
        int64_t a[4][5] = {{0}};
        size_t k = 0;

        if ((size_t)__builtin_popcount(set) > D + 1) continue;
        for (size_t i = 0; i < n; i++) {
            if (!(set >> i & 1)) continue;
            for (size_t j = 0; j < d; j++) a[j][k] = (int64_t)(8.0 * y[i] * x[i * d + j]);
            if (bias) a[d][k] = (int64_t)(8.0 * y[i]);
            k++;
        }
        if (positive_null(D, k, a)) return false;
    }
    return true;
}

static void test_brute_force(void **state)
{
    nd_rng r = nd_rng_make(2024, 1);
    size_t count[2] = {0, 0};

    (void)state;
    for (int trial = 0; trial < 3000; trial++) {
        double x[30], y[10];
        size_t n = 1 + nd_rng_below(&r, 8), d = 1 + nd_rng_below(&r, 3);
        size_t range = 2 + nd_rng_below(&r, 6);
        nd_table t = {.n = n, .d = d, .x = x, .y = y};

        for (size_t i = 0; i < n; i++) y[i] = nd_rng_below(&r, 2) ? 1.0 : -1.0;
        for (size_t k = 0; k < n * d; k++)
            x[k] = ((double)nd_rng_below(&r, 2 * range + 1) - (double)range) *
                   ldexp(1.0, (int)nd_rng_below(&r, 5) - 3);
        for (int bias = 0; bias < 2; bias++) {
            bool sep = brute_separable(n, d, x, y, bias);

            count[sep]++;
            expect(&t, bias, sep ? ND_PROVED : ND_REFUTED);
        }
    }
    assert_true(count[0] > 1000 && count[1] > 1000);
}

/* ---- separable, or not, by one ulp ----------------------------------------------------------- */

/* d positives with last coordinate 1, a negative in their middle with last coordinate
 * 1 + k ulp, and one far below, at last coordinate 0: separable just when k < 0.  At
 * k = -1 the two thresholds are neighbouring doubles (1 - 2^-53 and 1), and u t + v has no
 * double v between them for any double u: the answer may be unknown, not wrong. */
static nd_truth facet(size_t d, int ulps, uint64_t seed)
{
    double x[12 * 10], y[12];
    nd_rng r = nd_rng_make(seed, d);
    nd_table t = {.n = d + 2, .d = d, .x = x, .y = y};
    double *mid = x + d * d, *low = x + (d + 1) * d, h = 1.0;

    for (size_t k = 0; k < d; k++) mid[k] = low[k] = 0.0;
    for (size_t i = 0; i < d; i++) {
        y[i] = 1.0;
        for (size_t k = 0; k + 1 < d; k++) {
            x[i * d + k] = ldexp((double)nd_rng_below(&r, 2097152) - 1048576.0, -15);
            mid[k] += x[i * d + k] * ldexp(1.0, -(int)(i + 1 < d ? i + 1 : d - 1));
        }
        x[i * d + d - 1] = 1.0;
    }
    for (int k = 0; k < abs(ulps); k++) h = nextafter(h, ulps > 0 ? 2.0 : 0.0);
    mid[d - 1] = h;
    y[d] = y[d + 1] = -1.0;
    return decide(&t, true);
}

static void test_one_ulp(void **state)
{
    (void)state;
    for (size_t d = 2; d <= 8; d++)
        for (uint64_t seed = 0; seed < 5; seed++)
            for (int ulps = -2; ulps <= 2; ulps++) {
                nd_truth truth = facet(d, ulps, seed);

                if (ulps == -1)
                    assert_int_not_equal(truth, ND_REFUTED);
                else
                    assert_int_equal(truth, ulps < 0 ? ND_PROVED : ND_REFUTED);
            }
}

/* On the line: a < b, one ulp apart, and neighbours of different labels. */
static void test_neighbours(void **state)
{
    nd_rng r = nd_rng_make(5, 0);

    (void)state;
    for (int trial = 0; trial < 200; trial++) {
        double a = ldexp(nd_rng_uniform(&r) - 0.5, (int)nd_rng_below(&r, 80) - 40);
        double x[3] = {a, nextafter(a, INFINITY), 0.0}, y[3] = {1, -1, 1};
        nd_table t = {.n = 2, .d = 1, .x = x, .y = y};

        expect(&t, true, ND_PROVED);
        x[2] = nextafter(x[1], INFINITY);
        t.n = 3;
        expect(&t, true, ND_REFUTED);
        y[2] = -1.0;
        expect(&t, true, ND_PROVED);
    }
}

/* Points at distance eps from a random hyperplane, on their own side. */
static void random_gap(nd_rng *r, size_t n, size_t d, double eps, double *x, double *y)
{
    double w[40], norm = 0.0;

    for (size_t k = 0; k < d; k++) {
        w[k] = nd_rng_normal(r);
        norm += w[k] * w[k];
    }
    for (size_t k = 0; k < d; k++) w[k] /= sqrt(norm);
    for (size_t i = 0; i < n; i++) {
        double s = 0.0;

        for (size_t k = 0; k < d; k++) {
            x[i * d + k] = nd_rng_normal(r);
            s += w[k] * x[i * d + k];
        }
        y[i] = s > 0.0 ? 1.0 : -1.0;
        s = y[i] * (i < 5 * d ? eps : fabs(s) + eps) - s;
        for (size_t k = 0; k < d; k++) x[i * d + k] += s * w[k];
    }
}

static void test_small_gaps(void **state)
{
    static double x[800 * 30], y[800];
    nd_rng r = nd_rng_make(77, 3);

    (void)state;
    for (size_t d = 5; d <= 30; d += 25)
        for (int e = 3; e <= 12; e += 3) {
            double eps = pow(10.0, -e);
            nd_table t = {.n = 800, .d = d, .x = x, .y = y};
            nd_ctx *ctx = nd_ctx_create(NULL);
            nd_separation *s;

            random_gap(&r, t.n, d, eps, x, y);
            nd_assert_ok(ctx, nd_separable(ctx, &t, true, 60.0, &s));
            assert_int_equal(s->truth, ND_PROVED);
            /* 5 d points at eps fix the hyperplane: the largest margin is hardly more */
            assert_true(s->margin > 0.8 * eps && s->margin < 3.0 * eps);
            nd_separation_destroy(ctx, s);
            nd_ctx_destroy(ctx);
            for (size_t i = 0; i < 5 * d; i += 2) y[i] = -y[i]; /* now by -eps */
            expect(&t, true, ND_REFUTED);
        }
}

/* ---- data ------------------------------------------------------------------------------------- */

static void test_data(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof golden_sets / sizeof *golden_sets; k++) {
        const golden_set *g = &golden_sets[k];
        nd_ctx *ctx = nd_ctx_create(NULL);
        nd_read_options opt = {.positive = g->positive};
        nd_scaler *scaler = NULL;
        nd_table *t;
        char file[512];

        snprintf(file, sizeof file, ND_SOURCE_DIR "/data/%s", g->name);
        nd_assert_ok(ctx, nd_table_read(ctx, file, &opt, &t));
        if (g->standard) {
            nd_assert_ok(ctx, nd_scaler_fit(ctx, ND_SCALE_STANDARD, t, &scaler));
            nd_assert_ok(ctx, nd_scaler_apply(ctx, scaler, t));
        }
        if (decide(t, g->bias) != (g->separable ? ND_PROVED : ND_REFUTED))
            fail_msg("%s, %s, %s", g->name, g->standard ? "standard" : "raw",
                     g->bias ? "bias" : "no bias");
        nd_scaler_destroy(ctx, scaler);
        nd_table_destroy(ctx, t);
        nd_ctx_destroy(ctx);
    }
}

/* The same samples, sparse: the same witness. */
static void test_sparse(void **state)
{
    enum { N = 60, D = 12 };
    double x[N * D], y[N], val[N * D];
    size_t row[N + 1] = {0}, p = 0;
    uint32_t col[N * D];
    nd_table t = {.n = N, .d = D, .x = x, .y = y}, q = {.n = N, .d = D, .y = y};
    nd_ctx *ctx = nd_ctx_create(NULL);
    nd_rng r = nd_rng_make(9, 9);
    nd_separation *a, *b;

    (void)state;
    for (size_t i = 0; i < N; i++) {
        y[i] = nd_rng_below(&r, 2) ? 1.0 : -1.0;
        for (uint32_t k = 0; k < D; k++) {
            x[i * D + k] = nd_rng_below(&r, 3) ? 0.0 : nd_rng_normal(&r);
            if (x[i * D + k] == 0.0) continue;
            col[p] = k;
            val[p++] = x[i * D + k];
        }
        row[i + 1] = p;
    }
    q.row = row;
    q.col = col;
    q.val = val;
    for (int bias = 0; bias < 2; bias++) {
        nd_truth check;

        nd_assert_ok(ctx, nd_separable(ctx, &t, bias, 60.0, &a));
        nd_assert_ok(ctx, nd_separable(ctx, &q, bias, 60.0, &b));
        assert_int_equal(a->truth, ND_REFUTED);
        assert_int_equal(b->truth, ND_REFUTED);
        assert_int_equal(a->m, b->m);
        assert_memory_equal(a->index, b->index, a->m * sizeof *a->index);
        nd_assert_ok(ctx, nd_separation_check(ctx, &q, a, &check));
        assert_int_equal(check, ND_PROVED);
        nd_separation_destroy(ctx, a);
        nd_separation_destroy(ctx, b);
    }
    nd_ctx_destroy(ctx);
}

/* More entries than the matrix of points may have: descent first. */
static void test_large(void **state)
{
    enum { N = 30000, D = 2000, NZ = 12 };
    double *val = malloc(sizeof *val * N * NZ), *y = malloc(sizeof *y * N), w[D];
    size_t *row = malloc(sizeof *row * (N + 1)), p = 0;
    uint32_t *col = malloc(sizeof *col * N * NZ);
    nd_rng r = nd_rng_make(6, 6);
    nd_table t = {.n = N, .d = D, .row = row, .col = col, .val = val, .y = y};

    (void)state;
    for (size_t k = 0; k < D; k++) w[k] = nd_rng_normal(&r);
    row[0] = 0;
    for (size_t i = 0; i < N; i++) {
        uint32_t c = (uint32_t)nd_rng_below(&r, D - 10 * NZ);
        double s = 0.0;

        for (size_t k = 0; k < NZ; k++, p++) {
            c += 1 + (uint32_t)nd_rng_below(&r, 9);
            col[p] = c;
            val[p] = nd_rng_normal(&r);
            s += w[c] * val[p];
        }
        y[i] = s > 0.0 ? 1.0 : -1.0;
        row[i + 1] = p;
    }
    expect(&t, true, ND_PROVED);
    for (size_t k = 0; k < NZ; k++) { /* the last sample becomes the first */
        col[p - NZ + k] = col[k];
        val[p - NZ + k] = val[k];
    }
    y[N - 1] = -y[0];
    expect(&t, true, ND_REFUTED);
    free(val);
    free(y);
    free(row);
    free(col);
}

/* ---- the bound of the rounding errors ------------------------------------------------------- */

/* Integers of up to 40 bits: the exact sum fits 128 bits.  Heavy cancellation. */
static void test_projections(void **state)
{
    enum { D = 24, N = 400 };
    static double x[N * D];
    static nd_projection p[N];
    double u[D], tight = 0.0;
    nd_table t = {.n = N, .d = D, .x = x};
    nd_ctx *ctx = nd_ctx_create(NULL);
    nd_rng r = nd_rng_make(4, 4);

    (void)state;
    for (size_t k = 0; k < D; k++) u[k] = (double)(nd_rng_u64(&r) >> 24) - 0x1p39;
    for (size_t i = 0; i < N * D; i++) x[i] = (double)(nd_rng_u64(&r) >> 24) - 0x1p39;
    for (size_t i = 0; i < N; i++) /* pairs that nearly cancel */
        for (size_t k = 0; k + 1 < D && i % 2; k += 2) {
            x[i * D + k] = u[k + 1];
            x[i * D + k + 1] = -u[k] + (k == 4 ? 1.0 : 0.0);
        }
    nd_assert_ok(ctx, nd_projections(ctx, &t, u, p));
    for (size_t i = 0; i < N; i++) {
        __int128 s = 0;
        double diff;

        for (size_t k = 0; k < D; k++) s += (__int128)(int64_t)u[k] * (int64_t)x[i * D + k];
        diff = (double)(s - (__int128)p[i].f - (__int128)p[i].g);
        if (!(fabs(diff) <= p[i].e)) fail_msg("row %zu: error %g, bound %g", i, diff, p[i].e);
        tight = fmax(tight, p[i].e / fmax(fabs(p[i].f), 1.0));
    }
    assert_true(tight < 1e-14); /* a plain sum would be off by far more than the odd rows */
    x[0] = 1e308;
    u[0] = 1e308;
    nd_assert_ok(ctx, nd_projections(ctx, &t, u, p));
    assert_true(isinf(p[0].e));
    nd_ctx_destroy(ctx);
}

/* ---- wrong witnesses --------------------------------------------------------------------------- */

static nd_truth check(nd_ctx *ctx, const nd_table *t, const nd_separation *s)
{
    nd_truth truth = ND_UNKNOWN;

    nd_assert_ok(ctx, nd_separation_check(ctx, t, s, &truth));
    return truth;
}

static void corrupt_separator(nd_ctx *ctx, const nd_table *t, const nd_separation *good)
{
    double u[2], zero[2] = {0.0, 0.0};
    nd_separation s = *good;

    s.u = u;
    for (size_t k = 0; k < 2; k++) {
        for (size_t j = 0; j < 2; j++) u[j] = good->u[j];
        u[k] = -u[k];
        assert_int_equal(check(ctx, t, &s), ND_REFUTED);
        u[k] = NAN;
        assert_int_equal(check(ctx, t, &s), ND_REFUTED);
        u[k] = INFINITY;
        assert_int_equal(check(ctx, t, &s), ND_REFUTED);
    }
    s = *good;
    s.v += 100.0;
    assert_int_equal(check(ctx, t, &s), ND_REFUTED);
    s = *good;
    s.margin = nextafter(s.margin, INFINITY);
    assert_int_equal(check(ctx, t, &s), ND_REFUTED);
    s.margin = 0.0;
    assert_int_equal(check(ctx, t, &s), ND_REFUTED);
    s = *good;
    s.u = zero;
    assert_int_equal(check(ctx, t, &s), ND_REFUTED);
    s = *good;
    s.bias = false; /* but v != 0 */
    assert_int_equal(check(ctx, t, &s), ND_REFUTED);
}

static void test_wrong_separator(void **state)
{
    double x[8] = {3, 1, 2, 4, -1, -2, 0.5, -3}, y[4] = {1, 1, -1, -1};
    nd_table t = {.n = 4, .d = 2, .x = x, .y = y}, part = {.n = 3, .d = 2, .x = x, .y = y};
    nd_ctx *ctx = nd_ctx_create(NULL);
    nd_separation *s;
    nd_truth truth;

    (void)state;
    nd_assert_ok(ctx, nd_separable(ctx, &t, true, 60.0, &s));
    assert_int_equal(check(ctx, &t, s), ND_PROVED);
    corrupt_separator(ctx, &t, s);
    y[1] = -1.0;
    assert_int_equal(check(ctx, &t, s), ND_REFUTED);
    nd_assert_status(ctx, nd_separation_check(ctx, &part, s, &truth), ND_EDIM);
    nd_separation_destroy(ctx, s);
    nd_ctx_destroy(ctx);
}

static void test_wrong_circuit(void **state)
{
    static const char *const bad[] = {"4", "0", "-3", "3x", "", " 3", "3.0", "+3", NULL};
    double x[4] = {1, 2, 4, 9}, y[4] = {1, -1, 1, 1}, c[3] = {2.0 / 6, 3.0 / 6, 1.0 / 6};
    char *exact[3] = {(char[]){"2"}, (char[]){"3"}, (char[]){"1"}};
    char *twice[3] = {(char[]){"4"}, (char[]){"6"}, (char[]){"2"}};
    size_t index[3] = {0, 1, 2};
    nd_table t = {.n = 4, .d = 1, .x = x, .y = y};
    nd_separation s = {.truth = ND_REFUTED, .bias = true, .n = 4, .d = 1, .m = 3};
    nd_ctx *ctx = nd_ctx_create(NULL);
    char text[8];

    (void)state;
    s.index = index;
    s.c = c;
    s.exact = exact;
    assert_int_equal(check(ctx, &t, &s), ND_PROVED);
    s.exact = NULL;
    assert_int_equal(check(ctx, &t, &s), ND_PROVED);
    for (int with = 0; with < 2; with++) {
        s.exact = with ? exact : NULL;
        index[2] = 3;
        assert_int_equal(check(ctx, &t, &s), ND_REFUTED);
        index[2] = 4;
        assert_int_equal(check(ctx, &t, &s), ND_REFUTED);
        index[2] = 1;
        assert_int_equal(check(ctx, &t, &s), ND_REFUTED);
        index[2] = 2;
        c[0] *= 1.0 + 1e-9;
        assert_int_equal(check(ctx, &t, &s), ND_REFUTED);
        c[0] = NAN;
        assert_int_equal(check(ctx, &t, &s), ND_REFUTED);
        c[0] = 2.0 / 6;
        s.m = 2;
        assert_int_equal(check(ctx, &t, &s), ND_REFUTED);
        s.m = 0;
        assert_int_equal(check(ctx, &t, &s), ND_REFUTED);
        s.m = 3;
        y[1] = 1.0;
        assert_int_equal(check(ctx, &t, &s), ND_REFUTED);
        y[1] = -1.0;
        s.bias = false; /* 2 - 6 + 4 = 0 holds without the bias, too, but is no circuit */
        assert_int_equal(check(ctx, &t, &s), with ? ND_PROVED : ND_REFUTED);
        s.bias = true;
    }
    s.exact = twice;
    assert_int_equal(check(ctx, &t, &s), ND_REFUTED);
    s.exact = exact;
    for (size_t k = 0; bad[k]; k++) {
        strcpy(text, bad[k]);
        exact[1] = text;
        assert_int_equal(check(ctx, &t, &s), ND_REFUTED);
    }
    nd_ctx_destroy(ctx);
}

/* Sums that are zero, but not with positive coefficients only. */
static void test_wrong_signs(void **state)
{
    double x[3] = {1, 2, 5}, y[3] = {1, -1, 1}, c[3] = {2.0 / 3, 1.0 / 3, 0.0};
    char *exact[3] = {(char[]){"2"}, (char[]){"1"}, (char[]){"0"}};
    size_t index[3] = {0, 1, 2};
    nd_table t = {.n = 3, .d = 1, .x = x, .y = y};
    nd_separation s = {.truth = ND_REFUTED, .n = 3, .d = 1, .m = 3, .index = index, .c = c};
    nd_ctx *ctx = nd_ctx_create(NULL);
    nd_exact_rows rows = {&t, false, true, 2, index};
    nd_circuit found = {0};
    nd_truth truth;

    (void)state;
    s.exact = exact;
    assert_int_equal(check(ctx, &t, &s), ND_REFUTED);
    s.m = 2;
    assert_int_equal(check(ctx, &t, &s), ND_PROVED);
    y[1] = 1.0; /* 2 (1) - 1 (2) = 0 */
    exact[1] = (char[]){"-1"};
    c[0] = 2.0;
    c[1] = -1.0;
    assert_int_equal(check(ctx, &t, &s), ND_REFUTED);
    nd_assert_ok(ctx, nd_exact_circuit(ctx, &rows, INFINITY, &truth, &found));
    assert_int_equal(truth, ND_REFUTED);
    y[1] = -1.0;
    nd_assert_ok(ctx, nd_exact_circuit(ctx, &rows, INFINITY, &truth, &found));
    assert_int_equal(truth, ND_PROVED);
    nd_circuit_clear(ctx, &found);
    nd_ctx_destroy(ctx);
}

/* ---- failures, limits, threads ------------------------------------------------------------------ */

static nd_status scenario(nd_ctx *ctx, void *arg)
{
    const nd_table *t = arg;
    nd_separation *s;
    nd_truth truth;
    nd_status status = nd_separable(ctx, t, true, 60.0, &s);

    if (status != ND_OK) return status;
    status = nd_separation_check(ctx, t, s, &truth);
    nd_separation_destroy(ctx, s);
    return status;
}

static void test_allocations(void **state)
{
    double ulp = nextafter(1.0, 2.0);
    double sep[6] = {0, 0, 1, 1, 2, 0}, fail[6] = {0, 0, 1, 1, 2, 2}, dup[6] = {0, 0, 1, 1, 0, 0};
    double near[8] = {0, 1, 4, 1, 1, ulp, 0, 0}, y[4] = {1, -1, 1, -1};
    double yn[4] = {1, 1, -1, -1};
    nd_table t = {.n = 3, .d = 2, .x = sep, .y = y};

    (void)state;
    nd_test_every_allocation(scenario, &t);
    t.x = fail;
    nd_test_every_allocation(scenario, &t);
    t.x = dup;
    nd_test_every_allocation(scenario, &t);
    t = (nd_table){.n = 4, .d = 2, .x = near, .y = yn}; /* by exact pivoting */
    nd_test_every_allocation(scenario, &t);
    near[5] = 1.0 - 0x1p-53;
    nd_test_every_allocation(scenario, &t);
}

static bool stop(void *user)
{
    (void)user;
    return true;
}

static void test_errors(void **state)
{
    double x[3] = {1, 2, 4}, y[3] = {1, -1, 1};
    nd_table t = {.n = 3, .d = 1, .x = x};
    nd_ctx *ctx = nd_ctx_create(NULL);
    nd_separation *s = NULL;

    (void)state;
    nd_assert_status(ctx, nd_separable(ctx, &t, true, 1.0, &s), ND_EINPUT);
    nd_assert_message(ctx, "labels");
    t.y = y;
    nd_assert_status(ctx, nd_separable(ctx, &t, true, -1.0, &s), ND_ERANGE);
    nd_assert_status(ctx, nd_separable(ctx, &t, true, NAN, &s), ND_ERANGE);
    t.n = 0;
    nd_assert_status(ctx, nd_separable(ctx, &t, true, 1.0, &s), ND_EINPUT);
    t.n = 3;
    x[1] = NAN;
    nd_assert_status(ctx, nd_separable(ctx, &t, true, 1.0, &s), ND_ENUMERIC);
    x[1] = 2.0;
    nd_set_cancel(ctx, stop, NULL);
    nd_assert_status(ctx, nd_separable(ctx, &t, true, 1.0, &s), ND_ECANCEL);
    nd_set_cancel(ctx, NULL, NULL);
    assert_null(s);
    nd_assert_ok(ctx, nd_separable(ctx, &t, true, 0.0, &s)); /* no time: no answer */
    assert_int_equal(s->truth, ND_UNKNOWN);
    assert_non_null(s->reason);
    nd_separation_destroy(ctx, s);
    nd_separation_destroy(ctx, NULL);
    nd_ctx_destroy(ctx);
}

static void test_threads(void **state)
{
    static double x[900 * 20], y[900];
    nd_rng r = nd_rng_make(31, 1);
    nd_table t = {.n = 900, .d = 20, .x = x, .y = y};

    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        nd_separation *s[2];
        nd_ctx *ctx[2];

        random_gap(&r, t.n, t.d, 1e-5, x, y);
        for (size_t i = 0; kind == 1 && i < 30; i++) y[i] = -y[i];
        for (int k = 0; k < 2; k++) {
            ctx[k] = nd_ctx_create(NULL);
            nd_set_threads(ctx[k], k ? 5 : 1);
            nd_assert_ok(ctx[k], nd_separable(ctx[k], &t, true, 60.0, &s[k]));
        }
        assert_int_equal(s[0]->truth, kind ? ND_REFUTED : ND_PROVED);
        assert_int_equal(s[1]->truth, s[0]->truth);
        assert_int_equal(s[0]->m, s[1]->m);
        if (kind == 0) assert_memory_equal(s[0]->u, s[1]->u, t.d * sizeof(double));
        if (kind == 1) assert_memory_equal(s[0]->index, s[1]->index, s[0]->m * sizeof(size_t));
        if (kind == 1) assert_memory_equal(s[0]->c, s[1]->c, s[0]->m * sizeof(double));
        assert_memory_equal(&s[0]->margin, &s[1]->margin, sizeof(double));
        for (int k = 0; k < 2; k++) {
            nd_separation_destroy(ctx[k], s[k]);
            nd_ctx_destroy(ctx[k]);
        }
    }
}

/* Exponents of all sizes: an answer that is proved, or none, and soon. */
static void test_hostile(void **state)
{
    static double x[60 * 6], y[60];
    nd_rng r = nd_rng_make(13, 5);
    size_t decided = 0;

    (void)state;
    for (int trial = 0; trial < 60; trial++) {
        size_t n = 3 + nd_rng_below(&r, 50), d = 1 + nd_rng_below(&r, 6);
        int spread = trial % 3 == 0 ? 2000 : trial % 3 == 1 ? 600 : 100;
        nd_table t = {.n = n, .d = d, .x = x, .y = y};

        for (size_t k = 0; k < n * d; k++)
            x[k] =
                ldexp(nd_rng_uniform(&r) - 0.5, (int)nd_rng_below(&r, (size_t)spread) - spread / 2);
        for (size_t i = 0; i < n; i++) y[i] = nd_rng_below(&r, 2) ? 1.0 : -1.0;
        decided += decide(&t, trial % 2) != ND_UNKNOWN;
    }
    print_message("hostile magnitudes: %zu of 60 decided\n", decided);
    assert_true(decided >= 30);
    for (int k = 0; k < 4; k++) x[k] = k % 2 ? 1e300 : 1e-300;
    y[0] = 1.0;
    y[1] = -1.0;
    expect(&(nd_table){.n = 2, .d = 1, .x = x, .y = y}, true, ND_PROVED);
    expect(&(nd_table){.n = 2, .d = 1, .x = x, .y = y}, false, ND_REFUTED);
}

/* Without exact arithmetic: what needs none, and the rest unknown, never wrong. */
static void test_without(void **state)
{
    double x[6] = {0, 0, 1, 1, 2, 0}, y[3] = {1, -1, 1};
    nd_table t = {.n = 3, .d = 2, .x = x, .y = y};

    (void)state;
    expect(&t, true, ND_PROVED);
    x[5] = 2.0; /* on one line, the negative between */
    expect(&t, true, ND_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_plain_cases),
        cmocka_unit_test(test_brute_force),
        cmocka_unit_test(test_one_ulp),
        cmocka_unit_test(test_neighbours),
        cmocka_unit_test(test_small_gaps),
        cmocka_unit_test(test_data),
        cmocka_unit_test(test_sparse),
        cmocka_unit_test(test_large),
        cmocka_unit_test(test_projections),
        cmocka_unit_test(test_wrong_separator),
        cmocka_unit_test(test_wrong_circuit),
        cmocka_unit_test(test_wrong_signs),
        cmocka_unit_test(test_allocations),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_hostile),
    };

    const struct CMUnitTest without[] = {
        cmocka_unit_test(test_without),
        cmocka_unit_test(test_projections),
        cmocka_unit_test(test_errors),
    };

    if (!nd_exact_available()) return cmocka_run_group_tests(without, NULL, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
