/* The classes of critical points in memory, and their rows. */
#include "atlas/atlas.h"

#include "base/memory.h"
#include "base/text.h"

#include <math.h>
#include <string.h>

/* Columns of the table point, in the order of the statements below; then the verdict. */
#define COLUMNS                                                                                    \
    "p.id, p.trial, p.minimum, p.family, p.theta, p.found, p.copies, p.spread, p.same, "           \
    "p.nullity, p.idle, p.constant, p.dead, p.symmetry, p.zero_loss, p.unexplained, p.explored, "  \
    "p.descended"
enum { VERDICT_AT = 18 };

nd_status nd_classes_add(nd_classes *c, nd_class **out)
{
    nd_ctx *ctx = c->d->ctx;
    nd_class *k;

    if (c->classes == c->room) {
        size_t room = 2 * c->room + 16;
        nd_class *grown = nd_regrow(ctx, c->class, c->classes, room, sizeof *grown);

        if (!grown) return ND_EMEM;
        c->class = grown;
        c->room = room;
    }
    k = &c->class[c->classes];
    memset(k, 0, sizeof *k);
    k->theta = ND_NEW(ctx, double, c->problem->net->P);
    if (!k->theta) return ND_EMEM;
    k->id = ++c->classes;
    *out = k;
    return ND_OK;
}

void nd_classes_clear(nd_classes *c)
{
    for (size_t k = 0; k < c->classes; k++) nd_free(c->d->ctx, c->class[k].theta);
    nd_free(c->d->ctx, c->class);
    c->class = NULL;
    c->classes = c->room = 0;
}

/* ---- loading --------------------------------------------------------------------------------- */

static nd_status read_counts(nd_db *d, sqlite3_stmt *s, nd_class *k)
{
    size_t *const to[] = {&k->null.nullity,  &k->null.idle,      &k->null.constant,   &k->null.dead,
                          &k->null.symmetry, &k->null.zero_loss, &k->null.unexplained};

    for (int j = 0; j < 7; j++) {
        int64_t n = sqlite3_column_int64(s, 9 + j);
        if (n < 0) return nd_db_damaged(d, "point %zu: %lld null directions", k->id, (long long)n);
        *to[j] = (size_t)n;
    }
    return ND_OK;
}

static nd_status read_class(nd_classes *c, sqlite3_stmt *s)
{
    nd_db *d = c->d;
    size_t P = c->problem->net->P;
    const char *same = (const char *)sqlite3_column_text(s, 8);
    nd_class *k;
    nd_truth truth;
    nd_status status;

    ND_TRY(nd_classes_add(c, &k));
    if (sqlite3_column_int64(s, 0) != (int64_t)k->id || !nd_find_truth(same, &truth))
        ND_TRY(nd_db_damaged(d, "the points are not numbered 1, 2, ..."));
    k->trial = sqlite3_column_int64(s, 1);
    k->minimum = sqlite3_column_int(s, 2) != 0;
    k->family = sqlite3_column_int(s, 3) != 0;
    ND_TRY(nd_db_reals(d, s, 4, P, k->theta));
    for (size_t j = 0; j < P; j++)
        if (!isfinite(k->theta[j])) ND_TRY(nd_db_damaged(d, "point %zu is not finite", k->id));
    k->found = (size_t)sqlite3_column_int64(s, 5);
    k->copies = nd_db_real(s, 6);
    k->spread = nd_db_real(s, 7);
    k->proved_same = truth == ND_PROVED;
    ND_TRY(read_counts(d, s, k));
    k->explored = sqlite3_column_int(s, 16) != 0;
    k->descended = sqlite3_column_int(s, 17) != 0;
    ND_TRY(nd_verdict_read(d, s, VERDICT_AT, &k->verdict));
done:
    return status;
}

static nd_status prepare_load(nd_db *d, sqlite3_stmt **out)
{
    nd_buf b = nd_buf_make(d->ctx);
    char *columns = NULL;
    nd_status status;

    ND_TRY(nd_verdict_list(d->ctx, "a.", &columns));
    nd_buf_printf(&b,
                  "SELECT " COLUMNS ", %s FROM point p JOIN answer a ON a.ask = p.trial "
                  "ORDER BY p.id",
                  columns);
    ND_TRY(nd_buf_status(&b));
    ND_TRY(nd_db_prepare(d, b.data, out));
done:
    nd_free(d->ctx, columns);
    nd_buf_free(&b);
    return status;
}

