/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CONNMARK: net/netfilter/xt_connmark.c, connmark_tg_shift().
 *
 * Without a connection it does nothing, as nft's load and store of ct mark. Saving and restoring
 * combine bits of two marks: dst = (dst & ~keep) ^ shift(src & take). nft (before 1.1 and kernel 6.13) has
 * no operation on two loaded values; so unless all of dst is replaced, a helper chain clears the bits
 * and then flips them one by one, a rule for each bit of the source.
 */
#include "mark_op.h"

enum { SAVE = OP_END, RESTORE, LEFT, RIGHT, CTMASK, NFMASK, MASK };

#define BIT(id)    (1u << (id))
#define OPS        (OP_BITS | BIT(SAVE) | BIT(RESTORE))
#define OTHERS(id) (OPS & ~BIT(id))

static const struct ext_option options[] = {
	MARK_OP_OPTIONS(OTHERS),
	{ .name = "save-mark", .id = SAVE, .type = ARG_NONE, .flags = OPT_REQUIRED, .excl = OTHERS(SAVE),
	  .help = "copy the packet's mark to the connection" },
	{ .name = "restore-mark", .id = RESTORE, .type = ARG_NONE, .flags = OPT_REQUIRED, .excl = OTHERS(RESTORE),
	  .help = "copy the connection's mark to the packet" },
	{ .name = "left-shift-mark", .id = LEFT, .type = ARG_U8, .max = 31, .excl = BIT(RIGHT), .metavar = "n",
	  .help = "shift what is stored n bits to the left" },
	{ .name = "right-shift-mark", .id = RIGHT, .type = ARG_U8, .max = 31, .excl = BIT(LEFT), .metavar = "n",
	  .help = "shift what is stored n bits to the right" },
	{ .name = "ctmask", .id = CTMASK, .type = ARG_U32, .excl = BIT(MASK), .metavar = "mask",
	  .help = "bits of the connection's mark to use (default all)" },
	{ .name = "nfmask", .id = NFMASK, .type = ARG_U32, .excl = BIT(MASK), .metavar = "mask",
	  .help = "bits of the packet's mark to use (default all)" },
	{ .name = "mask", .id = MASK, .type = ARG_U32, .excl = BIT(CTMASK) | BIT(NFMASK), .metavar = "mask",
	  .help = "both --ctmask and --nfmask" },
	{ .name = NULL },
};

struct copy {
	struct operand dst, src;
	uint32_t keep, take; /* dst = (dst & ~keep) ^ shift(src & take) */
	int right;
};

static uint32_t number(const struct ext_use *u, unsigned id, uint32_t otherwise)
{
	const struct arg *a = use_arg(u, id);

	return a ? (uint32_t)a->num.lo : otherwise;
}

static uint32_t shifted(uint32_t v, int right)
{
	return right < 0 ? v << -right : v >> right;
}

static void whole(struct lower *l, const struct copy *c)
{
	struct operand o = c->src;

	if (c->take != UINT32_MAX)
		o = operand_and(l, o, c->take);
	lower_copy(l, c->dst, operand_shift(l, o, c->right));
}

static void bit_by_bit(struct lower *l, const struct copy *c)
{
	bool fresh = true;

	if (c->keep) {
		lower_cmp(l, operand_of(FIELD_CT_MARK), TEST_GE, 0); /* only with a connection */
		lower_copy(l, c->dst, operand_and(l, c->dst, ~c->keep));
		fresh = false;
	}
	for (uint32_t bit = 1; bit; bit <<= 1) {
		uint32_t flip = shifted(bit, c->right);

		if (!(c->take & bit) || !flip)
			continue;
		if (!fresh)
			lower_next_rule(l);
		fresh = false;
		lower_masked(l, c->src, bit, bit, false);
		lower_copy(l, c->dst, operand_xor(l, c->dst, flip));
	}
}

