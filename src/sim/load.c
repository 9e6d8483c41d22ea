/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * load: operands that are not in the packet's bytes: meta, fib, sockets, generators; and stores.
 *
 * After nft_meta_get_eval(), nft_fib*.c and xt_addrtype.c of net/netfilter.
 */
#include "sim/load.h"

#include <netinet/in.h>
#include <linux/if_packet.h>
#include <linux/netfilter.h>
#include <time.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/rtnetlink.h>
#include "sim/conn.h"
#include "sim/sim.h"
#include "sim/state.h"

static enum load_result number(struct value *out, uint64_t n, unsigned bytes)
{
	*out = value_num(n, bytes);
	return LOAD_OK;
}

static enum load_result device(const struct host_iface *dev, unsigned field, struct value *out)
{
	memset(out, 0, sizeof(*out));
	if (field == FIELD_META_IIFNAME || field == FIELD_META_OIFNAME) {
		/* No device: the empty name, as nulldevname of ip_tables. */
		if (dev)
			memcpy(out->b, dev->name, strlen(dev->name));
		return LOAD_OK;
	}
	if (!dev)
		return LOAD_BREAK;
	switch (field) {
	case FIELD_META_IIF:
	case FIELD_META_OIF: return number(out, dev->index, 4);
	case FIELD_META_IIFTYPE:
	case FIELD_META_OIFTYPE: return number(out, dev->type, 2);
	default: return number(out, dev->group, 4);
	}
}

/* Seconds since 1970 at this packet; false: nobody has said. */
static bool wall_clock(const struct sim *s, const struct sim_packet *p, uint64_t *t)
{
	if (p->has_time)
		*t = p->epoch;
	else if (s->epoch)
		*t = s->epoch + s->now_ms / 1000;
	else
		return false;
	return true;
}

static enum load_result clock_field(const struct sim *s, const struct sim_packet *p, unsigned field,
				    struct value *out)
{
	uint64_t t;

	if (!wall_clock(s, p, &t))
		return LOAD_UNKNOWN;
	if (field == FIELD_META_TIME)
		return number(out, t * 1000000000u, 8);
	if (field == FIELD_META_HOUR)
		return number(out, t % 86400, 4);
	return number(out, (t / 86400 + 4) % 7, 1); /* 1970-01-01 was a Thursday; Sunday is 0 */
}

/* pkttype_mt(), nft_meta_get_eval_pkttype_lo(): what a copy to ourselves counts as */
static unsigned group_type(const struct sim_packet *p)
{
	struct addr src, dst;

	packet_addrs(p, &src, &dst);
	return addr_is_multicast(p->family, &dst) ? PACKET_MULTICAST : PACKET_BROADCAST;
}

static enum load_result meta(const struct sim *s, const struct sim_packet *p, unsigned field,
			     struct value *out)
{
	bool v6 = p->family == FAMILY_IPV6;

	switch (field) {
	case FIELD_META_L4PROTO: return p->whole ? number(out, p->l4proto, 1) : LOAD_BREAK;
	case FIELD_META_NFPROTO: return number(out, v6 ? NFPROTO_IPV6 : NFPROTO_IPV4, 1);
	case FIELD_META_PROTOCOL: return number(out, v6 ? 0x86dd : 0x0800, 2);
	case FIELD_META_LENGTH: return number(out, p->len, 4);
	case FIELD_META_MARK: return p->mark_unknown ? LOAD_UNKNOWN : number(out, p->mark, 4);
	case FIELD_META_PRIORITY: return number(out, p->priority, 4);
	case FIELD_META_IIFNAME:
	case FIELD_META_IIF:
	case FIELD_META_IIFTYPE:
	case FIELD_META_IIFGROUP: return device(p->in, field, out);
	case FIELD_META_OIFNAME:
	case FIELD_META_OIF:
	case FIELD_META_OIFTYPE:
	case FIELD_META_OIFGROUP: return device(p->out, field, out);
	case FIELD_META_SKUID: return p->has_socket ? number(out, p->uid, 4) : LOAD_BREAK;
	case FIELD_META_SKGID: return p->has_socket ? number(out, p->gid, 4) : LOAD_BREAK;
	case FIELD_META_NFTRACE: return number(out, 0, 1);
	case FIELD_META_RTCLASSID: return number(out, 0, 4);
	case FIELD_META_SECMARK: return number(out, p->secmark, 4);
	case FIELD_META_PKTTYPE: return number(out, p->pkttype == PACKET_LOOPBACK ? group_type(p) : p->pkttype, 1);
	case FIELD_META_TIME:
	case FIELD_META_DAY:
	case FIELD_META_HOUR: return clock_field(s, p, field, out);
	case FIELD_META_SECPATH: return number(out, 0, 1); /* as KIND_IPSEC below */
	default: return LOAD_UNKNOWN; /* cpu, cgroup, random */
	}
}

