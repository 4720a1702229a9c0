/* Threads that share a list of independent pieces of work, each with a context of its own. */
#ifndef ND_GALLERY_CREW_H
#define ND_GALLERY_CREW_H

#include <nadir/opt.h>

#include "base/par.h"

struct nd_crew;
typedef struct {
    struct nd_crew *crew;
    nd_ctx *ctx;
    bool main; /* it is the caller's thread */
    nd_status status;
} nd_hand;

typedef struct nd_crew {
    nd_ctx *ctx; /* the caller's */
    nd_hand *hand;
    size_t hands;
    double deadline;  /* nd_seconds()                       */
    _Atomic int halt; /* an nd_stop: nobody goes on; 0: all do */
} nd_crew;

/* nd_threads(ctx) hands; their cancel hooks look at the deadline, at halt and (in the caller's
 * thread) at the caller's hook.  Dismiss in any case. */
nd_status nd_crew_hire(nd_ctx *ctx, double deadline, nd_crew *out);
void nd_crew_dismiss(nd_crew *c);
/* Is it over?  To be asked before every piece of work. */
bool nd_crew_over(nd_hand *h);
/* body(arg, i, thread), 0 <= i < count: works with c->hand[thread] and sets its status.  When it was
 * stopped: ND_OK, and c->halt says why. */
nd_status nd_crew_run(nd_crew *c, size_t count, nd_par_body body, void *arg);

#endif
