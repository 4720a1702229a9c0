/* The certificate of a complete search: docs/certificate-format.md, kind complete. */
#include "base/memory.h"
#include "cert/file.h"

#include <nadir/map.h>

#include <string.h>

/* member of a point: count numbers each, in one array */
static json_t *numbers(const nd_complete_result *r, const double *(*of)(const nd_critical *c),
                       size_t count)
{
    json_t *all = json_array();

    for (size_t i = 0; all && i < r->points; i++) {
        json_t *one = nd_json_hex_array(of(&r->point[i]), count);

        if (!one || json_array_extend(all, one) != 0) {
            json_decref(all);
            all = NULL;
        }
        json_decref(one);
    }
    return all;
}

static const double *theta_of(const nd_critical *c)
{
    return c->theta;
}

static const double *half_of(const nd_critical *c)
{
    return c->half;
}

static const double *loss_of(const nd_critical *c)
{
    return &c->loss_lo; /* and loss_hi, which follows */
}

static json_t *indices(const nd_complete_result *r)
{
    json_t *all = json_array();

    for (size_t i = 0; all && i < r->points; i++)
        if (json_array_append_new(all, json_integer((json_int_t)r->point[i].index)) != 0) {
            json_decref(all);
            all = NULL;
        }
    return all;
}

static nd_status put_claims(nd_ctx *ctx, json_t *root, const nd_complete_result *r)
{
    const nd_critical *c = &r->point[0];
    json_t *claims = json_object();
    nd_status status;

    if (!claims) return nd_fail(ctx, ND_EMEM, "out of memory while writing a certificate");
    ND_TRY(nd_json_set(ctx, claims, "loss", nd_json_hex_array(&c->loss_lo, 2)));
    ND_TRY(nd_json_set(ctx, claims, "errors",
                       json_pack("[I,I]", (json_int_t)c->errors_lo, (json_int_t)c->errors_hi)));
    ND_TRY(nd_json_set(ctx, claims, "everywhere", json_boolean(r->everywhere)));
    ND_TRY(nd_json_set(ctx, claims, "lo", nd_json_hex_array(r->lo, r->P)));
    ND_TRY(nd_json_set(ctx, claims, "hi", nd_json_hex_array(r->hi, r->P)));
    ND_TRY(nd_json_set(ctx, claims, "points", numbers(r, theta_of, r->P)));
    ND_TRY(nd_json_set(ctx, claims, "half", numbers(r, half_of, r->P)));
    ND_TRY(nd_json_set(ctx, claims, "losses", numbers(r, loss_of, 2)));
    ND_TRY(nd_json_set(ctx, claims, "indices", indices(r)));
    ND_TRY(nd_json_set(ctx, claims, "tree", json_string(r->tree)));
    return nd_json_set(ctx, root, "claims", claims);
done:
    json_decref(claims);
    return status;
}

nd_status nd_complete_save(nd_ctx *ctx, const nd_problem *pb, const nd_complete_result *r,
                           const char *file)
{
    json_t *root = NULL;
    nd_status status;

    if (r->truth != ND_PROVED)
        return nd_fail(ctx, ND_EINPUT, "%s: there is nothing to certify: %s", file, r->reason);
    if (r->points == 0)
        return nd_fail(ctx, ND_EINPUT, "%s: there is no critical point that a file could name",
                       file);
    root = json_object();
    if (!root) return nd_fail(ctx, ND_EMEM, "out of memory while writing a certificate");
    ND_TRY(nd_cert_put_head(ctx, root, pb, "complete", r->point[0].theta, file));
    ND_TRY(put_claims(ctx, root, r));
    ND_TRY(nd_json_save(ctx, root, false, file));
done:
    json_decref(root);
    return status;
}
