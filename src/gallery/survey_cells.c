/* The cells of a survey: data sets x losses x networks, and what the theorems say of each. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "gallery/survey.h"

#define THEORY_TIME 5.0 /* seconds for the conditions of one cell */

/* ---- lists ------------------------------------------------------------------------------------ */

/* Is text the last of words 0 .. count and not among those before? */
static bool is_new(char **word, size_t count, const char *text)
{
    for (size_t k = 0; k < count; k++)
        if (strcmp(word[k], text) == 0) return false;
    return true;
}

static nd_status new_names(nd_ctx *ctx, size_t count, char ***out)
{
    *out = ND_NEW0(ctx, char *, count);
    return *out ? ND_OK : ND_EMEM;
}

static nd_status copy_name(nd_ctx *ctx, const char *text, char **out)
{
    *out = nd_strdup(ctx, text);
    return *out ? ND_OK : ND_EMEM;
}

/* Losses by their canonical names, each once. */
static nd_status set_losses(nd_survey_work *s, const nd_words *w)
{
    nd_survey_result *r = s->r;
    nd_status status;

    ND_TRY(new_names(s->ctx, w->count, &r->loss));
    s->loss = ND_NEW(s->ctx, nd_loss, w->count);
    if (!s->loss) return ND_EMEM;
    for (size_t k = 0; k < w->count; k++) {
        char spec[32];
        nd_loss loss;

        ND_TRY(nd_loss_parse(s->ctx, w->word[k], &loss));
        nd_loss_spec(loss, spec);
        if (!is_new(r->loss, r->losses, spec)) continue;
        s->loss[r->losses] = loss;
        ND_TRY(copy_name(s->ctx, spec, &r->loss[r->losses]));
        r->losses++;
    }
done:
    return status;
}

/* Networks by their canonical names, each once, on every table. */
static nd_status set_nets(nd_survey_work *s, const nd_words *w)
{
    nd_survey_result *r = s->r;
    nd_net *net = NULL;
    nd_status status;

    ND_TRY(new_names(s->ctx, w->count, &r->net));
    s->net = ND_NEW0(s->ctx, nd_net *, w->count * r->tables);
    if (!s->net) return ND_EMEM;
    for (size_t k = 0; k < w->count; k++) {
        ND_TRY(nd_net_parse(s->ctx, w->word[k], s->table[0]->d, &net));
        if (is_new(r->net, r->nets, net->spec)) {
            ND_TRY(copy_name(s->ctx, net->spec, &r->net[r->nets]));
            r->nets++;
        }
        nd_net_destroy(s->ctx, net);
        net = NULL;
    }
    for (size_t t = 0; t < r->tables; t++)
        for (size_t k = 0; k < r->nets; k++)
            ND_TRY(nd_net_parse(s->ctx, r->net[k], s->table[t]->d, &s->net[t * r->nets + k]));
done:
    nd_net_destroy(s->ctx, net);
    return status;
}

static nd_status set_tables(nd_survey_work *s)
{
    nd_survey_result *r = s->r;
    nd_status status;

    ND_TRY(new_names(s->ctx, r->tables, &r->table));
    r->n = ND_NEW(s->ctx, size_t, 2 * r->tables);
    s->sha = nd_calloc(s->ctx, r->tables, sizeof *s->sha);
    if (!r->n || !s->sha) return ND_EMEM;
    r->d = r->n + r->tables;
    for (size_t t = 0; t < r->tables; t++) {
        ND_TRY(copy_name(s->ctx, s->table[t]->source ? s->table[t]->source : "", &r->table[t]));
        ND_TRY(nd_table_sha256(s->ctx, s->table[t], s->sha[t]));
        for (size_t k = 0; k < t; k++)
            if (strcmp(s->sha[k], s->sha[t]) == 0)
                ND_TRY(nd_fail(s->ctx, ND_EINPUT, "%s and %s are the same data", r->table[k],
                               r->table[t]));
        r->n[t] = s->table[t]->n;
        r->d[t] = s->table[t]->d;
    }
done:
    return status;
}

static nd_status set_lists(nd_survey_work *s)
{
    nd_words nets = {0, NULL}, losses = {0, NULL};
    nd_status status;

    ND_TRY(nd_words_add(s->ctx, "--net", s->s->net, false, &nets));
    ND_TRY(nd_words_add(s->ctx, "--loss", s->s->loss, false, &losses));
    if (nets.count == 0 || losses.count == 0 || s->r->tables == 0)
        ND_TRY(nd_fail(s->ctx, ND_EINPUT, "a survey needs a network, a loss and data"));
    ND_TRY(set_tables(s));
    ND_TRY(set_losses(s, &losses));
    ND_TRY(set_nets(s, &nets));
done:
    nd_words_clear(s->ctx, &losses);
    nd_words_clear(s->ctx, &nets);
    return status;
}

/* ---- cells -------------------------------------------------------------------------------------- */

