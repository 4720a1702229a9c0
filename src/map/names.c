/* The names of the kinds of trials: stored in atlases, so stable. */
#include <nadir/map.h>

const char *nd_ask_name(nd_ask_kind k)
{
    static const char *const name[ND_ASKS] = {"start", "hop",  "follow", "pair",
                                              "down",  "seek", "certify"};

    return (unsigned)k < ND_ASKS ? name[k] : "unknown";
}
