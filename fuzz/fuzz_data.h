/* What the targets of the data readers share: the first byte chooses the options, the
 * rest is the file.  Whatever is read must be a sound table: finite, labelled +-1, with
 * ascending columns. */
#ifndef ND_FUZZ_DATA_H
#define ND_FUZZ_DATA_H

#include <math.h>
#include <nadir/data.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void require(bool condition)
{
    if (!condition) abort();
}

static inline void check_table(const nd_table *t)
{
    size_t entries = t->row ? t->row[t->n] : t->n * t->d;
    const double *v = t->row ? t->val : t->x;

    require(t->n > 0 && t->note && t->source);
    for (size_t p = 0; p < entries; p++) require(isfinite(v[p]));
    for (size_t i = 0; t->row && i < t->n; i++)
        for (size_t p = t->row[i]; p < t->row[i + 1]; p++)
            require(t->col[p] < t->d && (p == t->row[i] || t->col[p - 1] < t->col[p]));
    for (size_t i = 0; t->y && i < t->n; i++) require(t->y[i] == 1.0 || t->y[i] == -1.0);
}

static inline int fuzz_reader(const char *format, const uint8_t *data, size_t size)
{
    static const char *const labels[] = {NULL, "1", "2", "class"};
    static const char *const positives[] = {NULL, "1", "a,b", "yes"};
    nd_read_options opt = {0};
    nd_table *t = NULL;
    nd_ctx *ctx;

    if (!size) return 0;
    opt.label = labels[data[0] & 3];
    opt.positive = positives[data[0] >> 2 & 3];
    opt.unlabelled = (data[0] & 0x30) == 0x10;
    opt.label_optional = (data[0] & 0x30) == 0x20;
    ctx = nd_ctx_create(NULL);
    require(ctx != NULL);
    if (nd_table_parse(ctx, format, "fuzz", data + 1, size - 1, &opt, &t) == ND_OK)
        check_table(t);
    else
        require(t == NULL && nd_errmsg(ctx)[0]);
    nd_table_destroy(ctx, t);
    nd_ctx_destroy(ctx);
    return 0;
}

#endif
