/* The options that commands share, in one table, and the parser of command lines.
 *
 * A row says what --help, the man page and docs/commands.md print and what the parser
 * accepts; rows that set a member of the library's settings take type, range and help
 * from the library's own table.  Options of one command alone are in its own file, or
 * in the settings table of the library that it names (cli_table). */
#include "cli/cli.h"

#include <float.h>
#include <limits.h>
#include <math.h>
#include <string.h>

#define AT(member) offsetof(cli_args, member)

static const cli_option shared[] = {
    {{"net", ND_TEXT, AT(net), 0, 0, 0, NULL,
      "network: NET = TERM{+TERM}, TERM = LAYER{,LAYER} or linear, LAYER = ACT:WIDTH[:nobias] or "
      "res(ACT:WIDTH); default softplus:32"},
     0,
     "NET"},
    {{"loss", ND_TEXT, AT(loss), 0, 0, 0, NULL,
      "loss: polyhinge:Q, logistic, square, exponential or smoothhinge; default polyhinge:3"},
     0,
     "LOSS"},
    {{"l2", ND_REAL, AT(l2), 0, 0, DBL_MAX, NULL, "ridge: adds (LAMBDA/2) |theta|^2 to the loss"},
     0,
     "LAMBDA"},
    {{"label", ND_TEXT, AT(label), 0, 0, 0, NULL,
      "label column, by name or 1-based number; default: one named label, class, target or y, else "
      "the last"},
     0,
     "COL"},
    {{"positive", ND_TEXT, AT(positive), 0, 0, 0, NULL,
      "label values that count as +, separated by commas; all others are -"},
     0,
     "V[,V]"},
    {{"format", ND_TEXT, AT(format), 0, 0, 0, NULL,
      "format of DATA when its name does not tell: csv, tsv, svm, npy, npz, idx, arff"},
     0,
     "NAME"},
    {{"scale", ND_CHOICE, AT(scale), ND_SCALE_STANDARD, 0, 0, "none|standard|minmax",
      "scaling of the features, fitted on the training data and kept in the model"},
     0,
     "HOW"},
    {{"output", ND_TEXT, AT(output), 0, 0, 0, NULL, "write the result to FILE"}, 'o', "FILE"},
    {{"warm", ND_TEXT, AT(warm), 0, 0, 0, NULL,
      "start from MODEL: its parameters, network and scaling"},
     0,
     "MODEL"},
    {{"at", ND_TEXT, AT(at), 0, 0, 0, NULL,
      "what is known about the parameters of MODEL; its network, loss, ridge and scaling are used"},
     0,
     "MODEL"},
    {{"holdout", ND_REAL, AT(holdout), 0, 0, 0.9, NULL,
      "keep this fraction of each class out of training and report the errors on it"},
     0,
     "F"},
    {{"cv", ND_LONG, AT(cv), 0, 0, 1000, NULL,
      "first report K-fold cross-validation (K >= 2), then train on everything"},
     0,
     "K"},
    {{"prob", ND_BOOL, AT(prob), 0, 0, 0, NULL,
      "probabilities by Platt scaling: train fits and stores them, predict prints them"},
     0,
     NULL},
    {{"unlabelled", ND_BOOL, AT(unlabelled), 0, 0, 0, NULL,
      "DATA has no label column: every column is a feature"},
     0,
     NULL},
    {{"theta", ND_TEXT, AT(theta), 0, 0, 0, NULL,
      "evaluate at the parameters in FILE (numbers separated by blanks, commas or lines; a JSON "
      "array will do) instead of the model's"},
     0,
     "FILE"},
    {{"gradient", ND_BOOL, AT(gradient), 0, 0, 0, NULL, "print the gradient"}, 0, NULL},
    {{"hessian", ND_BOOL, AT(hessian), 0, 0, 0, NULL, "print the dense Hessian"}, 0, NULL},
    {{"margins", ND_BOOL, AT(margins), 0, 0, 0, NULL, "print the margins y_i f(x_i)"}, 0, NULL},
    {{"list", ND_BOOL, AT(list), 0, 0, 0, NULL, "list the file formats and the generators"},
     0,
     NULL},
    {{"threads", ND_LONG, AT(threads), 0, 0, ND_THREADS_MAX, NULL,
      "threads; 0: all cores; the result does not depend on it"},
     0,
     "N"},
    {{"json", ND_BOOL, AT(json), 0, 0, 0, NULL,
      "print one JSON object to stdout and everything else to stderr"},
     0,
     NULL},
    {{"quiet", ND_BOOL, AT(quiet), 0, 0, 0, NULL, "print the answer only, and no progress"},
     'q',
     NULL},
    {{"man", ND_BOOL, AT(man), 0, 0, 0, NULL, "print the manual page (troff)"}, 0, NULL},
    {{"markdown", ND_BOOL, AT(markdown), 0, 0, 0, NULL, "print docs/commands.md"}, 0, NULL},
    {{"version", ND_BOOL, AT(version), 0, 0, 0, NULL, "print the version"}, 0, NULL},
    {{"help", ND_BOOL, AT(help), 0, 0, 0, NULL, "print this help"}, 'h', NULL},
};

