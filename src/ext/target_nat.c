/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DNAT, SNAT, MASQUERADE, REDIRECT: net/netfilter/xt_nat.c, xt_MASQUERADE.c, xt_REDIRECT.c; nft_nat.c,
 * nft_masq.c and nft_redir.c call the same functions of nf_nat with the same range.
 *
 * Shifted port ranges (`:7000-7010/5000`, NF_NAT_RANGE_PROTO_OFFSET) become a map from the packet's port
 * to the new one, of the ports that the rule lets through.
 */
#include "lower.h"
#include "nat_range.h"

#include <string.h>

enum { TO, TO_PORTS, RANDOM, RANDOM_FULLY, PERSISTENT };

#define OPTION_RANDOM                                                                              \
	{ .name = "random", .id = RANDOM, .type = ARG_NONE, .help = "choose the port at random" }
#define OPTION_FULLY                                                                               \
	{ .name = "random-fully", .id = RANDOM_FULLY, .type = ARG_NONE,                            \
	  .help = "choose the port at random, unpredictably" }
#define OPTION_PERSISTENT                                                                          \
	{ .name = "persistent", .id = PERSISTENT, .type = ARG_NONE,                                \
	  .help = "the same address for each client" }
#define OPTION_PORTS                                                                               \
	{ .name = "to-ports", .id = TO_PORTS, .type = ARG_CUSTOM, .parse = nat_range_parse_ports,  \
	  .metavar = "port[-port]", .help = "new port or range of ports" }

static const struct ext_option dnat_options[] = {
	{ .name = "to-destination", .id = TO, .type = ARG_CUSTOM, .flags = OPT_REQUIRED, .parse = nat_range_parse,
	  .metavar = "[addr[-addr]][:port[-port[/base]]]", .help = "new destination", .support = PARTLY,
	  .note = "a range that ends before it begins is refused, shifted ports (/base) with -p icmp too" },
	OPTION_RANDOM,
	OPTION_PERSISTENT,
	{ .name = NULL },
};

static const struct ext_option snat_options[] = {
	{ .name = "to-source", .id = TO, .type = ARG_CUSTOM, .flags = OPT_REQUIRED, .parse = nat_range_parse,
	  .metavar = "[addr[-addr]][:port[-port]]", .help = "new source" },
	OPTION_RANDOM,
	OPTION_FULLY,
	OPTION_PERSISTENT,
	{ .name = NULL },
};

static const struct ext_option masquerade_options[] = {
	OPTION_PORTS,
	OPTION_RANDOM,
	OPTION_FULLY,
	{ .name = NULL },
};

static const struct ext_option redirect_options[] = {
	OPTION_PORTS,
	OPTION_RANDOM,
	{ .name = NULL },
};

static uint8_t flags(const struct ext_use *u)
{
	uint8_t f = 0;

	if (use_arg(u, RANDOM))
		f |= NAT_RANDOM;
	if (use_arg(u, RANDOM_FULLY))
		f |= NAT_FULLY_RANDOM;
	if (use_arg(u, PERSISTENT))
		f |= NAT_PERSISTENT;
	return f;
}

static enum field_id port_field(uint16_t proto)
{
	switch (proto) {
	case IPPROTO_TCP: return FIELD_TCP_DPORT;
	case IPPROTO_UDP: return FIELD_UDP_DPORT;
	case IPPROTO_SCTP: return FIELD_SCTP_DPORT;
	case IPPROTO_DCCP: return FIELD_DCCP_DPORT;
	default: return FIELD_COUNT;
	}
}

/* The destination ports that the rule lets through, as far as a test of one range says. */
static void ports_tested(const struct lower *l, enum field_id field, uint32_t *lo, uint32_t *hi)
{
	const struct ir_clause *c = l->out->clauses;

	*lo = 0;
	*hi = UINT16_MAX;
	for (const struct inst *i = c && !c->next ? c->first : NULL; i; i = i->next)
		if (i->kind == INST_TEST && !i->test.lhs.nxf && i->test.lhs.field == field &&
		    (i->test.op == TEST_EQ || (i->test.op == TEST_IN && i->test.n == 1))) {
			*lo = (uint32_t)value_get(i->test.op == TEST_EQ ? &i->test.value : &i->test.ranges->lo, 2);
			*hi = (uint32_t)value_get(i->test.op == TEST_EQ ? &i->test.value : &i->test.ranges->hi, 2);
			return;
		}
}