static void copy_mark(struct lower *l, const struct copy *c)
{
	struct lower_saved saved;
	struct ir_chain *chain;
	bool fresh;

	if (c->keep == UINT32_MAX) {
		whole(l, c);
		return;
	}
	chain = lower_helper_chain(l, arena_printf(l->arena, "%s-mark-%x-%x%s",
						   c->dst.field == FIELD_CT_MARK ? "save" : "restore",
						   c->take, c->keep,
						   c->right ? arena_printf(l->arena, "-%d", c->right) : ""),
				   &fresh);
	if (fresh) {
		lower_into(l, chain, &saved);
		bit_by_bit(l, c);
		lower_back(l, &saved);
	}
	lower_jump(l, chain);
}

/*
 * connmark_tg_parse(): the mask of what is set is also --ctmask's, and --mask's: the last one
 * counts. NULL: nothing is set, but saved or restored.
 */
static const struct arg *set_arg(const struct ext_use *u, struct mark_change *c)
{
	const struct arg *set = NULL;

	for (unsigned i = 0; i < u->nargs; i++) {
		const struct arg *a = &u->args[i];

		if (a->id < OP_END) {
			set = a;
			*c = mark_change(a);
		} else if (set && (a->id == CTMASK || a->id == MASK)) {
			c->mask = (uint32_t)a->num.lo;
		}
	}
	return set;
}

/* One structure for the kernel; a missing mask is whole. */
static bool same(struct ruleset *rs, const struct ext_use *u, const struct ext_use *v)
{
	const uint32_t but = OP_BITS | BIT(CTMASK) | BIT(NFMASK) | BIT(MASK);
	struct mark_change a = { 0 }, b = { 0 };
	const struct arg *x = set_arg(u, &a), *y = set_arg(v, &b);

	if (!x != !y || !use_same(rs, u, v, but))
		return false;
	if (!x) {
		a.mask = number(u, CTMASK, number(u, MASK, UINT32_MAX));
		b.mask = number(v, CTMASK, number(v, MASK, UINT32_MAX));
	}
	return a.value == b.value && a.mask == b.mask &&
	       number(u, NFMASK, number(u, MASK, UINT32_MAX)) ==
		       number(v, NFMASK, number(v, MASK, UINT32_MAX));
}

/* A shift of the mark that is set: the whole result is shifted, the kept bits as well. */
static void set_mark(struct lower *l, struct mark_change c, int right)
{
	struct operand mark = operand_of(FIELD_CT_MARK), o = mark;

	if (!right) {
		lower_change(l, mark, c);
		return;
	}
	if (c.mask == UINT32_MAX) {
		lower_set(l, mark, shifted(c.value, right));
		return;
	}
	if (c.mask)
		o = operand_and(l, o, ~c.mask);
	if (c.value)
		o = operand_xor(l, o, c.value);
	lower_copy(l, mark, operand_shift(l, o, right));
}

static void lower(struct lower *l, const struct ext_use *u)
{
	uint32_t both = number(u, MASK, UINT32_MAX);
	uint32_t ctmask = number(u, CTMASK, both), nfmask = number(u, NFMASK, both);
	int right = (int)number(u, RIGHT, 0) - (int)number(u, LEFT, 0);
	struct operand ct = operand_of(FIELD_CT_MARK), nf = operand_of(FIELD_META_MARK);
	struct mark_change c = { 0 };

	if (use_arg(u, SAVE))
		copy_mark(l, &(struct copy){ .dst = ct, .src = nf, .keep = ctmask, .take = nfmask, .right = right });
	else if (use_arg(u, RESTORE))
		copy_mark(l, &(struct copy){ .dst = nf, .src = ct, .keep = nfmask, .take = ctmask, .right = right });
	else if (set_arg(u, &c))
		set_mark(l, c, right);
}

const struct ext target_connmark = {
	.name = "CONNMARK",
	.kind = EXT_TARGET,
	.families = FAMILY_BOTH,
	.options = options,
	.same = same,
	.lower = lower,
	.help = "set the connection's mark, save the packet's to it, restore it from it",
};
