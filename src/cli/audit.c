/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * audit: --audit: the packet filters of this network namespace, and what about them will surprise
 * somebody who moves from one to another. Exit status 0: nothing to say, 5: findings.
 */
#include "cli.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <linux/netfilter.h>
#include "arena.h"
#include "buffer.h"
#include "hooks.h"
#include "verify/survey.h"

struct finding {
	struct finding *next;
	const char *kind, *text;
};

struct audit {
	struct survey s;
	struct finding *first, **last;
};

static void find(struct audit *a, const char *kind, const char *text)
{
	struct finding *f = ARENA_NEW(a->s.arena, struct finding);

	f->kind = kind;
	f->text = text;
	*a->last = f;
	a->last = &f->next;
}

#define SAY(a, ...) arena_printf((a)->s.arena, __VA_ARGS__)

static const char *base_name(struct audit *a, const struct survey_base *b)
{
	return SAY(a, "%s %s %s, chain %s", survey_kinds[b->table->kind], survey_family(b->table->family),
		   b->table->name, b->name);
}

static bool sees(const struct survey_base *b, uint8_t family)
{
	return b->table->family == family || (b->table->family == NFPROTO_INET && b->hook < HOOK_COUNT);
}

/* Does it decide about packets at all? */
static bool decides(const struct survey_base *b)
{
	return !strcmp(b->type, "filter") && b->priority >= 0 && (b->rules || b->policy_drop);
}

/* One program's own order of tables (filter, then security) surprises nobody. */
static bool same_owner(const struct survey_table *x, const struct survey_table *y)
{
	return x == y || (x->kind == y->kind && x->kind != SURVEY_NFT);
}

static void find_accepts(struct audit *a, uint8_t family)
{
	for (const struct survey_base *x = a->s.bases; x; x = x->next)
		for (const struct survey_base *y = x->next; y; y = y->next)
			if (x->hook == y->hook && sees(x, family) && sees(y, family) && decides(x) && decides(y) &&
			    !same_owner(x->table, y->table) &&
			    !(family == NFPROTO_IPV6 && x->table->family == NFPROTO_INET &&
			      y->table->family == NFPROTO_INET)) /* said for IPv4 */
				find(a, "accept-not-final",
				     SAY(a, "what %s (%s, priority %d) accepts is judged again by %s (priority %d)",
					 base_name(a, x), hook_nft_names[x->hook], x->priority, base_name(a, y),
					 y->priority));
}

static void find_in_bases(struct audit *a)
{
	for (const struct survey_base *b = a->s.bases; b; b = b->next)
		if (b->policy_drop && !b->rules)
			find(a, "stale-drop",
			     SAY(a, "%s drops everything: policy DROP and no rule", base_name(a, b)));
	find_accepts(a, NFPROTO_IPV4);
	find_accepts(a, NFPROTO_IPV6);
}

static void find_in_tables(struct audit *a)
{
	bool seen[3] = { false };

	for (const struct survey_table *t = a->s.tables; t; t = t->next) {
		seen[t->kind] |= t->rules > 0 || t->unread;
		if (t->unread)
			find(a, "unread", SAY(a, "%s %s %s: its rules can't be listed: is %s-save installed?",
					      survey_kinds[t->kind], survey_family(t->family), t->name,
					      t->family == NFPROTO_IPV4 ? "iptables-legacy" : "ip6tables-legacy"));
		if (t->blobs)
			find(a, "xtables-blobs",
			     SAY(a, "%u of the %u rules in %s %s %s hold xtables extensions that nft can neither "
				    "edit nor load again", t->blobs, t->rules, survey_kinds[t->kind],
				 survey_family(t->family), t->name));
		if (t->manager)
			find(a, "managed", SAY(a, "%s %s %s has chains of %s, which will make them again",
					       survey_kinds[t->kind], survey_family(t->family), t->name,
					       t->manager));
	}
	if (seen[SURVEY_LEGACY] + seen[SURVEY_IPTABLES_NFT] + seen[SURVEY_NFT] > 1)
		find(a, "mixed", SAY(a, "several kinds of packet filter have rules:%s%s%s",
				     seen[SURVEY_LEGACY] ? " iptables-legacy" : "",
				     seen[SURVEY_IPTABLES_NFT] ? " iptables-nft" : "",
				     seen[SURVEY_NFT] ? " nftables" : ""));
}

