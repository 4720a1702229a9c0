/* The generators.
 *
 * Random numbers come from stream 0 of the seed in the order of the rows (features
 * first); with the elementary functions of src/num and the circle below, which uses
 * + - * only, a generator gives the same bits on every machine. */
#include "data/generators.h"

#include <math.h>
#include <nadir/num.h>
#include <stddef.h>

#define ROWS(preset)                                                                               \
    {                                                                                              \
        "n", ND_LONG, offsetof(nd_gen, n), preset, 2, 1e9, NULL, "rows"                            \
    }
#define COLUMNS(preset, least)                                                                     \
    {                                                                                              \
        "d", ND_LONG, offsetof(nd_gen, d), preset, least, 1e6, NULL, "features"                    \
    }
#define NOISE(preset)                                                                              \
    {                                                                                              \
        "noise", ND_REAL, offsetof(nd_gen, noise), preset, 0, 1e6, NULL,                           \
            "standard deviation added to each feature"                                             \
    }
#define SEED                                                                                       \
    {                                                                                              \
        "seed", ND_LONG, offsetof(nd_gen, seed), 0, 0, 0x1p53, NULL, "of the random numbers"       \
    }
#define END                                                                                        \
    {                                                                                              \
        0                                                                                          \
    }

const nd_setting nd_gen_xor_table[] = {ROWS(4), NOISE(0), SEED, END};
const nd_setting nd_gen_between_table[] = {ROWS(3), NOISE(0), SEED, END};
const nd_setting nd_gen_moons_table[] = {ROWS(200), NOISE(0.1), SEED, END};
const nd_setting nd_gen_circles_table[] = {
    ROWS(200),
    NOISE(0.05),
    SEED,
    {"factor", ND_REAL, offsetof(nd_gen, factor), 0.5, 0, 1, NULL, "radius of the inner circle"},
    END};
const nd_setting nd_gen_spirals_table[] = {
    ROWS(194),
    NOISE(0),
    SEED,
    {"turns", ND_REAL, offsetof(nd_gen, turns), 3, 0, 1000, NULL, "how often each winds round"},
    END};
const nd_setting nd_gen_parity_table[] = {
    {"n", ND_LONG, offsetof(nd_gen, n), 0, 0, 1e9, NULL, "rows drawn; 0 or 2^d: each corner once"},
    {"d", ND_LONG, offsetof(nd_gen, d), 8, 1, 24, NULL, "features"},
    SEED,
    END};
const nd_setting nd_gen_separable_table[] = {ROWS(100),
                                             COLUMNS(10, 1),
                                             SEED,
                                             {"margin", ND_REAL, offsetof(nd_gen, margin), 0.1,
                                              1e-6, 1e6, NULL, "least distance to the plane"},
                                             END};
const nd_setting nd_gen_subspaces_table[] = {ROWS(100), COLUMNS(10, 2), SEED, END};
const nd_setting nd_gen_noise_table[] = {ROWS(100), COLUMNS(10, 1), SEED, END};

static nd_rng random_of(const nd_gen *g)
{
    return nd_rng_make((uint64_t)g->seed, 0);
}

static double even(size_t i)
{
    return i % 2 ? -1.0 : 1.0;
}

static void add_noise(const nd_gen *g, nd_table *t, nd_rng *r)
{
    if (g->noise == 0.0) return;
    for (size_t p = 0; p < t->n * t->d; p++) t->x[p] += g->noise * nd_rng_normal(r);
}

/* ---- points given one by one ------------------------------------------------------------ */

void nd_gen_xor(nd_gen *g, nd_table *t)
{
    static const double corner[4][3] = {{1, 1, 1}, {-1, -1, 1}, {1, -1, -1}, {-1, 1, -1}};
    nd_rng r = random_of(g);

    g->d = 2;
    if (!t) return;
    for (size_t i = 0; i < t->n; i++) {
        t->x[2 * i] = corner[i % 4][0];
        t->x[2 * i + 1] = corner[i % 4][1];
        t->y[i] = corner[i % 4][2];
    }
    add_noise(g, t, &r);
}

void nd_gen_between(nd_gen *g, nd_table *t)
{
    nd_rng r = random_of(g);

    g->d = 1;
    if (!t) return;
    for (size_t i = 0; i < t->n; i++) {
        t->x[i] = (double)(i % 3) - 1.0;
        t->y[i] = i % 3 == 1 ? -1.0 : 1.0;
    }
    add_noise(g, t, &r);
}

/* ---- curves --------------------------------------------------------------------------------- */

/* (cos, sin) of 2 pi turn.  The quarter turn is split off exactly; |a| <= pi/4 for the
 * rest, where the series to a^18 and a^17 err by less than 1e-17. */
static void circle(double turn, double *c, double *s)
{
    double quarter = floor(4.0 * turn + 0.5), a = (turn - 0.25 * quarter) * 6.283185307179586;
    double even_sum = 0.0, odd_sum = 0.0, square = a * a;
    int q = (int)(quarter - 4.0 * floor(0.25 * quarter));

    for (int k = 18; k >= 2; k -= 2) { /* Horner */
        even_sum = (even_sum + 1.0) * -square / (double)(k * (k - 1));
        odd_sum = (odd_sum + 1.0) * -square / (double)(k * (k + 1));
    }
    even_sum += 1.0;
    odd_sum = a * (odd_sum + 1.0);
    *c = q == 0 ? even_sum : q == 1 ? -odd_sum : q == 2 ? -even_sum : odd_sum;
    *s = q == 0 ? odd_sum : q == 1 ? even_sum : q == 2 ? -odd_sum : -even_sum;
}

