/* One sweep of the reference's QL on matrices that already split inside, seen from within:
 * Q T' Q' must be the T of before, also where the rotation has nothing to turn (r = 0). */
#include "../support.h"

#include "num/blas_reference.c"

enum { N = 5 };

/* out := Q T Q' */
static void similar(const double *d, const double *e, const double *Q, double *out)
{
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < N; j++) {
            double s = 0.0;
            for (size_t k = 0; k < N; k++) {
                s += Q[k * N + i] * d[k] * Q[k * N + j];
                if (k + 1 < N) s += Q[k * N + i] * e[k] * Q[(k + 1) * N + j];
                if (k + 1 < N) s += Q[(k + 1) * N + i] * e[k] * Q[k * N + j];
            }
            out[i * N + j] = s;
        }
}

static void sweep(double d[N], double e[N])
{
    double Q[N * N], before[N * N], after[N * N];

    for (size_t i = 0; i < N * N; i++) Q[i] = i % (N + 1) == 0 ? 1.0 : 0.0;
    similar(d, e, Q, before);
    ql_sweep(N, 0, N - 1, d, e, Q);
    similar(d, e, Q, after);
    for (size_t i = 0; i < N * N; i++) assert_true(fabs(after[i] - before[i]) <= 1e-14);
}

/* The shift is an eigenvalue of the block below the zero, so g = f = 0 at its top. */
static void split(void **state)
{
    double d0[N] = {1.0, 1.0, 0.0, 0.0, 0.0}, e0[N] = {1.0, 0.25, 0.5, 0.0};
    double d1[N] = {1.0, 1.0, 0.0, 0.0, 0.0}, e1[N] = {1.0, 0.25, 0.0, 1.0};
    double d2[N] = {0.0, 0.0, 2.0, 0.0, 0.0}, e2[N] = {1.0, 0.5, 0.0, 1.0};

    (void)state;
    sweep(d0, e0);
    sweep(d1, e1);
    sweep(d2, e2);
}

static void whole(void **state)
{
    double d[N] = {1.0, -2.0, 0.5, 3.0, 0.25}, e[N] = {1.0, 0.25, 0.5, -2.0};

    (void)state;
    sweep(d, e);
}

/* Unit length and r (s, c) = (f, g), wherever the squares underflow or overflow. */
static void directions(void **state)
{
    static const double x[] = {0.0, 0x1p-1074, 0x3p-1074, 0x1p-600, 0.75, 1.0, 0x1p600};

    (void)state;
    for (size_t i = 0; i < 49; i++)
        for (int sign = 0; sign < 4; sign++) {
            double f = x[i / 7] * (sign & 1 ? -1.0 : 1.0), g = x[i % 7] * (sign & 2 ? -1.0 : 1.0);
            double s, c, r = direction(f, g, &s, &c);
            assert_true(fabs(s * s + c * c - 1.0) <= 1e-15);
            assert_true(fabs(r * s - f) <= 1e-15 * fabs(r) + 0x1p-1073);
            assert_true(fabs(r * c - g) <= 1e-15 * fabs(r) + 0x1p-1073);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(split), cmocka_unit_test(whole),
                                       cmocka_unit_test(directions)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
