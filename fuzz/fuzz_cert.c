/* Any bytes as a certificate: refused with a message, or sound in every number.  What
 * follows the first zero byte is the table beside it, named "t". */
#include "verify/verify.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/fuzz_cert_XXXXXX", cert_path[64], table_path[64];

static void require(bool condition)
{
    if (!condition) abort();
}

static void clean_up(void)
{
    (void)remove(cert_path);
    (void)remove(table_path);
    (void)rmdir(folder);
}

static void make_folder(void)
{
    require(mkdtemp(folder) != NULL);
    snprintf(cert_path, sizeof cert_path, "%s/c", folder);
    snprintf(table_path, sizeof table_path, "%s/t", folder);
    require(atexit(clean_up) == 0);
}

static void put(const char *path, const uint8_t *data, size_t size)
{
    FILE *f = fopen(path, "wb");

    require(f && fwrite(data, 1, size, f) == size && fclose(f) == 0);
}

static void finite(const double *x, size_t n)
{
    for (size_t i = 0; i < n; i++) require(isfinite(x[i]));
}

/* Parameters, ascending. */
static void ascending(const nv_list *l, slong P)
{
    for (slong i = 0; i < l->n; i++) require(l->at[i] < P && l->at[i] > (i ? l->at[i - 1] : -1));
}

static void lists(const nv_cert *c)
{
    slong groups = 0;

    ascending(&c->idle, c->net.P);
    ascending(&c->gauge, c->net.P);
    ascending(&c->free, c->net.P);
    for (slong i = 0; i < c->gauge.n; i++)
        for (slong j = 0; j < c->idle.n; j++) require(c->gauge.at[i] != c->idle.at[j]);
    for (slong j = 0; j < c->groups.n; j++) {
        require(0 <= c->groups.at[j] && c->groups.at[j] <= groups);
        groups += c->groups.at[j] == groups;
    }
}

static void check(const nv_cert *c)
{
    size_t n = (size_t)c->n, d = (size_t)c->net.d, P = (size_t)c->net.P;

    require(c->n > 0 && c->net.d >= 0 && c->net.P > 0 && c->net.terms > 0);
    require(c->loss.jet && c->net_spec && c->loss_spec && c->kind_name);
    require(isfinite(c->l2) && c->l2 >= 0.0);
    finite(c->X, n * d);
    for (size_t i = 0; i < n; i++) require(fabs(c->y[i]) == 1.0);
    for (size_t i = 0; c->weight && i < n; i++) require(isfinite(c->weight[i]) && c->weight[i] > 0);
    finite(c->theta, P);
    for (slong t = 0; t < c->net.terms; t++) require(c->net.term[t].a < c->net.P);
    lists(c);
    if (c->kind == NV_OTHER) return;
    require(c->loss_lo <= c->loss_hi && 0 <= c->errors_lo && c->errors_lo <= c->errors_hi);
    require(c->errors_hi <= c->n && isfinite(c->radius) && c->radius >= 0.0);
    if (c->point) finite(c->point, P);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *zero = size ? memchr(data, 0, size) : NULL;
    size_t text = zero ? (size_t)(zero - data) : size;
    nd_ctx *ctx = nd_ctx_create(NULL);
    nv_cert c = {0};

    require(ctx != NULL);
    if (!*cert_path) make_folder();
    put(cert_path, data, text);
    if (zero) put(table_path, zero + 1, size - text - 1);
    if (nv_cert_read(ctx, cert_path, &c) == ND_OK)
        check(&c);
    else
        require(nd_errmsg(ctx)[0] != '\0');
    nv_cert_clear(ctx, &c);
    if (zero) (void)remove(table_path);
    nd_ctx_destroy(ctx);
    return 0;
}
