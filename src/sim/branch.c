/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * branch: the ways that a packet may take where something can't be known: a random choice, the contents
 * of a set that nobody has told, the time.
 *
 * The first way takes all that is unknown for not matching. Each condition that it met begins another
 * one, on which that one does match, and so on for what is met only there: so many ways as there are
 * conditions, not as there are combinations. Walks change the state of the simulation:
 * the arena that holds it is saved before the packet and put back for each way; the first way is
 * walked again, silently, at the end, so that the next packet meets what it left.
 */
#include "sim/branch.h"

#include "field.h"

#define STATE_MAX ((size_t)4 << 20) /* to be copied for a packet */

static bool unknown_operand(const struct operand *o)
{
	switch ((enum field_kind)field_table[o->field].kind) {
	case KIND_META:
		return o->field == FIELD_META_RANDOM || o->field == FIELD_META_CPU ||
		       o->field == FIELD_META_CGROUP || o->field == FIELD_META_TIME ||
		       o->field == FIELD_META_DAY || o->field == FIELD_META_HOUR;
	case KIND_GEN: return o->field != FIELD_NUMGEN_INC;
	case KIND_OSF: return true;
	case KIND_CT:
	case KIND_PAYLOAD:
	case KIND_RAW:
	case KIND_EXTHDR:
	case KIND_TCPOPT:
	case KIND_IPOPT:
	case KIND_SCTPCHUNK:
	case KIND_FIB:
	case KIND_RT:
	case KIND_SOCKET:
	case KIND_IPSEC: break;
	}
	return false;
}

static bool unknown_inst(const struct inst *i)
{
	switch ((enum inst_kind)i->kind) {
	case INST_TEST: return unknown_operand(&i->test.lhs);
	case INST_LOOKUP:
		for (unsigned k = 0; k < i->lookup.nkey; k++)
			if (unknown_operand(&i->lookup.key[k]))
				return true;
		return i->lookup.set->unknown;
	case INST_ASSIGN: return i->assign.from != ASSIGN_VALUE && unknown_operand(&i->assign.src);
	case INST_OPAQUE: return !i->opaque.eval;
	case INST_OBJREF: return i->objref.object->kind == OBJECT_CONNLIMIT;
	case INST_COMPAT: return true;
	case INST_NEED_HEADER:
	case INST_LIMIT:
	case INST_QUOTA:
	case INST_CONNLIMIT:
	case INST_DYNSET:
	case INST_COUNTER:
	case INST_LOG:
	case INST_NAT:
	case INST_REJECT:
	case INST_TPROXY:
	case INST_QUEUE:
	case INST_DUP:
	case INST_SYNPROXY:
	case INST_NOTRACK:
	case INST_TCPOPT_STRIP:
	case INST_VERDICT:
	case INST_COUNT: break;
	}
	return false;
}

void branches_init(struct branches *b, struct arena *a, const struct ir *ir)
{
	*b = (struct branches){ .state = buffer_new(a), .bytes = buffer_new(a) };
	for (const struct ir_chain *c = ir->chains; c; c = c->next)
		for (const struct ir_rule *r = c->rules; r; r = r->next)
			for (const struct ir_clause *k = r->clauses; k; k = k->next)
				for (const struct inst *i = k->first; i && !b->possible; i = i->next)
					b->possible = unknown_inst(i);
}

enum sim_result branch_choose(struct sim *s, const struct sim_packet *p, const struct inst *i)
{
	struct sim_choices *c = &s->choices;
	uint32_t k = c->met;
	struct sim_event e = { .kind = EVENT_BRANCH, .hook = s->hook, .table = s->table,
			       .chain = s->chain, .rule = s->rule->rule, .number = s->number,
			       .inst = i };

	if (k < BRANCH_DEPTH)
		c->which[c->met++] = i;
	if (k >= c->n || !c->yes[k])
		return RESULT_UNKNOWN;
	c->assumed[c->nassumed++] = e;
	if (k + 1 == c->n) {
		c->silent = false;
		sim_tell(s, p, &e);
	}
	return RESULT_PASS;
}

/* What there was before the packet. */
struct before {
	struct sim sim;
	struct sim_packet packet;
	struct arena_state arena;
};

static void save(const struct sim *s, const struct sim_packet *p, struct branches *b, struct before *was)
{
	was->sim = *s;
	was->packet = *p;
	b->state->len = b->bytes->len = 0;
	buffer_reserve(b->state, arena_size(s->arena));
	arena_save(s->arena, &was->arena, b->state->data);
	buffer_put(b->bytes, p->data, p->len);
}

static void go_back(struct sim *s, struct sim_packet *p, const struct branches *b, const struct before *was)
{
	arena_restore(s->arena, &was->arena, b->state->data);
	*s = was->sim;
	*p = was->packet;
	memcpy(p->data, b->bytes->data, b->bytes->len);
}

/* A way to go: which conditions hold on it. */
struct way {
	bool yes[BRANCH_DEPTH];
	uint32_t n;
	const struct inst *last; /* the condition that it is about */
};

struct ways {
	struct way way[BRANCHES_MAX + 1];
	uint32_t n;
	bool more; /* than are shown */
};

static bool has_way(const struct ways *w, const struct inst *i)
{
	for (uint32_t k = 1; k < w->n; k++)
		if (w->way[k].last == i)
			return true;
	return false;
}

/* Behind the way that was walked: one for each condition that none was about yet. */
static void more_ways(struct ways *w, uint32_t walked, const struct sim_choices *c)
{
	for (uint32_t k = w->way[walked].n; k < c->met; k++) {
		struct way *next = &w->way[w->n];

		if (has_way(w, c->which[k]))
			continue;
		if (w->n > BRANCHES_MAX) {
			w->more = true;
			return;
		}
		*next = w->way[walked];
		next->yes[k] = true;
		next->n = k + 1;
		next->last = c->which[k];
		w->n++;
	}
}

static void walk_way(struct sim *s, struct sim_packet *p, const struct way *w)
{
	s->choices = (struct sim_choices){ .n = w->n, .silent = true };
	memcpy(s->choices.yes, w->yes, sizeof(w->yes));
	(void)sim_walk(s, p);
}

enum sim_verdict branch_walk(struct sim *s, struct sim_packet *p, struct branches *b)
{
	struct ways ways = { .n = 1 };
	bool small = arena_size(s->arena) <= STATE_MAX;
	struct before was;
	enum sim_verdict v;

	s->choices = (struct sim_choices){ .n = 0 };
	if (b->possible && small)
		save(s, p, b, &was);
	v = sim_walk(s, p);
	if (!s->choices.met)
		return v;
	if (!small) {
		sim_note(s, p, EVENT_NOTE, "after so many packets the other ways are not shown any more");
		return v;
	}
	more_ways(&ways, 0, &s->choices);
	for (uint32_t i = 1; i < ways.n; i++) {
		go_back(s, p, b, &was);
		walk_way(s, p, &ways.way[i]);
		more_ways(&ways, i, &s->choices);
	}
	s->choices.silent = false;
	if (ways.more)
		sim_note(s, p, EVENT_NOTE, "further ways are not shown");
	go_back(s, p, b, &was);
	s->choices = (struct sim_choices){ .silent = true };
	v = sim_walk(s, p);
	s->choices = (struct sim_choices){ .n = 0 };
	return v;
}
