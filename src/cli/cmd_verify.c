/* nadir verify: hands over to nadir-verify, the separate proof checker. */
#include "cli/cli.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* The checker beside this program, as long as the system tells where that is. */
static bool beside(char path[4096])
{
    static const char name[] = "nadir-verify";
    ssize_t n = readlink("/proc/self/exe", path, 4096 - sizeof name);

    while (n > 0 && path[n - 1] != '/') n--;
    if (n <= 0) return false;
    memcpy(path + n, name, sizeof name);
    return access(path, X_OK) == 0;
}

static cli_exit run(cli *c)
{
    char path[4096];
    char **argv = c->argv + 1; /* "verify" makes room for the checker's own name */

    if (c->argc < 3)
        return cli_fail(c, nd_fail(c->ctx, ND_EINPUT,
                                   "usage: nadir verify CERT; 'nadir verify "
                                   "--help' says more"));
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        cli_help_command(stdout, c->command);
        return CLI_DONE;
    }
    argv[0] = (char[]){"nadir-verify"};
    if (beside(path)) execv(path, argv);
    execvp(argv[0], argv);
    return cli_fail(c, nd_fail(c->ctx, ND_EIO,
                               "cannot run nadir-verify (%s); it must be beside nadir or in PATH",
                               strerror(errno)));
}

static const cli_example examples[] = {
    {"re-prove what 'nadir train' wrote", "nadir verify wdbc.cert.json"},
    {NULL, NULL},
};

const cli_command cli_verify = {
    .name = "verify",
    .operands = "CERT",
    .least = 1,
    .most = 1,
    .summary = "re-prove a certificate with the separate checker nadir-verify",
    .details = "Runs nadir-verify, which shares no mathematics with this program, on the "
               "certificate and ends with its exit status: 0 proved, 1 bad input, 3 unknown, 4 "
               "refuted. nadir-verify must be beside this program or in PATH.",
    .options = "",
    .raw = true,
    .example = examples,
    .run = run,
};
