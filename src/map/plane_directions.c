/* Planes by their directions: eigenvectors, random ones, principal ones of a trajectory.
 *
 * Filter normalisation: Li, Xu, Taylor, Studer, Goldstein, "Visualizing the loss landscape
 * of neural nets", NeurIPS 2018, section 4; there biases stay, here they move with their
 * neuron.  Principal directions of points x_1 .. x_m about the last of them from the
 * m x m matrix of inner products: u = X'w / sqrt(lambda). */
#include "map/plane.h"

#include "base/memory.h"
#include "num/tile.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- eigenvectors -------------------------------------------------------------------------- */

/* The sign of an eigenvector is nobody's: the largest entry is made positive. */
static void settle_sign(size_t n, double *v)
{
    size_t top = 0;

    for (size_t i = 1; i < n; i++)
        if (fabs(v[i]) > fabs(v[top])) top = i;
    if (n && v[top] < 0.0)
        for (size_t i = 0; i < n; i++) v[i] = -v[i];
}

typedef struct {
    nd_ctx *ctx;
    const nd_problem *pb;
    const double *theta;
    nd_work *work;
} hessian_at;

static nd_status hessian_vector(void *self, const double *v, double *hv)
{
    const hessian_at *h = self;

    return nd_problem_hv(h->ctx, h->pb, h->theta, v, h->work, hv);
}

static nd_status dense_directions(hessian_at *h, nd_plane *p)
{
    size_t P = p->P;
    double error, *H = ND_NEW(h->ctx, double, P *P), *V = ND_NEW(h->ctx, double, P *P);
    double *values = ND_NEW(h->ctx, double, P);
    nd_status status = H && V && values ? ND_OK : ND_EMEM;

    if (status == ND_OK) status = nd_problem_hessian(h->ctx, h->pb, h->theta, h->work, H);
    if (status == ND_OK) status = nd_eigen_dense(h->ctx, P, H, values, V, &error);
    for (int k = 0; k < p->dim && status == ND_OK; k++) {
        size_t j = p->rank[k] >= 0 ? (size_t)p->rank[k] : P - (size_t)-p->rank[k];
        memcpy(k ? p->v : p->u, V + j * P, P * sizeof *V);
        p->value[k] = values[j];
    }
    nd_free(h->ctx, H);
    nd_free(h->ctx, V);
    nd_free(h->ctx, values);
    return status;
}

static nd_status lanczos_directions(hessian_at *h, nd_plane *p)
{
    nd_eigen e;

    for (int k = 0; k < p->dim; k++) {
        nd_status status =
            nd_eigen_lanczos(h->ctx, p->P, hessian_vector, h, p->rank[k] == 0 ? -1 : 1, 1e-6, 2000,
                             NULL, &e, k ? p->v : p->u);
        if (status != ND_OK) return status;
        p->value[k] = e.value;
    }
    return ND_OK;
}

static nd_status check_ranks(nd_ctx *ctx, size_t P, int dim, const long rank[])
{
    for (int k = 0; k < dim; k++) {
        size_t from_end = rank[k] >= 0 ? (size_t)rank[k] : (size_t) - (rank[k] + 1);
        if (from_end >= P)
            return nd_fail(ctx, ND_ERANGE, "eigenvector %ld: the Hessian has %zu", rank[k], P);
        if (P > ND_SPECTRUM_VECTORS && from_end > 0)
            return nd_fail(ctx, ND_ERANGE,
                           "eigenvector %ld: with %zu parameters only 0 (the smallest eigenvalue) "
                           "and -1 (the largest) are computed",
                           rank[k], P);
    }
    bool same = dim == 2 && (rank[0] == rank[1] || labs(rank[0] - rank[1]) == (long)P);
    return same ? nd_fail(ctx, ND_ERANGE, "eigenvector %ld is asked for twice", rank[0]) : ND_OK;
}

nd_status nd_plane_eigen(nd_ctx *ctx, const nd_problem *pb, const double *theta, int dim,
                         const long rank[], nd_plane **out)
{
    hessian_at h = {ctx, pb, theta, NULL};
    size_t P = pb->net->P;
    nd_plane *p = NULL;
    nd_status status;

    ND_TRY(check_ranks(ctx, P, dim, rank));
    ND_TRY(nd_work_create(ctx, pb, &h.work));
    ND_TRY(nd_plane_create(ctx, ND_PLANE_EIGEN, P, dim, theta, &p));
    for (int k = 0; k < dim; k++) p->rank[k] = rank[k];
    ND_TRY(P <= ND_SPECTRUM_VECTORS ? dense_directions(&h, p) : lanczos_directions(&h, p));
    for (int k = 0; k < dim; k++) settle_sign(P, k ? p->v : p->u);
    nd_plane_around(p, fmax(1.0, 0.5 * nd_norm2(P, theta)));
    *out = p;
    p = NULL;
done:
    nd_plane_destroy(ctx, p);
    nd_work_destroy(ctx, h.work);
    return status;
}

/* ---- random -------------------------------------------------------------------------------- */

/* A filter: count entries from first on, step apart, and one more at extra (SIZE_MAX: none). */
static void scale_filter(const double *theta, double *u, size_t first, size_t count, size_t extra)
{
    double a = nd_norm2(count, theta + first), b = nd_norm2(count, u + first);

    if (extra != SIZE_MAX) a = hypot(a, theta[extra]), b = hypot(b, u[extra]);
    double factor = b > 0.0 ? a / b : 0.0;
    for (size_t i = 0; i < count; i++) u[first + i] *= factor;
    if (extra != SIZE_MAX) u[extra] *= factor;
}

