/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verify/sets.h"

#include <string.h>

#define ELEMENTS 6

/* Bitmaps need a range, and a list of types gives none. */
static void put_range(const struct ipset *s, struct buffer *b)
{
	if (s->type->part[0] == IPSET_PORT)
		buffer_lit(b, " range 0-65535");
	else
		buffer_lit(b, " range 0.0.0.0-0.0.255.255");
}

static bool has_family(const struct ipset_type *t)
{
	return !strncmp(t->name, "hash:", 5) && strcmp(t->name, "hash:mac") != 0;
}

/*
 * One component of element @k of the set that is number @n: of the first, addresses of this host as
 * plans make it where no rule names others; of the others, addresses that no other set has.
 */
static void put_part(const struct ipset *s, enum ipset_part part, unsigned n, unsigned k,
		     struct buffer *b)
{
	static const char *const ports[ELEMENTS] = { "tcp:80",	  "udp:53",    "tcp:443",
						     "sctp:5000", "udplite:9", NULL };
	bool v6 = s->family == FAMILY_IPV6;
	const char *port = ports[k] ? ports[k] : v6 ? "icmpv6:128/0" : "icmp:8/0";

	switch (part) {
	case IPSET_NET:
	case IPSET_IP:
		if (k < 2)
			buffer_printf(b, v6 ? "2001:db8:99:%u::1" : "10.213.%u.1", k);
		else
			buffer_printf(b, v6 ? "2001:db8:5e7:%x::%x" : "198.18.%u.%u", n & 255,
				      16 * k + 1);
		break;
	case IPSET_PORT: buffer_puts(b, s->type->bitmap ? strchr(port, ':') + 1 : port); break;
	case IPSET_MAC: buffer_printf(b, "02:00:00:00:%02x:%02x", n & 255, k); break;
	case IPSET_IFACE: buffer_printf(b, "eth%u", k); break;
	case IPSET_MARK: buffer_printf(b, "0x%x", n * 4 + k + 1); break;
	case IPSET_SET: break;
	}
}

/* Not of sets of sets, and the ranges that bitmaps of addresses are given have no address of use.
 */
static void put_elements(const struct ipset *s, unsigned n, struct buffer *b)
{
	const struct ipset_type *t = s->type;

	if (t->part[0] == IPSET_SET || (t->bitmap && t->part[0] != IPSET_PORT))
		return;
	for (unsigned k = 0; k < (t->bitmap ? ELEMENTS - 1 : ELEMENTS); k++) {
		buffer_printf(b, "add %s ", s->name);
		for (unsigned i = 0; i < t->dimension; i++) {
			if (i)
				buffer_char(b, ',');
			put_part(s, (enum ipset_part)t->part[i], n, k, b);
			if (t->part[i] == IPSET_NET && k == 3)
				buffer_puts(b, s->family == FAMILY_IPV6 ? "/124" : "/28");
		}
		buffer_char(b, '\n');
	}
}

void verify_sets(const struct ipsets *all, struct buffer *b)
{
	unsigned n = 0;

	for (const struct ipset *s = all->first; s; s = s->next) {
		buffer_printf(b, "create %s %s", s->name, s->type->name);
		if (s->type->bitmap)
			put_range(s, b);
		else if (has_family(s->type) && s->family == FAMILY_IPV6)
			buffer_lit(b, " family inet6");
		if (s->timeouts)
			buffer_printf(b, " timeout %llu",
				      (unsigned long long)(s->default_timeout / 1000));
		buffer_char(b, '\n');
		put_elements(s, n++, b);
	}
}
