/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verify/sets.h"

#include <string.h>

/* Bitmaps need a range; a list of types gives none, and an empty set holds nothing in any. */
static void put_range(const struct ipset *s, struct buffer *b)
{
	if (s->type->part[0] == IPSET_PORT)
		buffer_lit(b, " range 0-65535");
	else
		buffer_lit(b, " range 0.0.0.0-0.0.255.255");
}

static bool has_family(const struct ipset_type *t)
{
	return !strncmp(t->name, "hash:", 5) && strcmp(t->name, "hash:mac") != 0;
}

void verify_sets(const struct ipsets *all, struct buffer *b)
{
	for (const struct ipset *s = all->first; s; s = s->next) {
		buffer_printf(b, "create %s %s", s->name, s->type->name);
		if (s->type->bitmap)
			put_range(s, b);
		else if (has_family(s->type) && s->family == FAMILY_IPV6)
			buffer_lit(b, " family inet6");
		if (s->timeouts)
			buffer_printf(b, " timeout %llu", (unsigned long long)(s->default_timeout / 1000));
		buffer_char(b, '\n');
	}
}
