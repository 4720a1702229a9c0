/* From where training ends to the form in which a minimum that is not isolated can be
 * proved: w = 0 in every neuron (constant.c), or equal neurons (dual.c).  With a ridge: neurons
 * at their kinks (kink_find.c), where the descent goes on to.
 *
 * Near such a minimum L grows with the distance from its form, so the nearest point of the
 * form is lower but for rounding; a point where it is not stays as it is. */
#include <string.h>

#include "base/memory.h"
#include "cert/constant.h"
#include "cert/dual.h"
#include "cert/kink.h"

#define TINY_INPUT 1e-4    /* |w_j| max |x_i|: what is left of the inputs            */
#define NEARLY     1e-6    /* of |(w, b)|: equal neurons                             */
#define LOSS_NOISE 0x1p-44 /* of L: its rounding, and theta's                        */
#define GRAD_NOISE 1e-12   /* of 1 + |theta|: a gradient at rounding                 */

/* ---- candidates ---------------------------------------------------------------------------- */

static double largest_sample(const nd_table *t, double *row)
{
    double most = 0.0;

    for (size_t i = 0; i < t->n; i++) {
        double size;

        nd_table_row(t, i, row);
        size = nd_norm_up(t->d, row);
        most = size > most ? size : most;
    }
    return most;
}

static bool all_tiny(const nd_layer *L, const double *theta, double bound)
{
    for (size_t j = 0; j < L->width; j++)
        if (!(nd_norm_up(L->in, theta + L->W + j * L->in) <= bound)) return false;
    return true;
}

/* x := theta with w = 0 and a_0 = v - sum_j a_j s(b_j). */
static nd_status constant_candidate(nd_ctx *ctx, const nd_problem *pb, double *x, bool *found)
{
    const nd_layer *L = pb->net->term[0].layer;
    double *row, most;
    nd_truth equal;
    nd_about v;
    nd_status status = ND_OK;

    *found = false;
    if (pb->net->terms != 1 || pb->net->term[0].depth != 1 || L->residual || !L->bias) return ND_OK;
    row = ND_NEW(ctx, double, pb->net->d);
    if (!row) return ND_EMEM;
    most = largest_sample(pb->data, row);
    nd_free(ctx, row);
    if (!all_tiny(L, x, TINY_INPUT / (1e-300 + most))) return ND_OK;
    status = nd_equal_means(ctx, pb->data, &equal);
    if (status != ND_OK || equal != ND_PROVED) return status;
    nd_constant_output(pb, &v);
    memset(x + L->W, 0, L->width * L->in * sizeof *x);
    x[pb->net->a0] = v.m - nd_constant_layer(pb->net, x).m;
    *found = true;
    return ND_OK;
}

/* s(-z) = -s(z): neuron j as (-w, -b, -a). */
static void turn(const nd_term *term, double *x, size_t j)
{
    const nd_layer *L = term->layer;

    for (size_t k = 0; k < L->in; k++) x[L->W + j * L->in + k] = -x[L->W + j * L->in + k];
    if (L->bias) x[L->b + j] = -x[L->b + j];
    x[term->a + j] = -x[term->a + j];
}

/* Groups of nearly equal neurons, those of odd activations turned where that makes a twin. */
static size_t find_groups(const nd_net *net, double *x, size_t *group)
{
    const nd_term *term = nd_dual_term(net);

    for (size_t j = 1; term->layer[0].act->odd && j < term->out; j++) {
        if (nd_dual_twin(net, x, NEARLY, j) < j) continue;
        turn(term, x, j);
        if (nd_dual_twin(net, x, NEARLY, j) == j) turn(term, x, j);
    }
    return nd_dual_groups(net, x, NEARLY, group);
}

