/* The disconnectivity graph (Becker and Karplus, J. Chem. Phys. 106 (1997)): a leaf hangs at
 * the loss of its minimum, branches meet at the height of the lowest saddle that joins them.
 * Drawn with exact heights.  Colour: the fewest training errors below. */
#include "show/report.h"

#include "base/memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEFT   66.0
#define TOP    34.0
#define HEIGHT 360.0
#define SPREAD 300.0 /* of the losses, from which on the axis is logarithmic */
enum { LABELLED = 48 };

typedef struct {
    const nd_tree *t;
    const nd_atlas_point *point;
    const size_t *leaf;
    size_t *child, *next; /* first child, next sibling; SIZE_MAX: none    */
    size_t leaves;        /* placed so far                                */
    double *x;            /* nodes: place in units of leaves              */
    double *low, *errors; /* nodes: lowest loss and fewest errors below   */
} layout;

/* ---- layout ---------------------------------------------------------------------------------- */

/* Nodes are numbered by height, so children come before their parents. */
static void gather(layout *l)
{
    const nd_tree *t = l->t;

    for (size_t k = 0; k < t->nodes; k++) {
        l->child[k] = l->next[k] = SIZE_MAX;
        l->low[k] = INFINITY;
        l->errors[k] = INFINITY;
    }
    for (size_t k = 0; k < t->nodes; k++) {
        if (k < t->minima) {
            l->low[k] = t->height[k];
            l->errors[k] = (double)l->point[l->leaf[k]].verdict.errors;
        }
        size_t p = t->parent[k];
        if (p == k) continue;
        l->low[p] = fmin(l->low[p], l->low[k]);
        l->errors[p] = fmin(l->errors[p], l->errors[k]);
    }
}

/* Sorted into p's list: the deeper branch to the left. */
static void hang(layout *l, size_t *list, size_t k)
{
    while (*list != SIZE_MAX && l->low[*list] <= l->low[k]) list = &l->next[*list];
    l->next[k] = *list;
    *list = k;
}

/* Leaves get places from left to right; a node stands in the middle of its children. */
static void place(layout *l, size_t k)
{
    double sum = 0.0, n = 0.0;

    if (l->child[k] == SIZE_MAX) {
        l->x[k] = (double)l->leaves++ + 0.5;
        return;
    }
    for (size_t c = l->child[k]; c != SIZE_MAX; c = l->next[c], n += 1.0) {
        place(l, c);
        sum += l->x[c];
    }
    l->x[k] = sum / n;
}

static void arrange(layout *l)
{
    size_t roots = SIZE_MAX;

    gather(l);
    for (size_t k = 0; k < l->t->nodes; k++)
        hang(l, l->t->parent[k] == k ? &roots : &l->child[l->t->parent[k]], k);
    for (size_t k = roots; k != SIZE_MAX; k = l->next[k]) place(l, k);
}

/* ---- picture ------------------------------------------------------------------------------------ */

static nd_axis heights(const nd_tree *t)
{
    double lo = INFINITY, hi = -INFINITY;

    for (size_t k = 0; k < t->nodes; k++) {
        lo = fmin(lo, t->height[k]);
        hi = fmax(hi, t->height[k]);
    }
    bool log = lo > 0.0 && hi > SPREAD * lo;
    nd_axis a = nd_axis_fit(lo, hi, log);
    if (log)
        a.hi *= pow(a.hi / a.lo, 0.08); /* room for the stems of what is not joined */
    else
        a.hi += 0.1 * (a.hi - a.lo);
    return a;
}

static nd_ink ink_of(const nd_ramp *r, double errors)
{
    size_t k = (size_t)((errors - r->lo) / (r->hi - r->lo) * (double)r->bands);

    return nd_ramp_ink(r, k < r->bands ? k : r->bands - 1);
}

/* A branch: its colour in a casing that shows on any ground. */
static void branch(nd_scene *s, size_t n, const double *xy, nd_ink ink, bool thin)
{
    nd_scene_path(s, n, xy, false, (nd_pen){.stroke = ND_INK_MUTED, .width = thin ? 2.0 : 5.0});
    nd_scene_path(s, n, xy, false, (nd_pen){.stroke = ink, .width = thin ? 1.2 : 3.0});
}

static void draw_branches(const nd_plot *p, const layout *l, const nd_ramp *r)
{
    const nd_tree *t = l->t;
    bool thin = l->t->minima > LABELLED;

    for (size_t i = t->nodes; i-- > 0;) { /* parents first: children lie on top */
        double x = nd_plot_x(p, l->x[i]), y = nd_plot_y(p, t->height[i]);
        nd_ink ink = ink_of(r, l->errors[i]);
        if (t->parent[i] == i) {
            const double stem[] = {x, y, x, p->top};
            nd_scene_path(p->scene, 2, stem, false,
                          (nd_pen){.stroke = ND_INK_MUTED, .width = 1.2, .dash = ND_DOTTED});
            continue;
        }
        double px = nd_plot_x(p, l->x[t->parent[i]]), py = nd_plot_y(p, t->height[t->parent[i]]);
        const double elbow[] = {x, y, x, py, px, py};
        branch(p->scene, 3, elbow, ink, thin);
    }
}

