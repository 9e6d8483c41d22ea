/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * REJECT: net/ipv4/netfilter/ipt_REJECT.c, net/ipv6/netfilter/ip6t_REJECT.c; nft_reject calls the same
 * nf_send_unreach() and nf_send_reset(). A type may be any beginning of its name or alias, in any
 * case; the first in the table's order wins (libipt_REJECT.c, libip6t_REJECT.c).
 */
#include "lower.h"

#include <string.h>

enum { WITH };

struct reject_type {
	const char *name, *alias;
	uint8_t code;
	bool reset;
};

static const struct reject_type types4[] = {
	{ "icmp-net-unreachable", "net-unreach", 0, false },
	{ "icmp-host-unreachable", "host-unreach", 1, false },
	{ "icmp-proto-unreachable", "proto-unreach", 2, false },
	{ "icmp-port-unreachable", "port-unreach", 3, false },
	{ "icmp-net-prohibited", "net-prohib", 9, false },
	{ "icmp-host-prohibited", "host-prohib", 10, false },
	{ "tcp-reset", "tcp-rst", 0, true },
	{ "icmp-admin-prohibited", "admin-prohib", 13, false },
	{ NULL, NULL, 0, false },
};

static const struct reject_type types6[] = {
	{ "icmp6-no-route", "no-route", 0, false },
	{ "icmp6-adm-prohibited", "adm-prohibited", 1, false },
	{ "icmp6-addr-unreachable", "addr-unreach", 3, false },
	{ "icmp6-port-unreachable", "port-unreach", 4, false },
	{ "tcp-reset", "tcp-reset", 0, true },
	{ "icmp6-policy-fail", "policy-fail", 5, false },
	{ "icmp6-reject-route", "reject-route", 6, false },
	{ NULL, NULL, 0, false },
};

static bool parse(struct ext_parse *p, struct arg *out)
{
	const struct word *w = p->word;
	const struct reject_type *t = p->family == FAMILY_IPV6 ? types6 : types4;

	for (; t->name; t++)
		if (!strncasecmp(t->name, w->s, w->len) || !strncasecmp(t->alias, w->s, w->len)) {
			out->custom = (void *)(uintptr_t)t;
			return true;
		}
	return ext_value_error(p, "'%.*s' is not a type of rejection (%s)", (int)w->len, w->s,
			       p->family == FAMILY_IPV6
				       ? "icmp6-no-route, icmp6-adm-prohibited, icmp6-addr-unreachable, "
					 "icmp6-port-unreachable, icmp6-policy-fail, icmp6-reject-route, tcp-reset"
				       : "icmp-net-unreachable, icmp-host-unreachable, icmp-proto-unreachable, "
					 "icmp-port-unreachable, icmp-net-prohibited, icmp-host-prohibited, "
					 "icmp-admin-prohibited, tcp-reset");
}

static const struct ext_option options[] = {
	{ .name = "reject-with", .id = WITH, .type = ARG_CUSTOM, .parse = parse, .implied = "port-unreach", .metavar = "type",
	  .help = "what to answer (default: port unreachable)" },
	{ .name = NULL },
};

/* reject_tg_check(): a reset answers TCP only. */
static bool check(struct ruleset *rs, const struct rule *r, struct ext_use *u)
{
	const struct arg *a = use_arg(u, WITH);
	const struct reject_type *t = a ? a->custom : NULL;

	if (!t || !t->reset || (r->spec->proto == IPPROTO_TCP && !r->spec->proto_invert))
		return true;
	diag_error(rs->diags, a->value, "--reject-with: tcp-reset needs -p tcp");
	return false;
}

static void lower(struct lower *l, const struct ext_use *u)
{
	const struct arg *a = use_arg(u, WITH);
	const struct reject_type *t = a ? a->custom : NULL;
	struct inst *i = lower_emit(l, INST_REJECT);

	i->reject.kind = t && t->reset ? REJECT_TCP_RESET : REJECT_ICMP;
	i->reject.code = t ? t->code : lower_v6(l) ? 4 : 3;
}

const struct ext target_reject = {
	.name = "REJECT",
	.kind = EXT_TARGET,
	.families = FAMILY_BOTH,
	.tables = IN_TABLE(FILTER),
	.hooks = IN_HOOK(INPUT) | IN_HOOK(FORWARD) | IN_HOOK(OUTPUT),
	.options = options,
	.check = check,
	.lower = lower,
	.terminal = true,
	.help = "answer with an error and drop",
};
