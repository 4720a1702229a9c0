/* Trust-region Newton: the step minimises the quadratic model in a ball whose radius
 * follows the ratio of actual to predicted decrease (Conn, Gould, Toint, Trust-Region
 * Methods, 2000, algorithm 6.1.1 and section 17.4 on rounding).
 *
 * Where it ends.  |g| <= grad_tol is not enough: the step that remains must be small
 * against 1 + |x| (in a valley to infinity it is not, however small g is), and the
 * smallest eigenvalue of H must not be below -max(curv_tol, its error).  Otherwise a
 * step along negative curvature follows and the descent goes on.
 *
 * Rounding.  When the predicted decrease is within the noise of f, a step is judged
 * by the gradient alone: it must fall by a tenth.  When it does not, no decrease is
 * left that can be represented. */
#include <float.h>
#include <math.h>

#include "num/tile.h"
#include "opt/quad.h"

#define ACCEPT  1e-4 /* ratio from which a step is taken                          */
#define NOISES  8.0  /* predicted decrease below so many noises is not measurable */
#define NO_RATE 1.0

typedef struct {
    nd_run *run;
    nd_quad *q;
    double radius, steepest; /* steepest: largest |g| of the run */
    double rate[3];          /* |g+| / |g| of the last full steps */
    long polished;
} newton;

static double scale(const nd_run *run)
{
    return 1.0 + nd_norm2(run->n, run->here.x);
}

static nd_status start(newton *nt, nd_stop *stop)
{
    nd_status status = nd_run_evaluate(nt->run, stop);

    if (status != ND_OK) return status;
    nd_run_accept(nt->run);
    if (!isfinite(nt->run->here.norm)) *stop = ND_STOP_NOT_FINITE;
    nt->steepest = nt->run->here.norm;
    nt->radius = scale(nt->run);
    return ND_OK;
}

/* Ratio of actual to predicted decrease of the trial; see the header on rounding. */
static double ratio(const newton *nt)
{
    const nd_point *from = &nt->run->here, *to = &nt->run->trial;
    double noise = nd_run_noise(nt->run), predicted = nt->q->predicted;

    if (!isfinite(to->norm)) return -INFINITY;
    if (predicted > NOISES * noise) return (from->f - to->f) / predicted;
    return to->f <= from->f + noise && to->norm <= 0.9 * from->norm ? 1.0 : -1.0;
}

static bool measurable(const newton *nt)
{
    return nt->q->predicted > NOISES * nd_run_noise(nt->run);
}

/* Trust radius after a trial with this ratio. */
static double next_radius(const newton *nt, double rho)
{
    double size = nd_norm2(nt->run->n, nt->q->s);

    if (!(rho > -INFINITY)) return 0.1 * size;
    if (rho < 0.25) return 0.25 * size;
    if (rho > 0.75) return fmax(nt->radius, nt->q->on_boundary ? 3.0 * size : 2.0 * size);
    return nt->radius;
}

static void remember_rate(newton *nt)
{
    nt->rate[0] = nt->rate[1];
    nt->rate[1] = nt->rate[2];
    nt->rate[2] =
        nt->q->on_boundary || nt->q->negative ? NO_RATE : nt->run->trial.norm / nt->run->here.norm;
}

/* x + s into the trial, evaluated. */
static nd_status try_model(newton *nt, nd_stop *stop)
{
    nd_run *run = nt->run;

    for (size_t i = 0; i < run->n; i++) run->trial.x[i] = run->here.x[i] + nt->q->s[i];
    return nd_run_evaluate(run, stop);
}

static void take(newton *nt)
{
    nd_run *run = nt->run;

    remember_rate(nt);
    if (nt->q->negative) run->out.negative_steps++;
    nd_run_accept(run);
    run->out.iterations++;
    nt->steepest = fmax(nt->steepest, run->here.norm);
}

/* Shrinks the radius until a step is taken; q->s holds the first.  *stop: a limit, or
 * ROUNDING or LINE_SEARCH when there is none. */
static nd_status advance(newton *nt, nd_stop *stop)
{
    nd_run *run = nt->run;
    nd_status status = ND_OK;

    for (;;) {
        double rho;
        status = try_model(nt, stop);
        if (status != ND_OK || *stop) return status;
        rho = ratio(nt);
        nt->radius = next_radius(nt, rho);
        if (rho > ACCEPT) {
            take(nt);
            return ND_OK;
        }
        if (!measurable(nt) || !(nt->radius > DBL_EPSILON * scale(run))) break;
        status = nd_quad_step(nt->q, nt->radius, stop);
        if (status != ND_OK || *stop) return status;
    }
    /* Not on the boundary: the full Newton step promises nothing measurable. */
    *stop = !nt->q->on_boundary || nd_run_gradient_small(run, nt->steepest) ? ND_STOP_ROUNDING
                                                                            : ND_STOP_LINE_SEARCH;
    return ND_OK;
}

