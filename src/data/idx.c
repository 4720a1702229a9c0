/* IDX, the format of MNIST (yann.lecun.com/exdb/mnist): 0, 0, type, number of
 * dimensions, the dimensions as big-endian 32-bit integers, the elements big-endian.
 *
 * Images and labels are two files; the labels of NAME-images-idx3-ubyte are looked for
 * in NAME-labels-idx1-ubyte.  In memory they may follow the images directly. */
#include "data/raw.h"

#include <math.h>
#include <string.h>

#define MOST_DIMS 8

typedef struct {
    char kind;
    int size;
    size_t rows, cols, bytes; /* bytes: of header and elements */
    const char *data;
} idx;

static bool element_type(unsigned char code, idx *a)
{
    static const struct {
        unsigned char code;
        char kind, size;
    } types[] = {{0x08, 'u', 1}, {0x09, 'i', 1}, {0x0B, 'i', 2},
                 {0x0C, 'i', 4}, {0x0D, 'f', 4}, {0x0E, 'f', 8}};

    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (types[i].code != code) continue;
        a->kind = types[i].kind;
        a->size = types[i].size;
        return true;
    }
    return false;
}

/* The array at the start of [bytes, bytes + size); what may follow it. */
static nd_status open_idx(nd_ctx *ctx, const char *what, const char *bytes, size_t size, idx *a)
{
    size_t dims, need;
    bool fits = true;

    if (size < 8 || bytes[0] || bytes[1] || !element_type((unsigned char)bytes[2], a))
        return nd_fail(ctx, ND_EINPUT, "%s: found no IDX header (0, 0, type, dimensions)", what);
    dims = (unsigned char)bytes[3];
    if (dims < 1 || dims > MOST_DIMS || size < 4 + 4 * dims)
        return nd_fail(ctx, ND_EINPUT, "%s: found %zu dimensions, expected 1 to %d", what, dims,
                       MOST_DIMS);
    a->rows = (size_t)nd_be(bytes + 4, 4);
    a->cols = 1;
    for (size_t k = 1; k < dims && fits; k++)
        fits = nd_times(a->cols, (size_t)nd_be(bytes + 4 + 4 * k, 4), &a->cols);
    fits = fits && nd_times(a->rows, a->cols, &need) && nd_times(need, (size_t)a->size, &need);
    if (!fits || need > size - 4 - 4 * dims)
        return nd_fail(ctx, ND_EINPUT, "%s: found %zu bytes of data, expected more for %zu x %zu",
                       what, size - 4 - 4 * dims, a->rows, a->cols);
    a->data = bytes + 4 + 4 * dims;
    a->bytes = 4 + 4 * dims + need;
    return ND_OK;
}

static nd_status element(nd_ctx *ctx, const nd_input *in, const idx *a, size_t p, double *out)
{
    if (nd_binary_number(a->data + p * (size_t)a->size, a->kind, a->size, true, out) &&
        isfinite(*out))
        return ND_OK;
    return nd_fail(ctx, ND_EINPUT, "%s: row %zu, column %zu: expected " ND_WANT_NUMBER, in->name,
                   p / a->cols + 1, p % a->cols + 1);
}

static nd_status read_labels(nd_ctx *ctx, const nd_input *in, const char *bytes, size_t size,
                             size_t rows, nd_labels *y)
{
    nd_status status;
    double v;
    idx a;

    ND_TRY(open_idx(ctx, in->name, bytes, size, &a));
    if (a.cols != 1 || a.rows != rows || a.bytes != size)
        ND_TRY(nd_fail(ctx, ND_EINPUT, "%s: found %zu x %zu labels, expected %zu", in->name, a.rows,
                       a.cols, rows));
    ND_TRY(nd_labels_reserve(ctx, y, rows));
    y->any = true;
    for (size_t i = 0; i < rows; i++) {
        ND_TRY(element(ctx, in, &a, i, &v));
        ND_TRY(nd_labels_add_number(ctx, in, y, v));
    }
done:
    return status;
}

nd_status nd_idx_read(nd_ctx *ctx, const nd_input *in, nd_table *t, nd_labels *y)
{
    size_t left;
    nd_status status;
    idx a;

    ND_TRY(open_idx(ctx, in->name, in->bytes, in->size, &a));
    left = in->size - a.bytes;
    if (!a.cols || (in->more && left))
        ND_TRY(nd_fail(ctx, ND_EINPUT,
                       "%s: found %zu columns and %zu bytes after them, expected "
                       "images and nothing after them",
                       in->name, a.cols, left));
    t->n = a.rows;
    t->d = a.cols;
    t->x = ND_NEW(ctx, double, t->n * t->d);
    if (!t->x) ND_TRY(ND_EMEM);
    for (size_t p = 0; p < t->n * t->d; p++) ND_TRY(element(ctx, in, &a, p, &t->x[p]));
    if (in->opt->unlabelled) goto done;
    if (in->more || left)
        ND_TRY(read_labels(ctx, in, in->more ? in->more : in->bytes + a.bytes,
                           in->more ? in->more_size : left, t->n, y));
    else if (!in->opt->label_optional)
        ND_TRY(nd_fail(ctx, ND_EINPUT,
                       "%s: found no labels, expected them in a file beside it: "
                       "...-images-idx3-ubyte and ...-labels-idx1-ubyte",
                       in->name));
done:
    return status;
}

/* ---- the name of the other file ------------------------------------------------------------------ */

/* The last occurrence of from in text[0..room) becomes to (no longer than from). */
static bool replace_last(char *text, const char *from, const char *to)
{
    char *at = NULL;
    size_t len = strlen(to), cut = strlen(from);

    for (char *p = strstr(text, from); p; p = strstr(p + 1, from)) at = p;
    if (!at) return false;
    memcpy(at, to, len);
    memmove(at + len, at + cut, strlen(at + cut) + 1);
    return true;
}

bool nd_idx_companion(const char *file, char *other, size_t room)
{
    if (strlen(file) >= room) return false;
    strcpy(other, file);
    if (!replace_last(other, "images", "labels")) return false;
    for (int dims = 2; dims <= 4; dims++) {
        char from[] = "idx?";
        from[3] = (char)('0' + dims);
        if (replace_last(other, from, "idx1")) break;
    }
    return true;
}
