/* Gradient and Hessian of the loss of a shallow network over a box of parameters.
 *
 *   f = a_0 + sum_j a_j s(z_j) [+ u.x],    z_j = w_j.x + b_j,    c = -y omega l'(-y f)/n,
 *   q = omega l''(-y f)/n.  With K = (s'_j x~ | s_j | x | 1) in the order of theta, x~ = (x, 1),
 *
 *   dL/dw~_j = a_j T_j + lambda w~_j,      T_j = sum_i c s'_j x~
 *   dL/da_j, du, da_0 = sum_i c K + lambda theta
 *   H = A R A + lambda I,  R = sum_i q K K',  A = a_j at w~_j, else 1;
 *       besides (a_j, w~_j): T_j,  (w~_j, w~_j): a_j S_j,  S_j = sum_i c s''_j x~ x~'.
 *
 * a_j is taken out of the sums, which makes the enclosures narrower.  Every operation
 * encloses (interval.h); samples are taken in their order. */
#include "map/interval.h"

#include "base/memory.h"
#include "cert/rounding.h"

#include <string.h>

const char *nd_over_refuses(const nd_problem *pb)
{
    for (size_t t = 0; t < pb->net->terms; t++) {
        const nd_term *term = &pb->net->term[t];

        if (term->depth > 1 || (term->depth == 1 && term->layer[0].residual))
            return "the network has more than one hidden layer";
        if (term->depth == 1 && term->layer[0].act->smooth < 2)
            return "an activation is not twice differentiable";
    }
    if (pb->loss.kind->smooth(pb->loss.q) < 2) return "the loss is not twice differentiable";
    if (!pb->loss.kind->convex) return "the loss is not convex";
    return NULL;
}

nd_status nd_over_create(nd_ctx *ctx, const nd_problem *pb, nd_over *out)
{
    size_t P = pb->net->P, n = pb->data->n, d = pb->data->d, units = pb->net->units;
    nd_over o = {.pb = pb};

    o.x = ND_NEW(ctx, double, n *d);
    o.block = ND_NEW0(ctx, nd_iv, 2 * n + 3 * P + units + 2 * P * P);
    if (!o.x || !o.block) {
        nd_over_clear(ctx, &o);
        return ND_EMEM;
    }
    o.weight = o.block;
    o.f = o.weight + n;
    o.K = o.f + n;
    o.g = o.K + P;
    o.T = o.g + P;
    o.s2 = o.T + P;
    o.R = o.s2 + units;
    o.S = o.R + P * P;
    for (size_t i = 0; i < n; i++) {
        double w = (pb->data->weight ? pb->data->weight[i] : 1.0) / (double)n;

        nd_table_row(pb->data, i, o.x + i * d);
        o.weight[i] = (nd_iv){nd_below(w), nd_above(w)};
    }
    *out = o;
    return ND_OK;
}

void nd_over_clear(nd_ctx *ctx, nd_over *o)
{
    nd_free(ctx, o->x);
    nd_free(ctx, o->block);
    *o = (nd_over){0};
}

/* ---- one sample ---------------------------------------------------------------------- */

static void accumulate(nd_iv *sum, nd_iv x)
{
    *sum = nd_iv_add(*sum, x);
}

static nd_iv dot(size_t d, const nd_iv *w, const double *x, nd_iv start)
{
    for (size_t k = 0; k < d; k++) start = nd_iv_add(start, nd_iv_scale(w[k], x[k]));
    return start;
}

/* K, s', s'' and the output of one sample.  False: a number is not tame. */
static bool forward(nd_over *o, const nd_iv *theta, size_t i, int order)
{
    const nd_net *net = o->pb->net;
    const double *x = o->x + i * net->d;
    nd_iv f = theta[net->a0];
    size_t unit = 0;

    o->K[net->a0] = nd_iv_point(1.0);
    for (size_t t = 0; t < net->terms; t++) {
        const nd_term *term = &net->term[t];

        if (term->depth == 0) {
            f = dot(net->d, theta + term->a, x, f);
            for (size_t k = 0; k < net->d; k++) o->K[term->a + k] = nd_iv_point(x[k]);
            continue;
        }
        for (size_t j = 0; j < term->out; j++, unit++) {
            const nd_layer *l = &term->layer[0];
            nd_iv z = dot(net->d, theta + l->W + j * net->d, x,
                          l->bias ? theta[l->b + j] : nd_iv_point(0.0));
            nd_iv s[3];

            nd_act_range(l->act, z, order, s);
            if (!nd_iv_tame(s[0]) || !nd_iv_tame(s[1]) || (order > 1 && !nd_iv_tame(s[2])))
                return false;
            f = nd_iv_add(f, nd_iv_mul(theta[term->a + j], s[0]));
            o->K[term->a + j] = s[0];
            for (size_t k = 0; k < net->d; k++)
                o->K[l->W + j * net->d + k] = nd_iv_scale(s[1], x[k]);
            if (l->bias) o->K[l->b + j] = s[1];
            o->s2[unit] = s[2];
        }
    }
    o->f[i] = f;
    return nd_iv_tame(f);
}

