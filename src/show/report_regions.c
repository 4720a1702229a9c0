/* Decision regions: where f > 0 and f < 0, the lines f = 0 and f = +-1, and the samples.
 * With one feature: the graph of f. */
#include "show/report.h"

#include "base/memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH  640.0
#define LEFT   66.0
#define TOP    12.0
#define INNER  440.0
#define HEIGHT 340.0 /* of the graph of f */
enum { GRID = 81, SINGLE = 80, DRAWN = 1500, LISTED = 100 };

/* ---- samples ------------------------------------------------------------------------------ */

static nd_axis span_of(size_t n, const nd_sample *s, bool second)
{
    double lo = INFINITY, hi = -INFINITY;

    for (size_t i = 0; i < n; i++) {
        double x = second ? s[i].t : s[i].s;
        lo = fmin(lo, x);
        hi = fmax(hi, x);
    }
    if (!(hi > lo)) lo -= 1.0, hi += 1.0;
    double room = 0.12 * (hi - lo);
    return (nd_axis){lo - room, hi + room, false, false};
}

/* Few samples: each a mark that says what it is. */
static void single(const nd_plot *p, size_t i, const nd_sample *s)
{
    char title[120], f[ND_TICK_TEXT];

    nd_number_label(s->f, 4, f);
    snprintf(title, sizeof title, "sample %zu, class %s: output %s, %s", i + 1, s->plus ? "+" : "−",
             f, s->wrong ? "WRONG" : "right");
    nd_scene_group(p->scene, "sample", NULL, title);
    nd_scene_mark(p->scene, nd_plot_x(p, s->s), nd_plot_y(p, s->t), 6.0,
                  s->plus ? ND_MARK_PLUS : ND_MARK_MINUS);
    nd_scene_end(p->scene);
}

/* Many: all of one class are one path.  shape: points of the unit mark, NaN between pieces. */
static void many(const nd_plot *p, size_t n, const nd_sample *s, size_t every, bool plus)
{
    static const double cross[] = {-1, 0, 1, 0, NAN, NAN, 0, -1, 0, 1, NAN, NAN};
    static const double ring[] = {.8, 0,    .57,  .57, 0,   .8,  -.57, .57, -.8,
                                  0,  -.57, -.57, 0,   -.8, .57, -.57, NAN, NAN};
    const double *shape = plus ? cross : ring, r = n > 400 ? 3.0 : 4.0;
    size_t m = plus ? 6 : 9, used = 0;
    double *xy = ND_NEW(p->scene->ctx, double, 2 * m * n);

    if (!xy) {
        p->scene->failed = true;
        return;
    }
    for (size_t i = 0; i < n; i++) {
        if (s[i].plus != plus || (i % every && !s[i].wrong)) continue;
        for (size_t k = 0; k < m; k++) {
            xy[used++] = nd_plot_x(p, s[i].s) + r * shape[2 * k];
            xy[used++] = nd_plot_y(p, s[i].t) + r * shape[2 * k + 1];
        }
    }
    if (used)
        nd_scene_path(p->scene, used / 2, xy, !plus,
                      (nd_pen){.stroke = plus ? ND_INK_BLUE : ND_INK_RED, .width = 1.4});
    nd_free(p->scene->ctx, xy);
}

/* Misclassified samples stand in a box: shape, not colour, says it. */
static void boxes(const nd_plot *p, size_t n, const nd_sample *s)
{
    const nd_pen halo = {.stroke = ND_INK_PAPER, .width = 4.0};
    const nd_pen pen = {.stroke = ND_INK_TEXT, .width = 1.6};
    double r = n > 400 ? 6.0 : 9.5;

    for (size_t i = 0; i < n; i++) {
        if (!s[i].wrong) continue;
        double x = nd_plot_x(p, s[i].s) - r, y = nd_plot_y(p, s[i].t) - r;
        nd_scene_rect(p->scene, x, y, 2.0 * r, 2.0 * r, halo);
        nd_scene_rect(p->scene, x, y, 2.0 * r, 2.0 * r, pen);
    }
}

