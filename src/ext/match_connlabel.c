/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * connlabel: net/netfilter/xt_connlabel.c, connlabel_mt(). Without connection, or room for labels
 * in it, the match is false, inverted: true. --set sets the label first; then it is there unless
 * there is no room.
 *
 * xt_connlabel makes room for labels in new connections, nft only where it sets labels: a rule that
 * does, in a chain that nobody calls, has that effect when it is loaded.
 */
#include "lower.h"
#include "blob.h"
#include "name_map.h"
#include "value.h"

#include <linux/netfilter/xt_connlabel.h>

enum { LABEL, SET };

#define LABEL_MAX 127
#define NO_CONNECTION 0x41 /* invalid or untracked, as bits of nft's ct state */

static bool parse_label(struct ext_parse *p, struct arg *out)
{
	const struct word *w = p->word;
	uint64_t number;
	uint32_t bit;

	/* libxt_connlabel keeps the number in an int, the kernel's structure 16 bits of it. */
	if (value_u64(w->s, w->len, 0, UINT64_MAX, &number) && (uint32_t)number <= INT32_MAX)
		bit = (uint16_t)number;
	else if (!name_map_find("/etc/xtables/connlabel.conf", w->s, w->len, &bit))
		bit = UINT32_MAX;
	if (bit > LABEL_MAX)
		return ext_value_error(p,
				       "'%.*s' is neither 0 to %d nor a label of "
				       "/etc/xtables/connlabel.conf",
				       (int)w->len, w->s, LABEL_MAX);
	out->num.lo = bit;
	out->num.hi = out->num.lo;
	return true;
}

static const struct ext_option options[] = {
	{ .name = "label", .id = LABEL, .type = ARG_CUSTOM, .flags = OPT_INVERT | OPT_REQUIRED,
	  .parse = parse_label, .metavar = "number|name", .help = "the connection has the label" },
	{ .name = "set", .id = SET, .type = ARG_NONE, .help = "set the label" },
	{ .name = NULL },
};

static struct value label_value(const struct arg *a)
{
	struct value v = { { 0 } };

	v.b[15 - a->num.lo / 8] = (uint8_t)(1u << a->num.lo % 8);
	return v;
}

static void set_label(struct lower *l, const struct arg *a)
{
	struct inst *i = lower_emit(l, INST_ASSIGN);

	i->assign.dst = operand_of(FIELD_CT_LABELS);
	i->assign.from = ASSIGN_VALUE;
	i->assign.value = label_value(a);
}

static void make_room(struct lower *l, const struct arg *a)
{
	struct lower_saved saved;
	bool fresh;
	struct ir_chain *c = lower_helper_chain(l, "room-for-labels", &fresh);

	if (!fresh)
		return;
	lower_into(l, c, &saved);
	set_label(l, a);
	lower_back(l, &saved);
}

static void test(struct lower *l, const struct arg *a, bool missing)
{
	static const struct value none;
	struct value mask = label_value(a);

	lower_masked_bytes(l, operand_of(FIELD_CT_LABELS), &mask, &none, !missing);
}

static void lower(struct lower *l, const struct ext_use *u)
{
	const struct arg *a = use_arg(u, LABEL);

	l->at = a->at;
	if (use_arg(u, SET)) {
		lower_split(l);
		set_label(l, a);
		lower_continue(l);
	} else {
		make_room(l, a);
	}
	if (!a->invert) {
		test(l, a, false);
		return;
	}
	lower_fork(l, 2);
	lower_branch(l, 0);
	lower_any_bit(l, operand_of(FIELD_CT_STATE), NO_CONNECTION, false);
	lower_branch(l, 1);
	test(l, a, true);
	lower_branch(l, -1);
}

static bool compat(struct lower *l, const struct ext_use *u, struct compat_blob *blob)
{
	struct xt_connlabel_mtinfo *info = blob_new(l, blob, "connlabel", 0, sizeof(*info));
	const struct arg *a = use_arg(u, LABEL);

	info->bit = (uint16_t)a->num.lo;
	info->options = (uint16_t)((a->invert ? XT_CONNLABEL_OP_INVERT : 0) |
				   (use_arg(u, SET) ? XT_CONNLABEL_OP_SET : 0));
	return true;
}

const struct ext match_connlabel = {
	.name = "connlabel",
	.kind = EXT_MATCH,
	.families = FAMILY_BOTH,
	.options = options,
	.same = use_any,
	.lower = lower,
	.compat = compat,
	.help = "connection label",
};
