/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * socket: net/netfilter/xt_socket.c, socket_match(). nft_socket_eval() finds the socket in the same
 * way; its loads fail without one.
 *
 * A wildcard socket does not count unless --nowildcard says so, but only a full socket (not one
 * that is about to be or was) can be one: nft's socket wildcard fails for the others. So the rule
 * goes on in a chain of its own, behind one that returns for wildcard sockets. --restore-skmark
 * takes effect when the match holds, whatever the rest of the rule says, and only for full sockets.
 *
 * xt_socket turns defragmentation on, nft_socket does not: a rule with TPROXY in a chain that
 * nobody calls does it when it is loaded.
 */
#include "lower.h"
#include "blob.h"

#include <linux/netfilter/xt_socket.h>

enum { TRANSPARENT, NOWILDCARD, RESTORE };

static const struct ext_option options[] = {
	{ .name = "transparent", .id = TRANSPARENT, .type = ARG_NONE,
	  .help = "only transparent sockets" },
	{ .name = "nowildcard", .id = NOWILDCARD, .type = ARG_NONE,
	  .help = "also sockets bound to any address" },
	{ .name = "restore-skmark", .id = RESTORE, .type = ARG_NONE,
	  .help = "set the packet's mark to the socket's" },
	{ .name = NULL },
};

static void defragment(struct lower *l)
{
	struct lower_saved saved;
	bool fresh;
	struct ir_chain *c = lower_helper_chain(l, "whole-packets", &fresh);

	if (!fresh)
		return;
	lower_into(l, c, &saved);
	lower_eq(l, operand_of(FIELD_META_L4PROTO), IPPROTO_TCP, false);
	lower_emit(l, INST_TPROXY)->tproxy.port = 1;
	lower_back(l, &saved);
}

/* There is a socket, a transparent one if asked for. */
static void found(struct lower *l, bool transparent)
{
	lower_cmp(l, operand_of(FIELD_SOCKET_TRANSPARENT), transparent ? TEST_EQ : TEST_GE,
		  transparent);
}

static void lower(struct lower *l, const struct ext_use *u)
{
	bool transparent = use_arg(u, TRANSPARENT), wildcard = use_arg(u, NOWILDCARD);
	const struct arg *restore = use_arg(u, RESTORE);

	defragment(l);
	if (!wildcard || restore) {
		lower_split(l);
		if (!wildcard) {
			lower_eq(l, operand_of(FIELD_SOCKET_WILDCARD), 1, false);
			lower_verdict(l, VERDICT_RETURN);
			lower_continue(l);
		}
		if (restore) {
			found(l, transparent);
			lower_copy(l, operand_of(FIELD_META_MARK), operand_of(FIELD_SOCKET_MARK));
			lower_continue(l);
		}
	}
	found(l, transparent);
}

static bool compat(struct lower *l, const struct ext_use *u, struct compat_blob *blob)
{
	struct xt_socket_mtinfo3 *info = blob_new(l, blob, "socket", 3, sizeof(*info));

	if (use_arg(u, TRANSPARENT))
		info->flags |= XT_SOCKET_TRANSPARENT;
	if (use_arg(u, NOWILDCARD))
		info->flags |= XT_SOCKET_NOWILDCARD;
	if (use_arg(u, RESTORE))
		info->flags |= XT_SOCKET_RESTORESKMARK;
	return true;
}

const struct ext match_socket = {
	.name = "socket",
	.kind = EXT_MATCH,
	.families = FAMILY_BOTH,
	.hooks = IN_HOOK(PREROUTING) | IN_HOOK(INPUT),
	.options = options,
	.lower = lower,
	.compat = compat,
	.help = "a local socket would take the packet",
	.nullary = true,
};
