/* The spectrum of the Hessian: all eigenvalues while the matrix is small, else a density by
 * stochastic Lanczos quadrature.
 *
 * A probe is a vector v of random signs over sqrt(P); m steps of Lanczos (with full
 * reorthogonalisation) give a tridiagonal T = Q diag(theta) Q', and
 *     sum_k Q[0][k]^2 g(theta_k) ~ v' g(H) v,   E v' g(H) v = tr g(H) / P
 * with g(x) = a Gaussian of width sigma about the place asked for.  The mean over the
 * probes is the density, their standard deviation over sqrt(probes) its standard error.
 * Ubaru, Chen, Saad, "Fast estimation of tr(f(A)) via stochastic Lanczos quadrature", SIMAX
 * 2017; Ghorbani, Krishnan, Xiao, ICML 2019. */
#include "map/density.h"

#include "base/memory.h"
#include "num/tile.h"

#include <math.h>
#include <string.h>

/* The density is told at so many places, through Gaussians of this part of the range. */
#define POINTS 401
#define WIDTH  (1.0 / 150.0)

/* Of |H|: where Lanczos stops looking for the extreme eigenvalues. */
#define END_TOL      1e-9
#define END_PRODUCTS 3000

static nd_status product(void *self, const double *v, double *hv)
{
    const nd_hessian_point *h = self;

    return nd_problem_hv(h->ctx, h->pb, h->theta, v, h->work, hv);
}

/* ---- one probe ------------------------------------------------------------------------------- */

typedef struct {
    double *Q;     /* (m + 1) x P: the Lanczos vectors          */
    double *T, *V; /* m x m */
    double *node, *weight;
    size_t m;
} probe_space;

static nd_status open_probe(nd_ctx *ctx, size_t P, size_t m, probe_space *s)
{
    *s = (probe_space){.Q = ND_NEW(ctx, double, (m + 1) * P),
                       .T = ND_NEW(ctx, double, m *m),
                       .V = ND_NEW(ctx, double, m *m),
                       .node = ND_NEW(ctx, double, m),
                       .weight = ND_NEW(ctx, double, m),
                       .m = m};
    return s->Q && s->T && s->V && s->node && s->weight ? ND_OK : ND_EMEM;
}

static void close_probe(nd_ctx *ctx, probe_space *s)
{
    nd_free(ctx, s->Q);
    nd_free(ctx, s->T);
    nd_free(ctx, s->V);
    nd_free(ctx, s->node);
    nd_free(ctx, s->weight);
}

static void random_signs(size_t P, uint64_t seed, uint64_t probe, double *v)
{
    nd_rng r = nd_rng_make(seed, ND_STREAM_SLQ + probe);
    double size = 1.0 / sqrt((double)P);

    for (size_t i = 0; i < P; i++) v[i] = nd_rng_u64(&r) >> 63 ? size : -size;
}

/* w := w less its part in the first k + 1 rows of Q, twice; returns |w|. */
static double orthogonalise(size_t P, size_t k, const double *Q, double *w)
{
    for (int pass = 0; pass < 2; pass++)
        for (size_t j = 0; j <= k; j++) nd_axpy(P, -nd_dot(P, Q + j * P, w), Q + j * P, w);
    return nd_norm2(P, w);
}

/* Fills T; *m: the steps done (fewer when the vectors span an invariant space). */
static nd_status lanczos(const nd_hessian_point *h, size_t P, probe_space *s, size_t *m)
{
    double scale = 0.0;

    memset(s->T, 0, s->m * s->m * sizeof *s->T);
    for (size_t k = 0; k < s->m; k++) {
        double *w = s->Q + (k + 1) * P;
        nd_status status = product((void *)h, s->Q + k * P, w);
        if (status != ND_OK) return status;
        double a = nd_dot(P, s->Q + k * P, w), b = orthogonalise(P, k, s->Q, w);
        s->T[k * s->m + k] = a;
        scale = fmax(scale, fabs(a) + b);
        *m = k + 1;
        if (k + 1 == s->m || !(b > 1e-12 * scale)) break;
        s->T[k * s->m + k + 1] = s->T[(k + 1) * s->m + k] = b;
        for (size_t i = 0; i < P; i++) w[i] /= b;
    }
    return ND_OK;
}

