/* Reading a certificate, strictly: every member is known and of its type, every
 * number finite, every size backed by what the file really holds, and the table the
 * one that the SHA-256 names.  docs/certificate-format.md, sections 1 and 2. */
#include "verify/read.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include <limits.h>
#include <math.h>
#include <string.h>

#define MAX_TABLE ((size_t)1 << 28) /* entries of X that this program takes in */

nd_status nv_object_bad(const nv_object *o, const char *what)
{
    return nd_fail(o->ctx, ND_EINPUT, "%s: %s", o->where, what);
}

nd_status nv_object_only(const nv_object *o, const char *names)
{
    const char *key;
    json_t *value;

    json_object_foreach(o->j, key, value)
    {
        const char *at = strlen(key) < 32 && !strchr(key, ' ') ? strstr(names, key) : NULL;
        size_t n = strlen(key);

        while (at && n && (at[-1] != ' ' || at[n] != ' ')) at = strstr(at + 1, key);
        if (!at || !n)
            return nd_fail(o->ctx, ND_EINPUT, "%s: unknown member '%.40s'", o->where, key);
    }
    return ND_OK;
}

static nd_status member(const nv_object *o, const char *key, nv_object *out)
{
    json_t *j;
    nd_status status = nd_json_get(o->ctx, o->where, o->j, key, JSON_OBJECT, &j);

    if (status != ND_OK) return status;
    out->ctx = o->ctx;
    out->j = j;
    memcpy(out->where, o->where, sizeof out->where);
    strncat(out->where, ": ", sizeof out->where - strlen(out->where) - 1);
    strncat(out->where, key, sizeof out->where - strlen(out->where) - 1);
    return ND_OK;
}

nd_status nv_object_number(const nv_object *o, const char *key, double *out)
{
    json_t *j = json_object_get(o->j, key);

    if (!j) return nd_fail(o->ctx, ND_EINPUT, "%s: '%s' is missing", o->where, key);
    return nd_json_number(o->ctx, o->where, j, out);
}

nd_status nv_object_positive(const nv_object *o, const char *key, double *out)
{
    nd_status status = nv_object_number(o, key, out);

    if (status == ND_OK && !(*out > 0))
        return nd_fail(o->ctx, ND_EINPUT, "%s: '%s' must be > 0", o->where, key);
    return status;
}

static size_t length(const nv_object *o, const char *key)
{
    return json_array_size(json_object_get(o->j, key));
}

nd_status nv_object_numbers(const nv_object *o, const char *key, size_t count, double **out)
{
    if (length(o, key) == count && !(*out = ND_NEW(o->ctx, double, count))) return ND_EMEM;
    return nd_json_numbers_at(o->ctx, o->where, o->j, key, count, *out);
}

/* ---- data ---------------------------------------------------------------------- */

static uint64_t little64(const unsigned char *p)
{
    uint64_t x = 0;

    for (int k = 7; k >= 0; k--) x = x << 8 | p[k];
    return x;
}

static double little_double(const unsigned char *p)
{
    uint64_t bits = little64(p);
    double x;

    memcpy(&x, &bits, sizeof x);
    return x;
}

static void hash64(nd_sha256 *s, uint64_t x)
{
    unsigned char b[8];

    for (int k = 0; k < 8; k++) b[k] = (unsigned char)(x >> (8 * k));
    nd_sha256_add(s, b, 8);
}

static void hash_double(nd_sha256 *s, double x)
{
    uint64_t bits;

    x += 0.0; /* -0 becomes +0 */
    memcpy(&bits, &x, sizeof bits);
    hash64(s, bits);
}