static void draw_samples(const nd_plot *p, size_t n, const nd_sample *s)
{
    size_t every = n > DRAWN ? n / DRAWN + 1 : 1;

    nd_scene_group(p->scene, "samples", NULL, NULL);
    boxes(p, n, s);
    for (size_t i = 0; i < n && n <= SINGLE; i++) single(p, i, &s[i]);
    if (n > SINGLE) {
        many(p, n, s, every, false);
        many(p, n, s, every, true);
    }
    nd_scene_end(p->scene);
}

/* ---- a plane ---------------------------------------------------------------------------------- */

/* {z >= level} over what lies there already: paper, then a tint. */
static nd_status tint(nd_ctx *ctx, const nd_plot *p, nd_grid g, double level, nd_ink ink,
                      double opacity)
{
    nd_contour c;
    nd_status status = nd_contour_find(ctx, g, level, true, &c);

    if (status != ND_OK) return status;
    size_t all = c.start[c.pieces], used = 0;
    double *xy = ND_NEW(ctx, double, 2 * (all + c.pieces));
    for (size_t k = 0; k < c.pieces && xy; k++) {
        for (size_t i = c.start[k]; i < c.start[k + 1]; i++) {
            xy[used++] = p->left + c.xy[2 * i] / (double)(g.nx - 1) * p->width;
            xy[used++] = p->top + (1.0 - c.xy[2 * i + 1] / (double)(g.ny - 1)) * p->height;
        }
        xy[used++] = NAN;
        xy[used++] = NAN;
    }
    if (xy && used) {
        nd_scene_path(p->scene, used / 2, xy, true, (nd_pen){.fill = ND_INK_PAPER});
        nd_scene_path(p->scene, used / 2, xy, true, (nd_pen){.fill = ink, .opacity = opacity});
    }
    nd_free(ctx, xy);
    nd_contour_clear(ctx, &c);
    return xy ? ND_OK : ND_EMEM;
}

static nd_status regions(nd_ctx *ctx, const nd_plot *p, nd_grid g)
{
    static const struct {
        double level, opacity;
        nd_ink ink;
    } step[] = {{-1.0, 0.16, ND_INK_RED}, {0.0, 0.16, ND_INK_BLUE}, {1.0, 0.34, ND_INK_BLUE}};
    nd_status status = ND_OK;

    nd_scene_clip(p->scene, p->left, p->top, p->width, p->height);
    nd_scene_rect(p->scene, p->left, p->top, p->width, p->height, (nd_pen){.fill = ND_INK_PAPER});
    nd_scene_rect(p->scene, p->left, p->top, p->width, p->height,
                  (nd_pen){.fill = ND_INK_RED, .opacity = 0.34});
    for (size_t k = 0; k < 3 && status == ND_OK; k++)
        status = tint(ctx, p, g, step[k].level, step[k].ink, step[k].opacity);
    for (int k = -1; k <= 1 && status == ND_OK; k++)
        status = nd_plot_contour(ctx, p, g, (double)k,
                                 k ? (nd_pen){.stroke = ND_INK_MUTED, .width = 1, .dash = ND_DASHED}
                                   : (nd_pen){.stroke = ND_INK_TEXT, .width = 2.2});
    nd_scene_end(p->scene);
    return status;
}

