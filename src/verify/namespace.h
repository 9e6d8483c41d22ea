/* SPDX-License-Identifier: GPL-2.0-or-later */
/* namespace: a network namespace of our own that plays a struct host, with TAP devices as its interfaces. */
#ifndef IPTC2NFT_VERIFY_NAMESPACE_H
#define IPTC2NFT_VERIFY_NAMESPACE_H

#include "sim/host.h"

struct netns {
	const struct host *host;
	unsigned family;
	uint32_t n;	 /* interfaces, in order of host->ifaces; lo is one of them */
	int *taps;	 /* what is written here arrives; -1: lo */
	uint32_t *index; /* the kernel's numbers */
};

/*
 * netns_make - leave the network namespace that we are in for one like @h
 * Returns 0, or an errno and in @why what could not be done.
 */
int netns_make(struct netns *n, struct arena *a, const struct host *h, unsigned family, char *why, size_t room);

/* Settings of connection tracking, which are there only when it is. */
void netns_conntrack(const struct netns *n);

/* Position of an interface in host->ifaces, from 1, by the kernel's number; 0: none of ours. */
uint32_t netns_iface(const struct netns *n, uint32_t index);

/* Throw away what has left through the TAP devices. */
void netns_drain(const struct netns *n);

#endif
