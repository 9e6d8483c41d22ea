/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * conn_window: does a segment lie within its connection's windows?
 *
 * tcp_in_window(), tcp_options() and tcp_sack() of net/netfilter/nf_conntrack_proto_tcp.c.
 */
#include "sim/conn_tcp.h"

#include <linux/netfilter/nf_conntrack_tcp.h>

#define MAX_ACK_WINDOW 66000
#define MAX_WSCALE     14

enum { OPT_END, OPT_NOP, OPT_MSS, OPT_WINDOW, OPT_SACK_PERM, OPT_SACK };

static bool before(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

static bool after(uint32_t a, uint32_t b)
{
	return before(b, a);
}

/* The next option that is not padding: its bytes, or NULL. *at moves behind it. */
static const uint8_t *next_option(const struct segment *g, uint32_t *at)
{
	const uint8_t *o = g->tcp + 20;

	while (*at < g->options) {
		uint32_t here = *at;

		if (o[here] == OPT_END)
			return NULL;
		if (o[here] == OPT_NOP) {
			++*at;
			continue;
		}
		if (here + 2 > g->options || o[here + 1] < 2 || here + o[here + 1] > g->options)
			return NULL;
		*at += o[here + 1];
		return o + here;
	}
	return NULL;
}

void segment_options(const struct segment *g, struct tcp_side *side)
{
	const uint8_t *o;
	uint32_t at = 0;

	if (!g->options)
		return;
	side->scale = 0;
	side->flags &= IP_CT_TCP_FLAG_BE_LIBERAL;
	while ((o = next_option(g, &at)) != NULL) {
		if (o[0] == OPT_SACK_PERM && o[1] == 2) {
			side->flags |= IP_CT_TCP_FLAG_SACK_PERM;
		} else if (o[0] == OPT_WINDOW && o[1] == 3) {
			side->scale = o[2] > MAX_WSCALE ? MAX_WSCALE : o[2];
			side->flags |= IP_CT_TCP_FLAG_WINDOW_SCALE;
		}
	}
}

static uint32_t highest_sack(const struct segment *g)
{
	uint32_t at = 0, sack = g->ack;
	const uint8_t *o;

	while ((o = next_option(g, &at)) != NULL)
		if (o[0] == OPT_SACK && o[1] >= 10 && (o[1] - 2) % 8 == 0) {
			for (unsigned i = 2; i < o[1]; i += 8)
				if (after(get32(o + i + 4), sack))
					sack = get32(o + i + 4);
			break;
		}
	return sack;
}

static void init_sender(struct tcp_side *sender, struct tcp_side *receiver, const struct segment *g,
			bool dir)
{
	sender->end = sender->maxend = g->end;
	sender->maxwin = g->win ? g->win : 1;
	segment_options(g, sender);
	if (dir && !(sender->flags & receiver->flags & IP_CT_TCP_FLAG_WINDOW_SCALE))
		sender->scale = receiver->scale = 0;
}

/* A direction from which nothing, or nothing but an old SYN, was seen. true: accepted as it is. */
static bool first_seen(const struct conn_tcp *t, struct tcp_side *sender, struct tcp_side *receiver,
		       const struct segment *g, bool dir, uint32_t sack)
{
	bool syn = g->flags & TCP_SYN, ack = g->flags & TCP_ACK;

	if (!sender->maxwin) {
		if (syn) {
			init_sender(sender, receiver, g, dir);
			return !ack; /* simultaneous open */
		}
		sender->end = g->end;
		sender->maxwin = (uint32_t)g->win << sender->scale;
		if (!sender->maxwin)
			sender->maxwin = 1;
		sender->maxend = g->end + sender->maxwin;
		if (!receiver->maxwin)
			receiver->end = receiver->maxend = sack;
		else if (sack == receiver->end + 1) /* an answer to a keep-alive */
			receiver->end++;
	} else if (syn && after(g->end, sender->end) &&
		   (t->state == TCP_CONNTRACK_SYN_SENT || t->state == TCP_CONNTRACK_SYN_RECV)) {
		init_sender(sender, receiver, g, dir);
		return dir && !ack;
	}
	return false;
}

static enum window outside(const struct sim *s, const struct tcp_side *sender, enum window w)
{
	bool liberal = sender->flags & IP_CT_TCP_FLAG_BE_LIBERAL || s->host->tcp_liberal;

	return liberal ? WINDOW_ACCEPT : w;
}

static void update(struct conn_tcp *t, bool dir, const struct segment *g, uint32_t seq, uint32_t end,
		   uint32_t ack, uint32_t sack)
{
	struct tcp_side *sender = &t->seen[dir], *receiver = &t->seen[!dir];
	uint32_t win = g->flags & TCP_SYN ? g->win : (uint32_t)g->win << sender->scale;
	uint32_t swin = win + (sack - ack);

	if (sender->maxwin < swin)
		sender->maxwin = swin;
	if (after(end, sender->end)) {
		sender->end = end;
		sender->flags |= IP_CT_TCP_FLAG_DATA_UNACKNOWLEDGED;
	}
	if (g->flags & TCP_ACK &&
	    (!(sender->flags & IP_CT_TCP_FLAG_MAXACK_SET) || after(ack, sender->maxack))) {
		sender->maxack = ack;
		sender->flags |= IP_CT_TCP_FLAG_MAXACK_SET;
	}
	if (receiver->maxwin && after(end, sender->maxend))
		receiver->maxwin += end - sender->maxend;
	if (after(sack + win, receiver->maxend - 1)) {
		receiver->maxend = sack + win;
		if (!win)
			receiver->maxend++;
	}
	if (ack == receiver->end)
		receiver->flags &= (uint8_t)~IP_CT_TCP_FLAG_DATA_UNACKNOWLEDGED;
	if (g->index == INDEX_ACK) {
		t->last_dir = dir;
		t->last_seq = seq;
		t->last_ack = ack;
		t->last_end = end;
		t->last_win = g->win;
	}
}

enum window segment_in_window(const struct sim *s, struct conn *c, bool dir, const struct segment *g)
{
	struct conn_tcp *t = &c->tcp;
	struct tcp_side *sender = &t->seen[dir], *receiver = &t->seen[!dir];
	uint32_t seq = g->seq, end = g->end, ack = g->ack, sack = ack, low;
	bool in_window;

	if (receiver->flags & IP_CT_TCP_FLAG_SACK_PERM)
		sack = highest_sack(g);
	if (first_seen(t, sender, receiver, g, dir, sack))
		return WINDOW_ACCEPT;
	if (!(g->flags & TCP_ACK) || (g->flags & TCP_RST && ack == 0))
		ack = sack = receiver->end;
	if (g->flags & TCP_RST && seq == 0 && t->state == TCP_CONNTRACK_SYN_SENT)
		seq = end = sender->end;
	low = receiver->end - (sender->maxwin > MAX_ACK_WINDOW ? sender->maxwin : MAX_ACK_WINDOW) - 1;
	in_window = receiver->maxwin && after(end, sender->end - receiver->maxwin - 1);
	if (!before(seq, sender->maxend + 1)) {
		uint32_t overshot = end - sender->maxend + 1;

		if (in_window && after(sack, low) && overshot <= receiver->maxwin &&
		    before(sack, receiver->end + 1)) {
			sender->end = end;
			sender->flags |= IP_CT_TCP_FLAG_DATA_UNACKNOWLEDGED;
			return outside(s, sender, WINDOW_IGNORE);
		}
		return outside(s, sender, WINDOW_INVALID);
	}
	if (!before(sack, receiver->end + 1))
		return outside(s, sender, WINDOW_INVALID);
	if ((receiver->maxwin && !in_window) || !after(sack, low))
		return outside(s, sender, WINDOW_IGNORE);
	update(t, dir, g, seq, end, ack, sack);
	return WINDOW_ACCEPT;
}
