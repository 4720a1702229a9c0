/* SHA-256 of the canonical form of a table: what a certificate names it by. */
#include "base/file.h"
#include "data/raw.h"

#include <string.h>

#define CHUNK 512

typedef struct {
    nd_sha256 sha;
    char bytes[8 * CHUNK];
    size_t fill;
} stream;

static void make_room(stream *s)
{
    if (s->fill < CHUNK) return;
    nd_sha256_add(&s->sha, s->bytes, sizeof s->bytes);
    s->fill = 0;
}

static void put(stream *s, uint64_t v)
{
    make_room(s);
    nd_put_le(s->bytes + 8 * s->fill++, v, 8);
}

/* k zeros: most of a sparse table. */
static void put_zeros(stream *s, size_t k)
{
    while (k > 0) {
        size_t n;

        make_room(s);
        n = CHUNK - s->fill < k ? CHUNK - s->fill : k;
        memset(s->bytes + 8 * s->fill, 0, 8 * n);
        s->fill += n;
        k -= n;
    }
}

static void put_double(stream *s, double x)
{
    uint64_t bits;

    if (x == 0.0) x = 0.0; /* -0 */
    memcpy(&bits, &x, sizeof bits);
    put(s, bits);
}

static void put_row(stream *s, const nd_table *t, size_t i)
{
    size_t k = 0;

    if (!t->row) {
        for (; k < t->d; k++) put_double(s, t->x[i * t->d + k]);
        return;
    }
    for (size_t p = t->row[i]; p < t->row[i + 1]; p++) {
        put_zeros(s, t->col[p] - k);
        put_double(s, t->val[p]);
        k = t->col[p] + 1;
    }
    put_zeros(s, t->d - k);
}

nd_status nd_table_sha256(nd_ctx *ctx, const nd_table *t, char hex[65])
{
    stream s = {.fill = 0};

    nd_sha256_init(&s.sha);
    put(&s, t->n);
    put(&s, t->d);
    for (size_t i = 0; i < t->n; i++) {
        if (i % 1024 == 0 && nd_cancelled(ctx)) return ND_ECANCEL;
        put_row(&s, t, i);
        if (t->y) put_double(&s, t->y[i]);
    }
    nd_sha256_add(&s.sha, s.bytes, 8 * s.fill);
    nd_sha256_hex(&s.sha, hex);
    return ND_OK;
}
