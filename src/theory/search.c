/* The search for neurons with a large potential: many starts are scored, the best few
 * are polished by L-BFGS on
 *
 *     psi(u, v) = -log score  (or -log |G|)  + penalty(|(u, v)|^2 / norm^2 - 1),
 *
 * in units in which the features have unit spread (starts.h); the logarithm makes psi
 * indifferent to the scale of c and keeps the sign of G.  Then neurons are chosen one
 * after the other, each for what those before it leave (matching pursuit):
 * c := c + h a (s - m).
 *
 * Gradient.  With t_i = s_i - m:  score = G~^2 / (2 K),
 *     d score = (G~/K) dG~ - (G~^2 / (2 K^2)) dK,
 *     dG~ = sum_i (c_i - h_i C/H) s'_i dz_i,   dK = sum_i 2 h_i t_i s'_i dz_i,
 * C = sum c_i, H = sum h_i (C/H: 0 without offset). */
#include <float.h>
#include <math.h>
#include <string.h>

#include <nadir/num.h>
#include <nadir/opt.h>

#include "base/memory.h"
#include "num/tile.h"
#include "theory/starts.h"

#define NEGLIGIBLE 1e-3 /* share of the first score below which no neuron is added */
#define ALIKE      0.98 /* correlation of the outputs of two starts that are one    */

const nd_setting nd_potential_table[] = {
    {"starts", ND_LONG, offsetof(nd_potential_settings, starts), 128, 1, 1e9, NULL,
     "sample-informed starts"},
    {"keep", ND_LONG, offsetof(nd_potential_settings, keep), 6, 1, 10000, NULL,
     "starts that are polished"},
    {"polish", ND_LONG, offsetof(nd_potential_settings, polish), 40, 0, 1e9, NULL,
     "L-BFGS iterations on each"},
    {"norm", ND_REAL, offsetof(nd_potential_settings, norm), 50, 1e-3, 1e6, NULL,
     "bound of the spread of the preactivations"},
    {"bias", ND_BOOL, offsetof(nd_potential_settings, bias), 1, 0, 1, NULL, "neurons have a bias"},
    {"offset", ND_BOOL, offsetof(nd_potential_settings, offset), 1, 0, 1, NULL,
     "the output bias follows"},
    {"rank", ND_CHOICE, offsetof(nd_potential_settings, rank), 0, 0, 1, "decrease|potential",
     "what makes a neuron good"},
    {NULL, ND_BOOL, 0, 0.0, 0.0, 0.0, NULL, NULL},
};

void nd_potential_init(nd_potential_settings *s)
{
    *s = (nd_potential_settings){.seed = 0, .trial = 0};
    nd_settings_init(nd_potential_table, s);
}

/* One candidate: (u, v) in a row of d + 1 numbers. */
typedef struct {
    double *uv;
    double value; /* -psi without penalty; -inf when G is rounding */
    double K;
    nd_neuron neuron;
    bool chosen;
} candidate;

typedef struct {
    nd_ctx *ctx;
    nd_field f;
    nd_starts starts;
    const nd_potential_settings *s;
    size_t d, stride, kept;
    double *block, *w, *gw, *outputs, *t; /* outputs: s - m of each kept one */
    candidate *best;                      /* keep + 1, sorted, best first */
} search;

static nd_status search_create(search *q, nd_ctx *ctx, const nd_table *t, const nd_act *act,
                               const double *c, const double *h, const nd_potential_settings *s)
{
    const size_t keep = (size_t)s->keep, d = t->d;
    nd_status status = nd_settings_check(ctx, nd_potential_table, s);

    *q = (search){.ctx = ctx, .s = s, .d = d, .stride = ND_PADDED(d + 1)};
    if (status != ND_OK) return status;
    status = nd_field_create(&q->f, ctx, t, act, c, h);
    if (status == ND_OK) status = nd_starts_create(&q->starts, &q->f, s->bias, s->norm);
    if (status != ND_OK) return status;
    q->best = ND_NEW(ctx, candidate, keep + 1);
    q->block = ND_NEW(ctx, double, (keep + 3) * q->stride + (keep + 2) * ND_PADDED(q->f.rows));
    if (!q->best || !q->block) return ND_EMEM;
    for (size_t k = 0; k <= keep; k++)
        q->best[k] = (candidate){.uv = q->block + k * q->stride, .value = -INFINITY};
    q->w = q->block + (keep + 1) * q->stride;
    q->gw = q->w + q->stride;
    q->outputs = q->gw + q->stride;
    q->t = q->outputs + (keep + 1) * ND_PADDED(q->f.rows);
    return ND_OK;
}

static void search_destroy(search *q)
{
    nd_starts_destroy(&q->starts);
    if (q->f.ctx) nd_field_destroy(&q->f);
    nd_free(q->ctx, q->best);
    nd_free(q->ctx, q->block);
}

static nd_status pass(search *q, const double *uv, int order, double *b)
{
    nd_starts_unscale(&q->starts, uv, uv[q->d], q->w, b);
    return nd_field_pass(&q->f, q->w, *b, order);
}

