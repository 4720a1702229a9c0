/* Text and numbers, independent of the locale. */
#ifndef ND_BASE_TEXT_H
#define ND_BASE_TEXT_H

#include <nadir/base.h>
#include <stdarg.h>

/* Parses the longest decimal (or, when hex is set, also C99 hex-float) number at
 * [s, end), correctly rounded.  Returns the first character after it, or NULL when
 * there is none.  Accepts a leading + or -; "inf", "nan" and overflow to infinity
 * are read as such: callers decide.  Never reads at or beyond end. */
const char *nd_number_parse(const char *s, const char *end, bool hex, double *out);
/* The whole of [s, end), blanks around it ignored, is one finite number. */
bool nd_number_whole(const char *s, const char *end, double *out);

/* Shortest decimal that reads back to the same double; "inf", "-inf", "nan". */
size_t nd_number_format(double x, char out[32]);
/* C99 hex float, "0x1.8p+1"; the canonical spelling of certificates. */
size_t nd_number_hex(double x, char out[40]);

/* A growing string.  After a failed append it stays failed (data NULL-safe to
 * free) and nd_buf_status says ND_EMEM. */
typedef struct {
    nd_ctx *ctx;
    char *data;
    size_t size, room;
    bool failed;
} nd_buf;
nd_buf nd_buf_make(nd_ctx *ctx);
void nd_buf_add(nd_buf *b, const char *s, size_t n);
void nd_buf_puts(nd_buf *b, const char *s);
void nd_buf_printf(nd_buf *b, const char *fmt, ...) ND_PRINTF(2, 3); /* no %f %g: use: */
void nd_buf_number(nd_buf *b, double x);
nd_status nd_buf_status(const nd_buf *b);
void nd_buf_free(nd_buf *b);

/* "1 sample", "2 samples": the s, or nothing. */
static inline const char *nd_plural(size_t n)
{
    return n == 1 ? "" : "s";
}

bool nd_text_equal_nocase(const char *a, const char *b);
/* Of names[0..n), the one closest to s (edit distance <= 2), or NULL: for "did you
 * mean". */
const char *nd_text_closest(const char *s, const char *const *names, size_t n);

#endif
