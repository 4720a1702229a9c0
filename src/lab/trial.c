/* One start to its end: L-BFGS, exact finish, Newton, escapes, growth.
 *
 * While L can be brought to exactly 0 (lambda = 0, hinge tail, no contradictory
 * samples) the descent is watched: once all margins are positive the output layer is
 * scaled and the run is over, long before L-BFGS itself would stop.  With growth it
 * is watched for slowness, too: then new neurons (grow.c) offer more than more
 * steps. */
#include "base/memory.h"
#include "lab/lab.h"
#include "num/tile.h"

#include <math.h>
#include <string.h>

/* Margins cost half an evaluation.  They are looked at when L < 1/n (then no sample
 * can be wrong, (S)), and every fifth step once the loss allows few errors only. */
#define LOOK_EVERY 5
#define LOOK_SHARE 0.1
#define LOOK_COUNT 10.0

/* Slow: less than SLOW_SHARE of the loss gone in SLOW_STEPS steps. */
#define SLOW_STEPS 100
#define SLOW_SHARE 0.05

/* The same for a round on the samples that matter (focus.c). */
#define FOCUS_STEPS 1000
#define FOCUS_SHARE 0.1

/* So few errors are put right one by one, a few times. */
#define LAST_ERRORS 10
#define ISOLATIONS  5

/* Growth of the norm in one descent after which it is on its way to infinity. */
#define X_MAX 1e6

/* A smallest margin below this, relative to the largest, is left to grow. */
#define MARGIN_SHARE 1e-6

/* Small enough to be taken for the end by many a trainer, large enough for L to fall
 * by more than rounding from there. */
#define EARLY_GRADIENT 1e-5
#define EARLY_NORM     1e4 /* or so far out that it looks like a way to infinity */

typedef enum { RUN_ON, RUN_SOLVED, RUN_SLOW } run_end;

typedef struct {
    nd_trial *t;
    bool for_zero, for_bound, for_speed;
    double needed; /* of min m / max m, raised when the proof failed */
    double mark;   /* loss when the last window began               */
    long steps, looked;
    run_end end;
    nd_status status;
    bool remembered; /* t->early is set in this descent */
} watch;

/* sum omega_i l_i: at least the smallest weight for every error, (S). */
static double error_budget(const nd_problem *pb, double L)
{
    const double *w = pb->data->weight;
    double least = 1.0;

    for (size_t i = 0; w && i < pb->data->n; i++)
        if (i == 0 || w[i] < least) least = w[i];
    return L * (double)pb->data->n / least;
}

static bool worth_a_look(const watch *w, double f)
{
    double budget = error_budget(&w->t->sf->pb, f);

    if (!w->for_zero && !w->for_bound) return false;
    if (!w->t->sf->pb.loss.kind->surrogate) return w->steps - w->looked >= LOOK_EVERY;
    if (w->for_zero && budget < 1.0) return true;
    return w->steps - w->looked >= LOOK_EVERY &&
           budget < LOOK_SHARE * (double)w->t->sf->pb.data->n + LOOK_COUNT;
}

static bool look_solves(watch *w, const double *x)
{
    nd_surface *sf = w->t->sf;
    double least = INFINITY, most = 0.0;

    w->looked = w->steps;
    w->status = nd_problem_margins(sf->ctx, &sf->pb, x, sf->work, sf->m);
    if (w->status != ND_OK) return true;
    if (w->for_bound) return nd_problem_errors(&sf->pb, sf->m) <= w->t->lower_bound;
    for (size_t i = 0; i < sf->pb.data->n; i++) {
        if (!(sf->m[i] >= least)) least = sf->m[i];
        if (!(sf->m[i] <= most)) most = sf->m[i];
    }
    return least > w->needed * most;
}

/* Where the gradient first was small: what the descent did from there on, when it
 * looked finished, tells a valley from a minimum. */
static void remember(watch *w, const double *x, const double *g)
{
    nd_trial *t = w->t;
    size_t P = t->sf->net->P;

    if (w->remembered) return;
    if (g && nd_norm2(P, g) > EARLY_GRADIENT && nd_norm2(P, x) < EARLY_NORM) return;
    memcpy(t->early, x, P * sizeof *x);
    w->remembered = true;
}

static void follow(const nd_trial *t, double loss, const double *theta)
{
    if (t->s->follow) t->s->follow(t->s->follow_user, t->sf->net, loss, theta);
}

