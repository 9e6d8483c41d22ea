/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guard_chain: the chains that guards jump to. Each lets packets return whose header is whole, and
 * drops the rest, as xtables' hotdrop does.
 *
 * Some of them drop more than xtables, where nftables can't tell: what would otherwise get past a
 * rule that is to drop it.
 *  - AH: ip6tables finds the protocol behind an authentication header, nft's walk ends there. Behind
 *    it only the first byte can be asked for. Where that is a protocol that -p names, or another
 *    extension header, rules with -p would not match what they match in ip6tables. What asks for
 *    ports of any protocol (NEED_NO_AH, NEED_PORTS) has every packet with such a header dropped.
 *  - An extension header that reaches beyond the packet is found by what is missing behind it. A
 *    packet that has no byte behind its headers is dropped, too, unless the last of them says that
 *    nothing follows; which is not dropped, then, where it is cut short. Nor is one behind an AH.
 *  - ipv6header (NEED_WALK): where the walk through the headers does not end in a protocol,
 *    ip6tables goes on with what it has read. Well-formed are those of a later fragment whose
 *    fragment header names an extension header; matches with -p drop them in ip6tables as well.
 *  - Later fragments of IPv6 are told by their first fragment header, of which there should be one.
 *  - A TCP option MSS of another length than 4 is passed over by xtables, which looks for another.
 */
#include "guard.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#define TCP_WORDS_MIN 5
#define TCP_WORDS_MAX 15
#define AH_BYTES_MIN  12
#define AH_UNITS_MAX  22 /* 96 bytes; the longest checksum in use has 64 */

bool guard_whole_packets(const struct guard *g, const struct ir_chain *c)
{
	return g->ir->defrag && (g->ir->family == FAMILY_IPV4 || c->table == TABLE_NAT);
}

static struct operand exthdr_of(uint8_t type, unsigned off, unsigned bits)
{
	struct operand o = operand_of(FIELD_EXTHDR);

	o.hdr.type = type;
	o.hdr.off = (uint16_t)off;
	o.hdr.bits = (uint16_t)bits;
	return o;
}

struct operand guard_frag_offset(struct guard *g)
{
	if (g->ir->family == FAMILY_IPV4)
		return operand_and(g->l, operand_of(FIELD_IP_FRAG_OFF), FRAG_OFFSET_MASK);
	return exthdr_of(IPPROTO_FRAGMENT, 16, 13);
}

static void end_rule(struct lower *l, enum verdict_kind v)
{
	lower_verdict(l, v);
	lower_next_rule(l);
}

/* A test that always holds where the load succeeds. */
static void loads(struct lower *l, struct operand o)
{
	lower_cmp(l, o, TEST_GE, 0);
}

static struct operand transport_byte(unsigned at)
{
	return operand_raw(BASE_TH, at * 8, 8);
}

static void return_fragments(struct guard *g)
{
	lower_eq(g->l, guard_frag_offset(g), 0, true);
	end_rule(g->l, VERDICT_RETURN);
}

static void return_when_loads(struct lower *l, struct operand o)
{
	loads(l, o);
	end_rule(l, VERDICT_RETURN);
}

/* tcp_mt(), tcpmss_mt(): as many bytes as the header says, which says 20 at least. */
static void tcp_options(struct guard *g, const struct inst_need_header *n)
{
	struct lower *l = g->l;
	struct operand mss = operand_of(FIELD_TCP_OPTION), l4proto = operand_of(FIELD_META_L4PROTO);

	if (n->options == NEED_OPTIONS_MSS) {
		mss.hdr.type = TCPOPT_MAXSEG;
		lower_eq(l, l4proto, IPPROTO_TCP, false);
		lower_exists(l, mss, false);
		mss.hdr.off = 8;
		mss.hdr.bits = 8;
		lower_eq(l, mss, TCPOLEN_MAXSEG, true);
		end_rule(l, VERDICT_DROP);
	}
	for (unsigned words = TCP_WORDS_MIN; words <= TCP_WORDS_MAX; words++) {
		lower_eq(l, l4proto, IPPROTO_TCP, false);
		lower_eq(l, operand_of(FIELD_TCP_DOFF), words, false);
		return_when_loads(l, transport_byte(words * 4 - 1));
	}
}

