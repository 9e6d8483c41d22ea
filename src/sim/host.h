/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * host: the machine that packets walk through: interfaces, addresses, routes, sysctls.
 *
 * packet.spec fills it (grammar/spec_host.c); host_finish() derives what the kernel derives:
 * loopback, connected routes, local and broadcast addresses.
 */
#ifndef IPTC2NFT_SIM_HOST_H
#define IPTC2NFT_SIM_HOST_H

#include "arena.h"
#include "ruleset.h"

struct host_iface {
	struct host_iface *next;
	char name[IFNAME_MAX_BYTES + 1];
	uint32_t index; /* as the kernel would number them: lo is 1 */
	uint32_t group;
	uint32_t mtu;
	uint16_t type;  /* ARPHRD_* */
	uint8_t mac[6];
	bool loopback;
};

struct host_address {
	struct host_address *next;
	struct addr addr;
	uint8_t family, prefix;
	struct host_iface *dev;
};

/* A route of table `table`, or one that the kernel keeps in table local. */
struct host_route {
	struct host_route *next;
	struct addr dst, via, src;
	uint8_t family, prefix;
	uint8_t type; /* RTN_* */
	bool has_via, has_src;
	uint32_t metric, table;
	struct host_iface *dev; /* NULL: unreachable, blackhole, prohibit */
	uint32_t order;         /* a later one replaces an earlier one of the same destination */
};

/* `ip rule` */
struct host_rule {
	struct host_rule *next;
	uint8_t family;
	uint32_t priority, table;
	uint8_t type; /* RTN_UNICAST: look @table up; else the answer */
	struct addr from, to;
	uint8_t from_len, to_len;
	uint32_t mark, mask;
	const char *iif, *oif;
	bool invert;
	int suppress; /* routes of at most this prefix length don't count; -1: all do */
};

struct host_set {
	struct host_set *next;
	const char *name;
	struct host_set_item {
		struct host_set_item *next;
		const char *text;
		struct span at;
	} *items, **last;
	struct span at;
};

struct host {
	struct arena *arena;
	struct host_iface *ifaces, **last_iface;
	struct host_iface *lo;
	struct host_address *addresses, **last_address;
	struct host_route *routes, **last_route;
	struct host_rule *rules; /* by priority */
	struct host_set *sets;
	uint32_t nifaces, nroutes;
	bool forward4, forward6;  /* net.ipv4.ip_forward, net.ipv6.conf.all.forwarding */
	bool rp_filter;           /* strict; loose_rp: 2 */
	bool rp_loose;
	bool accept_local, route_localnet;
	bool tcp_loose, tcp_liberal; /* net.netfilter.nf_conntrack_tcp_… */
	bool ct_checksum;
	bool early_demux;
	uint32_t default_ttl;
	struct route_index *index[2]; /* route.c: by family */
};

void host_init(struct host *h, struct arena *a);
struct host_iface *host_iface_new(struct host *h, const char *name, size_t len);
struct host_iface *host_iface_find(const struct host *h, const char *name, size_t len);
void host_address_add(struct host *h, struct host_iface *dev, unsigned family,
		      const struct addr *addr, unsigned prefix);
struct host_route *host_route_new(struct host *h, unsigned family);
void host_rule_add(struct host *h, struct host_rule *r); /* in order of priority */

/* Complete the tables; call once, after the last line of the host part. */
void host_finish(struct host *h);

/* An address of the interface; NULL: it has none of this family. */
const struct host_address *host_address_of(const struct host *h, const struct host_iface *dev,
					   unsigned family);

/* inet_select_addr(), ipv6_dev_get_saddr(): the address of a device for talking to @to; false: none. */
bool host_source(const struct host *h, const struct host_iface *dev, unsigned family,
		 const struct addr *to, struct addr *out);

bool prefix_match(const struct addr *a, const struct addr *net, unsigned prefix);
static inline unsigned family_bytes(unsigned family)
{
	return family == FAMILY_IPV6 ? 16 : 4;
}

#endif