static bool watch_step(void *user, const double *x, double f, const double *g)
{
    watch *w = user;

    w->steps++;
    follow(w->t, f, x);
    remember(w, x, g);
    if (worth_a_look(w, f) && look_solves(w, x)) {
        w->end = RUN_SOLVED;
        return true;
    }
    if (!w->for_speed || w->steps % SLOW_STEPS != 0) return false;
    if (f > (1.0 - SLOW_SHARE) * w->mark) {
        w->end = RUN_SLOW;
        return true;
    }
    w->mark = f;
    return false;
}

static double seconds_left(const nd_trial *t)
{
    double now = nd_seconds(), left = (now < t->soft ? t->soft : t->deadline) - now;

    return left > 0.0 ? left : 0.0;
}

static bool out_of_time(const nd_trial *t)
{
    return nd_seconds() >= t->deadline;
}

nd_status nd_trial_log(nd_trial *t, const char *stage, nd_stop stop, long evaluations,
                       long hessians, double since)
{
    nd_ctx *ctx = t->sf->ctx;
    double *g = ND_NEW(ctx, double, t->sf->net->P);
    nd_step *step = t->step;
    nd_status status = g ? nd_surface_look(t->sf, t->theta, g, &t->look) : ND_EMEM;

    nd_free(ctx, g);
    if (status != ND_OK) return status;
    follow(t, t->look.loss, t->theta);
    if (t->steps == t->room) {
        step = nd_regrow(ctx, t->step, t->steps, 2 * t->room + 8, sizeof *step);
        if (!step) return ND_EMEM;
        t->step = step;
        t->room = 2 * t->room + 8;
    }
    step[t->steps++] = (nd_step){.stage = stage,
                                 .stop = stop,
                                 .evaluations = evaluations,
                                 .hessians = hessians,
                                 .neurons = (long)t->sf->net->units,
                                 .loss = t->look.loss,
                                 .grad = t->look.grad,
                                 .seconds = nd_seconds() - since,
                                 .errors = t->look.errors};
    return ND_OK;
}

typedef nd_status (*optimiser)(nd_ctx *, const nd_oracle *, const nd_opt_settings *, double *,
                               nd_opt_result *);

static nd_status descend(nd_trial *t, const char *stage, optimiser run, nd_opt_settings *s,
                         watch *w)
{
    double since = nd_seconds();
    nd_opt_result r;
    nd_status status;

    s->time = seconds_left(t);
    s->test = watch_step;
    s->test_user = w;
    w->end = RUN_ON;
    w->status = ND_OK;
    w->mark = INFINITY;
    w->steps = w->looked = 0;
    status = run(t->sf->ctx, &t->sf->oracle, s, t->theta, &r);
    if (status != ND_OK) return status;
    t->stop = r.stop;
    status = w->status;
    return status == ND_OK ? nd_trial_log(t, stage, r.stop, r.evaluations, r.hessians, since)
                           : status;
}

static nd_status lbfgs(nd_trial *t, watch *w)
{
    nd_opt_settings s;
    nd_status status;

    if (!t->early) t->early = ND_NEW(t->sf->ctx, double, t->sf->net->P);
    if (!t->early) return ND_EMEM;
    nd_opt_init(&s);
    s.iterations = t->s->iterations;
    s.grad_tol = t->s->grad_tol;
    s.x_max = X_MAX * (1.0 + nd_norm2(t->sf->net->P, t->theta));
    w->remembered = false;
    status = descend(t, "L-BFGS", nd_lbfgs, &s, w);
    remember(w, t->theta, NULL); /* when it ended before */
    return status;
}

/* Rounds of L-BFGS on the samples that matter, while each takes enough off the loss. */
static nd_status focus(nd_trial *t, watch *w)
{
    double since = nd_seconds(), before;
    long evaluations = 0;
    nd_opt_settings s;
    nd_status status;

    nd_opt_init(&s);
    s.grad_tol = t->s->grad_tol;
    w->end = RUN_ON;
    while (w->end == RUN_ON && !out_of_time(t)) {
        before = t->look.loss;
        s.time = seconds_left(t);
        s.iterations = FOCUS_STEPS;
        status = nd_focus_descend(t->sf, t->theta, &s, &t->look, &evaluations);
        if (status != ND_OK) return status;
        if (w->for_zero ? t->look.margin_min > w->needed * t->look.margin_max
                        : t->look.errors <= t->lower_bound)
            w->end = RUN_SOLVED;
        else if (t->look.loss > (1.0 - FOCUS_SHARE) * before)
            w->end = RUN_SLOW;
    }
    t->stop = out_of_time(t)         ? ND_STOP_TIME
              : w->end == RUN_SOLVED ? ND_STOP_TARGET
                                     : ND_STOP_ITERATIONS;
    return nd_trial_log(t, "focus", t->stop, evaluations, 0, since);
}

