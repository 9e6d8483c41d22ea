/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan_flow: packets that belong together: what opens a connection, its answer, what follows, and
 * ICMP errors about it.
 */
#include "verify/plan_make.h"

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

static void parsed(struct planner *pl, const struct verify_packet *p, uint8_t *bytes,
		   struct sim_packet *s)
{
	*s = (struct sim_packet){
		.family = pl->family, .data = bytes, .len = p->len, .cap = PLAN_BYTES_MAX
	};
	packet_parse(s);
}

static void answer_tcp(uint8_t *h, uint32_t data)
{
	uint32_t seq = get32(h + 4), ack = get32(h + 8);
	uint8_t flags = h[13];
	bool syn = flags & 2;

	swap(h, h + 2, 2);
	put32(h + 4, flags & 16 ? ack : 5000);
	put32(h + 8, seq + data + syn + (flags & 1));
	h[13] = syn && !(flags & 16) ? 0x12 : 0x10;
}

/* The other half of a question; false: there is none. */
static bool answer_icmp(struct planner *pl, uint8_t *h, bool backwards)
{
	static const uint8_t v4[][2] = { { 8, 0 }, { 13, 14 }, { 15, 16 }, { 17, 18 } };

	if (pl->family == FAMILY_IPV6) {
		if (h[0] != (backwards ? 129 : 128))
			return false;
		h[0] ^= 1;
		return true;
	}
	for (unsigned i = 0; i < 4; i++)
		if (h[0] == v4[i][backwards]) {
			h[0] = v4[i][!backwards];
			return true;
		}
	return false;
}

/* From where the other end sends: the interface that leads to it; nowhere: it is here. */
static void other_end(struct planner *pl, const struct verify_packet *p, const struct sim_packet *s,
		      struct verify_packet *r)
{
	struct route_query q = {
		.family = pl->family, .has_src = true, .mark = p->mark, .in = p->in, .oif = p->bound
	};
	struct route_answer a;

	packet_addrs(s, &q.src, &q.dst);
	a = p->in ? route_input(pl->host, &q) : route_output(pl->host, &q);
	r->in = a.dev && !a.dev->loopback && a.kind != ROUTE_UNREACHABLE && a.kind != ROUTE_MARTIAN
			? a.dev
			: NULL;
	r->bound = NULL;
	r->mark = 0;
	r->pkttype = PACKET_HOST;
	r->wait_ms = 0;
	memcpy(r->smac, "\2\0\0\0\377\2", 6);
}

/* @p turned round; @backwards: what it answers instead of its answer. */
static bool turned(struct planner *pl, const struct verify_packet *p, bool backwards,
		   struct verify_packet *r, uint8_t *bytes)
{
	unsigned n = pl->abytes, at = n == 16 ? 8 : 12;
	struct sim_packet s;
	uint32_t len;

	*r = *p;
	memcpy(bytes, p->bytes, p->len);
	parsed(pl, p, bytes, &s);
	other_end(pl, p, &s, r);
	len = packet_l4_len(&s);
	if (!s.whole || s.fragment || s.thoff >= s.len)
		return false;
	swap(bytes + at, bytes + at + n, n);
	bytes[n == 16 ? 7 : 8] = 64;
	if (s.l4proto == IPPROTO_TCP && len >= 20) {
		uint8_t *h = bytes + s.thoff;
		uint32_t head = (h[12] >> 4) * 4u;

		if (head < 20 || head > len)
			return false;
		if (backwards) {
			uint32_t ack = get32(h + 8);

			swap(h, h + 2, 2);
			put32(h + 4, ack ? ack - 1 : 1000);
			put32(h + 8, 0);
			h[13] = 2;
		} else {
			answer_tcp(h, len - head);
		}
	} else if (proto_has_ports(s.l4proto) && len >= 4) {
		swap(bytes + s.thoff, bytes + s.thoff + 2, 2);
	} else if ((s.l4proto == IPPROTO_ICMP || s.l4proto == IPPROTO_ICMPV6) &&
		   (len < 8 || !answer_icmp(pl, bytes + s.thoff, backwards))) {
		return false;
	}
	plan_sum(pl, r, bytes);
	return true;
}

bool plan_reply(struct planner *pl, const struct verify_packet *p, struct verify_packet *r,
		uint8_t *bytes)
{
	return turned(pl, p, false, r, bytes);
}

bool plan_answer(struct planner *pl, const struct sim_packet *last, const struct verify_packet *p,
		 struct verify_packet *r, uint8_t *bytes)
{
	struct verify_packet left = *p;

	if (last->len > PLAN_BYTES_MAX)
		return false;
	left.bytes = last->data;
	left.len = last->len;
	if (!turned(pl, &left, false, r, bytes))
		return false;
	r->in = last->out && !last->out->loopback ? last->out : NULL;
	return true;
}

void plan_follow(struct planner *pl, const struct verify_packet *p, struct verify_packet *f,
		 uint8_t *bytes)
{
	struct sim_packet s;

	*f = *p;
	f->wait_ms = 0;
	memcpy(bytes, p->bytes, p->len);
	parsed(pl, f, bytes, &s);
	if (s.l4proto == IPPROTO_TCP && packet_l4_len(&s) >= 20 && !s.fragoff) {
		uint8_t *h = bytes + s.thoff;

		h[13] = 0x10;
		put32(h + 4, get32(h + 4) + 1);
		put32(h + 8, 5001);
	}
	plan_sum(pl, f, bytes);
}

