/* The slice of the report: the plane through the lowest minimum, the selected point and the
 * saddle between them (or what there is), as loss, logarithm of the loss, and errors. */
#include "show/report.h"

#include "base/memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN = 40 }; /* points in the picture: more hide each other */
#define SPREAD 100.0 /* of the loss, from which on its logarithm is shown first */

typedef struct {
    nd_plane *plane;
    nd_slice *grid;
    size_t points;
    size_t index[SHOWN];
    nd_slice_point point[SHOWN];
    char label[SHOWN][24], title[SHOWN][ND_POINT_TEXT];
    double at[SHOWN][2], far[SHOWN];
    nd_slice_view view;
} slice;

/* ---- which plane -------------------------------------------------------------------------- */

/* Index of the lowest minimum other than the two given; points when there is none. */
static size_t lowest(const nd_report *r, bool minimum, size_t a, size_t b)
{
    const nd_atlas_point *p = r->src->point;
    size_t best = r->src->points;

    for (size_t k = 0; k < r->src->points; k++) {
        if (k == a || k == b || p[k].minimum != minimum) continue;
        if (best == r->src->points || p[k].verdict.loss < p[best].verdict.loss) best = k;
    }
    return best;
}

/* The lowest saddle on an edge between a and b. */
static size_t between(const nd_report *r, size_t a, size_t b)
{
    const nd_atlas *at = r->src->atlas;
    size_t best = r->src->points;
    double height = INFINITY;

    for (size_t k = 0; at && k < at->edges; k++) {
        const nd_edge *e = &at->edge[k];
        bool joins = (e->a == a && e->b == b) || (e->a == b && e->b == a);
        if (joins && e->height < height) best = e->saddle, height = e->height;
    }
    return best;
}

/* Candidates for the three points of the plane, best first. */
static size_t candidates(const nd_report *r, size_t out[6])
{
    size_t none = r->src->points, n = 0;
    size_t low = lowest(r, true, none, none), other = r->first;

    if (low == none) low = r->first;
    if (other == low) other = lowest(r, true, low, none);
    if (other == none) other = lowest(r, false, low, none);
    out[n++] = low;
    if (other != none) out[n++] = other;
    size_t more[] = {between(r, low, other), lowest(r, true, low, other),
                     lowest(r, false, low, other)};
    for (size_t k = 0; k < 3; k++)
        if (more[k] != none) out[n++] = more[k];
    return n;
}

/* Through the first three that span a plane; else random directions. */
static nd_status find_plane(nd_report *r, slice *s, size_t named[3], size_t *count)
{
    const nd_net *net = r->src->problem->net;
    size_t c[6], n = candidates(r, c);
    const double *theta[3];
    nd_status status;

    for (size_t third = 2; third < n; third++) {
        named[0] = c[0], named[1] = c[1], named[2] = c[third];
        for (int k = 0; k < 3; k++) theta[k] = r->src->point[named[k]].theta;
        status = nd_plane_through(r->ctx, net->P, 3, theta, &s->plane);
        *count = 3;
        if (status != ND_ERANGE) return status;
    }
    if (n >= 2) {
        for (int k = 0; k < 2; k++) theta[k] = r->src->point[c[k]].theta;
        named[0] = c[0], named[1] = c[1];
        *count = 2;
        status = nd_plane_through(r->ctx, net->P, 2, theta, &s->plane);
        if (status != ND_ERANGE) return status;
    }
    named[0] = r->first;
    *count = 1;
    return nd_plane_random(r->ctx, net, r->src->point[r->first].theta, net->P > 1 ? 2 : 1, 1,
                           &s->plane);
}

/* ---- which points --------------------------------------------------------------------------- */

typedef struct {
    double far;
    size_t k;
} near_point;

static int nearer(const void *x, const void *y)
{
    const near_point *a = x, *b = y;

    if (a->far != b->far) return a->far < b->far ? -1 : 1;
    return (a->k > b->k) - (a->k < b->k);
}

