/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spec_value_net: values that are addresses, ports, protocols or interfaces. */
#include "spec_value.h"

#include <ctype.h>
#include <netdb.h>
#include <string.h>
#include "value.h"

/* Options of one address are read by getaddrinfo(), other addresses by libxtables: their short forms
 * mean different things. */
static bool address(const struct typed *t, const char *s, size_t len, struct addr *out)
{
	unsigned family = t->p->rs->family;
	bool ok;

	memset(out, 0, sizeof(*out));
	if (family == FAMILY_IPV6)
		ok = value_ipv6(s, len, &out->v6);
	else
		ok = t->opt->type == ARG_ADDR_RANGE ? value_ipv4(s, len, &out->v4)
						    : value_inet_aton(s, len, &out->v4);
	if (ok)
		return true;
	if (t->p->rs->resolve && value_resolve(s, len, family, out, 1))
		return true;
	return BAD(t, "'%.*s' is not an %s address", (int)len, s, family == FAMILY_IPV6 ? "IPv6" : "IPv4");
}

/* xtopt_parse_plenmask(): a mask that is not a prefix becomes a whole one. */
static bool prefix_mask(const struct typed *t, const char *s, size_t len, struct addr *out)
{
	int bits = value_prefix(s, len, t->p->rs->family);

	if (bits == PREFIX_NONE)
		memset(out->b, 0xff, sizeof(out->b));
	else
		prefix_fill(out, bits < 0 ? 0 : (unsigned)bits, t->p->rs->family);
	return bits >= 0;
}

bool typed_prefix(const struct typed *t)
{
	int bits = value_prefix(t->w->s, t->w->len, t->p->rs->family);

	if (bits < 0)
		return BAD(t, "'%.*s' is not the length of a prefix (0 to %d) or a mask", W(t->w),
			   t->p->rs->family == FAMILY_IPV6 ? 128 : 32);
	t->out->num.lo = t->out->num.hi = (unsigned)bits;
	return true;
}

bool typed_host(const struct typed *t, bool with_mask)
{
	const struct word *w = t->w;
	const char *slash = with_mask ? memchr(w->s, '/', w->len) : NULL;
	size_t n = slash ? (size_t)(slash - w->s) : w->len;
	struct addr *items = arena_array(t->p->rs->arena, 2, sizeof(*items));

	memset(items[1].b, 0xff, sizeof(items[1].b)); /* also IPv4's, as xtopt_parse_host(): for -D */
	if (slash && !prefix_mask(t, slash + 1, w->len - n - 1, &items[1]))
		return BAD(t, "'%.*s' is not a mask", (int)(w->len - n - 1), slash + 1);
	t->out->host.items = items;
	t->out->host.n = 1;
	return address(t, w->s, n, &items[0]);
}

bool typed_addr_range(const struct typed *t)
{
	const struct word *w = t->w;
	const char *dash = memchr(w->s, '-', w->len);
	size_t n = dash ? (size_t)(dash - w->s) : w->len;

	t->out->addrs = ARENA_NEW(t->p->rs->arena, __typeof__(*t->out->addrs));
	if (!address(t, w->s, n, &t->out->addrs->lo))
		return false;
	t->out->addrs->hi = t->out->addrs->lo;
	if (dash && !address(t, dash + 1, w->len - n - 1, &t->out->addrs->hi))
		return false;
	return true;
}

bool typed_port(const struct typed *t, const char *s, size_t len, uint64_t *out)
{
	uint64_t number;
	size_t used;
	uint16_t v;

	if (!(t->opt->flags & OPT_SERVICE ? value_service(s, len, &v)
					  : value_port(s, len, t->p->spec->proto, &v)))
		return BAD(t, "'%.*s' is not a port or service", (int)len, s);
	if (t->opt->flags & OPT_SERVICE && value_decimal(s, len, &number, &used) && number > UINT16_MAX)
		diag_add(t->p->rs->diags, IPTC2NFT_SEV_WARNING, t->w->at,
			 "--%s: iptables takes '%.*s' for port %u", t->opt->name, (int)len, s, v);
	*out = v;
	return true;
}

