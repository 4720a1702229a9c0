/* Norms of derivatives through the layers, over a ball around c (variation.h).
 *
 * Sample by sample:
 *   |H(y) - H(c)| <= M3 |y - c|,  M3 = (1/n) sum omega (|l'''| G1^3 + 3 |l''| G1 G2 + |l'| G3)
 *   e_H = (1/n) sum omega [ dl'' (G1+dG1)^2 + |l''| (2 G1 dG1 + dG1^2) + dl' (G2+dG2)
 *                           + |l'| dG2 ] + gamma_N (the same sum with the parts themselves)
 *
 * G_k >= |D^k f| on the ball, dG_k: errors of what nd_problem_hessian computes at c.
 * A net of one layer has closed forms, sharper because neurons do not mix:
 *   G1^2 = 1 + sum_j (h_j^2 + a_j^2 s'_j^2 |x~|^2)   G2 = max_j (s'_j |x~| + |a_j s''_j| |x~|^2)
 *   G3 = max_j ((2/sqrt 3) s''_j |x~|^2 + |a_j| s'''_j |x~|^3)                              */
#include <string.h>

#include "base/memory.h"
#include "base/par.h"
#include "cert/variation.h"
#include "num/tile.h"

#define ROWS 64

nd_norms nd_norms_linear(const nd_norms *x, double W, bool bias)
{
    double size = bias ? nd_hypot2(x->v0, 1.0) : x->v0;

    return (nd_norms){.v1 = nd_hypot2(size, W * x->v1),
                      .v2 = nd_grow(x->v1 + W * x->v2),
                      .v3 = nd_grow(ND_THREE * x->v2 + W * x->v3),
                      .e1 = nd_hypot2(x->e0, W * x->e1),
                      .e2 = nd_grow(x->e1 + W * x->e2)};
}

nd_norms nd_norms_activate(const nd_norms *z, const nd_slopes *s, const nd_norms *residual)
{
    double z1 = z->v1 + z->e1, z2 = z->v2 + z->e2;
    nd_norms h = {.v1 = s->s1 * z->v1,
                  .v2 = s->s2 * z->v1 * z->v1 + s->s1 * z->v2,
                  .v3 = s->s3 * z->v1 * z->v1 * z->v1 + 3.0 * s->s2 * z->v1 * z->v2 + s->s1 * z->v3,
                  .e1 = s->ds1 * z1 + s->s1 * z->e1,
                  .e2 = s->ds2 * z1 * z1 + s->s2 * z->e1 * (z1 + z->v1) + s->ds1 * z2 +
                        s->s1 * z->e2};

    if (residual) {
        h.v1 += residual->v1;
        h.v2 += residual->v2;
        h.v3 += residual->v3;
        h.e1 += residual->e1;
        h.e2 += residual->e2;
    }
    h.v1 = nd_grow(h.v1);
    h.v2 = nd_grow(h.v2);
    h.v3 = nd_grow(h.v3);
    h.e1 = nd_grow(h.e1);
    h.e2 = nd_grow(h.e2);
    return h;
}

/* Larger of two, NaN if one is. */
static double larger(double a, double b)
{
    return a >= b || isnan(a) ? a : b;
}

void nd_norms_parallel(nd_norms *f, const nd_norms *t)
{
    f->v0 = nd_grow(f->v0 + t->v0);
    f->e0 = nd_grow(f->e0 + t->e0);
    f->v1 = nd_hypot2(f->v1, t->v1);
    f->e1 = nd_hypot2(f->e1, t->e1);
    f->v2 = larger(t->v2, f->v2);
    f->v3 = larger(t->v3, f->v3);
    f->e2 = larger(t->e2, f->e2);
}

/* ---- the pass ------------------------------------------------------------------------ */

typedef struct {
    const nd_layer *layer;
    double *B, *bias, *row; /* W transposed (in x ldb), b, |W_j|                */
    double norm;            /* |W|_F                                            */
    size_t ldb;
} ready;

typedef struct {
    const nd_problem *pb;
    const double *theta;
    double rho;
    ready *ready;
    size_t layers, ld, per_worker;
    double *scratch, *f_change;
    double (*sum)[3]; /* per tile: M3, direct errors, size of what is rounded      */
} job;

/* One tile of one worker: matrices ROWS x ld. */
typedef struct {
    double *z, *h, *s1, *s2, *old; /* z; s, s', s''; residual input                */
    double *d, *e;                 /* ld: errors of z_j and h_j of the row         */
    double *eold;                  /* ROWS x ld: errors of the layer's inputs      */
    double *f;                     /* ROWS                                         */
    nd_norms *x, *out;             /* ROWS                                         */
} tile;

