/* The numbers of the report, embedded as one JSON object: for people who go on computing,
 * and for the script of the page. */
#include "show/report.h"

#include "base/memory.h"

#include <stdio.h>
#include <string.h>

void nd_json_put(nd_report *r, json_t *j, const char *key, json_t *value)
{
    if (!j || !value || json_object_set_new(j, key, value) != 0) r->b->failed = true;
    if (!j) json_decref(value);
}

void nd_json_put_real(nd_report *r, json_t *j, const char *key, double x)
{
    nd_json_put(r, j, key, nd_json_real(x));
}

void nd_json_append(nd_report *r, json_t *array, json_t *value)
{
    if (!array || !value || json_array_append_new(array, value) != 0) r->b->failed = true;
    if (!array) json_decref(value);
}

json_t *nd_json_reals(nd_report *r, size_t n, const double *x)
{
    json_t *array = json_array();

    for (size_t i = 0; i < n; i++) nd_json_append(r, array, nd_json_real(x[i]));
    return array;
}

json_t *nd_json_at(nd_report *r, const char *path)
{
    json_t *j = r->json;
    char key[64];

    while (*path) {
        size_t n = strcspn(path, "/");
        snprintf(key, sizeof key, "%.*s", (int)n, path);
        json_t *next = json_object_get(j, key);
        if (!next) {
            next = json_object();
            nd_json_put(r, j, key, next);
        }
        j = next;
        path += n + (path[n] == '/');
    }
    return j;
}

/* ---- singles ---------------------------------------------------------------------------- */

/* Little-endian bytes of the singles nearest to x, in threes as four characters. */
json_t *nd_json_floats(nd_report *r, size_t n, const double *x)
{
    static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t bytes = 4 * n, used = 0;
    char *text = ND_NEW(r->ctx, char, (bytes + 2) / 3 * 4);
    uint32_t word = 0;

    if (!text) {
        r->b->failed = true;
        return json_null();
    }
    for (size_t k = 0; k < bytes; k++) {
        float f = (float)x[k / 4];
        uint32_t bits;
        memcpy(&bits, &f, sizeof bits);
        word = word << 8 | (bits >> 8 * (k % 4) & 255u);
        if (k % 3 != 2 && k + 1 < bytes) continue;
        size_t have = k % 3 + 1;
        word <<= 8 * (3 - have);
        for (size_t i = 0; i < 4; i++)
            text[used++] = i > have ? '=' : digit[word >> (18 - 6 * i) & 63u];
        word = 0;
    }
    json_t *j = json_stringn(text, used);
    nd_free(r->ctx, text);
    return j;
}

/* ---- points -------------------------------------------------------------------------------- */

static void put_cert(nd_report *r, json_t *j, const nd_cert *c)
{
    json_t *one = json_object();

    nd_json_put(r, one, "kind", json_string(c->kind));
    nd_json_put_real(r, one, "loss_lo", c->loss_lo);
    nd_json_put_real(r, one, "loss_hi", c->loss_hi);
    nd_json_put(r, one, "errors_lo", json_integer((json_int_t)c->errors_lo));
    nd_json_put(r, one, "errors_hi", json_integer((json_int_t)c->errors_hi));
    nd_json_put_real(r, one, "radius", c->radius);
    nd_json_put_real(r, one, "mu", c->mu);
    nd_json_put(r, j, "certificate", one);
}

json_t *nd_json_point(nd_report *r, const nd_atlas_point *p, bool theta)
{
    const nd_verdict *v = &p->verdict;
    json_t *j = json_object();
    char text[ND_POINT_TEXT];

    nd_point_sentence(p, text);
    nd_json_put(r, j, "id", json_integer((json_int_t)p->id));
    nd_json_put(r, j, "text", json_string(text));
    nd_json_put(r, j, "mark", json_string(nd_mark_name(nd_mark_of(v))));
    nd_json_put(r, j, "verdict", json_string(nd_verdict_name(v->kind)));
    nd_json_put(r, j, "proved", json_boolean(v->proved == ND_PROVED));
    nd_json_put(r, j, "bad", json_boolean(v->bad));
    nd_json_put_real(r, j, "loss", v->loss);
    nd_json_put(r, j, "errors", json_integer((json_int_t)v->errors));
    nd_json_put_real(r, j, "grad", v->grad);
    nd_json_put_real(r, j, "lambda_min", v->lambda_min);
    nd_json_put_real(r, j, "lambda_err", v->lambda_err);
    nd_json_put(r, j, "index", v->index < 0 ? json_null() : json_integer(v->index));
    nd_json_put(r, j, "found", json_integer((json_int_t)p->found));
    if (v->proved == ND_PROVED && v->cert.kind) put_cert(r, j, &v->cert);
    if (theta) nd_json_put(r, j, "theta", nd_json_reals(r, r->src->problem->net->P, p->theta));
    return j;
}

/* '<' would end the script element; it occurs in strings only. */
nd_status nd_json_embed(nd_report *r)
{
    char *text;
    size_t size;
    nd_status status = nd_json_text(r->ctx, r->json, true, &text, &size);

    if (status != ND_OK) return status;
    nd_html(r, "<script type=\"application/json\" id=\"data\">");
    for (const char *s = text; *s;) {
        size_t n = strcspn(s, "<");
        nd_buf_add(r->b, s, n);
        s += n;
        if (*s == '<') nd_html(r, "\\u003c"), s++;
    }
    nd_html(r, "</script>\n");
    nd_free(r->ctx, text);
    return ND_OK;
}
