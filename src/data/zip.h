/* The little of ZIP that .npz needs: entries stored or deflated, found by name. */
#ifndef ND_DATA_ZIP_H
#define ND_DATA_ZIP_H

#include "data/raw.h"

typedef struct {
    const char *data; /* packed_size bytes inside the input                  */
    size_t packed_size, size;
    uint32_t crc;
    int method; /* 0 stored, 8 deflated                                      */
} nd_zip_entry;

/* found := whether there is an entry of this name.  *names (freed by the caller,
 * NULL when not wanted) lists all.  Errors: ND_EINPUT: no ZIP file, or a broken one. */
nd_status nd_zip_find(nd_ctx *ctx, const nd_input *in, const char *name, bool *found,
                      nd_zip_entry *out);
nd_status nd_zip_names(nd_ctx *ctx, const nd_input *in, nd_buf *out);

/* *bytes: entry->size bytes; *owned (freed by the caller, may be NULL) is set when they
 * had to be unpacked. */
nd_status nd_zip_unpack(nd_ctx *ctx, const nd_input *in, const nd_zip_entry *entry,
                        const char **bytes, char **owned);

/* A ZIP file of stored entries, written one after the other. */
typedef struct {
    nd_buf *out, directory;
    size_t entries;
} nd_zip_writer;
nd_zip_writer nd_zip_begin(nd_ctx *ctx, nd_buf *out);
nd_status nd_zip_add(nd_ctx *ctx, nd_zip_writer *z, const char *name, const char *bytes,
                     size_t size);
nd_status nd_zip_end(nd_ctx *ctx, nd_zip_writer *z);

#endif
