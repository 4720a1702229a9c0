/* Down from a saddle: a step along the lowest eigenvector, to the side that is asked for,
 * and then the curve of steepest descent, so that the minimum is the one this side of the
 * saddle belongs to.
 *
 * On the quadratic model at x the flow x' = -g is known in closed form (Page, McIver, J.
 * Chem. Phys. 88, 1988): in the basis of eigenvectors, after the time t,
 *
 *   s_i = -c_i (1 - e^(-lambda_i t)) / lambda_i,        c_i = v_i'g,
 *
 * |s| grows with t; t is such that |s| = radius.  The radius follows the error of the model,
 * |g(x+s) - g - H s| relative to |g|.  Once all eigenvalues are positive and the whole
 * Newton step is short, Newton's method ends the descent. */
#include "map/scout.h"

#include "num/tile.h"

#include <math.h>
#include <string.h>

#define STEPS      300
#define AWAY       1e-3 /* of the first step, relative to 1 + |a|; doubled until L is lower */
#define AWAYS      10
#define RADIUS     0.02 /* relative to 1 + |x| */
#define RADIUS_MAX 0.3
#define RADIUS_MIN 1e-10
#define NEAR       1e-2 /* a Newton step that short, relative to 1 + |x|, is inside the basin */
#define ERROR      0.25 /* of the model: taken                        */
#define GOOD       0.1  /* the radius grows                           */
#define FAR        1e12 /* times 1/|lambda|: the flow has come to rest */

typedef struct {
    nd_scout *sc;
    double f, size, radius;
} flow;

/* (1 - e^-z) / z */
static double decay(double z)
{
    return fabs(z) < 1e-8 ? 1.0 - 0.5 * z : -expm1(-z) / z;
}

/* Coefficients of the flow after the time t into s; returns |s|. */
static double flow_by(const nd_scout *sc, double t, double *s)
{
    for (size_t i = 0; i < sc->P; i++) s[i] = -sc->c[i] * t * decay(sc->values[i] * t);
    return nd_norm2(sc->P, s);
}

/* s with |s| = radius, or the end of the flow when that is nearer. */
static void flow_step(const flow *q, double *s)
{
    const nd_scout *sc = q->sc;
    double norm = fmax(fabs(sc->values[0]), fabs(sc->values[sc->P - 1]));
    double lo = 0.0, hi = q->radius / q->size;

    while (flow_by(sc, hi, s) < q->radius && hi * norm < FAR) {
        lo = hi;
        hi *= 4.0;
    }
    for (int k = 0; k < 30 && nd_norm2(sc->P, s) > q->radius; k++) {
        double t = lo > 0.0 ? sqrt(lo) * sqrt(hi) : 0.5 * hi;

        if (flow_by(sc, t, s) > q->radius)
            hi = t;
        else
            lo = t;
    }
    if (nd_norm2(sc->P, s) > q->radius && lo > 0.0) flow_by(sc, lo, s);
}

static double scale(const nd_scout *sc)
{
    return 1.0 + nd_norm2(sc->P, sc->x);
}

/* All eigenvalues positive and Newton's step short: c holds V g. */
static bool in_basin(const nd_scout *sc)
{
    double step = 0.0;

    if (!(sc->values[0] > 0.0)) return false;
    for (size_t i = 0; i < sc->P; i++) step = hypot(step, sc->c[i] / sc->values[i]);
    return step <= NEAR * scale(sc);
}

