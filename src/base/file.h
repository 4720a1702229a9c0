/* Whole files. */
#ifndef ND_BASE_FILE_H
#define ND_BASE_FILE_H

#include <nadir/base.h>

/* Reads all of file; a gzip stream (by its magic number) is inflated.  limit bytes
 * at most after inflation (0: none); more is ND_EINPUT.  *bytes ends with a zero
 * byte not counted in *size.  Freed with nd_free. */
nd_status nd_file_read(nd_ctx *ctx, const char *file, size_t limit, char **bytes, size_t *size);

/* Writes to a temporary name in the same folder, syncs, and renames: the file is
 * never half there.  Compressed when the name ends in .gz. */
nd_status nd_file_write(nd_ctx *ctx, const char *file, const void *bytes, size_t size);

/* SHA-256 (FIPS 180-4). */
typedef struct {
    uint32_t h[8];
    uint64_t bits;
    uint8_t block[64];
    size_t fill;
} nd_sha256;
void nd_sha256_init(nd_sha256 *s);
void nd_sha256_add(nd_sha256 *s, const void *bytes, size_t size);
void nd_sha256_hex(nd_sha256 *s, char hex[65]);

#endif