/* The step that remains is small and needs no regularisation beyond rounding. */
static bool arrived(const newton *nt)
{
    return !nt->q->on_boundary &&
           nd_norm2(nt->run->n, nt->q->s) <= nt->run->s->step_tol * scale(nt->run);
}

/* At |g| <= grad_tol: finished?  A few more steps are taken while they help. */
static nd_status examine(newton *nt, nd_stop *stop)
{
    nd_run *run = nt->run;
    const nd_opt_settings *s = run->s;
    nd_status status;

    if (arrived(nt) && run->here.norm > 0.0 && nt->polished < s->polish &&
        (nt->polished == 0 || nt->rate[2] <= 0.5)) {
        nt->polished++;
        return ND_OK;
    }
    if (!arrived(nt) && nt->q->lambda <= nt->q->floor) return ND_OK; /* a valley */
    status = nd_quad_curvature(nt->q, stop);
    if (status != ND_OK || *stop) return status;
    if (run->out.lambda_min >= -fmax(s->curv_tol, run->out.lambda_err)) {
        if (run->out.step <= s->step_tol * scale(run)) *stop = ND_STOP_SECOND_ORDER;
        return ND_OK;
    }
    nt->radius = fmax(nt->radius, 0.1 * scale(run));
    return nd_quad_step(nt->q, nt->radius, stop);
}

/* Whatever the reason for the end, the curvature there is worth knowing, except
 * where the caller's patience is over.  A polishing step that found only rounding
 * ends at a second-order point all the same. */
static nd_status conclude(newton *nt, nd_stop *stop)
{
    nd_stop limit = ND_STOP_NONE;
    nd_run *run = nt->run;
    const nd_opt_settings *s = run->s;
    nd_status status = ND_OK;

    if (*stop != ND_STOP_ROUNDING && *stop != ND_STOP_LINE_SEARCH) return ND_OK;
    if (isnan(run->out.lambda_min)) status = nd_quad_curvature(nt->q, &limit);
    if (status == ND_OK && run->here.norm <= s->grad_tol &&
        run->out.lambda_min >= -fmax(s->curv_tol, run->out.lambda_err) &&
        run->out.step <= s->step_tol * scale(run))
        *stop = ND_STOP_SECOND_ORDER;
    return status;
}

/* Evidence belongs to one point: forgotten when x moves. */
static void forget(nd_run *run)
{
    run->out.lambda_min = run->out.lambda_err = run->out.step = NAN;
    run->out.index = -1;
}

static nd_status descend(newton *nt, nd_stop *stop)
{
    nd_run *run = nt->run;
    nd_status status = start(nt, stop);

    while (status == ND_OK && *stop == ND_STOP_NONE) {
        if ((*stop = nd_run_tests(run)) != ND_STOP_NONE) break;
        forget(run);
        nt->q->forcing = run->here.norm / nt->steepest;
        status = nd_quad_update(nt->q, stop);
        if (status == ND_OK && !*stop) status = nd_quad_step(nt->q, nt->radius, stop);
        if (status == ND_OK && !*stop && run->here.norm <= run->s->grad_tol)
            status = examine(nt, stop);
        if (status == ND_OK && !*stop) status = advance(nt, stop);
    }
    if (status == ND_OK) status = conclude(nt, stop);
    run->out.rate = fmin(nt->rate[0], fmin(nt->rate[1], nt->rate[2]));
    return status;
}

nd_status nd_newton(nd_ctx *ctx, const nd_oracle *fn, const nd_opt_settings *s, double *x,
                    nd_opt_result *out)
{
    nd_run run;
    nd_quad q = {.run = NULL};
    newton nt = {&run, &q, 0.0, 0.0, {NO_RATE, NO_RATE, NO_RATE}, 0};
    nd_stop stop = ND_STOP_NONE;
    nd_status status = nd_run_begin(&run, ctx, fn, s, "Newton", x);

    if (status == ND_OK) status = nd_quad_create(&q, &run);
    if (status == ND_OK) status = descend(&nt, &stop);
    nd_quad_destroy(&q);
    return nd_run_end(&run, status, stop, x, out);
}
