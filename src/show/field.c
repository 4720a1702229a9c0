/* Values as colours: bands of a ramp, painted from the lowest upwards, each over all that
 * is higher than its floor, so that no gaps show between neighbours. */
#include "show/show.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

/* Points of a contour that move a line by less than this, in pixels, are left out. */
#define THIN 0.08

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

nd_status nd_ramp_fit(nd_ctx *ctx, size_t n, const double *z, double top, size_t bands, bool log,
                      nd_ramp *out)
{
    double *s = ND_NEW(ctx, double, n);
    size_t m = 0;

    if (!s) return ND_EMEM;
    for (size_t i = 0; i < n; i++)
        if (isfinite(z[i]) && (!log || z[i] > 0.0)) s[m++] = z[i];
    qsort(s, m, sizeof *s, ascending);
    *out = (nd_ramp){.lo = log ? 1e-3 : 0.0, .hi = 1.0, .log = log, .bands = bands ? bands : 1};
    if (m > 0) {
        size_t cut = (size_t)(top * (double)(m - 1));
        out->lo = s[0];
        out->hi = s[cut < m ? cut : m - 1];
        if (!(out->hi > out->lo)) out->hi = s[m - 1];
        if (!(out->hi > out->lo))
            out->hi = log ? 2.0 * out->lo : out->lo + fmax(1e-12, fabs(out->lo));
    }
    nd_free(ctx, s);
    return ND_OK;
}

nd_status nd_ramp_fit_whole(nd_ctx *ctx, size_t n, const double *z, size_t bands, nd_ramp *out)
{
    nd_status status = nd_ramp_fit(ctx, n, z, 1.0, bands, false, out);

    if (status != ND_OK) return status;
    double values = floor(out->hi + 0.5) - floor(out->lo + 0.5) + 1.0;
    out->lo = floor(out->lo + 0.5) - 0.5;
    out->hi = out->lo + values;
    if (values < (double)bands) out->bands = (size_t)values;
    out->whole = true;
    return ND_OK;
}

double nd_ramp_level(const nd_ramp *r, size_t k)
{
    double t = (double)k / (double)r->bands;

    return r->log ? r->lo * pow(r->hi / r->lo, t) : r->lo + t * (r->hi - r->lo);
}

nd_ink nd_ramp_ink(const nd_ramp *r, size_t band)
{
    return nd_cividis(((double)band + 0.5) / (double)r->bands);
}

/* ---- contours in the frame ------------------------------------------------------------------ */

/* Distance of c from the segment a b. */
static double off_line(const double *a, const double *b, const double *c)
{
    double ux = b[0] - a[0], uy = b[1] - a[1], vx = c[0] - a[0], vy = c[1] - a[1];
    double n = hypot(ux, uy), along = n > 0.0 ? (ux * vx + uy * vy) / n : -1.0;

    if (along < 0.0) return hypot(vx, vy);
    if (along > n) return hypot(c[0] - b[0], c[1] - b[1]);
    return fabs(ux * vy - uy * vx) / n;
}

/* Keeps a point, then skips all that lie within THIN of the way to the next one kept
 * (at most RUN at a time, so the work is linear).  Ends stay. */
static size_t thin(size_t n, double *xy)
{
    enum { RUN = 24 };
    size_t kept = n ? 1 : 0;

    for (size_t a = 0; a + 1 < n;) {
        size_t b = a + 1;
        for (size_t t = a + 2; t < n && t < a + RUN; t++) {
            bool near = true;
            for (size_t k = a + 1; k < t && near; k++)
                near = off_line(xy + 2 * a, xy + 2 * t, xy + 2 * k) < THIN;
            if (!near) break;
            b = t;
        }
        xy[2 * kept] = xy[2 * b];
        xy[2 * kept + 1] = xy[2 * b + 1];
        kept++;
        a = b;
    }
    return kept;
}