/* log score, or log |G|; -inf when that is rounding. */
static double value(const search *q, nd_neuron r)
{
    if (q->s->rank == 1) return fabs(r.G) > r.noise ? nd_log(fabs(r.G)) : -INFINITY;
    return r.score > 0.0 ? nd_log(r.score) : -INFINITY;
}

/* ---- psi and its gradient, for L-BFGS -------------------------------------------- */

/* e_i: what the derivative of log score (log |G|) has at dz_i. */
static void coefficients(search *q, nd_neuron r, double m, double K)
{
    nd_field *f = &q->f;
    double shift = q->s->offset && f->hsum > 0.0 ? f->csum / f->hsum : 0.0;
    double centred = -r.a * K;

    for (size_t i = 0; i < f->rows; i++) {
        double e = q->s->rank == 1 ? f->c[i] / r.G
                                   : 2.0 * (f->c[i] - shift * f->h[i]) / centred -
                                         2.0 * f->h[i] * (f->s[i] - m) / K;
        f->e[i] = -e * f->s1[i];
    }
}

/* Quadratic wall outside |(u, v)| = norm. */
static double wall(const search *q, const double *uv, size_t n, double *g)
{
    double r2 = q->s->norm * q->s->norm, over = nd_dot(n, uv, uv) / r2 - 1.0;

    if (!(over > 0.0)) return 0.0;
    if (g) nd_axpy(n, 4.0 * over / r2, uv, g);
    return over * over;
}

static nd_status psi(void *self, const double *uv, double *f, double *g)
{
    search *q = self;
    const size_t d = q->d, n = d + (q->s->bias ? 1 : 0);
    double m, K, b, gb, full;
    nd_neuron r;
    nd_status status;

    memcpy(q->best[q->kept].uv, uv, n * sizeof *uv); /* the spare row: v = 0 without bias */
    if (!q->s->bias) q->best[q->kept].uv[d] = 0.0;
    status = pass(q, q->best[q->kept].uv, 1, &b);
    if (status != ND_OK) return status;
    r = nd_field_score(&q->f, q->s->offset, &m, &K);
    full = value(q, r);
    *f = -full + wall(q, uv, n, NULL);
    if (!g || !isfinite(full)) return ND_OK;
    coefficients(q, r, m, K);
    status = nd_field_back(&q->f, q->gw, &gb);
    if (status != ND_OK) return status;
    for (size_t k = 0; k < d; k++) g[k] = (q->gw[k] - q->starts.mean[k] * gb) * q->starts.factor[k];
    if (q->s->bias) g[d] = gb;
    wall(q, uv, n, g);
    return ND_OK;
}

static nd_status polish(search *q, candidate *c)
{
    nd_oracle fn = {q->d + (q->s->bias ? 1 : 0), q, psi, NULL, NULL};
    nd_opt_settings s;
    nd_opt_result r;
    nd_status status;
    double size;

    if (fn.n == 0 || q->s->polish == 0 || !isfinite(c->value)) return ND_OK;
    nd_opt_init(&s);
    s.iterations = q->s->polish;
    s.evaluations = 2 * q->s->polish + 10;
    s.grad_tol = 1e-5; /* of a logarithm: the fifth digit of the score is enough */
    s.memory = 10;
    s.quiet = true;
    status = nd_lbfgs(q->ctx, &fn, &s, c->uv, &r);
    if (status != ND_OK) return status;
    size = nd_norm2(fn.n, c->uv) / q->s->norm;
    for (size_t k = 0; k < fn.n && size > 1.0; k++) c->uv[k] /= size;
    return ND_OK;
}

/* ---- starts ---------------------------------------------------------------------- */

static double *outputs(const search *q, size_t k)
{
    return q->outputs + k * ND_PADDED(q->f.rows);
}

/* sqrt(h) (s - m) of the last pass, normalised: what two neurons are compared by. */
static void shape(search *q, double m, double *out)
{
    double size;

    for (size_t i = 0; i < q->f.rows; i++) out[i] = sqrt(q->f.h[i]) * (q->f.s[i] - m);
    size = nd_norm2(q->f.rows, out);
    for (size_t i = 0; i < q->f.rows && size > 0.0; i++) out[i] /= size;
}

/* The kept start that is the same neuron as the shape q->t, or kept. */
static size_t twin(const search *q)
{
    for (size_t k = 0; k < q->kept; k++)
        if (fabs(nd_dot(q->f.rows, outputs(q, k), q->t)) > ALIKE) return k;
    return q->kept;
}

static void swap_rows(search *q, size_t i, size_t j)
{
    candidate c = q->best[i];

    q->best[i] = q->best[j];
    q->best[j] = c;
    for (size_t l = 0; l < q->f.rows; l++) {
        double t = outputs(q, i)[l];
        outputs(q, i)[l] = outputs(q, j)[l];
        outputs(q, j)[l] = t;
    }
}