/* Options that are members of nd_train_settings, under the names users know. */
static const struct {
    const char *name, *member, *arg;
} borrowed[] = {
    {"seed", "seed", "N"},
    {"starts", "starts", "N"},
    {"start-scale", "scale", "X"},
    {"time-limit", "time", "S"},
    {"iterations", "iterations", "N"},
    {"grad-tol", "grad_tol", "EPS"},
    {"weight-pos", "weight_pos", "W"},
    {"grow", "grow", NULL},
    {"grow-max", "grow_max", "N"},
};

enum { SHARED = sizeof shared / sizeof *shared, BORROWED = sizeof borrowed / sizeof *borrowed };

/* The k-th of the words separated by sep in list, as a copy in word. */
static bool nth_word(const char *list, char sep, long k, char word[64])
{
    for (; k > 0 && *list; list++)
        if (*list == sep) k--;
    size_t n = strcspn(list, (char[]){sep, 0});
    if (n == 0 || n >= 64) return false;
    memcpy(word, list, n);
    word[n] = 0;
    return true;
}

static const nd_setting *train_row(const char *member)
{
    const nd_setting *row = nd_train_table;

    while (row->name && strcmp(row->name, member) != 0) row++;
    return row;
}

/* The shared option called name. */
static bool shared_option(const char *name, cli_option *out)
{
    for (size_t k = 0; k < SHARED; k++)
        if (strcmp(shared[k].set.name, name) == 0) {
            *out = shared[k];
            return true;
        }
    for (size_t k = 0; k < BORROWED; k++)
        if (strcmp(borrowed[k].name, name) == 0) {
            *out = (cli_option){.set = *train_row(borrowed[k].member), .arg = borrowed[k].arg};
            out->set.name = borrowed[k].name;
            out->set.offset += AT(train);
            return true;
        }
    return false;
}

/* A row of a settings table as an option. */
static cli_option from_setting(const nd_setting *row)
{
    static const char *const arg[] = {[ND_BOOL] = NULL,
                                      [ND_LONG] = "N",
                                      [ND_REAL] = "X",
                                      [ND_TEXT] = "TEXT",
                                      [ND_CHOICE] = "HOW"};

    return (cli_option){.set = *row, .arg = arg[row->type]};
}

/* The *k-th row of the command's own tables; else *k is what remains to be counted. */
static bool own_option(const cli_command *cmd, size_t *k, cli_option *out, void **values)
{
    for (const cli_table *t = cmd->own; t && t->values; t++) {
        *values = t->values;
        for (const nd_setting *row = t->settings; row && row->name; row++)
            if ((*k)-- == 0) {
                *out = from_setting(row);
                return true;
            }
        for (const cli_option *row = t->options; row && row->set.name; row++)
            if ((*k)-- == 0) {
                *out = *row;
                return true;
            }
    }
    return false;
}

bool cli_option_at(const cli_command *cmd, size_t k, cli_option *out, void **values)
{
    char word[64];

    if (own_option(cmd, &k, out, values)) return true;
    *values = NULL;
    if (nth_word(cmd->options, ' ', (long)k, word)) return shared_option(word, out);
    if (k > 0 && !nth_word(cmd->options, ' ', (long)k - 1, word)) return false;
    return shared_option("help", out);
}

/* '_' and '-' are the same in names of options. */
static bool same_name(const char *a, const char *b, size_t n)
{
    size_t k = 0;

    for (; k < n && a[k] && b[k]; k++)
        if (a[k] != b[k] && !(strchr("_-", a[k]) && strchr("_-", b[k]))) return false;
    return k == n ? a[k] == 0 : a[k] == b[k];
}

bool cli_given(const cli_args *args, const char *name)
{
    for (size_t k = 0; k < args->givens; k++)
        if (same_name(args->given[k], name, strlen(name))) return true;
    return false;
}

void cli_option_default(const cli_option *opt, char text[64])
{
    char word[64];

    text[0] = 0;
    if (opt->set.type == ND_CHOICE && nth_word(opt->set.text, '|', (long)opt->set.preset, word))
        snprintf(text, 64, "default %.50s", word);
    else if (opt->set.type == ND_LONG || opt->set.type == ND_REAL)
        snprintf(text, 64, isinf(opt->set.preset) ? "default none" : "default %.12g",
                 opt->set.preset);
}

/* ---- parsing ---------------------------------------------------------------------- */

