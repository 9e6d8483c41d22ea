/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan_kept: what a connection keeps for its later packets (a mark, a zone, that it is not tracked)
 * shows in those only: after the packet that such a rule is for come the answer and what follows
 * it.
 *
 * What is sent from here has marks that its socket gives it. Each bit of a mark that is taken over
 * or taken back is set in one connection, with what follows unmarked, and marked by all the others.
 */
#include "verify/plan_goal.h"

#include "verify/draws.h"

#define MARKS	  40
#define TRIES	  6   /* for a packet that a rule is for */
#define TRIES_ANY 60  /* for one from here that opens a connection */
#define FLOWS	  2   /* where marks do not matter */
#define PACKETS	  400 /* when there are as many, no rule gets more */

static bool of_connection(const struct operand *o)
{
	return field_table[o->field].kind == KIND_CT;
}

static bool keeps(const struct ir_clause *k)
{
	for (const struct inst *i = k->first; i; i = i->next) {
		if (i->kind == INST_NOTRACK)
			return true;
		if (i->kind == INST_ASSIGN &&
		    (of_connection(&i->assign.dst) ||
		     (i->assign.from == ASSIGN_OPERAND && of_connection(&i->assign.src))))
			return true;
	}
	return false;
}

static bool is_mark(const struct operand *o)
{
	return o->field == FIELD_META_MARK || o->field == FIELD_CT_MARK;
}

static void add_mark(struct plan_values *v, uint32_t mark)
{
	struct value x = value_num(mark, 4);

	if (v->n < MARKS)
		plan_value_add(v, &x, 4);
}

/* The bits that a mask picks out, few of all. */
static uint32_t picked(const struct operand *o)
{
	uint32_t bits = 0;

	for (unsigned k = 0; is_mark(o) && k < o->nxf; k++) {
		uint32_t mask = (uint32_t)value_get(&o->xf[k].value, 4);

		if (o->xf[k].op == XFORM_AND)
			bits |= __builtin_popcount(mask) > 16 ? ~mask : mask;
	}
	return bits;
}

/* Those that the ruleset asks for, and each bit that is picked out, and one that is not. */
static void collect_marks(struct planner *pl, struct plan_values *v)
{
	uint32_t bits = 0;

	for (const struct ir_chain *c = pl->ir->chains; c; c = c->next)
		for (const struct ir_rule *r = c->rules; r; r = r->next)
			for (const struct ir_clause *k = r->clauses; k; k = k->next)
				for (const struct inst *i = k->first; i; i = i->next) {
					if (i->kind == INST_TEST) {
						bits |= picked(&i->test.lhs);
						if (is_mark(&i->test.lhs) && v->n < MARKS / 4 &&
						    i->test.op < TEST_IN)
							plan_value_add(v, &i->test.value, 4);
					} else if (i->kind == INST_ASSIGN &&
						   i->assign.from == ASSIGN_OPERAND) {
						bits |= picked(&i->assign.src);
					}
				}
	add_mark(v, UINT32_MAX);
	add_mark(v, 0x2468ace1);
	add_mark(v, ~bits & (bits + 1));
	for (unsigned b = 0; b < 32; b++)
		if (bits >> b & 1)
			add_mark(v, 1u << b);
}

/* The shot's next packet, into the simulation; how it left, or was delivered, is in pl->packet. */
static bool passes(struct planner *pl)
{
	struct plan_shot *s = &pl->shot;

	pl->ntrials++;
	plan_watch_start(pl);
	plan_walk(pl, &s->p[s->n++], true);
	return !pl->watch.dropped;
}

static bool drawn(const struct planner *pl)
{
	for (unsigned m = 0; m < pl->watch.nmatched; m++)
		if (draws_of(pl->watch.matched[m].counter))
			return true;
	return false;
}

/* An ICMP error about a packet that was sent from here, from a router next to this host. */
static void error(struct planner *pl, const struct verify_packet *about)
{
	bool v6 = pl->family == FAMILY_IPV6;
	struct plan_shot *s = &pl->shot;
	const struct host_iface *dev = pl->host->ifaces;
	struct addr router;

	while (dev && dev->loopback)
		dev = dev->next;
	if (!dev)
		return;
	router = plan_neighbour(pl, dev, pl->next_id);
	plan_error(pl, about, v6 ? 1 : 3, v6 ? 4 : 3, &s->p[s->n], s->bytes[s->n]);
	plan_error_from(pl, &s->p[s->n], s->bytes[s->n], dev, &router);
	passes(pl);
}

enum via { VIA_ANY, VIA_LO, VIA_OUT };

static bool goes_by(const struct planner *pl, enum via via)
{
	const struct host_iface *out = pl->packet.out;

	return via == VIA_ANY || (out && out->loopback == (via == VIA_LO));
}

