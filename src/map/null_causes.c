/* Which null directions of the Hessian at a critical point have a known cause.
 *
 * With ridge there is none.  Without, each cause predicts directions along which L is
 * constant, at least to second order:
 *
 *   idle       a_j = 0: those of (w_j, b_j)
 *   constant   w_j = 0: f has the constant a_j s(b_j) + a_0; (b_j, a_0) along
 *              (1, -a_j s'(b_j)), (a_j, a_0) along (1, -s(b_j))
 *   dead       s(z_ij) = s'(z_ij) = 0 to rounding for all samples: (w_j, b_j, a_j)
 *   symmetry   the tangents of scaling orbits (src/lab/null.c), and for equal
 *              neurons i, j the exchange of output weight, (a_i, a_j) along (1, -1)
 *   zero-loss  every l'_i = 0, as on the flat of a hinge: all of them
 *
 * With S the span of the predictions so far (orthonormal rows Q) and N the null space
 * (orthonormal rows), dim(S and N) is the number of singular values of N Q' that are 1;
 * each cause accounts for what it adds.  Idle and dead neurons predict more than is
 * null (an idle neuron's a_j may move against w_j), so the intersection is what counts. */
#include "base/memory.h"
#include "map/symmetry.h"
#include "num/tile.h"

#include <nadir/opt.h>

#include <math.h>
#include <string.h>

#define ROUNDING 1e-13 /* of the Hessian's entries, relative to its norm: lab/spectrum.c */
#define INSIDE   1e-6  /* a cosine this near to 1 is 1: directions come from rounded weights */
#define SMALL    1e-7  /* weights that are 0, neurons that are equal: lab/null.c            */
#define DEAD     1e-14

typedef struct {
    nd_ctx *ctx;
    const nd_problem *pb;
    const double *theta;
    double *Q; /* P x P: rows 0 .. count-1 are the basis of the predictions */
    double *v; /* P: the direction in the making                            */
    double *x; /* d: a sample                                               */
    size_t P, count;
    double most; /* 1 + largest |a|, as in lab/null.c */
} span;

/* ---- the span --------------------------------------------------------------------------- */

static void begin(span *s)
{
    memset(s->v, 0, s->P * sizeof *s->v);
}

/* Adds v to the basis, unless it is in it. */
static void end(span *s)
{
    double n = nd_norm2(s->P, s->v), *q = s->Q + s->count * s->P;

    if (!(n > 0.0) || s->count == s->P) return;
    for (size_t k = 0; k < s->P; k++) q[k] = s->v[k] / n;
    for (int twice = 0; twice < 2; twice++)
        for (size_t i = 0; i < s->count; i++)
            nd_axpy(s->P, -nd_dot(s->P, s->Q + i * s->P, q), s->Q + i * s->P, q);
    n = nd_norm2(s->P, q);
    if (!(n > INSIDE)) return;
    for (size_t k = 0; k < s->P; k++) q[k] /= n;
    s->count++;
}

static void add_coordinate(span *s, size_t k)
{
    begin(s);
    s->v[k] = 1.0;
    end(s);
}

static void add_neuron(span *s, const nd_layer *l, size_t j)
{
    for (size_t i = 0; i < l->in; i++) add_coordinate(s, l->W + j * l->in + i);
    if (l->bias) add_coordinate(s, l->b + j);
}

/* ---- predictions, one neuron of a single-layer term -------------------------------------- */

static double largest(size_t n, const double *x)
{
    double m = 0.0;

    for (size_t i = 0; i < n; i++) m = fmax(m, fabs(x[i]));
    return m;
}

static void idle(span *s, const nd_term *t, size_t j)
{
    if (fabs(s->theta[t->a + j]) <= DEAD * s->most) add_neuron(s, &t->layer[0], j);
}

static void constant(span *s, const nd_term *t, size_t j)
{
    const nd_layer *l = &t->layer[0];
    double d0, d1, *const d[] = {&d0, &d1}, b = l->bias ? s->theta[l->b + j] : 0.0;

    if (largest(l->in, s->theta + l->W + j * l->in) > SMALL) return;
    l->act->jet(1, &b, 1, d);
    begin(s);
    s->v[t->a + j] = 1.0;
    s->v[s->pb->net->a0] = -d0;
    end(s);
    if (!l->bias) return;
    begin(s);
    s->v[l->b + j] = 1.0;
    s->v[s->pb->net->a0] = -s->theta[t->a + j] * d1;
    end(s);
}

