/* The claims of a certificate: members that every kind has, then those that the table of
 * kinds (prove.c) lists for its kind.  docs/certificate-format.md, sections 5 and 6. */
#include "base/json.h"
#include "base/memory.h"
#include "verify/read.h"
#include "verify/witness.h"
#include <stdio.h>
#include <string.h>

static nd_status read_common(const nv_object *o, nv_cert *c)
{
    double loss[2];
    long lo, hi;
    json_t *e = json_object_get(o->j, "errors");
    nd_status status;

    ND_TRY(nd_json_numbers_at(o->ctx, o->where, o->j, "loss", 2, loss));
    if (!(loss[0] <= loss[1])) return nv_object_bad(o, "'loss': expected lo <= hi");
    c->loss_lo = loss[0];
    c->loss_hi = loss[1];
    if (json_is_array(e) && json_array_size(e) == 2 && json_is_integer(json_array_get(e, 0)) &&
        json_is_integer(json_array_get(e, 1))) {
        lo = json_integer_value(json_array_get(e, 0));
        hi = json_integer_value(json_array_get(e, 1));
    } else {
        ND_TRY(nd_json_long_at(o->ctx, o->where, o->j, "errors", 0, c->n, &lo));
        hi = lo;
    }
    if (lo < 0 || lo > hi || hi > c->n)
        return nv_object_bad(o, "'errors': expected 0 <= lo <= hi <= n");
    c->errors_lo = lo;
    c->errors_hi = hi;
    c->has_margin = json_object_get(o->j, "margin_min") != NULL;
    if (c->has_margin) status = nv_object_number(o, "margin_min", &c->margin_min);
done:
    return status;
}

/* Is name in the list " name name ... "? */
static bool names(const char *list, const char *name)
{
    char word[32];

    snprintf(word, sizeof word, " %s ", name);
    return strstr(list, word) != NULL;
}

/* ---- members, one reader each ----------------------------------------------------- */

static nd_status read_radius(const nv_object *o, nv_cert *c)
{
    return nv_object_positive(o, "radius", &c->radius);
}

static nd_status read_mu(const nv_object *o, nv_cert *c)
{
    c->has_mu = true;
    return nv_object_positive(o, "mu", &c->mu);
}

static nd_status read_index(const nv_object *o, nv_cert *c)
{
    long index = 0;
    nd_status status = nd_json_long_at(o->ctx, o->where, o->j, "index", 0, c->net.P, &index);

    c->index = index;
    return status;
}

/* Its text has chosen the row of the kind. */
static nd_status read_form(const nv_object *o, nv_cert *c)
{
    (void)o;
    c->form = !strcmp(c->row->form, "lower")       ? NV_LOWER
              : !strcmp(c->row->form, "curvature") ? NV_CURVATURE
                                                   : NV_GRADIENT;
    return ND_OK;
}

static nd_status read_point(const nv_object *o, nv_cert *c)
{
    return nv_object_numbers(o, "point", (size_t)c->net.P, &c->point);
}

/* An array of counts <= most. */
static nd_status counts(const nv_object *o, const char *key, slong most, nv_list *out)
{
    json_t *list, *x;
    size_t i, n;
    nd_status status = nd_json_get(o->ctx, o->where, o->j, key, JSON_ARRAY, &list);

    if (status != ND_OK) return status;
    n = json_array_size(list);
    if (!(out->at = ND_NEW(o->ctx, slong, n + 1))) return ND_EMEM;
    json_array_foreach(list, i, x)
    {
        json_int_t k = json_integer_value(x);

        if (!json_is_integer(x) || k < 0 || k > most)
            return nd_fail(o->ctx, ND_EINPUT, "%s: %s[%zu]: expected a count of at most %ld",
                           o->where, key, i, (long)most);
        out->at[i] = (slong)k;
    }
    out->n = (slong)n;
    return ND_OK;
}

/* Parameters: distinct, ascending. */
static nd_status parameters(const nv_object *o, const char *key, const nv_cert *c, nv_list *out)
{
    nd_status status = counts(o, key, c->net.P - 1, out);

    for (slong i = 1; status == ND_OK && i < out->n; i++)
        if (out->at[i - 1] >= out->at[i])
            return nd_fail(o->ctx, ND_EINPUT, "%s: '%s' must ascend", o->where, key);
    return status;
}

static nd_status read_idle(const nv_object *o, nv_cert *c)
{
    return parameters(o, "idle", c, &c->idle);
}

/* After idle. */
static nd_status read_gauge(const nv_object *o, nv_cert *c)
{
    slong i = 0;
    nd_status status = parameters(o, "gauge", c, &c->gauge);

    for (slong k = 0; status == ND_OK && k < c->gauge.n; k++) {
        while (i < c->idle.n && c->idle.at[i] < c->gauge.at[k]) i++;
        if (i < c->idle.n && c->idle.at[i] == c->gauge.at[k])
            return nv_object_bad(o, "'gauge' and 'idle' must be disjoint");
    }
    return status;
}

static nd_status read_free(const nv_object *o, nv_cert *c)
{
    return parameters(o, "free", c, &c->free);
}

/* Numbered from 0 in order of first appearance; one for each neuron, where the net is one
 * that the kind speaks of. */
static nd_status read_groups(const nv_object *o, nv_cert *c)
{
    const nv_term *T;
    slong next = 0;
    nd_status status = counts(o, "groups", c->net.P - 1, &c->groups);

    for (slong j = 0; status == ND_OK && j < c->groups.n; j++) {
        if (c->groups.at[j] > next) return nv_object_bad(o, "'groups': a number is left out");
        next += c->groups.at[j] == next;
    }
    if (status == ND_OK && nv_one_layer(&c->net, 1, &T) && c->groups.n != T->out)
        return nv_object_bad(o, "'groups': expected one count for each neuron");
    return status;
}

