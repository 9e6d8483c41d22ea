/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mark_op: --set-xmark, --set-mark, --and-mark, --or-mark, --xor-mark, and their TOS namesakes. */
#ifndef IPTC2NFT_MARK_OP_H
#define IPTC2NFT_MARK_OP_H

#include "lower.h"

/* Option ids, the same in every target that has these options. */
enum mark_op { OP_SET_X, OP_SET, OP_AND, OP_OR, OP_XOR, OP_END };
#define OP_BITS ((1u << OP_END) - 1)

/* What the option amounts to: new = (old & ~mask) ^ value. */
struct mark_change {
	uint32_t value, mask;
};
struct mark_change mark_change(const struct arg *a);

/* lower_change - append "@dst = (@dst & ~mask) ^ value", or nothing where that is @dst itself. */
void lower_change(struct lower *l, struct operand dst, struct mark_change c);

#endif