static enum load_result fib(const struct sim *s, const struct sim_packet *p,
			    const struct operand *o, struct value *out)
{
	const struct host_iface *dev = o->fib.flags & NFTA_FIB_F_IIF ? p->in
				       : o->fib.flags & NFTA_FIB_F_OIF ? p->out : NULL;
	struct route_query q = { .family = p->family,
				 .mark = o->fib.flags & NFTA_FIB_F_MARK ? p->mark : 0 };
	const struct host_route *r;
	struct addr src, dst;

	packet_addrs(p, &src, &dst);
	q.dst = o->fib.flags & NFTA_FIB_F_DADDR ? dst : src;
	if (o->field == FIELD_FIB_TYPE)
		return number(out, route_addr_type(s->host, p->family, &q.dst, dev), 4);
	q.src = o->fib.flags & NFTA_FIB_F_DADDR ? src : dst;
	q.has_src = true;
	r = route_lookup(s->host, &q);
	memset(out, 0, sizeof(*out));
	if (p->in && p->in->loopback) /* nft_fib_can_skip() */
		return o->exists ? number(out, 1, operand_bytes(o))
				 : device(p->in,
					  o->field == FIELD_FIB_OIF ? FIELD_META_IIF
								    : FIELD_META_IIFNAME,
					  out);
	if (r && (r->type != RTN_UNICAST || (dev && r->dev != dev)))
		r = NULL;
	if (o->exists)
		return number(out, r != NULL, operand_bytes(o));
	if (r && o->field == FIELD_FIB_OIF)
		return number(out, r->dev->index, 4);
	if (r)
		memcpy(out->b, r->dev->name, strlen(r->dev->name));
	return LOAD_OK;
}

static enum load_result generator(struct sim *s, const struct operand *o, struct value *out)
{
	if (o->field != FIELD_NUMGEN_INC || !o->gen->modulus)
		return LOAD_UNKNOWN;
	return number(out, state_next(s, o, o->gen->modulus) + o->gen->offset, 4);
}

static void shift(struct value *v, unsigned bytes, unsigned by, bool right)
{
	struct value in = *v;
	int n = (int)bytes * 8;

	memset(v, 0, sizeof(*v));
	for (int i = 0; i < n; i++) {
		int from = right ? i - (int)by : i + (int)by;

		if (from >= 0 && from < n && in.b[from / 8] >> (7 - from % 8) & 1)
			v->b[i / 8] |= (uint8_t)(0x80 >> i % 8);
	}
}

void operand_transform(const struct operand *o, struct value *v)
{
	unsigned bytes = operand_bytes(o);

	for (unsigned k = 0; k < o->nxf; k++) {
		const struct xform *x = &o->xf[k];

		switch ((enum xform_op)x->op) {
		case XFORM_AND:
			for (unsigned i = 0; i < bytes; i++)
				v->b[i] &= x->value.b[i];
			break;
		case XFORM_XOR:
			for (unsigned i = 0; i < bytes; i++)
				v->b[i] ^= x->value.b[i];
			break;
		case XFORM_SHL: shift(v, bytes, x->shift, false); break;
		case XFORM_SHR: shift(v, bytes, x->shift, true); break;
		}
	}
}

/* The route's, which is another one already when OUTPUT has routed the packet again. */
static enum load_result rt_mtu(const struct sim_packet *p, struct value *out)
{
	const struct host_iface *dev = p->reroute ? p->reroute : p->out;

	return number(out, dev ? dev->mtu - (p->family == FAMILY_IPV6 ? 60 : 40) : 0, 2);
}