static void put_order(struct audit *a, struct buffer *b, uint8_t family)
{
	int hook = -1;

	for (const struct survey_base *x = a->s.bases; x; x = x->next) {
		if (!sees(x, family))
			continue;
		if (x->hook != hook)
			buffer_printf(b, "%s, hook %s:\n", family == NFPROTO_IPV4 ? "IPv4" : "IPv6",
				      x->hook < HOOK_COUNT ? hook_nft_names[x->hook] : "ingress");
		hook = x->hook;
		buffer_printf(b, "    %5d  %s: %u rule%s, policy %s\n", x->priority, base_name(a, x), x->rules,
			      x->rules == 1 ? "" : "s", x->policy_drop ? "drop" : "accept");
	}
}

static void put_text(struct audit *a, struct buffer *b)
{
	if (!a->s.tables)
		buffer_puts(b, "no packet filter\n");
	for (const struct survey_table *t = a->s.tables; t; t = t->next) {
		buffer_printf(b, "%s table %s %s: ", survey_kinds[t->kind],
			      survey_family(t->family), t->name);
		if (t->unread)
			buffer_puts(b, "not read\n");
		else
			buffer_printf(b, "%u chain%s, %u rule%s\n", t->chains,
				      t->chains == 1 ? "" : "s", t->rules,
				      t->rules == 1 ? "" : "s");
	}
	put_order(a, b, NFPROTO_IPV4);
	put_order(a, b, NFPROTO_IPV6);
	for (const struct finding *f = a->first; f; f = f->next)
		buffer_printf(b, "%s: %s\n", f->kind, f->text);
}

/* Bytes that are no UTF-8 can't stand in JSON. */
static json_t *string(const char *s)
{
	json_t *v = s ? json_string(s) : json_null();

	return v ? v : json_string("(not UTF-8)");
}

/* How many there are; null: nobody knows. */
static json_t *known(const struct survey_table *t, unsigned n)
{
	return t->unread ? json_null() : json_integer(n);
}

static void put_json(struct audit *a, struct buffer *b)
{
	json_t *tables = json_array(), *bases = json_array(), *findings = json_array(), *root;
	char *text;

	for (const struct survey_table *t = a->s.tables; t; t = t->next)
		json_array_append_new(
			tables, json_pack("{s:s, s:s, s:o, s:o, s:o, s:i, s:o}", "kind",
					  survey_kinds[t->kind], "family", survey_family(t->family),
					  "name", string(t->name), "chains", known(t, t->chains),
					  "rules", known(t, t->rules), "xtables_rules",
					  (int)t->blobs, "manager", string(t->manager)));
	for (const struct survey_base *x = a->s.bases; x; x = x->next)
		json_array_append_new(bases, json_pack("{s:s, s:i, s:s, s:s, s:o, s:o, s:s, s:i, s:s}", "hook",
						       x->hook < HOOK_COUNT ? hook_nft_names[x->hook] : "ingress",
						       "priority", (int)x->priority, "kind",
						       survey_kinds[x->table->kind], "family",
						       survey_family(x->table->family), "table",
						       string(x->table->name), "chain", string(x->name), "policy",
						       x->policy_drop ? "drop" : "accept", "rules", (int)x->rules,
						       "type", x->type));
	for (const struct finding *f = a->first; f; f = f->next)
		json_array_append_new(findings,
				      json_pack("{s:s, s:o}", "finding", f->kind, "text", string(f->text)));
	root = json_pack("{s:o, s:o, s:o}", "tables", tables, "base_chains", bases, "findings", findings);
	text = root ? json_dumps(root, JSON_INDENT(2)) : NULL;
	json_decref(root);
	if (!text)
		arena_oom(a->s.arena);
	buffer_puts(b, text);
	buffer_char(b, '\n');
	free(text);
}

int cli_audit(const struct cli_options *o, struct arena *arena)
{
	struct audit a = { .last = &a.first };
	struct buffer *b = buffer_new(arena);
	int e = survey_take(&a.s, arena);

	if (e) {
		cli_error("nf_tables can't be asked: %s%s", strerror(e),
			  e == EPERM ? " (it takes root, or CAP_NET_ADMIN)" : "");
		return IPTC2NFT_SYSTEM;
	}
	find_in_tables(&a);
	find_in_bases(&a);
	if (o->format && !strcmp(o->format, "json"))
		put_json(&a, b);
	else
		put_text(&a, b);
	if (!cli_write(o->output, b->data, b->len))
		return IPTC2NFT_SYSTEM;
	return a.first ? IPTC2NFT_DIFFERENT : IPTC2NFT_OK;
}
