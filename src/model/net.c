/* Networks: the grammar of nadir/model.h, and where each weight lives in theta.
 *
 * A recursive descent over the text; every error names the column (from 1), what
 * was found and what was expected.  The canonical spec (no blanks, plain decimal
 * widths) is printed back from the parsed net, so it parses to an equal one. */
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "model/net.h"

typedef struct {
    nd_ctx *ctx;
    const char *spec, *at;
    nd_net *net;
    size_t layers; /* room in the layers of the current term */
} parser;

/* ---- errors ------------------------------------------------------------------ */

static nd_status expected(parser *p, const char *what)
{
    size_t column = (size_t)(p->at - p->spec) + 1;

    if (*p->at == '\0')
        return nd_fail(p->ctx, ND_EINPUT, "net '%.60s': column %zu: expected %s, found the end",
                       p->spec, column, what);
    return nd_fail(p->ctx, ND_EINPUT, "net '%.60s': column %zu: expected %s, found '%.12s'",
                   p->spec, column, what, p->at);
}

static bool accept(parser *p, const char *token)
{
    size_t n = strlen(token);

    if (strncmp(p->at, token, n) != 0) return false;
    p->at += n;
    return true;
}

/* ---- words and numbers ---------------------------------------------------------- */

static size_t word_length(const char *s)
{
    return strspn(s, "abcdefghijklmnopqrstuvwxyz_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ");
}

static bool at_linear(const parser *p)
{
    return word_length(p->at) == 6 && strncmp(p->at, "linear", 6) == 0;
}

static nd_status unknown_word(parser *p, const char *word)
{
    const char *names[ND_ACT_NAMES];
    size_t rows, column = (size_t)(p->at - p->spec) + 1;
    const nd_act *table = nd_act_table(&rows);

    for (size_t r = 0; r < rows; r++) names[r] = table[r].name;
    names[rows] = "linear";
    const char *near = nd_text_closest(word, names, rows + 1);
    return nd_fail(p->ctx, ND_ENAME, "net '%.60s': column %zu: unknown activation '%s'%s%s%s",
                   p->spec, column, word, near ? ": did you mean '" : ": see nadir train --help",
                   near ? near : "", near ? "'?" : "");
}

static nd_status parse_act(parser *p, const nd_act **out)
{
    size_t size = word_length(p->at), rows;
    const nd_act *table = nd_act_table(&rows);
    char word[40];

    if (size == 0) return expected(p, "an activation (softplus, tanh, ...) or 'linear'");
    if (at_linear(p)) return expected(p, "an activation ('linear' is a term by itself)");
    if (size >= sizeof word) size = sizeof word - 1;
    memcpy(word, p->at, size);
    word[size] = '\0';
    for (size_t r = 0; r < rows; r++)
        if (strcmp(word, table[r].name) == 0) {
            *out = &table[r];
            p->at += size;
            return ND_OK;
        }
    return unknown_word(p, word);
}

static nd_status parse_width(parser *p, size_t *out)
{
    size_t size = strspn(p->at, "0123456789"), width = 0;

    if (size == 0) return expected(p, "a width (a whole number from 1)");
    for (size_t k = 0; k < size && width <= ND_WIDTH_MAX; k++)
        width = 10 * width + (size_t)(p->at[k] - '0');
    if (width < 1 || width > ND_WIDTH_MAX)
        return nd_fail(p->ctx, ND_ERANGE,
                       "net '%.60s': column %zu: a width must be from 1 to %d, found %.20s",
                       p->spec, (size_t)(p->at - p->spec) + 1, ND_WIDTH_MAX, p->at);
    p->at += size;
    *out = width;
    return ND_OK;
}

/* ---- layers and terms -------------------------------------------------------------- */

/* "ACT:WIDTH" */
static nd_status parse_act_width(parser *p, nd_layer *layer)
{
    nd_status status;

    ND_TRY(parse_act(p, &layer->act));
    if (!accept(p, ":")) return expected(p, "':' and a width");
    ND_TRY(parse_width(p, &layer->width));
done:
    return status;
}

static nd_status parse_residual(parser *p, size_t in, nd_layer *layer)
{
    size_t column = (size_t)(p->at - p->spec) + 1;
    nd_status status = parse_act_width(p, layer);

    if (status != ND_OK) return status;
    if (!accept(p, ")")) return expected(p, "')'");
    layer->residual = layer->bias = true;
    if (layer->width != in)
        return nd_fail(p->ctx, ND_EDIM,
                       "net '%.60s': column %zu: a residual layer is as wide as its input: "
                       "expected %zu, found %zu",
                       p->spec, column, in, layer->width);
    return ND_OK;
}

static nd_status parse_layer(parser *p, size_t in, nd_layer *layer)
{
    nd_status status;

    *layer = (nd_layer){.in = in, .bias = true};
    if (accept(p, "res(")) return parse_residual(p, in, layer);
    status = parse_act_width(p, layer);
    if (status != ND_OK) return status;
    if (accept(p, ":nobias")) layer->bias = false;
    return ND_OK;
}

static nd_status grow_layers(parser *p, nd_term *term)
{
    size_t room = p->layers ? 2 * p->layers : 2;
    nd_layer *more;

    if (term->depth < p->layers) return ND_OK;
    if (term->depth >= ND_DEPTH_MAX)
        return nd_fail(p->ctx, ND_ERANGE, "net '%.60s': more than %d layers in one term", p->spec,
                       ND_DEPTH_MAX);
    more = nd_regrow(p->ctx, term->layer, term->depth, room, sizeof *more);
    if (!more) return ND_EMEM;
    term->layer = more;
    p->layers = room;
    return ND_OK;
}

