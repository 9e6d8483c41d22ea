/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * connlimit: net/netfilter/xt_connlimit.c, connlimit_mt(), against nft_connlimit.c: both count with
 * nf_conncount.c, and both drop a packet that belongs to no possible connection.
 *
 * Each rule has a count of its own, by address under a mask and by conntrack zone; the zone is part
 * of the key where the ruleset assigns zones. Differs for connections that are older than the
 * ruleset: xtables counts the first one of an address, nftables none.
 */
#include "lower.h"

#include <string.h>
#include <linux/netfilter/nf_conntrack_common.h>

enum { UPTO, ABOVE, MASK, SADDR, DADDR };

/* An element lives as long as it has connections, of which there are at most nf_conntrack_max. */
#define ADDRESSES_MAX 1048576

static const struct ext_option options[] = {
	{ .name = "connlimit-upto", .id = UPTO, .type = ARG_U32, .max = UINT32_MAX,
	  .flags = OPT_INVERT | OPT_REQUIRED, .excl = 1u << ABOVE, .metavar = "n",
	  .help = "at most so many connections" },
	{ .name = "connlimit-above", .id = ABOVE, .type = ARG_U32, .max = UINT32_MAX,
	  .flags = OPT_INVERT, .excl = 1u << UPTO, .metavar = "n", .help = "more than so many" },
	{ .name = "connlimit-mask", .id = MASK, .type = ARG_PREFIX,
	  .metavar = "prefix", .help = "count networks of this size together" },
	{ .name = "connlimit-saddr", .id = SADDR, .type = ARG_NONE, .implied = "", .excl = 1u << DADDR,
	  .help = "by source address (default)" },
	{ .name = "connlimit-daddr", .id = DADDR, .type = ARG_NONE, .excl = 1u << SADDR,
	  .help = "by destination address" },
	{ .name = NULL },
};

static void fill_mask(const struct ext_use *u, bool v6, uint8_t mask[16])
{
	const struct arg *a = use_arg(u, MASK);
	unsigned width = v6 ? 128 : 32, prefix = a ? (unsigned)a->num.lo : width;

	if (prefix > width) /* not a prefix */
		prefix = width;
	memset(mask, 0, 16);
	for (unsigned i = 0; i < prefix; i++)
		mask[i / 8] |= (uint8_t)(0x80 >> i % 8);
}

static bool is_above(const struct ext_use *u)
{
	const struct arg *above = use_arg(u, ABOVE);

	return above ? !above->invert : use_arg(u, UPTO)->invert;
}

static bool same(struct ruleset *rs, const struct ext_use *u, const struct ext_use *v)
{
	const struct arg *a = use_arg(u, ABOVE), *b = use_arg(v, ABOVE);
	bool v6 = rs->family == FAMILY_IPV6; /* a missing mask is one of 128 bits */
	uint8_t mask_a[16], mask_b[16];

	a = a ? a : use_arg(u, UPTO);
	b = b ? b : use_arg(v, UPTO);
	fill_mask(u, v6, mask_a);
	fill_mask(v, v6, mask_b);
	return a->num.lo == b->num.lo && is_above(u) == is_above(v) && !memcmp(mask_a, mask_b, 16) &&
	       use_same(rs, u, v, 1u << ABOVE | 1u << UPTO | (v6 ? 1u << MASK : 0));
}

/* Does any rule put connections into a zone (target CT)? */
static bool has_zones(const struct lower *l)
{
	const struct table *t = &l->rs->tables[TABLE_RAW];

	for (const struct chain *c = t->present ? t->chains : NULL; c; c = c->next)
		for (uint32_t i = 0; i < c->nrules; i++) {
			const struct rule_spec *s = c->rules[i]->spec;

			for (unsigned k = 0;
			     s && s->target == TARGET_EXT && k < s->ext_target.nargs; k++)
				for (const struct ext_option *o = s->ext_target.ext->options;
				     o->name; o++)
					if (o->id == s->ext_target.args[k].id &&
					    !strncmp(o->name, "zone", 4))
						return true;
		}
	return false;
}

/* Count this packet's connection under a key, in a set of the rule's own. */
static void count_in(struct lower *l, const struct ext_use *u, const char *name, struct operand *key, unsigned nkey)
{
	const struct arg *n = use_arg(u, ABOVE) ? use_arg(u, ABOVE) : use_arg(u, UPTO);
	struct inst *count = inst_new(l->arena, INST_CONNLIMIT, l->at), *i;
	bool fresh;
	struct ir_set *set = lower_set_named(l, name, &fresh);

	if (fresh) {
		set->key = arena_array(l->arena, nkey, sizeof(*set->key));
		for (unsigned k = 0; k < nkey; k++)
			set->key[k].of = operand_of(key[k].field);
		set->nkey = (uint8_t)nkey;
		set->flags = SET_DYNAMIC;
		set->size = ADDRESSES_MAX;
	}
	count->connlimit.count = (uint32_t)n->num.lo;
	count->connlimit.over = is_above(u);
	i = lower_emit(l, INST_DYNSET);
	i->dynset.op = DYNSET_ADD;
	i->dynset.set = set;
	i->dynset.key = key;
	i->dynset.nkey = (uint8_t)nkey;
	i->dynset.exprs = count;
}

/*
 * connlimit_mt() takes zone 0 for a packet without connection (UNTRACKED, or of no protocol's liking: INVALID);
 * nft can't load the zone of such a packet, so those and zone 0 have a set without it.
 */
static void count_by_zone(struct lower *l, const struct ext_use *u, const char *name, struct operand *key)
{
	lower_fork(l, 3);
	lower_branch(l, 0);
	lower_eq(l, operand_of(FIELD_CT_ZONE), 0, true);
	key[1] = operand_of(FIELD_CT_ZONE);
	count_in(l, u, arena_printf(l->arena, "%s.zones", name), key, 2);
	lower_branch(l, 1);
	lower_eq(l, operand_of(FIELD_CT_ZONE), 0, false);
	count_in(l, u, name, key, 1);
	lower_branch(l, 2);
	lower_any_bit(l, operand_of(FIELD_CT_STATE), NF_CT_STATE_INVALID_BIT | NF_CT_STATE_UNTRACKED_BIT, false);
	count_in(l, u, name, key, 1);
	lower_branch(l, -1);
}

static void lower(struct lower *l, const struct ext_use *u)
{
	struct operand *key = arena_array(l->arena, 2, sizeof(*key));
	uintptr_t number = (uintptr_t)*lower_note(l, u->ext) + 1;
	const char *name = arena_printf(l->arena, "connlimit.%lu", (unsigned long)number);
	uint8_t mask[16];

	*lower_note(l, u->ext) = (void *)number;
	fill_mask(u, lower_v6(l), mask);
	key[0] = operand_of(use_arg(u, DADDR) ? field_daddr(l) : field_saddr(l));
	if (mask[lower_v6(l) ? 15 : 3] != 0xff)
		key[0] = operand_and_bytes(l, key[0], mask);
	if (has_zones(l))
		count_by_zone(l, u, name, key);
	else
		count_in(l, u, name, key, 1);
}

const struct ext match_connlimit = {
	.name = "connlimit",
	.kind = EXT_MATCH,
	.families = FAMILY_BOTH,
	.options = options,
	.same = same,
	.lower = lower,
	.help = "number of connections of an address",
};
