/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spec_route: routes and rules of policy routing, as packet.spec and ip(8) write them. */
#include "spec_file.h"

#include <string.h>
#include <linux/rtnetlink.h>
#include "value.h"

static uint8_t route_type(const struct spec_word *w)
{
	static const struct {
		const char *name;
		uint8_t type;
	} types[] = { { "unicast", RTN_UNICAST }, { "local", RTN_LOCAL },
		      { "broadcast", RTN_BROADCAST }, { "blackhole", RTN_BLACKHOLE },
		      { "unreachable", RTN_UNREACHABLE }, { "prohibit", RTN_PROHIBIT },
		      { "throw", RTN_THROW } };

	for (unsigned i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (spec_word_is(w, types[i].name))
			return types[i].type;
	return RTN_UNSPEC;
}

static bool table_number(const struct spec_line *l, uint32_t i, uint32_t *out)
{
	const struct spec_word *w = spec_next(l, i);
	uint64_t n;

	if (!w)
		return false;
	if (spec_word_is(w, "main"))
		n = RT_TABLE_MAIN;
	else if (spec_word_is(w, "local"))
		n = RT_TABLE_LOCAL;
	else if (spec_word_is(w, "default"))
		n = RT_TABLE_DEFAULT;
	else if (!value_u64(w->s, w->len, 1, UINT32_MAX, &n))
		return spec_error(l, w->at, "'%.*s' is not a routing table: a number, main, local or default",
				  (int)w->len, w->s);
	*out = (uint32_t)n;
	return true;
}

/* via, dev, src, metric, table; words that only say where the route came from are passed over. */
static bool route_option(const struct spec_line *l, uint32_t *i, struct host_route *r, bool v6default)
{
	const struct spec_word *w = &l->words[*i], *v;
	unsigned family;
	uint64_t n;

	if (spec_word_is(w, "onlink") || spec_word_is(w, "linkdown") || spec_word_is(w, "dead") ||
	    spec_word_is(w, "pervasive"))
		return true;
	v = spec_next(l, *i);
	if (!v)
		return false;
	++*i;
	if (spec_word_is(w, "via") || spec_word_is(w, "src")) {
		bool via = *w->s == 'v';

		if (!spec_address(l, v->s, v->len, v->at, &family, via ? &r->via : &r->src))
			return false;
		if (v6default && via)
			r->family = (uint8_t)family;
		if (family != r->family)
			return spec_error(l, v->at, "the address is not of the route's family");
		*(via ? &r->has_via : &r->has_src) = true;
		return true;
	}
	if (spec_word_is(w, "dev"))
		return spec_iface(l, *i - 1, &r->dev);
	if (spec_word_is(w, "table"))
		return table_number(l, *i - 1, &r->table);
	if (spec_word_is(w, "metric")) {
		if (!spec_number(l, *i - 1, UINT32_MAX, &n))
			return false;
		r->metric = (uint32_t)n;
		return true;
	}
	if (spec_word_is(w, "proto") || spec_word_is(w, "scope") || spec_word_is(w, "pref") ||
	    spec_word_is(w, "expires") || spec_word_is(w, "error") || spec_word_is(w, "mtu") ||
	    spec_word_is(w, "advmss") || spec_word_is(w, "hoplimit"))
		return true;
	return spec_error(l, w->at, "'%.*s' is not an option of a route", (int)w->len, w->s);
}

/* The interface on whose subnet the gateway is. */
static struct host_iface *gateway_dev(const struct host *h, const struct host_route *r)
{
	for (const struct host_address *a = h->addresses; a; a = a->next)
		if (a->family == r->family && prefix_match(&r->via, &a->addr, a->prefix))
			return a->dev;
	return NULL;
}

void spec_route_line(const struct spec_line *l, uint32_t i)
{
	struct host_route *r, draft = { .type = RTN_UNICAST, .table = RT_TABLE_MAIN };
	unsigned family = FAMILY_IPV4;
	bool any, both;

	if (i < l->n && route_type(&l->words[i]))
		draft.type = route_type(&l->words[i++]);
	if (i >= l->n) {
		spec_error(l, l->at, "the destination is missing");
		return;
	}
	any = spec_word_is(&l->words[i], "default");
	if (!any && !spec_prefix(l, l->words[i].s, l->words[i].len, l->words[i].at, &family, &draft.dst,
				 &draft.prefix))
		return;
	draft.family = (uint8_t)family;
	for (unsigned bit = draft.prefix; bit < 128; bit++)
		draft.dst.b[bit / 8] &= (uint8_t)~(0x80 >> bit % 8);
	if (draft.type == RTN_LOCAL || draft.type == RTN_BROADCAST)
		draft.table = RT_TABLE_LOCAL;
	for (i++; i < l->n; i++)
		if (!route_option(l, &i, &draft, any))
			return;
	if (!draft.dev && draft.has_via)
		draft.dev = gateway_dev(l->spec->host, &draft);
	if (!draft.dev && (draft.type == RTN_UNICAST || draft.type == RTN_BROADCAST)) {
		spec_error(l, l->at, draft.has_via ? "the gateway is on no interface's subnet: say dev"
						   : "say dev or via");
		return;
	}
	if (draft.type == RTN_LOCAL)
		draft.dev = l->spec->host->lo;
	both = any && !draft.has_via; /* "default dev X" serves both families */
	for (unsigned f = FAMILY_IPV4; f <= FAMILY_IPV6; f++) {
		if (f != draft.family && !both)
			continue;
		r = host_route_new(l->spec->host, f);

		struct host_route *next = r->next;
		uint32_t order = r->order;

		*r = draft;
		r->next = next;
		r->order = order;
		r->family = (uint8_t)f;
	}
}

static bool rule_option(const struct spec_line *l, uint32_t *i, struct host_rule *r, unsigned *family)
{
	const struct spec_word *w = &l->words[*i], *v;
	uint64_t n;

	if (spec_word_is(w, "not")) {
		r->invert = true;
		return true;
	}
	if (route_type(w) > RTN_UNICAST) {
		r->type = route_type(w);
		return r->type >= RTN_BLACKHOLE && r->type <= RTN_PROHIBIT
			       ? true
			       : spec_error(l, w->at, "a rule can't have that type");
	}
	v = spec_next(l, *i);
	if (!v)
		return false;
	++*i;
	if (spec_word_is(w, "from") || spec_word_is(w, "to")) {
		bool from = *w->s == 'f';
		unsigned f;

		if (spec_word_is(v, "all"))
			return true;
		if (!spec_prefix(l, v->s, v->len, v->at, &f, from ? &r->from : &r->to,
				 from ? &r->from_len : &r->to_len))
			return false;
		if (*family && *family != f)
			return spec_error(l, v->at, "the addresses are of different families");
		*family = f;
		return true;
	}
	if (spec_word_is(w, "fwmark")) {
		r->mask = UINT32_MAX;
		return value_mark(v->s, v->len, &r->mark, &r->mask) ||
		       spec_error(l, v->at, "'%.*s' is not a mark", (int)v->len, v->s);
	}
	if (spec_word_is(w, "iif") || spec_word_is(w, "oif")) {
		*(*w->s == 'i' ? &r->iif : &r->oif) = arena_strndup(l->spec->arena, v->s, v->len);
		return true;
	}
	if (spec_word_is(w, "suppress_prefixlength")) {
		if (!spec_number(l, *i - 1, 128, &n))
			return false;
		r->suppress = (int)n;
		return true;
	}
	if (spec_word_is(w, "lookup") || spec_word_is(w, "table"))
		return table_number(l, *i - 1, &r->table);
	if (spec_word_is(w, "priority") || spec_word_is(w, "pref")) {
		if (!spec_number(l, *i - 1, UINT32_MAX, &n))
			return false;
		r->priority = (uint32_t)n;
		return true;
	}
	return spec_error(l, w->at, "'%.*s' is not an option of a rule", (int)w->len, w->s);
}

void spec_rule_line(const struct spec_line *l, uint32_t first, uint32_t priority)
{
	struct host_rule draft = { .type = RTN_UNICAST, .priority = priority, .suppress = -1 };
	unsigned family = 0;

	for (uint32_t i = first; i < l->n; i++)
		if (!rule_option(l, &i, &draft, &family))
			return;
	if (!draft.table && draft.type == RTN_UNICAST) {
		spec_error(l, l->at, "say the routing table: lookup TABLE");
		return;
	}
	for (unsigned f = FAMILY_IPV4; f <= FAMILY_IPV6; f++)
		if (!family || family == f) {
			struct host_rule *r = ARENA_NEW(l->spec->arena, struct host_rule);

			*r = draft;
			r->family = (uint8_t)f;
			host_rule_add(l->spec->host, r);
		}
}
