/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan_build: the bytes of a draft.
 *
 * Headers are made whole first, then the draft's patches are laid over them, then lengths and
 * checksums are made right, unless a patch was about them.
 */
#include "verify/plan_make.h"

#include <netinet/in.h>
#include "sim/load.h"

struct make {
	struct planner *pl;
	const struct plan_draft *d;
	uint8_t *b;
	uint32_t len, thoff;
};

static void put(struct make *m, const void *p, uint32_t n)
{
	if (m->len + n > PLAN_BYTES_MAX)
		return;
	memcpy(m->b + m->len, p, n);
	m->len += n;
}

static void zeros(struct make *m, uint32_t n)
{
	if (m->len + n > PLAN_BYTES_MAX)
		return;
	memset(m->b + m->len, 0, n);
	m->len += n;
}

static void patch(const struct make *m, const struct plan_patch *p, uint32_t at, uint32_t room)
{
	if ((uint32_t)p->off + p->bits <= room * 8)
		store_bits(m->b + at, p->off, p->bits, &p->v);
}

/* A TCP or IPv4 option: kind, length, data. */
static void option(struct make *m, const struct plan_option *o)
{
	static const struct {
		uint8_t kind, type, len;
	} lengths[] = { { KIND_TCPOPT, 2, 4 },	{ KIND_TCPOPT, 3, 3 },	{ KIND_TCPOPT, 4, 2 },
			{ KIND_TCPOPT, 5, 10 }, { KIND_TCPOPT, 8, 10 }, { KIND_TCPOPT, 19, 18 },
			{ KIND_IPOPT, 148, 4 }, { KIND_IPOPT, 7, 7 },	{ KIND_IPOPT, 68, 8 },
			{ KIND_IPOPT, 131, 7 }, { KIND_IPOPT, 137, 7 } };
	uint32_t at = m->len;
	uint8_t len = 4;

	if (o->type < 2) {
		put(m, &o->type, 1);
		return;
	}
	for (unsigned i = 0; i < sizeof(lengths) / sizeof(*lengths); i++)
		if (lengths[i].kind == o->kind && lengths[i].type == o->type)
			len = lengths[i].len;
	zeros(m, len);
	m->b[at] = o->type;
	m->b[at + 1] = len;
	if (o->kind == KIND_IPOPT && o->type != 148) {
		m->b[at + 2] = o->type == 68 ? 5 : 4; /* the pointer: nothing recorded yet */
		if (o->type == 68)
			m->b[at + 3] = 0x10; /* overflows so far */
	}
	for (unsigned i = 0; i < o->npatches; i++)
		patch(m, &o->patches[i], at, len);
}

static void options(struct make *m, unsigned kind, uint32_t from)
{
	for (unsigned i = 0; i < m->d->noptions; i++)
		if (m->d->options[i].kind == kind && m->d->options[i].present && m->len - from < 30)
			option(m, &m->d->options[i]);
	while ((m->len - from) % 4)
		zeros(m, 1);
}

static void header4(struct make *m)
{
	static const uint8_t plain[20] = { 0x45, 0, 0, 0, 0, 0, 0, 0, 64 };

	put(m, plain, 20);
	put16(m->b + 4, m->pl->next_id++);
	m->b[9] = m->d->proto;
	memcpy(m->b + 12, m->d->src.b, 4);
	memcpy(m->b + 16, m->d->dst.b, 4);
	options(m, KIND_IPOPT, 20);
	m->b[0] = (uint8_t)(0x40 | m->len / 4);
	put16(m->b + 6, m->d->frag);
}

/* One extension header; *next: where the number of the header that follows goes. */
static void ext_header(struct make *m, uint8_t **next, const struct plan_option *o)
{
	uint32_t at = m->len, len = o->type == IPPROTO_ROUTING ? 24
				    : o->type == IPPROTO_AH    ? 24
							       : 8;

	**next = o->type;
	zeros(m, len);
	*next = m->b + at;
	switch (o->type) {
	case IPPROTO_HOPOPTS:
	case IPPROTO_DSTOPTS:
		m->b[at + 2] = 1; /* PadN */
		m->b[at + 3] = 4;
		break;
	case IPPROTO_ROUTING:
		m->b[at + 1] = 2;
		memcpy(m->b + at + 8, m->d->dst.b, 16);
		break;
	case IPPROTO_AH: m->b[at + 1] = 4; break;
	case IPPROTO_FRAGMENT: put32(m->b + at + 4, m->pl->next_id++); break;
	default: break;
	}
	for (unsigned i = 0; i < o->npatches; i++)
		patch(m, &o->patches[i], at, len);
}

