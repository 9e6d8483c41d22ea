/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nl_test: comparisons. Each form is the one that nft makes of what text_test.c writes. */
#include "nl.h"

#include <endian.h>
#include <string.h>
#include <linux/netfilter/nf_tables.h>

#define TEXT_BYTES 16 /* IFNAMSIZ; strings are compared with their padding */

static unsigned cmp_op(uint8_t op)
{
	switch ((enum test_op)op) {
	case TEST_NE:
	case TEST_NOTIN: return NFT_CMP_NEQ;
	case TEST_LT: return NFT_CMP_LT;
	case TEST_GT: return NFT_CMP_GT;
	case TEST_LE: return NFT_CMP_LTE;
	case TEST_GE: return NFT_CMP_GTE;
	case TEST_EQ:
	case TEST_IN: break;
	}
	return NFT_CMP_EQ;
}

/* A prefix of whole bytes: only these are loaded, or at least compared. */
static bool test_prefix(struct nl *n, const struct inst_test *t)
{
	const struct field_info *f = &field_table[t->lhs.field];
	struct operand plain = t->lhs;
	int len = t->op <= TEST_NE ? test_prefix_length(t) : -1;

	if (len <= 0 || len % 8 || f->order != ORDER_NET)
		return false;
	plain.nxf = 0;
	if (f->kind == KIND_PAYLOAD)
		nl_payload(n, f->base, f->off / 8, (unsigned)len / 8, 0);
	else
		nl_load(n, &plain, 0, true);
	nl_cmp(n, 0, cmp_op(t->op), t->value.b, (unsigned)len / 8);
	return true;
}

/* The kernel stores one byte, in front of zeros (nft_reg_store8()). */
static bool test_exists(struct nl *n, const struct inst_test *t)
{
	bool little = __BYTE_ORDER == __LITTLE_ENDIAN;
	uint8_t wanted[16] = { 0 };

	if (!t->lhs.exists || t->op > TEST_NE)
		return false;
	wanted[0] = test_wants_presence(t);
	nl_load(n, &t->lhs, 0, true);
	nl_cmp(n, 0, NFT_CMP_EQ, wanted, little ? operand_bytes(&t->lhs) : 1);
	return true;
}

static bool test_name_prefix(struct nl *n, const struct inst_test *t)
{
	if (!t->prefix || t->op > TEST_NE)
		return false;
	nl_load(n, &t->lhs, 0, true);
	nl_cmp(n, 0, cmp_op(t->op), t->value.b, t->prefix);
	return true;
}

static bool single(const struct value_range *r)
{
	return !memcmp(&r->lo, &r->hi, sizeof(r->lo));
}

bool nl_ranges_wide(const struct value_range *r, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (!single(&r[i]))
			return true;
	return false;
}

bool nl_needs_set(const struct inst_test *t)
{
	return t->op >= TEST_IN && t->n > 1;
}

static void test_range(struct nl *n, const struct inst_test *t)
{
	struct nl_reg r = nl_load(n, &t->lhs, 0, true);
	uint8_t lo[16], hi[16];

	if (single(t->ranges)) {
		nl_value(&r, &t->lhs, &t->ranges->lo, lo);
		nl_cmp(n, 0, cmp_op(t->op), lo, r.bytes);
		return;
	}
	nl_to_network(n, &r);
	nl_value(&r, &t->lhs, &t->ranges->lo, lo);
	nl_value(&r, &t->lhs, &t->ranges->hi, hi);
	if (t->op == TEST_NOTIN) {
		nl_outside(n, 0, lo, hi, r.bytes);
		return;
	}
	nl_cmp(n, 0, NFT_CMP_GTE, lo, r.bytes);
	nl_cmp(n, 0, NFT_CMP_LTE, hi, r.bytes);
}

/* Intervals are ordered as bytes: such keys are in network order. */
static void test_set(struct nl *n, const struct inst_test *t)
{
	struct nl_reg r = nl_load(n, &t->lhs, 0, true);

	if (nl_ranges_wide(t->ranges, t->n))
		nl_to_network(n, &r);
	nl_lookup(n, 0, "__set%d", ++n->set_id, t->op == TEST_NOTIN, NL_VERDICT);
}

/* (x ^ a) == b is x == b ^ a; nft takes a last XOR to the other side. */
static void test_value(struct nl *n, const struct inst_test *t)
{
	struct operand o = t->lhs;
	struct value v = t->value;
	unsigned bytes = operand_bytes(&o);
	uint8_t want[16];

	if (t->op <= TEST_NE && o.nxf && o.xf[o.nxf - 1].op == XFORM_XOR) {
		o.nxf--;
		for (unsigned i = 0; i < bytes; i++)
			v.b[i] ^= o.xf[o.nxf].value.b[i];
	}

	struct nl_reg r = nl_load(n, &o, 0, true);

	if (t->op > TEST_NE)
		nl_to_network(n, &r);
	nl_value(&r, &o, &v, want);
	nl_cmp(n, 0, cmp_op(t->op), want, r.bytes);
}

void nl_test(struct nl *n, const struct inst_test *t)
{
	if (test_exists(n, t) || test_name_prefix(n, t) || test_prefix(n, t))
		return;
	if (nl_needs_set(t))
		test_set(n, t);
	else if (t->op >= TEST_IN && t->n)
		test_range(n, t);
	else
		test_value(n, t);
	nft_view_note(&n->view, t);
}
