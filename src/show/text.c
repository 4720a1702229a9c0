/* How wide text is, and lines that fit a width. */
#include "show/show.h"

#include <string.h>

/* Widths in thousandths of the size, after DejaVu Sans (wider than most fonts, so that
 * what fits by this fits in them). */
static double glyph(unsigned char c)
{
    if (strchr("ijl'|.,:;!I", c)) return 0.34;
    if (strchr("ftr()[]{}/- \"", c)) return 0.40;
    if (strchr("mwMW@%", c)) return 0.95;
    if (c >= 'A' && c <= 'Z') return 0.70;
    return 0.62;
}

double nd_text_width(double size, const char *text)
{
    double w = 0.0;

    for (const unsigned char *c = (const unsigned char *)text; *c; c++)
        if ((*c & 0xc0) != 0x80) w += *c < 0x80 ? glyph(*c) : *c == 0xe2 ? 0.5 : 0.62;
    return w * size;
}

/* The longest beginning of text, in whole words, that fits; at least one word. */
static size_t line_length(double size, double width, const char *text)
{
    char part[512];
    size_t fit = 0;

    for (size_t n = 0;; n++) {
        if (text[n] != ' ' && text[n] != '\0') continue;
        if (n >= sizeof part) return fit ? fit : n;
        memcpy(part, text, n);
        part[n] = '\0';
        if (fit && nd_text_width(size, part) > width) return fit;
        fit = n;
        if (text[n] == '\0') return n;
    }
}

double nd_scene_paragraph(nd_scene *s, double x, double y, double width, nd_type_style how,
                          const char *text)
{
    double size = nd_type_size(&how), step = 1.35 * size, top = y;
    char line[512];

    while (*text) {
        size_t n = line_length(size, width, text);
        size_t m = n < sizeof line ? n : sizeof line - 1;
        memcpy(line, text, m);
        line[m] = '\0';
        nd_scene_text(s, x, y, how, line);
        y += step;
        text += n;
        while (*text == ' ') text++;
    }
    return y - top;
}
