/* The highest saddle on a path between two minima: the string method (E, Ren,
 * Vanden-Eijnden, Phys. Rev. B 66, 2002), then a climb from the highest image.
 *
 * b is replaced by the equal network that lies nearest to a (align.c).  Images z_0 = a, ..,
 * z_m = b at equal distances start on the straight line; in every sweep each interior one
 * moves by a step across the path, with t_j = z_{j+1} - z_{j-1} normalised,
 *
 *   p = g - (g't) t,   s = - sum_i (v_i'p) / (|lambda_i|) v_i  without its part along t,
 *
 * at most SHARE of the spacing (where a Hessian is dear: along -p, that long at most), and
 * the images are spaced evenly again.  The path need not be converged: it is there to find
 * the way over, and eigenvector following does the rest.  When that fails, twice as many
 * images see more of the path. */
#include "map/scout.h"
#include "map/symmetry.h"

#include "num/tile.h"

#include <math.h>
#include <string.h>

#define IMAGES      10 /* spaces between images at first    */
#define ROUNDS      3  /* 10, 20, 40                        */
#define SWEEPS      16
#define SHARE       0.5
#define STEADY      0.02 /* of the barrier: the height has settled */
#define PATH_DENSE  300  /* parameters up to which images take Newton steps */
#define SAME        1e-6 /* a and b so near, relative to 1 + |a|, are one point */
#define SWEEPS_LONG 200  /* beyond                                          */

typedef struct {
    nd_scout *sc;
    size_t m; /* images 0 .. m                    */
    double *block;
    double *z, *old; /* (m + 1) x P each                   */
    double *g;       /* likewise: gradients                */
    double *f, *at;  /* m + 1: values, arc length          */
    double height;   /* largest f                          */
    double spacing;
} path;

static nd_status path_create(nd_scout *sc, size_t m, path *p)
{
    size_t n = (m + 1) * sc->P;

    *p = (path){.sc = sc, .m = m};
    p->block = ND_NEW(sc->ctx, double, 3 * n + 2 * (m + 1));
    if (!p->block) return ND_EMEM;
    p->z = p->block;
    p->old = p->z + n;
    p->g = p->old + n;
    p->f = p->g + n;
    p->at = p->f + m + 1;
    return ND_OK;
}

static double distance(size_t n, const double *x, const double *y)
{
    double d = 0.0;

    for (size_t i = 0; i < n; i++) d = hypot(d, x[i] - y[i]);
    return d;
}

/* Spaces the images of old (count + 1 of them) evenly into z (m + 1). */
static void space_evenly(path *p, size_t count)
{
    const size_t P = p->sc->P;
    size_t k = 0;

    p->at[0] = 0.0;
    for (size_t j = 1; j <= count; j++)
        p->at[j] = p->at[j - 1] + distance(P, p->old + j * P, p->old + (j - 1) * P);
    p->spacing = p->at[count] / (double)p->m;
    for (size_t j = 0; j <= p->m; j++) {
        double want = (double)j * p->spacing, part;

        while (k + 1 < count && p->at[k + 1] < want) k++;
        part = p->at[k + 1] > p->at[k] ? (want - p->at[k]) / (p->at[k + 1] - p->at[k]) : 0.0;
        part = fmin(1.0, fmax(0.0, part));
        for (size_t i = 0; i < P; i++)
            p->z[j * P + i] = (1.0 - part) * p->old[k * P + i] + part * p->old[(k + 1) * P + i];
    }
}

/* The tangent at image j, a unit vector (0 where the path has no length). */
static void tangent(const path *p, size_t j, double *t)
{
    const size_t P = p->sc->P;
    const double *before = p->z + (j - 1) * P, *after = p->z + (j + 1) * P;
    double size = distance(P, before, after);

    for (size_t i = 0; i < P; i++) t[i] = size > 0.0 ? (after[i] - before[i]) / size : 0.0;
}

static void project_out(size_t n, const double *t, double *x)
{
    nd_axpy(n, -nd_dot(n, t, x), t, x);
}

/* values and gradients of all images, and the height. */
static nd_status evaluate(path *p)
{
    const size_t P = p->sc->P;
    nd_status status = ND_OK;

    p->height = -INFINITY;
    for (size_t j = 0; j <= p->m && status == ND_OK; j++) {
        status = nd_scout_grad(p->sc, p->z + j * P, &p->f[j], p->g + j * P);
        p->height = fmax(p->height, p->f[j]);
    }
    return status;
}

