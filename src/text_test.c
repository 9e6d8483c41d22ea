/* SPDX-License-Identifier: GPL-2.0-or-later */
/* text_test: comparisons, in the short forms that nft's own listing has. */
#include "text.h"

#include <string.h>
#include <net/if_arp.h>

static const char *const relations[] = {
	[TEST_EQ] = "== ", [TEST_NE] = "!= ", [TEST_LT] = "< ",	   [TEST_GT] = "> ",
	[TEST_LE] = "<= ", [TEST_GE] = ">= ", [TEST_IN] = "== ", [TEST_NOTIN] = "!= ",
};

static bool all_zero(const struct value *v, unsigned bytes)
{
	static const struct value zero;

	return !memcmp(v, &zero, bytes);
}

/* The length of a prefix mask; -1: it has holes. */
static int prefix_length(const struct value *mask, unsigned bytes)
{
	unsigned n = 0;

	while (n < bytes * 8 && mask->b[n / 8] & 0x80 >> n % 8)
		n++;
	for (unsigned i = n; i < bytes * 8; i++)
		if (mask->b[i / 8] & 0x80 >> i % 8)
			return -1;
	return (int)n;
}

/* addr/len: nft makes a shorter load of it where len is whole bytes. */
static bool test_prefix(struct text *t, const struct inst_test *test, enum value_type type)
{
	unsigned bytes = operand_bytes(&test->lhs);
	struct operand plain = test->lhs;

	if ((type != TYPE_IPV4 && type != TYPE_IPV6) || plain.nxf != 1 ||
	    plain.xf->op != XFORM_AND || test->op > TEST_NE)
		return false;

	int len = prefix_length(&plain.xf->value, bytes);

	if (len <= 0)
		return false;
	for (unsigned i = 0; i < bytes; i++)
		if (test->value.b[i] & ~plain.xf->value.b[i])
			return false;
	plain.nxf = 0;
	text_operand(t, &plain);
	buffer_puts(t->b, test->op == TEST_NE ? " != " : " ");
	text_value(t, type, bytes, &test->value);
	buffer_char(t->b, '/');
	buffer_u64(t->b, (unsigned)len);
	return true;
}

/* (field & flags) != 0 is written `field flag,flag`; == 0 is `field ! flag,flag`. */
static bool test_any_flag(struct text *t, const struct inst_test *test, enum value_type type)
{
	unsigned bytes = operand_bytes(&test->lhs);
	struct operand plain = test->lhs;
	size_t before = t->b->len;

	if (!text_is_bitmask(type) || plain.nxf != 1 || plain.xf->op != XFORM_AND ||
	    test->op > TEST_NE || !all_zero(&test->value, bytes) || !text_known_l4(t, &plain))
		return false;
	plain.nxf = 0;
	text_operand(t, &plain);
	buffer_puts(t->b, test->op == TEST_EQ ? " ! " : " ");
	if (type == TYPE_CT_LABEL)
		text_value(t, type, bytes, &test->lhs.xf->value);
	else if (!text_flags(t, type, value_get(&test->lhs.xf->value, bytes), ",")) {
		t->b->len = before;
		return false;
	}
	return true;
}

static bool test_exists(struct text *t, const struct inst_test *test)
{
	unsigned bytes = operand_bytes(&test->lhs);
	bool zero = all_zero(&test->value, bytes);

	if (!test->lhs.exists || test->op > TEST_NE)
		return false;
	text_operand(t, &test->lhs);
	buffer_puts(t->b, zero == (test->op == TEST_NE) ? " exists" : " missing");
	return true;
}

/* "eth*": compares the bytes before the star. */
static bool test_name_prefix(struct text *t, const struct inst_test *test)
{
	char s[17];

	if (!test->prefix || test->op > TEST_NE)
		return false;
	memcpy(s, test->value.b, test->prefix);
	s[test->prefix] = '*';
	if (s[test->prefix - 1] == '\\')
		text_refuse(t, "nft's text has no form for a name that ends in a backslash before a "
			       "wildcard");
	text_operand(t, &test->lhs);
	buffer_puts(t->b, test->op == TEST_NE ? " != " : " ");
	text_quoted(t, s, test->prefix + 1u, "the interface name");
	return true;
}

static void put_ranges(struct text *t, const struct inst_test *test)
{
	if (test->n == 1) {
		text_range(t, &test->lhs, test->ranges);
		return;
	}
	buffer_lit(t->b, "{ ");
	for (uint32_t i = 0; i < test->n; i++) {
		if (i)
			buffer_lit(t->b, ", ");
		text_range(t, &test->lhs, &test->ranges[i]);
	}
	buffer_lit(t->b, " }");
}

/* nft takes a comparison with flags without an operator for "has any of them". */
static bool implicit(const struct inst_test *test, enum value_type type)
{
	return (test->op == TEST_EQ || test->op == TEST_IN) && !test->lhs.nxf &&
	       !(text_is_bitmask(type) && test->op == TEST_EQ);
}

/*
 * What nft believes after this test: meta_expr_pctx_update() and payload_expr_pctx_update() look at
 * comparisons for equality only.
 */
static void note_protocol(struct text *t, const struct inst_test *test)
{
	if (test->op != TEST_EQ || test->lhs.nxf)
		return;
	if (test->lhs.field == FIELD_META_IIFTYPE)
		t->ether = value_get(&test->value, 2) == ARPHRD_ETHER;
	if (test->lhs.field != FIELD_META_L4PROTO && test->lhs.field != FIELD_IP_PROTOCOL &&
	    test->lhs.field != FIELD_IP6_NEXTHDR)
		return;
	if (t->l4proto == L4_UNKNOWN)
		t->l4proto = test->value.b[0];
	else if (t->l4proto != test->value.b[0])
		t->l4proto = L4_CONFLICT;
}

void text_test(struct text *t, const struct inst_test *test)
{
	enum value_type type = (enum value_type)field_table[test->lhs.field].type;

	if (test->op < TEST_IN &&
	    (test_exists(t, test) || test_name_prefix(t, test) || test_prefix(t, test, type) ||
	     test_any_flag(t, test, type)))
		return;
	text_operand(t, &test->lhs);
	buffer_char(t->b, ' ');
	if (!implicit(test, type))
		buffer_puts(t->b, relations[test->op]);
	if (test->op >= TEST_IN)
		put_ranges(t, test);
	else
		text_operand_value(t, &test->lhs, &test->value);
	note_protocol(t, test);
}
