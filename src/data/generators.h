/* The generators.  To add one: its settings table and its function here and in
 * generators.c, and a row in generate.c. */
#ifndef ND_DATA_GENERATORS_H
#define ND_DATA_GENERATORS_H

#include "data/raw.h"

/* All parameters there are; each generator's table names those it has. */
typedef struct {
    long n, d, seed;
    double noise, factor, turns, margin;
} nd_gen;

/* Called twice: with t NULL it sets what is not free in g->n and g->d; then it fills
 * t->x (n * d, zeroed) and t->y (n). */
typedef void (*nd_generator)(nd_gen *g, nd_table *t);

extern const nd_setting nd_gen_xor_table[], nd_gen_between_table[], nd_gen_moons_table[],
    nd_gen_circles_table[], nd_gen_spirals_table[], nd_gen_parity_table[], nd_gen_separable_table[],
    nd_gen_subspaces_table[], nd_gen_noise_table[];

void nd_gen_xor(nd_gen *g, nd_table *t);
void nd_gen_between(nd_gen *g, nd_table *t);
void nd_gen_moons(nd_gen *g, nd_table *t);
void nd_gen_circles(nd_gen *g, nd_table *t);
void nd_gen_spirals(nd_gen *g, nd_table *t);
void nd_gen_parity(nd_gen *g, nd_table *t);
void nd_gen_separable(nd_gen *g, nd_table *t);
void nd_gen_subspaces(nd_gen *g, nd_table *t);
void nd_gen_noise(nd_gen *g, nd_table *t);

#endif
