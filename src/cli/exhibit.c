/* A bad minimum: its samples, its verdict, its files. */
#include "cli/exhibit.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* How many rows from i on are equal to row i, labels included. */
static size_t repeats(const nd_table *t, size_t i)
{
    size_t k = i + 1;

    while (k < t->n && t->y[k] == t->y[i] && !t->weight &&
           memcmp(t->x + k * t->d, t->x + i * t->d, t->d * sizeof *t->x) == 0)
        k++;
    return k - i;
}

/* "3 (-1.05, 1)": three of them, or one of weight 3. */
static size_t say_sample(const nd_table *t, size_t i, size_t count, char *text, size_t room)
{
    size_t used = 0;

    if (count > 1) used += (size_t)snprintf(text, room, "%zu ", count);
    if (t->weight) used += (size_t)snprintf(text, room, "%.4g ", t->weight[i]);
    for (size_t k = 0; k < t->d && used < room; k++)
        used += (size_t)snprintf(text + used, room - used, "%s%.12g", k ? ", " : "(",
                                 t->x[i * t->d + k]);
    if (used < room) used += (size_t)snprintf(text + used, room - used, ")");
    return used;
}

void cli_say_samples(cli *c, const nd_table *t)
{
    char line[2048];

    for (double y = 1.0; y >= -1.0; y -= 2.0) {
        size_t used = 0, count;

        line[0] = 0;
        for (size_t i = 0; i < t->n && used + 1 < sizeof line; i += count) {
            count = repeats(t, i);
            if (t->y[i] != y) continue;
            if (used > 0) line[used++] = ' ';
            used += say_sample(t, i, count, line + used, sizeof line - used);
        }
        cli_line(c, y > 0.0 ? "class +" : "class -", "%s", line);
    }
}

void cli_say_exhibit(cli *c, const cli_exhibit *e)
{
    const nd_cert *k = e->cert;
    json_t *j = cli_section(c, "certificate");

    if (k->truth == ND_PROVED)
        cli_answer(c, "verdict",
                   "%s (proved, %s): loss in [%.10g, %.10g], %zu of %zu samples wrong, radius %.2g",
                   k->says == ND_SAYS_GLOBAL ? "BAD GLOBAL MINIMUM" : "BAD LOCAL MINIMUM", k->kind,
                   k->loss_lo, k->loss_hi, k->errors_lo, e->data->n, k->radius);
    else
        cli_answer(c, "verdict", "undecided: %s", k->reason);
    cli_put_text(c, j, "truth", nd_truth_name(k->truth));
    cli_put_text(c, j, "kind", k->kind);
    cli_put_real(c, j, "loss_lo", k->loss_lo);
    cli_put_real(c, j, "loss_hi", k->loss_hi);
    cli_put_count(c, j, "errors_lo", k->errors_lo);
    cli_put_count(c, j, "errors_hi", k->errors_hi);
    cli_put_real(c, j, "radius", k->radius);
}

/* ---- files ---------------------------------------------------------------------------- */

nd_status cli_make_folder(nd_ctx *ctx, const char *folder)
{
    struct stat st;

    if (mkdir(folder, 0777) == 0) return ND_OK;
    if (errno != EEXIST)
        return nd_fail(ctx, ND_EIO, "%s: cannot make the folder: %s", folder, strerror(errno));
    if (stat(folder, &st) != 0 || !S_ISDIR(st.st_mode))
        return nd_fail(ctx, ND_EINPUT, "%s: expected a folder, found a file", folder);
    if (access(folder, W_OK) != 0) return nd_fail(ctx, ND_EIO, "%s: %s", folder, strerror(errno));
    return ND_OK;
}

static nd_status join(nd_ctx *ctx, const char *folder, const char *name, const char *suffix,
                      char path[4096])
{
    if (snprintf(path, 4096, "%s/%s%s", folder, name, suffix) < 4096) return ND_OK;
    return nd_fail(ctx, ND_EINPUT, "%.60s...: the name of the folder is too long", folder);
}

static nd_status write_model(cli *c, const cli_exhibit *e, const char *file)
{
    char sha[65], title[64];
    nd_status status = nd_table_sha256(c->ctx, e->data, sha);

    if (status != ND_OK) return status;
    snprintf(title, sizeof title, "%s (%s)",
             e->cert->says == ND_SAYS_GLOBAL ? "global-minimum" : "local-minimum",
             e->cert->truth == ND_PROVED ? "proved" : "numerical");
    const nd_model model = {.net = e->net,
                            .theta = e->theta,
                            .loss = e->problem->loss,
                            .l2 = e->problem->l2,
                            .weight_pos = 1.0,
                            .data_source = e->data->source,
                            .data_sha256 = sha,
                            .verdict = title};
    return nd_model_save(c->ctx, &model, file);
}

/* No format holds weights: they are in the certificate, which is what must be exact. */
static nd_status write_samples(cli *c, const nd_table *t, const char *file)
{
    nd_table plain = *t;

    if (t->weight) cli_line(c, "note", "the weights of the samples are in the certificate alone");
    plain.weight = NULL;
    return nd_table_write(c->ctx, &plain, file, "csv");
}

nd_status cli_write_exhibit(cli *c, const cli_exhibit *e, const char *folder)
{
    char data[4096], model[4096], cert[4096];
    bool proved = e->cert->truth == ND_PROVED;
    nd_status status;

    ND_TRY(join(c->ctx, folder, e->name, ".csv", data));
    ND_TRY(join(c->ctx, folder, e->name, ".model.json", model));
    ND_TRY(join(c->ctx, folder, e->name, ".cert.json", cert));
    ND_TRY(write_samples(c, e->data, data));
    ND_TRY(write_model(c, e, model));
    if (proved) ND_TRY(nd_cert_save(c->ctx, e->problem, e->theta, e->cert, cert));
    if (proved)
        cli_line(c, "wrote", "%s, %s, %s   (re-prove: nadir-verify %s)", data, model, cert, cert);
    else
        cli_line(c, "wrote", "%s, %s", data, model);
    json_t *j = cli_section(c, "files");
    cli_put_text(c, j, "data", data);
    cli_put_text(c, j, "model", model);
    cli_put_text(c, j, "certificate", proved ? cert : NULL);
done:
    return status;
}
