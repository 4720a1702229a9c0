/* nadir check DATA: which theorem applies, condition by condition. */
#include "cli/check.h"

#include <math.h>
#include <string.h>

/* What is examined: a table and a problem on it, or with --at a model, too. */
typedef struct {
    cli_point at; /* all zero without --at */
    nd_table *table;
    nd_scaler *scaler;
    nd_net *net;
    nd_problem problem;
    nd_theory *theory;
} job;

static void job_free(cli *c, job *b)
{
    nd_theory_destroy(c->ctx, b->theory);
    if (!b->at.table) nd_table_destroy(c->ctx, b->table);
    nd_scaler_destroy(c->ctx, b->scaler);
    nd_net_destroy(c->ctx, b->net);
    cli_point_free(c, &b->at);
}

/* ---- input ------------------------------------------------------------------------------- */

static nd_status load_data(cli *c, job *b)
{
    nd_status status;
    nd_loss loss;
    nd_read_options opt = {
        .label = c->args.label, .positive = c->args.positive, .format = c->args.format};

    ND_TRY(nd_loss_parse(c->ctx, c->args.loss ? c->args.loss : "polyhinge:3", &loss));
    ND_TRY(nd_table_read(c->ctx, c->args.operand[0], &opt, &b->table));
    ND_TRY(nd_net_parse(c->ctx, c->args.net ? c->args.net : "softplus:32", b->table->d, &b->net));
    ND_TRY(nd_scaler_fit(c->ctx, (nd_scale)c->args.scale, b->table, &b->scaler));
    if (b->scaler) ND_TRY(nd_scaler_apply(c->ctx, b->scaler, b->table));
    ND_TRY(nd_problem_make(c->ctx, b->net, b->table, loss, c->args.l2, &b->problem));
done:
    return status;
}

/* The model brings net, loss, ridge and scaling. */
static nd_status load_point(cli *c, job *b)
{
    static const char *const own[] = {"net", "loss", "l2", "scale"};
    const char *data = c->args.operand[0];

    for (size_t k = 0; k < sizeof own / sizeof *own; k++)
        if (cli_given(&c->args, own[k]))
            return nd_fail(c->ctx, ND_EINPUT,
                           "--%s and --at exclude each other: the model has its "
                           "own",
                           own[k]);
    c->args.operand[0] = c->args.at; /* cli_point_load reads MODEL DATA */
    c->args.operand[1] = data;
    nd_status status = cli_point_load(c, true, &b->at);
    c->args.operand[0] = data;
    b->table = b->at.table;
    b->problem = b->at.problem;
    return status;
}

/* ---- the check --------------------------------------------------------------------------- */

static nd_status examine_point(cli *c, job *b)
{
    size_t n = b->table->n;
    double *lo = ND_NEW(c->ctx, double, n), *hi = ND_NEW(c->ctx, double, n);
    const double *theta = b->at.model->theta;
    nd_status status = lo && hi ? ND_OK : ND_EMEM;

    if (status == ND_OK) status = nd_margin_bounds(c->ctx, &b->problem, theta, lo, hi);
    if (status == ND_OK)
        status = nd_theory_at(c->ctx, &b->problem, theta, lo, hi, c->args.train.time, b->theory);
    nd_free(c->ctx, lo);
    nd_free(c->ctx, hi);
    return status;
}

/* ---- lines for people -------------------------------------------------------------------- */

static bool has_single_exp(const nd_net *net)
{
    for (size_t k = 0; k < net->terms; k++) {
        const nd_term *t = &net->term[k];
        if (t->depth == 1 && t->out == 1 && strcmp(t->layer[0].act->name, "exp") == 0) return true;
    }
    return false;
}

/* Not shown: conditions on a point without one, and those that another line implies. */
static bool shown(const job *b, const nd_condition *cond)
{
    const nd_condition *all = b->theory->condition;

    switch (cond->kind->id) {
    case ND_NEEDS_LINEAR_TERM:
        return cond->truth == ND_PROVED;
    case ND_NEEDS_PENALTY:
        return has_single_exp(b->problem.net);
    case ND_NEEDS_NEURON_C1:
        return all[ND_NEEDS_NEURON_C2].truth != ND_PROVED && b->theory->neurons > 0;
    case ND_NEEDS_LOSS_LIPSCHITZ:
        return all[ND_NEEDS_LOSS_C2].truth != ND_PROVED;
    default:
        return cond->kind->id < ND_NEEDS_IDLE || b->theory->point.given;
    }
}

