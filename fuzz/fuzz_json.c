/* libFuzzer: JSON.  What is accepted must come through our writer and be equal; the
 * accessors must hold on any document. */
#include "base/json.h"
#include "base/memory.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void go_round(nd_ctx *ctx, const json_t *j, bool compact)
{
    json_t *again;
    char *text;
    size_t n;

    if (nd_json_text(ctx, j, compact, &text, &n) != ND_OK) abort();
    if (nd_json_parse(ctx, "again", text, n, &again) != ND_OK) abort();
    if (!json_equal(j, again)) abort();
    json_decref(again);
    nd_free(ctx, text);
}

/* Results do not matter here; reading out of bounds does. */
static void ask(nd_ctx *ctx, const json_t *j)
{
    static const char *const key[] = {"a", "n", "theta", ""};
    const char *s;
    double x[3];
    long n;

    for (size_t i = 0; i < sizeof key / sizeof *key; i++) {
        (void)nd_json_text_at(ctx, "fuzz", j, key[i], &s);
        (void)nd_json_long_at(ctx, "fuzz", j, key[i], -5, 5, &n);
        for (size_t k = 0; k <= 3; k++) (void)nd_json_numbers_at(ctx, "fuzz", j, key[i], k, x);
    }
    for (size_t i = 0; i < json_array_size(j); i++)
        (void)nd_json_number(ctx, "fuzz", json_array_get(j, i), x);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    nd_ctx *ctx = nd_ctx_create(NULL);
    json_t *j;

    if (nd_json_parse(ctx, "fuzz", (const char *)data, size, &j) == ND_OK) {
        go_round(ctx, j, false);
        go_round(ctx, j, true);
        ask(ctx, j);
        json_decref(j);
    }
    nd_ctx_destroy(ctx);
    return 0;
}
