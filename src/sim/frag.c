/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * frag: fragments are kept until their datagram is whole.
 *
 * ip_defrag() of net/ipv4/ip_fragment.c and nf_ct_frag6_gather() of nf_conntrack_reasm.c: overlapping
 * fragments discard the datagram, one that came before is forgotten; a fragment's data but for the last one's is a multiple of 8 bytes;
 * what is not complete after a while (30 s, IPv6 60 s) is forgotten.
 */
#include "sim/frag.h"

#include <netinet/in.h>

#define TIMEOUT4 30000
#define TIMEOUT6 60000

struct piece {
	struct piece *next;
	uint32_t offset, len;
	uint8_t *data;
};

struct queue {
	struct queue *next;
	struct addr src, dst;
	uint32_t id;
	uint8_t proto, family;
	unsigned user;
	uint64_t expires_ms;
	struct piece *pieces;  /* by offset */
	uint32_t total;        /* known from the last fragment; 0: not yet */
	uint8_t *head;         /* of the first fragment, up to where the data goes */
	uint32_t headlen, count;
};

struct frag_table {
	struct arena *arena;
	struct queue *queues;
};

struct frag_table *frag_table_new(struct arena *a)
{
	struct frag_table *t = ARENA_NEW(a, struct frag_table);

	t->arena = a;
	return t;
}

/* Where the fragment's own bytes are. */
struct view {
	uint32_t head; /* bytes before the data; IPv6: without the fragment header */
	uint32_t data, len, offset, id;
	bool more;
	uint8_t proto;
	uint32_t nexthdr_at; /* IPv6: the byte that names the fragment header */
};

static bool view4(const struct sim_packet *p, struct view *v)
{
	uint16_t off = get16(p->data + 6);

	*v = (struct view){ .head = p->thoff, .data = p->thoff, .id = get16(p->data + 4),
			    .offset = (off & PACKET_OFFSET) * 8u, .more = off & PACKET_MF,
			    .proto = p->data[9] };
	v->len = p->len - v->data;
	return off & (PACKET_OFFSET | PACKET_MF);
}

static bool view6(const struct sim_packet *p, struct view *v)
{
	uint32_t at = 40, prev = 6;
	uint8_t next = p->data[6];

	while (next == IPPROTO_HOPOPTS || next == IPPROTO_ROUTING || next == IPPROTO_DSTOPTS) {
		if (at + 8 > p->len)
			return false;
		next = p->data[at];
		prev = at;
		at += (p->data[at + 1] + 1u) << 3;
	}
	if (next != IPPROTO_FRAGMENT || at + 8 > p->len)
		return false;
	*v = (struct view){ .head = at, .data = at + 8, .id = get32(p->data + at + 4),
			    .offset = get16(p->data + at + 2) & 0xfff8u,
			    .more = get16(p->data + at + 2) & 1, .proto = p->data[at],
			    .nexthdr_at = prev };
	v->len = p->len - v->data;
	return true;
}

static struct queue *find(struct sim *s, const struct sim_packet *p, const struct view *v, unsigned user)
{
	struct queue **q = &s->frags->queues, *x;
	struct addr src, dst;

	packet_addrs(p, &src, &dst);
	while (*q) {
		x = *q;
		if (x->expires_ms <= s->now_ms) {
			*q = x->next;
			continue;
		}
		if (x->id == v->id && x->family == p->family && x->user == user &&
		    (p->family == FAMILY_IPV6 || x->proto == v->proto) &&
		    !memcmp(&x->src, &src, sizeof(src)) && !memcmp(&x->dst, &dst, sizeof(dst)))
			return x;
		q = &x->next;
	}
	x = ARENA_NEW(s->frags->arena, struct queue);
	x->src = src;
	x->dst = dst;
	x->id = v->id;
	x->proto = v->proto;
	x->family = (uint8_t)p->family;
	x->user = user;
	x->expires_ms = s->now_ms + (p->family == FAMILY_IPV6 ? TIMEOUT6 : TIMEOUT4);
	*q = x;
	return x;
}

static void drop_queue(struct sim *s, struct queue *x)
{
	struct queue **q = &s->frags->queues;

	while (*q && *q != x)
		q = &(*q)->next;
	if (*q)
		*q = x->next;
}

