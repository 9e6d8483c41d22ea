/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ext_help.h"

#include <string.h>
#include "ext.h"

static const char *const support_names[] = {
	[NATIVE] = "native",
	[PARTLY] = "partly",
	[COMPAT] = "compat",
	[REFUSED] = "refused",
};

static const char *family_name(unsigned families)
{
	return families == FAMILY_IPV4 ? "IPv4" : families == FAMILY_IPV6 ? "IPv6" : "IPv4, IPv6";
}

static void put_option(const struct ext_option *o, struct buffer *out)
{
	size_t start = out->len;

	buffer_printf(out, "  %s--%s%s%s", o->flags & OPT_INVERT ? "[!] " : "", o->name,
		      o->metavar ? " " : "", o->metavar ? o->metavar : "");
	do
		buffer_char(out, ' ');
	while (out->len - start < 44);
	buffer_printf(out, "%s", o->help ? o->help : "");
	if (o->support != NATIVE)
		buffer_printf(out, " [%s%s%s]", support_names[o->support], o->note ? ": " : "",
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
			      family_name(e->families), e->help ? e->help : "");
		put_places(e, out);
		for (const struct ext_option *o = e->options; o && o->name; o++)
			if (!(o->flags & OPT_ALIAS))
				put_option(o, out);
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
					      family_name(ext_list[i]->families),
					      ext_list[i]->help ? ext_list[i]->help : "");
}

/* mdoc takes a leading '.' or '\'' for a request, and '\' for an escape. */
static void put_mdoc(const char *s, struct buffer *out)
{
	for (; s && *s; s++) {
		if (*s == '\\')
			buffer_lit(out, "\\e");
		else if (*s == '-')
			buffer_lit(out, "\\-");
		else if (*s == '"')
			buffer_lit(out, "\\(dq");
		else
			buffer_char(out, *s);
	}
}

void ext_help_table(struct buffer *out)
{
	for (size_t i = 0; i < ext_list_count; i++) {
		const struct ext *e = ext_list[i];

		buffer_printf(out, ".It Sy %s Pq %s, %s\n", e->name,
			      e->kind == EXT_MATCH ? "match" : "target", family_name(e->families));
		put_mdoc(e->help, out);
		buffer_char(out, '\n');
		for (const struct ext_option *o = e->options; o && o->name; o++) {
			if (o->flags & OPT_ALIAS)
				continue;
			buffer_lit(out, ".br\n\\&");
			put_mdoc(o->flags & OPT_INVERT ? "[!] --" : "--", out);
			put_mdoc(o->name, out);
			buffer_printf(out, ": %s", support_names[o->support]);
			if (o->note)
				buffer_lit(out, "; ");
			put_mdoc(o->note, out);
			buffer_char(out, '\n');
		}
	}
}
