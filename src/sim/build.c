/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * build: a packet from the keys of packet.spec.
 *
 * Defaults are what a person would mean: a TCP packet without flags is a SYN, an ICMP packet an echo
 * request, the TTL is 64, a packet that is sent from here has the address of the interface that it
 * leaves by. Lengths and checksums come last and are right unless the packet is given in hex.
 */
#include "sim/build.h"

#include <linux/if_packet.h>
#include <netinet/in.h>
#include "sim/reply.h"
#include "sim/route.h"
#include "value.h"

#define TCP_SYN      0x02
#define TCP_ACK      0x10
#define DEFAULT_PORT 40000
#define L4_MAX       60

struct draft {
	struct spec *spec;
	const struct spec_packet *k;
	struct sim_packet *p;
	unsigned family, proto;
	struct addr src, dst;
	uint8_t l4[L4_MAX + 64];
	uint32_t l4len;
};

static bool fail(const struct draft *d, enum spec_key k, const char *msg)
{
	diag_error(d->spec->diags, spec_given(d->k, k) ? d->k->where[k] : d->k->at, "%s", msg);
	return false;
}

static uint32_t num(const struct draft *d, enum spec_key k, uint32_t otherwise)
{
	return spec_given(d->k, k) ? (uint32_t)d->k->num[k] : otherwise;
}

/* Which protocol has this key? */
static unsigned implied_proto(const struct draft *d)
{
	if (spec_given(d->k, KEY_ICMP_TYPE) || spec_given(d->k, KEY_ICMP_CODE))
		return d->family == FAMILY_IPV6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
	if (spec_given(d->k, KEY_SPI))
		return IPPROTO_ESP;
	return IPPROTO_TCP;
}

static void tcp_header(struct draft *d)
{
	uint8_t *h = d->l4;
	uint32_t flags = num(d, KEY_FLAGS, TCP_SYN), opts = 0;

	put32(h + 4, num(d, KEY_SEQ, 1000));
	put32(h + 8, num(d, KEY_ACK, flags & TCP_ACK ? 2000 : 0));
	h[13] = (uint8_t)flags;
	put16(h + 14, num(d, KEY_WINDOW, 64240));
	if (spec_given(d->k, KEY_MSS)) {
		h[20] = 2;
		h[21] = 4;
		put16(h + 22, num(d, KEY_MSS, 0));
		opts = 4;
	}
	if (d->k->tcp_options.len) {
		memcpy(h + 20 + opts, d->k->tcp_options.data, d->k->tcp_options.len);
		opts += d->k->tcp_options.len;
	}
	opts = (opts + 3) & ~3u;
	h[12] = (uint8_t)((20 + opts) / 4 << 4);
	d->l4len = 20 + opts;
}

static void icmp_header(struct draft *d)
{
	bool v6 = d->family == FAMILY_IPV6;

	d->l4[0] = (uint8_t)num(d, KEY_ICMP_TYPE, v6 ? 128 : 8);
	d->l4[1] = (uint8_t)num(d, KEY_ICMP_CODE, 0);
	put16(d->l4 + 4, num(d, KEY_ID, 1)); /* the ping's number, as a port elsewhere */
	put16(d->l4 + 6, 1);
	d->l4len = 8;
}

