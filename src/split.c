/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "split.h"

struct table_use {
	struct table_use *next;
	const void *thing; /* ir_set or ir_object */
	unsigned tables;   /* IN_TABLE() bits */
};

struct marking {
	struct ir *ir;
	struct table_use *uses;
	unsigned table; /* of the chain that is looked at */
};

bool table_uses(const struct table_use *use, const void *thing, enum table_id table)
{
	if (table == TABLE_COUNT)
		return true;
	for (; use; use = use->next)
		if (use->thing == thing)
			return use->tables & 1u << table;
	return false;
}

bool split_has_chains(const struct ir *ir, enum table_id table)
{
	for (const struct ir_chain *c = ir->chains; c; c = c->next)
		if (c->table == table)
			return true;
	return false;
}

const char *split_name(const struct ir *ir, enum table_id table)
{
	return arena_printf(ir->arena, "%s-%s", ir->table_name, table_names[table]);
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
	if (u->tables & ~m->table && !(u->tables & m->table))
		diag_add(m->ir->diags, IPTC2NFT_SEV_UNSUPPORTED, at,
			 "the %s '%s' is shared by several tables: --layout=split can't give each "
			 "its own; use the default layout",
			 kind, name);
	u->tables |= m->table;
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

const struct table_use *split_uses(struct ir *ir)
{
	struct marking m = { .ir = ir };

	for (const struct ir_chain *c = ir->chains; c; c = c->next) {
		m.table = 1u << c->table;
		for (const struct ir_rule *r = c->rules; r; r = r->next)
			for (const struct ir_clause *k = r->clauses; k; k = k->next)
				for (const struct inst *i = k->first; i; i = i->next)
					mark_inst(&m, i);
	}
	return m.uses;
}