/* Nodes and weights of probe number; returns their count through *m. */
static nd_status run_probe(const nd_hessian_point *h, size_t P, uint64_t seed, uint64_t number,
                           probe_space *s, size_t *m)
{
    double error;

    random_signs(P, seed, number, s->Q);
    nd_status status = lanczos(h, P, s, m);
    if (status != ND_OK) return status;
    for (size_t k = 1; k < *m; k++) /* rows of *m entries from here on */
        memmove(s->T + k * *m, s->T + k * s->m, *m * sizeof *s->T);
    status = nd_eigen_dense(h->ctx, *m, s->T, s->node, s->V, &error);
    for (size_t k = 0; k < *m && status == ND_OK; k++) s->weight[k] = s->V[k * *m] * s->V[k * *m];
    return status;
}

/* ---- density ----------------------------------------------------------------------------------- */

static double gauss(double x, double sigma)
{
    double z = x / sigma;

    return nd_exp(-0.5 * z * z) / (sigma * 2.5066282746310002);
}

/* Adds one probe's density and its square. */
static void add_probe(nd_hessian_spectrum *s, const probe_space *q, size_t m)
{
    for (size_t i = 0; i < s->points; i++) {
        double y = 0.0;
        for (size_t k = 0; k < m; k++) y += q->weight[k] * gauss(s->x[i] - q->node[k], s->sigma);
        s->density[i] += y;
        s->spread[i] += y * y;
    }
}

static void finish(nd_hessian_spectrum *s)
{
    double n = (double)s->probes;

    for (size_t i = 0; i < s->points; i++) {
        double mean = s->density[i] / n,
               var = (s->spread[i] - n * mean * mean) / fmax(1.0, n - 1.0);
        s->density[i] = mean;
        s->spread[i] = s->probes > 1 ? sqrt(fmax(0.0, var) / n) : NAN;
    }
}

static nd_status density(const nd_hessian_point *h, nd_hessian_spectrum *s, uint64_t seed)
{
    double lo = s->low.value, hi = s->high.value, range = fmax(hi - lo, 1e-12 * fabs(hi));
    probe_space q = {0};
    nd_status status;
    size_t m = 0;

    s->points = POINTS;
    s->sigma = range > 0.0 ? WIDTH * range : 1.0;
    s->x = ND_NEW(h->ctx, double, POINTS);
    s->density = ND_NEW0(h->ctx, double, POINTS);
    s->spread = ND_NEW0(h->ctx, double, POINTS);
    if (!s->x || !s->density || !s->spread) return ND_EMEM;
    for (size_t i = 0; i < POINTS; i++)
        s->x[i] = lo - 5 * s->sigma + (hi - lo + 10 * s->sigma) * (double)i / (POINTS - 1);
    ND_TRY(open_probe(h->ctx, s->P, s->steps, &q));
    for (size_t k = 0; k < s->probes; k++) {
        const nd_event event = {.stage = "probes", .step = k, .value = NAN, .grad = NAN};
        nd_progress(h->ctx, &event);
        ND_TRY(run_probe(h, s->P, seed, k, &q, &m));
        add_probe(s, &q, m);
    }
    finish(s);
done:
    close_probe(h->ctx, &q);
    return status;
}

/* ---- the whole ----------------------------------------------------------------------------------- */

/* Both ends by Lanczos; vectors allocated. */
static nd_status ends(const nd_hessian_point *h, nd_hessian_spectrum *s)
{
    for (int side = -1; side <= 1; side += 2) {
        nd_eigenpair *pair = side < 0 ? &s->low : &s->high;
        nd_eigen e;
        nd_status status = nd_eigen_lanczos(h->ctx, s->P, product, (void *)h, side, END_TOL,
                                            END_PRODUCTS, NULL, &e, pair->vector);
        if (status != ND_OK) return status;
        pair->value = e.value;
        pair->error = e.error;
    }
    return ND_OK;
}