static void add_point(nd_report *r, slice *s, size_t k)
{
    const nd_atlas_point *p = &r->src->point[k];
    size_t n = s->points++;

    s->index[n] = k;
    snprintf(s->label[n], sizeof s->label[n], "%zu", p->id);
    nd_point_sentence(p, s->title[n]);
    s->far[n] = nd_plane_project(s->plane, p->theta, s->at[n]);
    s->point[n] = (nd_slice_point){.theta = p->theta,
                                   .loss = p->verdict.loss,
                                   .mark = nd_mark_of(&p->verdict),
                                   .label = s->label[n],
                                   .title = s->title[n]};
}

/* Those of the plane, in the order in which it names them, then the nearest others. */
static nd_status add_points(nd_report *r, slice *s, const size_t *named, size_t count)
{
    size_t n = r->src->points;
    near_point *all = ND_NEW(r->ctx, near_point, n);
    double at[2];

    if (!all) return ND_EMEM;
    for (size_t k = 0; k < n; k++)
        all[k] = (near_point){nd_plane_project(s->plane, r->src->point[k].theta, at), k};
    qsort(all, n, sizeof *all, nearer);
    for (size_t k = 0; k < count; k++) add_point(r, s, named[k]);
    for (size_t k = 0; k < n && s->points < SHOWN; k++) {
        bool there = false;
        for (size_t i = 0; i < count; i++) there = there || named[i] == all[k].k;
        if (!there) add_point(r, s, all[k].k);
    }
    nd_free(r->ctx, all);
    s->view = (nd_slice_view){.subject = r->subject, .points = s->points, .point = s->point};
    return ND_OK;
}

/* ---- what is written --------------------------------------------------------------------------- */

static bool steep(const nd_slice *g)
{
    double lo = INFINITY, hi = 0.0;

    for (size_t k = 0; k < g->n[0] * g->n[1]; k++) {
        if (!isfinite(g->loss[k]) || !(g->loss[k] > 0.0)) continue;
        lo = fmin(lo, g->loss[k]);
        hi = fmax(hi, g->loss[k]);
    }
    return hi > SPREAD * lo;
}

static void put_json(nd_report *r, const slice *s)
{
    json_t *j = nd_json_at(r, "slice"), *points = json_array();
    const nd_slice *g = s->grid;
    size_t cells = g->n[0] * g->n[1];
    char text[ND_PLANE_TEXT];

    nd_plane_sentence(s->plane, &s->view, text);
    nd_json_put(r, j, "plane", json_string(text));
    nd_json_put(r, j, "proof", json_false());
    nd_json_put(r, j, "across", json_pack("[i,i]", (int)g->n[0], (int)g->n[1]));
    nd_json_put(r, j, "lo", nd_json_reals(r, 2, g->lo));
    nd_json_put(r, j, "hi", nd_json_reals(r, 2, g->hi));
    nd_json_put(r, j, "loss", nd_json_floats(r, cells, g->loss));
    nd_json_put(r, j, "errors", nd_json_floats(r, cells, g->errors));
    for (size_t k = 0; k < s->points; k++) {
        json_t *one = json_object();
        nd_json_put(r, one, "id", json_integer((json_int_t)r->src->point[s->index[k]].id));
        nd_json_put_real(r, one, "s", s->at[k][0]);
        nd_json_put_real(r, one, "t", s->at[k][1]);
        nd_json_put_real(r, one, "distance", s->far[k]);
        nd_json_put_real(r, one, "loss", s->point[k].loss);
        nd_json_append(r, points, one);
    }
    nd_json_put(r, j, "points", points);
}