static nd_status try_flow(flow *q, bool *taken)
{
    nd_scout *sc = q->sc;
    const size_t P = sc->P;
    double error = 0.0, length, f;
    nd_status status;

    nd_scout_to_basis(sc, sc->g, sc->c);
    flow_step(q, sc->s);
    length = nd_norm2(P, sc->s);
    nd_scout_from_basis(sc, sc->s, sc->y);
    for (size_t i = 0; i < P; i++) sc->y[i] += sc->x[i];
    status = nd_scout_grad(sc, sc->y, &f, sc->gy);
    if (status != ND_OK) return status;
    for (size_t i = 0; i < P; i++) sc->c[i] += sc->values[i] * sc->s[i];
    nd_scout_from_basis(sc, sc->c, sc->s);
    for (size_t i = 0; i < P; i++) error = hypot(error, sc->gy[i] - sc->s[i]);
    *taken = f < q->f && error <= ERROR * q->size;
    if (!*taken) {
        q->radius = length / 3.0;
        return ND_OK;
    }
    if (error <= GOOD * q->size) q->radius = fmin(1.7 * q->radius, RADIUS_MAX * scale(sc));
    memcpy(sc->x, sc->y, P * sizeof *sc->x);
    memcpy(sc->g, sc->gy, P * sizeof *sc->g);
    q->f = f;
    q->size = nd_norm2(P, sc->g);
    return ND_OK;
}

/* Follows the flow until Newton's method may take over (*near), or it cannot go on. */
static nd_status follow_flow(flow *q, bool *near, nd_stop *stop)
{
    nd_scout *sc = q->sc;
    nd_status status = ND_OK;

    *near = false;
    for (long k = 0; status == ND_OK && k < STEPS && q->size > 0.0; k++) {
        bool finite, taken = false;

        ND_TRY(nd_scout_hessian(sc, sc->x));
        ND_TRY(nd_scout_eigen(sc, true, &finite));
        if (!finite) return ND_OK;
        nd_scout_to_basis(sc, sc->g, sc->c);
        *near = in_basin(sc);
        while (!*near && !taken) {
            ND_TRY(nd_scout_check(sc, stop));
            if (*stop || !(q->radius > RADIUS_MIN * scale(sc))) return ND_OK;
            ND_TRY(try_flow(q, &taken));
        }
        if (*near) return ND_OK;
    }
done:
    return status;
}

/* A point of the side asked for that is lower than a by more than rounding. */
static nd_status leave_saddle(nd_scout *sc, const nd_ask *ask, flow *q, bool *left)
{
    double f, away = AWAY * (1.0 + nd_norm2(sc->P, ask->a));
    nd_status status = nd_scout_grad(sc, ask->a, &f, sc->g);

    *left = false;
    for (int k = 0; status == ND_OK && k < AWAYS && !*left; k++, away *= 2.0) {
        memcpy(sc->x, ask->a, sc->P * sizeof *sc->x);
        nd_axpy(sc->P, away, sc->dir, sc->x);
        status = nd_scout_grad(sc, sc->x, &q->f, sc->g);
        *left = q->f < f - 0x1p-40 * fabs(f);
    }
    q->size = nd_norm2(sc->P, sc->g);
    q->radius = RADIUS * scale(sc);
    return status;
}

nd_status nd_scout_down(nd_scout *sc, const nd_ask *ask, nd_stop *stop)
{
    flow q = {.sc = sc};
    bool finite, left, near = false;
    nd_status status;

    memcpy(sc->x, ask->a, sc->P * sizeof *sc->x);
    ND_TRY(nd_scout_hessian(sc, sc->x));
    ND_TRY(nd_scout_eigen(sc, true, &finite));
    *stop = ND_STOP_NOT_FINITE;
    if (!finite) return ND_OK;
    nd_scout_orient(sc, 0);
    for (size_t i = 0; i < sc->P; i++) sc->dir[i] = ask->side * sc->V[i];
    ND_TRY(leave_saddle(sc, ask, &q, &left));
    *stop = ND_STOP_NONE;
    if (!left) { /* no saddle, or one that double precision cannot leave: a itself is judged */
        memcpy(sc->x, ask->a, sc->P * sizeof *sc->x);
        *stop = ND_STOP_LINE_SEARCH;
        return ND_OK;
    }
    ND_TRY(follow_flow(&q, &near, stop));
    if (*stop) return ND_OK;
    ND_TRY(nd_scout_descend(sc, !near, stop));
done:
    return status;
}
