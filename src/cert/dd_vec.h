/* Vectors of ND_VL doubles (before it: ND_VL). */
typedef double vec __attribute__((vector_size(8 * ND_VL)));
typedef double vec_any __attribute__((vector_size(8 * ND_VL), aligned(8), may_alias));

static inline vec load(const double *p)
{
    return *(const vec_any *)p;
}

static inline void store(double *p, vec v)
{
    *(vec_any *)p = v;
}