/* nf_nat_l4proto_unique_tuple(): the new port is min + (u16)(port - base) % size. */
static bool shift_ports(struct lower *l, struct inst_nat *n, const struct nat_range *r)
{
	enum field_id field = port_field(l->spec->proto);
	uint32_t lo, hi, size = (uint32_t)r->port_hi - r->port_lo + 1;

	if (field == FIELD_COUNT || l->spec->proto_invert)
		return false;
	ports_tested(l, field, &lo, &hi);
	n->port_key = ARENA_NEW(l->arena, struct operand);
	*n->port_key = operand_of(field);
	n->nport_map = hi - lo + 1;
	n->port_map = arena_array(l->arena, n->nport_map, sizeof(*n->port_map));
	for (uint32_t p = lo; p <= hi; p++) {
		struct map_entry *e = &n->port_map[p - lo];

		e->key.lo = e->key.hi = value_num(p, 2);
		e->data.lo = e->data.hi = value_num(r->port_lo + (uint16_t)(p - r->base) % size, 2);
	}
	return true;
}

static void lower_nat(struct lower *l, const struct ext_use *u, enum nat_kind kind)
{
	const struct arg *to = use_arg(u, TO) ? use_arg(u, TO) : use_arg(u, TO_PORTS);
	const struct nat_range *r = to ? to->custom : NULL;
	struct inst_nat n = { .kind = (uint8_t)kind, .flags = flags(u) };

	if (r && r->has_addr && memcmp(&r->lo, &r->hi, lower_v6(l) ? 16 : 4) > 0) {
		lower_refuse(l, u, to->value, NULL, "a range of addresses that ends before it begins");
		return;
	}
	if (r) {
		n.has_addr = r->has_addr;
		n.addr_lo = r->lo;
		n.addr_hi = r->hi;
		n.has_port = r->has_port;
		n.port_lo = r->port_lo;
		n.port_hi = r->port_hi;
	}
	if (r && r->has_base && kind != NAT_DNAT) { /* the kernel gets the flag, but 0 for a base */
		lower_refuse(l, u, to->value, NULL, "shifted ports (/%u) have a native form for DNAT only", r->base);
		return;
	}
	if (r && r->has_base) {
		n.has_port = false;
		if (!shift_ports(l, &n, r)) {
			lower_refuse(l, u, to->value, NULL,
				     "shifted ports (/%u) have a native form for TCP, UDP, SCTP and DCCP only",
				     r->base);
			return;
		}
	}
	lower_emit(l, INST_NAT)->nat = n;
}

static void lower_dnat(struct lower *l, const struct ext_use *u)
{
	lower_nat(l, u, NAT_DNAT);
}

static void lower_snat(struct lower *l, const struct ext_use *u)
{
	lower_nat(l, u, NAT_SNAT);
}

static void lower_masquerade(struct lower *l, const struct ext_use *u)
{
	lower_nat(l, u, NAT_MASQUERADE);
}

/* REDIRECT's own parser of libxt_NAT.c */
static bool check_redirect(struct ruleset *rs, const struct rule *r, struct ext_use *u)
{
	const struct arg *ports = use_arg(u, TO_PORTS);

	(void)r;
	if (!ports || !((const struct nat_range *)ports->custom)->has_base)
		return true;
	diag_error(rs->diags, ports->value, "--to-ports: REDIRECT takes no base of shifted ports");
	return false;
}

static void lower_redirect(struct lower *l, const struct ext_use *u)
{
	lower_nat(l, u, NAT_REDIRECT);
}

const struct ext target_dnat = {
	.name = "DNAT",
	.kind = EXT_TARGET,
	.families = FAMILY_BOTH,
	.tables = IN_TABLE(NAT),
	.hooks = IN_HOOK(PREROUTING) | IN_HOOK(OUTPUT),
	.options = dnat_options,
	.lower = lower_dnat,
	.terminal = true,
	.help = "change the destination of a connection",
};

const struct ext target_snat = {
	.name = "SNAT",
	.kind = EXT_TARGET,
	.families = FAMILY_BOTH,
	.tables = IN_TABLE(NAT),
	.hooks = IN_HOOK(POSTROUTING) | IN_HOOK(INPUT),
	.options = snat_options,
	.lower = lower_snat,
	.terminal = true,
	.help = "change the source of a connection",
};

const struct ext target_masquerade = {
	.name = "MASQUERADE",
	.kind = EXT_TARGET,
	.families = FAMILY_BOTH,
	.tables = IN_TABLE(NAT),
	.hooks = IN_HOOK(POSTROUTING),
	.options = masquerade_options,
	.lower = lower_masquerade,
	.terminal = true,
	.help = "change the source to the outgoing interface's address",
};

const struct ext target_redirect = {
	.name = "REDIRECT",
	.kind = EXT_TARGET,
	.families = FAMILY_BOTH,
	.tables = IN_TABLE(NAT),
	.hooks = IN_HOOK(PREROUTING) | IN_HOOK(OUTPUT),
	.options = redirect_options,
	.check = check_redirect,
	.lower = lower_redirect,
	.terminal = true,
	.help = "change the destination to this machine",
};
