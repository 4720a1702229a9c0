/* Tables in NumPy files: .npy holds features and label as the columns of one matrix,
 * .npz holds them as arrays X (n x anything, flattened) and y (n numbers or texts). */
#include "data/npy.h"
#include "data/zip.h"

#include <math.h>
#include <string.h>

static nd_status bad_number(nd_ctx *ctx, const char *what, size_t i, size_t k)
{
    return nd_fail(ctx, ND_EINPUT,
                   "%s: row %zu, column %zu: expected a finite number that a double holds exactly",
                   what, i + 1, k + 1);
}

/* All of a but the column skip into t->x. */
static nd_status features(nd_ctx *ctx, const char *what, const nd_npy *a, size_t skip, nd_table *t)
{
    double *x;

    t->n = a->rows;
    t->d = a->cols - (skip != ND_NO_COLUMN);
    x = t->x = ND_NEW(ctx, double, t->n * t->d); /* no overflow: a byte or more each */
    if (!x) return ND_EMEM;
    for (size_t i = 0; i < a->rows; i++)
        for (size_t k = 0; k < a->cols; k++) {
            if (k == skip) continue;
            if (!nd_npy_number(a, i, k, x) || !isfinite(*x)) return bad_number(ctx, what, i, k);
            x++;
        }
    return ND_OK;
}

static nd_status no_text(nd_ctx *ctx, const char *what, const nd_npy *a)
{
    if (a->kind != 'S' && a->kind != 'U') return ND_OK;
    return nd_fail(ctx, ND_EINPUT, "%s: found text, expected numbers", what);
}

/* Column k of a, or (text) its elements, as labels. */
static nd_status labels(nd_ctx *ctx, const nd_input *in, const char *what, const nd_npy *a,
                        size_t k, nd_labels *y)
{
    char text[4096 + 4];
    nd_status status;

    ND_TRY(nd_labels_reserve(ctx, y, a->rows));
    for (size_t i = 0; i < a->rows; i++) {
        double v;
        if (a->kind == 'S' || a->kind == 'U')
            status = nd_labels_add(ctx, in, y, text, nd_npy_text(a, i, text, sizeof text));
        else if (!nd_npy_number(a, i, k, &v))
            status = ND_ERANGE;
        else
            status = nd_labels_add_number(ctx, in, y, v);
        if (status == ND_ERANGE) status = bad_number(ctx, what, i, k);
        ND_TRY(status);
    }
done:
    return status;
}

nd_status nd_npy_read(nd_ctx *ctx, const nd_input *in, nd_table *t, nd_labels *y)
{
    nd_npy a;
    size_t label = ND_NO_COLUMN;
    nd_status status;

    ND_TRY(nd_npy_open(ctx, in->name, in->bytes, in->size, &a));
    ND_TRY(no_text(ctx, in->name, &a));
    if (a.dims != 2 || !a.cols)
        ND_TRY(nd_fail(ctx, ND_EINPUT, "%s: found an array of %zu dimension(s), expected a matrix",
                       in->name, a.dims));
    ND_TRY(nd_label_column(ctx, in, NULL, a.cols, y, &label));
    if (a.cols == 1 && label == 0)
        ND_TRY(nd_fail(ctx, ND_EINPUT, "%s: found one column, expected features and a label",
                       in->name));
    ND_TRY(features(ctx, in->name, &a, label, t));
    if (y->any) ND_TRY(labels(ctx, in, in->name, &a, label, y));
done:
    return status;
}

/* ---- archives ------------------------------------------------------------------------------- */

/* An array of the archive; bytes are freed by the caller. */
typedef struct {
    char *bytes;
    nd_buf what; /* "FILE: array X" */
    bool found;
    nd_npy npy;
} member;

static nd_status open_member(nd_ctx *ctx, const nd_input *in, const char *name, member *m)
{
    nd_buf file = nd_buf_make(ctx);
    nd_zip_entry entry;
    const char *bytes;
    nd_status status;

    nd_buf_printf(&m->what, "%s: array %s", in->name, name);
    nd_buf_printf(&file, "%s.npy", name);
    ND_TRY(nd_buf_status(&m->what));
    ND_TRY(nd_buf_status(&file));
    ND_TRY(nd_zip_find(ctx, in, file.data, &m->found, &entry));
    if (!m->found) goto done;
    ND_TRY(nd_zip_unpack(ctx, in, &entry, &bytes, &m->bytes));
    ND_TRY(nd_npy_open(ctx, m->what.data, bytes, entry.size, &m->npy));
done:
    nd_buf_free(&file);
    return status;
}

