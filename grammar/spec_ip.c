/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * spec_ip: a host as a running machine describes itself: the plain output of `ip addr`, `ip route` and
 * `ip rule`, one after the other in any order that has the interfaces first.
 */
#include "spec_file.h"

#include <string.h>
#include "value.h"

/* "2:" */
static bool index_word(const struct spec_word *w, uint64_t *n)
{
	return w->len > 1 && w->s[w->len - 1] == ':' && value_u64(w->s, w->len - 1, 0, UINT32_MAX, n);
}

/* "eth0:" or "eth0@if7:" */
static void link_line(const struct spec_line *l)
{
	struct host *h = l->spec->host;
	const struct spec_word *w = &l->words[1];
	const char *at = memchr(w->s, '@', w->len);
	size_t len = at ? (size_t)(at - w->s) : w->len - (w->len && w->s[w->len - 1] == ':');
	struct host_iface *dev;
	uint64_t n;

	if (!len || len > IFNAME_MAX_BYTES) {
		spec_error(l, w->at, "an interface's name has 1 to %d bytes", IFNAME_MAX_BYTES);
		return;
	}
	dev = host_iface_find(h, w->s, len);
	if (!dev)
		dev = host_iface_new(h, w->s, len);
	l->spec->current = dev;
	for (uint32_t i = 2; i + 1 < l->n; i++) {
		const struct spec_word *v = &l->words[i + 1];

		if (spec_word_is(&l->words[i], "mtu") && spec_number(l, i, UINT32_MAX, &n))
			dev->mtu = (uint32_t)n;
		if (spec_word_is(&l->words[i], "group") && !spec_word_is(v, "default") &&
		    spec_number(l, i, UINT32_MAX, &n))
			dev->group = (uint32_t)n;
	}
}

static void address_line(const struct spec_line *l)
{
	const struct spec_word *w = l->n > 1 ? &l->words[1] : NULL;
	unsigned family;
	struct addr a;
	uint8_t prefix;

	if (!w || !l->spec->current) {
		spec_error(l, l->at, "an address without an interface");
		return;
	}
	if (spec_prefix(l, w->s, w->len, w->at, &family, &a, &prefix))
		host_address_add(l->spec->host, l->spec->current, family, &a, prefix);
}

/* What `ip addr` says further of an interface or an address, and no packet asks about. */
static bool passed_over(const struct spec_word *w)
{
	static const char *const words[] = { "valid_lft", "altname", "alias", "link-netnsid", "vlan",
					     "bridge", "bridge_slave", "bond", "bond_slave", "tun",
					     "veth", "promiscuity", "RX:", "TX:" };

	for (unsigned i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (spec_word_is(w, words[i]))
			return true;
	return false;
}

static bool is_route(const struct spec_word *w)
{
	static const char *const types[] = { "default", "unicast", "local", "broadcast", "blackhole",
					     "unreachable", "prohibit", "throw" };
	size_t n = 0;

	for (unsigned i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (spec_word_is(w, types[i]))
			return true;
	while (n < w->len && (strchr("0123456789abcdefABCDEF.:/", w->s[n])))
		n++;
	return w->len && n == w->len && !w->value;
}

bool spec_ip_line(const struct spec_line *l)
{
	const struct spec_word *w = &l->words[0];
	uint64_t n;

	if (index_word(w, &n)) {
		if (l->n > 1 && (spec_word_is(&l->words[1], "from") || spec_word_is(&l->words[1], "not")))
			spec_rule_line(l, 1, (uint32_t)n);
		else if (l->n > 1)
			link_line(l);
		else
			return false;
	} else if (w->len > 5 && !memcmp(w->s, "link/", 5)) {
		if (l->n > 1 && l->spec->current && l->words[1].len == 17)
			value_ether(l->words[1].s, l->words[1].len, l->spec->current->mac);
	} else if (spec_word_is(w, "inet") || spec_word_is(w, "inet6")) {
		address_line(l);
	} else if (spec_word_is(w, "nexthop")) {
		spec_error(l, l->at, "a route with several next hops: which one a packet takes can't be known");
	} else if (is_route(w)) {
		spec_route_line(l, 0);
	} else if (!passed_over(w)) {
		return false;
	}
	return true;
}
