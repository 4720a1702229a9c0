/* nadir certify MODEL DATA: proves what can be proved about a point. */
#include "cli/cli.h"

#include <math.h>
#include <string.h>

static void say(cli *c, const nd_cert *cert, const char *file)
{
    json_t *j = cli_section(c, "certificate");

    if (cert->truth == ND_PROVED)
        cli_answer(c, "proved", "%s: loss in [%.6g, %.6g], %zu to %zu errors, all margins >= %.6g",
                   cert->kind, cert->loss_lo, cert->loss_hi, cert->errors_lo, cert->errors_hi,
                   cert->margin_lo);
    else
        cli_answer(c, "unknown", "nothing proved: %s", cert->reason);
    cli_put_text(c, j, "truth", nd_truth_name(cert->truth));
    cli_put_text(c, j, "kind", cert->kind);
    cli_put_real(c, j, "loss_lo", cert->loss_lo);
    cli_put_real(c, j, "loss_hi", cert->loss_hi);
    cli_put_count(c, j, "errors_lo", cert->errors_lo);
    cli_put_count(c, j, "errors_hi", cert->errors_hi);
    cli_put_real(c, j, "margin_lo", cert->margin_lo);
    cli_put_text(c, j, "reason", cert->truth == ND_PROVED ? NULL : cert->reason);
    cli_put_text(c, j, "file", cert->truth == ND_PROVED ? file : NULL);
}

static nd_status certify(cli *c, const cli_point *p, const char *file, nd_cert *cert)
{
    nd_status status = nd_certify(c->ctx, &p->problem, p->model->theta, cert);

    if (status == ND_OK && cert->truth == ND_PROVED)
        status = nd_cert_save(c->ctx, &p->problem, p->model->theta, cert, file);
    if (status != ND_OK) return status;
    say(c, cert, file);
    if (cert->truth == ND_PROVED)
        cli_line(c, "wrote", "%s   (re-prove: nadir-verify %s)", file, file);
    return ND_OK;
}

static cli_exit run(cli *c)
{
    cli_point p;
    nd_cert cert;
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
    ND_TRY(certify(c, &p, file, &cert));
    ND_TRY(cli_say_theory(c, &p.problem, INFINITY));
done:
    cli_point_free(c, &p);
    nd_free(c->ctx, named);
    if (status != ND_OK) return cli_fail(c, status);
    return cert.truth == ND_PROVED ? CLI_DONE : CLI_UNDECIDED;
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
    .details = "Tries every kind of certificate there is and writes the first that proves "
               "something. Nothing is written when nothing is proved; the exit status is then 3. "
               "DATA are labelled and scaled by the rules stored in the model. Without -o the "
               "certificate of x.model.json is x.cert.json.",
    .options = "output label positive format threads json quiet",
    .example = examples,
    .run = run,
};
