/* SPDX-License-Identifier: GPL-2.0-or-later */
/* likeness_saved: the lines in which two rulesets differ that the same program has saved. */
#include "likeness.h"

#include <string.h>
#include "dict.h"
#include "hooks.h"
#include "verify/xtables.h"

struct saved_chain {
	const char *name;
	const char **lines; /* its policy, then its rules */
	uint32_t n, room;
	struct saved_chain *next;
};

struct saved_table {
	struct saved_chain *first, **last;
	struct dict by_name;
};

static struct saved_chain *chain_named(struct arena *a, struct saved_table *t, const char *name,
				       size_t len)
{
	struct saved_chain *c = dict_find(&t->by_name, name, len);

	if (c)
		return c;
	c = ARENA_NEW(a, struct saved_chain);
	c->name = arena_strndup(a, name, len);
	dict_add(a, &t->by_name, c->name, len, c);
	*t->last = c;
	t->last = &c->next;
	return c;
}

/* But for policies that do nothing. */
static void read_table(struct arena *a, struct buffer *text, const char *name,
		       struct saved_table *t)
{
	char *block = arena_strdup(a, xtables_block(a, text, name, true));

	*t = (struct saved_table){ .last = &t->first };
	for (char *s = strtok_r(block, "\n", &block); s; s = strtok_r(NULL, "\n", &block)) {
		const char *chain = *s == ':' ? s + 1 : !strncmp(s, "-A ", 3) ? s + 3 : NULL;
		struct saved_chain *c;

		if (!chain || (*s == ':' && strstr(s, " ACCEPT ")))
			continue;
		c = chain_named(a, t, chain, strcspn(chain, " "));
		c->lines = arena_grow(a, c->lines, c->n, &c->room, sizeof(*c->lines));
		c->lines[c->n++] = s;
	}
}

static void put_lines(const char *table, const struct saved_chain *c, uint32_t from, uint32_t to,
		      char sign, unsigned *left, struct buffer *out)
{
	for (; from < to && *left; from++, --*left) {
		const char *line = c->lines[from];
		size_t len = strlen(line);

		while (len && line[len - 1] == ' ') /* where its counters were */
			len--;
		buffer_printf(out, "%c %s: %.*s\n", sign, table, (int)len, line);
	}
}

static void compare_chain(const char *table, const struct saved_chain *x,
			  const struct saved_chain *y, unsigned *left, struct buffer *out)
{
	uint32_t i = 0, m = x->n, n = y->n;

	while (i < m && i < n && !strcmp(x->lines[i], y->lines[i]))
		i++;
	while (m > i && n > i && !strcmp(x->lines[m - 1], y->lines[n - 1]))
		m--, n--;
	put_lines(table, x, i, m, '-', left, out);
	put_lines(table, y, i, n, '+', left, out);
}

void likeness_differences_saved(struct buffer *a, struct buffer *b, struct buffer *out)
{
	static const struct saved_chain none;
	unsigned left = LIKENESS_DIFFERENCES;

	for (unsigned id = 0; id < TABLE_COUNT; id++) {
		struct saved_table x, y;

		read_table(out->arena, a, table_names[id], &x);
		read_table(out->arena, b, table_names[id], &y);
		for (struct saved_chain *c = x.first; c; c = c->next) {
			struct saved_chain *other = dict_find(&y.by_name, c->name, strlen(c->name));

			compare_chain(table_names[id], c, other ? other : &none, &left, out);
		}
		for (struct saved_chain *c = y.first; c; c = c->next)
			if (!dict_find(&x.by_name, c->name, strlen(c->name)))
				compare_chain(table_names[id], &none, c, &left, out);
	}
	if (!left)
		buffer_puts(out, "…\n");
}
