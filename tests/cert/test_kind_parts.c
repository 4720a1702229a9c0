/* What the kinds constant-neuron and dual are made of: numbers and matrices with errors, the
 * constant that balances the classes, exact class means, the potential's Hessian over a ball. */
#include "cert/constant.h"
#include "cert/dual.h"
#include "cert/strict_support.h"

#include <nadir/num.h>

static const double between_x[] = {-1, 0, 1}, between_y[] = {1, -1, 1};

/* ---- numbers with errors, roots ------------------------------------------------------------ */

/* 2 x 2 and 3 x 3 matrices whose smallest eigenvalue is known, with errors just below and just
 * above what they bear; scaling by powers of two changes nothing. */
static void definite(void **state)
{
    const double scale[] = {1.0, 0x1p-300, 0x1p+200};

    (void)state;
    for (int k = 0; k < 3; k++)
        for (int l = 0; l < 3; l++)
            for (int wide = 0; wide < 2; wide++) {
                double s = scale[k], t = scale[l], r = wide ? 0.051 : 0.049, L[4];
                double A[] = {s * s, 0.9 * s * t, 0.9 * s * t, t * t};
                double R[] = {r * s * s, r * s * t, r * s * t, r * t * t};

                assert_true(nd_about_definite(2, A, R, L) == !wide);
            }
    for (int wide = 0; wide < 2; wide++) { /* I - r (the ones) at its worst: 1 - 3 r */
        double A[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1}, R[9], L[9];

        for (int i = 0; i < 9; i++) R[i] = wide ? 0.334 : 0.333;
        assert_true(nd_about_definite(3, A, R, L) == !wide);
    }
    assert_false(nd_about_definite(1, (double[]){0.0}, (double[]){0.0}, (double[]){0.0}));
    assert_false(nd_about_definite(1, (double[]){1.0}, (double[]){NAN}, (double[]){0.0}));
    assert_false(nd_about_definite(1, (double[]){1.0}, (double[]){INFINITY}, (double[]){0.0}));
    assert_false(nd_about_definite(1, (double[]){NAN}, (double[]){0.0}, (double[]){0.0}));
}

/* The exact sum and product of numbers within the errors stay within the result's; the radius
 * is not much larger than it must be. */
static void about(void **state)
{
    nd_rng rng = nd_rng_make(6, 6);

    (void)state;
    for (int k = 0; k < 100000; k++) {
        nd_about a = {nd_rng_normal(&rng), 0.0}, b = {nd_rng_normal(&rng), 0.0}, sum, product;
        long double x, y;
        bool sides = k % 3 != 0; /* else exact numbers: rounding alone */

        if (sides) {
            a.r = ldexp(fabs(a.m), -(int)nd_rng_below(&rng, 60));
            b.r = ldexp(fabs(b.m), -(int)nd_rng_below(&rng, 60));
        }
        x = (long double)a.m + (k % 2 ? a.r : -a.r);
        y = (long double)b.m + (k % 5 < 2 ? b.r : -b.r);
        sum = nd_about_add(a, b);
        product = nd_about_mul(a, b);
        /* long double is rounded, too */
        assert_true(fabsl(x + y - sum.m) <= sum.r + 0x1p-62L * (fabsl(x) + fabsl(y)));
        assert_true(fabsl(x * y - product.m) <= product.r + 0x1p-62L * fabsl(x * y));
        assert_true(sum.r <= 1.001 * (a.r + b.r) + 0x1.01p-53 * fabs(sum.m) + 1e-300);
        assert_true(sides || product.r <= 0x1.01p-53 * fabs(product.m) + 1e-300);
    }
}

/* v to 33 digits; the enclosure holds it and is a few ulp wide; no root, no enclosure. */
static void roots(void **state)
{
    const struct {
        const char *loss;
        long double v;
    } known[] = {{"polyhinge:3", 0.171572875253809902396622551580604L},
                 {"logistic", 0.693147180559945309417232121458177L},
                 {"exponential", 0.346573590279972654708616060729088L},
                 {"square", 1.0L / 3.0L},
                 {"polyhinge:2", 1.0L / 3.0L}};
    const double one[] = {1, 1, 1};
    nd_about v;
    place s;

    (void)state;
    for (int k = 0; k < 5; k++) {
        place_open(&s, "tanh:1", known[k].loss, 0.0, 3, 1, between_x, between_y);
        nd_constant_output(&s.pb, &v);
        assert_true(fabsl(known[k].v - v.m) <= v.r);
        assert_true(v.r < 8 * 0x1p-53);
        /* the bound that is least generous: jets at v against values at a neighbour */
        for (int d = 1; d <= 2; d++) {
            nd_about l = nd_about_loss(s.pb.loss, d, (nd_about){v.m, 0x1p-20});
            double z = v.m + 0x1p-20, j[3];

            s.pb.loss.kind->jet(1, &z, s.pb.loss.q, d, (double *const[]){j, j + 1, j + 2});
            assert_true(fabs(j[d] - l.m) <= l.r);
            assert_true(fabs(j[d] - l.m) >= 0.99 * l.r - 1e-14);
        }
        place_close(&s);
    }
    place_open(&s, "tanh:1", "logistic", 0.0, 3, 1, between_x, one);
    nd_constant_output(&s.pb, &v);
    assert_true(v.r > DBL_MAX);
    place_close(&s);
}

