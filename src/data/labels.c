/* Which column is the label, and which of its values are +1.
 *
 * Column: --label (a name, else a 1-based number), else the one named label, class,
 * target or y, else the last.  Values: those of --positive are +1 and all others -1;
 * without it there must be exactly two, both numbers, and the larger is +1.  Text
 * without --positive is refused: taking the first or the alphabetically larger value
 * silently turns the classes round when the file is sorted differently. */
#include "data/raw.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* More different values than this is no label column (a measured quantity, an id);
 * it also bounds the time to look a value up. */
#define MOST_VALUES 1000
#define MOST_LISTED 12

/* ---- which column ---------------------------------------------------------------- */

static nd_status column_named(nd_ctx *ctx, const nd_input *in, char *const *names, size_t cols,
                              const char *name, bool nocase, size_t *out)
{
    size_t found = ND_NO_COLUMN;
    char shown[ND_SHOWN];

    for (size_t k = 0; names && k < cols; k++) {
        if (nocase ? !nd_text_equal_nocase(names[k], name) : strcmp(names[k], name) != 0) continue;
        if (found != ND_NO_COLUMN)
            return nd_fail(ctx, ND_EINPUT,
                           "%s: columns %zu and %zu are both named %s; choose the label by its "
                           "number: --label %zu",
                           in->name, found + 1, k + 1, nd_show(name, strlen(name), shown), k + 1);
        found = k;
    }
    *out = found;
    return ND_OK;
}

static size_t column_number(const char *text, size_t cols)
{
    size_t v = 0;

    for (const char *s = text; *s; s++) {
        if (*s < '0' || *s > '9' || v > cols) return ND_NO_COLUMN;
        v = 10 * v + (size_t)(*s - '0');
    }
    return v >= 1 && v <= cols ? v - 1 : ND_NO_COLUMN;
}

static nd_status no_such_column(nd_ctx *ctx, const nd_input *in, char *const *names, size_t cols)
{
    const char *close = NULL;
    char first[ND_SHOWN], last[ND_SHOWN], asked[ND_SHOWN];

    nd_show(in->opt->label, strlen(in->opt->label), asked);
    if (!names)
        return nd_fail(ctx, ND_EINPUT,
                       "%s: no column %s; there is no header, expected a number from 1 to %zu",
                       in->name, asked, cols);
    close = nd_text_closest(in->opt->label, (const char *const *)names, cols);
    if (close)
        return nd_fail(ctx, ND_EINPUT, "%s: no column %s; did you mean %s?", in->name, asked,
                       nd_show(close, strlen(close), first));
    return nd_fail(
        ctx, ND_EINPUT,
        "%s: no column %s; expected a name from the header (%s to %s) or a number from 1 "
        "to %zu",
        in->name, asked, nd_show(names[0], strlen(names[0]), first),
        nd_show(names[cols - 1], strlen(names[cols - 1]), last), cols);
}

static nd_status choose_column(nd_ctx *ctx, const nd_input *in, char *const *names, size_t cols,
                               size_t *out)
{
    static const char *const usual[] = {"label", "class", "target", "y"};
    nd_status status;

    if (in->opt->label) {
        ND_TRY(column_named(ctx, in, names, cols, in->opt->label, false, out));
        if (*out == ND_NO_COLUMN) *out = column_number(in->opt->label, cols);
        if (*out == ND_NO_COLUMN && !in->opt->label_optional)
            return no_such_column(ctx, in, names, cols);
        return ND_OK;
    }
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++) {
        ND_TRY(column_named(ctx, in, names, cols, usual[i], true, out));
        if (*out != ND_NO_COLUMN) return ND_OK;
    }
    if (!in->opt->label_optional) *out = cols - 1;
done:
    return status;
}

nd_status nd_label_column(nd_ctx *ctx, const nd_input *in, char *const *names, size_t cols,
                          nd_labels *y, size_t *out)
{
    nd_status status = ND_OK;

    *out = ND_NO_COLUMN;
    if (in->opt->unlabelled) return ND_OK;
    ND_TRY(choose_column(ctx, in, names, cols, out));
    if (*out == ND_NO_COLUMN) return ND_OK;
    y->any = true;
    y->column = *out + 1;
    if (names) ND_TRY(nd_set_text(ctx, &y->name, names[*out]));
done:
    return status;
}

