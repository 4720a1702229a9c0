/* Memory of circuits: the same with and without exact arithmetic. */
#include "theory/exact.h"

#include "base/memory.h"

void nd_texts_free(nd_ctx *ctx, char **text, size_t n)
{
    for (size_t k = 0; text && k < n; k++) nd_free(ctx, text[k]);
    nd_free(ctx, text);
}

void nd_circuit_clear(nd_ctx *ctx, nd_circuit *c)
{
    nd_texts_free(ctx, c->exact, c->m);
    nd_free(ctx, c->index);
    nd_free(ctx, c->c);
    *c = (nd_circuit){0};
}

nd_status nd_circuit_make(nd_ctx *ctx, size_t m, bool with_exact, nd_circuit *out)
{
    nd_circuit c = {.m = m};

    c.index = ND_NEW(ctx, size_t, m);
    c.c = ND_NEW(ctx, double, m);
    if (with_exact) c.exact = ND_NEW0(ctx, char *, m);
    if (!c.index || !c.c || (with_exact && !c.exact)) {
        nd_circuit_clear(ctx, &c);
        return ND_EMEM;
    }
    *out = c;
    return ND_OK;
}
