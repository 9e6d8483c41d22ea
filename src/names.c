/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "names.h"

#include <string.h>
#include "buffer.h"

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* {string} of nft's scanner.l */
static bool is_first(char c)
{
	return is_letter(c) || c == '_' || c == '.';
}

static bool is_next(char c)
{
	return is_first(c) || (c >= '0' && c <= '9') || c == '/' || c == '-';
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

static bool looks_escaped(const char *p)
{
	return p[0] == '/' && ((is_hex(p[1]) && is_hex(p[2])) || p[1] == '.');
}

static bool needs_prefix(const char *name, size_t len)
{
	return !is_first(name[0]) || (name[0] == '_' && name[1] == '-') || name_reserved(name, len);
}

bool name_fits(const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < len; i++)
		if (!is_next(name[i]) || looks_escaped(name + i))
			return false;
	return len && len <= NAME_MAX_BYTES && !needs_prefix(name, len);
}

const char *name_loadable(struct arena *a, const char *name)
{
	static const char hex[] = "0123456789abcdef";
	size_t len = strlen(name), n = 0;
	bool prefix = needs_prefix(name, len);

	if (name_fits(name))
		return name;

	char *out = arena_bytes(a, len * 3 + 3);

	if (prefix) {
		out[n++] = '_';
		out[n++] = '-';
	}
	for (size_t i = 0; i < len; i++) {
		if (is_next(name[i]) && !looks_escaped(name + i)) {
			out[n++] = name[i];
			continue;
		}
		out[n++] = '/';
		out[n++] = hex[(unsigned char)name[i] >> 4];
		out[n++] = hex[name[i] & 15];
	}
	out[n] = '\0';
	return out;
}

/* Cut names are few and long; the number makes each one different from all others. */
static const char *shortened(struct arena *a, const char *s, unsigned *ncut)
{
	if (strlen(s) <= NAME_MAX_BYTES)
		return s;

	char *cut = arena_strndup(a, s, NAME_MAX_BYTES - 12);
	char *slash = strrchr(cut, '/');

	/* Not inside an escape. */
	if (slash && strlen(slash) < 3)
		*slash = '\0';
	/* name_loadable() leaves no /. in a name. */
	return arena_printf(a, "%s/.%u", cut, ++*ncut);
}

void names_assign(struct ir *ir)
{
	unsigned ncut = 0;

	for (struct ir_chain *c = ir->chains; c && !c->nft_name; c = c->next)
		c->nft_name = shortened(ir->arena, name_loadable(ir->arena, c->name), &ncut);
	for (struct ir_set *s = ir->sets; s && !s->nft_name; s = s->next)
		s->nft_name = shortened(ir->arena, name_loadable(ir->arena, s->name), &ncut);
	for (struct ir_object *o = ir->objects; o && !o->nft_name; o = o->next)
		o->nft_name = shortened(ir->arena, name_loadable(ir->arena, o->name), &ncut);
}
