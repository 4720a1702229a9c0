/* Between the two files of the number test. */
#ifndef ND_TEST_NUMBER_H
#define ND_TEST_NUMBER_H

#include "../support.h"
#include "base/text.h"

/* Parses [s, s + n) from a copy of exactly n bytes, so that a sanitizer sees a read
 * beyond the end, and compares value and length with strtod. */
void like_strtod(const char *s, size_t n, bool hex);

void random_doubles(void **state);
void random_digits(void **state);
void midpoints(void **state);
void random_hex(void **state);

#endif
