/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tcp: net/netfilter/xt_tcpudp.c, tcp_mt().
 *
 * The whole header is read: a shorter one drops the packet, as does a fragment at offset 1 (it could
 * overwrite the flags). A header length below 20 bytes, or beyond the packet, drops it only where
 * an option is looked for.
 */
#include "lower.h"
#include "blob.h"
#include "port_test.h"
#include "tcp_syn.h"

#include <netinet/tcp.h>
#include <string.h>
#include <linux/netfilter/xt_tcpudp.h>

extern const struct ext match_tcp;

enum { SPORT, DPORT, FLAGS, SYN, OPTION };


#define F_FIN 0x01
#define F_SYN 0x02
#define F_RST 0x04
#define F_PSH 0x08
#define F_ACK 0x10
#define F_URG 0x20

static bool flag_list(const struct ext_parse *p, const struct word *w, uint32_t *out)
{
	static const struct ext_word names[] = {
		{ "FIN", F_FIN }, { "SYN", F_SYN }, { "RST", F_RST },  { "PSH", F_PSH },
		{ "ACK", F_ACK }, { "URG", F_URG }, { "ALL", 0x3f },   { "NONE", 0 },
	};
	const char *s = w->s, *end = s + w->len;

	*out = 0;
	while (s <= end) {
		const char *comma = memchr(s, ',', (size_t)(end - s));
		size_t n = (size_t)((comma ? comma : end) - s), i = 0;

		while (i < 8 && (strlen(names[i].name) != n || strncasecmp(names[i].name, s, n)))
			i++;
		if (i == 8 && n) /* strtok() passes over empty ones */
			return ext_value_error(p, "'%.*s' is not a TCP flag: FIN, SYN, RST, PSH, ACK, URG, ALL "
						  "or NONE", (int)n, s);
		if (i < 8)
			*out |= (uint32_t)names[i].value;
		s += n + 1;
	}
	return true;
}

static bool parse_flags(struct ext_parse *p, struct arg *out)
{
	return flag_list(p, p->word, &out->mark.mask) && flag_list(p, p->word2, &out->mark.value);
}

/* --syn is another way to write --tcp-flags. */
static struct arg flags_of(const struct ext_use *u)
{
	const struct arg *flags = use_arg(u, FLAGS), *syn = use_arg(u, SYN);
	struct arg a = { .id = FLAGS };

	if (flags)
		return *flags;
	if (syn) {
		a.invert = syn->invert;
		a.mark.value = F_SYN;
		a.mark.mask = F_FIN | F_SYN | F_RST | F_ACK;
	}
	return a;
}

static bool same(struct ruleset *rs, const struct ext_use *u, const struct ext_use *v)
{
	const struct arg a = flags_of(u), b = flags_of(v);

	return a.invert == b.invert && a.mark.value == b.mark.value && a.mark.mask == b.mark.mask &&
	       use_same(rs, u, v, 1u << FLAGS | 1u << SYN);
}

static const struct ext_option options[] = {
	{ .name = "source-port", .id = SPORT, .type = ARG_PORT_RANGE, .implied = ":",
	  .flags = OPT_INVERT | OPT_ORDERED,
	  .metavar = "port[:port]", .help = "source port or range" },
	{ .name = "sport", .id = SPORT, .type = ARG_PORT_RANGE, .flags = OPT_INVERT | OPT_ORDERED | OPT_ALIAS },
	{ .name = "destination-port", .id = DPORT, .type = ARG_PORT_RANGE, .implied = ":",
	  .flags = OPT_INVERT | OPT_ORDERED,
	  .metavar = "port[:port]", .help = "destination port or range" },
	{ .name = "dport", .id = DPORT, .type = ARG_PORT_RANGE, .flags = OPT_INVERT | OPT_ORDERED | OPT_ALIAS },
	{ .name = "tcp-flags", .id = FLAGS, .type = ARG_CUSTOM, .flags = OPT_INVERT | OPT_TWO,
	  .excl = 1u << SYN, .parse = parse_flags, .metavar = "mask set",
	  .help = "of the flags in mask exactly those in set" },
	{ .name = "syn", .id = SYN, .type = ARG_NONE, .flags = OPT_INVERT, .excl = 1u << FLAGS,
	  .help = "--tcp-flags FIN,SYN,RST,ACK SYN" },
	{ .name = "tcp-option", .id = OPTION, .type = ARG_U8, .flags = OPT_INVERT, .min = 1, .max = 255,
	  .metavar = "number", .help = "has this TCP option", .support = PARTLY,
	  .note = "not 1; an option that reaches beyond the header is none, where xtables asks for "
		  "its first byte only" },
	{ .name = NULL },
};