/* The SHA-256 of the canonical table is the one that is stated, if it is. */
static nd_status check_hash(const nv_object *o, const nv_cert *c)
{
    const char *stated;
    char hex[65];
    nd_sha256 s;
    size_t d = (size_t)c->net.d;
    nd_status status;

    if (!json_object_get(o->j, "sha256")) return ND_OK;
    if ((status = nd_json_text_at(o->ctx, o->where, o->j, "sha256", &stated)) != ND_OK)
        return status;
    nd_sha256_init(&s);
    hash64(&s, (uint64_t)c->n);
    hash64(&s, d);
    for (size_t i = 0; i < (size_t)c->n; i++) {
        for (size_t k = 0; k < d; k++) hash_double(&s, c->X[i * d + k]);
        hash_double(&s, c->y[i]);
    }
    nd_sha256_hex(&s, hex);
    if (strcmp(hex, stated) != 0)
        return nv_object_bad(o, "the table has another SHA-256 than stated");
    return ND_OK;
}

static nd_status new_table(const nv_object *o, nv_cert *c)
{
    size_t n = (size_t)c->n;

    c->X = ND_NEW(o->ctx, double, n *(size_t)c->net.d);
    c->y = ND_NEW(o->ctx, double, n);
    return c->X && c->y ? ND_OK : ND_EMEM;
}

static nd_status read_dense(const nv_object *o, nv_cert *c)
{
    json_t *rows, *row;
    size_t i, d = (size_t)c->net.d;
    nd_status status = nd_json_get(o->ctx, o->where, o->j, "X", JSON_ARRAY, &rows);

    if (status != ND_OK) return status;
    json_array_foreach(rows, i, row)
    {
        if (json_array_size(row) != d || !json_is_array(row))
            return nd_fail(o->ctx, ND_EINPUT, "%s: X[%zu]: expected %zu numbers", o->where, i, d);
        for (size_t k = 0; k < d; k++)
            ND_TRY(nd_json_number(o->ctx, o->where, json_array_get(row, k), &c->X[i * d + k]));
    }
done:
    return status;
}

static nd_status read_sparse(const nv_object *o, nv_cert *c)
{
    json_t *rows, *row, *pair;
    size_t i, p, d = (size_t)c->net.d;
    nd_status status = nd_json_get(o->ctx, o->where, o->j, "rows", JSON_ARRAY, &rows);

    if (status != ND_OK) return status;
    memset(c->X, 0, (size_t)c->n * d * sizeof *c->X);
    json_array_foreach(rows, i, row)
    {
        json_int_t next = 0, k;

        if (!json_is_array(row)) return nv_object_bad(o, "a sparse row must be an array");
        json_array_foreach(row, p, pair)
        {
            k = json_integer_value(json_array_get(pair, 0));
            if (json_array_size(pair) != 2 || !json_is_integer(json_array_get(pair, 0)) ||
                k < next || (size_t)k >= d)
                return nd_fail(o->ctx, ND_EINPUT,
                               "%s: rows[%zu]: expected [index, number], indices ascending from 0",
                               o->where, i);
            next = k + 1;
            ND_TRY(nd_json_number(o->ctx, o->where, json_array_get(pair, 1),
                                  &c->X[i * d + (size_t)k]));
        }
    }
done:
    return status;
}

static nd_status read_labels(const nv_object *o, nv_cert *c)
{
    for (size_t i = 0; i < (size_t)c->n; i++) {
        json_t *y = json_array_get(json_object_get(o->j, "y"), i);

        if (!json_is_integer(y) || (json_integer_value(y) != 1 && json_integer_value(y) != -1))
            return nd_fail(o->ctx, ND_EINPUT, "%s: y[%zu]: expected 1 or -1", o->where, i);
        c->y[i] = (double)json_integer_value(y);
    }
    return ND_OK;
}