static bool l4_header(struct draft *d)
{
	const struct spec_packet *k = d->k;
	bool ports = proto_has_ports(d->proto);

	if (!ports && (spec_given(k, KEY_SPORT) || spec_given(k, KEY_DPORT)))
		return fail(d, spec_given(k, KEY_SPORT) ? KEY_SPORT : KEY_DPORT,
			    "this protocol has no ports");
	if (d->proto != IPPROTO_TCP &&
	    (spec_given(k, KEY_FLAGS) || spec_given(k, KEY_MSS) || k->tcp_options.len))
		return fail(d, spec_given(k, KEY_FLAGS) ? KEY_FLAGS
			       : spec_given(k, KEY_MSS) ? KEY_MSS : KEY_TCP_OPTIONS,
			    "this needs proto=tcp");
	if (ports && !(num(d, KEY_FRAG, 0) & PACKET_OFFSET)) {
		if (!spec_given(k, KEY_DPORT))
			return fail(d, KEY_DPORT, "dport is missing");
		put16(d->l4, num(d, KEY_SPORT, DEFAULT_PORT));
		put16(d->l4 + 2, num(d, KEY_DPORT, 0));
	}
	switch (d->proto) {
	case IPPROTO_TCP: tcp_header(d); break;
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE: d->l4len = 8; break;
	case IPPROTO_SCTP: /* an INIT chunk */
		memcpy(d->l4 + 12, "\1\0\0\24\0\0\0\7\0\0\0\11\0\1\0\1\0\0\0\5", 20);
		d->l4len = 32;
		break;
	case IPPROTO_DCCP: /* a REQUEST with long sequence numbers */
		d->l4[4] = 5;
		d->l4[8] = 1;
		d->l4len = 20;
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6: icmp_header(d); break;
	case IPPROTO_ESP:
		put32(d->l4, num(d, KEY_SPI, 256));
		put32(d->l4 + 4, 1);
		d->l4len = 24;
		break;
	case IPPROTO_AH:
		d->l4[0] = IPPROTO_NONE;
		d->l4[1] = 4;
		put32(d->l4 + 4, num(d, KEY_SPI, 256));
		put32(d->l4 + 8, 1);
		d->l4len = 24;
		break;
	default: break;
	}
	if (num(d, KEY_FRAG, 0) & PACKET_OFFSET)
		d->l4len = 0; /* a later fragment has data only */
	return true;
}

static void put_header4(struct draft *d, uint8_t *b, uint32_t len)
{
	uint32_t tos = num(d, KEY_TOS, num(d, KEY_DSCP, 0) << 2 | num(d, KEY_ECN, 0));

	b[0] = 0x45;
	b[1] = (uint8_t)tos;
	put16(b + 2, len);
	put16(b + 4, num(d, KEY_ID, 1) & 0xffff);
	put16(b + 6, num(d, KEY_FRAG, 0) | (num(d, KEY_DF, 0) ? PACKET_DF : 0));
	b[8] = (uint8_t)num(d, KEY_TTL, d->spec->host->default_ttl);
	b[9] = (uint8_t)d->proto;
	memcpy(b + 12, d->src.b, 4);
	memcpy(b + 16, d->dst.b, 4);
}

static void put_header6(struct draft *d, uint8_t *b, uint32_t len)
{
	uint32_t tos = num(d, KEY_TOS, num(d, KEY_DSCP, 0) << 2 | num(d, KEY_ECN, 0));

	put32(b, 6u << 28 | tos << 20);
	put16(b + 4, len - 40);
	b[6] = (uint8_t)d->proto;
	b[7] = (uint8_t)num(d, KEY_TTL, d->spec->host->default_ttl);
	memcpy(b + 8, d->src.b, 16);
	memcpy(b + 24, d->dst.b, 16);
	if (spec_given(d->k, KEY_FRAG)) {
		uint32_t frag = num(d, KEY_FRAG, 0);

		b[6] = IPPROTO_FRAGMENT;
		b[40] = (uint8_t)d->proto;
		put16(b + 42, (frag & PACKET_OFFSET) << 3 | (frag & PACKET_MF ? 1 : 0));
		put32(b + 44, num(d, KEY_ID, 1));
	}
}

static bool assemble(struct draft *d)
{
	uint32_t head = d->family == FAMILY_IPV6 ? (spec_given(d->k, KEY_FRAG) ? 48 : 40) : 20;
	uint32_t least = head + d->l4len + d->k->payload.len;
	uint32_t len = num(d, KEY_LEN, least);
	uint8_t *b;

	if (len < least)
		return fail(d, KEY_LEN, "len is less than the headers and the payload need");
	if (len > 65535)
		return fail(d, KEY_PAYLOAD, "the packet would be larger than 65535 bytes");
	b = arena_alloc(d->spec->arena, len);
	if (d->family == FAMILY_IPV6)
		put_header6(d, b, len);
	else
		put_header4(d, b, len);
	memcpy(b + head, d->l4, d->l4len);
	if (d->k->payload.len)
		memcpy(b + head + d->l4len, d->k->payload.data, d->k->payload.len);
	if ((d->proto == IPPROTO_UDP || d->proto == IPPROTO_UDPLITE) && d->l4len)
		put16(b + head + 4, len - head);
	packet_set(d->p, d->spec->arena, b, len);
	packet_checksums(d->p);
	return true;
}