#define MATRICES 6

static void prepare(const double *theta, const nd_layer *L, ready *r)
{
    r->norm = nd_norm_up(L->width * L->in, theta + L->W);
    memset(r->B, 0, sizeof *r->B * L->in * r->ldb);
    memset(r->bias, 0, sizeof *r->bias * r->ldb);
    for (size_t j = 0; j < L->width; j++) {
        const double *W = theta + L->W + j * L->in;

        for (size_t k = 0; k < L->in; k++) r->B[k * r->ldb + j] = W[k];
        if (L->bias) r->bias[j] = theta[L->b + j];
        r->row[j] = nd_norm_up(L->in, W);
    }
}

static nd_status make_layer(nd_ctx *ctx, job *w, const nd_layer *L, ready *r)
{
    r->layer = L;
    r->ldb = ND_PADDED(L->width);
    if (r->ldb > w->ld) w->ld = r->ldb;
    if (L->residual && ND_PADDED(L->in) > w->ld) w->ld = ND_PADDED(L->in);
    r->B = ND_NEW(ctx, double, L->in * r->ldb);
    r->bias = ND_NEW(ctx, double, r->ldb);
    r->row = ND_NEW(ctx, double, r->ldb);
    if (!r->B || !r->bias || !r->row) return ND_EMEM;
    prepare(w->theta, L, r);
    return ND_OK;
}

static void job_free(nd_ctx *ctx, job *w)
{
    for (size_t i = 0; w->ready && i < w->layers; i++) {
        nd_free(ctx, w->ready[i].B);
        nd_free(ctx, w->ready[i].bias);
        nd_free(ctx, w->ready[i].row);
    }
    nd_free(ctx, w->ready);
    nd_free(ctx, w->scratch);
    nd_free(ctx, w->sum);
}

static nd_status job_make(nd_ctx *ctx, job *w)
{
    const nd_net *net = w->pb->net;
    size_t tiles = (w->pb->data->n + ROWS - 1) / ROWS, next = 0;
    nd_status status = ND_OK;

    for (size_t t = 0; t < net->terms; t++) w->layers += net->term[t].depth;
    w->ld = ND_PAD;
    w->ready = ND_NEW0(ctx, ready, w->layers);
    w->sum = nd_alloc(ctx, tiles, sizeof *w->sum);
    if (!w->ready || !w->sum) return ND_EMEM;
    for (size_t t = 0; t < net->terms; t++)
        for (size_t l = 0; l < net->term[t].depth; l++)
            ND_TRY(make_layer(ctx, w, &net->term[t].layer[l], &w->ready[next++]));
    w->per_worker =
        (MATRICES * ROWS + 2) * w->ld + ROWS + 2 * ROWS * (sizeof(nd_norms) / sizeof(double));
    w->scratch = ND_NEW0(ctx, double, w->per_worker *(size_t)nd_threads(ctx));
    if (!w->scratch) status = ND_EMEM;
done:
    return status;
}

static tile tile_of(const job *w, int worker)
{
    double *p = w->scratch + w->per_worker * (size_t)worker;
    size_t m = ROWS * w->ld;
    tile t = {.z = p,
              .h = p + m,
              .s1 = p + 2 * m,
              .s2 = p + 3 * m,
              .old = p + 4 * m,
              .eold = p + 5 * m,
              .d = p + 6 * m};

    t.e = t.d + w->ld;
    t.f = t.e + w->ld;
    t.x = (nd_norms *)(void *)(t.f + ROWS);
    t.out = t.x + ROWS;
    return t;
}

/* z of the tile's rows; first: from the samples. */
static void preactivations(const job *w, const ready *r, bool first, size_t i0, size_t T,
                           const tile *v)
{
    const nd_table *data = w->pb->data;
    size_t N = r->layer->width, K = r->layer->in;

    if (!first)
        nd_tile_nn(T, N, K, v->h, w->ld, NULL, r->B, r->ldb, r->bias, v->z, w->ld);
    else if (data->row)
        nd_tile_sparse_nn(T, N, data->row + i0, data->col, data->val, NULL, r->B, r->ldb, r->bias,
                          v->z, w->ld);
    else
        nd_tile_nn(T, N, K, K ? data->x + i0 * K : v->h, K, NULL, r->B, r->ldb, r->bias, v->z,
                   w->ld);
}

