/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nat: translation of a connection's addresses, settled by its first packet.
 *
 * nf_nat_inet_fn(), nf_nat_setup_info() and nf_nat_packet() of net/netfilter/nf_nat_core.c, the targets'
 * nf_nat_redirect*.c and nf_nat_masquerade.c, and ICMP errors of nf_nat_proto.c. A connection that no
 * rule translates gets a null binding, so that its packets don't ask again.
 */
#include "sim/nat.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include "sim/nat_tuple.h"

static bool is_src(enum hook_id h)
{
	return h == HOOK_POSTROUTING || h == HOOK_INPUT;
}

static void tell(struct sim *s, const struct sim_packet *p, const struct tuple *from,
		 const struct tuple *to, bool src, bool random)
{
	char a[INET6_ADDRSTRLEN], b[INET6_ADDRSTRLEN];
	int af = from->family == FAMILY_IPV6 ? AF_INET6 : AF_INET;
	bool ports = proto_has_ports(from->proto);

	if (!s->wants_notes)
		return;
	inet_ntop(af, src ? &from->src : &from->dst, a, sizeof(a));
	inet_ntop(af, src ? &to->src : &to->dst, b, sizeof(b));
	if (ports)
		sim_note(s, p, EVENT_NAT, "%s: %s port %u becomes %s port %u%s",
			 src ? "source" : "destination", a, src ? from->sport : from->dport, b,
			 src ? to->sport : to->dport, random ? " (drawn at random)" : "");
	else
		sim_note(s, p, EVENT_NAT, "%s: %s becomes %s",
			 src ? "source" : "destination", a, b);
}

/* nf_nat_setup_info() */
static enum sim_result setup(struct sim *s, struct sim_packet *p, const struct nat_range *r, bool src)
{
	struct conn *c = p->conn;
	struct tuple now, then;
	bool random;

	if (c->confirmed)
		return RESULT_ACCEPT;
	if (!conn_invert(&c->tuple[1], &now)) {
		s->why = "its connection has no answer that NAT could expect";
		return RESULT_DROP;
	}
	nat_unique(s, c, &now, r, src, &then, &random);
	if (!tuple_equal(&now, &then)) {
		conn_invert(&then, &c->tuple[1]);
		c->status |= src ? IPS_SRC_NAT : IPS_DST_NAT;
		tell(s, p, &now, &then, src, random);
	}
	c->status |= src ? IPS_SRC_NAT_DONE : IPS_DST_NAT_DONE;
	return RESULT_ACCEPT;
}

static enum sim_result null_binding(struct sim *s, struct sim_packet *p, bool src)
{
	struct nat_range r = { .map_ips = true };

	r.lo = r.hi = src ? p->conn->tuple[1].dst : p->conn->tuple[1].src;
	return setup(s, p, &r, src);
}

static bool masquerade(struct sim *s, struct sim_packet *p, struct nat_range *r)
{
	struct route_query q = { .family = p->family, .oif = p->out, .mark = p->mark };
	const struct host_route *route;
	struct addr src;

	packet_addrs(p, &src, &q.dst);
	route = route_lookup(s->host, &q);
	if (route && route->has_via)
		q.dst = route->via;
	if (!p->out || !host_source(s->host, p->out, p->family, &q.dst, &r->lo)) {
		s->why = "the output interface has no address to masquerade with";
		return false;
	}
	return true;
}

/* ipv6_addr_type() & IPV6_ADDR_SCOPE_MASK, where a compatible IPv4 address counts as a scope too. */
static unsigned scope6(const struct addr *a)
{
	static const uint8_t zero[15];

	if (a->b[0] == 0xfe && (a->b[1] & 0xc0) == 0x80)
		return 0x20;
	if (a->b[0] == 0xfe && (a->b[1] & 0xc0) == 0xc0)
		return 0x40;
	if (!memcmp(a->b, zero, 12))
		return !memcmp(a->b, zero, 15) && a->b[15] == 1 ? 0x10 : 0x80;
	return 0;
}

/* nf_nat_redirect_ipv4(): the first address; nf_nat_redirect_ipv6(): the first of a fitting scope, where
 * the kernel keeps the newest first (ipv6_link_dev_addr()). */
