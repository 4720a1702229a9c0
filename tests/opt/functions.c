/* The test functions: More, Garbow, Hillstrom (TOMS 7, 1981) and small ones of our own. */
#include "functions.h"

#include <math.h>
#include <string.h>

static void clear(size_t n, double *g, double *H)
{
    if (g) memset(g, 0, n * sizeof *g);
    if (H) memset(H, 0, n * n * sizeof *H);
}

double rosenbrock(size_t n, const double *x, double *g, double *H)
{
    double f = 0.0;

    clear(n, g, H);
    for (size_t i = 0; i + 1 < n; i++) {
        double a = x[i + 1] - x[i] * x[i], b = 1.0 - x[i];
        f += 100.0 * a * a + b * b;
        if (g) {
            g[i] += -400.0 * a * x[i] - 2.0 * b;
            g[i + 1] += 200.0 * a;
        }
        if (H) {
            H[i * n + i] += 800.0 * x[i] * x[i] - 400.0 * a + 2.0;
            H[i * n + i + 1] -= 400.0 * x[i];
            H[(i + 1) * n + i] -= 400.0 * x[i];
            H[(i + 1) * n + i + 1] += 200.0;
        }
    }
    return f;
}

double beale(size_t n, const double *x, double *g, double *H)
{
    const double c[3] = {1.5, 2.25, 2.625};
    double f = 0.0;

    clear(n, g, H);
    for (int k = 1; k <= 3; k++) {
        double p = pow(x[1], k), p1 = k * pow(x[1], k - 1);
        double p2 = k > 1 ? k * (k - 1) * pow(x[1], k - 2) : 0.0;
        double r = c[k - 1] - x[0] * (1.0 - p), ra = p - 1.0, rb = x[0] * p1;
        f += r * r;
        if (g) {
            g[0] += 2.0 * r * ra;
            g[1] += 2.0 * r * rb;
        }
        if (H) {
            double mixed = 2.0 * (ra * rb + r * p1);
            H[0] += 2.0 * ra * ra;
            H[1] += mixed;
            H[2] += mixed;
            H[3] += 2.0 * (rb * rb + r * x[0] * p2);
        }
    }
    return f;
}

/* Adds w (t.x)^k to f, g, H for a direction t. */
static double add_power(size_t n, const double *x, const double *t, double w, int k, double *g,
                        double *H)
{
    double u = 0.0;

    for (size_t i = 0; i < n; i++) u += t[i] * x[i];
    for (size_t i = 0; i < n && g; i++) g[i] += w * k * pow(u, k - 1) * t[i];
    for (size_t i = 0; i < n && H; i++)
        for (size_t j = 0; j < n; j++)
            H[i * n + j] += w * k * (k - 1) * pow(u, k - 2) * t[i] * t[j];
    return w * pow(u, k);
}

double powell(size_t n, const double *x, double *g, double *H)
{
    const double t[4][4] = {{1, 10, 0, 0}, {0, 0, 1, -1}, {0, 1, -2, 0}, {1, 0, 0, -1}};

    clear(n, g, H);
    return add_power(n, x, t[0], 1.0, 2, g, H) + add_power(n, x, t[1], 5.0, 2, g, H) +
           add_power(n, x, t[2], 1.0, 4, g, H) + add_power(n, x, t[3], 10.0, 4, g, H);
}

double ill_quadratic(size_t n, const double *x, double *g, double *H)
{
    double f = 1.0;

    clear(n, g, H);
    for (size_t i = 0; i < n; i++) {
        double l = pow(10.0, 10.0 * (double)i / (double)(n - 1));
        f += 0.5 * l * x[i] * x[i];
        if (g) g[i] = l * x[i];
        if (H) H[i * n + i] = l;
    }
    return f;
}

static void fill2(double *g, double *H, double g0, double g1, double h00, double h01, double h11)
{
    if (g) g[0] = g0, g[1] = g1;
    if (H) H[0] = h00, H[1] = H[2] = h01, H[3] = h11;
}

double monkey(size_t n, const double *x, double *g, double *H)
{
    double a = x[0], b = x[1];

    (void)n;
    fill2(g, H, 3.0 * (a * a - b * b), -6.0 * a * b, 6.0 * a, -6.0 * b, -6.0 * a);
    return a * a * a - 3.0 * a * b * b;
}

double cubic(size_t n, const double *x, double *g, double *H)
{
    double a = x[0], b = x[1];

    (void)n;
    fill2(g, H, 3.0 * a * a, 2.0 * b, 6.0 * a, 0.0, 2.0);
    return a * a * a + b * b;
}

double saddle(size_t n, const double *x, double *g, double *H)
{
    double a = x[0], b = x[1];

    (void)n;
    fill2(g, H, 2.0 * a, -2.0 * b + 4.0 * b * b * b, 2.0, 0.0, -2.0 + 12.0 * b * b);
    return a * a - b * b + b * b * b * b;
}

