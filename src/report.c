/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * report: what became of a ruleset, for a person or as one JSON object. Both are made from the same
 * findings; the text is wrapped by nothing and cites lines as diagnostics do.
 */
#include "report.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>
#include "ext.h"
#include "needs.h"
#include "reach.h"
#include "words.h"

struct counts {
	uint32_t rules, native, unreached;
};

struct report {
	struct ir *ir;
	struct buffer *b;
	struct chain_reach *reach;
	struct counts *chains; /* by id */
	struct counts tables[TABLE_COUNT], all;
};

/* Why a rule is not native: the extension's reason, or the diagnostic at the rule. */
static const char *rule_reason(const struct report *r, const struct ir_rule *rule)
{
	for (const struct ir_clause *c = rule->clauses; c; c = c->next)
		for (const struct inst *i = c->first; i; i = i->next) {
			if (i->kind == INST_OPAQUE)
				return i->opaque.reason;
			if (i->kind == INST_COMPAT)
				return arena_printf(r->ir->arena,
						    "kept as the xtables extension '%s'",
						    i->compat.ext->name);
		}
	for (const struct diag *d = r->ir->diags->first; d; d = d->next)
		if (d->severity == IPTC2NFT_SEV_UNSUPPORTED && d->at.pos >= rule->rule->at.pos &&
		    d->at.pos < rule->rule->at.pos + rule->rule->at.len)
			return d->message;
	return NULL;
}

static bool has_compat(const struct ir_rule *rule)
{
	for (const struct ir_clause *c = rule->clauses; c; c = c->next)
		for (const struct inst *i = c->first; i; i = i->next)
			if (i->kind == INST_COMPAT || i->kind == INST_OPAQUE)
				return true;
	return false;
}

static bool is_native(const struct ir_rule *rule)
{
	return !rule->refused && !has_compat(rule);
}

static void count(struct report *r)
{
	for (const struct ir_chain *c = r->ir->chains; c; c = c->next) {
		struct counts *n = &r->chains[c->id], *t = &r->tables[c->table];

		if (c->helper)
			continue;
		const struct ir_chain *at = c;

		for (const struct ir_rule *rule = NULL; (rule = ir_source_rule(&at, rule));) {
			n->rules++;
			n->native += is_native(rule);
		}
		for (const struct unreached *u = r->reach[c->id].first; u; u = u->next)
			n->unreached++;
		t->rules += n->rules;
		t->native += n->native;
		t->unreached += n->unreached;
		r->all.rules += n->rules;
		r->all.native += n->native;
		r->all.unreached += n->unreached;
	}
}

static void put_place(struct report *r, const struct ir_rule *rule)
{
	struct place p;

	if (diag_place(r->ir->diags, rule->rule->at, &p))
		buffer_printf(r->b, "%s:%u", p.source->name, p.line);
}

static void put_counts(struct report *r, const struct counts *n)
{
	buffer_printf(r->b, "%u rule%s", n->rules, n->rules == 1 ? "" : "s");
	if (n->native < n->rules)
		buffer_printf(r->b, ", %u not native", n->rules - n->native);
	if (n->unreached)
		buffer_printf(r->b, ", %u never reached", n->unreached);
}

static void put_chain_findings(struct report *r, const struct ir_chain *c)
{
	const struct unreached *u = r->reach[c->id].first;

	for (const struct ir_rule *rule = NULL; (rule = ir_source_rule(&c, rule));) {
		if (!is_native(rule)) {
			const char *why = rule_reason(r, rule);

			buffer_lit(r->b, "      ");
			put_place(r, rule);
			buffer_printf(r->b, ": not native: %s\n", why ? why : "see the errors");
		}
		if (u && u->rule == rule) {
			buffer_lit(r->b, "      ");
			put_place(r, rule);
			buffer_lit(r->b, ": never reached because of ");
			put_place(r, u->because);
			buffer_char(r->b, '\n');
			u = u->next;
		}
	}
}

