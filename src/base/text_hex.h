/* Between text_parse.c and text_hex.c. */
#ifndef ND_BASE_TEXT_HEX_H
#define ND_BASE_TEXT_HEX_H

/* The unsigned hex float at s; NULL when there is none. */
const char *nd_hex_scan(const char *s, const char *end, double *out);

#endif
