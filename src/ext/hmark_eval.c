/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hmark_eval: the mark that HMARK gives a packet: hmark_tg_v4(), hmark_tg_v6() of net/netfilter/xt_HMARK.c
 * with jhash_3words() of include/linux/jhash.h.
 */
#include "hmark_eval.h"

#include <arpa/inet.h>
#include "sim/conn.h"

struct key {
	uint32_t src, dst, ports; /* of the host's order */
	uint8_t proto;
};

static uint32_t rol(uint32_t v, unsigned by)
{
	return v << by | v >> (32 - by);
}

static uint32_t jhash_3words(uint32_t a, uint32_t b, uint32_t c, uint32_t seed)
{
	uint32_t start = seed + 0xdeadbeefu + (3u << 2);

	a += start;
	b += start;
	c += start;
	c = (c ^ b) - rol(b, 14);
	a = (a ^ c) - rol(c, 11);
	b = (b ^ a) - rol(a, 25);
	c = (c ^ b) - rol(b, 16);
	a = (a ^ c) - rol(c, 4);
	b = (b ^ a) - rol(a, 14);
	return (c ^ b) - rol(b, 24);
}

/* hmark_addr_mask(), hmark_addr6_mask() */
static uint32_t masked(unsigned family, const struct addr *a, const union nf_inet_addr *mask)
{
	const uint8_t *m = (const uint8_t *)mask;
	uint32_t v = 0;

	for (unsigned i = 0; i < family_bytes(family); i += 4)
		v ^= get32(a->b + i) & get32(m + i);
	return v;
}

/* hmark_swap_ports(): masked, and the larger one first */
static uint32_t ports(const struct xt_hmark_info *info, uint32_t both)
{
	uint32_t v = (both & ntohl(info->port_mask.v32)) | ntohl(info->port_set.v32);

	return (v & 0xffff) > v >> 16 ? rol(v, 16) : v;
}

static void from_connection(const struct xt_hmark_info *info, const struct conn *c, struct key *k)
{
	const struct tuple *o = &c->tuple[0], *r = &c->tuple[1];

	k->src = masked(o->family, &o->src, &info->src_mask);
	k->dst = masked(o->family, &r->src, &info->dst_mask);
	if (info->flags & 1u << XT_HMARK_METHOD_L3)
		return;
	k->proto = o->proto;
	if (k->proto != IPPROTO_ICMP)
		k->ports = ports(info, (uint32_t)o->sport << 16 | r->sport);
}

static bool is_error(const struct sim_packet *p)
{
	uint8_t type;

	if (p->fragoff || packet_l4_len(p) < 8)
		return false;
	type = p->data[p->thoff];
	if (p->family == FAMILY_IPV6)
		return p->l4proto == IPPROTO_ICMPV6 && type && type < 128;
	return p->l4proto == IPPROTO_ICMP &&
	       (type == 3 || type == 4 || type == 5 || type == 11 || type == 12);
}

/* false: nothing is marked */
static bool from_packet(const struct xt_hmark_info *info, const struct sim_packet *p, struct key *k)
{
	struct sim_packet inner = { .family = p->family };
	struct addr src, dst;
	uint32_t at;

	if (is_error(p)) {
		inner.data = p->data + p->thoff + 8;
		inner.len = packet_l4_len(p) - 8;
		if (inner.len < (p->family == FAMILY_IPV6 ? 40u : 20u))
			return false;
		packet_parse(&inner);
		p = &inner;
	}
	packet_addrs(p, &src, &dst);
	k->src = masked(p->family, &src, &info->src_mask);
	k->dst = masked(p->family, &dst, &info->dst_mask);
	if (info->flags & 1u << XT_HMARK_METHOD_L3)
		return true;
	k->proto = p->l4proto;
	at = p->thoff + (k->proto == IPPROTO_AH ? 4 : 0);
	if (p->fragment || at + 4 > p->len ||
	    !(proto_has_ports(k->proto) || k->proto == IPPROTO_ESP || k->proto == IPPROTO_AH))
		return true;
	k->ports = ports(info, get32(p->data + at));
	return true;
}

void hmark_eval(const struct xt_hmark_info *info, struct sim_packet *p)
{
	struct key k = { .src = 0 };
	uint32_t hash;

	if (info->flags & 1u << XT_HMARK_CT) {
		if (!p->conn)
			return;
		from_connection(info, p->conn, &k);
	} else if (!from_packet(info, p, &k)) {
		return;
	}
	hash = k.dst < k.src ? jhash_3words(k.dst, k.src, k.ports, info->hashrnd)
			     : jhash_3words(k.src, k.dst, k.ports, info->hashrnd);
	hash ^= k.proto & info->proto_mask;
	p->mark = (uint32_t)(((uint64_t)hash * info->hmodulus) >> 32) + info->hoffset;
	p->mark_unknown = false;
}
