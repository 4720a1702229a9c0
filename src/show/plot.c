/* Charts: a rectangle with axes, and data drawn into it. */
#include "show/show.h"

#include "base/memory.h"

#include <math.h>
#include <string.h>

#define TICK_SIZE 11.0
#define NAME_SIZE 12.0

/* Where v lies between the ends: 0 .. 1. */
static double part(const nd_axis *a, double v)
{
    if (a->log) return v > 0.0 ? log(v / a->lo) / log(a->hi / a->lo) : -INFINITY;
    return (v - a->lo) / (a->hi - a->lo);
}

double nd_plot_x(const nd_plot *p, double x)
{
    return p->left + part(&p->x, x) * p->width;
}

double nd_plot_y(const nd_plot *p, double y)
{
    return p->top + (1.0 - part(&p->y, y)) * p->height;
}

/* Labels need room: about 60 pixels each along x, 36 along y. */
static size_t x_ticks(const nd_plot *p, nd_tick tick[ND_TICKS_MAX])
{
    return nd_axis_ticks(&p->x, (size_t)(p->width / 60.0), tick);
}

static size_t y_ticks(const nd_plot *p, nd_tick tick[ND_TICKS_MAX])
{
    return nd_axis_ticks(&p->y, (size_t)(p->height / 36.0), tick);
}

static void draw_x(const nd_plot *p, const char *name)
{
    const nd_pen grid = {.stroke = ND_INK_GRID, .width = 1.0};
    nd_type_style how = {.size = TICK_SIZE, .ink = ND_INK_MUTED, .anchor = ND_MIDDLE};
    nd_tick tick[ND_TICKS_MAX];
    size_t n = x_ticks(p, tick);
    double bottom = p->top + p->height;

    for (size_t k = 0; k < n; k++) {
        double x = nd_plot_x(p, tick[k].at);
        nd_scene_line(p->scene, x, p->top, x, bottom + 4.0, grid);
        nd_scene_text(p->scene, x, bottom + 17.0, how, tick[k].text);
    }
    how = (nd_type_style){.size = NAME_SIZE, .anchor = ND_MIDDLE};
    if (name) nd_scene_text(p->scene, p->left + p->width / 2.0, bottom + 36.0, how, name);
}

static void draw_y(const nd_plot *p, const char *name)
{
    const nd_pen grid = {.stroke = ND_INK_GRID, .width = 1.0};
    nd_type_style how = {.size = TICK_SIZE, .ink = ND_INK_MUTED, .anchor = ND_RIGHT};
    nd_tick tick[ND_TICKS_MAX];
    size_t n = y_ticks(p, tick);

    for (size_t k = 0; k < n; k++) {
        double y = nd_plot_y(p, tick[k].at);
        nd_scene_line(p->scene, p->left - 4.0, y, p->left + p->width, y, grid);
        nd_scene_text(p->scene, p->left - 8.0, y + 4.0, how, tick[k].text);
    }
    how = (nd_type_style){.size = NAME_SIZE, .anchor = ND_MIDDLE, .upwards = true};
    if (name) nd_scene_text(p->scene, p->left - 50.0, p->top + p->height / 2.0, how, name);
}

void nd_plot_axes(const nd_plot *p, const char *x_name, const char *y_name)
{
    const nd_pen frame = {.stroke = ND_INK_MUTED, .width = 1.0};

    nd_scene_group(p->scene, "axes", NULL, NULL);
    draw_x(p, x_name);
    draw_y(p, y_name);
    nd_scene_rect(p->scene, p->left, p->top, p->width, p->height, frame);
    nd_scene_end(p->scene);
}

/* ---- data ------------------------------------------------------------------------------ */

static void inside(const nd_plot *p)
{
    nd_scene_clip(p->scene, p->left, p->top, p->width, p->height);
}

void nd_plot_line(const nd_plot *p, size_t n, const double *x, const double *y, nd_pen pen)
{
    nd_ctx *ctx = p->scene->ctx;
    double *xy = ND_NEW(ctx, double, 2 * n);

    if (!xy) {
        p->scene->failed = true;
        return;
    }
    for (size_t i = 0; i < n; i++) {
        xy[2 * i] = nd_plot_x(p, x[i]);
        xy[2 * i + 1] = nd_plot_y(p, y[i]);
    }
    inside(p);
    nd_scene_path(p->scene, n, xy, false, pen);
    nd_scene_end(p->scene);
    nd_free(ctx, xy);
}

/* A value below a logarithmic axis is drawn at its foot. */
static double at_least_foot(const nd_plot *p, double y)
{
    double foot = p->top + p->height, v = nd_plot_y(p, y);

    return v < foot ? v : isnan(v) ? v : foot;
}

void nd_plot_band(const nd_plot *p, size_t n, const double *x, const double *lo, const double *hi,
                  nd_pen pen)
{
    nd_ctx *ctx = p->scene->ctx;
    double *xy = ND_NEW(ctx, double, 4 * n);

    if (!xy) {
        p->scene->failed = true;
        return;
    }
    for (size_t i = 0; i < n; i++) {
        double *back = xy + 2 * (2 * n - 1 - i);
        xy[2 * i] = back[0] = nd_plot_x(p, x[i]);
        xy[2 * i + 1] = at_least_foot(p, hi[i]);
        back[1] = at_least_foot(p, lo[i]);
    }
    inside(p);
    nd_scene_path(p->scene, 2 * n, xy, true, pen);
    nd_scene_end(p->scene);
    nd_free(ctx, xy);
}

void nd_plot_bars(const nd_plot *p, size_t n, const double *edge, const double *height, nd_pen pen)
{
    double foot = p->top + p->height;

    inside(p);
    for (size_t k = 0; k < n; k++) {
        double x0 = nd_plot_x(p, edge[k]), x1 = nd_plot_x(p, edge[k + 1]);
        double y = at_least_foot(p, height[k]);
        if (y < foot) nd_scene_rect(p->scene, x0, y, x1 - x0, foot - y, pen);
    }
    nd_scene_end(p->scene);
}

double nd_scene_legend(nd_scene *s, double x, double y, const nd_legend *rows)
{
    const nd_type_style how = {.size = TICK_SIZE};
    double top = y;

    nd_scene_group(s, "legend", NULL, NULL);
    for (; rows->text; rows++, y += 18.0) {
        double middle = y + 9.0;
        if (rows->is_mark)
            nd_scene_mark(s, x + 9.0, middle, 5.5, rows->mark);
        else if (rows->pen.fill != ND_INK_NONE)
            nd_scene_rect(s, x + 1.0, middle - 5.0, 16.0, 10.0, rows->pen);
        else
            nd_scene_line(s, x, middle, x + 18.0, middle, rows->pen);
        nd_scene_text(s, x + 25.0, middle + 4.0, how, rows->text);
    }
    nd_scene_end(s);
    return y - top;
}
