/* A scout carries out trials (nadir/map.h), one after the other, in memory of its own.
 *
 * Nothing of a trial stays behind: every vector is written before it is read, random
 * numbers come from (seed, trial), and limits are counts.  Only ask->time is a clock: with
 * INFINITY the answer (but for its seconds) is a function of the problem and the ask. */
#include "map/scout.h"

#include "num/tile.h"

#include <math.h>
#include <string.h>

#define VECTORS 11

nd_status nd_scout_create(nd_ctx *ctx, const nd_net *net, const nd_table *data, nd_loss loss,
                          double l2, nd_scout **out)
{
    nd_scout *sc = ND_NEW0(ctx, nd_scout, 1);
    size_t stride = ND_PADDED(net->P);
    nd_status status;

    if (!sc) return ND_EMEM;
    sc->ctx = ctx;
    sc->P = net->P;
    ND_TRY(nd_surface_open(ctx, net, data, loss, l2, &sc->sf));
    sc->block = ND_NEW(ctx, double, VECTORS *stride);
    if (!sc->block) ND_TRY(ND_EMEM);
    double **const vector[VECTORS] = {&sc->x,     &sc->g,   &sc->y,     &sc->gy,     &sc->c, &sc->s,
                                      &sc->early, &sc->dir, &sc->start, &sc->values, &sc->at};
    for (size_t k = 0; k < VECTORS; k++) *vector[k] = sc->block + k * stride;
    nd_scout_oracle(sc);
    *out = sc;
    return ND_OK;
done:
    nd_scout_destroy(sc);
    return status;
}

void nd_scout_destroy(nd_scout *sc)
{
    if (!sc) return;
    nd_free(sc->ctx, sc->V);
    nd_free(sc->ctx, sc->H);
    nd_free(sc->ctx, sc->block);
    nd_surface_close(sc->sf);
    nd_free(sc->ctx, sc);
}

const nd_problem *nd_scout_problem(const nd_scout *sc)
{
    return &sc->sf->pb;
}

double nd_scout_left(const nd_scout *sc)
{
    return fmax(0.0, sc->deadline - nd_seconds());
}

nd_status nd_scout_check(nd_scout *sc, nd_stop *stop)
{
    if (nd_cancelled(sc->ctx)) return ND_ECANCEL;
    if (!(nd_scout_left(sc) > 0.0)) *stop = ND_STOP_TIME;
    return ND_OK;
}

/* ---- is it an ask? -------------------------------------------------------------------- */

static bool finite_point(size_t P, const double *x)
{
    for (size_t i = 0; x && i < P; i++)
        if (!isfinite(x[i])) return false;
    return x != NULL;
}

static nd_status check_ask(const nd_scout *sc, const nd_ask *ask)
{
    static const struct {
        bool a, b, scale, mode, side, index;
    } needs[ND_ASKS] = {[ND_ASK_START] = {.scale = true},
                        [ND_ASK_HOP] = {.a = true, .scale = true},
                        [ND_ASK_FOLLOW] = {.a = true, .mode = true, .side = true, .index = true},
                        [ND_ASK_PAIR] = {.a = true, .b = true, .index = true},
                        [ND_ASK_DOWN] = {.a = true, .side = true},
                        [ND_ASK_SEEK] = {.scale = true},
                        [ND_ASK_CERTIFY] = {.a = true}};
    const long P = (long)sc->P;

    if ((unsigned)ask->kind >= ND_ASKS)
        return nd_fail(sc->ctx, ND_ERANGE, "a trial of no known kind (%d)", (int)ask->kind);
    if (!(ask->time >= 0.0))
        return nd_fail(sc->ctx, ND_ERANGE, "a trial's time must be >= 0 seconds");
    if (((needs[ask->kind].a || ask->a) && !finite_point(sc->P, ask->a)) ||
        (needs[ask->kind].b && !finite_point(sc->P, ask->b)))
        return nd_fail(sc->ctx, ND_ERANGE, "a trial of kind '%s' needs finite points to begin at",
                       nd_ask_name(ask->kind));
    if (needs[ask->kind].scale && !(ask->scale > 0.0 && ask->scale < INFINITY))
        return nd_fail(sc->ctx, ND_ERANGE, "a trial's scale must be positive and finite");
    if (needs[ask->kind].mode && !(ask->mode >= 0 && ask->mode < P))
        return nd_fail(sc->ctx, ND_ERANGE, "there is no eigenvector %ld (%ld parameters)",
                       ask->mode, P);
    if (needs[ask->kind].side && ask->side != 1 && ask->side != -1)
        return nd_fail(sc->ctx, ND_ERANGE, "a trial's side must be 1 or -1");
    if (needs[ask->kind].index && !(ask->index >= 1 && ask->index <= P))
        return nd_fail(sc->ctx, ND_ERANGE, "an index must be from 1 to %ld, not %ld", P,
                       ask->index);
    if (ask->kind == ND_ASK_CERTIFY && !ask->verdict)
        return nd_fail(sc->ctx, ND_ERANGE, "what is to be certified must have a verdict");
    if (ask->kind >= ND_ASK_FOLLOW && ask->kind <= ND_ASK_SEEK && !sc->sf->oracle.hessian)
        return nd_fail(sc->ctx, ND_ESMOOTH,
                       "a trial of kind '%s' needs second derivatives: an activation or the loss "
                       "is not C^1",
                       nd_ask_name(ask->kind));
    return ND_OK;
}

