/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reply: the reverse of a packet, as the other end would send it.
 *
 * TCP answers a SYN with SYN and ACK, anything else with an ACK of what came; ICMP echo with its reply.
 * The addresses are those of the packet as it was last seen, so that the answer to a translated packet
 * is to the translated address.
 */
#include "sim/reply.h"

#include <linux/if_packet.h>
#include <netinet/in.h>
#include "sim/route.h"

static void swap(uint8_t *a, uint8_t *b, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		uint8_t t = a[i];

		a[i] = b[i];
		b[i] = t;
	}
}

static void reply_tcp(struct sim_packet *p, const struct spec_packet *k, uint32_t data)
{
	uint8_t *h = p->data + p->thoff, flags = h[13];
	uint32_t seq = get32(h + 4), ack = get32(h + 8);
	bool syn = flags & 2;

	put32(h + 4, spec_given(k, KEY_SEQ) ? (uint32_t)k->num[KEY_SEQ] : flags & 16 ? ack : 5000);
	put32(h + 8, spec_given(k, KEY_ACK) ? (uint32_t)k->num[KEY_ACK] : seq + data + syn + (flags & 1));
	h[13] = (uint8_t)(spec_given(k, KEY_FLAGS) ? k->num[KEY_FLAGS] : syn && !(flags & 16) ? 0x12 : 0x10);
	swap(h, h + 2, 2);
}

static bool reply_icmp(struct sim_packet *p)
{
	uint8_t *h = p->data + p->thoff;
	static const uint8_t v4[][2] = { { 8, 0 }, { 13, 14 }, { 17, 18 } };

	if (p->family == FAMILY_IPV6) {
		if (h[0] != 128)
			return false;
		h[0] = 129;
		return true;
	}
	for (unsigned i = 0; i < 3; i++)
		if (h[0] == v4[i][0]) {
			h[0] = v4[i][1];
			return true;
		}
	return false;
}

/* Data of the packet is not sent back. */
static void cut(struct sim_packet *p, uint32_t keep)
{
	p->len = p->thoff + keep;
	if (p->family == FAMILY_IPV6)
		put16(p->data + 4, p->len - 40);
	else
		put16(p->data + 2, p->len);
}

static bool turn_round(struct sim_packet *p, const struct spec_packet *k)
{
	unsigned n = family_bytes(p->family), at = n == 16 ? 8 : 12;
	uint32_t len = packet_l4_len(p);

	swap(p->data + at, p->data + at + n, n);
	p->data[n == 16 ? 7 : 8] = 64;
	if (p->l4proto == IPPROTO_TCP && len >= 20) {
		uint32_t head = (p->data[p->thoff + 12] >> 4) * 4u;

		if (head < 20 || head > len)
			return false;
		reply_tcp(p, k, len - head);
		cut(p, head);
	} else if (proto_has_ports(p->l4proto) && len >= 4) {
		swap(p->data + p->thoff, p->data + p->thoff + 2, 2);
	} else if ((p->l4proto == IPPROTO_ICMP || p->l4proto == IPPROTO_ICMPV6) &&
		   (len < 8 || !reply_icmp(p))) {
		return false;
	}
	packet_checksums(p);
	return true;
}

bool reply_packet(struct spec *s, const struct spec_packet *k, const struct sim_packet *last,
		  struct sim_packet *p)
{
	struct route_query q = { .family = last->family, .has_src = true };
	struct route_answer a;

	packet_set(p, s->arena, last->data, last->len);
	if (!last->whole || last->fragment || !turn_round(p, k)) {
		diag_error(s->diags, k->at, "the previous packet has no reply");
		return false;
	}
	packet_addrs(p, &q.src, &q.dst);
	/* What was delivered here is answered from here; what left is answered from where it went. */
	p->local = k->out || !last->out;
	p->in = p->local ? NULL : k->in ? k->in : last->out;
	p->bound = k->oif;
	p->has_socket = p->shows_socket = p->local;
	p->mark = spec_given(k, KEY_MARK) ? (uint32_t)k->num[KEY_MARK] : 0;
	p->pkttype = PACKET_HOST;
	p->has_mac = p->in && !p->in->loopback;
	memcpy(p->smac, last->dmac, 6);
	memcpy(p->dmac, p->in ? p->in->mac : last->smac, 6);
	a = route_output(s->host, &q);
	if (p->local && a.kind == ROUTE_UNREACHABLE) {
		diag_error(s->diags, k->at, "no route back to the sender");
		return false;
	}
	return true;
}
