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

/* The same for a loop that takes one core about ns nanoseconds in all: a short one
 * stays on the calling thread.  Waking threads costs some 10 us when they are idle,
 * but a whole time slice of the scheduler (milliseconds: measured as 230 ms instead
 * of 11 for thirty gradients of 0.1 ms) when other programs keep the cores busy. */
#define ND_PAR_WORTH 250e3
nd_status nd_par_for_cost(nd_ctx *ctx, size_t count, double ns, nd_par_body body, void *arg);
int nd_par_cores(void);

#endif
