/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SET: net/netfilter/xt_set.c, set_target_v3(), ip_set_add() and ip_set_del(); mtype_add() of
 * ip_set_hash_gen.h.
 *
 * Always goes on to the next rule. An element that is there stays as it is, or with --exist is
 * renewed. The key's fields are tested after the rule has counted the packet; where several
 * protocols need different keys, that is done in a chain of its own.
 */
#include "set_count.h"

#include <string.h>

/* In the order of the options: set_use.c looks at their flags by id. */
enum { ADD_SET, DEL_SET, MAP_SET, EXIST, TIMEOUT, MAP_MARK, MAP_PRIO, MAP_QUEUE };

#define MAP_NOTE "nftables can't write several fields from one element of a set"

static const struct ext_option options[] = {
	{ .name = "add-set", .id = ADD_SET, .type = ARG_CUSTOM, .parse = set_ref_parse,
	  .flags = OPT_TWO,
	  .metavar = "name src|dst[,…]", .help = "add these addresses (ports, …) of the packet",
	  .support = PARTLY, .note = "not to sets of networks, lists of sets and bitmap:ip,mac" },
	{ .name = "del-set", .id = DEL_SET, .type = ARG_CUSTOM, .parse = set_ref_parse,
	  .flags = OPT_TWO, .metavar = "name src|dst[,…]", .help = "delete them", .support = PARTLY,
	  .note = "likewise; a set may not take an element again that was deleted more than 16 "
		  "times within a second" },
	{ .name = "map-set", .id = MAP_SET, .type = ARG_CUSTOM, .parse = set_ref_parse,
	  .flags = OPT_TWO,
	  .metavar = "name src|dst[,…]", .help = "take mark, priority or queue from the set",
	  .support = REFUSED, .note = MAP_NOTE },
	{ .name = "exist", .id = EXIST, .type = ARG_NONE, .also = 1u << ADD_SET,
	  .help = "renew an element that is there" },
	{ .name = "timeout", .id = TIMEOUT, .type = ARG_U32, .min = 0, .max = UINT32_MAX - 1,
	  .also = 1u << ADD_SET, .metavar = "seconds", .help = "instead of the set's",
	  .support = PARTLY, .note = "0 is refused in a set that has a timeout of its own" },
	{ .name = "map-mark", .id = MAP_MARK, .type = ARG_NONE, .also = 1u << MAP_SET,
	  .help = "take the mark", .support = REFUSED, .note = MAP_NOTE },
	{ .name = "map-prio", .id = MAP_PRIO, .type = ARG_NONE, .also = 1u << MAP_SET,
	  .help = "take the priority", .support = REFUSED, .note = MAP_NOTE },
	{ .name = "map-queue", .id = MAP_QUEUE, .type = ARG_NONE, .also = 1u << MAP_SET,
	  .help = "take the hardware queue", .support = REFUSED, .note = MAP_NOTE },
	{ .name = NULL },
};

static bool check(struct ruleset *rs, const struct rule *r, struct ext_use *u)
{
	(void)r;
	if (use_arg(u, ADD_SET) || use_arg(u, DEL_SET) || use_arg(u, MAP_SET))
		return true;
	diag_error(rs->diags, u->at, "target 'SET' needs --add-set, --del-set or --map-set");
	return false;
}

struct change {
	struct lower *l;
	const struct ext_use *u;
	const struct arg *arg;
	struct ipset *s;
	bool add, exist;
	uint64_t timeout; /* ms; 0: the set's, or none */
};

static bool refuse(const struct change *c, const char *why)
{
	lower_refuse(c->l, c->u, c->arg->at, NULL, "the set '%s' can't be changed from rules: %s",
		     c->s->name, why);
	return false;
}

