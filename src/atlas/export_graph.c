/* Points and edges as CSV, the graph as GraphML (http://graphml.graphdrawing.org): minima
 * are nodes, saddles of index 1 with a minimum at both sides are edges. */
#include "atlas/export.h"

#include <math.h>
#include <string.h>

/* ---- CSV (RFC 4180) ---------------------------------------------------------------------------- */

static void put_cell(nd_buf *b, const char *text)
{
    if (!text[strcspn(text, ",\"\r\n")]) {
        nd_buf_puts(b, text);
        return;
    }
    nd_buf_puts(b, "\"");
    for (; *text; text++) nd_buf_add(b, *text == '"' ? "\"\"" : text, *text == '"' ? 2 : 1);
    nd_buf_puts(b, "\"");
}

/* An empty cell for what is not known. */
static void put_real(nd_buf *b, double x)
{
    nd_buf_puts(b, ",");
    if (!isnan(x)) nd_buf_number(b, x);
}

static void point_row(const nd_atlas *a, const nd_atlas_point *p, nd_buf *b)
{
    const nd_null_causes *n = &p->null;
    char text[256];

    nd_buf_printf(b, "%zu,%s,%s,%zu,%zu", p->id, p->minimum ? "true" : "false",
                  p->family ? "true" : "false", p->trial, p->found);
    put_real(b, p->copies);
    put_real(b, p->spread);
    nd_buf_printf(b, ",%s", nd_truth_name(p->same));
    for (const nd_field *f = nd_verdict_fields; f->name; f++) {
        nd_verdict_text(f, &p->verdict, text);
        nd_buf_puts(b, ",");
        put_cell(b, text);
    }
    nd_buf_printf(b, ",%zu,%zu,%zu,%zu,%zu,%zu", n->idle, n->constant, n->dead, n->symmetry,
                  n->zero_loss, n->unexplained);
    for (size_t k = 0; k < a->net->P; k++) put_real(b, p->theta[k]);
    nd_buf_puts(b, "\n");
}

void nd_export_points_csv(const nd_atlas *a, nd_buf *b)
{
    nd_buf_puts(b, "id,minimum,family,trial,found,copies,spread,same");
    for (const nd_field *f = nd_verdict_fields; f->name; f++) nd_buf_printf(b, ",%s", f->name);
    nd_buf_puts(b, ",null_idle,null_constant,null_dead,null_symmetry,null_zero_loss,"
                   "null_unexplained");
    for (size_t k = 0; k < a->net->P; k++) nd_buf_printf(b, ",theta_%zu", k + 1);
    nd_buf_puts(b, "\n");
    for (size_t k = 0; k < a->points; k++) point_row(a, &a->point[k], b);
}

void nd_export_edges_csv(const nd_atlas *a, nd_buf *b)
{
    nd_buf_puts(b, "saddle,a,b,height,lo,hi,proved\n");
    for (size_t k = 0; k < a->edges; k++) {
        const nd_edge *e = &a->edge[k];

        nd_buf_printf(b, "%zu,%zu,%zu", a->point[e->saddle].id, a->point[e->a].id,
                      a->point[e->b].id);
        put_real(b, e->height);
        put_real(b, e->lo);
        put_real(b, e->hi);
        nd_buf_printf(b, ",%s\n", nd_truth_name(a->point[e->saddle].verdict.proved));
    }
}

/* ---- GraphML ----------------------------------------------------------------------------------- */

/* Attributes: of nodes and edges alike, where they make sense. */
static const struct {
    const char *id, *of, *type;
} keys[] = {
    {"loss", "node", "double"},    {"errors", "node", "long"},       {"verdict", "node", "string"},
    {"proved", "node", "boolean"}, {"bad", "node", "boolean"},       {"found", "node", "long"},
    {"saddle", "edge", "long"},    {"height", "edge", "double"},     {"lo", "edge", "double"},
    {"hi", "edge", "double"},      {"certified", "edge", "boolean"},
};

static void data_text(nd_buf *b, const char *key, const char *text)
{
    nd_buf_printf(b, "<data key=\"%s\">%s</data>", key, text);
}

static void data_real(nd_buf *b, const char *key, double x)
{
    nd_buf_printf(b, "<data key=\"%s\">", key);
    nd_buf_number(b, x);
    nd_buf_puts(b, "</data>");
}

static void data_count(nd_buf *b, const char *key, size_t k)
{
    nd_buf_printf(b, "<data key=\"%s\">%zu</data>", key, k);
}

static const char *boolean(bool yes)
{
    return yes ? "true" : "false";
}

static void put_node(nd_buf *b, const nd_atlas_point *p)
{
    nd_buf_printf(b, "    <node id=\"m%zu\">", p->id);
    data_real(b, "loss", p->verdict.loss);
    data_count(b, "errors", p->verdict.errors);
    data_text(b, "verdict", nd_verdict_name(p->verdict.kind));
    data_text(b, "proved", boolean(p->verdict.proved == ND_PROVED));
    data_text(b, "bad", boolean(p->verdict.bad));
    data_count(b, "found", p->found);
    nd_buf_puts(b, "</node>\n");
}

static void put_edge(nd_buf *b, const nd_atlas *a, const nd_edge *e)
{
    const nd_atlas_point *s = &a->point[e->saddle];

    nd_buf_printf(b, "    <edge id=\"s%zu\" source=\"m%zu\" target=\"m%zu\">", s->id,
                  a->point[e->a].id, a->point[e->b].id);
    data_count(b, "saddle", s->id);
    data_real(b, "height", e->height);
    data_real(b, "lo", e->lo);
    data_real(b, "hi", e->hi);
    data_text(b, "certified", boolean(s->verdict.proved == ND_PROVED));
    nd_buf_puts(b, "</edge>\n");
}

void nd_export_graphml(const nd_atlas *a, nd_buf *b)
{
    nd_buf_puts(b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                   "<graphml xmlns=\"http://graphml.graphdrawing.org/xmlns\">\n");
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
        nd_buf_printf(b, "  <key id=\"%s\" for=\"%s\" attr.name=\"%s\" attr.type=\"%s\"/>\n",
                      keys[k].id, keys[k].of, keys[k].id, keys[k].type);
    nd_buf_puts(b, "  <graph id=\"atlas\" edgedefault=\"undirected\">\n");
    for (size_t k = 0; k < a->points; k++)
        if (a->point[k].minimum) put_node(b, &a->point[k]);
    for (size_t k = 0; k < a->edges; k++) put_edge(b, a, &a->edge[k]);
    nd_buf_puts(b, "  </graph>\n</graphml>\n");
}
