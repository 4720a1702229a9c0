/* svmlight / LIBSVM text:  label index:value index:value ... # comment
 *
 * Sparse stays sparse.  Indices ascend within a row.  Whether they count from 0 or from
 * 1 is not written anywhere: a 0 anywhere in the file decides for 0, else 1 is taken,
 * which the note says; "svm0" and "svm1" fix it (a file to predict on may lack the
 * column 0 that the training file had). */
#include "data/raw.h"

#include <math.h>
#include <string.h>

/* Beyond this an index is a hash or an attack: vectors of d entries must still fit. */
#define MOST_INDEX 100000000

typedef struct {
    nd_ctx *ctx;
    const nd_input *in;
    const char *p, *end;
    nd_table *t;
    nd_labels *y;
    nd_sparse rows;
    int base;             /* 0, 1, or -1: to be found out        */
    uint32_t least, most; /* of the indices met                  */
    size_t token;         /* number of the token in its line     */
} svm;

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool ends_line(const svm *s, const char *p)
{
    return p == s->end || *p == '\n' || *p == '\r' || *p == '#';
}

static const char *token_end(const svm *s, const char *p)
{
    while (!ends_line(s, p) && !is_blank(*p)) p++;
    return p;
}

static void skip_blanks(svm *s)
{
    while (s->p < s->end && is_blank(*s->p)) s->p++;
}

static void skip_line(svm *s)
{
    while (s->p < s->end && *s->p != '\n' && *s->p != '\r') s->p++;
    if (s->p < s->end) s->p++;
}

static nd_status bad(svm *s, const char *at, const char *expected)
{
    return nd_bad(s->ctx, s->in, nd_line_of(s->in, at), s->token, NULL, at,
                  (size_t)(token_end(s, at) - at), expected);
}

/* ---- one row ------------------------------------------------------------------------------ */

static nd_status label(svm *s)
{
    const char *at = s->p, *stop = token_end(s, at);
    bool is_label = !memchr(at, ':', (size_t)(stop - at));
    const nd_read_options *opt = s->in->opt;
    nd_status status;

    s->token = 1;
    if (!s->t->n) s->y->any = !opt->unlabelled && (is_label || !opt->label_optional);
    if (is_label) s->p = stop;
    if (opt->unlabelled || (!is_label && !s->y->any)) return ND_OK;
    if (is_label != s->y->any)
        return bad(s, at,
                   is_label ? "index:value (the first row has no label)"
                            : "a label before the index:value pairs");
    status = nd_labels_add(s->ctx, s->in, s->y, at, (size_t)(stop - at));
    return status == ND_ERANGE ? bad(s, at, ND_WANT_LABEL) : status;
}

/* The digits of an index at s->p and the colon; NULL: something else. */
static const char *index_at(const svm *s, uint32_t *out)
{
    const char *p = s->p;
    uint32_t v = 0;

    while (p < s->end && *p >= '0' && *p <= '9' && v <= MOST_INDEX)
        v = 10 * v + (uint32_t)(*p++ - '0');
    *out = v;
    return p > s->p && p < s->end && *p == ':' && v <= MOST_INDEX ? p + 1 : NULL;
}

static nd_status bad_index(svm *s)
{
    if (s->end - s->p >= 4 && memcmp(s->p, "qid:", 4) == 0)
        return bad(s, s->p, "index:value (query ids belong to ranking, not to two classes)");
    return bad(s, s->p, "index:value with an index of at most 100000000");
}

static nd_status entry(svm *s, int64_t *last)
{
    const char *at = s->p, *p;
    uint32_t index;
    double v;

    s->token++;
    p = index_at(s, &index);
    if (!p) return bad_index(s);
    if (index <= *last) return bad(s, at, "ascending indices");
    if (index == 0 && s->base == 1) return bad(s, at, "indices from 1");
    *last = index;
    p = nd_decimal(p, s->end, &v);
    if (!p || !(ends_line(s, p) || is_blank(*p)) || !isfinite(v))
        return bad(s, at, "index:value with a finite number");
    s->p = p;
    if (index < s->least) s->least = index;
    if (index > s->most) s->most = index;
    return nd_sparse_entry(s->ctx, &s->rows, index, v);
}

static nd_status row(svm *s)
{
    int64_t last = -1;
    nd_status status;

    ND_TRY(label(s));
    for (skip_blanks(s); !ends_line(s, s->p); skip_blanks(s)) ND_TRY(entry(s, &last));
    ND_TRY(nd_sparse_end_row(s->ctx, &s->rows));
done:
    return status;
}

