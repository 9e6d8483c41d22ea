/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tcp: net/netfilter/xt_tcpudp.c, tcp_mt().
 *
 * The whole header is read: a shorter one drops the packet, as does a fragment at offset 1 (it could
 * overwrite the flags). A header length below 20 bytes drops the packet only where an option is
 * looked for.
 */
#include "lower.h"
#include "blob.h"
#include "port_test.h"
#include "tcp_syn.h"

#include <string.h>
#include <linux/netfilter/xt_tcpudp.h>

extern const struct ext match_tcp;

enum { SPORT, DPORT, FLAGS, SYN, OPTION };

#define TCP_HEADER 20

/* nft_exthdr_tcp_eval() stops before the last byte of the options, where this one may be. */
#define OPTION_NOP    1
#define NOP_NO_FORM   "nftables does not look at the options' last byte, where this one (NOP) may be"

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
	  .note = "a header whose options are malformed or whose length field is below 20 bytes does "
		  "not match, where xtables drops the packet; 1 is refused, or kept by compat: " NOP_NO_FORM },
	{ .name = NULL },
};

bool tcp_demands_syn(const struct ext_use *u)
{
	const struct arg *syn = use_arg(u, SYN), *flags = use_arg(u, FLAGS);

	if (u->ext != &match_tcp)
		return false;
	return (syn && !syn->invert) || (flags && !flags->invert && flags->mark.value & F_SYN);
}

static bool compat(struct lower *l, const struct ext_use *u, struct compat_blob *blob)
{
	static const uint8_t inverts[] = { [SPORT] = XT_TCP_INV_SRCPT, [DPORT] = XT_TCP_INV_DSTPT,
					   [FLAGS] = XT_TCP_INV_FLAGS, [SYN] = XT_TCP_INV_FLAGS,
					   [OPTION] = XT_TCP_INV_OPTION };
	const struct arg flags = flags_of(u), *option = use_arg(u, OPTION);
	struct xt_tcp *info = blob_new(l, blob, "tcp", 0, sizeof(*info));

	info->spts[1] = info->dpts[1] = UINT16_MAX;
	info->flg_mask = (uint8_t)flags.mark.mask;
	info->flg_cmp = (uint8_t)flags.mark.value;
	info->option = option ? (uint8_t)option->num.lo : 0;
	for (unsigned i = 0; i < u->nargs; i++) {
		const struct arg *a = &u->args[i];
		__u16 *ports = a->id == SPORT ? info->spts : info->dpts;

		info->invflags |= a->invert ? inverts[a->id] : 0;
		if (a->id != SPORT && a->id != DPORT)
			continue;
		ports[0] = (uint16_t)a->num.lo;
		ports[1] = (uint16_t)a->num.hi;
	}
	return true;
}

static void lower(struct lower *l, const struct ext_use *u)
{
	const struct arg *option = use_arg(u, OPTION);

	if (option && option->num.lo == OPTION_NOP && !l->for_explain) {
		lower_refuse(l, u, option->at, NULL, "--tcp-option: " NOP_NO_FORM);
		return;
	}
	lower_need_header(l, IPPROTO_TCP, TCP_HEADER, true);
	for (unsigned i = 0; i < u->nargs; i++) {
		const struct arg *a = &u->args[i];
		struct operand o;

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
		case OPTION:
			o = operand_of(FIELD_TCP_OPTION);
			o.hdr.type = (uint8_t)a->num.lo;
			lower_exists(l, o, a->invert);
			break;
		}
	}
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