static nd_status parse_term(parser *p, nd_term *term)
{
    nd_status status = ND_OK;

    p->layers = 0;
    if (at_linear(p)) {
        p->at += 6;
        return ND_OK;
    }
    do {
        size_t in = term->depth ? term->layer[term->depth - 1].width : p->net->d;
        ND_TRY(grow_layers(p, term));
        ND_TRY(parse_layer(p, in, &term->layer[term->depth]));
        term->depth++;
    } while (accept(p, ","));
done:
    return status;
}

static nd_status add_term(parser *p)
{
    nd_net *net = p->net;
    nd_term *more;

    if (net->terms >= ND_TERMS_MAX)
        return nd_fail(p->ctx, ND_ERANGE, "net '%.60s': more than %d terms", p->spec, ND_TERMS_MAX);
    more = nd_regrow(p->ctx, net->term, net->terms, net->terms + 1, sizeof *more);
    if (!more) return ND_EMEM;
    net->term = more;
    more[net->terms] = (nd_term){0};
    net->terms++;
    return parse_term(p, &more[net->terms - 1]);
}

static nd_status parse_terms(parser *p)
{
    nd_status status;

    do {
        ND_TRY(add_term(p));
    } while (accept(p, "+"));
    if (*p->at != '\0') status = expected(p, "',' '+' ':nobias' or the end");
done:
    return status;
}

/* ---- layout ---------------------------------------------------------------------------- */

/* Takes count entries of theta; false when there would be too many. */
static bool take(nd_net *net, size_t rows, size_t columns, size_t *offset)
{
    *offset = net->P;
    if (columns != 0 && rows > (ND_P_MAX - net->P) / columns) return false;
    net->P += rows * columns;
    return true;
}

static bool place_term(nd_net *net, nd_term *term)
{
    bool fits = true;

    for (size_t l = 0; l < term->depth; l++) {
        nd_layer *y = &term->layer[l];
        fits = fits && take(net, y->width, y->in, &y->W);
        y->b = SIZE_MAX;
        if (y->bias) fits = fits && take(net, y->width, 1, &y->b);
        net->units += y->width;
    }
    term->out = term->depth ? term->layer[term->depth - 1].width : net->d;
    return fits && take(net, term->out, 1, &term->a);
}

nd_status nd_net_layout(nd_ctx *ctx, nd_net *net)
{
    bool fits = true;

    net->P = net->units = 0;
    for (size_t t = 0; t < net->terms; t++) fits = fits && place_term(net, &net->term[t]);
    if (!fits || !take(net, 1, 1, &net->a0))
        return nd_fail(ctx, ND_ERANGE, "the net has more than %zu parameters", ND_P_MAX);
    return ND_OK;
}

/* ---- printing ---------------------------------------------------------------------------- */

static void print_layer(nd_buf *b, const nd_layer *y)
{
    nd_buf_printf(b, "%s%s:%zu%s", y->residual ? "res(" : "", y->act->name, y->width,
                  y->residual ? ")"
                  : y->bias   ? ""
                              : ":nobias");
}

nd_status nd_net_print(nd_ctx *ctx, nd_net *net)
{
    nd_buf b = nd_buf_make(ctx);

    for (size_t t = 0; t < net->terms; t++) {
        const nd_term *term = &net->term[t];
        if (t > 0) nd_buf_puts(&b, "+");
        if (term->depth == 0) nd_buf_puts(&b, "linear");
        for (size_t l = 0; l < term->depth; l++) {
            if (l > 0) nd_buf_puts(&b, ",");
            print_layer(&b, &term->layer[l]);
        }
    }
    nd_status status = nd_buf_status(&b);
    if (status == ND_OK) {
        char *spec = nd_strdup(ctx, b.data);
        if (!spec) status = ND_EMEM;
        nd_free(ctx, net->spec);
        net->spec = spec;
    }
    nd_buf_free(&b);
    return status;
}

/* ---- public ---------------------------------------------------------------------------------- */

nd_status nd_net_parse(nd_ctx *ctx, const char *spec, size_t d, nd_net **out)
{
    parser p = {.ctx = ctx, .spec = spec, .at = spec};
    nd_status status = ND_EMEM;

    p.net = ND_NEW0(ctx, nd_net, 1);
    if (!p.net) return ND_EMEM;
    p.net->d = d;
    ND_TRY(parse_terms(&p));
    ND_TRY(nd_net_layout(ctx, p.net));
    ND_TRY(nd_net_print(ctx, p.net));
    *out = p.net;
    return ND_OK;
done:
    nd_net_destroy(ctx, p.net);
    return status;
}

void nd_net_destroy(nd_ctx *ctx, nd_net *net)
{
    if (!net) return;
    for (size_t t = 0; t < net->terms; t++) nd_free(ctx, net->term[t].layer);
    nd_free(ctx, net->term);
    nd_free(ctx, net->spec);
    nd_free(ctx, net);
}

size_t nd_net_shortcut(const nd_net *net)
{
    for (size_t t = 0; t < net->terms; t++)
        if (net->term[t].depth == 1 && net->term[t].layer[0].bias &&
            !net->term[t].layer[0].residual)
            return t;
    return net->terms;
}