static bool can_change(const struct change *c)
{
	const struct ipset *s = c->s;
	bool permanent = false;

	for (unsigned i = 0; i < s->type->dimension; i++)
		switch ((enum ipset_part)s->type->part[i]) {
		case IPSET_NET:
			return refuse(c,
				      "it holds networks, and nft's sets of intervals are fixed");
		case IPSET_SET: return refuse(c, "it lists other sets");
		case IPSET_MAC:
			if (s->type->bitmap)
				return refuse(
					c, "bitmap:ip,mac replaces the MAC address of an address");
			if (chain_hooks(c->l->rule->chain) &
			    ~(IN_HOOK(PREROUTING) | IN_HOOK(INPUT) | IN_HOOK(FORWARD)))
				return refuse(c, "MAC addresses are kept in PREROUTING, INPUT and "
						 "FORWARD only");
			break;
		case IPSET_IP:
		case IPSET_PORT:
		case IPSET_IFACE:
		case IPSET_MARK: break;
		}
	if (!c->add)
		return true;
	if (s->forceadd)
		return refuse(c, "forceadd replaces any element when it is full");
	for (uint32_t i = 0; i < s->nelements; i++)
		permanent = permanent || !s->elements[i].e.timeout;
	if (s->timeouts && c->exist && permanent && c->timeout)
		return refuse(c, "it has elements without timeout, which --exist would give one");
	return true;
}

/* bitmap:ip and bitmap:port hold their range only, hash:ip and hash:ip,port not the address 0. */
static void test_limits(const struct change *c, const struct set_way *w)
{
	const struct ipset *s = c->s;
	struct operand plain = w->key[0];
	static const uint8_t zero[16];

	if (s->type->nozero)
		lower_value(c->l, w->key[0], zero, true);
	if (s->type->bitmap) {
		plain.nxf = 0;
		lower_value_range(c->l, plain, s->range_lo.b, s->range_hi.b, false);
	}
	if (w->ether)
		for (unsigned i = 0; i < w->nkey; i++)
			if (w->key[i].field == FIELD_ETHER_SADDR ||
			    w->key[i].field == FIELD_ETHER_DADDR)
				lower_value(c->l, w->key[i], zero, true);
	for (unsigned i = 0; i < w->nkey; i++)
		if (w->key[i].field == FIELD_META_IIFNAME || w->key[i].field == FIELD_META_OIFNAME)
			lower_value(c->l, w->key[i], zero, true);
}

static void change_way(const struct change *c, const struct set_way *w, struct ir_set *set)
{
	struct inst *i;

	set_way_tests(c->l, w);
	test_limits(c, w);
	i = lower_emit(c->l, INST_DYNSET);
	i->dynset.op = !c->add ? DYNSET_DELETE : c->exist ? DYNSET_UPDATE : DYNSET_ADD;
	i->dynset.set = set;
	i->dynset.key = arena_array(c->l->arena, w->nkey, sizeof(*w->key));
	memcpy(i->dynset.key, w->key, w->nkey * sizeof(*w->key));
	i->dynset.nkey = w->nkey;
	if (c->add && c->timeout != set->timeout)
		i->dynset.timeout = c->timeout;
}

/* "set-add-exist-30-src-dst.NAME": the same for all rules that do the same. */
static const char *helper_key(const struct change *c, const struct set_ref *r)
{
	const char *key = c->add ? "set-add" : "set-delete";

	if (c->exist)
		key = arena_printf(c->l->arena, "%s-exist", key);
	if (c->add && c->timeout)
		key = arena_printf(c->l->arena, "%s-%llu", key,
				   (unsigned long long)(c->timeout / 1000));
	for (unsigned i = 0; i < r->dimension; i++)
		key = arena_printf(c->l->arena, "%s-%s", key, r->src >> i & 1 ? "src" : "dst");
	return arena_printf(c->l->arena, "%s.%s", key, c->s->name);
}

/* The changes in a chain of their own; NULL: refused, or nothing to do. */
static struct ir_chain *helper(struct change *c, struct ir_set *set, struct ir_set *portless,
			       const struct set_way *ways, unsigned n)
{
	struct lower_saved saved;
	bool fresh;
	struct ir_chain *h = lower_helper_chain(c->l, helper_key(c, c->arg->custom), &fresh);

	if (!fresh)
		return h;
	lower_into(c->l, h, &saved);
	for (unsigned i = 0; i < n; i++) {
		if (i)
			lower_next_rule(c->l);
		if (c->s->counts && c->add) {
			if (!c->exist)
				set_lookup(c->l, set, &ways[i], true);
			set_count_reset(c->l, c->s, &ways[i]);
			lower_next_rule(c->l);
		}
		change_way(c, &ways[i], ways[i].portless ? portless : set);
	}
	lower_back(c->l, &saved);
	return h;
}

