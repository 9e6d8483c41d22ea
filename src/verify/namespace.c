/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * namespace: unshare(CLONE_NEWNET), sysctls, TAP devices (drivers/net/tun.c).
 *
 * The settings are those of the host; what would make the kernel send packets of its own accord, or
 * hold some of them back, is off: duplicate address detection, router solicitations, limits on ICMP.
 */
#include "verify/namespace.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <net/if.h>
#include <linux/if_tun.h>
#include "verify/rtnl.h"

/* One that this kernel has not got, or not in a namespace, does not matter: both sides lack it. */
static void set(const char *key, unsigned value)
{
	char path[128], text[16];
	int fd, len = snprintf(text, sizeof(text), "%u", value);

	snprintf(path, sizeof(path), "/proc/sys/net/%s", key);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	if (write(fd, text, (size_t)len) < 0)
		errno = 0;
	close(fd);
}

static void set_word(const char *key, const char *value)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "/proc/sys/net/%s", key);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	if (write(fd, value, strlen(value)) < 0)
		errno = 0;
	close(fd);
}

static void settings(const struct host *h)
{
	static const char *const all[] = { "all", "default" };
	char key[96];

	for (unsigned i = 0; i < 2; i++) {
		const struct {
			const char *name;
			unsigned value;
		} v4[] = { { "rp_filter", h->rp_filter ? 1 : h->rp_loose ? 2 : 0 },
			   { "accept_local", h->accept_local },
			   { "route_localnet", h->route_localnet },
			   { "send_redirects", 0 }, { "accept_redirects", 0 }, { "log_martians", 0 } },
		  v6[] = { { "accept_dad", 0 }, { "router_solicitations", 0 }, { "addr_gen_mode", 1 },
			   { "accept_ra", 0 }, { "accept_redirects", 0 },
			   { "mldv1_unsolicited_report_interval", 3600000 },
			   { "mldv2_unsolicited_report_interval", 3600000 } };

		for (unsigned k = 0; k < sizeof(v4) / sizeof(*v4); k++) {
			snprintf(key, sizeof(key), "ipv4/conf/%s/%s", all[i], v4[k].name);
			set(key, v4[k].value);
		}
		for (unsigned k = 0; k < sizeof(v6) / sizeof(*v6); k++) {
			snprintf(key, sizeof(key), "ipv6/conf/%s/%s", all[i], v6[k].name);
			set(key, v6[k].value);
		}
	}
	set("ipv4/ip_forward", h->forward4);
	set("ipv6/conf/all/forwarding", h->forward6);
	set("ipv6/conf/default/forwarding", h->forward6);
	set("ipv4/ip_default_ttl", h->default_ttl);
	set("ipv4/ip_early_demux", h->early_demux);
	set("ipv4/icmp_ratelimit", 0);
	set("ipv6/icmp/ratelimit", 0);
	set("ipv4/icmp_msgs_per_sec", 1000000);
	set("ipv4/icmp_msgs_burst", 1000000);
	set_word("netfilter/nf_log/2", "nfnetlink_log");
	set_word("netfilter/nf_log/10", "nfnetlink_log");
}

void netns_conntrack(const struct netns *n)
{
	set("netfilter/nf_conntrack_tcp_loose", n->host->tcp_loose);
	set("netfilter/nf_conntrack_tcp_be_liberal", n->host->tcp_liberal);
	set("netfilter/nf_conntrack_checksum", n->host->ct_checksum);
}

/* Devices that tunnel modules put into every new namespace have names that a host may use itself. */
static int make_way(const char *name)
{
	char other[IF_NAMESIZE];
	uint32_t index = if_nametoindex(name);

	if (!index)
		return 0;
	snprintf(other, sizeof(other), "other%u", index);
	return rtnl_rename(index, other);
}

static int tap(const struct host_iface *i, int *fd, uint32_t *index)
{
	struct ifreq r = { .ifr_flags = IFF_TAP | IFF_NO_PI };
	int wanted = (int)i->index, e = make_way(i->name);

	if (e)
		return e;
	*fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (*fd < 0)
		return errno;
	/* The number is taken where it is free. */
	if (!if_indextoname((uint32_t)wanted, r.ifr_name))
		ioctl(*fd, TUNSETIFINDEX, &wanted);
	memset(r.ifr_name, 0, sizeof(r.ifr_name));
	memcpy(r.ifr_name, i->name, strlen(i->name));
	if (ioctl(*fd, TUNSETIFF, &r))
		return errno;
	*index = if_nametoindex(i->name);
	return *index ? 0 : errno;
}

static void raise_limit(void)
{
	struct rlimit l;

	if (!getrlimit(RLIMIT_NOFILE, &l)) {
		l.rlim_cur = l.rlim_max;
		setrlimit(RLIMIT_NOFILE, &l);
	}
}

int netns_make(struct netns *n, struct arena *a, const struct host *h, unsigned family, char *why, size_t room)
{
	uint32_t at = 0;
	int e;

	*n = (struct netns){ .host = h, .family = family, .n = h->nifaces };
	n->taps = arena_array(a, n->n, sizeof(*n->taps));
	n->index = arena_array(a, n->n, sizeof(*n->index));
	if (unshare(CLONE_NEWNET)) {
		e = errno;
		snprintf(why, room, "no network namespace can be made: %s", strerror(e));
		return e;
	}
	raise_limit();
	settings(h);
	for (const struct host_iface *i = h->ifaces; i; i = i->next, at++) {
		n->taps[at] = -1;
		n->index[at] = 1;
		if (i->loopback)
			continue;
		e = tap(i, &n->taps[at], &n->index[at]);
		if (e) {
			snprintf(why, room, "no TAP device '%s' can be made: %s%s", i->name, strerror(e),
				 e == ENOENT || e == ENODEV ? " (/dev/net/tun is needed: modprobe tun)" : "");
			return e;
		}
	}
	return rtnl_host(h, family, n->index, why, room);
}

uint32_t netns_iface(const struct netns *n, uint32_t index)
{
	/* Mostly the number is the position. */
	if (index && index <= n->n && n->index[index - 1] == index)
		return index;
	for (uint32_t i = 0; i < n->n; i++)
		if (n->index[i] == index)
			return i + 1;
	return 0;
}

void netns_drain(const struct netns *n)
{
	char room[2048];

	for (uint32_t i = 0; i < n->n; i++)
		while (n->taps[i] >= 0 && read(n->taps[i], room, sizeof(room)) > 0)
			;
}
