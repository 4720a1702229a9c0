/* Reading a model: every member is checked before it is used, and nothing is
 * allocated on the word of the file alone: the length of theta must be that of the
 * net before P (and d < P) numbers are made room for. */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "model/file.h"
#include "model/net.h"

#define FILE_LIMIT 0x7fffffff /* bytes: 80 million parameters                     */

typedef struct {
    nd_ctx *ctx;
    const char *name;
    const json_t *root;
    nd_model *m;
} reader;

/* ---- members ---------------------------------------------------------------------- */

/* The failure of a parser of ours, with the file and the member in front. */
static nd_status refuse(const reader *r, const char *key)
{
    char why[512];

    snprintf(why, sizeof why, "%s", nd_errmsg(r->ctx));
    return nd_fail(r->ctx, ND_EINPUT, "%s: '%s': %s", r->name, key, why);
}

/* A string or null, copied. */
static nd_status read_text(const reader *r, const json_t *j, const char *key, char **out)
{
    const char *text;
    nd_status status;

    if (json_is_null(json_object_get(j, key))) return ND_OK;
    status = nd_json_text_at(r->ctx, r->name, j, key, &text);
    if (status != ND_OK) return status;
    *out = nd_strdup(r->ctx, text);
    return *out ? ND_OK : ND_EMEM;
}

static nd_status read_number(const reader *r, const json_t *j, const char *key, double *out)
{
    const json_t *value = json_object_get(j, key);

    if (!value) return nd_fail(r->ctx, ND_EINPUT, "%s: '%s' is missing", r->name, key);
    return nd_json_number(r->ctx, r->name, value, out);
}

static nd_status read_seed(const reader *r)
{
    const char *s;
    uint64_t seed = 0;
    nd_status status = nd_json_text_at(r->ctx, r->name, r->root, "seed", &s);

    if (status != ND_OK) return status;
    for (const char *p = s; *p; p++) {
        uint64_t digit = (uint64_t)(*p - '0');
        if (*p < '0' || *p > '9' || seed > (UINT64_MAX - digit) / 10)
            return nd_fail(r->ctx, ND_EINPUT,
                           "%s: 'seed': expected a whole number below 2^64, found '%.24s'", r->name,
                           s);
        seed = 10 * seed + digit;
    }
    r->m->seed = seed;
    return ND_OK;
}

/* ---- parts -------------------------------------------------------------------------- */

static nd_status check_keys(const reader *r)
{
    static const char *const known[] = {
        "format", "version", "nadir",         "net",    "features", "parameters",
        "loss",   "l2",      "weight_pos",    "seed",   "verdict",  "labels",
        "data",   "platt",   "feature_names", "scaler", "theta"};
    void *it = json_object_iter((json_t *)r->root);

    for (; it; it = json_object_iter_next((json_t *)r->root, it)) {
        bool found = false;
        for (size_t k = 0; k < sizeof known / sizeof *known; k++)
            found = found || strcmp(json_object_iter_key(it), known[k]) == 0;
        if (!found)
            return nd_fail(r->ctx, ND_EINPUT, "%s: '%.60s' is no member of a model file", r->name,
                           json_object_iter_key(it));
    }
    return ND_OK;
}

static nd_status check_format(const reader *r)
{
    const char *format;
    long version;
    nd_status status;

    ND_TRY(nd_json_text_at(r->ctx, r->name, r->root, "format", &format));
    if (strcmp(format, ND_MODEL_FORMAT) != 0)
        return nd_fail(r->ctx, ND_EINPUT, "%s: 'format': expected '%s', found '%.40s'", r->name,
                       ND_MODEL_FORMAT, format);
    ND_TRY(nd_json_long_at(r->ctx, r->name, r->root, "version", 1, 1000000, &version));
    if (version > ND_MODEL_VERSION)
        return nd_fail(r->ctx, ND_EINPUT,
                       "%s: written by a newer nadir: version %ld, this one reads up to %d",
                       r->name, version, ND_MODEL_VERSION);
    ND_TRY(check_keys(r));
done:
    return status;
}

