/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * helper: net/netfilter/xt_helper.c, helper_mt(). The helper of the connection that expected this
 * one.
 *
 * The name given has to begin with the helper's, so that "ftp-2121" also means "ftp": every
 * beginning of the name is looked for. Without connection or helper only the inverted match holds,
 * where nft's load fails; that goes on in a chain of its own behind a rule that returns.
 */
#include "lower.h"
#include "blob.h"

#include <string.h>
#include <linux/netfilter/xt_helper.h>

enum { HELPER };

#define NAME_MAX_LEN 15 /* NF_CT_HELPER_NAME_LEN - 1 */

static const struct ext_option options[] = {
	{ .name = "helper", .id = HELPER, .type = ARG_STRING, .flags = OPT_INVERT | OPT_REQUIRED,
	  .metavar = "name", .help = "helper of the connection that this one belongs to",
	  .support = PARTLY,
	  .note = "not the empty name, which is any helper" },
	{ .name = NULL },
};

static void test(struct lower *l, const struct arg *a)
{
	uint32_t n = a->str.len > NAME_MAX_LEN ? NAME_MAX_LEN : a->str.len;
	struct value_range *r = arena_array(l->arena, n, sizeof(*r));
	struct inst *t = lower_emit(l, INST_TEST);

	for (uint32_t i = 0; i < n; i++)
		r[i].lo = r[i].hi = value_bytes(a->str.s, i + 1);
	t->test.lhs = operand_of(FIELD_CT_HELPER);
	t->test.op = n > 1 ? TEST_IN : TEST_EQ;
	if (n > 1) {
		t->test.ranges = r;
		t->test.n = n;
	} else {
		t->test.value = r[0].lo;
	}
}

static void lower(struct lower *l, const struct ext_use *u)
{
	const struct arg *a = &u->args[0];

	if (!a->str.len) {
		lower_refuse(l, u, a->at, NULL, "--helper: nftables has no test for any helper");
		return;
	}
	l->at = a->at;
	if (a->invert)
		lower_split(l);
	test(l, a);
	if (a->invert) {
		lower_verdict(l, VERDICT_RETURN);
		lower_continue(l);
	}
}

static bool compat(struct lower *l, const struct ext_use *u, struct compat_blob *blob)
{
	struct xt_helper_info *info = blob_new(l, blob, "helper", 0, sizeof(*info));

	/* Cut as libxtables cuts it. */
	memcpy(info->name, u->args[0].str.s,
	       u->args[0].str.len < sizeof(info->name) ? u->args[0].str.len
						       : sizeof(info->name) - 1);
	info->invert = u->args[0].invert;
	return true;
}

const struct ext match_helper = {
	.name = "helper",
	.kind = EXT_MATCH,
	.families = FAMILY_BOTH,
	.options = options,
	.same = use_any,
	.lower = lower,
	.compat = compat,
	.help = "connection tracking helper",
};
