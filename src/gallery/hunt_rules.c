/* For each condition: the theorem whose other conditions are kept, and where to look. */
#include <stdio.h>
#include <string.h>

#include "gallery/hunt.h"

static const nd_hunt_rule rules[] = {
    {ND_NEEDS_SHORTCUT, "1",
     "softplus:1,softplus:2 squareplus:1,squareplus:2 softplus:2,softplus:1", "polyhinge:3", "none",
     "design training", 0.0},
    {ND_NEEDS_BIASES, "2", "softplus:2:nobias squareplus:2:nobias", "polyhinge:3", "odd lattice",
     "output training", 0.0},
    {ND_NEEDS_INCREASING, "1-local", "square:2:nobias relu:2 gelu:2 silu:2", "polyhinge:3",
     "mirrored separable", "output dead training", 0.0},
    {ND_NEEDS_CONVEX, "corollary", "leakyrelu:8 tanh:16 sigmoid:16", "polyhinge:3",
     "crossed corners planes", "affine dual copies training", 0.0},
    {ND_NEEDS_NOT_POLYNOMIAL, "2", "square:2", "polyhinge:3", "balanced lattice", "output training",
     0.0},
    {ND_NEEDS_HINGE_TAIL, "1", "exp:1:nobias softplus:1 exp:1", "square", "separable outlier",
     "training", 0.0},
    {ND_NEEDS_NO_RIDGE, "1", "softplus:1 softplus:2", "polyhinge:3", "separable uneven", "training",
     1.0},
    {ND_NEEDS_CONSISTENT, "2", "softplus:2", "polyhinge:3", "twice", "output training", 0.0},
    {ND_NEEDS_SEPARABLE, "1", "softplus:1 softplus:4", "polyhinge:3", "mirrored lattice",
     "constant training", 0.0},
    {ND_NEEDS_SUBSPACE_PLUS, "corollary", "softplus:4 softplus:1", "polyhinge:3",
     "mirrored lattice", "constant training", 0.0},
    {ND_NEEDS_SUBSPACE_MINUS, "corollary", "softplus:4 softplus:1", "polyhinge:3",
     "mirrored lattice", "constant training", 0.0},
    {ND_NEEDS_NEURONS, "corollary", "softplus:1", "polyhinge:3", "corners planes crossed",
     "constant training", 0.0},
};

const nd_hunt_rule *nd_hunt_rule_of(nd_condition_id drop)
{
    for (size_t k = 0; k < sizeof rules / sizeof *rules; k++)
        if (rules[k].drop == drop) return &rules[k];
    return NULL;
}

void nd_hunt_word(const char *list, uint64_t k, char word[32])
{
    uint64_t words = 1;

    for (const char *s = list; *s; s++) words += *s == ' ';
    for (k %= words; k > 0; list++) k -= *list == ' ';
    snprintf(word, 32, "%.*s", (int)strcspn(list, " "), list);
}
