/* Traces of training runs: kept, written, read.  docs/trace-format.md.
 *
 * All given points are kept until room is full; then every second one is dropped and from
 * there on only every second (fourth, ...) one taken, so that what is kept is spaced
 * evenly over the whole run and at least half of the room is used.  The last point given
 * takes the last place until the next that counts comes.
 *
 * The file: a line of text, then plain binary, little-endian,
 *     nadir-trace 1 P COUNT D NET\n
 *     COUNT times: step (u64), loss (f64), theta (P f64) */
#include <nadir/map.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"

#include <math.h>
#include <string.h>

#define MAGIC      "nadir-trace 1 "
#define HEADER_MAX 4096

/* How many points fit into the bytes; 8 at least. */
static size_t room_for(const nd_net *net)
{
    size_t fit = ND_TRACE_BYTES / sizeof(double) / (net->P + 2);

    return fit < 8 ? 8 : fit > ND_TRACE_POINTS ? ND_TRACE_POINTS : fit;
}

static nd_status make(nd_ctx *ctx, const nd_net *net, size_t room, nd_trace **out)
{
    nd_trace *t = ND_NEW0(ctx, nd_trace, 1);

    if (!t) return ND_EMEM;
    t->P = net->P;
    t->d = net->d;
    t->stride = 1;
    t->room = room;
    t->net = nd_strdup(ctx, net->spec);
    t->step = ND_NEW(ctx, uint64_t, t->room);
    t->loss = ND_NEW(ctx, double, t->room);
    t->theta = ND_NEW(ctx, double, t->room * t->P);
    if (!t->net || !t->step || !t->loss || !t->theta) {
        nd_trace_destroy(ctx, t);
        return ND_EMEM;
    }
    *out = t;
    return ND_OK;
}

nd_status nd_trace_create(nd_ctx *ctx, const nd_net *net, nd_trace **out)
{
    return make(ctx, net, room_for(net), out);
}

void nd_trace_destroy(nd_ctx *ctx, nd_trace *t)
{
    if (!t) return;
    nd_free(ctx, t->net);
    nd_free(ctx, t->step);
    nd_free(ctx, t->loss);
    nd_free(ctx, t->theta);
    nd_free(ctx, t);
}

static void move_point(nd_trace *t, size_t to, size_t from)
{
    t->step[to] = t->step[from];
    t->loss[to] = t->loss[from];
    memmove(t->theta + to * t->P, t->theta + from * t->P, t->P * sizeof *t->theta);
}

/* Keeps those whose step is a multiple of the doubled stride. */
static void drop_half(nd_trace *t)
{
    size_t kept = 0;

    t->stride *= 2;
    for (size_t k = 0; k < t->count; k++)
        if (t->step[k] % t->stride == 0) move_point(t, kept++, k);
    t->count = kept;
}

void nd_trace_add(nd_trace *t, double loss, const double *theta)
{
    uint64_t step = t->given++;

    if (t->count && t->step[t->count - 1] % t->stride != 0) t->count--; /* it was only the last */
    if (t->count == t->room) drop_half(t);
    t->step[t->count] = step;
    t->loss[t->count] = loss;
    memcpy(t->theta + t->count * t->P, theta, t->P * sizeof *theta);
    t->count++;
}

/* ---- files --------------------------------------------------------------------------------- */

static void put_bits(nd_buf *b, uint64_t bits)
{
    char byte[8];

    for (int k = 0; k < 8; k++) byte[k] = (char)(bits >> (8 * k) & 255);
    nd_buf_add(b, byte, 8);
}

static void put_real(nd_buf *b, double x)
{
    uint64_t bits;

    memcpy(&bits, &x, sizeof bits);
    put_bits(b, bits);
}

nd_status nd_trace_save(nd_ctx *ctx, const nd_trace *t, const char *file)
{
    nd_buf b = nd_buf_make(ctx);

    nd_buf_printf(&b, MAGIC "%zu %zu %zu %s\n", t->P, t->count, t->d, t->net);
    for (size_t k = 0; k < t->count; k++) {
        put_bits(&b, t->step[k]);
        put_real(&b, t->loss[k]);
        for (size_t i = 0; i < t->P; i++) put_real(&b, t->theta[k * t->P + i]);
    }
    nd_status status = nd_buf_status(&b);
    if (status == ND_OK) status = nd_file_write(ctx, file, b.data, b.size);
    nd_buf_free(&b);
    return status;
}

