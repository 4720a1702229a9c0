/* A point of an atlas as files of its own: its certificate, its model. */
#include "atlas/atlas.h"

#include "base/memory.h"

#include <stdio.h>
#include <string.h>

static nd_status check_point(nd_ctx *ctx, const nd_atlas *a, size_t point)
{
    if (point < a->points) return ND_OK;
    return nd_fail(ctx, ND_ERANGE, "%s: there is no point %zu; it has %zu", a->file, point + 1,
                   a->points);
}

nd_status nd_atlas_save_cert(nd_ctx *ctx, const nd_atlas *a, size_t point, const char *file)
{
    const nd_atlas_point *p;
    nd_status status = check_point(ctx, a, point);

    if (status != ND_OK) return status;
    p = &a->point[point];
    if (p->verdict.cert.truth != ND_PROVED)
        return nd_fail(ctx, ND_EINPUT, "%s: nothing is proved about point %zu%s%s", a->file, p->id,
                       *p->verdict.cert.reason ? ": " : "", p->verdict.cert.reason);
    return nd_cert_save(ctx, &a->problem, p->theta, &p->verdict.cert, file);
}

nd_status nd_atlas_save_model(nd_ctx *ctx, const nd_atlas *a, size_t point, const char *file)
{
    const nd_atlas_point *p;
    char title[64];
    nd_status status = check_point(ctx, a, point);

    if (status != ND_OK) return status;
    p = &a->point[point];
    snprintf(title, sizeof title, "%s (%s)", nd_verdict_name(p->verdict.kind),
             p->verdict.proved == ND_PROVED ? "proved" : "numerical");
    const nd_model model = {.net = a->net,
                            .theta = p->theta,
                            .loss = a->problem.loss,
                            .l2 = a->problem.l2,
                            .weight_pos = a->weight_pos,
                            .scaler = a->scaler,
                            .positive = a->data->positive,
                            .negative = a->data->negative,
                            .label_name = a->data->label_name,
                            .feature = a->data->feature,
                            .data_source = a->data->source,
                            .data_sha256 = (char *)(uintptr_t)a->sha256,
                            .seed = a->settings.seed,
                            .verdict = title};
    return nd_model_save(ctx, &model, file);
}
