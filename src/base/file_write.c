/* Writing a whole file so that it is never half there: write to a temporary name in
 * the same folder, sync, rename.  (The folder is not synced: a power cut may bring the
 * old file back, never a part of one.)  What is no regular file (a terminal, /dev/null,
 * a pipe) is written to as it stands: it must not be replaced.
 * A symbolic link stays one; the file it names is replaced. */
#define _XOPEN_SOURCE 700 /* realpath */
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define TRIES 100 /* temporary names left over by killed processes of our number */

static nd_status write_failed(nd_ctx *ctx, const char *file)
{
    return nd_fail(ctx, ND_EIO, "%s: cannot write: %s", file, strerror(errno));
}

static nd_status write_all(nd_ctx *ctx, const char *file, int fd, const char *bytes, size_t size)
{
    while (size) {
        ssize_t n = write(fd, bytes, size);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return write_failed(ctx, file);
        bytes += n;
        size -= (size_t)n;
    }
    return ND_OK;
}

/* ---- gzip ------------------------------------------------------------------------- */

static void *z_alloc(void *ctx, unsigned count, unsigned size)
{
    return nd_alloc(ctx, count, size);
}

static void z_free(void *ctx, void *p)
{
    nd_free(ctx, p);
}

/* The header holds no name and no time: the same bytes give the same file. */
static nd_status write_gzip(nd_ctx *ctx, const char *file, int fd, const char *bytes, size_t size)
{
    z_stream z = {.zalloc = z_alloc, .zfree = z_free, .opaque = ctx};
    unsigned char out[65536];
    nd_status status = ND_OK;
    int code = Z_OK;

    if (deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return nd_fail(ctx, ND_EMEM, "%s: out of memory", file);
    while (code != Z_STREAM_END && status == ND_OK) {
        if (!z.avail_in) { /* avail_in has 32 bits */
            size_t n = size < 1u << 30 ? size : 1u << 30;
            z.next_in = (unsigned char *)(uintptr_t)bytes;
            z.avail_in = (unsigned)n;
            bytes += n;
            size -= n;
        }
        z.next_out = out;
        z.avail_out = sizeof out;
        code = deflate(&z, size ? Z_NO_FLUSH : Z_FINISH);
        status = write_all(ctx, file, fd, (char *)out, sizeof out - z.avail_out);
    }
    deflateEnd(&z);
    return status;
}

static bool ends_in(const char *s, const char *tail)
{
    size_t n = strlen(s), m = strlen(tail);

    return n >= m && strcmp(s + n - m, tail) == 0;
}

static nd_status write_body(nd_ctx *ctx, const char *file, int fd, const void *bytes, size_t size)
{
    if (ends_in(file, ".gz")) return write_gzip(ctx, file, fd, bytes, size);
    return write_all(ctx, file, fd, bytes, size);
}

/* ---- in place, or by a temporary name -------------------------------------------------- */

static nd_status write_in_place(nd_ctx *ctx, const char *file, const void *bytes, size_t size)
{
    int fd = open(file, O_WRONLY | O_CLOEXEC);
    nd_status status;

    if (fd < 0) return write_failed(ctx, file);
    status = write_body(ctx, file, fd, bytes, size);
    if (close(fd) != 0 && status == ND_OK) status = write_failed(ctx, file);
    return status;
}

/* Opens .nadir-PID-N.tmp beside target, the first N not there yet (not TARGET.tmp: that
 * may be too long for a name); *name is freed with nd_buf_free. */
static nd_status open_temporary(nd_ctx *ctx, const char *file, const char *target, nd_buf *name,
                                int *fd)
{
    const char *slash = strrchr(target, '/');

    for (int i = 0; i < TRIES; i++) {
        nd_buf_free(name);
        nd_buf_add(name, target, slash ? (size_t)(slash + 1 - target) : 0);
        nd_buf_printf(name, ".nadir-%ld-%d.tmp", (long)getpid(), i);
        if (nd_buf_status(name) != ND_OK) return ND_EMEM;
        *fd = open(name->data, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (*fd >= 0) return ND_OK;
        if (errno != EEXIST) break;
    }
    return write_failed(ctx, file);
}

/* mode: of the file that is replaced, or 0. */
static nd_status replace(nd_ctx *ctx, const char *file, const char *target, mode_t mode,
                         const void *bytes, size_t size)
{
    nd_buf name = nd_buf_make(ctx);
    int fd = -1;
    bool there = false;
    nd_status status;

    ND_TRY(open_temporary(ctx, file, target, &name, &fd));
    there = true;
    ND_TRY(write_body(ctx, file, fd, bytes, size));
    if (mode) (void)fchmod(fd, mode);
    if (fsync(fd) != 0 && errno != EINVAL) ND_TRY(write_failed(ctx, file));
    if (close(fd) != 0) {
        fd = -1;
        ND_TRY(write_failed(ctx, file));
    }
    fd = -1;
    if (rename(name.data, target) != 0) ND_TRY(write_failed(ctx, file));
    there = false;
done:
    if (fd >= 0) close(fd);
    if (there) unlink(name.data);
    nd_buf_free(&name);
    return status;
}

nd_status nd_file_write(nd_ctx *ctx, const char *file, const void *bytes, size_t size)
{
    struct stat info;
    bool there = stat(file, &info) == 0;
    char *real;
    nd_status status;

    if (there && S_ISDIR(info.st_mode))
        return nd_fail(ctx, ND_EIO, "%s: cannot write: it is a folder", file);
    if (there && !S_ISREG(info.st_mode)) return write_in_place(ctx, file, bytes, size);
    real = there ? realpath(file, NULL) : NULL;
    status = replace(ctx, file, real ? real : file, there ? info.st_mode & 07777 : 0, bytes, size);
    free(real);
    return status;
}

nd_status nd_json_save(nd_ctx *ctx, const json_t *j, bool compact, const char *file)
{
    char *text;
    size_t size;
    nd_status status = nd_json_text(ctx, j, compact, &text, &size);

    if (status != ND_OK) return status;
    status = nd_file_write(ctx, file, text, size);
    nd_free(ctx, text);
    return status;
}
