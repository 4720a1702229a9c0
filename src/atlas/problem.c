/* The problem inside the atlas: net, loss, ridge, the scaled samples with weights and
 * names, label rule and scaler, so that nothing else is needed to go on, to re-prove a
 * point, or to use it on new data. */
#include "atlas/atlas.h"

#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"

#include <math.h>
#include <string.h>

/* Parameters of the INSERT, columns of the SELECT. */
enum {
    C_PROGRAM,
    C_NET,
    C_D,
    C_P,
    C_LOSS,
    C_L2,
    C_WEIGHT_POS,
    C_N,
    C_ENTRIES,
    C_X,
    C_ROW,
    C_COL,
    C_VAL,
    C_Y,
    C_WEIGHT,
    C_SHA,
    C_SOURCE,
    C_POSITIVE,
    C_NEGATIVE,
    C_LABEL,
    C_NOTE,
    C_NAMES,
    C_SCALE,
    C_SHIFT,
    C_FACTOR
};

#define COLUMNS                                                                                    \
    "program, net, features, parameters, loss, l2, weight_pos, samples, entries, x, row, col, "    \
    "val, y, weight, sha256, source, positive, negative, label_name, note, feature_names, scale, " \
    "shift, factor"

/* ---- writing --------------------------------------------------------------------------------- */

static nd_status names_text(nd_ctx *ctx, const nd_table *t, char **out)
{
    json_t *array = json_array();
    size_t size;
    nd_status status = ND_OK;

    for (size_t k = 0; k < t->d && status == ND_OK; k++)
        if (json_array_append_new(array, json_string(t->feature[k] ? t->feature[k] : "")) != 0)
            status =
                nd_fail(ctx, ND_EINPUT,
                        "the name of feature %zu is not valid UTF-8 (or memory ran out)", k + 1);
    if (status == ND_OK) status = nd_json_text(ctx, array, true, out, &size);
    json_decref(array);
    return status;
}

static nd_status bind_data(nd_db *d, sqlite3_stmt *s, const nd_table *t)
{
    size_t entries = t->row ? t->row[t->n] : 0, *col = NULL;
    char *names = NULL, sha[65];
    nd_status status;

    ND_TRY(nd_db_bind_int(d, s, 1 + C_N, (int64_t)t->n));
    ND_TRY(nd_db_bind_reals(d, s, 1 + C_X, t->x, t->x ? t->n * t->d : 0));
    if (t->row) {
        col = ND_NEW(d->ctx, size_t, entries);
        if (!col) ND_TRY(ND_EMEM);
        for (size_t p = 0; p < entries; p++) col[p] = t->col[p];
        ND_TRY(nd_db_bind_int(d, s, 1 + C_ENTRIES, (int64_t)entries));
        ND_TRY(nd_db_bind_counts(d, s, 1 + C_ROW, t->row, t->n + 1));
        ND_TRY(nd_db_bind_counts(d, s, 1 + C_COL, col, entries));
        ND_TRY(nd_db_bind_reals(d, s, 1 + C_VAL, t->val, entries));
    }
    ND_TRY(nd_db_bind_reals(d, s, 1 + C_Y, t->y, t->n));
    ND_TRY(nd_db_bind_reals(d, s, 1 + C_WEIGHT, t->weight, t->n));
    ND_TRY(nd_table_sha256(d->ctx, t, sha));
    ND_TRY(nd_db_bind_text(d, s, 1 + C_SHA, sha));
    ND_TRY(nd_db_bind_text(d, s, 1 + C_SOURCE, t->source));
    ND_TRY(nd_db_bind_text(d, s, 1 + C_POSITIVE, t->positive));
    ND_TRY(nd_db_bind_text(d, s, 1 + C_NEGATIVE, t->negative));
    ND_TRY(nd_db_bind_text(d, s, 1 + C_LABEL, t->label_name));
    ND_TRY(nd_db_bind_text(d, s, 1 + C_NOTE, t->note));
    if (t->feature) ND_TRY(names_text(d->ctx, t, &names));
    ND_TRY(nd_db_bind_text(d, s, 1 + C_NAMES, names));
done:
    nd_free(d->ctx, names);
    nd_free(d->ctx, col);
    return status;
}

static nd_status bind_scaler(nd_db *d, sqlite3_stmt *s, const nd_scaler *scaler)
{
    nd_status status;

    if (!scaler) return ND_OK;
    ND_TRY(nd_db_bind_text(d, s, 1 + C_SCALE, nd_scale_name(scaler->kind)));
    ND_TRY(nd_db_bind_reals(d, s, 1 + C_SHIFT, scaler->shift, scaler->d));
    ND_TRY(nd_db_bind_reals(d, s, 1 + C_FACTOR, scaler->factor, scaler->d));
done:
    return status;
}

