/* Included once per instruction set: the kernels and the table that lists them.  Before it:
 * ND_TABLE its name, ND_VL doubles of a vector, and fused(a, b, p) = a b - p, rounded once
 * or, for p = fl(a b), exact. */
#include "cert/dd_functions.h"
#include "cert/dd_kernels.h"

/* y += a x for one vector; yl collects what is small. */
ND_INLINE void accumulate(vec ah, vec al, vec xh, vec xl, vec *yh, vec *yl)
{
    vec p = ah * xh, e = fused(ah, xh, p), y = *yh, s = y + p, t = s - y;

    *yl += (((y - (s - t)) + (p - t)) + e) + (ah * xl + al * xh);
    *yh = s;
}

ND_INLINE vec all_of(double x)
{
    return x - (vec){0};
}

/* Loops over vectors: unrolled, or they would live in memory. */
#if defined(__clang__)
#define ND_UNROLL _Pragma("clang loop unroll(full)")
#else
#define ND_UNROLL _Pragma("GCC unroll 8")
#endif

#define WIDE 2 /* vectors side by side: independent sums */

/* Columns j .. j + v ND_VL of nn. */
static inline __attribute__((always_inline)) void nn_block(int v, size_t K, nd_dd_vec a,
                                                           const double *Bh, const double *Bl,
                                                           size_t ldb, double *zh, double *zl)
{
    vec h[WIDE], l[WIDE], e;

    ND_UNROLL
    for (int i = 0; i < v; i++) {
        h[i] = load(zh + i * ND_VL);
        l[i] = load(zl + i * ND_VL);
    }
    for (size_t k = 0; k < K; k++, Bh += ldb, Bl += ldb) {
        vec ah = all_of(a.hi[k]), al = all_of(a.lo[k]);
        if (a.hi[k] == 0.0) continue;
        ND_UNROLL
        for (int i = 0; i < v; i++)
            accumulate(ah, al, load(Bh + i * ND_VL), load(Bl + i * ND_VL), &h[i], &l[i]);
    }
    ND_UNROLL
    for (int i = 0; i < v; i++) { /* nd_dd_join */
        vec s = h[i] + l[i], t = s - h[i];
        e = (h[i] - (s - t)) + (l[i] - t);
        store(zh + i * ND_VL, s);
        store(zl + i * ND_VL, e);
    }
}

static void nn(size_t N, size_t K, nd_dd_vec a, nd_dd_vec B, size_t ldb, nd_dd_vec z)
{
    size_t j = 0;

    for (; j + WIDE * ND_VL <= N; j += WIDE * ND_VL)
        nn_block(WIDE, K, a, B.hi + j, B.lo + j, ldb, z.hi + j, z.lo + j);
    for (; j < N; j += ND_VL) nn_block(1, K, a, B.hi + j, B.lo + j, ldb, z.hi + j, z.lo + j);
}

static void tn(size_t N, size_t K, nd_dd_vec a, nd_dd_vec g, nd_dd_vec C, size_t ldc)
{
    for (size_t k = 0; k < K; k++) {
        double *ch = C.hi + k * ldc, *cl = C.lo + k * ldc;
        vec ah = all_of(a.hi[k]), al = all_of(a.lo[k]);

        if (a.hi[k] == 0.0) continue;
        for (size_t j = 0; j < N; j += ND_VL) {
            vec h = load(ch + j), l = load(cl + j);
            accumulate(ah, al, load(g.hi + j), load(g.lo + j), &h, &l);
            store(ch + j, h);
            store(cl + j, l);
        }
    }
}

static void mul(size_t n, nd_dd_vec a, nd_dd_vec b, nd_dd_vec out)
{
    double *restrict h = out.hi, *restrict l = out.lo;

    for (size_t i = 0; i < n; i++) {
        nd_dd v = nd_dd_mul((nd_dd){a.hi[i], a.lo[i]}, (nd_dd){b.hi[i], b.lo[i]});
        h[i] = v.hi;
        l[i] = v.lo;
    }
}

static void scale(size_t n, nd_dd c, nd_dd_vec b, nd_dd_vec out)
{
    double *restrict h = out.hi, *restrict l = out.lo;

    for (size_t i = 0; i < n; i++) {
        nd_dd v = nd_dd_mul(c, (nd_dd){b.hi[i], b.lo[i]});
        h[i] = v.hi;
        l[i] = v.lo;
    }
}

/* ---- activations ------------------------------------------------------------------------- */

#define STORE_JET                                                                                  \
    sh[i] = jet.s.hi;                                                                              \
    sl[i] = jet.s.lo;                                                                              \
    s1h[i] = jet.s1.hi;                                                                            \
    s1l[i] = jet.s1.lo;                                                                            \
    err[i] = jet.err;                                                                              \
    err1[i] = jet.err1;

#define OUTPUTS                                                                                    \
    double *restrict sh = out->s.hi + at, *restrict sl = out->s.lo + at,                           \
                     *restrict s1h = out->s1.hi + at, *restrict s1l = out->s1.lo + at,             \
                     *restrict err = out->err + at, *restrict err1 = out->err1 + at

