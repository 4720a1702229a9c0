/* Which coordinates are idle, and which one of each neuron is its gauge (docs/proofs.md,
 * section 12).
 *
 * Idle: theta_k is live when for some sample whose loss is not constant
 *
 *   W_jk: neuron j works and its k-th input is not identically 0;   b_j: neuron j works;
 *   a_j: the neuron's output is not identically 0;   linear: x_ik != 0;   a_0: always.
 *
 * A neuron works unless it is max(0, z), z < 0, or nothing above it works that reads it.
 * With lambda > 0 everything is live.
 *
 * Gauge: the symmetry of a neuron moves (w, b, a) along (w, b, -a) for relu and leakyrelu,
 * (w, b, -2a) for square, (0, 1, -a) for exp: the largest entry of it among those allowed is
 * held fixed, which leaves the rest best conditioned. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "cert/flat.h"
#include "cert/signs.h"

typedef struct {
    const nd_net *net;
    bool *live;         /* P                                                        */
    bool *zero, *works; /* units: output 0; see above                               */
} search;

/* ---- idle --------------------------------------------------------------------------------- */

/* zero of one layer; in: of its input, NULL: the sample x. */
static void zeros(const nd_layer *L, const signed char *sign, const bool *in, const double *x,
                  bool *zero)
{
    for (size_t j = 0; j < L->width; j++) {
        zero[j] = nd_signs_dead(L, sign[j]);
        if (L->residual && !(in ? in[j] : x[j] == 0.0)) zero[j] = false;
    }
}

/* works of the neurons of layer L with the signs given; next: the layer above, NULL for the
 * last.  Goes downwards: works_next is that of next; reads: whether anything reads h_j. */
static void working(const nd_layer *L, const signed char *sign, const nd_layer *next,
                    const bool *works_next, const bool *reads_next, bool *works, bool *reads)
{
    bool any = false;

    for (size_t v = 0; next && v < next->width; v++) any = any || works_next[v];
    for (size_t j = 0; j < L->width; j++) {
        reads[j] = !next || any || (next->residual && reads_next[j]);
        works[j] = reads[j] && !nd_signs_dead(L, sign[j]);
    }
}

static void mark_layer(search *s, const nd_layer *L, const bool *works, const bool *in,
                       const double *x)
{
    for (size_t j = 0; j < L->width; j++) {
        if (!works[j]) continue;
        if (L->bias) s->live[L->b + j] = true;
        for (size_t k = 0; k < L->in; k++)
            if (in ? !in[k] : x[k] != 0.0) s->live[L->W + j * L->in + k] = true;
    }
}

/* One term; at: the first of its neurons. */
static void mark_term(search *s, const nd_term *T, size_t at, const nd_signs *v)
{
    bool *reads = s->works + s->net->units;
    size_t top = at;

    for (size_t l = 0; l < T->depth; top += T->layer[l++].width)
        zeros(&T->layer[l], v->sign + top, l ? s->zero + top - T->layer[l - 1].width : NULL, v->x,
              s->zero + top);
    for (size_t k = 0; k < T->out; k++)
        if (T->depth ? !s->zero[top - T->out + k] : v->x[k] != 0.0) s->live[T->a + k] = true;
    for (size_t l = T->depth; l-- > 0;) {
        const nd_layer *L = &T->layer[l], *next = l + 1 < T->depth ? L + 1 : NULL;

        working(L, v->sign + top - L->width, next, s->works + top, reads + top,
                s->works + top - L->width, reads + top - L->width);
        top -= L->width;
        mark_layer(s, L, s->works + top, l ? s->zero + top - L->in : NULL, v->x);
    }
}

static void mark(void *self, const nd_signs *v)
{
    search *s = self;
    size_t at = 0;

    if (!v->active) return;
    s->live[s->net->a0] = true;
    for (size_t t = 0; t < s->net->terms; t++) {
        mark_term(s, &s->net->term[t], at, v);
        for (size_t l = 0; l < s->net->term[t].depth; l++) at += s->net->term[t].layer[l].width;
    }
}