/* ---- collecting --------------------------------------------------------------------- */

/* "label column 5 ('class')", as far as it has a number and a name. */
static void name_column(nd_buf *b, const nd_labels *y)
{
    char shown[ND_SHOWN];

    nd_buf_puts(b, "label");
    if (y->column) nd_buf_printf(b, " column %zu", y->column);
    if (y->name) nd_buf_printf(b, " (%s)", nd_show(y->name, strlen(y->name), shown));
}

void nd_labels_clear(nd_ctx *ctx, nd_labels *y)
{
    for (size_t v = 0; v < y->values; v++) {
        nd_free(ctx, y->value[v].text);
        nd_free(ctx, y->value[v].spelled);
    }
    nd_free(ctx, y->value);
    nd_free(ctx, y->id);
    nd_free(ctx, y->name);
    *y = (nd_labels){0};
}

nd_status nd_labels_reserve(nd_ctx *ctx, nd_labels *y, size_t rows)
{
    uint32_t *id;

    if (rows <= y->id_room) return ND_OK;
    id = nd_regrow(ctx, y->id, y->rows, rows, sizeof *id);
    if (!id) return ND_EMEM;
    y->id = id;
    y->id_room = rows;
    return ND_OK;
}

static nd_status append(nd_ctx *ctx, nd_labels *y, size_t v)
{
    nd_status status = ND_OK;

    if (y->rows == y->id_room) ND_TRY(nd_labels_reserve(ctx, y, y->rows + y->rows / 2 + 256));
    y->id[y->rows++] = (uint32_t)v;
    y->value[v].count++;
    y->last = v;
done:
    return status;
}

static nd_status too_many(nd_ctx *ctx, const nd_input *in, const nd_labels *y)
{
    nd_buf b = nd_buf_make(ctx);
    nd_status status;

    name_column(&b, y);
    status = nd_buf_status(&b);
    if (status == ND_OK)
        status = nd_fail(ctx, ND_EINPUT,
                         "%s: %s has more than %d different values, expected two; choose another "
                         "with --label",
                         in->name, b.data, MOST_VALUES);
    nd_buf_free(&b);
    return status;
}

/* Room for one more value; the new one is cleared and not counted yet. */
static nd_status new_value(nd_ctx *ctx, const nd_input *in, nd_labels *y)
{
    if (y->values == MOST_VALUES) return too_many(ctx, in, y);
    if (y->values == y->room) {
        size_t room = 2 * y->room + 8;
        nd_label *value = nd_regrow(ctx, y->value, y->values, room, sizeof *value);
        if (!value) return ND_EMEM;
        y->value = value;
        y->room = room;
    }
    y->value[y->values] = (nd_label){0};
    return ND_OK;
}

static nd_status add_value(nd_ctx *ctx, const nd_input *in, nd_labels *y, const char *s, size_t len,
                           bool is_number, double number)
{
    char digits[32];
    nd_buf text = nd_buf_make(ctx), spelled = nd_buf_make(ctx);
    nd_label *v;
    nd_status status;

    ND_TRY(new_value(ctx, in, y));
    v = &y->value[y->values];
    if (is_number)
        nd_buf_add(&text, digits, nd_number_format(number, digits));
    else
        nd_buf_add(&text, s, len);
    nd_buf_add(&spelled, s, len);
    ND_TRY(nd_buf_status(&text));
    ND_TRY(nd_buf_status(&spelled));
    *v = (nd_label){text.data, spelled.data, len, number, is_number, 0};
    y->values++;
    return append(ctx, y, y->values - 1);
done:
    nd_buf_free(&text);
    nd_buf_free(&spelled);
    return status;
}

static bool spelled_so(const nd_label *v, const char *s, size_t len)
{
    return v->spelled_len == len && memcmp(v->spelled, s, len) == 0;
}

