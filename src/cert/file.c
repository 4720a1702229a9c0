/* The certificate file: docs/certificate-format.md, version 1.
 *
 * Small samples are written inside, as hex floats; large ones as the canonical table
 * (n, d, then row by row the features and the label, little endian, 0 as +0) in a
 * file of their own beside the certificate, named with its SHA-256. */
#include "cert/file.h"

#include "base/file.h"
#include "base/memory.h"

#include <nadir/cert.h>

#include <math.h>
#include <string.h>

#define INLINE_ENTRIES 100000 /* n d up to which the data are inside */

/* Adds value under key; takes the reference. */
static nd_status put(nd_ctx *ctx, json_t *j, const char *key, json_t *value)
{
    return nd_json_set(ctx, j, key, value);
}

static nd_status append(nd_ctx *ctx, json_t *array, json_t *value)
{
    if (!value || json_array_append_new(array, value) != 0)
        return nd_fail(ctx, ND_EMEM, "out of memory while writing a certificate");
    return ND_OK;
}

static json_t *count_json(size_t k)
{
    return json_integer((json_int_t)k);
}

/* [[index, number], ...] of one sparse row. */
static json_t *sparse_row(nd_ctx *ctx, const nd_table *t, size_t i)
{
    json_t *row = json_array();

    for (size_t p = t->row[i]; row && p < t->row[i + 1]; p++) {
        json_t *pair = json_array();

        if (!pair || append(ctx, pair, count_json(t->col[p])) != ND_OK ||
            append(ctx, pair, nd_json_hex(t->val[p])) != ND_OK) {
            json_decref(pair);
            json_decref(row);
            return NULL;
        }
        if (append(ctx, row, pair) != ND_OK) {
            json_decref(row);
            return NULL;
        }
    }
    return row;
}

static nd_status put_samples(nd_ctx *ctx, json_t *data, const nd_table *t)
{
    json_t *rows = json_array(), *labels = json_array();
    nd_status status = ND_OK;

    for (size_t i = 0; i < t->n && rows && labels; i++) {
        json_t *row =
            t->row ? sparse_row(ctx, t, i) : nd_json_hex_array(t->d ? t->x + i * t->d : NULL, t->d);

        ND_TRY(append(ctx, rows, row));
        ND_TRY(append(ctx, labels, json_integer(t->y[i] > 0.0 ? 1 : -1)));
    }
    status = put(ctx, data, t->row ? "rows" : "X", rows);
    rows = NULL;
    if (status == ND_OK) {
        status = put(ctx, data, "y", labels);
        labels = NULL;
    }
done:
    json_decref(rows);
    json_decref(labels);
    return status;
}

static void little_endian(uint64_t bits, unsigned char *out)
{
    for (int b = 0; b < 8; b++) out[b] = (unsigned char)(bits >> (8 * b));
}

static void little_endian_double(double x, unsigned char *out)
{
    uint64_t bits;

    x = x == 0.0 ? 0.0 : x; /* -0 -> +0 */
    memcpy(&bits, &x, sizeof bits);
    little_endian(bits, out);
}

/* The canonical table as bytes. */
static nd_status table_bytes(nd_ctx *ctx, const nd_table *t, unsigned char **out, size_t *size)
{
    double *x = ND_NEW(ctx, double, t->d);
    unsigned char *b, *p;

    *size = 16 + 8 * t->n * (t->d + 1);
    b = ND_NEW(ctx, unsigned char, *size);
    if (!x || !b) {
        nd_free(ctx, x);
        nd_free(ctx, b);
        return ND_EMEM;
    }
    little_endian(t->n, b);
    little_endian(t->d, b + 8);
    p = b + 16;
    for (size_t i = 0; i < t->n; i++) {
        nd_table_row(t, i, x);
        for (size_t k = 0; k < t->d; k++, p += 8) little_endian_double(x[k], p);
        little_endian_double(t->y[i], p);
        p += 8;
    }
    nd_free(ctx, x);
    *out = b;
    return ND_OK;
}

/* file without its last ".json", and ".table" instead. */
static char *table_name(nd_ctx *ctx, const char *file)
{
    size_t n = strlen(file);
    char *name;

    if (n > 5 && strcmp(file + n - 5, ".json") == 0) n -= 5;
    name = ND_NEW(ctx, char, n + sizeof ".table");
    if (!name) return NULL;
    memcpy(name, file, n);
    memcpy(name + n, ".table", sizeof ".table");
    return name;
}

static nd_status put_table_file(nd_ctx *ctx, json_t *data, const nd_table *t, const char *file)
{
    unsigned char *bytes = NULL;
    char *name = table_name(ctx, file);
    const char *slash;
    nd_sha256 sha;
    size_t size = 0;
    char hex[65];
    nd_status status = name ? table_bytes(ctx, t, &bytes, &size) : ND_EMEM;

    if (status != ND_OK) goto done;
    nd_sha256_init(&sha);
    nd_sha256_add(&sha, bytes, size);
    nd_sha256_hex(&sha, hex);
    slash = strrchr(name, '/');
    ND_TRY(put(ctx, data, "file", json_string(slash ? slash + 1 : name)));
    ND_TRY(put(ctx, data, "sha256", json_string(hex)));
    ND_TRY(nd_file_write(ctx, name, bytes, size));
done:
    nd_free(ctx, bytes);
    nd_free(ctx, name);
    return status;
}

