/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TCPOPTSTRIP: net/netfilter/xt_TCPOPTSTRIP.c, tcpoptstrip_mangle_packet(): overwrites options with NOPs;
 * nft_exthdr.c's nft_exthdr_tcp_strip_eval() does, for the first option of a kind. A header that is cut
 * short or shorter than 20 bytes drops the packet, a later fragment passes.
 */
#include "lower.h"

#include <string.h>
#include "value.h"

enum { STRIP };

#define OPTION_KINDS 256

static bool option_kind(const struct ext_parse *p, const char *s, size_t len, uint64_t *kind)
{
	static const struct ext_word names[] = {
		{ "wscale", 3 }, { "mss", 2 }, { "sack-permitted", 4 }, { "sack", 5 }, { "timestamp", 8 },
		{ "md5", 19 },   { NULL, 0 },
	};

	for (const struct ext_word *n = names; n->name; n++)
		if (strlen(n->name) == len && !memcmp(n->name, s, len)) {
			*kind = n->value;
			return true;
		}
	return value_u64(s, len, 2, UINT8_MAX, kind) ||
	       ext_value_error(p, "'%.*s' is not a TCP option: 2 to 255, wscale, mss, sack-permitted, sack, "
				  "timestamp or md5", (int)len, s);
}

static bool parse(struct ext_parse *p, struct arg *out)
{
	const char *s = p->word->s, *end = s + p->word->len;
	bool *kinds = arena_array(p->rs->arena, OPTION_KINDS, sizeof(bool));

	out->custom = kinds;
	out->custom_len = OPTION_KINDS * sizeof(*kinds);
	for (;;) {
		const char *comma = memchr(s, ',', (size_t)(end - s));
		size_t n = (size_t)((comma ? comma : end) - s);
		uint64_t kind;

		if (!option_kind(p, s, n, &kind))
			return false;
		if (kinds[kind])
			return ext_value_error(p, "option '%.*s' is given twice", (int)n, s);
		kinds[kind] = true;
		if (!comma)
			return true;
		s = comma + 1;
	}
}

static const struct ext_option options[] = {
	{ .name = "strip-options", .id = STRIP, .type = ARG_CUSTOM, .parse = parse, .metavar = "option,…",
	  .help = "options to overwrite", .support = PARTLY,
	  .note = "of an option that a header has twice, the first is overwritten; a segment cut short is "
		  "dropped uncounted" },
	{ .name = NULL },
};

static void strip(struct lower *l, const bool *kinds)
{
	lower_need_tcp_options(l, NEED_OPTIONS, false);
	if (!kinds)
		lower_verdict(l, VERDICT_RETURN);
	for (unsigned k = 0; kinds && k < OPTION_KINDS; k++) {
		if (!kinds[k])
			continue;
		lower_emit(l, INST_TCPOPT_STRIP)->tcpopt_strip.kind = (uint8_t)k;
	}
}

static void lower(struct lower *l, const struct ext_use *u)
{
	const struct arg *a = use_arg(u, STRIP);
	struct lower_saved saved;
	struct ir_chain *c;
	bool fresh;

	c = lower_helper_chain(l, arena_printf(l->arena, "strip-%u", u->at.pos), &fresh);
	if (fresh) {
		lower_into(l, c, &saved);
		strip(l, a ? a->custom : NULL);
		lower_back(l, &saved);
	}
	lower_jump(l, c);
}

const struct ext target_tcpoptstrip = {
	.name = "TCPOPTSTRIP",
	.kind = EXT_TARGET,
	.families = FAMILY_BOTH,
	.tables = IN_TABLE(MANGLE),
	.protos = { IPPROTO_TCP },
	.options = options,
	.lower = lower,
	.help = "overwrite TCP options with NOPs",
};