static void dead(span *s, const nd_term *t, size_t j)
{
    const nd_layer *l = &t->layer[0];

    for (size_t i = 0; i < s->pb->data->n; i++) {
        double d0, d1, *const d[] = {&d0, &d1}, z = l->bias ? s->theta[l->b + j] : 0.0;

        nd_table_row(s->pb->data, i, s->x);
        z += nd_dot(l->in, s->theta + l->W + j * l->in, s->x);
        l->act->jet(1, &z, 1, d);
        if (!(fabs(d0) <= DEAD && fabs(d1) <= DEAD)) return;
    }
    add_neuron(s, l, j);
    add_coordinate(s, t->a + j);
}

/* The tangent of (w, b, a) -> (w e^t, b e^t, a e^-t), a e^-2t for squares; exp: (b + t, a e^-t). */
static void scaling(span *s, const nd_term *t, size_t j)
{
    const nd_layer *l = &t->layer[0];
    bool shift = strcmp(l->act->name, "exp") == 0, twice = strcmp(l->act->name, "square") == 0;

    if (!(l->act->homogeneous || twice || (shift && l->bias))) return;
    begin(s);
    for (size_t i = 0; !shift && i < l->in; i++)
        s->v[l->W + j * l->in + i] = s->theta[l->W + j * l->in + i];
    if (l->bias) s->v[l->b + j] = shift ? 1.0 : s->theta[l->b + j];
    s->v[t->a + j] = (twice ? -2.0 : -1.0) * s->theta[t->a + j];
    end(s);
}

static bool equal_neurons(const span *s, const nd_layer *l, size_t i, size_t j)
{
    const double *u = s->theta + l->W + i * l->in, *v = s->theta + l->W + j * l->in;

    for (size_t k = 0; k < l->in; k++)
        if (fabs(u[k] - v[k]) > SMALL * (1.0 + fabs(u[k]))) return false;
    return !l->bias || fabs(s->theta[l->b + i] - s->theta[l->b + j]) <=
                           SMALL * (1.0 + fabs(s->theta[l->b + i]));
}

static void symmetry(span *s, const nd_term *t, size_t j)
{
    scaling(s, t, j);
    for (size_t i = 0; i < j; i++) {
        if (!equal_neurons(s, &t->layer[0], i, j)) continue;
        begin(s);
        s->v[t->a + i] = 1.0;
        s->v[t->a + j] = -1.0;
        end(s);
    }
}

typedef void (*prediction)(span *s, const nd_term *t, size_t j);

static void predict(span *s, prediction f)
{
    for (size_t t = 0; t < s->pb->net->terms; t++) {
        const nd_term *term = &s->pb->net->term[t];

        if (term->depth != 1 || term->layer[0].residual) continue;
        for (size_t j = 0; j < term->out; j++) f(s, term, j);
    }
}

/* ---- the null space ------------------------------------------------------------------------- */

typedef struct {
    double *values, *vectors; /* P; P x P                                      */
    const double *N;          /* rows of vectors: the null space               */
    double *C, *G;            /* nullity x P; nullity x nullity                */
    size_t nullity;
    bool flat; /* every slope of the loss is 0                                 */
} null_space;

