/* SPDX-License-Identifier: GPL-2.0-or-later */
/* byte_pairs: a set of 256 elements, one for each value of the first byte. */
#include "byte_pairs.h"

#include <string.h>

enum { A, B, COMPONENTS };

static void fill(struct lower *l, struct ir_set *s, struct operand a, struct operand b, byte_of lo, byte_of hi)
{
	s->key = arena_array(l->arena, COMPONENTS, sizeof(*s->key));
	s->key[A].of = a;
	s->key[B].of = b;
	s->nkey = COMPONENTS;
	s->flags = SET_CONSTANT;
	s->nelements = s->cap = UINT8_MAX + 1;
	s->elements = arena_array(l->arena, s->nelements, sizeof(*s->elements));
	memset(s->elements, 0, s->nelements * sizeof(*s->elements));
	for (unsigned v = 0; v <= UINT8_MAX; v++) {
		struct value_range *key = arena_array(l->arena, COMPONENTS, sizeof(*key));

		key[A].lo = key[A].hi = value_num(v, 1);
		key[B].lo = value_num(lo((uint8_t)v), 1);
		key[B].hi = value_num(hi((uint8_t)v), 1);
		if (lo((uint8_t)v) != hi((uint8_t)v))
			s->flags |= SET_INTERVAL;
		s->elements[v].key = key;
	}
}

void byte_pairs(struct lower *l, const char *name, struct operand a, struct operand b, byte_of lo, byte_of hi)
{
	struct operand *key = arena_array(l->arena, COMPONENTS, sizeof(*key));
	bool fresh;
	struct ir_set *s = lower_set_named(l, name, &fresh);
	struct inst *i;

	if (fresh)
		fill(l, s, a, b, lo, hi);
	key[A] = a;
	key[B] = b;
	i = lower_emit(l, INST_LOOKUP);
	i->lookup.set = s;
	i->lookup.key = key;
	i->lookup.nkey = COMPONENTS;
}
