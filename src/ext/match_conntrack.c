/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * conntrack, state: net/netfilter/xt_conntrack.c, conntrack_mt().
 *
 * A packet has a connection (state NEW, ESTABLISHED or RELATED) or none (INVALID, UNTRACKED). SNAT
 * and DNAT are bits of the connection's status that the list of states ORs in. The quirk: where
 * states are asked for, a packet without connection is decided by them alone; the other tests are
 * not made ("if (ct == NULL) return match_flags & STATE"). nft's ct loads fail without connection,
 * as every test but the state does here.
 */
#include "lower.h"

#include <string.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_conntrack_tuple_common.h>

enum { STATE, PROTO, ORIGSRC, ORIGDST, REPLSRC, REPLDST, STATUS, EXPIRE, ORIGSRCPORT, ORIGDSTPORT,
       REPLSRCPORT, REPLDSTPORT, DIRECTION };

/* Bits of nft's ct state, include/net/netfilter/nf_conntrack.h */
#define S_INVALID     (1u << 0)
#define S_ESTABLISHED (1u << 1)
#define S_RELATED     (1u << 2)
#define S_NEW         (1u << 3)
#define S_UNTRACKED   (1u << 6)
#define S_NONE        (S_INVALID | S_UNTRACKED) /* packets without connection */
/* Virtual states, kept above them. */
#define S_SNAT        (1u << 16)
#define S_DNAT        (1u << 17)

struct name {
	const char *name;
	uint32_t bit;
};

static const struct name states[] = {
	{ "INVALID", S_INVALID }, { "NEW", S_NEW }, { "ESTABLISHED", S_ESTABLISHED },
	{ "RELATED", S_RELATED }, { "UNTRACKED", S_UNTRACKED }, { "SNAT", S_SNAT },
	{ "DNAT", S_DNAT },
};

static const struct name statuses[] = {
	{ "NONE", 0 }, { "EXPECTED", IPS_EXPECTED }, { "SEEN_REPLY", IPS_SEEN_REPLY },
	{ "ASSURED", IPS_ASSURED }, { "CONFIRMED", IPS_CONFIRMED },
};

/* libxt_conntrack takes any beginning of a name, in any case. */
static bool parse_names(struct ext_parse *p, struct arg *out, const struct name *names, size_t n,
			const char *what)
{
	const char *s = p->word->s, *end = s + p->word->len;

	out->mark.value = 0;
	while (s <= end) {
		const char *comma = memchr(s, ',', (size_t)(end - s));
		size_t len = (size_t)((comma ? comma : end) - s), i = 0;

		while (i < n && (!len || len > strlen(names[i].name) || strncasecmp(names[i].name, s, len)))
			i++;
		if (i == n)
			return ext_value_error(p, "'%.*s' is not a %s", (int)len, s, what);
		out->mark.value |= names[i].bit;
		s += len + 1;
	}
	return true;
}

static bool parse_ctstate(struct ext_parse *p, struct arg *out)
{
	return parse_names(p, out, states, 7,
			   "state: INVALID, NEW, ESTABLISHED, RELATED, UNTRACKED, SNAT or DNAT");
}

static bool parse_state(struct ext_parse *p, struct arg *out)
{
	return parse_names(p, out, states, 5, "state: INVALID, NEW, ESTABLISHED, RELATED or UNTRACKED");
}

static bool parse_status(struct ext_parse *p, struct arg *out)
{
	return parse_names(p, out, statuses, 5,
			   "status: NONE, EXPECTED, SEEN_REPLY, ASSURED or CONFIRMED");
}

static const struct ext_word directions[] = {
	{ "ORIGINAL", IP_CT_DIR_ORIGINAL }, { "REPLY", IP_CT_DIR_REPLY }, { NULL, 0 },
};

#define HOST(opt, i, text) { .name = opt, .id = i, .type = ARG_HOSTMASK, .flags = OPT_INVERT, \
			     .metavar = "address[/mask]", .help = text }
#define PORT(opt, i, text) { .name = opt, .id = i, .type = ARG_PORT_RANGE, .flags = OPT_INVERT | OPT_SERVICE, \
			     .metavar = "port[:port]", .help = text }

