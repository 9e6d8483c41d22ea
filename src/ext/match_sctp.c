/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sctp: net/netfilter/xt_sctp.c, sctp_mt(), match_packet().
 *
 * The common header is read (a shorter one drops the packet), then the ports are compared, then the
 * chunks are walked. nft's sctp chunk walks them alike, but tells only whether a type is there and
 * reads fields of the first one, where xtables compares the flags of every chunk.
 *
 * Not kept: a chunk of length 0, or a piece of a chunk header at the end, drops the packet in
 * xtables when the walk gets there. Here the walk ends.
 */
#include "lower.h"
#include "blob.h"
#include "port_test.h"

#include <ctype.h>
#include <string.h>
#include <linux/netfilter/xt_sctp.h>

enum { SPORT, DPORT, CHUNKS };

#define SCTP_HEADER  12
#define CHUNK_HEADER 4

struct chunks {
	uint8_t how;  /* SCTP_CHUNK_MATCH_* */
	bool all;     /* the word ALL: every type there is */
	uint8_t n;
	uint8_t nflags;
	uint8_t types[32];
	struct xt_sctp_flag_info flags[XT_NUM_SCTP_FLAGS];
};

static const struct {
	const char *name;
	uint8_t type;
	const char *flags; /* bits 7 to 0 */
} names[] = {
	{ "DATA", 0, "----IUBE" },        { "INIT", 1, "--------" },
	{ "INIT_ACK", 2, "--------" },    { "SACK", 3, "--------" },
	{ "HEARTBEAT", 4, "--------" },   { "HEARTBEAT_ACK", 5, "--------" },
	{ "ABORT", 6, "-------T" },       { "SHUTDOWN", 7, "--------" },
	{ "SHUTDOWN_ACK", 8, "--------" }, { "ERROR", 9, "--------" },
	{ "COOKIE_ECHO", 10, "--------" }, { "COOKIE_ACK", 11, "--------" },
	{ "ECN_ECNE", 12, "--------" },   { "ECN_CWR", 13, "--------" },
	{ "SHUTDOWN_COMPLETE", 14, "-------T" }, { "I_DATA", 64, "----IUBE" },
	{ "RE_CONFIG", 130, "--------" }, { "PAD", 132, "--------" },
	{ "ASCONF", 193, "--------" },    { "ASCONF_ACK", 128, "--------" },
	{ "FORWARD_TSN", 192, "--------" }, { "I_FORWARD_TSN", 194, "--------" },
};

static bool same_word(const char *name, const char *s, size_t n)
{
	return strlen(name) == n && !strncasecmp(name, s, n);
}

/* Upper case: set; lower case: not set. As libxt_sctp, by place in the table, not by type. */
static bool add_flags(const struct ext_parse *p, struct chunks *c, unsigned at, const char *s,
		      size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *valid = names[at].flags,
			   *bit = strchr(valid, toupper((unsigned char)s[i]));
		unsigned k = 0;

		if (!bit || !*bit)
			return ext_value_error(p, "%s has no flag '%c'", names[at].name, s[i]);
		while (k < c->nflags && c->flags[k].chunktype != at)
			k++;
		if (k == XT_NUM_SCTP_FLAGS)
			return ext_value_error(p, "flags of more than %d chunk types",
					       XT_NUM_SCTP_FLAGS);
		if (k == c->nflags)
			c->flags[c->nflags++].chunktype = (uint8_t)at;
		c->flags[k].flag_mask |= (uint8_t)(0x80 >> (bit - valid));
		if (isupper((unsigned char)s[i]))
			c->flags[k].flag |= (uint8_t)(0x80 >> (bit - valid));
	}
	return true;
}

static bool add_chunk(const struct ext_parse *p, struct chunks *c, const char *s, size_t n)
{
	const char *colon = memchr(s, ':', n);
	size_t len = colon ? (size_t)(colon - s) : n;
	unsigned at = 0;

	while (at < sizeof(names) / sizeof(*names) && !same_word(names[at].name, s, len))
		at++;
	if (at == sizeof(names) / sizeof(*names))
		return ext_value_error(p, "unknown SCTP chunk '%.*s'", (int)len, s);
	if (!memchr(c->types, names[at].type, c->n))
		c->types[c->n++] = names[at].type;
	return !colon || add_flags(p, c, at, colon + 1, n - len - 1);
}

static bool parse_chunks(struct ext_parse *p, struct arg *out)
{
	struct chunks *c = ARENA_NEW(p->rs->arena, struct chunks);
	const struct word *how = p->word, *list = p->word2;
	const char *s = list->s, *end = s + list->len;

	if (same_word("any", how->s, how->len))
		c->how = SCTP_CHUNK_MATCH_ANY;
	else if (same_word("all", how->s, how->len))
		c->how = SCTP_CHUNK_MATCH_ALL;
	else if (same_word("only", how->s, how->len))
		c->how = SCTP_CHUNK_MATCH_ONLY;
	else
		return ext_value_error(p, "'%.*s' is none of all, any and only", (int)how->len,
				       how->s);
	if (list->len && (*s == '-' || *s == '!'))
		return ext_value_error(p, "the chunk types are missing");
	out->custom = c;
	out->custom_len = sizeof(*c);
	c->all = same_word("ALL", s, list->len);
	if (c->all || same_word("NONE", s, list->len))
		return true;
	while (s < end) {
		const char *comma = memchr(s, ',', (size_t)(end - s));
		size_t n = (size_t)((comma ? comma : end) - s);

		if (n && !add_chunk(p, c, s, n))
			return false;
		s += n + 1;
	}
	return true;
}

