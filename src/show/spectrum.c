/* The figure of a Hessian spectrum: on top the eigenvalues in order by absolute value on a
 * logarithmic axis, split by sign (or their density with two standard errors); below, for
 * each group of directions, how much of it lies in which neuron. */
#include "show/show.h"

#include "base/memory.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define WIDTH  640.0
#define LEFT   66.0
#define RIGHT  24.0
#define TOP    64.0
#define UPPER  230.0 /* height of the spectrum */
#define BARS   74.0  /* of one group           */
#define GAP    56.0
#define SAMPLE 600 /* points of a curve at most: more than there are pixels in a column */

static const nd_pen blue = {.stroke = ND_INK_BLUE, .width = 2.0};
static const nd_pen red = {.stroke = ND_INK_RED, .width = 2.0};
static const nd_type_style small_muted = {.size = 11.0, .ink = ND_INK_MUTED};

static nd_plot frame(nd_scene *s, double top, double height)
{
    return (nd_plot){
        .scene = s, .left = LEFT, .top = top, .width = WIDTH - LEFT - RIGHT, .height = height};
}

/* ---- all eigenvalues --------------------------------------------------------------------------- */

/* |lambda| of the ranks [from, to), every one or every so many, the last one surely. */
static void curve(const nd_plot *p, const nd_hessian_spectrum *s, size_t from, size_t to,
                  nd_pen pen)
{
    double x[SAMPLE + 1], y[SAMPLE + 1];
    size_t every = (to - from) / SAMPLE + 1, n = 0;

    for (size_t k = from; k < to; k += every, n++) {
        x[n] = (double)k + 1.0;
        y[n] = fabs(s->all[k]);
    }
    if (n == 0) return;
    x[n - 1] = (double)to;
    y[n - 1] = fabs(s->all[to - 1]);
    if (n == 1) { /* a line of one point shows nothing */
        nd_scene_circle(p->scene, nd_plot_x(p, x[0]), nd_plot_y(p, y[0]), 3.0,
                        (nd_pen){.fill = pen.stroke});
        return;
    }
    nd_plot_line(p, n, x, y, pen);
}

static double draw_all(nd_scene *scene, const nd_hessian_spectrum *s)
{
    nd_plot p = frame(scene, TOP, UPPER);
    size_t negative = (size_t)s->negative, null = (size_t)s->null;
    double top = fmax(fabs(s->all[0]), fabs(s->all[s->P - 1]));
    double least = null ? s->error : top;
    char text[3][64];
    nd_legend legend[4] = {{.text = NULL}};
    size_t rows = 0;

    for (size_t k = 0; k < s->P; k++)
        if (fabs(s->all[k]) > s->error) least = fmin(least, fabs(s->all[k]));
    least = fmax(least, 1e-17 * top);
    p.x = nd_axis_fit(1.0, (double)s->P, false);
    p.x.whole = true;
    p.y = top > 0.0 ? nd_axis_fit(least, fmax(top, 10.0 * least), true)
                    : (nd_axis){1e-16, 1.0, true, false};
    nd_plot_axes(&p, "rank of the eigenvalue, smallest first", "|eigenvalue|");
    if (null)
        nd_plot_band(&p, 2, (double[]){(double)negative + 0.5, (double)(negative + null) + 0.5},
                     (double[]){0, 0}, (double[]){p.y.hi, p.y.hi},
                     (nd_pen){.fill = ND_INK_MUTED, .opacity = 0.25});
    curve(&p, s, 0, negative, red);
    curve(&p, s, negative + null, s->P, blue);
    snprintf(text[0], sizeof text[0], "%ld negative", s->negative);
    snprintf(text[1], sizeof text[1], "%ld not told from 0 (within the error)", s->null);
    snprintf(text[2], sizeof text[2], "%ld positive", s->positive);
    if (negative) legend[rows++] = (nd_legend){.text = text[0], .pen = red};
    if (null)
        legend[rows++] =
            (nd_legend){.text = text[1], .pen = {.fill = ND_INK_MUTED, .opacity = 0.25}};
    if (s->positive > 0) legend[rows++] = (nd_legend){.text = text[2], .pen = blue};
    return TOP + UPPER + 46.0 + nd_scene_legend(scene, LEFT, TOP + UPPER + 46.0, legend);
}

/* ---- density -------------------------------------------------------------------------------------- */

static nd_status draw_density(nd_ctx *ctx, nd_scene *scene, const nd_hessian_spectrum *s, double *y)
{
    nd_plot p = frame(scene, TOP, UPPER);
    size_t n = s->points;
    double *lo = ND_NEW(ctx, double, 2 * n), *hi = lo + n, top = 0.0;
    char text[96];

    if (!lo) return ND_EMEM;
    for (size_t k = 0; k < n; k++) {
        double e = isfinite(s->spread[k]) ? 2.0 * s->spread[k] : 0.0;
        lo[k] = s->density[k] - e;
        hi[k] = s->density[k] + e;
        top = fmax(top, hi[k]);
    }
    p.x = nd_axis_fit(s->x[0], s->x[n - 1], false);
    p.y = nd_axis_fit(1e-6 * top, top, true);
    nd_plot_axes(&p, "eigenvalue", "density (log)");
    nd_plot_band(&p, n, s->x, lo, hi, (nd_pen){.fill = ND_INK_BLUE, .opacity = 0.25});
    nd_plot_line(&p, n, s->x, s->density, blue);
    for (int k = 0; k < 2; k++) {
        double x = nd_plot_x(&p, k ? s->high.value : s->low.value);
        nd_scene_line(scene, x, TOP, x, TOP + UPPER,
                      (nd_pen){.stroke = ND_INK_RED, .width = 1.2, .dash = ND_DASHED});
    }
    nd_free(ctx, lo);
    snprintf(text, sizeof text, "mean of %zu probes of %zu steps, and twice its standard error",
             s->probes, s->steps);
    const nd_legend legend[] = {{.text = text, .pen = {.fill = ND_INK_BLUE, .opacity = 0.4}},
                                {.text = "smallest and largest eigenvalue",
                                 .pen = {.stroke = ND_INK_RED, .width = 1.2, .dash = ND_DASHED}},
                                {.text = NULL}};
    *y = TOP + UPPER + 46.0 + nd_scene_legend(scene, LEFT, TOP + UPPER + 46.0, legend);
    return ND_OK;
}

