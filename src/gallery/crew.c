/* Hands with contexts of their own: hired, stopped, dismissed. */
#include "gallery/crew.h"

#include "base/memory.h"

static bool cancel(void *user)
{
    return nd_crew_over(user);
}

/* The caller's hook is asked from the caller's thread only. */
bool nd_crew_over(nd_hand *h)
{
    nd_crew *c = h->crew;

    if (c->halt) return true;
    if (h->main && nd_cancelled(c->ctx)) c->halt = ND_STOP_CANCEL;
    if (nd_seconds() >= c->deadline) c->halt = ND_STOP_TIME;
    return c->halt != 0;
}

static void *borrow(void *user, size_t bytes)
{
    return nd_alloc(user, bytes, 1);
}

static void give_back(void *user, void *p)
{
    nd_free(user, p);
}

/* One thread takes its memory where the caller does; several cannot. */
nd_status nd_crew_hire(nd_ctx *ctx, double deadline, nd_crew *c)
{
    const nd_allocator lent = {borrow, give_back, ctx};

    c->ctx = ctx;
    c->hands = (size_t)nd_threads(ctx);
    c->deadline = deadline;
    c->halt = 0;
    c->hand = ND_NEW0(ctx, nd_hand, c->hands);
    if (!c->hand) return ND_EMEM;
    for (size_t k = 0; k < c->hands; k++) {
        nd_hand *h = &c->hand[k];

        h->crew = c;
        h->main = k == 0;
        h->ctx = nd_ctx_create(c->hands == 1 ? &lent : NULL);
        if (!h->ctx) return nd_fail(ctx, ND_EMEM, "out of memory");
        nd_set_threads(h->ctx, 1);
        nd_set_cancel(h->ctx, cancel, h);
    }
    return ND_OK;
}

void nd_crew_dismiss(nd_crew *c)
{
    if (!c->hand) return;
    for (size_t k = 0; k < c->hands; k++) nd_ctx_destroy(c->hand[k].ctx);
    nd_free(c->ctx, c->hand);
    c->hand = NULL;
}

/* The message of the hand that failed. */
static nd_status first_failure(const nd_crew *c, nd_status status)
{
    for (size_t k = 0; k < c->hands; k++)
        if (c->hand[k].status != ND_OK && c->hand[k].status != ND_ECANCEL)
            return nd_fail(c->ctx, c->hand[k].status, "%s", nd_errmsg(c->hand[k].ctx));
    return status;
}

nd_status nd_crew_run(nd_crew *c, size_t count, nd_par_body body, void *arg)
{
    nd_status status = nd_par_for(c->ctx, count, body, arg);

    if (status == ND_ECANCEL) {
        if (!c->halt) c->halt = ND_STOP_CANCEL;
        status = ND_OK;
    }
    return status == ND_OK ? ND_OK : first_failure(c, status);
}
