/* SPDX-License-Identifier: GPL-2.0-or-later */
/* space_ranges: sets of values of one field. */
#ifndef IPTC2NFT_VERIFY_SPACE_RANGES_H
#define IPTC2NFT_VERIFY_SPACE_RANGES_H

#include "ir.h"

#define RANGES_MAX 300

struct ranges {
	struct value_range r[RANGES_MAX];
	unsigned n;
	bool many; /* too many: nothing is known */
};

/* The largest value of a field. */
void ranges_largest(const struct operand *o, struct value *max);
/* One range more; @rest: bits that may be anything. */
void ranges_put(struct ranges *out, const struct value *lo, const struct value *hi,
		const struct value *rest);
/* All values of the field that are not in @r, which is in order. */
void ranges_complement(const struct operand *o, struct ranges *r);
/* What passes a test, in order; with @rest: of the field before its mask. */
void ranges_passing(const struct inst_test *t, const struct value *rest, struct ranges *out);
void ranges_intersect(struct ranges *a, const struct ranges *b, unsigned bytes);

#endif