/* d_j := bound of |z_j(y) - computed z_j| on the ball without rho's part. */
static void preactivation_errors(const ready *r, const nd_norms *x, double *d)
{
    double g = nd_gamma(r->layer->in + 1);

    for (size_t j = 0; j < r->layer->width; j++)
        d[j] = nd_grow(g * (fabs(r->bias[j]) + r->row[j] * x->v0) + r->row[j] * x->e0) + ND_UP_SUM;
}

/* Bounds of |s^(k)|, k = 1..3, over z_j +- (d_j + wide): the third from the table over
 * the row's range, the others by the mean value theorem; by the table, neuron by
 * neuron, where the third does not exist on the range. */
typedef struct {
    double s3; /* over all of the row                                          */
    double wide;
    bool smooth;
} row_sup;

static void interval(double z, double w, double *lo, double *hi)
{
    w = nd_grow(w + 2.0 * ND_U * fabs(z)) + ND_UP_SUM;
    *lo = z - w;
    *hi = z + w;
}

static row_sup row_bounds(const nd_act *act, size_t N, const double *z, const double *d,
                          double wide)
{
    row_sup r = {.wide = wide};
    double lo = INFINITY, hi = -INFINITY, a, b;

    for (size_t j = 0; j < N; j++) {
        interval(z[j], d[j] + wide, &a, &b);
        lo = a < lo ? a : lo;
        hi = b > hi ? b : hi;
    }
    if (!(isfinite(lo) && isfinite(hi))) lo = hi = NAN;
    r.s3 = act->sup(3, lo, hi);
    r.smooth = isfinite(r.s3) && act->smooth >= 3;
    return r;
}

/* One neuron: s and its error e; s1, s2, s3 over the ball; ds1, ds2: rounding only. */
static nd_slopes neuron(const nd_act *act, const row_sup *r, double z, double d, double s1,
                        double s2)
{
    double own1 = 1.1 * act->err_rel[1] * fabs(s1) + 1.1 * act->err_abs[1];
    double own2 = 1.1 * act->err_rel[2] * fabs(s2) + 1.1 * act->err_abs[2];
    double w = d + r->wide, lo, hi;
    nd_slopes s;

    if (r->smooth) {
        s.s3 = r->s3;
        s.s2 = nd_grow(fabs(s2) + own2 + s.s3 * w);
        s.s1 = nd_grow(fabs(s1) + own1 + s.s2 * w);
    } else {
        interval(z, w, &lo, &hi);
        s.s1 = act->sup(1, lo, hi);
        s.s2 = act->sup(2, lo, hi);
        s.s3 = act->sup(3, lo, hi);
    }
    s.ds1 = nd_grow(own1 + s.s2 * d);
    s.ds2 = nd_grow(own2 + s.s3 * d);
    return s;
}

static void widest(nd_slopes *m, const nd_slopes *s)
{
    m->s1 = larger(s->s1, m->s1);
    m->s2 = larger(s->s2, m->s2);
    m->s3 = larger(s->s3, m->s3);
    m->ds1 = larger(s->ds1, m->ds1);
    m->ds2 = larger(s->ds2, m->ds2);
}

/* The closed forms' sums and maxima. */
typedef struct {
    double g1, e1, g2, g3, e2;
} closed;

static void closed_add(closed *c, const nd_slopes *s, double a, double x)
{
    double as1 = a * s->s1, ad1 = a * s->ds1;

    c->g1 += as1 * as1;
    c->e1 += ad1 * ad1;
    c->g2 = larger(s->s1 * x + a * s->s2 * x * x, c->g2);
    c->g3 = larger(ND_THREE * s->s2 * x * x + a * s->s3 * x * x * x, c->g3);
    c->e2 = larger(s->ds1 * x + a * s->ds2 * x * x, c->e2);
}

/* One row of a layer: h and its errors; x becomes the norms of h.  a: the output
 * weights when the layer is the only one, for the closed forms in f; else NULL. */
