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
	diag_error(c->rs->diags, (struct span){ c->line.src->base + c->offset, 1 }, "%s", message);
}

static void begin_table(struct parse_context *c)
{
	c->table = NULL;
	c->table_at = line_span(&c->line);
	if (c->line_bad)
		return;
	if (!c->line.nwords)
		diag_error(c->rs->diags, c->table_at, "a table's name is missing after '*'");
	else
		c->table = ruleset_table(c->rs, &c->line.words[0]);
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
	if (!c->line.nwords)
		diag_error(c->rs->diags, line_span(&c->line), "a chain's name is missing after ':'");
	else
		ruleset_chain(c->rs, c->table, c->line.words, c->line.nwords);
}

/* The second thread has found what the line means. Where it can't have known enough, its words are there
 * afterwards. */
static bool ready_rule(struct parse_context *c)
{
	const struct source *src = c->line.src;

	if (ruleset_append(c->rs, c->table, c->ready))
		return true;
	line_split(&c->line, src->text[c->line.start], c->line.start + c->ready->len);
	return false;
}

static void rule_line(struct parse_context *c)
{
	struct rule line;

	if (c->line_bad || !c->table || (c->ready && ready_rule(c)))
		return;
	if (!c->line.nwords) {
		diag_error(c->rs->diags, line_span(&c->line), "a line of blanks is no rule: leave it empty");
		return;
	}
	if (!line_rule(c->rs, &c->line, &line))
		return;
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
	foreign = hint_language(c->line.words, c->line.nwords);
	if (foreign) {
		c->foreign = true; /* so are the lines that follow */
		diag_error(c->rs->diags, line_span(&c->line), "%s", foreign);
	} else if (!c->line.start && !strncmp(c->line.src->text, "\xef\xbb\xbf", 3))
		diag_error(c->rs->diags, (struct span){ c->line.src->base, 3 },
			   "a byte order mark before the text: remove it");
	else
		diag_error(c->rs->diags, line_span(&c->line), "%s outside of a table: a line *TABLE comes first",
			   what);
}
