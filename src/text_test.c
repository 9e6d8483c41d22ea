/* SPDX-License-Identifier: GPL-2.0-or-later */
/* text_test: comparisons, in the short forms that nft's own listing has. */
#include "text.h"

#include <string.h>
#include "words.h"

static const char *const relations[] = {
	[TEST_EQ] = "== ", [TEST_NE] = "!= ", [TEST_LT] = "< ",	 [TEST_GT] = "> ",
	[TEST_LE] = "<= ", [TEST_GE] = ">= ", [TEST_IN] = "== ", [TEST_NOTIN] = "!= ",
};

/* addr/len: nft makes a shorter load of it where len is whole bytes. */
static bool test_prefix(struct text *t, const struct inst_test *test)
{
	struct operand plain = test->lhs;
	int len = test_prefix_length(test);

	if (len < 0)
		return false;
	plain.nxf = 0;
	text_operand(t, &plain);
	buffer_puts(t->b, test->op == TEST_NE ? " != " : " ");
	text_operand_value(t, &plain, &test->value);
	buffer_char(t->b, '/');
	buffer_u64(t->b, (unsigned)len);
	return true;
}

/* (field & flags) != 0 is written `field flag,flag`; == 0 is `field ! flag,flag`. */
static bool test_flags(struct text *t, const struct inst_test *test)
{
	enum value_type type = (enum value_type)field_table[test->lhs.field].type;
	unsigned bytes = operand_bytes(&test->lhs);
	struct operand plain = test->lhs;

	if (!test_any_flag(test) || !nft_view_named(&t->view, &plain))
		return false;
	if (type != TYPE_CT_LABEL &&
	    !words_cover(words_flags(type), value_get(&test->lhs.xf->value, bytes)))
		return false;
	plain.nxf = 0;
	text_operand(t, &plain);
	buffer_puts(t->b, test->op == TEST_EQ ? " ! " : " ");
	if (type == TYPE_CT_LABEL)
		text_value(t, type, bytes, &test->lhs.xf->value);
	else
		text_flags(t, type, value_get(&test->lhs.xf->value, bytes), ",");
	return true;
}

static bool test_exists(struct text *t, const struct inst_test *test)
{
	if (!test->lhs.exists || test->op > TEST_NE)
		return false;
	text_operand(t, &test->lhs);
	buffer_puts(t->b, test_wants_presence(test) ? " exists" : " missing");
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
		text_refuse(t,
			    "nft's text has no form for a name that ends in a backslash before a "
			    "wildcard");
	text_operand(t, &test->lhs);
	buffer_puts(t->b, test->op == TEST_NE ? " != " : " ");
	text_quoted(t, s, test->prefix + 1u, "the interface name");
	return true;
}

/* `flags & (syn | ack) == syn | ack`: here several flags need no parentheses. */
static void put_masked_flags(struct text *t, const struct inst_test *test, enum value_type type)
{
	uint64_t v = value_get(&test->value, operand_bytes(&test->lhs));

	if (!test->lhs.nxf || !v || type != TYPE_TCP_FLAGS || !nft_view_named(&t->view, &test->lhs) ||
	    !text_flags(t, type, v, " | "))
		text_operand_value(t, &test->lhs, &test->value);
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
	       !(words_is_bitmask(type) && test->op == TEST_EQ);
}

void text_test(struct text *t, const struct inst_test *test)
{
	enum value_type type = (enum value_type)field_table[test->lhs.field].type;

	if (test_unspeakable(test))
		text_refuse(t, "nft's text can't compare security marks");
	if (test->op < TEST_IN && (test_exists(t, test) || test_name_prefix(t, test) ||
				   (test->lhs.nxf && (test_prefix(t, test) || test_flags(t, test)))))
		return;
	if (!nft_view_typed(&t->view, &test->lhs))
		text_refuse(t, "nft's text takes a connection's ports only behind a test of one protocol: "
			       "say -p");
	text_operand(t, &test->lhs);
	buffer_char(t->b, ' ');
	if (!implicit(test, type))
		buffer_puts(t->b, relations[test->op]);
	if (test->op >= TEST_IN)
		put_ranges(t, test);
	else
		put_masked_flags(t, test, type);
	nft_view_note(&t->view, test);
}