#define NEWTON_STEPS 300

static nd_status newton(nd_trial *t, watch *w)
{
    bool speed = w->for_speed;
    nd_opt_settings s;
    nd_status status;

    nd_opt_init(&s);
    s.iterations = NEWTON_STEPS;
    w->for_speed = false;
    status = descend(t, "Newton", nd_newton, &s, w);
    w->for_speed = speed;
    return status;
}

/* All margins are positive: *done when the scaled net is proved, else the descent
 * must go on to larger margins. */
static nd_status finish(nd_trial *t, watch *w, bool *done)
{
    double since = nd_seconds();
    nd_status status = nd_finish_rescale(t->sf, t->theta, done);

    if (status != ND_OK) return status;
    if (*done) return nd_trial_log(t, "rescale", ND_STOP_TARGET, 0, 0, since);
    w->needed *= 10.0;
    if (!(w->needed < 1.0)) w->for_zero = false;
    return ND_OK;
}

/* Once: bumps are built for errors that growth has not removed. */
static nd_status isolate(nd_trial *t, bool *moved)
{
    if (t->isolations >= ISOLATIONS) return ND_OK;
    t->isolations++;
    return nd_trial_isolate(t, moved);
}

/* Leaves a stuck point: an idle neuron, then growth.  *moved: go on descending. */
static nd_status leave(nd_trial *t, long *escapes, bool *moved)
{
    nd_status status = ND_OK;

    *moved = false;
    if (t->look.errors <= t->lower_bound || out_of_time(t)) return ND_OK;
    if (nd_surface_theorem2(t->sf) && *escapes > 0) {
        --*escapes;
        status = nd_trial_escape(t, moved);
    }
    if (status != ND_OK || *moved || !t->s->grow) return status;
    if (nd_seconds() >= t->soft || t->look.errors - t->lower_bound <= LAST_ERRORS)
        status = isolate(t, moved);
    if (status == ND_OK && !*moved && nd_seconds() < t->soft) status = nd_trial_grow(t, moved);
    return status;
}

/* One round: a descent and what follows from its end.  *over ends the trial. */
static nd_status round_of(nd_trial *t, watch *w, long *escapes, bool *over)
{
    bool moved = false;
    bool part = w->for_speed && t->steps > 0 && nd_focus_pays(t->sf);
    nd_status status = part ? focus(t, w) : lbfgs(t, w);

    *over = false;
    if (status != ND_OK) return status;
    if (w->end == RUN_SOLVED && w->for_zero) return finish(t, w, over);
    if (w->for_zero && t->look.margin_min > 0.0) {
        status = finish(t, w, over); /* however small against the largest margin */
        if (status != ND_OK || *over) return status;
    }
    *over = w->end == RUN_SOLVED || out_of_time(t);
    if (*over) return ND_OK;
    if (w->end == RUN_SLOW && t->look.errors <= t->lower_bound) {
        w->for_speed = false;
        return ND_OK;
    }
    if (t->s->grow && t->look.errors > t->lower_bound) {
        status = leave(t, escapes, &moved);
        if (status != ND_OK || moved) return status;
        if (w->end == RUN_SLOW) {
            w->for_speed = false;
            return ND_OK;
        }
    }
    if (t->s->newton && t->sf->oracle.hv) {
        status = newton(t, w);
        if (status != ND_OK) return status;
        if (w->end == RUN_SOLVED && w->for_zero) return finish(t, w, over);
    }
    status = leave(t, escapes, &moved);
    *over = !moved;
    return status;
}

nd_status nd_trial_run(nd_trial *t)
{
    bool vanish = nd_surface_can_vanish(t->sf);
    watch w = {.t = t, .needed = MARGIN_SHARE};
    long escapes = t->s->escapes;
    nd_status status = ND_OK;
    bool over = false;
    double loss;

    if (t->s->follow) {
        status = nd_problem_value(t->sf->ctx, &t->sf->pb, t->theta, t->sf->work, &loss);
        if (status == ND_OK) follow(t, loss, t->theta);
    }
    w.for_zero = vanish && t->s->rescale && t->lower_bound == 0;
    w.for_bound = t->s->grow && t->lower_bound > 0;
    w.for_speed = t->s->grow;
    while (status == ND_OK && !over) status = round_of(t, &w, &escapes, &over);
    return status;
}
