/* A scene as PNG or PDF through Cairo (its "toy" text interface: one sans-serif font). */
#include "show/show.h"

#include "base/memory.h"

#include <cairo-pdf.h>
#include <cairo.h>
#include <math.h>

typedef struct {
    const nd_scene *scene;
    cairo_t *cr;
    bool dark;
    size_t depth;
} painter;

bool nd_scene_rasters(void)
{
    return true;
}

static void use_ink(painter *p, nd_ink ink, double opacity)
{
    uint32_t rgb = nd_ink_rgb(ink, p->dark);

    cairo_set_source_rgba(p->cr, (double)(rgb >> 16 & 255) / 255.0,
                          (double)(rgb >> 8 & 255) / 255.0, (double)(rgb & 255) / 255.0, opacity);
}

static void stroke(painter *p, const nd_pen *pen)
{
    double dash[2];

    nd_dash_lengths(pen->dash, dash);
    cairo_set_line_width(p->cr, pen->width);
    cairo_set_line_join(p->cr, CAIRO_LINE_JOIN_ROUND);
    cairo_set_dash(p->cr, dash, dash[0] > 0.0 ? 2 : 0, 0.0);
    use_ink(p, pen->stroke, nd_pen_opacity(pen));
    cairo_stroke(p->cr);
}

/* Fills and strokes the current path. */
static void paint(painter *p, const nd_pen *pen, bool closed)
{
    bool lined = pen->stroke != ND_INK_NONE && pen->width > 0.0;

    if (closed && pen->fill != ND_INK_NONE) {
        use_ink(p, pen->fill, nd_pen_opacity(pen));
        cairo_set_fill_rule(p->cr, CAIRO_FILL_RULE_EVEN_ODD);
        cairo_fill_preserve(p->cr);
    }
    if (lined)
        stroke(p, pen);
    else
        cairo_new_path(p->cr);
}

static void draw_path(painter *p, const nd_item *item, const double *x)
{
    bool fresh = true;

    for (size_t i = 0; i < item->count; i++, x += 2) {
        bool gap = !isfinite(x[0]) || !isfinite(x[1]);
        if (gap && !fresh && item->closed) cairo_close_path(p->cr);
        if (!gap && fresh) cairo_move_to(p->cr, x[0], x[1]);
        if (!gap && !fresh) cairo_line_to(p->cr, x[0], x[1]);
        fresh = gap;
    }
    if (!fresh && item->closed) cairo_close_path(p->cr);
    paint(p, &item->pen, item->closed);
}

static void draw_text(painter *p, const nd_item *item, const double *x)
{
    const char *text = nd_item_text(p->scene, item, 0);
    const nd_type_style *how = &item->type;
    cairo_text_extents_t e;

    if (!text) return;
    cairo_save(p->cr);
    cairo_select_font_face(p->cr, "sans-serif", CAIRO_FONT_SLANT_NORMAL,
                           how->bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(p->cr, nd_type_size(how));
    cairo_text_extents(p->cr, text, &e);
    cairo_translate(p->cr, x[0], x[1]);
    if (how->upwards) cairo_rotate(p->cr, -asin(1.0));
    cairo_move_to(p->cr, -e.x_advance * 0.5 * (double)how->anchor, 0.0);
    cairo_text_path(p->cr, text);
    if (how->halo) {
        const nd_pen halo = {.stroke = ND_INK_PAPER, .width = 3.0};
        cairo_path_t *path = cairo_copy_path(p->cr);
        stroke(p, &halo);
        cairo_append_path(p->cr, path);
        cairo_path_destroy(path);
    }
    use_ink(p, item->pen.fill, 1.0);
    cairo_fill(p->cr);
    cairo_restore(p->cr);
}

static void draw_item(painter *p, const nd_item *item)
{
    const double *x = p->scene->number + item->first;

    switch (item->kind) {
    case ND_ITEM_PATH:
        draw_path(p, item, x);
        break;
    case ND_ITEM_RECT:
        cairo_rectangle(p->cr, x[0], x[1], x[2], x[3]);
        paint(p, &item->pen, true);
        break;
    case ND_ITEM_CIRCLE:
        cairo_new_sub_path(p->cr);
        cairo_arc(p->cr, x[0], x[1], x[2], 0.0, 4.0 * asin(1.0));
        paint(p, &item->pen, true);
        break;
    case ND_ITEM_TEXT:
        draw_text(p, item, x);
        break;
    case ND_ITEM_CLIP:
    case ND_ITEM_GROUP:
        cairo_save(p->cr);
        p->depth++;
        if (item->kind == ND_ITEM_GROUP) break;
        cairo_rectangle(p->cr, x[0], x[1], x[2], x[3]);
        cairo_clip(p->cr);
        break;
    case ND_ITEM_END:
        if (p->depth == 0) break;
        p->depth--;
        cairo_restore(p->cr);
        break;
    }
}

static cairo_status_t collect(void *buf, const unsigned char *bytes, unsigned size)
{
    nd_buf_add(buf, (const char *)bytes, size);
    return nd_buf_status(buf) == ND_OK ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

/* No date: the same picture gives the same file. */
static cairo_surface_t *make_surface(const nd_scene *s, nd_raster_kind kind, double zoom,
                                     nd_buf *out)
{
    if (kind == ND_RASTER_PNG)
        return cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)ceil(s->width * zoom),
                                          (int)ceil(s->height * zoom));
    cairo_surface_t *pdf =
        cairo_pdf_surface_create_for_stream(collect, out, s->width * 0.75, s->height * 0.75);
    cairo_pdf_surface_set_metadata(pdf, CAIRO_PDF_METADATA_TITLE, s->title);
    cairo_pdf_surface_set_metadata(pdf, CAIRO_PDF_METADATA_CREATE_DATE, "2000-01-01T00:00:00Z");
    return pdf;
}

static void draw_all(painter *p, double zoom)
{
    cairo_scale(p->cr, zoom, zoom);
    use_ink(p, ND_INK_PAPER, 1.0);
    cairo_paint(p->cr);
    for (size_t k = 0; k < p->scene->items; k++) draw_item(p, &p->scene->item[k]);
    while (p->depth > 0) draw_item(p, &(nd_item){.kind = ND_ITEM_END});
}

nd_status nd_raster_write(nd_ctx *ctx, const nd_scene *s, nd_raster_kind kind,
                          const nd_scene_style *style, nd_buf *out)
{
    double zoom = kind == ND_RASTER_PDF ? 0.75 : style && style->zoom > 0.0 ? style->zoom : 2.0;
    cairo_surface_t *surface = make_surface(s, kind, zoom, out);
    painter p = {.scene = s, .cr = cairo_create(surface), .dark = style && style->dark};

    draw_all(&p, zoom);
    cairo_status_t failed = cairo_status(p.cr);
    cairo_destroy(p.cr);
    if (kind == ND_RASTER_PNG && !failed)
        failed = cairo_surface_write_to_png_stream(surface, collect, out);
    cairo_surface_finish(surface);
    if (!failed) failed = cairo_surface_status(surface);
    cairo_surface_destroy(surface);
    if (nd_buf_status(out) != ND_OK) return ND_EMEM;
    if (failed == CAIRO_STATUS_NO_MEMORY) return nd_fail(ctx, ND_EMEM, "out of memory in Cairo");
    if (failed) return nd_fail(ctx, ND_ERANGE, "Cairo: %s", cairo_status_to_string(failed));
    return ND_OK;
}
