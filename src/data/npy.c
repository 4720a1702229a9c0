/* The .npy format (numpy/lib/format.py): "\x93NUMPY", version, length of the header,
 * a header that is a Python dictionary
 *     {'descr': '<f8', 'fortran_order': False, 'shape': (569, 31), }
 * and the elements.  Only the literals that NumPy writes there are understood. */
#include "data/npy.h"

#include <string.h>

typedef struct {
    nd_ctx *ctx;
    const char *what, *p, *end;
    nd_npy *a;
} header;

static nd_status bad(header *h, const char *expected)
{
    char shown[ND_SHOWN];
    size_t left = (size_t)(h->end - h->p);

    return nd_fail(h->ctx, ND_EINPUT, "%s: NumPy header: found %s, expected %s", h->what,
                   left ? nd_show(h->p, left, shown) : "its end", expected);
}

static void blanks(header *h)
{
    while (h->p < h->end && (*h->p == ' ' || *h->p == '\n')) h->p++;
}

static bool eat(header *h, const char *s)
{
    size_t len = strlen(s);

    blanks(h);
    if ((size_t)(h->end - h->p) < len || memcmp(h->p, s, len) != 0) return false;
    h->p += len;
    return true;
}

/* ---- the values of the dictionary ----------------------------------------------------------- */

static bool known_kind(const nd_npy *a)
{
    switch (a->kind) {
    case 'f':
        return a->size == 4 || a->size == 8;
    case 'i':
    case 'u':
        return a->size == 1 || a->size == 2 || a->size == 4 || a->size == 8;
    case 'b':
        return a->size == 1;
    case 'S':
        return a->size >= 1 && a->size <= 1024;
    case 'U':
        return a->size >= 4 && a->size <= 4096;
    default:
        return false;
    }
}

/* '<f8' with quotes. */
static nd_status descr(header *h)
{
    const char *start = (blanks(h), h->p);
    int count = 0;

    if (!eat(h, "'") || h->end - h->p < 3) return bad(h, "a type such as '<f8'");
    h->a->big = *h->p == '>';
    h->a->kind = h->p[1];
    for (h->p += 2; h->p < h->end && *h->p >= '0' && *h->p <= '9' && count < 10000; h->p++)
        count = 10 * count + (*h->p - '0');
    h->a->size = h->a->kind == 'U' && count < 10000 ? 4 * count : count;
    if (eat(h, "'") && strchr("<>|=", start[1]) && known_kind(h->a)) return ND_OK;
    h->p = start;
    return bad(h, "a type of f4 f8 i1 i2 i4 i8 u1 u2 u4 u8 b1 (labels: also text)");
}

static nd_status fortran(header *h)
{
    h->a->fortran = eat(h, "True");
    return h->a->fortran || eat(h, "False") ? ND_OK : bad(h, "True or False");
}

static bool dimension(header *h, size_t *out)
{
    const char *start = (blanks(h), h->p);
    size_t v = 0;

    for (; h->p < h->end && *h->p >= '0' && *h->p <= '9'; h->p++) {
        size_t digit = (size_t)(*h->p - '0');
        if (v > (SIZE_MAX - digit) / 10) return false;
        v = 10 * v + digit;
    }
    *out = v;
    return h->p > start;
}

/* (569, 31) or (569,) */
static nd_status shape(header *h)
{
    h->a->dims = 0;
    if (!eat(h, "(")) return bad(h, "a shape such as (569, 31)");
    while (!eat(h, ")")) {
        if (h->a->dims == ND_NPY_DIMS || !dimension(h, &h->a->shape[h->a->dims]))
            return bad(h, "a shape of at most 8 sizes");
        h->a->dims++;
        if (!eat(h, ",") && !(h->p < h->end && *h->p == ')')) return bad(h, "',' or ')'");
    }
    return ND_OK;
}

static nd_status dictionary(header *h)
{
    bool has[3] = {false, false, false};
    nd_status status = ND_OK;

    if (!eat(h, "{")) return bad(h, "a dictionary");
    while (!eat(h, "}")) {
        if (eat(h, "'descr':")) {
            ND_TRY(descr(h));
            has[0] = true;
        } else if (eat(h, "'fortran_order':")) {
            ND_TRY(fortran(h));
            has[1] = true;
        } else if (eat(h, "'shape':")) {
            ND_TRY(shape(h));
            has[2] = true;
        } else {
            return bad(h, "descr, fortran_order or shape");
        }
        eat(h, ",");
    }
    if (!has[0] || !has[1] || !has[2]) return bad(h, "descr, fortran_order and shape");
done:
    return status;
}

