/* ARFF, the data (Weka's attribute-relation format): rows of comma-separated values,
 * or sparse rows {index value, ...} with indices from 0, where what is left out is 0 -
 * for a nominal attribute its first value.  Missing values (?) are refused.
 *
 * The first row decides whether the table is dense or sparse. */
#include "data/arff.h"

#include <math.h>
#include <string.h>

static const char want_value[] = "one of the values of the @attribute";

/* The numeric value, or the index of the nominal one. */
static nd_status cell(nd_arff *a, size_t k, const char *s, size_t len, bool quoted, double *out)
{
    const nd_arff_attribute *b = &a->attribute[k];
    size_t v;

    if (!len || (!quoted && len == 1 && *s == '?'))
        return nd_arff_bad(a, k, s, len, ND_WANT_PRESENT);
    if (b->kind == ND_ARFF_NOMINAL) {
        v = nd_arff_value(b, s, len);
        if (v == ND_NO_COLUMN) return nd_arff_bad(a, k, s, len, want_value);
        *out = (double)v;
        return ND_OK;
    }
    if (!nd_number_whole(s, s + len, out))
        return nd_arff_bad(a, k, s, len, nd_want_feature(s, len));
    return ND_OK;
}

static nd_status label(nd_arff *a, const char *s, size_t len, bool quoted)
{
    const nd_arff_attribute *b = &a->attribute[a->label];
    nd_status status;

    if (!quoted && len == 1 && *s == '?') return nd_arff_bad(a, a->label, s, len, ND_WANT_LABEL);
    if (b->kind == ND_ARFF_NOMINAL && nd_arff_value(b, s, len) == ND_NO_COLUMN)
        return nd_arff_bad(a, a->label, s, len, want_value);
    status = nd_labels_add(a->ctx, a->in, a->y, s, len);
    return status == ND_ERANGE ? nd_arff_bad(a, a->label, s, len, ND_WANT_LABEL) : status;
}

/* ---- dense ------------------------------------------------------------------------------------ */

static nd_status bad_width(nd_arff *a, size_t found)
{
    return nd_fail(a->ctx, ND_EINPUT, "%s:%zu: found %s%zu values, expected %zu, one an attribute",
                   a->in->name, nd_line_of(a->in, a->stop - 1),
                   found > a->attributes ? "more than " : "",
                   found > a->attributes ? a->attributes : found, a->attributes);
}

static void put_cell(const nd_arff_attribute *b, double v, double *x)
{
    if (b->width == 1)
        x[b->col] = v;
    else
        for (size_t j = 0; j < b->width; j++) x[b->col + j] = (double)j == v ? 1.0 : 0.0;
}

static nd_status dense_row(nd_arff *a, double *x)
{
    const char *s;
    size_t len;
    bool quoted;
    double v = 0.0;
    nd_status status = ND_OK;

    for (size_t k = 0; k < a->attributes; k++) {
        if (k && (a->line == a->stop || *a->line != ',')) return bad_width(a, k);
        if (k) a->line++;
        ND_TRY(nd_arff_token(a, ",", &s, &len, &quoted));
        if (k == a->label) {
            ND_TRY(label(a, s, len, quoted));
            continue;
        }
        ND_TRY(cell(a, k, s, len, quoted, &v));
        put_cell(&a->attribute[k], v, x);
    }
    if (a->line < a->stop) return bad_width(a, a->attributes + 1);
done:
    return status;
}

/* Upper bound of the rows: as in csv.c. */
static size_t most_rows(const nd_arff *a)
{
    size_t lines = 2, size = (size_t)(a->end - a->line); /* 1 + the line being read */

    for (const char *p = a->p; p < a->end; p++) lines += *p == '\n' || *p == '\r';
    return lines < size / (2 * a->attributes) + 1 ? lines : size / (2 * a->attributes) + 1;
}

static nd_status dense_rows(nd_arff *a)
{
    nd_table *t = a->t;
    size_t room = most_rows(a), size;
    nd_status status = ND_OK;

    if (!nd_times(room, t->d, &size))
        return nd_fail(a->ctx, ND_EMEM, "%s: %zu x %zu entries do not fit into memory", a->in->name,
                       room, t->d);
    t->x = ND_NEW(a->ctx, double, size);
    if (!t->x) return ND_EMEM;
    do {
        if (t->n % 1024 == 0 && nd_cancelled(a->ctx)) return ND_ECANCEL;
        if (*a->line == '{')
            return nd_arff_bad(a, ND_NO_COLUMN, a->line, 1, "a dense row like the first");
        ND_TRY(dense_row(a, t->x + t->n * t->d));
        t->n++;
    } while (nd_arff_line(a));
done:
    return status;
}

