/* What is said about bad input: one line with file, line, column, what was found
 * and what was expected.  Whatever comes from the file is shortened and stripped of
 * control characters first, so that a hostile file cannot write to the terminal. */
#include "data/raw.h"

#include <stdio.h>
#include <string.h>

size_t nd_line_of(const nd_input *in, const char *p)
{
    size_t line = 1;
    const char *end = in->bytes + in->size;

    for (const char *s = in->bytes; s < p && s < end; s++)
        line += *s == '\n' || (*s == '\r' && (s + 1 == end || s[1] != '\n'));
    return line;
}

const char *nd_show(const char *s, size_t len, char out[ND_SHOWN])
{
    size_t shown = len > 40 ? 40 : len, k = 0;

    while (shown < len && shown > 37 && ((unsigned char)s[shown] & 0xC0) == 0x80)
        shown--; /* not in the middle of a UTF-8 character */
    out[k++] = '\'';
    for (size_t i = 0; i < shown; i++) {
        unsigned char c = (unsigned char)s[i];
        out[k++] = c < 0x20 || c == 0x7F ? '.' : s[i];
    }
    if (shown < len) {
        memcpy(out + k, "...", 3);
        k += 3;
    }
    out[k++] = '\'';
    out[k] = '\0';
    return out;
}

nd_status nd_bad(nd_ctx *ctx, const nd_input *in, size_t line, size_t column,
                 const char *column_name, const char *found, size_t len, const char *expected)
{
    char at[32] = "", where[ND_SHOWN + 64] = "", text[ND_SHOWN], name[ND_SHOWN];

    if (line) snprintf(at, sizeof at, ":%zu", line);
    if (column && column_name) {
        nd_show(column_name, strlen(column_name), name);
        snprintf(where, sizeof where, " column %zu (%s):", column, name);
    } else if (column) {
        snprintf(where, sizeof where, " column %zu:", column);
    }
    return nd_fail(ctx, ND_EINPUT, "%s%s:%s found %s, expected %s", in->name, at, where,
                   len ? nd_show(found, len, text) : "nothing", expected);
}

bool nd_is_missing(const char *s, size_t len)
{
    static const char *const marks[] = {"",     "?",   "na",   "n/a",  "nan", "+nan", "-nan",
                                        "null", "nil", "none", "#n/a", ".",   "-"};
    char low[8];

    if (len >= sizeof low) return false;
    memcpy(low, s, len);
    low[len] = '\0';
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (nd_text_equal_nocase(low, marks[i])) return true;
    return false;
}

/* A number written with a decimal comma, "1,5". */
static bool decimal_comma(const char *s, size_t len)
{
    const char *comma = memchr(s, ',', len);
    double v;

    return comma && nd_number_whole(s, comma, &v) && nd_number_whole(comma + 1, s + len, &v);
}

const char *nd_want_feature(const char *s, size_t len)
{
    double v;

    if (nd_is_missing(s, len)) return ND_WANT_PRESENT;
    if (decimal_comma(s, len)) return "a number with a decimal point, not a comma";
    if (len && nd_number_parse(s, s + len, false, &v) == s + len) return ND_WANT_NUMBER;
    return ND_WANT_TEXT_HINT;
}
