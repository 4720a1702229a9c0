/* Reading JSON with jansson: errors that say where, types that are checked. */
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"

#include <math.h>
#include <string.h>

nd_status nd_json_parse(nd_ctx *ctx, const char *name, const char *text, size_t size, json_t **out)
{
    json_error_t error;
    json_t *j = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);

    if (j) {
        *out = j;
        return ND_OK;
    }
    /* jansson has a text for every fault of the input: none means no memory */
    if (!error.text[0] || json_error_code(&error) == json_error_out_of_memory)
        return nd_fail(ctx, ND_EMEM, "%s: out of memory", name);
    return nd_fail(ctx, ND_EINPUT, "%s:%d:%d: %s", name, error.line, error.column, error.text);
}

static const char *type_name(json_type type)
{
    switch (type) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "an array";
    case JSON_STRING:
        return "a string";
    case JSON_INTEGER:
        return "an integer";
    case JSON_REAL:
        return "a number";
    case JSON_TRUE:
    case JSON_FALSE:
        return "true or false";
    case JSON_NULL:
        break;
    }
    return "null";
}

/* true and false are two types to jansson and one to us; an integer is a number. */
static bool fits(json_type wanted, json_type found)
{
    if (wanted == JSON_REAL && found == JSON_INTEGER) return true;
    if (wanted == JSON_TRUE || wanted == JSON_FALSE)
        return found == JSON_TRUE || found == JSON_FALSE;
    return wanted == found;
}

nd_status nd_json_get(nd_ctx *ctx, const char *name, const json_t *j, const char *key,
                      json_type type, json_t **out)
{
    json_t *member;

    if (!json_is_object(j))
        return nd_fail(ctx, ND_EINPUT, "%s: expected an object with '%s'", name, key);
    member = json_object_get(j, key);
    if (!member)
        return nd_fail(ctx, ND_EINPUT, "%s: '%s' is missing, expected %s", name, key,
                       type_name(type));
    if (!fits(type, json_typeof(member)))
        return nd_fail(ctx, ND_EINPUT, "%s: '%s': expected %s, found %s", name, key,
                       type_name(type), type_name(json_typeof(member)));
    *out = member;
    return ND_OK;
}

nd_status nd_json_text_at(nd_ctx *ctx, const char *name, const json_t *j, const char *key,
                          const char **out)
{
    json_t *member;
    nd_status status = nd_json_get(ctx, name, j, key, JSON_STRING, &member);

    if (status == ND_OK) *out = json_string_value(member);
    return status;
}

nd_status nd_json_long_at(nd_ctx *ctx, const char *name, const json_t *j, const char *key, long lo,
                          long hi, long *out)
{
    json_t *member;
    json_int_t x;
    nd_status status = nd_json_get(ctx, name, j, key, JSON_INTEGER, &member);

    if (status != ND_OK) return status;
    x = json_integer_value(member);
    if (x < lo || x > hi)
        return nd_fail(ctx, ND_EINPUT, "%s: '%s': %lld is outside %ld to %ld", name, key,
                       (long long)x, lo, hi);
    *out = (long)x;
    return ND_OK;
}

/* ---- numbers ---------------------------------------------------------------------- */

static bool read_hex(const json_t *j, double *out)
{
    const char *s = json_string_value(j), *end = s + json_string_length(j);
    const char *digits = s + (*s == '-' || *s == '+');

    return digits[0] == '0' && (digits[1] | 0x20) == 'x' &&
           nd_number_parse(s, end, true, out) == end;
}

static bool read_number(const json_t *j, double *out)
{
    double x;

    if (json_is_string(j)) {
        if (!read_hex(j, &x)) return false;
    } else if (json_is_number(j)) {
        x = json_number_value(j);
    } else {
        return false;
    }
    if (!isfinite(x)) return false;
    *out = x;
    return true;
}

nd_status nd_json_number(nd_ctx *ctx, const char *name, const json_t *j, double *out)
{
    if (read_number(j, out)) return ND_OK;
    return nd_fail(ctx, ND_EINPUT, "%s: expected a finite number or hex float, found %s%.40s%s",
                   name, json_is_string(j) ? "'" : "",
                   json_is_string(j) ? json_string_value(j) : type_name(json_typeof(j)),
                   json_is_string(j) ? "'" : "");
}

/* Checked first, stored then: *out is untouched on error. */
nd_status nd_json_numbers_at(nd_ctx *ctx, const char *name, const json_t *j, const char *key,
                             size_t n, double *out)
{
    json_t *array;
    nd_status status = nd_json_get(ctx, name, j, key, JSON_ARRAY, &array);
    double x;

    if (status != ND_OK) return status;
    if (json_array_size(array) != n)
        return nd_fail(ctx, ND_EINPUT, "%s: '%s': expected %zu numbers, found %zu", name, key, n,
                       json_array_size(array));
    for (size_t i = 0; i < n; i++)
        if (!read_number(json_array_get(array, i), &x))
            return nd_fail(ctx, ND_EINPUT, "%s: '%s'[%zu]: expected a finite number or hex float",
                           name, key, i);
    for (size_t i = 0; i < n; i++) read_number(json_array_get(array, i), &out[i]);
    return ND_OK;
}
