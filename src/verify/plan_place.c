/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan_place: interfaces and addresses of a packet, so that routing takes it to the hook that is
 * aimed at, and out by the interface that is asked for.
 */
#include "verify/plan_make.h"

#include <linux/if_packet.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/rtnetlink.h>
#include "sim/load.h"

struct placing {
	const struct plan_wants *wants;
	struct plan_draft *d;
	enum hook_id hook;
	const struct host_iface *out;
};

static enum plan_slot slot_of(const struct operand *o)
{
	bool reply = o->dir == DIR_REPLY;

	switch (o->field) {
	case FIELD_META_L4PROTO:
	case FIELD_IP_PROTOCOL:
	case FIELD_IP6_NEXTHDR:
	case FIELD_CT_PROTOCOL: return SLOT_PROTO;
	case FIELD_META_IIFNAME:
	case FIELD_META_IIF:
	case FIELD_META_IIFTYPE:
	case FIELD_META_IIFGROUP: return SLOT_IN;
	case FIELD_META_OIFNAME:
	case FIELD_META_OIF:
	case FIELD_META_OIFTYPE:
	case FIELD_META_OIFGROUP: return SLOT_OUT;
	case FIELD_META_MARK: return SLOT_MARK;
	case FIELD_META_SKUID: return SLOT_UID;
	case FIELD_META_SKGID: return SLOT_GID;
	case FIELD_META_PKTTYPE: return SLOT_PKTTYPE;
	case FIELD_META_LENGTH:
	case FIELD_IP_LENGTH:
	case FIELD_IP6_LENGTH: return SLOT_LENGTH;
	case FIELD_CT_STATE:
	case FIELD_CT_DIRECTION:
	case FIELD_CT_STATUS: return SLOT_STATE;
	case FIELD_IP_SADDR:
	case FIELD_IP6_SADDR: return SLOT_SRC;
	case FIELD_IP_DADDR:
	case FIELD_IP6_DADDR: return SLOT_DST;
	case FIELD_CT_SADDR:
	case FIELD_CT_SADDR6: return reply ? SLOT_DST : SLOT_SRC;
	case FIELD_CT_DADDR:
	case FIELD_CT_DADDR6: return reply ? SLOT_SRC : SLOT_DST;
	case FIELD_FIB_TYPE: return o->fib.flags & NFTA_FIB_F_DADDR ? SLOT_DST : SLOT_SRC;
	case FIELD_CT_PROTO_SRC:
	case FIELD_CT_PROTO_DST: return SLOT_BITS;
	default: break;
	}
	switch ((enum field_kind)field_table[o->field].kind) {
	case KIND_PAYLOAD:
	case KIND_RAW: return SLOT_BITS;
	case KIND_EXTHDR:
	case KIND_TCPOPT:
	case KIND_IPOPT:
	case KIND_SCTPCHUNK: return SLOT_OPTION;
	case KIND_META:
	case KIND_CT:
	case KIND_FIB:
	case KIND_RT:
	case KIND_SOCKET:
	case KIND_IPSEC:
	case KIND_OSF:
	case KIND_GEN: break;
	}
	return SLOT_OTHER;
}

/* Of what goes the other way, this packet decides the addresses, ports and interfaces. */
static enum plan_slot turned(const struct plan_want *w, enum plan_slot s)
{
	const struct field_info *f = &field_table[w->on->field];

	switch (s) {
	case SLOT_PROTO: return s;
	case SLOT_SRC: return SLOT_DST;
	case SLOT_DST: return SLOT_SRC;
	case SLOT_IN: return SLOT_OUT;
	case SLOT_OUT: return SLOT_IN;
	case SLOT_BITS:
		return f->kind == KIND_PAYLOAD && f->base == BASE_TH && f->type == TYPE_PORT
			       ? s
			       : SLOT_OTHER;
	case SLOT_MARK:
	case SLOT_UID:
	case SLOT_GID:
	case SLOT_PKTTYPE:
	case SLOT_LENGTH:
	case SLOT_STATE:
	case SLOT_OPTION:
	case SLOT_OTHER: break;
	}
	return SLOT_OTHER;
}