static nd_status count_tries(nd_classes *c)
{
    nd_db *d = c->d;
    sqlite3_stmt *s = NULL;
    bool row;
    nd_status status;

    ND_TRY(nd_db_prepare(d,
                         "SELECT a.point, count(*) FROM ask k JOIN answer a ON a.ask = k.id "
                         "WHERE k.kind = 'certify' AND a.point IS NOT NULL GROUP BY a.point",
                         &s));
    for (;;) {
        ND_TRY(nd_db_step(d, s, &row));
        if (!row) break;
        int64_t id = sqlite3_column_int64(s, 0);
        if (id < 1 || (size_t)id > c->classes)
            ND_TRY(nd_db_damaged(d, "a trial at point %lld of %zu", (long long)id, c->classes));
        c->class[id - 1].tries = (long)sqlite3_column_int64(s, 1);
    }
done:
    sqlite3_finalize(s);
    return status;
}

nd_status nd_classes_load(nd_db *d, const nd_problem *pb, nd_classes *out)
{
    nd_classes c = {.d = d, .problem = pb};
    sqlite3_stmt *s = NULL;
    bool row;
    int64_t rows;
    nd_status status;

    ND_TRY(prepare_load(d, &s));
    for (;;) {
        ND_TRY(nd_db_step(d, s, &row));
        if (!row) break;
        ND_TRY(read_class(&c, s));
    }
    ND_TRY(count_tries(&c));
    ND_TRY(nd_db_integer(d, "SELECT count(*) FROM point", &rows));
    if (rows != (int64_t)c.classes) ND_TRY(nd_db_damaged(d, "a point without its trial"));
    c.stored = c.classes;
    *out = c;
    c = (nd_classes){.d = d};
done:
    sqlite3_finalize(s);
    nd_classes_clear(&c);
    return status;
}

/* ---- storing --------------------------------------------------------------------------------- */

static nd_status store_class(nd_classes *c, sqlite3_stmt *s, const nd_class *k)
{
    const size_t count[] = {k->null.nullity,  k->null.idle,      k->null.constant,   k->null.dead,
                            k->null.symmetry, k->null.zero_loss, k->null.unexplained};
    nd_db *d = c->d;
    nd_status status;

    ND_TRY(nd_db_bind_int(d, s, 1, (int64_t)k->id));
    ND_TRY(nd_db_bind_int(d, s, 2, k->trial));
    ND_TRY(nd_db_bind_int(d, s, 3, k->minimum));
    ND_TRY(nd_db_bind_int(d, s, 4, k->family));
    ND_TRY(nd_db_bind_reals(d, s, 5, k->theta, c->problem->net->P));
    ND_TRY(nd_db_bind_int(d, s, 6, (int64_t)k->found));
    ND_TRY(nd_db_bind_real(d, s, 7, k->copies));
    ND_TRY(nd_db_bind_real(d, s, 8, k->spread));
    ND_TRY(nd_db_bind_text(d, s, 9, nd_truth_name(k->proved_same ? ND_PROVED : ND_UNKNOWN)));
    for (int j = 0; j < 7; j++) ND_TRY(nd_db_bind_int(d, s, 10 + j, (int64_t)count[j]));
    ND_TRY(nd_db_bind_int(d, s, 17, k->explored));
    ND_TRY(nd_db_bind_int(d, s, 18, k->descended));
    ND_TRY(nd_db_run(d, s));
done:
    return status;
}

nd_status nd_classes_store(nd_classes *c)
{
    sqlite3_stmt *s = NULL;
    nd_status status;

    ND_TRY(nd_db_prepare(c->d,
                         "INSERT OR REPLACE INTO point(id, trial, minimum, family, theta, found, "
                         "copies, spread, same, nullity, idle, constant, dead, symmetry, "
                         "zero_loss, unexplained, explored, descended) VALUES(?, ?, ?, ?, ?, ?, "
                         "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                         &s));
    for (size_t k = 0; k < c->classes; k++) {
        if (!c->class[k].changed && k < c->stored) continue;
        ND_TRY(store_class(c, s, &c->class[k]));
        c->class[k].changed = false;
    }
    c->stored = c->classes;
done:
    sqlite3_finalize(s);
    return status;
}
