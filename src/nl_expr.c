/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nl_expr: the kernel's expressions (net/netfilter/nft_*.c) that several instructions use. */
#include "nl.h"

#include <linux/netfilter/nf_tables.h>
#include "nl_attr.h"

struct nl_nest nl_expr_in(struct nl *n, unsigned attr, const char *name)
{
	struct nl_nest e;

	e.outer = attr_nest(n->b, attr);
	attr_string(n->b, NFTA_EXPR_NAME, name);
	e.inner = attr_nest(n->b, NFTA_EXPR_DATA);
	return e;
}

struct nl_nest nl_expr(struct nl *n, const char *name)
{
	n->nexprs++;
	if (n->find && n->find->seq == n->seq && n->b->len - n->message <= n->find->offset)
		n->find->expr = name;
	return nl_expr_in(n, NFTA_LIST_ELEM, name);
}

void nl_expr_end(struct nl *n, struct nl_nest e)
{
	if (!attr_end(n->b, e.inner) || !attr_end(n->b, e.outer))
		nl_refuse(n, "an expression is larger than netlink can carry");
}

/* Whole 128-bit registers go by their old numbers, as in nft_dump_register(). */
void nl_register(struct nl *n, unsigned attr, unsigned word)
{
	uint32_t reg = NFT_REG_VERDICT;

	if (word != NL_VERDICT)
		reg = word % NL_WIDE ? NFT_REG32_00 + word : NFT_REG_1 + word / NL_WIDE;
	attr_u32(n->b, attr, reg);
}

void nl_data(struct nl *n, unsigned attr, const void *p, size_t len)
{
	size_t at = attr_nest(n->b, attr);

	attr_put(n->b, NFTA_DATA_VALUE, p, len);
	attr_end(n->b, at);
}

void nl_payload(struct nl *n, unsigned base, unsigned offset, unsigned bytes, unsigned word)
{
	struct nl_nest e = nl_expr(n, "payload");

	nl_register(n, NFTA_PAYLOAD_DREG, word);
	attr_u32(n->b, NFTA_PAYLOAD_BASE, base);
	attr_u32(n->b, NFTA_PAYLOAD_OFFSET, offset);
	attr_u32(n->b, NFTA_PAYLOAD_LEN, bytes);
	nl_expr_end(n, e);
}

void nl_bitwise(struct nl *n, unsigned word, const void *mask, const void *flip, unsigned bytes)
{
	struct nl_nest e = nl_expr(n, "bitwise");

	nl_register(n, NFTA_BITWISE_SREG, word);
	nl_register(n, NFTA_BITWISE_DREG, word);
	attr_u32(n->b, NFTA_BITWISE_OP, NFT_BITWISE_BOOL);
	attr_u32(n->b, NFTA_BITWISE_LEN, bytes);
	nl_data(n, NFTA_BITWISE_MASK, mask, bytes);
	nl_data(n, NFTA_BITWISE_XOR, flip, bytes);
	nl_expr_end(n, e);
}

void nl_shift(struct nl *n, unsigned word, bool left, uint32_t bits, unsigned bytes)
{
	struct nl_nest e = nl_expr(n, "bitwise");

	nl_register(n, NFTA_BITWISE_SREG, word);
	nl_register(n, NFTA_BITWISE_DREG, word);
	attr_u32(n->b, NFTA_BITWISE_OP, left ? NFT_BITWISE_LSHIFT : NFT_BITWISE_RSHIFT);
	attr_u32(n->b, NFTA_BITWISE_LEN, bytes);
	nl_data(n, NFTA_BITWISE_DATA, &bits, sizeof(bits));
	nl_expr_end(n, e);
}

void nl_byteorder(struct nl *n, unsigned word, bool to_host, unsigned bytes)
{
	struct nl_nest e = nl_expr(n, "byteorder");

	nl_register(n, NFTA_BYTEORDER_SREG, word);
	nl_register(n, NFTA_BYTEORDER_DREG, word);
	attr_u32(n->b, NFTA_BYTEORDER_OP, to_host ? NFT_BYTEORDER_NTOH : NFT_BYTEORDER_HTON);
	attr_u32(n->b, NFTA_BYTEORDER_LEN, bytes);
	attr_u32(n->b, NFTA_BYTEORDER_SIZE, bytes % 8 == 0 ? 8 : bytes % 4 == 0 ? 4 : 2);
	nl_expr_end(n, e);
}

void nl_cmp(struct nl *n, unsigned word, unsigned op, const void *p, unsigned bytes)
{
	struct nl_nest e = nl_expr(n, "cmp");

	nl_register(n, NFTA_CMP_SREG, word);
	attr_u32(n->b, NFTA_CMP_OP, op);
	nl_data(n, NFTA_CMP_DATA, p, bytes);
	nl_expr_end(n, e);
}

void nl_outside(struct nl *n, unsigned word, const void *from, const void *to, unsigned bytes)
{
	struct nl_nest e = nl_expr(n, "range");

	nl_register(n, NFTA_RANGE_SREG, word);
	attr_u32(n->b, NFTA_RANGE_OP, NFT_RANGE_NEQ);
	nl_data(n, NFTA_RANGE_FROM_DATA, from, bytes);
	nl_data(n, NFTA_RANGE_TO_DATA, to, bytes);
	nl_expr_end(n, e);
}

void nl_lookup(struct nl *n, unsigned word, const char *set, uint32_t id, bool invert, unsigned to)
{
	struct nl_nest e = nl_expr(n, "lookup");

	attr_string(n->b, NFTA_LOOKUP_SET, set);
	if (id)
		attr_u32(n->b, NFTA_LOOKUP_SET_ID, id);
	nl_register(n, NFTA_LOOKUP_SREG, word);
	if (to != NL_VERDICT)
		nl_register(n, NFTA_LOOKUP_DREG, to);
	if (invert)
		attr_u32(n->b, NFTA_LOOKUP_FLAGS, NFT_LOOKUP_F_INV);
	nl_expr_end(n, e);
}

void nl_immediate(struct nl *n, unsigned word, const void *p, unsigned bytes)
{
	struct nl_nest e = nl_expr(n, "immediate");

	nl_register(n, NFTA_IMMEDIATE_DREG, word);
	nl_data(n, NFTA_IMMEDIATE_DATA, p, bytes);
	nl_expr_end(n, e);
}