static nd_status write_problem(nd_db *d, const nd_explore_source *source)
{
    const nd_problem *pb = source->problem;
    sqlite3_stmt *s = NULL;
    char loss[32];
    nd_status status;

    nd_loss_spec(pb->loss, loss);
    ND_TRY(nd_db_prepare(d,
                         "INSERT INTO problem(id, " COLUMNS ") VALUES(1, ?, ?, ?, ?, ?, ?, ?, ?, "
                         "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                         &s));
    ND_TRY(nd_db_bind_text(d, s, 1 + C_PROGRAM, "nadir " ND_VERSION));
    ND_TRY(nd_db_bind_text(d, s, 1 + C_NET, pb->net->spec));
    ND_TRY(nd_db_bind_int(d, s, 1 + C_D, (int64_t)pb->net->d));
    ND_TRY(nd_db_bind_int(d, s, 1 + C_P, (int64_t)pb->net->P));
    ND_TRY(nd_db_bind_text(d, s, 1 + C_LOSS, loss));
    ND_TRY(nd_db_bind_real(d, s, 1 + C_L2, pb->l2));
    ND_TRY(nd_db_bind_real(d, s, 1 + C_WEIGHT_POS, source->weight_pos));
    ND_TRY(bind_data(d, s, pb->data));
    ND_TRY(bind_scaler(d, s, source->scaler));
    ND_TRY(nd_db_run(d, s));
done:
    sqlite3_finalize(s);
    return status;
}

nd_status nd_chart_write(nd_db *d, const nd_explore_source *source, const nd_explore_settings *set)
{
    sqlite3_stmt *s = NULL;
    nd_status status;

    ND_TRY(write_problem(d, source));
    ND_TRY(nd_db_prepare(d, "INSERT INTO setting(name, value) VALUES(?, ?)", &s));
    for (const nd_setting *row = nd_explore_table; row->name; row++) {
        char text[40];

        if (!nd_explore_stored(row)) continue;
        nd_explore_text(row, set, text);
        ND_TRY(nd_db_bind_text(d, s, 1, row->name));
        ND_TRY(nd_db_bind_text(d, s, 2, text));
        ND_TRY(nd_db_run(d, s));
    }
    ND_TRY(nd_db_exec(d, "INSERT INTO state(id, round, finished) VALUES(1, -1, 0)"));
done:
    sqlite3_finalize(s);
    return status;
}

/* ---- reading --------------------------------------------------------------------------------- */

/* What the library says of a value in the file is said of the file. */
static nd_status of_file(nd_db *d, nd_status status)
{
    if (status == ND_OK || status == ND_EMEM || status == ND_ECANCEL) return status;
    return nd_db_damaged(d, "%s", nd_errmsg(d->ctx));
}

static nd_status read_names(nd_db *d, const char *text, nd_table *t)
{
    json_t *array = NULL;
    nd_status status;

    if (!text) return ND_OK;
    ND_TRY(of_file(d, nd_json_parse(d->ctx, d->file, text, strlen(text), &array)));
    if (!json_is_array(array) || json_array_size(array) != t->d)
        ND_TRY(nd_db_damaged(d, "feature_names is no list of %zu names", t->d));
    t->feature = ND_NEW0(d->ctx, char *, t->d);
    if (!t->feature) ND_TRY(ND_EMEM);
    for (size_t k = 0; k < t->d; k++) {
        const char *name = json_string_value(json_array_get(array, k));
        t->feature[k] = nd_strdup(d->ctx, name ? name : "");
        if (!t->feature[k]) ND_TRY(ND_EMEM);
    }
done:
    json_decref(array);
    return status;
}

static nd_status read_sparse(nd_db *d, sqlite3_stmt *s, nd_table *t)
{
    int64_t entries = sqlite3_column_int64(s, C_ENTRIES);
    size_t *col = NULL, n;
    nd_status status;

    if (entries < 0) return nd_db_damaged(d, "%lld entries", (long long)entries);
    n = (size_t)entries;
    ND_TRY(nd_db_new_counts(d, s, C_ROW, t->n + 1, &t->row));
    ND_TRY(nd_db_new_counts(d, s, C_COL, n, &col));
    ND_TRY(nd_db_new_reals(d, s, C_VAL, n, &t->val));
    t->col = ND_NEW(d->ctx, uint32_t, n);
    if (!t->col) ND_TRY(ND_EMEM);
    if (!col || !t->val || t->row[0] != 0 || t->row[t->n] != n)
        ND_TRY(nd_db_damaged(d, "a sparse table that does not fit together"));
    for (size_t i = 0; i < t->n; i++) {
        if (t->row[i] > t->row[i + 1] || t->row[i + 1] > n)
            ND_TRY(nd_db_damaged(d, "row %zu of the sparse table is not in order", i + 1));
        for (size_t p = t->row[i]; p < t->row[i + 1]; p++)
            if (col[p] >= t->d || (p > t->row[i] && col[p] <= col[p - 1]))
                ND_TRY(nd_db_damaged(d, "row %zu of the sparse table is not in order", i + 1));
    }
    for (size_t p = 0; p < n; p++) t->col[p] = (uint32_t)col[p];
done:
    nd_free(d->ctx, col);
    return status;
}

/* Every value finite, labels +-1, weights > 0. */
static nd_status check_values(nd_db *d, const nd_table *t)
{
    const double *v = t->row ? t->val : t->x;
    size_t entries = t->row ? t->row[t->n] : t->n * t->d;

    if (t->d > 0 && !v) return nd_db_damaged(d, "no samples");
    for (size_t p = 0; p < entries; p++)
        if (!isfinite(v[p])) return nd_db_damaged(d, "a feature is not finite");
    for (size_t i = 0; i < t->n; i++) {
        if (fabs(t->y[i]) != 1.0) return nd_db_damaged(d, "label %zu is not +-1", i + 1);
        if (t->weight && !(t->weight[i] > 0.0 && isfinite(t->weight[i])))
            return nd_db_damaged(d, "weight %zu is not positive", i + 1);
    }
    return ND_OK;
}

static nd_status read_table(nd_db *d, sqlite3_stmt *s, size_t features, nd_chart *c)
{
    int64_t n = sqlite3_column_int64(s, C_N);
    char *names = NULL;
    nd_table *t;
    nd_status status;

    if (n < 1 || n > INT32_MAX * (int64_t)64) return nd_db_damaged(d, "%lld samples", (long long)n);
    c->data = t = ND_NEW0(d->ctx, nd_table, 1);
    if (!t) return ND_EMEM;
    t->n = (size_t)n;
    t->d = features;
    ND_TRY(nd_db_new_reals(d, s, C_Y, t->n, &t->y));
    if (!t->y) ND_TRY(nd_db_damaged(d, "no labels"));
    ND_TRY(nd_db_new_reals(d, s, C_WEIGHT, t->n, &t->weight));
    if (sqlite3_column_type(s, C_ROW) != SQLITE_NULL)
        ND_TRY(read_sparse(d, s, t));
    else if (t->d > 0)
        ND_TRY(nd_db_new_reals(d, s, C_X, t->n * t->d, &t->x));
    ND_TRY(check_values(d, t));
    ND_TRY(nd_db_text(d, s, C_SOURCE, &t->source));
    ND_TRY(nd_db_text(d, s, C_POSITIVE, &t->positive));
    ND_TRY(nd_db_text(d, s, C_NEGATIVE, &t->negative));
    ND_TRY(nd_db_text(d, s, C_LABEL, &t->label_name));
    ND_TRY(nd_db_text(d, s, C_NOTE, &t->note));
    ND_TRY(nd_db_text(d, s, C_NAMES, &names));
    ND_TRY(read_names(d, names, t));
    if (!t->source) ND_TRY(nd_db_damaged(d, "the data have no source"));
done:
    nd_free(d->ctx, names);
    return status;
}

static nd_status read_scaler(nd_db *d, sqlite3_stmt *s, nd_chart *c)
{
    const char *name = (const char *)sqlite3_column_text(s, C_SCALE);
    double *shift = NULL, *factor = NULL;
    nd_scale kind;
    nd_status status;

    if (!name) return ND_OK;
    ND_TRY(of_file(d, nd_scale_find(d->ctx, name, &kind)));
    ND_TRY(nd_db_new_reals(d, s, C_SHIFT, c->data->d, &shift));
    ND_TRY(nd_db_new_reals(d, s, C_FACTOR, c->data->d, &factor));
    if (!shift || !factor) ND_TRY(nd_db_damaged(d, "the scaler is not complete"));
    for (size_t k = 0; k < c->data->d; k++)
        if (!isfinite(shift[k]) || !isfinite(factor[k]))
            ND_TRY(nd_db_damaged(d, "the scaler is not finite"));
    status = nd_scaler_from_arrays(d->ctx, kind, c->data->d, shift, factor, &c->scaler);
done:
    nd_free(d->ctx, shift);
    nd_free(d->ctx, factor);
    return status;
}

/* NULL reads as "", which no parser takes. */
static const char *text_at(sqlite3_stmt *s, int column)
{
    const char *text = (const char *)sqlite3_column_text(s, column);

    return text ? text : "";
}

static nd_status read_row(nd_db *d, sqlite3_stmt *s, nd_chart *c)
{
    int64_t features = sqlite3_column_int64(s, C_D);
    nd_loss loss;
    nd_status status;
    char sha[65];

    if (features < 0 || features > INT32_MAX)
        return nd_db_damaged(d, "%lld features", (long long)features);
    ND_TRY(of_file(d, nd_net_parse(d->ctx, text_at(s, C_NET), (size_t)features, &c->net)));
    if (sqlite3_column_int64(s, C_P) != (int64_t)c->net->P)
        ND_TRY(nd_db_damaged(d, "the net has %zu parameters, not %lld", c->net->P,
                             (long long)sqlite3_column_int64(s, C_P)));
    ND_TRY(of_file(d, nd_loss_parse(d->ctx, text_at(s, C_LOSS), &loss)));
    ND_TRY(read_table(d, s, (size_t)features, c));
    ND_TRY(nd_table_sha256(d->ctx, c->data, sha));
    if (strcmp(sha, text_at(s, C_SHA)) != 0)
        ND_TRY(nd_db_damaged(d, "the SHA-256 of the data is another"));
    memcpy(c->sha256, sha, sizeof sha);
    ND_TRY(read_scaler(d, s, c));
    ND_TRY(nd_db_text(d, s, C_PROGRAM, &c->program));
    c->weight_pos = nd_db_real(s, C_WEIGHT_POS);
    if (!(c->weight_pos > 0.0 && isfinite(c->weight_pos)) || !c->program)
        ND_TRY(nd_db_damaged(d, "weight or program of the problem"));
    ND_TRY(of_file(
        d, nd_problem_make(d->ctx, c->net, c->data, loss, nd_db_real(s, C_L2), &c->problem)));
done:
    return status;
}

static nd_status read_settings(nd_db *d, nd_explore_settings *out)
{
    sqlite3_stmt *s = NULL;
    bool row;
    nd_status status;

    nd_explore_init(out);
    ND_TRY(nd_db_prepare(d, "SELECT name, value FROM setting", &s));
    for (;;) {
        ND_TRY(nd_db_step(d, s, &row));
        if (!row) break;
        ND_TRY(of_file(
            d, nd_settings_set(d->ctx, nd_explore_table, out, text_at(s, 0), text_at(s, 1))));
    }
    out->time = INFINITY;
    ND_TRY(of_file(d, nd_settings_check(d->ctx, nd_explore_table, out)));
done:
    sqlite3_finalize(s);
    return status;
}

nd_status nd_chart_read(nd_db *d, nd_chart *out)
{
    nd_chart c;
    sqlite3_stmt *s = NULL;
    bool row;
    nd_status status;

    memset(&c, 0, sizeof c);
    ND_TRY(nd_db_prepare(d, "SELECT " COLUMNS " FROM problem", &s));
    ND_TRY(nd_db_step(d, s, &row));
    if (!row) ND_TRY(nd_db_damaged(d, "it holds no problem"));
    ND_TRY(read_row(d, s, &c));
    ND_TRY(read_settings(d, &c.settings));
    *out = c;
    memset(&c, 0, sizeof c);
done:
    sqlite3_finalize(s);
    nd_chart_clear(d->ctx, &c);
    return status;
}

void nd_chart_clear(nd_ctx *ctx, nd_chart *c)
{
    nd_net_destroy(ctx, c->net);
    nd_table_destroy(ctx, c->data);
    nd_scaler_destroy(ctx, c->scaler);
    nd_free(ctx, c->program);
}

/* ---- the same problem? ------------------------------------------------------------------------ */

static nd_status other(nd_db *d, const char *what, const char *was, const char *is)
{
    return nd_fail(d->ctx, ND_EINPUT, "%s: it was made with %s %s, not %s", d->file, what, was, is);
}

static bool same_weights(const nd_table *a, const nd_table *b)
{
    if (!a->weight || !b->weight) return a->weight == b->weight;
    return memcmp(a->weight, b->weight, a->n * sizeof *a->weight) == 0;
}

nd_status nd_chart_same(nd_db *d, const nd_chart *c, const nd_explore_source *source)
{
    const nd_problem *pb = source->problem;
    char was[65], is[65];
    nd_status status;

    if (strcmp(c->net->spec, pb->net->spec) != 0)
        return other(d, "the net", c->net->spec, pb->net->spec);
    nd_loss_spec(c->problem.loss, was);
    nd_loss_spec(pb->loss, is);
    if (strcmp(was, is) != 0) return other(d, "the loss", was, is);
    nd_number_format(c->problem.l2, was);
    nd_number_format(pb->l2, is);
    if (strcmp(was, is) != 0) return other(d, "the ridge", was, is);
    status = nd_table_sha256(d->ctx, pb->data, is);
    if (status != ND_OK) return status;
    if (strcmp(c->sha256, is) != 0)
        return other(d, "the (scaled) data", c->data->source, pb->data->source);
    if (!same_weights(c->data, pb->data))
        return nd_fail(d->ctx, ND_EINPUT, "%s: it was made with other weights", d->file);
    return ND_OK;
}
