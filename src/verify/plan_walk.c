/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plan_walk: what the simulator says of a packet, and what is kept. */
#include "verify/plan_make.h"

#include <linux/if_packet.h>
#include <netinet/in.h>
#include "sim/follow.h"

void plan_watch_start(struct planner *pl)
{
	struct plan_watch *w = &pl->watch;

	w->hit = w->looked = w->missed = w->dropped = false;
	w->policy = NULL;
	w->nmatched = 0;
}

static void matched(struct planner *pl, const struct sim_event *e)
{
	struct plan_watch *w = &pl->watch;

	if (pl->counting && e->chain)
		pl->hits[e->chain->id][e->number]++;
	if (e->inst == w->counter)
		w->hit = true;
	if (w->nmatched == sizeof(w->matched) / sizeof(*w->matched))
		memmove(w->matched, w->matched + 1, sizeof(*w->matched) * --w->nmatched);
	w->matched[w->nmatched].chain = e->chain;
	w->matched[w->nmatched].rule = e->rule;
	w->matched[w->nmatched++].counter = e->inst;
}

static void observe(void *arg, const struct sim *s, const struct sim_packet *p, const struct sim_event *e)
{
	struct planner *pl = arg;
	struct plan_watch *w = &pl->watch;

	(void)p;
	switch (e->kind) {
	case EVENT_RULE:
		pl->work++;
		matched(pl, e);
		break;
	case EVENT_MISS:
	case EVENT_UNKNOWN:
		pl->work++;
		if (w->rule && e->rule == w->rule->rule)
			w->looked = true;
		if (e->inst == w->focus)
			w->missed = true;
		break;
	case EVENT_POLICY:
		w->hook = e->hook;
		if (e->verdict)
			w->policy = e->chain;
		break;
	case EVENT_TABLE: w->hook = e->hook; break;
	case EVENT_VERDICT:
		w->last = s->rule;
		w->dropped = e->verdict != SIM_DELIVERED && e->verdict != SIM_FORWARDED &&
			     e->verdict != SIM_SENT;
		break;
	default: break;
	}
}

void plan_walk_afresh(struct planner *pl)
{
	jmp_buf *oom = pl->arena->on_oom;

	arena_free(&pl->trials);
	arena_init(&pl->trials);
	pl->trials.on_oom = oom;
	pl->ntrials = 0;
	pl->packet = (struct sim_packet){ .data = NULL };
	sim_init(&pl->sim, &pl->trials, pl->ir, pl->host);
	pl->sim.observer = observe;
	pl->sim.observer_arg = pl;
	pl->sim.wants_misses = true;
}

void plan_dress(struct arena *a, const struct verify_packet *v, struct sim_packet *p)
{
	packet_reset(p);
	packet_set(p, a, v->bytes, v->len);
	p->in = v->in;
	p->local = !v->in;
	p->bound = v->bound;
	p->mark = v->mark;
	p->uid = v->uid;
	p->gid = v->gid;
	p->has_socket = p->local;
	p->pkttype = v->pkttype;
	p->has_mac = v->in != NULL;
	memcpy(p->smac, v->smac, 6);
	if (v->pkttype == PACKET_BROADCAST)
		memset(p->dmac, 0xff, 6);
	else if (v->in)
		memcpy(p->dmac, v->in->mac, 6);
}

enum sim_verdict plan_walk(struct planner *pl, const struct verify_packet *p, bool watched)
{
	enum sim_verdict v;

	pl->sim.observer = watched ? observe : NULL;
	pl->sim.now_ms += p->wait_ms;
	pl->sim.npackets++;
	if (!watched)
		pl->work += 20;
	plan_dress(pl->sim.arena, p, &pl->packet);
	v = sim_walk(&pl->sim, &pl->packet);
	sim_follow(&pl->sim, &pl->packet, v, true);
	return v;
}

/*
 * Targets that change TCP options have counted a segment whose options are cut short when they drop it; ours
 * drops it before the rule counts: no need to find that again.
 */
static void whole_options(struct planner *pl, struct verify_packet *p, uint8_t *bytes)
{
	struct sim_packet s = { .family = pl->family, .data = bytes, .len = p->len };
	uint8_t *doff;
	uint32_t len;

	packet_parse(&s);
	len = packet_l4_len(&s);
	if (!pl->options || s.l4proto != IPPROTO_TCP || s.fragoff || len < 20)
		return;
	doff = bytes + s.thoff + 12;
	if ((*doff >> 4) * 4u <= len && *doff >> 4 >= 5)
		return;
	*doff = (uint8_t)(5 << 4 | (*doff & 15));
	packet_checksums(&s);
}

static void kept(struct planner *pl, const struct verify_packet *p, uint32_t aim)
{
	struct verify_packet *k;
	uint8_t *bytes = arena_bytes(pl->arena, p->len);

	if (pl->nout == pl->out_cap)
		pl->out = arena_grow(pl->arena, pl->out, pl->nout, &pl->out_cap, sizeof(*pl->out));
	k = &pl->out[pl->nout++];
	*k = *p;
	memcpy(bytes, p->bytes, p->len);
	k->bytes = bytes;
	whole_options(pl, k, bytes);
	k->aim = aim;
}

void plan_keep(struct planner *pl, const struct plan_shot *s, uint32_t aim)
{
	for (unsigned i = 0; i < s->n; i++)
		kept(pl, &s->p[i], aim);
}
