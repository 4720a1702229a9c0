/* Eigenvector following: to a critical point of index k.
 *
 * In the basis of eigenvectors of H(x), with c_i = v_i'g, the step is that of the image
 * function, whose gradient and curvature are turned round along k modes U (Banerjee, Adams,
 * Simons, Shepard, J. Phys. Chem. 89, 1985; Helgaker, Chem. Phys. Lett. 182, 1991):
 *
 *   s_i = +c_i / (|lambda_i| + mu)   i in U
 *   s_i = -c_i / (|lambda_i| + mu)   else          mu >= 0 such that |s| <= radius.
 *
 * U: the k lowest modes once so many curve downwards clearly; before that the mode that
 * overlaps most with the one climbed last, and the k - 1 lowest of the others.  While the
 * tracked mode curves upwards its Newton step says nothing of where the saddle is: it is
 * climbed at a pace and the others are minimised.  Close to a point of index k the step is
 * Newton's; a point of another index does not attract.
 *
 * Trust: r = g(x + s) - g - H s, taken for the displacement (|H| + mu)^-1 r that corrects it,
 * relative to |s|.  (Relative to |H s| the climb creeps: along a flat mode H s is small
 * against what the third derivatives do to stiff ones.  With |H|^-1 it creeps where an
 * eigenvalue passes 0.)  The value is no test: it rises along some modes and falls along
 * others.
 *
 * From a minimum the climb starts on the ray a + t v, where the Hessian first has the index
 * wanted; and further out, if from there it comes to nothing. */
#include "map/scout.h"

#include "num/tile.h"

#include <math.h>
#include <string.h>

#define STEPS      120
#define RADIUS     0.05 /* at first, relative to 1 + |x| */
#define RADIUS_MAX 0.3
#define RADIUS_MIN 1e-12
#define PACE       0.7  /* of the radius, along a tracked mode that curves upwards        */
#define FLOOR      1e-3 /* of |H|: an eigenvalue below minus that curves downwards clearly */
#define GOOD       0.2  /* error of the model: the radius grows                           */
#define POOR       0.5  /* it shrinks                                                     */
#define WRONG      0.9  /* the step is taken back                                         */
#define X_MAX      30.0 /* beyond this times 1 + |start| the climb goes on without end    */
#define SMALL      1e-6 /* |g| (1 + |x|) <= SMALL (1 + |L|): noise is worth its price     */
#define STALLED    8    /* steps without a smaller gradient where it is small             */

#define RAYS  4    /* starts of a climb on the ray along an eigenvector */
#define FIRST 0.02 /* relative to 1 + |a|                              */
#define TILT  0.01
#define LAST  2.0

typedef struct {
    nd_scout *sc;
    size_t k;       /* index wanted                                       */
    double f, size; /* at x: value, |g|                                   */
    double mu;
    double radius, ahead; /* ahead: +-1, how the tracked vector points along dir */
    size_t track;         /* the mode climbed at a pace while it curves upwards   */
    double best;          /* smallest |g| where it is small                     */
    long stalled;
} climb;

static double scale(const nd_scout *sc)
{
    return 1.0 + nd_norm2(sc->P, sc->x);
}

/* The mode that overlaps most with dir. */
static size_t overlap(const nd_scout *sc)
{
    double most = -1.0, d;
    size_t best = 0;

    for (size_t j = 0; j < sc->P; j++)
        if ((d = fabs(nd_dot(sc->P, sc->V + j * sc->P, sc->dir))) > most) {
            most = d;
            best = j;
        }
    return best;
}

/* Chooses U; dir is turned to the mode that is tracked. */
static void choose(climb *q)
{
    nd_scout *sc = q->sc;
    double norm = fmax(fabs(sc->values[0]), fabs(sc->values[sc->P - 1]));
    const double *v;
    double sign;

    q->track = sc->values[q->k - 1] < -FLOOR * norm ? q->k - 1 : overlap(sc);
    v = sc->V + q->track * sc->P;
    sign = nd_dot(sc->P, v, sc->dir) < 0.0 ? -1.0 : 1.0;
    for (size_t i = 0; i < sc->P; i++) sc->dir[i] = sign * v[i];
    q->ahead = sign;
}

static bool climbed(const climb *q, size_t i)
{
    return i == q->track || i < (q->track < q->k ? q->k : q->k - 1);
}

