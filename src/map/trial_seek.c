/* To a critical point of any index, from wherever: the equation grad L = 0 alone is solved, and
 * neither value nor curvature is asked for.
 *
 * In the basis of eigenvectors of H(x), with c_i = v_i'g, the steps are by turns of trials
 *
 *   s_i = -c_i / lambda_i                         Newton's, cut to |s| <= LEAP (1 + |x|),
 *   s_i = -c_i lambda_i / (lambda_i^2 + mu)       Levenberg's for |g|^2, |s| <= radius,
 *
 * (Levenberg, Quart. Appl. Math. 2, 1944).  Newton's steps go anywhere, and that is their use:
 * they end at points whose surroundings no descent of |g|^2 leads to.  Levenberg's lower |g| in
 * every step, to a point near the start or to one where |g| has a minimum that is not 0: then
 * the answer is that nothing was found. */
#include "map/scout.h"

#include "num/tile.h"

#include <math.h>
#include <string.h>

#define STEPS      100
#define LEAP       0.5
#define RADIUS     0.1 /* of Levenberg's steps at first, relative to 1 + |x| */
#define RADIUS_MAX 0.5
#define RADIUS_MIN 1e-10
#define X_MAX      30.0  /* beyond this times 1 + |start| nobody goes on           */
#define SMALL      1e-6  /* |g| (1 + |x|) <= SMALL (1 + |L|): noise is worth its price */
#define STALLED    4     /* steps without a smaller gradient where it is small       */
#define LEAST      1e-13 /* of |H|: eigenvalues below count as that large              */

typedef struct {
    nd_scout *sc;
    double f, size, radius;
    bool newton;
    double best; /* smallest |g| where it is small */
    long stalled;
} seek;

static double scale(const nd_scout *sc)
{
    return 1.0 + nd_norm2(sc->P, sc->x);
}

static double norm_of(const nd_scout *sc)
{
    return fmax(fabs(sc->values[0]), fabs(sc->values[sc->P - 1]));
}

/* Is |g| nothing but rounding, or does it no longer fall? */
static nd_status arrived(seek *q, nd_stop *stop)
{
    nd_scout *sc = q->sc;
    double noise;
    nd_status status;

    if (q->size * scale(sc) > SMALL * (1.0 + fabs(q->f))) return ND_OK;
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

/* c holds V g; Levenberg's step for this mu into s.  Returns |s|. */
static double damped(const nd_scout *sc, double mu, double *s)
{
    for (size_t i = 0; i < sc->P; i++) {
        double e = sc->values[i];
        s[i] = e == 0.0 && mu == 0.0 ? 0.0 : -sc->c[i] * e / (e * e + mu);
    }
    return nd_norm2(sc->P, s);
}

static void levenberg(const seek *q, double *s)
{
    const nd_scout *sc = q->sc;
    double norm = norm_of(sc), lo = LEAST * norm * norm, hi = norm * norm * 1e6;

    if (damped(sc, lo, s) <= q->radius) return;
    for (int k = 0; k < 60 && hi > 1.01 * lo; k++) {
        double mu = sqrt(lo) * sqrt(hi);
        if (damped(sc, mu, s) > q->radius)
            lo = mu;
        else
            hi = mu;
    }
    damped(sc, hi, s);
}

static void newton(const seek *q, double *s)
{
    const nd_scout *sc = q->sc;
    double least = LEAST * norm_of(sc) + 1e-300, length, most = LEAP * scale(sc);

    for (size_t i = 0; i < sc->P; i++) {
        double e = sc->values[i];
        s[i] = -sc->c[i] / (fabs(e) > least ? e : copysign(least, e));
    }
    length = nd_norm2(sc->P, s);
    for (size_t i = 0; i < sc->P && length > most; i++) s[i] *= most / length;
}

/* The trial y = x + step: *taken, or the radius shrinks. */
static nd_status try_step(seek *q, bool *taken)
{
    nd_scout *sc = q->sc;
    double f, size, length = nd_norm2(sc->P, sc->s);
    nd_status status;

    nd_scout_from_basis(sc, sc->s, sc->y);
    for (size_t i = 0; i < sc->P; i++) sc->y[i] += sc->x[i];
    status = nd_scout_grad(sc, sc->y, &f, sc->gy);
    if (status != ND_OK) return status;
    size = nd_norm2(sc->P, sc->gy);
    *taken = isfinite(f) && isfinite(size) && (q->newton || size < q->size);
    if (!*taken) {
        q->radius = length / 3.0;
        return ND_OK;
    }
    if (size < 0.5 * q->size)
        q->radius = fmin(fmax(q->radius, 2.0 * length), RADIUS_MAX * scale(sc));
    memcpy(sc->x, sc->y, sc->P * sizeof *sc->x);
    memcpy(sc->g, sc->gy, sc->P * sizeof *sc->g);
    q->f = f;
    q->size = size;
    return ND_OK;
}

/* One step from x, or the reason why there is none. */
static nd_status advance(seek *q, nd_stop *stop)
{
    nd_scout *sc = q->sc;
    bool finite, taken = false;
    nd_status status;

    ND_TRY(nd_scout_hessian(sc, sc->x));
    ND_TRY(nd_scout_eigen(sc, true, &finite));
    if (!finite) {
        *stop = ND_STOP_NOT_FINITE;
        return ND_OK;
    }
    ND_TRY(arrived(q, stop));
    while (!*stop && !taken) {
        if (!(q->radius > RADIUS_MIN * scale(sc))) {
            *stop = ND_STOP_LINE_SEARCH;
            return ND_OK;
        }
        ND_TRY(nd_scout_check(sc, stop));
        nd_scout_to_basis(sc, sc->g, sc->c);
        if (q->newton)
            newton(q, sc->s);
        else
            levenberg(q, sc->s);
        ND_TRY(try_step(q, &taken));
        if (q->newton && !taken) *stop = ND_STOP_NOT_FINITE;
    }
done:
    return status;
}

nd_status nd_scout_seek(nd_scout *sc, const nd_ask *ask, nd_stop *stop, bool *there)
{
    seek q = {.sc = sc, .newton = ask->trial / 4 % 2 == 1, .best = INFINITY};
    double x_max;
    nd_status status;

    if (ask->a)
        nd_scout_leap(sc, ask);
    else
        nd_net_start(sc->sf->net, ask->seed, ask->trial, ask->scale, sc->x);
    q.radius = RADIUS * scale(sc);
    x_max = X_MAX * scale(sc);
    status = nd_scout_grad(sc, sc->x, &q.f, sc->g);
    q.size = nd_norm2(sc->P, sc->g);
    if (status == ND_OK && !isfinite(q.size)) *stop = ND_STOP_NOT_FINITE;
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
