/* nd_par_for without threads: the loop itself. */
#include "base/memory.h"
#include "base/par.h"

int nd_par_cores(void)
{
    return 1;
}

nd_status nd_par_for(nd_ctx *ctx, size_t count, nd_par_body body, void *arg)
{
    if (nd_cancelled(ctx)) return ND_ECANCEL;
    for (size_t i = 0; i < count; i++) {
        nd_status status = body(arg, i, 0);
        if (status != ND_OK)
            return nd_fail(ctx, status, "part %zu of %zu failed (%s)", i, count,
                           nd_status_name(status));
    }
    return nd_cancelled(ctx) ? ND_ECANCEL : ND_OK;
}

nd_status nd_par_for_cost(nd_ctx *ctx, size_t count, double ns, nd_par_body body, void *arg)
{
    (void)ns;
    return nd_par_for(ctx, count, body, arg);
}
