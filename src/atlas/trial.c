/* A verdict as columns of the table answer: one row here per column, from which the
 * schema, the statements and the exports are made. */
#include "atlas/atlas.h"

#include "base/memory.h"
#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define V(member) offsetof(nd_verdict, member)

const nd_field nd_verdict_fields[] = {
    {"verdict", ND_FIELD_VERDICT, V(kind)},
    {"proved", ND_FIELD_TRUTH, V(proved)},
    {"bad", ND_FIELD_BOOL, V(bad)},
    {"loss", ND_FIELD_REAL, V(loss)},
    {"errors", ND_FIELD_SIZE, V(errors)},
    {"grad", ND_FIELD_REAL, V(grad)},
    {"lambda_min", ND_FIELD_REAL, V(lambda_min)},
    {"lambda_err", ND_FIELD_REAL, V(lambda_err)},
    {"negative", ND_FIELD_LONG, V(index)},
    {"nullity", ND_FIELD_LONG, V(nullity)},
    {"norm", ND_FIELD_REAL, V(norm)},
    {"margin_min", ND_FIELD_REAL, V(margin_min)},
    {"active", ND_FIELD_SIZE, V(active)},
    {"potential", ND_FIELD_REAL, V(potential)},
    {"valley_norm", ND_FIELD_REAL, V(valley_norm)},
    {"valley_loss", ND_FIELD_REAL, V(valley_loss)},
    {"no_minimum", ND_FIELD_TRUTH, V(no_minimum)},
    {"reason", ND_FIELD_REASON, V(reason)},
    {"cert_kind", ND_FIELD_CERT, V(cert.kind)},
    {"cert_truth", ND_FIELD_TRUTH, V(cert.truth)},
    {"cert_says", ND_FIELD_SAYS, V(cert.says)},
    {"cert_loss_lo", ND_FIELD_REAL, V(cert.loss_lo)},
    {"cert_loss_hi", ND_FIELD_REAL, V(cert.loss_hi)},
    {"cert_errors_lo", ND_FIELD_SIZE, V(cert.errors_lo)},
    {"cert_errors_hi", ND_FIELD_SIZE, V(cert.errors_hi)},
    {"cert_margin_lo", ND_FIELD_REAL, V(cert.margin_lo)},
    {"cert_radius", ND_FIELD_REAL, V(cert.radius)},
    {"cert_mu", ND_FIELD_REAL, V(cert.mu)},
    {"cert_index", ND_FIELD_SIZE, V(cert.index)},
    {"cert_reason", ND_FIELD_REASON, V(cert.reason)},
    {NULL, ND_FIELD_REAL, 0},
};

size_t nd_verdict_columns(void)
{
    return sizeof nd_verdict_fields / sizeof *nd_verdict_fields - 1;
}

bool nd_is_minimum(const nd_verdict *v)
{
    return v->kind == ND_LOCAL_MINIMUM || v->kind == ND_GLOBAL_MINIMUM;
}

/* ---- names back to values ----------------------------------------------------------------- */

/* The k < count with name(k) = text. */
#define FIND(text, count, name_of, type, out)                                                      \
    for (int k_ = 0; (text) && k_ < (count); k_++) {                                               \
        if (strcmp(name_of((type)k_), (text)) != 0) continue;                                      \
        *(out) = (type)k_;                                                                         \
        return true;                                                                               \
    }                                                                                              \
    return false

bool nd_find_stop(const char *name, nd_stop *out)
{
    FIND(name, ND_STOPS, nd_stop_name, nd_stop, out);
}

bool nd_find_ask(const char *name, nd_ask_kind *out)
{
    FIND(name, ND_ASKS, nd_ask_name, nd_ask_kind, out);
}

bool nd_find_truth(const char *name, nd_truth *out)
{
    FIND(name, ND_REFUTED + 1, nd_truth_name, nd_truth, out);
}

bool nd_find_verdict(const char *name, nd_verdict_kind *out)
{
    FIND(name, ND_VALLEY + 1, nd_verdict_name, nd_verdict_kind, out);
}

/* The library's own string for a kind of certificate. */
static bool find_cert(const char *name, const char **out)
{
    size_t rows;
    const nd_cert_kind *table = nd_cert_table(&rows);

    for (size_t k = 0; k < rows; k++) {
        if (strcmp(table[k].kind, name) != 0) continue;
        *out = table[k].kind;
        return true;
    }
    return false;
}

/* ---- binding and reading ------------------------------------------------------------------- */

static const void *member(const nd_field *f, const nd_verdict *v)
{
    return (const char *)v + f->offset;
}

