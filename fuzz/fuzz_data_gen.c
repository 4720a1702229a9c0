/* Any text as the description of a generator; big ones (parity has 2^d rows) are not drawn. */
#include "fuzz_data.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[128];
    nd_table *t = NULL;
    nd_ctx *ctx;

    if (size >= sizeof text) return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    for (size_t i = 0, digits = 0; i < size; i++) {
        digits = text[i] >= '0' && text[i] <= '9' ? digits + 1 : 0;
        if (digits > (text[0] == 'p' ? 1 : 3) || text[i] == 'e' || text[i] == 'E') return 0;
    }
    ctx = nd_ctx_create(NULL);
    require(ctx != NULL);
    if (nd_table_generate(ctx, text, &t) == ND_OK) check_table(t);
    nd_table_destroy(ctx, t);
    nd_ctx_destroy(ctx);
    return 0;
}
