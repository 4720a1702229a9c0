/* ZIP (PKWARE APPNOTE 6.3): read through the central directory; entries are stored or
 * deflated (zlib), not encrypted, below 4 GB.  Every offset and size is checked against
 * the file before it is used.
 *
 * Deflate cannot expand by more than a factor of 1032 (one byte may stand for four
 * copies of 258 bytes), so a larger claim is refused before anything is allocated. */
#include "data/zip.h"

#include <string.h>
#include <zlib.h>

#define LOCAL_SIG   0x04034b50u
#define CENTRAL_SIG 0x02014b50u
#define END_SIG     0x06054b50u
#define LOCAL       30 /* bytes before the name */
#define CENTRAL     46
#define END         22
#define MOST_RATIO  1032

static size_t u16(const char *p)
{
    return (size_t)nd_le(p, 2);
}

static size_t u32(const char *p)
{
    return (size_t)nd_le(p, 4);
}

static nd_status broken(nd_ctx *ctx, const nd_input *in, const char *what)
{
    return nd_fail(ctx, ND_EINPUT, "%s: found a broken ZIP file (%s), expected .npz", in->name,
                   what);
}

/* ---- the directory ---------------------------------------------------------------------- */

/* The end record: at the end of the file but for a comment of at most 65535 bytes. */
static const char *find_end(const nd_input *in)
{
    for (size_t back = END; back <= in->size && back <= END + 65535; back++) {
        const char *p = in->bytes + in->size - back;
        if (u32(p) == END_SIG) return p;
    }
    return NULL;
}

/* Calls of next walk through the central records. */
typedef struct {
    const char *p, *end;
    size_t left;
} walk;

static nd_status start_walk(nd_ctx *ctx, const nd_input *in, walk *w)
{
    const char *end = find_end(in);
    size_t at, size;

    if (!end) return broken(ctx, in, "no directory");
    w->left = u16(end + 10);
    size = u32(end + 12);
    at = u32(end + 16);
    if (at > in->size || size > in->size - at) return broken(ctx, in, "directory outside the file");
    w->p = in->bytes + at;
    w->end = w->p + size;
    return ND_OK;
}

/* *record := the next central record, with its name at record + CENTRAL; NULL: no more. */
static nd_status next(nd_ctx *ctx, const nd_input *in, walk *w, const char **record)
{
    size_t room = (size_t)(w->end - w->p), size;

    *record = NULL;
    if (!w->left) return ND_OK;
    if (room < CENTRAL || u32(w->p) != CENTRAL_SIG) return broken(ctx, in, "bad directory");
    size = CENTRAL + u16(w->p + 28) + u16(w->p + 30) + u16(w->p + 32);
    if (size > room) return broken(ctx, in, "bad directory");
    *record = w->p;
    w->p += size;
    w->left--;
    return ND_OK;
}

static nd_status open_entry(nd_ctx *ctx, const nd_input *in, const char *r, nd_zip_entry *e)
{
    size_t at = u32(r + 42), skip;

    *e = (nd_zip_entry){NULL, u32(r + 20), u32(r + 24), (uint32_t)u32(r + 16), (int)u16(r + 10)};
    if (u16(r + 8) & 1) return broken(ctx, in, "encrypted");
    if (e->method != 0 && e->method != 8) return broken(ctx, in, "neither stored nor deflated");
    if (e->size == UINT32_MAX || e->packed_size == UINT32_MAX)
        return broken(ctx, in, "entries of 4 GB and more are not read");
    if (at > in->size || in->size - at < LOCAL || u32(in->bytes + at) != LOCAL_SIG)
        return broken(ctx, in, "entry outside the file");
    skip = LOCAL + u16(in->bytes + at + 26) + u16(in->bytes + at + 28);
    if (skip > in->size - at || e->packed_size > in->size - at - skip)
        return broken(ctx, in, "entry outside the file");
    if (e->method == 0 ? e->size != e->packed_size : e->size / MOST_RATIO > e->packed_size)
        return broken(ctx, in, "impossible size");
    e->data = in->bytes + at + skip;
    return ND_OK;
}

nd_status nd_zip_find(nd_ctx *ctx, const nd_input *in, const char *name, bool *found,
                      nd_zip_entry *out)
{
    size_t len = strlen(name);
    const char *r;
    walk w;
    nd_status status;

    *found = false;
    ND_TRY(start_walk(ctx, in, &w));
    for (;;) {
        ND_TRY(next(ctx, in, &w, &r));
        if (!r) return ND_OK;
        if (u16(r + 28) == len && memcmp(r + CENTRAL, name, len) == 0) break;
    }
    ND_TRY(open_entry(ctx, in, r, out));
    *found = true;
done:
    return status;
}