/* In pixels, thinned, the pieces parted by NaN: *n points. */
static double *to_pixels(nd_ctx *ctx, const nd_plot *p, nd_grid g, const nd_contour *c, size_t *n)
{
    size_t all = c->start[c->pieces];
    double *xy = ND_NEW(ctx, double, 2 * (all + 2 * c->pieces + 1));

    *n = 0;
    if (!xy) return NULL;
    for (size_t k = 0; k < c->pieces; k++) {
        double *piece = xy + 2 * *n;
        size_t m = c->start[k + 1] - c->start[k];
        for (size_t i = 0; i < m; i++) {
            const double *q = c->xy + 2 * (c->start[k] + i);
            piece[2 * i] = p->left + q[0] / (double)(g.nx - 1) * p->width;
            piece[2 * i + 1] = p->top + (1.0 - q[1] / (double)(g.ny - 1)) * p->height;
        }
        m = thin(m, piece);
        if (c->closed[k]) { /* back to its start by 'z' for areas, drawn for lines */
            piece[2 * m] = piece[0];
            piece[2 * m + 1] = piece[1];
        }
        piece[2 * m + (c->closed[k] ? 2 : 0)] = NAN;
        piece[2 * m + (c->closed[k] ? 3 : 1)] = NAN;
        *n += m + (c->closed[k] ? 2 : 1);
    }
    return xy;
}

static nd_status draw_contour(nd_ctx *ctx, const nd_plot *p, nd_grid g, double level, bool filled,
                              nd_pen pen)
{
    nd_contour c;
    size_t n;
    nd_status status = nd_contour_find(ctx, g, level, filled, &c);

    if (status != ND_OK) return status;
    double *xy = to_pixels(ctx, p, g, &c, &n);
    if (xy && n) nd_scene_path(p->scene, n, xy, filled, pen);
    nd_contour_clear(ctx, &c);
    nd_free(ctx, xy);
    return xy ? ND_OK : ND_EMEM;
}

nd_status nd_plot_contour(nd_ctx *ctx, const nd_plot *p, nd_grid g, double level, nd_pen pen)
{
    return draw_contour(ctx, p, g, level, false, pen);
}

nd_status nd_plot_field(nd_ctx *ctx, const nd_plot *p, nd_grid g, const nd_ramp *r)
{
    nd_status status = ND_OK;

    nd_scene_clip(p->scene, p->left, p->top, p->width, p->height);
    nd_scene_rect(p->scene, p->left, p->top, p->width, p->height,
                  (nd_pen){.fill = nd_ramp_ink(r, 0)});
    for (size_t k = 1; k < r->bands && status == ND_OK; k++)
        status = draw_contour(
            ctx, p, g, nd_ramp_level(r, k), true,
            (nd_pen){.fill = nd_ramp_ink(r, k), .stroke = ND_RGB(0xffffff), .width = 0.35});
    nd_scene_end(p->scene);
    return status != ND_OK ? status : nd_scene_status(p->scene);
}

void nd_plot_ramp(const nd_plot *p, double x, const nd_ramp *r, const char *name)
{
    const nd_axis axis = {r->lo, r->hi, r->log, r->whole};
    const nd_plot bar = {p->scene, x, p->top, 14.0, p->height, {0.0, 1.0, false, false}, axis};
    nd_type_style how = {.size = 11.0, .ink = ND_INK_MUTED};
    nd_tick tick[ND_TICKS_MAX];
    double h = p->height / (double)r->bands;

    nd_scene_group(p->scene, "ramp", NULL, NULL);
    for (size_t k = 0; k < r->bands; k++) /* each reaches under the next: no seams */
        nd_scene_rect(p->scene, x, p->top, 14.0, p->height - h * (double)k,
                      (nd_pen){.fill = nd_ramp_ink(r, k)});
    size_t n = nd_axis_ticks(&axis, (size_t)(p->height / 36.0), tick);
    for (size_t k = 0; k < n; k++) {
        double y = nd_plot_y(&bar, tick[k].at);
        nd_scene_line(p->scene, x + 14.0, y, x + 18.0, y,
                      (nd_pen){.stroke = ND_INK_MUTED, .width = 1.0});
        nd_scene_text(p->scene, x + 21.0, y + 4.0, how, tick[k].text);
    }
    how = (nd_type_style){.size = 12.0};
    nd_scene_text(p->scene, x, p->top - 9.0, how, name);
    nd_scene_end(p->scene);
}