static void count_signs(nd_hessian_spectrum *s)
{
    s->negative = s->null = s->positive = 0;
    for (size_t k = 0; k < s->P; k++) {
        if (s->all[k] < -s->error)
            s->negative++;
        else if (s->all[k] > s->error)
            s->positive++;
        else
            s->null++;
    }
}

/* All eigenvalues, and, while P is small enough, all vectors (*V, else NULL). */
static nd_status dense(const nd_hessian_point *h, nd_hessian_spectrum *s, double **V)
{
    size_t P = s->P;
    double *H = ND_NEW(h->ctx, double, P *P);
    nd_status status = H ? ND_OK : ND_EMEM;

    *V = NULL;
    s->all = ND_NEW(h->ctx, double, P);
    if (!s->all) status = ND_EMEM;
    if (P <= ND_SPECTRUM_VECTORS && status == ND_OK) {
        *V = ND_NEW(h->ctx, double, P *P);
        if (!*V) status = ND_EMEM;
    }
    if (status == ND_OK) status = nd_problem_hessian(h->ctx, h->pb, h->theta, h->work, H);
    if (status == ND_OK) status = nd_eigen_dense(h->ctx, P, H, s->all, *V, &s->error);
    nd_free(h->ctx, H);
    if (status != ND_OK) return status;
    count_signs(s);
    if (!*V) return ends(h, s);
    s->low.value = s->all[0];
    s->high.value = s->all[P - 1];
    s->low.error = s->high.error = s->error;
    memcpy(s->low.vector, *V, P * sizeof **V);
    memcpy(s->high.vector, *V + (P - 1) * P, P * sizeof **V);
    return ND_OK;
}

static nd_status open_spectrum(nd_ctx *ctx, size_t P, nd_hessian_spectrum **out)
{
    nd_hessian_spectrum *s = ND_NEW0(ctx, nd_hessian_spectrum, 1);

    if (!s) return ND_EMEM;
    *s = (nd_hessian_spectrum){.P = P, .negative = -1, .null = -1, .positive = -1};
    s->low.vector = ND_NEW(ctx, double, P);
    s->high.vector = ND_NEW(ctx, double, P);
    if (!s->low.vector || !s->high.vector) {
        nd_hessian_spectrum_destroy(ctx, s);
        return ND_EMEM;
    }
    *out = s;
    return ND_OK;
}

nd_status nd_hessian_spectrum_make(nd_ctx *ctx, const nd_problem *pb, const double *theta,
                                   size_t dense_max, size_t probes, size_t steps, uint64_t seed,
                                   nd_hessian_spectrum **out)
{
    nd_hessian_point h = {ctx, pb, theta, NULL};
    size_t P = pb->net->P;
    nd_hessian_spectrum *s = NULL;
    double *V = NULL;
    nd_status status;

    if (probes < 1 || steps < 2)
        return nd_fail(ctx, ND_ERANGE, "a density needs 1 probe and 2 steps at least");
    ND_TRY(open_spectrum(ctx, P, &s));
    ND_TRY(nd_work_create(ctx, pb, &h.work));
    if (P <= dense_max && P <= ND_SPECTRUM_DENSE) {
        ND_TRY(dense(&h, s, &V));
    } else {
        s->probes = probes;
        s->steps = steps < P ? steps : P;
        ND_TRY(ends(&h, s));
        s->error = fmax(s->low.error, s->high.error);
        ND_TRY(density(&h, s, seed));
    }
    ND_TRY(nd_spectrum_groups(ctx, s, V));
    *out = s;
    s = NULL;
done:
    nd_free(ctx, V);
    nd_work_destroy(ctx, h.work);
    nd_hessian_spectrum_destroy(ctx, s);
    return status;
}

void nd_hessian_spectrum_destroy(nd_ctx *ctx, nd_hessian_spectrum *s)
{
    if (!s) return;
    for (size_t k = 0; k < s->groups; k++) nd_free(ctx, s->group[k].weight);
    nd_free(ctx, s->all);
    nd_free(ctx, s->low.vector);
    nd_free(ctx, s->high.vector);
    nd_free(ctx, s->x);
    nd_free(ctx, s->density);
    nd_free(ctx, s->spread);
    nd_free(ctx, s);
}
