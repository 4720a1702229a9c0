/* Exact arithmetic left out of the build: whatever needs it stays unknown. */
#include "theory/exact.h"

bool nd_exact_available(void)
{
    return false;
}

nd_status nd_exact_circuit(nd_ctx *ctx, const nd_exact_rows *rows, double until, nd_truth *truth,
                           nd_circuit *out)
{
    (void)ctx;
    (void)rows;
    (void)until;
    (void)out;
    *truth = ND_UNKNOWN;
    return ND_OK;
}

nd_status nd_exact_separate(nd_ctx *ctx, const nd_exact_rows *rows, double until, nd_truth *truth,
                            double *u, nd_circuit *out)
{
    (void)ctx;
    (void)rows;
    (void)until;
    (void)u;
    (void)out;
    *truth = ND_UNKNOWN;
    return ND_OK;
}

nd_status nd_exact_sum_is_zero(nd_ctx *ctx, const nd_exact_rows *rows, char *const *exact,
                               const double *c, bool *zero)
{
    (void)ctx;
    (void)rows;
    (void)exact;
    (void)c;
    *zero = false;
    return ND_OK;
}

nd_status nd_exact_basis(nd_ctx *ctx, const nd_exact_rows *rows, double until, size_t *rank,
                         bool *full, size_t *position)
{
    (void)ctx;
    (void)until;
    (void)position;
    *rank = 0;
    *full = rows->m == 0;
    return ND_OK;
}

nd_status nd_exact_span(nd_ctx *ctx, const nd_exact_rows *rows, const nd_exact_rows *other,
                        size_t rank, const size_t *basis, double until, nd_exact_answer *out)
{
    (void)ctx;
    (void)rows;
    (void)rank;
    (void)basis;
    (void)until;
    *out = (nd_exact_answer){.outside = other->m == 0 ? ND_PROVED : ND_UNKNOWN};
    return ND_OK;
}

nd_status nd_exact_member(nd_ctx *ctx, const nd_exact_rows *rows, size_t rank, const size_t *basis,
                          size_t sample, double until, nd_truth *member, char ***coef)
{
    (void)ctx;
    (void)rows;
    (void)rank;
    (void)basis;
    (void)sample;
    (void)until;
    *member = ND_UNKNOWN;
    *coef = NULL;
    return ND_OK;
}

nd_status nd_exact_is_normal(nd_ctx *ctx, const nd_exact_rows *rows, const nd_exact_rows *other,
                             char *const *w, bool *yes)
{
    (void)ctx;
    (void)rows;
    (void)other;
    (void)w;
    *yes = false;
    return ND_OK;
}

nd_status nd_exact_is_combination(nd_ctx *ctx, const nd_exact_rows *rows, char *const *coef,
                                  size_t inside, bool *yes)
{
    (void)ctx;
    (void)rows;
    (void)coef;
    (void)inside;
    *yes = false;
    return ND_OK;
}

nd_status nd_exact_product_rank(nd_ctx *ctx, size_t m, size_t n, const double *a, const double *b,
                                double until, size_t *rank, bool *known)
{
    (void)ctx;
    (void)a;
    (void)b;
    (void)until;
    *rank = 0;
    *known = m == 0 || n == 0;
    return ND_OK;
}

void nd_exact_thread_end(void) {}
