/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * list_options: every option of every descriptor, for the suite options. A line each, tabs between:
 * kind, extension, families, option, the option that it is another name of (or itself), whether `!`
 * is allowed, whether it takes a value, how exactly it is kept. An extension without options has a line whose
 * option is empty.
 */
#include <stdio.h>
#include <string.h>
#include "ext_help.h"

static const char *main_name(const struct ext *e, const struct ext_option *alias)
{
	for (const struct ext_option *o = e->options; o->name; o++)
		if (o->id == alias->id && !(o->flags & OPT_ALIAS))
			return o->name;
	return alias->name;
}

static void put(const struct ext *e, const struct ext_option *o)
{
	printf("%s\t%s\t%s%s\t%s\t%s\t%d\t%d\t%s\n", e->kind == EXT_MATCH ? "match" : "target",
	       e->name, e->families & FAMILY_IPV4 ? "4" : "", e->families & FAMILY_IPV6 ? "6" : "",
	       o ? o->name : "", o ? main_name(e, o) : "", o && o->flags & OPT_INVERT,
	       o && o->type != ARG_NONE, o ? ext_support_name(ext_support(e, o)) : "native");
}

int main(void)
{
	for (size_t i = 0; i < ext_list_count; i++) {
		const struct ext *e = ext_list[i];

		if (!e->options || !e->options->name)
			put(e, NULL);
		for (const struct ext_option *o = e->options; o && o->name; o++)
			put(e, o);
	}
	return 0;
}
