/* A scene as SVG 1.1 with CSS classes for the inks, so that one file works in light and
 * in dark surroundings, alone and inside a page.
 *
 * Numbers are written through integers: hundredths of a pixel, tenths in long paths, the
 * points of a path relative to the one before (the sums are those of the rounded ones,
 * so no error accumulates). */
#include "show/show.h"

#include "base/memory.h"

#include <math.h>
#include <string.h>

/* From so many points on a path is written in tenths of a pixel. */
#define LONG_PATH 48

typedef struct {
    const nd_scene *scene;
    nd_buf *b;
    const char *id;
    size_t clips;
    size_t depth; /* groups that are open */
} writer;

void nd_xml_add(nd_buf *b, const char *text)
{
    for (const char *s = text; *s; s++) {
        const char *as = *s == '&'    ? "&amp;"
                         : *s == '<'  ? "&lt;"
                         : *s == '>'  ? "&gt;"
                         : *s == '"'  ? "&quot;"
                         : *s == '\'' ? "&#39;"
                                      : NULL;
        if (as)
            nd_buf_puts(b, as);
        else
            nd_buf_add(b, (unsigned char)*s < 0x20 ? " " : s, 1);
    }
}

/* k / scale, scale 10 or 100. */
static void integer_add(nd_buf *b, long long k, long long scale)
{
    unsigned long long m = k < 0 ? 0ULL - (unsigned long long)k : (unsigned long long)k;
    unsigned long long s = (unsigned long long)scale, f = m % s;

    nd_buf_puts(b, k < 0 ? "-" : "");
    if (m >= s || f == 0) nd_buf_printf(b, "%llu", m / s);
    if (f == 0) return;
    if (s == 100 && f % 10 != 0)
        nd_buf_printf(b, ".%02llu", f);
    else
        nd_buf_printf(b, ".%llu", s == 100 ? f / 10 : f);
}

/* Far outside any picture, but an integer still. */
static long long rounded(double x, double scale)
{
    if (!(fabs(x) < 1e7)) x = x < 0.0 ? -1e7 : isnan(x) ? 0.0 : 1e7;
    return (long long)floor(x * scale + 0.5);
}

void nd_short_add(nd_buf *b, double x, double scale)
{
    integer_add(b, rounded(x, scale), (long long)scale);
}

static void attribute(writer *w, const char *name, double x)
{
    nd_buf_printf(w->b, " %s=\"", name);
    nd_short_add(w->b, x, 100.0);
    nd_buf_puts(w->b, "\"");
}

/* ---- pens ------------------------------------------------------------------------------ */

static void ink_class(nd_buf *b, char kind, nd_ink ink, bool *first)
{
    if (ink == ND_INK_NONE || ink >= ND_INKS) return;
    nd_buf_printf(b, "%s%c%u", *first ? " class=\"" : " ", kind, (unsigned)ink);
    *first = false;
}

static void ink_plain(nd_buf *b, const char *name, nd_ink ink)
{
    if (ink >= ND_RGB(0)) nd_buf_printf(b, " %s=\"#%06x\"", name, (unsigned)nd_ink_rgb(ink, false));
}

static void pen_add(writer *w, const nd_pen *pen, bool closed)
{
    nd_ink stroke = pen->width > 0.0 ? pen->stroke : ND_INK_NONE;
    nd_ink fill = closed ? pen->fill : ND_INK_NONE;
    bool first = true;
    double dash[2];

    ink_class(w->b, 'f', fill, &first);
    ink_class(w->b, 's', stroke, &first);
    if (!first) nd_buf_puts(w->b, "\"");
    ink_plain(w->b, "fill", fill);
    if (fill == ND_INK_NONE) nd_buf_puts(w->b, " fill=\"none\"");
    ink_plain(w->b, "stroke", stroke);
    if (stroke != ND_INK_NONE && pen->width != 1.0) attribute(w, "stroke-width", pen->width);
    if (nd_pen_opacity(pen) < 1.0) attribute(w, "opacity", pen->opacity);
    nd_dash_lengths(pen->dash, dash);
    if (dash[0] > 0.0 && stroke != ND_INK_NONE)
        nd_buf_printf(w->b, " stroke-dasharray=\"%s\"", pen->dash == ND_DASHED ? "5 4" : "1.5 3");
}

