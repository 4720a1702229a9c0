/* Writing a model: one JSON object, docs/model-format.md. */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "model/file.h"
#include <nadir/model.h>

/* A string, or null for NULL. */
static nd_status set_text(nd_ctx *ctx, json_t *j, const char *key, const char *text)
{
    json_t *value = text ? json_string(text) : json_null();

    if (text && !value)
        return nd_fail(ctx, ND_EINPUT, "model: '%s' is not valid UTF-8 (or memory ran out)", key);
    return nd_json_set(ctx, j, key, value);
}

static json_t *scaler_json(nd_ctx *ctx, const nd_scaler *s)
{
    json_t *j;
    nd_status status;

    if (!s) return json_null();
    j = json_object();
    ND_TRY(j ? ND_OK : ND_EMEM);
    ND_TRY(set_text(ctx, j, "kind", nd_scale_name(s->kind)));
    ND_TRY(nd_json_set(ctx, j, "shift", nd_json_hex_array(s->shift, s->d)));
    ND_TRY(nd_json_set(ctx, j, "factor", nd_json_hex_array(s->factor, s->d)));
    return j;
done:
    json_decref(j);
    return NULL;
}

static nd_status set_features(nd_ctx *ctx, json_t *j, const nd_model *m)
{
    json_t *names;
    nd_status status = ND_OK;

    if (!m->feature) return nd_json_set(ctx, j, "feature_names", json_null());
    names = json_array();
    for (size_t k = 0; names && k < m->net->d; k++)
        if (json_array_append_new(names, json_string(m->feature[k] ? m->feature[k] : "")) != 0) {
            json_decref(names);
            return nd_fail(ctx, ND_EINPUT,
                           "model: the name of feature %zu is not valid UTF-8 "
                           "(or memory ran out)",
                           k + 1);
        }
    ND_TRY(nd_json_set(ctx, j, "feature_names", names));
done:
    return status;
}

static nd_status set_labels(nd_ctx *ctx, json_t *j, const nd_model *m)
{
    json_t *labels = json_object();
    nd_status status = nd_json_set(ctx, j, "labels", labels);

    if (status != ND_OK) return status;
    ND_TRY(set_text(ctx, labels, "column", m->label_name));
    ND_TRY(set_text(ctx, labels, "positive", m->positive));
    ND_TRY(set_text(ctx, labels, "negative", m->negative));
done:
    return status;
}

static nd_status set_data(nd_ctx *ctx, json_t *j, const nd_model *m)
{
    json_t *data = json_object();
    nd_status status = nd_json_set(ctx, j, "data", data);

    if (status != ND_OK) return status;
    ND_TRY(set_text(ctx, data, "source", m->data_source));
    ND_TRY(set_text(ctx, data, "sha256", m->data_sha256));
done:
    return status;
}

static nd_status set_platt(nd_ctx *ctx, json_t *j, const nd_model *m)
{
    json_t *platt;
    nd_status status;

    if (m->platt_a == 0.0 && m->platt_b == 0.0) return nd_json_set(ctx, j, "platt", json_null());
    platt = json_object();
    status = nd_json_set(ctx, j, "platt", platt);
    if (status != ND_OK) return status;
    ND_TRY(nd_json_set(ctx, platt, "a", nd_json_hex(m->platt_a)));
    ND_TRY(nd_json_set(ctx, platt, "b", nd_json_hex(m->platt_b)));
done:
    return status;
}

/* JSON integers end at 2^63, seeds at 2^64: a string of digits. */
static nd_status set_seed(nd_ctx *ctx, json_t *j, uint64_t seed)
{
    char digits[24];

    snprintf(digits, sizeof digits, "%llu", (unsigned long long)seed);
    return set_text(ctx, j, "seed", digits);
}

static nd_status set_net(nd_ctx *ctx, json_t *j, const nd_model *m)
{
    char loss[32];
    nd_status status;

    nd_loss_spec(m->loss, loss);
    ND_TRY(set_text(ctx, j, "format", ND_MODEL_FORMAT));
    ND_TRY(nd_json_set(ctx, j, "version", json_integer(ND_MODEL_VERSION)));
    ND_TRY(set_text(ctx, j, "nadir", ND_VERSION));
    ND_TRY(set_text(ctx, j, "net", m->net->spec));
    ND_TRY(nd_json_set(ctx, j, "features", json_integer((json_int_t)m->net->d)));
    ND_TRY(nd_json_set(ctx, j, "parameters", json_integer((json_int_t)m->net->P)));
    ND_TRY(set_text(ctx, j, "loss", loss));
    ND_TRY(nd_json_set(ctx, j, "l2", nd_json_hex(m->l2)));
    ND_TRY(nd_json_set(ctx, j, "weight_pos", nd_json_hex(m->weight_pos)));
    ND_TRY(set_seed(ctx, j, m->seed));
done:
    return status;
}

static nd_status model_json(nd_ctx *ctx, const nd_model *m, json_t *j)
{
    nd_status status;

    ND_TRY(set_net(ctx, j, m));
    ND_TRY(set_text(ctx, j, "verdict", m->verdict));
    ND_TRY(set_labels(ctx, j, m));
    ND_TRY(set_data(ctx, j, m));
    ND_TRY(set_platt(ctx, j, m));
    ND_TRY(set_features(ctx, j, m));
    ND_TRY(nd_json_set(ctx, j, "scaler", scaler_json(ctx, m->scaler)));
    ND_TRY(nd_json_set(ctx, j, "theta", nd_json_hex_array(m->theta, m->net->P)));
done:
    return status;
}

static nd_status check_finite(nd_ctx *ctx, const nd_model *m)
{
    for (size_t k = 0; k < m->net->P; k++)
        if (m->theta[k] - m->theta[k] != 0.0)
            return nd_fail(ctx, ND_ENUMERIC, "the model is not saved: parameter %zu is not finite",
                           k + 1);
    return ND_OK;
}

nd_status nd_model_save(nd_ctx *ctx, const nd_model *m, const char *file)
{
    json_t *j = NULL;
    nd_status status;

    ND_TRY(check_finite(ctx, m));
    j = json_object();
    if (!j) return nd_fail(ctx, ND_EMEM, "out of memory");
    ND_TRY(model_json(ctx, m, j));
    ND_TRY(nd_json_save(ctx, j, false, file));
done:
    json_decref(j);
    return status;
}
