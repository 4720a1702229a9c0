/* nadir data DATA: describes, converts, generates. */
#include "cli/cli.h"

#include <math.h>
#include <string.h>

/* Sums over the columns; the zeros of sparse data count. */
typedef struct {
    double *lo, *hi, *sum, *square;
    size_t *seen;
} columns;

static nd_status columns_create(nd_ctx *ctx, size_t d, columns *s)
{
    double *block = ND_NEW0(ctx, double, 4 * d);

    s->seen = block ? ND_NEW0(ctx, size_t, d) : NULL;
    if (!s->seen) {
        nd_free(ctx, block);
        return ND_EMEM;
    }
    s->lo = block;
    s->hi = block + d;
    s->sum = block + 2 * d;
    s->square = block + 3 * d;
    return ND_OK;
}

static void columns_free(nd_ctx *ctx, columns *s)
{
    nd_free(ctx, s->lo);
    nd_free(ctx, s->seen);
}

static void add(columns *s, size_t k, double x)
{
    if (s->seen[k]++ == 0) s->lo[k] = s->hi[k] = x;
    if (x < s->lo[k]) s->lo[k] = x;
    if (x > s->hi[k]) s->hi[k] = x;
    s->sum[k] += x;
}

static void scan(const nd_table *t, columns *s)
{
    for (size_t i = 0; i < t->n && t->x; i++)
        for (size_t k = 0; k < t->d; k++) add(s, k, t->x[i * t->d + k]);
    for (size_t p = 0; t->row && p < t->row[t->n]; p++) add(s, t->col[p], t->val[p]);
    for (size_t k = 0; k < t->d; k++)
        if (s->seen[k] < t->n) { /* a zero that its row leaves out */
            s->lo[k] = fmin(s->lo[k], 0.0);
            s->hi[k] = fmax(s->hi[k], 0.0);
        }
}

/* Squared deviations from the column means, in a second pass: no cancellation. */
static void scan_squares(const nd_table *t, columns *s)
{
    double n = (double)t->n;

    for (size_t k = 0; k < t->d; k++) { /* the zeros that sparse rows leave out */
        double mean = s->sum[k] / n;
        s->square[k] = (n - (double)s->seen[k]) * mean * mean;
    }
    for (size_t i = 0; i < t->n && t->x; i++)
        for (size_t k = 0; k < t->d; k++) {
            double e = t->x[i * t->d + k] - s->sum[k] / n;
            s->square[k] += e * e;
        }
    for (size_t p = 0; t->row && p < t->row[t->n]; p++) {
        double e = t->val[p] - s->sum[t->col[p]] / n;
        s->square[t->col[p]] += e * e;
    }
}

/* Range of the features, constant ones, and how unequal their spreads are. */
static nd_status say_features(cli *c, const nd_table *t)
{
    columns s;
    double lo = INFINITY, hi = -INFINITY, narrow = INFINITY, wide = 0;
    size_t constant = 0;

    if (t->d == 0 || t->n == 0) return ND_OK;
    nd_status status = columns_create(c->ctx, t->d, &s);
    if (status != ND_OK) return status;
    scan(t, &s);
    scan_squares(t, &s);
    for (size_t k = 0; k < t->d; k++) {
        double sd = sqrt(s.square[k] / (double)t->n);
        lo = fmin(lo, s.lo[k]);
        hi = fmax(hi, s.hi[k]);
        constant += s.lo[k] == s.hi[k];
        if (s.lo[k] == s.hi[k]) continue;
        narrow = fmin(narrow, sd);
        wide = fmax(wide, sd);
    }
    columns_free(c->ctx, &s);
    cli_line(c, "range",
             "features from %.6g to %.6g; %zu constant; standard deviations %.3g to %.3g%s", lo, hi,
             constant, constant < t->d ? narrow : 0.0, wide,
             wide > 100 * narrow ? " (train with --scale standard, the default)" : "");
    json_t *j = cli_section(c, "range");
    cli_put_real(c, j, "min", lo);
    cli_put_real(c, j, "max", hi);
    cli_put_count(c, j, "constant", constant);
    cli_put_real(c, j, "sd_min", narrow);
    cli_put_real(c, j, "sd_max", wide);
    return ND_OK;
}