/* The network at (s, t) for all cells. */
static nd_status outputs(nd_ctx *ctx, const nd_problem *pb, const double *theta,
                         const nd_view_plane *v, const nd_plot *p, double *f)
{
    size_t d = v->d;
    double *x = ND_NEW(ctx, double, GRID *d), y[GRID];
    nd_status status = x ? ND_OK : ND_EMEM;

    for (size_t i = 0; i < GRID; i++) y[i] = 1.0;
    for (size_t j = 0; j < GRID && status == ND_OK; j++) {
        double t = p->y.lo + (p->y.hi - p->y.lo) * (double)j / (GRID - 1);
        nd_table *row;
        for (size_t i = 0; i < GRID; i++) {
            double s = p->x.lo + (p->x.hi - p->x.lo) * (double)i / (GRID - 1);
            for (size_t k = 0; k < d; k++)
                x[i * d + k] = v->mean[k] + s * v->e[0][k] + t * v->e[1][k];
        }
        status = nd_table_from_arrays(ctx, GRID, d, x, y, &row);
        if (status != ND_OK) break;
        status = nd_net_outputs(ctx, pb->net, row, theta, f + j * GRID);
        nd_table_destroy(ctx, row);
    }
    nd_free(ctx, x);
    return status;
}

static void axis_name(const nd_problem *pb, const nd_view_plane *v, int k, char text[96])
{
    char share[ND_TICK_TEXT];

    nd_number_label(100.0 * v->share[k], 3, share);
    if (v->components)
        snprintf(text, 96, "principal component %d (%s %% of the variance)", k + 1, share);
    else if (pb->data->feature)
        snprintf(text, 96, "%.80s", pb->data->feature[k]);
    else
        snprintf(text, 96, "x%d", k + 1);
}

static double legend(nd_scene *s, double y, bool plane, bool wrong)
{
    nd_legend row[8];
    size_t n = 0;

    row[n++] = (nd_legend){.text = "sample of class +", .is_mark = true, .mark = ND_MARK_PLUS};
    row[n++] = (nd_legend){.text = "sample of class −", .is_mark = true, .mark = ND_MARK_MINUS};
    if (wrong)
        row[n++] = (nd_legend){.text = "in a box: misclassified",
                               .pen = {.stroke = ND_INK_TEXT, .fill = ND_INK_PAPER, .width = 1.6}};
    if (plane) {
        row[n++] = (nd_legend){.text = "f = 0, the decision boundary",
                               .pen = {.stroke = ND_INK_TEXT, .width = 2.2}};
        row[n++] = (nd_legend){.text = "f = ±1",
                               .pen = {.stroke = ND_INK_MUTED, .width = 1.0, .dash = ND_DASHED}};
    }
    row[n++] = (nd_legend){.text = "called +", .pen = {.fill = ND_INK_BLUE, .opacity = 0.25}};
    row[n++] = (nd_legend){.text = "called −", .pen = {.fill = ND_INK_RED, .opacity = 0.25}};
    row[n].text = NULL;
    return nd_scene_legend(s, LEFT, y, row);
}

static bool any_wrong(size_t n, const nd_sample *s)
{
    for (size_t i = 0; i < n; i++)
        if (s[i].wrong) return true;
    return false;
}

static nd_status draw_plane(nd_ctx *ctx, const nd_problem *pb, const double *theta,
                            const nd_view_plane *v, size_t n, const nd_sample *sample, nd_scene *s)
{
    const nd_plot p = {
        s, LEFT, TOP, INNER, INNER, span_of(n, sample, false), span_of(n, sample, true)};
    double *f = ND_NEW(ctx, double, GRID *GRID), y = TOP + INNER + 50.0;
    char name[2][96];
    nd_status status = f ? ND_OK : ND_EMEM;

    if (status != ND_OK) return status;
    for (int k = 0; k < 2; k++) axis_name(pb, v, k, name[k]);
    ND_TRY(outputs(ctx, pb, theta, v, &p, f));
    nd_plot_axes(&p, name[0], name[1]);
    ND_TRY(regions(ctx, &p, (nd_grid){GRID, GRID, f}));
    draw_samples(&p, n, sample);
    s->height = y + legend(s, y, true, any_wrong(n, sample)) + 8.0;
done:
    nd_free(ctx, f);
    return status;
}

/* ---- one feature -------------------------------------------------------------------------------- */