/* The protocols that any rule names with -p, and extension headers. */
static void find_protos(struct guard *g)
{
	static const uint8_t headers[] = { IPPROTO_HOPOPTS, IPPROTO_ROUTING, IPPROTO_FRAGMENT,
					   IPPROTO_AH, IPPROTO_DSTOPTS };
	bool named[256] = { false };

	for (unsigned i = 0; i < sizeof(headers); i++)
		named[headers[i]] = true;
	for (unsigned t = 0; t < TABLE_COUNT; t++)
		for (const struct chain *c = g->ir->rs->tables[t].chains; c; c = c->next)
			for (uint32_t i = 0; i < c->nrules; i++)
				if (c->rules[i]->spec && c->rules[i]->spec->proto < 256)
					named[c->rules[i]->spec->proto] = true;
	g->protos = arena_array(g->ir->arena, 256, sizeof(*g->protos));
	for (unsigned i = 0; i < 256; i++)
		if (named[i])
			g->protos[g->nprotos++] = (struct arg_range){ i, i };
}

/* ip6_packet_match(): a chain of headers that breaks. */
static void header_chain(struct guard *g)
{
	struct operand l4proto = operand_of(FIELD_META_L4PROTO);

	if (!g->protos)
		find_protos(g);
	lower_eq(g->l, l4proto, IPPROTO_AH, true);
	end_rule(g->l, VERDICT_RETURN);
	lower_eq(g->l, l4proto, IPPROTO_AH, false);
	lower_in(g->l, transport_byte(0), g->protos, g->nprotos, true);
	end_rule(g->l, VERDICT_RETURN);
}

/* ah_mt6(). The field counts units of 4 bytes, without the first two. */
static void auth_header(struct lower *l)
{
	lower_eq(l, operand_of(FIELD_META_L4PROTO), IPPROTO_AH, true);
	end_rule(l, VERDICT_RETURN);
	for (unsigned units = 0; units <= AH_UNITS_MAX; units++) {
		unsigned bytes = units * 4 + 8;

		lower_eq(l, operand_of(FIELD_META_L4PROTO), IPPROTO_AH, false);
		lower_eq(l, operand_of(FIELD_AH_HDRLENGTH), units, false);
		return_when_loads(
			l, transport_byte((bytes < AH_BYTES_MIN ? AH_BYTES_MIN : bytes) - 1));
	}
}

/* frag_mt6(); hbh_mt6(), rt_mt6(): skb->len - ptr < hdrlen. */
static void ext_header(struct guard *g, uint8_t type)
{
	struct lower *l = g->l;

	if (type == IPPROTO_FRAGMENT) {
		return_when_loads(l, exthdr_of(type, 32, 32));
		lower_exists(l, exthdr_of(type, 0, 0), false);
		end_rule(l, VERDICT_DROP);
		return_when_loads(l, operand_of(FIELD_META_L4PROTO));
		return;
	}
	return_when_loads(l, transport_byte(0));
	lower_exists(l, exthdr_of(type, 0, 0), true);
	return_when_loads(l, operand_of(FIELD_META_L4PROTO));
	lower_eq(l, operand_of(FIELD_META_L4PROTO), IPPROTO_NONE, false);
	end_rule(l, VERDICT_RETURN);
}

/* What ports are asked of. */
static void followed(struct guard *g, bool fragments)
{
	static const struct arg_range nothing[] = { { IPPROTO_AH, IPPROTO_AH },
						    { IPPROTO_NONE, IPPROTO_NONE } };
	struct lower *l = g->l;

	if (fragments) {
		lower_eq(l, guard_frag_offset(g), 0, true);
		return_when_loads(l, operand_of(FIELD_META_L4PROTO));
	}
	lower_in(l, operand_of(FIELD_META_L4PROTO), nothing, 2, true);
	end_rule(l, VERDICT_RETURN);
}