/* A packet that is sent from here without src=: the kernel picks the address. */
static bool pick_source(struct draft *d)
{
	struct route_query q = { .family = d->family, .dst = d->dst, .oif = d->k->oif,
				 .mark = num(d, KEY_MARK, 0) };
	struct route_answer a = route_output(d->spec->host, &q);
	const struct host_address *own;

	if (a.kind == ROUTE_UNREACHABLE || !a.dev)
		return fail(d, KEY_DST, "no route to dst: say src");
	if (a.kind == ROUTE_LOCAL) {
		d->src = d->dst;
		return true;
	}
	if (a.route && a.route->has_src) {
		d->src = a.route->src;
		return true;
	}
	own = host_address_of(d->spec->host, a.dev, d->family);
	if (!own)
		return fail(d, KEY_DST, "the interface towards dst has no address: say src");
	d->src = own->addr;
	return true;
}

static bool from_keys(struct draft *d)
{
	const struct spec_packet *k = d->k;
	const struct host_address *own;

	d->family = k->family;
	d->src = k->src;
	d->dst = k->dst;
	if (!spec_given(k, KEY_SRC) && !pick_source(d))
		return false;
	if (!spec_given(k, KEY_DST)) {
		own = host_address_of(d->spec->host, k->in, d->family);
		if (!own)
			return fail(d, KEY_IN, "dst is missing, and the interface has no address");
		d->dst = own->addr;
	}
	d->proto = spec_given(k, KEY_PROTO) ? (unsigned)k->num[KEY_PROTO] : implied_proto(d);
	if (d->family == FAMILY_IPV6 && d->proto == IPPROTO_ICMP)
		d->proto = IPPROTO_ICMPV6;
	return l4_header(d) && assemble(d);
}

static void metadata(const struct draft *d)
{
	const struct spec_packet *k = d->k;
	struct sim_packet *p = d->p;

	p->mark = num(d, KEY_MARK, 0);
	p->has_socket = p->local;
	p->shows_socket = p->local && !spec_given(k, KEY_RAW);
	p->uid = num(d, KEY_UID, 0);
	p->gid = num(d, KEY_GID, 0);
	p->pkttype = (uint8_t)num(d, KEY_PKTTYPE, PACKET_HOST);
	p->has_mac = !p->local && p->in && !p->in->loopback;
	memcpy(p->smac, spec_given(k, KEY_SMAC) ? k->smac : (const uint8_t *)"\2\0\0\0\xff\1", 6);
	if (spec_given(k, KEY_DMAC))
		memcpy(p->dmac, k->dmac, 6);
	else if (p->pkttype == PACKET_BROADCAST)
		memset(p->dmac, 0xff, 6);
	else if (p->in)
		memcpy(p->dmac, p->in->mac, 6);
	p->forced_state = (uint8_t)num(d, KEY_STATE, 0);
	p->has_forced_mark = spec_given(k, KEY_CTMARK);
	p->forced_mark = num(d, KEY_CTMARK, 0);
	p->has_time = spec_given(k, KEY_TIME);
	p->epoch = k->num[KEY_TIME];
}

bool build_packet(struct spec *s, const struct spec_packet *k, const struct sim_packet *last,
		  struct sim_packet *p)
{
	struct draft d = { .spec = s, .k = k, .p = p };

	memset(p, 0, sizeof(*p));
	p->in = k->in;
	p->bound = k->oif;
	p->local = k->out;
	if (k->reply)
		return reply_packet(s, k, last, p);
	if (spec_given(k, KEY_RAW))
		packet_set(p, s->arena, k->raw.data, k->raw.len);
	else if (!from_keys(&d))
		return false;
	metadata(&d);
	return true;
}