static void say_condition(cli *c, const nd_condition *cond)
{
    const nd_condition_kind *k = cond->kind;

    cli_line(c, check_word(cond->truth), "%s: %s", k->title, cond->value);
    if (cond->truth == ND_REFUTED)
        cli_line(c, "", "  without it %s%s%s%s", k->without, *k->example ? " (gallery: " : "",
                 k->example, *k->example ? ")" : "");
}

/* K+ or K- of Theorem 3, once it is known: " (K+ = 2)". */
static void needed(const nd_theory *r, const nd_theorem *t, char text[32])
{
    bool plus = strcmp(t->kind->name, "3i") == 0, minus = strcmp(t->kind->name, "3ii") == 0;

    text[0] = 0;
    if (plus || minus) snprintf(text, 32, " (K%c = %zu)", plus ? '+' : '-', r->need[plus ? 0 : 1]);
}

static void say_theorem(cli *c, const nd_theory *r, const nd_theorem *t)
{
    char need[32];

    needed(r, t, need);
    if (t->truth == ND_PROVED)
        cli_line(c, "theorem", "%s: holds for %s%s", t->kind->title, t->kind->covers, need);
    else
        cli_line(c, "theorem", "%s: %s '%s'", t->kind->title,
                 t->truth == ND_REFUTED ? "does not apply, it needs" : "open is",
                 r->condition[t->first].kind->title);
}

/* Shown where it can matter: the penalty, linear parts, active samples of a point. */
static bool relevant(const job *b, const nd_theorem *t)
{
    const nd_theory *r = b->theory;

    if (strcmp(t->kind->name, "4") == 0) return has_single_exp(b->problem.net);
    if (strcmp(t->kind->name, "linear") == 0)
        return r->condition[ND_NEEDS_LINEAR_TERM].truth == ND_PROVED;
    return r->point.given || !strstr(t->kind->name, "active");
}

static void say_checklist(cli *c, const job *b)
{
    const nd_theory *r = b->theory;

    for (size_t k = 0; k < ND_CONDITIONS; k++)
        if (shown(b, &r->condition[k])) say_condition(c, &r->condition[k]);
    for (size_t k = 0; k < ND_THEOREMS; k++)
        if (relevant(b, &r->theorem[k])) say_theorem(c, r, &r->theorem[k]);
}

static void say_minimum(cli *c, const job *b)
{
    const nd_theory_point *p = &b->theory->point;
    const char *how = p->bounded ? "proved" : "numerical";

    if (p->theorem < ND_THEOREMS)
        cli_answer(c, "point", "no local minimum (%s): %s, and l' > 0 at %zu samples", how,
                   b->theory->theorem[p->theorem].kind->title, p->active);
    else if (p->active == 0 && p->undecided == 0 && b->problem.l2 == 0.0)
        cli_answer(c, "point", "l' = 0 at every sample: a global minimum (%s)", how);
    else
        cli_answer(c, "point", "no theorem says what it is");
}

static void say_point(cli *c, const job *b)
{
    const nd_theory_point *p = &b->theory->point;
    char undecided[64] = "";

    if (!p->given) return;
    if (p->undecided) snprintf(undecided, sizeof undecided, ", undecided at %zu", p->undecided);
    cli_line(c, "at", "%s: %zu errors, l' > 0 at %zu samples%s", cli_base_name(c->args.at),
             p->errors, p->active, undecided);
    if (!isnan(p->error_bound))
        cli_line(c, "bound", "errors <= %.3g %% by the gradient of neuron %zu (numerical)",
                 100.0 * p->error_bound, p->bound_neuron + 1);
    if (p->searched)
        cli_line(c, "escape",
                 "largest |G| found %.3g (rounding %.1g); the best new neuron promises a decrease "
                 "of %.3g (numerical)",
                 fabs(p->G.G), p->G.noise, p->G.score);
    if (p->deep_term < b->problem.net->terms)
        cli_line(c, "features", "of the last hidden layer: linearly separable %s (numerical)",
                 p->features == ND_PROVED    ? "yes, so with l' > 0 no second-order point"
                 : p->features == ND_REFUTED ? "no"
                                             : "unknown");
    say_minimum(c, b);
}

