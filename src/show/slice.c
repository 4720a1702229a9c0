/* The figure of a slice: a field over a plane, or curves along a line, with the points
 * that were projected onto it.  What it is, and that it proves nothing, stands below. */
#include "show/show.h"

#include "base/memory.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define WIDTH  640.0
#define LEFT   66.0
#define TOP    64.0
#define SIDE   440.0 /* of the field                        */
#define CURVE  250.0 /* height of the loss of a line        */
#define STEPS  90.0  /* height of its errors                */
#define BANDS  18
#define RIM    0.92  /* quantile of the loss where colours end */
#define ON     1e-6  /* a point nearer than this, relative to what is shown, is on the plane */
#define SPREAD 100.0 /* of the loss, from which on a logarithmic scale shows more */

static const nd_type_style small_muted = {.size = 11.0, .ink = ND_INK_MUTED};

static bool use_log(const nd_slice *s, const nd_slice_view *v)
{
    double lo = INFINITY, hi = 0.0;

    if (v->log >= 0) return v->log == 1;
    for (size_t k = 0; k < s->n[0] * s->n[1]; k++) {
        if (!isfinite(s->loss[k]) || !(s->loss[k] > 0.0)) continue;
        lo = fmin(lo, s->loss[k]);
        hi = fmax(hi, s->loss[k]);
    }
    return hi > SPREAD * lo;
}

static void heading(nd_scene *s, const nd_slice_view *v, const char *title)
{
    nd_scene_text(s, LEFT, 24.0, (nd_type_style){.size = 15.0, .bold = true}, title);
    if (v->subject) nd_scene_text(s, LEFT, 43.0, small_muted, v->subject);
}

/* ---- points ------------------------------------------------------------------------------- */

typedef struct {
    double x, y, far; /* pixels; distance from the plane, 0: on it */
} place;

static double far_of(const nd_plane *p, const double *theta, double at[2])
{
    double far = nd_plane_project(p, theta, at);

    return far <= ON * (p->hi[0] - p->lo[0]) ? 0.0 : far;
}

static bool inside(const nd_plot *p, const place *at)
{
    return at->x >= p->left - 0.5 && at->x <= p->left + p->width + 0.5 && at->y >= p->top - 0.5 &&
           at->y <= p->top + p->height + 0.5;
}

enum { SIDES = 8 };

typedef struct {
    double x0, y0, x1, y1;
} box;

static bool apart(const box *a, const box *b)
{
    return a->x1 < b->x0 || b->x1 < a->x0 || a->y1 < b->y0 || b->y1 < a->y0;
}

/* Where a label lies at side 0 .. 7: right, left, above, below, then the corners. */
static box label_box(const place *at, double width, int side, double base[2], nd_anchor *anchor)
{
    static const double dx[SIDES] = {11, -11, 0, 0, 9, 9, -9, -9};
    static const double dy[SIDES] = {4, 4, -11, 20, 17, -9, 17, -9};
    static const nd_anchor anchors[SIDES] = {ND_LEFT, ND_RIGHT, ND_MIDDLE, ND_MIDDLE,
                                             ND_LEFT, ND_LEFT,  ND_RIGHT,  ND_RIGHT};

    *anchor = anchors[side];
    base[0] = at->x + dx[side];
    base[1] = at->y + dy[side];
    double x = base[0] - 0.5 * width * (double)*anchor;
    return (box){x, base[1] - 9.0, x + width, base[1] + 3.0};
}

/* One label: what it says, where it lies; side -1: there is no room for it. */
typedef struct {
    char text[96];
    box taken;
    int side;
} label;

/* Free of marks and of the labels that lie already, and inside the frame. */
static bool is_free(const nd_plot *p, const box *b, const place *all, size_t n, size_t k,
                    const label *l)
{
    bool ok = b->x0 >= p->left && b->x1 <= p->left + p->width && b->y0 >= p->top &&
              b->y1 <= p->top + p->height;

    for (size_t i = 0; i < n && ok; i++) {
        const box mark = {all[i].x - 6.0, all[i].y - 6.0, all[i].x + 6.0, all[i].y + 6.0};
        ok = i == k || (apart(b, &mark) && (l[i].side < 0 || apart(b, &l[i].taken)));
    }
    return ok;
}

/* The first side that is free; over a curve above comes first.  A point of the plane keeps
 * its label even without room. */
