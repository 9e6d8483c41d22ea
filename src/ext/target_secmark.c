/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SECMARK, CONNSECMARK: net/netfilter/xt_SECMARK.c, xt_CONNSECMARK.c; nft_meta.c's secmark objects and
 * ct secmark. CONNSECMARK only ever fills in what is not there yet.
 */
#include "lower.h"

#include <string.h>

enum { SELCTX };
enum { SAVE, RESTORE };

#define SELCTX_MAX 255 /* SECMARK_SECCTX_MAX - 1 */

static const struct ext_option secmark_options[] = {
	{ .name = "selctx", .id = SELCTX, .type = ARG_STRING, .flags = OPT_REQUIRED | OPT_CUT, .min = 1, .max = SELCTX_MAX,
	  .metavar = "context", .help = "security context" },
	{ .name = NULL },
};

static const struct ext_option connsecmark_options[] = {
	{ .name = "save", .id = SAVE, .type = ARG_NONE, .flags = OPT_REQUIRED, .excl = 1u << RESTORE,
	  .help = "copy the packet's security mark to a connection without one" },
	{ .name = "restore", .id = RESTORE, .type = ARG_NONE, .flags = OPT_REQUIRED, .excl = 1u << SAVE,
	  .help = "copy the connection's security mark to a packet without one" },
	{ .name = NULL },
};

static void lower_secmark(struct lower *l, const struct ext_use *u)
{
	const struct arg *a = use_arg(u, SELCTX);
	struct ir_object *o = NULL;
	unsigned n = 0;
	bool fresh;

	for (struct ir_object *k = l->ir->objects; k && !o; k = k->next) {
		n += k->kind == OBJECT_SECMARK;
		if (k->kind == OBJECT_SECMARK && !strcmp(k->secmark, a->str.s))
			o = k;
	}
	if (!o) {
		o = lower_object(l, OBJECT_SECMARK, arena_printf(l->arena, "secmark-%u", n + 1), &fresh);
		o->secmark = a->str.s;
	}
	lower_emit(l, INST_OBJREF)->objref.object = o;
}

static void fill_in(struct lower *l, const char *key, struct operand dst, struct operand src)
{
	struct lower_saved saved;
	struct ir_chain *c;
	bool fresh;

	c = lower_helper_chain(l, key, &fresh);
	if (fresh) {
		lower_into(l, c, &saved);
		/* Masked, for nft's text takes no plain comparison of a security mark with a number. */
		lower_eq(l, operand_and(l, src, UINT32_MAX), 0, true);
		lower_eq(l, operand_and(l, dst, UINT32_MAX), 0, false);
		lower_copy(l, dst, src);
		lower_back(l, &saved);
	}
	lower_jump(l, c);
}

static void lower_connsecmark(struct lower *l, const struct ext_use *u)
{
	struct operand packet = operand_of(FIELD_META_SECMARK), connection = operand_of(FIELD_CT_SECMARK);

	if (use_arg(u, SAVE))
		fill_in(l, "secmark-save", connection, packet);
	else
		fill_in(l, "secmark-restore", packet, connection);
}

const struct ext target_secmark = {
	.name = "SECMARK",
	.kind = EXT_TARGET,
	.families = FAMILY_BOTH,
	.tables = IN_TABLE(MANGLE) | IN_TABLE(SECURITY),
	.options = secmark_options,
	.lower = lower_secmark,
	.help = "set the packet's security mark",
};

const struct ext target_connsecmark = {
	.name = "CONNSECMARK",
	.kind = EXT_TARGET,
	.families = FAMILY_BOTH,
	.tables = IN_TABLE(MANGLE) | IN_TABLE(SECURITY),
	.options = connsecmark_options,
	.lower = lower_connsecmark,
	.help = "save and restore the security mark",
};