/* Image j of z, one step across the path, into old. */
static nd_status move_image(path *p, size_t j)
{
    nd_scout *sc = p->sc;
    const size_t P = sc->P;
    const double *z = p->z + j * P;
    double *to = p->old + j * P, *step = sc->s, size;
    bool finite = false;
    nd_status status = ND_OK;

    tangent(p, j, sc->dir);
    memcpy(step, p->g + j * P, P * sizeof *step);
    project_out(P, sc->dir, step);
    if (P <= PATH_DENSE) {
        status = nd_scout_hessian(sc, z);
        if (status == ND_OK) status = nd_scout_eigen(sc, true, &finite);
        if (status != ND_OK) return status;
    }
    if (finite) {
        double least = 1e-10 * fmax(fabs(sc->values[0]), fabs(sc->values[P - 1]));

        nd_scout_to_basis(sc, step, sc->c);
        for (size_t i = 0; i < P; i++) sc->c[i] /= fmax(fabs(sc->values[i]), least) + 1e-300;
        nd_scout_from_basis(sc, sc->c, step);
        project_out(P, sc->dir, step);
    }
    size = nd_norm2(P, step);
    memcpy(to, z, P * sizeof *to);
    if (isfinite(size) && size > 0.0)
        nd_axpy(
            P,
            -(finite ? fmin(1.0, SHARE * p->spacing / size) : fmin(1.0, 0.1 * p->spacing / size)),
            step, to);
    return ND_OK;
}

/* Sweeps until the height settles. */
static nd_status relax(path *p, nd_stop *stop)
{
    const size_t P = p->sc->P;
    long sweeps = P <= PATH_DENSE ? SWEEPS : SWEEPS_LONG, steady = 0;
    double before = INFINITY;
    nd_status status = ND_OK;

    for (long k = 0;; k++) {
        ND_TRY(nd_scout_check(p->sc, stop));
        ND_TRY(evaluate(p));
        double barrier = p->height - fmax(p->f[0], p->f[p->m]);
        steady = fabs(before - p->height) <= STEADY * barrier ? steady + 1 : 0;
        before = p->height;
        if (steady >= 2 || k >= sweeps || *stop) return ND_OK;
        memcpy(p->old, p->z, P * sizeof *p->old);
        memcpy(p->old + p->m * P, p->z + p->m * P, P * sizeof *p->old);
        for (size_t j = 1; j < p->m; j++) ND_TRY(move_image(p, j));
        space_evenly(p, p->m);
    }
done:
    return status;
}

/* From the highest interior image over the top. */
static nd_status over_the_top(path *p, long index, nd_stop *stop, bool *there)
{
    nd_scout *sc = p->sc;
    size_t top = 1;

    for (size_t j = 2; j < p->m; j++)
        if (p->f[j] > p->f[top]) top = j;
    memcpy(sc->x, p->z + top * sc->P, sc->P * sizeof *sc->x);
    tangent(p, top, sc->dir);
    return nd_scout_climb(sc, index, stop, there);
}

/* One round with m spaces from the line from a to b. */
static nd_status try_path(nd_scout *sc, const nd_ask *ask, const double *b, size_t m, nd_stop *stop,
                          bool *there)
{
    path p;
    nd_status status = path_create(sc, m, &p);

    if (status != ND_OK) return status;
    memcpy(p.old, ask->a, sc->P * sizeof *p.old);
    memcpy(p.old + sc->P, b, sc->P * sizeof *p.old);
    space_evenly(&p, 1);
    status = relax(&p, stop);
    sc->height = p.height;
    if (status == ND_OK && !*stop) status = over_the_top(&p, ask->index, stop, there);
    if (status == ND_OK && *stop == ND_STOP_TIME && !*there)
        memcpy(sc->x, p.z + m / 2 * sc->P, sc->P * sizeof *sc->x);
    nd_free(sc->ctx, p.block);
    return status;
}

/* No way to go: the answer is a itself. */
static nd_status stay(nd_scout *sc, const nd_ask *ask, nd_stop *stop)
{
    memcpy(sc->x, ask->a, sc->P * sizeof *sc->x);
    *stop = ND_STOP_GRADIENT;
    return nd_scout_grad(sc, sc->x, &sc->height, sc->g);
}

nd_status nd_scout_pair(nd_scout *sc, const nd_ask *ask, nd_stop *stop, bool *there)
{
    double *b = ND_NEW(sc->ctx, double, sc->P), apart, least;
    size_t m = IMAGES;
    nd_status status = b ? ND_OK : ND_EMEM;

    *there = false;
    if (status != ND_OK) return status;
    memcpy(b, ask->b, sc->P * sizeof *b);
    ND_TRY(nd_align(sc->ctx, sc->sf->net, ask->a, b, &apart, &least));
    if (apart <= SAME * (1.0 + nd_norm2(sc->P, ask->a))) {
        ND_TRY(stay(sc, ask, stop));
        *there = true;
        goto done;
    }
    for (int k = 0; k < ROUNDS && !*there && *stop != ND_STOP_TIME; k++, m *= 2) {
        *stop = ND_STOP_NONE;
        ND_TRY(try_path(sc, ask, b, m, stop, there));
    }
done:
    nd_free(sc->ctx, b);
    return status;
}