bool plan_other_port(struct planner *pl, struct verify_packet *p, uint8_t *bytes)
{
	bool v6 = pl->family == FAMILY_IPV6;
	struct sim_packet s;
	uint8_t *h;

	parsed(pl, p, bytes, &s);
	h = bytes + s.thoff;
	if (!s.whole || s.fragoff)
		h = NULL;
	else if (proto_has_ports(s.l4proto) && packet_l4_len(&s) >= 4)
		put16(h, 33000 + pl->next_port++ % 28000);
	else if (s.l4proto == (v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP) && packet_l4_len(&s) >= 8 &&
		 h[0] == (v6 ? 128 : 8))
		put16(h + 4, pl->next_port++);
	else
		h = NULL;
	plan_sum(pl, p, bytes);
	return h != NULL;
}

void plan_error(struct planner *pl, const struct verify_packet *p, uint8_t type, uint8_t code,
		struct verify_packet *e, uint8_t *bytes)
{
	unsigned n = pl->abytes, at = n == 16 ? 8 : 12, head = n == 16 ? 40 : 20;
	uint32_t quote = p->len < 520 ? p->len : 520;
	struct sim_packet s;

	*e = *p;
	memcpy(bytes + head + 8, p->bytes, quote);
	memset(bytes, 0, head + 8);
	bytes[0] = n == 16 ? 0x60 : 0x45;
	bytes[n == 16 ? 7 : 8] = 64;
	bytes[n == 16 ? 6 : 9] = n == 16 ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
	memcpy(bytes + at, p->bytes + at + n, n);
	memcpy(bytes + at + n, p->bytes + at, n);
	bytes[head] = type;
	bytes[head + 1] = code;
	put16(bytes + (n == 16 ? 4 : 2), n == 16 ? 8 + quote : head + 8 + quote);
	memcpy(e->smac, p->smac, 6);
	parsed(pl, p, (uint8_t *)(uintptr_t)p->bytes, &s);
	other_end(pl, p, &s, e);
	e->len = head + 8 + quote;
	plan_sum(pl, e, bytes);
}

void plan_error_from(struct planner *pl, struct verify_packet *e, uint8_t *bytes,
		     const struct host_iface *in, const struct addr *router)
{
	e->in = in;
	memcpy(bytes + (pl->abytes == 16 ? 8 : 12), router->b, pl->abytes);
	plan_sum(pl, e, bytes);
}

static void add(struct plan_shot *s, const struct verify_packet *p)
{
	memcpy(s->bytes[s->n], p->bytes, p->len);
	s->p[s->n] = *p;
	s->p[s->n].bytes = s->bytes[s->n];
	s->n++;
}

/* The error itself is the draft; the quoted packet goes the other way. */
static void related(struct planner *pl, const struct plan_draft *d, struct plan_shot *s,
		    struct verify_packet *last, uint8_t *bytes)
{
	unsigned n = pl->abytes, at = n == 16 ? 8 : 12, head = n == 16 ? 40 : 20;
	struct plan_draft opener = *d;
	struct verify_packet p, back;
	uint8_t b[PLAN_BYTES_MAX], c[PLAN_BYTES_MAX], type = bytes[head], code = bytes[head + 1];

	opener.mode = MODE_FRESH;
	opener.proto = IPPROTO_UDP;
	opener.npatches = opener.noptions = 0;
	opener.len = 0;
	plan_build(pl, &opener, &p, b);
	if (!turned(pl, &p, false, &back, c))
		return;
	if (n == 16 ? type > 127
		    : type != 3 && type != 4 && type != 5 && type != 11 && type != 12) {
		type = n == 16 ? 1 : 3;
		code = n == 16 ? 4 : 3;
	}
	if (back.len + head + 8 > PLAN_BYTES_MAX)
		return;
	add(s, &back);
	memcpy(bytes + head + 8, back.bytes, back.len);
	memset(bytes + head, 0, 8);
	bytes[head] = type;
	bytes[head + 1] = code;
	last->len = head + 8 + back.len;
	put16(bytes + (n == 16 ? 4 : 2), n == 16 ? 8 + back.len : last->len);
	memcpy(bytes + at, p.bytes + at, 2u * n);
	plan_sum(pl, last, bytes);
}

void plan_shoot(struct planner *pl, const struct plan_draft *d, struct plan_shot *s)
{
	struct verify_packet p, r;
	uint8_t bytes[PLAN_BYTES_MAX], back[PLAN_BYTES_MAX];
	struct plan_draft opener;

	s->n = 0;
	plan_build(pl, d, &p, bytes);
	switch ((enum plan_mode)d->mode) {
	case MODE_FRESH:
	case MODE_INVALID:
	case PLAN_MODES: break;
	case MODE_REPLY:
		if (turned(pl, &p, true, &r, back))
			add(s, &r);
		break;
	case MODE_FOLLOW:
		opener = *d;
		opener.mode = MODE_FRESH;
		plan_build(pl, &opener, &r, back);
		add(s, &r);
		if (turned(pl, &s->p[0], false, &r, back))
			add(s, &r);
		break;
	case MODE_RELATED:
		if (d->proto == IPPROTO_ICMP || d->proto == IPPROTO_ICMPV6)
			related(pl, d, s, &p, bytes);
		break;
	}
	add(s, &p);
}
