/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * commands: -A -I -D -R -N -X -E -F -P -Z, carried out on the ruleset.
 *
 * Follows iptables.c and libiptc: commands work in order on what is there by then; a chain must exist
 * before a rule jumps to it.
 */
#include "ruleset.h"

#include <string.h>
#include "ahead.h"
#include "chain.h"
#include "spec.h"

#define W(w) (int)(w)->len, (w)->s

static struct chain *wanted_chain(struct ruleset *rs, struct table *t, const struct word *w)
{
	struct chain *c = table_chain(t, w->s, w->len);
	const char *names[256], *near;
	size_t n = 0;

	if (c)
		return c;
	for (c = t->chains; c && n < 256; c = c->next)
		names[n++] = c->name;
	near = diag_nearest(w->s, w->len, names, n);
	diag_error(rs->diags, w->at, "chain '%.*s' does not exist in table '%s'%s%s%s", W(w),
		   table_names[t->id], near ? " (did you mean " : "", near ? near : "", near ? "?)" : "");
	return NULL;
}

static void fill_rule(struct rule *r, struct ruleset *rs, struct chain *c, const struct rule *line,
		      const struct rule_spec *spec)
{
	*r = *line;
	r->chain = c;
	r->words = NULL; /* the scanner uses its array again */
	r->nwords = 0;
	r->spec = ARENA_NEW(rs->arena, struct rule_spec);
	*r->spec = *spec;
}

static struct rule *make_rule(struct ruleset *rs, struct chain *c, const struct rule *line,
			      const struct rule_spec *spec)
{
	struct rule *r = ARENA_NEW(rs->arena, struct rule);

	fill_rule(r, rs, c, line, spec);
	return r;
}

struct lists {
	struct hostlist src, dst;
};

/* Every pair of addresses in order; f returns false to stop. */
static void each_pair(struct rule_spec *spec, const struct lists *l,
		      bool (*f)(struct rule_spec *spec, void *arg), void *arg)
{
	for (uint32_t i = 0; i < (l->src.n ? l->src.n : 1); i++)
		for (uint32_t j = 0; j < (l->dst.n ? l->dst.n : 1); j++) {
			if (l->src.n)
				spec->src = l->src.items[i];
			if (l->dst.n)
				spec->dst = l->dst.items[j];
			if (!f(spec, arg))
				return;
		}
}

struct edit {
	struct ruleset *rs;
	struct chain *c;
	const struct rule *line;
	struct command *cmd;
};

static bool do_append(struct rule_spec *spec, void *arg)
{
	struct edit *e = arg;

	chain_insert(e->rs, e->c, e->c->nrules, make_rule(e->rs, e->c, e->line, spec));
	return true;
}

static bool do_insert(struct rule_spec *spec, void *arg)
{
	struct edit *e = arg;

	if (e->cmd->number > e->c->nrules + 1) {
		diag_error(e->rs->diags, e->cmd->at, "rule number %u is beyond the end of chain '%s' (%u rules)",
			   e->cmd->number, e->c->name, e->c->nrules);
		return false;
	}
	chain_insert(e->rs, e->c, e->cmd->number - 1, make_rule(e->rs, e->c, e->line, spec));
	return true;
}

static bool do_delete(struct rule_spec *spec, void *arg)
{
	struct edit *e = arg;

	for (uint32_t i = 0; i < e->c->nrules; i++)
		if (spec_equal(e->rs, e->c->rules[i]->spec, spec)) {
			chain_remove(e->c, i);
			return true;
		}
	diag_error(e->rs->diags, e->cmd->at, "chain '%s' has no such rule to delete", e->c->name);
	return false;
}

static bool number_ok(const struct edit *e)
{
	if (e->cmd->number && e->cmd->number <= e->c->nrules)
		return true;
	diag_error(e->rs->diags, e->cmd->at, "chain '%s' has no rule %u", e->c->name, e->cmd->number);
	return false;
}

static bool do_replace(struct rule_spec *spec, void *arg)
{
	struct edit *e = arg;

	if (!number_ok(e))
		return false;
	chain_replace(e->c, e->cmd->number - 1, make_rule(e->rs, e->c, e->line, spec));
	return true;
}

static void delete_chain(struct edit *e, struct table *t)
{
	const struct word *w = e->cmd->chain;

	if (!e->c) { /* every empty, unreferenced user chain; any other is an error, as in libiptc */
		for (struct chain *c = t->chains, *next; c; c = next) {
			next = c->next;
			if (c->hook >= 0)
				continue;
			if (c->nrules || c->references) {
				diag_error(e->rs->diags, e->cmd->at, "chain '%s' is %s: -X can't delete it",
					   c->name, c->nrules ? "not empty" : "used");
				return;
			}
			chain_unlink(c);
		}
		return;
	}
	if (e->c->hook >= 0 || e->c->nrules || e->c->references)
		diag_error(e->rs->diags, w->at, "chain '%s' is %s: -X can't delete it", e->c->name,
			   e->c->hook >= 0 ? "built in" : e->c->nrules ? "not empty" : "used");
	else
		chain_unlink(e->c);
}

static void rename_chain(struct edit *e, struct table *t)
{
	const struct word *to = e->cmd->extra;

	if (!chain_name_ok(e->rs, to, false))
		return;
	if (e->c->hook >= 0)
		diag_error(e->rs->diags, e->cmd->chain->at, "built-in chain '%s' can't be renamed", e->c->name);
	else if (table_chain(t, to->s, to->len))
		diag_error(e->rs->diags, to->at, "chain '%.*s' exists already", W(to));
	else
		chain_rename(e->rs, e->c, to);
}

