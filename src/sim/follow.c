/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * follow: what a packet provokes on this host: it comes back in over lo, it is answered.
 *
 * The walk of a packet ends with the packet; but the connection table is only right when the host's own
 * answers have passed it too. They are walked without being told, unless lo's second traversal is
 * asked for. Who listens is not known offline. A TCP port counts as closed, and refuses with a RST
 * (tcp_v4_send_reset()), unless the packets that are given show an answer: by the `reply` that
 * follows, or by anything but bytes in hex that this end of the connection has sent. Echo and
 * timestamp requests are answered (icmp_echo(), icmp_timestamp()), other protocols and UDP refused by
 * an ICMP error under the same conditions as TCP.
 */
#include "sim/follow.h"

#include <netinet/in.h>
#include <linux/if_packet.h>
#include <linux/rtnetlink.h>
#include "sim/conn.h"

enum { TCP_RST = 4, TCP_ACK = 16 };

static void reverse(const struct sim_packet *p, uint8_t *b)
{
	unsigned n = family_bytes(p->family), at = n == 16 ? 8 : 12;

	memcpy(b + at, p->data + at + n, n);
	memcpy(b + at + n, p->data + at, n);
}

/* An IP header back to the sender; returns its length. */
static uint32_t header(const struct sim_packet *p, uint8_t *b, uint32_t l4len)
{
	if (p->family == FAMILY_IPV6) {
		b[0] = 0x60;
		put16(b + 4, l4len);
		b[6] = p->l4proto;
		b[7] = 64;
		reverse(p, b);
		return 40;
	}
	b[0] = 0x45;
	put16(b + 2, 20 + l4len);
	put16(b + 6, PACKET_DF);
	b[8] = 64;
	b[9] = p->l4proto;
	reverse(p, b);
	return 20;
}

/* A signed segment (TCP-MD5, TCP-AO) of a connection without a key is not answered. */
static bool is_signed(const uint8_t *t, uint32_t doff)
{
	for (uint32_t at = 20; at + 1 < doff && t[at];) {
		if (t[at] == 1) {
			at++;
			continue;
		}
		if (t[at + 1] < 2)
			break;
		if ((t[at] == 19 && t[at + 1] == 18) || t[at] == 29)
			return true;
		at += t[at + 1];
	}
	return false;
}

static bool refuse_tcp(struct sim *s, const struct sim_packet *p, struct sim_packet *a)
{
	const uint8_t *t = p->data + p->thoff;
	uint32_t len = packet_l4_len(p), doff, at;
	uint8_t b[60] = { 0 };

	if (len < 20 || t[13] & TCP_RST || p->answered || (p->conn && p->conn->socket))
		return false;
	doff = (t[12] >> 4) * 4u;
	if (doff < 20 || doff > len || is_signed(t, doff))
		return false;
	at = header(p, b, 20);
	memcpy(b + at, t + 2, 2);
	memcpy(b + at + 2, t, 2);
	if (t[13] & TCP_ACK) {
		memcpy(b + at + 4, t + 8, 4);
		b[at + 13] = TCP_RST;
	} else {
		put32(b + at + 8, get32(t + 4) + (t[13] >> 1 & 1) + (t[13] & 1) + len - doff);
		b[at + 13] = TCP_RST | TCP_ACK;
	}
	b[at + 12] = 5 << 4;
	packet_set(a, s->arena, b, at + 20);
	return true;
}

static bool answer_icmp(struct sim *s, const struct sim_packet *p, struct sim_packet *a)
{
	bool v6 = p->family == FAMILY_IPV6;
	uint8_t *b, type = p->data[p->thoff];
	uint32_t len = packet_l4_len(p), at;

	if (len < 8 || (v6 ? type != 128 : type != 8 && type != 13))
		return false;
	packet_room(a, s->arena, len + 40);
	b = a->data;
	memset(b, 0, 40);
	at = header(p, b, len);
	memcpy(b + at, p->data + p->thoff, len);
	b[at] = v6 ? 129 : type == 8 ? 0 : 14;
	packet_set(a, s->arena, b, at + len);
	return true;
}