nd_status nd_labels_add(nd_ctx *ctx, const nd_input *in, nd_labels *y, const char *s, size_t len)
{
    double number = 0.0;
    bool is_number;

    if (y->values && spelled_so(&y->value[y->last], s, len)) return append(ctx, y, y->last);
    for (size_t v = 0; v < y->values; v++)
        if (spelled_so(&y->value[v], s, len)) return append(ctx, y, v);
    if (!len || nd_is_missing(s, len)) return ND_ERANGE;
    is_number = nd_number_parse(s, s + len, false, &number) == s + len;
    if (is_number && !isfinite(number)) return ND_ERANGE;
    for (size_t v = 0; is_number && v < y->values; v++)
        if (y->value[v].is_number && y->value[v].number == number) return append(ctx, y, v);
    return add_value(ctx, in, y, s, len, is_number, number + 0.0); /* -0 becomes 0 */
}

nd_status nd_labels_add_number(nd_ctx *ctx, const nd_input *in, nd_labels *y, double v)
{
    char text[32];

    if (!isfinite(v)) return ND_ERANGE;
    if (y->values && y->value[y->last].number == v) return append(ctx, y, y->last);
    return nd_labels_add(ctx, in, y, text, nd_number_format(v, text));
}

/* ---- which values are +1 -------------------------------------------------------------- */

/* "M (212), B (357)": the values with sign (0: all) and how often they occur. */
static void list_values(nd_buf *b, const nd_labels *y, const double *sign, double which)
{
    size_t listed = 0, all = 0;
    char shown[ND_SHOWN];

    for (size_t v = 0; v < y->values; v++) all += !sign || sign[v] == which;
    for (size_t v = 0; v < y->values && listed < MOST_LISTED; v++) {
        const char *text = y->value[v].text;
        size_t len = strlen(text);
        if (sign && sign[v] != which) continue;
        nd_show(text, len, shown);
        nd_buf_puts(b, listed++ ? ", " : "");
        nd_buf_add(b, shown + 1, strlen(shown) - 2); /* without the quotes */
        nd_buf_printf(b, " (%zu)", y->value[v].count);
    }
    if (all > listed) nd_buf_printf(b, ", ... (%zu values)", all);
}

/* "FILE: label column 5 ('class')" what "; found M (212), B (357)" hint. */
static nd_status refuse(nd_ctx *ctx, const nd_input *in, const nd_labels *y, const char *what,
                        const char *hint)
{
    nd_buf b = nd_buf_make(ctx);
    nd_status status;

    nd_buf_printf(&b, "%s: ", in->name);
    name_column(&b, y);
    nd_buf_printf(&b, " %s: found ", what);
    list_values(&b, y, NULL, 0.0);
    nd_buf_puts(&b, hint);
    status = nd_buf_status(&b);
    if (status == ND_OK) status = nd_fail(ctx, ND_EINPUT, "%s", b.data);
    nd_buf_free(&b);
    return status;
}

/* Whether [s, s+len) means the value v: the same text, or the same number. */
static bool means(const nd_label *v, const char *s, size_t len)
{
    double number;

    if (strlen(v->text) == len && memcmp(v->text, s, len) == 0) return true;
    return v->is_number && nd_number_whole(s, s + len, &number) && number == v->number;
}

/* sign[v] := +1 for the values that [s, s+len) means; false when there is none. */
static bool mark(const nd_labels *y, const char *s, size_t len, double *sign)
{
    bool found = false;

    for (size_t v = 0; v < y->values; v++) {
        if (!means(&y->value[v], s, len)) continue;
        sign[v] = 1.0;
        found = true;
    }
    return found;
}

static nd_status sign_by_option(nd_ctx *ctx, const nd_input *in, const nd_labels *y, double *sign)
{
    const char *s = in->opt->positive;
    char what[ND_SHOWN + 64], shown[ND_SHOWN];

    if (mark(y, s, strlen(s), sign)) return ND_OK; /* a value that contains a comma */
    for (;; s++) {
        size_t len = strcspn(s, ",");
        if (!mark(y, s, len, sign) && !in->opt->label_optional) {
            snprintf(what, sizeof what, "never has the value %s of --positive",
                     nd_show(s, len, shown));
            return refuse(ctx, in, y, what, "");
        }
        s += len;
        if (!*s) return ND_OK;
    }
}