static void put_chain(struct report *r, const struct ir_chain *c)
{
	buffer_printf(r->b, "    %s", c->src->name);
	if (c->hook)
		buffer_printf(r->b, " (policy %s)", c->policy_drop ? "DROP" : "ACCEPT");
	buffer_lit(r->b, ": ");
	put_counts(r, &r->chains[c->id]);
	if (!r->reach[c->id].used)
		buffer_lit(r->b, ", unused");
	buffer_char(r->b, '\n');
	put_chain_findings(r, c);
}

static void put_key(struct buffer *b, const struct ir_set *s)
{
	for (unsigned i = 0; i < s->nkey; i++) {
		const char *type = words_type(&s->key[i].of);

		buffer_puts(b, i ? " . " : "");
		buffer_puts(b, type ? type : "integer");
	}
}

static void put_shared(struct report *r)
{
	if (r->ir->sets || r->ir->objects)
		buffer_lit(r->b, "sets and objects:\n");
	for (const struct ir_set *s = r->ir->sets; s; s = s->next) {
		buffer_printf(r->b, "    %s %s (", s->flags & SET_MAP ? "map" : "set", s->name);
		put_key(r->b, s);
		buffer_printf(r->b, "): %u element%s%s\n", s->nelements,
			      s->nelements == 1 ? "" : "s",
			      s->flags & SET_DYNAMIC ? ", filled by packets" : "");
	}
	for (const struct ir_object *o = r->ir->objects; o; o = o->next)
		buffer_printf(r->b, "    object %s\n", o->name);
}

static void put_features(struct report *r, uint64_t need)
{
	buffer_lit(r->b, "kernel features:\n");
	for (unsigned i = 0; i < FEATURE_COUNT; i++) {
		if (!(need & (uint64_t)1 << i))
			continue;
		buffer_printf(r->b, "    %s", feature_table[i].name);
		if (feature_table[i].config)
			buffer_printf(r->b, " (%s)", feature_table[i].config);
		buffer_char(r->b, '\n');
	}
}

static void put_text(struct report *r)
{
	buffer_printf(r->b, "IPv%c: ", r->ir->family == FAMILY_IPV4 ? '4' : '6');
	put_counts(r, &r->all);
	buffer_char(r->b, '\n');
	for (unsigned t = 0; t < TABLE_COUNT; t++) {
		if (!r->ir->rs->tables[t].present)
			continue;
		buffer_printf(r->b, "table %s: ", table_names[t]);
		put_counts(r, &r->tables[t]);
		buffer_char(r->b, '\n');
		for (const struct ir_chain *c = r->ir->chains; c; c = c->next)
			if (c->table == t && !c->helper)
				put_chain(r, c);
	}
	put_shared(r);
	put_features(r, features_needed(r->ir));
}

/* Bytes that are no UTF-8 can't stand in JSON. */
static json_t *string(const char *s)
{
	json_t *v = json_string(s);

	return v ? v : json_string("(not UTF-8)");
}

static void set_place(struct report *r, json_t *v, const char *key, const struct ir_rule *rule)
{
	struct place p;

	if (diag_place(r->ir->diags, rule->rule->at, &p))
		json_object_set_new(v, key,
				    json_pack("{s:o, s:i}", "file", string(p.source->name), "line",
					      (int)p.line));
}

static void set_counts(json_t *v, const struct counts *n)
{
	json_object_set_new(v, "rules", json_integer(n->rules));
	json_object_set_new(v, "native", json_integer(n->native));
	json_object_set_new(v, "unreached", json_integer(n->unreached));
}