static nd_status unknown(cli *c, const char *text)
{
    const char *names[CLI_GIVEN_MAX];
    cli_option opt;
    void *values;
    size_t n = 0;

    while (n < CLI_GIVEN_MAX && cli_option_at(c->command, n, &opt, &values))
        names[n++] = opt.set.name;
    const char *near = text[1] == '-' ? nd_text_closest(text + 2, names, n) : NULL;
    if (near)
        return nd_fail(c->ctx, ND_ENAME, "%s has no option '%s'; did you mean --%s?",
                       c->command->name, text, near);
    return nd_fail(c->ctx, ND_ENAME, "%s has no option '%s'; 'nadir %s --help' lists them",
                   c->command->name, text, c->command->name);
}

/* The option that starts argument text ("--name", "--name=value", "-o", "-oVALUE");
 * *value: what is glued to it, else NULL. */
static bool match(const cli *c, const char *text, cli_option *opt, void **values,
                  const char **value)
{
    size_t len = strcspn(text, "=");

    *value = NULL;
    for (size_t k = 0; cli_option_at(c->command, k, opt, values); k++) {
        if (text[1] == '-' && same_name(opt->set.name, text + 2, len - 2)) {
            if (text[len]) *value = text + len + 1;
            return true;
        }
        if (text[1] != '-' && opt->letter && text[1] == opt->letter) {
            if (text[2]) *value = text + 2;
            return true;
        }
    }
    return false;
}

/* Sets opt in values through the library's parser for one-row tables. */
static nd_status assign(cli *c, const cli_option *opt, void *values, const char *value)
{
    const nd_setting table[2] = {opt->set, {.name = NULL}};

    if (opt->set.type == ND_BOOL) value = "true";
    if (!value)
        return nd_fail(c->ctx, ND_EINPUT, "option --%s needs a value: --%s %s", opt->set.name,
                       opt->set.name, opt->arg);
    nd_status status = nd_settings_set(c->ctx, table, values, opt->set.name, value);
    if (status == ND_OK) {
        if (!cli_given(&c->args, opt->set.name) && c->args.givens < CLI_GIVEN_MAX)
            c->args.given[c->args.givens++] = opt->set.name;
        return ND_OK;
    }
    char why[256]; /* "seed: expected ..." */
    snprintf(why, sizeof why, "%s", nd_errmsg(c->ctx));
    return nd_fail(c->ctx, status, "--%s", why);
}

/* Parses the option at argv[*i]; takes the next argument too if it needs one. */
static nd_status parse_option(cli *c, int *i)
{
    const char *text = c->argv[*i], *value;
    cli_option opt;
    void *values;

    if (!match(c, text, &opt, &values, &value)) return unknown(c, text);
    if (opt.set.type == ND_BOOL && value)
        return nd_fail(c->ctx, ND_EINPUT, "option --%s takes no value, found '%s'", opt.set.name,
                       value);
    if (opt.set.type != ND_BOOL && !value && *i + 1 < c->argc) value = c->argv[++*i];
    return assign(c, &opt, values ? values : &c->args, value);
}

static void set_defaults(cli *c)
{
    cli_option opt;
    void *values;

    memset(&c->args, 0, sizeof c->args);
    nd_train_init(&c->args.train);
    for (size_t k = 0; k < SHARED; k++) {
        const nd_setting table[2] = {shared[k].set, {.name = NULL}};
        nd_settings_init(table, &c->args);
    }
    for (size_t k = 0; cli_option_at(c->command, k, &opt, &values); k++) {
        const nd_setting table[2] = {opt.set, {.name = NULL}};
        if (values) nd_settings_init(table, values);
    }
}

static nd_status count_operands(cli *c)
{
    const cli_command *cmd = c->command;
    size_t n = c->args.operands;

    if (n < cmd->least)
        return nd_fail(c->ctx, ND_EINPUT,
                       "usage: nadir %s %s [options]; 'nadir %s --help' says more", cmd->name,
                       cmd->operands, cmd->name);
    if (n > cmd->most)
        return nd_fail(c->ctx, ND_EINPUT, "unexpected '%s'; usage: nadir %s%s%s [options]",
                       c->args.operand[cmd->most], cmd->name, *cmd->operands ? " " : "",
                       cmd->operands);
    return ND_OK;
}

nd_status cli_parse(cli *c, int first)
{
    bool options = true;

    set_defaults(c);
    for (int i = first; i < c->argc; i++) {
        const char *text = c->argv[i];
        if (options && strcmp(text, "--") == 0) {
            options = false;
        } else if (options && text[0] == '-' && text[1]) {
            nd_status status = parse_option(c, &i);
            if (status != ND_OK) return status;
        } else if (c->args.operands == CLI_OPERANDS_MAX) {
            return nd_fail(c->ctx, ND_EINPUT, "more than %d operands", (int)CLI_OPERANDS_MAX);
        } else {
            c->args.operand[c->args.operands++] = text;
        }
    }
    bool asks = c->args.help || c->args.list || c->args.man || c->args.markdown;
    return asks ? ND_OK : count_operands(c);
}
