/* What readers, writers and generators share.  Private to the data floor.
 *
 * A reader turns the bytes of an nd_input into the features of an empty table and
 * the labels as they stand in the source; nd_labels_apply then makes them +1/-1 by
 * the rules of the options.  To add a format: one row in format.c and one file. */
#ifndef ND_DATA_RAW_H
#define ND_DATA_RAW_H

#include "base/memory.h"
#include "base/text.h"
#include <nadir/data.h>

typedef struct {
    const char *name; /* file name, for messages                          */
    const char *bytes;
    size_t size;
    const char *more; /* the companion file (IDX labels); NULL: none      */
    size_t more_size;
    const nd_read_options *opt; /* never NULL                             */
} nd_input;

/* ---- labels (labels.c) ------------------------------------------------------- */

/* One of the different values of the label column. */
typedef struct {
    char *text;    /* numbers in their shortest spelling: "1.0" becomes "1" */
    char *spelled; /* as first met                                          */
    size_t spelled_len;
    double number;
    bool is_number;
    size_t count;
} nd_label;

typedef struct {
    nd_label *value;
    size_t values, room;
    uint32_t *id; /* id[i] is the index in value of row i's label            */
    size_t rows, id_room;
    size_t last;   /* the value met last                                     */
    bool any;      /* the source has a label column                          */
    size_t column; /* its 1-based number; 0: it has none                     */
    char *name;    /* and its name; may be NULL                              */
} nd_labels;

#define ND_NO_COLUMN SIZE_MAX

/* The label column among cols columns with these names (NULL: none): 0-based, or
 * ND_NO_COLUMN when there are no labels to read.  Fills y->any, column, name. */
nd_status nd_label_column(nd_ctx *ctx, const nd_input *in, char *const *names, size_t cols,
                          nd_labels *y, size_t *out);

/* Room for rows labels at once. */
nd_status nd_labels_reserve(nd_ctx *ctx, nd_labels *y, size_t rows);

/* Appends the label of the next row.  ND_ERANGE comes without a message: the label
 * is empty or not finite, and the caller knows line and column (ND_WANT_LABEL). */
nd_status nd_labels_add(nd_ctx *ctx, const nd_input *in, nd_labels *y, const char *s, size_t len);
nd_status nd_labels_add_number(nd_ctx *ctx, const nd_input *in, nd_labels *y, double v);

/* t->y, positive, negative, label_name and note by the rules of in->opt. */
nd_status nd_labels_apply(nd_ctx *ctx, const nd_input *in, nd_labels *y, nd_table *t);
void nd_labels_clear(nd_ctx *ctx, nd_labels *y);

/* ---- bad input (bad.c) ------------------------------------------------------- */

/* The 1-based line of p. */
size_t nd_line_of(const nd_input *in, const char *p);

/* "FILE:LINE: column K ('name'): found 'text', expected ..."; ND_EINPUT.  line or
 * column 0 and name NULL are left out; column_name may be long or hostile. */
nd_status nd_bad(nd_ctx *ctx, const nd_input *in, size_t line, size_t column,
                 const char *column_name, const char *found, size_t len, const char *expected);

/* [s, s+len) in quotes, shortened, without control characters, into out. */
#define ND_SHOWN 64
const char *nd_show(const char *s, size_t len, char out[ND_SHOWN]);

/* "?", "NA", "nan", ... or nothing at all: what files write for a missing value. */
bool nd_is_missing(const char *s, size_t len);

/* Expected-texts that several readers use. */
#define ND_WANT_NUMBER "a finite number"
#define ND_WANT_TEXT_HINT                                                                          \
    "a number (drop the column, or encode it as 0/1 columns; another label column: --label)"
#define ND_WANT_PRESENT "a number (missing values are not supported: fill them in or drop the row)"
#define ND_WANT_LABEL   "a label (rows without a label must be dropped)"

/* Which of them fits the text that was found where a feature should be. */
const char *nd_want_feature(const char *s, size_t len);

/* ---- numbers (number.c) ------------------------------------------------------ */

