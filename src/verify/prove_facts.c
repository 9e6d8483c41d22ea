/* SPDX-License-Identifier: GPL-2.0-or-later */
/* prove_facts: what a clause asks and does, and where it is called from. */
#include "verify/prove.h"

#include <string.h>
#include "sim/packet.h"

#define HELPER_RULES 6

struct prove_writer {
	struct prove_writer *next;
	const struct inst *inst;
};

static void note_writers(struct prover *p, unsigned table, const struct ir_clause *k)
{
	for (const struct inst *i = k->first; i; i = i->next)
		if (i->kind == INST_ASSIGN || i->kind == INST_NOTRACK ||
		    i->kind == INST_TCPOPT_STRIP || i->kind == INST_COMPAT ||
		    i->kind == INST_OPAQUE) {
			struct prove_writer *w = ARENA_NEW(p->arena, struct prove_writer);

			*w = (struct prove_writer){ p->writers[table], i };
			p->writers[table] = w;
		}
}

static void note_calls(struct prover *p, const struct ir_chain *c, uint32_t at,
		       const struct ir_clause *k)
{
	for (const struct inst *i = k->first; i; i = i->next)
		if (i->kind == INST_VERDICT && i->verdict.chain) {
			struct prove_caller *n = ARENA_NEW(p->arena, struct prove_caller);

			*n = (struct prove_caller){ p->callers[i->verdict.chain->id], { c, at } };
			p->callers[i->verdict.chain->id] = n;
		}
}

/* Packets that no rule keeps away from connection tracking, nor sends copies of: none is
 * untracked. */
static void note_tracked(struct prover *p)
{
	static const struct xform only[] = { { .op = XFORM_AND,
					       .value = { { 0, 0, 0, PACKET_STATE_UNTRACKED } } } };

	for (const struct ir_chain *c = p->ir->chains; c; c = c->next)
		for (uint32_t n = 0; n < p->nclauses[c->id]; n++)
			for (const struct inst *i = p->clauses[c->id][n].clause->first; i;
			     i = i->next)
				if (i->kind == INST_NOTRACK || i->kind == INST_DUP ||
				    i->kind == INST_COMPAT || i->kind == INST_OPAQUE)
					return;
	p->untracked = (struct inst_test){ .lhs = operand_of(FIELD_CT_STATE), .op = TEST_EQ };
	p->untracked.lhs.xf = only;
	p->untracked.lhs.nxf = 1;
	p->tracked = (struct fact){
		NULL, p->ir->family == FAMILY_IPV4 ? &p->untracked : &space_no_rule_untracks, true
	};
	p->base = &p->tracked;
}

void prove_init(struct prover *p, struct arena *a, struct ir *ir)
{
	uint32_t n = ir->nchains + 1u;

	*p = (struct prover){ .ir = ir, .arena = a, .reach = reach_find(ir) };
	p->clauses = arena_array(a, n, sizeof(*p->clauses));
	p->nclauses = arena_array(a, n, sizeof(*p->nclauses));
	p->callers = arena_array(a, n, sizeof(*p->callers));
	for (const struct ir_chain *c = ir->chains; c; c = c->next) {
		uint32_t k = 0;

		for (const struct ir_rule *r = c->rules; r; r = r->next)
			for (const struct ir_clause *l = r->clauses; l; l = l->next)
				k++;
		p->clauses[c->id] = arena_array(a, k + 1u, sizeof(struct spot_clause));
		p->nclauses[c->id] = k;
		k = 0;
		for (const struct ir_rule *r = c->rules; r; r = r->next)
			for (const struct ir_clause *l = r->clauses; l; l = l->next) {
				note_calls(p, c, k, l);
				note_writers(p, c->table, l);
				p->clauses[c->id][k++] = (struct spot_clause){ r, l };
			}
	}
	note_tracked(p);
}

struct spot prove_spot(const struct prover *p, const struct ir_chain *c, const struct ir_rule *r)
{
	struct spot s = { .chain = c };

	while (s.at < p->nclauses[c->id] && p->clauses[c->id][s.at].rule != r)
		s.at++;
	return s;
}

const struct ir_clause *prove_clause(const struct prover *p, struct spot s)
{
	return p->clauses[s.chain->id][s.at].clause;
}

static bool overlap(const struct operand *a, const struct operand *b)
{
	const struct field_info *f = &field_table[a->field], *g = &field_table[b->field];
	bool raw = f->kind == KIND_RAW, other = g->kind == KIND_RAW;
	unsigned from = raw ? a->raw.off : f->off, start = other ? b->raw.off : g->off;

	if ((f->kind != KIND_PAYLOAD && !raw) || (g->kind != KIND_PAYLOAD && !other))
		return a->field == b->field || (f->kind == g->kind && f->kind == KIND_TCPOPT);
	if ((raw ? a->raw.base : f->base) != (other ? b->raw.base : g->base))
		return false;
	return from < start + operand_bits(b) && start < from + operand_bits(a);
}

/* Asks for nothing else of the state: bits beyond are no states. */
static bool asks_untracked(const struct operand *o)
{
	return o->nxf == 1 && o->xf->op == XFORM_AND &&
	       !(value_get(&o->xf->value, 4) & (PACKET_STATE_UNTRACKED - 1));
}

