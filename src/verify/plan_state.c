/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan_state: rules that remember: limits are used up and refilled, connections counted, addresses
 * remembered by one rule and looked up by another.
 *
 * Pauses cost time on both sides of the verification, so that all of them together are bounded. One
 * is well before a token is due, one well after it: the clocks of two kernels' rules are not
 * compared to the millisecond.
 */
#include "verify/draws.h"
#include "verify/plan_make.h"

#define PAUSES_MS 2500 /* all pauses together */
#define PAUSE_MS  1000 /* one of them */
#define REPEATS	  70   /* of one packet */
#define AGAIN	  24
#define EDGES	  12
#define PROBES	  80 /* rules */
#define DRAWS	  60 /* connections whose port is drawn by lot, a sample of them */

struct memory {
	const struct inst_limit *limit;
	const struct inst_connlimit *connections;
	const struct ir_set *set; /* looked up, filled by packets */
	uint32_t steps;		  /* of a piece that goes through one memory after the other */
	bool any, draws;
};

static void look(const struct inst *i, struct memory *m)
{
	switch ((enum inst_kind)i->kind) {
	case INST_LIMIT:
		m->limit = &i->limit;
		m->any = true;
		break;
	case INST_CONNLIMIT:
		m->connections = &i->connlimit;
		m->any = true;
		break;
	case INST_OBJREF:
		if (i->objref.object->kind == OBJECT_LIMIT)
			m->limit = &i->objref.object->limit;
		m->any = true;
		break;
	case INST_QUOTA: m->any = true; break;
	case INST_NAT: m->any |= m->draws = draws_of(i) != NULL; break;
	case INST_DYNSET:
		m->any = true;
		for (const struct inst *e = i->dynset.exprs; e; e = e->next)
			look(e, m);
		for (const struct inst *e = i->dynset.set->exprs; e; e = e->next)
			look(e, m);
		break;
	case INST_LOOKUP:
		if (!i->lookup.set->nelements && !i->lookup.invert) {
			m->set = i->lookup.set;
			m->any = true;
		}
		break;
	case INST_VERDICT: /* what a rule remembers may be in pieces of its own */
		if (i->verdict.chain && i->verdict.chain->helper) {
			m->any = true;
			if (i->verdict.chain->nrules > m->steps)
				m->steps = i->verdict.chain->nrules;
		}
		break;
	case INST_TEST:
	case INST_NEED_HEADER:
	case INST_COUNTER:
	case INST_LOG:
	case INST_ASSIGN:
	case INST_REJECT:
	case INST_TPROXY:
	case INST_QUEUE:
	case INST_DUP:
	case INST_SYNPROXY:
	case INST_NOTRACK:
	case INST_TCPOPT_STRIP:
	case INST_COMPAT:
	case INST_OPAQUE:
	case INST_COUNT: break;
	}
}

/* The packet once more; @port: from another port, which makes it a connection of its own. */
static void again(struct planner *pl, const struct verify_packet *p, uint32_t wait_ms, bool port)
{
	struct plan_shot *s = &pl->shot;

	if (pl->nout >= pl->limit)
		return;
	s->n = 1;
	s->p[0] = *p;
	memcpy(s->bytes[0], p->bytes, p->len);
	s->p[0].bytes = s->bytes[0];
	s->p[0].wait_ms = wait_ms;
	if (port)
		plan_other_port(pl, &s->p[0], s->bytes[0]);
	pl->pauses += wait_ms;
	plan_keep(pl, s, p->aim);
	plan_walk(pl, &s->p[0], false);
}

static uint32_t cost_ms(const struct inst_limit *l)
{
	uint64_t ms = l->rate ? (uint64_t)l->unit * 1000 / l->rate : 0;

	return ms > UINT32_MAX ? UINT32_MAX : (uint32_t)ms;
}

/* While it remembers: the same sender, with the edges of what the rule asks of ports. */
static void at_edges(struct planner *pl, const struct verify_packet *p, const struct ir_clause *k)
{
	struct plan_values v = { .arena = pl->arena };
	struct sim_packet view = { .family = pl->family, .data = pl->shot.bytes[0], .len = p->len };

	memcpy(view.data, p->bytes, p->len);
	packet_parse(&view);
	for (const struct inst *i = k->first; i; i = i->next) {
		const struct field_info *f =
			i->kind == INST_TEST ? &field_table[i->test.lhs.field] : NULL;

		if (!f || f->kind != KIND_PAYLOAD || f->base != BASE_TH || f->bits != 16 ||
		    view.fragoff || packet_l4_len(&view) < f->off / 8u + 2)
			continue;
		v.n = 0;
		plan_edges(&i->test, &pl->random, &v);
		for (uint32_t n = 0; n < v.n && n < EDGES; n++) {
			struct verify_packet other = *p;

			memcpy(pl->edge, p->bytes, p->len);
			memcpy(pl->edge + view.thoff + f->off / 8, v.v[n].b, 2);
			plan_sum(pl, &other, pl->edge);
			again(pl, &other, 0, false);
		}
	}
}

/* Used up, not yet refilled, refilled. */
static void use_up(struct planner *pl, const struct verify_packet *p, const struct inst_limit *l,
		   const struct ir_clause *k)
{
	uint32_t cost = l->bytes ? 0 : cost_ms(l), early = cost / 5 * 2, late = cost / 5 * 4;

	for (uint32_t n = 0; n < l->burst + 2 && n < REPEATS; n++)
		again(pl, p, 0, false);
	at_edges(pl, p, k);
	if (early > PAUSE_MS)
		early = PAUSE_MS;
	if (early >= 40 && pl->pauses + early < PAUSES_MS)
		again(pl, p, early, false);
	if (late >= 80 && late <= PAUSE_MS && pl->pauses + late < PAUSES_MS) {
		again(pl, p, late, false);
		again(pl, p, 0, false);
	}
}

/* Where the last packet of the plan is that was made for this rule and is the one that counts. */
static const struct verify_packet *made_for(const struct planner *pl, uint32_t line)
{
	for (uint32_t i = pl->nout; i-- > 0;)
		if (pl->out[i].aim == line)
			return &pl->out[i];
	return NULL;
}

void plan_remember(struct planner *pl, const struct ir_clause *k, uint32_t line)
{
	const struct verify_packet *made = made_for(pl, line);
	struct memory m = { .any = false };
	struct verify_packet p;

	for (const struct inst *i = k->first; i; i = i->next)
		look(i, &m);
	if (!m.any || !made || pl->nprobes >= PROBES)
		return;
	pl->nprobes++;
	p = *made;
	if (m.limit)
		use_up(pl, &p, m.limit, k);
	else if (m.connections)
		for (uint32_t n = 0; n < m.connections->count + 3 && n < REPEATS; n++)
			again(pl, &p, 0, true);
	else
		for (uint32_t n = 0; n < (m.draws	    ? DRAWS
					  : m.steps > AGAIN ? m.steps + 2
							    : AGAIN) &&
				     n < REPEATS;
		     n++)
			again(pl, &p, 0, m.draws);
	if (!m.limit && !m.draws)
		at_edges(pl, &p, k);
}
