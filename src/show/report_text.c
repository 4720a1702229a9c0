/* Text of the report: escaping, numbers, points in words, and the formulas of theory's
 * tables as MathML.
 *
 * Those tables are written for terminals: "some (u, v) has y_i (u.x_i + v) > 0 for all i".
 * Words of two letters and more are words; everything else is a formula, one <math> between
 * two words, so that lines can break there.  w.x: a scalar product; x_i, z0, K+: subscripts;
 * x^q: a power; l', l'': derivatives; x~: with a tilde. */
#include "show/report.h"

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void nd_html(nd_report *r, const char *markup)
{
    nd_buf_puts(r->b, markup);
}

void nd_html_say(nd_report *r, const char *fmt, ...)
{
    char text[2048];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    nd_xml_add(r->b, text);
}

void nd_html_number(nd_report *r, double x, int digits)
{
    char text[ND_TICK_TEXT] = "–";

    if (isfinite(x)) nd_number_label(x, digits, text);
    nd_xml_add(r->b, text);
}

void nd_html_cell(nd_report *r, double x, int digits)
{
    nd_html(r, "<td class=\"n\">");
    nd_html_number(r, x, digits);
    nd_html(r, "</td>");
}

/* ---- points --------------------------------------------------------------------------- */

void nd_point_kind(const nd_atlas_point *p, char text[64])
{
    const nd_verdict *v = &p->verdict;

    switch (v->kind) {
    case ND_GLOBAL_MINIMUM:
        snprintf(text, 64, v->bad ? "bad global minimum" : "global minimum");
        break;
    case ND_LOCAL_MINIMUM:
        snprintf(text, 64, v->bad ? "bad local minimum" : "local minimum");
        break;
    case ND_SADDLE:
        if (v->index > 0)
            snprintf(text, 64, "saddle of index %ld", v->index);
        else
            snprintf(text, 64, "saddle");
        break;
    case ND_VALLEY:
        snprintf(text, 64, "valley");
        break;
    case ND_UNDECIDED:
        snprintf(text, 64, "undecided");
        break;
    }
}

void nd_point_sentence(const nd_atlas_point *p, char text[ND_POINT_TEXT])
{
    char kind[64], loss[ND_TICK_TEXT];
    const nd_verdict *v = &p->verdict;

    nd_point_kind(p, kind);
    nd_number_label(v->loss, 6, loss);
    snprintf(text, ND_POINT_TEXT, "point %zu: %s (%s), loss %s, %zu error%s", p->id, kind,
             v->proved == ND_PROVED ? "proved" : "numerical", loss, v->errors,
             v->errors == 1 ? "" : "s");
}

const char *nd_scale_words(nd_scale s)
{
    return s == ND_SCALE_STANDARD ? "standardised"
           : s == ND_SCALE_MINMAX ? "min-max"
                                  : "not scaled";
}

/* ---- MathML ------------------------------------------------------------------------------ */

/* The end of the word (letters, or hyphens between letters) at s. */
static const char *word_end(const char *s)
{
    const char *from = s;

    while (isalpha((unsigned char)*s) || (s > from && *s == '-' && isalpha((unsigned char)s[1])))
        s++;
    return s;
}

static const struct {
    const char *word, *markup;
} known[] = {
    {"sum", "<mo stretchy=\"false\">∑</mo>"},
    {"max", "<mi>max</mi>"},
    {"min", "<mi>min</mi>"},
    {"span", "<mi>span</mi>"},
    {"lambda", "<mi>λ</mi>"},
    {"mu", "<mi>μ</mi>"},
    {"grad", "<mo>∇</mo>"},
    {"theta", "<mi>θ</mi>"},
    {"const", "<mi>const</mi>"},
};

static const char *known_markup(const char *s, const char *end)
{
    for (size_t k = 0; k < sizeof known / sizeof *known; k++)
        if (strlen(known[k].word) == (size_t)(end - s) &&
            memcmp(known[k].word, s, (size_t)(end - s)) == 0)
            return known[k].markup;
    return NULL;
}

/* "a" between words is the article. */
static bool article(const char *s, bool after_word)
{
    return *s == 'a' && s[1] == ' ' && after_word && word_end(s + 2) - (s + 2) > 1;
}

/* A plain word at s: its end, else NULL. */
static const char *plain_word(const char *s, bool after_word)
{
    const char *end = word_end(s);

    if (article(s, after_word)) return s + 1;
    if (end - s == 4 && memcmp(s, "span", 4) == 0 && *end != '{') return end;
    if (end - s < 2 || known_markup(s, end) || *end == '_' || *end == '(') return NULL;
    return end;
}

static void add(nd_buf *b, const char *open, const char *s, size_t n, const char *close)
{
    nd_buf_puts(b, open);
    nd_buf_add(b, s, n);
    nd_buf_puts(b, close);
}

/* What hangs on an identifier: one letter, digit or sign. */
static const char *script(nd_buf *b, const char *s)
{
    const char *tag = isalpha((unsigned char)*s) ? "mi" : isdigit((unsigned char)*s) ? "mn" : "mo";

    if (!*s) return s;
    if (*s == '-')
        nd_buf_puts(b, "<mo>−</mo>");
    else
        nd_buf_printf(b, "<%s>%c</%s>", tag, *s, tag);
    return s + 1;
}

