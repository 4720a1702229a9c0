/* The verdict: the product of a training run. */
#include "cli/cli.h"

#include <math.h>
#include <string.h>

static const char *const titles[] = {
    [ND_UNDECIDED] = "UNDECIDED",
    [ND_GLOBAL_MINIMUM] = "GLOBAL MINIMUM",
    [ND_LOCAL_MINIMUM] = "LOCAL MINIMUM",
    [ND_SADDLE] = "SADDLE",
    [ND_VALLEY] = "VALLEY",
};

void cli_verdict_title(const nd_verdict *v, char text[64])
{
    const char *bad = v->errors ? ", bad" : ", bad (not the lowest)"; /* a lower loss is known */

    snprintf(text, 64, "%s (%s)%s", titles[v->kind],
             v->proved == ND_PROVED ? "proved" : "numerical", v->bad ? bad : "");
}

/* "loss 0.0123, 4 errors, |grad| 1.2e-13, lambda_min 0.0034 +- 1e-12" */
static void evidence(const nd_verdict *v, char text[256])
{
    int n = snprintf(text, 256, "loss %.6g, %zu error%s, |grad| %.2g", v->loss, v->errors,
                     nd_plural(v->errors), fabs(v->grad)); /* no "-nan" */

    if (!isnan(v->lambda_min))
        n += snprintf(text + n, 256 - (size_t)n, ", lambda_min %.3g +- %.1g", v->lambda_min,
                      v->lambda_err);
    if (v->index > 0)
        n += snprintf(text + n, 256 - (size_t)n, ", %ld negative eigenvalue%s", v->index,
                      nd_plural((size_t)v->index));
    snprintf(text + n, 256 - (size_t)n, ", |theta| %.4g", v->norm);
}

static void verdict_json(cli *c, const nd_verdict *v)
{
    json_t *j = cli_section(c, "verdict");

    cli_put_text(c, j, "kind", nd_verdict_name(v->kind));
    cli_put_text(c, j, "evidence", v->proved == ND_PROVED ? "proved" : "numerical");
    cli_put_bool(c, j, "bad", v->bad);
    cli_put_real(c, j, "loss", v->loss);
    cli_put_count(c, j, "errors", v->errors);
    cli_put_real(c, j, "grad", v->grad);
    cli_put_real(c, j, "lambda_min", v->lambda_min);
    cli_put_real(c, j, "lambda_err", v->lambda_err);
    cli_put(c, j, "index", v->index < 0 ? json_null() : json_integer(v->index));
    cli_put(c, j, "nullity", v->nullity < 0 ? json_null() : json_integer(v->nullity));
    cli_put_real(c, j, "norm", v->norm);
    cli_put_real(c, j, "margin_min", v->margin_min);
    cli_put_count(c, j, "active", v->active);
    cli_put_real(c, j, "potential", v->potential);
    cli_put_real(c, j, "valley_norm", v->valley_norm);
    cli_put_real(c, j, "valley_loss", v->valley_loss);
    cli_put_bool(c, j, "no_minimum_proved", v->no_minimum == ND_PROVED);
    cli_put_text(c, j, "reason", v->reason);
    cli_put_text(c, j, "certificate", v->proved == ND_PROVED ? v->cert.kind : NULL);
}

void cli_say_verdict(cli *c, const nd_verdict *v)
{
    char title[64], text[256];
    bool zero = v->proved == ND_PROVED && v->kind == ND_GLOBAL_MINIMUM && v->cert.loss_hi == 0.0;

    cli_verdict_title(v, title);
    evidence(v, text);
    if (zero) /* the certificate says more than the numbers; its bound is rounded down */
        cli_answer(c, "verdict", "%s: loss 0, all margins >= %.6g, %zu errors", title,
                   floor(fmin(v->cert.margin_lo, 1.0) * 1e4) / 1e4, v->cert.errors_hi);
    else
        cli_answer(c, "verdict", "%s: %s", title, text);
    if (!zero && *v->reason) cli_line(c, "", "%s", v->reason);
    verdict_json(c, v);
}