static nd_status draw_graph(nd_ctx *ctx, const nd_problem *pb, const double *theta,
                            const nd_view_plane *v, size_t n, const nd_sample *sample, nd_scene *s)
{
    nd_plot p = {s,
                 LEFT,
                 TOP,
                 WIDTH - LEFT - 24.0,
                 HEIGHT,
                 span_of(n, sample, false),
                 {0.0, 0.0, false, false}};
    double x[GRID], f[GRID], one[GRID], lo = -1.0, hi = 1.0, y = TOP + HEIGHT + 50.0;
    char name[96];
    nd_table *row;
    nd_status status;

    for (size_t i = 0; i < GRID; i++) {
        x[i] = p.x.lo + (p.x.hi - p.x.lo) * (double)i / (GRID - 1);
        one[i] = 1.0;
    }
    ND_TRY(nd_table_from_arrays(ctx, GRID, 1, x, one, &row));
    status = nd_net_outputs(ctx, pb->net, row, theta, f);
    nd_table_destroy(ctx, row);
    ND_TRY(status);
    for (size_t i = 0; i < GRID; i++)
        if (isfinite(f[i])) lo = fmin(lo, f[i]), hi = fmax(hi, f[i]);
    for (size_t i = 0; i < n; i++)
        if (isfinite(sample[i].f)) lo = fmin(lo, sample[i].f), hi = fmax(hi, sample[i].f);
    p.y = nd_axis_fit(lo, hi, false);
    double zero = nd_plot_y(&p, 0.0);
    nd_scene_rect(s, p.left, p.top, p.width, zero - p.top,
                  (nd_pen){.fill = ND_INK_BLUE, .opacity = 0.18});
    nd_scene_rect(s, p.left, zero, p.width, p.top + p.height - zero,
                  (nd_pen){.fill = ND_INK_RED, .opacity = 0.18});
    axis_name(pb, v, 0, name);
    nd_plot_axes(&p, name, "output f(x)");
    nd_scene_line(s, p.left, zero, p.left + p.width, zero,
                  (nd_pen){.stroke = ND_INK_TEXT, .width = 1.6});
    nd_plot_line(&p, GRID, x, f, (nd_pen){.stroke = ND_INK_TEXT, .width = 2.4});
    draw_samples(&p, n, sample);
    s->height = y + legend(s, y, false, any_wrong(n, sample)) + 8.0;
done:
    return status;
}

nd_status nd_draw_regions(nd_ctx *ctx, const nd_problem *pb, const double *theta,
                          const nd_view_plane *v, size_t n, const nd_sample *sample, nd_scene **out)
{
    nd_scene *s = NULL;
    char about[160];
    size_t wrong = 0;
    nd_status status;

    for (size_t i = 0; i < n; i++) wrong += sample[i].wrong;
    snprintf(about, sizeof about,
             "Where the network says + and where −; %zu of %zu samples are wrong", wrong, n);
    ND_TRY(nd_scene_create(ctx, WIDTH, 0.0,
                           v->d == 1 ? "Output of the network" : "Decision regions", about, &s));
    ND_TRY((v->d == 1 ? draw_graph : draw_plane)(ctx, pb, theta, v, n, sample, s));
    ND_TRY(nd_scene_status(s));
    *out = s;
    s = NULL;
done:
    nd_scene_destroy(s);
    return status;
}

/* ---- the section ------------------------------------------------------------------------------------ */

typedef struct {
    double margin;
    size_t i;
} listed;

static int by_margin(const void *x, const void *y)
{
    const listed *a = x, *b = y;

    if (a->margin != b->margin) return a->margin < b->margin ? -1 : 1;
    return (a->i > b->i) - (a->i < b->i);
}