enum plan_slot plan_slot(const struct plan_want *w)
{
	enum plan_slot s = slot_of(w->on);

	return w->reverse ? turned(w, s) : s;
}

/* The fields of an interface; no device: the empty name. */
static bool device_fits(const struct plan_want *w, const struct host_iface *dev)
{
	struct value v = { { 0 } };

	switch (w->on->field) {
	case FIELD_META_IIFNAME:
	case FIELD_META_OIFNAME:
		if (dev)
			memcpy(v.b, dev->name, strlen(dev->name));
		break;
	case FIELD_META_IIF:
	case FIELD_META_OIF: v = value_num(dev ? dev->index : 0, 4); break;
	case FIELD_META_IIFTYPE:
	case FIELD_META_OIFTYPE: v = value_num(dev ? dev->type : 0, 2); break;
	default: v = value_num(dev ? dev->group : 0, 4); break;
	}
	if (!dev && w->on->field != FIELD_META_IIFNAME && w->on->field != FIELD_META_OIFNAME)
		return !w->hold;
	return plan_want_value(w, &v);
}

static bool devices_fit(const struct plan_wants *w, enum plan_slot slot,
			const struct host_iface *dev)
{
	for (unsigned i = 0; i < w->n; i++)
		if (plan_slot(&w->w[i]) == slot && !device_fits(&w->w[i], dev))
			return false;
	return true;
}

static bool has_slot(const struct plan_wants *w, enum plan_slot slot)
{
	for (unsigned i = 0; i < w->n; i++)
		if (plan_slot(&w->w[i]) == slot)
			return true;
	return false;
}

/* One of the interfaces that fit, each as likely; NULL: none. */
static const struct host_iface *some_device(struct planner *pl, const struct plan_wants *w,
					    enum plan_slot slot)
{
	const struct host_iface *found = NULL;
	uint32_t n = 0;

	for (const struct host_iface *i = pl->host->ifaces; i; i = i->next)
		if (!i->loopback && devices_fit(w, slot, i) && plan_chance(&pl->random, ++n))
			found = i;
	return found;
}

/* Where the packet comes from: an interface, or here. */
static bool choose_in(struct planner *pl, struct placing *c)
{
	const struct host_iface *in = some_device(pl, c->wants, SLOT_IN);
	bool here = devices_fit(c->wants, SLOT_IN, NULL) || c->hook == HOOK_POSTROUTING;
	bool owner = has_slot(c->wants, SLOT_UID) || has_slot(c->wants, SLOT_GID);

	c->d->in = in;
	if (c->hook == HOOK_OUTPUT)
		c->d->local = true;
	else if (c->hook == HOOK_POSTROUTING)
		c->d->local = owner || !in || plan_chance(&pl->random, 3);
	else if (c->hook != HOOK_FORWARD && devices_fit(c->wants, SLOT_IN, pl->host->lo) &&
		 (!in || plan_chance(&pl->random, 5)))
		c->d->local = c->d->comes_back = true;
	else
		c->d->local = false;
	if (c->d->local)
		c->d->in = NULL;
	return c->d->local ? here || c->d->comes_back : in != NULL;
}

static bool fib_fits(struct planner *pl, const struct placing *c, const struct plan_want *w,
		     const struct addr *a)
{
	const struct host_iface *dev = w->on->fib.flags & NFTA_FIB_F_IIF   ? c->d->in
				       : w->on->fib.flags & NFTA_FIB_F_OIF ? c->out
									   : NULL;
	struct value v = value_num(route_addr_type(pl->host, pl->family, a, dev), 4);

	return plan_want_value(w, &v);
}

static bool fibs_fit(struct planner *pl, const struct placing *c, enum plan_slot slot,
		     const struct addr *a)
{
	for (unsigned i = 0; i < c->wants->n; i++)
		if (c->wants->w[i].on->field == FIELD_FIB_TYPE &&
		    plan_slot(&c->wants->w[i]) == slot && !fib_fits(pl, c, &c->wants->w[i], a))
			return false;
	return true;
}

static bool src_fits(struct planner *pl, const struct value *v, void *arg)
{
	struct placing *c = arg;
	struct addr a;

	memcpy(a.b, v->b, 16);
	return fibs_fit(pl, c, SLOT_SRC, &a);
}

