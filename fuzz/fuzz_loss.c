/* Any text as a loss: what parses prints a spec that parses to the same one. */
#include <nadir/model.h>

#include <stdlib.h>
#include <string.h>

static void require(bool truth)
{
    if (!truth) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[256], spec[32];
    nd_loss loss = {0}, again;
    nd_ctx *ctx;

    if (size >= sizeof text) return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    ctx = nd_ctx_create(NULL);
    require(ctx != NULL);
    if (nd_loss_parse(ctx, text, &loss) == ND_OK) {
        nd_loss_spec(loss, spec);
        require(nd_loss_parse(ctx, spec, &again) == ND_OK);
        require(again.kind == loss.kind && again.q == loss.q);
    } else {
        require(loss.kind == NULL && nd_errmsg(ctx)[0] != '\0');
    }
    nd_ctx_destroy(ctx);
    return 0;
}