static nd_status table(nd_report *r, size_t n, const nd_sample *s)
{
    static const char *const head[] = {"sample", "class", "output f", "margin y f", "", NULL};
    listed *l = ND_NEW(r->ctx, listed, n);
    char name[96];

    if (!l) return ND_EMEM;
    for (size_t i = 0; i < n; i++) l[i] = (listed){s[i].plus ? s[i].f : -s[i].f, i};
    qsort(l, n, sizeof *l, by_margin);
    snprintf(name, sizeof name,
             n > LISTED ? "Data: the %zu samples of the smallest margins"
                        : "Data: all %zu samples, smallest margin first",
             n > LISTED ? (size_t)LISTED : n);
    nd_figure_data(r, name, head);
    for (size_t k = 0; k < n && k < LISTED; k++) {
        const nd_sample *q = &s[l[k].i];
        nd_buf_printf(r->b, "<tr><td class=\"n\">%zu</td><td>%s</td>", l[k].i + 1,
                      q->plus ? "+" : "−");
        nd_html_cell(r, q->f, 6);
        nd_html_cell(r, l[k].margin, 6);
        nd_html(r, q->wrong ? "<td>wrong</td></tr>\n" : "<td>right</td></tr>\n");
    }
    nd_figure_data_end(r);
    nd_free(r->ctx, l);
    return ND_OK;
}

static void put_samples(nd_report *r, const char *key, size_t n, const nd_sample *s, double *f)
{
    for (size_t i = 0; i < n; i++) f[i] = s[i].f;
    nd_json_put(r, nd_json_at(r, key), "outputs", nd_json_floats(r, n, f));
}

static nd_status panel(nd_report *r, const nd_view_plane *v, size_t k)
{
    const nd_problem *pb = r->src->problem;
    const nd_atlas_point *p = &r->src->point[k];
    size_t n = pb->data->n;
    nd_sample *sample = ND_NEW(r->ctx, nd_sample, n);
    double *f = ND_NEW(r->ctx, double, n);
    nd_scene *scene = NULL;
    char key[64], name[64];
    nd_status status = sample && f ? ND_OK : ND_EMEM;

    if (status != ND_OK) goto done;
    snprintf(key, sizeof key, "regions/%zu", p->id);
    snprintf(name, sizeof name, "regions-%zu", p->id);
    ND_TRY(nd_view_samples(r->ctx, pb, p->theta, v, sample));
    ND_TRY(nd_draw_regions(r->ctx, pb, p->theta, v, n, sample, &scene));
    nd_panel(r, "regions", k);
    ND_TRY(nd_figure(r, key, name, scene));
    ND_TRY(table(r, n, sample));
    put_samples(r, key, n, sample, f);
    nd_figure_end(r);
    nd_panel_end(r);
done:
    nd_scene_destroy(scene);
    nd_free(r->ctx, sample);
    nd_free(r->ctx, f);
    return status;
}

static const char *introduction(size_t d)
{
    if (d == 1)
        return "The output of the network over the only feature. Samples sit on the curve; above "
               "0 they are called +, below −.";
    if (d == 2)
        return "What the network answers over the plane of the two features, and the samples it "
               "was trained on.";
    return "The data have more than two features. Shown is the plane through their mean along "
           "their two leading principal components; the network is evaluated on that plane, the "
           "samples are projected onto it at right angles. A sample may therefore lie on the "
           "wrong side of the line and yet be classified correctly: boxes tell.";
}

static nd_status all_panels(nd_report *r)
{
    nd_view_plane v;
    nd_status status = nd_view_plane_find(r->ctx, r->src->problem->data, &v);

    if (status != ND_OK) return status;
    json_t *j = nd_json_at(r, "plane");
    nd_json_put(r, j, "principal_components", json_boolean(v.components));
    for (size_t k = 0; k < r->owns && status == ND_OK; k++) status = panel(r, &v, r->own[k]);
    nd_view_plane_clear(r->ctx, &v);
    return status;
}

nd_status nd_report_regions(nd_report *r)
{
    size_t d = r->src->problem->data->d;
    nd_status status = ND_OK;

    nd_section(r, "regions", d == 1 ? "What the network answers" : "Decision regions",
               d ? introduction(d) : "There are no features: the network is a constant.");
    if (d) {
        status = all_panels(r);
        nd_panel_none(r, "regions");
    }
    nd_section_end(r);
    return status;
}