nd_status nd_zip_names(nd_ctx *ctx, const nd_input *in, nd_buf *out)
{
    char shown[ND_SHOWN];
    size_t listed = 0;
    const char *r;
    walk w;
    nd_status status;

    ND_TRY(start_walk(ctx, in, &w));
    for (;;) {
        ND_TRY(next(ctx, in, &w, &r));
        if (!r || listed == 10) break;
        nd_buf_puts(out, listed++ ? ", " : "");
        nd_buf_puts(out, nd_show(r + CENTRAL, u16(r + 28), shown));
    }
    nd_buf_puts(out, listed ? "" : "nothing");
    status = nd_buf_status(out);
done:
    return status;
}

/* ---- unpacking -------------------------------------------------------------------------------- */

static void *zip_alloc(void *user, unsigned count, unsigned size)
{
    return nd_alloc(user, count, size);
}

static void zip_free(void *user, void *p)
{
    nd_free(user, p);
}

static nd_status inflate_entry(nd_ctx *ctx, const nd_input *in, const nd_zip_entry *e, char *to)
{
    z_stream z = {.zalloc = zip_alloc, .zfree = zip_free, .opaque = ctx};
    int code = inflateInit2(&z, -MAX_WBITS);

    if (code != Z_OK) return code == Z_MEM_ERROR ? ND_EMEM : broken(ctx, in, "zlib");
    z.next_in = (z_const Bytef *)e->data;
    z.avail_in = (uInt)e->packed_size;
    z.next_out = (Bytef *)to;
    z.avail_out = (uInt)e->size;
    code = inflate(&z, Z_FINISH);
    inflateEnd(&z);
    if (code == Z_MEM_ERROR) return ND_EMEM;
    if (code != Z_STREAM_END || z.total_out != e->size) return broken(ctx, in, "bad deflated data");
    return ND_OK;
}

nd_status nd_zip_unpack(nd_ctx *ctx, const nd_input *in, const nd_zip_entry *e, const char **bytes,
                        char **owned)
{
    char *to = NULL;
    nd_status status = ND_OK;

    if (e->method == 8) {
        to = ND_NEW(ctx, char, e->size + 1);
        if (!to) return ND_EMEM;
        ND_TRY(inflate_entry(ctx, in, e, to));
    }
    *bytes = to ? to : e->data;
    if (crc32(0, (const Bytef *)*bytes, (uInt)e->size) != e->crc)
        ND_TRY(broken(ctx, in, "wrong checksum"));
    *owned = to;
    to = NULL;
done:
    nd_free(ctx, to);
    return status;
}

/* ---- writing ---------------------------------------------------------------------------------------- */

nd_zip_writer nd_zip_begin(nd_ctx *ctx, nd_buf *out)
{
    return (nd_zip_writer){out, nd_buf_make(ctx), 0};
}

/* What a local and a central record share: version 2.0, no flags, stored, 1 Jan 1980. */
static void common(char *p, uint32_t crc, size_t size, size_t name_len)
{
    nd_put_le(p, 20, 2);
    nd_put_le(p + 8, 33, 2);
    nd_put_le(p + 10, crc, 4);
    nd_put_le(p + 14, size, 4);
    nd_put_le(p + 18, size, 4);
    nd_put_le(p + 22, name_len, 2);
}

nd_status nd_zip_add(nd_ctx *ctx, nd_zip_writer *z, const char *name, const char *bytes,
                     size_t size)
{
    char local[LOCAL] = {0}, central[CENTRAL] = {0};
    size_t at = z->out->size, len = strlen(name);
    uint32_t crc;

    if (size > UINT32_MAX - 65536 - at)
        return nd_fail(ctx, ND_ERANGE, "a .npz file of 4 GB and more cannot be written");
    crc = (uint32_t)crc32(0, (const Bytef *)bytes, (uInt)size);
    nd_put_le(local, LOCAL_SIG, 4);
    common(local + 4, crc, size, len);
    nd_buf_add(z->out, local, LOCAL);
    nd_buf_add(z->out, name, len);
    nd_buf_add(z->out, bytes, size);
    nd_put_le(central, CENTRAL_SIG, 4);
    nd_put_le(central + 4, 20, 2);
    common(central + 6, crc, size, len);
    nd_put_le(central + 42, at, 4);
    nd_buf_add(&z->directory, central, CENTRAL);
    nd_buf_add(&z->directory, name, len);
    z->entries++;
    return nd_buf_status(z->out);
}

nd_status nd_zip_end(nd_ctx *ctx, nd_zip_writer *z)
{
    char end[END] = {0};
    nd_status status = nd_buf_status(&z->directory);

    (void)ctx;
    nd_put_le(end, END_SIG, 4);
    nd_put_le(end + 8, z->entries, 2);
    nd_put_le(end + 10, z->entries, 2);
    nd_put_le(end + 12, z->directory.size, 4);
    nd_put_le(end + 16, z->out->size, 4);
    if (status == ND_OK) nd_buf_add(z->out, z->directory.data, z->directory.size);
    nd_buf_add(z->out, end, END);
    nd_buf_free(&z->directory);
    return status == ND_OK ? nd_buf_status(z->out) : status;
}
