/* Lines and planes of parameter space, the points on them, and projections onto them.
 *
 *   theta(s, t) = origin + s u + t v
 *
 * The nearest point to theta solves the normal equations
 *   [u.u u.v] [s]   [u.(theta - origin)]
 *   [u.v v.v] [t] = [v.(theta - origin)]
 * in which u.v = 0 except for random directions. */
#include "map/plane.h"

#include "base/memory.h"
#include "num/tile.h"

#include <math.h>
#include <string.h>

/* Room around points that are to be seen, as a part of their extent. */
#define ROOM 0.3

nd_status nd_plane_create(nd_ctx *ctx, nd_plane_kind kind, size_t P, int dim, const double *origin,
                          nd_plane **out)
{
    nd_plane *p = ND_NEW0(ctx, nd_plane, 1);
    double *block = ND_NEW0(ctx, double, 3 * P);

    if (!p || !block) {
        nd_free(ctx, p);
        nd_free(ctx, block);
        return ND_EMEM;
    }
    *p = (nd_plane){.kind = kind, .P = P, .dim = dim, .origin = block};
    p->u = block + P;
    p->v = block + 2 * P;
    memcpy(p->origin, origin, P * sizeof *origin);
    *out = p;
    return ND_OK;
}

void nd_plane_destroy(nd_ctx *ctx, nd_plane *p)
{
    if (!p) return;
    nd_free(ctx, p->origin);
    nd_free(ctx, p);
}

void nd_plane_around(nd_plane *p, double r)
{
    for (int k = 0; k < p->dim; k++) {
        p->lo[k] = -r;
        p->hi[k] = r;
    }
}

void nd_plane_point(const nd_plane *p, double s, double t, double *theta)
{
    for (size_t i = 0; i < p->P; i++) theta[i] = (p->origin[i] + s * p->u[i]) + t * p->v[i];
}

double nd_plane_project(const nd_plane *p, const double *theta, double at[2])
{
    double ud = 0.0, vd = 0.0, far = 0.0;
    double uu = nd_dot(p->P, p->u, p->u), uv = nd_dot(p->P, p->u, p->v);
    double vv = nd_dot(p->P, p->v, p->v), det = uu * vv - uv * uv;

    for (size_t i = 0; i < p->P; i++) {
        ud += p->u[i] * (theta[i] - p->origin[i]);
        vd += p->v[i] * (theta[i] - p->origin[i]);
    }
    at[0] = p->dim == 1 ? ud / uu : (vv * ud - uv * vd) / det;
    at[1] = p->dim == 1 ? 0.0 : (uu * vd - uv * ud) / det;
    for (size_t i = 0; i < p->P; i++) {
        double r = theta[i] - ((p->origin[i] + at[0] * p->u[i]) + at[1] * p->v[i]);
        far = hypot(far, r);
    }
    return far;
}

void nd_plane_show(nd_plane *p, size_t count, const double *at)
{
    double half = 0.0;

    for (int k = 0; k < p->dim; k++) {
        p->lo[k] = p->hi[k] = at[k];
        for (size_t i = 1; i < count; i++) {
            p->lo[k] = fmin(p->lo[k], at[2 * i + (size_t)k]);
            p->hi[k] = fmax(p->hi[k], at[2 * i + (size_t)k]);
        }
        half = fmax(half, 0.5 * (p->hi[k] - p->lo[k]));
    }
    half *= 1.0 + 2.0 * ROOM;
    for (int k = 0; k < p->dim; k++) { /* a square: angles and lengths are seen as they are */
        double middle = 0.5 * (p->lo[k] + p->hi[k]);
        p->lo[k] = middle - half;
        p->hi[k] = middle + half;
    }
}

/* v := (to - origin) less its part along u, normalised; false: nothing is left. */
static bool direction(const nd_plane *p, const double *to, double *v)
{
    double whole, left;

    for (size_t i = 0; i < p->P; i++) v[i] = to[i] - p->origin[i];
    whole = nd_norm2(p->P, v);
    if (v != p->u) nd_axpy(p->P, -nd_dot(p->P, p->u, v), p->u, v);
    if (v != p->u) nd_axpy(p->P, -nd_dot(p->P, p->u, v), p->u, v); /* what rounding left */
    left = nd_norm2(p->P, v);
    if (!(left > 1e-9 * whole) || !isfinite(left)) return false;
    for (size_t i = 0; i < p->P; i++) v[i] /= left;
    return true;
}

nd_status nd_plane_through(nd_ctx *ctx, size_t P, size_t count, const double *const point[],
                           nd_plane **out)
{
    double at[6];
    nd_plane *p;

    if (count < 2 || count > 3)
        return nd_fail(ctx, ND_ERANGE, "a slice goes through 2 or 3 points, not %zu", count);
    nd_status status = nd_plane_create(ctx, ND_PLANE_THROUGH, P, (int)count - 1, point[0], &p);
    if (status != ND_OK) return status;
    bool spans = direction(p, point[1], p->u) && (count < 3 || direction(p, point[2], p->v));
    if (!spans) {
        nd_plane_destroy(ctx, p);
        return nd_fail(ctx, ND_ERANGE,
                       count == 2 ? "the two points are the same"
                                  : "the three points lie on one line");
    }
    for (size_t k = 0; k < count; k++) nd_plane_project(p, point[k], at + 2 * k);
    nd_plane_show(p, count, at);
    *out = p;
    return ND_OK;
}
