/* The network in 200-bit arithmetic, written out naively from docs/certificate-format.md:
 * what the enclosures are checked against. */
#ifndef ND_TESTS_CERT_MPFR_NET_H
#define ND_TESTS_CERT_MPFR_NET_H

#include <mpfr.h>
#include <nadir/cert.h>

#include <stdlib.h>
#include <string.h>

#ifndef BITS
#define BITS 200
#endif

/* y := s(z) */
__attribute__((unused)) static void mp_act(const char *name, mpfr_t y, const mpfr_t z)
{
    mpfr_t t;

    mpfr_init2(t, BITS);
    if (strcmp(name, "softplus") == 0) {
        mpfr_exp(t, z, MPFR_RNDN);
        mpfr_log1p(y, t, MPFR_RNDN);
    } else if (strcmp(name, "squareplus") == 0) {
        mpfr_sqr(t, z, MPFR_RNDN);
        mpfr_add_ui(t, t, 4, MPFR_RNDN);
        mpfr_sqrt(t, t, MPFR_RNDN);
        mpfr_add(t, t, z, MPFR_RNDN);
        mpfr_div_ui(y, t, 2, MPFR_RNDN);
    } else if (strcmp(name, "exp") == 0) {
        mpfr_exp(y, z, MPFR_RNDN);
    } else if (strcmp(name, "elu") == 0) {
        mpfr_sgn(z) > 0 ? mpfr_set(y, z, MPFR_RNDN) : mpfr_expm1(y, z, MPFR_RNDN);
    } else if (strcmp(name, "square") == 0) {
        mpfr_sqr(y, z, MPFR_RNDN);
    } else if (strcmp(name, "tanh") == 0) {
        mpfr_tanh(y, z, MPFR_RNDN);
    } else if (strcmp(name, "arctan") == 0) {
        mpfr_atan(y, z, MPFR_RNDN);
    } else if (strcmp(name, "relu") == 0) {
        mpfr_sgn(z) > 0 ? mpfr_set(y, z, MPFR_RNDN) : mpfr_set_ui(y, 0, MPFR_RNDN);
    } else if (strcmp(name, "leakyrelu") == 0) {
        mpfr_sgn(z) > 0 ? mpfr_set(y, z, MPFR_RNDN)
                        : mpfr_mul_d(y, z, 0x1.47ae147ae147bp-7, MPFR_RNDN);
    } else if (strcmp(name, "gelu") == 0) {
        mpfr_sqrt_ui(t, 2, MPFR_RNDN);
        mpfr_div(t, z, t, MPFR_RNDN);
        mpfr_neg(t, t, MPFR_RNDN);
        mpfr_erfc(t, t, MPFR_RNDN);
        mpfr_mul(t, t, z, MPFR_RNDN);
        mpfr_div_ui(y, t, 2, MPFR_RNDN);
    } else { /* sigmoid, silu */
        mpfr_neg(t, z, MPFR_RNDN);
        mpfr_exp(t, t, MPFR_RNDN);
        mpfr_add_ui(t, t, 1, MPFR_RNDN);
        mpfr_ui_div(t, 1, t, MPFR_RNDN);
        strcmp(name, "silu") == 0 ? mpfr_mul(y, z, t, MPFR_RNDN) : mpfr_set(y, t, MPFR_RNDN);
    }
    mpfr_clear(t);
}

__attribute__((unused)) static mpfr_t *mp_vector(size_t n)
{
    mpfr_t *v = malloc((n + 1) * sizeof *v);

    for (size_t i = 0; i < n; i++) {
        mpfr_init2(v[i], BITS);
        mpfr_set_ui(v[i], 0, MPFR_RNDN);
    }
    return v;
}

__attribute__((unused)) static void mp_free(mpfr_t *v, size_t n)
{
    for (size_t i = 0; i < n; i++) mpfr_clear(v[i]);
    free(v);
}

/* sum += w * h, w a double */
__attribute__((unused)) static void mp_add(mpfr_t sum, double w, const mpfr_t h)
{
    mpfr_t t;

    mpfr_init2(t, BITS);
    mpfr_mul_d(t, h, w, MPFR_RNDN);
    mpfr_add(sum, sum, t, MPFR_RNDN);
    mpfr_clear(t);
}

__attribute__((unused)) static mpfr_t *mp_layer(const nd_layer *L, const double *theta, mpfr_t *h)
{
    mpfr_t *out = mp_vector(L->width), z;

    mpfr_init2(z, BITS);
    for (size_t j = 0; j < L->width; j++) {
        mpfr_set_d(z, L->bias ? theta[L->b + j] : 0.0, MPFR_RNDN);
        for (size_t k = 0; k < L->in; k++) mp_add(z, theta[L->W + j * L->in + k], h[k]);
        mp_act(L->act->name, out[j], z);
        if (L->residual) mpfr_add(out[j], out[j], h[j], MPFR_RNDN);
    }
    mpfr_clear(z);
    mp_free(h, L->in);
    return out;
}

/* m := y f(x), x of d entries. */
__attribute__((unused)) static void mp_margin(mpfr_t m, const nd_net *net, const double *theta,
                                              const double *x, double y)
{
    mpfr_set_d(m, theta[net->a0], MPFR_RNDN);
    for (size_t t = 0; t < net->terms; t++) {
        const nd_term *T = &net->term[t];
        mpfr_t *h = mp_vector(net->d);

        for (size_t k = 0; k < net->d; k++) mpfr_set_d(h[k], x[k], MPFR_RNDN);
        for (size_t l = 0; l < T->depth; l++) h = mp_layer(&T->layer[l], theta, h);
        for (size_t j = 0; j < T->out; j++) mp_add(m, theta[T->a + j], h[j]);
        mp_free(h, T->depth ? T->out : net->d);
    }
    if (y < 0.0) mpfr_neg(m, m, MPFR_RNDN);
}

/* y := l(-m) */
__attribute__((unused)) static void mp_loss(nd_loss loss, mpfr_t y, const mpfr_t m)
{
    const char *name = loss.kind->name;
    mpfr_t u;

    mpfr_init2(u, BITS);
    mpfr_ui_sub(u, 1, m, MPFR_RNDN); /* 1 + z */
    if (strcmp(name, "square") == 0) {
        mpfr_sqr(y, u, MPFR_RNDN);
    } else if (strcmp(name, "logistic") == 0 || strcmp(name, "exponential") == 0) {
        mpfr_neg(u, m, MPFR_RNDN);
        mpfr_exp(u, u, MPFR_RNDN);
        name[0] == 'l' ? mpfr_log1p(y, u, MPFR_RNDN) : mpfr_set(y, u, MPFR_RNDN);
    } else if (mpfr_sgn(u) <= 0) {
        mpfr_set_ui(y, 0, MPFR_RNDN);
    } else if (strcmp(name, "polyhinge") == 0) {
        mpfr_pow_ui(y, u, (unsigned long)loss.q, MPFR_RNDN);
    } else if (mpfr_cmp_ui(u, 1) > 0) { /* smoothhinge */
        mpfr_mul_ui(u, u, 2, MPFR_RNDN);
        mpfr_sub_ui(y, u, 1, MPFR_RNDN);
    } else {
        mpfr_t v;
        mpfr_init2(v, BITS);
        mpfr_ui_sub(v, 2, u, MPFR_RNDN);
        mpfr_pow_ui(u, u, 3, MPFR_RNDN);
        mpfr_mul(y, u, v, MPFR_RNDN);
        mpfr_clear(v);
    }
    mpfr_clear(u);
}

#endif
