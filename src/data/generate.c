/* The table of generators: "NAME,key=value,..." to a table. */
#include "data/generators.h"

#include <stdio.h>
#include <string.h>

#define GENERATORS(ROW)                                                                            \
    ROW(xor, "n noise seed: the corners of a square, + on one diagonal, - on the other")           \
    ROW(between, "n noise seed: -1:+ 0:- 1:+ on a line")                                           \
    ROW(moons, "n noise seed: two half circles that reach into each other")                        \
    ROW(circles, "n noise factor seed: a circle of radius factor (+) inside one of radius 1 (-)")  \
    ROW(spirals, "n turns noise seed: two spirals")                                                \
    ROW(parity, "d n seed: 0/1 vectors, + when the number of ones is odd; n=0: all 2^d")           \
    ROW(separable, "n d margin seed: linearly separable by a plane through 0, with this margin")   \
    ROW(subspaces, "n d seed: each class in coordinates of its own (both subspace conditions)")    \
    ROW(noise, "n d seed: normal features, labels that have nothing to do with them")

#define NAMED_ROW(name, help) {#name, help},
#define CODE_ROW(name, help)  {nd_gen_##name##_table, nd_gen_##name},

static const nd_named named[] = {GENERATORS(NAMED_ROW){NULL, NULL}};

static const struct {
    const nd_setting *table;
    nd_generator make;
} code[] = {GENERATORS(CODE_ROW)};

#define COUNT (sizeof code / sizeof *code)

const nd_named *nd_table_generators(void)
{
    return named;
}

static nd_status unknown(nd_ctx *ctx, const char *name)
{
    const char *names[COUNT], *close;
    nd_buf known = nd_buf_make(ctx);
    char shown[ND_SHOWN];
    nd_status status;

    for (size_t g = 0; g < COUNT; g++) {
        names[g] = named[g].name;
        nd_buf_printf(&known, "%s%s", g ? ", " : "", names[g]);
    }
    close = nd_text_closest(name, names, COUNT);
    status = nd_buf_status(&known);
    if (status == ND_OK)
        status = nd_fail(ctx, ND_ENAME, "unknown generator %s%s%s; known: %s",
                         nd_show(name, strlen(name), shown), close ? ", did you mean " : "",
                         close ? close : "", known.data);
    nd_buf_free(&known);
    return status;
}

static nd_status find(nd_ctx *ctx, const char *name, size_t *out)
{
    for (size_t g = 0; g < COUNT; g++) {
        if (strcmp(name, named[g].name) != 0) continue;
        *out = g;
        return ND_OK;
    }
    return unknown(ctx, name);
}

/* Sets what the comma-separated key=value list says; the list is cut up. */
static nd_status parameters(nd_ctx *ctx, const nd_setting *table, char *list, nd_gen *g)
{
    nd_status status = ND_OK;
    char shown[ND_SHOWN];

    while (list && *list) {
        char *next = strchr(list, ','), *equals;
        if (next) *next++ = '\0';
        equals = strchr(list, '=');
        if (!equals)
            return nd_fail(ctx, ND_EINPUT, "found %s, expected key=value",
                           nd_show(list, strlen(list), shown));
        *equals = '\0';
        ND_TRY(nd_settings_set(ctx, table, g, list, equals + 1));
        list = next;
    }
done:
    return status;
}

/* All settings of generator name; a message begins with that name. */
static nd_status settings(nd_ctx *ctx, const char *name, const nd_setting *table, char *list,
                          nd_gen *g)
{
    char said[256];
    nd_status status;

    nd_settings_init(table, g);
    status = parameters(ctx, table, list, g);
    if (status == ND_OK) status = nd_settings_check(ctx, table, g);
    if (status == ND_OK || status == ND_EMEM) return status;
    snprintf(said, sizeof said, "%s", nd_errmsg(ctx));
    return nd_fail(ctx, status, "gen:%s: %s", name, said);
}

static nd_status describe(nd_ctx *ctx, const char *gen, nd_table *t)
{
    nd_buf b = nd_buf_make(ctx);
    nd_status status;

    nd_buf_printf(&b, "gen:%s", gen);
    ND_TRY(nd_buf_status(&b));
    ND_TRY(nd_set_text(ctx, &t->source, b.data));
    ND_TRY(nd_set_text(ctx, &t->positive, "1"));
    ND_TRY(nd_set_text(ctx, &t->negative, "-1"));
    ND_TRY(nd_set_text(ctx, &t->label_name, "label"));
    ND_TRY(nd_set_text(ctx, &t->note, "generated"));
    t->feature = ND_NEW0(ctx, char *, t->d);
    if (!t->feature) ND_TRY(ND_EMEM);
    for (size_t k = 0; k < t->d; k++) {
        b.size = 0;
        nd_buf_printf(&b, "x%zu", k + 1);
        ND_TRY(nd_buf_status(&b));
        ND_TRY(nd_set_text(ctx, &t->feature[k], b.data));
    }
done:
    nd_buf_free(&b);
    return status;
}

/* 8 GiB, the limit of files, too. */
#define MOST_ENTRIES ((size_t)1 << 30)

static nd_status allocate(nd_ctx *ctx, nd_table *t, size_t n, size_t d)
{
    if (n > MOST_ENTRIES / d)
        return nd_fail(ctx, ND_ERANGE, "generator: %zu x %zu entries, expected at most %zu", n, d,
                       MOST_ENTRIES);
    t->n = n;
    t->d = d;
    t->x = ND_NEW0(ctx, double, n *d);
    t->y = ND_NEW(ctx, double, n);
    return t->x && t->y ? ND_OK : ND_EMEM;
}

nd_status nd_table_generate(nd_ctx *ctx, const char *gen, nd_table **out)
{
    char *text = nd_strdup(ctx, gen), *list;
    nd_table *t = nd_table_new(ctx);
    nd_gen g = {0};
    size_t row = 0;
    nd_status status = text && t ? ND_OK : ND_EMEM;

    ND_TRY(status);
    list = strchr(text, ',');
    if (list) *list++ = '\0';
    ND_TRY(find(ctx, text, &row));
    ND_TRY(settings(ctx, text, code[row].table, list, &g));
    code[row].make(&g, NULL);
    ND_TRY(allocate(ctx, t, (size_t)g.n, (size_t)g.d));
    code[row].make(&g, t);
    ND_TRY(nd_check_finite(ctx, "generator", t));
    if (!nd_table_count(t, 1.0) || !nd_table_count(t, -1.0))
        ND_TRY(nd_fail(ctx, ND_ERANGE, "gen:%s: all %zu rows are of one class", gen, t->n));
    ND_TRY(describe(ctx, gen, t));
    *out = t;
    t = NULL;
done:
    nd_free(ctx, text);
    nd_table_destroy(ctx, t);
    return status;
}
