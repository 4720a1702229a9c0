/* The quadratic model at a point of the search: value, gradient, Hessian, eigenpairs.
 *
 * Rounding of the gradient: when every parameter moves by a rounding, theta_i (1 +- 2^-52),
 * the gradient moves by H d, d_i = +-2^-52 theta_i; and the sum of the slopes c_i alone
 * (its entry for the output bias) rounds to u sum |c_i|.  The largest of a few such H d, times
 * 8, plus 8 u sum |c_i|, is what nd_gradient_noise measures by gradients. */
#include "map/scout.h"

#include "num/blas.h"
#include "num/tile.h"

#include <math.h>
#include <string.h>

#define PROBES 3
#define TINY   1e-8 /* entries of a unit vector that do not decide its sign */

nd_status nd_scout_grad(nd_scout *sc, const double *x, double *f, double *g)
{
    return sc->sf->oracle.grad(sc->sf, x, f, g);
}

static nd_status make_room(nd_scout *sc)
{
    if (!sc->H) sc->H = ND_NEW(sc->ctx, double, sc->P * sc->P);
    if (!sc->V) sc->V = ND_NEW(sc->ctx, double, sc->P * sc->P);
    return sc->H && sc->V ? ND_OK : ND_EMEM;
}

/* The last Hessian stays: Newton's method ends where the verdict asks for it again. */
nd_status nd_scout_hessian(nd_scout *sc, const double *x)
{
    const size_t bytes = sc->P * sizeof *x;
    nd_status status = make_room(sc);

    if (status != ND_OK || (sc->have_H && memcmp(sc->at, x, bytes) == 0)) return status;
    sc->have_H = false;
    status = sc->sf->oracle.hessian(sc->sf, x, sc->H);
    if (status != ND_OK) return status;
    memcpy(sc->at, x, bytes);
    sc->have_H = true;
    sc->hessians++;
    return ND_OK;
}

static nd_status oracle_grad(void *self, const double *x, double *f, double *g)
{
    return nd_scout_grad(self, x, f, g);
}

static nd_status oracle_hv(void *self, const double *x, const double *v, double *hv)
{
    nd_scout *sc = self;

    return sc->sf->oracle.hv(sc->sf, x, v, hv);
}

static nd_status oracle_hessian(void *self, const double *x, double *H)
{
    nd_scout *sc = self;
    nd_status status = nd_scout_hessian(sc, x);

    if (status == ND_OK) memcpy(H, sc->H, sc->P * sc->P * sizeof *H);
    return status;
}

void nd_scout_oracle(nd_scout *sc)
{
    sc->oracle = (nd_oracle){.n = sc->P, .self = sc, .grad = oracle_grad};
    if (!sc->sf->oracle.hessian) return;
    sc->oracle.hv = oracle_hv;
    sc->oracle.hessian = oracle_hessian;
}

nd_status nd_scout_eigen(nd_scout *sc, bool vectors, bool *finite)
{
    nd_status status;

    memcpy(sc->V, sc->H, sc->P * sc->P * sizeof *sc->V);
    *finite = nd_blas_syev(sc->ctx, vectors, sc->P, sc->V, sc->P, sc->values, &status) == 0;
    return status;
}

nd_status nd_scout_noise(nd_scout *sc, const double *x, double *noise)
{
    nd_rng rng = nd_rng_make(0, ND_STREAM_PROBE);
    double sum = 0.0, worst = 0.0;
    nd_status status = nd_problem_slopes(sc->ctx, &sc->sf->pb, x, sc->sf->work, sc->sf->m);

    if (status != ND_OK) return status;
    for (size_t i = 0; i < sc->sf->pb.data->n; i++) sum += fabs(sc->sf->m[i]);
    for (int k = 0; k < PROBES; k++) {
        for (size_t i = 0; i < sc->P; i++)
            sc->s[i] = nd_rng_u64(&rng) & 1 ? 0x1p-52 * x[i] : -0x1p-52 * x[i];
        nd_blas_gemv(false, sc->P, sc->P, 1.0, sc->H, sc->P, sc->s, 0.0, sc->c);
        worst = fmax(worst, nd_norm2(sc->P, sc->c));
    }
    *noise = 8.0 * worst + 8.0 * 0x1p-53 * sum;
    return ND_OK;
}

void nd_scout_to_basis(const nd_scout *sc, const double *g, double *c)
{
    for (size_t j = 0; j < sc->P; j++) c[j] = nd_dot(sc->P, sc->V + j * sc->P, g);
}

void nd_scout_from_basis(const nd_scout *sc, const double *c, double *out)
{
    memset(out, 0, sc->P * sizeof *out);
    for (size_t j = 0; j < sc->P; j++) nd_axpy(sc->P, c[j], sc->V + j * sc->P, out);
}

void nd_scout_orient(const nd_scout *sc, size_t j)
{
    double *v = sc->V + j * sc->P, most = 0.0;
    size_t i = 0;

    for (size_t k = 0; k < sc->P; k++) most = fmax(most, fabs(v[k]));
    while (i + 1 < sc->P && !(fabs(v[i]) > TINY * most)) i++;
    if (v[i] > 0.0) return;
    for (size_t k = 0; k < sc->P; k++) v[k] = -v[k];
}
