/* The verdict (theory.md, section 6).  In this order:
 *
 *   1. the certificate: L(theta) = 0 proved                    global-minimum (proved)
 *   2. no second derivatives                                   undecided
 *   3. the gradient at rounding level here, or at a point that Newton's method reaches
 *      within DRIFT (1 + |theta|); else valley or undecided
 *      a convex problem (linear net, convex loss)              global-minimum (numerical)
 *   4. a negative eigenvalue beyond its error                  saddle
 *   5. all eigenvalues positive beyond their error, and the Newton step that the
 *      gradient's rounding allows short                        local-minimum
 *   6. null directions: an idle neuron under Theorem 2         saddle (G shows it)
 *                       as many as scaling symmetries          local-minimum
 *                       L falls while |theta| grows            valley
 *                       otherwise                              undecided
 *
 * All but 1 is numerical.  A small gradient alone decides nothing. */
#include "base/memory.h"
#include "lab/lab.h"
#include "num/tile.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define DRIFT 1e-4 /* how far the critical point may be, relative to 1 + |theta| */
#define STEP  1e-3 /* how long (|g| + noise) / lambda_min may be, likewise       */

typedef struct {
    nd_surface *sf;
    const nd_history *h;
    const double *theta; /* the point in question          */
    double *x, *g, *v;   /* the critical point near it; scratch */
    double noise, deadline;
    nd_look look; /* at x */
    bool moved;   /* x is not theta */
    nd_verdict *out;
} judge;

static void conclude(judge *j, nd_verdict_kind kind, const char *fmt, ...) ND_PRINTF(3, 4);
static void conclude(judge *j, nd_verdict_kind kind, const char *fmt, ...)
{
    va_list args;

    j->out->kind = kind;
    va_start(args, fmt);
    vsnprintf(j->out->reason, sizeof j->out->reason, fmt, args);
    va_end(args);
}

static double time_left(const judge *j)
{
    return fmax(0.0, j->deadline - nd_seconds());
}

static double distance(size_t n, const double *x, const double *y)
{
    double s = 0.0;

    for (size_t i = 0; i < n; i++) s += (x[i] - y[i]) * (x[i] - y[i]);
    return sqrt(s);
}

static void record_look(const nd_look *k, nd_verdict *v)
{
    v->loss = k->loss;
    v->errors = k->errors;
    v->grad = k->grad;
    v->norm = k->norm;
    v->margin_min = k->margin_min;
    v->active = k->active;
}

/* Is there a lower point along +-v?  Then the negative eigenvalue is no artefact. */
static nd_status lower_along(judge *j, const double *v, bool *lower)
{
    size_t P = j->sf->net->P;
    double L;

    *lower = false;
    for (double t = 1e-4; t <= 2.0 && !*lower; t *= 10.0)
        for (int sign = -1; sign <= 1 && !*lower; sign += 2) {
            for (size_t i = 0; i < P; i++)
                j->g[i] = j->x[i] + sign * t * (1.0 + j->look.norm) * v[i];
            nd_status status = nd_problem_value(j->sf->ctx, &j->sf->pb, j->g, j->sf->work, &L);
            if (status != ND_OK) return status;
            *lower = L < j->look.loss - 0x1p-46 * fabs(j->look.loss);
        }
    return ND_OK;
}

/* An idle neuron, Theorem 2's hypotheses and some l'_i > 0: no local minimum; the
 * largest |G| that is found shows where L falls. */
static nd_status idle_verdict(judge *j, bool *decided)
{
    nd_surface *sf = j->sf;
    size_t term = nd_net_shortcut(sf->net), idle = nd_idle_neurons(sf, j->x);
    nd_boost b = {.G = NAN};
    nd_duplicates dup;
    nd_status status;

    *decided = false;
    if (idle == 0 || !nd_surface_theorem2(sf) || j->look.active == 0) return ND_OK;
    status = nd_duplicates_count(sf->ctx, sf->pb.data, &dup);
    if (status != ND_OK || dup.contradictory > 0) return status;
    status = nd_boost_make(sf, j->x, sf->net->term[term].layer[0].act, 1, j->h->seed, 0, &b);
    if (status != ND_OK) return status;
    if (b.found > 0) {
        *decided = true;
        j->out->potential = b.G;
        conclude(j, ND_SADDLE,
                 "an idle neuron (a_j = 0) can be given weights with |G| = %.3g: stepping its "
                 "output weight lowers the loss (Theorem 2)",
                 b.G);
    }
    nd_boost_clear(sf->ctx, &b);
    return ND_OK;
}

