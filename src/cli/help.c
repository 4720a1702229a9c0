/* Help from the tables: for the terminal, as a manual page, as docs/commands.md. */
#include "cli/cli.h"

#include <string.h>

static const char exit_status[] =
    "0 done; 1 usage or bad input; 2 stopped before the answer (limit, interrupt); 3 undecided "
    "(certify, verify); 4 refuted (verify)";

/* Prints text in lines of at most 80 columns, each line after the first indented;
 * column is where the first begins.  "\n" in text starts a new line. */
static void wrap(FILE *f, const char *text, size_t indent, size_t column)
{
    bool start = true; /* of a line */

    while (*text) {
        size_t n = strcspn(text, " \n");
        if (!start && column + 1 + n > 80) {
            fprintf(f, "\n%*s", (int)indent, "");
            column = indent;
            start = true;
        }
        fprintf(f, "%s%.*s", start ? "" : " ", (int)n, text);
        column += n + !start;
        start = text[n] == '\n';
        if (start) {
            fprintf(f, "\n%*s", (int)indent, "");
            column = indent;
        }
        text += n + (text[n] != 0);
    }
    fputc('\n', f);
}

/* Calls each(f, option) for every option of cmd but --help, as --help lists them. */
static void for_options(FILE *f, const cli_command *cmd, void (*each)(FILE *, const cli_option *))
{
    cli_option opt;
    void *values;

    for (size_t k = 0; cli_option_at(cmd, k, &opt, &values); k++)
        if (strcmp(opt.set.name, "help") != 0) each(f, &opt);
}

/* "-o, --output FILE" */
static void option_title(const cli_option *opt, char title[80])
{
    char letter[8] = "";

    if (opt->letter) snprintf(letter, sizeof letter, "-%c, ", opt->letter);
    int n = snprintf(title, 80, "%s--%s%s%s", letter, opt->set.name, opt->arg ? " " : "",
                     opt->arg ? opt->arg : "");
    for (int k = 0; k < n && k < 79; k++)
        if (title[k] == '_') title[k] = '-';
}

/* The help sentence with choices and default. */
static void option_sentence(const cli_option *opt, char text[512])
{
    char preset[64];

    cli_option_default(opt, preset);
    snprintf(text, 512, "%s%s%s%s%s%s", opt->set.help, opt->set.type == ND_CHOICE ? " (" : "",
             opt->set.type == ND_CHOICE ? opt->set.text : "", opt->set.type == ND_CHOICE ? ")" : "",
             *preset ? "; " : "", preset);
}

/* The activations and losses, one row(f, name, formula) each. */
static void for_functions(FILE *f, void (*row)(FILE *, const char *, const char *))
{
    size_t acts, losses;
    const nd_act *act = nd_act_table(&acts);
    const nd_loss_kind *loss = nd_loss_table(&losses);

    for (size_t k = 0; k < acts; k++) row(f, act[k].name, act[k].formula);
    row(f, NULL, NULL);
    for (size_t k = 0; k < losses; k++) row(f, loss[k].name, loss[k].formula);
}

/* ---- terminal -------------------------------------------------------------------------- */

enum { HELP_INDENT = 24 };

static void print_option(FILE *f, const cli_option *opt)
{
    char title[80], text[512];

    option_title(opt, title);
    option_sentence(opt, text);
    int used = fprintf(f, "  %s", title);
    if (used > HELP_INDENT - 2)
        fprintf(f, "\n%*s", HELP_INDENT, "");
    else
        fprintf(f, "%*s", HELP_INDENT - used, "");
    wrap(f, text, HELP_INDENT, HELP_INDENT);
}

static void print_function(FILE *f, const char *name, const char *formula)
{
    if (name)
        fprintf(f, "  %-12s %s\n", name, formula);
    else
        fputs("\nLosses l(z), z = -y f(x):\n", f);
}

void cli_help_command(FILE *f, const cli_command *cmd)
{
    fprintf(f, "nadir %s - %s\n\nUsage: nadir %s%s%s%s\n\n", cmd->name, cmd->summary, cmd->name,
            *cmd->operands ? " " : "", cmd->operands,
            *cmd->options || cmd->own ? " [options]" : "");
    wrap(f, cmd->details, 0, 0);
    fputs("\nOptions:\n", f);
    for_options(f, cmd, print_option);
    fputs("  -h, --help            print this help\n", f);
    if (cmd->functions) {
        fputs("\nActivations s(z):\n", f);
        for_functions(f, print_function);
    }
    fputs("\nExamples:\n", f);
    for (const cli_example *e = cmd->example; e->line; e++)
        fprintf(f, "%s%s%s  %s\n", e->about ? "  # " : "", e->about ? e->about : "",
                e->about ? "\n" : "", e->line);
    fputs("\nExit status: ", f);
    wrap(f, exit_status, 0, 13);
}

void cli_help_all(FILE *f)
{
    size_t rows;
    const cli_command *cmd = cli_commands(&rows);

    fputs("nadir " ND_VERSION
          " - trains a neural network for two classes and says, with a proof where\n"
          "there is one, what the point it found is\n\nUsage: nadir COMMAND [operands] "
          "[options]\n\nCommands:\n",
          f);
    for (size_t k = 0; k < rows; k++) fprintf(f, "  %-9s %s\n", cmd[k].name, cmd[k].summary);
    fputs("\n'nadir COMMAND --help' is complete and has examples.  Begin with:\n"
          "  nadir train data/wdbc.csv --positive M -o wdbc.model.json\n\nExit status: ",
          f);
    wrap(f, exit_status, 0, 13);
}

