/* Where the points of a slice come from: model files with their data, or an atlas. */
#include "cli/slice.h"

#include <string.h>

/* ---- models ------------------------------------------------------------------------------- */

/* "local-minimum (proved)" as models carry it. */
static void read_verdict(const char *text, slice_point *p)
{
    for (int k = ND_UNDECIDED; text && k <= ND_VALLEY; k++) {
        const char *name = nd_verdict_name((nd_verdict_kind)k);
        if (strncmp(text, name, strlen(name)) != 0) continue;
        p->verdict.kind = (nd_verdict_kind)k;
        p->judged = true;
    }
    if (text && strstr(text, "(proved)")) p->verdict.proved = ND_PROVED;
}

static bool same_numbers(size_t n, const double *a, const double *b)
{
    return memcmp(a, b, n * sizeof *a) == 0;
}

/* The same function of theta: the parameters of both are points of one space. */
static nd_status comparable(nd_ctx *ctx, const nd_model *a, const nd_model *b, const char *file)
{
    const nd_scaler *s = a->scaler, *t = b->scaler;
    bool scaled = (!s && !t) || (s && t && s->d == t->d && same_numbers(s->d, s->shift, t->shift) &&
                                 same_numbers(s->d, s->factor, t->factor));

    if (strcmp(a->net->spec, b->net->spec) != 0 || a->net->d != b->net->d)
        return nd_fail(ctx, ND_EINPUT,
                       "%s: its network is %s on %zu features, that of the first "
                       "model %s on %zu",
                       file, b->net->spec, b->net->d, a->net->spec, a->net->d);
    if (!scaled)
        return nd_fail(ctx, ND_EINPUT,
                       "%s: its data were scaled otherwise than those of the first "
                       "model, so their parameters do not mean the same",
                       file);
    return ND_OK;
}

static nd_status add_models(cli *c, slice_source *s)
{
    size_t others = c->args.operands > 2 ? c->args.operands - 2 : 0;
    nd_status status = cli_point_load(c, true, &s->model);

    if (status != ND_OK) return status;
    s->problem = &s->model.problem;
    s->more = ND_NEW0(c->ctx, nd_model *, others);
    s->point = ND_NEW0(c->ctx, slice_point, others + 1);
    if (!s->more || !s->point) return ND_EMEM;
    for (s->points = 0; s->points <= others; s->points++) {
        const nd_model *m = s->model.model;
        slice_point *p = &s->point[s->points];
        if (s->points > 0) {
            const char *file = c->args.operand[s->points + 1];
            status = nd_model_load(c->ctx, file, &s->more[s->others]);
            if (status == ND_OK) m = s->more[s->others++];
            if (status == ND_OK) status = comparable(c->ctx, s->model.model, m, file);
            if (status != ND_OK) return status;
        }
        p->theta = m->theta;
        read_verdict(m->verdict, p);
        snprintf(p->label, sizeof p->label, "%zu", s->points + 1);
    }
    return ND_OK;
}

/* ---- an atlas ------------------------------------------------------------------------------ */

static nd_status add_atlas(cli *c, slice_source *s)
{
    nd_status status = nd_atlas_load(c->ctx, c->args.operand[0], &s->atlas);

    if (status != ND_OK) return status;
    if (c->args.operands > 1)
        return nd_fail(c->ctx, ND_EINPUT, "unexpected '%s': an atlas brings its data along",
                       c->args.operand[1]);
    if (s->atlas->points == 0)
        return nd_fail(c->ctx, ND_EINPUT, "%s: there are no points in it yet", s->atlas->file);
    s->problem = &s->atlas->problem;
    s->point = ND_NEW0(c->ctx, slice_point, s->atlas->points);
    if (!s->point) return ND_EMEM;
    for (; s->points < s->atlas->points; s->points++) {
        const nd_atlas_point *q = &s->atlas->point[s->points];
        slice_point *p = &s->point[s->points];
        p->theta = q->theta;
        p->verdict = q->verdict;
        p->judged = true;
        snprintf(p->label, sizeof p->label, "%zu", q->id);
    }
    return ND_OK;
}

/* ---- both ---------------------------------------------------------------------------------- */

/* Loss and errors at every point, and what hovering says. */
static nd_status look(cli *c, slice_source *s)
{
    nd_work *work = NULL;
    double *m = ND_NEW(c->ctx, double, s->problem->data->n);
    nd_status status = m ? nd_work_create(c->ctx, s->problem, &work) : ND_EMEM;

    for (size_t k = 0; k < s->points && status == ND_OK; k++) {
        slice_point *p = &s->point[k];
        nd_verdict *v = &p->verdict;
        char title[64];
        status = nd_problem_value(c->ctx, s->problem, p->theta, work, &v->loss);
        if (status == ND_OK) status = nd_problem_margins(c->ctx, s->problem, p->theta, work, m);
        if (status != ND_OK) break;
        v->errors = nd_problem_errors(s->problem, m);
        if (v->kind == ND_LOCAL_MINIMUM && v->errors > 0) v->bad = true;
        cli_verdict_title(v, title);
        snprintf(p->title, sizeof p->title, "point %s: %s, loss %.6g, %zu error%s", p->label,
                 p->judged ? title : "not judged", v->loss, v->errors, nd_plural(v->errors));
    }
    nd_work_destroy(c->ctx, work);
    nd_free(c->ctx, m);
    return status;
}

nd_status slice_open(cli *c, slice_source *s)
{
    nd_status status;

    if (cli_is_atlas(c->args.operand[0]))
        ND_TRY(add_atlas(c, s));
    else if (c->args.operands < 2)
        ND_TRY(nd_fail(c->ctx, ND_EINPUT,
                       "%s is no atlas: a model needs its data, too: nadir slice "
                       "MODEL DATA",
                       c->args.operand[0]));
    else
        ND_TRY(add_models(c, s));
    ND_TRY(look(c, s));
    cli_subject(s->problem, s->subject);
done:
    return status;
}

void slice_close(cli *c, slice_source *s)
{
    for (size_t k = 0; k < s->others; k++) nd_model_destroy(c->ctx, s->more[k]);
    nd_free(c->ctx, s->more);
    nd_free(c->ctx, s->point);
    nd_atlas_destroy(c->ctx, s->atlas);
    cli_point_free(c, &s->model);
}
