/* The low end of the Hessian's spectrum with an error bound, and the level at which a
 * gradient is nothing but rounding. */
#include "base/memory.h"
#include "lab/lab.h"
#include "num/tile.h"

#include <math.h>

#define DENSE_MAX 2000 /* 32 MB a matrix, a few seconds for all eigenvalues */

/* What the entries of the Hessian carry, relative to its norm: sums over the samples
 * of products of some ten factors.  Numerical, not proved. */
#define HESSIAN_ROUNDING 1e-13

typedef struct {
    nd_surface *sf;
    const double *theta;
} at_point;

static nd_status product(void *self, const double *v, double *hv)
{
    const at_point *p = self;

    return nd_problem_hv(p->sf->ctx, &p->sf->pb, p->theta, v, p->sf->work, hv);
}

static nd_status by_lanczos(nd_surface *sf, const double *theta, nd_spectrum *s)
{
    at_point p = {sf, theta};
    nd_eigen hi, lo;
    nd_status status;

    status = nd_eigen_lanczos(sf->ctx, sf->net->P, product, &p, 1, 1e-6, 500, NULL, &hi, s->vector);
    if (status != ND_OK) return status;
    status =
        nd_eigen_lanczos(sf->ctx, sf->net->P, product, &p, -1, 1e-12, 2000, NULL, &lo, s->vector);
    if (status != ND_OK) return status;
    s->lambda_max = hi.value;
    s->lambda_min = lo.value;
    s->error = lo.error + HESSIAN_ROUNDING * fmax(fabs(hi.value), fabs(lo.value));
    s->index = s->lambda_min >= -s->error ? 0 : -1;
    s->nullity = s->lambda_min > s->error ? 0 : -1;
    return ND_OK;
}

static void count_signs(size_t P, const double *values, double error, nd_spectrum *s)
{
    s->lambda_min = values[0];
    s->lambda_max = values[P - 1];
    s->error = error + HESSIAN_ROUNDING * fmax(fabs(values[0]), fabs(values[P - 1]));
    s->index = s->nullity = 0;
    for (size_t k = 0; k < P; k++) {
        s->index += values[k] < -s->error;
        s->nullity += fabs(values[k]) <= s->error;
    }
}

static nd_status by_dense(nd_surface *sf, const double *theta, nd_spectrum *s)
{
    size_t P = sf->net->P;
    double *H = ND_NEW(sf->ctx, double, P *P), *values = ND_NEW(sf->ctx, double, P), error;
    at_point p = {sf, theta};
    nd_status status = H && values ? ND_OK : ND_EMEM;
    nd_eigen lo;

    if (status == ND_OK) status = nd_problem_hessian(sf->ctx, &sf->pb, theta, sf->work, H);
    for (size_t i = 0; status == ND_OK && i < P * P; i++)
        if (!isfinite(H[i])) status = nd_fail(sf->ctx, ND_ENUMERIC, "the Hessian is not finite");
    if (status == ND_OK) status = nd_eigen_dense(sf->ctx, P, H, values, NULL, &error);
    if (status == ND_OK) count_signs(P, values, error, s);
    if (status == ND_OK && s->index > 0)
        status = nd_eigen_lanczos(sf->ctx, P, product, &p, -1, 1e-8, 2000, NULL, &lo, s->vector);
    nd_free(sf->ctx, H);
    nd_free(sf->ctx, values);
    return status;
}

nd_status nd_spectrum_at(nd_surface *sf, const double *theta, uint64_t seed, nd_spectrum *out)
{
    (void)seed;
    return sf->net->P <= DENSE_MAX ? by_dense(sf, theta, out) : by_lanczos(sf, theta, out);
}

#define PROBES 3

/* Besides the probes, what the sums of the output bias alone round to. */
static nd_status noise_floor(nd_surface *sf, const double *theta, double *floor_)
{
    double sum = 0.0;
    nd_status status = nd_problem_slopes(sf->ctx, &sf->pb, theta, sf->work, sf->m);

    if (status != ND_OK) return status;
    for (size_t i = 0; i < sf->pb.data->n; i++) sum += fabs(sf->m[i]);
    *floor_ = 8.0 * 0x1p-53 * sum;
    return ND_OK;
}

nd_status nd_gradient_noise(nd_surface *sf, const double *theta, uint64_t seed, double *noise)
{
    size_t P = sf->net->P;
    double *x = ND_NEW(sf->ctx, double, P), *g = ND_NEW(sf->ctx, double, P);
    double *g0 = ND_NEW(sf->ctx, double, P), L, worst = 0.0;
    nd_rng rng = nd_rng_make(seed, ND_STREAM_PROBE);
    nd_status status = ND_OK;

    if (!x || !g || !g0) ND_TRY(ND_EMEM);
    ND_TRY(nd_problem_grad(sf->ctx, &sf->pb, theta, sf->work, &L, g0));
    for (int k = 0; k < PROBES; k++) {
        for (size_t i = 0; i < P; i++)
            x[i] = theta[i] * (1.0 + (nd_rng_u64(&rng) & 1 ? 0x1p-52 : -0x1p-52));
        ND_TRY(nd_problem_grad(sf->ctx, &sf->pb, x, sf->work, &L, g));
        nd_axpy(P, -1.0, g0, g);
        worst = fmax(worst, nd_norm2(P, g));
    }
    ND_TRY(noise_floor(sf, theta, &L));
    *noise = 8.0 * worst + L;
done:
    nd_free(sf->ctx, x);
    nd_free(sf->ctx, g);
    nd_free(sf->ctx, g0);
    return status;
}
