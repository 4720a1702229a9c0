/* Critical points for the complete search: found by Newton's method, proved, and given a
 * box as large as can be that holds no other.
 *
 * Existence and uniqueness as in docs/certificate-format.md (kind index): X the eigenvectors
 * of H(theta) over |lambda|^(1/2), D = diag(+-1).  If eps = |X' H(K) X - D|_inf < 1 on a box K
 * then K holds at most one critical point, which is nondegenerate with the index of D; and if,
 * for rho = |X' grad L(theta)|_inf / (1 - eps), all theta + X v, |v|_inf <= rho, are in K,
 * there is one, in that set. */
#include "map/complete.h"

#include "base/memory.h"
#include "cert/rounding.h"
#include "cert/strict.h"
#include "num/tile.h"

#include <nadir/opt.h>

#include <string.h>

#define STEPS  80
#define EPS    0.4  /* of the largest box: room for checkers with wider enclosures */
#define START  1e-7 /* half-width of the first box, relative to 1 + |theta_k|      */
#define GROWTH 60

/* ---- Newton ---------------------------------------------------------------------------- */

static double largest(size_t n, const double *x)
{
    double m = 0.0;

    for (size_t k = 0; k < n; k++)
        if (!(fabs(x[k]) <= m)) m = fabs(x[k]);
    return m;
}

/* theta -= min(1, 1/|s|) s, s = H^-1 g, until s is nothing. */
static nd_status newton(nd_ctx *ctx, nd_prober *p, nd_work *work, double *theta, bool *found)
{
    size_t P = p->P;
    double *s = ND_NEW(ctx, double, 2 * P), *g = s + P, L, last = INFINITY;
    nd_status status = s ? ND_OK : ND_EMEM;

    *found = false;
    for (int step = 0; status == ND_OK && step < STEPS && !*found; step++) {
        double size, scale = 1.0 + largest(P, theta);

        ND_TRY(nd_problem_grad(ctx, p->over.pb, theta, work, &L, g));
        ND_TRY(nd_problem_hessian(ctx, p->over.pb, theta, work, p->Y));
        if (!nd_invert(P, p->Y, p->M)) break;
        for (size_t r = 0; r < P; r++) s[r] = nd_dot(P, p->Y + r * P, g);
        size = largest(P, s);
        if (!(size < ND_TAME)) break;
        for (size_t k = 0; k < P; k++)
            theta[k] -= size > 0.5 * scale ? 0.5 * scale * s[k] / size : s[k];
        *found = size <= 1e-12 * scale || (size <= 1e-9 * scale && size >= 0.5 * last);
        last = size;
    }
done:
    nd_free(ctx, s);
    return status;
}

/* ---- the proof ---------------------------------------------------------------------------- */

typedef struct {
    nd_prober *p;
    size_t P, index;
    double *X, *D;   /* columns of X: scaled eigenvectors; P x P, P */
    double *values;  /* P */
    nd_iv *box, *XH; /* P; P x P */
} frame;

static nd_status frame_create(nd_ctx *ctx, nd_prober *p, frame *f)
{
    *f = (frame){.p = p, .P = p->P};
    f->X = ND_NEW(ctx, double, f->P * f->P + 2 * f->P);
    f->box = ND_NEW(ctx, nd_iv, f->P * f->P + f->P);
    if (!f->X || !f->box) return ND_EMEM;
    f->D = f->X + f->P * f->P;
    f->values = f->D + f->P;
    f->XH = f->box + f->P;
    return ND_OK;
}

static void frame_clear(nd_ctx *ctx, frame *f)
{
    nd_free(ctx, f->X);
    nd_free(ctx, f->box);
}

static nd_status frame_at(nd_ctx *ctx, frame *f, nd_work *work, const double *theta, bool *ok)
{
    size_t P = f->P;
    double error;
    nd_status status = nd_problem_hessian(ctx, f->p->over.pb, theta, work, f->p->Y);

    *ok = false;
    if (status != ND_OK || !isfinite(largest(P * P, f->p->Y))) return status;
    status = nd_eigen_dense(ctx, P, f->p->Y, f->values, f->p->M, &error);
    if (status != ND_OK) return status;
    f->index = 0;
    *ok = true;
    for (size_t j = 0; j < P; j++) {
        double scale = sqrt(fabs(f->values[j]));

        *ok = *ok && scale > 0x1p-200;
        f->D[j] = f->values[j] < 0.0 ? -1.0 : 1.0;
        f->index += f->values[j] < 0.0;
        for (size_t k = 0; k < P; k++) f->X[k * P + j] = f->p->M[j * P + k] / scale;
    }
    return ND_OK;
}

