/* What L-BFGS and Newton share: three points whose buffers are swapped, never
 * copied; counts; limits, cancellation and progress at every evaluation. */
#include "opt/run.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "num/tile.h"

double nd_run_noise(const nd_run *run)
{
    return 0x1p-46 * fabs(run->here.f);
}

bool nd_run_gradient_small(const nd_run *run, double steepest)
{
    const nd_point *p = &run->here;

    return p->norm <= 1e-8 * steepest ||
           p->norm * (1.0 + nd_norm2(run->n, p->x)) <= 1e-7 * (1.0 + fabs(p->f));
}

static void swap_points(nd_point *a, nd_point *b)
{
    nd_point t = *a;

    *a = *b;
    *b = t;
}

nd_status nd_run_begin(nd_run *run, nd_ctx *ctx, const nd_oracle *fn, const nd_opt_settings *s,
                       const char *stage, const double *x)
{
    const size_t n = fn->n, padded = ND_PADDED(n);
    double *p;
    nd_status status = nd_settings_check(ctx, nd_opt_table, s);

    *run = (nd_run){.ctx = ctx, .fn = fn, .s = s, .stage = stage, .n = n, .start = nd_seconds()};
    run->out.lambda_min = run->out.lambda_err = run->out.step = NAN;
    run->out.rate = 1.0;
    run->out.index = -1;
    if (status != ND_OK) return status;
    p = run->block = ND_NEW(ctx, double, 6 * padded);
    if (!p) return ND_EMEM;
    run->here = (nd_point){p, p + padded, NAN, NAN};
    run->trial = (nd_point){p + 2 * padded, p + 3 * padded, NAN, NAN};
    run->best = (nd_point){p + 4 * padded, p + 5 * padded, NAN, NAN};
    memcpy(run->trial.x, x, n * sizeof *x);
    return ND_OK;
}

nd_status nd_run_check(nd_run *run, nd_stop *stop)
{
    if (nd_cancelled(run->ctx)) return ND_ECANCEL;
    if (nd_seconds() - run->start >= run->s->time) *stop = ND_STOP_TIME;
    return ND_OK;
}

nd_status nd_run_evaluate(nd_run *run, nd_stop *stop)
{
    nd_point *t = &run->trial;
    nd_status status;

    if (run->out.evaluations >= run->s->evaluations) {
        *stop = ND_STOP_EVALUATIONS;
        return ND_OK;
    }
    status = nd_run_check(run, stop);
    /* The first evaluation is always made: without it there is no point. */
    if (status != ND_OK || (*stop && run->out.evaluations > 0)) return status;
    t->f = NAN;
    status = run->fn->grad(run->fn->self, t->x, &t->f, t->g);
    run->out.evaluations++;
    if (status != ND_OK) return status;
    t->norm = isfinite(t->f) ? nd_norm2(run->n, t->g) : NAN;
    return ND_OK;
}

void nd_run_accept(nd_run *run)
{
    swap_points(&run->here, &run->trial);
    run->have_best = false;
}

bool nd_run_settle(nd_run *run)
{
    if (!run->have_best || !(run->best.f < run->here.f)) return false;
    swap_points(&run->here, &run->best);
    run->have_best = false;
    return true;
}

nd_stop nd_run_tests(nd_run *run)
{
    const nd_opt_settings *s = run->s;
    const nd_point *p = &run->here;
    nd_event event = {run->stage, (size_t)run->out.iterations, (size_t)run->out.evaluations, p->f,
                      p->norm};

    if (!s->quiet) nd_progress(run->ctx, &event);
    if (p->f <= s->target) return ND_STOP_TARGET;
    if (s->test && s->test(s->test_user, p->x, p->f, p->g)) return ND_STOP_TARGET;
    if (nd_norm2(run->n, p->x) > s->x_max) return ND_STOP_DIVERGED;
    if (run->out.iterations >= s->iterations) return ND_STOP_ITERATIONS;
    return ND_STOP_NONE;
}

nd_status nd_run_end(nd_run *run, nd_status status, nd_stop stop, double *x, nd_opt_result *out)
{
    if (status == ND_ECANCEL) stop = ND_STOP_CANCEL;
    if (status == ND_OK || status == ND_ECANCEL) {
        nd_run_settle(run);
        run->out.stop = stop;
        run->out.f = run->here.f;
        run->out.grad = run->here.norm;
        run->out.seconds = nd_seconds() - run->start;
        /* Cancelled before the first value: x is the start and f is NaN. */
        if (!isnan(run->here.f)) memcpy(x, run->here.x, run->n * sizeof *x);
        *out = run->out;
    }
    nd_free(run->ctx, run->block);
    return status;
}
