/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ext: the registry of matches and targets. */
#include "ext.h"

#include <string.h>
#include "spec.h"

#define EXT(symbol) extern const struct ext symbol;
#include "ext/list.def"

const struct ext *const ext_list[] = {
#define EXT(symbol) &symbol,
#include "ext/list.def"
	NULL,
};
const size_t ext_list_count = sizeof(ext_list) / sizeof(ext_list[0]) - 1;

static bool named(const struct ext *e, const char *name, size_t len)
{
	if (strlen(e->name) == len && !memcmp(e->name, name, len))
		return true;
	for (const char *const *a = e->aliases; a && *a; a++)
		if (strlen(*a) == len && !memcmp(*a, name, len))
			return true;
	return false;
}

const struct ext *ext_find(const char *name, size_t len, enum ext_kind kind, unsigned family)
{
	for (size_t i = 0; i < ext_list_count; i++)
		if (ext_list[i]->kind == kind && ext_list[i]->families & family &&
		    named(ext_list[i], name, len))
			return ext_list[i];
	return NULL;
}

/*
 * All names and aliases by hash, made when first asked: a ruleset names an extension or two in every
 * rule. Open addressing, never more than half full; the entries of one name are in the order of the
 * list.
 */
struct ext_index {
	uint32_t mask; /* slots - 1 */
	struct ext_slot {
		const char *name; /* NULL: free */
		uint32_t len;
		const struct ext *ext;
	} slots[];
};

static uint32_t name_hash(const char *name, size_t len, enum ext_kind kind)
{
	uint32_t h = (uint32_t)kind;

	for (size_t i = 0; i < len; i++)
		h = h * 33 + (unsigned char)name[i];
	return h;
}

static void index_add(struct ext_index *x, const char *name, const struct ext *e)
{
	uint32_t len = (uint32_t)strlen(name), i = name_hash(name, len, e->kind) & x->mask;

	while (x->slots[i].name)
		i = (i + 1) & x->mask;
	x->slots[i] = (struct ext_slot){ name, len, e };
}

static struct ext_index *index_make(struct arena *a)
{
	struct ext_index *x;
	uint32_t names = 0, size = 64;

	for (size_t i = 0; i < ext_list_count; i++) {
		names++;
		for (const char *const *n = ext_list[i]->aliases; n && *n; n++)
			names++;
	}
	while (size < 2 * names)
		size *= 2;
	x = arena_alloc(a, sizeof(*x) + size * sizeof(x->slots[0]));
	x->mask = size - 1;
	for (size_t i = 0; i < ext_list_count; i++) {
		index_add(x, ext_list[i]->name, ext_list[i]);
		for (const char *const *n = ext_list[i]->aliases; n && *n; n++)
			index_add(x, *n, ext_list[i]);
	}
	return x;
}

static const struct ext_index *index_of(struct ruleset *rs)
{
	if (!rs->ext_index)
		rs->ext_index = index_make(rs->arena);
	return rs->ext_index;
}

static bool slot_is(const struct ext_slot *s, const char *name, size_t len, enum ext_kind kind)
{
	return s->len == len && s->ext->kind == kind && !memcmp(s->name, name, len);
}

const struct ext *ext_lookup(struct ruleset *rs, const char *name, size_t len, enum ext_kind kind,
			     unsigned family)
{
	const struct ext_index *x = index_of(rs);

	for (uint32_t i = name_hash(name, len, kind) & x->mask; x->slots[i].name; i = (i + 1) & x->mask)
		if (x->slots[i].ext->families & family && slot_is(&x->slots[i], name, len, kind))
			return x->slots[i].ext;
	return NULL;
}

unsigned ext_lookup_families(struct ruleset *rs, const char *name, size_t len, enum ext_kind kind)
{
	const struct ext_index *x = index_of(rs);
	unsigned families = 0;

	for (uint32_t i = name_hash(name, len, kind) & x->mask; x->slots[i].name; i = (i + 1) & x->mask)
		if (slot_is(&x->slots[i], name, len, kind))
			families |= x->slots[i].ext->families;
	return families;
}

const struct arg *use_arg(const struct ext_use *u, unsigned id)
{
	for (unsigned i = 0; i < u->nargs; i++)
		if (u->args[i].id == id)
			return &u->args[i];
	return NULL;
}