/* One identifier with what hangs on it: x~_i, l'_i, f_S, z0, K+, C^2. */
static const char *identifier(nd_buf *b, const char *s)
{
    const char letter = *s++;
    int primes = 0;
    bool tilde = *s == '~';

    if (tilde) s++;
    while (*s == '\'') primes++, s++;
    bool sign = (*s == '+' || *s == '-') && (!s[1] || strchr(" .,)", s[1]));
    bool low = *s == '_' || isdigit((unsigned char)*s) || sign, high = *s == '^';
    bool row = primes && (low || high);
    if (low || high) nd_buf_puts(b, low ? "<msub>" : "<msup>");
    nd_buf_printf(b, "%s", row ? "<mrow>" : "");
    nd_buf_printf(b, tilde ? "<mover accent=\"true\"><mi>%c</mi><mo>~</mo></mover>" : "<mi>%c</mi>",
                  letter);
    if (primes) nd_buf_printf(b, "<mo lspace=\"0\" rspace=\"0\">%s</mo>", primes == 2 ? "″" : "′");
    nd_buf_printf(b, "%s", row ? "</mrow>" : "");
    if (*s == '_' || *s == '^') s++;
    if (low || high) s = script(b, s);
    if (low || high) nd_buf_puts(b, low ? "</msub>" : "</msup>");
    return s;
}

static const char *operator_at(nd_buf *b, const char *s)
{
    static const struct {
        const char *text, *as;
    } ops[] = {{"<=", "≤"},   {">=", "≥"}, {"!=", "≠"}, {"<", "&lt;"},
               {">", "&gt;"}, {"-", "−"},  {".", "·"},  {"&", "&amp;"}};

    for (size_t k = 0; k < sizeof ops / sizeof *ops; k++) {
        size_t n = strlen(ops[k].text);
        if (strncmp(s, ops[k].text, n) != 0) continue;
        nd_buf_printf(b, "<mo>%s</mo>", ops[k].as);
        return s + n;
    }
    nd_buf_printf(b,
                  *s == '|' ? "<mo stretchy=\"false\" lspace=\"0\" rspace=\"0\">%c</mo>"
                  : strchr("(){}[]", *s) ? "<mo stretchy=\"false\">%c</mo>"
                                         : "<mo>%c</mo>",
                  *s);
    return s + 1;
}

/* "12", "0.5", "1.4e-3". */
static const char *number_end(const char *s)
{
    while (isdigit((unsigned char)*s) || (*s == '.' && isdigit((unsigned char)s[1]))) s++;
    if (*s == 'e' &&
        (isdigit((unsigned char)s[1]) || (strchr("+-", s[1]) && isdigit((unsigned char)s[2]))))
        for (s += 2; isdigit((unsigned char)*s);) s++;
    return s;
}

/* A sign that names a class, or joins words. */
static bool lone_sign(const char *s, bool after_word)
{
    return after_word && (*s == '+' || *s == '-') && (!s[1] || strchr(" ,;.)", s[1]));
}

/* One token of a formula. */
static const char *token(nd_buf *b, const char *s)
{
    const char *end = word_end(s);

    if (isdigit((unsigned char)*s)) {
        end = number_end(s);
        add(b, "<mn>", s, (size_t)(end - s), "</mn>");
        return end;
    }
    if (end - s > 1) {
        const char *markup = known_markup(s, end);
        if (markup && *end == '_') { /* sum_i */
            nd_buf_printf(b, "<msub>%s<mi>%c</mi></msub>", markup, end[1]);
            return end + 2;
        }
        if (markup)
            nd_buf_puts(b, markup);
        else
            add(b, "<mi>", s, (size_t)(end - s), "</mi>");
        return end;
    }
    return isalpha((unsigned char)*s) ? identifier(b, s) : operator_at(b, s);
}

/* A piece of plain text at s, outside of formulas: its end, else NULL. */
static const char *plain(const char *s, bool after_word)
{
    if (strchr(",;:'\")", *s) || lone_sign(s, after_word)) return s + 1;
    if (*s == '(' && plain_word(s + 1, true)) return s + 1;
    if (isdigit((unsigned char)*s) && after_word) { /* "0-1", too */
        s = number_end(s);
        return *s == '-' && isdigit((unsigned char)s[1]) ? number_end(s + 1) : s;
    }
    return plain_word(s, after_word);
}

void nd_math_add(nd_buf *b, const char *text)
{
    bool inside = false, after_word = true;
    int depth = 0;

    for (const char *s = text; *s;) {
        if (*s == ' ') {
            if (!inside) nd_buf_puts(b, " ");
            s++;
            continue;
        }
        const char *end = depth == 0 ? plain(s, after_word) : NULL;
        if (inside && end) {
            nd_buf_puts(b, s[-1] == ' ' ? "</math> " : "</math>");
            inside = false;
        }
        if (end) {
            add(b, "", *s == '-' ? "−" : s, *s == '-' ? 3 : (size_t)(end - s), "");
            after_word = !strchr(",;:", *s);
            s = end;
            continue;
        }
        if (!inside) nd_buf_puts(b, "<math>");
        inside = true;
        after_word = false;
        depth += *s == '(' || *s == '{' ? 1 : *s == ')' || *s == '}' ? -1 : 0;
        s = token(b, s);
    }
    if (inside) nd_buf_puts(b, "</math>");
}

void nd_html_formula(nd_report *r, const char *text)
{
    nd_math_add(r->b, text);
}
