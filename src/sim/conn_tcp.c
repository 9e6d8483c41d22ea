/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * conn_tcp: the TCP tracker: states (nf_conntrack_tcp_packet() of nf_conntrack_proto_tcp.c). The window
 * is in conn_window.c.
 *
 * Quirks kept: a connection may be picked up in the middle (tcp_loose), without a window check then;
 * a SYN within a live connection is ignored but remembered; a closed connection is reopened by a
 * SYN, which the caller repeats for (RESULT_RETURN).
 */
#include "sim/conn_tcp.h"

#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_conntrack_tcp.h>

#define NO TCP_CONNTRACK_NONE
#define SS TCP_CONNTRACK_SYN_SENT
#define SR TCP_CONNTRACK_SYN_RECV
#define ES TCP_CONNTRACK_ESTABLISHED
#define FW TCP_CONNTRACK_FIN_WAIT
#define CW TCP_CONNTRACK_CLOSE_WAIT
#define LA TCP_CONNTRACK_LAST_ACK
#define TW TCP_CONNTRACK_TIME_WAIT
#define CL TCP_CONNTRACK_CLOSE
#define S2 TCP_CONNTRACK_SYN_SENT2
#define IV TCP_CONNTRACK_MAX
#define IG TCP_CONNTRACK_IGNORE

/* By direction, kind of segment, and state: NO SS SR ES FW CW LA TW CL S2. */
static const uint8_t next_state[2][6][TCP_CONNTRACK_MAX] = {
	{
		[INDEX_SYN] = { SS, SS, IG, IG, IG, IG, IG, SS, SS, S2 },
		[INDEX_SYNACK] = { IV, IV, SR, IV, IV, IV, IV, IV, IV, SR },
		[INDEX_FIN] = { IV, IV, FW, FW, LA, LA, LA, TW, CL, IV },
		[INDEX_ACK] = { ES, IV, ES, ES, CW, CW, TW, TW, CL, IV },
		[INDEX_RST] = { IV, CL, CL, CL, CL, CL, CL, CL, CL, CL },
		[INDEX_NONE] = { IV, IV, IV, IV, IV, IV, IV, IV, IV, IV },
	},
	{
		[INDEX_SYN] = { IV, S2, IV, IV, IV, IV, IV, SS, IV, S2 },
		[INDEX_SYNACK] = { IV, SR, IG, IG, IG, IG, IG, IG, IG, SR },
		[INDEX_FIN] = { IV, IV, FW, FW, LA, LA, LA, TW, CL, IV },
		[INDEX_ACK] = { IV, IG, SR, ES, CW, CW, TW, TW, CL, IG },
		[INDEX_RST] = { IV, CL, CL, CL, CL, CL, CL, CL, CL, CL },
		[INDEX_NONE] = { IV, IV, IV, IV, IV, IV, IV, IV, IV, IV },
	},
};

/* Seconds; sysctl's defaults. */
static const uint32_t timeouts[TCP_CONNTRACK_MAX] = {
	[SS] = 120, [SR] = 60, [ES] = 432000, [FW] = 120, [CW] = 60, [LA] = 30, [TW] = 120, [CL] = 10,
	[S2] = 120,
};
#define TIMEOUT_UNACK 300

bool segment_read(const struct sim_packet *p, struct segment *g)
{
	uint32_t len = packet_l4_len(p), doff;

	g->tcp = p->data + p->thoff;
	if (len < 20)
		return false;
	doff = (g->tcp[12] >> 4) * 4u;
	if (doff < 20 || doff > len)
		return false;
	g->options = doff - 20;
	g->flags = g->tcp[13];
	g->seq = get32(g->tcp + 4);
	g->ack = get32(g->tcp + 8);
	g->win = get16(g->tcp + 14);
	g->end = g->seq + len - doff + !!(g->flags & TCP_SYN) + !!(g->flags & TCP_FIN);
	g->index = g->flags & TCP_RST			? INDEX_RST
		   : g->flags & TCP_SYN			? g->flags & TCP_ACK ? INDEX_SYNACK : INDEX_SYN
		   : g->flags & TCP_FIN			? INDEX_FIN
		   : g->flags & TCP_ACK			? INDEX_ACK
							: INDEX_NONE;
	return true;
}

static bool flags_valid(uint8_t flags)
{
	switch (flags & (TCP_FIN | TCP_SYN | TCP_RST | TCP_ACK | TCP_URG)) {
	case TCP_SYN:
	case TCP_SYN | TCP_URG:
	case TCP_SYN | TCP_ACK:
	case TCP_RST:
	case TCP_RST | TCP_ACK:
	case TCP_FIN | TCP_ACK:
	case TCP_FIN | TCP_ACK | TCP_URG:
	case TCP_ACK:
	case TCP_ACK | TCP_URG: return true;
	default: return false;
	}
}

