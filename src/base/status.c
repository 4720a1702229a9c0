/* Names of what a function returns (nd_status) and of what the mathematics says
 * (nd_truth).  The spellings appear in files and messages: stable. */
#include <nadir/base.h>

static const char *const status_name[ND_STATUSES] = {
    [ND_OK] = "ND_OK",           [ND_EMEM] = "ND_EMEM",       [ND_EINPUT] = "ND_EINPUT",
    [ND_EIO] = "ND_EIO",         [ND_ENAME] = "ND_ENAME",     [ND_ERANGE] = "ND_ERANGE",
    [ND_EDIM] = "ND_EDIM",       [ND_ESMOOTH] = "ND_ESMOOTH", [ND_ENUMERIC] = "ND_ENUMERIC",
    [ND_ECANCEL] = "ND_ECANCEL",
};

const char *nd_status_name(nd_status s)
{
    return (unsigned)s < ND_STATUSES ? status_name[s] : "ND_?";
}

const char *nd_truth_name(nd_truth t)
{
    switch (t) {
    case ND_PROVED:
        return "proved";
    case ND_REFUTED:
        return "refuted";
    case ND_UNKNOWN:
        break;
    }
    return "unknown";
}
