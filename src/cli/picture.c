/* What commands that draw have in common. */
#include "cli/cli.h"

#include <string.h>

bool cli_ends_in(const char *file, const char *end)
{
    size_t n = strlen(file), m = strlen(end);

    return n > m && strcmp(file + n - m, end) == 0;
}

bool cli_is_atlas(const char *file)
{
    static const char magic[16] = "SQLite format 3";
    char head[sizeof magic];
    FILE *f = fopen(file, "rb");
    bool is =
        f && fread(head, 1, sizeof head, f) == sizeof head && memcmp(head, magic, sizeof head) == 0;

    if (f) fclose(f);
    return is;
}

nd_status cli_check_picture(cli *c)
{
    static const char *const kinds[] = {".svg", ".csv", ".json", ".png", ".pdf"};
    const char *file = c->args.output;
    size_t k = 0;

    if (!file) return ND_OK;
    while (k < 5 && !cli_ends_in(file, kinds[k])) k++;
    if (k == 5 || (k > 2 && !nd_scene_rasters()))
        return nd_fail(c->ctx, ND_ENAME, "%s: expected a name that ends in .svg, %s.csv or .json",
                       file, nd_scene_rasters() ? ".png, .pdf, " : "");
    return cli_check_output(c->ctx, file, c->args.operand[0],
                            c->args.operands > 1 ? c->args.operand[1] : NULL);
}

void cli_subject(const nd_problem *pb, char text[200])
{
    char loss[32], ridge[40] = "";

    nd_loss_spec(pb->loss, loss);
    if (pb->l2 > 0.0) snprintf(ridge, sizeof ridge, ", l2 %.6g", pb->l2);
    snprintf(text, 200, "%.60s (%zu samples), %.60s (%zu parameters), %s%s",
             cli_base_name(pb->data->source), pb->data->n, pb->net->spec, pb->net->P, loss, ridge);
}
