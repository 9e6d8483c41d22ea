/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * load_order: tables are committed in the order of the input; in a table, libiptc puts the built-in
 * chains first, by hook, then user chains by name (iptc_insert_chain()); translate_table() of
 * ip_tables.c checks the entries one after the other.
 */
#include "load_order.h"

#include <stdlib.h>
#include <string.h>

static int by_name(const void *a, const void *b)
{
	const struct chain *x = *(const struct chain *const *)a,
			   *y = *(const struct chain *const *)b;

	if (x->hook != y->hook && (x->hook >= 0 || y->hook >= 0))
		return x->hook < 0 ? 1 : y->hook < 0 ? -1 : x->hook - y->hook;
	return strcmp(x->name, y->name);
}

static int by_place(const void *a, const void *b)
{
	const struct table *x = *(const struct table *const *)a,
			   *y = *(const struct table *const *)b;

	return x->at.pos < y->at.pos ? -1 : x->at.pos > y->at.pos;
}

static uint32_t put_table(const struct ruleset *rs, const struct table *t, const struct rule **out)
{
	const struct chain **chains = arena_array(rs->arena, t->nchains + 1u, sizeof(*chains));
	uint32_t n = 0, rules = 0;

	for (const struct chain *c = t->chains; c; c = c->next)
		chains[n++] = c;
	qsort(chains, n, sizeof(*chains), by_name);
	for (uint32_t k = 0; k < n; k++)
		for (uint32_t i = 0; i < chains[k]->nrules; i++)
			out[rules++] = chains[k]->rules[i];
	return rules;
}

const struct rule **load_order(const struct ruleset *rs, uint32_t *n)
{
	const struct table *tables[TABLE_COUNT];
	const struct rule **out;
	size_t total = 0;
	unsigned k = 0;

	for (unsigned t = 0; t < TABLE_COUNT; t++) {
		if (!rs->tables[t].present)
			continue;
		tables[k++] = &rs->tables[t];
		for (const struct chain *c = rs->tables[t].chains; c; c = c->next)
			total += c->nrules;
	}
	qsort(tables, k, sizeof(*tables), by_place);
	out = arena_array(rs->arena, total + 1, sizeof(*out));
	*n = 0;
	for (unsigned t = 0; t < k; t++)
		*n += put_table(rs, tables[t], out + *n);
	return out;
}
