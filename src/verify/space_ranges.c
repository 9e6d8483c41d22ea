/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verify/space_ranges.h"

#include <stdlib.h>
#include <string.h>
#include "verify/plan_value.h"

static int by_lo(const void *a, const void *b)
{
	return memcmp(((const struct value_range *)a)->lo.b, ((const struct value_range *)b)->lo.b,
		      16);
}

void ranges_largest(const struct operand *o, struct value *max)
{
	unsigned bits = operand_bits(o), bytes = operand_bytes(o);

	*max = (struct value){ { 0 } };
	memset(max->b, 0xff, bytes);
	if (bits % 8)
		max->b[0] = (uint8_t)(0xff >> (8 - bits % 8));
}

void ranges_put(struct ranges *out, const struct value *lo, const struct value *hi,
		const struct value *rest)
{
	struct value_range *r = &out->r[out->n];

	if (out->n == RANGES_MAX) {
		out->many = true;
		return;
	}
	out->n++;
	r->lo = *lo;
	r->hi = *hi;
	for (unsigned i = 0; i < 16; i++)
		r->hi.b[i] |= rest->b[i];
}

/* All that is not in @r, which is in order. */
void ranges_complement(const struct operand *o, struct ranges *r)
{
	static const struct value none;
	unsigned bytes = operand_bytes(o);
	struct value at = none, max, one = none;
	struct ranges *in = malloc(sizeof(*in));

	if (!in) {
		r->many = true;
		return;
	}
	*in = *r;
	r->n = 0;
	ranges_largest(o, &max);
	one.b[bytes - 1] = 1;
	for (unsigned i = 0; i < in->n; i++) {
		struct value before = in->r[i].lo;

		if (memcmp(before.b, at.b, bytes) > 0) {
			value_step(&before, bytes, &one, true);
			ranges_put(r, &at, &before, &none);
		}
		if (memcmp(in->r[i].hi.b, at.b, bytes) >= 0) {
			at = in->r[i].hi;
			if (!memcmp(at.b, max.b, bytes)) {
				free(in);
				return;
			}
			value_step(&at, bytes, &one, false);
		}
	}
	ranges_put(r, &at, &max, &none);
	free(in);
}

static bool aligned(const struct value *v, const struct value *rest)
{
	for (unsigned i = 0; i < 16; i++)
		if (v->b[i] & rest->b[i])
			return false;
	return true;
}

/* What passes a test, in order; with @rest: of the field before its mask. */
void ranges_passing(const struct inst_test *t, const struct value *rest, struct ranges *out)
{
	static const struct value none;
	unsigned bytes = operand_bytes(&t->lhs);
	struct value max, lo, one = none, hi = t->op < TEST_IN ? t->value : none;
	bool negated =
		t->op == TEST_NE || t->op == TEST_NOTIN || t->op == TEST_LT || t->op == TEST_LE;

	/* Where a mask is, the values next to a bound are not one apart. */
	*out = (struct ranges){ .n = 0, .many = t->lhs.nxf && t->op > TEST_NE && t->op < TEST_IN };
	one.b[bytes - 1] = 1;
	ranges_largest(&t->lhs, &max);
	switch ((enum test_op)t->op) {
	case TEST_EQ:
	case TEST_NE:
		if (t->prefix) {
			memset(hi.b + t->prefix, 0xff, 16u - t->prefix);
			for (unsigned i = 0; i < 16; i++)
				hi.b[i] &= max.b[i];
		}
		if (aligned(&t->value, rest)) /* or no value has these bits behind the mask */
			ranges_put(out, &t->value, &hi, rest);
		break;
	case TEST_GE:
	case TEST_LT: ranges_put(out, &t->value, &max, rest); break;
	case TEST_GT:
	case TEST_LE: /* beyond the value; its complement is up to it */
		if (memcmp(t->value.b, max.b, bytes) != 0) {
			lo = t->value;
			value_step(&lo, bytes, &one, false);
			ranges_put(out, &lo, &max, rest);
		}
		break;
	case TEST_IN:
	case TEST_NOTIN:
		for (uint32_t i = 0; i < t->n; i++) {
			out->many |= !aligned(&t->ranges[i].lo, rest) ||
				     !aligned(&t->ranges[i].hi, rest);
			ranges_put(out, &t->ranges[i].lo, &t->ranges[i].hi, rest);
		}
		break;
	}
	qsort(out->r, out->n, sizeof(*out->r), by_lo);
	if (negated && !out->many)
		ranges_complement(&t->lhs, out);
}

void ranges_intersect(struct ranges *a, const struct ranges *b, unsigned bytes)
{
	struct ranges *in = malloc(sizeof(*in));
	static const struct value none;

	if (!in || b->many || a->many) {
		free(in);
		return;
	}
	*in = *a;
	a->n = 0;
	for (unsigned i = 0; i < in->n; i++)
		for (unsigned k = 0; k < b->n; k++) {
			const struct value *lo = memcmp(in->r[i].lo.b, b->r[k].lo.b, bytes) > 0
							 ? &in->r[i].lo
							 : &b->r[k].lo;
			const struct value *hi = memcmp(in->r[i].hi.b, b->r[k].hi.b, bytes) < 0
							 ? &in->r[i].hi
							 : &b->r[k].hi;

			if (memcmp(lo->b, hi->b, bytes) <= 0)
				ranges_put(a, lo, hi, &none);
		}
	free(in);
}
