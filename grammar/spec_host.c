/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spec_host: the host part of packet.spec: interface, route, rule, set, sysctl. */
#include "spec_file.h"

#include <string.h>
#include <linux/rtnetlink.h>
#include "value.h"

/* The word after @i as a value of it; NULL: reported. */
static const struct spec_word *next_word(const struct spec_line *l, uint32_t i)
{
	if (i + 1 < l->n)
		return &l->words[i + 1];
	spec_error(l, l->words[i].at, "'%.*s' needs a value", (int)l->words[i].len, l->words[i].s);
	return NULL;
}

static bool number(const struct spec_line *l, uint32_t i, uint64_t max, uint64_t *out)
{
	const struct spec_word *w = next_word(l, i);

	if (!w)
		return false;
	if (value_u64(w->s, w->len, 0, max, out))
		return true;
	return spec_error(l, w->at, "'%.*s' is not a number from 0 to %llu", (int)w->len, w->s,
			  (unsigned long long)max);
}

static bool known_iface(const struct spec_line *l, uint32_t i, struct host_iface **out)
{
	const struct spec_word *w = next_word(l, i);

	if (!w)
		return false;
	*out = host_iface_find(l->spec->host, w->s, w->len);
	return *out || spec_error(l, w->at, "the host has no interface '%.*s'", (int)w->len, w->s);
}

static void interface_line(const struct spec_line *l)
{
	struct host *h = l->spec->host;
	struct host_iface *dev;
	uint64_t n;

	if (l->n < 2) {
		spec_error(l, l->at, "the interface's name is missing");
		return;
	}

	const struct spec_word *name = &l->words[1];

	if (!name->len || name->len > IFNAME_MAX_BYTES) {
		spec_error(l, name->at, "an interface's name has 1 to %d bytes", IFNAME_MAX_BYTES);
		return;
	}
	dev = host_iface_find(h, name->s, name->len);
	if (!dev)
		dev = host_iface_new(h, name->s, name->len);
	for (uint32_t i = 2; i < l->n; i++) {
		const struct spec_word *w = &l->words[i], *v;
		struct addr a;
		unsigned family;
		uint8_t prefix;

		if (spec_word_is(w, "mac")) {
			v = next_word(l, i++);
			if (v && !value_ether(v->s, v->len, dev->mac))
				spec_error(l, v->at, "'%.*s' is not a MAC address", (int)v->len, v->s);
		} else if (spec_word_is(w, "group")) {
			if (number(l, i++, UINT32_MAX, &n))
				dev->group = (uint32_t)n;
		} else if (spec_word_is(w, "mtu")) {
			if (number(l, i++, 65536, &n))
				dev->mtu = (uint32_t)n;
		} else if (spec_prefix(l, w->s, w->len, w->at, &family, &a, &prefix)) {
			host_address_add(h, dev, family, &a, prefix);
		}
	}
}

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
	const struct spec_word *w = next_word(l, i);
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

	if (spec_word_is(w, "onlink"))
		return true;
	v = next_word(l, *i);
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
		return known_iface(l, *i - 1, &r->dev);
	if (spec_word_is(w, "table"))
		return table_number(l, *i - 1, &r->table);
	if (spec_word_is(w, "metric")) {
		if (!number(l, *i - 1, UINT32_MAX, &n))
			return false;
		r->metric = (uint32_t)n;
		return true;
	}
	if (spec_word_is(w, "proto") || spec_word_is(w, "scope") || spec_word_is(w, "pref"))
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

static void route_line(const struct spec_line *l)
{
	struct host_route *r, draft = { .type = RTN_UNICAST, .table = RT_TABLE_MAIN };
	uint32_t i = 1;
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
	v = next_word(l, *i);
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
	if (spec_word_is(w, "lookup") || spec_word_is(w, "table"))
		return table_number(l, *i - 1, &r->table);
	if (spec_word_is(w, "priority") || spec_word_is(w, "pref")) {
		if (!number(l, *i - 1, UINT32_MAX, &n))
			return false;
		r->priority = (uint32_t)n;
		return true;
	}
	return spec_error(l, w->at, "'%.*s' is not an option of a rule", (int)w->len, w->s);
}

