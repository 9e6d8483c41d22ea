/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * emit_text: a script for `nft -f` that replaces exactly our table.
 *
 * `table X` makes sure that there is one to delete, so that the script can be loaded again and
 * again; nft sends it all in one transaction. Inside a table block nft declares every chain before
 * the first rule, so that jumps may go forward.
 */
#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <linux/netfilter_ipv4.h>
#include "names.h"
#include "split.h"
#include "text_half.h"

#define COMMENT_MAX 128 /* NFTNL_UDATA_COMMENT_MAXLEN */

void text_vrefuse(struct text *t, const char *fmt, va_list ap)
{
	if (!t->refused)
		vsnprintf(t->why, sizeof(t->why), fmt, ap);
	t->refused = true;
}

void text_refuse(struct text *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	text_vrefuse(t, fmt, ap);
	va_end(ap);
}

void text_report(struct text *t)
{
	if (!t->refused)
		return;
	t->refused = false;
	/* Once for each place in the input, however many instructions it takes. */
	if (t->inst && t->inst->at.pos && t->inst->at.pos == t->told)
		return;
	t->told = t->inst ? t->inst->at.pos : 0;
	diag_add(t->ir->diags, IPTC2NFT_SEV_UNSUPPORTED, t->inst ? t->inst->at : (struct span){ 0 },
		 "%s; --apply can carry it", t->why);
}

size_t text_whole_characters(const char *s, size_t len, size_t max)
{
	if (len <= max)
		return len;
	while (max && ((unsigned char)s[max] >> 6) == 2)
		max--;
	return max;
}

void text_comment(struct text *t, const char *s, size_t len)
{
	len = text_whole_characters(s, len, COMMENT_MAX);
	buffer_char(t->b, '"');
	for (size_t i = 0; i < len; i++)
		buffer_char(t->b, s[i] == '"' ? '\'' : s[i] == '\n' || s[i] == '\r' ? ' ' : s[i]);
	buffer_char(t->b, '"');
}

/* Text for a # comment: what would end the line is written as an escape. */
static void put_remark(struct buffer *b, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
			buffer_printf(b, "\\x%02x", (unsigned char)s[i]);
		else
			buffer_char(b, s[i]);
	}
	buffer_char(b, '\n');
}

void text_renamed(struct text *t, const char *what, const char *name, const char *nft_name)
{
	if (name == nft_name || !strcmp(name, nft_name))
		return;
	buffer_printf(t->b, "\t# %s ", what);
	put_remark(t->b, name, strlen(name));
}

/* nft's comment says less than the original one. */
static bool comment_altered(const struct ir_rule *r)
{
	return r->comment_len > COMMENT_MAX || memchr(r->comment, '"', r->comment_len) ||
	       memchr(r->comment, '\n', r->comment_len) || memchr(r->comment, '\r', r->comment_len);
}

static void put_source_line(struct text *t, const struct rule *rule)
{
	struct place p;

	if (!diag_place(t->ir->diags, rule->at, &p))
		return;
	buffer_lit(t->b, "\t\t# ");
	put_remark(t->b, p.source->name, strlen(p.source->name));
	t->b->len--;
	buffer_char(t->b, ':');
	buffer_u64(t->b, p.line);
	buffer_char(t->b, '\n');
}

/*
 * nft expands $name in a log prefix, but not in the value of a variable: such prefixes are
 * defined first.
 */
static void define_prefixes(struct text *t, const struct ir_clause *c)
{
	for (const struct inst *i = c->first; i; i = i->next) {
		if (i->kind != INST_LOG || !i->log.prefix || !strchr(i->log.prefix, '$'))
			continue;
		t->inst = i;
		buffer_lit(t->b, "\t\tdefine log");
		buffer_u64(t->b, ++t->nprefixes);
		buffer_lit(t->b, " = ");
		text_quoted(t, i->log.prefix, strlen(i->log.prefix), "the log prefix");
		text_report(t);
		buffer_char(t->b, '\n');
	}
}

static void put_clause(struct text *t, const struct ir_rule *r, const struct ir_clause *c)
{
	struct buffer *b = t->b;

	if (!c->first) /* matches all, does nothing, is not even counted */
		return;
	t->view = NFT_VIEW_START;
	define_prefixes(t, c);
	if (t->ir->source_lines && r->rule)
		put_source_line(t, r->rule);
	buffer_char(b, '\t');
	for (const struct inst *i = c->first; i; i = i->next) {
		buffer_char(b, i == c->first ? '\t' : ' ');
		text_inst(t, i);
		if (t->refused)
			text_report(t);
	}
	if (r->comment_len && !c->guard) {
		buffer_lit(b, " comment ");
		text_comment(t, r->comment, r->comment_len);
	}
	buffer_char(b, '\n');
}

