/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * set: net/netfilter/xt_set.c, set_match_v4(), and ip_set_test().
 *
 * A set with more dimensions than flags are given never matches; more flags than dimensions are not
 * looked at. The counters of elements (--packets-gt, …) are compared only in sets that have some;
 * set_count.c has those.
 * list:set matches when one of its sets does.
 */
#include "set_count.h"

#include <string.h>

enum {
	MATCH_SET,
	RETURN_NOMATCH,
	UPDATE_COUNTERS,
	UPDATE_SUBCOUNTERS,
	PACKETS_EQ,
	PACKETS_LT,
	PACKETS_GT,
	BYTES_EQ,
	BYTES_LT,
	BYTES_GT
};

#define PACKETS (1u << PACKETS_EQ | 1u << PACKETS_LT | 1u << PACKETS_GT)
#define BYTES   (1u << BYTES_EQ | 1u << BYTES_LT | 1u << BYTES_GT)

#define PACKETS_NOTE                                                                               \
	"in sets of addresses with counters up to 12 packets, and without `!`; nothing to compare " \
	"in sets without counters"
#define BYTES_NOTE "refused with sets that have counters; nothing to compare in others"

#define COUNTER_OPTION(n, i, inv, others, note_, h)                                                       \
	{ .name = n, .id = i, .type = ARG_U64, .max = UINT64_MAX, .flags = inv, .excl = others,    \
	  .also = 1u << MATCH_SET, .metavar = "n", .help = h, .support = PARTLY,                   \
	  .note = note_ }

/* In the order of their ids. */
static const struct ext_option options[] = {
	{ .name = "match-set", .id = MATCH_SET, .type = ARG_CUSTOM, .parse = set_ref_parse,
	  .flags = OPT_INVERT | OPT_REQUIRED | OPT_TWO, .metavar = "name src|dst[,…]",
	  .help = "look these addresses (ports, …) of the packet up", .support = PARTLY,
	  .note = "networks with interface wildcards or bridge ports, and some overlaps, are "
		  "refused" },
	{ .name = "return-nomatch", .id = RETURN_NOMATCH, .type = ARG_NONE,
	  .help = "match what the set excepts" },
	{ .name = "update-counters", .id = UPDATE_COUNTERS, .type = ARG_NONE, .flags = OPT_INVERT,
	  .help = "count in the set's element", .support = PARTLY,
	  .note = "`! --update-counters` is refused with sets that have counters" },
	{ .name = "update-subcounters", .id = UPDATE_SUBCOUNTERS, .type = ARG_NONE,
	  .flags = OPT_INVERT, .help = "likewise in the sets of a list", .support = PARTLY,
	  .note = "`! --update-subcounters` is refused with lists of sets that have counters" },
	COUNTER_OPTION("packets-eq", PACKETS_EQ, OPT_INVERT, PACKETS, PACKETS_NOTE,
		       "so many packets counted"),
	COUNTER_OPTION("packets-lt", PACKETS_LT, 0, PACKETS, PACKETS_NOTE,
		       "fewer packets counted"),
	COUNTER_OPTION("packets-gt", PACKETS_GT, 0, PACKETS, PACKETS_NOTE,
		       "more packets counted"),
	COUNTER_OPTION("bytes-eq", BYTES_EQ, OPT_INVERT, BYTES, BYTES_NOTE,
		       "so many bytes counted"),
	COUNTER_OPTION("bytes-lt", BYTES_LT, 0, BYTES, BYTES_NOTE,
		       "fewer bytes counted"),
	COUNTER_OPTION("bytes-gt", BYTES_GT, 0, BYTES, BYTES_NOTE,
		       "more bytes counted"),
	{ .name = "set", .id = MATCH_SET, .type = ARG_CUSTOM, .parse = set_ref_parse,
	  .flags = OPT_INVERT | OPT_TWO | OPT_ALIAS },
	{ .name = NULL },
};

/* One set, of the rule or of a list. */
struct probe {
	struct lower *l;
	const struct ext_use *u;
	const struct set_ref *ref;
	bool nomatch; /* --return-nomatch */
};

static bool has_nets(const struct ipset *s)
{
	for (unsigned i = 0; i < s->type->dimension; i++)
		if (s->type->part[i] == IPSET_NET)
			return true;
	return false;
}

static bool has_part(const struct ipset *s, enum ipset_part part)
{
	for (unsigned i = 0; i < s->type->dimension; i++)
		if (s->type->part[i] == part)
			return true;
	return false;
}