/* ---- shapes ------------------------------------------------------------------------------ */

/* "x y" with the blank left out before a sign. */
static void pair(nd_buf *b, long long x, long long y, long long scale)
{
    integer_add(b, x, scale);
    if (y >= 0) nd_buf_puts(b, " ");
    integer_add(b, y, scale);
}

static void path_data(writer *w, const nd_item *item)
{
    const double *p = w->scene->number + item->first;
    long long scale = item->count > LONG_PATH ? 10 : 100, x = 0, y = 0;
    bool fresh = true, any = false;

    for (size_t i = 0; i < item->count; i++, p += 2) {
        if (!isfinite(p[0]) || !isfinite(p[1])) {
            if (!fresh && item->closed) nd_buf_puts(w->b, "z");
            fresh = true;
            continue;
        }
        long long nx = rounded(p[0], (double)scale), ny = rounded(p[1], (double)scale);
        if (!fresh && nx == x && ny == y) continue;
        nd_buf_puts(w->b, fresh ? "M" : any && nx - x < 0 ? "" : any ? " " : "l");
        pair(w->b, fresh ? nx : nx - x, fresh ? ny : ny - y, scale);
        any = !fresh;
        fresh = false;
        x = nx;
        y = ny;
    }
    if (!fresh && item->closed) nd_buf_puts(w->b, "z");
}

static void write_path(writer *w, const nd_item *item)
{
    nd_buf_puts(w->b, "<path");
    pen_add(w, &item->pen, item->closed);
    if (item->closed && item->pen.fill != ND_INK_NONE)
        nd_buf_puts(w->b, " fill-rule=\"evenodd\"");
    else if (!item->closed)
        nd_buf_puts(w->b, " stroke-linejoin=\"round\"");
    nd_buf_puts(w->b, " d=\"");
    path_data(w, item);
    nd_buf_puts(w->b, "\"/>\n");
}

static void write_box(writer *w, const double *x)
{
    attribute(w, "x", x[0]);
    attribute(w, "y", x[1]);
    attribute(w, "width", x[2]);
    attribute(w, "height", x[3]);
}

static void write_circle(writer *w, const double *x)
{
    attribute(w, "cx", x[0]);
    attribute(w, "cy", x[1]);
    attribute(w, "r", x[2]);
}

static void write_text(writer *w, const nd_item *item)
{
    static const char *const anchor[] = {"", " text-anchor=\"middle\"", " text-anchor=\"end\""};
    const double *x = w->scene->number + item->first;
    const nd_type_style *how = &item->type;

    nd_buf_puts(w->b, "<text");
    if (item->pen.fill < ND_INKS)
        nd_buf_printf(w->b, " class=\"%sf%u\"", how->halo ? "h s1 " : "", (unsigned)item->pen.fill);
    ink_plain(w->b, "fill", item->pen.fill);
    attribute(w, "x", x[0]);
    attribute(w, "y", x[1]);
    attribute(w, "font-size", nd_type_size(how));
    nd_buf_puts(w->b, anchor[how->anchor]);
    if (how->bold) nd_buf_puts(w->b, " font-weight=\"600\"");
    if (how->upwards) {
        nd_buf_puts(w->b, " transform=\"rotate(-90 ");
        pair(w->b, rounded(x[0], 100.0), rounded(x[1], 100.0), 100);
        nd_buf_puts(w->b, ")\"");
    }
    nd_buf_puts(w->b, ">");
    nd_xml_add(w->b, nd_item_text(w->scene, item, 0) ? nd_item_text(w->scene, item, 0) : "");
    nd_buf_puts(w->b, "</text>\n");
}

/* ---- groups -------------------------------------------------------------------------------- */

static void named(writer *w, const char *name, const char *text)
{
    if (!text) return;
    nd_buf_printf(w->b, " %s=\"", name);
    nd_xml_add(w->b, text);
    nd_buf_puts(w->b, "\"");
}

