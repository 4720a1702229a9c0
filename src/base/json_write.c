/* Building JSON and writing it: own writer, because jansson's prints 0.1 as
 * 0.10000000000000001 and one array member a line.  Objects are spread over lines;
 * arrays of plain values are filled up to a width. */
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"

#include <math.h>
#include <string.h>

#define WIDTH  100
#define INDENT 2

typedef struct {
    nd_buf buf;
    bool compact;
    size_t line; /* where the current line begins */
} writer;

static void put(writer *w, const json_t *j, int depth);

/* The next line, indented; nothing when compact. */
static void newline(writer *w, int depth)
{
    if (w->compact) return;
    nd_buf_puts(&w->buf, "\n");
    w->line = w->buf.size;
    for (int i = 0; i < depth * INDENT; i++) nd_buf_puts(&w->buf, " ");
}

/* RFC 8259, section 7; jansson holds valid UTF-8 only, which passes as it is. */
static void put_string(writer *w, const char *s, size_t size)
{
    nd_buf_puts(&w->buf, "\"");
    for (size_t i = 0, start = 0; i <= size; i++) {
        unsigned char c = i < size ? (unsigned char)s[i] : 0;
        if (i < size && c >= ' ' && c != '"' && c != '\\' && c != 0x7f) continue;
        nd_buf_add(&w->buf, s + start, i - start);
        start = i + 1;
        if (i == size) break;
        if (c == '"' || c == '\\')
            nd_buf_printf(&w->buf, "\\%c", c);
        else if (c == '\n')
            nd_buf_puts(&w->buf, "\\n");
        else if (c == '\t')
            nd_buf_puts(&w->buf, "\\t");
        else
            nd_buf_printf(&w->buf, "\\u%04x", c);
    }
    nd_buf_puts(&w->buf, "\"");
}

/* A real stays a real when it is read again: 1.0, not 1. */
static void put_real(writer *w, double x)
{
    char text[32];
    size_t n = nd_number_format(x, text);

    nd_buf_add(&w->buf, text, n);
    if (!strpbrk(text, ".e")) nd_buf_puts(&w->buf, ".0");
}

static bool plain(const json_t *array)
{
    size_t i;
    json_t *value;

    json_array_foreach(array, i,
                       value) if (json_is_object(value) || json_is_array(value)) return false;
    return true;
}

static void put_array(writer *w, const json_t *j, int depth)
{
    bool fill = plain(j);
    size_t i;
    json_t *value;

    nd_buf_puts(&w->buf, "[");
    json_array_foreach(j, i, value)
    {
        if (i) nd_buf_puts(&w->buf, fill && !w->compact ? ", " : ",");
        if (!fill || w->buf.size - w->line > WIDTH) newline(w, depth + 1);
        put(w, value, depth + 1);
    }
    if (i && !fill) newline(w, depth);
    nd_buf_puts(&w->buf, "]");
}

static void put_object(writer *w, json_t *j, int depth)
{
    const char *key, *separator = "";
    json_t *value;

    nd_buf_puts(&w->buf, "{");
    json_object_foreach(j, key, value)
    {
        nd_buf_puts(&w->buf, separator);
        separator = ",";
        newline(w, depth + 1);
        put_string(w, key, strlen(key));
        nd_buf_puts(&w->buf, w->compact ? ":" : ": ");
        put(w, value, depth + 1);
    }
    if (*separator) newline(w, depth);
    nd_buf_puts(&w->buf, "}");
}

static void put(writer *w, const json_t *j, int depth)
{
    switch (json_typeof(j)) {
    case JSON_OBJECT:
        put_object(w, (json_t *)(uintptr_t)j, depth);
        break;
    case JSON_ARRAY:
        put_array(w, j, depth);
        break;
    case JSON_STRING:
        put_string(w, json_string_value(j), json_string_length(j));
        break;
    case JSON_INTEGER:
        nd_buf_printf(&w->buf, "%lld", (long long)json_integer_value(j));
        break;
    case JSON_REAL:
        put_real(w, json_real_value(j));
        break;
    case JSON_TRUE:
        nd_buf_puts(&w->buf, "true");
        break;
    case JSON_FALSE:
        nd_buf_puts(&w->buf, "false");
        break;
    case JSON_NULL:
        nd_buf_puts(&w->buf, "null");
        break;
    }
}

nd_status nd_json_text(nd_ctx *ctx, const json_t *j, bool compact, char **text, size_t *size)
{
    writer w = {.buf = nd_buf_make(ctx), .compact = compact};

    put(&w, j, 0);
    nd_buf_puts(&w.buf, "\n");
    if (nd_buf_status(&w.buf) != ND_OK) {
        nd_buf_free(&w.buf);
        return ND_EMEM;
    }
    *text = w.buf.data;
    *size = w.buf.size;
    return ND_OK;
}

/* ---- building ----------------------------------------------------------------------- */

json_t *nd_json_hex(double x)
{
    char text[40];

    nd_number_hex(x, text);
    return json_string(text);
}

json_t *nd_json_hex_array(const double *x, size_t n)
{
    json_t *array = json_array();

    for (size_t i = 0; array && i < n; i++) {
        if (json_array_append_new(array, nd_json_hex(x[i])) == 0) continue;
        json_decref(array);
        array = NULL;
    }
    return array;
}

json_t *nd_json_real(double x)
{
    return isfinite(x) ? json_real(x) : json_null();
}

nd_status nd_json_set(nd_ctx *ctx, json_t *j, const char *key, json_t *value)
{
    if (json_object_set_new(j, key, value) == 0) return ND_OK;
    return nd_fail(ctx, ND_EMEM, "out of memory (JSON, '%s')", key);
}

static json_t *choice(const char *list, int index)
{
    for (; index > 0; index--) list += strcspn(list, "|") + 1;
    return json_stringn(list, strcspn(list, "|"));
}

nd_status nd_json_settings(nd_ctx *ctx, const nd_setting *table, const void *settings, json_t *into)
{
    for (const nd_setting *row = table; row->name; row++) {
        const void *member = (const char *)settings + row->offset;
        const char *text;
        json_t *value = NULL;
        nd_status status;

        switch (row->type) {
        case ND_BOOL:
            value = json_boolean(*(const bool *)member);
            break;
        case ND_LONG:
            value = json_integer(*(const long *)member);
            break;
        case ND_REAL:
            value = nd_json_real(*(const double *)member);
            break;
        case ND_CHOICE:
            value = choice(row->text, *(const int *)member);
            break;
        case ND_TEXT:
            text = *(const char *const *)member;
            value = text ? json_string(text) : json_null();
            break;
        }
        status = nd_json_set(ctx, into, row->name, value);
        if (status != ND_OK) return status;
    }
    return ND_OK;
}
