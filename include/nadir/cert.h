/* nadir/cert.h - proofs about points, and the files that carry them. */
#ifndef NADIR_CERT_H
#define NADIR_CERT_H

#include <nadir/model.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a proof says of the point. */
typedef enum {
    ND_SAYS_NOTHING = 0,
    ND_SAYS_GLOBAL,    /* theta is a global minimum                                     */
    ND_SAYS_STRICT,    /* near theta lies an isolated local minimum                     */
    ND_SAYS_LOCAL,     /* near theta lies a local minimum, isolated or not              */
    ND_SAYS_SADDLE,    /* near theta lies a nondegenerate critical point of index >= 1  */
    ND_SAYS_NO_MINIMUM /* theta itself is no local minimum                              */
} nd_says;

/* What a certificate asserts. */
typedef struct {
    const char *kind;            /* row of nd_cert_table: "zero-loss", ...           */
    nd_truth truth;              /* ND_PROVED, or ND_UNKNOWN with the reason         */
    nd_says says;                /* ND_SAYS_NOTHING unless truth is ND_PROVED, and when only
                                  * a lower point at the distance radius is proved     */
    double loss_lo, loss_hi;     /* enclosure of L(theta)                            */
    size_t errors_lo, errors_hi; /* enclosure of the number of training errors     */
    double margin_lo;            /* proved lower bound of min_i m_i                  */
    /* Of a critical point theta* near theta (all kinds but zero-loss, theorem and most
     * forms of not-a-minimum); the figures above are then those of theta*, not of theta.
     * 0 for other kinds. */
    double radius;    /* |theta* - theta| <= radius                       */
    double mu;        /* smallest eigenvalue of H(theta*) >= mu; 0: not claimed */
    size_t index;     /* negative eigenvalues of H(theta*), exactly       */
    char reason[256]; /* which inequality failed, by how much             */
} nd_cert;

/* One row of the table of kinds. */
struct json_t; /* jansson's */
typedef struct {
    const char *kind;
    const char *asserts; /* one sentence                                     */
    nd_status (*prove)(nd_ctx *ctx, const nd_problem *pb, const double *theta, nd_cert *out);
    /* Adds the claims of its own kind to the object "claims" of the certificate file, found
     * anew from the same arguments that were proved.  NULL: the common ones say it all. */
    nd_status (*claims)(nd_ctx *ctx, const nd_problem *pb, const double *theta, const nd_cert *cert,
                        struct json_t *claims);
} nd_cert_kind;

const nd_cert_kind *nd_cert_table(size_t *rows);

/* Tries the kinds in the order of the table; *out is the first that proves, else
 * the verdict of the last with its reason.  No error when nothing is proved. */
nd_status nd_certify(nd_ctx *ctx, const nd_problem *pb, const double *theta, nd_cert *out);

/* The same without the kinds that speak of theta alone (theorem, not-a-minimum): minima and
 * saddles near theta. */
nd_status nd_certify_near(nd_ctx *ctx, const nd_problem *pb, const double *theta, nd_cert *out);

/* lo[i] <= y_i f(x_i; theta) <= hi[i] with every rounding error bounded (plain
 * double, a-priori bounds; docs/proofs.md).  f is the network with exactly the
 * stored theta on exactly the stored table. */
nd_status nd_margin_bounds(nd_ctx *ctx, const nd_problem *pb, const double *theta, double *lo,
                           double *hi);

/* Moves theta to the double nearest to the critical point that Newton's method in
 * double-double arithmetic reaches from it, so that the gradient is down to the
 * rounding of theta itself and certificates are as small as they can be.  To minima and
 * saddles; does nothing where the Hessian is singular up to rounding or that point is not
 * near. */
nd_status nd_cert_polish(nd_ctx *ctx, const nd_problem *pb, double *theta);

/* Where training has left a minimum that is not isolated, theta is near one of a form that
 * can be proved (kinds constant-neuron and dual): moves theta there when neither L nor its
 * gradient grow by it.  All |w_j| tiny in one layer: w = 0, a_0 such that the constant output
 * balances the classes; neurons with nearly equal w and b (for odd activations also of
 * opposite sign) and output weights of one sign: equal ones, polished.  With a ridge, for
 * nets of one layer with kinks: a descent that keeps neurons at their kinks where L falls to
 * neither side (kind kink).  *changed: whether theta is another one now. */
nd_status nd_cert_snap(nd_ctx *ctx, const nd_problem *pb, double *theta, bool *changed);

/* The certificate file (docs/certificate-format.md): problem, theta, kind, claims.
 * Small data inside as hex floats, large by file name and SHA-256. */
nd_status nd_cert_save(nd_ctx *ctx, const nd_problem *pb, const double *theta, const nd_cert *cert,
                       const char *file);

#ifdef __cplusplus
}
#endif
#endif
