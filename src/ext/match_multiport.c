/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * multiport: net/netfilter/xt_multiport.c, multiport_mt(). Up to 15 ports, a range counts two. Both
 * ports are read whatever is asked for; a packet with less than 4 bytes there is dropped.
 */
#include "lower.h"
#include "port_test.h"

enum { SPORTS, DPORTS, PORTS };

#define PORTS_MAX   15 /* XT_MULTI_PORTS */
#define PORTS_BYTES 4
#define ONLY(id)    (((1u << SPORTS) | (1u << DPORTS) | (1u << PORTS)) & ~(1u << (id)))

static const struct ext_option options[] = {
	{ .name = "source-ports", .id = SPORTS, .type = ARG_PORTS, .flags = OPT_INVERT | OPT_ORDERED | OPT_REQUIRED,
	  .excl = ONLY(SPORTS), .metavar = "port[,port:port…]", .help = "source port is one of these" },
	{ .name = "sports", .id = SPORTS, .type = ARG_PORTS, .flags = OPT_INVERT | OPT_ORDERED | OPT_ALIAS },
	{ .name = "destination-ports", .id = DPORTS, .type = ARG_PORTS, .flags = OPT_INVERT | OPT_ORDERED | OPT_REQUIRED,
	  .excl = ONLY(DPORTS), .metavar = "port[,port:port…]", .help = "destination port is one of these" },
	{ .name = "dports", .id = DPORTS, .type = ARG_PORTS, .flags = OPT_INVERT | OPT_ORDERED | OPT_ALIAS },
	{ .name = "ports", .id = PORTS, .type = ARG_PORTS, .flags = OPT_INVERT | OPT_ORDERED | OPT_REQUIRED,
	  .excl = ONLY(PORTS), .metavar = "port[,port:port…]", .help = "source or destination port is one of these" },
	{ .name = NULL },
};

static bool check(struct ruleset *rs, const struct rule *r, struct ext_use *u)
{
	const struct rule_spec *s = r->spec;
	const struct arg *a = &u->args[0];
	uint32_t n = 0;

	if (s->proto_invert || port_field(s->proto, false) == FIELD_COUNT) {
		diag_error(rs->diags, u->at, "match 'multiport' needs a protocol with ports: "
					     "-p tcp, udp, udplite, sctp or dccp");
		return false;
	}
	for (uint32_t i = 0; i < a->list.n; i++)
		n += a->list.items[i].lo == a->list.items[i].hi ? 1 : 2;
	if (n > PORTS_MAX) {
		diag_error(rs->diags, a->value, "%u ports, but multiport takes %d (a range counts two)", n,
			   PORTS_MAX);
		return false;
	}
	return true;
}

static void lower(struct lower *l, const struct ext_use *u)
{
	const struct arg *a = &u->args[0];
	uint8_t proto = (uint8_t)l->spec->proto;
	struct operand sport = operand_of(port_field(proto, false));
	struct operand dport = operand_of(port_field(proto, true));

	lower_need_header(l, proto, PORTS_BYTES, false);
	l->at = a->at;
	switch (a->id) {
	case SPORTS: lower_in(l, sport, a->list.items, a->list.n, a->invert); break;
	case DPORTS: lower_in(l, dport, a->list.items, a->list.n, a->invert); break;
	case PORTS:
		if (a->invert) { /* neither */
			lower_in(l, sport, a->list.items, a->list.n, true);
			lower_in(l, dport, a->list.items, a->list.n, true);
			break;
		}
		lower_fork(l, 2);
		lower_branch(l, 0);
		lower_in(l, sport, a->list.items, a->list.n, false);
		lower_branch(l, 1);
		lower_in(l, sport, a->list.items, a->list.n, true);
		lower_in(l, dport, a->list.items, a->list.n, false);
		lower_branch(l, -1);
		break;
	}
}

const struct ext match_multiport = {
	.name = "multiport",
	.kind = EXT_MATCH,
	.families = FAMILY_BOTH,
	.options = options,
	.check = check,
	.lower = lower,
	.help = "several ports at once",
};
