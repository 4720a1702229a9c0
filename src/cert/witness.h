/* The witnesses of docs/witness-format.md, section 2. */
#ifndef ND_CERT_WITNESS_H
#define ND_CERT_WITNESS_H

#include "base/json.h"

#include <nadir/theory.h>

/* *out: a new object with the witnesses that t has; times: and how long they took.
 * Errors: ND_EMEM. */
nd_status nd_witness_json(nd_ctx *ctx, const nd_theory *t, bool times, json_t **out);

#endif