static const struct host_address *redirect_address(const struct sim *s, const struct sim_packet *p)
{
	const struct host_address *found = NULL;
	struct addr src, dst;
	unsigned scope;

	packet_addrs(p, &src, &dst);
	scope = p->family == FAMILY_IPV6 ? scope6(&dst) : 0;
	for (const struct host_address *a = s->host->addresses; a; a = a->next) {
		if (a->dev != p->in || a->family != p->family || (scope && !(scope & scope6(&a->addr))))
			continue;
		if (!found || (p->family == FAMILY_IPV6 && scope6(&a->addr) <= scope6(&found->addr)))
			found = a;
	}
	return found;
}

static bool redirect(struct sim *s, struct sim_packet *p, struct nat_range *r)
{
	const struct host_address *a;

	if (s->hook == HOOK_OUTPUT) {
		if (p->family == FAMILY_IPV6)
			r->lo.b[15] = 1;
		else
			memcpy(r->lo.b, "\177\0\0\1", 4);
		return true;
	}
	a = redirect_address(s, p);
	if (!a) {
		s->why = "the input interface has no address to redirect to";
		return false;
	}
	r->lo = a->addr;
	return true;
}

/* NETMAP: the network part is replaced. @n holds the range of the new network. */
static void netmap(const struct sim_packet *p, const struct inst_nat *n, bool src, struct nat_range *r)
{
	struct addr s, d;
	unsigned bytes = family_bytes(p->family);

	packet_addrs(p, &s, &d);
	for (unsigned i = 0; i < bytes; i++) {
		uint8_t host = n->addr_lo.b[i] ^ n->addr_hi.b[i];

		r->lo.b[i] = (uint8_t)((n->addr_lo.b[i] & ~host) | ((src ? s : d).b[i] & host));
	}
	r->hi = r->lo;
	r->flags &= (uint8_t)~NAT_NETMAP;
}

/* A shifted port range: the port follows from another. */
static enum sim_result mapped_port(struct sim *s, struct sim_packet *p, const struct inst_nat *n,
				   struct nat_range *r)
{
	unsigned width = operand_bytes(n->port_key);
	struct value v;

	if (load_operand(s, p, n->port_key, &v) != LOAD_OK)
		return RESULT_FAIL;
	for (uint32_t i = 0; i < n->nport_map; i++) {
		const struct map_entry *e = &n->port_map[i];

		if (memcmp(v.b, e->key.lo.b, width) < 0 || memcmp(v.b, e->key.hi.b, width) > 0)
			continue;
		r->map_ports = true;
		r->port_lo = (uint16_t)value_get(&e->data.lo, 2);
		r->port_hi = (uint16_t)value_get(&e->data.hi, 2);
		return RESULT_PASS;
	}
	return RESULT_FAIL;
}

enum sim_result nat_target(struct sim *s, struct sim_packet *p, const struct inst *i)
{
	const struct inst_nat *n = &i->nat;
	struct nat_range r = { .map_ips = n->has_addr, .map_ports = n->has_port, .flags = n->flags,
			       .lo = n->addr_lo, .hi = n->addr_hi, .port_lo = n->port_lo,
			       .port_hi = n->port_hi };
	bool src = n->kind == NAT_SNAT || n->kind == NAT_MASQUERADE;

	if (!p->conn)
		return RESULT_FAIL;
	if (n->nport_map && mapped_port(s, p, n, &r) != RESULT_PASS)
		return RESULT_FAIL;
	if (n->kind == NAT_MASQUERADE || n->kind == NAT_REDIRECT) {
		if (n->kind == NAT_MASQUERADE ? !masquerade(s, p, &r) : !redirect(s, p, &r))
			return RESULT_DROP;
		r.hi = r.lo;
		r.map_ips = true;
	} else if (n->flags & NAT_NETMAP) {
		netmap(p, n, src, &r);
	}
	return setup(s, p, &r, src);
}

static bool icmp_has_id(const struct sim_packet *p, uint8_t type)
{
	if (p->family == FAMILY_IPV6)
		return type == 128 || type == 129;
	return type == 8 || type == 0 || (type >= 13 && type <= 18);
}