static nd_status missing(nd_ctx *ctx, const nd_input *in, const char *name)
{
    nd_buf names = nd_buf_make(ctx);
    nd_status status = nd_zip_names(ctx, in, &names);

    if (status == ND_OK)
        status =
            nd_fail(ctx, ND_EINPUT, "%s: found %s, expected an array %s (X: features, y: labels)",
                    in->name, names.data, name);
    nd_buf_free(&names);
    return status;
}

static nd_status read_y(nd_ctx *ctx, const nd_input *in, const nd_table *t, member *m, nd_labels *y)
{
    const char *name = in->opt->label ? in->opt->label : "y";
    nd_status status;

    ND_TRY(open_member(ctx, in, name, m));
    if (!m->found && !in->opt->label_optional) ND_TRY(missing(ctx, in, name));
    if (!m->found) return ND_OK;
    if (m->npy.cols != 1 || m->npy.rows != t->n)
        ND_TRY(nd_fail(ctx, ND_EINPUT, "%s: found %zu x %zu, expected %zu labels", m->what.data,
                       m->npy.rows, m->npy.cols, t->n));
    y->any = true;
    ND_TRY(nd_set_text(ctx, &y->name, name));
    ND_TRY(labels(ctx, in, m->what.data, &m->npy, 0, y));
done:
    return status;
}

nd_status nd_npz_read(nd_ctx *ctx, const nd_input *in, nd_table *t, nd_labels *y)
{
    member x = {.what = nd_buf_make(ctx)}, label = {.what = nd_buf_make(ctx)};
    nd_status status;

    ND_TRY(open_member(ctx, in, "X", &x));
    if (!x.found) ND_TRY(missing(ctx, in, "X"));
    ND_TRY(no_text(ctx, x.what.data, &x.npy));
    if (!x.npy.cols)
        ND_TRY(nd_fail(ctx, ND_EINPUT, "%s: found no columns, expected features", x.what.data));
    ND_TRY(features(ctx, x.what.data, &x.npy, ND_NO_COLUMN, t));
    if (!in->opt->unlabelled) ND_TRY(read_y(ctx, in, t, &label, y));
done:
    nd_free(ctx, x.bytes);
    nd_free(ctx, label.bytes);
    nd_buf_free(&x.what);
    nd_buf_free(&label.what);
    return status;
}

/* ---- writing ------------------------------------------------------------------------------------ */

static void put_double(nd_buf *b, double v)
{
    char bytes[8];
    uint64_t bits;

    memcpy(&bits, &v, sizeof bits);
    nd_put_le(bytes, bits, 8);
    nd_buf_add(b, bytes, 8);
}

static nd_status put_x(nd_ctx *ctx, const nd_table *t, nd_buf *b)
{
    double *x = ND_NEW(ctx, double, t->d);

    if (!x) return ND_EMEM;
    nd_npy_header(b, t->n, t->d);
    for (size_t i = 0; i < t->n; i++) {
        nd_table_row(t, i, x);
        for (size_t k = 0; k < t->d; k++) put_double(b, x[k]);
    }
    nd_free(ctx, x);
    return nd_buf_status(b);
}

nd_status nd_npz_write(nd_ctx *ctx, const nd_table *t, nd_buf *out)
{
    nd_zip_writer z = nd_zip_begin(ctx, out);
    nd_buf b = nd_buf_make(ctx);
    nd_status status;

    if (!t->d) return nd_fail(ctx, ND_EINPUT, "a table without features cannot be written as npz");
    ND_TRY(put_x(ctx, t, &b));
    ND_TRY(nd_zip_add(ctx, &z, "X.npy", b.data, b.size));
    b.size = 0;
    if (t->y) {
        nd_npy_header(&b, t->n, 0);
        for (size_t i = 0; i < t->n; i++) put_double(&b, t->y[i]);
        ND_TRY(nd_buf_status(&b));
        ND_TRY(nd_zip_add(ctx, &z, "y.npy", b.data, b.size));
    }
    ND_TRY(nd_zip_end(ctx, &z));
done:
    nd_buf_free(&z.directory);
    nd_buf_free(&b);
    return status;
}