static bool begin(const struct sim *s, struct conn *c, const struct segment *g)
{
	uint8_t state = next_state[0][g->index][NO];

	if (state >= IV || (state != SS && !s->host->tcp_loose))
		return false;
	memset(&c->tcp, 0, sizeof(c->tcp));
	c->tcp.seen[0].end = c->tcp.seen[0].maxend = g->end;
	c->tcp.seen[0].maxwin = g->win ? g->win : 1;
	if (state == SS) {
		segment_options(g, &c->tcp.seen[0]);
	} else {
		c->tcp.seen[0].maxend += c->tcp.seen[0].maxwin;
		c->tcp.seen[0].flags = c->tcp.seen[1].flags =
			IP_CT_TCP_FLAG_SACK_PERM | IP_CT_TCP_FLAG_BE_LIBERAL;
	}
	c->tcp.last_index = INDEX_NONE;
	return true;
}

/* A SYN/ACK that answers a SYN which was ignored before: the ends are in sync, we follow them. */
static void resync(struct conn_tcp *t, bool dir)
{
	struct tcp_side *other = &t->seen[t->last_dir], *own = &t->seen[dir];

	other->end = other->maxend = t->last_end;
	other->maxwin = t->last_win ? t->last_win : 1;
	other->scale = t->last_wscale;
	t->last_flags &= (uint8_t)~IP_CT_EXP_CHALLENGE_ACK;
	other->flags = t->last_flags;
	*own = (struct tcp_side){ .flags = own->flags & IP_CT_TCP_FLAG_BE_LIBERAL };
}

/* Let through without believing it; what it said is remembered. */
static void ignore(struct conn_tcp *t, const struct segment *g, bool dir, uint8_t old)
{
	t->last_index = g->index;
	t->last_dir = dir;
	t->last_seq = g->seq;
	t->last_end = g->end;
	t->last_win = g->win;
	if (g->index == INDEX_SYN && !dir) {
		struct tcp_side seen = { 0 };

		t->last_flags = t->last_wscale = 0;
		segment_options(g, &seen);
		if (seen.flags & IP_CT_TCP_FLAG_WINDOW_SCALE) {
			t->last_flags |= IP_CT_TCP_FLAG_WINDOW_SCALE;
			t->last_wscale = seen.scale;
		}
		t->last_flags |= seen.flags & IP_CT_TCP_FLAG_SACK_PERM;
		if (old == LA)
			t->last_flags |= IP_CT_EXP_CHALLENGE_ACK;
	}
	if (old == SS && g->index == INDEX_ACK && dir)
		t->last_ack = g->ack;
}

static bool established(const struct conn *c)
{
	return c->tcp.state == ES && c->status & IPS_ASSURED;
}

enum rst { RST_INVALID, RST_CHECK, RST_IN_WINDOW };

/* case TCP_CONNTRACK_CLOSE; *state may stay what it was to allow a challenge ACK. */
static enum rst judge_rst(const struct conn *c, const struct segment *g, bool dir, uint8_t *state)
{
	const struct conn_tcp *t = &c->tcp;
	const struct tcp_side *peer = &t->seen[!dir];
	bool early = t->state == FW || t->state == LA || t->state == TW || t->state == CL || t->state == CW;

	if (early)
		return RST_IN_WINDOW;
	if (peer->flags & IP_CT_TCP_FLAG_MAXACK_SET && t->last_index != INDEX_SYN) {
		if (g->seq == 0 && !established(c))
			return RST_CHECK;
		if ((int32_t)(g->seq - peer->maxack) < 0)
			return RST_INVALID;
		if (!established(c) || g->seq == peer->maxack)
			return RST_CHECK;
		if (t->last_index == INDEX_ACK && t->last_dir == dir && g->seq == t->last_end)
			return RST_CHECK;
		*state = t->state;
	}
	if (((c->status & IPS_SEEN_REPLY && t->last_index == INDEX_SYN && t->last_dir != dir) ||
	     (!(c->status & IPS_ASSURED) && t->last_index == INDEX_ACK)) &&
	    g->ack == t->last_end)
		return RST_IN_WINDOW;
	if (t->state == SS && t->last_index == INDEX_ACK && t->last_dir == 1 && g->seq == t->last_ack)
		return RST_IN_WINDOW;
	return RST_CHECK;
}

