/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "chain.h"

#include <ctype.h>
#include <string.h>
#include "spec.h"

#define W(w) (int)(w)->len, (w)->s

struct chain *table_chain(const struct table *t, const char *name, size_t len)
{
	return dict_find(&t->by_name, name, len);
}

struct chain *chain_new(struct ruleset *rs, struct table *t, const char *name, size_t len,
			struct span at, int hook)
{
	struct chain *c = ARENA_NEW(rs->arena, struct chain);

	c->table = t;
	c->name = arena_strndup(rs->arena, name, len);
	c->name_len = (uint32_t)len;
	c->at = at;
	c->hook = hook;
	dict_add(rs->arena, &t->by_name, c->name, len, c);
	c->link = t->last;
	*t->last = c;
	t->last = &c->next;
	t->nchains++;
	return c;
}

void chain_unlink(struct chain *c)
{
	struct table *t = c->table;

	*c->link = c->next;
	if (c->next)
		c->next->link = c->link;
	else
		t->last = c->link;
	dict_remove(&t->by_name, c->name, c->name_len);
	t->nchains--;
}

void chain_rename(struct ruleset *rs, struct chain *c, const struct word *to)
{
	dict_remove(&c->table->by_name, c->name, c->name_len);
	c->name = arena_strndup(rs->arena, to->s, to->len);
	c->name_len = to->len;
	dict_add(rs->arena, &c->table->by_name, c->name, c->name_len, c);
}

bool chain_name_ok(struct ruleset *rs, const struct word *w, bool by_command)
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

/* Noted while the rule is at hand: callers.c need not go through chains without such rules. */
static bool choosy(const struct rule_spec *s)
{
	for (unsigned i = 0; i < s->nmatches; i++)
		if (s->matches[i].ext->hooks || s->matches[i].ext->use_hooks)
			return true;
	return s->target == TARGET_EXT && (s->ext_target.ext->hooks || s->ext_target.ext->use_hooks);
}

static void rule_comes(struct chain *c, struct rule *r)
{
	if (r->spec->target_chain) {
		r->spec->target_chain->references++;
		c->jumps = true;
	}
	c->choosy |= choosy(r->spec);
}

static void rule_goes(const struct rule *r)
{
	if (r->spec->target_chain)
		r->spec->target_chain->references--;
}

void chain_insert(struct ruleset *rs, struct chain *c, uint32_t at, struct rule *r)
{
	c->rules = arena_grow(rs->arena, c->rules, c->nrules, &c->cap, sizeof(*c->rules));
	memmove(c->rules + at + 1, c->rules + at, (c->nrules - at) * sizeof(*c->rules));
	c->rules[at] = r;
	c->nrules++;
	c->table->nrules++;
	rule_comes(c, r);
}

void chain_replace(struct chain *c, uint32_t at, struct rule *r)
{
	rule_goes(c->rules[at]);
	c->rules[at] = r;
	rule_comes(c, r);
}

void chain_remove(struct chain *c, uint32_t at)
{
	rule_goes(c->rules[at]);
	c->nrules--;
	c->table->nrules--;
	memmove(c->rules + at, c->rules + at + 1, (c->nrules - at) * sizeof(*c->rules));
}

void chain_flush(struct chain *c)
{
	while (c->nrules)
		chain_remove(c, c->nrules - 1);
}