static void new_chain(struct edit *e, struct table *t)
{
	const struct word *w = e->cmd->chain;

	if (!chain_name_ok(e->rs, w, true))
		return;
	if (table_chain(t, w->s, w->len))
		diag_error(e->rs->diags, w->at, "chain '%.*s' exists already", W(w));
	else
		chain_new(e->rs, t, w->s, w->len, w->at, -1);
}

static void zero(struct edit *e, struct table *t)
{
	static const struct counters none;

	for (struct chain *c = e->c ? e->c : t->chains; c; c = e->c ? NULL : c->next) {
		if (!e->cmd->number)
			c->counters = none;
		for (uint32_t i = 0; i < c->nrules; i++)
			if (!e->cmd->number || e->cmd->number == i + 1) {
				c->rules[i]->counters = none;
				c->rules[i]->spec->set_counters = none;
			}
	}
	if (e->c && e->cmd->number)
		number_ok(e);
}

/* -o at PREROUTING and INPUT, -i at OUTPUT and POSTROUTING: refused by name, as iptables does. */
static bool direction_ok(struct ruleset *rs, const struct chain *c, const struct rule_spec *s)
{
	static const char fmt[] = "-%c is not possible in chain '%s': packets have no %s interface there";

	if (c->hook >= 0 && s->out.given && (c->hook == HOOK_PREROUTING || c->hook == HOOK_INPUT)) {
		diag_error(rs->diags, s->out.at, fmt, 'o', c->name, "output");
		return false;
	}
	if (c->hook >= 0 && s->in.given && (c->hook == HOOK_OUTPUT || c->hook == HOOK_POSTROUTING)) {
		diag_error(rs->diags, s->in.at, fmt, 'i', c->name, "input");
		return false;
	}
	if (c->table->id == TABLE_NAT && s->target == TARGET_DROP) {
		diag_error(rs->diags, s->target_at, "table 'nat' is not for filtering: DROP is not possible there");
		return false;
	}
	return true;
}

static void policy_command(struct edit *e)
{
	chain_set_policy(e->rs, e->c, e->cmd->extra, true);
}

static void rule_command(struct edit *e, struct rule_spec *spec, const struct lists *l)
{
	if (!direction_ok(e->rs, e->c, spec))
		return;
	switch (e->cmd->letter) {
	case 'A': each_pair(spec, l, do_append, e); break;
	case 'I': each_pair(spec, l, do_insert, e); break;
	case 'R':
		if (l->src.n > 1 || l->dst.n > 1)
			diag_error(e->rs->diags, e->cmd->at, "-R needs a single address");
		else
			each_pair(spec, l, do_replace, e);
		break;
	default:
		if (!e->cmd->number)
			each_pair(spec, l, do_delete, e);
		else if (number_ok(e))
			chain_remove(e->c, e->cmd->number - 1);
		break;
	}
}

void ruleset_command(struct ruleset *rs, struct table *t, const struct rule *line)
{
	struct command cmd;
	struct rule_spec spec;
	struct lists l = { { 0 }, { 0 } };
	struct edit e = { .rs = rs, .line = line, .cmd = &cmd };

	if (!spec_parse(rs, t, line, &cmd, &spec, &l.src, &l.dst) || cmd.other_family)
		return;
	if (cmd.has_rule && (!strchr("AIDR", cmd.letter) || (cmd.letter == 'D' && cmd.number))) {
		diag_error(rs->diags, cmd.at, "-%c takes no rule%s", cmd.letter,
			   cmd.letter == 'D' ? " beside a number" : "");
		return;
	}
	if (cmd.chain && cmd.letter != 'N') {
		e.c = wanted_chain(rs, t, cmd.chain);
		if (!e.c)
			return;
	}
	switch (cmd.letter) {
	case 'N': new_chain(&e, t); break;
	case 'X': delete_chain(&e, t); break;
	case 'E': rename_chain(&e, t); break;
	case 'P': policy_command(&e); break;
	case 'Z': zero(&e, t); break;
	case 'F':
		for (struct chain *c = e.c ? e.c : t->chains; c; c = e.c ? NULL : c->next)
			chain_flush(c);
		break;
	default: rule_command(&e, &spec, &l); break;
	}
}

bool ruleset_rule(struct ruleset *rs, struct table *t, const struct rule *line, struct ahead_rule *out)
{
	struct command cmd;
	struct rule_spec spec;
	struct lists l = { { 0 }, { 0 } };

	if (!spec_parse(rs, t, line, &cmd, &spec, &l.src, &l.dst) || cmd.other_family ||
	    cmd.letter != 'A' || l.src.n > 1 || l.dst.n > 1)
		return false;
	if (l.src.n)
		spec.src = *l.src.items;
	if (l.dst.n)
		spec.dst = *l.dst.items;
	fill_rule(&out->rule, rs, NULL, line, &spec);
	out->table = t->id;
	out->chain = *cmd.chain;
	out->target = cmd.target;
	return true;
}

bool ruleset_append(struct ruleset *rs, struct table *t, struct ahead_rule *r)
{
	struct rule_spec *s = r->rule.spec;
	bool jumps = s->target == TARGET_JUMP || s->target == TARGET_GOTO;

	if (r->table != t->id)
		return false;
	r->rule.chain = table_chain(t, r->chain.s, r->chain.len);
	if (!r->rule.chain)
		return false;
	if (jumps || s->target == TARGET_EXT) {
		struct chain *to = table_chain(t, r->target.s, r->target.len);

		/* A chain may be called as an extension, which was not asked for it then. */
		if (jumps ? !to || to->hook >= 0 : to != NULL)
			return false;
		s->target_chain = to;
	}
	if (direction_ok(rs, r->rule.chain, s))
		chain_insert(rs, r->rule.chain, r->rule.chain->nrules, &r->rule);
	return true;
}