/* Of the rows 0, 2, 4, .. (1, 3, 5, ..) row i is this part of the way along: 0 to 1. */
static double way(const nd_table *t, size_t i)
{
    size_t half = (t->n + 1 - i % 2) / 2;

    return half > 1 ? (double)(i / 2) / (double)(half - 1) : 0.0;
}

void nd_gen_moons(nd_gen *g, nd_table *t)
{
    nd_rng r = random_of(g);

    g->d = 2;
    for (size_t i = 0; t && i < t->n; i++) {
        double c, s, *x = t->x + 2 * i;
        circle(0.5 * way(t, i), &c, &s);
        t->y[i] = even(i);
        x[0] = i % 2 ? 1.0 - c : c;
        x[1] = i % 2 ? 0.5 - s : s;
    }
    if (t) add_noise(g, t, &r);
}

void nd_gen_circles(nd_gen *g, nd_table *t)
{
    nd_rng r = random_of(g);

    g->d = 2;
    for (size_t i = 0; t && i < t->n; i++) {
        size_t half = (t->n + 1 - i % 2) / 2;
        double c, s, radius = i % 2 ? 1.0 : g->factor;
        circle((double)(i / 2) / (double)half, &c, &s);
        t->y[i] = even(i);
        t->x[2 * i] = radius * c;
        t->x[2 * i + 1] = radius * s;
    }
    if (t) add_noise(g, t, &r);
}

/* Archimedean, radius from 1/10 to 1; the second is the first turned by half a turn. */
void nd_gen_spirals(nd_gen *g, nd_table *t)
{
    nd_rng r = random_of(g);

    g->d = 2;
    for (size_t i = 0; t && i < t->n; i++) {
        double c, s, radius = 0.1 + 0.9 * way(t, i);
        circle(g->turns * way(t, i), &c, &s);
        t->y[i] = even(i);
        t->x[2 * i] = t->y[i] * radius * c;
        t->x[2 * i + 1] = t->y[i] * radius * s;
    }
    if (t) add_noise(g, t, &r);
}

/* ---- any number of features --------------------------------------------------------------------- */

void nd_gen_parity(nd_gen *g, nd_table *t)
{
    nd_rng r = random_of(g);
    bool all = g->n == 0 || (t && g->n == 1L << g->d);

    if (!t) {
        if (all) g->n = 1L << g->d;
        return;
    }
    for (size_t i = 0; i < t->n; i++) {
        uint64_t bits = all ? i : nd_rng_u64(&r);
        t->y[i] = -1.0;
        for (size_t k = 0; k < t->d; k++, bits >>= 1) {
            t->x[i * t->d + k] = (double)(bits & 1);
            if (bits & 1) t->y[i] = -t->y[i];
        }
    }
}

static void normal_row(nd_rng *r, size_t d, double *x)
{
    for (size_t k = 0; k < d; k++) x[k] = nd_rng_normal(r);
}

/* x normal, w normal, the plane w.x = 0: x is put on its positive side, moved away by
 * margin w/|w|, and mirrored at 0 for the class -.  w is drawn again from a stream of
 * its own for each row, so that no extra memory is needed. */
void nd_gen_separable(nd_gen *g, nd_table *t)
{
    nd_rng r = random_of(g);

    if (!t) return;
    for (size_t i = 0; i < t->n; i++) {
        nd_rng rw = nd_rng_make((uint64_t)g->seed, 1);
        double *x = t->x + i * t->d, wx = 0.0, ww = 0.0, side;
        normal_row(&r, t->d, x);
        for (size_t k = 0; k < t->d; k++) {
            double w = nd_rng_normal(&rw);
            wx += w * x[k];
            ww += w * w;
        }
        t->y[i] = even(i);
        side = wx < 0.0 ? -1.0 : 1.0;
        rw = nd_rng_make((uint64_t)g->seed, 1);
        for (size_t k = 0; k < t->d; k++)
            x[k] = t->y[i] * (side * x[k] + g->margin * nd_rng_normal(&rw) / sqrt(ww));
    }
}

/* Class + lives in the first d/2 coordinates, class - in the others, all else is 0: the
 * span of the (x, 1) of one class contains no (x, 1) of the other unless x = 0, because
 * it vanishes where the other does not. */
void nd_gen_subspaces(nd_gen *g, nd_table *t)
{
    nd_rng r = random_of(g);

    for (size_t i = 0; t && i < t->n; i++) {
        size_t half = t->d / 2;
        t->y[i] = even(i);
        if (i % 2)
            normal_row(&r, t->d - half, t->x + i * t->d + half);
        else
            normal_row(&r, half, t->x + i * t->d);
    }
}

void nd_gen_noise(nd_gen *g, nd_table *t)
{
    nd_rng r = random_of(g);

    for (size_t i = 0; t && i < t->n; i++) {
        normal_row(&r, t->d, t->x + i * t->d);
        t->y[i] = even(i);
    }
}
