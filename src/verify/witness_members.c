/* Members of a witness file: truths, counts, samples and exact numbers, each checked. */
#include "base/memory.h"
#include "verify/witness_check.h"
#include <limits.h>
#include <string.h>

enum { MAX_DIGITS = 10000 }; /* of an exact number that is given */

const char *nv_word(nd_truth t)
{
    return t == ND_PROVED ? "holds" : t == ND_REFUTED ? "fails" : "unknown";
}

nd_status nv_bad(const nv_check *k, const char *what)
{
    return nd_fail(k->ctx, ND_EINPUT, "%.100s: %s", k->file, what);
}

nd_status nv_truth_at(const nv_check *k, json_t *j, const char *key, nd_truth *out)
{
    const char *text;
    nd_status status = nd_json_text_at(k->ctx, k->file, j, key, &text);

    *out = ND_UNKNOWN;
    if (status != ND_OK) return status;
    for (int t = ND_UNKNOWN; t <= ND_REFUTED; t++)
        if (!strcmp(text, nv_word((nd_truth)t))) {
            *out = (nd_truth)t;
            return ND_OK;
        }
    return nv_bad(k, "expected \"holds\", \"fails\" or \"unknown\"");
}

nd_status nv_count_at(const nv_check *k, json_t *j, const char *key, long *out)
{
    return nd_json_long_at(k->ctx, k->file, j, key, 0, LONG_MAX, out);
}

nd_status nv_number_at(const nv_check *k, json_t *j, const char *key, double *out)
{
    json_t *value = json_object_get(j, key);

    return value ? nd_json_number(k->ctx, k->file, value, out) : nv_bad(k, "a number is missing");
}

nd_status nv_bool_at(const nv_check *k, json_t *j, const char *key, bool *out)
{
    json_t *value = json_object_get(j, key);

    *out = json_is_true(value);
    return json_is_boolean(value) ? ND_OK : nv_bad(k, "expected true or false");
}

/* *out := a new array of *m samples, ascending. */
nd_status nv_samples_at(const nv_check *k, json_t *j, const char *key, slong **out, slong *m)
{
    json_t *array;
    nd_status status = nd_json_get(k->ctx, k->file, j, key, JSON_ARRAY, &array);
    json_int_t next = 0;

    if (status != ND_OK) return status;
    *m = (slong)json_array_size(array);
    if (!(*out = ND_NEW(k->ctx, slong, (size_t)*m))) return ND_EMEM;
    for (slong i = 0; i < *m; i++) {
        json_t *x = json_array_get(array, (size_t)i);
        json_int_t s = json_integer_value(x);

        if (!json_is_integer(x) || s < next || s >= k->problem.n)
            return nv_bad(k, "expected ascending numbers of samples, from 0");
        (*out)[i] = s;
        next = s + 1;
    }
    return ND_OK;
}

/* "p" or "p/q" with q > 0. */
static bool rational(const json_t *j, fmpq_t out)
{
    const char *text = json_string_value(j);
    size_t n = text ? strlen(text) : 0;

    if (n == 0 || n > MAX_DIGITS || strspn(text, "-/0123456789") != n) return false;
    return fmpq_set_str(out, text, 10) == 0 && fmpz_sgn(fmpq_denref(out)) > 0;
}

/* *out := a new vector of count numbers j[key]; NULL when that is null or missing. */
nd_status nv_rationals_at(const nv_check *k, json_t *j, const char *key, slong count, fmpq **out)
{
    json_t *array = json_object_get(j, key);
    bool good = true;

    *out = NULL;
    if (!array || json_is_null(array)) return ND_OK;
    if (!json_is_array(array) || (slong)json_array_size(array) != count)
        return nv_bad(k, "a list of exact numbers has the wrong length");
    *out = _fmpq_vec_init(count);
    for (slong i = 0; i < count && good; i++)
        good = rational(json_array_get(array, (size_t)i), *out + i);
    return good ? ND_OK : nv_bad(k, "expected exact numbers \"p\" or \"p/q\"");
}

/* The same as integers: *out is NULL or a new vector. */
nd_status nv_integers_at(const nv_check *k, json_t *j, const char *key, slong count, fmpz **out)
{
    fmpq *q = NULL;
    nd_status status = nv_rationals_at(k, j, key, count, &q);

    *out = NULL;
    for (slong i = 0; q && status == ND_OK && i < count; i++)
        if (!fmpz_is_one(fmpq_denref(q + i))) status = nv_bad(k, "expected integers");
    if (q && status == ND_OK) {
        *out = _fmpz_vec_init(count);
        for (slong i = 0; i < count; i++) fmpz_set(*out + i, fmpq_numref(q + i));
    }
    if (q) _fmpq_vec_clear(q, count);
    return status;
}