/* ---- the class means ------------------------------------------------------------------------- */

/* 2 d + ... numbers: class + is u, v; class - is u, v, u, v, in another order. */
static void means(void **state)
{
    nd_rng rng = nd_rng_make(9, 9);
    double x[6 * 5], y[6] = {1, -1, -1, 1, -1, -1};
    size_t from[6] = {0, 1, 0, 1, 0, 1};
    nd_truth equal;
    place s;

    (void)state;
    for (int k = 0; k < 200; k++) {
        double uv[2][5];
        size_t at;

        for (int c = 0; c < 5; c++)
            for (int i = 0; i < 2; i++)
                uv[i][c] = ldexp(nd_rng_normal(&rng), (int)nd_rng_below(&rng, 400) - 200);
        for (size_t i = 0; i < 6; i++) memcpy(x + 5 * i, uv[from[i]], sizeof uv[0]);
        place_open(&s, "tanh:1", "square", 0.0, 6, 5, x, y);
        assert_int_equal(nd_equal_means(s.ctx, s.data, &equal), ND_OK);
        assert_int_equal(equal, ND_PROVED);
        at = nd_rng_below(&rng, 30);
        s.data->x[at] = nextafter(x[at], k % 2 ? INFINITY : -INFINITY);
        assert_int_equal(nd_equal_means(s.ctx, s.data, &equal), ND_OK);
        assert_int_equal(equal, ND_REFUTED);
        s.data->x[at] = k % 2 ? 1e-200 : 1e200;
        assert_int_equal(nd_equal_means(s.ctx, s.data, &equal), ND_OK);
        assert_int_equal(equal, ND_UNKNOWN);
        place_close(&s);
    }
}

/* sum_+ omega x / Omega+ with weights that are not 1: (w1 w2 (u - v)) cancels exactly only in
 * integers; the numbers have all 53 bits. */
static void weighted_means(void **state)
{
    nd_rng rng = nd_rng_make(10, 9);
    double x[4], w[4], y[4] = {1, 1, -1, -1};
    nd_truth equal;
    place s;

    (void)state;
    for (int k = 0; k < 200; k++) {
        for (int i = 0; i < 2; i++) {
            x[i] = x[3 - i] = nd_rng_normal(&rng);
            w[i] = nd_rng_uniform(&rng);
            w[3 - i] = 4.0 * w[i];
        }
        place_open(&s, "tanh:1", "square", 0.0, 4, 1, x, y);
        s.data->weight = w;
        assert_int_equal(nd_equal_means(s.ctx, s.data, &equal), ND_OK);
        assert_int_equal(equal, ND_PROVED);
        w[k % 4] = nextafter(w[k % 4], 1.0);
        assert_int_equal(nd_equal_means(s.ctx, s.data, &equal), ND_OK);
        assert_int_equal(equal, ND_REFUTED);
        s.data->weight = NULL;
        place_close(&s);
    }
}

/* ---- the ball ------------------------------------------------------------------------------- */

static bool curved(place *s, double rho)
{
    size_t where = 9;
    bool ok;

    assert_int_equal(nd_dual_curved(s->ctx, &s->pb, s->theta, rho, &ok, &where), ND_OK);
    assert_int_equal(where, 0);
    return ok;
}

/* One sample.  c = -2 wherever the margin is negative, s''(w) < 0 for w > 0: positive while
 * w cannot reach 0. */
static void ball_of_weights(void **state)
{
    const double one[] = {1.0};
    place s;

    (void)state;
    place_open(&s, "tanh:1:nobias", "smoothhinge", 0.0, 1, 1, one, one);
    s.theta[0] = 0.1;
    s.theta[1] = 1.0;
    s.theta[2] = -2.0;
    assert_true(curved(&s, 0.0));
    assert_true(curved(&s, 0.04));
    assert_false(curved(&s, 0.1001));
    s.theta[1] = -1.0; /* and for a < 0 it would have to be a maximum */
    assert_false(curved(&s, 0.0));
    place_close(&s);
}

/* c = -2 (1 - m), s'' > 0, a < 0: positive while the margin cannot reach 1. */
static void ball_of_margins(void **state)
{
    const double one[] = {1.0};
    place s;

    (void)state;
    place_open(&s, "exp:1:nobias", "square", 0.0, 1, 1, one, one);
    s.theta[1] = -1e-3;
    s.theta[2] = 0.9;
    assert_true(curved(&s, 0.03));
    assert_false(curved(&s, 0.1));
    place_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(definite),        cmocka_unit_test(about),
        cmocka_unit_test(roots),           cmocka_unit_test(means),
        cmocka_unit_test(weighted_means),  cmocka_unit_test(ball_of_weights),
        cmocka_unit_test(ball_of_margins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
