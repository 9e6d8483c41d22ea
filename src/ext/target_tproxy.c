/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TPROXY: net/netfilter/xt_TPROXY.c, tproxy_tg4(), tproxy_tg6_v1(): assigns a transparent socket, marks and
 * accepts; without such a socket it drops. nft_tproxy.c does the same look-up but goes on with the next
 * rule then; so the target becomes two rules in a chain of their own, the second of which drops.
 */
#include "lower.h"
#include "mark_op.h"

enum { PORT, ADDR, MARK };

static const struct ext_option options[] = {
	{ .name = "on-port", .id = PORT, .type = ARG_PORT, .flags = OPT_REQUIRED | OPT_SERVICE, .metavar = "port",
	  .help = "port of the proxy; 0: the packet's own" },
	{ .name = "on-ip", .id = ADDR, .type = ARG_HOST, .metavar = "address",
	  .help = "address of the proxy (default: the interface's)" },
	{ .name = "tproxy-mark", .id = MARK, .type = ARG_MARK, .metavar = "value[/mask]",
	  .help = "mark: clear the bits of mask, then XOR value" },
	{ .name = NULL },
};

static bool any_address(const struct addr *a, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (a->b[i])
			return false;
	return true;
}

/* Leaves only what is not the default. */
static bool check(struct ruleset *rs, const struct rule *r, struct ext_use *u)
{
	uint16_t n = 0;

	(void)r;
	for (unsigned i = 0; i < u->nargs; i++) {
		const struct arg *a = &u->args[i];

		if ((a->id == ADDR &&
		     any_address(a->host.items, rs->family == FAMILY_IPV6 ? 16 : 4)) ||
		    (a->id == MARK && !a->mark.value && !a->mark.mask))
			continue;
		u->args[n++] = *a;
	}
	u->nargs = n;
	return true;
}

static void proxy(struct lower *l, const struct ext_use *u)
{
	const struct arg *addr = use_arg(u, ADDR), *mark = use_arg(u, MARK);
	struct inst_tproxy t = { .port = (uint16_t)use_arg(u, PORT)->num.lo };

	if (addr) {
		t.has_addr = true;
		t.addr = addr->host.items[0];
	}
	lower_eq(l, operand_of(FIELD_META_L4PROTO), l->spec->proto, false);
	lower_emit(l, INST_TPROXY)->tproxy = t;
	if (mark)
		lower_change(l, operand_of(FIELD_META_MARK),
			     (struct mark_change){ mark->mark.value, mark->mark.mask });
	lower_verdict(l, VERDICT_ACCEPT);
}

/* Rules that do the same share a chain: named by protocol, port, address and mark. */
static const char *key_of(struct lower *l, const struct ext_use *u)
{
	const struct arg *addr = use_arg(u, ADDR), *mark = use_arg(u, MARK);
	const char *s = arena_printf(l->arena, "tproxy-%u-%u", (unsigned)l->spec->proto,
				     (unsigned)use_arg(u, PORT)->num.lo);

	for (unsigned i = 0; addr && i < (lower_v6(l) ? 16 : 4); i++)
		s = arena_printf(l->arena, "%s%s%02x", s, i ? "" : "-", addr->host.items[0].b[i]);
	if (mark)
		s = arena_printf(l->arena, "%s-mark-%x-%x", s, (unsigned)mark->mark.value,
				 (unsigned)mark->mark.mask);
	return s;
}

static void lower(struct lower *l, const struct ext_use *u)
{
	struct lower_saved saved;
	struct ir_chain *c;
	bool fresh;

	c = lower_helper_chain(l, key_of(l, u), &fresh);
	if (fresh) {
		lower_into(l, c, &saved);
		proxy(l, u);
		lower_next_rule(l);
		lower_verdict(l, VERDICT_DROP);
		lower_back(l, &saved);
	}
	lower_jump(l, c);
}

const struct ext target_tproxy = {
	.name = "TPROXY",
	.kind = EXT_TARGET,
	.families = FAMILY_BOTH,
	.tables = IN_TABLE(MANGLE),
	.hooks = IN_HOOK(PREROUTING),
	.protos = { IPPROTO_TCP, IPPROTO_UDP },
	.options = options,
	.check = check,
	.lower = lower,
	.terminal = true,
	.help = "hand to a local socket without changing the packet",
};