static void refuse(const struct probe *p, const struct ipset *s, const char *why)
{
	lower_refuse(p->l, p->u, p->ref->name_at, NULL, "the set '%s' has no form in nftables: %s",
		     s->name, why);
}

/* The nft set of a way; reports. */
static struct ir_set *set_for(const struct probe *p, struct ipset *s, const struct set_way *w)
{
	const char *reason = NULL;
	struct ir_set *set;

	set = set_of(p->l, s, p->nomatch && has_nets(s), w->portless, &reason);
	if (!set)
		refuse(p, s, reason);
	return set;
}

static bool simple(const struct set_way *w, unsigned n)
{
	return n == 1 && !w->ether && !w->others && !w->bytes && (!w->nprotos || w->proto_known);
}

/* MAC addresses are those of the incoming frame, which other hooks may not know. */
static bool usable(const struct probe *p, const struct ipset *s)
{
	unsigned ok = IN_HOOK(PREROUTING) | IN_HOOK(INPUT) | IN_HOOK(FORWARD);

	if (!has_part(s, IPSET_MAC) || !(chain_hooks(p->l->rule->chain) & ~ok))
		return true;
	refuse(p, s, "MAC addresses are kept in PREROUTING, INPUT and FORWARD only");
	return false;
}

/* In a chain of the rule's own: leave it when the set has the packet. */
static bool return_found(const struct probe *p, struct ipset *s)
{
	struct set_way ways[SET_WAYS_MAX];
	unsigned n = set_ways(p->l, s, p->ref, false, ways);

	for (unsigned i = 0; i < n; i++) {
		struct ir_set *set = set_for(p, s, &ways[i]);

		if (!set)
			return false;
		set_way_tests(p->l, &ways[i]);
		set_lookup(p->l, set, &ways[i], false);
		lower_verdict(p->l, VERDICT_RETURN);
		lower_continue(p->l);
	}
	return true;
}

/* Does it look for the transport header of packets whose protocol the rule does not ask for? */
static bool looks_behind(const struct set_way *ways, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (ways[i].nprotos && !ways[i].proto_known)
			return true;
	return false;
}

static void match_one(const struct probe *p, struct ipset *s, bool invert)
{
	struct set_way ways[SET_WAYS_MAX];
	struct lower *l = p->l;
	unsigned n;

	if (!usable(p, s))
		return;
	n = set_ways(l, s, p->ref, false, ways);
	if (!n) { /* the rule's protocol has no port */
		if (!invert)
			lower_never(l);
		return;
	}
	if (lower_v6(l) && looks_behind(ways, n) && !l->for_explain)
		lower_need_exthdr(l, NEED_NO_AH);
	if (invert && !simple(ways, n)) {
		lower_split(l);
		return_found(p, s);
		return;
	}
	if (n > 1)
		lower_fork(l, n);
	for (unsigned i = 0; i < n; i++) {
		struct ir_set *set = set_for(p, s, &ways[i]);

		if (!set)
			return;
		lower_branch(l, n > 1 ? (int)i : -1);
		set_way_tests(l, &ways[i]);
		set_lookup(l, set, &ways[i], invert);
	}
	lower_branch(l, -1);
}

static bool applies(const struct probe *p, const struct ipset *s)
{
	return p->ref->dimension >= s->type->dimension && s->family & p->l->family;
}

/* Each member excludes those before it, so that the alternatives are disjoint. */
static void match_list(const struct probe *p, struct ipset *list)
{
	struct set_way ways[SET_WAYS_MAX];
	struct lower *l = p->l;
	struct ir_set **sets = arena_array(l->arena, list->nmembers + 1u, sizeof(struct ir_set *));
	struct set_way *way = arena_array(l->arena, list->nmembers + 1u, sizeof(*way));
	unsigned n = 0;

	for (uint32_t i = 0; i < list->nmembers; i++) {
		struct ipset *s = list->members[i];

		if (!applies(p, s))
			continue;
		if (!simple(ways, set_ways(l, s, p->ref, false, ways))) {
			refuse(p, list, "it lists sets of ports or MAC addresses");
			return;
		}
		way[n] = ways[0];
		sets[n] = set_for(p, s, ways);
		if (!sets[n++])
			return;
	}
	if (!n)
		lower_never(l);
	if (n > 1)
		lower_fork(l, n);
	for (unsigned i = 0; i < n; i++) {
		lower_branch(l, n > 1 ? (int)i : -1);
		for (unsigned k = 0; k <= i; k++)
			set_lookup(l, sets[k], &way[k], k < i);
	}
	lower_branch(l, -1);
}

