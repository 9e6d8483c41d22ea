/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ruleset: tables and chains, and the commands of the input carried out on them.
 *
 * Follows iptables-restore.c and libiptc: commands work in order on what is there by then; a chain
 * must exist before a rule jumps to it.
 */
#include "ruleset.h"

#include <ctype.h>
#include <string.h>
#include "spec.h"
#include "value.h"

#define W(w) (int)(w)->len, (w)->s

/* Chains by name: open addressing, grown at half full. */
struct chain_index {
	struct chain **slots;
	uint32_t size; /* a power of two */
	uint32_t used;
};

static uint32_t hash_bytes(const char *s, size_t len)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)s[i]) * 16777619u;
	return h;
}

static struct chain **chain_slot(struct chain_index *x, const char *name, size_t len)
{
	uint32_t i = hash_bytes(name, len) & (x->size - 1);

	while (x->slots[i] && (x->slots[i]->name_len != len || memcmp(x->slots[i]->name, name, len)))
		i = (i + 1) & (x->size - 1);
	return &x->slots[i];
}

static void index_rebuild(struct ruleset *rs, struct table *t, uint32_t size)
{
	struct chain_index *x = t->by_name;

	x->slots = arena_array(rs->arena, size, sizeof(*x->slots));
	x->size = size;
	x->used = 0;
	for (struct chain *c = t->chains; c; c = c->next, x->used++)
		*chain_slot(x, c->name, c->name_len) = c;
}

struct chain *table_chain(struct table *t, const char *name, size_t len)
{
	return t->by_name ? *chain_slot(t->by_name, name, len) : NULL; /* NULL: no such table in the input */
}

struct chain *chain_new(struct ruleset *rs, struct table *t, const char *name, size_t len,
			struct span at, int hook)
{
	struct chain_index *x = t->by_name;
	struct chain *c = ARENA_NEW(rs->arena, struct chain);

	c->table = t;
	c->name = arena_strndup(rs->arena, name, len);
	c->name_len = (uint32_t)len;
	c->at = at;
	c->hook = hook;
	if (2 * (x->used + 1) > x->size)
		index_rebuild(rs, t, x->size * 2);
	*chain_slot(x, c->name, len) = c;
	x->used++;
	*t->last = c;
	t->last = &c->next;
	t->nchains++;
	return c;
}

void ruleset_init(struct ruleset *rs, struct arena *a, struct diags *d, unsigned family)
{
	*rs = (struct ruleset){ .arena = a, .diags = d, .family = family };
	for (unsigned i = 0; i < TABLE_COUNT; i++) {
		rs->tables[i].id = (enum table_id)i;
		rs->tables[i].last = &rs->tables[i].chains;
	}
}

/* Nothing but built-in chains without rules: as after the last table_clear(). */
static bool table_is_clear(const struct table *t)
{
	uint32_t builtin = 0;

	for (unsigned h = 0; h < HOOK_COUNT; h++)
		builtin += t->builtin[h] != NULL;
	return t->by_name && !t->nrules && t->nchains == builtin;
}

static void table_clear(struct ruleset *rs, struct table *t)
{
	if (table_is_clear(t)) {
		for (unsigned h = 0; h < HOOK_COUNT; h++)
			if (t->builtin[h])
				t->builtin[h]->counters = (struct counters){ 0 };
		return;
	}
	t->chains = NULL;
	t->last = &t->chains;
	t->nchains = t->nrules = 0;
	t->by_name = ARENA_NEW(rs->arena, struct chain_index);
	index_rebuild(rs, t, 64);
	for (unsigned h = 0; h < HOOK_COUNT; h++) {
		struct chain *old = t->builtin[h];

		t->builtin[h] = NULL;
		if (!hook_find(t->id, (enum hook_id)h))
			continue;
		t->builtin[h] = chain_new(rs, t, hook_names[h], strlen(hook_names[h]),
					  old ? old->at : (struct span){ 0 }, (int)h);
		/* Rules and user chains go when a table is named again; policies stay. */
		if (old)
			t->builtin[h]->policy_drop = old->policy_drop;
	}
}

