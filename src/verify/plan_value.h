/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plan_value: values at, just below and just above the edges of what a test accepts. */
#ifndef IPTC2NFT_VERIFY_PLAN_VALUE_H
#define IPTC2NFT_VERIFY_PLAN_VALUE_H

#include "ir.h"

/* A reproducible stream of numbers (splitmix64). */
struct plan_random {
	uint64_t state;
};
uint64_t plan_random(struct plan_random *r);
/* Below @n; 0 for n = 0. */
uint32_t plan_below(struct plan_random *r, uint32_t n);
/* One time in @n. */
static inline bool plan_chance(struct plan_random *r, uint32_t n)
{
	return plan_below(r, n) == 0;
}

/* A growing list of values without repetitions. */
struct plan_values {
	struct arena *arena;
	struct value *v;
	uint32_t n, cap;
};
void plan_value_add(struct plan_values *l, const struct value *v, unsigned bytes);

/* Big-endian numbers, wrapping round. */
void value_step(struct value *v, unsigned bytes, const struct value *by, bool down);

/*
 * plan_edges - what is worth trying where @t is asked: the field's values whose transformed value is at or
 * next to an edge of the test
 */
void plan_edges(const struct inst_test *t, struct plan_random *r, struct plan_values *out);

/* The edges of one range of an operand's transformed value. */
void plan_range_edges(const struct operand *o, const struct value *lo, const struct value *hi,
		      struct plan_random *r, struct plan_values *out);

/* Does the field's value @v, not yet transformed, pass the test? */
bool plan_test_value(const struct inst_test *t, const struct value *v);

#endif
