/* A scene to a file, the kind chosen by the name. */
#include "show/show.h"

#include "base/file.h"
#include "base/memory.h"

#include <string.h>

static bool ends_in(const char *name, const char *end)
{
    size_t n = strlen(name), m = strlen(end);

    return n > m && nd_text_equal_nocase(name + n - m, end);
}

static nd_status raster(nd_ctx *ctx, const nd_scene *s, nd_raster_kind kind,
                        const nd_scene_style *style, const char *file)
{
    nd_buf b = nd_buf_make(ctx);
    nd_status status = nd_scene_status(s);

    if (status != ND_OK) return nd_fail(ctx, status, "out of memory while a picture was drawn");
    status = nd_raster_write(ctx, s, kind, style, &b);
    if (status == ND_OK) status = nd_file_write(ctx, file, b.data, b.size);
    nd_buf_free(&b);
    return status;
}

nd_status nd_scene_save(nd_ctx *ctx, const nd_scene *s, const char *file,
                        const nd_scene_style *style)
{
    char *svg;
    size_t size;

    if (ends_in(file, ".png")) return raster(ctx, s, ND_RASTER_PNG, style, file);
    if (ends_in(file, ".pdf")) return raster(ctx, s, ND_RASTER_PDF, style, file);
    if (!ends_in(file, ".svg"))
        return nd_fail(ctx, ND_ENAME, "%s: a picture is .svg, .png or .pdf", file);
    nd_status status = nd_scene_svg(ctx, s, style, &svg, &size);
    if (status != ND_OK) return status;
    status = nd_file_write(ctx, file, svg, size);
    nd_text_destroy(ctx, svg);
    return status;
}
