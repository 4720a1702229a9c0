/* Comma-, semicolon- and tab-separated text: RFC 4180 quotes ("" inside quotes is one
 * quote, line breaks allowed there), line ends \n, \r\n or \r, a UTF-8 byte order mark
 * is skipped, blank lines are skipped.
 *
 * The table is allocated once: rows <= line ends + 1, and rows * 2 cols <= bytes + 1
 * because each field has at least one character and one separator; so a hostile file
 * makes us ask for no more than four times its size.
 *
 * Measured on a 100 MB file of 31 columns (bench/bench_data.c): libcsv 3.0.3, which
 * calls back with a copy of each field, cuts it at 350 MB/s and with strtod on each field
 * reads it at 110; this file, all in, at 380 to 420.  It also knows where each field
 * stands, which the messages need. */
#include "data/raw.h"

#include <math.h>
#include <string.h>

typedef struct {
    nd_ctx *ctx;
    const nd_input *in;
    const char *p, *end;
    char sep;
    size_t cols, label;
    char **names; /* of all columns; NULL: no header                       */
    nd_table *t;
    nd_labels *y;
    nd_buf unquoted;
} csv;

/* A field, without its quotes and the blanks around it. */
typedef struct {
    const char *s;
    size_t len;
} field;

static bool is_eol(char c)
{
    return c == '\n' || c == '\r';
}

static bool ends_field(const csv *c, const char *p)
{
    return p == c->end || *p == c->sep || is_eol(*p);
}

static bool is_blank(const csv *c, char ch)
{
    return ch == ' ' || (ch == '\t' && c->sep != '\t');
}

static const char *skip_eol(const char *p, const char *end)
{
    if (p < end && *p == '\r') return p + 1 < end && p[1] == '\n' ? p + 2 : p + 1;
    return p < end ? p + 1 : p;
}

/* Past lines with nothing but blanks. */
static void skip_blank_lines(csv *c)
{
    const char *p = c->p;

    while (p < c->end) {
        while (p < c->end && is_blank(c, *p)) p++;
        if (p < c->end && !is_eol(*p)) return;
        p = skip_eol(p, c->end);
        c->p = p;
    }
}

/* ---- one field ----------------------------------------------------------------------- */

static nd_status bad_quote(csv *c, const char *at, const char *found, size_t len,
                           const char *expected)
{
    return nd_bad(c->ctx, c->in, nd_line_of(c->in, at), 0, NULL, found, len, expected);
}

/* c->p is behind the opening quote at open. */
static nd_status quoted(csv *c, const char *open, field *f)
{
    const char *start = c->p, *q;

    c->unquoted.size = 0;
    for (;;) {
        q = memchr(c->p, '"', (size_t)(c->end - c->p));
        if (!q) return bad_quote(c, open, open, (size_t)(c->end - open), "a closing quote");
        if (q + 1 == c->end || q[1] != '"') break;
        nd_buf_add(&c->unquoted, start, (size_t)(q + 1 - start));
        start = c->p = q + 2;
    }
    *f = (field){start, (size_t)(q - start)};
    if (c->unquoted.size) {
        nd_buf_add(&c->unquoted, start, (size_t)(q - start));
        *f = (field){c->unquoted.data, c->unquoted.size};
    }
    for (c->p = q + 1; c->p < c->end && is_blank(c, *c->p);) c->p++;
    if (ends_field(c, c->p)) return nd_buf_status(&c->unquoted);
    return bad_quote(c, c->p, c->p, 1, "a separator after the closing quote");
}

/* The field at c->p; c->p is then at the separator, line end or end of file. */
static nd_status next_field(csv *c, field *f)
{
    const char *start, *stop;

    while (c->p < c->end && is_blank(c, *c->p)) c->p++;
    start = c->p;
    if (c->p < c->end && *c->p == '"') {
        c->p++;
        return quoted(c, start, f);
    }
    while (!ends_field(c, c->p)) c->p++;
    for (stop = c->p; stop > start && is_blank(c, stop[-1]);) stop--;
    *f = (field){start, (size_t)(stop - start)};
    return ND_OK;
}

/* ---- separator --------------------------------------------------------------------------- */

static const char separators[] = ";\t,";

/* Counts the separators of the record at p outside quotes; returns its end. */
static const char *count_record(const char *p, const char *end, size_t count[3])
{
    bool inside = false;

    count[0] = count[1] = count[2] = 0;
    for (; p < end && (inside || !is_eol(*p)); p++) {
        if (*p == '"') inside = !inside;
        for (int s = 0; s < 3 && !inside; s++) count[s] += *p == separators[s];
    }
    return skip_eol(p, end);
}

/* The first of ; tab , that occurs equally often in each of the first ten records
 * (in this order: with decimal commas only ; is a separator), else the most frequent
 * one of the first record. */