/* nd_number_parse for decimals, with a shorter way for the common ones. */
const char *nd_decimal(const char *s, const char *end, double *out);
/* Little- or big-endian unsigned integer of 1..8 bytes. */
uint64_t nd_le(const char *p, int bytes);
uint64_t nd_be(const char *p, int bytes);
void nd_put_le(char *p, uint64_t v, int bytes);
/* The size bytes of a number of this kind ('f' 'i' 'u' 'b') as a double.  False:
 * it is an integer that no double equals. */
bool nd_binary_number(const char *p, char kind, int size, bool big, double *out);
/* a * b, or false when that overflows. */
bool nd_times(size_t a, size_t b, size_t *out);

/* ---- tables (table.c) -------------------------------------------------------- */

nd_table *nd_table_new(nd_ctx *ctx); /* empty, all NULL; NULL: no memory */
/* Sets *slot to a copy of s (NULL: nothing). */
nd_status nd_set_text(nd_ctx *ctx, char **slot, const char *s);
/* Appends "; text" to t->note. */
nd_status nd_add_note(nd_ctx *ctx, nd_table *t, const char *text);
/* ND_EINPUT unless every feature is finite. */
nd_status nd_check_finite(nd_ctx *ctx, const char *name, const nd_table *t);
void nd_names_free(nd_ctx *ctx, char **names, size_t count);

/* A sparse table that grows row by row. */
typedef struct {
    nd_table *t;
    size_t entries, row_room, entry_room;
} nd_sparse;
nd_status nd_sparse_begin(nd_ctx *ctx, nd_table *t, size_t rows, size_t entries, nd_sparse *out);
nd_status nd_sparse_entry(nd_ctx *ctx, nd_sparse *s, uint32_t col, double val);
nd_status nd_sparse_end_row(nd_ctx *ctx, nd_sparse *s);

/* ---- the tables of formats and generators ------------------------------------ */

typedef nd_status (*nd_reader)(nd_ctx *ctx, const nd_input *in, nd_table *t, nd_labels *y);
typedef nd_status (*nd_writer)(nd_ctx *ctx, const nd_table *t, nd_buf *out);

typedef struct {
    const char *name;
    const char *ext; /* name endings, blank-separated, lower case; "": none       */
    nd_reader read;
    nd_writer write; /* NULL: read only                                           */
    /* The file that belongs to file, in other[0..room); NULL: there is none.     */
    bool (*companion)(const char *file, char *other, size_t room);
} nd_format;

/* By name, or (name NULL) by the ending of file.  Errors: ND_ENAME. */
nd_status nd_format_find(nd_ctx *ctx, const char *name, const char *file, const nd_format **out);
nd_status nd_format_parse(nd_ctx *ctx, const nd_format *f, const nd_input *in, nd_table **out);

nd_status nd_csv_read(nd_ctx *ctx, const nd_input *in, nd_table *t, nd_labels *y);
nd_status nd_csv_write(nd_ctx *ctx, const nd_table *t, nd_buf *out);
nd_status nd_tsv_read(nd_ctx *ctx, const nd_input *in, nd_table *t, nd_labels *y);
nd_status nd_tsv_write(nd_ctx *ctx, const nd_table *t, nd_buf *out);
nd_status nd_svm_read(nd_ctx *ctx, const nd_input *in, nd_table *t, nd_labels *y);
nd_status nd_svm0_read(nd_ctx *ctx, const nd_input *in, nd_table *t, nd_labels *y);
nd_status nd_svm1_read(nd_ctx *ctx, const nd_input *in, nd_table *t, nd_labels *y);
nd_status nd_svm_write(nd_ctx *ctx, const nd_table *t, nd_buf *out);
nd_status nd_npy_read(nd_ctx *ctx, const nd_input *in, nd_table *t, nd_labels *y);
nd_status nd_npz_read(nd_ctx *ctx, const nd_input *in, nd_table *t, nd_labels *y);
nd_status nd_npz_write(nd_ctx *ctx, const nd_table *t, nd_buf *out);
nd_status nd_idx_read(nd_ctx *ctx, const nd_input *in, nd_table *t, nd_labels *y);
bool nd_idx_companion(const char *file, char *other, size_t room);
nd_status nd_arff_read(nd_ctx *ctx, const nd_input *in, nd_table *t, nd_labels *y);
nd_status nd_arff_write(nd_ctx *ctx, const nd_table *t, nd_buf *out);

#endif
