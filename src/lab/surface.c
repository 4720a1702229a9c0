/* One problem with its work space, seen as an oracle by the optimisers. */
#include "base/memory.h"
#include "lab/lab.h"
#include "num/tile.h"

#include <math.h>
#include <string.h>

static nd_status oracle_grad(void *self, const double *x, double *f, double *g)
{
    nd_surface *sf = self;

    sf->evaluations++;
    if (!g) return nd_problem_value(sf->ctx, &sf->pb, x, sf->work, f);
    return nd_problem_grad(sf->ctx, &sf->pb, x, sf->work, f, g);
}

static nd_status oracle_hv(void *self, const double *x, const double *v, double *hv)
{
    nd_surface *sf = self;

    return nd_problem_hv(sf->ctx, &sf->pb, x, v, sf->work, hv);
}

static nd_status oracle_hessian(void *self, const double *x, double *H)
{
    nd_surface *sf = self;

    return nd_problem_hessian(sf->ctx, &sf->pb, x, sf->work, H);
}

/* The least smoothness among activations and loss. */
static int smoothness(const nd_problem *pb)
{
    int k = pb->loss.kind->smooth(pb->loss.q);

    for (size_t t = 0; t < pb->net->terms; t++)
        for (size_t l = 0; l < pb->net->term[t].depth; l++)
            if (pb->net->term[t].layer[l].act->smooth < k)
                k = pb->net->term[t].layer[l].act->smooth;
    return k;
}

nd_status nd_surface_open(nd_ctx *ctx, const nd_net *net, const nd_table *data, nd_loss loss,
                          double l2, nd_surface **out)
{
    nd_surface *sf = ND_NEW0(ctx, nd_surface, 1);
    nd_status status;

    if (!sf) return ND_EMEM;
    sf->ctx = ctx;
    ND_TRY(nd_net_parse(ctx, net->spec, net->d, &sf->net));
    ND_TRY(nd_problem_make(ctx, sf->net, data, loss, l2, &sf->pb));
    ND_TRY(nd_work_create(ctx, &sf->pb, &sf->work));
    sf->m = ND_NEW(ctx, double, data->n);
    if (!sf->m) ND_TRY(ND_EMEM);
    sf->oracle = (nd_oracle){.n = sf->net->P, .self = sf, .grad = oracle_grad};
    if (smoothness(&sf->pb) >= 1) {
        sf->oracle.hv = oracle_hv;
        sf->oracle.hessian = oracle_hessian;
    }
    *out = sf;
    return ND_OK;
done:
    nd_surface_close(sf);
    return status;
}

void nd_surface_close(nd_surface *sf)
{
    if (!sf) return;
    nd_free(sf->ctx, sf->m);
    nd_work_destroy(sf->ctx, sf->work);
    nd_net_destroy(sf->ctx, sf->net);
    nd_free(sf->ctx, sf);
}

nd_status nd_surface_look(nd_surface *sf, const double *theta, double *g, nd_look *out)
{
    nd_look k = {.grad = NAN, .margin_min = INFINITY};
    nd_status status;

    sf->evaluations++;
    if (g)
        status = nd_problem_grad(sf->ctx, &sf->pb, theta, sf->work, &k.loss, g);
    else
        status = nd_problem_value(sf->ctx, &sf->pb, theta, sf->work, &k.loss);
    if (status != ND_OK) return status;
    k.active = nd_work_active(sf->work);
    status = nd_problem_margins(sf->ctx, &sf->pb, theta, sf->work, sf->m);
    if (status != ND_OK) return status;
    if (g) k.grad = nd_norm2(sf->net->P, g);
    k.norm = nd_norm2(sf->net->P, theta);
    k.errors = nd_problem_errors(&sf->pb, sf->m);
    for (size_t i = 0; i < sf->pb.data->n; i++) {
        if (!(sf->m[i] >= k.margin_min)) k.margin_min = sf->m[i];
        if (!(fabs(sf->m[i]) <= k.margin_max)) k.margin_max = fabs(sf->m[i]);
    }
    *out = k;
    return ND_OK;
}

bool nd_surface_can_vanish(const nd_surface *sf)
{
    return sf->pb.l2 == 0.0 && sf->pb.loss.kind->hinge_tail && sf->pb.loss.kind->surrogate;
}

bool nd_surface_convex(const nd_surface *sf)
{
    for (size_t t = 0; t < sf->net->terms; t++)
        if (sf->net->term[t].depth > 0) return false;
    return sf->pb.loss.kind->convex;
}

nd_status nd_surface_certify(nd_surface *sf, const double *theta, nd_cert *out)
{
    size_t rows;
    const nd_cert_kind *kind = nd_cert_table(&rows);

    for (size_t k = 0; k < rows; k++)
        if (strcmp(kind[k].kind, "zero-loss") == 0)
            return kind[k].prove(sf->ctx, &sf->pb, theta, out);
    return nd_fail(sf->ctx, ND_ENAME, "there is no certificate kind 'zero-loss'");
}

bool nd_surface_theorem2(const nd_surface *sf)
{
    size_t t = nd_net_shortcut(sf->net);

    if (t == sf->net->terms || sf->pb.l2 != 0.0 || !sf->pb.loss.kind->hinge_tail) return false;
    return sf->net->term[t].layer[0].act->analytic && !sf->net->term[t].layer[0].act->polynomial;
}
