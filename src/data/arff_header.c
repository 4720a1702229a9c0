/* ARFF, the header: @relation, @attribute NAME TYPE, @data; % comments.
 *
 * A numeric attribute is one feature.  A nominal one with two values {a, b} is one
 * feature, 1 for b; one with more values has a 0/1 feature for each (so that no order
 * is invented).  Other types are refused unless they are the label. */
#include "data/arff.h"

#include <string.h>

/* A nominal attribute with more values than this would blow the table up. */
#define MOST_VALUES 64

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_eol(char c)
{
    return c == '\n' || c == '\r';
}

/* ---- lines and tokens ----------------------------------------------------------------------- */

bool nd_arff_line(nd_arff *a)
{
    while (a->p < a->end) {
        a->line = a->p;
        while (a->p < a->end && !is_eol(*a->p)) a->p++;
        a->stop = a->p;
        if (a->p < a->end) a->p++;
        while (a->line < a->stop && is_blank(*a->line)) a->line++;
        while (a->stop > a->line && is_blank(a->stop[-1])) a->stop--;
        if (a->line < a->stop && *a->line != '%') return true;
    }
    return false;
}

nd_status nd_arff_bad(nd_arff *a, size_t k, const char *found, size_t len, const char *expected)
{
    const char *name = k < a->attributes ? a->attribute[k].name : NULL;

    return nd_bad(a->ctx, a->in, nd_line_of(a->in, a->line < a->end ? a->line : a->end - 1),
                  k == ND_NO_COLUMN ? 0 : k + 1, name, found, len, expected);
}

static void skip_blanks(nd_arff *a)
{
    while (a->line < a->stop && is_blank(*a->line)) a->line++;
}

static char unescape(char c)
{
    return c == 'n' ? '\n' : c == 'r' ? '\r' : c == 't' ? '\t' : c;
}

static nd_status quoted_token(nd_arff *a, const char **s, size_t *len)
{
    const char *open = a->line;
    char quote = *a->line++;

    a->text.size = 0;
    while (a->line < a->stop && *a->line != quote) {
        if (*a->line == '\\' && a->line + 1 < a->stop) {
            char c = unescape(*++a->line);
            nd_buf_add(&a->text, &c, 1);
            a->line++;
            continue;
        }
        nd_buf_add(&a->text, a->line++, 1);
    }
    if (a->line == a->stop)
        return nd_arff_bad(a, ND_NO_COLUMN, open, (size_t)(a->stop - open), "a closing quote");
    a->line++;
    nd_buf_add(&a->text, "", 0);
    *s = a->text.data;
    *len = a->text.size;
    return nd_buf_status(&a->text);
}

nd_status nd_arff_token(nd_arff *a, const char *stops, const char **s, size_t *len, bool *quoted)
{
    nd_status status = ND_OK;

    skip_blanks(a);
    *quoted = a->line < a->stop && (*a->line == '\'' || *a->line == '"');
    if (*quoted) {
        ND_TRY(quoted_token(a, s, len));
    } else {
        *s = a->line;
        while (a->line < a->stop && !is_blank(*a->line) && !(*a->line && strchr(stops, *a->line)))
            a->line++;
        *len = (size_t)(a->line - *s);
    }
    skip_blanks(a);
done:
    return status;
}

/* ---- attributes ---------------------------------------------------------------------------------- */

static bool is_word(const char *s, size_t len, const char *word)
{
    char low[16];

    if (len >= sizeof low || len != strlen(word)) return false;
    memcpy(low, s, len);
    low[len] = '\0';
    return nd_text_equal_nocase(low, word);
}

static nd_status copy(nd_arff *a, const char *s, size_t len, char **out)
{
    nd_buf b = nd_buf_make(a->ctx);

    nd_buf_add(&b, s, len);
    if (nd_buf_status(&b) != ND_OK) return ND_EMEM;
    *out = b.data;
    return ND_OK;
}

static nd_status add_value(nd_arff *a, nd_arff_attribute *b, const char *s, size_t len)
{
    if (b->values == b->room) {
        size_t room = 2 * b->room + 4;
        char **value = nd_regrow(a->ctx, b->value, b->values, room, sizeof *value);
        if (!value) return ND_EMEM;
        b->value = value;
        b->room = room;
    }
    if (copy(a, s, len, &b->value[b->values]) != ND_OK) return ND_EMEM;
    b->values++;
    return ND_OK;
}

/* {a, b, ...} */
static nd_status nominal(nd_arff *a, nd_arff_attribute *b)
{
    const char *s;
    size_t len;
    bool quoted;
    nd_status status = ND_OK;

    b->kind = ND_ARFF_NOMINAL;
    a->line++;
    for (;;) {
        ND_TRY(nd_arff_token(a, ",}", &s, &len, &quoted));
        if (!len && !quoted)
            return nd_arff_bad(a, ND_NO_COLUMN, a->line, (size_t)(a->stop - a->line),
                               "a value of the nominal attribute");
        ND_TRY(add_value(a, b, s, len));
        if (a->line < a->stop && *a->line == ',') {
            a->line++;
            continue;
        }
        if (a->line < a->stop && *a->line == '}') return ND_OK;
        return nd_arff_bad(a, ND_NO_COLUMN, a->line, (size_t)(a->stop - a->line), "',' or '}'");
    }
done:
    return status;
}

static nd_status attribute_type(nd_arff *a, nd_arff_attribute *b)
{
    const char *s;
    size_t len;
    bool quoted;
    nd_status status;

    if (a->line < a->stop && *a->line == '{') return nominal(a, b);
    ND_TRY(nd_arff_token(a, "", &s, &len, &quoted));
    b->kind = ND_ARFF_OTHER;
    if (is_word(s, len, "numeric") || is_word(s, len, "real") || is_word(s, len, "integer"))
        b->kind = ND_ARFF_NUMERIC;
    else if (!is_word(s, len, "string") && !is_word(s, len, "date"))
        return nd_arff_bad(a, ND_NO_COLUMN, s, len, "numeric, real, integer or {value, ...}");
done:
    return status;
}