static void ext_headers(struct guard *g, uint8_t what, bool fragments)
{
	switch (what) {
	case NEED_WALK: return_when_loads(g->l, operand_of(FIELD_META_L4PROTO)); break;
	case NEED_NO_AH: lower_eq(g->l, operand_of(FIELD_META_L4PROTO), IPPROTO_AH, false); break;
	case NEED_PORTS: followed(g, fragments); break;
	case IPPROTO_AH: auth_header(g->l); break;
	default: ext_header(g, what); break;
	}
}

static const char *exthdr_key(struct guard *g, uint8_t what)
{
	switch (what) {
	case NEED_WALK: return "hotdrop-walk";
	case NEED_NO_AH: return "hotdrop-ah";
	case NEED_PORTS: return "hotdrop-ports";
	default: return arena_printf(g->ir->arena, "hotdrop-exthdr-%u", what);
	}
}

static const char *chain_key(struct guard *g, const struct inst_need_header *n, bool frag1)
{
	if (n->exthdr)
		return exthdr_key(g, n->proto);
	if (n->options)
		return n->options == NEED_OPTIONS_MSS ? "hotdrop-mss" : "hotdrop-tcp-options";
	return n->bytes ? arena_printf(g->ir->arena, "hotdrop-%u%s", n->bytes,
				       frag1 ? "-fragment" : "")
			: "hotdrop-headers";
}

/* Not, where the chain of headers is asked for, nor for a fragment header, which may be short in
 * one of them. */
static bool asks_for_fragments(const struct guard *g, const struct ir_chain *c,
			       const struct inst_need_header *n)
{
	if (guard_whole_packets(g, c) || guard_needs_chain(n))
		return false;
	return !n->exthdr || (n->proto != IPPROTO_FRAGMENT && n->proto < NEED_PORTS);
}

/* The packet stays only when the header is whole: `… return`, `… return`, `drop`. */
static struct ir_chain *chain_make(struct guard *g, const struct ir_chain *c,
				   const struct inst_need_header *n)
{
	struct lower *l = g->l;
	bool fragments = asks_for_fragments(g, c, n), fresh;
	bool frag1 = fragments && n->frag1_drops && g->ir->family == FAMILY_IPV4;
	struct lower_saved saved;

	l->chain = (struct ir_chain *)c; /* only its table is looked at */
	struct ir_chain *h = lower_helper_chain(l, chain_key(g, n, frag1), &fresh);

	if (!fresh)
		return h;
	lower_into(l, h, &saved);
	if (frag1) {
		lower_eq(l, guard_frag_offset(g), 1, false);
		end_rule(l, VERDICT_DROP);
	}
	if (fragments)
		return_fragments(g);
	if (n->exthdr)
		ext_headers(g, n->proto, !guard_whole_packets(g, c));
	else if (n->options)
		tcp_options(g, n);
	else if (n->bytes)
		return_when_loads(l, transport_byte(n->bytes - 1u));
	else
		header_chain(g);
	lower_verdict(l, VERDICT_DROP);
	lower_back(l, &saved);
	return h;
}

static bool same_need(const struct inst_need_header *a, const struct inst_need_header *b)
{
	return a->proto == b->proto && a->bytes == b->bytes && a->exthdr == b->exthdr &&
	       a->frag1_drops == b->frag1_drops && a->options == b->options;
}

struct ir_chain *guard_chain(struct guard *g, const struct ir_chain *c,
			     const struct inst_need_header *n)
{
	struct made *m;

	for (m = g->made; m < g->made + 16 && m->chain; m++)
		if (m->table == c->table && same_need(&m->need, n))
			return m->chain;
	m = &g->made[g->nmade++ % 16];
	*m = (struct made){ chain_make(g, c, n), c->table, *n };
	return m->chain;
}