/* |X' H(box) X - D|_inf, from above; infinite when there is no statement. */
static double defect(frame *f, const nd_iv *box)
{
    size_t P = f->P;
    const nd_iv *H = f->p->H;
    double worst = 0.0;

    if (!nd_over_evaluate(&f->p->over, box, f->p->g, f->p->H)) return INFINITY;
    for (size_t i = 0; i < P; i++)
        for (size_t k = 0; k < P; k++) {
            nd_iv s = nd_iv_point(0.0);

            for (size_t r = 0; r < P; r++)
                s = nd_iv_add(s, nd_iv_scale(H[r * P + k], f->X[r * P + i]));
            f->XH[i * P + k] = s;
        }
    for (size_t i = 0; i < P; i++) {
        double row = 0.0;

        for (size_t j = 0; j < P; j++) {
            nd_iv m = nd_iv_point(i == j ? -f->D[i] : 0.0);

            for (size_t k = 0; k < P; k++)
                m = nd_iv_add(m, nd_iv_scale(f->XH[i * P + k], f->X[k * P + j]));
            row = nd_above(row + nd_iv_mag(m));
        }
        if (!(row <= worst)) worst = row;
    }
    return worst;
}

static void cube(const double *theta, const double *half, size_t P, nd_iv *box)
{
    for (size_t k = 0; k < P; k++)
        box[k] = (nd_iv){nd_below(theta[k] - half[k]), nd_above(theta[k] + half[k])};
}

/* rho and |X|_inf rho, from above. */
static double reach(frame *f, const double *theta, double eps)
{
    size_t P = f->P;
    double most = 0.0, wide = 0.0;

    for (size_t k = 0; k < P; k++) f->p->centre[k] = nd_iv_point(theta[k]);
    if (!nd_over_evaluate(&f->p->over, f->p->centre, f->p->gc, NULL)) return INFINITY;
    for (size_t j = 0; j < P; j++) {
        nd_iv s = nd_iv_point(0.0);

        for (size_t k = 0; k < P; k++) s = nd_iv_add(s, nd_iv_scale(f->p->gc[k], f->X[k * P + j]));
        most = fmax(most, nd_iv_mag(s));
    }
    most = nd_above(most / nd_below(1.0 - eps));
    for (size_t k = 0; k < P; k++) {
        double row = 0.0;

        for (size_t j = 0; j < P; j++) row = nd_above(row + fabs(f->X[k * P + j]));
        wide = fmax(wide, row);
    }
    return nd_above(wide * most);
}

static bool regular(frame *f, const double *theta, const double *half)
{
    cube(theta, half, f->P, f->box);
    return defect(f, f->box) <= EPS;
}

/* half := the largest box found by doubling all sides, then single ones. */
static void grow(frame *f, const double *theta, const double *limit, double *half)
{
    size_t P = f->P;
    bool more = true;

    for (int step = 0; more && step < GROWTH; step++) {
        for (size_t k = 0; k < P; k++) half[k] *= 2.0;
        more = regular(f, theta, half);
        for (size_t k = 0; !more && k < P; k++) half[k] *= 0.5;
    }
    more = true;
    for (int step = 0; more && step < GROWTH; step++) {
        more = false;
        for (size_t k = 0; k < P; k++) {
            double old = half[k];

            if (old > limit[k]) continue;
            half[k] *= 1.4;
            if (regular(f, theta, half))
                more = true;
            else
                half[k] = old;
        }
    }
}

/* ---- claims --------------------------------------------------------------------------------- */

