/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * spec_host: the host part of packet.spec: interface, set, sysctl; routes
 * are in spec_route.c.
 */
#include "spec_file.h"

#include <string.h>
#include "value.h"

/* The word after @i as a value of it; NULL: reported. */
const struct spec_word *spec_next(const struct spec_line *l, uint32_t i)
{
	if (i + 1 < l->n)
		return &l->words[i + 1];
	spec_error(l, l->words[i].at, "'%.*s' needs a value", (int)l->words[i].len, l->words[i].s);
	return NULL;
}

bool spec_number(const struct spec_line *l, uint32_t i, uint64_t max, uint64_t *out)
{
	const struct spec_word *w = spec_next(l, i);

	if (!w)
		return false;
	if (value_u64(w->s, w->len, 0, max, out))
		return true;
	return spec_error(l, w->at, "'%.*s' is not a number from 0 to %llu", (int)w->len, w->s,
			  (unsigned long long)max);
}

bool spec_iface(const struct spec_line *l, uint32_t i, struct host_iface **out)
{
	const struct spec_word *w = spec_next(l, i);

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
			v = spec_next(l, i++);
			if (v && !value_ether(v->s, v->len, dev->mac))
				spec_error(l, v->at, "'%.*s' is not a MAC address", (int)v->len, v->s);
		} else if (spec_word_is(w, "group")) {
			if (spec_number(l, i++, UINT32_MAX, &n))
				dev->group = (uint32_t)n;
		} else if (spec_word_is(w, "mtu")) {
			if (spec_number(l, i++, 65536, &n))
				dev->mtu = (uint32_t)n;
		} else if (spec_prefix(l, w->s, w->len, w->at, &family, &a, &prefix)) {
			host_address_add(h, dev, family, &a, prefix);
		}
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
	case 1: spec_route_line(l, 1); break;
	case 2: spec_rule_line(l, 1, SPEC_RULE_PRIORITY); break;
	case 3: set_line(l); break;
	case 4: sysctl_line(l); break;
	default: spec_rule_line(l, 2, SPEC_RULE_PRIORITY); break; /* ip rule … */
	}
	return true;
}
