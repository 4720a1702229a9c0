/* The survey: data x losses x networks x seeded starts, and how every run ends.
 *
 * The experiment behind the theorems: where one excludes bad minima no run may end in one, and
 * where a condition is missing some do. */
#include <math.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "gallery/survey.h"

#define AT(member) offsetof(nd_survey_settings, member)

const nd_setting nd_survey_table[] = {
    {"net", ND_TEXT, AT(net), 0, 0, 0, "{softplus,relu,tanh}:{1,2,4,8} softplus:2,softplus:2",
     "networks, separated by blanks; {a,b} and {1..4} stand for each in turn"},
    {"loss", ND_TEXT, AT(loss), 0, 0, 0, "polyhinge:3 logistic", "losses, written in the same way"},
    {"l2", ND_REAL, AT(l2), 0, 0, 1e300, NULL, "ridge: adds (LAMBDA/2) |theta|^2 to every loss"},
    {"runs", ND_LONG, AT(runs), 15, 1, 1e6, NULL,
     "seeded starts of every network on every problem"},
    {"start_scale", ND_REAL, AT(scale), 1, 1e-9, 1e9, NULL, "size of the random starts"},
    {"seed", ND_LONG, AT(seed), 1, 0, 9e15, NULL, "seed of the starts"},
    {"time_limit", ND_REAL, AT(time), 1e9, 0, 1e9, NULL,
     "seconds; what is left then can be done later"},
    {NULL, ND_BOOL, 0, 0, 0, 0, NULL, NULL},
};

void nd_survey_init(nd_survey_settings *s)
{
    nd_settings_init(nd_survey_table, s);
}

static const struct {
    const char *name, *title;
} ends[ND_ENDS] = {
    [ND_END_GLOBAL_PROVED] = {"global-proved", "global minimum, proved"},
    [ND_END_GLOBAL] = {"global", "global minimum, numerical"},
    [ND_END_LOCAL] = {"local", "other minimum without errors"},
    [ND_END_BAD_PROVED] = {"bad-proved", "bad minimum, proved"},
    [ND_END_BAD] = {"bad", "bad minimum, numerical"},
    [ND_END_SADDLE] = {"saddle", "saddle"},
    [ND_END_VALLEY] = {"valley", "valley to infinity"},
    [ND_END_UNDECIDED] = {"undecided", "undecided"},
};

const char *nd_end_name(nd_end e)
{
    return ends[e].name;
}

const char *nd_end_title(nd_end e)
{
    return ends[e].title;
}

static nd_status check(nd_ctx *ctx, const nd_survey_settings *s)
{
    if (!s->net || !s->loss) return nd_fail(ctx, ND_EINPUT, "a survey needs networks and losses");
    return nd_settings_check(ctx, nd_survey_table, s);
}

nd_status nd_survey(nd_ctx *ctx, const nd_survey_settings *settings, size_t tables,
                    nd_table *const table[], const char *file, nd_survey_result **out)
{
    double start = nd_seconds();
    nd_survey_work s = {.ctx = ctx, .s = settings, .table = table};
    nd_status status = check(ctx, settings);

    if (status != ND_OK) return status;
    s.r = ND_NEW0(ctx, nd_survey_result, 1);
    if (!s.r) return ND_EMEM;
    s.r->tables = tables;
    s.r->runs = (size_t)settings->runs;
    s.r->l2 = settings->l2;
    s.r->seed = settings->seed;
    if (file) ND_TRY(nd_survey_open(&s, file));
    ND_TRY(nd_survey_set_up(&s));
    nd_survey_count(s.r);
    ND_TRY(nd_survey_carry_out(&s, start));
    nd_survey_count(s.r);
    s.r->seconds = nd_seconds() - start;
    nd_survey_tear_down(&s);
    *out = s.r;
    return ND_OK;
done:
    nd_survey_tear_down(&s);
    nd_survey_result_destroy(ctx, s.r);
    return status;
}

static void free_names(nd_ctx *ctx, size_t count, char **name)
{
    for (size_t k = 0; name && k < count; k++) nd_free(ctx, name[k]);
    nd_free(ctx, name);
}

void nd_survey_result_destroy(nd_ctx *ctx, nd_survey_result *r)
{
    if (!r) return;
    free_names(ctx, r->tables, r->table);
    free_names(ctx, r->losses, r->loss);
    free_names(ctx, r->nets, r->net);
    if (r->cell) nd_free(ctx, r->cell[0].run);
    nd_free(ctx, r->cell);
    nd_free(ctx, r->n);
    nd_free(ctx, r);
}

/* ---- CSV ---------------------------------------------------------------------------------- */

/* Fields with a comma or a quote are quoted. */
static void put_field(nd_buf *b, const char *text)
{
    bool quote = strpbrk(text, ",\"\n") != NULL;

    if (quote) nd_buf_puts(b, "\"");
    for (const char *c = text; *c; c++) {
        if (*c == '"') nd_buf_puts(b, "\"");
        nd_buf_add(b, c, 1);
    }
    nd_buf_puts(b, quote ? "\"," : ",");
}

static void put_number(nd_buf *b, double x)
{
    if (isfinite(x)) nd_buf_number(b, x);
    nd_buf_puts(b, ",");
}

static void put_row(nd_buf *b, const nd_survey_result *r, const nd_survey_cell *cell, size_t k)
{
    const nd_survey_run *run = &cell->run[k];

    put_field(b, r->table[cell->table]);
    put_field(b, r->loss[cell->loss]);
    put_field(b, r->net[cell->net]);
    put_number(b, r->l2);
    nd_buf_printf(b, "%zu,%zu,%zu,%s,%zu,%s,", r->n[cell->table], r->d[cell->table], cell->P,
                  nd_truth_name(cell->theory), k, nd_end_name(run->end));
    put_number(b, run->loss);
    nd_buf_printf(b, "%zu,", run->errors);
    put_number(b, run->grad);
    put_number(b, run->norm);
    put_number(b, run->lambda_min);
    nd_buf_printf(b, "%ld,%zu,%ld,%s,%ld,%ld\n", run->index, run->active, run->escaped,
                  run->cert ? run->cert : "", run->evaluations, run->hessians);
}

nd_status nd_survey_write_csv(nd_ctx *ctx, const nd_survey_result *r, const char *file)
{
    nd_buf b = nd_buf_make(ctx);
    nd_status status;

    nd_buf_puts(&b, "data,loss,net,l2,samples,features,parameters,theory,run,end,value,errors,"
                    "grad,norm,lambda_min,negative,active,escaped,certificate,evaluations,"
                    "hessians\n");
    for (size_t k = 0; k < r->cells; k++)
        for (size_t run = 0; run < r->runs; run++)
            if (r->cell[k].run[run].done) put_row(&b, r, &r->cell[k], run);
    status = nd_buf_status(&b);
    if (status == ND_OK) status = nd_file_write(ctx, file, b.data, b.size);
    nd_buf_free(&b);
    return status;
}