static bool reaches(const struct placing *c, const struct route_answer *a)
{
	switch (c->hook) {
	case HOOK_FORWARD:
	case HOOK_POSTROUTING: return a->kind == ROUTE_FORWARD;
	case HOOK_INPUT:
		return a->kind == ROUTE_LOCAL || a->kind == ROUTE_BROADCAST ||
		       a->kind == ROUTE_MULTICAST;
	case HOOK_PREROUTING:
	case HOOK_OUTPUT:
	case HOOK_COUNT: break;
	}
	return true;
}

/* The way of the packet with this destination leads where it should. */
static bool dst_fits(struct planner *pl, const struct value *v, void *arg)
{
	struct placing *c = arg;
	struct route_query q = { .family = pl->family,
				 .has_src = true,
				 .src = c->d->src,
				 .mark = c->d->mark,
				 .in = c->d->in,
				 .oif = c->d->bound };
	struct route_answer a;

	memcpy(q.dst.b, v->b, 16);
	if (c->d->local) {
		a = route_output(pl->host, &q);
		if (a.kind == ROUTE_UNREACHABLE || !a.dev)
			return false;
		if (c->d->comes_back && !a.dev->loopback)
			return false;
	} else {
		a = route_input(pl->host, &q);
		if (!reaches(c, &a))
			return false;
	}
	c->out = a.dev;
	if ((c->hook == HOOK_FORWARD || c->hook == HOOK_OUTPUT || c->hook == HOOK_POSTROUTING) &&
	    !devices_fit(c->wants, SLOT_OUT, a.dev))
		return false;
	return fibs_fit(pl, c, SLOT_DST, &q.dst);
}

static void add(struct value *list, unsigned *n, const struct addr *a)
{
	list[(*n)++] = value_bytes(a->b, 16);
}

static void add4(struct value *list, unsigned *n, uint32_t a)
{
	list[(*n)++] = value_num(a, 4);
}

#define POOL 40

/* What a destination may be where the rules leave it open. */
static unsigned dst_pool(struct planner *pl, struct placing *c, struct value *list)
{
	bool here = c->hook == HOOK_INPUT || c->d->comes_back ||
		    (c->hook == HOOK_PREROUTING && plan_chance(&pl->random, 2));
	const struct host_iface *to = some_device(pl, c->wants, SLOT_OUT);
	static const uint8_t all[16] = { 0xff, 2, [15] = 1 };
	struct addr a;
	unsigned n = 0;

	if (!here && to) {
		a = plan_neighbour(pl, to, plan_below(&pl->random, 4));
		add(list, &n, &a);
		a = plan_far(pl, to);
		add(list, &n, &a);
	}
	for (const struct host_address *h = pl->host->addresses; h && n < 12; h = h->next)
		if (h->family == pl->family &&
		    (here == (h->dev == c->d->in) || plan_chance(&pl->random, 3)))
			add(list, &n, &h->addr);
	for (const struct host_iface *i = pl->host->ifaces; i && n < 24; i = i->next)
		if (!i->loopback && (n < 18 || plan_chance(&pl->random, 4))) {
			a = plan_neighbour(pl, i, plan_below(&pl->random, 4));
			add(list, &n, &a);
		}
	for (unsigned k = 0; k < 6 && pl->naddrs; k++)
		add(list, &n, plan_some_addr(pl));
	if (pl->family == FAMILY_IPV4) {
		const struct host_address *own = host_address_of(pl->host, c->d->in, pl->family);

		if (own && own->prefix < 31)
			add4(list, &n,
			     (uint32_t)value_get((const struct value *)own->addr.b, 4) |
				     (0xffffffffu >> own->prefix));
		add4(list, &n, 0xe0000001);
		add4(list, &n, 0xffffffff);
		add4(list, &n, 0x7f000001);
	} else {
		list[n++] = value_bytes(all, 16);
	}
	return n;
}

