/* The parts of nadir check. */
#ifndef ND_CLI_CHECK_H
#define ND_CLI_CHECK_H

#include "cli/cli.h"

/* "holds", "fails", "unknown". */
const char *check_word(nd_truth truth);

/* Puts conditions, theorems, witnesses and the conclusion into the answer. */
nd_status check_json(cli *c, const nd_problem *pb, const nd_theory *r);

/* The answer as a file for a third party (docs/witness-format.md): with a heading and the
 * table itself, written beside the output when it is large.  *out: a new reference. */
nd_status check_file(cli *c, const nd_problem *pb, json_t **out);

#endif
