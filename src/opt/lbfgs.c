/* L-BFGS: d = -B g, B the limited-memory inverse Hessian of the last m pairs
 * s = x+ - x, y = g+ - g, applied by the two-loop recursion with the initial matrix
 * gamma I, gamma = s'y / y'y  (Nocedal and Wright, algorithm 7.4).
 *
 * Pairs live in two rings of m rows; a pair without curvature (s'y <= eps |y|^2) is
 * dropped.  When a search fails the pairs are forgotten once and the steepest
 * descent is tried; when that fails, too, the run is over. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "num/tile.h"
#include "opt/linesearch.h"
#include "opt/run.h"

/* Accepted steps without a lower value (beyond a rounding of f) or a gradient smaller
 * by a tenth, after which only rounding moves the point. */
#define PATIENCE 30

typedef struct {
    size_t n, stride, room, pairs, next; /* next: row that is written next */
    double *block, *S, *Y, *rho, *alpha, *d;
    double gamma;
} memory;

static nd_status memory_create(nd_ctx *ctx, size_t n, size_t room, memory *m)
{
    *m = (memory){.n = n, .stride = ND_PADDED(n), .room = room, .gamma = 1.0};
    m->block = ND_NEW(ctx, double, (2 * room + 1) * m->stride + 2 * room);
    if (!m->block) return ND_EMEM;
    m->S = m->block;
    m->Y = m->S + room * m->stride;
    m->d = m->Y + room * m->stride;
    m->rho = m->d + m->stride;
    m->alpha = m->rho + room;
    return ND_OK;
}

/* The row of the pair that is k pairs old. */
static size_t row(const memory *m, size_t k)
{
    return (m->next + m->room - 1 - k) % m->room;
}

static void add_pair(memory *m, const nd_point *from, const nd_point *to)
{
    double *s = m->S + m->next * m->stride, *y = m->Y + m->next * m->stride, sy, yy;

    for (size_t i = 0; i < m->n; i++) {
        s[i] = to->x[i] - from->x[i];
        y[i] = to->g[i] - from->g[i];
    }
    sy = nd_dot(m->n, s, y);
    yy = nd_dot(m->n, y, y);
    if (!(sy > DBL_EPSILON * yy) || !isfinite(1.0 / sy)) return;
    m->rho[m->next] = 1.0 / sy;
    m->gamma = sy / yy;
    m->next = (m->next + 1) % m->room;
    if (m->pairs < m->room) m->pairs++;
}

/* d := -B g. */
static void direction(memory *m, const double *g)
{
    const size_t n = m->n;
    double *d = m->d;

    for (size_t i = 0; i < n; i++) d[i] = -g[i];
    for (size_t k = 0; k < m->pairs; k++) {
        size_t r = row(m, k);
        m->alpha[r] = m->rho[r] * nd_dot(n, m->S + r * m->stride, d);
        nd_axpy(n, -m->alpha[r], m->Y + r * m->stride, d);
    }
    if (m->pairs > 0)
        for (size_t i = 0; i < n; i++) d[i] *= m->gamma;
    for (size_t k = m->pairs; k-- > 0;) {
        size_t r = row(m, k);
        double beta = m->rho[r] * nd_dot(n, m->Y + r * m->stride, d);
        nd_axpy(n, m->alpha[r] - beta, m->S + r * m->stride, d);
    }
}

/* Slope along the direction; falls back to the steepest descent when rounding has
 * spoilt the direction. */
static double descend(memory *m, const nd_run *run)
{
    double slope;

    direction(m, run->here.g);
    slope = nd_dot(m->n, run->here.g, m->d);
    if (slope < 0.0 && isfinite(slope)) return slope;
    m->pairs = 0;
    direction(m, run->here.g);
    return nd_dot(m->n, run->here.g, m->d);
}

/* Marks of progress: see PATIENCE. */
typedef struct {
    double f, norm, steepest; /* steepest: largest |g| of the run */
    long since;
} marks;

static bool stalled(marks *m, const nd_run *run)
{
    if (run->here.f < m->f - 4.0 * DBL_EPSILON * fabs(m->f) || run->here.norm < 0.9 * m->norm) {
        m->f = fmin(m->f, run->here.f);
        m->norm = fmin(m->norm, run->here.norm);
        m->since = 0;
    }
    m->steepest = fmax(m->steepest, run->here.norm);
    return ++m->since > PATIENCE;
}

/* Why the run makes no progress. */
static nd_stop why_stuck(const nd_run *run, nd_search search, const marks *m)
{
    if (search == ND_SEARCH_ROUNDING || nd_run_gradient_small(run, m->steepest))
        return ND_STOP_ROUNDING;
    return ND_STOP_LINE_SEARCH;
}

/* One step.  *stop stays ND_STOP_NONE when the iterate has moved. */
static nd_status advance(nd_run *run, memory *m, const marks *seen, nd_stop *stop)
{
    nd_search found;
    double slope, step;
    nd_status status;

    for (;;) {
        slope = descend(m, run);
        if (!(slope < 0.0)) {
            *stop = ND_STOP_ROUNDING;
            return ND_OK;
        }
        /* Without pairs the scale of d is unknown: a step of length 1. */
        status = nd_line_search(run, m->d, slope,
                                m->pairs > 0 ? 1.0 : fmin(1.0 / run->here.norm, DBL_MAX), &step,
                                &found, stop);
        if (status != ND_OK || *stop) return status;
        if (found == ND_SEARCH_WOLFE || found == ND_SEARCH_DECREASE) break;
        if (m->pairs == 0) {
            *stop = why_stuck(run, found, seen);
            return ND_OK;
        }
        m->pairs = 0;
    }
    if (found == ND_SEARCH_WOLFE) {
        add_pair(m, &run->here, &run->trial);
        nd_run_accept(run);
    } else {
        m->pairs = 0;
    }
    run->out.iterations++;
    return ND_OK;
}

static nd_status start(nd_run *run, nd_stop *stop)
{
    nd_status status = nd_run_evaluate(run, stop);

    if (status != ND_OK) return status;
    nd_run_accept(run);
    if (!isfinite(run->here.norm)) *stop = ND_STOP_NOT_FINITE;
    return ND_OK;
}

static nd_status descend_all(nd_run *run, memory *m, nd_stop *stop)
{
    nd_status status = start(run, stop);
    marks seen = {run->here.f, run->here.norm, run->here.norm, 0};

    while (status == ND_OK && *stop == ND_STOP_NONE) {
        if (run->here.norm <= run->s->grad_tol)
            *stop = ND_STOP_GRADIENT;
        else if (stalled(&seen, run))
            *stop = why_stuck(run, ND_SEARCH_NONE, &seen);
        else if ((*stop = nd_run_tests(run)) == ND_STOP_NONE)
            status = advance(run, m, &seen, stop);
    }
    return status;
}

nd_status nd_lbfgs(nd_ctx *ctx, const nd_oracle *fn, const nd_opt_settings *s, double *x,
                   nd_opt_result *out)
{
    nd_run run;
    memory m = {.block = NULL};
    nd_stop stop = ND_STOP_NONE;
    nd_status status = nd_run_begin(&run, ctx, fn, s, "L-BFGS", x);

    if (status == ND_OK) status = memory_create(ctx, fn->n, (size_t)s->memory, &m);
    if (status == ND_OK) status = descend_all(&run, &m, &stop);
    status = nd_run_end(&run, status, stop, x, out);
    nd_free(ctx, m.block);
    return status;
}