static void rule_line(const struct spec_line *l, uint32_t first)
{
	struct host_rule draft = { .type = RTN_UNICAST, .priority = 32765 };
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

static void set_line(const struct spec_line *l)
{
	struct host *h = l->spec->host;
	struct host_set *s;

	if (l->n < 2) {
		spec_error(l, l->at, "the set's name is missing");
		return;
	}
	for (s = h->sets; s; s = s->next)
		if (strlen(s->name) == l->words[1].len && !memcmp(s->name, l->words[1].s, l->words[1].len))
			break;
	if (!s) {
		s = ARENA_NEW(h->arena, struct host_set);
		s->name = arena_strndup(h->arena, l->words[1].s, l->words[1].len);
		s->at = l->words[1].at;
		s->last = &s->items;
		s->next = h->sets;
		h->sets = s;
	}
	for (uint32_t i = 2; i < l->n; i++) {
		struct host_set_item *e = ARENA_NEW(h->arena, struct host_set_item);

		e->text = arena_strndup(h->arena, l->words[i].s, l->words[i].len);
		e->at = l->words[i].at;
		*s->last = e;
		s->last = &e->next;
	}
}

static void sysctl_line(const struct spec_line *l)
{
	struct host *h = l->spec->host;
	static const char *const names[] = {
		"net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding", "net.ipv4.conf.all.rp_filter",
		"net.ipv4.conf.all.accept_local", "net.ipv4.conf.all.route_localnet",
		"net.netfilter.nf_conntrack_tcp_loose", "net.netfilter.nf_conntrack_tcp_be_liberal",
		"net.netfilter.nf_conntrack_checksum", "net.ipv4.ip_default_ttl",
	};
	enum { NAMES = sizeof(names) / sizeof(*names) };
	bool *const flags[] = { &h->forward4, &h->forward6, NULL, &h->accept_local, &h->route_localnet,
				&h->tcp_loose, &h->tcp_liberal, &h->ct_checksum, NULL };
	const struct spec_word *w = l->n == 2 ? &l->words[1] : NULL;
	unsigned i = 0;
	uint64_t n;

	if (!w || !w->value || !value_u64(w->value, w->value_len, 0, 255, &n)) {
		spec_error(l, w ? w->at : l->at, "want sysctl NAME=NUMBER");
		return;
	}
	while (i < NAMES && (strlen(names[i]) != w->len || memcmp(names[i], w->s, w->len) != 0))
		i++;
	if (i == NAMES) {
		const char *near = diag_nearest(w->s, w->len, names, NAMES);

		spec_error(l, w->at, "the simulation knows no sysctl '%.*s'%s%s", (int)w->len, w->s,
			   near ? "; did you mean " : "", near ? near : "");
	} else if (i == 2) {
		h->rp_filter = n == 1;
		h->rp_loose = n == 2;
	} else if (flags[i]) {
		*flags[i] = n != 0;
	} else {
		h->default_ttl = (uint32_t)n;
	}
}

bool spec_host_line(const struct spec_line *l)
{
	const struct spec_word *w = &l->words[0];
	static const char *const words[] = { "interface", "route", "rule", "set", "sysctl" };
	unsigned i = 0;

	while (i < 5 && !spec_word_is(w, words[i]))
		i++;
	if (i == 5 && !(l->n > 1 && spec_word_is(w, "ip") && spec_word_is(&l->words[1], "rule")))
		return false;
	if (l->spec->in_packets) {
		spec_error(l, w->at, "the host comes before the first packet");
		return true;
	}
	switch (i) {
	case 0: interface_line(l); break;
	case 1: route_line(l); break;
	case 2: rule_line(l, 1); break;
	case 3: set_line(l); break;
	case 4: sysctl_line(l); break;
	default: rule_line(l, 2); break; /* ip rule … */
	}
	return true;
}
