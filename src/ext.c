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

#define CACHE_SLOTS 64

struct ext_cache {
	struct {
		const char *name;
		size_t len;
		enum ext_kind kind;
		const struct ext *ext;
	} slots[CACHE_SLOTS];
};

/* Rulesets use few extensions often: one comparison instead of a search. */
const struct ext *ext_lookup(struct ruleset *rs, const char *name, size_t len, enum ext_kind kind)
{
	size_t h = len * 7 + (size_t)kind;

	for (size_t i = 0; i < len; i++)
		h = h * 31 + (unsigned char)name[i];
	h %= CACHE_SLOTS;
	if (!rs->ext_cache)
		rs->ext_cache = ARENA_NEW(rs->arena, struct ext_cache);
	if (rs->ext_cache->slots[h].ext && rs->ext_cache->slots[h].len == len &&
	    rs->ext_cache->slots[h].kind == kind && !memcmp(rs->ext_cache->slots[h].name, name, len))
		return rs->ext_cache->slots[h].ext;

	const struct ext *e = ext_find(name, len, kind, rs->family);

	if (e) {
		rs->ext_cache->slots[h].name = name;
		rs->ext_cache->slots[h].len = len;
		rs->ext_cache->slots[h].kind = kind;
		rs->ext_cache->slots[h].ext = e;
	}
	return e;
}

const struct arg *use_arg(const struct ext_use *u, unsigned id)
{
	for (unsigned i = 0; i < u->nargs; i++)
		if (u->args[i].id == id)
			return &u->args[i];
	return NULL;
}