struct table *ruleset_table(struct ruleset *rs, const struct word *name)
{
	for (unsigned i = 0; i < TABLE_COUNT; i++)
		if (strlen(table_names[i]) == name->len && !memcmp(table_names[i], name->s, name->len)) {
			struct table *t = &rs->tables[i];

			t->present = true;
			t->at = name->at;
			table_clear(rs, t);
			return t;
		}

	const char *near = diag_nearest(name->s, name->len, table_names, TABLE_COUNT);

	diag_error(rs->diags, name->at, "unknown table '%.*s'%s%s%s", W(name),
		   near ? " (did you mean " : ": want raw, mangle, nat, filter or security",
		   near ? near : "", near ? "?)" : "");
	return NULL;
}

/* table nat: -P refuses DROP, a chain's line does not. */
static bool set_policy(struct ruleset *rs, struct chain *c, const struct word *policy, bool by_command)
{
	static const char *const names[] = { "ACCEPT", "DROP" };

	if (c->hook < 0) {
		diag_error(rs->diags, policy->at, "user chain '%s' can't have a policy: write '-'", c->name);
		return false;
	}
	for (unsigned i = 0; i < 2; i++)
		if (strlen(names[i]) == policy->len && !memcmp(names[i], policy->s, policy->len)) {
			if (i && by_command && c->table->id == TABLE_NAT) {
				diag_error(rs->diags, policy->at,
					   "table 'nat' is not for filtering: policy DROP is not possible");
				return false;
			}
			c->policy_drop = i;
			return true;
		}
	diag_error(rs->diags, policy->at, "policy '%.*s' is not ACCEPT or DROP", W(policy));
	return false;
}

/* [packets:bytes] */
static bool parse_counters(const struct word *w, struct counters *out)
{
	const char *colon = memchr(w->s, ':', w->len);
	size_t n;

	if (w->len < 5 || w->s[0] != '[' || w->s[w->len - 1] != ']' || !colon)
		return false;
	n = (size_t)(colon - w->s) - 1;
	return value_u64(w->s + 1, n, 0, UINT64_MAX, &out->packets) &&
	       value_u64(colon + 1, w->len - n - 3, 0, UINT64_MAX, &out->bytes);
}

static bool chain_name_ok(struct ruleset *rs, const struct word *w, bool by_command)
{
	static const char *const taken[] = { "ACCEPT", "DROP", "QUEUE", "RETURN" };

	if (!w->len) {
		diag_error(rs->diags, w->at, "a chain name is missing");
		return false;
	}
	if (w->len > CHAIN_NAME_MAX) {
		diag_error(rs->diags, w->at, "chain name '%.*s' is longer than %d bytes", W(w),
			   CHAIN_NAME_MAX);
		return false;
	}
	if (memchr(w->s, '\0', w->len)) {
		diag_error(rs->diags, w->at, "a chain name can't hold a NUL byte");
		return false;
	}
	for (unsigned i = 0; i < 4; i++)
		if (strlen(taken[i]) == w->len && !memcmp(taken[i], w->s, w->len)) {
			diag_error(rs->diags, w->at, "'%s' is a target: no chain can be called so", taken[i]);
			return false;
		}
	/* assert_valid_chain_name(), which only -N calls */
	if (by_command && (w->s[0] == '-' || w->s[0] == '!')) {
		diag_error(rs->diags, w->at, "a chain name can't begin with '%c'", w->s[0]);
		return false;
	}
	for (uint32_t i = 0; by_command && i < w->len; i++)
		if (isspace((unsigned char)w->s[i])) {
			diag_error(rs->diags, w->at, "a chain name can't hold a blank");
			return false;
		}
	if (by_command && ext_lookup(rs, w->s, w->len, EXT_TARGET, rs->family)) {
		diag_error(rs->diags, w->at, "'%.*s' is a target: no chain can be called so", W(w));
		return false;
	}
	return true;
}

void ruleset_chain(struct ruleset *rs, struct table *t, const struct word *words, uint32_t n)
{
	struct chain *c = table_chain(t, words[0].s, words[0].len);

	if (c && c->hook < 0) {
		diag_error(rs->diags, words[0].at, "chain '%s' exists already", c->name);
		return;
	}
	if (!c) {
		if (!chain_name_ok(rs, &words[0], false))
			return;
		c = chain_new(rs, t, words[0].s, words[0].len, words[0].at, -1);
	}
	c->at = words[0].at;
	if (n < 2) {
		diag_error(rs->diags, words[0].at, "a policy is missing after the chain's name: ACCEPT, DROP or '-'");
		return;
	}
	if (words[1].len != 1 || words[1].s[0] != '-')
		if (!set_policy(rs, c, &words[1], false))
			return;
	if (rs->counters && n > 2 && !parse_counters(&words[2], &c->counters))
		diag_error(rs->diags, words[2].at, "invalid policy counters for chain '%s': want [packets:bytes]",
			   c->name);
}

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