static void write_group(writer *w, const nd_item *item)
{
    const char *id = nd_item_text(w->scene, item, 1), *title = nd_item_text(w->scene, item, 2);

    nd_buf_puts(w->b, "<g");
    named(w, "class", nd_item_text(w->scene, item, 0));
    named(w, "data-id", id);
    if (id) nd_buf_puts(w->b, " tabindex=\"0\"");
    nd_buf_puts(w->b, ">");
    if (title) {
        nd_buf_puts(w->b, "<title>");
        nd_xml_add(w->b, title);
        nd_buf_puts(w->b, "</title>");
    }
    nd_buf_puts(w->b, "\n");
    w->depth++;
}

static void write_clip(writer *w, const nd_item *item)
{
    nd_buf_printf(w->b, "<clipPath id=\"%s-c%zu\"><rect", w->id, w->clips);
    write_box(w, w->scene->number + item->first);
    nd_buf_printf(w->b, "/></clipPath><g clip-path=\"url(#%s-c%zu)\">\n", w->id, w->clips++);
    w->depth++;
}

static void write_end(writer *w)
{
    if (w->depth == 0) return;
    w->depth--;
    nd_buf_puts(w->b, "</g>\n");
}

static void write_item(writer *w, const nd_item *item)
{
    switch (item->kind) {
    case ND_ITEM_PATH:
        write_path(w, item);
        break;
    case ND_ITEM_RECT:
        nd_buf_puts(w->b, "<rect");
        pen_add(w, &item->pen, true);
        write_box(w, w->scene->number + item->first);
        nd_buf_puts(w->b, "/>\n");
        break;
    case ND_ITEM_CIRCLE:
        nd_buf_puts(w->b, "<circle");
        pen_add(w, &item->pen, true);
        write_circle(w, w->scene->number + item->first);
        nd_buf_puts(w->b, "/>\n");
        break;
    case ND_ITEM_TEXT:
        write_text(w, item);
        break;
    case ND_ITEM_GROUP:
        write_group(w, item);
        break;
    case ND_ITEM_CLIP:
        write_clip(w, item);
        break;
    case ND_ITEM_END:
        write_end(w);
        break;
    }
}

/* ---- the document ---------------------------------------------------------------------------- */

static void write_head(writer *w, bool embedded)
{
    nd_buf *b = w->b;

    nd_buf_puts(b, "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"nd\" role=\"img\"");
    nd_buf_printf(b, " aria-labelledby=\"%s-t %s-d\"", w->id, w->id);
    attribute(w, "width", w->scene->width);
    attribute(w, "height", w->scene->height);
    nd_buf_puts(b, " viewBox=\"0 0 ");
    pair(b, rounded(w->scene->width, 100.0), rounded(w->scene->height, 100.0), 100);
    nd_buf_printf(b, "\">\n<title id=\"%s-t\">", w->id);
    nd_xml_add(b, w->scene->title);
    nd_buf_printf(b, "</title>\n<desc id=\"%s-d\">", w->id);
    nd_xml_add(b, w->scene->description);
    nd_buf_puts(b, "</desc>\n");
    if (embedded) return;
    nd_buf_puts(b, "<style>\n");
    nd_theme_add(b, false);
    nd_buf_puts(b, "</style>\n<rect class=\"f1\" width=\"100%\" height=\"100%\"/>\n");
}

static void write_all(writer *w, bool embedded)
{
    write_head(w, embedded);
    for (size_t k = 0; k < w->scene->items; k++) write_item(w, &w->scene->item[k]);
    while (w->depth > 0) write_end(w);
    nd_buf_puts(w->b, "</svg>\n");
}

nd_status nd_scene_svg(nd_ctx *ctx, const nd_scene *s, const nd_scene_style *style, char **svg,
                       size_t *size)
{
    nd_buf b = nd_buf_make(ctx);
    writer w = {.scene = s, .b = &b, .id = style && style->id ? style->id : "nd"};
    nd_status status = nd_scene_status(s);

    if (status == ND_OK) {
        write_all(&w, style && style->embedded);
        status = nd_buf_status(&b);
    }
    if (status != ND_OK) {
        nd_buf_free(&b);
        return nd_fail(ctx, ND_EMEM, "out of memory while a picture was drawn");
    }
    *svg = b.data;
    *size = b.size;
    return ND_OK;
}