static uint32_t timeout(const struct conn_tcp *t, const struct segment *g, uint8_t state)
{
	uint32_t n = timeouts[state];
	bool unacked = (t->seen[0].flags | t->seen[1].flags) & IP_CT_TCP_FLAG_DATA_UNACKNOWLEDGED;

	if (n > TIMEOUT_UNACK &&
	    (unacked || t->last_win == 0 || (g->index == INDEX_RST && state == ES)))
		return TIMEOUT_UNACK;
	return n;
}

static enum sim_result settle(struct sim *s, struct conn *c, const struct segment *g, bool dir,
			      uint8_t old, uint8_t state)
{
	struct conn_tcp *t = &c->tcp;
	uint32_t n;

	t->last_index = g->index;
	t->last_dir = dir;
	t->state = state;
	if (old != state && state == FW)
		t->seen[dir].flags |= IP_CT_TCP_FLAG_CLOSE_INIT;
	n = timeout(t, g, state);
	if (!(c->status & IPS_SEEN_REPLY)) {
		if (g->flags & TCP_RST) { /* a refused connection is forgotten at once */
			conn_kill(s, c);
			return RESULT_PASS;
		}
		if (g->index == INDEX_SYN && old == SS && c->confirmed)
			return RESULT_PASS;
		if (state == ES && n > TIMEOUT_UNACK)
			n = TIMEOUT_UNACK;
	} else if (!(c->status & IPS_ASSURED) && (old == SR || old == ES) && state == ES) {
		c->status |= IPS_ASSURED;
	}
	c->expires_ms = s->now_ms + n * (uint64_t)1000;
	return RESULT_PASS;
}

enum sim_result conn_tcp_packet(struct sim *s, struct sim_packet *p, struct conn *c, bool dir,
				bool fresh)
{
	struct conn_tcp *t = &c->tcp;
	struct segment g;
	uint8_t old, state;

	if (!segment_read(p, &g))
		return RESULT_FAIL;
	if (!p->local && s->host->ct_checksum && !packet_l4_checksum_ok(p))
		return RESULT_FAIL;
	if (!flags_valid(g.flags) || (fresh && !begin(s, c, &g)))
		return RESULT_FAIL;
	old = t->state;
	state = next_state[dir][g.index][old];
	if (state == SS && old >= TW) {
		if ((t->seen[0].flags | t->seen[1].flags) & IP_CT_TCP_FLAG_CLOSE_INIT ||
		    (t->last_dir == dir && t->last_index == INDEX_RST)) {
			conn_kill(s, c);
			return RESULT_RETURN;
		}
		state = IG;
	}
	switch (state) {
	case IG:
		if (g.index == INDEX_SYNACK && t->last_index == INDEX_SYN && t->last_dir != dir &&
		    g.ack == t->last_end) {
			resync(t, dir);
			old = SS;
			state = SR;
			break;
		}
		ignore(t, &g, dir, old);
		return RESULT_PASS;
	case IV: return RESULT_FAIL;
	case TW:
		if (old == LA && g.index == INDEX_ACK && t->last_dir != dir &&
		    t->last_index == INDEX_SYN && t->last_flags & IP_CT_EXP_CHALLENGE_ACK) {
			t->last_flags &= (uint8_t)~IP_CT_EXP_CHALLENGE_ACK;
			return RESULT_PASS;
		}
		break;
	case S2: t->last_flags |= IP_CT_TCP_SIMULTANEOUS_OPEN; break;
	case SR:
		if (dir && g.index == INDEX_ACK && t->last_flags & IP_CT_TCP_SIMULTANEOUS_OPEN)
			state = ES;
		break;
	case CL:
		if (g.index != INDEX_RST)
			break;
		switch (judge_rst(c, &g, dir, &state)) {
		case RST_INVALID: return RESULT_FAIL;
		case RST_IN_WINDOW: return settle(s, c, &g, dir, old, state);
		case RST_CHECK: break;
		}
		break;
	default: break;
	}
	switch (segment_in_window(s, c, dir, &g)) {
	case WINDOW_IGNORE: return RESULT_PASS;
	case WINDOW_INVALID: return RESULT_FAIL;
	case WINDOW_ACCEPT: break;
	}
	return settle(s, c, &g, dir, old, state);
}

void conn_set_closing(struct sim *s, struct conn *c)
{
	if (!c || !c->confirmed || c->tuple[0].proto != IPPROTO_TCP || c->tcp.state == TCP_CONNTRACK_CLOSE)
		return;
	c->tcp.state = TCP_CONNTRACK_CLOSE;
	c->expires_ms = s->now_ms + timeouts[TCP_CONNTRACK_CLOSE] * 1000u;
}
