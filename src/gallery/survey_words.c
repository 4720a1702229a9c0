/* Lists for people: words separated by blanks, each after brace expansion as in shells:
 *
 *     {relu,softplus}:{1,2}   relu:1 relu:2 softplus:1 softplus:2
 *     {1..4}                  1 2 3 4 */
#include <nadir/gallery.h>

#include <stdio.h>
#include <string.h>

#include "base/memory.h"

typedef struct {
    nd_ctx *ctx;
    const char *what;
    nd_words *w;
} expansion;

static nd_status expand(expansion *e, const char *text, size_t n);

static nd_status add_word(expansion *e, const char *text, size_t n)
{
    nd_words *w = e->w;
    char **more;

    if (w->count == ND_WORDS_MAX)
        return nd_fail(e->ctx, ND_ERANGE, "%s: more than %d words", e->what, ND_WORDS_MAX);
    more = nd_regrow(e->ctx, w->word, w->count, w->count + 1, sizeof *more);
    if (!more) return ND_EMEM;
    w->word = more;
    more[w->count] = ND_NEW(e->ctx, char, n + 1);
    if (!more[w->count]) return ND_EMEM;
    memcpy(more[w->count], text, n);
    more[w->count++][n] = 0;
    return ND_OK;
}

/* The end of the braces that open at text[0]; n: there is none. */
static size_t closing(const char *text, size_t n)
{
    int depth = 0;

    for (size_t k = 0; k < n; k++) {
        depth += (text[k] == '{') - (text[k] == '}');
        if (depth == 0) return k;
    }
    return n;
}

/* head + one choice + tail, expanded in turn. */
static nd_status choose(expansion *e, const char *text, size_t n, size_t open, size_t close,
                        const char *choice, size_t m)
{
    size_t tail = n - close - 1;
    char *joined = ND_NEW(e->ctx, char, open + m + tail + 1);
    nd_status status;

    if (!joined) return ND_EMEM;
    memcpy(joined, text, open);
    memcpy(joined + open, choice, m);
    memcpy(joined + open + m, text + close + 1, tail);
    status = expand(e, joined, open + m + tail);
    nd_free(e->ctx, joined);
    return status;
}

/* "1..4" */
static bool is_range(const char *text, size_t n, long *lo, long *hi)
{
    char copy[48];
    int used = 0;

    if (n >= sizeof copy) return false;
    memcpy(copy, text, n);
    copy[n] = 0;
    return sscanf(copy, "%9ld..%9ld%n", lo, hi, &used) == 2 && (size_t)used == n;
}

static nd_status choose_range(expansion *e, const char *text, size_t n, size_t open, size_t close,
                              const long range[2])
{
    nd_status status = ND_OK;

    if (range[0] > range[1])
        return nd_fail(e->ctx, ND_EINPUT, "%s: {%ld..%ld} counts down", e->what, range[0],
                       range[1]);
    for (long k = range[0]; k <= range[1] && status == ND_OK; k++) {
        char number[24];
        size_t m = (size_t)snprintf(number, sizeof number, "%ld", k);

        status = choose(e, text, n, open, close, number, m);
    }
    return status;
}

/* Where the choice that begins at k ends: a comma outside inner braces, or close. */
static size_t choice_end(const char *text, size_t k, size_t close)
{
    int depth = 0;

    for (; k < close; k++) {
        if (depth == 0 && text[k] == ',') return k;
        depth += (text[k] == '{') - (text[k] == '}');
    }
    return close;
}

static nd_status expand(expansion *e, const char *text, size_t n)
{
    size_t open = 0, close;
    nd_status status = ND_OK;
    long range[2];

    while (open < n && text[open] != '{' && text[open] != '}') open++;
    if (open == n) return add_word(e, text, n);
    close = text[open] == '{' ? open + closing(text + open, n - open) : n;
    if (close == n)
        return nd_fail(e->ctx, ND_EINPUT, "%s: '%.*s': a brace without its partner", e->what,
                       (int)(n < 60 ? n : 60), text);
    if (is_range(text + open + 1, close - open - 1, &range[0], &range[1]))
        return choose_range(e, text, n, open, close, range);
    for (size_t k = open + 1; k <= close && status == ND_OK;) {
        size_t end = choice_end(text, k, close);

        status = choose(e, text, n, open, close, text + k, end - k);
        k = end + 1;
    }
    return status;
}

nd_status nd_words_add(nd_ctx *ctx, const char *what, const char *text, bool whole, nd_words *w)
{
    expansion e = {ctx, what, w};
    nd_status status = ND_OK;

    if (whole) return expand(&e, text, strlen(text));
    for (text += strspn(text, " \t\n"); *text && status == ND_OK;) {
        size_t n = strcspn(text, " \t\n");

        status = expand(&e, text, n);
        text += n;
        text += strspn(text, " \t\n");
    }
    return status;
}

void nd_words_clear(nd_ctx *ctx, nd_words *w)
{
    for (size_t k = 0; k < w->count; k++) nd_free(ctx, w->word[k]);
    nd_free(ctx, w->word);
    *w = (nd_words){0, NULL};
}
