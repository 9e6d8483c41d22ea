/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nat_tuple: which address and port a translation picks.
 *
 * get_unique_tuple() and what it calls in net/netfilter/nf_nat_core.c: a source keeps the mapping
 * that it has; an address of a range is chosen by a hash of both ends, which is the kernel's own and
 * has no secret; a port stays unless it is outside of the range or taken, and is random then.
 */
#include "sim/nat_tuple.h"

#include <netinet/in.h>

#define ATTEMPTS 128 /* NF_NAT_MAX_ATTEMPTS */

static uint32_t rotate(uint32_t x, unsigned n)
{
	return x << n | x >> (32 - n);
}

/* jhash2() of four words. */
static uint32_t jhash4(const uint32_t k[4], uint32_t init)
{
	uint32_t a, b, c;

	a = b = c = 0xdeadbeef + 16 + init;
	a += k[0];
	b += k[1];
	c += k[2];
	a -= c; a ^= rotate(c, 4); c += b;
	b -= a; b ^= rotate(a, 6); a += c;
	c -= b; c ^= rotate(b, 8); b += a;
	a -= c; a ^= rotate(c, 16); c += b;
	b -= a; b ^= rotate(a, 19); a += c;
	c -= b; c ^= rotate(b, 4); b += a;
	a += k[3];
	c ^= b; c -= rotate(b, 14);
	a ^= c; a -= rotate(c, 11);
	b ^= a; b -= rotate(a, 25);
	c ^= b; c -= rotate(b, 16);
	a ^= c; a -= rotate(c, 4);
	b ^= a; b -= rotate(a, 14);
	c ^= b; c -= rotate(b, 24);
	return c;
}

/* find_best_ips_proto() */
static void pick_address(struct tuple *t, const struct nat_range *r, bool src)
{
	struct addr *var = src ? &t->src : &t->dst;
	unsigned words = t->family == FAMILY_IPV6 ? 4 : 1;
	uint32_t key[4], dst[4], j;
	bool full = false;

	if (!r->map_ips)
		return;
	if (!memcmp(&r->lo, &r->hi, sizeof(r->lo))) {
		*var = r->lo;
		return;
	}
	memcpy(key, t->src.b, 16); /* the kernel hashes the words as they lie in memory */
	memcpy(dst, t->dst.b, 16);
	j = jhash4(key, r->flags & NAT_PERSISTENT ? 0 : dst[words - 1] ^ t->zone);
	for (unsigned i = 0; i < words; i++) {
		uint32_t lo = full ? 0 : get32(r->lo.b + 4 * i);
		uint32_t dist = full ? ~0u : get32(r->hi.b + 4 * i) - lo + 1;

		put32(var->b + 4 * i, lo + (uint32_t)((uint64_t)j * dist >> 32));
		if (memcmp(var->b + 4 * i, r->hi.b + 4 * i, 4) != 0)
			full = true;
		memcpy(dst, t->dst.b, 16);
		if (!(r->flags & NAT_PERSISTENT))
			j ^= dst[i];
	}
}

static bool is_icmp(const struct tuple *t)
{
	return t->proto == IPPROTO_ICMP || t->proto == IPPROTO_ICMPV6;
}

/* The part of the tuple that a port range speaks of; NULL: this protocol has none. */
static uint16_t *key_of(struct tuple *t, bool src)
{
	if (is_icmp(t))
		return &t->sport;
	if (!proto_has_ports(t->proto) || t->proto == IPPROTO_DCCP)
		return NULL;
	return src ? &t->sport : &t->dport;
}

static bool port_in_range(const struct tuple *t, const struct nat_range *r, bool src)
{
	struct tuple copy = *t;
	const uint16_t *key = key_of(&copy, src);

	return !key || (*key >= r->port_lo && *key <= r->port_hi);
}

static bool in_range(const struct tuple *t, const struct nat_range *r)
{
	unsigned n = family_bytes(t->family);

	if (r->map_ips && (memcmp(t->src.b, r->lo.b, n) < 0 || memcmp(t->src.b, r->hi.b, n) > 0))
		return false;
	return !r->map_ports || port_in_range(t, r, true);
}

/* nf_nat_used_tuple(): would its answers be taken for another connection's packets? */
static bool used(struct sim *s, const struct tuple *t, const struct conn *self)
{
	struct tuple reply;
	bool dir;
	const struct conn *c;

	if (!conn_invert(t, &reply))
		return false;
	c = conn_find(s, &reply, &dir);
	return c && c != self;
}

struct same_source {
	const struct tuple *t;
	const struct nat_range *r;
	struct tuple *out;
	bool found;
};

static bool try_mapping(const struct conn *c, void *arg)
{
	struct same_source *m = arg;
	struct tuple res;

	if (!conn_invert(&c->tuple[1], &res))
		return false;
	res.dst = m->t->dst;
	res.dport = m->t->dport;
	if (!in_range(&res, m->r))
		return false;
	*m->out = res;
	return m->found = true;
}

static uint16_t draw(struct sim *s)
{
	s->random ^= s->random << 13;
	s->random ^= s->random >> 7;
	s->random ^= s->random << 17;
	return (uint16_t)(s->random >> 32);
}

/* nf_nat_l4proto_unique_tuple() */
static void pick_port(struct sim *s, struct conn *c, struct tuple *t, const struct nat_range *r,
		      bool src, bool *random)
{
	uint16_t *key = key_of(t, src);
	uint32_t min, size, off = 0;

	if (!key)
		return;
	if (r->map_ports) {
		min = r->port_lo < r->port_hi ? r->port_lo : r->port_hi;
		size = (uint32_t)(r->port_lo < r->port_hi ? r->port_hi : r->port_lo) - min + 1;
	} else if (is_icmp(t)) {
		min = 0;
		size = 65536;
	} else if (!src) {
		return;
	} else {
		min = *key < 512 ? 1 : *key < 1024 ? 600 : 1024;
		size = (*key < 512 ? 511 : *key < 1024 ? 1023 : 65535) - min + 1;
	}
	if (r->flags & (NAT_RANDOM | NAT_FULLY_RANDOM) || src) {
		off = draw(s);
		*random = size > 1;
	}
	for (unsigned i = 0; i < ATTEMPTS && i < size; i++, off++) {
		*key = (uint16_t)(min + off % size);
		if (!used(s, t, c))
			return;
	}
}

void nat_unique(struct sim *s, struct conn *c, const struct tuple *orig, const struct nat_range *r,
		bool src, struct tuple *out, bool *random)
{
	bool any = r->flags & (NAT_RANDOM | NAT_FULLY_RANDOM);
	struct same_source m = { .t = orig, .r = r, .out = out };

	*random = false;
	if (src && !any) {
		if (in_range(orig, r)) {
			if (!used(s, orig, c)) {
				*out = *orig;
				return;
			}
		} else {
			conn_same_source(s, orig, try_mapping, &m);
			if (m.found && !used(s, out, c))
				return;
		}
	}
	*out = *orig;
	pick_address(out, r, src);
	if (!any) {
		if (r->map_ports) {
			if (port_in_range(out, r, src) &&
			    (r->port_lo == r->port_hi || !used(s, out, c)))
				return;
		} else if (!used(s, out, c)) {
			return;
		}
	}
	pick_port(s, c, out, r, src, random);
}
