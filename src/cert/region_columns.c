/* The linear problem around theta: signs, the matrix A, and a basis of its columns
 * (docs/proofs.md, section 13).
 *
 * While the signs hold, f_i = a_0 + sum_j slope_ij (u_j.x_i + v_j) + u.x_i on the samples whose
 * loss can vary, with u_j = a_j w_j, v_j = a_j b_j: linear in (u_j, v_j, u, a_0).  The basis
 * is found by Gram and Schmidt's method with pivots, of the columns times sqrt(omega l'') a_j: what
 * the Hessian is made of.  It is only a choice; what it must fulfil is proved in region.c. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cert/near.h"
#include "cert/region.h"
#include "cert/signs.h"

#define DEPENDENT 1e-9 /* of a column is left: it is called dependent             */

static bool term_applies(const nd_term *T)
{
    const nd_layer *L = T->layer;

    if (T->depth == 0) return true;
    return T->depth == 1 && !L->residual && L->act->homogeneous;
}

bool nd_region_applies(const nd_problem *pb, nd_cert *c)
{
    const nd_net *net = pb->net;

    for (size_t t = 0; t < net->terms; t++)
        if (!term_applies(&net->term[t]))
            return nd_cert_fail(c, "a term is neither linear nor one layer of relu or leakyrelu");
    if (pb->l2 != 0.0) return nd_cert_fail(c, "lambda = %.3g > 0", pb->l2);
    if (!pb->loss.kind->convex) return nd_cert_fail(c, "the loss is not convex");
    return true;
}

/* ---- signs -------------------------------------------------------------------------------- */

static void keep(void *self, const nd_signs *v)
{
    nd_region_signs *s = self;

    s->z[v->i] = v->z;
    s->active[v->i] = v->active;
    s->actives += v->active;
    memcpy(s->sign + v->i * s->units, v->sign, s->units);
}

nd_status nd_region_signs_find(nd_ctx *ctx, const nd_problem *pb, const double *theta, double rho,
                               nd_region_signs *out)
{
    size_t n = pb->data->n, units = pb->net->units;
    char *block = nd_calloc(ctx, n, sizeof(double) + sizeof(bool) + units);

    *out = (nd_region_signs){.n = n, .units = units, .z = (double *)(void *)block};
    if (!block) return ND_EMEM;
    out->active = (bool *)(block + n * sizeof(double));
    out->sign = (signed char *)(out->active + n);
    return nd_signs_each(ctx, pb, theta, rho, keep, out);
}

void nd_region_signs_clear(nd_ctx *ctx, nd_region_signs *s)
{
    nd_free(ctx, s->z);
    s->z = NULL;
}

bool nd_region_signs_equal(const nd_region_signs *a, const nd_region_signs *b)
{
    for (size_t i = 0; i < a->n; i++) {
        if (a->active[i] != b->active[i]) return false;
        if (a->active[i] && memcmp(a->sign + i * a->units, b->sign + i * b->units, a->units) != 0)
            return false;
    }
    return true;
}

/* ---- A ------------------------------------------------------------------------------------ */

static size_t columns(const nd_net *net)
{
    size_t D = 1;

    for (size_t t = 0; t < net->terms; t++) {
        const nd_term *T = &net->term[t];

        D += T->depth ? T->layer->width * (T->layer->in + T->layer->bias) : T->out;
    }
    return D;
}

/* at and scale. */
static void name_columns(const nd_net *net, const double *theta, nd_region_columns *A)
{
    size_t c = 0;

    for (size_t t = 0; t < net->terms; t++) {
        const nd_term *T = &net->term[t];
        const nd_layer *L = T->layer;

        for (size_t k = 0; T->depth == 0 && k < T->out; k++) {
            A->scale[c] = 1.0;
            A->at[c++] = T->a + k;
        }
        for (size_t j = 0; T->depth && j < L->width; j++)
            for (size_t k = 0; k < L->in + L->bias; k++) {
                A->scale[c] = theta[T->a + j];
                A->at[c++] = k < L->in ? L->W + j * L->in + k : L->b + j;
            }
    }
    A->scale[c] = 1.0;
    A->at[c] = net->a0;
}

static double slope_of(const nd_layer *L, signed char sign)
{
    double z = sign, s1 = NAN, s;
    double *const jet[] = {&s, &s1};

    L->act->jet(1, &z, 1, jet);
    return s1;
}

