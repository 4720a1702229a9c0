/* Neurons at their kinks: which, and on which samples. */
#include <string.h>

#include "base/memory.h"
#include "cert/kink.h"
#include "cert/near.h"
#include "cert/signs.h"

#define AT 0x1p-40 /* |z| <= AT (|w| |x| + |b|): at the kink, up to rounding of theta */

bool nd_kink_piecewise(const nd_act *act)
{
    return strcmp(act->name, "relu") == 0 || strcmp(act->name, "leakyrelu") == 0;
}

bool nd_kink_applies(const nd_problem *pb, nd_cert *c)
{
    const nd_net *net = pb->net;

    for (size_t t = 0; t < net->terms; t++)
        if (net->term[t].depth > 1 || (net->term[t].depth == 1 && net->term[t].layer[0].residual))
            return nd_cert_fail(c, "a term has more than one layer, or a residual one");
    for (size_t i = 0; i < pb->data->n; i++)
        if (fabs(pb->data->y[i]) != 1.0) return nd_cert_fail(c, "a label is not +1 or -1");
    return true;
}

void nd_kink_units(const nd_net *net, nd_kink_unit *unit)
{
    for (size_t t = 0; t < net->terms; t++) {
        const nd_layer *L = net->term[t].layer;

        for (size_t j = 0; net->term[t].depth && j < L->width; j++)
            *unit++ = (nd_kink_unit){L->act, L->W + j * L->in, L->bias ? L->b + j : SIZE_MAX,
                                     net->term[t].a + j, L->in};
    }
}

/* ---- the search ----------------------------------------------------------------------------- */

typedef struct {
    const double *theta;
    const nd_kink_unit *unit;
    nd_kinks *k;
} search;

static void look(void *self, const nd_signs *s)
{
    const search *f = self;

    for (size_t u = 0; s->active && u < f->k->units; u++) {
        const nd_kink_unit *v = &f->unit[u];
        double z = v->b == SIZE_MAX ? 0.0 : f->theta[v->b];
        double size = nd_norm_up(v->in, f->theta + v->W) * nd_norm_up(v->in, s->x) + fabs(z);

        for (size_t i = 0; i < v->in; i++) z += f->theta[v->W + i] * s->x[i];
        f->k->at[s->i * f->k->units + u] = nd_kink_piecewise(v->act) && fabs(z) <= AT * size;
    }
}

static nd_status list(nd_ctx *ctx, nd_kinks *k)
{
    size_t p = 0, all = k->n * k->units;

    for (size_t e = 0; e < all; e++) k->count += k->at[e];
    k->neuron = ND_NEW(ctx, size_t, 2 * k->count);
    if (!k->neuron) return ND_EMEM;
    k->sample = k->neuron + k->count;
    for (size_t e = 0; e < all; e++) {
        if (!k->at[e]) continue;
        k->neuron[p] = e % k->units;
        k->sample[p++] = e / k->units;
    }
    return ND_OK;
}

nd_status nd_kinks_near(nd_ctx *ctx, const nd_problem *pb, const double *theta, nd_kinks *out)
{
    nd_kink_unit *unit = ND_NEW(ctx, nd_kink_unit, pb->net->units);
    nd_kinks k = {.n = pb->data->n, .units = pb->net->units};
    search f = {theta, unit, &k};
    nd_status status = unit ? ND_OK : ND_EMEM;

    if (status != ND_OK) goto done;
    nd_kink_units(pb->net, unit);
    k.at = ND_NEW0(ctx, bool, k.n *k.units);
    if (!k.at) ND_TRY(ND_EMEM);
    ND_TRY(nd_signs_each(ctx, pb, theta, 0.0, look, &f));
    ND_TRY(list(ctx, &k));
done:
    nd_free(ctx, unit);
    if (status != ND_OK) nd_kinks_clear(ctx, &k);
    *out = k;
    return status;
}

void nd_kinks_clear(nd_ctx *ctx, nd_kinks *k)
{
    nd_free(ctx, k->neuron);
    nd_free(ctx, k->at);
    *k = (nd_kinks){0};
}