static void scale_layer(const nd_layer *layer, const double *theta, double *u)
{
    for (size_t j = 0; j < layer->width; j++)
        scale_filter(theta, u, layer->W + j * layer->in, layer->in,
                     layer->b == SIZE_MAX ? SIZE_MAX : layer->b + j);
}

static void normalise(const nd_net *net, const double *theta, double *u)
{
    double a = theta[net->a0], b = u[net->a0];

    for (size_t t = 0; t < net->terms; t++) {
        const nd_term *term = &net->term[t];
        for (size_t l = 0; l < term->depth; l++) scale_layer(&term->layer[l], theta, u);
        a = hypot(a, nd_norm2(term->out, theta + term->a));
        b = hypot(b, nd_norm2(term->out, u + term->a));
    }
    double factor = b != 0.0 ? fabs(a) / fabs(b) : 0.0;
    u[net->a0] *= factor;
    for (size_t t = 0; t < net->terms; t++)
        for (size_t i = 0; i < net->term[t].out; i++) u[net->term[t].a + i] *= factor;
}

nd_status nd_plane_random(nd_ctx *ctx, const nd_net *net, const double *theta, int dim,
                          uint64_t seed, nd_plane **out)
{
    nd_plane *p;

    if (!(nd_norm2(net->P, theta) > 0.0))
        return nd_fail(ctx, ND_ERANGE, "all parameters are 0: directions cannot be normalised");
    nd_status status = nd_plane_create(ctx, ND_PLANE_RANDOM, net->P, dim, theta, &p);
    if (status != ND_OK) return status;
    p->seed = seed;
    for (int k = 0; k < dim; k++) {
        nd_rng r = nd_rng_make(seed, ND_STREAM_PLANE + (uint64_t)k);
        double *u = k ? p->v : p->u;
        for (size_t i = 0; i < net->P; i++) u[i] = nd_rng_normal(&r);
        normalise(net, theta, u);
    }
    nd_plane_around(p, 1.0);
    *out = p;
    return ND_OK;
}

/* ---- principal directions --------------------------------------------------------------------- */

/* G := inner products of the points about the last one; X receives the differences. */
static void inner_products(const nd_trace *t, double *X, double *G)
{
    size_t m = t->count, P = t->P;
    const double *last = t->theta + (m - 1) * P;

    for (size_t k = 0; k < m; k++)
        for (size_t i = 0; i < P; i++) X[k * P + i] = t->theta[k * P + i] - last[i];
    for (size_t k = 0; k < m; k++)
        for (size_t l = 0; l <= k; l++)
            G[k * m + l] = G[l * m + k] = nd_dot(P, X + k * P, X + l * P);
}

static nd_status principal(nd_ctx *ctx, const nd_trace *t, nd_plane *p, double *X, double *G,
                           double *values, double *V)
{
    size_t m = t->count;
    double total = 0.0, error;
    nd_status status;

    inner_products(t, X, G);
    for (size_t k = 0; k < m; k++) total += G[k * m + k];
    ND_TRY(nd_eigen_dense(ctx, m, G, values, V, &error));
    for (int k = 0; k < p->dim; k++) {
        size_t j = m - 1 - (size_t)k;
        double *u = k ? p->v : p->u;
        if (!(values[j] > 1e-12 * total))
            return nd_fail(ctx, ND_ERANGE, "the trajectory has only %d direction%s", k,
                           k == 1 ? "" : "s");
        for (size_t i = 0; i < m; i++) nd_axpy(p->P, V[j * m + i], X + i * p->P, u);
        double size = nd_norm2(p->P, u);
        for (size_t i = 0; i < p->P; i++) u[i] /= size;
        settle_sign(p->P, u);
        p->value[k] = values[j] / total;
    }
done:
    return status;
}

nd_status nd_plane_trace(nd_ctx *ctx, const nd_trace *t, int dim, nd_plane **out)
{
    size_t m = t->count, P = t->P;
    double *X = ND_NEW(ctx, double, m *P), *G = ND_NEW(ctx, double, m *m);
    double *values = ND_NEW(ctx, double, m), *V = ND_NEW(ctx, double, m *m);
    double *at = ND_NEW(ctx, double, 2 * m);
    nd_plane *p = NULL;
    nd_status status = X && G && values && V && at ? ND_OK : ND_EMEM;

    if (status != ND_OK) goto done;
    if (m < (size_t)dim + 1)
        ND_TRY(nd_fail(ctx, ND_ERANGE, "the trajectory has %zu points, too few", m));
    ND_TRY(nd_plane_create(ctx, ND_PLANE_TRACE, P, dim, t->theta + (m - 1) * P, &p));
    ND_TRY(principal(ctx, t, p, X, G, values, V));
    for (size_t k = 0; k < m; k++) nd_plane_project(p, t->theta + k * P, at + 2 * k);
    nd_plane_show(p, m, at);
    *out = p;
    p = NULL;
done:
    nd_plane_destroy(ctx, p);
    nd_free(ctx, X);
    nd_free(ctx, G);
    nd_free(ctx, values);
    nd_free(ctx, V);
    nd_free(ctx, at);
    return status;
}