static nd_status sign_by_rule(nd_ctx *ctx, const nd_input *in, const nd_labels *y, double *sign)
{
    char hint[ND_SHOWN + 64], first[ND_SHOWN];
    bool text = false;

    nd_show(y->value[0].text, strlen(y->value[0].text), first);
    snprintf(hint, sizeof hint, "; say which are +1 with --positive, e.g. --positive %s", first);
    for (size_t v = 0; v < y->values; v++) text |= !y->value[v].is_number;
    if (y->values == 1) return refuse(ctx, in, y, "has one value only, expected two", "");
    if (y->values > 2) return refuse(ctx, in, y, "has more than two values", hint);
    if (text) return refuse(ctx, in, y, "holds text, so which value is +1 must be said", hint);
    sign[y->value[0].number > y->value[1].number ? 0 : 1] = 1.0;
    return ND_OK;
}

static nd_status check_both(nd_ctx *ctx, const nd_input *in, const nd_labels *y, const double *sign)
{
    size_t plus = 0;

    if (in->opt->label_optional && in->opt->positive) return ND_OK;
    for (size_t v = 0; v < y->values; v++) plus += sign[v] > 0.0;
    if (plus && plus < y->values) return ND_OK;
    return refuse(ctx, in, y, "has one class only, expected two", "");
}

/* ---- what the table keeps ------------------------------------------------------------- */

/* The values with this sign, comma-separated. */
static nd_status join(nd_ctx *ctx, const nd_labels *y, const double *sign, double which, char **out)
{
    nd_buf b = nd_buf_make(ctx);
    bool first = true;
    nd_status status;

    for (size_t v = 0; v < y->values; v++) {
        if (sign[v] != which) continue;
        if (!first) nd_buf_puts(&b, ",");
        nd_buf_puts(&b, y->value[v].text);
        first = false;
    }
    nd_buf_puts(&b, "");
    status = nd_buf_status(&b);
    if (status == ND_OK) status = nd_set_text(ctx, out, b.data);
    nd_buf_free(&b);
    return status;
}

static nd_status note_rule(nd_ctx *ctx, const nd_input *in, const nd_labels *y, const double *sign,
                           nd_table *t)
{
    nd_buf b = nd_buf_make(ctx);
    nd_status status;

    name_column(&b, y);
    nd_buf_puts(&b, ": + is ");
    list_values(&b, y, sign, 1.0);
    nd_buf_puts(&b, ", - is ");
    list_values(&b, y, sign, -1.0);
    nd_buf_puts(&b, in->opt->positive ? " [--positive]" : " [the larger number is +]");
    status = nd_buf_status(&b);
    if (status == ND_OK) status = nd_add_note(ctx, t, b.data);
    nd_buf_free(&b);
    return status;
}

static nd_status keep(nd_ctx *ctx, const nd_input *in, const nd_labels *y, const double *sign,
                      nd_table *t)
{
    nd_status status;

    t->y = ND_NEW(ctx, double, t->n);
    if (!t->y) return ND_EMEM;
    for (size_t i = 0; i < t->n; i++) t->y[i] = sign[y->id[i]];
    if (in->opt->positive)
        ND_TRY(nd_set_text(ctx, &t->positive, in->opt->positive));
    else
        ND_TRY(join(ctx, y, sign, 1.0, &t->positive));
    ND_TRY(join(ctx, y, sign, -1.0, &t->negative));
    ND_TRY(nd_set_text(ctx, &t->label_name, y->name));
    ND_TRY(note_rule(ctx, in, y, sign, t));
done:
    return status;
}

nd_status nd_labels_apply(nd_ctx *ctx, const nd_input *in, nd_labels *y, nd_table *t)
{
    double *sign;
    nd_status status;

    if (!y->any) return nd_add_note(ctx, t, "no labels");
    if (y->rows != t->n)
        return nd_fail(ctx, ND_EINPUT, "%s: found %zu labels, expected %zu, one a row", in->name,
                       y->rows, t->n);
    sign = ND_NEW(ctx, double, y->values);
    if (!sign) return ND_EMEM;
    for (size_t v = 0; v < y->values; v++) sign[v] = -1.0;
    if (in->opt->positive)
        ND_TRY(sign_by_option(ctx, in, y, sign));
    else
        ND_TRY(sign_by_rule(ctx, in, y, sign));
    ND_TRY(check_both(ctx, in, y, sign));
    ND_TRY(keep(ctx, in, y, sign, t));
done:
    nd_free(ctx, sign);
    return status;
}