static nd_status read_net(const reader *r)
{
    const char *spec;
    long d, P;
    nd_status status;

    ND_TRY(nd_json_text_at(r->ctx, r->name, r->root, "net", &spec));
    ND_TRY(nd_json_long_at(r->ctx, r->name, r->root, "features", 0, (long)ND_P_MAX, &d));
    ND_TRY(nd_json_long_at(r->ctx, r->name, r->root, "parameters", 1, (long)ND_P_MAX, &P));
    status = nd_net_parse(r->ctx, spec, (size_t)d, &r->m->net);
    if (status == ND_EMEM) return status;
    if (status != ND_OK) return refuse(r, "net");
    if (r->m->net->P != (size_t)P)
        return nd_fail(r->ctx, ND_EINPUT, "%s: 'parameters': the net has %zu, found %ld", r->name,
                       r->m->net->P, P);
done:
    return status;
}

static nd_status read_theta(const reader *r)
{
    json_t *theta;
    size_t P = r->m->net->P;
    nd_status status;

    ND_TRY(nd_json_get(r->ctx, r->name, r->root, "theta", JSON_ARRAY, &theta));
    if (json_array_size(theta) != P)
        return nd_fail(r->ctx, ND_EINPUT, "%s: 'theta': expected %zu numbers, found %zu", r->name,
                       P, json_array_size(theta));
    r->m->theta = ND_NEW(r->ctx, double, P);
    if (!r->m->theta) return ND_EMEM;
    ND_TRY(nd_json_numbers_at(r->ctx, r->name, r->root, "theta", P, r->m->theta));
done:
    return status;
}

static nd_status read_loss(const reader *r)
{
    const char *spec;
    nd_model *m = r->m;
    nd_status status;

    ND_TRY(nd_json_text_at(r->ctx, r->name, r->root, "loss", &spec));
    if (nd_loss_parse(r->ctx, spec, &m->loss) != ND_OK) return refuse(r, "loss");
    ND_TRY(read_number(r, r->root, "l2", &m->l2));
    ND_TRY(read_number(r, r->root, "weight_pos", &m->weight_pos));
    if (m->l2 < 0.0) return nd_fail(r->ctx, ND_EINPUT, "%s: 'l2' is negative", r->name);
    if (!(m->weight_pos > 0.0))
        return nd_fail(r->ctx, ND_EINPUT, "%s: 'weight_pos' must be positive", r->name);
done:
    return status;
}

static nd_status read_scaler(const reader *r)
{
    const json_t *j = json_object_get(r->root, "scaler");
    size_t d = r->m->net->d;
    double *x = NULL;
    const char *kind;
    nd_scale scale;
    nd_status status;

    if (json_is_null(j)) return ND_OK;
    ND_TRY(nd_json_text_at(r->ctx, r->name, j, "kind", &kind));
    if (nd_scale_find(r->ctx, kind, &scale) != ND_OK) return refuse(r, "scaler");
    x = ND_NEW(r->ctx, double, 2 * d);
    if (!x) return ND_EMEM;
    ND_TRY(nd_json_numbers_at(r->ctx, r->name, j, "shift", d, x));
    ND_TRY(nd_json_numbers_at(r->ctx, r->name, j, "factor", d, x + d));
    ND_TRY(nd_scaler_from_arrays(r->ctx, scale, d, x, x + d, &r->m->scaler));
done:
    nd_free(r->ctx, x);
    return status;
}

