/* Any bytes as a model file: refused with a message, or a model that is whole. */
#include <nadir/model.h>

#include <math.h>
#include <stdlib.h>

static void require(bool truth)
{
    if (!truth) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    nd_model *m = NULL;
    nd_ctx *ctx = nd_ctx_create(NULL);

    require(ctx != NULL);
    if (nd_model_parse(ctx, "fuzz", (const char *)data, size, &m) == ND_OK) {
        for (size_t k = 0; k < m->net->P; k++) require(isfinite(m->theta[k]));
        require(m->loss.kind != NULL && m->l2 >= 0.0 && m->weight_pos > 0.0);
        require(!m->scaler || m->scaler->d == m->net->d);
    } else {
        require(m == NULL && nd_errmsg(ctx)[0] != '\0');
    }
    nd_model_destroy(ctx, m);
    nd_ctx_destroy(ctx);
    return 0;
}
