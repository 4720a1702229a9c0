/* What the parts of the reader share. */
#ifndef NV_READ_H
#define NV_READ_H

#include "verify/verify.h"

/* One object of the file: where it is named in messages, and its members. */
typedef struct {
    nd_ctx *ctx;
    char where[256];
    json_t *j;
} nv_object;

/* ND_EINPUT with the message "WHERE: what". */
nd_status nv_object_bad(const nv_object *o, const char *what);
/* Every member of o is one of names, a list " name name ... ". */
nd_status nv_object_only(const nv_object *o, const char *names);
nd_status nv_object_number(const nv_object *o, const char *key, double *out);
nd_status nv_object_positive(const nv_object *o, const char *key, double *out);
/* *out := a new array of the count numbers of o[key]. */
nd_status nv_object_numbers(const nv_object *o, const char *key, size_t count, double **out);

/* The claims of the kind complete (read_complete.c). */
nd_status nv_complete_read(const nv_object *o, nv_cert *c);
void nv_complete_clear(nd_ctx *ctx, struct nv_complete *k);

/* Kind and claims of a certificate of which all else is read (read_claims.c). */
nd_status nv_claims_read(const nv_object *claims, nv_cert *c);

#endif
