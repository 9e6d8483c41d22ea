/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * path: a packet's way through the host.
 *
 * ip_rcv(), ip_local_deliver(), ip_forward(), ip_output(), __ip_local_out() of net/ipv4 and their IPv6
 * counterparts. Every step is told by the name of its function.
 */
#include "sim/path.h"

#include <arpa/inet.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <linux/if_packet.h>
#include <linux/rtnetlink.h>
#include "sim/frag.h"

static void step(struct sim *s, const struct sim_packet *p, const char *v4, const char *v6, int hook)
{
	struct sim_event e = { .kind = EVENT_STEP, .text = p->family == FAMILY_IPV6 ? v6 : v4,
			       .hook = (uint8_t)(hook < 0 ? HOOK_COUNT : hook) };

	if (hook >= 0)
		s->hook = (enum hook_id)hook;
	sim_tell(s, p, &e);
}

static void tcpdump(struct sim *s, const struct sim_packet *p, const struct host_iface *dev, bool in)
{
	sim_note(s, p, EVENT_TCPDUMP, "tcpdump -i %s sees the packet %s", dev ? dev->name : "any",
		 in ? "here, as it came" : "here, as it leaves");
}

static void tell_route(struct sim *s, const struct sim_packet *p, const struct route_answer *a)
{
	struct sim_event e = { .kind = EVENT_ROUTE, .route = a };

	sim_tell(s, p, &e);
}

static enum sim_verdict ended(enum sim_result r)
{
	switch (r) {
	case RESULT_REJECT: return SIM_REJECTED;
	case RESULT_QUEUE: return SIM_QUEUED;
	case RESULT_STOLEN: return SIM_STOLEN;
	case RESULT_PASS:
	case RESULT_FAIL:
	case RESULT_UNKNOWN:
	case RESULT_ACCEPT:
	case RESULT_DROP:
	case RESULT_RETURN:
	case RESULT_JUMP:
	case RESULT_GOTO: break;
	}
	return SIM_DROPPED;
}

static enum sim_verdict refuse(struct sim *s, const char *why)
{
	s->why = why;
	return SIM_DROPPED;
}

static enum sim_verdict refuse_error(struct sim *s, const char *why, uint8_t type, uint8_t code)
{
	s->error = (struct sim_error){ .given = true, .type = type, .code = code };
	return refuse(s, why);
}

/* ip_error(), ip6_pkt_discard(), ip6_pkt_prohibit(): no route, or one that says no. */
static enum sim_verdict no_route(struct sim *s, const struct sim_packet *p, const struct route_answer *a)
{
	unsigned type = a->route ? a->route->type : RTN_UNICAST;

	if (p->family == FAMILY_IPV6) {
		if (type == RTN_BLACKHOLE || (a->route && a->route->dev)) /* blackhole; forwarding is off */
			return refuse(s, a->why);
		return refuse_error(s, a->why, ICMP6_DST_UNREACH,
				    type == RTN_PROHIBIT ? ICMP6_DST_UNREACH_ADMIN
							 : ICMP6_DST_UNREACH_NOROUTE);
	}
	if (!s->host->forward4 || type == RTN_BLACKHOLE)
		return refuse(s, a->why);
	return refuse_error(s, a->why, ICMP_UNREACH,
			    type == RTN_UNREACHABLE ? ICMP_UNREACH_HOST
			    : type == RTN_PROHIBIT  ? ICMP_UNREACH_FILTER_PROHIB
						    : ICMP_UNREACH_NET);
}

static struct route_query query(const struct sim_packet *p)
{
	struct route_query q = { .family = p->family, .mark = p->mark, .has_src = true,
				 .in = p->local ? NULL : p->in, .oif = p->local ? p->bound : NULL };

	packet_addrs(p, &q.src, &q.dst);
	return q;
}