static const struct ext_option conntrack_options[] = {
	{ .name = "ctstate", .id = STATE, .type = ARG_CUSTOM, .flags = OPT_INVERT, .parse = parse_ctstate,
	  .metavar = "state[,state…]", .help = "one of these states; SNAT and DNAT are status bits" },
	{ .name = "ctproto", .id = PROTO, .type = ARG_PROTO, .flags = OPT_INVERT, .metavar = "protocol",
	  .help = "the connection's protocol" },
	HOST("ctorigsrc", ORIGSRC, "source of the original direction"),
	HOST("ctorigdst", ORIGDST, "destination of the original direction"),
	HOST("ctreplsrc", REPLSRC, "source of the reply direction"),
	HOST("ctrepldst", REPLDST, "destination of the reply direction"),
	PORT("ctorigsrcport", ORIGSRCPORT, "source port (or ICMP id, GRE key) of the original direction"),
	PORT("ctorigdstport", ORIGDSTPORT, "destination port of the original direction"),
	PORT("ctreplsrcport", REPLSRCPORT, "source port of the reply direction"),
	PORT("ctrepldstport", REPLDSTPORT, "destination port of the reply direction"),
	{ .name = "ctstatus", .id = STATUS, .type = ARG_CUSTOM, .flags = OPT_INVERT, .parse = parse_status,
	  .metavar = "status[,status…]", .help = "one of these status bits" },
	{ .name = "ctexpire", .id = EXPIRE, .type = ARG_U32_RANGE, .flags = OPT_INVERT,
	  .metavar = "seconds[:seconds]", .help = "remaining lifetime" },
	{ .name = "ctdir", .id = DIRECTION, .type = ARG_ENUM, .flags = OPT_NOCASE, .words = directions,
	  .metavar = "ORIGINAL|REPLY", .help = "direction of the packet" },
	{ .name = NULL },
};

static const struct ext_option state_options[] = {
	{ .name = "state", .id = STATE, .type = ARG_CUSTOM, .flags = OPT_INVERT | OPT_REQUIRED,
	  .parse = parse_state, .metavar = "state[,state…]", .help = "one of these states" },
	{ .name = NULL },
};

static void lower_address(struct lower *l, const struct arg *a, bool reply, bool dst)
{
	enum field_id f = lower_v6(l) ? (dst ? FIELD_CT_DADDR6 : FIELD_CT_SADDR6)
				      : (dst ? FIELD_CT_DADDR : FIELD_CT_SADDR);
	struct operand o = operand_ct(f, reply ? DIR_REPLY : DIR_ORIGINAL);
	const struct addr *addr = &a->host.items[0], *mask = &a->host.items[1];
	unsigned width = lower_v6(l) ? 16 : 4;
	struct addr masked = { .b = { 0 } };
	bool whole = true;

	for (unsigned i = 0; i < width; i++) {
		masked.b[i] = addr->b[i] & mask->b[i];
		whole &= mask->b[i] == 0xff;
	}
	if (whole)
		lower_value(l, o, masked.b, a->invert);
	else
		lower_masked_bytes(l, o, mask->b, masked.b, a->invert);
}

static void lower_status(struct lower *l, const struct arg *a)
{
	if (a->mark.value) {
		lower_any_bit(l, operand_of(FIELD_CT_STATUS), a->mark.value, a->invert);
		return;
	}
	/* NONE names no bit: never, or inverted every connection. */
	lower_cmp(l, operand_of(FIELD_CT_STATUS), TEST_GE, 0);
	if (!a->invert)
		lower_never(l);
}

/* Every test but the state: they hold only for packets that have a connection. */
static void lower_others(struct lower *l, const struct ext_use *u)
{
	for (unsigned i = 0; i < u->nargs; i++) {
		const struct arg *a = &u->args[i];
		struct operand o;

		l->at = a->at;
		switch (a->id) {
		case STATE: break;
		case PROTO:
			lower_eq(l, operand_ct(FIELD_CT_PROTOCOL, DIR_ORIGINAL), a->num.lo, a->invert);
			break;
		case ORIGSRC: lower_address(l, a, false, false); break;
		case ORIGDST: lower_address(l, a, false, true); break;
		case REPLSRC: lower_address(l, a, true, false); break;
		case REPLDST: lower_address(l, a, true, true); break;
		case STATUS: lower_status(l, a); break;
		case EXPIRE: /* whole seconds, rounded down; nft has milliseconds */
			lower_range(l, operand_of(FIELD_CT_EXPIRATION), a->num.lo * 1000,
				    a->num.hi >= UINT32_MAX / 1000 ? UINT32_MAX : a->num.hi * 1000 + 999,
				    a->invert);
			break;
		case DIRECTION: lower_eq(l, operand_of(FIELD_CT_DIRECTION), a->num.lo, false); break;
		default:
			o = operand_ct(a->id == ORIGSRCPORT || a->id == REPLSRCPORT ? FIELD_CT_PROTO_SRC
										   : FIELD_CT_PROTO_DST,
				       a->id == ORIGSRCPORT || a->id == ORIGDSTPORT ? DIR_ORIGINAL
										   : DIR_REPLY);
			lower_range(l, o, a->num.lo, a->num.hi, a->invert);
			break;
		}
	}
}

