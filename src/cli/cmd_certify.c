/* nadir certify MODEL DATA: proves what can be proved about a point. */
#include "cli/cli.h"

#include <math.h>
#include <string.h>

#define TRIED 32 /* kinds that can be remembered */

typedef struct {
    const cli_point *p;
    double *x;    /* P: the point that cert speaks of                      */
    double moved; /* its distance from the model's parameters             */
    nd_cert cert;
    size_t tried;
    struct {
        const char *kind;
        char reason[256];
    } failed[TRIED];
} attempt;

static double distance(size_t n, const double *a, const double *b)
{
    double s = 0.0;

    for (size_t k = 0; k < n; k++) s += (a[k] - b[k]) * (a[k] - b[k]);
    return sqrt(s);
}

/* Does the kind speak of theta alone, so that another point near would be another statement? */
static bool about_theta(const char *kind)
{
    return strcmp(kind, "theorem") == 0 || strcmp(kind, "not-a-minimum") == 0;
}

/* The kinds about minima and saddles at a->x (also: those about theta), in the order of the
 * table, until one proves.  What failed is noted, later attempts over earlier ones. */
static nd_status try_kinds(cli *c, attempt *a, bool alone)
{
    size_t rows;
    const nd_cert_kind *kind = nd_cert_table(&rows);

    for (size_t k = 0; k < rows && a->cert.truth != ND_PROVED; k++) {
        nd_status status;

        if (about_theta(kind[k].kind) != alone) continue;
        status = kind[k].prove(c->ctx, &a->p->problem, a->x, &a->cert);
        if (status != ND_OK) return status;
        if (a->cert.truth == ND_PROVED || k >= TRIED) continue;
        a->failed[k].kind = kind[k].kind;
        memcpy(a->failed[k].reason, a->cert.reason, sizeof a->failed[k].reason);
        if (k >= a->tried) a->tried = k + 1;
    }
    return ND_OK;
}

/* At the double nearest to the critical point beside theta; at a minimum of a special form
 * near; then what can be said of theta itself. */
static nd_status find_proof(cli *c, attempt *a)
{
    size_t size = a->p->problem.net->P * sizeof *a->x;
    bool changed = false;
    nd_status status;

    memcpy(a->x, a->p->model->theta, size);
    ND_TRY(nd_cert_polish(c->ctx, &a->p->problem, a->x));
    ND_TRY(try_kinds(c, a, false));
    if (a->cert.truth != ND_PROVED) {
        memcpy(a->x, a->p->model->theta, size);
        ND_TRY(nd_cert_snap(c->ctx, &a->p->problem, a->x, &changed));
        if (changed) ND_TRY(try_kinds(c, a, false));
    }
    if (a->cert.truth != ND_PROVED) {
        memcpy(a->x, a->p->model->theta, size);
        ND_TRY(try_kinds(c, a, true));
    }
    a->moved = distance(a->p->problem.net->P, a->x, a->p->model->theta);
done:
    return status;
}

/* ---- what is said ------------------------------------------------------------------------- */

static const char *meaning(nd_says says)
{
    static const char *const words[] = {
        [ND_SAYS_NOTHING] = "nothing",       [ND_SAYS_GLOBAL] = "global-minimum",
        [ND_SAYS_STRICT] = "strict-minimum", [ND_SAYS_LOCAL] = "local-minimum",
        [ND_SAYS_SADDLE] = "saddle",         [ND_SAYS_NO_MINIMUM] = "no-local-minimum"};

    return words[says];
}

static const char *asserts(const char *kind)
{
    size_t rows;
    const nd_cert_kind *row = nd_cert_table(&rows);

    for (size_t k = 0; k < rows; k++)
        if (strcmp(row[k].kind, kind) == 0) return row[k].asserts;
    return "";
}

static void say_proved(const cli *c, const attempt *a)
{
    const nd_cert *k = &a->cert;
    char errors[48];

    if (k->errors_lo == k->errors_hi)
        snprintf(errors, sizeof errors, "%zu error%s", k->errors_hi, nd_plural(k->errors_hi));
    else
        snprintf(errors, sizeof errors, "%zu to %zu errors", k->errors_lo, k->errors_hi);
    cli_answer(c, "proved", "%s: loss in [%.6g, %.6g], %s, all margins >= %.6g", k->kind,
               k->loss_lo, k->loss_hi, errors, k->margin_lo);
    cli_line(c, "", "%s", asserts(k->kind));
    cli_line(c, "", "%s", k->reason);
    if (a->moved > 0.0)
        cli_line(c, "",
                 "theta is the model's parameters moved by %.2g, to where a proof is at hand",
                 a->moved);
}

static void say_unknown(const cli *c, const attempt *a)
{
    cli_answer(c, "unknown", "nothing proved: %s", a->cert.reason);
    for (size_t k = 0; k < a->tried; k++)
        if (a->failed[k].kind) cli_line(c, "", "%s: %s", a->failed[k].kind, a->failed[k].reason);
}