bool path_reroute(struct sim *s, struct sim_packet *p)
{
	struct route_query q = query(p);
	struct route_answer a = route_output(s->host, &q);

	step(s, p, "ip_route_me_harder", "ip6_route_me_harder", -1);
	s->hook = HOOK_OUTPUT;
	tell_route(s, p, &a);
	if (a.kind == ROUTE_UNREACHABLE || !a.dev)
		return false;
	p->reroute = a.dev;
	return true;
}

/* POSTROUTING and out of the door. */
static enum sim_verdict leave(struct sim *s, struct sim_packet *p, enum sim_verdict fate)
{
	enum sim_result r;

	step(s, p, "ip_output", "ip6_output", HOOK_POSTROUTING);
	r = hook_run(s, p, HOOK_POSTROUTING);
	if (r != RESULT_ACCEPT)
		return ended(r);
	step(s, p, "ip_finish_output", "ip6_finish_output", -1);
	if (p->out && p->len > p->out->mtu)
		sim_note(s, p, EVENT_NOTE, "larger than the link takes (%u bytes): sent as fragments",
			 p->out->mtu);
	tcpdump(s, p, p->out, false);
	return fate;
}

static enum sim_verdict deliver(struct sim *s, struct sim_packet *p)
{
	enum sim_result r;

	step(s, p, "ip_local_deliver", "ip6_input", HOOK_INPUT);
	/* IPv4 puts fragments together before INPUT, IPv6 after it. */
	if (p->family == FAMILY_IPV4 && p->fragment) {
		r = frag_gather(s, p, HOOK_INPUT);
		if (r != RESULT_PASS) {
			s->why = "a fragment waits for the others";
			return ended(r);
		}
	}
	r = hook_run(s, p, HOOK_INPUT);
	if (r != RESULT_ACCEPT)
		return ended(r);
	step(s, p, "ip_local_deliver_finish", "ip6_input_finish", -1);
	return SIM_DELIVERED;
}

static enum sim_verdict forward(struct sim *s, struct sim_packet *p, const struct route_answer *a)
{
	const char *why = check_forward(s, p, a);
	enum sim_result r;

	step(s, p, "ip_forward", "ip6_forward", HOOK_FORWARD);
	if (why)
		return refuse(s, why);
	p->data[p->family == FAMILY_IPV6 ? 7 : 8]--;
	if (p->family == FAMILY_IPV4) {
		put16(p->data + 10, 0);
		put16(p->data + 10, csum_fold(csum_add(0, p->data, p->thoff)));
	}
	p->out = a->dev;
	r = hook_run(s, p, HOOK_FORWARD);
	if (r != RESULT_ACCEPT)
		return ended(r);
	return leave(s, p, SIM_FORWARDED);
}

/* Groups that every host is in (ip_mc_up(), ipv6_mc_up(), addrconf_join_solict()). */
static bool multicast_member(const struct sim *s, const struct sim_packet *p, const struct host_iface *dev)
{
	static const uint8_t node[16] = { 0xff, 2, [15] = 1 }, router[16] = { 0xff, 2, [15] = 2 };
	static const uint8_t solicited[13] = { 0xff, 2, [11] = 1, [12] = 0xff };
	const uint8_t *d = p->data + 24;

	if (p->family == FAMILY_IPV4)
		return !memcmp(p->data + 16, "\340\0\0\1", 4);
	if (!memcmp(d, node, 16) || (s->host->forward6 && !memcmp(d, router, 16)))
		return true;
	if (memcmp(d, solicited, 13) != 0)
		return false;
	for (const struct host_address *a = s->host->addresses; a; a = a->next)
		if (a->dev == dev && a->family == FAMILY_IPV6 && !memcmp(a->addr.b + 13, d + 13, 3))
			return true;
	return false;
}

static enum sim_verdict routed(struct sim *s, struct sim_packet *p)
{
	struct route_query q = query(p);
	struct route_answer a = route_input(s->host, &q);
	const char *why;