static nd_status read_features(const reader *r)
{
    json_t *names = json_object_get(r->root, "feature_names");
    size_t d = r->m->net->d;
    nd_status status;

    if (json_is_null(names)) return ND_OK;
    ND_TRY(nd_json_get(r->ctx, r->name, r->root, "feature_names", JSON_ARRAY, &names));
    if (json_array_size(names) != d)
        return nd_fail(r->ctx, ND_EINPUT, "%s: 'feature_names': expected %zu, found %zu", r->name,
                       d, json_array_size(names));
    r->m->feature = ND_NEW0(r->ctx, char *, d + 1);
    if (!r->m->feature) return ND_EMEM;
    for (size_t k = 0; k < d; k++) {
        const char *text = json_string_value(json_array_get(names, k));
        if (!text)
            return nd_fail(r->ctx, ND_EINPUT, "%s: 'feature_names'[%zu]: expected a string",
                           r->name, k);
        r->m->feature[k] = nd_strdup(r->ctx, text);
        if (!r->m->feature[k]) return ND_EMEM;
    }
done:
    return status;
}

static nd_status read_labels(const reader *r)
{
    json_t *labels, *data;
    nd_status status;

    ND_TRY(nd_json_get(r->ctx, r->name, r->root, "labels", JSON_OBJECT, &labels));
    ND_TRY(read_text(r, labels, "column", &r->m->label_name));
    ND_TRY(read_text(r, labels, "positive", &r->m->positive));
    ND_TRY(read_text(r, labels, "negative", &r->m->negative));
    ND_TRY(nd_json_get(r->ctx, r->name, r->root, "data", JSON_OBJECT, &data));
    ND_TRY(read_text(r, data, "source", &r->m->data_source));
    ND_TRY(read_text(r, data, "sha256", &r->m->data_sha256));
    ND_TRY(read_text(r, r->root, "verdict", &r->m->verdict));
done:
    return status;
}

static nd_status read_platt(const reader *r)
{
    const json_t *platt = json_object_get(r->root, "platt");
    nd_status status;

    if (json_is_null(platt)) return ND_OK;
    ND_TRY(read_number(r, platt, "a", &r->m->platt_a));
    ND_TRY(read_number(r, platt, "b", &r->m->platt_b));
done:
    return status;
}

/* ---- public --------------------------------------------------------------------------- */

static nd_status read_model(const reader *r)
{
    nd_status status;

    ND_TRY(check_format(r));
    ND_TRY(read_net(r));
    ND_TRY(read_theta(r));
    ND_TRY(read_loss(r));
    ND_TRY(read_seed(r));
    ND_TRY(read_scaler(r));
    ND_TRY(read_features(r));
    ND_TRY(read_labels(r));
    ND_TRY(read_platt(r));
done:
    return status;
}

nd_status nd_model_parse(nd_ctx *ctx, const char *name, const char *text, size_t size,
                         nd_model **out)
{
    json_t *root = NULL;
    nd_model *m = NULL;
    nd_status status;

    ND_TRY(nd_json_parse(ctx, name, text, size, &root));
    m = ND_NEW0(ctx, nd_model, 1);
    if (!m) {
        status = ND_EMEM;
        goto done;
    }
    ND_TRY(read_model(&(reader){ctx, name, root, m}));
    *out = m;
    m = NULL;
done:
    nd_model_destroy(ctx, m);
    json_decref(root);
    return status;
}

nd_status nd_model_load(nd_ctx *ctx, const char *file, nd_model **out)
{
    char *text;
    size_t size;
    nd_status status = nd_file_read(ctx, file, FILE_LIMIT, &text, &size);

    if (status != ND_OK) return status;
    status = nd_model_parse(ctx, file, text, size, out);
    nd_free(ctx, text);
    return status;
}

void nd_model_destroy(nd_ctx *ctx, nd_model *m)
{
    if (!m) return;
    for (size_t k = 0; m->feature && m->feature[k]; k++) nd_free(ctx, m->feature[k]);
    nd_free(ctx, m->feature);
    nd_net_destroy(ctx, m->net);
    nd_scaler_destroy(ctx, m->scaler);
    char *const owned[] = {m->positive,    m->negative,    m->label_name,
                           m->data_source, m->data_sha256, m->verdict};
    for (size_t k = 0; k < sizeof owned / sizeof *owned; k++) nd_free(ctx, owned[k]);
    nd_free(ctx, m->theta);
    nd_free(ctx, m);
}
