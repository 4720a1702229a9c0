/* Margins with every rounding error bounded.
 *
 * The network is evaluated row by row in plain double precision.  Beside the
 * computed h^ of each layer's outputs goes a bound e_j >= |h^_j - h_j| on the distance
 * to the exact value, h^ and e also as Euclidean norms:
 *
 *   z^_j = fl(b_j + W_j . h^)      any order of summation, fused or not
 *   |z^_j - z_j| <= gamma_(K+1) (|b_j| + |W_j| |h^|) + |W_j| |e|            =: d_j
 *   |h^_j - s(z_j)| <= [error of s at z^_j] + sup_[z^_j +- d_j] |s'| d_j    =: e_j
 *
 * residual layers add h_in,j: error e_in,j + e_j + u |sum|.  The output is one sum
 * of N products in all.  The constants are derived in docs/proofs.md, section 2.
 *
 * The preactivations come from nd_tile_nn / nd_tile_sparse_nn (one rounding per
 * product and sum, in one order or another); all other arithmetic is in this file. */
#include "base/memory.h"
#include "base/par.h"
#include "cert/rounding.h"
#include "model/activation.h"
#include "num/tile.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define ROWS  64 /* rows of a tile: z, h, e and the inputs stay in the cache */
#define GROUP 64 /* neurons whose slopes are bounded at a time */

/* A layer made ready for the tile kernels. */
typedef struct {
    const nd_layer *layer;
    double *B;    /* in x ldb: W transposed, padded with zeros */
    double *bias; /* ldb, zero without bias                    */
    double *norm; /* width: >= |W_j|                           */
    size_t ldb;
} ready_layer;

typedef struct {
    const nd_problem *pb;
    const double *theta;
    ready_layer *ready; /* of all terms, in order */
    size_t layers, ld;  /* widest layer or input of a residual layer, padded */
    double *scratch;
    size_t per_worker;
    double *lo, *hi;
} margin_job;

/* What a worker carries from layer to layer; rows of the matrices are ld apart. */
typedef struct {
    double *h, *e, *z, *s;   /* ROWS x ld: outputs, their errors, z, s(z) */
    double *h_norm, *e_norm; /* ROWS                                      */
    double *x_norm;          /* ROWS: of the samples                      */
    double *f, *size, *err;  /* ROWS: output, sum of |terms|, propagated  */
} margin_tile;

#define TILE_MATRICES 4
#define TILE_VECTORS  6

static void prepare_layer(const double *theta, const nd_layer *L, ready_layer *r)
{
    memset(r->B, 0, sizeof *r->B * L->in * r->ldb);
    memset(r->bias, 0, sizeof *r->bias * r->ldb);
    for (size_t j = 0; j < L->width; j++) {
        const double *W = theta + L->W + j * L->in;

        for (size_t k = 0; k < L->in; k++) r->B[k * r->ldb + j] = W[k];
        if (L->bias) r->bias[j] = theta[L->b + j];
        r->norm[j] = nd_norm_up(L->in, W);
    }
}

static nd_status make_layer(nd_ctx *ctx, const double *theta, const nd_layer *L, ready_layer *r)
{
    r->layer = L;
    r->ldb = ND_PADDED(L->width);
    r->B = ND_NEW(ctx, double, L->in * r->ldb);
    r->bias = ND_NEW(ctx, double, r->ldb);
    r->norm = ND_NEW(ctx, double, L->width);
    if (!r->B || !r->bias || !r->norm) return ND_EMEM;
    prepare_layer(theta, L, r);
    return ND_OK;
}

static void job_free(nd_ctx *ctx, margin_job *job)
{
    for (size_t i = 0; job->ready && i < job->layers; i++) {
        nd_free(ctx, job->ready[i].B);
        nd_free(ctx, job->ready[i].bias);
        nd_free(ctx, job->ready[i].norm);
    }
    nd_free(ctx, job->ready);
    nd_free(ctx, job->scratch);
}

static nd_status job_make(nd_ctx *ctx, margin_job *job)
{
    const nd_net *net = job->pb->net;
    nd_status status = ND_OK;
    size_t next = 0;

    for (size_t t = 0; t < net->terms; t++) job->layers += net->term[t].depth;
    job->ready = ND_NEW0(ctx, ready_layer, job->layers);
    if (!job->ready) return ND_EMEM;
    job->ld = ND_PAD;
    for (size_t t = 0; t < net->terms; t++)
        for (size_t l = 0; l < net->term[t].depth; l++) {
            const nd_layer *L = &net->term[t].layer[l];

            if (ND_PADDED(L->width) > job->ld) job->ld = ND_PADDED(L->width);
            ND_TRY(make_layer(ctx, job->theta, L, &job->ready[next++]));
        }
    job->per_worker = TILE_MATRICES * ROWS * job->ld + TILE_VECTORS * ROWS;
    job->scratch = ND_NEW0(ctx, double, job->per_worker *(size_t)nd_threads(ctx));
    if (!job->scratch) status = ND_EMEM;
done:
    return status;
}

