/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ir.h"

#include <string.h>

const char *const inst_names[INST_COUNT] = {
#define INST(kind, member, text) #kind,
#include "inst.def"
};

static const uint16_t inst_sizes[INST_COUNT] = {
#define INST(kind, member, text) offsetof(struct inst, member) + sizeof(struct inst_##member),
#include "inst.def"
};

struct inst *inst_new(struct arena *a, enum inst_kind kind, struct span at)
{
	struct inst *i = arena_alloc(a, inst_sizes[kind]);

	i->kind = (uint8_t)kind;
	i->at = at;
	return i;
}

struct inst *inst_copy(struct arena *a, const struct inst *i)
{
	struct inst *c = arena_alloc(a, inst_sizes[i->kind]);

	memcpy(c, i, inst_sizes[i->kind]);
	c->next = NULL;
	return c;
}

void inst_restore(struct inst *i, const struct inst *from)
{
	memcpy(i, from, inst_sizes[from->kind]);
}
