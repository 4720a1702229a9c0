/* Small data sets to hunt on: lattice points and random ones, with the symmetries that bad
 * minima like.  A maker that has nothing for the n and d that were asked leaves NULL. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "gallery/hunt.h"

#define STREAM ((uint64_t)1 << 60) /* of nd_rng: data of trial t use STREAM + t */

/* What a maker fills: n samples of d numbers and their labels. */
typedef struct {
    size_t n, d;
    double *x, *y;
    nd_rng r;
} sample;

static double integer(sample *s, int most)
{
    return (double)nd_rng_below(&s->r, (size_t)(2 * most + 1)) - most;
}

static double label(sample *s)
{
    return nd_rng_below(&s->r, 2) ? 1.0 : -1.0;
}

/* Integers, labels at random. */
static void lattice(sample *s)
{
    for (size_t i = 0; i < s->n; i++) {
        for (size_t k = 0; k < s->d; k++) s->x[i * s->d + k] = integer(s, 3);
        s->y[i] = label(s);
    }
}

/* The label is the sign of the last coordinate, which is never 0. */
static void separable(sample *s)
{
    for (size_t i = 0; i < s->n; i++) {
        double *x = s->x + i * s->d;

        for (size_t k = 0; k < s->d; k++) x[k] = 0.5 * integer(s, 6);
        s->y[i] = label(s);
        x[s->d - 1] = s->y[i] * (0.5 + 0.5 * (double)nd_rng_below(&s->r, 6));
    }
}

/* The same with one sample far out on its own side. */
static void outlier(sample *s)
{
    separable(s);
    s->x[s->n * s->d - 1] = s->y[s->n - 1] * (6.0 + 2.0 * (double)nd_rng_below(&s->r, 8));
}

/* One sample of class +, all others -. */
static void uneven(sample *s)
{
    separable(s);
    for (size_t i = 0; i < s->n; i++) {
        double *last = s->x + i * s->d + s->d - 1;

        s->y[i] = i == 0 ? 1.0 : -1.0;
        *last = s->y[i] * fabs(*last);
    }
}

/* Pairs x, -x: of one class, around a sample of the other at 0; or, when d samples are to be
 * separable, of both classes. */
static void mirrored(sample *s)
{
    double one = label(s);

    for (size_t i = 0; i < s->n; i++) {
        double *x = s->x + i * s->d;
        bool middle = i == s->n - 1 && s->n % 2;

        for (size_t k = 0; k < s->d; k++)
            x[k] = middle ? 0.0 : i % 2 ? 0.0 - x[k - s->d] : integer(s, 3);
        s->y[i] = s->n % 2 ? (middle ? -one : one) : i % 2 ? -1.0 : 1.0;
    }
}

/* x of class + and -x of class -, the x of class + with sum 0. */
static void odd(sample *s)
{
    size_t half = s->n / 2, d = s->d;

    s->n = 2 * half;
    for (size_t k = 0; k < d; k++) {
        double sum = 0.0;

        for (size_t i = 0; i < half; i++) {
            double x = i + 1 < half ? integer(s, 4) : -sum;

            sum += x;
            s->x[i * d + k] = x;
            s->x[(half + i) * d + k] = 0.0 - x;
        }
    }
    for (size_t i = 0; i < s->n; i++) s->y[i] = i < half ? 1.0 : -1.0;
}

/* Integers 0, 1, .., n-1 in a random order, half of them +: equal power sums are met. */
static void balanced(sample *s)
{
    size_t order[64];

    s->n -= s->n % 2;
    nd_rng_shuffle(&s->r, s->n, order);
    for (size_t i = 0; i < s->n; i++) {
        for (size_t k = 0; k < s->d; k++) s->x[i * s->d + k] = k ? integer(s, 2) : (double)order[i];
        s->y[i] = i < s->n / 2 ? 1.0 : -1.0;
    }
}

/* Every point with both labels. */
static void twice(sample *s)
{
    s->n -= s->n % 2;
    lattice(s);
    for (size_t i = 1; i < s->n; i += 2) {
        memcpy(s->x + i * s->d, s->x + (i - 1) * s->d, s->d * sizeof *s->x);
        s->y[i] = -s->y[i - 1];
    }
}