bool typed_port_range(const struct typed *t, const char *s, size_t len, uint64_t *lo, uint64_t *hi)
{
	const char *colon = memchr(s, ':', len);
	size_t n = colon ? (size_t)(colon - s) : len, m = colon ? len - n - 1 : 0;

	*lo = 0;
	*hi = UINT16_MAX;
	if (colon && t->opt->type == ARG_PORTS && (!n || !m)) /* multiport has no open ranges */
		return BAD(t, "the range '%.*s' needs both ends", (int)len, s);
	if ((n || !colon) && !typed_port(t, s, n, lo))
		return false;
	if (!colon)
		*hi = *lo;
	else if (m && !typed_port(t, colon + 1, m, hi))
		return false;
	if (colon && *lo == *hi && t->opt->type == ARG_PORTS)
		return BAD(t, "the range '%.*s' has one port: write it once", (int)len, s);
	if (*lo > *hi && t->opt->flags & OPT_ORDERED)
		return BAD(t, "the range '%.*s' ends before it begins", (int)len, s);
	return true;
}

bool typed_ports(const struct typed *t)
{
	const char *s = t->w->s, *end = s + t->w->len;
	struct arg_range items[RULE_WORDS_MAX];
	uint32_t n = 0, max = t->opt->max ? (uint32_t)t->opt->max : RULE_WORDS_MAX;

	if (t->p->before_proto && t->p->spec->proto_given)
		return BAD(t, "-p must come before the ports");
	while (s <= end) {
		const char *comma = memchr(s, ',', (size_t)(end - s));
		size_t len = (size_t)((comma ? comma : end) - s);

		if (n == max || n == RULE_WORDS_MAX)
			return BAD(t, "more than %u ports", max);
		if (!typed_port_range(t, s, len, &items[n].lo, &items[n].hi))
			return false;
		n++;
		s += len + 1;
	}
	t->out->list.items = arena_array(t->p->rs->arena, n, sizeof(*items));
	memcpy(t->out->list.items, items, n * sizeof(*items));
	t->out->list.n = n;
	return true;
}

bool typed_ether(const struct typed *t, bool with_mask)
{
	const struct word *w = t->w;
	const char *slash = with_mask ? memchr(w->s, '/', w->len) : NULL;
	size_t n = slash ? (size_t)(slash - w->s) : w->len;

	memset(t->out->ether.mask, 0xff, 6);
	if (!value_ether(w->s, n, t->out->ether.mac) ||
	    (slash && !value_ether(slash + 1, w->len - n - 1, t->out->ether.mask)))
		return BAD(t, "'%.*s' is not a MAC address", W(w));
	return true;
}

/* Other than -p, options take names as they are: "TCP" is an alias of the protocols database, "Tcp" is none. */
bool typed_proto(const struct typed *t)
{
	char name[64] = "", buf[4096];
	struct protoent entry, *found = NULL;
	bool upper = false;
	uint16_t v;

	for (uint32_t i = 0; i < t->w->len && i < sizeof(name) - 1; i++) {
		name[i] = t->w->s[i];
		upper |= isupper((unsigned char)name[i]) && name[0] != '0'; /* 0X10 is a number */
	}
	if (!value_proto(t->w->s, t->w->len, &v) ||
	    (upper && (getprotobyname_r(name, &entry, buf, sizeof(buf), &found) || !found)))
		return BAD(t, "unknown protocol '%.*s'", W(t->w));
	t->out->num.lo = t->out->num.hi = v;
	return true;
}

bool typed_iface(const struct typed *t)
{
	const struct word *w = t->w;
	struct iface *i = ARENA_NEW(t->p->rs->arena, struct iface);

	if (!w->len || w->len > IFNAME_MAX_BYTES)
		return BAD(t, "'%.*s' is not an interface name of 1 to %d bytes", W(w), IFNAME_MAX_BYTES);
	i->given = true;
	i->invert = t->out->invert;
	i->at = w->at;
	i->prefix = w->s[w->len - 1] == '+';
	i->len = (uint8_t)(w->len - i->prefix);
	i->name = arena_strndup(t->p->rs->arena, w->s, i->len);
	t->out->custom = i;
	return true;
}
