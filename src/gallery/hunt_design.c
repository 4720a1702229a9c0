/* Data made for a bad minimum (docs/hunt.md).
 *
 * Fix the network, a theta that answers wrongly, and candidate samples i (a grid, labelled so
 * that the condition on the data holds for all of them).  With weights u_i >= 0 the
 * first-order conditions and the Hessian are linear in u:
 *
 *     sum_i u_i grad l_i = 0,     H = sum_i u_i A_i,   A_i = the Hessian of l(-y_i f(x_i)).
 *
 * Maximise lambda_min(H) over sum_i u_i = 1 and a least weight on wrong samples (hunt_weights.c).
 * A solution with lambda_min > 0 is a strict bad minimum of the weighted sample, which is then
 * proved, and so is one of equally many copies of samples (hunt_units.c) where that can be. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "gallery/hunt.h"

#define STREAM (((uint64_t)1 << 60) + ((uint64_t)1 << 58)) /* of nd_rng */

enum { ACROSS = 21 };

/* Candidates on two lines, x_2 = +-1 and their neighbours: separable by the last coordinate. */
static nd_status make_grid(nd_ctx *ctx, nd_rng *r, nd_table **out)
{
    double x[2 * 2 * ACROSS], y[2 * ACROSS];
    double step = 0.5, wobble = 0.05 * (double)nd_rng_below(r, 3);

    for (size_t i = 0; i < 2 * ACROSS; i++) {
        y[i] = i % 2 ? -1.0 : 1.0;
        x[2 * i] = step * ((double)(i / 2) - ACROSS / 2);
        x[2 * i + 1] = y[i] * (1.0 + wobble * (double)(i % 3));
    }
    return nd_table_from_arrays(ctx, 2 * ACROSS, 2, x, y, out);
}

/* Gradient and Hessian of one sample's loss, and whether it is wrong. */
static nd_status sample_jets(nd_weighing *s, const nd_table *grid, const nd_net *net, nd_loss loss,
                             const double *theta, size_t i)
{
    nd_table *one = NULL;
    nd_work *work = NULL;
    nd_problem pb;
    double L, m;
    nd_status status;

    ND_TRY(nd_table_subset(s->ctx, grid, 1, &i, &one));
    ND_TRY(nd_problem_make(s->ctx, net, one, loss, 0.0, &pb));
    ND_TRY(nd_work_create(s->ctx, &pb, &work));
    ND_TRY(nd_problem_grad(s->ctx, &pb, theta, work, &L, s->g + i * s->P));
    ND_TRY(nd_problem_hessian(s->ctx, &pb, theta, work, s->A + i * s->P * s->P));
    ND_TRY(nd_problem_margins(s->ctx, &pb, theta, work, &m));
    s->wrong[i] = m < -0.02;
done:
    nd_work_destroy(s->ctx, work);
    nd_table_destroy(s->ctx, one);
    return status;
}

static double between(nd_rng *r, double lo, double hi)
{
    return lo + (hi - lo) * nd_rng_uniform(r);
}

/* A theta to build on, which does not use the last coordinate: f is a valley over the first,
 * one neuron of the second layer rising late, one falling early (odd trials: upside down). */
static bool place(const nd_net *net, nd_rng *r, bool turned, double *theta)
{
    const nd_term *t = &net->term[0];
    const nd_layer *first = t->layer, *second = t->layer + 1;
    double side = turned ? -1.0 : 1.0;

    if (net->terms != 1 || t->depth != 2 || first->residual || second->residual || !first->bias ||
        !second->bias)
        return false;
    memset(theta, 0, net->P * sizeof *theta);
    for (size_t j = 0; j < first->width; j++) {
        theta[first->W + 2 * j] = side * between(r, 0.5, 1.3);
        theta[first->b + j] = between(r, 0.2, 1.3);
    }
    for (size_t j = 0; j < second->width; j++) {
        bool falls = j % 2;

        for (size_t k = 0; k < second->in; k++)
            theta[second->W + j * second->in + k] =
                falls ? between(r, -4.0, -1.5) : between(r, 0.5, 1.5);
        theta[second->b + j] = falls ? between(r, 0.0, 2.0) : between(r, -5.0, -2.5);
        theta[t->a + j] = between(r, 0.3, 2.5);
    }
    theta[net->a0] = between(r, -2.2, -0.3);
    return true;
}

/* The weights found, as a problem of which theta is proved to be a bad minimum. */
static nd_status realise(nd_weighing *s, const nd_table *grid, nd_prey *p, const char *net,
                         nd_loss loss, const double *theta, bool *ok)
{
    size_t index[2 * ACROSS], n = nd_weighing_support(s, index);
    nd_status status;

    nd_weighing_balance(s, n, index, ok);
    if (!*ok) return ND_OK;
    ND_TRY(nd_table_subset(s->ctx, grid, n, index, &p->data));
    p->data->weight = ND_NEW(s->ctx, double, n);
    if (!p->data->weight) return ND_EMEM;
    for (size_t i = 0; i < n; i++) p->data->weight[i] = (double)n * s->u[index[i]];
    ND_TRY(nd_prey_build(s->ctx, p, net, loss, 0.0));
    memcpy(p->theta, theta, s->P * sizeof *theta);
    ND_TRY(nd_hunt_prove(s->ctx, p, ok));
    if (*ok) ND_TRY(nd_hunt_units(s->ctx, p));
done:
    return status;
}

nd_status nd_hunt_design(nd_ctx *ctx, nd_prey *p, const char *net, nd_loss loss, bool *ok)
{
    nd_rng r = nd_rng_make(p->seed, STREAM + p->trial);
    nd_weighing s = {.ctx = ctx};
    nd_table *grid = NULL;
    nd_net *plan = NULL;
    double *theta = NULL, least = 0.0;
    nd_status status;

    *ok = false;
    ND_TRY(make_grid(ctx, &r, &grid));
    ND_TRY(nd_net_parse(ctx, net, 2, &plan));
    theta = ND_NEW(ctx, double, plan->P);
    if (!theta) ND_TRY(ND_EMEM);
    if (!place(plan, &r, p->trial % 2, theta)) goto done;
    ND_TRY(nd_weighing_open(ctx, grid->n, plan->P, plan->P, &s));
    for (size_t i = 0; i < grid->n; i++) ND_TRY(sample_jets(&s, grid, plan, loss, theta, i));
    ND_TRY(nd_weighing_solve(&s, &least, ok));
    if (*ok) ND_TRY(realise(&s, grid, p, net, loss, theta, ok));
done:
    nd_weighing_close(&s);
    nd_free(ctx, theta);
    nd_net_destroy(ctx, plan);
    nd_table_destroy(ctx, grid);
    return status;
}
