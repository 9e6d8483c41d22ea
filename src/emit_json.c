/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * emit_json: commands for `nft -j -f` that replace exactly our table. One command is built and
 * written at a time, so that memory does not grow with the ruleset. Names keep their bytes.
 */
#include "json.h"

#include <errno.h>
#include <string.h>
#include "names.h"
#include "split.h"

#define COMMENT_MAX 128 /* NFTNL_UDATA_COMMENT_MAXLEN */

/* Jansson's callers can't tell by its values alone whether memory ran out in the middle of one; malloc()
 * says so in errno, which emit_json() has cleared. */
static void json_memory(struct json *j)
{
	if (errno == ENOMEM)
		arena_oom(j->ir->arena);
}

void json_refuse(struct json *j, const char *fmt, ...)
{
	va_list ap;

	json_memory(j); /* no value: of bytes that are no UTF-8, or for want of memory */
	va_start(ap, fmt);
	text_vrefuse(&j->text, fmt, ap);
	va_end(ap);
}

static void release(void *p)
{
	struct json *j = p;

	json_decref(j->root);
}

/* As in the text: nft lists a quote in a comment so that it can't read it again. */
json_t *json_comment(const char *s, size_t len)
{
	char copy[COMMENT_MAX + 1];
	json_t *v;

	len = text_whole_characters(s, len, COMMENT_MAX);
	for (size_t i = 0; i < len; i++)
		copy[i] = (char)(s[i] == '"' ? '\'' : s[i] == '\n' || s[i] == '\r' ? ' ' : s[i]);
	v = json_stringn(copy, len);
	if (v)
		return v;
	for (size_t i = 0; i < len; i++)
		copy[i] = copy[i] & 0x80 ? '?' : copy[i];
	return json_stringn(copy, len);
}

json_t *json_chain_name(struct json *j, const struct ir_chain *c)
{
	json_t *v = json_string(c->name);

	if (!v) {
		json_refuse(j, "nft's JSON has no form for a chain name that is not UTF-8");
		return json_null();
	}
	return v;
}

static const char *family_word(const struct json *j)
{
	return j->ir->family == FAMILY_IPV4 ? "ip" : "ip6";
}

static int append(const char *data, size_t len, void *to)
{
	buffer_put(to, data, len);
	return 0;
}

/* Write a command and free it; @command NULL: memory ran out. */
static void put_command(struct json *j, json_t *command)
{
	j->root = command;
	json_memory(j);
	if (!command)
		arena_oom(j->ir->arena);
	if (!j->first)
		buffer_lit(j->b, ",\n");
	j->first = false;
	if (json_dump_callback(command, append, j->b, JSON_COMPACT))
		arena_oom(j->ir->arena);
	json_decref(command);
	j->root = NULL;
	text_report(&j->text);
}

/* {"add": {kind: object with family and table}} */
static void put_add(struct json *j, const char *table, const char *kind, json_t *object)
{
	json_object_set_new(object, "family", json_string(family_word(j)));
	json_object_set_new(object, "table", json_string(table));
	put_command(j, json_pack("{s:{s:o}}", "add", kind, object));
}

static void put_rule(struct json *j, const char *table, const struct ir_chain *c,
		     const struct ir_rule *r, const struct ir_clause *clause)
{
	json_t *expr, *rule;

	if (!clause->first)
		return;
	j->text.view = NFT_VIEW_START;
	expr = json_array();
	for (const struct inst *i = clause->first; i; i = i->next)
		json_array_append_new(expr, json_inst(j, i));
	rule = json_pack("{s:o, s:o}", "chain", json_chain_name(j, c), "expr", expr);
	if (r->comment_len && !clause->guard)
		json_object_set_new(rule, "comment", json_comment(r->comment, r->comment_len));
	put_add(j, table, "rule", rule);
}

static void put_chain(struct json *j, const char *table, const struct ir_chain *c)
{
	json_t *v;

	j->text.inst = NULL;
	v = json_pack("{s:o}", "name", json_chain_name(j, c));
	if (c->hook)
		json_object_update_new(v, json_pack("{s:s, s:s, s:i, s:s}", "type",
						    chain_type_names[c->hook->type], "hook",
						    hook_nft_names[c->hook->hook], "prio",
						    c->hook->priority, "policy",
						    c->policy_drop ? "drop" : "accept"));
	put_add(j, table, "chain", v);
}

static void put_objects(struct json *j, const struct split *s, const struct split_part *p)
{
	j->text.inst = NULL;
	j->text.view.declaring = true;
	for (const struct ir_object *o = j->ir->objects; o; o = o->next) {
		json_t *v = split_declares(s, p, o) ? json_object_of(j, o) : NULL;

		if (!v) {
			text_report(&j->text);
			continue;
		}

		const char *kind = json_object_iter_key(json_object_iter(v));
		json_t *body = json_incref(json_object_get(v, kind));

		put_add(j, p->name, kind, body);
		json_decref(v);
	}
	for (const struct ir_set *set = j->ir->sets; set; set = set->next)
		if (split_declares(s, p, set) && !json_set_inline(set))
			put_add(j, p->name, set->flags & SET_MAP ? "map" : "set", json_set(j, set));
	j->text.view.declaring = false;
}

static void put_table(struct json *j, const struct split *s, const struct split_part *p)
{
	static const char *const replace[] = { "add", "delete", "add" };

	for (unsigned i = 0; i < 3; i++)
		put_command(j, json_pack("{s:{s:{s:s, s:s}}}", replace[i], "table", "family",
					 family_word(j), "name", p->name));
	for (const struct ir_chain *c = j->ir->chains; c; c = c->next)
		if (split_has(p, c))
			put_chain(j, p->name, c);
	put_objects(j, s, p);
	for (const struct ir_chain *c = j->ir->chains; c; c = c->next) {
		if (!split_has(p, c))
			continue;
		for (const struct ir_rule *r = c->rules; r; r = r->next)
			for (const struct ir_clause *k = r->clauses; k; k = k->next)
				put_rule(j, p->name, c, r, k);
	}
}

void emit_json(struct ir *ir, struct buffer *out)
{
	struct json *j = ARENA_NEW(ir->arena, struct json);
	struct split s;

	*j = (struct json){ .ir = ir, .b = out, .first = true };
	j->text = (struct text){ .ir = ir, .b = buffer_new(ir->arena), .view = NFT_VIEW_START };
	/* Values are short: nothing is allocated while objects are being built. */
	buffer_reserve(j->text.b, 4096);
	arena_defer(ir->arena, release, j);

	errno = 0;
	names_assign(ir);
	buffer_lit(out, "{\"nftables\": [\n");
	split_plan(ir, &s);
	for (unsigned i = 0; i < s.n; i++)
		put_table(j, &s, &s.parts[i]);
	buffer_lit(out, "\n]}\n");
}