static void put_rule(struct text *t, const struct ir_rule *r)
{
	if (r->comment_len && comment_altered(r)) {
		buffer_lit(t->b, "\t\t# ");
		put_remark(t->b, r->comment, r->comment_len);
	}
	for (const struct ir_clause *c = r->clauses; c; c = c->next)
		put_clause(t, r, c);
}

/* nft 1.0.6 knows each name at the hooks where it is usual. */
static const char *priority_name(const struct hook_info *h)
{
	switch (h->priority) {
	case NF_IP_PRI_RAW: return "raw";
	case NF_IP_PRI_MANGLE: return "mangle";
	case NF_IP_PRI_FILTER: return "filter";
	case NF_IP_PRI_SECURITY: return "security";
	case NF_IP_PRI_NAT_DST: return h->hook == HOOK_PREROUTING ? "dstnat" : NULL;
	case NF_IP_PRI_NAT_SRC: return h->hook == HOOK_POSTROUTING ? "srcnat" : NULL;
	default: return NULL;
	}
}

static void put_base(struct text *t, const struct ir_chain *c)
{
	const char *name = priority_name(c->hook);

	buffer_printf(t->b, "\t\ttype %s hook %s priority ", chain_type_names[c->hook->type],
		      hook_nft_names[c->hook->hook]);
	if (name)
		buffer_puts(t->b, name);
	else
		buffer_printf(t->b, "%d", c->hook->priority);
	buffer_puts(t->b, c->policy_drop ? "; policy drop;\n" : "; policy accept;\n");
	if (c->rules)
		buffer_char(t->b, '\n');
}

static void put_rules(struct text *t, const struct ir_rule *r, const struct ir_rule *end)
{
	for (; r != end; r = r->next) {
		IR_PREFETCH(r);
		put_rule(t, r);
	}
}

/* The chain as far as @end. */
static void put_chain_start(struct text *t, const struct ir_chain *c, const struct ir_rule *end)
{
	text_renamed(t, "chain", c->name, c->nft_name);
	buffer_lit(t->b, "\tchain ");
	buffer_puts(t->b, c->nft_name);
	buffer_lit(t->b, " {\n");
	if (c->hook)
		put_base(t, c);
	put_rules(t, c->rules, end);
}

static void put_chain(struct text *t, const struct ir_chain *c)
{
	put_chain_start(t, c, NULL);
	buffer_lit(t->b, "\t}\n");
}

void text_rest(struct text *t, const struct split_part *p, const struct ir_chain *c,
	       const struct ir_rule *r)
{
	put_rules(t, r, NULL);
	buffer_lit(t->b, "\t}\n");
	while ((c = c->next)) {
		if (!split_has(p, c))
			continue;
		buffer_char(t->b, '\n');
		put_chain(t, c);
	}
}

static void put_table_start(struct text *t, const char *name)
{
	const char *family = t->ir->family == FAMILY_IPV4 ? "ip" : "ip6";

	buffer_printf(t->b, "table %s %s\ndelete table %s %s\ntable %s %s {\n", family, name,
		      family, name, family, name);
}

static void put_chains(struct text *t, const struct split_part *p)
{
	struct text_half *half = text_half_start(t, p);
	bool first = true;

	for (const struct ir_chain *c = t->ir->chains; c; c = c->next) {
		if (!split_has(p, c))
			continue;
		if (!first)
			buffer_char(t->b, '\n');
		first = false;
		if (half && half->chain == c) {
			put_chain_start(t, c, half->rule);
			text_half_end(t, half);
			return;
		}
		put_chain(t, c);
	}
}

static void put_table(struct text *t, const struct split *s, const struct split_part *p)
{
	put_table_start(t, name_loadable(t->ir->arena, p->name));
	t->view.declaring = true;
	t->inst = NULL;
	for (const struct ir_object *o = t->ir->objects; o; o = o->next)
		if (split_declares(s, p, o))
			text_object(t, o);
	text_report(t);
	for (const struct ir_set *set = t->ir->sets; set; set = set->next)
		if (split_declares(s, p, set))
			text_set(t, set);
	text_report(t);
	t->view.declaring = false;
	put_chains(t, p);
	buffer_lit(t->b, "}\n");
}

void emit_text(struct ir *ir, struct buffer *out)
{
	struct text t = { .ir = ir, .b = out, .view = NFT_VIEW_START };
	struct split s;

	names_assign(ir);
	split_plan(ir, &s);
	for (unsigned i = 0; i < s.n; i++)
		put_table(&t, &s, &s.parts[i]);
}
