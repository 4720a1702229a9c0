/* Small symmetric tridiagonal matrices, for Lanczos' method.
 *
 * Eigenvalues below x are counted by the signs of the pivots of T - x I (Sturm; Golub
 * and Van Loan, Matrix Computations, 8.4); a vector comes from two steps of inverse
 * iteration with partial pivoting; the reduction is Householder's (EISPACK tred2),
 * which works from the last row upwards and leaves the last coordinate alone. */
#include "opt/tridiag.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define STEPS 80 /* bisections; the interval stops shrinking before */

/* Is an eigenvalue of T smaller than x? */
static int any_below(size_t m, const double *a, const double *b, double x)
{
    double d = a[0] - x;

    for (size_t i = 1; i < m; i++) {
        if (d < 0.0) return 1;
        if (d == 0.0) d = DBL_MIN;
        d = a[i] - x - b[i - 1] * (b[i - 1] / d);
    }
    return d < 0.0;
}

double nd_tri_smallest(size_t m, const double *a, const double *b, double hi)
{
    double lo = INFINITY, top = hi;

    for (size_t i = 0; i < m; i++) {
        double r = (i > 0 ? fabs(b[i - 1]) : 0.0) + (i + 1 < m ? fabs(b[i]) : 0.0);
        lo = fmin(lo, a[i] - r);
        top = fmin(top, a[i]);
    }
    for (int k = 0; k < STEPS; k++) {
        double mid = lo + 0.5 * (top - lo);
        if (mid <= lo || mid >= top) break;
        if (any_below(m, a, b, mid))
            top = mid;
        else
            lo = mid;
    }
    return lo + 0.5 * (top - lo);
}

/* Rows of the upper factor: d, u (next), v (one further); swaps and multipliers. */
typedef struct {
    double *d, *u, *v, *mult, *swap;
} factors;

static void factor(size_t m, const double *a, const double *b, double theta, factors f)
{
    double tiny = DBL_MIN;

    for (size_t i = 0; i < m; i++) {
        f.d[i] = a[i] - theta;
        f.u[i] = i + 1 < m ? b[i] : 0.0;
        f.v[i] = 0.0;
        tiny = fmax(tiny, DBL_EPSILON * (fabs(a[i]) + fabs(f.u[i])));
    }
    for (size_t i = 0; i + 1 < m; i++) {
        double low = b[i];
        f.swap[i] = fabs(low) > fabs(f.d[i]);
        if (f.swap[i] != 0.0) {
            double d = f.d[i], u = f.u[i];
            f.d[i] = low, f.u[i] = f.d[i + 1], f.v[i] = f.u[i + 1];
            f.mult[i] = d / low;
            f.d[i + 1] = u - f.mult[i] * f.u[i];
            f.u[i + 1] = -f.mult[i] * f.v[i];
        } else {
            f.mult[i] = f.d[i] != 0.0 ? low / f.d[i] : 0.0;
            f.d[i + 1] -= f.mult[i] * f.u[i];
        }
    }
    for (size_t i = 0; i < m; i++)
        if (fabs(f.d[i]) < tiny) f.d[i] = copysign(tiny, f.d[i]);
}

static void forward(size_t m, factors f, double *y)
{
    for (size_t i = 0; i + 1 < m; i++) {
        if (f.swap[i] != 0.0) {
            double t = y[i];
            y[i] = y[i + 1], y[i + 1] = t;
        }
        y[i + 1] -= f.mult[i] * y[i];
    }
}

static void backward(size_t m, factors f, double *y)
{
    for (size_t i = m; i-- > 0;) {
        double t = y[i];
        if (i + 1 < m) t -= f.u[i] * y[i + 1];
        if (i + 2 < m) t -= f.v[i] * y[i + 2];
        y[i] = t / f.d[i];
    }
}

static void normalise(size_t m, double *y)
{
    double top = 0.0, sum = 0.0;

    for (size_t i = 0; i < m; i++) top = fmax(top, fabs(y[i]));
    for (size_t i = 0; i < m; i++) {
        y[i] /= top;
        sum += y[i] * y[i];
    }
    for (size_t i = 0; i < m; i++) y[i] /= sqrt(sum);
}

void nd_tri_vector(size_t m, const double *a, const double *b, double theta, double *y,
                   double *work)
{
    factors f = {work, work + m, work + 2 * m, work + 3 * m, work + 4 * m};

    factor(m, a, b, theta, f);
    /* A start with something along every vector: no component is special. */
    for (size_t i = 0; i < m; i++) y[i] = 1.0 + 0.3 * sin((double)(i + 1));
    backward(m, f, y);
    normalise(m, y);
    for (int k = 0; k < 2; k++) {
        forward(m, f, y);
        backward(m, f, y);
        normalise(m, y);
    }
}

/* ---- reduction -------------------------------------------------------------------- */

/* X (columns 0..i of it, leading dimension ld) := X (I - 2 vv'/h), h = v'v. */
static void reflect(size_t rows, size_t i, double *X, size_t ld, const double *v, double h,
                    double *t)
{
    memset(t, 0, rows * sizeof *t);
    for (size_t k = 0; k < i; k++)
        for (size_t r = 0; r < rows; r++) t[r] += X[k * ld + r] * v[k];
    for (size_t k = 0; k < i; k++)
        for (size_t r = 0; r < rows; r++) X[k * ld + r] -= 2.0 / h * v[k] * t[r];
}

static void transpose(size_t m, double *M)
{
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < i; j++) {
            double t = M[i * m + j];
            M[i * m + j] = M[j * m + i], M[j * m + i] = t;
        }
}

void nd_tri_reduce(size_t m, double *M, size_t rows, double *Q, double *work)
{
    double *v = work, *t = work + m;

    for (size_t i = m - 1; i >= 2 && i < m; i--) {
        double h = 0.0, size = 0.0;
        for (size_t k = 0; k < i; k++) v[k] = M[k * m + i], size = hypot(size, v[k]);
        if (size == 0.0) continue;
        v[i - 1] += copysign(size, v[i - 1]);
        for (size_t k = 0; k < i; k++) h += v[k] * v[k];
        reflect(m, i, M, m, v, h, t);
        transpose(m, M);
        reflect(m, i, M, m, v, h, t);
        transpose(m, M);
        reflect(rows, i, Q, rows, v, h, t);
    }
}
