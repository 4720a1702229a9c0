/* libFuzzer: numbers.  Ours and strtod must agree in value and length on any text
 * (strtod skips blanks and reads nan(...): left out), and what is written must read
 * back. */
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define LONGEST 4000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool same(double a, double b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

static void go_round(double x)
{
    char text[40];
    size_t n = nd_number_format(x, text);
    double y;

    if (nd_number_parse(text, text + n, false, &y) != text + n || (!same(x, y) && x == x)) abort();
    n = nd_number_hex(x, text);
    if (nd_number_parse(text, text + n, true, &y) != text + n || (!same(x, y) && x == x)) abort();
}

/* Where the two grammars differ: leading blanks, hex when it is not asked for, and
 * what may follow nan. */
static bool comparable(const char *s, bool hex)
{
    if (strchr(" \t\n\v\f\r", *s)) return false; /* the empty text, too */
    if (!hex && strpbrk(s, "xX")) return false;
    return !strpbrk(s, "(");
}

static void compare(const uint8_t *data, size_t size, bool hex)
{
    char text[LONGEST + 1], *stop;
    const char *s = (const char *)data, *after;
    double x = 0.0, expected;

    after = nd_number_parse(s, s + size, hex, &x);
    if (after) go_round(x);
    (void)nd_number_whole(s, s + size, &x);
    if (size > LONGEST || memchr(data, 0, size)) return;
    memcpy(text, data, size);
    text[size] = '\0';
    if (!comparable(text, hex)) return;
    expected = strtod(text, &stop);
    if ((after ? after - s : 0) != stop - text) abort();
    if (after && !same(x, expected) && expected == expected) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    compare(data, size, false);
    compare(data, size, true);
    return 0;
}