static void keep_head(struct sim *s, const struct sim_packet *p, const struct view *v, struct queue *q)
{
	q->headlen = v->head;
	q->head = arena_bytes(s->frags->arena, v->head + 1);
	memcpy(q->head, p->data, v->head);
	if (p->family == FAMILY_IPV6)
		q->head[v->nexthdr_at] = v->proto;
}

/* inet_frag_queue_insert(): does what came without a gap hold all of it already? */
static bool duplicate(const struct queue *q, uint32_t from, uint32_t end)
{
	for (const struct piece *p = q->pieces; p;) {
		uint32_t start = p->offset, at = start;

		for (; p && p->offset == at; p = p->next)
			at += p->len;
		if (from >= start && end <= at)
			return true;
	}
	return false;
}

/* false: it overlaps another one, or contradicts the end. */
static bool insert(struct sim *s, const struct sim_packet *p, const struct view *v, struct queue *q)
{
	struct piece **at = &q->pieces, *n;
	uint32_t end = v->offset + v->len;

	if ((v->more && v->len % 8) || end > 65535 || !v->len || (q->total && end > q->total) ||
	    (!v->more && q->total && q->total != end))
		return false;
	if (duplicate(q, v->offset, end))
		return true;
	while (*at && (*at)->offset + (*at)->len <= v->offset)
		at = &(*at)->next;
	if (*at && (*at)->offset < end)
		return false;
	n = ARENA_NEW(s->frags->arena, struct piece);
	n->offset = v->offset;
	n->len = v->len;
	n->data = arena_bytes(s->frags->arena, v->len);
	memcpy(n->data, p->data + v->data, v->len);
	n->next = *at;
	*at = n;
	q->count++;
	if (!v->more)
		q->total = end;
	if (!v->offset)
		keep_head(s, p, v, q);
	return true;
}

static bool whole(const struct queue *q)
{
	uint32_t at = 0;

	for (const struct piece *p = q->pieces; p; p = p->next) {
		if (p->offset != at)
			return false;
		at += p->len;
	}
	return q->total && at == q->total;
}

static void assemble(struct sim *s, struct sim_packet *p, const struct queue *q)
{
	uint32_t len = q->headlen + q->total;
	uint8_t *b = arena_bytes(s->frags->arena, len);

	memcpy(b, q->head, q->headlen);
	for (const struct piece *x = q->pieces; x; x = x->next)
		memcpy(b + q->headlen + x->offset, x->data, x->len);
	if (p->family == FAMILY_IPV4) {
		put16(b + 2, len);
		put16(b + 6, get16(b + 6) & PACKET_DF);
		put16(b + 10, 0);
		put16(b + 10, csum_fold(csum_add(0, b, q->headlen)));
	} else {
		put16(b + 4, len - 40);
	}
	packet_set(p, s->arena, b, len);
	p->ndefrag = q->count;
}

/* ipv6frag_thdr_truncated(): a first fragment without all of its headers is not gathered. */
static bool truncated(const struct sim_packet *p)
{
	uint32_t bytes = p->l4proto == IPPROTO_TCP ? 20
			 : p->l4proto == IPPROTO_UDP || p->l4proto == IPPROTO_ICMPV6 ? 8 : 1;

	return p->family == FAMILY_IPV6 && p->whole && !p->fragoff && p->thoff + bytes > p->len;
}

enum sim_result frag_gather(struct sim *s, struct sim_packet *p, unsigned user)
{
	struct view v;
	struct queue *q;

	if (p->family == FAMILY_IPV6 ? !view6(p, &v) : !view4(p, &v))
		return RESULT_PASS;
	if (truncated(p))
		return RESULT_PASS;
	q = find(s, p, &v, user);
	if (!insert(s, p, &v, q)) {
		drop_queue(s, q);
		/* nf_ct_frag6_queue() says -EPROTO, and the fragment goes on as it is. */
		return p->family == FAMILY_IPV6 && v.more && v.len % 8 ? RESULT_PASS : RESULT_DROP;
	}
	if (!whole(q))
		return RESULT_STOLEN;
	drop_queue(s, q);
	assemble(s, p, q);
	if (q->count > 1)
		sim_note(s, p, EVENT_NOTE, "%u fragments are one packet of %u bytes now", q->count, p->len);
	else /* an atomic fragment is a whole datagram, and loses its header */
		sim_note(s, p, EVENT_NOTE, "the fragment header is taken off: %u bytes now", p->len);
	return RESULT_PASS;
}
