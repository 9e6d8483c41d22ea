/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "name_map.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "value.h"

/* Number and name of a line; false: it has none (empty, a comment). */
static bool entry(char *line, unsigned long *id, char **name)
{
	char *end;

	line += strspn(line, " \t");
	*id = strtoul(line, &end, strncmp(line, "0x", 2) ? 10 : 16);
	if (end == line || !isspace((unsigned char)*end) || *id > UINT8_MAX)
		return false;
	*name = end + strspn(end, " \t");
	(*name)[strcspn(*name, " \t\n")] = '\0';
	return **name && **name != '#';
}

bool name_map_find(const char *path, const char *s, size_t len, uint32_t *out)
{
	FILE *f = fopen(path, "re");
	char line[512], *name;
	unsigned long id;
	bool found = false;

	while (f && !found && fgets(line, sizeof(line), f))
		if (entry(line, &id, &name) && strlen(name) == len && !memcmp(name, s, len)) {
			*out = (uint32_t)id;
			found = true;
		}
	if (f)
		fclose(f);
	return found;
}

bool name_map_mask(struct ext_parse *p, const char *path, struct arg *out)
{
	const struct word *w = p->word;

	if (value_mark(w->s, w->len, &out->mark.value, &out->mark.mask))
		return true;
	out->mark.mask = UINT32_MAX;
	return name_map_find(path, w->s, w->len, &out->mark.value) ||
	       ext_value_error(p, "'%.*s' is neither VALUE[/MASK] nor a name of %s", (int)w->len,
			       w->s, path);
}