/* ---- participation ---------------------------------------------------------------------------------- */

static nd_ink group_ink(const nd_directions *g)
{
    return strcmp(g->name, "negative") == 0   ? ND_INK_RED
           : strcmp(g->name, "stiffest") == 0 ? ND_INK_BLUE
                                              : ND_INK_MUTED;
}

static void group_title(const nd_directions *g, char text[160])
{
    char lo[ND_TICK_TEXT], hi[ND_TICK_TEXT];

    nd_number_label(g->lo, 3, lo);
    nd_number_label(g->hi, 3, hi);
    if (g->count == 1)
        snprintf(text, 160, "%s direction, eigenvalue %s: share of each neuron", g->name, lo);
    else
        snprintf(text, 160, "%zu %s directions, eigenvalues %s to %s: share of each neuron",
                 g->count, g->name, lo, hi);
}

/* Where layers begin, as thin lines between the bars. */
static void layer_lines(const nd_plot *p, const nd_net *net)
{
    double at = 0.5;

    for (size_t t = 0; t < net->terms; t++)
        for (size_t l = 0; l < net->term[t].depth; l++) {
            at += (double)net->term[t].layer[l].width;
            if (at > p->x.hi) return;
            nd_scene_line(p->scene, nd_plot_x(p, at), p->top, nd_plot_x(p, at), p->top + p->height,
                          (nd_pen){.stroke = ND_INK_MUTED, .width = 0.8, .dash = ND_DOTTED});
        }
}

static nd_status draw_group(nd_ctx *ctx, nd_scene *scene, const nd_net *net, const nd_directions *g,
                            double top, bool last)
{
    nd_plot p = frame(scene, top + 16.0, BARS);
    size_t n = net->units + 1;
    double *share = ND_NEW(ctx, double, n), *edge = ND_NEW(ctx, double, n + 1), most = 0.0;
    char title[160];

    if (!share || !edge) {
        nd_free(ctx, share);
        nd_free(ctx, edge);
        return ND_EMEM;
    }
    nd_participation(net, g->weight, share);
    for (size_t k = 0; k <= n; k++) edge[k] = (double)k + 0.5;
    for (size_t k = 0; k < n; k++) most = fmax(most, share[k]);
    p.x = (nd_axis){0.5, (double)n + 0.5, false, true};
    p.y = (nd_axis){0.0, 1.08 * fmax(most, 1e-300), false, false};
    group_title(g, title);
    nd_scene_text(scene, LEFT, top + 8.0, (nd_type_style){.size = 11.5}, title);
    nd_plot_axes(
        &p, last ? "neuron (layer by layer; the last bar: output bias and linear terms)" : NULL,
        "share");
    nd_plot_bars(
        &p, n, edge, share,
        (nd_pen){.fill = group_ink(g), .stroke = ND_INK_PAPER, .width = n <= 120 ? 0.8 : 0.0});
    layer_lines(&p, net);
    nd_free(ctx, share);
    nd_free(ctx, edge);
    return ND_OK;
}

/* ---- the whole ---------------------------------------------------------------------------------------- */

static double caption(nd_scene *scene, double y, const nd_hessian_spectrum *s,
                      const nd_spectrum_view *v)
{
    char text[600], lo[ND_TICK_TEXT], hi[ND_TICK_TEXT], error[ND_TICK_TEXT];

    nd_number_label(s->low.value, 6, lo);
    nd_number_label(s->high.value, 6, hi);
    nd_number_label(s->error, 2, error);
    snprintf(
        text, sizeof text,
        "Smallest eigenvalue %s, largest %s, each with an error of at most %s for the Hessian as "
        "computed (numerical, not proved).%s%.300s",
        lo, hi, error, v->proved ? " " : "", v->proved ? v->proved : "");
    return nd_scene_paragraph(scene, LEFT, y, WIDTH - LEFT - RIGHT, small_muted, text);
}

nd_status nd_show_spectrum(nd_ctx *ctx, const nd_net *net, const nd_hessian_spectrum *s,
                           const nd_spectrum_view *view, nd_scene **out)
{
    const char *title = view->title ? view->title : "Spectrum of the Hessian";
    nd_scene *scene = NULL;
    nd_status status;
    double y = 0.0;

    ND_TRY(nd_scene_create(ctx, WIDTH, 0.0, title, view->subject, &scene));
    nd_scene_text(scene, LEFT, 24.0, (nd_type_style){.size = 15.0, .bold = true}, title);
    if (view->subject) nd_scene_text(scene, LEFT, 43.0, small_muted, view->subject);
    if (s->all)
        y = draw_all(scene, s);
    else
        ND_TRY(draw_density(ctx, scene, s, &y));
    y += 20.0;
    for (size_t k = 0; k < s->groups; k++, y += BARS + GAP)
        ND_TRY(draw_group(ctx, scene, net, &s->group[k], y, k + 1 == s->groups));
    y += 24.0;
    y += caption(scene, y, s, view);
    scene->height = y;
    ND_TRY(nd_scene_status(scene));
    *out = scene;
    scene = NULL;
done:
    nd_scene_destroy(scene);
    return status;
}
