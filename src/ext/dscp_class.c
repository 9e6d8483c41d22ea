/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dscp_class.h"

#include <strings.h>
#include <string.h>

bool dscp_class_parse(struct ext_parse *p, struct arg *out)
{
	/* RFC 2474, 2597, 3246 */
	static const struct ext_word classes[] = {
		{ "CS0", 0x00 },  { "CS1", 0x08 },  { "CS2", 0x10 },  { "CS3", 0x18 },  { "CS4", 0x20 },
		{ "CS5", 0x28 },  { "CS6", 0x30 },  { "CS7", 0x38 },  { "BE", 0x00 },   { "AF11", 0x0a },
		{ "AF12", 0x0c }, { "AF13", 0x0e }, { "AF21", 0x12 }, { "AF22", 0x14 }, { "AF23", 0x16 },
		{ "AF31", 0x1a }, { "AF32", 0x1c }, { "AF33", 0x1e }, { "AF41", 0x22 }, { "AF42", 0x24 },
		{ "AF43", 0x26 }, { "EF", 0x2e },   { NULL, 0 },
	};

	/* class_to_dscp() looks no further than the name: "AF13x" is AF13 */
	for (const struct ext_word *c = classes; c->name; c++)
		if (strlen(c->name) <= p->word->len && !strncasecmp(c->name, p->word->s, strlen(c->name))) {
			out->num.lo = out->num.hi = c->value;
			return true;
		}
	return ext_value_error(p, "'%.*s' is not a DSCP class", (int)p->word->len, p->word->s);
}