	if (p->is_copy)
		return deliver(s, p);
	tell_route(s, p, &a);
	switch ((enum route_kind)a.kind) {
	case ROUTE_MARTIAN: return refuse(s, a.why);
	case ROUTE_UNREACHABLE: return no_route(s, p, &a);
	case ROUTE_MULTICAST:
		if (!multicast_member(s, p, p->in))
			return refuse(s, "no program here is known to listen to this multicast group");
		break;
	case ROUTE_LOCAL:
	case ROUTE_FORWARD:
	case ROUTE_BROADCAST: break;
	}
	why = check_options(s, p);
	if (why)
		return refuse(s, why);
	return a.kind == ROUTE_FORWARD ? forward(s, p, &a) : deliver(s, p);
}

static enum sim_verdict receive(struct sim *s, struct sim_packet *p)
{
	const char *why;
	enum sim_result r;

	tcpdump(s, p, p->in, true);
	step(s, p, "ip_rcv", "ipv6_rcv", HOOK_PREROUTING);
	why = check_received(p);
	if (why)
		return refuse(s, why);
	r = hook_run(s, p, HOOK_PREROUTING);
	if (r != RESULT_ACCEPT)
		return ended(r);
	step(s, p, "ip_rcv_finish", "ip6_rcv_finish", -1);
	return routed(s, p);
}

static enum sim_verdict send_out(struct sim *s, struct sim_packet *p)
{
	struct route_query q = query(p);
	struct route_answer a = route_output(s->host, &q);
	enum sim_result r;
	enum sim_verdict v;

	if (p->len < (p->family == FAMILY_IPV6 ? 40u : 20u))
		return refuse(s, "shorter than an IP header");
	tell_route(s, p, &a);
	if (a.kind == ROUTE_UNREACHABLE || !a.dev)
		return refuse(s, a.why ? a.why : "no route");
	p->out = a.dev;
	if (p->family == FAMILY_IPV4) /* the kernel fills the checksum in, also of raw sockets' packets */
		packet_checksums(p);
	step(s, p, "__ip_local_out", "__ip6_local_out", HOOK_OUTPUT);
	r = hook_run(s, p, HOOK_OUTPUT);
	if (r != RESULT_ACCEPT)
		return ended(r);
	if (p->reroute)
		p->out = p->reroute;
	v = leave(s, p, SIM_SENT);
	if (v != SIM_SENT)
		return v;
	/* ip_mc_output(): the copy is sent first; ip6_finish_output2(): afterwards */
	p->copied = !p->out->loopback && ((p->family == FAMILY_IPV4 && a.kind == ROUTE_BROADCAST) ||
					  (addr_is_multicast(p->family, &q.dst) && multicast_member(s, p, p->out)));
	if (p->out->loopback)
		sim_note(s, p, EVENT_NOTE, "the packet comes back in over lo, as a packet of its own");
	else if (p->copied)
		sim_note(s, p, EVENT_NOTE, "a copy of it comes back in by %s, as a packet of its own; both pass POSTROUTING",
			 p->out->name);
	return v;
}

static void begin(struct sim *s, struct sim_packet *p)
{
	s->last = (struct sim_event){ 0 };
	s->why = NULL;
	s->error.given = false;
	p->time_ms = s->now_ms;
}

static enum sim_verdict end(struct sim *s, const struct sim_packet *p, enum sim_verdict v)
{
	struct sim_event e = { .kind = EVENT_VERDICT, .verdict = (uint8_t)v };

	sim_tell(s, p, &e);
	return v;
}

enum sim_verdict sim_walk(struct sim *s, struct sim_packet *p)
{
	begin(s, p);
	return end(s, p, p->local ? send_out(s, p) : receive(s, p));
}

enum sim_verdict path_again(struct sim *s, struct sim_packet *p)
{
	begin(s, p);
	return end(s, p, leave(s, p, SIM_SENT));
}
