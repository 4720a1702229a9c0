/* Comparing names: without case, and by the Levenshtein distance (insert, delete,
 * replace; each costs 1), for "did you mean". */
#include "base/text.h"

#include <string.h>

#define LONGEST 63 /* of the names compared; longer ones are never close */
#define CLOSE   2  /* edits */

static int lower(char c)
{
    return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : (unsigned char)c;
}

bool nd_text_equal_nocase(const char *a, const char *b)
{
    while (*a && lower(*a) == lower(*b)) a++, b++;
    return lower(*a) == lower(*b);
}

/* Wagner-Fischer with one row: row[j] = distance of a[0..i) and b[0..j). */
static size_t distance(const char *a, size_t na, const char *b, size_t nb)
{
    size_t row[LONGEST + 1];

    for (size_t j = 0; j <= nb; j++) row[j] = j;
    for (size_t i = 1; i <= na; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= nb; j++) {
            size_t best = diagonal + (lower(a[i - 1]) != lower(b[j - 1]));
            diagonal = row[j];
            if (row[j] + 1 < best) best = row[j] + 1;
            if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[nb];
}

/* As many edits as s has letters would turn it into anything that short. */
const char *nd_text_closest(const char *s, const char *const *names, size_t n)
{
    size_t length = strlen(s), best = length <= CLOSE ? length : CLOSE + 1;
    const char *closest = NULL;

    if (length > LONGEST) return NULL;
    for (size_t i = 0; i < n; i++) {
        size_t other = strlen(names[i]), d;
        if (other > LONGEST) continue;
        d = distance(s, length, names[i], other);
        if (d < best) best = d, closest = names[i];
    }
    return closest;
}
