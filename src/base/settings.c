/* Settings by table: defaults, texts and validation from the one row per member. */
#include "base/memory.h"
#include "base/text.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static const nd_setting *find(const nd_setting *table, const char *name)
{
    for (; table->name; table++) {
        const char *a = table->name, *b = name;
        while (*a && (*a == *b || (*a == '_' && *b == '-'))) a++, b++;
        if (!*a && !*b) return table;
    }
    return NULL;
}

/* Number of choices in "a|b|c"; the index of text among them is put in *index
 * (untouched when it is not there). */
static int choices(const char *list, const char *text, int *index)
{
    size_t length = text ? strlen(text) : 0;
    int count = 0;

    for (const char *c = list;; c++) {
        size_t n = strcspn(c, "|");
        if (text && n == length && strncmp(c, text, n) == 0) *index = count;
        count++;
        c += n;
        if (!*c) return count;
    }
}

void nd_settings_init(const nd_setting *table, void *settings)
{
    for (const nd_setting *row = table; row->name; row++) {
        void *member = (char *)settings + row->offset;
        switch (row->type) {
        case ND_BOOL:
            *(bool *)member = row->preset != 0.0;
            break;
        case ND_LONG:
            *(long *)member = (long)row->preset;
            break;
        case ND_REAL:
            *(double *)member = row->preset;
            break;
        case ND_TEXT:
            *(const char **)member = row->text;
            break;
        case ND_CHOICE:
            *(int *)member = (int)row->preset;
            break;
        }
    }
}

/* ---- one member from text --------------------------------------------------- */

static nd_status unknown(nd_ctx *ctx, const nd_setting *table, const char *name)
{
    nd_buf list = nd_buf_make(ctx);
    nd_status status;
    const char *closest = NULL, *names[128];
    size_t n = 0;

    for (const nd_setting *row = table; row->name; row++) {
        nd_buf_printf(&list, "%s%s", n ? ", " : "", row->name);
        if (n < sizeof names / sizeof *names) names[n++] = row->name;
    }
    status = nd_buf_status(&list);
    if (status == ND_OK) {
        closest = nd_text_closest(name, names, n);
        status = nd_fail(ctx, ND_ENAME, "unknown setting '%s'%s%s%s; known: %s", name,
                         closest ? ", did you mean '" : "", closest ? closest : "",
                         closest ? "'?" : "", list.data ? list.data : "none");
    }
    nd_buf_free(&list);
    return status;
}

static nd_status set_bool(nd_ctx *ctx, const nd_setting *row, const char *text, bool *out)
{
    static const char *const no[] = {"false", "no", "off", "0"};
    static const char *const yes[] = {"true", "yes", "on", "1"};

    for (size_t i = 0; i < 4; i++) {
        bool t = nd_text_equal_nocase(text, yes[i]);
        if (!t && !nd_text_equal_nocase(text, no[i])) continue;
        *out = t;
        return ND_OK;
    }
    return nd_fail(ctx, ND_EINPUT, "%s: expected true or false, found '%s'", row->name, text);
}

static nd_status out_of_range(nd_ctx *ctx, const nd_setting *row, double found)
{
    char f[32], lo[32], hi[32];

    nd_number_format(found, f);
    nd_number_format(row->lo, lo);
    nd_number_format(row->hi, hi);
    return nd_fail(ctx, ND_ERANGE, "%s: %s is outside %s to %s", row->name, f, lo, hi);
}

/* Not x < lo || x > hi: NaN is outside, too. */
static bool inside(const nd_setting *row, double x)
{
    return x >= row->lo && x <= row->hi;
}

/* Digits as they stand, else a number with an integral value such as 1e6. */
static bool read_long(const char *text, long *out)
{
    int saved = errno;
    char *end;
    double x;
    bool exact;

    errno = 0;
    *out = strtol(text, &end, 10);
    exact = end != text && !*end && errno == 0;
    errno = saved;
    if (exact) return true;
    if (!nd_number_whole(text, text + strlen(text), &x)) return false;
    if (!(x > (double)LONG_MIN && x < -(double)LONG_MIN) || x != (double)(long)x) return false;
    *out = (long)x;
    return true;
}

static nd_status set_long(nd_ctx *ctx, const nd_setting *row, const char *text, long *out)
{
    long x;
    double far;

    if (!read_long(text, &x)) {
        if (nd_number_whole(text, text + strlen(text), &far) && !inside(row, far))
            return out_of_range(ctx, row, far);
        return nd_fail(ctx, ND_EINPUT, "%s: expected an integer, found '%s'", row->name, text);
    }
    if (!inside(row, (double)x)) return out_of_range(ctx, row, (double)x);
    *out = x;
    return ND_OK;
}

static nd_status set_real(nd_ctx *ctx, const nd_setting *row, const char *text, double *out)
{
    const char *end = text + strlen(text);
    double x;

    /* "inf" is a number where the range allows it: a limit that is no limit. */
    if (!nd_number_whole(text, end, &x) && nd_number_parse(text, end, true, &x) != end)
        return nd_fail(ctx, ND_EINPUT, "%s: expected a number, found '%s'", row->name, text);
    if (!inside(row, x)) return out_of_range(ctx, row, x);
    *out = x;
    return ND_OK;
}

static nd_status set_choice(nd_ctx *ctx, const nd_setting *row, const char *text, int *out)
{
    int index = -1;

    choices(row->text, text, &index);
    if (index < 0)
        return nd_fail(ctx, ND_ENAME, "%s: expected %s, found '%s'", row->name, row->text, text);
    *out = index;
    return ND_OK;
}

nd_status nd_settings_set(nd_ctx *ctx, const nd_setting *table, void *settings, const char *name,
                          const char *text)
{
    const nd_setting *row = find(table, name);
    void *member;

    if (!row) return unknown(ctx, table, name);
    member = (char *)settings + row->offset;
    switch (row->type) {
    case ND_BOOL:
        return set_bool(ctx, row, text, member);
    case ND_LONG:
        return set_long(ctx, row, text, member);
    case ND_REAL:
        return set_real(ctx, row, text, member);
    case ND_CHOICE:
        return set_choice(ctx, row, text, member);
    case ND_TEXT:
        *(const char **)member = text;
        break;
    }
    return ND_OK;
}

/* ---- validation --------------------------------------------------------------- */

static nd_status check_choice(nd_ctx *ctx, const nd_setting *row, int index)
{
    int count = choices(row->text, NULL, NULL);

    if (index >= 0 && index < count) return ND_OK;
    return nd_fail(ctx, ND_ERANGE, "%s: choice %d of %d (%s)", row->name, index, count, row->text);
}

nd_status nd_settings_check(nd_ctx *ctx, const nd_setting *table, const void *settings)
{
    for (const nd_setting *row = table; row->name; row++) {
        const void *member = (const char *)settings + row->offset;
        nd_status status = ND_OK;
        double x;

        if (row->type == ND_CHOICE) status = check_choice(ctx, row, *(const int *)member);
        if (row->type == ND_LONG || row->type == ND_REAL) {
            x = row->type == ND_LONG ? (double)*(const long *)member : *(const double *)member;
            if (!inside(row, x)) status = out_of_range(ctx, row, x);
        }
        if (status != ND_OK) return status;
    }
    return ND_OK;
}