/* early NULL: ways are tried. */
static nd_status valley_verdict(judge *j, const double *early, const double *late, bool *decided)
{
    nd_way way;
    nd_status status;

    *decided = false;
    if (j->sf->pb.l2 > 0.0) return ND_OK;
    status = early ? nd_valley_follow(j->sf, early, late, time_left(j), &way)
                   : nd_valley_search(j->sf, late, time_left(j), &way);
    if (status != ND_OK || !way.valley) return status;
    *decided = true;
    j->out->valley_norm = way.norm;
    j->out->valley_loss = way.loss;
    conclude(j, ND_VALLEY,
             "the loss falls (%.10g to %.10g) while |theta| grows without end (followed to %.3g): "
             "no minimum here",
             way.early_loss, way.loss, way.norm);
    return ND_OK;
}

/* Null directions: explained, or undecided. */
static nd_status degenerate(judge *j, const nd_spectrum *s)
{
    size_t orbits = nd_scaling_symmetries(j->sf, j->x), idle = nd_idle_neurons(j->sf, j->x);
    size_t constant = nd_constant_neurons(j->sf, j->x);
    bool decided;
    nd_status status = idle_verdict(j, &decided);

    if (status != ND_OK || decided) return status;
    if (s->nullity > 0 && (size_t)s->nullity == orbits) {
        j->out->bad = j->look.errors > 0;
        conclude(j, ND_LOCAL_MINIMUM,
                 "strict but for %ld null directions, which are the scaling symmetries of the "
                 "neurons: a manifold of minima",
                 s->nullity);
        return ND_OK;
    }
    if (j->h->early) status = valley_verdict(j, j->h->early, j->x, &decided);
    if (status == ND_OK && !decided) status = valley_verdict(j, NULL, j->x, &decided);
    if (status != ND_OK || decided) return status;
    conclude(j, ND_UNDECIDED,
             "critical to rounding, lambda_min = %.2g is within its error %.2g of 0; idle neurons: "
             "%zu, constant neurons (w = 0): %zu; the null directions are not explained",
             s->lambda_min, s->error, idle, constant);
    return ND_OK;
}

/* x is critical to rounding: its Hessian decides. */
static nd_status critical(judge *j)
{
    nd_spectrum s = {.vector = j->v};
    nd_verdict *v = j->out;
    bool lower;
    nd_status status = ND_OK;

    if (j->h->spectrum && !j->moved)
        s = *j->h->spectrum;
    else
        status = nd_spectrum_at(j->sf, j->x, j->h->seed, &s);
    if (status != ND_OK) return status;
    v->lambda_min = s.lambda_min;
    v->lambda_err = s.error;
    v->index = s.index;
    v->nullity = s.nullity;
    if (nd_surface_convex(j->sf)) {
        conclude(
            j, ND_GLOBAL_MINIMUM,
            "critical to rounding (|grad| %.2g), and the problem is convex (linear net, convex "
            "loss)",
            j->look.grad);
        return ND_OK;
    }
    if (s.lambda_min < -s.error) {
        status = lower_along(j, s.vector, &lower);
        if (status != ND_OK) return status;
        if (lower) {
            conclude(j, ND_SADDLE,
                     "critical to rounding (|grad| %.2g) with the eigenvalue %.3g, and the loss is "
                     "lower along its vector",
                     j->look.grad, s.lambda_min);
            return ND_OK;
        }
        return degenerate(j, &s);
    }
    if (s.lambda_min > s.error &&
        (j->look.grad + j->noise) / (s.lambda_min - s.error) <= STEP * (1.0 + j->look.norm)) {
        v->bad = j->look.errors > 0;
        conclude(j, ND_LOCAL_MINIMUM, "strict: |grad| %.2g is rounding, all eigenvalues >= %.3g",
                 j->look.grad, s.lambda_min - s.error);
        return ND_OK;
    }
    return degenerate(j, &s);
}

/* Newton from theta to x; *near: x is critical and close to theta. */
static nd_status approach(judge *j, bool *near)
{
    size_t P = j->sf->net->P;
    nd_opt_settings s;
    nd_opt_result r;
    nd_status status;

    nd_opt_init(&s);
    s.grad_tol = j->noise;
    s.iterations = 200;
    s.time = time_left(j);
    j->moved = true;
    status = nd_newton(j->sf->ctx, &j->sf->oracle, &s, j->x, &r);
    if (status == ND_OK) status = nd_surface_look(j->sf, j->x, j->g, &j->look);
    if (status == ND_OK) status = nd_gradient_noise(j->sf, j->x, j->h->seed, &j->noise);
    if (status != ND_OK) return status;
    *near = j->look.grad <= j->noise && distance(P, j->x, j->theta) <= DRIFT * (1.0 + j->out->norm);
    return ND_OK;
}