static void match_no_member(const struct probe *p, struct ipset *list)
{
	lower_split(p->l);
	for (uint32_t i = 0; i < list->nmembers; i++)
		if (applies(p, list->members[i]) &&
		    (!usable(p, list->members[i]) || !return_found(p, list->members[i])))
			return;
}

static bool compares(const struct arg *a)
{
	return a->id >= PACKETS_EQ && a->id <= PACKETS_GT;
}

/* The comparison of the element's packets, if there is one. */
static void test_packets(const struct probe *p, struct ipset *s, const struct set_way *w)
{
	for (unsigned i = 0; i < p->u->nargs; i++) {
		const struct arg *a = &p->u->args[i];

		if (!compares(a))
			continue;
		if (a->id == PACKETS_LT && !a->num.lo)
			lower_never(p->l);
		if (a->num.lo && a->id != PACKETS_GT)
			set_count_test(p->l, s, w, a->num.lo, a->id == PACKETS_LT);
		if (a->id != PACKETS_LT)
			set_count_test(p->l, s, w, a->num.lo + 1, a->id == PACKETS_EQ);
	}
}

/* An element that matches counts first. What does not match as a whole leaves, when inverted, the
 * rule's chain. */
static void match_counted(const struct probe *p, struct ipset *s, bool invert)
{
	const struct arg *update = use_arg(p->u, UPDATE_COUNTERS);
	struct set_way ways[SET_WAYS_MAX];
	struct ir_set *set;
	struct ir_chain *c;

	set_ways(p->l, s, p->ref, false, ways); /* one, as no ports are looked at */
	set = set_for(p, s, ways);
	if (!set)
		return;
	if (!update || !update->invert) {
		c = set_count_chain(p->l, s, ways);
		if (!invert)
			set_lookup(p->l, set, ways, false);
		lower_split(p->l);
		if (invert)
			set_lookup(p->l, set, ways, false);
		lower_jump(p->l, c);
		lower_continue(p->l);
	} else if (invert) {
		lower_split(p->l);
	}
	if (invert || (update && update->invert))
		set_lookup(p->l, set, ways, false);
	test_packets(p, s, ways);
	if (invert) {
		lower_verdict(p->l, VERDICT_RETURN);
		lower_continue(p->l);
	}
}

static bool counters_matter(const struct probe *p, const struct ipset *s)
{
	bool list = has_part(s, IPSET_SET), counts = s->counters || s->inferred;

	for (uint32_t i = 0; i < s->nmembers; i++) {
		counts = counts || (list && s->members[i]->counters);
		if (!s->members[i]->counts)
			continue;
		refuse(p, s, "some rule compares the counters of a set that it lists");
		return true;
	}
	for (unsigned i = 0; counts && i < p->u->nargs; i++) {
		const struct arg *a = &p->u->args[i];

		if (s->counts &&
		    (compares(a) ? a->id != PACKETS_EQ || !a->invert
				 : a->id == UPDATE_COUNTERS || a->id == UPDATE_SUBCOUNTERS))
			continue;
		if (a->id >= PACKETS_EQ ||
		    ((a->id == UPDATE_COUNTERS || a->id == UPDATE_SUBCOUNTERS) && a->invert &&
		     !s->inferred)) {
			lower_refuse(p->l, p->u, a->at, NULL,
				     "nftables can't %s the counters of a set's elements",
				     a->id >= PACKETS_EQ ? "compare" : "leave");
			return true;
		}
	}
	return false;
}

static void lower(struct lower *l, const struct ext_use *u)
{
	const struct arg *a = use_arg(u, MATCH_SET);
	struct probe p = {
		.l = l, .u = u, .ref = a->custom, .nomatch = use_arg(u, RETURN_NOMATCH)
	};
	struct ipset *s = set_ref_find(l, u, p.ref);

	if (!s || counters_matter(&p, s))
		return;
	for (uint32_t i = 0; i < s->nmembers; i++)
		if (s->members[i]->reason || has_part(s->members[i], IPSET_SET)) {
			refuse(&p, s->members[i],
			       s->members[i]->reason ? s->members[i]->reason : "a list in a list");
			return;
		}
	if (!applies(&p, s)) {
		if (!a->invert)
			lower_never(l);
	} else if (s->counts) {
		match_counted(&p, s, a->invert);
	} else if (!has_part(s, IPSET_SET)) {
		match_one(&p, s, a->invert);
	} else if (a->invert) {
		match_no_member(&p, s);
	} else {
		match_list(&p, s);
	}
}

const struct ext match_set = {
	.name = "set",
	.kind = EXT_MATCH,
	.families = FAMILY_BOTH,
	.options = options,
	.lower = lower,
	.help = "membership in an ipset",
};
