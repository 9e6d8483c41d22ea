/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ECN: net/ipv4/netfilter/ipt_ECN.c. The TCP bits are written as the whole byte of flags, whose checksum nft
 * keeps right: a helper chain has a rule for each value of the byte that changes.
 *
 * Not kept: set_ect_tcp() takes the first bytes of a later fragment for a TCP header and changes them.
 */
#include "lower.h"

#include <netinet/tcp.h>

enum { REMOVE, CWR, ECE, ECT };

#define BIT(id)    (1u << (id))
#define FLAG_ECE   0x40
#define FLAG_CWR   0x80

#define FRAGMENTS "the data of later fragments, where nothing reassembles them, is left alone"

static const struct ext_option options[] = {
	{ .name = "ecn-tcp-remove", .id = REMOVE, .type = ARG_NONE,
	  .excl = BIT(CWR) | BIT(ECE), .help = "clear both TCP bits", .support = PARTLY,
	  .note = FRAGMENTS },
	{ .name = "ecn-tcp-cwr", .id = CWR, .type = ARG_U8, .max = 1, .excl = BIT(REMOVE), .metavar = "0|1",
	  .help = "set or clear CWR", .support = PARTLY, .note = FRAGMENTS },
	{ .name = "ecn-tcp-ece", .id = ECE, .type = ARG_U8, .max = 1, .excl = BIT(REMOVE), .metavar = "0|1",
	  .help = "set or clear ECE", .support = PARTLY, .note = FRAGMENTS },
	{ .name = "ecn-ip-ect", .id = ECT, .type = ARG_U8, .max = 3, .metavar = "n",
	  .help = "ECN bits of the IP header" },
	{ .name = NULL },
};

/* ecn_tg_check(): the TCP bits need -p tcp; ECN_check(): an operation. */
static bool check(struct ruleset *rs, const struct rule *r, struct ext_use *u)
{
	bool tcp = r->spec->proto == IPPROTO_TCP && !r->spec->proto_invert;

	if (!u->nargs) {
		diag_error(rs->diags, u->at, "ECN needs --ecn-tcp-remove, or what to set");
		return false;
	}
	for (unsigned i = 0; i < u->nargs; i++)
		if (u->args[i].id != ECT && !tcp) {
			diag_error(rs->diags, u->args[i].at, "the ECN bits of TCP need -p tcp");
			return false;
		}
	return true;
}

static void tcp_bits(struct lower *l, unsigned mask, unsigned value)
{
	lower_need_header(l, IPPROTO_TCP, sizeof(struct tcphdr), false);
	for (unsigned old = 0, n = 0; old < 256; old++) {
		unsigned now = (old & ~mask) | value;

		if (now == old)
			continue;
		if (n++)
			lower_next_rule(l);
		lower_eq(l, operand_of(FIELD_META_L4PROTO), IPPROTO_TCP, false);
		lower_eq(l, operand_of(FIELD_TCP_FLAGS), old, false);
		lower_set(l, operand_of(FIELD_TCP_FLAGS), now);
		lower_verdict(l, VERDICT_RETURN);
	}
}

static void lower(struct lower *l, const struct ext_use *u)
{
	const struct arg *cwr = use_arg(u, CWR), *ece = use_arg(u, ECE), *ect = use_arg(u, ECT);
	bool remove = use_arg(u, REMOVE), fresh;
	unsigned mask = (remove || cwr ? FLAG_CWR : 0) | (remove || ece ? FLAG_ECE : 0);
	unsigned value = (cwr && cwr->num.lo ? FLAG_CWR : 0) | (ece && ece->num.lo ? FLAG_ECE : 0);
	struct lower_saved saved;
	struct ir_chain *c;

	if (ect)
		lower_set(l, operand_of(FIELD_IP_ECN), ect->num.lo);
	if (!mask)
		return;
	c = lower_helper_chain(l, arena_printf(l->arena, "ecn-%02x-%02x", mask, value), &fresh);
	if (fresh) {
		lower_into(l, c, &saved);
		tcp_bits(l, mask, value);
		lower_back(l, &saved);
	}
	lower_jump(l, c);
}

const struct ext target_ecn = {
	.name = "ECN",
	.kind = EXT_TARGET,
	.families = FAMILY_IPV4,
	.tables = IN_TABLE(MANGLE),
	.options = options,
	.check = check,
	.lower = lower,
	.help = "change the bits of explicit congestion notification",
};
