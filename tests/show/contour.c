/* Contours of functions whose lines and areas are known. */
#include "support.h"

#include <nadir/show.h>

enum { N = 101 };

static double z[N * N];

/* The grid covers [-1, 1]^2. */
static double at(size_t i)
{
    return -1.0 + 2.0 * (double)i / (N - 1);
}

static nd_grid fill(double (*f)(double x, double y))
{
    for (size_t j = 0; j < N; j++)
        for (size_t i = 0; i < N; i++) z[j * N + i] = f(at(i), at(j));
    return (nd_grid){N, N, z};
}

static double bowl(double x, double y)
{
    return x * x + y * y;
}

static double saddle(double x, double y)
{
    return x * y;
}

static double two_wells(double x, double y)
{
    double u = x * x - 0.25;

    return u * u + y * y;
}

static double slope(double x, double y)
{
    return x + 0.5 * y;
}

/* Grid units to those of [-1, 1]^2. */
static double area(const nd_contour *c)
{
    return nd_contour_area(c) * 4.0 / ((N - 1.0) * (N - 1.0));
}

static nd_contour find(nd_ctx *ctx, nd_grid g, double level, bool filled)
{
    nd_contour c;

    nd_assert_ok(ctx, nd_contour_find(ctx, g, level, filled, &c));
    return c;
}

static void test_circle(void **state)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    nd_grid g = fill(bowl);
    nd_contour c = find(ctx, g, 0.49, false);
    double disc = 4.0 * atan(1.0) * 0.49;

    (void)state;
    assert_int_equal(c.pieces, 1);
    assert_true(c.closed[0]);
    nd_assert_close(area(&c), -disc, 1e-3, 0); /* the high side to the left: clockwise */
    for (size_t k = 0; k < c.start[1]; k++) {
        double x = -1.0 + 2.0 * c.xy[2 * k] / (N - 1), y = -1.0 + 2.0 * c.xy[2 * k + 1] / (N - 1);
        nd_assert_close(hypot(x, y), 0.7, 2e-4, 0);
    }
    nd_contour_clear(ctx, &c);
    c = find(ctx, g, 0.49, true); /* the square with a hole */
    assert_int_equal(c.pieces, 2);
    nd_assert_close(area(&c), 4.0 - disc, 1e-3, 0);
    nd_contour_clear(ctx, &c);
    nd_ctx_destroy(ctx);
}

/* Low side in two pieces below the pass at height 1/16, in one above it. */
static void test_wells_join_at_the_pass(void **state)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    nd_grid g = fill(two_wells);
    nd_contour low = find(ctx, g, 0.06, false), high = find(ctx, g, 0.065, false);

    (void)state;
    assert_int_equal(low.pieces, 2);
    assert_int_equal(high.pieces, 1);
    nd_contour_clear(ctx, &low);
    nd_contour_clear(ctx, &high);
    nd_ctx_destroy(ctx);
}

/* One cell with a saddle: its value at the middle decides. */
static void test_saddle_cell(void **state)
{
    static const double high[] = {1, 0, 0, 1}, sharp[] = {1, 0, 0, 0.2};
    nd_ctx *ctx = nd_ctx_create(NULL);
    const nd_grid g = {2, 2, high}, h = {2, 2, sharp};
    nd_contour joined = find(ctx, g, 0.4, true), apart = find(ctx, g, 0.6, true);

    (void)state;
    assert_int_equal(joined.pieces, 1);
    assert_int_equal(apart.pieces, 2);
    nd_contour_clear(ctx, &joined);
    nd_contour_clear(ctx, &apart);
    /* (1 * 0.2 - 0) / 1.2 = 0.1666..: the mean of the corners, 0.3, would err here. */
    joined = find(ctx, h, 0.16, true);
    apart = find(ctx, h, 0.19, true);
    assert_int_equal(joined.pieces, 1);
    assert_int_equal(apart.pieces, 2);
    nd_contour_clear(ctx, &joined);
    nd_contour_clear(ctx, &apart);
    nd_ctx_destroy(ctx);
}

static void test_hyperbola(void **state)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    nd_grid g = fill(saddle);
    nd_contour c = find(ctx, g, 0.25, false), f = find(ctx, g, 0.25, true);

    (void)state;
    assert_int_equal(c.pieces, 2);
    assert_false(c.closed[0]);
    assert_false(c.closed[1]);
    assert_int_equal(f.pieces, 2);
    /* {xy >= 1/4}: twice the integral of 1 - 1/(4x) over [1/4, 1]. */
    nd_assert_close(area(&f), 2.0 * (0.75 - 0.25 * log(4.0)), 1e-3, 0);
    nd_contour_clear(ctx, &c);
    nd_contour_clear(ctx, &f);
    nd_ctx_destroy(ctx);
}

