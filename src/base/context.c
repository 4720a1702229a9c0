/* The context: memory, the message of the last failure, progress, cancel, threads.
 *
 * Memory.  The caller's allocator promises alignment for any type only; vector
 * kernels want cache lines.  A block is asked for with room to spare and the
 * address the allocator gave is kept just below the aligned one:
 *
 *     raw ... | raw's address | p = aligned to ALIGN, count * size bytes ...
 *
 * No function here may be called from two threads at a time on one context. */
#include "base/memory.h"
#include "base/par.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ALIGN   64   /* a cache line and an AVX-512 register                */
#define MESSAGE 1024 /* long enough for a path and the list of what is allowed */

struct nd_ctx {
    nd_allocator alloc;
    nd_progress_fn progress;
    void *progress_user;
    nd_cancel_fn cancel;
    void *cancel_user;
    int threads; /* 0: all cores */
    bool cancel_masked;
    char message[MESSAGE];
};

static void *default_alloc(void *user, size_t bytes)
{
    (void)user;
    return malloc(bytes);
}

static void default_free(void *user, void *p)
{
    (void)user;
    free(p);
}

nd_ctx *nd_ctx_create(const nd_allocator *alloc)
{
    nd_allocator a = {default_alloc, default_free, NULL};
    nd_ctx *ctx;

    if (alloc) a = *alloc;
    assert(a.alloc && a.free);
    ctx = a.alloc(a.user, sizeof *ctx);
    if (!ctx) return NULL;
    *ctx = (nd_ctx){.alloc = a};
    return ctx;
}

void nd_ctx_destroy(nd_ctx *ctx)
{
    if (ctx) ctx->alloc.free(ctx->alloc.user, ctx);
}

const char *nd_errmsg(const nd_ctx *ctx)
{
    return ctx->message;
}

void nd_set_progress(nd_ctx *ctx, nd_progress_fn fn, void *user)
{
    ctx->progress = fn;
    ctx->progress_user = user;
}

void nd_set_cancel(nd_ctx *ctx, nd_cancel_fn fn, void *user)
{
    ctx->cancel = fn;
    ctx->cancel_user = user;
}

void nd_set_threads(nd_ctx *ctx, int threads)
{
    if (threads < 0) threads = 0;
    ctx->threads = threads < ND_THREADS_MAX ? threads : ND_THREADS_MAX;
}

int nd_threads(const nd_ctx *ctx)
{
    return ctx->threads ? ctx->threads : nd_par_cores();
}

/* ---- memory --------------------------------------------------------------- */

void *nd_alloc(nd_ctx *ctx, size_t count, size_t size)
{
    const size_t extra = ALIGN + sizeof(void *);
    char *raw, *p;

    if (size && count > (SIZE_MAX - extra - 1) / size) {
        nd_fail(ctx, ND_EMEM, "%zu items of %zu bytes are more than memory can address", count,
                size);
        return NULL;
    }
    raw = ctx->alloc.alloc(ctx->alloc.user, count * size + extra);
    if (!raw) {
        nd_fail(ctx, ND_EMEM, "out of memory (%zu items of %zu bytes)", count, size);
        return NULL;
    }
    p = raw + sizeof(void *);
    p += (ALIGN - (uintptr_t)p % ALIGN) % ALIGN;
    memcpy(p - sizeof(void *), &raw, sizeof(void *));
    return p;
}

void *nd_calloc(nd_ctx *ctx, size_t count, size_t size)
{
    void *p = nd_alloc(ctx, count, size);

    if (p) memset(p, 0, count * size);
    return p;
}

void *nd_regrow(nd_ctx *ctx, void *p, size_t old_count, size_t new_count, size_t size)
{
    void *q = nd_alloc(ctx, new_count, size);

    assert(old_count <= new_count);
    if (!q) return NULL;
    if (p) memcpy(q, p, old_count * size);
    nd_free(ctx, p);
    return q;
}

char *nd_strdup(nd_ctx *ctx, const char *s)
{
    size_t size = s ? strlen(s) + 1 : 0;
    char *copy = s ? nd_alloc(ctx, size, 1) : NULL;

    if (copy) memcpy(copy, s, size);
    return copy;
}

void nd_free(nd_ctx *ctx, void *p)
{
    void *raw;

    if (!p) return;
    memcpy(&raw, (char *)p - sizeof(void *), sizeof(void *));
    ctx->alloc.free(ctx->alloc.user, raw);
}

/* ---- failure, cancel, progress -------------------------------------------- */

/* The text is put together beside the old message, which may be one of its
 * arguments.  Control characters come from hostile files and would break the one
 * line (or drive the terminal). */
nd_status nd_fail(nd_ctx *ctx, nd_status status, const char *fmt, ...)
{
    char text[MESSAGE];
    va_list args;

    va_start(args, fmt);
    if (vsnprintf(text, sizeof text, fmt, args) < 0) text[0] = '\0';
    va_end(args);
    for (char *c = text; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f) *c = '?';
    memcpy(ctx->message, text, sizeof text);
    return status;
}

bool nd_cancelled(nd_ctx *ctx)
{
    if (ctx->cancel_masked || !ctx->cancel || !ctx->cancel(ctx->cancel_user)) return false;
    nd_fail(ctx, ND_ECANCEL, "stopped on request");
    return true;
}

bool nd_cancel_mask(nd_ctx *ctx, bool masked)
{
    bool before = ctx->cancel_masked;

    ctx->cancel_masked = masked;
    return before;
}

void nd_progress(nd_ctx *ctx, const nd_event *event)
{
    if (ctx->progress) ctx->progress(ctx->progress_user, event);
}

double nd_seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}
