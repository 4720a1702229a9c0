/* nadir eval MODEL DATA: the numbers at one point, theta of the model or of a file. */
#include "cli/cli.h"

#include <math.h>
#include <string.h>

#include "base/file.h"

enum { THETA_LIMIT = 1 << 30 }; /* bytes of a parameter file */

static bool separates(char ch)
{
    return ch && strchr(" \t\r\n,;[]\"", ch) != NULL;
}

/* Reads exactly P numbers from text; decimal or hex. */
static nd_status read_numbers(nd_ctx *ctx, const char *file, const char *s, const char *end,
                              size_t P, double *theta)
{
    size_t n = 0, line = 1;

    for (;;) {
        for (; s < end && separates(*s); s++) line += *s == '\n';
        if (s == end) break;
        double x = 0;
        const char *next = nd_number_parse(s, end, true, &x);
        if (!next || !isfinite(x) || (next < end && !separates(*next)))
            return nd_fail(ctx, ND_EINPUT, "%s:%zu: expected a finite number, found '%.*s'", file,
                           line, (int)strcspn(s, " \t\r\n,;[]\""), s);
        if (n == P) return nd_fail(ctx, ND_EDIM, "%s: more than the model's %zu numbers", file, P);
        theta[n++] = x;
        s = next;
    }
    if (n == P) return ND_OK;
    return nd_fail(ctx, ND_EDIM, "%s: %zu numbers, the model has %zu parameters", file, n, P);
}

static nd_status read_theta(cli *c, nd_model *m)
{
    char *bytes;
    size_t size;
    const char *file = c->args.theta;
    nd_status status = nd_file_read(c->ctx, file, THETA_LIMIT, &bytes, &size);

    if (status != ND_OK) return status;
    status = read_numbers(c->ctx, file, bytes, bytes + size, m->net->P, m->theta);
    nd_free(c->ctx, bytes);
    return status;
}

/* ---- output -------------------------------------------------------------------------- */

/* key: n numbers in rows of cols; for people one row a line, for --json an array
 * (of arrays when there is more than one row). */
static void say_array(cli *c, const char *key, size_t rows, size_t cols, const double *x)
{
    if (!c->json) {
        printf("%s\n", key);
        for (size_t r = 0; r < rows; r++)
            for (size_t k = 0; k < cols; k++) {
                char number[32];
                nd_number_format(x[r * cols + k], number);
                printf("%s%c", number, k + 1 < cols ? ' ' : '\n');
            }
        return;
    }
    json_t *array = rows == 1 ? cli_reals(c, cols, x) : json_array();
    for (size_t r = 0; rows > 1 && r < rows; r++)
        if (json_array_append_new(array, cli_reals(c, cols, x + r * cols)) != 0)
            c->no_memory = true;
    cli_put(c, c->json, key, array);
}

/* A number for people that reads back exactly, and its JSON. */
static void say_real(cli *c, const char *label, const char *key, double x)
{
    char number[32];

    nd_number_format(x, number);
    cli_answer(c, label, "%s", number);
    cli_put_real(c, c->json, key, x);
}

static nd_status say_margins(cli *c, const cli_point *p, nd_work *work)
{
    const nd_problem *pb = &p->problem;
    double *m = ND_NEW(c->ctx, double, pb->data->n);
    double least = INFINITY;

    if (!m) return ND_EMEM;
    nd_status status = nd_problem_margins(c->ctx, pb, p->model->theta, work, m);
    if (status == ND_OK) {
        size_t errors = nd_problem_errors(pb, m);
        cli_answer(c, "errors", "%zu of %zu", errors, pb->data->n);
        cli_put_count(c, c->json, "errors", errors);
        for (size_t i = 0; i < pb->data->n; i++)
            if (!(m[i] >= least)) least = m[i]; /* a NaN stays visible */
        say_real(c, "margin", "margin_min", least);
        if (c->args.margins) say_array(c, "margins", 1, pb->data->n, m);
    }
    nd_free(c->ctx, m);
    return status;
}

static double norm2(size_t n, const double *x)
{
    double s = 0;

    for (size_t i = 0; i < n; i++) s = hypot(s, x[i]);
    return s;
}

static nd_status say_gradient(cli *c, const cli_point *p, nd_work *work)
{
    size_t P = p->model->net->P;
    double L, *g = ND_NEW(c->ctx, double, P);

    if (!g) return ND_EMEM;
    nd_status status = nd_problem_grad(c->ctx, &p->problem, p->model->theta, work, &L, g);
    if (status == ND_OK) {
        say_real(c, "value", "value", L);
        say_real(c, "|grad|", "grad_norm", norm2(P, g));
        if (c->args.gradient) say_array(c, "gradient", 1, P, g);
    }
    nd_free(c->ctx, g);
    return status;
}

static nd_status say_hessian(cli *c, const cli_point *p, nd_work *work)
{
    size_t P = p->model->net->P;

    if (P > 0 && P > SIZE_MAX / P)
        return nd_fail(c->ctx, ND_EMEM, "%zu parameters: the Hessian does not fit into memory", P);
    double *H = ND_NEW(c->ctx, double, P *P);
    if (!H) return ND_EMEM;
    nd_status status = nd_problem_hessian(c->ctx, &p->problem, p->model->theta, work, H);
    if (status == ND_OK) say_array(c, "hessian", P, P, H);
    nd_free(c->ctx, H);
    return status;
}

static cli_exit run(cli *c)
{
    cli_point p;
    nd_work *work = NULL;
    nd_status status;

    memset(&p, 0, sizeof p);
    ND_TRY(cli_point_load(c, true, &p));
    if (c->args.theta) ND_TRY(read_theta(c, p.model));
    ND_TRY(nd_work_create(c->ctx, &p.problem, &work));
    cli_say_data(c, p.table, "", "");
    cli_say_net(c, p.model->net);
    cli_say_loss(c, p.model->loss, p.model->l2, p.model->weight_pos);
    cli_put_bool(c, c->json, "training_data", p.same_data);
    ND_TRY(say_gradient(c, &p, work));
    ND_TRY(say_margins(c, &p, work));
    if (c->args.hessian) ND_TRY(say_hessian(c, &p, work));
done:
    nd_work_destroy(c->ctx, work);
    cli_point_free(c, &p);
    return status == ND_OK ? CLI_DONE : cli_fail(c, status);
}

static const cli_example examples[] = {
    {"loss, gradient norm, errors, smallest margin", "nadir eval wdbc.model.json data/wdbc.csv"},
    {"all numbers of a gradient, for another program",
     "nadir eval wdbc.model.json data/wdbc.csv --gradient --margins --json"},
    {NULL, NULL},
};

const cli_command cli_eval = {
    .name = "eval",
    .operands = "MODEL DATA",
    .least = 2,
    .most = 2,
    .summary = "print loss, gradient, Hessian and margins at a point",
    .details = "The point is the model's or, with --theta, your own: for every term of the net, "
               "layer by layer, the weights row by row (one row a neuron), then the biases; then "
               "the term's output weights; last the output bias. DATA are labelled and scaled by "
               "the rules stored in the model, and the model's loss, ridge and class weight apply.",
    .options = "theta gradient hessian margins label positive format threads json quiet",
    .example = examples,
    .run = run,
};