static margin_tile tile_of_worker(const margin_job *job, int worker)
{
    double *p = job->scratch + job->per_worker * (size_t)worker;
    size_t m = ROWS * job->ld;

    return (margin_tile){.h = p,
                         .e = p + m,
                         .z = p + 2 * m,
                         .s = p + 3 * m,
                         .h_norm = p + 4 * m,
                         .e_norm = p + 4 * m + ROWS,
                         .x_norm = p + 4 * m + 2 * ROWS,
                         .f = p + 4 * m + 3 * ROWS,
                         .size = p + 4 * m + 4 * ROWS,
                         .err = p + 4 * m + 5 * ROWS};
}

/* |x_i| of T samples from row i0, from above. */
static void sample_norms(const nd_table *data, size_t i0, size_t T, double *norm)
{
    for (size_t t = 0; t < T; t++) {
        size_t i = i0 + t;

        if (data->row)
            norm[t] = nd_norm_up(data->row[i + 1] - data->row[i], data->val + data->row[i]);
        else
            norm[t] = nd_norm_up(data->d, data->x + i * data->d);
    }
}

/* z := W h + b for a first layer (h: the samples) or a later one. */
static void preactivations(const margin_job *job, const ready_layer *r, bool first, size_t i0,
                           size_t T, const margin_tile *w)
{
    const nd_table *data = job->pb->data;
    size_t N = r->layer->width, K = r->layer->in;

    if (!first)
        nd_tile_nn(T, N, K, w->h, job->ld, NULL, r->B, r->ldb, r->bias, w->z, job->ld);
    else if (data->row)
        nd_tile_sparse_nn(T, N, data->row + i0, data->col, data->val, NULL, r->B, r->ldb, r->bias,
                          w->z, job->ld);
    else
        nd_tile_nn(T, N, K, K ? data->x + i0 * K : w->h, K, NULL, r->B, r->ldb, r->bias, w->z,
                   job->ld);
}

/* sup|s'| on [lo, hi] where it is not finite: a kink inside.  s is continuous and C^1 on both
 * sides of 0 (the only kink of the table), so the larger of the two one-sided suprema is a
 * Lipschitz constant (proofs.md, 2.3). */
static double kink_slope(const nd_act *act, double lo, double hi)
{
    double left = act->sup(1, lo < 0.0 ? lo : -DBL_TRUE_MIN, -DBL_TRUE_MIN);
    double right = act->sup(1, DBL_TRUE_MIN, hi > 0.0 ? hi : DBL_TRUE_MIN);

    return left > right ? left : right;
}

/* change[j] := at least |s(z_j + t) - s(z_j)| for |t| <= change[j] as given. */
static void activation_changes(const nd_act *act, size_t n, const double *z, double *change)
{
    double lo[GROUP], hi[GROUP], slope[GROUP];

    for (size_t j = 0; j < n; j++) {
        double wide = nd_up(change[j], 2) + 2.0 * ND_U * fabs(z[j]) + ND_UP_SUM;

        lo[j] = z[j] - wide;
        hi[j] = z[j] + wide;
    }
    nd_act_sups(act, 1, n, lo, hi, slope);
    for (size_t j = 0; j < n; j++) {
        bool finite = isfinite(lo[j]) && isfinite(hi[j]);

        if (!isfinite(slope[j]) && finite && lo[j] <= 0.0 && hi[j] >= 0.0)
            slope[j] = kink_slope(act, lo[j], hi[j]);
        change[j] = nd_up(slope[j] * change[j], 1) + ND_UP_SUM;
    }
}

/* h := s(z) (+ h) and its error, one row. */
static void activate_row(const margin_job *job, const ready_layer *r, const margin_tile *w,
                         size_t t)
{
    const nd_layer *L = r->layer;
    const nd_act *act = L->act;
    double *h = w->h + t * job->ld, *e = w->e + t * job->ld, *s = w->s + t * job->ld;
    const double *z = w->z + t * job->ld;
    double g = nd_gamma(L->in + 1), rel = act->err_rel[0], abs_err = act->err_abs[0];
    double change[GROUP];

    act->jet(L->width, z, 0, (double *const[]){s});
    for (size_t j = 0; j < L->width; j++) {
        double own = rel * ((fabs(s[j]) + abs_err) / (1.0 - rel)) + abs_err, ej;

        if (j % GROUP == 0) {
            size_t n = L->width - j < GROUP ? L->width - j : GROUP;
            for (size_t i = 0; i < n; i++) {
                double d = g * (fabs(r->bias[j + i]) + r->norm[j + i] * w->h_norm[t]) +
                           r->norm[j + i] * w->e_norm[t];
                change[i] = nd_up(d, 8) + ND_UP_SUM;
            }
            activation_changes(act, n, z + j, change);
        }
        ej = nd_up(own, 6) + change[j % GROUP];
        if (L->residual) {
            h[j] += s[j];
            e[j] = nd_up(e[j] + ej + ND_U * 1.01 * fabs(h[j]), 5);
        } else {
            h[j] = s[j];
            e[j] = nd_up(ej, 1);
        }
    }
    w->h_norm[t] = nd_norm_up(L->width, h);
    w->e_norm[t] = nd_norm_up(L->width, e);
}