/* ---- manual page ------------------------------------------------------------------------- */

/* Text for troff: backslashes, hyphens and leading dots made harmless; a newline is a
 * new paragraph. */
static void roff(FILE *f, const char *text)
{
    bool start = true;

    for (; *text; text++) {
        if (start && (*text == '.' || *text == '\'')) fputs("\\&", f);
        if (*text == '\\')
            fputs("\\e", f);
        else if (*text == '-')
            fputs("\\-", f);
        else
            fputc(*text, f);
        if (*text == '\n') fputs(".PP\n", f);
        start = *text == '\n';
    }
}

static void roff_option(FILE *f, const cli_option *opt)
{
    char title[80], text[512];

    option_title(opt, title);
    option_sentence(opt, text);
    fputs(".TP\n\\fB", f);
    roff(f, title);
    fputs("\\fR\n", f);
    roff(f, text);
    fputc('\n', f);
}

static void roff_function(FILE *f, const char *name, const char *formula)
{
    if (!name) {
        fputs(".PP\nLosses l(z), z = \\-y f(x):\n", f);
        return;
    }
    fprintf(f, ".TP\n\\fB%s\\fR\n", name);
    roff(f, formula);
    fputc('\n', f);
}

static void roff_command(FILE *f, const cli_command *cmd)
{
    fprintf(f, ".SS \"nadir %s %s\"\n", cmd->name, cmd->operands);
    roff(f, cmd->summary);
    fputs(".\n.PP\n", f);
    roff(f, cmd->details);
    fputc('\n', f);
    for_options(f, cmd, roff_option);
    if (cmd->functions) {
        fputs(".PP\nActivations s(z):\n", f);
        for_functions(f, roff_function);
    }
    fputs(".PP\nExamples:\n.PP\n.nf\n", f);
    for (const cli_example *e = cmd->example; e->line; e++) {
        if (e->about) {
            fputs("    # ", f);
            roff(f, e->about);
            fputc('\n', f);
        }
        fputs("    ", f);
        roff(f, e->line);
        fputc('\n', f);
    }
    fputs(".fi\n", f);
}

void cli_help_man(FILE *f)
{
    size_t rows;
    const cli_command *cmd = cli_commands(&rows);

    fputs(".TH NADIR 1 \"\" \"nadir " ND_VERSION "\" \"User Commands\"\n.SH NAME\n"
          "nadir \\- trains two-class neural networks and proves what it found\n.SH SYNOPSIS\n"
          ".B nadir\n.I COMMAND\n[operands] [options]\n.SH COMMANDS\n",
          f);
    for (size_t k = 0; k < rows; k++) roff_command(f, &cmd[k]);
    fputs(".SH EXIT STATUS\n", f);
    roff(f, exit_status);
    fputc('\n', f);
}

/* ---- docs/commands.md --------------------------------------------------------------------- */

/* Text for Markdown, also in table cells; a newline is a new paragraph. */
static void markdown(FILE *f, const char *text)
{
    for (; *text; text++) {
        if (*text == '\n') fputc('\n', f);
        if (strchr("|<>*_", *text)) fputc('\\', f);
        fputc(*text, f);
    }
}

static void markdown_option(FILE *f, const cli_option *opt)
{
    char title[80], text[512];

    option_title(opt, title);
    option_sentence(opt, text);
    fprintf(f, "| `%s` | ", title);
    markdown(f, text);
    fputs(" |\n", f);
}

static void markdown_function(FILE *f, const char *name, const char *formula)
{
    if (!name) {
        fputs("\n| loss l(z), z = -y f(x) | |\n|---|---|\n", f);
        return;
    }
    fprintf(f, "| `%s` | ", name);
    markdown(f, formula);
    fputs(" |\n", f);
}

static void markdown_command(FILE *f, const cli_command *cmd)
{
    fprintf(f, "\n## nadir %s\n\n", cmd->name);
    markdown(f, cmd->summary);
    fprintf(f, ".\n\n    nadir %s%s%s%s\n\n", cmd->name, *cmd->operands ? " " : "", cmd->operands,
            *cmd->options || cmd->own ? " [options]" : "");
    markdown(f, cmd->details);
    fputs("\n", f);
    if (*cmd->options || cmd->own) fputs("\n| option | meaning |\n|---|---|\n", f);
    for_options(f, cmd, markdown_option);
    if (cmd->functions) {
        fputs("\n| activation s(z) | |\n|---|---|\n", f);
        for_functions(f, markdown_function);
    }
    fputs("\nExamples:\n\n", f);
    for (const cli_example *e = cmd->example; e->line; e++)
        fprintf(f, "%s%s%s    %s\n", e->about ? "    # " : "", e->about ? e->about : "",
                e->about ? "\n" : "", e->line);
}

void cli_help_markdown(FILE *f)
{
    size_t rows;
    const cli_command *cmd = cli_commands(&rows);

    fprintf(f,
            "# Commands of nadir\n\nMade by `nadir help --markdown` from the tables the program "
            "itself parses with.\n\nExit status: %s.\n",
            exit_status);
    for (size_t k = 0; k < rows; k++) markdown_command(f, &cmd[k]);
}
