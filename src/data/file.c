/* Reading from and writing to files: the part of this floor that needs an operating
 * system (the WebAssembly core leaves this file out). */
#include "base/file.h"
#include "data/raw.h"

#include <string.h>

/* What a file may hold after inflation: data are worked on in memory, and a gzip
 * stream of a few megabytes can unfold to any size. */
#define MOST_BYTES ((size_t)8 << 30)

/* The file that belongs to in->name; that it is missing is no error when labels are
 * optional. */
static nd_status read_companion(nd_ctx *ctx, const nd_format *f, nd_input *in, char **bytes)
{
    char other[4096];
    nd_status status;

    if (in->opt->unlabelled || !f->companion || !f->companion(in->name, other, sizeof other))
        return ND_OK;
    status = nd_file_read(ctx, other, MOST_BYTES, bytes, &in->more_size);
    return status == ND_EIO && in->opt->label_optional ? ND_OK : status;
}

nd_status nd_table_read(nd_ctx *ctx, const char *source, const nd_read_options *opt, nd_table **out)
{
    static const nd_read_options none = {0};
    nd_input in = {.name = source, .opt = opt ? opt : &none};
    const nd_format *f;
    char *bytes = NULL, *more = NULL;
    nd_status status;

    if (strncmp(source, "gen:", 4) == 0) return nd_table_generate(ctx, source + 4, out);
    ND_TRY(nd_format_find(ctx, in.opt->format, source, &f));
    ND_TRY(nd_file_read(ctx, source, MOST_BYTES, &bytes, &in.size));
    ND_TRY(read_companion(ctx, f, &in, &more));
    in.bytes = bytes;
    in.more = more;
    ND_TRY(nd_format_parse(ctx, f, &in, out));
done:
    nd_free(ctx, bytes);
    nd_free(ctx, more);
    return status;
}

nd_status nd_table_write(nd_ctx *ctx, const nd_table *t, const char *file, const char *format)
{
    nd_buf b = nd_buf_make(ctx);
    const nd_format *f;
    nd_status status;

    ND_TRY(nd_format_find(ctx, format, file, &f));
    if (!f->write)
        ND_TRY(nd_fail(ctx, ND_ENAME,
                       "%s: the format %s is read only; write csv, tsv, svm, npz or "
                       "arff",
                       file, f->name));
    if (t->weight)
        ND_TRY(
            nd_fail(ctx, ND_EINPUT, "%s: the table has weights, which no format can hold", file));
    ND_TRY(f->write(ctx, t, &b));
    ND_TRY(nd_buf_status(&b));
    ND_TRY(nd_file_write(ctx, file, b.data, b.size));
done:
    nd_buf_free(&b);
    return status;
}