double exp_valley(size_t n, const double *x, double *g, double *H)
{
    double e = exp(-x[0]);

    (void)n;
    fill2(g, H, -e, 2.0 * x[1], e, 0.0, 2.0);
    return e + x[1] * x[1];
}

double high_valley(size_t n, const double *x, double *g, double *H)
{
    return 1.0 + exp_valley(n, x, g, H);
}

double rational_valley(size_t n, const double *x, double *g, double *H)
{
    double a = x[0], q = 1.0 / (1.0 + a * a);

    (void)n;
    fill2(g, H, -2.0 * a * q * q, 2.0 * x[1], 8.0 * a * a * q * q * q - 2.0 * q * q, 0.0, 2.0);
    return q + x[1] * x[1];
}

double domain(size_t n, const double *x, double *g, double *H)
{
    double a = x[0], b = x[1];

    (void)n;
    fill2(g, H, 1.0 - 1.0 / a, 0.5 / sqrt(b) - 1.0 / (b * b), 1.0 / (a * a), 0.0,
          -0.25 / (b * sqrt(b)) + 2.0 / (b * b * b));
    return a - log(a) + sqrt(b) + 1.0 / b;
}

double power(size_t n, const double *x, double *g, double *H)
{
    double f = 0.0;

    clear(n, g, H);
    for (size_t i = 0; i < n; i++) {
        double r = sqrt(fabs(x[i]));
        f += r * r * r;
        if (g) g[i] = copysign(1.5 * r, x[i]);
        if (H) H[i * n + i] = 0.75 / r;
    }
    return f;
}

double kink(size_t n, const double *x, double *g, double *H)
{
    clear(n, g, H);
    if (g) g[0] = x[0] >= 0.3 ? 1.0 : -1.0;
    return 1.0 + fabs(x[0] - 0.3);
}

double wrong_gradient(size_t n, const double *x, double *g, double *H)
{
    clear(n, g, H);
    for (size_t i = 0; i < n; i++) {
        if (g) g[i] = -2.0 * x[i];
        if (H) H[i * n + i] = 2.0;
    }
    return 1.0 + x[0] * x[0] + (n > 1 ? x[1] * x[1] : 0.0);
}

static double flat_hinge(size_t n, const double *x, int q, double *g, double *H)
{
    double f = 0.0, t[128] = {0};
    nd_rng rng = nd_rng_make(7, 0);

    clear(n, g, H);
    for (size_t i = 0; i < n / 2; i++) {
        double u = 1.0;
        for (size_t k = 0; k < n; k++) {
            t[k] = 2.0 * nd_rng_uniform(&rng) - 1.0;
            u -= t[k] * x[k];
        }
        if (u <= 0.0) continue;
        f += pow(u, q);
        for (size_t k = 0; k < n && g; k++) g[k] -= q * pow(u, q - 1) * t[k];
        for (size_t k = 0; k < n && H; k++)
            for (size_t l = 0; l < n; l++)
                H[k * n + l] += q * (q - 1) * pow(u, q - 2) * t[k] * t[l];
    }
    return f;
}

double flat_hinge2(size_t n, const double *x, double *g, double *H)
{
    return flat_hinge(n, x, 2, g, H);
}

double flat_hinge3(size_t n, const double *x, double *g, double *H)
{
    return flat_hinge(n, x, 3, g, H);
}

double dead(size_t n, const double *x, double *g, double *H)
{
    double g2[2], H2[4], f = rosenbrock(2, x, g2, H2);

    clear(n, g, H);
    if (g) memcpy(g, g2, sizeof g2);
    if (H) H[0] = H2[0], H[1] = H2[1], H[n] = H2[2], H[n + 1] = H2[3];
    return f;
}

/* ---- oracles ------------------------------------------------------------------------- */

void test_self_init(test_self *s, test_function f, size_t n)
{
    *s = (test_self){.f = f, .n = n, .lowest = INFINITY};
}

static nd_status grad(void *self, const double *x, double *f, double *g)
{
    test_self *s = self;

    if (++s->grads == s->fail_at) return s->fail;
    *f = s->f(s->n, x, g, NULL);
    if (*f < s->lowest) s->lowest = *f;
    return ND_OK;
}

static nd_status hessian(void *self, const double *x, double *H)
{
    test_self *s = self;

    s->f(s->n, x, NULL, H);
    return ND_OK;
}

static nd_status hv(void *self, const double *x, const double *v, double *out)
{
    test_self *s = self;

    s->f(s->n, x, NULL, s->scratch);
    for (size_t i = 0; i < s->n; i++) {
        out[i] = 0.0;
        for (size_t j = 0; j < s->n; j++) out[i] += s->scratch[i * s->n + j] * v[j];
    }
    return ND_OK;
}

nd_oracle test_oracle(test_self *s, bool dense)
{
    return (nd_oracle){s->n, s, grad, hv, dense ? hessian : NULL};
}
