/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mark_op: --set-xmark, --set-mark, --and-mark, --or-mark, --xor-mark, and their TOS namesakes. */
#ifndef IPTC2NFT_MARK_OP_H
#define IPTC2NFT_MARK_OP_H

#include "lower.h"

/* Option ids, the same in every target that has these options. */
enum mark_op { OP_SET_X, OP_SET, OP_AND, OP_OR, OP_XOR, OP_END };
#define OP_BITS ((1u << OP_END) - 1)

/* The five as entries of an option table; @others(id): the options that exclude this one. */
#define MARK_OP_OPTIONS(others)                                                                    \
	{ .name = "set-xmark", .id = OP_SET_X, .type = ARG_MARK, .flags = OPT_REQUIRED,            \
	  .excl = others(OP_SET_X), .metavar = "value[/mask]",                                     \
	  .help = "clear the bits of mask, then XOR value" },                                      \
	{ .name = "set-mark", .id = OP_SET, .type = ARG_MARK, .flags = OPT_REQUIRED,               \
	  .excl = others(OP_SET), .metavar = "value[/mask]",                                       \
	  .help = "clear the bits of mask, then OR value" },                                       \
	{ .name = "and-mark", .id = OP_AND, .type = ARG_U32, .flags = OPT_REQUIRED,                \
	  .excl = others(OP_AND), .metavar = "bits", .help = "binary AND" },                       \
	{ .name = "or-mark", .id = OP_OR, .type = ARG_U32, .flags = OPT_REQUIRED,                  \
	  .excl = others(OP_OR), .metavar = "bits", .help = "binary OR" },                         \
	{ .name = "xor-mark", .id = OP_XOR, .type = ARG_U32, .flags = OPT_REQUIRED,                \
	  .excl = others(OP_XOR), .metavar = "bits", .help = "binary XOR" }

/* What the option amounts to: new = (old & ~mask) ^ value. */
struct mark_change {
	uint32_t value, mask;
};
struct mark_change mark_change(const struct arg *a);

/* lower_change - append "@dst = (@dst & ~mask) ^ value", or nothing where that is @dst itself. */
void lower_change(struct lower *l, struct operand dst, struct mark_change c);

#endif
