/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rtnl: a struct host by rtnetlink (net/core/rtnetlink.c, fib_frontend.c, fib_rules.c).
 *
 * Interfaces know no ARP and no multicast, so that every packet leaves without a neighbour to be
 * asked for and the kernel sends none of its own.
 */
#include "verify/rtnl.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <net/if.h>
#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#define ROOM 4096

struct rtnl {
	struct mnl_socket *s;
	uint32_t seq;
	char buf[ROOM];
	struct nlmsghdr *h;
	const struct host *host;
	const uint32_t *index;
	char *why;
	size_t room;
};

static void *begin(struct rtnl *r, unsigned type, unsigned flags, size_t head)
{
	r->h = mnl_nlmsg_put_header(r->buf);
	r->h->nlmsg_type = (uint16_t)type;
	r->h->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags);
	r->h->nlmsg_seq = ++r->seq;
	return mnl_nlmsg_put_extra_header(r->h, head);
}

static int commit(struct rtnl *r)
{
	char answer[ROOM];
	ssize_t n;

	if (mnl_socket_sendto(r->s, r->h, r->h->nlmsg_len) < 0)
		return errno;
	n = mnl_socket_recvfrom(r->s, answer, sizeof(answer));
	if (n < 0)
		return errno;
	return mnl_cb_run(answer, (size_t)n, r->seq, mnl_socket_get_portid(r->s), NULL, NULL) < 0 ? errno : 0;
}

static int open_rtnl(struct rtnl *r)
{
	r->s = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (!r->s || mnl_socket_bind(r->s, 0, MNL_SOCKET_AUTOPID) < 0)
		return errno;
	return 0;
}

static uint32_t index_of(const struct rtnl *r, const struct host_iface *dev)
{
	uint32_t n = 0;

	for (const struct host_iface *i = r->host->ifaces; i != dev; i = i->next)
		n++;
	return r->index[n];
}

static unsigned kernel_family(unsigned family)
{
	return family == FAMILY_IPV6 ? AF_INET6 : AF_INET;
}

static const char *address_text(unsigned family, const struct addr *a, char *out)
{
	return inet_ntop((int)kernel_family(family), a->b, out, INET6_ADDRSTRLEN);
}

static int link_up(struct rtnl *r, const struct host_iface *i)
{
	struct ifinfomsg *m = begin(r, RTM_NEWLINK, 0, sizeof(*m));

	m->ifi_index = (int)index_of(r, i);
	m->ifi_change = IFF_UP | (i->loopback ? 0 : IFF_NOARP | IFF_MULTICAST);
	m->ifi_flags = IFF_UP | (i->loopback ? 0 : IFF_NOARP);
	if (!i->loopback) {
		mnl_attr_put(r->h, IFLA_ADDRESS, 6, i->mac);
		if (i->mtu >= 68 && i->mtu != 1500)
			mnl_attr_put_u32(r->h, IFLA_MTU, i->mtu);
	}
	if (i->group)
		mnl_attr_put_u32(r->h, IFLA_GROUP, i->group);
	return commit(r);
}