static nd_status bind(nd_db *d, sqlite3_stmt *s, int at, const nd_field *f, const nd_verdict *v)
{
    const void *m = member(f, v);

    switch (f->type) {
    case ND_FIELD_REAL:
        return nd_db_bind_real(d, s, at, *(const double *)m);
    case ND_FIELD_SIZE:
        return nd_db_bind_int(d, s, at, (int64_t) * (const size_t *)m);
    case ND_FIELD_LONG:
        return nd_db_bind_int(d, s, at, *(const long *)m);
    case ND_FIELD_BOOL:
        return nd_db_bind_int(d, s, at, *(const bool *)m);
    case ND_FIELD_SAYS:
        return nd_db_bind_int(d, s, at, *(const nd_says *)m);
    case ND_FIELD_TRUTH:
        return nd_db_bind_text(d, s, at, nd_truth_name(*(const nd_truth *)m));
    case ND_FIELD_VERDICT:
        return nd_db_bind_text(d, s, at, nd_verdict_name(*(const nd_verdict_kind *)m));
    case ND_FIELD_CERT:
        return nd_db_bind_text(d, s, at, *(const char *const *)m);
    case ND_FIELD_REASON:
        break;
    }
    return nd_db_bind_text(d, s, at, m);
}

nd_status nd_verdict_bind(nd_db *d, sqlite3_stmt *s, int first, const nd_verdict *v)
{
    for (const nd_field *f = nd_verdict_fields; f->name; f++) {
        nd_status status = bind(d, s, first++, f, v);
        if (status != ND_OK) return status;
    }
    return ND_OK;
}

/* false: the column holds something else. */
static bool read(sqlite3_stmt *s, int at, const nd_field *f, nd_verdict *v)
{
    void *m = (char *)v + f->offset;
    bool text = f->type >= ND_FIELD_TRUTH && f->type != ND_FIELD_SAYS;
    const char *t = text ? (const char *)sqlite3_column_text(s, at) : NULL;
    int64_t k = text ? 0 : sqlite3_column_int64(s, at);

    switch (f->type) {
    case ND_FIELD_REAL:
        *(double *)m = nd_db_real(s, at);
        return true;
    case ND_FIELD_SIZE:
        *(size_t *)m = (size_t)k;
        return k >= 0;
    case ND_FIELD_LONG:
        *(long *)m = (long)k;
        return true;
    case ND_FIELD_BOOL:
        *(bool *)m = k != 0;
        return k == 0 || k == 1;
    case ND_FIELD_SAYS:
        *(nd_says *)m = (nd_says)k;
        return k >= ND_SAYS_NOTHING && k <= ND_SAYS_NO_MINIMUM;
    case ND_FIELD_TRUTH:
        return nd_find_truth(t, m);
    case ND_FIELD_VERDICT:
        return nd_find_verdict(t, m);
    case ND_FIELD_CERT:
        return !t || find_cert(t, m);
    case ND_FIELD_REASON:
        break;
    }
    snprintf(m, sizeof v->reason, "%s", t ? t : "");
    return t != NULL;
}

nd_status nd_verdict_read(nd_db *d, sqlite3_stmt *s, int first, nd_verdict *v)
{
    memset(v, 0, sizeof *v);
    for (const nd_field *f = nd_verdict_fields; f->name; f++, first++)
        if (!read(s, first, f, v))
            return nd_db_damaged(d, "column '%s' holds '%.40s'", f->name,
                                 sqlite3_column_text(s, first));
    return ND_OK;
}

nd_status nd_verdict_list(nd_ctx *ctx, const char *prefix, char **out)
{
    nd_buf b = nd_buf_make(ctx);
    nd_status status;

    for (const nd_field *f = nd_verdict_fields; f->name; f++)
        nd_buf_printf(&b, "%s%s%s", f == nd_verdict_fields ? "" : ", ", prefix, f->name);
    status = nd_buf_status(&b);
    if (status == ND_OK)
        *out = b.data;
    else
        nd_buf_free(&b);
    return status;
}

void nd_verdict_text(const nd_field *f, const nd_verdict *v, char text[256])
{
    const void *m = member(f, v);
    const char *s = NULL;

    text[0] = 0;
    if (f->type == ND_FIELD_REAL && !isnan(*(const double *)m))
        nd_number_format(*(const double *)m, text);
    if (f->type == ND_FIELD_SIZE) snprintf(text, 256, "%zu", *(const size_t *)m);
    if (f->type == ND_FIELD_LONG) snprintf(text, 256, "%ld", *(const long *)m);
    if (f->type == ND_FIELD_BOOL) s = *(const bool *)m ? "true" : "false";
    if (f->type == ND_FIELD_SAYS) snprintf(text, 256, "%d", (int)*(const nd_says *)m);
    if (f->type == ND_FIELD_TRUTH) s = nd_truth_name(*(const nd_truth *)m);
    if (f->type == ND_FIELD_VERDICT) s = nd_verdict_name(*(const nd_verdict_kind *)m);
    if (f->type == ND_FIELD_CERT) s = *(const char *const *)m;
    if (f->type == ND_FIELD_REASON) s = m;
    if (s) snprintf(text, 256, "%s", s);
}
