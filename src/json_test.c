/* SPDX-License-Identifier: GPL-2.0-or-later */
/* json_test: comparisons; the same choices as in text_test.c, so that nft makes the same code. */
#include "json.h"

#include <string.h>
#include "words.h"

static const char *const relations[] = {
	[TEST_EQ] = "==", [TEST_NE] = "!=", [TEST_LT] = "<",  [TEST_GT] = ">",
	[TEST_LE] = "<=", [TEST_GE] = ">=", [TEST_IN] = "==", [TEST_NOTIN] = "!=",
};

static json_t *match(const char *op, json_t *left, json_t *right)
{
	return json_pack("{s:{s:s, s:o, s:o}}", "match", "op", op, "left", left, "right", right);
}

static json_t *flag_list(enum value_type type, uint64_t v)
{
	json_t *list = json_array();

	for (const struct flag_word *f = words_flags(type); f->word; f++)
		if (v & f->bit)
			json_array_append_new(list, json_string(f->word));
	return list;
}

/* "in" and "!" are "has any of" and "has none of" here. NULL: the general form has to do. */
static json_t *flags_test(struct json *j, const struct inst_test *t)
{
	enum value_type type = (enum value_type)field_table[t->lhs.field].type;
	struct operand plain = t->lhs;
	const struct value *mask = &plain.xf->value;
	uint64_t v = value_get(mask, operand_bytes(&t->lhs) > 8 ? 8 : operand_bytes(&t->lhs));
	const char *op = t->op == TEST_EQ ? "!" : "in";

	plain.nxf = 0;
	if (type == TYPE_CT_LABEL)
		return match(op, json_operand(j, &plain), json_value(j, &plain, mask));
	if (!nft_view_named(&j->text.view, &plain) || !words_cover(words_flags(type), v))
		return NULL;
	return match(op, json_operand(j, &plain), flag_list(type, v));
}

static json_t *prefix_test(struct json *j, const struct inst_test *t, unsigned len)
{
	struct operand plain = t->lhs;

	plain.nxf = 0;
	return match(relations[t->op], json_operand(j, &plain),
		     json_prefix(json_value(j, &plain, &t->value), len));
}

static json_t *name_prefix_test(struct json *j, const struct inst_test *t)
{
	char s[18];

	memcpy(s, t->value.b, t->prefix);
	memcpy(s + t->prefix, "*", 2);
	if (s[t->prefix - 1] == '\\')
		json_refuse(j, "nft has no form for a name that ends in a backslash before a "
			       "wildcard");
	return match(relations[t->op], json_operand(j, &t->lhs), json_word(j, s, t->prefix + 1u));
}

static json_t *ranges(struct json *j, const struct inst_test *t)
{
	json_t *set;

	if (t->n == 1)
		return json_range(j, &t->lhs, t->ranges);
	set = json_array();
	for (uint32_t i = 0; i < t->n; i++)
		json_array_append_new(set, json_range(j, &t->lhs, &t->ranges[i]));
	return json_pack("{s:o}", "set", set);
}

json_t *json_test(struct json *j, const struct inst_test *t)
{
	json_t *m = NULL;

	if (test_unspeakable(t))
		json_refuse(j, "nft's JSON can't compare security marks");
	if (!nft_view_typed(&j->text.view, &t->lhs))
		json_refuse(j, "nft's JSON takes a connection's ports only behind a test of one protocol: "
			       "say -p");
	if (t->op >= TEST_IN)
		return match(relations[t->op], json_operand(j, &t->lhs), ranges(j, t));
	if (t->lhs.exists && t->op <= TEST_NE)
		return match("==", json_operand(j, &t->lhs), json_boolean(test_wants_presence(t)));
	if (t->prefix && t->op <= TEST_NE)
		return name_prefix_test(j, t);
	if (test_prefix_length(t) > 0)
		return prefix_test(j, t, (unsigned)test_prefix_length(t));
	if (test_any_flag(t))
		m = flags_test(j, t);
	if (!m)
		m = match(relations[t->op], json_operand(j, &t->lhs),
			  json_value(j, &t->lhs, &t->value));
	nft_view_note(&j->text.view, t);
	return m;
}