static void draw_leaf(const nd_plot *p, const layout *l, size_t k)
{
    const nd_atlas_point *q = &l->point[l->leaf[k]];
    double x = nd_plot_x(p, l->x[k]), y = nd_plot_y(p, l->t->height[k]);
    char id[24], title[ND_POINT_TEXT];

    snprintf(id, sizeof id, "%zu", q->id);
    nd_point_sentence(q, title);
    nd_scene_group(p->scene, "point", id, title);
    nd_scene_mark(p->scene, x, y, l->t->minima > LABELLED ? 3.5 : 6.0, nd_mark_of(&q->verdict));
    if (l->t->minima <= LABELLED)
        nd_scene_text(p->scene, x, y + 21.0,
                      (nd_type_style){.size = 11.0, .anchor = ND_MIDDLE, .halo = true}, id);
    nd_scene_end(p->scene);
}

/* A node is the saddle that joins its branches. */
static void draw_node(const nd_plot *p, const layout *l, size_t k)
{
    const nd_atlas_point *q = &l->point[l->t->saddle[k]];
    char id[24], title[ND_POINT_TEXT];

    if (l->t->minima > LABELLED) return;
    snprintf(id, sizeof id, "%zu", q->id);
    nd_point_sentence(q, title);
    nd_scene_group(p->scene, "point", id, title);
    nd_scene_mark(p->scene, nd_plot_x(p, l->x[k]), nd_plot_y(p, l->t->height[k]), 5.0,
                  nd_mark_of(&q->verdict));
    nd_scene_end(p->scene);
}

static double legend(nd_scene *s, double y, const layout *l)
{
    nd_legend row[ND_MARKS + 2];
    size_t n = 0;

    for (int m = 0; m < ND_MARK_PLUS; m++) {
        bool occurs = false;
        for (size_t k = 0; k < l->t->nodes && !occurs; k++) {
            size_t at = k < l->t->minima ? l->leaf[k] : l->t->saddle[k];
            occurs = nd_mark_of(&l->point[at].verdict) == (nd_mark)m;
        }
        if (occurs)
            row[n++] =
                (nd_legend){.text = nd_mark_name((nd_mark)m), .is_mark = true, .mark = (nd_mark)m};
    }
    row[n++] = (nd_legend){.text = "joined to others by no saddle found below this",
                           .pen = {.stroke = ND_INK_MUTED, .width = 1.2, .dash = ND_DOTTED}};
    row[n].text = NULL;
    return nd_scene_legend(s, LEFT, y, row);
}

static nd_status draw(nd_ctx *ctx, layout *l, nd_scene *s, double width)
{
    nd_plot p = {
        s, LEFT, TOP, width, HEIGHT, {0.0, (double)l->t->minima, false, false}, heights(l->t)};
    nd_plot axes = p;
    nd_ramp r;
    nd_status status = nd_ramp_fit_whole(ctx, l->t->minima, l->errors, 12, &r);

    if (status != ND_OK) return status;
    axes.x = (nd_axis){0.0, 0.0, false, false}; /* no ticks: places mean nothing */
    nd_plot_axes(&axes, "minima (their order has no meaning)", p.y.log ? "loss (log)" : "loss");
    draw_branches(&p, l, &r);
    for (size_t k = l->t->minima; k < l->t->nodes; k++) draw_node(&p, l, k);
    for (size_t k = 0; k < l->t->minima; k++) draw_leaf(&p, l, k);
    nd_plot_ramp(&p, LEFT + width + 24.0, &r, "errors");
    s->height = TOP + HEIGHT + 48.0;
    s->height += legend(s, s->height, l) + 8.0;
    return nd_scene_status(s);
}

static nd_status room(nd_ctx *ctx, layout *l)
{
    size_t n = l->t->nodes;

    l->child = ND_NEW(ctx, size_t, 2 * n);
    l->x = ND_NEW(ctx, double, 3 * n);
    if (!l->child || !l->x) return ND_EMEM;
    l->next = l->child + n;
    l->low = l->x + n;
    l->errors = l->low + n;
    return ND_OK;
}

nd_status nd_draw_tree(nd_ctx *ctx, const nd_tree *t, const nd_atlas_point *point,
                       const size_t *leaf, nd_scene **out)
{
    layout l = {.t = t, .point = point, .leaf = leaf};
    double width = t->minima <= LABELLED ? 480.0 : fmin(5.0 * (double)t->minima + 240.0, 1500.0);
    nd_scene *s = NULL;
    char about[160];
    nd_status status;

    ND_TRY(room(ctx, &l));
    arrange(&l);
    snprintf(about, sizeof about,
             "%zu minima at their losses, joined at the heights of %zu saddles", t->minima,
             t->nodes - t->minima);
    ND_TRY(nd_scene_create(ctx, LEFT + width + 94.0, 0.0, "Disconnectivity graph", about, &s));
    ND_TRY(draw(ctx, &l, s, width));
    *out = s;
    s = NULL;
done:
    nd_scene_destroy(s);
    nd_free(ctx, l.child);
    nd_free(ctx, l.x);
    return status;
}

