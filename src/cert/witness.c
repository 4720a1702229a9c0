/* What a theory report knows about the data, as JSON: docs/witness-format.md, section 2.
 *
 * Floats are hex strings, exact numbers decimal strings ("p" or "p/q"); samples are counted
 * from 0.  Members that the format does not list (c, reason, seconds) inform people. */
#include "cert/witness.h"

#include <math.h>

#include "base/memory.h"

static const char *word(nd_truth truth)
{
    return truth == ND_PROVED ? "holds" : truth == ND_REFUTED ? "fails" : "unknown";
}

static json_t *count(size_t k)
{
    return json_integer((json_int_t)k);
}

static json_t *text(const char *s)
{
    return s ? json_string(s) : json_null();
}

static json_t *hex(double x)
{
    return isfinite(x) ? nd_json_hex(x) : json_null();
}

static json_t *hexes(const double *x, size_t n)
{
    return x ? nd_json_hex_array(x, n) : json_null();
}

/* NULL: no memory. */
static json_t *array_of(size_t n, const size_t *index, char *const *digits)
{
    json_t *array = json_array();

    for (size_t k = 0; array && k < n; k++) {
        json_t *x = index ? count(index[k]) : json_string(digits[k]);

        if (x && json_array_append_new(array, x) == 0) continue;
        json_decref(array);
        array = NULL;
    }
    return array;
}

static json_t *indices(const size_t *index, size_t n)
{
    return array_of(index ? n : 0, index, NULL);
}

static json_t *texts(char *const *digits, size_t n)
{
    return digits ? array_of(n, NULL, digits) : json_null();
}

/* A new object under key. */
static nd_status section(nd_ctx *ctx, json_t *j, const char *key, json_t **out)
{
    *out = json_object();
    return nd_json_set(ctx, j, key, *out);
}

static nd_status put_separation(nd_ctx *ctx, json_t *w, const nd_separation *s, bool times)
{
    json_t *j;
    nd_status status;

    if (!s) return ND_OK;
    ND_TRY(section(ctx, w, "separable", &j));
    ND_TRY(nd_json_set(ctx, j, "truth", json_string(word(s->truth))));
    ND_TRY(nd_json_set(ctx, j, "bias", json_boolean(s->bias)));
    if (s->truth == ND_PROVED) {
        ND_TRY(nd_json_set(ctx, j, "u", hexes(s->u, s->d)));
        ND_TRY(nd_json_set(ctx, j, "v", hex(s->v)));
        ND_TRY(nd_json_set(ctx, j, "margin", hex(s->margin)));
    } else if (s->truth == ND_REFUTED) {
        ND_TRY(nd_json_set(ctx, j, "index", indices(s->index, s->m)));
        ND_TRY(nd_json_set(ctx, j, "c", hexes(s->c, s->m)));
        ND_TRY(nd_json_set(ctx, j, "exact", texts(s->exact, s->m)));
    } else {
        ND_TRY(nd_json_set(ctx, j, "reason", text(s->reason)));
    }
    if (times) ND_TRY(nd_json_set(ctx, j, "seconds", nd_json_real(s->seconds)));
done:
    return status;
}

static nd_status put_span(nd_ctx *ctx, json_t *w, const char *key, const nd_span *s, size_t D)
{
    json_t *j;
    nd_status status;

    ND_TRY(section(ctx, w, key, &j));
    ND_TRY(nd_json_set(ctx, j, "samples", count(s->samples)));
    ND_TRY(nd_json_set(ctx, j, "distinct", count(s->distinct)));
    ND_TRY(nd_json_set(ctx, j, "rank", count(s->rank)));
    ND_TRY(nd_json_set(ctx, j, "ranked", json_boolean(s->ranked)));
    ND_TRY(nd_json_set(ctx, j, "basis", indices(s->basis, s->rank)));
    ND_TRY(nd_json_set(ctx, j, "outside", json_string(word(s->outside))));
    ND_TRY(nd_json_set(ctx, j, "reason", text(s->reason)));
    if (s->outside == ND_PROVED) ND_TRY(nd_json_set(ctx, j, "normal", texts(s->normal, D)));
    if (s->outside == ND_REFUTED) {
        ND_TRY(nd_json_set(ctx, j, "inside", count(s->inside)));
        ND_TRY(nd_json_set(ctx, j, "coef", texts(s->coef, s->rank)));
    }
    ND_TRY(nd_json_set(ctx, j, "projected", count(s->projected)));
    ND_TRY(nd_json_set(ctx, j, "projected_known", json_boolean(s->projected_known)));
    ND_TRY(nd_json_set(ctx, j, "independent", json_string(word(s->independent))));
done:
    return status;
}

static nd_status put_subspaces(nd_ctx *ctx, json_t *w, const nd_subspaces *u, bool times)
{
    json_t *j;
    nd_status status;

    if (!u) return ND_OK;
    ND_TRY(section(ctx, w, "subspaces", &j));
    ND_TRY(nd_json_set(ctx, j, "bias", json_boolean(u->bias)));
    ND_TRY(nd_json_set(ctx, j, "dimension", count(u->D)));
    ND_TRY(nd_json_set(ctx, j, "rank", count(u->rank)));
    ND_TRY(nd_json_set(ctx, j, "ranked", json_boolean(u->ranked)));
    ND_TRY(put_span(ctx, j, "plus", &u->plus, u->D));
    ND_TRY(put_span(ctx, j, "minus", &u->minus, u->D));
    if (times) ND_TRY(nd_json_set(ctx, j, "seconds", nd_json_real(u->seconds)));
done:
    return status;
}

static nd_status put_duplicates(nd_ctx *ctx, json_t *w, const nd_duplicates *d)
{
    json_t *j;
    nd_status status;

    ND_TRY(section(ctx, w, "duplicates", &j));
    ND_TRY(nd_json_set(ctx, j, "distinct", count(d->distinct)));
    ND_TRY(nd_json_set(ctx, j, "contradictory", count(d->contradictory)));
    ND_TRY(nd_json_set(ctx, j, "min_errors", count(d->min_errors)));
done:
    return status;
}

nd_status nd_witness_json(nd_ctx *ctx, const nd_theory *t, bool times, json_t **out)
{
    json_t *w = json_object();
    nd_status status;

    if (!w) return nd_fail(ctx, ND_EMEM, "out of memory");
    ND_TRY(put_duplicates(ctx, w, &t->duplicates));
    ND_TRY(put_separation(ctx, w, t->separation, times));
    ND_TRY(put_subspaces(ctx, w, t->subspaces, times));
    *out = w;
    return ND_OK;
done:
    json_decref(w);
    return status;
}