static void lay_label(const nd_plot *p, const place *all, size_t n, size_t k, label *l, bool above)
{
    double base[2], width = nd_text_width(11.0, l[k].text);
    int first = above ? 2 : 0;
    nd_anchor anchor;

    for (int turn = 0; turn < SIDES; turn++) {
        int side = (turn + first) % SIDES;
        l[k].taken = label_box(&all[k], width, side, base, &anchor);
        if (!is_free(p, &l[k].taken, all, n, k, l)) continue;
        l[k].side = side;
        return;
    }
    if (all[k].far > 0.0) return;
    l[k].side = first;
    l[k].taken = label_box(&all[k], width, first, base, &anchor);
}

static void draw_point(const nd_plot *p, const nd_slice_view *v, const place *at, const label *l,
                       size_t k)
{
    const nd_slice_point *q = &v->point[k];
    nd_anchor anchor;
    double base[2];

    nd_scene_group(p->scene, v->id ? v->id : "point", q->label, q->title);
    nd_scene_mark(p->scene, at[k].x, at[k].y, at[k].far > 0.0 ? 4.5 : 6.0, q->mark);
    if (l[k].side >= 0) {
        label_box(&at[k], nd_text_width(11.0, l[k].text), l[k].side, base, &anchor);
        nd_scene_text(p->scene, base[0], base[1],
                      (nd_type_style){.size = 11.0, .anchor = anchor, .halo = true}, l[k].text);
    }
    nd_scene_end(p->scene);
}

/* The points of the plane get their labels first and lie on top of those beside it. */
static void draw_points(const nd_plot *p, const nd_slice_view *v, const place *at, bool above)
{
    label *l = ND_NEW0(p->scene->ctx, label, v->points);

    if (!l) {
        p->scene->failed = true;
        return;
    }
    for (size_t k = 0; k < v->points; k++) {
        char off[ND_TICK_TEXT];
        nd_number_label(at[k].far, 2, off);
        snprintf(l[k].text, sizeof l[k].text, at[k].far > 0.0 ? "%.30s (%s off)" : "%.30s",
                 v->point[k].label ? v->point[k].label : "", off);
        l[k].side = -1;
    }
    for (int beside = 0; beside < 2; beside++)
        for (size_t k = 0; k < v->points; k++)
            if (inside(p, &at[k]) && (at[k].far > 0.0) == beside)
                lay_label(p, at, v->points, k, l, above);
    for (int beside = 1; beside >= 0; beside--)
        for (size_t k = 0; k < v->points; k++)
            if (inside(p, &at[k]) && (at[k].far > 0.0) == beside) draw_point(p, v, at, l, k);
    nd_free(p->scene->ctx, l);
}

/* A column of marks that occur; the trace, too. */
static double draw_legend(nd_scene *s, double y, const nd_slice_view *v, bool line, bool outline)
{
    nd_legend row[ND_MARKS + 3];
    size_t n = 0;

    for (int m = 0; m < ND_MARKS; m++)
        for (size_t k = 0; k < v->points; k++)
            if (v->point[k].mark == (nd_mark)m) {
                row[n++] = (nd_legend){
                    .text = nd_mark_name((nd_mark)m), .is_mark = true, .mark = (nd_mark)m};
                break;
            }
    if (v->trace)
        row[n++] = (nd_legend){.text = line ? "the training run, with its own losses"
                                            : "way of the training run",
                               .pen = {.stroke = ND_INK_TEXT, .width = 2.0}};
    if (outline)
        row[n++] = (nd_legend){.text = "no training error inside",
                               .pen = {.stroke = ND_INK_SKY, .width = 2.0, .dash = ND_DASHED}};
    row[n].text = NULL;
    return nd_scene_legend(s, LEFT, y, row);
}

static bool any_off(const nd_slice_view *v, const place *at)
{
    for (size_t k = 0; k < v->points; k++)
        if (at[k].far > 0.0) return true;
    return false;
}

/* What plane, and what a slice is worth; returns the height used. */
static double caption(nd_scene *s, double y, const nd_plane *p, const nd_slice_view *v, bool off)
{
    char plane[ND_PLANE_TEXT], text[ND_PLANE_TEXT + 240];

    nd_plane_sentence(p, v, plane);
    snprintf(text, sizeof text, "Slice, not proof: %s.%s", plane,
             off ? " Points off it are shown at the nearest point of it (orthogonal projection), "
                   "with their distance."
                 : "");
    return nd_scene_paragraph(s, LEFT, y, WIDTH - LEFT - 24.0, small_muted, text);
}

