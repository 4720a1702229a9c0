/* nadir help [COMMAND]: help for people, the manual page, the reference page. */
#include "cli/cli.h"

static cli_exit run(cli *c)
{
    const cli_command *cmd = NULL;

    if (c->args.version) {
        puts("nadir " ND_VERSION);
        return CLI_DONE;
    }
    if (c->args.man) cli_help_man(stdout);
    if (c->args.markdown) cli_help_markdown(stdout);
    if (c->args.man || c->args.markdown) return CLI_DONE;
    if (c->args.operands == 0) {
        cli_help_all(stdout);
        return CLI_DONE;
    }
    cmd = cli_command_find(c->args.operand[0]);
    if (!cmd)
        return cli_fail(c, nd_fail(c->ctx, ND_ENAME, "no command '%s'; 'nadir help' lists them",
                                   c->args.operand[0]));
    cli_help_command(stdout, cmd);
    return CLI_DONE;
}

static const cli_example examples[] = {
    {"all commands", "nadir help"},
    {"one command", "nadir help train"},
    {"the manual page", "nadir help --man"},
    {NULL, NULL},
};

const cli_command cli_help = {
    .name = "help",
    .operands = "[COMMAND]",
    .least = 0,
    .most = 1,
    .summary = "say what the commands do",
    .details = "Without COMMAND, lists the commands; with it, prints everything about it.",
    .options = "man markdown version",
    .example = examples,
    .run = run,
};