static char sniff(const char *p, const char *end)
{
    size_t first[3] = {0}, count[3];
    bool same[3] = {true, true, true};
    int records = 0, best = 2;

    while (p < end && records < 10) {
        if (is_eol(*p)) {
            p++;
            continue;
        }
        p = count_record(p, end, count);
        if (!records++) memcpy(first, count, sizeof first);
        for (int s = 0; s < 3; s++) same[s] = same[s] && count[s] == first[s];
    }
    for (int s = 0; s < 3; s++)
        if (same[s] && first[s]) return separators[s];
    for (int s = 0; s < 2; s++)
        if (first[s] > first[best]) best = s;
    return separators[best];
}

/* ---- header ------------------------------------------------------------------------------- */

static bool is_number(const char *s)
{
    double v;
    size_t len = strlen(s);

    return len && nd_number_parse(s, s + len, false, &v) == s + len;
}

static bool names_label(const csv *c, const char *s)
{
    static const char *const usual[] = {"label", "class", "target", "y"};

    if (c->in->opt->label && strcmp(s, c->in->opt->label) == 0 && !is_number(s)) return true;
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
        if (nd_text_equal_nocase(s, usual[i])) return true;
    return false;
}

/* A header has a column that is called like a label, or no number and no sign of a
 * missing value in any column (an empty first name is common: a row index). */
static bool is_header(const csv *c, char *const *first)
{
    bool all_text = true;

    for (size_t k = 0; k < c->cols; k++) {
        bool empty_index = k == 0 && c->cols > 1 && !*first[k];
        if (names_label(c, first[k])) return true;
        if (is_number(first[k]) || (nd_is_missing(first[k], strlen(first[k])) && !empty_index))
            all_text = false;
    }
    return all_text;
}

/* The fields of the record at c->p as texts; c->cols counts them. */
static nd_status first_record(csv *c, char ***out)
{
    size_t room = 64;
    char **name = ND_NEW(c->ctx, char *, room), **more;
    nd_status status = ND_OK;
    field f;

    c->cols = 0;
    if (!name) return ND_EMEM;
    for (;; c->p++) {
        nd_buf b = nd_buf_make(c->ctx);
        ND_TRY(next_field(c, &f));
        if (c->cols == room) {
            more = nd_regrow(c->ctx, name, room, 2 * room, sizeof *more);
            if (!more) ND_TRY(ND_EMEM);
            name = more;
            room *= 2;
        }
        nd_buf_add(&b, f.s, f.len);
        ND_TRY(nd_buf_status(&b));
        name[c->cols++] = b.data;
        if (c->p == c->end || is_eol(*c->p)) break;
    }
    *out = name;
    return ND_OK;
done:
    nd_names_free(c->ctx, name, c->cols);
    return status;
}

/* Sets cols, names and label, and leaves c->p at the first row of data. */
static nd_status read_header(csv *c)
{
    const char *start = c->p;
    char **first;
    nd_status status;

    ND_TRY(first_record(c, &first));
    c->names = first;
    if (is_header(c, first)) {
        c->p = skip_eol(c->p, c->end);
    } else {
        nd_names_free(c->ctx, first, c->cols);
        c->names = NULL;
        c->p = start;
    }
    ND_TRY(nd_label_column(c->ctx, c->in, c->names, c->cols, c->y, &c->label));
    if (c->cols == 1 && c->label == 0)
        ND_TRY(nd_fail(c->ctx, ND_EINPUT,
                       "%s:%zu: found one column, expected features and a label between commas, "
                       "semicolons or tabs",
                       c->in->name, nd_line_of(c->in, start)));
done:
    return status;
}

/* ---- rows ------------------------------------------------------------------------------------ */

static nd_status bad_field(csv *c, size_t k, const char *at, field f, const char *expected)
{
    return nd_bad(c->ctx, c->in, nd_line_of(c->in, at), k + 1, c->names ? c->names[k] : NULL, f.s,
                  f.len, expected);
}

static nd_status bad_width(csv *c, const char *start)
{
    size_t cols = 0;
    field f;
    nd_status status;

    for (c->p = start;; c->p++) {
        ND_TRY(next_field(c, &f));
        cols++;
        if (c->p == c->end || is_eol(*c->p)) break;
    }
    status = nd_fail(c->ctx, ND_EINPUT, "%s:%zu: found %zu column%s, expected %zu as in the %s",
                     c->in->name, nd_line_of(c->in, start), cols, cols == 1 ? "" : "s", c->cols,
                     c->names ? "header" : "first row");
done:
    return status;
}

/* Fields with quotes or blanks, and all that are no numbers. */
static nd_status hard_number(csv *c, size_t k, double *x)
{
    const char *at = c->p;
    nd_status status;
    field f;

    ND_TRY(next_field(c, &f));
    if (!nd_number_whole(f.s, f.s + f.len, x))
        ND_TRY(bad_field(c, k, at, f, nd_want_feature(f.s, f.len)));
done:
    return status;
}

