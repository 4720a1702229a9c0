/* A bad minimum as gallery and hunt show and write it. */
#ifndef ND_CLI_EXHIBIT_H
#define ND_CLI_EXHIBIT_H

#include "cli/cli.h"

typedef struct {
    const char *name; /* of its files: NAME.csv, NAME.model.json, NAME.cert.json */
    const nd_table *data;
    nd_net *net;
    const nd_problem *problem;
    double *theta;
    const nd_cert *cert;
} cli_exhibit;

/* The samples of either class, on a line each. */
void cli_say_samples(cli *c, const nd_table *t);
/* The verdict and its certificate. */
void cli_say_exhibit(cli *c, const cli_exhibit *e);
/* Before the work: the folder is there, or is made, and can be written. */
nd_status cli_make_folder(nd_ctx *ctx, const char *folder);
nd_status cli_write_exhibit(cli *c, const cli_exhibit *e, const char *folder);

#endif
