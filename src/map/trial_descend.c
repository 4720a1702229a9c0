/* The descent of a trial: L-BFGS while the way is long, Newton's method to a second-order
 * point at the rounding of the gradient.
 *
 * Where L can be exactly 0 (lambda = 0, a hinge with a flat tail) the descent ends as soon
 * as all margins are positive and scaling the output weights makes it so (lab's exact
 * finish).  Without ridge the first point with a small gradient is remembered: what the
 * descent did from there on tells a valley from a minimum. */
#include "map/scout.h"

#include "num/tile.h"

#include <math.h>
#include <string.h>

/* L-BFGS hands over at this gradient: a Hessian costs four gradients and saves ten. */
#define HAND_OVER     3e-3
#define HAND_OVER_BIG 1e-6 /* with this many parameters a Hessian is dear */
#define BIG           400

#define STEPS        3000 /* of L-BFGS: three times what minima took; valleys use all */
#define NEWTON_STEPS 200
#define GRADIENT     1e-8 /* of Newton, which then goes on while it helps */
#define POLISH       1
#define X_MAX        1e6

#define EARLY_GRADIENT 1e-5
#define EARLY_NORM     1e4
#define MARGIN_SHARE   1e-6 /* smallest margin over the largest: below, the descent goes on */
#define TRIES          3    /* of the exact finish */

typedef struct {
    nd_scout *sc;
    bool vanish, solved;
    double needed;
    nd_status status;
} watch;

/* Are all margins positive?  (S): only when sum omega_i l_i is below the least weight. */
static bool all_right(watch *w, const double *x, double f)
{
    nd_surface *sf = w->sc->sf;
    const double *weight = sf->pb.data->weight;
    double least = INFINITY, lo = INFINITY, hi = 0.0;
    size_t n = sf->pb.data->n;

    for (size_t i = 0; i < n; i++) least = fmin(least, weight ? weight[i] : 1.0);
    if (!(f * (double)n < least)) return false;
    w->status = nd_problem_margins(sf->ctx, &sf->pb, x, sf->work, sf->m);
    if (w->status != ND_OK) return true;
    for (size_t i = 0; i < n; i++) {
        lo = fmin(lo, sf->m[i]);
        hi = fmax(hi, sf->m[i]);
    }
    return lo > w->needed * hi;
}

static bool watch_step(void *user, const double *x, double f, const double *g)
{
    watch *w = user;
    nd_scout *sc = w->sc;

    if (!sc->remembered &&
        (nd_norm2(sc->P, g) <= EARLY_GRADIENT || nd_norm2(sc->P, x) >= EARLY_NORM)) {
        memcpy(sc->early, x, sc->P * sizeof *x);
        sc->remembered = true;
    }
    w->solved = w->vanish && all_right(w, x, f);
    return w->solved;
}

typedef nd_status (*optimiser)(nd_ctx *, const nd_oracle *, const nd_opt_settings *, double *,
                               nd_opt_result *);

static nd_status run(watch *w, optimiser method, nd_opt_settings *s, nd_stop *stop)
{
    nd_scout *sc = w->sc;
    nd_opt_result r;
    nd_status status;

    s->quiet = true;
    s->time = nd_scout_left(sc);
    if (sc->sf->pb.l2 == 0.0) {
        s->test = watch_step;
        s->test_user = w;
    }
    w->solved = false;
    status = method(sc->ctx, &sc->oracle, s, sc->x, &r);
    if (status == ND_OK) status = w->status;
    if (status == ND_OK) *stop = r.stop;
    return status;
}

static nd_status lbfgs(watch *w, nd_stop *stop)
{
    nd_scout *sc = w->sc;
    nd_opt_settings s;

    nd_opt_init(&s);
    s.iterations = STEPS;
    s.x_max = X_MAX * (1.0 + nd_norm2(sc->P, sc->x));
    if (sc->sf->oracle.hessian) s.grad_tol = sc->P < BIG ? HAND_OVER : HAND_OVER_BIG;
    return run(w, nd_lbfgs, &s, stop);
}

static nd_status newton(watch *w, nd_stop *stop)
{
    nd_opt_settings s;

    nd_opt_init(&s);
    s.iterations = NEWTON_STEPS;
    s.grad_tol = GRADIENT;
    s.polish = POLISH;
    return run(w, nd_newton, &s, stop);
}

nd_status nd_scout_settle(nd_scout *sc, double tol)
{
    nd_opt_settings s;
    nd_opt_result r;

    nd_opt_init(&s);
    s.iterations = NEWTON_STEPS;
    s.grad_tol = tol;
    s.polish = 0;
    s.quiet = true;
    s.time = nd_scout_left(sc);
    return nd_newton(sc->ctx, &sc->oracle, &s, sc->x, &r);
}

nd_status nd_scout_descend(nd_scout *sc, bool jump, nd_stop *stop)
{
    watch w = {.sc = sc, .vanish = nd_surface_can_vanish(sc->sf), .needed = MARGIN_SHARE};
    nd_status status = ND_OK;

    for (int k = 0; k < TRIES; k++) {
        bool proved = false;

        if (jump) status = lbfgs(&w, stop);
        if (status == ND_OK && !w.solved && *stop != ND_STOP_TIME && sc->sf->oracle.hessian)
            status = newton(&w, stop);
        if (status != ND_OK || !w.solved) return status;
        status = nd_finish_rescale(sc->sf, sc->x, &proved);
        if (status != ND_OK || proved) return status;
        w.needed *= 100.0;
        w.vanish = k + 2 < TRIES;
    }
    return status;
}