static const struct ext_option options[] = {
	{ .name = "source-port", .id = SPORT, .type = ARG_PORT_RANGE,
	  .flags = OPT_INVERT | OPT_ORDERED,
	  .metavar = "port[:port]", .help = "source port or range" },
	{ .name = "sport", .id = SPORT, .type = ARG_PORT_RANGE,
	  .flags = OPT_INVERT | OPT_ORDERED | OPT_ALIAS },
	{ .name = "destination-port", .id = DPORT, .type = ARG_PORT_RANGE,
	  .flags = OPT_INVERT | OPT_ORDERED,
	  .metavar = "port[:port]", .help = "destination port or range" },
	{ .name = "dport", .id = DPORT, .type = ARG_PORT_RANGE,
	  .flags = OPT_INVERT | OPT_ORDERED | OPT_ALIAS },
	{ .name = "chunk-types", .id = CHUNKS, .type = ARG_CUSTOM, .flags = OPT_INVERT | OPT_TWO,
	  .parse = parse_chunks, .metavar = "all|any|only type[,type…]",
	  .help = "chunks of these types",
	  .support = PARTLY,
	  .note = "not `only`, ALL and flags of chunks; a malformed chunk ends the walk, where "
		  "xtables drops the packet" },
	{ .name = NULL },
};

static void chunk(struct lower *l, uint8_t type, bool missing)
{
	struct operand o = operand_of(FIELD_SCTP_CHUNK);

	o.hdr.type = type;
	lower_exists(l, o, missing);
}

static void lower_chunks(struct lower *l, const struct ext_use *u, const struct arg *a)
{
	const struct chunks *c = a->custom;
	bool all = c->how == SCTP_CHUNK_MATCH_ALL;

	if (c->how == SCTP_CHUNK_MATCH_ONLY || c->all || c->nflags) {
		lower_refuse(l, u, a->at, NULL,
			     "--chunk-types: nftables can only ask whether chunks of a type "
			     "are there; no form for %s",
			     c->how == SCTP_CHUNK_MATCH_ONLY ? "'only'"
			     : c->all			     ? "ALL"
							     : "the flags of every chunk");
		return;
	}
	if (l->target.kernel < VERSION_OF(5, 14, 0)) {
		lower_refuse(l, u, a->at, NULL,
			     "--chunk-types: nf_tables knows SCTP chunks since Linux 5.14");
		return;
	}
	lower_need_header(l, IPPROTO_SCTP, SCTP_HEADER + CHUNK_HEADER, false);
	if (!c->n) { /* all of none: true; any of none: false */
		if (all == a->invert)
			lower_never(l);
	} else if (all != a->invert) { /* all there, or none of them */
		for (unsigned i = 0; i < c->n; i++)
			chunk(l, c->types[i], a->invert);
	} else { /* the first, or not that but the second, …; inverted: the first missing, … */
		if (c->n > 1)
			lower_fork(l, c->n);
		for (unsigned i = 0; i < c->n; i++) {
			lower_branch(l, c->n > 1 ? (int)i : -1);
			for (unsigned k = 0; k <= i; k++)
				chunk(l, c->types[k], (k < i) != a->invert);
		}
		lower_branch(l, -1);
	}
}

static void lower(struct lower *l, const struct ext_use *u)
{
	const struct arg *a;

	lower_need_header(l, IPPROTO_SCTP, SCTP_HEADER, false);
	for (unsigned id = SPORT; id <= CHUNKS; id++) { /* the kernel's order */
		a = use_arg(u, id);
		if (!a)
			continue;
		l->at = a->at;
		if (id == CHUNKS)
			lower_chunks(l, u, a);
		else
			port_test(l, id == SPORT ? FIELD_SCTP_SPORT : FIELD_SCTP_DPORT, a);
	}
}

static void blob_ports(struct xt_sctp_info *info, const struct arg *a, uint32_t flag,
		       uint16_t to[2])
{
	if (!a)
		return;
	to[0] = (uint16_t)a->num.lo;
	to[1] = (uint16_t)a->num.hi;
	info->flags |= flag;
	info->invflags |= a->invert ? flag : 0;
}

static bool compat(struct lower *l, const struct ext_use *u, struct compat_blob *blob)
{
	struct xt_sctp_info *info = blob_new(l, blob, "sctp", 0, sizeof(*info));
	const struct arg *a = use_arg(u, CHUNKS);
	const struct chunks *c = a ? a->custom : NULL;

	blob_ports(info, use_arg(u, SPORT), XT_SCTP_SRC_PORTS, info->spts);
	blob_ports(info, use_arg(u, DPORT), XT_SCTP_DEST_PORTS, info->dpts);
	for (unsigned i = 0; i < XT_NUM_SCTP_FLAGS; i++)
		info->flag_info[i].chunktype = 0xff;
	if (!c)
		return true;
	info->flags |= XT_SCTP_CHUNK_TYPES;
	info->invflags |= a->invert ? XT_SCTP_CHUNK_TYPES : 0;
	info->chunk_match_type = c->how;
	if (c->all)
		SCTP_CHUNKMAP_SET_ALL(info->chunkmap);
	for (unsigned i = 0; i < c->n; i++)
		SCTP_CHUNKMAP_SET(info->chunkmap, c->types[i]);
	memcpy(info->flag_info, c->flags, c->nflags * sizeof(*c->flags));
	info->flag_count = c->nflags;
	return true;
}

const struct ext match_sctp = {
	.name = "sctp",
	.kind = EXT_MATCH,
	.families = FAMILY_BOTH,
	.protos = { IPPROTO_SCTP },
	.options = options,
	.lower = lower,
	.compat = compat,
	.help = "SCTP ports and chunks",
	.nullary = true,
};
