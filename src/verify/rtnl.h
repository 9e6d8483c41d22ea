/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rtnl: interfaces, addresses, routes and rules of a struct host into the network namespace that we are in. */
#ifndef IPTC2NFT_VERIFY_RTNL_H
#define IPTC2NFT_VERIFY_RTNL_H

#include "sim/host.h"

/*
 * rtnl_host - what @h says of @family
 * @index: the kernel's number of each interface, in order of h->ifaces
 * Returns 0, or an errno and in @why what could not be done.
 */
int rtnl_host(const struct host *h, unsigned family, const uint32_t *index, char *why, size_t room);

/* Another name for an interface that is in the way of ours (tunl0 and others that modules make). */
int rtnl_rename(uint32_t index, const char *name);

#endif
