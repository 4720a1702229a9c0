/* Array versions of elementary.h; included once per instruction set.
 *
 * The compiler vectorises the loops: el_* are branch-free.  A tail shorter than 8 is
 * padded, so that it too runs in vectors.  x and y may be the same array: there is
 * no dependence between iterations then, which is what the pragma says. */
#include "num/elementary.h"

#if defined(__clang__)
#define ND_INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#else
#define ND_INDEPENDENT _Pragma("GCC ivdep")
#endif

#define ND_MAP(f)                                                                                  \
    static void map_##f(size_t n, const double *x, double *y)                                      \
    {                                                                                              \
        size_t main = n & ~(size_t)7;                                                              \
        double t[8] = {0};                                                                         \
                                                                                                   \
        ND_INDEPENDENT                                                                             \
        for (size_t i = 0; i < main; i++) y[i] = el_##f(x[i]);                                     \
        if (main == n) return;                                                                     \
        for (size_t i = main; i < n; i++) t[i - main] = x[i];                                      \
        for (size_t i = 0; i < 8; i++) t[i] = el_##f(t[i]);                                        \
        for (size_t i = main; i < n; i++) y[i] = t[i - main];                                      \
    }

ND_MAP(exp)
ND_MAP(log)
ND_MAP(log1p)
ND_MAP(tanh)
ND_MAP(sigmoid)
ND_MAP(softplus)
ND_MAP(atan)
ND_MAP(phi)

static void map_softplus_sigmoid(size_t n, const double *x, double *s, double *p)
{
    size_t main = n & ~(size_t)7;
    double t[8] = {0}, ts[8], tp[8];

    ND_INDEPENDENT
    for (size_t i = 0; i < main; i++) {
        double v = x[i], e = el_exp_abs(v);
        s[i] = el_softplus_of(v, e);
        p[i] = el_sigmoid_of(v, e);
    }
    if (main == n) return;
    for (size_t i = main; i < n; i++) t[i - main] = x[i];
    for (size_t i = 0; i < 8; i++) {
        double e = el_exp_abs(t[i]);
        ts[i] = el_softplus_of(t[i], e);
        tp[i] = el_sigmoid_of(t[i], e);
    }
    for (size_t i = main; i < n; i++) {
        s[i] = ts[i - main];
        p[i] = tp[i - main];
    }
}