#define BLOCK 64

/* E_i := e^z_i: first the table, then loops without it. */
static void exp_block(size_t n, const double *zh, const double *zl, double *restrict Eh,
                      double *restrict El)
{
    for (size_t i = 0; i < n; i++) {
        nd_dd p = exp_power((nd_dd){zh[i], zl[i]});
        Eh[i] = p.hi;
        El[i] = p.lo;
    }
    for (size_t i = 0; i < n; i++) {
        nd_dd E = exp_from((nd_dd){zh[i], zl[i]}, (nd_dd){Eh[i], El[i]});
        Eh[i] = E.hi;
        El[i] = E.lo;
    }
}

/* An activation that rests on E = e^argument(z). */
#define MAP_EXP(f, argument)                                                                       \
    static void f##_block(size_t n, size_t at, nd_dd_vec z, const nd_dd_jets *out)                 \
    {                                                                                              \
        double Ah[BLOCK], Al[BLOCK], Eh[BLOCK], El[BLOCK];                                         \
        OUTPUTS;                                                                                   \
                                                                                                   \
        for (size_t i = 0; i < n; i++) {                                                           \
            nd_dd a = argument((nd_dd){z.hi[at + i], z.lo[at + i]});                               \
            Ah[i] = a.hi;                                                                          \
            Al[i] = a.lo;                                                                          \
        }                                                                                          \
        exp_block(n, Ah, Al, Eh, El);                                                              \
        for (size_t i = 0; i < n; i++) {                                                           \
            nd_dd_jet jet;                                                                         \
            f##_from((nd_dd){z.hi[at + i], z.lo[at + i]}, (nd_dd){Eh[i], El[i]}, &jet);            \
            STORE_JET                                                                              \
        }                                                                                          \
    }                                                                                              \
    static void map_##f(size_t n, nd_dd_vec z, const nd_dd_jets *out)                              \
    {                                                                                              \
        for (size_t i = 0; i < n; i += BLOCK) f##_block(n - i < BLOCK ? n - i : BLOCK, i, z, out); \
    }

MAP_EXP(sigmoid, minus_abs)
MAP_EXP(silu, minus_abs)
MAP_EXP(tanh, minus_twice_abs)
MAP_EXP(exp_jet, itself)

static void softplus_block(size_t n, size_t at, nd_dd_vec z, const nd_dd_jets *out)
{
    double Ah[BLOCK], Al[BLOCK], Eh[BLOCK], El[BLOCK], Fh[BLOCK], Fl[BLOCK], y[BLOCK];
    OUTPUTS;

    for (size_t i = 0; i < n; i++) {
        nd_dd a = minus_abs((nd_dd){z.hi[at + i], z.lo[at + i]});
        Ah[i] = a.hi;
        Al[i] = a.lo;
    }
    exp_block(n, Ah, Al, Eh, El);
    nd_vlog1p(n, Eh, y);
    for (size_t i = 0; i < n; i++) {
        Ah[i] = -y[i];
        Al[i] = 0.0;
    }
    exp_block(n, Ah, Al, Fh, Fl);
    for (size_t i = 0; i < n; i++) {
        nd_dd_jet jet;
        softplus_from((nd_dd){z.hi[at + i], z.lo[at + i]}, (nd_dd){Eh[i], El[i]}, y[i],
                      (nd_dd){Fh[i], Fl[i]}, &jet);
        STORE_JET
    }
}

static void map_softplus(size_t n, nd_dd_vec z, const nd_dd_jets *out)
{
    for (size_t i = 0; i < n; i += BLOCK) softplus_block(n - i < BLOCK ? n - i : BLOCK, i, z, out);
}

/* The others, one by one. */
#define MAP(f)                                                                                     \
    static void map_##f(size_t n, nd_dd_vec z, const nd_dd_jets *out)                              \
    {                                                                                              \
        const size_t at = 0;                                                                       \
        OUTPUTS;                                                                                   \
                                                                                                   \
        for (size_t i = 0; i < n; i++) {                                                           \
            nd_dd_jet jet;                                                                         \
            f((nd_dd){z.hi[i], z.lo[i]}, &jet);                                                    \
            STORE_JET                                                                              \
        }                                                                                          \
    }

MAP(square)
MAP(arctan)
MAP(squareplus)
MAP(relu)
MAP(leakyrelu)

static const nd_dd_map_row maps[] = {{"softplus", map_softplus},
                                     {"sigmoid", map_sigmoid},
                                     {"silu", map_silu},
                                     {"tanh", map_tanh},
                                     {"exp", map_exp_jet},
                                     {"square", map_square},
                                     {"arctan", map_arctan},
                                     {"squareplus", map_squareplus},
                                     {"relu", map_relu},
                                     {"leakyrelu", map_leakyrelu},
                                     {NULL, NULL}};

const nd_dd_kernels ND_TABLE = {.nn = nn, .tn = tn, .mul = mul, .scale = scale, .maps = maps};
