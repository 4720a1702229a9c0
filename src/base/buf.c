/* A growing string: appended to without a check at every step, asked once at the
 * end (nd_buf_status).  data is always terminated when it is not NULL. */
#include "base/memory.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

nd_buf nd_buf_make(nd_ctx *ctx)
{
    return (nd_buf){.ctx = ctx};
}

/* Room for n more bytes and the terminating zero; doubles, so that n appends copy
 * O(n) bytes. */
static bool reserve(nd_buf *b, size_t n)
{
    size_t room = b->room ? b->room : 64;
    char *data;

    if (b->failed) return false;
    if (n < b->room - b->size) return true;
    while (room - b->size <= n && room <= SIZE_MAX / 2) room *= 2;
    if (room - b->size <= n) room = SIZE_MAX; /* which nd_alloc refuses with a message */
    data = nd_regrow(b->ctx, b->data, b->size, room, 1);
    if (!data) {
        b->failed = true;
        return false;
    }
    b->data = data;
    b->room = room;
    return true;
}

void nd_buf_add(nd_buf *b, const char *s, size_t n)
{
    if (!reserve(b, n)) return;
    if (n) memcpy(b->data + b->size, s, n);
    b->size += n;
    b->data[b->size] = '\0';
}

void nd_buf_puts(nd_buf *b, const char *s)
{
    nd_buf_add(b, s, strlen(s));
}

void nd_buf_printf(nd_buf *b, const char *fmt, ...)
{
    va_list args, again;
    int n;

    va_start(args, fmt);
    va_copy(again, args);
    n = vsnprintf(NULL, 0, fmt, args);
    if (n >= 0 && reserve(b, (size_t)n)) {
        vsnprintf(b->data + b->size, (size_t)n + 1, fmt, again);
        b->size += (size_t)n;
    }
    va_end(again);
    va_end(args);
}

void nd_buf_number(nd_buf *b, double x)
{
    char text[32];

    nd_buf_add(b, text, nd_number_format(x, text));
}

nd_status nd_buf_status(const nd_buf *b)
{
    return b->failed ? ND_EMEM : ND_OK;
}

void nd_buf_free(nd_buf *b)
{
    nd_free(b->ctx, b->data);
    *b = nd_buf_make(b->ctx);
}
