/* The program nadir: what its commands share.  A command parses its options (from
 * tables), calls the library, prints what it found. */
#ifndef ND_CLI_H
#define ND_CLI_H

#include <nadir/nadir.h>
#include <stdio.h>

#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"

/* Exit status: the same for every command. */
typedef enum {
    CLI_DONE = 0,
    CLI_BAD = 1,       /* usage or bad input                              */
    CLI_STOPPED = 2,   /* a limit or an interrupt came before the answer  */
    CLI_UNDECIDED = 3, /* certify, verify: neither proved nor refuted     */
    CLI_REFUTED = 4    /* verify only                                     */
} cli_exit;

/* ---- options (options.c) ------------------------------------------------------- */

enum { CLI_GIVEN_MAX = 64, CLI_OPERANDS_MAX = 64 };

/* The values of the options that commands share; each command reads those it names. */
typedef struct {
    const char *net, *loss, *label, *positive, *format, *output, *warm, *theta, *at;
    double l2, holdout;
    int scale;
    long threads, cv;
    bool json, quiet, prob, unlabelled, gradient, hessian, margins, list;
    bool help, version, man, markdown;
    nd_train_settings train;
    const char *given[CLI_GIVEN_MAX]; /* names of the options on the command line */
    size_t givens;
    const char *operand[CLI_OPERANDS_MAX];
    size_t operands;
} cli_args;

/* One option.  set.name is its name without the dashes; set.offset points into
 * cli_args.  The library's own settings tables supply type, range and help of the
 * rows that are theirs. */
typedef struct {
    nd_setting set;
    char letter;     /* 'o' for -o, or 0                            */
    const char *arg; /* "FILE"; NULL for a switch                   */
} cli_option;

/* Options that belong to one command alone: the rows set members of values (static, in
 * the command's file; filled with the defaults before run).  Either a settings table of
 * the library, whose names get '-' for '_', or rows that also say letter and arg. */
typedef struct {
    const nd_setting *settings; /* or NULL */
    const cli_option *options;  /* or NULL; ends with a row whose set.name is NULL */
    void *values;
} cli_table;

bool cli_given(const cli_args *args, const char *name);
/* "default 3", "default standard", or "" when there is none to speak of. */
void cli_option_default(const cli_option *opt, char text[64]);

/* ---- commands -------------------------------------------------------------------- */

typedef struct {
    const char *about, *line; /* about NULL: belongs to the one before */
} cli_example;

struct cli;
typedef struct {
    const char *name;
    const char *operands;       /* "MODEL DATA", for the usage line                  */
    size_t least, most;         /* how many operands                                 */
    const char *summary;        /* one line                                          */
    const char *details;        /* paragraphs; "\n" between them                     */
    const cli_table *own;       /* its own options, or NULL; ends with values NULL   */
    const char *options;        /* names of shared ones, separated by blanks         */
    bool functions;             /* --help lists activations and losses               */
    bool raw;                   /* everything after the name belongs to run (verify) */
    const cli_example *example; /* ends with a row whose line is NULL            */
    cli_exit (*run)(struct cli *c);
} cli_command;

const cli_command *cli_commands(size_t *rows); /* main.c */
const cli_command *cli_command_find(const char *name);

/* The k-th option of cmd, as --help lists them: its own, those it shares, --help.
 * *values: the struct that the row sets, NULL: cli_args.  false: there are no more. */
bool cli_option_at(const cli_command *cmd, size_t k, cli_option *out, void **values);

extern const cli_command cli_check, cli_train, cli_predict, cli_data, cli_eval, cli_certify,
    cli_verify, cli_gallery, cli_hunt, cli_survey, cli_explore, cli_atlas, cli_complete, cli_slice,
    cli_spectrum, cli_report, cli_help;

/* One run of the program. */
typedef struct cli {
    nd_ctx *ctx;
    const cli_command *command;
    cli_args args;
    FILE *text;     /* lines for people: stdout, or stderr with --json          */
    json_t *json;   /* the object that --json prints; NULL without              */
    bool failed;    /* cli_fail has spoken: there is no answer to print         */
    bool no_memory; /* while the object was built                               */
    int argc;       /* as given to main                                         */
    char **argv;
} cli;

/* Reads argv[first..); on failure the message is in the context. */
nd_status cli_parse(cli *c, int first);

/* ---- printing (output.c) ----------------------------------------------------------- */

/* Prints "nadir: MESSAGE" to stderr; returns CLI_BAD, or CLI_STOPPED after ND_ECANCEL. */
cli_exit cli_fail(cli *c, nd_status status);
/* A line of its own: "label    text", to the stream for people unless --quiet. */
void cli_line(const cli *c, const char *label, const char *fmt, ...) ND_PRINTF(3, 4);
/* The same, even with --quiet. */
void cli_answer(const cli *c, const char *label, const char *fmt, ...) ND_PRINTF(3, 4);
/* "warning: ..." on stderr. */
void cli_warn(const char *fmt, ...) ND_PRINTF(1, 2);
/* The last component of a path; generator specs stay whole. */
const char *cli_base_name(const char *source);