/* An ICMP error that quotes the packet (icmp_send(), icmpv6_send()). */
static void unreachable(struct sim *s, const struct sim_packet *p, struct sim_packet *a, uint8_t type,
			uint8_t code)
{
	bool v6 = p->family == FAMILY_IPV6;
	uint32_t most = v6 ? 1280 - 48 : 576 - 28, quote = p->len < most ? p->len : most, at;
	struct sim_packet as = *p; /* for the header's protocol */

	as.l4proto = v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
	packet_room(a, s->arena, quote + 48);
	memset(a->data, 0, 48);
	at = header(&as, a->data, 8 + quote);
	a->data[at] = type;
	a->data[at + 1] = code;
	memcpy(a->data + at + 8, p->data, quote);
	packet_set(a, s->arena, a->data, at + 8 + quote);
}

/* Nobody has this port, nobody speaks this protocol. */
static bool refuse_other(struct sim *s, const struct sim_packet *p, struct sim_packet *a)
{
	bool v6 = p->family == FAMILY_IPV6;

	if (p->answered || (p->conn && p->conn->socket))
		return false;
	if (p->l4proto == IPPROTO_UDP || p->l4proto == IPPROTO_UDPLITE) {
		if (packet_l4_len(p) < 8)
			return false;
		unreachable(s, p, a, v6 ? 1 : 3, v6 ? 4 : 3);
		return true;
	}
	if (p->l4proto == IPPROTO_IGMP || (v6 && p->l4proto == IPPROTO_NONE))
		return false;
	unreachable(s, p, a, v6 ? 4 : 3, v6 ? 1 : 2);
	return true;
}

static bool answer(struct sim *s, const struct sim_packet *p, struct sim_packet *a)
{
	struct addr src, dst;

	packet_addrs(p, &src, &dst);
	if (p->fragment || !p->whole || p->pkttype != PACKET_HOST || !packet_l4_checksum_ok(p) ||
	    route_addr_type(s->host, p->family, &dst, NULL) != RTN_LOCAL)
		return false;
	switch (p->l4proto) {
	case IPPROTO_TCP:
		if (!refuse_tcp(s, p, a))
			return false;
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		if ((p->l4proto == IPPROTO_ICMP) != (p->family == FAMILY_IPV4) || !answer_icmp(s, p, a))
			return false;
		break;
	default:
		if (!refuse_other(s, p, a))
			return false;
		break;
	}
	packet_checksums(a);
	a->local = true;
	a->own_answer = true;
	return true;
}

/* Back in over lo: marks and connection stay, the socket does not. */
static void come_back(struct sim *s, const struct sim_packet *p, struct sim_packet *back)
{
	uint8_t *data = back->data;
	uint32_t cap = back->cap;

	*back = *p;
	back->data = data;
	back->cap = cap;
	packet_set(back, s->arena, p->data, p->len);
	back->local = false;
	back->in = p->out;
	back->out = NULL;
	back->has_socket = back->has_mac = false;
	back->pkttype = PACKET_HOST;
	back->forced_state = 0;
	back->has_forced_mark = false;
}

void sim_follow(struct sim *s, const struct sim_packet *p, enum sim_verdict v, bool loopback)
{
	sim_observer observer = s->observer;
	struct sim_event last = s->last;
	const struct sim_packet *now = p;

	/* A RST to ourselves is the longest: out, in over lo, answered, the answer in over lo. */
	for (int steps = 0; steps < 4; steps++) {
		struct sim_packet *next = &s->spare[steps % 2];

		packet_reset(next);
		if (v == SIM_SENT && now->out && now->out->loopback)
			come_back(s, now, next);
		else if (v != SIM_DELIVERED || !answer(s, now, next))
			break;
		s->observer = loopback && steps == 0 && !next->own_answer ? observer : NULL;
		v = sim_walk(s, next);
		now = next;
	}
	s->observer = observer;
	s->last = last;
}