/* theta is not critical: a valley, or simply not the end of a descent. */
static nd_status not_critical(judge *j)
{
    bool decided;
    nd_status status = valley_verdict(j, j->theta, j->x, &decided);

    if (status == ND_OK && !decided && j->h->early)
        status = valley_verdict(j, j->h->early, j->x, &decided);
    if (status == ND_OK && !decided) status = valley_verdict(j, NULL, j->x, &decided);
    if (status != ND_OK || decided) return status;
    if (j->look.loss < j->out->loss - 0x1p-46 * fabs(j->out->loss))
        conclude(j, ND_UNDECIDED,
                 "|grad| %.2g is not rounding: the descent goes on to loss %.6g at a distance of "
                 "%.3g",
                 j->out->grad, j->look.loss, distance(j->sf->net->P, j->x, j->theta));
    else
        conclude(j, ND_UNDECIDED, "|grad| %.2g is above rounding (%.1g) and no step lowers it",
                 j->out->grad, j->noise);
    return ND_OK;
}

static nd_status examine(judge *j)
{
    bool near = true;
    nd_status status = ND_OK;

    j->noise = j->h->noise;
    if (!(j->noise > 0.0)) status = nd_gradient_noise(j->sf, j->x, j->h->seed, &j->noise);
    if (status == ND_OK && !(j->look.grad <= j->noise)) status = approach(j, &near);
    if (status != ND_OK) return status;
    return near ? critical(j) : not_critical(j);
}

/* What can be said without examining the surroundings; true when that is all. */
static bool at_a_glance(judge *j)
{
    const nd_verdict *v = j->out;

    if (v->cert.truth == ND_PROVED) {
        j->out->proved = ND_PROVED;
        conclude(j, ND_GLOBAL_MINIMUM, "%s", v->cert.reason);
    } else if (!isfinite(v->loss) || !isfinite(v->grad) || !isfinite(v->norm)) {
        conclude(j, ND_UNDECIDED, "loss or gradient is not finite");
    } else if (nd_surface_can_vanish(j->sf) && v->loss == 0.0) {
        conclude(j, ND_GLOBAL_MINIMUM, "the loss evaluates to 0, but not provably: %s",
                 v->cert.reason);
    } else if (!j->sf->oracle.hessian) {
        conclude(j, ND_UNDECIDED, "the loss surface has kinks: no second derivatives to go by");
    } else if (!(j->h->time > 0.0)) {
        conclude(j, ND_UNDECIDED, "stopped before the point was examined");
    } else {
        return false;
    }
    return true;
}

nd_status nd_classify_with(nd_surface *sf, const double *theta, const nd_history *h,
                           nd_verdict *out)
{
    size_t P = sf->net->P;
    nd_verdict v = {.lambda_min = NAN, .lambda_err = NAN, .index = -1, .nullity = -1};
    judge j = {.sf = sf, .h = h, .theta = theta, .deadline = nd_seconds() + h->time, .out = &v};
    double *block = ND_NEW(sf->ctx, double, 3 * P);
    nd_status status = ND_OK;

    v.potential = v.valley_norm = v.valley_loss = NAN;
    if (!block) return ND_EMEM;
    j.x = block;
    j.g = block + P;
    j.v = block + 2 * P;
    memcpy(j.x, theta, P * sizeof *theta);
    if (h->look)
        j.look = *h->look;
    else
        ND_TRY(nd_surface_look(sf, theta, j.g, &j.look));
    record_look(&j.look, &v);
    if (!h->plain || nd_surface_can_vanish(sf)) ND_TRY(nd_surface_certify(sf, theta, &v.cert));
    if (!at_a_glance(&j)) ND_TRY(examine(&j));
    *out = v;
done:
    nd_free(sf->ctx, block);
    return status;
}

nd_status nd_classify(nd_ctx *ctx, const nd_problem *pb, const double *theta, uint64_t seed,
                      nd_verdict *out)
{
    nd_history h = {.early = NULL, .time = 60.0, .seed = seed};
    nd_surface *sf;
    nd_status status = nd_surface_open(ctx, pb->net, pb->data, pb->loss, pb->l2, &sf);

    if (status != ND_OK) return status;
    status = nd_classify_with(sf, theta, &h, out);
    nd_surface_close(sf);
    return status;
}