/* One row from the sample x. */
static void fill_row(const nd_net *net, const double *x, const signed char *sign, double *slope,
                     double *feature)
{
    for (size_t t = 0; t < net->terms; t++) {
        const nd_term *T = &net->term[t];
        const nd_layer *L = T->layer;

        for (size_t k = 0; T->depth == 0 && k < T->out; k++) {
            *slope++ = 1.0;
            *feature++ = x[k];
        }
        for (size_t j = 0; T->depth && j < L->width; j++, sign++)
            for (size_t k = 0; k < L->in + L->bias; k++) {
                *slope++ = slope_of(L, *sign);
                *feature++ = k < L->in ? x[k] : 1.0;
            }
    }
    *slope = *feature = 1.0;
}

nd_status nd_region_columns_make(nd_ctx *ctx, const nd_problem *pb, const double *theta,
                                 const nd_region_signs *s, nd_region_columns *A)
{
    size_t m = s->actives, D = columns(pb->net), r = 0;
    double *x = ND_NEW(ctx, double, pb->net->d + 1), l[3];
    double *const jet[] = {&l[0], &l[1], &l[2]};

    *A = (nd_region_columns){.m = m, .D = D, .slope = ND_NEW(ctx, double, 2 * m * D + m + D)};
    A->at = ND_NEW(ctx, size_t, D);
    if (!x || !A->slope || !A->at) {
        nd_free(ctx, x);
        return ND_EMEM;
    }
    A->feature = A->slope + m * D;
    A->weight = A->feature + m * D;
    A->scale = A->weight + m;
    name_columns(pb->net, theta, A);
    for (size_t i = 0; i < s->n; i++) {
        double omega = pb->data->weight ? pb->data->weight[i] : 1.0;

        if (!s->active[i]) continue;
        nd_table_row(pb->data, i, x);
        fill_row(pb->net, x, s->sign + i * s->units, A->slope + r * D, A->feature + r * D);
        pb->loss.kind->jet(1, &s->z[i], pb->loss.q, 2, jet);
        A->weight[r++] = sqrt(omega * fabs(l[2]));
    }
    nd_free(ctx, x);
    return ND_OK;
}

void nd_region_columns_clear(nd_ctx *ctx, nd_region_columns *A)
{
    nd_free(ctx, A->slope);
    nd_free(ctx, A->at);
    *A = (nd_region_columns){0};
}

/* ---- the basis ---------------------------------------------------------------------------- */

static int ascending(const void *a, const void *b)
{
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return x < y ? -1 : x > y;
}

static double norm(size_t m, const double *v)
{
    double s = 0.0;

    for (size_t i = 0; i < m; i++) s += v[i] * v[i];
    return sqrt(s);
}

/* The column with most left, counting a_j; D: none. */
static size_t pivot(const nd_region_columns *A, const double *V, const double *size)
{
    size_t best = A->D;
    double most = 0.0;

    for (size_t c = 0; c < A->D; c++) {
        double left = norm(A->m, V + c * A->m);

        if (!(left > DEPENDENT * size[c]) || !(left * fabs(A->scale[c]) > most)) continue;
        most = left * fabs(A->scale[c]);
        best = c;
    }
    return best;
}

/* Takes the direction of column c from all columns. */
static void project(const nd_region_columns *A, double *V, size_t c, double *q)
{
    double length = norm(A->m, V + c * A->m);

    for (size_t i = 0; i < A->m; i++) q[i] = V[c * A->m + i] / length;
    for (size_t k = 0; k < A->D; k++) {
        double s = 0.0, *v = V + k * A->m;

        for (size_t i = 0; i < A->m; i++) s += q[i] * v[i];
        for (size_t i = 0; i < A->m; i++) v[i] -= s * q[i];
    }
    memset(V + c * A->m, 0, A->m * sizeof *V);
}

nd_status nd_region_free(nd_ctx *ctx, const nd_region_columns *A, size_t *free_at, size_t *m)
{
    size_t c, rows = A->m;
    double *V = ND_NEW(ctx, double, A->D *rows + A->D + rows), *size, *q;

    *m = 0;
    if (!V) return ND_EMEM;
    size = V + A->D * rows;
    q = size + A->D;
    for (size_t k = 0; k < A->D; k++) {
        for (size_t i = 0; i < rows; i++)
            V[k * rows + i] = A->weight[i] * A->slope[i * A->D + k] * A->feature[i * A->D + k];
        size[k] = norm(rows, V + k * rows);
    }
    while (*m < rows && (c = pivot(A, V, size)) < A->D) {
        free_at[(*m)++] = A->at[c];
        project(A, V, c, q);
    }
    qsort(free_at, *m, sizeof *free_at, ascending);
    nd_free(ctx, V);
    return ND_OK;
}
