/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nat_range: `[addr[-addr]][:port[-port[/base]]]`, with IPv6 addresses in brackets where ports follow,
 * as parse_to() and parse_ports() of libxt_NAT.c read it.
 */
#include "nat_range.h"

#include <arpa/inet.h>
#include <string.h>
#include "value.h"

struct piece {
	const char *s;
	size_t len;
};

static struct piece until(const char *s, const char *end, char c)
{
	const char *at = s < end ? memchr(s, c, (size_t)(end - s)) : NULL;

	return (struct piece){ s, (size_t)((at ? at : end) - s) };
}

/* A number, or where allowed the name of a service. */
static bool port(const struct ext_parse *p, struct piece t, bool names, uint64_t min, uint16_t *out)
{
	uint64_t n;

	if (value_u64(t.s, t.len, min, UINT16_MAX, &n)) {
		*out = (uint16_t)n;
		return true;
	}
	if (names && t.len && !value_u64(t.s, t.len, 0, UINT64_MAX, &n) && value_port(t.s, t.len, 0, out))
		return true;
	return ext_value_error(p, "'%.*s' is not a port", (int)t.len, t.s);
}

static bool ports(const struct ext_parse *p, const char *s, const char *end, struct nat_range *r)
{
	uint16_t proto = p->before_proto ? 0 : p->spec->proto; /* as known when the option was read */
	struct piece range = until(s, end, '/'), first = until(s, s + range.len, '-');
	const char *dash = first.s + first.len;

	if (proto != IPPROTO_TCP && proto != IPPROTO_UDP && proto != IPPROTO_SCTP && proto != IPPROTO_DCCP &&
	    proto != IPPROTO_ICMP)
		return ext_value_error(p, "ports need -p tcp, udp, sctp or dccp");
	r->has_port = true;
	/* The name of a service may hold a dash. */
	if (value_port(s, (size_t)(end - s), 0, &r->port_lo)) {
		r->port_hi = r->port_lo;
		return true;
	}
	if (!port(p, first, dash == s + range.len, 0, &r->port_lo))
		return false;
	r->port_hi = r->port_lo;
	if (dash == s + range.len)
		return range.len == (size_t)(end - s) ||
		       ext_value_error(p, "/ follows a range of ports only");
	if (!port(p, (struct piece){ dash + 1, (size_t)(s + range.len - dash - 1) }, false, 0, &r->port_hi))
		return false;
	if (r->port_hi < r->port_lo)
		return ext_value_error(p, "the range of ports ends before it begins");
	if (s + range.len == end)
		return true;
	r->has_base = true;

	struct piece base = { s + range.len + 1, (size_t)(end - s) - range.len - 1 };
	uint64_t n;
	size_t used;

	if (value_u64_prefix(base.s, base.len, &n, &used) && n && n <= UINT16_MAX) /* what follows does not count */
		base.len = used;
	return port(p, base, true, 1, &r->base);
}

static bool address(const struct ext_parse *p, struct piece t, struct addr *out)
{
	char text[INET6_ADDRSTRLEN + 1];
	int family = p->family == FAMILY_IPV6 ? AF_INET6 : AF_INET;

	if (t.len < sizeof(text)) {
		memcpy(text, t.s, t.len);
		text[t.len] = '\0';
		if (!memchr(t.s, '\0', t.len) && inet_pton(family, text, out) == 1)
			return true;
	}
	return ext_value_error(p, "'%.*s' is not an IPv%d address", (int)t.len, t.s, family == AF_INET6 ? 6 : 4);
}

static bool addresses(const struct ext_parse *p, const char *s, const char *end, struct nat_range *r)
{
	struct piece first = until(s, end, '-');

	r->has_addr = true;
	if (!address(p, first, &r->lo))
		return false;
	r->hi = r->lo;
	return first.s + first.len == end ||
	       address(p, (struct piece){ first.s + first.len + 1, (size_t)(end - first.s) - first.len - 1 }, &r->hi);
}

/* Where the ports' colon is; NULL: no ports. Two colons outside brackets are an IPv6 address. */
static const char *find_colon(const char *s, const char *end)
{
	const char *colon = memchr(s, ':', (size_t)(end - s));

	if (colon && memchr(colon + 1, ':', (size_t)(end - colon - 1)))
		return NULL;
	return colon;
}

bool nat_range_parse(struct ext_parse *p, struct arg *out)
{
	struct nat_range *r = ARENA_NEW(p->rs->arena, struct nat_range);
	const char *s = p->word->s, *end = s + p->word->len, *colon, *stop;
	const char *bracket = memchr(s, '[', p->word->len);

	out->custom = r;
	out->custom_len = sizeof(*r);
	if (bracket) { /* what is before, or between it and a colon, does not count */
		const char *close = memchr(bracket, ']', (size_t)(end - bracket));

		if (p->family == FAMILY_IPV4)
			return ext_value_error(p, "brackets are for IPv6 addresses");
		if (!close)
			return ext_value_error(p, "a ']' is missing");
		s = bracket + 1;
		stop = close;
		colon = memchr(close, ':', (size_t)(end - close));
	} else {
		colon = find_colon(s, end);
		stop = colon ? colon : end;
	}
	if (colon && !ports(p, colon + 1, end, r))
		return false;
	/* Ports alone: the colon is the first byte, or the third, as behind "[]". */
	return (colon && (colon == p->word->s || colon == p->word->s + 2)) ||
	       addresses(p, s, stop, r);
}

bool nat_range_parse_ports(struct ext_parse *p, struct arg *out)
{
	struct nat_range *r = ARENA_NEW(p->rs->arena, struct nat_range);

	out->custom = r;
	out->custom_len = sizeof(*r);
	return ports(p, p->word->s, p->word->s + p->word->len, r);
}
