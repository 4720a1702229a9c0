/* Data made for copies of one bounded neuron (docs/hunt.md).
 *
 * f = a_0 + a s(w.x + b) with a > 0 small, candidate samples i of two classes off each other's
 * span: (t, p, 0) of class +, (t, 0, p) of class -.  With c_i = -y_i kappa_i, kappa >= 0, everything
 * is linear in kappa:
 *
 *     sum c_i = 0,   G = sum c_i s_i = 0,   grad G = sum c_i s'_i x~_i = 0,
 *     B = sum c_i s''_i x~_i x~_i'  positive definite,
 *
 * that is, (w, b) is a strict minimum of G with value 0: then any number of copies of the neuron,
 * their output weights adding up to a, is a local minimum (dual certificate), and some sample is
 * wrong, since sum kappa_i y_i f_i = 0.  The weights of the samples are kappa_i / l'(-y_i f_i). */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "gallery/hunt.h"

#define STREAM (((uint64_t)1 << 60) + ((uint64_t)1 << 57)) /* of nd_rng */

enum { D = 4, ROWS = D + 2, ALONG = 13, ASIDE = 10, GRID = 2 * ALONG * ASIDE };

static double between(nd_rng *r, double lo, double hi)
{
    return lo + (hi - lo) * nd_rng_uniform(r);
}

static nd_status make_grid(nd_ctx *ctx, nd_table **out)
{
    static const double aside[ASIDE] = {-6, -4, -2, -1, -.5, .5, 1, 2, 4, 6};
    double x[3 * GRID] = {0.0}, y[GRID];

    for (size_t i = 0; i < GRID; i++) {
        y[i] = i % 2 ? -1.0 : 1.0;
        x[3 * i] = 0.5 * (double)(i / (2 * ASIDE)) - 3.0;
        x[3 * i + (i % 2 ? 2 : 1)] = aside[i / 2 % ASIDE];
    }
    return nd_table_from_arrays(ctx, GRID, 3, x, y, out);
}

/* theta of a single neuron: w, b, a, a_0 with f = 0 where x = 0. */
static void place(const nd_act *act, nd_rng *r, double theta[6])
{
    double s;

    theta[0] = between(r, 0.7, 2.0);
    theta[1] = between(r, -0.05, 0.05);
    theta[2] = between(r, -0.05, 0.05);
    theta[3] = between(r, -0.3, 0.3);
    theta[4] = between(r, 0.05, 0.3);
    act->jet(1, &theta[3], 0, (double *const[]){&s});
    theta[5] = -theta[4] * s;
}

/* Rows and matrix of sample i: y (1, s, s' x~) and -y s'' x~ x~'; f[i]. */
static void sample_jets(nd_weighing *w, const nd_act *act, const nd_table *t, const double *theta,
                        size_t i, double *f)
{
    const double *x = t->x + 3 * i, X[D] = {x[0], x[1], x[2], 1.0}, y = t->y[i];
    double z = theta[0] * x[0] + theta[1] * x[1] + theta[2] * x[2] + theta[3], s, ds, dds;
    double *g = w->g + i * ROWS, *A = w->A + i * D * D;

    act->jet(1, &z, 2, (double *const[]){&s, &ds, &dds});
    f[i] = theta[5] + theta[4] * s;
    g[0] = y;
    g[1] = y * s;
    for (size_t k = 0; k < D; k++) {
        g[2 + k] = y * ds * X[k];
        for (size_t l = 0; l < D; l++) A[k * D + l] = -y * dds * X[k] * X[l];
    }
    w->wrong[i] = y * f[i] < -0.005;
}

/* The weighted sample, and the neuron alone proved to be a strict bad minimum on it. */
static nd_status realise(nd_weighing *w, const nd_table *grid, nd_prey *one, const char *spec,
                         nd_loss loss, const double *theta, const double *f, bool *ok)
{
    size_t index[GRID], n = nd_weighing_support(w, index);
    double sum = 0.0;
    nd_status status;

    nd_weighing_balance(w, n, index, ok);
    if (!*ok) return ND_OK;
    ND_TRY(nd_table_subset(w->ctx, grid, n, index, &one->data));
    one->data->weight = ND_NEW(w->ctx, double, n);
    if (!one->data->weight) return ND_EMEM;
    for (size_t i = 0; i < n; i++) {
        double z = -grid->y[index[i]] * f[index[i]], l, dl;

        loss.kind->jet(1, &z, loss.q, 1, (double *const[]){&l, &dl});
        one->data->weight[i] = w->u[index[i]] / dl;
        sum += one->data->weight[i];
    }
    for (size_t i = 0; i < n; i++) one->data->weight[i] *= (double)n / sum;
    ND_TRY(nd_prey_build(w->ctx, one, spec, loss, 0.0));
    memcpy(one->theta, theta, one->net->P * sizeof *theta);
    ND_TRY(nd_hunt_prove(w->ctx, one, ok));
    if (*ok) ND_TRY(nd_hunt_units(w->ctx, one));
done:
    return status;
}

/* Data and a single neuron. */
static nd_status design(nd_ctx *ctx, nd_prey *one, const nd_act *act, nd_loss loss, bool *ok)
{
    nd_rng r = nd_rng_make(one->seed, STREAM + one->trial);
    nd_weighing w = {.ctx = ctx};
    nd_table *grid = NULL;
    double theta[6], f[GRID], least;
    char spec[64];
    nd_status status;

    snprintf(spec, sizeof spec, "%s:1", act->name);
    place(act, &r, theta);
    ND_TRY(make_grid(ctx, &grid));
    ND_TRY(nd_weighing_open(ctx, GRID, D, ROWS, &w));
    for (size_t i = 0; i < GRID; i++) sample_jets(&w, act, grid, theta, i, f);
    ND_TRY(nd_weighing_solve(&w, &least, ok));
    if (*ok) ND_TRY(realise(&w, grid, one, spec, loss, theta, f, ok));
done:
    nd_weighing_close(&w);
    nd_table_destroy(ctx, grid);
    return status;
}

nd_status nd_hunt_dual(nd_ctx *ctx, nd_prey *p, const char *net, nd_loss loss, bool *ok)
{
    nd_prey one = {.point = p->point, .seed = p->seed, .trial = p->trial};
    nd_net *plan = NULL;
    const nd_layer *l;
    nd_status status;

    *ok = false;
    ND_TRY(nd_net_parse(ctx, net, 3, &plan));
    l = nd_hunt_only_layer(plan);
    if (!l || !l->bias || l->act->smooth < 2) goto done;
    ND_TRY(design(ctx, &one, l->act, loss, ok));
    if (!*ok) goto done;
    p->data = one.data;
    one.data = NULL;
    ND_TRY(nd_prey_build(ctx, p, net, loss, 0.0));
    nd_hunt_copy(&one, p);
done:
    nd_prey_clear(ctx, &one);
    nd_net_destroy(ctx, plan);
    return status;
}