static nd_status say_duplicates(cli *c, const nd_table *t)
{
    nd_duplicates dup;

    if (!t->y) return ND_OK;
    nd_status status = nd_duplicates_count(c->ctx, t, &dup);
    if (status != ND_OK) return status;
    cli_line(c, "repeats", "%zu distinct sample%s, %zu duplicate%s", dup.distinct,
             nd_plural(dup.distinct), dup.duplicates, nd_plural(dup.duplicates));
    if (dup.contradictory)
        cli_answer(c, "bound",
                   "%zu feature vector%s both labels: every classifier makes >= %zu error%s",
                   dup.contradictory, dup.contradictory == 1 ? " carries" : "s carry",
                   dup.min_errors, nd_plural(dup.min_errors));
    else
        cli_answer(c, "bound", "no feature vector carries both labels: 0 errors are possible");
    json_t *j = cli_section(c, "duplicates");
    cli_put_count(c, j, "distinct", dup.distinct);
    cli_put_count(c, j, "duplicates", dup.duplicates);
    cli_put_count(c, j, "contradictory", dup.contradictory);
    cli_put_count(c, j, "min_errors", dup.min_errors);
    return ND_OK;
}

static nd_status describe(cli *c, const nd_table *t)
{
    nd_status status;
    size_t stored = t->row ? t->row[t->n] : 0;

    cli_say_data(c, t, "", "");
    if (t->note && *t->note) cli_line(c, "note", "%s", t->note);
    if (t->row)
        cli_line(c, "sparse", "%zu entries stored, %.3g %% of all", stored,
                 100.0 * (double)stored / fmax(1.0, (double)t->n * (double)t->d));
    ND_TRY(say_features(c, t));
    ND_TRY(say_duplicates(c, t));
done:
    return status;
}

static void list(cli *c, const char *title, const char *key, const nd_named *row)
{
    json_t *rows = cli_section(c, key);

    if (!c->args.quiet || !c->json) fprintf(c->text, "%s:\n", title);
    for (; row->name; row++) {
        if (!c->args.quiet || !c->json) fprintf(c->text, "  %-12s %s\n", row->name, row->help);
        cli_put_text(c, rows, row->name, row->help);
    }
}

static cli_exit run(cli *c)
{
    nd_table *t = NULL;
    nd_status status = ND_OK;
    const char *source = c->args.operand[0];
    nd_read_options opt = {.label = c->args.label,
                           .positive = c->args.positive,
                           .format = c->args.format,
                           .unlabelled = c->args.unlabelled};

    if (c->args.list) {
        list(c, "formats", "formats", nd_table_formats());
        list(c, "generators (gen:NAME,key=value,...)", "generators", nd_table_generators());
        return CLI_DONE;
    }
    if (c->args.output) ND_TRY(cli_check_output(c->ctx, c->args.output, source, NULL));
    ND_TRY(nd_table_read(c->ctx, source, &opt, &t));
    if (c->args.output) ND_TRY(nd_table_write(c->ctx, t, c->args.output, NULL));
    ND_TRY(describe(c, t));
    if (c->args.output) {
        cli_line(c, "wrote", "%s", c->args.output);
        cli_put_text(c, c->json, "wrote", c->args.output);
    }
done:
    nd_table_destroy(c->ctx, t);
    return status == ND_OK ? CLI_DONE : cli_fail(c, status);
}

static const cli_example examples[] = {
    {"describe", "nadir data data/wdbc.csv --positive M"},
    {"convert", "nadir data data/wdbc.csv --positive M -o wdbc.svm"},
    {"generate", "nadir data gen:moons,n=200,noise=0.1,seed=1 -o moons.csv"},
    {"what can be read and generated", "nadir data --list"},
    {NULL, NULL},
};

const cli_command cli_data = {
    .name = "data",
    .operands = "DATA",
    .least = 1,
    .most = 1,
    .summary = "describe, convert or generate data",
    .details = "DATA is a file (its format is known by its name; .gz after it is fine) or a "
               "generator gen:NAME,key=value,... . Says how many samples, features and labels "
               "there are, how the features are scaled, and how many errors every classifier must "
               "make because equal samples carry both labels. With -o the samples, unscaled and "
               "with the labels +1 and -1, are written in the format of the name of FILE.",
    .options = "output list label positive unlabelled format json quiet",
    .example = examples,
    .run = run,
};
