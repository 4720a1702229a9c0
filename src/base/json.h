/* JSON on top of jansson: reading with errors that name the path, hex floats. */
#ifndef ND_BASE_JSON_H
#define ND_BASE_JSON_H

#include <jansson.h>
#include <nadir/base.h>

/* Parses text; name is for messages ("FILE:line:column: ...").  Duplicate keys are
 * refused.  *out is a new reference.  Errors: ND_EINPUT; ND_EMEM (jansson allocates
 * with malloc, and when it runs out in the middle of a string it calls that a bad
 * string: then ND_EINPUT). */
nd_status nd_json_parse(nd_ctx *ctx, const char *name, const char *text, size_t size, json_t **out);

/* The text of j, indented, keys in insertion order, ending in a newline; numbers
 * round-trip.  Freed with nd_free. */
nd_status nd_json_text(nd_ctx *ctx, const json_t *j, bool compact, char **text, size_t *size);
/* The same, into a file, as nd_file_write does it. */
nd_status nd_json_save(nd_ctx *ctx, const json_t *j, bool compact, const char *file);

/* Members of an object, with the type checked: ND_EINPUT "NAME: 'key': expected a
 * string, found a number".  Results are borrowed from j. */
nd_status nd_json_get(nd_ctx *ctx, const char *name, const json_t *j, const char *key,
                      json_type type, json_t **out);
nd_status nd_json_text_at(nd_ctx *ctx, const char *name, const json_t *j, const char *key,
                          const char **out);
nd_status nd_json_long_at(nd_ctx *ctx, const char *name, const json_t *j, const char *key, long lo,
                          long hi, long *out);

/* Hex floats travel as strings. */
json_t *nd_json_hex(double x); /* a string; NULL: no memory */
json_t *nd_json_hex_array(const double *x, size_t n);
/* A string with a hex float or a plain JSON number; finite, else ND_EINPUT. */
nd_status nd_json_number(nd_ctx *ctx, const char *name, const json_t *j, double *out);
/* j[key] is an array of exactly n such numbers. */
nd_status nd_json_numbers_at(nd_ctx *ctx, const char *name, const json_t *j, const char *key,
                             size_t n, double *out);
/* Sets key to value and takes the reference; NULL value or failure: ND_EMEM. */
nd_status nd_json_set(nd_ctx *ctx, json_t *j, const char *key, json_t *value);
/* A real, or null when x is not finite. */
json_t *nd_json_real(double x);
nd_status nd_json_settings(nd_ctx *ctx, const nd_setting *table, const void *settings,
                           json_t *into);

#endif
