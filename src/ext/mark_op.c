/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mark_op: the arithmetic that libxt_MARK, libxt_CONNMARK and libxt_TOS reduce to value and mask. */
#include "mark_op.h"

struct mark_change mark_change(const struct arg *a)
{
	switch (a->id) {
	case OP_SET_X: return (struct mark_change){ a->mark.value, a->mark.mask };
	case OP_SET: return (struct mark_change){ a->mark.value, a->mark.value | a->mark.mask };
	case OP_AND: return (struct mark_change){ 0, ~(uint32_t)a->num.lo };
	case OP_OR: return (struct mark_change){ (uint32_t)a->num.lo, (uint32_t)a->num.lo };
	default: return (struct mark_change){ (uint32_t)a->num.lo, 0 };
	}
}

void lower_change(struct lower *l, struct operand dst, struct mark_change c)
{
	unsigned bits = operand_bits(&dst);
	uint32_t all = bits >= 32 ? UINT32_MAX : (1u << bits) - 1;
	struct operand o = dst;

	c.mask &= all;
	c.value &= all;
	if (c.mask == all) {
		lower_set(l, dst, c.value);
		return;
	}
	if (c.mask)
		o = operand_and(l, o, ~c.mask & all);
	if (c.value)
		o = operand_xor(l, o, c.value);
	if (o.nxf)
		lower_copy(l, dst, o);
}