static void layer_row(const job *w, const ready *r, size_t t, const tile *v, const double *a,
                      nd_norms *f)
{
    const nd_layer *L = r->layer;
    size_t at = t * w->ld;
    double *h = v->h + at, *e = v->e, *eold = v->eold + at;
    nd_norms *x = &v->x[t], z, next;
    nd_slopes all = {0}, s;
    closed c = {0};
    row_sup sup;
    double size = L->bias ? nd_hypot2(x->v0, 1.0) : x->v0;

    preactivation_errors(r, x, v->d);
    z = nd_norms_linear(x, nd_grow(r->norm + w->rho), L->bias);
    sup = row_bounds(L->act, L->width, v->z + at, v->d, nd_grow(w->rho * z.v1));
    for (size_t j = 0; j < L->width; j++) {
        double own = 1.1 * (L->act->err_rel[0] * fabs(h[j]) + L->act->err_abs[0]);

        s = neuron(L->act, &sup, v->z[at + j], v->d[j], v->s1[at + j], v->s2[at + j]);
        e[j] = nd_grow(own + s.s1 * v->d[j]);
        widest(&all, &s);
        if (a) closed_add(&c, &s, nd_grow(fabs(a[j]) + w->rho), size);
    }
    for (size_t j = 0; L->residual && j < L->width; j++) {
        h[j] += v->old[at + j];
        e[j] = nd_grow(e[j] + eold[j] + 2.0 * ND_U * fabs(h[j]));
    }
    next = nd_norms_activate(&z, &all, L->residual ? x : NULL);
    next.e0 = nd_norm_up(L->width, e);
    next.v0 = nd_grow(nd_norm_up(L->width, h) + next.e0 + w->rho * next.v1);
    memcpy(eold, e, L->width * sizeof *e);
    *x = next;
    if (!a) return;
    f->v1 = nd_hypot2(next.v0, size * sqrt(nd_up(c.g1, L->width + 4)));
    f->e1 = nd_hypot2(next.e0, size * sqrt(nd_up(c.e1, L->width + 4)));
    f->v2 = nd_grow(c.g2);
    f->v3 = nd_grow(c.g3);
    f->e2 = nd_grow(c.e2);
}

static void sample_rows(const job *w, const ready *r, size_t i0, size_t T, const tile *v)
{
    const nd_table *data = w->pb->data;

    for (size_t t = 0; t < T; t++) {
        size_t i = i0 + t;
        double norm = data->row
                          ? nd_norm_up(data->row[i + 1] - data->row[i], data->val + data->row[i])
                          : nd_norm_up(data->d, data->x ? data->x + i * data->d : v->f);

        v->x[t] = (nd_norms){.v0 = norm};
        if (!r || !r->layer->residual) continue;
        nd_table_row(data, i, v->h + t * w->ld);
        memset(v->eold + t * w->ld, 0, r->layer->in * sizeof(double));
    }
}

static void layer_tile(const job *w, const ready *r, bool first, const double *a, size_t i0,
                       size_t T, const tile *v, nd_norms *f)
{
    size_t all = T * w->ld;

    if (r->layer->residual) memcpy(v->old, v->h, all * sizeof *v->h);
    preactivations(w, r, first, i0, T, v);
    for (size_t t = 0; t < T; t++) {
        size_t at = t * w->ld;
        double *const jet[] = {v->h + at, v->s1 + at, v->s2 + at};

        r->layer->act->jet(r->layer->width, v->z + at, 2, jet);
    }
    for (size_t t = 0; t < T; t++) layer_row(w, r, t, v, a, &f[t]);
}

static double output(const job *w, const nd_term *term, size_t i, const double *h)
{
    const nd_table *data = w->pb->data;
    const double *a = w->theta + term->a;
    double s = 0.0;

    if (term->depth == 0 && data->row)
        for (size_t p = data->row[i]; p < data->row[i + 1]; p++)
            s += a[data->col[p]] * data->val[p];
    else
        for (size_t j = 0; j < term->out; j++) s += a[j] * h[j];
    return s;
}

/* The term's share of f: value, bounds. */
static void term_tile(const job *w, const nd_term *term, const ready *r, size_t i0, size_t T,
                      const tile *v)
{
    const nd_table *data = w->pb->data;
    double a = nd_norm_up(term->out, w->theta + term->a);
    nd_norms f[ROWS];

    sample_rows(w, term->depth ? r : NULL, i0, T, v);
    for (size_t l = 0; l < term->depth; l++)
        layer_tile(w, r + l, l == 0, term->depth == 1 ? w->theta + term->a : NULL, i0, T, v, f);
    for (size_t t = 0; t < T; t++) {
        const double *h = term->depth ? v->h + t * w->ld
                          : data->x   ? data->x + (i0 + t) * data->d
                                      : NULL;

        if (term->depth == 0) f[t] = (nd_norms){.v1 = v->x[t].v0};
        if (term->depth > 1) f[t] = nd_norms_linear(&v->x[t], nd_grow(a + w->rho), false);
        f[t].v0 = nd_grow(a * v->x[t].v0);
        f[t].e0 = nd_grow(a * v->x[t].e0);
        v->f[t] += output(w, term, i0 + t, h);
        nd_norms_parallel(&v->out[t], &f[t]);
    }
}

