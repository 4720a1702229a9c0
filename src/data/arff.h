/* What the two halves of the ARFF reader (header, data) share. */
#ifndef ND_DATA_ARFF_H
#define ND_DATA_ARFF_H

#include "data/raw.h"

typedef enum { ND_ARFF_NUMERIC, ND_ARFF_NOMINAL, ND_ARFF_OTHER } nd_arff_kind;

typedef struct {
    char *name;
    nd_arff_kind kind;
    char **value; /* of a nominal attribute                        */
    size_t values, room;
    size_t col, width; /* its feature columns                      */
} nd_arff_attribute;

typedef struct {
    nd_ctx *ctx;
    const nd_input *in;
    const char *p, *end; /* the rest of the file                   */
    const char *line;    /* the line being read, trimmed           */
    const char *stop;    /* its end                                */
    nd_arff_attribute *attribute;
    size_t attributes, room, label;
    nd_buf text; /* the last quoted token                          */
    nd_table *t;
    nd_labels *y;
} nd_arff;

/* The next line that is neither blank nor a comment; false at the end. */
bool nd_arff_line(nd_arff *a);

/* A token at a->line: quoted, or up to a blank or one of stops.  a->line moves behind
 * it and the blanks after it.  *quoted says which. */
nd_status nd_arff_token(nd_arff *a, const char *stops, const char **s, size_t *len, bool *quoted);

/* ND_EINPUT with the line of a->line. */
nd_status nd_arff_bad(nd_arff *a, size_t k, const char *found, size_t len, const char *expected);

/* Reads up to and including @data; sets attributes, label, columns, names. */
nd_status nd_arff_header(nd_arff *a);
/* The index of the nominal value [s, s+len), or ND_NO_COLUMN. */
size_t nd_arff_value(const nd_arff_attribute *b, const char *s, size_t len);

#endif
