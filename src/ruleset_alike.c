/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ruleset_alike: a finished ruleset brought into the one form of all that do the same by the same names:
 * user chains in the order of their names, and no table or built-in chain that does nothing.
 */
#include "ruleset.h"

#include <stdlib.h>
#include <string.h>

static int by_name(const void *a, const void *b)
{
	return strcmp((*(struct chain *const *)a)->name, (*(struct chain *const *)b)->name);
}

static void sort_chains(struct ruleset *rs, struct table *t)
{
	struct chain **all;
	uint32_t n = 0;

	for (struct chain *c = t->chains; c; c = c->next)
		n++;
	if (!n)
		return;
	all = arena_array(rs->arena, n, sizeof(struct chain *));
	n = 0;
	for (struct chain *c = t->chains; c; c = c->next)
		all[n++] = c;
	qsort(all, n, sizeof(struct chain *), by_name);
	t->last = &t->chains;
	for (uint32_t i = 0; i < n; i++) {
		*t->last = all[i];
		t->last = &all[i]->next;
	}
	*t->last = NULL;
}

void ruleset_alike(struct ruleset *rs, unsigned tables)
{
	for (unsigned i = 0; i < TABLE_COUNT; i++) {
		struct table *t = &rs->tables[i];

		t->present &= (tables & 1u << i) != 0;
		sort_chains(rs, t);
		for (unsigned h = 0; h < HOOK_COUNT; h++)
			if (t->builtin[h] && !t->builtin[h]->nrules && !t->builtin[h]->policy_drop)
				t->builtin[h]->at.pos = 0; /* as if it had not been declared */
	}
}