/* ---- the file ------------------------------------------------------------------------------- */

static nd_status begin(svm *s)
{
    size_t lines = 1, colons = 0;

    for (const char *p = s->p; p < s->end; p++) {
        lines += *p == '\n';
        colons += *p == ':';
    }
    s->least = UINT32_MAX;
    return nd_sparse_begin(s->ctx, s->t, lines, colons, &s->rows);
}

/* Shifts the columns to 0, .., d-1 and says what was taken for the first index. */
static nd_status settle_base(svm *s)
{
    nd_table *t = s->t;
    bool found = s->base < 0;

    if (!s->rows.entries)
        return nd_fail(s->ctx, ND_EINPUT, "%s: found no index:value pairs, expected features",
                       s->in->name);
    if (found) s->base = s->least == 0 ? 0 : 1;
    for (size_t p = 0; p < s->rows.entries; p++) t->col[p] -= (uint32_t)s->base;
    t->d = (size_t)s->most + 1 - (size_t)s->base;
    if (!found) return nd_add_note(s->ctx, t, s->base ? "indices from 1" : "indices from 0");
    return nd_add_note(
        s->ctx, t, s->base ? "indices from 1 (no index is 0)" : "indices from 0 (an index is 0)");
}

static nd_status read_svm(nd_ctx *ctx, const nd_input *in, nd_table *t, nd_labels *y, int base)
{
    svm s = {.ctx = ctx,
             .in = in,
             .p = in->bytes,
             .end = in->bytes + in->size,
             .t = t,
             .y = y,
             .base = base};
    nd_status status;

    ND_TRY(begin(&s));
    for (; s.p < s.end; skip_line(&s)) {
        skip_blanks(&s);
        if (ends_line(&s, s.p)) continue;
        if (t->n % 1024 == 0 && nd_cancelled(ctx)) return ND_ECANCEL;
        ND_TRY(row(&s));
    }
    if (t->n) ND_TRY(settle_base(&s));
done:
    return status;
}

nd_status nd_svm_read(nd_ctx *ctx, const nd_input *in, nd_table *t, nd_labels *y)
{
    return read_svm(ctx, in, t, y, -1);
}

nd_status nd_svm0_read(nd_ctx *ctx, const nd_input *in, nd_table *t, nd_labels *y)
{
    return read_svm(ctx, in, t, y, 0);
}

nd_status nd_svm1_read(nd_ctx *ctx, const nd_input *in, nd_table *t, nd_labels *y)
{
    return read_svm(ctx, in, t, y, 1);
}

/* ---- writing ----------------------------------------------------------------------------------- */

static void put_entry(nd_buf *b, size_t k, double v)
{
    nd_buf_printf(b, " %zu:", k + 1);
    nd_buf_number(b, v);
}

static void put_row(nd_buf *b, const nd_table *t, size_t i, bool *last_column)
{
    if (t->row) {
        for (size_t p = t->row[i]; p < t->row[i + 1]; p++) {
            put_entry(b, t->col[p], t->val[p]);
            *last_column |= t->col[p] + 1 == t->d;
        }
        return;
    }
    for (size_t k = 0; k < t->d; k++) {
        double v = t->x[i * t->d + k];
        if (v == 0.0 && !signbit(v)) continue;
        put_entry(b, k, v);
        *last_column |= k + 1 == t->d;
    }
}

/* Indices from 1.  The number of columns is that of the largest index, so when no row
 * has an entry in the last column the last row gets a zero there; so does a row that
 * would be an empty line because it has no label either. */
nd_status nd_svm_write(nd_ctx *ctx, const nd_table *t, nd_buf *out)
{
    bool last_column = false;

    if (!t->d) return nd_fail(ctx, ND_EINPUT, "a table without features cannot be written as svm");
    for (size_t i = 0; i < t->n; i++) {
        size_t start = out->size;
        if (i % 1024 == 0 && nd_cancelled(ctx)) return ND_ECANCEL;
        if (t->y) nd_buf_puts(out, t->y[i] > 0.0 ? "1" : "-1");
        put_row(out, t, i, &last_column);
        if ((i + 1 == t->n && !last_column) || out->size == start) {
            put_entry(out, t->d - 1, 0.0);
            last_column = true;
        }
        nd_buf_puts(out, "\n");
    }
    return nd_buf_status(out);
}