/* S_j += c s'' x~ x~' for every neuron. */
static void add_bends(nd_over *o, size_t i, nd_iv c)
{
    const nd_net *net = o->pb->net;
    const double *x = o->x + i * net->d;
    size_t unit = 0, P = net->P;

    for (size_t t = 0; t < net->terms; t++) {
        const nd_term *term = &net->term[t];

        for (size_t j = 0; term->depth > 0 && j < term->out; j++, unit++) {
            const nd_layer *l = &term->layer[0];
            size_t w = l->W + j * net->d;
            nd_iv e = nd_iv_mul(c, o->s2[unit]);

            for (size_t k = 0; k < net->d; k++) {
                nd_iv ek = nd_iv_scale(e, x[k]);

                for (size_t m = 0; m <= k; m++)
                    accumulate(&o->S[(w + k) * P + w + m], nd_iv_scale(ek, x[m]));
                if (l->bias) accumulate(&o->S[(l->b + j) * P + w + k], ek);
            }
            if (l->bias) accumulate(&o->S[(l->b + j) * P + l->b + j], e);
        }
    }
}

static bool zero(nd_iv x)
{
    return x.lo == 0.0 && x.hi == 0.0;
}

/* g += c K, and R += q K K', S. */
static bool add_sample(nd_over *o, const nd_iv *theta, size_t i, bool second)
{
    size_t P = o->pb->net->P;
    bool plus = o->pb->data->y[i] > 0.0;
    nd_iv l[2], c, q;

    if (!forward(o, theta, i, second ? 2 : 1)) return false;
    nd_loss_range(o->pb->loss, plus ? nd_iv_neg(o->f[i]) : o->f[i], second ? 2 : 1, l);
    if (!nd_iv_tame(l[0]) || (second && !nd_iv_tame(l[1]))) return false;
    if (zero(l[0]) && (!second || zero(l[1]))) return true;
    c = nd_iv_mul(l[0], o->weight[i]);
    if (plus) c = nd_iv_neg(c);
    for (size_t k = 0; k < P; k++) accumulate(&o->T[k], nd_iv_mul(c, o->K[k]));
    if (!second) return true;
    add_bends(o, i, c);
    q = nd_iv_mul(l[1], o->weight[i]);
    if (zero(q)) return true;
    for (size_t r = 0; r < P; r++) {
        nd_iv qr = nd_iv_mul(q, o->K[r]);

        for (size_t k = 0; k <= r; k++) accumulate(&o->R[r * P + k], nd_iv_mul(qr, o->K[k]));
    }
    return true;
}

/* ---- the whole ------------------------------------------------------------------------- */

/* A: a_j at the weights of neuron j, 1 elsewhere; in o->K, which is free by now. */
static void outer_factors(nd_over *o, const nd_iv *theta)
{
    const nd_net *net = o->pb->net;

    for (size_t k = 0; k < net->P; k++) o->K[k] = nd_iv_point(1.0);
    for (size_t t = 0; t < net->terms; t++) {
        const nd_term *term = &net->term[t];

        for (size_t j = 0; term->depth > 0 && j < term->out; j++) {
            const nd_layer *l = &term->layer[0];

            for (size_t k = 0; k < net->d; k++) o->K[l->W + j * net->d + k] = theta[term->a + j];
            if (l->bias) o->K[l->b + j] = theta[term->a + j];
        }
    }
}

static bool inside(const nd_net *net, size_t k, size_t *a)
{
    for (size_t t = 0; t < net->terms; t++) {
        const nd_term *term = &net->term[t];

        if (term->depth == 0 || k >= term->a || k < term->layer[0].W) continue;
        *a = term->a + (k < term->layer[0].W + term->out * net->d ? (k - term->layer[0].W) / net->d
                                                                  : k - term->layer[0].b);
        return true;
    }
    return false;
}

static void gradient(nd_over *o, const nd_iv *theta, nd_iv *g)
{
    for (size_t k = 0; k < o->pb->net->P; k++) {
        g[k] = nd_iv_mul(o->K[k], o->T[k]);
        accumulate(&g[k], nd_iv_scale(theta[k], o->pb->l2));
    }
}

static void hessian(nd_over *o, nd_iv *H)
{
    const nd_net *net = o->pb->net;
    size_t P = net->P, a = 0;

    for (size_t r = 0; r < P; r++)
        for (size_t k = 0; k <= r; k++) {
            nd_iv A = nd_iv_mul(o->K[r], o->K[k]), h;

            if (r == k) A.lo = A.lo > 0.0 ? A.lo : 0.0; /* a square */
            h = nd_iv_mul(A, o->R[r * P + k]);
            if (!zero(o->S[r * P + k])) accumulate(&h, nd_iv_mul(o->K[r], o->S[r * P + k]));
            if (inside(net, k, &a) && a == r) accumulate(&h, o->T[k]);
            if (r == k) accumulate(&h, nd_iv_point(o->pb->l2));
            H[r * P + k] = H[k * P + r] = h;
        }
}

bool nd_over_evaluate(nd_over *o, const nd_iv *theta, nd_iv *g, nd_iv *H)
{
    size_t P = o->pb->net->P;

    for (size_t k = 0; k < P; k++)
        if (!nd_iv_tame(theta[k])) return false;
    memset(o->T, 0, P * sizeof *o->T);
    if (H) memset(o->R, 0, 2 * P * P * sizeof *o->R);
    for (size_t i = 0; i < o->pb->data->n; i++)
        if (!add_sample(o, theta, i, H != NULL)) return false;
    outer_factors(o, theta);
    gradient(o, theta, g);
    if (H) hessian(o, H);
    return true;
}