static uint32_t nat_bits(uint32_t states_wanted)
{
	return (states_wanted & S_SNAT ? IPS_SRC_NAT : 0) | (states_wanted & S_DNAT ? IPS_DST_NAT : 0);
}

/* "One of these states": up to three kinds of packets, which exclude each other. */
static void lower_states(struct lower *l, const struct ext_use *u, uint32_t want, bool others)
{
	struct operand state = operand_of(FIELD_CT_STATE), status = operand_of(FIELD_CT_STATUS);
	uint32_t real = want & 0xffff, nat = nat_bits(want);
	bool apart = others && real & S_NONE; /* decided by the state alone */
	unsigned n = apart + (!apart ? real != 0 : (real & ~S_NONE) != 0) + (nat != 0), k = 0;

	if (n > 1)
		lower_fork(l, n);
	if (apart) {
		if (n > 1)
			lower_branch(l, (int)k++);
		lower_any_bit(l, state, real & S_NONE, false);
	}
	if (apart ? real & ~S_NONE : real) {
		if (n > 1)
			lower_branch(l, (int)k++);
		lower_any_bit(l, state, apart ? real & ~S_NONE : real, false);
		lower_others(l, u);
	}
	if (nat) {
		if (n > 1)
			lower_branch(l, (int)k++);
		if (real)
			lower_any_bit(l, state, real, true);
		lower_any_bit(l, status, nat, false);
		lower_others(l, u);
	}
	lower_branch(l, -1);
}

/* "None of these states". */
static void lower_not_states(struct lower *l, const struct ext_use *u, uint32_t want, bool others)
{
	struct operand state = operand_of(FIELD_CT_STATE), status = operand_of(FIELD_CT_STATUS);
	uint32_t real = want & 0xffff, nat = nat_bits(want), none = S_NONE & ~real;

	if (!others && !nat) {
		lower_any_bit(l, state, real, true);
		return;
	}
	if (none) {
		lower_fork(l, 2);
		lower_branch(l, 0);
		lower_any_bit(l, state, none, false);
		lower_branch(l, 1);
	}
	if (real)
		lower_any_bit(l, state, real, true);
	if (nat)
		lower_any_bit(l, status, nat, true);
	lower_others(l, u);
	lower_branch(l, -1);
}

/* Does it hold for packets with a connection only? */
static bool wants_connection(const struct arg *state)
{
	if (!state)
		return true;
	return (state->invert ? ~state->mark.value & S_NONE : state->mark.value & S_NONE) == 0;
}

static void lower(struct lower *l, const struct ext_use *u)
{
	const struct arg *s = use_arg(u, STATE);
	bool others = u->nargs > (s ? 1 : 0);

	/* Later fragments that defragmentation leaves alone have none: ipv6_get_l4proto(). */
	if (wants_connection(s))
		lower_keeps_fragments_away(l);
	if (!s) {
		lower_others(l, u);
		return;
	}
	l->at = s->at;
	if (s->invert)
		lower_not_states(l, u, s->mark.value, others);
	else
		lower_states(l, u, s->mark.value, others);
}

const struct ext match_conntrack = {
	.name = "conntrack",
	.kind = EXT_MATCH,
	.families = FAMILY_BOTH,
	.options = conntrack_options,
	.lower = lower,
	.help = "the packet's connection",
};

const struct ext match_state = {
	.name = "state",
	.kind = EXT_MATCH,
	.families = FAMILY_BOTH,
	.options = state_options,
	.lower = lower,
	.help = "the packet's connection state (part of conntrack)",
};