static json_t *failed_json(cli *c, const attempt *a)
{
    json_t *list = json_array();

    for (size_t k = 0; k < a->tried; k++) {
        json_t *j = a->failed[k].kind ? json_pack("{s:s,s:s}", "kind", a->failed[k].kind, "reason",
                                                  a->failed[k].reason)
                                      : NULL;

        if (a->failed[k].kind && (!j || json_array_append_new(list, j) != 0)) c->no_memory = true;
    }
    return list;
}

static void certificate_json(cli *c, const attempt *a, const char *file)
{
    json_t *j = cli_section(c, "certificate");
    const nd_cert *k = &a->cert;
    bool proved = k->truth == ND_PROVED;

    if (!j) return;
    cli_put_text(c, j, "truth", nd_truth_name(k->truth));
    cli_put_text(c, j, "kind", k->kind);
    cli_put_text(c, j, "asserts", proved ? asserts(k->kind) : NULL);
    cli_put_text(c, j, "says", meaning(k->says));
    cli_put_real(c, j, "loss_lo", k->loss_lo);
    cli_put_real(c, j, "loss_hi", k->loss_hi);
    cli_put_count(c, j, "errors_lo", k->errors_lo);
    cli_put_count(c, j, "errors_hi", k->errors_hi);
    cli_put_real(c, j, "margin_lo", k->margin_lo);
    cli_put_real(c, j, "radius", proved && k->radius > 0.0 ? k->radius : NAN);
    cli_put_real(c, j, "mu", proved && k->mu > 0.0 ? k->mu : NAN);
    cli_put(c, j, "index",
            proved && (k->says == ND_SAYS_SADDLE || k->says == ND_SAYS_STRICT)
                ? json_integer((json_int_t)k->index)
                : json_null());
    cli_put_real(c, j, "moved", a->moved);
    cli_put_text(c, j, "reason", k->reason);
    cli_put(c, j, "failed", failed_json(c, a));
    cli_put_text(c, j, "file", proved ? file : NULL);
}

static nd_status certify(cli *c, attempt *a, const char *file)
{
    bool proved;
    nd_status status = find_proof(c, a);

    proved = a->cert.truth == ND_PROVED;
    if (status == ND_OK && proved)
        status = nd_cert_save(c->ctx, &a->p->problem, a->x, &a->cert, file);
    if (status != ND_OK) return status;
    if (proved)
        say_proved(c, a);
    else
        say_unknown(c, a);
    certificate_json(c, a, file);
    if (proved) cli_line(c, "wrote", "%s   (re-prove: nadir-verify %s)", file, file);
    return ND_OK;
}

static cli_exit run(cli *c)
{
    cli_point p;
    attempt *a = NULL;
    bool proved = false;
    const char *model = c->args.operand[0];
    char *named = NULL;
    const char *file = c->args.output;
    nd_status status = ND_OK;

    memset(&p, 0, sizeof p);
    if (!file) file = named = cli_certificate_name(c->ctx, model);
    if (!file) return cli_fail(c, ND_EMEM);
    ND_TRY(cli_check_output(c->ctx, file, model, c->args.operand[1]));
    ND_TRY(cli_point_load(c, true, &p));
    if (!p.same_data)
        cli_warn("these are not the data of training (SHA-256 differs); the proof is about them");
    a = ND_NEW0(c->ctx, attempt, 1);
    if (a) a->x = ND_NEW(c->ctx, double, p.problem.net->P);
    if (!a || !a->x) ND_TRY(ND_EMEM);
    a->p = &p;
    ND_TRY(certify(c, a, file));
    proved = a->cert.truth == ND_PROVED;
    ND_TRY(cli_say_theory(c, &p.problem, INFINITY));
done:
    if (a) nd_free(c->ctx, a->x);
    nd_free(c->ctx, a);
    cli_point_free(c, &p);
    nd_free(c->ctx, named);
    if (status != ND_OK) return cli_fail(c, status);
    return proved ? CLI_DONE : CLI_UNDECIDED;
}

static const cli_example examples[] = {
    {"prove again what training proved",
     "nadir certify wdbc.model.json data/wdbc.csv -o again.cert.json"},
    {NULL, NULL},
};

const cli_command cli_certify = {
    .name = "certify",
    .operands = "MODEL DATA",
    .least = 2,
    .most = 2,
    .summary = "prove what the parameters of a model are on DATA, and write the proof",
    .details = "Tries every kind of certificate there is, the strongest first, and writes the "
               "first that proves something; else says of each why not, writes nothing, and the "
               "exit status is 3. Proofs about minima and saddles speak of a critical point "
               "within a radius of a polished copy of the parameters: the certificate holds that "
               "copy. What comes last, that the parameters are no minimum, is about themselves. "
               "DATA are labelled and scaled by the rules stored in the model. Without -o the "
               "certificate of x.model.json is x.cert.json.",
    .options = "output label positive format threads json quiet",
    .example = examples,
    .run = run,
};
