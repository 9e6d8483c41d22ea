/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan_wild: what no rule asks for: packets of the plan once more, cut short, in fragments, with options
 * and extension headers, wrong checksums, to other hardware addresses; answers, errors and what follows.
 */
#include "verify/plan_make.h"

#include <linux/if_packet.h>
#include <netinet/in.h>

enum wild { WILD_CUT, WILD_FRAGMENT, WILD_REPLY, WILD_FOLLOW, WILD_ERROR, WILD_FLAGS, WILD_CAST,
	    WILD_SUM, WILD_HEADER, WILD_PROTO, WILD_NEAR, WILD_ELSEWHERE, WILD_TOS, WILD_LONG, WILDS };

struct wilding {
	struct planner *pl;
	struct verify_packet *p;
	uint8_t *b;
	struct sim_packet s; /* parsed */
};

static uint32_t below(struct wilding *w, uint32_t n)
{
	return plan_below(&w->pl->random, n);
}

static void set_len(struct wilding *w, uint32_t len)
{
	w->p->len = len;
	if (w->pl->family == FAMILY_IPV6)
		put16(w->b + 4, len - 40);
	else
		put16(w->b + 2, len);
}

static void insert(struct wilding *w, uint32_t at, const uint8_t *bytes, uint32_t n)
{
	if (w->p->len + n > PLAN_BYTES_MAX)
		return;
	memmove(w->b + at + n, w->b + at, w->p->len - at);
	memcpy(w->b + at, bytes, n);
	set_len(w, w->p->len + n);
}

static void cut(struct wilding *w)
{
	static const uint8_t keep[] = { 0, 1, 2, 3, 4, 7, 8, 11, 12, 13, 14, 19, 20 };

	if (w->s.len > w->s.thoff) {
		uint32_t n = keep[below(w, sizeof(keep))];

		if (n < w->s.len - w->s.thoff)
			set_len(w, w->s.thoff + n);
	}
}

/* First, second at the odd offset 1, later, last. */
static void fragment(struct wilding *w)
{
	static const uint16_t offsets[] = { 0x2000, 0x2001, 1, 2, 5, 0x2005, 0x4000, 185 };
	uint16_t off = offsets[below(w, 8)];
	uint8_t h[8] = { 0 };

	if (w->pl->family == FAMILY_IPV4) {
		put16(w->b + 6, off);
		return;
	}
	h[0] = w->b[6];
	put16(h + 2, (uint32_t)(off & 0x1fff) << 3 | off >> 13);
	put32(h + 4, w->pl->next_id++);
	if (w->p->len + 8 <= PLAN_BYTES_MAX) {
		insert(w, 40, h, 8);
		w->b[6] = IPPROTO_FRAGMENT;
	}
}

static void flags(struct wilding *w)
{
	static const uint8_t all[] = { 0, 1, 2, 4, 0x10, 0x11, 0x12, 0x14, 0x18, 0x29, 0x3f, 3, 6, 0xc2, 5 };

	if (w->s.l4proto == IPPROTO_TCP && w->s.len >= w->s.thoff + 20 && !w->s.fragoff)
		w->b[w->s.thoff + 13] = all[below(w, sizeof(all))];
}

static void cast(struct wilding *w)
{
	static const uint8_t group[16] = { 0xff, 2, [15] = 1 };

	if (!w->p->in)
		return;
	w->p->pkttype = (uint8_t)(1 + below(w, 3));
	if (w->p->pkttype == PACKET_MULTICAST && below(w, 2)) {
		if (w->pl->family == FAMILY_IPV6)
			memcpy(w->b + 24, group, 16);
		else
			put32(w->b + 16, 0xe0000001);
	} else if (w->p->pkttype == PACKET_BROADCAST && below(w, 2) && w->pl->family == FAMILY_IPV4) {
		put32(w->b + 16, 0xffffffff);
	}
}

static void header(struct wilding *w)
{
	static const uint8_t v4[][8] = { { 148, 4, 0, 0 }, { 7, 7, 4, 0, 0, 0, 0, 0 },
					 { 1, 1, 1, 0 }, { 68, 8, 5, 0, 0, 0, 0, 0 } };
	static const uint8_t len4[] = { 4, 8, 4, 8 };
	static const uint8_t v6[] = { IPPROTO_HOPOPTS, IPPROTO_DSTOPTS, IPPROTO_ROUTING };
	uint8_t h[24] = { 0 };
	unsigned k;

	if (w->pl->family == FAMILY_IPV4) {
		k = below(w, 4);
		if ((w->b[0] & 15) != 5 || w->p->len + 8 > PLAN_BYTES_MAX)
			return;
		insert(w, 20, v4[k], len4[k]);
		w->b[0] = (uint8_t)(0x45 + len4[k] / 4);
		return;
	}
	k = below(w, 3);
	if (w->p->len + 24 > PLAN_BYTES_MAX)
		return;
	h[0] = w->b[6];
	h[1] = k == 2 ? 2 : 0;
	if (k < 2) {
		h[2] = 1;
		h[3] = 4;
	} else {
		memcpy(h + 8, w->b + 24, 16);
	}
	insert(w, 40, h, k == 2 ? 24 : 8);
	w->b[6] = v6[k];
}