/* ---- one sample's share --------------------------------------------------------------- */

/* G: bounds of f and its derivatives; f: the computed output. */
static void sample_share(const job *w, size_t i, double f, const nd_norms *G, double sum[3])
{
    const nd_problem *pb = w->pb;
    double z = -pb->data->y[i] * f, omega = pb->data->weight ? pb->data->weight[i] : 1.0;
    double E = nd_grow(nd_gamma(nd_hessian_path(pb->net)) * G->v0 + G->e0) + ND_UP_SUM;
    double lo, hi, L[4], rel, abs_err, d1, d2, g1 = G->v1 + G->e1, g2 = G->v2 + G->e2;

    w->f_change[i] = nd_grow(w->rho * G->v1);
    interval(z, E + w->f_change[i], &lo, &hi);
    for (int k = 1; k <= 3; k++) L[k] = pb->loss.kind->sup(k, pb->loss.q, lo, hi);
    if (L[1] == 0.0 && L[2] == 0.0 && L[3] == 0.0) return; /* flat on the whole ball */
    if (!nd_loss_error(pb->loss, 1, &rel, &abs_err)) rel = NAN;
    d1 = nd_grow(rel * L[1] + abs_err + L[2] * E);
    if (!nd_loss_error(pb->loss, 2, &rel, &abs_err)) rel = NAN;
    d2 = nd_grow(rel * L[2] + abs_err + L[3] * E);
    sum[0] += omega * (L[3] * G->v1 * G->v1 * G->v1 + 3.0 * L[2] * G->v1 * G->v2 + L[1] * G->v3);
    sum[1] += omega * (d2 * g1 * g1 + L[2] * G->e1 * (g1 + G->v1) + d1 * g2 + L[1] * G->e2);
    sum[2] += omega * ((L[2] + d2) * g1 * g1 + (L[1] + d1) * g2);
}

static nd_status tile_body(void *arg, size_t k, int worker)
{
    const job *w = arg;
    const nd_net *net = w->pb->net;
    tile v = tile_of(w, worker);
    size_t i0 = k * ROWS, T = w->pb->data->n - i0 < ROWS ? w->pb->data->n - i0 : ROWS;
    const ready *r = w->ready;
    double *sum = w->sum[k];

    memset(sum, 0, sizeof *w->sum);
    for (size_t t = 0; t < T; t++) {
        v.f[t] = w->theta[net->a0];
        v.out[t] = (nd_norms){.v0 = fabs(v.f[t]), .v1 = 1.0};
    }
    for (size_t t = 0; t < net->terms; r += net->term[t].depth, t++)
        term_tile(w, &net->term[t], r, i0, T, &v);
    for (size_t t = 0; t < T; t++) sample_share(w, i0 + t, v.f[t], &v.out[t], sum);
    if (!nd_arithmetic_sound()) sum[0] = NAN;
    return ND_OK;
}

nd_status nd_ball_bounds(nd_ctx *ctx, const nd_problem *pb, const double *theta, double rho,
                         nd_ball *out, double *f_change)
{
    job w = {.pb = pb, .theta = theta, .rho = rho, .f_change = f_change};
    size_t n = pb->data->n, tiles = (n + ROWS - 1) / ROWS;
    double sum[3] = {0}, most = 0.0;
    nd_status status = job_make(ctx, &w);

    if (status == ND_OK) status = nd_par_for(ctx, tiles, tile_body, &w);
    for (size_t k = 0; status == ND_OK && k < tiles; k++)
        for (int c = 0; c < 3; c++) sum[c] += w.sum[k][c];
    job_free(ctx, &w);
    if (status != ND_OK) return status;
    for (int c = 0; c < 3; c++) sum[c] = nd_up(sum[c] / (double)n, n + 64);
    for (size_t i = 0; i < n; i++) most = larger(f_change[i], most);
    out->m3 = nd_grow(sum[0]);
    /* underflow: 2^-300 where no factor exceeds 2^100 (proofs.md, 8.4) */
    out->hessian =
        nd_grow(sum[1] + nd_gamma(nd_hessian_path(pb->net) + n + 64) * sum[2]) + 0x1p-300;
    if (!(sum[2] < 0x1p100)) out->hessian = NAN;
    out->f_max = most;
    return ND_OK;
}
