/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lower_share: what several rules or clauses have in common: helper chains, named sets and objects,
 * and stateful instructions of a rule that became several clauses.
 */
#include "lower.h"

#include <string.h>

static bool is_stateful(const struct inst *i)
{
	switch ((enum inst_kind)i->kind) {
	case INST_LIMIT:
	case INST_QUOTA:
	case INST_CONNLIMIT:
	case INST_DYNSET:
	case INST_OBJREF:
	case INST_COMPAT:
	case INST_OPAQUE: return true;
	case INST_TEST:
		return i->test.lhs.field == FIELD_NUMGEN_INC ||
		       i->test.lhs.field == FIELD_NUMGEN_RANDOM ||
		       i->test.lhs.field == FIELD_META_RANDOM;
	case INST_LOOKUP:
	case INST_NEED_HEADER:
	case INST_COUNTER:
	case INST_LOG:
	case INST_ASSIGN:
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

/* A set or an object is shared as it is; a random number needs no memory. */
static bool needs_sharing(const struct inst *i)
{
	if (i->kind == INST_TEST)
		return i->test.lhs.field == FIELD_NUMGEN_INC;
	return is_stateful(i) && i->kind != INST_DYNSET && i->kind != INST_OBJREF &&
	       i->kind != INST_OPAQUE;
}

bool lower_has_state(const struct ir_rule *r)
{
	for (const struct ir_clause *c = r->clauses; c; c = c->next)
		for (const struct inst *i = c->first; i; i = i->next)
			if (is_stateful(i))
				return true;
	return false;
}

/* "filter/name": no user chain's name has a / after the table. */
static const char *helper_name(struct lower *l, const char *key)
{
	return arena_printf(l->arena, "%s/%s", table_names[l->chain->table], key);
}

void lower_together(struct lower *l)
{
	if (l->ahead)
		longjmp(*l->ahead, 1);
}

static struct ir_chain *helper_new(struct lower *l, const char *key)
{
	lower_together(l);

	struct ir_chain *c = ir_chain_new(l->ir, helper_name(l, key), l->chain->table);

	c->helper = true;
	if (!l->ir->helpers)
		l->ir->helpers = c;
	return c;
}

static void go_to(struct lower *l, struct ir_rule *r, enum verdict_kind how, struct ir_chain *to)
{
	struct inst *i = inst_new(l->arena, INST_VERDICT, l->at);

	i->verdict.kind = (uint8_t)how;
	lower_lead(l, i, to);
	ir_append(r->clauses ? r->clauses : ir_clause_new(l->ir, r), i);
}

/* What comes to the end of @c goes on with the rules after the one being lowered. */
static void end_in_rest(struct lower *l, struct ir_chain *c)
{
	go_to(l, ir_rule_new(l->ir, c, NULL), VERDICT_GOTO, l->rest);
}

/*
 * Continue the rule in a chain of its own, so that what comes after a stateful match may have
 * alternatives while the state itself is asked once per packet.
 *
 * RETURN and -g mean another thing one level deeper. So a rule with such a target goes there by goto;
 * the rules after it move to a chain of their own, `rest`, to which everything goes that does not match.
 */
void lower_split(struct lower *l)
{
	struct ir_chain *from = l->split ? l->split : l->chain;
	bool leaves = l->spec->target == TARGET_RETURN || l->spec->target == TARGET_GOTO;
	struct ir_chain *c = helper_new(l, arena_printf(l->arena, "rule-%u", ++l->nsplits));
	struct ir_rule *rest;
	struct inst *i;

	if (leaves && !l->rest) {
		l->rest = helper_new(l, arena_printf(l->arena, "rest-%u", l->nsplits));
		l->chain->rest = l->rest;
	}
	i = lower_emit(l, INST_VERDICT);
	i->verdict.kind = leaves ? VERDICT_GOTO : VERDICT_JUMP;
	lower_lead(l, i, c);
	lower_branch(l, -1);
	if (leaves)
		end_in_rest(l, from);

	rest = ir_rule_new(l->ir, c, l->rule);
	rest->comment = l->out->comment;
	rest->comment_len = l->out->comment_len;
	ir_clause_new(l->ir, rest);
	l->out = rest;
	l->split = c;
}

void lower_continue(struct lower *l)
{
	struct ir_rule *rest;

	lower_branch(l, -1);
	l->out->rule = NULL; /* a piece of the rule, not the rule */
	rest = ir_rule_new(l->ir, l->split, l->rule);
	rest->comment = l->out->comment;
	rest->comment_len = l->out->comment_len;
	l->out->comment = NULL;
	l->out->comment_len = 0;
	ir_clause_new(l->ir, rest);
	l->out = rest;
}

void lower_rule_done(struct lower *l)
{
	if (l->rest) {
		end_in_rest(l, l->split);
		l->chain = l->rest;
	}
	l->split = l->rest = NULL;
}

static bool same_limit(const struct inst *i, const struct ir_object *o)
{
	return o->kind == OBJECT_LIMIT && o->at.pos == i->at.pos &&
	       !memcmp(&o->limit, &i->limit, sizeof(o->limit));
}

static bool same_quota(const struct inst *i, const struct ir_object *o)
{
	return o->kind == OBJECT_QUOTA && o->at.pos == i->at.pos &&
	       !memcmp(&o->quota, &i->quota, sizeof(o->quota));
}

static struct ir_object *object_new(struct lower *l, enum object_kind kind, const char *name)
{
	struct ir_object *o;

	lower_together(l);
	o = ARENA_NEW(l->arena, struct ir_object);
	o->kind = kind;
	o->name = name;
	o->at = l->at;
	*l->ir->last_object = o;
	l->ir->last_object = &o->next;
	l->nobjects[kind]++;
	return o;
}

/* The object that stands for this instruction in all clauses of its rule, which begin with @own;
 * NULL: none can. A line with several addresses is several rules, each with a state of its own. */
static struct ir_object *shared_object(struct lower *l, const struct inst *i, struct ir_object *own)
{
	bool limit = i->kind == INST_LIMIT;
	enum object_kind kind = limit ? OBJECT_LIMIT : OBJECT_QUOTA;
	struct ir_object *o;

	if (!limit && i->kind != INST_QUOTA)
		return NULL;
	for (o = own; o; o = o->next)
		if (limit ? same_limit(i, o) : same_quota(i, o))
			return o;
	o = object_new(l, kind, arena_printf(l->arena, "%s-%u", limit ? "limit" : "quota",
					     l->nobjects[kind] + 1));
	if (limit)
		o->limit = i->limit;
	else
		o->quota = i->quota;
	o->at = i->at;
	return o;
}

/* Requires that the state comes after everything that distinguishes the clauses (lower_fork()
 * splits the rule otherwise), so that a packet asks it at most once. */
void lower_share_state(struct lower *l)
{
	struct ir_object **own = l->ir->last_object;

	for (struct ir_clause *c = l->out->clauses; c; c = c->next)
		for (struct inst **p = &c->first; *p; p = &(*p)->next) {
			struct inst *i = *p;
			struct ir_object *o;

			if (!needs_sharing(i))
				continue;
			o = shared_object(l, i, *own);
			if (!o) {
				lower_refuse_rule(l, i->at, "this match keeps state of its own, which the "
							     "several nft rules that this rule needs can't share");
				return;
			}

			struct inst *ref = inst_new(l->arena, INST_OBJREF, i->at);

			ref->objref.object = o;
			ref->next = i->next;
			if (c->last == &i->next)
				c->last = &ref->next;
			*p = ref;
		}
}

struct ir_chain *lower_helper_chain(struct lower *l, const char *key, bool *fresh)
{
	const char *name = helper_name(l, key);
	struct ir_chain *c = dict_find(&l->helpers, name, strlen(name));

	*fresh = !c;
	if (*fresh) {
		c = helper_new(l, key);
		dict_add(l->arena, &l->helpers, name, strlen(name), c);
	}
	return c;
}

void lower_into(struct lower *l, struct ir_chain *c, struct lower_saved *saved)
{
	int branch = l->branch;

	lower_branch(l, branch); /* settle */
	*saved = (struct lower_saved){ l->out, l->chain, l->rest, l->nbranches, branch };
	l->chain = c;
	l->rest = NULL; /* a return of @c is one */
	lower_next_rule(l);
}

void lower_next_rule(struct lower *l)
{
	lower_branch(l, -1);
	l->out = ir_rule_new(l->ir, l->chain, NULL);
	ir_clause_new(l->ir, l->out);
	l->nbranches = 1;
}

void lower_back(struct lower *l, const struct lower_saved *saved)
{
	lower_branch(l, -1);
	l->out = saved->out;
	l->chain = saved->chain;
	l->rest = saved->rest;
	l->nbranches = saved->nbranches;
	l->branch = saved->branch;
}

struct lower_note {
	struct lower_note *next;
	const struct ext *ext;
	void *note;
};

void **lower_note(struct lower *l, const struct ext *e)
{
	struct lower_note *n = l->notes;

	lower_together(l);
	while (n && n->ext != e)
		n = n->next;
	if (!n) {
		n = ARENA_NEW(l->arena, struct lower_note);
		n->ext = e;
		n->next = l->notes;
		l->notes = n;
	}
	return &n->note;
}

struct ir_set *lower_set_named(struct lower *l, const char *name, bool *fresh)
{
	struct ir_set *s = dict_find(&l->sets, name, strlen(name));

	lower_together(l);
	*fresh = !s;
	if (s)
		return s;
	s = ARENA_NEW(l->arena, struct ir_set);
	s->name = arena_strdup(l->arena, name);
	dict_add(l->arena, &l->sets, s->name, strlen(name), s);
	s->at = l->at;
	*l->ir->last_set = s;
	l->ir->last_set = &s->next;
	return s;
}

struct ir_object *lower_object(struct lower *l, enum object_kind kind, const char *name, bool *fresh)
{
	struct ir_object *o = dict_find(&l->objects[kind], name, strlen(name));

	*fresh = !o;
	if (*fresh) {
		o = object_new(l, kind, arena_strdup(l->arena, name));
		dict_add(l->arena, &l->objects[kind], o->name, strlen(name), o);
	}
	return o;
}

void lower_refuse(struct lower *l, const struct ext_use *u, struct span at, opaque_eval eval,
		  const char *fmt, ...)
{
	struct compat_blob *blob;
	va_list ap;

	lower_together(l);
	va_start(ap, fmt);
	const char *reason = arena_vprintf(l->arena, fmt, ap);
	va_end(ap);

	if (l->compat && u->ext->compat) {
		blob = ARENA_NEW(l->arena, struct compat_blob);
		if (u->ext->compat(l, u, blob)) {
			struct inst *i = lower_emit(l, INST_COMPAT);

			if (u->ext->named_table)
				l->ir->named |= 1u << l->chain->table;
			i->compat.ext = u->ext;
			i->compat.blob = blob;
			return;
		}
	}

	struct inst *i = lower_emit(l, INST_OPAQUE);

	i->opaque.use = u;
	i->opaque.reason = reason;
	i->opaque.eval = eval;
	l->out->refused = true;
	if (!l->for_explain)
		diag_add(l->ir->diags, IPTC2NFT_SEV_UNSUPPORTED, at, "%s", reason);
}

/* Without a use to blame: the rule as a whole. For the simulator nothing is known of it. */
void lower_refuse_rule(struct lower *l, struct span at, const char *fmt, ...)
{
	va_list ap;

	lower_together(l);
	va_start(ap, fmt);
	const char *reason = arena_vprintf(l->arena, fmt, ap);
	va_end(ap);

	l->out->refused = true;
	if (!l->for_explain) {
		diag_add(l->ir->diags, IPTC2NFT_SEV_UNSUPPORTED, at, "%s", reason);
		return;
	}
	for (struct ir_clause *c = l->out->clauses; c; c = c->next) {
		struct inst *i = inst_new(l->arena, INST_OPAQUE, at);

		i->opaque.reason = reason;
		i->next = c->first; /* before anything that the rule does */
		if (!c->first)
			c->last = &i->next;
		c->first = i;
	}
}
