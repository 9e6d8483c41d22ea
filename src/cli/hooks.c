/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hooks: --hooks */
#include "cli.h"

#include <string.h>
#include "sim/hooks_table.h"

int cli_hooks(const struct cli_options *o)
{
	struct arena a;
	jmp_buf oom;
	volatile int st = IPTC2NFT_SYSTEM;

	arena_init(&a);
	a.on_oom = &oom;
	if (setjmp(oom)) {
		cli_error("out of memory");
	} else {
		struct buffer *b = buffer_new(&a);

		if (o->format && !strcmp(o->format, "json"))
			hooks_table_json(b);
		else
			hooks_table_text(b);
		if (cli_write(o->output, b->data, b->len))
			st = IPTC2NFT_OK;
	}
	arena_free(&a);
	return st;
}