static inline nd_status number(csv *c, size_t k, double *x)
{
    const char *p = nd_decimal(c->p, c->end, x);

    if (!p || !ends_field(c, p) || !isfinite(*x)) return hard_number(c, k, x);
    c->p = p;
    return ND_OK;
}

static nd_status label(csv *c, size_t k)
{
    const char *at = c->p;
    nd_status status;
    field f;

    ND_TRY(next_field(c, &f));
    status = nd_labels_add(c->ctx, c->in, c->y, f.s, f.len);
    if (status == ND_ERANGE) status = bad_field(c, k, at, f, ND_WANT_LABEL);
done:
    return status;
}

/* One row into x. */
static nd_status read_row(csv *c, double *x)
{
    const char *start = c->p;
    nd_status status = ND_OK;

    for (size_t k = 0; k < c->cols; k++) {
        if (k) {
            if (c->p == c->end || *c->p != c->sep) return bad_width(c, start);
            c->p++;
        }
        if (k == c->label)
            ND_TRY(label(c, k));
        else
            ND_TRY(number(c, k, x++));
    }
    if (c->p < c->end && *c->p == c->sep) return bad_width(c, start);
    c->p = skip_eol(c->p, c->end);
done:
    return status;
}

/* An upper bound of the number of rows from here on; see the top. */
static size_t most_rows(const csv *c)
{
    size_t lines = 1, size = (size_t)(c->end - c->p);
    const char *p = c->p;

    for (size_t i = 0; i + 1 < size; i++)
        lines += (p[i] == '\n') | ((p[i] == '\r') & (p[i + 1] != '\n'));
    return lines < size / (2 * c->cols) + 1 ? lines : size / (2 * c->cols) + 1;
}

static nd_status read_rows(csv *c)
{
    nd_table *t = c->t;
    size_t room = most_rows(c);
    nd_status status = ND_OK;

    t->d = c->cols - (c->label != ND_NO_COLUMN);
    t->x = ND_NEW(c->ctx, double, room * t->d);
    if (!t->x) return ND_EMEM;
    if (c->y->any) ND_TRY(nd_labels_reserve(c->ctx, c->y, room));
    for (skip_blank_lines(c); c->p < c->end; skip_blank_lines(c)) {
        if (t->n % 1024 == 0 && nd_cancelled(c->ctx)) return ND_ECANCEL;
        ND_TRY(read_row(c, t->x + t->n * t->d));
        t->n++;
    }
done:
    return status;
}

/* The names of the feature columns become the table's. */
static nd_status keep_names(csv *c)
{
    size_t k = 0;

    if (!c->names) return nd_add_note(c->ctx, c->t, "no header");
    c->t->feature = ND_NEW0(c->ctx, char *, c->t->d);
    if (!c->t->feature) return ND_EMEM;
    for (size_t j = 0; j < c->cols; j++) {
        if (j == c->label) continue;
        c->t->feature[k++] = c->names[j];
        c->names[j] = NULL;
    }
    if (c->t->d && !*c->t->feature[0])
        return nd_add_note(c->ctx, c->t, "the first feature has no name: is it a row index?");
    return ND_OK;
}

static bool begins(const csv *c, const char *mark)
{
    size_t len = strlen(mark);

    return (size_t)(c->end - c->p) >= len && memcmp(c->p, mark, len) == 0;
}

static nd_status start(csv *c)
{
    if (begins(c, "\xFF\xFE") || begins(c, "\xFE\xFF"))
        return nd_fail(c->ctx, ND_EINPUT, "%s: found UTF-16 text, expected UTF-8", c->in->name);
    if (begins(c, "\xEF\xBB\xBF")) c->p += 3;
    if (!c->sep) c->sep = sniff(c->p, c->end);
    skip_blank_lines(c);
    if (c->p == c->end)
        return nd_fail(c->ctx, ND_EINPUT, "%s: found no rows, expected samples", c->in->name);
    return ND_OK;
}

static nd_status read_separated(nd_ctx *ctx, const nd_input *in, char sep, nd_table *t,
                                nd_labels *y)
{
    csv c = {.ctx = ctx,
             .in = in,
             .p = in->bytes,
             .end = in->bytes + in->size,
             .sep = sep,
             .t = t,
             .y = y,
             .unquoted = nd_buf_make(ctx)};
    nd_status status;

    ND_TRY(start(&c));
    ND_TRY(read_header(&c));
    ND_TRY(read_rows(&c));
    ND_TRY(keep_names(&c));
done:
    nd_names_free(ctx, c.names, c.cols);
    nd_buf_free(&c.unquoted);
    return status;
}

nd_status nd_csv_read(nd_ctx *ctx, const nd_input *in, nd_table *t, nd_labels *y)
{
    return read_separated(ctx, in, '\0', t, y);
}

nd_status nd_tsv_read(nd_ctx *ctx, const nd_input *in, nd_table *t, nd_labels *y)
{
    return read_separated(ctx, in, '\t', t, y);
}
