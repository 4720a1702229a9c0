/* What the files of the search share: a scout and the trial it has in hand. */
#ifndef ND_MAP_SCOUT_H
#define ND_MAP_SCOUT_H

#include <nadir/map.h>

#include "base/memory.h"
#include "lab/lab.h"

/* Streams of nd_rng that belong to the search: added to the number of the trial. */
#define ND_STREAM_HOP    ((uint64_t)3 << 61)
#define ND_STREAM_FOLLOW ((uint64_t)7 << 60)

struct nd_scout {
    nd_ctx *ctx;
    nd_surface *sf;
    size_t P;
    double *block;  /* of the vectors below, P entries each                       */
    double *x;      /* the point of the trial: in the end its answer                 */
    double *g;      /* gradient at x                                                 */
    double *y, *gy; /* a trial step, and the gradient there                        */
    double *c, *s;  /* coefficients in the basis of eigenvectors                   */
    double *early;  /* the point of the descent to judge valleys by                */
    double *dir;    /* the direction that is climbed                               */
    double *start;  /* where a climb or a descent set out                          */
    double *values; /* eigenvalues at x, ascending, and the vectors: row j of V     */
    double *V, *H;  /* P x P, made when first needed                               */
    double *at;     /* where H was computed; have_H: H is that of at               */
    bool have_H;
    nd_oracle oracle; /* of the surface, but for the Hessian, which stays in H     */
    double height;
    double deadline; /* nd_seconds() */
    long hessians;
    bool remembered; /* early is set in this trial */
};

/* scout.c: limits of the trial between its steps; *stop is left alone when there is none. */
nd_status nd_scout_check(nd_scout *sc, nd_stop *stop);
double nd_scout_left(const nd_scout *sc); /* seconds */

/* spectral.c: value and gradient at x; *f may be infinite. */
nd_status nd_scout_grad(nd_scout *sc, const double *x, double *f, double *g);
/* sc->H := H(x).  From it: sc->values and, with vectors, sc->V; *finite: false when H is
 * not. */
nd_status nd_scout_hessian(nd_scout *sc, const double *x);
void nd_scout_oracle(nd_scout *sc); /* sets sc->oracle */
nd_status nd_scout_eigen(nd_scout *sc, bool vectors, bool *finite);
/* A level of rounding of the gradient at x from H at x: never above what is there. */
nd_status nd_scout_noise(nd_scout *sc, const double *x, double *noise);
/* c := V g, and out := V' c */
void nd_scout_to_basis(const nd_scout *sc, const double *g, double *c);
void nd_scout_from_basis(const nd_scout *sc, const double *c, double *out);
/* Row j of V so that its first entry that is not tiny is positive. */
void nd_scout_orient(const nd_scout *sc, size_t j);

/* trial_descend.c: to a minimum from sc->x; jump: by L-BFGS first, whose steps are long. */
nd_status nd_scout_descend(nd_scout *sc, bool jump, nd_stop *stop);
/* Newton's method alone, to |g| <= tol (where there is a Hessian). */
nd_status nd_scout_settle(nd_scout *sc, double tol);
/* trial_judge.c: what sc->x is; examine false: it is not critical, so nobody looks. */
nd_status nd_scout_judge(nd_scout *sc, const nd_ask *ask, bool examine, bool certify,
                         nd_verdict *out);
/* trial_hop.c: sc->x := a and a random step. */
void nd_scout_leap(nd_scout *sc, const nd_ask *ask);
/* follow.c: from sc->x to a critical point of that index. */
nd_status nd_scout_climb(nd_scout *sc, long index, nd_stop *stop, bool *there);
/* follow.c: the whole trial, from the critical point a. */
nd_status nd_scout_follow(nd_scout *sc, const nd_ask *ask, nd_stop *stop, bool *there);
/* path.c: likewise between a and b. */
nd_status nd_scout_pair(nd_scout *sc, const nd_ask *ask, nd_stop *stop, bool *there);
/* trial_seek.c: likewise from a start, or a step from a, to any index. */
nd_status nd_scout_seek(nd_scout *sc, const nd_ask *ask, nd_stop *stop, bool *there);
/* trial_down.c: likewise down from a. */
nd_status nd_scout_down(nd_scout *sc, const nd_ask *ask, nd_stop *stop);

#endif
