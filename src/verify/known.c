/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verify/known.h"

#include <string.h>
#include <netinet/in.h>
#include "ext.h"
#include "sim/load.h"
#include "sim/packet.h"

#define TCP_HEAD      20
#define MSS	      1460
#define TCP_WORDS_MAX 15
#define NO_HEADER     253 /* not extension headers' numbers */
#define MANY_HEADERS  254
#define OTHER_HEADER  255

/* Matches that drop an extension header which is cut short, but don't look at others. */
static const struct {
	const char *name;
	uint8_t header;
} header_matches[] = { { "dst", IPPROTO_DSTOPTS },
		       { "hbh", IPPROTO_HOPOPTS },
		       { "ipv6header", MANY_HEADERS },
		       { "rt", IPPROTO_ROUTING } };

/* The header that a rule asks for, and those before it. */
static uint8_t header_of(const struct rule_spec *s, uint8_t before)
{
	for (unsigned m = 0; m < s->nmatches; m++)
		for (unsigned k = 0; k < sizeof(header_matches) / sizeof(*header_matches); k++) {
			uint8_t h = header_matches[k].header;

			if (!strcmp(s->matches[m].ext->name, header_matches[k].name))
				before = before == NO_HEADER || before == h ? h : MANY_HEADERS;
		}
	return before;
}

static uint8_t header_asked(const struct ruleset *rs)
{
	uint8_t header = NO_HEADER;

	for (unsigned t = 0; t < TABLE_COUNT; t++)
		for (const struct chain *c = rs->tables[t].chains; c; c = c->next)
			for (uint32_t i = 0; i < c->nrules; i++)
				header = header_of(c->rules[i]->spec, header);
	return header;
}

static bool is_tcpmss(const struct rule_spec *s)
{
	return s->target == TARGET_EXT && !strcmp(s->ext_target.ext->name, "TCPMSS");
}

static bool any_rule(const struct ruleset *rs, bool (*is)(const struct rule_spec *s))
{
	for (unsigned t = 0; t < TABLE_COUNT; t++)
		for (const struct chain *c = rs->tables[t].chains; c; c = c->next)
			for (uint32_t i = 0; i < c->nrules; i++)
				if (is(c->rules[i]->spec))
					return true;
	return false;
}

/* tcpmss_mangle_packet() gives an MSS to a SYN that has none, no data, and room for one. */
static bool bare_syn(const struct sim_packet *p)
{
	struct operand mss = operand_of(FIELD_TCP_OPTION);
	const uint8_t *t = p->data + p->thoff;
	struct value there;

	if (!p->whole || p->fragoff || p->l4proto != IPPROTO_TCP || packet_l4_len(p) < TCP_HEAD ||
	    packet_l4_len(p) != (t[12] >> 4) * 4u || t[12] >> 4 == TCP_WORDS_MAX || !(t[13] & 0x02))
		return false;
	mss.exists = true;
	mss.hdr.type = 2;
	mss.hdr.off = mss.hdr.bits = 16;
	return load_header(p, &mss, &there) == LOAD_OK && !value_get(&there, 1);
}

static void give_mss(struct sim_packet *p, struct arena *a, struct verify_packet *v)
{
	bool good = packet_l4_checksum_ok(p), v6 = p->family == FAMILY_IPV6;
	uint8_t *b = arena_bytes(a, p->len + 4), *t = b + p->thoff;
	uint32_t options = p->thoff + TCP_HEAD;
	struct sim_packet longer = { 0 };

	memcpy(b, p->data, options);
	memcpy(b + options + 4, p->data + options, p->len - options);
	put16(b + (v6 ? 4 : 2), p->len + 4 - (v6 ? 40 : 0));
	t[12] += 1 << 4;
	t[TCP_HEAD] = 2;
	t[TCP_HEAD + 1] = 4;
	put16(t + TCP_HEAD + 2, MSS);
	packet_set(&longer, a, b, p->len + 4);
	packet_parse(&longer);
	packet_checksums(&longer);
	if (!good)
		longer.data[longer.thoff + 16] ^= 0x55;
	v->bytes = longer.data;
	v->len = longer.len;
}

/* What the chain of extension headers is like. */
enum headers {
	HEADERS_PLAIN,
	HEADERS_AH,    /* there is an authentication header */
	HEADERS_CUT,   /* one is cut short */
	HEADERS_ENDS,  /* nothing follows but should, or a fragment has the rest */
	HEADERS_TWICE, /* two fragment headers: nft's tests look at the first, its walk at both */
};

static bool is_ext_header(uint8_t proto)
{
	return proto == IPPROTO_HOPOPTS || proto == IPPROTO_ROUTING || proto == IPPROTO_FRAGMENT ||
	       proto == IPPROTO_AH || proto == IPPROTO_DSTOPTS;
}

/* *last: the last header that was looked at, if it is the first of its kind. */
static enum headers headers_of(const struct verify_packet *p, uint8_t *last)
{
	uint32_t at = 40;
	bool fragment = false, seen[256] = { false };
	uint8_t next;

	if (p->len < 40 || p->bytes[0] >> 4 != 6)
		return HEADERS_PLAIN;
	next = p->bytes[6];
	while (is_ext_header(next)) {
		*last = seen[next] ? OTHER_HEADER : next;
		seen[next] = true;
		if (next == IPPROTO_AH)
			return HEADERS_AH;
		if (next == IPPROTO_FRAGMENT && fragment)
			return HEADERS_TWICE;
		fragment |= next == IPPROTO_FRAGMENT;
		if (at + 8 > p->len)
			return HEADERS_CUT;
		if (next == IPPROTO_FRAGMENT && get16(p->bytes + at + 2) & 0xfff8)
			return is_ext_header(p->bytes[at]) ? HEADERS_ENDS : HEADERS_PLAIN;
		const uint32_t bytes = next == IPPROTO_FRAGMENT ? 8 : (p->bytes[at + 1] + 1u) * 8;

		next = p->bytes[at];
		at += bytes;
	}
	if (at > p->len)
		return HEADERS_CUT;
	return at > 40 && at == p->len && next != IPPROTO_NONE ? HEADERS_ENDS : HEADERS_PLAIN;
}

void verify_known(struct known *k, struct arena *a, struct verify_plan *p, const struct ruleset *rs)
{
	bool tcpmss = any_rule(rs, is_tcpmss);
	uint8_t asked = header_asked(rs), last = OTHER_HEADER;
	struct sim_packet s = { 0 };
	uint32_t n = 0;

	*k = (struct known){ 0 };
	for (uint32_t i = 0; i < p->npackets; i++) {
		struct verify_packet *v = &p->packets[n];

		*v = p->packets[i];
		enum headers h = headers_of(v, &last);

		if (h == HEADERS_AH || h == HEADERS_TWICE ||
		    (asked != NO_HEADER &&
		     (h == HEADERS_ENDS || (h == HEADERS_CUT && last != asked)))) {
			k->ah += h == HEADERS_AH;
			k->cut += h != HEADERS_AH;
			continue;
		}
		n++;
		if (!tcpmss || v->len < 40)
			continue;
		packet_set(&s, a, v->bytes, v->len);
		packet_parse(&s);
		if (bare_syn(&s)) {
			give_mss(&s, a, v);
			k->mss++;
		}
	}
	p->npackets = n;
	k->recent = known_recent(a, p, rs);
}