static void proto(struct wilding *w)
{
	static const uint8_t all[] = { 6, 17, 1, 58, 132, 33, 136, 50, 51, 47, 2, 4, 41, 108, 135, 59, 253, 0, 255 };

	w->b[w->pl->family == FAMILY_IPV6 ? 6 : 9] = all[below(w, sizeof(all))];
}

/* One more or less: of a port, a type, an address. */
static void near(struct wilding *w)
{
	unsigned n = w->pl->abytes, at = n == 16 ? 8 : 12;
	int by = below(w, 2) ? 1 : -1;
	uint8_t *h = w->b + w->s.thoff;

	switch (below(w, 5)) {
	case 0:
		if (w->s.len >= w->s.thoff + 4)
			put16(h, (uint32_t)(get16(h) + by));
		break;
	case 1:
		if (w->s.len >= w->s.thoff + 4)
			put16(h + 2, (uint32_t)(get16(h + 2) + by));
		break;
	case 2: put32(w->b + at + n - 4, get32(w->b + at + n - 4) + (uint32_t)by); break;
	case 3: put32(w->b + at + 2 * n - 4, get32(w->b + at + 2 * n - 4) + (uint32_t)by); break;
	default:
		if (w->s.len >= w->s.thoff + 2)
			h[below(w, 2)] += (uint8_t)by;
		break;
	}
}

static void elsewhere(struct wilding *w)
{
	unsigned n = w->pl->abytes, at = n == 16 ? 8 : 12;
	const struct host_iface *dev = w->pl->host->lo->next;

	if (w->pl->naddrs && below(w, 3))
		memcpy(w->b + at + (below(w, 2) ? n : 0), plan_some_addr(w->pl)->b, n);
	if (!w->p->in)
		return;
	for (uint32_t i = below(w, w->pl->host->nifaces - 1); i && dev->next; i--)
		dev = dev->next;
	if (dev && !dev->loopback)
		w->p->in = dev;
}

static void tos(struct wilding *w)
{
	static const uint8_t ttl[] = { 1, 2, 255, 254, 128, 0 };

	if (below(w, 2)) {
		w->b[w->pl->family == FAMILY_IPV6 ? 7 : 8] = ttl[below(w, 6)];
	} else if (w->pl->family == FAMILY_IPV6) {
		put16(w->b, 0x6000 | below(w, 256) << 4);
	} else {
		w->b[1] = (uint8_t)below(w, 256);
	}
}

static void longer(struct wilding *w)
{
	static const uint16_t sizes[] = { 1, 3, 7, 100, 333, 900, 1200 };
	uint32_t n = sizes[below(w, 7)];

	if (w->p->len + n > PLAN_BYTES_MAX)
		return;
	memset(w->b + w->p->len, 'x', n);
	set_len(w, w->p->len + n);
	if (w->s.l4proto == IPPROTO_UDP && !w->s.fragoff && w->s.len >= w->s.thoff + 8)
		put16(w->b + w->s.thoff + 4, w->p->len - w->s.thoff);
}

static bool change(struct wilding *w, enum wild kind, const struct verify_packet *of)
{
	bool v6 = w->pl->family == FAMILY_IPV6;
	static const uint8_t errors[2][3] = { { 3, 11, 12 }, { 1, 2, 3 } };

	switch (kind) {
	case WILD_CUT: cut(w); break;
	case WILD_FRAGMENT: fragment(w); break;
	case WILD_REPLY: return plan_reply(w->pl, of, w->p, w->b);
	case WILD_FOLLOW: plan_follow(w->pl, of, w->p, w->b); return true;
	case WILD_ERROR:
		plan_error(w->pl, of, errors[v6][below(w, 3)], (uint8_t)below(w, 4), w->p, w->b);
		return true;
	case WILD_FLAGS: flags(w); break;
	case WILD_CAST: cast(w); break;
	case WILD_SUM: break;
	case WILD_HEADER: header(w); break;
	case WILD_PROTO: proto(w); break;
	case WILD_NEAR: near(w); break;
	case WILD_ELSEWHERE: elsewhere(w); break;
	case WILD_TOS: tos(w); break;
	case WILD_LONG: longer(w); break;
	case WILDS: break;
	}
	plan_sum(w->pl, w->p, w->b);
	if (kind == WILD_SUM && w->p->len > w->s.thoff + 4)
		w->b[w->p->len - 1] ^= 0x81;
	return true;
}

/* A raw socket sends what has a whole IP header. */
static bool sendable(struct planner *pl, const struct verify_packet *p)
{
	return p->len >= (pl->family == FAMILY_IPV6 ? 40u : 20u) && p->len <= PLAN_BYTES_MAX;
}

void plan_wild(struct planner *pl, uint32_t n)
{
	struct plan_shot *s = &pl->shot;
	uint32_t of = pl->nout;

	for (uint32_t i = 0; i < n && of; i++) {
		const struct verify_packet *from = &pl->out[plan_below(&pl->random, of)];
		struct wilding w = { .pl = pl, .p = &s->p[0], .b = s->bytes[0] };

		s->n = 1;
		s->p[0] = *from;
		s->p[0].wait_ms = 0;
		memcpy(w.b, from->bytes, from->len);
		s->p[0].bytes = w.b;
		w.s = (struct sim_packet){ .family = pl->family, .data = w.b, .len = from->len };
		packet_parse(&w.s);
		if (change(&w, (enum wild)plan_below(&pl->random, WILDS), from) && sendable(pl, &s->p[0]))
			plan_keep(pl, s, 0);
	}
}
