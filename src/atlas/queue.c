/* The tasks of the rounds: open (state 0), taken (1), done (2). */
#include "atlas/atlas.h"

#include "base/memory.h"

#include <math.h>

nd_status nd_queue_standing(nd_db *d, nd_standing *out)
{
    sqlite3_stmt *s = NULL;
    bool row;
    nd_status status;

    ND_TRY(nd_db_prepare(d,
                         "SELECT round, finished, "
                         "(SELECT count(*) FROM ask WHERE state < 2 AND state = 0), "
                         "(SELECT count(*) FROM ask WHERE state < 2 AND state = 1) FROM state",
                         &s));
    ND_TRY(nd_db_step(d, s, &row));
    if (!row) ND_TRY(nd_db_damaged(d, "it has no state"));
    *out = (nd_standing){sqlite3_column_int64(s, 0), sqlite3_column_int(s, 1),
                         sqlite3_column_int64(s, 2), sqlite3_column_int64(s, 3)};
done:
    sqlite3_finalize(s);
    return status;
}

nd_status nd_queue_set(nd_db *d, int64_t round, int finished)
{
    sqlite3_stmt *s = NULL;
    nd_status status;

    ND_TRY(nd_db_prepare(d, "UPDATE state SET round = ?, finished = ?", &s));
    ND_TRY(nd_db_bind_int(d, s, 1, round));
    ND_TRY(nd_db_bind_int(d, s, 2, finished));
    ND_TRY(nd_db_run(d, s));
done:
    sqlite3_finalize(s);
    return status;
}

/* ---- adding ---------------------------------------------------------------------------------- */

nd_status nd_queue_begin(nd_db *d, int64_t round, nd_queue_adder *q)
{
    nd_status status;

    *q = (nd_queue_adder){.d = d, .round = round};
    ND_TRY(nd_db_integer(d, "SELECT coalesce(max(id), 0) + 1 FROM ask", &q->next));
    ND_TRY(nd_db_prepare(d,
                         "INSERT INTO ask(id, round, kind, scale, mode, side, wanted, a, b) "
                         "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)",
                         &q->s));
done:
    return status;
}

static nd_status bind_if(nd_db *d, sqlite3_stmt *s, int at, bool there, int64_t x)
{
    if (there) return nd_db_bind_int(d, s, at, x);
    return nd_db_bind_text(d, s, at, NULL);
}

nd_status nd_queue_add(nd_queue_adder *q, const nd_task *t)
{
    bool follow = t->kind == ND_ASK_FOLLOW;
    nd_db *d = q->d;
    nd_status status;

    ND_TRY(nd_db_bind_int(d, q->s, 1, q->next));
    ND_TRY(nd_db_bind_int(d, q->s, 2, q->round));
    ND_TRY(nd_db_bind_text(d, q->s, 3, nd_ask_name(t->kind)));
    ND_TRY(nd_db_bind_real(d, q->s, 4, t->scale));
    ND_TRY(bind_if(d, q->s, 5, follow, t->mode));
    ND_TRY(bind_if(d, q->s, 6, follow || t->kind == ND_ASK_DOWN, t->side));
    ND_TRY(bind_if(d, q->s, 7, follow || t->kind == ND_ASK_PAIR, t->index));
    ND_TRY(bind_if(d, q->s, 8, t->a != 0, t->a));
    ND_TRY(bind_if(d, q->s, 9, t->b != 0, t->b));
    ND_TRY(nd_db_run(d, q->s));
    q->next++;
    q->added++;
done:
    return status;
}

void nd_queue_end(nd_queue_adder *q)
{
    sqlite3_finalize(q->s);
    q->s = NULL;
}

/* ---- taking ---------------------------------------------------------------------------------- */

static nd_status read_task(nd_db *d, sqlite3_stmt *s, nd_task *t)
{
    const char *kind = (const char *)sqlite3_column_text(s, 1);

    *t = (nd_task){.id = sqlite3_column_int64(s, 0),
                   .scale = nd_db_real(s, 2),
                   .mode = (long)sqlite3_column_int64(s, 3),
                   .side = sqlite3_column_int(s, 4),
                   .index = (long)sqlite3_column_int64(s, 5),
                   .a = sqlite3_column_int64(s, 6),
                   .b = sqlite3_column_int64(s, 7)};
    if (t->id < 1 || !kind || !nd_find_ask(kind, &t->kind))
        return nd_db_damaged(d, "trial %lld is of kind '%.40s'", (long long)t->id,
                             kind ? kind : "");
    return ND_OK;
}

static nd_status mark(nd_db *d, int64_t owner, const nd_task *task, size_t count)
{
    sqlite3_stmt *s = NULL;
    nd_status status;

    ND_TRY(nd_db_prepare(d, "UPDATE ask SET state = 1, owner = ? WHERE id = ?", &s));
    ND_TRY(nd_db_bind_int(d, s, 1, owner));
    for (size_t k = 0; k < count; k++) {
        ND_TRY(nd_db_bind_int(d, s, 2, task[k].id));
        ND_TRY(nd_db_run(d, s));
    }
done:
    sqlite3_finalize(s);
    return status;
}

nd_status nd_queue_take(nd_db *d, int64_t owner, size_t room, nd_task *task, size_t *count)
{
    sqlite3_stmt *s = NULL;
    bool row;
    nd_status status;

    *count = 0;
    ND_TRY(nd_db_prepare(d,
                         "SELECT id, kind, scale, mode, side, wanted, a, b FROM ask "
                         "WHERE state < 2 AND state = 0 ORDER BY id LIMIT ?",
                         &s));
    ND_TRY(nd_db_bind_int(d, s, 1, (int64_t)room));
    for (;;) {
        ND_TRY(nd_db_step(d, s, &row));
        if (!row || *count == room) break;
        ND_TRY(read_task(d, s, &task[(*count)++]));
    }
    sqlite3_reset(s);
    ND_TRY(mark(d, owner, task, *count));
done:
    sqlite3_finalize(s);
    return status;
}
