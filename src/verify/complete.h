/* nadir-verify - the claims of the kind complete (docs/certificate-format.md, section 6). */
#ifndef NV_COMPLETE_H
#define NV_COMPLETE_H

#include "verify/verify.h"

struct nv_complete {
    slong points;
    double *lo, *hi, *point, *half, *loss; /* P, P, points x P, points x P, points x 2 */
    slong *index;
    const char *tree;
    bool everywhere;
};

#endif
