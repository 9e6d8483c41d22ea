/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Grammar of iptables-save text: tables, in them chains and rules, each ended by COMMIT.
 *
 * A token is a line. The words of the line are in the context while its token is reduced: every
 * line's state has one reduction, which bison takes without asking for the next token. Errors are
 * reported per line and parsing goes on; any error discards the whole ruleset later.
 */
%code requires {
#include "parse.h"
}

%code {
#include <string.h>
#include "spec_hint.h"
#include "value.h"

int scan_yylex(void *scanner);

static int yylex(void *value, void *scanner);
static void yyerror(struct parse_context *c, void *scanner, const char *message);
static void begin_table(struct parse_context *c);
static void commit(struct parse_context *c);
static void no_commit(struct parse_context *c);
static void chain_line(struct parse_context *c);
static void rule_line(struct parse_context *c);
static void outside(struct parse_context *c, const char *what);
}

%define api.pure full
%define api.prefix {ruleset_yy}
%define api.value.type {int}
%parse-param { struct parse_context *c } { void *scanner }
%lex-param { void *scanner }
%token T_TABLE T_CHAIN T_RULE T_COMMIT
%nonassoc MISSING
%nonassoc T_CHAIN T_RULE T_COMMIT

%%

input:
	%empty
|	input item
;

item:
	table
|	T_CHAIN		{ outside(c, "a chain"); }
|	T_RULE		{ outside(c, "a rule"); }
|	T_COMMIT	{ outside(c, "COMMIT"); }
;

table:
	head lines tail
;

head:
	T_TABLE		{ begin_table(c); }
;

lines:
	%empty
|	lines T_CHAIN	{ chain_line(c); }
|	lines T_RULE	{ rule_line(c); }
;

tail:
	T_COMMIT	{ commit(c); }
|	%empty		%prec MISSING	{ no_commit(c); }
;

%%

static int yylex(void *value, void *scanner)
{
	(void)value;
	return scan_yylex(scanner);
}

/* Every sequence of tokens is a sentence of the grammar; only bison's stack could overflow, and
 * left recursion keeps it flat. */
static void yyerror(struct parse_context *c, void *scanner, const char *message)
{
	(void)scanner;
	diag_error(c->rs->diags, (struct span){ c->src->base + c->offset, 1 }, "%s", message);
}

static struct span line_span(const struct parse_context *c)
{
	struct span at = { c->src->base + c->line_start, 1 };

	if (c->nwords)
		at.len = c->words[c->nwords - 1].at.pos + c->words[c->nwords - 1].at.len - at.pos;
	return at;
}

static void begin_table(struct parse_context *c)
{
	c->table = NULL;
	c->table_at = line_span(c);
	if (c->line_bad)
		return;
	if (!c->nwords)
		diag_error(c->rs->diags, c->table_at, "a table's name is missing after '*'");
	else
		c->table = ruleset_table(c->rs, &c->words[0]);
}

static void commit(struct parse_context *c)
{
	c->table = NULL;
}

static void no_commit(struct parse_context *c)
{
	diag_error(c->rs->diags, c->table_at, "COMMIT is missing for this table");
	c->table = NULL;
}

static void chain_line(struct parse_context *c)
{
	if (c->line_bad || !c->table)
		return;
	if (!c->nwords)
		diag_error(c->rs->diags, line_span(c), "a chain's name is missing after ':'");
	else
		ruleset_chain(c->rs, c->table, c->words, c->nwords);
}

/* What is left of a line's words when it begins behind the ']' before position @end. */
static void drop_words(struct rule *line, uint32_t end)
{
	struct word *w;
	const char *bracket;
	uint32_t n;

	while (line->nwords && line->words->at.pos + line->words->at.len <= end) {
		line->words++;
		line->nwords--;
	}
	w = line->words;
	if (!line->nwords || w->at.pos >= end || !(bracket = memchr(w->s, ']', w->len)))
		return;
	n = (uint32_t)(bracket + 1 - w->s);
	w->s += n;
	w->len -= n;
	w->at.len -= end - w->at.pos;
	w->at.pos = end;
}

/* `[packets:bytes] -A …`: tokenize_rule_counters(). The numbers matter only where counters are kept; blanks
 * around them don't, nor need there be one behind. */
static bool leading_counters(struct parse_context *c, struct rule *line)
{
	const char *s = c->src->text + c->line_start, *end, *colon;
	struct counters *to = &line->counters;
	size_t used;

	if (*s != '[')
		return true;
	end = memchr(s, ']', line_span(c).len);
	colon = end ? memchr(s, ':', (size_t)(end - s)) : NULL;
	if (!colon || colon == s + 1 ||
	    (c->rs->counters &&
	     (colon[1] == '-' || /* is an option to iptables */
	      !value_decimal(s + 1, (size_t)(colon - s) - 1, &to->packets, &used) ||
	      !value_decimal(colon + 1, (size_t)(end - colon) - 1, &to->bytes, &used)))) {
		diag_error(c->rs->diags, c->words[0].at, "counters before a rule are written [packets:bytes]");
		return false;
	}
	line->has_counters = c->rs->counters;
	drop_words(line, c->src->base + c->line_start + (uint32_t)(end + 1 - s));
	return true;
}

static void rule_line(struct parse_context *c)
{
	struct rule line = { .words = c->words, .nwords = c->nwords };

	if (c->line_bad || !c->table)
		return;
	if (!c->nwords) {
		diag_error(c->rs->diags, line_span(c), "a line of blanks is no rule: leave it empty");
		return;
	}
	if (!leading_counters(c, &line))
		return;
	line.at = line_span(c);
	if (line.nwords) {
		line.at.len -= line.words[0].at.pos - line.at.pos;
		line.at.pos = line.words[0].at.pos;
	}
	if (line.nwords && line.words[0].len && line.words[0].s[0] == '#')
		diag_error(c->rs->diags, line.words[0].at, "a comment begins in the first column");
	else
		ruleset_command(c->rs, c->table, &line);
}

static void outside(struct parse_context *c, const char *what)
{
	const char *foreign;

	if (c->line_bad || c->foreign)
		return;
	foreign = hint_language(c->words, c->nwords);
	if (foreign) {
		c->foreign = true; /* so are the lines that follow */
		diag_error(c->rs->diags, line_span(c), "%s", foreign);
	} else if (!c->line_start && !strncmp(c->src->text, "\xef\xbb\xbf", 3))
		diag_error(c->rs->diags, (struct span){ c->src->base, 3 },
			   "a byte order mark before the text: remove it");
	else
		diag_error(c->rs->diags, line_span(c), "%s outside of a table: a line *TABLE comes first",
			   what);
}