static nd_status ask_theory(nd_survey_work *s, size_t k)
{
    nd_survey_cell *cell = &s->r->cell[k];
    nd_theory *t = NULL;
    nd_status status = nd_theory_check(s->ctx, &s->problem[k], THEORY_TIME, true, &t);

    if (status != ND_OK) return status;
    cell->theory = t->truth;
    memcpy(cell->headline, t->headline, sizeof cell->headline);
    nd_theory_destroy(s->ctx, t);
    return ND_OK;
}

static nd_status set_cell(nd_survey_work *s, size_t k)
{
    nd_survey_result *r = s->r;
    nd_survey_cell *cell = &r->cell[k];
    bool found = false;
    nd_net *net;
    nd_status status;

    *cell = (nd_survey_cell){.table = k / (r->losses * r->nets),
                             .loss = k / r->nets % r->losses,
                             .net = k % r->nets,
                             .run = r->cell[0].run + k * r->runs};
    net = s->net[cell->table * r->nets + cell->net];
    cell->P = net->P;
    ND_TRY(nd_problem_make(s->ctx, net, s->table[cell->table], s->loss[cell->loss], s->s->l2,
                           &s->problem[k]));
    if (s->d) ND_TRY(nd_survey_load(s, k, &found));
    if (found) return ND_OK;
    ND_TRY(ask_theory(s, k));
    if (s->d) ND_TRY(nd_survey_add_cell(s, k));
done:
    return status;
}

nd_status nd_survey_set_up(nd_survey_work *s)
{
    nd_survey_result *r = s->r;
    nd_survey_run *run;
    nd_status status;

    ND_TRY(set_lists(s));
    r->cells = r->tables * r->losses * r->nets;
    r->cell = ND_NEW0(s->ctx, nd_survey_cell, r->cells);
    run = ND_NEW0(s->ctx, nd_survey_run, r->cells * r->runs);
    if (r->cell) r->cell[0].run = run;
    s->row = ND_NEW0(s->ctx, int64_t, r->cells);
    s->problem = ND_NEW(s->ctx, nd_problem, r->cells);
    s->state = nd_calloc(s->ctx, r->cells * r->runs, sizeof *s->state);
    if (!r->cell || !run || !s->row || !s->problem || !s->state) {
        if (!r->cell) nd_free(s->ctx, run);
        return ND_EMEM;
    }
    if (s->d) ND_TRY(nd_db_begin(s->d));
    for (size_t k = 0; k < r->cells && status == ND_OK; k++)
        status = nd_cancelled(s->ctx) ? ND_ECANCEL : set_cell(s, k);
    if (s->d) status = nd_db_end(s->d, status);
done:
    return status;
}

void nd_survey_tear_down(nd_survey_work *s)
{
    for (size_t k = 0; s->net && k < s->r->tables * s->r->nets; k++)
        nd_net_destroy(s->ctx, s->net[k]);
    nd_db_close(s->d);
    nd_free(s->ctx, s->net);
    nd_free(s->ctx, s->loss);
    nd_free(s->ctx, s->sha);
    nd_free(s->ctx, s->row);
    nd_free(s->ctx, s->problem);
    nd_free(s->ctx, (void *)s->state);
}

/* ---- counting ------------------------------------------------------------------------------------ */

static void count_cell(const nd_survey_result *r, nd_survey_cell *cell)
{
    double n = (double)r->n[cell->table], done;

    cell->rate_mean = cell->loss_mean = 0.0;
    cell->rate_worst = 0.0;
    cell->done = cell->escaped = 0;
    memset(cell->end, 0, sizeof cell->end);
    for (size_t k = 0; k < r->runs; k++) {
        const nd_survey_run *run = &cell->run[k];
        double rate = (double)run->errors / n;

        if (!run->done) continue;
        cell->done++;
        cell->end[run->end]++;
        cell->escaped += run->escaped > 0;
        cell->rate_mean += rate;
        cell->rate_worst = fmax(cell->rate_worst, rate);
        cell->loss_mean += run->loss;
    }
    done = (double)cell->done;
    cell->rate_mean /= done;
    cell->loss_mean /= done;
    if (cell->done == 0) cell->rate_worst = NAN;
    cell->share_bad = (double)(cell->end[ND_END_BAD] + cell->end[ND_END_BAD_PROVED]) / done;
}

void nd_survey_count(nd_survey_result *r)
{
    r->done = r->covered = r->covered_runs = r->covered_bad = r->covered_bad_proved = 0;
    for (size_t k = 0; k < r->cells; k++) {
        nd_survey_cell *cell = &r->cell[k];

        count_cell(r, cell);
        r->done += cell->done;
        if (cell->theory != ND_PROVED) continue;
        r->covered++;
        r->covered_runs += cell->done;
        r->covered_bad += cell->end[ND_END_BAD];
        r->covered_bad_proved += cell->end[ND_END_BAD_PROVED];
    }
}
