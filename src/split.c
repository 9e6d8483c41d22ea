/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "split.h"

#include <string.h>

struct table_use {
	struct table_use *next;
	const void *thing; /* ir_set or ir_object */
	unsigned tables;   /* IN_TABLE() bits */
};

struct marking {
	struct ir *ir;
	struct table_use *uses;
	unsigned tables; /* of the part that the chain is in */
};

bool split_declares(const struct split *s, const struct split_part *p, const void *thing)
{
	const struct table_use *use = s->use;

	while (use && use->thing != thing)
		use = use->next;
	return use ? use->tables & p->tables : p->rest;
}

static bool has_chains(const struct ir *ir, unsigned tables)
{
	for (const struct ir_chain *c = ir->chains; c; c = c->next)
		if (tables & 1u << c->table)
			return true;
	return false;
}

const char *split_mark(const struct ir *ir)
{
	return arena_printf(ir->arena, "part of %s", ir->table_name);
}

static void mark(struct marking *m, const void *thing, const char *kind, const char *name,
		 struct span at)
{
	struct table_use *u = m->uses;

	while (u && u->thing != thing)
		u = u->next;
	if (!u) {
		u = ARENA_NEW(m->ir->arena, struct table_use);
		u->thing = thing;
		u->next = m->uses;
		m->uses = u;
	}
	if (u->tables && !(u->tables & m->tables))
		diag_add(m->ir->diags, IPTC2NFT_SEV_UNSUPPORTED, at,
			 m->ir->split_tables
				 ? "the %s '%s' is shared by several tables: --layout=split can't give each its "
				   "own; use the default layout"
				 : "the %s '%s' is shared by several tables, one of which has to stand apart for "
				   "the extensions that are kept as they are",
			 kind, name);
	u->tables |= m->tables;
}

static void mark_inst(struct marking *m, const struct inst *i)
{
	switch ((enum inst_kind)i->kind) {
	case INST_LOOKUP: mark(m, i->lookup.set, "set", i->lookup.set->name, i->at); break;
	case INST_DYNSET: mark(m, i->dynset.set, "set", i->dynset.set->name, i->at); break;
	case INST_OBJREF: mark(m, i->objref.object, "object", i->objref.object->name, i->at); break;
	case INST_ASSIGN:
		if (i->assign.from == ASSIGN_LOOKUP)
			mark(m, i->assign.map, "map", i->assign.map->name, i->at);
		break;
	case INST_TEST:
	case INST_NEED_HEADER:
	case INST_LIMIT:
	case INST_QUOTA:
	case INST_CONNLIMIT:
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
	case INST_COMPAT:
	case INST_OPAQUE:
	case INST_COUNT: break;
	}
}

static const struct table_use *uses(struct ir *ir, const struct split *s)
{
	struct marking m = { .ir = ir };

	for (const struct ir_chain *c = ir->chains; c; c = c->next) {
		for (unsigned i = 0; i < s->n; i++)
			if (split_has(&s->parts[i], c))
				m.tables = s->parts[i].tables;
		for (const struct ir_rule *r = c->rules; r; r = r->next)
			for (const struct ir_clause *k = r->clauses; k; k = k->next)
				for (const struct inst *i = k->first; i; i = i->next)
					mark_inst(&m, i);
	}
	return m.uses;
}

static void add(struct split *s, struct split_part p)
{
	s->parts[s->n++] = p;
}

/* The main table is always there, if empty: it replaces one of an earlier run that was not. */
void split_plan(struct ir *ir, struct split *s)
{
	unsigned apart = ir->split_tables ? (1u << TABLE_COUNT) - 1 : 0;

	*s = (struct split){ 0 };
	for (unsigned i = 0; i < TABLE_COUNT; i++)
		if (ir->named & 1u << i && (ir->split_tables || strcmp(ir->table_name, table_names[i]) != 0))
			apart |= 1u << i;
	if (!ir->split_tables)
		add(s, (struct split_part){ ir->table_name, ~apart, true, false, false });
	for (unsigned i = 0; i < TABLE_COUNT; i++) {
		bool named = ir->named & 1u << i;

		if (apart & 1u << i && has_chains(ir, 1u << i))
			add(s, (struct split_part){ named ? table_names[i]
						    : arena_printf(ir->arena, "%s-%s", ir->table_name, table_names[i]),
						    1u << i, false, named, ir->found & 1u << i });
	}
	if (apart)
		s->use = uses(ir, s);
}