static uint64_t take_bits(const unsigned char *p)
{
    uint64_t bits = 0;

    for (int k = 7; k >= 0; k--) bits = bits << 8 | p[k];
    return bits;
}

static double take_real(const unsigned char *p)
{
    uint64_t bits = take_bits(p);
    double x;

    memcpy(&x, &bits, sizeof x);
    return x;
}

/* A number of at most 9 digits and the blank after it. */
static const char *take_count(const char *s, const char *end, size_t *out)
{
    const char *from = s;

    for (*out = 0; s < end && *s >= '0' && *s <= '9' && s - from < 9; s++)
        *out = *out * 10 + (size_t)(*s - '0');
    return s > from && s < end && *s == ' ' ? s + 1 : NULL;
}

typedef struct {
    size_t P, count, d;
    char net[HEADER_MAX];
    const unsigned char *points;
} header;

static bool read_header(const char *s, const char *end, header *h)
{
    size_t magic = strlen(MAGIC), size = (size_t)(end - s);
    const char *stop = memchr(s, '\n', size < HEADER_MAX ? size : HEADER_MAX);

    if (!stop || (size_t)(stop - s) < magic || memcmp(s, MAGIC, magic) != 0) return false;
    s = take_count(s + magic, stop, &h->P);
    if (s) s = take_count(s, stop, &h->count);
    if (s) s = take_count(s, stop, &h->d);
    if (!s || memchr(s, '\0', (size_t)(stop - s))) return false;
    memcpy(h->net, s, (size_t)(stop - s));
    h->net[stop - s] = '\0';
    h->points = (const unsigned char *)stop + 1;
    return true;
}

static nd_status take_points(nd_ctx *ctx, const char *name, const header *h, nd_trace *t)
{
    const unsigned char *p = h->points;

    for (size_t k = 0; k < h->count; k++) {
        t->step[k] = take_bits(p);
        t->loss[k] = take_real(p + 8);
        for (size_t i = 0; i < t->P; i++) {
            double x = take_real(p + 16 + 8 * i);
            if (!isfinite(x))
                return nd_fail(ctx, ND_EINPUT, "%s: point %zu: parameter %zu is not finite", name,
                               k + 1, i + 1);
            t->theta[k * t->P + i] = x;
        }
        p += 8 * (t->P + 2);
    }
    t->count = h->count;
    t->given = t->step[t->count - 1];
    t->given += t->given < UINT64_MAX;
    return ND_OK;
}

nd_status nd_trace_parse(nd_ctx *ctx, const char *name, const void *bytes, size_t size,
                         nd_trace **out)
{
    header h;
    nd_net *net = NULL;
    nd_trace *t = NULL;
    nd_status status;

    if (!read_header(bytes, (const char *)bytes + size, &h))
        return nd_fail(ctx, ND_EINPUT, "%s: no trace of nadir: expected '" MAGIC "...' in line 1",
                       name);
    size_t left = size - (size_t)((const char *)h.points - (const char *)bytes);
    if (h.P == 0 || h.count == 0 || left % 8 != 0 || left / 8 % (h.P + 2) != 0 ||
        left / 8 / (h.P + 2) != h.count)
        return nd_fail(ctx, ND_EINPUT, "%s: expected %zu points of %zu parameters, found %zu bytes",
                       name, h.count, h.P, left);
    ND_TRY(nd_net_parse(ctx, h.net, h.d, &net));
    if (net->P != h.P)
        ND_TRY(nd_fail(ctx, ND_EINPUT, "%s: %s on %zu features has %zu parameters, not %zu", name,
                       h.net, h.d, net->P, h.P));
    if (h.count > room_for(net))
        ND_TRY(nd_fail(ctx, ND_EINPUT, "%s: %zu points; a trace has %zu at most", name, h.count,
                       room_for(net)));
    ND_TRY(make(ctx, net, h.count, &t));
    ND_TRY(take_points(ctx, name, &h, t));
    *out = t;
    t = NULL;
done:
    nd_trace_destroy(ctx, t);
    nd_net_destroy(ctx, net);
    return status;
}

nd_status nd_trace_load(nd_ctx *ctx, const char *file, nd_trace **out)
{
    char *bytes;
    size_t size;
    nd_status status = nd_file_read(ctx, file, 2 * ND_TRACE_BYTES, &bytes, &size);

    if (status != ND_OK) return status;
    status = nd_trace_parse(ctx, file, bytes, size, out);
    nd_free(ctx, bytes);
    return status;
}
