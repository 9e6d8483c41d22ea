/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipset_element: the elements of sets as `ipset save` prints them: parts with commas between
 * them. */
#include "ipset.h"

#include <string.h>
#include <netinet/in.h>
#include "value.h"

/* Names of ICMP types and codes that ipset prints (lib/icmp.c and lib/icmpv6.c of ipset). */
struct icmp_name {
	const char *name;
	uint8_t type, code;
};

static const struct icmp_name icmp_names[] = {
	{ "echo-reply", 0, 0 },
	{ "pong", 0, 0 },
	{ "network-unreachable", 3, 0 },
	{ "host-unreachable", 3, 1 },
	{ "protocol-unreachable", 3, 2 },
	{ "port-unreachable", 3, 3 },
	{ "fragmentation-needed", 3, 4 },
	{ "source-route-failed", 3, 5 },
	{ "network-unknown", 3, 6 },
	{ "host-unknown", 3, 7 },
	{ "network-prohibited", 3, 9 },
	{ "host-prohibited", 3, 10 },
	{ "TOS-network-unreachable", 3, 11 },
	{ "TOS-host-unreachable", 3, 12 },
	{ "communication-prohibited", 3, 13 },
	{ "host-precedence-violation", 3, 14 },
	{ "precedence-cutoff", 3, 15 },
	{ "source-quench", 4, 0 },
	{ "network-redirect", 5, 0 },
	{ "host-redirect", 5, 1 },
	{ "TOS-network-redirect", 5, 2 },
	{ "TOS-host-redirect", 5, 3 },
	{ "echo-request", 8, 0 },
	{ "ping", 8, 0 },
	{ "router-advertisement", 9, 0 },
	{ "router-solicitation", 10, 0 },
	{ "ttl-zero-during-transit", 11, 0 },
	{ "ttl-zero-during-reassembly", 11, 1 },
	{ "ip-header-bad", 12, 0 },
	{ "required-option-missing", 12, 1 },
	{ "timestamp-request", 13, 0 },
	{ "timestamp-reply", 14, 0 },
	{ "address-mask-request", 17, 0 },
	{ "address-mask-reply", 18, 0 },
	{ NULL, 0, 0 },
};

static const struct icmp_name icmpv6_names[] = {
	{ "no-route", 1, 0 },
	{ "communication-prohibited", 1, 1 },
	{ "address-unreachable", 1, 3 },
	{ "port-unreachable", 1, 4 },
	{ "packet-too-big", 2, 0 },
	{ "ttl-zero-during-transit", 3, 0 },
	{ "ttl-zero-during-reassembly", 3, 1 },
	{ "bad-header", 4, 0 },
	{ "unknown-header-type", 4, 1 },
	{ "unknown-option", 4, 2 },
	{ "echo-request", 128, 0 },
	{ "ping", 128, 0 },
	{ "echo-reply", 129, 0 },
	{ "pong", 129, 0 },
	{ "router-solicitation", 133, 0 },
	{ "router-advertisement", 134, 0 },
	{ "neighbour-solicitation", 135, 0 },
	{ "neigbour-solicitation", 135, 0 },
	{ "neighbour-advertisement", 136, 0 },
	{ "neigbour-advertisement", 136, 0 },
	{ "redirect", 137, 0 },
	{ NULL, 0, 0 },
};

static bool icmp(const char *s, size_t len, const struct icmp_name *names, uint64_t *port)
{
	const char *slash = memchr(s, '/', len);
	size_t n = slash ? (size_t)(slash - s) : 0;
	uint64_t type, code;

	for (; !slash && names->name; names++)
		if (strlen(names->name) == len && !memcmp(names->name, s, len)) {
			*port = (uint64_t)names->type << 8 | names->code;
			return true;
		}
	if (!slash || !value_u64(s, n, 0, 255, &type) ||
	    !value_u64(slash + 1, len - n - 1, 0, 255, &code))
		return false;
	*port = type << 8 | code;
	return true;
}

bool ipset_has_ports(unsigned proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP || proto == IPPROTO_UDPLITE ||
	       proto == IPPROTO_SCTP || proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6;
}

/* "tcp:80", "icmp:echo-request", "gre:0"; a bare port is one of TCP. */
static bool port_part(const char *s, size_t len, struct value_range *proto,
		      struct value_range *port)
{
	const char *colon = memchr(s, ':', len);
	uint16_t p = IPPROTO_TCP;
	uint64_t n;

	if (colon) {
		if (!value_proto(s, (size_t)(colon - s), &p) || p > 255)
			return false;
		len -= (size_t)(colon + 1 - s);
		s = colon + 1;
	}
	if (p == IPPROTO_ICMP || p == IPPROTO_ICMPV6) {
		if (!icmp(s, len, p == IPPROTO_ICMP ? icmp_names : icmpv6_names, &n))
			return false;
	} else {
		uint16_t number;

		if (!value_port(s, len, p, &number))
			return false;
		n = number;
	}
	if (proto)
		proto->lo = proto->hi = value_num(p, 1);
	port->lo = port->hi = value_num(n, 2);
	return true;
}

