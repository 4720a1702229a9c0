/* What the files of show share: the display list that the writers read. */
#ifndef ND_SHOW_SHOW_H
#define ND_SHOW_SHOW_H

#include <nadir/show.h>

#include "base/text.h"

typedef enum {
    ND_ITEM_PATH,
    ND_ITEM_RECT,
    ND_ITEM_CIRCLE,
    ND_ITEM_TEXT,
    ND_ITEM_GROUP,
    ND_ITEM_CLIP,
    ND_ITEM_END
} nd_item_kind;

/* No offset into the texts: absent. */
#define ND_NO_TEXT SIZE_MAX

typedef struct {
    nd_item_kind kind;
    nd_pen pen;
    nd_type_style type;
    bool closed;
    size_t first, count; /* PATH: points; others: first is the first of their numbers */
    size_t text[3];      /* TEXT: the text; GROUP: kind, id, title; offsets or ND_NO_TEXT */
} nd_item;

/* Numbers of RECT and CLIP: x y w h; CIRCLE: x y r; TEXT: x y. */
struct nd_scene {
    nd_ctx *ctx;
    double width, height;
    char *title, *description;
    nd_item *item;
    size_t items, item_room;
    double *number;
    size_t numbers, number_room;
    nd_buf text; /* all strings, each with its zero byte */
    bool failed;
};

const char *nd_item_text(const nd_scene *s, const nd_item *item, int k); /* NULL: absent */
double nd_type_size(const nd_type_style *how);
double nd_pen_opacity(const nd_pen *pen);

/* Lengths of dash and gap: 0, 0 for a solid line. */
void nd_dash_lengths(nd_dash dash, double out[2]);

/* XML: text with the five special characters escaped, control characters as blanks. */
void nd_xml_add(nd_buf *b, const char *text);
/* x in units of 1/scale, rounded, as short as can be: "-.5", "12", "0". */
void nd_short_add(nd_buf *b, double x, double scale);

/* The style rules; scope: selector before every class, ".nd ". */
void nd_theme_add(nd_buf *b, bool page);

typedef enum { ND_RASTER_PNG, ND_RASTER_PDF } nd_raster_kind;
/* raster_cairo.c or raster_none.c: the scene's file contents. */
nd_status nd_raster_write(nd_ctx *ctx, const nd_scene *s, nd_raster_kind kind,
                          const nd_scene_style *style, nd_buf *out);

#endif
