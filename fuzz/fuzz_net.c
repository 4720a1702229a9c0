/* Any text as a net: what parses prints a spec that parses to the same one. */
#include <nadir/model.h>

#include <stdlib.h>
#include <string.h>

static void require(bool truth)
{
    if (!truth) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[512];
    nd_net *net = NULL, *again = NULL;
    nd_ctx *ctx;

    if (size < 1 || size >= sizeof text) return 0;
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    ctx = nd_ctx_create(NULL);
    require(ctx != NULL);
    if (nd_net_parse(ctx, text, data[0], &net) == ND_OK) {
        require(nd_net_parse(ctx, net->spec, data[0], &again) == ND_OK);
        require(strcmp(net->spec, again->spec) == 0 && net->P == again->P);
        require(net->a0 + 1 == net->P);
    } else {
        require(net == NULL && nd_errmsg(ctx)[0] != '\0');
    }
    nd_net_destroy(ctx, again);
    nd_net_destroy(ctx, net);
    nd_ctx_destroy(ctx);
    return 0;
}
