/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SYNPROXY: net/ipv4/netfilter/ipt_SYNPROXY.c, synproxy_tg4(): answers a pure SYN, takes over at an ACK, and
 * lets everything else go on. nft_synproxy.c looks at SYN first and ACK then, whatever other flags are
 * set; so the flags are tested before.
 *
 * Not kept: a packet with other flags whose checksum or options are wrong is dropped by xtables, and goes
 * on here.
 */
#include "lower.h"

#include <linux/netfilter/nf_synproxy.h>
#include <linux/netfilter/xt_SYNPROXY.h>
#include "blob.h"

enum { SACK, TIMESTAMP, WSCALE, MSS, ECN };

#define F_FIN 0x01
#define F_SYN 0x02
#define F_RST 0x04
#define F_ACK 0x10

static const struct ext_option options[] = {
	{ .name = "sack-perm", .id = SACK, .type = ARG_NONE, .help = "pass selective acknowledgement on",
	  .support = PARTLY, .note = "a packet that is neither SYN nor ACK and malformed is not dropped" },
	{ .name = "timestamp", .id = TIMESTAMP, .type = ARG_NONE, .help = "pass timestamps on" },
	{ .name = "wscale", .id = WSCALE, .type = ARG_U32, .metavar = "n", .help = "window scale of the server" },
	{ .name = "mss", .id = MSS, .type = ARG_U32, .metavar = "bytes", .help = "MSS of the server" },
	{ .name = "ecn", .id = ECN, .type = ARG_NONE, .help = "pass ECN on", .support = COMPAT,
	  .note = "nftables' synproxy has no such flag" },
	{ .name = NULL },
};

static uint8_t flag_of(unsigned id)
{
	switch (id) {
	case SACK: return NF_SYNPROXY_OPT_SACK_PERM;
	case TIMESTAMP: return NF_SYNPROXY_OPT_TIMESTAMP;
	case WSCALE: return NF_SYNPROXY_OPT_WSCALE;
	case MSS: return NF_SYNPROXY_OPT_MSS;
	default: return XT_SYNPROXY_OPT_ECN;
	}
}

static struct inst_synproxy decode(const struct ext_use *u)
{
	const struct arg *mss = use_arg(u, MSS), *wscale = use_arg(u, WSCALE);
	struct inst_synproxy s = { .mss = mss ? (uint16_t)mss->num.lo : 0,
				   .wscale = wscale ? (uint8_t)wscale->num.lo : 0 };

	for (unsigned i = 0; i < u->nargs; i++)
		s.flags |= flag_of(u->args[i].id);
	return s;
}

static void on_flags(struct lower *l, unsigned flag, const struct inst_synproxy *s)
{
	lower_eq(l, operand_of(FIELD_META_L4PROTO), IPPROTO_TCP, false);
	lower_masked(l, operand_of(FIELD_TCP_FLAGS), F_FIN | F_SYN | F_RST | F_ACK, flag, false);
	lower_emit(l, INST_SYNPROXY)->synproxy = *s;
}

static void lower(struct lower *l, const struct ext_use *u)
{
	const struct arg *ecn = use_arg(u, ECN);
	struct inst_synproxy s = decode(u);
	struct lower_saved saved;
	struct ir_chain *c;
	bool fresh;

	if (ecn) {
		lower_refuse(l, u, ecn->at, NULL, "SYNPROXY --ecn: nftables' synproxy has no such flag");
		return;
	}
	c = lower_helper_chain(l, arena_printf(l->arena, "synproxy-%u-%u-%u", s.flags, s.mss, s.wscale), &fresh);
	if (fresh) {
		lower_into(l, c, &saved);
		on_flags(l, F_SYN, &s);
		lower_next_rule(l);
		on_flags(l, F_ACK, &s);
		lower_back(l, &saved);
	}
	lower_jump(l, c);
}

static bool compat(struct lower *l, const struct ext_use *u, struct compat_blob *blob)
{
	struct xt_synproxy_info *info = blob_new(l, blob, "SYNPROXY", 0, sizeof(*info));
	struct inst_synproxy s = decode(u);

	info->options = s.flags;
	info->wscale = s.wscale;
	info->mss = s.mss;
	return true;
}

const struct ext target_synproxy = {
	.name = "SYNPROXY",
	.kind = EXT_TARGET,
	.families = FAMILY_BOTH,
	.hooks = IN_HOOK(INPUT) | IN_HOOK(FORWARD),
	.protos = { IPPROTO_TCP },
	.options = options,
	.lower = lower,
	.compat = compat,
	.help = "answer SYNs in the server's place until the handshake is complete",
};
