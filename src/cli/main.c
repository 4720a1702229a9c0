/* nadir: finds the command and runs it. */
#include "cli/cli.h"

#include <errno.h>
#include <string.h>

/* The table of commands: one row and one file cmd_NAME.c each. */
static const cli_command *const table[] = {
    &cli_train,  &cli_predict, &cli_check,    &cli_data,     &cli_eval,    &cli_certify,
    &cli_verify, &cli_explore, &cli_atlas,    &cli_complete, &cli_gallery, &cli_hunt,
    &cli_survey, &cli_slice,   &cli_spectrum, &cli_report,   &cli_help};

enum { COMMANDS = sizeof table / sizeof *table };

const cli_command *cli_commands(size_t *rows)
{
    static cli_command all[COMMANDS];

    for (size_t k = 0; k < COMMANDS; k++) all[k] = *table[k];
    *rows = COMMANDS;
    return all;
}

const cli_command *cli_command_find(const char *name)
{
    for (size_t k = 0; k < COMMANDS; k++)
        if (strcmp(table[k]->name, name) == 0) return table[k];
    return NULL;
}

static cli_exit unknown_command(const char *text)
{
    const char *names[COMMANDS];

    for (size_t k = 0; k < COMMANDS; k++) names[k] = table[k]->name;
    const char *near = nd_text_closest(text, names, COMMANDS);
    if (near)
        fprintf(stderr, "nadir: no command '%s'; did you mean '%s'?\n", text, near);
    else
        fprintf(stderr, "nadir: no command '%s'; 'nadir help' lists them\n", text);
    return CLI_BAD;
}

/* The answer of --json, when the run has one. */
static cli_exit print_json(cli *c, cli_exit code)
{
    char *text = NULL;
    size_t size;

    if (c->failed) return code;
    if (c->no_memory) return cli_fail(c, ND_EMEM);
    nd_status status = nd_json_text(c->ctx, c->json, false, &text, &size);
    if (status != ND_OK) return cli_fail(c, status);
    fwrite(text, 1, size, stdout);
    nd_free(c->ctx, text);
    return code;
}

static cli_exit run(cli *c)
{
    const cli_command *cmd = c->command;

    c->text = stdout;
    if (cmd->raw) return cmd->run(c);
    nd_status status = cli_parse(c, 2);
    if (status != ND_OK) return cli_fail(c, status);
    if (c->args.help) {
        cli_help_command(stdout, cmd);
        return CLI_DONE;
    }
    nd_set_threads(c->ctx, (int)c->args.threads);
    cli_progress(c);
    if (!c->args.json) return cmd->run(c);
    c->text = stderr;
    c->json = json_object();
    if (!c->json) return cli_fail(c, ND_EMEM);
    cli_put_text(c, c->json, "command", cmd->name);
    cli_put_text(c, c->json, "version", ND_VERSION);
    cli_exit code = print_json(c, cmd->run(c));
    json_decref(c->json);
    return code;
}

/* A reader that has seen enough is no error; a full disk is one. */
static int close_output(cli_exit code)
{
    errno = 0;
    fflush(stdout);
    if (!ferror(stdout) || cli_reader_left()) return (int)code;
    fprintf(stderr, "nadir: writing to standard output: %s\n", strerror(errno ? errno : EIO));
    return CLI_BAD;
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "help";

    cli_signals();
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) name = "help";
    if (strcmp(name, "--version") == 0) {
        puts("nadir " ND_VERSION);
        return close_output(CLI_DONE);
    }
    const cli_command *cmd = cli_command_find(name);
    if (!cmd) return (int)unknown_command(name);
    cli c = {.ctx = nd_ctx_create(NULL), .command = cmd, .argc = argc, .argv = argv};
    if (!c.ctx) {
        fputs("nadir: out of memory\n", stderr);
        return CLI_BAD;
    }
    cli_exit code = run(&c);
    nd_ctx_destroy(c.ctx);
    return close_output(code);
}
