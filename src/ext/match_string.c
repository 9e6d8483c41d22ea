/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * string: net/netfilter/xt_string.c, string_mt(); net/core/skbuff.c, skb_find_text().
 *
 * The pattern is looked for from byte --from of the IP packet on; it has to end at byte --to or
 * before. Where that leaves one place or a few, each is a comparison of packet bytes. A search over
 * a whole packet has no form in nftables. A packet too short for a place does not have the pattern
 * there, where a load would end the rule: `!` asks for the length first.
 *
 * --icase: both sides go through the kernel's toupper(), which knows Latin-1. A letter's two cases
 * differ in bit 0x20, so that a mask does it; 0xbf and 0xdf (no letters, but paired by that
 * function) have no mask.
 */
#include "lower.h"
#include "blob.h"
#include "payload.h"
#include "sim/packet.h"

#include <ctype.h>
#include <string.h>
#include <linux/netfilter/xt_string.h>

enum { FROM, TO, ALGO, ICASE, STRING, HEX };

#define COMPARE_MAX 16 /* bytes of a register value */
#define PLACES_MAX  16

struct pattern {
	uint8_t len;
	uint8_t b[XT_STRING_MAX_PATTERN_SIZE];
	uint8_t mask[XT_STRING_MAX_PATTERN_SIZE];
};

