/* One run of an optimiser: its points, its counts, its limits. */
#ifndef ND_OPT_RUN_H
#define ND_OPT_RUN_H

#include <nadir/opt.h>

/* x and g have n entries and belong to the run's block of memory. */
typedef struct {
    double *x, *g;
    double f, norm; /* norm = |g| */
} nd_point;

/* here is the iterate, trial where the function was asked last, best the lowest
 * finite trial since the iterate (valid when have_best). */
typedef struct {
    nd_ctx *ctx;
    const nd_oracle *fn;
    const nd_opt_settings *s;
    const char *stage;
    size_t n;
    double start; /* nd_seconds() */
    double *block;
    nd_point here, trial, best;
    bool have_best;
    nd_opt_result out;
} nd_run;

/* Rounding in f that no test should mistake for a change: 2^-46 |f|, some sixty
 * units in the last place (sums over thousands of samples lose a few dozens). */
double nd_run_noise(const nd_run *run);

/* Is the gradient small for what it was (eight digits below steepest, the largest of
 * the run) or for f (a relative change of x by 1 moves f by less than 1e-7)?  Only
 * tells ND_STOP_ROUNDING from ND_STOP_LINE_SEARCH. */
bool nd_run_gradient_small(const nd_run *run, double steepest);

nd_status nd_run_begin(nd_run *run, nd_ctx *ctx, const nd_oracle *fn, const nd_opt_settings *s,
                       const char *stage, const double *x);
/* Evaluates at run->trial.x; stop is left at ND_STOP_NONE unless a limit is hit. */
nd_status nd_run_evaluate(nd_run *run, nd_stop *stop);
/* Time and cancellation between evaluations (products, factorisations). */
nd_status nd_run_check(nd_run *run, nd_stop *stop);
/* The iterate moves to the trial (accept) or to the best trial (settle: only when
 * there is one that is lower than the iterate; says whether it moved). */
void nd_run_accept(nd_run *run);
bool nd_run_settle(nd_run *run);
/* Tests of the iterate after a step: target, test callback, x_max, iterations. */
nd_stop nd_run_tests(nd_run *run);
/* Gives back x, f, |g| (status ND_OK or ND_ECANCEL) and frees. */
nd_status nd_run_end(nd_run *run, nd_status status, nd_stop stop, double *x, nd_opt_result *out);

#endif
