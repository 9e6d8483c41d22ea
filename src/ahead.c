/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ahead.h"

#include <string.h>
#include "line.h"
#include "pieces.h"
#include "second.h"

#define TEXT_LARGE ((uint32_t)256 << 10)
#define PIECE	   ((uint32_t)16 << 10) /* bytes that the second thread takes at a time */

/* A text with more lines that are not understood is not worth going on with. */
#define FAILURES_MAX 100

struct piece {
	uint32_t first; /* offset of its first line */
	uint32_t from;	/* and of the first that the second thread looks at */
	int table;	/* the table that this one is in, or -1 */
	struct ahead_rule *rules, **last;
};

struct ahead {
	struct second second;
	const struct source *src;
	struct piece *all;
	uint32_t n, cap;
	struct pieces pieces; /* who has taken one has its rules */
	uint32_t now;	      /* the piece where the parser is */
	struct ahead_rule *next;

	/* The second thread's. */
	struct ruleset rs; /* so much of it as the meaning of a line takes */
	struct diags diags;
	struct line line;
	struct piece *piece;
	int table;
	unsigned failures;
};

static int table_of_line(const char *s, const char *end)
{
	size_t n = 0;

	while (s + n < end && (unsigned char)s[n] > ' ')
		n++;
	for (int t = 0; t < TABLE_COUNT; t++)
		if (strlen(table_names[t]) == n && !memcmp(table_names[t], s, n))
			return t;
	return -1;
}

/* The offset of the line after the one that has @at in it; the end where there is none. */
static uint32_t line_after(const struct source *src, uint32_t at)
{
	const char *end = at < src->len ? memchr(src->text + at, '\n', src->len - at) : NULL;

	return end ? (uint32_t)(end - src->text) + 1 : src->len;
}

/* The table of the last line `*table` that begins in [@from, @to); @table: there is none. */
static int table_at(const struct source *src, uint32_t from, uint32_t to, int table)
{
	const char *s = src->text + from, *end = src->text + to;

	while ((s = memchr(s, '*', (size_t)(end - s)))) {
		if (s == src->text || s[-1] == '\n')
			table = table_of_line(s + 1, end);
		s++;
	}
	return table;
}

static void make_pieces(struct ahead *a, struct arena *arena)
{
	uint32_t at = 0, seen = 0;
	int table = -1;

	do {
		uint32_t from = line_after(a->src, line_after(a->src, at));
		struct piece *p;

		a->all = arena_grow(arena, a->all, a->n, &a->cap, sizeof(*a->all));
		p = &a->all[a->n++];
		table = table_at(a->src, seen, from, table);
		seen = from;
		*p = (struct piece){ .first = at, .from = from, .table = table };
		at = a->src->len - at > PIECE ? line_after(a->src, at + PIECE) : a->src->len;
	} while (at < a->src->len);
}

static uint32_t piece_end(const struct ahead *a, const struct piece *p)
{
	return p + 1 < a->all + a->n ? p[1].first : a->src->len;
}

/* What is said of a line, the parser says in its turn. */
static void parse_line(struct ahead *a, uint32_t len)
{
	struct ahead_rule *r = ARENA_NEW(a->rs.arena, struct ahead_rule);
	struct rule line;

	if (line_rule(&a->rs, &a->line, &line) &&
	    ruleset_rule(&a->rs, &a->rs.tables[a->table], &line, r) && !a->diags.count) {
		r->start = a->line.start;
		r->len = len;
		*a->piece->last = r;
		a->piece->last = &r->next;
	}
	if (a->diags.count) {
		diags_init(&a->diags, a->rs.arena);
		a->failures++;
	}
}

static void parse_piece(struct ahead *a, struct piece *p)
{
	const char *text = a->src->text;
	uint32_t end = piece_end(a, p);

	p->last = &p->rules;
	a->piece = p;
	a->table = p->table;
	for (uint32_t at = p->from, next; at < end && a->failures < FAILURES_MAX; at = next) {
		uint32_t len = 0;

		a->line.start = at;
		if (a->table >= 0 && (text[at] == '-' || text[at] == '['))
			len = line_split(&a->line, text[at], end);
		if (len)
			parse_line(a, len);
		else if (text[at] == '*')
			a->table = table_of_line(text + at + 1, text + end);
		next = len ? at + len : line_after(a->src, at);
	}
}

static void work(struct second *s, void *arg)
{
	struct ahead *a = arg;
	uint32_t i;

	a->rs.arena = &s->arena;
	diags_init(&a->diags, &s->arena);
	for (int t = 0; t < TABLE_COUNT; t++)
		a->rs.tables[t].id = (enum table_id)t;
	a->line = (struct line){ .src = a->src };
	a->line.words = arena_array(&s->arena, RULE_WORDS_MAX, sizeof(*a->line.words));
	while (a->failures < FAILURES_MAX && !atomic_load(&s->stop) &&
	       pieces_take_back(&a->pieces, &i))
		parse_piece(a, &a->all[i]);
}

/* When memory has run out, the piece at work has the rules that are ready. */
static void ended(void *arg)
{
	struct ahead *a = arg;

	pieces_leave(&a->pieces);
}

struct ahead *ahead_start(struct ruleset *rs, const struct source *src)
{
	struct ahead *a;

	if (src->len < TEXT_LARGE || !second_worth())
		return NULL;
	a = ARENA_NEW(rs->arena, struct ahead);
	a->src = src;
	a->rs = (struct ruleset){
		.diags = &a->diags, .family = rs->family, .counters = rs->counters, .ahead = true
	};
	make_pieces(a, rs->arena);
	if (!pieces_init(&a->pieces, a->n) || !second_start(&a->second, rs->arena, work, ended, a))
		return NULL;
	return a;
}

uint32_t ahead_enter(struct ahead *a, uint32_t at)
{
	while (a->now < a->n && at >= a->all[a->now].first) {
		if (!pieces_take_front(&a->pieces, a->now))
			a->next = a->all[a->now].rules;
		a->now++;
	}
	return a->now < a->n ? a->all[a->now].first : UINT32_MAX;
}

struct ahead_rule *ahead_find(struct ahead *a, uint32_t start)
{
	struct ahead_rule *r;

	if (!a)
		return NULL;
	while (a->next && a->next->start < start)
		a->next = a->next->next;
	r = a->next;
	return r && r->start == start ? r : NULL;
}

void ahead_end(struct ahead *a)
{
	if (a)
		second_join(&a->second);
}