static enum load_result plain(struct sim *s, const struct sim_packet *p, const struct operand *o,
			      struct value *out)
{
	switch ((enum field_kind)field_table[o->field].kind) {
	case KIND_META: return meta(s, p, o->field, out);
	case KIND_CT: return load_ct(s, p, o, out);
	case KIND_PAYLOAD:
	case KIND_RAW:
	case KIND_EXTHDR:
	case KIND_TCPOPT:
	case KIND_IPOPT:
	case KIND_SCTPCHUNK: return load_header(p, o, out);
	case KIND_FIB: return fib(s, p, o, out);
	case KIND_RT:
		if (o->field == FIELD_RT_IPSEC)
			return p->out ? number(out, 0, 1) : LOAD_BREAK;
		return rt_mtu(p, out);
	case KIND_SOCKET: return LOAD_BREAK; /* no socket is known */
	case KIND_IPSEC: return LOAD_BREAK;  /* no packet here came through IPsec */
	case KIND_OSF: return LOAD_UNKNOWN;
	case KIND_GEN: return generator(s, o, out);
	}
	return LOAD_UNKNOWN;
}

enum load_result load_operand(struct sim *s, const struct sim_packet *p, const struct operand *o,
			      struct value *out)
{
	enum load_result r = plain(s, p, o, out);

	if (r == LOAD_OK && o->nxf)
		operand_transform(o, out);
	return r;
}

static bool store_meta(struct sim_packet *p, unsigned field, uint64_t n)
{
	switch (field) {
	case FIELD_META_MARK:
		p->mark = (uint32_t)n;
		p->mark_unknown = false;
		return true;
	case FIELD_META_PRIORITY: p->priority = (uint32_t)n; return true;
	case FIELD_META_SECMARK: p->secmark = (uint32_t)n; return true;
	case FIELD_META_PKTTYPE: p->pkttype = (uint8_t)n; return true;
	case FIELD_META_NFTRACE: return true;
	default: return false;
	}
}

static bool store_header(struct sim_packet *p, const struct operand *o, const struct value *v)
{
	const struct field_info *f = &field_table[o->field];
	unsigned base = f->kind == KIND_RAW ? o->raw.base : f->base;
	uint32_t off = f->kind == KIND_RAW ? o->raw.off : f->off,
		 start = base == BASE_TH ? p->thoff : 0;
	unsigned bits = operand_bits(o);

	if (base == BASE_LL)
		return true; /* the next header's business: gone when the packet is sent */
	if ((uint64_t)start * 8 + off + bits > (uint64_t)p->len * 8)
		return false;
	store_bits(p->data + start, off, bits, v);
	packet_parse(p);
	packet_checksums(p);
	return true;
}

static bool store_tcp_option(struct sim_packet *p, const struct operand *o, const struct value *v)
{
	struct operand at = *o;
	struct value old;

	/* Only where the option is there: find it by its kind byte. */
	at.exists = false;
	at.nxf = 0;
	if (load_header(p, &at, &old) != LOAD_OK)
		return true;
	for (uint32_t i = p->thoff + 20; i + 1 < p->thoff + (p->data[p->thoff + 12] >> 4) * 4u;) {
		if (p->data[i] == o->hdr.type) {
			store_bits(p->data + i, o->hdr.off, o->hdr.bits, v);
			packet_checksums(p);
			return true;
		}
		i += p->data[i] < 2 || p->data[i + 1] < 2 ? 1 : p->data[i + 1];
	}
	return true;
}

bool store_operand(struct sim *s, struct sim_packet *p, const struct operand *o,
		   const struct value *v)
{
	switch ((enum field_kind)field_table[o->field].kind) {
	case KIND_META: return store_meta(p, o->field, value_get(v, operand_bytes(o)));
	case KIND_CT: return store_ct(s, p, o, v);
	case KIND_PAYLOAD:
	case KIND_RAW: return store_header(p, o, v);
	case KIND_TCPOPT: return store_tcp_option(p, o, v);
	case KIND_EXTHDR:
	case KIND_IPOPT:
	case KIND_SCTPCHUNK:
	case KIND_FIB:
	case KIND_RT:
	case KIND_SOCKET:
	case KIND_IPSEC:
	case KIND_OSF:
	case KIND_GEN: break;
	}
	return false;
}