/* @whole: in the rule itself where that is possible. False: refused. */
static bool apply(struct change *c, bool whole, struct ir_chain **h)
{
	const struct set_ref *r = c->arg->custom;
	struct set_way ways[SET_WAYS_MAX];
	const char *reason = NULL;
	struct ir_set *set, *portless = NULL;
	unsigned n;

	if (r->dimension < c->s->type->dimension) /* ip_set_add(): nothing happens */
		return true;
	if (!can_change(c))
		return false;
	n = set_ways(c->l, c->s, r, true, ways);
	set = set_of(c->l, c->s, false, false, &reason);
	if (set && n && ways[n - 1].portless)
		portless = set_of(c->l, c->s, false, true, &reason);
	if (reason)
		return refuse(c, reason);
	if (n == 1 && whole && !c->s->counts)
		change_way(c, ways, set);
	else
		*h = helper(c, set, portless, ways, n);
	return true;
}

static bool start(struct lower *l, const struct ext_use *u, const struct arg *a, struct change *c)
{
	const struct arg *t = use_arg(u, TIMEOUT);
	const struct set_ref *r = a->custom;

	*c = (struct change){ .l = l, .u = u, .arg = a, .s = set_ref_find(l, u, r) };
	if (!c->s)
		return false;
	c->add = a->id == ADD_SET;
	c->exist = c->add && use_arg(u, EXIST);
	if (!c->s->timeouts && c->s->inferred && t && !c->s->sets[0][0])
		c->s->timeouts = true; /* as the rule expects it to be */
	if (c->s->timeouts)
		c->timeout = t ? t->num.lo * 1000 : c->s->default_timeout;
	if (t && !t->num.lo && c->s->timeouts && c->s->default_timeout) {
		lower_refuse(l, u, t->at, NULL,
			     "nftables can't add an element without timeout to a set that has "
			     "one by default");
		return false;
	}
	return true;
}

static struct ir_chain *both(struct lower *l, struct ir_chain *first, struct ir_chain *second)
{
	struct lower_saved saved;
	bool fresh;
	struct ir_chain *h = lower_helper_chain(
		l, arena_printf(l->arena, "set-both-%u-%u", first->id, second->id), &fresh);

	if (!fresh)
		return h;
	lower_into(l, h, &saved);
	lower_jump(l, first);
	lower_next_rule(l);
	lower_jump(l, second);
	lower_back(l, &saved);
	return h;
}

static void lower(struct lower *l, const struct ext_use *u)
{
	const struct arg *add = use_arg(u, ADD_SET), *del = use_arg(u, DEL_SET),
			 *map = use_arg(u, MAP_SET);
	struct ir_chain *first = NULL, *second = NULL;
	struct change a, d;

	if (map && l->chain->table != TABLE_MANGLE) { /* set_target_v3_checkentry() */
		diag_error(l->ir->diags, map->at, "--map-set is possible in table 'mangle' only");
		return;
	}
	if (map) {
		lower_refuse(l, u, map->at, NULL, "--map-set has no form in nftables: " MAP_NOTE);
		return;
	}
	if ((add && !start(l, u, add, &a)) || (del && !start(l, u, del, &d)) ||
	    (add && !apply(&a, !del, &first)) || (del && !apply(&d, !add, &second)))
		return;
	if (first && second)
		first = both(l, first, second);
	if (first || second)
		lower_jump(l, first ? first : second);
}

const struct ext target_set = {
	.name = "SET",
	.kind = EXT_TARGET,
	.families = FAMILY_BOTH,
	.options = options,
	.check = check,
	.lower = lower,
	.help = "add to and delete from ipsets",
};
