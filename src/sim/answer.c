/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * answer: what this host sends back for a packet.
 *
 * Who listens is not known offline. A TCP port counts as closed, and refuses with a RST
 * (tcp_v4_send_reset()), unless the packets that are given show an answer: by the `reply` that
 * follows, or by anything but bytes in hex that this end of the connection has sent. Echo and
 * timestamp requests are answered (icmp_echo(), icmp_timestamp()), other protocols and UDP refused by
 * an ICMP error under the same conditions as TCP. What REJECT (nf_send_reset(), nf_send_unreach()) and
 * the IP layer (ip_error(), ip_forward(), ip6_forward()) refuse is answered for certain; the limits of
 * their rate (icmp_ratelimit) are not simulated.
 */
#include "sim/answer.h"

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

static uint8_t tos(const struct sim_packet *p)
{
	return p->family == FAMILY_IPV6 ? (uint8_t)(p->data[0] << 4 | p->data[1] >> 4) : p->data[1];
}

static void set_tos(uint8_t *b, unsigned family, uint8_t v)
{
	if (family == FAMILY_IPV6) {
		b[0] = (uint8_t)(0x60 | v >> 4);
		b[1] = (uint8_t)((b[1] & 15) | v << 4);
	} else {
		b[1] = v;
	}
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

/* tcp_v4_send_reset(), nf_send_reset() */
static bool reset(struct sim *s, const struct sim_packet *p, struct sim_packet *a)
{
	const uint8_t *t = p->data + p->thoff;
	uint32_t len = packet_l4_len(p), doff = len < 20 ? 0 : (t[12] >> 4) * 4u, at;
	uint8_t b[60] = { 0 };

	if (doff < 20 || doff > len || t[13] & TCP_RST)
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
	if (!s->error.given)
		set_tos(b, p->family, tos(p));
	packet_set(a, s->arena, b, at + 20);
	return true;
}

static bool refuse_tcp(struct sim *s, const struct sim_packet *p, struct sim_packet *a)
{
	if (p->answered || (p->conn && p->conn->socket) || !reset(s, p, a))
		return false;
	return !is_signed(p->data + p->thoff, (p->data[p->thoff + 12] >> 4) * 4u);
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
	set_tos(b, p->family, tos(p));
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
	put32(a->data + at + 4, s->error.given ? s->error.info : 0);
	if (!v6) { /* RT_TOS() with IPTOS_PREC_INTERNETCONTROL; IP_PMTUDISC_DONT */
		a->data[1] = (uint8_t)((tos(p) & 0x1e) | 0xc0);
		put16(a->data + 6, 0);
	}
	memcpy(a->data + at + 8, p->data, quote);
	packet_set(a, s->arena, a->data, at + 8 + quote);
}

/* icmp_send() and icmp6_send() answer no error, no later fragment, nothing to or from a group. */
static bool may_send_error(const struct sim *s, const struct sim_packet *p)
{
	bool v6 = p->family == FAMILY_IPV6;
	static const struct addr zero;
	struct addr src, dst;
	uint8_t type;

	packet_addrs(p, &src, &dst);
	if (p->pkttype != PACKET_HOST || p->fragoff || addr_is_multicast(p->family, &dst) ||
	    addr_is_multicast(p->family, &src) || !memcmp(&src, &zero, sizeof(src)) ||
	    (!v6 && route_addr_type(s->host, p->family, &dst, NULL) == RTN_BROADCAST))
		return false;
	if (p->l4proto != (v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP))
		return true;
	if (!packet_l4_len(p))
		return false;
	type = p->data[p->thoff];
	if (v6)
		return type >= 128;
	return type <= 18 && !(type == 3 || type == 4 || type == 5 || type == 11 || type == 12);
}

static bool is_link_local(unsigned family, const struct addr *a)
{
	return family == FAMILY_IPV6 && a->b[0] == 0xfe && (a->b[1] & 0xc0) == 0x80;
}

/* The address that the error comes from: the packet's destination where that is ours. */
static bool error_source(const struct sim *s, const struct sim_packet *p, struct addr *out)
{
	struct route_query q = { .family = p->family };
	const struct host_iface *dev;
	struct route_answer a;
	struct addr dst;

	packet_addrs(p, &q.dst, &dst);
	if (is_link_local(p->family, &q.dst))
		q.oif = p->in;
	*out = dst;
	a = route_output(s->host, &q);
	if (route_addr_type(s->host, p->family, &dst, NULL) == RTN_LOCAL)
		return a.kind != ROUTE_UNREACHABLE;
	*out = q.dst;
	if (a.kind == ROUTE_LOCAL)
		return true;
	if (a.kind == ROUTE_UNREACHABLE || !a.dev)
		return false;
	if (a.route && a.route->has_src) {
		*out = a.route->src;
		return true;
	}
	if (a.route && a.route->has_via && p->family == FAMILY_IPV4)
		q.dst = a.route->via;
	dev = p->family == FAMILY_IPV6 && p->in ? p->in : a.dev;
	return host_source(s->host, dev, p->family, &q.dst, out);
}

/* Nobody has this port, nobody speaks this protocol. */
static bool refuse_other(struct sim *s, const struct sim_packet *p, struct sim_packet *a)
{
	bool v6 = p->family == FAMILY_IPV6;
	struct addr from; /* the destination: it is ours */

	if (p->answered || (p->conn && p->conn->socket) || !may_send_error(s, p))
		return false;
	if (!error_source(s, p, &from))
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

/* icmpv6_echo_reply() to a group: from the address that we would choose there */
static bool answer_group(struct sim *s, const struct sim_packet *p, struct sim_packet *a)
{
	struct addr to, group, from;

	packet_addrs(p, &to, &group);
	if (!answer_icmp(s, p, a) || !p->in || !host_source(s->host, p->in, p->family, &to, &from))
		return false;
	packet_parse(a);
	packet_set_addr(a, false, &from);
	a->bound = p->in;
	return true;
}

static bool delivered(struct sim *s, const struct sim_packet *p, struct sim_packet *a)
{
	struct addr src, dst;

	packet_addrs(p, &src, &dst);
	if (p->fragment || !p->whole || !packet_l4_checksum_ok(p))
		return false;
	if (p->family == FAMILY_IPV6 && addr_is_multicast(p->family, &dst))
		return p->l4proto == IPPROTO_ICMPV6 && answer_group(s, p, a);
	if (p->pkttype != PACKET_HOST || route_addr_type(s->host, p->family, &dst, NULL) != RTN_LOCAL)
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
	return true;
}

/* nf_ct_attach(): it is RELATED to the packet's connection, whether that is confirmed or not. */
static void attach(const struct sim_packet *p, struct sim_packet *a)
{
	if (!p->conn)
		return;
	a->conn = p->conn;
	a->reply_dir = !p->reply_dir;
	a->ct_state = PACKET_STATE_RELATED;
}

/* The IP layer or REJECT sends an error: s->error. */
static bool send_error(struct sim *s, const struct sim_packet *p, enum sim_verdict v, struct sim_packet *a)
{
	struct addr from;

	if (p->answered || !p->whole || (v == SIM_REJECTED && !p->local && !packet_l4_checksum_ok(p)))
		return false;
	if (s->error.reset) {
		if (p->l4proto != IPPROTO_TCP || p->fragoff || !may_send_error(s, p) || !reset(s, p, a))
			return false;
		conn_set_closing(s, p->conn);
	} else {
		if (!may_send_error(s, p) || !error_source(s, p, &from))
			return false;
		unreachable(s, p, a, s->error.type, s->error.code);
		packet_set_addr(a, false, &from);
	}
	attach(p, a);
	return true;
}

bool answer_to(struct sim *s, const struct sim_packet *p, enum sim_verdict v, struct sim_packet *a)
{
	struct addr from, to;

	if (v == SIM_DELIVERED ? !delivered(s, p, a) : !s->error.given || !send_error(s, p, v, a))
		return false;
	packet_parse(a);
	packet_checksums(a);
	a->local = true;
	packet_addrs(a, &from, &to);
	if (is_link_local(a->family, &to))
		a->bound = p->in;
	a->own_answer = true;
	return true;
}