/* c holds V g; s_i for this mu into s.  Returns |s|. */
static double shifted(const climb *q, double mu, double *s)
{
    const nd_scout *sc = q->sc;

    for (size_t i = 0; i < sc->P; i++)
        s[i] = (climbed(q, i) ? sc->c[i] : -sc->c[i]) / (fabs(sc->values[i]) + mu);
    return nd_norm2(sc->P, s);
}

/* Where the tracked mode still curves upwards it is climbed at a pace. */
static void set_pace(const climb *q, double *s)
{
    const nd_scout *sc = q->sc;
    double pace = PACE * q->radius, length;

    if (!(sc->values[q->track] > 0.0)) return;
    s[q->track] = 0.0;
    length = nd_norm2(sc->P, s);
    for (size_t i = 0; i < sc->P && length > pace; i++) s[i] *= pace / length;
    s[q->track] = q->ahead * pace;
}

/* Coefficients of the step into s: |s| <= radius. */
static void make_step(climb *q, double *s)
{
    const nd_scout *sc = q->sc;
    double lo = 0.0, hi = nd_norm2(sc->P, sc->c) / q->radius;
    double least = 1e-14 * fmax(fabs(sc->values[0]), fabs(sc->values[sc->P - 1])) + 1e-300;

    q->mu = least;
    if (shifted(q, least, s) <= q->radius) {
        set_pace(q, s);
        return;
    }
    for (int k = 0; k < 60 && hi - lo > 1e-3 * hi; k++) {
        double mu = 0.5 * (lo + hi);
        if (shifted(q, mu, s) > q->radius)
            lo = mu;
        else
            hi = mu;
    }
    q->mu = hi;
    shifted(q, hi, s);
    set_pace(q, s);
}

/* Is |g| nothing but rounding, or does it no longer fall? */
static nd_status arrived(climb *q, nd_stop *stop)
{
    nd_scout *sc = q->sc;
    double noise;
    nd_status status;

    if (q->size * scale(sc) > SMALL * (1.0 + fabs(q->f))) return ND_OK;
    if (sc->values[q->k - 1] > 0.0) return ND_OK;
    status = nd_scout_noise(sc, sc->x, &noise);
    if (status != ND_OK) return status;
    q->stalled = q->size < 0.9 * q->best ? 0 : q->stalled + 1;
    q->best = fmin(q->best, q->size);
    if (q->size <= noise)
        *stop = ND_STOP_GRADIENT;
    else if (q->stalled >= STALLED)
        *stop = ND_STOP_ROUNDING;
    return ND_OK;
}

/* The error of the model at y, r = g(y) - g - H s, as a displacement relative to |s|:
 * | (|H| + mu)^-1 r | / |s|.  c holds V g and the coefficients s. */
static double model_error(const climb *q, double length)
{
    const nd_scout *sc = q->sc;
    const size_t P = sc->P;
    double error = 0.0;

    for (size_t i = 0; i < P; i++) {
        double r = nd_dot(P, sc->V + i * P, sc->gy) - sc->c[i] - sc->values[i] * sc->s[i];
        error = hypot(error, r / (fabs(sc->values[i]) + q->mu));
    }
    return error / length;
}

/* The trial y = x + step: *taken, or the radius shrinks. */
static nd_status try_step(climb *q, bool *taken)
{
    nd_scout *sc = q->sc;
    const size_t P = sc->P;
    double error, length = nd_norm2(P, sc->s), f;
    nd_status status;

    nd_scout_from_basis(sc, sc->s, sc->y);
    for (size_t i = 0; i < P; i++) sc->y[i] += sc->x[i];
    status = nd_scout_grad(sc, sc->y, &f, sc->gy);
    if (status != ND_OK) return status;
    error = model_error(q, length);
    *taken = isfinite(f) && (error <= WRONG || length <= 1e-8 * scale(sc));
    if (!*taken) {
        q->radius = length / 3.0;
        return ND_OK;
    }
    if (error > POOR) q->radius = fmin(q->radius, 0.7 * length);
    if (error < GOOD && length > 0.7 * q->radius)
        q->radius = fmin(2.0 * q->radius, RADIUS_MAX * scale(sc));
    memcpy(sc->x, sc->y, P * sizeof *sc->x);
    memcpy(sc->g, sc->gy, P * sizeof *sc->g);
    q->f = f;
    q->size = nd_norm2(P, sc->g);
    return ND_OK;
}

