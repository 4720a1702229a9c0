/* Parts of the certificate file that other files share. */
#ifndef ND_CERT_FILE_H
#define ND_CERT_FILE_H

#include "base/json.h"

#include <nadir/model.h>

/* Puts the samples under key, as docs/certificate-format.md, section 2, says: inside, or
 * in a table beside file, which is then written. */
nd_status nd_cert_put_data(nd_ctx *ctx, json_t *root, const char *key, const nd_table *t,
                           const char *file);

/* All members of a certificate but its claims. */
nd_status nd_cert_put_head(nd_ctx *ctx, json_t *root, const nd_problem *pb, const char *kind,
                           const double *theta, const char *file);

/* key: an array of counts. */
nd_status nd_cert_put_counts(nd_ctx *ctx, json_t *claims, const char *key, size_t m,
                             const size_t *count);

#endif