static nd_status null_find(nd_ctx *ctx, const nd_problem *pb, const double *theta, null_space *n)
{
    size_t P = pb->net->P, first = 0;
    double *H = ND_NEW(ctx, double, P *P), error, tol, L;
    nd_work *work = NULL;
    nd_status status = ND_OK;

    n->values = ND_NEW(ctx, double, P);
    n->vectors = ND_NEW(ctx, double, P *P);
    if (!H || !n->values || !n->vectors) ND_TRY(ND_EMEM);
    ND_TRY(nd_work_create(ctx, pb, &work));
    ND_TRY(nd_problem_value(ctx, pb, theta, work, &L));
    n->flat = pb->l2 == 0.0 && nd_work_active(work) == 0;
    ND_TRY(nd_problem_hessian(ctx, pb, theta, work, H));
    for (size_t i = 0; i < P * P; i++)
        if (!isfinite(H[i])) ND_TRY(nd_fail(ctx, ND_ENUMERIC, "the Hessian is not finite"));
    ND_TRY(nd_eigen_dense(ctx, P, H, n->values, n->vectors, &error));
    tol = error + ROUNDING * fmax(fabs(n->values[0]), fabs(n->values[P - 1]));
    while (first < P && n->values[first] < -tol) first++;
    while (first + n->nullity < P && n->values[first + n->nullity] <= tol) n->nullity++;
    n->N = n->vectors + first * P;
    n->C = ND_NEW(ctx, double, n->nullity *P);
    n->G = ND_NEW(ctx, double, n->nullity * n->nullity);
    if (!n->C || !n->G) status = ND_EMEM;
done:
    nd_free(ctx, H);
    nd_work_destroy(ctx, work);
    return status;
}

static void null_free(nd_ctx *ctx, null_space *n)
{
    nd_free(ctx, n->values);
    nd_free(ctx, n->vectors);
    nd_free(ctx, n->C);
    nd_free(ctx, n->G);
}

/* dim(span and null space). */
static nd_status common(const span *s, null_space *n, size_t *dim)
{
    size_t k = n->nullity, m = s->count;
    double error;
    nd_status status;

    *dim = 0;
    if (k == 0 || m == 0) return ND_OK;
    for (size_t i = 0; i < k; i++)
        for (size_t j = 0; j < m; j++)
            n->C[i * m + j] = nd_dot(s->P, n->N + i * s->P, s->Q + j * s->P);
    for (size_t i = 0; i < k; i++)
        for (size_t j = 0; j < k; j++) n->G[i * k + j] = nd_dot(m, n->C + i * m, n->C + j * m);
    status = nd_eigen_dense(s->ctx, k, n->G, n->values, NULL, &error);
    for (size_t i = 0; status == ND_OK && i < k; i++) *dim += n->values[i] >= 1.0 - INSIDE;
    return status;
}

static nd_status account(span *s, null_space *n, nd_null_causes *c)
{
    size_t sum = 0, dim = 0;
    const struct {
        prediction f;
        size_t *count;
    } cause[] = {
        {idle, &c->idle}, {constant, &c->constant}, {dead, &c->dead}, {symmetry, &c->symmetry}};
    nd_status status;

    for (size_t k = 0; s->pb->l2 == 0.0 && k < sizeof cause / sizeof *cause; k++) {
        predict(s, cause[k].f);
        status = common(s, n, &dim);
        if (status != ND_OK) return status;
        *cause[k].count = dim - sum;
        sum = dim;
    }
    if (n->flat) c->zero_loss = n->nullity - sum;
    c->unexplained = n->nullity - sum - c->zero_loss;
    return ND_OK;
}

nd_status nd_explain_null(nd_ctx *ctx, const nd_problem *pb, const double *theta,
                          nd_null_causes *out)
{
    size_t P = pb->net->P;
    span s = {.ctx = ctx, .pb = pb, .theta = theta, .P = P, .most = 1.0};
    null_space n = {0};
    nd_null_causes c = {0};
    nd_status status;

    s.Q = ND_NEW(ctx, double, P *P);
    s.v = ND_NEW(ctx, double, P);
    s.x = ND_NEW(ctx, double, pb->data->d);
    if (!s.Q || !s.v || !s.x) ND_TRY(ND_EMEM);
    for (size_t t = 0; t < pb->net->terms; t++)
        s.most = fmax(s.most, 1.0 + largest(pb->net->term[t].out, theta + pb->net->term[t].a));
    ND_TRY(null_find(ctx, pb, theta, &n));
    c.nullity = n.nullity;
    ND_TRY(account(&s, &n, &c));
    *out = c;
done:
    null_free(ctx, &n);
    nd_free(ctx, s.Q);
    nd_free(ctx, s.v);
    nd_free(ctx, s.x);
    return status;
}
