/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ext_help.h"

#include <string.h>

const char *ext_families(const struct ext *e)
{
	return e->families == FAMILY_IPV4   ? "IPv4"
	       : e->families == FAMILY_IPV6 ? "IPv6"
					    : "IPv4, IPv6";
}

enum support ext_support(const struct ext *e, const struct ext_option *o)
{
	return o->support == COMPAT && !e->compat ? REFUSED : o->support;
}

const char *ext_support_name(enum support s)
{
	static const char *const names[] = {
		[NATIVE] = "native",
		[PARTLY] = "partly",
		[COMPAT] = "compat",
		[REFUSED] = "refused",
	};

	return names[s];
}

/* Columns, where every character is one wide: UTF-8's continuation bytes are not counted. */
static size_t columns(const struct buffer *b, size_t from)
{
	size_t n = 0;

	for (size_t i = from; i < b->len; i++)
		n += ((unsigned char)b->data[i] & 0xc0) != 0x80;
	return n;
}

static void put_option(const struct ext *e, const struct ext_option *o, struct buffer *out)
{
	enum support support = ext_support(e, o);
	size_t start = out->len;

	buffer_printf(out, "  %s--%s%s%s", o->flags & OPT_INVERT ? "[!] " : "", o->name,
		      o->metavar ? " " : "", o->metavar ? o->metavar : "");
	do
		buffer_char(out, ' ');
	while (columns(out, start) < 44);
	buffer_printf(out, "%s", o->help ? o->help : "");
	if (support != NATIVE)
		buffer_printf(out, " [%s%s%s]", ext_support_name(support), o->note ? ": " : "",
			      o->note ? o->note : "");
	buffer_char(out, '\n');
}

static void put_places(const struct ext *e, struct buffer *out)
{
	if (e->tables) {
		buffer_lit(out, "  tables:");
		for (unsigned t = 0; t < TABLE_COUNT; t++)
			if (e->tables & 1u << t)
				buffer_printf(out, " %s", table_names[t]);
		buffer_char(out, '\n');
	}
	if (e->hooks) {
		buffer_lit(out, "  chains:");
		for (unsigned h = 0; h < HOOK_COUNT; h++)
			if (e->hooks & 1u << h)
				buffer_printf(out, " %s", hook_names[h]);
		buffer_char(out, '\n');
	}
}

bool ext_help(const char *name, struct buffer *out)
{
	bool found = false;

	for (size_t i = 0; i < ext_list_count; i++) {
		const struct ext *e = ext_list[i];

		if (strcmp(e->name, name))
			continue;
		if (found)
			buffer_char(out, '\n');
		found = true;
		buffer_printf(out, "%s %s (%s): %s\n", e->kind == EXT_MATCH ? "match" : "target", e->name,
			      ext_families(e), e->help ? e->help : "");
		put_places(e, out);
		for (const struct ext_option *o = e->options; o && o->name; o++)
			if (!(o->flags & OPT_ALIAS))
				put_option(e, o, out);
	}
	return found;
}

void ext_help_list(struct buffer *out)
{
	for (unsigned kind = EXT_MATCH; kind <= EXT_TARGET; kind++)
		for (size_t i = 0; i < ext_list_count; i++)
			if (ext_list[i]->kind == kind)
				buffer_printf(out, "%-6s  %-12s  %-10s  %s\n",
					      kind == EXT_MATCH ? "match" : "target", ext_list[i]->name,
					      ext_families(ext_list[i]),
					      ext_list[i]->help ? ext_list[i]->help : "");
}
