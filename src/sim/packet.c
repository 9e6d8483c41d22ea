/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * packet: headers of a packet.
 *
 * IPv6's transport header is found as ipv6_find_hdr() (net/ipv6/exthdrs_core.c) does for
 * ip6_tables: AH is walked over, a later fragment has a protocol only where its fragment header
 * names one that is not an extension header, and a chain that runs out of the packet is broken.
 */
#include "sim/packet.h"

#include <netinet/in.h>

uint16_t get16(const uint8_t *b)
{
	return (uint16_t)(b[0] << 8 | b[1]);
}

uint32_t get32(const uint8_t *b)
{
	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

void put16(uint8_t *b, uint32_t v)
{
	b[0] = (uint8_t)(v >> 8);
	b[1] = (uint8_t)v;
}

void put32(uint8_t *b, uint32_t v)
{
	put16(b, v >> 16);
	put16(b + 2, v);
}

void packet_reset(struct sim_packet *p)
{
	uint8_t *data = p->data;
	uint32_t cap = p->cap;

	memset(p, 0, sizeof(*p));
	p->data = data;
	p->cap = cap;
}

void packet_room(struct sim_packet *p, struct arena *a, uint32_t len)
{
	if (p->cap >= len + PACKET_ROOM)
		return;
	p->cap = len + PACKET_ROOM + 256;
	p->data = arena_bytes(a, p->cap);
}

void packet_set(struct sim_packet *p, struct arena *a, const uint8_t *bytes, uint32_t len)
{
	if (bytes != p->data) {
		packet_room(p, a, len);
		memcpy(p->data, bytes, len);
	}
	p->len = len;
	p->family = len && p->data[0] >> 4 == 6 ? FAMILY_IPV6 : FAMILY_IPV4;
	packet_parse(p);
}

static void parse4(struct sim_packet *p)
{
	uint16_t off;

	p->whole = true;
	p->thoff = p->len;
	if (p->len < 20)
		return;
	off = get16(p->data + 6);
	p->l4proto = p->data[9];
	p->thoff = (p->data[0] & 15u) * 4;
	p->fragoff = off & PACKET_OFFSET;
	p->fragment = off & (PACKET_OFFSET | PACKET_MF);
}

static bool is_ext_header(uint8_t proto)
{
	return proto == IPPROTO_HOPOPTS || proto == IPPROTO_ROUTING || proto == IPPROTO_FRAGMENT ||
	       proto == IPPROTO_AH || proto == IPPROTO_NONE || proto == IPPROTO_DSTOPTS;
}

/* What follows a later fragment's header is not a header. */
static void later_fragment(struct sim_packet *p, uint8_t next, uint32_t at, uint16_t off)
{
	p->fragoff = off;
	p->thoff = at;
	p->whole = !is_ext_header(next) || next == IPPROTO_NONE;
	if (p->whole)
		p->l4proto = next;
}

static void parse6(struct sim_packet *p)
{
	uint32_t at = 40;
	uint8_t next;

	p->whole = false;
	p->thoff = p->len;
	if (p->len < 40)
		return;
	next = p->data[6];
	while (is_ext_header(next) && next != IPPROTO_NONE) {
		const uint8_t *h = p->data + at;
		uint32_t hdrlen;

		if (at + (next == IPPROTO_FRAGMENT || next == IPPROTO_ROUTING ? 4u : 2u) > p->len)
			return;
		if (next == IPPROTO_FRAGMENT) {
			uint16_t off = get16(h + 2);

			p->fragment |= (off & 0xfff9) != 0;
			hdrlen = 8;
			if (off & 0xfff8) {
				later_fragment(p, h[0], at + 8, off & 0xfff8);
				return;
			}
		} else if (next == IPPROTO_AH) {
			hdrlen = (h[1] + 2u) << 2;
		} else {
			hdrlen = (h[1] + 1u) << 3;
		}
		next = h[0];
		at += hdrlen;
	}
	p->whole = true;
	p->l4proto = next;
	p->thoff = at;
}

void packet_parse(struct sim_packet *p)
{
	p->l4proto = 0;
	p->fragoff = 0;
	p->fragment = false;
	if (p->family == FAMILY_IPV6)
		parse6(p);
	else
		parse4(p);
}

void packet_addrs(const struct sim_packet *p, struct addr *src, struct addr *dst)
{
	unsigned n = family_bytes(p->family), at = n == 16 ? 8 : 12;

	memset(src, 0, sizeof(*src));
	memset(dst, 0, sizeof(*dst));
	memcpy(src->b, p->data + at, n);
	memcpy(dst->b, p->data + at + n, n);
}

bool proto_has_ports(unsigned proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP || proto == IPPROTO_UDPLITE ||
	       proto == IPPROTO_SCTP || proto == IPPROTO_DCCP;
}

bool packet_ports(const struct sim_packet *p, uint16_t *sport, uint16_t *dport)
{
	if (p->fragoff || !proto_has_ports(p->l4proto) || packet_l4_len(p) < 4)
		return false;
	*sport = get16(p->data + p->thoff);
	*dport = get16(p->data + p->thoff + 2);
	return true;
}

uint32_t csum_add(uint32_t sum, const uint8_t *b, uint32_t len)
{
	uint64_t s = sum;

	for (; len > 1; len -= 2, b += 2)
		s += get16(b);
	if (len)
		s += (uint32_t)b[0] << 8;
	while (s >> 32)
		s = (s & 0xffffffff) + (s >> 32);
	return (uint32_t)s;
}

uint16_t csum_fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* Sum over the pseudo header for protocol @proto and the transport header with its data. */
static uint16_t l4_sum(const struct sim_packet *p, unsigned proto)
{
	uint32_t len = packet_l4_len(p), covered = len, sum = 0;
	uint8_t pseudo[4] = { 0 };
	unsigned n = family_bytes(p->family);

	if (p->l4proto != IPPROTO_ICMP || p->family == FAMILY_IPV6) {
		sum = csum_add(0, p->data + (n == 16 ? 8 : 12), 2 * n);
		put16(pseudo, proto);
		put16(pseudo + 2, len);
		sum = csum_add(sum, pseudo, 4);
	}
	if (p->l4proto == IPPROTO_UDPLITE && len >= 8 && get16(p->data + p->thoff + 4) >= 8 &&
	    get16(p->data + p->thoff + 4) < len)
		covered = get16(p->data + p->thoff + 4);
	return csum_fold(csum_add(sum, p->data + p->thoff, covered));
}

/* Where the checksum is; 0: this protocol's is not kept by the simulation. */
static uint32_t l4_sum_at(const struct sim_packet *p)
{
	switch (p->l4proto) {
	case IPPROTO_TCP: return packet_l4_len(p) >= 20 ? 16 : 0;
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE: return packet_l4_len(p) >= 8 ? 6 : 0;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6: return packet_l4_len(p) >= 4 ? 2 : 0;
	default: return 0;
	}
}

bool packet_l4_checksum_as(const struct sim_packet *p, unsigned proto)
{
	uint32_t at = l4_sum_at(p);

	if (!at || p->fragment)
		return true;
	if (p->l4proto == IPPROTO_UDP && p->family == FAMILY_IPV4 && !get16(p->data + p->thoff + at))
		return true;
	return l4_sum(p, proto) == 0;
}

bool packet_l4_checksum_ok(const struct sim_packet *p)
{
	return packet_l4_checksum_as(p, p->l4proto);
}

void packet_checksums(struct sim_packet *p)
{
	uint32_t at = l4_sum_at(p);

	if (p->family == FAMILY_IPV4 && p->len >= 20) {
		put16(p->data + 10, 0);
		put16(p->data + 10, csum_fold(csum_add(0, p->data, p->thoff)));
	}
	if (at && !p->fragment) {
		uint16_t sum;

		put16(p->data + p->thoff + at, 0);
		sum = l4_sum(p, p->l4proto);
		put16(p->data + p->thoff + at, sum || at != 6 ? sum : 0xffff);
	}
}

void packet_set_addr(struct sim_packet *p, bool dst, const struct addr *a)
{
	unsigned n = family_bytes(p->family);

	memcpy(p->data + (n == 16 ? 8 : 12) + (dst ? n : 0), a->b, n);
}

void packet_set_port(struct sim_packet *p, bool dst, uint16_t port)
{
	if (!p->fragoff && packet_l4_len(p) >= 4)
		put16(p->data + p->thoff + (dst ? 2 : 0), port);
}