static int add_address(struct rtnl *r, const struct host_address *a)
{
	struct ifaddrmsg *m = begin(r, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, sizeof(*m));
	unsigned bytes = family_bytes(a->family);

	m->ifa_family = (uint8_t)kernel_family(a->family);
	m->ifa_prefixlen = a->prefix;
	m->ifa_index = index_of(r, a->dev);
	m->ifa_flags = a->family == FAMILY_IPV6 ? IFA_F_NODAD : 0;
	mnl_attr_put(r->h, IFA_LOCAL, bytes, a->addr.b);
	if (a->family == FAMILY_IPV4 && a->prefix < 31 && !a->dev->loopback) {
		struct addr all = a->addr;

		for (unsigned bit = a->prefix; bit < 32; bit++)
			all.b[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
		mnl_attr_put(r->h, IFA_BROADCAST, 4, all.b);
	}
	return commit(r);
}

static int add_route(struct rtnl *r, const struct host_route *t)
{
	unsigned bytes = family_bytes(t->family);
	struct rtmsg *m = begin(r, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, sizeof(*m));

	m->rtm_family = (uint8_t)kernel_family(t->family);
	m->rtm_dst_len = t->prefix;
	m->rtm_table = t->table < 256 ? (uint8_t)t->table : RT_TABLE_UNSPEC;
	m->rtm_protocol = RTPROT_STATIC;
	m->rtm_type = t->type;
	m->rtm_scope = t->type == RTN_LOCAL ? RT_SCOPE_HOST
		       : t->type == RTN_BROADCAST || (t->type == RTN_UNICAST && !t->has_via) ? RT_SCOPE_LINK
											      : RT_SCOPE_UNIVERSE;
	mnl_attr_put_u32(r->h, RTA_TABLE, t->table);
	if (t->prefix)
		mnl_attr_put(r->h, RTA_DST, bytes, t->dst.b);
	if (t->has_via) {
		mnl_attr_put(r->h, RTA_GATEWAY, bytes, t->via.b);
		m->rtm_flags |= RTNH_F_ONLINK;
	}
	if (t->has_src)
		mnl_attr_put(r->h, RTA_PREFSRC, bytes, t->src.b);
	if (t->metric)
		mnl_attr_put_u32(r->h, RTA_PRIORITY, t->metric);
	if (t->dev)
		mnl_attr_put_u32(r->h, RTA_OIF, index_of(r, t->dev));
	return commit(r);
}

static int add_rule(struct rtnl *r, const struct host_rule *u)
{
	unsigned bytes = family_bytes(u->family);
	struct fib_rule_hdr *m = begin(r, RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, sizeof(*m));

	m->family = (uint8_t)kernel_family(u->family);
	m->src_len = u->from_len;
	m->dst_len = u->to_len;
	m->table = u->table < 256 ? (uint8_t)u->table : RT_TABLE_UNSPEC;
	m->flags = u->invert ? FIB_RULE_INVERT : 0;
	m->action = u->type == RTN_UNICAST	 ? FR_ACT_TO_TBL
		    : u->type == RTN_BLACKHOLE	 ? FR_ACT_BLACKHOLE
		    : u->type == RTN_UNREACHABLE ? FR_ACT_UNREACHABLE
						 : FR_ACT_PROHIBIT;
	mnl_attr_put_u32(r->h, FRA_PRIORITY, u->priority);
	if (m->action == FR_ACT_TO_TBL)
		mnl_attr_put_u32(r->h, FRA_TABLE, u->table);
	if (u->from_len)
		mnl_attr_put(r->h, FRA_SRC, bytes, u->from.b);
	if (u->to_len)
		mnl_attr_put(r->h, FRA_DST, bytes, u->to.b);
	if (u->mark || u->mask) {
		mnl_attr_put_u32(r->h, FRA_FWMARK, u->mark);
		mnl_attr_put_u32(r->h, FRA_FWMASK, u->mask);
	}
	if (u->iif)
		mnl_attr_put_strz(r->h, FRA_IIFNAME, u->iif);
	if (u->oif)
		mnl_attr_put_strz(r->h, FRA_OIFNAME, u->oif);
	if (u->suppress >= 0)
		mnl_attr_put_u32(r->h, FRA_SUPPRESS_PREFIXLEN, (uint32_t)u->suppress);
	return commit(r);
}

static int links(struct rtnl *r)
{
	int e = 0;

	for (const struct host_iface *i = r->host->ifaces; i && !e; i = i->next) {
		e = link_up(r, i);
		if (e)
			snprintf(r->why, r->room, "interface %s: %s", i->name, strerror(e));
	}
	return e;
}

/* Those of lo the kernel adds when it comes up. */
static int addresses(struct rtnl *r, unsigned family)
{
	char text[INET6_ADDRSTRLEN];
	int e = 0;

	for (const struct host_address *a = r->host->addresses; a && !e; a = a->next) {
		if (a->family != family)
			continue;
		e = add_address(r, a);
		if (e == EEXIST)
			e = 0;
		if (e)
			snprintf(r->why, r->room, "address %s/%u of %s: %s",
				 address_text(family, &a->addr, text), a->prefix, a->dev->name, strerror(e));
	}
	return e;
}

/* Routes without an order are those that the kernel makes of addresses. */
static int routes(struct rtnl *r, unsigned family)
{
	char text[INET6_ADDRSTRLEN];
	int e = 0;

	for (const struct host_route *t = r->host->routes; t && !e; t = t->next) {
		if (t->family != family || !t->order)
			continue;
		e = add_route(r, t);
		if (e)
			snprintf(r->why, r->room, "route %s/%u: %s", address_text(family, &t->dst, text),
				 t->prefix, strerror(e));
	}
	return e;
}

static int rules(struct rtnl *r, unsigned family)
{
	int e = 0;

	for (const struct host_rule *u = r->host->rules; u && !e; u = u->next) {
		if (u->family != family)
			continue;
		e = add_rule(r, u);
		if (e == EEXIST) /* the three that are always there */
			e = 0;
		if (e)
			snprintf(r->why, r->room, "rule of priority %u: %s", u->priority, strerror(e));
	}
	return e;
}

int rtnl_host(const struct host *h, unsigned family, const uint32_t *index, char *why, size_t room)
{
	struct rtnl r = { .host = h, .index = index, .why = why, .room = room };
	int e = open_rtnl(&r);

	if (e)
		snprintf(why, room, "rtnetlink: %s", strerror(e));
	if (!e)
		e = links(&r);
	if (!e)
		e = addresses(&r, family);
	if (!e)
		e = routes(&r, family);
	if (!e)
		e = rules(&r, family);
	if (r.s)
		mnl_socket_close(r.s);
	return e;
}

int rtnl_rename(uint32_t index, const char *name)
{
	struct rtnl r = { 0 };
	int e = open_rtnl(&r);

	if (!e) {
		struct ifinfomsg *m = begin(&r, RTM_NEWLINK, 0, sizeof(*m));

		m->ifi_index = (int)index;
		mnl_attr_put_strz(r.h, IFLA_IFNAME, name);
		e = commit(&r);
	}
	if (r.s)
		mnl_socket_close(r.s);
	return e;
}
