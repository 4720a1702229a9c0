/* nd_par_for with OpenMP.
 *
 * Once i has failed only larger indices are passed over, whatever the order in which
 * they are handed out: every index smaller than the reported one has run, so that it
 * is the smallest failed one for every number of threads, as in the serial loop.
 *
 * Inside a body of another loop the loop runs serially and leaves the context alone:
 * it belongs to the thread that entered the outermost loop.  Inside a parallel region
 * of the caller it runs serially, too; but there the context is the caller's own. */
#include "base/memory.h"
#include "base/par.h"

#include <math.h>
#include <omp.h>

int nd_par_cores(void)
{
    return omp_get_num_procs();
}

static _Thread_local bool in_body; /* this thread runs a body of a parallel loop */

/* The first failure of a loop: index (count when there is none) and status. */
typedef struct {
    size_t index;
    nd_status status;
} failure;

static failure run_serial(size_t count, nd_par_body body, void *arg)
{
    for (size_t i = 0; i < count; i++) {
        nd_status status = body(arg, i, 0);
        if (status != ND_OK) return (failure){i, status};
    }
    return (failure){count, ND_OK};
}

static failure run_parallel(size_t count, int threads, nd_par_body body, void *arg)
{
    failure first = {count, ND_OK};

#pragma omp parallel for schedule(dynamic, 1) num_threads(threads)
    for (size_t i = 0; i < count; i++) {
        size_t limit;
        nd_status status;
#pragma omp atomic read
        limit = first.index;
        if (i > limit) continue;
        in_body = true;
        status = body(arg, i, omp_get_thread_num());
        in_body = false;
        if (status == ND_OK) continue;
#pragma omp critical(nd_par_failure)
        if (i < first.index) {
            first.status = status;
#pragma omp atomic write
            first.index = i;
        }
    }
    return first;
}

nd_status nd_par_for(nd_ctx *ctx, size_t count, nd_par_body body, void *arg)
{
    return nd_par_for_cost(ctx, count, INFINITY, body, arg);
}

nd_status nd_par_for_cost(nd_ctx *ctx, size_t count, double ns, nd_par_body body, void *arg)
{
    int threads = omp_in_parallel() || ns < ND_PAR_WORTH ? 1 : nd_threads(ctx);
    failure first;

    if (in_body) return run_serial(count, body, arg).status;
    if (nd_cancelled(ctx)) return ND_ECANCEL;
    if ((size_t)threads > count) threads = (int)count;
    first = threads > 1 ? run_parallel(count, threads, body, arg) : run_serial(count, body, arg);
    if (first.status != ND_OK)
        return nd_fail(ctx, first.status, "part %zu of %zu failed (%s)", first.index, count,
                       nd_status_name(first.status));
    return nd_cancelled(ctx) ? ND_ECANCEL : ND_OK;
}
