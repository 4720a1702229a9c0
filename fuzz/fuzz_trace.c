/* Any bytes as a trace of a training run: refused with a message, or a trace that is whole. */
#include <nadir/map.h>

#include <math.h>
#include <stdlib.h>

static void require(bool truth)
{
    if (!truth) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    nd_trace *t = NULL;
    nd_ctx *ctx = nd_ctx_create(NULL);

    require(ctx != NULL);
    if (nd_trace_parse(ctx, "fuzz", data, size, &t) == ND_OK) {
        require(t->count > 0 && t->count <= t->room);
        for (size_t k = 0; k < t->count * t->P; k++) require(isfinite(t->theta[k]));
    } else {
        require(t == NULL && nd_errmsg(ctx)[0] != '\0');
    }
    nd_trace_destroy(ctx, t);
    nd_ctx_destroy(ctx);
    return 0;
}