static bool writes(const struct inst *i, const struct operand *o)
{
	if (i->kind ==
	    INST_ASSIGN) /* a zone or helper leaves a template behind, which has a state */
		return overlap(&i->assign.dst, o) ||
		       (o->field == FIELD_CT_STATE && !asks_untracked(o) &&
			i->assign.dst.field != FIELD_CT_MARK &&
			field_table[i->assign.dst.field].kind == KIND_CT);
	if (i->kind == INST_NOTRACK)
		return field_table[o->field].kind == KIND_CT;
	if (i->kind == INST_TCPOPT_STRIP)
		return field_table[o->field].kind == KIND_TCPOPT;
	return true;
}

bool prove_presence(const struct inst_test *t)
{
	static const struct value none;

	return t->op == TEST_GE && !t->lhs.nxf && !memcmp(&t->value, &none, sizeof(none));
}

/* Is it the same for all clauses that a packet meets in this table? */
bool prove_constant(const struct prover *p, unsigned table, const struct inst_test *t)
{
	if (field_varies(t->lhs.field))
		return false;
	for (const struct prove_writer *w = p->writers[table]; w; w = w->next)
		if (writes(w->inst, &t->lhs) &&
		    (w->inst->kind != INST_ASSIGN || !prove_presence(t)))
			return false;
	return true;
}

/* A helper chain that a clause leads to and that does nothing but drop some packets; NULL: it leads
 * to none. */
const struct ir_chain *prove_helper(const struct ir_clause *k)
{
	const struct ir_chain *h = NULL;

	for (const struct inst *i = k->first; i; i = i->next)
		if (i->kind == INST_VERDICT)
			h = i->verdict.chain;
	if (!h || !h->helper)
		return NULL;
	for (const struct ir_rule *r = h->rules; r; r = r->next)
		for (const struct ir_clause *l = r->clauses; l; l = l->next)
			for (const struct inst *i = l->first; i; i = i->next)
				if (i->kind != INST_TEST && (i->kind != INST_VERDICT ||
							     (i->verdict.kind != VERDICT_DROP &&
							      i->verdict.kind != VERDICT_RETURN)))
					return NULL;
	return h;
}

bool prove_add(const struct prover *p, unsigned table, const struct inst_test *t, bool holds,
	       const struct fact **facts, struct fact *room)
{
	if (!prove_constant(p, table, t))
		return true;
	*room = (struct fact){ *facts, t, holds };
	*facts = room;
	return space_fits(room);
}

bool prove_assume(const struct prover *p, const struct ir_chain *c, const struct ir_clause *k,
		  const struct inst *but, const struct fact **facts, struct fact *room)
{
	const struct ir_chain *h = k->guard ? prove_helper(k) : NULL;
	unsigned n = 0;

	for (const struct inst *i = k->first; i && n < PROVE_FACTS - HELPER_RULES; i = i->next)
		if (i != but && i->kind == INST_TEST &&
		    !prove_add(p, c->table, &i->test, true, facts, &room[n++]))
			return false;
	/* What its helper drops is what no test of it lets return. */
	for (const struct ir_rule *r = h && h->nrules <= HELPER_RULES ? h->rules : NULL; r;
	     r = r->next) {
		const struct inst *i = r->clauses->first;

		if (!r->clauses->next && i->kind == INST_TEST && i->next->kind == INST_VERDICT &&
		    i->next->verdict.kind == VERDICT_RETURN &&
		    !prove_add(p, c->table, &i->test, false, facts, &room[n++]))
			return false;
	}
	return true;
}

/* Nothing but its tests decides. */
bool prove_sure(const struct inst *i)
{
	switch ((enum inst_kind)i->kind) {
	case INST_TEST:
	case INST_COUNTER:
	case INST_LOG:
	case INST_REJECT:
	case INST_VERDICT: return true;
	case INST_NAT: return !i->nat.nport_map;
	case INST_LOOKUP:
	case INST_NEED_HEADER:
	case INST_LIMIT:
	case INST_QUOTA:
	case INST_CONNLIMIT:
	case INST_DYNSET:
	case INST_OBJREF:
	case INST_ASSIGN:
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
	return false;
}

bool prove_ends(const struct prover *p, const struct ir_clause *k)
{
	for (const struct inst *i = k->first; i; i = i->next) {
		if (!prove_sure(i))
			return false;
		if (i->kind == INST_REJECT || i->kind == INST_NAT)
			return true;
		if (i->kind == INST_VERDICT)
			return i->verdict.kind != VERDICT_JUMP ||
			       p->reach[i->verdict.chain->id].ends;
	}
	return false;
}

/* Bits of a mark or the like are turned over: then the order does not matter, unless one looks at
 * what the other writes. */
static bool turns_bits(const struct ir_clause *k, const struct operand **dst)
{
	*dst = NULL;
	for (const struct inst *i = k->first; i; i = i->next) {
		if (i->kind == INST_TEST)
			continue;
		if (i->kind != INST_ASSIGN || i->next || i->assign.from != ASSIGN_OPERAND ||
		    i->assign.src.field != i->assign.dst.field || i->assign.src.nxf != 1 ||
		    i->assign.src.xf->op != XFORM_XOR)
			return false;
		*dst = &i->assign.dst;
	}
	return *dst != NULL;
}

static bool looks_at(const struct ir_clause *k, const struct operand *o)
{
	for (const struct inst *i = k->first; i; i = i->next)
		if (i->kind == INST_TEST && i->test.lhs.field == o->field)
			return true;
	return false;
}

bool prove_commute(const struct ir_clause *a, const struct ir_clause *b)
{
	const struct operand *x, *y;

	return turns_bits(a, &x) && turns_bits(b, &y) && x->field == y->field &&
	       field_table[x->field].kind != KIND_RAW && !looks_at(a, y) && !looks_at(b, x);
}
