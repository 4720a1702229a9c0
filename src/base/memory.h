/* Memory from the context's allocator.  Private to the library. */
#ifndef ND_BASE_MEMORY_H
#define ND_BASE_MEMORY_H

#include <nadir/base.h>

/* count * size bytes, aligned to 64, not initialised; zero-sized requests give a
 * valid pointer.  NULL with the message set when there is no memory or the product
 * overflows.  Nothing here may be called inside a parallel region. */
void *nd_alloc(nd_ctx *ctx, size_t count, size_t size);
void *nd_calloc(nd_ctx *ctx, size_t count, size_t size); /* zeroed         */
/* Grows to new_count entries keeping the first old_count; p is freed on success
 * and untouched on failure. */
void *nd_regrow(nd_ctx *ctx, void *p, size_t old_count, size_t new_count, size_t size);
char *nd_strdup(nd_ctx *ctx, const char *s); /* NULL gives NULL and no error */
void nd_free(nd_ctx *ctx, void *p);          /* NULL is accepted */

/* p = NEW_ARRAY(ctx, double, n) */
#define ND_NEW(ctx, type, count)  ((type *)nd_alloc((ctx), (count), sizeof(type)))
#define ND_NEW0(ctx, type, count) ((type *)nd_calloc((ctx), (count), sizeof(type)))

/* Sets the message and returns status: return nd_fail(ctx, ND_EINPUT, "..."). */
nd_status nd_fail(nd_ctx *ctx, nd_status status, const char *fmt, ...) ND_PRINTF(3, 4);

/* Asks the cancel hook; sets the message when it says stop. */
bool nd_cancelled(nd_ctx *ctx);
/* While masked nobody is asked and nothing is cancelled: for the short work that
 * puts a cancelled result in order.  Returns what it was before. */
bool nd_cancel_mask(nd_ctx *ctx, bool masked);
void nd_progress(nd_ctx *ctx, const nd_event *event);
double nd_seconds(void); /* monotonic clock */

/* status = x; leave the function's "done" label on failure. */
#define ND_TRY(x)                                                                                  \
    do {                                                                                           \
        if ((status = (x)) != ND_OK) goto done;                                                    \
    } while (0)

#endif
