/* Tables in memory: made from arrays, built row by row, cut, looked at. */
#include "data/raw.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

nd_table *nd_table_new(nd_ctx *ctx)
{
    return ND_NEW0(ctx, nd_table, 1);
}

void nd_names_free(nd_ctx *ctx, char **names, size_t count)
{
    if (!names) return;
    for (size_t k = 0; k < count; k++) nd_free(ctx, names[k]);
    nd_free(ctx, names);
}

void nd_table_destroy(nd_ctx *ctx, nd_table *t)
{
    if (!t) return;
    nd_free(ctx, t->x);
    nd_free(ctx, t->row);
    nd_free(ctx, t->col);
    nd_free(ctx, t->val);
    nd_free(ctx, t->y);
    nd_free(ctx, t->weight);
    nd_names_free(ctx, t->feature, t->d);
    nd_free(ctx, t->source);
    nd_free(ctx, t->positive);
    nd_free(ctx, t->negative);
    nd_free(ctx, t->label_name);
    nd_free(ctx, t->note);
    nd_free(ctx, t);
}

nd_status nd_set_text(nd_ctx *ctx, char **slot, const char *s)
{
    char *copy = nd_strdup(ctx, s);

    if (s && !copy) return ND_EMEM;
    nd_free(ctx, *slot);
    *slot = copy;
    return ND_OK;
}

nd_status nd_add_note(nd_ctx *ctx, nd_table *t, const char *text)
{
    nd_buf b = nd_buf_make(ctx);
    nd_status status;

    if (t->note) nd_buf_printf(&b, "%s; ", t->note);
    nd_buf_puts(&b, text);
    status = nd_buf_status(&b);
    if (status == ND_OK) status = nd_set_text(ctx, &t->note, b.data);
    nd_buf_free(&b);
    return status;
}

/* ---- checks ------------------------------------------------------------------- */

nd_status nd_check_finite(nd_ctx *ctx, const char *name, const nd_table *t)
{
    size_t entries = t->row ? t->row[t->n] : t->n * t->d;
    const double *v = t->row ? t->val : t->x;

    for (size_t p = 0; p < entries; p++) {
        size_t i = 0;
        if (isfinite(v[p])) continue;
        if (t->row)
            while (t->row[i + 1] <= p) i++;
        else
            i = p / t->d;
        return nd_fail(ctx, ND_EINPUT,
                       "%s: row %zu, feature %zu: found %s, expected " ND_WANT_NUMBER, name, i + 1,
                       (t->row ? t->col[p] : p % t->d) + 1, isnan(v[p]) ? "nan" : "inf");
    }
    return ND_OK;
}

/* ---- from arrays ---------------------------------------------------------------- */

static nd_status copy_labels(nd_ctx *ctx, nd_table *t, const double *y)
{
    t->y = ND_NEW(ctx, double, t->n);
    if (!t->y) return ND_EMEM;
    for (size_t i = 0; i < t->n; i++) {
        char found[32];
        t->y[i] = y[i];
        if (y[i] == 1.0 || y[i] == -1.0) continue;
        nd_number_format(y[i], found);
        return nd_fail(ctx, ND_EINPUT, "array: row %zu: found label %s, expected 1 or -1", i + 1,
                       found);
    }
    return ND_OK;
}

nd_status nd_table_from_arrays(nd_ctx *ctx, size_t n, size_t d, const double *x, const double *y,
                               nd_table **out)
{
    nd_table *t = nd_table_new(ctx);
    nd_status status = ND_OK;
    size_t size;

    if (!t) return ND_EMEM;
    if (!nd_times(n, d, &size)) {
        ND_TRY(nd_fail(ctx, ND_EMEM, "array: %zu x %zu entries do not fit into memory", n, d));
    }
    t->n = n;
    t->d = d;
    ND_TRY(nd_set_text(ctx, &t->source, "array"));
    if (d) {
        t->x = ND_NEW(ctx, double, size);
        if (!t->x) ND_TRY(ND_EMEM);
        if (size) memcpy(t->x, x, size * sizeof *x);
        ND_TRY(nd_check_finite(ctx, "array", t));
    }
    if (y) ND_TRY(copy_labels(ctx, t, y));
    *out = t;
    t = NULL;
done:
    nd_table_destroy(ctx, t);
    return status;
}

/* ---- sparse tables, row by row --------------------------------------------------- */

nd_status nd_sparse_begin(nd_ctx *ctx, nd_table *t, size_t rows, size_t entries, nd_sparse *out)
{
    *out = (nd_sparse){.t = t, .row_room = rows + 1, .entry_room = entries};
    t->row = ND_NEW(ctx, size_t, rows + 1);
    t->col = ND_NEW(ctx, uint32_t, entries);
    t->val = ND_NEW(ctx, double, entries);
    if (!t->row || !t->col || !t->val) return ND_EMEM;
    t->row[0] = 0;
    return ND_OK;
}