/* One step from x, or the reason why there is none. */
static nd_status advance(climb *q, nd_stop *stop)
{
    nd_scout *sc = q->sc;
    bool finite, taken = false;
    nd_status status = nd_scout_hessian(sc, sc->x);

    if (status == ND_OK) status = nd_scout_eigen(sc, true, &finite);
    if (status != ND_OK) return status;
    if (!finite) {
        *stop = ND_STOP_NOT_FINITE;
        return ND_OK;
    }
    choose(q);
    status = arrived(q, stop);
    while (status == ND_OK && !*stop && !taken) {
        if (!(q->radius > RADIUS_MIN * scale(sc))) {
            *stop = ND_STOP_LINE_SEARCH;
            return ND_OK;
        }
        status = nd_scout_check(sc, stop);
        if (status != ND_OK || *stop) return status;
        nd_scout_to_basis(sc, sc->g, sc->c);
        make_step(q, sc->s);
        status = try_step(q, &taken);
    }
    return status;
}

nd_status nd_scout_climb(nd_scout *sc, long index, nd_stop *stop, bool *there)
{
    climb q = {.sc = sc, .k = (size_t)index, .radius = RADIUS * scale(sc), .best = INFINITY};
    double x_max = X_MAX * scale(sc);
    nd_status status = nd_scout_grad(sc, sc->x, &q.f, sc->g);

    *there = false;
    *stop = ND_STOP_NONE;
    q.size = nd_norm2(sc->P, sc->g);
    if (status == ND_OK && !isfinite(q.f)) *stop = ND_STOP_NOT_FINITE;
    for (long k = 0; status == ND_OK && !*stop; k++) {
        if (k >= STEPS)
            *stop = ND_STOP_ITERATIONS;
        else if (nd_norm2(sc->P, sc->x) > x_max)
            *stop = ND_STOP_DIVERGED;
        else
            status = advance(&q, stop);
    }
    *there = *stop == ND_STOP_GRADIENT;
    return status;
}

/* Sets out from a + t dir, t (1 + |a|)^-1 from *t on the first where H has k eigenvalues
 * that curve downwards clearly. */
static nd_status leave_basin(nd_scout *sc, const nd_ask *ask, double *t)
{
    double unit = 1.0 + nd_norm2(sc->P, ask->a);
    nd_status status = ND_OK;

    for (bool left = false; status == ND_OK && !left; *t *= left ? 1.0 : 1.5) {
        bool finite = false;

        memcpy(sc->x, ask->a, sc->P * sizeof *sc->x);
        nd_axpy(sc->P, *t * unit, sc->dir, sc->x);
        status = nd_scout_hessian(sc, sc->x);
        if (status == ND_OK) status = nd_scout_eigen(sc, false, &finite);
        left = !finite || *t >= LAST ||
               sc->values[ask->index - 1] < -FLOOR * fabs(sc->values[sc->P - 1]);
    }
    return status;
}

/* The direction of the ray: side * v_mode at a, tilted at random so that a symmetry of the
 * problem does not hold the climb in a subspace, where it would be drawn to points of
 * another index.  *finite: false when H(a) is not. */
static nd_status choose_ray(nd_scout *sc, const nd_ask *ask, bool *finite)
{
    nd_rng rng = nd_rng_make(ask->seed, ND_STREAM_FOLLOW + ask->trial);
    nd_status status = nd_scout_hessian(sc, ask->a);

    if (status == ND_OK) status = nd_scout_eigen(sc, true, finite);
    if (status != ND_OK || !*finite) return status;
    nd_scout_orient(sc, (size_t)ask->mode);
    for (size_t i = 0; i < sc->P; i++)
        sc->start[i] = ask->side * sc->V[(size_t)ask->mode * sc->P + i] +
                       TILT / sqrt((double)sc->P) * nd_rng_normal(&rng);
    return ND_OK;
}

nd_status nd_scout_follow(nd_scout *sc, const nd_ask *ask, nd_stop *stop, bool *there)
{
    double t = FIRST;
    bool finite;
    nd_status status = choose_ray(sc, ask, &finite);

    *there = false;
    memcpy(sc->x, ask->a, sc->P * sizeof *sc->x);
    if (status == ND_OK && !finite) *stop = ND_STOP_NOT_FINITE;
    for (int k = 0; status == ND_OK && finite && k < RAYS && !*there; k++, t *= 3.0) {
        memcpy(sc->dir, sc->start, sc->P * sizeof *sc->dir);
        status = leave_basin(sc, ask, &t);
        if (status == ND_OK) status = nd_scout_climb(sc, ask->index, stop, there);
        if (*stop == ND_STOP_TIME) break;
    }
    return status;
}