static bool parse_string(struct ext_parse *p, struct arg *out)
{
	struct pattern *pat = ARENA_NEW(p->rs->arena, struct pattern);

	if (p->word->len > sizeof(pat->b))
		return ext_value_error(p, "a pattern has at most %zu bytes", sizeof(pat->b));
	if (!p->word->len)
		return ext_value_error(p, "the kernel refuses an empty pattern");
	pat->len = (uint8_t)p->word->len;
	memcpy(pat->b, p->word->s, p->word->len);
	out->custom = pat;
	out->custom_len = sizeof(*pat);
	return true;
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One byte: `\` and the byte, two hex digits inside |…|, or the byte itself. */
static bool hex_byte(struct ext_parse *p, const char *s, size_t n, bool in_hex, size_t *i,
		     uint8_t *out)
{
	if (s[*i] == '\\') {
		if (in_hex)
			return ext_value_error(p, "'\\' inside |…|");
		if (*i + 1 >= n)
			return ext_value_error(p, "nothing follows the last '\\'");
		*out = (uint8_t)s[*i + 1];
		*i += 2;
	} else if (in_hex) {
		if (*i + 2 >= n)
			return ext_value_error(p, "'%.*s' does not end its |…|", (int)n, s);
		if (hex(s[*i]) < 0 || hex(s[*i + 1]) < 0)
			return ext_value_error(p, "'%.2s' is not a hex byte", s + *i);
		*out = (uint8_t)(hex(s[*i]) << 4 | hex(s[*i + 1]));
		*i += s[*i + 2] == ' ' ? 3 : 2;
	} else {
		*out = (uint8_t)s[(*i)++];
	}
	return true;
}

/* parse_hex_string() of libxt_string: after a '|' the next byte is taken as it is, whatever it is.
 */
static bool parse_hex(struct ext_parse *p, struct arg *out)
{
	struct pattern *pat = ARENA_NEW(p->rs->arena, struct pattern);
	const char *s = p->word->s;
	size_t n = p->word->len, i = 0;
	bool in_hex = false;

	while (i < n) {
		if (pat->len >= sizeof(pat->b))
			return ext_value_error(p, "a pattern has at most %zu bytes",
					       sizeof(pat->b));
		if (s[i] == '|') {
			in_hex = !in_hex;
			while (in_hex && i + 1 < n && s[i + 1] == ' ')
				i++;
			if (++i >= n)
				break;
			if (s[i] == '\\' || (s[i] == '|' && !in_hex)) { /* no second look at it */
				if (in_hex)
					return ext_value_error(p, "'\\' inside |…|");
				pat->b[pat->len++] = (uint8_t)s[i++];
				continue;
			}
		}
		if (!hex_byte(p, s, n, in_hex, &i, &pat->b[pat->len]))
			return false;
		pat->len++;
	}
	if (!pat->len)
		return ext_value_error(p, "the kernel refuses an empty pattern");
	out->custom = pat;
	out->custom_len = sizeof(*pat);
	return true;
}

static const struct ext_option options[] = {
	{ .name = "from", .id = FROM, .type = ARG_U16, .implied = "0", .metavar = "offset",
	  .help = "first byte of the packet to look at" },
	{ .name = "to", .id = TO, .type = ARG_U16, .implied = "65535", .metavar = "offset",
	  .help = "the pattern ends before this byte" },
	{ .name = "algo", .id = ALGO, .type = ARG_STRING, .flags = OPT_REQUIRED,
	  .metavar = "bm|kmp",
	  .help = "how to search" },
	{ .name = "string", .id = STRING, .type = ARG_CUSTOM, .flags = OPT_INVERT | OPT_REQUIRED,
	  .excl = 1u << HEX, .parse = parse_string, .metavar = "pattern",
	  .help = "the packet has these bytes",
	  .support = PARTLY,
	  .note = "only where --from and --to leave at most 16 places; nftables can't search a "
		  "packet, nor look behind byte 255 before Linux 6.18" },
	{ .name = "hex-string", .id = HEX, .type = ARG_CUSTOM, .flags = OPT_INVERT | OPT_REQUIRED,
	  .excl = 1u << STRING, .parse = parse_hex, .metavar = "pattern",
	  .help = "likewise; bytes between | | are hexadecimal", .support = PARTLY,
	  .note = "as --string" },
	{ .name = "icase", .id = ICASE, .type = ARG_NONE, .help = "in either case" },
	{ .name = NULL },
};

static const struct arg *the_pattern(const struct ext_use *u)
{
	const struct arg *a = use_arg(u, STRING);

	return a ? a : use_arg(u, HEX);
}

static uint64_t number(const struct ext_use *u, unsigned id, uint64_t otherwise)
{
	const struct arg *a = use_arg(u, id);

	return a ? a->num.lo : otherwise;
}

/* string_mt_check() */
static bool check(struct ruleset *rs, const struct rule *r, struct ext_use *u)
{
	const struct arg *algo = use_arg(u, ALGO), *to = use_arg(u, TO);

	(void)r;
	if (strcmp(algo->str.s, "bm") && strcmp(algo->str.s, "kmp") && strcmp(algo->str.s, "fsm")) {
		diag_error(rs->diags, algo->value,
			   "the kernel knows no search algorithm '%s': bm or kmp", algo->str.s);
		return false;
	}
	if (number(u, FROM, 0) > number(u, TO, UINT16_MAX)) {
		diag_error(rs->diags, to ? to->value : u->at, "--from is behind --to");
		return false;
	}
	return true;
}

/* The bits of every byte that count. False: no mask does it. */
static bool masks(const struct ext_use *u, struct pattern *p)
{
	memset(p->mask, 0xff, sizeof(p->mask));
	if (!use_arg(u, ICASE))
		return true;
	for (unsigned i = 0; i < p->len; i++) {
		uint8_t c = p->b[i], up = c & (uint8_t)~0x20;

		if (c == 0xbf || c == 0xdf)
			return false;
		if ((up >= 'A' && up <= 'Z') || (up >= 0xc0 && up <= 0xde && up != 0xd7)) {
			p->mask[i] = (uint8_t)~0x20;
			p->b[i] = up;
		}
	}
	return true;
}

/* Bytes @from.. of the pattern, as many as one comparison takes, at byte @at of the packet. */
static void compare(struct lower *l, const struct pattern *p, unsigned at, unsigned from,
		    bool negate)
{
	unsigned n = p->len - from < COMPARE_MAX ? p->len - from : COMPARE_MAX;
	struct operand o = operand_raw(BASE_NH, (at + from) * 8, n * 8);

	for (unsigned i = 0; i < n; i++)
		if (p->mask[from + i] != 0xff) {
			lower_masked_bytes(l, o, p->mask + from, p->b + from, negate);
			return;
		}
	lower_value(l, o, p->b + from, negate);
}

static void here(struct lower *l, const struct pattern *p, unsigned at)
{
	for (unsigned i = 0; i < p->len; i += COMPARE_MAX)
		compare(l, p, at, i, false);
}

/* At the first place, or not there but at the second, … */
static void one_of(struct lower *l, const struct pattern *p, unsigned from, unsigned n)
{
	if (n == 1) {
		here(l, p, from);
		return;
	}
	lower_fork(l, n);
	for (unsigned i = 0; i < n; i++) {
		lower_branch(l, (int)i);
		for (unsigned k = 0; k < i; k++)
			compare(l, p, from + k, 0, true);
		here(l, p, from + i);
	}
	lower_branch(l, -1);
}

/* Not at the only place: too short, or the first piece differs, or only the second does, … */
static void not_here(struct lower *l, const struct pattern *p, unsigned at)
{
	struct operand length = operand_of(FIELD_META_LENGTH);
	unsigned pieces = (p->len + COMPARE_MAX - 1u) / COMPARE_MAX;

	lower_fork(l, pieces + 1);
	lower_branch(l, 0);
	lower_cmp(l, length, TEST_LT, at + p->len);
	for (unsigned i = 0; i < pieces; i++) {
		lower_branch(l, (int)i + 1);
		lower_cmp(l, length, TEST_GE, at + p->len);
		for (unsigned k = 0; k <= i; k++)
			compare(l, p, at, k * COMPARE_MAX, k == i);
	}
	lower_branch(l, -1);
}

/* At none of the places: those that a packet has room for all differ. */
static void at_none(struct lower *l, const struct pattern *p, unsigned from, unsigned n)
{
	struct operand length = operand_of(FIELD_META_LENGTH);

	lower_fork(l, n + 1);
	for (unsigned i = 0; i <= n; i++) { /* room for exactly i places, or for more than all */
		lower_branch(l, (int)i);
		if (i == 0)
			lower_cmp(l, length, TEST_LT, from + p->len);
		else if (i == n)
			lower_cmp(l, length, TEST_GE, from + n - 1 + p->len);
		else
			lower_eq(l, length, from + i - 1 + p->len, false);
		for (unsigned k = 0; k < i; k++)
			compare(l, p, from + k, 0, true);
	}
	lower_branch(l, -1);
}

/* For the simulator: skb_find_text(). */
static int eval(const struct ext_use *u, struct sim_packet *p)
{
	unsigned to = (unsigned)number(u, TO, UINT16_MAX);
	const struct arg *a = the_pattern(u);
	struct pattern pat = *(const struct pattern *)a->custom;
	bool found = false;

	if (!strcmp(use_arg(u, ALGO)->str.s, "fsm") || !masks(u, &pat))
		return -2;
	for (unsigned at = (unsigned)number(u, FROM, 0); !found && at + pat.len <= to &&
						     at + pat.len <= p->len; at++) {
		unsigned i = 0;

		while (i < pat.len && (p->data[at + i] & pat.mask[i]) == pat.b[i])
			i++;
		found = i == pat.len;
	}
	return found != a->invert;
}

static void lower(struct lower *l, const struct ext_use *u)
{
	unsigned from = (unsigned)number(u, FROM, 0), to = (unsigned)number(u, TO, UINT16_MAX),
		 places;
	const struct arg *a = the_pattern(u);
	struct pattern *p = ARENA_NEW(l->arena, struct pattern);

	*p = *(const struct pattern *)a->custom;
	l->at = a->at;
	if (to - from < p->len) {
		if (!a->invert)
			lower_never(l);
		return;
	}
	places = to - from - p->len + 1;
	if (!strcmp(use_arg(u, ALGO)->str.s, "fsm"))
		lower_refuse(l, u, use_arg(u, ALGO)->at, NULL,
			     "--algo fsm takes a compiled pattern, not text");
	else if (places > PLACES_MAX || (places > 1 && p->len > COMPARE_MAX))
		lower_refuse(l, u, a->at, eval,
			     "--%s: nftables can't search a packet; it can compare where --from "
			     "and --to "
			     "leave no more than %d places%s",
			     a->id == HEX ? "hex-string" : "string",
			     p->len > COMPARE_MAX ? 1 : PLACES_MAX,
			     p->len > COMPARE_MAX ? " for so long a pattern" : "");
	else if (from + places - 1 + (p->len - 1u) / COMPARE_MAX * COMPARE_MAX >
		 payload_offset_max(l))
		lower_refuse(l, u, a->at, eval,
			     "--%s: nftables can look at bytes 0 to %u of a packet",
			     a->id == HEX ? "hex-string" : "string", payload_offset_max(l));
	else if (!masks(u, p))
		lower_refuse(l, u, use_arg(u, ICASE)->at, eval,
			     "--icase pairs the bytes 0xbf and 0xdf, which no mask does");
	else if (!a->invert)
		one_of(l, p, from, places);
	else if (places == 1)
		not_here(l, p, from);
	else
		at_none(l, p, from, places);
}

static bool compat(struct lower *l, const struct ext_use *u, struct compat_blob *blob)
{
	struct xt_string_info *info = blob_new(l, blob, "string", 1, sizeof(*info));
	const struct arg *a = the_pattern(u);
	const struct pattern *p = a->custom;
	const char *algo = use_arg(u, ALGO)->str.s;

	info->from_offset = (uint16_t)number(u, FROM, 0);
	info->to_offset = (uint16_t)number(u, TO, UINT16_MAX);
	memcpy(info->algo, algo, strlen(algo));
	memcpy(info->pattern, p->b, p->len);
	info->patlen = p->len;
	if (a->invert)
		info->u.v1.flags |= XT_STRING_FLAG_INVERT;
	if (use_arg(u, ICASE))
		info->u.v1.flags |= XT_STRING_FLAG_IGNORECASE;
	return true;
}

const struct ext match_string = {
	.name = "string",
	.kind = EXT_MATCH,
	.families = FAMILY_BOTH,
	.options = options,
	.check = check,
	.lower = lower,
	.compat = compat,
	.help = "bytes anywhere in the packet",
};