nd_status nd_sparse_entry(nd_ctx *ctx, nd_sparse *s, uint32_t col, double val)
{
    if (s->entries == s->entry_room) {
        size_t room = s->entry_room + s->entry_room / 2 + 64;
        uint32_t *c = nd_regrow(ctx, s->t->col, s->entries, room, sizeof *c);
        double *v;
        if (!c) return ND_EMEM;
        s->t->col = c;
        v = nd_regrow(ctx, s->t->val, s->entries, room, sizeof *v);
        if (!v) return ND_EMEM;
        s->t->val = v;
        s->entry_room = room;
    }
    s->t->col[s->entries] = col;
    s->t->val[s->entries++] = val;
    return ND_OK;
}

nd_status nd_sparse_end_row(nd_ctx *ctx, nd_sparse *s)
{
    if (s->t->n + 1 == s->row_room) {
        size_t room = s->row_room + s->row_room / 2 + 64;
        size_t *row = nd_regrow(ctx, s->t->row, s->row_room, room, sizeof *row);
        if (!row) return ND_EMEM;
        s->t->row = row;
        s->row_room = room;
    }
    s->t->row[++s->t->n] = s->entries;
    return ND_OK;
}

/* ---- subsets ---------------------------------------------------------------------- */

static nd_status copy_texts(nd_ctx *ctx, const nd_table *t, nd_table *out)
{
    nd_status status;

    ND_TRY(nd_set_text(ctx, &out->source, t->source));
    ND_TRY(nd_set_text(ctx, &out->positive, t->positive));
    ND_TRY(nd_set_text(ctx, &out->negative, t->negative));
    ND_TRY(nd_set_text(ctx, &out->label_name, t->label_name));
    ND_TRY(nd_set_text(ctx, &out->note, t->note));
    if (!t->feature) return ND_OK;
    out->feature = ND_NEW0(ctx, char *, t->d);
    if (!out->feature) return ND_EMEM;
    for (size_t k = 0; k < t->d; k++) ND_TRY(nd_set_text(ctx, &out->feature[k], t->feature[k]));
done:
    return status;
}

static nd_status subset_sparse(nd_ctx *ctx, const nd_table *t, size_t m, const size_t *index,
                               nd_table *out)
{
    size_t entries = 0;
    nd_sparse s;
    nd_status status;

    for (size_t i = 0; i < m; i++) entries += t->row[index[i] + 1] - t->row[index[i]];
    ND_TRY(nd_sparse_begin(ctx, out, m, entries, &s));
    for (size_t i = 0; i < m; i++) {
        for (size_t p = t->row[index[i]]; p < t->row[index[i] + 1]; p++)
            ND_TRY(nd_sparse_entry(ctx, &s, t->col[p], t->val[p]));
        ND_TRY(nd_sparse_end_row(ctx, &s));
    }
done:
    return status;
}

/* to[i*d ...] = from[index[i]*d ...]; NULL gives NULL. */
static nd_status gather(nd_ctx *ctx, const double *from, size_t d, size_t m, const size_t *index,
                        double **to)
{
    size_t size;

    if (!from) return ND_OK;
    if (!nd_times(m, d, &size))
        return nd_fail(ctx, ND_EMEM, "%zu x %zu entries do not fit into memory", m, d);
    *to = ND_NEW(ctx, double, size);
    if (!*to) return ND_EMEM;
    for (size_t i = 0; i < m; i++) memcpy(*to + i * d, from + index[i] * d, d * sizeof **to);
    return ND_OK;
}

nd_status nd_table_subset(nd_ctx *ctx, const nd_table *t, size_t m, const size_t *index,
                          nd_table **out)
{
    nd_table *s;
    nd_status status;

    for (size_t i = 0; i < m; i++)
        if (index[i] >= t->n)
            return nd_fail(ctx, ND_ERANGE, "row %zu of a table with %zu rows", index[i] + 1, t->n);
    s = nd_table_new(ctx);
    if (!s) return ND_EMEM;
    s->d = t->d;
    ND_TRY(copy_texts(ctx, t, s));
    if (t->row) ND_TRY(subset_sparse(ctx, t, m, index, s));
    s->n = m;
    ND_TRY(gather(ctx, t->x, t->d, m, index, &s->x));
    ND_TRY(gather(ctx, t->y, 1, m, index, &s->y));
    ND_TRY(gather(ctx, t->weight, 1, m, index, &s->weight));
    *out = s;
    s = NULL;
done:
    nd_table_destroy(ctx, s);
    return status;
}

/* ---- looking ------------------------------------------------------------------------ */

void nd_table_row(const nd_table *t, size_t i, double *x)
{
    assert(i < t->n);
    if (!t->row) {
        if (t->d) memcpy(x, t->x + i * t->d, t->d * sizeof *x);
        return;
    }
    for (size_t k = 0; k < t->d; k++) x[k] = 0.0;
    for (size_t p = t->row[i]; p < t->row[i + 1]; p++) x[t->col[p]] = t->val[p];
}

size_t nd_table_count(const nd_table *t, double label)
{
    size_t count = 0;

    if (!t->y) return 0;
    for (size_t i = 0; i < t->n; i++) count += t->y[i] == label;
    return count;
}
