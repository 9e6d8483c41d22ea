/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verify/known.h"

#include <string.h>
#include <netinet/in.h>
#include "ext.h"
#include "sim/packet.h"

#define TCP_HEAD 20
#define MSS	 1460

static bool uses_tcpmss(const struct ruleset *rs)
{
	for (unsigned t = 0; t < TABLE_COUNT; t++)
		for (const struct chain *c = rs->tables[t].chains; c; c = c->next)
			for (uint32_t i = 0; i < c->nrules; i++) {
				const struct rule_spec *s = c->rules[i]->spec;

				if (s->target == TARGET_EXT && !strcmp(s->ext_target.ext->name, "TCPMSS"))
					return true;
			}
	return false;
}

/* A whole SYN whose header has no options. */
static bool bare_syn(const struct sim_packet *p)
{
	const uint8_t *t = p->data + p->thoff;

	return p->whole && !p->fragment && p->l4proto == IPPROTO_TCP && packet_l4_len(p) == TCP_HEAD &&
	       t[12] >> 4 == TCP_HEAD / 4 && t[13] & 0x02;
}

static void give_mss(struct sim_packet *p, struct arena *a, struct verify_packet *v)
{
	bool good = packet_l4_checksum_ok(p), v6 = p->family == FAMILY_IPV6;
	uint8_t *b = arena_bytes(a, p->len + 4), *t = b + p->thoff;
	struct sim_packet longer = { 0 };

	memcpy(b, p->data, p->len);
	put16(b + (v6 ? 4 : 2), p->len + 4 - (v6 ? 40 : 0));
	t[12] = (TCP_HEAD + 4) / 4 << 4;
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

/* Is there an authentication header among the extension headers? */
static bool has_ah(const struct verify_packet *p)
{
	uint32_t at = 40;
	uint8_t next;

	if (p->len < 40 || p->bytes[0] >> 4 != 6)
		return false;
	next = p->bytes[6];
	while (at + 8 <= p->len) {
		switch (next) {
		case IPPROTO_AH: return true;
		case IPPROTO_FRAGMENT:
			if (get16(p->bytes + at + 2) & 0xfff8)
				return false;
			next = p->bytes[at];
			at += 8;
			break;
		case IPPROTO_HOPOPTS:
		case IPPROTO_ROUTING:
		case IPPROTO_DSTOPTS:
			next = p->bytes[at];
			at += (p->bytes[at + 1] + 1u) * 8;
			break;
		default: return false;
		}
	}
	return next == IPPROTO_AH;
}

void verify_known(struct known *k, struct arena *a, struct verify_plan *p, const struct ruleset *rs)
{
	bool tcpmss = uses_tcpmss(rs);
	struct sim_packet s = { 0 };
	uint32_t n = 0;

	*k = (struct known){ 0 };
	for (uint32_t i = 0; i < p->npackets; i++) {
		struct verify_packet *v = &p->packets[n];

		*v = p->packets[i];
		if (has_ah(v)) {
			k->ah++;
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