/* The candidate in the spare row, with its outputs of the last pass, among the kept. */
static void insert(search *q, double found, double m)
{
    size_t k = q->kept, same;
    const size_t keep = (size_t)q->s->keep;

    if (!(found > -INFINITY) || (k == keep && !(found > q->best[k - 1].value))) return;
    shape(q, m, q->t);
    same = twin(q);
    if (same < k && q->best[same].value >= found) return;
    q->best[q->kept].value = found;
    memcpy(outputs(q, q->kept), q->t, q->f.rows * sizeof *q->t);
    if (same < k) {
        swap_rows(q, same, q->kept);
        k = same;
    } else if (k == keep) {
        swap_rows(q, keep - 1, keep);
        k = keep - 1;
    } else {
        q->kept++;
    }
    for (; k > 0 && q->best[k - 1].value < q->best[k].value; k--) swap_rows(q, k - 1, k);
}

static nd_status try_starts(search *q)
{
    nd_status status = ND_OK;

    for (size_t k = 0; k < (size_t)q->s->starts && status == ND_OK; k++) {
        double *uv = q->best[q->kept].uv, b, m, K;
        nd_rng rng = nd_rng_make(q->s->seed, q->s->trial * UINT64_C(0x100000000) + k);
        nd_neuron r;
        nd_starts_make(&q->starts, rng, k, uv, &uv[q->d]);
        status = pass(q, uv, 0, &b);
        if (status != ND_OK) break;
        r = nd_field_score(&q->f, q->s->offset, &m, &K);
        insert(q, value(q, r), m);
    }
    return status;
}

/* ---- the choice ------------------------------------------------------------------ */

/* What candidate k is after polishing; its centred outputs. */
static nd_status describe(search *q, size_t k)
{
    candidate *c = &q->best[k];
    double m, K, b;
    nd_status status = pass(q, c->uv, 0, &b);

    if (status != ND_OK) return status;
    c->neuron = nd_field_score(&q->f, q->s->offset, &m, &K);
    c->value = value(q, c->neuron);
    c->K = K;
    for (size_t i = 0; i < q->f.rows; i++) outputs(q, k)[i] = q->f.s[i] - m;
    return ND_OK;
}

/* The candidate with the largest value for the slopes q->t; kept when there is none.
 * In the first round these are the caller's slopes and the values are known. */
static size_t choose(search *q, bool first)
{
    size_t best = q->kept;
    double top = -INFINITY;

    for (size_t k = 0; k < q->kept; k++) {
        candidate *c = &q->best[k];
        double G;
        if (c->chosen || !(c->value > -INFINITY)) continue;
        if (!first) {
            G = nd_dot(q->f.rows, q->t, outputs(q, k));
            c->neuron.a = c->K > 0.0 ? -G / c->K : 0.0;
            c->neuron.score = -0.5 * c->neuron.a * G;
            c->value = nd_log(c->neuron.score);
        }
        if (!(c->value > top)) continue;
        top = c->value;
        best = k;
    }
    return best;
}

static void gather(search *q, size_t want, double *w, double *b, nd_neuron *found, size_t *got)
{
    size_t count = 0;

    memcpy(q->t, q->f.c, q->f.rows * sizeof *q->t);
    while (count < want) {
        size_t k = choose(q, count == 0);
        candidate *c = &q->best[k];
        if (k == q->kept || (count > 0 && !(c->neuron.score > NEGLIGIBLE * found[0].score))) break;
        nd_starts_unscale(&q->starts, c->uv, c->uv[q->d], w + count * q->d, b + count);
        found[count++] = c->neuron;
        c->chosen = true;
        for (size_t i = 0; i < q->f.rows; i++)
            q->t[i] += c->neuron.a * q->f.h[i] * outputs(q, k)[i];
    }
    *got = count;
}

nd_status nd_potential_neurons(nd_ctx *ctx, const nd_table *t, const nd_act *act, const double *c,
                               const double *h, const nd_potential_settings *s, size_t want,
                               double *w, double *b, nd_neuron *found, size_t *got)
{
    search q;
    nd_status status = search_create(&q, ctx, t, act, c, h, s);

    if (status == ND_OK && q.f.rows > 0) {
        status = try_starts(&q);
        for (size_t k = 0; k < q.kept && status == ND_OK; k++) status = polish(&q, &q.best[k]);
        for (size_t k = 0; k < q.kept && status == ND_OK; k++) status = describe(&q, k);
    }
    if (status == ND_OK) gather(&q, want, w, b, found, got);
    search_destroy(&q);
    return status;
}

nd_status nd_potential_search(nd_ctx *ctx, const nd_table *t, const nd_act *act, const double *c,
                              const nd_potential_settings *s, double *w, double *b, double *G)
{
    nd_neuron found = {0};
    size_t got = 0;
    nd_status status = nd_potential_neurons(ctx, t, act, c, NULL, s, 1, w, b, &found, &got);

    if (status != ND_OK) return status;
    *G = found.G;
    if (got > 0) return ND_OK;
    memset(w, 0, t->d * sizeof *w);
    *b = *G = 0.0;
    return ND_OK;
}
