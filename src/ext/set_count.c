/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * set_count: ip_set_match_extensions() of net/netfilter/ipset/ip_set_core.c: an element that
 * matches counts the packet, then its counter is compared.
 *
 * nft elements can count but not compare. A set whose packets some rule compares with small numbers
 * has companions: an element that has counted n packets or more is in the n-th of them. They may
 * outlive the element, and are emptied when it is added anew.
 */
#include "set_count.h"

#include <string.h>

extern const struct ext match_set, target_set;

/* Options are in the order of their ids. */
static const char *option_name(const struct ext_use *u, unsigned i)
{
	return u->ext->options[u->args[i].id].name;
}

static void plan_match(struct ipsets *all, const struct ext_use *u)
{
	const struct set_ref *r = u->args[0].custom;
	struct ipset *s;

	for (unsigned i = 0; i < u->nargs; i++)
		if (u->ext->options[u->args[i].id].flags & OPT_TWO)
			r = u->args[i].custom;
	s = ipset_find(all, r->name, strlen(r->name));
	for (unsigned i = 0; s && s->counters && i < u->nargs; i++) {
		uint64_t need = u->args[i].num.lo;

		if (strncmp(option_name(u, i), "packets-", 8) != 0)
			continue;
		need += strcmp(option_name(u, i), "packets-lt") != 0;
		if (need > SET_COUNT_MAX)
			s->uncountable = true;
		else if (s->counts < need)
			s->counts = (uint32_t)need;
	}
}

static void plan_target(struct ipsets *all, const struct ext_use *u)
{
	uint64_t timeout = 0;

	for (unsigned i = 0; i < u->nargs; i++)
		if (!strcmp(option_name(u, i), "timeout"))
			timeout = u->args[i].num.lo * 1000;
	for (unsigned i = 0; i < u->nargs; i++) {
		const struct set_ref *r = u->args[i].custom;
		struct ipset *s;

		if (!(u->ext->options[u->args[i].id].flags & OPT_TWO))
			continue;
		s = ipset_find(all, r->name, strlen(r->name));
		if (s && s->count_timeout < timeout)
			s->count_timeout = timeout;
	}
}

/* How long an element may live; 0: for ever. */
static void plan_timeout(struct ipset *s)
{
	bool forever = !s->default_timeout;

	if (s->count_timeout < s->default_timeout)
		s->count_timeout = s->default_timeout;
	for (uint32_t i = 0; i < s->nelements; i++) {
		forever = forever || !s->elements[i].e.timeout;
		if (s->count_timeout < s->elements[i].e.timeout)
			s->count_timeout = s->elements[i].e.timeout;
	}
	if (forever)
		s->count_timeout = 0;
}

void set_count_plan(struct lower *l, struct ipsets *all)
{
	for (unsigned t = 0; t < TABLE_COUNT; t++) {
		if (!l->rs->tables[t].present)
			continue;
		for (const struct chain *c = l->rs->tables[t].chains; c; c = c->next)
			for (uint32_t i = 0; i < c->nrules; i++) {
				const struct rule_spec *s = c->rules[i]->spec;

				for (unsigned m = 0; s && m < s->nmatches; m++)
					if (s->matches[m].ext == &match_set)
						plan_match(all, &s->matches[m]);
				if (s && s->target == TARGET_EXT &&
				    s->ext_target.ext == &target_set)
					plan_target(all, &s->ext_target);
			}
	}
	for (struct ipset *s = all->first; s; s = s->next) {
		for (unsigned i = 0; i < s->type->dimension; i++)
			s->uncountable = s->uncountable || (s->type->part[i] != IPSET_IP &&
							    s->type->part[i] != IPSET_MARK);
		if (s->uncountable)
			s->counts = 0;
		if (s->counts)
			plan_timeout(s);
	}
}

static void fill(struct lower *l, const struct ipset *s, struct ir_set *set, uint32_t n)
{
	for (uint32_t i = 0; i < s->nelements; i++) {
		if (s->elements[i].e.counters.packets < n)
			continue;
		set->elements = arena_grow(l->arena, set->elements, set->nelements, &set->cap,
					   sizeof(*set->elements));
		set->elements[set->nelements] = s->elements[i].e;
		set->elements[set->nelements++].has_counters = false;
	}
}

static struct ir_set *companion(struct lower *l, struct ipset *s, uint64_t n)
{
	bool fresh;
	struct ir_set *set = lower_set_named(
		l, arena_printf(l->arena, "%s.packets-%u", s->name, (unsigned)n), &fresh);

	if (!fresh)
		return set;
	set_declare(l, s, set, false);
	set->flags |= SET_DYNAMIC | SET_TIMEOUT;
	set->timeout = s->count_timeout;
	set->size = s->maxelem;
	fill(l, s, set, (uint32_t)n);
	return set;
}

void set_count_test(struct lower *l, struct ipset *s, const struct set_way *w, uint64_t n,
		    bool negate)
{
	set_lookup(l, companion(l, s, n), w, negate);
}

static void change(struct lower *l, struct ir_set *set, const struct set_way *w, enum dynset_op op)
{
	struct inst *i = lower_emit(l, INST_DYNSET);

	i->dynset.op = (uint8_t)op;
	i->dynset.set = set;
	i->dynset.key = arena_array(l->arena, w->nkey, sizeof(*w->key));
	memcpy(i->dynset.key, w->key, w->nkey * sizeof(*w->key));
	i->dynset.nkey = w->nkey;
}

/* "set-count-src.NAME" */
struct ir_chain *set_count_chain(struct lower *l, struct ipset *s, const struct set_way *w)
{
	const char *name = "set-count";
	struct lower_saved saved;
	struct ir_chain *c;
	bool fresh;

	for (unsigned i = 0; i < w->nkey; i++)
		name = arena_printf(l->arena, "%s-%s", name,
				    w->key[i].field == field_saddr(l)   ? "src"
				    : w->key[i].field == field_daddr(l) ? "dst"
									: "mark");
	c = lower_helper_chain(l, arena_printf(l->arena, "%s.%s", name, s->name), &fresh);
	if (!fresh)
		return c;
	lower_into(l, c, &saved);
	for (uint32_t n = 1; n <= s->counts; n++) {
		if (n > 1)
			lower_next_rule(l);
		set_lookup(l, companion(l, s, n), w, true);
		change(l, companion(l, s, n), w, DYNSET_ADD);
		lower_verdict(l, VERDICT_RETURN);
	}
	lower_back(l, &saved);
	return c;
}

void set_count_reset(struct lower *l, struct ipset *s, const struct set_way *w)
{
	for (uint32_t n = 2; n <= s->counts; n++)
		change(l, companion(l, s, n), w, DYNSET_DELETE);
	change(l, companion(l, s, 1), w, DYNSET_UPDATE);
}