/* Linear functions have straight lines and exact areas, whatever the level: also where
 * values of the grid equal it. */
static void test_plane(void **state)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    nd_grid g = fill(slope);

    (void)state;
    for (int k = -14; k <= 14; k++) {
        double t = k / 10.0, cut = 1.5 - fabs(t);
        nd_contour c = find(ctx, g, t, false), f = find(ctx, g, t, true);
        /* x + y/2 < t cuts off a trapezoid or a triangle */
        double small = fabs(t) <= 0.5 ? 2.0 * (1.0 + (t < 0 ? t : -t)) : cut * cut;
        assert_int_equal(c.pieces, 1);
        assert_false(c.closed[0]);
        nd_assert_close(area(&f), t > 0 ? small : 4.0 - small, 1e-12, 1);
        nd_contour_clear(ctx, &c);
        nd_contour_clear(ctx, &f);
    }
    nd_ctx_destroy(ctx);
}

static void test_extremes(void **state)
{
    static const double flat[] = {3, 3, 3, 3, 3, 3}, holes[] = {0, 1, NAN, 0, 1, INFINITY};
    nd_ctx *ctx = nd_ctx_create(NULL);
    const nd_grid a = {3, 2, flat}, b = {3, 2, holes}, thin = {1, 6, flat};
    nd_contour c = find(ctx, a, 3.0, true);

    (void)state;
    assert_int_equal(c.pieces, 1);
    nd_assert_close(nd_contour_area(&c), 2.0, 1e-15, 0);
    nd_contour_clear(ctx, &c);
    c = find(ctx, a, 3.5, true);
    assert_int_equal(c.pieces, 0);
    nd_contour_clear(ctx, &c);
    c = find(ctx, b, 0.5, true); /* NaN and infinity are high */
    nd_assert_close(nd_contour_area(&c), 1.5, 1e-15, 0);
    nd_contour_clear(ctx, &c);
    nd_assert_status(ctx, nd_contour_find(ctx, thin, 1.0, false, &c), ND_EDIM);
    nd_ctx_destroy(ctx);
}

/* The area of random grids agrees with counting fine squares of the interpolant. */
static void test_random_grids(void **state)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    nd_rng r = nd_rng_make(7, 0);

    (void)state;
    for (int trial = 0; trial < 30; trial++) {
        double v[12];
        size_t inside = 0, fine = 400;
        for (size_t k = 0; k < 12; k++) v[k] = nd_rng_uniform(&r);
        nd_contour c = find(ctx, (nd_grid){4, 3, v}, 0.5, true);
        for (size_t q = 0; q < 2 * fine; q++)
            for (size_t p = 0; p < 3 * fine; p++) {
                double x = ((double)p + 0.5) / (double)fine, y = ((double)q + 0.5) / (double)fine;
                const double *w = v + (q / fine) * 4 + p / fine;
                x -= floor(x), y -= floor(y);
                double f = (1 - y) * ((1 - x) * w[0] + x * w[1]) + y * ((1 - x) * w[4] + x * w[5]);
                inside += f >= 0.5;
            }
        /* chords instead of arcs of hyperbolas: at most 0.12 of a cell each */
        double exact = (double)inside / (double)(fine * fine);
        assert_true(fabs(nd_contour_area(&c) - exact) < 6 * 0.12);
        for (size_t k = 0; k < c.pieces; k++) assert_true(c.closed[k]);
        nd_contour_clear(ctx, &c);
    }
    nd_ctx_destroy(ctx);
}

static nd_status scenario(nd_ctx *ctx, void *arg)
{
    nd_contour c;
    nd_status status = nd_contour_find(ctx, *(nd_grid *)arg, 0.3, true, &c);

    if (status == ND_OK) nd_contour_clear(ctx, &c);
    return status;
}

static void test_memory(void **state)
{
    nd_grid g = fill(saddle);

    (void)state;
    nd_test_every_allocation(scenario, &g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_circle),       cmocka_unit_test(test_wells_join_at_the_pass),
        cmocka_unit_test(test_saddle_cell),  cmocka_unit_test(test_hyperbola),
        cmocka_unit_test(test_plane),        cmocka_unit_test(test_extremes),
        cmocka_unit_test(test_random_grids), cmocka_unit_test(test_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