/* gre_manip_pkt(): only versions 0 and 1 can be sent elsewhere; the key of 1 is in the tuple. */
static bool manipulate_gre(struct sim_packet *p, const struct tuple *t, bool src)
{
	uint8_t version;

	if (packet_l4_len(p) < 8)
		return false;
	version = p->data[p->thoff + 1] & GRE_VERSION;
	if (!src && version == GRE_VERSION_PPTP)
		put16(p->data + p->thoff + 6, t->dport);
	return src || version <= GRE_VERSION_PPTP;
}

/* Write one side of a tuple into a packet (nf_nat_ipv4_manip_pkt()). False: it can't be, and the packet is dropped. */
static bool manipulate(struct sim_packet *p, const struct tuple *t, bool src)
{
	bool icmp = p->l4proto == (p->family == FAMILY_IPV6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP);

	packet_set_addr(p, !src, src ? &t->src : &t->dst);
	if (p->fragoff)
		return true;
	if (p->l4proto == IPPROTO_GRE)
		return manipulate_gre(p, t, src);
	if (proto_has_ports(p->l4proto) && p->l4proto != IPPROTO_DCCP)
		packet_set_port(p, !src, src ? t->sport : t->dport);
	else if (icmp && packet_l4_len(p) >= 8 && icmp_has_id(p, p->data[p->thoff]))
		put16(p->data + p->thoff + 4, t->sport);
	return true;
}

static bool wants(const struct conn *c, bool reply, bool src)
{
	return c->status & (src != reply ? IPS_SRC_NAT : IPS_DST_NAT);
}

/* nf_nat_icmp_reply_translation(): the error and the packet that it quotes. */
static void translate_error(struct sim_packet *p, bool src)
{
	const struct conn *c = p->conn;
	struct sim_packet inner = { .family = p->family, .data = p->data + p->thoff + 8,
				    .len = packet_l4_len(p) - 8 };
	struct tuple target;

	if (!wants(c, p->reply_dir, src))
		return;
	packet_parse(&inner);
	manipulate(&inner, &c->tuple[!p->reply_dir], !src);
	if (inner.family == FAMILY_IPV4)
		packet_checksums(&inner);
	conn_invert(&c->tuple[!p->reply_dir], &target);
	packet_set_addr(p, !src, src ? &target.src : &target.dst);
	packet_checksums(p);
}

static enum sim_result translate(struct sim *s, struct sim_packet *p, bool src)
{
	struct tuple before, target;

	if (!wants(p->conn, p->reply_dir, src) || !conn_invert(&p->conn->tuple[!p->reply_dir], &target))
		return RESULT_ACCEPT;
	conn_tuple(p, &before);
	if (!manipulate(p, &target, src)) {
		s->why = "NAT can't change this protocol's header";
		return RESULT_DROP;
	}
	packet_checksums(p);
	if (s->observer && (p->reply_dir || !p->ct_new)) {
		struct tuple now;

		conn_tuple(p, &now);
		if (!tuple_equal(&before, &now))
			tell(s, p, &before, &now, src, false);
	}
	return RESULT_ACCEPT;
}

enum sim_result nat_hook(struct sim *s, struct sim_packet *p, enum hook_id h)
{
	bool src = is_src(h);
	uint32_t done = src ? IPS_SRC_NAT_DONE : IPS_DST_NAT_DONE;
	enum sim_result r;

	if (!p->conn || !s->ir->rs->tables[TABLE_NAT].present)
		return RESULT_ACCEPT;
	if (p->ct_state == PACKET_STATE_RELATED &&
	    p->l4proto == (p->family == FAMILY_IPV6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP)) {
		translate_error(p, src);
		return RESULT_ACCEPT;
	}
	if (p->ct_state != PACKET_STATE_ESTABLISHED && !(p->conn->status & done)) {
		r = chain_run(s, p, TABLE_NAT, h);
		if (r != RESULT_ACCEPT)
			return r;
		if (!(p->conn->status & done) && null_binding(s, p, src) != RESULT_ACCEPT)
			return RESULT_DROP;
	}
	return translate(s, p, src);
}