/* Corners of the square, + on one diagonal and - on the other, some repeated. */
static void corners(sample *s)
{
    for (size_t i = 0; i < s->n; i++) {
        double a = i < 2 ? (i ? 1.0 : -1.0) : label(s), y = i < 2 ? 1.0 : i < 4 ? -1.0 : label(s);

        if (i == 2) a = 1.0;
        if (i == 3) a = -1.0;
        s->x[i * s->d] = a;
        s->x[i * s->d + 1] = y * a;
        s->y[i] = y;
    }
}

/* Class + on the first axis, class - on the second, off the other's span. */
static void planes(sample *s)
{
    for (size_t i = 0; i < s->n; i++) {
        double *x = s->x + i * s->d, t = 0.1 * integer(s, 30);

        s->y[i] = i < 2 ? (i ? -1.0 : 1.0) : label(s);
        if (t == 0.0) t = 1.0;
        memset(x, 0, s->d * sizeof *x);
        x[s->y[i] > 0.0 ? 0 : 1] = t;
    }
}

/* (t, p, 0) of class + and (-t, 0, -p) of class -. */
static void crossed(sample *s)
{
    s->n -= s->n % 2;
    memset(s->x, 0, s->n * s->d * sizeof *s->x);
    for (size_t i = 0; i < s->n; i += 2) {
        double *x = s->x + i * s->d, *z = x + s->d, t = 0.1 * integer(s, 30),
               p = 0.1 * integer(s, 60);

        if (p == 0.0) p = 0.1;
        x[0] = t;
        x[1] = p;
        z[0] = 0.0 - t;
        z[2] = -p;
        s->y[i] = 1.0;
        s->y[i + 1] = -1.0;
    }
}

/* The makers: sizes when they are free, and the least d. */
static const struct {
    const char *name;
    void (*make)(sample *s);
    size_t n_least, n_most, d_least, d_most;
} makers[] = {
    {"lattice", lattice, 3, 8, 1, 2},   {"separable", separable, 3, 9, 1, 2},
    {"outlier", outlier, 4, 9, 1, 1},   {"uneven", uneven, 3, 8, 1, 2},
    {"mirrored", mirrored, 2, 5, 1, 2}, {"odd", odd, 4, 8, 1, 2},
    {"balanced", balanced, 4, 8, 1, 1}, {"twice", twice, 4, 6, 1, 2},
    {"corners", corners, 4, 7, 2, 2},   {"planes", planes, 5, 12, 2, 2},
    {"crossed", crossed, 8, 12, 3, 3},
};

static size_t choose(nd_rng *r, size_t asked, size_t least, size_t most)
{
    return asked ? asked : least + nd_rng_below(r, most - least + 1);
}

nd_status nd_hunt_data(nd_ctx *ctx, const char *name, uint64_t seed, uint64_t trial, size_t n,
                       size_t d, nd_table **out)
{
    sample s = {.r = nd_rng_make(seed, STREAM + trial)};
    nd_status status = ND_OK;
    size_t k = 0, plus = 0;

    *out = NULL;
    while (k < sizeof makers / sizeof *makers && strcmp(makers[k].name, name) != 0) k++;
    if (k == sizeof makers / sizeof *makers || n > 64) return ND_OK;
    s.n = choose(&s.r, n, makers[k].n_least, makers[k].n_most);
    s.d = choose(&s.r, d, makers[k].d_least, makers[k].d_most);
    if (s.d < makers[k].d_least || s.n < 2) return ND_OK;
    s.x = ND_NEW0(ctx, double, s.n *(s.d + 1));
    if (!s.x) return ND_EMEM;
    s.y = s.x + s.n * s.d;
    makers[k].make(&s);
    for (size_t i = 0; i < s.n; i++) plus += s.y[i] > 0.0;
    if (plus > 0 && plus < s.n) status = nd_table_from_arrays(ctx, s.n, s.d, s.x, s.y, out);
    nd_free(ctx, s.x);
    return status;
}