/* ---- sparse ------------------------------------------------------------------------------------- */

/* What sparse rows need beside nd_arff: the features that are 1 when left out. */
typedef struct {
    nd_sparse rows;
    size_t *multi, multis; /* attributes with more than two values, ascending */
    size_t next;           /* the first of them not yet dealt with            */
} sparse;

/* First values for the attributes below k that the row left out. */
static nd_status fill_defaults(nd_arff *a, sparse *z, size_t k)
{
    nd_status status = ND_OK;

    for (; z->next < z->multis && z->multi[z->next] < k; z->next++)
        ND_TRY(
            nd_sparse_entry(a->ctx, &z->rows, (uint32_t)a->attribute[z->multi[z->next]].col, 1.0));
    if (z->next < z->multis && z->multi[z->next] == k) z->next++;
done:
    return status;
}

static nd_status sparse_cell(nd_arff *a, sparse *z, size_t k, const char *s, size_t len,
                             bool quoted)
{
    const nd_arff_attribute *b = &a->attribute[k];
    double v = 0.0;
    nd_status status;

    ND_TRY(cell(a, k, s, len, quoted, &v));
    if (b->width > 1)
        ND_TRY(nd_sparse_entry(a->ctx, &z->rows, (uint32_t)(b->col + (size_t)v), 1.0));
    else if (b->kind == ND_ARFF_NUMERIC || v != 0.0)
        ND_TRY(nd_sparse_entry(a->ctx, &z->rows, (uint32_t)b->col, v));
done:
    return status;
}

/* The index of an attribute, above last. */
static nd_status sparse_index(nd_arff *a, size_t least, size_t *k)
{
    const char *s;
    size_t len;
    bool quoted;
    nd_status status;

    ND_TRY(nd_arff_token(a, ",}", &s, &len, &quoted));
    *k = len ? 0 : a->attributes;
    for (size_t i = 0; i < len && *k < a->attributes; i++)
        *k = s[i] >= '0' && s[i] <= '9' ? 10 * *k + (size_t)(s[i] - '0') : a->attributes;
    if (*k >= a->attributes || *k < least)
        ND_TRY(nd_arff_bad(a, ND_NO_COLUMN, s, len, "an attribute's index from 0, ascending"));
done:
    return status;
}

static nd_status sparse_pairs(nd_arff *a, sparse *z, bool *labelled)
{
    const char *s;
    size_t len, k = 0;
    bool quoted;
    nd_status status = ND_OK;

    for (size_t least = 0; a->line < a->stop && *a->line != '}'; least = k + 1) {
        ND_TRY(sparse_index(a, least, &k));
        ND_TRY(nd_arff_token(a, ",}", &s, &len, &quoted));
        ND_TRY(fill_defaults(a, z, k));
        if (k == a->label) {
            *labelled = true;
            ND_TRY(label(a, s, len, quoted));
        } else {
            ND_TRY(sparse_cell(a, z, k, s, len, quoted));
        }
        if (a->line < a->stop && *a->line == ',') a->line++;
        while (a->line < a->stop && *a->line == ' ') a->line++;
    }
    if (a->line + 1 != a->stop)
        ND_TRY(
            nd_arff_bad(a, ND_NO_COLUMN, a->line, (size_t)(a->stop - a->line), "'}' at the end"));
done:
    return status;
}

static nd_status sparse_row(nd_arff *a, sparse *z)
{
    bool labelled = false;
    nd_status status;

    if (*a->line != '{')
        return nd_arff_bad(a, ND_NO_COLUMN, a->line, (size_t)(a->stop - a->line),
                           "a sparse row like the first");
    a->line++;
    while (a->line < a->stop && *a->line == ' ') a->line++;
    z->next = 0;
    ND_TRY(sparse_pairs(a, z, &labelled));
    ND_TRY(fill_defaults(a, z, a->attributes));
    if (a->label != ND_NO_COLUMN && !labelled) {
        const nd_arff_attribute *b = &a->attribute[a->label];
        const char *s = b->kind == ND_ARFF_NOMINAL ? b->value[0] : "0";
        ND_TRY(label(a, s, strlen(s), true));
    }
    ND_TRY(nd_sparse_end_row(a->ctx, &z->rows));
done:
    return status;
}