static bool address_part(const char *s, size_t len, unsigned family, bool net,
			 struct value_range *out)
{
	const char *slash = net ? memchr(s, '/', len) : NULL;
	size_t n = slash ? (size_t)(slash - s) : len;
	unsigned width = family == FAMILY_IPV6 ? 16 : 4;
	uint64_t prefix = width * 8;
	struct addr a;

	if (family == FAMILY_IPV6 ? !value_ipv6(s, n, &a.v6) : !value_ipv4(s, n, &a.v4))
		return false;
	if (slash && !value_u64(slash + 1, len - n - 1, 0, width * 8, &prefix))
		return false;
	out->lo = out->hi = value_bytes(a.b, width);
	for (unsigned i = (unsigned)prefix; i < width * 8; i++) {
		out->lo.b[i / 8] &= (uint8_t) ~(0x80 >> i % 8);
		out->hi.b[i / 8] |= (uint8_t)(0x80 >> i % 8);
	}
	return true;
}

static bool one_part(struct ipset *s, unsigned i, const char *text, size_t len,
		     struct value_range *key, unsigned *used)
{
	uint64_t n;
	uint8_t mac[6];

	*used = 1;
	switch ((enum ipset_part)s->type->part[i]) {
	case IPSET_IP:
	case IPSET_NET:
		return address_part(text, len, s->family == FAMILY_IPV6 ? FAMILY_IPV6 : FAMILY_IPV4,
				    s->type->part[i] == IPSET_NET, key);
	case IPSET_PORT:
		if (s->type->bitmap)
			return port_part(text, len, NULL, key);
		*used = 2;
		return port_part(text, len, key, key + 1);
	case IPSET_MAC:
		if (!value_ether(text, len, mac))
			return false;
		key->lo = key->hi = value_bytes(mac, 6);
		return true;
	case IPSET_IFACE:
		if (len > 8 && !memcmp(text, "physdev:", 8) && !s->reason)
			s->reason = "it has bridge ports (physdev)";
		if (!len || len > IFNAME_MAX_BYTES)
			return s->reason != NULL;
		key->lo = key->hi = value_bytes(text, (unsigned)len);
		return true;
	case IPSET_MARK:
		if (!value_u64(text, len, 0, UINT32_MAX, &n))
			return false;
		key->lo = key->hi = value_num(n, 4);
		return true;
	case IPSET_SET: break;
	}
	return false;
}

static struct ipset_element *append(struct ipsets *all, struct ipset *s,
				    const struct value_range *key, unsigned nkey, bool portless)
{
	struct ipset_element *e;

	if (portless) {
		s->portless = arena_grow(all->arena, s->portless, s->nportless, &s->portless_cap,
					 sizeof(*e));
		e = &s->portless[s->nportless++];
	} else {
		s->elements =
			arena_grow(all->arena, s->elements, s->nelements, &s->cap, sizeof(*e));
		e = &s->elements[s->nelements++];
	}
	memset(e, 0, sizeof(*e));
	e->e.key = arena_array(all->arena, nkey, sizeof(*key));
	memcpy(e->e.key, key, nkey * sizeof(*key));
	return e;
}

struct ipset_element *ipset_element_parse(struct ipsets *all, struct ipset *s, const char *text,
					  size_t len, struct span at)
{
	struct value_range key[IPSET_KEY_MAX] = { 0 };
	const char *end = text + len, *p = text;
	unsigned n = 0, used, i, port = 0;
	struct ipset_element *e;
	bool portless = false;

	for (i = 0; i < s->type->dimension && p <= end; i++) {
		const char *comma = memchr(p, ',', (size_t)(end - p)), *stop = comma ? comma : end;

		if (!one_part(s, i, p, (size_t)(stop - p), &key[n], &used))
			break;
		if (used == 2) {
			portless = !ipset_has_ports(key[n].lo.b[0]);
			port = n + 1;
		}
		n += used;
		p = stop + 1;
	}
	if (i == 1 && s->type->bitmap && s->type->dimension == 2 && p > end) {
		s->reason = "it has addresses that wait for their MAC address";
		n++;
	} else if (i < s->type->dimension || p <= end) {
		diag_error(all->diags, at,
			   "'%.*s' is not an element of a %s set as ipset save prints it", (int)len,
			   text, s->type->name);
		return NULL;
	}
	if (portless) {
		memmove(&key[port], &key[port + 1], (n - port - 1) * sizeof(key[0]));
		n--;
	}
	e = append(all, s, key, n, portless);
	e->at = at;
	e->e.timeout = s->default_timeout;
	return e;
}