/* The text of the file data.file beside the certificate. */
static nd_status read_beside(const nv_object *o, const char *cert, size_t limit, char **bytes,
                             size_t *size)
{
    const char *name, *slash = strrchr(cert, '/');
    size_t folder = slash ? (size_t)(slash - cert) + 1 : 0;
    char *path;
    nd_status status = nd_json_text_at(o->ctx, o->where, o->j, "file", &name);

    if (status != ND_OK) return status;
    if (!*name || strpbrk(name, "/\\") || !strcmp(name, ".") || !strcmp(name, ".."))
        return nv_object_bad(o, "'file' must be the plain name of a file beside the certificate");
    if (!(path = ND_NEW0(o->ctx, char, folder + strlen(name) + 1))) return ND_EMEM;
    memcpy(path, cert, folder);
    memcpy(path + folder, name, strlen(name));
    status = nd_file_read(o->ctx, path, limit, bytes, size);
    nd_free(o->ctx, path);
    return status;
}

static nd_status read_table(const nv_object *o, const char *cert, nv_cert *c)
{
    size_t size = 0, n = (size_t)c->n, d = (size_t)c->net.d, full = 16 + 8 * n * (d + 1);
    char *bytes = NULL;
    const unsigned char *p;
    nd_status status;

    if (!json_object_get(o->j, "sha256")) return nv_object_bad(o, "'sha256' is missing");
    ND_TRY(read_beside(o, cert, full, &bytes, &size));
    p = (const unsigned char *)bytes;
    status = nv_object_bad(o, "the table file does not have the stated n and d");
    if (size != full || little64(p) != n || little64(p + 8) != d) goto done;
    ND_TRY(new_table(o, c));
    p += 16;
    status = nv_object_bad(o, "the table file has an entry that is not allowed");
    for (size_t i = 0; i < n; i++, p += 8) {
        for (size_t k = 0; k < d; k++, p += 8) {
            c->X[i * d + k] = little_double(p);
            if (!isfinite(c->X[i * d + k])) goto done;
        }
        c->y[i] = little_double(p);
        if (fabs(c->y[i]) != 1.0) goto done;
    }
    status = ND_OK;
done:
    nd_free(o->ctx, bytes);
    return status;
}

static nd_status read_sizes(const nv_object *o, nv_cert *c)
{
    long n, d;
    nd_status status;

    ND_TRY(nd_json_long_at(o->ctx, o->where, o->j, "n", 1, INT_MAX, &n));
    ND_TRY(nd_json_long_at(o->ctx, o->where, o->j, "d", 0, INT_MAX, &d));
    c->n = n;
    c->net.d = d;
    if ((size_t)n > MAX_TABLE / (size_t)(d + 1))
        return nv_object_bad(o, "more than 2^28 entries, too large for this program");
done:
    return status;
}

static nd_status read_data(const nv_object *o, const char *cert, nv_cert *c)
{
    const char *form = json_object_get(o->j, "X")      ? "X"
                       : json_object_get(o->j, "rows") ? "rows"
                                                       : "file";
    size_t n = (size_t)c->n;
    nd_status status;

    if (*form != 'f' && (length(o, form) != n || length(o, "y") != n))
        return nv_object_bad(o, "expected n rows and n labels");
    if (*form == 'f') {
        ND_TRY(nv_object_only(o, " n d file sha256 "));
        ND_TRY(read_table(o, cert, c));
    } else {
        ND_TRY(nv_object_only(o, *form == 'X' ? " n d X y sha256 " : " n d rows y sha256 "));
        ND_TRY(new_table(o, c));
        ND_TRY(*form == 'X' ? read_dense(o, c) : read_sparse(o, c));
        ND_TRY(read_labels(o, c));
    }
    return check_hash(o, c);
done:
    return status;
}

nd_status nv_data_read(nd_ctx *ctx, const char *cert, json_t *data, nv_cert *out)
{
    nv_object o = {ctx, "", data};
    nd_status status;

    strncat(o.where, cert, 100);
    status = read_sizes(&o, out);
    return status == ND_OK ? read_data(&o, cert, out) : status;
}

/* ---- problem --------------------------------------------------------------------- */

/* Before the data are read: a net that does not fit theta must not be believed in
 * its d. */
