/* The display list: shapes in the order in which they are painted.  Failures of memory
 * stick, as in nd_buf, so that drawing needs no checks. */
#include "show/show.h"

#include "base/memory.h"

#include <math.h>
#include <string.h>

nd_status nd_scene_create(nd_ctx *ctx, double width, double height, const char *title,
                          const char *description, nd_scene **out)
{
    nd_scene *s = ND_NEW0(ctx, nd_scene, 1);

    if (!s) return ND_EMEM;
    s->ctx = ctx;
    s->width = width;
    s->height = height;
    s->text = nd_buf_make(ctx);
    s->title = nd_strdup(ctx, title ? title : "");
    s->description = nd_strdup(ctx, description ? description : "");
    if (!s->title || !s->description) {
        nd_scene_destroy(s);
        return ND_EMEM;
    }
    *out = s;
    return ND_OK;
}

void nd_scene_destroy(nd_scene *s)
{
    if (!s) return;
    nd_ctx *ctx = s->ctx;
    nd_free(ctx, s->item);
    nd_free(ctx, s->number);
    nd_free(ctx, s->title);
    nd_free(ctx, s->description);
    nd_buf_free(&s->text);
    nd_free(ctx, s);
}

nd_status nd_scene_status(const nd_scene *s)
{
    return s->failed ? ND_EMEM : nd_buf_status(&s->text);
}

/* ---- storage ------------------------------------------------------------------------- */

/* Room for more entries behind the first used; p unchanged when there is none. */
static bool grow(nd_scene *s, void **p, size_t used, size_t more, size_t *room, size_t size)
{
    size_t want = *room ? *room : 64;
    void *q;

    if (s->failed) return false;
    if (more <= *room - used) return true;
    while (want - used < more && want <= SIZE_MAX / 2) want *= 2;
    q = nd_regrow(s->ctx, *p, used, want, size);
    if (!q) {
        s->failed = true;
        return false;
    }
    *p = q;
    *room = want;
    return true;
}

static nd_item *add_item(nd_scene *s, nd_item_kind kind, nd_pen pen)
{
    void *p = s->item;

    if (!grow(s, &p, s->items, 1, &s->item_room, sizeof *s->item)) return NULL;
    s->item = p;
    nd_item *item = &s->item[s->items++];
    *item = (nd_item){.kind = kind,
                      .pen = pen,
                      .first = s->numbers,
                      .text = {ND_NO_TEXT, ND_NO_TEXT, ND_NO_TEXT}};
    return item;
}

static bool add_numbers(nd_scene *s, size_t n, const double *x)
{
    void *p = s->number;

    if (!grow(s, &p, s->numbers, n, &s->number_room, sizeof *s->number)) return false;
    s->number = p;
    if (n) memcpy(s->number + s->numbers, x, n * sizeof *x);
    s->numbers += n;
    return true;
}

static size_t add_text(nd_scene *s, const char *text)
{
    size_t at = s->text.size;

    if (!text) return ND_NO_TEXT;
    nd_buf_add(&s->text, text, strlen(text) + 1);
    return s->text.failed ? ND_NO_TEXT : at;
}

const char *nd_item_text(const nd_scene *s, const nd_item *item, int k)
{
    return item->text[k] == ND_NO_TEXT ? NULL : s->text.data + item->text[k];
}

/* ---- shapes -------------------------------------------------------------------------- */

void nd_scene_path(nd_scene *s, size_t n, const double *xy, bool closed, nd_pen pen)
{
    nd_item *item = n ? add_item(s, ND_ITEM_PATH, pen) : NULL;

    if (!item) return;
    item->closed = closed;
    if (add_numbers(s, 2 * n, xy)) item->count = n;
}

void nd_scene_line(nd_scene *s, double x0, double y0, double x1, double y1, nd_pen pen)
{
    nd_scene_path(s, 2, (double[]){x0, y0, x1, y1}, false, pen);
}

void nd_scene_rect(nd_scene *s, double x, double y, double w, double h, nd_pen pen)
{
    if (add_item(s, ND_ITEM_RECT, pen)) add_numbers(s, 4, (double[]){x, y, w, h});
}

void nd_scene_circle(nd_scene *s, double x, double y, double r, nd_pen pen)
{
    if (add_item(s, ND_ITEM_CIRCLE, pen)) add_numbers(s, 3, (double[]){x, y, r});
}

void nd_scene_text(nd_scene *s, double x, double y, nd_type_style how, const char *text)
{
    nd_pen pen = {.fill = how.ink == ND_INK_NONE ? ND_INK_TEXT : how.ink};
    nd_item *item = *text ? add_item(s, ND_ITEM_TEXT, pen) : NULL;

    if (!item) return;
    item->type = how;
    item->text[0] = add_text(s, text);
    add_numbers(s, 2, (double[]){x, y});
}

void nd_scene_group(nd_scene *s, const char *kind, const char *id, const char *title)
{
    nd_item *item = add_item(s, ND_ITEM_GROUP, (nd_pen){0});

    if (!item) return;
    item->text[0] = add_text(s, kind);
    item->text[1] = add_text(s, id);
    item->text[2] = add_text(s, title);
}

void nd_scene_clip(nd_scene *s, double x, double y, double w, double h)
{
    if (add_item(s, ND_ITEM_CLIP, (nd_pen){0})) add_numbers(s, 4, (double[]){x, y, w, h});
}

void nd_scene_end(nd_scene *s)
{
    add_item(s, ND_ITEM_END, (nd_pen){0});
}

/* ---- what the writers ask -------------------------------------------------------------- */

double nd_type_size(const nd_type_style *how)
{
    return how->size > 0.0 ? how->size : 12.0;
}

double nd_pen_opacity(const nd_pen *pen)
{
    return pen->opacity > 0.0 && pen->opacity < 1.0 ? pen->opacity : 1.0;
}

void nd_dash_lengths(nd_dash dash, double out[2])
{
    out[0] = dash == ND_DASHED ? 5.0 : dash == ND_DOTTED ? 1.5 : 0.0;
    out[1] = dash == ND_DASHED ? 4.0 : dash == ND_DOTTED ? 3.0 : 0.0;
}
