/* Without Cairo there are no PNG and PDF files. */
#include "show/show.h"

#include "base/memory.h"

bool nd_scene_rasters(void)
{
    return false;
}

nd_status nd_raster_write(nd_ctx *ctx, const nd_scene *s, nd_raster_kind kind,
                          const nd_scene_style *style, nd_buf *out)
{
    (void)s;
    (void)style;
    (void)out;
    return nd_fail(ctx, ND_ENAME,
                   "this build writes no %s pictures, only .svg (build with ND_RASTER=cairo)",
                   kind == ND_RASTER_PNG ? ".png" : ".pdf");
}