static unsigned src_pool(struct planner *pl, struct placing *c, struct value *list)
{
	unsigned n = 0;
	struct addr a;

	if (c->d->in) {
		a = plan_neighbour(pl, c->d->in, 4 + plan_below(&pl->random, 240));
		add(list, &n, &a);
		a = plan_far(pl, c->d->in);
		add(list, &n, &a);
	}
	for (const struct host_address *h = pl->host->addresses; h && n < 12; h = h->next)
		if (h->family == pl->family)
			add(list, &n, &h->addr);
	for (unsigned k = 0; k < 6 && pl->naddrs; k++)
		add(list, &n, plan_some_addr(pl));
	for (const struct host_iface *i = pl->host->ifaces; i && n < 24; i = i->next)
		if (!i->loopback) {
			a = plan_neighbour(pl, i, 4 + plan_below(&pl->random, 240));
			add(list, &n, &a);
		}
	if (pl->family == FAMILY_IPV4)
		add4(list, &n, 0x7f000001);
	return n;
}

static unsigned address_wants(const struct placing *c, enum plan_slot slot,
			      const struct plan_want **out)
{
	unsigned n = 0;

	for (unsigned i = 0; i < c->wants->n; i++)
		if (plan_slot(&c->wants->w[i]) == slot &&
		    c->wants->w[i].on->field != FIELD_FIB_TYPE)
			out[n++] = &c->wants->w[i];
	return n;
}

static bool choose_src(struct planner *pl, struct placing *c)
{
	const struct plan_want *w[PLAN_WANTS_MAX];
	struct value list[POOL], v;
	unsigned n = address_wants(c, SLOT_SRC, w);

	if (!plan_pick(pl, w, n, pl->abytes, list, src_pool(pl, c, list), src_fits, c, &v))
		return false;
	memcpy(c->d->src.b, v.b, 16);
	return true;
}

static bool choose_dst(struct planner *pl, struct placing *c)
{
	const struct plan_want *w[PLAN_WANTS_MAX];
	struct value list[POOL], v;
	unsigned n = address_wants(c, SLOT_DST, w);

	if (!plan_pick(pl, w, n, pl->abytes, list, dst_pool(pl, c, list), dst_fits, c, &v))
		return false;
	memcpy(c->d->dst.b, v.b, 16);
	return dst_fits(pl, &v, c);
}

/* A source of our own, where nothing else is asked for: the one that the kernel would take. */
static void own_source(struct planner *pl, struct placing *c)
{
	const struct plan_want *w[PLAN_WANTS_MAX];
	const struct host_address *own = NULL;

	if (!c->d->local || has_slot(c->wants, SLOT_SRC) || address_wants(c, SLOT_SRC, w))
		return;
	if (c->out && c->out->loopback)
		c->d->src = c->d->dst;
	else if (c->out)
		own = host_address_of(pl->host, c->out, pl->family);
	if (own)
		c->d->src = own->addr;
}

/* Is the source asked about by the interface that the packet leaves by? */
static bool asks_out(const struct plan_wants *w)
{
	for (unsigned i = 0; i < w->n; i++)
		if (w->w[i].on->field == FIELD_FIB_TYPE && plan_slot(&w->w[i]) == SLOT_SRC &&
		    w->w[i].on->fib.flags & NFTA_FIB_F_OIF)
			return true;
	return false;
}

bool plan_place(struct planner *pl, const struct plan_wants *w, enum hook_id hook,
		struct plan_draft *d)
{
	struct placing c = { .wants = w, .d = d, .hook = hook };

	if (!choose_in(pl, &c))
		return false;
	if (d->local && has_slot(w, SLOT_OUT) && !d->comes_back && plan_chance(&pl->random, 2))
		d->bound = some_device(pl, w, SLOT_OUT);
	if (asks_out(w)) /* what it will be, it is hoped */
		c.out = some_device(pl, w, SLOT_OUT);
	if (!choose_src(pl, &c))
		return false;
	if (!choose_dst(pl, &c)) {
		if (!d->local || d->bound || !has_slot(w, SLOT_OUT))
			return false;
		d->bound = some_device(pl, w, SLOT_OUT);
		if (!d->bound || !choose_dst(pl, &c))
			return false;
	}
	own_source(pl, &c);
	return true;
}
