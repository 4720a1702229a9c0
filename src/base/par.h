/* Parallel loops.  Two implementations, one is linked: par_openmp.c, par_serial.c. */
#ifndef ND_BASE_PAR_H
#define ND_BASE_PAR_H

#include <nadir/base.h>

/* body(arg, i, worker) for 0 <= i < count in any order, worker < nd_threads(ctx).
 * Bodies must write to places that belong to i (or to worker's scratch) and must
 * not touch ctx.  Runs serially when called inside another parallel region.
 * Returns the status of the failed i that is smallest, else ND_OK; asks the
 * cancel hook before and after from the calling thread. */
typedef nd_status (*nd_par_body)(void *arg, size_t i, int worker);
nd_status nd_par_for(nd_ctx *ctx, size_t count, nd_par_body body, void *arg);
int nd_par_cores(void);

#endif
