/* Reading a whole file into memory; gzip streams (RFC 1952, also several in a row)
 * are inflated on the way, piece by piece, so that a limit holds for hostile ones. */
#include "base/file.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define PIECE 65536

/* What has been read so far; room for one byte more than size, always. */
typedef struct {
    nd_ctx *ctx;
    const char *file;
    int fd;
    size_t limit; /* 0: none */
    char *bytes;
    size_t size, room;
} reader;

static nd_status grow(reader *r, size_t room)
{
    char *bytes;

    if (room <= r->room) return ND_OK;
    if (room < 2 * r->room) room = 2 * r->room;
    bytes = nd_regrow(r->ctx, r->bytes, r->size, room, 1);
    if (!bytes) return ND_EMEM;
    r->bytes = bytes;
    r->room = room;
    return ND_OK;
}

static nd_status check_limit(const reader *r)
{
    if (!r->limit || r->size <= r->limit) return ND_OK;
    return nd_fail(r->ctx, ND_EINPUT, "%s: larger than the limit of %zu bytes", r->file, r->limit);
}

/* Up to n bytes at p; *got = 0 at the end of the file. */
static nd_status read_some(const reader *r, void *p, size_t n, size_t *got)
{
    ssize_t k;

    do k = read(r->fd, p, n);
    while (k < 0 && errno == EINTR);
    if (k < 0) return nd_fail(r->ctx, ND_EIO, "%s: cannot read: %s", r->file, strerror(errno));
    *got = (size_t)k;
    return ND_OK;
}

/* The first n bytes are there already; the rest goes straight to its place. */
static nd_status read_plain(reader *r, const void *head, size_t n)
{
    struct stat info;
    size_t expected = 0;
    nd_status status;

    if (fstat(r->fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_size > 0)
        expected = (size_t)info.st_size;
    if (r->limit && expected > r->limit) expected = r->limit;
    ND_TRY(grow(r, (expected > n ? expected : n) + 2)); /* 2: the end is seen without growing */
    memcpy(r->bytes, head, n);
    r->size = n;
    while (n) {
        ND_TRY(check_limit(r));
        ND_TRY(grow(r, r->size + 2));
        ND_TRY(read_some(r, r->bytes + r->size, r->room - r->size - 1, &n));
        r->size += n;
    }
done:
    return status;
}

/* ---- gzip ------------------------------------------------------------------------ */

static void *z_alloc(void *ctx, unsigned count, unsigned size)
{
    return nd_alloc(ctx, count, size);
}

static void z_free(void *ctx, void *p)
{
    nd_free(ctx, p);
}

static nd_status inflate_failed(const reader *r, int code, const z_stream *z)
{
    if (code == Z_MEM_ERROR) return nd_fail(r->ctx, ND_EMEM, "%s: out of memory", r->file);
    return nd_fail(r->ctx, ND_EINPUT, "%s: broken gzip stream after %zu bytes (%s)", r->file,
                   r->size, z->msg ? z->msg : "bad data");
}

/* Inflates what z has at its input; *ended says that a stream is complete. */
static nd_status inflate_piece(reader *r, z_stream *z, bool *ended)
{
    nd_status status = ND_OK;

    while (z->avail_in > 0 && status == ND_OK) {
        size_t room;
        int code;
        if (*ended && inflateReset(z) != Z_OK) return inflate_failed(r, Z_DATA_ERROR, z);
        ND_TRY(grow(r, r->size + PIECE));
        room = r->room - r->size - 1;
        if (room > PIECE) room = PIECE;
        z->next_out = (unsigned char *)r->bytes + r->size;
        z->avail_out = (unsigned)room;
        code = inflate(z, Z_NO_FLUSH);
        r->size += room - z->avail_out;
        if (code != Z_OK && code != Z_STREAM_END) return inflate_failed(r, code, z);
        *ended = code == Z_STREAM_END;
        status = check_limit(r);
    }
done:
    return status;
}

static nd_status read_gzip(reader *r, unsigned char *piece, size_t n)
{
    z_stream z = {.zalloc = z_alloc, .zfree = z_free, .opaque = r->ctx};
    bool ended = false;
    nd_status status;

    if (inflateInit2(&z, 15 + 16) != Z_OK)
        return nd_fail(r->ctx, ND_EMEM, "%s: out of memory", r->file);
    while (n) {
        z.next_in = piece;
        z.avail_in = (unsigned)n;
        ND_TRY(inflate_piece(r, &z, &ended));
        ND_TRY(read_some(r, piece, PIECE, &n));
    }
    if (!ended)
        status = nd_fail(r->ctx, ND_EINPUT, "%s: the gzip stream is cut off after %zu bytes",
                         r->file, r->size);
done:
    inflateEnd(&z);
    return status;
}

/* ---- all of it ---------------------------------------------------------------------- */

static nd_status read_all(reader *r)
{
    unsigned char piece[PIECE];
    size_t n = 0, got = 1;
    nd_status status;

    while (n < 2 && got) { /* a pipe may give one byte at a time */
        ND_TRY(read_some(r, piece + n, PIECE - n, &got));
        n += got;
    }
    ND_TRY(grow(r, 1));
    if (n >= 2 && piece[0] == 0x1f && piece[1] == 0x8b)
        status = read_gzip(r, piece, n);
    else
        status = read_plain(r, piece, n);
done:
    return status;
}

nd_status nd_file_read(nd_ctx *ctx, const char *file, size_t limit, char **bytes, size_t *size)
{
    reader r = {.ctx = ctx, .file = file, .limit = limit};
    nd_status status;

    r.fd = open(file, O_RDONLY | O_CLOEXEC);
    if (r.fd < 0) return nd_fail(ctx, ND_EIO, "%s: cannot open: %s", file, strerror(errno));
    status = read_all(&r);
    close(r.fd);
    if (status != ND_OK) {
        nd_free(ctx, r.bytes);
        return status;
    }
    r.bytes[r.size] = '\0';
    *bytes = r.bytes;
    *size = r.size;
    return ND_OK;
}