static nd_status attribute(nd_arff *a)
{
    const char *s;
    size_t len;
    bool quoted;
    nd_status status;

    if (a->attributes == a->room) {
        size_t room = 2 * a->room + 16;
        nd_arff_attribute *more =
            nd_regrow(a->ctx, a->attribute, a->attributes, room, sizeof *more);
        if (!more) return ND_EMEM;
        a->attribute = more;
        a->room = room;
    }
    a->attribute[a->attributes++] = (nd_arff_attribute){0};
    ND_TRY(nd_arff_token(a, "{", &s, &len, &quoted));
    if (!len) return nd_arff_bad(a, ND_NO_COLUMN, s, 0, "the name of an attribute");
    ND_TRY(copy(a, s, len, &a->attribute[a->attributes - 1].name));
    ND_TRY(attribute_type(a, &a->attribute[a->attributes - 1]));
done:
    return status;
}

static nd_status lines(nd_arff *a)
{
    nd_status status = ND_OK;
    const char *s;
    size_t len;
    bool quoted;

    while (nd_arff_line(a)) {
        ND_TRY(nd_arff_token(a, "{", &s, &len, &quoted));
        if (is_word(s, len, "@data")) return ND_OK;
        if (is_word(s, len, "@relation")) continue;
        if (!is_word(s, len, "@attribute"))
            return nd_arff_bad(a, ND_NO_COLUMN, s, len, "@relation, @attribute or @data");
        ND_TRY(attribute(a));
    }
    status =
        nd_fail(a->ctx, ND_EINPUT, "%s: found the end of the file, expected @data", a->in->name);
done:
    return status;
}

/* ---- from attributes to columns ------------------------------------------------------------------ */

static nd_status choose_label(nd_arff *a)
{
    char **names = ND_NEW(a->ctx, char *, a->attributes);
    nd_status status;

    if (!names) return ND_EMEM;
    for (size_t k = 0; k < a->attributes; k++) names[k] = a->attribute[k].name;
    status = nd_label_column(a->ctx, a->in, names, a->attributes, a->y, &a->label);
    nd_free(a->ctx, names);
    return status;
}

static nd_status place(nd_arff *a)
{
    for (size_t k = 0; k < a->attributes; k++) {
        nd_arff_attribute *b = &a->attribute[k];
        if (k == a->label) continue;
        if (b->kind == ND_ARFF_OTHER)
            return nd_arff_bad(a, k, "string or date", 14, "a numeric or nominal attribute");
        if (b->values > MOST_VALUES)
            return nd_arff_bad(a, k, "more than 64 nominal values", 27,
                               "at most 64 (drop the attribute)");
        b->col = a->t->d;
        b->width = b->values > 2 ? b->values : 1;
        a->t->d += b->width;
    }
    if (a->t->d) return ND_OK;
    return nd_fail(a->ctx, ND_EINPUT, "%s: found no attribute beside the label, expected features",
                   a->in->name);
}

static nd_status name_columns(nd_arff *a)
{
    nd_buf b = nd_buf_make(a->ctx);
    nd_table *t = a->t;
    nd_status status = ND_OK;

    t->feature = ND_NEW0(a->ctx, char *, t->d);
    if (!t->feature) return ND_EMEM;
    for (size_t k = 0; k < a->attributes; k++) {
        const nd_arff_attribute *c = &a->attribute[k];
        for (size_t v = 0; v < c->width && k != a->label; v++) {
            b.size = 0;
            nd_buf_puts(&b, c->name);
            if (c->values > 1) nd_buf_puts(&b, "=");
            if (c->values > 1) nd_buf_puts(&b, c->value[c->width > 1 ? v : 1]);
            ND_TRY(nd_buf_status(&b));
            ND_TRY(nd_set_text(a->ctx, &t->feature[c->col + v], b.data));
        }
    }
done:
    nd_buf_free(&b);
    return status;
}

static nd_status note_columns(nd_arff *a)
{
    size_t two = 0, more = 0;
    nd_buf b = nd_buf_make(a->ctx);
    nd_status status = ND_OK;

    for (size_t k = 0; k < a->attributes; k++) {
        if (k == a->label) continue;
        two += a->attribute[k].values == 2;
        more += a->attribute[k].values > 2;
    }
    if (two) nd_buf_printf(&b, "%zu two-valued attributes as 0/1", two);
    if (two && more) nd_buf_puts(&b, ", ");
    if (more) nd_buf_printf(&b, "%zu nominal attributes as a 0/1 column for each value", more);
    status = nd_buf_status(&b);
    if (status == ND_OK && two + more) status = nd_add_note(a->ctx, a->t, b.data);
    nd_buf_free(&b);
    return status;
}

nd_status nd_arff_header(nd_arff *a)
{
    nd_status status;

    a->label = ND_NO_COLUMN;
    ND_TRY(lines(a));
    if (!a->attributes)
        ND_TRY(
            nd_fail(a->ctx, ND_EINPUT, "%s: found no @attribute, expected features", a->in->name));
    ND_TRY(choose_label(a));
    ND_TRY(place(a));
    ND_TRY(name_columns(a));
    ND_TRY(note_columns(a));
done:
    return status;
}

size_t nd_arff_value(const nd_arff_attribute *b, const char *s, size_t len)
{
    for (size_t v = 0; v < b->values; v++)
        if (strlen(b->value[v]) == len && memcmp(b->value[v], s, len) == 0) return v;
    return ND_NO_COLUMN;
}