static json_t *json_findings(struct report *r, const struct ir_chain *c)
{
	const struct unreached *u = r->reach[c->id].first;
	json_t *list = json_array();

	for (const struct ir_rule *rule = NULL; (rule = ir_source_rule(&c, rule));) {
		if (!is_native(rule)) {
			const char *why = rule_reason(r, rule);
			json_t *v = json_pack("{s:s, s:o}", "finding", "not native", "reason",
					      string(why ? why : ""));

			set_place(r, v, "at", rule);
			json_array_append_new(list, v);
		}
		if (u && u->rule == rule) {
			json_t *v = json_pack("{s:s}", "finding", "never reached");

			set_place(r, v, "at", rule);
			set_place(r, v, "because", u->because);
			json_array_append_new(list, v);
			u = u->next;
		}
	}
	return list;
}

static json_t *json_chain(struct report *r, const struct ir_chain *c)
{
	json_t *v = json_pack("{s:o, s:b, s:o}", "name", string(c->src->name), "used",
			      r->reach[c->id].used, "findings", json_findings(r, c));

	if (c->hook)
		json_object_set_new(v, "policy", json_string(c->policy_drop ? "DROP" : "ACCEPT"));
	set_counts(v, &r->chains[c->id]);
	return v;
}

static json_t *json_tables(struct report *r)
{
	json_t *tables = json_array();

	for (unsigned t = 0; t < TABLE_COUNT; t++) {
		if (!r->ir->rs->tables[t].present)
			continue;

		json_t *chains = json_array(), *v;

		for (const struct ir_chain *c = r->ir->chains; c; c = c->next)
			if (c->table == t && !c->helper)
				json_array_append_new(chains, json_chain(r, c));
		v = json_pack("{s:s, s:o}", "name", table_names[t], "chains", chains);
		set_counts(v, &r->tables[t]);
		json_array_append_new(tables, v);
	}
	return tables;
}

static json_t *json_sets(struct report *r)
{
	json_t *sets = json_array();

	for (const struct ir_set *s = r->ir->sets; s; s = s->next) {
		json_t *key = json_array();

		for (unsigned i = 0; i < s->nkey; i++) {
			const char *type = words_type(&s->key[i].of);

			json_array_append_new(key, json_string(type ? type : "integer"));
		}
		json_array_append_new(sets, json_pack("{s:o, s:o, s:b, s:i, s:b}", "name",
						      string(s->name), "key", key, "map",
						      (s->flags & SET_MAP) != 0, "elements",
						      (int)s->nelements, "dynamic",
						      (s->flags & SET_DYNAMIC) != 0));
	}
	return sets;
}

static json_t *json_features(uint64_t need)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < FEATURE_COUNT; i++)
		if (need & (uint64_t)1 << i)
			json_array_append_new(list, json_pack("{s:s, s:s?}", "expression",
							      feature_table[i].name, "config",
							      feature_table[i].config));
	return list;
}

static int append(const char *data, size_t len, void *to)
{
	buffer_put(to, data, len);
	return 0;
}

static void release(void *root)
{
	json_decref(root);
}

static void put_json(struct report *r)
{
	json_t *root =
		json_pack("{s:i, s:o, s:o, s:o}", "family", r->ir->family == FAMILY_IPV4 ? 4 : 6,
			  "tables", json_tables(r), "sets", json_sets(r), "kernel",
			  json_features(features_needed(r->ir)));

	if (!root)
		arena_oom(r->ir->arena);
	arena_defer(r->ir->arena, release, root);
	set_counts(root, &r->all);
	if (errno == ENOMEM || json_dump_callback(root, append, r->b, JSON_INDENT(2)))
		arena_oom(r->ir->arena);
	buffer_char(r->b, '\n');
}

void report_ruleset(struct ir *ir, bool json, struct buffer *out)
{
	struct report r = { .ir = ir, .b = out };

	errno = 0; /* ENOMEM tells of JSON values that could not be made */
	r.reach = reach_find(ir);
	r.chains = arena_array(ir->arena, ir->nchains + 1u, sizeof(*r.chains));
	count(&r);
	if (json)
		put_json(&r);
	else
		put_text(&r);
}