static nd_status read_problem(const nv_object *o, const nv_object *root, nv_cert *c)
{
    const char *wrong;
    size_t P = length(root, "theta");
    slong d = c->net.d;
    nd_status status;

    ND_TRY(nv_object_only(o, " net loss l2 weights "));
    ND_TRY(nd_json_text_at(o->ctx, o->where, o->j, "net", &c->net_spec));
    ND_TRY(nd_json_text_at(o->ctx, o->where, o->j, "loss", &c->loss_spec));
    ND_TRY(nv_object_number(o, "l2", &c->l2));
    if (c->l2 < 0) return nv_object_bad(o, "'l2' must be >= 0");
    if ((wrong = nv_loss_parse(c->loss_spec, &c->loss))) return nv_object_bad(o, wrong);
    if ((wrong = nv_net_parse(c->net_spec, d, (slong)P, &c->net))) return nv_object_bad(o, wrong);
    ND_TRY(nv_object_numbers(root, "theta", P, &c->theta));
    if (!json_object_get(o->j, "weights")) return ND_OK;
    ND_TRY(nv_object_numbers(o, "weights", (size_t)c->n, &c->weight));
    for (slong i = 0; i < c->n; i++)
        if (!(c->weight[i] > 0)) return nv_object_bad(o, "'weights' must be > 0");
done:
    return status;
}

/* ---- the file ------------------------------------------------------------------------ */

static nd_status read_head(const nv_object *o, nv_cert *c)
{
    const char *format;
    long version;
    nv_object any;
    nd_status status;

    ND_TRY(nd_json_text_at(o->ctx, o->where, o->j, "format", &format));
    if (strcmp(format, "nadir-certificate") != 0)
        return nv_object_bad(o, "not a nadir-certificate");
    ND_TRY(nd_json_long_at(o->ctx, o->where, o->j, "version", 1, 1, &version));
    ND_TRY(nv_object_only(o, " format version problem data theta kind claims hints provenance "));
    if (json_object_get(o->j, "hints")) ND_TRY(member(o, "hints", &any));
    if (json_object_get(o->j, "provenance")) ND_TRY(member(o, "provenance", &any));
    status = nd_json_text_at(o->ctx, o->where, o->j, "kind", &c->kind_name);
done:
    return status;
}

nd_status nv_cert_read(nd_ctx *ctx, const char *file, nv_cert *out)
{
    char *text = NULL;
    size_t size;
    nv_object root = {ctx, "", NULL}, problem, data, claims;
    json_t *j = NULL;
    nd_status status;

    strncat(root.where, file, 100);
    ND_TRY(nd_file_read(ctx, file, (size_t)1 << 31, &text, &size));
    ND_TRY(nd_json_parse(ctx, root.where, text, size, &j));
    out->json = j;
    root.j = j;
    ND_TRY(read_head(&root, out));
    ND_TRY(member(&root, "data", &data));
    ND_TRY(member(&root, "problem", &problem));
    ND_TRY(member(&root, "claims", &claims));
    ND_TRY(read_sizes(&data, out));
    ND_TRY(read_problem(&problem, &root, out));
    ND_TRY(read_data(&data, file, out));
    ND_TRY(nv_claims_read(&claims, out));
done:
    nd_free(ctx, text);
    return status;
}

void nv_cert_clear(nd_ctx *ctx, nv_cert *cert)
{
    nd_free(ctx, cert->X);
    nd_free(ctx, cert->y);
    nd_free(ctx, cert->weight);
    nd_free(ctx, cert->theta);
    nv_complete_clear(ctx, cert->complete);
    nd_free(ctx, cert->point);
    nd_free(ctx, cert->idle.at);
    nd_free(ctx, cert->gauge.at);
    nd_free(ctx, cert->free.at);
    nd_free(ctx, cert->groups.at);
    nd_free(ctx, cert->kinks.at);
    nv_net_clear(&cert->net);
    json_decref(cert->json);
    memset(cert, 0, sizeof *cert);
}