/* Over a line: the losses of the way itself, at the place of its projection. */
static nd_status draw_trace(nd_ctx *ctx, const nd_plot *p, const nd_plane *plane, const nd_trace *t)
{
    const nd_pen halo = {.stroke = ND_INK_PAPER, .width = 4.0, .opacity = 0.8};
    const nd_pen pen = {.stroke = ND_INK_TEXT, .width = 1.8};
    double *x = ND_NEW(ctx, double, 2 * t->count), at[2];

    if (!x) return ND_EMEM;
    for (size_t k = 0; k < t->count; k++) {
        nd_plane_project(plane, t->theta + k * t->P, at);
        x[k] = at[0];
        x[t->count + k] = plane->dim == 2 ? at[1] : t->loss[k];
    }
    nd_plot_line(p, t->count, x, x + t->count, halo);
    nd_plot_line(p, t->count, x, x + t->count, pen);
    const place start = {nd_plot_x(p, x[0]), nd_plot_y(p, x[t->count]), 0.0};
    if (inside(p, &start))
        nd_scene_circle(p->scene, start.x, start.y, 3.5,
                        (nd_pen){.fill = ND_INK_TEXT, .stroke = ND_INK_PAPER, .width = 1.5});
    nd_free(ctx, x);
    return ND_OK;
}

/* ---- a plane -------------------------------------------------------------------------------- */

/* The border of the cells without any error, when there are some and not all are. */
static bool has_outline(const nd_slice *s)
{
    size_t clean = 0, all = s->n[0] * s->n[1];

    for (size_t k = 0; k < all; k++) clean += s->errors[k] == 0.0;
    return clean > 0 && clean < all;
}

static nd_status plane_field(nd_ctx *ctx, const nd_plot *p, const nd_slice *s,
                             const nd_slice_view *v)
{
    const nd_grid g = {s->n[0], s->n[1], v->errors ? s->errors : s->loss};
    bool log = !v->errors && use_log(s, v);
    nd_ramp r;
    nd_status status = v->errors
                           ? nd_ramp_fit_whole(ctx, g.nx * g.ny, g.z, BANDS, &r)
                           : nd_ramp_fit(ctx, g.nx * g.ny, g.z, log ? 1.0 : RIM, BANDS, log, &r);

    if (status == ND_OK) status = nd_plot_field(ctx, p, g, &r);
    if (status == ND_OK)
        nd_plot_ramp(p, LEFT + SIDE + 26.0, &r, v->errors ? "errors" : log ? "loss (log)" : "loss");
    if (status == ND_OK && !v->errors && has_outline(s))
        status = nd_plot_contour(ctx, p, (nd_grid){s->n[0], s->n[1], s->errors}, 0.5,
                                 (nd_pen){.stroke = ND_INK_SKY, .width = 2.0, .dash = ND_DASHED});
    return status;
}

static const char *axis_name(const nd_plane *p, int k)
{
    if (p->kind == ND_PLANE_RANDOM)
        return k ? "t (units of direction 2)" : "s (units of direction 1)";
    return k ? "t" : "s";
}

static nd_status show_plane(nd_ctx *ctx, const nd_plane *p, const nd_slice *s,
                            const nd_slice_view *v, nd_scene *scene, place *at)
{
    const nd_plot plot = {scene,
                          LEFT,
                          TOP,
                          SIDE,
                          SIDE,
                          {s->lo[0], s->hi[0], false, false},
                          {s->lo[1], s->hi[1], false, false}};
    nd_status status = ND_OK;
    double xy[2], y = TOP + SIDE + 54.0;

    nd_plot_axes(&plot, axis_name(p, 0), axis_name(p, 1));
    ND_TRY(plane_field(ctx, &plot, s, v));
    if (v->trace) ND_TRY(draw_trace(ctx, &plot, p, v->trace));
    for (size_t k = 0; k < v->points; k++) {
        at[k].far = far_of(p, v->point[k].theta, xy);
        at[k].x = nd_plot_x(&plot, xy[0]);
        at[k].y = nd_plot_y(&plot, xy[1]);
    }
    draw_points(&plot, v, at, false);
    y += draw_legend(scene, y, v, false, !v->errors && has_outline(s)) + 16.0;
    y += caption(scene, y, p, v, any_off(v, at));
    scene->height = y;
done:
    return status;
}