/* Loss and errors at the critical point, which is within radius of theta. */
static nd_status values_at(nd_ctx *ctx, frame *f, const double *theta, nd_critical *c)
{
    const nd_problem *pb = f->p->over.pb;
    size_t n = pb->data->n;
    double *lo = ND_NEW(ctx, double, 2 * n), *hi = lo + n, ridge, size = nd_norm_up(f->P, theta);
    double wide = c->radius;

    if (!lo) return ND_EMEM;
    for (size_t k = 0; k < f->P; k++)
        f->box[k] = (nd_iv){nd_below(theta[k] - c->radius), nd_above(theta[k] + c->radius)};
    if (nd_over_evaluate(&f->p->over, f->box, f->p->g, NULL))
        for (size_t i = 0; i < n; i++) {
            nd_iv m = pb->data->y[i] > 0.0 ? f->p->over.f[i] : nd_iv_neg(f->p->over.f[i]);

            lo[i] = m.lo;
            hi[i] = m.hi;
        }
    else
        for (size_t i = 0; i < n; i++) {
            lo[i] = -INFINITY;
            hi[i] = INFINITY;
        }
    nd_count_errors(pb->data, lo, hi, &c->errors_lo, &c->errors_hi);
    nd_loss_bounds(pb, theta, lo, hi, &c->loss_lo, &c->loss_hi);
    ridge = 1.001 * pb->l2 * wide * (size + wide);
    c->loss_lo = nd_below(c->loss_lo - ridge);
    c->loss_hi = nd_above(c->loss_hi + ridge);
    if (!(c->loss_lo > 0.0)) c->loss_lo = 0.0;
    nd_free(ctx, lo);
    return ND_OK;
}

static nd_status add(nd_ctx *ctx, nd_criticals *list, const nd_critical *c)
{
    if (list->count == list->room) {
        size_t room = list->room ? 2 * list->room : 8;
        nd_critical *more = nd_regrow(ctx, list->at, list->count, room, sizeof *more);

        if (!more) return ND_EMEM;
        list->at = more;
        list->room = room;
    }
    list->at[list->count++] = *c;
    return ND_OK;
}

/* theta lies in the box of a known point. */
static bool known(const nd_criticals *list, size_t P, const double *theta)
{
    for (size_t i = 0; i < list->count; i++) {
        bool in = true;

        for (size_t k = 0; k < P; k++)
            in = in && fabs(theta[k] - list->at[i].theta[k]) <= list->at[i].half[k];
        if (in) return true;
    }
    return false;
}

static nd_status prove(nd_ctx *ctx, frame *f, nd_work *work, const double *theta,
                       const double *limit, nd_criticals *list)
{
    size_t P = f->P;
    nd_critical c = {.copies = 1.0};
    nd_status status = ND_OK;
    bool ok;

    c.theta = ND_NEW(ctx, double, 2 * P);
    if (!c.theta) return ND_EMEM;
    c.half = c.theta + P;
    memcpy(c.theta, theta, P * sizeof *theta);
    for (size_t k = 0; k < P; k++) c.half[k] = START * (1.0 + fabs(theta[k]));
    ND_TRY(frame_at(ctx, f, work, theta, &ok));
    if (!ok || !regular(f, theta, c.half)) goto done;
    c.radius = reach(f, theta, EPS);
    c.index = f->index;
    for (size_t k = 0; k < P; k++) ok = ok && c.radius < c.half[k];
    c.radius *= 1.001 * sqrt((double)P); /* from the largest entry to the Euclidean norm */
    if (!ok) goto done;
    ND_TRY(values_at(ctx, f, theta, &c));
    grow(f, theta, limit, c.half);
    ND_TRY(add(ctx, list, &c));
    c.theta = NULL;
done:
    nd_free(ctx, c.theta);
    return status;
}

nd_status nd_criticals_seek(nd_ctx *ctx, nd_prober *p, nd_work *work, const double *lo,
                            const double *hi, double *theta, nd_criticals *list)
{
    bool found;
    frame f = {0};
    nd_status status = newton(ctx, p, work, theta, &found);

    if (status != ND_OK || !found || known(list, p->P, theta)) return status;
    for (size_t k = 0; k < p->P; k++) /* a point on the rim may be outside by a rounding */
        if (!(theta[k] >= lo[k] - 1e-6 && theta[k] <= hi[k] + 1e-6)) return ND_OK;
    ND_TRY(frame_create(ctx, p, &f));
    ND_TRY(prove(ctx, &f, work, theta, hi, list));
done:
    frame_clear(ctx, &f);
    return status;
}

void nd_criticals_clear(nd_ctx *ctx, nd_criticals *list)
{
    for (size_t i = 0; i < list->count; i++) nd_free(ctx, list->at[i].theta);
    nd_free(ctx, list->at);
    *list = (nd_criticals){0};
}