static void say(cli *c, const job *b)
{
    const nd_theory *r = b->theory;

    say_checklist(c, b);
    cli_answer(c, "theory", "%s", r->headline);
    cli_answer(c, "", "=> %s", r->consequence);
    say_point(c, b);
}

/* ---- run ------------------------------------------------------------------------------------ */

/* -o without --json: the object is made for the file alone. */
static nd_status start_json(cli *c)
{
    if (!c->args.output || c->json) return ND_OK;
    c->json = json_object();
    if (!c->json) return nd_fail(c->ctx, ND_EMEM, "out of memory");
    return ND_OK;
}

static nd_status write_file(cli *c, const job *b)
{
    nd_status status = ND_OK;
    json_t *root = NULL;

    if (!c->args.output) return ND_OK;
    ND_TRY(check_file(c, &b->problem, &root));
    ND_TRY(nd_json_save(c->ctx, root, false, c->args.output));
    cli_line(c, "wrote", "%s", c->args.output);
done:
    json_decref(root);
    return status;
}

static nd_status check(cli *c, job *b)
{
    nd_status status;
    double limit = c->args.train.time;

    if (c->args.output)
        ND_TRY(cli_check_output(c->ctx, c->args.output, c->args.operand[0], c->args.at));
    ND_TRY(c->args.at ? load_point(c, b) : load_data(c, b));
    ND_TRY(start_json(c));
    cli_say_data(c, b->table, "", "");
    cli_say_net(c, b->problem.net);
    cli_say_loss(c, b->problem.loss, b->problem.l2, 1.0);
    ND_TRY(nd_theory_check(c->ctx, &b->problem, limit, false, &b->theory));
    if (c->args.at) ND_TRY(examine_point(c, b));
    say(c, b);
    if (c->json) ND_TRY(check_json(c, &b->problem, b->theory));
    ND_TRY(write_file(c, b));
done:
    return status;
}

static cli_exit run(cli *c)
{
    job b;

    memset(&b, 0, sizeof b);
    nd_status status = check(c, &b);
    bool unknown = status == ND_OK && b.theory->truth == ND_UNKNOWN;
    job_free(c, &b);
    if (!c->args.json) {
        json_decref(c->json);
        c->json = NULL;
    }
    if (status != ND_OK) return cli_fail(c, status);
    return unknown ? CLI_UNDECIDED : CLI_DONE;
}

static const cli_example examples[] = {
    {"does training find the global minimum?",
     "nadir check data/wdbc.csv --positive M --net softplus:32"},
    {"classes on different subspaces: enough neurons, then too few",
     "nadir check gen:xor --net softplus:3"},
    {NULL, "nadir check gen:xor --net softplus:1"},
    {"all witnesses, for a program and in a file",
     "nadir check gen:between --net softplus:8 --json -o between.theory.json"},
    {"what do the theorems say about a trained model?",
     "nadir check data/wdbc.csv --at wdbc.model.json"},
    {NULL, NULL},
};

const cli_command cli_check = {
    .name = "check",
    .operands = "DATA",
    .least = 1,
    .most = 1,
    .summary = "say which theorem applies to DATA, network and loss, and prove it",
    .details =
        "Goes through the conditions of the theorems (docs/theory.md): each holds, fails or is "
        "unknown, with what was measured. Linear separability and the spans of the classes are "
        "decided exactly, for the numbers that the network sees (after scaling). The conclusion "
        "says which theorem applies and what follows, or which condition fails and which "
        "counterexample of the gallery shows why it matters.\n"
        "With --at MODEL also what the theorems say about that point: whether it is proved to be "
        "no local minimum, a bound of its errors by its gradient, and the escape that a new neuron "
        "offers; network, loss, ridge and scaling are then those of the model. --json and -o FILE "
        "give the witnesses: separating vector or vanishing combination, bases, normals. The exit "
        "status is 0 when a theorem applies or when it is proved that none does, 3 when that is "
        "unknown; --time-limit holds for each proof about the data.",
    .options = "net loss l2 scale at output label positive format time-limit threads json quiet",
    .functions = true,
    .example = examples,
    .run = run,
};
