/* Dot products and other passes over vectors; included once per instruction set.
 *
 * Reductions run in 8 lanes (index mod 8), 8 / ND_VL vectors, and end in the fixed
 * tree ((0+4)+(2+6))+((1+5)+(3+7)).  A tail is padded with zeros: a lane is never
 * -0 (it starts at +0), so adding a zero product changes no bit. */

#define ND_LANES (8 / ND_VL)

static double lanes_sum(const vec acc[ND_LANES])
{
    double s[8];

    for (int v = 0; v < ND_LANES; v++) store(s + v * ND_VL, acc[v]);
    return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
}

/* The last n mod 8 entries, padded with zeros. */
static void pad_tail(size_t n, const double *x, double tail[8])
{
    for (size_t i = 0; i < 8; i++) tail[i] = i < n ? x[i] : 0.0;
}

ND_INLINE void lanes_dot(vec acc[ND_LANES], const double *x, const double *y)
{
    ND_UNROLL
    for (int v = 0; v < ND_LANES; v++) acc[v] += load(x + v * ND_VL) * load(y + v * ND_VL);
}

static double dot(size_t n, const double *x, const double *y)
{
    vec acc[ND_LANES] = {{0}};
    double tx[8], ty[8];
    size_t i = 0;

    for (; i + 8 <= n; i += 8) lanes_dot(acc, x + i, y + i);
    if (i < n) {
        pad_tail(n - i, x + i, tx);
        pad_tail(n - i, y + i, ty);
        lanes_dot(acc, tx, ty);
    }
    return lanes_sum(acc);
}

static double sum(size_t n, const double *x)
{
    vec acc[ND_LANES] = {{0}};
    double tx[8];
    size_t i = 0;

    for (; i < n; i += 8) {
        const double *p = x + i;
        if (n - i < 8) {
            pad_tail(n - i, p, tx);
            p = tx;
        }
        for (int v = 0; v < ND_LANES; v++) acc[v] += load(p + v * ND_VL);
    }
    return lanes_sum(acc);
}

static double sumsq(size_t n, const double *x, double scale)
{
    vec acc[ND_LANES] = {{0}};
    double tx[8];
    size_t i = 0;

    for (; i < n; i += 8) {
        const double *p = x + i;
        if (n - i < 8) {
            pad_tail(n - i, p, tx);
            p = tx;
        }
        for (int v = 0; v < ND_LANES; v++) {
            vec s = scale * load(p + v * ND_VL);
            acc[v] += s * s;
        }
    }
    return lanes_sum(acc);
}

static double absmax(size_t n, const double *x)
{
    double m = 0.0, nan = 0.0;

    for (size_t i = 0; i < n; i++) {
        double a = x[i] < 0.0 ? -x[i] : x[i];
        m = a > m ? a : m;
        nan = a == a ? nan : a;
    }
    return nan == nan ? m : nan;
}

static void axpy(size_t n, double a, const double *x, double *y)
{
    size_t i = 0;

    for (; i + ND_VL <= n; i += ND_VL) store(y + i, load(y + i) + a * load(x + i));
    for (; i < n; i++) y[i] += a * x[i];
}

static void tile_dot(size_t T, size_t N, const double *A, size_t lda, const double *a, double start,
                     double *f)
{
    for (size_t t = 0; t < T; t++, A += lda) {
        vec acc[ND_LANES] = {{0}};
        for (size_t j = 0; j < N; j += 8) lanes_dot(acc, A + j, a + j);
        f[t] = start + lanes_sum(acc);
    }
}