static void header6(struct make *m)
{
	static const uint8_t order[] = { IPPROTO_HOPOPTS, IPPROTO_DSTOPTS, IPPROTO_ROUTING,
					 IPPROTO_FRAGMENT, IPPROTO_AH };
	uint8_t *next;

	zeros(m, 40);
	m->b[0] = 0x60;
	m->b[7] = 64;
	memcpy(m->b + 8, m->d->src.b, 16);
	memcpy(m->b + 24, m->d->dst.b, 16);
	next = m->b + 6;
	for (unsigned k = 0; k < sizeof(order); k++)
		for (unsigned i = 0; i < m->d->noptions; i++)
			if (m->d->options[i].kind == KIND_EXTHDR && m->d->options[i].present &&
			    m->d->options[i].type == order[k])
				ext_header(m, &next, &m->d->options[i]);
	if (m->d->frag) {
		static const struct plan_option fragment = { .kind = KIND_EXTHDR,
							     .type = IPPROTO_FRAGMENT };
		uint32_t at = m->len;

		ext_header(m, &next, &fragment);
		put16(m->b + at + 2, (uint32_t)(m->d->frag & 0x1fff) << 3 | m->d->frag >> 13);
	}
	if (m->d->cut == PLAN_BROKEN) {
		const struct plan_option options = { .kind = KIND_EXTHDR,
						     .type = m->d->broken };

		/* Another one would follow where the packet has ended. */
		ext_header(m, &next, &options);
		next[0] = IPPROTO_DSTOPTS;
		next[1] = 200;
		return;
	}
	*next = m->d->proto;
}

static void tcp(struct make *m)
{
	static const uint8_t flags[PLAN_MODES] = { 0x02, 0x12, 0x10, 0x10, 0x03 };
	bool reply = m->d->mode == MODE_REPLY, follow = m->d->mode == MODE_FOLLOW;
	uint32_t at = m->len, words;

	zeros(m, 20);
	put32(m->b + at + 4, reply ? 5000 : follow ? 1001 : 1000);
	put32(m->b + at + 8, reply ? 1001 : follow ? 5001 : 0);
	m->b[at + 13] = flags[m->d->mode];
	put16(m->b + at + 14, 64240);
	options(m, KIND_TCPOPT, at + 20);
	words = (m->len - at) / 4;
	if (m->d->words > words) {
		words = m->d->words;
		zeros(m, at + words * 4 - m->len);
	} else if (m->d->words &&
		   m->d->words < 5) { /* what reaches beyond it is no option in nftables */
		words = m->d->words;
	}
	m->b[at + 12] = (uint8_t)(words << 4);
}

static void sctp(struct make *m)
{
	uint32_t at;
	bool any = false;

	zeros(m, 12);
	for (unsigned i = 0; i < m->d->noptions; i++) {
		const struct plan_option *o = &m->d->options[i];

		if (o->kind != KIND_SCTPCHUNK || !o->present)
			continue;
		at = m->len;
		any = true;
		zeros(m, 20);
		m->b[at] = o->type;
		m->b[at + 3] = 20;
		for (unsigned k = 0; k < o->npatches; k++)
			patch(m, &o->patches[k], at, 20);
	}
	if (!any) { /* INIT */
		at = m->len;
		zeros(m, 20);
		m->b[at] = m->d->noptions && m->d->options[0].kind == KIND_SCTPCHUNK ? 4 : 1;
		m->b[at + 3] = 20;
		m->b[at + 7] = 7;
		m->b[at + 11] = 9;
		m->b[at + 13] = m->b[at + 15] = 1;
	}
}

static void icmp(struct make *m)
{
	bool v6 = m->pl->family == FAMILY_IPV6, reply = m->d->mode == MODE_REPLY;
	uint32_t at = m->len;

	zeros(m, 8);
	m->b[at] = v6 ? (reply ? 129 : 128) : reply ? 0 : 8;
	if (m->d->mode == MODE_INVALID) /* an answer that nobody asked for */
		m->b[at] = v6 ? 129 : 0;
	put16(m->b + at + 4, m->d->sport);
	m->b[at + 7] = (uint8_t)plan_below(&m->pl->random, 3);
}