/* ---- the section -------------------------------------------------------------------------------- */

/* "12 and 17, ...": ids of the children of node k. */
static void joined(nd_report *r, const nd_tree *t, const size_t *leaf, size_t k)
{
    bool any = false;

    for (size_t c = 0; c < k; c++) {
        if (t->parent[c] != k) continue;
        size_t at = c < t->minima ? leaf[c] : t->saddle[c];
        nd_buf_printf(r->b, "%s%zu", any ? ", " : "", r->src->point[at].id);
        any = true;
    }
}

static void table(nd_report *r, const nd_tree *t, const size_t *leaf)
{
    static const char *const head[] = {"saddle", "height", "enclosure", "joins the branches of",
                                       NULL};

    nd_figure_data(r, "Data: the saddles that join branches", head);
    for (size_t k = t->minima; k < t->nodes; k++) {
        size_t id = r->src->point[t->saddle[k]].id;
        nd_buf_printf(r->b, "<tr class=\"point\" data-id=\"%zu\"><th scope=\"row\">%zu</th>", id,
                      id);
        nd_html_cell(r, t->height[k], 6);
        nd_html(r, "<td class=\"n\">");
        if (t->lo[k] < t->hi[k]) {
            char number[32];
            nd_number_format(t->lo[k], number);
            nd_html_say(r, "[%s, ", number);
            nd_number_format(t->hi[k], number);
            nd_html_say(r, "%s]", number);
        } else
            nd_html(r, "numerical");
        nd_html(r, "</td><td>");
        joined(r, t, leaf, k);
        nd_html(r, "</td></tr>\n");
    }
    nd_figure_data_end(r);
}

static void put_json(nd_report *r)
{
    const nd_atlas *a = r->src->atlas;
    json_t *array = json_array();

    for (size_t k = 0; k < a->edges; k++) {
        const nd_edge *e = &a->edge[k];
        json_t *j = json_object();
        nd_json_put(r, j, "a", json_integer((json_int_t)a->point[e->a].id));
        nd_json_put(r, j, "b", json_integer((json_int_t)a->point[e->b].id));
        nd_json_put(r, j, "saddle", json_integer((json_int_t)a->point[e->saddle].id));
        nd_json_put_real(r, j, "height", e->height);
        nd_json_put_real(r, j, "lo", e->lo);
        nd_json_put_real(r, j, "hi", e->hi);
        nd_json_append(r, array, j);
    }
    nd_json_put(r, nd_json_at(r, "graph"), "edges", array);
}

static nd_status figure(nd_report *r)
{
    const nd_atlas *a = r->src->atlas;
    size_t *of = ND_NEW(r->ctx, size_t, 2 * a->points), *leaf = of + a->points;
    nd_tree *t = NULL;
    nd_scene *scene = NULL;
    nd_status status = of ? nd_atlas_tree(r->ctx, a, of, &t) : ND_EMEM;

    if (status != ND_OK) goto done;
    if (t->minima == 0) {
        nd_html(r, "<p>No minimum was found.</p>\n");
        goto done;
    }
    for (size_t k = 0; k < a->points; k++)
        if (of[k] != SIZE_MAX) leaf[of[k]] = k;
    ND_TRY(nd_draw_tree(r->ctx, t, a->point, leaf, &scene));
    ND_TRY(nd_figure(r, "graph", "graph", scene));
    table(r, t, leaf);
    put_json(r);
    nd_figure_end(r);
done:
    nd_scene_destroy(scene);
    nd_tree_destroy(r->ctx, t);
    nd_free(r->ctx, of);
    return status;
}

nd_status nd_report_graph(nd_report *r)
{
    const nd_atlas *a = r->src->atlas;
    nd_status status = ND_OK;

    nd_section(r, "graph", "How the minima hang together",
               "The disconnectivity graph. Each leaf is a minimum at its loss. Two branches meet "
               "at the lowest saddle found between them: that much the loss must rise on the way "
               "from one to the other, as far as the search knows. Colours count training "
               "errors: the fewest below.");
    if (!a)
        nd_html(r, "<p>This is a report of a single model. <code>nadir explore</code> looks for "
                   "other minima and the saddles between them.</p>\n");
    else if (!a->settings.saddles)
        nd_html(r, "<p>No saddles were looked for (<code>nadir explore --saddles</code>): every "
                   "minimum stands alone.</p>\n");
    if (a) status = figure(r);
    nd_section_end(r);
    return status;
}