nd_status nd_cert_put_data(nd_ctx *ctx, json_t *root, const char *key, const nd_table *t,
                           const char *file)
{
    json_t *data = json_object();
    nd_status status;

    if (!data) return nd_fail(ctx, ND_EMEM, "out of memory while writing a certificate");
    ND_TRY(put(ctx, data, "n", count_json(t->n)));
    ND_TRY(put(ctx, data, "d", count_json(t->d)));
    if (t->d == 0 || t->n <= INLINE_ENTRIES / t->d)
        ND_TRY(put_samples(ctx, data, t));
    else
        ND_TRY(put_table_file(ctx, data, t, file));
    return put(ctx, root, key, data);
done:
    json_decref(data);
    return status;
}

nd_status nd_cert_put_counts(nd_ctx *ctx, json_t *claims, const char *key, size_t m,
                             const size_t *count)
{
    json_t *array = json_array();
    nd_status status;

    for (size_t k = 0; k < m; k++) ND_TRY(append(ctx, array, count_json(count[k])));
    return put(ctx, claims, key, array);
done:
    json_decref(array);
    return status;
}

static nd_status put_problem(nd_ctx *ctx, json_t *root, const nd_problem *pb)
{
    json_t *problem = json_object();
    nd_status status;
    char loss[32];

    if (!problem) return nd_fail(ctx, ND_EMEM, "out of memory while writing a certificate");
    nd_loss_spec(pb->loss, loss);
    ND_TRY(put(ctx, problem, "net", json_string(pb->net->spec)));
    ND_TRY(put(ctx, problem, "loss", json_string(loss)));
    ND_TRY(put(ctx, problem, "l2", nd_json_hex(pb->l2)));
    if (pb->data->weight)
        ND_TRY(put(ctx, problem, "weights", nd_json_hex_array(pb->data->weight, pb->data->n)));
    return put(ctx, root, "problem", problem);
done:
    json_decref(problem);
    return status;
}

/* What the kind itself claims. */
static nd_status put_own_claims(nd_ctx *ctx, json_t *claims, const nd_problem *pb,
                                const double *theta, const nd_cert *cert)
{
    size_t rows;
    const nd_cert_kind *row = nd_cert_table(&rows);

    for (size_t k = 0; k < rows; k++)
        if (strcmp(row[k].kind, cert->kind) == 0)
            return row[k].claims ? row[k].claims(ctx, pb, theta, cert, claims) : ND_OK;
    return ND_OK;
}

/* For other kinds the format has no such member. */
static bool claims_mu(const char *kind)
{
    return strcmp(kind, "strict") == 0 || strcmp(kind, "flat") == 0;
}

static nd_status put_claims(nd_ctx *ctx, json_t *root, const nd_problem *pb, const double *theta,
                            const nd_cert *cert)
{
    double loss[2] = {cert->loss_lo, cert->loss_hi};
    json_t *claims = json_object();
    nd_status status;

    if (!claims) return nd_fail(ctx, ND_EMEM, "out of memory while writing a certificate");
    ND_TRY(put(ctx, claims, "loss", nd_json_hex_array(loss, 2)));
    ND_TRY(put(ctx, claims, "errors",
               cert->errors_lo == cert->errors_hi
                   ? count_json(cert->errors_lo)
                   : json_pack("[I,I]", (json_int_t)cert->errors_lo, (json_int_t)cert->errors_hi)));
    ND_TRY(put(ctx, claims, "margin_min", nd_json_hex(cert->margin_lo)));
    if (cert->radius > 0.0) ND_TRY(put(ctx, claims, "radius", nd_json_hex(cert->radius)));
    if (cert->mu > 0.0 && claims_mu(cert->kind))
        ND_TRY(put(ctx, claims, "mu", nd_json_hex(cert->mu)));
    ND_TRY(put_own_claims(ctx, claims, pb, theta, cert));
    return put(ctx, root, "claims", claims);
done:
    json_decref(claims);
    return status;
}

nd_status nd_cert_put_head(nd_ctx *ctx, json_t *root, const nd_problem *pb, const char *kind,
                           const double *theta, const char *file)
{
    nd_status status;

    ND_TRY(put(ctx, root, "format", json_string("nadir-certificate")));
    ND_TRY(put(ctx, root, "version", json_integer(1)));
    ND_TRY(put(ctx, root, "kind", json_string(kind)));
    ND_TRY(put_problem(ctx, root, pb));
    ND_TRY(put(ctx, root, "theta", nd_json_hex_array(theta, pb->net->P)));
    ND_TRY(put(ctx, root, "provenance", json_pack("{s:s}", "program", "nadir " ND_VERSION)));
    ND_TRY(nd_cert_put_data(ctx, root, "data", pb->data, file));
done:
    return status;
}

nd_status nd_cert_save(nd_ctx *ctx, const nd_problem *pb, const double *theta, const nd_cert *cert,
                       const char *file)
{
    nd_status status;
    json_t *root;

    if (cert->truth != ND_PROVED || !cert->kind)
        return nd_fail(ctx, ND_EINPUT, "%s: there is nothing to certify: %s", file,
                       cert->kind ? cert->reason : "no proof was tried");
    root = json_object();
    if (!root) return nd_fail(ctx, ND_EMEM, "out of memory while writing a certificate");
    ND_TRY(nd_cert_put_head(ctx, root, pb, cert->kind, theta, file));
    ND_TRY(put_claims(ctx, root, pb, theta, cert));
    ND_TRY(nd_json_save(ctx, root, false, file));
done:
    json_decref(root);
    return status;
}
