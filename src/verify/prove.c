/* The kinds of statements (docs/certificate-format.md, section 6): the members of their
 * claims, and who proves them. */
#include "verify/prove.h"
#include <stdio.h>
#include <string.h>

const nv_kind_row nv_kinds[] = {
    {"zero-loss", NULL, NV_ZERO_LOSS, " ", " ", nv_prove_point},
    {"strict", NULL, NV_STRICT, " radius ", " mu ", nv_prove_critical},
    {"index", NULL, NV_INDEX, " radius index ", " ", nv_prove_critical},
    {"not-a-minimum", "lower", NV_NOT_A_MINIMUM, " form point radius ", " ", nv_prove_point},
    {"not-a-minimum", "curvature", NV_NOT_A_MINIMUM, " form radius ", " ", nv_prove_critical},
    {"not-a-minimum", "gradient", NV_NOT_A_MINIMUM, " form ", " ", nv_prove_point},
    {"flat", NULL, NV_FLAT, " radius idle gauge ", " mu ", nv_prove_flat},
    {"region", NULL, NV_REGION, " radius free ", " ", nv_prove_region},
    {"constant-neuron", NULL, NV_CONSTANT_NEURON, " radius ", " ", nv_prove_constant},
    {"dual", NULL, NV_DUAL, " radius groups ", " ", nv_prove_dual},
    {"kink", NULL, NV_KINK, " radius kinks ", " ", nv_prove_kink},
    {"balance", NULL, NV_BALANCE, " radius because ", " ", nv_prove_balance},
    {"complete", NULL, NV_COMPLETE, " everywhere lo hi points half losses indices tree ", " ",
     nv_prove_complete},
    {"theorem", NULL, NV_THEOREM, " theorem active witnesses ", " term idle_neuron ",
     nv_prove_theorem},
    {NULL, NULL, NV_OTHER, NULL, NULL, NULL},
};

void nv_prove(const nv_cert *cert, nv_answer *out)
{
    out->truth = ND_UNKNOWN;
    if (cert->row)
        cert->row->prove(cert, out);
    else
        snprintf(out->sentence, sizeof out->sentence, "this program does not know the kind");
}