static struct rule *make_rule(struct ruleset *rs, struct chain *c, const struct rule *line,
			      const struct rule_spec *spec)
{
	struct rule *r = ARENA_NEW(rs->arena, struct rule);

	*r = *line;
	r->chain = c;
	r->words = NULL; /* the scanner uses its array again */
	r->nwords = 0;
	r->spec = ARENA_NEW(rs->arena, struct rule_spec);
	*r->spec = *spec;
	return r;
}

/* Noted while the rule is at hand: callers.c need not go through chains without such rules. */
static bool choosy(const struct rule_spec *s)
{
	for (unsigned i = 0; i < s->nmatches; i++)
		if (s->matches[i].ext->hooks || s->matches[i].ext->use_hooks)
			return true;
	return s->target == TARGET_EXT && (s->ext_target.ext->hooks || s->ext_target.ext->use_hooks);
}

static void chain_insert(struct ruleset *rs, struct chain *c, uint32_t at, struct rule *r)
{
	c->rules = arena_grow(rs->arena, c->rules, c->nrules, &c->cap, sizeof(*c->rules));
	memmove(c->rules + at + 1, c->rules + at, (c->nrules - at) * sizeof(*c->rules));
	c->rules[at] = r;
	c->nrules++;
	c->table->nrules++;
	if (r->spec->target_chain) {
		r->spec->target_chain->references++;
		c->jumps = true;
	}
	c->choosy |= choosy(r->spec);
}

static void chain_remove(struct chain *c, uint32_t at)
{
	if (c->rules[at]->spec->target_chain)
		c->rules[at]->spec->target_chain->references--;
	c->nrules--;
	c->table->nrules--;
	memmove(c->rules + at, c->rules + at + 1, (c->nrules - at) * sizeof(*c->rules));
}

static void chain_flush(struct chain *c)
{
	while (c->nrules)
		chain_remove(c, c->nrules - 1);
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
	chain_remove(e->c, e->cmd->number - 1);
	chain_insert(e->rs, e->c, e->cmd->number - 1, make_rule(e->rs, e->c, e->line, spec));
	return true;
}

static void unlink_chain(struct ruleset *rs, struct table *t, struct chain *c)
{
	struct chain **p = &t->chains;

	while (*p != c)
		p = &(*p)->next;
	*p = c->next;
	if (!*p)
		t->last = p;
	t->nchains--;
	index_rebuild(rs, t, ((struct chain_index *)t->by_name)->size);
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
			unlink_chain(e->rs, t, c);
		}
		return;
	}
	if (e->c->hook >= 0 || e->c->nrules || e->c->references)
		diag_error(e->rs->diags, w->at, "chain '%s' is %s: -X can't delete it", e->c->name,
			   e->c->hook >= 0 ? "built in" : e->c->nrules ? "not empty" : "used");
	else
		unlink_chain(e->rs, t, e->c);
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
	else {
		e->c->name = arena_strndup(e->rs->arena, to->s, to->len);
		e->c->name_len = to->len;
		index_rebuild(e->rs, t, ((struct chain_index *)t->by_name)->size);
	}
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

	for (struct chain *c = t->chains; c; c = c->next) {
		if (e->c && e->c != c)
			continue;
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
	set_policy(e->rs, e->c, e->cmd->extra, true);
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
		for (struct chain *c = t->chains; c; c = c->next)
			if (!e.c || e.c == c)
				chain_flush(c);
		break;
	default: rule_command(&e, &spec, &l); break;
	}
}

void ruleset_finish(struct ruleset *rs)
{
	if (rs->family == FAMILY_BOTH)
		ruleset_detect_family(rs);
	if (rs->diags->n[IPTC2NFT_SEV_ERROR])
		ruleset_recheck_family(rs);
	else
		ruleset_check_callers(rs);
}
