/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The netlink outputs of a build without them: an error, never silence. */
#include "apply.h"
#include "diag.h"
#include "emit.h"

static void absent(struct ir *ir)
{
	diag_add(ir->diags, IPTC2NFT_SEV_SYSTEM, (struct span){ 0 }, "netlink output is not built in");
}

void emit_netlink(struct ir *ir, struct buffer *out)
{
	(void)out;
	absent(ir);
}

void emit_bytecode(struct ir *ir, struct buffer *out)
{
	(void)out;
	absent(ir);
}

void apply_ruleset(struct ir *ir, bool check)
{
	(void)check;
	absent(ir);
}