/* [neuron, sample]: pairs, ascending by samples, then by neurons. */
static nd_status read_kinks(const nv_object *o, nv_cert *c)
{
    json_t *list, *pair;
    size_t i;
    slong units = nv_first_units(&c->net), last = -1;
    nd_status status = nd_json_get(o->ctx, o->where, o->j, "kinks", JSON_ARRAY, &list);

    if (status != ND_OK) return status;
    if (!(c->kinks.at = ND_NEW(o->ctx, slong, 2 * json_array_size(list) + 1))) return ND_EMEM;
    json_array_foreach(list, i, pair)
    {
        json_t *j = json_array_get(pair, 0), *k = json_array_get(pair, 1);
        json_int_t neuron = json_integer_value(j), sample = json_integer_value(k);

        if (json_array_size(pair) != 2 || !json_is_integer(j) || !json_is_integer(k) ||
            neuron < 0 || neuron >= units || sample < 0 || sample >= c->n)
            return nv_object_bad(o, "'kinks': expected pairs of a neuron and a sample");
        if ((slong)sample * units + (slong)neuron <= last)
            return nv_object_bad(o, "'kinks' must ascend by samples, then by neurons");
        last = (slong)sample * units + (slong)neuron;
        c->kinks.at[c->kinks.n++] = (slong)neuron;
        c->kinks.at[c->kinks.n++] = (slong)sample;
    }
    return ND_OK;
}

static nd_status read_because(const nv_object *o, nv_cert *c)
{
    return nd_json_text_at(o->ctx, o->where, o->j, "because", &c->because);
}

/* One of those whose conditions can be checked with what a certificate holds. */
static nd_status read_theorem(const nv_object *o, nv_cert *c)
{
    static const char can[] = " 1 1-local corollary linear 2 3i 3ii ";
    const char *name;
    nd_status status = nd_json_text_at(o->ctx, o->where, o->j, "theorem", &name);

    if (status != ND_OK) return status;
    c->theorem =
        strlen(name) < 16 && !strchr(name, ' ') && names(can, name) ? nv_theorem_find(name) : NULL;
    c->term = c->idle_neuron = -1;
    return c->theorem ? ND_OK : nv_object_bad(o, "'theorem': unknown");
}

static nd_status count(const nv_object *o, const char *key, slong most, slong *out)
{
    long k = 0;
    nd_status status = nd_json_long_at(o->ctx, o->where, o->j, key, 0, most, &k);

    *out = k;
    return status;
}

static nd_status read_active(const nv_object *o, nv_cert *c)
{
    return count(o, "active", c->n - 1, &c->active);
}

static nd_status read_term(const nv_object *o, nv_cert *c)
{
    return count(o, "term", c->net.terms - 1, &c->term);
}

static nd_status read_idle_neuron(const nv_object *o, nv_cert *c)
{
    return count(o, "idle_neuron", c->net.P - 1, &c->idle_neuron);
}

static nd_status read_witnesses(const nv_object *o, nv_cert *c)
{
    return nd_json_get(o->ctx, o->where, o->j, "witnesses", JSON_OBJECT, &c->witnesses);
}

static const struct {
    const char *name;
    nd_status (*read)(const nv_object *o, nv_cert *c);
} members[] = {
    {"radius", read_radius},
    {"mu", read_mu},
    {"index", read_index},
    {"form", read_form},
    {"point", read_point},
    {"idle", read_idle},
    {"gauge", read_gauge},
    {"free", read_free},
    {"groups", read_groups},
    {"kinks", read_kinks},
    {"because", read_because},
    {"theorem", read_theorem}, /* before term and idle_neuron */
    {"active", read_active},
    {"term", read_term},
    {"idle_neuron", read_idle_neuron},
    {"witnesses", read_witnesses},
    {"tree", nv_complete_read}, /* and all that belongs to it */
};

/* ---- kinds ------------------------------------------------------------------------ */

/* The row of the kind; NULL and ND_OK: unknown. */
static nd_status find_row(const nv_object *o, nv_cert *c)
{
    const char *form = NULL;
    bool known = false;
    nd_status status;

    c->kind = NV_OTHER;
    for (const nv_kind_row *r = nv_kinds; r->name; r++) {
        if (strcmp(r->name, c->kind_name) != 0) continue;
        known = true;
        if (r->form && !form) {
            status = nd_json_text_at(o->ctx, o->where, o->j, "form", &form);
            if (status != ND_OK) return status;
        }
        if (r->form && strcmp(r->form, form) != 0) continue;
        c->row = r;
        c->kind = r->kind;
    }
    return known && !c->row ? nv_object_bad(o, "'form': unknown") : ND_OK;
}

nd_status nv_claims_read(const nv_object *o, nv_cert *c)
{
    char all[256];
    nd_status status = find_row(o, c);

    if (status != ND_OK || !c->row) return status; /* members of kinds to come */
    ND_TRY(read_common(o, c));
    snprintf(all, sizeof all, " loss errors margin_min%s%s", c->row->required, c->row->optional);
    ND_TRY(nv_object_only(o, all));
    for (size_t k = 0; k < sizeof members / sizeof *members; k++)
        if (names(c->row->required, members[k].name) ||
            (names(c->row->optional, members[k].name) && json_object_get(o->j, members[k].name)))
            ND_TRY(members[k].read(o, c));
done:
    return status;
}