/* ---- gauge -------------------------------------------------------------------------------- */

/* The best candidate so far; size 0: none. */
typedef struct {
    double size;
    size_t k;
} candidate;

static void consider(candidate *c, const bool *live, size_t k, double size)
{
    if (live[k] && size > c->size) *c = (candidate){size, k};
}

/* a: place of the neuron's output weight, SIZE_MAX when there is none. */
static candidate gauge_of(const bool *live, const double *theta, const nd_layer *L, size_t j,
                          bool first, size_t a)
{
    bool exponential = strcmp(L->act->name, "exp") == 0;
    bool square = strcmp(L->act->name, "square") == 0;
    candidate c = {0.0, 0};

    if (!L->act->homogeneous && !exponential && !square) return c;
    if (exponential && !L->bias) return c;
    if (L->bias) consider(&c, live, L->b + j, exponential ? 1.0 : fabs(theta[L->b + j]));
    for (size_t k = 0; first && !exponential && k < L->in; k++)
        consider(&c, live, L->W + j * L->in + k, fabs(theta[L->W + j * L->in + k]));
    if (a != SIZE_MAX) consider(&c, live, a, (square ? 2.0 : 1.0) * fabs(theta[a]));
    return c;
}

/* fixed[k] := true for the gauges of a term. */
static void gauges(const bool *live, const double *theta, const nd_term *T, bool *fixed)
{
    for (size_t l = 0; l < T->depth; l++)
        if (T->layer[l].residual) return;
    for (size_t l = 0; l < T->depth; l++)
        for (size_t j = 0; j < T->layer[l].width; j++) {
            candidate c = gauge_of(live, theta, &T->layer[l], j, l == 0,
                                   l + 1 == T->depth ? T->a + j : SIZE_MAX);

            if (c.size > 0.0) fixed[c.k] = true;
        }
}

/* ---- lists -------------------------------------------------------------------------------- */

static nd_status lists(nd_ctx *ctx, size_t P, const bool *live, const bool *fixed,
                       nd_flat_lists *out)
{
    size_t *p = ND_NEW(ctx, size_t, 3 * P);

    *out = (nd_flat_lists){.idle = p};
    if (!p) return ND_EMEM;
    out->gauge = p + P;
    out->rest = p + 2 * P;
    for (size_t k = 0; k < P; k++) {
        if (!live[k])
            out->idle[out->idles++] = k;
        else if (fixed[k])
            out->gauge[out->gauges++] = k;
        else
            out->rest[out->rests++] = k;
    }
    return ND_OK;
}

nd_status nd_flat_find(nd_ctx *ctx, const nd_problem *pb, const double *theta, double rho,
                       nd_flat_lists *out)
{
    const nd_net *net = pb->net;
    size_t P = net->P;
    bool ridge = pb->l2 > 0.0, *fixed = ND_NEW0(ctx, bool, 2 * P + 3 * net->units);
    search s = {.net = net, .live = fixed ? fixed + P : NULL};
    nd_status status = ND_OK;

    *out = (nd_flat_lists){0};
    if (!fixed) return ND_EMEM;
    s.zero = s.live + P;
    s.works = s.zero + net->units;
    if (ridge)
        for (size_t k = 0; k < P; k++) s.live[k] = true;
    else
        ND_TRY(nd_signs_each(ctx, pb, theta, rho, mark, &s));
    for (size_t t = 0; !ridge && t < net->terms; t++) gauges(s.live, theta, &net->term[t], fixed);
    ND_TRY(lists(ctx, P, s.live, fixed, out));
done:
    nd_free(ctx, fixed);
    return status;
}

void nd_flat_clear(nd_ctx *ctx, nd_flat_lists *l)
{
    nd_free(ctx, l->idle);
    *l = (nd_flat_lists){0};
}
