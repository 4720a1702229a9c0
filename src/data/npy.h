/* One NumPy array in memory (the .npy format, versions 1 to 3). */
#ifndef ND_DATA_NPY_H
#define ND_DATA_NPY_H

#include "data/raw.h"

#define ND_NPY_DIMS 8

typedef struct {
    char kind; /* 'f' 'i' 'u' 'b'; 'S' bytes, 'U' UCS-4 text (labels only) */
    int size;  /* bytes of an element                                      */
    bool big, fortran;
    size_t dims, shape[ND_NPY_DIMS];
    size_t rows, cols; /* first dimension, product of the others               */
    const char *data;
} nd_npy;

/* Parses the header of [bytes, bytes + size) and checks that the data are all there;
 * what names the array in messages ("FILE" or "FILE: X"). */
nd_status nd_npy_open(nd_ctx *ctx, const char *what, const char *bytes, size_t size, nd_npy *out);

/* The element (i, k) of a numeric array. */
bool nd_npy_number(const nd_npy *a, size_t i, size_t k, double *out);
/* The element i of an array of text as UTF-8 in out[0..room): its length. */
size_t nd_npy_text(const nd_npy *a, size_t i, char *out, size_t room);

/* The header of an n x d (d > 0) or n-vector (d = 0) of little-endian doubles. */
void nd_npy_header(nd_buf *out, size_t n, size_t d);

#endif
