/* What commands print: aligned lines for people, one JSON object for programs. */
#include "cli/cli.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

cli_exit cli_fail(cli *c, nd_status status)
{
    c->failed = true;
    cli_progress_clear();
    fprintf(stderr, "nadir: %s\n", *nd_errmsg(c->ctx) ? nd_errmsg(c->ctx) : nd_status_name(status));
    return status == ND_ECANCEL ? CLI_STOPPED : CLI_BAD;
}

static void print_line(const cli *c, const char *label, const char *fmt, va_list args)
{
    cli_progress_clear();
    fprintf(c->text, "%-8s ", label);
    vfprintf(c->text, fmt, args);
    fputc('\n', c->text);
    fflush(c->text); /* a long training run follows the first lines */
}

void cli_line(const cli *c, const char *label, const char *fmt, ...)
{
    va_list args;

    if (c->args.quiet) return;
    va_start(args, fmt);
    print_line(c, label, fmt, args);
    va_end(args);
}

void cli_answer(const cli *c, const char *label, const char *fmt, ...)
{
    va_list args;

    if (c->args.quiet && c->json) return;
    va_start(args, fmt);
    print_line(c, label, fmt, args);
    va_end(args);
}

void cli_warn(const char *fmt, ...)
{
    va_list args;

    cli_progress_clear();
    fputs("nadir: warning: ", stderr);
    va_start(args, fmt);
    vfprintf(stderr, fmt, args);
    va_end(args);
    fputc('\n', stderr);
}

const char *cli_base_name(const char *source)
{
    const char *slash = strncmp(source, "gen:", 4) == 0 ? NULL : strrchr(source, '/');

    return slash ? slash + 1 : source;
}

/* ---- JSON ----------------------------------------------------------------------------- */

void cli_put(cli *c, json_t *obj, const char *key, json_t *value)
{
    if (!obj)
        json_decref(value);
    else if (json_object_set_new(obj, key, value) != 0)
        c->no_memory = true;
}

void cli_put_text(cli *c, json_t *obj, const char *key, const char *text)
{
    cli_put(c, obj, key, text ? json_string(text) : json_null());
}

void cli_put_count(cli *c, json_t *obj, const char *key, size_t count)
{
    cli_put(c, obj, key, json_integer((json_int_t)count));
}

void cli_put_real(cli *c, json_t *obj, const char *key, double x)
{
    cli_put(c, obj, key, nd_json_real(x));
}

void cli_put_bool(cli *c, json_t *obj, const char *key, bool b)
{
    cli_put(c, obj, key, json_boolean(b));
}

json_t *cli_section(cli *c, const char *key)
{
    if (!c->json) return NULL;
    cli_put(c, c->json, key, json_object());
    return json_object_get(c->json, key);
}

json_t *cli_reals(cli *c, size_t n, const double *x)
{
    json_t *array = json_array();

    for (size_t i = 0; i < n; i++)
        if (json_array_append_new(array, nd_json_real(x[i])) != 0) c->no_memory = true;
    return array;
}

/* ---- output files --------------------------------------------------------------------- */

static bool same_file(const char *a, const struct stat *there)
{
    struct stat s;

    return a && stat(a, &s) == 0 && s.st_dev == there->st_dev && s.st_ino == there->st_ino;
}

nd_status cli_check_output(nd_ctx *ctx, const char *file, const char *input1, const char *input2)
{
    struct stat there;
    char folder[4096];
    const char *slash = strrchr(file, '/');
    size_t n = slash ? (size_t)(slash - file) + 1 : 0;

    if (!*file) return nd_fail(ctx, ND_EINPUT, "the name of the output file is empty");
    if (n >= sizeof folder) return nd_fail(ctx, ND_EINPUT, "%.60s...: the name is too long", file);
    memcpy(folder, file, n);
    memcpy(folder + n, n ? "" : ".", n ? 1 : 2);
    if (stat(folder, &there) != 0 || access(folder, W_OK) != 0)
        return nd_fail(ctx, ND_EIO, "%s: cannot write into folder '%s': %s", file, folder,
                       strerror(errno));
    if (stat(file, &there) != 0) return ND_OK;
    if (S_ISDIR(there.st_mode)) return nd_fail(ctx, ND_EINPUT, "%s: is a folder, not a file", file);
    if (same_file(input1, &there) || same_file(input2, &there))
        return nd_fail(ctx, ND_EINPUT, "%s: is an input file; choose another name", file);
    return ND_OK;
}

char *cli_certificate_name(nd_ctx *ctx, const char *model)
{
    static const char *const endings[] = {".model.json", ".json"};
    size_t keep = strlen(model);

    for (size_t k = 0; k < 2; k++) {
        size_t n = strlen(endings[k]);
        if (keep > n && strcmp(model + keep - n, endings[k]) == 0) {
            keep -= n;
            break;
        }
    }
    char *name = ND_NEW(ctx, char, keep + sizeof ".cert.json");
    if (!name) return NULL;
    memcpy(name, model, keep);
    memcpy(name + keep, ".cert.json", sizeof ".cert.json");
    return name;
}
