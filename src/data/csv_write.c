/* Writing separated text: a header, the features, the label 1 or -1 last.  Numbers are
 * the shortest that read back to the same double. */
#include "data/raw.h"

#include <string.h>

static void put_name(nd_buf *b, const char *name, char sep)
{
    if (!strchr(name, sep) && !strpbrk(name, "\"\r\n") && *name != ' ') {
        nd_buf_puts(b, name);
        return;
    }
    nd_buf_puts(b, "\"");
    for (const char *s = name; *s; s++) nd_buf_add(b, *s == '"' ? "\"\"" : s, *s == '"' ? 2 : 1);
    nd_buf_puts(b, "\"");
}

/* A feature called label would be taken for the label when the file is read again. */
static void put_header(nd_buf *b, const nd_table *t, char sep)
{
    for (size_t k = 0; k < t->d; k++) {
        if (k) nd_buf_add(b, &sep, 1);
        if (!t->feature) {
            nd_buf_printf(b, "x%zu", k + 1);
            continue;
        }
        put_name(b, t->feature[k], sep);
        if (t->y && nd_text_equal_nocase(t->feature[k], "label")) nd_buf_puts(b, "_feature");
    }
    if (t->y) nd_buf_add(b, &sep, 1);
    nd_buf_puts(b, t->y ? "label\n" : "\n");
}

static nd_status write_separated(nd_ctx *ctx, const nd_table *t, char sep, nd_buf *b)
{
    double *x;
    nd_status status = ND_OK;

    if (!t->d) return nd_fail(ctx, ND_EINPUT, "a table without features cannot be written as csv");
    x = ND_NEW(ctx, double, t->d);
    if (!x) return ND_EMEM;
    put_header(b, t, sep);
    for (size_t i = 0; i < t->n; i++) {
        if (i % 1024 == 0 && nd_cancelled(ctx)) ND_TRY(ND_ECANCEL);
        nd_table_row(t, i, x);
        for (size_t k = 0; k < t->d; k++) {
            if (k) nd_buf_add(b, &sep, 1);
            nd_buf_number(b, x[k]);
        }
        if (t->y) nd_buf_add(b, &sep, 1);
        if (t->y) nd_buf_puts(b, t->y[i] > 0.0 ? "1" : "-1");
        nd_buf_puts(b, "\n");
    }
    status = nd_buf_status(b);
done:
    nd_free(ctx, x);
    return status;
}

nd_status nd_csv_write(nd_ctx *ctx, const nd_table *t, nd_buf *out)
{
    return write_separated(ctx, t, ',', out);
}

nd_status nd_tsv_write(nd_ctx *ctx, const nd_table *t, nd_buf *out)
{
    return write_separated(ctx, t, '\t', out);
}
