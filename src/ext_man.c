/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ext_man: iptc2nft-extensions(7), the part that the descriptors say. One subsection an extension;
 * in it the options by how exactly they are kept, those with the same note together.
 */
#include "ext_help.h"

#include <string.h>

/* Text inside a line: '\' is an escape of roff, '-' its hyphen, and a '"' would quote. */
static void put_text(const char *s, struct buffer *out)
{
	for (; *s; s++) {
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

/* A line of text; '.' and '\'' would begin a request. */
static void put_line(const char *s, struct buffer *out)
{
	if (*s == '.' || *s == '\'')
		buffer_lit(out, "\\&");
	put_text(s, out);
	buffer_char(out, '\n');
}

static bool same_note(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static bool together(const struct ext *e, const struct ext_option *a, const struct ext_option *b)
{
	return !(a->flags & OPT_ALIAS) && !(b->flags & OPT_ALIAS) &&
	       ext_support(e, a) == ext_support(e, b) && same_note(a->note, b->note);
}

/* The options from @first on that are kept as it is. */
static void put_group(const struct ext *e, const struct ext_option *first, struct buffer *out)
{
	buffer_printf(out, ".It %s\n", ext_support_name(ext_support(e, first)));
	for (const struct ext_option *o = first; o->name; o++) {
		if (!together(e, first, o))
			continue;
		if (o != first)
			buffer_lit(out, " ,\n");
		if (o->flags & OPT_INVERT)
			buffer_lit(out, ".Op \\&!\n");
		buffer_lit(out, ".Fl \\-");
		put_text(o->name, out);
	}
	if (first->note)
		buffer_lit(out, " :");
	buffer_char(out, '\n');
	if (first->note)
		put_line(first->note, out);
}

static void put_options(const struct ext *e, struct buffer *out)
{
	buffer_lit(out, ".Bl -tag -width refused -compact\n");
	for (unsigned s = NATIVE; s <= REFUSED; s++)
		for (const struct ext_option *o = e->options; o->name; o++) {
			const struct ext_option *first = e->options;

			while (first != o && !together(e, first, o))
				first++;
			if (first == o && !(o->flags & OPT_ALIAS) && ext_support(e, o) == s)
				put_group(e, o, out);
		}
	buffer_lit(out, ".El\n");
}

static void put_extension(const struct ext *e, struct buffer *out)
{
	buffer_printf(out, ".Ss %s %s (%s)\n", e->kind == EXT_MATCH ? "Match" : "Target", e->name,
		      ext_families(e));
	put_line(e->help ? e->help : "", out);
	buffer_lit(out, ".Pp\n");
	if (e->options && e->options->name)
		put_options(e, out);
	else
		buffer_lit(out, "Native; it has no options.\n");
}

void ext_help_man(struct buffer *out)
{
	for (unsigned kind = EXT_MATCH; kind <= EXT_TARGET; kind++)
		for (size_t i = 0; i < ext_list_count; i++)
			if (ext_list[i]->kind == kind)
				put_extension(ext_list[i], out);
}