/* x := theta with equal neurons in every group, at the reduced net's critical point. */
static nd_status equal_candidate(nd_ctx *ctx, const nd_problem *pb, double *x, bool *found)
{
    const nd_term *term = nd_dual_term(pb->net);
    size_t *group, groups;
    nd_reduced r = {0};
    nd_status status;

    *found = false;
    if (!term) return ND_OK;
    group = ND_NEW(ctx, size_t, term->out);
    if (!group) return ND_EMEM;
    groups = find_groups(pb->net, x, group);
    status = ND_OK;
    if (groups == term->out) goto done;
    ND_TRY(nd_reduce(ctx, pb, x, group, groups, &r));
    ND_TRY(nd_cert_polish(ctx, &r.pb, r.theta));
    nd_expand(pb, &r, group, x);
    *found = true;
done:
    nd_reduced_clear(ctx, &r);
    nd_free(ctx, group);
    return status;
}

/* ---- the choice ------------------------------------------------------------------------------ */

/* Neither L nor |grad L| is larger at x than at theta, but for rounding. */
static nd_status no_worse(nd_ctx *ctx, const nd_problem *pb, const double *theta, const double *x,
                          bool *yes)
{
    size_t P = pb->net->P;
    double before, after, *g = ND_NEW(ctx, double, 2 * P), noise;
    nd_work *work = NULL;
    nd_status status = g ? ND_OK : ND_EMEM;

    if (status != ND_OK) return status;
    ND_TRY(nd_work_create(ctx, pb, &work));
    ND_TRY(nd_problem_grad(ctx, pb, theta, work, &before, g));
    ND_TRY(nd_problem_grad(ctx, pb, x, work, &after, g + P));
    noise = GRAD_NOISE * (1.0 + nd_norm_up(P, theta));
    *yes =
        after <= before + LOSS_NOISE * before && nd_norm_up(P, g + P) <= nd_norm_up(P, g) + noise;
done:
    nd_work_destroy(ctx, work);
    nd_free(ctx, g);
    return status;
}

/* theta := x when that is no worse. */
static nd_status take(nd_ctx *ctx, const nd_problem *pb, const double *x, double *theta,
                      bool *changed)
{
    size_t bytes = pb->net->P * sizeof *theta;
    bool yes = false;
    nd_status status = ND_OK;

    if (memcmp(x, theta, bytes) != 0) status = no_worse(ctx, pb, theta, x, &yes);
    if (status != ND_OK || !yes) return status;
    memcpy(theta, x, bytes);
    *changed = true;
    return ND_OK;
}

/* theta := x when L is not larger there; gradients mean nothing at kinks. */
static nd_status take_lower(nd_ctx *ctx, const nd_problem *pb, const double *x, double *theta,
                            bool *changed)
{
    double before, after;
    nd_work *work = NULL;
    nd_status status;

    ND_TRY(nd_work_create(ctx, pb, &work));
    ND_TRY(nd_problem_value(ctx, pb, theta, work, &before));
    ND_TRY(nd_problem_value(ctx, pb, x, work, &after));
    *changed = after <= before + LOSS_NOISE * before;
    if (*changed) memcpy(theta, x, pb->net->P * sizeof *theta);
done:
    nd_work_destroy(ctx, work);
    return status;
}

nd_status nd_cert_snap(nd_ctx *ctx, const nd_problem *pb, double *theta, bool *changed)
{
    size_t P = pb->net->P;
    double *x = ND_NEW(ctx, double, P);
    nd_status status = x ? ND_OK : ND_EMEM;
    bool found = false, finite = true;

    *changed = false;
    for (size_t k = 0; k < P; k++) finite = finite && isfinite(theta[k]);
    if (status != ND_OK || !finite) goto done;
    memcpy(x, theta, P * sizeof *x);
    if (pb->l2 > 0.0) { /* the other forms are of symmetries that a ridge breaks */
        ND_TRY(nd_kink_find(ctx, pb, x, &found));
        if (found) ND_TRY(take_lower(ctx, pb, x, theta, changed));
        goto done;
    }
    ND_TRY(constant_candidate(ctx, pb, x, &found));
    if (!found) ND_TRY(equal_candidate(ctx, pb, x, &found));
    if (found) ND_TRY(take(ctx, pb, x, theta, changed));
done:
    nd_free(ctx, x);
    return status;
}