static void transport(struct make *m)
{
	uint32_t at = m->len;

	switch (m->d->proto) {
	case IPPROTO_TCP: tcp(m); break;
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE: zeros(m, 12); break;
	case IPPROTO_SCTP: sctp(m); break;
	case IPPROTO_DCCP:
		zeros(m, 20);
		m->b[at + 4] = 5;
		m->b[at + 8] = 1;
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6: icmp(m); return;
	case IPPROTO_ESP: zeros(m, 24); break;
	case IPPROTO_AH:
		zeros(m, 24);
		m->b[at] = IPPROTO_NONE;
		m->b[at + 1] = 4;
		break;
	case IPPROTO_COMP:
		zeros(m, 12);
		m->b[at] = IPPROTO_NONE;
		break;
	case IPPROTO_MH:
		zeros(m, 16);
		m->b[at] = IPPROTO_NONE;
		m->b[at + 1] = 1;
		break;
	default: zeros(m, 16); break;
	}
	if (proto_has_ports(m->d->proto)) {
		put16(m->b + at, m->d->sport);
		put16(m->b + at + 2, m->d->dport);
	}
}

static void lengths(struct make *m)
{
	uint32_t l4 = m->len - m->thoff;

	/* As long as the patches need it. */
	for (unsigned i = 0; i < m->d->npatches && !m->d->len; i++) {
		const struct plan_patch *p = &m->d->patches[i];
		const uint32_t end = m->thoff + (p->off + p->bits + 7u) / 8;

		if (p->base == BASE_TH && end > m->len)
			zeros(m, end - m->len);
	}
	for (; m->len < m->d->len; m->len++)
		m->b[m->len] = (uint8_t)('A' + m->len % 26);
	if (m->d->len && m->d->len >= m->thoff)
		m->len = m->d->len; /* shorter: cut */
	if (m->d->cut && m->d->cut != PLAN_BROKEN && m->len > m->thoff + m->d->cut - 1u)
		m->len = m->thoff + m->d->cut - 1u;
	l4 = m->len - m->thoff;
	if (m->pl->family == FAMILY_IPV6)
		put16(m->b + 4, m->len - 40);
	else
		put16(m->b + 2, m->len);
	if ((m->d->proto == IPPROTO_UDP || m->d->proto == IPPROTO_UDPLITE) && l4 >= 8)
		put16(m->b + m->thoff + 4, l4);
}

void plan_sum(struct planner *pl, struct verify_packet *p, uint8_t *bytes)
{
	struct sim_packet s = {
		.family = pl->family, .data = bytes, .len = p->len, .cap = PLAN_BYTES_MAX
	};

	packet_parse(&s);
	if (s.thoff <= s.len)
		packet_checksums(&s);
	p->bytes = bytes;
}

static void overlay(struct make *m)
{
	for (unsigned i = 0; i < m->d->npatches; i++) {
		const struct plan_patch *p = &m->d->patches[i];

		if (p->base == BASE_TH)
			patch(m, p, m->thoff, m->len - m->thoff);
		else if (p->base == BASE_NH)
			patch(m, p, 0, m->len);
	}
}

void plan_build(struct planner *pl, const struct plan_draft *d, struct verify_packet *p,
		uint8_t *bytes)
{
	struct make m = { .pl = pl, .d = d, .b = bytes };

	if (pl->family == FAMILY_IPV6)
		header6(&m);
	else
		header4(&m);
	m.thoff = m.len;
	transport(&m);
	lengths(&m);
	overlay(&m);
	*p = (struct verify_packet){ .bytes = bytes,
				     .len = m.len,
				     .in = d->in,
				     .bound = d->bound,
				     .mark = d->mark,
				     .uid = d->uid,
				     .gid = d->gid,
				     .pkttype = d->pkttype };
	memcpy(p->smac, d->smac, 6);
	plan_sum(pl, p, bytes);
	if (d->bad_sum && m.len > m.thoff + 8)
		bytes[m.len - 1] ^= 0x55;
}