bool tcp_demands_syn(const struct ext_use *u)
{
	const struct arg *syn = use_arg(u, SYN), *flags = use_arg(u, FLAGS);

	if (u->ext != &match_tcp)
		return false;
	return (syn && !syn->invert) || (flags && !flags->invert && flags->mark.value & F_SYN);
}

static void lower_option(struct lower *l, const struct arg *a)
{
	struct operand o = operand_of(FIELD_TCP_OPTION);

	l->at = a->at;
	lower_need_tcp_options(l, NEED_OPTIONS, false);
	o.hdr.type = (uint8_t)a->num.lo;
	lower_exists(l, o, a->invert);
}

/* tcp_mt() asks for the option last. nft_exthdr_tcp_eval() leaves out the last byte, where a NOP may
 * well be. */
static void lower(struct lower *l, const struct ext_use *u)
{
	const struct arg *option = use_arg(u, OPTION);

	if (option && option->num.lo == TCPOPT_NOP && !l->for_explain) {
		lower_refuse(l, u, option->at, NULL,
			     "--tcp-option %d: nftables does not look at the last byte of the options, "
			     "where a NOP may be",
			     TCPOPT_NOP);
		return;
	}
	lower_need_header(l, IPPROTO_TCP, sizeof(struct tcphdr), true);
	for (unsigned i = 0; i < u->nargs; i++) {
		const struct arg *a = &u->args[i];

		l->at = a->at;
		switch (a->id) {
		case SPORT: port_test(l, FIELD_TCP_SPORT, a); break;
		case DPORT: port_test(l, FIELD_TCP_DPORT, a); break;
		case FLAGS:
			lower_masked(l, operand_of(FIELD_TCP_FLAGS), a->mark.mask, a->mark.value, a->invert);
			break;
		case SYN:
			lower_masked(l, operand_of(FIELD_TCP_FLAGS), F_FIN | F_SYN | F_RST | F_ACK, F_SYN,
				     a->invert);
			break;
		}
	}
	if (option)
		lower_option(l, option);
}

static void port_blob(const struct arg *a, __u16 ports[2], __u8 *invflags, __u8 bit)
{
	ports[1] = UINT16_MAX;
	if (!a)
		return;
	ports[0] = (uint16_t)a->num.lo;
	ports[1] = (uint16_t)a->num.hi;
	if (a->invert)
		*invflags |= bit;
}

static bool compat(struct lower *l, const struct ext_use *u, struct compat_blob *blob)
{
	struct xt_tcp *info = blob_new(l, blob, "tcp", 0, sizeof(*info));
	const struct arg *flags = use_arg(u, FLAGS) ? use_arg(u, FLAGS) : use_arg(u, SYN);
	const struct arg *option = use_arg(u, OPTION), flags_given = flags_of(u);

	port_blob(use_arg(u, SPORT), info->spts, &info->invflags, XT_TCP_INV_SRCPT);
	port_blob(use_arg(u, DPORT), info->dpts, &info->invflags, XT_TCP_INV_DSTPT);
	if (flags) {
		info->flg_mask = (uint8_t)flags_given.mark.mask;
		info->flg_cmp = (uint8_t)flags_given.mark.value;
		info->invflags |= flags->invert ? XT_TCP_INV_FLAGS : 0;
	}
	if (option) {
		info->option = (uint8_t)option->num.lo;
		info->invflags |= option->invert ? XT_TCP_INV_OPTION : 0;
	}
	return true;
}

const struct ext match_tcp = {
	.name = "tcp",
	.kind = EXT_MATCH,
	.families = FAMILY_BOTH,
	.protos = { IPPROTO_TCP },
	.options = options,
	.same = same,
	.lower = lower,
	.compat = compat,
	.help = "TCP ports, flags and options",
	.nullary = true,
};