/*
 * A connection like @first's: its first packet, the answer and what follows.
 * @sure: the answer is taken for one. false: it did not come about.
 */
static bool flow(struct planner *pl, const struct verify_packet *first, enum via via, uint32_t mark,
		 bool sure)
{
	struct plan_shot *s = &pl->shot;
	struct verify_packet opener = *first;
	bool local = !first->in;

	s->n = 0;
	memcpy(s->bytes[0], first->bytes, first->len);
	opener.mark = local ? mark : first->mark;
	opener.wait_ms = 0;
	if (!plan_other_port(pl, &opener, s->bytes[0]))
		return false;
	s->p[0] = opener;
	if (!passes(pl) || drawn(pl) || !goes_by(pl, via) ||
	    !plan_answer(pl, &pl->packet, &opener, &s->p[1], s->bytes[1]))
		return false;
	passes(pl);
	if (sure && pl->packet.ct_state != PACKET_STATE_ESTABLISHED)
		return false;
	for (unsigned n = 0; n < (local ? 2 : 1); n++) {
		plan_follow(pl, &opener, &s->p[s->n], s->bytes[s->n]);
		s->p[s->n].mark = local && n ? ~mark : 0;
		passes(pl);
	}
	if (local)
		error(pl, &opener);
	plan_keep(pl, s, first->aim);
	return true;
}

/* With all marks, if it is from here. */
static bool marked(struct planner *pl, const struct verify_packet *first, enum via via,
		   const struct plan_values *marks)
{
	if (first->in || !flow(pl, first, via, 0, true))
		return false;
	for (uint32_t m = 0; m < marks->n; m++)
		flow(pl, first, via, (uint32_t)value_get(&marks->v[m], 4), true);
	return true;
}

/* Of those packets of the plan that are sent from here, one that opens a connection. */
static void any_marked(struct planner *pl, enum via via, const struct plan_values *marks)
{
	for (unsigned n = 0; n < TRIES_ANY; n++) {
		const struct verify_packet p = pl->out[plan_below(&pl->random, pl->nout)];

		if (marked(pl, &p, via, marks))
			return;
	}
}

/* Of the packets that hit the goal's rule: the first of their connection. */
static bool flows(struct planner *pl, struct plan_goal *g, const struct plan_values *marks)
{
	struct verify_packet first;
	uint8_t bytes[PLAN_BYTES_MAX];
	unsigned got = 0;

	for (unsigned n = 0; n < TRIES; n++) {
		if (!plan_try_goal(pl, g, NULL, TRIES))
			continue;
		first = pl->shot.p[0];
		first.aim = plan_line_of(pl, g->rule);
		memcpy(bytes, first.bytes, first.len);
		first.bytes = bytes;
		if (marks && marked(pl, &first, VIA_ANY, marks))
			return true;
		if (got < FLOWS && (first.in || !marks))
			got += flow(pl, &first, VIA_ANY, 0, false);
	}
	return false;
}

static bool with_marks(const struct ir_clause *k)
{
	for (const struct inst *i = k->first; i; i = i->next)
		if (i->kind == INST_ASSIGN && is_mark(&i->assign.dst))
			return true;
	return false;
}

static bool chain_keeps(const struct ir_chain *c, bool *of_marks)
{
	bool any = false;

	for (const struct ir_rule *r = c->rules; r; r = r->next)
		for (const struct ir_clause *k = r->clauses; k; k = k->next) {
			any |= keeps(k);
			*of_marks |= with_marks(k);
		}
	return any;
}

void plan_kept(struct planner *pl, struct plan_goal *g)
{
	struct plan_values marks = { .arena = pl->arena };
	uint32_t before = pl->nout, most = pl->nout + PACKETS;
	bool of_marks = false, done = false;

	collect_marks(pl, &marks);
	for (const struct ir_chain *c = pl->ir->chains; c; c = c->next) {
		bool here = false;

		if (!chain_keeps(c, &here))
			continue;
		of_marks |= here;
		for (const struct plan_caller *from = c->helper ? pl->callers[c->id] : NULL;
		     from && pl->nout < most; from = from->next) {
			plan_set_goal(g, from->chain, from->rule, from->clause);
			done |= flows(pl, g, here ? &marks : NULL);
		}
		for (const struct ir_rule *r = c->helper ? NULL : c->rules; r; r = r->next)
			for (const struct ir_clause *k = r->clauses; k; k = k->next)
				if (keeps(k) && pl->nout < most) {
					plan_set_goal(g, c, r, k);
					done |= flows(pl, g, with_marks(k) ? &marks : NULL);
				}
	}
	if (of_marks && !done)
		any_marked(pl, VIA_OUT, &marks);
	if (of_marks)
		any_marked(pl, VIA_LO, &marks);
	if (pl->grows)
		pl->limit += pl->nout - before;
}
