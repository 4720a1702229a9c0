/* The table of formats, and the way from bytes to a table. */
#include "data/raw.h"

#include <string.h>

/* name, endings of file names, reader, writer, companion file, help */
#define FORMATS(ROW)                                                                               \
    ROW("csv", ".csv .txt", nd_csv_read, nd_csv_write, NULL,                                       \
        "fields between , ; or tab (found out), header or not, RFC 4180 quotes")                   \
    ROW("tsv", ".tsv .tab", nd_tsv_read, nd_tsv_write, NULL, "the same with tabs only")            \
    ROW("svm", ".svm .libsvm .svmlight", nd_svm_read, nd_svm_write, NULL,                          \
        "label index:value ..., sparse; indices from 1, from 0 when a 0 occurs")                   \
    ROW("svm0", "", nd_svm0_read, NULL, NULL, "svm with indices from 0")                           \
    ROW("svm1", "", nd_svm1_read, NULL, NULL, "svm with indices from 1")                           \
    ROW("npy", ".npy", nd_npy_read, NULL, NULL, "NumPy matrix, label in a column")                 \
    ROW("npz", ".npz", nd_npz_read, nd_npz_write, NULL, "NumPy archive with arrays X and y")       \
    ROW("idx", ".idx -ubyte", nd_idx_read, NULL, nd_idx_companion,                                 \
        "MNIST files: ...-images-idx3-ubyte with ...-labels-idx1-ubyte beside it")                 \
    ROW("arff", ".arff", nd_arff_read, nd_arff_write, NULL,                                        \
        "Weka, dense or sparse; nominal attributes as 0/1 columns")

#define FORMAT_ROW(name, ext, read, write, companion, help) {name, ext, read, write, companion},
#define NAMED_ROW(name, ext, read, write, companion, help)  {name, help},

static const nd_format formats[] = {FORMATS(FORMAT_ROW)};
static const nd_named named[] = {FORMATS(NAMED_ROW){NULL, NULL}};

#define COUNT (sizeof formats / sizeof *formats)

const nd_named *nd_table_formats(void)
{
    return named;
}

/* ---- by name, by ending -------------------------------------------------------------- */

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool ends_so(const char *file, size_t len, const char *ext, size_t ext_len)
{
    if (len < ext_len) return false;
    for (size_t i = 0; i < ext_len; i++)
        if (lower(file[len - ext_len + i]) != ext[i]) return false;
    return true;
}

static bool has_ending(const nd_format *f, const char *file, size_t len)
{
    for (const char *e = f->ext; *e;) {
        size_t n = strcspn(e, " ");
        if (ends_so(file, len, e, n)) return true;
        e += n;
        e += *e == ' ';
    }
    return false;
}

static const nd_format *by_ending(const char *file)
{
    size_t len = strlen(file);

    if (ends_so(file, len, ".gz", 3)) len -= 3;
    for (size_t i = 0; i < COUNT; i++)
        if (has_ending(&formats[i], file, len)) return &formats[i];
    return NULL;
}

nd_status nd_format_find(nd_ctx *ctx, const char *name, const char *file, const nd_format **out)
{
    nd_buf known = nd_buf_make(ctx);
    const nd_format *f = NULL;
    char shown[ND_SHOWN];
    nd_status status;

    for (size_t i = 0; name && i < COUNT; i++)
        if (strcmp(formats[i].name, name) == 0) f = &formats[i];
    if (!name) f = by_ending(file);
    if (f) {
        *out = f;
        return ND_OK;
    }
    for (size_t i = 0; i < COUNT; i++)
        nd_buf_printf(&known, "%s%s", i ? ", " : "", formats[i].name);
    status = nd_buf_status(&known);
    if (status == ND_OK && name)
        status = nd_fail(ctx, ND_ENAME, "unknown data format %s; known: %s",
                         nd_show(name, strlen(name), shown), known.data);
    else if (status == ND_OK)
        status = nd_fail(ctx, ND_ENAME,
                         "%s: the ending tells no data format; known: %s (or a "
                         "generator gen:NAME)",
                         file, known.data);
    nd_buf_free(&known);
    return status;
}

/* ---- from bytes to a table ------------------------------------------------------------- */

nd_status nd_format_parse(nd_ctx *ctx, const nd_format *f, const nd_input *in, nd_table **out)
{
    nd_table *t = nd_table_new(ctx);
    nd_labels y = {0};
    nd_status status = ND_OK;

    if (!t) return ND_EMEM;
    ND_TRY(nd_set_text(ctx, &t->source, in->name));
    if (!in->size)
        ND_TRY(nd_fail(ctx, ND_EINPUT, "%s: found an empty file, expected %s data", in->name,
                       f->name));
    ND_TRY(f->read(ctx, in, t, &y));
    if (!t->n) ND_TRY(nd_fail(ctx, ND_EINPUT, "%s: found no rows, expected samples", in->name));
    ND_TRY(nd_labels_apply(ctx, in, &y, t));
    *out = t;
    t = NULL;
done:
    nd_labels_clear(ctx, &y);
    nd_table_destroy(ctx, t);
    return status;
}

nd_status nd_table_parse(nd_ctx *ctx, const char *format, const char *name, const void *bytes,
                         size_t size, const nd_read_options *opt, nd_table **out)
{
    static const nd_read_options none = {0};
    nd_input in = {.name = name, .bytes = bytes, .size = size, .opt = opt ? opt : &none};
    const nd_format *f;
    nd_status status;

    ND_TRY(nd_format_find(ctx, format ? format : in.opt->format, name, &f));
    ND_TRY(nd_format_parse(ctx, f, &in, out));
done:
    return status;
}