/* ---- a line ------------------------------------------------------------------------------------ */

/* Widens [*lo, *hi] to the finite values. */
static void range(size_t n, const double *z, bool positive, double *lo, double *hi)
{
    for (size_t k = 0; k < n; k++) {
        if (!isfinite(z[k]) || (positive && !(z[k] > 0.0))) continue;
        *lo = fmin(*lo, z[k]);
        *hi = fmax(*hi, z[k]);
    }
}

static nd_status show_line(nd_ctx *ctx, const nd_plane *p, const nd_slice *s,
                           const nd_slice_view *v, nd_scene *scene, place *at)
{
    bool log = use_log(s, v);
    double lo = INFINITY, hi = -INFINITY, least = 0.0, worst = 1.0, xy[2],
           y = TOP + CURVE + STEPS + 76.0;
    double *x = ND_NEW(ctx, double, s->n[0]);

    if (!x) return ND_EMEM;
    for (size_t k = 0; k < s->n[0]; k++) x[k] = nd_slice_at(s, 0, k);
    range(s->n[0], s->loss, log, &lo, &hi);
    for (size_t k = 0; k < v->points; k++) range(1, &v->point[k].loss, log, &lo, &hi);
    range(s->n[0], s->errors, false, &least, &worst);
    nd_plot plot = {scene,
                    LEFT,
                    TOP,
                    WIDTH - LEFT - 24.0,
                    CURVE,
                    {s->lo[0], s->hi[0], false, false},
                    nd_axis_fit(lo, hi, log)};
    nd_plot_axes(&plot, NULL, log ? "loss (log)" : "loss");
    nd_plot_line(&plot, s->n[0], x, s->loss, (nd_pen){.stroke = ND_INK_BLUE, .width = 2.0});
    for (size_t k = 0; k < v->points; k++) {
        at[k].far = far_of(p, v->point[k].theta, xy);
        at[k].x = nd_plot_x(&plot, xy[0]);
        at[k].y = fmin(nd_plot_y(&plot, v->point[k].loss), plot.top + plot.height);
    }
    if (v->trace && draw_trace(ctx, &plot, p, v->trace) != ND_OK) scene->failed = true;
    draw_points(&plot, v, at, true);
    plot.top += CURVE + 30.0;
    plot.height = STEPS;
    plot.y = nd_axis_fit(least, worst, false);
    plot.y.whole = true;
    nd_plot_axes(&plot, axis_name(p, 0), "errors");
    nd_plot_line(&plot, s->n[0], x, s->errors, (nd_pen){.stroke = ND_INK_RED, .width = 2.0});
    nd_free(ctx, x);
    y += draw_legend(scene, y, v, true, false) + 16.0;
    y += caption(scene, y, p, v, any_off(v, at));
    scene->height = y;
    return ND_OK;
}

nd_status nd_show_slice(nd_ctx *ctx, const nd_plane *p, const nd_slice *s,
                        const nd_slice_view *view, nd_scene **out)
{
    const char *title = view->title    ? view->title
                        : view->errors ? "Slice of the training errors"
                                       : "Slice of the loss surface";
    place *at = ND_NEW(ctx, place, view->points);
    char plane[ND_PLANE_TEXT], about[ND_PLANE_TEXT + 160];
    nd_scene *scene = NULL;
    nd_status status = at ? ND_OK : ND_EMEM;

    if (status != ND_OK) return status;
    nd_plane_sentence(p, view, plane);
    snprintf(about, sizeof about, "%.140s. Slice, not proof: %s.",
             view->subject ? view->subject : "", plane);
    ND_TRY(nd_scene_create(ctx, WIDTH, 0.0, title, about, &scene));
    heading(scene, view, title);
    ND_TRY((p->dim == 2 ? show_plane : show_line)(ctx, p, s, view, scene, at));
    ND_TRY(nd_scene_status(scene));
    *out = scene;
    scene = NULL;
done:
    nd_scene_destroy(scene);
    nd_free(ctx, at);
    return status;
}