/* ---- one trial ---------------------------------------------------------------------------- */

static nd_status carry_out(nd_scout *sc, const nd_ask *ask, nd_stop *stop, bool *there)
{
    *there = true;
    switch (ask->kind) {
    case ND_ASK_START:
        nd_net_start(sc->sf->net, ask->seed, ask->trial, ask->scale, sc->x);
        return nd_scout_descend(sc, true, stop);
    case ND_ASK_HOP:
        nd_scout_leap(sc, ask);
        return nd_scout_descend(sc, true, stop);
    case ND_ASK_FOLLOW:
        return nd_scout_follow(sc, ask, stop, there);
    case ND_ASK_PAIR:
        return nd_scout_pair(sc, ask, stop, there);
    case ND_ASK_SEEK:
        return nd_scout_seek(sc, ask, stop, there);
    default:
        return nd_scout_down(sc, ask, stop);
    }
}

/* What was found at a once more, with the certificates that apply. */
static nd_status certify_end(nd_scout *sc, const nd_ask *ask, nd_stop *stop, nd_verdict *verdict)
{
    nd_status status;

    memcpy(sc->x, ask->a, sc->P * sizeof *sc->x);
    *verdict = *ask->verdict;
    status = nd_prove_minimum(sc->sf, sc->x, verdict);
    if (verdict->proved == ND_PROVED) *stop = ND_STOP_TARGET;
    return status;
}

static nd_status find_end(nd_scout *sc, const nd_ask *ask, bool certify, nd_stop *stop,
                          nd_verdict *verdict)
{
    bool there;
    nd_status status = carry_out(sc, ask, stop, &there);

    there = there || *stop == ND_STOP_ROUNDING;
    if (status == ND_OK) status = nd_scout_judge(sc, ask, there, certify, verdict);
    return status;
}

nd_status nd_scout_ask(nd_scout *sc, const nd_ask *ask, bool certify, nd_answer *out)
{
    double begin = nd_seconds();
    nd_verdict verdict;
    nd_stop stop = ND_STOP_NONE;
    nd_status status = check_ask(sc, ask);

    if (status != ND_OK) return status;
    sc->deadline = begin + ask->time;
    sc->hessians = sc->sf->evaluations = 0;
    sc->height = NAN;
    sc->remembered = sc->have_H = false;
    status = ask->kind == ND_ASK_CERTIFY ? certify_end(sc, ask, &stop, &verdict)
                                         : find_end(sc, ask, certify, &stop, &verdict);
    if (status != ND_OK) return status;
    memcpy(out->theta, sc->x, sc->P * sizeof *sc->x);
    out->stop = stop;
    out->verdict = verdict;
    out->height = sc->height;
    out->evaluations = sc->sf->evaluations;
    out->hessians = sc->hessians;
    out->seconds = nd_seconds() - begin;
    return ND_OK;
}