static void table(nd_report *r, const slice *s)
{
    static const char *const head[] = {"point", "s", "t", "distance from the plane", "loss", NULL};

    nd_figure_data(r, "Data: the points and where they are projected (the grid is in the JSON)",
                   head);
    for (size_t k = 0; k < s->points; k++) {
        nd_buf_printf(r->b, "<tr class=\"point\" data-id=\"%s\"><th scope=\"row\">%s</th>",
                      s->label[k], s->label[k]);
        nd_html_cell(r, s->at[k][0], 5);
        nd_html_cell(r, s->at[k][1], 5);
        nd_html_cell(r, s->far[k], 3);
        nd_html_cell(r, s->point[k].loss, 6);
        nd_html(r, "</tr>\n");
    }
    nd_figure_data_end(r);
}

/* Three pictures of one slice; radio buttons choose, with or without scripts. */
static nd_status picture(nd_report *r, slice *s, int which)
{
    static const char *const class[] = {"linear", "log", "errors"};
    nd_scene *scene = NULL;
    char id[32], *svg = NULL;
    size_t size;
    nd_status status;

    snprintf(id, sizeof id, "slice-%s", class[which]);
    const nd_scene_style style = {.embedded = true, .id = id};
    s->view.errors = which == 2;
    s->view.log = which == 1;
    ND_TRY(nd_show_slice(r->ctx, s->plane, s->grid, &s->view, &scene));
    ND_TRY(nd_scene_svg(r->ctx, scene, &style, &svg, &size));
    nd_buf_printf(r->b, "<div class=\"svg as-%s\">", class[which]);
    nd_buf_add(r->b, svg, size);
    nd_html(r, "</div>\n");
done:
    nd_text_destroy(r->ctx, svg);
    nd_scene_destroy(scene);
    return status;
}

static nd_status figure(nd_report *r, slice *s)
{
    static const char *const name[] = {"loss", "loss, logarithmic", "training errors"};
    static const char *const class[] = {"linear", "log", "errors"};
    int count = s->plane->dim == 2 ? 3 : 2, start = steep(s->grid) ? 1 : 0;
    nd_status status = ND_OK;

    nd_html(r, "<figure data-key=\"slice\" data-name=\"slice\">\n<div class=\"views\">");
    for (int k = 0; k < count; k++)
        nd_buf_printf(r->b,
                      "<input type=\"radio\" name=\"slice-view\" id=\"view-%s\"%s>"
                      "<label for=\"view-%s\">%s</label>",
                      class[k], k == start ? " checked=\"\"" : "", class[k], name[k]);
    nd_html(r, "<span class=\"extra\"></span></div>\n");
    for (int k = 0; k < count && status == ND_OK; k++) status = picture(r, s, k);
    table(r, s);
    nd_figure_end(r);
    return status;
}

static nd_status make(nd_report *r, slice *s)
{
    size_t named[3], count = 0;
    nd_status status;

    status = find_plane(r, s, named, &count);
    if (status == ND_ERANGE) { /* all parameters are 0 */
        nd_html(r, "<p>No plane: the points span none, and random directions have no scale where "
                   "all parameters are 0.</p>\n");
        return ND_OK;
    }
    if (status != ND_OK) return status;
    ND_TRY(add_points(r, s, named, count));
    ND_TRY(nd_slice_make(r->ctx, r->src->problem, s->plane, (size_t)r->set->grid, &s->grid));
    put_json(r, s);
    ND_TRY(figure(r, s));
done:
    return status;
}

nd_status nd_report_slice(nd_report *r)
{
    slice *s = ND_NEW0(r->ctx, slice, 1);
    nd_status status = s ? ND_OK : ND_EMEM;

    if (!s) return status;
    nd_section(r, "slice", "A slice of the loss surface",
               "The loss over one plane of parameter space. <strong>A slice is a picture, not a "
               "proof</strong>: it shows a plane, and the space has many more dimensions. Points "
               "beside the plane appear where they are projected, with their distance.");
    status = make(r, s);
    nd_section_end(r);
    nd_slice_destroy(r->ctx, s->grid);
    nd_plane_destroy(r->ctx, s->plane);
    nd_free(r->ctx, s);
    return status;
}
