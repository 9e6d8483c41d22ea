/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hooks: --hooks */
#include "cli.h"

#include <string.h>
#include "sim/hooks_table.h"

int cli_hooks(const struct cli_options *o, struct arena *a)
{
	struct buffer *b = buffer_new(a);

	if (o->format && !strcmp(o->format, "json"))
		hooks_table_json(b);
	else
		hooks_table_text(b);
	return cli_write(o->output, b->data, b->len) ? IPTC2NFT_OK : IPTC2NFT_SYSTEM;
}
