/* nadir-verify CERT.json: reads a certificate or a witness file, proves or refutes it,
 * says so. */
#include "base/text.h"
#include "verify/verify.h"
#include "verify/witness.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

static const char help[] =
    "nadir-verify - prove or refute what a certificate states\n"
    "\n"
    "Usage: nadir-verify FILE\n"
    "\n"
    "FILE is a certificate written by nadir (docs/certificate-format.md), checked with\n"
    "ball arithmetic, or what 'nadir check -o' wrote (docs/witness-format.md), checked in\n"
    "exact arithmetic. Nothing in it is trusted but the problem itself, and no mathematics is\n"
    "shared with nadir. A table of data that FILE names must be in its folder.\n"
    "\n"
    "Printed are the answer and what exactly it is about, then the kind, the problem and\n"
    "proved bounds of loss, errors and smallest margin, the loss rounded outward.\n"
    "\n"
    "Options:\n"
    "  -h, --help  print this help\n"
    "  --version   print the version\n"
    "\n"
    "Example:\n"
    "  nadir-verify wdbc.cert.json\n"
    "\n"
    "Exit status: 0 PROVED: the statement and every claim hold; 4 REFUTED: something in it\n"
    "is false; 3 UNKNOWN: neither was shown; 1 not a file that can be read\n";

static const char *const word[] = {"UNKNOWN", "PROVED", "REFUTED"};
static const int exit_status[] = {3, 0, 4};

/* [lo, hi]: doubles outside the ball. */
static void print_ball(const char *name, const arb_t x)
{
    arf_t lo, hi;
    char a[32], b[32];

    if (!arb_is_finite(x)) {
        printf("%s unknown\n", name);
        return;
    }
    arf_init(lo);
    arf_init(hi);
    arb_get_interval_arf(lo, hi, x, 128);
    nd_number_format(arf_get_d(lo, ARF_RND_FLOOR), a);
    nd_number_format(arf_get_d(hi, ARF_RND_CEIL), b);
    printf("%s [%s, %s]\n", name, a, b);
    arf_clear(lo);
    arf_clear(hi);
}

static int print_answer(const nv_cert *c, const nv_answer *a)
{
    printf("%s: %s\n", word[a->truth], a->sentence);
    printf("kind    %s\n", c->kind_name);
    printf("problem %s, %s, %ld sample%s of %ld feature%s, %ld parameter%s\n", c->net_spec,
           c->loss_spec, (long)c->n, nd_plural((size_t)c->n), (long)c->net.d,
           nd_plural((size_t)c->net.d), (long)c->net.P, nd_plural((size_t)c->net.P));
    if (c->kind == NV_OTHER) return exit_status[a->truth];
    print_ball("loss   ", a->loss);
    printf("errors  ");
    if (a->errors_lo == a->errors_hi)
        printf("%ld of %ld\n", (long)a->errors_lo, (long)c->n);
    else
        printf("%ld to %ld of %ld\n", (long)a->errors_lo, (long)a->errors_hi, (long)c->n);
    print_ball("margin ", a->margin_min);
    return exit_status[a->truth];
}

static int check(nd_ctx *ctx, const char *file)
{
    nv_cert cert;
    nv_answer answer;
    int status = 1;

    memset(&cert, 0, sizeof cert);
    memset(&answer, 0, sizeof answer);
    arb_init(answer.loss);
    arb_init(answer.margin_min);
    arb_indeterminate(answer.loss);
    arb_indeterminate(answer.margin_min);
    if (nv_cert_read(ctx, file, &cert) == ND_OK) {
        answer.errors_hi = cert.n; /* where nothing is evaluated */
        nv_prove(&cert, &answer);
        status = print_answer(&cert, &answer);
    } else {
        fprintf(stderr, "nadir-verify: %s\n", nd_errmsg(ctx));
    }
    arb_clear(answer.loss);
    arb_clear(answer.margin_min);
    nv_cert_clear(ctx, &cert);
    flint_cleanup();
    return status;
}

static int check_witness(nd_ctx *ctx, const char *file)
{
    nv_report r;

    if (nv_witness_check(ctx, file, &r) != ND_OK) {
        fprintf(stderr, "nadir-verify: %s\n", nd_errmsg(ctx));
        flint_cleanup();
        return 1;
    }
    printf("%s: %s\n", word[r.truth], r.sentence);
    for (slong i = 0; i < r.claims; i++) {
        const nv_claim *c = &r.claim[i];
        printf("%-7s %s: %s", word[c->verdict], c->what, c->said);
        if (c->verdict == ND_PROVED)
            puts("");
        else
            printf(" (found: %s)\n", c->why);
    }
    flint_cleanup();
    return exit_status[r.truth];
}

int main(int argc, char **argv)
{
    nd_ctx *ctx;
    int status;
    bool witness;

    if (argc != 2 || !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
        fputs(help, argc == 2 ? stdout : stderr);
        return argc == 2 ? 0 : 1;
    }
    if (!strcmp(argv[1], "--version")) {
        puts("nadir-verify " ND_VERSION);
        return 0;
    }
    if (!(ctx = nd_ctx_create(NULL))) {
        fputs("nadir-verify: out of memory\n", stderr);
        return 1;
    }
    status = nv_is_witness(ctx, argv[1], &witness) == ND_OK && witness ? check_witness(ctx, argv[1])
                                                                       : check(ctx, argv[1]);
    nd_ctx_destroy(ctx);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "nadir-verify: cannot write the answer\n");
        return 1;
    }
    return status;
}