static nd_status sparse_rows(nd_arff *a)
{
    sparse z = {0};
    nd_status status;

    z.multi = ND_NEW(a->ctx, size_t, a->attributes);
    if (!z.multi) return ND_EMEM;
    for (size_t k = 0; k < a->attributes; k++)
        if (k != a->label && a->attribute[k].width > 1) z.multi[z.multis++] = k;
    ND_TRY(nd_sparse_begin(a->ctx, a->t, 256, 1024, &z.rows));
    do {
        if (a->t->n % 1024 == 0 && nd_cancelled(a->ctx)) ND_TRY(ND_ECANCEL);
        ND_TRY(sparse_row(a, &z));
    } while (nd_arff_line(a));
done:
    nd_free(a->ctx, z.multi);
    return status;
}

/* ---- the file ------------------------------------------------------------------------------------- */

static void clear(nd_arff *a)
{
    for (size_t k = 0; k < a->attributes; k++) {
        nd_free(a->ctx, a->attribute[k].name);
        nd_names_free(a->ctx, a->attribute[k].value, a->attribute[k].values);
    }
    nd_free(a->ctx, a->attribute);
    nd_buf_free(&a->text);
}

nd_status nd_arff_read(nd_ctx *ctx, const nd_input *in, nd_table *t, nd_labels *y)
{
    nd_arff a = {.ctx = ctx,
                 .in = in,
                 .p = in->bytes,
                 .end = in->bytes + in->size,
                 .text = nd_buf_make(ctx),
                 .t = t,
                 .y = y};
    nd_status status;

    ND_TRY(nd_arff_header(&a));
    if (nd_arff_line(&a)) ND_TRY(*a.line == '{' ? sparse_rows(&a) : dense_rows(&a));
done:
    clear(&a);
    return status;
}

/* ---- writing ---------------------------------------------------------------------------------------- */

static void put_quoted(nd_buf *b, const char *s, const char *more)
{
    nd_buf_puts(b, "'");
    for (; *s; s++) {
        const char *escaped = *s == '\n' ? "\\n" : *s == '\r' ? "\\r" : NULL;
        if (escaped) {
            nd_buf_puts(b, escaped);
            continue;
        }
        if (*s == '\'' || *s == '\\') nd_buf_puts(b, "\\");
        nd_buf_add(b, s, 1);
    }
    nd_buf_puts(b, more);
    nd_buf_puts(b, "'");
}

static void put_header(nd_buf *b, const nd_table *t)
{
    nd_buf_puts(b, "@relation ");
    put_quoted(b, t->source ? t->source : "nadir", "");
    nd_buf_puts(b, "\n");
    for (size_t k = 0; k < t->d; k++) {
        bool clash = t->y && t->feature && nd_text_equal_nocase(t->feature[k], "label");
        nd_buf_puts(b, "@attribute ");
        if (t->feature && *t->feature[k])
            put_quoted(b, t->feature[k], clash ? "_feature" : "");
        else
            nd_buf_printf(b, "x%zu", k + 1);
        nd_buf_puts(b, " numeric\n");
    }
    nd_buf_puts(b, t->y ? "@attribute label {-1,1}\n@data\n" : "@data\n");
}

static void put_sparse(nd_buf *b, const nd_table *t, size_t i)
{
    const char *comma = "{";

    for (size_t p = t->row[i]; p < t->row[i + 1]; p++, comma = ", ") {
        nd_buf_printf(b, "%s%u ", comma, t->col[p]);
        nd_buf_number(b, t->val[p]);
    }
    if (t->y) nd_buf_printf(b, "%s%zu %s}\n", comma, t->d, t->y[i] > 0.0 ? "1" : "-1");
    if (!t->y) nd_buf_puts(b, *comma == '{' ? "{}\n" : "}\n");
}

static void put_dense(nd_buf *b, const nd_table *t, size_t i)
{
    for (size_t k = 0; k < t->d; k++) {
        if (k) nd_buf_puts(b, ",");
        nd_buf_number(b, t->x[i * t->d + k]);
    }
    nd_buf_puts(b, !t->y ? "\n" : t->y[i] > 0.0 ? ",1\n" : ",-1\n");
}

nd_status nd_arff_write(nd_ctx *ctx, const nd_table *t, nd_buf *out)
{
    if (!t->d) return nd_fail(ctx, ND_EINPUT, "a table without features cannot be written as arff");
    put_header(out, t);
    for (size_t i = 0; i < t->n; i++) {
        if (i % 1024 == 0 && nd_cancelled(ctx)) return ND_ECANCEL;
        if (t->row)
            put_sparse(out, t, i);
        else
            put_dense(out, t, i);
    }
    return nd_buf_status(out);
}
