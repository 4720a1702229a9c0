/* The verdict on the end of a trial: lab's classification, given what is known already.
 *
 * In the common case, a strict minimum or a nondegenerate saddle at rounding level, that
 * costs one gradient, one Hessian and its eigenvalues.  A gradient above rounding sends
 * Newton's method on its way once more, from a minimum only. */
#include "map/scout.h"

#include <math.h>
#include <string.h>

#define DENSE_MAX 2000 /* as in lab's spectrum.c: beyond, classification uses products */

/* What the eigenvalues carry, relative to the norm (lab's spectrum.c). */
#define HESSIAN_ROUNDING 1e-13

static void read_spectrum(nd_scout *sc, nd_spectrum *s)
{
    double norm = 0.0;

    for (size_t i = 0; i < sc->P * sc->P; i++) norm += sc->H[i] * sc->H[i];
    *s = (nd_spectrum){.lambda_min = sc->values[0],
                       .lambda_max = sc->values[sc->P - 1],
                       .error = (double)sc->P * 0x1p-52 * sqrt(norm),
                       .vector = sc->V};
    s->error += HESSIAN_ROUNDING * fmax(fabs(s->lambda_min), fabs(s->lambda_max));
    for (size_t k = 0; k < sc->P; k++) {
        s->index += sc->values[k] < -s->error;
        s->nullity += fabs(sc->values[k]) <= s->error;
    }
}

/* Look, spectrum and noise at sc->x.  *known: they may be passed on. */
static nd_status survey(nd_scout *sc, nd_look *look, nd_spectrum *s, double *noise, bool *known)
{
    nd_status status;
    bool finite;

    *known = false;
    *noise = 0.0;
    ND_TRY(nd_surface_look(sc->sf, sc->x, sc->g, look));
    if (!sc->sf->oracle.hessian || sc->P > DENSE_MAX || !isfinite(look->grad)) return ND_OK;
    ND_TRY(nd_scout_hessian(sc, sc->x));
    ND_TRY(nd_scout_eigen(sc, false, &finite));
    if (!finite) return ND_OK;
    read_spectrum(sc, s);
    if (s->index > 0) ND_TRY(nd_scout_eigen(sc, true, &finite));
    ND_TRY(nd_scout_noise(sc, sc->x, noise));
    *known = true;
    if (!(look->grad <= *noise)) *noise = 0.0;
done:
    return status;
}

/* A minimum whose gradient is above rounding: Newton's method once more, to that level. */
static nd_status settle(nd_scout *sc, const nd_ask *ask)
{
    double noise;
    nd_status status = nd_gradient_noise(sc->sf, sc->x, ask->seed, &noise);

    if (status == ND_OK) status = nd_scout_settle(sc, noise);
    return status;
}

nd_status nd_scout_judge(nd_scout *sc, const nd_ask *ask, bool examine, bool certify,
                         nd_verdict *out)
{
    nd_history h = {.early = sc->remembered ? sc->early : NULL,
                    .time = examine ? nd_scout_left(sc) : 0.0,
                    .seed = ask->seed,
                    .plain = true};
    nd_spectrum s;
    nd_look look;
    nd_verdict v;
    bool known;
    nd_status status;

    ND_TRY(survey(sc, &look, &s, &h.noise, &known));
    if (examine && known && h.noise == 0.0 && s.lambda_min > s.error) {
        ND_TRY(settle(sc, ask));
        ND_TRY(survey(sc, &look, &s, &h.noise, &known));
    }
    h.look = &look;
    if (known) h.spectrum = &s;
    ND_TRY(nd_classify_with(sc->sf, sc->x, &h, &v));
    if (!examine && known) {
        v.index = s.index;
        v.nullity = s.nullity;
        v.lambda_min = s.lambda_min;
        v.lambda_err = s.error;
    }
    if (certify) ND_TRY(nd_prove_minimum(sc->sf, sc->x, &v)); /* minima and saddles */
    *out = v;
done:
    return status;
}
