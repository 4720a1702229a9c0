/* How the trials ended. */
#include "atlas/atlas.h"

#include "base/memory.h"
#include "base/text.h"

enum { FIRST = 8 }; /* ask, theta, stop, height, evaluations, hessians, seconds, then the verdict */

struct nd_answers {
    nd_db *d;
    size_t P;
    sqlite3_stmt *put, *done;
};

static nd_status prepare_put(nd_answers *a)
{
    nd_ctx *ctx = a->d->ctx;
    nd_buf b = nd_buf_make(ctx);
    char *columns = NULL;
    nd_status status;

    ND_TRY(nd_verdict_list(ctx, "", &columns));
    nd_buf_puts(&b,
                "INSERT INTO answer(ask, theta, stop, height, evaluations, hessians, seconds, ");
    nd_buf_puts(&b, columns);
    nd_buf_puts(&b, ") VALUES(?, ?, ?, ?, ?, ?, ?");
    for (size_t k = 0; k < nd_verdict_columns(); k++) nd_buf_puts(&b, ", ?");
    nd_buf_puts(&b, ")");
    ND_TRY(nd_buf_status(&b));
    ND_TRY(nd_db_prepare(a->d, b.data, &a->put));
done:
    nd_free(ctx, columns);
    nd_buf_free(&b);
    return status;
}

nd_status nd_answers_open(nd_db *d, size_t P, nd_answers **out)
{
    nd_answers *a = ND_NEW0(d->ctx, nd_answers, 1);
    nd_status status;

    if (!a) return ND_EMEM;
    a->d = d;
    a->P = P;
    ND_TRY(prepare_put(a));
    ND_TRY(nd_db_prepare(d, "UPDATE ask SET state = 2, owner = NULL WHERE id = ? AND state < 2",
                         &a->done));
    *out = a;
    a = NULL;
done:
    nd_answers_close(a);
    return status;
}

void nd_answers_close(nd_answers *a)
{
    if (!a) return;
    sqlite3_finalize(a->put);
    sqlite3_finalize(a->done);
    nd_free(a->d->ctx, a);
}

nd_status nd_answers_put(nd_answers *a, int64_t task, const nd_answer *answer)
{
    nd_db *d = a->d;
    nd_status status;

    ND_TRY(nd_db_bind_int(d, a->done, 1, task));
    ND_TRY(nd_db_run(d, a->done));
    if (sqlite3_changes(d->db) == 0) return ND_OK; /* another was faster, with the same answer */
    ND_TRY(nd_db_bind_int(d, a->put, 1, task));
    ND_TRY(nd_db_bind_reals(d, a->put, 2, answer->theta, a->P));
    ND_TRY(nd_db_bind_text(d, a->put, 3, nd_stop_name(answer->stop)));
    ND_TRY(nd_db_bind_real(d, a->put, 4, answer->height));
    ND_TRY(nd_db_bind_int(d, a->put, 5, answer->evaluations));
    ND_TRY(nd_db_bind_int(d, a->put, 6, answer->hessians));
    ND_TRY(nd_db_bind_real(d, a->put, 7, answer->seconds));
    ND_TRY(nd_verdict_bind(d, a->put, FIRST, &answer->verdict));
    ND_TRY(nd_db_run(d, a->put));
done:
    return status;
}

nd_status nd_answers_verdict(nd_db *d, int64_t trial, nd_verdict *v)
{
    nd_buf b = nd_buf_make(d->ctx);
    sqlite3_stmt *s = NULL;
    char *columns = NULL;
    bool row;
    nd_status status;

    ND_TRY(nd_verdict_list(d->ctx, "", &columns));
    nd_buf_printf(&b, "SELECT %s FROM answer WHERE ask = ?", columns);
    ND_TRY(nd_buf_status(&b));
    ND_TRY(nd_db_prepare(d, b.data, &s));
    ND_TRY(nd_db_bind_int(d, s, 1, trial));
    ND_TRY(nd_db_step(d, s, &row));
    if (!row) ND_TRY(nd_db_damaged(d, "trial %lld has no answer", (long long)trial));
    ND_TRY(nd_verdict_read(d, s, 0, v));
done:
    sqlite3_finalize(s);
    nd_free(d->ctx, columns);
    nd_buf_free(&b);
    return status;
}

nd_status nd_answers_theta(nd_db *d, int64_t trial, size_t P, double *theta)
{
    sqlite3_stmt *s = NULL;
    bool row;
    nd_status status;

    ND_TRY(nd_db_prepare(d, "SELECT theta FROM answer WHERE ask = ?", &s));
    ND_TRY(nd_db_bind_int(d, s, 1, trial));
    ND_TRY(nd_db_step(d, s, &row));
    if (!row) ND_TRY(nd_db_damaged(d, "trial %lld has no answer", (long long)trial));
    ND_TRY(nd_db_reals(d, s, 0, P, theta));
done:
    sqlite3_finalize(s);
    return status;
}