static void layer_forward(const margin_job *job, const ready_layer *r, bool first, size_t i0,
                          size_t T, const margin_tile *w)
{
    for (size_t t = 0; first && t < T; t++) {
        w->h_norm[t] = w->x_norm[t];
        w->e_norm[t] = 0.0;
    }
    preactivations(job, r, first, i0, T, w);
    for (size_t t = 0; t < T; t++) {
        if (first && r->layer->residual) {
            nd_table_row(job->pb->data, i0 + t, w->h + t * job->ld);
            memset(w->e + t * job->ld, 0, sizeof *w->e * r->layer->in);
        }
        activate_row(job, r, w, t);
    }
}

static double plain_dot(size_t n, const double *a, const double *h)
{
    double s = 0.0;

    for (size_t j = 0; j < n; j++) s += a[j] * h[j];
    return s;
}

static double linear_output(const nd_table *data, const double *a, size_t i)
{
    double s = 0.0;

    if (!data->row) return plain_dot(data->d, a, data->x + i * data->d);
    for (size_t p = data->row[i]; p < data->row[i + 1]; p++) s += a[data->col[p]] * data->val[p];
    return s;
}

/* Adds one term's output, and to size and err what bounds its error. */
static void term_output(const margin_job *job, const nd_term *term, size_t i0, size_t T,
                        const margin_tile *w)
{
    const double *a = job->theta + term->a;
    double a_norm = nd_norm_up(term->out, a);

    for (size_t t = 0; t < T; t++) {
        if (term->depth == 0) {
            w->f[t] += linear_output(job->pb->data, a, i0 + t);
            w->size[t] += a_norm * w->x_norm[t];
        } else {
            w->f[t] += plain_dot(term->out, a, w->h + t * job->ld);
            w->size[t] += a_norm * w->h_norm[t];
            w->err[t] += a_norm * w->e_norm[t];
        }
    }
}

/* m in [lo, hi] from the computed output and its error bound. */
static void enclose_margin(const margin_job *job, size_t i, double f, double size, double err)
{
    const nd_net *net = job->pb->net;
    size_t N = 2 * net->terms + 2;
    double m = job->pb->data->y[i] * f, E;

    for (size_t t = 0; t < net->terms; t++) N += net->term[t].out;
    E = nd_up(nd_gamma(N) * size + err, 2 * net->terms + 8) + ND_UP_SUM;
    E = nd_up(E + 2.0 * ND_U * fabs(m), 4);
    if (!isfinite(E) || !isfinite(m)) {
        job->lo[i] = -INFINITY;
        job->hi[i] = INFINITY;
    } else {
        job->lo[i] = m - E;
        job->hi[i] = m + E;
    }
}

static nd_status margin_rows(void *arg, size_t tile, int worker)
{
    const margin_job *job = arg;
    const nd_net *net = job->pb->net;
    margin_tile w = tile_of_worker(job, worker);
    size_t i0 = tile * ROWS, T = job->pb->data->n - i0 < ROWS ? job->pb->data->n - i0 : ROWS;
    const ready_layer *r = job->ready;
    bool sound = nd_arithmetic_sound();

    sample_norms(job->pb->data, i0, T, w.x_norm);
    for (size_t t = 0; t < T; t++) {
        w.f[t] = job->theta[net->a0];
        w.size[t] = fabs(w.f[t]);
        w.err[t] = 0.0;
    }
    for (size_t k = 0; k < net->terms; k++) {
        for (size_t l = 0; l < net->term[k].depth; l++) layer_forward(job, r++, l == 0, i0, T, &w);
        term_output(job, &net->term[k], i0, T, &w);
    }
    for (size_t t = 0; t < T; t++)
        enclose_margin(job, i0 + t, sound ? w.f[t] : NAN, w.size[t], w.err[t]);
    return ND_OK;
}

nd_status nd_margin_bounds(nd_ctx *ctx, const nd_problem *pb, const double *theta, double *lo,
                           double *hi)
{
    margin_job job = {.pb = pb, .theta = theta, .lo = lo, .hi = hi};
    double ns = (double)pb->data->n * (0.1 * (double)pb->net->P + 10.0 * (double)pb->net->units);
    nd_status status = job_make(ctx, &job);

    if (status == ND_OK)
        status = nd_par_for_cost(ctx, (pb->data->n + ROWS - 1) / ROWS, ns, margin_rows, &job);
    job_free(ctx, &job);
    return status;
}
