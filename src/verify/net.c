/* The grammar of networks and losses (docs/certificate-format.md, sections 3, 4)
 * and the layout of theta.
 *
 *   NET   := TERM {"+" TERM}          TERM := LAYER {"," LAYER} | "linear"
 *   LAYER := ACT ":" WIDTH [":nobias"] | "res(" ACT ":" WIDTH ")" */
#include "verify/verify.h"
#include <stdlib.h>
#include <string.h>

/* What is still to be read, and how many parameters may still be handed out. */
typedef struct {
    const char *at;
    slong left, next;
} reader;

static bool word(reader *r, const char *w)
{
    size_t n = strlen(w);

    if (strncmp(r->at, w, n) != 0) return false;
    r->at += n;
    return true;
}

/* The next count parameters; -1 when theta does not hold so many.  count is a
 * product rows * cols of positive numbers that may be too large to form. */
static slong take(reader *r, slong rows, slong cols)
{
    slong first = r->next;

    if (rows < 0 || cols < 0 || (cols > 0 && rows > r->left / cols)) return -1;
    r->left -= rows * cols;
    r->next += rows * cols;
    return first;
}

static slong width(reader *r)
{
    slong w = 0;

    if (*r->at < '1' || *r->at > '9') return -1;
    for (; *r->at >= '0' && *r->at <= '9'; r->at++) {
        if (w > 100000000) return -1;
        w = 10 * w + (*r->at - '0');
    }
    return w;
}

/* Longest name first, so that "square" does not swallow "squareplus". */
static nv_jet activation(reader *r)
{
    const nv_function *best = NULL;

    for (const nv_function *a = nv_activations; a->name; a++)
        if (strncmp(r->at, a->name, strlen(a->name)) == 0 &&
            (!best || strlen(a->name) > strlen(best->name)))
            best = a;
    if (!best) return NULL;
    r->at += strlen(best->name);
    return best->jet;
}

const char *nv_activation_name(nv_jet jet)
{
    const nv_function *a = nv_activations;

    while (a->name && a->jet != jet) a++;
    return a->name;
}

static const char *layer(reader *r, slong in, nv_layer *out)
{
    out->in = in;
    out->residual = word(r, "res(");
    out->jet = activation(r);
    if (!out->jet) return "unknown activation";
    if (!word(r, ":") || (out->width = width(r)) < 0) return "a layer needs a width, as in tanh:8";
    if (out->residual && !word(r, ")")) return "')' missing";
    if (out->residual && out->width != in) return "a residual layer needs the width of its input";
    out->bias = out->residual || !word(r, ":nobias");
    out->W = take(r, out->width, in);
    out->b = out->bias ? take(r, out->width, 1) : 0;
    return out->W < 0 || out->b < 0 ? "theta has fewer numbers than the net" : NULL;
}

static const char *term(reader *r, slong d, nv_term *out)
{
    const char *error;
    slong in = d;

    out->start = r->next;
    if (!word(r, "linear")) {
        do {
            nv_layer *more = realloc(out->layer, (size_t)(out->depth + 1) * sizeof *more);

            if (!more) return "out of memory";
            out->layer = more;
            if ((error = layer(r, in, &more[out->depth]))) return error;
            in = more[out->depth++].width;
        } while (word(r, ","));
    }
    out->out = in;
    out->a = take(r, in, 1);
    return out->a < 0 ? "theta has fewer numbers than the net" : NULL;
}

const char *nv_net_parse(const char *spec, slong d, slong parameters, nv_net *out)
{
    reader r = {spec, parameters, 0};
    const char *error;

    memset(out, 0, sizeof *out);
    out->d = d;
    do {
        nv_term *more = realloc(out->term, (size_t)(out->terms + 1) * sizeof *more);

        if (!more) return "out of memory";
        out->term = more;
        memset(&more[out->terms], 0, sizeof *more);
        if ((error = term(&r, d, &more[out->terms++]))) return error;
    } while (word(&r, "+"));
    if (*r.at) return "text that is not a net";
    out->a0 = take(&r, 1, 1);
    out->P = r.next;
    if (out->a0 < 0) return "theta has fewer numbers than the net";
    return r.left ? "theta has more numbers than the net" : NULL;
}

void nv_net_clear(nv_net *net)
{
    for (slong t = 0; t < net->terms; t++) free(net->term[t].layer);
    free(net->term);
    memset(net, 0, sizeof *net);
}

slong nv_first_units(const nv_net *net)
{
    slong units = 0;

    for (slong t = 0; t < net->terms; t++)
        if (net->term[t].depth > 0) units += net->term[t].layer[0].width;
    return units;
}

bool nv_one_layer(const nv_net *net, slong linear, const nv_term **out)
{
    *out = NULL;
    for (slong t = 0; t < net->terms; t++) {
        const nv_term *T = &net->term[t];

        if (T->depth == 0 && linear-- > 0) continue;
        if (*out || T->depth != 1 || T->layer[0].residual) return false;
        *out = T;
    }
    return *out != NULL;
}

const char *nv_loss_parse(const char *spec, nv_loss *out)
{
    reader r = {spec, 0, 0};

    out->q = 0;
    for (const nv_function *l = nv_losses; l->name; l++)
        if (strcmp(spec, l->name) == 0 && l != nv_losses) {
            out->jet = l->jet;
            return NULL;
        }
    if (!word(&r, "polyhinge:")) return "unknown loss";
    out->jet = nv_losses[0].jet;
    out->q = (int)width(&r);
    return out->q < 2 || out->q > 100 || *r.at ? "polyhinge needs an exponent from 2 to 100" : NULL;
}
