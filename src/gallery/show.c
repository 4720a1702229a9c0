/* An exhibit built: data, network, conditions, the point and its proof; and its repair. */
#include <nadir/gallery.h>

#include <stdio.h>
#include <string.h>

#include "base/memory.h"

/* Rows (count, label, x) as a table of single samples. */
static nd_status build_table(nd_ctx *ctx, const char *name, const nd_exhibit_problem *p,
                             nd_table **out)
{
    size_t n = 0, stride = p->d + 2;
    nd_status status;
    char source[64];
    double *x, *y;

    for (size_t r = 0; r < p->m; r++) n += (size_t)p->rows[r * stride];
    x = ND_NEW(ctx, double, n *(p->d + 1));
    if (!x) return ND_EMEM;
    y = x + n * p->d;
    n = 0;
    for (size_t r = 0; r < p->m; r++)
        for (double k = p->rows[r * stride]; k > 0.0; k -= 1.0, n++) {
            y[n] = p->rows[r * stride + 1];
            memcpy(x + n * p->d, p->rows + r * stride + 2, p->d * sizeof *x);
        }
    snprintf(source, sizeof source, "%s.csv", name);
    status = nd_table_from_arrays(ctx, n, p->d, x, y, out);
    nd_free(ctx, x);
    if (status != ND_OK) return status;
    nd_free(ctx, (*out)->source);
    (*out)->source = nd_strdup(ctx, source);
    return (*out)->source ? ND_OK : ND_EMEM;
}

static nd_status build(nd_ctx *ctx, const char *name, const nd_exhibit_problem *p, long width,
                       nd_table **data, nd_net **net, nd_problem *pb)
{
    const char *mark = strstr(p->net, "%ld");
    char spec[64];
    nd_loss loss;
    nd_status status;

    if (mark)
        snprintf(spec, sizeof spec, "%.*s%ld%s", (int)(mark - p->net), p->net, width, mark + 3);
    else
        snprintf(spec, sizeof spec, "%s", p->net);
    ND_TRY(build_table(ctx, name, p, data));
    ND_TRY(nd_net_parse(ctx, spec, p->d, net));
    ND_TRY(nd_loss_parse(ctx, p->loss, &loss));
    ND_TRY(nd_problem_make(ctx, *net, *data, loss, p->l2, pb));
done:
    return status;
}

static nd_status choose_width(nd_ctx *ctx, const nd_exhibit *e, long *width)
{
    if (*width == 0) *width = e->width[0];
    if (*width < 0 || *width > 512)
        return nd_fail(ctx, ND_ERANGE, "width: expected 1 to 512, found %ld", *width);
    if (*width > 0 && e->width[0] == 0)
        return nd_fail(ctx, ND_ERANGE, "%s has one network, %s, and no width to choose", e->name,
                       e->of.net);
    return ND_OK;
}

/* ---- the exhibit ------------------------------------------------------------------------- */

/* The conditions, and what is known at the point. */
static nd_status look(nd_ctx *ctx, nd_shown *s)
{
    size_t n = s->data->n;
    double *lo = ND_NEW(ctx, double, 2 * n);
    nd_status status;

    if (!lo) return ND_EMEM;
    ND_TRY(nd_theory_check(ctx, &s->problem, 10.0, false, &s->theory));
    ND_TRY(nd_margin_bounds(ctx, &s->problem, s->theta, lo, lo + n));
    ND_TRY(nd_theory_at(ctx, &s->problem, s->theta, lo, lo + n, 10.0, s->theory));
done:
    nd_free(ctx, lo);
    return status;
}

nd_status nd_exhibit_show(nd_ctx *ctx, const nd_exhibit *e, long width, nd_shown **out)
{
    nd_shown *s;
    nd_status status = choose_width(ctx, e, &width);

    if (status != ND_OK) return status;
    s = ND_NEW0(ctx, nd_shown, 1);
    if (!s) return ND_EMEM;
    s->exhibit = e;
    s->width = width;
    ND_TRY(build(ctx, e->name, &e->of, width, &s->data, &s->net, &s->problem));
    s->theta = ND_NEW(ctx, double, s->net->P);
    if (!s->theta) {
        status = ND_EMEM;
        goto done;
    }
    e->place(s->net, s->theta);
    ND_TRY(nd_cert_polish(ctx, &s->problem, s->theta));
    ND_TRY(look(ctx, s));
    ND_TRY(nd_certify(ctx, &s->problem, s->theta, &s->cert));
    *out = s;
    return ND_OK;
done:
    nd_shown_destroy(ctx, s);
    return status;
}

void nd_shown_destroy(nd_ctx *ctx, nd_shown *s)
{
    if (!s) return;
    nd_theory_destroy(ctx, s->theory);
    nd_free(ctx, s->theta);
    nd_net_destroy(ctx, s->net);
    nd_table_destroy(ctx, s->data);
    nd_free(ctx, s);
}

/* ---- the repair ---------------------------------------------------------------------------- */

nd_status nd_exhibit_repair(nd_ctx *ctx, const nd_exhibit *e, long width, uint64_t seed,
                            nd_repaired **out)
{
    nd_exhibit_problem p = e->repaired;
    nd_train_settings set;
    nd_repaired *r;
    nd_status status = choose_width(ctx, e, &width);

    if (status != ND_OK) return status;
    r = ND_NEW0(ctx, nd_repaired, 1);
    if (!r) return ND_EMEM;
    if (!p.rows) {
        p.rows = e->of.rows;
        p.m = e->of.m;
        p.d = e->of.d;
    }
    nd_train_init(&set);
    set.seed = seed;
    set.starts = 20; /* a run may end in a valley or run out of time, never at a bad minimum */
    set.time = 20.0;
    ND_TRY(build(ctx, e->name, &p, width, &r->data, &r->net, &r->problem));
    ND_TRY(nd_theory_check(ctx, &r->problem, 10.0, false, &r->theory));
    ND_TRY(nd_train(ctx, r->net, r->data, r->problem.loss, r->problem.l2, &set, NULL, &r->run));
    *out = r;
    return ND_OK;
done:
    nd_repaired_destroy(ctx, r);
    return status;
}

void nd_repaired_destroy(nd_ctx *ctx, nd_repaired *r)
{
    if (!r) return;
    nd_train_result_destroy(ctx, r->run);
    nd_theory_destroy(ctx, r->theory);
    nd_net_destroy(ctx, r->net);
    nd_table_destroy(ctx, r->data);
    nd_free(ctx, r);
}