/* ---- the array --------------------------------------------------------------------------------- */

static nd_status check_size(header *h, size_t bytes)
{
    nd_npy *a = h->a;
    size_t need;
    bool fits;

    if (!a->dims)
        return nd_fail(h->ctx, ND_EINPUT, "%s: found a single number, expected an array", h->what);
    if (a->fortran && a->dims > 2)
        return nd_fail(h->ctx, ND_EINPUT,
                       "%s: found Fortran order in %zu dimensions, expected C order", h->what,
                       a->dims);
    a->rows = a->shape[0];
    a->cols = 1;
    fits = true;
    for (size_t k = 1; k < a->dims && fits; k++) fits = nd_times(a->cols, a->shape[k], &a->cols);
    fits = fits && nd_times(a->rows, a->cols, &need) && nd_times(need, (size_t)a->size, &need);
    if (fits && need == bytes) return ND_OK;
    if (!fits) return nd_fail(h->ctx, ND_EINPUT, "%s: the shape overflows", h->what);
    return nd_fail(h->ctx, ND_EINPUT, "%s: found %zu bytes of data, expected %zu for this shape",
                   h->what, bytes, need);
}

nd_status nd_npy_open(nd_ctx *ctx, const char *what, const char *bytes, size_t size, nd_npy *out)
{
    header h = {.ctx = ctx, .what = what, .a = out};
    size_t skip, length;
    nd_status status;

    *out = (nd_npy){0};
    if (size < 10 || memcmp(bytes, "\x93NUMPY", 6) != 0 || bytes[6] < 1 || bytes[6] > 3)
        return nd_fail(ctx, ND_EINPUT, "%s: found no NumPy array (version 1 to 3)", what);
    skip = bytes[6] == 1 ? 10 : 12;
    if (size < skip) return nd_fail(ctx, ND_EINPUT, "%s: the NumPy header is cut off", what);
    length = (size_t)nd_le(bytes + 8, bytes[6] == 1 ? 2 : 4);
    if (length > size - skip)
        return nd_fail(ctx, ND_EINPUT, "%s: the NumPy header is cut off", what);
    h.p = bytes + skip;
    h.end = h.p + length;
    out->data = h.end;
    ND_TRY(dictionary(&h));
    ND_TRY(check_size(&h, size - skip - length));
done:
    return status;
}

bool nd_npy_number(const nd_npy *a, size_t i, size_t k, double *out)
{
    size_t at = a->fortran ? k * a->rows + i : i * a->cols + k;

    return nd_binary_number(a->data + at * (size_t)a->size, a->kind, a->size, a->big, out);
}

static size_t utf8(uint32_t c, char out[4])
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xC0 | c >> 6);
        out[1] = (char)(0x80 | (c & 63));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xE0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 63));
        out[2] = (char)(0x80 | (c & 63));
        return 3;
    }
    out[0] = (char)(0xF0 | (c >> 18 & 7));
    out[1] = (char)(0x80 | (c >> 12 & 63));
    out[2] = (char)(0x80 | (c >> 6 & 63));
    out[3] = (char)(0x80 | (c & 63));
    return 4;
}

size_t nd_npy_text(const nd_npy *a, size_t i, char *out, size_t room)
{
    int step = a->kind == 'U' ? 4 : 1;
    const char *p = a->data + i * (size_t)a->size;
    size_t len = 0;

    for (int k = 0; k < a->size && len + 4 <= room; k += step) {
        uint32_t c = (uint32_t)(a->big ? nd_be(p + k, step) : nd_le(p + k, step));
        if (!c) break;
        if (step == 4)
            len += utf8(c, out + len);
        else
            out[len++] = p[k];
    }
    return len;
}

void nd_npy_header(nd_buf *out, size_t n, size_t d)
{
    static const char magic[] = {'\x93', 'N', 'U', 'M', 'P', 'Y', 1, 0};
    size_t start = out->size, length;
    char size[2];

    nd_buf_add(out, magic, sizeof magic);
    nd_buf_add(out, "\0\0", 2);
    nd_buf_printf(out, "{'descr': '<f8', 'fortran_order': False, 'shape': (%zu,", n);
    if (d) nd_buf_printf(out, " %zu", d);
    nd_buf_puts(out, "), }");
    while ((out->size - start) % 64 != 63 && nd_buf_status(out) == ND_OK) nd_buf_puts(out, " ");
    nd_buf_puts(out, "\n");
    if (nd_buf_status(out) != ND_OK) return;
    length = out->size - start - 10;
    nd_put_le(size, length, 2);
    memcpy(out->data + start + 8, size, 2);
}
