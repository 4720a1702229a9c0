/* The claims of the kind complete, which belong together. */
#include "base/json.h"
#include "base/memory.h"
#include "verify/complete.h"
#include "verify/read.h"

static nd_status read_indices(const nv_object *o, nv_cert *c, slong **out, slong *count)
{
    json_t *list, *x;
    size_t i;
    nd_status status = nd_json_get(o->ctx, o->where, o->j, "indices", JSON_ARRAY, &list);

    if (status != ND_OK) return status;
    *count = (slong)json_array_size(list);
    if (!(*out = ND_NEW(o->ctx, slong, (size_t)*count + 1))) return ND_EMEM;
    json_array_foreach(list, i, x)
    {
        if (!json_is_integer(x) || json_integer_value(x) < 0 || json_integer_value(x) > c->net.P)
            return nv_object_bad(o, "'indices': expected counts of at most P");
        (*out)[i] = (slong)json_integer_value(x);
    }
    return *count > 0 ? ND_OK : nv_object_bad(o, "'indices': expected a point");
}

static nd_status check_numbers(const nv_object *o, const nv_cert *c, const struct nv_complete *k)
{
    for (slong i = 0; i < c->net.P; i++)
        if (!(k->lo[i] < k->hi[i])) return nv_object_bad(o, "expected lo < hi");
    for (slong i = 0; i < k->points * c->net.P; i++)
        if (!(k->half[i] > 0)) return nv_object_bad(o, "'half' must be > 0");
    for (slong i = 0; i < k->points; i++)
        if (!(k->loss[2 * i] <= k->loss[2 * i + 1]))
            return nv_object_bad(o, "'losses': expected lo <= hi");
    for (slong i = 0; i < c->net.P; i++)
        if (k->point[i] != c->theta[i]) return nv_object_bad(o, "'theta' must be the first point");
    return ND_OK;
}

nd_status nv_complete_read(const nv_object *o, nv_cert *c)
{
    struct nv_complete *k = ND_NEW0(o->ctx, struct nv_complete, 1);
    size_t P = (size_t)c->net.P;
    json_t *b;
    nd_status status;

    if (!k) return ND_EMEM;
    c->complete = k;
    ND_TRY(nd_json_text_at(o->ctx, o->where, o->j, "tree", &k->tree));
    b = json_object_get(o->j, "everywhere");
    if (!json_is_boolean(b)) return nv_object_bad(o, "'everywhere': expected true or false");
    k->everywhere = json_is_true(b);
    ND_TRY(read_indices(o, c, &k->index, &k->points));
    ND_TRY(nv_object_numbers(o, "lo", P, &k->lo));
    ND_TRY(nv_object_numbers(o, "hi", P, &k->hi));
    ND_TRY(nv_object_numbers(o, "points", (size_t)k->points * P, &k->point));
    ND_TRY(nv_object_numbers(o, "half", (size_t)k->points * P, &k->half));
    ND_TRY(nv_object_numbers(o, "losses", 2 * (size_t)k->points, &k->loss));
    status = check_numbers(o, c, k);
done:
    return status;
}

void nv_complete_clear(nd_ctx *ctx, struct nv_complete *k)
{
    if (!k) return;
    nd_free(ctx, k->lo);
    nd_free(ctx, k->hi);
    nd_free(ctx, k->point);
    nd_free(ctx, k->half);
    nd_free(ctx, k->loss);
    nd_free(ctx, k->index);
    nd_free(ctx, k);
}