/* Sets key of obj, and takes the reference; remembers a failure in c->no_memory.
 * Nothing happens when obj is NULL (no --json). */
void cli_put(cli *c, json_t *obj, const char *key, json_t *value);
void cli_put_text(cli *c, json_t *obj, const char *key, const char *text); /* NULL: null */
void cli_put_count(cli *c, json_t *obj, const char *key, size_t count);
void cli_put_real(cli *c, json_t *obj, const char *key, double x);
void cli_put_bool(cli *c, json_t *obj, const char *key, bool b);
/* A new object under key of the answer, or NULL without --json. */
json_t *cli_section(cli *c, const char *key);
json_t *cli_reals(cli *c, size_t n, const double *x);

/* ---- what commands have in common ------------------------------------------------ */

void cli_signals(void);     /* progress.c: SIGINT and SIGTERM ask for a clean stop */
bool cli_reader_left(void); /* something was written to a pipe that nobody reads   */
void cli_progress(cli *c);  /* installs the hooks in the context              */
void cli_progress_clear(void);

void cli_help_command(FILE *f, const cli_command *cmd); /* help.c */
void cli_help_all(FILE *f);
void cli_help_man(FILE *f);
void cli_help_markdown(FILE *f);

/* Writable place for a result?  Asked before the work, not after it: file must be no
 * folder, lie in a folder that can be written, and not be one of the inputs (NULL
 * allowed).  Errors: ND_EINPUT, ND_EIO. */
nd_status cli_check_output(nd_ctx *ctx, const char *file, const char *input1, const char *input2);
/* "a.model.json" -> "a.cert.json", "a.json" -> "a.cert.json", "a" -> "a.cert.json". */
char *cli_certificate_name(nd_ctx *ctx, const char *model);

/* A model and the data it is to be used on (point.c): scaled like the training data,
 * labelled by the model's rule unless --label or --positive says otherwise. */
typedef struct {
    nd_model *model;
    nd_table *table;
    nd_problem problem; /* only when the table has labels */
    bool same_data;     /* the SHA-256 is that of the training table */
} cli_point;

nd_status cli_point_load(cli *c, bool need_labels, cli_point *p);
void cli_point_free(cli *c, cli_point *p);
/* Sets weight_pos of all positive samples of t. */
nd_status cli_weigh(nd_ctx *ctx, nd_table *t, double weight_pos);

/* The data and net lines, and their JSON (describe.c). */
const char *cli_scaling_text(const nd_scaler *s, const nd_table *t); /* "standardised" */
void cli_say_data(cli *c, const nd_table *t, const char *scaling, const char *more);
void cli_say_net(cli *c, const nd_net *net);
void cli_say_loss(cli *c, nd_loss loss, double l2, double weight_pos);
/* Which theorem covers pb: the line and its JSON, proved within limit seconds or half a
 * second, else "undecided". */
nd_status cli_say_theory(cli *c, const nd_problem *pb, double limit);
/* Confusion table, accuracy and AUC under a title. */
void cli_say_score(cli *c, const char *label, const char *key, const nd_score *s);
json_t *cli_score_json(cli *c, const nd_score *s);

/* Pictures (picture.c): does -o end in .svg, .png, .pdf, .csv or .json and can it be written? */
nd_status cli_check_picture(cli *c);
bool cli_ends_in(const char *file, const char *end);
bool cli_is_atlas(const char *file); /* by its first bytes */
/* "wdbc.csv (569 samples), softplus:32 (1025 parameters), polyhinge:3, l2 0.01" */
void cli_subject(const nd_problem *pb, char text[200]);

/* The way of a training run (follow.c): begin before the work, follow just before nd_train. */
typedef struct {
    nd_ctx *ctx;
    const char *file; /* NULL: nobody asked */
    nd_trace *trace;
    nd_status status; /* of what happened while training */
} cli_way;
nd_status cli_way_begin(cli *c, cli_way *w, const char *file);
void cli_way_follow(cli *c, cli_way *w);
nd_status cli_way_save(cli *c, const cli_way *w);
void cli_way_end(cli_way *w);

/* "GLOBAL MINIMUM (proved)", "LOCAL MINIMUM (numerical), bad", and without errors "..., bad
 * (not the lowest)". */
void cli_verdict_title(const nd_verdict *v, char text[64]);
/* The verdict line(s) and their JSON (verdict.c). */
void cli_say_verdict(cli *c, const nd_verdict *v);

#endif
